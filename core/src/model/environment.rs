use serde::{Deserialize, Serialize};

use super::Check;

/// The machine that a report was measured on. Unknown facts are absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Environment {
    /// The host's name.
    pub host: Option<String>,
    /// The operating system with its version.
    pub os: Option<String>,
    /// The kernel's version.
    pub kernel: Option<String>,
    /// The processor architecture, such as `x86_64`.
    pub arch: String,
    /// The processors that the harness may use.
    pub cpus: Vec<Cpu>,
    /// Physical cores.
    pub physical_cores: Option<usize>,
    /// The frequency governor of the first processor; absent in most virtual machines.
    pub governor: Option<String>,
    /// Total memory in bytes.
    pub total_memory: u64,
    /// Available memory when the measurement began, in bytes.
    pub available_memory: u64,
    /// Load averages when the measurement began.
    pub load: Option<LoadAverage>,
    /// Whether it is a virtual machine; absent if unknown.
    pub virtual_machine: Option<bool>,
    /// What `doctor` found about the machine before the measurement; empty if it did not run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
}

impl Environment {
    /// Whether two measurements were made on one machine, as far as is known: the same host with the same processors.
    pub fn is_same_machine(&self, other: &Self) -> bool {
        let brands = |environment: &Self| environment.cpus.iter().map(|cpu| cpu.brand.clone()).collect::<Vec<_>>();
        self.host == other.host && brands(self) == brands(other)
    }
}

/// One processor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Cpu {
    /// The operating system's name for it.
    pub name: String,
    /// The model.
    pub brand: String,
    /// Its frequency in MHz when the measurement began.
    pub frequency_mhz: u64,
}

/// Mean number of runnable processes over three windows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LoadAverage {
    /// Over one minute.
    pub one: f64,
    /// Over five minutes.
    pub five: f64,
    /// Over fifteen minutes.
    pub fifteen: f64,
}
