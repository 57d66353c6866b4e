//! Keeps forc and the harness on different processors.
//!
//! What a thread starts inherits its set of allowed processors, and the set stays until it is changed again. So every
//! restriction is a guard that restores the set, and the processors of the machine are read only once, before the first
//! restriction.

use std::marker::PhantomData;
use std::sync::OnceLock;

#[cfg(target_os = "linux")]
use rustix::thread::CpuSet;

/// The processors for forc and those for the harness's own threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The processors for forc.
    pub forc: Vec<usize>,
    /// The processors for the harness.
    pub harness: Vec<usize>,
}

impl Split {
    /// The last of this process's processors for the harness and all others for forc; `None` with fewer than two, or on
    /// platforms without such a setting.
    ///
    /// The process's processors are those of the first thread that called this or [`Restriction::to`]. So the result is
    /// the same for a thread that is restricted.
    pub fn of_this_machine() -> Option<Self> {
        Self::of(processors().to_vec())
    }

    fn of(mut allowed: Vec<usize>) -> Option<Self> {
        if allowed.len() < 2 {
            return None;
        }
        let harness = vec![allowed.pop()?];
        Some(Self { forc: allowed, harness })
    }

    /// Whether no processor is both forc's and the harness's.
    pub fn is_apart(&self) -> bool {
        self.harness.iter().all(|cpu| !self.forc.contains(cpu))
    }
}

/// The processors of this process, in ascending order; empty if the platform does not report them.
fn processors() -> &'static [usize] {
    static PROCESSORS: OnceLock<Vec<usize>> = OnceLock::new();
    PROCESSORS.get_or_init(|| allowed().unwrap_or_default())
}

/// Keeps the calling thread, and what it starts from now on, on some processors. When this is dropped, the thread gets
/// back the processors that it had before.
///
/// A refusal by the system is not an error: the system then schedules the run as usual. On platforms without such a
/// setting, nothing happens.
#[derive(Debug)]
#[must_use = "the restriction ends when this is dropped"]
pub struct Restriction {
    /// The set to restore; `None` if it could not be read. In that case nothing is changed.
    before: Option<Vec<usize>>,
    /// Not `Send`: the guard belongs to the thread that it restricts.
    of_this_thread: PhantomData<*const ()>,
}

impl Restriction {
    /// Restricts the calling thread to `cpus`.
    pub fn to(cpus: &[usize]) -> Self {
        processors();
        let restriction = Self { before: allowed(), of_this_thread: PhantomData };
        restriction.change(cpus);
        restriction
    }

    /// Restricts the thread to other processors instead. What it started before keeps its processors.
    pub fn change(&self, cpus: &[usize]) {
        if self.before.is_some() {
            set_allowed(cpus);
        }
    }
}

impl Drop for Restriction {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            set_allowed(before);
        }
    }
}

/// The processors that the calling thread may run on, in ascending order; `None` if the platform does not report them.
#[cfg(target_os = "linux")]
pub fn allowed() -> Option<Vec<usize>> {
    let set = rustix::thread::sched_getaffinity(None).ok()?;
    Some((0..CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu)).collect())
}

/// `None`: this platform does not report them.
#[cfg(not(target_os = "linux"))]
pub fn allowed() -> Option<Vec<usize>> {
    None
}

#[cfg(target_os = "linux")]
fn set_allowed(cpus: &[usize]) {
    let mut set = CpuSet::new();
    for cpu in cpus.iter().filter(|cpu| **cpu < CpuSet::MAX_CPU) {
        set.set(*cpu);
    }
    // See `Restriction`: a refusal is no error.
    let _ = rustix::thread::sched_setaffinity(None, &set);
}

#[cfg(not(target_os = "linux"))]
fn set_allowed(_cpus: &[usize]) {}

#[cfg(test)]
mod tests {
    use std::{panic, thread};

    use super::*;

    #[test]
    fn a_single_processor_is_never_split() {
        assert_eq!(Split::of(vec![3]), None);
        assert_eq!(Split::of(vec![]), None);
    }

    #[test]
    fn forc_gets_all_but_the_last() {
        let split = Split::of(vec![1, 4, 7]).unwrap();
        assert_eq!(split, Split { forc: vec![1, 4], harness: vec![7] });
    }

    /// Runs `check` in a thread of its own, which no other test restricts.
    #[cfg(target_os = "linux")]
    fn in_a_thread(check: impl FnOnce(Vec<usize>) + Send + 'static) {
        thread::spawn(|| check(allowed().unwrap())).join().unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_restriction_ends_with_its_guard() {
        in_a_thread(|before| {
            let (first, last) = (before[..1].to_vec(), before[before.len() - 1..].to_vec());
            {
                let outer = Restriction::to(&first);
                assert_eq!(allowed().unwrap(), first);
                {
                    let inner = Restriction::to(&before);
                    inner.change(&last);
                    assert_eq!(allowed().unwrap(), last);
                }
                assert_eq!(allowed().unwrap(), first, "the inner guard restores what the outer one had set");
                outer.change(&last);
                assert_eq!(allowed().unwrap(), last);
            }
            assert_eq!(allowed().unwrap(), before);
            let panicked = panic::catch_unwind(|| {
                let _restriction = Restriction::to(&first);
                panic::resume_unwind(Box::new(()));
            });
            assert!(panicked.is_err());
            assert_eq!(allowed().unwrap(), before, "after a panic");
        });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_restricted_thread_sees_the_whole_machine() {
        in_a_thread(|before| {
            let free = Split::of_this_machine();
            let _restriction = Restriction::to(&before[..1]);
            assert_eq!(Split::of_this_machine(), free);
            assert_eq!(thread::spawn(Split::of_this_machine).join().unwrap(), free, "in a thread that inherits it");
        });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_set_that_the_system_refuses_changes_nothing() {
        in_a_thread(|before| {
            let _restriction = Restriction::to(&[]);
            assert_eq!(allowed().unwrap(), before);
        });
    }
}
