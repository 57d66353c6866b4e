//! One run of the compiler: spawn it, sample it, read its output to the end, get the kernel's account of it.
//!
//! While a compiler runs, the harness has only four threads, which sleep most of the time: one waits for the exit, one
//! reads stdout, one reads stderr, and one takes the frames. They are started before the compiler is spawned, so
//! starting them is not part of its time. Several runs can be made at once ([`collect_together`]). Each has its own
//! threads, and runs share nothing.

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
pub use stdout::{OutputEvent, Said};
pub use together::collect_together;

use crate::model::{Accounting, CollectorCost, EventCounts, Exit, SamplerKind, SerdeFrames, SerdeInstant};
use crate::os::clock::thread_cpu_time;
use crate::os::{Interrupt, usage, watchdog};
use process::Control;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use threads::Spawned;

/// The shortest interval between frames.
pub const MIN_INTERVAL: Duration = Duration::from_millis(1);
/// The default interval between frames: the shortest at which the CPU time of the harness stays below 1 % of a build of
/// one second. In a virtual machine a frame costs about 0.1 ms of CPU time, most of it for waking the thread.
pub const DEFAULT_INTERVAL: Duration = Duration::from_millis(20);
/// The default time limit, after which a run is ended as hung.
pub const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(600);

/// A variable with a text of random length. It moves the stack of each run to another address, so that the effect of
/// one memory layout is not taken for an effect of the compiler (Mytkowicz et al., *Producing Wrong Data Without Doing
/// Anything Obviously Wrong!*, 2009).
pub const PADDING_VARIABLE: &str = "FORC_PERF_PADDING";

/// How long before the harness the compiler may receive a request to end: stopping a service or closing a terminal
/// signals all processes, one after the other.
const SAME_REQUEST: Duration = Duration::from_millis(200);

/// A command line to run, with an absolute path to the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The absolute path of the program: a bare name would have to be searched for in the timed region.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables set in addition to the harness's own environment.
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
    /// Which processors forc and the harness use; `None` leaves it to the system.
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

/// The raw data of one run. [`assemble`] makes a [`crate::model::Benchmark`] of it.
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
    /// The event counts of the process, its threads and its children from `exec` to exit; absent if none was requested
    /// or could be opened.
    pub counters: Option<EventCounts>,
    /// The frames.
    pub frames: SerdeFrames,
    /// The markers that the compiler printed on stdout, in order.
    pub events: Vec<OutputEvent>,
    /// The beginning and the end of the rest of stdout, without terminal control sequences.
    pub stdout: String,
    /// The beginning and the end of stderr, without terminal control sequences.
    pub stderr: String,
    /// What the collection cost.
    pub cost: CollectorCost,
    /// For how long the harness stood still during the run. Its clock continued, so the times may be too long by as
    /// much.
    pub stood_still: Duration,
    /// Irregularities, one sentence each.
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
        /// The system's error.
        source: io::Error,
    },
    /// A pipe or a thread for the run could not be made.
    #[error("cannot prepare a run: {0}")]
    Prepare(#[source] io::Error),
    /// The system did not report how the process ended.
    #[error("cannot find out how the compiler ended: {0}")]
    Wait(#[source] io::Error),
}

/// Runs a compiler and collects its output and its use of resources, from its spawn to its exit and the end of its
/// output.
///
/// A run that exceeds its time limit, or is running when `interrupt` is requested, is ended with its whole process
/// group.
///
/// # Errors
/// If the program cannot be started or waited for. A program that fails is not an error: see [`Recording::exit`].
pub fn collect(invocation: &Invocation, options: &Options, interrupt: &Interrupt) -> Result<Recording, CollectError> {
    prepare(invocation, options, interrupt)?.run()
}

/// A run that is ready to be spawned. It must be run by the thread that prepared it, which is restricted to forc's
/// processors.
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
    /// Ends when the process is reaped, or when the run is left in any other way.
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
        // A group of its own, so that all of it can be ended, and Ctrl-C reaches the harness alone.
        .process_group(0);

    let spawned = Arc::new(OnceLock::<Spawned>::new());
    let stdout = threads::read_stdout(stdout_reader, options, &spawned).map_err(CollectError::Prepare)?;
    let stderr = threads::read_stderr(stderr_reader, options).map_err(CollectError::Prepare)?;
    let sampler = threads::start_sampler(options, &spawned, interrupt).map_err(CollectError::Prepare)?;
    watchdog::start();
    let restriction = options.split.as_ref().map(|split| Restriction::to(&split.forc));
    // On the spawning thread, and after the harness's own threads have started: what a thread starts inherits its
    // counters.
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
        // Closes the harness's copies of the writing ends. Otherwise the readers would never see the end.
        drop(command);
        let control = match child {
            Ok(child) => {
                let control = Arc::new(Control::new(&child));
                // Only this thread sets it.
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
        // Processes that are left of the group have closed the streams, and would still work during the next run.
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
/// child's own, and exact. Otherwise, the best figure is the highest one read while the child ran.
fn peak_memory(accounted: Option<u64>, floor: u64, in_frames: Option<u64>, events: &[OutputEvent]) -> Option<u64> {
    if accounted.is_some_and(|peak| peak > floor) {
        return accounted;
    }
    let at_markers = events.iter().filter_map(|event| event.counters.and_then(|counters| counters.peak_resident)).max();
    in_frames.max(at_markers)
}

/// Whether the disk counters could be read every time that counters were read: in frames and at markers.
fn disk_readable(sampled: &sampler::Sampled, events: &[OutputEvent]) -> bool {
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
