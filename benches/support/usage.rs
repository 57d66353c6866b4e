//! CPU time, as the kernel counts it.

use std::time::Duration;

/// User and system time of this process (`RUSAGE_SELF`), or of all its children that have been waited for.
pub fn cpu_time(whose: libc::c_int) -> Duration {
    // SAFETY: rusage is plain data, for which all zeros is a valid value, and the pointer is valid for the result.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(whose, &raw mut usage);
        usage
    };
    let time = |time: libc::timeval| {
        Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), 1000 * u32::try_from(time.tv_usec).unwrap_or(0))
    };
    time(usage.ru_utime) + time(usage.ru_stime)
}
