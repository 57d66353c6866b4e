//! The value of a metric that the kernel's event counters have counted, of a run or of a phase.

use crate::model::{EventCounts, Metric};

/// What was counted of a metric; absent where the machine cannot count it, or where no event counter is of this metric. Page
/// faults are those of both kinds in user mode.
pub fn of_counters(counts: &EventCounts, metric: Metric) -> Option<f64> {
    let count = match metric {
        Metric::MinorFaults => counts.page_faults,
        Metric::ContextSwitches => counts.context_switches,
        Metric::CpuMigrations => counts.cpu_migrations,
        Metric::Instructions => counts.instructions,
        Metric::Cycles => counts.cycles,
        Metric::Branches => counts.branches,
        Metric::BranchMisses => counts.branch_misses,
        Metric::CacheReferences => counts.cache_references,
        Metric::CacheMisses => counts.cache_misses,
        _ => None,
    };
    count.map(|count| count as f64)
}
