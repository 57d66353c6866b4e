//! When a comparison may look at its data, and what each look costs.
//!
//! Whoever measures until a test says "yes" is told "yes" sooner or later. So the looks are declared before the first
//! run: at n₁ < … < n_K pairs, with weights w₁ + … + w_K = 1. A look's p-value is divided by its weight, and the least
//! quotient so far is the **sequential p-value**. Whatever the looks' dependence, the chance that any of them falls below
//! α·w_k is at most Σ α·w_k = α (Bonferroni), so this p-value is valid at whichever look the measurement is stopped, and
//! for whatever reason. The intervals of level 1 − α·w_k may be intersected over the looks in the same way.
//!
//! Why not one of the sharper ways? Group-sequential boundaries (Lan and DeMets 1983) need the looks' joint
//! distribution, which is normal in large samples only; a family of hundreds at a false discovery rate of 1 % lives in
//! tails of 10⁻⁵ to 10⁻⁷ of samples of twenty pairs, where nothing is normal and only the exact tail can be trusted. The
//! same holds for confidence sequences by a variance bound. E-values (Ramdas et al. 2023) are exact there, but pay for
//! looks at every single pair, where a handful will do: a comparison is never so urgent. What Bonferroni gives away is
//! little just there: dividing a level of 10⁻⁶ by two moves the normal quantile from 4.89 to 5.03, three hundredths.

/// The looks of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Looks {
    at: Vec<usize>,
    weights: Vec<f64>,
}

/// The most looks.
const MOST: usize = 6;
/// By which factor the number of pairs grows from look to look, at the least: with less, a look sees little new.
const GROWTH: f64 = 1.2;
/// By which factor the weight grows from look to look. Simulated with 300 figures and up to 100 pairs (`cargo bench --bench
/// verdicts -- power`): against equal weights the first look comes two pairs later, at 21, and changes at the edge of
/// what can be found are found in 64 rather than 56 of 100 cases.
const WEIGHT_GROWTH: f64 = 1.5;

impl Looks {
    /// One look, at this many pairs.
    pub fn once(runs: usize) -> Self {
        Self { at: vec![runs.max(1)], weights: vec![1.0] }
    }

    /// These looks, as they were declared: numbers of pairs with their weights. What is not in ascending order, or weighs
    /// nothing, is left out, and weights that sum to more than 1 are scaled down.
    pub fn new(declared: impl IntoIterator<Item = (usize, f64)>) -> Self {
        let (mut at, mut weights) = (Vec::new(), Vec::new());
        for (runs, weight) in declared {
            if at.last().is_none_or(|last| runs > *last) && runs > 0 && weight.is_finite() && weight > 0.0 {
                at.push(runs);
                weights.push(weight);
            }
        }
        let total: f64 = weights.iter().sum::<f64>().max(1.0);
        weights.iter_mut().for_each(|weight| *weight /= total);
        Self { at, weights }
    }

    /// The numbers of pairs at which to look: at least one, ascending, none 0.
    pub fn at(&self) -> &[usize] {
        &self.at
    }

    /// Each look's share of the error that is allowed: as many as looks, each above 0, with sum 1.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The first look after `runs` pairs; `None` when all have been made.
    pub fn after(&self, runs: usize) -> Option<usize> {
        self.at.iter().copied().find(|at| *at > runs)
    }

    /// The last look.
    pub fn last(&self) -> usize {
        self.at.last().copied().unwrap_or(1)
    }

    /// The looks of a measurement that ends at `runs` pairs, before all looks were made: the last one is made there and
    /// then, with all the weight that those before it have left.
    ///
    /// **Why the error is kept.** The weights still sum to 1. What has to hold besides is that the end could not tell A
    /// from B: that for a figure without a change, the tosses of its own blocks' coins had no part in when the end came.
    /// Then, given the end, the p-value there is as good as at a number of pairs that was fixed beforehand, and the sum of
    /// the looks' chances is at most α as before. A budget is such an end. A block takes the time of both sides, which is
    /// the same with the sides exchanged; and how many rounds the time is enough for depends on which benchmarks were
    /// decided at earlier looks, on which a figure that was not found at them has no bearing: the step-up procedure
    /// rejects the same others whatever the p-value is of one that it does not reject. (A figure that *was* found needs
    /// no last look.) Two ways are left in which a coin could matter, both slight: figures of one benchmark share their
    /// blocks' coins, so that one called equal may let others be called so, and stop, a look sooner. The calibration in
    /// `benches/verdicts` ends its measurements in this way and no other.
    ///
    /// An end that somebody chose who had seen the data, as an interrupt may be, is none of this kind, and must not come
    /// here. A look that was made at exactly `runs` pairs is made again, with the larger weight.
    pub fn ended_at(&self, runs: usize) -> Self {
        let runs = runs.max(1);
        let kept = self.at.iter().take_while(|at| **at < runs).count();
        if kept == self.at.len() {
            return self.clone();
        }
        let (mut at, mut weights) = (self.at[..kept].to_vec(), self.weights[..kept].to_vec());
        // Of all that there was, so that weights that were declared to sum to less do not come to more.
        let left = self.weights[kept..].iter().sum();
        at.push(runs);
        weights.push(left);
        Self { at, weights }
    }

    /// The looks that `runs` pairs have reached, each with its weight.
    pub(super) fn reached(&self, runs: usize) -> impl Iterator<Item = (usize, f64)> {
        self.at.iter().copied().zip(self.weights.iter().copied()).take_while(move |(at, _)| *at <= runs)
    }
}

/// The looks of a comparison of `tests` figures, of which falsely found ones shall make up no more than `q`, with
/// `min_runs` to `max_runs` pairs.
///
/// The first is at the smallest number of pairs from `min_runs` that can decide anything: n differences of one sign have
/// a two-sided p-value of 2·2⁻ⁿ, which must be no more than q·w₁ / `tests`. The others follow in even ratios up to
/// `max_runs`; later ones weigh more. Where `max_runs` is too small for any decision on a single figure, one look is
/// made there: what changes all figures alike may still be found.
pub fn declare_looks(tests: usize, q: f64, min_runs: usize, max_runs: usize) -> Looks {
    let max_runs = max_runs.max(min_runs).max(1);
    for count in (2..=MOST).rev() {
        let total: f64 = (0..count).map(|look| WEIGHT_GROWTH.powi(look as i32)).sum();
        let weights: Vec<f64> = (0..count).map(|look| WEIGHT_GROWTH.powi(look as i32) / total).collect();
        let first = deciding_runs(tests, q * weights[0]).max(min_runs).max(1);
        let ratio = (max_runs as f64 / first as f64).powf(1.0 / (count - 1) as f64);
        if first < max_runs && ratio >= GROWTH {
            let mut at: Vec<usize> =
                (0..count).map(|look| (first as f64 * ratio.powi(look as i32)).round() as usize).collect();
            at[count - 1] = max_runs;
            if at.is_sorted_by(|a, b| a < b) {
                return Looks { at, weights };
            }
        }
    }
    Looks::once(max_runs)
}

/// The fewest pairs whose smallest two-sided p-value is at most `level` / `tests`.
fn deciding_runs(tests: usize, level: f64) -> usize {
    let runs = (2.0 * tests.max(1) as f64 / level).log2().ceil();
    // Of a level that is no probability, nothing can be decided.
    if runs.is_finite() { runs.max(1.0) as usize } else { usize::MAX }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_begin_where_a_decision_is_possible_and_end_at_the_most_runs() {
        for (tests, min, max) in [(1, 5, 60), (40, 10, 100), (320, 10, 100), (5000, 1, 400)] {
            let looks = declare_looks(tests, 0.01, min, max);
            let first = looks.at()[0];
            let least = |n: usize| 2.0 * 0.5f64.powi(n as i32);
            let level = 0.01 * looks.weights()[0] / tests as f64;
            assert!(least(first) <= level && (first == min || least(first - 1) > level), "{looks:?}");
            assert_eq!(looks.last(), max);
            assert!((looks.weights().iter().sum::<f64>() - 1.0).abs() < 1e-12);
            assert!(looks.at().is_sorted_by(|a, b| a < b) && (3..=7).contains(&looks.at().len()), "{looks:?}");
        }
    }

    #[test]
    fn too_few_runs_are_one_look() {
        assert_eq!(declare_looks(320, 0.01, 5, 12), Looks::once(12));
        assert_eq!(declare_looks(0, 0.01, 0, 0), Looks::once(1));
        assert_eq!(declare_looks(3, f64::NAN, 5, 30), Looks::once(30));
        assert_eq!(declare_looks(3, -1.0, 5, 30), Looks::once(30));
        assert_eq!(declare_looks(3, 0.01, 50, 30), Looks::once(50));
    }

    #[test]
    fn a_measurement_that_ends_early_spends_all_and_no_more() {
        let looks = declare_looks(40, 0.01, 10, 100);
        let (first, second) = (looks.at()[0], looks.at()[1]);
        let early = looks.ended_at(first + 1);
        assert_eq!(early.at(), [first, first + 1]);
        assert_eq!(early.weights()[0], looks.weights()[0]);
        for runs in [1, first - 1, first, first + 1, second, 99, 100, 1000] {
            let ended = looks.ended_at(runs);
            assert!((ended.weights().iter().sum::<f64>() - 1.0).abs() < 1e-12, "{ended:?}");
            assert_eq!(ended.last(), runs.min(100));
            // Looks that were made keep what they cost.
            let made = ended.at().len() - 1;
            assert_eq!(ended.weights()[..made], looks.weights()[..made]);
        }
        assert_eq!(looks.ended_at(second).at(), [first, second]);
        assert_eq!(looks.ended_at(1000), looks);
        assert_eq!(looks.ended_at(0).at(), [1]);
        assert_eq!((looks.after(0), looks.after(first), looks.after(100)), (Some(first), Some(second), None));
    }
}
