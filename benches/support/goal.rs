//! Samples as cells of a table: medians with intervals, and whether they reach their goal.

use forc_perf::stats;

/// What a figure should be.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    text: &'static str,
    low: f64,
    high: f64,
}

impl Goal {
    /// Between `low` and `high`, which `text` says in words.
    pub const fn new(text: &'static str, low: f64, high: f64) -> Self {
        Self { text, low, high }
    }

    /// What the sample shows of it: its whole interval within or without, or only its median.
    pub fn of(self, sample: &[f64]) -> String {
        let Some(estimate) = stats::estimate(sample) else { return format!("{}: no figure", self.text) };
        let within = |value: f64| value >= self.low && value <= self.high;
        let said = if within(estimate.low) && within(estimate.high) {
            "met"
        } else if estimate.low > self.high || estimate.high < self.low {
            "NOT MET"
        } else if within(estimate.median) {
            "met by the median; the interval is wider"
        } else {
            "NOT MET by the median; the interval reaches it"
        };
        format!("{}: {said}", self.text)
    }
}

/// The median with its interval: `1.0012 [0.9987, 1.0031]`; a dash of no figure.
pub fn interval(sample: &[f64], digits: usize) -> String {
    stats::estimate(sample)
        .map_or_else(|| "–".to_owned(), |e| format!("{:.digits$} [{:.digits$}, {:.digits$}]", e.median, e.low, e.high))
}
