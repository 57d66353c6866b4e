//! The compiler: its binaries, what they can do, how they are called and what they say.

pub mod build;
pub mod cargo;
pub mod command;
pub mod fuelup;
pub mod install;
mod lineage;
pub mod probe;
pub mod revision;
mod revision_error;
pub mod source;
pub mod spec;
pub mod store;
pub mod toolchain;
mod workshop;

pub use build::{BuildError, BuildEvent};
pub use revision_error::RevisionError;
pub use source::SwaySource;
pub use spec::ToolchainSpec;
pub use toolchain::{Locator, ToolchainError};
