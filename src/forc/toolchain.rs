//! From the user's name for a toolchain to its binary.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::RevisionError;
use crate::forc::build::{BuildError, BuildEvent};
use crate::forc::fuelup;
use crate::forc::install;
use crate::forc::probe::{self, ProbeError};
use crate::forc::revision::{self, BuildSettings};
use crate::forc::source::{SourceError, SwaySource};
use crate::forc::spec::{FORC_VARIABLE, PINNED_RELEASE, SpecError, ToolchainSpec};
use crate::model::{Origin, Toolchain};
use crate::os::Interrupt;

/// Why there is no toolchain.
#[derive(Debug, thiserror::Error)]
pub enum ToolchainError {
    /// The text names none.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// There is no such file.
    #[error("there is no compiler at {}{}", .0.display(), revision_hint(.0))]
    NoSuchFile(PathBuf),
    /// There is no such fuelup toolchain.
    #[error("fuelup has no toolchain `{name}` with a forc: expected {}; see `fuelup show`", path.display())]
    NoSuchFuelupToolchain {
        /// The name that was given.
        name: String,
        /// Where its forc should be.
        path: PathBuf,
    },
    /// The release could not be built.
    #[error(transparent)]
    Install(#[from] BuildError),
    /// The revision could not be found or built.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// The binary is not a forc, or cannot be run.
    #[error(transparent)]
    Probe(#[from] ProbeError),
}

impl ToolchainError {
    /// Whether the user stopped the search.
    pub fn is_interrupt(&self) -> bool {
        match self {
            Self::Install(error) => matches!(error, BuildError::Interrupted { .. }),
            Self::Revision(error) => error.is_interrupt(),
            Self::Probe(error) => matches!(error, ProbeError::Interrupted),
            _ => false,
        }
    }
}

/// A text that looks like a path may be meant as a branch.
fn revision_hint(path: &Path) -> &'static str {
    let like_branch = path.is_relative() && !path.starts_with(".") && !path.starts_with("..");
    if like_branch { "; if it is a revision of the compiler, name a checkout of that with --sway" } else { "" }
}

/// Where toolchains that are not files come from, and how they are built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locator {
    /// The compiler's repository, where revisions come from.
    pub sway: Option<SwaySource>,
    /// How revisions are built.
    pub settings: BuildSettings,
}

impl Locator {
    /// Reads the user's name for a toolchain: a revision only if a repository is named.
    ///
    /// # Errors
    /// If it names no toolchain.
    pub fn parse(&self, text: &OsStr) -> Result<ToolchainSpec, SpecError> {
        ToolchainSpec::from_os(text, self.sway.is_some())
    }
}

/// Finds the toolchain that `spec` names, building a release or a revision if it is not in the cache, and finds its
/// abilities.
///
/// Without a spec it is the one that `FORC_PERF_FORC` names, else the forc on `PATH`, else the pinned release.
///
/// # Errors
/// If there is no such toolchain, or it is not a forc.
pub fn resolve(
    spec: Option<&ToolchainSpec>,
    locator: &Locator,
    interrupt: &Interrupt,
    on_event: impl FnMut(BuildEvent),
) -> Result<Toolchain, ToolchainError> {
    let (path, origin) = locate(spec, locator, interrupt, on_event)?;
    Ok(probe::probe(&path, origin, interrupt)?)
}

/// Finds the binary that `spec` names, building a release or a revision if it is not in the cache, without running it.
///
/// # Errors
/// If there is no such toolchain.
pub fn locate(
    spec: Option<&ToolchainSpec>,
    locator: &Locator,
    interrupt: &Interrupt,
    on_event: impl FnMut(BuildEvent),
) -> Result<(PathBuf, Origin), ToolchainError> {
    match spec {
        Some(spec) => locate_spec(spec, locator, interrupt, on_event),
        None => {
            if let Some(text) = env::var_os(FORC_VARIABLE).filter(|text| !text.is_empty()) {
                let spec = locator.parse(&text)?;
                let (path, origin) = locate_spec(&spec, locator, interrupt, on_event)?;
                let origin = if origin == Origin::Path { Origin::Variable } else { origin };
                return Ok((path, origin));
            }
            if let Ok(path) = which::which("forc") {
                return Ok(compiler_at(path, Origin::SearchPath));
            }
            locate_spec(&PINNED_RELEASE.parse()?, locator, interrupt, on_event)
        }
    }
}

/// The compiler at `path`, or the one behind it if that is fuelup's proxy.
fn compiler_at(path: PathBuf, origin: Origin) -> (PathBuf, Origin) {
    match fuelup::behind_proxy(&path) {
        Some((toolchain, forc)) => (forc, Origin::Fuelup(toolchain)),
        None => (path, origin),
    }
}

fn locate_spec(
    spec: &ToolchainSpec,
    locator: &Locator,
    interrupt: &Interrupt,
    on_event: impl FnMut(BuildEvent),
) -> Result<(PathBuf, Origin), ToolchainError> {
    match spec {
        ToolchainSpec::Path(path) if path.is_file() => Ok(compiler_at(path.clone(), Origin::Path)),
        ToolchainSpec::Path(path) => Err(ToolchainError::NoSuchFile(path.clone())),
        ToolchainSpec::Fuelup(name) => {
            let path = fuelup::forc_of(name);
            if path.is_file() {
                Ok((path, Origin::Fuelup(name.clone())))
            } else {
                Err(ToolchainError::NoSuchFuelupToolchain { name: name.clone(), path })
            }
        }
        ToolchainSpec::Release(version) => {
            Ok((install::install(version, interrupt, on_event)?, Origin::Release(version.to_string())))
        }
        ToolchainSpec::Revision(name) => {
            let no_source = || RevisionError::from(SourceError::NoSource(name.clone()));
            let source = locator.sway.as_ref().ok_or_else(no_source)?;
            let (path, revision) = revision::build(source, name, &locator.settings, interrupt, on_event)?;
            Ok((path, Origin::Revision(revision)))
        }
    }
}
