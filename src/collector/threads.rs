//! The threads of a run beside the one that waits for its exit.

use std::io::{self, ErrorKind, PipeReader, Read};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::affinity::restrict_this_thread;
use super::counters::{Counters, Detail, Probe};
use super::events::EventCounters;
use super::interrupt::Interrupt;
use super::portable::SysinfoProbe;
use super::process::{self, Control};
#[cfg(target_os = "linux")]
use super::procfs::ProcProbe;
use super::tail::Tail;
use super::{MIN_INTERVAL, Options, sampler, stdout};
use crate::model::SamplerKind;

/// How long the output streams may stay open after the exit before whoever holds them is ended, too.
const STREAM_GRACE: Duration = Duration::from_secs(1);

/// What the threads are told once the spawn has succeeded or failed.
pub enum Spawned {
    /// The process runs.
    Running {
        /// Just before the spawn.
        started: Instant,
        /// Its control.
        control: Arc<Control>,
        /// Its counters, for the frames and for the markers: one set of open files serves both.
        probe: Mutex<Box<dyn Probe>>,
        /// Its event counters, where they are asked for.
        events: Option<Arc<Mutex<EventCounters>>>,
    },
    /// There is no process.
    Failed,
}

impl Spawned {
    /// The process `pid`, whose counters come from `sampler`, and from `events` at the markers.
    pub fn running(
        sampler: SamplerKind,
        pid: u32,
        started: Instant,
        control: Arc<Control>,
        events: Option<Arc<Mutex<EventCounters>>>,
    ) -> Self {
        Self::Running { started, control, probe: Mutex::new(new_probe(sampler, pid)), events }
    }

    fn read(&self, detail: Detail) -> Option<Counters> {
        match self {
            Self::Running { probe, events, .. } => {
                // First of all: what they count goes on while the rest is read.
                let events = events.as_ref().filter(|_| detail == Detail::Marker);
                let events = events.map(|events| events.lock().unwrap_or_else(PoisonError::into_inner).read());
                let counters = probe.lock().unwrap_or_else(PoisonError::into_inner).read(detail)?;
                Some(Counters { events, ..counters })
            }
            Self::Failed => None,
        }
    }
}

/// A stream's content, and the CPU time that its reading took.
pub type Stream<T> = mpsc::Receiver<(T, Duration)>;

/// Starts to read stdout, with counters at the markers unless no frames are taken either.
pub fn read_stdout(
    pipe: PipeReader,
    options: &Options,
    spawned: &Arc<OnceLock<Spawned>>,
) -> io::Result<Stream<stdout::Output>> {
    let spawned = options.interval.map(|_| Arc::clone(spawned));
    start_reader("stdout", options, move || stdout::read_to_end(pipe, || spawned.as_ref()?.wait().read(Detail::Marker)))
}

/// Starts to read stderr.
pub fn read_stderr(mut pipe: PipeReader, options: &Options) -> io::Result<Stream<Tail>> {
    start_reader("stderr", options, move || {
        let mut tail = Tail::new(stdout::KEPT_OUTPUT);
        let mut buffer = vec![0; stdout::READ_SIZE];
        loop {
            match pipe.read(&mut buffer) {
                Ok(0) => break tail,
                Ok(length) => tail.push(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break tail,
            }
        }
    })
}

fn start_reader<T: Send + 'static>(
    name: &str,
    options: &Options,
    read: impl FnOnce() -> T + Send + 'static,
) -> io::Result<Stream<T>> {
    let (sender, receiver) = mpsc::channel();
    let cpus = options.split.as_ref().map(|split| split.harness.clone());
    // Not a scoped thread: if somebody outside the process group keeps the pipe open for ever, the run still ends.
    thread::Builder::new().name(format!("forc-perf {name}")).spawn(move || {
        if let Some(cpus) = cpus {
            restrict_this_thread(&cpus);
        }
        let content = read();
        // A receiver that is gone has given up on this stream.
        let _ = sender.send((content, process::thread_cpu_time()));
    })?;
    Ok(receiver)
}

/// Takes what a reader brings. The processes that keep a stream open after the exit are ended first; a stream that even
/// then stays open is given up.
pub fn receive<T>(stream: &Stream<T>, control: &Control, name: &str, notes: &mut Vec<String>) -> Option<(T, Duration)> {
    if let Ok(content) = stream.recv_timeout(STREAM_GRACE) {
        return Some(content);
    }
    control.kill();
    notes.push(format!("a process that the compiler left behind kept its {name} open, and was ended"));
    let content = stream.recv_timeout(STREAM_GRACE).ok();
    if content.is_none() {
        notes.push(format!("{name} stayed open after the compiler's exit; what it carried is lost"));
    }
    content
}

/// What the sampling thread brings home.
#[derive(Debug, Default)]
pub struct SamplerResult {
    /// The frames.
    pub sampled: sampler::Sampled,
    /// The thread's CPU time.
    pub cpu_time: Duration,
}

/// Starts to take frames.
pub fn start_sampler(
    options: &Options,
    spawned: &Arc<OnceLock<Spawned>>,
    interrupt: &Interrupt,
) -> io::Result<thread::JoinHandle<SamplerResult>> {
    let (options, spawned, interrupt) = (options.clone(), Arc::clone(spawned), interrupt.clone());
    thread::Builder::new().name("forc-perf sampler".to_owned()).spawn(move || {
        if let Some(split) = &options.split {
            restrict_this_thread(&split.harness);
        }
        let spawned = spawned.wait();
        let Spawned::Running { control, started, .. } = spawned else { return SamplerResult::default() };
        let interval = options.interval.map(|interval| interval.max(MIN_INTERVAL));
        if interval.is_some() {
            // Opens the files and the task clock now, while the compiler is still being loaded, and not at its first marker,
            // where the opening would fall into its first phase.
            spawned.read(Detail::Marker);
        }
        let read = |detail| spawned.read(detail);
        let sampled = sampler::sample(read, interval, control, *started, options.time_limit, &interrupt);
        SamplerResult { sampled, cpu_time: process::thread_cpu_time() }
    })
}

#[cfg(target_os = "linux")]
fn new_probe(kind: SamplerKind, pid: u32) -> Box<dyn Probe> {
    match kind {
        SamplerKind::Proc => Box::new(ProcProbe::new(pid)),
        SamplerKind::Sysinfo => Box::new(SysinfoProbe::new(pid)),
    }
}

#[cfg(not(target_os = "linux"))]
fn new_probe(_kind: SamplerKind, pid: u32) -> Box<dyn Probe> {
    Box::new(SysinfoProbe::new(pid))
}
