//! When a comparison may look at its data, and what each look costs.
//!
//! Measuring until a test says "yes" always succeeds eventually. So the looks are declared before the first run: at n₁ < … <
//! n_K pairs, with weights w₁ + … + w_K = 1. A look's p-value is divided by its weight, and the smallest quotient so far is
//! the **sequential p-value**. However the looks depend on each other, the chance that any of them falls below α·w_k is at
//! most Σ α·w_k = α (Bonferroni), so this p-value is valid at whichever look the measurement stops, for any reason. The
//! intervals of level 1 − α·w_k may be intersected over the looks in the same way.
//!
//! Why not a sharper method? Group-sequential boundaries (Lan and DeMets 1983) need the looks' joint distribution, which is
//! normal in large samples only; a family of hundreds at a false discovery rate of 1 % lives in tails of 10⁻⁵ to 10⁻⁷ of
//! samples of twenty pairs, where nothing is normal and only the exact tail is reliable. The same applies to confidence
//! sequences with a variance bound. E-values (Ramdas et al. 2023) are exact there, but pay for looks at every single pair,
//! where a handful is enough. Bonferroni loses little here: dividing a level of 10⁻⁶ by two moves the normal quantile from
//! 4.89 to 5.03, three hundredths.

/// The looks of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Looks {
    at: Vec<usize>,
    weights: Vec<f64>,
}

/// The fewest pairs at which anything is decided.
pub const FEWEST: usize = 3;

impl Looks {
    /// One look, at this many pairs.
    pub fn once(runs: usize) -> Self {
        Self { at: vec![runs.max(1)], weights: vec![1.0] }
    }

    /// These looks, as they were declared: numbers of pairs with their weights. Looks that are not in ascending order or
    /// have no weight are left out, and weights that sum to more than 1 are scaled down.
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

    /// Each look's share of the accepted error: above 0, with sum 1.
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

    /// The looks of a measurement that ends at `runs` pairs, before all looks were made: the last one is made then, with all
    /// the weight that earlier looks have left.
    ///
    /// **Why the error bound still holds.** The weights still sum to 1. In addition, the end must not depend on which side
    /// is A: for a figure without a change, the coin tosses of its own blocks must not influence when the end comes. Then,
    /// given the end, the p-value is as valid as at a number of pairs fixed in advance, and the sum of the looks' chances is
    /// at most α as before. A budget is such an end. A block takes the time of both sides, which is the same with the sides
    /// exchanged; and how many rounds fit depends on which benchmarks were decided at earlier looks. A figure that was not
    /// found at them has no influence on that: the step-up procedure rejects the same others whatever the p-value of one
    /// that it does not reject. (A figure that *was* found needs no last look.) A coin could still matter in two ways, both
    /// slight: figures of one benchmark share their blocks' coins, so one called equal may let others be called equal, and
    /// stop, one look earlier. The calibration in `benches/verdicts` ends its measurements only in this way.
    ///
    /// An end chosen by somebody who has seen the data, such as an interrupt, does not qualify and must not use this. A look
    /// that was made at exactly `runs` pairs is made again, with the larger weight.
    pub fn ended_at(&self, runs: usize) -> Self {
        let runs = runs.max(1);
        let kept = self.at.iter().take_while(|at| **at < runs).count();
        if kept == self.at.len() {
            return self.clone();
        }
        let (mut at, mut weights) = (self.at[..kept].to_vec(), self.weights[..kept].to_vec());
        // Relative to the declared sum, so that weights that sum to less than 1 do not grow.
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

/// The looks of a comparison with `min_runs` to `max_runs` pairs: 3, 5, 8, 12, 18, 27, 41, …, each half again as many as the
/// one before, all with the same weight.
///
/// Programs of many seconds are measured only a few times, so looks begin early. Each look costs all others a little: five
/// of them move the normal quantile of a level of 10⁻⁴ from 3.89 to 4.26. So set `max_runs` if no more than n pairs will
/// come.
pub fn declare_looks(min_runs: usize, max_runs: usize) -> Looks {
    let last = max_runs.max(1);
    let mut at = Vec::new();
    let mut next = FEWEST;
    while next < last {
        // A look shortly before the last would see the same data twice.
        if next >= min_runs && next * 5 <= last * 4 {
            at.push(next);
        }
        next += next.div_ceil(2).max(2);
    }
    at.push(last);
    let weight = 1.0 / at.len() as f64;
    Looks { weights: vec![weight; at.len()], at }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_begin_at_three_and_end_at_the_most_runs() {
        assert_eq!(declare_looks(1, 200).at(), [3, 5, 8, 12, 18, 27, 41, 62, 93, 140, 200]);
        assert_eq!(declare_looks(10, 20).at(), [12, 20]);
        assert_eq!(declare_looks(3, 3).at(), [3]);
        assert_eq!(declare_looks(50, 30).at(), [30]);
        assert_eq!(declare_looks(0, 0).at(), [1]);
        for most in 1..400 {
            let looks = declare_looks(3, most);
            assert!((looks.weights().iter().sum::<f64>() - 1.0).abs() < 1e-12);
            assert!(looks.at().is_sorted_by(|a, b| a < b) && looks.last() == most, "{looks:?}");
        }
    }

    #[test]
    fn a_measurement_that_ends_early_spends_all_and_no_more() {
        let looks = declare_looks(10, 100);
        let (first, second) = (looks.at()[0], looks.at()[1]);
        let early = looks.ended_at(first + 1);
        assert_eq!(early.at(), [first, first + 1]);
        assert_eq!(early.weights()[0], looks.weights()[0]);
        for runs in [1, first - 1, first, first + 1, second, 99, 100, 1000] {
            let ended = looks.ended_at(runs);
            assert!((ended.weights().iter().sum::<f64>() - 1.0).abs() < 1e-12, "{ended:?}");
            assert_eq!(ended.last(), runs.min(100));
            // Earlier looks keep their weights.
            let made = ended.at().len() - 1;
            assert_eq!(ended.weights()[..made], looks.weights()[..made]);
        }
        assert_eq!(looks.ended_at(second).at(), [first, second]);
        assert_eq!(looks.ended_at(1000), looks);
        assert_eq!(looks.ended_at(0).at(), [1]);
        assert_eq!((looks.after(0), looks.after(first), looks.after(100)), (Some(first), Some(second), None));
    }
}
