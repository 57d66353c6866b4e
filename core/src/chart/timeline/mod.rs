//! The timeline of one run: its frames, with the phases named above and shaded behind them.

mod lanes;
mod panels;

use self::lanes::{lanes, legend_entries};
use self::panels::panels;
use super::axis::{Scale, time_ticks};
use super::legend::legend;
use super::palette::{LINE, MUTED, PhaseColours};
use super::scene::{Align, Chart, MARGIN, Paint, Style};
use super::text::shorten;
use super::{ChartError, WIDTH};
use crate::figures::{median_wall, span, typical_run};
use crate::model::{Benchmark, BenchmarkPhase, Measured, SerdeInstant};
use crate::text::counted;
use crate::text::format;

/// Where the axes of all panels begin and end.
const LEFT: f64 = 76.0;
const RIGHT: f64 = WIDTH - 24.0;
const TICK: Style = Style::new(11.0, MUTED);
const NOTE: Style = Style::new(12.0, MUTED);

/// The timeline of the run whose wall time is nearest to the benchmark's median.
pub fn timeline(measured: &Measured, colours: &PhaseColours) -> Result<Chart, ChartError> {
    let (index, run) = typical_run(measured).ok_or(ChartError::Empty("no run succeeded"))?;
    let wall = run.wall().map_or(format::MISSING.into(), format::duration);
    let median = median_wall(measured).map_or(format::MISSING.into(), format::nanoseconds);
    let runs = measured.runs.len();
    let subtitle = if runs == 1 {
        format!("the only run, {wall}")
    } else {
        format!("run {} of {runs}, {wall}: the one nearest to the median of {median}", index + 1)
    };
    timeline_of_run(run, &subtitle, colours)
}

/// The timeline of any run, which may have ended early; `subtitle` says which one it is.
pub fn timeline_of_run(run: &Benchmark, subtitle: &str, colours: &PhaseColours) -> Result<Chart, ChartError> {
    let (start, end) = span(run).ok_or(ChartError::Empty("the run has neither phases nor frames"))?;
    let long = end.duration_since(start).as_nanos() as f64;
    let clock = Clock { start, long, scale: Scale::new(0.0, long.max(1.0), LEFT, RIGHT) };

    let title = format!("Timeline of {}", shorten(&run.name, 12.0, false, 600.0));
    let mut chart = Chart::new(title, &run.name, WIDTH);
    let line = format!("{subtitle}; {}", counted(run.frames.len(), "frame"));
    chart.text(MARGIN, 38.0, shorten(&line, NOTE.size, false, WIDTH - 2.0 * MARGIN), NOTE, Align::Left);
    let entries = legend_entries(run, &clock, colours);
    let mut top = 54.0;
    top += legend(&mut chart, (MARGIN, top), WIDTH - 2.0 * MARGIN, &entries) + 10.0;

    top = lanes(&mut chart, run, &clock, colours, top);
    let shading = chart.marks.len();
    let bottom = panels(&mut chart, run, &clock, top);
    // Behind the panels, whose height is known now.
    let drawn = chart.marks.split_off(shading);
    shade(&mut chart, run, &clock, colours, (top, bottom));
    chart.marks.extend(drawn);

    let ticks = time_ticks(clock.long, 8);
    for (value, label) in ticks.values.iter().zip(&ticks.labels) {
        let x = clock.scale.at(*value);
        chart.rule((x, bottom), (x, bottom + 4.0), LINE);
        chart.text(x, bottom + 13.0, label, TICK, Align::Centre);
    }
    let unit = format!("time since the start, {}", ticks.unit);
    chart.text(RIGHT, bottom + 30.0, unit, TICK, Align::Right);
    chart.height = bottom + 42.0;
    Ok(chart)
}

/// Time of a run and its place on the common axis.
struct Clock {
    start: SerdeInstant,
    /// The run's wall time in nanoseconds.
    long: f64,
    scale: Scale,
}

impl Clock {
    /// The pixel of an instant.
    fn at(&self, instant: SerdeInstant) -> f64 {
        self.scale.at(instant.duration_since(self.start).as_nanos() as f64)
    }

    /// From where to where a phase lies, and whether it never ended; absent if it never started.
    fn phase(&self, phase: &BenchmarkPhase) -> Option<(f64, f64, bool)> {
        let start = self.at(phase.start_time?);
        match phase.end_time {
            Some(end) => Some((start, self.at(end).max(start), false)),
            None => Some((start, RIGHT, true)),
        }
    }
}

/// Shades the top-level phases over the full height, an unended one hatched.
fn shade(chart: &mut Chart, run: &Benchmark, clock: &Clock, colours: &PhaseColours, (top, bottom): (f64, f64)) {
    for phase in run.phases.iter().filter(|phase| phase.depth == 0) {
        let Some((start, end, open)) = clock.phase(phase) else { continue };
        let rgb = colours.swatch(Some(&phase.name)).rgb;
        // Thinner ones are invisible, and a build of a hundred packages has many.
        if end - start < 0.3 {
            continue;
        }
        let (at, size) = ((start, top), (end - start, bottom - top));
        if open {
            chart.rect(at, size, Paint::faint(rgb, 0.07));
            chart.hatch(at, size, Paint::faint(rgb, 0.25), 12.0);
        } else {
            chart.rect(at, size, Paint::faint(rgb, 0.16));
        }
    }
}

#[cfg(test)]
mod tests;
