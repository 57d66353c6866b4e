//! One run of the compiler: spawned, sampled, read to its end, accounted.
//!
//! Nothing of the harness runs while a compiler runs but four threads that sleep most of the time: one waits for the
//! exit, one blocks in reading stdout and one in reading stderr, and one takes the frames. Each is ready before the
//! compiler is spawned, so that their making is no part of its time. Several runs may be made at once, each with threads of
//! its own ([`collect_together`]): nothing of a run is shared with another.

mod affinity;
mod assemble;
pub mod callgrind;
mod cores;
mod counters;
mod events;
pub mod info;
pub mod marker;
mod portable;
mod process;
#[cfg(target_os = "linux")]
mod procfs;
mod sampler;
mod stdout;
mod tail;
mod threads;
mod together;

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

pub use affinity::{Restriction, Split, allowed};
pub use assemble::assemble;
pub use cores::Cores;
pub use counters::{Counters, Detail, Probe};
pub use events::{CountersAvailable, EventCounters, EventReading, counters_available};
pub use portable::SysinfoProbe;
#[cfg(target_os = "linux")]
pub use procfs::ProcProbe;
pub use sampler::Ended;
pub use stdout::{Event, Said};
pub use together::collect_together;

use crate::model::{Accounting, CollectorCost, EventCounts, Exit, SamplerKind, SerdeFrames, SerdeInstant};
use crate::os::clock::thread_cpu_time;
use crate::os::{Interrupt, usage, watchdog};
use process::Control;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use threads::Spawned;

/// The shortest interval between frames.
pub const MIN_INTERVAL: Duration = Duration::from_millis(1);
/// The interval between frames unless told otherwise: the finest at which the harness's own CPU time stays below 1 % of a
/// build of a second. In a virtual machine a frame costs about 0.1 ms of it, most of which is the thread's waking up.
pub const DEFAULT_INTERVAL: Duration = Duration::from_millis(20);
/// After how long a run is ended as hung, unless told otherwise.
pub const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(600);

/// Carries a text of random length, so that the stack of every run lies elsewhere: one layout's luck is then not taken
/// for the compiler's (Mytkowicz et al., *Producing Wrong Data Without Doing Anything Obviously Wrong!*, 2009).
pub const PADDING_VARIABLE: &str = "FORC_PERF_PADDING";

/// How long a compiler that was ended by somebody's request may have got it before the harness does: who stops a service or
/// closes a terminal signals all of its processes.
const SAME_REQUEST: Duration = Duration::from_millis(200);

/// A command line to run, with an absolute path to the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The program: absolute, as a bare name would have to be searched for in the timed region.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables set beside the harness's own environment.
    pub env: Vec<(OsString, OsString)>,
    /// The working folder.
    pub folder: PathBuf,
}

/// How to collect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Time between frames; `None` takes no frames and reads no counters, for measuring what they cost.
    pub interval: Option<Duration>,
    /// After how long the run is ended as hung.
    pub time_limit: Duration,
    /// Where the frames come from.
    pub sampler: SamplerKind,
    /// Which processors are whose; `None` leaves it to the system.
    pub split: Option<Split>,
    /// Whether the kernel's event counters are read, at each marker and at the exit (see [`counters_available`]).
    pub counters: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            interval: Some(DEFAULT_INTERVAL),
            time_limit: DEFAULT_TIME_LIMIT,
            sampler: best_sampler(),
            split: None,
            counters: false,
        }
    }
}

/// The best source of frames on this platform.
pub const fn best_sampler() -> SamplerKind {
    if cfg!(target_os = "linux") { SamplerKind::Proc } else { SamplerKind::Sysinfo }
}

/// One run as it was observed, not yet a [`crate::model::Benchmark`]: see [`assemble`].
#[derive(Debug)]
pub struct Recording {
    /// Just before the spawn.
    pub started: SerdeInstant,
    /// Just after the exit.
    pub exited: SerdeInstant,
    /// How it ended.
    pub exit: Exit,
    /// Why the harness ended it, if it did.
    pub ended: Option<Ended>,
    /// The kernel's account.
    pub accounting: Accounting,
    /// What the event counters counted of the process, its threads and its children from `exec` to exit; absent where none
    /// was asked for or could be opened.
    pub counters: Option<EventCounts>,
    /// The frames.
    pub frames: SerdeFrames,
    /// What the compiler said on stdout, in order.
    pub events: Vec<Event>,
    /// Both ends of the rest of stdout, without terminal control.
    pub stdout: String,
    /// Both ends of stderr, without terminal control.
    pub stderr: String,
    /// What it cost to collect this.
    pub cost: CollectorCost,
    /// For how long the harness stood still meanwhile: its clock went on, and the times of the run may be off by as much.
    pub stood_still: Duration,
    /// Oddities, a sentence each.
    pub notes: Vec<String>,
}

/// Why a run could not be collected.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// The program could not be started.
    #[error("cannot start {}: {source}; check that the file is there and can be executed", program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A pipe or a thread for the run could not be had.
    #[error("cannot prepare a run: {0}")]
    Prepare(#[source] io::Error),
    /// The system would not tell how the process ended.
    #[error("cannot learn how the compiler ended: {0}")]
    Wait(#[source] io::Error),
}

/// Runs a compiler and collects what it says and does, from its spawn to its exit and the end of its output.
///
/// A run that passes its time limit, or that is on when `interrupt` is requested, is ended with its whole process group.
///
/// # Errors
/// If the program cannot be started or waited for. A program that fails is not an error: see [`Recording::exit`].
pub fn collect(invocation: &Invocation, options: &Options, interrupt: &Interrupt) -> Result<Recording, CollectError> {
    prepare(invocation, options, interrupt)?.run()
}

/// A run of which all is ready but the process: to be made by the thread that prepared it, which is on forc's processors by
/// now.
struct Prepared<'a> {
    invocation: &'a Invocation,
    options: &'a Options,
    interrupt: &'a Interrupt,
    command: Command,
    spawned: Arc<OnceLock<Spawned>>,
    stdout: threads::Stream<stdout::Output>,
    stderr: threads::Stream<tail::Tail>,
    sampler: thread::JoinHandle<threads::SamplerResult>,
    counters: Option<Arc<Mutex<EventCounters>>>,
    /// Until the process is reaped, or whatever way a run is left.
    restriction: Option<Restriction>,
}

fn prepare<'a>(
    invocation: &'a Invocation,
    options: &'a Options,
    interrupt: &'a Interrupt,
) -> Result<Prepared<'a>, CollectError> {
    let (stdout_reader, stdout_writer) = threads::pipe().map_err(CollectError::Prepare)?;
    let (stderr_reader, stderr_writer) = threads::pipe().map_err(CollectError::Prepare)?;
    let mut command = Command::new(&invocation.program);
    command
        .args(&invocation.args)
        .envs(invocation.env.iter().map(|(name, value)| (name, value)))
        .current_dir(&invocation.folder)
        .stdin(Stdio::null())
        .stdout(stdout_writer)
        .stderr(stderr_writer)
        // A group of its own, so that all of it can be ended; also, Ctrl-C then reaches the harness alone.
        .process_group(0);

    let spawned = Arc::new(OnceLock::<Spawned>::new());
    let stdout = threads::read_stdout(stdout_reader, options, &spawned).map_err(CollectError::Prepare)?;
    let stderr = threads::read_stderr(stderr_reader, options).map_err(CollectError::Prepare)?;
    let sampler = threads::start_sampler(options, &spawned, interrupt).map_err(CollectError::Prepare)?;
    watchdog::start();
    let restriction = options.split.as_ref().map(|split| Restriction::to(&split.forc));
    // By the thread that spawns, and when the harness's own have begun: whatever a thread begins inherits its counters.
    let counters = options.counters.then(|| Arc::new(Mutex::new(EventCounters::open())));
    Ok(Prepared { invocation, options, interrupt, command, spawned, stdout, stderr, sampler, counters, restriction })
}

impl Prepared<'_> {
    fn run(self) -> Result<Recording, CollectError> {
        let Self {
            invocation,
            options,
            interrupt,
            mut command,
            spawned,
            stdout,
            stderr,
            sampler,
            counters,
            restriction,
        } = self;
        let floor = usage::own_peak_memory();
        let cpu_before = thread_cpu_time();
        let started = Instant::now();
        let child = command.spawn();
        // The harness's copies of the writing ends must go, or the readers would never see an end.
        drop(command);
        let control = match child {
            Ok(child) => {
                let control = Arc::new(Control::new(&child));
                // Nobody else sets it.
                let _ = spawned.set(Spawned::running(
                    options.sampler,
                    child.id(),
                    started,
                    Arc::clone(&control),
                    counters.clone(),
                ));
                control
            }
            Err(source) => {
                let _ = spawned.set(Spawned::Failed);
                let _ = sampler.join();
                return Err(CollectError::Spawn { program: invocation.program.clone(), source });
            }
        };
        if let Some((split, restriction)) = options.split.as_ref().zip(restriction.as_ref()) {
            restriction.change(&split.harness);
        }
        let registration = control.register();
        let waited = control.wait_for_exit();
        let exited = SerdeInstant::now();
        sampler.thread().unpark();
        let cpu_waiting = thread_cpu_time().saturating_sub(cpu_before);
        let mut notes = Vec::new();
        let counted = counters.map(|counters| counters.lock().unwrap_or_else(PoisonError::into_inner).read());
        notes.extend(counted.as_ref().and_then(EventReading::note));
        let (stdout::Output { events, tail }, stdout_cpu) = stdout.receive(&control, "stdout", &mut notes);
        let (stderr, stderr_cpu) = stderr.receive(&control, "stderr", &mut notes);
        let sampled = sampler.join().unwrap_or_default();
        // Whoever is left of the group has let go of the streams and would work on into the next run.
        control.kill();
        drop(registration);
        let reaped = control.reap();
        drop(restriction);
        waited.map_err(CollectError::Wait)?;
        let (exit, mut accounting) = reaped.map_err(CollectError::Wait)?;

        let ended = sampled.sampled.ended.or_else(|| {
            let asked = matches!(exit, Exit::Signal(SIGINT | SIGTERM | SIGHUP));
            (asked && interrupt.requested_within(SAME_REQUEST)).then_some(Ended::Interrupted)
        });
        let stood_still = sampled.sampled.stood_still;
        if !stood_still.is_zero() {
            notes.push(format!(
                "the harness stood still for {stood_still:.1?} in this run, so its times may be too long"
            ));
        }
        accounting.peak_memory = peak_memory(accounting.peak_memory, floor, sampled.sampled.peak_resident, &events);
        let started = SerdeInstant::from(started);
        let cost = CollectorCost {
            sampler: options.sampler,
            cpu_time: cpu_waiting + stdout_cpu + stderr_cpu + sampled.cpu_time,
            frames_due: options.interval.map_or(0, |interval| {
                let due = exited.duration_since(started).as_nanos() / interval.max(MIN_INTERVAL).as_nanos();
                u64::try_from(due).unwrap_or(u64::MAX)
            }),
            lateness_p99: percentile_99(&sampled.sampled.lateness),
            disk_readable: disk_readable(&sampled.sampled, &events),
        };
        Ok(Recording {
            started,
            exited,
            exit,
            ended,
            accounting,
            counters: counted.map(|counted| counted.total()).filter(|counts| *counts != EventCounts::default()),
            frames: sampled.sampled.frames,
            events,
            stdout: tail.text(),
            stderr: stderr.text(),
            cost,
            stood_still,
            notes,
        })
    }
}

/// The process's peak memory, in bytes.
///
/// At `exec` the kernel counts the spawner's own peak (`floor`) into the child's. A figure above the floor is the
/// child's own, and exact; below it, the best is what was seen while the child lived.
fn peak_memory(accounted: Option<u64>, floor: u64, in_frames: Option<u64>, events: &[Event]) -> Option<u64> {
    if accounted.is_some_and(|peak| peak > floor) {
        return accounted;
    }
    let at_markers = events.iter().filter_map(|event| event.counters.and_then(|counters| counters.peak_resident)).max();
    in_frames.max(at_markers)
}

/// Whether the disk counters could be read wherever any counters were read: in frames and at markers.
fn disk_readable(sampled: &sampler::Sampled, events: &[Event]) -> bool {
    let at_markers = events.iter().filter_map(|event| event.counters.as_ref()).map(Counters::has_disk);
    let in_frames = (!sampled.frames.is_empty()).then_some(sampled.disk_readable);
    let mut all = in_frames.into_iter().chain(at_markers).peekable();
    all.peek().is_some() && all.all(|readable| readable)
}

fn percentile_99(lateness: &[Duration]) -> Option<Duration> {
    let mut lateness = lateness.to_vec();
    lateness.sort_unstable();
    lateness.get((lateness.len() * 99).div_ceil(100).checked_sub(1)?).copied()
}
