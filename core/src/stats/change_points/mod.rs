//! The commits at which the level of a series changed.
//!
//! # Task
//!
//! A series is one median per commit. Between changes it varies around a level, with noise about which little can be
//! assumed: a long tail, single nights that took half again as long, correlated nights, machines that come and go. Levels
//! are ratios, so everything uses logarithms. The task is to find where the level changed, by how much, and how certain that
//! is. Of series that never changed, at most one in a hundred may show a change ([`ChangeRules::false_alarms`]).
//!
//! # Method and alternatives
//!
//! 1. **Noise before levels** (`noise`). Scale and correlation come from differences at lags 1 and 2, of which changes and
//!    outliers touch few (Chakar, Lebarbier, Lévy-Leduc and Robin 2017, *A robust approach for estimating change-points in
//!    the mean of an AR(1) process*). Around one common level, every step would look like correlation; around levels that
//!    follow the noise, correlation would vanish. The scale is one of a window of 200 points.
//! 2. **Proposals** (`partition`). The cheapest partition with the biweight loss (Fearnhead and Rigaill 2019, *Changepoint
//!    detection in the presence of outliers*): it sees all changes at once, so it finds a short plateau between two long
//!    levels, which repeated splitting in two misses; and outliers of any size create no segment. Its penalty has an error
//!    rate only for independent normal noise, so it only proposes.
//! 3. **Decisions** (`segments`, `pool`). A proposal stays if noise alone is unlikely to separate its two sides that far,
//!    given the number of places in the series. The weakest is removed first and the rest judged again (as in Fleming et al.
//!    2023, *Hunter*); then missing splits are searched. The chance is **Chernoff's bound with the noise's own
//!    distribution** (Chernoff 1952): scores of the 60 points on either side are pooled, with a prior of 20 more points, of
//!    which one in ten is three times as wide. So three high points are a plateau in a series without outliers, but
//!    unremarkable in one with an outlier in twenty. Scores are cut off at 3.5 standard deviations, where outliers weigh
//!    little, and in a second test at 8, where a few distant points weigh much; with two tests at each of n places, a chance
//!    is multiplied by 2n (Bonferroni). Correlation reduces the effective number of points, by the variance of their mean.
//!    The correlation of the residuals is used, plus one standard error, but no more than differences allow.
//!
//! E-divisive means (Matteson and James 2014) with a permutation test assumes that points are exchangeable, which correlated
//! ones are not, and ten points have too few permutations for a level of 1 % anywhere. Student's t instead (Hunter, Apache
//! Otava) assumes normal noise, at a level per test that ignores the number of places. Wild binary segmentation (Fryzlewicz
//! 2014) with rank sums also needs many points: 3 of 30 are the three largest with a chance of 1 in 4060. `cargo bench
//! --bench steps` measures error rates, recall and precision, and Otava's on the same series.
//!
//! # The end of the series
//!
//! A level has at least three points. Two to ten at the end may be a change that is [`Persistence::Unconfirmed`]: it is
//! tested at the few places that the end offers, at a level of its own ([`ChangeRules::provisional_alarms`], per look). A
//! large step is shown in its second night, and confirmed or withdrawn a few nights later. A look every night also produces
//! false ones; they are for people to check, not for records.
//!
//! # Limits
//!
//! Figures that do not vary at all (sizes) need no statistics: every difference is a change. A series that wanders, of
//! correlation beyond 0.8, has no levels, and shows few changes or none. A level that rises slightly with every commit is
//! shown as a few steps.

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
    /// The median, in any unit. A value that is not a positive number is a gap: the commit keeps its index without a value.
    pub level: f64,
    /// The relative standard error of that median, 0.01 being 1 %; 0 where it is not known.
    pub error: f64,
}

impl Point {
    /// A median without a known error.
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

/// Whether a new level lasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// It has too few points to exclude outliers.
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
    /// The factor by which the level changed.
    pub ratio: f64,
    /// Lower end of the ratio's interval; 0 with too few points for one.
    pub low: f64,
    /// Upper end of the ratio's interval; infinite with too few points for one.
    pub high: f64,
    /// The chance that a series of this length and noise without any change shows one as clear as this anywhere; for an
    /// unconfirmed one, at its end.
    pub p_value: f64,
    /// How many points were measured at the new level.
    pub points: usize,
    /// Whether the new level lasted.
    pub persistence: Persistence,
}

/// The noise of a series around its levels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeriesNoise {
    /// The robust standard deviation of the logarithms: 0.01 is 1 %.
    pub sigma: f64,
    /// The correlation of one point with the next, from 0 to 0.8: the upper limit that decisions use.
    pub correlation: f64,
}

/// The change points of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Changes {
    /// In the order of the series.
    pub points: Vec<ChangePoint>,
    /// How the series varies between them; `None` for a series that is too short.
    pub noise: Option<SeriesNoise>,
}

/// Rounds of finding changes and estimating the correlation that they leave.
const ROUNDS: usize = 2;

/// The change points of a series, which must be in the order of its commits.
///
/// A pure function. Indices are those of `series`, gaps included. Fewer than eight points never show a confirmed change,
/// whatever its size.
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
