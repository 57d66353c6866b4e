//! In which phases an event is.

use serde::Serialize;

use super::{Change, Trend};
use crate::model::Metric;

/// Shares below this are not worth a word.
const LEAST_SHARE: f64 = 0.1;

/// What the difference of wall time is made of, over all benchmarks of an event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Culprit {
    /// The top-level phases, each with its part of the difference, the largest first. Parts of a tenth or more only; what
    /// got faster while the run got slower has a negative part, and stands last.
    pub phases: Vec<(String, f64)>,
}

impl Culprit {
    /// The phase that has at least half of the difference, and how much.
    pub fn main(&self) -> Option<(&str, f64)> {
        self.phases.first().filter(|(_, share)| *share >= 0.5).map(|(phase, share)| (phase.as_str(), *share))
    }
}

/// The parts of the phases, from their levels on either side, whether they were found to have changed or not: together
/// they are the difference. `None` where no wall time changed, or nothing is known of phases.
pub(super) fn find(series: &[Trend], changes: &[Change]) -> Option<Culprit> {
    let mut total = 0.0;
    let mut parts: Vec<(String, f64)> = Vec::new();
    for change in changes {
        let Some(run) = series.get(change.series) else { continue };
        if !run.is_run(Metric::Wall) {
            continue;
        }
        let (from, to) = neighbours(run, change);
        let at = change.point.index;
        let phases =
            series.iter().filter(|trend| trend.is_phase_time() && trend.is_top_level() && trend.belongs_with(run));
        let mut found = false;
        for phase in phases {
            let (Some(before), Some(after)) = (phase.level(from, at), phase.level(at, to)) else { continue };
            found = true;
            let name = phase.series.key.phase.clone().unwrap_or_default();
            match parts.iter_mut().find(|(known, _)| *known == name) {
                Some((_, part)) => *part += after - before,
                None => parts.push((name, after - before)),
            }
        }
        if found {
            total += change.point.after - change.point.before;
        }
    }
    if total == 0.0 {
        return None;
    }
    let mut phases: Vec<(String, f64)> = parts
        .into_iter()
        .map(|(phase, part)| (phase, part / total))
        .filter(|(_, share)| share.abs() >= LEAST_SHARE)
        .collect();
    phases.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    (!phases.is_empty()).then_some(Culprit { phases })
}

/// From where to where a run's level held before a change and after it.
fn neighbours(run: &Trend, change: &Change) -> (usize, usize) {
    let at = change.point.index;
    let before = run.changes.iter().map(|it| it.index).filter(|index| *index < at).max().unwrap_or(0);
    let after = run.changes.iter().map(|it| it.index).filter(|index| *index > at).min().unwrap_or(usize::MAX);
    (before, after)
}
