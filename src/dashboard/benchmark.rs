//! The page of one benchmark: its metrics over the commits, and its events.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::Pages;
use super::charts::{Subject, Window, stacked, trend_chart};
use super::frame::{Frame, Place};
use super::front::latest_first;
use super::parts::{chip, commit_link, commits_of, date, direction, notes, persistence, standing};
use crate::chart;
use crate::history::MeasureKey;
use crate::model::{Metric, StdChoice};
use crate::report::html::parts::{name, outside_text};
use crate::stats::{ChangePoint, ChangeRules, detectable};
use crate::text::change::short;
use crate::text::counted;
use crate::text::{format, shell};
use crate::trends::{Event, Trend};
use crate::words::{Sign, events};

pub(super) fn page(pages: &Pages, id: &str) -> Result<String, super::DashboardError> {
    let own: Vec<(usize, &Trend)> =
        pages.trends.series.iter().enumerate().filter(|(_, trend)| trend.series.key.benchmark == id).collect();
    let about = pages.names.about(id);
    let header = html! {
        header {
            h1 { (name(id)) }
            @if let Some(about) = about {
                @if let Some(description) = &about.description { p { (outside_text(description)) } }
                p.tags { @for tag in about.tags.iter().filter(|tag| !tag.trim().is_empty()) { span.tag { (name(tag)) } " " } }
            }
        }
    };
    let whole: Vec<(usize, &Trend)> =
        own.iter().copied().filter(|(_, trend)| trend.series.key.phase.is_none()).collect();
    let phases: Vec<(usize, &Trend)> = own.iter().copied().filter(|(_, trend)| trend.is_phase_time()).collect();
    let has_time = whole.iter().any(|(_, trend)| trend.series.key.metric == Metric::Wall);
    let content = html! {
        (edited(&whole))
        (latest(pages, &whole))
        (what_happened(pages, id))
        div data-trend-tools {}
        // Times first. A benchmark without its own times starts with those of its phases.
        @if has_time { (metrics(pages, id, &whole)) }
        @if !phases.is_empty() {
            section aria-labelledby="phases" {
                h2 #phases { "Phases" }
                (stacked(pages, id, &phases))
                (by_subject(pages, id, &phases))
            }
        }
        @if !has_time { (metrics(pages, id, &whole)) }
        (machines(pages, &whole)?)
        @if let Some(about) = about.filter(|about| !about.command.is_empty()) {
            section aria-labelledby="reproduce" {
                h2 #reproduce { "Reproduce it" }
                pre.command tabindex="0" { (shell::line(&about.command)) }
                p.muted.note { "On this machine, with statistics: " code { (shell::line(&["forc-perf", "run", id])) } }
            }
        }
        (Window::all(pages).commits(pages))
    };
    let frame = Frame { title: id, place: Place::Elsewhere, depth: 1, scripts: &["assets/trend.js"] };
    Ok(frame.around(pages, &header, &content))
}

/// A note if the benchmark was edited.
fn edited(whole: &[(usize, &Trend)]) -> Markup {
    let programs: BTreeSet<Option<&str>> = whole.iter().map(|(_, trend)| trend.series.key.program.as_deref()).collect();
    if programs.len() < 2 {
        return html! {};
    }
    html! {
        p.banner {
            "The files of this benchmark were edited: it has measured " (programs.len()) " programs. "
            "Each has lines of its own, and no change is looked for between them."
        }
    }
}

/// Every metric over the commits. Those that decide are open, the others are folded away.
fn metrics(pages: &Pages, id: &str, whole: &[(usize, &Trend)]) -> Markup {
    let is_there = |(_, trend): &(usize, &Trend)| trend.points.iter().any(|point| point.median != 0.0);
    let (nothing, whole): (Vec<_>, Vec<_>) = whole.iter().copied().partition(|it| !is_there(it));
    let (main, more): (Vec<_>, Vec<_>) = whole.into_iter().partition(|(_, trend)| trend.decides());
    let names = |trends: &[(usize, &Trend)]| -> Vec<&str> {
        let metrics: BTreeSet<Metric> = trends.iter().map(|(_, trend)| trend.series.key.metric).collect();
        metrics.into_iter().map(Metric::name).collect()
    };
    html! {
        section aria-labelledby="trends" {
            h2 #trends { "Metrics of whole runs" }
            (by_subject(pages, id, &main))
            @if !more.is_empty() {
                details.more open[main.is_empty()] {
                    summary { (counted(names(&more).len(), "more metric")) span.muted { ": " (names(&more).join(", ")) } }
                    (by_subject(pages, id, &more))
                }
            }
            @if !nothing.is_empty() { p.muted.note { "Always 0: " (names(&nothing).join(", ")) "." } }
        }
    }
}

/// The latest figures of whole runs, metric by metric.
fn latest(pages: &Pages, whole: &[(usize, &Trend)]) -> Markup {
    let end = |trend: &Trend| trend.points.last().map_or(0, |point| point.position);
    // Of each metric the series that was measured last.
    let mut rows: BTreeMap<Metric, &Trend> = BTreeMap::new();
    for (_, trend) in whole {
        let known = rows.entry(trend.series.key.metric).or_insert(trend);
        if end(trend) > end(known) {
            *known = trend;
        }
    }
    let (main, more): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, trend)| trend.decides());
    let changed = |(_, trend): &(Metric, &Trend)| !trend.changes.is_empty();
    html! {
        section aria-labelledby="latest" {
            h2 #latest { "Latest figures" }
            @if !main.is_empty() { (figures(pages, &main, "Latest figures")) }
            @if !more.is_empty() {
                details.more open[main.is_empty() || more.iter().any(changed)] {
                    summary { (counted(more.len(), "more figure")) }
                    (figures(pages, &more, "More of the latest figures"))
                }
            }
        }
    }
}

fn figures(pages: &Pages, rows: &[(Metric, &Trend)], label: &str) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label=(label) {
            table.figures {
                thead {
                    tr {
                        th scope="col" { "Metric" }
                        th.number scope="col" { "Latest" }
                        th.number scope="col" { "Interval" }
                        th.number scope="col" title="against the level before the last change" { "Last change" }
                        th scope="col" { "Since" }
                        th.number scope="col" title="robust standard deviation from commit to commit" { "Noise" }
                        th.number scope="col" title="the smallest lasting change that ten more commits would show nine times out of ten" { "Detectable" }
                    }
                }
                tbody { @for (metric, trend) in rows { (figure(pages, *metric, trend)) } }
            }
        }
    }
}

fn figure(pages: &Pages, metric: Metric, trend: &Trend) -> Markup {
    let unit = metric.unit();
    html! {
        tr {
            th scope="row" { (metric.name()) }
            @if let Some(point) = trend.points.last() {
                td.number { (format::value(point.median, unit)) }
                td.number {
                    @if point.count > 1 && point.high > point.low {
                        (format::value(point.low, unit)) " – " (format::value(point.high, unit))
                    } @else { (format::MISSING) }
                }
            } @else { td {} td {} }
            @if let Some(change) = trend.changes.last() {
                @let sign = Sign::of_direction(change.ratio > 1.0);
                td class={ "number " (sign.style) } {
                    (sign.sign) " " (short(change.ratio))
                }
                td { @if let Some(commit) = pages.trends.commit(change.index) { (commit_link(pages, commit, "../")) " " (date(&commit.date)) } }
            } @else { td.number { (format::MISSING) } td {} }
            td.number { (trend.noise.map_or(format::MISSING.to_owned(), |noise| format::percent(noise.sigma))) }
            td.number { (smallest(trend).map_or(format::MISSING.to_owned(), short)) }
        }
    }
}

/// The smallest lasting change that ten more commits would show.
fn smallest(trend: &Trend) -> Option<f64> {
    const MORE: usize = 10;
    let from = trend.changes.last().map_or(0, |change| change.index);
    let before = trend.points.iter().filter(|point| point.position >= from).count();
    detectable(trend.noise?, trend.points.len() + MORE, before, MORE, &ChangeRules::default())
}

/// The events that changed this benchmark, the latest first.
fn what_happened(pages: &Pages, id: &str) -> Markup {
    let of = |change: &crate::trends::Change| {
        pages.trends.series.get(change.series).filter(|trend| trend.series.key.benchmark == id)
    };
    let mut found: Vec<&Event> =
        pages.trends.events.iter().filter(|event| event.changes.iter().any(|change| of(change).is_some())).collect();
    found.sort_by_key(|event| std::cmp::Reverse(event.position));
    html! {
        section aria-labelledby="events" {
            h2 #events { "What happened to it" }
            @if found.is_empty() { p.calm { "No level of this benchmark has ever changed." } } @else {
                div.scroll tabindex="0" role="group" aria-label="Events of this benchmark" {
                    table.events {
                        thead { tr {
                            th scope="col" { "Commit" } th scope="col" { "Date" } th scope="col" { "Here" } th scope="col" { "The event" } th scope="col" { "Then" }
                        } }
                        tbody {
                            @for event in found {
                                tr {
                                    th scope="row" { (commits_of(pages, event, "../")) }
                                    td { @if let Some(commit) = pages.trends.commit(event.position) { (date(&commit.date)) } }
                                    td {
                                        ul.plain {
                                            @for change in event.changes.iter().filter(|change| of(change).is_some()).take(4) {
                                                @if let Some(trend) = of(change) { li { (here(pages, trend, &change.point)) } }
                                            }
                                        }
                                    }
                                    td { (direction(event)) " " (standing(event)) " " a href={ "../events.html#" (super::parts::anchor(pages, event)) } { (outside_text(&events::summary(event))) } (notes(event)) }
                                    td { (persistence(pages, event, "../")) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn here(pages: &Pages, trend: &Trend, change: &ChangePoint) -> Markup {
    let ratio = change.ratio;
    let key = &trend.series.key;
    html! {
        @match &key.phase {
            Some(phase) => { (chip(pages, phase)) (name(&trend.phase_label_at(change.index).unwrap_or_default())) },
            None => (key.metric.name())
        }
        " " span.regressed[ratio > 1.0].improved[ratio < 1.0] { (short(ratio)) }
    }
}

/// What a chart is of, and its series with their numbers.
type Course<'a> = ((Metric, Option<&'a str>), Vec<(usize, &'a Trend)>);

/// A chart for each metric, or each phase: a line for each machine.
fn by_subject(pages: &Pages, id: &str, trends: &[(usize, &Trend)]) -> Markup {
    let mut subjects: Vec<Course> = Vec::new();
    for (index, trend) in trends {
        let subject = (trend.series.key.metric, trend.series.key.phase.as_deref());
        match subjects.iter_mut().find(|(known, _)| *known == subject) {
            Some((_, all)) => all.push((*index, trend)),
            None => subjects.push((subject, vec![(*index, trend)])),
        }
    }
    for (_, own) in &mut subjects {
        latest_first(own, |(_, trend)| trend.points.iter().map(|point| point.position).collect());
    }
    // Metrics in the model's order, times first; phases by their length.
    let size =
        |own: &[(usize, &Trend)]| own.iter().filter_map(|(_, trend)| trend.points.last()).map(|it| it.median).sum();
    subjects.sort_by(|((a, _), own), ((b, _), others)| {
        let (own, others): (f64, f64) = (size(own), size(others));
        a.cmp(b).then(others.total_cmp(&own))
    });
    html! {
        @for ((metric, phase), own) in &subjects {
            // A phase is called with its parts if any machine has measured them.
            @let lines: Vec<chart::TrendLine> = own.iter().map(|(_, trend)| line(trend, own)).collect();
            @if lines.iter().any(|line| line.points.len() > 1) {
                @let label = own.iter().filter_map(|(_, trend)| trend.phase_label()).max_by_key(String::len);
                @let subject = label.unwrap_or_else(|| metric.name().to_owned());
                h3 { @if let Some(phase) = phase { (chip(pages, phase)) } (name(&subject)) }
                (trend_chart(pages, &Window::all(pages), &Subject { name: id, metric: &subject, unit: metric.unit() }, lines, own))
            }
        }
    }
}

fn line(trend: &Trend, among: &[(usize, &Trend)]) -> chart::TrendLine {
    let key = &trend.series.key;
    // The std is only named if it differs between the lines.
    let differs = among.iter().any(|(_, other)| other.series.key.std != key.std);
    let std = match &key.std {
        StdChoice::Same(std) if differs => format!(", std {}", std.display()),
        StdChoice::Own if differs => ", its own std".to_owned(),
        _ => String::new(),
    };
    let points = trend.points.iter().map(|point| chart::TrendPoint {
        position: point.position,
        median: point.median,
        low: if point.count > 1 { point.low } else { point.median },
        high: if point.count > 1 { point.high } else { point.median },
    });
    // The same for an edited benchmark: an older program is named by the date of its last measurement.
    let is_edited = |(_, other): &(usize, &Trend)| {
        let (this, other) = (trend.points.last(), other.points.last());
        other.map(|point| point.report) > this.map(|point| point.report)
    };
    let others = among.iter().filter(|(_, other)| other.series.key.program != key.program);
    let program = if others.clone().any(is_edited) { ", before an edit" } else { "" };
    chart::TrendLine { name: format!("{}{std}{program}", key.machine), points: points.collect() }
}

/// Which machines have measured it, and how they compare.
fn machines(pages: &Pages, whole: &[(usize, &Trend)]) -> Result<Markup, super::DashboardError> {
    let mut names: Vec<String> = whole.iter().map(|(_, trend)| trend.series.key.machine.to_string()).collect();
    names.sort();
    names.dedup();
    if names.len() < 2 {
        return Ok(html! {});
    }
    let mut measures: Vec<MeasureKey> = Vec::new();
    for (_, trend) in whole {
        let measure = trend.series.key.measure();
        if measure.metric == Metric::Wall && !measures.contains(&measure) {
            measures.push(measure);
        }
    }
    let mut calibrations = Vec::new();
    for measure in &measures {
        calibrations.extend(pages.history.calibration(measure)?);
    }
    Ok(html! {
        section aria-labelledby="machines" {
            h2 #machines { "Machines" }
            p { "Measured on " (names.len()) " kinds of machines, whose figures are never mixed: each has a line of its own." }
            @for calibration in &calibrations {
                p { (name(&calibration.new.to_string())) " takes ×" (format::three_digits(calibration.ratio)) " the wall time of "
                    (name(&calibration.old.to_string())) ", by " (calibration.commits.len()) " commits that both have measured." }
            }
            @if calibrations.is_empty() { p.muted.note { "No commit was measured on two of them; " code { "forc-perf backfill" } " can measure an old one here." } }
        }
    })
}
