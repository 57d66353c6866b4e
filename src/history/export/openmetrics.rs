//! The OpenMetrics text format 1.0, which Prometheus and others read. Specification:
//! <https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md>.

use std::fmt::Write;

use super::{ReportFigure, figures};
use crate::model::{Metric, Report, Unit};

/// The report as text: a gauge for each metric with its median, and two with the ends of its interval. In base units, as
/// the specification asks: seconds and bytes. All samples of a metric family are grouped, with the time of the report.
pub fn openmetrics(report: &Report) -> String {
    let figures: Vec<ReportFigure> = figures(report).collect();
    let mut metrics: Vec<Metric> = figures.iter().map(|figure| figure.metric).collect();
    metrics.sort_unstable();
    metrics.dedup();
    let time = report.created.parse::<jiff::Timestamp>().ok().map(|time| time.as_millisecond() as f64 / 1e3);
    let version = escape(&report.toolchain.version);
    let mut text = String::new();
    for metric in metrics {
        let (unit, scale) = match metric.unit() {
            Unit::Nanoseconds => (Some("seconds"), 1e9),
            Unit::Bytes => (Some("bytes"), 1.0),
            Unit::Count => (None, 1.0),
        };
        let stem: String = metric.word().to_lowercase().replace('-', "_");
        for (end, help) in
            [("", "the median of the runs"), ("_low", "lower end of the median's interval"), ("_high", "its upper end")]
        {
            let value = |figure: &ReportFigure| match end {
                "_low" => figure.estimate.low,
                "_high" => figure.estimate.high,
                _ => figure.estimate.median,
            };
            let name = format!("forc_perf_{stem}{end}{}", unit.map(|unit| format!("_{unit}")).unwrap_or_default());
            let _ = writeln!(text, "# TYPE {name} gauge");
            if let Some(unit) = unit {
                let _ = writeln!(text, "# UNIT {name} {unit}");
            }
            let _ = writeln!(text, "# HELP {name} {} of a build: {help}.", metric.name());
            for figure in figures.iter().filter(|figure| figure.metric == metric) {
                let _ = write!(text, "{name}{{benchmark=\"{}\"", escape(figure.benchmark));
                if let Some(phase) = &figure.phase {
                    let _ = write!(text, ",phase=\"{}\"", escape(phase));
                }
                let _ = write!(text, ",version=\"{version}\"}} {}", value(figure) / scale);
                if let Some(time) = time {
                    let _ = write!(text, " {time}");
                }
                text.push('\n');
            }
        }
    }
    text.push_str("# EOF\n");
    text
}

/// A label's value between its quotes.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
