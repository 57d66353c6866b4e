//! The lanes above the panels: packages, then the phases, a lane for each depth.

use super::{Clock, LEFT};
use crate::chart::legend::Entry;
use crate::chart::palette::{INK, MUTED, PhaseColours};
use crate::chart::scene::{Align, Chart, Paint, Style};
use crate::chart::text::shorten;
use crate::model::{Benchmark, BenchmarkPhase};
use crate::text::format;

/// Phases nested deeper share the last lane.
const DEEPEST: u32 = 5;
/// What a phase without an end says instead of its time.
const OPEN: &str = "never ended";
/// The shortest useful piece of a name.
const SHORTEST: f64 = 110.0;

/// Draws the lanes from `top` down, and returns their bottom.
pub(super) fn lanes(chart: &mut Chart, run: &Benchmark, clock: &Clock, colours: &PhaseColours, mut top: f64) -> f64 {
    let packages = packages(run, clock);
    if packages.len() > 1 {
        package_band(chart, &packages, top);
        top += 24.0;
    }
    let deepest = run.phases.iter().map(|phase| phase.depth.min(DEEPEST)).max();
    for depth in deepest.map(|deepest| 0..=deepest).into_iter().flatten() {
        let height = if depth == 0 { 20.0 } else { 14.0 };
        lane(chart, run.phases.iter().filter(|phase| phase.depth.min(DEEPEST) == depth), clock, colours, (top, height));
        top += height + 2.0;
    }
    top + 4.0
}

/// The phases of a run in the order of their first start, with the time that each took: the legend.
pub(super) fn legend_entries(run: &Benchmark, clock: &Clock, colours: &PhaseColours) -> Vec<Entry> {
    let mut sums: Vec<(&str, Option<f64>)> = Vec::new();
    for phase in &run.phases {
        if clock.phase(phase).is_none() {
            continue;
        }
        let wall = phase.wall().map(|wall| wall.as_nanos() as f64);
        match sums.iter_mut().find(|(name, _)| *name == phase.name) {
            Some((_, sum)) => *sum = sum.zip(wall).map(|(sum, wall)| sum + wall),
            None => sums.push((&phase.name, wall)),
        }
    }
    let entry = |(name, wall): (&str, Option<f64>)| Entry {
        name: name.to_owned(),
        detail: wall.map_or(OPEN.into(), format::nanoseconds),
        swatch: colours.swatch(Some(name)),
    };
    sums.into_iter().map(entry).collect()
}

/// One lane of phases; each is named where its name has room.
fn lane<'a>(
    chart: &mut Chart,
    phases: impl Iterator<Item = &'a BenchmarkPhase>,
    clock: &Clock,
    colours: &PhaseColours,
    (top, height): (f64, f64),
) {
    let size = if height > 16.0 { 11.0 } else { 10.0 };
    let mut bars: Vec<(f64, f64, bool, &str)> = phases
        .filter_map(|phase| clock.phase(phase).map(|(start, end, open)| (start, end, open, &*phase.name)))
        .collect();
    bars.sort_by(|a, b| a.0.total_cmp(&b.0));
    // The end of the previous bar; a name must not run under the next bar.
    let next: Vec<f64> = (0..bars.len()).map(|i| bars.get(i + 1).map_or(f64::INFINITY, |bar| bar.0)).collect();
    let mut last: Option<(f64, &str)> = None;
    for ((start, end, open, name), next) in bars.into_iter().zip(next) {
        let width = (end - start).max(0.5);
        // Many slivers of the same phase are drawn as one bar.
        if last.is_some_and(|(until, same)| width < 1.0 && same == name && start - until < 0.3) {
            continue;
        }
        last = Some((start + width, name));
        let swatch = colours.swatch(Some(name));
        let gap = if width > 3.0 { 0.5 } else { 0.0 };
        let (at, area) = ((start, top), (width - gap, height));
        if open {
            chart.rect(at, area, Paint::faint(swatch.rgb, 0.35));
            chart.hatch(at, area, swatch.rgb.into(), 6.0);
        } else {
            chart.bar(at, area, swatch);
        }
        let room = (end.min(next) - start) - 10.0;
        // Over a hatch, only ink on a plain ground can be read.
        let name = legible(name, size, room);
        let plain = open || swatch.hatched;
        let style = Style::new(size, if plain { INK } else { swatch.on() });
        if plain && !name.is_empty() {
            let ground = crate::chart::palette::SURFACE;
            chart.rect((start + 2.0, top + 1.0), (style.width(&name) + 6.0, height - 2.0), ground);
        }
        chart.text(start + 5.0, top + height / 2.0, name, style, Align::Left);
    }
}

/// The name in the room that there is, or nothing if too little of it would be left; the legend has it too.
fn legible(name: &str, size: f64, room: f64) -> String {
    let short = shorten(name, size, false, room);
    if room < SHORTEST && short.contains('…') && !name.contains('…') { String::new() } else { short }
}

/// Each compilation of a package: its name, and from where to where its phases reach.
fn packages<'a>(run: &'a Benchmark, clock: &Clock) -> Vec<(&'a str, f64, f64)> {
    let mut found: Vec<(&str, u32, f64, f64)> = Vec::new();
    for phase in &run.phases {
        let (Some(package), Some((start, end, _))) = (phase.package.as_deref(), clock.phase(phase)) else { continue };
        match found.iter_mut().find(|(name, pass, ..)| *name == package && *pass == phase.pass) {
            Some((_, _, from, to)) => (*from, *to) = (from.min(start), to.max(end)),
            None => found.push((package, phase.pass, start, end)),
        }
    }
    found.sort_by(|a, b| a.2.total_cmp(&b.2));
    found.into_iter().map(|(name, _, start, end)| (name, start, end)).collect()
}

/// A bracket over each package with its name, where there is room for it.
fn package_band(chart: &mut Chart, packages: &[(&str, f64, f64)], top: f64) {
    let style = Style::bold(11.0, INK);
    chart.text(LEFT - 8.0, top + 8.0, "package", Style::new(11.0, MUTED), Align::Right);
    for (index, (name, start, end)) in packages.iter().enumerate() {
        let next = packages.get(index + 1).map_or(f64::INFINITY, |package| package.1);
        let visible = end.min(next) - start;
        if visible > 2.0 {
            chart.rule((*start, top + 18.0), (end.min(next) - 1.0, top + 18.0), MUTED);
            chart.rule((start + 0.5, top + 14.0), (start + 0.5, top + 22.0), MUTED);
        }
        if visible >= 24.0 {
            chart.text(start + 3.0, top + 8.0, shorten(name, style.size, true, visible - 8.0), style, Align::Left);
        }
    }
}
