//! Every benchmark's ratio with its interval.

use super::axis::{Scale, percent_ticks};
use super::palette::{INK, LINE, MUTED, SURFACE};
use super::scene::{Align, Chart, MARGIN, Paint, Style};
use super::text::shorten;
use super::{ChartError, WIDTH};
use crate::model::{Comparison, Figure, Findings, Metric, Total, Verdict};
use crate::stats::quantile;
use crate::text::change::interval_of;
use crate::text::counted;
use crate::text::format;
use crate::verdict::Sign;
use crate::verdict::{rank, size};

const ROW: f64 = 22.0;
const LABEL: Style = Style::new(12.0, INK);
const FIGURE: Style = Style::bold(12.0, INK);
const TICK: Style = Style::new(11.0, MUTED);
const HEADING: Style = Style::bold(11.0, INK);
const LONGEST_LABEL: f64 = 270.0;
/// The right edge of the plot; right of it stand the figures.
const PLOT_END: f64 = 760.0;
/// Where the changes end, and where their intervals begin.
const CHANGE_AT: f64 = 850.0;
const INTERVAL_AT: f64 = 860.0;
/// The most rows; a line says how many others are left out.
const MOST_ROWS: usize = 150;
/// Intervals that reach further than this multiple of what nine tenths of the others do are cut off.
const FAR_OFF: f64 = 2.5;
/// Larger ratios are always drawn at the edge.
const LARGEST_RATIO: f64 = 20.0;

/// A forest plot: a row a benchmark with its ratio, side over base, and the ratio's interval, for one metric of whole runs;
/// worst first, and all benchmarks together at the end.
///
/// The axis is logarithmic, so that twice as slow and twice as fast are as far from no change. It is as wide as nine
/// tenths of the intervals need; what reaches beyond ends in an arrow head. The shaded band holds the changes that would
/// not matter.
pub fn forest(comparison: &Comparison, findings: &Findings, metric: Metric) -> Result<Chart, ChartError> {
    let mut rows: Vec<(&str, &Figure)> = findings
        .benchmarks
        .iter()
        .filter(|one| one.failed.is_none())
        .filter_map(|one| Some((one.id.as_str(), one.figure(metric)?)))
        .filter(|(_, figure)| figure.ratio.is_finite() && figure.ratio > 0.0)
        .collect();
    if rows.is_empty() {
        return Err(ChartError::Empty("no benchmark has this metric on both sides"));
    }
    rows.sort_by(|a, b| {
        let key = |figure: &Figure| match figure.verdict {
            Verdict::Regressed | Verdict::Improved | Verdict::SameBinary => size(figure),
            Verdict::Undecided | Verdict::Equal => figure.ratio,
        };
        rank(a.1.verdict).cmp(&rank(b.1.verdict)).then(key(b.1).total_cmp(&key(a.1))).then(a.0.cmp(b.0))
    });
    let left_out = rows.len().saturating_sub(MOST_ROWS);
    rows.truncate(MOST_ROWS);
    let total = findings
        .totals
        .iter()
        .find(|total| total.metric == metric && total.phase.is_none() && total.ratio.is_finite() && total.ratio > 0.0);

    let name = |side: usize| comparison.sides.get(side).map_or("", |side| side.name.as_str());
    let sides = [name(findings.side), name(0)].map(|name| shorten(name, 12.0, false, 220.0));
    let title = format!("{}: {} against {}", metric.name(), sides[0], sides[1]);
    let mut chart = Chart::new(format!("Ratio of {title}"), &title, WIDTH);
    let threshold = rows.iter().map(|(_, figure)| figure.threshold).find(|t| t.is_finite() && *t > 0.0);
    let band = threshold
        .map_or_else(String::new, |t| format!("; within the band, {}, it would not matter", format::plus_minus(t)));
    let subtitle = format!("change of {}, worst first{band}", counted(rows.len() + left_out, "benchmark"));
    chart.text(MARGIN, 38.0, subtitle, Style::new(12.0, MUTED), Align::Left);
    legend(&mut chart, 60.0);

    let widest =
        rows.iter().map(|(id, _)| LABEL.width(&shorten(id, LABEL.size, false, LONGEST_LABEL))).fold(150.0, f64::max);
    let plot = (MARGIN + widest + 14.0, PLOT_END);
    let (low, high) = domain(&rows, total, threshold);
    let scale = Scale::new(low.ln(), high.ln(), plot.0, plot.1);
    let top = 100.0;
    let bottom = top + rows.len() as f64 * ROW;
    let end = if total.is_some() { bottom + 8.0 + ROW } else { bottom };
    if let Some(threshold) = threshold {
        let (from, to) = (scale.at((1.0 - threshold).max(0.01).ln()), scale.at((1.0 + threshold).ln()));
        chart.rect((from, top - 4.0), (to - from, end - top + 8.0), Paint::faint(LINE, 0.55));
    }
    chart.text(plot.0, top - 16.0, format!("{}, %", metric.name()), HEADING, Align::Left);
    chart.text(CHANGE_AT, top - 16.0, "change", HEADING, Align::Right);
    chart.text(INTERVAL_AT, top - 16.0, "interval", HEADING, Align::Left);
    ticks(&mut chart, &scale, (low, high), (top, end));
    for (index, (id, figure)) in rows.iter().enumerate() {
        let middle = top + (index as f64 + 0.5) * ROW;
        let label = shorten(id, LABEL.size, false, LONGEST_LABEL);
        chart.text(MARGIN + widest, middle, label, LABEL, Align::Right);
        row(&mut chart, figure, &scale, (low, high), plot, middle);
    }
    if let Some(total) = total {
        let middle = end - 0.5 * ROW;
        chart.rule((MARGIN, bottom + 4.0), (WIDTH - MARGIN, bottom + 4.0), LINE);
        together(&mut chart, total, &scale, MARGIN + widest, middle);
    }
    chart.height = end + 30.0;
    let failed = findings.benchmarks.iter().filter(|one| one.failed.is_some()).count();
    let mut notes = Vec::new();
    if left_out > 0 {
        notes.push(format!("and {left_out} more"));
    }
    if failed > 0 {
        let verb = if failed == 1 { "has" } else { "have" };
        notes.push(format!("{} that failed to build {verb} no ratio", counted(failed, "benchmark")));
    }
    if !notes.is_empty() {
        chart.text(MARGIN, chart.height, notes.join("; "), Style::new(12.0, MUTED), Align::Left);
        chart.height += 16.0;
    }
    Ok(chart)
}

fn legend(chart: &mut Chart, y: f64) {
    let mut x = MARGIN + 6.0;
    for verdict in [Verdict::Regressed, Verdict::Improved, Verdict::Undecided, Verdict::Equal] {
        mark(chart, (x, y), verdict);
        let name = verdict.name();
        chart.text(x + 12.0, y, name, LABEL, Align::Left);
        x += 12.0 + LABEL.width(name) + 26.0;
    }
}

/// A verdict's shape: up for worse, down for better, a square for no change, a ring for no answer.
fn mark(chart: &mut Chart, (x, y): (f64, f64), verdict: Verdict) {
    let colour = Sign::of(verdict).colour;
    match verdict {
        Verdict::Regressed => chart.polygon(vec![(x - 5.5, y + 4.5), (x + 5.5, y + 4.5), (x, y - 5.5)], colour),
        Verdict::Improved => chart.polygon(vec![(x - 5.5, y - 4.5), (x + 5.5, y - 4.5), (x, y + 5.5)], colour),
        Verdict::Equal => chart.rect((x - 4.0, y - 4.0), (8.0, 8.0), colour),
        Verdict::Undecided | Verdict::SameBinary => {
            chart.dot(x, y, 5.0, colour);
            chart.dot(x, y, 3.0, SURFACE);
        }
    }
}

/// From which ratio to which the axis goes.
fn domain(rows: &[(&str, &Figure)], total: Option<&Total>, threshold: Option<f64>) -> (f64, f64) {
    let usable = |value: &f64| value.is_finite() && *value > 0.0;
    let ends = |end: fn(&Figure) -> f64| -> Vec<f64> {
        rows.iter().map(|(_, figure)| if usable(&end(figure)) { end(figure) } else { figure.ratio }).collect()
    };
    let room = 1.0 + 1.6 * threshold.unwrap_or(0.01).clamp(1e-6, 1.0);
    // Nine tenths of them, or all where the rest is not far off.
    let (lows, highs) = (ends(|figure| figure.low), ends(|figure| figure.high));
    let most = (quantile(&lows, 0.1).unwrap_or(1.0).min(1.0 / room), quantile(&highs, 0.9).unwrap_or(1.0).max(room));
    let reach = FAR_OFF * most.0.ln().abs().max(most.1.ln());
    let all = |values: &[f64], part: f64| quantile(values, part).filter(|end| end.ln().abs() <= reach);
    let low = all(&lows, 0.0).map_or(most.0, |end| end.min(most.0));
    let high = all(&highs, 1.0).map_or(most.1, |end| end.max(most.1));
    let (low, high) = total.map_or((low, high), |total| (low.min(total.ratio), high.max(total.ratio)));
    let (low, high) = (low.max(1.0 / LARGEST_RATIO), high.min(LARGEST_RATIO));
    let air = (high / low).powf(0.04);
    (low / air, high * air)
}

fn ticks(chart: &mut Chart, scale: &Scale, (low, high): (f64, f64), (top, bottom): (f64, f64)) {
    let ticks = percent_ticks(100.0 * (low - 1.0), 100.0 * (high - 1.0), 8).signed();
    let mut last = f64::NEG_INFINITY;
    for (value, label) in ticks.values.iter().zip(&ticks.labels) {
        let nothing = value.abs() < 1e-9;
        let x = scale.at((1.0 + value / 100.0).ln());
        // On the right the logarithm puts them close together.
        if x - last < TICK.width(label) + 10.0 {
            continue;
        }
        last = x;
        chart.rule((x, top - 4.0), (x, bottom + 4.0), if nothing { MUTED } else { LINE });
        chart.text(x, bottom + 14.0, label, TICK, Align::Centre);
    }
}

fn row(chart: &mut Chart, figure: &Figure, scale: &Scale, (low, high): (f64, f64), plot: (f64, f64), middle: f64) {
    let colour = Sign::of(figure.verdict).colour;
    let at = |ratio: f64| scale.at(if ratio > 0.0 { ratio.ln() } else { low.ln() });
    if figure.low.is_finite() && figure.high.is_finite() && figure.low <= figure.high {
        let (from, to) = (at(figure.low), at(figure.high));
        chart.rect((from, middle - 1.0), ((to - from).max(1.0), 2.0), colour);
        for (x, inside) in [(from, figure.low >= low), (to, figure.high <= high)] {
            if inside {
                chart.rect((x - 0.75, middle - 4.0), (1.5, 8.0), colour);
            }
        }
    }
    if figure.low < low || figure.ratio < low {
        chart.polygon(vec![(plot.0, middle - 4.5), (plot.0 - 7.0, middle), (plot.0, middle + 4.5)], colour);
    }
    if figure.high > high || figure.ratio > high {
        chart.polygon(vec![(plot.1, middle - 4.5), (plot.1 + 7.0, middle), (plot.1, middle + 4.5)], colour);
    }
    if (low..=high).contains(&figure.ratio) {
        mark(chart, (at(figure.ratio), middle), figure.verdict);
    }
    figures(chart, middle, figure.ratio, Some((figure.low, figure.high)), figure.confidence >= 1.0);
}

/// A change and its interval, each in its column.
fn figures(chart: &mut Chart, y: f64, ratio: f64, ends: Option<(f64, f64)>, exact: bool) {
    let text = interval_of(ratio, ends, exact);
    // There is no room for the factor beside the per cent.
    let text =
        text.split_once(", +").filter(|_| text.starts_with('×')).map_or(text.clone(), |(_, rest)| format!("+{rest}"));
    let (change, interval) = text.find(['[', '(']).map_or((&*text, ""), |at| text.split_at(at));
    chart.text(CHANGE_AT, y, change.trim_end(), FIGURE, Align::Right);
    chart.text(INTERVAL_AT, y, shorten(interval, TICK.size, false, WIDTH - MARGIN - INTERVAL_AT), TICK, Align::Left);
}

/// All benchmarks together, as a lozenge over their interval.
fn together(chart: &mut Chart, total: &Total, scale: &Scale, label_at: f64, middle: f64) {
    let label = format!("all {} together", total.benchmarks);
    chart.text(label_at, middle, label, FIGURE, Align::Right);
    let at = |ratio: f64| scale.at(ratio.max(f64::MIN_POSITIVE).ln());
    let x = at(total.ratio);
    let (from, to) =
        (at(total.low.unwrap_or(total.ratio)).min(x - 5.0), at(total.high.unwrap_or(total.ratio)).max(x + 5.0));
    chart.polygon(vec![(from, middle), (x, middle - 6.0), (to, middle), (x, middle + 6.0)], INK);
    figures(chart, middle, total.ratio, total.low.zip(total.high), false);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::scene::Mark;
    use crate::testing::compare::{self, figure, finding, found};

    #[test]
    fn is_tidy_for_every_sample() {
        for comparison in [compare::compared(12), compare::several(), compare::compared_hostile()] {
            for findings in &comparison.findings {
                for metric in [Metric::Wall, Metric::Cpu, Metric::PeakMemory, Metric::BinarySize] {
                    if let Ok(chart) = forest(&comparison, findings, metric) {
                        chart.assert_tidy();
                    }
                }
            }
        }
        let nothing = compare::compared_nothing();
        assert!(matches!(forest(&nothing, &nothing.findings[0], Metric::Wall), Err(ChartError::Empty(_))));
    }

    fn of(ratios: &[(f64, Verdict)]) -> Comparison {
        let one = |(index, (ratio, verdict)): (usize, &(f64, Verdict))| {
            let wall = figure(Metric::Wall, 1e8, (*ratio, ratio * 0.99, ratio * 1.01), *verdict);
            finding(&format!("a/b-{index:03}/debug"), *verdict, vec![wall])
        };
        found(vec![ratios.iter().enumerate().map(one).collect()])
    }

    #[test]
    fn the_worst_is_on_top() {
        use Verdict::{Equal, Improved, Regressed, Undecided};
        let comparison = of(&[(1.0, Equal), (0.7, Improved), (1.02, Undecided), (1.1, Regressed), (1.4, Regressed)]);
        let chart = forest(&comparison, &comparison.findings[0], Metric::Wall).unwrap();
        let order: Vec<String> =
            chart.text_boxes().iter().filter(|text| text.4.starts_with("a/b")).map(|text| text.4.to_owned()).collect();
        assert_eq!(order, ["a/b-004/debug", "a/b-003/debug", "a/b-001/debug", "a/b-002/debug", "a/b-000/debug"]);
    }

    #[test]
    fn an_outlier_ends_in_an_arrow_and_does_not_press_the_others_flat() {
        let mut ratios = vec![(1.0, Verdict::Equal); 30];
        ratios.push((15.0, Verdict::Regressed));
        let comparison = of(&ratios);
        let chart = forest(&comparison, &comparison.findings[0], Metric::Wall).unwrap();
        chart.assert_tidy();
        let heads = chart.marks.iter().filter(|mark| match mark {
            Mark::Polygon { points, .. } => points.iter().any(|(x, _)| *x > PLOT_END),
            _ => false,
        });
        assert_eq!(heads.count(), 1);
        assert!(chart.text_boxes().iter().any(|text| text.4 == "+1400.0 %"));
    }

    #[test]
    fn many_benchmarks_are_counted() {
        let comparison = of(&vec![(1.01, Verdict::Undecided); 200]);
        let chart = forest(&comparison, &comparison.findings[0], Metric::Wall).unwrap();
        chart.assert_tidy();
        assert!(chart.text_boxes().iter().any(|text| text.4 == "and 50 more"));
    }
}
