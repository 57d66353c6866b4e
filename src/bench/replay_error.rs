use crate::report::file::FileError;

/// Why recorded samples did not get through Criterion.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The report cannot be read.
    #[error(transparent)]
    Report(#[from] FileError),
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
