//! The value of a metric of one phase of one run. Everything that shows or compares figures of phases uses it.

use super::of_counters;
use crate::model::{BenchmarkPhase, Metric};

/// One metric of one phase in the metric's unit, as read at its markers; absent where it was not measured, or is not
/// measured by phase.
pub fn of_phase(phase: &BenchmarkPhase, metric: Metric) -> Option<f64> {
    let cost = phase.cost.as_ref();
    let count = |value: u64| value as f64;
    match metric {
        Metric::Wall => phase.wall().map(|wall| wall.as_nanos() as f64),
        Metric::Cpu => cost?.cpu_time.map(|cpu| cpu.as_nanos() as f64),
        Metric::PeakMemory => cost?.memory_peak.map(count),
        Metric::DiskRead => cost?.disk_read_bytes.map(count),
        Metric::DiskWritten => cost?.disk_written_bytes.map(count),
        Metric::MinorFaults
        | Metric::ContextSwitches
        | Metric::CpuMigrations
        | Metric::Instructions
        | Metric::Cycles
        | Metric::Branches
        | Metric::BranchMisses
        | Metric::CacheReferences
        | Metric::CacheMisses => of_counters(cost?.counters.as_ref()?, metric),
        Metric::PhasesWall
        | Metric::UserTime
        | Metric::SystemTime
        | Metric::MajorFaults
        | Metric::BytecodeSize
        | Metric::DataSectionSize
        | Metric::BinarySize => None,
    }
}
