//! The parts of a trend.

use super::super::WIDTH;
use super::super::axis::{Scale, count_unit, decimate, difference_ticks};
use super::super::commit_axis::{CommitAxis, LabelRow, TICK};
use super::super::marker::{LOOKS, Look, StepKind, look};
use super::super::palette::{INK, LINE, MUTED, Rgb, SURFACE};
use super::super::scene::{Align, Chart, MARGIN, Paint, Style};
use super::super::text::shorten;
use super::{Layout, Level, STEP_ROW, Step, Trend, TrendLine, TrendPoint};
use crate::model::Unit;
use crate::text::change::signed;
use crate::text::format;

/// Lines with up to this many points have whiskers, longer ones a band.
const MOST_WHISKERS: usize = 80;
/// Fewer points than this get a marker each.
const MOST_MARKERS: usize = 150;
/// The distance between markers of longer lines, where markers distinguish lines; CSS pixels.
const MARKER_DISTANCE: f64 = 60.0;
/// The width of the band's columns in CSS pixels; the band is faint, so this is fine enough.
const BAND_COLUMN: f64 = 2.0;
const FAINT: f64 = 0.22;
const LABEL: Style = Style::new(11.0, INK);
const NEWEST: Style = Style::bold(11.0, INK);
/// Between a step's shape and its label.
const SHAPE: f64 = 13.0;

impl Layout {
    pub(super) fn values(&self) -> Scale {
        Scale::new(self.range.low, self.range.high, self.bottom, self.top)
    }
}

/// The value axis with its grid; returns the unit of its labels.
pub(super) fn values_axis(chart: &mut Chart, trend: &Trend, layout: &Layout) -> &'static str {
    let scale = layout.values();
    let (low, high) = (layout.range.low, layout.range.high);
    // There are no fractions of a byte.
    let about = if trend.unit == Unit::Nanoseconds { 5 } else { ((high - low) as usize).clamp(1, 5) };
    let ticks = difference_ticks(low, high, about, trend.unit);
    for (value, label) in ticks.values.iter().zip(&ticks.labels) {
        let y = scale.at(*value);
        chart.rule((layout.left, y), (layout.right, y), if *value == 0.0 { MUTED } else { LINE });
        chart.text(layout.left - 10.0, y, label.clone(), TICK, Align::Right);
    }
    if layout.range.low != 0.0 {
        // The foot of an axis that does not reach its 0.
        let (x, y) = (layout.left, layout.bottom);
        let zigzag = [(0.0, -14.0), (0.0, -11.0), (-4.0, -9.0), (4.0, -5.0), (0.0, -3.0), (0.0, 0.0)];
        chart.path(zigzag.iter().map(|(dx, dy)| (x + dx, y + dy)).collect(), 1.5, MUTED);
        chart.rule((layout.left, layout.bottom), (layout.right, layout.bottom), LINE);
    }
    ticks.unit
}

/// A step and its label: which row above the plot it stands in, counted from below, and its middle there; `None` without
/// room.
pub(super) struct Placed<'a> {
    step: &'a Step,
    label: String,
    place: Option<(usize, f64)>,
}

/// Where the labels of the steps stand: the largest steps choose first, and the row next to the plot is filled first.
pub(super) fn placed<'a>(trend: &'a Trend, axis: &CommitAxis) -> Vec<Placed<'a>> {
    let mut order: Vec<&Step> = trend.steps.iter().collect();
    order.sort_by(|a, b| b.ratio.ln().abs().total_cmp(&a.ratio.ln().abs()));
    let mut rows = [0, 1].map(|_| LabelRow::new(MARGIN, WIDTH - MARGIN));
    let place = |step: &'a Step| {
        let label = shorten(&signed(step.ratio), LABEL.size, false, 120.0);
        let (x, width) = (axis.before(step.position), SHAPE + LABEL.width(&label));
        let place = rows.iter_mut().enumerate().find_map(|(row, taken)| Some((row, taken.place(x, width)?)));
        Placed { step, label, place }
    };
    order.into_iter().map(place).collect()
}

/// How many rows the labels need.
pub(super) fn rows(placed: &[Placed<'_>]) -> usize {
    placed.iter().filter_map(|placed| placed.place).map(|(row, _)| row + 1).max().unwrap_or(0)
}

/// Every step as a line across the plot, with a shape and its size above it if there is room.
pub(super) fn steps(chart: &mut Chart, placed: &[Placed<'_>], layout: &Layout, axis: &CommitAxis) {
    for Placed { step, label, place } in placed {
        let x = axis.before(step.position);
        let faint = Paint::faint(step.kind.colour(), 0.6);
        chart.rect((x - 0.5, layout.top), (1.0, layout.bottom - layout.top), faint);
        let Some((row, middle)) = place else {
            step.kind.draw(chart, (x, layout.top + 5.0));
            continue;
        };
        let left = middle - (SHAPE + LABEL.width(label)) / 2.0;
        let y = layout.top - STEP_ROW * (*row as f64 + 0.5);
        step.kind.draw(chart, (left + 4.5, y));
        chart.text(left + SHAPE, y, label.clone(), LABEL, Align::Left);
    }
}

/// A dashed line where one machine's values end and the next one's begin.
pub(super) fn machine_breaks(chart: &mut Chart, trend: &Trend, layout: &Layout, axis: &CommitAxis) {
    let mut row = LabelRow::new(layout.left, layout.right);
    for (position, line) in breaks(trend) {
        let x = axis.before(position);
        let mut y = layout.top;
        while y < layout.bottom {
            chart.rect((x - 0.75, y), (1.5, (layout.bottom - y).min(4.0)), INK);
            y += 8.0;
        }
        let label = shorten(&format!("from here: {}", line.name), TICK.size, false, 260.0);
        let width = TICK.width(&label);
        if let Some(middle) = row.place(x + 6.0 + width / 2.0, width) {
            chart.text(middle, layout.bottom - 9.0, label, TICK, Align::Centre);
        }
    }
}

/// Where a machine takes over, and whose line begins there.
pub(super) fn breaks(trend: &Trend) -> Vec<(usize, &TrendLine)> {
    let ends = |line: &TrendLine| Some((line.points.first()?.position, line.points.last()?.position));
    let mut lines: Vec<_> = trend.lines.iter().filter_map(|line| Some((ends(line)?, line))).collect();
    lines.sort_by_key(|(ends, _)| *ends);
    let mut reached = None;
    let mut breaks = Vec::new();
    for ((first, last), line) in lines {
        if reached.is_some_and(|reached| first > reached) {
            breaks.push((first, line));
        }
        reached = reached.max(Some(last));
    }
    breaks
}

/// The lines, their intervals and their points.
pub(super) fn lines(chart: &mut Chart, trend: &Trend, layout: &Layout, axis: &CommitAxis) {
    let scale = layout.values();
    let total: usize = trend.lines.iter().map(|line| line.points.len()).sum();
    for (index, line) in trend.lines.iter().enumerate() {
        let look = look(index);
        let colour = look.rgb;
        let at = |point: &TrendPoint| (axis.at(point.position), scale.at(point.median));
        intervals(chart, line, axis, &scale, colour);
        let points: Vec<(f64, f64)> = line.points.iter().map(at).collect();
        let width = if total < MOST_MARKERS { 1.5 } else { 1.0 };
        chart.path(decimate(&points, 1.0), width, colour);
        let mut free_from = f64::NEG_INFINITY;
        for (point, &(x, y)) in line.points.iter().zip(&points) {
            if point.median > layout.range.high {
                let top = layout.top;
                chart.polygon(vec![(x - 4.5, top + 8.0), (x, top), (x + 4.5, top + 8.0)], colour);
            } else if point.median < layout.range.low {
                let bottom = layout.bottom;
                chart.polygon(vec![(x - 4.5, bottom - 8.0), (x, bottom), (x + 4.5, bottom - 8.0)], colour);
            } else if total < MOST_MARKERS {
                look.draw(chart, (x, y), 2.5);
            } else if trend.lines.len() > 1 && x >= free_from {
                look.draw(chart, (x, y), 3.5);
                free_from = x + MARKER_DISTANCE;
            }
        }
    }
}

fn intervals(chart: &mut Chart, line: &TrendLine, axis: &CommitAxis, scale: &Scale, colour: Rgb) {
    let paint = Paint::faint(colour, FAINT);
    if line.points.iter().all(|point| point.interval().is_none()) {
        return;
    }
    if line.points.len() <= MOST_WHISKERS {
        for point in &line.points {
            if let Some((low, high)) = point.interval() {
                let (x, top, bottom) = (axis.at(point.position), scale.at(high), scale.at(low));
                chart.rect((x - 1.5, top), (3.0, bottom - top), Paint::faint(colour, 0.35));
            }
        }
        return;
    }
    // In every column the widest reach of its intervals, so that none is lost.
    let mut columns: Vec<(f64, f64, f64)> = Vec::new();
    for point in &line.points {
        let (low, high) = point.interval().unwrap_or((point.median, point.median));
        let (x, top, bottom) = (axis.at(point.position), scale.at(high), scale.at(low));
        match columns.last_mut() {
            Some(last) if (last.0 / BAND_COLUMN).floor() == (x / BAND_COLUMN).floor() => {
                *last = (last.0, last.1.min(top), last.2.max(bottom));
            }
            _ => columns.push((x, top, bottom)),
        }
    }
    let upper = columns.iter().map(|(x, top, _)| (*x, *top));
    let lower = columns.iter().rev().map(|(x, _, bottom)| (*x, *bottom));
    chart.polygon(upper.chain(lower).collect(), paint);
}

/// The levels, as lines on a light seam that sets them off from the data.
pub(super) fn levels(chart: &mut Chart, trend: &Trend, layout: &Layout, axis: &CommitAxis) {
    let scale = layout.values();
    let within = |level: &&Level| level.value >= layout.range.low && level.value <= layout.range.high;
    for level in trend.levels.iter().filter(within) {
        let y = scale.at(level.value);
        let ends = vec![(axis.before(level.from), y), (axis.before(level.to + 1), y)];
        chart.path(ends.clone(), 3.5, Paint::faint(SURFACE, 0.7));
        chart.path(ends, 1.5, INK);
    }
}

/// The newest value, written out beside its point.
pub(super) fn newest(chart: &mut Chart, trend: &Trend, layout: &Layout, axis: &CommitAxis) {
    let Some(point) = trend.newest() else { return };
    // A large count has the axis's unit, because all of its digits do not fit.
    let (_, size) = count_unit(layout.range.low.abs().max(layout.range.high.abs()));
    let value = match trend.unit {
        Unit::Count if size > 1.0 => format::three_digits(point.median / size),
        unit => format::value(point.median, unit),
    };
    let text = shorten(&value, NEWEST.size, true, chart.width - layout.right - 8.0);
    // Above the names of machines, if there are any.
    let lowest = if breaks(trend).is_empty() { layout.bottom } else { layout.bottom - 24.0 };
    let y = layout.values().at(point.median).min(lowest);
    chart.text(axis.at(point.position) + 8.0, y, text, NEWEST, Align::Left);
}

/// One entry of the legend.
enum Key {
    Line(Look),
    Interval,
    Level,
    Step(StepKind),
    Beyond,
}

/// The legend of the signs in the chart; returns its bottom.
pub(super) fn legend(chart: &mut Chart, trend: &Trend, top: f64, layout: &Layout) -> f64 {
    let mut entries = Vec::new();
    if trend.lines.len() > 1 {
        let named = trend
            .lines
            .iter()
            .enumerate()
            .take(LOOKS)
            .map(|(index, line)| (Key::Line(look(index)), shorten(&line.name, LABEL.size, false, 320.0)));
        entries.extend(named);
    }
    let mut points = trend.lines.iter().flat_map(|line| &line.points);
    if points.clone().any(|point| point.interval().is_some()) {
        entries.push((Key::Interval, "interval of the median".to_owned()));
    }
    if !trend.levels.is_empty() {
        entries.push((Key::Level, "level".to_owned()));
    }
    let present = |kind: &StepKind| trend.steps.iter().any(|step| step.kind == *kind);
    let kinds = StepKind::ALL.into_iter().filter(present);
    entries.extend(kinds.map(|kind| (Key::Step(kind), kind.words().to_owned())));
    if points.any(|point| point.median > layout.range.high || point.median < layout.range.low) {
        entries.push((Key::Beyond, "beyond the axis".to_owned()));
    }
    let (mut x, mut y) = (layout.left, top);
    let mut bottom = top;
    for (key, name) in entries {
        let width = 24.0 + TICK.width(&name);
        if x > layout.left && x + width > chart.width - MARGIN {
            (x, y) = (layout.left, y + 18.0);
        }
        sign(chart, &key, (x, y + 9.0));
        chart.text(x + 24.0, y + 9.0, name, TICK, Align::Left);
        x += width + 18.0;
        bottom = y + 18.0;
    }
    bottom
}

fn sign(chart: &mut Chart, key: &Key, (x, y): (f64, f64)) {
    let first = look(0).rgb;
    match key {
        Key::Line(look) => {
            chart.rule((x, y), (x + 18.0, y), look.rgb);
            look.draw(chart, (x + 9.0, y), 3.5);
        }
        Key::Interval => chart.rect((x, y - 5.0), (18.0, 10.0), Paint::faint(first, FAINT)),
        Key::Level => chart.rect((x, y - 0.75), (18.0, 1.5), INK),
        Key::Step(kind) => kind.draw(chart, (x + 12.0, y)),
        Key::Beyond => chart.polygon(vec![(x + 7.5, y + 4.0), (x + 12.0, y - 4.0), (x + 16.5, y + 4.0)], first),
    }
}
