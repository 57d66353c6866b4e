//! Pieces that several pages use.

use maud::{Markup, PreEscaped, html};

use super::Pages;
use crate::chart::{self, Chart, ChartError};
use crate::history::NoteKind;
use crate::report::html::parts::{name, outside_text};
use crate::stats::Persistence;
use crate::text::clean;
use crate::text::shell;
use crate::trends::{Commit, Event, Standing, Trend};
use crate::words::{Sign, events};

/// A date, RFC 3339, to the day; the whole of it is its title.
pub(super) fn date(text: &str) -> Markup {
    let text = clean(text);
    let day: String = text.chars().take(10).collect();
    html! { time datetime=(text) title=(text) { (day) } }
}

/// A time, RFC 3339, to the minute.
pub(super) fn time(text: &str) -> Markup {
    let text = clean(text);
    let minute: String = text.chars().take(16).collect::<String>().replace('T', " ");
    html! { time datetime=(text) { (minute) " UTC" } }
}

/// A commit by its name, which leads to the page of its last report.
pub(super) fn commit_link(pages: &Pages, commit: &Commit, root: &str) -> Markup {
    match commit.reports.last().and_then(|report| pages.names.run_page(*report)) {
        Some(page) => html! { a.commit href={ (root) (page) } { (name(&commit.name)) } },
        None => html! { span.commit { (name(&commit.name)) } },
    }
}

/// The same by its position.
pub(super) fn commit_at(pages: &Pages, position: usize, root: &str) -> Markup {
    pages.trends.commit(position).map_or_else(|| html! {}, |commit| commit_link(pages, commit, root))
}

/// The commit that an event is taken to be at, and which others it can be.
pub(super) fn commits_of(pages: &Pages, event: &Event, root: &str) -> Markup {
    html! {
        (commit_at(pages, event.position, root))
        (doubt(pages, event, root))
    }
}

/// Which other commits an event can be at, if there are any.
fn doubt(pages: &Pages, event: &Event, root: &str) -> Markup {
    let (earlier, later) = (event.earliest < event.position, event.position < event.latest);
    html! {
        @if earlier || later {
            " " span.muted {
                @if earlier {
                    "or one before it" @if let Some(before) = event.earliest.checked_sub(1) { ", after " (commit_at(pages, before, root)) }
                }
                @if earlier && later { ", " }
                @if later { "or one after it, up to " (commit_at(pages, event.latest, root)) }
            }
        }
    }
}

/// A benchmark's name, which leads to its page.
pub(super) fn benchmark_link(pages: &Pages, id: &str, root: &str) -> Markup {
    html! { a href={ (root) (pages.names.benchmark(id)) } { (name(id)) } }
}

/// An event's direction as a sign and a word, because not everybody sees colours.
pub(super) fn direction(event: &Event) -> Markup {
    let sign = Sign::of_direction(event.worse);
    html! { span class=(sign.style) { (sign.label()) } }
}

/// An event's standing.
pub(super) fn standing(event: &Event) -> Markup {
    html! {
        span.standing.new[event.standing == Standing::New] { (event.standing.name()) }
        @if event.unconfirmed { " " span.standing { "unconfirmed" } }
    }
}

/// The phases that an event's difference is made of, each with its colour.
pub(super) fn contributors(pages: &Pages, event: &Event) -> Markup {
    let Some(contributors) = &event.contributors else { return html! {} };
    let shown = contributors.phases.iter().filter(|(_, share)| *share > 0.0).take(3);
    html! {
        @for (phase, share) in shown {
            span.part { (chip(pages, phase)) (name(&contributors.label(phase))) " " (crate::text::format::whole_percent(share.min(1.0))) } " "
        }
    }
}

/// A phase's colour.
pub(super) fn chip(pages: &Pages, phase: &str) -> Markup {
    let phase = (phase != crate::phase::OUTSIDE).then_some(phase);
    let swatch = pages.names.colours.swatch(phase);
    html! { i class={ "chip " (swatch.class()) } {} }
}

/// People's notes on an event.
pub(super) fn notes(event: &Event) -> Markup {
    html! {
        @for note in &event.notes {
            p.said {
                @match note.kind {
                    NoteKind::Acknowledged => strong { "seen" },
                    NoteKind::Expected => strong { "expected" },
                    NoteKind::Note => strong { "note" },
                }
                " " (date(&note.time)) @if !note.text.is_empty() { ": " (outside_text(&note.text)) }
            }
        }
    }
}

/// Whether an event's largest change lasted.
pub(super) fn persistence(pages: &Pages, event: &Event, root: &str) -> Markup {
    match event.persistence() {
        Some(Persistence::Unconfirmed) => html! { "seen too few times to be sure" },
        Some(Persistence::Lasting) => html! { "holds" },
        Some(Persistence::Superseded { by }) => html! { "held until " (commit_at(pages, by, root)) },
        Some(Persistence::Reverted { by }) => html! { "taken back by " (commit_at(pages, by, root)) },
        None => html! {},
    }
}

/// A sparkline of the series that an event changed most, around it.
pub(super) fn event_spark(pages: &Pages, event: &Event) -> Markup {
    let change = event.changes.iter().find(|change| {
        pages.trends.series.get(change.series).is_some_and(|trend| {
            let key = &trend.series.key;
            key.metric == event.headline.metric && key.phase == event.headline.phase
        })
    });
    let Some((change, trend)) = change.and_then(|change| Some((change, pages.trends.series.get(change.series)?)))
    else {
        return html! {};
    };
    let kind = if event.worse { chart::StepKind::Worse } else { chart::StepKind::Better };
    spark(trend, Some((change.point.index, kind)))
}

/// How many points a sparkline has.
const SPARK: usize = 60;

/// A sparkline of a series about a position, or of its end.
pub(super) fn spark(trend: &Trend, step: Option<(usize, chart::StepKind)>) -> Markup {
    let points = &trend.points;
    let centre = step.map_or(points.len(), |(at, _)| points.partition_point(|point| point.position < at));
    let from = centre.saturating_sub(SPARK / 2).min(points.len().saturating_sub(SPARK));
    let shown: Vec<Option<f64>> = points.iter().skip(from).take(SPARK).map(|point| Some(point.median)).collect();
    let (at, kind) = step.map_or((None, chart::StepKind::Better), |(_, kind)| (Some(centre - from), kind));
    match chart::spark(&shown, at, kind).and_then(|chart| chart.to_inline_svg()) {
        Ok(svg) => html! { span.spark.chart aria-hidden="true" { (PreEscaped(svg)) } },
        Err(_) => html! {},
    }
}

/// A chart, or why there is none.
pub(super) fn chart_of(chart: Result<Chart, ChartError>) -> Markup {
    crate::report::html::pictures::figure(chart)
}

/// An event as a card: what, where, since when, and what to do about it.
pub(super) fn event_card(pages: &Pages, event: &Event, root: &str) -> Markup {
    let commit = pages.trends.commit(event.position);
    let ids = &event.headline.benchmarks;
    html! {
        article.event data-standing=(event.standing.name()) data-direction=(Sign::of_direction(event.worse).word)
            data-tags=(tags_of(pages, event)) data-phases=(phases_of(pages, event)) id=(anchor(pages, event)) {
            h3 { (direction(event)) " " (outside_text(&events::summary(event))) " " (standing(event)) }
            (event_spark(pages, event))
            div.event-body {
                p {
                    @if let Some(commit) = commit {
                        (commit_link(pages, commit, root)) " " (date(&commit.date)) " " span.subject { (outside_text(&commit.subject)) }
                    }
                    (doubt(pages, event, root))
                }
                p.facts {
                    (contributors(pages, event))
                    span.muted { (persistence(pages, event, root)) }
                    @if let [id] = ids.as_slice() { (benchmark_link(pages, id, root)) }
                    (verdict_link(pages, event, root))
                }
                @if ids.len() > 1 {
                    details { summary { (ids.len()) " benchmarks" }
                        ul { @for id in ids { li { (benchmark_link(pages, id, root)) } } }
                    }
                }
                (notes(event))
                @if event.worse && event.standing <= Standing::Open {
                    p.muted.note { "Seen? " code { (shell::line(&["forc-perf", "history", "ack", event.key.get(..12).unwrap_or(&event.key)])) } }
                }
            }
        }
    }
}

/// The tags of an event's benchmarks, a line each.
fn tags_of(pages: &Pages, event: &Event) -> String {
    let about = event.headline.benchmarks.iter().filter_map(|id| pages.names.about(id));
    lines(about.flat_map(|about| about.tags.iter().map(String::as_str)))
}

/// The phases that changed, a line each.
fn phases_of(pages: &Pages, event: &Event) -> String {
    let trends = event.changes.iter().filter_map(|change| pages.trends.series.get(change.series));
    lines(trends.filter_map(|trend| trend.series.key.phase.as_deref()))
}

/// Texts in lines, each once.
pub(super) fn lines<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut all: Vec<String> = texts.map(|text| clean(text).replace('\n', " ")).collect();
    all.sort();
    all.dedup();
    all.join("\n")
}

/// The verdicts on the reports on either side of an event.
fn verdict_link(pages: &Pages, event: &Event, root: &str) -> Markup {
    let page = pages.pairs.of_event(pages.trends, event).and_then(|pair| pages.pairs.page(pair));
    html! { @if let Some(page) = page { a href={ (root) (page) } { "verdicts on both sides" } } }
}

/// The anchor of an event's card. It stays the same as long as the event's commit does.
pub(super) fn anchor(pages: &Pages, event: &Event) -> String {
    let base = |event: &Event| -> String {
        let key: String = event.key.chars().filter(char::is_ascii_alphanumeric).take(12).collect();
        format!("e-{key}-{}", Sign::of_direction(event.worse).word)
    };
    let own = base(event);
    let earlier = pages.trends.events.iter().take_while(|other| !std::ptr::eq(*other, event));
    match earlier.filter(|other| base(other) == own).count() {
        0 => own,
        count => format!("{own}-{}", count + 1),
    }
}
