//! What the kernel accounts to a process (`rusage`).

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::Pid;

use crate::model::Accounting;

/// The unit of `ru_maxrss`, in bytes: KiB on all systems but Apple's.
const MAXRSS_UNIT: u64 = if cfg!(target_vendor = "apple") { 1 } else { 1024 };

/// Reaps a child and returns how it ended, with its account (`wait4(2)`). Blocks until it has exited.
///
/// # Errors
/// If the process is no child of this one.
pub fn reap(pid: Pid) -> io::Result<(ExitStatus, Accounting)> {
    let mut status = 0;
    // SAFETY: rusage is plain data, for which all zeros is a valid value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    loop {
        // SAFETY: both places are valid for the results.
        let result = unsafe { libc::wait4(pid.as_raw_pid(), &raw mut status, 0, &raw mut usage) };
        if result == pid.as_raw_pid() {
            return Ok((ExitStatus::from_raw(status), accounting(&usage)));
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// The highest resident memory of this process so far, in bytes. The kernel counts it into a child's peak at `exec`.
pub fn own_peak_memory() -> u64 {
    // SAFETY: rusage is plain data, for which all zeros is a valid value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: `usage` is a valid place for the result.
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
    count(usage.ru_maxrss) * MAXRSS_UNIT
}

fn accounting(usage: &libc::rusage) -> Accounting {
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

/// The kernel's counts are never negative.
fn count(value: libc::c_long) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

fn duration(time: libc::timeval) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let microseconds = u64::try_from(time.tv_usec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_micros(microseconds)
}
