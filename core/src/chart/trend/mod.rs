//! One metric over commits.

mod data;
mod draw;
mod range;
#[cfg(test)]
pub(super) mod tests;

pub use data::{CommitRow, commits_data, inert_json};

use self::range::Range;
use super::commit_axis::{CommitAxis, DATES, RELEASES, TICK};
use super::marker::StepKind;
use super::scene::{Align, Chart, HEADING, MARGIN};
use super::text::shorten;
use super::{ChartError, WIDTH};
use crate::model::Unit;
use crate::text::change::signed;
use crate::text::format;

/// A metric of a benchmark over commits, on one machine or several. All values are in the unit's base: nanoseconds, bytes,
/// or a number.
#[derive(Clone, Debug)]
pub struct Trend {
    /// What the values are of: a benchmark's id.
    pub name: String,
    /// What the values are: a metric's name, perhaps with a phase.
    pub metric: String,
    /// The unit of all values.
    pub unit: Unit,
    /// The length of the axis: positions go from 0 to one less.
    pub positions: usize,
    /// The values, a line for every machine.
    pub lines: Vec<TrendLine>,
    /// The levels between steps.
    pub levels: Vec<Level>,
    /// Where the metric changed.
    pub steps: Vec<Step>,
    /// Releases, in the order of their positions.
    pub releases: Vec<(usize, String)>,
    /// Labels of the axis, dates for example, in the order of their positions.
    pub ticks: Vec<(usize, String)>,
}

/// The values of one machine.
#[derive(Clone, Debug, Default)]
pub struct TrendLine {
    /// What the machine is called.
    pub name: String,
    /// Its values.
    pub points: Vec<TrendPoint>,
}

/// What was measured of one commit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrendPoint {
    /// Which commit of the axis.
    pub position: usize,
    /// The median of the runs.
    pub median: f64,
    /// Where its interval begins; the median itself if it has none.
    pub low: f64,
    /// Where its interval ends.
    pub high: f64,
}

impl TrendPoint {
    /// A value that has no interval.
    pub fn exact(position: usize, value: f64) -> Self {
        Self { position, median: value, low: value, high: value }
    }

    /// Whether it can be drawn on an axis of this many commits.
    fn is_fit(&self, positions: usize) -> bool {
        self.position < positions && self.median.is_finite()
    }

    /// The interval, the median within it; absent if it is none.
    fn interval(&self) -> Option<(f64, f64)> {
        let (low, high) = (self.low.min(self.median), self.high.max(self.median));
        (self.low.is_finite() && self.high.is_finite() && high > low).then_some((low, high))
    }
}

/// A stretch of commits between two steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Its first position.
    pub from: usize,
    /// Its last position.
    pub to: usize,
    /// The typical value.
    pub value: f64,
}

/// A change from one level to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The first position of the new level.
    pub position: usize,
    /// The new level over the old one.
    pub ratio: f64,
    /// Its kind.
    pub kind: StepKind,
}

/// Where things are in the picture, in CSS pixels.
#[derive(Clone, Copy, Debug)]
struct Layout {
    left: f64,
    right: f64,
    /// Below the marks of the releases.
    releases: f64,
    top: f64,
    bottom: f64,
    range: Range,
}

/// The plot: right of it the newest value is written out.
const PLOT: (f64, f64) = (72.0, WIDTH - 72.0);
const PLOT_HEIGHT: f64 = 220.0;
/// The height of one row of step labels.
const STEP_ROW: f64 = 16.0;

/// Draws one metric over commits: every median, its interval as a faint band or a whisker, the levels between the steps,
/// and the steps with their size.
///
/// The value axis begins at 0 unless that would flatten the values, in which case it says so; single values far outside of
/// all others are shown as a triangle at its edge.
///
/// # Errors
/// If there is no value.
pub fn trend(trend: &Trend) -> Result<Chart, ChartError> {
    let trend = trend.fitted();
    let layout = trend.layout()?;
    let axis = trend.axis();
    let steps = draw::placed(&trend, &axis);
    let mut chart = Chart::new(trend.title(), &trend.name, WIDTH);
    chart.group("view", |chart| {
        let unit = draw::values_axis(chart, &trend, &layout);
        let mut about = shorten(&trend.metric, TICK.size, false, 500.0);
        if !unit.is_empty() {
            about += &format!(", {unit}");
        }
        if layout.range.low != 0.0 {
            about += " – the axis does not begin at 0";
        }
        chart.text(MARGIN, HEADING + 8.0, about, TICK, Align::Left);
        if !trend.releases.is_empty() {
            axis.releases(chart, layout.releases, &trend.releases);
        }
        axis.dates(chart, layout.bottom, &trend.ticks);
        draw::steps(chart, &steps, &layout, &axis);
        draw::machine_breaks(chart, &trend, &layout, &axis);
        draw::lines(chart, &trend, &layout, &axis);
        draw::levels(chart, &trend, &layout, &axis);
        draw::newest(chart, &trend, &layout, &axis);
    });
    let foot = draw::legend(&mut chart, &trend, layout.bottom + DATES + 4.0, &layout);
    chart.height = foot + 4.0;
    Ok(chart)
}

impl Trend {
    /// Without what cannot be drawn, in order.
    fn fitted(&self) -> Self {
        let mut trend = self.clone();
        for line in &mut trend.lines {
            line.points.retain(|point| point.is_fit(self.positions));
            line.points.sort_by_key(|point| point.position);
        }
        trend.lines.retain(|line| !line.points.is_empty());
        trend.levels.retain(|level| level.from <= level.to && level.to < self.positions && level.value.is_finite());
        trend.steps.retain(|step| step.position < self.positions && step.ratio.is_finite() && step.ratio > 0.0);
        trend.steps.sort_by_key(|step| step.position);
        trend.releases.retain(|release| release.0 < self.positions);
        trend
    }

    fn layout(&self) -> Result<Layout, ChartError> {
        let points = self.lines.iter().flat_map(|line| &line.points);
        let range = range::range(points, self.unit).ok_or(ChartError::Empty("nothing was measured"))?;
        let releases = if self.releases.is_empty() { 0.0 } else { RELEASES };
        let above = HEADING + 24.0 + releases;
        let top = above + draw::rows(&draw::placed(self, &self.axis())) as f64 * STEP_ROW;
        let bottom = top + PLOT_HEIGHT;
        Ok(Layout { left: PLOT.0, right: PLOT.1, releases: above - 4.0, top, bottom, range })
    }

    fn axis(&self) -> CommitAxis {
        CommitAxis::new(self.positions, PLOT.0, PLOT.1)
    }

    /// The newest value of all.
    fn newest(&self) -> Option<&TrendPoint> {
        self.lines.iter().filter_map(|line| line.points.last()).max_by_key(|point| point.position)
    }

    /// What the picture says, in words.
    fn title(&self) -> String {
        let name = shorten(&self.name, 12.0, false, 500.0);
        let metric = shorten(&self.metric, 12.0, false, 500.0);
        let first = self.lines.iter().filter_map(|line| line.points.first()).min_by_key(|point| point.position);
        let ends = match (first, self.newest()) {
            (Some(first), Some(last)) if first != last => {
                let (from, to) = (format::value(first.median, self.unit), format::value(last.median, self.unit));
                format!("from {from} to {to}")
            }
            (_, Some(last)) => format::value(last.median, self.unit),
            _ => "nothing was measured".to_owned(),
        };
        let steps = match &self.steps[..] {
            [] => "no step".to_owned(),
            [step] => format!("a step of {}, {}", signed(step.ratio), step.kind.words()),
            [.., last] => {
                format!("{} steps, the last of {}, {}", self.steps.len(), signed(last.ratio), last.kind.words())
            }
        };
        let machines = match self.lines.len() {
            0 | 1 => String::new(),
            several => format!(" on {several} machines"),
        };
        format!("{metric} of {name} over {} commits{machines}: {ends}; {steps}", format::count(self.positions as f64))
    }
}
