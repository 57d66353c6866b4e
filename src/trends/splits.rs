//! Phases that a release has split: the series of the whole continues over the commits that have only its parts.
//!
//! `compile ast to asm` became `compile ast to ir` and `compile ir to asm`. Without this, the series of the whole would end
//! at that release and those of its parts would begin there: a change of their sum at the split would never be found, and a
//! change soon after it only once the parts have a level of their own.
//!
//! Nothing is written to the history for it: the sums are computed from its samples each time.

use std::collections::{BTreeMap, HashSet};

use super::series::Trend;
use super::{Axis, TrendPoint};
use crate::history::{History, HistoryError, Level, ReportId};
use crate::model::Estimate;
use crate::phase;
use crate::stats;

/// Continues every wall time of a phase that was split by the sums of its parts.
///
/// The parts' own series stay as they are. What adds up phases has to take either the parts or the sums:
/// [`TrendPoint::summed`] says which points of the whole are sums.
pub(super) fn join(history: &History, axis: &Axis, trends: &mut [Trend]) -> Result<(), HistoryError> {
    for (whole, parts) in phase::splits() {
        let wholes: Vec<usize> = (0..trends.len()).filter(|index| is_time_of(&trends[*index], whole)).collect();
        for index in wholes {
            let of_parts: Option<Vec<&Trend>> =
                parts.iter().map(|part| part_of(trends, &trends[index], part)).collect();
            let Some(of_parts) = of_parts else { continue };
            let sums = sums(history, axis, &trends[index], &of_parts)?;
            let trend = &mut trends[index];
            if sums.is_empty() {
                continue;
            }
            trend.points.extend(sums);
            trend.points.sort_by_key(|point| point.position);
            trend.parts = parts.iter().map(|part| (*part).to_owned()).collect();
        }
    }
    Ok(())
}

fn is_time_of(trend: &Trend, phase: &str) -> bool {
    trend.is_phase_time() && trend.series.key.phase.as_deref() == Some(phase)
}

/// The series of a part of `whole`: of the same runs, and at the same depth.
fn part_of<'a>(trends: &'a [Trend], whole: &Trend, part: &str) -> Option<&'a Trend> {
    let is_it = |trend: &&Trend| {
        is_time_of(trend, part) && trend.belongs_with(whole) && trend.series.depth == whole.series.depth
    };
    trends.iter().find(is_it)
}

/// The points of `whole` at commits that have only its parts.
fn sums(history: &History, axis: &Axis, whole: &Trend, parts: &[&Trend]) -> Result<Vec<TrendPoint>, HistoryError> {
    let own: HashSet<usize> = whole.points.iter().map(|point| point.position).collect();
    let has_news = |trend: &Trend| trend.points.iter().any(|point| !own.contains(&point.position));
    if !parts.iter().all(|part| has_news(part)) {
        return Ok(Vec::new());
    }
    let mut all: Option<BTreeMap<ReportId, Vec<f64>>> = None;
    for part in parts {
        let samples = history.points_with_samples(part.series.id)?;
        let samples = samples.into_iter().map(|(point, samples)| (point.report, samples)).collect();
        all = Some(match all {
            None => samples,
            Some(sums) => added(sums, &samples),
        });
    }
    let level = |(report, samples): (ReportId, Vec<f64>)| {
        let Estimate { count, median, low, high, spread, .. } = stats::estimate(&samples)?;
        Some(Level { report, count, median, low, high, spread })
    };
    let levels = all.unwrap_or_default().into_iter().filter_map(level).collect();
    let points = axis.place(levels).into_iter().filter(|point| !own.contains(&point.position));
    Ok(points.map(|point| TrendPoint { summed: true, ..point }).collect())
}

/// Run by run. Where the parts have different numbers of samples, it is unknown which samples are of the same run.
fn added(sums: BTreeMap<ReportId, Vec<f64>>, part: &BTreeMap<ReportId, Vec<f64>>) -> BTreeMap<ReportId, Vec<f64>> {
    let add = |(report, sum): (ReportId, Vec<f64>)| {
        let samples = part.get(&report).filter(|samples| samples.len() == sum.len())?;
        Some((report, sum.iter().zip(samples).map(|(sum, sample)| sum + sample).collect()))
    };
    sums.into_iter().filter_map(add).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_added_run_by_run_and_only_where_the_runs_are_the_same() {
        let of = |samples: &[(i64, &[f64])]| -> BTreeMap<ReportId, Vec<f64>> {
            samples.iter().map(|(report, samples)| (ReportId(*report), samples.to_vec())).collect()
        };
        let sums =
            added(of(&[(1, &[1.0, 2.0]), (2, &[1.0, 2.0]), (3, &[1.0])]), &of(&[(1, &[10.0, 20.0]), (2, &[5.0])]));
        assert_eq!(sums, of(&[(1, &[11.0, 22.0])]));
    }
}
