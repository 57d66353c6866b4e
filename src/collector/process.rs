//! Spawning, waiting for and ending a process, with the kernel's own account of it.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::model::{Accounting, Exit};
use crate::os::keeper::{self, Kept};

/// A running process and its group, as the threads of a run share it.
#[derive(Debug)]
pub struct Control {
    pid: libc::pid_t,
    exited: AtomicBool,
    /// Whether the process has been waited for, after which its id may be anybody's. Held while a signal is sent.
    reaped: Mutex<bool>,
}

impl Control {
    /// Control of the process `pid`, a child of this one that leads a process group.
    pub fn new(pid: u32) -> Self {
        Self { pid: pid.cast_signed(), exited: AtomicBool::new(false), reaped: Mutex::new(false) }
    }

    /// Has the group ended if the harness is killed. To be dropped before the process is reaped: after that the id may be
    /// anybody's.
    pub fn keep(&self) -> Kept {
        keeper::keep(self.pid.cast_unsigned(), "KILL")
    }

    /// Whether the process has exited.
    pub fn exited(&self) -> bool {
        self.exited.load(Ordering::Acquire)
    }

    /// Ends the whole process group, unless the process has been waited for.
    pub fn kill(&self) {
        let reaped = self.reaped.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !*reaped {
            // SAFETY: kill has no preconditions; the pid is still our child's, as it has not been waited for.
            unsafe { libc::kill(-self.pid, libc::SIGKILL) };
        }
    }

    /// Blocks until the process has exited, without reaping it: its group can still be signalled.
    ///
    /// # Errors
    /// If the process is no child of this one.
    pub fn wait_for_exit(&self) -> io::Result<()> {
        // The id of a process that was spawned is never negative.
        let id = libc::id_t::try_from(self.pid).unwrap_or(0);
        loop {
            // SAFETY: siginfo_t is plain data, for which all zeros is a valid value.
            let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
            // SAFETY: `info` is a valid place for the result.
            let result = unsafe { libc::waitid(libc::P_PID, id, &raw mut info, libc::WEXITED | libc::WNOWAIT) };
            if result == 0 {
                self.exited.store(true, Ordering::Release);
                return Ok(());
            }
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                self.exited.store(true, Ordering::Release);
                return Err(error);
            }
        }
    }

    /// Collects the exited process with its account (`wait4(2)`), and the peak of its resident memory in bytes.
    ///
    /// # Errors
    /// If the process is no child of this one.
    pub fn reap(&self) -> io::Result<(Exit, Accounting)> {
        let mut reaped = self.reaped.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut status = 0;
        // SAFETY: rusage is plain data, for which all zeros is a valid value.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        loop {
            // SAFETY: both places are valid for the results.
            let result = unsafe { libc::wait4(self.pid, &raw mut status, 0, &raw mut usage) };
            if result == self.pid {
                break;
            }
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        *reaped = true;
        let status = ExitStatus::from_raw(status);
        let exit = match (status.code(), status.signal()) {
            (Some(code), _) => Exit::Code(code),
            (None, signal) => Exit::Signal(signal.unwrap_or(0)),
        };
        Ok((exit, accounting(&usage)))
    }
}

/// The unit of `ru_maxrss`, in bytes: KiB everywhere but on Apple's systems.
const MAXRSS_UNIT: u64 = if cfg!(target_vendor = "apple") { 1 } else { 1024 };

fn accounting(usage: &libc::rusage) -> Accounting {
    // The kernel's counts are never negative.
    let count = |value: libc::c_long| u64::try_from(value).unwrap_or(0);
    Accounting {
        user_time: duration(usage.ru_utime),
        system_time: duration(usage.ru_stime),
        peak_memory: Some(count(usage.ru_maxrss) * MAXRSS_UNIT),
        minor_faults: count(usage.ru_minflt),
        major_faults: count(usage.ru_majflt),
        voluntary_switches: count(usage.ru_nvcsw),
        involuntary_switches: count(usage.ru_nivcsw),
        blocks_read: count(usage.ru_inblock),
        blocks_written: count(usage.ru_oublock),
    }
}

/// The highest resident memory of this process so far, in bytes: what the kernel counts into a child's peak at `exec`.
pub fn own_peak_memory() -> u64 {
    // SAFETY: rusage is plain data, for which all zeros is a valid value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: `usage` is a valid place for the result.
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
    u64::try_from(usage.ru_maxrss).unwrap_or(0) * MAXRSS_UNIT
}

/// CPU time of the calling thread since it began.
pub fn thread_cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place for the result.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

fn duration(time: libc::timeval) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let microseconds = u64::try_from(time.tv_usec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_micros(microseconds)
}
