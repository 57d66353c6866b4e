//! Benchmarks for tests, with their runs, phases and frames.

use std::time::Duration;

use super::{MIB, MS, PHASES};
use crate::model::*;

/// One benchmark: `wall` in nanoseconds, `before` the packages that are compiled before its own.
pub(super) fn measured(
    id: &str,
    description: &str,
    wall: f64,
    shares: &[f64; 5],
    before: &[&str],
    runs: usize,
    random: &mut fastrand::Rng,
) -> Measured {
    let mut parts = id.split('/').map(str::to_owned);
    let mut part = || parts.next().unwrap_or_default();
    let (group, project, scenario) = (part(), part(), part());
    let runs: Vec<Benchmark> = (0..runs).map(|index| run(id, &project, wall, shares, before, index, random)).collect();
    let walls: Vec<f64> = runs.iter().map(|run| run.wall().unwrap().as_nanos() as f64).collect();
    let metric = |metric: Metric, values: Vec<f64>| MetricSummary {
        metric,
        unit: metric.unit(),
        direction: metric.direction(),
        estimate: estimate(values),
    };
    let account = |value: fn(&Accounting) -> f64| runs.iter().map(|run| value(&run.accounting.unwrap())).collect();
    let sizes: Vec<f64> = runs.iter().map(|run| run.packages[0].binary_size().unwrap() as f64).collect();
    let metrics = vec![
        metric(Metric::Wall, walls.clone()),
        metric(Metric::Cpu, account(|a| a.cpu_time().as_nanos() as f64)),
        metric(Metric::UserTime, account(|a| a.user_time.as_nanos() as f64)),
        metric(Metric::SystemTime, account(|a| a.system_time.as_nanos() as f64)),
        metric(Metric::PeakMemory, account(|a| a.peak_memory.unwrap() as f64)),
        metric(Metric::MinorFaults, account(|a| a.minor_faults as f64)),
        metric(Metric::ContextSwitches, account(|a| (a.voluntary_switches + a.involuntary_switches) as f64)),
        metric(Metric::BinarySize, sizes),
    ];
    let mut packages = Vec::new();
    for package in before.iter().copied().chain([project.as_str()]) {
        packages.extend(rows(&runs, &walls, Some(package)));
    }
    let total: f64 = packages.iter().filter(|row| row.depth == 0).map(|row| row.share).sum();
    packages.push(row(None, None, 0, walls.iter().map(|wall| wall * (1.0 - total).max(0.0)).collect(), &walls));
    Measured {
        id: id.into(),
        group,
        project,
        scenario: scenario.clone(),
        description: Some(description.into()),
        tags: vec!["offline".into(), if before.is_empty() { "no-std".into() } else { "std".into() }],
        command: ["forc", "build", "--path", "fixtures/with space", "--profile", "--offline"]
            .map(String::from)
            .to_vec(),
        phases: rows(&runs, &walls, None),
        packages,
        metrics,
        runs,
        ..Measured::default()
    }
}

/// The rows of one package, or of all of them.
fn rows(runs: &[Benchmark], walls: &[f64], package: Option<&str>) -> Vec<PhaseSummary> {
    let mut names: Vec<(String, u32)> = Vec::new();
    for phase in runs.iter().flat_map(|run| &run.phases) {
        if !names.contains(&(phase.name.clone(), phase.depth)) {
            names.push((phase.name.clone(), phase.depth));
        }
    }
    let sum = |run: &Benchmark, keep: &dyn Fn(&BenchmarkPhase) -> bool| -> f64 {
        let kept = run.phases.iter().filter(|phase| package.is_none() || phase.package.as_deref() == package);
        kept.filter(|phase| keep(phase)).map(|phase| phase.wall().unwrap().as_nanos() as f64).sum()
    };
    let mut rows: Vec<PhaseSummary> = Vec::new();
    for (name, depth) in &names {
        let values = runs.iter().map(|run| sum(run, &|phase| phase.name == *name)).collect();
        rows.push(row(Some(name.clone()), package, *depth, values, walls));
    }
    if package.is_none() {
        let outside = runs.iter().zip(walls).map(|(run, wall)| wall - sum(run, &|phase| phase.depth == 0)).collect();
        rows.push(row(None, None, 0, outside, walls));
    } else {
        rows.push(row(None, package, 0, walls.iter().map(|wall| wall * 0.001).collect(), walls));
    }
    rows
}

fn row(phase: Option<String>, package: Option<&str>, depth: u32, values: Vec<f64>, walls: &[f64]) -> PhaseSummary {
    let share = values.iter().zip(walls).map(|(value, wall)| value / wall).sum::<f64>() / walls.len() as f64;
    let wall = estimate(values.clone());
    PhaseSummary {
        phase,
        package: package.map(Into::into),
        depth,
        share,
        cpu: Some(estimate(values.iter().map(|value| value * 0.98).collect())),
        peak_memory: Some(estimate(values.iter().map(|value| 20.0 * MIB as f64 + value / 4.0).collect())),
        instructions: None,
        wall,
    }
}

fn estimate(mut values: Vec<f64>) -> Estimate {
    values.sort_by(f64::total_cmp);
    let at = |part: f64| values[((values.len() - 1) as f64 * part).round() as usize];
    Estimate {
        count: values.len(),
        median: at(0.5),
        low: at(0.38),
        high: at(0.62),
        confidence: 0.957,
        min: at(0.0),
        max: at(1.0),
        spread: (at(0.5) > 0.0).then(|| (at(0.75) - at(0.25)) / at(0.5)),
    }
}

fn run(
    id: &str,
    project: &str,
    wall: f64,
    shares: &[f64; 5],
    before: &[&str],
    index: usize,
    random: &mut fastrand::Rng,
) -> Benchmark {
    let origin = 1e9 + index as f64 * wall * 1.1;
    let at = |time: f64| SerdeInstant::from_epoch(Duration::from_nanos((origin + time).max(0.0) as u64));
    let mut noise = |size: f64| 1.0 + size * (random.f64() + random.f64() + random.f64() * random.f64() * 2.0 - 1.2);
    let mut phases = Vec::new();
    let mut time = wall * 0.02 * noise(0.4);
    // std is most of a build with dependencies; the rest shares what is left.
    let weights: Vec<f64> = if before.is_empty() {
        vec![1.0]
    } else {
        before.iter().enumerate().map(|(i, _)| if i == 0 { 0.6 } else { 0.12 }).chain([0.28]).collect()
    };
    let weight: f64 = weights.iter().sum();
    for (package, weight) in before.iter().copied().chain([project]).zip(weights.iter().map(|w| w / weight)) {
        for (name, share) in PHASES.iter().zip(shares) {
            let long = wall * share * weight * noise(if *share < 0.05 { 0.12 } else { 0.015 });
            let mut phase = |name: &str, from: f64, to: f64, depth| {
                phases.push(BenchmarkPhase {
                    name: name.into(),
                    start_time: Some(at(from)),
                    end_time: Some(at(to)),
                    package: Some(package.into()),
                    depth,
                    cost: Some(PhaseCost {
                        memory_start: Some((9.0 + 14.0 * from / wall) as u64 * MIB),
                        memory_end: Some((9.0 + 14.0 * to / wall) as u64 * MIB),
                        ..PhaseCost::default()
                    })
                    .filter(|_| wall < 20.0 * MS),
                    ..BenchmarkPhase::default()
                });
            };
            phase(name, time, time + long, 0);
            if *name == PHASES[0] {
                phase("parse the program to a concrete syntax tree (CST)", time, time + long * 0.21, 1);
                phase(
                    "parse the concrete syntax tree (CST) to a typed AST",
                    time + long * 0.215,
                    time + long * 0.99,
                    1,
                );
            }
            time += long + wall * 0.002;
        }
    }
    let end = time + wall * 0.012 * noise(0.4);
    let frames = frames(end, &at, random);
    let peak = frames.iter().map(|frame| frame.memory_usage).max().unwrap_or(20 * MIB);
    Benchmark {
        name: id.into(),
        path: "fixtures".into(),
        start_time: Some(at(0.0)),
        end_time: Some(at(end)),
        phases,
        packages: vec![PackageOutput {
            package: Some(project.into()),
            bytecode_size: Some(1_000 + (wall / 9e3) as u64),
            data_section: Some(DataSection { size: 240, used: Some(236), entries: Some(19) }),
            other: std::collections::BTreeMap::new(),
        }],
        exit: Some(Exit::Code(0)),
        accounting: Some(Accounting {
            user_time: Duration::from_nanos((end * 0.9) as u64),
            system_time: Duration::from_nanos((end * 0.08) as u64),
            peak_memory: Some(peak),
            minor_faults: (end / 5e4) as u64,
            major_faults: 0,
            voluntary_switches: 12,
            involuntary_switches: random.u64(0..6),
            blocks_read: 0,
            blocks_written: 64,
        }),
        protocol: Protocol::Markers,
        collector: CollectorCost {
            sampler: SamplerKind::Proc,
            cpu_time: Duration::from_nanos((end * 0.004) as u64),
            frames_due: frames.len() as u64,
            lateness_p99: Some(Duration::from_micros(80)),
            disk_readable: true,
        },
        frames: frames.into(),
        ..Benchmark::default()
    }
}

/// A frame every 10 ms, or every millisecond of the long run.
fn frames(end: f64, at: &dyn Fn(f64) -> SerdeInstant, random: &mut fastrand::Rng) -> Vec<BenchmarkFrame> {
    let step = if end > 4e9 { MS } else { 10.0 * MS };
    let mut written = 0;
    (1..=(end / step) as u64)
        .map(|index| {
            let part = index as f64 * step / end;
            let disk_written_bytes = if part > 0.9 && random.u8(0..4) == 0 { 16 * 1024 } else { 0 };
            written += disk_written_bytes;
            let memory =
                (8.0 + (end / 4e6).sqrt() * 12.0 * part.powf(0.7) * (1.0 - 0.25 * f64::from(part > 0.8))) * MIB as f64;
            BenchmarkFrame {
                timestamp: at(index as f64 * step),
                cpu_usage: 96.0 + 8.0 * random.f32() - if random.u8(0..25) == 0 { 45.0 * random.f32() } else { 0.0 },
                memory_usage: memory as u64,
                virtual_memory_usage: memory as u64 * 3,
                disk_total_written_bytes: written,
                disk_written_bytes,
                disk_total_read_bytes: 48 * 1024,
                disk_read_bytes: if index == 1 { 48 * 1024 } else { 0 },
            }
        })
        .collect()
}
