//! Reports for tests: made up, but like real ones, and the same every time.

pub mod build;
pub mod compare;

mod runs;

use std::time::Duration;

use self::runs::measured;
use crate::model::*;

/// A millisecond in nanoseconds.
pub const MS: f64 = 1e6;
const MIB: u64 = 1 << 20;

/// Name, what it loads, wall time in milliseconds, shares of the phases, dependencies before it.
type Spec = (&'static str, &'static str, f64, [f64; 5], &'static [&'static str]);

const SPECS: [Spec; 12] = [
    (
        "backend/register-pressure/debug",
        "One long function with many live values.",
        15.2,
        [0.32, 0.18, 0.39, 0.03, 0.02],
        &[],
    ),
    (
        "exchange/order-book/release",
        "An order book with nested loops over storage.",
        142.0,
        [0.48, 0.31, 0.15, 0.01, 0.02],
        &["std"],
    ),
    ("types/deep-generics/debug", "Generic types nested eight deep.", 96.4, [0.87, 0.05, 0.04, 0.01, 0.01], &["std"]),
    (
        "sway/std-only/debug",
        "The public standard library, typed once.",
        5123.0,
        [0.953, 0.02, 0.01, 0.001, 0.001],
        &["std"],
    ),
    (
        "contracts/multisig-wallet/debug --tests",
        "A wallet with three owners.",
        210.7,
        [0.55, 0.2, 0.15, 0.02, 0.02],
        &["std", "sha-lib"],
    ),
    ("ir/inlining/release", "Small functions called everywhere.", 61.0, [0.2, 0.62, 0.12, 0.01, 0.01], &[]),
    ("data/large-tables/debug", "Constant tables for the data section.", 33.9, [0.25, 0.12, 0.2, 0.01, 0.36], &[]),
    (
        "abi/four-hundred-methods/debug",
        "A contract with very many ABI methods.",
        480.3,
        [0.5, 0.15, 0.12, 0.2, 0.01],
        &["std"],
    ),
    ("parse/comments-and-literals/debug", "A file of 20,000 lines.", 75.0, [0.9, 0.03, 0.02, 0.01, 0.01], &[]),
    (
        "workspace/amm/debug",
        "Four members over a shared library.",
        688.0,
        [0.66, 0.14, 0.1, 0.02, 0.02],
        &["std", "math-lib", "token-lib", "pool-lib"],
    ),
    ("predicates/merkle-proof/release", "A Merkle proof of depth 32.", 27.3, [0.41, 0.33, 0.16, 0.02, 0.02], &[]),
    (
        "target-projects/sway-applications-automated-market-maker-contract/release --tests",
        "A real one.",
        1460.0,
        [0.71, 0.12, 0.1, 0.01, 0.02],
        &["std", "libraries"],
    ),
];

const PHASES: [&str; 5] = [
    "compile to ast",
    "compile ast to ir",
    "compile ir to asm",
    "generate JSON ABI program",
    "compile asm to bytecode",
];

/// A report of successful benchmarks.
pub fn report(benchmarks: usize) -> Report {
    let mut random = fastrand::Rng::with_seed(7);
    let specs = (0..benchmarks).map(|index| {
        let (id, description, wall, shares, packages) = SPECS[index % SPECS.len()];
        let round = index / SPECS.len();
        let id = if round == 0 { id.to_owned() } else { id.replacen('/', &format!("-{round}/"), 1) };
        // The heaviest one has thousands of frames, once.
        let wall = if round > 0 { wall.min(900.0) * (0.6 + 0.2 * round as f64).min(2.0) } else { wall };
        let runs = (3000.0 / wall).clamp(6.0, 40.0) as usize;
        measured(&id, description, wall * MS, &shares, packages, runs, &mut random)
    });
    let mut benchmarks: Vec<Measured> = specs.collect();
    benchmarks.sort_by(|a, b| a.id.cmp(&b.id));
    around(benchmarks)
}

/// A report with everything that can go wrong in names and figures.
pub fn hostile() -> Report {
    let mut report = report(4);
    let names = [
        "<script>alert('x')</script>/\"&amp;/debug",
        "a\u{0}b\u{1b}[31mred\u{202E}/x\ny/debug",
        "مشروع/טוקן/תרחיש",
        "長い名前/日本語のプロジェクト/デバッグ",
    ];
    for (benchmark, name) in report.benchmarks.iter_mut().zip(names) {
        benchmark.id = name.into();
        benchmark.description = Some(format!("{name} \u{7}"));
        benchmark.tags = vec![name.into(), String::new()];
        benchmark.command = vec!["forc".into(), "build".into(), "--path".into(), format!("/tmp/it's {name}")];
        benchmark.runs.iter_mut().for_each(|run| run.name = name.into());
    }
    let long = "x".repeat(10_000);
    let first = &mut report.benchmarks[0];
    for (index, row) in first.phases.iter_mut().enumerate() {
        row.share = [f64::NAN, 0.4, f64::INFINITY, -2.0, 0.9][index % 5];
        row.wall.median = [f64::NAN, 1e6, f64::INFINITY, 0.0, 1e300][index % 5];
    }
    for (index, phase) in first.runs.iter_mut().flat_map(|run| &mut run.phases).enumerate() {
        phase.name = format!("phase number {} <b>", index % 17);
    }
    let second = &mut report.benchmarks[1];
    for run in &mut second.runs {
        run.end_time = run.start_time;
        run.phases.iter_mut().for_each(|phase| phase.end_time = None);
        run.frames.iter_mut().for_each(|frame| frame.cpu_usage = f32::NAN);
    }
    second.metrics.clear();
    second.phases[0].phase = Some(long.clone());
    let third = &mut report.benchmarks[2];
    third.runs[0].phases.iter_mut().for_each(|phase| (phase.depth, phase.name) = (phase.depth * 40, long.clone()));
    third.runs[0].phases[1].end_time = third.runs[0].phases[1].start_time;
    third.runs.iter_mut().for_each(|run| run.collector.disk_readable = false);
    let mut same = report.benchmarks[3].clone();
    same.id = long;
    same.runs.clear();
    same.metrics.clear();
    same.phases.clear();
    same.packages.clear();
    same.failures = failures(&report.benchmarks[3]);
    report.benchmarks.push(same);
    report.completion = Completion::Interrupted;
    report.skipped = skipped();
    report
}

/// A report with failures: most benchmarks measured, some failed, some skipped.
pub fn troubled() -> Report {
    let mut report = report(12);
    let broken = &mut report.benchmarks[5];
    broken.failures = failures(broken);
    broken.runs.clear();
    broken.metrics.clear();
    broken.phases.clear();
    broken.packages.clear();
    report.benchmarks[2].failures = failures(&report.benchmarks[2])[1..].to_vec();
    report.skipped = skipped();
    report
}

/// A report in which every benchmark failed.
pub fn nothing() -> Report {
    let mut report = report(2);
    for measured in &mut report.benchmarks {
        measured.failures = failures(measured)[..1].to_vec();
        measured.runs.clear();
        measured.metrics.clear();
        measured.phases.clear();
        measured.packages.clear();
    }
    report.measuring = Measuring::default();
    report.skipped = skipped();
    report
}

fn failures(measured: &Measured) -> Vec<Failure> {
    let mut run = measured.runs[0].clone();
    run.phases.truncate(4);
    if let Some(phase) = run.phases.last_mut() {
        phase.end_time = None;
    }
    let output = "error: Could not find symbol \"transfr\" in this scope.\n  --> src/main.sw:41:9\n   |\n41 |     transfr(to, <amount>);\n   |     ^^^^^^^\n____\n\n  Aborting due to 1 error.";
    vec![
        Failure {
            kind: FailureKind::CompileError,
            message: "forc reported an error in the package `amm`.".into(),
            exit: Some(Exit::Code(1)),
            phase: Some("compile to ast".into()),
            output: output.into(),
            run: Some(Box::new(run)),
        },
        Failure {
            kind: FailureKind::Panic,
            message: "forc panicked in the phase `compile ir to asm`.".into(),
            exit: Some(Exit::Code(101)),
            phase: Some("compile ir to asm".into()),
            output: "thread 'main' panicked at 'internal error: entered unreachable code'".into(),
            run: None,
        },
    ]
}

fn skipped() -> Vec<Skipped> {
    vec![
        Skipped {
            name: "target-projects/sway-libs/debug".into(),
            reason: "it needs the network, and there is none".into(),
            broken: false,
        },
        Skipped {
            name: "fixtures/<broken>".into(),
            reason: "Forc.toml: expected `=` after a key at line 3".into(),
            broken: true,
        },
    ]
}

fn around(benchmarks: Vec<Measured>) -> Report {
    let in_forc: Duration = benchmarks.iter().flat_map(|measured| &measured.runs).filter_map(Benchmark::wall).sum();
    let cpu = Cpu { name: "cpu0".into(), brand: "Intel(R) Xeon(R) Processor @ 2.60GHz".into(), frequency_mhz: 2600 };
    Report {
        schema_version: SCHEMA_VERSION,
        created: "2026-11-23T06:14:18Z".into(),
        harness: Harness { name: "forc-perf".into(), version: "0.1.0".into() },
        environment: Environment {
            host: Some("bench-1".into()),
            os: Some("Debian GNU/Linux 12".into()),
            kernel: Some("6.1.0".into()),
            arch: "x86_64".into(),
            cpus: vec![cpu.clone(), Cpu { name: "cpu1".into(), ..cpu }],
            physical_cores: Some(2),
            governor: None,
            total_memory: 8 << 30,
            available_memory: 6 << 30,
            load: Some(LoadAverage { one: 0.42, five: 0.3, fifteen: 0.1 }),
            virtual_machine: Some(true),
            checks: Vec::new(),
        },
        toolchain: Toolchain {
            version: "0.72.1".into(),
            path: "/home/user/.cache/forc-perf/toolchains/0.72.1/bin/forc".into(),
            sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
            is_script: false,
            origin: Origin::Release("0.72.1".into()),
            capabilities: Capabilities { protocol: Protocol::Markers, metrics_file: true, release: true, tests: true },
            notes: Vec::new(),
        },
        settings: Settings {
            suite: "fixtures".into(),
            interval: Duration::from_millis(10),
            time_limit: Duration::from_secs(300),
            samples: None,
            pinned: true,
            seed: 42,
            std: None,
            counters: None,
        },
        completion: Completion::Complete,
        measuring: Measuring { wall: in_forc.mul_f64(1.021), in_forc, collector_cpu: in_forc.mul_f64(0.004) },
        benchmarks,
        skipped: Vec::new(),
    }
}
