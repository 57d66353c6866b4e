//! The Bencher Metric Format: an object of benchmarks, each an object of measures, each with its value and bounds.
//! Specification: <https://bencher.dev/docs/reference/bencher-metric-format>. Times are in nanoseconds, as Bencher's own are.

use serde_json::{Map, Value, json};

use super::figures;
use crate::model::Report;

/// The longest name of a benchmark that Bencher takes, in characters.
const LONGEST: usize = 1024;

/// The report as Bencher's `json` adapter reads it. A measure is called as the metric, in one word; a phase is a benchmark
/// of its own, called after its benchmark and itself.
pub fn bencher(report: &Report) -> Value {
    let mut benchmarks = Map::new();
    for figure in figures(report) {
        let name: String = figure.name().chars().take(LONGEST).collect();
        let measures = benchmarks.entry(name).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(measures) = measures {
            let estimate = figure.estimate;
            measures.insert(
                figure.metric.word().to_lowercase(),
                json!({"value": estimate.median, "lower_value": estimate.low, "upper_value": estimate.high}),
            );
        }
    }
    Value::Object(benchmarks)
}
