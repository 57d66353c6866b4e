//! The axis that all series share.

use std::collections::HashMap;

use semver::Version;
use serde::Serialize;

use super::TrendPoint;
use crate::history::{Level, ReportId, ReportInfo};
use crate::stats;

/// The compiler's commits that were ever measured, in their order.
#[derive(Clone, Debug, Default)]
pub struct Axis {
    /// One commit per position.
    pub commits: Vec<Commit>,
    positions: HashMap<ReportId, usize>,
}

/// One position of the axis: a commit, a release, or a report whose compiler's commit is unknown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Commit {
    /// The commit's full id, or `v0.72.1` of a release; absent where neither is known.
    pub id: Option<String>,
    /// Its display name: ten digits of the id, the release, or the compiler's version with the time of the measurement.
    pub name: String,
    /// The first line of its message; may be empty.
    pub subject: String,
    /// When it was made, or when it was first measured if that is not known, RFC 3339.
    pub date: String,
    /// The version that the compiler reported.
    pub version: String,
    /// The release that begins here, `v0.72.1`: it is one, its message says so, or it is the first of that version.
    pub release: Option<String>,
    /// Its reports, in the order in which they were measured.
    pub reports: Vec<ReportId>,
    /// When it was first measured, RFC 3339.
    pub measured: String,
}

impl Commit {
    /// Its key for `history ack` and in the list of reported events: its id, or its name where it has none.
    pub fn key(&self) -> &str {
        self.id.as_deref().unwrap_or(&self.name)
    }
}

impl Axis {
    /// The axis of reports, which must be in the order of the commits.
    pub fn of(reports: &[ReportInfo]) -> Self {
        let mut axis = Self::default();
        let mut known: HashMap<&str, usize> = HashMap::new();
        for report in reports {
            let id = report.commit.as_ref().map(|commit| commit.id.as_str());
            let position = match id.and_then(|id| known.get(id).copied()) {
                Some(position) => position,
                None => {
                    let position = axis.commits.len();
                    axis.commits.push(commit(report));
                    if let Some(id) = id {
                        known.insert(id, position);
                    }
                    position
                }
            };
            let commit = &mut axis.commits[position];
            commit.reports.push(report.id);
            if report.created < commit.measured {
                commit.measured.clone_from(&report.created);
            }
            axis.positions.insert(report.id, position);
        }
        mark_releases(&mut axis.commits);
        axis
    }

    /// The position of a report.
    pub fn position(&self, report: ReportId) -> Option<usize> {
        self.positions.get(&report).copied()
    }

    /// The position of the commit of this full id.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.commits.iter().position(|commit| commit.id.as_deref() == Some(id))
    }

    /// One point per commit, in the order of the axis. If several reports have measured a commit, its point is the median of
    /// their medians, and its interval spans all of their intervals.
    pub(super) fn place(&self, levels: Vec<Level>) -> Vec<TrendPoint> {
        let mut placed: Vec<(usize, Level)> =
            levels.into_iter().filter_map(|level| Some((self.position(level.report)?, level))).collect();
        // Reports are numbered in the order of recording; the point refers to the last one.
        placed.sort_by_key(|(position, level)| (*position, level.report));
        placed.chunk_by(|a, b| a.0 == b.0).filter_map(point).collect()
    }
}

fn point(levels: &[(usize, Level)]) -> Option<TrendPoint> {
    let (position, last) = *levels.last()?;
    let medians: Vec<f64> = levels.iter().map(|(_, level)| level.median).collect();
    let spreads: Vec<f64> = levels.iter().filter_map(|(_, level)| level.spread).collect();
    Some(TrendPoint {
        position,
        report: last.report,
        count: levels.iter().map(|(_, level)| level.count).sum(),
        median: stats::median(&medians)?,
        low: levels.iter().map(|(_, level)| level.low).fold(f64::INFINITY, f64::min),
        high: levels.iter().map(|(_, level)| level.high).fold(f64::NEG_INFINITY, f64::max),
        spread: stats::median(&spreads),
        summed: false,
    })
}

fn commit(report: &ReportInfo) -> Commit {
    let reference = report.commit.as_ref();
    Commit {
        id: reference.map(|commit| commit.id.clone()),
        // If only the compiler's version is known, each measurement has a position of its own.
        name: reference.map_or_else(
            || format!("{} of {}", report.version, report.created.get(..16).unwrap_or(&report.created)),
            |commit| commit.short().to_owned(),
        ),
        subject: reference.map(|commit| commit.subject.clone()).unwrap_or_default(),
        date: reference.and_then(|commit| commit.time.clone()).unwrap_or_else(|| report.created.clone()),
        version: report.version.clone(),
        reports: Vec::new(),
        release: None,
        measured: report.created.clone(),
    }
}

/// Marks where releases begin, each once.
fn mark_releases(commits: &mut [Commit]) {
    let mut known: Vec<Version> = Vec::new();
    let mut last: Option<Version> = None;
    for commit in commits {
        let own = commit.id.as_deref().and_then(|id| id.strip_prefix('v')?.parse().ok());
        let claimed = commit.version.parse::<Version>().ok();
        // The first commit of the axis has a version, but need not be the first of that version.
        let risen = claimed.clone().filter(|claimed| last.as_ref().is_some_and(|last| claimed > last));
        last = claimed.or(last);
        let begun = own.or_else(|| bumped(&commit.subject)).or(risen);
        if let Some(version) = begun.filter(|version| !known.contains(version)) {
            commit.release = Some(format!("v{version}"));
            known.push(version);
        }
    }
}

/// The version that a message says the compiler was raised to, as its developers write it: `Bump to v0.53.0 (#5831)`,
/// `chore: bump version to 0.49.1`. Messages about other things that were bumped name these.
fn bumped(subject: &str) -> Option<Version> {
    let lower = subject.to_ascii_lowercase();
    let (_, rest) = lower.split_once("bump to ").or_else(|| lower.split_once("bump version to "))?;
    let (version, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let is_all = rest.is_empty() || rest.starts_with("(#");
    version.strip_prefix('v').unwrap_or(version).parse().ok().filter(|_| is_all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_compilers_own_versions_are_releases() {
        let found = |subject: &str| bumped(subject).map(|version| version.to_string());
        for subject in ["Bump to v0.53.0 (#5831)", "chore: bump to v0.53.0", "chore: bump version to 0.53.0 (#1)"] {
            assert_eq!(found(subject).as_deref(), Some("0.53.0"), "{subject}");
        }
        for subject in [
            "ci: bump rust version to 1.70 (#4749)",
            "chore: bump fuel-core to v0.27.0",
            "Bump to v0.53.0 of fuel-core",
            "",
        ] {
            assert_eq!(found(subject), None, "{subject}");
        }
    }
}
