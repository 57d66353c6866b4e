use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The release that is built if no toolchain is given and no forc is found.
pub const PINNED_RELEASE: &str = "0.72.1";

/// Names a forc to use instead of the one on `PATH`; takes what `--forc` takes.
pub const FORC_VARIABLE: &str = "FORC_PERF_FORC";

/// The prefix with which any text is read as a revision.
pub const REVISION_PREFIX: &str = "rev:";

/// A toolchain as the user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolchainSpec {
    /// A binary.
    Path(PathBuf),
    /// A release, such as `0.72.1`.
    Release(semver::Version),
    /// An installed fuelup toolchain, written `+name`.
    Fuelup(String),
    /// A revision of the compiler's repository: a branch, tag or commit as git reads it, or `.` for the work tree.
    Revision(String),
}

/// A text that names no toolchain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no toolchain: expected a path to a forc (./forc, /opt/forc), a release (0.72.1), a fuelup toolchain \
     (+name), or, with --sway naming a checkout of the compiler, a revision of it (a branch, tag or commit, or `.`)"
)]
pub struct SpecError(String);

impl FromStr for ToolchainSpec {
    type Err = SpecError;

    /// Reads a spec where nothing says of which repository a revision would be: see [`ToolchainSpec::parse`].
    fn from_str(text: &str) -> Result<Self, SpecError> {
        let error = || SpecError(text.to_owned());
        if let Some(spec) = unmistakable(text) {
            return spec.ok_or_else(error);
        }
        if let Ok(version) = semver::Version::parse(text.strip_prefix('v').unwrap_or(text)) {
            return Ok(Self::Release(version));
        }
        let path = PathBuf::from(text);
        // A bare word is a path only if there is such a file: `0.72` is more likely an incomplete release.
        let looks_like_path = text.contains(std::path::MAIN_SEPARATOR) || path.is_file();
        if looks_like_path { Ok(Self::Path(path)) } else { Err(error()) }
    }
}

/// A spec with a prefix, `+name` or `rev:name`; `None` inside if the text after the prefix is not a name.
fn unmistakable(text: &str) -> Option<Option<ToolchainSpec>> {
    if let Some(name) = text.strip_prefix('+') {
        // The name becomes a part of a path.
        let plain = !name.is_empty() && !name.contains(['/', '\\']) && name != "." && name != "..";
        return Some(plain.then(|| ToolchainSpec::Fuelup(name.to_owned())));
    }
    let name = text.strip_prefix(REVISION_PREFIX)?;
    Some(Some(name).filter(|name| !name.is_empty()).map(|name| ToolchainSpec::Revision(name.to_owned())))
}

impl ToolchainSpec {
    /// Reads a spec where a repository of the compiler is named (`with_revisions`), or as [`FromStr`] does.
    ///
    /// With revisions `+name` is a fuelup toolchain, `0.72.1` a release, and an existing file or a text that begins like a
    /// path (`/`, `./`, `../`) a binary; everything else, `v0.72.1` and `feature/x` too, is a revision. A text with the
    /// prefix `rev:` always is.
    ///
    /// # Errors
    /// If it names no toolchain.
    pub fn parse(text: &str, with_revisions: bool) -> Result<Self, SpecError> {
        if !with_revisions {
            return text.parse();
        }
        let error = || SpecError(text.to_owned());
        if let Some(spec) = unmistakable(text) {
            return spec.ok_or_else(error);
        }
        if let Ok(version) = semver::Version::parse(text) {
            return Ok(Self::Release(version));
        }
        if text.is_empty() {
            return Err(error());
        }
        let begins_like_path = ["/", "./", "../"].iter().any(|beginning| text.starts_with(beginning));
        if begins_like_path || Path::new(text).is_file() {
            return Ok(Self::Path(PathBuf::from(text)));
        }
        Ok(Self::Revision(text.to_owned()))
    }

    /// Reads a spec that came as a path or another text of the operating system.
    ///
    /// # Errors
    /// If it names no toolchain.
    pub fn from_os(text: &OsStr, with_revisions: bool) -> Result<Self, SpecError> {
        match text.to_str() {
            Some(text) => Self::parse(text, with_revisions),
            None => Ok(Self::Path(PathBuf::from(text))),
        }
    }
}

impl fmt::Display for ToolchainSpec {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(formatter),
            Self::Release(version) => version.fmt(formatter),
            Self::Fuelup(name) => write!(formatter, "+{name}"),
            Self::Revision(name) => write!(formatter, "{REVISION_PREFIX}{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_are_told_apart() {
        assert_eq!("0.72.1".parse(), Ok(ToolchainSpec::Release(semver::Version::new(0, 72, 1))));
        assert_eq!("v0.71.2".parse(), Ok(ToolchainSpec::Release(semver::Version::new(0, 71, 2))));
        assert_eq!("+nightly".parse(), Ok(ToolchainSpec::Fuelup("nightly".into())));
        assert_eq!("./forc-old".parse(), Ok(ToolchainSpec::Path("./forc-old".into())));
        for wrong in ["0.72", "", "+", "+../../bin", "+..", "latest", "forc"] {
            assert!(wrong.parse::<ToolchainSpec>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn with_a_repository_everything_else_is_a_revision() {
        let parse = |text| ToolchainSpec::parse(text, true);
        for revision in
            [".", "master", "v0.71.2", "feature/x", "HEAD~3", "-x", "0123abc", "0.72", "Zweig/über", ":/fix a"]
        {
            assert_eq!(parse(revision), Ok(ToolchainSpec::Revision(revision.into())));
        }
        assert_eq!(parse("0.72.1"), Ok(ToolchainSpec::Release(semver::Version::new(0, 72, 1))));
        assert_eq!(parse("rev:0.72.1"), Ok(ToolchainSpec::Revision("0.72.1".into())));
        assert_eq!(parse("rev:+x"), Ok(ToolchainSpec::Revision("+x".into())));
        assert_eq!(parse("+nightly"), Ok(ToolchainSpec::Fuelup("nightly".into())));
        for path in ["./forc", "../forc", "/no/such/forc", "Cargo.toml"] {
            assert_eq!(parse(path), Ok(ToolchainSpec::Path(path.into())));
        }
        for wrong in ["", "+", "rev:", "+../x"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn without_a_repository_the_error_says_how_to_name_one() {
        assert!("my-branch".parse::<ToolchainSpec>().unwrap_err().to_string().contains("--sway"));
        assert_eq!("rev:my-branch".parse(), Ok(ToolchainSpec::Revision("my-branch".into())));
    }

    #[test]
    fn what_is_shown_can_be_read_back() {
        for text in ["0.72.1", "+nightly", "/opt/forc", "rev:feature/x"] {
            assert_eq!(text.parse::<ToolchainSpec>().unwrap().to_string(), text);
        }
    }
}
