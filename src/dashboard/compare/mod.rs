//! The compare page: any two reports of the history, with the verdicts of `forc-perf diff`.
//!
//! Any two of thousands cannot be rendered beforehand, so the browser judges: `assets/judge.js` does for two data files
//! what [`crate::compare::of_reports`] does for two reports, and `tests/dashboard_compare.rs` holds the one against the
//! other. What both must agree on is written by Rust alone: the figures ([`report_data`], by the extraction that
//! comparisons are made with) and every constant ([`rules_data`]).
//!
//! Below the folder of the dashboard:
//!
//! | file | |
//! |---|---|
//! | `compare.html` | the page; `#base=ID&other=ID` is a comparison |
//! | `assets/` | its scripts ([`ASSETS`]) |
//! | `data/rules.js` | the constants of a comparison ([`rules_data`]) |
//! | `data/commits.js` | the reports to choose from ([`commits_data`]) |
//! | `data/ID.js` | the figures of a report ([`report_data`]), called by its [`report_id`] |

mod commits;
mod page;
mod report;
mod rules;
mod script;
#[cfg(test)]
mod tests;

use super::frame::{Frame, Place};
use super::site::Site;
use super::{DashboardError, Pages};
pub use commits::commits_data;
pub use report::{DATA_VERSION, report_data, report_id};
pub use rules::rules_data;

/// The page's own scripts: names below `assets/`, and contents.
pub const ASSETS: [(&str, &str); 4] = [
    ("data.js", include_str!("../assets/data.js")),
    ("judge.js", include_str!("../assets/judge.js")),
    ("words.js", include_str!("../assets/words.js")),
    ("compare.js", include_str!("../assets/compare.js")),
];

/// The scripts of the page, in the order in which they must run. Data files are among them: what they define is all that
/// the page knows of the history.
const SCRIPTS: [&str; 6] =
    ["assets/data.js", "data/rules.js", "data/commits.js", "assets/judge.js", "assets/words.js", "assets/compare.js"];

/// Writes the page and all that it needs.
pub(super) fn put(site: &mut Site, pages: &Pages) -> Result<(), DashboardError> {
    let mut shown = Vec::new();
    for info in &pages.trends.reports {
        let Some(id) = pages.names.report(info.id) else { continue };
        shown.push(info);
        let made_of = format!("{DATA_VERSION} {id} {}", info.digest);
        site.put_made(&format!("data/{id}.js"), &made_of, || {
            let kept = pages.history.report(info.id)?;
            Ok(report_data(id, &kept.report, &kept.provenance))
        })?;
    }
    site.put("data/rules.js", &rules_data())?;
    site.put("data/commits.js", &commits_data(shown))?;
    ASSETS.iter().try_for_each(|(name, script)| site.put(&format!("assets/{name}"), script))?;
    let header = maud::html! {
        header {
            h1 { "Compare two reports" }
            p.muted { "Any two, with the verdicts of " code { "forc-perf diff" } "." }
        }
    };
    let frame = Frame { title: "Compare", place: Place::Compare, depth: 0, scripts: &SCRIPTS };
    site.put("compare.html", &frame.around(pages, &header, &page::content()))
}
