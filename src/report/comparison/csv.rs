//! A comparison as CSV.

use serde::Serialize;

use crate::model::{Basis, Comparison, Verdict};
use crate::report::csv::{cell, cell_if_any, unit, written};
use crate::verdict::sampled;

/// Replaces a benchmark's id in rows of all benchmarks; no id has a space.
const TOGETHER: &str = "all together";

/// A figure's row. The fields' names are the columns'.
#[derive(Serialize)]
struct FigureRow<'a> {
    #[serde(serialize_with = "cell")]
    base_side: &'a str,
    #[serde(serialize_with = "cell")]
    other_side: &'a str,
    control: bool,
    #[serde(serialize_with = "cell")]
    benchmark: &'a str,
    #[serde(serialize_with = "cell_if_any")]
    phase: Option<&'a str>,
    depth: Option<u32>,
    #[serde(serialize_with = "cell")]
    parts: String,
    metric: &'static str,
    unit: &'static str,
    base: Option<f64>,
    other: Option<f64>,
    ratio: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    confidence: f64,
    threshold: f64,
    p_value: Option<f64>,
    verdict: &'static str,
    /// Whether the benchmark's verdict depends on it.
    decides: bool,
    /// What the figure's verdict is based on.
    basis: &'static str,
    pairs: usize,
    detectable: Option<f64>,
    more_runs: Option<usize>,
}

/// A pair's row.
#[derive(Serialize)]
struct SampleRow<'a> {
    #[serde(serialize_with = "cell")]
    base_side: &'a str,
    #[serde(serialize_with = "cell")]
    other_side: &'a str,
    control: bool,
    #[serde(serialize_with = "cell")]
    benchmark: &'a str,
    /// From 1.
    block: usize,
    #[serde(serialize_with = "cell_if_any")]
    phase: Option<&'a str>,
    metric: &'static str,
    unit: &'static str,
    base: Option<f64>,
    other: Option<f64>,
}

pub(super) fn figures(comparison: &Comparison) -> String {
    let base_side = comparison.base().map_or("", |base| &base.name);
    let rows = comparison.findings.iter().flat_map(|findings| {
        let side = comparison.side(findings);
        let of_benchmarks = findings.benchmarks.iter().flat_map(move |benchmark| {
            benchmark.figures.iter().map(move |figure| FigureRow {
                base_side,
                other_side: side.map_or("", |side| &side.name),
                control: side.is_some_and(|side| side.control),
                benchmark: &benchmark.id,
                phase: figure.phase.as_deref(),
                depth: figure.phase.is_some().then_some(figure.depth),
                parts: figure.parts.join(" + "),
                metric: figure.metric.name(),
                unit: unit(figure.metric.unit()),
                base: number(figure.base),
                other: number(figure.other),
                ratio: number(figure.ratio),
                low: number(figure.low),
                high: number(figure.high),
                confidence: figure.confidence,
                threshold: figure.threshold,
                p_value: figure.p_value.and_then(number),
                verdict: Verdict::name(figure.verdict),
                decides: figure.decides(),
                basis: Basis::name(figure.basis),
                pairs: figure.pairs,
                detectable: figure.detectable.and_then(number),
                more_runs: figure.more_runs,
            })
        });
        // The means over the suite.
        let of_suite = findings.totals.iter().filter(|total| total.is_reported()).map(move |total| FigureRow {
            base_side,
            other_side: side.map_or("", |side| &side.name),
            control: side.is_some_and(|side| side.control),
            benchmark: TOGETHER,
            phase: total.phase.as_deref(),
            depth: total.phase.is_some().then_some(0),
            parts: String::new(),
            metric: total.metric.name(),
            unit: unit(total.metric.unit()),
            base: None,
            other: None,
            ratio: number(total.ratio),
            low: total.low,
            high: total.high,
            confidence: total.confidence,
            threshold: total.threshold,
            p_value: total.p_value.and_then(number),
            verdict: Verdict::name(total.verdict),
            decides: total.decides(),
            basis: Basis::name(Basis::Spread),
            pairs: findings.benchmarks.iter().map(|benchmark| benchmark.pairs).sum(),
            detectable: None,
            more_runs: None,
        });
        of_benchmarks.chain(of_suite)
    });
    let heading = [
        "base_side",
        "other_side",
        "control",
        "benchmark",
        "phase",
        "depth",
        "parts",
        "metric",
        "unit",
        "base",
        "other",
        "ratio",
        "low",
        "high",
        "confidence",
        "threshold",
        "p_value",
        "verdict",
        "decides",
        "basis",
        "pairs",
        "detectable",
        "more_runs",
    ];
    written(&heading, rows)
}

pub(super) fn samples(comparison: &Comparison) -> String {
    let base_side = comparison.base().map_or("", |base| &base.name);
    let mut rows = Vec::new();
    let mut all = Vec::new();
    for findings in &comparison.findings {
        for (index, benchmark) in findings.benchmarks.iter().enumerate() {
            all.push((findings, benchmark, sampled(comparison, findings, index)));
        }
    }
    for (findings, benchmark, samples) in &all {
        let side = comparison.side(findings);
        for sample in samples {
            for (index, (base, other)) in sample.pairs.iter().enumerate() {
                rows.push(SampleRow {
                    base_side,
                    other_side: side.map_or("", |side| &side.name),
                    control: side.is_some_and(|side| side.control),
                    benchmark: &benchmark.id,
                    block: index + 1,
                    phase: sample.phase.as_deref(),
                    metric: sample.metric.name(),
                    unit: unit(sample.metric.unit()),
                    base: *base,
                    other: *other,
                });
            }
        }
    }
    let heading =
        ["base_side", "other_side", "control", "benchmark", "block", "phase", "metric", "unit", "base", "other"];
    written(&heading, rows)
}

/// A finite number.
fn number(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}
