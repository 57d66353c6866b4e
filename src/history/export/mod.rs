//! A report, or the points of series, in the formats of other tools.

mod bencher;
mod csv;
mod github;
mod openmetrics;

pub use bencher::bencher;
pub use csv::{CsvError, csv};
pub use github::github;
pub use openmetrics::openmetrics;

use crate::history::record::kept;
use crate::model::{Estimate, Report, Unit};
use crate::stats;

/// A figure of a report: of a whole run, or of a phase over all packages.
struct ReportFigure<'a> {
    benchmark: &'a str,
    phase: Option<String>,
    metric: crate::model::Metric,
    estimate: Estimate,
}

/// All figures of whole runs, and those of the phases over all packages.
fn figures(report: &Report) -> impl Iterator<Item = ReportFigure<'_>> {
    report.benchmarks.iter().flat_map(|benchmark| {
        let values = kept(benchmark).filter(|values| values.package.is_none());
        values.filter_map(|values| {
            let estimate = stats::estimate(&values.values)?;
            Some(ReportFigure { benchmark: &benchmark.id, phase: values.phase, metric: values.metric, estimate })
        })
    })
}

impl ReportFigure<'_> {
    /// The benchmark's id, with the phase after it.
    fn name(&self) -> String {
        match &self.phase {
            Some(phase) => format!("{}/{phase}", self.benchmark),
            None => self.benchmark.to_owned(),
        }
    }
}

/// The unit as `ns`, `B` or `count`.
fn unit(unit: Unit) -> &'static str {
    unit.symbol().unwrap_or("count")
}
