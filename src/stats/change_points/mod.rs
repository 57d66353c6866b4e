//! Since when: the commits at which the level of a series changed.

mod events;

pub use events::{Event, SeriesChange, group_steps};

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
    /// The first index at which it may be.
    pub earliest: usize,
    /// The last index at which it may be.
    pub latest: usize,
    /// The median of the points from the last change, or from the beginning, up to this one.
    pub before: f64,
    /// The median of the points from this change to the next one, or to the end.
    pub after: f64,
    /// By which factor the level changed.
    pub ratio: f64,
    /// Lower end of the ratio's interval.
    pub low: f64,
    /// Upper end of the ratio's interval.
    pub high: f64,
    /// The chance that a series of this length and noise without any change shows one as clear as this anywhere.
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
    /// The correlation of one point with the next, from 0 to below 1.
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

/// The change points of a series, in the order of its commits.
pub fn change_points(_series: &[Point], _rules: &ChangeRules) -> Changes {
    Changes { points: Vec::new(), noise: None }
}

/// The smallest change that is found nine times out of ten.
///
/// As a ratio above 1, with `before` and `after` points on its two sides in a series of `length` points with this noise;
/// `None` if no change of any size would be found.
pub fn detectable(
    _noise: SeriesNoise,
    _length: usize,
    _before: usize,
    _after: usize,
    _rules: &ChangeRules,
) -> Option<f64> {
    None
}
