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
//! | `compare.html` | the page ([`page()`]); `#base=ID&other=ID` is a comparison |
//! | `assets/` | its scripts and styles ([`ASSETS`]) |
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

use std::fs;
use std::path::{Path, PathBuf};

use crate::history::{History, HistoryError, ReportFilter};
pub use commits::commits_data;
pub use page::{SCRIPTS, STYLES, content, page};
pub use report::{DATA_VERSION, report_data, report_id};
pub use rules::rules_data;

/// The page's own scripts and styles: names below `assets/`, and contents.
pub const ASSETS: [(&str, &str); 5] = [
    ("data.js", include_str!("../assets/data.js")),
    ("judge.js", include_str!("../assets/judge.js")),
    ("words.js", include_str!("../assets/words.js")),
    ("compare.js", include_str!("../assets/compare.js")),
    ("compare.css", include_str!("../assets/compare.css")),
];

/// The page's file.
pub const PAGE: &str = "compare.html";

/// The folder of data files, below the dashboard's.
pub const DATA: &str = "data";

/// The folder of scripts and styles, below the dashboard's.
pub const FOLDER_OF_ASSETS: &str = "assets";

/// Why the pages could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The history could not be read.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A file could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// How many reports.
    pub reports: usize,
    /// How many bytes their data files have together.
    pub bytes: usize,
}

/// Writes the page and all that it needs into a folder, but for the style sheet that all pages share.
///
/// # Errors
/// If the history cannot be read or a file cannot be written.
pub fn write(history: &History, folder: &Path) -> Result<Written, WriteError> {
    let infos = history.reports(&ReportFilter::default())?;
    let data = folder.join(DATA);
    let assets = folder.join(FOLDER_OF_ASSETS);
    for folder in [&data, &assets] {
        fs::create_dir_all(folder).map_err(|source| WriteError::Write { path: folder.clone(), source })?;
    }
    let mut written = Written::default();
    for info in &infos {
        let kept = history.report(info.id)?;
        let id = report_id(info);
        let text = report_data(&id, &kept.report, &kept.provenance);
        put(data.join(format!("{id}.js")), &text)?;
        written.reports += 1;
        written.bytes += text.len();
    }
    put(data.join("rules.js"), &rules_data())?;
    put(data.join("commits.js"), &commits_data(&infos))?;
    for (name, content) in ASSETS {
        put(assets.join(name), content)?;
    }
    put(folder.join(PAGE), &page())?;
    Ok(written)
}

fn put(path: PathBuf, content: &str) -> Result<(), WriteError> {
    fs::write(&path, content).map_err(|source| WriteError::Write { path, source })
}
