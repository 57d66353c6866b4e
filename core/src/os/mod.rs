//! The operating system: processes, signals, clocks, git, locks, temporary and cached files, the machine.
//!
//! `unsafe` is allowed in four modules only, each a safe wrapper around one interface of the C library that `rustix`
//! does not offer.

pub mod cache;
#[allow(unsafe_code, reason = "wraps the CPU clock of another process")]
pub mod clock;
pub mod draft;
pub mod environment;
pub mod git;
mod interrupt;
mod lock;
pub mod process;
pub mod scratch;
#[allow(unsafe_code, reason = "wraps sigaction")]
pub mod signal;
#[allow(unsafe_code, reason = "wraps what runs between fork and exec")]
mod spawn;
#[allow(unsafe_code, reason = "wraps wait4 and getrusage")]
pub mod usage;
pub mod watchdog;

pub use interrupt::Interrupt;
