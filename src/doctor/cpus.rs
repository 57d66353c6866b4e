//! Processors, cores and their frequencies.

use std::collections::BTreeSet;

use super::check;
use super::tree::{Tree, numbers};
use crate::model::{Check, Severity};

const CPU: &str = "sys/devices/system/cpu";

/// The processors that this process may use.
pub struct Processors {
    /// Their numbers.
    allowed: Vec<usize>,
    /// Their cores, each as the list of all of its threads; empty if that is not known.
    cores: BTreeSet<Vec<usize>>,
}

impl Processors {
    pub fn read(tree: &Tree) -> Self {
        let listed = |text: Option<String>| text.map(|list| numbers(&list)).filter(|list| !list.is_empty());
        // Those that a cpuset or `taskset` allows; if that is not known, all that are online.
        let allowed = listed(tree.field("proc/self/status", "Cpus_allowed_list"))
            .or_else(|| listed(tree.text(&format!("{CPU}/online"))))
            .unwrap_or_default();
        let threads = |cpu: &usize| {
            let topology = format!("{CPU}/cpu{cpu}/topology");
            listed(tree.text(&format!("{topology}/core_cpus_list")))
                .or_else(|| listed(tree.text(&format!("{topology}/thread_siblings_list"))))
        };
        let cores: Option<BTreeSet<Vec<usize>>> = allowed.iter().map(threads).collect();
        Self { allowed, cores: cores.unwrap_or_default() }
    }

    /// How many there are; 0 if that is not known.
    pub fn count(&self) -> usize {
        self.allowed.len()
    }
}

/// How many processors there are, and on how many cores.
pub fn processors(processors: &Processors) -> Option<Check> {
    let (count, cores) = (processors.count(), processors.cores.len());
    let value = match (count, cores) {
        (0, _) => return None,
        (1, _) => "1 processor".to_owned(),
        (count, 0) => format!("{count} processors"),
        (count, 1) => format!("{count} processors on 1 core"),
        (count, cores) => format!("{count} processors on {cores} cores"),
    };
    Some(if count == 1 || cores == 1 {
        check(
            "processors",
            value,
            Severity::Warning,
            "forc shares its core with the harness and with all other programs",
        )
        .with_advice("measure on a machine with two cores or more")
    } else {
        check("processors", value, Severity::Fine, "forc and the harness can have a core each")
    })
}

/// Whether processors share cores.
pub fn siblings(processors: &Processors) -> Option<Check> {
    let cores = processors.cores.len();
    if cores == 0 {
        return None;
    }
    // Also with a processor that this process may not use: other programs may use it.
    let shared = processors.cores.iter().filter(|threads| threads.len() > 1).count();
    Some(if shared == 0 {
        check("hyper-threads", "off", Severity::Fine, "no two processors share a core")
    } else {
        let value = if shared == cores { "on".to_owned() } else { format!("on {shared} of {cores} cores") };
        check("hyper-threads", value, Severity::Note, "a program on one thread of a core slows a build on the other")
            .with_advice("keep the machine idle, or turn them off: `echo off > /sys/devices/system/cpu/smt/control`")
    })
}

/// The frequency governors of the processors.
pub fn governor(tree: &Tree, processors: &Processors) -> Option<Check> {
    let of = |cpu: &usize| tree.text(&format!("{CPU}/cpu{cpu}/cpufreq/scaling_governor"));
    let governors: BTreeSet<String> =
        processors.allowed.iter().filter_map(of).filter(|name| !name.is_empty()).collect();
    if governors.is_empty() {
        return None;
    }
    let value = governors.iter().cloned().collect::<Vec<_>>().join(", ");
    Some(if governors.iter().all(|name| name == "performance") {
        check("governor", value, Severity::Fine, "the frequency does not depend on the load")
    } else {
        check(
            "governor",
            value,
            Severity::Warning,
            "the frequency depends on the load, so a short build ends before the processor reaches its full speed",
        )
        .with_advice("`cpupower frequency-set -g performance` while you measure")
    })
}

/// Whether the processors exceed their nominal frequency while they are cool.
pub fn turbo(tree: &Tree) -> Option<Check> {
    // The first file is 1 if turbo is off, the second if it is on.
    let intel = tree.number(&format!("{CPU}/intel_pstate/no_turbo")).map(|off| off == 0);
    let on = intel.or_else(|| tree.number(&format!("{CPU}/cpufreq/boost")).map(|on| on == 1))?;
    Some(if on {
        let off = match intel {
            Some(_) => "`echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo`",
            None => "`echo 0 > /sys/devices/system/cpu/cpufreq/boost`",
        };
        check(
            "turbo",
            "on",
            Severity::Note,
            "the speed depends on the processor's temperature and on how many cores are busy",
        )
        .with_advice(format!("turn it off for steadier times: {off}"))
    } else {
        check("turbo", "off", Severity::Fine, "the speed does not depend on the processor's temperature")
    })
}

/// The range of the processors' frequencies.
pub fn frequency(tree: &Tree, processors: &Processors) -> Option<Check> {
    // In kHz. The configured limit, else that of the hardware.
    let limit = |cpu: &usize, which: &str| {
        let file = |kind: &str| tree.number(&format!("{CPU}/cpu{cpu}/cpufreq/{kind}_{which}_freq"));
        file("scaling").or_else(|| file("cpuinfo"))
    };
    let least = processors.allowed.iter().filter_map(|cpu| limit(cpu, "min")).min()?;
    let most = processors.allowed.iter().filter_map(|cpu| limit(cpu, "max")).max()?;
    let gigahertz = |kilohertz: u64| format!("{:.2}", kilohertz as f64 / 1e6);
    Some(if least >= most {
        check("frequency", format!("{} GHz", gigahertz(most)), Severity::Fine, "the frequency is fixed")
    } else {
        let value = format!("{} to {} GHz", gigahertz(least), gigahertz(most));
        check("frequency", value, Severity::Fine, "the same build takes longer at a lower frequency, in proportion")
    })
}
