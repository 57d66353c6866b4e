//! Comparisons for tests.

use std::collections::BTreeMap;
use std::time::Duration;

pub use super::MS;
use super::{SPECS, around, failures, runs, skipped};
use crate::figures;
use crate::model::*;
use crate::verdict;

/// How each benchmark changes between the sides; in the order of the specifications.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Phases([f64; 5]),
    /// Too noisy for a verdict.
    Noisy,
    OtherOutput,
    FailedOnOther,
    FailedOnBoth,
    FailedOnBase,
    Unreached,
}

const SAME: [f64; 5] = [1.0; 5];
const KINDS: [Kind; 12] = [
    Kind::Phases([1.0, 1.0, 0.88, 1.0, 1.0]),
    Kind::Phases(SAME),
    Kind::Phases([1.07, 1.0, 1.0, 1.0, 1.0]),
    Kind::Phases([1.001, 1.0, 1.0, 1.0, 1.0]),
    Kind::OtherOutput,
    Kind::Phases([1.0, 1.24, 0.98, 1.0, 1.0]),
    Kind::Noisy,
    Kind::FailedOnOther,
    Kind::FailedOnBase,
    Kind::Phases([0.95, 1.0, 1.0, 1.0, 1.0]),
    Kind::FailedOnBoth,
    Kind::Phases([2.6, 1.1, 1.0, 1.0, 1.0]),
];

/// Benchmarks under two compilers, with everything that a comparison can find.
pub fn compared(benchmarks: usize) -> Comparison {
    sides(benchmarks, &[("0.71.2", 1.0, false), ("0.72.1", 1.0, false)])
}

/// Three compilers against a base, and the base once more as the control.
pub fn several() -> Comparison {
    sides(
        12,
        &[
            ("0.71.2", 1.0, false),
            ("0.72.1", 1.0, false),
            ("my-branch", 0.3, false),
            ("./forc-new", -0.5, false),
            ("0.71.2", 0.0, true),
        ],
    )
}

/// A comparison in which the base has one phase for two of the other side's, and each has a phase of its own.
pub fn split() -> Comparison {
    let mut comparison = compared(6);
    for measured in &mut comparison.sides[0].benchmarks {
        for run in &mut measured.runs {
            let ends: Vec<_> =
                run.phases.iter().filter(|p| p.name == "compile ir to asm").map(|p| p.end_time).collect();
            let whole = run.phases.iter_mut().filter(|phase| phase.name == "compile ast to ir");
            for (phase, end) in whole.zip(ends) {
                (phase.end_time, phase.name) = (end, "compile ast to asm".into());
            }
            run.phases.retain(|phase| phase.name != "compile ir to asm");
        }
    }
    for measured in comparison.sides[1].benchmarks.iter_mut().flat_map(|measured| &mut measured.runs) {
        let own = measured.phases.iter_mut().filter(|phase| phase.name == "generate JSON ABI program");
        own.for_each(|phase| phase.name = "write the ABI".into());
    }
    find(&mut comparison);
    comparison
}

/// A comparison in which nothing could be measured.
pub fn compared_nothing() -> Comparison {
    let mut comparison = compared(2);
    let failed: Vec<Failure> = failures(&comparison.sides[0].benchmarks[0])[..1].to_vec();
    for measured in comparison.sides.iter_mut().flat_map(|side| &mut side.benchmarks) {
        unbuilt(measured, failed.clone());
    }
    comparison.skipped = skipped();
    comparison.measuring = Measuring::default();
    find(&mut comparison);
    comparison
}

/// A comparison with hostile names and figures, as a file could contain.
pub fn compared_hostile() -> Comparison {
    let mut comparison = several();
    let long = "x".repeat(10_000);
    let names = [
        "<script>alert('x')</script>/\"&amp;/debug",
        "a\u{0}b\u{1b}[31mred\u{202E}/x\ny/debug",
        "مشروع/טוקן/תרחיש",
        "長い名前/日本語のプロジェクト/デバッグ",
        "``` | a | b |\n\n</details>@team #1 [x](http://y) **z**",
        long.as_str(),
        "=HYPERLINK(\"x\")/\"quoted\", comma/*debug?",
    ];
    for (index, name) in names.into_iter().enumerate() {
        for side in &mut comparison.sides {
            side.benchmarks[index].id = name.into();
            side.benchmarks[index].command.push(format!("it's {name}"));
            side.benchmarks[index].description = Some(name.into());
        }
        for findings in &mut comparison.findings {
            let one = &mut findings.benchmarks[index];
            one.id = name.into();
            one.output = OutputFinding::Different(vec![name.into(); 3]);
            for figure in one.figures.iter_mut().filter(|figure| figure.phase.is_some()).take(3) {
                figure.phase = Some(name.into());
                figure.parts = vec![name.into(), "b|c".into()];
            }
            let values = [f64::NAN, 0.0, f64::INFINITY, -1.0, 1e300, f64::MIN_POSITIVE, 1.0];
            for (at, figure) in one.figures.iter_mut().enumerate().filter(|(at, _)| at % 3 == 0) {
                let value = |more: usize| values[(at + index + more) % values.len()];
                (figure.base, figure.other, figure.ratio) = (value(0), value(1), value(2));
                (figure.low, figure.high) = (value(3), value(4));
                (figure.detectable, figure.p_value) = (Some(value(5)), Some(value(6)));
                (figure.threshold, figure.confidence, figure.more_runs) = (value(2), value(1), Some(usize::MAX));
            }
            one.unmatched =
                vec![UnmatchedPhase { phase: name.into(), depth: 0, gone: index % 2 == 0, wall: values[index] }];
            let mut failure = failures(&comparison.sides[0].benchmarks[0]).remove(0);
            failure.message = name.into();
            failure.output = format!("{name}\n````\n</details>\n{name}");
            if index == 6 {
                one.failed =
                    Some(FailedSides { base: Some(Box::new(failure.clone())), other: Some(Box::new(failure)) });
            }
        }
    }
    for (side, name) in comparison.sides.iter_mut().zip(names) {
        side.name = name.into();
        side.toolchain.version = name.into();
        side.toolchain.path = name.into();
    }
    comparison.environment.host = Some(names[0].into());
    comparison.created = names[0].into();
    comparison.harness.name = names[0].into();
    comparison.settings.suite = names[0].into();
    comparison.settings.std = StdChoice::Same(names[1].into());
    comparison.settings.looks = vec![Look { runs: usize::MAX, weight: f64::NAN }; 100];
    comparison.completion = Completion::Interrupted;
    comparison.skipped = names.map(|name| Skipped { name: name.into(), reason: name.into(), broken: true }).to_vec();
    comparison
}

/// A comparison around findings that a test has written: one list a side.
pub fn found(findings: Vec<Vec<BenchmarkFindings>>) -> Comparison {
    let names = ["0.71.2", "0.72.1", "my-branch"];
    let mut comparison = empty(&names.map(|name| (name, 0.0, false))[..=findings.len()]);
    let ids: Vec<String> = findings.iter().flatten().map(|one| one.id.clone()).collect();
    for side in &mut comparison.sides {
        let mut random = fastrand::Rng::with_seed(1);
        let own = ids.iter().take(findings.first().map_or(0, Vec::len)).map(|id| {
            let mut measured = runs::measured(id, "A sample.", 9.0 * MS, &SPECS[0].3, &[], 1, &mut random);
            measured.command = ["forc", "build", "--path", id].map(String::from).to_vec();
            measured
        });
        side.benchmarks = own.collect();
    }
    let side = |(index, benchmarks)| Findings { side: index + 1, benchmarks, totals: Vec::new() };
    comparison.findings = findings.into_iter().enumerate().map(side).collect();
    comparison
}

/// A benchmark of which a test has written the figures.
pub fn finding(id: &str, verdict: Verdict, figures: Vec<Figure>) -> BenchmarkFindings {
    BenchmarkFindings {
        id: id.into(),
        verdict: Some(verdict),
        failed: None,
        output: OutputFinding::Same,
        pairs: 20,
        figures,
        unmatched: Vec::new(),
    }
}

/// A benchmark that failed on the base, on the other side, or on both.
pub fn failed(id: &str, base: bool, other: bool) -> BenchmarkFindings {
    let failure = || {
        Box::new(Failure {
            kind: FailureKind::CompileError,
            message: "forc reported an error in the package `amm`.".into(),
            exit: Some(Exit::Code(1)),
            phase: None,
            output: "error: Could not find symbol \"transfr\" in this scope.\n\n  Aborting due to 1 error.".into(),
            run: None,
        })
    };
    BenchmarkFindings {
        verdict: None,
        failed: Some(FailedSides { base: base.then(failure), other: other.then(failure) }),
        output: OutputFinding::Unknown,
        pairs: 0,
        ..finding(id, Verdict::Equal, Vec::new())
    }
}

/// A figure of a whole run, its base in the metric's unit.
pub fn figure(metric: Metric, base: f64, (ratio, low, high): (f64, f64, f64), verdict: Verdict) -> Figure {
    let undecided = verdict == Verdict::Undecided;
    Figure {
        metric,
        phase: None,
        depth: 0,
        parts: Vec::new(),
        base,
        other: base * ratio,
        ratio,
        low,
        high,
        confidence: 0.99,
        threshold: 0.01,
        p_value: Some(0.001),
        verdict,
        basis: crate::model::Basis::Ranks,
        pairs: 20,
        detectable: Some(0.021),
        more_runs: undecided.then_some(24),
    }
}

/// A figure of a phase's wall time, in nanoseconds.
pub fn phase(name: &str, depth: u32, base: f64, other: f64) -> Figure {
    let ratio = other / base;
    let verdict = if ratio > 1.01 { Verdict::Regressed } else { Verdict::Equal };
    Figure {
        phase: Some(name.into()),
        depth,
        ..figure(Metric::Wall, base, (ratio, 0.99 * ratio, 1.01 * ratio), verdict)
    }
}

/// A benchmark that takes longer, most of it in a phase within a phase.
pub fn regressed() -> BenchmarkFindings {
    let figures = vec![
        figure(Metric::Wall, 61.0 * MS, (1.042, 1.031, 1.054), Verdict::Regressed),
        figure(Metric::Cpu, 60.0 * MS, (1.045, 1.034, 1.056), Verdict::Regressed),
        phase("compile to ast", 0, 40.0 * MS, 40.2 * MS),
        phase("compile ir to asm", 0, 18.0 * MS, 20.2 * MS),
        phase("allocate registers", 1, 9.0 * MS, 11.0 * MS),
    ];
    finding("ir/inlining/release", Verdict::Regressed, figures)
}

/// A benchmark that got faster.
pub fn improved() -> BenchmarkFindings {
    let wall = figure(Metric::Wall, 15.0 * MS, (0.95, 0.94, 0.96), Verdict::Improved);
    finding("backend/registers/debug", Verdict::Improved, vec![wall, phase("compile ir to asm", 0, 6.0 * MS, 5.2 * MS)])
}

/// A benchmark whose wall time is shown equal.
pub fn equal(id: &str) -> BenchmarkFindings {
    finding(id, Verdict::Equal, vec![figure(Metric::Wall, 100.0 * MS, (1.001, 0.996, 1.006), Verdict::Equal)])
}

/// A benchmark whose wall time is undecided.
pub fn undecided(id: &str) -> BenchmarkFindings {
    finding(id, Verdict::Undecided, vec![figure(Metric::Wall, 100.0 * MS, (1.003, 0.989, 1.018), Verdict::Undecided)])
}

/// All benchmarks of a side together.
pub fn total(metric: Metric, phase: Option<&str>, (ratio, low, high): (f64, f64, f64), verdict: Verdict) -> Total {
    Total {
        metric,
        phase: phase.map(str::to_owned),
        ratio,
        low: Some(low),
        high: Some(high),
        confidence: if verdict == Verdict::Undecided { 0.95 } else { 0.99 },
        threshold: 0.01,
        p_value: None,
        verdict,
        benchmarks: 2,
    }
}

/// A benchmark of which no more than a size can be compared.
pub fn only_size(ratio: f64, verdict: Verdict) -> BenchmarkFindings {
    let size = figure(Metric::BytecodeSize, 1024.0, (ratio, ratio, ratio), verdict);
    let figures = vec![Figure { p_value: None, confidence: 1.0, ..size }];
    let verdict = BenchmarkFindings::verdict_of(&figures);
    BenchmarkFindings { verdict, ..finding("s/s/debug", Verdict::Equal, figures) }
}

/// A benchmark whose peak memory got smaller, and whose wall time is undecided.
pub fn improved_in_part() -> BenchmarkFindings {
    let wall = figure(Metric::Wall, 100.0 * MS, (1.085, 0.882, 1.38), Verdict::Undecided);
    let memory = figure(Metric::PeakMemory, 1e8, (0.63, 0.62, 0.64), Verdict::Improved);
    finding("m/p/debug", Verdict::Improved, vec![wall, memory])
}

/// Two benchmarks that are undecided each, but not together.
pub fn regressed_together() -> Comparison {
    let mut comparison = found(vec![vec![undecided("a/b/debug"), undecided("c/d/debug")]]);
    comparison.findings[0].totals = vec![
        total(Metric::Wall, None, (1.032, 1.027, 1.037), Verdict::Regressed),
        total(Metric::Cpu, None, (1.004, 0.996, 1.012), Verdict::Undecided),
        total(Metric::PeakMemory, None, (0.59, 0.588, 0.592), Verdict::Improved),
        total(Metric::Wall, Some("compile ast to ir"), (1.041, 1.03, 1.052), Verdict::Regressed),
    ];
    comparison
}

/// Every benchmark on every side: `strength` says how much of the changes a side has.
fn sides(benchmarks: usize, sides: &[(&str, f64, bool)]) -> Comparison {
    let mut comparison = empty(sides);
    for (number, (side, (_, strength, control))) in comparison.sides.iter_mut().zip(sides).enumerate() {
        let mut random = fastrand::Rng::with_seed(100 + number as u64);
        for index in 0..benchmarks {
            let (id, description, wall, shares, packages) = SPECS[index % SPECS.len()];
            let round = index / SPECS.len();
            let id = if round == 0 { id.to_owned() } else { id.replacen('/', &format!("-{round}/"), 1) };
            let wall = if round > 0 { wall.min(300.0) } else { wall };
            let kind = if *control { Kind::Phases(SAME) } else { KINDS[index % KINDS.len()] };
            let factors = match kind {
                Kind::Phases(factors) if number > 0 => factors.map(|factor| 1.0 + strength * (factor - 1.0)),
                _ => SAME,
            };
            let grown: f64 =
                1.0 + shares.iter().zip(factors).map(|(share, factor)| share * (factor - 1.0)).sum::<f64>();
            let mut own = shares;
            own.iter_mut().zip(factors).for_each(|(share, factor)| *share *= factor / grown);
            let blocks = if kind == Kind::Noisy { 5 } else { (3000.0 / wall).clamp(12.0, 40.0) as usize };
            let blocks = if round > 0 { 12 } else { blocks };
            let mut measured = runs::measured(&id, description, wall * grown * MS, &own, packages, blocks, &mut random);
            measured.outputs = vec![OutputFile {
                path: "out/debug/sample.bin".into(),
                size: 4_096,
                sha256: if kind == Kind::OtherOutput { format!("{number:064}") } else { "0".repeat(64) },
            }];
            let failed = match kind {
                Kind::FailedOnOther => number == 1,
                Kind::FailedOnBoth => number <= 1,
                Kind::FailedOnBase => number == 0,
                _ => false,
            };
            if failed {
                let failures = failures(&measured)[usize::from(index % 2 == 0)..][..1].to_vec();
                unbuilt(&mut measured, failures);
            }
            if kind == Kind::Unreached {
                unbuilt(&mut measured, Vec::new());
            }
            side.benchmarks.push(measured);
        }
    }
    find(&mut comparison);
    comparison
}

fn unbuilt(measured: &mut Measured, failures: Vec<Failure>) {
    measured.failures = failures;
    measured.runs.clear();
    measured.metrics.clear();
    measured.phases.clear();
    measured.packages.clear();
    measured.outputs.clear();
}

fn empty(sides: &[(&str, f64, bool)]) -> Comparison {
    let report = around(Vec::new());
    let side = |(index, (name, _, control)): (usize, &(&str, f64, bool))| Side {
        name: (*name).into(),
        toolchain: Toolchain {
            version: (*name).into(),
            path: format!("/home/user/.cache/forc-perf/toolchains/{name}/bin/forc").into(),
            sha256: format!("{:064x}", if *control { 1 } else { index + 1 }),
            is_script: false,
            origin: if index < 2 { Origin::Release((*name).into()) } else { Origin::Path },
            ..report.toolchain.clone()
        },
        std: None,
        control: *control,
        benchmarks: Vec::new(),
    };
    Comparison {
        comparison_version: COMPARISON_SCHEMA_VERSION,
        created: report.created.clone(),
        harness: report.harness.clone(),
        environment: report.environment.clone(),
        settings: CompareSettings {
            suite: "fixtures".into(),
            interval: Duration::from_millis(10),
            time_limit: Duration::from_secs(300),
            pinned: true,
            schedule: Schedule::Turns,
            schedule_note: None,
            seed: 42,
            std: StdChoice::Own,
            machines: None,
            interleaved: true,
            budget: Some(Duration::from_secs(600)),
            min_runs: 5,
            max_runs: 40,
            looks: [(5, 0.1), (10, 0.2), (20, 0.3), (40, 0.4)].map(|(runs, weight)| Look { runs, weight }).to_vec(),
            false_change_rate: 0.05,
            false_equality_rate: 0.05,
            thresholds: BTreeMap::from([(Metric::Wall, 0.01), (Metric::Cpu, 0.01), (Metric::PeakMemory, 0.02)]),
            instruction_runs: None,
            counters: None,
            command: Vec::new(),
        },
        completion: Completion::Complete,
        measuring: Measuring {
            wall: Duration::from_secs(581),
            in_forc: Duration::from_secs(566),
            collector_cpu: Duration::from_secs(2),
        },
        sides: sides.iter().enumerate().map(side).collect(),
        findings: Vec::new(),
        skipped: Vec::new(),
    }
}

/// Fills in the findings from the runs, by a simple judge.
fn find(comparison: &mut Comparison) {
    let base = &comparison.sides[0].benchmarks;
    let findings = comparison.sides.iter().enumerate().skip(1).map(|(index, side)| {
        let benchmarks: Vec<BenchmarkFindings> =
            base.iter().zip(&side.benchmarks).map(|(base, other)| benchmark(base, other)).collect();
        let walls: Vec<f64> =
            benchmarks.iter().filter_map(|one| one.figure(Metric::Wall)).map(|wall| wall.ratio.ln()).collect();
        let mean = (walls.iter().sum::<f64>() / walls.len().max(1) as f64).exp();
        let total = Total {
            metric: Metric::Wall,
            phase: None,
            ratio: mean,
            low: Some(mean * 0.996),
            high: Some(mean * 1.004),
            confidence: 0.95,
            threshold: 0.01,
            p_value: None,
            verdict: Verdict::Undecided,
            benchmarks: walls.len(),
        };
        Findings { side: index, benchmarks, totals: if walls.is_empty() { Vec::new() } else { vec![total] } }
    });
    comparison.findings = findings.collect();
}

fn benchmark(base: &Measured, other: &Measured) -> BenchmarkFindings {
    let failure = |measured: &Measured| measured.failures.first().cloned().map(Box::new);
    let sides = FailedSides { base: failure(base), other: failure(other) };
    let failed = (sides.base.is_some() || sides.other.is_some()).then_some(sides);
    let mut figures = Vec::new();
    for metric in [Metric::Wall, Metric::Cpu, Metric::PeakMemory, Metric::BinarySize] {
        let values =
            |measured: &Measured| measured.runs.iter().filter_map(|run| figures::of_run(run, metric)).collect();
        figures.extend(compare(metric, None, 0, &[], values(base), values(other)));
    }
    let rows = |measured: &Measured| measured.runs.iter().filter_map(figures::attribute).collect::<Vec<_>>();
    let (base_rows, other_rows) = (rows(base), rows(other));
    let names = |rows: &[Vec<figures::AttributionRow>]| -> Vec<(String, u32)> {
        let keys = rows.first().into_iter().flatten().filter_map(|row| Some((row.key.phase.clone()?, row.key.depth)));
        keys.collect()
    };
    let values = |rows: &[Vec<figures::AttributionRow>], names: &[String]| -> Vec<f64> {
        let sum = |run: &Vec<figures::AttributionRow>| {
            let named = run.iter().filter(|row| row.key.phase.as_ref().is_some_and(|phase| names.contains(phase)));
            named.map(|row| row.cost.wall).sum()
        };
        rows.iter().map(sum).collect()
    };
    let mut unmatched = Vec::new();
    let theirs = names(&other_rows);
    let known = names(&base_rows);
    for (name, depth) in &known {
        let parts: Vec<String> = match name.as_str() {
            "compile ast to asm" => ["compile ast to ir", "compile ir to asm"].map(String::from).to_vec(),
            _ => Vec::new(),
        };
        let of_other = if parts.is_empty() { vec![name.clone()] } else { parts.clone() };
        let (own, other) = (values(&base_rows, std::slice::from_ref(name)), values(&other_rows, &of_other));
        if parts.is_empty() && !theirs.iter().any(|(their, _)| their == name) {
            if !other_rows.is_empty() {
                unmatched.push(UnmatchedPhase { phase: name.clone(), depth: *depth, gone: true, wall: median(own) });
            }
        } else {
            figures.extend(compare(Metric::Wall, Some(name), *depth, &parts, own, other));
        }
    }
    for (name, depth) in theirs {
        let part = known.iter().any(|(known, _)| known == "compile ast to asm") && name.starts_with("compile ");
        if !known.is_empty() && !part && !known.iter().any(|(known, _)| *known == name) {
            let wall = median(values(&other_rows, std::slice::from_ref(&name)));
            unmatched.push(UnmatchedPhase { phase: name, depth, gone: false, wall });
        }
    }
    let verdict = BenchmarkFindings::verdict_of(&figures);
    let output = match (base.outputs.first(), other.outputs.first()) {
        (Some(base), Some(other)) if base == other => OutputFinding::Same,
        (Some(base), Some(_)) => OutputFinding::Different(vec![base.path.clone(), "out/debug/sample-abi.json".into()]),
        _ => OutputFinding::Unknown,
    };
    let pairs = base.runs.len().min(other.runs.len());
    BenchmarkFindings { id: base.id.clone(), verdict, failed, output, pairs, figures, unmatched }
}

fn compare(
    metric: Metric,
    phase: Option<&str>,
    depth: u32,
    parts: &[String],
    base: Vec<f64>,
    other: Vec<f64>,
) -> Option<Figure> {
    if base.is_empty() || other.is_empty() {
        return None;
    }
    let pairs = base.len().min(other.len());
    let logs: Vec<f64> = base.iter().zip(&other).map(|(base, other)| (other / base).ln()).collect();
    let mean = logs.iter().sum::<f64>() / pairs as f64;
    let deviation = (logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / pairs as f64).sqrt();
    let half = 2.6 * deviation / (pairs as f64).sqrt() * if pairs < 10 { 3.0 } else { 1.0 };
    let exact = deviation < 1e-9;
    let ratio = median(logs).exp();
    let (low, high) = (ratio * (-half).exp(), ratio * half.exp());
    let threshold = if metric == Metric::PeakMemory { 0.02 } else { 0.01 };
    let verdict = match () {
        () if low > 1.0 && ratio > 1.0 + threshold => Verdict::Regressed,
        () if high < 1.0 && ratio < 1.0 - threshold => Verdict::Improved,
        () if low > 1.0 - threshold && high < 1.0 + threshold => Verdict::Equal,
        () => Verdict::Undecided,
    };
    Some(Figure {
        metric,
        phase: phase.map(Into::into),
        depth,
        parts: parts.to_vec(),
        base: median(base),
        other: median(other),
        ratio,
        low,
        high,
        confidence: if exact { 1.0 } else { 0.99 },
        threshold,
        p_value: (!exact).then_some(0.002),
        verdict,
        basis: if exact { crate::model::Basis::Exact } else { crate::model::Basis::Ranks },
        pairs,
        detectable: (!exact).then_some(1.3 * half),
        more_runs: (verdict == Verdict::Undecided).then_some(pairs * 3),
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[middle],
        _ => values[middle - 1].midpoint(values[middle]),
    }
}

/// The phases of [`recorded`] reports.
pub const RECORDED_PHASES: [&str; 3] = ["compile to ast", "compile ast to ir", "compile ir to asm"];

/// A report as the compiler's public record has them: of each run is known how long every phase took and how large the
/// bytecode is, and no more. A benchmark with these times in milliseconds of each run.
pub fn recorded(runs: &[[f64; 3]], names: [&str; 3]) -> Report {
    let run = |walls: &[f64; 3]| {
        let mut clock = Duration::ZERO;
        let phases = names.iter().zip(walls).map(|(name, wall)| {
            let start = clock;
            clock += Duration::from_secs_f64(wall / 1e3);
            super::build::phase("p", name, 0, start, clock)
        });
        let phases = phases.collect();
        let packages = vec![PackageOutput { bytecode_size: Some(1000), ..PackageOutput::default() }];
        Benchmark { phases, packages, ..Benchmark::default() }
    };
    let mut report = super::report(0);
    report.benchmarks = vec![super::build::benchmark("g/p/debug", runs.iter().map(run).collect())];
    report
}

/// Two of them of different compilers, compared.
pub fn of_recorded(base: Report, mut other: Report) -> Comparison {
    other.toolchain.sha256 = "another compiler's".to_owned();
    verdict::of_reports([base, other], ["a".into(), "b".into()], &BTreeMap::new(), false).unwrap()
}

/// A side of 24 runs of each benchmark, as a report has them, every instant of a run stretched by `pace`.
pub fn side(name: &str, pace: f64) -> Side {
    let report = super::report(6);
    let mut benchmarks = report.benchmarks;
    for benchmark in &mut benchmarks {
        benchmark.runs =
            benchmark.runs.iter().cycle().take(if benchmark.runs.is_empty() { 0 } else { 24 }).cloned().collect();
    }
    for run in benchmarks.iter_mut().flat_map(|benchmark| &mut benchmark.runs) {
        let Some(start) = run.start_time else { continue };
        let stretch = |at: &mut Option<SerdeInstant>| {
            if let Some(at) = at {
                let since = at.since_epoch().saturating_sub(start.since_epoch());
                *at = SerdeInstant::from_epoch(start.since_epoch() + since.mul_f64(pace));
            }
        };
        stretch(&mut run.end_time);
        for phase in &mut run.phases {
            stretch(&mut phase.start_time);
            stretch(&mut phase.end_time);
        }
    }
    // Another name or another pace is another binary.
    let sha256 = format!("{:032x}{:032x}", u128::from(pace.to_bits()), name.bytes().map(u128::from).sum::<u128>());
    let toolchain = Toolchain { sha256, ..report.toolchain };
    Side { name: name.to_owned(), toolchain, std: None, control: false, benchmarks }
}
