//! From runs to figures: where the time of each run went, and what the runs say together.

mod attribution;
mod of_counters;
mod of_phase;
mod of_run;
mod runs;
mod samples;
mod warnings;

pub use attribution::{AttributionKey, AttributionRow, Cost, attribute, attribute_by_package, attributed};
pub use of_counters::of_counters;
pub use of_phase::of_phase;
pub use of_run::of_run;
pub use runs::{median_wall, span, typical_run};
pub use samples::{Values, values, values_over_all};
pub use warnings::{OTHERS_PROCESSORS, OTHERS_SHARE, STOLEN_WARNING};
pub use warnings::{warn, warning_kinds};

use std::collections::HashMap;

use crate::model::{Benchmark, Measured, Metric, MetricSummary, PhaseSummary};
use crate::stats;

/// All metrics that the runs have, with their estimates. A metric that is missing from any run is left out: an estimate
/// over the others would hide that.
pub fn metrics(runs: &[Benchmark]) -> Vec<MetricSummary> {
    Metric::reported()
        .filter_map(|metric| {
            let values: Option<Vec<f64>> = runs.iter().map(|run| of_run(run, metric)).collect();
            let estimate = stats::estimate(&values?)?;
            Some(MetricSummary { metric, unit: metric.unit(), direction: metric.direction(), estimate })
        })
        .collect()
}

/// Fills in what the benchmark's runs say.
pub fn complete(measured: &mut Measured) {
    measured.metrics = metrics(&measured.runs);
    measured.phases = phases(&measured.runs);
    measured.packages = packages(&measured.runs);
}

/// Where the benchmark's time goes over all packages: one row a phase, in the compiler's order, then what lies outside
/// all phases. The shares of the rows at depth 0 sum to 1.
pub fn phases(runs: &[Benchmark]) -> Vec<PhaseSummary> {
    rows(runs, attribute)
}

/// The same package by package, with a row for the time between a package's own phases, and a last one for the time
/// that belongs to no package.
pub fn packages(runs: &[Benchmark]) -> Vec<PhaseSummary> {
    rows(runs, attribute_by_package)
}

/// The top-level phases of all benchmarks together, `None` for the time outside them, with the sum of their median wall
/// times in nanoseconds; the heaviest first.
pub fn suite_phases(benchmarks: &[Measured]) -> Vec<(Option<&str>, f64)> {
    let mut places: HashMap<Option<&str>, usize> = HashMap::new();
    let mut totals: Vec<(Option<&str>, f64)> = Vec::new();
    for row in benchmarks.iter().flat_map(|benchmark| &benchmark.phases).filter(|row| row.depth == 0) {
        let phase = row.phase.as_deref();
        let place = *places.entry(phase).or_insert(totals.len());
        match totals.get_mut(place) {
            Some((_, total)) => *total += row.wall.median,
            None => totals.push((phase, row.wall.median)),
        }
    }
    totals.sort_by(|a, b| b.1.total_cmp(&a.1));
    totals
}

fn rows(runs: &[Benchmark], attribute: impl Fn(&Benchmark) -> Option<Vec<AttributionRow>>) -> Vec<PhaseSummary> {
    let attributed: Vec<Vec<AttributionRow>> = runs.iter().filter_map(attribute).collect();
    // The order of the first run, and after it what only later runs have.
    let mut found_of: HashMap<&AttributionKey, Vec<&AttributionRow>> = HashMap::new();
    let mut keys: Vec<&AttributionKey> = Vec::new();
    for row in attributed.iter().flatten() {
        let found = found_of.entry(&row.key).or_default();
        if found.is_empty() {
            keys.push(&row.key);
        }
        found.push(row);
    }
    keys.sort_by_key(|key| key.is_rest());
    let count = attributed.len() as f64;
    keys.into_iter()
        .filter_map(|key| {
            let found = found_of.get(key)?;
            let estimate = |metric| {
                let values: Option<Vec<f64>> = found.iter().map(|row| row.cost.value(metric)).collect();
                stats::estimate(&values?)
            };
            Some(PhaseSummary {
                phase: key.phase.clone(),
                package: key.package.clone(),
                depth: key.depth,
                wall: estimate(Metric::Wall)?,
                // Over all runs, those without this row too: only so do the shares sum to one.
                share: found.iter().map(|row| row.cost.share).sum::<f64>() / count,
                cpu: estimate(Metric::Cpu),
                peak_memory: estimate(Metric::PeakMemory),
                instructions: estimate(Metric::Instructions),
            })
        })
        .collect()
}
