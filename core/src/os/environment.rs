//! The machine on which the measurement runs.

use std::fs;

use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use crate::model::{Cpu, Environment, LoadAverage};

/// Reads the properties of the machine. What the system does not report is absent.
pub fn observe() -> Environment {
    let kind = RefreshKind::nothing()
        .with_memory(MemoryRefreshKind::nothing().with_ram())
        .with_cpu(CpuRefreshKind::nothing().with_frequency());
    let system = System::new_with_specifics(kind).ok();
    let cpus = system.as_ref().map_or(&[][..], System::cpus);
    Environment {
        host: System::host_name().ok(),
        os: System::long_os_version().ok(),
        kernel: System::kernel_version().ok(),
        arch: std::env::consts::ARCH.to_owned(),
        cpus: cpus
            .iter()
            .map(|cpu| Cpu {
                name: cpu.name().to_owned(),
                brand: cpu.brand().trim().to_owned(),
                frequency_mhz: cpu.frequency(),
            })
            .collect(),
        physical_cores: System::physical_core_count().ok(),
        governor: fs::read_to_string("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
            .ok()
            .map(|governor| governor.trim().to_owned()),
        total_memory: system.as_ref().map_or(0, System::total_memory),
        available_memory: system.as_ref().map_or(0, System::available_memory),
        load: System::load_average().ok().map(|load| LoadAverage {
            one: load.one,
            five: load.five,
            fifteen: load.fifteen,
        }),
        virtual_machine: fs::read_to_string("/proc/cpuinfo").ok().and_then(|info| {
            info.lines().find(|line| line.starts_with("flags")).map(|flags| flags.contains(" hypervisor"))
        }),
        checks: Vec::new(),
    }
}
