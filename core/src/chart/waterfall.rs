//! A difference by phase: from the base, through the phases, to the other side.

use super::axis::{Scale, difference_ticks};
use super::palette::{INK, LINE, MUTED, PhaseColours, Swatch};
use super::scene::{Align, Chart, MARGIN, Style};
use super::text::{shorten, two_lines};
use super::{ChartError, WIDTH};
use crate::model::{Comparison, Figure, Findings, Metric, Verdict};
use crate::text::change::difference;
use crate::text::format;
use crate::verdict::{Breakdown, breakdown, lead_metric, suite_breakdown};

const ROW: f64 = 28.0;
const BAR: f64 = 15.0;
const LABEL: Style = Style::new(12.0, INK);
const SIDE: Style = Style::bold(12.0, INK);
const TICK: Style = Style::new(11.0, MUTED);
const HEADING: Style = Style::bold(11.0, INK);
const LONGEST_LABEL: f64 = 300.0;
const PLOT_END: f64 = 800.0;
/// Right edges of the columns of figures.
const DIFFERENCE_AT: f64 = 910.0;
const SHARE_AT: f64 = WIDTH - MARGIN;
/// Steps smaller than this part of all steps are summed up.
const SMALLEST: f64 = 0.004;
/// The most steps; more are not readable.
const MOST_STEPS: usize = 14;

/// One bar.
struct Bar {
    label: String,
    swatch: Swatch,
    difference: f64,
}

/// The difference of one benchmark between the base and a side, from the base's median through what each top-level phase
/// adds or takes away to the other side's. What the phases do not explain has a bar of its own, so that they sum up.
///
/// The axis is the difference from the base: a change of a few per cent would not be seen beside the whole.
///
/// # Errors
/// If there is no such benchmark, or nothing is known of its phases on both sides.
pub fn waterfall(
    comparison: &Comparison,
    findings: &Findings,
    benchmark: usize,
    colours: &PhaseColours,
) -> Result<Chart, ChartError> {
    let one = findings.benchmarks.get(benchmark).ok_or(ChartError::Empty("there is no such benchmark"))?;
    // The wall time replaces a metric that is not measured by phase, but only if it changed itself.
    let changed = |wall: &Figure| matches!(wall.verdict, Verdict::Regressed | Verdict::Improved);
    let wall = || one.wall().filter(|wall| changed(wall)).and_then(|_| breakdown(one, Metric::Wall));
    let parts = lead_metric(one).and_then(|metric| breakdown(one, metric)).or_else(wall);
    let parts = parts.ok_or(ChartError::Empty("the compilers have no phase in common"))?;
    draw(comparison, findings, &parts, &one.id, colours)
}

/// The same of one build of every benchmark, all together: the wall times' sum.
///
/// # Errors
/// If nothing is known of the phases of any benchmark on both sides.
pub fn suite_waterfall(
    comparison: &Comparison,
    findings: &Findings,
    colours: &PhaseColours,
) -> Result<Chart, ChartError> {
    let parts = suite_breakdown(findings).ok_or(ChartError::Empty("the compilers have no phase in common"))?;
    draw(comparison, findings, &parts, "all benchmarks, one build of each", colours)
}

fn draw(
    comparison: &Comparison,
    findings: &Findings,
    parts: &Breakdown,
    what: &str,
    colours: &PhaseColours,
) -> Result<Chart, ChartError> {
    let bars = bars(parts, colours);
    if bars.iter().map(|bar| bar.difference).any(|difference| !difference.is_finite())
        || !parts.difference().is_finite()
    {
        return Err(ChartError::Empty("its figures are no numbers"));
    }
    let unit = parts.metric.unit();
    let name = |side: usize| comparison.sides.get(side).map_or("", |side| side.name.as_str());
    let short = shorten(what, 12.0, false, 600.0);
    let mut chart = Chart::new(format!("Where the difference of {short} sits"), what, WIDTH);
    let subtitle = format!("{}: difference from the base by top-level phase, medians", parts.metric.name());
    chart.text(MARGIN, 38.0, subtitle, Style::new(12.0, MUTED), Align::Left);

    let side = |side: usize, value: f64| {
        let value = format!(": {}", format::value(value, unit));
        shorten(name(side), SIDE.size, true, LONGEST_LABEL - SIDE.width(&value)) + &value
    };
    let (base, other) = (side(0, parts.base), side(findings.side, parts.other));
    let labels: Vec<Vec<String>> =
        bars.iter().map(|bar| two_lines(&bar.label, LABEL.size, false, LONGEST_LABEL)).collect();
    let widths =
        labels.iter().flatten().map(|label| LABEL.width(label)).chain([&base, &other].map(|label| SIDE.width(label)));
    let labels_end = MARGIN + widths.fold(0.0, f64::max);

    let mut reached = 0.0;
    let (mut low, mut high) = (0.0_f64.min(parts.difference()), 0.0_f64.max(parts.difference()));
    for bar in &bars {
        reached += bar.difference;
        (low, high) = (low.min(reached), high.max(reached));
    }
    let air = 0.03 * (high - low).max(f64::MIN_POSITIVE);
    let scale = Scale::new(low - air, high + air, labels_end + 14.0, PLOT_END);
    let top = 84.0;
    let bottom = top + (bars.len() + 2) as f64 * ROW;
    let ticks = difference_ticks(low - air, high + air, 6, unit).signed();
    let heading = if ticks.unit.is_empty() { "difference".to_owned() } else { format!("difference, {}", ticks.unit) };
    chart.text(labels_end + 14.0, top - 16.0, heading, HEADING, Align::Left);
    chart.text(DIFFERENCE_AT, top - 16.0, "difference", HEADING, Align::Right);
    chart.text(SHARE_AT, top - 16.0, "of all", HEADING, Align::Right);
    let mut last = f64::NEG_INFINITY;
    for (value, label) in ticks.values.iter().zip(&ticks.labels) {
        let x = scale.at(*value);
        if x - last < TICK.width(label) + 8.0 {
            continue;
        }
        last = x;
        chart.rule((x, top - 4.0), (x, bottom + 4.0), LINE);
        chart.text(x, bottom + 14.0, label, TICK, Align::Centre);
    }
    let middle = |row: usize| top + (row as f64 + 0.5) * ROW;
    let zero = scale.at(0.0);
    chart.rule((zero, top - 4.0), (zero, bottom + 4.0), MUTED);
    chart.text(labels_end, middle(0), base, SIDE, Align::Right);
    chart.rect((zero - 1.5, middle(0) - BAR / 2.0), (3.0, BAR), INK);

    let all = parts.difference();
    let mut reached = 0.0;
    for (index, (bar, label)) in bars.iter().zip(labels).enumerate() {
        let y = middle(index + 1);
        let (from, to) = (scale.at(reached), scale.at(reached + bar.difference));
        // From bar to bar, so that the eye follows the sum.
        chart.rule((from, y - ROW + BAR / 2.0), (from, y - BAR / 2.0), MUTED);
        for (line, text) in label.iter().enumerate() {
            let shift = (line as f64 - (label.len() - 1) as f64 / 2.0) * 13.0;
            chart.text(labels_end, y + shift, text, LABEL, Align::Right);
        }
        chart.bar((from.min(to), y - BAR / 2.0), ((to - from).abs().max(1.0), BAR), bar.swatch);
        figures(&mut chart, y, bar.difference, all, unit, LABEL);
        reached += bar.difference;
    }
    let y = middle(bars.len() + 1);
    let end = scale.at(all);
    chart.rule((end, y - ROW + BAR / 2.0), (end, y - BAR / 2.0), MUTED);
    chart.text(labels_end, y, other, SIDE, Align::Right);
    chart.rect((zero.min(end), y - BAR / 2.0), ((end - zero).abs().max(1.0), BAR), INK);
    figures(&mut chart, y, all, all, unit, SIDE);
    chart.height = bottom + 28.0;
    Ok(chart)
}

fn figures(chart: &mut Chart, y: f64, own: f64, all: f64, unit: crate::model::Unit, style: Style) {
    chart.text(DIFFERENCE_AT, y, difference(own, unit), style, Align::Right);
    let share = own / all;
    // Where parts cancel, shares of the rest are meaningless.
    if share.is_finite() && share.abs() < 10.0 {
        chart.text(SHARE_AT, y, format::whole_percent(share), style, Align::Right);
    }
}

/// The steps as bars: the small ones together, what phases do not explain last.
fn bars(parts: &Breakdown, colours: &PhaseColours) -> Vec<Bar> {
    let sum: f64 = parts.steps.iter().map(|step| step.difference.abs()).sum::<f64>() + parts.rest.abs();
    let mut sizes: Vec<f64> = parts.steps.iter().map(|step| step.difference.abs()).collect();
    sizes.sort_by(|a, b| b.total_cmp(a));
    let least = sizes.get(MOST_STEPS).copied().unwrap_or(0.0).max(SMALLEST * sum);
    let (large, small): (Vec<_>, Vec<_>) = parts.steps.iter().partition(|step| step.difference.abs() > least);
    let mut bars: Vec<Bar> = large
        .into_iter()
        .map(|step| Bar {
            label: step.label.clone(),
            swatch: colours.swatch(Some(step.phase)),
            difference: step.difference,
        })
        .collect();
    if let [only] = small[..] {
        bars.push(Bar {
            label: only.label.clone(),
            swatch: colours.swatch(Some(only.phase)),
            difference: only.difference,
        });
    } else if !small.is_empty() {
        let difference = small.iter().map(|step| step.difference).sum();
        let label = format!("{} other phases", small.len());
        bars.push(Bar { label, swatch: Swatch { rgb: MUTED, hatched: false }, difference });
    }
    bars.push(Bar { label: "the rest, outside phases".into(), swatch: colours.swatch(None), difference: parts.rest });
    bars
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::compare::{self, figure, finding, found, phase};

    #[test]
    fn is_tidy_for_every_sample() {
        for comparison in [compare::compared(12), compare::split(), compare::compared_hostile()] {
            let colours = PhaseColours::of_comparison(&comparison);
            for findings in &comparison.findings {
                for index in 0..findings.benchmarks.len() {
                    if let Ok(chart) = waterfall(&comparison, findings, index, &colours) {
                        chart.assert_tidy();
                    }
                }
                if let Ok(chart) = suite_waterfall(&comparison, findings, &colours) {
                    chart.assert_tidy();
                }
            }
        }
    }

    #[test]
    fn the_bars_sum_to_the_difference() {
        let comparison = compare::split();
        let findings = &comparison.findings[0];
        let colours = PhaseColours::of_comparison(&comparison);
        for one in &findings.benchmarks {
            let parts = breakdown(one, Metric::Wall).unwrap();
            let sum: f64 = bars(&parts, &colours).iter().map(|bar| bar.difference).sum();
            assert!((sum - parts.difference()).abs() <= 1e-6 * parts.base);
        }
        let parts = suite_breakdown(findings).unwrap();
        let walls = findings.benchmarks.iter().filter_map(|one| one.figure(Metric::Wall));
        let difference: f64 = walls.map(|wall| wall.other - wall.base).sum();
        assert!((parts.difference() - difference).abs() < 10.0);
    }

    #[test]
    fn many_phases_are_summed_up() {
        let mut figures = vec![figure(Metric::Wall, 1e9, (1.3, 1.2, 1.4), Verdict::Regressed)];
        figures.extend((0..60).map(|index| phase(&format!("phase {index}"), 0, 1e7, 1e7 + 1e5 * f64::from(index))));
        let comparison = found(vec![vec![finding("a/b/debug", Verdict::Regressed, figures)]]);
        let chart = waterfall(&comparison, &comparison.findings[0], 0, &PhaseColours::default()).unwrap();
        chart.assert_tidy();
        assert!(chart.text_boxes().iter().any(|text| text.4.ends_with(" other phases")));
        assert!(chart.size().1 < 700.0);
    }

    #[test]
    fn without_phases_there_is_no_picture() {
        let wall = figure(Metric::Wall, 1e9, (1.3, 1.2, 1.4), Verdict::Regressed);
        let comparison = found(vec![vec![finding("a/b/debug", Verdict::Regressed, vec![wall])]]);
        let colours = PhaseColours::default();
        let findings = &comparison.findings[0];
        assert!(matches!(waterfall(&comparison, findings, 0, &colours), Err(ChartError::Empty(_))));
        assert!(matches!(waterfall(&comparison, findings, 9, &colours), Err(ChartError::Empty(_))));
        assert!(matches!(suite_waterfall(&comparison, findings, &colours), Err(ChartError::Empty(_))));
    }
}
