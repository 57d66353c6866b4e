//! Why a bench target failed.

use std::path::PathBuf;

use crate::cli::error::CliError;
use crate::cli::exit::Outcome;
use crate::session::schedule::MIN_SAMPLES;

/// Why a bench target failed. Its text is the one sentence that the user sees.
#[derive(Debug, thiserror::Error)]
pub(super) enum BenchError {
    /// As the command `forc-perf` would have failed.
    #[error(transparent)]
    Cli(#[from] CliError),
    /// Criterion would refuse the samples.
    #[error(
        "{option} needs {MIN_SAMPLES} runs of each benchmark or more, as Criterion accepts no fewer; {samples} were requested"
    )]
    TooFewRuns {
        /// The option that needs Criterion.
        option: &'static str,
        /// The runs that were requested.
        samples: usize,
    },
    /// There is nothing to compare with.
    #[error(
        "no benchmark has a baseline `{name}` in {}; `cargo bench -- --save-baseline {name}` makes one",
        criterion.display()
    )]
    NoBaseline {
        /// The baseline.
        name: String,
        /// Criterion's folder.
        criterion: PathBuf,
    },
}

impl BenchError {
    /// How the bench ends.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Cli(error) => error.outcome(),
            Self::TooFewRuns { .. } | Self::NoBaseline { .. } => Outcome::Usage,
        }
    }
}
