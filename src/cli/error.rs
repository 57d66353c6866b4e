//! Why a command failed. The cause stays typed until the program prints it and ends with its exit code.

use std::path::PathBuf;

use super::exit::Outcome;
use super::options::OptionsError;
use crate::dashboard::DashboardError;
use crate::doctor::TrialError;
use crate::forc::ToolchainError;
use crate::forc::source::SourceError;
use crate::forc::store::RemoveError;
use crate::history::import::ImportError;
use crate::history::{HistoryError, NameError, ReportId};
use crate::os::cache::NoCache;
use crate::report::file::FileError;
use crate::report::page::PageError;
use crate::report::shares::SharesError;
use crate::session::SessionError;
use crate::suite::{SelectError, SuiteError};
use crate::verdict::ReportsError;

/// Why a command failed. Its text is the one sentence that the user sees.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The options do not fit together.
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// A pattern is malformed.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// No report has that name, or several have it.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Nothing could be measured.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The compiler cannot be found or built.
    #[error(transparent)]
    Toolchain(#[from] ToolchainError),
    /// The checkout of the compiler cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The suite cannot be read.
    #[error(transparent)]
    Suite(#[from] SuiteError),
    /// A report or comparison cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The page or its charts cannot be written.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The table of shares cannot be written.
    #[error(transparent)]
    Shares(#[from] SharesError),
    /// The history cannot be read or written.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A file cannot be imported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// An exported history cannot be imported.
    #[error("{}: {source}", path.display())]
    ImportHistory {
        /// The exported history.
        path: PathBuf,
        /// What went wrong.
        source: Box<HistoryError>,
    },
    /// The dashboard cannot be written.
    #[error(transparent)]
    Dashboard(#[from] DashboardError),
    /// Two reports cannot be compared.
    #[error(transparent)]
    Reports(#[from] ReportsError),
    /// The A/A of `doctor` was not made.
    #[error(transparent)]
    Trial(#[from] TrialError),
    /// There is no cache folder.
    #[error(transparent)]
    NoCache(#[from] NoCache),
    /// A compiler cannot be removed.
    #[error(transparent)]
    Remove(#[from] RemoveError),
    /// Ctrl-C cannot be handled.
    #[error("cannot watch for Ctrl-C: {0}")]
    Signals(#[source] std::io::Error),
    /// An export stopped halfway.
    #[error("the export cannot be written: {0}")]
    Export(#[source] std::io::Error),
    /// A comparison or report cannot be printed as JSON.
    #[error("the {what} cannot be written as JSON: {source}")]
    Json {
        /// What was to be printed.
        what: &'static str,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A report of the history cannot be printed as JSON.
    #[error("report {id} is no JSON: {source}")]
    ReportJson {
        /// The report.
        id: ReportId,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The selection is empty.
    #[error("no benchmark is selected; `forc-perf list` shows what there is")]
    NoBenchmark,
    /// A night ended before its first benchmark.
    #[error("nothing was measured: no benchmark was started; the dashboard is unchanged")]
    NoBenchmarkStarted,
    /// There are no figures in a report.
    #[error("the report holds no successful run")]
    NoRun,
    /// `--require-history` was given, and there is none.
    #[error(
        "{} holds no report, and --require-history expects one; restore the history, or omit the option to start a new one",
        .0.display()
    )]
    HistoryRequired(PathBuf),
    /// Another `nightly` uses the history.
    #[error(
        "another nightly is running with this history (process {holder}, according to {}); wait for it, or stop it",
        path.display()
    )]
    NightlyRuns {
        /// The process of the other.
        holder: String,
        /// The lock.
        path: PathBuf,
    },
    /// The history is damaged.
    #[error("{} has {count} problem{}", path.display(), crate::text::plural(*count))]
    HistoryProblems {
        /// The history.
        path: PathBuf,
        /// How many problems were found.
        count: usize,
    },
    /// None of the benchmarks to compare is in either report.
    #[error("no benchmark of {} or {} is called `{}`", names[0], names[1], patterns.join("`, `"))]
    NoBenchmarkInReports {
        /// The reports.
        names: [String; 2],
        /// What was selected.
        patterns: Vec<String>,
    },
    /// A note is about nothing that the history knows.
    #[error(
        "`{subject}` is neither a commit nor an event of {}; `forc-perf history events --all` lists them", path.display()
    )]
    UnknownSubject {
        /// The subject.
        subject: String,
        /// The history.
        path: PathBuf,
    },
    /// A note is about one of several.
    #[error("{count} commits begin with `{subject}`; give more of the id")]
    AmbiguousSubject {
        /// The subject.
        subject: String,
        /// How many begin so.
        count: usize,
    },
}

impl CliError {
    /// How the command ends.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Options(_)
            | Self::Select(_)
            | Self::Name(_)
            | Self::Dashboard(DashboardError::NotOurs(_))
            | Self::Remove(RemoveError::Unknown(_) | RemoveError::Ambiguous { .. })
            | Self::NoBenchmarkInReports { .. }
            | Self::UnknownSubject { .. }
            | Self::AmbiguousSubject { .. } => Outcome::Usage,
            Self::History(error) | Self::Dashboard(DashboardError::History(error)) => of_history(error),
            Self::ImportHistory { source, .. } => of_history(source),
            Self::Toolchain(error) | Self::Session(SessionError::Toolchain(error)) if error.is_interrupt() => {
                Outcome::Interrupted
            }
            Self::Source(error) if error.is_interrupt() => Outcome::Interrupted,
            Self::Trial(TrialError::Interrupted) => Outcome::Interrupted,
            Self::NoBenchmark | Self::NoBenchmarkStarted | Self::NoRun => Outcome::NothingMeasured,
            Self::Session(_)
            | Self::Toolchain(_)
            | Self::Source(_)
            | Self::Suite(_)
            | Self::File(_)
            | Self::Page(_)
            | Self::Shares(_)
            | Self::Import(_)
            | Self::Dashboard(_)
            | Self::Reports(_)
            | Self::Trial(_)
            | Self::NoCache(_)
            | Self::Remove(_)
            | Self::Signals(_)
            | Self::Export(_)
            | Self::Json { .. }
            | Self::ReportJson { .. }
            | Self::HistoryRequired(_)
            | Self::NightlyRuns { .. }
            | Self::HistoryProblems { .. } => Outcome::HarnessError,
        }
    }
}

/// A pattern or number on the command line may be wrong; all else is the history's.
fn of_history(error: &HistoryError) -> Outcome {
    match error {
        HistoryError::Pattern { .. } | HistoryError::NoSuch { .. } => Outcome::Usage,
        _ => Outcome::HarnessError,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_determines_the_exit_code() {
        let path = || PathBuf::from("history.sqlite");
        let no_note = || HistoryError::NoSuch { what: "note", number: 7, path: path() };
        for (error, code) in [
            (CliError::from(OptionsError::NoCheckout), 2),
            (no_note().into(), 2),
            (DashboardError::History(no_note()).into(), 2),
            (CliError::ImportHistory { path: path(), source: Box::new(no_note()) }, 2),
            (HistoryError::Missing(path()).into(), 4),
            (RemoveError::Unknown("0.1.0".to_owned()).into(), 2),
            (RemoveError::InUse(path()).into(), 4),
            (SessionError::NoSides.into(), 4),
            (TrialError::Interrupted.into(), 130),
            (CliError::NoBenchmark, 3),
        ] {
            assert_eq!(error.outcome().code(), code, "{error}");
        }
    }
}
