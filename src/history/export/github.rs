//! What the GitHub action `benchmark-action/github-action-benchmark` reads with `tool: customSmallerIsBetter`: a list of
//! objects with `name`, `unit`, `value`, `range` and `extra`.

use serde_json::{Value, json};

use super::{figures, unit};
use crate::model::Report;

/// The report as that action reads it. All metrics are costs: the smaller, the better. The action draws one chart per name,
/// so the metric is a part of the name.
pub fn github(report: &Report) -> Value {
    figures(report)
        .map(|figure| {
            let estimate = &figure.estimate;
            json!({
                "name": format!("{} {}", figure.name(), figure.metric.name()),
                "unit": unit(figure.metric.unit()),
                "value": estimate.median,
                "range": format!("± {}", (estimate.high - estimate.low) / 2.0),
                "extra": format!("{} runs, forc {}", estimate.count, report.toolchain.version),
            })
        })
        .collect()
}
