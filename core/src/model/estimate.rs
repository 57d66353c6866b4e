use serde::{Deserialize, Serialize};

use crate::metric::{Direction, Metric, Unit};

/// What a sample says of a quantity: robust figures in the metric's unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Estimate {
    /// How many values it rests on.
    pub count: usize,
    /// The median.
    pub median: f64,
    /// Lower end of the median's confidence interval.
    pub low: f64,
    /// Upper end of the median's confidence interval.
    pub high: f64,
    /// The interval's confidence, 0 to 1: at least the 0.95 asked for where the sample is large enough, else what the
    /// whole range of the sample gives.
    pub confidence: f64,
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
    /// Spread: the interquartile range over the median, as a fraction; absent when the median is 0.
    pub spread: Option<f64>,
}

/// The estimate of one metric of a benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MetricSummary {
    /// What was measured.
    pub metric: Metric,
    /// Its unit.
    pub unit: Unit,
    /// Which way is better.
    pub direction: Direction,
    /// What the runs say.
    pub estimate: Estimate,
}

/// A row of where a benchmark's time goes: one top-level phase of one package, or what lies outside the phases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PhaseSummary {
    /// The phase; absent for the time outside all phases.
    pub phase: Option<String>,
    /// The package; absent where time belongs to no package, and in rows over all packages.
    pub package: Option<String>,
    /// How many phases contain this one; 0 for a top-level phase.
    pub depth: u32,
    /// Wall time in nanoseconds.
    pub wall: Estimate,
    /// Share of the benchmark's wall time, 0 to 1: the mean over the runs, so that top-level rows sum to 1.
    pub share: f64,
    /// CPU time in nanoseconds, where it could be read.
    pub cpu: Option<Estimate>,
    /// Peak resident memory in bytes, where it could be read.
    pub peak_memory: Option<Estimate>,
    /// Instructions retired in user mode, where they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<Estimate>,
}
