//! All that the program knows of a metric, in one table: what it is called, in which unit it is, and what it counts for.
//!
//! A new metric is a variant of [`Metric`], its row in [`Metric::spec`], its place in [`Metric::ALL`], and where its values
//! come from: a line each of [`crate::figures::of_run`] and [`crate::figures::of_phase`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A quantity that is measured of a run or of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Wall time.
    Wall,
    /// Wall time of all top-level phases together: of runs of which no more is known than how long each phase took. It
    /// stands in place of the wall time of the whole run.
    PhasesWall,
    /// CPU time, user and system together.
    Cpu,
    /// CPU time in user mode.
    UserTime,
    /// CPU time in the kernel.
    SystemTime,
    /// Peak resident memory.
    PeakMemory,
    /// Bytes that the disk read.
    DiskRead,
    /// Bytes that the disk wrote.
    DiskWritten,
    /// Page faults served without the disk.
    MinorFaults,
    /// Page faults that read the disk.
    MajorFaults,
    /// Context switches, both kinds.
    ContextSwitches,
    /// Times that a thread was moved to another processor.
    CpuMigrations,
    /// Instructions retired in user mode.
    Instructions,
    /// Processor cycles in user mode.
    Cycles,
    /// Branches retired in user mode.
    Branches,
    /// Branches that were predicted wrongly, in user mode.
    BranchMisses,
    /// Accesses to the last cache in user mode.
    CacheReferences,
    /// Accesses that the last cache could not serve, in user mode.
    CacheMisses,
    /// Size of the target's bytecode without its data section.
    BytecodeSize,
    /// Size of the target's data section.
    DataSectionSize,
    /// Size of the target's binary: bytecode and data section.
    BinarySize,
}

/// The unit of a metric's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Nanoseconds.
    Nanoseconds,
    /// Bytes.
    Bytes,
    /// A plain number.
    Count,
}

impl Unit {
    /// Its symbol in machine-readable formats; `None` for plain numbers, for which every format has its own word.
    pub const fn symbol(self) -> Option<&'static str> {
        match self {
            Self::Nanoseconds => Some("ns"),
            Self::Bytes => Some("B"),
            Self::Count => None,
        }
    }
}

/// Which way a metric improves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Less is better.
    LowerIsBetter,
    /// More is better.
    HigherIsBetter,
}

/// What a comparison does with a metric of whole runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The verdict on a benchmark rests on it.
    Decides,
    /// It is compared and decides nothing: the disk's traffic depends on what the machine holds in its caches, and cycles and
    /// misses only explain.
    Explains,
    /// An event of the kernel's that explains, compared where event counters were read: every machine counts these. Of whole
    /// runs they are the kernel's account at the exit; of a phase they are the counters' at its markers, where page faults are
    /// those in user mode, the few that read the disk among them.
    Event,
    /// It is recorded and not compared: it is a part or the sum of metrics that are, and a family of figures that say the same
    /// only makes each harder to decide.
    Recorded,
}

/// How the values of phases become that of several together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfPhases {
    /// It is not known by phase.
    Unknown,
    /// The values of the phases add up.
    Sum,
    /// The largest value is that of all: a peak.
    Max,
}

/// A metric's row of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spec {
    /// The name used in files and tables.
    pub name: &'static str,
    /// The unit of its values.
    pub unit: Unit,
    /// What a comparison of whole runs does with it.
    pub role: Role,
    /// The change that matters unless told otherwise, as a fraction.
    pub threshold: f64,
    /// What is added to both values before their ratio is taken, in the metric's unit: nothing to what is never zero.
    pub offset: f64,
    /// Whether it has its own causes of noise (addresses, hash seeds, where a heap grows), which do not follow the machine's
    /// speed from minute to minute.
    pub steady: bool,
    /// The least standard deviation of a value's logarithm that is believed: what was never seen to be less on any machine,
    /// or the grain of the figure.
    pub floor: f64,
    /// How much a second level of the figure may differ from the first.
    pub levels: Levels,
    /// Whether a comparison has its mean over all benchmarks.
    pub of_suite: bool,
    /// Whether it is known by phase.
    pub of_phases: OfPhases,
    /// Whether phases are compared in it.
    pub phases_compared: bool,
    /// Whether the history keeps it by phase. One more needs a step of the history's schema that fills it in: `history verify`
    /// expects it of every report.
    pub phases_kept: bool,
}

/// Whether a figure may have two levels, and how far apart they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Levels {
    /// It has one.
    One,
    /// A heap that ends in another huge page, on the heap or in the compiler's own code, is 2 MiB longer, and may be so twice.
    HugePages,
    /// A difference of logarithms. Instructions vary with the seeds of hash tables and with addresses, by hundredths of a per
    /// cent as far as was seen.
    Logarithm(f64),
}

/// Time: one per cent is what a day's work may win or lose.
const TIME: Spec = Spec {
    name: "",
    unit: Unit::Nanoseconds,
    role: Role::Decides,
    threshold: 0.01,
    offset: 0.0,
    steady: false,
    floor: 3e-3,
    levels: Levels::One,
    of_suite: false,
    of_phases: OfPhases::Unknown,
    phases_compared: false,
    phases_kept: false,
};

/// Time that is known by phase.
const TIME_OF_PHASES: Spec = Spec { of_phases: OfPhases::Sum, phases_compared: true, phases_kept: true, ..TIME };

/// What the processor counts. Most of it is the machine's affair.
const HARDWARE: Spec =
    Spec { unit: Unit::Count, role: Role::Explains, threshold: 0.01, of_phases: OfPhases::Sum, ..TIME };

/// Instructions are steady enough to show a fifth of what matters in times.
const INSTRUCTIONS: Spec = Spec { steady: true, floor: 1e-4, levels: Levels::Logarithm(0.005), ..HARDWARE };

/// What the kernel counts. It may not occur at all: one is added.
const EVENT: Spec = Spec { role: Role::Event, threshold: 0.05, offset: 1.0, ..HARDWARE };

/// What the disk did. From nothing to a page is no infinite change: a page is added.
const DISK: Spec = Spec { unit: Unit::Bytes, role: Role::Explains, threshold: 0.05, offset: 4096.0, ..TIME };

/// The size of a file, the same in every build: any change of it was made by the compiler.
const SIZE: Spec = Spec { unit: Unit::Bytes, threshold: 0.0, steady: true, floor: 1e-6, ..TIME };

impl Metric {
    /// All metrics, in the order in which reports and comparisons show them.
    pub const ALL: [Self; 21] = [
        Self::Wall,
        Self::PhasesWall,
        Self::Cpu,
        Self::UserTime,
        Self::SystemTime,
        Self::PeakMemory,
        Self::Instructions,
        Self::Cycles,
        Self::Branches,
        Self::BranchMisses,
        Self::CacheReferences,
        Self::CacheMisses,
        Self::DiskRead,
        Self::DiskWritten,
        Self::MinorFaults,
        Self::MajorFaults,
        Self::ContextSwitches,
        Self::CpuMigrations,
        Self::BytecodeSize,
        Self::DataSectionSize,
        Self::BinarySize,
    ];

    /// The table.
    pub const fn spec(self) -> Spec {
        use OfPhases::{Max, Sum, Unknown};
        match self {
            Self::Wall => Spec { name: "wall", of_suite: true, ..TIME_OF_PHASES },
            Self::PhasesWall => Spec { name: "all phases together", of_suite: true, ..TIME },
            Self::Cpu => Spec { name: "cpu", of_suite: true, ..TIME_OF_PHASES },
            Self::UserTime => Spec { name: "user time", role: Role::Recorded, ..TIME },
            Self::SystemTime => Spec { name: "system time", role: Role::Recorded, ..TIME },
            Self::PeakMemory => Spec {
                name: "peak memory",
                unit: Unit::Bytes,
                steady: true,
                // A page of 20 MB is 0.02 %.
                floor: 2e-4,
                levels: Levels::HugePages,
                of_suite: true,
                of_phases: Max,
                phases_compared: true,
                phases_kept: true,
                ..TIME
            },
            Self::DiskRead => Spec { name: "disk read", of_phases: Sum, ..DISK },
            Self::DiskWritten => Spec { name: "disk written", of_phases: Sum, ..DISK },
            Self::MinorFaults => Spec { name: "minor faults", steady: true, phases_compared: true, ..EVENT },
            // Of a phase the counters know page faults of both kinds together, and they are its minor faults.
            Self::MajorFaults => Spec { name: "major faults", of_phases: Unknown, ..EVENT },
            Self::ContextSwitches => Spec { name: "context switches", phases_compared: true, ..EVENT },
            Self::CpuMigrations => Spec { name: "CPU migrations", phases_compared: true, ..EVENT },
            Self::Instructions => Spec {
                name: "instructions",
                role: Role::Decides,
                threshold: 0.002,
                of_suite: true,
                phases_compared: true,
                phases_kept: true,
                ..INSTRUCTIONS
            },
            Self::Cycles => Spec { name: "cycles", ..HARDWARE },
            Self::Branches => Spec { name: "branches", ..INSTRUCTIONS },
            Self::BranchMisses => Spec { name: "branch misses", ..HARDWARE },
            Self::CacheReferences => Spec { name: "cache references", ..HARDWARE },
            Self::CacheMisses => Spec { name: "cache misses", ..HARDWARE },
            Self::BytecodeSize => Spec { name: "bytecode size", ..SIZE },
            Self::DataSectionSize => Spec { name: "data section size", ..SIZE },
            Self::BinarySize => Spec { name: "binary size", role: Role::Recorded, ..SIZE },
        }
    }

    /// The name used in files and tables.
    pub const fn name(self) -> &'static str {
        self.spec().name
    }

    /// The name as one word, for a command line: `peak-memory`.
    pub fn word(self) -> String {
        self.name().replace(' ', "-")
    }

    /// The metric of this name as one word, if it is compared.
    pub fn compared_called(word: &str) -> Option<Self> {
        Self::compared().find(|metric| metric.word() == word.trim())
    }

    /// The unit of its values.
    pub const fn unit(self) -> Unit {
        self.spec().unit
    }

    /// Whether a comparison's verdict on a benchmark rests on it, where it is of whole runs.
    pub const fn decides(self) -> bool {
        matches!(self.spec().role, Role::Decides)
    }

    /// Whether it is an event of the kernel's, which explains and decides nothing.
    pub const fn is_event(self) -> bool {
        matches!(self.spec().role, Role::Event)
    }

    /// Whether it is the size of something that is written: a fact, not a sample.
    pub const fn is_size(self) -> bool {
        matches!(self, Self::BytecodeSize | Self::DataSectionSize | Self::BinarySize)
    }

    /// Whether it is what stands for a run's wall time: that of the run, or of all its phases where no more is known.
    pub const fn is_wall(self) -> bool {
        matches!(self, Self::Wall | Self::PhasesWall)
    }

    /// Which way is better. All of today's metrics are costs.
    pub const fn direction(self) -> Direction {
        Direction::LowerIsBetter
    }

    /// Those that every report has of whole runs, as far as they were measured. What only stands in place of another is none.
    pub fn reported() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|metric| *metric != Self::PhasesWall)
    }

    /// Those of whole runs that are compared whatever was counted: not the events.
    pub fn compared() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|metric| matches!(metric.spec().role, Role::Decides | Role::Explains))
    }

    /// The events of the kernel's that explain.
    pub fn events() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|metric| metric.is_event())
    }

    /// Those that are known by phase.
    pub fn of_phases() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|metric| metric.spec().of_phases != OfPhases::Unknown)
    }

    /// Those in which phases are compared.
    pub fn phases_compared() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|metric| metric.spec().phases_compared)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_metric_has_a_place_and_a_name_of_its_own() {
        let schema = schemars::schema_for!(Metric);
        let variants = schema.as_value()["oneOf"].as_array().unwrap().len();
        let all: BTreeSet<Metric> = Metric::ALL.into_iter().collect();
        assert_eq!(all.len(), variants);
        let words: BTreeSet<String> = Metric::ALL.into_iter().map(Metric::word).collect();
        assert_eq!(words.len(), variants);
    }

    #[test]
    fn what_decides_is_compared_and_what_is_compared_by_phase_is_known_by_phase() {
        for metric in Metric::ALL {
            let Spec { phases_compared, of_phases, .. } = metric.spec();
            assert!(!phases_compared || of_phases != OfPhases::Unknown, "{metric:?}");
            assert!(!metric.decides() || Metric::compared().any(|compared| compared == metric), "{metric:?}");
        }
    }
}
