//! The main table: a line for each benchmark, the longest first.

use maud::{Markup, html};

use super::classes::share_class;
use super::parts::{Page, chip, estimate, interval, name};
use crate::model::{Estimate, Measured, Metric, PhaseSummary, Unit};
use crate::phase::OUTSIDE;
use crate::text::clean;
use crate::text::counted;
use crate::text::format;

/// How many of the heaviest phases are named.
const HEAVIEST: usize = 3;

pub(super) fn table(page: &Page) -> Markup {
    let failed = page.report.benchmarks.iter().filter(|measured| measured.runs.is_empty());
    html! {
        div.scroll tabindex="0" role="region" aria-labelledby="benchmarks" {
            table.sortable.overview #overview {
                thead {
                    tr {
                        th scope="col" { "Benchmark" }
                        th.number scope="col" aria-sort="descending" { "Wall" }
                        th.number scope="col" { "CPU" }
                        th.number scope="col" { "Peak memory" }
                        th.number scope="col" { "Binary" }
                        th.unsorted scope="col" { "Heaviest phases" }
                        th.number scope="col" title="interquartile range of the wall time over its median" { "Spread" }
                    }
                }
                tbody {
                    @for (index, measured) in page.by_wall() { (row(page, index, measured)) }
                    @for measured in failed {
                        tr.missing {
                            th scope="row" { (name(&measured.id)) }
                            td colspan="6" {
                                @if measured.failures.is_empty() { "not reached" }
                                @else { a.bad href="#failures" { (counted(measured.failures.len(), "run")) " failed" } }
                            }
                        }
                    }
                }
            }
        }
        p.muted.note { "Medians; ± is half the interval of the median. Longest first." }
    }
}

fn row(page: &Page, index: usize, measured: &Measured) -> Markup {
    let wall = measured.estimate(Metric::Wall);
    let spread = wall.and_then(|wall| wall.spread);
    html! {
        tr {
            th scope="row" {
                a href=(format!("#{}", page.anchor(index))) { (name(&measured.id)) }
                @if !measured.failures.is_empty() { " " a.badge href="#failures" { (measured.failures.len()) " failed" } }
            }
            (cell(wall, Unit::Nanoseconds))
            (plain("CPU", measured.estimate(Metric::Cpu), Unit::Nanoseconds))
            (plain("Peak memory", measured.estimate(Metric::PeakMemory), Unit::Bytes))
            (plain("Binary", measured.estimate(Metric::BinarySize), Unit::Bytes))
            td.phases { (heaviest(page, measured)) }
            td.number data-label="Spread" data-value=[spread.filter(|spread| spread.is_finite())] { (spread.map_or(format::MISSING.into(), format::percent)) }
        }
    }
}

/// The wall time with its interval: it is what the page is read for.
fn cell(value: Option<&Estimate>, unit: Unit) -> Markup {
    html! {
        td.number data-label="Wall" data-value=[sort_key(value)] {
            @if let Some(value) = value { (estimate(value, unit)) } @else { (format::MISSING) }
        }
    }
}

/// What the column is sorted by.
fn sort_key(value: Option<&Estimate>) -> Option<f64> {
    value.map(|value| value.median).filter(|median| median.is_finite())
}

/// A figure alone; its interval is in the benchmark's own table.
fn plain(label: &str, value: Option<&Estimate>, unit: Unit) -> Markup {
    html! {
        td.number data-label=(label) data-value=[sort_key(value)]
            title=[value.filter(|value| value.count > 1).map(|value| interval(value, unit))] {
            (value.map_or(format::MISSING.into(), |value| format::value(value.median, unit)))
        }
    }
}

/// The shares of the top-level phases as a strip, and the heaviest of them in words.
fn heaviest(page: &Page, measured: &Measured) -> Markup {
    let usable = |row: &&PhaseSummary| row.depth == 0 && row.share.is_finite() && row.share > 0.0;
    let mut rows: Vec<&PhaseSummary> = measured.phases.iter().filter(usable).collect();
    rows.sort_by(|a, b| a.phase.is_none().cmp(&b.phase.is_none()).then(b.share.total_cmp(&a.share)));
    let sum: f64 = rows.iter().map(|row| row.share).sum::<f64>().max(1.0);
    html! {
        span.strip aria-hidden="true" {
            @for row in &rows {
                @let swatch = page.colours.swatch(row.phase.as_deref());
                @let label = row.phase.as_deref().unwrap_or(OUTSIDE);
                i class={ (swatch.class()) " " (share_class(row.share / sum)) }
                    title=(format!("{} {}", clean(label).chars().take(200).collect::<String>(), format::percent(row.share))) {}
            }
        }
        span.words {
            @for row in rows.iter().filter(|row| row.phase.is_some()).take(HEAVIEST) {
                span.part { (chip(page, row.phase.as_deref())) (name(row.phase.as_deref().unwrap_or(OUTSIDE))) " "
                    b { (format::whole_percent(row.share)) } }
                " "
            }
        }
    }
}
