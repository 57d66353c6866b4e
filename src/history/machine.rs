use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{Environment, Report};

const GIB: u64 = 1 << 30;

/// The properties of a machine that its figures depend on: the part of the environment that is in the key of a series.
///
/// The host's name is not one of them. A service for nightly runs provides another host every night, all of the same kind,
/// whose figures belong together; and a host that gets other processors keeps its name, though its figures cannot be
/// compared with the earlier ones.
/// Kernel, frequencies and load are left out too: they change from run to run and are in each report, and a step that one of
/// them causes should show as a step, not be hidden by a new series.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MachineClass {
    /// The processor architecture, such as `x86_64`.
    pub arch: String,
    /// The processor's model; several, where a machine has processors of several kinds. Absent where it is not known.
    pub processor: Option<String>,
    /// The processors that the harness may use; 0 where it is not known.
    pub processors: usize,
    /// Memory in GiB, rounded up: firmware and kernel reserve some of it, and how much differs between versions.
    pub memory_gib: u64,
    /// Whether a hypervisor was detected; absent where that cannot be determined.
    pub virtual_machine: Option<bool>,
}

impl MachineClass {
    /// The class of a report's machine.
    pub fn of(environment: &Environment) -> Self {
        let mut brands: Vec<&str> =
            environment.cpus.iter().map(|cpu| cpu.brand.trim()).filter(|brand| !brand.is_empty()).collect();
        brands.sort_unstable();
        brands.dedup();
        Self {
            arch: environment.arch.clone(),
            processor: (!brands.is_empty()).then(|| brands.join(" + ")),
            processors: environment.cpus.len(),
            memory_gib: environment.total_memory.div_ceil(GIB),
            virtual_machine: environment.virtual_machine,
        }
    }
}

/// A short description: `2 × AMD EPYC, 24 GiB, x86_64, virtual`.
impl fmt::Display for MachineClass {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        if self.processors == 0 && self.memory_gib == 0 {
            return formatter.write_str("unknown machine");
        }
        let processor = self.processor.as_deref().unwrap_or("unknown processor");
        write!(formatter, "{} × {processor}, {} GiB, {}", self.processors, self.memory_gib, self.arch)?;
        if self.virtual_machine == Some(true) { formatter.write_str(", virtual") } else { Ok(()) }
    }
}

/// A message that names the two hosts of one class that measured two reports; `None` if it was one host, or if a name is not
/// known.
pub fn hosts(reports: &[Report; 2]) -> Option<String> {
    let [base, other] = reports.each_ref().map(|report| report.environment.host.as_deref());
    let (base, other) = base.zip(other).filter(|(base, other)| base != other)?;
    let text = format!("measured on two hosts, {base} and {other}: a change may be the host's");
    Some(text.chars().filter(|c| !c.is_control()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Cpu;

    fn environment(host: &str, brands: &[&str], memory: u64) -> Environment {
        let cpu = |(index, brand): (usize, &&str)| Cpu {
            name: format!("cpu{index}"),
            brand: (*brand).to_owned(),
            frequency_mhz: 2000 + index as u64,
        };
        Environment {
            host: Some(host.to_owned()),
            os: None,
            kernel: Some(format!("6.1 of {host}")),
            arch: "x86_64".to_owned(),
            cpus: brands.iter().enumerate().map(cpu).collect(),
            physical_cores: None,
            governor: None,
            total_memory: memory,
            available_memory: 0,
            load: None,
            virtual_machine: Some(true),
            checks: Vec::new(),
        }
    }

    #[test]
    fn hosts_of_one_make_are_one_class() {
        let a = MachineClass::of(&environment("a", &["EPYC", "EPYC"], 25_276_510_208));
        let b = MachineClass::of(&environment("b", &["EPYC", "EPYC"], 25_276_310_208));
        assert_eq!(a, b);
        assert_eq!(a.to_string(), "2 × EPYC, 24 GiB, x86_64, virtual");
        for other in [
            environment("a", &["EPYC"], 25_276_510_208),
            environment("a", &["Xeon", "Xeon"], 25_276_510_208),
            environment("a", &["EPYC", "EPYC"], 16 << 30),
        ] {
            assert_ne!(a, MachineClass::of(&other));
        }
    }

    #[test]
    fn a_machine_of_two_kinds_of_processors_is_a_class_of_its_own() {
        let mixed = MachineClass::of(&environment("a", &["big", "little", "big"], 1));
        assert_eq!(mixed.processor.as_deref(), Some("big + little"));
        assert_eq!((mixed.processors, mixed.memory_gib), (3, 1));
    }
}
