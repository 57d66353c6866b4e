//! A report as CSV (RFC 4180), with a heading. Missing values are empty fields.

use serde::{Serialize, Serializer};

use crate::figures;
use crate::model::{Estimate, Report, Unit};
use crate::text;

/// A figure's row. The fields' names are the columns'.
#[derive(Serialize)]
struct FigureRow<'a> {
    #[serde(serialize_with = "cell")]
    benchmark: &'a str,
    #[serde(serialize_with = "cell_if_any")]
    phase: Option<&'a str>,
    depth: Option<u32>,
    metric: &'static str,
    unit: &'static str,
    runs: usize,
    median: f64,
    low: f64,
    high: f64,
    confidence: f64,
    spread: Option<f64>,
}

/// A value's row.
#[derive(Serialize)]
struct SampleRow<'a> {
    #[serde(serialize_with = "cell")]
    benchmark: &'a str,
    /// From 1; of a phase, among the runs that have it.
    run: usize,
    #[serde(serialize_with = "cell_if_any")]
    phase: Option<&'a str>,
    metric: &'static str,
    unit: &'static str,
    value: f64,
}

/// All figures, a row a figure: of whole runs, and of each phase over all packages.
pub fn figures(report: &Report) -> String {
    let heading =
        ["benchmark", "phase", "depth", "metric", "unit", "runs", "median", "low", "high", "confidence", "spread"];
    let rows = values(report).filter_map(|(benchmark, values)| {
        let Estimate { count, median, low, high, confidence, spread, .. } = crate::stats::estimate(&values.values)?;
        Some((benchmark, values, count, median, low, high, confidence, spread))
    });
    let all: Vec<_> = rows.collect();
    let rows = all.iter().map(|(benchmark, values, count, median, low, high, confidence, spread)| FigureRow {
        benchmark,
        phase: values.phase.as_deref(),
        depth: values.depth,
        metric: values.metric.name(),
        unit: unit(values.metric.unit()),
        runs: *count,
        median: *median,
        low: *low,
        high: *high,
        confidence: *confidence,
        spread: *spread,
    });
    written(&heading, rows)
}

/// The values behind them, a row a value.
pub fn samples(report: &Report) -> String {
    let all: Vec<_> = values(report).collect();
    let rows = all.iter().flat_map(|(benchmark, values)| {
        values.values.iter().enumerate().map(|(index, value)| SampleRow {
            benchmark,
            run: index + 1,
            phase: values.phase.as_deref(),
            metric: values.metric.name(),
            unit: unit(values.metric.unit()),
            value: *value,
        })
    });
    written(&["benchmark", "run", "phase", "metric", "unit", "value"], rows)
}

fn values(report: &Report) -> impl Iterator<Item = (&str, figures::Values)> {
    report.benchmarks.iter().flat_map(|benchmark| {
        let over_all = figures::values_over_all(benchmark).into_iter();
        over_all.map(|values| (benchmark.id.as_str(), values))
    })
}

/// A text from outside that a spreadsheet must not read as a formula.
pub(super) fn cell<S: Serializer>(text: impl AsRef<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text::cell(text.as_ref()))
}

/// The same of one that may be absent.
pub(super) fn cell_if_any<S: Serializer>(text: &Option<&str>, serializer: S) -> Result<S::Ok, S::Error> {
    text.map(text::cell).serialize(serializer)
}

/// The unit as `ns`, `B` or `1`.
pub(super) fn unit(unit: Unit) -> &'static str {
    unit.symbol().unwrap_or("1")
}

/// The heading is written even without rows.
pub(super) fn written<T: Serialize>(heading: &[&str], rows: impl IntoIterator<Item = T>) -> String {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    // Writing flat rows to memory cannot fail.
    let _ = writer.write_record(heading);
    for row in rows {
        let _ = writer.serialize(row);
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}
