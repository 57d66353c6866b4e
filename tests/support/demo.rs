//! A history as a year of the compiler may leave it, always the same: nights that are worth a look, made without any
//! compiler.
//!
//! What it holds is told by [`EVENTS`], and by the nights that are named beside it.

#![allow(dead_code, reason = "each test target uses its own part")]

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use forc_perf::figures;
use forc_perf::history::{CommitRef, EXPORT_VERSION, History, Note, NoteKind, Provenance, Record};
use forc_perf::model::{
    Accounting, Benchmark, BenchmarkFrame, BenchmarkPhase, Capabilities, CollectorCost, Completion, Cpu, Environment,
    EventCounts, Exit, Failure, FailureKind, Harness, Measured, Measuring, Origin, PackageOutput, PhaseCost, Protocol,
    Report, Revision, SCHEMA_VERSION, SerdeFrames, SerdeInstant, Settings, Toolchain,
};
use forc_perf::trends::{Seen, SeenEvent, Trends};
use serde_json::json;

/// So many nights there are.
pub const NIGHTS: u64 = 150;
/// The night at which what is new began.
pub const NEW: u64 = NIGHTS - 5;
/// Nights that the second machine has measured, too.
pub const SECOND: Range<u64> = 104..124;
/// The commit that both machines have measured once more, the first one on the day of [`REPEATED_ON`].
pub const REPEATED: u64 = 90;
pub const REPEATED_ON: u64 = 118;
/// Nights on which the machine had other things to do.
const BUSY: [u64; 3] = [27, 66, 133];
/// Frames were kept of so many of the last nights.
const WITH_FRAMES: u64 = 3;
/// Runs of each benchmark in a night; more in the last ones, as many as a verdict of two reports takes.
const fn runs(night: u64) -> usize {
    if night + 12 >= NIGHTS { 12 } else { 5 }
}
/// Time between two frames.
const INTERVAL: Duration = Duration::from_millis(10);

/// The first night, 2026-01-05 02:30 UTC.
pub const BEGIN: i64 = 1_767_580_200;
pub const DAY: i64 = 86_400;

pub const PARSE: &str = "parse the program to a concrete syntax tree (CST)";
pub const CHECK: &str = "parse the concrete syntax tree (CST) to a typed AST";
pub const AST: &str = "compile to ast";
pub const IR: &str = "compile ast to ir";
pub const ASM: &str = "compile ir to asm";
pub const BYTECODE: &str = "compile asm to bytecode";
pub const ABI: &str = "generate JSON ABI program";

/// The top-level phases and their shares of a package's time.
const PHASES: [(&str, f64); 5] = [(AST, 0.46), (IR, 0.18), (ASM, 0.27), (BYTECODE, 0.07), (ABI, 0.02)];
/// The share of [`AST`] that goes to parsing; the rest is checking.
const PARSING: f64 = 0.22;

/// A benchmark: its id, milliseconds, peak memory in MiB, bytecode in bytes, tags and what it loads.
pub struct Bench {
    pub id: &'static str,
    pub milliseconds: f64,
    pub memory: f64,
    pub bytecode: u64,
    pub tags: [&'static str; 2],
    pub about: &'static str,
}

const fn bench(
    id: &'static str,
    milliseconds: f64,
    memory: f64,
    bytecode: u64,
    tags: [&'static str; 2],
    about: &'static str,
) -> Bench {
    Bench { id, milliseconds, memory, bytecode, tags, about }
}

pub const BENCHMARKS: [Bench; 10] = [
    bench(
        "apps/exchange/debug",
        812.0,
        214.0,
        41_320,
        ["app", "contract"],
        "a constant-product exchange: two reserves, shares, fees, wide arithmetic",
    ),
    bench(
        "apps/governance/debug",
        640.0,
        187.0,
        33_864,
        ["app", "contract"],
        "a voting contract: proposals with phases, weighted and delegated votes",
    ),
    bench(
        "apps/multisig/debug",
        1490.0,
        342.0,
        88_704,
        ["app", "contract"],
        "the heaviest: a multi-signature wallet with nested storage maps",
    ),
    bench(
        "apps/order_book/debug",
        955.0,
        241.0,
        57_032,
        ["app", "contract"],
        "an order book: linked lists of price levels and orders in storage",
    ),
    bench(
        "apps/settlement/debug",
        478.0,
        156.0,
        21_480,
        ["app", "script"],
        "a script that nets a batch of trades: growable lists, sorting, decoding",
    ),
    bench(
        "apps/vesting/debug",
        366.0,
        142.0,
        15_264,
        ["app", "contract"],
        "a vesting schedule: pure arithmetic over time, and a contract around it",
    ),
    bench(
        "phases/generics/debug",
        705.0,
        268.0,
        1_024,
        ["phase", "types"],
        "type checking by generics: nested pairs, triples and tags",
    ),
    bench(
        "phases/matches/debug",
        590.0,
        233.0,
        1_536,
        ["phase", "types"],
        "type checking by deep matches: nested enums, tuples and structs",
    ),
    bench(
        "phases/registers/release",
        431.0,
        129.0,
        19_712,
        ["phase", "asm"],
        "register allocation: one long function with 40 values alive at once",
    ),
    bench(
        "small/script_std/debug",
        168.0,
        96.0,
        2_216,
        ["small", "script"],
        "what the own std costs a program that uses next to nothing of it",
    ),
];

/// The benchmark that fails in the last night, and the one that is missing from it.
pub const FAILED: &str = "apps/vesting/debug";
pub const MISSING: &str = "phases/matches/debug";

/// What a commit changes from its night on.
pub struct Change {
    pub night: u64,
    pub subject: &'static str,
    /// The benchmarks it changes, as places in [`BENCHMARKS`].
    pub of: &'static [usize],
    pub what: What,
}

pub enum What {
    /// Adds this share of a whole run to a phase.
    Time(&'static str, f64),
    /// Multiplies the peak memory.
    Memory(f64),
    /// Multiplies the size of the bytecode.
    Bytecode(f64),
}

/// The regression that somebody has acknowledged.
pub const ACKNOWLEDGED: u64 = 52;
/// The improvement.
pub const BETTER: u64 = 80;
/// The one that was meant.
pub const EXPECTED: u64 = 34;
/// The one that was taken back by the commit after.
pub const TAKEN_BACK: u64 = 64;
pub const TAKES_BACK: u64 = 74;
pub const MEMORY: u64 = 97;
pub const SIZE: u64 = 128;

pub const EVENTS: [Change; 8] = [
    Change {
        night: EXPECTED,
        subject: "Encode configurables with the new ABI codec",
        of: &[0, 3, 4],
        what: What::Time(BYTECODE, 0.08),
    },
    Change {
        night: ACKNOWLEDGED,
        subject: "Purify functions before they are lowered to IR",
        of: &[0, 1, 2, 3, 4, 5, 6, 8],
        what: What::Time(IR, 0.06),
    },
    Change {
        night: TAKEN_BACK,
        subject: "Split live ranges in the register allocator",
        of: &[2, 8, 9],
        what: What::Time(ASM, 0.09),
    },
    Change {
        night: TAKES_BACK,
        subject: "Revert \"Split live ranges in the register allocator\"",
        of: &[2, 8, 9],
        what: What::Time(ASM, -0.09),
    },
    Change {
        night: BETTER,
        subject: "Look names up by interned symbols",
        of: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        what: What::Time(AST, -0.11),
    },
    Change {
        night: MEMORY,
        subject: "Keep spans of all tokens for diagnostics",
        of: &[1, 3, 6, 7],
        what: What::Memory(1.11),
    },
    Change {
        night: SIZE,
        subject: "Fold constants across blocks of assembly",
        of: &[0, 2, 3, 8],
        what: What::Bytecode(0.962),
    },
    Change { night: NEW, subject: "Spill registers by their next use", of: &[0, 2, 3, 8], what: What::Time(ASM, 0.07) },
];

/// Subjects of commits that change nothing.
const SUBJECTS: [&str; 16] = [
    "Fix type inference of nested tuples in match arms",
    "Bump tokio from 1.43.0 to 1.44.2",
    "Improve the error of a missing trait bound",
    "Document storage namespaces",
    "LSP: complete fields of generic structs",
    "Do not warn of unused results in tests",
    "Check that configurables can be decoded at compile time",
    "forc-fmt: keep comments between attributes",
    "Remove the old encoding's flag from the tests",
    "CI: run the e2e tests in two shards",
    "Add `Iterator::fold` to the std",
    "Allow `#[cfg]` on impl items",
    "Report the span of the failing assertion",
    "forc-node: forward `--port`",
    "Refactor the namespace into lexical scopes",
    "Fix a panic on an empty enum",
];

/// Twelve bits of noise that is the same every time: about the normal distribution's, of this deviation.
fn noise(random: &mut fastrand::Rng, deviation: f64) -> f64 {
    (deviation * 1.414 * ((0..6).map(|_| random.f64()).sum::<f64>() - 3.0)).exp()
}

/// The id of a night's commit.
pub fn id(night: u64) -> String {
    let mut random = fastrand::Rng::with_seed(0x5eed + night);
    (0..40).map(|_| random.digit(16)).collect()
}

/// As pages call it.
pub fn short(night: u64) -> String {
    id(night)[..10].to_owned()
}

pub fn subject(night: u64) -> String {
    let number = 6900 + 3 * night;
    let own = EVENTS.iter().find(|event| event.night == night).map(|event| event.subject);
    let release = [(18, "0.70.0"), (71, "0.71.0"), (121, "0.72.0")].into_iter().find(|(at, _)| *at == night);
    match release {
        Some((_, version)) => format!("Bump to v{version} (#{number})"),
        None => format!("{} (#{number})", own.unwrap_or(SUBJECTS[(7 * night % 16) as usize])),
    }
}

fn version(night: u64) -> &'static str {
    match night {
        0..18 => "0.69.4",
        18..71 => "0.70.0",
        71..121 => "0.71.0",
        _ => "0.72.0",
    }
}

pub fn rfc3339(seconds: i64) -> String {
    // 2026 and its neighbours, by the days since 1970: no crate of dates is needed for that.
    let (days, rest) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let mut year = 1970;
    let mut left = days;
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    while left >= 365 + i64::from(is_leap(year)) {
        left -= 365 + i64::from(is_leap(year));
        year += 1;
    }
    let mut month = 0;
    let lengths = [31, 28 + i64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    while left >= lengths[month] {
        left -= lengths[month];
        month += 1;
    }
    format!("{year}-{:02}-{:02}T{:02}:{:02}:{:02}Z", month + 1, left + 1, rest / 3600, rest % 3600 / 60, rest % 60)
}

/// When a night was measured.
pub fn measured(night: u64) -> String {
    rfc3339(BEGIN + DAY * night as i64)
}

/// When its commit was made: in the afternoon before.
pub fn committed(night: u64) -> String {
    rfc3339(BEGIN + DAY * night as i64 - 36_000 + 977 * (night as i64 % 17))
}

pub fn provenance(night: u64) -> Provenance {
    let commit =
        CommitRef { id: id(night), time: Some(committed(night)), subject: subject(night), position: Some(night) };
    Provenance { commit: Some(commit), ..Provenance::default() }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    First,
    Second,
}

fn environment(machine: Machine) -> Environment {
    let (host, brand, processors, gib, arch) = match machine {
        Machine::First => ("nightly-1", "AMD EPYC 7763", 2, 24, "x86_64"),
        Machine::Second => ("nightly-2", "Ampere Altra", 4, 16, "aarch64"),
    };
    let cpu = |index| Cpu { name: format!("cpu{index}"), brand: brand.to_owned(), frequency_mhz: 2450 };
    Environment {
        host: Some(host.to_owned()),
        os: Some("Debian GNU/Linux 13".to_owned()),
        kernel: Some("6.12.9".to_owned()),
        arch: arch.to_owned(),
        cpus: (0..processors).map(cpu).collect(),
        physical_cores: Some(processors),
        governor: None,
        total_memory: gib << 30,
        available_memory: (gib - 2) << 30,
        load: None,
        virtual_machine: Some(true),
        checks: Vec::new(),
    }
}

fn toolchain(night: u64) -> Toolchain {
    let revision = Revision {
        repository: "https://github.com/FuelLabs/sway".to_owned(),
        name: "master".to_owned(),
        commit: id(night),
        tree: None,
        subject: subject(night),
        committed: Some(committed(night)),
        cargo_flags: Vec::new(),
        std: None,
    };
    Toolchain {
        version: version(night).to_owned(),
        path: PathBuf::from(format!("/cache/compilers/{}/forc", short(night))),
        sha256: format!("{}{}", id(night), &id(night)[..24]),
        is_script: false,
        origin: Origin::Revision(revision),
        capabilities: Capabilities { protocol: Protocol::Markers, metrics_file: true, release: true, tests: true },
        notes: Vec::new(),
    }
}

fn at(milliseconds: f64) -> SerdeInstant {
    SerdeInstant::from_epoch(Duration::from_secs_f64(milliseconds / 1e3))
}

/// How large a benchmark is on a night, without noise: the milliseconds of each top-level phase, and the rest.
struct Level {
    phases: Vec<(&'static str, f64)>,
    memory: f64,
    bytecode: u64,
}

fn level(night: u64, index: usize) -> Level {
    let bench = &BENCHMARKS[index];
    let mut level = Level {
        phases: PHASES.iter().map(|(phase, share)| (*phase, 0.96 * share * bench.milliseconds)).collect(),
        memory: bench.memory * 1_048_576.0,
        bytecode: bench.bytecode,
    };
    // What a benchmark is for takes most of it.
    let stressed = match bench.tags[1] {
        "types" => Some((AST, 1.7)),
        "asm" => Some((ASM, 2.0)),
        _ => None,
    };
    if let Some((phase, factor)) = stressed {
        level.phases.iter_mut().for_each(|(name, time)| *time *= if *name == phase { factor } else { 0.5 });
    }
    for change in EVENTS.iter().filter(|change| change.night <= night && change.of.contains(&index)) {
        match change.what {
            What::Time(phase, share) => {
                for (_, time) in level.phases.iter_mut().filter(|(name, _)| *name == phase) {
                    *time += share * bench.milliseconds;
                }
            }
            What::Memory(factor) => level.memory *= factor,
            What::Bytecode(factor) => level.bytecode = (level.bytecode as f64 * factor) as u64 / 8 * 8,
        }
    }
    level
}

/// One run. `slow` is how much longer all of it takes than on a quiet night of the first machine.
fn run(night: u64, index: usize, slow: f64, random: &mut fastrand::Rng) -> Benchmark {
    let bench = &BENCHMARKS[index];
    let level = level(night, index);
    let package = bench.id.split('/').nth(1).unwrap_or_default().to_owned();
    let whole = slow * noise(random, 0.006);
    let mut phases = Vec::new();
    // What forc does before it compiles anything.
    let mut now = 0.025 * bench.milliseconds * whole;
    let memory = level.memory * noise(random, 0.002);
    for (name, part) in [("std", 0.14), (package.as_str(), 0.86)] {
        for (phase, time) in &level.phases {
            let long = time * part * whole * noise(random, 0.01);
            let reached = (memory * (0.25 + 0.75 * (now + long) / (bench.milliseconds * whole)).min(1.0)) as u64;
            let mut push = |phase: &str, depth: u32, from: f64, long: f64| {
                phases.push(BenchmarkPhase {
                    wall_ns: None,
                    cpu_ns: None,
                    name: phase.to_owned(),
                    start_time: Some(at(from)),
                    end_time: Some(at(from + long)),
                    package: Some(name.to_owned()),
                    depth,
                    pass: 0,
                    cost: Some(PhaseCost {
                        cpu_time: Some(Duration::from_secs_f64(0.97 * long / 1e3)),
                        memory_start: Some(reached * 9 / 10),
                        memory_end: Some(reached),
                        memory_peak: Some(reached),
                        disk_written_bytes: Some(0),
                        disk_read_bytes: Some(0),
                        counters: None,
                    }),
                });
            };
            push(phase, 0, now, long);
            if *phase == AST {
                push(PARSE, 1, now, PARSING * long);
                push(CHECK, 1, now + PARSING * long, (1.0 - PARSING) * long);
            }
            // A marker takes its time.
            now += long + 0.2;
        }
    }
    let wall = now + 0.015 * bench.milliseconds * whole;
    let frames = if night + WITH_FRAMES >= NIGHTS { frames(wall, memory) } else { Vec::new() };
    let levels: f64 = level.phases.iter().map(|(_, time)| time).sum();
    let counters =
        EventCounts { instructions: Some((levels * 3.4e6 * noise(random, 0.0008)) as u64), ..EventCounts::default() };
    let cpu = 0.98 * wall * noise(random, 0.003);
    Benchmark {
        wall_ns: None,
        cpu_ns: None,
        name: bench.id.to_owned(),
        path: Path::new("/suite").join(bench.id),
        start_time: Some(at(0.0)),
        end_time: Some(at(wall)),
        phases,
        frames: SerdeFrames(frames),
        packages: vec![
            PackageOutput { package: Some("std".to_owned()), ..PackageOutput::default() },
            PackageOutput { package: Some(package), bytecode_size: Some(level.bytecode), ..PackageOutput::default() },
        ],
        exit: Some(Exit::Code(0)),
        accounting: Some(Accounting {
            user_time: Duration::from_secs_f64(0.93 * cpu / 1e3),
            system_time: Duration::from_secs_f64(0.07 * cpu / 1e3),
            peak_memory: Some(memory as u64),
            minor_faults: (memory / 4096.0) as u64,
            major_faults: 0,
            voluntary_switches: 12 + random.u64(0..6),
            involuntary_switches: 3 + random.u64(0..9),
            blocks_read: 0,
            blocks_written: 24,
        }),
        counters: Some(counters),
        protocol: Protocol::Markers,
        collector: CollectorCost::default(),
        surroundings: None,
        notes: Vec::new(),
    }
}

/// Memory grows to its peak, and one core is at work.
fn frames(wall: f64, memory: f64) -> Vec<BenchmarkFrame> {
    let step = INTERVAL.as_secs_f64() * 1e3;
    let frame = |number: usize| {
        let time = step * number as f64;
        let share = time / wall;
        BenchmarkFrame {
            timestamp: at(time),
            cpu_usage: if share < 0.05 { 60.0 } else { 99.0 },
            memory_usage: (memory * (0.2 + 0.8 * share.powf(0.7))) as u64,
            virtual_memory_usage: (2.5 * memory) as u64,
            disk_total_written_bytes: if share > 0.95 { 12_288 } else { 0 },
            disk_written_bytes: 0,
            disk_total_read_bytes: 0,
            disk_read_bytes: 0,
        }
    };
    (1..(wall / step) as usize).map(frame).collect()
}

/// The report of a commit, measured on the night `when`.
pub fn report(night: u64, when: u64, machine: Machine) -> Report {
    let mut random = fastrand::Rng::with_seed(1_000_003 * night + 17 * when + u64::from(machine == Machine::Second));
    // Nights differ from one another by more than their runs do.
    let weather = noise(&mut random, 0.004) * if BUSY.contains(&when) { 1.045 } else { 1.0 };
    let speed = if machine == Machine::Second { 1.31 } else { 1.0 };
    let benchmarks = BENCHMARKS.iter().enumerate().map(|(index, bench)| {
        let of_night = weather * speed * noise(&mut random, 0.004);
        let mut parts = bench.id.split('/').map(str::to_owned);
        let mut part = || parts.next().unwrap_or_default();
        let command = ["/cache/forc", "build", "--path", bench.id, "--offline"].map(str::to_owned).to_vec();
        let mut measured = Measured {
            id: bench.id.to_owned(),
            group: part(),
            project: part(),
            scenario: part(),
            description: Some(bench.about.to_owned()),
            tags: bench.tags.map(str::to_owned).to_vec(),
            program: None,
            command,
            runs: (0..runs(night)).map(|_| run(night, index, of_night, &mut random)).collect(),
            outputs: Vec::new(),
            failures: Vec::new(),
            warnings: Vec::new(),
            instructions: Vec::new(),
            metrics: Vec::new(),
            phases: Vec::new(),
            packages: Vec::new(),
        };
        figures::complete(&mut measured);
        measured
    });
    let benchmarks: Vec<Measured> = benchmarks.collect();
    let wall: Duration = benchmarks.iter().flat_map(|it| &it.runs).filter_map(Benchmark::wall).sum();
    // The second machine begins when the first one is done.
    let created = BEGIN + DAY * when as i64 + if machine == Machine::Second { 5400 } else { 0 };
    Report {
        schema_version: SCHEMA_VERSION,
        created: rfc3339(created),
        harness: Harness { name: "forc-perf".to_owned(), version: "0.1.0".to_owned() },
        environment: environment(machine),
        toolchain: toolchain(night),
        settings: Settings {
            suite: PathBuf::from("fixtures"),
            interval: INTERVAL,
            time_limit: Duration::from_secs(120),
            samples: Some(runs(night)),
            pinned: true,
            seed: night,
            std: None,
            counters: Some("instructions in user mode".to_owned()),
        },
        completion: Completion::Complete,
        measuring: Measuring { wall: wall.mul_f64(1.04), in_forc: wall, collector_cpu: wall.mul_f64(0.002) },
        benchmarks,
        skipped: Vec::new(),
    }
}

/// The last night's own troubles.
fn spoil(report: &mut Report) {
    report.benchmarks.retain(|measured| measured.id != MISSING);
    for measured in report.benchmarks.iter_mut().filter(|measured| measured.id == FAILED) {
        measured.runs.clear();
        figures::complete(measured);
        measured.failures.push(Failure {
            kind: FailureKind::Panic,
            message: "the compiler panicked: no register is left to spill".to_owned(),
            exit: Some(Exit::Code(101)),
            phase: Some(ASM.to_owned()),
            output: "thread 'main' panicked at sway-core/src/asm_generation/fuel/register_allocator.rs:412:\nno register is left to spill".to_owned(),
            run: None,
        });
    }
}

/// A night of the first machine.
fn of_night(night: u64, change: &mut impl FnMut(u64, &mut Record)) -> Record {
    let mut record = Record { report: report(night, night, Machine::First), provenance: provenance(night) };
    change(night, &mut record);
    record
}

/// A history of some nights in a file that is not there yet, each changed before it is recorded.
pub fn history(path: &Path, nights: Range<u64>, mut change: impl FnMut(u64, &mut Record)) -> History {
    let mut history = History::open(path).unwrap();
    history.record_all(nights.map(|night| of_night(night, &mut change))).unwrap();
    history
}

/// The whole of it, as it is the morning after the last night.
pub fn make(path: &Path) -> History {
    let mut history = history(path, 0..NIGHTS, |night, record| {
        if night + 1 == NIGHTS {
            spoil(&mut record.report);
        }
    });
    let second =
        SECOND.map(|night| Record { report: report(night, night, Machine::Second), provenance: provenance(night) });
    let again = [Machine::First, Machine::Second].map(|machine| {
        let mut report = report(REPEATED, REPEATED_ON, machine);
        report.created = rfc3339(BEGIN + DAY * REPEATED_ON as i64 + 36_000);
        Record { report, provenance: provenance(REPEATED) }
    });
    history.record_all(second.chain(again)).unwrap();
    note(&mut history, ACKNOWLEDGED, NoteKind::Acknowledged, "the pass is to be made lazy (#7093)");
    note(&mut history, EXPECTED, NoteKind::Expected, "the codec writes offsets now; smaller at run time");
    tell(&mut history);
    history
}

/// What somebody said of a night's commit two mornings later; as it comes from another history, with its own time.
fn note(history: &mut History, night: u64, kind: NoteKind, text: &str) {
    let time = rfc3339(BEGIN + DAY * (night as i64 + 2) + 21_600);
    let note = Note { id: 0, subject: id(night), kind, text: text.to_owned(), time };
    let lines = format!("{}\n{}\n", json!({ "forc-perf-history": EXPORT_VERSION }), json!({ "note": note }));
    history.import(&mut lines.as_bytes()).unwrap();
}

/// All that happened before [`NEW`] was told the night before, and all of it last night, at a time that is always the same.
fn tell(history: &mut History) {
    let trends = Trends::of(history).unwrap();
    let of = |event: &forc_perf::trends::Event| SeenEvent { key: event.key.clone(), worse: event.worse };
    let before = trends.events.iter().filter(|event| event.position < NEW as usize - 1).map(of).collect();
    let last = trends.events.iter().map(of).collect();
    let seen = Seen { announced: Some(rfc3339(BEGIN + DAY * (NIGHTS as i64 - 1) + 3600)), before, last };
    history.set_state("events-told", Some(&serde_json::to_string(&seen).unwrap())).unwrap();
}
