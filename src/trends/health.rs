//! The health of the suite: whether it was measured, and how well.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{Axis, Trend};
use crate::figures::warning_kinds;
use crate::history::{FailureInfo, History, HistoryError, MachineClass, ReportId, ReportInfo};
use crate::model::{Metric, WarningKind};
use crate::stats;

/// The number of earlier nights that define the usual noise.
const USUAL: usize = 30;

/// For how many days controls are counted.
const CONTROL_DAYS: i64 = 30;

/// The health of the suite.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Health {
    /// The last measurement, by time and not by commit; absent for an empty history.
    pub last: Option<Night>,
    /// The noise of its machine.
    pub noise: Option<MachineNoise>,
    /// The results of comparisons with a control on that machine in the thirty days before; absent if there were none.
    pub controls: Option<Controls>,
}

/// The content of the last report.
#[derive(Clone, Debug, Serialize)]
pub struct Night {
    /// The report.
    pub report: ReportId,
    /// The position of its commit on the axis.
    pub position: usize,
    /// When it was measured, RFC 3339.
    pub created: String,
    /// How many benchmarks have runs.
    pub benchmarks: usize,
    /// How many successful runs they have.
    pub runs: usize,
    /// Whether the measurement ran to its end.
    pub complete: bool,
    /// The benchmarks that failed, each with its first failure.
    pub failed: Vec<FailureInfo>,
    /// Of these, those that did not fail in the report before on the same machine.
    pub newly_failed: Vec<String>,
    /// Warnings about its figures, the most severe first.
    pub warned: Vec<Warned>,
    /// The benchmarks that the report before on the same machine has measured, and that neither ran nor failed in this one.
    pub missing: Vec<String>,
}

/// A kind of warning, with the number of benchmarks that have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Warned {
    /// The kind.
    pub kind: WarningKind,
    /// How many benchmarks have it.
    pub benchmarks: usize,
}

/// How often comparisons reported a change where there was none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Controls {
    /// How many comparisons had a control.
    pub comparisons: usize,
    /// How many of their figures were judged.
    pub figures: usize,
    /// How many of these were reported as changed.
    pub false_alarms: usize,
}

impl Controls {
    /// The controls of `machine` in the [`CONTROL_DAYS`] days before `last`.
    fn of(history: &History, machine: &MachineClass, last: &str) -> Result<Option<Self>, HistoryError> {
        let days = SignedDuration::from_hours(24 * CONTROL_DAYS);
        let Some(since) = last.parse::<Timestamp>().ok().and_then(|last| last.checked_sub(days).ok()) else {
            return Ok(None);
        };
        let is_recent = |created: &str| created.parse::<Timestamp>().is_ok_and(|created| created >= since);
        let mut found: Option<Self> = None;
        for control in history.controls()? {
            if control.machine == *machine && is_recent(&control.created) {
                let sum = found.get_or_insert_default();
                sum.comparisons += 1;
                sum.figures += control.outcome.figures;
                sum.false_alarms += control.outcome.false_alarms;
            }
        }
        Ok(found)
    }
}

/// How much the runs of a benchmark vary on a machine.
#[derive(Clone, Debug, Serialize)]
pub struct MachineNoise {
    /// The machine.
    pub machine: String,
    /// The median over the benchmarks of the wall times' interquartile range over their median, in the last report.
    pub spread: f64,
    /// The same over the reports before it, up to thirty; absent if there are none.
    pub usual: Option<f64>,
}

impl Health {
    pub(super) fn of(
        history: &History,
        axis: &Axis,
        series: &[Trend],
        reports: &[ReportInfo],
    ) -> Result<Self, HistoryError> {
        let mut by_time: Vec<&ReportInfo> = reports.iter().collect();
        by_time.sort_by(|a, b| a.created.cmp(&b.created).then(a.id.cmp(&b.id)));
        let Some(last) = by_time.last() else { return Ok(Self::default()) };
        let same: Vec<&&ReportInfo> =
            by_time.iter().rev().filter(|report| report.machine == last.machine && report.std == last.std).collect();
        let measured = |report: ReportId| measured_by(series, axis, report);
        let here = measured(last.id);
        let before = same.get(1).map(|report| measured(report.id)).unwrap_or_default();
        let mut failed: Vec<FailureInfo> = Vec::new();
        for failure in history.failures(last.id)? {
            if !failed.iter().any(|known| known.benchmark == failure.benchmark) {
                failed.push(failure);
            }
        }
        let fails = |id: &String| failed.iter().any(|failure| failure.benchmark == *id);
        let failed_before = match same.get(1) {
            Some(report) => history.failures(report.id)?,
            None => Vec::new(),
        };
        let is_known = |failure: &&FailureInfo| failed_before.iter().any(|known| known.benchmark == failure.benchmark);
        let newly = failed.iter().filter(|failure| !is_known(failure));
        let newly_failed = newly.map(|failure| failure.benchmark.clone()).collect();
        let missing = before.iter().filter(|id| !fails(id) && !here.contains(id)).cloned().collect();
        let night = Night {
            report: last.id,
            position: axis.position(last.id).unwrap_or(0),
            created: last.created.clone(),
            benchmarks: last.benchmarks,
            runs: last.runs,
            complete: last.complete,
            warned: warned(history, last.id),
            newly_failed,
            missing,
            failed,
        };
        let spreads: Vec<(ReportId, f64)> = same
            .iter()
            .take(USUAL + 1)
            .filter_map(|report| Some((report.id, spread_of(series, axis, report.id)?)))
            .collect();
        let noise = spreads.first().filter(|(report, _)| *report == last.id).map(|(_, spread)| {
            let usual: Vec<f64> = spreads.iter().skip(1).map(|(_, spread)| *spread).collect();
            MachineNoise { machine: last.machine.to_string(), spread: *spread, usual: stats::median(&usual) }
        });
        let controls = Controls::of(history, &last.machine, &last.created)?;
        Ok(Self { last: Some(night), noise, controls })
    }
}

/// The warnings of a report. A damaged one has none here: `history verify` reports it, and the rest of the history should
/// still be shown.
fn warned(history: &History, report: ReportId) -> Vec<Warned> {
    let benchmarks = history.report_without_frames(report).map(|kept| kept.report.benchmarks).unwrap_or_default();
    warning_kinds(&benchmarks).into_iter().map(|(kind, benchmarks)| Warned { kind, benchmarks }).collect()
}

fn walls<'a>(series: &'a [Trend], axis: &'a Axis, report: ReportId) -> impl Iterator<Item = (&'a Trend, Option<f64>)> {
    let position = axis.position(report);
    series.iter().filter(|trend| trend.is_run(Metric::Wall)).filter_map(move |trend| {
        let point = trend.at(position?)?;
        (point.report == report).then_some((trend, point.spread))
    })
}

fn measured_by(series: &[Trend], axis: &Axis, report: ReportId) -> Vec<String> {
    walls(series, axis, report).map(|(trend, _)| trend.series.key.benchmark.clone()).collect()
}

/// A single run has no spread.
fn spread_of(series: &[Trend], axis: &Axis, report: ReportId) -> Option<f64> {
    let spreads: Vec<f64> =
        walls(series, axis, report).filter_map(|(_, spread)| spread).filter(|spread| *spread > 0.0).collect();
    stats::median(&spreads)
}
