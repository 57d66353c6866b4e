//! What a change of the machine did to a series: the two series cannot be drawn as one line, but commits that both machines
//! have measured give their ratio.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{History, MachineClass, Match, MeasureKey, Point, Result, SeriesFilter};
use crate::stats;

/// How two machines' figures of the same commits compare.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// The machine that measured first.
    pub old: MachineClass,
    /// The machine that came after it.
    pub new: MachineClass,
    /// The new machine's figure over the old one's: the median over the commits that both have measured. To compare an old
    /// figure with new ones, multiply it by this.
    pub ratio: f64,
    /// The ids of these commits, in their order.
    pub commits: Vec<String>,
}

impl History {
    /// The ratios between all machines that have measured `key` at common commits, in the order in which the machines first
    /// did so. Machines without a common commit have no ratio.
    ///
    /// # Errors
    /// If the history cannot be read.
    pub fn calibration(&self, key: &MeasureKey) -> Result<Vec<Calibration>> {
        let filter = SeriesFilter {
            benchmark: Match::Exact(key.benchmark.clone()),
            metric: Match::Exact(key.metric.word()),
            phase: Match::of(key.phase.as_deref()),
            package: Match::of(key.package.as_deref()),
            ..SeriesFilter::default()
        };
        let mut machines: Vec<(String, MachineClass, Medians)> = Vec::new();
        for series in self.series(&filter)?.into_iter().filter(|series| series.key.measure() == *key) {
            let points = self.points(series.id)?;
            let Some(first) = points.iter().map(|point| point.created.clone()).min() else { continue };
            machines.push((first, series.key.machine, medians(points)));
        }
        machines.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        let pairs = machines
            .iter()
            .enumerate()
            .flat_map(|(index, old)| machines.iter().skip(index + 1).map(move |new| (old, new)));
        Ok(pairs.filter_map(|((_, old, before), (_, new, after))| between(old, before, new, after)).collect())
    }
}

/// By commit, its place and the median of what its reports say.
type Medians = BTreeMap<String, (usize, f64)>;

fn medians(points: Vec<Point>) -> Medians {
    let mut by_commit: BTreeMap<String, (usize, Vec<f64>)> = BTreeMap::new();
    for (place, point) in points.into_iter().enumerate() {
        if let Some(commit) = point.commit {
            by_commit.entry(commit.id).or_insert((place, Vec::new())).1.push(point.median);
        }
    }
    by_commit
        .into_iter()
        .filter_map(|(commit, (place, values))| Some((commit, (place, stats::median(&values)?))))
        .collect()
}

fn between(old: &MachineClass, before: &Medians, new: &MachineClass, after: &Medians) -> Option<Calibration> {
    let mut common: Vec<(usize, &String, f64)> = before
        .iter()
        .filter_map(|(commit, (place, old))| {
            let ratio = after.get(commit)?.1 / old;
            (ratio.is_finite() && ratio > 0.0).then_some((*place, commit, ratio))
        })
        .collect();
    common.sort_by_key(|(place, ..)| *place);
    let ratios: Vec<f64> = common.iter().map(|(.., ratio)| *ratio).collect();
    Some(Calibration {
        old: old.clone(),
        new: new.clone(),
        ratio: stats::median(&ratios)?,
        commits: common.into_iter().map(|(_, commit, _)| commit.clone()).collect(),
    })
}
