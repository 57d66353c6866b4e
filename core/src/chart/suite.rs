//! Phases as a stacked bar over all benchmarks.

use std::collections::BTreeMap;

use super::axis::{Scale, Ticks, percent_ticks, time_ticks};
use super::legend::{Entry, legend};
use super::palette::{INK, LINE, MUTED, PhaseColours, SURFACE, Swatch};
use super::scene::{Align, Chart, MARGIN, Style};
use super::text::shorten;
use super::{ChartError, WIDTH};
use crate::figures::median_wall;
use crate::model::{Measured, Report};
use crate::phase::OUTSIDE;
use crate::text::counted;
use crate::text::format;

/// The maximum width of a benchmark's id.
const LONGEST_LABEL: f64 = 280.0;
const LABEL: Style = Style::new(12.0, INK);
const TICK: Style = Style::new(11.0, MUTED);
const HEADING: Style = Style::bold(12.0, INK);
/// The most bars; the shortest others are summed up in a line.
const MOST_BARS: usize = 150;
const ROW: f64 = 22.0;
const BAR: f64 = 14.0;

/// One bar: a benchmark, its median wall time in nanoseconds, and its parts, each a share of it.
struct Bar<'a> {
    measured: &'a Measured,
    wall: f64,
    parts: BTreeMap<Option<&'a str>, f64>,
}

/// Where the time goes in every benchmark: a bar each, the longest on top, its parts the top-level phases and the time
/// outside them. On the left in time, for what is worth looking at; on the right in per cent, so that a benchmark of
/// 15 ms can be read beside one of 5 s.
pub fn suite_phases(report: &Report) -> Result<Chart, ChartError> {
    let mut bars: Vec<Bar> = report.benchmarks.iter().filter_map(bar).collect();
    bars.sort_by(|a, b| b.wall.total_cmp(&a.wall).then_with(|| a.measured.id.cmp(&b.measured.id)));
    if bars.is_empty() {
        return Err(ChartError::Empty("no benchmark was measured"));
    }
    let left_out = bars.split_off(bars.len().min(MOST_BARS));
    let order = parts_by_weight(&bars);
    let colours = PhaseColours::of(report);

    let mut chart = Chart::new("Where the time goes: phases of every benchmark".into(), "Where the time goes", WIDTH);
    let subtitle = format!("median wall time of {}, longest first, by phase", counted(bars.len(), "benchmark"));
    chart.text(MARGIN, 38.0, subtitle, Style::new(12.0, MUTED), Align::Left);
    let entry = |phase: &Option<&str>| Entry {
        name: phase.unwrap_or(OUTSIDE).to_owned(),
        detail: String::new(),
        swatch: colours.swatch(*phase),
    };
    let entries: Vec<Entry> = order.iter().map(entry).collect();
    let mut top = 54.0;
    top += legend(&mut chart, (MARGIN, top), WIDTH - 2.0 * MARGIN, &entries) + 18.0;

    let columns = Columns::of(&bars);
    let longest = bars[0].wall;
    let times = Scale::new(0.0, longest, columns.time.0, columns.time.1);
    let shares = Scale::new(0.0, 100.0, columns.share.0, columns.share.1);
    let time_axis = time_ticks(longest, 5);
    let bottom = top + 14.0 + bars.len() as f64 * ROW;
    let heading = format!("Wall time, {}", time_axis.unit);
    axis(&mut chart, &heading, &time_axis, &times, (top, bottom));
    axis(&mut chart, "Share of wall time, %", &percent_ticks(0.0, 100.0, 5), &shares, (top, bottom));

    for (index, bar) in bars.iter().enumerate() {
        let middle = top + 14.0 + (index as f64 + 0.5) * ROW;
        let name = shorten(&bar.measured.id, LABEL.size, false, LONGEST_LABEL);
        chart.text(columns.label, middle, name, LABEL, Align::Right);
        let at_end = times.at(bar.wall) + 6.0;
        let figure = format::nanoseconds(bar.wall);
        // On its own background, so that no grid line runs through it.
        chart.rect((at_end - 3.0, middle - BAR / 2.0), (LABEL.width(&figure) + 6.0, BAR), SURFACE);
        chart.text(at_end, middle, figure, LABEL, Align::Left);
        let mut before = 0.0;
        for phase in &order {
            let share = bar.parts.get(phase).copied().unwrap_or(0.0);
            if share <= 0.0 {
                continue;
            }
            let swatch = colours.swatch(*phase);
            let (from, to) = (before, before + share);
            segment(&mut chart, middle, (times.at(from * bar.wall), times.at(to * bar.wall)), swatch);
            let (start, end) = (shares.at(from * 100.0), shares.at(to * 100.0));
            segment(&mut chart, middle, (start, end), swatch);
            let figure = format::whole_percent(share);
            let style = Style::new(10.0, swatch.on());
            if !swatch.hatched && style.width(&figure) + 6.0 <= end - start {
                chart.text(f64::midpoint(start, end), middle, figure, style, Align::Centre);
            }
            before = to;
        }
    }
    chart.height = bottom + 28.0;
    if !left_out.is_empty() {
        let total = format::nanoseconds(left_out.iter().map(|bar| bar.wall).sum());
        let line = format!("and {} shorter ones, {total} together", left_out.len());
        chart.text(MARGIN, chart.height, line, Style::new(12.0, MUTED), Align::Left);
        chart.height += 16.0;
    }
    Ok(chart)
}

/// A benchmark's bar; absent if no run of it succeeded.
fn bar(measured: &Measured) -> Option<Bar<'_>> {
    let wall = median_wall(measured)?;
    let mut parts: BTreeMap<Option<&str>, f64> = BTreeMap::new();
    for row in measured.phases.iter().filter(|row| row.depth == 0) {
        if row.share.is_finite() && row.share > 0.0 {
            *parts.entry(row.phase.as_deref()).or_default() += row.share;
        }
    }
    // Without phases all time is outside them.
    if measured.phases.is_empty() {
        parts.insert(None, 1.0);
    }
    let sum: f64 = parts.values().sum();
    if sum > 1.0 {
        parts.values_mut().for_each(|share| *share /= sum);
    }
    Some(Bar { measured, wall, parts })
}

/// All parts of all bars, the heaviest over the suite first and the time outside phases last: the part that matters most
/// is the one that begins at zero everywhere.
fn parts_by_weight<'a>(bars: &[Bar<'a>]) -> Vec<Option<&'a str>> {
    let mut weights: BTreeMap<Option<&str>, f64> = BTreeMap::new();
    for bar in bars {
        for (phase, share) in &bar.parts {
            *weights.entry(*phase).or_default() += share * bar.wall;
        }
    }
    let mut order: Vec<_> = weights.into_iter().collect();
    order.sort_by(|(a, x), (b, y)| a.is_none().cmp(&b.is_none()).then(y.total_cmp(x)).then(a.cmp(b)));
    order.into_iter().map(|(phase, _)| phase).collect()
}

/// Where things stand from left to right: the right edge of the labels, and the two panels.
struct Columns {
    label: f64,
    time: (f64, f64),
    share: (f64, f64),
}

impl Columns {
    fn of(bars: &[Bar]) -> Self {
        let names = bars.iter().map(|bar| LABEL.width(&shorten(&bar.measured.id, LABEL.size, false, LONGEST_LABEL)));
        let figures = bars.iter().map(|bar| LABEL.width(&format::nanoseconds(bar.wall)));
        let label = MARGIN + names.fold(0.0, f64::max);
        // The figure at the end of the longest bar needs room of its own.
        let figure = figures.fold(0.0, f64::max) + 6.0;
        let start = label + 12.0;
        let rest = WIDTH - MARGIN - 10.0 - start - figure - 28.0;
        let time = (start, start + 0.45 * rest);
        Self { label, time, share: (time.1 + figure + 28.0, WIDTH - MARGIN - 10.0) }
    }
}

fn axis(chart: &mut Chart, heading: &str, ticks: &Ticks, scale: &Scale, (top, bottom): (f64, f64)) {
    chart.text(scale.at(f64::NEG_INFINITY), top, heading, HEADING, Align::Left);
    for (value, label) in ticks.values.iter().zip(&ticks.labels) {
        let x = scale.at(*value);
        chart.rule((x, top + 12.0), (x, bottom + 2.0), LINE);
        chart.text(x, bottom + 12.0, label, TICK, Align::Centre);
    }
}

/// A part of a bar, with a hairline to the next one.
fn segment(chart: &mut Chart, middle: f64, (start, end): (f64, f64), swatch: Swatch) {
    let width = end - start;
    let gap = if width > 3.0 { 1.0 } else { 0.0 };
    chart.bar((start, middle - BAR / 2.0), (width - gap, BAR), swatch);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::scene::Mark;
    use crate::testing;

    #[test]
    fn is_tidy_with_one_or_many_benchmarks() {
        for count in [1, 2, 5, 45] {
            suite_phases(&testing::report(count)).unwrap().assert_tidy();
        }
        suite_phases(&testing::hostile()).unwrap().assert_tidy();
        suite_phases(&testing::report(200)).unwrap().assert_tidy();
    }

    #[test]
    fn the_longest_benchmark_is_on_top() {
        let report = testing::report(12);
        let chart = suite_phases(&report).unwrap();
        let heaviest =
            report.benchmarks.iter().max_by(|a, b| median_wall(a).unwrap().total_cmp(&median_wall(b).unwrap()));
        let first = chart.text_boxes().into_iter().find(|text| text.4.contains('/')).unwrap();
        assert_eq!(first.4, heaviest.unwrap().id);
    }

    #[test]
    fn an_unknown_phase_is_in_the_legend() {
        let mut report = testing::report(2);
        report.benchmarks[0].phases[0].phase = Some("prove it correct".into());
        let chart = suite_phases(&report).unwrap();
        assert!(chart.text_boxes().iter().any(|text| text.4 == "prove it correct"));
        assert!(chart.text_boxes().iter().any(|text| text.4 == OUTSIDE));
    }

    #[test]
    fn shares_that_make_no_sense_stay_within_the_bar() {
        let mut report = testing::report(1);
        let shares = [f64::NAN, f64::INFINITY, -1.0, 5.0, 7.0];
        for (row, share) in report.benchmarks[0].phases.iter_mut().zip(shares) {
            row.share = share;
        }
        let chart = suite_phases(&report).unwrap();
        let inside = |mark: &Mark| match mark {
            Mark::Rect { x, width, .. } => *x >= 0.0 && x + width <= WIDTH,
            _ => true,
        };
        assert!(chart.marks.iter().all(inside));
    }

    #[test]
    fn nothing_measured_is_no_picture() {
        assert!(matches!(suite_phases(&testing::nothing()), Err(ChartError::Empty(_))));
    }
}
