use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Benchmark, Environment, Estimate, Exit, InstructionCount, Metric, MetricSummary, PhaseSummary, RunWarning,
    Toolchain,
};

/// The version of the files that this harness writes. A reader accepts this version and earlier ones.
pub const SCHEMA_VERSION: u32 = 1;

/// What one invocation of the harness measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Report {
    /// The version of this file's layout, [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// When the measurement began, UTC, as RFC 3339.
    pub created: String,
    /// The harness that measured.
    pub harness: Harness,
    /// The machine.
    pub environment: Environment,
    /// The compiler.
    pub toolchain: Toolchain,
    /// How it was measured.
    pub settings: Settings,
    /// Whether everything requested was measured.
    pub completion: Completion,
    /// How the measuring time was spent.
    pub measuring: Measuring,
    /// The benchmarks, in the order of their ids.
    pub benchmarks: Vec<Measured>,
    /// What was left out, and why.
    #[serde(default)]
    pub skipped: Vec<Skipped>,
}

impl Report {
    /// Whether any run of any benchmark succeeded. A report without one must not be reported as "no change".
    pub fn has_measurements(&self) -> bool {
        self.benchmarks.iter().any(|benchmark| !benchmark.runs.is_empty())
    }
}

/// The program that wrote a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Harness {
    /// Its name, `forc-perf`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// How a report was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Settings {
    /// The folder (or the file of target projects) that the suite was read from.
    pub suite: PathBuf,
    /// Time between two frames.
    pub interval: Duration,
    /// After how long a run is ended as hung.
    pub time_limit: Duration,
    /// Requested runs of each benchmark; absent if the harness chose by a benchmark's length.
    pub samples: Option<usize>,
    /// Whether forc and the harness were kept on different processors.
    pub pinned: bool,
    /// Seed of the order of the runs and of the environment's padding.
    pub seed: u64,
    /// The std given through `FORC_IMPLICIT_STD_PATH`: the user's, or the one that came with the compiler.
    pub std: Option<PathBuf>,
    /// Which events were counted, one sentence; absent if none were requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counters: Option<String>,
}

/// Whether everything requested was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Completion {
    /// Yes.
    Complete,
    /// It was interrupted; the report has what was measured before.
    Interrupted,
}

/// How the measuring time was spent: from the first measured run's spawn to the last one's exit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Measuring {
    /// All of it.
    pub wall: Duration,
    /// The part during which a forc was running.
    pub in_forc: Duration,
    /// CPU time of the harness's own threads while a forc was running.
    pub collector_cpu: Duration,
}

/// One benchmark and its runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Measured {
    /// `group/project/scenario`.
    pub id: String,
    /// The group: the folder that holds the project.
    pub group: String,
    /// The project: a folder with a `Forc.toml`.
    pub project: String,
    /// How the project is built: `debug`, `release`, `debug --tests`, ….
    pub scenario: String,
    /// One line on what it loads, from its manifest.
    #[serde(default)]
    pub description: Option<String>,
    /// Its tags, from its manifest.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Fingerprint of the program, which changes with an edit: SHA-256 of all files of the project, 64 hexadecimal digits.
    /// Absent in older files, and for a project that could not be copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// The command that reproduces a run, one element for each word.
    pub command: Vec<String>,
    /// The successful runs, in the order they were made. The warm-up is not among them.
    pub runs: Vec<Benchmark>,
    /// The compiler's output files, if they were compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<OutputFile>,
    /// The runs that did not succeed.
    #[serde(default)]
    pub failures: Vec<Failure>,
    /// Warnings about the runs: a standstill, other load, a wide spread, ….
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<RunWarning>,
    /// The instruction counts, one element for each counted build; empty if they were not counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instructions: Vec<InstructionCount>,
    /// The estimates, one element for each metric.
    #[serde(default)]
    pub metrics: Vec<MetricSummary>,
    /// Where the time goes over all packages: the phases by name, then the time outside them. Top-level shares sum to 1.
    #[serde(default)]
    pub phases: Vec<PhaseSummary>,
    /// Where the time goes package by package: each package's phases, the time between them, then the time that belongs to
    /// no package. Top-level shares sum to 1.
    #[serde(default)]
    pub packages: Vec<PhaseSummary>,
}

/// A file that a compiler wrote: bytecode, ABI, storage slots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OutputFile {
    /// Its path below the project's folder, such as `out/debug/token.bin`.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of its content, 64 hexadecimal digits.
    pub sha256: String,
}

impl Measured {
    /// The estimate of one metric; absent if it was not measured.
    pub fn estimate(&self, metric: Metric) -> Option<&Estimate> {
        self.metrics.iter().find(|summary| summary.metric == metric).map(|summary| &summary.estimate)
    }
}

/// A run that did not succeed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Failure {
    /// What went wrong.
    pub kind: FailureKind,
    /// One sentence for the user.
    pub message: String,
    /// How the process ended, if it ever started.
    pub exit: Option<Exit>,
    /// The phase that was open when it ended.
    pub phase: Option<String>,
    /// The end of the compiler's output, without colours.
    pub output: String,
    /// What was recorded of the run until then.
    pub run: Option<Box<Benchmark>>,
}

/// What went wrong with a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The compiler could not be started.
    Spawn,
    /// The compiler reported an error.
    CompileError,
    /// The compiler refused its command line.
    Usage,
    /// The compiler panicked.
    Panic,
    /// The compiler was ended by a signal that was not ours.
    Killed,
    /// The compiler ran past the time limit and was ended.
    TimeLimit,
    /// It was interrupted by the user.
    Interrupted,
    /// The harness could not collect the run.
    Collector,
}

impl FailureKind {
    /// The words for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spawn => "not started",
            Self::CompileError => "compile error",
            Self::Usage => "command line refused",
            Self::Panic => "panic",
            Self::Killed => "killed",
            Self::TimeLimit => "time limit",
            Self::Interrupted => "interrupted",
            Self::Collector => "not collected",
        }
    }
}

/// A project or benchmark that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Skipped {
    /// A benchmark's or a project's id, or a path.
    pub name: String,
    /// Why, in a sentence.
    pub reason: String,
    /// Whether it is a problem to fix (a broken manifest, an unreadable folder), and not merely not applicable here (a forc
    /// too old, no network).
    pub broken: bool,
}
