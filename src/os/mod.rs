//! The operating system's side: processes, signals, git, locks, temporary and cached files, the machine.

pub mod cache;
pub(crate) mod draft;
pub mod environment;
pub mod git;
mod interrupt;
pub(crate) mod keeper;
pub mod process;
pub(crate) mod scratch;

pub use interrupt::Interrupt;
