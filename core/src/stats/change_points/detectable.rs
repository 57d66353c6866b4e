//! The smallest change that is found.

use super::noise::{MOST_CORRELATION, effective};
use super::pool::{CLIPS, Pool, normal};
use super::segments::{SHORTEST, needed};
use super::{ChangeRules, SeriesNoise};

/// Points of the noise that are pooled: those within reach of a change.
const POOLED: usize = 120;
/// The most standard deviations that a change may need; more than two beyond make no difference.
const MOST: f64 = 3.0 * CLIPS[1];
/// The normal deviate of nine in ten.
const POWER: f64 = 1.281_552;
/// By how many standard errors the correlation may be estimated higher once there is a step. It also covers the uncertainty
/// of scale and place, so that nine in ten are found with several kinds of noise and lengths (`cargo bench --profile release --bench steps --
/// detectable`).
const MARGIN: f64 = 2.5;

/// The smallest change that is found at least nine times out of ten.
///
/// As a ratio above 1, with `before` and `after` points on its two sides in a series of `length` points, whose noise is
/// normal but for its correlation; `None` if no change of any size is found that often. It is the change whose tenth
/// percentile of the difference of mean scores still has the exponent that is needed.
pub fn detectable(noise: SeriesNoise, length: usize, before: usize, after: usize, rules: &ChangeRules) -> Option<f64> {
    if before.min(after) < SHORTEST || !(noise.sigma >= 0.0 && noise.correlation < 1.0) {
        return None;
    }
    let pooled = length.clamp(1, POOLED);
    let pools =
        CLIPS.map(|clip| Pool::new(clip, (0..pooled).map(|index| quantile((index as f64 + 0.5) / pooled as f64))));
    let correlation = f64::min(noise.correlation + MARGIN / (length as f64).sqrt(), MOST_CORRELATION);
    let (m, n) = (effective(before, correlation), effective(after, correlation));
    let needed = needed(length, rules.false_alarms);
    let is_found = |shift: f64| {
        pools.iter().any(|pool| {
            let (calm, moved) = (clipped(0.0, pool.clip()), clipped(shift, pool.clip()));
            let spread = (calm.1 / m + moved.1 / n).sqrt();
            pool.exponent(m, n, moved.0 - calm.0 - POWER * spread) >= needed
        })
    };
    let (mut low, mut high) = (0.0, MOST);
    if !is_found(high) {
        return None;
    }
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if is_found(middle) { high = middle } else { low = middle }
    }
    Some((high * noise.sigma).exp())
}

/// Mean and variance of a normal score about `shift`, cut off at `clip`.
fn clipped(shift: f64, clip: f64) -> (f64, f64) {
    let density = |deviate: f64| (-0.5 * deviate * deviate).exp() / std::f64::consts::TAU.sqrt();
    let (a, b) = (-clip - shift, clip - shift);
    let (below, above) = (normal(a), normal(-b));
    let inside = 1.0 - below - above;
    let mean = shift * inside + density(a) - density(b) + clip * (above - below);
    let square = (1.0 + shift * shift) * inside + (a + 2.0 * shift) * density(a) - (b + 2.0 * shift) * density(b)
        + clip * clip * (below + above);
    (mean, (square - mean * mean).max(0.0))
}

/// A quantile of the standard normal distribution.
fn quantile(probability: f64) -> f64 {
    let (mut low, mut high) = (-8.0, 8.0);
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if normal(middle) < probability { low = middle } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sigmas(noise: SeriesNoise, length: usize, before: usize, after: usize) -> Option<f64> {
        Some(detectable(noise, length, before, after, &ChangeRules::default())?.ln() / noise.sigma)
    }

    #[test]
    fn more_points_show_smaller_changes_and_correlation_hides_them() {
        let noise = SeriesNoise { sigma: 0.02, correlation: 0.0 };
        let long = sigmas(noise, 200, 100, 100).unwrap();
        // (√(2 ln(2 · 200 / 0.01)) + 1.28) · √(2/100) is 0.83 without correlation; its margin, 0.18, makes it 1.0.
        assert!(long > 0.95 && long < 1.15, "{long}");
        assert!(sigmas(noise, 200, 100, 10).unwrap() > 1.5 * long);
        assert!(sigmas(SeriesNoise { correlation: 0.5, ..noise }, 200, 100, 100).unwrap() > 1.5 * long);
        let short = sigmas(noise, 100, 97, 3).unwrap();
        assert!(short > 4.0 && short < 9.0, "{short}");
        assert_eq!(sigmas(noise, 100, 98, 2), None);
        assert_eq!(sigmas(SeriesNoise { correlation: 0.8, ..noise }, 3000, 4, 4), None);
    }

    #[test]
    fn the_moments_are_those_of_the_integral() {
        for shift in [0.0, 1.0, 3.5, 8.0] {
            let (mut mean, mut square) = (0.0, 0.0);
            for step in -8_000..8_000 {
                let deviate = (f64::from(step) + 0.5) / 1_000.0;
                let weight = (-0.5 * deviate * deviate).exp() / std::f64::consts::TAU.sqrt() / 1_000.0;
                let score = (deviate + shift).clamp(-4.0, 4.0);
                mean += weight * score;
                square += weight * score * score;
            }
            let (found, variance) = clipped(shift, 4.0);
            assert!((found - mean).abs() < 1e-5 && (variance - (square - mean * mean)).abs() < 1e-5, "{shift}");
        }
    }
}
