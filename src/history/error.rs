use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::os::git::GitError;

/// Why a history could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// There is no file, and none may be created.
    #[error("there is no history at {}; `forc-perf run --record` makes one, --history PATH names another", .0.display())]
    Missing(PathBuf),
    /// The file's folder cannot be made, or the file not copied.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// The action that failed, such as `make the folder`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The file is something else.
    #[error("{} is not a history of forc-perf: {reason}; name another file with --history PATH", path.display())]
    NoHistory {
        /// The file.
        path: PathBuf,
        /// What shows that.
        reason: String,
    },
    /// A later forc-perf has written it.
    #[error("{} has schema version {found}, and this forc-perf reads up to {known}: update forc-perf", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The latest version that can be read.
        known: i64,
    },
    /// Another process was writing for longer than the time limit.
    #[error("{} is being written by another process; try again when that has ended", .0.display())]
    Busy(PathBuf),
    /// The disk is full.
    #[error("no space is left on the disk for {}; free some, then record or import the report again", .0.display())]
    Full(PathBuf),
    /// The file may not be written.
    #[error("{} may not be written; check its permissions, or name another file with --history PATH", .0.display())]
    ReadOnly(PathBuf),
    /// Its content is damaged.
    #[error(
        "{} is damaged: {what}; `forc-perf history verify` lists what is wrong, and a copy or an export brings it back",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is damaged.
        what: String,
    },
    /// Any other error of SQLite.
    #[error("cannot {action} {}: {source}", path.display())]
    Database {
        /// The action that failed, such as `read from`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// SQLite's error.
        source: rusqlite::Error,
    },
    /// A report cannot be stored.
    #[error("the report of {created} cannot be stored: {reason}")]
    Report {
        /// When it was measured, as it says.
        created: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is nothing with this number.
    #[error("there is no {what} {number} in {}; `forc-perf history list` shows what it holds", path.display())]
    NoSuch {
        /// What was looked for: `report`, `series`, `note`.
        what: &'static str,
        /// Its number.
        number: i64,
        /// The file.
        path: PathBuf,
    },
    /// A pattern is malformed.
    #[error("`{pattern}` is not a valid pattern: {source}; write for instance 'apps/*'")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        source: glob::PatternError,
    },
    /// The order of the commits could not be read from a checkout.
    #[error("the order of the commits cannot be read from {}: {source}", folder.display())]
    Order {
        /// The checkout.
        folder: PathBuf,
        /// Git's error.
        source: GitError,
    },
    /// A checkout knows less of the order of the commits than the history does.
    #[error(
        "{} knows {} of the {} commits that have their place in the history, so that the order stays as it was; {hint}",
        folder.display(), placed - lost, placed
    )]
    Poorer {
        /// The checkout.
        folder: PathBuf,
        /// How many commits have a position.
        placed: usize,
        /// How many of them it does not know.
        lost: usize,
        /// What to do about it.
        hint: &'static str,
    },
    /// A line of an exported history cannot be read.
    #[error("line {line} of the exported history cannot be read: {reason}")]
    Line {
        /// Its number, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The export cannot be written.
    #[error("the export cannot be written: {0}")]
    Export(#[source] io::Error),
}

impl HistoryError {
    /// The error for what SQLite reported during `action` on the file at `path`.
    pub(super) fn database(path: &Path, action: &'static str) -> impl FnOnce(rusqlite::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(path),
            Some(ErrorCode::DiskFull) => Self::Full(path),
            Some(ErrorCode::ReadOnly) => Self::ReadOnly(path),
            Some(ErrorCode::NotADatabase) => Self::NoHistory { path, reason: "it is no SQLite database".to_owned() },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, what: source.to_string() },
            _ => Self::Database { action, path, source },
        }
    }
}
