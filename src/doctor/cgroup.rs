//! The limits that a container or a service manager has set.

use super::check;
use super::memory::BUILD_MEMORY;
use super::tree::Tree;
use crate::model::{Check, Severity};
use crate::text::format;

/// Where the hierarchies are mounted.
const MOUNT: &str = "sys/fs/cgroup";

/// A limit of version 1 from here on means no limit: the file then holds about the largest possible number of pages.
const NO_LIMIT: u64 = 1 << 60;

/// The folder of this process's control group in a hierarchy, and those above it, the innermost first.
fn folders(tree: &Tree, controller: &str) -> Vec<String> {
    let Some(text) = tree.text("proc/self/cgroup") else { return Vec::new() };
    // `ID:CONTROLLERS:PATH`, with no controllers in version 2.
    let mut lines = text.lines().filter_map(|line| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        Some((controllers.to_owned(), path.to_owned()))
    });
    let found = if tree.text(&format!("{MOUNT}/cgroup.controllers")).is_some() {
        lines.find(|(controllers, _)| controllers.is_empty()).map(|(_, path)| (MOUNT.to_owned(), path))
    } else {
        lines.find(|(controllers, _)| controllers.split(',').any(|it| it == controller)).map(|(controllers, path)| {
            // Mounted under the names of all its controllers, and often also under each single name.
            let together = format!("{MOUNT}/{controllers}");
            let known = |base: &String| tree.text(&format!("{base}/tasks")).is_some();
            let base = Some(together).filter(known).unwrap_or_else(|| format!("{MOUNT}/{controller}"));
            (base, path)
        })
    };
    let Some((base, path)) = found else { return Vec::new() };
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    // A path of another namespace leads out of the visible tree. The limit is then that of the root.
    let depth = if parts.contains(&"..") { 0 } else { parts.len() };
    (0..=depth).rev().map(|length| [&[base.as_str()], &parts[..length]].concat().join("/")).collect()
}

/// How many processors' time may be used according to the tightest limit; `None` without a limit.
fn quota(tree: &Tree) -> Option<f64> {
    let quotient = |quota: u64, period: u64| (period > 0).then(|| quota as f64 / period as f64);
    let of = |folder: &String| {
        if let Some(text) = tree.text(&format!("{folder}/cpu.max")) {
            let (quota, period) = text.split_once(' ')?;
            return quotient(quota.parse().ok()?, period.trim().parse().ok()?);
        }
        quotient(
            tree.number(&format!("{folder}/cpu.cfs_quota_us"))?,
            tree.number(&format!("{folder}/cpu.cfs_period_us"))?,
        )
    };
    folders(tree, "cpu").iter().filter_map(of).min_by(f64::total_cmp)
}

/// The control group's limit on CPU time; `None` without a control group.
pub fn cpu_limit(tree: &Tree, processors: usize) -> Option<Check> {
    tree.text("proc/self/cgroup")?;
    let topic = "cgroup CPU limit";
    let Some(quota) = quota(tree) else {
        return Some(check(topic, "none", Severity::Fine, "no limit pauses a build"));
    };
    let value = format!("{quota:.2} of {processors} processors");
    let advice = "run without `--cpus` (docker), `resources.limits.cpu` (Kubernetes) or `CPUQuota=` (systemd)";
    Some(if quota < 1.0 {
        let meaning = "a build is paused in every period of the limit, so its wall time is meaningless";
        check(topic, value, Severity::Useless, meaning).with_advice(advice)
    } else if quota < 2.0 {
        let meaning = "a build and everything that runs beside it are paused when together they have used this up";
        check(topic, value, Severity::Warning, meaning).with_advice(advice)
    } else if quota < processors as f64 {
        check(topic, value, Severity::Note, "enough for a build if little else runs in the same group")
    } else {
        check(topic, value, Severity::Fine, "as much as the machine has")
    })
}

/// The control group's limit on memory; `None` without a control group.
pub fn memory_limit(tree: &Tree) -> Option<Check> {
    tree.text("proc/self/cgroup")?;
    let topic = "cgroup memory limit";
    let of = |folder: &String| {
        ["memory.max", "memory.high", "memory.limit_in_bytes"]
            .iter()
            .filter_map(|file| tree.number(&format!("{folder}/{file}")))
            .filter(|limit| *limit < NO_LIMIT)
            .min()
    };
    let Some(limit) = folders(tree, "memory").iter().filter_map(of).min() else {
        return Some(check(topic, "none", Severity::Fine, "no limit on the memory of a build"));
    };
    let value = format::bytes(limit as f64);
    Some(if limit < BUILD_MEMORY {
        let meaning = "a real contract with std takes 1 to 1.6 GB, and would be slowed down or killed";
        check(topic, value, Severity::Warning, meaning).with_advice("raise the limit to 4 GB or more")
    } else {
        check(topic, value, Severity::Fine, "enough for a build of a real contract")
    })
}
