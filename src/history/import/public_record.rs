//! The compiler's public performance record: what its CI measured at each commit, one folder per commit and one file per
//! benchmark. As published, only its own git history shows when each commit was added; a `commits.csv` beside the folders,
//! with the commits' dates and subjects, takes precedence.
//!
//! A build that succeeded is wrapped: `{phases: {bytecode_size, metrics: […]}, elapsed, cpu_usage, memory, build_type,
//! …_revision}`. The file of one that failed is bare: it contains what the compiler wrote before the failure, the phases of
//! the last dependency that it built. That is never the result of the benchmark that the file is named after. As a rule the
//! dependency is std, whose series it then belongs to. If it is another one, its phases are far shorter, as std takes most
//! of a build: files that take less than a quarter of the longest of a commit are refused.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::runs::{self, UNKNOWN};
use super::{ImportError, Imported, Known, Notice, Treatment, read_json, time_of};
use crate::figures;
use crate::history::order::is_shallow;
use crate::history::{ExtraFigure, Provenance, Record, Source};
use crate::model::{
    Benchmark, BenchmarkPhase, CollectorCost, Failure, FailureKind, Measured, Metric, Origin, PackageOutput, Protocol,
    Revision, SerdeFrames, SerdeInstant,
};
use crate::os::Interrupt;
use crate::os::git::Repository;
use crate::phase;

/// The list of the commits.
pub(super) const COMMITS: &str = "commits.csv";

const WHAT: &str = "the compiler's performance record";
const GROUP: &str = "public-record";
const STD: &str = "std";

/// A bare file is std's if its longest phase takes at least this fraction of what std takes in the same commit. Of the files
/// with another dependency's figures none reaches a twentieth; of those with std's, none is below a half.
const STD_SHARE: f64 = 0.25;

#[derive(Deserialize)]
struct CommitsCsvRow {
    sha: String,
    committed_at: String,
    subject: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum MetricsFile {
    Wrapped(Box<Wrapped>),
    Bare(Metrics),
}

#[derive(Deserialize)]
struct Wrapped {
    phases: Metrics,
    /// Seconds, as a text.
    elapsed: String,
    /// Per cent of one processor.
    cpu_usage: String,
    /// Peak resident memory, such as `393156KB`, where a KB has 1024 bytes (GNU time).
    memory: String,
    build_type: String,
    sway_git_revision: String,
    sway_apps_revision: Option<String>,
    sway_libs_revision: Option<String>,
}

/// What the compiler wrote. Its `memory_usage` is the whole host's, not the compiler's.
#[derive(Clone, Deserialize)]
struct Metrics {
    bytecode_size: Option<u64>,
    #[serde(alias = "compilation_phases")]
    metrics: Vec<MetricsPhase>,
    #[serde(alias = "reused_programs")]
    reused_modules: Option<u64>,
}

#[derive(Clone, Deserialize)]
struct MetricsPhase {
    phase: String,
    /// Seconds.
    elapsed: f64,
}

impl Metrics {
    /// The longest phase, in seconds.
    fn longest(&self) -> f64 {
        self.metrics.iter().map(|phase| phase.elapsed).fold(0.0, f64::max)
    }
}

/// Whether a folder is one: it has the list of the commits, or a folder of measurements that is named after a commit.
pub(super) fn is_one(folder: &Path) -> Result<bool, ImportError> {
    Ok(folder.join(COMMITS).is_file()
        || names(folder)?.iter().any(|name| is_commit(name) && folder.join(name).is_dir()))
}

/// Whether a name is a whole commit id.
fn is_commit(name: &str) -> bool {
    name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

pub(super) fn read(folder: &Path, known: &Known) -> Result<Imported, ImportError> {
    let mut imported = Imported::default();
    let listed = listed(folder)?;
    let times = if listed.is_some() { Times::default() } else { Times::of(folder, known, &mut imported.remarks) };
    let listed = listed.unwrap_or_default();
    for name in names(folder)? {
        if !folder.join(&name).is_dir() || name.starts_with('.') {
            continue;
        }
        let refused = |reason: &str| Notice {
            file: name.clone().into(),
            treatment: Treatment::Refused,
            reason: reason.to_owned(),
        };
        if let Some(row) = listed.get(&name) {
            let created = row.time(folder)?;
            let (committed, subject) = (Some(row.committed_at.clone()), row.subject.clone());
            read_commit(
                folder,
                &RecordCommit { id: &name, created, committed, subject, note: COMMITS_NOTE },
                &mut imported,
            )?;
        } else if !listed.is_empty() {
            imported.notices.push(refused("commits.csv does not say when this commit was made"));
        } else if is_commit(&name) {
            let (created, note) = times.of_commit(folder, &name, known)?;
            let commit = RecordCommit { id: &name, created, committed: None, subject: String::new(), note };
            read_commit(folder, &commit, &mut imported)?;
        } else {
            imported.notices.push(refused("it is not named after a commit"));
        }
    }
    Ok(imported)
}

/// What is known of a commit before its files are read.
struct RecordCommit<'a> {
    id: &'a str,
    /// When it counts as measured.
    created: Timestamp,
    /// When it was made.
    committed: Option<String>,
    subject: String,
    /// A note on the origin of the time.
    note: &'a str,
}

const COMMITS_NOTE: &str = "when it was measured is not recorded: the time is the commit's";
const GIT_NOTE: &str = "when it was measured is not recorded: the time is that at which the record took it in";
const USER_NOTE: &str = "when it was measured is not recorded: the time is the user's";
const FILE_NOTE: &str = "when it was measured is not recorded: the time is that of the files' last change";

/// The list of the commits, by their ids; `None` if there is none.
fn listed(folder: &Path) -> Result<Option<HashMap<String, CommitsCsvRow>>, ImportError> {
    let list = folder.join(COMMITS);
    if !list.is_file() {
        return Ok(None);
    }
    let invalid =
        |error: csv::Error| ImportError::Invalid { path: list.clone(), what: WHAT, reason: error.to_string() };
    let rows = csv::Reader::from_path(&list).map_err(invalid)?.into_deserialize::<CommitsCsvRow>();
    rows.map(|row| row.map(|row| (row.sha.clone(), row)).map_err(invalid)).collect::<Result<_, _>>().map(Some)
}

impl CommitsCsvRow {
    fn time(&self, folder: &Path) -> Result<Timestamp, ImportError> {
        self.committed_at.parse().map_err(|error: jiff::Error| ImportError::Invalid {
            path: folder.join(COMMITS),
            what: WHAT,
            reason: format!("the date of {} cannot be read: {error}", self.sha),
        })
    }
}

/// When each commit was added to the record, according to its own repository.
#[derive(Default)]
struct Times(HashMap<String, Timestamp>);

impl Times {
    /// Reads them from the repository around `folder`, with a notice about what cannot be determined that way.
    fn of(folder: &Path, known: &Known, remarks: &mut Vec<String>) -> Self {
        let interrupt = Interrupt::new();
        let repository = Repository::around(folder, &interrupt);
        let is_shallow = is_shallow(&repository).unwrap_or(false);
        // The latest commit that touched a folder comes first.
        let said = if is_shallow {
            None
        } else {
            repository
                .git(["log", "--no-show-signature", "--format=%x00%cI", "--name-only", "--relative", "--", "."])
                .ok()
        };
        let mut times = HashMap::new();
        let mut time = None;
        for line in String::from_utf8_lossy(&said.unwrap_or_default()).lines() {
            if let Some(text) = line.strip_prefix('\0') {
                time = text.parse::<Timestamp>().ok();
            } else if let (Some(time), Some((name, _))) = (time, line.split_once('/')) {
                times.entry(name.to_owned()).or_insert(time);
            }
        }
        if times.is_empty() {
            let why = if is_shallow { "a shallow clone does not show" } else { "no git repository shows" };
            let instead = if known.time.is_some() { "--time says" } else { "the files were last changed" };
            remarks.push(format!(
                "{why} when each commit was measured, so all count as measured when {instead}; --sway DIR, a checkout of the \
                 compiler, gives their order"
            ));
        }
        Self(times)
    }

    /// When a commit counts as measured, and how that is known.
    fn of_commit(&self, folder: &Path, id: &str, known: &Known) -> Result<(Timestamp, &'static str), ImportError> {
        match (self.0.get(id), known.time) {
            (Some(time), _) => Ok((*time, GIT_NOTE)),
            (None, Some(time)) => Ok((time, USER_NOTE)),
            (None, None) => Ok((time_of(&folder.join(id), known)?, FILE_NOTE)),
        }
    }
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Result<Vec<String>, ImportError> {
    let error = |source| ImportError::Read { path: folder.to_owned(), source };
    let entries = fs::read_dir(folder).map_err(error)?.collect::<Result<Vec<_>, _>>().map_err(error)?;
    let mut names: Vec<String> = entries.iter().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    Ok(names)
}

fn read_commit(folder: &Path, commit: &RecordCommit, imported: &mut Imported) -> Result<(), ImportError> {
    let mut refuse = |file: &Path, reason: String| {
        imported.notices.push(Notice { file: file.to_owned(), treatment: Treatment::Refused, reason });
    };
    let mut built: Vec<(String, Wrapped)> = Vec::new();
    let mut failed: Vec<(String, Metrics)> = Vec::new();
    for name in names(&folder.join(commit.id))? {
        let Some(project) = name.strip_suffix(".json") else { continue };
        let file = Path::new(commit.id).join(&name);
        match read_json(&folder.join(&file), WHAT) {
            Ok(MetricsFile::Wrapped(wrapped)) if wrapped.sway_git_revision != commit.id => {
                refuse(&file, format!("it is of another commit, {}", wrapped.sway_git_revision));
            }
            Ok(MetricsFile::Wrapped(wrapped)) => built.push((project.to_owned(), *wrapped)),
            Ok(MetricsFile::Bare(metrics)) => failed.push((project.to_owned(), metrics)),
            Err(ImportError::Invalid { .. }) => {
                refuse(
                    &file,
                    "it holds neither what a build was measured to take nor the phases of a failed one".to_owned(),
                );
            }
            Err(error) => return Err(error),
        }
    }
    let mut report = runs::report("the compiler's CI", UNKNOWN, commit.created.to_string(), runs::unknown_machine());
    report.toolchain.capabilities.protocol = Protocol::TimePhases;
    report.toolchain.capabilities.metrics_file = true;
    report.toolchain.notes.push(commit.note.to_owned());
    report.toolchain.origin = Origin::Revision(Revision {
        repository: String::new(),
        name: commit.id.to_owned(),
        commit: commit.id.to_owned(),
        tree: None,
        subject: commit.subject.clone(),
        committed: commit.committed.clone(),
        cargo_flags: Vec::new(),
        std: None,
    });
    let mut benchmarks: BTreeMap<String, Measured> = BTreeMap::new();
    let mut figures = Vec::new();
    // For a build that succeeded, all except the target's own phases: std and a little more.
    let rest = |wrapped: &Wrapped| Some(seconds(&wrapped.elapsed)? - wrapped.phases.longest());
    let least_rest = built.iter().filter_map(|(_, wrapped)| rest(wrapped)).fold(f64::INFINITY, f64::min);
    let longest = failed.iter().map(|(_, metrics)| metrics.longest()).fold(0.0, f64::max);
    let of_std = if least_rest.is_finite() { longest.max(least_rest) } else { longest };

    for (project, wrapped) in built {
        let mut benchmark = runs::benchmark(GROUP, &project, &wrapped.build_type);
        let file = Path::new(commit.id).join(format!("{project}.json"));
        let Some((run, peak)) = run_of(&benchmark.id, &project, &wrapped) else {
            refuse(&file, format!("its time or memory is none: `{}`, `{}`", wrapped.elapsed, wrapped.memory));
            continue;
        };
        figures.push(ExtraFigure { benchmark: benchmark.id.clone(), metric: Metric::PeakMemory, values: vec![peak] });
        benchmark.runs.push(run);
        benchmarks.insert(benchmark.id.clone(), benchmark);
    }
    for (project, metrics) in failed {
        let file = Path::new(commit.id).join(format!("{project}.json"));
        let mut benchmark = runs::benchmark(GROUP, &project, "debug");
        benchmark.failures.push(failure());
        benchmarks.insert(benchmark.id.clone(), benchmark);
        if metrics.longest() < STD_SHARE * of_std {
            let reason = "its build failed, and the figures in it are neither its own nor std's".to_owned();
            imported.notices.push(Notice { file, treatment: Treatment::Refused, reason });
            continue;
        }
        let std = runs::benchmark(GROUP, STD, "debug");
        let std = benchmarks.entry(std.id.clone()).or_insert(std);
        let run = run_of_package(&std.id, STD, &metrics, None, Vec::new());
        std.runs.push(run);
        let reason = "its build failed, and the figures in it are std's".to_owned();
        imported.notices.push(Notice { file, treatment: Treatment::RecordedAsStd, reason });
    }
    report.benchmarks = benchmarks.into_values().collect();
    report.benchmarks.iter_mut().for_each(figures::complete);
    if report.has_measurements() {
        let provenance = Provenance { source: Source::PublicRecord, figures, ..Provenance::of(&report) };
        imported.records.push(Record { provenance, report });
    }
    Ok(())
}

fn seconds(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0)
}

/// `393156KB` in bytes.
fn bytes(text: &str) -> Option<f64> {
    let kib: u64 = text.trim().strip_suffix("KB")?.trim().parse().ok()?;
    Some(kib.checked_mul(1024)? as f64)
}

/// The run of a successful build, and its peak memory in bytes.
fn run_of(id: &str, project: &str, wrapped: &Wrapped) -> Option<(Benchmark, f64)> {
    let wall = duration(seconds(&wrapped.elapsed)?);
    let peak = bytes(&wrapped.memory)?;
    let mut notes = vec![
        "how long each phase took was recorded, not when: they are laid end to end at the run's end".to_owned(),
        format!("CPU usage {}", wrapped.cpu_usage),
    ];
    let revisions = [("sway-apps", &wrapped.sway_apps_revision), ("sway-libs", &wrapped.sway_libs_revision)];
    notes.extend(revisions.iter().filter_map(|(name, revision)| Some(format!("{name} at {}", revision.as_ref()?))));
    Some((run_of_package(id, project, &wrapped.phases, Some(wall), notes), peak))
}

/// A run with the known phases of one package; for a failed build, without the duration of the whole.
fn run_of_package(id: &str, package: &str, metrics: &Metrics, wall: Option<Duration>, notes: Vec<String>) -> Benchmark {
    let known = |raw: &MetricsPhase| phase::known(&raw.phase);
    let around = |raw: &MetricsPhase| known(raw).and_then(|phase| phase.within);
    let top: f64 = metrics.metrics.iter().filter(|raw| around(raw).is_none()).map(|raw| raw.elapsed).sum();
    let mut clock = wall.unwrap_or_default().saturating_sub(duration(top));
    let mut phases = Vec::new();
    let phase = |raw: &MetricsPhase, depth: u32, start: Duration| BenchmarkPhase {
        wall_ns: None,
        cpu_ns: None,
        name: known(raw).map_or(raw.phase.as_str(), |phase| phase.name).to_owned(),
        start_time: Some(SerdeInstant::from_epoch(start)),
        end_time: Some(SerdeInstant::from_epoch(start + duration(raw.elapsed))),
        package: Some(package.to_owned()),
        depth,
        pass: 0,
        cost: None,
    };
    for raw in metrics.metrics.iter().filter(|raw| around(raw).is_none()) {
        phases.push(phase(raw, 0, clock));
        let outer = known(raw).map(|phase| phase.name);
        let mut inner = clock;
        for raw in metrics.metrics.iter().filter(|raw| outer.is_some() && around(raw) == outer) {
            phases.push(phase(raw, 1, inner));
            inner += duration(raw.elapsed);
        }
        clock += duration(raw.elapsed);
    }
    let mut output = PackageOutput {
        package: Some(package.to_owned()),
        bytecode_size: metrics.bytecode_size,
        ..PackageOutput::default()
    };
    if let Some(reused) = metrics.reused_modules {
        output.other.insert("reused_modules".to_owned(), reused.into());
    }
    Benchmark {
        wall_ns: None,
        cpu_ns: None,
        name: id.to_owned(),
        path: PathBuf::new(),
        start_time: wall.map(|_| SerdeInstant::from_epoch(Duration::ZERO)),
        end_time: wall.map(SerdeInstant::from_epoch),
        phases,
        frames: SerdeFrames::default(),
        packages: vec![output],
        exit: None,
        accounting: None,
        counters: None,
        protocol: Protocol::TimePhases,
        collector: CollectorCost::default(),
        surroundings: None,
        notes,
    }
}

/// No build takes 30 years; values that are not numbers are not times.
fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.clamp(0.0, 1e9)).unwrap_or_default()
}

fn failure() -> Failure {
    Failure {
        kind: FailureKind::CompileError,
        message: "the build failed, and the figures that the record has in its place are a dependency's".to_owned(),
        exit: None,
        phase: None,
        output: String::new(),
        run: None,
    }
}
