//! What differs between two reports that were measured at different times.

use serde::Serialize;

use crate::model::{Benchmark, Measured, Metric, Report};
use crate::stats::{self, Shift};
use crate::summary;

/// A change below this fraction is not worth a line.
const THRESHOLD: f64 = 0.01;

/// The confidence of a change's interval.
const CONFIDENCE: f64 = 0.99;

/// The share of false ones among all changes that are told, at most, on average.
const FALSE_DISCOVERIES: f64 = 0.01;

/// The runs of either side below which no change of a time could be shown: of 4 against 5 in either order, the most
/// extreme is no rarer than 1.6 %, of 5 against 5 it is 0.8 %.
pub const FEWEST_RUNS: usize = 5;

/// What differs between an older report and a newer one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changes {
    /// When the older report was measured.
    pub since: String,
    /// The older report's compiler.
    pub old_version: String,
    /// Whether both were measured with the very same binary: what changed is then not the compiler.
    pub same_binary: bool,
    /// The median ratio of wall times over all benchmarks: what the machine and the compiler did to all alike. Absent
    /// with fewer than five benchmarks in common.
    pub common: Option<f64>,
    /// What changed beyond its noise, the largest change first.
    pub changes: Vec<Change>,
    /// How many benchmarks both reports have measured.
    pub compared: usize,
    /// How many of these have [`FEWEST_RUNS`] or more in both: of the others only sizes can be compared.
    pub testable: usize,
}

/// One metric of one benchmark that changed beyond its noise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The benchmark.
    pub id: String,
    /// What changed.
    pub metric: Metric,
    /// The older median, in the metric's unit.
    pub old: f64,
    /// The newer median.
    pub new: f64,
    /// New over old, with its interval; a size is compared exactly.
    pub shift: Shift,
}

/// Why two reports say nothing about each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incomparable {
    /// They were measured on different machines.
    Machine,
    /// They have no benchmark in common.
    NothingInCommon,
}

/// What changed from `old` to `new` beyond the noise of both: by at least 1 %, with a 99 % interval that excludes "no
/// change", and with the false ones among all that are told kept below 1 % on average. Sizes are exact, and any change of
/// them is told. The reports were measured at different times, so a change may also be the machine's.
///
/// # Errors
/// If the reports cannot be compared.
pub fn changes(old: &Report, new: &Report) -> Result<Changes, Incomparable> {
    if !old.environment.is_same_machine(&new.environment) {
        return Err(Incomparable::Machine);
    }
    let pairs: Vec<(&Measured, &Measured)> = new
        .benchmarks
        .iter()
        .filter_map(|new| Some((old.benchmarks.iter().find(|old| old.id == new.id)?, new)))
        .filter(|(old, new)| !old.runs.is_empty() && !new.runs.is_empty())
        .collect();
    if pairs.is_empty() {
        return Err(Incomparable::NothingInCommon);
    }
    let shifts: Vec<Change> = pairs
        .iter()
        .flat_map(|(old, new)| {
            [Metric::Wall, Metric::Cpu, Metric::PeakMemory].into_iter().filter_map(|metric| shift(old, new, metric))
        })
        .collect();
    let p_values: Vec<f64> = shifts.iter().map(|change| change.shift.p_value).collect();
    let level = stats::step_up(&p_values, FALSE_DISCOVERIES).level;
    let shifted =
        shifts.into_iter().filter(|change| change.shift.p_value <= level && change.shift.is_beyond(THRESHOLD));
    let sizes = pairs.iter().filter_map(|(old, new)| resized(old, new));
    let mut changes: Vec<Change> = shifted.chain(sizes).collect();
    changes.sort_by(|a, b| size(b).total_cmp(&size(a)));
    let ratios: Vec<f64> = pairs
        .iter()
        .filter_map(|(old, new)| Some(median_of(&new.runs, Metric::Wall)? / median_of(&old.runs, Metric::Wall)?))
        .collect();
    Ok(Changes {
        since: old.created.clone(),
        old_version: old.toolchain.version.clone(),
        same_binary: old.toolchain.sha256 == new.toolchain.sha256,
        common: if ratios.len() < 5 { None } else { stats::median(&ratios) },
        changes,
        compared: pairs.len(),
        testable: pairs.iter().filter(|(old, new)| old.runs.len().min(new.runs.len()) >= FEWEST_RUNS).count(),
    })
}

fn size(change: &Change) -> f64 {
    change.shift.ratio.ln().abs()
}

/// How much a metric that varies from run to run lies above what it was.
fn shift(old: &Measured, new: &Measured, metric: Metric) -> Option<Change> {
    let (before, after) = (values(&old.runs, metric)?, values(&new.runs, metric)?);
    let shift = stats::unpaired_shift(&before, &after, CONFIDENCE)?;
    Some(Change { id: new.id.clone(), metric, old: stats::median(&before)?, new: stats::median(&after)?, shift })
}

/// A change of the binary's size, which is the same in every run.
fn resized(old: &Measured, new: &Measured) -> Option<Change> {
    let metric = Metric::BinarySize;
    let (before, after) = (median_of(&old.runs, metric)?, median_of(&new.runs, metric)?);
    let ratio = after / before;
    let changed = ratio.is_finite() && ratio > 0.0 && before.to_bits() != after.to_bits();
    let shift = Shift { ratio, low: ratio, high: ratio, p_value: 0.0 };
    changed.then(|| Change { id: new.id.clone(), metric, old: before, new: after, shift })
}

fn values(runs: &[Benchmark], metric: Metric) -> Option<Vec<f64>> {
    let values: Option<Vec<f64>> = runs.iter().map(|run| summary::value(run, metric)).collect();
    values.filter(|values| !values.is_empty())
}

fn median_of(runs: &[Benchmark], metric: Metric) -> Option<f64> {
    stats::median(&values(runs, metric)?)
}
