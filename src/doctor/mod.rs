//! Checks whether this machine can measure: its properties before a measurement, and an A/A comparison of a tiny build.
//!
//! [`examine`] reads `/proc` and `/sys` and explains what each fact means for measuring. [`trial()`] builds a tiny
//! project repeatedly with one compiler and reports the smallest change that would be detected here. Nothing here runs
//! while a compiler runs: [`Watch`] reads before a run and after it. Warnings about the runs themselves are in
//! [`crate::figures::warn`].

mod cgroup;
mod counters;
mod cpus;
mod load;
mod memory;
mod stat;
mod tree;
mod trial;
mod watch;

use std::path::Path;
use std::time::Duration;

pub use trial::{Outlook, Trial, TrialError, smallest_change, trial};
pub use watch::Watch;

use crate::collector::counters_available;
use crate::model::{Check, Severity};
use stat::Times;
use tree::Tree;

/// How long the machine is watched before a measurement.
pub const SHORT_WATCH: Duration = Duration::from_millis(250);
/// How long the command `doctor` watches the machine.
pub const LONG_WATCH: Duration = Duration::from_secs(1);

/// Checks the machine whose `/proc` and `/sys` are below `root`: `/`, or a tree that was made up or copied. Waits for
/// `watch` between two readings, as one reading does not show what other programs do now.
///
/// A last check names what cannot be read. The most important checks come first.
pub fn examine(root: &Path, watch: Duration) -> Vec<Check> {
    let tree = Tree::new(root);
    if tree.text("proc/stat").is_none() {
        return vec![
            check("machine", "not visible", Severity::Note, NOT_LINUX).with_advice(
                "measure on Linux for exact figures; elsewhere, use interleaved runs (`forc-perf compare`)",
            ),
        ];
    }
    let before = Times::read(&tree);
    // A copied tree does not change.
    if tree.is_this_machine() {
        std::thread::sleep(watch);
    }
    let after = Times::read(&tree);
    let now = before.zip(after).map(|(before, after)| after.since(before));
    checks(&tree, now, after)
}

/// The checks of a machine with the times `now` while it was watched, and `since_start` in total.
fn checks(tree: &Tree, now: Option<Times>, since_start: Option<Times>) -> Vec<Check> {
    let processors = cpus::Processors::read(tree);

    let mut seen = vec![
        ("processors", cpus::processors(&processors)),
        ("load now", load::now(now, processors.count())),
        ("steal time", load::stolen(now, since_start)),
        ("cgroup CPU limit", cgroup::cpu_limit(tree, processors.count())),
        ("cgroup memory limit", cgroup::memory_limit(tree)),
        ("free memory", memory::free(tree)),
        ("swap", memory::swap(tree)),
        ("governor", cpus::governor(tree, &processors)),
        ("hyper-threads", cpus::siblings(&processors)),
        ("load average", load::average(tree, processors.count())),
        ("pressure", load::pressure(tree)),
        ("turbo", cpus::turbo(tree)),
        ("frequency", cpus::frequency(tree, &processors)),
        ("virtual machine", memory::virtual_machine(tree)),
        ("huge pages", memory::huge_pages(tree)),
    ];
    if tree.is_this_machine() {
        seen.push(("hardware counters", Some(counters::check(&counters_available()))));
    }
    let unseen: Vec<&str> = seen.iter().filter(|(_, check)| check.is_none()).map(|(topic, _)| *topic).collect();
    let mut checks: Vec<Check> = seen.iter().filter_map(|(_, check)| check.clone()).collect();
    if !unseen.is_empty() {
        checks.push(check("not visible", unseen.join(", "), Severity::Fine, UNSEEN));
    }
    checks
}

const NOT_LINUX: &str = "this system has no /proc: processors, governor, load, steal time, limits, counters and swap \
                         cannot be seen, and neither can the load of other programs during a run";
const UNSEEN: &str = "the kernel does not report these here, which is usual in virtual machines and containers";

/// The checks that make measuring on this machine useless.
pub fn useless(checks: &[Check]) -> impl Iterator<Item = &Check> {
    checks.iter().filter(|check| check.severity == Severity::Useless)
}

fn check(topic: &str, value: impl Into<String>, severity: Severity, meaning: impl Into<String>) -> Check {
    Check { topic: topic.to_owned(), value: value.into(), severity, meaning: meaning.into(), advice: None }
}

#[cfg(test)]
mod tests;
