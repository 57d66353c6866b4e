//! One measurement: a toolchain, a suite, all of its runs, and the report.

mod compare;
mod copies;
mod failure;
pub mod journal;
mod runner;
pub mod schedule;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::collector::callgrind::CallgrindError;
use crate::collector::{self, Split};
use crate::doctor;
use crate::figures;
use crate::forc::{BuildEvent, Locator, ToolchainError, ToolchainSpec, toolchain};
use crate::model::{
    Completion, Environment, Failure, Harness, Look, Measured, Measuring, Report, SCHEMA_VERSION, Settings, Skipped,
    Toolchain,
};
use crate::os::Interrupt;
use crate::os::cache;
use crate::os::environment;
use crate::suite::{self, Case, Scenario, Selection, Suite, SuiteError};
pub use compare::{CompareConfig, DEFAULT_BUDGET, DEFAULT_MAX_RUNS, DEFAULT_MIN_RUNS, StdOption, compare};
pub use journal::JournalError;
use runner::{Compiler, RunError, Runner};

/// What to measure, and how.
#[derive(Clone, Debug)]
pub struct Config {
    /// A folder of projects, or a list of target projects (a file whose name ends in `.toml`).
    pub suite: PathBuf,
    /// The benchmarks to measure.
    pub selection: Selection,
    /// How to build them; empty for what the manifests say.
    pub scenarios: Vec<Scenario>,
    /// The folders that projects may read besides their own repositories: see [`suite::Bounds`].
    pub allowed: Vec<PathBuf>,
    /// The compiler; `None` for the default one.
    pub forc: Option<ToolchainSpec>,
    /// Where revisions of the compiler come from, and how they are built.
    pub locator: Locator,
    /// A copy of the public std, for the projects that use it; `None` for the one of the compiler's revision, if any.
    pub std: Option<PathBuf>,
    /// Runs of each benchmark; `None` for as many as fit into `budget`.
    pub samples: Option<usize>,
    /// Time for all runs together, if the harness chooses their number.
    pub budget: Duration,
    /// Time between frames.
    pub interval: Duration,
    /// Time after which a run is stopped as hung.
    pub time_limit: Duration,
    /// Whether forc and the harness run on different processors, if there are two or more.
    pub pin: bool,
    /// Seed of everything random; `None` for a new one.
    pub seed: Option<u64>,
    /// Whether the kernel's event counters are read.
    pub counters: bool,
    /// Whether the machine is checked first. The result is announced and kept in the report.
    pub checkup: bool,
}

impl Config {
    /// The defaults for the suite in `suite`.
    pub fn new(suite: impl Into<PathBuf>) -> Self {
        Self {
            suite: suite.into(),
            selection: Selection::default(),
            scenarios: Vec::new(),
            allowed: Vec::new(),
            forc: None,
            locator: Locator::default(),
            std: None,
            samples: None,
            budget: schedule::DEFAULT_BUDGET,
            interval: collector::DEFAULT_INTERVAL,
            time_limit: collector::DEFAULT_TIME_LIMIT,
            pin: true,
            seed: None,
            counters: false,
            checkup: false,
        }
    }
}

/// The progress of a measurement. No event is sent while a run is timed: those of a run come after its end.
#[derive(Debug)]
pub enum SessionEvent<'a> {
    /// A compiler is being built.
    Build(BuildEvent),
    /// The compiler has been found.
    Toolchain(&'a Toolchain),
    /// The machine has been checked.
    Machine(&'a Environment),
    /// A note about this measurement for the user, in a sentence.
    Note(&'a str),
    /// A repository of target projects is being fetched.
    Fetch(&'a str),
    /// The suite has been read; this many benchmarks are selected.
    Suite {
        /// How many.
        selected: usize,
        /// What was left out.
        skipped: &'a [Skipped],
    },
    /// A benchmark has been built once, untimed.
    WarmUp {
        /// The benchmark's id.
        id: &'a str,
        /// How many have been built so far.
        done: usize,
        /// The total.
        of: usize,
    },
    /// The runs are planned, and start now.
    Plan {
        /// How many runs.
        runs: usize,
        /// How many benchmarks.
        benchmarks: usize,
        /// How long they will take, judging by the warm-ups.
        expected: Duration,
    },
    /// A run has succeeded.
    Run {
        /// The benchmark's id.
        id: &'a str,
        /// How many runs have been made so far.
        done: usize,
        /// The total.
        of: usize,
    },
    /// The blocks of a comparison start.
    Blocks {
        /// How many benchmarks are to be decided.
        benchmarks: usize,
        /// How many blocks a resumed comparison has already.
        resumed: usize,
        /// How long a round (one block of each benchmark) will take, judging by the warm-ups.
        round: Duration,
        /// The time for all blocks.
        budget: Duration,
        /// After how many blocks of a benchmark the data is examined.
        looks: &'a [Look],
    },
    /// A round of a comparison has ended.
    Round {
        /// How many there have been.
        done: usize,
        /// The maximum.
        of: usize,
        /// Benchmarks that are still undecided.
        live: usize,
        /// Benchmarks that are decided, or failed.
        decided: usize,
        /// The rest of the budget.
        left: Duration,
    },
    /// The instructions of a benchmark are about to be counted.
    Count {
        /// The benchmark's id.
        id: &'a str,
        /// The number of this count.
        done: usize,
        /// The total.
        of: usize,
    },
    /// Something went wrong that does not end the measurement.
    Warning(&'a dyn std::error::Error),
    /// A run has failed; the benchmark is not run again.
    Failed {
        /// The benchmark's id.
        id: &'a str,
        /// What went wrong.
        failure: &'a Failure,
    },
}

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// There is no compiler.
    #[error(transparent)]
    Toolchain(#[from] ToolchainError),
    /// There is no suite.
    #[error(transparent)]
    Suite(#[from] SuiteError),
    /// The given std has no manifest.
    #[error("{} is not a copy of the std: it has no Forc.toml", .0.display())]
    NoStd(PathBuf),
    /// All sides were to use the std of the base, which has none.
    #[error("the base has no std of its own: build it from a checkout with --sway, or name a std with --std DIR")]
    BaseHasNoStd,
    /// There is nothing to compare.
    #[error("a comparison needs two compilers or more")]
    NoSides,
    /// Instructions cannot be counted.
    #[error(transparent)]
    Callgrind(#[from] CallgrindError),
    /// The journal of a comparison cannot be written or resumed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A path of the report is not UTF-8.
    #[error("the path {} is not UTF-8, so a report cannot hold it", .0.display())]
    NotUtf8(PathBuf),
}

/// Describes the machine, and checks it if `checkup` is set.
fn observe(checkup: bool, on_event: &mut dyn FnMut(SessionEvent)) -> Environment {
    let mut environment = environment::observe();
    if checkup {
        environment.checks = doctor::examine(Path::new("/"), doctor::SHORT_WATCH);
        on_event(SessionEvent::Machine(&environment));
    }
    environment
}

/// Marks this machine as in use for a measurement, as long as the returned file is kept, and sends a note if it already was:
/// two measurements at the same time disturb each other. If the mark cannot be set, there is no note.
fn mark_machine(on_event: &mut dyn FnMut(SessionEvent)) -> Option<File> {
    let folder = cache::folder().ok()?;
    fs::create_dir_all(&folder).ok()?;
    let mark = cache::try_lock(&folder.join("measuring.lock")).ok()?;
    if mark.is_none() {
        on_event(SessionEvent::Note("another forc-perf is measuring on this machine: the two will disturb each other"));
    }
    mark
}

/// Reads the suite of `config`. Of target projects, only the selected ones are fetched.
///
/// # Errors
/// If the suite cannot be read.
pub fn load_suite(
    config: &Config,
    forc: Option<&str>,
    interrupt: &Interrupt,
    on_fetch: impl FnMut(&str),
) -> Result<Suite, SuiteError> {
    let mut suite = if suite::is_target_list(&config.suite) {
        suite::fetch_targets(&config.suite, forc, &config.selection, &config.allowed, interrupt, on_fetch)?
    } else {
        suite::discover(&config.suite, &config.allowed)?
    };
    if !config.scenarios.is_empty() {
        suite.set_scenarios(&config.scenarios);
    }
    Ok(suite)
}

/// Measures according to `config`.
///
/// If a benchmark fails, the others are still measured. An interrupt stops the current run, and the report holds what was
/// measured until then.
///
/// # Errors
/// If there is no compiler or no suite.
pub fn measure(
    config: &Config,
    interrupt: &Interrupt,
    on_event: &mut dyn FnMut(SessionEvent),
) -> Result<Report, SessionError> {
    let created = jiff::Timestamp::now();
    if let Some(std) = &config.std {
        check_std(std)?;
    }
    let environment = observe(config.checkup, on_event);
    let toolchain = toolchain::resolve(config.forc.as_ref(), &config.locator, interrupt, |event| {
        on_event(SessionEvent::Build(event))
    })?;
    let std = config.std.clone().or_else(|| toolchain.origin.std().map(Path::to_owned));
    check_utf8([Some(&config.suite), std.as_ref(), Some(&toolchain.path)])?;
    on_event(SessionEvent::Toolchain(&toolchain));
    toolchain.notes.iter().for_each(|note| on_event(SessionEvent::Note(note)));
    let mut suite = load_suite(config, Some(&toolchain.version), interrupt, |repository| {
        on_event(SessionEvent::Fetch(repository));
    })?;
    for note in suite.unmatched(&config.selection) {
        on_event(SessionEvent::Note(&note));
    }
    let mut skipped = std::mem::take(&mut suite.skipped);
    let (cases, inapplicable): (Vec<Case>, Vec<Skipped>) = applicable(suite.cases(&config.selection), &toolchain);
    skipped.extend(inapplicable);
    on_event(SessionEvent::Suite { selected: cases.len(), skipped: &skipped });
    if let Some(note) = suite::other_forc(&cases, &toolchain.version) {
        on_event(SessionEvent::Note(&note));
    }

    let counters = config.counters.then(|| collector::counters_available().describe());
    if let Some(counters) = &counters {
        on_event(SessionEvent::Note(counters));
    }
    let _mark = mark_machine(on_event);
    let split = if config.pin { Split::of_this_machine() } else { None };
    let seed = config.seed.unwrap_or_else(|| fastrand::u64(..));
    let settings = Settings {
        suite: config.suite.clone(),
        interval: config.interval,
        time_limit: config.time_limit,
        samples: config.samples,
        pinned: split.is_some(),
        seed,
        std: std.clone(),
        counters,
    };
    let mut runner = Runner::new(config, vec![split], interrupt, seed);
    for note in runner.copy_compilers([(&toolchain, false)]) {
        on_event(SessionEvent::Note(&note));
    }
    let compiler = Compiler { toolchain: &toolchain, std: std.as_deref(), control: false };
    let (mut benchmarks, measuring) = run_all(cases, config, runner, &compiler, interrupt, on_event, seed);
    figures::warn(&mut benchmarks, config.interval, environment.cpus.len());
    Ok(Report {
        schema_version: SCHEMA_VERSION,
        created: created.to_string(),
        harness: Harness { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        environment,
        toolchain,
        settings,
        completion: if interrupt.requested() { Completion::Interrupted } else { Completion::Complete },
        measuring,
        benchmarks,
        skipped,
    })
}

/// Checks that a report can hold these paths: before the measurement, not when the report is written.
fn check_utf8<'a>(paths: impl IntoIterator<Item = Option<&'a PathBuf>>) -> Result<(), SessionError> {
    match paths.into_iter().flatten().find(|path| path.to_str().is_none()) {
        Some(path) => Err(SessionError::NotUtf8(path.clone())),
        None => Ok(()),
    }
}

fn check_std(std: &Path) -> Result<(), SessionError> {
    if std.join(suite::MANIFEST).is_file() { Ok(()) } else { Err(SessionError::NoStd(std.to_owned())) }
}

/// The cases that this compiler can build, and the others with the reason.
fn applicable<'a>(cases: Vec<Case<'a>>, toolchain: &Toolchain) -> (Vec<Case<'a>>, Vec<Skipped>) {
    let version = semver::Version::parse(&toolchain.version).ok();
    let mut skipped = Vec::new();
    let applicable = cases.into_iter().filter(|case| {
        let too_old = match (&case.project.manifest.metadata.min_forc, &version) {
            // A nightly of a release counts as that release.
            (Some(min), Some(version)) => {
                (version.major, version.minor, version.patch) < (min.major, min.minor, min.patch)
            }
            _ => false,
        };
        let reason = if too_old {
            let min = case.project.manifest.metadata.min_forc.as_ref();
            Some(format!(
                "needs forc {} or later, this is {}",
                min.map(ToString::to_string).unwrap_or_default(),
                toolchain.version
            ))
        } else if case.scenario.tests() && !toolchain.capabilities.tests {
            Some(format!("forc {} has no `build --tests`", toolchain.version))
        } else if case.scenario.release() && !toolchain.capabilities.release {
            Some(format!("forc {} has no `build --release`", toolchain.version))
        } else {
            None
        };
        match reason {
            Some(reason) => {
                skipped.push(Skipped { name: case.id.clone(), reason, broken: false });
                false
            }
            None => true,
        }
    });
    let applicable = applicable.collect();
    (applicable, skipped)
}

/// A benchmark that is being measured.
struct Slot<'a> {
    case: Case<'a>,
    stage: usize,
    measured: Measured,
    /// Wall time of the warm-up; `None` if it failed.
    expected: Option<Duration>,
}

fn run_all(
    cases: Vec<Case>,
    config: &Config,
    mut runner: Runner,
    compiler: &Compiler,
    interrupt: &Interrupt,
    on_event: &mut dyn FnMut(SessionEvent),
    seed: u64,
) -> (Vec<Measured>, Measuring) {
    let of = cases.len();
    let mut slots: Vec<Slot> = Vec::with_capacity(of);
    for (index, case) in cases.into_iter().enumerate() {
        if interrupt.requested() {
            break;
        }
        let stage = runner.stage_for(case.project);
        let mut slot = Slot { stage, measured: runner.describe(&case, stage, compiler), case, expected: None };
        match runner.run(&slot.case, slot.stage, compiler) {
            Ok(run) => {
                slot.expected = run.wall();
                slot.measured.program = runner.program_of(slot.stage);
            }
            Err(RunError::Interrupted) => break,
            Err(RunError::Failed(failure)) => {
                on_event(SessionEvent::Failed { id: &slot.case.id, failure: &failure });
                slot.measured.failures.push(*failure);
            }
        }
        on_event(SessionEvent::WarmUp { id: &slot.case.id, done: index + 1, of });
        slots.push(slot);
    }

    let live: Vec<usize> = (0..slots.len()).filter(|index| slots[*index].expected.is_some()).collect();
    let expected: Vec<Duration> = live.iter().filter_map(|index| slots[*index].expected).collect();
    let counts = match config.samples {
        Some(samples) => vec![samples; live.len()],
        None => schedule::sample_counts(&expected, config.budget),
    };
    let order = schedule::order(&counts, seed);
    let mut measuring = Measuring::default();
    if !interrupt.requested() && !order.is_empty() {
        on_event(SessionEvent::Plan {
            runs: order.len(),
            benchmarks: live.len(),
            expected: schedule::total(&expected, &counts),
        });
    }
    let started = Instant::now();
    for (done, index) in order.iter().enumerate() {
        if interrupt.requested() {
            break;
        }
        let slot = &mut slots[live[*index]];
        if !slot.measured.failures.is_empty() {
            continue;
        }
        runner.renew_copies();
        match runner.run(&slot.case, slot.stage, compiler) {
            Ok(run) => {
                measuring.in_forc += run.wall().unwrap_or_default();
                measuring.collector_cpu += run.collector.cpu_time;
                slot.measured.runs.push(run);
                on_event(SessionEvent::Run { id: &slot.case.id, done: done + 1, of: order.len() });
            }
            Err(RunError::Interrupted) => break,
            Err(RunError::Failed(failure)) => {
                on_event(SessionEvent::Failed { id: &slot.case.id, failure: &failure });
                slot.measured.failures.push(*failure);
            }
        }
        measuring.wall = started.elapsed();
    }
    let mut benchmarks: Vec<Measured> = slots.into_iter().map(|slot| slot.measured).collect();
    benchmarks.iter_mut().for_each(figures::complete);
    (benchmarks, measuring)
}
