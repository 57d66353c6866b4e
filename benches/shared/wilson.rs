//! Shares that were simulated, with how far they can be trusted.

/// A share with its interval (Wilson 1927): `0.40 % [0.16, 1.02]`.
pub fn share(hits: usize, of: usize) -> String {
    let (low, high) = wilson(hits, of);
    format!("{:5.2} % [{:.2}, {:.2}]", 100.0 * hits as f64 / of.max(1) as f64, 100.0 * low, 100.0 * high)
}

fn wilson(hits: usize, of: usize) -> (f64, f64) {
    const Z: f64 = 1.959_964;
    let n = of.max(1) as f64;
    let p = hits as f64 / n;
    let centre = p + Z * Z / (2.0 * n);
    let reach = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (((centre - reach) / scale).max(0.0), (centre + reach) / scale)
}
