//! A series on the axis, and where its level changed.

use serde::Serialize;

use crate::history::{ReportId, Series};
use crate::model::Metric;
use crate::phase::OUTSIDE;
use crate::stats::{self, ChangePoint, ChangeRules, Persistence, SeriesNoise};

/// What one commit says in one series, in the metric's unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TrendPoint {
    /// Where the commit stands on the axis.
    pub position: usize,
    /// The report, the last one where there are several.
    pub report: ReportId,
    /// How many samples there are.
    pub count: usize,
    /// Their median.
    pub median: f64,
    /// Lower end of the median's interval.
    pub low: f64,
    /// Upper end of that interval.
    pub high: f64,
    /// Interquartile range over the median, as a fraction.
    pub spread: Option<f64>,
}

/// A series on the axis.
#[derive(Clone, Debug)]
pub struct Trend {
    /// What it is of.
    pub series: Series,
    /// Its points, in the order of the axis; never empty.
    pub points: Vec<TrendPoint>,
    /// Where its level changed: all indices are positions of the axis. A change may be at any commit from `earliest`, the
    /// first one after a commit that was measured at the level before, to `latest`.
    pub changes: Vec<ChangePoint>,
    /// How it varies between them; `None` where there are too few points, or nobody asked.
    pub noise: Option<SeriesNoise>,
}

impl Trend {
    /// Whether it is of whole runs, by a metric that decides.
    pub fn decides(&self) -> bool {
        // A binary's size is the sum of its parts', which decide.
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
/// A change that only the last few commits show has to be so clear that of all series together one in a hundred nights
/// shows a false one: somebody is woken by these.
pub(super) fn detect(series: Vec<(Series, Vec<TrendPoint>)>) -> Vec<Trend> {
    let mut trends: Vec<Trend> =
        series.into_iter().map(|(series, points)| Trend { series, points, changes: Vec::new(), noise: None }).collect();
    let judged = trends.iter().filter(|trend| trend.is_judged()).count().max(1);
    let defaults = ChangeRules::default();
    let rules = ChangeRules { provisional_alarms: defaults.provisional_alarms / judged as f64, ..defaults };
    let mut wanted: Vec<&mut Trend> = trends.iter_mut().filter(|trend| trend.is_judged()).collect();
    // As many series a processor: each takes its own time, so that they are dealt out one by one.
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
    trends
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
        // Commits that nobody has measured may be it, too.
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

/// The changes of figures that do not vary: wherever one differs from the one before.
fn exact_changes(points: &[TrendPoint]) -> Vec<ChangePoint> {
    let cuts: Vec<usize> =
        (1..points.len()).filter(|index| points[*index].median != points[index - 1].median).collect();
    let level = |index: usize| points[index].median;
    cuts.iter()
        .enumerate()
        .map(|(number, index)| {
            let (before, after) = (level(index - 1), level(*index));
            // What was nothing, or came to nothing, has a ratio all the same: as if each had a byte more.
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

/// Whether a change is large enough to matter, by the thresholds that comparisons have. A phase's change has to matter to
/// the run: `run` is the run's time before it.
pub(super) fn matters(trend: &Trend, change: &ChangePoint, run: Option<f64>) -> bool {
    let threshold = trend.series.key.metric.spec().threshold;
    match run.filter(|_| trend.series.key.phase.is_some()) {
        Some(run) => (change.after - change.before).abs() > threshold * run,
        None => change.ratio.ln().abs() > threshold.ln_1p(),
    }
}
