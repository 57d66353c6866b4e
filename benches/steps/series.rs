//! Series whose noise and steps are known.

use forc_perf::stats::{ChangePoint, ChangeRules, Persistence, Point, change_points};

/// The standard deviation of one night's logarithm, but for tails and outliers.
pub const SIGMA: f64 = 0.02;

/// How a series varies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    LogNormal,
    /// Student's t with three degrees of freedom.
    HeavyTails,
    /// One in twenty is half as large again.
    Outliers,
    /// Each is correlated with the next, by so many tenths.
    Correlated(u8),
    /// Correlated by 0.3, and one in twenty half as large again.
    CorrelatedOutliers,
    /// Exponential: bounded below, with a tail above.
    Skewed,
    /// The second half comes from a machine that varies a third as much.
    TwoMachines,
    /// Measured in ticks of two standard deviations.
    Ticks,
}

impl Noise {
    pub const ALL: [Self; 9] = [
        Self::LogNormal,
        Self::HeavyTails,
        Self::Outliers,
        Self::Correlated(3),
        Self::Correlated(5),
        Self::CorrelatedOutliers,
        Self::Skewed,
        Self::TwoMachines,
        Self::Ticks,
    ];

    pub fn name(self) -> String {
        match self {
            Self::LogNormal => "log-normal".to_owned(),
            Self::HeavyTails => "heavy tails, t(3)".to_owned(),
            Self::Outliers => "5 % outliers ×1.5".to_owned(),
            Self::Correlated(tenths) => format!("AR(1) 0.{tenths}"),
            Self::CorrelatedOutliers => "AR(1) 0.3, outliers".to_owned(),
            Self::Skewed => "exponential".to_owned(),
            Self::TwoMachines => "two machines".to_owned(),
            Self::Ticks => "ticks of 2 σ".to_owned(),
        }
    }

    /// Logarithms about 0.
    fn logarithms(self, count: usize, random: &mut fastrand::Rng) -> Vec<f64> {
        let correlation = match self {
            Self::Correlated(tenths) => f64::from(tenths) / 10.0,
            Self::CorrelatedOutliers => 0.3,
            _ => 0.0,
        };
        let mut state = normal(random);
        (0..count)
            .map(|index| {
                state = correlation * state + (1.0 - correlation * correlation).sqrt() * normal(random);
                let score = match self {
                    Self::HeavyTails => {
                        let chi = (0..3).map(|_| normal(random).powi(2)).sum::<f64>() / 3.0;
                        state / chi.sqrt()
                    }
                    Self::Skewed => -(1.0 - random.f64()).ln(),
                    Self::TwoMachines if index >= count / 2 => state / 3.0,
                    Self::Ticks => 2.0 * (state / 2.0).round(),
                    _ => state,
                };
                let has_outliers = matches!(self, Self::Outliers | Self::CorrelatedOutliers);
                let outlier = if has_outliers && random.f64() < 0.05 { 1.5_f64.ln() } else { 0.0 };
                SIGMA * score + outlier
            })
            .collect()
    }
}

fn normal(random: &mut fastrand::Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.f64()).cos()
}

/// A series, and where it truly changed.
pub struct Series {
    pub points: Vec<Point>,
    pub steps: Vec<usize>,
}

impl Series {
    /// With changes of level at these indices, in standard deviations.
    pub fn new(noise: Noise, count: usize, steps: &[(usize, f64)], seed: u64) -> Self {
        let logarithms = noise.logarithms(count, &mut fastrand::Rng::with_seed(seed));
        let level = |index: usize| steps.iter().filter(|it| it.0 <= index).map(|it| it.1).sum::<f64>() * SIGMA;
        let point = |(index, noise): (usize, f64)| Point::new(10.0 * (level(index) + noise).exp());
        Self {
            points: logarithms.into_iter().enumerate().map(point).collect(),
            steps: steps.iter().map(|it| it.0).collect(),
        }
    }

    /// With one to five changes by this many standard deviations, up or down, `apart` points from each other and from
    /// both ends at the least.
    pub fn stepped(noise: Noise, count: usize, size: f64, apart: usize, seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(!seed);
        let changes = random.usize(1..=5);
        // Places among what is left when every segment has its least length.
        let free = count.saturating_sub((changes + 1) * apart);
        let mut places: Vec<usize> = (0..changes).map(|_| random.usize(..=free)).collect();
        places.sort_unstable();
        let steps: Vec<(usize, f64)> = places
            .into_iter()
            .enumerate()
            .map(|(index, place)| (place + (index + 1) * apart, if random.bool() { size } else { -size }))
            .collect();
        Self::new(noise, count, &steps, seed)
    }

    /// The changes that are found and confirmed.
    pub fn confirmed(&self) -> Vec<ChangePoint> {
        let found = change_points(&self.points, &ChangeRules::default()).points;
        found.into_iter().filter(|point| point.persistence != Persistence::Unconfirmed).collect()
    }

    /// How many of the found indices are within two points of a true change of their own, and how many are not.
    pub fn score(&self, found: &[usize]) -> (usize, usize) {
        let mut open = self.steps.clone();
        for index in found {
            if let Some(place) = open.iter().position(|step| step.abs_diff(*index) <= 2) {
                open.remove(place);
            }
        }
        let hits = self.steps.len() - open.len();
        (hits, found.len() - hits)
    }
}
