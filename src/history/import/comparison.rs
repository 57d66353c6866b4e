//! The sides of a comparison as separate reports.

use crate::model::{Comparison, Report, SCHEMA_VERSION, Settings, Side};

/// A report for each side except the control, which is the base again.
pub fn reports_of(comparison: &Comparison) -> Vec<Report> {
    comparison.sides.iter().filter(|side| !side.control).map(|side| report_of(comparison, side)).collect()
}

fn report_of(comparison: &Comparison, side: &Side) -> Report {
    let settings = &comparison.settings;
    Report {
        schema_version: SCHEMA_VERSION,
        created: comparison.created.clone(),
        harness: comparison.harness.clone(),
        environment: comparison.environment.clone(),
        toolchain: side.toolchain.clone(),
        settings: Settings {
            suite: settings.suite.clone(),
            interval: settings.interval,
            time_limit: settings.time_limit,
            samples: None,
            pinned: settings.pinned,
            seed: settings.seed,
            std: side.std.clone(),
            counters: settings.counters.clone(),
        },
        completion: comparison.completion,
        measuring: comparison.measuring,
        benchmarks: side.benchmarks.clone(),
        skipped: comparison.skipped.clone(),
    }
}
