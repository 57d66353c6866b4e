//! Errors of the dashboard.

use std::path::PathBuf;

use crate::history::HistoryError;
use crate::report::file::FileError;

/// Why a dashboard was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DashboardError {
    /// The history could not be read.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Something that was written before could not be removed.
    #[error("cannot remove {}, which an earlier dashboard has left: {source}", path.display())]
    Remove {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The folder belongs to something else.
    #[error(
        "{} holds files and no dashboard of forc-perf; name an empty folder, or one that does not exist",
        .0.display()
    )]
    NotOurs(PathBuf),
}
