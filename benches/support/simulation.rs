//! Simulations on all processors, and the shares that they count.

/// The results of `count` simulations in their order, on all processors.
pub fn each<T: Send>(count: usize, simulate: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(count.max(1));
    let mut all: Vec<Option<T>> = std::iter::repeat_with(|| None).take(count).collect();
    let share = count.div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        for (part, results) in all.chunks_mut(share).enumerate() {
            let simulate = &simulate;
            scope.spawn(move || {
                for (index, result) in results.iter_mut().enumerate() {
                    *result = Some(simulate(part * share + index));
                }
            });
        }
    });
    all.into_iter().flatten().collect()
}

/// So many of so many, in per cent.
pub fn percent(hits: usize, of: usize) -> f64 {
    100.0 * hits as f64 / of.max(1) as f64
}

/// A share with its interval of 95 % (Wilson 1927): `0.40 % [0.16, 1.02]`.
pub fn share(hits: usize, of: usize) -> String {
    let (low, high) = wilson(hits, of);
    format!("{:.2} % [{:.2}, {:.2}]", percent(hits, of), 100.0 * low, 100.0 * high)
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
