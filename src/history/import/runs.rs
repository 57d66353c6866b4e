//! What the predecessors' files have in common: the runs, in the layout of the first forc-perf, which dyno kept.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{ImportError, Known, time_of};

use crate::model::{
    Benchmark, BenchmarkPhase, Capabilities, CollectorCost, Completion, DataSection, Environment, Harness, Measured,
    Measuring, Metric, Origin, PackageOutput, Protocol, Report, SCHEMA_VERSION, SerdeFrames, SerdeInstant, Settings,
    Toolchain,
};
use crate::{figures, history::ExtraFigure};

/// One run.
#[derive(Deserialize)]
pub(super) struct RawRun {
    pub name: String,
    #[serde(default)]
    pub path: PathBuf,
    pub start_time: Option<SerdeInstant>,
    pub end_time: Option<SerdeInstant>,
    pub phases: Vec<RawPhase>,
    pub frames: SerdeFrames,
    /// dyno's own.
    #[serde(default)]
    pub asm_information: Option<RawOutput>,
}

#[derive(Deserialize)]
pub(super) struct RawPhase {
    name: String,
    start_time: Option<SerdeInstant>,
    end_time: Option<SerdeInstant>,
}

#[derive(Deserialize)]
pub(super) struct RawOutput {
    bytecode_size: Option<u64>,
    data_section: Option<RawDataSection>,
}

#[derive(Deserialize)]
struct RawDataSection {
    size: u64,
    used: Option<u64>,
    value_pairs: Option<Vec<serde::de::IgnoredAny>>,
}

/// Timestamps from here on are clock times, seconds since 1970; smaller ones count from the start of the harness. This is
/// 2001, long before any of these harnesses, and longer after 1970 than any of them can have run.
const CLOCK: Duration = Duration::from_secs(1_000_000_000);

/// When these runs were measured, with a note on the origin of that time: the user's, the file's own (`own`), that of their
/// timestamps if those are clock times, or else the time of the file's last change.
pub(super) fn time(
    runs: &[RawRun],
    path: &Path,
    known: &Known,
    own: Option<Timestamp>,
) -> Result<(Timestamp, Option<String>), ImportError> {
    if let Some(time) = known.time {
        return Ok((time, None));
    }
    if let Some(time) = own {
        return Ok((time, Some("dyno does not say in which time zone its time is".to_owned())));
    }
    let stamps = runs.iter().filter_map(|run| run.start_time).map(|start| start.since_epoch());
    let clock = stamps.filter(|stamp| *stamp >= CLOCK).min();
    let stamped = clock.and_then(|stamp| Timestamp::UNIX_EPOCH.checked_add(SignedDuration::try_from(stamp).ok()?).ok());
    match stamped {
        Some(time) => Ok((time, Some("the time is that of the first run's stamp".to_owned()))),
        None => Ok((time_of(path, known)?, Some("the time is that of the file's last change".to_owned()))),
    }
}

/// How far the ends of a run and those of its phases may be apart: different threads recorded them.
const SLACK: Duration = Duration::from_millis(50);

/// Whether all phases lie within the run. Where they do not, its ends are not those of a build.
fn is_within(start: Option<SerdeInstant>, end: Option<SerdeInstant>, phases: &[BenchmarkPhase]) -> bool {
    let (Some(start), Some(end)) = (start, end) else { return true };
    phases.iter().all(|phase| {
        let begins =
            phase.start_time.is_none_or(|at| at.saturating_add(SLACK) >= start && at <= end.saturating_add(SLACK));
        let ends = phase.end_time.is_none_or(|at| at <= end.saturating_add(SLACK));
        begins && ends
    })
}

/// The beginnings of all known phases' descriptions; no package has such a name.
const VERBS: [&str; 3] = ["compile ", "parse ", "generate "];

/// `{package} {description}`, or a description alone: its first word is then a verb.
fn split(name: &str) -> (Option<String>, String) {
    if VERBS.iter().any(|verb| name.starts_with(verb)) {
        return (None, name.to_owned());
    }
    match name.split_once(' ') {
        Some((package, phase)) => (Some(package.to_owned()), phase.to_owned()),
        None => (None, name.to_owned()),
    }
}

/// The run in the form of the model: phases know their packages, and which phases contain them.
pub(super) fn run_of(raw: RawRun, id: &str) -> Benchmark {
    let mut phases: Vec<BenchmarkPhase> = raw
        .phases
        .into_iter()
        .map(|phase| {
            let (package, name) = split(&phase.name);
            BenchmarkPhase {
                wall_ns: None,
                cpu_ns: None,
                name,
                start_time: phase.start_time,
                end_time: phase.end_time,
                package,
                depth: 0,
                pass: 0,
                cost: None,
            }
        })
        .collect();
    // By start, and the longer one first: a phase comes before those that it contains.
    phases.sort_by_key(|phase| (phase.start_time, std::cmp::Reverse(phase.end_time)));
    let mut passes: BTreeMap<(Option<String>, String), u32> = BTreeMap::new();
    for index in 0..phases.len() {
        let (before, rest) = phases.split_at_mut(index);
        let Some(phase) = rest.first_mut() else { continue };
        let contains = |outer: &&BenchmarkPhase| {
            outer.package == phase.package && outer.end_time >= phase.end_time && outer.end_time > phase.start_time
        };
        phase.depth = u32::try_from(before.iter().filter(contains).count()).unwrap_or(0);
        let pass = passes.entry((phase.package.clone(), phase.name.clone())).or_default();
        phase.pass = *pass;
        *pass += 1;
    }
    let output = raw.asm_information.map(|output| PackageOutput {
        package: Some(raw.name.clone()),
        bytecode_size: output.bytecode_size,
        data_section: output.data_section.map(|section| DataSection {
            size: section.size,
            used: section.used,
            entries: section.value_pairs.map(|pairs| pairs.len() as u64),
        }),
        other: BTreeMap::new(),
    });
    let mut notes = vec!["how the build ended was not recorded".to_owned()];
    let (mut start_time, mut end_time) = (raw.start_time, raw.end_time);
    if !is_within(start_time, end_time, &phases) {
        (start_time, end_time) = (None, None);
        notes.push(
            "how long it took is not known: its phases do not lie within the times that the file gives".to_owned(),
        );
    }
    Benchmark {
        wall_ns: None,
        cpu_ns: None,
        name: id.to_owned(),
        path: raw.path,
        start_time,
        end_time,
        phases,
        frames: raw.frames,
        packages: output.into_iter().collect(),
        exit: None,
        accounting: None,
        counters: None,
        protocol: Protocol::Markers,
        collector: CollectorCost::default(),
        surroundings: None,
        notes,
    }
}

/// A benchmark that is called as the predecessors called theirs, by the project alone.
pub(super) fn benchmark(group: &str, project: &str, scenario: &str) -> Measured {
    Measured {
        id: format!("{group}/{project}/{scenario}"),
        group: group.to_owned(),
        project: project.to_owned(),
        scenario: scenario.to_owned(),
        description: None,
        tags: Vec::new(),
        program: None,
        command: Vec::new(),
        runs: Vec::new(),
        outputs: Vec::new(),
        failures: Vec::new(),
        warnings: Vec::new(),
        instructions: Vec::new(),
        metrics: Vec::new(),
        phases: Vec::new(),
        packages: Vec::new(),
    }
}

/// The benchmarks of these runs, several runs of one name together, and the highest memory that was seen of each run.
pub(super) fn benchmarks(group: &str, runs: Vec<RawRun>) -> (Vec<Measured>, Vec<ExtraFigure>) {
    let mut by_name: BTreeMap<String, Measured> = BTreeMap::new();
    for raw in runs {
        // How the project was built is not said.
        let benchmark = by_name.entry(raw.name.clone()).or_insert_with(|| benchmark(group, &raw.name, "build"));
        let run = run_of(raw, &benchmark.id);
        benchmark.runs.push(run);
    }
    let mut benchmarks: Vec<Measured> = by_name.into_values().collect();
    benchmarks.iter_mut().for_each(figures::complete);
    let figures = benchmarks.iter().filter_map(|benchmark| {
        let peak = |run: &Benchmark| run.frames.iter().map(|frame| frame.memory_usage).max();
        let values: Option<Vec<f64>> = benchmark.runs.iter().map(|run| peak(run).map(|peak| peak as f64)).collect();
        Some(ExtraFigure { benchmark: benchmark.id.clone(), metric: Metric::PeakMemory, values: values? })
    });
    let figures = figures.collect();
    (benchmarks, figures)
}

/// A report of what another harness measured.
pub(super) fn report(harness: &str, version: &str, created: String, environment: Environment) -> Report {
    Report {
        schema_version: SCHEMA_VERSION,
        created,
        harness: Harness { name: harness.to_owned(), version: version.to_owned() },
        environment,
        toolchain: Toolchain {
            version: UNKNOWN.to_owned(),
            path: PathBuf::new(),
            sha256: String::new(),
            is_script: false,
            origin: Origin::Path,
            capabilities: Capabilities {
                protocol: Protocol::Markers,
                metrics_file: false,
                release: false,
                tests: false,
            },
            notes: vec![format!("as {harness} recorded it; what this compiler can do was not asked")],
        },
        settings: Settings {
            suite: PathBuf::new(),
            interval: std::time::Duration::ZERO,
            time_limit: std::time::Duration::ZERO,
            samples: None,
            pinned: false,
            seed: 0,
            std: None,
            counters: None,
        },
        completion: Completion::Complete,
        measuring: Measuring::default(),
        benchmarks: Vec::new(),
        skipped: Vec::new(),
    }
}

/// The placeholder where a text is required and nothing is known.
pub(super) const UNKNOWN: &str = "unknown";

/// A machine of which nothing is known.
pub(super) fn unknown_machine() -> Environment {
    Environment {
        host: None,
        os: None,
        kernel: None,
        arch: UNKNOWN.to_owned(),
        cpus: Vec::new(),
        physical_cores: None,
        governor: None,
        total_memory: 0,
        available_memory: 0,
        load: None,
        virtual_machine: None,
        checks: Vec::new(),
    }
}
