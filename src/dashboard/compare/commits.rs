//! The reports that the compare page lets one choose from.

use serde::Serialize;

use super::report::{DATA_VERSION, report_id};
use super::script::script;
use crate::history::ReportInfo;

/// A report an element of each column, in the order of the compiler's commits.
#[derive(Default, Serialize)]
struct Columns {
    /// The layout's version.
    v: u32,
    /// [`report_id`], which is the data file's name without `.js`.
    id: Vec<String>,
    /// The commit's whole id, or a release's tag; absent for a compiler of unknown origin.
    commit: Vec<Option<String>>,
    /// The commit as it is usually shown, or the compiler's version.
    name: Vec<String>,
    /// The commit's subject.
    subject: Vec<String>,
    /// When the commit was made, else when the report was measured; RFC 3339.
    time: Vec<String>,
    /// When the report was measured, RFC 3339.
    created: Vec<String>,
    /// The machine, as a place in `machines`.
    machine: Vec<usize>,
    /// The machines, in words.
    machines: Vec<String>,
    /// Who measured, as a place in `sources`.
    source: Vec<usize>,
    /// Who measures.
    sources: Vec<&'static str>,
    /// How many benchmarks have runs.
    benchmarks: Vec<usize>,
    /// How many runs they have together.
    runs: Vec<usize>,
}

/// The data file of the list of reports, in the order in which they are given.
pub fn commits_data<'a>(reports: impl IntoIterator<Item = &'a ReportInfo>) -> String {
    let mut columns = Columns { v: DATA_VERSION, ..Columns::default() };
    for report in reports {
        let commit = report.commit.as_ref();
        columns.id.push(report_id(report));
        columns.commit.push(commit.map(|commit| commit.id.clone()));
        columns.name.push(commit.map_or_else(|| report.version.clone(), |commit| commit.short().to_owned()));
        columns.subject.push(commit.map_or_else(String::new, |commit| commit.subject.clone()));
        columns.time.push(commit.and_then(|commit| commit.time.clone()).unwrap_or_else(|| report.created.clone()));
        columns.created.push(report.created.clone());
        columns.machine.push(place(&mut columns.machines, report.machine.to_string()));
        columns.source.push(place(&mut columns.sources, report.source.name()));
        columns.benchmarks.push(report.benchmarks);
        columns.runs.push(report.runs);
    }
    script("commits", &columns)
}

/// The place of a value among those known, to which it is added if need be.
fn place<T: PartialEq>(known: &mut Vec<T>, value: T) -> usize {
    known.iter().position(|one| *one == value).unwrap_or_else(|| {
        known.push(value);
        known.len() - 1
    })
}
