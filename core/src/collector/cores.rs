//! The processors that this process may use, and which of them belong to the same core.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;

use super::affinity;

/// The cores that this process may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cores {
    /// The allowed processors of each core, in ascending order: several if the core is hyper-threaded. Cores of
    /// different kinds, such as performance and efficiency cores, are in different elements of the outer list, the fast
    /// ones first.
    pub kinds: Vec<Vec<Vec<usize>>>,
    /// The CPU time that the control group allows, in processors; at least 1, and all of them if there is no quota.
    pub quota: usize,
}

impl Cores {
    /// Those that the calling thread may run on; `None` if the platform does not report them.
    pub fn of_this_process() -> Option<Self> {
        let allowed = affinity::allowed()?;
        // The standard library takes the allowed processors or the control group's quota, rounded down, whichever is
        // less.
        let quota = thread::available_parallelism().map_or(allowed.len(), usize::from);
        Some(Self::read(Path::new("/sys/devices"), &allowed, quota))
    }

    /// The same from the files below `devices`. A processor without information is a core of its own, of the common
    /// kind.
    fn read(devices: &Path, allowed: &[usize], quota: usize) -> Self {
        let text = |path: &str| fs::read_to_string(devices.join(path)).unwrap_or_default();
        // Intel's hybrid processors list their efficiency cores here; Arm's have a capacity each.
        let efficient = list(&text("cpu_atom/cpus"));
        let mut kinds: BTreeMap<(bool, Reverse<u32>), BTreeMap<usize, Vec<usize>>> = BTreeMap::new();
        for cpu in allowed {
            let siblings = list(&text(&format!("system/cpu/cpu{cpu}/topology/thread_siblings_list")));
            let core = siblings.first().copied().unwrap_or(*cpu);
            let capacity = text(&format!("system/cpu/cpu{cpu}/cpu_capacity")).trim().parse().unwrap_or(0);
            let kind = (efficient.contains(cpu), Reverse(capacity));
            kinds.entry(kind).or_default().entry(core).or_default().push(*cpu);
        }
        let kinds = kinds.into_values().map(|cores| cores.into_values().collect()).collect();
        Self { kinds, quota: quota.max(1) }
    }
}

/// The numbers of a list as the kernel writes it: `0,4-6`. What is not a number is left out.
fn list(text: &str) -> Vec<usize> {
    let part = |part: &str| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (from, to): (usize, usize) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
        // No machine has more, and a list must not become one of billions.
        Some(from..=to.min(from.saturating_add(1 << 16)))
    };
    text.split(',').filter_map(part).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn siblings_are_one_core_and_processors_that_are_not_allowed_are_left_out() {
        let siblings = |cpu: usize| format!("system/cpu/cpu{cpu}/topology/thread_siblings_list");
        let paths: Vec<String> = (0..6).map(siblings).collect();
        let lists = ["0,3\n", "1,4\n", "2,5\n", "0,3\n", "1,4\n", "2,5\n"];
        let files: Vec<(&str, &str)> = paths.iter().map(String::as_str).zip(lists).collect();
        let folder = machine(&files);
        let cores = Cores::read(folder.path(), &[1, 3, 4, 5], 9);
        assert_eq!(cores.kinds, [[vec![3], vec![1, 4], vec![5]]]);
    }

    #[test]
    fn cores_of_two_kinds_are_distinguished() {
        let hybrid = machine(&[("cpu_atom/cpus", "2-5\n")]);
        let cores = Cores::read(hybrid.path(), &[0, 1, 2, 3, 4, 5], 6);
        assert_eq!(cores.kinds, [vec![vec![0], vec![1]], vec![vec![2], vec![3], vec![4], vec![5]]]);
        let arm = machine(&[("system/cpu/cpu0/cpu_capacity", "462\n"), ("system/cpu/cpu1/cpu_capacity", "1024\n")]);
        assert_eq!(Cores::read(arm.path(), &[0, 1], 2).kinds, [[vec![1]], [vec![0]]]);
    }

    #[test]
    fn without_information_every_processor_is_a_core() {
        let folder = machine(&[]);
        let cores = Cores::read(folder.path(), &[4, 7], 0);
        assert_eq!(cores, Cores { kinds: vec![vec![vec![4], vec![7]]], quota: 1 });
        assert_eq!(list("x,3,9-8,5-6\n"), [3, 5, 6]);
    }
}
