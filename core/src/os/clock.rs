//! Clocks that the standard library does not offer: CPU time, and the time for which the machine was suspended.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// The CPU time of the calling thread since it began.
pub fn thread_cpu_time() -> Duration {
    duration(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

/// For how long the machine has been suspended since its start: one clock runs on while it is suspended, the other
/// stops.
#[cfg(target_os = "linux")]
pub fn suspended() -> Duration {
    use rustix::time::{DynamicClockId, clock_gettime_dynamic};
    let awake = duration(clock_gettime(ClockId::Monotonic));
    let all = clock_gettime_dynamic(DynamicClockId::Boottime).ok().and_then(duration);
    // The clocks are read one after the other. The difference between the readings is below a millisecond.
    all.zip(awake).map_or(Duration::ZERO, |(all, awake)| all.saturating_sub(awake))
}

/// Zero: this platform does not report it.
#[cfg(not(target_os = "linux"))]
pub fn suspended() -> Duration {
    Duration::ZERO
}

fn duration(time: Timespec) -> Option<Duration> {
    Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
}

/// The CPU clock of a process (`clock_getcpuclockid(3)`): the CPU time of all its threads since it began.
#[cfg(target_os = "linux")]
#[derive(Clone, Copy, Debug)]
pub struct ProcessClock(libc::clockid_t);

#[cfg(target_os = "linux")]
impl ProcessClock {
    /// The clock of the process `pid`; `None` if there is no such process.
    pub fn open(pid: rustix::process::RawPid) -> Option<Self> {
        let mut clock = 0;
        // SAFETY: `clock` is a valid place for the result. An unknown pid is reported by the return value.
        let result = unsafe { libc::clock_getcpuclockid(pid, &raw mut clock) };
        (result == 0).then_some(Self(clock))
    }

    /// The time now; `None` if the process has ended.
    pub fn now(self) -> Option<Duration> {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `time` is a valid place for the result. A clock whose process has ended is reported by the return
        // value.
        if unsafe { libc::clock_gettime(self.0, &raw mut time) } != 0 {
            return None;
        }
        Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_computes_uses_cpu_time_and_so_does_its_process() {
        #[cfg(target_os = "linux")]
        let process = ProcessClock::open(std::process::id().cast_signed()).unwrap();
        let before = thread_cpu_time();
        let mut sum = 0u64;
        while thread_cpu_time() == before {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        let used = thread_cpu_time();
        assert!(used > before);
        #[cfg(target_os = "linux")]
        assert!(process.now().unwrap() >= used - before);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_that_never_was_has_no_clock() {
        // pid_max is at most 4,194,304.
        assert!(ProcessClock::open(4_194_305).is_none());
    }
}
