//! The number and order of the runs, and which of them take place at the same time: pure functions of numbers.

mod places;

use std::time::Duration;

pub use places::{Choice, Wanted, choose};

/// The default of the fewest runs of a benchmark: Criterion refuses a smaller sample.
pub const MIN_SAMPLES: usize = 10;
/// The default of the most runs of a benchmark: more would hardly narrow the interval.
pub const MAX_SAMPLES: usize = 50;
/// The default time for all runs together.
pub const DEFAULT_BUDGET: Duration = Duration::from_secs(120);

/// How often to run benchmarks that take about `expected` each: as often as fits into `budget`, every benchmark for the
/// same time if possible, at least [`MIN_SAMPLES`] and at most [`MAX_SAMPLES`] times.
pub fn sample_counts(expected: &[Duration], budget: Duration) -> Vec<usize> {
    let counts = |slot: f64| -> Vec<usize> {
        let count = |expected: &Duration| (slot / expected.as_secs_f64().max(1e-9)) as usize;
        expected.iter().map(|expected| count(expected).clamp(MIN_SAMPLES, MAX_SAMPLES)).collect()
    };
    // The total grows with the slot, so bisection finds the largest slot that fits.
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

/// The order of the runs, as indices of benchmarks: in rounds. A benchmark is in a round at most once, and in a share of the
/// rounds in proportion to its number of runs. The order within each round is drawn from `seed`.
///
/// A slow minute of the machine then affects all benchmarks equally, and the runs of each are spread over the whole time.
pub fn order(counts: &[usize], seed: u64) -> Vec<usize> {
    let rounds = counts.iter().copied().max().unwrap_or(0);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut order = Vec::with_capacity(counts.iter().sum());
    for round in 0..rounds {
        // Of n runs over r rounds, ⌊k·n/r⌋ are done before round k.
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
    /// The sides in the order of their places: one after the other, or, if `width` run at the same time, the first `width` of
    /// them together, then the next.
    pub order: Vec<usize>,
}

impl Block {
    /// The sides that run at the same time, in waves of up to `width`. The first side of each wave has the first place: the
    /// first core, and the first copy of the project.
    pub fn waves(&self, width: usize) -> std::slice::Chunks<'_, usize> {
        self.order.chunks(width.max(1))
    }
}

/// How long a block takes if its sides take `walls` each, up to `width` at the same time. Which sides share a wave is random,
/// so every wave is assumed to last as long as the longest side.
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
/// A place is everything in which two runs of a block differ besides their compilers: the turn; or, if they run at the same
/// time, the core, the copy of the project on that core, and the wave if not all sides fit. All permutations of the sides
/// over the places are equally likely, in every block, independently of earlier draws. This makes the comparison's test exact:
/// if both compilers are the same, exchanging them changes nothing, however much faster one core, one folder or the first
/// turn is. The test stays exact although runs at the same time disturb each other: of two equal compilers, each is disturbed
/// as the other would have been in its place. The draw depends only on `seed`, the round and the benchmark, so that a resumed
/// comparison has the same order as an uninterrupted one.
pub fn round(live: &[usize], sides: usize, seed: u64, round: usize) -> Vec<Block> {
    let stream = |a: u64, b: u64| {
        // Mixed twice by the generator: neighbouring numbers must not give similar streams.
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
    fn the_budget_is_used_and_not_exceeded() {
        let expected = ms(&[15, 100, 100, 400, 2000]);
        let counts = sample_counts(&expected, Duration::from_secs(40));
        let total = total(&expected, &counts);
        assert!(total <= Duration::from_secs(40) && total > Duration::from_secs(36), "{counts:?} {total:?}");
        assert_eq!((counts[0], counts[4]), (MAX_SAMPLES, MIN_SAMPLES));
        assert!(counts[1] >= counts[3]);
    }

    #[test]
    fn a_small_budget_still_gives_enough_samples() {
        assert_eq!(sample_counts(&ms(&[5000, 1]), Duration::from_secs(1)), [MIN_SAMPLES, MIN_SAMPLES]);
        assert_eq!(sample_counts(&ms(&[0]), Duration::from_secs(1)), [MAX_SAMPLES]);
        assert!(sample_counts(&[], Duration::ZERO).is_empty());
    }

    #[test]
    fn the_runs_of_every_benchmark_are_spread_over_the_whole_time() {
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
    fn rounds_interleave_in_an_order_given_by_the_seed() {
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
    fn the_seed_determines_the_order_of_the_blocks() {
        let live = [0, 2, 5, 7];
        assert_eq!(round(&live, 2, 1, 3), round(&live, 2, 1, 3));
        assert_ne!(round(&live, 2, 1, 3), round(&live, 2, 2, 3));
        let mut benchmarks: Vec<usize> = round(&live, 3, 1, 3).iter().map(|block| block.benchmark).collect();
        benchmarks.sort_unstable();
        assert_eq!(benchmarks, live);
        // A decided benchmark does not change the order within the blocks of the others.
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
