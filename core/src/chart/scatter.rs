//! Two metrics of many benchmarks against each other.

use super::axis::{Scale, difference_ticks};
use super::commit_axis::{LabelRow, TICK};
use super::marker::{LOOKS, look};
use super::palette::{INK, LINE};
use super::scene::{Align, Chart, HEADING, MARGIN, Style};
use super::text::shorten;
use super::{ChartError, WIDTH};
use crate::model::Unit;
use crate::text::format::{self, byte_unit, time_unit};

/// A benchmark in a plane of two metrics.
#[derive(Clone, Debug)]
pub struct ScatterPoint {
    /// What it is called.
    pub name: String,
    /// The value to the right, in the axis' base unit: nanoseconds, bytes, or a number.
    pub x: f64,
    /// The value upwards.
    pub y: f64,
    /// Which points belong together: those of a group look the same.
    pub group: String,
}

/// One of the two axes.
#[derive(Clone, Copy, Debug)]
pub struct ScatterAxis<'a> {
    /// What its values are: a metric's name.
    pub name: &'a str,
    /// Their unit.
    pub unit: Unit,
}

const PLOT: (f64, f64) = (72.0, WIDTH - 24.0);
const PLOT_HEIGHT: f64 = 380.0;
const LABEL: Style = Style::new(11.0, INK);
const RADIUS: f64 = 4.0;
/// A range of more than this multiple of its lowest value gets a logarithmic axis.
const WIDE: f64 = 30.0;
const LONGEST: f64 = 190.0;

/// Draws a point for every benchmark, with its name where there is room for it; an axis whose values differ by more than
/// thirty times is logarithmic, and says so.
///
/// # Errors
/// If no point has two finite values.
pub fn scatter(points: &[ScatterPoint], x: ScatterAxis<'_>, y: ScatterAxis<'_>) -> Result<Chart, ChartError> {
    let points: Vec<&ScatterPoint> = points.iter().filter(|point| point.x.is_finite() && point.y.is_finite()).collect();
    let across =
        Span::of(points.iter().map(|point| point.x)).ok_or(ChartError::Empty("no benchmark has both values"))?;
    let up = Span::of(points.iter().map(|point| point.y)).ok_or(ChartError::Empty("no benchmark has both values"))?;
    let title = format!(
        "{} against {} of {}: {} from {} to {}, {} from {} to {}",
        shorten(y.name, 12.0, false, 300.0),
        shorten(x.name, 12.0, false, 300.0),
        if points.len() == 1 { "1 benchmark".to_owned() } else { format!("{} benchmarks", points.len()) },
        shorten(x.name, 12.0, false, 300.0),
        format::value(across.least, x.unit),
        format::value(across.most, x.unit),
        shorten(y.name, 12.0, false, 300.0),
        format::value(up.least, y.unit),
        format::value(up.most, y.unit),
    );
    let mut chart = Chart::new(title, "", WIDTH);
    let top = HEADING + 24.0;
    let bottom = top + PLOT_HEIGHT;
    let (across_scale, up_scale) = (across.scale(PLOT), up.scale((bottom, top)));
    let unit = axis_up(&mut chart, &up, y.unit, &up_scale);
    chart.text(MARGIN, HEADING + 8.0, axis_name(y.name, unit, up.logarithmic, "↑"), TICK, Align::Left);
    let unit = axis_across(&mut chart, &across, x.unit, &across_scale, (top, bottom));
    chart.text(PLOT.1, bottom + 34.0, axis_name(x.name, unit, across.logarithmic, "→"), TICK, Align::Right);

    let mut groups: Vec<&str> = points.iter().map(|point| point.group.as_str()).collect();
    groups.sort_unstable();
    groups.dedup();
    let places: Vec<(f64, f64)> =
        points.iter().map(|point| (across_scale.at(across.place(point.x)), up_scale.at(up.place(point.y)))).collect();
    for (point, place) in points.iter().zip(&places) {
        let group = groups.iter().position(|group| *group == point.group).unwrap_or(0);
        look(group).draw(&mut chart, *place, RADIUS);
    }
    labels(&mut chart, &points, &places, (top, bottom));
    chart.height = if groups.len() > 1 { key(&mut chart, &groups, bottom + 46.0) } else { bottom + 46.0 } + 4.0;
    Ok(chart)
}

/// The values of an axis.
struct Span {
    least: f64,
    most: f64,
    logarithmic: bool,
}

impl Span {
    fn of(values: impl Iterator<Item = f64> + Clone) -> Option<Self> {
        let least = values.clone().reduce(f64::min)?;
        let most = values.reduce(f64::max)?;
        Some(Self { least, most, logarithmic: least > 0.0 && most / least > WIDE })
    }

    /// A value as the scale takes it.
    fn place(&self, value: f64) -> f64 {
        if self.logarithmic { value.log10() } else { value }
    }

    /// Where the axis begins and ends, as the scale takes it.
    fn ends(&self) -> (f64, f64) {
        let (least, most) = (self.place(self.least), self.place(self.most));
        if self.logarithmic {
            let air = 0.05 * (most - least);
            return (least - air, most + air);
        }
        let (low, high) = (least.min(0.0), most.max(0.0));
        let air = 0.06 * (high - low);
        (if low < 0.0 { low - air } else { low }, if high > low { high + air } else { low + 1.0 })
    }

    fn scale(&self, (start, end): (f64, f64)) -> Scale {
        let (low, high) = self.ends();
        Scale::new(low, high, start, end)
    }

    /// Ticks and their labels, and the unit where the labels have none themselves.
    fn ticks(&self, unit: Unit, about: usize) -> (Vec<(f64, String)>, &'static str) {
        let (low, high) = self.ends();
        if self.logarithmic {
            return (log_ticks(low, high, unit, about), "");
        }
        let ticks = difference_ticks(low, high, about, unit);
        (ticks.values.into_iter().zip(ticks.labels).collect(), ticks.unit)
    }
}

/// Round values of a logarithmic axis between two powers of ten: of bytes powers of two, of everything else 1, 2 and 5 of
/// every power, or fewer of these, to get about the requested number.
fn log_ticks(low: f64, high: f64, unit: Unit, about: usize) -> Vec<(f64, String)> {
    let within = |value: &f64| value.log10() >= low && value.log10() <= high;
    let powers = |base: f64, step: i32| -> Vec<f64> {
        let first = (low / base.log10()).floor() as i32;
        let last = (high / base.log10()).ceil() as i32;
        (first..=last).filter(|power| power % step == 0).map(|power| base.powi(power)).filter(within).collect()
    };
    let tens = |of: &[f64]| -> Vec<f64> {
        let (first, last) = (low.floor() as i32, high.ceil() as i32);
        (first..=last).flat_map(|power| of.iter().map(move |m| m * 10f64.powi(power))).filter(within).collect()
    };
    let choices = match unit {
        Unit::Bytes => vec![powers(2.0, 1), powers(2.0, 2), powers(2.0, 4), powers(2.0, 10)],
        _ => vec![tens(&[1.0, 2.0, 5.0]), tens(&[1.0, 3.0]), tens(&[1.0]), powers(10.0, 3)],
    };
    let least = choices.last().cloned().unwrap_or_default();
    let chosen = choices.into_iter().find(|ticks| ticks.len() <= about * 3 / 2).unwrap_or(least);
    chosen.into_iter().map(|value| (value, tick_label(value, unit))).collect()
}

/// A round value with its unit, without useless digits: `20 ms`, `0.5 s`.
fn tick_label(value: f64, unit: Unit) -> String {
    let (unit, size) = match unit {
        Unit::Nanoseconds => time_unit(value),
        Unit::Bytes => byte_unit(value),
        Unit::Count => return format::count(value),
    };
    let digits = format::three_digits(value / size);
    let digits = if digits.contains('.') && !digits.contains('e') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        &digits
    };
    format!("{digits} {unit}")
}

fn axis_name(name: &str, unit: &str, logarithmic: bool, arrow: &str) -> String {
    let unit = if unit.is_empty() { String::new() } else { format!(", {unit}") };
    let name = shorten(name, TICK.size, false, 300.0);
    format!("{name}{unit}{} {arrow}", if logarithmic { ", logarithmic" } else { "" })
}

fn axis_up(chart: &mut Chart, span: &Span, unit: Unit, scale: &Scale) -> &'static str {
    let (ticks, unit) = span.ticks(unit, 8);
    for (value, label) in ticks {
        let y = scale.at(span.place(value));
        chart.rule((PLOT.0, y), (PLOT.1, y), LINE);
        chart.text(PLOT.0 - 8.0, y, shorten(&label, TICK.size, false, PLOT.0 - 10.0), TICK, Align::Right);
    }
    unit
}

fn axis_across(chart: &mut Chart, span: &Span, unit: Unit, scale: &Scale, (top, bottom): (f64, f64)) -> &'static str {
    let (ticks, unit) = span.ticks(unit, 9);
    let mut row = LabelRow::new(0.0, WIDTH);
    for (value, label) in ticks {
        let x = scale.at(span.place(value));
        chart.rule((x, top), (x, bottom), LINE);
        if let Some(middle) = row.place(x, TICK.width(&label)) {
            chart.text(middle, bottom + 13.0, label, TICK, Align::Centre);
        }
    }
    chart.rule((PLOT.0, bottom), (PLOT.1, bottom), LINE);
    unit
}

/// Names beside their points, as many as have room: to the right, to the left, above or below. Isolated points come first,
/// because their names are the interesting ones.
fn labels(chart: &mut Chart, points: &[&ScatterPoint], places: &[(f64, f64)], (top, bottom): (f64, f64)) {
    let nearest = |index: usize| {
        let (x, y) = places[index];
        let others = places.iter().enumerate().filter(|(other, _)| *other != index);
        others.map(|(_, place)| (place.0 - x).hypot(place.1 - y)).fold(f64::INFINITY, f64::min)
    };
    let mut order: Vec<(usize, f64)> = (0..points.len()).map(|index| (index, nearest(index))).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let reach = RADIUS + 2.0;
    let mut taken: Vec<[f64; 4]> =
        places.iter().map(|(x, y)| [x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS]).collect();
    for (index, _) in order {
        let (x, y) = places[index];
        let name = shorten(&points[index].name, LABEL.size, false, LONGEST);
        let (width, half) = (LABEL.width(&name), 0.6 * LABEL.size);
        let lefts = [
            (x + reach, y),
            (x - reach - width, y),
            (x - width / 2.0, y - reach - half),
            (x - width / 2.0, y + reach + half),
        ];
        let free = lefts.into_iter().find(|(left, middle)| {
            let own = [*left, middle - half, left + width, middle + half];
            let inside = own[0] >= PLOT.0 && own[2] <= WIDTH && own[1] >= top && own[3] <= bottom;
            inside && taken.iter().all(|b| own[2] < b[0] || b[2] < own[0] || own[3] < b[1] || b[3] < own[1])
        });
        if let Some((left, middle)) = free {
            taken.push([left, middle - half, left + width, middle + half]);
            chart.text(left, middle, name, LABEL, Align::Left);
        }
    }
}

/// The legend of the groups; returns its bottom.
fn key(chart: &mut Chart, groups: &[&str], top: f64) -> f64 {
    let (mut x, mut y) = (PLOT.0, top);
    let more = groups.len().saturating_sub(LOOKS);
    for (index, group) in groups.iter().take(LOOKS).enumerate() {
        let group = if group.is_empty() { "no group" } else { group };
        let name = shorten(group, LABEL.size, false, 240.0);
        let width = 14.0 + LABEL.width(&name);
        if x > PLOT.0 && x + width > PLOT.1 {
            (x, y) = (PLOT.0, y + 18.0);
        }
        look(index).draw(chart, (x + 4.0, y + 9.0), RADIUS);
        chart.text(x + 14.0, y + 9.0, name, LABEL, Align::Left);
        x += width + 18.0;
    }
    if more > 0 {
        y += 18.0;
        chart.text(PLOT.0, y + 9.0, format!("and {more} more groups, which look like these"), TICK, Align::Left);
    }
    y + 18.0
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::chart) const TIME: ScatterAxis<'static> = ScatterAxis { name: "wall", unit: Unit::Nanoseconds };
    pub(in crate::chart) const SIZE: ScatterAxis<'static> = ScatterAxis { name: "bytecode size", unit: Unit::Bytes };

    pub(in crate::chart) fn sample(count: usize, spread: f64) -> Vec<ScatterPoint> {
        let mut random = fastrand::Rng::with_seed(3);
        let point = |index: usize| {
            let size = spread.powf(random.f64());
            ScatterPoint {
                name: format!("group-{}/project-{index}/debug", index % 5),
                x: 2e7 * size * (0.6 + random.f64()),
                y: 900.0 * size,
                group: format!("group-{}", index % 5),
            }
        };
        (0..count).map(point).collect()
    }

    #[test]
    fn is_tidy_for_every_sample() {
        for count in [1, 2, 14, 60, 400] {
            for spread in [1.0, 5.0, 300.0, 1e6] {
                scatter(&sample(count, spread), TIME, SIZE).unwrap().assert_tidy();
                scatter(&sample(count, spread), SIZE, ScatterAxis { name: "n", unit: Unit::Count })
                    .unwrap()
                    .assert_tidy();
            }
        }
        let mut hostile = sample(30, 1e3);
        for (index, point) in hostile.iter_mut().enumerate() {
            point.name = format!("</svg><script>\u{202E}{}", "x".repeat(index * 40));
            point.group = format!("\"'&<{index}");
        }
        (hostile[0].x, hostile[1].y, hostile[2].x, hostile[3].y) = (f64::NAN, f64::INFINITY, 0.0, -5.0);
        hostile[4].x = 1e300;
        let chart = scatter(&hostile, TIME, SIZE).unwrap();
        chart.assert_tidy();
        assert!(!chart.to_inline_svg().unwrap().contains("<script"));
        assert!(matches!(scatter(&hostile[..2], TIME, SIZE), Err(ChartError::Empty(_))));
    }

    #[test]
    fn wide_ranges_are_logarithmic() {
        let texts = |spread| {
            let chart = scatter(&sample(40, spread), TIME, SIZE).unwrap();
            chart.text_boxes().iter().map(|text| text.4.to_owned()).collect::<Vec<_>>().join("|")
        };
        assert!(texts(1e3).contains("bytecode size, logarithmic ↑") && texts(1e3).contains("|100 ms|"));
        assert!(!texts(4.0).contains("logarithmic"));
        assert_eq!(tick_label(5e8, Unit::Nanoseconds), "500 ms");
        assert_eq!(tick_label(65_536.0, Unit::Bytes), "64 KiB");
        assert_eq!(tick_label(2e6, Unit::Count), "2,000,000");
    }

    #[test]
    fn points_apart_have_their_names() {
        let chart = scatter(&sample(9, 300.0), TIME, SIZE).unwrap();
        let texts: Vec<String> = chart.text_boxes().iter().map(|text| text.4.to_owned()).collect();
        assert!(texts.iter().filter(|text| text.contains("project-")).count() >= 7, "{texts:?}");
    }
}
