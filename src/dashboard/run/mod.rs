//! The pages of single reports. Each is made once, and again only if its bases change.

mod page;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::hands::Hands;
use super::site::Site;
use super::{DashboardError, Pages};
use crate::history::{ReportId, ReportInfo};
use page::Shared;

/// A report whose page is wanted.
struct Run<'a> {
    info: &'a ReportInfo,
    /// Its name in links and files.
    id: &'a str,
    /// The file of its page.
    page: String,
    /// Whether its frames are drawn, if it has any.
    drawn: bool,
    /// All that goes into its page.
    made_of: String,
}

/// Writes a page for every report, and the pictures of the `latest`.
pub(super) fn put(site: &mut Site, pages: &Pages, latest: &BTreeSet<ReportId>) -> Result<(), DashboardError> {
    let shared = Shared { names: &pages.names, pairs: &pages.pairs, title: &pages.options.title };
    let wanted: Vec<Run> = runs(pages, latest).filter(|run| !site.keeps(&run.page, &run.made_of)).collect();
    let hands = Hands { history: pages.history.path() };
    hands.put(site, &wanted, |run| &run.made_of, || (), |history, (), run| page::files(history, &shared, run))
}

fn runs<'a>(pages: &'a Pages, latest: &'a BTreeSet<ReportId>) -> impl Iterator<Item = Run<'a>> {
    pages.trends.reports.iter().filter_map(move |info| {
        let (id, page) = (pages.names.report(info.id)?, pages.names.run_page(info.id)?);
        let drawn = info.has_frames && latest.contains(&info.id);
        // A report's number and position do not affect the page.
        let commit = info.commit.as_ref().map(|commit| (&commit.id, &commit.time, &commit.subject));
        let info_of = (&info.digest, &info.created, commit, &info.version, info.source, &info.machine, info.has_frames);
        let bases = pages.pairs.bases(info.id);
        let bases = [bases.before, bases.release].map(|base| pages.pairs.page([base?, info.id]));
        let made_of = format!("{:?}", (info_of, &pages.options.title, drawn, &pages.names.fingerprint, bases));
        Some(Run { info, id, page, drawn, made_of })
    })
}

/// The reports that were measured last, by the clock and not by the commit.
pub(super) fn latest(reports: &[ReportInfo], many: usize) -> BTreeSet<ReportId> {
    let mut by_time: Vec<&ReportInfo> = reports.iter().collect();
    by_time.sort_by(|a, b| b.created.cmp(&a.created).then(b.id.cmp(&a.id)));
    by_time.into_iter().take(many).map(|info| info.id).collect()
}
