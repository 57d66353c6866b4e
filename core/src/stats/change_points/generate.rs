//! Series whose noise and changes are known.

use super::Point;

/// What disturbs a generated series. Standard deviations are those of logarithms.
#[derive(Clone, Copy)]
pub struct Noise {
    pub sigma: f64,
    /// Of each value with the next.
    pub correlation: f64,
    /// The share of values that are half as large again.
    pub outliers: f64,
    /// Whether tails are those of Student's t with three degrees of freedom.
    pub has_heavy_tails: bool,
}

impl Noise {
    pub const NONE: Self = Self { sigma: 0.0, correlation: 0.0, outliers: 0.0, has_heavy_tails: false };

    /// Logarithms about 0.
    pub fn logarithms(&self, count: usize, seed: u64) -> Vec<f64> {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut state = normal(&mut random);
        (0..count)
            .map(|_| {
                let fresh = normal(&mut random);
                state = self.correlation * state + (1.0 - self.correlation.powi(2)).sqrt() * fresh;
                let chi = (0..3).map(|_| normal(&mut random).powi(2)).sum::<f64>() / 3.0;
                let tail = if self.has_heavy_tails { chi.sqrt().recip() } else { 1.0 };
                let outlier = if random.f64() < self.outliers { 1.5_f64.ln() } else { 0.0 };
                self.sigma * state * tail + outlier
            })
            .collect()
    }

    /// A series of `count` points about 100, multiplied from each index on by a ratio.
    pub fn series(&self, count: usize, steps: &[(usize, f64)], seed: u64) -> Vec<Point> {
        let level = |index: usize| steps.iter().filter(|it| it.0 <= index).map(|it| it.1).product::<f64>();
        let logarithms = self.logarithms(count, seed);
        logarithms.iter().enumerate().map(|(index, noise)| Point::new(100.0 * level(index) * noise.exp())).collect()
    }
}

fn normal(random: &mut fastrand::Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.f64()).cos()
}
