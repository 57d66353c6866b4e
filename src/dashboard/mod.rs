//! The dashboard: static pages of a whole history, from disk or from any web server.
//!
//! [`write()`] makes the pages of [`crate::trends::Trends`] in a folder. They load only each other: the content security
//! policy of each allows the folder's own scripts, styles and pictures, and nothing inline. Charts are drawn here, so a page
//! works without its scripts, which add search, sorting, tooltips and zoom. Names and subjects of commits are always text,
//! never markup.
//!
//! Only changes are written: pages of single reports and of verdicts are identified by their inputs and not made again, and
//! all others are compared with the existing files.
//!
//! Verdicts are made here, by the judge of every other format. The browser judges nothing.

mod assets;
mod benchmark;
mod charts;
mod commits;
pub mod compare;
mod error;
mod events;
mod frame;
mod front;
mod hands;
mod names;
mod parts;
mod run;
mod scatter;
mod site;
#[cfg(test)]
mod tests;
mod verdict;

use std::path::Path;

pub use error::DashboardError;
pub use site::Written;

use crate::history::History;
use crate::trends::Trends;
use names::Names;
use site::Site;
use verdict::Pairs;

/// The options of a dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The title of all pages.
    pub title: String,
    /// How many of the latest reports, in the order of the commits, have pages of their own and verdicts and can be
    /// compared. The charts show all reports.
    pub reports: usize,
    /// For how many of the latest reports frames are drawn and all verdicts are shown. Earlier reports have tables only, and
    /// verdicts of what changed.
    pub drawn: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { title: "Sway compiler performance".to_owned(), reports: 1000, drawn: 30 }
    }
}

/// Writes the dashboard of a history into `folder`, which is created if needed. Files of an earlier dashboard that are no
/// longer part of it are removed; other files stay.
///
/// # Errors
/// If the history cannot be read, a file cannot be written, or another harness is writing to the same folder.
pub fn write(history: &History, trends: &Trends, folder: &Path, options: &Options) -> Result<Written, DashboardError> {
    let mut site = Site::open(folder)?;
    let names = Names::of(history, trends, options)?;
    let pairs = Pairs::of(trends, &names);
    let pages = Pages { history, trends, options, names, pairs };
    assets::put(&mut site)?;
    site.put("index.html", &front::page(&pages))?;
    site.put("events.html", &events::page(&pages))?;
    compare::put(&mut site, &pages)?;
    site.put("commits.html", &commits::page(&pages))?;
    site.put("scatter.html", &scatter::page(&pages))?;
    for benchmark in pages.trends.benchmarks() {
        site.put(&pages.names.benchmark(benchmark), &benchmark::page(&pages, benchmark)?)?;
    }
    let latest = run::latest(&trends.reports, options.drawn);
    run::put(&mut site, &pages, &latest)?;
    verdict::put(&mut site, &pages, &latest)?;
    site.finish()
}

/// What all pages share.
struct Pages<'a> {
    history: &'a History,
    trends: &'a Trends,
    options: &'a Options,
    names: Names,
    pairs: Pairs<'a>,
}
