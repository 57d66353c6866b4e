//! The five lines, the facts needed to judge them, and the failures.

use maud::{Markup, html};

use super::Page;
use crate::model::{Comparison, Exit, Failure};
use crate::report::html::parts::{command, name, output, outside_text};
use crate::text::shell;
use crate::words::{Line, headline};

/// More failures than this are folded away: the figures come after them.
const SHOWN_FAILURES: usize = 4;

pub(super) fn answer(page: &Page) -> Markup {
    let headline = headline(page.comparison);
    let uncompared = headline.counts.iter().any(|counts| counts.uncompared > 0);
    html! {
        @if !headline.measured {
            section.nothing role="alert" {
                @if uncompared {
                    h2 { "Nothing can be compared" }
                    p { "No time, memory or instructions of any benchmark are known of two of the compilers." }
                } @else {
                    h2 { "Nothing was measured" }
                    p { "No benchmark was built by two of the compilers." }
                }
                p { "This page does not say that nothing changed: it is unknown." }
            }
        }
        dl.answer { @for line in &headline.lines { (labelled(page, line)) } }
        dl.conditions { @for line in &headline.facts { (labelled(page, line)) } }
    }
}

fn labelled(page: &Page, line: &Line) -> Markup {
    html! { dt class=[line.tone.style()] { (line.label) } dd { (page.phrase(&line.phrase)) } }
}

/// The failures with the compilers' output; the base's failures once.
pub(super) fn failures(page: &Page) -> Markup {
    let comparison = page.comparison;
    let mut failed: Vec<(usize, usize, &Failure)> = Vec::new();
    for findings in comparison.answers() {
        for (index, one) in findings.benchmarks.iter().enumerate() {
            let Some(sides) = &one.failed else { continue };
            let both = [(0, &sides.base), (findings.side, &sides.other)];
            let both = both.into_iter().filter_map(|(side, failure)| Some((index, side, failure.as_deref()?)));
            for (index, side, failure) in both {
                if !failed.iter().any(|(other, on, _)| (*other, *on) == (index, side)) {
                    failed.push((index, side, failure));
                }
            }
        }
    }
    failed.sort_by_key(|(index, side, _)| (*side == 0, *index, *side));
    html! {
        @if !failed.is_empty() {
            section aria-labelledby="failures" {
                h2 #failures { "Failed builds" }
                p.muted.note { "A build that failed is no measurement: it is in no ratio." }
                @for failure in failed.iter().take(SHOWN_FAILURES) { (one(page, *failure)) }
                @if failed.len() > SHOWN_FAILURES {
                    details.folded {
                        summary { "and " (failed.len() - SHOWN_FAILURES) " more" }
                        @for failure in &failed[SHOWN_FAILURES..] { (one(page, *failure)) }
                    }
                }
            }
        }
    }
}

fn one(page: &Page, (index, side, failure): (usize, usize, &Failure)) -> Markup {
    let measured = page.comparison.sides.get(side).and_then(|side| side.benchmarks.get(index));
    html! {
        article.failed {
            h3 {
                @if let Some(measured) = measured { (name(&measured.id)) } " "
                span.muted { "with " (name(&page.side(side))) @if side == 0 { ", the base" } }
            }
            p {
                span.badge { (failure.kind.name()) } " " (outside_text(&failure.message))
                @if let Some(exit) = failure.exit { " " span.muted { (ended(exit)) } }
                @if let Some(phase) = &failure.phase { " " span.muted { "in " (name(phase)) } }
            }
            @if !failure.output.trim().is_empty() {
                details.folded { summary { "The compiler’s last words" } (output(&failure.output)) }
            }
            @if let Some(measured) = measured.filter(|measured| !measured.command.is_empty()) {
                pre.command tabindex="0" { (command(&shell::line(&measured.command))) }
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
pub(super) fn skipped(comparison: &Comparison) -> Markup {
    let mut entries: Vec<_> = comparison.skipped.iter().collect();
    entries.sort_by_key(|entry| !entry.broken);
    html! {
        @if !entries.is_empty() {
            section aria-labelledby="skipped" {
                h2 #skipped { "Left out" }
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
