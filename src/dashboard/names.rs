//! The paths of all pages, and the description of each benchmark.

use std::collections::{BTreeMap, HashMap};

use super::Options;
use crate::chart::PhaseColours;
use crate::history::{History, HistoryError, ReportId, ReportInfo};
use crate::model::{Measured, Metric};
use crate::text::slug::slugs;
use crate::trends::Trends;

/// The files of all pages, and the colours of all phases.
pub(super) struct Names {
    benchmarks: HashMap<String, String>,
    reports: HashMap<ReportId, String>,
    /// The same phase has the same colour on every page.
    pub(super) colours: PhaseColours,
    about: BTreeMap<String, About>,
    /// A digest of what pages of single reports use from here.
    pub(super) fingerprint: String,
}

/// The suite's description of a benchmark.
#[derive(Clone, Debug, Default)]
pub(super) struct About {
    pub(super) description: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) command: Vec<String>,
}

impl Names {
    pub(super) fn of(history: &History, trends: &Trends, options: &Options) -> Result<Self, HistoryError> {
        let ids = trends.benchmarks();
        let benchmarks: HashMap<String, String> =
            ids.iter().zip(slugs(ids.iter().copied())).map(|(id, slug)| ((*id).to_owned(), slug)).collect();
        let reports = shown(trends, options.reports).map(|report| (report.id, report.name())).collect();
        let phases = trends.series.iter().filter_map(|trend| trend.series.key.phase.as_deref());
        let colours = PhaseColours::of_names(phases);
        let fingerprint = fingerprint(&benchmarks, &colours);
        Ok(Self { benchmarks, reports, colours, about: about(history, trends)?, fingerprint })
    }

    /// The page of a benchmark, from the dashboard's folder.
    pub(super) fn benchmark(&self, id: &str) -> String {
        let slug = self.benchmarks.get(id).map_or("unknown", String::as_str);
        format!("benchmarks/{slug}.html")
    }

    /// The same for a benchmark that may never have been measured; it has no page then.
    pub(super) fn page_of(&self, id: &str) -> Option<String> {
        self.benchmarks.get(id).map(|slug| format!("benchmarks/{slug}.html"))
    }

    /// A report's name in links and files; `None` if it is too old to have a page.
    pub(super) fn report(&self, report: ReportId) -> Option<&str> {
        self.reports.get(&report).map(String::as_str)
    }

    /// The page of a report, from the dashboard's folder, if it has one.
    pub(super) fn run_page(&self, report: ReportId) -> Option<String> {
        self.report(report).map(|id| format!("runs/{id}.html"))
    }

    /// The suite's description of a benchmark.
    pub(super) fn about(&self, id: &str) -> Option<&About> {
        self.about.get(id)
    }
}

/// The reports that have pages: the last ones in the order of the commits, and the last one measured.
fn shown(trends: &Trends, many: usize) -> impl Iterator<Item = &ReportInfo> {
    let first = trends.reports.len().saturating_sub(many);
    let last = trends.health.last.as_ref().map(|night| night.report);
    let is_shown = move |(index, report): &(usize, &ReportInfo)| *index >= first || Some(report.id) == last;
    trends.reports.iter().enumerate().filter(is_shown).map(|(_, report)| report)
}

/// Where the pages of benchmarks are, and what colours the phases have.
fn fingerprint(benchmarks: &HashMap<String, String>, colours: &PhaseColours) -> String {
    let sorted: BTreeMap<&String, &String> = benchmarks.iter().collect();
    super::site::digest(format!("{sorted:?}{colours:?}").as_bytes())
}

/// The descriptions from the last report of each benchmark; there are few such reports.
fn about(history: &History, trends: &Trends) -> Result<BTreeMap<String, About>, HistoryError> {
    let mut last: BTreeMap<ReportId, Vec<&str>> = BTreeMap::new();
    for id in trends.benchmarks() {
        let walls = trends
            .series
            .iter()
            .filter(|trend| trend.series.key.benchmark == id)
            .filter(|trend| trend.series.key.phase.is_none() || trend.series.key.metric == Metric::Wall);
        if let Some(report) = walls.filter_map(|trend| trend.points.last()).max_by_key(|point| point.position) {
            last.entry(report.report).or_default().push(id);
        }
    }
    let mut about = BTreeMap::new();
    for (report, ids) in last {
        let kept = history.report(report)?;
        let found = kept.report.benchmarks.into_iter().filter(|measured| ids.contains(&measured.id.as_str()));
        for Measured { id, description, tags, command, .. } in found {
            about.insert(id, About { description, tags, command });
        }
    }
    Ok(about)
}
