//! How other tools decide whether a figure changed, by their published rules.

use statrs::distribution::{ContinuousCDF, StudentsT};
use statrs::function::gamma::digamma;

use crate::machine::{Random, TIMES};
use crate::suite::BENCHMARKS;

/// What a rule knows beside the pairs of a figure.
pub struct Known {
    /// Earlier changes of minima.
    pub history: Vec<f64>,
    /// What the figure's spreads in all benchmarks tell.
    pub prior: Prior,
}

/// A tool's rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rival {
    /// The signed-rank test of all pairs at once: what forc-perf's verdicts rest on from 20 blocks on.
    SignedRank,
    /// limma: a moderated t of the pairs' log ratios (Smyth 2004), p < 1 % shared by the suite's times (Bonferroni).
    Limma,
    /// Criterion 0.8: Student's t by a bootstrap of the pooled sample, p < 0.05, and an interval of the ratio of means
    /// (95 %, bootstrap) wholly beyond ± 1 %.
    Criterion,
    /// asv: Mann–Whitney, p < 0.002, and a ratio of medians beyond 1.1.
    Asv,
    /// asv with a factor of 1.01.
    AsvFine,
    /// rustc-perf: a change of the minima beyond Q3 + 3·IQR of 30 changes between identical commits.
    RustcPerf,
}

impl Rival {
    pub const ALL: [Self; 6] =
        [Self::SignedRank, Self::Limma, Self::Criterion, Self::Asv, Self::AsvFine, Self::RustcPerf];

    pub fn name(self) -> &'static str {
        match self {
            Self::SignedRank => "signed rank",
            Self::Limma => "limma",
            Self::Criterion => "criterion (t)",
            Self::Asv => "asv, factor 1.1",
            Self::AsvFine => "asv, factor 1.01",
            Self::RustcPerf => "rustc-perf (fence)",
        }
    }

    /// The statistic by which the rule tells changed from unchanged, larger for clearer changes: what an equal rate of
    /// false alarms is set on.
    pub fn statistic(self, pairs: &[(f64, f64)], known: &Known) -> f64 {
        match self {
            Self::SignedRank => signed_rank(pairs).abs(),
            Self::Limma => known.prior.moderated(pairs).abs(),
            Self::Criterion => welch(pairs).abs(),
            Self::Asv | Self::AsvFine => mann_whitney(pairs).abs(),
            Self::RustcPerf => {
                let (q1, q3) = quartiles(&known.history);
                (change_of_minima(pairs).abs() - q3) / (q3 - q1)
            }
        }
    }

    /// What the tool says at its own settings.
    pub fn finds(self, pairs: &[(f64, f64)], known: &Known, random: &mut Random) -> bool {
        match self {
            Self::SignedRank => false,
            Self::Limma => {
                let level = 0.01 / (BENCHMARKS * TIMES) as f64;
                let df = known.prior.df + pairs.len() as f64 - 1.0;
                let Ok(student) = StudentsT::new(0.0, 1.0, df) else { return false };
                2.0 * student.sf(known.prior.moderated(pairs).abs()) < level
            }
            Self::Criterion => criterion(pairs, random),
            Self::Asv => asv(pairs, 1.1),
            Self::AsvFine => asv(pairs, 1.01),
            Self::RustcPerf => self.statistic(pairs, known) > 3.0,
        }
    }
}

/// limma's prior of a figure's variance: a scaled inverse chi-squared distribution.
#[derive(Clone, Copy)]
pub struct Prior {
    df: f64,
    variance: f64,
}

impl Prior {
    /// Fitted to the variances of one figure's log ratios in all benchmarks by their logarithms' moments (Smyth 2004, section
    /// 6.2).
    pub fn of<'p>(benchmarks: impl Iterator<Item = &'p [(f64, f64)]>) -> Self {
        const MOST_DF: f64 = 1e6;
        let moments: Vec<(f64, f64)> =
            benchmarks.map(|pairs| (mean_and_variance(pairs).1, pairs.len() as f64 - 1.0)).collect();
        let logs: Vec<(f64, f64)> = moments
            .iter()
            .filter(|(variance, _)| *variance > 0.0)
            .map(|(variance, df)| (variance.ln() - digamma(df / 2.0) + (df / 2.0).ln(), trigamma(df / 2.0)))
            .collect();
        let count = logs.len() as f64;
        let mean = logs.iter().map(|log| log.0).sum::<f64>() / count;
        let spread = logs.iter().map(|log| (log.0 - mean).powi(2)).sum::<f64>() / (count - 1.0);
        let excess = spread - logs.iter().map(|log| log.1).sum::<f64>() / count;
        let df = if excess > 0.0 { (2.0 * inverse_trigamma(excess)).min(MOST_DF) } else { MOST_DF };
        Self { df, variance: (mean + digamma(df / 2.0) - (df / 2.0).ln()).exp() }
    }

    /// The moderated t.
    fn moderated(self, pairs: &[(f64, f64)]) -> f64 {
        let (mean, variance) = mean_and_variance(pairs);
        let (count, df) = (pairs.len() as f64, pairs.len() as f64 - 1.0);
        let variance = (self.df * self.variance + df * variance) / (self.df + df);
        mean / (variance / count).sqrt()
    }
}

/// Of the log ratios.
fn mean_and_variance(pairs: &[(f64, f64)]) -> (f64, f64) {
    let count = pairs.len() as f64;
    let differences = || pairs.iter().map(|(a, b)| (b / a).ln());
    let mean = differences().sum::<f64>() / count;
    (mean, differences().map(|difference| (difference - mean).powi(2)).sum::<f64>() / (count - 1.0))
}

/// The derivative of [`digamma`], by its recurrence and asymptotic series (Abramowitz and Stegun 6.4.6, 6.4.12).
fn trigamma(x: f64) -> f64 {
    if x < 10.0 {
        return trigamma(x + 1.0) + x.powi(-2);
    }
    let square = x.powi(-2);
    1.0 / x + square / 2.0 + square / x * (1.0 / 6.0 - square * (1.0 / 30.0 - square / 42.0))
}

/// Where [`trigamma`], which decreases, has this value.
fn inverse_trigamma(value: f64) -> f64 {
    let (mut low, mut high) = (1e-8_f64, 1e8_f64);
    for _ in 0..200 {
        let middle = (low * high).sqrt();
        if trigamma(middle) > value { low = middle } else { high = middle }
    }
    (low * high).sqrt()
}

/// The changes of minima from each of these measurements to the next.
pub fn history(minima: &[f64]) -> Vec<f64> {
    minima.windows(2).map(|pair| (pair[1] / pair[0] - 1.0).abs()).collect()
}

pub fn change_of_minima(pairs: &[(f64, f64)]) -> f64 {
    let least = |side: fn(&(f64, f64)) -> f64| pairs.iter().map(side).fold(f64::INFINITY, f64::min);
    least(|pair| pair.1) / least(|pair| pair.0) - 1.0
}

fn quartiles(values: &[f64]) -> (f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    (sorted[sorted.len() / 4], sorted[sorted.len() * 3 / 4])
}

/// Sums of a side, of which mean and variance come.
#[derive(Clone, Copy, Default)]
struct Moments {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    fn mean(self) -> f64 {
        self.sum / self.count
    }

    fn error(self) -> f64 {
        (self.squares - self.sum * self.sum / self.count) / (self.count - 1.0) / self.count
    }
}

fn t(a: Moments, b: Moments) -> f64 {
    (b.mean() - a.mean()) / (a.error() + b.error()).sqrt()
}

fn sides(pairs: &[(f64, f64)]) -> (Moments, Moments) {
    let (mut of_a, mut of_b) = (Moments::default(), Moments::default());
    for (a, b) in pairs {
        of_a.add(*a);
        of_b.add(*b);
    }
    (of_a, of_b)
}

fn welch(pairs: &[(f64, f64)]) -> f64 {
    let (a, b) = sides(pairs);
    t(a, b)
}

/// Criterion's rule with a thousand resamples in place of its hundred thousand, which changes nothing at p < 0.05.
fn criterion(pairs: &[(f64, f64)], random: &mut Random) -> bool {
    const RESAMPLES: usize = 1000;
    const NOISE_THRESHOLD: f64 = 0.01;
    let (a, b) = sides(pairs);
    let ratio = b.mean() / a.mean() - 1.0;
    // Far inside the threshold no interval can lie beyond it.
    if ratio.abs() < NOISE_THRESHOLD {
        return false;
    }
    let observed = t(a, b).abs();
    let value = |index: usize| if index < pairs.len() { pairs[index].0 } else { pairs[index - pairs.len()].1 };
    let mut beyond = 0;
    let mut ratios = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        let (mut pooled_a, mut pooled_b) = (Moments::default(), Moments::default());
        let (mut of_a, mut of_b) = (Moments::default(), Moments::default());
        for _ in pairs {
            pooled_a.add(value(random.below(2 * pairs.len())));
            pooled_b.add(value(random.below(2 * pairs.len())));
            of_a.add(pairs[random.below(pairs.len())].0);
            of_b.add(pairs[random.below(pairs.len())].1);
        }
        beyond += usize::from(t(pooled_a, pooled_b).abs() > observed);
        ratios.push(of_b.mean() / of_a.mean() - 1.0);
    }
    ratios.sort_unstable_by(f64::total_cmp);
    let (low, high) = (ratios[RESAMPLES / 40], ratios[RESAMPLES - 1 - RESAMPLES / 40]);
    (beyond as f64) < 0.05 * RESAMPLES as f64 && (low > NOISE_THRESHOLD || high < -NOISE_THRESHOLD)
}

/// The signed-rank statistic, up to a factor that the number of pairs decides.
fn signed_rank(pairs: &[(f64, f64)]) -> f64 {
    let mut differences: Vec<f64> = pairs.iter().map(|(a, b)| b.ln() - a.ln()).collect();
    differences.sort_unstable_by(|x, y| x.abs().total_cmp(&y.abs()));
    differences.iter().enumerate().map(|(rank, difference)| (rank as f64 + 1.0) * difference.signum()).sum()
}

/// The rank-sum statistic as a standard normal deviate.
fn mann_whitney(pairs: &[(f64, f64)]) -> f64 {
    let mut ranked: Vec<(f64, bool)> = pairs.iter().flat_map(|(a, b)| [(*a, false), (*b, true)]).collect();
    ranked.sort_unstable_by(|x, y| x.0.total_cmp(&y.0));
    let rank_sum: f64 =
        ranked.iter().enumerate().filter(|(_, (_, is_b))| *is_b).map(|(rank, _)| rank as f64 + 1.0).sum();
    let n = pairs.len() as f64;
    (rank_sum - n * (2.0 * n + 1.0) / 2.0) / (n * n * (2.0 * n + 1.0) / 12.0).sqrt()
}

fn asv(pairs: &[(f64, f64)], factor: f64) -> bool {
    /// The normal deviate of p = 0.002, two-sided.
    const Z: f64 = 3.090_232;
    let median = |side: fn(&(f64, f64)) -> f64| forc_perf::stats::median(&pairs.iter().map(side).collect::<Vec<_>>());
    let (Some(a), Some(b)) = (median(|pair| pair.0), median(|pair| pair.1)) else { return false };
    mann_whitney(pairs).abs() > Z && (b > factor * a || a > factor * b)
}
