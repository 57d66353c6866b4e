//! Building one benchmark once.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::copies::{Copies, Program};
use super::{Config, failure};
use crate::collector::callgrind::{self, CallgrindError, CallgrindOptions};
use crate::collector::info;
use crate::collector::{self, CollectError, Invocation, Options, PADDING_VARIABLE, Recording, Split};
use crate::doctor::Watch;
use crate::forc::command;
use crate::model::{
    Benchmark, Failure, FailureKind, InstructionCount, Measured, OutputFile, Protocol, Surroundings, Toolchain,
};
use crate::os::Interrupt;
use crate::suite::{Case, Project, Stage};

/// Path of the std that forc uses instead of the published one (forc 0.47 and later).
const STD_VARIABLE: &str = "FORC_IMPLICIT_STD_PATH";

/// The most bytes of padding, a text in the environment whose random length moves the stack from run to run.
const MAX_PADDING: usize = 4096;

/// How often a run is repeated at most because the harness stood still during it.
const MOST_REPEATS: usize = 3;

/// Why there is no run.
pub enum RunError {
    /// It failed.
    Failed(Box<Failure>),
    /// The user stopped it.
    Interrupted,
}

/// The compiler of a run.
#[derive(Clone, Copy)]
pub struct Compiler<'a> {
    /// The compiler.
    pub toolchain: &'a Toolchain,
    /// The std for the projects without their own; `None` for the one that forc finds itself.
    pub std: Option<&'a Path>,
    /// Whether it is the control: the base again, with its own copy.
    pub control: bool,
}

/// Builds benchmarks in copies of their projects, in one or several lanes.
///
/// In each lane, one compiler runs while others run in the other lanes. A lane has some processors, and its own copy of each
/// project, as two compilers cannot write to the same one. All copies are made in the same way, and their paths have the same
/// length. The lane of each compiler is drawn at random for each block ([`crate::session::schedule::round`]), so that no
/// compiler has a folder or core of its own.
pub struct Runner<'a> {
    /// How runs are collected in each lane; there is at least one.
    lanes: Vec<Options>,
    interrupt: &'a Interrupt,
    random: fastrand::Rng,
    /// The copies of each project, one for each lane.
    stages: Vec<Result<Vec<Stage>, String>>,
    by_folder: BTreeMap<PathBuf, usize>,
    /// The copies of the compilers.
    copies: Copies,
    /// The state of the compilers without a copy at their first run.
    compilers: BTreeMap<PathBuf, Stamp>,
}

impl<'a> Runner<'a> {
    /// A runner with these settings and a lane for each of `lanes`, which are its processors.
    pub fn new(config: &Config, lanes: Vec<Option<Split>>, interrupt: &'a Interrupt, seed: u64) -> Self {
        let options = |split| Options {
            interval: Some(config.interval),
            time_limit: config.time_limit,
            split,
            counters: config.counters,
            ..Options::default()
        };
        Self {
            lanes: lanes.into_iter().map(options).collect(),
            interrupt,
            // Another stream than for the order of the runs, which has the same seed.
            random: fastrand::Rng::with_seed(!seed),
            stages: Vec::new(),
            by_folder: BTreeMap::new(),
            copies: Copies::new(seed),
            compilers: BTreeMap::new(),
        }
    }

    /// Copies these compilers, so that all run from files made in the same way; `true` marks the control. Returns notes for
    /// the user.
    pub fn copy_compilers<'c>(&mut self, compilers: impl IntoIterator<Item = (&'c Toolchain, bool)>) -> Vec<String> {
        self.copies.make(compilers, self.interrupt)
    }

    /// Makes the copies of the compilers again if they are old: see [`Copies`]. To be called between rounds.
    pub fn renew_copies(&mut self) {
        self.copies.renew();
    }

    /// The file that is run for this compiler.
    fn program(&self, compiler: &Compiler) -> PathBuf {
        match self.copies.program(&compiler.toolchain.path, compiler.control) {
            Program::Copy(path) => path,
            Program::Itself => compiler.toolchain.path.clone(),
        }
    }

    /// The number of the project's copies. They are made if there are none.
    pub fn stage_for(&mut self, project: &Project) -> usize {
        let lanes = self.lanes.len();
        *self.by_folder.entry(project.folder.clone()).or_insert_with(|| {
            self.stages.push(copies(project, lanes));
            self.stages.len() - 1
        })
    }

    /// Starts a new sequence of paddings.
    pub fn reseed(&mut self, seed: u64) {
        self.random = fastrand::Rng::with_seed(!seed);
    }

    /// Removes the artifacts of earlier builds from the copies with this number.
    pub fn clear_outputs(&self, stage: usize) {
        if let Some(Ok(stages)) = self.stages.get(stage) {
            stages.iter().for_each(Stage::clear_outputs);
        }
    }

    /// The artifacts of the last build in the first of the copies with this number.
    pub fn outputs(&self, stage: usize) -> Vec<OutputFile> {
        self.stage(stage, 0).map_or_else(|_| Vec::new(), Stage::outputs)
    }

    /// The SHA-256 of all files of the project in the copies with this number; `None` if there is no copy.
    pub fn fingerprint(&self, stage: usize) -> Option<String> {
        self.stage(stage, 0).ok().map(|stage| stage.fingerprint().to_owned())
    }

    /// The identity of the program in the copies with this number, after it was built: see [`Stage::program`].
    pub fn program_of(&self, stage: usize) -> Option<String> {
        self.stage(stage, 0).ok().map(Stage::program)
    }

    /// The copy with this number in this lane, or why there is none.
    fn stage(&self, stage: usize, lane: usize) -> Result<&Stage, &str> {
        let stages = self.stages.get(stage).map(|stages| stages.as_ref().map_err(String::as_str)).transpose()?;
        stages.and_then(|stages| stages.get(lane)).ok_or("the project was not copied")
    }

    /// The benchmark before its first run. Its project is in the copies with this number.
    pub fn describe(&self, case: &Case, stage: usize, compiler: &Compiler) -> Measured {
        let metadata = &case.project.manifest.metadata;
        let metrics_file = PathBuf::from("metrics.json");
        let args =
            command::build_args(compiler.toolchain, &case.project.folder, case.scenario, &metadata.args, &metrics_file);
        let std = compiler.std_for(case.project).map(|std| format!("{STD_VARIABLE}={}", std.display()));
        let program = compiler.toolchain.path.display().to_string();
        let args = args.iter().map(|arg| arg.to_string_lossy().into_owned());
        Measured {
            id: case.id.clone(),
            group: case.project.group.clone(),
            project: case.project.name.clone(),
            scenario: case.scenario.to_string(),
            description: metadata.description.clone(),
            tags: metadata.tags.clone(),
            program: self.fingerprint(stage),
            command: std.into_iter().chain([program]).chain(args).collect(),
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

    /// Counts the instructions of one build of `case` in the first of the copies with this number.
    ///
    /// `expected` is the time of a build without callgrind.
    pub fn count(
        &self,
        case: &Case,
        stage: usize,
        compiler: &Compiler,
        expected: Duration,
    ) -> Result<InstructionCount, CallgrindError> {
        let stage =
            self.stage(stage, 0).map_err(|message| CallgrindError::Folder(io::Error::other(message.to_owned())))?;
        let options = CallgrindOptions::new(expected, compiler.toolchain.capabilities.protocol);
        // Callgrind keeps the memory layout constant, so there is no padding.
        let invocation = invocation(case, stage, compiler, self.program(compiler), String::new());
        callgrind::count(&invocation, &options, self.interrupt).map_err(|error| error.naming(&compiler.toolchain.path))
    }

    /// Builds `case` once in the first lane, in its copy with this number.
    pub fn run(&mut self, case: &Case, stage: usize, compiler: &Compiler) -> Result<Benchmark, RunError> {
        // One compiler gives one run.
        self.run_at_once(case, stage, &[*compiler]).pop().unwrap_or(Err(RunError::Interrupted))
    }

    /// Builds `case` with each of these compilers: the first in the first lane, and so on, at the same time; one after the
    /// other if there is only one lane. Returns the runs in the same order. A run that fails does not stop the others.
    pub fn run_together(
        &mut self,
        case: &Case,
        stage: usize,
        compilers: &[Compiler],
    ) -> Vec<Result<Benchmark, RunError>> {
        if self.lanes.len() == 1 {
            return compilers.iter().map(|compiler| self.run(case, stage, compiler)).collect();
        }
        self.run_at_once(case, stage, compilers)
    }

    /// For how long the harness stood still during one of these runs, if they are to be repeated: their measured times are
    /// then not those of the compiler.
    fn is_to_repeat(&self, repeat: usize, recordings: &[Result<Recording, CollectError>]) -> Option<Duration> {
        let longest = recordings.iter().flatten().map(|recording| recording.stood_still).max()?;
        (!longest.is_zero() && repeat < MOST_REPEATS && !self.interrupt.requested()).then_some(longest)
    }

    /// Builds `case` with each of these compilers at the same time, again if the harness stood still. There is a lane for
    /// each.
    fn run_at_once(&mut self, case: &Case, stage: usize, compilers: &[Compiler]) -> Vec<Result<Benchmark, RunError>> {
        let (mut repeat, mut discarded) = (0, None);
        let (prepared, recordings, surroundings) = loop {
            let prepared: Vec<Result<Invocation, RunError>> =
                compilers.iter().enumerate().map(|(lane, of)| self.prepare(case, stage, lane, of)).collect();
            let lanes = prepared.iter().zip(&self.lanes);
            let ready: Vec<(Invocation, &Options)> =
                lanes.filter_map(|(run, options)| Some((run.as_ref().ok()?.clone(), options))).collect();
            let watch = Watch::start();
            let recordings = match ready.as_slice() {
                // Without a thread of its own, which could be on another processor than this one.
                [(invocation, options)] if self.lanes.len() == 1 => {
                    vec![collector::collect(invocation, options, self.interrupt)]
                }
                ready => collector::collect_together(ready, self.interrupt),
            };
            let surroundings = watch.end();
            match self.is_to_repeat(repeat, &recordings) {
                Some(stood_still) => (repeat, discarded) = (repeat + 1, Some(stood_still)),
                None => break (prepared, recordings, surroundings),
            }
        };
        let mut recordings = recordings.into_iter();
        let runs = prepared.into_iter().zip(compilers).enumerate().map(|(lane, (prepared, compiler))| {
            prepared?;
            match recordings.next() {
                Some(recording) => self.finish(case, stage, lane, compiler, recording),
                // There is a recording of each run that was ready.
                None => Err(RunError::Interrupted),
            }
        });
        let mut runs: Vec<Result<Benchmark, RunError>> = runs.collect();
        // The surroundings of a run are other programs, not the runs beside it.
        let cost: Duration = runs.iter().flatten().map(cpu_time).sum();
        for run in runs.iter_mut().flatten() {
            let beside = cost.saturating_sub(cpu_time(run));
            run.notes.extend(discarded.map(discarded_before));
            run.surroundings = surroundings.map(|it| Surroundings { busy: it.busy.saturating_sub(beside), ..it });
        }
        runs
    }

    /// Prepares a build of `case` in this lane, and removes files of an earlier one that could be mistaken for its own.
    fn prepare(&mut self, case: &Case, stage: usize, lane: usize, compiler: &Compiler) -> Result<Invocation, RunError> {
        let padding = "x".repeat(self.random.usize(..MAX_PADDING));
        let fail = |message: String| failed(FailureKind::Collector, message);
        let path = &compiler.toolchain.path;
        let program = self.program(compiler);
        // A copy does not change.
        if program == *path
            && let Some(stamp) = Stamp::of(path)
            && *self.compilers.entry(path.clone()).or_insert(stamp) != stamp
        {
            let text = format!("the compiler {} has changed since it was first run; measure again", path.display());
            return Err(fail(text));
        }
        let stage = self.stage(stage, lane).map_err(|message| fail(message.to_owned()))?;
        // A failed build does not replace the file of an earlier one, which would be mistaken for its own.
        let _ = fs::remove_file(metrics_file(stage));
        Ok(invocation(case, stage, compiler, program, padding))
    }

    /// Turns the recording of a build of `case` in this lane into a run.
    fn finish(
        &self,
        case: &Case,
        stage: usize,
        lane: usize,
        compiler: &Compiler,
        recording: Result<Recording, CollectError>,
    ) -> Result<Benchmark, RunError> {
        let stage = self.stage(stage, lane).map_err(|message| failed(FailureKind::Collector, message.to_owned()))?;
        let recording = recording.map_err(|error| match error {
            // With the path that the user knows, not that of the copy.
            CollectError::Spawn { source, .. } => {
                let path = compiler.toolchain.path.clone();
                failed(FailureKind::Spawn, CollectError::Spawn { program: path, source }.to_string())
            }
            error => failed(FailureKind::Collector, error.to_string()),
        })?;
        let kind = failure::kind_of(&recording);
        let mut output = String::new();
        if kind.is_some() {
            output =
                self.copies.restore_paths(&stage.restore_paths(&format!("{}\n{}", recording.stdout, recording.stderr)));
        }
        let protocol = compiler.toolchain.capabilities.protocol;
        let mut run = collector::assemble(case.id.clone(), &case.project.folder, protocol, recording);
        match kind {
            None => {
                read_sizes(&mut run, compiler.toolchain, &metrics_file(stage));
                Ok(run)
            }
            Some(FailureKind::Interrupted) => Err(RunError::Interrupted),
            Some(kind) => {
                let mut failure = failure::describe(kind, run, &output, self.lanes[lane].time_limit);
                if case.project.manifest.implicit_std
                    && compiler.std_for(case.project).is_none()
                    && kind == FailureKind::CompileError
                {
                    failure.message.push_str(
                        " (the project uses the public std, which forc fetches from the network; --std names a local copy)",
                    );
                }
                Err(RunError::Failed(Box::new(failure)))
            }
        }
    }
}

/// The note of a repeated run.
fn discarded_before(stood_still: Duration) -> String {
    format!("a run before this one was discarded, as the harness stood still for {stood_still:.1?} during it")
}

/// The CPU time of a run and of its recording.
fn cpu_time(run: &Benchmark) -> Duration {
    run.accounting.map_or(Duration::ZERO, |accounting| accounting.cpu_time()) + run.collector.cpu_time
}

fn failed(kind: FailureKind, message: String) -> RunError {
    RunError::Failed(Box::new(failure::without_run(kind, message)))
}

/// Makes `count` copies of a project, or says why that is not possible.
fn copies(project: &Project, count: usize) -> Result<Vec<Stage>, String> {
    let folder = &project.folder;
    let stages = (0..count).map(|_| Stage::new(folder, &project.bounds)).collect::<Result<Vec<Stage>, _>>();
    let stages = stages.map_err(|error| error.to_string())?;
    let alike = |stage: &Stage, first: &Stage| {
        let length = |stage: &Stage| stage.project().as_os_str().len();
        stage.fingerprint() == first.fingerprint() && length(stage) == length(first)
    };
    match stages.first() {
        Some(first) if stages.iter().any(|stage| !alike(stage, first)) => {
            Err(format!("{} was changed while it was copied; leave it alone, and measure again", folder.display()))
        }
        _ => Ok(stages),
    }
}

/// Identifies the state of a file without reading it.
#[derive(Clone, Copy, PartialEq)]
struct Stamp {
    file: u64,
    length: u64,
    changed: (i64, i64),
}

impl Stamp {
    /// The state of the file at `path`; `None` if it does not exist, which the spawn will report.
    fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        Some(Self { file: metadata.ino(), length: metadata.len(), changed: (metadata.mtime(), metadata.mtime_nsec()) })
    }
}

/// The command that builds `case` in its copy.
fn invocation(case: &Case, stage: &Stage, compiler: &Compiler, program: PathBuf, padding: String) -> Invocation {
    let args = &case.project.manifest.metadata.args;
    let mut env: Vec<(OsString, OsString)> = vec![(PADDING_VARIABLE.into(), padding.into())];
    if let Some(std) = compiler.std_for(case.project) {
        env.push((STD_VARIABLE.into(), std.into()));
    }
    Invocation {
        program,
        args: command::build_args(compiler.toolchain, stage.project(), case.scenario, args, &metrics_file(stage)),
        env,
        folder: stage.project().to_owned(),
    }
}

/// The file to which a compiler without info markers writes its sizes.
fn metrics_file(stage: &Stage) -> PathBuf {
    stage.root().join("metrics.json")
}

impl Compiler<'_> {
    /// The std that the project is built with, if it uses one that is not its own.
    fn std_for(&self, project: &Project) -> Option<PathBuf> {
        let given = self.std.map(|std| std.canonicalize().unwrap_or_else(|_| std.to_owned()));
        project.std.clone().or(given).filter(|_| project.manifest.implicit_std)
    }
}

/// The sizes of a compiler without info markers, from its metrics file.
fn read_sizes(run: &mut Benchmark, toolchain: &Toolchain, metrics_file: &Path) {
    if toolchain.capabilities.protocol == Protocol::Markers || !toolchain.capabilities.metrics_file {
        return;
    }
    let package = run.phases.last().and_then(|phase| phase.package.clone());
    let file = fs::File::open(metrics_file).map_err(serde_json::Error::io);
    match file.and_then(|file| info::read_metrics_file(package, std::io::BufReader::new(file))) {
        Ok(output) => run.packages.push(output),
        Err(error) => run.notes.push(format!("the compiler's metrics file could not be read: {error}")),
    }
}
