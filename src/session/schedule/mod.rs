//! How often each benchmark is run, in which order, and what at the same time: pure functions of numbers.

mod places;

use std::time::Duration;

pub use places::{Choice, Wanted, choose};

/// The fewest runs of a benchmark unless told otherwise: Criterion refuses a smaller sample.
pub const MIN_SAMPLES: usize = 10;
/// The most runs of a benchmark unless told otherwise: more would narrow the interval by little.
pub const MAX_SAMPLES: usize = 50;
/// How long all runs together may take unless told otherwise.
pub const DEFAULT_BUDGET: Duration = Duration::from_secs(120);

/// How often to run benchmarks that take about `expected` each: as often as fits into `budget`, every benchmark for the
/// same time if it can be, and never less than [`MIN_SAMPLES`] nor more than [`MAX_SAMPLES`] times.
pub fn sample_counts(expected: &[Duration], budget: Duration) -> Vec<usize> {
    let counts = |slot: f64| -> Vec<usize> {
        let count = |expected: &Duration| (slot / expected.as_secs_f64().max(1e-9)) as usize;
        expected.iter().map(|expected| count(expected).clamp(MIN_SAMPLES, MAX_SAMPLES)).collect()
    };
    // The total grows with the slot, so the largest slot that fits is found by halving.
    let (mut fits, mut too_much) = (0.0, budget.as_secs_f64().max(1e-9));
    for _ in 0..40 {
        let slot = f64::midpoint(fits, too_much);
        if total(expected, &counts(slot)) <= budget { fits = slot } else { too_much = slot }
    }
    counts(fits)
}

/// How long these runs take together.
pub fn total(expected: &[Duration], counts: &[usize]) -> Duration {
    expected.iter().zip(counts).map(|(expected, count)| expected.mul_f64(*count as f64)).sum()
}

/// The order of the runs, as indices of benchmarks: rounds in which every benchmark that has runs left in proportion
/// comes at most once, each round in an order of its own, drawn from `seed`.
///
/// So a slow minute of the machine falls upon all benchmarks alike, and the runs of each are spread over all of the time.
pub fn order(counts: &[usize], seed: u64) -> Vec<usize> {
    let rounds = counts.iter().copied().max().unwrap_or(0);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut order = Vec::with_capacity(counts.iter().sum());
    for round in 0..rounds {
        // Of n runs over r rounds, those of number ⌊k·n/r⌋ are done before round k.
        let in_round = |count: usize| (round + 1) * count / rounds > round * count / rounds;
        let mut indices: Vec<usize> = (0..counts.len()).filter(|index| in_round(counts[*index])).collect();
        random.shuffle(&mut indices);
        order.append(&mut indices);
    }
    order
}

/// One run of a benchmark on every side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The benchmark.
    pub benchmark: usize,
    /// The sides, in the order of their places: one after the other, or where `width` run at once, the first `width` of them
    /// side by side, then the next.
    pub order: Vec<usize>,
}

impl Block {
    /// The sides that run at the same time, wave after wave of up to `width`: the first of each in the first place, on the
    /// first core and in the first copy of the project.
    pub fn waves(&self, width: usize) -> std::slice::Chunks<'_, usize> {
        self.order.chunks(width.max(1))
    }
}

/// How long a block takes whose sides take `walls` by themselves, up to `width` at once: which sides share a wave is drawn, so
/// that every wave is taken to last as long as the longest of all.
pub fn block_length(walls: &[Duration], width: usize) -> Duration {
    if width <= 1 {
        return walls.iter().sum();
    }
    let waves = u32::try_from(walls.len().div_ceil(width)).unwrap_or(u32::MAX);
    walls.iter().max().copied().unwrap_or_default().saturating_mul(waves)
}

/// The blocks of one round: every benchmark of `live` once, in an order drawn for this round, each with the sides in
/// places drawn for this block.
///
/// A place is all in which two runs of a block differ beside their compilers: the turn, or at once the core, the copy of the
/// project on that core, and where not all sides fit, the wave. All permutations of the sides over the places are equally
/// likely, in every block anew and whatever was drawn before: that is what makes the comparison's test exact. Were both
/// compilers the same, either could as well have been the other, however much faster one core, one folder or the first turn
/// is. That runs at once disturb each other takes nothing from this: of two that are the same, each is disturbed as the other
/// would have been in its place. The draw depends on nothing but `seed`, the round and the benchmark, so that a comparison
/// that is resumed goes on as it would have gone.
pub fn round(live: &[usize], sides: usize, seed: u64, round: usize) -> Vec<Block> {
    let stream = |a: u64, b: u64| {
        // Two rounds of a generator's own mixing: neighbouring numbers must not give streams that resemble each other.
        let mut random = fastrand::Rng::with_seed(seed ^ fastrand::Rng::with_seed(a.wrapping_add(1)).u64(..));
        fastrand::Rng::with_seed(random.u64(..) ^ b)
    };
    let mut benchmarks = live.to_vec();
    stream(round as u64, u64::MAX).shuffle(&mut benchmarks);
    benchmarks
        .into_iter()
        .map(|benchmark| {
            let mut order: Vec<usize> = (0..sides).collect();
            stream(round as u64, benchmark as u64).shuffle(&mut order);
            Block { benchmark, order }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(values: &[u64]) -> Vec<Duration> {
        values.iter().map(|ms| Duration::from_millis(*ms)).collect()
    }

    #[test]
    fn the_budget_is_used_and_kept() {
        let expected = ms(&[15, 100, 100, 400, 2000]);
        let counts = sample_counts(&expected, Duration::from_secs(40));
        let total = total(&expected, &counts);
        assert!(total <= Duration::from_secs(40) && total > Duration::from_secs(36), "{counts:?} {total:?}");
        assert_eq!((counts[0], counts[4]), (MAX_SAMPLES, MIN_SAMPLES));
        assert!(counts[1] >= counts[3]);
    }

    #[test]
    fn no_budget_is_so_small_that_a_sample_would_be_too() {
        assert_eq!(sample_counts(&ms(&[5000, 1]), Duration::from_secs(1)), [MIN_SAMPLES, MIN_SAMPLES]);
        assert_eq!(sample_counts(&ms(&[0]), Duration::from_secs(1)), [MAX_SAMPLES]);
        assert!(sample_counts(&[], Duration::ZERO).is_empty());
    }

    #[test]
    fn every_benchmark_gets_its_runs_spread_over_all_of_the_time() {
        let counts = [50, 10, 25];
        let order = order(&counts, 7);
        for (index, count) in counts.iter().enumerate() {
            let places: Vec<usize> = (0..order.len()).filter(|place| order[*place] == index).collect();
            assert_eq!(places.len(), *count);
            // The first and the last tenth of the time hold a tenth of its runs each.
            let tenth = order.len() / 10;
            let first = places.iter().filter(|place| **place < tenth).count();
            assert!((count / 10).abs_diff(first) <= 1, "benchmark {index}: {first} of {count}");
        }
    }

    #[test]
    fn rounds_interleave_in_a_recorded_order() {
        let order_of = |seed| order(&[10, 10, 10], seed);
        assert_eq!(order_of(1), order_of(1));
        assert_ne!(order_of(1), order_of(2));
        for round in order_of(1).chunks(3) {
            let mut round = round.to_vec();
            round.sort_unstable();
            assert_eq!(round, [0, 1, 2]);
        }
    }

    #[test]
    fn blocks_are_in_an_order_that_only_the_seed_knows() {
        let live = [0, 2, 5, 7];
        assert_eq!(round(&live, 2, 1, 3), round(&live, 2, 1, 3));
        assert_ne!(round(&live, 2, 1, 3), round(&live, 2, 2, 3));
        let mut benchmarks: Vec<usize> = round(&live, 3, 1, 3).iter().map(|block| block.benchmark).collect();
        benchmarks.sort_unstable();
        assert_eq!(benchmarks, live);
        // What is decided leaves the others' order within their blocks as it was.
        let order = |live: &[usize]| round(live, 3, 1, 3).into_iter().find(|block| block.benchmark == 5).unwrap().order;
        assert_eq!(order(&live), order(&[5, 7]));
    }

    #[test]
    fn waves_hold_every_side_once_and_the_last_may_be_short() {
        let block = Block { benchmark: 0, order: vec![2, 0, 1] };
        assert_eq!(block.waves(2).collect::<Vec<_>>(), [&[2, 0][..], &[1]]);
        assert_eq!(block.waves(1).count(), 3);
        assert_eq!(block.waves(0).count(), 3);
        let walls = ms(&[10, 40, 20]);
        let lengths = [0, 1, 2, 3].map(|width| block_length(&walls, width).as_millis());
        assert_eq!(lengths, [70, 70, 80, 40]);
        assert_eq!(block_length(&[], 2), Duration::ZERO);
    }

    #[test]
    fn every_side_is_in_every_place_as_often_as_the_others() {
        let mut counts = [[0_usize; 3]; 3];
        for number in 0..6000 {
            let block = round(&[number % 5], 3, 11, number / 5).remove(0);
            block.order.iter().enumerate().for_each(|(place, side)| counts[*side][place] += 1);
        }
        // Five standard deviations of what a fair draw gives.
        assert!(counts.iter().flatten().all(|count| count.abs_diff(2000) < 183), "{counts:?}");
    }

    #[test]
    fn each_side_comes_first_as_often_as_the_other() {
        let firsts = (0..4000).filter(|number| round(&[number % 7], 2, 9, number / 7)[0].order[0] == 0).count();
        // Five standard deviations of a fair coin.
        assert!(firsts.abs_diff(2000) < 160, "{firsts}");
        // Neither does the order repeat from round to round, nor from benchmark to benchmark.
        let same = |a: (usize, usize), b: (usize, usize)| {
            round(&[a.0], 2, 9, a.1)[0].order == round(&[b.0], 2, 9, b.1)[0].order
        };
        let rounds = (0..2000).filter(|r| same((0, *r), (0, r + 1))).count();
        let benchmarks = (0..2000).filter(|r| same((0, *r), (1, *r))).count();
        assert!(rounds.abs_diff(1000) < 115 && benchmarks.abs_diff(1000) < 115, "{rounds} {benchmarks}");
    }
}
