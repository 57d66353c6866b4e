//! The reports to choose from on the compare page.

use std::collections::HashMap;

use serde::Serialize;

use super::report::DATA_VERSION;
use super::script::script;
use crate::history::ReportInfo;
use crate::text::{clean, shortened};

/// Columns with one element for each report, in the order of the compiler's commits.
#[derive(Default, Serialize)]
struct Columns {
    /// The layout's version.
    v: u32,
    /// [`ReportInfo::name`], which is the data file's name without `.js`.
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
    /// The pairs that have a page of verdicts, base and other, as places in these columns.
    verdicts: Vec<(usize, usize)>,
}

/// The data file of the list of reports, in the order in which they are given, with the pairs of names that have a page of
/// verdicts.
pub fn commits_data<'a>(reports: &[&ReportInfo], verdicts: impl IntoIterator<Item = [&'a str; 2]>) -> String {
    let shown = |text: &str| shortened(&clean(text)).into_owned();
    let mut columns = Columns { v: DATA_VERSION, ..Columns::default() };
    let mut places = HashMap::new();
    for report in reports {
        let commit = report.commit.as_ref();
        places.insert(report.name(), columns.id.len());
        columns.id.push(report.name());
        columns.commit.push(commit.map(|commit| commit.id.clone()));
        columns.name.push(shown(report.compiler()));
        columns.subject.push(commit.map_or_else(String::new, |commit| shown(&commit.subject)));
        columns.time.push(report.date().to_owned());
        columns.created.push(report.created.clone());
        columns.machine.push(place(&mut columns.machines, shown(&report.machine.to_string())));
        columns.source.push(place(&mut columns.sources, report.source.name()));
        columns.benchmarks.push(report.benchmarks);
        columns.runs.push(report.runs);
    }
    let place_of = |name: &str| places.get(name).copied();
    columns.verdicts = verdicts.into_iter().filter_map(|[base, other]| place_of(base).zip(place_of(other))).collect();
    script("commits", &columns)
}

/// The index of a value, which is added if it is new.
fn place<T: PartialEq>(known: &mut Vec<T>, value: T) -> usize {
    known.iter().position(|one| *one == value).unwrap_or_else(|| {
        known.push(value);
        known.len() - 1
    })
}
