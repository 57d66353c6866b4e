//! What was measured over the years: an embedded SQLite file that keeps reports whole, and their figures as series.
//!
//! [`History::open`] creates or opens one, [`History::record`] appends a report in one transaction, and a report that is
//! recorded twice is stored once. A [`Series`] is one metric of one benchmark (or one of its phases) on one class of machine
//! with one choice of
//! std, never mixed; [`History::points`] returns it in the order of the compiler's commits, not of the measurements.
//! [`History::order_by`] reads that order from a checkout. [`import`] reads the files of other harnesses, [`export`] writes
//! formats of other tools, and [`History::export`] and [`History::import`] move a whole history without loss.
//!
//! This module does not know how reports are made or shown.

pub mod backfill;
mod calibration;
mod content;
mod controls;
mod error;
pub mod export;
pub mod import;
mod machine;
mod named;
mod notes;
mod open;
mod order;
mod provenance;
mod prune;
mod query;
mod read;
mod record;
mod samples;
mod schema;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod transfer;
mod verify;

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

pub use calibration::Calibration;
pub use controls::Control;
pub use error::HistoryError;
pub use machine::{MachineClass, hosts};
pub use named::{NameError, named, pair, side_names};
pub use notes::{Note, NoteKind};
pub use order::Ordered;
pub use provenance::{CommitRef, ExtraFigure, Provenance, Source};
pub use prune::{Prune, Pruned};
pub use query::{
    FailureInfo, Kept, Level, Match, Measure, MeasureKey, Point, ReportFilter, ReportInfo, Series, SeriesFilter,
    SeriesKey,
};
pub use record::{Record, Recorded, std_choice};
pub use transfer::{EXPORT_VERSION, Transferred};
pub use verify::{Problem, Verified};

/// The default path of the history, below the folder that the harness is run in.
pub const DEFAULT_PATH: &str = ".forc-perf/history.sqlite";

/// Names the history; takes what `--history` takes.
pub const HISTORY_VARIABLE: &str = "FORC_PERF_HISTORY";

/// An open history.
///
/// Several processes may have one open at once: each writes in transactions of its own, waits for the others', and reads
/// what stood there when it began to read.
#[derive(Debug)]
pub struct History {
    connection: Connection,
    path: PathBuf,
    /// Where the copy is that is read in the file's place, if one is; it goes after the connection.
    _copy: Option<crate::os::scratch::Scratch>,
}

/// The number of a report in its history. An export does not keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReportId(pub i64);

/// The number of a series in its history. An export does not keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SeriesId(pub i64);

impl std::fmt::Display for ReportId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::fmt::Display for SeriesId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

impl History {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Converts an error of SQLite during `action`.
    fn error(&self, action: &'static str) -> impl FnOnce(rusqlite::Error) -> HistoryError {
        HistoryError::database(&self.path, action)
    }
}

type Result<T> = std::result::Result<T, HistoryError>;
