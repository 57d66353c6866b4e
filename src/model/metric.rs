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

impl Metric {
    /// The name used in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wall => "wall",
            Self::PhasesWall => "all phases together",
            Self::Cpu => "cpu",
            Self::UserTime => "user time",
            Self::SystemTime => "system time",
            Self::PeakMemory => "peak memory",
            Self::DiskRead => "disk read",
            Self::DiskWritten => "disk written",
            Self::MinorFaults => "minor faults",
            Self::MajorFaults => "major faults",
            Self::ContextSwitches => "context switches",
            Self::CpuMigrations => "CPU migrations",
            Self::Instructions => "instructions",
            Self::Cycles => "cycles",
            Self::Branches => "branches",
            Self::BranchMisses => "branch misses",
            Self::CacheReferences => "cache references",
            Self::CacheMisses => "cache misses",
            Self::BytecodeSize => "bytecode size",
            Self::DataSectionSize => "data section size",
            Self::BinarySize => "binary size",
        }
    }

    /// The name as one word, for a command line: `peak-memory`.
    pub fn word(self) -> String {
        self.name().replace(' ', "-")
    }

    /// The unit of its values.
    pub const fn unit(self) -> Unit {
        match self {
            Self::Wall | Self::PhasesWall | Self::Cpu | Self::UserTime | Self::SystemTime => Unit::Nanoseconds,
            Self::PeakMemory
            | Self::DiskRead
            | Self::DiskWritten
            | Self::BytecodeSize
            | Self::DataSectionSize
            | Self::BinarySize => Unit::Bytes,
            Self::MinorFaults
            | Self::MajorFaults
            | Self::ContextSwitches
            | Self::CpuMigrations
            | Self::Instructions
            | Self::Cycles
            | Self::Branches
            | Self::BranchMisses
            | Self::CacheReferences
            | Self::CacheMisses => Unit::Count,
        }
    }

    /// Whether a comparison's verdict on a benchmark rests on it, where it is of whole runs. The disk's traffic depends on
    /// what the machine holds in its caches; faults, switches, cycles and misses only explain: they decide nothing.
    pub const fn decides(self) -> bool {
        match self {
            Self::Wall
            | Self::PhasesWall
            | Self::Cpu
            | Self::PeakMemory
            | Self::Instructions
            | Self::BytecodeSize
            | Self::DataSectionSize
            | Self::BinarySize => true,
            Self::UserTime
            | Self::SystemTime
            | Self::DiskRead
            | Self::DiskWritten
            | Self::MinorFaults
            | Self::MajorFaults
            | Self::ContextSwitches
            | Self::CpuMigrations
            | Self::Cycles
            | Self::Branches
            | Self::BranchMisses
            | Self::CacheReferences
            | Self::CacheMisses => false,
        }
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

/// Which way a metric improves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Less is better.
    LowerIsBetter,
    /// More is better.
    HigherIsBetter,
}

/// What a sample says of a quantity: robust figures in the metric's unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// How many values it rests on.
    pub count: usize,
    /// The median.
    pub median: f64,
    /// Lower end of the median's confidence interval.
    pub low: f64,
    /// Upper end of the median's confidence interval.
    pub high: f64,
    /// The interval's confidence, 0 to 1: at least the 0.95 asked for where the sample is large enough, else what the
    /// whole range of the sample gives.
    pub confidence: f64,
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
    /// Spread: the interquartile range over the median, as a fraction; absent when the median is 0.
    pub spread: Option<f64>,
}

/// The estimate of one metric of a benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricSummary {
    /// What was measured.
    pub metric: Metric,
    /// Its unit.
    pub unit: Unit,
    /// Which way is better.
    pub direction: Direction,
    /// What the runs say.
    pub estimate: Estimate,
}

/// A row of where a benchmark's time goes: one top-level phase of one package, or what lies outside the phases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PhaseSummary {
    /// The phase; absent for the time outside all phases.
    pub phase: Option<String>,
    /// The package; absent where time belongs to no package, and in rows over all packages.
    pub package: Option<String>,
    /// How many phases contain this one; 0 for a top-level phase.
    pub depth: u32,
    /// Wall time in nanoseconds.
    pub wall: Estimate,
    /// Share of the benchmark's wall time, 0 to 1: the mean over the runs, so that top-level rows sum to 1.
    pub share: f64,
    /// CPU time in nanoseconds, where it could be read.
    pub cpu: Option<Estimate>,
    /// Peak resident memory in bytes, where it could be read.
    pub peak_memory: Option<Estimate>,
    /// Instructions retired in user mode, where they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<Estimate>,
}
