use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Completion, Environment, Failure, Harness, Measured, Measuring, Metric, Skipped, Toolchain};

/// The version of the comparisons that this harness writes. A reader accepts this version and earlier ones.
pub const COMPARISON_SCHEMA_VERSION: u32 = 1;

/// The most runs of a benchmark, or blocks of a comparison, that can be asked for. All are planned before the first.
pub const MOST_RUNS: usize = 10_000;

/// The measurements and findings of one comparison of compilers.
///
/// The first side is the base; every other side has its findings against it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
    /// Whether everything requested was measured.
    pub completion: Completion,
    /// How the measuring time was spent.
    pub measuring: Measuring,
    /// The compilers and their runs, the base first. All sides have the same benchmarks in the same order; runs with the
    /// same index were made in one block.
    pub sides: Vec<Side>,
    /// What was found, one element for each side but the base.
    pub findings: Vec<Findings>,
    /// What was left out, and why.
    #[serde(default)]
    pub skipped: Vec<Skipped>,
}

impl Comparison {
    /// The side that the others are compared with.
    pub fn base(&self) -> Option<&Side> {
        self.sides.first()
    }

    /// The findings of the requested sides, without the control.
    pub fn answers(&self) -> impl Iterator<Item = &Findings> {
        self.findings.iter().filter(|findings| !self.is_control(findings))
    }

    /// The findings of the control, which is the base again: any change there is a false alarm.
    pub fn control(&self) -> Option<&Findings> {
        self.findings.iter().find(|findings| self.is_control(findings))
    }

    /// The result of the control; `None` without one.
    pub fn control_outcome(&self) -> Option<ControlOutcome> {
        let control = self.control()?;
        let figures = || control.benchmarks.iter().flat_map(|one| &one.figures).filter(|figure| figure.decides());
        let changed = |figure: &&Figure| matches!(figure.verdict, Verdict::Regressed | Verdict::Improved);
        Some(ControlOutcome {
            figures: figures().count(),
            false_alarms: figures().filter(changed).count(),
            blocks: control.benchmarks.iter().map(|benchmark| benchmark.pairs).sum(),
        })
    }

    /// The side that findings are about.
    pub fn side(&self, findings: &Findings) -> Option<&Side> {
        self.sides.get(findings.side)
    }

    /// Whether anything of any benchmark can be compared with the base: a time, memory or instructions, or a size that
    /// changed. If not, the comparison must not be reported as "no change".
    pub fn has_measurements(&self) -> bool {
        let differs = |figure: &Figure| figure.verdict.differs();
        let benchmarks = || self.answers().flat_map(|findings| &findings.benchmarks);
        benchmarks().any(|benchmark| benchmark.scope() == Scope::Costs || benchmark.deciding().any(differs))
    }

    /// Whether this side is the same binary as the base (see [`Side::is_binary_of`]). If so, the compiler causes no change,
    /// and no change fails a command.
    pub fn is_same_binary(&self, findings: &Findings) -> bool {
        let (Some(base), Some(side)) = (self.base(), self.side(findings)) else { return false };
        side.is_binary_of(base)
    }

    /// The findings on all sides except the control and those with the base's binary.
    pub fn different_compilers(&self) -> impl Iterator<Item = &Findings> {
        self.answers().filter(|findings| !self.is_same_binary(findings))
    }

    fn is_control(&self, findings: &Findings) -> bool {
        self.side(findings).is_some_and(|side| side.control)
    }
}

/// What was found between the base and a second copy of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlOutcome {
    /// How many deciding figures were judged.
    pub figures: usize,
    /// How many of them were falsely called regressed or improved.
    pub false_alarms: usize,
    /// How many blocks were measured, of all benchmarks together.
    pub blocks: usize,
}

/// One compiler of a comparison, and its measurements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Side {
    /// What the user called it: `0.72.1`, `my-branch`, `./forc-new`.
    pub name: String,
    /// The compiler.
    pub toolchain: Toolchain,
    /// The std that projects without one of their own were built with; absent where forc found one by itself.
    pub std: Option<PathBuf>,
    /// Whether this is the base again, measured to count false alarms.
    #[serde(default)]
    pub control: bool,
    /// The benchmarks.
    pub benchmarks: Vec<Measured>,
}

impl Side {
    /// Whether this is the same binary as `base`, with the same std, and not a control.
    ///
    /// Never true for scripts, which may start another compiler, or for binaries without a known hash.
    pub fn is_binary_of(&self, base: &Self) -> bool {
        !self.control
            && !base.toolchain.sha256.is_empty()
            && base.toolchain.sha256 == self.toolchain.sha256
            && !self.toolchain.is_script
            && base.std == self.std
    }
}

/// How a comparison was measured and decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CompareSettings {
    /// The folder (or the file of target projects) that the suite was read from.
    pub suite: PathBuf,
    /// Time between two frames.
    pub interval: Duration,
    /// After how long a run is ended as hung.
    pub time_limit: Duration,
    /// Whether forc and the harness were kept on different processors.
    pub pinned: bool,
    /// Whether the sides of a block ran at the same time; absent in older files, where they did not.
    #[serde(default)]
    pub schedule: Schedule,
    /// A note on that choice, one sentence; absent without one.
    #[serde(default)]
    pub schedule_note: Option<String>,
    /// Seed of the order of the blocks, of the sides' places within them, and of the environment's padding.
    pub seed: u64,
    /// Which std the sides were built with.
    pub std: StdChoice,
    /// The machines of the base and of the other side, where two reports of two machines were compared: every change may
    /// come from the machines. Absent if it is one machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machines: Option<[String; 2]>,
    /// Whether the sides ran in blocks of one run each. If not, they were measured one after the other, and changes of the
    /// machine in between look like changes of the compiler.
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

/// How the runs of a block are made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// One after the other, in an order drawn for each block.
    #[default]
    Turns,
    /// At the same time, each on its own core, with cores drawn for each block. With more sides than cores, they run in
    /// waves of as many sides as cores.
    Duet {
        /// The cores, as numbers of processors; those of a block are a permutation of them, or a part of one.
        cores: Vec<usize>,
        /// Whether some of them are parts of one core (hyper-threads).
        siblings: bool,
        /// The processors of the harness's own threads; empty where those of each run were on that run's core.
        harness: Vec<usize>,
    },
}

impl Schedule {
    /// How many sides run at the same time, at most.
    pub fn width(&self) -> usize {
        match self {
            Self::Turns => 1,
            Self::Duet { cores, .. } => cores.len().max(1),
        }
    }
}

/// A look at the data, declared in advance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Look {
    /// The number of blocks of a benchmark at this look.
    pub runs: usize,
    /// Its share of the accepted error, 0 to 1; the shares sum to 1.
    pub weight: f64,
}

/// Which std the sides were built with. The two choices answer different questions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum StdChoice {
    /// Each with its own, or with the one that it finds by itself: compiler and std together are compared.
    Own,
    /// All with this one: the compilers alone are compared.
    Same(PathBuf),
}

/// The findings of one side against the base.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Findings {
    /// The side, as an index into the comparison's sides.
    pub side: usize,
    /// The benchmarks, in the order of the sides'.
    pub benchmarks: Vec<BenchmarkFindings>,
    /// Over all benchmarks that both sides have: the geometric mean of the ratios, a metric an element.
    pub totals: Vec<Total>,
}

/// Sets the verdict `same binary` for differences between the base and a side with the same binary, also in older files.
pub fn call_same_binaries(sides: &[Side], findings: &mut [Findings]) {
    let Some(base) = sides.first() else { return };
    let same = |findings: &&mut Findings| sides.get(findings.side).is_some_and(|side| side.is_binary_of(base));
    findings.iter_mut().filter(same).for_each(Findings::call_same_binary);
}

impl Findings {
    /// Replaces the verdicts of differences, because both sides are one binary.
    fn call_same_binary(&mut self) {
        for benchmark in &mut self.benchmarks {
            benchmark.figures.iter_mut().for_each(|figure| figure.verdict = figure.verdict.of_one_binary());
            benchmark.verdict = benchmark.verdict.map(Verdict::of_one_binary);
        }
        self.totals.iter_mut().for_each(|total| total.verdict = total.verdict.of_one_binary());
    }

    /// How many benchmarks have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.benchmarks.iter().filter(|benchmark| benchmark.verdict == Some(verdict)).count()
    }

    /// How many figures the benchmarks' verdicts are based on.
    pub fn deciding(&self) -> usize {
        self.benchmarks.iter().filter(|one| one.failed.is_none()).map(|one| one.deciding().count()).sum()
    }

    /// The metrics of whole runs over all benchmarks, if there are several: the verdict on the suite as a whole.
    pub fn together(&self) -> impl Iterator<Item = &Total> {
        self.totals.iter().filter(|total| total.decides() && total.is_reported())
    }

    /// Whether a benchmark has regressed, or all of them together have.
    pub fn has_regressed(&self) -> bool {
        self.count(Verdict::Regressed) > 0 || self.together().any(|total| total.verdict == Verdict::Regressed)
    }
}

/// A metric over all benchmarks: a figure like any other, with a verdict of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Total {
    /// The metric.
    pub metric: Metric,
    /// The phase, at the top level; absent for whole runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// The geometric mean of the benchmarks' ratios, the side over the base.
    pub ratio: f64,
    /// Lower end of its interval; absent if the noise is unknown.
    pub low: Option<f64>,
    /// Upper end of that interval.
    pub high: Option<f64>,
    /// The interval's confidence, 0 to 1.
    #[serde(default = "ninety_five")]
    pub confidence: f64,
    /// The threshold: the smallest change that matters, as a fraction.
    #[serde(default)]
    pub threshold: f64,
    /// As that of a [`Figure`].
    #[serde(default)]
    pub p_value: Option<f64>,
    /// The verdict; undecided in older files.
    #[serde(default = "undecided")]
    pub verdict: Verdict,
    /// The number of benchmarks.
    pub benchmarks: usize,
}

impl Total {
    /// Whether the comparison's verdict depends on it, like a [`Figure`] of the same metric and phase.
    pub fn decides(&self) -> bool {
        self.phase.is_none() && self.metric.decides()
    }

    /// Whether it is worth reporting: it covers several benchmarks.
    pub fn is_reported(&self) -> bool {
        self.benchmarks > 1 && self.ratio.is_finite()
    }
}

/// The confidence of intervals in files that do not state it.
fn ninety_five() -> f64 {
    0.95
}

fn undecided() -> Verdict {
    Verdict::Undecided
}

/// What a figure's verdict and interval are based on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Values that never vary, compared as they are.
    Exact,
    /// The ranks of the figure's own values: a randomisation test, which makes no assumption about the noise.
    #[default]
    Ranks,
    /// The spread of the figure's own values together with that of the same metric in all benchmarks: used where there are
    /// too few values for ranks.
    Spread,
}

impl Basis {
    /// The word for it, as in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Ranks => "ranks",
            Self::Spread => "spread",
        }
    }
}

/// The findings of one benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BenchmarkFindings {
    /// `group/project/scenario`.
    pub id: String,
    /// Of all its deciding figures together: regressed if any is, else improved if any is, else equal if all are, else
    /// undecided. Absent if nothing can be compared, or only a size that is the same: see [`BenchmarkFindings::verdict_of`].
    /// An improved benchmark can have undecided figures that may have become worse: see [`BenchmarkFindings::undecided`].
    pub verdict: Option<Verdict>,
    /// Whether a build failed on one side or on both.
    pub failed: Option<FailedSides>,
    /// Whether the two compilers' outputs are the same.
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
    /// The common verdict of figures: that of the worst deciding one, but equal only if all are. `None` if there is no cost
    /// among them and no size changed: equal sizes say nothing about the compilers' speed.
    pub fn verdict_of(figures: &[Figure]) -> Option<Verdict> {
        let any =
            |verdict| figures.iter().any(|figure| figure.decides() && figure.verdict == verdict).then_some(verdict);
        let equal = || any(Verdict::Equal).filter(|_| Scope::of(figures) == Scope::Costs);
        let changed = any(Verdict::Regressed).or_else(|| any(Verdict::Improved)).or_else(|| any(Verdict::SameBinary));
        changed.or_else(|| any(Verdict::Undecided)).or_else(equal)
    }

    /// What can be compared of it.
    pub fn scope(&self) -> Scope {
        Scope::of(&self.figures)
    }

    /// The figures that its verdict is based on.
    pub fn deciding(&self) -> impl Iterator<Item = &Figure> {
        self.figures.iter().filter(|figure| figure.decides())
    }

    /// Whether any deciding figure has this verdict.
    pub fn has(&self, verdict: Verdict) -> bool {
        self.deciding().any(|figure| figure.verdict == verdict)
    }

    /// The wall time of whole runs, or of all phases together if that is unknown.
    pub fn wall(&self) -> Option<&Figure> {
        self.figure(Metric::Wall).or_else(|| self.figure(Metric::PhasesWall))
    }

    /// The figure of a metric of whole runs.
    pub fn figure(&self, metric: Metric) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.metric == metric && figure.phase.is_none())
    }

    /// Its undecided deciding figures, which may have become worse even if others improved.
    pub fn undecided(&self) -> impl Iterator<Item = &Figure> {
        self.deciding().filter(|figure| figure.verdict == Verdict::Undecided)
    }

    /// Whether it may have regressed without proof: it was not reached, it has no cost that can be compared, or a deciding
    /// figure is undecided. Not if it has regressed or failed.
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

/// What can be compared of a benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Nothing to base a verdict on.
    Nothing,
    /// Sizes of outputs, but no cost.
    Sizes,
    /// At least one cost of a build: time, memory, or instructions.
    Costs,
}

impl Scope {
    fn of(figures: &[Figure]) -> Self {
        let of = |figure: &Figure| if figure.metric.is_size() { Self::Sizes } else { Self::Costs };
        figures.iter().filter(|figure| figure.decides()).map(of).max().unwrap_or(Self::Nothing)
    }
}

/// On which sides a benchmark could not be built.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FailedSides {
    /// Why not on the base; absent if it could.
    pub base: Option<Box<Failure>>,
    /// Why not on the other side; absent if it could.
    pub other: Option<Box<Failure>>,
}

/// Whether two compilers' outputs of a project are the same: bytecode, ABI and storage slots, file by file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OutputFinding {
    /// No output to compare.
    #[default]
    Unknown,
    /// Every file is the same, byte for byte.
    Same,
    /// These files differ, or exist on one side only.
    Different(Vec<String>),
}

/// One figure: a metric of a benchmark's whole run or of one of its phases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
    /// The ratio, side over base.
    pub ratio: f64,
    /// Lower end of the ratio's interval; 0 if the noise is unknown, as for a single run of a single benchmark. Figures of
    /// every verdict have an interval; an undecided figure has one of 95 % by itself, "so far".
    pub low: f64,
    /// Upper end of the ratio's interval; infinite, in JSON `null`, if the noise is unknown.
    #[serde(deserialize_with = "infinite_if_null")]
    #[cfg_attr(test, schemars(with = "Option<f64>"))]
    pub high: f64,
    /// The interval's confidence, 0 to 1; 1 where the values are exact.
    pub confidence: f64,
    /// The threshold: the smallest change that matters, as a fraction.
    pub threshold: f64,
    /// Probability of data this extreme without a change, with all looks taken into account; absent where the values are
    /// exact.
    pub p_value: Option<f64>,
    /// The verdict.
    pub verdict: Verdict,
    /// What the verdict and the interval are based on.
    #[serde(default)]
    pub basis: Basis,
    /// How many pairs of values it is based on.
    pub pairs: usize,
    /// The smallest change, as a fraction, that this data would have shown four times in five; absent where the values
    /// are exact or too few.
    pub detectable: Option<f64>,
    /// About how many more blocks a verdict needs; absent if it is decided or unknown.
    pub more_runs: Option<usize>,
}

impl Figure {
    /// Whether the benchmark's verdict depends on it. Figures of whole runs decide, except those of the disk; those of
    /// phases explain.
    pub fn decides(&self) -> bool {
        self.phase.is_none() && self.metric.decides()
    }

    /// Whether its noise is known, so that there is an interval.
    pub fn has_interval(&self) -> bool {
        self.low.is_finite() && self.high.is_finite() && self.low > 0.0
    }
}

/// JSON has no infinity: serde writes `null`.
fn infinite_if_null<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::INFINITY))
}

/// A phase that only one of two compilers has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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

/// The verdict on a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It became worse: shown.
    Regressed,
    /// It became better: shown.
    Improved,
    /// Shown not to have changed by the threshold.
    Equal,
    /// The data do not suffice.
    Undecided,
    /// It differs, but both sides are one binary with one std: the machine or the projects changed, not the compiler.
    SameBinary,
}

impl Verdict {
    /// Whether the compiler changed something.
    pub const fn is_change(self) -> bool {
        matches!(self, Self::Regressed | Self::Improved)
    }

    /// Whether something is different, whatever the cause.
    pub const fn differs(self) -> bool {
        self.is_change() || matches!(self, Self::SameBinary)
    }

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Regressed => "regressed",
            Self::Improved => "improved",
            Self::Equal => "equal",
            Self::Undecided => "undecided",
            Self::SameBinary => "same binary",
        }
    }

    /// The verdict for two sides that are one binary.
    pub const fn of_one_binary(self) -> Self {
        if self.is_change() { Self::SameBinary } else { self }
    }
}
