//! The section of one benchmark.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::classes::{depth_class, share_class};
use super::parts::{Page, command, estimate, interval, name, outside_text, phase, runs};
use crate::chart::{distribution, timeline};
use crate::model::{Measured, Metric, MetricSummary, PhaseSummary, Protocol, Unit};
use crate::phase::WHOLE_RUN;
use crate::text::counted;
use crate::text::{format, shell};

/// With so few benchmarks all sections are open from the start.
const FEW: usize = 4;

pub(super) fn section(page: &Page, index: usize, measured: &Measured) -> Markup {
    let open = page.by_wall().len() <= FEW;
    html! {
        details.benchmark open[open] {
            summary {
                h3 { (name(&measured.id)) }
                span.facts {
                    @if let Some(wall) = measured.estimate(Metric::Wall) { (estimate(wall, Unit::Nanoseconds)) }
                    span.muted { (runs(measured.runs.len())) }
                }
            }
            // Inside, not on the outer element: a link to it then opens the section by itself.
            div.body id=(page.anchor(index)) {
                @if let Some(description) = &measured.description { p { (outside_text(description)) } }
                @if !measured.tags.is_empty() {
                    p.tags { @for tag in measured.tags.iter().filter(|tag| !tag.trim().is_empty()) { span.tag { (name(tag)) } " " } }
                }
                @if let Some(course) = page.course.and_then(|course| course(&measured.id)) {
                    p.note { a href=(course) { "Its course over the commits" } }
                }
                @if !measured.warnings.is_empty() {
                    ul.notes {
                        @for warning in &measured.warnings {
                            li { strong { "Warning, " (warning.kind.name()) ": " } (outside_text(&warning.message)) }
                        }
                    }
                }
                (notes(measured))
                div.tables {
                    div { h4 { "Metrics" } (metrics(page, &measured.metrics)) }
                    @if !measured.phases.is_empty() {
                        div {
                            h4 { "Phases, all packages" }
                            (phases(page, measured, &measured.phases))
                        }
                    }
                }
                @if !measured.packages.is_empty() {
                    details.packages { summary { "Phases by package" } (phases(page, measured, &measured.packages)) }
                }
                (outputs(measured))
                @if page.pictures.are_drawn() {
                    @let file = |what: &str| format!("{}-{what}", page.slug(index));
                    h4 { "One run in time" }
                    (page.pictures.show(&file("timeline"), || timeline(measured, &page.colours)))
                    h4 { "All runs" }
                    (page.pictures.show(&file("runs"), || distribution(measured, &page.colours)))
                }
                @if !measured.command.is_empty() {
                    h4 { "Reproduce it" }
                    pre.command tabindex="0" { (command(&shell::line(&measured.command))) }
                }
            }
        }
    }
}

/// The notes about the runs.
fn notes(measured: &Measured) -> Markup {
    let mut notes: BTreeMap<&str, usize> = BTreeMap::new();
    for note in measured.runs.iter().flat_map(|run| &run.notes) {
        *notes.entry(note).or_default() += 1;
    }
    let whole = !measured.runs.is_empty() && measured.runs.iter().all(|run| run.protocol == Protocol::WholeProcess);
    html! {
        @if whole { p.muted { "This compiler announces no phases: only the whole process was measured." } }
        @if !notes.is_empty() {
            ul.notes { @for (note, count) in notes { li { (outside_text(note)) " " span.muted { "(" (runs(count)) ")" } } } }
        }
    }
}

/// What the compiler said it made of each package, in the last run.
fn outputs(measured: &Measured) -> Markup {
    let Some(run) = measured.runs.last().filter(|run| !run.packages.is_empty()) else { return html! {} };
    let size = |size: Option<u64>| size.map_or_else(|| format::MISSING.to_owned(), |size| format::bytes(size as f64));
    html! {
        details.packages {
            summary { "Output of each package" }
            div.scroll tabindex="0" role="group" aria-label="Output of each package" {
                table {
                    thead {
                        tr {
                            th scope="col" { "Package" }
                            th.number scope="col" { "Bytecode" }
                            th.number scope="col" { "Data section" }
                            th.number scope="col" { "of it used" }
                            th.number scope="col" { "Entries" }
                            th scope="col" { "Other data" }
                        }
                    }
                    tbody {
                        @for package in &run.packages {
                            @let section = package.data_section;
                            tr {
                                th scope="row" { (name(package.package.as_deref().unwrap_or(format::MISSING))) }
                                td.number { (size(package.bytecode_size)) }
                                td.number { (size(section.map(|section| section.size))) }
                                td.number { (size(section.and_then(|section| section.used))) }
                                td.number {
                                    (section.and_then(|s| s.entries).map_or_else(|| format::MISSING.to_owned(), |n| format::count(n as f64)))
                                }
                                td { @for (field, value) in &package.other { (name(field)) ": " (name(&value.to_string())) " " } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn metrics(page: &Page, metrics: &[MetricSummary]) -> Markup {
    // A single run has only its value.
    let single = page.recorder.is_some() && metrics.iter().all(|metric| metric.estimate.count < 2);
    html! {
        div.scroll tabindex="0" role="group" aria-label="Metrics" {
            table {
                thead {
                    tr {
                        th scope="col" { "Metric" }
                        th.number scope="col" { @if single { "One run" } @else { "Median" } }
                        @if !single {
                            th.number scope="col" { "Interval" }
                            th.number scope="col" title="interquartile range over the median" { "Spread" }
                            th.number scope="col" { "Least" }
                            th.number scope="col" { "Most" }
                        }
                    }
                }
                tbody {
                    @for MetricSummary { metric, unit, estimate, .. } in metrics {
                        @let value = |value| format::value(value, *unit);
                        tr {
                            th scope="row" { (metric.name()) }
                            td.number { (value(estimate.median)) }
                            @if !single {
                                td.number title=[page.pictures.are_drawn().then(|| interval(estimate, *unit))] {
                                    (format::half_interval(estimate).unwrap_or(format::MISSING.into()))
                                }
                                td.number { (estimate.spread.map_or(format::MISSING.into(), format::percent)) }
                                td.number { (value(estimate.min)) }
                                td.number { (value(estimate.max)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Which columns are shown that others' records often lack. This harness measures all of them, so there a missing value is
/// shown as missing.
#[derive(Clone, Copy)]
struct Shown {
    cpu: bool,
    peak: bool,
}

impl Shown {
    fn of(page: &Page, rows: &[PhaseSummary]) -> Self {
        let own = page.recorder.is_none();
        Self {
            cpu: own || rows.iter().any(|row| row.cpu.is_some()),
            peak: own || rows.iter().any(|row| row.peak_memory.is_some()),
        }
    }
}

/// Rows of phases, under a heading for each package if they are by package, and their sum.
fn phases(page: &Page, measured: &Measured, rows: &[PhaseSummary]) -> Markup {
    let total: f64 = rows.iter().filter(|row| row.depth == 0).map(|row| row.share).sum();
    let shown = Shown::of(page, rows);
    let by_package = rows.iter().any(|row| row.package.is_some());
    let heads = |index: usize| by_package && (index == 0 || rows[index - 1].package != rows[index].package);
    html! {
        div.scroll tabindex="0" role="group" aria-label="Phases" {
            table {
                thead {
                    tr {
                        th scope="col" { "Phase" }
                        th.number scope="col" { "Wall" }
                        th.number scope="col" { "Share" }
                        @if shown.cpu { th.number scope="col" { "CPU" } }
                        @if shown.peak { th.number scope="col" { "Peak memory" } }
                    }
                }
                tbody {
                    @for (index, row) in rows.iter().enumerate() {
                        @if heads(index) { (package(rows, row.package.as_deref(), shown)) }
                        tr {
                            th class={ "in " (depth_class(row.depth)) } scope="row" { (label(page, row)) }
                            td.number { (page.figure(&row.wall, Unit::Nanoseconds)) }
                            td class={ "number share " (share_class(row.share)) } { (format::percent(row.share)) }
                            @if shown.cpu { td.number { @if let Some(cpu) = &row.cpu { (format::nanoseconds(cpu.median)) } @else { (format::MISSING) } } }
                            @if shown.peak { td.number { @if let Some(peak) = &row.peak_memory { (format::bytes(peak.median)) } @else { (format::MISSING) } } }
                        }
                    }
                }
                tfoot {
                    tr {
                        th scope="row" { (WHOLE_RUN) }
                        td.number { @if let Some(wall) = measured.estimate(Metric::Wall) { (estimate(wall, Unit::Nanoseconds)) } @else { (format::MISSING) } }
                        td.number { (format::percent(total)) }
                        @if shown.cpu { td.number { @if let Some(cpu) = measured.estimate(Metric::Cpu) { (format::nanoseconds(cpu.median)) } @else { (format::MISSING) } } }
                        @if shown.peak { td.number { @if let Some(peak) = measured.estimate(Metric::PeakMemory) { (format::bytes(peak.median)) } @else { (format::MISSING) } } }
                    }
                }
            }
        }
    }
}

fn label(page: &Page, row: &PhaseSummary) -> Markup {
    match (&row.phase, &row.package) {
        (None, Some(_)) => html! { (super::parts::chip(page, None)) "between its phases" },
        _ => phase(page, row.phase.as_deref()),
    }
}

/// The heading of a package's rows, with their share in all.
fn package(rows: &[PhaseSummary], package: Option<&str>, shown: Shown) -> Markup {
    let phases = rows.iter().filter(|row| row.package.as_deref() == package && row.phase.is_some()).count();
    let own = rows.iter().filter(|row| row.package.as_deref() == package);
    let share: f64 = own.filter(|row| row.depth == 0).map(|row| row.share).sum();
    html! {
        tr.package {
            th scope="rowgroup" colspan="2" {
                @match package { Some(package) => (name(package)), None => "no package" }
                @if phases > 0 { " " span.muted { (counted(phases, "phase")) } }
            }
            td.number { (format::percent(share)) }
            @if shown.cpu { td {} } @if shown.peak { td {} }
        }
    }
}
