//! What happened: changes of many series that one commit explains.

use serde::Serialize;

use super::contributors::{self, Contributors};
use super::seen::Seen;
use super::series::matters;
use super::{Axis, Trend};
use crate::history::{Note, NoteKind};
use crate::model::Metric;
use crate::stats::{self, ChangePoint, Persistence, SeriesChange};

/// The weight of a change in its event. A run's CPU time repeats what its wall time says, and a phase's time is a part of
/// it.
const WALL: f64 = 1.0;
const AGAIN: f64 = 0.5;
const PART: f64 = 0.1;

/// What one commit did to the suite.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its key for `history ack`: the id of the commit that most of its changes point at ([`super::Commit::id`]), or the
    /// name of that position.
    pub key: String,
    /// That commit, as a position of the axis.
    pub position: usize,
    /// The first commit that it can be.
    pub earliest: usize,
    /// The last one.
    pub latest: usize,
    /// All its changes, the largest first.
    pub changes: Vec<Change>,
    /// The event in one figure.
    pub headline: Headline,
    /// The phases that contribute to it.
    pub contributors: Option<Contributors>,
    /// Whether it is a regression overall.
    pub worse: bool,
    /// Its status.
    pub standing: Standing,
    /// Whether it was seen in so few commits that it may be noise.
    pub unconfirmed: bool,
    /// Whether the compiler before and after it is the same binary, so that the machine caused the change; checked only for
    /// new and open events.
    pub same_binary: bool,
    /// Users' notes on it, the oldest first.
    pub notes: Vec<Note>,
}

/// A change of one series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// The series, as an index into [`super::Trends::series`].
    pub series: usize,
    /// Where, and by how much; all indices are positions of the axis.
    pub point: ChangePoint,
}

/// An event in one figure: the change that most of its benchmarks have in common.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Headline {
    /// The first metric, in the order of metrics with wall time first, that changed in more than half as many benchmarks as
    /// the most common one.
    pub metric: Metric,
    /// The phase, if no metric of whole runs changed.
    pub phase: Option<String>,
    /// The phase's parts, if it is their sum on either side, since a release has split it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// The geometric mean of the ratios, new over old.
    pub ratio: f64,
    /// Lower end of its interval: that of the mean of independent ratios with known intervals.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
    /// The benchmarks, the most changed first; none twice.
    pub benchmarks: Vec<String>,
}

/// What is to be thought of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It was not there when events were last reported.
    New,
    /// It was reported before, and has no note.
    Open,
    /// A user has acknowledged it.
    Acknowledged,
    /// A user has marked it as expected.
    Expected,
    /// A later commit reverted it.
    Reverted,
}

impl Standing {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Expected => "expected",
            Self::Reverted => "reverted",
        }
    }
}

impl Event {
    /// Whether it needs an alert: it is new, a regression, not acknowledged or expected, and the compiler may have caused
    /// it.
    pub fn alerts(&self) -> bool {
        self.worse && !self.same_binary && self.standing == Standing::New
    }

    /// Whether its largest change lasted.
    pub fn persistence(&self) -> Option<Persistence> {
        self.changes.first().map(|change| change.point.persistence)
    }
}

/// All events, the worst first.
pub(super) fn events(axis: &Axis, series: &[Trend], notes: &[Note], seen: &Seen) -> Vec<Event> {
    let changes: Vec<SeriesChange> = series
        .iter()
        .enumerate()
        .flat_map(|(index, trend)| trend.changes.iter().map(move |point| (index, trend, point)))
        .filter(|(_, trend, point)| matters(trend, point, run_before(series, trend, point)))
        .map(|(index, trend, point)| SeriesChange { series: index, weight: weight(trend), change: *point })
        .collect();
    let grouped = stats::group_steps(&changes);
    grouped.iter().filter_map(|event| describe(axis, series, &changes, event, notes, seen)).collect()
}

/// The time of a whole run before a change of one of its phases.
fn run_before(series: &[Trend], phase: &Trend, change: &ChangePoint) -> Option<f64> {
    if !phase.is_phase_time() {
        return None;
    }
    let run = series.iter().find(|trend| trend.is_run(Metric::Wall) && trend.belongs_with(phase))?;
    let mut before = run.points.iter().filter(|point| point.position < change.index);
    before.next_back().map(|point| point.median)
}

fn weight(trend: &Trend) -> f64 {
    match trend.series.key.metric {
        _ if trend.series.key.phase.is_some() => PART,
        Metric::Cpu => AGAIN,
        _ => WALL,
    }
}

fn describe(
    axis: &Axis,
    series: &[Trend],
    all: &[SeriesChange],
    event: &stats::Event,
    notes: &[Note],
    seen: &Seen,
) -> Option<Event> {
    let changes: Vec<Change> = event
        .members
        .iter()
        .filter_map(|member| all.get(*member))
        .map(|member| Change { series: member.series, point: member.change })
        .collect();
    let worse = event.total > 0.0;
    let headline = headline(series, &changes, worse)?;
    let range = event.earliest..=event.latest;
    let within: Vec<&str> = range.clone().filter_map(|at| axis.commits.get(at)?.id.as_deref()).collect();
    let commit = axis.commits.get(event.position)?;
    let key = commit.key().to_owned();
    let said: Vec<Note> =
        notes.iter().filter(|note| note.subject == key || within.contains(&note.subject.as_str())).cloned().collect();
    let has = |kind: NoteKind| said.iter().any(|note| note.kind == kind);
    let standing = if has(NoteKind::Expected) {
        Standing::Expected
    } else if has(NoteKind::Acknowledged) {
        Standing::Acknowledged
    } else if is_reverted(series, &changes) {
        Standing::Reverted
    } else {
        seen.standing(axis, range, worse)
    };
    Some(Event {
        key,
        position: event.position,
        earliest: event.earliest,
        latest: event.latest,
        contributors: contributors::find(series, &changes),
        same_binary: false,
        unconfirmed: changes.iter().all(|change| change.point.persistence == Persistence::Unconfirmed),
        headline,
        changes,
        worse,
        standing,
        notes: said,
    })
}

/// Whether all changes that decide were reverted.
fn is_reverted(series: &[Trend], changes: &[Change]) -> bool {
    let is_whole = |change: &&Change| series.get(change.series).is_some_and(Trend::decides);
    let has_whole = changes.iter().any(|change| is_whole(&change));
    let mut counted = changes.iter().filter(|change| !has_whole || is_whole(change));
    counted.all(|change| matches!(change.point.persistence, Persistence::Reverted { .. }))
}

fn headline(series: &[Trend], changes: &[Change], worse: bool) -> Option<Headline> {
    let trend = |change: &Change| series.get(change.series);
    let in_direction = |change: &&Change| (change.point.ratio > 1.0) == worse;
    let is_whole = |change: &&Change| trend(change).is_some_and(Trend::decides);
    let has_whole = changes.iter().filter(in_direction).any(|change| is_whole(&change));
    let candidates: Vec<(&Change, &Trend)> = changes
        .iter()
        .filter(in_direction)
        .filter(|change| !has_whole || is_whole(change))
        .filter_map(|change| Some((change, trend(change)?)))
        .collect();
    // If the sum of a phase's parts changed, too, it includes the changes of the parts.
    let sums: Vec<&Trend> =
        candidates.iter().map(|(_, trend)| *trend).filter(|trend| !trend.parts.is_empty()).collect();
    let candidates: Vec<(&Change, &Trend)> =
        candidates.into_iter().filter(|(_, trend)| !sums.iter().any(|sum| sum.is_sum_with(trend))).collect();
    // The first of the metrics that changed in about as many benchmarks as the most common one: wall time before what
    // explains it. For phases, the one that changed in most benchmarks, and of equals the one with the largest change.
    let subject = |trend: &Trend| (trend.series.key.metric, trend.series.key.phase.clone());
    let mut subjects: Vec<((Metric, Option<String>), usize)> = Vec::new();
    for (_, trend) in &candidates {
        let of = subject(trend);
        match subjects.iter_mut().find(|(known, _)| *known == of) {
            Some((_, count)) => *count += 1,
            None => subjects.push((of, 1)),
        }
    }
    let most = subjects.iter().map(|(_, count)| *count).max()?;
    let is_common = |count: usize| if has_whole { 2 * count > most } else { count == most };
    let ((metric, phase), _) = subjects.into_iter().filter(|(_, count)| is_common(*count)).min_by_key(|it| it.0.0)?;
    let chosen: Vec<(&Change, &Trend)> = candidates
        .into_iter()
        .filter(|(_, trend)| trend.series.key.metric == metric && trend.series.key.phase == phase)
        .collect();
    let logs: Vec<(f64, f64, f64)> = chosen
        .iter()
        .map(|(change, _)| (change.point.ratio.ln(), change.point.low.ln(), change.point.high.ln()))
        .collect();
    let count = logs.len() as f64;
    let mean = logs.iter().map(|it| it.0).sum::<f64>() / count;
    let reach =
        |distance: fn(&(f64, f64, f64)) -> f64| logs.iter().map(|it| distance(it).powi(2)).sum::<f64>().sqrt() / count;
    let mut benchmarks: Vec<String> = Vec::new();
    for (_, trend) in &chosen {
        if !benchmarks.contains(&trend.series.key.benchmark) {
            benchmarks.push(trend.series.key.benchmark.clone());
        }
    }
    let parts = chosen.iter().map(|(change, trend)| trend.parts_about(change.point.index));
    let parts = parts.max_by_key(|parts| parts.len()).unwrap_or_default().to_vec();
    Some(Headline {
        metric,
        phase,
        parts,
        ratio: mean.exp(),
        low: (mean - reach(|it| it.0 - it.1)).exp(),
        high: (mean + reach(|it| it.2 - it.0)).exp(),
        benchmarks,
    })
}
