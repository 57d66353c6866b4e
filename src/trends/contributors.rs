//! In which phases an event is.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Change, Trend};
use crate::model::Metric;
use crate::phase;

/// Shares below this are not mentioned.
const LEAST_SHARE: f64 = 0.1;

/// A part with this share of its phase's difference is named instead of the phase.
const ALMOST_ALL: f64 = 0.9;

/// The phases that a difference of wall time consists of, over all benchmarks of an event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contributors {
    /// The top-level phases, each with its share of the difference, the largest first. Only shares of a tenth or more; what
    /// got faster while the run got slower has a negative share, and comes last.
    pub phases: Vec<(String, f64)>,
    /// The parts of those phases that are sums of parts on either side of the event, since a release has split them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<String, Vec<String>>,
}

impl Contributors {
    /// The phase that has at least half of the difference, and its share.
    pub fn main(&self) -> Option<(&str, f64)> {
        self.phases.first().filter(|(_, share)| *share >= 0.5).map(|(phase, share)| (phase.as_str(), *share))
    }

    /// A phase's name, with its parts where a release has split it.
    pub fn label(&self, phase: &str) -> String {
        phase::label(phase, self.parts.get(phase).map_or(&[], Vec::as_slice))
    }
}

/// The differences of phases, added up over benchmarks.
#[derive(Default)]
struct Differences(Vec<(String, f64)>);

impl Differences {
    fn add(&mut self, phase: &str, difference: f64) {
        match self.0.iter_mut().find(|(known, _)| known == phase) {
            Some((_, sum)) => *sum += difference,
            None => self.0.push((phase.to_owned(), difference)),
        }
    }
}

/// A phase that is a sum of its parts on either side.
#[derive(Default)]
struct Split {
    names: Vec<String>,
    /// What each part contributes.
    differences: Differences,
    /// Whether every benchmark has all of the parts on both sides.
    is_known: bool,
}

/// The shares of the phases, from their levels on either side, whether or not they were found to have changed: together
/// they are the difference. `None` where no wall time changed, or nothing is known of phases.
pub(super) fn find(series: &[Trend], changes: &[Change]) -> Option<Contributors> {
    let mut total = 0.0;
    let mut phases = Differences::default();
    let mut splits: BTreeMap<String, Split> = BTreeMap::new();
    for change in changes {
        let Some(run) = series.get(change.series) else { continue };
        if !run.is_run(Metric::Wall) {
            continue;
        }
        let (range, at) = (run.around(change.point.index), change.point.index);
        let difference = |trend: &Trend| Some(trend.level(at, range.end)? - trend.level(range.start, at)?);
        let own: Vec<(&Trend, f64)> = series
            .iter()
            .filter(|trend| trend.is_phase_time() && trend.is_top_level() && trend.belongs_with(run))
            .filter_map(|trend| Some((trend, difference(trend)?)))
            .collect();
        for (trend, difference) in &own {
            let name = trend.series.key.phase.as_deref().unwrap_or_default();
            // What is a part of another one is in that one already.
            let whole = own.iter().find(|(whole, _)| whole.is_sum_with(trend));
            if let Some((whole, _)) = whole {
                let whole = whole.series.key.phase.clone().unwrap_or_default();
                splits.entry(whole).or_default().differences.add(name, *difference);
                continue;
            }
            phases.add(name, *difference);
            if trend.parts_within(&range).is_empty() {
                continue;
            }
            let has_part = |part: &String| own.iter().any(|(other, _)| other.series.key.phase.as_ref() == Some(part));
            let has_all = trend.parts.iter().all(has_part);
            let split = splits.entry(name.to_owned()).or_default();
            split.is_known = has_all && (split.is_known || split.names.is_empty());
            split.names.clone_from(&trend.parts);
        }
        if !own.is_empty() {
            total += change.point.after - change.point.before;
        }
    }
    if total == 0.0 {
        return None;
    }
    let mut named = Differences::default();
    for (phase, difference) in phases.0 {
        // Where one part alone explains the phase, that part says more.
        let part = splits.get(&phase).filter(|split| split.is_known).and_then(|split| {
            let is_almost_all =
                |part: &&(String, f64)| (ALMOST_ALL..=1.0 / ALMOST_ALL).contains(&(part.1 / difference));
            split.differences.0.iter().find(is_almost_all)
        });
        match part {
            Some((part, own)) => named.add(part, *own),
            None => named.add(&phase, difference),
        }
    }
    let mut phases: Vec<(String, f64)> = named
        .0
        .into_iter()
        .map(|(phase, difference)| (phase, difference / total))
        .filter(|(_, share)| share.abs() >= LEAST_SHARE)
        .collect();
    phases.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let is_named = |name: &String| phases.iter().any(|(phase, _)| phase == name);
    let parts = splits
        .into_iter()
        .filter(|(phase, split)| is_named(phase) && !split.names.is_empty())
        .map(|(phase, split)| (phase, split.names))
        .collect();
    (!phases.is_empty()).then_some(Contributors { phases, parts })
}
