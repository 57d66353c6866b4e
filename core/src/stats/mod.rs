//! Statistics of small, skewed samples: deterministic pure functions of numbers.
//!
//! Wall times of a compiler are bounded below and have a long tail above, so the figures here are robust against a few
//! outliers: medians, their distribution-free intervals, and interquartile ranges.
//!
//! [`judge`](fn@judge) decides whether one compiler is slower than another, for all figures of a comparison at once. The
//! method is described there, and `cargo bench --profile release --bench verdicts` measures its error rates. [`change_points`] finds the
//! commit since which it is slower, from one median per commit; see `cargo bench --profile release --bench steps`.

mod change_points;
mod family;
mod judge;
mod looks;
mod signed_rank;
mod spread;

pub use change_points::{
    ChangePoint, ChangeRules, Changes, Event, Persistence, Point, SeriesChange, SeriesNoise, change_points, detectable,
    group_steps,
};
pub use family::{Rejections, holm, step_up};
pub use judge::{Case, FEWEST_STEADY, FEWEST_TIMES, Judgement, Noise, RANKS_FROM, Role, Rules, Sample, Values, judge};
pub use looks::{FEWEST, Looks, declare_looks};

use crate::model::Estimate;
pub use crate::model::Verdict;

/// The requested confidence of intervals.
pub const CONFIDENCE: f64 = 0.95;

/// The estimate of a sample; `None` if it is empty or has a NaN.
///
/// The interval is the one between two order statistics that covers the true median with at least [`CONFIDENCE`], whatever
/// the distribution (the inverted sign test: Conover, *Practical Nonparametric Statistics*, 3rd ed., § 3.2). A sample of
/// fewer than six cannot reach that: its interval is its range, and the estimate has the actual confidence.
pub fn estimate(sample: &[f64]) -> Option<Estimate> {
    let sorted = sorted(sample)?;
    let count = sorted.len();
    let (rank, confidence) = median_interval(count);
    let (first, last) = (*sorted.first()?, *sorted.last()?);
    let median = of_sorted(&sorted, 0.5);
    let range = of_sorted(&sorted, 0.75) - of_sorted(&sorted, 0.25);
    Some(Estimate {
        count,
        median,
        low: *sorted.get(rank)?,
        high: *sorted.get(count - 1 - rank)?,
        confidence,
        min: first,
        max: last,
        spread: (median != 0.0).then(|| range / median.abs()),
    })
}

/// The median of a sample; `None` if it is empty or has a NaN.
pub fn median(sample: &[f64]) -> Option<f64> {
    Some(of_sorted(&sorted(sample)?, 0.5))
}

fn sorted(sample: &[f64]) -> Option<Vec<f64>> {
    if sample.is_empty() || sample.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some(sorted)
}

/// The quantile at `probability` (0 to 1) of a sample, linear between order statistics (type 7 of Hyndman and Fan 1996);
/// `None` if it is empty or has a NaN.
pub fn quantile(sample: &[f64], probability: f64) -> Option<f64> {
    Some(of_sorted(&sorted(sample)?, probability.clamp(0.0, 1.0)))
}

/// The quantile of a sorted sample that is not empty.
fn of_sorted(sorted: &[f64], probability: f64) -> f64 {
    let position = probability * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}

/// How many order statistics at either end lie outside the median's interval, and the confidence of what remains.
fn median_interval(count: usize) -> (usize, f64) {
    // The number of values below the true median is binomial with p = 1/2. Its lower tail is summed until one more term
    // would exceed half of the accepted error.
    let mut term = 0.5f64.powi(i32::try_from(count).unwrap_or(i32::MAX));
    if term == 0.0 {
        return large_median_interval(count);
    }
    let mut tail = term;
    let mut rank = 0;
    while rank + 1 < count / 2 + count % 2 {
        let next = term * (count - rank) as f64 / (rank + 1) as f64;
        if tail + next > (1.0 - CONFIDENCE) / 2.0 {
            break;
        }
        rank += 1;
        term = next;
        tail += term;
    }
    (rank, 1.0 - 2.0 * tail)
}

/// The same by the normal approximation, for samples of more than a thousand.
fn large_median_interval(count: usize) -> (usize, f64) {
    const Z: f64 = 1.959_964;
    let count = count as f64;
    (((count - Z * count.sqrt()) / 2.0).floor().max(0.0) as usize, CONFIDENCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_tables() {
        // Conover, table A3, and any text on the sign test: n = 10 leaves out one value at either end, 97.85 %.
        let sample: Vec<f64> = (1..=10).map(f64::from).collect();
        let estimate = estimate(&sample).unwrap();
        assert_eq!((estimate.median, estimate.low, estimate.high), (5.5, 2.0, 9.0));
        assert!((estimate.confidence - 0.978_515_625).abs() < 1e-12);
        assert_eq!(median_interval(6), (0, 0.96875));
        assert_eq!(median_interval(20).0, 5);
        assert_eq!(median_interval(100).0, 39);
    }

    #[test]
    fn a_small_sample_says_how_little_it_knows() {
        let three = estimate(&[3.0, 1.0, 2.0]).unwrap();
        assert_eq!((three.low, three.high, three.confidence), (1.0, 3.0, 0.75));
        let one = estimate(&[7.0]).unwrap();
        assert_eq!((one.median, one.low, one.high, one.confidence, one.spread), (7.0, 7.0, 7.0, 0.0, Some(0.0)));
        assert_eq!(estimate(&[]), None);
        assert_eq!(estimate(&[1.0, f64::NAN]), None);
    }

    #[test]
    fn the_two_ways_to_an_interval_agree_where_they_meet() {
        let exact = median_interval(1000).0 as i64;
        let approximate = large_median_interval(1000).0 as i64;
        assert!((exact - approximate).abs() <= 1);
        assert!(median_interval(5000).0 > 2400);
    }

    #[test]
    fn the_spread_is_the_interquartile_range_over_the_median() {
        assert_eq!(estimate(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap().spread, Some(2.0 / 3.0));
        assert_eq!(estimate(&[0.0, 0.0]).unwrap().spread, None);
    }
}
