//! Which values the axis of a trend holds.

use super::TrendPoint;
use crate::model::Unit;

/// From which value to which an axis goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    pub(super) low: f64,
    pub(super) high: f64,
}

/// The range of some points. It begins at 0 where that costs no more than half of the height, else it is as wide as the
/// values need. A few outliers, such as a machine's hiccups, stay outside, so that they do not flatten the rest. `None`
/// without a point.
///
/// The dashboard's script (`trend.js`) has the same rules, for the part of the axis that it shows.
pub(super) fn range<'a>(points: impl Iterator<Item = &'a TrendPoint> + Clone, unit: Unit) -> Option<Range> {
    let sorted = |of: fn(&TrendPoint) -> f64| {
        let mut values: Vec<f64> = points.clone().map(of).filter(|value| value.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let medians = sorted(|point| point.median);
    let last = medians.len().checked_sub(1)?;
    // The hundredth part at either end may be outliers, and among few values one.
    let spare = if last < 7 { 0 } else { medians.len().div_ceil(100) };
    let (low, high) = (medians[spare], medians[last - spare]);
    let reach = (1.5 * (high - low)).max(0.5 * high.abs());
    let usable = |value: &&f64| **value >= low - reach && **value <= high + reach;
    let mut low = medians.iter().find(usable).copied().unwrap_or(low);
    let mut high = medians.iter().rfind(usable).copied().unwrap_or(high);
    // Nine of ten intervals fit as well, if they are not wild.
    let (lows, highs) = (sorted(|point| point.low), sorted(|point| point.high));
    let tenth = |values: &[f64]| values.len() / 10;
    if let Some(value) = lows.get(tenth(&lows)).filter(usable) {
        low = low.min(*value);
    }
    if let Some(value) = highs.get(highs.len().saturating_sub(1 + tenth(&highs))).filter(usable) {
        high = high.max(*value);
    }
    let least = if unit == Unit::Nanoseconds { 0.0 } else { 1.0 };
    if low >= 0.0 && low < 0.5 * high {
        return Some(Range { low: 0.0, high: 1.05 * high });
    }
    let air = (0.08 * (high - low)).max(0.03 * high.abs()).max(least);
    Some(Range { low: if low >= 0.0 { (low - air).max(0.0) } else { low - air }, high: high + air })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64]) -> (f64, f64) {
        let points: Vec<TrendPoint> = values.iter().map(|v| TrendPoint::exact(0, *v)).collect();
        let range = range(points.iter(), Unit::Nanoseconds).unwrap();
        (range.low, range.high)
    }

    #[test]
    fn zero_is_there_where_it_does_not_squash() {
        assert_eq!(of(&[40.0, 100.0]), (0.0, 105.0));
        let (low, high) = of(&[95.0, 100.0]);
        assert!(low > 90.0 && low < 95.0 && high > 100.0 && high < 105.0);
        assert_eq!(range([].iter(), Unit::Bytes), None);
        let flat = range([TrendPoint::exact(0, 28.0)].iter(), Unit::Bytes).unwrap();
        assert_eq!((flat.low, flat.high), (27.0, 29.0));
        let nothing = range([TrendPoint::exact(0, 0.0)].iter(), Unit::Nanoseconds).unwrap();
        assert!(nothing.low.is_finite() && nothing.high.is_finite());
    }

    #[test]
    fn an_outlier_does_not_press_the_others_flat() {
        let mut values: Vec<f64> = (0..60).map(|i| 100.0 + f64::from(i % 5)).collect();
        values[30] = 5_000.0;
        assert!(of(&values).1 < 120.0);
        // A new level is not an outlier.
        for value in &mut values[40..] {
            *value *= 4.0;
        }
        assert!(of(&values).1 > 400.0);
    }
}
