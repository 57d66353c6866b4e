//! Several runs at the same time.

use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::{CollectError, Invocation, Options, Recording, prepare};
use crate::os::Interrupt;

/// Makes all of these runs at the same time, and collects each as [`super::collect`] does.
///
/// Every run has a thread of its own, which prepares it and then waits for the others. All are spawned within some
/// microseconds; [`Recording::started`] is the time of each. The processors of a run and of its threads are set by its
/// own [`Options::split`]. A run that fails does not end the others. An interrupt ends all. Each run has its own time
/// limit.
///
/// The recordings are in the order of `runs`.
pub fn collect_together(
    runs: &[(Invocation, &Options)],
    interrupt: &Interrupt,
) -> Vec<Result<Recording, CollectError>> {
    let gate = Gate { expected: AtomicUsize::new(runs.len()), arrived: AtomicUsize::new(0) };
    thread::scope(|scope| {
        let threads: Vec<_> = runs
            .iter()
            .map(|(invocation, options)| {
                let run = || {
                    let prepared = prepare(invocation, options, interrupt);
                    // Also if the preparation failed: the others wait for all.
                    gate.pass();
                    prepared?.run()
                };
                let thread = thread::Builder::new().name("forc-perf run".to_owned()).spawn_scoped(scope, run);
                if thread.is_err() {
                    gate.expect_one_less();
                }
                thread.map_err(CollectError::Prepare)
            })
            .collect();
        let recordings = threads.into_iter().map(|thread| {
            // A panic is passed on as it would be from a run on this thread.
            thread.and_then(|thread| thread.join().unwrap_or_else(|panic| panic::resume_unwind(panic)))
        });
        recordings.collect()
    })
}

/// A barrier for threads.
///
/// The threads do not sleep in it: a sleeping thread wakes tens of microseconds after the last thread has passed, which
/// would have a head start. A run is prepared in a fraction of a millisecond, and nothing is timed meanwhile.
struct Gate {
    expected: AtomicUsize,
    arrived: AtomicUsize,
}

impl Gate {
    /// Returns when all expected threads have arrived.
    fn pass(&self) {
        self.arrived.fetch_add(1, Ordering::AcqRel);
        while self.arrived.load(Ordering::Acquire) < self.expected.load(Ordering::Acquire) {
            // With fewer processors than threads, another thread may need this one's processor.
            thread::yield_now();
        }
    }

    fn expect_one_less(&self) {
        self.expected.fetch_sub(1, Ordering::AcqRel);
    }
}
