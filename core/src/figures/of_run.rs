//! The value of a metric of one run. Everything that shows or compares figures of whole runs uses it.

use std::collections::BTreeMap;

use super::{attributed, of_counters};
use crate::model::{Benchmark, Metric, PackageOutput};

/// One metric of one run in the metric's unit; absent where it was not measured.
pub fn of_run(run: &Benchmark, metric: Metric) -> Option<f64> {
    let accounting = run.accounting.as_ref();
    let nanoseconds = |duration: std::time::Duration| duration.as_nanos() as f64;
    let count = |value: u64| value as f64;
    match metric {
        Metric::Wall => run.wall().map(nanoseconds),
        Metric::PhasesWall => all_phases(run),
        Metric::Cpu => accounting.map(|a| nanoseconds(a.cpu_time())),
        Metric::UserTime => accounting.map(|a| nanoseconds(a.user_time)),
        Metric::SystemTime => accounting.map(|a| nanoseconds(a.system_time)),
        Metric::PeakMemory => accounting.and_then(|a| a.peak_memory).map(count),
        // The kernel's accounting at exit covers the whole run, even one too short for a frame.
        Metric::DiskRead => accounting.map(|a| count(a.blocks_read * BLOCK)),
        Metric::DiskWritten => accounting.map(|a| count(a.blocks_written * BLOCK)),
        Metric::MinorFaults => accounting.map(|a| count(a.minor_faults)),
        Metric::MajorFaults => accounting.map(|a| count(a.major_faults)),
        Metric::ContextSwitches => accounting.map(|a| count(a.voluntary_switches + a.involuntary_switches)),
        Metric::CpuMigrations
        | Metric::Instructions
        | Metric::Cycles
        | Metric::Branches
        | Metric::BranchMisses
        | Metric::CacheReferences
        | Metric::CacheMisses => of_counters(run.counters.as_ref()?, metric),
        Metric::BytecodeSize => size(run, |package| package.bytecode_size),
        Metric::DataSectionSize => size(run, |package| package.data_section.map(|section| section.size)),
        Metric::BinarySize => size(run, PackageOutput::binary_size),
    }
}

/// The wall time of all top-level phases of a run together, in nanoseconds; absent where none is known.
fn all_phases(run: &Benchmark) -> Option<f64> {
    let top = attributed(run).into_iter().filter(|row| row.key.depth == 0 && row.key.phase.is_some());
    let sum: f64 = top.map(|row| row.cost.wall).sum();
    (sum > 0.0).then_some(sum)
}

/// Bytes in a block of the kernel's account (`getrusage(2)`).
const BLOCK: u64 = 512;

/// The sum over what the packages became. A package that is compiled twice counts with its last form, which is the one
/// that is written.
fn size(run: &Benchmark, of: impl Fn(&PackageOutput) -> Option<u64>) -> Option<f64> {
    let mut last: BTreeMap<Option<&str>, u64> = BTreeMap::new();
    for package in &run.packages {
        if let Some(size) = of(package) {
            last.insert(package.package.as_deref(), size);
        }
    }
    (!last.is_empty()).then(|| last.values().map(|size| *size as f64).sum::<f64>())
}
