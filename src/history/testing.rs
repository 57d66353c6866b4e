//! Reports for the tests of this module.

use std::path::PathBuf;
use std::time::Duration;

use super::import::test_report;
use super::{CommitRef, History, Provenance};
use crate::model::{Accounting, Benchmark, Cpu, Exit, Failure, FailureKind, PackageOutput, Report, SerdeFrames};
use crate::testing::build;

pub(crate) const BENCHMARK: &str = "apps/amm/debug";

/// A history in a folder of its own.
pub(crate) fn empty() -> (tempfile::TempDir, History) {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(&folder.path().join("new/history.sqlite")).unwrap();
    (folder, history)
}

/// A run of this many microseconds, most of them in one phase of one package.
pub(crate) fn run(wall: u64) -> Benchmark {
    let us = Duration::from_micros;
    let phase = |name: &str, depth: u32, start: u64, end: u64| build::phase("amm", name, depth, us(start), us(end));
    let frame = |time: u64| build::frame(us(time), time as f32 / 7.0, 1 << 20);
    Benchmark {
        name: BENCHMARK.to_owned(),
        path: PathBuf::from("/suite/apps/amm"),
        phases: vec![phase("compile to ast", 0, wall / 10, wall * 8 / 10), phase("parse", 1, wall / 10, wall / 5)],
        frames: SerdeFrames(vec![frame(wall / 3), frame(wall / 2)]),
        packages: vec![PackageOutput {
            package: Some("amm".to_owned()),
            bytecode_size: Some(1000),
            ..PackageOutput::default()
        }],
        exit: Some(Exit::Code(0)),
        accounting: Some(Accounting {
            user_time: us(wall * 9 / 10),
            system_time: us(wall / 20),
            peak_memory: Some(30 << 20),
            minor_faults: 1234,
            voluntary_switches: 1,
            involuntary_switches: 2,
            blocks_written: 8,
            ..Accounting::default()
        }),
        ..build::run(us(wall))
    }
}

/// A run with these phases one after another, all times in microseconds.
pub(crate) fn run_in_phases(wall: u64, phases: &[(&str, u64)]) -> Benchmark {
    let mut run = run(wall);
    let us = Duration::from_micros;
    let mut start = 0;
    let in_order = |(name, time): &(&str, u64)| {
        let (from, to) = (start, start + time);
        start = to;
        build::phase("amm", name, 0, us(from), us(to))
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
    report.benchmarks = vec![build::benchmark(BENCHMARK, walls.iter().map(|wall| run(*wall)).collect())];
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
