use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Protocol;

/// One forc binary, its origin, and what it supports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Toolchain {
    /// The version that forc reports, such as `0.72.1`, or `0.72.1+nightly.20260101`.
    pub version: String,
    /// The binary, as an absolute path.
    pub path: PathBuf,
    /// SHA-256 of the binary, 64 hexadecimal digits.
    pub sha256: String,
    /// Whether the file is a script. A script may start a compiler next to it, so its content does not identify the
    /// compiler.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_script: bool,
    /// Where the binary came from.
    pub origin: Origin,
    /// What it supports, found by probing it.
    pub capabilities: Capabilities,
    /// Notes on the probe, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Where a toolchain's binary came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The path was given.
    Path,
    /// The variable `FORC_PERF_FORC` named it.
    Variable,
    /// Found on `PATH`.
    SearchPath,
    /// An installed fuelup toolchain of this name.
    Fuelup(String),
    /// This release, built by forc-perf into its cache.
    Release(String),
    /// This revision of the compiler's repository, built by forc-perf into its cache.
    Revision(Revision),
}

impl Origin {
    /// The std that came with the compiler.
    pub fn std(&self) -> Option<&Path> {
        match self {
            Self::Revision(revision) => revision.std.as_deref(),
            _ => None,
        }
    }
}

/// A revision of the compiler's repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Revision {
    /// The checkout's folder, or the repository's URL.
    pub repository: String,
    /// What the user called it: a branch, a tag, a commit, or `.` for the work tree.
    pub name: String,
    /// The full id of the commit; for a changed work tree, of its HEAD commit.
    pub commit: String,
    /// The id of the content of a changed work tree; absent for a commit.
    pub tree: Option<String>,
    /// The first line of the commit's message.
    pub subject: String,
    /// When the commit was made, RFC 3339.
    pub committed: Option<String>,
    /// Additional flags for cargo.
    #[serde(default)]
    pub cargo_flags: Vec<String>,
    /// The std of the same content, next to the compiler in the cache.
    pub std: Option<PathBuf>,
}

impl Revision {
    /// The beginning of the commit's id.
    pub fn short(&self) -> String {
        short(&self.commit)
    }

    /// In a few words: `my-branch (0123456789)`, or `work tree (abcdef0123)`.
    pub fn describe(&self) -> String {
        match &self.tree {
            Some(tree) => format!("changed work tree ({})", short(tree)),
            None if self.name == "." || self.commit.starts_with(&self.name) => short(&self.commit),
            None => format!("{} ({})", self.name, short(&self.commit)),
        }
    }
}

/// The usual short form of an id.
fn short(id: &str) -> String {
    id.chars().take(10).collect()
}

/// What a forc supports, found by probing the binary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Capabilities {
    /// The best protocol for its phases.
    pub protocol: Protocol,
    /// Whether `build` writes a metrics file (`--metrics-outfile`).
    pub metrics_file: bool,
    /// Whether `build` takes `--release`.
    pub release: bool,
    /// Whether `build` takes `--tests`.
    pub tests: bool,
}
