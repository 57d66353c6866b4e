//! Reports for the tests of this module.

use std::path::PathBuf;
use std::time::Duration;

use super::import::test_report;
use super::{CommitRef, History, Provenance};
use crate::figures;
use crate::model::{
    Accounting, Benchmark, BenchmarkFrame, BenchmarkPhase, CollectorCost, Cpu, Exit, Failure, FailureKind, Measured,
    PackageOutput, Protocol, Report, SerdeFrames, SerdeInstant,
};

pub(crate) const BENCHMARK: &str = "apps/amm/debug";

/// A history in a folder of its own.
pub(crate) fn empty() -> (tempfile::TempDir, History) {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(&folder.path().join("new/history.sqlite")).unwrap();
    (folder, history)
}

fn at(microseconds: u64) -> SerdeInstant {
    SerdeInstant::from_epoch(Duration::from_micros(microseconds))
}

/// A run of this many microseconds, most of them in one phase of one package.
pub(crate) fn run(wall: u64) -> Benchmark {
    let phase = |name: &str, depth: u32, start: u64, end: u64| BenchmarkPhase {
        wall_ns: None,
        cpu_ns: None,
        name: name.to_owned(),
        start_time: Some(at(start)),
        end_time: Some(at(end)),
        package: Some("amm".to_owned()),
        depth,
        pass: 0,
        cost: None,
    };
    let frame = |time: u64| BenchmarkFrame {
        timestamp: at(time),
        cpu_usage: time as f32 / 7.0,
        memory_usage: 1 << 20,
        virtual_memory_usage: 1 << 21,
        disk_total_written_bytes: 0,
        disk_written_bytes: 0,
        disk_total_read_bytes: 0,
        disk_read_bytes: 0,
    };
    Benchmark {
        wall_ns: None,
        cpu_ns: None,
        name: BENCHMARK.to_owned(),
        path: PathBuf::from("/suite/apps/amm"),
        start_time: Some(at(0)),
        end_time: Some(at(wall)),
        phases: vec![phase("compile to ast", 0, wall / 10, wall * 8 / 10), phase("parse", 1, wall / 10, wall / 5)],
        frames: SerdeFrames(vec![frame(wall / 3), frame(wall / 2)]),
        packages: vec![PackageOutput {
            package: Some("amm".to_owned()),
            bytecode_size: Some(1000),
            ..PackageOutput::default()
        }],
        exit: Some(Exit::Code(0)),
        accounting: Some(Accounting {
            user_time: Duration::from_micros(wall * 9 / 10),
            system_time: Duration::from_micros(wall / 20),
            peak_memory: Some(30 << 20),
            minor_faults: 1234,
            major_faults: 0,
            voluntary_switches: 1,
            involuntary_switches: 2,
            blocks_read: 0,
            blocks_written: 8,
        }),
        counters: None,
        protocol: Protocol::Markers,
        collector: CollectorCost::default(),
        surroundings: None,
        notes: Vec::new(),
    }
}

/// A run with these phases one after another, all times in microseconds.
pub(crate) fn run_in_phases(wall: u64, phases: &[(&str, u64)]) -> Benchmark {
    let mut run = run(wall);
    let template = run.phases.swap_remove(0);
    let mut start = 0;
    let in_order = |(name, time): &(&str, u64)| {
        let (from, to) = (start, start + time);
        start = to;
        let name = (*name).to_owned();
        BenchmarkPhase { name, start_time: Some(at(from)), end_time: Some(at(to)), ..template.clone() }
    };
    run.phases = phases.iter().map(in_order).collect();
    run
}

/// A report of that day (of January 2026) whose one benchmark has runs of these wall times in microseconds.
pub(crate) fn report(day: u32, walls: &[u64]) -> Report {
    let mut report = test_report(format!("2026-01-{day:02}T03:00:00Z"));
    report.environment.arch = "x86_64".to_owned();
    report.environment.cpus = vec![Cpu { name: "cpu0".to_owned(), brand: "EPYC".to_owned(), frequency_mhz: 2000 }];
    report.environment.total_memory = 8 << 30;
    report.toolchain.version = "0.72.1".to_owned();
    let mut measured = Measured {
        id: BENCHMARK.to_owned(),
        group: "apps".to_owned(),
        project: "amm".to_owned(),
        scenario: "debug".to_owned(),
        description: None,
        tags: Vec::new(),
        program: None,
        command: Vec::new(),
        runs: walls.iter().map(|wall| run(*wall)).collect(),
        outputs: Vec::new(),
        failures: Vec::new(),
        warnings: Vec::new(),
        instructions: Vec::new(),
        metrics: Vec::new(),
        phases: Vec::new(),
        packages: Vec::new(),
    };
    figures::complete(&mut measured);
    report.benchmarks = vec![measured];
    report
}

/// The same with a failed build in it.
pub(crate) fn with_failure(mut report: Report) -> Report {
    report.benchmarks[0].failures.push(Failure {
        kind: FailureKind::Panic,
        message: "it panicked".to_owned(),
        exit: Some(Exit::Code(101)),
        phase: Some("compile ir to asm".to_owned()),
        output: String::new(),
        run: Some(Box::new(run(7))),
    });
    report
}

/// The same as another machine would have measured it.
pub(crate) fn on(mut report: Report, processor: &str) -> Report {
    report.environment.cpus[0].brand = processor.to_owned();
    report
}

pub(crate) fn commit(id: &str, time: Option<&str>) -> CommitRef {
    CommitRef { id: id.to_owned(), time: time.map(str::to_owned), subject: format!("subject of {id}"), position: None }
}

pub(crate) fn of_commit(commit: CommitRef) -> Provenance {
    Provenance { commit: Some(commit), ..Provenance::default() }
}
