use std::path::Path;

use super::build::BuildError;
use super::source::SourceError;
use crate::os::cache;
use crate::os::git::GitError;

/// Why there is no compiler of a revision.
#[derive(Debug, thiserror::Error)]
pub enum RevisionError {
    /// The revision could not be found or fetched.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
}

impl RevisionError {
    /// Whether the user stopped it.
    pub fn is_interrupt(&self) -> bool {
        match self {
            Self::Source(error) => error.is_interrupt(),
            Self::Build(error) => matches!(error, BuildError::Interrupted { .. }),
        }
    }

    /// The same, but as a build's lack of space in `folder` if git ran out of it.
    pub(super) fn with_space_of(self, compiler: &str, folder: &Path) -> Self {
        match self {
            Self::Source(SourceError::Git { source: GitError::NoSpace(_), .. }) => {
                Self::Build(BuildError::no_space(compiler, folder))
            }
            other => other,
        }
    }

    /// Whether the clone may be the cause, so that a new one may succeed.
    pub(super) fn is_about_clone(&self) -> bool {
        matches!(self, Self::Source(SourceError::Git { source: GitError::Refused(_) | GitError::NoFolder(_), .. }))
    }
}

impl From<cache::NoCache> for RevisionError {
    fn from(error: cache::NoCache) -> Self {
        Self::Build(error.into())
    }
}
