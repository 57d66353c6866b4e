//! Comparing two compilers' runs of the same benchmarks: from runs to figures, from figures to verdicts.
//!
//! Pure functions of the measured values. At every look the session asks which benchmarks are decided, and at the end for
//! the findings that every format shows. [`crate::stats::judge`](fn@crate::stats::judge) describes how verdicts are reached.

mod changes;
mod contributor;
mod judge;
mod phases;
mod reports;
mod rows;
mod samples;
mod series;
mod sign;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::model::{
    BenchmarkFindings, CompareSettings, FailedSides, Figure, Look, Measured, Metric, OutputFinding, UnmatchedPhase,
    Verdict,
};
use crate::stats::{self, Looks};
pub use changes::{Change, Changes, changes};
pub use contributor::{Breakdown, Contributor, breakdown, contributor, label, suite_breakdown, sums_up};
pub use judge::findings;
pub use reports::{ReportsError, of_reports};
pub use rows::{
    BenchmarkRow, Class, class_by_figures, lead_metric, primary_metrics, rank, rows, rows_of, size, table_metrics,
};
pub use samples::sampled;
use series::Series;
pub use sign::Sign;
pub use sign::Tone;

/// The accepted share of false verdicts among the figures called regressed or improved.
pub const FALSE_CHANGE_RATE: f64 = 0.01;
/// The accepted share of false verdicts among the figures called equal.
pub const FALSE_EQUALITY_RATE: f64 = 0.05;

/// The rules of decision.
#[derive(Clone, Debug)]
pub struct Rules {
    looks: Looks,
    false_change_rate: f64,
    false_equality_rate: f64,
    thresholds: BTreeMap<Metric, f64>,
    interleaved: bool,
}

impl Rules {
    /// The rules that a comparison was started with.
    pub fn of(settings: &CompareSettings) -> Self {
        Self {
            looks: Looks::new(settings.looks.iter().map(|look| (look.runs, look.weight))),
            false_change_rate: settings.false_change_rate,
            false_equality_rate: settings.false_equality_rate,
            thresholds: settings.thresholds.clone(),
            interleaved: settings.interleaved,
        }
    }

    /// The rules if there will be no more than these `rounds` of blocks, for a reason independent of the data. The last look
    /// is then at the existing blocks, and spends all of the accepted error that earlier looks have left.
    pub fn ended_after(self, rounds: usize) -> Self {
        Self { looks: self.looks.ended_at(rounds), ..self }
    }
}

/// The looks of a comparison with this range of blocks for each benchmark.
pub fn declare_looks(min_runs: usize, max_runs: usize) -> Vec<Look> {
    let looks = stats::declare_looks(min_runs, max_runs);
    looks.at().iter().zip(looks.weights()).map(|(runs, weight)| Look { runs: *runs, weight: *weight }).collect()
}

/// The change that would matter in each metric that is compared, as a fraction: the defaults, with `given` in their place.
pub fn thresholds(given: &BTreeMap<Metric, f64>) -> BTreeMap<Metric, f64> {
    let mut thresholds: BTreeMap<Metric, f64> =
        Metric::compared().map(|metric| (metric, metric.spec().threshold)).collect();
    // The substitute for the wall time has the same threshold.
    thresholds.extend(given.get(&Metric::Wall).map(|wall| (Metric::PhasesWall, *wall)));
    thresholds.extend(given);
    thresholds
}

/// The metrics of whole runs that vary from run to run, and so need a threshold.
pub fn noisy_metrics() -> impl Iterator<Item = Metric> {
    Metric::compared().filter(|metric| !metric.is_size())
}

/// The names of the metrics that are compared, as on a command line: `peak-memory`.
pub fn metric_names() -> Vec<String> {
    Metric::compared().map(Metric::word).collect()
}

/// Whether more blocks cannot change the verdict on a benchmark: it has regressed, or every deciding figure has its verdict.
pub fn is_decided(findings: &BenchmarkFindings) -> bool {
    let deciding = || findings.figures.iter().filter(|figure| figure.decides());
    let regressed = deciding().any(|figure| figure.verdict == Verdict::Regressed);
    let open = deciding().any(|figure| figure.verdict == Verdict::Undecided);
    regressed || deciding().next().is_some() && !open
}

fn threshold(metric: Metric, rules: &Rules) -> f64 {
    rules.thresholds.get(&metric).copied().unwrap_or_else(|| metric.spec().threshold)
}

/// What is added to both values before the ratio is computed, in the metric's unit. For sizes: one byte if one of them is 0,
/// else nothing, so that the ratio is the exact quotient.
fn offset(series: &Series) -> f64 {
    let is_nothing = || series.base.iter().chain(&series.other).any(|size| *size == 0.0);
    if series.metric.is_size() && is_nothing() { 1.0 } else { series.metric.spec().offset }
}

fn benchmark(
    base: &Measured,
    other: &Measured,
    figures: Vec<Figure>,
    unmatched: Vec<UnmatchedPhase>,
) -> BenchmarkFindings {
    let last = |side: &Measured| side.failures.last().cloned().map(Box::new);
    let failed = FailedSides { base: last(base), other: last(other) };
    let failed = (failed.base.is_some() || failed.other.is_some()).then_some(failed);
    // A failed build has neither ratio nor verdict, even if runs succeeded before it failed.
    let figures = if failed.is_some() { Vec::new() } else { figures };
    BenchmarkFindings {
        id: base.id.clone(),
        verdict: BenchmarkFindings::verdict_of(&figures),
        failed,
        output: output(base, other),
        pairs: base.runs.len().min(other.runs.len()),
        figures,
        unmatched,
    }
}

fn output(base: &Measured, other: &Measured) -> OutputFinding {
    if base.outputs.is_empty() || other.outputs.is_empty() {
        return OutputFinding::Unknown;
    }
    let by_path = |side: &Measured| -> BTreeMap<String, String> {
        side.outputs.iter().map(|file| (file.path.clone(), file.sha256.clone())).collect()
    };
    let (base, other) = (by_path(base), by_path(other));
    let mut paths: Vec<&String> = base.keys().chain(other.keys()).collect();
    paths.sort();
    paths.dedup();
    let different: Vec<String> =
        paths.into_iter().filter(|path| base.get(*path) != other.get(*path)).cloned().collect();
    if different.is_empty() { OutputFinding::Same } else { OutputFinding::Different(different) }
}
