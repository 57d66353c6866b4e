//! Few values: judging a change from a handful of runs, with the help of all other benchmarks' spread.
//!
//! Three runs a side have only two degrees of freedom for their own spread, but the other benchmarks of the comparison show
//! how much such figures vary on this machine today. This is the moderated t-test of Smyth, "Linear models and empirical
//! Bayes methods", *Stat. Appl. Genet. Mol. Biol.* 3 (2004), known as limma, made for few replicates of many figures: a
//! figure with its own variance s² and d degrees of freedom is judged by (d₀·s₀² + d·s²) / (d₀ + d) and Student's t of d₀ +
//! d degrees. Five things differ, all in the conservative direction:
//!
//! - **s₀² is the mean of the other figures' variances**, not the geometric mean that limma fits. Where values have two
//!   levels (memory, or instructions by address layout), every fourth group of three shows no spread at all, which would
//!   pull a geometric mean down. Also, a single slow spell of the whole machine raises the arithmetic mean at once.
//! - **d₀ is at most 4**, and at most half the number of other figures, whatever the data say: variances of benchmarks may
//!   differ as much as those of a χ² of four degrees, a factor of ten between the fifth and the ninety-fifth of a hundred,
//!   and three others may all be unlike this one. From a few dozen variances of two degrees each, d₀ cannot be estimated
//!   well enough for tails of 10⁻⁵.
//! - **A figure never counts as steadier than the others** unless it has more than eight degrees of freedom of its own. For
//!   a time with two levels, five blocks in a row have the same difference in one of 500 cases.
//! - **The mean is trimmed** from nine values on, a ninth at either end, with the winsorized variance (Yuen 1974; Tukey and
//!   McLaughlin 1963): a disturbed block, one in ten on busy machines, changes it little.
//! - **No spread is below a floor** that each kind of figure has.
//!
//! # Values that follow one another
//!
//! Two samples that were measured one after the other are not exchangeable: a slowdown of the machine affects all runs of
//! that minute. The correlation r of neighbouring runs is estimated over all figures of a kind, with its bias (Marriott and
//! Pope 1954) and an upper limit for its error; the variance of a mean is then taken as (1 + r) / (1 − r) of that of
//! independent values, and it has (1 − r²) / (1 + r²) of their degrees of freedom (Bayley and Hammersley 1946).
//!
//! Longer effects show in the means of four batches of runs (Conway 1963; Law and Kelton, *Simulation Modeling and
//! Analysis*, on batch means): the factor by which they vary more than means of independent values, raised to the power of
//! 1.5 because batches are correlated too, is the minimum by which the variance is multiplied. If they vary by more than 2.5
//! times, the machine changed during the measurement by an unknown amount: the largest correlation is assumed, which leaves
//! nearly everything undecided.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// The most degrees of freedom that other figures' spread counts for.
const SHARED_DF: f64 = 4.0;
/// The degrees of freedom of each other figure's spread: if they are few, they may all differ from this one.
const SHARED_DF_A_FIGURE: f64 = 0.5;
/// The degrees of freedom that a figure needs before it may count as steadier than the others.
const STEADY_DF: f64 = 8.0;
/// One value in this many is cut off at either end.
const TRIMMED: usize = 9;
/// The number of batches of a sequence.
const BATCHES: usize = 4;
/// If batches vary by more than this multiple of independent values, the machine changed during the measurement.
const UNSTEADY: f64 = 2.5;
/// The largest correlation of neighbours.
const MOST_CORRELATED: f64 = 0.97;

/// The middle of one sample of logarithms, and the variance of one value around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Centre {
    /// The trimmed mean.
    pub mean: f64,
    /// Variance of one value: that of the mean times their number.
    pub variance: f64,
    /// Its degrees of freedom; 0 of a single value.
    pub df: f64,
    /// How many values.
    pub count: f64,
}

impl Centre {
    /// Of no value there is none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let count = values.len();
        if count == 0 {
            return None;
        }
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let cut = count / TRIMMED;
        let kept = &sorted[cut..count - cut];
        let mean = average(kept);
        let (low, high) = (kept[0], kept[kept.len() - 1]);
        let winsorized: Vec<f64> = sorted.iter().map(|value| value.clamp(low, high)).collect();
        let centre = average(&winsorized);
        let squares: f64 = winsorized.iter().map(|value| (value - centre).powi(2)).sum();
        let (n, h) = (count as f64, kept.len() as f64);
        // The variance of a trimmed mean is that of the winsorized values over h(h − 1).
        let variance = if count > 1 && h > 1.0 { n * squares / (h * (h - 1.0)) } else { 0.0 };
        Some(Self { mean, variance, df: if count > 1 { h - 1.0 } else { 0.0 }, count: n })
    }
}

fn average(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The estimate from the values of one figure alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Own {
    /// The difference of logarithms.
    pub estimate: f64,
    /// The variance of one value.
    pub variance: f64,
    /// Its degrees of freedom.
    pub df: f64,
    /// The factor from the variance of one value to that of the estimate.
    pub factor: f64,
}

impl Own {
    /// Of the differences of pairs.
    pub fn paired(differences: &[f64]) -> Option<Self> {
        let centre = Centre::of(differences)?;
        Some(Self { estimate: centre.mean, variance: centre.variance, df: centre.df, factor: 1.0 / centre.count })
    }

    /// Of two samples of independent values.
    pub fn sides(a: &[f64], b: &[f64]) -> Option<Self> {
        Self::apart(a, b, 0.0)
    }

    /// Of two samples whose neighbours correlate by this much, at least 0 and less than 1.
    pub fn apart(a: &[f64], b: &[f64], correlation: f64) -> Option<Self> {
        let (a, b) = (Centre::of(a)?, Centre::of(b)?);
        let r = correlation;
        let own = (1.0 - r * r) / (1.0 + r * r);
        let df = a.df + b.df;
        let variance = if df > 0.0 { (a.df * a.variance + b.df * b.variance) / df } else { 0.0 };
        // Corrects the variance of correlated values for the movement of their mean.
        let factor = (1.0 / a.count + 1.0 / b.count) * (1.0 + r) / (1.0 - r);
        Some(Self { estimate: b.mean - a.mean, variance, df: df * own, factor })
    }
}

/// The spread of the figures of a pool: sums, from which each figure gets the spread of the *others*.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pool {
    weighted: f64,
    df: f64,
    figures: f64,
}

impl Pool {
    /// Adds a figure's own spread.
    pub fn add(&mut self, own: &Own) {
        self.weighted += own.df * own.variance;
        self.df += own.df;
        self.figures += if own.df > 0.0 { 1.0 } else { 0.0 };
    }

    /// A figure of this pool, judged by its own spread and that of the others; `None` if there is neither. `floor` is the
    /// least accepted standard deviation of a value.
    pub fn judge(&self, own: &Own, floor: f64) -> Option<Student> {
        let others = (self.df - own.df).max(0.0);
        let figures = self.figures - if own.df > 0.0 { 1.0 } else { 0.0 };
        let shared_df = SHARED_DF.min(others / 2.0).min(figures * SHARED_DF_A_FIGURE);
        let shared = if others > 0.0 { (self.weighted - own.df * own.variance).max(0.0) / others } else { 0.0 };
        let df = shared_df + own.df;
        if df.is_nan() || df <= 0.0 {
            return None;
        }
        let moderated = (shared_df * shared + own.df * own.variance) / df;
        // Few equal values prove nothing, so no figure counts as steadier than the others.
        let variance = moderated.max(shared * (STEADY_DF / own.df).min(1.0));
        let error = (variance.max(floor * floor) * own.factor).sqrt();
        (own.estimate.is_finite() && error.is_finite() && error > 0.0).then_some(Student {
            estimate: own.estimate,
            error,
            df,
        })
    }
}

/// An upper limit for the correlation of neighbouring values, from sequences in the order in which they were measured, all
/// on one machine at one time: 0 to 0.97.
///
/// Sequences of one session share their slow spells, so they count as one for the estimate's error.
pub fn correlation<'a>(sequences: impl Iterator<Item = &'a [f64]>) -> f64 {
    let (mut products, mut squares, mut count, mut lengths) = (0.0, 0.0, 0.0, 0.0);
    let mut widenings = Vec::new();
    for sequence in sequences.filter(|sequence| sequence.len() >= 3) {
        let Some(centre) = Centre::of(sequence) else { continue };
        // An outlier would make any correlation small.
        let reach = 3.0 * centre.variance.sqrt();
        let rests: Vec<f64> = sequence.iter().map(|value| (value - centre.mean).clamp(-reach, reach)).collect();
        let scale: f64 = rests.iter().map(|rest| rest * rest).sum();
        if scale > 0.0 {
            // Each sequence has the same weight, whatever its spread.
            products += rests.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / scale;
            squares += 1.0;
            lengths += sequence.len() as f64;
            count += 1.0;
            widenings.extend(widening(&rests));
        }
    }
    if count == 0.0 {
        return MOST_CORRELATED;
    }
    let length: f64 = lengths / count;
    let estimate: f64 = products / squares;
    // For few values the estimate is near 0 in any case, and the bias correction multiplies the error.
    let scale = length / (length - 4.0).max(1.0);
    let unbiased = (estimate + 1.0 / length) * scale;
    // Two sessions, each of which is one sequence at worst.
    let error = ((1.0 - estimate * estimate).max(0.0) / (2.0 * length)).sqrt() * scale;
    let lasting = if widenings.is_empty() { 1.0 } else { average(&widenings) };
    if lasting > UNSTEADY {
        return MOST_CORRELATED;
    }
    let factor = lasting.powf(1.5);
    (unbiased + 1.645 * error).max((factor - 1.0) / (factor + 1.0)).clamp(0.0, MOST_CORRELATED)
}

/// The ratio of the variation of batch means to that of independent values; `None` for too few values.
fn widening(values: &[f64]) -> Option<f64> {
    let length = values.len() / BATCHES;
    if length < 2 {
        return None;
    }
    let variance = |values: &[f64]| {
        let mean = average(values);
        values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64
    };
    // Values that do not fill the batches are left out at the start.
    let batches: Vec<f64> = values[values.len() - BATCHES * length..].chunks(length).map(average).collect();
    let widening = variance(&batches) * length as f64 / variance(values);
    widening.is_finite().then_some(widening)
}

/// An estimate whose error has Student's distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Student {
    /// The difference of logarithms.
    pub estimate: f64,
    /// Its standard error, above 0.
    pub error: f64,
    /// Degrees of freedom of the error, above 0.
    pub df: f64,
}

impl Student {
    /// The mean of independent estimates; `None` without any.
    pub fn mean(parts: &[Self]) -> Option<Self> {
        let count = parts.len() as f64;
        let variance: f64 = parts.iter().map(|part| part.error.powi(2)).sum();
        // Satterthwaite 1946.
        let spread: f64 = parts.iter().map(|part| part.error.powi(4) / part.df).sum();
        let estimate = parts.iter().map(|part| part.estimate).sum::<f64>() / count;
        let mean = Self { estimate, error: variance.sqrt() / count, df: variance * variance / spread };
        (!parts.is_empty() && mean.df > 0.0 && mean.error > 0.0).then_some(mean)
    }

    /// The mean of estimates whose errors may all have the same sign; `None` without any. Its error is the mean of theirs,
    /// with the fewest degrees of freedom among them.
    pub fn mean_of_dependent(parts: &[Self]) -> Option<Self> {
        let count = parts.len() as f64;
        let mean = |of: fn(&Self) -> f64| parts.iter().map(of).sum::<f64>() / count;
        let df = parts.iter().map(|part| part.df).min_by(f64::total_cmp)?;
        Some(Self { estimate: mean(|part| part.estimate), error: mean(|part| part.error), df })
    }

    /// P-value of the claim that the difference is greater than `value`.
    pub fn p_above(&self, value: f64) -> f64 {
        tail((self.estimate - value) / self.error, self.df)
    }

    /// P-value of the claim that the difference is less than `value`.
    pub fn p_below(&self, value: f64) -> f64 {
        tail((value - self.estimate) / self.error, self.df)
    }

    /// Lower and upper confidence limits, each of one-sided confidence 1 − `level`.
    pub fn limits(&self, level: f64) -> (f64, f64) {
        let reach = quantile(level, self.df) * self.error;
        (self.estimate - reach, self.estimate + reach)
    }

    /// Half an interval of one-sided confidence 1 − `level`.
    pub fn reach(&self, level: f64) -> f64 {
        quantile(level, self.df) * self.error
    }

    /// How many times the data, 1 at least, shows a difference of `size` at the one-sided `level`, where `power` is the
    /// normal quantile of how often. More data makes the error smaller and better known: three runs need only a few more,
    /// though their quantile of Student's t is in the hundreds. Accurate to a twentieth.
    pub fn times_the_data(&self, size: f64, level: f64, power: f64) -> f64 {
        let needed = |df: f64| ((quantile(level, df) + power) * self.error / size).powi(2);
        // Between the numbers for an error known as now and for an exactly known error.
        let (mut low, mut high) = (needed(f64::INFINITY).max(1.0), needed(self.df).max(1.0));
        if !high.is_finite() {
            return f64::INFINITY;
        }
        while high > low * 1.05 {
            let middle = low.sqrt() * high.sqrt();
            if needed(self.df * middle) > middle { low = middle } else { high = middle }
        }
        high
    }
}

/// P(t ≥ `value`) of Student's t with `df` degrees of freedom.
fn tail(value: f64, df: f64) -> f64 {
    if value == f64::INFINITY {
        return 0.0;
    }
    // Fails only if `df` is not above 0; NaN proves nothing.
    let tail = StudentsT::new(0.0, 1.0, df).map_or(1.0, |student| student.sf(value));
    if tail.is_nan() { 1.0 } else { tail }
}

/// The value whose [`tail`] is `level`, at most 1/2; infinite for a level of 0. Found on the same tails, so that a test and
/// its interval agree: by the Illinois form of the false position on their logarithms, which are nearly straight (Dowell and
/// Jarratt 1971), in about a quarter of the steps of a bisection.
pub fn quantile(level: f64, df: f64) -> f64 {
    if level >= 0.5 {
        return 0.0;
    }
    if level.is_nan() || level <= 0.0 {
        return f64::INFINITY;
    }
    let mut high = 1.0;
    while tail(high, df) > level {
        high *= 2.0;
        if high == f64::INFINITY {
            return high;
        }
    }
    let excess = |tail: f64| tail.ln() - level.ln();
    let mut low = if high > 1.0 { high / 2.0 } else { 0.0 };
    // Above and below 0, or on it.
    let (mut at_low, mut at_high) = (excess(tail(low, df)), excess(tail(high, df)));
    // The side that the step before moved.
    let mut moved_low = None;
    for step in 0..120 {
        if high - low <= 1e-14 * high {
            break;
        }
        let guess = (low * at_high - high * at_low) / (at_high - at_low);
        // Close to the value, the other side is brought there as well. What does not converge is bisected.
        let guess = match moved_low {
            _ if step > 40 => f64::midpoint(low, high),
            Some(true) if guess - low < 1e-9 * high => (low + 4.0 * (guess - low)).max(low * (1.0 + 4e-15)),
            Some(false) if high - guess < 1e-9 * high => (high - 4.0 * (high - guess)).min(high * (1.0 - 4e-15)),
            _ => guess,
        };
        let guess = if guess > low && guess < high { guess } else { f64::midpoint(low, high) };
        let tail = tail(guess, df);
        let at_guess = excess(tail);
        if tail > level {
            (low, at_low) = (guess, at_guess);
            if moved_low == Some(true) {
                at_high /= 2.0;
            }
            moved_low = Some(true);
        } else {
            (high, at_high) = (guess, at_guess);
            if moved_low == Some(false) {
                at_low /= 2.0;
            }
            moved_low = Some(false);
        }
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
    fn a_quantile_is_the_bisections() {
        for level in [0.499, 0.4, 0.25, 0.1, 0.025, 0.005, 1e-4, 1e-6, 1e-9, 1e-12] {
            for df in [1.0, 1.3, 2.0, 3.0, 5.5, 11.0, 22.0, 80.0, 1e4] {
                let mut high = 1.0;
                while tail(high, df) > level {
                    high *= 2.0;
                }
                let mut low = 0.0;
                for _ in 0..80 {
                    let middle = f64::midpoint(low, high);
                    if tail(middle, df) > level { low = middle } else { high = middle }
                }
                let found = quantile(level, df);
                assert!((found / high - 1.0).abs() < 1e-11, "{level} {df}: {found} and not {high}");
                assert!(tail(found, df) <= level, "{level} {df}");
            }
        }
    }

    #[test]
    fn far_tails_are_accurate() {
        // Closed forms: df 2 (Abramowitz and Stegun 26.7.4, rearranged so that nothing cancels), and Cauchy's.
        for t in [1.0f64, 10.0, 1e3, 7071.0, 1e5] {
            let root = (2.0 + t * t).sqrt();
            let two = 1.0 / (root * (root + t));
            assert!((tail(t, 2.0) / two - 1.0).abs() < 1e-10, "{t}");
        }
        assert!((tail(40.0, 1.0) / ((1.0f64 / 40.0).atan() / std::f64::consts::PI) - 1.0).abs() < 1e-10);
        for level in [1e-4, 1e-8, 1e-12] {
            for df in [3.0, 17.5, 80.0, 4000.0] {
                let t = quantile(level, df);
                assert!((tail(t, df) / level - 1.0).abs() < 1e-9, "{level} {df}");
            }
        }
        // The normal's: 5.612 at 1e-8, to which the t of many degrees comes down.
        assert!((quantile(1e-8, 1e7) - 5.612_001_2).abs() < 1e-4);
        assert_eq!(quantile(0.0, 3.0), f64::INFINITY);
    }

    #[test]
    fn more_data_knows_its_error_better() {
        let (level, power) = (1e-4, 0.84);
        let three = Student { estimate: 0.1, error: 0.02 / 3.0f64.sqrt(), df: 2.0 };
        let shown = |times: f64| {
            let more = Student { error: three.error / times.sqrt(), df: three.df * times, ..three };
            more.reach(level) + power * more.error
        };
        // Held against the quantile of two degrees, 71, it would be 200 runs and not 8.
        let times = three.times_the_data(0.1, level, power);
        assert!((2.0..3.0).contains(&times), "{times}");
        assert!(shown(times) <= 0.1 && shown(times / 1.06) > 0.1, "{}", shown(times));
        // A shown difference needs no more data, and no amount of data shows a difference of 0.
        assert_eq!(three.times_the_data(1.0, level, power), 1.0);
        assert_eq!(three.times_the_data(0.0, level, power), f64::INFINITY);
        // With much data the error is known exactly.
        let far = three.times_the_data(1e-4, level, power);
        assert!((far / (4.56 * three.error / 1e-4f64).powi(2) - 1.0).abs() < 0.06, "{far}");
    }

    #[test]
    fn few_values_are_not_trimmed_and_more_are() {
        let centre = Centre::of(&[1.0, 2.0, 6.0]).unwrap();
        assert_eq!((centre.mean, centre.variance, centre.df), (3.0, 7.0, 2.0));
        // Yuen by hand: of 1 … 9 without the ends the mean of 2 … 8, and 2 2 3 4 5 6 7 8 8 have squares of 46.
        let trimmed = Centre::of(&[6.0, 1.0, 3.0, 2.0, 5.0, 4.0, 9.0, 7.0, 8.0]).unwrap();
        assert_eq!((trimmed.mean, trimmed.df), (5.0, 6.0));
        assert!((trimmed.variance - 9.0 * 46.0 / 42.0).abs() < 1e-12);
        let wild = Centre::of(&[6.0, 1.0, 3.0, 2.0, 5.0, 4.0, 900.0, 7.0, 8.0]).unwrap();
        assert_eq!(wild, trimmed);
        assert_eq!(Centre::of(&[]), None);
        assert_eq!(Centre::of(&[5.0]).unwrap().df, 0.0);
    }

    #[test]
    fn the_others_spread_counts_for_four_degrees_at_most() {
        let own = Own { estimate: 0.1, variance: 0.0, df: 2.0, factor: 1.0 / 3.0 };
        let mut pool = Pool::default();
        pool.add(&own);
        assert_eq!(pool.judge(&own, 1e-3).unwrap().df, 2.0);
        for _ in 0..3 {
            pool.add(&Own { variance: 0.0004, ..own });
        }
        // A half for each other figure.
        assert_eq!(pool.judge(&own, 1e-3).unwrap().df, 3.5);
        for _ in 0..9 {
            pool.add(&Own { variance: 0.0004, ..own });
        }
        let student = pool.judge(&own, 1e-3).unwrap();
        assert_eq!(student.df, 6.0);
        // Its own values agree, which is not believed of three.
        assert!((student.error - (0.0004f64 / 3.0).sqrt()).abs() < 1e-12, "{student:?}");
        let single = Own { df: 0.0, ..own };
        assert_eq!(Pool::default().judge(&single, 1e-3), None);
        assert_eq!(pool.judge(&single, 1e-3).unwrap().df, 4.0);
        // Nothing is believed to be steadier than the floor.
        assert!((pool.judge(&own, 0.5).unwrap().error - 0.5 / 3.0f64.sqrt()).abs() < 1e-12);
    }

    /// 20 benchmarks of three runs a side, 2,000 times: the p-values are what they say, though noises differ twofold.
    #[test]
    fn p_values_of_unequal_noises_hold() {
        let mut random = fastrand::Rng::with_seed(11);
        let (mut below, mut all) = (0, 0);
        for _ in 0..2000 {
            let figures: Vec<Own> = (0..20)
                .filter_map(|_| {
                    let sd = 3e-4 * (0.5 * normal(&mut random)).exp();
                    let mut side = || (0..3).map(|_| sd * normal(&mut random)).collect::<Vec<f64>>();
                    Own::sides(&side(), &side())
                })
                .collect();
            let mut pool = Pool::default();
            figures.iter().for_each(|own| pool.add(own));
            for own in &figures {
                all += 1;
                below += usize::from(pool.judge(own, 1e-6).unwrap().p_above(0.0) <= 0.001);
            }
        }
        let rate = f64::from(below as u32) / f64::from(all);
        assert!(rate < 0.0013, "{rate}");
    }

    /// What is said of 1,000 sequences each: independent ones are not much widened, correlated ones are found.
    #[test]
    fn the_correlation_of_neighbours_is_not_underestimated() {
        let mut random = fastrand::Rng::with_seed(12);
        for r in [0.0, 0.3, 0.7, 0.9] {
            let mut below = 0;
            let mut sum = 0.0;
            for _ in 0..1000 {
                let mut value = normal(&mut random);
                let sequence: Vec<f64> = (0..20)
                    .map(|_| {
                        value = r * value + (1.0 - r * r).sqrt() * normal(&mut random);
                        value
                    })
                    .collect();
                let limit = correlation([sequence.as_slice()].into_iter());
                below += usize::from(limit < r - 1e-9);
                sum += limit;
            }
            assert!(below < 200, "{r}: {below} of 1000 below");
            assert!(r > 0.0 || sum < 400.0, "{sum}");
        }
        assert_eq!(correlation(std::iter::empty()), MOST_CORRELATED);
    }

    #[test]
    fn a_mean_is_as_certain_as_its_parts() {
        let part = |estimate| Student { estimate, error: 0.02, df: 6.0 };
        let mean = Student::mean(&[part(0.1), part(0.2), part(0.3), part(0.4)]).unwrap();
        assert!((mean.estimate - 0.25).abs() < 1e-12 && (mean.error - 0.01).abs() < 1e-12 && mean.df == 24.0);
        assert_eq!(Student::mean(&[]), None);
    }
}
