use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{SerdeInstant, Surroundings};

/// One run of a benchmark: what forc announced, what the process did, and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Benchmark {
    /// The benchmark's id, `group/project/scenario`.
    pub name: String,
    /// The path to the benchmark's project folder.
    pub path: PathBuf,
    /// Just before forc was spawned.
    pub start_time: Option<SerdeInstant>,
    /// Just after forc's exit was collected.
    pub end_time: Option<SerdeInstant>,
    /// The time between the two, in nanoseconds: for programs that do not read the pairs. Absent in older files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall_ns: Option<u64>,
    /// CPU time of the whole process, in user mode and in the kernel, in nanoseconds; absent in older files too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_ns: Option<u64>,
    /// The phases that forc announced, in the order of their start; a phase comes before those that it contains.
    pub phases: Vec<BenchmarkPhase>,
    /// The samples of the process, in the order of their timestamps.
    pub frames: SerdeFrames,
    /// What each package was compiled to, in forc's order; a package that is compiled twice is listed twice.
    #[serde(default)]
    pub packages: Vec<PackageOutput>,
    /// How the process ended; absent if unknown.
    #[serde(default)]
    pub exit: Option<Exit>,
    /// The kernel's accounting of the whole process, read at its exit.
    #[serde(default)]
    pub accounting: Option<Accounting>,
    /// What the kernel's event counters counted of the whole process; absent unless asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counters: Option<EventCounts>,
    /// How the phases were announced.
    #[serde(default)]
    pub protocol: Protocol,
    /// What collecting this run cost.
    #[serde(default)]
    pub collector: CollectorCost,
    /// What the whole machine did during the run; absent where it cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surroundings: Option<Surroundings>,
    /// Notes on this run, one sentence each: a stop without a start, an unreadable counter, ….
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Benchmark {
    /// Wall time of the run, from spawn to exit; absent if either end is.
    pub fn wall(&self) -> Option<Duration> {
        Some(self.end_time?.duration_since(self.start_time?))
    }
}

/// A named interval that forc announced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BenchmarkPhase {
    /// The compiler's own description of the phase, such as `compile ast to ir`.
    pub name: String,
    /// When the compiler said that the phase began.
    pub start_time: Option<SerdeInstant>,
    /// When the compiler said that the phase ended; absent if it exited first or never said so.
    pub end_time: Option<SerdeInstant>,
    /// The time between the two, in nanoseconds: for programs that do not read the pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall_ns: Option<u64>,
    /// CPU time of the phase, in nanoseconds, where it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_ns: Option<u64>,
    /// The package being compiled; absent in protocols that do not announce it.
    #[serde(default)]
    pub package: Option<String>,
    /// How many phases of the same package contain this one; 0 for a top-level phase.
    #[serde(default)]
    pub depth: u32,
    /// Which compilation of the package this belongs to, from 0: a contract with tests is compiled twice under one name.
    #[serde(default)]
    pub pass: u32,
    /// What the phase cost, read at its two markers; absent if a counter could not be read.
    #[serde(default)]
    pub cost: Option<PhaseCost>,
}

impl BenchmarkPhase {
    /// Wall time of the phase; absent if either end is.
    pub fn wall(&self) -> Option<Duration> {
        Some(self.end_time?.duration_since(self.start_time?))
    }
}

/// What a phase cost the process, from the counters at its start and stop markers and the frames between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PhaseCost {
    /// CPU time of all threads of the process during the phase.
    pub cpu_time: Option<Duration>,
    /// Resident memory at the start marker, in bytes.
    pub memory_start: Option<u64>,
    /// Resident memory at the stop marker, in bytes.
    pub memory_end: Option<u64>,
    /// The highest resident memory seen during the phase, in bytes: exact where the phase raised the peak of the whole
    /// process, else the highest frame.
    pub memory_peak: Option<u64>,
    /// Bytes that the process had the disk write during the phase.
    pub disk_written_bytes: Option<u64>,
    /// Bytes that the process had the disk read during the phase.
    pub disk_read_bytes: Option<u64>,
    /// What the kernel's event counters counted during the phase; absent unless asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counters: Option<EventCounts>,
}

/// Events counted by the kernel (`perf_event_open(2)`) in all threads of a process and its children. What the machine
/// cannot count is absent.
///
/// If the processor has fewer counters than requested, they take turns; if its cores are of two kinds, the kernel counts on
/// one. The figures are then scaled by the share of time that each was active, and the run's notes say so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EventCounts {
    /// Instructions retired in user mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<u64>,
    /// Processor cycles in user mode, at whatever frequency it ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycles: Option<u64>,
    /// Branches retired in user mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branches: Option<u64>,
    /// Branches that were predicted wrongly, in user mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch_misses: Option<u64>,
    /// Accesses to the last cache in user mode, as the processor defines them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_references: Option<u64>,
    /// Accesses that the last cache could not serve, in user mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_misses: Option<u64>,
    /// Page faults in user mode, with and without the disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_faults: Option<u64>,
    /// Context switches, both kinds; absent where the kernel may not be observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_switches: Option<u64>,
    /// Times that a thread was moved to another processor; absent where the kernel may not be observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_migrations: Option<u64>,
}

/// A single sample of the process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BenchmarkFrame {
    /// The time that the frame was captured.
    pub timestamp: SerdeInstant,
    /// CPU use in per cent of one core: 100 is one core busy, 200 two. The mean since the previous frame, or over the
    /// twenty milliseconds that the frame lies in where frames are closer.
    pub cpu_usage: f32,
    /// Resident memory of the process, in bytes.
    pub memory_usage: u64,
    /// Virtual memory of the process, in bytes.
    pub virtual_memory_usage: u64,
    /// Bytes that the process has had the disk write since it began.
    pub disk_total_written_bytes: u64,
    /// Bytes that the process has had the disk write since the previous frame.
    pub disk_written_bytes: u64,
    /// Bytes that the process has had the disk read since it began.
    pub disk_total_read_bytes: u64,
    /// Bytes that the process has had the disk read since the previous frame.
    pub disk_read_bytes: u64,
}

/// The frames of one run, in the order of their timestamps. Serialised as a plain array.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct SerdeFrames(pub Vec<BenchmarkFrame>);

impl Deref for SerdeFrames {
    type Target = Vec<BenchmarkFrame>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for SerdeFrames {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl From<Vec<BenchmarkFrame>> for SerdeFrames {
    fn from(frames: Vec<BenchmarkFrame>) -> Self {
        Self(frames)
    }
}

/// The compiler's data on the output of one package.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PackageOutput {
    /// The package's name; absent in protocols that do not announce it.
    pub package: Option<String>,
    /// Size of the bytecode without its data section, in bytes.
    pub bytecode_size: Option<u64>,
    /// The data section.
    pub data_section: Option<DataSection>,
    /// Other data that the compiler gave on the package, with its names. Lists and tables are stored as their number of
    /// elements.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub other: BTreeMap<String, serde_json::Value>,
}

impl PackageOutput {
    /// Size of the binary as forc reports it: bytecode and data section together, in bytes.
    pub fn binary_size(&self) -> Option<u64> {
        Some(self.bytecode_size?.saturating_add(self.data_section.map_or(0, |section| section.size)))
    }
}

/// The data section of one package's binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DataSection {
    /// Size in bytes, with padding.
    pub size: u64,
    /// Bytes in use; absent in compilers that do not announce it.
    pub used: Option<u64>,
    /// How many entries it has; absent in compilers that do not announce it.
    pub entries: Option<u64>,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// It exited by itself with this code; 0 is success.
    Code(i32),
    /// It was ended by this signal.
    Signal(i32),
}

impl Exit {
    /// Whether the process exited by itself with code 0.
    pub fn success(self) -> bool {
        self == Self::Code(0)
    }
}

/// The kernel's accounting of a process and of the children that it waited for (`wait4`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Accounting {
    /// CPU time in user mode.
    pub user_time: Duration,
    /// CPU time in the kernel.
    pub system_time: Duration,
    /// Peak resident memory in bytes; absent when the kernel's figure was the harness's own and no better one was seen.
    pub peak_memory: Option<u64>,
    /// Page faults served without the disk.
    pub minor_faults: u64,
    /// Page faults that had to read the disk.
    pub major_faults: u64,
    /// Voluntary context switches.
    pub voluntary_switches: u64,
    /// Involuntary context switches.
    pub involuntary_switches: u64,
    /// Blocks of 512 bytes read from the disk.
    pub blocks_read: u64,
    /// Blocks of 512 bytes written to the disk.
    pub blocks_written: u64,
}

impl Accounting {
    /// CPU time in both modes.
    pub fn cpu_time(&self) -> Duration {
        self.user_time.saturating_add(self.system_time)
    }
}

/// How a compiler announces its phases, best first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// `/dyno start|stop|info` lines (`forc build --profile`).
    Markers,
    /// `Time elapsed to …` lines and a metrics file (`forc build --time-phases --metrics-outfile`).
    TimePhases,
    /// Not at all: only the whole process is measured.
    #[default]
    WholeProcess,
}

/// Where frames come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SamplerKind {
    /// `/proc` files that are kept open, and the process's CPU clock (Linux).
    Proc,
    /// The sysinfo crate (every platform).
    #[default]
    Sysinfo,
}

/// What collecting one run cost, and how late its frames were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CollectorCost {
    /// Where the frames came from.
    pub sampler: SamplerKind,
    /// CPU time of the harness's own threads during the run.
    pub cpu_time: Duration,
    /// Frames that should have been taken, by the interval and the run's wall time.
    pub frames_due: u64,
    /// The 99th percentile of how late a frame was taken; absent without frames.
    pub lateness_p99: Option<Duration>,
    /// Whether the disk counters could be read; if not, or if the run was too short to read any, the frames' disk figures
    /// are 0 and mean nothing.
    pub disk_readable: bool,
}
