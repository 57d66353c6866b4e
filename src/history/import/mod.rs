//! Reads existing measurements: reports of this harness, files of its predecessors, and the compiler's public performance
//! record.
//!
//! No values are invented. What a file does not say is absent, and where a report's field cannot be left empty, a note of
//! the run or of the compiler says so.

mod comparison;
mod dyno;
mod first;
mod public_record;
mod runs;

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{CommitRef, Control, Provenance, Record};
use crate::model::{COMPARISON_SCHEMA_VERSION, Comparison, Report, SCHEMA_VERSION, Schedule};

pub use comparison::reports_of;

/// Why a file could not be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It has none of the formats that can be imported.
    #[error(
        "{} is nothing that can be imported; expected a report or a comparison of forc-perf, a file of dyno or of the first \
         forc-perf, an exported history, or the folder of the compiler's performance record", .0.display()
    )]
    Unknown(PathBuf),
    /// It looks like one of them but is not.
    #[error("{} looks like {what}, but {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What it looks like.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A later forc-perf has written it.
    #[error("{} has schema version {found}, and this forc-perf reads up to {known}: update forc-perf", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The latest version that can be read.
        known: u32,
    },
}

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A report of this harness.
    Report,
    /// A comparison of this harness: each of its sides is a report.
    Comparison,
    /// A history, as [`super::History::export`] writes it.
    History,
    /// A file of dyno.
    Dyno,
    /// A file of the first forc-perf.
    FirstForcPerf,
    /// A folder of the compiler's performance record.
    PublicRecord,
}

/// What the user knows about a file's provenance that the file does not say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// The compiler's commit.
    pub commit: Option<CommitRef>,
    /// When it was measured. Without it, a file that does not say gets the time of its last change.
    pub time: Option<Timestamp>,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imported {
    /// The reports.
    pub records: Vec<Record>,
    /// What the controls of comparisons came to.
    pub controls: Vec<Control>,
    /// The files that are not what their name says.
    pub notices: Vec<Notice>,
    /// Further messages for the user.
    pub remarks: Vec<String>,
}

/// A file that is not the result of the benchmark that it is named after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The file, below the imported folder.
    pub file: PathBuf,
    /// What was done with it.
    pub treatment: Treatment,
    /// A short reason.
    pub reason: String,
}

/// What was done with a file that is not the result of the benchmark that it is named after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Treatment {
    /// Its build failed; the figures in it are std's, and were stored as such.
    RecordedAsStd,
    /// It was left out.
    Refused,
}

/// Detects the format of the file or folder at `path`.
///
/// # Errors
/// If it cannot be read, or contains nothing that can be imported.
pub fn detect(path: &Path) -> Result<Form, ImportError> {
    if path.is_dir() {
        return if public_record::is_one(path)? {
            Ok(Form::PublicRecord)
        } else {
            Err(ImportError::Unknown(path.to_owned()))
        };
    }
    // The first value of the file: for an exported history that is its header.
    let value = serde_json::Deserializer::from_reader(open(path)?).into_iter::<Value>().next();
    let value = match value {
        Some(Ok(value)) => value,
        Some(Err(error)) if error.is_io() => {
            return Err(ImportError::Read { path: path.to_owned(), source: error.into() });
        }
        _ => return Err(ImportError::Unknown(path.to_owned())),
    };
    let has = |name: &str| value.get(name).is_some();
    if has("forc-perf-history") {
        Ok(Form::History)
    } else if has("comparison_version") {
        Ok(Form::Comparison)
    } else if has("schema_version") {
        Ok(Form::Report)
    } else if has("forc_version") && has("benchmarks") {
        Ok(Form::Dyno)
    } else if first::is_one(&value) {
        Ok(Form::FirstForcPerf)
    } else {
        Err(ImportError::Unknown(path.to_owned()))
    }
}

/// Reads the file or folder at `path` in the format `form`. Not for an exported history: see
/// [`super::History::import`].
///
/// # Errors
/// If it cannot be read, or has another format.
pub fn read(path: &Path, form: Form, known: &Known) -> Result<Imported, ImportError> {
    let one = |record| Imported { records: vec![record], ..Imported::default() };
    match form {
        Form::Report => {
            let report: Report = read_versioned(path, "a report of forc-perf", "schema_version", SCHEMA_VERSION)?;
            let provenance = with_commit(Provenance::of(&report), known);
            Ok(one(Record { provenance, report }))
        }
        Form::Comparison => {
            let version = ("comparison_version", COMPARISON_SCHEMA_VERSION);
            let what = "a comparison of forc-perf";
            let comparison: Comparison = read_versioned(path, what, version.0, version.1)?;
            // A run takes longer with another run beside it than alone on the machine.
            if comparison.settings.schedule != Schedule::Turns {
                let reason =
                    "its sides ran at the same time, so its times belong to no series of the history: measure it with \
                              `--schedule turns`"
                        .to_owned();
                return Err(ImportError::Invalid { path: path.to_owned(), what, reason });
            }
            let records = reports_of(&comparison)
                .into_iter()
                .map(|report| Record { provenance: Provenance::of(&report), report })
                .collect();
            Ok(Imported { records, controls: Control::of(&comparison).into_iter().collect(), ..Imported::default() })
        }
        Form::Dyno => Ok(one(dyno::read(path, known)?)),
        Form::FirstForcPerf => Ok(one(first::read(path, known)?)),
        Form::PublicRecord => public_record::read(path, known),
        Form::History => Err(ImportError::Unknown(path.to_owned())),
    }
}

/// The user's information on the commit takes precedence over the file's.
fn with_commit(provenance: Provenance, known: &Known) -> Provenance {
    Provenance { commit: known.commit.clone().or(provenance.commit), ..provenance }
}

fn open(path: &Path) -> Result<BufReader<File>, ImportError> {
    File::open(path).map(BufReader::new).map_err(|source| ImportError::Read { path: path.to_owned(), source })
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path, what: &'static str) -> Result<T, ImportError> {
    // Read into memory first: serde_json is several times as fast from there.
    let bytes = fs::read(path).map_err(|source| ImportError::Read { path: path.to_owned(), source })?;
    serde_json::from_slice(&bytes).map_err(|error| ImportError::Invalid {
        path: path.to_owned(),
        what,
        reason: error.to_string(),
    })
}

fn read_versioned<T: serde::de::DeserializeOwned>(
    path: &Path,
    what: &'static str,
    name: &str,
    known: u32,
) -> Result<T, ImportError> {
    // The version first: for a later layout, the error should name its version, not the first field that does not fit.
    let value: Value = read_json(path, what)?;
    match value.get(name).and_then(Value::as_u64) {
        Some(found) if found > u64::from(known) => {
            return Err(ImportError::Newer { path: path.to_owned(), found, known });
        }
        _ => {}
    }
    read_json(path, what)
}

/// When a file was measured that does not say so: the user's time, else that of its last change.
fn time_of(path: &Path, known: &Known) -> Result<Timestamp, ImportError> {
    if let Some(time) = known.time {
        return Ok(time);
    }
    let error = |source| ImportError::Read { path: path.to_owned(), source };
    let modified = fs::metadata(path).and_then(|file| file.modified()).map_err(error)?;
    Timestamp::try_from(modified).map_err(|wrong| error(io::Error::other(wrong)))
}

/// A report of nothing, for tests.
#[cfg(test)]
pub(super) fn test_report(created: String) -> Report {
    runs::report("forc-perf", "0.1.0", created, runs::unknown_machine())
}
