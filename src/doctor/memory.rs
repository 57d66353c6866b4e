//! Memory, swap, huge pages, and what the machine itself is.

use super::check;
use super::tree::Tree;
use crate::model::{Check, Severity};
use crate::text::format;

/// What a build of a real contract with std takes, in bytes: 1 to 1.6 GB (forc 0.71.2 and 0.72.1).
pub(super) const SIDE: u64 = 1_600_000_000;

const MEMORY: &str = "proc/meminfo";

/// A figure of `/proc/meminfo`, in bytes.
fn figure(tree: &Tree, name: &str) -> Option<u64> {
    let text = tree.field(MEMORY, name)?;
    text.split_ascii_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

/// How much memory can be had.
pub fn free(tree: &Tree) -> Option<Check> {
    let free = figure(tree, "MemAvailable")?;
    let value = match figure(tree, "MemTotal") {
        Some(total) => format!("{} of {}", format::bytes(free as f64), format::bytes(total as f64)),
        None => format::bytes(free as f64),
    };
    Some(if free < SIDE {
        let meaning =
            "a real contract with std takes 1 to 1.6 GB, and would drive the machine into its swap or be killed";
        check("free memory", value, Severity::Warning, meaning)
            .with_advice("end what holds memory, or take a larger machine")
    } else if free < 2 * SIDE {
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
        check("swap", "none", Severity::Fine, "no page of a build can be written out")
    } else if used < total / 100 {
        check("swap", "not in use", Severity::Fine, "no page had to be written out")
    } else {
        let value = format!("{} of {} in use", format::bytes(used as f64), format::bytes(total as f64));
        check(
            "swap",
            value,
            Severity::Note,
            "memory has been scarce here: pages may be read back in the midst of a build",
        )
        .with_advice("`swapoff -a && swapon -a` while nothing runs, if there is memory enough")
    })
}

/// Whether the kernel gives huge pages unasked: `[always] madvise never`.
pub fn huge_pages(tree: &Tree) -> Option<Check> {
    let text = tree.text("sys/kernel/mm/transparent_hugepage/enabled")?;
    let (_, rest) = text.split_once('[')?;
    let (chosen, _) = rest.split_once(']')?;
    Some(if chosen == "always" {
        let meaning = "peak memory and page faults depend on whether the kernel has a huge page to give at that moment";
        check("huge pages", chosen, Severity::Note, meaning)
            .with_advice("`echo madvise > /sys/kernel/mm/transparent_hugepage/enabled` for steadier memory figures")
    } else {
        check("huge pages", chosen, Severity::Fine, "only who asks for huge pages gets them")
    })
}

/// Whether a hypervisor is there, and whose.
pub fn virtual_machine(tree: &Tree) -> Option<Check> {
    // Processors of other makes do not tell.
    let flags = tree.field("proc/cpuinfo", "flags")?;
    let maker = ["sys/class/dmi/id/sys_vendor", "sys/hypervisor/type"].iter().find_map(|path| tree.text(path));
    Some(if flags.split_ascii_whitespace().any(|flag| flag == "hypervisor") {
        let value =
            maker.filter(|maker| !maker.is_empty()).map_or_else(|| "yes".to_owned(), |maker| format!("yes ({maker})"));
        let meaning = "other guests share processors, caches and disk, and steal time shows only a part of that";
        check("virtual machine", value, Severity::Note, meaning)
            .with_advice("compare only side by side here (`forc-perf compare`), not with figures of another day")
    } else {
        check("virtual machine", "no hypervisor seen", Severity::Fine, "nobody else shares the processors")
    })
}
