//! The threads of a run other than the one that waits for its exit.

use std::io::{self, ErrorKind, PipeReader, Read};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::affinity::Restriction;
use super::counters::{Counters, Detail, Probe};
use super::events::EventCounters;
use super::portable::SysinfoProbe;
use super::process::Control;
#[cfg(target_os = "linux")]
use super::procfs::ProcProbe;
use super::tail::Tail;
use super::{MIN_INTERVAL, Options, sampler, stdout};
use crate::model::SamplerKind;
use crate::os::Interrupt;
use crate::os::clock::thread_cpu_time;

/// How long the output streams may stay open after the exit before the processes that hold them are ended, too.
const STREAM_GRACE: Duration = Duration::from_secs(1);

/// The result of the spawn, for the other threads.
pub enum Spawned {
    /// The process runs.
    Running {
        /// Just before the spawn.
        started: Instant,
        /// Its control.
        control: Arc<Control>,
        /// Its counters, for the frames and for the markers: one set of open files serves both.
        probe: Mutex<Box<dyn Probe>>,
        /// Its event counters, if they were requested.
        events: Option<Arc<Mutex<EventCounters>>>,
    },
    /// The process could not be started.
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
                // Before all others: the events during the other readings do not belong to the phase.
                let events = events.as_ref().filter(|_| detail == Detail::Marker);
                let events = events.map(|events| events.lock().unwrap_or_else(PoisonError::into_inner).read());
                let counters = probe.lock().unwrap_or_else(PoisonError::into_inner).read(detail)?;
                Some(Counters { events, ..counters })
            }
            Self::Failed => None,
        }
    }
}

/// The size of the pipes, in bytes: the most that any user may request (`/proc/sys/fs/pipe-max-size`). An info line can
/// be longer than the usual 64 KiB, and the compiler would have to wait for the reader during its measured time.
#[cfg(target_os = "linux")]
const PIPE_SIZE: usize = 1024 * 1024;

/// A pipe for the compiler's output, as large as possible.
pub fn pipe() -> io::Result<(PipeReader, io::PipeWriter)> {
    let (reader, writer) = io::pipe()?;
    #[cfg(target_os = "linux")]
    // A refusal leaves the pipe as it is.
    let _ = rustix::pipe::fcntl_setpipe_size(&writer, PIPE_SIZE);
    Ok((reader, writer))
}

/// A stream that a thread of its own is reading.
pub struct Stream<T> {
    /// What has been read so far.
    content: Arc<Mutex<T>>,
    /// Receives the CPU time of the reading, at the end of the stream.
    end: mpsc::Receiver<Duration>,
}

/// Starts to read stdout, with counters at the markers if frames are taken, too.
pub fn read_stdout(
    pipe: PipeReader,
    options: &Options,
    spawned: &Arc<OnceLock<Spawned>>,
) -> io::Result<Stream<stdout::Output>> {
    let spawned = options.interval.map(|_| Arc::clone(spawned));
    start_reader("stdout", options, stdout::Output::default(), move |output| {
        stdout::read_to_end(pipe, output, || spawned.as_ref()?.wait().read(Detail::Marker));
    })
}

/// Starts to read stderr.
pub fn read_stderr(mut pipe: PipeReader, options: &Options) -> io::Result<Stream<Tail>> {
    start_reader("stderr", options, Tail::new(stdout::KEPT_OUTPUT), move |tail| {
        let mut buffer = vec![0; stdout::READ_SIZE];
        loop {
            match pipe.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => tail.lock().unwrap_or_else(PoisonError::into_inner).push(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
    })
}

fn start_reader<T: Send + 'static>(
    name: &str,
    options: &Options,
    content: T,
    read: impl FnOnce(&Mutex<T>) + Send + 'static,
) -> io::Result<Stream<T>> {
    let (sender, end) = mpsc::channel();
    let cpus = options.split.as_ref().map(|split| split.harness.clone());
    let content = Arc::new(Mutex::new(content));
    let shared = Arc::clone(&content);
    // Not a scoped thread: if a process outside the group keeps the pipe open for ever, the run must still end.
    thread::Builder::new().name(format!("forc-perf {name}")).spawn(move || {
        let _restriction = cpus.map(|cpus| Restriction::to(&cpus));
        // The cost of the run starts here: the start of the thread does not fall into the compiler's time.
        let before = thread_cpu_time();
        read(&shared);
        // It fails if the receiver has given up on this stream.
        let _ = sender.send(thread_cpu_time().saturating_sub(before));
    })?;
    Ok(Stream { content, end })
}

impl<T: Default> Stream<T> {
    /// Takes what was read, with the CPU time of the reading. If processes keep the stream open after the exit, they
    /// are ended. If the stream stays open even then, the result is what has been read so far. That includes everything
    /// from the compiler itself, which exited long before.
    pub fn receive(self, control: &Control, name: &str, notes: &mut Vec<String>) -> (T, Duration) {
        let cpu_time = self.end.recv_timeout(STREAM_GRACE).or_else(|_| {
            control.kill();
            notes.push(format!("a process that the compiler left behind kept its {name} open, and was ended"));
            self.end.recv_timeout(STREAM_GRACE)
        });
        let cpu_time = cpu_time.unwrap_or_else(|_| {
            notes.push(format!("{name} stayed open after the compiler's exit, and was read no further"));
            Duration::ZERO
        });
        let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        (std::mem::take(&mut content), cpu_time)
    }
}

/// The result of the sampling thread.
#[derive(Debug, Default)]
pub struct SamplerResult {
    /// The frames.
    pub sampled: sampler::Sampled,
    /// The thread's CPU time since it was ready.
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
        let _restriction = options.split.as_ref().map(|split| Restriction::to(&split.harness));
        let before = thread_cpu_time();
        let spawned = spawned.wait();
        let Spawned::Running { control, started, .. } = spawned else { return SamplerResult::default() };
        let interval = options.interval.map(|interval| interval.max(MIN_INTERVAL));
        if interval.is_some() {
            // Opens the files and the task clock now, while the compiler is being loaded. At the first marker, opening
            // them would fall into its first phase.
            spawned.read(Detail::Marker);
        }
        let read = |detail| spawned.read(detail);
        let sampled = sampler::sample(read, interval, control, *started, options.time_limit, &interrupt);
        SamplerResult { sampled, cpu_time: thread_cpu_time().saturating_sub(before) }
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
