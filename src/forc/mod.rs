//! The compiler: its binaries, their abilities, their command lines and their output.

pub mod build;
mod build_clone;
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

pub use build::{BuildError, BuildEvent};
pub use revision_error::RevisionError;
pub use source::SwaySource;
pub use spec::ToolchainSpec;
pub use toolchain::{Locator, ToolchainError};
