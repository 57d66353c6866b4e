use std::path::PathBuf;

use crate::report::file::FileError;
use crate::session::schedule::MIN_SAMPLES;
use crate::suite::SelectError;

/// Why recorded samples could not be replayed through Criterion.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The report cannot be read.
    #[error(transparent)]
    Report(#[from] FileError),
    /// A pattern is malformed.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// The report has no samples for Criterion.
    #[error(
        "{} holds no selected benchmark for Criterion, which needs {MIN_SAMPLES} runs or more; run `cargo bench` without \
         --quick and --samples first", .0.display()
    )]
    Nothing(PathBuf),
    /// Criterion panicked, with a message on stderr.
    #[error("Criterion panicked on the samples of `{0}`; the other series and the report itself are complete")]
    Panicked(String),
    /// Criterion requested the samples in an unexpected way.
    #[error(
        "Criterion requested the samples of `{id}` {calls} times instead of {expected} times, so its figures for it are \
         wrong; the report itself is complete"
    )]
    Mechanics {
        /// The series.
        id: String,
        /// How often it requested them.
        calls: usize,
        /// How often it should have.
        expected: usize,
    },
}
