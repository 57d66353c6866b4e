//! All benchmarks of a side in one figure a metric.

use crate::model::{Measured, Metric, Side, Total};
use crate::{stats, summary};

/// The metrics that have a total.
pub const METRICS: [Metric; 3] = [Metric::Wall, Metric::Cpu, Metric::PeakMemory];

/// The confidence of a total's interval: one figure that was asked for by itself, and as if the data had been looked at
/// once. Benchmarks that stop at a look stop where the data is clear, so that with several looks it may cover a little
/// less; nothing is decided by it, and whoever shows it says so.
pub const CONFIDENCE: f64 = 0.95;

/// The normal quantile of [`CONFIDENCE`], two-sided.
pub const Z: f64 = 1.959_964;

/// The geometric mean of the benchmarks' ratios, a metric an element.
///
/// Each benchmark counts alike, however long it takes and however often it was run. The variance of the mean is the sum
/// of those of the benchmarks' estimates, each taken from the width of its own interval.
pub fn totals(base: &Side, other: &Side, interleaved: bool) -> Vec<Total> {
    METRICS.into_iter().filter_map(|metric| total(base, other, metric, interleaved)).collect()
}

fn total(base: &Side, other: &Side, metric: Metric, interleaved: bool) -> Option<Total> {
    let mut sum = 0.0;
    let mut variance = Some(0.0);
    let mut count = 0;
    for (base, other) in base.benchmarks.iter().zip(&other.benchmarks) {
        let (Some(a), Some(b)) = (values(base, metric), values(other, metric)) else { continue };
        let shift = if interleaved {
            stats::paired_shift(&a, &b, CONFIDENCE)
        } else {
            stats::unpaired_shift(&a, &b, CONFIDENCE)
        };
        // Two or three runs have a ratio and no interval.
        let Some(ratio) = shift.map(|shift| shift.ratio).or_else(|| Some(stats::median(&b)? / stats::median(&a)?))
        else {
            continue;
        };
        if !(ratio.is_finite() && ratio > 0.0) {
            continue;
        }
        sum += ratio.ln();
        count += 1;
        let error = shift.map(|shift| (shift.high / shift.low).ln() / (2.0 * Z)).filter(|error| error.is_finite());
        variance = variance.zip(error).map(|(sum, error)| sum + error * error);
    }
    if count == 0 {
        return None;
    }
    let mean = sum / count as f64;
    let half = variance.map(|variance| Z * variance.sqrt() / count as f64);
    Some(Total {
        metric,
        ratio: mean.exp(),
        low: half.map(|half| (mean - half).exp()),
        high: half.map(|half| (mean + half).exp()),
        benchmarks: count,
    })
}

fn values(measured: &Measured, metric: Metric) -> Option<Vec<f64>> {
    let values: Option<Vec<f64>> = measured.runs.iter().map(|run| summary::value(run, metric)).collect();
    values.filter(|values| !values.is_empty() && measured.failures.is_empty())
}
