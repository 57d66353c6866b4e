//! Values of runs for charts.

use crate::model::{Benchmark, Measured, Metric, SerdeInstant};
use crate::stats;

/// A benchmark's median wall time in nanoseconds: the summary's, else the runs' own. Absent without a run that has one.
pub fn median_wall(measured: &Measured) -> Option<f64> {
    let summary = measured.estimate(Metric::Wall).map(|wall| wall.median);
    summary.filter(|wall| wall.is_finite() && *wall >= 0.0).or_else(|| stats::median(&walls(measured)))
}

/// Wall times of the runs that have one, in nanoseconds.
fn walls(measured: &Measured) -> Vec<f64> {
    measured.runs.iter().filter_map(Benchmark::wall).map(|wall| wall.as_nanos() as f64).collect()
}

/// The run whose wall time is nearest to the median, and its index; the first one if none has a wall time.
pub fn typical_run(measured: &Measured) -> Option<(usize, &Benchmark)> {
    let median = median_wall(measured).unwrap_or(0.0);
    let distance = |run: &Benchmark| run.wall().map_or(f64::INFINITY, |wall| (wall.as_nanos() as f64 - median).abs());
    measured.runs.iter().enumerate().min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)))
}

/// When a run began and ended, from whatever it has: its own ends, else those of its phases and frames.
pub fn span(run: &Benchmark) -> Option<(SerdeInstant, SerdeInstant)> {
    let phases = run.phases.iter().flat_map(|phase| [phase.start_time, phase.end_time]).flatten();
    let frames = run.frames.iter().map(|frame| frame.timestamp);
    let seen = || phases.clone().chain(frames.clone());
    let start = run.start_time.or_else(|| seen().min())?;
    let end = run.end_time.or_else(|| seen().max())?;
    Some((start, end.max(start)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn the_typical_run_is_the_one_next_to_the_median() {
        let report = testing::report(1);
        let measured = &report.benchmarks[0];
        let (_, run) = typical_run(measured).unwrap();
        let distance = |run: &Benchmark| (run.wall().unwrap().as_nanos() as f64 - median_wall(measured).unwrap()).abs();
        assert!(measured.runs.iter().all(|other| distance(other) >= distance(run)));
    }
}
