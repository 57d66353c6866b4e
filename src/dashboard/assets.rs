//! The files that all pages load.

use super::DashboardError;
use super::site::Site;
use crate::chart;

/// The style of reports, and the additions of a dashboard.
const STYLES: [&str; 4] = [
    include_str!("../report/html/style.css"),
    include_str!("assets/dashboard.css"),
    include_str!("assets/trend.css"),
    include_str!("assets/compare.css"),
];

/// The script of charts over commits.
pub(super) const TREND_SCRIPT: &str = include_str!("assets/trend.js");

const SCRIPTS: [(&str, &str); 2] = [("site.js", include_str!("assets/site.js")), ("trend.js", TREND_SCRIPT)];

/// Writes them. All styles are in one file, so a page waits for only one.
pub(super) fn put(site: &mut Site) -> Result<(), DashboardError> {
    let mut style = STYLES.concat();
    style += &chart::page_css();
    style += &crate::report::html::classes();
    site.put("assets/style.css", &style)?;
    SCRIPTS.iter().try_for_each(|(name, script)| site.put(&format!("assets/{name}"), script))
}
