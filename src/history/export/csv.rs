//! A row a point, for spreadsheets and scripts.

use std::io::Write;

use crate::history::{History, HistoryError, Series};
use crate::model::StdChoice;
use crate::text::cell;

/// Why rows could not be written.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// The history could not be read.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The rows could not be written.
    #[error("the rows cannot be written: {0}")]
    Write(#[from] ::csv::Error),
}

const COLUMNS: [&str; 17] = [
    "benchmark",
    "metric",
    "unit",
    "phase",
    "package",
    "machine",
    "std",
    "commit",
    "committed",
    "subject",
    "version",
    "measured",
    "runs",
    "median",
    "low",
    "high",
    "spread",
];

/// Writes the points of these series, in their order. Values are in the metric's unit; absent values are empty.
///
/// # Errors
/// If the history cannot be read, or the rows cannot be written.
pub fn csv(history: &History, series: &[Series], to: &mut dyn Write) -> Result<(), CsvError> {
    let mut writer = ::csv::Writer::from_writer(to);
    writer.write_record(COLUMNS)?;
    for Series { id, key, .. } in series {
        let (metric, unit, machine) = (key.metric.word(), super::unit(key.metric.unit()), key.machine.to_string());
        let std = match &key.std {
            StdChoice::Own => "own".to_owned(),
            StdChoice::Same(path) => path.display().to_string(),
        };
        for point in history.points(*id)? {
            let commit = point.commit.as_ref();
            writer.write_record([
                &*cell(&key.benchmark),
                &metric,
                unit,
                &*cell(key.phase.as_deref().unwrap_or_default()),
                &*cell(key.package.as_deref().unwrap_or_default()),
                &*cell(&machine),
                &*cell(&std),
                &*cell(commit.map_or("", |commit| commit.id.as_str())),
                commit.and_then(|commit| commit.time.as_deref()).unwrap_or_default(),
                &*cell(commit.map_or("", |commit| commit.subject.as_str())),
                &*cell(&point.version),
                &point.created,
                &point.count.to_string(),
                &point.median.to_string(),
                &point.low.to_string(),
                &point.high.to_string(),
                &point.spread.map(|spread| spread.to_string()).unwrap_or_default(),
            ])?;
        }
    }
    writer.flush().map_err(|error| CsvError::Write(error.into()))
}
