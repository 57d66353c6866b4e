//! Filters for reading a history, and the types of its results.

use jiff::Timestamp;
use serde::Serialize;

use super::{CommitRef, HistoryError, MachineClass, Provenance, ReportId, Result, SeriesId, Source};
use crate::model::{Metric, Report, StdChoice};

/// Which texts match.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Match {
    /// Any, and none.
    #[default]
    Any,
    /// Only an absent text: whole runs, for phases; all packages together, for packages.
    Absent,
    /// This one.
    Exact(String),
    /// Those that match the whole of a pattern.
    Glob(glob::Pattern),
    /// Those that contain this.
    Part(String),
}

impl Match {
    /// Reads a user's filter: a pattern, if it contains `*`, `?` or `[`, else a part of a text.
    ///
    /// # Errors
    /// If the pattern is malformed.
    pub fn read(text: &str) -> Result<Self> {
        if !text.contains(['*', '?', '[']) {
            return Ok(Self::Part(text.to_owned()));
        }
        let error = |source| HistoryError::Pattern { pattern: text.to_owned(), source };
        glob::Pattern::new(text).map(Self::Glob).map_err(error)
    }

    /// Exactly this text, or its absence.
    pub fn of(text: Option<&str>) -> Self {
        text.map_or(Self::Absent, |text| Self::Exact(text.to_owned()))
    }

    /// Whether `text` matches.
    pub fn matches(&self, text: Option<&str>) -> bool {
        match (self, text) {
            (Self::Any, _) | (Self::Absent, None) => true,
            (Self::Absent, Some(_)) | (_, None) => false,
            (Self::Exact(exact), Some(text)) => exact == text,
            (Self::Glob(pattern), Some(text)) => pattern.matches(text),
            (Self::Part(part), Some(text)) => text.contains(part.as_str()),
        }
    }
}

/// Which reports are wanted; the default is all.
#[derive(Clone, Debug, Default)]
pub struct ReportFilter {
    /// Those of a commit whose id is matched.
    pub commit: Match,
    /// Those of a machine whose description is matched.
    pub machine: Match,
    /// Those of a compiler whose version is matched.
    pub version: Match,
    /// Those that were measured then or later.
    pub since: Option<Timestamp>,
    /// Those that were measured before.
    pub until: Option<Timestamp>,
}

/// A report, without its runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReportInfo {
    /// Its number.
    pub id: ReportId,
    /// SHA-256 of its content, 64 hexadecimal digits.
    pub digest: String,
    /// When it was measured, RFC 3339.
    pub created: String,
    /// The commit or release that was measured.
    pub commit: Option<CommitRef>,
    /// The version that the compiler reported.
    pub version: String,
    /// Who measured it.
    pub source: Source,
    /// The machine.
    pub machine: MachineClass,
    /// Which std was built with.
    pub std: StdChoice,
    /// Whether the measurement ran to its end.
    pub complete: bool,
    /// How many benchmarks have runs.
    pub benchmarks: usize,
    /// How many runs they have together.
    pub runs: usize,
    /// How many runs did not succeed.
    pub failures: usize,
    /// Whether the frames of the runs are still stored.
    pub has_frames: bool,
}

/// A report as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Its entry in the list of reports.
    pub info: ReportInfo,
    /// Where it comes from.
    pub provenance: Provenance,
    /// The whole report; its runs have no frames where these were pruned.
    pub report: Report,
}

/// A failed run of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailureInfo {
    /// The benchmark's id.
    pub benchmark: String,
    /// The kind of failure ([`crate::model::FailureKind::name`]).
    pub kind: String,
    /// The phase that was open.
    pub phase: Option<String>,
    /// A message for the user.
    pub message: String,
}

/// Which series are wanted; the default is all.
#[derive(Clone, Debug, Default)]
pub struct SeriesFilter {
    /// By the benchmark's id.
    pub benchmark: Match,
    /// By the metric's name as one word ([`Metric::word`]).
    pub metric: Match,
    /// By the phase; [`Match::Absent`] is whole runs.
    pub phase: Match,
    /// By the package; [`Match::Absent`] is all packages together.
    pub package: Match,
    /// By the machine's description.
    pub machine: Match,
}

/// What identifies a series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeriesKey {
    /// The benchmark's id.
    pub benchmark: String,
    /// What was measured.
    pub metric: Metric,
    /// The phase, [`crate::phase::OUTSIDE`] for what lies outside all phases; absent for whole runs.
    pub phase: Option<String>,
    /// The package; absent for whole runs and for a phase over all packages.
    pub package: Option<String>,
    /// The machine.
    pub machine: MachineClass,
    /// Which std was built with.
    pub std: StdChoice,
    /// Which program was built: [`crate::model::Measured::program`]; absent where no report says.
    pub program: Option<String>,
}

/// What a series measures, on whatever machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MeasureKey {
    /// The benchmark's id.
    pub benchmark: String,
    /// What was measured.
    pub metric: Metric,
    /// The phase.
    pub phase: Option<String>,
    /// The package.
    pub package: Option<String>,
    /// Which std was built with.
    pub std: StdChoice,
    /// Which program was built; absent where no report says.
    pub program: Option<String>,
}

impl SeriesKey {
    /// What it measures.
    pub fn measure(&self) -> MeasureKey {
        MeasureKey {
            benchmark: self.benchmark.clone(),
            metric: self.metric,
            phase: self.phase.clone(),
            package: self.package.clone(),
            std: self.std.clone(),
            program: self.program.clone(),
        }
    }
}

/// A metric of a benchmark, in one of its phases or for the whole run, over all packages together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Measure {
    /// The benchmark's id.
    pub benchmark: String,
    /// What was measured.
    pub metric: Metric,
    /// The phase, [`crate::phase::OUTSIDE`] for what lies outside all phases; absent for whole runs.
    pub phase: Option<String>,
}

/// A series.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Series {
    /// Its number.
    pub id: SeriesId,
    /// What it is of.
    #[serde(flatten)]
    pub key: SeriesKey,
    /// How many phases contain its phase; absent for whole runs. The series at depth 0 over all packages add up to the
    /// run's wall time.
    pub depth: Option<u32>,
}

/// The point of one report in one series, in the metric's unit, without its place.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Level {
    /// The report.
    pub report: ReportId,
    /// The number of samples.
    pub count: usize,
    /// Their median.
    pub median: f64,
    /// Lower end of the median's 95 % interval (of fewer than six samples: the smallest).
    pub low: f64,
    /// Upper end of that interval (of fewer than six samples: the largest).
    pub high: f64,
    /// Interquartile range over the median, as a fraction; absent when the median is 0.
    pub spread: Option<f64>,
}

/// The same with its place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    /// The report.
    pub report: ReportId,
    /// When it was measured, RFC 3339.
    pub created: String,
    /// The commit or release that was measured.
    pub commit: Option<CommitRef>,
    /// The version that the compiler reported.
    pub version: String,
    /// The number of samples.
    pub count: usize,
    /// Their median.
    pub median: f64,
    /// Lower end of the median's 95 % interval (of fewer than six samples: the smallest).
    pub low: f64,
    /// Upper end of that interval (of fewer than six samples: the largest).
    pub high: f64,
    /// Interquartile range over the median, as a fraction; absent when the median is 0.
    pub spread: Option<f64>,
}
