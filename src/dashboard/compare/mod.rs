//! The compare page: the stored medians of any two reports of the history, side by side.
//!
//! Not every pair of thousands of reports can be judged in advance, and the browser judges nothing. So the page shows the
//! stored medians, intervals and ratios, and the command that gives the verdict, `forc-perf history diff`.
//!
//! Below the folder of the dashboard:
//!
//! | file | |
//! |---|---|
//! | `compare.html` | the page; `#base=ID&other=ID` chooses two reports |
//! | `assets/` | its scripts ([`ASSETS`]) |
//! | `data/commits.js` | the reports to choose from ([`commits_data`]) |
//! | `data/ID.js` | the medians of a report ([`report_data`]), called by its [`crate::history::ReportInfo::name`] |

mod commits;
mod page;
mod report;
mod script;
#[cfg(test)]
mod tests;

use super::frame::{Frame, Place};
use super::site::Site;
use super::{DashboardError, Pages};
pub use commits::commits_data;
pub use report::{DATA_VERSION, report_data};

/// The page's own scripts: names below `assets/`, and contents.
pub const ASSETS: [(&str, &str); 2] =
    [("data.js", include_str!("../assets/data.js")), ("compare.js", include_str!("../assets/compare.js"))];

/// The scripts of the page, in the order in which they must run. The list of reports is among them.
const SCRIPTS: [&str; 3] = ["assets/data.js", "data/commits.js", "assets/compare.js"];

/// Writes the page and all that it needs.
pub(super) fn put(site: &mut Site, pages: &Pages) -> Result<(), DashboardError> {
    let mut shown = Vec::new();
    for info in &pages.trends.reports {
        let Some(id) = pages.names.report(info.id) else { continue };
        shown.push(info);
        let made_of = format!("{DATA_VERSION} {id} {}", info.digest);
        site.put_made(&format!("data/{id}.js"), &made_of, || Ok(report_data(id, &pages.history.levels_of(info.id)?)))?;
    }
    let verdicts = pages.pairs.names();
    let verdicts = verdicts.iter().map(|pair| pair.each_ref().map(String::as_str));
    site.put("data/commits.js", &commits_data(&shown, verdicts))?;
    ASSETS.iter().try_for_each(|(name, script)| site.put(&format!("assets/{name}"), script))?;
    let header = maud::html! {
        header {
            h1 { "Two reports side by side" }
            p.muted { "Any two: their medians as they were stored." }
        }
    };
    let frame = Frame { title: "Side by side", place: Place::Compare, depth: 0, scripts: &SCRIPTS };
    site.put("compare.html", &frame.around(pages, &header, &page::content()))
}
