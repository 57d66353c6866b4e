//! The answer, and what went wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use maud::{Markup, html};

use super::environment::{created, machine, toolchain};
use super::parts::{Page, counted, estimate, figure, name, output, phase, runs, sentence};
use crate::chart::runs::median_wall;
use crate::chart::timeline_of_run;
use crate::model::{Completion, Exit, Failure, Measured, Metric, Report, Unit};
use crate::report::format;

/// The page's title.
pub(super) fn title(report: &Report) -> String {
    let measured = report.benchmarks.iter().filter(|measured| !measured.runs.is_empty()).count();
    let what = if measured == 0 { "nothing was measured".into() } else { counted(measured, "benchmark") };
    format!("forc-perf: {what}, forc {}", crate::chart::text::clean(&report.toolchain.version))
}

/// The head of the page.
pub(super) fn header(report: &Report) -> Markup {
    html! {
        header {
            h1 { "Where builds of Sway spend their time" }
            p.muted { "forc " (sentence(&report.toolchain.version)) ", " (created(report)) }
        }
    }
}

/// What there is to know if one reads no further: five lines, or that there is nothing to know.
pub(super) fn answer(page: &Page) -> Markup {
    let report = page.report;
    html! {
        @if report.completion == Completion::Interrupted {
            p.banner.warning role="status" {
                strong { "Interrupted." } " The measurement was ended early; what had been measured until then is here."
            }
        }
        @if report.has_measurements() { (five_lines(page)) } @else { (nothing(report)) }
    }
}

fn nothing(report: &Report) -> Markup {
    let failed = report.benchmarks.iter().filter(|measured| !measured.failures.is_empty()).count();
    html! {
        section.nothing role="alert" {
            h2 { "Nothing was measured" }
            p { "No run of any benchmark succeeded. This page says nothing about the compiler’s speed, and above all not "
                "that nothing changed." }
            p { (counted(failed, "benchmark")) " failed, " (report.skipped.len()) " skipped, with " (toolchain(report)) "." }
        }
    }
}

fn five_lines(page: &Page) -> Markup {
    let report = page.report;
    let measured = page.by_wall();
    let count = |what: fn(&Measured) -> bool| report.benchmarks.iter().filter(|measured| what(measured)).count();
    let failed = count(|measured| !measured.failures.is_empty() && measured.runs.is_empty());
    let partly = count(|measured| !measured.failures.is_empty() && !measured.runs.is_empty());
    let untouched = count(|measured| measured.failures.is_empty() && measured.runs.is_empty());
    let all_runs = report.benchmarks.iter().map(|measured| measured.runs.len()).sum();
    let total: f64 = measured.iter().filter_map(|(_, measured)| median_wall(measured)).sum();
    html! {
        dl.answer {
            dt { "Measured" }
            dd {
                strong { (counted(measured.len(), "benchmark")) } " in " (runs(all_runs))
                @if failed > 0 { ", " a.bad href="#failures" { (failed) " failed" } }
                @if partly > 0 { ", " a.bad href="#failures" { (partly) " failed in some runs" } }
                @if untouched > 0 { ", " (untouched) " not reached" }
                @if !report.skipped.is_empty() { ", " a href="#skipped" { (report.skipped.len()) " skipped" } }
            }
            dt { "Total" }
            dd {
                strong { (format::nanoseconds(total)) } " for one build of each (sum of the medians); measured in "
                (format::long_duration(report.measuring.wall))
            }
            @if let Some((index, heaviest)) = measured.first() {
                dt { "Heaviest benchmark" }
                dd {
                    a href=(format!("#{}", page.anchor(*index))) { (name(&heaviest.id)) } ", "
                    @if let Some(wall) = heaviest.estimate(Metric::Wall) { (estimate(wall, Unit::Nanoseconds)) }
                    @if total > 0.0 { ", " (format::percent(median_wall(heaviest).unwrap_or(0.0) / total)) " of the total" }
                }
            }
            dt { "Heaviest phase" }
            dd {
                @if let Some((heaviest, time)) = heaviest_phase(&measured) {
                    (phase(page, Some(heaviest))) ", " strong { (format::percent(time / total)) } " of the total ("
                    (format::nanoseconds(time)) ")"
                } @else { "the compiler told of no phases" }
            }
            dt { "With" }
            dd { (toolchain(report)) "; " (created(report)) "; " (machine(report)) }
        }
    }
}

/// The top-level phase with the most time over all benchmarks, and that time in nanoseconds.
fn heaviest_phase<'a>(measured: &[(usize, &'a Measured)]) -> Option<(&'a str, f64)> {
    let mut times: BTreeMap<&str, f64> = BTreeMap::new();
    for (_, measured) in measured {
        let wall = median_wall(measured).unwrap_or(0.0);
        for row in measured.phases.iter().filter(|row| row.depth == 0 && row.share.is_finite() && row.share > 0.0) {
            if let Some(phase) = &row.phase {
                *times.entry(phase).or_default() += row.share * wall;
            }
        }
    }
    times.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))
}

/// What failed, with the compiler's own words.
pub(super) fn failures(page: &Page) -> Markup {
    let failed: Vec<_> =
        page.report.benchmarks.iter().enumerate().filter(|(_, measured)| !measured.failures.is_empty()).collect();
    html! {
        @if !failed.is_empty() {
            section aria-labelledby="failures" {
                h2 #failures { "Failures" }
                @for (index, measured) in failed {
                    article.failed {
                        h3 {
                            @if measured.runs.is_empty() { (name(&measured.id)) }
                            @else { a href=(format!("#{}", page.anchor(index))) { (name(&measured.id)) } }
                            " " span.muted { (measured.failures.len()) " of "
                                (runs(measured.failures.len() + measured.runs.len())) " failed" }
                        }
                        @for (failure, times) in grouped(&measured.failures) { (one_failure(page, failure, times)) }
                    }
                }
            }
        }
    }
}

/// Failures, with how often each came: one that comes every time is told once.
fn grouped(failures: &[Failure]) -> Vec<(&Failure, usize)> {
    let mut groups: Vec<(&Failure, usize)> = Vec::new();
    for failure in failures {
        let same = |(other, _): &&mut (&Failure, usize)| {
            (other.kind, other.exit, &other.message) == (failure.kind, failure.exit, &failure.message)
        };
        match groups.iter_mut().find(same) {
            Some((_, times)) => *times += 1,
            None => groups.push((failure, 1)),
        }
    }
    groups
}

fn one_failure(page: &Page, failure: &Failure, times: usize) -> Markup {
    html! {
        div.failure {
            p {
                span.badge { (failure.kind.name()) @if times > 1 { " × " (times) } } " " (sentence(&failure.message))
                @if let Some(exit) = failure.exit { " " span.muted { (ended(exit)) } }
            }
            @if let Some(open) = &failure.phase { p.muted { "While in " (phase(page, Some(open))) } }
            @if !failure.output.trim().is_empty() {
                details { summary { "The compiler’s last words" } (output(&failure.output)) }
            }
            @if let Some(run) = &failure.run {
                details {
                    summary { "The run until then" }
                    (figure(timeline_of_run(run, failure.kind.name(), &page.colours)))
                }
            }
        }
    }
}

fn ended(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("exit code {code}"),
        Exit::Signal(signal) => format!("signal {signal}"),
    }
}

/// What was left out, what somebody should mend first.
pub(super) fn skipped(report: &Report) -> Markup {
    let mut entries: Vec<_> = report.skipped.iter().collect();
    entries.sort_by_key(|entry| !entry.broken);
    html! {
        @if !entries.is_empty() {
            section aria-labelledby="skipped" {
                h2 #skipped { "Skipped" }
                ul.skipped {
                    @for entry in entries {
                        li {
                            @if entry.broken { span.badge { "broken" } " " }
                            strong { (name(&entry.name)) } ": " (sentence(&entry.reason))
                        }
                    }
                }
            }
        }
    }
}

/// A share of a time, absent when there was no time.
pub(super) fn share(part: Duration, whole: Duration) -> Option<f64> {
    (whole > Duration::ZERO).then(|| part.as_secs_f64() / whole.as_secs_f64())
}
