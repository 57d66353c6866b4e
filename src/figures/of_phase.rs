//! The value of a metric of one phase of one run. Everything that shows or compares figures of phases uses it.

use crate::model::{BenchmarkPhase, EventCounts, Metric};

/// One metric of one phase in the metric's unit, as read at its markers; absent where it was not measured, or is not
/// measured by phase.
pub fn of_phase(phase: &BenchmarkPhase, metric: Metric) -> Option<f64> {
    let cost = phase.cost.as_ref();
    let count = |value: u64| value as f64;
    let event = |of: fn(&EventCounts) -> Option<u64>| cost?.counters.as_ref().and_then(of).map(count);
    match metric {
        Metric::Wall => phase.wall().map(|wall| wall.as_nanos() as f64),
        Metric::Cpu => cost?.cpu_time.map(|cpu| cpu.as_nanos() as f64),
        Metric::PeakMemory => cost?.memory_peak.map(count),
        Metric::DiskRead => cost?.disk_read_bytes.map(count),
        Metric::DiskWritten => cost?.disk_written_bytes.map(count),
        Metric::MinorFaults => event(|counts| counts.page_faults),
        Metric::ContextSwitches => event(|counts| counts.context_switches),
        Metric::CpuMigrations => event(|counts| counts.cpu_migrations),
        Metric::Instructions => event(|counts| counts.instructions),
        Metric::Cycles => event(|counts| counts.cycles),
        Metric::Branches => event(|counts| counts.branches),
        Metric::BranchMisses => event(|counts| counts.branch_misses),
        Metric::CacheReferences => event(|counts| counts.cache_references),
        Metric::CacheMisses => event(|counts| counts.cache_misses),
        Metric::PhasesWall
        | Metric::UserTime
        | Metric::SystemTime
        | Metric::MajorFaults
        | Metric::BytecodeSize
        | Metric::DataSectionSize
        | Metric::BinarySize => None,
    }
}
