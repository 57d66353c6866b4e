//! dyno's files: runs in the layout of the first forc-perf, with the machine, the compiler's version and the compiled
//! output.

use std::path::Path;

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::Deserialize;

use super::runs::{self, RawRun};
use super::{ImportError, Known, read_json};
use crate::history::{Provenance, Record, Source};
use crate::model::{Cpu, Environment, LoadAverage};

#[derive(Deserialize)]
struct DynoFile {
    system_specs: RawMachine,
    benchmarks: Vec<RawRun>,
    forc_version: String,
    #[serde(default)]
    compiler_hash: Option<String>,
    #[serde(default)]
    benchmarks_datetime: Option<String>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct RawMachine {
    cpus: Vec<RawCpu>,
    physical_core_count: Option<usize>,
    total_memory: u64,
    available_memory: u64,
    load_average: Option<RawLoad>,
    kernel_version: Option<String>,
    long_os_version: Option<String>,
    host_name: Option<String>,
}

#[derive(Deserialize)]
struct RawCpu {
    name: String,
    brand: String,
    #[serde(default)]
    frequency: u64,
}

#[derive(Deserialize)]
struct RawLoad {
    one: f64,
    five: f64,
    fifteen: f64,
}

pub(super) fn read(path: &Path, known: &Known) -> Result<Record, ImportError> {
    let raw: DynoFile = read_json(path, "a file of dyno")?;
    let own = raw.benchmarks_datetime.as_deref().and_then(time);
    let (created, note) = runs::time(&raw.benchmarks, path, known, own)?;
    let mut report = runs::report("dyno", runs::UNKNOWN, created.to_string(), machine(raw.system_specs));
    report.toolchain.version = raw.forc_version;
    report.toolchain.notes.extend(note);
    if let Some(hash) = raw.compiler_hash {
        report.toolchain.notes.push(format!("dyno's hash of the compiler is {hash}"));
    }
    let (benchmarks, figures) = runs::benchmarks("dyno", raw.benchmarks);
    report.benchmarks = benchmarks;
    Ok(Record { provenance: Provenance { commit: known.commit.clone(), source: Source::Dyno, figures }, report })
}

/// `2026-11-23_02:17:57`, taken for UTC.
fn time(text: &str) -> Option<Timestamp> {
    let time: DateTime = text.replace('_', "T").parse().ok()?;
    jiff::tz::Offset::UTC.to_timestamp(time).ok()
}

/// The machine that a file describes, if it does so in dyno's way.
pub(super) fn machine_of(value: serde_json::Value) -> Option<Environment> {
    serde_json::from_value(value).ok().map(machine)
}

fn machine(raw: RawMachine) -> Environment {
    Environment {
        host: raw.host_name,
        os: raw.long_os_version,
        kernel: raw.kernel_version,
        cpus: raw
            .cpus
            .into_iter()
            .map(|cpu| Cpu { name: cpu.name, brand: cpu.brand, frequency_mhz: cpu.frequency })
            .collect(),
        physical_cores: raw.physical_core_count,
        total_memory: raw.total_memory,
        available_memory: raw.available_memory,
        load: raw.load_average.map(|load| LoadAverage { one: load.one, five: load.five, fifteen: load.fifteen }),
        ..runs::unknown_machine()
    }
}
