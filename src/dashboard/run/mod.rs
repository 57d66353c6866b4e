//! The pages of single reports. They never change: each is made once, of its report and of nothing that a later one says.

mod page;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use super::site::Site;
use super::{DashboardError, Pages};
use crate::history::{History, ReportId, ReportInfo};
use page::Shared;

/// So many pages wait to be written while more are made.
const WAITING: usize = 16;

/// A report whose page is wanted.
struct Run<'a> {
    info: &'a ReportInfo,
    /// What links and files call it.
    id: &'a str,
    /// The file of its page.
    page: String,
    /// Whether its frames are drawn, if it has any.
    drawn: bool,
    /// All that goes into its page.
    made_of: String,
}

/// Files of one report, a name and a content each.
type Files = Vec<(String, String)>;

/// Puts a page for every report, and the pictures of the latest. Several are made at once, each hand reading the history
/// for itself.
pub(super) fn put(site: &mut Site, pages: &Pages) -> Result<(), DashboardError> {
    let shared = Shared { names: &pages.names, title: &pages.options.title };
    let wanted: Vec<Run> = runs(pages).filter(|run| !site.keeps(&run.page, &run.made_of)).collect();
    let path = pages.history.path();
    let hands = thread::available_parallelism().map_or(1, usize::from).min(wanted.len());
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel(WAITING);
        for _ in 0..hands {
            let sender = sender.clone();
            let (wanted, next, shared) = (&wanted, &next, &shared);
            scope.spawn(move || {
                let history = match History::open_read_only(path) {
                    Ok(history) => history,
                    // Nobody listens only where another hand has failed.
                    Err(error) => return drop(sender.send(Err(error.into()))),
                };
                while let Some(run) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let made = page::files(&history, shared, run).map(|files| (run, files));
                    if sender.send(made).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for made in receiver {
            let (run, files) = made?;
            for (name, content) in files {
                site.put_made(&name, &run.made_of, || Ok(content))?;
            }
        }
        Ok(())
    })
}

fn runs<'a>(pages: &'a Pages) -> impl Iterator<Item = Run<'a>> {
    let latest = latest(&pages.trends.reports, pages.options.drawn);
    pages.trends.reports.iter().filter_map(move |info| {
        let (id, page) = (pages.names.report(info.id)?, pages.names.run_page(info.id)?);
        let drawn = info.has_frames && latest.contains(&info.id);
        // The number of a report and its place among others are no part of the page.
        let commit = info.commit.as_ref().map(|commit| (&commit.id, &commit.time, &commit.subject));
        let info_of = (&info.digest, &info.created, commit, &info.version, info.source, &info.machine, info.has_frames);
        let made_of = format!("{:?}", (info_of, &pages.options.title, drawn, &pages.names.fingerprint));
        Some(Run { info, id, page, drawn, made_of })
    })
}

/// The reports that were measured last, by the clock and not by the commit.
fn latest(reports: &[ReportInfo], many: usize) -> BTreeSet<ReportId> {
    let mut by_time: Vec<&ReportInfo> = reports.iter().collect();
    by_time.sort_by(|a, b| b.created.cmp(&a.created).then(b.id.cmp(&a.id)));
    by_time.into_iter().take(many).map(|info| info.id).collect()
}
