//! Decides which of the proposed changes are more than noise.

use super::noise::effective;
use super::partition::{self, CAP};
use super::pool::{CLIPS, Pool};

/// The fewest points that make a level.
pub const SHORTEST: usize = 3;
/// The shortest segment whose scores are used to estimate the noise.
const TELLING: usize = 4;
/// Points on either side of a change whose scores are pooled.
const REACH: usize = 60;
/// Tests per point, one for each way to cut off scores (Bonferroni). The free choice of segment lengths is covered by the
/// slack of Chernoff's bound: `cargo bench --profile release --bench steps` shows the resulting false alarms.
const TESTS: f64 = CLIPS.len() as f64;
/// Rounds of adding and removing at most; two or three do.
const ROUNDS: usize = 20;

/// A series of logarithms, without gaps.
pub struct Logs {
    pub values: Vec<f64>,
    /// Of each value.
    pub deviations: Vec<f64>,
    /// Of each value with the next, at most.
    pub correlation: f64,
}

impl Logs {
    /// The median from the one index up to the other, which must be greater.
    pub fn level(&self, from: usize, to: usize) -> f64 {
        let mut values = self.values[from..to].to_vec();
        let middle = values.len() / 2;
        let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
        let upper = *upper;
        if below.len() > (to - from - 1) / 2 {
            let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            return 0.5 * (lower + upper);
        }
        upper
    }

    /// By how many standard deviations a value lies above a level, cut off where outliers weigh little.
    pub fn score(&self, index: usize, level: f64) -> f64 {
        self.score_within(index, level, CLIPS[0])
    }

    fn score_within(&self, index: usize, level: f64, clip: f64) -> f64 {
        ((self.values[index] - level) / self.deviations[index]).clamp(-clip, clip)
    }

    fn mean_score(&self, from: usize, to: usize, level: f64, clip: f64) -> f64 {
        (from..to).map(|index| self.score_within(index, level, clip)).sum::<f64>() / (to - from) as f64
    }

    /// First index and end of each segment between these changes.
    pub fn segments<'a>(&self, cuts: &'a [usize]) -> impl Iterator<Item = (usize, usize)> + use<'a> {
        let ends = cuts.iter().copied().chain([self.values.len()]);
        [0].into_iter().chain(cuts.iter().copied()).zip(ends)
    }

    /// The segments before and after a change.
    pub fn around(&self, cuts: &[usize], change: usize) -> Around {
        let from = change.checked_sub(1).map_or(0, |last| cuts[last]);
        let to = cuts.get(change + 1).copied().unwrap_or(self.values.len());
        Around { from, at: cuts[change], to }
    }

    /// What remains of each value without the level of its segment, in standard deviations; `None` in segments that are too
    /// short.
    pub fn residuals(&self, cuts: &[usize]) -> Vec<Option<f64>> {
        let mut residuals = vec![None; self.values.len()];
        for (from, to) in self.segments(cuts).filter(|(from, to)| to - from >= TELLING) {
            let level = self.level(from, to);
            let count = (to - from) as f64;
            // A level fitted to few values is closer to them than the true one.
            let grown = (count / (count - 1.0)).sqrt();
            for (index, residual) in residuals.iter_mut().enumerate().take(to).skip(from) {
                *residual = Some(grown * (self.values[index] - level) / self.deviations[index]);
            }
        }
        residuals
    }

    /// The noise near a place, cut off in each way.
    pub fn pools(&self, residuals: &[Option<f64>], at: usize) -> [Pool; CLIPS.len()] {
        let (from, to) = (at.saturating_sub(REACH), (at + REACH).min(residuals.len()));
        CLIPS.map(|clip| Pool::new(clip, residuals[from..to].iter().flatten().copied()))
    }

    /// −ln of the chance that noise alone separates the points after a change this far from those before, in this direction;
    /// with its sign. The points after it are lowered by `shift`. The larger value of all ways to cut off scores.
    pub fn exponent(&self, pools: &[Pool; CLIPS.len()], around: Around, shift: f64) -> f64 {
        let Around { from, at, to } = around;
        // Scores about the level of the longer side: the test is whether the shorter one is noise around that.
        let (level_before, level_after) = if at - from >= to - at {
            let level = self.level(from, at);
            (level, level + shift)
        } else {
            let level = self.level(at, to);
            (level - shift, level)
        };
        let before = effective(at - from, self.correlation);
        let after = effective(to - at, self.correlation);
        let of = |pool: &Pool| {
            let difference = self.mean_score(at, to, level_after, pool.clip())
                - self.mean_score(from, at, level_before, pool.clip());
            if difference >= 0.0 {
                pool.exponent(before, after, difference)
            } else {
                -pool.exponent(after, before, -difference)
            }
        };
        pools.iter().map(of).max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(0.0)
    }

    /// By how much the exponent must be greater than that of a single test, at this chance of a false alarm anywhere.
    pub fn needed(&self, level: f64) -> f64 {
        needed(self.values.len(), level)
    }

    /// The exponents of all of these changes. Changes next to fewer than [`SHORTEST`] points get almost none, so they are
    /// removed first.
    pub fn exponents(&self, cuts: &[usize]) -> Vec<f64> {
        let residuals = self.residuals(cuts);
        (0..cuts.len()).map(|change| self.believable(&residuals, self.around(cuts, change))).collect()
    }

    fn believable(&self, residuals: &[Option<f64>], around: Around) -> f64 {
        let exponent = self.exponent(&self.pools(residuals, around.at), around, 0.0).abs();
        if around.shorter() < SHORTEST { 1e-6 * exponent } else { exponent }
    }

    /// The changes that are more than noise, at this chance of a false alarm.
    ///
    /// Changes of the best partition are removed, the weakest first, until every remaining one is significant between its
    /// neighbours. Then segments are split where that is significant, until nothing changes.
    pub fn changes(&self, level: f64) -> Vec<usize> {
        let needed = self.needed(level);
        let mut cuts = partition::partition(&self.values, &self.deviations);
        for _ in 0..ROUNDS {
            self.remove(&mut cuts, needed);
            let more: Vec<usize> =
                self.segments(&cuts).filter_map(|(from, to)| self.split(&cuts, from, to, needed)).flatten().collect();
            if more.is_empty() {
                break;
            }
            cuts.extend(more);
            cuts.sort_unstable();
        }
        self.remove(&mut cuts, needed);
        self.refine(&mut cuts);
        self.remove(&mut cuts, needed);
        cuts
    }

    fn remove(&self, cuts: &mut Vec<usize>, needed: f64) {
        loop {
            let mut exponents = self.exponents(cuts);
            let residuals = self.residuals(cuts);
            let mut is_done = true;
            while let Some((weakest, exponent)) =
                exponents.iter().copied().enumerate().min_by(|a, b| a.1.total_cmp(&b.1))
                && exponent < needed
            {
                is_done = false;
                cuts.remove(weakest);
                exponents.remove(weakest);
                // The noise is pooled again after all of them have been tested.
                for (change, exponent) in exponents.iter_mut().enumerate().skip(weakest.saturating_sub(1)).take(2) {
                    *exponent = self.believable(&residuals, self.around(cuts, change));
                }
            }
            if is_done {
                return;
            }
        }
    }

    /// The one or two changes that significantly split a segment.
    ///
    /// Two missed changes make each other look like outliers. So the clearest split is tried together with the clearest one
    /// in either of its parts, and each of them alone. Which is the clearest depends on the weight of distant points.
    pub fn split(&self, cuts: &[usize], from: usize, to: usize, needed: f64) -> Option<Vec<usize>> {
        CLIPS.into_iter().find_map(|clip| self.split_by(clip, cuts, from, to, needed))
    }

    fn split_by(&self, clip: f64, cuts: &[usize], from: usize, to: usize, needed: f64) -> Option<Vec<usize>> {
        let at = self.best_split(from, to, clip)?;
        let (before, after) = (self.best_split(from, at, clip), self.best_split(at, to, clip));
        let tries = [
            Some(vec![at]),
            before.map(|other| vec![other, at]),
            after.map(|other| vec![at, other]),
            before.map(|other| vec![other]),
            after.map(|other| vec![other]),
        ];
        tries.into_iter().flatten().find(|splits| {
            let mut with = [cuts, splits].concat();
            with.sort_unstable();
            let residuals = self.residuals(&with);
            let is_new = |change: &usize| with.get(*change).is_some_and(|cut| splits.contains(cut));
            let mut new = (0..with.len()).filter(is_new);
            new.all(|change| self.believable(&residuals, self.around(&with, change)) >= needed)
        })
    }

    /// The clearest split of a segment, by the means of scores that are cut off at `clip`.
    fn best_split(&self, from: usize, to: usize, clip: f64) -> Option<usize> {
        let level = (to - from >= 2 * SHORTEST).then(|| self.level(from, to))?;
        let total: f64 = (from..to).map(|index| self.score_within(index, level, clip)).sum();
        let mut sum = 0.0;
        let mut best = (0.0, None);
        for at in from + 1..to {
            sum += self.score_within(at - 1, level, clip);
            if (Around { from, at, to }).shorter() < SHORTEST {
                continue;
            }
            let (before, after) = (at - from, to - at);
            let difference: f64 = (total - sum) / after as f64 - sum / before as f64;
            let variance = 1.0 / effective(before, self.correlation) + 1.0 / effective(after, self.correlation);
            let clarity = difference * difference / variance;
            if clarity > best.0 {
                best = (clarity, Some(at));
            }
        }
        best.1
    }

    /// Moves each change to where it costs least between its neighbours.
    fn refine(&self, cuts: &mut [usize]) {
        for change in 0..cuts.len() {
            let around = self.around(cuts, change);
            let best = self.profile(around).into_iter().min_by(|a, b| a.1.total_cmp(&b.1));
            if let Some((at, _)) = best {
                cuts[change] = at;
            }
        }
    }

    /// The places where this change may be instead, and what each costs: Σ ρ(z) of the points before it about the level
    /// before, and of those after it about the level after, but for a constant.
    ///
    /// ρ is the biweight loss with a slight slope beyond: of points beyond both levels, which it would call outliers of
    /// either, each belongs to the one that is nearer.
    pub fn profile(&self, around: Around) -> Vec<(usize, f64)> {
        let Around { from, at, to } = around;
        let (before, after) = (self.level(from, at), self.level(at, to));
        let mut cost = 0.0;
        (from + 1..to)
            .map(|at| {
                let loss = |level: f64| sloping((self.values[at - 1] - level) / self.deviations[at - 1]);
                cost += loss(before) - loss(after);
                (at, cost)
            })
            .collect()
    }
}

/// −ln of the accepted chance of one test in a series of this many points.
pub fn needed(count: usize, level: f64) -> f64 {
    (TESTS * count as f64 / level).ln()
}

fn sloping(deviate: f64) -> f64 {
    /// What a standard deviation costs beyond the cap.
    const SLOPE: f64 = 0.3;
    let size = deviate.abs();
    if size <= CAP { size * size } else { CAP * CAP + SLOPE * (size - CAP) }
}

/// A change between its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Around {
    /// Where the segment before it begins.
    pub from: usize,
    /// Where the segment after it begins.
    pub at: usize,
    /// Where that one ends.
    pub to: usize,
}

impl Around {
    /// The points on the side that has fewer.
    pub fn shorter(self) -> usize {
        (self.at - self.from).min(self.to - self.at)
    }
}
