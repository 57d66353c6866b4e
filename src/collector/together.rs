//! Several runs at the same time.

use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::{CollectError, Invocation, Options, Recording, prepare};
use crate::os::Interrupt;

/// Makes all of these runs at once, and collects each as [`super::collect`] does a single one.
///
/// Every run has a thread of its own, which prepares it and then waits for the others: all are spawned within some
/// microseconds, and [`Recording::started`] says when each was. On which processors a run and its threads are is said by its
/// own [`Options::split`]. A run that fails ends no other; an interrupt ends all, and a time limit is each one's own.
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
                    // Also where there is nothing to run: the others wait for all.
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

/// Where threads wait for each other.
///
/// They do so awake: a thread that sleeps is woken tens of microseconds after the one that comes last has gone on, and that
/// one would have a head start. What a run has to prepare takes a fraction of a millisecond, and nothing is timed meanwhile.
struct Gate {
    expected: AtomicUsize,
    arrived: AtomicUsize,
}

impl Gate {
    /// Returns when as many have come as are expected.
    fn pass(&self) {
        self.arrived.fetch_add(1, Ordering::AcqRel);
        while self.arrived.load(Ordering::Acquire) < self.expected.load(Ordering::Acquire) {
            // Where there are fewer processors than threads, the others need this one's.
            thread::yield_now();
        }
    }

    fn expect_one_less(&self) {
        self.expected.fetch_sub(1, Ordering::AcqRel);
    }
}
