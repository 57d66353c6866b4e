//! From runs to figures: where the time of each run went, and what the runs say together.

mod attribution;
mod samples;

pub use attribution::{Row, RowKey, attribute, attribute_by_package, told};
pub use samples::{OUTSIDE, Values, values};

use std::collections::{BTreeMap, HashMap};

use crate::model::{Benchmark, EventCounts, Measured, Metric, MetricSummary, PackageOutput, PhaseSummary};
use crate::stats;

/// All metrics that the runs have, with their estimates. A metric that is missing from any run is left out: an estimate
/// over the others would hide that.
pub fn metrics(runs: &[Benchmark]) -> Vec<MetricSummary> {
    METRICS
        .into_iter()
        .filter_map(|metric| {
            let values: Option<Vec<f64>> = runs.iter().map(|run| value(run, metric)).collect();
            let estimate = stats::estimate(&values?)?;
            Some(MetricSummary { metric, unit: metric.unit(), direction: metric.direction(), estimate })
        })
        .collect()
}

/// Fills in what the benchmark's runs say.
pub fn complete(measured: &mut Measured) {
    measured.metrics = metrics(&measured.runs);
    measured.phases = phases(&measured.runs);
    measured.packages = packages(&measured.runs);
}

const METRICS: [Metric; 20] = [
    Metric::Wall,
    Metric::Cpu,
    Metric::UserTime,
    Metric::SystemTime,
    Metric::PeakMemory,
    Metric::DiskRead,
    Metric::DiskWritten,
    Metric::MinorFaults,
    Metric::MajorFaults,
    Metric::ContextSwitches,
    Metric::CpuMigrations,
    Metric::Instructions,
    Metric::Cycles,
    Metric::Branches,
    Metric::BranchMisses,
    Metric::CacheReferences,
    Metric::CacheMisses,
    Metric::BytecodeSize,
    Metric::DataSectionSize,
    Metric::BinarySize,
];

/// One metric of one run in the metric's unit; absent where it was not measured.
pub fn value(run: &Benchmark, metric: Metric) -> Option<f64> {
    let accounting = run.accounting.as_ref();
    let nanoseconds = |duration: std::time::Duration| duration.as_nanos() as f64;
    let count = |value: u64| value as f64;
    let event = |of: fn(&EventCounts) -> Option<u64>| run.counters.as_ref().and_then(of).map(count);
    match metric {
        Metric::Wall => run.wall().map(nanoseconds),
        Metric::PhasesWall => all_phases(run),
        Metric::Cpu => accounting.map(|a| nanoseconds(a.cpu_time())),
        Metric::UserTime => accounting.map(|a| nanoseconds(a.user_time)),
        Metric::SystemTime => accounting.map(|a| nanoseconds(a.system_time)),
        Metric::PeakMemory => accounting.and_then(|a| a.peak_memory).map(count),
        // The kernel's account at the exit has the whole of it, also of a run too short for a frame.
        Metric::DiskRead => accounting.map(|a| count(a.blocks_read * BLOCK)),
        Metric::DiskWritten => accounting.map(|a| count(a.blocks_written * BLOCK)),
        Metric::MinorFaults => accounting.map(|a| count(a.minor_faults)),
        Metric::MajorFaults => accounting.map(|a| count(a.major_faults)),
        Metric::ContextSwitches => accounting.map(|a| count(a.voluntary_switches + a.involuntary_switches)),
        Metric::CpuMigrations => event(|counts| counts.cpu_migrations),
        Metric::Instructions => event(|counts| counts.instructions),
        Metric::Cycles => event(|counts| counts.cycles),
        Metric::Branches => event(|counts| counts.branches),
        Metric::BranchMisses => event(|counts| counts.branch_misses),
        Metric::CacheReferences => event(|counts| counts.cache_references),
        Metric::CacheMisses => event(|counts| counts.cache_misses),
        Metric::BytecodeSize => size(run, |package| package.bytecode_size),
        Metric::DataSectionSize => size(run, |package| package.data_section.map(|section| section.size)),
        Metric::BinarySize => size(run, PackageOutput::binary_size),
    }
}

/// The wall time of all top-level phases of a run together, in nanoseconds; absent where none is known.
fn all_phases(run: &Benchmark) -> Option<f64> {
    let top = told(run).into_iter().filter(|row| row.key.depth == 0 && row.key.phase.is_some());
    let sum: f64 = top.map(|row| row.wall).sum();
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

/// Where the benchmark's time goes over all packages: one row a phase, in the compiler's order, then what lies outside
/// all phases. The shares of the rows at depth 0 sum to 1.
pub fn phases(runs: &[Benchmark]) -> Vec<PhaseSummary> {
    rows(runs, attribute)
}

/// The same package by package, with a row for the time between a package's own phases, and a last one for the time
/// that belongs to no package.
pub fn packages(runs: &[Benchmark]) -> Vec<PhaseSummary> {
    rows(runs, attribute_by_package)
}

/// The top-level phases of all benchmarks together, `None` for the time outside them, with the sum of their median wall
/// times in nanoseconds; the heaviest first.
pub fn suite_phases(benchmarks: &[Measured]) -> Vec<(Option<&str>, f64)> {
    let mut places: HashMap<Option<&str>, usize> = HashMap::new();
    let mut totals: Vec<(Option<&str>, f64)> = Vec::new();
    for row in benchmarks.iter().flat_map(|benchmark| &benchmark.phases).filter(|row| row.depth == 0) {
        let phase = row.phase.as_deref();
        let place = *places.entry(phase).or_insert(totals.len());
        match totals.get_mut(place) {
            Some((_, total)) => *total += row.wall.median,
            None => totals.push((phase, row.wall.median)),
        }
    }
    totals.sort_by(|a, b| b.1.total_cmp(&a.1));
    totals
}

fn rows(runs: &[Benchmark], attribute: impl Fn(&Benchmark) -> Option<Vec<Row>>) -> Vec<PhaseSummary> {
    let attributed: Vec<Vec<Row>> = runs.iter().filter_map(attribute).collect();
    // The order of the first run, and after it what only later runs have.
    let mut found_of: HashMap<&RowKey, Vec<&Row>> = HashMap::new();
    let mut keys: Vec<&RowKey> = Vec::new();
    for row in attributed.iter().flatten() {
        let found = found_of.entry(&row.key).or_default();
        if found.is_empty() {
            keys.push(&row.key);
        }
        found.push(row);
    }
    keys.sort_by_key(|key| key.is_rest());
    let count = attributed.len() as f64;
    keys.into_iter()
        .filter_map(|key| {
            let found = found_of.get(key)?;
            let sample =
                |of: &dyn Fn(&Row) -> Option<f64>| -> Option<Vec<f64>> { found.iter().map(|row| of(row)).collect() };
            Some(PhaseSummary {
                phase: key.phase.clone(),
                package: key.package.clone(),
                depth: key.depth,
                wall: stats::estimate(&sample(&|row| Some(row.wall))?)?,
                // Over all runs, those without this row too: only so do the shares sum to one.
                share: found.iter().map(|row| row.share).sum::<f64>() / count,
                cpu: sample(&|row| row.cpu).and_then(|cpu| stats::estimate(&cpu)),
                peak_memory: sample(&|row| row.peak_memory).and_then(|memory| stats::estimate(&memory)),
                instructions: sample(&|row| row.instructions).and_then(|count| stats::estimate(&count)),
            })
        })
        .collect()
}
