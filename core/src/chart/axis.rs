//! Axes: positions of ticks, and how many points a line needs.

use crate::model::Unit;
use crate::text::change::sign;
use crate::text::format::{byte_unit, time_unit};

/// A linear map of `low..high` onto pixels from `start` to `end`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    start: f64,
    end: f64,
}

impl Scale {
    /// Maps `low..high` onto `start..end`. A range without width is widened.
    pub(super) fn new(low: f64, high: f64, start: f64, end: f64) -> Self {
        let low = if low.is_finite() { low } else { 0.0 };
        let high = if high.is_finite() && high > low { high } else { low + 1.0 };
        Self { low, high, start, end }
    }

    /// The pixel of a value; values outside are clamped to the edge.
    pub(super) fn at(&self, value: f64) -> f64 {
        let value = if value.is_finite() { value.clamp(self.low, self.high) } else { self.low };
        self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)
    }
}

/// An axis' ticks: the values and their labels, and the unit that the labels are in.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ticks {
    pub(super) values: Vec<f64>,
    pub(super) labels: Vec<String>,
    pub(super) unit: &'static str,
}

impl Ticks {
    /// The same with a sign in front of what is above 0 too, as changes have it.
    pub(super) fn signed(mut self) -> Self {
        for (value, label) in self.values.iter().zip(&mut self.labels).filter(|(value, _)| **value > 0.0) {
            label.insert_str(0, sign(*value));
        }
        self
    }
}

/// Ticks of a time axis from 0 to `high` nanoseconds.
pub(super) fn time_ticks(high: f64, about: usize) -> Ticks {
    let (unit, size) = time_unit(high.max(1.0));
    in_unit(0.0, high, about, unit, size)
}

/// Ticks of a size axis from 0 to `high` bytes.
pub(super) fn byte_ticks(high: f64, about: usize) -> Ticks {
    let (unit, size) = byte_unit(high.max(1.0));
    in_unit(0.0, high, about, unit, size)
}

/// Ticks of an axis of per cent, the values being per cent as well.
pub(super) fn percent_ticks(low: f64, high: f64, about: usize) -> Ticks {
    in_unit(low, high, about, "%", 1.0)
}

/// Ticks of an axis of differences from `low` to `high`, in the unit of a metric; large counts are in thousands, millions or
/// billions.
pub(super) fn difference_ticks(low: f64, high: f64, about: usize, unit: Unit) -> Ticks {
    let largest = low.abs().max(high.abs()).max(1.0);
    let (unit, size) = match unit {
        Unit::Nanoseconds => time_unit(largest),
        Unit::Bytes => byte_unit(largest),
        Unit::Count => count_unit(largest),
    };
    in_unit(low, high, about, unit, size)
}

/// The unit for counts up to this one.
pub(super) fn count_unit(largest: f64) -> (&'static str, f64) {
    let sizes = [("billions", 1e9), ("millions", 1e6), ("thousands", 1e3)];
    sizes.into_iter().find(|(_, size)| largest >= *size).unwrap_or(("", 1.0))
}

/// Round values (1, 2 or 5 times a power of ten, in the unit) from `low` to `high`, about as many as asked for.
fn in_unit(low: f64, high: f64, about: usize, unit: &'static str, size: f64) -> Ticks {
    let (low, high) = (low / size, high / size);
    let range = high - low;
    if !range.is_finite() || range <= 0.0 {
        return Ticks { values: vec![low * size], labels: vec![format!("{low:.0}")], unit };
    }
    let rough = range / about.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= rough * 0.999).unwrap_or(10.0 * power);
    // Enough decimals to distinguish ticks.
    let decimals = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    let values: Vec<f64> = (first..=last.min(first + 100)).map(|i| i as f64 * step).collect();
    // Not a real measurement, but a file can contain it.
    let label = |v: &f64| if v.abs() >= 1e9 { format!("{v:.1e}") } else { format!("{v:.decimals$}") };
    let labels = values.iter().map(|v| label(v).replace('-', "−")).collect();
    Ticks { values: values.iter().map(|v| v * size).collect(), labels, unit }
}

/// The line through `points` (pixels, in the order of x) with at most four points a column of `column` pixels: the first,
/// the lowest, the highest and the last. To the eye it is the same line, peaks included. Points on a straight line
/// between their neighbours are left out.
pub(super) fn decimate(points: &[(f64, f64)], column: f64) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::new();
    let mut start = 0;
    while start < points.len() {
        let bucket = (points[start].0 / column).floor();
        let mut end = start + 1;
        while end < points.len() && (points[end].0 / column).floor() == bucket {
            end += 1;
        }
        let group = &points[start..end];
        if group.len() <= 4 {
            kept.extend_from_slice(group);
        } else {
            let by_y = |a: &usize, b: &usize| group[*a].1.total_cmp(&group[*b].1);
            let lowest = (0..group.len()).min_by(by_y).unwrap_or(0);
            let highest = (0..group.len()).max_by(by_y).unwrap_or(0);
            let mut chosen = [0, lowest, highest, group.len() - 1];
            chosen.sort_unstable();
            kept.extend(
                chosen.iter().enumerate().filter(|(i, c)| *i == 0 || chosen[i - 1] != **c).map(|(_, c)| group[*c]),
            );
        }
        start = end;
    }
    straighten(&kept)
}

/// Leaves out the inner points of horizontal stretches.
fn straighten(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let same = |a: f64, b: f64| (a - b).abs() < 0.25;
    let mut kept: Vec<(f64, f64)> = Vec::with_capacity(points.len());
    for &point in points {
        if let [.., before, last] = kept[..]
            && same(before.1, last.1)
            && same(last.1, point.1)
        {
            kept.pop();
        }
        kept.push(point);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within() {
        let ticks = time_ticks(15_300_000.0, 6);
        assert_eq!((ticks.unit, ticks.labels.join(" ").as_str()), ("ms", "0 5 10 15"));
        assert_eq!(time_ticks(4.2e9, 5).labels, ["0", "1", "2", "3", "4"]);
        assert_eq!(time_ticks(0.7e9, 4).labels, ["0", "200", "400", "600"]);
        assert_eq!(byte_ticks(30.0 * 1_048_576.0, 3).labels, ["0", "10", "20", "30"]);
        assert_eq!(percent_ticks(-2.5, 7.0, 5).labels, ["−2", "0", "2", "4", "6"]);
        assert_eq!(percent_ticks(-0.2, 0.4, 4).labels, ["−0.2", "0.0", "0.2", "0.4"]);
        let ticks = difference_ticks(-1.5e6, 3e6, 4, Unit::Nanoseconds);
        assert_eq!((ticks.unit, ticks.labels.join(" ").as_str()), ("ms", "0 2"));
        assert_eq!(difference_ticks(0.0, 4e6, 4, Unit::Count).unit, "millions");
        for high in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MAX, 1e-300] {
            assert!(time_ticks(high, 5).values.len() <= 101);
        }
    }

    #[test]
    fn a_scale_holds_everything_inside() {
        let scale = Scale::new(0.0, 10.0, 100.0, 200.0);
        assert_eq!([scale.at(5.0), scale.at(-1.0), scale.at(11.0), scale.at(f64::NAN)], [150.0, 100.0, 200.0, 100.0]);
        let flat = Scale::new(3.0, 3.0, 0.0, 10.0);
        assert!(flat.at(3.0).is_finite());
    }

    #[test]
    fn decimation_keeps_the_peaks() {
        let mut points: Vec<(f64, f64)> = (0..10_000).map(|i| (i as f64 / 100.0, (i % 7) as f64)).collect();
        points[5_003].1 = 99.0;
        points[7_777].1 = -99.0;
        let thin = decimate(&points, 1.0);
        assert!(thin.len() <= 400, "{}", thin.len());
        assert!(thin.iter().any(|p| p.1 == 99.0) && thin.iter().any(|p| p.1 == -99.0));
        assert!(thin.windows(2).all(|w| w[0].0 <= w[1].0));
        assert_eq!((thin.first(), thin.last()), (points.first(), points.last()));
        assert_eq!(decimate(&[], 1.0), []);
        let flat: Vec<(f64, f64)> = (0..1000).map(|i| (i as f64, 5.0)).collect();
        assert_eq!(decimate(&flat, 1.0), [(0.0, 5.0), (999.0, 5.0)]);
    }
}
