//! Since when: the commits at which the level of a series changed.
//!
//! # What is asked
//!
//! A series is one median per commit. Between changes it varies about a level, by noise of which little may be assumed:
//! a long tail, single nights that took half as long again, nights that resemble their neighbours, machines that come and
//! go. Levels are ratios, so all is done on logarithms. Asked is where the level changed, by how much, and how sure that
//! is; of series that never changed, at most one in a hundred may show anything ([`ChangeRules::false_alarms`]).
//!
//! # Method, and why not another
//!
//! 1. **Noise before levels** (`noise`). Scale and correlation come from differences at lags 1 and 2, of which changes
//!    and outliers touch few (Chakar, Lebarbier, Lévy-Leduc and Robin 2017, *A robust approach for estimating
//!    change-points in the mean of an AR(1) process*). Estimated about one common level, every step would look like
//!    correlation; estimated about levels that follow the noise, correlation would vanish. The scale is one of a window of
//!    200 points.
//! 2. **Proposals** (`partition`). The partition of least cost with the biweight loss (Fearnhead and Rigaill 2019,
//!    *Changepoint detection in the presence of outliers*): it sees all changes at once, so that a short plateau between
//!    two long levels does not hide as it does from a method that splits in two and looks again; and outliers of any size
//!    buy no segment. Its penalty has no error rate that would hold beyond independent normal noise, so it proposes only.
//! 3. **Decisions** (`segments`, `pool`). A proposal stays if noise alone would hardly set its two sides as far apart, at
//!    the number of places that the series offers. The weakest goes first, the rest is judged anew (as in Fleming et al.
//!    2023, *Hunter*), and what is left is searched for splits that the proposals lack. The chance is **Chernoff's bound
//!    with the noise's own distribution** (Chernoff 1952): scores of the 60 points on either side are pooled, with the
//!    belief of 20 points more that one of ten is three times as wide. So three points far up are a plateau in a series
//!    without outliers, and nothing remarkable in one that has one in twenty. Scores are cut off at 3.5 standard
//!    deviations, where outliers weigh little, and in a second test at 8, where few points far away weigh much; with two
//!    tests at each of n places, a chance is multiplied by 2n (Bonferroni).
//!    Correlation makes n points count for fewer, by the variance of their mean; the correlation of the residuals is
//!    used, one standard error up, and no more than differences allow.
//!
//! E-divisive means (Matteson and James 2014) with a permutation test assumes that points are exchangeable, which
//! correlated ones are not, and ten points have too few permutations for a level of 1 % anywhere. Student's t in its
//! place (Hunter, Apache Otava) is that of normal noise, at a level per test that no number of places is taken into
//! account in. Wild binary segmentation (Fryzlewicz 2014) with rank sums has the same need of many points: 3 among 30 are
//! the three largest with a chance of 1 in 4060. `cargo bench --bench steps` measures error rates, recall and precision,
//! and Otava's on the same series.
//!
//! # The end of the series
//!
//! Three points at least make a level. Two to ten at the end may be a change that is [`Persistence::Unconfirmed`]: it is
//! tested at the few places that the end offers, at a level of its own ([`ChangeRules::provisional_alarms`], per look).
//! A large step is seen so in its second night and confirmed or gone a few nights later. A look every night makes false
//! ones accordingly; they are for people to look at, not for records.
//!
//! # What it is not for
//!
//! Figures that do not vary at all (sizes) need no statistics: each change of theirs is one. A series that wanders, of
//! correlation beyond 0.8, has no levels, and shows few changes or none. A level that rises by a little with every commit
//! is shown as a few steps.

mod describe;
mod detectable;
mod events;
#[cfg(test)]
mod generate;
mod noise;
mod partition;
mod pool;
mod segments;
#[cfg(test)]
mod tests;

pub use detectable::detectable;
pub use events::{Event, SeriesChange, group_steps};

use segments::Logs;

/// One point of a series: what was measured of one commit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The median, in any unit. What is not a positive number is a gap: the commit keeps its index, and says nothing.
    pub level: f64,
    /// The relative standard error of that median, 0.01 being 1 %; 0 where it is not known.
    pub error: f64,
}

impl Point {
    /// A median of which nothing else is known.
    pub fn new(level: f64) -> Self {
        Self { level, error: 0.0 }
    }

    /// A median of `samples` values whose interquartile range is `spread` times the median.
    ///
    /// The standard error of a normal sample's median is √(π/2)·σ/√n, and σ is the interquartile range over 1.349.
    pub fn measured(level: f64, samples: usize, spread: f64) -> Self {
        let error = (std::f64::consts::FRAC_PI_2 / samples.max(1) as f64).sqrt() * spread / 1.349;
        Self { level, error: if error.is_finite() { error.max(0.0) } else { 0.0 } }
    }
}

/// What counts as a change point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChangeRules {
    /// The chance that a series without any change shows a confirmed one, from 0 to 1.
    pub false_alarms: f64,
    /// The chance that the end of such a series shows one that is not confirmed yet.
    pub provisional_alarms: f64,
    /// The confidence of the ratios' intervals.
    pub confidence: f64,
}

impl Default for ChangeRules {
    fn default() -> Self {
        Self { false_alarms: 0.01, provisional_alarms: 0.01, confidence: 0.95 }
    }
}

/// What became of a level after it had changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// It has been seen too few times to be sure that it is a new level and no outliers.
    Unconfirmed,
    /// It holds to the end of the series.
    Lasting,
    /// It held until it changed again.
    Superseded {
        /// The index of that later change.
        by: usize,
    },
    /// A later change took the series back to the level before.
    Reverted {
        /// The index of that later change.
        by: usize,
    },
}

/// A change of a series' level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChangePoint {
    /// The index of the first point after the change.
    pub index: usize,
    /// The first index at which it may be, with a confidence of 95 %: the change is in one of the commits from here…
    pub earliest: usize,
    /// …to here.
    pub latest: usize,
    /// The median of the points from the last change, or from the beginning, up to this one.
    pub before: f64,
    /// The median of the points from this change to the next one, or to the end.
    pub after: f64,
    /// By which factor the level changed.
    pub ratio: f64,
    /// Lower end of the ratio's interval; 0 where so few points have none.
    pub low: f64,
    /// Upper end of the ratio's interval; infinite where so few points have none.
    pub high: f64,
    /// The chance that a series of this length and noise without any change shows one as clear as this anywhere; of one
    /// that is not confirmed, that its end does.
    pub p_value: f64,
    /// How many points were measured at the new level.
    pub points: usize,
    /// What became of the new level.
    pub persistence: Persistence,
}

/// How a series varies about its levels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeriesNoise {
    /// The robust standard deviation of the logarithms: 0.01 is 1 %.
    pub sigma: f64,
    /// The correlation of one point with the next, from 0 to 0.8: the most that it may be, as decisions assume it.
    pub correlation: f64,
}

/// The change points of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Changes {
    /// In the order of the series.
    pub points: Vec<ChangePoint>,
    /// How the series varies between them; `None` of a series too short to tell.
    pub noise: Option<SeriesNoise>,
}

/// Rounds of finding changes and estimating the correlation that they leave.
const ROUNDS: usize = 2;

/// The change points of a series, which must be in the order of its commits.
///
/// A pure function. Indices are those of `series`, gaps included. Fewer than eight points show no change, of whatever
/// size, that is more than provisional.
pub fn change_points(series: &[Point], rules: &ChangeRules) -> Changes {
    let indices: Vec<usize> =
        (0..series.len()).filter(|index| series[*index].level.is_finite() && series[*index].level > 0.0).collect();
    let values: Vec<f64> = indices.iter().map(|index| series[*index].level.ln()).collect();
    let Some(mut noise) = noise::of_differences(&values) else {
        return Changes { points: Vec::new(), noise: None };
    };
    let deviations = noise::deviations(&values, noise);
    let deviations = indices.iter().zip(deviations).map(|(index, own)| f64::max(series[*index].error, own)).collect();
    let differences = noise.correlation;
    noise.correlation = noise::first_correlation(differences, values.len());
    let mut logs = Logs { values, deviations, correlation: noise.correlation };
    let mut cuts = logs.changes(rules.false_alarms);
    for _ in 0..ROUNDS {
        logs.correlation = noise::correlation(&logs, &cuts, differences);
        cuts = logs.changes(rules.false_alarms);
    }
    noise.correlation = logs.correlation;
    let mut points = describe::describe(&logs, &cuts, rules);
    for point in &mut points {
        let position = |kept: usize| indices.get(kept).copied().unwrap_or(kept);
        point.index = position(point.index);
        point.earliest = position(point.earliest);
        point.latest = position(point.latest);
        if let Persistence::Superseded { by } | Persistence::Reverted { by } = &mut point.persistence {
            *by = position(*by);
        }
    }
    Changes { points, noise: Some(noise) }
}
