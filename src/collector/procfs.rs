//! The counters of a process on Linux, from `/proc` files that are kept open and from its CPU clock.
//!
//! Opening, not reading, is what makes `/proc` dear, so each file is opened once a run and read again with `pread`.
//!
//! CPU time comes from the kernel's task clock (`perf_event_open(2)`, a software counter, which needs no hardware and no
//! privilege over one's own processes): of all sources it alone counts the time slice that is still running, to the
//! nanosecond. The process's CPU clock (`clock_getcpuclockid(3)`), which takes its place where performance counters are
//! forbidden, covers all threads but lags by up to a scheduler tick (4 ms at 250 Hz) while they run;
//! `/proc/PID/schedstat` lags as much and covers the main thread only, and `/proc/PID/stat` counts in ticks of 10 ms.
//! It is also the dearest: the processor that runs the process is asked, which took 15 µs in a virtual machine where the
//! other reads of a frame took 3 µs together. So it is read at the markers and at most every twenty milliseconds.

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

/// Reads the compiler at or below a spawned process: below, when a wrapper script stands between.
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
    /// Whether it is called forc: it is then followed no further than to another forc.
    is_forc: bool,
    /// The children that were looked at and not taken for the compiler.
    rejected: Vec<RawPid>,
}

impl ProcProbe {
    /// A probe of the process `root`, which must have been spawned by this program and not been waited for.
    pub fn new(root: u32) -> Self {
        Self {
            root: root.cast_signed(),
            process: None,
            page_size: rustix::param::page_size() as u64,
            buffer: Box::new([0; 4096]),
        }
    }

    /// Makes `self.process` the compiler.
    ///
    /// A compiler may start helpers (git, say), and a wrapper may be called anything and start other things, too. Whoever is
    /// called forc is the compiler, unless it has started another forc; where nobody is, it is the innermost of the first
    /// children.
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
            // A process that has exited and not been waited for has no memory left, and no more to tell.
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
        // The process that was followed has ended: back to the root, which may have another.
        let ended = self.process.take()?;
        if ended.pid == self.root {
            return None;
        }
        self.follow()?;
        // After a compiler, the wrapper's own figures would be taken for the compiler's last ones.
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
            // Denied where the process's credentials differ: its disk figures are then missing.
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
                // Forked, and not yet what it is to become: it is looked at again at the next reading.
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

/// How many processes are looked at for one that is called forc: a wrapper has a handful.
const MOST_FOLLOWED: usize = 64;

/// The first process called forc at or below `root`, from the top down, among at most `most` of them.
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

/// The innermost of the first children of `pid`, or itself if it has none.
fn first_descendant(mut pid: RawPid) -> RawPid {
    for _ in 0..MOST_FOLLOWED {
        match children_of(pid).next() {
            Some(child) => pid = child,
            None => break,
        }
    }
    pid
}

/// The children of a process's main thread; none where the kernel does not list them (without CONFIG_PROC_CHILDREN):
/// wrappers cannot be followed there.
fn children_of(pid: RawPid) -> impl Iterator<Item = RawPid> {
    pids(&fs::read(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default()).into_iter()
}

fn pids(text: &[u8]) -> Vec<RawPid> {
    text.split(u8::is_ascii_whitespace).filter_map(number).filter_map(|pid| RawPid::try_from(pid).ok()).collect()
}

fn executable_of(pid: RawPid) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/exe")).ok()
}

/// Whether an executable is called forc, or forc-something.
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
    /// The task clock, and the process's CPU time when it was opened, from which on it counts.
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

/// Has one counter open, of this very program, for as long as it runs.
///
/// The kernel patches its own code when the first counter of the system is opened and when the last one is closed, and
/// stops all processors for it: once, then, and not in every run.
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
