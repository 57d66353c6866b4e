//! The page of one report.

use maud::{Markup, html};

use super::Run;
use crate::dashboard::DashboardError;
use crate::dashboard::frame::{Frame, Place};
use crate::dashboard::hands::Files;
use crate::dashboard::names::Names;
use crate::dashboard::parts::{date, time};
use crate::dashboard::verdict::Pairs;
use crate::history::{ExtraFigure, History, ReportId, ReportInfo, Source};
use crate::model::{Measured, Metric, MetricSummary, PhaseSummary, Report};
use crate::report::html::parts::{Page, name, outside_text};
use crate::report::html::{Pictures, content};
use crate::text::{clean, shortened};
use crate::{figures, stats};

/// The version of a compiler if the record has none.
const UNKNOWN: &str = "unknown";

/// What the pages of all reports share.
pub(super) struct Shared<'a> {
    pub(super) names: &'a Names,
    pub(super) pairs: &'a Pairs<'a>,
    /// The dashboard's title.
    pub(super) title: &'a str,
}

/// The page of a report and its pictures.
pub(super) fn files(history: &History, shared: &Shared, run: &Run) -> Result<Files, DashboardError> {
    let kept = history.report(run.info.id)?;
    let mut report = kept.report;
    complete(&mut report, &kept.provenance.figures);
    let has_frames = report.benchmarks.iter().flat_map(|measured| &measured.runs).any(|run| !run.frames.is_empty());
    let id = run.id;
    let pictures = if run.drawn && has_frames { Pictures::beside(id.to_owned()) } else { Pictures::Absent };
    let course = |benchmark: &str| shared.names.page_of(benchmark).map(|page| format!("../{page}"));
    let page = Page::with(&report, shared.names.colours.clone(), pictures)
        .recorded_by(recorder(run.info.source))
        .beside(&course);
    let body = html! {
        (content(&page))
        @if has_frames && !run.drawn {
            p.muted.note { "Its frames are kept, and not drawn here: only those of the latest reports are." }
        }
    };
    let title = title(run.info);
    let frame = Frame { title: &title, place: Place::Elsewhere, depth: 1, scripts: &[] };
    let text = frame.titled(shared.title, &header(shared, run.info, id), &body);
    let pictures = page.into_pictures().into_iter().map(|picture| (format!("runs/{}", picture.path), picture.svg));
    Ok(std::iter::once((run.page.clone(), text)).chain(pictures).collect())
}

/// Who recorded a report, if this harness did not.
fn recorder(source: Source) -> Option<&'static str> {
    match source {
        Source::ForcPerf => None,
        Source::FirstForcPerf => Some("the first forc-perf"),
        Source::Dyno => Some("dyno"),
        Source::PublicRecord => Some("the compiler’s own CI"),
    }
}

fn title(info: &ReportInfo) -> String {
    let of = info.commit.as_ref().map_or_else(|| format!("forc {}", info.version), |commit| commit.short().to_owned());
    format!("{} of {}", shortened(&clean(&of)), info.created.get(..10).unwrap_or(&info.created))
}

fn header(shared: &Shared, info: &ReportInfo, id: &str) -> Markup {
    html! {
        header {
            h1 {
                @match &info.commit {
                    Some(commit) => { span.commit { (name(commit.short())) } " " (outside_text(&commit.subject)) }
                    None => { "forc " (outside_text(&info.version)) }
                }
            }
            p.muted {
                @if let Some(commit) = &info.commit {
                    @if !commit.is_release() { "Commit " code { (name(&commit.id)) } ", " }
                    @if let Some(time) = &commit.time { "of " (date(time)) ", " }
                }
                @if info.commit.is_some() && info.version != UNKNOWN { "version " (outside_text(&info.version)) ", " }
                "measured " (time(&info.created)) " on " (name(&info.machine.to_string())) ". "
                a href={ "../compare.html#other=" (id) } { "Beside any other" }
            }
            (verdicts(shared.pairs, info))
        }
    }
}

/// Links to the comparisons with the report's bases.
fn verdicts(pairs: &Pairs, info: &ReportInfo) -> Markup {
    let bases = pairs.bases(info.id);
    let link = |base: Option<ReportId>| {
        let pair = [base?, info.id];
        Some((pairs.page(pair)?, pairs.infos(pair)?[0]))
    };
    let before = link(bases.before);
    let release = link(bases.release).filter(|(page, _)| before.as_ref().is_none_or(|(before, _)| before != page));
    html! {
        @if before.is_some() || release.is_some() {
            p {
                "What changed: "
                @for (index, (page, base)) in before.iter().chain(&release).enumerate() {
                    @if index > 0 { ", " }
                    a href={ "../" (page) } { "against " (name(base.compiler())) }
                    span.muted { @if index == 0 && before.is_some() { " before it" } @else { ", the last release" } }
                }
            }
        }
    }
}

/// Completes a report with data from elsewhere in it or from the history.
fn complete(report: &mut Report, figures: &[ExtraFigure]) {
    for measured in &mut report.benchmarks {
        figures.iter().for_each(|figure| add(measured, figure));
        if measured.phases.is_empty() {
            measured.phases = announced(measured);
        }
    }
}

fn add(measured: &mut Measured, figure: &ExtraFigure) {
    if figure.benchmark != measured.id {
        return;
    }
    let metric = figure.metric;
    if let (None, Some(estimate)) = (measured.estimate(metric), stats::estimate(&figure.values)) {
        let (unit, direction) = (metric.unit(), metric.direction());
        measured.metrics.push(MetricSummary { metric, unit, direction, estimate });
    }
}

/// The phases of runs whose own wall time is unknown, so that no phase has a share in it.
fn announced(measured: &Measured) -> Vec<PhaseSummary> {
    let values = figures::values(measured).into_iter();
    let walls = values.filter(|values| values.metric == Metric::Wall && values.package.is_none());
    walls
        .filter_map(|values| {
            Some(PhaseSummary {
                phase: Some(values.phase?),
                package: None,
                depth: values.depth?,
                wall: stats::estimate(&values.values)?,
                share: f64::NAN,
                cpu: None,
                peak_memory: None,
                instructions: None,
            })
        })
        .collect()
}
