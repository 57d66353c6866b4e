//! What was found of one side: the table, the pictures, and each benchmark.

use maud::{Markup, html};

use super::{Page, benchmark, class};
use crate::chart::{forest, suite_waterfall};
use crate::model::{Figure, Findings, Metric, OutputFinding, Verdict};
use crate::report::html::parts::name;
use crate::report::html::pictures::figure;
use crate::text::change::signed;
use crate::text::counted;
use crate::text::format;
use crate::verdict::{BenchmarkRow, primary_metrics, rows_of, table_metrics};
use crate::words::{Counts, Sign, Together, interval, reason, together, transition, what_a_change_is};

pub(super) fn section(page: &Page, findings: &Findings) -> Markup {
    let comparison = page.comparison;
    let several = comparison.answers().count() > 1;
    let side = findings.side;
    let rows: Vec<BenchmarkRow> = rows_of(findings).into_iter().filter(|row| page.shows(row)).collect();
    let hidden = findings.benchmarks.len() - rows.len();
    let metrics = primary_metrics(comparison);
    html! {
        section.side aria-labelledby=(format!("side-{side}")) {
            h2 id=(format!("side-{side}")) { @if several { (page.versus(findings)) } @else { "All benchmarks" } }
            @if several { p { (page.phrase(&Counts::of(findings).phrase())) } }
            @if !rows.is_empty() { (table(page, &rows, &table_metrics(comparison), side)) }
            (all_together(findings))
            @if hidden > 0 { p.muted { (counted(hidden, "benchmark")) " of which nothing is said to have changed " @if hidden == 1 { "is" } @else { "are" } " not shown." } }
            @if findings.benchmarks.iter().any(|one| !one.figures.is_empty()) {
                @if page.has_charts() {
                    h3 { "Where the difference sits, all benchmarks together" }
                    (figure(suite_waterfall(comparison, findings, &page.colours)))
                }
                @for (place, metric) in metrics.iter().enumerate().filter(|_| page.has_charts()) {
                    @if let Ok(chart) = forest(comparison, findings, *metric) {
                        details.folded open[place == 0] {
                            summary { h3 { "Changes of " (metric.name()) } " " span.muted { (counts(findings, *metric)) } }
                            (figure(Ok(chart)))
                        }
                    }
                }
                @if !rows.is_empty() { h3 { "Each benchmark" } }
                @for row in rows.iter().filter(|row| !row.benchmark.figures.is_empty()) {
                    (benchmark::section(page, findings, row))
                }
            }
        }
    }
}

/// All benchmarks together, by metric and phase.
fn all_together(findings: &Findings) -> Markup {
    let lines = together(findings);
    let side = findings.side;
    html! {
        @if !lines.is_empty() {
            h3 id=(format!("together-{side}")) { "All benchmarks together" }
            div.scroll tabindex="0" role="region" aria-labelledby=(format!("together-{side}")) {
                table.figures {
                    thead {
                        tr {
                            th scope="col" { "Of" }
                            th scope="col" { "Metric" }
                            th.number scope="col" { "Change" }
                            th scope="col" { "Verdict" }
                            th.number scope="col" { "Benchmarks" }
                        }
                    }
                    tbody { @for line in &lines { (total_line(line)) } }
                }
            }
            p.muted.note { "The geometric mean of the benchmarks’ ratios: each counts alike, however long it takes." }
        }
    }
}

fn total_line(line: &Together) -> Markup {
    let sign = Sign::of(line.total.verdict);
    html! {
        tr {
            th scope="row" { (name(line.of)) }
            td.metric { (line.total.metric.name()) }
            td.number { (line.change) }
            td { span class=(format!("verdict {}", sign.style)) { (sign.label()) } }
            td.number { (line.total.benchmarks) }
        }
    }
}

/// How many figures of a metric have which verdict.
fn counts(findings: &Findings, metric: Metric) -> String {
    let of = |verdict: Verdict| {
        let figures = findings.benchmarks.iter().filter_map(|one| one.figure(metric));
        figures.filter(|figure| figure.verdict == verdict).count()
    };
    let words = [Verdict::Regressed, Verdict::Improved, Verdict::SameBinary, Verdict::Undecided, Verdict::Equal]
        .map(|verdict| (of(verdict), verdict));
    let words =
        words.iter().filter(|(count, _)| *count > 0).map(|(count, verdict)| format!("{count} {}", verdict.name()));
    words.collect::<Vec<_>>().join(", ")
}

/// A line for each benchmark, worst first, a column for each metric of whole runs.
fn table(page: &Page, rows: &[BenchmarkRow], metrics: &[Metric], side: usize) -> Markup {
    let equal = Sign::of(Verdict::Equal);
    html! {
        div.scroll tabindex="0" role="region" aria-labelledby=(format!("side-{side}")) {
            table.sortable.overview.compared {
                thead {
                    tr {
                        th scope="col" { "Verdict" }
                        th scope="col" { "Benchmark" }
                        @for metric in metrics { th.number scope="col" { (metric.name()) } }
                        th.unsorted scope="col" { "Because" }
                        th scope="col" { "Output" }
                    }
                }
                tbody { @for row in rows { (line(page, row, metrics)) } }
            }
        }
        p.muted.note { "A change is " (what_a_change_is(page.comparison)) ", with its interval and the interval’s confidence. "
            (Sign::of(Verdict::Regressed).label()) ", " (Sign::of(Verdict::Improved).label()) ", "
            (equal.sign) " shown " (equal.word) ", " (Sign::of(Verdict::Undecided).label()) ". Worst first."
        }
    }
}

fn line(page: &Page, row: &BenchmarkRow, metrics: &[Metric]) -> Markup {
    let one = row.benchmark;
    html! {
        tr {
            td { (class(row)) }
            th scope="row" {
                @if !one.figures.is_empty() { a href=(format!("#{}", page.anchor(row.side, row.index))) { (name(&one.id)) } }
                @else if one.failed.is_some() { a href="#failures" { (name(&one.id)) } }
                @else { (name(&one.id)) }
            }
            @for metric in metrics { (cell(one.figure(*metric), *metric)) }
            td.why { (page.phrase(&reason(page.comparison, row))) }
            td data-label="Output" {
                @match &one.output {
                    OutputFinding::Unknown => (format::MISSING),
                    OutputFinding::Same => "same",
                    OutputFinding::Different(_) => span.different { "different" },
                }
            }
        }
    }
}

fn cell(figure: Option<&Figure>, metric: Metric) -> Markup {
    let Some(figure) = figure else { return html! { td.number data-label=(metric.name()) { (format::MISSING) } } };
    let Sign { sign, style, .. } = Sign::of(figure.verdict);
    let text = interval(figure);
    let ends = text.find(['[', '(']).map_or("", |at| &text[at..]);
    // The interval above its confidence: a column is as wide as one of them.
    let (ends, sure) = ends.split_at(ends.find("] ").map_or(ends.len(), |at| at + 1));
    let value = figure.ratio.ln();
    html! {
        td.number data-label=(metric.name()) data-value=[value.is_finite().then_some(value)] title=(transition(figure)) {
            span class=(format!("verdict {style}")) { (sign) " " (signed(figure.ratio)) }
            @for part in [ends, sure.trim_start()].into_iter().filter(|part| !part.is_empty()) { span.ends { (part) } }
        }
    }
}

/// What changed between the base and itself.
pub(super) fn control(page: &Page) -> Markup {
    let Some(control) = page.comparison.control() else { return html! {} };
    let deciding = || {
        let all = control.benchmarks.iter().flat_map(|one| one.figures.iter().map(move |figure| (one, figure)));
        all.filter(|(_, figure)| figure.decides())
    };
    let alarms: Vec<_> =
        deciding().filter(|(_, figure)| matches!(figure.verdict, Verdict::Regressed | Verdict::Improved)).collect();
    html! {
        section aria-labelledby="control" {
            h2 #control { "The base against itself" }
            p {
                strong { (counted(alarms.len(), "false alarm")) } " in " (counted(deciding().count(), "figure")) ". The control "
                "is the base again, run in the same blocks: any change there comes from the harness or the machine."
            }
            @if !alarms.is_empty() {
                ul {
                    @for (one, figure) in alarms {
                        li { (name(&one.id)) ": " (figure.metric.name()) " " (interval(figure)) ", " (transition(figure)) }
                    }
                }
            }
        }
    }
}
