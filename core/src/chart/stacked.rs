//! Where the time went over the commits.

use super::axis::{Scale, difference_ticks};
use super::commit_axis::{CommitAxis, DATES, RELEASES, TICK};
use super::legend::{Entry, legend};
use super::palette::{LINE, MUTED, PhaseColours};
use super::scene::{Align, Chart, HEADING, MARGIN, Paint};
use super::text::shorten;
use super::{ChartError, WIDTH};
use crate::model::Unit;
use crate::phase::OUTSIDE;
use crate::text::clean;
use crate::text::format;

/// The parts of a metric over commits, the phases of a build for example. All values are in the unit's base: nanoseconds,
/// bytes, or a number.
#[derive(Clone, Debug)]
pub struct Stacked {
    /// What the values are of: a benchmark's id.
    pub name: String,
    /// What the values are: a metric's name.
    pub metric: String,
    /// The unit of all values.
    pub unit: Unit,
    /// The length of the axis: positions go from 0 to one less.
    pub positions: usize,
    /// The parts, from the bottom to the top.
    pub parts: Vec<Part>,
    /// What colours the phases have.
    pub colours: PhaseColours,
    /// Releases, in the order of their positions.
    pub releases: Vec<(usize, String)>,
    /// Labels of the axis, dates for example, in the order of their positions.
    pub ticks: Vec<(usize, String)>,
}

/// One part of every commit's value.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// A phase's name; `None` is what lies outside all phases.
    pub phase: Option<String>,
    /// The value at every position from 0 on; `None` where it was not measured.
    pub values: Vec<Option<f64>>,
}

const PLOT: (f64, f64) = (72.0, WIDTH - MARGIN);
const PLOT_HEIGHT: f64 = 220.0;
/// Between the diagonal lines of a hatched area, CSS pixels.
const HATCH: f64 = 7.0;

/// One measured commit: its position, and the heights of the stacked parts.
struct Column {
    position: usize,
    reach: Vec<f64>,
}

/// Draws the parts of a metric over commits as stacked areas, in the colours that phases have everywhere. Between commits
/// that were measured it is filled, as long as they are not far further apart than is usual for the series; beyond that
/// there is a gap.
///
/// # Errors
/// If there is no value.
pub fn stacked_phases(input: &Stacked) -> Result<Chart, ChartError> {
    let columns = columns(input);
    let highest = columns.iter().filter_map(|column| column.reach.last()).fold(0.0, |a: f64, b| a.max(*b));
    if columns.is_empty() {
        return Err(ChartError::Empty("nothing was measured"));
    }
    let mut chart = Chart::new(title(input, &columns), &input.name, WIDTH);
    let releases = if input.releases.is_empty() { 0.0 } else { RELEASES };
    let top = HEADING + 24.0 + releases;
    let bottom = top + PLOT_HEIGHT;
    let high = if highest > 0.0 { 1.05 * highest } else { 1.0 };
    let y = Scale::new(0.0, high, bottom, top);
    let ticks = difference_ticks(0.0, high, 5, input.unit);
    for (value, label) in ticks.values.iter().zip(&ticks.labels) {
        let at = y.at(*value);
        chart.rule((PLOT.0, at), (PLOT.1, at), if *value == 0.0 { MUTED } else { LINE });
        chart.text(PLOT.0 - 10.0, at, label.clone(), TICK, Align::Right);
    }
    let about = shorten(&input.metric, TICK.size, false, 500.0);
    let unit = if ticks.unit.is_empty() { String::new() } else { format!(", {}", ticks.unit) };
    chart.text(MARGIN, HEADING + 8.0, about + &unit, TICK, Align::Left);
    let axis = CommitAxis::new(input.positions, PLOT.0, PLOT.1);
    if !input.releases.is_empty() {
        axis.releases(&mut chart, top - 4.0, &input.releases);
    }
    axis.dates(&mut chart, bottom, &input.ticks);
    let far = farthest(&columns);
    for piece in columns.chunk_by(|a, b| b.position - a.position <= far) {
        areas(&mut chart, input, piece, &axis, &y);
    }
    let entries: Vec<Entry> = input.parts.iter().rev().map(|part| entry(input, part)).collect();
    let foot = bottom + DATES + 6.0;
    chart.height = foot + legend(&mut chart, (PLOT.0, foot), PLOT.1 - PLOT.0, &entries) + 4.0;
    Ok(chart)
}

/// The commits at which anything was measured. A part that a commit does not have has no height there.
fn columns(input: &Stacked) -> Vec<Column> {
    let value = |part: &Part, position: usize| {
        part.values.get(position).copied().flatten().filter(|value| value.is_finite() && *value >= 0.0)
    };
    let column = |position: usize| {
        let measured = input.parts.iter().any(|part| value(part, position).is_some());
        let reach = input.parts.iter().scan(0.0, |sum, part| {
            *sum += value(part, position).unwrap_or(0.0);
            Some(*sum)
        });
        measured.then(|| Column { position, reach: reach.collect() })
    };
    // A part can have fewer values than the axis has positions.
    let longest = input.parts.iter().map(|part| part.values.len()).max().unwrap_or(0);
    (0..input.positions.min(longest)).filter_map(column).collect()
}

/// How many positions apart two neighbours may be without a gap: three times the usual distance.
fn farthest(columns: &[Column]) -> usize {
    let mut distances: Vec<usize> = columns.windows(2).map(|pair| pair[1].position - pair[0].position).collect();
    distances.sort_unstable();
    3 * distances.get(distances.len() / 2).copied().unwrap_or(1)
}

/// The areas of one stretch without a gap. A stretch of one commit is as wide as its place.
fn areas(chart: &mut Chart, input: &Stacked, piece: &[Column], axis: &CommitAxis, y: &Scale) {
    let (Some(first), Some(last)) = (piece.first(), piece.last()) else { return };
    let thin = thinned(piece, axis);
    for (index, part) in input.parts.iter().enumerate() {
        let height =
            |column: &Column| column.reach[index] - index.checked_sub(1).map_or(0.0, |below| column.reach[below]);
        if piece.iter().all(|column| height(column) <= 0.0) {
            continue;
        }
        let swatch = input.colours.swatch(part.phase.as_deref());
        let floor = |column: &Column| y.at(index.checked_sub(1).map_or(0.0, |below| column.reach[below]));
        let mut edges: Vec<(f64, f64, f64)> =
            thin.iter().map(|column| (axis.at(column.position), y.at(column.reach[index]), floor(column))).collect();
        // From edge to edge of the outermost commits' places.
        edges.insert(0, (axis.before(first.position), y.at(first.reach[index]), floor(first)));
        edges.push((axis.before(last.position + 1), y.at(last.reach[index]), floor(last)));
        let upper = edges.iter().map(|(x, top, _)| (*x, *top));
        let lower = edges.iter().rev().map(|(x, _, bottom)| (*x, *bottom));
        chart.polygon(upper.chain(lower).collect(), swatch.rgb);
        if swatch.hatched {
            hatch(chart, &edges, Paint::faint(swatch.on(), 0.55));
        }
    }
}

/// Of every pixel's column only the first, the lowest and the highest sum: what the eye could see.
fn thinned<'a>(piece: &'a [Column], axis: &CommitAxis) -> Vec<&'a Column> {
    let pixel = |column: &Column| axis.at(column.position).floor();
    let total = |column: &&Column| column.reach.last().copied().unwrap_or(0.0);
    let groups = piece.chunk_by(|a, b| pixel(a) == pixel(b)).flat_map(|group| {
        let lowest = group.iter().min_by(|a, b| total(a).total_cmp(&total(b)));
        let highest = group.iter().max_by(|a, b| total(a).total_cmp(&total(b)));
        let mut kept: Vec<&Column> = group.first().into_iter().chain(lowest).chain(highest).collect();
        kept.sort_by_key(|column| column.position);
        kept.dedup_by_key(|column| column.position);
        kept
    });
    groups.collect()
}

/// Diagonal lines over an area, cut at its edges: `(x, top, bottom)`, in the order of x.
fn hatch(chart: &mut Chart, edges: &[(f64, f64, f64)], paint: Paint) {
    let (Some(first), Some(last)) = (edges.first(), edges.last()) else { return };
    let top = edges.iter().map(|edge| edge.1).fold(f64::INFINITY, f64::min);
    let bottom = edges.iter().map(|edge| edge.2).fold(f64::NEG_INFINITY, f64::max);
    // Between two edges the area's ends go straight.
    let inside = |x: f64, y: f64| {
        let next = edges.partition_point(|edge| edge.0 < x).clamp(1, edges.len() - 1);
        let (a, b) = (edges[next - 1], edges[next]);
        let part = if b.0 > a.0 { (x - a.0) / (b.0 - a.0) } else { 0.0 };
        y >= a.1 + part * (b.1 - a.1) && y <= a.2 + part * (b.2 - a.2)
    };
    let mut foot = first.0 + HATCH / 2.0;
    while foot < last.0 + (bottom - top) {
        // The line goes up to the left: from (foot, top) to (foot - height, bottom).
        let mut start: Option<(f64, f64)> = None;
        let mut end = None;
        let mut y = top;
        while y <= bottom + 1.0 {
            let x = foot - (y - top);
            if x >= first.0 && x <= last.0 && y <= bottom && inside(x, y) {
                start = start.or(Some((x, y)));
                end = Some((x, y));
            } else if let (Some(from), Some(to)) = (start.take(), end.take()) {
                chart.path(vec![from, to], 1.0, paint);
            }
            y += 1.0;
        }
        if let (Some(from), Some(to)) = (start, end) {
            chart.path(vec![from, to], 1.0, paint);
        }
        foot += HATCH;
    }
}

/// A part in the legend, with its newest value.
fn entry(input: &Stacked, part: &Part) -> Entry {
    let name = part.phase.as_deref().map_or_else(|| OUTSIDE.to_owned(), |phase| clean(phase).into_owned());
    let newest = part.values.iter().rev().flatten().find(|value| value.is_finite());
    let detail = newest.map_or_else(String::new, |value| format::value(*value, input.unit));
    Entry { name, detail, swatch: input.colours.swatch(part.phase.as_deref()) }
}

fn title(input: &Stacked, columns: &[Column]) -> String {
    let name = shorten(&input.name, 12.0, false, 500.0);
    let metric = shorten(&input.metric, 12.0, false, 500.0);
    let sum = |column: Option<&Column>| column.and_then(|column| column.reach.last()).copied().unwrap_or(0.0);
    let (from, to) = (format::value(sum(columns.first()), input.unit), format::value(sum(columns.last()), input.unit));
    let newest = columns.last().map(|column| column.position);
    let largest = input.parts.iter().max_by(|a, b| {
        let at = |part: &Part| newest.and_then(|at| part.values.get(at).copied().flatten()).unwrap_or(0.0);
        at(a).total_cmp(&at(b))
    });
    let most = largest.and_then(|part| part.phase.as_deref()).unwrap_or(OUTSIDE);
    let most = shorten(most, 12.0, false, 300.0);
    format!("{metric} of {name} by phase over {} commits: from {from} to {to}, most of it {most}", input.positions)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::chart) fn sample(positions: usize, names: &[&str]) -> Stacked {
        let part = |index: usize, name: &str| Part {
            phase: (!name.is_empty()).then(|| name.to_owned()),
            values: (0..positions)
                .map(|at| {
                    let gap = at * 10 / positions.max(1) == 6;
                    (!gap).then(|| 1e8 * (3 + index) as f64 + ((at * 7_919 + index) % 97) as f64 * 1e6)
                })
                .collect(),
        };
        let parts: Vec<Part> = names.iter().enumerate().map(|(index, name)| part(index, name)).collect();
        Stacked {
            name: "sway/std-only/debug".to_owned(),
            metric: "wall".to_owned(),
            unit: Unit::Nanoseconds,
            positions,
            colours: PhaseColours::of_names(names.iter().copied()),
            parts,
            releases: (0..20).map(|i| (i * positions / 20, format!("v0.{}.0", 40 + i))).collect(),
            ticks: (0..12).map(|i| (i * positions / 12, format!("2024-{:02}", i + 1))).collect(),
        }
    }

    pub(in crate::chart) const NAMES: [&str; 5] =
        ["compile to ast", "compile ast to ir", "compile ir to asm", "compile asm to bytecode", ""];

    #[test]
    fn is_tidy_for_every_sample() {
        let many: Vec<String> = (0..16).map(|i| format!("phase {i} </svg>\u{202E}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        for names in [&NAMES[..], &many, &["only"]] {
            for positions in [1, 2, 10, 700, 3_000] {
                let chart = stacked_phases(&sample(positions, names)).unwrap();
                chart.assert_tidy();
                assert!(!chart.to_inline_svg().unwrap().contains("</svg>\u{202E}"));
            }
        }
        let size = stacked_phases(&sample(700, &NAMES)).unwrap().to_inline_svg().unwrap().len();
        assert!(size < 80_000, "{size}");
    }

    #[test]
    fn what_was_not_measured_is_a_gap() {
        let polygons = |input: &Stacked| {
            let chart = stacked_phases(input).unwrap();
            chart.marks.iter().filter(|mark| matches!(mark, crate::chart::scene::Mark::Polygon { .. })).count()
        };
        assert_eq!(polygons(&sample(100, &NAMES)), 2 * NAMES.len());
        let mut whole = sample(100, &NAMES);
        for part in &mut whole.parts {
            part.values.iter_mut().for_each(|value| *value = value.or(Some(1e8)));
        }
        assert_eq!(polygons(&whole), NAMES.len());
        // Every third commit measured is no gap.
        for part in &mut whole.parts {
            part.values.iter_mut().enumerate().filter(|(at, _)| at % 3 != 0).for_each(|(_, value)| *value = None);
        }
        assert_eq!(polygons(&whole), NAMES.len());
        let mut nothing = sample(100, &NAMES);
        nothing.parts.iter_mut().for_each(|part| part.values.clear());
        assert!(matches!(stacked_phases(&nothing), Err(ChartError::Empty(_))));
    }

    #[test]
    fn a_title_tells_the_essence() {
        let title = stacked_phases(&sample(100, &NAMES)).unwrap().title().to_owned();
        assert!(title.starts_with("wall of sway/std-only/debug by phase over 100 commits: from 2."), "{title}");
        assert!(title.ends_with("most of it outside phases"), "{title}");
    }
}
