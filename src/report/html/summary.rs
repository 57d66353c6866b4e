//! The answer, and what went wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use maud::{Markup, html};

use super::environment::{created, machine, toolchain};
use super::parts::{Page, command, estimate, linked, name, output, outside_text, phase, runs};
use crate::chart::timeline_of_run;
use crate::figures::median_wall;
use crate::figures::warning_kinds;
use crate::model::{Completion, Exit, Failure, Measured, Metric, Report, Unit};
use crate::text::counted;
use crate::text::{format, shell};

/// The page's title.
pub(super) fn title(report: &Report) -> String {
    let measured = report.benchmarks.iter().filter(|measured| !measured.runs.is_empty()).count();
    let what = if measured == 0 { "nothing was measured".into() } else { counted(measured, "benchmark") };
    format!("forc-perf: {what}, forc {}", crate::text::clean(&report.toolchain.version))
}

/// The head of the page.
pub(super) fn header(report: &Report) -> Markup {
    html! {
        header {
            h1 { "Where builds of Sway spend their time" }
            p.muted { "forc " (outside_text(&report.toolchain.version)) ", " (created(report)) }
        }
    }
}

/// The summary: five lines, or that nothing was measured.
pub(super) fn answer(page: &Page) -> Markup {
    let report = page.report;
    html! {
        @if report.completion == Completion::Interrupted {
            p.banner.warning role="status" {
                strong { "Interrupted." } " The measurement was ended early; what had been measured until then is here."
            }
        }
        @if report.has_measurements() { (five_lines(page)) } @else { (nothing(page)) }
    }
}

fn nothing(page: &Page) -> Markup {
    let report = page.report;
    let failed = report.benchmarks.iter().filter(|measured| !measured.failures.is_empty()).count();
    html! {
        section.nothing role="alert" {
            h2 { "Nothing was measured" }
            p { "No run of any benchmark succeeded. This page says nothing about the compiler’s speed." }
            p { (counted(failed, "benchmark")) " failed, " (report.skipped.len()) " skipped, with " (with(page)) "." }
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
    let walls: Vec<f64> = measured.iter().filter_map(|(_, measured)| median_wall(measured)).collect();
    let total: f64 = walls.iter().sum();
    let warned = warning_kinds(&report.benchmarks);
    let tells = report.benchmarks.iter().flat_map(|measured| &measured.runs).any(|run| !run.phases.is_empty());
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
                @if walls.is_empty() { "no run has a wall time" } @else {
                    strong { (format::nanoseconds(total)) } " for one build of each"
                    @if walls.len() < measured.len() { " of " (walls.len()) " whose wall time is known" }
                    " (sum of the medians)"
                }
                @if report.measuring.wall > Duration::ZERO { "; measured in " (format::long_duration(report.measuring.wall)) }
            }
            @if let Some((index, heaviest)) = measured.first().filter(|_| !walls.is_empty()) {
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
                } @else if tells { "of no run is known what part a phase is" }
                @else { "the compiler announced no phases" }
            }
            @if !warned.is_empty() {
                dt { "Warnings" }
                dd {
                    @for (index, (kind, count)) in warned.iter().enumerate() {
                        @if index > 0 { ", " }
                        (kind.name()) " in " (counted(*count, "benchmark"))
                    }
                }
            }
            dt { "With" }
            dd { (with(page)) "; " (created(report)) @if page.recorder.is_none() { "; " (machine(report)) } }
        }
    }
}

/// The compiler; for others' records often only who recorded.
fn with(page: &Page) -> Markup {
    match page.recorder {
        Some(recorder) => html! { "a compiler that " (recorder) " has measured" },
        None => toolchain(page.report),
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

/// The failures with the compiler's output.
pub(super) fn failures(page: &Page) -> Markup {
    let all = page.report.benchmarks.iter().enumerate();
    let failed: Vec<(usize, &Measured)> = all.filter(|(_, measured)| !measured.failures.is_empty()).collect();
    let (alike, others) = alike(failed);
    html! {
        @if !alike.is_empty() || !others.is_empty() {
            section aria-labelledby="failures" {
                h2 #failures { "Failures" }
                @for group in &alike { (failed_alike(page, group)) }
                @for (index, measured) in others { (failed_alone(page, index, measured)) }
            }
        }
    }
}

/// From this many benchmarks on, equal failures are shown together.
const ALIKE: usize = 2;

/// The benchmarks that always failed, grouped by a common short message; and the others.
fn alike<'a>(failed: Vec<(usize, &'a Measured)>) -> (Vec<Vec<&'a Measured>>, Vec<(usize, &'a Measured)>) {
    let mut groups: Vec<Vec<(usize, &'a Measured)>> = Vec::new();
    let mut others = Vec::new();
    for (index, measured) in failed {
        let bare = |failure: &Failure| failure.output.trim().is_empty() && failure.run.is_none();
        if !measured.runs.is_empty() || !measured.command.is_empty() || !measured.failures.iter().all(bare) {
            others.push((index, measured));
            continue;
        }
        match groups.iter_mut().find(|group| group.first().is_some_and(|(_, one)| one.failures == measured.failures)) {
            Some(group) => group.push((index, measured)),
            None => groups.push(vec![(index, measured)]),
        }
    }
    let (many, few): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| group.len() >= ALIKE);
    others.extend(few.into_iter().flatten());
    others.sort_by_key(|(index, _)| *index);
    (many.into_iter().map(|group| group.into_iter().map(|(_, measured)| measured).collect()).collect(), others)
}

fn failed_alike(page: &Page, group: &[&Measured]) -> Markup {
    html! {
        article.failed {
            h3 { (counted(group.len(), "benchmark")) " failed alike" }
            @if let Some(first) = group.first() {
                @for (number, (failure, times)) in grouped(&first.failures).into_iter().enumerate() {
                    (one_failure(page, failure, times, &format!("alike-{number}")))
                }
            }
            p { @for (index, measured) in group.iter().enumerate() { @if index > 0 { ", " } (linked(page, &measured.id, &measured.id)) } }
        }
    }
}

fn failed_alone(page: &Page, index: usize, measured: &Measured) -> Markup {
    html! {
        article.failed {
            h3 {
                @if measured.runs.is_empty() { (linked(page, &measured.id, &measured.id)) }
                @else { a href=(format!("#{}", page.anchor(index))) { (name(&measured.id)) } }
                " " span.muted { (measured.failures.len()) " of "
                    (runs(measured.failures.len() + measured.runs.len())) " failed" }
            }
            @for (number, (failure, times)) in grouped(&measured.failures).into_iter().enumerate() {
                (one_failure(page, failure, times, &format!("{}-failure-{number}", page.slug(index))))
            }
            // A benchmark with measurements has its command in its own section.
            @if measured.runs.is_empty() && !measured.command.is_empty() {
                pre.command tabindex="0" { (command(&shell::line(&measured.command))) }
            }
        }
    }
}

/// Failures with their counts: a failure that repeats is shown once.
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

fn one_failure(page: &Page, failure: &Failure, times: usize, file: &str) -> Markup {
    html! {
        div.failure {
            p {
                span.badge { (failure.kind.name()) @if times > 1 { " × " (times) } } " " (outside_text(&failure.message))
                @if let Some(exit) = failure.exit { " " span.muted { (ended(exit)) } }
            }
            @if let Some(open) = &failure.phase { p.muted { "While in " (phase(page, Some(open))) } }
            @if !failure.output.trim().is_empty() {
                details { summary { "The compiler’s last words" } (output(&failure.output)) }
            }
            @if let Some(run) = failure.run.as_ref().filter(|_| page.pictures.are_drawn()) {
                details {
                    summary { "The run until then" }
                    (page.pictures.show(file, || timeline_of_run(run, failure.kind.name(), &page.colours)))
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

/// What was left out, problems to fix first.
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
                            strong { (name(&entry.name)) } ": " (outside_text(&entry.reason))
                        }
                    }
                }
            }
        }
    }
}
