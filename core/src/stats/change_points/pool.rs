//! The distribution of the difference of two means under the series's own noise.

use statrs::function::erf::erfc;

/// Scores are cut off at this many standard deviations: at the smaller number outliers weigh little, at the larger one a few
/// distant points weigh much. Both are tried.
pub const CLIPS: [f64; 2] = [3.5, 8.0];
/// Places at which the distribution is kept, from end to end.
const PLACES: usize = 65;
/// The prior of the noise, in points: normal, but in one of ten cases three times as wide.
const PRIOR: f64 = 20.0;
const WIDER: (f64, f64) = (0.1, 3.0);
/// Newton steps at most; four to eight do.
const STEPS: usize = 40;

/// The distribution of scores that are cut off somewhere, on a grid.
pub struct Pool {
    clip: f64,
    shares: [f64; PLACES],
}

/// The standard normal distribution function.
pub fn normal(deviate: f64) -> f64 {
    0.5 * erfc(-deviate / std::f64::consts::SQRT_2)
}

impl Pool {
    /// Of these scores, cut off at `clip`, and of [`PRIOR`] more.
    pub fn new(clip: f64, scores: impl Iterator<Item = f64>) -> Self {
        let width = 2.0 * clip / (PLACES - 1) as f64;
        let prior = |score: f64| (1.0 - WIDER.0) * normal(score) + WIDER.0 * normal(score / WIDER.1);
        // The prior up to the middle between a place and the next.
        let up_to = |index: usize| if index + 1 < PLACES { prior((index as f64 + 0.5) * width - clip) } else { 1.0 };
        let mut shares: [f64; PLACES] =
            std::array::from_fn(|index| PRIOR * (up_to(index) - index.checked_sub(1).map_or(0.0, up_to)));
        let mut total = PRIOR;
        for score in scores {
            // Divided between the two places next to it, so that the mean is kept.
            let at = (score.clamp(-clip, clip) + clip) / width;
            let low = (at.floor() as usize).min(PLACES - 2);
            shares[low] += 1.0 - (at - low as f64);
            shares[low + 1] += at - low as f64;
            total += 1.0;
        }
        shares.iter_mut().for_each(|share| *share /= total);
        Self { clip, shares }
    }

    /// Where its scores are cut off.
    pub fn clip(&self) -> f64 {
        self.clip
    }

    /// The cumulant function ln E exp(`tilt`·score), and its first and second derivatives.
    fn cumulants(&self, tilt: f64) -> (f64, f64, f64) {
        let width = 2.0 * self.clip / (PLACES - 1) as f64;
        // The largest exponent is taken out, so that none overflows.
        let most = tilt.abs() * self.clip;
        let (mut zeroth, mut first, mut second) = (0.0, 0.0, 0.0);
        for (index, share) in self.shares.iter().enumerate() {
            let score = index as f64 * width - self.clip;
            let weight = share * (tilt * score - most).exp();
            zeroth += weight;
            first += weight * score;
            second += weight * score * score;
        }
        let mean = first / zeroth;
        (zeroth.ln() + most, mean, (second / zeroth - mean * mean).max(0.0))
    }

    /// −ln of Chernoff's bound of the chance that the mean of `after` scores exceeds that of `before` others by at least
    /// `difference`: the most of t·d − a·K(t/a) − b·K(−t/b), concave in t. 0 if the difference is not above 0.
    pub fn exponent(&self, before: f64, after: f64, difference: f64) -> f64 {
        if difference <= 0.0 {
            return 0.0;
        }
        // A difference at the edge of what is possible has its most at infinity, and nearly that here.
        let (mut low, mut high) = (0.0, 40.0 * f64::min(before, after));
        let negligible = 1e-6 * high;
        let (mut tilt, mut most) = (0.0, 0.0_f64);
        for _ in 0..STEPS {
            let up = self.cumulants(tilt / after);
            let down = self.cumulants(-tilt / before);
            most = most.max(tilt * difference - after * up.0 - before * down.0);
            let slope = difference - up.1 + down.1;
            let curvature = up.2 / after + down.2 / before;
            if slope > 0.0 {
                low = tilt
            } else {
                high = tilt
            }
            let newton = tilt + slope / curvature.max(1e-12);
            let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
            if (next - tilt).abs() < negligible {
                break;
            }
            tilt = next;
        }
        most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal_pool() -> Pool {
        // Quantiles of the normal distribution by bisection, enough to outweigh the prior.
        let quantile = |probability: f64| {
            let (mut low, mut high) = (-6.0, 6.0);
            for _ in 0..50 {
                let middle = 0.5 * (low + high);
                if normal(middle) < probability { low = middle } else { high = middle }
            }
            low
        };
        Pool::new(4.0, (0..5_000).map(|index| quantile((f64::from(index) + 0.5) / 5_000.0)))
    }

    #[test]
    fn normal_noise_has_the_exponent_of_the_normal_distribution() {
        let pool = normal_pool();
        for (before, after, difference) in [(20.0, 10.0, 1.0), (100.0, 4.0, 1.5), (7.5, 7.5, 0.8)] {
            let expected = difference * difference / (2.0 * (1.0 / before + 1.0 / after));
            let exponent = pool.exponent(before, after, difference);
            assert!((exponent / expected - 1.0).abs() < 0.03, "{exponent} {expected}");
        }
    }

    /// All that three scores of four different ones can be, against the bound.
    #[test]
    fn it_bounds_the_chance_and_not_by_far() {
        let pool = Pool::new(4.0, (0..100_000).map(|index| [-1.0, 0.0, 0.5, 3.0][index % 4]));
        for difference in [1.0, 2.0, 2.5, 3.9] {
            let mut hits = 0;
            for code in 0..4_usize.pow(6) {
                let score = |digit: u32| [-1.0, 0.0, 0.5, 3.0][code / 4_usize.pow(digit) % 4];
                let sum = |range: std::ops::Range<u32>| range.map(score).sum::<f64>() / 3.0;
                hits += usize::from(sum(3..6) - sum(0..3) >= difference - 1e-9);
            }
            let chance = f64::from(u32::try_from(hits).unwrap()) / 4096.0;
            let bound = (-pool.exponent(3.0, 3.0, difference)).exp();
            assert!(bound >= chance && bound < 12.0 * chance + 1e-4, "{difference}: {bound} {chance}");
        }
    }

    #[test]
    fn a_few_outliers_in_the_pool_make_runs_of_outliers_unremarkable() {
        let calm = Pool::new(4.0, (0..100).map(|index| f64::from(index % 5 - 2)));
        let wild = Pool::new(4.0, (0..100).map(|index| if index % 20 == 0 { 20.0 } else { f64::from(index % 5 - 2) }));
        let (calm, wild) = (calm.exponent(50.0, 3.0, 4.0), wild.exponent(50.0, 3.0, 4.0));
        assert!(calm > 14.0 && wild < 10.5, "{calm} {wild}");
        assert_eq!(normal_pool().exponent(3.0, 3.0, -1.0), 0.0);
    }
}
