//! The section of one benchmark on one side.

use std::fmt::Write;

use maud::{Markup, html};

use super::{Page, Part, class};
use crate::chart::{blocks, waterfall};
use crate::model::{Figure, Findings, OutputFinding, Unit};
use crate::phase::WHOLE_RUN;
use crate::report::html::classes::depth_class;
use crate::report::html::parts::{command, name};
use crate::report::html::pictures::figure;
use crate::text::counted;
use crate::text::{format, shell};
use crate::verdict::{BenchmarkRow, label, sampled};
use crate::words::{Sign, change, explanation, interval, rests_on, transition};

/// This many changed benchmarks are open from the start.
const FEW: usize = 3;
/// More blocks than this are only in the CSV.
const MOST_RUNS: usize = 200;

pub(super) fn section(page: &Page, findings: &Findings, row: &BenchmarkRow) -> Markup {
    let one = row.benchmark;
    let changed = row.class.is_change();
    let open = changed && page.comparison.findings.iter().map(|f| f.benchmarks.len()).sum::<usize>() <= FEW;
    html! {
        details.benchmark open[open] {
            summary {
                h3 { (name(&one.id)) }
                span.facts {
                    (class(row))
                    @if let Some(lead) = row.lead { span { (change(lead)) } }
                    span.muted { (counted(one.pairs, "block")) }
                }
            }
            // Inside, not on the outer element: a link to it then opens the section by itself.
            div.body id=(page.anchor(row.side, row.index)) {
                p { (page.phrase(&explanation(page.comparison, row))) }
                (output(&one.output))
                @if row.has_change() && page.has_charts() {
                    @if let Ok(chart) = waterfall(page.comparison, findings, row.index, &page.colours) {
                        h4 { "Where the difference sits" }
                        (figure(Ok(chart)))
                    }
                }
                h4 { "Figures" }
                (figures(page, row))
                @if !one.unmatched.is_empty() { (unmatched(page, row)) }
                @if matches!(page.part, Part::Whole) {
                    h4 { "Block by block" }
                    (figure(blocks(page.comparison, findings, row.index)))
                    (raw(page, findings, row))
                    (commands(page, row))
                }
            }
        }
    }
}

fn output(output: &OutputFinding) -> Markup {
    html! {
        @match output {
            OutputFinding::Unknown => p.muted { "What the compilers wrote was not compared." },
            OutputFinding::Same => p { "Both compilers wrote the same, byte for byte." },
            OutputFinding::Different(files) => {
                p { strong.different { "The compilers wrote different things." } " These files differ, or one side lacks them:" }
                ul { @for file in files.iter().take(50) { li { (name(file)) } } }
                @if files.len() > 50 { p { "and " (files.len() - 50) " more" } }
            }
        }
    }
}

/// All figures, of the whole run and by phase.
fn figures(page: &Page, row: &BenchmarkRow) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label="Figures" {
            table.figures {
                thead {
                    tr {
                        th scope="col" { "Of" }
                        th scope="col" { "Metric" }
                        th.number scope="col" { "Change" }
                        th.number scope="col" { "Base → other" }
                        th scope="col" { "Verdict" }
                        th.number scope="col" title="the change that would matter" { "Threshold" }
                        th.number scope="col" title="the smallest change that would have been shown four times in five" { "Would show" }
                        th.number scope="col" title="about how many more blocks a verdict would take" { "More blocks" }
                        th.number scope="col" title="probability of such data if nothing had changed" { "p" }
                        th scope="col" title="what the verdict and the interval rest on" { "Rests on" }
                    }
                }
                tbody { @for figure in &row.benchmark.figures { (line(page, figure)) } }
            }
        }
        p.muted.note { "Behind each interval is its confidence; what is undecided has one of 95 % by itself, so far. Exact where "
            "every run had the same value. By ranks: by the order of the figure’s own values alone. By the spread of all "
            "benchmarks: where there are too few values for that, by the noise that the metric has in all of them." }
    }
}

fn line(page: &Page, figure: &Figure) -> Markup {
    let Sign { sign, style, .. } = Sign::of(figure.verdict);
    let or_missing = |text: Option<String>| text.unwrap_or_else(|| format::MISSING.to_owned());
    let indent = figure.phase.is_some().then(|| format!("in {}", depth_class(figure.depth)));
    html! {
        tr {
            th class=[indent] scope="row" {
                @if let Some(phase) = &figure.phase {
                    @let swatch = page.colours.swatch(Some(phase));
                    i class={ "chip " (swatch.class()) } {}
                    (name(&label(figure)))
                } @else { strong { (WHOLE_RUN) } }
            }
            td.metric { (figure.metric.name()) }
            td.number title=(format!("at {} confidence", format::percent(figure.confidence))) { (interval(figure)) }
            td.number { (transition(figure)) }
            td { span class=(format!("verdict {style}")) { (sign) " " (figure.verdict.name()) } }
            td.number { (format::percent(figure.threshold)) }
            td.number { (or_missing(figure.detectable.map(format::percent))) }
            td.number { (or_missing(figure.more_runs.map(|runs| format::count(runs as f64)))) }
            td.number { (or_missing(figure.p_value.filter(|p| (0.0..=1.0).contains(p)).map(probability))) }
            td { (rests_on(figure, page.comparison.settings.interleaved)) }
        }
    }
}

fn probability(p: f64) -> String {
    if p < 0.0001 { "<0.0001".into() } else { format!("{p:.4}") }
}

/// Phases that only one of the compilers has.
fn unmatched(page: &Page, row: &BenchmarkRow) -> Markup {
    html! {
        h4 { "Phases that only one compiler has" }
        ul {
            @for phase in &row.benchmark.unmatched {
                li { (name(&phase.phase)) ", " (format::nanoseconds(phase.wall)) ", only with "
                    (name(&page.side(if phase.gone { 0 } else { row.side }))) }
            }
        }
    }
}

/// The raw values of whole runs, block by block, to be copied.
fn raw(page: &Page, findings: &Findings, row: &BenchmarkRow) -> Markup {
    let samples: Vec<_> =
        sampled(page.comparison, findings, row.index).into_iter().filter(|one| one.phase.is_none()).collect();
    let blocks = samples.iter().map(|sample| sample.pairs.len()).max().unwrap_or(0);
    if blocks == 0 {
        return html! {};
    }
    // Writing to a string cannot fail.
    let mut text = String::from("block");
    for sample in &samples {
        let (metric, unit) = (sample.metric.name(), unit(sample.metric.unit()));
        let _ = write!(text, "\t{metric} base{unit}\t{metric} other{unit}");
    }
    for block in 0..blocks.min(MOST_RUNS) {
        let _ = write!(text, "\n{}", block + 1);
        for sample in &samples {
            let (base, other) = sample.pairs.get(block).copied().unwrap_or((None, None));
            for value in [base, other] {
                let _ = match value {
                    Some(value) => write!(text, "\t{value}"),
                    None => write!(text, "\t"),
                };
            }
        }
    }
    html! {
        details.folded.values {
            summary { "Raw values of " (counted(blocks, "block")) @if blocks > MOST_RUNS { ", the first " (MOST_RUNS) } }
            pre.raw tabindex="0" { (text) }
        }
    }
}

fn unit(unit: Unit) -> String {
    unit.symbol().map_or_else(String::new, |symbol| format!(" ({symbol})"))
}

/// The commands that reproduce a run of it.
fn commands(page: &Page, row: &BenchmarkRow) -> Markup {
    let measured =
        [0, row.side].map(|side| page.comparison.sides.get(side).and_then(|one| one.benchmarks.get(row.index)));
    let commands = [0, row.side].into_iter().zip(measured).filter_map(|(side, measured)| Some((side, measured?)));
    html! {
        details.folded {
            summary { "Reproduce a run" }
            @for (side, measured) in commands {
                p.muted { "with " (name(&page.side(side))) }
                pre.command tabindex="0" { (command(&shell::line(&measured.command))) }
            }
        }
    }
}
