//! The distribution of every phase over the runs of one benchmark.

use super::axis::{Scale, percent_ticks};
use super::palette::{INK, LINE, MUTED, PhaseColours, Swatch, TRACK};
use super::scene::{Align, Chart, MARGIN, Paint, Style};
use super::text::{shorten, two_lines};
use super::{ChartError, WIDTH};
use crate::figures::{self, Values};
use crate::model::{Measured, Metric, PhaseSummary};
use crate::phase::{OUTSIDE, WHOLE_RUN};
use crate::stats::{median, quantile};
use crate::text::counted;
use crate::text::format;

const ROW: f64 = 36.0;
const LABEL: Style = Style::new(12.0, INK);
const FIGURE: Style = Style::new(12.0, INK);
const TICK: Style = Style::new(11.0, MUTED);
const HEADING: Style = Style::bold(11.0, INK);
const LONGEST_LABEL: f64 = 232.0;
/// The plot, between the names and the figures.
const PLOT: (f64, f64) = (280.0, 800.0);
/// Right edges of the columns of figures.
const MEDIAN_AT: f64 = 884.0;
const INTERVAL_AT: f64 = WIDTH - MARGIN;
/// The most rows; a line says how many lighter ones are left out.
const MOST_ROWS: usize = 40;
/// The most points in a row. Of more, every Nth of the sorted ones is drawn.
const MOST_POINTS: usize = 120;

/// One strip.
struct Strip {
    name: String,
    paint: Swatch,
    whole: bool,
    values: Vec<f64>,
    median: f64,
    low: f64,
    high: f64,
}

/// How the wall time of the whole and of every phase scatters over the runs: a dot a run, the median as a tick, the
/// median's interval as a bar, the heaviest phase first.
///
/// The axis is the deviation from the phase's own median in per cent, as phases of one benchmark differ by a factor of a
/// hundred or more: on a common axis of time all but the heaviest would be a dot, and an axis for each would hide which one
/// is noisy. The absolute medians stand at the right. The axis is as wide as the rows that matter need, those of one per
/// cent of the time and more; values beyond it are arrow heads at the edge, because the outliers of a phase of 20 µs must
/// not flatten the others.
pub fn distribution(measured: &Measured, colours: &PhaseColours) -> Result<Chart, ChartError> {
    let mut rows = rows(measured, colours);
    if rows.is_empty() {
        return Err(ChartError::Empty("no run succeeded"));
    }
    let left_out = rows.len().saturating_sub(MOST_ROWS);
    rows.truncate(MOST_ROWS);

    let title = format!("Distribution of {}", shorten(&measured.id, 12.0, false, 600.0));
    let mut chart = Chart::new(title, &measured.id, WIDTH);
    let subtitle = format!(
        "wall time over {}: a dot a run, a tick the median, a bar its interval",
        counted(measured.runs.len(), "run")
    );
    chart.text(MARGIN, 38.0, subtitle, Style::new(12.0, MUTED), Align::Left);

    let top = 64.0;
    chart.text(PLOT.0, top, "Deviation from the row's median, %", HEADING, Align::Left);
    chart.text(MEDIAN_AT, top, "median", HEADING, Align::Right);
    chart.text(INTERVAL_AT, top, "interval", HEADING, Align::Right);
    let (low, high) = domain(&rows);
    let scale = Scale::new(low, high, PLOT.0, PLOT.1);
    let first = top + 14.0;
    let bottom = first + rows.len() as f64 * ROW;
    let ticks = percent_ticks(low, high, 7).signed();
    for (value, label) in ticks.values.iter().zip(&ticks.labels) {
        let x = scale.at(*value);
        chart.rule((x, first), (x, bottom), if *value == 0.0 { MUTED } else { LINE });
        chart.text(x, bottom + 12.0, label, TICK, Align::Centre);
    }
    for (index, row) in rows.iter().enumerate() {
        strip(&mut chart, row, &scale, (low, high), first + index as f64 * ROW);
    }
    chart.height = bottom + 28.0;
    if left_out > 0 {
        let line = format!("and {left_out} lighter phases");
        chart.text(MARGIN, chart.height, line, Style::new(12.0, MUTED), Align::Left);
        chart.height += 16.0;
    }
    Ok(chart)
}

/// The whole first, then everything by its median, heaviest first.
fn rows(measured: &Measured, colours: &PhaseColours) -> Vec<Strip> {
    // The estimate of the tables, where it is of the same phase.
    let estimated = |values: &Values| match &values.phase {
        None => measured.estimate(Metric::Wall),
        Some(name) => {
            let phase = Some(name.as_str()).filter(|name| *name != OUTSIDE);
            let is_it = |row: &&PhaseSummary| row.phase.as_deref() == phase && Some(row.depth) == values.depth;
            measured.phases.iter().find(is_it).map(|row| &row.wall)
        }
    };
    let row = |values: Values| {
        let own = median(&values.values)?;
        let estimate = estimated(&values);
        let usable = estimate.filter(|e| [e.median, e.low, e.high].iter().all(|figure| figure.is_finite()));
        let edge = |part| quantile(&values.values, part).unwrap_or(own);
        let (median, low, high) = usable.map_or_else(|| (own, edge(0.0), edge(1.0)), |e| (e.median, e.low, e.high));
        let paint = match &values.phase {
            None => Swatch { rgb: INK, hatched: false },
            Some(name) => colours.swatch(Some(name.as_str()).filter(|name| *name != OUTSIDE)),
        };
        let name = values.phase.clone().unwrap_or_else(|| WHOLE_RUN.to_owned());
        Some(Strip { name, paint, whole: values.phase.is_none(), values: values.values, median, low, high })
    };
    let walls = figures::values_over_all(measured).into_iter().filter(|of| of.metric == Metric::Wall);
    let mut rows: Vec<Strip> = walls.filter_map(row).collect();
    // Without phases all of it would be outside them.
    if rows.iter().all(|row| row.whole || row.name == OUTSIDE) {
        rows.retain(|row| row.whole);
    }
    rows.sort_by(|a, b| b.whole.cmp(&a.whole).then(b.median.total_cmp(&a.median)).then_with(|| a.name.cmp(&b.name)));
    rows
}

impl Strip {
    fn deviation(&self, value: f64) -> f64 {
        if self.median > 0.0 { (value / self.median - 1.0) * 100.0 } else { 0.0 }
    }
}

/// From where to where the axis goes: nine tenths of the points of every row that matters, with some air, and zero.
fn domain(rows: &[Strip]) -> (f64, f64) {
    let heaviest = rows.iter().map(|row| row.median).fold(0.0, f64::max);
    let (mut low, mut high): (f64, f64) = (-1.0, 1.0);
    for row in rows.iter().filter(|row| row.median >= 0.01 * heaviest) {
        let deviations: Vec<f64> = row.values.iter().map(|value| row.deviation(*value)).collect();
        low = low.min(quantile(&deviations, 0.05).unwrap_or(0.0)).min(row.deviation(row.low));
        high = high.max(quantile(&deviations, 0.95).unwrap_or(0.0)).max(row.deviation(row.high));
    }
    // A deviation below -100 % does not exist; one above a few hundred is an outlier, whatever the row says.
    ((low * 1.12).max(-100.0), (high * 1.12).min(400.0))
}

fn strip(chart: &mut Chart, row: &Strip, scale: &Scale, (low, high): (f64, f64), top: f64) {
    let middle = top + ROW / 2.0;
    chart.rect((PLOT.0, middle - 11.0), (PLOT.1 - PLOT.0, 22.0), Paint::faint(TRACK, 0.7));
    chart.bar((MARGIN, middle - 11.0), (5.0, 22.0), row.paint);
    let style = if row.whole { Style::bold(12.0, INK) } else { LABEL };
    let lines = two_lines(&row.name, style.size, style.bold, LONGEST_LABEL);
    for (index, line) in lines.iter().enumerate() {
        let y = middle + (index as f64 - (lines.len() - 1) as f64 / 2.0) * 14.0;
        chart.text(MARGIN + 14.0, y, line, style, Align::Left);
    }

    // Below the dots the interval, over them the median.
    let (from, to) = (scale.at(row.deviation(row.low)), scale.at(row.deviation(row.high)));
    if row.values.len() > 1 {
        chart.rect((from, middle - 11.0), ((to - from).max(1.0), 22.0), Paint::faint(row.paint.rgb, 0.28));
    }
    let (mut under, mut over) = (0, 0);
    for (index, value) in thinned(&row.values).into_iter().enumerate() {
        let deviation = row.deviation(value);
        if deviation < low {
            under += 1;
        } else if deviation > high {
            over += 1;
        } else {
            // The golden ratio spreads neighbours apart, and the same way every time.
            let jitter = ((index as f64 * 0.618_033_988_75).fract() - 0.5) * 14.0;
            chart.dot(scale.at(deviation), middle + jitter, 2.5, Paint::faint(row.paint.rgb, 0.7));
        }
    }
    if under > 0 {
        arrow(chart, (PLOT.0 - 2.0, middle), -7.0, row.paint);
    }
    if over > 0 {
        arrow(chart, (PLOT.1 + 2.0, middle), 7.0, row.paint);
    }
    chart.rect((scale.at(0.0) - 1.0, middle - 13.0), (2.0, 26.0), INK);
    chart.text(MEDIAN_AT, middle, format::nanoseconds(row.median), FIGURE, Align::Right);
    if let Some(half) = format::half_width(row.values.len(), row.median, row.low, row.high) {
        chart.text(INTERVAL_AT, middle, half, TICK, Align::Right);
    }
}

/// An arrow head that points to values beyond the axis.
fn arrow(chart: &mut Chart, (x, y): (f64, f64), reach: f64, paint: Swatch) {
    chart.polygon(vec![(x, y - 6.0), (x + reach, y), (x, y + 6.0)], paint.rgb);
}

/// All values, or as many of the sorted ones as can be seen, the ends among them.
fn thinned(values: &[f64]) -> Vec<f64> {
    if values.len() <= MOST_POINTS {
        return values.to_vec();
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    (0..MOST_POINTS).map(|i| sorted[i * (sorted.len() - 1) / (MOST_POINTS - 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn is_tidy_for_every_sample() {
        let report = testing::report(12);
        let colours = PhaseColours::of(&report);
        for measured in &report.benchmarks {
            distribution(measured, &colours).unwrap().assert_tidy();
        }
        let report = testing::hostile();
        let colours = PhaseColours::of(&report);
        for measured in &report.benchmarks {
            if let Ok(chart) = distribution(measured, &colours) {
                chart.assert_tidy();
            }
        }
    }

    #[test]
    fn rows_are_sorted_the_whole_first() {
        let report = testing::report(1);
        let rows = rows(&report.benchmarks[0], &PhaseColours::of(&report));
        assert!(rows[0].whole && rows.iter().skip(1).all(|row| !row.whole));
        assert!(rows[1..].windows(2).all(|pair| pair[0].median >= pair[1].median));
        assert!(rows.iter().any(|row| row.name == OUTSIDE));
    }

    #[test]
    fn many_runs_stay_small() {
        let mut measured = testing::report(1).benchmarks.remove(0);
        let run = measured.runs[0].clone();
        measured.runs = vec![run; 2000];
        let svg = distribution(&measured, &PhaseColours::default()).unwrap().to_svg().unwrap();
        assert!(svg.len() < 100_000, "{}", svg.len());
    }

    #[test]
    fn an_outlier_does_not_press_the_others_flat() {
        let mut measured = testing::report(1).benchmarks.remove(0);
        let run = measured.runs.last_mut().unwrap();
        let start = run.start_time.unwrap().since_epoch();
        run.end_time = Some(crate::model::SerdeInstant::from_epoch(start + std::time::Duration::from_secs(60)));
        let rows = rows(&measured, &PhaseColours::default());
        assert!(domain(&rows).1 < 200.0);
        distribution(&measured, &PhaseColours::default()).unwrap().assert_tidy();
    }

    #[test]
    fn no_run_is_no_picture() {
        let mut measured = testing::report(1).benchmarks.remove(0);
        measured.runs.clear();
        assert!(matches!(distribution(&measured, &PhaseColours::default()), Err(ChartError::Empty(_))));
    }
}
