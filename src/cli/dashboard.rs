//! `dashboard`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::Outcome;
use super::record::HistoryOption;
use super::{DEFAULT_DASHBOARD, Result, say};
use crate::dashboard::{self, Options, Written};
use crate::history::History;
use crate::text::format;
use crate::trends::Trends;

/// Options of `dashboard`.
#[derive(Clone, Debug, Args)]
pub(super) struct DashboardOptions {
    #[command(flatten)]
    pages: PageOptions,

    #[command(flatten)]
    history: HistoryOption,
}

/// How the pages are written.
#[derive(Clone, Debug, Args)]
pub(super) struct PageOptions {
    /// Output folder: an empty one, or one with an earlier dashboard, in which only changed files are written
    #[arg(long, value_name = "DIR", default_value = DEFAULT_DASHBOARD)]
    out: PathBuf,

    /// Heading of the pages
    #[arg(long, value_name = "TEXT", default_value_t = Options::default().title)]
    title: String,

    /// How many of the latest reports get their own pages and can be compared; the charts show all
    #[arg(long, value_name = "N", default_value_t = Options::default().reports)]
    reports: usize,

    /// How many of the latest reports get charts of their frames; earlier ones get tables
    #[arg(long, value_name = "N", default_value_t = Options::default().drawn)]
    drawn: usize,
}

impl PageOptions {
    /// Writes the pages.
    pub(super) fn write(&self, history: &History, trends: &Trends) -> Result<Written> {
        let options = Options { title: self.title.clone(), reports: self.reports, drawn: self.drawn };
        Ok(dashboard::write(history, trends, &self.out, &options)?)
    }

    /// Where they are.
    pub(super) fn out(&self) -> &Path {
        &self.out
    }
}

pub(super) fn dashboard(options: &DashboardOptions) -> Result<Outcome> {
    let history = options.history.open_read_only()?;
    let trends = Trends::of(&history)?;
    let written = options.pages.write(&history, &trends)?;
    say(summary(&written));
    Ok(if trends.axis.commits.is_empty() { Outcome::NothingMeasured } else { Outcome::Success })
}

/// Where the pages are, and how many of them are new.
pub(super) fn summary(written: &Written) -> String {
    let removed = if written.removed > 0 { format!(", {} removed", written.removed) } else { String::new() };
    format!(
        "dashboard: {} ({}; {} files written, {} unchanged{removed})",
        written.index.display(),
        format::bytes(written.size as f64),
        written.written,
        written.kept
    )
}
