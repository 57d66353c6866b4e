//! Every commit that was measured, the latest first.

use std::collections::{BTreeMap, HashMap};

use maud::{Markup, html};

use super::Pages;
use super::frame::{Frame, Place};
use super::parts::{anchor, commit_link};
use crate::history::{ReportId, ReportInfo};
use crate::model::Metric;
use crate::report::html::parts::{name, outside_text};
use crate::text::change::short;
use crate::text::clean;
use crate::text::counted;
use crate::text::format;
use crate::trends::{Commit, Event, totals};
use crate::words::{Sign, events};

pub(super) fn page(pages: &Pages) -> String {
    let commits = &pages.trends.axis.commits;
    let header = html! {
        header {
            h1 { "Commits" }
            p.muted { (counted(commits.len(), "commit")) " in " (counted(pages.trends.reports.len(), "report")) ", the latest first. " (machines(pages)) }
        }
    };
    let content = html! {
        @if commits.is_empty() {
            section.nothing role="alert" {
                h2 { "Nothing was measured" }
                p { "The history holds no report. " code { "forc-perf run --record" } " adds one." }
            }
        } @else { (table(pages)) }
    };
    let frame = Frame { title: "Commits", place: Place::Commits, depth: 0, scripts: &[] };
    frame.around(pages, &header, &content)
}

/// What is known of a commit.
#[derive(Default)]
struct Facts<'a> {
    machines: Vec<String>,
    benchmarks: usize,
    failures: usize,
    complete: bool,
    /// The suite against its last commit.
    index: Option<f64>,
    events: Vec<&'a Event>,
}

fn facts<'a>(pages: &'a Pages) -> Vec<Facts<'a>> {
    let infos: HashMap<ReportId, &ReportInfo> = pages.trends.reports.iter().map(|info| (info.id, info)).collect();
    let mut all: Vec<Facts> = pages.trends.axis.commits.iter().map(|commit| of_reports(commit, &infos)).collect();
    let totals = totals(pages.trends, Metric::Wall);
    // Machines are never mixed: the one that measured most commits represents the suite.
    if let Some((_, totals)) = totals.iter().max_by_key(|(_, totals)| totals.len()) {
        for total in totals {
            if let Some(facts) = all.get_mut(total.position) {
                facts.index = Some(total.index).filter(|index| index.is_finite());
            }
        }
    }
    for event in &pages.trends.events {
        if let Some(facts) = all.get_mut(event.position) {
            facts.events.push(event);
        }
    }
    all
}

fn of_reports<'a>(commit: &Commit, infos: &HashMap<ReportId, &ReportInfo>) -> Facts<'a> {
    let reports: Vec<&&ReportInfo> = commit.reports.iter().filter_map(|report| infos.get(report)).collect();
    // A machine's full description is above the table.
    let short = |info: &&&ReportInfo| info.machine.processor.clone().unwrap_or_else(|| info.machine.to_string());
    let mut machines: Vec<String> = reports.iter().map(short).collect();
    machines.sort();
    machines.dedup();
    Facts {
        machines,
        benchmarks: reports.iter().map(|info| info.benchmarks).max().unwrap_or(0),
        failures: reports.last().map_or(0, |info| info.failures),
        complete: reports.iter().any(|info| info.complete),
        ..Facts::default()
    }
}

/// The machine, where all commits were measured on one.
fn machines(pages: &Pages) -> Markup {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for info in &pages.trends.reports {
        *counts.entry(info.machine.to_string()).or_default() += 1;
    }
    html! {
        @for (index, (machine, reports)) in counts.iter().enumerate() {
            @if index == 0 { "Measured on " } @else { ", " }
            (name(machine))
            @if counts.len() > 1 { " (" (counted(*reports, "report")) ")" }
        }
        @if !counts.is_empty() { "." }
    }
}

fn table(pages: &Pages) -> Markup {
    let facts = facts(pages);
    let several =
        facts.windows(2).any(|pair| pair.first().map(|of| &of.machines) != pair.last().map(|of| &of.machines));
    html! {
        div.scroll tabindex="0" role="group" aria-label="Commits" {
            table.commits.sortable.filterable data-what="commits" {
                thead {
                    tr {
                        th scope="col" { "Commit" }
                        th scope="col" { "Date" }
                        th scope="col" { "Subject" }
                        th scope="col" { "Release" }
                        th.number scope="col" title="the whole suite against its last commit, by the mean change of what both have measured" { "Suite" }
                        th.number scope="col" title="benchmarks that have runs" { "Measured" }
                        th.number scope="col" title="runs that did not succeed in the last report" { "Failed" }
                        th scope="col" { "Event" }
                        @if several { th scope="col" { "Machine" } }
                    }
                }
                tbody {
                    @for (commit, of) in pages.trends.axis.commits.iter().zip(&facts).rev() { (row(pages, commit, of, several)) }
                }
            }
        }
    }
}

/// A row of a table of hundreds: its classes are the columns' own, in the style sheet.
fn row(pages: &Pages, commit: &Commit, of: &Facts, several: bool) -> Markup {
    let direction = of.events.first().map(|event| Sign::of_direction(event.worse).word);
    html! {
        tr data-direction=[direction] {
            th { (commit_link(pages, commit, "")) (others(pages, commit)) }
            td { (clean(commit.date.get(..10).unwrap_or(&commit.date))) }
            td { (outside_text(&commit.subject)) }
            td { @if let Some(release) = &commit.release { (name(release)) } }
            td data-value=[of.index.map(|index| format!("{index:.4}"))] { (of.index.map_or(format::MISSING.to_owned(), format::percent)) }
            td { @if of.benchmarks == 0 { b.bad { "nothing" } } @else { (of.benchmarks) @if !of.complete { "*" } } }
            td { @if of.failures > 0 { b.bad { (of.failures) } } @else { "0" } }
            td { @for event in &of.events { (mark(pages, event)) " " } }
            @if several { td { (name(&of.machines.join(", "))) } }
        }
    }
}

/// The other reports of a commit; its name links to its last one.
fn others(pages: &Pages, commit: &Commit) -> Markup {
    let others = commit.reports.iter().rev().skip(1);
    let info = |id: &ReportId| pages.trends.reports.iter().find(|info| info.id == *id);
    // Old ones have no pages.
    let others = others.filter_map(|id| Some((info(id)?, pages.names.run_page(*id)?)));
    html! {
        @for (info, page) in others {
            " " a.note href=(page) title={ "measured on " (clean(&info.machine.to_string())) } {
                "also " (clean(info.created.get(..10).unwrap_or(&info.created)))
            }
        }
    }
}

/// An event as a sign and a figure, linked to its card.
fn mark(pages: &Pages, event: &Event) -> Markup {
    let Sign { sign, style, .. } = Sign::of_direction(event.worse);
    html! {
        a class=(style) href={ "events.html#" (anchor(pages, event)) } title=(clean(&events::summary(event))) {
            (sign) " " (short(event.headline.ratio))
        }
    }
}
