use std::path::PathBuf;

use crate::report::file::FileError;
use crate::session::schedule::MIN_SAMPLES;
use crate::suite::SelectError;

/// Why recorded samples did not get through Criterion.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The report cannot be read.
    #[error(transparent)]
    Report(#[from] FileError),
    /// A pattern is malformed.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// The report has nothing that Criterion could be given.
    #[error(
        "{} holds nothing that Criterion could take of what is selected: it takes {MIN_SAMPLES} runs or more; run \
         `cargo bench` without --quick and --samples first", .0.display()
    )]
    Nothing(PathBuf),
    /// Criterion panicked, which it has told on stderr.
    #[error("Criterion panicked on the samples of `{0}`; the other series and the report itself are whole")]
    Panicked(String),
    /// Criterion asked for the samples in another way than this harness knows.
    #[error(
        "Criterion asked {calls} times for the samples of `{id}` instead of {expected} times: its figures for it are not \
         those that were measured; the report itself is whole"
    )]
    Mechanics {
        /// The series.
        id: String,
        /// How often it asked.
        calls: usize,
        /// How often it should have.
        expected: usize,
    },
}
