//! The counters of a process on Linux, from `/proc` files that are kept open and from its CPU clock.
//!
//! In `/proc`, opening a file costs much more than reading it. So each file is opened once per run and read with
//! `pread`.
//!
//! CPU time comes from the kernel's task clock (`perf_event_open(2)`): a software counter, which needs no hardware, and
//! no privilege for the user's own processes. It is the only source that includes the time slice that is still running,
//! to the nanosecond. If performance counters are forbidden, the process's CPU clock (`clock_getcpuclockid(3)`) is
//! used: it covers all threads but lags by up to a scheduler tick (4 ms at 250 Hz) while they run.
//! `/proc/PID/schedstat` lags as much and covers the main thread only, and `/proc/PID/stat` counts in ticks of 10 ms.
//! The task clock is also the most expensive source: the reading interrupts the processor that runs the process. In a
//! virtual machine that took 15 µs, and the other reads of a frame took 3 µs together. So the task clock is read at the
//! markers, and in frames at most every 20 ms.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use perf_event::events::Software;
use perf_event::{Builder, Counter};
use rustix::process::RawPid;

use super::counters::{Counters, Detail, Probe};
use crate::os::clock::ProcessClock;

/// Reads the compiler, which is the spawned process or, with a wrapper script, a descendant of it.
pub struct ProcProbe {
    root: RawPid,
    process: Option<Process>,
    page_size: u64,
    buffer: Box<[u8; 4096]>,
}

/// The open files of the process that is read.
struct Process {
    pid: RawPid,
    clock: CpuClock,
    statm: File,
    status: File,
    io: Option<File>,
    children: Option<File>,
    /// Whether it is named forc: the probe then only moves on to another forc.
    is_forc: bool,
    /// The children that were examined and are not the compiler.
    rejected: Vec<RawPid>,
}

impl ProcProbe {
    /// A probe of the process `root`, which this program must have spawned and not yet waited for.
    pub fn new(root: u32) -> Self {
        Self {
            root: root.cast_signed(),
            process: None,
            page_size: rustix::param::page_size() as u64,
            buffer: Box::new([0; 4096]),
        }
    }

    /// Sets `self.process` to the compiler.
    ///
    /// A compiler may start helpers such as git, and a wrapper may have any name and start other programs, too. A
    /// process named forc is the compiler, unless it has started another forc. If there is none, the innermost of the
    /// first children is taken.
    fn follow(&mut self) -> Option<()> {
        let settled = self.process.as_ref().is_some_and(|process| process.is_forc);
        if !settled {
            let found = find_forc(self.root, MOST_FOLLOWED).unwrap_or_else(|| first_descendant(self.root));
            if self.process.as_ref().is_none_or(|process| process.pid != found) {
                self.process = Process::open(found);
            }
            if let Some(process) = &mut self.process {
                process.is_forc = executable_of(process.pid).is_some_and(|executable| is_forc(&executable));
            }
        }
        while let Some(process) = self.process.as_mut().filter(|process| process.is_forc) {
            let Some(inner) = process.inner_forc(&mut self.buffer[..]) else { break };
            match Process::open(inner) {
                Some(inner) => self.process = Some(Process { is_forc: true, ..inner }),
                None => break,
            }
        }
        self.process.as_ref().map(|_| ())
    }

    fn read_process(&mut self, detail: Detail) -> Option<Counters> {
        let process = self.process.as_mut()?;
        let statm = read_at_start(&process.statm, &mut self.buffer[..])?;
        let mut numbers = statm.split(u8::is_ascii_whitespace).map(number);
        let virtual_size = numbers.next()?? * self.page_size;
        let resident = numbers.next()?? * self.page_size;
        if virtual_size == 0 {
            // A process that has exited and has not been waited for has no memory and no more counters.
            return None;
        }
        let mut counters = Counters {
            cpu_time: if detail >= Detail::Cpu { process.clock.now() } else { None },
            resident: Some(resident),
            virtual_size: Some(virtual_size),
            ..Counters::default()
        };
        if let Some(io) = process.io.as_ref().and_then(|file| read_at_start(file, &mut self.buffer[..])) {
            counters.disk_read = field(io, b"read_bytes:");
            counters.disk_written = field(io, b"write_bytes:");
        }
        if detail == Detail::Marker {
            let status = read_at_start(&process.status, &mut self.buffer[..])?;
            counters.peak_resident = field(status, b"VmHWM:").map(|kib| kib * 1024);
        }
        Some(counters)
    }
}

impl Probe for ProcProbe {
    fn read(&mut self, detail: Detail) -> Option<Counters> {
        self.follow()?;
        if let Some(counters) = self.read_process(detail) {
            return Some(counters);
        }
        // The process has ended: back to the root, which may have started another one.
        let ended = self.process.take()?;
        if ended.pid == self.root {
            return None;
        }
        self.follow()?;
        // After a compiler, the wrapper's own figures must not be taken for the compiler's last ones.
        if ended.is_forc && self.process.as_ref().is_some_and(|process| !process.is_forc) {
            self.process = Some(ended);
            return None;
        }
        self.read_process(detail)
    }
}

impl Process {
    fn open(pid: RawPid) -> Option<Self> {
        let folder = format!("/proc/{pid}");
        let folder = Path::new(&folder);
        Some(Self {
            pid,
            clock: CpuClock::open(pid)?,
            statm: File::open(folder.join("statm")).ok()?,
            status: File::open(folder.join("status")).ok()?,
            // Denied if the process has other credentials: its disk figures are then missing.
            io: File::open(folder.join("io")).ok(),
            // Absent in kernels built without CONFIG_PROC_CHILDREN.
            children: File::open(folder.join("task").join(pid.to_string()).join("children")).ok(),
            is_forc: false,
            rejected: Vec::new(),
        })
    }

    /// Another forc that this one has started.
    fn inner_forc(&mut self, buffer: &mut [u8]) -> Option<RawPid> {
        let children = pids(read_at_start(self.children.as_ref()?, buffer)?);
        for child in children {
            if self.rejected.contains(&child) {
                continue;
            }
            let of_child = executable_of(child);
            if of_child.is_some() && of_child == executable_of(self.pid) {
                // Forked, but not yet executed another program: it is examined again at the next reading.
                continue;
            }
            if of_child.is_some_and(|executable| is_forc(&executable)) {
                return Some(child);
            }
            self.rejected.push(child);
        }
        None
    }
}

/// How many processes are examined for one that is named forc. A wrapper starts only a few.
const MOST_FOLLOWED: usize = 64;

/// The first process named forc at or below `root`, from the top down. At most `most` processes are examined.
fn find_forc(root: RawPid, most: usize) -> Option<RawPid> {
    let mut open = VecDeque::from([root]);
    for _ in 0..most {
        let pid = open.pop_front()?;
        if executable_of(pid).is_some_and(|executable| is_forc(&executable)) {
            return Some(pid);
        }
        open.extend(children_of(pid));
    }
    None
}

/// The innermost of the first children of `pid`, or `pid` itself if it has none.
fn first_descendant(mut pid: RawPid) -> RawPid {
    for _ in 0..MOST_FOLLOWED {
        match children_of(pid).next() {
            Some(child) => pid = child,
            None => break,
        }
    }
    pid
}

/// The children of a process's main thread; none if the kernel does not list them (without CONFIG_PROC_CHILDREN).
/// Compilers behind wrappers are not found then.
fn children_of(pid: RawPid) -> impl Iterator<Item = RawPid> {
    pids(&fs::read(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default()).into_iter()
}

fn pids(text: &[u8]) -> Vec<RawPid> {
    text.split(u8::is_ascii_whitespace).filter_map(number).filter_map(|pid| RawPid::try_from(pid).ok()).collect()
}

fn executable_of(pid: RawPid) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/exe")).ok()
}

/// Whether an executable is named forc or forc-something.
fn is_forc(executable: &Path) -> bool {
    executable.file_name().is_some_and(|name| name.to_string_lossy().starts_with("forc"))
}

fn read_at_start<'a>(file: &File, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    let length = file.read_at(buffer, 0).ok()?;
    Some(&buffer[..length])
}

/// CPU time of one process.
struct CpuClock {
    clock: ProcessClock,
    /// The task clock, and the process's CPU time when it was opened: the task clock counts from there.
    counter: Option<(Counter, Duration)>,
}

impl CpuClock {
    fn open(pid: RawPid) -> Option<Self> {
        let clock = ProcessClock::open(pid)?;
        keep_counters_on();
        let counter = Builder::new(Software::TASK_CLOCK).observe_pid(pid).inherit(true).enabled(true).build().ok();
        Some(Self { clock, counter: counter.zip(clock.now()) })
    }

    fn now(&mut self) -> Option<Duration> {
        if let Some((counter, before)) = &mut self.counter
            && let Ok(nanoseconds) = counter.read()
        {
            return Some(*before + Duration::from_nanos(nanoseconds));
        }
        self.clock.now()
    }
}

/// Keeps one counter of this program open while it runs.
///
/// The kernel patches its own code, and stops all processors for that, when the first counter of the system is opened
/// and when the last one is closed. With a counter open, that happens once and not in every run.
pub(super) fn keep_counters_on() {
    static KEPT: OnceLock<Option<Mutex<Counter>>> = OnceLock::new();
    KEPT.get_or_init(|| {
        Builder::new(Software::DUMMY).observe_self().any_cpu().enabled(true).build().ok().map(Mutex::new)
    });
}

/// The number after `name` in a text of `name number` lines.
fn field(text: &[u8], name: &[u8]) -> Option<u64> {
    let line = text.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(name))?;
    line.split(u8::is_ascii_whitespace).find(|word| !word.is_empty()).and_then(number)
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |value, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        value.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let io = b"rchar: 6986\nread_bytes: 4096\nwrite_bytes: 0\ncancelled_write_bytes: 7\n";
        assert_eq!(field(io, b"read_bytes:"), Some(4096));
        assert_eq!(field(io, b"write_bytes:"), Some(0));
        assert_eq!(field(b"VmHWM:\t    1234 kB\n", b"VmHWM:"), Some(1234));
        assert_eq!(field(io, b"missing:"), None);
    }

    #[test]
    fn a_process_that_never_was_has_no_counters() {
        // pid_max is at most 4,194,304.
        assert_eq!(ProcProbe::new(4_194_305).read(Detail::Cpu), None);
    }
}
