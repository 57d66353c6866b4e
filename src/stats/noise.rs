//! Metrics of so little noise that a few runs do, such as instruction counts: what little there is, is learnt from all
//! benchmarks together.
//!
//! Three runs a side say next to nothing about their own spread (two degrees of freedom), but twenty benchmarks of three
//! runs on two sides say how much such counts spread in general. How far one benchmark's spread may be taken from the
//! others' is itself in the data: if the sample variances differ by more than chance, they carry less. This is the
//! moderated t-test of Smyth, "Linear models and empirical Bayes methods", *Statistical Applications in Genetics and
//! Molecular Biology* 3 (2004), §§ 3–6, known as limma: true variances are taken to scatter about s₀² like those of d₀
//! degrees of freedom, d₀ and s₀ are fitted to the logarithms of the sample variances, and a benchmark whose own
//! variance is s² of d degrees is judged by (d₀·s₀² + d·s²) / (d₀ + d) and Student's t of d₀ + d degrees. A single wild
//! benchmark makes d₀ smaller, hence all verdicts more careful, rather than s₀ larger.
//!
//! One thing differs from Smyth: how much true variances scatter is taken one standard error above what the data says.
//! In the far tails of a large family everything hangs on d₀, and of a few dozen variances of two degrees each its plain
//! estimate is so uncertain that p-values of 0.001 came twice as often as they should.
//!
//! The tails are those of `statrs`, which are accurate to ten digits at 10⁻⁸ and far beyond (tested below against
//! Student's t in closed form). Quantiles are found by halving on the same tails, so that a test and its interval agree.

use statrs::distribution::{ContinuousCDF, StudentsT};
use statrs::function::gamma::digamma;

/// The least noise that is believed, as a fraction: a hundred-thousandth. Runs that happen to agree to the last digit
/// are no proof that the next one will.
pub const FLOOR: f64 = 1e-5;

/// The noise that the figures of a family have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    /// Standard deviation of a run's logarithm: 0.0003 is 0.03 %.
    pub sd: f64,
    /// For how many degrees of freedom it stands beside a benchmark's own: few where benchmarks differ in noise.
    pub df: f64,
    /// The degrees of freedom that all of the data has, of which no judgement has more.
    pub total_df: f64,
}

/// The noise of these groups of runs, each those of one benchmark on one side, all values above 0.
///
/// Groups of fewer than two values or with a value that is no positive number say nothing. Of fewer than two groups
/// that say something `df` is 0, and a figure is judged by its own runs alone.
pub fn pooled_noise(groups: &[Vec<f64>]) -> Noise {
    let variances: Vec<Variance> = groups.iter().filter_map(|group| Variance::of_values(group)).collect();
    let total_df: f64 = variances.iter().map(|variance| variance.df).sum();
    if variances.is_empty() {
        return Noise { sd: FLOOR, df: 0.0, total_df: 0.0 };
    }
    // A zero has no logarithm, and what lies below the floor is no better known than that it lies there.
    let floored = |variance: &Variance| variance.square.max(FLOOR * FLOOR);
    let pooled = variances.iter().map(|variance| variance.df * floored(variance)).sum::<f64>() / total_df;
    if variances.len() == 1 {
        // Nothing to compare it with, so that it says nothing of any other.
        return Noise { sd: pooled.sqrt(), df: 0.0, total_df };
    }
    // ln s² minus what it would be on average if σ were 1.
    let logs: Vec<f64> = variances
        .iter()
        .map(|variance| floored(variance).ln() - digamma(variance.df / 2.0) + (variance.df / 2.0).ln())
        .collect();
    let count = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / count;
    let scatter = logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let by_chance = variances.iter().map(|variance| trigamma(variance.df / 2.0)).sum::<f64>() / count;
    // The variance of the logarithm of a χ² of 1 to ∞ degrees has a standard error of √(2 + 4 to 0) / √(G − 1) of itself.
    let uncertain = scatter.max(by_chance) * (5.0 / (count - 1.0)).sqrt();
    let half = inverse_trigamma((scatter - by_chance).max(0.0) + uncertain);
    let df = (2.0 * half).min(total_df);
    Noise { sd: (mean + digamma(half) - half.ln()).exp().sqrt(), df, total_df }
}

/// A variance of logarithms and its degrees of freedom.
#[derive(Clone, Copy, Debug)]
struct Variance {
    square: f64,
    df: f64,
}

impl Variance {
    fn of_values(values: &[f64]) -> Option<Self> {
        let sound = values.len() >= 2 && values.iter().all(|value| value.is_finite() && *value > 0.0);
        sound.then(|| Self::of(&values.iter().map(|value| value.ln()).collect::<Vec<_>>()))
    }

    /// Of none or one, zero degrees of freedom.
    fn of(logs: &[f64]) -> Self {
        let df = logs.len().saturating_sub(1) as f64;
        let squares = logs.iter().map(|log| (log - mean(logs)).powi(2)).sum::<f64>();
        Self { square: if df > 0.0 { squares / df } else { 0.0 }, df }
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The difference of two means of logarithms, and how far it can be trusted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Difference {
    pub(super) estimate: f64,
    /// Standard error of the estimate.
    pub(super) error: f64,
    /// Degrees of freedom of the error.
    df: f64,
}

impl Difference {
    /// Of two samples of logarithms; `None` if one is empty or nothing is known of the noise.
    pub(super) fn new(a: &[f64], b: &[f64], noise: Noise) -> Option<Self> {
        let (of_a, of_b) = (Variance::of(a), Variance::of(b));
        let own_df = of_a.df + of_b.df;
        let sound = noise.sd.is_finite() && noise.df.is_finite() && noise.df >= 0.0 && noise.df + own_df > 0.0;
        if a.is_empty() || b.is_empty() || !sound {
            return None;
        }
        let own = of_a.df * of_a.square + of_b.df * of_b.square;
        let square = (noise.df * noise.sd.powi(2) + own) / (noise.df + own_df);
        let sizes = 1.0 / a.len() as f64 + 1.0 / b.len() as f64;
        let df = (noise.df + own_df).min(noise.total_df.max(1.0));
        Some(Self { estimate: mean(b) - mean(a), error: (square.max(FLOOR * FLOOR) * sizes).sqrt(), df })
    }

    /// P-value of the claim that the difference is greater than `value`.
    pub(super) fn p_above(&self, value: f64) -> f64 {
        student_tail((self.estimate - value) / self.error, self.df)
    }

    /// P-value of the claim that the difference is less than `value`.
    pub(super) fn p_below(&self, value: f64) -> f64 {
        student_tail((value - self.estimate) / self.error, self.df)
    }

    /// Lower and upper confidence limits, each of one-sided confidence 1 − `level`.
    pub(super) fn limits(&self, level: f64) -> (f64, f64) {
        let reach = student_quantile(level, self.df) * self.error;
        (self.estimate - reach, self.estimate + reach)
    }
}

/// P(t ≥ `value`) of Student's t with `df` degrees of freedom.
fn student_tail(value: f64, df: f64) -> f64 {
    if value == f64::INFINITY {
        return 0.0;
    }
    // Refused are a `df` that is not above 0 only; a value that is no number proves nothing.
    let tail = StudentsT::new(0.0, 1.0, df).map_or(1.0, |student| student.sf(value));
    if tail.is_nan() { 1.0 } else { tail }
}

/// The value whose [`student_tail`] is `level`, at most 1/2; infinite for a level of 0.
fn student_quantile(level: f64, df: f64) -> f64 {
    if level >= 0.5 {
        return 0.0;
    }
    if level.is_nan() || level <= 0.0 {
        return f64::INFINITY;
    }
    let mut high = 1.0;
    while student_tail(high, df) > level {
        high *= 2.0;
        if high == f64::INFINITY {
            return high;
        }
    }
    let mut low = 0.0;
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if student_tail(middle, df) > level { low = middle } else { high = middle }
    }
    high
}

/// ψ′, by recurrence up to 10 and the asymptotic series (Abramowitz and Stegun 6.4.6 and 6.4.12); for x > 0.
fn trigamma(x: f64) -> f64 {
    let (mut x, mut sum) = (x, 0.0);
    while x < 10.0 {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    let inverse = 1.0 / x;
    let square = inverse * inverse;
    let series = 1.0 / 6.0 - square * (1.0 / 30.0 - square * (1.0 / 42.0 - square / 30.0));
    sum + inverse + square / 2.0 + square * inverse * series
}

/// The x > 0 with ψ′(x) = `value` > 0, by Newton's method on 1/ψ′, which is nearly straight (Smyth 2004, appendix).
fn inverse_trigamma(value: f64) -> f64 {
    // ψ′(x) is 1/x + 1/(2x²) + … for large and 1/x² for small x.
    if value > 1e7 {
        return 1.0 / value.sqrt();
    }
    if value < 1e-6 {
        return 1.0 / value;
    }
    let (mut low, mut high) = (1e-4, 1e7);
    for _ in 0..100 {
        let middle = f64::sqrt(low * high);
        if trigamma(middle) > value { low = middle } else { high = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(random: &mut fastrand::Rng) -> f64 {
        (-2.0 * (1.0 - random.f64()).ln()).sqrt() * (std::f64::consts::TAU * random.f64()).cos()
    }

    #[test]
    fn far_tails_are_accurate() {
        // Closed forms: df 2 and df 4 (Abramowitz and Stegun 26.7.4, rearranged so that nothing cancels).
        for t in [1.0f64, 10.0, 1e3, 7071.0, 1e5] {
            let root = (2.0 + t * t).sqrt();
            let two = 1.0 / (root * (root + t));
            assert!((student_tail(t, 2.0) / two - 1.0).abs() < 1e-10, "{t}");
        }
        assert!(
            (student_tail(f64::from(40), 1.0) / ((1.0f64 / 40.0).atan() / std::f64::consts::PI) - 1.0).abs() < 1e-10
        );
        for level in [1e-4, 1e-8, 1e-12] {
            for df in [3.0, 17.5, 80.0, 4000.0] {
                let t = student_quantile(level, df);
                assert!((student_tail(t, df) / level - 1.0).abs() < 1e-9, "{level} {df}");
            }
        }
        // The normal's: 5.612 at 1e-8, to which the t of many degrees comes down.
        assert!((student_quantile(1e-8, 1e7) - 5.612_001_2).abs() < 1e-4);
        assert_eq!(student_quantile(0.0, 3.0), f64::INFINITY);
    }

    #[test]
    fn trigamma_is_known_at_one_and_a_half() {
        let pi = std::f64::consts::PI;
        assert!((trigamma(1.0) - pi * pi / 6.0).abs() < 1e-10);
        assert!((trigamma(0.5) - pi * pi / 2.0).abs() < 1e-10);
        for value in [1e-8, 1e-3, 0.7, 5.0, 1e8] {
            assert!((trigamma(inverse_trigamma(value)) / value - 1.0).abs() < 1e-3, "{value}");
        }
    }

    #[test]
    fn equal_noise_is_pooled_and_unequal_noise_is_not() {
        let mut random = fastrand::Rng::with_seed(7);
        let mut groups = |spread: f64| -> Vec<Vec<f64>> {
            (0..400)
                .map(|_| {
                    let sd = 3e-4 * (spread * normal(&mut random)).exp();
                    (0..3).map(|_| 1e9 * (sd * normal(&mut random)).exp()).collect()
                })
                .collect()
        };
        let alike = pooled_noise(&groups(0.0));
        assert!((alike.sd / 3e-4 - 1.0).abs() < 0.15 && alike.df > 4.0, "{alike:?}");
        let unlike = pooled_noise(&groups(1.0));
        assert!(unlike.df < 3.0, "{unlike:?}");
    }

    /// 20 benchmarks of three runs a side, 2,000 times: the p-values are what they say, though noises differ twofold.
    #[test]
    fn p_values_of_unequal_noises_hold() {
        let mut random = fastrand::Rng::with_seed(11);
        let (mut below, mut all) = (0, 0);
        for _ in 0..2000 {
            let groups: Vec<Vec<f64>> = (0..20)
                .flat_map(|_| {
                    let sd = 3e-4 * (0.5 * normal(&mut random)).exp();
                    let mut side = || (0..3).map(|_| (sd * normal(&mut random)).exp()).collect::<Vec<f64>>();
                    [side(), side()]
                })
                .collect();
            let noise = pooled_noise(&groups);
            for pair in groups.chunks(2) {
                let logs = |side: &[f64]| side.iter().map(|value| value.ln()).collect::<Vec<f64>>();
                let difference = Difference::new(&logs(&pair[0]), &logs(&pair[1]), noise).unwrap();
                all += 1;
                below += usize::from(difference.p_above(0.0) <= 0.001);
            }
        }
        let rate = f64::from(below as u32) / f64::from(all);
        assert!(rate < 0.0015, "{rate}");
    }

    #[test]
    fn what_is_no_sample_says_nothing() {
        assert_eq!(pooled_noise(&[]).df, 0.0);
        let odd = pooled_noise(&[vec![], vec![1.0], vec![f64::NAN, 1.0], vec![0.0, 1.0]]);
        assert_eq!(odd.df, 0.0);
        assert!(Difference::new(&[1.0], &[1.0], odd).is_none());
        let constant = pooled_noise(&[vec![5.0; 3], vec![7.0; 3]]);
        assert!(constant.sd > 0.5 * FLOOR && constant.sd <= FLOOR, "{constant:?}");
        let one = pooled_noise(&[vec![1.0, 1.001, 0.999]]);
        assert!(one.sd > 0.0005 && one.df == 0.0, "{one:?}");
    }
}
