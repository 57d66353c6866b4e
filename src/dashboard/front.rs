//! The first screen: news, the state of the suite, and its trend.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::Pages;
use super::charts::{Subject, Window, main_trend, trend_chart};
use super::frame::{Frame, Place};
use super::parts::{benchmark_link, commit_at, commit_link, event_card, lines, spark, time};
use crate::chart;
use crate::model::Metric;
use crate::report::html::parts::{name, outside_text};
use crate::text::change::short;
use crate::text::counted;
use crate::text::format;
use crate::trends::{Event, Health, Night, Standing, Trend, TrendPoint, totals};
use crate::words::events;

/// How many events are on the first screen; all of them have their own page.
const CARDS: usize = 12;

/// The suite's trend covers this many of the last commits, so that the first screen loads quickly.
const COMMITS: usize = 730;

/// A night with this many times the usual noise gets a warning.
const NOISY: f64 = 2.0;

pub(super) fn page(pages: &Pages) -> String {
    let header = html! {
        header {
            h1 { (outside_text(&pages.options.title)) }
            (measured(pages))
        }
    };
    let window = Window::last(pages, COMMITS);
    let content = html! {
        (alarms(pages))
        (news(pages))
        (health(pages))
        (open(pages))
        (course(pages, &window))
        (benchmarks(pages))
        (window.commits(pages))
    };
    let frame = Frame { title: "What is new", place: Place::Front, depth: 0, scripts: &["assets/trend.js"] };
    frame.around(pages, &header, &content)
}

/// When and what was measured last. The script adds its age, and a warning if it is old.
fn measured(pages: &Pages) -> Markup {
    match &pages.trends.health.last {
        None => html! { p.muted { "Nothing was ever recorded." } },
        Some(night) => html! {
            p.muted #measured data-time=(night.created) {
                "Last measured " (time(&night.created)) ": " (commit_at(pages, night.position, ""))
                @if let Some(commit) = pages.trends.commit(night.position) { " " span.subject { (outside_text(&commit.subject)) } }
                @if let Some(page) = pages.pairs.bases(night.report).before.and_then(|base| pages.pairs.page([base, night.report])) {
                    " – " a href=(page) { "against the one before" }
                }
            }
        },
    }
}

/// Problems that make the rest of the page meaningless.
fn alarms(pages: &Pages) -> Markup {
    let Some(night) = &pages.trends.health.last else {
        return html! {
            section.nothing role="alert" {
                h2 { "Nothing was measured" }
                p { "The history holds no report. " code { "forc-perf run --record" } " adds one." }
            }
        };
    };
    html! {
        @if night.runs == 0 {
            section.nothing role="alert" {
                h2 { "Nothing was measured" }
                p { "No run of the last report succeeded (" (events::night(pages.trends)) "). That nothing is new below means nothing." }
            }
        }
    }
}

fn news(pages: &Pages) -> Markup {
    let new: Vec<&Event> = with(pages, |event| event.standing == Standing::New);
    let (worse, better): (Vec<&Event>, Vec<&Event>) = new.iter().copied().partition(|event| event.worse);
    let judged = pages.trends.series.iter().filter(|trend| trend.is_judged()).count();
    let commits = pages.trends.axis.commits.len();
    html! {
        section aria-labelledby="new" {
            h2 #new { "New" @if !new.is_empty() { " " span.count { (new.len()) } } }
            @if new.is_empty() && commits > 0 {
                @match &pages.trends.announced {
                    _ if events::too_early(pages.trends).is_some() => p.calm {
                        strong { "Too early to tell." } " A change takes eight commits to show, and "
                        (counted(commits, "commit")) @if commits == 1 { " has" } @else { " have" } " been measured."
                    },
                    Some(told) => p.calm {
                        strong { "Nothing new." } " At the last night, " (time(told)) ", no level of " (judged)
                        " series over " (counted(commits, "commit")) " had changed that was not known before."
                    },
                    None => p.calm {
                        strong { "No night yet." } " What follows is all that " (judged) " series over "
                        (counted(commits, "commit")) " have seen; " code { "forc-perf nightly" } " reports what is new from one night to the next."
                    },
                }
            }
            // The best is last in the order of events.
            @for event in worse.iter().take(CARDS) { (event_card(pages, event, "")) }
            @if !better.is_empty() {
                @if !worse.is_empty() { h3.better { "For the better" } }
                @for event in better.iter().rev().take(CARDS) { (event_card(pages, event, "")) }
            }
            @if worse.len() > CARDS || better.len() > CARDS { p { a href="events.html#new" { "All " (new.len()) " new events" } } }
        }
    }
}

fn with<'a>(pages: &'a Pages, wanted: impl Fn(&Event) -> bool) -> Vec<&'a Event> {
    pages.trends.events.iter().filter(|event| wanted(event)).collect()
}

/// Known regressions without a note.
fn open(pages: &Pages) -> Markup {
    let open = with(pages, |event| event.worse && event.standing == Standing::Open);
    html! {
        @if !open.is_empty() {
            section aria-labelledby="open" {
                h2 #open { "Known and open " span.count { (open.len()) } }
                p.muted.note { "Regressions that were reported before, that still hold or were followed by another change, and that are not acknowledged." }
                @for event in open.iter().take(CARDS / 2) { (event_card(pages, event, "")) }
                @if open.len() > CARDS / 2 { p { a href="events.html#open" { "All " (open.len()) " open events" } } }
            }
        }
    }
}

fn health(pages: &Pages) -> Markup {
    let Health { last: Some(night), noise, controls } = &pages.trends.health else { return html! {} };
    html! {
        section aria-labelledby="health" {
            h2 #health { "Health of the suite" }
            div.tiles {
                (tile("measured", &night.benchmarks.to_string(), &format!("benchmarks, {}", counted(night.runs, "run")), night.runs == 0))
                (tile("failed", &night.failed.len().to_string(), &newly(night), !night.failed.is_empty()))
                (tile("missing", &night.missing.len().to_string(), "measured before, and not now", !night.missing.is_empty()))
                @if let Some(noise) = noise {
                    @let loud = noise.usual.is_some_and(|usual| noise.spread > NOISY * usual);
                    @let usual = noise.usual.map(|usual| format!("spread of runs, usually {}", format::percent(usual)));
                    (tile("noise", &format::percent(noise.spread), &usual.unwrap_or_else(|| "spread of runs".to_owned()), loud))
                }
                @if let Some(controls) = controls {
                    @let of = format!("of {} control figures of {}, in 30 days", controls.figures, counted(controls.comparisons, "comparison"));
                    (tile("false alarms", &controls.false_alarms.to_string(), &of, controls.false_alarms > 0))
                }
            }
            @if !night.complete { p.banner.warning { strong { "Interrupted." } " The last measurement was ended early." } }
            @if let Some(warned) = events::warned(night) {
                p.banner.warning { strong { "Measured with warnings: " } (warned) "." }
            }
            @if !night.failed.is_empty() {
                details open[night.failed.len() <= 5] {
                    summary { (counted(night.failed.len(), "failed benchmark")) }
                    ul.plain {
                        @for failure in &night.failed {
                            li {
                                (benchmark_link(pages, &failure.benchmark, "")) " " span.badge { (failure.kind) }
                                @if night.newly_failed.contains(&failure.benchmark) { " " span.standing.new { "new" } }
                                @if let Some(phase) = &failure.phase { " in " (name(phase)) }
                                " " span.muted { (outside_text(&failure.message)) }
                            }
                        }
                    }
                }
            }
            @if !night.missing.is_empty() {
                details open[night.missing.len() <= 5] {
                    summary { (counted(night.missing.len(), "missing benchmark")) }
                    ul.plain { @for id in &night.missing { li { (benchmark_link(pages, id, "")) } } }
                }
            }
        }
    }
}

fn newly(night: &Night) -> String {
    match (night.failed.len(), night.newly_failed.len()) {
        (0, _) => "every benchmark was built".to_owned(),
        (_, 0) => "as the time before".to_owned(),
        (1, 1) => "for the first time".to_owned(),
        (all, newly) if all == newly => "all for the first time".to_owned(),
        (_, newly) => format!("{newly} of them for the first time"),
    }
}

fn tile(what: &str, figure: &str, about: &str, bad: bool) -> Markup {
    html! {
        div.tile.bad-tile[bad] {
            span.tile-name { (what) }
            strong { (figure) }
            span.muted { (about) }
        }
    }
}

/// The suite as a whole over time.
fn course(pages: &Pages, window: &Window) -> Markup {
    let metrics = [Metric::Wall, Metric::PeakMemory, Metric::BytecodeSize, Metric::Instructions];
    let charts: Vec<Markup> = metrics.into_iter().filter_map(|metric| total_chart(pages, window, metric)).collect();
    let is_cut = window.len() < pages.trends.axis.commits.len();
    html! {
        @if !charts.is_empty() {
            section aria-labelledby="course" {
                h2 #course { "The whole suite over time" }
                p.muted.note {
                    "What today's suite would have taken at each commit: from commit to commit the mean change of the benchmarks that both have measured."
                    @if is_cut { " The last " (window.len()) " commits; the benchmarks' pages show all." }
                }
                div data-trend-tools {}
                @for chart in &charts { (chart) }
            }
        }
    }
}

fn total_chart(pages: &Pages, window: &Window, metric: Metric) -> Option<Markup> {
    let mut lines: Vec<chart::TrendLine> = totals(pages.trends, metric)
        .into_iter()
        .filter(|(_, totals)| totals.len() > 1)
        .map(|(machine, totals)| {
            // For an edited benchmark, the program that was measured last.
            let mut now: BTreeMap<(&str, String), &TrendPoint> = BTreeMap::new();
            for trend in latest(pages, metric).filter(|trend| trend.series.key.machine == machine) {
                let (key, Some(last)) = (&trend.series.key, trend.points.last()) else { continue };
                let known = now.entry((&key.benchmark, format!("{:?}", key.std))).or_insert(last);
                if last.report > known.report {
                    *known = last;
                }
            }
            let now: f64 = now.values().map(|point| point.median).sum();
            let points =
                totals.iter().map(|total| chart::TrendPoint::exact(total.position, total.index * now)).collect();
            chart::TrendLine { name: machine.to_string(), points }
        })
        .collect();
    latest_first(&mut lines, |line| line.points.iter().map(|point| point.position).collect());
    let subject = Subject { name: "whole suite", metric: metric.name(), unit: metric.unit() };
    (!lines.is_empty()).then(|| trend_chart(pages, window, &subject, lines, &[]))
}

/// Puts the current machine first, so that it has the same colour in all charts. The current machine is the one that
/// measured most among those that measured last.
pub(super) fn latest_first<T>(lines: &mut [T], positions: impl Fn(&T) -> Vec<usize>) {
    lines.sort_by_cached_key(|line| {
        let positions = positions(line);
        std::cmp::Reverse((positions.last().copied(), positions.len()))
    });
}

fn latest<'a>(pages: &'a Pages, metric: Metric) -> impl Iterator<Item = &'a Trend> {
    pages.trends.series.iter().filter(move |trend| trend.is_run(metric))
}

/// Every benchmark, with its latest figures and where they are going.
fn benchmarks(pages: &Pages) -> Markup {
    let ids = pages.trends.benchmarks();
    html! {
        section aria-labelledby="benchmarks" {
            h2 #benchmarks { "Benchmarks" }
            div.scroll tabindex="0" role="group" aria-label="Benchmarks" {
                table.overview.sortable.filterable data-what="benchmarks" {
                    thead {
                        tr {
                            th scope="col" { "Benchmark" }
                            th.number scope="col" { "Latest" }
                            th scope="col" { "Course" }
                            th.number scope="col" title="median of the last ten commits against the ten before" { "Last ten" }
                            th.number scope="col" title="robust standard deviation from commit to commit" { "Noise" }
                            th.number scope="col" { "Events" }
                            th scope="col" { "Measured" }
                        }
                    }
                    tbody { @for id in ids { (row(pages, id)) } }
                }
            }
        }
    }
}

fn row(pages: &Pages, id: &str) -> Markup {
    let main = main_trend(pages, id);
    let tags = pages.names.about(id).map(|about| about.tags.clone()).unwrap_or_default();
    let changed = |event: &&Event| event.changes.iter().any(|change| is_of(pages, change.series, id));
    let events = pages.trends.events.iter().filter(changed).count();
    let open = pages
        .trends
        .events
        .iter()
        .filter(changed)
        .filter(|event| event.worse && event.standing <= Standing::Open)
        .count();
    html! {
        tr data-tags=(lines(tags.iter().map(String::as_str))) {
            th scope="row" {
                (benchmark_link(pages, id, ""))
                @for tag in tags.iter().filter(|tag| !tag.trim().is_empty()) { " " span.tag { (name(tag)) } }
            }
            @if let Some(trend) = main {
                @let key = &trend.series.key;
                @let last = trend.points.last();
                td.number data-label="Latest" data-value=[last.map(|point| point.median)] {
                    @if let Some(point) = last { (format::value(point.median, key.metric.unit())) }
                    @if let Some(phase) = &key.phase { span.ends { (name(phase)) } }
                }
                td { (spark(trend, None)) }
                @let recent = recent(trend);
                td.number data-label="Last ten" data-value=[recent] { @if let Some(ratio) = recent { (short(ratio)) } @else { (format::MISSING) } }
                td.number data-label="Noise" data-value=[trend.noise.map(|noise| noise.sigma)] {
                    (trend.noise.map_or(format::MISSING.to_owned(), |noise| format::percent(noise.sigma)))
                }
                td.number data-label="Events" data-value=(events) { (events) @if open > 0 { " " span.muted { "(" (open) " open)" } } }
                td data-label="Measured" data-value=[last.map(|point| point.position)] {
                    @if let Some(commit) = last.and_then(|point| pages.trends.commit(point.position)) { (commit_link(pages, commit, "")) }
                }
            } @else {
                td {} td {} td {} td {} td {} td {}
            }
        }
    }
}

fn is_of(pages: &Pages, series: usize, id: &str) -> bool {
    pages.trends.series.get(series).is_some_and(|trend| trend.series.key.benchmark == id)
}

/// The last ten points against the ten before them.
fn recent(trend: &Trend) -> Option<f64> {
    const MANY: usize = 10;
    let medians: Vec<f64> = trend.points.iter().rev().take(2 * MANY).map(|point| point.median).collect();
    let (new, old) = medians.split_at_checked(MANY)?;
    let ratio = crate::stats::median(new)? / crate::stats::median(old)?;
    (ratio.is_finite() && ratio > 0.0).then_some(ratio)
}
