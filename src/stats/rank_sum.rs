//! The rank-sum test, estimate and interval of two samples that are not paired.
//!
//! All of it is read off the m·n differences bⱼ − aᵢ, as that of one sample is read off its Walsh averages: under the
//! hypothesis that B's values are A's shifted by θ, the number of differences above θ is distributed as Mann and
//! Whitney's U, the estimate is the median difference (Hodges and Lehmann 1963), and the limits are the differences at
//! the test's critical values. Hollander, Wolfe and Chicken, *Nonparametric Statistical Methods*, 3rd ed., §§ 4.1–4.3.
//! Ties count against the claim, as in `signed_rank`.
//!
//! Its level is that of two samples measured under the same conditions. Nothing here can tell a machine that changed
//! between them from a compiler that did.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use statrs::function::erf::erfc;

use super::quantile;

/// The most values on either side for which the null distribution is enumerated.
pub const EXACT: usize = 50;

/// The null distributions met so far: P(U ≤ u) for u = 0…m·n, by the sizes of the samples.
static TABLES: Mutex<Tables> = Mutex::new(BTreeMap::new());

type Tables = BTreeMap<(usize, usize), Arc<Vec<f64>>>;

/// The differences of two samples.
#[derive(Clone, Debug)]
pub struct RankSum {
    /// In ascending order.
    differences: Vec<f64>,
    sizes: (usize, usize),
    /// P(U ≤ u); absent where the normal approximation takes its place.
    table: Option<Arc<Vec<f64>>>,
}

impl RankSum {
    /// Of two samples, whose values must all be finite.
    pub fn new(a: &[f64], b: &[f64]) -> Self {
        let mut differences: Vec<f64> = b.iter().flat_map(|b| a.iter().map(move |a| b - a)).collect();
        differences.sort_unstable_by(f64::total_cmp);
        let sizes = (a.len().min(b.len()), a.len().max(b.len()));
        let table = (sizes.1 <= EXACT && sizes.0 > 0).then(|| {
            let mut tables = TABLES.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(tables.entry(sizes).or_insert_with(|| Arc::new(lower_tails(sizes.0, sizes.1))))
        });
        Self { differences, sizes, table }
    }

    /// The values of the smaller sample.
    pub fn count(&self) -> usize {
        self.sizes.0
    }

    /// P-value of the claim that B lies above A by more than `value`.
    pub fn p_above(&self, value: f64) -> f64 {
        self.tail(self.differences.len() - self.differences.partition_point(|difference| *difference <= value))
    }

    /// P-value of the claim that B lies above A by less than `value`.
    pub fn p_below(&self, value: f64) -> f64 {
        self.tail(self.differences.partition_point(|difference| *difference < value))
    }

    /// The median difference; `None` if a sample is empty.
    pub fn estimate(&self) -> Option<f64> {
        if self.differences.is_empty() { None } else { Some(quantile(&self.differences, 0.5)) }
    }

    /// The lower and upper confidence limits, each of one-sided confidence 1 − `level`; infinite where samples so small
    /// have no limit of that confidence.
    pub fn limits(&self, level: f64) -> (f64, f64) {
        let most = self.differences.len();
        // The smallest statistic that would be significant.
        let (mut low, mut high) = (1, most + 1);
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.tail(middle) <= level { high = middle } else { low = middle + 1 }
        }
        if low > most {
            return (f64::NEG_INFINITY, f64::INFINITY);
        }
        (self.differences[most - low], self.differences[low - 1])
    }

    /// P(U ≥ `statistic`).
    fn tail(&self, statistic: usize) -> f64 {
        let most = self.differences.len();
        if statistic == 0 || most == 0 {
            return 1.0;
        }
        // The distribution is symmetric, and its lower tail is the one that was summed from its small end.
        if let Some(table) = &self.table {
            return table.get(most - statistic).copied().unwrap_or(1.0);
        }
        let (m, n) = (self.sizes.0 as f64, self.sizes.1 as f64);
        let deviation = (m * n * (m + n + 1.0) / 12.0).sqrt();
        0.5 * erfc((statistic as f64 - 0.5 - m * n / 2.0) / deviation / std::f64::consts::SQRT_2)
    }
}

/// P(U ≤ u) for all u, by counting: of the ranks 1…m+n, in how many ways do m have the sum u + m(m+1)/2?
fn lower_tails(m: usize, n: usize) -> Vec<f64> {
    let most = m * n;
    // ways[k][u]: in how many ways k ranks of those seen so far exceed their least possible sum by u.
    let mut ways = vec![vec![0.0_f64; most + 1]; m + 1];
    ways[0][0] = 1.0;
    for rank in 1..=m + n {
        for taken in (1..=m.min(rank)).rev() {
            // The rank exceeds the place that it takes by so much.
            let excess = rank - taken;
            if excess > n {
                continue;
            }
            for sum in (excess..=most).rev() {
                let with = ways[taken - 1][sum - excess];
                ways[taken][sum] += with;
            }
        }
    }
    let counts = &ways[m];
    let total: f64 = counts.iter().sum();
    let mut sum = 0.0;
    counts
        .iter()
        .map(|count| {
            sum += count;
            f64::min(sum / total, 1.0)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distribution_is_that_of_the_tables() {
        // Hollander, Wolfe and Chicken, table A.6 / any table of Mann and Whitney: m = n = 5, P(U ≤ 2) = 4/252.
        let table = lower_tails(5, 5);
        assert!((table[2] - 4.0 / 252.0).abs() < 1e-12 && (table[0] - 1.0 / 252.0).abs() < 1e-12);
        assert!((table[25] - 1.0).abs() < 1e-12 && table.windows(2).all(|pair| pair[0] <= pair[1]));
        // m = 8, n = 10: the two-sided 5 % critical value is 17.
        let table = lower_tails(8, 10);
        assert!(table[17] <= 0.025 && table[18] > 0.025);
    }

    #[test]
    fn it_is_the_enumeration_of_all_orders() {
        // Every way to choose which 3 of 7 values are A's.
        let mut counts = [0.0; 13];
        for mask in 0_u32..128 {
            if mask.count_ones() == 3 {
                let is_a = |i: u32| mask >> i & 1 == 1;
                let u = (0..7).flat_map(|i| (0..i).map(move |j| (i, j))).filter(|(i, j)| is_a(*i) && !is_a(*j)).count();
                counts[u] += 1.0 / 35.0;
            }
        }
        let mut sum = 0.0;
        for (count, tail) in counts.iter().zip(lower_tails(3, 4)) {
            sum += count;
            assert!((sum - tail).abs() < 1e-12);
        }
    }

    #[test]
    fn test_and_limits_agree() {
        let a: Vec<f64> = (0..12).map(|i| f64::from(i * 7 % 12)).collect();
        let b: Vec<f64> = (0..10).map(|i| f64::from(i * 3 % 10) + 4.5).collect();
        let sum = RankSum::new(&a, &b);
        for level in [0.2, 0.05, 0.01, 1e-3, 1e-5] {
            let (low, high) = sum.limits(level);
            assert!(low == f64::NEG_INFINITY || sum.p_above(low - 1e-9) <= level && sum.p_above(low) > level);
            assert!(high == f64::INFINITY || sum.p_below(high + 1e-9) <= level && sum.p_below(high) > level);
        }
        assert!(sum.estimate().unwrap() > 2.0);
    }

    #[test]
    fn large_samples_join_on_to_small_ones() {
        let values = |n: usize, shift: f64| (0..n).map(|i| (i * 37 % n) as f64 / n as f64 + shift).collect::<Vec<_>>();
        let (exact, normal) =
            (RankSum::new(&values(50, 0.0), &values(50, 0.1)), RankSum::new(&values(51, 0.0), &values(51, 0.1)));
        assert!(exact.table.is_some() && normal.table.is_none());
        for statistic in [1300, 1500, 1700] {
            // The same place of the distribution: as many standard deviations above the mean.
            let deviation = |n: f64| (n * n * (2.0 * n + 1.0) / 12.0).sqrt();
            let z = (statistic as f64 - 0.5 - 1250.0) / deviation(50.0);
            let place = (51.0 * 51.0 / 2.0 + 0.5 + z * deviation(51.0)).round() as usize;
            let (exact, normal) = (exact.tail(statistic), normal.tail(place));
            // In the far tail the approximation errs on the safe side.
            assert!(normal > 0.95 * exact && normal < 1.15 * exact, "{statistic}: {exact} and {normal}");
        }
    }

    #[test]
    fn nothing_says_nothing() {
        let none = RankSum::new(&[], &[1.0]);
        assert_eq!((none.estimate(), none.p_above(0.0)), (None, 1.0));
        assert_eq!(none.limits(0.05), (f64::NEG_INFINITY, f64::INFINITY));
    }
}
