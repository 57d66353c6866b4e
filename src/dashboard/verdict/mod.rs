//! Pages of verdicts: each report against the one before it and against the last release, and both sides of each event.
//!
//! They agree with `forc-perf history diff` of the same two reports. A page is identified by its two reports, so a night
//! adds only two pages and older reports are not read again.

mod page;
mod pairs;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::hands::Hands;
use super::site::Site;
use super::{DashboardError, Pages};
use crate::history::{ReportId, ReportInfo};
pub(super) use pairs::{Pair, Pairs};

/// A pair whose page is wanted.
struct Wanted<'a> {
    pair: [&'a ReportInfo; 2],
    /// The file of its page.
    page: String,
    /// Whether the page shows everything, or only what changed.
    whole: bool,
    /// All that goes into its page.
    made_of: String,
}

/// Writes a page for every pair. The pages of the `latest` reports show more.
pub(super) fn put(site: &mut Site, pages: &Pages, latest: &BTreeSet<ReportId>) -> Result<(), DashboardError> {
    let all = pages.pairs.all().into_iter().filter_map(|pair| wanted(pages, pair, latest));
    let wanted: Vec<Wanted> = all.filter(|wanted| !site.keeps(&wanted.page, &wanted.made_of)).collect();
    let shared = page::Shared::of(pages);
    Hands { history: pages.history.path() }.put(
        site,
        &wanted,
        |wanted| &wanted.made_of,
        page::Recent::default,
        |history, recent, wanted| Ok(vec![(wanted.page.clone(), page::page(history, recent, &shared, wanted)?)]),
    )
}

fn wanted<'a>(pages: &Pages<'a>, pair: Pair, latest: &BTreeSet<ReportId>) -> Option<Wanted<'a>> {
    let infos = pages.pairs.infos(pair)?;
    let whole = latest.contains(&infos[1].id);
    // Reports' numbers and positions do not affect the page, but whether they have pages of their own does.
    let described = infos.map(|info| {
        let commit = info.commit.as_ref().map(|commit| (&commit.id, &commit.time, &commit.subject));
        (&info.digest, &info.created, commit, &info.version, pages.names.report(info.id).is_some())
    });
    let drawn_with = whole.then_some(&pages.names.fingerprint);
    let made_of = format!("{:?}", (described, &pages.options.title, drawn_with));
    Some(Wanted { pair: infos, page: pairs::page(infos), whole, made_of })
}
