use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Completion, Environment, Failure, Harness, Measured, Measuring, Metric, Skipped, Toolchain};

/// The version of the comparisons that this harness writes. A reader accepts this one and those before it.
pub const COMPARISON_SCHEMA_VERSION: u32 = 1;

/// What one comparison of compilers measured, and what it found.
///
/// The first side is the base; every other side has its findings against it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// The version of this file's layout, [`COMPARISON_SCHEMA_VERSION`].
    pub comparison_version: u32,
    /// When the measurement began, UTC, as RFC 3339.
    pub created: String,
    /// The harness that measured.
    pub harness: Harness,
    /// The machine.
    pub environment: Environment,
    /// How it was measured and decided.
    pub settings: CompareSettings,
    /// Whether all that was asked for was measured.
    pub completion: Completion,
    /// How the measuring time was spent.
    pub measuring: Measuring,
    /// The compilers and their runs, the base first. All sides have the same benchmarks in the same order; the runs of
    /// one number were made in one block.
    pub sides: Vec<Side>,
    /// What was found, one element for each side but the base.
    pub findings: Vec<Findings>,
    /// What was left out, and why.
    #[serde(default)]
    pub skipped: Vec<Skipped>,
}

impl Comparison {
    /// The side that the others are held against.
    pub fn base(&self) -> Option<&Side> {
        self.sides.first()
    }

    /// The findings of the sides that were asked for, without the control's.
    pub fn answers(&self) -> impl Iterator<Item = &Findings> {
        self.findings.iter().filter(|findings| !self.is_control(findings))
    }

    /// The findings of the control, which is the base once more: whatever changed there is a false alarm.
    pub fn control(&self) -> Option<&Findings> {
        self.findings.iter().find(|findings| self.is_control(findings))
    }

    /// The side that findings are about.
    pub fn side(&self, findings: &Findings) -> Option<&Side> {
        self.sides.get(findings.side)
    }

    /// Whether any benchmark was measured on the base and on another side. A comparison without one says nothing, and
    /// above all not "no change".
    pub fn has_measurements(&self) -> bool {
        self.answers().flat_map(|findings| &findings.benchmarks).any(|benchmark| !benchmark.figures.is_empty())
    }

    fn is_control(&self, findings: &Findings) -> bool {
        self.side(findings).is_some_and(|side| side.control)
    }
}

/// One compiler of a comparison, and what was measured with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Side {
    /// What the user called it: `0.72.1`, `my-branch`, `./forc-new`.
    pub name: String,
    /// The compiler.
    pub toolchain: Toolchain,
    /// The std that projects without one of their own were built with; absent where forc found one by itself.
    pub std: Option<PathBuf>,
    /// Whether this is the base once more, measured to see how often the harness cries wolf.
    #[serde(default)]
    pub control: bool,
    /// The benchmarks.
    pub benchmarks: Vec<Measured>,
}

/// How a comparison was measured and decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CompareSettings {
    /// The folder (or the file of target projects) that the suite was read from.
    pub suite: PathBuf,
    /// Time between two frames.
    pub interval: Duration,
    /// After how long a run is ended as hung.
    pub time_limit: Duration,
    /// Whether forc and the harness were kept on different processors.
    pub pinned: bool,
    /// Seed of the order of the blocks, of the sides within them, and of the environment's padding.
    pub seed: u64,
    /// Which std the sides were built with.
    pub std: StdChoice,
    /// Whether the sides ran in turns, in blocks of one run each. If not, they were measured one after the other, and what
    /// the machine did in between cannot be told from what the compiler did.
    pub interleaved: bool,
    /// How long the blocks may take together.
    pub budget: Option<Duration>,
    /// The fewest blocks of a benchmark before anything is decided.
    pub min_runs: usize,
    /// The most blocks of a benchmark.
    pub max_runs: usize,
    /// After how many blocks the data is looked at, declared before the first block.
    pub looks: Vec<Look>,
    /// The share of false ones that is accepted among all figures called regressed or improved, on average.
    pub false_change_rate: f64,
    /// The share of false ones that is accepted among all figures called equal, on average.
    pub false_equality_rate: f64,
    /// By metric, the change that would matter, as a fraction: 0.01 is one per cent.
    pub thresholds: BTreeMap<Metric, f64>,
    /// How often each benchmark was counted under callgrind on each side; absent if it was not.
    #[serde(default)]
    pub instruction_runs: Option<usize>,
    /// The words of the command line that asked for it; empty where none did.
    #[serde(default)]
    pub command: Vec<String>,
    /// What the kernel's event counters count on this machine, in a sentence; absent if they were not read.
    #[serde(default)]
    pub counters: Option<String>,
}

/// A look at the data, declared beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Look {
    /// After so many blocks of a benchmark.
    pub runs: usize,
    /// Its share of the accepted error, 0 to 1; all looks together have 1.
    pub weight: f64,
}

/// Which std the sides were built with: two different questions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StdChoice {
    /// Each with its own, or with the one that it finds by itself: compiler and std together are compared.
    Own,
    /// All with this one: the compilers alone are compared.
    Same(PathBuf),
}

/// What was found of one side against the base.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Findings {
    /// The side, as an index into the comparison's sides.
    pub side: usize,
    /// The benchmarks, in the order of the sides'.
    pub benchmarks: Vec<BenchmarkFindings>,
    /// Over all benchmarks that both sides have: the geometric mean of the ratios, a metric an element.
    pub totals: Vec<Total>,
}

impl Findings {
    /// How many benchmarks have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.benchmarks.iter().filter(|benchmark| benchmark.verdict == Some(verdict)).count()
    }
}

/// A metric over all benchmarks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Total {
    /// The metric, of whole runs.
    pub metric: Metric,
    /// The geometric mean of the benchmarks' ratios, the side over the base.
    pub ratio: f64,
    /// Lower end of its 95 % interval over the benchmarks' blocks, as if they had been looked at once; absent where it cannot
    /// be told. No verdict rests on it.
    pub low: Option<f64>,
    /// Upper end of that interval.
    pub high: Option<f64>,
    /// Over how many benchmarks.
    pub benchmarks: usize,
}

/// What was found of one benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BenchmarkFindings {
    /// `group/project/scenario`.
    pub id: String,
    /// Of all its deciding figures together: regressed if any is, else improved if any is, else equal if all are, else
    /// undecided. Absent where there is nothing to hold against each other. What improved may still hold undecided figures,
    /// any of which may have become worse: see [`BenchmarkFindings::undecided`].
    pub verdict: Option<Verdict>,
    /// Whether a build failed on one side or on both.
    pub failed: Option<FailedSides>,
    /// Whether the two compilers made the same of the project.
    pub output: OutputFinding,
    /// How many blocks were measured.
    pub pairs: usize,
    /// The figures: of whole runs first, then of phases.
    pub figures: Vec<Figure>,
    /// Phases that only one of the compilers has.
    #[serde(default)]
    pub unmatched: Vec<UnmatchedPhase>,
}

impl BenchmarkFindings {
    /// The figure of a metric of whole runs.
    pub fn figure(&self, metric: Metric) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.metric == metric && figure.phase.is_none())
    }

    /// Its deciding figures that the data cannot tell: whatever else improved, these may have become worse.
    pub fn undecided(&self) -> impl Iterator<Item = &Figure> {
        self.figures.iter().filter(|figure| figure.decides() && figure.verdict == Verdict::Undecided)
    }

    /// Whether it may have regressed without that having been shown: it was not reached, or a deciding figure is undecided.
    /// Not so where it is known to have regressed, or to have failed.
    pub fn is_open(&self) -> bool {
        self.failed.is_none()
            && self.verdict != Some(Verdict::Regressed)
            && (self.verdict.is_none() || self.undecided().next().is_some())
    }

    /// The figures of a metric by phase.
    pub fn phases(&self, metric: Metric) -> impl Iterator<Item = &Figure> {
        self.figures.iter().filter(move |figure| figure.metric == metric && figure.phase.is_some())
    }
}

/// On which sides a benchmark could not be built.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FailedSides {
    /// Why not on the base; absent if it could.
    pub base: Option<Box<Failure>>,
    /// Why not on the other side; absent if it could.
    pub other: Option<Box<Failure>>,
}

/// Whether two compilers made the same of a project: bytecode, ABI and storage slots, file by file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutputFinding {
    /// Nothing was written that could be compared.
    #[default]
    Unknown,
    /// Every file is the same, byte for byte.
    Same,
    /// These files differ, or exist on one side only.
    Different(Vec<String>),
}

/// One figure: a metric of a benchmark's whole run or of one of its phases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Figure {
    /// The metric.
    pub metric: Metric,
    /// The phase; absent for the whole run.
    pub phase: Option<String>,
    /// How many phases contain this one.
    #[serde(default)]
    pub depth: u32,
    /// The other compiler's phases that are this one's parts, where one compiler has split a phase: their sum is compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// The base's median, in the metric's unit.
    pub base: f64,
    /// The other side's median, in the metric's unit.
    pub other: f64,
    /// By how much, side over base.
    pub ratio: f64,
    /// Lower end of the ratio's interval; 0 as long as there are too few values for one.
    pub low: f64,
    /// Upper end of the ratio's interval; infinite, in JSON `null`, as long as there are too few values for one.
    #[serde(deserialize_with = "infinite_if_null")]
    #[schemars(with = "Option<f64>")]
    pub high: f64,
    /// The interval's confidence, 0 to 1; 1 where the values are exact.
    pub confidence: f64,
    /// The change that would matter, as a fraction.
    pub threshold: f64,
    /// Probability of data that speaks so clearly of a change if there were none, all looks taken into account; absent
    /// where the values are exact.
    pub p_value: Option<f64>,
    /// The verdict.
    pub verdict: Verdict,
    /// How many pairs of values it rests on.
    pub pairs: usize,
    /// The smallest change, as a fraction, that this data would have shown four times in five; absent where the values
    /// are exact or too few.
    pub detectable: Option<f64>,
    /// How many more blocks a verdict would take, about; absent unless it is undecided and can be told.
    pub more_runs: Option<usize>,
}

impl Figure {
    /// Whether the benchmark's own verdict rests on it: figures of whole runs do, save those of the disk; those of phases
    /// explain.
    pub fn decides(&self) -> bool {
        self.phase.is_none() && self.metric.decides()
    }
}

/// JSON knows no infinity: serde writes it as `null`.
fn infinite_if_null<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::INFINITY))
}

/// A phase that only one of two compilers has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnmatchedPhase {
    /// The phase.
    pub phase: String,
    /// How many phases contain it.
    pub depth: u32,
    /// Whether the base has it, and the other side does not.
    pub gone: bool,
    /// The median of its wall time, in nanoseconds.
    pub wall: f64,
}

/// What may be said of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It became worse: shown.
    Regressed,
    /// It became better: shown.
    Improved,
    /// It did not change by as much as would matter: shown, not assumed.
    Equal,
    /// The data cannot tell.
    Undecided,
}

impl Verdict {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Regressed => "regressed",
            Self::Improved => "improved",
            Self::Equal => "equal",
            Self::Undecided => "undecided",
        }
    }
}
