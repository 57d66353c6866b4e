//! The suite as a whole over time.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Trends;
use crate::history::MachineClass;
use crate::model::Metric;

/// A metric over the whole suite on one machine, at one commit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Total {
    /// The position of the commit on the axis.
    pub position: usize,
    /// The suite relative to its last commit, which is 1: the geometric mean over the benchmarks.
    pub index: f64,
    /// The benchmarks that this commit has in common with the last one before it.
    pub benchmarks: usize,
}

/// The suite over time on each machine, for a metric.
///
/// From commit to commit, the ratios of the benchmarks that both have measured are averaged, so that a new or failed
/// benchmark does not change the index (a chained index; Fisher 1922, *The Making of Index Numbers*, on chaining). A
/// benchmark
/// that was left out for a while counts again from its last value.
pub fn totals(trends: &Trends, metric: Metric) -> Vec<(MachineClass, Vec<Total>)> {
    let mut machines: BTreeMap<&MachineClass, Positions> = BTreeMap::new();
    for (number, trend) in trends.series.iter().enumerate() {
        let key = &trend.series.key;
        if !trend.is_run(metric) {
            continue;
        }
        let positions = machines.entry(&key.machine).or_default();
        for point in trend.points.iter().filter(|point| point.median > 0.0) {
            positions.entry(point.position).or_default().push((number, point.median.ln()));
        }
    }
    machines.into_iter().map(|(machine, positions)| (machine.clone(), chain(&positions))).collect()
}

/// By position: the numbers of the series that were measured there, each with the logarithm of its value.
type Positions = BTreeMap<usize, Vec<(usize, f64)>>;

fn chain(positions: &Positions) -> Vec<Total> {
    // Where each benchmark was last measured: after that it is not part of the suite.
    let mut ends: BTreeMap<usize, usize> = BTreeMap::new();
    for (position, values) in positions {
        ends.extend(values.iter().map(|(number, _)| (*number, *position)));
    }
    let mut last: BTreeMap<usize, f64> = BTreeMap::new();
    let mut level = 0.0;
    let mut totals: Vec<Total> = Vec::new();
    for (position, values) in positions {
        let common: Vec<f64> = values.iter().filter_map(|(number, value)| Some(value - last.get(number)?)).collect();
        if !common.is_empty() {
            // Benchmarks that were not measured here are assumed unchanged.
            let is_alive = |number: &&usize| ends.get(number).is_some_and(|end| end >= position);
            let alive = last.keys().filter(is_alive).count();
            level += common.iter().sum::<f64>() / alive.max(common.len()) as f64;
        }
        last.extend(values.iter().copied());
        totals.push(Total { position: *position, index: level, benchmarks: common.len() });
    }
    for total in &mut totals {
        total.index = (total.index - level).exp();
    }
    totals
}
