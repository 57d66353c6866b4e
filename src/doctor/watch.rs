//! What the whole machine does while one run is on.

use std::path::Path;
use std::time::{Duration, Instant};

use super::stat::Times;
use super::tree::Tree;
use crate::model::Surroundings;

/// The machine just before a run. Reading it takes some tenths of a millisecond at most, before the run and after it.
pub struct Watch {
    tree: Tree,
    began: Instant,
    times: Option<Times>,
    asleep: Duration,
}

impl Watch {
    /// Reads what there is before the run.
    pub fn start() -> Self {
        let tree = Tree::new(Path::new("/"));
        let times = Times::read(&tree);
        Self { tree, times, asleep: asleep(), began: Instant::now() }
    }

    /// What the machine did since; `None` where it does not tell.
    pub fn end(self) -> Option<Surroundings> {
        let elapsed = self.began.elapsed();
        let did = Times::read(&self.tree)?.since(self.times?);
        let suspended = asleep().saturating_sub(self.asleep);
        Some(Surroundings { elapsed, busy: did.busy, stolen: did.stolen, suspended })
    }
}

/// For how long the machine has been suspended since it was started: one clock goes on meanwhile, and the other does not.
#[cfg(target_os = "linux")]
fn asleep() -> Duration {
    let read = |clock| {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `time` is a valid place for the result; a clock that is unknown is reported by the return value.
        let known = unsafe { libc::clock_gettime(clock, &raw mut time) } == 0;
        let time = Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?);
        known.then_some(time)
    };
    let awake = read(libc::CLOCK_MONOTONIC);
    let all = read(libc::CLOCK_BOOTTIME);
    // The two are read one after the other, and what lies between is no sleep: it is below a millisecond.
    all.zip(awake).map_or(Duration::ZERO, |(all, awake)| all.saturating_sub(awake))
}

#[cfg(not(target_os = "linux"))]
fn asleep() -> Duration {
    Duration::ZERO
}
