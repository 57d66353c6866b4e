//! Building one benchmark once.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Config, failure};
use crate::collector::callgrind::{self, CallgrindError, CallgrindOptions};
use crate::collector::{self, Interrupt, Invocation, Options, PADDING_VARIABLE, Split};
use crate::forc::{command, info};
use crate::model::{Benchmark, Failure, FailureKind, InstructionCount, Measured, OutputFile, Protocol, Toolchain};
use crate::suite::{self, Case, Project, Stage};

/// Names the std that forc uses in place of the published one (forc 0.47 and later).
const STD_VARIABLE: &str = "FORC_IMPLICIT_STD_PATH";

/// How long the text is at most that moves the stack from run to run.
const MAX_PADDING: usize = 4096;

/// Why there is no run.
pub enum RunError {
    /// It failed.
    Failed(Box<Failure>),
    /// The user stopped it.
    Interrupted,
}

/// What a run is made with.
pub struct Compiler<'a> {
    /// The compiler.
    pub toolchain: &'a Toolchain,
    /// The std for the projects that have none of their own; `None` for the one that forc finds by itself.
    pub std: Option<&'a Path>,
}

/// Builds benchmarks in copies of their projects.
///
/// All compilers build in the same copies: a path that is longer, or stands elsewhere on the disk, is no difference
/// between two of them.
pub struct Runner<'a> {
    options: Options,
    interrupt: &'a Interrupt,
    random: fastrand::Rng,
    /// The copies, and for each project the index of its own.
    stages: Vec<Result<Stage, String>>,
    by_folder: BTreeMap<PathBuf, usize>,
    /// The compilers as they were at their first runs.
    compilers: BTreeMap<PathBuf, Stamp>,
}

impl<'a> Runner<'a> {
    /// A runner with these settings.
    pub fn new(config: &Config, split: Option<Split>, interrupt: &'a Interrupt, seed: u64) -> Self {
        suite::remove_left_stages();
        let options = Options {
            interval: Some(config.interval),
            time_limit: config.time_limit,
            split,
            counters: config.counters,
            ..Options::default()
        };
        Self {
            options,
            interrupt,
            // Another stream than the order's, which is drawn from the same seed.
            random: fastrand::Rng::with_seed(!seed),
            stages: Vec::new(),
            by_folder: BTreeMap::new(),
            compilers: BTreeMap::new(),
        }
    }

    /// The number of the project's copy, which is made if there is none.
    pub fn stage_for(&mut self, project: &Project) -> usize {
        *self.by_folder.entry(project.folder.clone()).or_insert_with(|| {
            self.stages.push(Stage::new(&project.folder).map_err(|error| error.to_string()));
            self.stages.len() - 1
        })
    }

    /// Begins the sequence of paddings anew.
    pub fn reseed(&mut self, seed: u64) {
        self.random = fastrand::Rng::with_seed(!seed);
    }

    /// Removes what earlier builds wrote into the copy with this number.
    pub fn clear_outputs(&self, stage: usize) {
        if let Some(Ok(stage)) = self.stages.get(stage) {
            stage.clear_outputs();
        }
    }

    /// What the last build wrote into the copy with this number.
    pub fn outputs(&self, stage: usize) -> Vec<OutputFile> {
        let Some(Ok(stage)) = self.stages.get(stage) else { return Vec::new() };
        stage.outputs()
    }

    /// The SHA-256 of all that the project in the copy with this number consists of; empty if there is no copy.
    pub fn fingerprint(&self, stage: usize) -> String {
        let Some(Ok(stage)) = self.stages.get(stage) else { return String::new() };
        stage.fingerprint().to_owned()
    }

    /// The benchmark before its first run.
    pub fn describe(&self, case: &Case, compiler: &Compiler) -> Measured {
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
            command: std.into_iter().chain([program]).chain(args).collect(),
            runs: Vec::new(),
            outputs: Vec::new(),
            failures: Vec::new(),
            instructions: Vec::new(),
            metrics: Vec::new(),
            phases: Vec::new(),
            packages: Vec::new(),
        }
    }

    /// Counts the instructions of one build of `case` in the copy with this number.
    ///
    /// `expected` is what a build takes by itself.
    pub fn count(
        &self,
        case: &Case,
        stage: usize,
        compiler: &Compiler,
        expected: Duration,
    ) -> Result<InstructionCount, CallgrindError> {
        let stage = match self.stages.get(stage) {
            Some(Ok(stage)) => stage,
            Some(Err(message)) => return Err(CallgrindError::Folder(io::Error::other(message.clone()))),
            None => return Err(CallgrindError::Folder(io::Error::other("the project was not copied"))),
        };
        let options = CallgrindOptions::new(expected, compiler.toolchain.capabilities.protocol);
        // Layout is what callgrind holds still: no padding.
        callgrind::count(&invocation(case, stage, compiler, String::new()), &options, self.interrupt)
    }

    /// Builds `case` once in the copy with this number.
    pub fn run(&mut self, case: &Case, stage: usize, compiler: &Compiler) -> Result<Benchmark, RunError> {
        let fail = |kind, message: String| RunError::Failed(Box::new(failure::without_run(kind, message)));
        let stage = match self.stages.get(stage) {
            Some(Ok(stage)) => stage,
            Some(Err(message)) => return Err(fail(FailureKind::Collector, message.clone())),
            None => return Err(fail(FailureKind::Collector, "the project was not copied".to_owned())),
        };
        let program = &compiler.toolchain.path;
        if let Some(stamp) = Stamp::of(program)
            && *self.compilers.entry(program.clone()).or_insert(stamp) != stamp
        {
            let message =
                format!("the compiler {} has changed since it was first run; measure again", program.display());
            return Err(fail(FailureKind::Collector, message));
        }
        let metrics_file = metrics_file(stage);
        // A failed build leaves an older file as it was, and that would be taken for its own.
        let _ = fs::remove_file(&metrics_file);
        let padding = "x".repeat(self.random.usize(..MAX_PADDING));
        let invocation = invocation(case, stage, compiler, padding);
        let recording = collector::collect(&invocation, &self.options, self.interrupt).map_err(|error| {
            let kind = match error {
                collector::CollectError::Spawn { .. } => FailureKind::Spawn,
                _ => FailureKind::Collector,
            };
            fail(kind, error.to_string())
        })?;
        let kind = failure::kind_of(&recording);
        let mut output = String::new();
        if kind.is_some() {
            output = stage.restore_paths(&format!("{}\n{}", recording.stdout, recording.stderr));
        }
        let protocol = compiler.toolchain.capabilities.protocol;
        let mut run = collector::assemble(case.id.clone(), &case.project.folder, protocol, recording);
        match kind {
            None => {
                read_sizes(&mut run, compiler.toolchain, &metrics_file);
                Ok(run)
            }
            Some(FailureKind::Interrupted) => Err(RunError::Interrupted),
            Some(kind) => {
                let mut failure = failure::describe(kind, run, &output, self.options.time_limit);
                if case.project.manifest.implicit_std
                    && compiler.std_for(case.project).is_none()
                    && kind == FailureKind::CompileError
                {
                    failure.message.push_str(
                        " (the project takes the public std, which forc fetches from the network; a local copy can be given with --std)",
                    );
                }
                Err(RunError::Failed(Box::new(failure)))
            }
        }
    }
}

/// By what a file that was written anew is told from what it was, without reading it.
#[derive(Clone, Copy, PartialEq)]
struct Stamp {
    file: u64,
    length: u64,
    changed: (i64, i64),
}

impl Stamp {
    /// That of the file at `path`; `None` if it is gone, which the spawn will tell.
    fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        Some(Self { file: metadata.ino(), length: metadata.len(), changed: (metadata.mtime(), metadata.mtime_nsec()) })
    }
}

/// The command that builds `case` in its copy.
fn invocation(case: &Case, stage: &Stage, compiler: &Compiler, padding: String) -> Invocation {
    let args = &case.project.manifest.metadata.args;
    let mut env: Vec<(OsString, OsString)> = vec![(PADDING_VARIABLE.into(), padding.into())];
    if let Some(std) = compiler.std_for(case.project) {
        env.push((STD_VARIABLE.into(), std.into()));
    }
    Invocation {
        program: compiler.toolchain.path.clone(),
        args: command::build_args(compiler.toolchain, stage.project(), case.scenario, args, &metrics_file(stage)),
        env,
        folder: stage.project().to_owned(),
    }
}

/// Where a compiler without info markers is to write its sizes.
fn metrics_file(stage: &Stage) -> PathBuf {
    stage.root().join("metrics.json")
}

impl Compiler<'_> {
    /// The std that the project is built with, where it takes one that is not its own.
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
