//! `history diff`.

use clap::Args;

use super::Result;
use crate::cli::compare::{PairOptions, judge};
use crate::cli::error::CliError;
use crate::cli::exit::Outcome;
use crate::cli::say_on_stderr;
use crate::history::{self, History, ReportFilter, ReportInfo};
use crate::model::Report;
use crate::suite::Selection;
use crate::verdict::ReportsError;

/// The two reports to compare.
#[derive(Debug, Args)]
pub(super) struct DiffOptions {
    /// The base's report: its number or name, a commit or the beginning of its id, a release (0.72.1), a date (2024-06-01:
    /// the last report of a commit up to that day), `latest`, or `latest~1` for the one before that
    #[arg(value_name = "BASE")]
    base: String,

    /// The report to compare with it, named in the same ways
    #[arg(value_name = "OTHER")]
    other: String,

    /// Benchmarks to compare: a part of an id (group/project/scenario), or a glob such as 'apps/*' [default: all]
    #[arg(value_name = "BENCHMARK")]
    benchmarks: Vec<String>,

    #[command(flatten)]
    pair: PairOptions,
}

pub(super) fn diff(history: &History, options: &DiffOptions) -> Result<Outcome> {
    let selection = Selection::new(&options.benchmarks, &[])?;
    let reports = history.reports(&ReportFilter::default())?;
    let pair = history::pair(&reports, &options.base, &options.other)?;
    let names = history::side_names(pair);
    let [base, other] = pair;
    // Hosts of one class of machines share a series, so their reports can be compared.
    if base.machine != other.machine && !options.pair.force {
        let [base_machine, other_machine] = pair.map(|report| report.machine.to_string());
        let [base, other] = names;
        return Err(ReportsError::Machine { base, other, base_machine, other_machine }.into());
    }
    let read = |info: &ReportInfo| -> Result<Report> {
        let mut report = history.report_without_frames(info.id)?.report;
        report.benchmarks.retain(|benchmark| selection.selects("", &benchmark.id));
        Ok(report)
    };
    let kept = [read(base)?, read(other)?];
    if !options.benchmarks.is_empty() && kept.iter().all(|report| report.benchmarks.is_empty()) {
        return Err(CliError::NoBenchmarkInReports { names, patterns: options.benchmarks.clone() });
    }
    if let Some(hosts) = history::hosts(&kept) {
        say_on_stderr(format_args!("note: {hosts}"));
    }
    judge(kept, names, &PairOptions { force: true, ..options.pair.clone() })
}
