//! `--record`: adds the results to the history.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Result, say_on_stderr};
use crate::forc::SwaySource;
use crate::forc::source::Checkout;
use crate::history::{Control, DEFAULT_PATH, HISTORY_VARIABLE, History, Ordered, Provenance, Record, Recorded};
use crate::model::{Comparison, Report};
use crate::os::Interrupt;

/// The history to use.
#[derive(Clone, Debug, Default, Args)]
pub struct HistoryOption {
    /// The history [default: .forc-perf/history.sqlite]
    #[arg(long, value_name = "PATH", env = HISTORY_VARIABLE, global = true)]
    history: Option<PathBuf>,
}

impl HistoryOption {
    /// The file.
    pub fn path(&self) -> &Path {
        self.history.as_deref().filter(|path| *path != Path::new("")).unwrap_or(Path::new(DEFAULT_PATH))
    }

    /// Opens it, and creates it if there is none.
    pub fn open(&self) -> Result<History> {
        Ok(History::open(self.path())?)
    }

    /// Opens it for reading.
    pub fn open_read_only(&self) -> Result<History> {
        Ok(History::open_read_only(self.path())?)
    }
}

/// Whether and where to record.
#[derive(Clone, Debug, Default, Args)]
pub struct RecordOptions {
    /// Add the results to the history
    #[arg(long)]
    record: bool,

    #[command(flatten)]
    history: HistoryOption,
}

impl RecordOptions {
    /// Checks that the history can be written, if recording was requested: before the measurement, not after it.
    ///
    /// # Errors
    /// If the history cannot be opened.
    pub fn check(&self) -> Result<()> {
        if self.record { self.history.open().map(drop) } else { Ok(()) }
    }

    /// Whether recording was requested.
    pub fn is_asked_for(&self) -> bool {
        self.record
    }

    /// Recording into this history, without a request.
    pub fn always(history: HistoryOption) -> Self {
        Self { record: true, history }
    }

    /// Records these reports, if that was requested, and returns what became of each. A report without a run or failure is
    /// left out.
    ///
    /// # Errors
    /// If the history cannot be written.
    pub fn record(&self, reports: &[Report], sway: Option<&SwaySource>) -> Result<Vec<Recorded>> {
        let has_results =
            |report: &&Report| report.benchmarks.iter().any(|b| !b.runs.is_empty() || !b.failures.is_empty());
        let records: Vec<Record> = reports
            .iter()
            .filter(has_results)
            .map(|report| Record { provenance: Provenance::of(report), report: report.clone() })
            .collect();
        if !self.record || records.is_empty() {
            return Ok(Vec::new());
        }
        let mut history = self.history.open()?;
        let recorded = history.record_all(records)?;
        if let Some(SwaySource::Folder(folder)) = sway
            && let Err(error) = order(&mut history, folder)
        {
            // The report is recorded; without the order of the commits, its time gives its position.
            say_on_stderr(format_args!("warning: {error}"));
        }
        Ok(recorded)
    }

    /// Records the result of a comparison's control, if recording was requested.
    ///
    /// # Errors
    /// If the history cannot be written.
    pub fn record_control(&self, comparison: &Comparison) -> Result<()> {
        let Some(control) = Control::of(comparison).filter(|_| self.record) else { return Ok(()) };
        Ok(self.history.open()?.record_controls(&[control])?)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.history.path()
    }

    /// Where the reports were recorded, for the user; `None` if none were.
    pub fn summary(&self, recorded: &[Recorded]) -> Option<String> {
        let numbers: Vec<String> = recorded.iter().map(|recorded| recorded.id().to_string()).collect();
        let known = if recorded.iter().all(|recorded| recorded.is_new()) { "" } else { ", already recorded before" };
        (!numbers.is_empty())
            .then(|| format!("history: {} (report {}{known})", self.path().display(), numbers.join(", ")))
    }
}

/// Reads the order of the commits from the checkout in `folder`.
pub(super) fn order(history: &mut History, folder: &Path) -> Result<Ordered> {
    let interrupt = Interrupt::new();
    let checkout = Checkout::open(folder, &interrupt)?;
    Ok(history.order_by(checkout.repository())?)
}
