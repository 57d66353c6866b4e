//! A series on the axis, and where its level changed.

use std::ops::Range;

use serde::Serialize;

use crate::history::{ReportId, Series};
use crate::model::Metric;
use crate::phase::{self, OUTSIDE};
use crate::stats::{self, ChangePoint, ChangeRules, Persistence, SeriesNoise};

/// The value of one commit in one series, in the metric's unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TrendPoint {
    /// The position of the commit on the axis.
    pub position: usize,
    /// The report, the last one where there are several.
    pub report: ReportId,
    /// The number of samples.
    pub count: usize,
    /// Their median.
    pub median: f64,
    /// Lower end of the median's interval.
    pub low: f64,
    /// Upper end of that interval.
    pub high: f64,
    /// Interquartile range over the median, as a fraction.
    pub spread: Option<f64>,
    /// Whether it is the sum of the phase's parts ([`Trend::parts`]). What adds up phases must not add it to them.
    pub summed: bool,
}

/// A series on the axis.
#[derive(Clone, Debug)]
pub struct Trend {
    /// What it measures.
    pub series: Series,
    /// Its points, in the order of the axis; never empty.
    pub points: Vec<TrendPoint>,
    /// The phases that some compilers on the axis have in place of this one, since a release split it; their sum continues
    /// the series. Empty where there are none.
    pub parts: Vec<String>,
    /// Where its level changed: all indices are positions of the axis. A change may be at any commit from `earliest`, the
    /// first one after a commit that was measured at the level before, to `latest`.
    pub changes: Vec<ChangePoint>,
    /// How it varies between them; `None` where there are too few points, or changes were not looked for.
    pub noise: Option<SeriesNoise>,
}

impl Trend {
    /// A series whose changes were not looked for yet.
    pub(super) const fn new(series: Series, points: Vec<TrendPoint>) -> Self {
        Self { series, points, parts: Vec::new(), changes: Vec::new(), noise: None }
    }

    /// Whether it is of whole runs, by a metric that decides.
    pub fn decides(&self) -> bool {
        // A binary's size is not among these: it is the sum of its sections' sizes, which decide.
        let metric = self.series.key.metric;
        self.series.key.phase.is_none() && metric.decides()
    }

    /// Whether it is of whole runs, by this metric.
    pub fn is_run(&self, metric: Metric) -> bool {
        self.series.key.metric == metric && self.series.key.phase.is_none()
    }

    /// Whether it is the time of a phase, or of what lies outside of all phases.
    pub fn is_phase_time(&self) -> bool {
        self.series.key.phase.is_some() && self.series.key.metric == Metric::Wall
    }

    /// Whether its phase is one of those that add up to the run.
    pub fn is_top_level(&self) -> bool {
        self.series.depth.unwrap_or(0) == 0 || self.series.key.phase.as_deref() == Some(OUTSIDE)
    }

    /// Whether it is of the same benchmark, the same program, on the same machine with the same std as the other.
    pub fn belongs_with(&self, other: &Self) -> bool {
        let (a, b) = (&self.series.key, &other.series.key);
        a.benchmark == b.benchmark && a.machine == b.machine && a.std == b.std && a.program == b.program
    }

    /// Whether it is the sum of phases of which the other is one, on the same runs.
    pub fn is_sum_with(&self, other: &Self) -> bool {
        let phase = other.series.key.phase.as_ref();
        self.belongs_with(other) && phase.is_some_and(|phase| self.parts.contains(phase))
    }

    /// The name of its phase, with its parts where they continue it; `None` of whole runs.
    pub fn phase_label(&self) -> Option<String> {
        Some(phase::label(self.series.key.phase.as_deref()?, &self.parts))
    }

    /// The same about a change: with its parts only if they are summed on either side of it.
    pub fn phase_label_at(&self, change: usize) -> Option<String> {
        Some(phase::label(self.series.key.phase.as_deref()?, self.parts_about(change)))
    }

    /// The parts of its phase, if a level before or after a change is of their sum.
    pub fn parts_about(&self, change: usize) -> &[String] {
        self.parts_within(&self.around(change))
    }

    /// Its parts, if any point in a range of positions is their sum.
    pub fn parts_within(&self, range: &Range<usize>) -> &[String] {
        let is_sum = self.points.iter().any(|point| point.summed && range.contains(&point.position));
        if is_sum { &self.parts } else { &[] }
    }

    /// The positions from the change before a position to the one after it: the levels before and after a change there.
    pub fn around(&self, at: usize) -> Range<usize> {
        let indices = || self.changes.iter().map(|change| change.index);
        let before = indices().filter(|index| *index < at).max().unwrap_or(0);
        before..indices().filter(|index| *index > at).min().unwrap_or(usize::MAX)
    }

    /// The point at a position.
    pub fn at(&self, position: usize) -> Option<&TrendPoint> {
        let index = self.points.binary_search_by_key(&position, |point| point.position).ok()?;
        self.points.get(index)
    }

    /// The median of the points from one position up to another.
    pub fn level(&self, from: usize, to: usize) -> Option<f64> {
        let within = self.points.iter().filter(|point| (from..to).contains(&point.position));
        let medians: Vec<f64> = within.map(|point| point.median).collect();
        stats::median(&medians)
    }

    /// Whether its changes were looked for.
    pub fn is_judged(&self) -> bool {
        self.decides() || self.is_phase_time()
    }

    /// The levels between the changes: from where, up to where, and what. None where changes were not looked for.
    pub fn levels(&self) -> Vec<(usize, usize, f64)> {
        if !self.is_judged() {
            return Vec::new();
        }
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else { return Vec::new() };
        let cuts = || self.changes.iter().map(|change| change.index);
        let starts = [first.position].into_iter().chain(cuts());
        let ends = cuts().chain([last.position + 1]);
        starts.zip(ends).filter_map(|(from, to)| Some((from, to, self.level(from, to)?))).collect()
    }
}

/// Finds the changes of all series that decide and of all phases' times.
///
/// A change that only the last few commits show has to be so clear that all series together show a false one in one of a
/// hundred nights: these changes cause alerts.
pub(super) fn detect(trends: &mut [Trend]) {
    let judged = trends.iter().filter(|trend| trend.is_judged()).count().max(1);
    let defaults = ChangeRules::default();
    let rules = ChangeRules { provisional_alarms: defaults.provisional_alarms / judged as f64, ..defaults };
    let mut wanted: Vec<&mut Trend> = trends.iter_mut().filter(|trend| trend.is_judged()).collect();
    // The same number of series per processor, dealt out one by one, as they take different times.
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut hands: Vec<Vec<&mut Trend>> = (0..threads).map(|_| Vec::new()).collect();
    for (index, trend) in wanted.drain(..).enumerate() {
        hands[index % threads].push(trend);
    }
    std::thread::scope(|scope| {
        for hand in hands {
            scope.spawn(move || hand.into_iter().for_each(|trend| find(trend, &rules)));
        }
    });
}

fn find(trend: &mut Trend, rules: &ChangeRules) {
    let points = &trend.points;
    let (mut changes, noise) = if trend.series.key.metric.is_size() {
        (exact_changes(points), None)
    } else {
        let series: Vec<stats::Point> = points
            .iter()
            .map(|point| stats::Point::measured(point.median, point.count, point.spread.unwrap_or(0.0)))
            .collect();
        let found = stats::change_points(&series, rules);
        (found.points, found.noise)
    };
    let position = |index: usize| points.get(index).map_or(0, |point| point.position);
    for change in &mut changes {
        // The change can also be at a commit that was not measured.
        let last_before = change.earliest.checked_sub(1).map(position);
        change.earliest = last_before.map_or(0, |before| before + 1);
        change.latest = position(change.latest);
        change.index = position(change.index);
        if let Persistence::Superseded { by } | Persistence::Reverted { by } = &mut change.persistence {
            *by = position(*by);
        }
    }
    trend.changes = changes;
    trend.noise = noise;
}

/// The changes of figures without noise: wherever one differs from the one before.
fn exact_changes(points: &[TrendPoint]) -> Vec<ChangePoint> {
    let cuts: Vec<usize> =
        (1..points.len()).filter(|index| points[*index].median != points[index - 1].median).collect();
    let level = |index: usize| points[index].median;
    cuts.iter()
        .enumerate()
        .map(|(number, index)| {
            let (before, after) = (level(index - 1), level(*index));
            // A change from or to 0 gets a ratio, too: as if both values had one byte more.
            let offset = if before == 0.0 || after == 0.0 { 1.0 } else { 0.0 };
            let ratio = (after + offset) / (before + offset);
            let next = cuts.get(number + 1).copied();
            let persistence = match next {
                None => Persistence::Lasting,
                Some(by) if level(by) == before => Persistence::Reverted { by },
                Some(by) => Persistence::Superseded { by },
            };
            ChangePoint {
                index: *index,
                earliest: *index,
                latest: *index,
                before,
                after,
                ratio,
                low: ratio,
                high: ratio,
                p_value: 0.0,
                points: next.unwrap_or(points.len()) - index,
                persistence,
            }
        })
        .filter(|change| change.ratio.is_finite() && change.ratio > 0.0)
        .collect()
}

/// Whether a change is large enough to matter, by the thresholds of comparisons. A phase's change has to matter to
/// the run: `run` is the run's time before it.
pub(super) fn matters(trend: &Trend, change: &ChangePoint, run: Option<f64>) -> bool {
    let threshold = trend.series.key.metric.spec().threshold;
    match run.filter(|_| trend.series.key.phase.is_some()) {
        Some(run) => (change.after - change.before).abs() > threshold * run,
        None => change.ratio.ln().abs() > threshold.ln_1p(),
    }
}
