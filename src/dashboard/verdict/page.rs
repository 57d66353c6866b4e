//! The page that compares two reports.

use std::collections::{BTreeMap, VecDeque};

use maud::{Markup, html};

use super::Wanted;
use crate::dashboard::frame::{Frame, Place};
use crate::dashboard::names::Names;
use crate::dashboard::parts::{date, time};
use crate::dashboard::{DashboardError, Pages};
use crate::history::{History, HistoryError, ReportId, ReportInfo, hosts, side_names};
use crate::model::Report;
use crate::report::html::parts::{name, outside_text};
use crate::report::html::{Part, comparison_content};
use crate::text::shell;
use crate::text::{clean, shortened};
use crate::verdict;

/// How many reports are cached: a report's bases are often those of the one before it.
const KEPT: usize = 6;

/// What all pages share.
pub(super) struct Shared<'a> {
    names: &'a Names,
    title: &'a str,
}

impl<'a> Shared<'a> {
    pub(super) fn of(pages: &'a Pages) -> Self {
        Self { names: &pages.names, title: &pages.options.title }
    }
}

/// The reports that were read last.
#[derive(Default)]
pub(super) struct Recent(VecDeque<(ReportId, Report)>);

impl Recent {
    fn report(&mut self, history: &History, id: ReportId) -> Result<Report, HistoryError> {
        if let Some((_, report)) = self.0.iter().find(|(known, _)| *known == id) {
            return Ok(report.clone());
        }
        let report = history.report_without_frames(id)?.report;
        self.0.truncate(KEPT - 1);
        self.0.push_front((id, report.clone()));
        Ok(report)
    }
}

/// The page, as a text.
pub(super) fn page(
    history: &History,
    recent: &mut Recent,
    shared: &Shared,
    wanted: &Wanted,
) -> Result<String, DashboardError> {
    let [base, other] = wanted.pair;
    let reports = [recent.report(history, base.id)?, recent.report(history, other.id)?];
    let hosts = hosts(&reports);
    let names = side_names(wanted.pair);
    let [base_name, other_name] = names.each_ref().map(|name| shortened(&clean(name)).into_owned());
    let title = format!("{other_name} against {base_name}");
    // Both are of one class of machines, possibly measured on different hosts.
    let body = match verdict::of_reports(reports, names, &BTreeMap::new(), true) {
        Ok(comparison) => {
            let part = if wanted.whole { Part::Figures(shared.names.colours.clone()) } else { Part::Changes };
            comparison_content(&comparison, part)
        }
        Err(error) => html! {
            section.nothing role="alert" { h2 { "Nothing to compare" } p { (outside_text(&error.to_string())) "." } }
        },
    };
    let command = ["forc-perf", "history", "diff", &base.name(), &other.name()];
    let body = html! {
        @if let Some(hosts) = hosts { p.banner.warning { (outside_text(&hosts)) "." } }
        (body)
        section aria-labelledby="command" {
            h2 #command { "The same from the command line" }
            pre.command tabindex="0" { (shell::line(&command)) }
        }
    };
    let frame = Frame { title: &title, place: Place::Elsewhere, depth: 1, scripts: &[] };
    Ok(frame.titled(shared.title, &header(shared, wanted.pair, &title), &body))
}

fn header(shared: &Shared, pair: [&ReportInfo; 2], title: &str) -> Markup {
    let [base, other] = pair;
    let have_pages = pair.iter().all(|info| shared.names.report(info.id).is_some());
    html! {
        header {
            h1 { (title) }
            p.muted { (side(shared, other)) }
            p.muted { "against " (side(shared, base)) }
            p.muted {
                "On " (name(&other.machine.to_string())) "."
                @if have_pages {
                    " " a href={ "../compare.html#base=" (base.name()) "&other=" (other.name()) } { "Medians side by side" }
                }
            }
        }
    }
}

/// Which report it is, with a link to its page if it has one.
fn side(shared: &Shared, info: &ReportInfo) -> Markup {
    let what = html! { span.commit { (name(info.compiler())) } };
    html! {
        @match shared.names.run_page(info.id) {
            Some(page) => { a href={ "../" (page) } { (what) } }
            None => (what),
        }
        @if let Some(commit) = &info.commit {
            @if let Some(time) = &commit.time { " " (date(time)) }
            " " span.subject { (outside_text(&commit.subject)) }
        }
        ", measured " (time(&info.created))
    }
}
