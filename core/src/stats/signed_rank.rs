//! The signed-rank test, estimate and interval of one sample of differences, exactly.
//!
//! Everything is computed from the **Walsh averages** (dᵢ + dⱼ) / 2, i ≤ j, of which n differences have M = n(n + 1) / 2
//! (Tukey 1949). Under the hypothesis that each difference lies symmetrically about θ, the number of averages above θ is
//! distributed as Wilcoxon's T⁺: the sum of the ranks 1…n, each included by the toss of a fair coin. Test, estimate (Hodges
//! and Lehmann 1963: the median average) and interval (Tukey: the averages at the test's critical values) come from one
//! count and so never contradict each other. Hollander, Wolfe and Chicken, *Nonparametric Statistical Methods*, 3rd ed., §§
//! 3.1–3.3.
//!
//! **Ties count against the claim.** An average that equals θ is counted neither above nor below. Break the ties among
//! the |dᵢ − θ| and give every zero a sign in any way: the count with ties broken has Wilcoxon's distribution, and the
//! strict count is never larger. So the tail of a strict count is an upper bound of its probability, however many ties.

use std::sync::OnceLock;

use statrs::function::erf::erfc;

/// The most differences for which the null distribution is enumerated; beyond, the normal approximation is right to four
/// digits where it matters, and conservative in the far tail, where the exact one is lighter.
const EXACT: usize = 300;

/// The cached null distributions: P(T⁺ ≤ t) for t = 0…M, by the number of differences.
static TABLES: [OnceLock<Vec<f64>>; EXACT + 1] = [const { OnceLock::new() }; EXACT + 1];

/// The number of Walsh averages of `count` differences, which is the greatest value of T⁺.
pub fn averages(count: usize) -> usize {
    count.saturating_mul(count.saturating_add(1)) / 2
}

/// P(T⁺ ≥ `statistic`) of `count` differences that are symmetric about the hypothesis.
///
/// Exact up to 300 differences, by adding one rank after another to the distribution; from there the normal
/// approximation with continuity correction.
pub fn tail(count: usize, statistic: usize) -> f64 {
    let most = averages(count);
    if statistic == 0 {
        return 1.0;
    }
    if statistic > most {
        return 0.0;
    }
    match TABLES.get(count) {
        // The distribution is symmetric, and its lower tail is the one that was summed from its small end.
        Some(table) => table.get_or_init(|| lower_tails(count))[most - statistic],
        None => normal_tail(count, statistic),
    }
}

/// The smallest statistic whose [`tail`] is at most `level`; one more than there are averages if none is.
pub fn critical(count: usize, level: f64) -> usize {
    let (mut low, mut high) = (0, averages(count) + 1);
    while low < high {
        let middle = usize::midpoint(low, high);
        if tail(count, middle) <= level {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

fn lower_tails(count: usize) -> Vec<f64> {
    let most = averages(count);
    let mut probability = vec![0.0; most + 1];
    probability[0] = 1.0;
    let mut reached = 0;
    for rank in 1..=count {
        reached += rank;
        // From above, so that each sum is read before this rank has been added to it.
        for sum in (0..=reached).rev() {
            let without = probability[sum];
            let with = if sum >= rank { probability[sum - rank] } else { 0.0 };
            probability[sum] = 0.5 * (without + with);
        }
    }
    let mut total = 0.0;
    for value in &mut probability {
        total += *value;
        *value = f64::min(total, 1.0);
    }
    probability
}

fn normal_tail(count: usize, statistic: usize) -> f64 {
    let n = count as f64;
    let mean = n * (n + 1.0) / 4.0;
    let deviation = (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0).sqrt();
    0.5 * erfc((statistic as f64 - 0.5 - mean) / deviation / std::f64::consts::SQRT_2)
}

/// The Walsh averages of a sample. They are never stored: each query walks along the sorted differences.
#[derive(Clone, Debug)]
pub struct Walsh {
    sorted: Vec<f64>,
}

impl Walsh {
    /// Of these differences, which must all be finite.
    pub fn new(differences: &[f64]) -> Self {
        debug_assert!(differences.iter().all(|difference| difference.is_finite()));
        let mut sorted = differences.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        Self { sorted }
    }

    /// How many differences there are.
    pub fn count(&self) -> usize {
        self.sorted.len()
    }

    /// How many averages lie strictly above `value`.
    pub fn above(&self, value: f64) -> usize {
        let sorted = &self.sorted;
        // The partners of a larger difference begin at a smaller one.
        let mut partner = sorted.len();
        let mut count = 0;
        for (index, difference) in sorted.iter().enumerate() {
            while partner > 0 && average(*difference, sorted[partner - 1]) > value {
                partner -= 1;
            }
            count += sorted.len() - partner.max(index);
        }
        count
    }

    /// How many averages lie strictly below `value`.
    pub fn below(&self, value: f64) -> usize {
        let sorted = &self.sorted;
        let mut partner = 0;
        let mut count = 0;
        for (index, difference) in sorted.iter().enumerate().rev() {
            while partner < sorted.len() && average(*difference, sorted[partner]) < value {
                partner += 1;
            }
            count += partner.min(index + 1);
        }
        count
    }

    /// P-value of the claim that the shift is greater than `value`.
    pub fn p_above(&self, value: f64) -> f64 {
        tail(self.count(), self.above(value))
    }

    /// P-value of the claim that the shift is less than `value`.
    pub fn p_below(&self, value: f64) -> f64 {
        tail(self.count(), self.below(value))
    }

    /// The Hodges–Lehmann estimate: the median average. `None` without differences.
    pub fn estimate(&self) -> Option<f64> {
        let averages = averages(self.count());
        let low = self.smallest(averages.div_ceil(2))?;
        let high = self.smallest(averages / 2 + 1)?;
        Some(average(low, high))
    }

    /// The lower and upper confidence limits, each of one-sided confidence 1 − `level`; infinite if there are too few
    /// differences for that confidence.
    ///
    /// A value lies below the lower limit exactly if [`Self::p_above`] of it is at most `level`, and likewise above.
    pub fn limits(&self, level: f64) -> (f64, f64) {
        let critical = critical(self.count(), level).max(1);
        let averages = averages(self.count());
        if critical > averages {
            return (f64::NEG_INFINITY, f64::INFINITY);
        }
        (
            self.smallest(averages - critical + 1).unwrap_or(f64::NEG_INFINITY),
            self.smallest(critical).unwrap_or(f64::INFINITY),
        )
    }

    /// The average of this rank, counted from 1, in ascending order.
    ///
    /// It is the least number that has `rank` averages at or below it. It is found by bisection over all finite numbers in
    /// order: about sixty counts, far fewer than the averages of a hundred differences.
    fn smallest(&self, rank: usize) -> Option<f64> {
        let averages = averages(self.count());
        let (mut low, mut high) = (ordinal(*self.sorted.first()?), ordinal(*self.sorted.last()?));
        while low < high {
            let middle = low.wrapping_add((high.wrapping_sub(low) as u64 / 2) as i64);
            if averages - self.above(of_ordinal(middle)) >= rank {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Some(of_ordinal(low))
    }
}

fn average(a: f64, b: f64) -> f64 {
    0.5 * (a + b)
}

/// The place of a number in the order of [`f64::total_cmp`].
fn ordinal(value: f64) -> i64 {
    let bits = value.to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

/// The number at that place: the map is its own inverse.
fn of_ordinal(ordinal: i64) -> f64 {
    f64::from_bits((ordinal ^ (((ordinal >> 63) as u64) >> 1) as i64) as u64)
}

/// How many of `count` values must be on one side of the claimed median so that the sign test rejects it at a one-sided 5 %;
/// `count` below five, where nothing can be rejected.
///
/// By the normal approximation with its continuity correction above a thousand.
pub fn sign_critical(count: usize) -> usize {
    if count > 1000 {
        let n = count as f64;
        return ((n + 1.0 + 1.644_854 * n.sqrt()) / 2.0).ceil() as usize;
    }
    // P(at least k of n), from the top.
    let mut term = 0.5f64.powi(i32::try_from(count).unwrap_or(i32::MAX));
    let (mut tail, mut critical) = (term, count);
    while critical > 1 {
        term *= critical as f64 / (count - critical + 1) as f64;
        if tail + term > 0.05 {
            break;
        }
        tail += term;
        critical -= 1;
    }
    critical
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_test_is_that_of_the_tables() {
        // Conover, table A3: at 5 % one-sided, 5 of 5, 7 of 8, 10 of 12, 15 of 20, 32 of 50.
        for (count, critical) in [(0, 0), (1, 1), (3, 3), (5, 5), (7, 7), (8, 7), (12, 10), (20, 15), (50, 32)] {
            assert_eq!(sign_critical(count), critical, "n = {count}");
        }
        assert!(sign_critical(1001).abs_diff(sign_critical(1000)) <= 1);
    }

    /// Hollander, Wolfe and Chicken, table 3.1: a depression scale of nine patients before and after treatment.
    const BEFORE: [f64; 9] = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30];
    #[expect(clippy::approx_constant, reason = "a patient's 3.14")]
    const AFTER: [f64; 9] = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];

    fn textbook() -> Walsh {
        let differences: Vec<f64> = BEFORE.iter().zip(AFTER).map(|(before, after)| after - before).collect();
        Walsh::new(&differences)
    }

    #[test]
    fn critical_values_are_those_of_the_tables() {
        // Wilcoxon and Wilcox 1964, and any textbook: the largest lower rank sums at 5 % and at 1 %, two-sided.
        for (count, five, one) in [(10, 8, 3), (15, 25, 15), (20, 52, 37), (25, 89, 68), (50, 434, 373)] {
            let most = averages(count);
            assert_eq!(most - critical(count, 0.025), five, "n = {count}");
            assert_eq!(most - critical(count, 0.005), one, "n = {count}");
        }
        assert!((tail(10, 55 - 8) - 25.0 / 1024.0).abs() < 1e-15);
        assert_eq!(tail(20, 210), 0.5f64.powi(20));
        assert_eq!(critical(4, 0.05), averages(4) + 1);
    }

    #[test]
    fn the_textbook_s_example() {
        let walsh = textbook();
        assert_eq!(walsh.above(0.0), 5);
        assert!((walsh.p_below(0.0) - 10.0 / 512.0).abs() < 1e-15);
        assert!((walsh.estimate().unwrap() + 0.46).abs() < 1e-12);
        let (low, high) = walsh.limits(0.02);
        assert!((low + 0.786).abs() < 1e-12 && (high + 0.010).abs() < 1e-12, "{low} {high}");
    }

    #[test]
    fn walks_find_what_the_stored_averages_say() {
        let mut random = fastrand::Rng::with_seed(1);
        for count in [1, 2, 3, 7, 12, 31] {
            // Rounded, so that there are many ties and zeros.
            let differences: Vec<f64> = (0..count).map(|_| (8.0 * (random.f64() - 0.5)).round() / 4.0).collect();
            let mut stored: Vec<f64> = (0..count)
                .flat_map(|i| (i..count).map(move |j| (i, j)))
                .map(|(i, j)| average(differences[i], differences[j]))
                .collect();
            stored.sort_by(f64::total_cmp);
            let walsh = Walsh::new(&differences);
            for value in [-2.0, -0.25, -0.125, 0.0, 0.1, 0.5, 3.0] {
                assert_eq!(walsh.above(value), stored.iter().filter(|average| **average > value).count());
                assert_eq!(walsh.below(value), stored.iter().filter(|average| **average < value).count());
            }
            for (index, expected) in stored.iter().enumerate() {
                assert_eq!(walsh.smallest(index + 1), Some(*expected));
            }
        }
    }

    /// All signs of nine different sizes: the test errs exactly as often as it says, and never more often with ties.
    #[test]
    fn levels_are_exact_by_enumeration() {
        let distinct: Vec<f64> = (1..=9).map(|i| f64::from(i * i) / 7.0).collect();
        let tied = [0.0, 0.0, 1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0];
        for level in [0.002, 0.01, 0.05, 0.1, 0.25] {
            let attained = tail(9, critical(9, level));
            let errs = |sizes: &[f64]| {
                let wrong = (0..512u32).filter(|signs| {
                    let signed: Vec<f64> =
                        sizes.iter().enumerate().map(|(i, d)| if signs >> i & 1 == 0 { *d } else { -d }).collect();
                    let walsh = Walsh::new(&signed);
                    let (low, high) = walsh.limits(level);
                    assert_eq!(low > 0.0, walsh.p_above(0.0) <= level);
                    assert_eq!(high < 0.0, walsh.p_below(0.0) <= level);
                    low > 0.0
                });
                wrong.count() as f64 / 512.0
            };
            assert!((errs(&distinct) - attained).abs() < 1e-12, "{level}");
            assert!(errs(&tied) <= attained, "{level}");
        }
    }

    #[test]
    fn the_approximation_meets_the_exact_tail_from_the_safe_side() {
        let most = averages(EXACT);
        for statistic in [most / 2 + 500, most * 6 / 10, most * 13 / 20, most * 7 / 10] {
            let (exact, normal) = (tail(EXACT, statistic), normal_tail(EXACT, statistic));
            assert!((normal - exact).abs() < 0.0005, "{statistic}: {exact:e} {normal:e}");
            if exact < 1e-4 {
                assert!(normal > exact && normal < 3.0 * exact, "{statistic}: {exact:e} {normal:e}");
            }
        }
    }

    #[test]
    fn an_outlier_moves_neither_estimate_nor_limits_much() {
        let calm: Vec<f64> = (0..30).map(|i| 0.02 + 0.001 * f64::from(i % 7)).collect();
        let mut wild = calm.clone();
        wild[3] = 50.0;
        let (calm, wild) = (Walsh::new(&calm), Walsh::new(&wild));
        assert!((calm.estimate().unwrap() - wild.estimate().unwrap()).abs() < 0.0005);
        assert!((calm.limits(0.001).1 - wild.limits(0.001).1).abs() < 0.005);
    }

    #[test]
    fn nothing_and_very_much_are_no_trouble() {
        let none = Walsh::new(&[]);
        assert_eq!(
            (none.estimate(), none.p_above(0.0), none.limits(0.05)),
            (None, 1.0, (f64::NEG_INFINITY, f64::INFINITY))
        );
        let many: Vec<f64> = (0..5000).map(|i| f64::from(i % 101) - 50.0 + 1e-6 * f64::from(i - 2500)).collect();
        let many = Walsh::new(&many);
        assert!(many.p_above(0.0) > 0.1 && many.p_above(-2.0) < 0.001);
        assert!(tail(usize::MAX / 4, 3).is_finite());
    }
}
