//! Keeping forc and the harness on different processors.

/// Which processors forc and which ones the harness's own threads run on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The processors for forc.
    pub forc: Vec<usize>,
    /// The processors for the harness.
    pub harness: Vec<usize>,
}

impl Split {
    /// The last of the allowed processors for the harness and all others for forc; `None` with fewer than two, or where
    /// the platform has no such setting.
    pub fn of_this_machine() -> Option<Self> {
        Self::of(allowed()?)
    }

    fn of(mut allowed: Vec<usize>) -> Option<Self> {
        if allowed.len() < 2 {
            return None;
        }
        let harness = vec![allowed.pop()?];
        Some(Self { forc: allowed, harness })
    }

    /// All of the processors.
    pub fn all(&self) -> Vec<usize> {
        self.forc.iter().chain(&self.harness).copied().collect()
    }
}

/// The processors that the calling thread may run on.
#[cfg(target_os = "linux")]
fn allowed() -> Option<Vec<usize>> {
    // SAFETY: a cpu_set_t is a plain bit field, for which all zeros is the empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: `set` is a valid place of the size that is given.
    if unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set) } != 0 {
        return None;
    }
    let capacity = usize::try_from(libc::CPU_SETSIZE).unwrap_or(0);
    // SAFETY: every index is below the set's capacity.
    Some((0..capacity).filter(|cpu| unsafe { libc::CPU_ISSET(*cpu, &set) }).collect())
}

#[cfg(not(target_os = "linux"))]
fn allowed() -> Option<Vec<usize>> {
    None
}

/// Restricts the calling thread, and what it spawns from now on, to these processors. A refusal is no error: the run is
/// then merely scheduled as the system likes.
#[cfg(target_os = "linux")]
pub fn restrict_this_thread(cpus: &[usize]) {
    // SAFETY: a cpu_set_t is a plain bit field, for which all zeros is the empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    for cpu in cpus {
        // SAFETY: the indices come from `allowed`, and are below the set's capacity.
        unsafe { libc::CPU_SET(*cpu, &mut set) };
    }
    // SAFETY: `set` is a valid set of the size that is given.
    unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set) };
}

/// Does nothing: this platform has no such setting.
#[cfg(not(target_os = "linux"))]
pub fn restrict_this_thread(_cpus: &[usize]) {}

#[cfg(test)]
mod tests {
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
        assert_eq!(split.all(), [1, 4, 7]);
    }
}
