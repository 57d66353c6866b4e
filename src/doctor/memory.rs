//! Memory, swap, huge pages, and whether the machine is virtual.

use super::check;
use super::tree::Tree;
use crate::model::{Check, Severity};
use crate::text::format;

/// The memory that a build of a real contract with std takes, in bytes: 1 to 1.6 GB (forc 0.71.2 and 0.72.1).
pub(super) const BUILD_MEMORY: u64 = 1_600_000_000;

const MEMORY: &str = "proc/meminfo";

/// A figure of `/proc/meminfo`, in bytes.
fn figure(tree: &Tree, name: &str) -> Option<u64> {
    let text = tree.field(MEMORY, name)?;
    text.split_ascii_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

/// How much memory is available.
pub fn free(tree: &Tree) -> Option<Check> {
    let free = figure(tree, "MemAvailable")?;
    let value = match figure(tree, "MemTotal") {
        Some(total) => format!("{} of {}", format::bytes(free as f64), format::bytes(total as f64)),
        None => format::bytes(free as f64),
    };
    Some(if free < BUILD_MEMORY {
        let meaning =
            "a real contract with std takes 1 to 1.6 GB: the machine would begin to swap, or the build would be killed";
        check("free memory", value, Severity::Warning, meaning)
            .with_advice("stop programs that use much memory, or use a larger machine")
    } else if free < 2 * BUILD_MEMORY {
        check("free memory", value, Severity::Note, "enough for one build of a real contract, not for two at once")
    } else {
        check("free memory", value, Severity::Fine, "enough for two builds of real contracts at once")
    })
}

/// How much of the swap is in use.
pub fn swap(tree: &Tree) -> Option<Check> {
    let (total, free) = (figure(tree, "SwapTotal")?, figure(tree, "SwapFree")?);
    let used = total.saturating_sub(free);
    Some(if total == 0 {
        check("swap", "none", Severity::Fine, "no page of a build can be swapped out")
    } else if used < total / 100 {
        check("swap", "not in use", Severity::Fine, "no page had to be swapped out")
    } else {
        let value = format!("{} of {} in use", format::bytes(used as f64), format::bytes(total as f64));
        check("swap", value, Severity::Note, "memory has been scarce here: pages may be read back during a build")
            .with_advice("`swapoff -a && swapon -a` while nothing runs, if there is enough memory")
    })
}

/// Whether the kernel uses huge pages without a request: `[always] madvise never`.
pub fn huge_pages(tree: &Tree) -> Option<Check> {
    let text = tree.text("sys/kernel/mm/transparent_hugepage/enabled")?;
    let (_, rest) = text.split_once('[')?;
    let (chosen, _) = rest.split_once(']')?;
    Some(if chosen == "always" {
        let meaning = "peak memory and page faults depend on whether the kernel has a free huge page at that time";
        check("huge pages", chosen, Severity::Note, meaning)
            .with_advice("`echo madvise > /sys/kernel/mm/transparent_hugepage/enabled` for steadier memory figures")
    } else {
        check("huge pages", chosen, Severity::Fine, "only programs that request huge pages get them")
    })
}

/// Whether there is a hypervisor, and which one.
pub fn virtual_machine(tree: &Tree) -> Option<Check> {
    // The flag exists on x86 only.
    let flags = tree.field("proc/cpuinfo", "flags")?;
    let maker = ["sys/class/dmi/id/sys_vendor", "sys/hypervisor/type"].iter().find_map(|path| tree.text(path));
    Some(if flags.split_ascii_whitespace().any(|flag| flag == "hypervisor") {
        let value =
            maker.filter(|maker| !maker.is_empty()).map_or_else(|| "yes".to_owned(), |maker| format!("yes ({maker})"));
        let meaning = "other guests share the processors, caches and disk, and steal time shows only a part of that";
        check("virtual machine", value, Severity::Note, meaning)
            .with_advice("compare side by side (`forc-perf compare`), and not with figures of another day")
    } else {
        check("virtual machine", "no hypervisor seen", Severity::Fine, "no other guests share the processors")
    })
}
