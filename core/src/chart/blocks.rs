//! The ratio of every block, in order.

use super::axis::{Scale, percent_ticks};
use super::palette::{LINE, MUTED, TRACK};
use super::scene::{Align, Chart, MARGIN, Paint, Style};
use super::text::shorten;
use super::{ChartError, WIDTH};
use crate::model::{Comparison, Findings, Metric, Verdict};
use crate::stats::{median, quantile};
use crate::verdict::Sign;
use crate::verdict::{lead_metric, sampled};

const TICK: Style = Style::new(11.0, MUTED);
const PLOT: (f64, f64) = (76.0, WIDTH - MARGIN);
const TOP: f64 = 52.0;
const BOTTOM: f64 = 172.0;
/// The most dots; more cannot be distinguished.
const MOST_DOTS: usize = 600;

/// How the ratio of one benchmark, side over base, went from block to block: a dot a block, the figure's interval as a band.
/// It shows drifts, jumps and double levels, which an interval does not.
///
/// # Errors
/// If the sides were not run in blocks, or no block has a value on both sides.
pub fn blocks(comparison: &Comparison, findings: &Findings, benchmark: usize) -> Result<Chart, ChartError> {
    let one = findings.benchmarks.get(benchmark).ok_or(ChartError::Empty("there is no such benchmark"))?;
    if !comparison.settings.interleaved {
        return Err(ChartError::Empty("the sides were not run in blocks"));
    }
    let samples = sampled(comparison, findings, benchmark);
    let of = |metric: Metric| samples.iter().find(|sample| sample.metric == metric && sample.phase.is_none());
    let wanted = lead_metric(one).and_then(of).or_else(|| of(Metric::Wall));
    let sampled = wanted.ok_or(ChartError::Empty("no block has a value on both sides"))?;
    let mut ratios = sampled.ratios();
    ratios.retain(|(_, ratio)| *ratio > 0.0);
    if ratios.is_empty() {
        return Err(ChartError::Empty("no block has a value on both sides"));
    }
    let figure = one.figure(sampled.metric);
    let changes: Vec<f64> = ratios.iter().map(|(_, ratio)| 100.0 * (ratio - 1.0)).collect();
    let (low, high) = domain(&changes);
    let blocks = sampled.pairs.len();
    let title = format!("{} of every block of {}", sampled.metric.name(), shorten(&one.id, 12.0, false, 500.0));
    let mut chart = Chart::new(title, &one.id, WIDTH);
    let subtitle = format!("change of {} in each block, in the order of the blocks, %", sampled.metric.name());
    chart.text(MARGIN, 36.0, subtitle, TICK, Align::Left);
    let x = Scale::new(0.5, blocks as f64 + 0.5, PLOT.0, PLOT.1);
    let y = Scale::new(low, high, BOTTOM, TOP);
    chart.rect((PLOT.0, TOP), (PLOT.1 - PLOT.0, BOTTOM - TOP), TRACK);
    let ticks = percent_ticks(low, high, 4).signed();
    for (value, label) in ticks.values.iter().zip(&ticks.labels) {
        let at = y.at(*value);
        chart.rule((PLOT.0, at), (PLOT.1, at), if value.abs() < 1e-9 { MUTED } else { LINE });
        chart.text(PLOT.0 - 8.0, at, label, TICK, Align::Right);
    }
    let colour = Sign::of(figure.map_or(Verdict::Undecided, |figure| figure.verdict)).colour;
    let ends = figure.map(|figure| (100.0 * (figure.low - 1.0), 100.0 * (figure.high - 1.0)));
    if let Some((from, to)) = ends.filter(|(from, to)| from.is_finite() && to.is_finite() && from <= to) {
        let (top, bottom) = (y.at(to), y.at(from));
        chart.rect((PLOT.0, top), (PLOT.1 - PLOT.0, (bottom - top).max(1.0)), Paint::faint(colour, 0.28));
    }
    let step = ratios.len().div_ceil(MOST_DOTS);
    for ((block, _), change) in ratios.iter().zip(&changes).step_by(step) {
        let at = x.at(*block as f64);
        if *change > high {
            chart.polygon(vec![(at - 4.0, TOP + 7.0), (at, TOP), (at + 4.0, TOP + 7.0)], colour);
        } else if *change < low {
            chart.polygon(vec![(at - 4.0, BOTTOM - 7.0), (at, BOTTOM), (at + 4.0, BOTTOM - 7.0)], colour);
        } else {
            chart.dot(at, y.at(*change), 3.0, colour);
        }
    }
    chart.text(x.at(1.0), BOTTOM + 14.0, "1", TICK, Align::Centre);
    if blocks > 1 {
        chart.text(x.at(blocks as f64), BOTTOM + 14.0, blocks.to_string(), TICK, Align::Centre);
    }
    chart.height = BOTTOM + 28.0;
    Ok(chart)
}

/// From which change to which the axis goes, in per cent: an outlier must not flatten the others.
fn domain(changes: &[f64]) -> (f64, f64) {
    let middle = median(changes).unwrap_or(0.0);
    let (low, high) = (quantile(changes, 0.04).unwrap_or(middle), quantile(changes, 0.96).unwrap_or(middle));
    let (low, high) = (low.min(0.0), high.max(0.0));
    let air = (0.1 * (high - low)).max(0.5);
    ((low - air).max(-100.0), (high + air).min(1e6))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::compare;

    #[test]
    fn is_tidy_for_every_sample() {
        for comparison in [compare::compared(12), compare::compared_hostile()] {
            for findings in &comparison.findings {
                for index in 0..findings.benchmarks.len() {
                    if let Ok(chart) = blocks(&comparison, findings, index) {
                        chart.assert_tidy();
                    }
                }
            }
        }
        let nothing = compare::compared_nothing();
        assert!(matches!(blocks(&nothing, &nothing.findings[0], 0), Err(ChartError::Empty(_))));
        // Runs of two reports are not paired.
        let mut apart = compare::compared(1);
        apart.settings.interleaved = false;
        assert!(matches!(blocks(&apart, &apart.findings[0], 0), Err(ChartError::Empty(_))));
    }

    #[test]
    fn every_block_has_its_dot() {
        let comparison = compare::compared(1);
        let runs = comparison.sides[0].benchmarks[0].runs.len();
        let chart = blocks(&comparison, &comparison.findings[0], 0).unwrap();
        let marks = chart.marks.iter().filter(|mark| {
            matches!(mark, super::super::scene::Mark::Dot { .. } | super::super::scene::Mark::Polygon { .. })
        });
        assert_eq!(marks.count(), runs);
    }
}
