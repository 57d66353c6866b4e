//! The noise of a series around its levels, without knowledge of the changes.

use super::{Logs, SeriesNoise};

/// The share of the smallest differences that are used: larger ones may be outliers or changes.
const KEPT: f64 = 0.75;
/// The mean of the smallest three quarters of a standard normal variable's absolute values.
const CONSISTENCY: f64 = 0.514_9;
/// The least standard deviation, one in a million: figures that do not vary at all have none.
const FLOOR: f64 = 1e-6;
/// The largest accepted correlation. A series with more is a random walk, without levels.
pub const MOST_CORRELATION: f64 = 0.8;
/// Points over which the standard deviation is averaged where there are more.
const WINDOW: usize = 200;
/// The shortest segment whose scores are used to estimate the correlation.
const SHORTEST: usize = 5;
/// How many standard errors, 1/√n, are added to the correlation of residuals, and to that of differences, whose
/// standard error is about twice as large.
const MARGINS: (f64, f64) = (1.0, 2.5);
/// The prior of the correlation, in points: an estimate from few points is nearly worthless.
const PRIOR: (f64, f64) = (0.3, 20.0);

/// An estimate from `count` points with the prior, plus some standard errors.
fn at_most(estimate: f64, count: usize, margin: f64) -> f64 {
    let (points, believed) = (count as f64, PRIOR.0 * PRIOR.1);
    let all = points + PRIOR.1;
    ((points * estimate + believed) / all + margin / all.sqrt()).clamp(0.0, MOST_CORRELATION)
}

/// The scale of the differences at this lag, as the standard deviation of one value if they are independent.
///
/// A change of level falls into as many of them as the lag, an outlier into two.
fn scale(values: &[f64], lag: usize) -> Option<f64> {
    let mut differences: Vec<f64> = values.iter().zip(values.get(lag..)?).map(|(a, b)| (b - a).abs()).collect();
    if differences.len() < 3 {
        return None;
    }
    differences.sort_unstable_by(f64::total_cmp);
    let kept = (differences.len() as f64 * KEPT).floor() as usize;
    let mean = differences[..kept].iter().sum::<f64>() / kept as f64;
    Some(mean / CONSISTENCY / std::f64::consts::SQRT_2)
}

/// Standard deviation and correlation of an autoregressive series by its differences, at lags 1 and 2.
///
/// Their variances are 2σ²(1 − φ) and 2σ²(1 − φ²), so that their quotient is 1 + φ (Chakar, Lebarbier, Lévy-Leduc and Robin
/// 2017, with another robust scale). `None` for fewer than five values.
pub fn of_differences(values: &[f64]) -> Option<SeriesNoise> {
    let near = scale(values, 1)?.powi(2);
    let far = scale(values, 2)?.powi(2);
    let correlation = if near > 0.0 { (far / near - 1.0).clamp(0.0, MOST_CORRELATION) } else { 0.0 };
    Some(SeriesNoise { sigma: (near / (1.0 - correlation)).sqrt().max(FLOOR), correlation })
}

/// The standard deviation at each value: that of the window about it, as machines come and go. Between the windows'
/// centres it is interpolated.
pub fn deviations(values: &[f64], noise: SeriesNoise) -> Vec<f64> {
    let count = values.len();
    let overall = scale(values, 1).unwrap_or(0.0);
    if count <= WINDOW || overall == 0.0 {
        return vec![noise.sigma; count];
    }
    let last = count - WINDOW;
    let knots: Vec<(f64, f64)> = (0..last)
        .step_by(WINDOW / 5)
        .chain([last])
        .map(|from| {
            let here = scale(&values[from..from + WINDOW], 1).unwrap_or(overall);
            ((from + WINDOW / 2) as f64, (noise.sigma * here / overall).max(FLOOR))
        })
        .collect();
    (0..count)
        .map(|index| {
            let place = index as f64;
            let next = knots.partition_point(|knot| knot.0 < place).min(knots.len() - 1);
            let (a, b) = (knots[next.saturating_sub(1)], knots[next]);
            let share = if b.0 > a.0 { ((place - a.0) / (b.0 - a.0)).clamp(0.0, 1.0) } else { 1.0 };
            a.1 + share * (b.1 - a.1)
        })
        .collect()
}

/// The most that the correlation of neighbouring scores may be, given these changes.
///
/// Scores of a segment about their own mean look less correlated than they are, by (1 + 3φ)/n (Kendall 1954), which is
/// corrected. A missed change looks like correlation, and a false one removes it: the correlation of `differences`, which is
/// independent of changes, is an upper bound.
pub fn correlation(logs: &Logs, cuts: &[usize], differences: f64) -> f64 {
    let (mut products, mut squares, mut segments) = (0.0, 0.0, 0.0);
    for (from, to) in logs.segments(cuts).filter(|(from, to)| to - from >= SHORTEST) {
        let level = logs.level(from, to);
        let scores: Vec<f64> = (from..to).map(|index| logs.score(index, level)).collect();
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        products += scores.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum::<f64>();
        squares += scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>();
        segments += 1.0;
    }
    let raw: f64 = if squares > 0.0 { products / squares } else { 0.0 };
    let bias = (1.0 + 3.0 * raw.clamp(0.0, MOST_CORRELATION)) * segments / logs.values.len() as f64;
    let count = logs.values.len();
    at_most(raw + bias, count, MARGINS.0).min(at_most(differences, count, MARGINS.1))
}

/// The most that the correlation may be before any change is known.
pub fn first_correlation(differences: f64, count: usize) -> f64 {
    at_most(differences, count, MARGINS.0)
}

/// The number of independent values whose mean is as precise as that of `count` consecutive ones.
///
/// The variance of such a mean is σ²/n · (1 + 2 Σ (1 − k/n) φᵏ), summed here in closed form.
pub fn effective(count: usize, correlation: f64) -> f64 {
    let (n, phi) = (count as f64, correlation);
    let inflation = (1.0 + phi) / (1.0 - phi) - 2.0 * phi * (1.0 - phi.powf(n)) / (n * (1.0 - phi).powi(2));
    n / inflation.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::change_points::generate::Noise;

    #[test]
    fn differences_tell_scale_and_correlation_in_spite_of_steps_and_outliers() {
        for (correlation, outliers) in [(0.0, 0.0), (0.0, 0.05), (0.5, 0.0), (0.5, 0.03)] {
            let mut values = Noise { sigma: 0.02, correlation, outliers, ..Noise::NONE }.logarithms(2000, 7);
            for (index, value) in values.iter_mut().enumerate() {
                *value += 0.4 * (index / 250 % 2) as f64;
            }
            let noise = of_differences(&values).unwrap();
            assert!((noise.sigma / 0.02).ln().abs() < 0.2, "{correlation} {outliers}: {noise:?}");
            assert!((noise.correlation - correlation).abs() < 0.1, "{correlation} {outliers}: {noise:?}");
        }
    }

    #[test]
    fn each_part_of_a_series_has_its_own_scale() {
        let mut values = Noise { sigma: 0.01, ..Noise::NONE }.logarithms(800, 3);
        values[..400].iter_mut().for_each(|value| *value *= 5.0);
        let deviations = deviations(&values, of_differences(&values).unwrap());
        assert!(deviations[50] > 0.04 && deviations[50] < 0.06, "{}", deviations[50]);
        assert!(deviations[750] > 0.008 && deviations[750] < 0.012, "{}", deviations[750]);
        assert!(deviations.windows(2).all(|pair| (pair[1] / pair[0]).ln().abs() < 0.1));
    }

    #[test]
    fn the_variance_of_a_mean_is_the_sum_of_its_covariances() {
        for (count, phi) in [(1_usize, 0.5), (2, 0.5), (7, 0.3), (40, 0.8), (9, 0.0)] {
            let pairs = (0..count).flat_map(|i| (0..count).map(move |j| i.abs_diff(j)));
            let variance = pairs.map(|lag| f64::powi(phi, lag as i32)).sum::<f64>() / (count * count) as f64;
            assert!((effective(count, phi) - 1.0 / variance).abs() < 1e-9, "{count} {phi}");
        }
    }

    #[test]
    fn what_never_varies_has_a_scale_all_the_same() {
        assert_eq!(of_differences(&[1.0; 20]), Some(SeriesNoise { sigma: FLOOR, correlation: 0.0 }));
        assert_eq!(of_differences(&[1.0; 4]), None);
        assert_eq!(deviations(&[1.0; 500], SeriesNoise { sigma: FLOOR, correlation: 0.0 }), [FLOOR; 500]);
    }
}
