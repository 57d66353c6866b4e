//! The verdicts of the compare page are those of the command line: random pairs of reports, judged by both.
//!
//! The page's scripts run in a real browser, from the disk and under the page's own policy. Where there is no Chromium, on
//! `PATH` or named by FORC_PERF_CHROMIUM, the tests say that they are skipped.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use forc_perf::compare::{ReportsError, of_reports};
use forc_perf::dashboard::compare::{ASSETS, report_data, report_id, rules_data};
use forc_perf::dashboard::{self, Options};
use forc_perf::history::{CommitRef, History, Provenance, ReportFilter};
use forc_perf::model::{
    Accounting, Benchmark, BenchmarkPhase, CollectorCost, Completion, Cpu, DataSection, EventCounts, Failure,
    FailureKind, InstructionCount, Measured, OutputFile, PackageOutput, PhaseCost, PhaseInstructions, Protocol, Report,
    SerdeFrames, SerdeInstant,
};
use forc_perf::report::comparison::headline;
use forc_perf::trends::Trends;
use serde_json::{Value, json};

/// How many pairs of reports are judged.
const PAIRS: usize = 250;
/// How far two figures may lie apart, as a fraction.
const TOLERANCE: f64 = 1e-9;

/// The browser, if there is one.
fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("FORC_PERF_CHROMIUM") {
        return Some(named.into());
    }
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(|name| which::which(name).ok())
}

/// What the browser makes of a page, with what it has to say of it; `None` if there is no browser.
fn dom(page: &Path, hash: &str) -> Option<(String, String)> {
    let Some(chromium) = chromium() else {
        // Past the test runner, which keeps what a test that succeeds has printed.
        let _ = std::io::stderr()
            .write_all(b"SKIPPED: there is no Chromium; install one or name it by FORC_PERF_CHROMIUM\n");
        return None;
    };
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=60000", "--dump-dom"])
        .args(["--enable-logging=stderr", &format!("--user-data-dir={}", profile.path().display())])
        .arg(format!("file://{}{hash}", page.display()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Some((String::from_utf8(output.stdout).unwrap(), said))
}

/// What a page of these scripts leaves in its element `result`; `None` if there is no browser.
fn run(folder: &Path, scripts: &[&str]) -> Option<Value> {
    let scripts: String = scripts.iter().map(|script| format!("<script src=\"{script}\"></script>")).collect();
    let page = format!(
        "<!doctype html><meta charset=utf-8><meta http-equiv=Content-Security-Policy content=\"default-src 'none'; \
         script-src 'self'\"><pre id=result></pre>{scripts}"
    );
    let path = folder.join("run.html");
    fs::write(&path, page).unwrap();
    let (dom, said) = dom(&path, "")?;
    let result = dom.split_once("<pre id=\"result\">").and_then(|(_, rest)| rest.split_once("</pre>"));
    let Some((text, _)) = result.filter(|(text, _)| !text.is_empty()) else {
        panic!("the page came to nothing: {dom:.2000}\n{said}");
    };
    Some(serde_json::from_str(&unescaped(text)).unwrap_or_else(|error| panic!("{error}: {text:.500}")))
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\u{a0}").replace("&amp;", "&")
}

/// Draws reports.
struct Draw {
    random: fastrand::Rng,
}

impl Draw {
    fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.random.f64()).ln()).sqrt() * (std::f64::consts::TAU * self.random.f64()).cos()
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.random.f64() < probability
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.random.usize(..of.len())]
    }

    /// About `centre`, with this noise; coarse values, of which many are the same, where `grain` is large.
    fn value(&mut self, centre: f64, noise: f64, grain: u64) -> u64 {
        let value = (centre * (noise * self.normal()).exp()).max(0.0) as u64;
        value / grain * grain
    }
}

/// What a benchmark of both reports is like.
struct Kind {
    id: String,
    noise: f64,
    /// What the clock counts in.
    grain: u64,
    /// By metric, the other side over the base.
    ratios: [f64; 4],
    counts: [usize; 2],
    size: [u64; 2],
    size_varies: bool,
    fails: [bool; 2],
    phases: [Vec<(&'static str, u32, f64)>; 2],
    counted: bool,
    events: bool,
    zero_cpu: bool,
    lacks_memory: bool,
    lacks_phase: bool,
}

const OLD: [(&str, u32, f64); 5] = [
    ("compile to ast", 0, 0.4),
    ("parse the program to a concrete syntax tree (CST)", 1, 0.1),
    ("compile ast to asm", 0, 0.35),
    ("compile asm to bytecode", 0, 0.01),
    ("generate JSON ABI program", 0, 0.002),
];
const NEW: [(&str, u32, f64); 7] = [
    ("compile to ast", 0, 0.4),
    ("parse the program to a concrete syntax tree (CST)", 1, 0.1),
    ("compile ast to ir", 0, 0.25),
    ("compile ir to asm", 0, 0.1),
    ("compile asm to bytecode", 0, 0.01),
    ("compile to ast", 1, 0.2),
    ("<b>a phase & \u{2028}of its own</b>", 0, 0.05),
];

fn kind(draw: &mut Draw, index: usize, counts: [usize; 2]) -> Kind {
    let ratio = |draw: &mut Draw| match draw.random.u8(..8) {
        0 | 1 => 1.0,
        // Just what matters, or a little more or less.
        2 => 1.01,
        3 => 1.01 + 0.001 * draw.normal(),
        4 => 1.0 / 1.01,
        5 => 1.0 + 0.1 * draw.random.f64(),
        6 => 1.0 - 0.2 * draw.random.f64(),
        _ => 1.0 + 2.0 * draw.random.f64(),
    };
    let counts = if draw.chance(0.3) { [1 + draw.random.usize(..30), 1 + draw.random.usize(..30)] } else { counts };
    let size = draw.pick(&[0, 8, 104, 4096, 100_000]);
    let other_size = if draw.chance(0.5) { size } else { draw.pick(&[0, 8, 112, 4096, 100_200]) };
    let phases = |draw: &mut Draw| match draw.random.u8(..4) {
        0 => OLD.to_vec(),
        1 => Vec::new(),
        _ => NEW.to_vec(),
    };
    Kind {
        id: format!("group/project-{index}/debug"),
        noise: draw.pick(&[0.0, 1e-4, 0.002, 0.01, 0.05, 0.2]),
        grain: draw.pick(&[1, 1, 1, 1_000_000, 20_000_000]),
        ratios: std::array::from_fn(|_| ratio(draw)),
        counts: counts.map(|count| if draw.chance(0.03) { 0 } else { count }),
        size: [size, other_size],
        size_varies: draw.chance(0.1),
        fails: [draw.chance(0.05), draw.chance(0.05)],
        phases: [phases(draw), phases(draw)],
        counted: draw.chance(0.3),
        events: draw.chance(0.3),
        zero_cpu: draw.chance(0.1),
        lacks_memory: draw.chance(0.1),
        lacks_phase: draw.chance(0.1),
    }
}

fn nanoseconds(value: u64) -> Duration {
    Duration::from_nanos(value)
}

/// A run of a benchmark on a side.
fn benchmark(draw: &mut Draw, kind: &Kind, side: usize, number: usize) -> Benchmark {
    let [wall, cpu, memory, other] = kind.ratios.map(|ratio| if side == 0 { 1.0 } else { ratio });
    let total = draw.value(1.2e8 * wall, kind.noise, kind.grain);
    let start = SerdeInstant::from_epoch(nanoseconds(7));
    let counters = kind.events.then(|| EventCounts {
        instructions: Some(draw.value(3e8 * other, kind.noise / 10.0, 1)),
        page_faults: Some(draw.value(2.0 * other, 1.0, 1)),
        context_switches: Some(draw.value(0.8, 1.0, 1)),
        cpu_migrations: Some(0),
        ..EventCounts::default()
    });
    let mut at = nanoseconds(7);
    let mut phases = Vec::new();
    for (index, (name, depth, share)) in kind.phases[side].iter().enumerate() {
        if kind.lacks_phase && number == 1 && index == 1 {
            continue;
        }
        let length = draw.value(share * total as f64, kind.noise, kind.grain.min(1000));
        let cpu_time =
            (!(kind.zero_cpu && index == 0)).then(|| nanoseconds(draw.value(length as f64 * cpu, kind.noise, 1)));
        let from = SerdeInstant::from_epoch(at);
        let cost = PhaseCost { cpu_time, counters, ..PhaseCost::default() };
        phases.push(BenchmarkPhase {
            name: (*name).to_owned(),
            start_time: Some(from),
            end_time: Some(from.saturating_add(nanoseconds(length))),
            package: Some("p".to_owned()),
            depth: *depth,
            pass: 0,
            cost: Some(cost),
        });
        if *depth == 0 {
            at += nanoseconds(length);
        }
    }
    let cpu_time = if kind.zero_cpu { 0 } else { draw.value(1e8 * cpu, kind.noise, kind.grain) };
    let page = 4096;
    let accounting = Accounting {
        user_time: nanoseconds(cpu_time),
        system_time: Duration::ZERO,
        peak_memory: (!(kind.lacks_memory && number == 0)).then(|| draw.value(3e7 * memory, kind.noise / 5.0, page)),
        minor_faults: draw.value(1000.0 * other, kind.noise, 1),
        major_faults: 0,
        voluntary_switches: draw.value(1.5, 1.0, 1),
        involuntary_switches: 0,
        blocks_read: draw.value(0.7, 2.0, 1),
        blocks_written: 64,
    };
    let size = kind.size[side] + if kind.size_varies { draw.random.u64(..2) } else { 0 };
    let output = PackageOutput {
        package: Some("p".to_owned()),
        bytecode_size: Some(size),
        data_section: draw.chance(0.99).then_some(DataSection { size: 16, used: None, entries: None }),
        ..PackageOutput::default()
    };
    Benchmark {
        name: kind.id.clone(),
        path: "/p".into(),
        start_time: Some(start),
        end_time: Some(start.saturating_add(nanoseconds(total))),
        phases,
        frames: SerdeFrames::default(),
        packages: vec![output],
        exit: None,
        accounting: Some(accounting),
        counters,
        protocol: Protocol::Markers,
        collector: CollectorCost::default(),
        notes: Vec::new(),
    }
}

fn measured(draw: &mut Draw, kind: &Kind, side: usize) -> Measured {
    let hash = |draw: &mut Draw| if draw.chance(0.9) { "a".repeat(64) } else { "b".repeat(64) };
    let paths: &[&str] = if draw.chance(0.8) { &["out/p.bin", "out/p-abi.json"] } else { &["out/p.bin"] };
    let paths = if draw.chance(0.2) { &[] } else { paths };
    let outputs =
        paths.iter().map(|path| OutputFile { path: (*path).to_owned(), size: 1, sha256: hash(draw) }).collect();
    let failure = Failure {
        kind: FailureKind::Panic,
        message: "it panicked </script>".to_owned(),
        exit: None,
        phase: None,
        output: String::new(),
        run: None,
    };
    let ratio = if side == 0 { 1.0 } else { 1.0 + 0.01 * (kind.ratios[3] - 1.0) };
    let noise = draw.pick(&[0.0, 1e-6, 1e-4, 1e-3]);
    let counts = if kind.counted { 1 + draw.random.usize(..4) } else { 0 };
    let instructions = (0..counts)
        .map(|number| InstructionCount {
            tool: "callgrind".to_owned(),
            total: draw.value(1e9 * ratio, noise, 1),
            phases: kind.phases[side]
                .iter()
                .enumerate()
                .filter(|(index, _)| !(kind.lacks_phase && number == 1 && *index == 0))
                .map(|(_, (name, depth, share))| PhaseInstructions {
                    phase: (*name).to_owned(),
                    depth: *depth,
                    instructions: draw.value(1e9 * share * ratio, noise, 1),
                })
                .collect(),
            took: Duration::from_secs(1),
        })
        .collect();
    Measured {
        id: kind.id.clone(),
        group: "group".to_owned(),
        project: "project".to_owned(),
        scenario: "debug".to_owned(),
        description: None,
        tags: Vec::new(),
        command: Vec::new(),
        runs: (0..kind.counts[side]).map(|number| benchmark(draw, kind, side, number)).collect(),
        outputs,
        failures: if kind.fails[side] { vec![failure] } else { Vec::new() },
        instructions,
        metrics: Vec::new(),
        phases: Vec::new(),
        packages: Vec::new(),
    }
}

/// Two reports of several benchmarks.
fn reports(draw: &mut Draw, number: usize) -> [Report; 2] {
    // Of most pairs either side has as many runs of all.
    let counts = match number % 8 {
        0 => [1, 1],
        1 => [5, 5],
        2 => [10, 10],
        3 => [55, 51],
        4 => [30, 30],
        _ => [1 + draw.random.usize(..30), 1 + draw.random.usize(..30)],
    };
    let kinds: Vec<Kind> = (0..1 + draw.random.usize(..6)).map(|index| kind(draw, index, counts)).collect();
    [0, 1].map(|side| {
        let mut report: Report = serde_json::from_value(json!({
            "schema_version": 1, "created": "2026-11-23T06:14:00Z", "harness": {"name": "forc-perf", "version": "0.1.0"},
            "environment": {
                "host": "h", "os": null, "kernel": null, "arch": "x86_64", "cpus": [], "physical_cores": null, "governor": null,
                "total_memory": 0, "available_memory": 0, "load": null, "virtual_machine": null
            },
            "toolchain": {
                "version": "0.72.1", "path": "/forc", "sha256": format!("{side}"), "origin": "path",
                "capabilities": {"protocol": "markers", "metrics_file": true, "release": true, "tests": true}
            },
            "settings": {
                "suite": "fixtures", "interval": {"secs": 0, "nanos": 1}, "time_limit": {"secs": 0, "nanos": 1},
                "samples": null, "pinned": false, "seed": 1, "std": null
            },
            "completion": "complete",
            "measuring": {
                "wall": {"secs": 0, "nanos": 0}, "in_forc": {"secs": 0, "nanos": 0}, "collector_cpu": {"secs": 0, "nanos": 0}
            },
            "benchmarks": []
        }))
        .unwrap();
        let brand = if draw.chance(0.98) { "EPYC" } else { "Xeon " };
        report.environment.cpus = vec![Cpu { name: "0".into(), brand: brand.into(), frequency_mhz: 1 }; 2];
        report.settings.std = draw.pick(&[None, Some("/std")]).map(PathBuf::from);
        if draw.chance(0.05) {
            report.completion = Completion::Interrupted;
        }
        let all: Vec<Measured> = kinds.iter().map(|kind| measured(draw, kind, side)).collect();
        report.benchmarks = all.into_iter().filter(|_| !draw.chance(0.05)).collect();
        report
    })
}

/// Every place at which two values in JSON are not the same but for the last digits of numbers.
fn differences(path: &str, expected: &Value, found: &Value, all: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                let (a, b) = (a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null));
                differences(&format!("{path}.{key}"), a, b, all);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differences(&format!("{path}[{index}]"), a, b, all);
            }
        }
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            if (a - b).abs() > TOLERANCE * a.abs().max(b.abs()) {
                all.push(format!("{path}: {a} and in the browser {b}"));
            }
        }
        _ if expected == found => {}
        _ => all.push(format!("{path}: {expected} and in the browser {found}")),
    }
}

/// What of a comparison both tell, as JSON.
fn told(comparison: &forc_perf::model::Comparison) -> Value {
    let mut findings = serde_json::to_value(&comparison.findings[0]).unwrap();
    for benchmark in findings["benchmarks"].as_array_mut().unwrap() {
        for figure in benchmark["figures"].as_array_mut().unwrap() {
            let figure = figure.as_object_mut().unwrap();
            figure.entry("parts").or_insert_with(|| json!([]));
        }
        if let Some(failed) = benchmark["failed"].as_object_mut() {
            for side in failed.values_mut().filter(|side| !side.is_null()) {
                *side = json!({"kind": "panic", "message": side["message"], "phase": null});
            }
        }
    }
    let skipped: Vec<Value> =
        comparison.skipped.iter().map(|one| json!({"name": one.name, "reason": one.reason})).collect();
    let lines = headline(comparison);
    let lines: Vec<Value> = lines
        .lines
        .iter()
        .chain(&lines.facts)
        .filter(|line| line.label != "Next")
        .map(|line| json!({"label": line.label, "text": line.phrase.plain()}))
        .collect();
    json!({
        "benchmarks": findings["benchmarks"], "totals": findings["totals"], "skipped": skipped,
        "complete": comparison.completion == Completion::Complete, "lines": lines,
    })
}

const JUDGE: &str = r#"
"use strict";
const results = [];
for (let at = 0; at < pairs.length; at++) {
  const [base, other] = pairs[at];
  const result = forcPerf.judge.ofReports(base, other, forcPerf.given.rules, { names: ["base", "other"], force: at % 2 === 1 });
  if (result.refused) results.push({ refused: result.refused, why: result.why });
  else {
    const { lines, facts } = forcPerf.words.headline(result, forcPerf.given.rules);
    const plain = ({ label, phrase }) => ({ label, text: forcPerf.words.plain(phrase) });
    const told = [...lines, ...facts].filter((line) => line.label !== "Next").map(plain);
    const { benchmarks, totals, skipped, complete } = result;
    results.push({ benchmarks, totals, skipped, complete, lines: told });
  }
}
document.getElementById("result").textContent = JSON.stringify(results);
"#;

#[test]
fn the_browser_judges_as_the_command_line_does() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in ASSETS {
        fs::write(folder.path().join(name), content).unwrap();
    }
    fs::write(folder.path().join("rules.js"), rules_data()).unwrap();
    let mut draw = Draw { random: fastrand::Rng::with_seed(7) };
    let mut data = "const pairs = []; { const forcPerf = { report: (one) => pairs.push(one) };\n".to_owned();
    let mut expected = Vec::new();
    for number in 0..PAIRS {
        let reports = reports(&mut draw, number);
        for report in &reports {
            data += &report_data("r", report, &Provenance::default());
        }
        let names = ["base".to_owned(), "other".to_owned()];
        expected.push(match of_reports(reports, names, &BTreeMap::new(), number % 2 == 1) {
            Ok(comparison) => told(&comparison),
            Err(error @ ReportsError::Machine { .. }) => json!({"refused": "machine", "why": error.to_string()}),
            Err(error) => json!({"refused": "nothing", "why": error.to_string()}),
        });
    }
    data += "}\nfor (let at = 0; at < pairs.length; at++) pairs.splice(at, 2, [pairs[at], pairs[at + 1]]);\n";
    fs::write(folder.path().join("pairs.js"), data).unwrap();
    fs::write(folder.path().join("run.js"), JUDGE).unwrap();
    let Some(found) = run(folder.path(), &["data.js", "rules.js", "judge.js", "words.js", "pairs.js", "run.js"]) else {
        return;
    };
    let found = found.as_array().unwrap();
    assert_eq!(found.len(), PAIRS);
    let (mut verdicts, mut figures, mut all) = (BTreeMap::new(), 0, Vec::new());
    for (number, (expected, found)) in expected.iter().zip(found).enumerate() {
        if let Some(why) = expected["why"].as_str() {
            // The advice at its end is the command line's.
            assert!(why.starts_with(found["why"].as_str().unwrap_or("?")), "{number}: {why} and {found}");
            *verdicts.entry(expected["refused"].to_string()).or_insert(0) += 1;
            continue;
        }
        differences(&format!("{number}"), expected, found, &mut all);
        for benchmark in expected["benchmarks"].as_array().unwrap() {
            for figure in benchmark["figures"].as_array().unwrap() {
                *verdicts.entry(figure["verdict"].to_string()).or_insert(0) += 1;
                figures += 1;
            }
        }
    }
    assert!(all.is_empty(), "{} differences, the first: {:#?}", all.len(), &all[..all.len().min(20)]);
    // Nothing of it was trivial.
    eprintln!("{figures} figures of {PAIRS} pairs of reports: {verdicts:?}");
    for verdict in ["regressed", "improved", "equal", "undecided"] {
        assert!(verdicts[&format!("\"{verdict}\"")] > 300, "{verdicts:?}");
    }
}

/// A benchmark that would have power over a page.
const HOSTILE: &str = "<img src=x onerror=alert(1)>/</script>/debug";

/// Two reports of ten runs of two benchmarks, of which the one has become slower.
fn slower(draw: &mut Draw) -> [Report; 2] {
    let mut reports = loop {
        let reports = reports(draw, 2);
        let same = reports[0].environment.is_same_machine(&reports[1].environment);
        if same && reports.iter().all(|report| report.completion == Completion::Complete) {
            break reports;
        }
    };
    let plain = Kind {
        id: String::new(),
        noise: 0.002,
        grain: 1,
        ratios: [1.2, 1.2, 1.0, 1.0],
        counts: [12, 12],
        size: [104, 104],
        size_varies: false,
        fails: [false; 2],
        phases: [NEW.to_vec(), NEW.to_vec()],
        counted: false,
        events: false,
        zero_cpu: false,
        lacks_memory: false,
        lacks_phase: false,
    };
    let kinds = [HOSTILE, "group/other/debug"].map(|id| Kind {
        id: id.to_owned(),
        phases: plain.phases.clone(),
        ratios: if id == HOSTILE { plain.ratios } else { [1.0; 4] },
        ..plain
    });
    for (side, report) in reports.iter_mut().enumerate() {
        report.benchmarks = kinds.iter().map(|kind| measured(draw, kind, side)).collect();
        report.created = format!("2026-11-2{side}T06:14:00Z");
    }
    reports
}

fn write(history: &History, site: &Path) {
    dashboard::write(history, &Trends::of(history).unwrap(), site, &Options::default()).unwrap();
}

#[test]
fn the_page_shows_the_answer_and_names_have_no_power() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = History::open(&folder.path().join("history.sqlite")).unwrap();
    let mut draw = Draw { random: fastrand::Rng::with_seed(11) };
    for (side, report) in slower(&mut draw).iter().enumerate() {
        let commit = CommitRef {
            id: format!("{side}{}", "a1b2c3d4e".repeat(5))[..40].to_owned(),
            time: Some(report.created.clone()),
            subject: "<b onclick=alert(1)>a subject</b>".to_owned(),
            position: None,
        };
        history.record(report, &Provenance { commit: Some(commit), ..Provenance::default() }).unwrap();
    }
    let site = folder.path().join("site");
    write(&history, &site);
    let ids: Vec<String> = history.reports(&ReportFilter::default()).unwrap().iter().map(report_id).collect();
    let page = site.join("compare.html");
    let encoded: String = HOSTILE.bytes().map(|byte| format!("%{byte:02X}")).collect();
    // By a report's name, and by the begin of a commit.
    let hash = format!("#base={}&other=1a1b2c3&at={encoded}", ids[0]);
    let Some((dom, said)) = dom(&page, &hash) else { return };
    assert!(!said.contains("Content Security Policy") && !said.contains("Uncaught"), "{said}");
    assert!(dom.contains("1 regressed") && dom.contains("▲ regressed"), "{dom:.5000}");
    // Its section is open, with its figures.
    assert!(dom.contains("Threshold") && dom.contains("compile to ast"), "{dom:.5000}");
    assert!(unescaped(&dom).contains("forc-perf compare 0a1b2c3d4ea1 1a1b2c3d4ea1 --sway ../sway"), "{dom:.5000}");
    assert!(dom.contains("&lt;img src=x") && !dom.contains("<img") && !dom.contains("<b onclick"), "{dom:.5000}");
}

#[test]
fn without_data_the_page_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(&folder.path().join("history.sqlite")).unwrap();
    let site = folder.path().join("site");
    write(&history, &site);
    let page = site.join("compare.html");
    let Some((text, said)) = dom(&page, "") else { return };
    assert!(text.contains("The history holds no report yet") && !said.contains("Uncaught"), "{text}\n{said}");
    fs::remove_file(site.join("data/rules.js")).unwrap();
    let (text, said) = dom(&page, "").unwrap();
    assert!(text.contains("data/rules.js is missing") && !said.contains("Uncaught"), "{text}\n{said}");
}
