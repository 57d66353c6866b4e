//! Verdicts on a family of figures, each measured of two compilers, A and B.
//!
//! # Data and test
//!
//! A block is one run of A and one of B, in an order that a coin decides; a block of one figure is a pair (a, b), and its
//! difference is d = ln b − ln a. If B is no different from A, the coin alone decided which of the block's two values is
//! called a: given |d|, the sign of d is a fair coin's, however the machine drifts between blocks, whatever the tails and
//! however blocks depend on one another. The signed-rank test of the differences is then a randomisation test (Fisher
//! 1935, § 21; Lehmann and Romano, *Testing Statistical Hypotheses*, 3rd ed., § 5.8), exact for any number of blocks.
//! If B takes a constant multiple of A's time, the same holds of d − ln ratio: so are the interval and the test of
//! equivalence. See `signed_rank` for estimate, interval and ties, and `looks` for why looking several times costs
//! nothing that was not paid for.
//!
//! # Families
//!
//! All figures that are not exact are one family for the claim "changed", judged by two-sided sequential p-values and
//! the step-up procedure at [`Rules::q_change`]; those with a threshold are one for the claim "equal", that the ratio lies
//! within ± threshold (two one-sided tests: Schuirmann 1987), at [`Rules::q_equal`]. Of the changes that are reported
//! the expected share of false ones is at most the one, of the equalities at most the other.
//!
//! # Verdict and interval
//!
//! A figure is [`Verdict::Equal`] if it is shown to lie within ± threshold, though it be shown to differ by less than
//! that too; else [`Verdict::Regressed`] or [`Verdict::Improved`] if shown to differ; else [`Verdict::Undecided`]. The
//! interval that is reported is always the one that belongs to the verdict, and says the same:
//! - changed: level 1 − R·q/m, with R found among m (Benjamini and Yekutieli 2005: of the intervals chosen for being
//!   remarkable, the share q may fail). It excludes 1 and does not lie within ± threshold;
//! - equal: level 1 − 2·R·q/m of the second family, the interval of which two one-sided tests are made. It lies within
//!   ± threshold. (Or that of a change, if that one lies there.)
//! - undecided: the level that would have made it the next to be found in either family. It does neither.
//!
//! Intervals are intersected over the looks so far. Two looks that contradict each other leave nothing; then the span
//! between their nearest limits is reported, and a figure of which both a claim and its opposite were shown has shown
//! neither.

use super::family::{StepUp, step_up};
use super::looks::Looks;
use super::noise::{Difference, Noise};
use super::rank_sum::RankSum;
use super::signed_rank::Walsh;
use crate::model::Verdict;

/// One figure of one benchmark, measured of A and B. Less is better.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// The values (a, b) of each block, in the order measured. Pairs with a value that is no number, or that is not
    /// positive with `offset` added, are left out.
    pub pairs: &'a [(f64, f64)],
    /// Added to every value: 0, or for figures that may be 0 (bytes written) something small beside those that matter.
    /// Ratios are then of values with the offset, so that one of exact figures should be 0 unless one of them is.
    pub offset: f64,
    /// The greatest change that does not matter, as a fraction: 0.01 is 1 %, from 1/1.01 to 1.01. With 0, nothing but an
    /// exact figure is ever called equal.
    pub threshold: f64,
    /// What kind of figure it is.
    pub kind: Kind<'a>,
}

/// How a figure varies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind<'a> {
    /// From run to run and with the machine's mood: times, memory.
    Paired,
    /// Not at all: sizes of what is built. If either side has two different values after all, it is taken as `Paired`.
    Exact,
    /// So little that a few runs do, by this noise of all figures of its sort: instruction counts. Its sides are not
    /// paired, and the number of its runs must have been fixed before the first.
    Noisy(Noise),
    /// As `Paired`, but the sides were measured one after the other: these are their values, and there are no pairs. There
    /// is one look, at all of them.
    Unpaired(&'a [f64], &'a [f64]),
}

/// The error rates of the two families.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// Of the reported changes, the expected share of false ones; with nothing changed, the chance of any.
    pub q_change: f64,
    /// Of the reported equalities, the expected share of false ones.
    pub q_equal: f64,
}

impl Default for Rules {
    /// 1 % and 5 %: a false alarm costs somebody a day, a false "equal" is at most a little more than the threshold.
    fn default() -> Self {
        Self { q_change: 0.01, q_equal: 0.05 }
    }
}

/// A verdict and what stands behind it. Ratios are B's values over A's, with the offset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The estimate; NaN if there is no pair.
    pub ratio: f64,
    /// Lower end of its interval; 0 before the first look.
    pub low: f64,
    /// Upper end of its interval; infinite before the first look.
    pub high: f64,
    /// The interval's confidence, at all looks together, 0 to 1.
    pub confidence: f64,
    /// The two-sided p-value of "changed", valid at whichever look the measurement stopped; `None` of an exact figure.
    pub p_value: Option<f64>,
    /// Whether the values were compared as they are, without statistics.
    pub exact: bool,
    /// If undecided: the smallest ratio above 1 that this much data shows in four of five cases; `None` if none.
    ///
    /// exp(h + 0.84·s), where h is half the last look's interval on the logarithmic scale and s the estimate's standard
    /// error, half an 80 % interval over 1.28: the estimate must exceed h, and does so with a probability of 0.8 if its
    /// mean is 0.84 standard errors higher.
    pub detectable: Option<f64>,
    /// If undecided: about how many more pairs are needed to find a change of the threshold's size, or to show its
    /// absence.
    ///
    /// n·(ln detectable / ln(1 + threshold))² − n, as intervals shrink with √n; `None` without a threshold.
    pub more_runs: Option<usize>,
    /// The pairs that were judged: those up to the last look.
    pub runs: usize,
}

/// How probable a true change is to be found that is called detectable, as a quantile of the normal distribution: 80 %.
pub const Z_POWER: f64 = 0.841_621;
/// The one-sided level of the interval from which a standard error is taken, and its normal quantile.
pub const ERROR_LEVEL: (f64, f64) = (0.1, 1.281_552);

/// Judges a family of figures by the pairs measured so far.
///
/// May be called at every look, with more pairs each time: a figure that is no longer measured keeps its pairs, and with
/// them its p-value. Pairs after the last look that was reached do not count; see [`Looks::ended_at`] for measurements
/// that end between looks.
pub fn judge_family(samples: &[Sample], looks: &Looks, rules: &Rules) -> Vec<Judgement> {
    let evidence: Vec<Evidence> =
        samples.iter().map(|sample| Evidence::of(sample, looks).without_contradictions(rules)).collect();
    let levels = Levels::new(&evidence, rules);
    samples
        .iter()
        .zip(&evidence)
        .map(|(sample, evidence)| conclude(&Data::new(sample), sample, looks, evidence, &levels))
        .collect()
}

/// The verdicts of [`judge_family`] without their intervals: what decides who is measured further.
pub fn verdicts(evidence: &[Evidence], rules: &Rules) -> Vec<Verdict> {
    let sound: Vec<Evidence> = evidence.iter().map(|evidence| evidence.without_contradictions(rules)).collect();
    let levels = Levels::new(&sound, rules);
    sound.iter().map(|evidence| evidence.decide(&levels).0).collect()
}

/// What a figure's pairs say for themselves, before the rest of its family is heard. May be kept from look to look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// The last look that is in it, as a number of pairs.
    reached: usize,
    /// The verdict of an exact figure.
    exact: Option<Verdict>,
    /// Whether there is a threshold.
    has_threshold: bool,
    /// Sequential one-sided p-values of the claims that the shift lies above −δ, 0 and δ, δ being the threshold.
    above: [f64; 3],
    /// Of the claims that it lies below.
    below: [f64; 3],
}

const LOWER: usize = 0;
const ZERO: usize = 1;
const UPPER: usize = 2;

impl Evidence {
    /// Of these pairs at the looks they have reached.
    pub fn of(sample: &Sample, looks: &Looks) -> Self {
        let mut evidence =
            Self { reached: 0, exact: None, has_threshold: sample.margin() > 0.0, above: [1.0; 3], below: [1.0; 3] };
        evidence.update(sample, looks);
        evidence
    }

    /// Adds the looks reached since, of the same sample with more pairs.
    pub fn update(&mut self, sample: &Sample, looks: &Looks) {
        let bounds = [-sample.margin(), 0.0, sample.margin()];
        self.exact = None;
        match Data::new(sample) {
            Data::Exact(ratio) => self.exact = Some(exact_verdict(ratio, sample.threshold)),
            Data::Paired(differences) => {
                for (at, weight) in looks.reached(differences.len()).filter(|(at, _)| *at > self.reached) {
                    let walsh = Walsh::new(&differences[..at]);
                    // The further a claim goes the larger is its p-value, so that after one that shows nothing none does.
                    let shown = |p_value: f64| Some(p_value / weight).filter(|p_value| *p_value < 1.0);
                    for (index, bound) in bounds.into_iter().enumerate() {
                        let Some(p_value) = shown(walsh.p_above(bound)) else { break };
                        self.above[index] = self.above[index].min(p_value);
                    }
                    for (index, bound) in bounds.into_iter().enumerate().rev() {
                        let Some(p_value) = shown(walsh.p_below(bound)) else { break };
                        self.below[index] = self.below[index].min(p_value);
                    }
                }
                self.reached = looks.reached(differences.len()).last().map_or(0, |(at, _)| at);
            }
            Data::Noisy { difference: Some(difference), .. } => {
                self.above = bounds.map(|bound| difference.p_above(bound));
                self.below = bounds.map(|bound| difference.p_below(bound));
            }
            Data::Noisy { difference: None, .. } => {}
            Data::Unpaired(sum) => {
                self.above = bounds.map(|bound| sum.p_above(bound));
                self.below = bounds.map(|bound| sum.p_below(bound));
            }
        }
    }

    /// Withdraws claims whose opposite is shown too, at a level above which no family goes, and those that imply them.
    ///
    /// All this raises p-values only, and a larger p-value is still a valid one.
    fn without_contradictions(mut self, rules: &Rules) -> Self {
        let level = f64::max(rules.q_change / 2.0, rules.q_equal);
        for (above, below) in self.above.iter_mut().zip(&mut self.below) {
            if *above <= level && *below <= level {
                (*above, *below) = (1.0, 1.0);
            }
        }
        for index in [ZERO, UPPER] {
            self.above[index] = self.above[index].max(self.above[index - 1]);
        }
        for index in [ZERO, LOWER] {
            self.below[index] = self.below[index].max(self.below[index + 1]);
        }
        self
    }

    /// The two-sided sequential p-value of "changed".
    fn p_change(&self) -> f64 {
        (2.0 * self.above[ZERO].min(self.below[ZERO])).min(1.0)
    }

    /// The sequential p-value of "within ± threshold", which is the worse of its two one-sided tests.
    fn p_equal(&self) -> f64 {
        self.above[LOWER].max(self.below[UPPER]).min(1.0)
    }

    fn is_within(&self, level: f64) -> bool {
        self.has_threshold && self.p_equal() <= level
    }

    /// The verdict, and the one-sided level of the interval that goes with it.
    fn decide(&self, levels: &Levels) -> (Verdict, f64) {
        if let Some(verdict) = self.exact {
            return (verdict, 0.0);
        }
        if levels.equal.rejected > 0 && self.is_within(levels.equal.level) {
            return (Verdict::Equal, levels.equal.level);
        }
        if levels.change.rejected > 0 && self.p_change() <= levels.change.level {
            let level = levels.change.level / 2.0;
            return if self.is_within(level) {
                (Verdict::Equal, level)
            } else if self.above[ZERO] < self.below[ZERO] {
                (Verdict::Regressed, level)
            } else {
                (Verdict::Improved, level)
            };
        }
        let next = levels.change.next / 2.0;
        (Verdict::Undecided, if self.has_threshold { next.min(levels.equal.next) } else { next })
    }
}

/// What the two families reject.
struct Levels {
    change: StepUp,
    equal: StepUp,
}

impl Levels {
    fn new(evidence: &[Evidence], rules: &Rules) -> Self {
        let tested = || evidence.iter().filter(|evidence| evidence.exact.is_none());
        let changes: Vec<f64> = tested().map(Evidence::p_change).collect();
        let equalities: Vec<f64> = tested().filter(|it| it.has_threshold).map(Evidence::p_equal).collect();
        Self { change: step_up(&changes, rules.q_change), equal: step_up(&equalities, rules.q_equal) }
    }
}

impl Sample<'_> {
    /// The threshold on the logarithmic scale; 0 if it is none.
    fn margin(&self) -> f64 {
        if self.threshold.is_finite() && self.threshold > 0.0 { self.threshold.ln_1p() } else { 0.0 }
    }
}

/// The usable pairs of a sample.
enum Data {
    /// The ratio.
    Exact(f64),
    /// The differences of logarithms.
    Paired(Vec<f64>),
    Noisy {
        runs: usize,
        difference: Option<Difference>,
    },
    /// The logarithms of either side.
    Unpaired(RankSum),
}

impl Data {
    fn new(sample: &Sample) -> Self {
        if let (Kind::Exact, Some(ratio)) = (sample.kind, exact_ratio(sample)) {
            return Self::Exact(ratio);
        }
        let usable = |value: f64| (value + sample.offset).is_finite() && value + sample.offset > 0.0;
        if let Kind::Unpaired(a, b) = sample.kind {
            let logs = |side: &[f64]| -> Vec<f64> {
                let values = side.iter().filter(|value| usable(**value));
                values.map(|value| (value + sample.offset).ln()).collect()
            };
            return Self::Unpaired(RankSum::new(&logs(a), &logs(b)));
        }
        let logs = sample
            .pairs
            .iter()
            .filter(|(a, b)| usable(*a) && usable(*b))
            .map(|(a, b)| ((a + sample.offset).ln(), (b + sample.offset).ln()));
        if let Kind::Noisy(noise) = sample.kind {
            let (a, b): (Vec<f64>, Vec<f64>) = logs.unzip();
            return Self::Noisy { runs: a.len(), difference: Difference::new(&a, &b, noise) };
        }
        // Exchanging the sides turns the sign and nothing else, down to the last bit.
        Self::Paired(logs.map(|(a, b)| b - a).collect())
    }
}

/// The ratio of two values that never varied; `None` if one did or there is none.
fn exact_ratio(sample: &Sample) -> Option<f64> {
    let (a, b) = *sample.pairs.first()?;
    let same = sample.pairs.iter().all(|pair| pair.0.to_bits() == a.to_bits() && pair.1.to_bits() == b.to_bits());
    let (a, b) = (a + sample.offset, b + sample.offset);
    let sound = same && a.is_finite() && b.is_finite() && a >= 0.0 && b >= 0.0;
    // Nothing became nothing: no change, though 0 / 0 is no number.
    sound.then(|| if a == b { 1.0 } else { b / a })
}

fn exact_verdict(ratio: f64, threshold: f64) -> Verdict {
    let threshold = if threshold.is_finite() { threshold.max(0.0) } else { 0.0 };
    if ratio > 1.0 + threshold {
        Verdict::Regressed
    } else if ratio < 1.0 / (1.0 + threshold) {
        Verdict::Improved
    } else {
        Verdict::Equal
    }
}

fn conclude(data: &Data, sample: &Sample, looks: &Looks, evidence: &Evidence, levels: &Levels) -> Judgement {
    let (verdict, level) = evidence.decide(levels);
    let (limits, estimate, runs, precision) = match data {
        Data::Exact(ratio) => {
            return Judgement {
                verdict,
                ratio: *ratio,
                low: *ratio,
                high: *ratio,
                confidence: 1.0,
                p_value: None,
                exact: true,
                detectable: None,
                more_runs: None,
                runs: sample.pairs.len(),
            };
        }
        Data::Paired(differences) => {
            let mut limits = (f64::NEG_INFINITY, f64::INFINITY);
            let mut last = None;
            for (at, weight) in looks.reached(differences.len()) {
                let walsh = Walsh::new(&differences[..at]);
                let (low, high) = walsh.limits(level * weight);
                limits = (limits.0.max(low), limits.1.min(high));
                last = Some((walsh, (low, high)));
            }
            let precision = last.as_ref().and_then(|(walsh, (low, high))| {
                let central = walsh.limits(ERROR_LEVEL.0);
                Some(Precision { reach: half(*low, *high)?, error: half(central.0, central.1)? / ERROR_LEVEL.1 })
            });
            let judged = last.map_or_else(|| Walsh::new(differences), |(walsh, _)| walsh);
            (limits, judged.estimate(), judged.count(), precision)
        }
        Data::Unpaired(sum) => {
            let limits = sum.limits(level);
            let central = sum.limits(ERROR_LEVEL.0);
            let precision = half(limits.0, limits.1).zip(half(central.0, central.1));
            let precision = precision.map(|(reach, error)| Precision { reach, error: error / ERROR_LEVEL.1 });
            (limits, sum.estimate(), sum.count(), precision)
        }
        Data::Noisy { runs, difference: None } => ((f64::NEG_INFINITY, f64::INFINITY), None, *runs, None),
        Data::Noisy { runs, difference: Some(difference) } => {
            let limits = difference.limits(level);
            let precision = half(limits.0, limits.1).map(|reach| Precision { reach, error: difference.error });
            (limits, Some(difference.estimate), *runs, precision)
        }
    };
    // Looks that contradict one another leave the span between them.
    let limits = (limits.0.min(limits.1), limits.1.max(limits.0));
    let (low, high) = evidence.settle((limits.0.exp(), limits.1.exp()), sample.threshold, level);
    let precision = precision.filter(|_| verdict == Verdict::Undecided);
    Judgement {
        verdict,
        // The last look's estimate may lie outside of what earlier looks have left.
        ratio: estimate.map_or(f64::NAN, |estimate| estimate.exp().max(low).min(high)),
        low,
        high,
        confidence: 1.0 - 2.0 * level,
        p_value: Some(evidence.p_change()),
        exact: false,
        detectable: precision.as_ref().map(|precision| precision.detectable().exp()),
        more_runs: precision.and_then(|precision| precision.more_runs(runs, sample.margin())),
        runs,
    }
}

impl Evidence {
    /// An interval of this one-sided level, with its limits on those sides of 1 and of the threshold's two ratios on
    /// which the tests of that level have them.
    ///
    /// They are there already but for the last bit, which the exponential or the quotient p / w may have rounded, and
    /// but for what contradictory looks have withdrawn.
    fn settle(&self, (low, high): (f64, f64), threshold: f64, level: f64) -> (f64, f64) {
        let edge = if self.has_threshold { 1.0 + threshold } else { 1.0 };
        let ratios = [1.0 / edge, 1.0, edge];
        let low = (LOWER..=UPPER).fold(low, |low, index| {
            if self.above[index] <= level { low.max(ratios[index].next_up()) } else { low.min(ratios[index]) }
        });
        let high = (LOWER..=UPPER).rev().fold(high, |high, index| {
            if self.below[index] <= level { high.min(ratios[index].next_down()) } else { high.max(ratios[index]) }
        });
        (low, high.max(low))
    }
}

/// How fine a look's measurement is, on the logarithmic scale.
struct Precision {
    /// Half the interval.
    reach: f64,
    /// The estimate's standard error.
    error: f64,
}

impl Precision {
    fn detectable(&self) -> f64 {
        self.reach + Z_POWER * self.error
    }

    fn more_runs(&self, runs: usize, margin: f64) -> Option<usize> {
        let needed = runs as f64 * (self.detectable() / margin).powi(2);
        (margin > 0.0 && needed.is_finite()).then(|| (needed.ceil() as usize).saturating_sub(runs).max(1))
    }
}

/// Half the distance, if it is finite.
fn half(low: f64, high: f64) -> Option<f64> {
    Some((high - low) / 2.0).filter(|half| half.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{declare_looks, pooled_noise};

    fn normal(random: &mut fastrand::Rng) -> f64 {
        (-2.0 * (1.0 - random.f64()).ln()).sqrt() * (std::f64::consts::TAU * random.f64()).cos()
    }

    /// Pairs of 100 and 100 times `ratio`, with `noise` as standard deviation of each logarithm.
    fn pairs(random: &mut fastrand::Rng, count: usize, ratio: f64, noise: f64) -> Vec<(f64, f64)> {
        (0..count)
            .map(|_| (100.0 * (noise * normal(random)).exp(), 100.0 * ratio * (noise * normal(random)).exp()))
            .collect()
    }

    fn sample(pairs: &[(f64, f64)]) -> Sample<'_> {
        Sample { pairs, offset: 0.0, threshold: 0.01, kind: Kind::Paired }
    }

    fn judge_one(pairs: &[(f64, f64)]) -> Judgement {
        let looks = declare_looks(1, 0.01, 10, 40);
        judge_family(&[sample(pairs)], &looks, &Rules::default())[0]
    }

    #[test]
    fn each_verdict_has_its_case() {
        let mut random = fastrand::Rng::with_seed(3);
        let mut verdict = |ratio, noise| judge_one(&pairs(&mut random, 40, ratio, noise));
        let worse = verdict(1.05, 0.01);
        assert_eq!(worse.verdict, Verdict::Regressed);
        assert!(
            worse.low > 1.0 && worse.low < 1.05 && worse.high > 1.05 && worse.p_value.unwrap() < 0.001,
            "{worse:?}"
        );
        assert_eq!((worse.confidence, worse.runs, worse.exact, worse.more_runs), (0.99, 40, false, None));
        assert_eq!(verdict(0.95, 0.01).verdict, Verdict::Improved);
        let equal = verdict(1.0, 0.005);
        assert_eq!((equal.verdict, equal.confidence), (Verdict::Equal, 0.9));
        // Shown to differ, and shown to differ by less than matters.
        assert_eq!(verdict(1.005, 0.001).verdict, Verdict::Equal);
        let unclear = verdict(1.01, 0.05);
        assert_eq!(unclear.verdict, Verdict::Undecided);
        assert!(unclear.low <= 1.0 && unclear.high >= 1.01, "{unclear:?}");
        // 40 pairs of 5 % noise: a standard error of 1.1 %, so that about 4 % can be found, and 1 % with sixteen times
        // as many pairs.
        assert!((1.03..1.06).contains(&unclear.detectable.unwrap()), "{unclear:?}");
        assert!((300..1200).contains(&unclear.more_runs.unwrap()), "{unclear:?}");
    }

    #[test]
    fn exchanging_the_sides_exchanges_the_verdict() {
        let mut random = fastrand::Rng::with_seed(4);
        for ratio in [0.97, 1.0, 1.02] {
            let there = pairs(&mut random, 40, ratio, 0.01);
            let back: Vec<(f64, f64)> = there.iter().map(|(a, b)| (*b, *a)).collect();
            let (there, back) = (judge_one(&there), judge_one(&back));
            assert!((there.ratio * back.ratio - 1.0).abs() < 1e-12 && (there.low * back.high - 1.0).abs() < 1e-12);
            assert_eq!(there.p_value, back.p_value);
        }
    }

    /// Families of many sizes, noises and shifts, drifting so that looks contradict one another.
    #[test]
    fn verdict_and_interval_never_disagree() {
        let mut random = fastrand::Rng::with_seed(5);
        let mut seen = [0; 4];
        for round in 0..300 {
            let figures: Vec<Vec<(f64, f64)>> = (0..12)
                .map(|_| {
                    let count = random.usize(0..70);
                    let shift = 0.03 * normal(&mut random) * f64::from(random.u8(0..3));
                    let noise = 0.03 * random.f64().powi(2);
                    let mut pairs = pairs(&mut random, count, shift.exp(), noise);
                    if round % 3 == 0 {
                        // The second half says the opposite of the first.
                        for pair in pairs.iter_mut().skip(20) {
                            pair.1 *= (-3.0 * shift).exp();
                        }
                    }
                    pairs
                })
                .collect();
            let thresholds = [0.0, 0.002, 0.01, 0.05];
            let looks = declare_looks(12, 0.01, 8, 60);
            let samples: Vec<Sample> = figures
                .iter()
                .enumerate()
                .map(|(index, pairs)| Sample { threshold: thresholds[index % 4], ..sample(pairs) })
                .collect();
            let rules = Rules::default();
            let judged = judge_family(&samples, &looks, &rules);
            let evidence: Vec<Evidence> = samples.iter().map(|sample| Evidence::of(sample, &looks)).collect();
            assert_eq!(judged.iter().map(|it| it.verdict).collect::<Vec<_>>(), verdicts(&evidence, &rules));
            for (it, sample) in judged.iter().zip(&samples) {
                let within = it.low > 1.0 / (1.0 + sample.threshold) && it.high < 1.0 + sample.threshold;
                let expected = match (within, it.low > 1.0, it.high < 1.0) {
                    (true, _, _) => Verdict::Equal,
                    (false, true, _) => Verdict::Regressed,
                    (false, _, true) => Verdict::Improved,
                    (false, false, false) => Verdict::Undecided,
                };
                assert_eq!(it.verdict, expected, "{it:?}");
                assert!(it.low <= it.high && (it.runs == 0 || (it.low <= it.ratio && it.ratio <= it.high)), "{it:?}");
                seen[it.verdict as usize] += 1;
            }
        }
        assert!(seen.iter().all(|count| *count > 100), "{seen:?}");
    }

    #[test]
    fn contradictory_looks_show_nothing() {
        let looks = declare_looks(1, 0.01, 10, 40);
        // 2 % slower throughout the first looks, then much faster.
        let pairs: Vec<(f64, f64)> = (0..40)
            .map(|i| (100.0, if i < looks.at()[0] { 102.0 } else { 80.0 } + 0.01 * f64::from(i as u32 % 7)))
            .collect();
        let judged = judge_one(&pairs);
        assert_eq!(judged.verdict, Verdict::Undecided, "{judged:?}");
        assert!(judged.low < 1.0 && judged.high > 1.0);
    }

    #[test]
    fn pairs_beyond_the_last_look_do_not_count() {
        let mut random = fastrand::Rng::with_seed(6);
        let looks = declare_looks(1, 0.01, 10, 40);
        let mut pairs = pairs(&mut random, looks.at()[1], 1.02, 0.02);
        let before = judge_one(&pairs);
        pairs.push((1.0, 1000.0));
        assert_eq!(judge_one(&pairs), before);
        let first = judge_one(&pairs[..5]);
        assert_eq!(
            (first.verdict, first.p_value, first.low, first.high),
            (Verdict::Undecided, Some(1.0), 0.0, f64::INFINITY)
        );
        assert!(first.ratio > 0.9 && first.detectable.is_none() && first.more_runs.is_none());
    }

    #[test]
    fn exact_figures_are_compared_as_they_are() {
        let exact = |a: f64, b: f64, threshold| {
            let pairs = [(a, b); 3];
            let sample = Sample { pairs: &pairs, offset: 0.0, threshold, kind: Kind::Exact };
            judge_family(&[sample], &Looks::once(30), &Rules::default())[0]
        };
        let one_byte = exact(10_000.0, 10_001.0, 0.0);
        assert_eq!((one_byte.verdict, one_byte.exact, one_byte.p_value), (Verdict::Regressed, true, None));
        assert_eq!((one_byte.ratio, one_byte.low, one_byte.high), (1.0001, 1.0001, 1.0001));
        assert_eq!(exact(10_000.0, 9_999.0, 0.0).verdict, Verdict::Improved);
        assert_eq!(exact(10_000.0, 10_001.0, 0.001).verdict, Verdict::Equal);
        assert_eq!(exact(0.0, 0.0, 0.0).verdict, Verdict::Equal);
        assert_eq!(exact(0.0, 8.0, 0.0).verdict, Verdict::Regressed);
        // Sizes that vary after all are measured like times.
        let pairs = [(1.0, 1.0), (1.0, 2.0)];
        let varying = Sample { pairs: &pairs, offset: 0.0, threshold: 0.0, kind: Kind::Exact };
        let judged = judge_family(&[varying], &Looks::once(30), &Rules::default())[0];
        assert_eq!((judged.verdict, judged.exact), (Verdict::Undecided, false));
    }

    #[test]
    fn exact_figures_do_not_make_the_others_harder_to_find() {
        let mut random = fastrand::Rng::with_seed(8);
        let found = pairs(&mut random, 40, 1.1, 0.01);
        let sizes = [(1.0, 1.0)];
        let mut samples = vec![sample(&found)];
        let looks = declare_looks(1, 0.01, 10, 40);
        let alone = judge_family(&samples, &looks, &Rules::default())[0];
        samples.extend([Sample { pairs: &sizes, offset: 0.0, threshold: 0.0, kind: Kind::Exact }; 50]);
        assert_eq!(judge_family(&samples, &looks, &Rules::default())[0], alone);
    }

    #[test]
    fn instruction_counts_need_few_runs() {
        let mut random = fastrand::Rng::with_seed(9);
        let figures: Vec<Vec<(f64, f64)>> =
            (0..20).map(|i| pairs(&mut random, 3, if i == 0 { 1.005 } else { 1.0 }, 3e-4)).collect();
        let sides = |pairs: &Vec<(f64, f64)>| -> [Vec<f64>; 2] {
            [pairs.iter().map(|pair| pair.0).collect(), pairs.iter().map(|pair| pair.1).collect()]
        };
        let noise = pooled_noise(&figures.iter().flat_map(sides).collect::<Vec<_>>());
        let samples: Vec<Sample> = figures
            .iter()
            .map(|pairs| Sample { pairs, offset: 0.0, threshold: 0.002, kind: Kind::Noisy(noise) })
            .collect();
        let judged = judge_family(&samples, &Looks::once(30), &Rules::default());
        assert_eq!(judged[0].verdict, Verdict::Regressed);
        assert!(judged[0].low > 1.002 && judged[0].runs == 3, "{:?}", judged[0]);
        assert!(judged[1..].iter().all(|it| it.verdict == Verdict::Equal));
    }

    #[test]
    fn an_offset_makes_zeros_comparable() {
        let pairs: Vec<(f64, f64)> = (0..40).map(|i| (0.0, f64::from(i % 3) * 10.0)).collect();
        let judged = judge_family(
            &[Sample { offset: 4096.0, ..sample(&pairs) }],
            &declare_looks(1, 0.01, 10, 40),
            &Rules::default(),
        )[0];
        assert_eq!((judged.verdict, judged.runs), (Verdict::Equal, 40));
    }

    #[test]
    fn nothing_panics() {
        let looks = declare_looks(4, 0.01, 5, 30);
        let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, -1.0, f64::MAX, f64::MIN_POSITIVE, 1.0];
        let all: Vec<(f64, f64)> = odd.iter().flat_map(|a| odd.iter().map(move |b| (*a, *b))).collect();
        let mut samples = Vec::new();
        let noise = |sd, df| Kind::Noisy(Noise { sd, df, total_df: df });
        for kind in [Kind::Paired, Kind::Exact, noise(0.001, 5.0), noise(f64::NAN, -1.0), noise(0.0, f64::INFINITY)] {
            for threshold in odd {
                for offset in odd {
                    for pairs in [&all[..], &all[..1], &all[80..], &[]] {
                        samples.push(Sample { pairs, offset, threshold, kind });
                    }
                }
            }
        }
        for rules in
            [Rules::default(), Rules { q_change: f64::NAN, q_equal: -1.0 }, Rules { q_change: 1.0, q_equal: 1.0 }]
        {
            let judged = judge_family(&samples, &looks, &rules);
            assert_eq!(judged.len(), samples.len());
        }
        assert!(judge_family(&[], &looks, &Rules::default()).is_empty());
        let none = judge_one(&[]);
        assert!(none.ratio.is_nan() && none.runs == 0 && none.verdict == Verdict::Undecided);
    }
}
