//! What is known of each change.

use super::pool::{CLIPS, normal};
use super::segments::{Around, Logs, SHORTEST};
use super::{ChangePoint, ChangeRules, Persistence};

/// The fewest points at the end that may be a change not confirmed yet, and the most.
const PROVISIONAL: (usize, usize) = (2, 10);
/// The fewest points before them.
const BEFORE: usize = 5;
/// How much more than the best place of a change another place may cost. Twice the logarithm of a likelihood ratio, so that
/// 8 is a ratio of 55; the interval of the place holds the true one in 95 of 100 cases and more (`cargo bench --profile release --bench
/// steps`).
const PLACE_COST: f64 = 8.0;
/// A later change reverts an earlier one if it leaves less of it than this.
const REVERTED: f64 = 0.25;

/// All changes, in order: those that are confirmed, and one at the end that is not.
pub fn describe(logs: &Logs, confirmed: &[usize], rules: &ChangeRules) -> Vec<ChangePoint> {
    let provisional = provisional(logs, confirmed, rules);
    let mut confirmed = confirmed.to_vec();
    confirmed.extend(provisional.iter().flat_map(|it| &it.before));
    let confirmed = confirmed.as_slice();
    let cuts: Vec<usize> = confirmed.iter().copied().chain(provisional.iter().map(|it| it.at)).collect();
    let residuals = logs.residuals(&cuts);
    let exponents: Vec<f64> = logs.exponents(&cuts).into_iter().take(confirmed.len()).collect();
    let levels: Vec<f64> = logs.segments(&cuts).map(|(from, to)| logs.level(from, to)).collect();
    (0..cuts.len())
        .map(|change| {
            let around = logs.around(&cuts, change);
            let (earliest, latest) = place(logs, around);
            let (before, after) = (levels[change], levels[change + 1]);
            let (low, high) = interval(logs, &residuals, around, after - before, rules.confidence);
            let p_value = match (exponents.get(change), &provisional) {
                (Some(exponent), _) => (logs.needed(1.0) - exponent).exp(),
                (None, provisional) => provisional.as_ref().map_or(1.0, |it| it.chance),
            };
            ChangePoint {
                index: around.at,
                earliest,
                latest,
                before: before.exp(),
                after: after.exp(),
                ratio: (after - before).exp(),
                low: low.exp(),
                high: high.exp(),
                p_value: p_value.min(1.0),
                points: around.to - around.at,
                persistence: persistence(&levels, confirmed, change),
            }
        })
        .collect()
}

/// A change seen too few times to be confirmed.
struct Provisional {
    /// Where it begins.
    at: usize,
    /// The chance that noise looks like this.
    chance: f64,
    /// Earlier changes that are significant now: before, its points made them look like outliers.
    before: Vec<usize>,
}

fn provisional(logs: &Logs, confirmed: &[usize], rules: &ChangeRules) -> Option<Provisional> {
    let to = logs.values.len();
    let last = confirmed.last().copied().unwrap_or(0);
    let longest = PROVISIONAL.1.min((to - last).saturating_sub(BEFORE));
    let tries = (CLIPS.len() * (PROVISIONAL.1 - PROVISIONAL.0 + 1)) as f64;
    let needed = logs.needed(rules.false_alarms);
    let (at, before, exponent) = (PROVISIONAL.0..=longest)
        .map(|points| {
            let at = to - points;
            let mut cuts: Vec<usize> = confirmed.iter().copied().chain([at]).collect();
            let before = logs.split(&cuts, last, at, needed).unwrap_or_default();
            cuts.extend(&before);
            cuts.sort_unstable();
            let from = before.last().copied().unwrap_or(last);
            let pools = logs.pools(&logs.residuals(&cuts), at);
            (at, before, logs.exponent(&pools, Around { from, at, to }, 0.0).abs())
        })
        .max_by(|a, b| a.2.total_cmp(&b.2))?;
    let chance = tries * (-exponent).exp();
    (chance <= rules.provisional_alarms).then_some(Provisional { at, chance, before })
}

/// The first and the last place where a change may be.
fn place(logs: &Logs, around: Around) -> (usize, usize) {
    let profile = logs.profile(around);
    let least = profile.iter().map(|it| it.1).fold(f64::INFINITY, f64::min);
    // Correlated points carry less information than their number.
    let count = around.to - around.from;
    let inflation = count as f64 / super::noise::effective(count, logs.correlation);
    let mut possible = profile.iter().filter(|it| it.1 <= least + PLACE_COST * inflation).map(|it| it.0);
    let first = possible.next().unwrap_or(around.at).min(around.at);
    (first, possible.next_back().unwrap_or(around.at).max(around.at))
}

/// The limits of the logarithm of the ratio: the shifts that the test, at this confidence, would not find.
///
/// Infinite with too few points.
fn interval(logs: &Logs, residuals: &[Option<f64>], around: Around, estimate: f64, confidence: f64) -> (f64, f64) {
    let pools = logs.pools(residuals, around.at);
    // The signed root of twice the exponent is a normal deviate, exactly so for normal noise (Barndorff-Nielsen 1986).
    let is_possible = |shift: f64| {
        let exponent = logs.exponent(&pools, around, shift);
        normal(-(2.0 * exponent.abs()).sqrt()) > (1.0 - confidence) / 2.0
    };
    let scale = logs.deviations[around.at].max(f64::MIN_POSITIVE);
    let limit = |direction: f64| {
        let mut reach = (0..12).map(|power| scale * f64::from(1 << power) / 4.0);
        let Some(mut outside) = reach.find(|reach| !is_possible(estimate + direction * reach)) else {
            return direction * f64::INFINITY;
        };
        let mut inside = 0.0;
        for _ in 0..30 {
            let middle = 0.5 * (inside + outside);
            if is_possible(estimate + direction * middle) { inside = middle } else { outside = middle }
        }
        estimate + direction * outside
    };
    (limit(-1.0), limit(1.0))
}

fn persistence(levels: &[f64], confirmed: &[usize], change: usize) -> Persistence {
    let Some(_) = confirmed.get(change) else { return Persistence::Unconfirmed };
    let Some(by) = confirmed.get(change + 1).copied() else { return Persistence::Lasting };
    let step = levels[change + 1] - levels[change];
    let left = levels[change + 2] - levels[change];
    if left.abs() < REVERTED * step.abs() { Persistence::Reverted { by } } else { Persistence::Superseded { by } }
}

const _: () = assert!(PROVISIONAL.0 < SHORTEST);
