//! Verdicts on all figures of two compilers, A and B.
//!
//! # What is tested
//!
//! A block is one run of A and one of B, and a draw decides which is made first, or on which core. The ratio of a block's
//! two values, as a difference of logarithms, cancels what the machine does to both. Three kinds of evidence:
//!
//! - **[`RANKS_FROM`] blocks or more: ranks.** If B is no different from A, only the draw decided which value of a block is
//!   a: given |d|, the sign of d is a fair coin, however the machine drifts, whatever the tails, and however blocks depend
//!   on each other. The signed-rank test is then a randomisation test (Fisher 1935, § 21; Lehmann and Romano, *Testing
//!   Statistical Hypotheses*, 3rd ed., § 5.8), exact for any number of blocks. See `signed_rank`.
//! - **Fewer: spread.** n blocks have 2ⁿ signs, of which no test can make less than 2/2ⁿ. The missing information is
//!   replaced by an assumption: the middle of the differences is normal after trimming, with a variance estimated from its
//!   own values and those of the other benchmarks of the same metric. See `spread`. The effect of a wrong assumption is
//!   measured (`cargo bench --profile release --bench verdicts`). Times are judged from [`FEWEST_TIMES`] blocks on, since a program whose time
//!   has two levels shows three equal differences in one of 32 cases; [`Noise::Steady`] figures, which do not follow the
//!   machine's speed (memory, instructions), from three, and by both sides' values rather than by pairs: twice the degrees
//!   of freedom. Fewer than eight show a change only beyond [`Sample::step`], the possible difference of a second level.
//! - **Exact** figures (sizes) are compared as they are.
//!
//! `looks` explains why several looks do not raise the error rate.
//!
//! # What "changed" means
//!
//! The estimate is the ratio of *typical* runs: the middle of the blocks' ratios. A figure is regressed or improved if
//! 1. the test is significant at the level of its family (below);
//! 2. the typical run changed too: enough blocks have the sign of the change (a sign test at 5 %; below five blocks, all of
//!    them), or the medians' intervals are apart. A side whose every sixth run is a third slower, with the same median, is
//!    different, but its typical run is not;
//! 3. the estimate is at least the threshold, or not shown at 5 % to be below it. A difference below the threshold is not a
//!    change.
//!
//! It is [`Verdict::Equal`] if its ratio is shown to lie within ± threshold (two one-sided tests: Schuirmann 1987), else
//! [`Verdict::Undecided`].
//!
//! # Families
//!
//! Figures that decide (of whole runs, and the means over the suite) are one family: the chance that *any* of them is
//! falsely called changed is at most [`Rules::q_change`], whatever the others do (Holm). Those that explain are tested
//! within benchmarks that changed only. See `family`.
//!
//! # Intervals
//!
//! There always is one, unless the noise is unknown:
//! - changed: at level 1 − R·q/m with q = [`INTERVAL`], R of m being changed: of the selected intervals, the share q may
//!   miss (Benjamini and Yekutieli 2005), at all looks together. It excludes 1;
//! - equal: at the level of the test, so that it lies within ± threshold;
//! - undecided: 95 % by itself and of all values there are, "so far".

use super::Verdict;
use super::family::{Rejections, holm, step_up};
use super::looks::Looks;
use super::signed_rank::{Walsh, sign_critical};
use super::spread::{Own, Pool, Student, correlation};
use crate::model::Basis;

/// From this many blocks on, ranks decide.
pub const RANKS_FROM: usize = 20;
/// The fewest blocks in which times are decided by their spread.
pub const FEWEST_TIMES: usize = 5;
/// The fewest values a side in which steady figures are decided.
pub const FEWEST_STEADY: usize = 3;
/// The fewest values a side that show a change of any size in a steady figure.
const FEWEST_FREE: usize = 8;
/// What share of the shown intervals may miss the truth.
pub const INTERVAL: f64 = 0.05;
/// A claim is dropped if its opposite is shown at this one-sided level at some look. This only raises p-values.
const CONTRADICTED: f64 = 0.025;
/// A change that is shown at this level to be smaller than the threshold does not matter.
const SMALLER: f64 = 0.05;
/// The power for a detectable change, as a quantile of the normal distribution: 80 %.
const Z_POWER: f64 = 0.841_621;

/// One figure of one benchmark, measured of A and B. Less is better.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// What was measured.
    pub values: Values<'a>,
    /// How it varies.
    pub noise: Noise,
    /// The least accepted standard deviation of a value's logarithm.
    pub floor: f64,
    /// The possible difference of logarithms between two levels of a steady figure. If a heap is a huge page longer in every
    /// second run, then in one of 32 cases all three runs of one side are longer and none of the other's. Fewer than eight
    /// values a side show a change only beyond it. 0 for drifting figures.
    pub step: f64,
    /// Added to every value: 0, or for figures that may be 0 (bytes written) something small beside those that matter.
    pub offset: f64,
    /// The greatest change that does not matter, as a fraction: 0.01 is 1 %, from 1/1.01 to 1.01. With 0, nothing but an
    /// exact figure is ever called equal.
    pub threshold: f64,
    /// Figures of one pool are of one kind, and share their spread.
    pub pool: usize,
    /// Its benchmark; the suite as a whole is one more.
    pub group: usize,
    /// Whether it decides or only explains.
    pub role: Role,
}

/// The purpose of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Verdicts depend on it.
    Decides,
    /// It locates a change: a phase.
    Explains,
    /// It accompanies a change: kernel events. They make no other figure harder to decide.
    Accompanies,
}

/// The values of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Values<'a> {
    /// (a, b) of each block, in the order measured. Pairs with a NaN, or with a value that is not positive after adding the
    /// offset, are left out.
    Pairs(&'a [(f64, f64)]),
    /// Of sides that were measured one after the other, each in the order measured. There is one look, at all of them.
    Sides(&'a [f64], &'a [f64]),
    /// The mean over these figures of the same list: the suite as a whole.
    Mean(&'a [usize]),
}

/// How a figure varies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    /// With the machine's speed: times. Values that were measured one after the other resemble their neighbours.
    Drifting,
    /// From run to run, independent of time: memory, instructions. The values of each side are exchangeable.
    Steady,
    /// As [`Noise::Steady`], and the number of its values was fixed before the first: one look, at all of them.
    Counted,
    /// Not at all: sizes of what is built. If either side has two different values after all, it is taken as steady.
    Exact,
}

/// The error rates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// The chance of any false change among the deciding figures.
    pub q_change: f64,
    /// Of the reported equalities, the expected share of false ones.
    pub q_equal: f64,
}

impl Default for Rules {
    /// 1 % and 5 %: a false alarm costs a day of work, while a false "equal" is at most slightly above the threshold.
    fn default() -> Self {
        Self { q_change: 0.01, q_equal: 0.05 }
    }
}

/// A verdict with its evidence. Ratios are B's values over A's, with the offset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// What it rests on.
    pub basis: Basis,
    /// The estimate; NaN if there is no value.
    pub ratio: f64,
    /// Lower end of its interval; 0 if the noise is unknown.
    pub low: f64,
    /// Upper end of its interval; infinite if the noise is unknown.
    pub high: f64,
    /// The interval's confidence, 0 to 1.
    pub confidence: f64,
    /// The two-sided p-value of "changed", valid at whichever look the measurement stopped; `None` for an exact figure.
    pub p_value: Option<f64>,
    /// If undecided: the smallest ratio above 1 that this much data shows in four of five cases; `None` if none.
    pub detectable: Option<f64>,
    /// If undecided: about how many more pairs are needed to find a change of the size seen so far, or where that is less than
    /// the threshold, one of the threshold's size or its absence: n·(ln detectable / ln(1 + size))² − n, as intervals
    /// shrink with √n; `None` without a threshold.
    pub more_runs: Option<usize>,
    /// The pairs that were judged, or the fewer of the two sides' values.
    pub runs: usize,
}

/// Judges all figures of a comparison by what has been measured so far.
///
/// May be called at every look, with more pairs each time: a figure that is no longer measured keeps its pairs, and with
/// them its p-value. Pairs after the last reached look do not count; see [`Looks::ended_at`] for measurements that end
/// between looks.
pub fn judge(samples: &[Sample], looks: &Looks, rules: &Rules) -> Vec<Judgement> {
    let mut case = Case::new(samples.len());
    case.update(samples, looks);
    case.judgements(samples, looks, rules)
}

/// The evidence on each figure from the looks so far. Can be kept from look to look.
#[derive(Clone, Debug)]
pub struct Case {
    evidence: Vec<Evidence>,
    reached: usize,
}

impl Case {
    /// For this many figures, before the first look.
    pub fn new(figures: usize) -> Self {
        Self { evidence: vec![Evidence::default(); figures], reached: 0 }
    }

    /// Makes the looks that have been reached since the last call.
    pub fn update(&mut self, samples: &[Sample], looks: &Looks) {
        let data = Data::of_all(samples);
        for (evidence, data) in self.evidence.iter_mut().zip(&data) {
            evidence.exact = if let Data::Exact(ratio) = data { Some(*ratio) } else { None };
        }
        let longest = data.iter().map(Data::blocks).max().unwrap_or(0);
        let before = self.reached;
        for (at, weight) in looks.reached(longest).filter(|(at, _)| *at > before) {
            self.look(samples, &data, Some(at), weight);
        }
        self.reached = looks.reached(longest).last().map_or(0, |(at, _)| at);
        // Values that were not measured in blocks have one look, at all of them.
        for (evidence, data) in self.evidence.iter_mut().zip(&data) {
            if data.is_whole() {
                evidence.claims = Claims::NONE;
            }
        }
        self.look(samples, &data, None, 1.0);
    }

    /// One look: at the first `at` blocks of those that have them, or at all of what is looked at once.
    fn look(&mut self, samples: &[Sample], data: &[Data], at: Option<usize>, weight: f64) {
        let tests = tests(samples, data, at);
        for (index, test) in tests.into_iter().enumerate() {
            let (evidence, sample) = (&mut self.evidence[index], &samples[index]);
            let due = match at {
                None => data[index].is_whole(),
                // A figure that has stopped before this look was judged at an earlier one.
                Some(at) => data[index].is_at(at, samples, data),
            };
            if let Some(test) = test.filter(|_| due) {
                evidence.add(&test, sample.margin(), weight);
            }
        }
    }

    /// The verdicts without intervals, to decide which benchmarks need more runs.
    pub fn verdicts(&self, samples: &[Sample], rules: &Rules) -> Vec<Verdict> {
        let levels = Levels::new(&self.evidence, samples, rules);
        (0..samples.len()).map(|index| levels.verdict(&self.evidence[index], &samples[index])).collect()
    }

    fn judgements(&self, samples: &[Sample], looks: &Looks, rules: &Rules) -> Vec<Judgement> {
        let levels = Levels::new(&self.evidence, samples, rules);
        let data = Data::of_all(samples);
        let last = tests(samples, &data, None);
        // At every look again, for the intervals of what has a verdict.
        let longest = data.iter().map(Data::blocks).max().unwrap_or(0);
        let reached: Vec<(f64, usize, Vec<Option<Test>>)> =
            looks.reached(longest).map(|(at, weight)| (weight, at, tests(samples, &data, Some(at)))).collect();
        (0..samples.len())
            .map(|index| {
                let (evidence, sample) = (&self.evidence[index], &samples[index]);
                let verdict = levels.verdict(evidence, sample);
                if let Data::Exact(ratio) = data[index] {
                    return exact(verdict, ratio, sample);
                }
                let looked = |level: f64| -> (f64, f64) {
                    if data[index].is_whole() {
                        return last[index].as_ref().map_or(EVERYTHING, |test| test.limits(level));
                    }
                    let tests = reached
                        .iter()
                        .filter(|(_, at, _)| data[index].is_at(*at, samples, &data))
                        .filter_map(|(weight, _, tests)| Some((weight, tests[index].as_ref()?)))
                        .filter(|(_, test)| test.decides);
                    tests.fold(EVERYTHING, |(low, high), (weight, test)| {
                        let limits = test.limits(level * weight);
                        (low.max(limits.0), high.min(limits.1))
                    })
                };
                let left = data[index].last_weight(looks);
                let next = Next { level: levels.change.next * left / 2.0, margin: sample.margin() };
                conclude(verdict, levels.interval(sample, verdict), looked, last[index].as_ref(), &next)
                    .with(evidence, data[index].runs(samples, &data))
            })
            .collect()
    }
}

const EVERYTHING: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

fn exact(verdict: Verdict, ratio: f64, sample: &Sample) -> Judgement {
    let runs = match sample.values {
        Values::Pairs(pairs) => pairs.len(),
        Values::Sides(a, b) => a.len().min(b.len()),
        Values::Mean(_) => 0,
    };
    Judgement {
        verdict,
        basis: Basis::Exact,
        ratio,
        low: ratio,
        high: ratio,
        confidence: 1.0,
        p_value: None,
        detectable: None,
        more_runs: None,
        runs,
    }
}

/// The level that an undecided figure would have to reach next.
struct Next {
    /// The one-sided level of "changed".
    level: f64,
    /// The logarithm of the threshold; 0 without one.
    margin: f64,
}

/// `level` is the one-sided level of the interval that goes with the verdict.
fn conclude(
    verdict: Verdict,
    level: f64,
    looked: impl Fn(f64) -> (f64, f64),
    last: Option<&Test>,
    next: &Next,
) -> Judgement {
    let limits = match verdict {
        Verdict::Undecided => last.map_or(EVERYTHING, |test| test.limits(level)),
        _ => looked(level),
    };
    // Contradicting looks leave the span between them.
    let (low, high) = (limits.0.min(limits.1), limits.1.max(limits.0));
    let undecided = last.filter(|_| verdict == Verdict::Undecided);
    let fine = undecided.and_then(|test| Some((test, test.student?)));
    let detectable = fine.map(|(_, student)| student.reach(next.level) + Z_POWER * student.error);
    let detectable = detectable.filter(|detectable| detectable.is_finite());
    Judgement {
        verdict,
        basis: last.map_or(Basis::Spread, Test::basis),
        // The last estimate may be outside the intersection of earlier looks.
        ratio: last.map_or(f64::NAN, |test| test.estimate.max(low).min(high).exp()),
        low: low.exp(),
        high: high.exp(),
        confidence: 1.0 - 2.0 * level,
        p_value: None,
        detectable: detectable.map(f64::exp),
        more_runs: fine.filter(|_| next.margin > 0.0 && detectable.is_some()).and_then(|(test, student)| {
            let times = student.times_the_data(test.estimate.abs().max(next.margin), next.level, Z_POWER);
            let more = test.runs as f64 * (times - 1.0);
            more.is_finite().then(|| (more.ceil() as usize).max(test.fewest.saturating_sub(test.runs)).max(1))
        }),
        runs: 0,
    }
}

impl Judgement {
    fn with(self, evidence: &Evidence, runs: usize) -> Self {
        Self { p_value: Some(evidence.p_change()), runs, ..self }
    }
}

/// The smallest sequential p-values so far, of claims on the difference of logarithms.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Claims {
    /// It is above 0, in the typical run too.
    above: f64,
    /// It is below 0, in the typical run too.
    below: f64,
    /// It is above the lower threshold.
    not_less: f64,
    /// It is below the upper threshold.
    not_more: f64,
    /// It is beyond one of the thresholds.
    beyond: f64,
}

impl Claims {
    const NONE: Self = Self { above: 1.0, below: 1.0, not_less: 1.0, not_more: 1.0, beyond: 1.0 };
}

/// What the looks so far have shown of one figure.
#[derive(Clone, Copy, Debug)]
struct Evidence {
    exact: Option<f64>,
    claims: Claims,
    /// At the last look.
    estimate: f64,
}

impl Default for Evidence {
    fn default() -> Self {
        Self { exact: None, claims: Claims::NONE, estimate: f64::NAN }
    }
}

impl Evidence {
    fn add(&mut self, test: &Test, margin: f64, weight: f64) {
        self.estimate = test.estimate;
        if !test.decides {
            return;
        }
        let least = |known: &mut f64, p_value: f64| *known = known.min((p_value / weight).min(1.0));
        if test.typical.0 {
            least(&mut self.claims.above, test.p_above(test.step));
        }
        if test.typical.1 {
            least(&mut self.claims.below, test.p_below(-test.step));
        }
        if margin > 0.0 {
            least(&mut self.claims.not_less, test.p_above(-margin));
            least(&mut self.claims.not_more, test.p_below(margin));
            least(&mut self.claims.beyond, test.p_above(margin).min(test.p_below(-margin)));
        }
    }

    /// The two-sided sequential p-value of "changed". If looks show both a claim and its opposite, neither counts.
    fn p_change(&self) -> f64 {
        let Claims { above, below, .. } = self.claims;
        if above.max(below) < CONTRADICTED { 1.0 } else { (2.0 * above.min(below)).min(1.0) }
    }

    /// The sequential p-value of "within ± threshold", which is the worse of its two one-sided tests.
    fn p_equal(&self) -> f64 {
        if self.claims.beyond < CONTRADICTED { 1.0 } else { self.claims.not_less.max(self.claims.not_more) }
    }
}

/// The rejections of the families.
struct Levels {
    change: Rejections,
    /// By role.
    equal: [Rejections; 3],
    /// By role, then by group, what of the figures that explain is rejected; `None` where the group has not changed.
    explained: [Vec<Option<Rejections>>; 3],
    /// By role, the share of the groups that have changed.
    chosen: [f64; 3],
}

impl Levels {
    fn new(evidence: &[Evidence], samples: &[Sample], rules: &Rules) -> Self {
        let tested = || evidence.iter().zip(samples).filter(|(evidence, _)| evidence.exact.is_none());
        let changes: Vec<f64> = tested()
            .filter(|(_, sample)| sample.role == Role::Decides)
            .map(|(evidence, _)| evidence.p_change())
            .collect();
        let equal = [Role::Decides, Role::Explains, Role::Accompanies].map(|role| {
            let of_role = tested().filter(|(_, sample)| sample.role == role && sample.margin() > 0.0);
            step_up(&of_role.map(|(evidence, _)| evidence.p_equal()).collect::<Vec<_>>(), rules.q_equal)
        });
        let (change, none) = (holm(&changes, rules.q_change), [const { Vec::new() }; 3]);
        let mut levels = Self { change, equal, explained: none, chosen: [0.0; 3] };
        let groups = samples.iter().map(|sample| sample.group + 1).max().unwrap_or(0);
        let mut changed = vec![false; groups];
        for (evidence, sample) in evidence.iter().zip(samples).filter(|(_, sample)| sample.role == Role::Decides) {
            changed[sample.group] |= is_change(levels.verdict(evidence, sample));
        }
        for role in [Role::Explains, Role::Accompanies] {
            let mut explaining: Vec<Vec<f64>> = vec![Vec::new(); groups];
            for (evidence, sample) in evidence.iter().zip(samples).filter(|(_, sample)| sample.role == role) {
                explaining[sample.group].push(evidence.p_change());
            }
            let families = explaining.iter().filter(|family| !family.is_empty()).count();
            let chosen = (0..groups).filter(|group| changed[*group] && !explaining[*group].is_empty()).count();
            let share = chosen as f64 / families.max(1) as f64;
            levels.chosen[role as usize] = share;
            levels.explained[role as usize] = (0..groups)
                .map(|group| changed[group].then(|| step_up(&explaining[group], rules.q_change * share)))
                .collect();
        }
        levels
    }

    /// The family that a figure's change is tested in; `None` if it is not tested.
    fn family(&self, sample: &Sample) -> Option<&Rejections> {
        match sample.role {
            Role::Decides => Some(&self.change),
            role => self.explained[role as usize].get(sample.group)?.as_ref(),
        }
    }

    fn verdict(&self, evidence: &Evidence, sample: &Sample) -> Verdict {
        if let Some(ratio) = evidence.exact {
            return exact_verdict(ratio, sample.threshold);
        }
        let equal = &self.equal[sample.role as usize];
        if sample.margin() > 0.0 && equal.rejected > 0 && evidence.p_equal() <= equal.level {
            return Verdict::Equal;
        }
        let is_changed =
            self.family(sample).is_some_and(|family| family.rejected > 0 && evidence.p_change() <= family.level);
        let side = if evidence.claims.above < evidence.claims.below { 1.0 } else { -1.0 };
        let reached = side * evidence.estimate >= sample.margin();
        let matters = reached || side * evidence.estimate > 0.0 && evidence.p_equal() > SMALLER;
        if !is_changed || !matters {
            return Verdict::Undecided;
        }
        if side > 0.0 { Verdict::Regressed } else { Verdict::Improved }
    }

    /// The one-sided level of the interval that goes with a verdict.
    fn interval(&self, sample: &Sample, verdict: Verdict) -> f64 {
        let level = INTERVAL / 2.0;
        match (verdict, self.family(sample)) {
            (Verdict::Undecided, _) => level,
            (Verdict::Equal, _) => self.equal[sample.role as usize].level,
            (_, None) => level,
            (_, Some(Rejections { rejected, tests, .. })) => {
                let chosen = if sample.role == Role::Decides { 1.0 } else { self.chosen[sample.role as usize] };
                level * chosen * (*rejected).max(1) as f64 / (*tests).max(1) as f64
            }
        }
    }
}

fn is_change(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Regressed | Verdict::Improved)
}

impl Sample<'_> {
    /// The threshold on the logarithmic scale; 0 if it is none.
    fn margin(&self) -> f64 {
        if self.threshold.is_finite() && self.threshold > 0.0 { self.threshold.ln_1p() } else { 0.0 }
    }

    /// The difference that this many values a side must exceed.
    fn step_of(&self, runs: usize) -> f64 {
        if self.noise != Noise::Drifting && runs < FEWEST_FREE && self.step > 0.0 { self.step } else { 0.0 }
    }

    /// The logarithm of a value; `None` if it is not positive.
    fn log(&self, value: f64) -> Option<f64> {
        let value = value + self.offset;
        (value.is_finite() && value > 0.0).then(|| value.ln())
    }
}

/// The usable values of a figure, as logarithms.
enum Data<'a> {
    /// The ratio.
    Exact(f64),
    /// Of each block: both values, and their difference.
    Blocks { a: Vec<f64>, b: Vec<f64>, differences: Vec<f64> },
    /// Of sides that were not measured in blocks, or counted.
    Sides(Vec<f64>, Vec<f64>),
    Mean {
        members: &'a [usize],
        /// Whether a member is of such sides.
        whole: bool,
    },
}

impl<'a> Data<'a> {
    fn of_all(samples: &[Sample<'a>]) -> Vec<Self> {
        let mut all: Vec<Self> = samples.iter().map(Self::of).collect();
        for index in 0..all.len() {
            if let Self::Mean { members, .. } = all[index] {
                let whole =
                    members.iter().filter_map(|member| all.get(*member)).any(|it| matches!(it, Self::Sides(..)));
                all[index] = Self::Mean { members, whole };
            }
        }
        all
    }

    fn of(sample: &Sample<'a>) -> Self {
        if let (Noise::Exact, Some(ratio)) = (sample.noise, exact_ratio(sample)) {
            return Self::Exact(ratio);
        }
        match sample.values {
            Values::Mean(members) => Self::Mean { members, whole: false },
            Values::Sides(a, b) => {
                let logs = |side: &[f64]| side.iter().filter_map(|value| sample.log(*value)).collect();
                Self::Sides(logs(a), logs(b))
            }
            Values::Pairs(pairs) => {
                let logs = pairs.iter().filter_map(|(a, b)| Some((sample.log(*a)?, sample.log(*b)?)));
                let (a, b): (Vec<f64>, Vec<f64>) = logs.unzip();
                if sample.noise == Noise::Counted {
                    return Self::Sides(a, b);
                }
                // Exchanging the sides turns the sign and nothing else, down to the last bit.
                let differences = a.iter().zip(&b).map(|(a, b)| b - a).collect();
                Self::Blocks { a, b, differences }
            }
        }
    }

    fn blocks(&self) -> usize {
        if let Self::Blocks { differences, .. } = self { differences.len() } else { 0 }
    }

    /// Whether it is looked at once, as a whole.
    fn is_whole(&self) -> bool {
        matches!(self, Self::Sides(..) | Self::Mean { whole: true, .. })
    }

    /// Whether it is judged at the look at `at` blocks: it or one of its members has that many.
    fn is_at(&self, at: usize, samples: &[Sample], data: &[Self]) -> bool {
        match self {
            Self::Blocks { differences, .. } => differences.len() >= at,
            Self::Mean { members, .. } => {
                members.iter().filter_map(|member| data.get(*member)).any(|it| it.blocks() >= at)
            }
            Self::Exact(_) | Self::Sides(..) => samples.is_empty(),
        }
    }

    fn runs(&self, _samples: &[Sample], data: &[Self]) -> usize {
        match self {
            Self::Exact(_) => 0,
            Self::Blocks { differences, .. } => differences.len(),
            Self::Sides(a, b) => a.len().min(b.len()),
            Self::Mean { members, .. } => {
                members.iter().filter_map(|member| data.get(*member)).map(|it| it.runs(&[], data)).sum()
            }
        }
    }

    /// The weight of the last look at it.
    fn last_weight(&self, looks: &Looks) -> f64 {
        if self.is_whole() { 1.0 } else { looks.weights().last().copied().unwrap_or(1.0) }
    }
}

/// The tests of all figures: at the first `at` blocks, or of all there is.
fn tests(samples: &[Sample], data: &[Data], at: Option<usize>) -> Vec<Option<Test>> {
    let pools = samples.iter().map(|sample| sample.pool + 1).max().unwrap_or(0);
    let limit = |length: usize| at.map_or(length, |at| at.min(length));
    // Runs measured one after the other are correlated; each pool estimates how much.
    let correlations: Vec<f64> = (0..pools)
        .map(|pool| {
            let of_pool = samples.iter().zip(data).filter(|(sample, _)| sample.pool == pool);
            let drifting = of_pool.filter(|(sample, _)| sample.noise == Noise::Drifting);
            let sequences: Vec<&[f64]> = drifting
                .filter_map(|(_, data)| if let Data::Sides(a, b) = data { Some([a.as_slice(), b]) } else { None })
                .flatten()
                .collect();
            if sequences.is_empty() { 0.0 } else { correlation(sequences.into_iter()) }
        })
        .collect();
    let own: Vec<Option<Own>> = samples
        .iter()
        .zip(data)
        .map(|(sample, data)| match data {
            Data::Blocks { a, b, differences } => {
                let count = limit(differences.len());
                match sample.noise {
                    Noise::Drifting => Own::paired(&differences[..count]),
                    _ => Own::sides(&a[..count], &b[..count]),
                }
            }
            Data::Sides(a, b) if sample.noise == Noise::Drifting => Own::apart(a, b, correlations[sample.pool]),
            Data::Sides(a, b) => Own::sides(a, b),
            Data::Exact(_) | Data::Mean { .. } => None,
        })
        .collect();
    let mut spreads = vec![Pool::default(); pools];
    for (sample, own) in samples.iter().zip(&own) {
        if let Some(own) = own {
            spreads[sample.pool].add(own);
        }
    }
    let student: Vec<Option<Student>> =
        samples.iter().zip(&own).map(|(sample, own)| spreads[sample.pool].judge(own.as_ref()?, sample.floor)).collect();
    (0..samples.len()).map(|index| test(index, samples, data, &own, &student, at)).collect()
}

fn test(
    index: usize,
    samples: &[Sample],
    data: &[Data],
    own: &[Option<Own>],
    student: &[Option<Student>],
    at: Option<usize>,
) -> Option<Test> {
    let sample = &samples[index];
    match &data[index] {
        Data::Exact(_) => None,
        Data::Blocks { a, b, differences } => {
            let count = at.map_or(differences.len(), |at| at.min(differences.len()));
            let (a, b, differences) = (&a[..count], &b[..count], &differences[..count]);
            let steady = sample.noise != Noise::Drifting;
            if count >= RANKS_FROM {
                let walsh = Walsh::new(differences);
                let estimate = walsh.estimate()?;
                let typical = agree(differences);
                return Some(Test {
                    estimate,
                    student: student[index],
                    walsh: Some(walsh),
                    typical,
                    decides: true,
                    fewest: 0,
                    step: 0.0,
                    runs: count,
                });
            }
            let typical = if steady { apart(a, b) } else { agree(differences) };
            let fewest = if steady { FEWEST_STEADY } else { FEWEST_TIMES };
            Test::of(own[index]?, student[index], typical, count, fewest, sample.step_of(count))
        }
        Data::Sides(a, b) => {
            let fewest = if sample.noise == Noise::Drifting { FEWEST_TIMES } else { FEWEST_STEADY };
            let count = a.len().min(b.len());
            Test::of(own[index]?, student[index], apart(a, b), count, fewest, sample.step_of(count))
        }
        Data::Mean { members, whole } => {
            let parts: Vec<Student> = members.iter().filter_map(|member| *student.get(*member)?).collect();
            let runs = |member: &usize| {
                let runs = data.get(*member).map_or(0, |it| it.runs(samples, data));
                at.map_or(runs, |at| at.min(runs))
            };
            let pairs: usize = members.iter().map(runs).sum();
            let steps = members.iter().filter_map(|member| Some(samples.get(*member)?.step_of(runs(member))));
            let step = steps.sum::<f64>() / members.len() as f64;
            let drifts = members.iter().filter_map(|member| samples.get(*member)).any(|it| it.noise == Noise::Drifting);
            // A change of the machine while one side ran affects all of that side's benchmarks.
            let together = *whole && drifts;
            let mean = if together { Student::mean_of_dependent(&parts) } else { Student::mean(&parts) }?;
            let fewest = if drifts { FEWEST_TIMES } else { FEWEST_STEADY };
            Some(Test {
                estimate: mean.estimate,
                student: Some(mean),
                walsh: None,
                typical: (true, true),
                decides: parts.len() >= 2 && pairs >= fewest * members.len(),
                fewest: fewest * members.len(),
                step,
                runs: pairs,
            })
        }
    }
}

/// Whether enough differences are above 0, and below it, for the typical one to be: by a sign test at 5 %, or all of few.
fn agree(differences: &[f64]) -> (bool, bool) {
    let critical = sign_critical(differences.len());
    let count = |is: fn(&f64) -> bool| differences.iter().filter(|difference| is(difference)).count() >= critical;
    (count(|difference| *difference > 0.0), count(|difference| *difference < 0.0))
}

/// Whether b's median lies above a's, and below it, by the ends of their intervals of one-sided 95 % (or of all values).
fn apart(a: &[f64], b: &[f64]) -> (bool, bool) {
    let limits = |side: &[f64]| -> Option<(f64, f64)> {
        let mut sorted = side.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let critical = sign_critical(sorted.len());
        Some((*sorted.get(sorted.len().checked_sub(critical)?)?, *sorted.get(critical.checked_sub(1)?)?))
    };
    let (Some(a), Some(b)) = (limits(a), limits(b)) else { return (false, false) };
    (b.0 > a.1, b.1 < a.0)
}

/// One figure at one look.
struct Test {
    estimate: f64,
    /// The estimate by spread; `None` if the spread is unknown.
    student: Option<Student>,
    /// The estimate by ranks, where they decide.
    walsh: Option<Walsh>,
    /// Whether the typical run is above, and below.
    typical: (bool, bool),
    /// Whether there are enough values to decide by.
    decides: bool,
    /// The least number of them.
    fewest: usize,
    /// The difference of logarithms beyond which they show a change.
    step: f64,
    runs: usize,
}

impl Test {
    fn of(
        own: Own,
        student: Option<Student>,
        typical: (bool, bool),
        runs: usize,
        fewest: usize,
        step: f64,
    ) -> Option<Self> {
        own.estimate.is_finite().then_some(Self {
            estimate: own.estimate,
            student,
            walsh: None,
            typical,
            decides: runs >= fewest && student.is_some(),
            fewest,
            step,
            runs,
        })
    }

    fn p_above(&self, value: f64) -> f64 {
        match (&self.walsh, &self.student) {
            (Some(walsh), _) => walsh.p_above(value),
            (None, Some(student)) => student.p_above(value),
            (None, None) => 1.0,
        }
    }

    fn p_below(&self, value: f64) -> f64 {
        match (&self.walsh, &self.student) {
            (Some(walsh), _) => walsh.p_below(value),
            (None, Some(student)) => student.p_below(value),
            (None, None) => 1.0,
        }
    }

    fn limits(&self, level: f64) -> (f64, f64) {
        match (&self.walsh, &self.student) {
            (Some(walsh), _) => walsh.limits(level),
            (None, Some(student)) => student.limits(level),
            (None, None) => EVERYTHING,
        }
    }

    fn basis(&self) -> Basis {
        if self.walsh.is_some() { Basis::Ranks } else { Basis::Spread }
    }
}

/// The ratio of two values that never varied; `None` if one did or there is none.
fn exact_ratio(sample: &Sample) -> Option<f64> {
    let constant = |mut values: Box<dyn Iterator<Item = f64> + '_>| -> Option<f64> {
        let first = values.next()?;
        values.all(|value| value.to_bits() == first.to_bits()).then_some(first + sample.offset)
    };
    let (a, b) = match sample.values {
        Values::Pairs(pairs) => {
            (constant(Box::new(pairs.iter().map(|pair| pair.0)))?, constant(Box::new(pairs.iter().map(|pair| pair.1)))?)
        }
        Values::Sides(a, b) => (constant(Box::new(a.iter().copied()))?, constant(Box::new(b.iter().copied()))?),
        Values::Mean(_) => return None,
    };
    let sound = a.is_finite() && b.is_finite() && a >= 0.0 && b >= 0.0;
    // From 0 to 0 there is no change, though 0 / 0 is NaN.
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

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
