use serde::Serialize;

use super::rank_sum::RankSum;
use super::signed_rank::Walsh;

/// By which factor one sample lies above another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Shift {
    /// The ratio, new over old.
    pub ratio: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end of its interval.
    pub high: f64,
    /// Two-sided p-value of the claim that there is a shift at all.
    pub p_value: f64,
}

impl Shift {
    /// Whether the whole interval lies on one side of 1, and the ratio at least `threshold` (a fraction) away from it.
    pub fn is_beyond(&self, threshold: f64) -> bool {
        (self.low > 1.0 || self.high < 1.0) && (self.ratio - 1.0).abs() >= threshold
    }
}

/// The ratio of `new` to `old`, two samples of positive numbers that were not measured in pairs, by the rank-sum test on
/// logarithms, with the interval of this `confidence`.
///
/// `None` if either sample has fewer than four values or a value that is not positive.
pub fn unpaired_shift(old: &[f64], new: &[f64], confidence: f64) -> Option<Shift> {
    let sum = RankSum::new(&logarithms(old)?, &logarithms(new)?);
    Some(shift_of(sum.estimate()?, sum.limits((1.0 - confidence) / 2.0), (sum.p_above(0.0), sum.p_below(0.0))))
}

/// The ratio of `new` to `old`, of which those of one number were measured together, by the signed-rank test on
/// logarithms, with the interval of this `confidence`.
///
/// `None` if there are fewer than four pairs or a value is not positive.
pub fn paired_shift(old: &[f64], new: &[f64], confidence: f64) -> Option<Shift> {
    let (old, new) = (logarithms(old)?, logarithms(new)?);
    let differences: Vec<f64> = old.iter().zip(&new).map(|(old, new)| new - old).collect();
    let walsh = Walsh::new(&differences);
    Some(shift_of(walsh.estimate()?, walsh.limits((1.0 - confidence) / 2.0), (walsh.p_above(0.0), walsh.p_below(0.0))))
}

fn shift_of(estimate: f64, (low, high): (f64, f64), (above, below): (f64, f64)) -> Shift {
    let p_value = (2.0 * f64::min(above, below)).min(1.0);
    Shift { ratio: estimate.exp(), low: low.exp(), high: high.exp(), p_value }
}

/// Fewer values of either side have no shift.
pub const FEWEST: usize = 4;

fn logarithms(sample: &[f64]) -> Option<Vec<f64>> {
    let usable = sample.len() >= FEWEST && sample.iter().all(|value| value.is_finite() && *value > 0.0);
    usable.then(|| sample.iter().map(|value| value.ln()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shift(old: &[f64], new: &[f64]) -> Option<Shift> {
        unpaired_shift(old, new, 0.99)
    }

    /// `count` values that spread by ±1 % around `centre`.
    fn around(centre: f64, count: usize) -> Vec<f64> {
        (0..count).map(|i| centre * (0.99 + 0.02 * ((i * 7) % count) as f64 / (count - 1) as f64)).collect()
    }

    #[test]
    fn a_clear_change_is_beyond_the_noise() {
        let shift = shift(&around(100.0, 12), &around(105.0, 12)).unwrap();
        assert!((shift.ratio - 1.05).abs() < 0.003, "{shift:?}");
        assert!(shift.low > 1.0 && shift.is_beyond(0.01) && !shift.is_beyond(0.10));
        // Apart in full: of the orders of 24 values, two in C(24, 12).
        assert!((shift.p_value - 2.0 / 2_704_156.0).abs() < 1e-12, "{shift:?}");
    }

    #[test]
    fn the_same_sample_twice_is_no_change() {
        let shift = shift(&around(100.0, 12), &around(100.0, 12)).unwrap();
        assert!((shift.ratio - 1.0).abs() < 1e-9 && !shift.is_beyond(0.0) && shift.p_value > 0.9, "{shift:?}");
    }

    #[test]
    fn one_outlier_moves_nothing() {
        let mut new = around(100.0, 12);
        new[3] = 900.0;
        assert!(!shift(&around(100.0, 12), &new).unwrap().is_beyond(0.01));
    }

    #[test]
    fn too_little_says_nothing() {
        assert_eq!(shift(&[1.0, 2.0, 3.0], &[1.0; 9]), None);
        assert_eq!(shift(&[0.0; 9], &[1.0; 9]), None);
    }

    #[test]
    fn pairs_show_what_their_common_noise_hides() {
        let noise: Vec<f64> = (0..12).map(|i| 100.0 * (1.0 + f64::from(i * 5 % 12) / 4.0)).collect();
        // Two per cent more, and a little of its own.
        let new: Vec<f64> =
            noise.iter().enumerate().map(|(i, value)| value * (1.02 + 0.002 * (i % 3) as f64)).collect();
        let paired = paired_shift(&noise, &new, 0.99).unwrap();
        assert!(paired.low > 1.015 && paired.high < 1.03, "{paired:?}");
        assert!(!shift(&noise, &new).unwrap().is_beyond(0.01));
        assert_eq!(paired_shift(&noise[..3], &new[..3], 0.99), None);
    }
}
