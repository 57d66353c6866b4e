//! The one table of metrics: name, unit, and what a comparison does with each.
//!
//! To add a metric, add a variant of [`Metric`], its row in [`Metric::spec`], its place in [`Metric::ALL`], and the source
//! of its values: a line in [`crate::figures::of_run`] and one in [`crate::figures::of_phase`].

use serde::{Deserialize, Serialize};

/// A quantity that is measured of a run or of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Wall time.
    Wall,
    /// Sum of the wall times of all top-level phases. It replaces the wall time of the run where a record only has the times
    /// of phases.
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
    /// Moves of a thread to another processor.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
    /// The verdict on a benchmark depends on it.
    Decides,
    /// Compared, but does not decide: disk traffic depends on the machine's page cache, and cycles and cache misses only
    /// explain.
    Explains,
    /// A kernel event that explains. It is compared where event counters were read; every machine can count these. For whole
    /// runs the values come from the kernel's accounting at exit, for phases from the counters at its markers. There, page
    /// faults are those in user mode, including the few that read the disk.
    Event,
    /// Recorded, but not compared: it is a part or a sum of compared metrics. Each further figure in a family makes all
    /// others harder to decide.
    Recorded,
}

/// How the values of several phases combine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfPhases {
    /// Not measured by phase.
    Unknown,
    /// The values of the phases add up.
    Sum,
    /// The largest value counts: a peak.
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
    /// The default threshold: the smallest change that matters, as a fraction.
    pub threshold: f64,
    /// Added to both values before the ratio is computed, in the metric's unit; 0 for metrics that are never zero.
    pub offset: f64,
    /// Whether its noise is independent from run to run (addresses, hash seeds, heap growth) and does not follow the
    /// machine's speed from minute to minute.
    pub steady: bool,
    /// The smallest standard deviation of a value's logarithm that the judge accepts: the smallest seen on any machine, or
    /// the resolution of the figure.
    pub floor: f64,
    /// How far apart two levels of the figure can be.
    pub levels: Levels,
    /// Whether a comparison has a mean of it over all benchmarks.
    pub of_suite: bool,
    /// How the values of phases combine, if it is measured by phase.
    pub of_phases: OfPhases,
    /// Whether phases are compared by it.
    pub phases_compared: bool,
    /// Whether the history stores it by phase. Adding one needs a schema step of the history that fills it in, because
    /// `history verify` expects it in every report.
    pub phases_kept: bool,
}

/// Whether a figure may have two levels, and how far apart they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Levels {
    /// One level.
    One,
    /// One more huge page, in the heap or in the compiler's code, adds 2 MiB. This can happen twice.
    HugePages,
    /// A difference of logarithms. Instruction counts vary with hash seeds and addresses, by hundredths of a per cent in all
    /// runs so far.
    Logarithm(f64),
}

/// Time. One per cent is what a day's work on the compiler can gain or lose.
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

/// Time that is measured by phase.
const TIME_OF_PHASES: Spec = Spec { of_phases: OfPhases::Sum, phases_compared: true, phases_kept: true, ..TIME };

/// Hardware counters. They depend mostly on the machine.
const HARDWARE: Spec =
    Spec { unit: Unit::Count, role: Role::Explains, threshold: 0.01, of_phases: OfPhases::Sum, ..TIME };

/// Instruction counts vary so little that a fifth of the threshold of times can be shown.
const INSTRUCTIONS: Spec = Spec { steady: true, floor: 1e-4, levels: Levels::Logarithm(0.005), ..HARDWARE };

/// Kernel events. There may be none, so one is added.
const EVENT: Spec = Spec { role: Role::Event, threshold: 0.05, offset: 1.0, ..HARDWARE };

/// Disk traffic. A page is added, so that a change from nothing to one page is not infinite.
const DISK: Spec = Spec { unit: Unit::Bytes, role: Role::Explains, threshold: 0.05, offset: 4096.0, ..TIME };

/// The size of a file. It is the same in every build, so any change comes from the compiler.
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
            // The counters of a phase count both kinds of page faults together, as minor faults.
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

    /// Whether the verdict on a benchmark depends on it (for whole runs).
    pub const fn decides(self) -> bool {
        matches!(self.spec().role, Role::Decides)
    }

    /// Whether it is a kernel event, which only explains.
    pub const fn is_event(self) -> bool {
        matches!(self.spec().role, Role::Event)
    }

    /// Whether it is the size of an output: a fact, not a sample.
    pub const fn is_size(self) -> bool {
        matches!(self, Self::BytecodeSize | Self::DataSectionSize | Self::BinarySize)
    }

    /// Whether it is a run's wall time: that of the run, or that of all its phases where the former is unknown.
    pub const fn is_wall(self) -> bool {
        matches!(self, Self::Wall | Self::PhasesWall)
    }

    /// Which way is better. All current metrics are costs.
    pub const fn direction(self) -> Direction {
        Direction::LowerIsBetter
    }

    /// The metrics of whole runs in a report, without the substitute for wall time.
    pub fn reported() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|metric| *metric != Self::PhasesWall)
    }

    /// The metrics of whole runs that are always compared: all but the events.
    pub fn compared() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|metric| matches!(metric.spec().role, Role::Decides | Role::Explains))
    }

    /// The kernel events.
    pub fn events() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|metric| metric.is_event())
    }

    /// The metrics that are measured by phase.
    pub fn of_phases() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|metric| metric.spec().of_phases != OfPhases::Unknown)
    }

    /// The metrics by which phases are compared.
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
