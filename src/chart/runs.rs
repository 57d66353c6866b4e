//! What the charts ask of runs.

use std::collections::BTreeMap;

use crate::model::{Benchmark, Measured, Metric, SerdeInstant};

/// Name and wall times, a run an element, of one phase.
pub(super) type Values = Vec<f64>;

/// A benchmark's median wall time in nanoseconds: the summary's, else the runs' own. Absent without a run that has one.
pub(crate) fn median_wall(measured: &Measured) -> Option<f64> {
    let summary = measured.estimate(Metric::Wall).map(|wall| wall.median);
    summary.filter(|wall| wall.is_finite() && *wall >= 0.0).or_else(|| median(&walls(measured)))
}

/// Wall times of the runs that have one, in nanoseconds.
pub(super) fn walls(measured: &Measured) -> Values {
    measured.runs.iter().filter_map(Benchmark::wall).map(|wall| wall.as_nanos() as f64).collect()
}

/// The median of some values; absent when there are none.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(sorted[middle]),
        _ => Some(sorted[middle - 1].midpoint(sorted[middle])),
    }
}

/// The value below which the given part of the values lies; absent when there are none.
pub(super) fn quantile(values: &[f64], part: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let index = (part.clamp(0.0, 1.0) * sorted.len().saturating_sub(1) as f64).round() as usize;
    sorted.get(index).copied()
}

/// The run whose wall time is nearest to the median, and its index; the first one if none has a wall time.
pub(super) fn typical_run(measured: &Measured) -> Option<(usize, &Benchmark)> {
    let median = median_wall(measured).unwrap_or(0.0);
    let distance = |run: &Benchmark| run.wall().map_or(f64::INFINITY, |wall| (wall.as_nanos() as f64 - median).abs());
    measured.runs.iter().enumerate().min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)))
}

/// When a run began and ended, from whatever it has: its own ends, else those of its phases and frames.
pub(super) fn span(run: &Benchmark) -> Option<(SerdeInstant, SerdeInstant)> {
    let phases = run.phases.iter().flat_map(|phase| [phase.start_time, phase.end_time]).flatten();
    let frames = run.frames.iter().map(|frame| frame.timestamp);
    let seen = || phases.clone().chain(frames.clone());
    let start = run.start_time.or_else(|| seen().min())?;
    let end = run.end_time.or_else(|| seen().max())?;
    Some((start, end.max(start)))
}

/// Wall times of every phase name, one value for each run that has it: the sum over the phases of that name at any depth.
pub(super) fn phase_walls(measured: &Measured) -> BTreeMap<&str, Values> {
    let mut values: BTreeMap<&str, Values> = BTreeMap::new();
    for run in &measured.runs {
        let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
        for phase in &run.phases {
            if let Some(wall) = phase.wall() {
                *sums.entry(&phase.name).or_default() += wall.as_nanos() as f64;
            }
        }
        for (name, sum) in sums {
            values.entry(name).or_default().push(sum);
        }
    }
    values
}

/// Wall time that lies in no top-level phase, one value for each run that can tell.
pub(super) fn outside_walls(measured: &Measured) -> Values {
    let outside = measured.runs.iter().filter_map(|run| {
        let wall = run.wall()?.as_nanos() as f64;
        let mut intervals: Vec<_> = run
            .phases
            .iter()
            .filter(|phase| phase.depth == 0)
            .filter_map(|phase| Some((phase.start_time?.since_epoch(), phase.end_time?.since_epoch())))
            .collect();
        intervals.sort_unstable();
        // Phases of two packages may overlap; time is counted once.
        let mut inside = 0.0;
        let mut reached = run.start_time?.since_epoch();
        for (start, end) in intervals {
            inside += end.saturating_sub(start.max(reached)).as_nanos() as f64;
            reached = reached.max(end);
        }
        Some((wall - inside).max(0.0))
    });
    outside.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::sample;

    #[test]
    fn medians_and_quantiles() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(quantile(&[1.0, 2.0, 3.0], 1.0), Some(3.0));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn the_typical_run_is_the_one_next_to_the_median() {
        let report = sample::report(1);
        let measured = &report.benchmarks[0];
        let (_, run) = typical_run(measured).unwrap();
        let distance = |run: &Benchmark| (run.wall().unwrap().as_nanos() as f64 - median_wall(measured).unwrap()).abs();
        assert!(measured.runs.iter().all(|other| distance(other) >= distance(run)));
    }

    #[test]
    fn phases_and_what_lies_outside_make_the_whole() {
        let report = sample::report(1);
        let measured = &report.benchmarks[0];
        let phases = phase_walls(measured);
        let outside = outside_walls(measured);
        for (index, run) in measured.runs.iter().enumerate() {
            let top = run.phases.iter().filter(|phase| phase.depth == 0).filter_map(|phase| phase.wall());
            let inside: f64 = top.map(|wall| wall.as_nanos() as f64).sum();
            assert_eq!(inside + outside[index], run.wall().unwrap().as_nanos() as f64);
        }
        assert!(phases.values().all(|values| values.len() == measured.runs.len()));
    }
}
