use std::collections::BTreeMap;

use super::*;
use crate::model::{BenchmarkFindings, Metric};
use crate::model::{Completion, Origin, OutputFinding, Revision, Total, UnmatchedPhase, Verdict};
use crate::testing::compare::{self, failed, figure, finding, found, phase};
use crate::verdict::{breakdown, rows};
use crate::words::{Line, Tone, headline};

const MS: f64 = 1e6;

/// What the formats say of a sample, kept where the variable `FORC_PERF_PICTURES` says, if it does.
fn keep(name: &str, text: &str) {
    if let Some(folder) = std::env::var_os("FORC_PERF_PICTURES") {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(std::path::Path::new(&folder).join(name), text).unwrap();
    }
}

fn samples() -> [(&'static str, Comparison); 5] {
    [
        ("two", compare::compared(12)),
        ("several", compare::several()),
        ("split", compare::split()),
        ("nothing", compare::compared_nothing()),
        ("hostile", compare::compared_hostile()),
    ]
}

fn regressed() -> BenchmarkFindings {
    let figures = vec![
        figure(Metric::Wall, 61.0 * MS, (1.042, 1.031, 1.054), Verdict::Regressed),
        figure(Metric::Cpu, 60.0 * MS, (1.045, 1.034, 1.056), Verdict::Regressed),
        phase("compile to ast", 0, 40.0 * MS, 40.2 * MS),
        phase("compile ir to asm", 0, 18.0 * MS, 20.2 * MS),
        phase("allocate registers", 1, 9.0 * MS, 11.0 * MS),
    ];
    finding("ir/inlining/release", Verdict::Regressed, figures)
}

fn improved() -> BenchmarkFindings {
    let wall = figure(Metric::Wall, 15.0 * MS, (0.95, 0.94, 0.96), Verdict::Improved);
    finding("backend/registers/debug", Verdict::Improved, vec![wall, phase("compile ir to asm", 0, 6.0 * MS, 5.2 * MS)])
}

fn equal(id: &str) -> BenchmarkFindings {
    finding(id, Verdict::Equal, vec![figure(Metric::Wall, 100.0 * MS, (1.001, 0.996, 1.006), Verdict::Equal)])
}

fn undecided(id: &str) -> BenchmarkFindings {
    finding(id, Verdict::Undecided, vec![figure(Metric::Wall, 100.0 * MS, (1.003, 0.989, 1.018), Verdict::Undecided)])
}

/// The lines with their labels.
fn told(lines: &[Line]) -> Vec<String> {
    lines.iter().map(|line| format!("{}: {}", line.label, line.phrase.plain())).collect()
}

fn lines(comparison: &Comparison) -> Vec<String> {
    told(&headline(comparison).lines)
}

fn facts(comparison: &Comparison) -> Vec<String> {
    told(&headline(comparison).facts)
}

#[test]
fn five_lines_of_a_regression() {
    let comparison = found(vec![vec![equal("a/b/debug"), improved(), regressed(), undecided("c/d/debug")]]);
    assert_eq!(
        lines(&comparison),
        [
            "Verdict: 0.72.1 against 0.71.2 on 4 benchmarks (5 figures): 1 regressed, 1 improved, 1 equal, 1 undecided",
            "Worst: ir/inlining/release: wall +4.2 % [+3.1, +5.4] (99 %), 61.0 ms → 63.6 ms; same output",
            "Phase: compile ir to asm carries 86 % of it (+2.20 ms), most of that in allocate registers (91 %)",
            "Also: best backend/registers/debug wall −5.0 % [−6.0, −4.0] (99 %)",
            "Next: see where it comes from: forc-perf show --all --format html > comparison.html",
        ]
    );
}

#[test]
fn five_lines_with_failures_and_other_output() {
    let mut other = regressed();
    other.output = OutputFinding::Different(vec!["out/release/inlining.bin".into()]);
    let broken = [failed("x/y/debug", false, true), failed("x/z/debug", true, false)];
    let comparison = found(vec![[vec![other], broken.to_vec()].concat()]);
    assert_eq!(
        lines(&comparison),
        [
            "Verdict: 0.72.1 against 0.71.2 on 3 benchmarks (2 figures): 2 failed to build, 1 regressed, 0 improved, 0 equal",
            "Worst: ir/inlining/release: wall +4.2 % [+3.1, +5.4] (99 %), 61.0 ms → 63.6 ms; different output",
            "Phase: compile ir to asm carries 86 % of it (+2.20 ms), most of that in allocate registers (91 %)",
            "Also: x/y/debug failed to build with 0.72.1; x/z/debug failed to build on the base alone; \
             different output of 1 benchmark (ir/inlining/release)",
            "Next: see the build fail: forc build --path x/y/debug",
        ]
    );
    // A failure has no ratio anywhere.
    let text = terminal(&comparison, true, None);
    let row = text.lines().find(|line| line.contains("✗ failed")).unwrap();
    assert!(row.contains("compile error with 0.72.1") && !row.contains("wall"), "{row}");
}

#[test]
fn five_lines_of_equality() {
    let mut comparison = found(vec![vec![equal("a/b/debug"), equal("c/d/debug")]]);
    comparison.findings[0].totals = vec![Total {
        metric: Metric::Wall,
        phase: None,
        ratio: 1.001,
        low: Some(0.998),
        high: Some(1.004),
        confidence: 0.95,
        threshold: 0.01,
        p_value: Some(0.4),
        verdict: Verdict::Equal,
        benchmarks: 2,
    }];
    assert_eq!(
        lines(&comparison),
        [
            "Verdict: 0.72.1 against 0.71.2 on 2 benchmarks (2 figures): \
             all 2 together: wall +0.1 % [−0.2, +0.4] (95 %) equal; 0 regressed, 0 improved, 2 equal",
            "Worst: none: nothing that was measured changed by what would matter (wall 1.0 %)",
            "Phase: none, as no change was shown",
            "Also: every build succeeded, and all outputs are the same",
            "Next: nothing to look into; to keep it so in CI: forc-perf compare 0.71.2 0.72.1 --fail-on regression",
        ]
    );
}

#[test]
fn five_lines_of_what_cannot_be_told() {
    let comparison = found(vec![vec![equal("a/b/debug"), undecided("c/d/debug --tests")]]);
    assert_eq!(
        lines(&comparison),
        [
            "Verdict: 0.72.1 against 0.71.2 on 2 benchmarks (2 figures): 0 regressed, 0 improved, 1 equal, 1 undecided",
            "Worst: nothing regressed for certain; undecided is c/d/debug --tests: wall +0.3 % [−1.1, +1.8] (99 % so far), \
             100 ms → 100 ms; would have shown 2.1 %; about 24 more blocks decide",
            "Phase: none, as no change was shown",
            "Also: every build succeeded, and all outputs are the same",
            "Next: measure for about 9.69 s: \
             forc-perf compare 0.71.2 0.72.1 --select 'c/d/debug --tests' --budget 1m --max-runs 44",
        ]
    );
    assert_eq!(
        facts(&comparison)[0],
        "Budget: the blocks had 10 min 0 s together, which was not enough for every verdict of 1 benchmark"
    );
    // Where no number of blocks would do, instructions may.
    let mut noisy = undecided("c/d/debug");
    noisy.figures[0].more_runs = None;
    let next = lines(&found(vec![vec![noisy]])).pop().unwrap();
    assert!(
        next.ends_with("count instructions instead: forc-perf compare 0.71.2 0.72.1 --select c/d/debug --instructions"),
        "{next}"
    );
}

#[test]
fn an_improvement_does_not_hide_what_is_undecided_beside_it() {
    let wall = figure(Metric::Wall, 100.0 * MS, (1.085, 0.882, 1.38), Verdict::Undecided);
    let memory = figure(Metric::PeakMemory, 1e8, (0.63, 0.62, 0.64), Verdict::Improved);
    let part = || finding("m/p/debug", Verdict::Improved, vec![wall.clone(), memory.clone()]);
    let comparison = found(vec![vec![part(), improved()]]);
    let told = lines(&comparison);
    assert!(told[0].contains("2 improved (1 with undecided figures), 0 equal"), "{}", told[0]);
    assert!(
        told[1].starts_with("Worst: nothing regressed for certain; best is m/p/debug: peak memory −37.0 %")
            && told[1].contains("; wall undecided, −11.8 to +38.0 % so far (99 %)"),
        "{}",
        told[1]
    );
    assert!(told[4].starts_with("Next: measure for") && told[4].contains("--select m/p/debug"), "{}", told[4]);
    assert!(facts(&comparison)[0].ends_with("not enough for every verdict of 1 benchmark"), "{:?}", facts(&comparison));
    assert!(headline(&comparison).lines[0].tone == Tone::Warning);
    for text in [strip_ansi_escapes::strip_str(terminal(&comparison, false, None)), markdown(&comparison)] {
        assert!(text.contains("improved (1 of 2 figures; wall undecided)"), "{text}");
    }
    assert!(markdown(&comparison).contains("### forc-perf: improved, some undecided\n"));

    // The same where the output differs, which is told first.
    let mut other = part();
    other.output = OutputFinding::Different(vec!["out/debug/p.bin".into()]);
    let comparison = found(vec![vec![other]]);
    assert!(
        strip_ansi_escapes::strip_str(terminal(&comparison, false, None))
            .contains("other output (2 figures; peak memory improved; wall undecided)")
    );
    assert!(facts(&comparison)[0].starts_with("Budget:"), "{:?}", facts(&comparison));

    // What has regressed is not measured further, whatever else is undecided.
    let mut worse = part();
    worse.verdict = Some(Verdict::Regressed);
    worse.figures[1].verdict = Verdict::Regressed;
    let comparison = found(vec![vec![worse]]);
    assert!(!facts(&comparison)[0].starts_with("Budget:"), "{:?}", facts(&comparison));
    let text = strip_ansi_escapes::strip_str(terminal(&comparison, false, None));
    assert!(text.contains("▲ regressed (1 of 2 figures)"), "{text}");
}

/// All of a side together.
fn all_of(metric: Metric, phase: Option<&str>, (ratio, low, high): (f64, f64, f64), verdict: Verdict) -> Total {
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

#[test]
fn a_single_benchmark_is_told_figure_by_figure() {
    let wall = figure(Metric::Wall, 6000.0 * MS, (0.801, 0.73, 0.88), Verdict::Undecided);
    let memory = figure(Metric::PeakMemory, 1.2e9, (0.59, 0.588, 0.592), Verdict::Improved);
    let size = figure(Metric::BytecodeSize, 1e4, (1.0, 1.0, 1.0), Verdict::Equal);
    let comparison = found(vec![vec![finding("apps/amm/release", Verdict::Improved, vec![wall, memory, size])]]);
    assert_eq!(
        lines(&comparison)[..2],
        [
            "Verdict: 0.72.1 against 0.71.2 on 1 benchmark (3 figures): peak memory −41.0 % [−41.2, −40.8] (99 %) improved, \
             wall undecided, −27.0 to −12.0 % so far (99 %); 0 regressed, 1 improved (with undecided figures), 0 equal",
            "Worst: nothing regressed for certain; best is apps/amm/release: peak memory −41.0 % [−41.2, −40.8] (99 %), \
             1.12 GiB → 675 MiB; wall undecided, −27.0 to −12.0 % so far (99 %); same output",
        ]
    );
}

#[test]
fn the_suite_as_a_whole_has_the_first_word() {
    let mut comparison = found(vec![vec![undecided("a/b/debug"), undecided("c/d/debug")]]);
    comparison.findings[0].totals = vec![
        all_of(Metric::Wall, None, (1.032, 1.027, 1.037), Verdict::Regressed),
        all_of(Metric::Cpu, None, (1.004, 0.996, 1.012), Verdict::Undecided),
        all_of(Metric::PeakMemory, None, (0.59, 0.588, 0.592), Verdict::Improved),
        all_of(Metric::Wall, Some("compile ast to ir"), (1.041, 1.03, 1.052), Verdict::Regressed),
    ];
    assert_eq!(
        lines(&comparison)[..3],
        [
            "Verdict: 0.72.1 against 0.71.2 on 2 benchmarks (2 figures): \
             all 2 together: wall +3.2 % [+2.7, +3.7] (99 %) regressed, peak memory −41.0 % [−41.2, −40.8] (99 %) improved, \
             cpu undecided, −0.4 to +1.2 % so far (95 %); 0 regressed, 0 improved, 0 equal, 2 undecided",
            "Worst: no benchmark by itself, but all of them together regressed; undecided is a/b/debug: \
             wall +0.3 % [−1.1, +1.8] (99 % so far), 100 ms → 100 ms; would have shown 2.1 %; about 24 more blocks decide",
            "Phase: compile ast to ir of all together: wall +4.1 % [+3.0, +5.2] (99 %) regressed",
        ]
    );
    assert_eq!(headline(&comparison).lines[0].tone, Tone::Bad);
    let text = markdown(&comparison);
    assert!(text.contains("### forc-perf: regressed together, improved together, some undecided\n"), "{text}");
    let row = "| `compile ast to ir` | wall | +4.1 % [+3.0, +5.2] (99 %) | regressed | 2 |";
    assert!(text.contains(row) && text.contains("the middle of the blocks’ ratios"), "{text}");
    let text = strip_ansi_escapes::strip_str(terminal(&comparison, true, None));
    let row = "compile ast to ir: wall +4.1 % [+3.0, +5.2] (99 %) regressed, 2 benchmarks";
    assert!(
        text.contains(row) && text.contains("whole run: cpu +0.4 % [−0.4, +1.2] (95 % so far) undecided"),
        "{text}"
    );
    assert!(html(&comparison).contains("All benchmarks together"));
}

#[test]
fn what_improved_in_one_figure_and_regressed_in_another_counts_as_both() {
    let mut mixed = regressed();
    mixed.figures.push(figure(Metric::PeakMemory, 1e8, (0.59, 0.588, 0.592), Verdict::Improved));
    let comparison = found(vec![vec![mixed, improved()]]);
    assert_eq!(
        lines(&comparison)[0],
        "Verdict: 0.72.1 against 0.71.2 on 2 benchmarks (4 figures): 1 regressed, 2 improved (1 also regressed), 0 equal"
    );
    let text = strip_ansi_escapes::strip_str(terminal(&comparison, false, None));
    assert!(text.contains("▲ regressed (2 of 3 figures; peak memory improved)"), "{text}");
    assert!(text.contains("verdicts: 4 figures: by ranks, 20 blocks"), "{text}");
}

/// A benchmark of which no more than a size can be compared.
fn only_sizes(ratio: f64, verdict: Verdict) -> BenchmarkFindings {
    let size = figure(Metric::BytecodeSize, 1024.0, (ratio, ratio, ratio), verdict);
    let figures = vec![crate::model::Figure { p_value: None, confidence: 1.0, ..size }];
    let verdict = BenchmarkFindings::verdict_of(&figures);
    BenchmarkFindings { verdict, ..finding("s/s/debug", Verdict::Equal, figures) }
}

#[test]
fn equality_of_a_size_alone_is_no_equality() {
    let alone = found(vec![vec![only_sizes(1.0, Verdict::Equal)]]);
    assert!(!headline(&alone).measured);
    assert_eq!(
        lines(&alone)[..2],
        [
            "Verdict: Nothing can be compared of 0.71.2 and 0.72.1: no time, memory or instructions of 1 benchmark on both \
             sides, whatever their sizes are",
            "Worst: nothing can be said of any change, and above all not that there was none",
        ]
    );
    assert!(markdown(&alone).contains("### forc-perf: nothing can be compared\n"));
    assert!(html(&alone).contains("<h2>Nothing can be compared</h2>"));
    let beside = found(vec![vec![only_sizes(1.0, Verdict::Equal), equal("a/b/debug")]]);
    assert_eq!(
        lines(&beside)[0],
        "Verdict: 0.72.1 against 0.71.2 on 2 benchmarks (2 figures): 0 regressed, 0 improved, 1 equal, 1 not compared"
    );
    let text = strip_ansi_escapes::strip_str(terminal(&beside, false, None));
    assert!(text.contains("– not compared (same size)") && text.contains("same size, nothing else compared"), "{text}");
    assert!(text.contains("= equal (1 figure)"), "{text}");
    // A size that changed is a change.
    let grown = found(vec![vec![only_sizes(1.125, Verdict::Regressed)]]);
    assert_eq!(
        lines(&grown)[0],
        "Verdict: 0.72.1 against 0.71.2 on 1 benchmark (1 figure): bytecode size +12.5 % (exact) regressed; \
         1 regressed, 0 improved, 0 equal"
    );
}

#[test]
fn counted_events_are_told() {
    let faults = |id: &str, ratio: f64, verdict| {
        let wall = figure(Metric::Wall, 100.0 * MS, (1.0, 0.999, 1.001), Verdict::Equal);
        let faults = figure(Metric::MinorFaults, 1000.0, (ratio, ratio * 0.99, ratio * 1.01), verdict);
        finding(id, Verdict::Equal, vec![wall, faults])
    };
    let comparison =
        found(vec![vec![faults("a/b/debug", 1.5, Verdict::Regressed), faults("c/d/debug", 1.0, Verdict::Equal)]]);
    let told = facts(&comparison);
    let events = told.iter().find(|fact| fact.starts_with("Events:")).unwrap();
    assert_eq!(
        events,
        "Events: 1 of 2 figures of faults, switches and migrations changed, which decide nothing: \
         a/b/debug minor faults +50.0 % [+48.5, +51.5] (99 %)"
    );
    assert!(terminal(&comparison, false, None).contains("minor faults"));
    assert!(lines(&comparison)[0].ends_with("0 regressed, 0 improved, 2 equal"));
    assert!(!facts(&found(vec![vec![equal("a/b/debug")]])).iter().any(|fact| fact.starts_with("Events:")));
}

#[test]
fn many_undecided_benchmarks_are_measured_with_all_others() {
    let next = |count: usize| {
        let mut all: Vec<BenchmarkFindings> = (0..count).map(|index| undecided(&format!("u/{index}/debug"))).collect();
        all.push(equal("e/e/debug"));
        lines(&found(vec![all])).pop().unwrap()
    };
    assert!(
        next(2).contains("19.4 s") && next(2).contains("0.72.1 --select u/0/debug --select u/1/debug --budget 1m"),
        "{}",
        next(2)
    );
    // 7 times 44 blocks and 20 of what is decided, 0.22 s each.
    assert!(next(7).contains("1 min 12 s") && next(7).contains("0.72.1 --budget 2m --max-runs 44"), "{}", next(7));
}

#[test]
fn a_size_has_no_phase_to_blame() {
    let size = figure(Metric::BytecodeSize, 1024.0, (1.5, 1.5, 1.5), Verdict::Regressed);
    let mut one = regressed();
    one.figures[0].verdict = Verdict::Equal;
    one.figures[1].verdict = Verdict::Equal;
    one.figures.push(size);
    assert_eq!(lines(&found(vec![vec![one]]))[2], "Phase: none: bytecode size is a figure of the whole run alone");
}

#[test]
fn five_lines_of_nothing() {
    let comparison = found(vec![vec![failed("x/y/debug", true, true)]]);
    assert_eq!(
        lines(&comparison),
        [
            "Verdict: Nothing was measured of 0.71.2 and 0.72.1",
            "Worst: nothing can be said of any change, and above all not that there was none",
            "Phase: nothing can be said of any phase",
            "Also: x/y/debug failed to build on both sides",
            "Next: see the build fail: forc build --path x/y/debug",
        ]
    );
    let mut empty = found(vec![Vec::new()]);
    empty.completion = Completion::Interrupted;
    assert_eq!(lines(&empty)[0], "Verdict: Nothing was measured of 0.71.2 and 0.72.1; it was interrupted");
    assert_eq!(
        lines(&empty)[3..],
        ["Also: no benchmark was selected, or none was reached", "Next: see what there is to measure: forc-perf list"]
    );
    for text in [terminal(&comparison, true, None), markdown(&comparison)] {
        assert!(
            text.contains("Nothing was measured") && !text.contains("0 regressed") && !text.contains("= equal"),
            "{text}"
        );
    }
}

#[test]
fn several_sides_have_a_line_each_and_are_named() {
    let comparison = found(vec![vec![equal("ir/inlining/release")], vec![regressed()]]);
    let lines = lines(&comparison);
    assert_eq!(lines.len(), 6);
    assert_eq!(
        lines[0],
        "Verdict: 0.72.1 against 0.71.2 on 1 benchmark (1 figure): wall +0.1 % [−0.4, +0.6] (99 %) equal; 0 regressed, 0 improved, 1 equal"
    );
    assert_eq!(
        lines[1],
        "Verdict: my-branch against 0.71.2 on 1 benchmark (2 figures): wall +4.2 % [+3.1, +5.4] (99 %) regressed, cpu +4.5 % [+3.4, +5.6] (99 %) regressed; 1 regressed, 0 improved, 0 equal"
    );
    assert!(lines[2].starts_with("Worst: ir/inlining/release with my-branch: wall +4.2 %"), "{}", lines[2]);
    assert!(lines[5].ends_with("see where it comes from: forc-perf show --all --format html > comparison.html"));
    // A benchmark that the base cannot build fails once, not once for each side.
    let broken = found(vec![vec![failed("x/y/debug", true, false)], vec![failed("x/y/debug", true, false)]]);
    assert_eq!(self::lines(&broken)[3], "Also: x/y/debug failed to build on the base alone");
}

#[test]
fn what_weakens_a_comparison_is_said() {
    let mut comparison = found(vec![vec![regressed()]]);
    comparison.completion = Completion::Interrupted;
    comparison.settings.interleaved = false;
    let of_another = comparison.clone();
    comparison.sides[1].toolchain.sha256 = comparison.sides[0].toolchain.sha256.clone();
    crate::model::call_same_binaries(&comparison.sides, &mut comparison.findings);
    let labels: Vec<&str> = headline(&comparison).facts.iter().map(|line| line.label).collect();
    assert_eq!(labels, ["Interrupted", "Not interleaved", "Same binary", "std"]);
    let first = &lines(&comparison)[0];
    let begin = "Verdict: 0.72.1 and 0.71.2 are the same binary (SHA-256 000000000000…): whatever differs is the machine’s or the projects’; ";
    assert!(first.starts_with(begin), "{first}");
    assert!(first.ends_with("1 of 1 benchmark differ; interrupted"), "{first}");
    assert!(lines(&comparison)[1].contains("one binary cannot be worse than itself; the largest difference is"));
    assert!(lines(&comparison)[4].contains("forc-perf doctor"), "{}", lines(&comparison)[4]);
    // No format says otherwise.
    let formats = [markdown(&comparison), csv(&comparison), html(&comparison), terminal(&comparison, true, None)];
    for text in formats.iter().chain([&serde_json::to_string(&comparison.findings).unwrap()]) {
        assert!(text.contains("same binary") || text.contains("same-binary"), "{text}");
        assert!(
            !text.contains("regressed (") && !text.contains("\"regressed\"") && !text.contains(",regressed,"),
            "{text}"
        );
    }
    let mut comparison = of_another;
    assert!(lines(&comparison)[4].contains("measure it side by side: forc-perf compare"));
    // The sides of two reports are called by the reports' files, which no comparison starts from.
    comparison.sides[0].name = "old.json".into();
    assert!(lines(&comparison)[4].contains("forc-perf compare 0.71.2 0.72.1 --select"), "{}", lines(&comparison)[4]);
    // Two nights of one branch: its name means neither of them any more.
    for (side, digit) in comparison.sides.iter_mut().zip(["a", "b"]) {
        side.toolchain.origin = Origin::Revision(Revision {
            repository: "../sway".into(),
            name: "origin/master".into(),
            commit: digit.repeat(40),
            tree: None,
            subject: String::new(),
            committed: None,
            cargo_flags: Vec::new(),
            std: None,
        });
    }
    let next = &lines(&comparison)[4];
    assert!(next.contains("forc-perf compare aaaaaaaaaa bbbbbbbbbb --sway ../sway --select"), "{next}");
}

#[test]
fn false_alarms_of_the_control_are_no_findings() {
    let mut comparison = found(vec![vec![equal("ir/inlining/release")], vec![regressed()]]);
    comparison.sides[2].control = true;
    assert!(lines(&comparison)[0].contains("0 regressed") && lines(&comparison).len() == 5);
    assert_eq!(
        facts(&comparison)[0],
        "Control: 2 of 2 figures of the base against itself changed: false alarms, and as many may be above"
    );
}

#[test]
fn the_worst_is_first() {
    let mut different = equal("e/e/debug");
    different.output = OutputFinding::Different(vec!["out/debug/e.bin".into()]);
    let mut worse = regressed();
    worse.id = "z/z/debug".into();
    worse.figures[0].ratio = 1.3;
    let mut peak = regressed();
    peak.id = "p/p/debug".into();
    peak.figures.push(figure(Metric::PeakMemory, 1e8, (1.2, 1.1, 1.3), Verdict::Regressed));
    let all = vec![
        equal("a/a/debug"),
        undecided("b/b/debug"),
        improved(),
        different,
        regressed(),
        failed("f/f/debug", true, false),
        worse,
        peak,
        failed("g/g/debug", false, true),
    ];
    let comparison = found(vec![all]);
    let order: Vec<String> =
        rows(&comparison).iter().map(|row| format!("{} {}", row.class.name(), row.benchmark.id)).collect();
    assert_eq!(
        order,
        [
            "failed g/g/debug",
            "failed f/f/debug",
            "regressed z/z/debug",
            "regressed p/p/debug",
            "regressed ir/inlining/release",
            "other output e/e/debug",
            "improved backend/registers/debug",
            "undecided b/b/debug",
            "equal a/a/debug",
        ]
    );
    // Wall time stands for a benchmark unless something else changed by far more.
    let lead =
        |id: &str| rows(&comparison).into_iter().find(|row| row.benchmark.id == id).unwrap().lead.unwrap().metric;
    assert_eq!((lead("ir/inlining/release"), lead("p/p/debug")), (Metric::Wall, Metric::PeakMemory));
}

#[test]
fn a_breakdown_sums_to_the_other_side() {
    let mut one = regressed();
    one.figures[2].parts = vec!["parse".into(), "type".into()];
    one.unmatched = vec![
        UnmatchedPhase { phase: "optimise".into(), depth: 0, gone: false, wall: 0.7 * MS },
        UnmatchedPhase { phase: "lint".into(), depth: 0, gone: true, wall: 0.4 * MS },
        UnmatchedPhase { phase: "within".into(), depth: 1, gone: true, wall: 9.0 * MS },
    ];
    let breakdown = breakdown(&one, Metric::Wall).unwrap();
    let labels: Vec<&str> = breakdown.steps.iter().map(|step| &*step.label).collect();
    assert_eq!(labels, ["compile to ast (parse + type)", "compile ir to asm", "optimise (new)", "lint (gone)"]);
    let steps: f64 = breakdown.steps.iter().map(|step| step.difference).sum();
    assert!((breakdown.base + steps + breakdown.rest - breakdown.other).abs() < 1.0);
    assert!((breakdown.rest - (2.562 - 0.2 - 2.2 - 0.7 + 0.4) * MS).abs() < 1.0, "{}", breakdown.rest);
}

#[test]
fn what_phases_do_not_explain_is_outside() {
    let mut one = regressed();
    one.figures.truncate(3);
    let comparison = found(vec![vec![one]]);
    assert_eq!(
        lines(&comparison)[2],
        "Phase: no phase: 92 % of it (+2.36 ms) lies outside the phases that the compilers tell of"
    );
    let mut one = regressed();
    one.figures.truncate(2);
    assert!(lines(&found(vec![vec![one]]))[2].starts_with("Phase: unknown"));
}

#[test]
fn a_comment_on_a_pull_request() {
    let comparison = found(vec![vec![equal("a/b/debug"), regressed()]]);
    let text = markdown(&comparison);
    let (head, folded) = text.split_once("<details>").unwrap();
    assert_eq!(
        head,
        "<!-- forc-perf -->
### forc-perf: regressed

- **Verdict** ❌ `0.72.1` against `0.71.2` on 2 benchmarks (3 figures): **1 regressed**, 0 improved, **1 equal**
- **Worst** ❌ `ir/inlining/release`: **wall +4.2 % [+3.1, +5.4] (99 %)**, 61.0 ms → 63.6 ms; same output
- **Phase** `compile ir to asm` carries **86 %** of it (+2.20 ms), most of that in `allocate registers` (91 %)
- **Also** every build succeeded, and all outputs are the same
- **Next** see where it comes from: `forc-perf show --all --format html > comparison.html`

| | benchmark | change | base → other | because | also | output |
|---|---|---|---|---|---|---|
| 🔺 regressed (2 figures) | `ir/inlining/release` | wall **+4.2 % [+3.1, +5.4] (99 %)** | 61.0 ms → 63.6 ms | `compile ir to asm` 86 % | cpu +4.5 % | same |

- **std** each compiler with its own, or the one it finds: compiler and std together are compared

"
    );
    assert!(
        folded.contains("--seed 42\n```") && folded.contains("| `a/b/debug` | wall | +0.1 % [−0.4, +0.6] (99 %) |")
    );
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
}

#[test]
fn a_comment_has_room_for_everything_that_matters() {
    for comparison in [compare::compared(200), compare::compared_hostile()] {
        let text = markdown(&comparison);
        assert!(text.chars().count() < 65_536, "{}", text.chars().count());
        let inert = outside_of_code(&text);
        assert_eq!(inert.matches("<details>").count(), inert.matches("</details>").count());
        for forbidden in ["<script", "@team", "[x](", "HYPERLINK", "\u{1b}", "\u{202E}", "\u{0}"] {
            assert!(!inert.contains(forbidden), "{forbidden}");
        }
        assert!(text.lines().all(|line| line.chars().count() < 5_000));
    }
}

/// A Markdown text without its code spans and blocks, as CommonMark finds them.
fn outside_of_code(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let fence = line.chars().take_while(|c| *c == '`').count();
        if fence >= 3 && line.ends_with("text") {
            assert!(lines.any(|line| line == "`".repeat(fence)), "a block ends");
            continue;
        }
        let mut rest = line;
        while let Some(at) = rest.find('`') {
            kept += &rest[..at];
            let fence = rest[at..].chars().take_while(|c| *c == '`').count();
            let body = &rest[at + fence..];
            let mut from = 0;
            // The closing fence has exactly as many.
            let end = loop {
                let start = from + body[from..].find('`').expect("a span ends on its line");
                let length = body[start..].chars().take_while(|c| *c == '`').count();
                if length == fence {
                    break start;
                }
                from = start + length;
            };
            rest = &body[end + fence..];
        }
        kept += rest;
        kept.push('\n');
    }
    kept
}

#[test]
fn tables_keep_their_columns() {
    for (_, comparison) in samples() {
        let text = markdown(&comparison);
        let cells = |line: &str| line.replace("\\|", "").matches('|').count();
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            if line.starts_with("| ") {
                let columns = cells(line);
                while let Some(row) = lines.next_if(|row| row.starts_with('|')) {
                    assert_eq!(cells(row), columns, "{row}");
                }
            }
        }
    }
}

#[test]
fn csv_is_read_back() {
    let comparison = compare::compared_hostile();
    let text = csv(&comparison);
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    let figures: Vec<_> = comparison
        .findings
        .iter()
        .flat_map(|findings| {
            findings
                .benchmarks
                .iter()
                .flat_map(move |one| one.figures.iter().map(move |figure| (findings, one, figure)))
        })
        .collect();
    let (together, rows): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row["benchmark"] == "all together");
    let totals: Vec<&Total> =
        comparison.findings.iter().flat_map(|findings| &findings.totals).filter(|total| total.is_told()).collect();
    assert!(!totals.is_empty() && together.len() == totals.len());
    for (row, total) in together.iter().zip(totals) {
        assert_eq!((&row["metric"], &row["verdict"]), (&total.metric.name().into(), &total.verdict.name().into()));
        assert_eq!((&row["ratio"], &row["base"]), (&total.ratio.to_string(), &String::new()));
    }
    assert_eq!(rows.len(), figures.len());
    for (row, (findings, one, figure)) in rows.iter().zip(figures) {
        assert_eq!(row["benchmark"], crate::text::cell(&one.id));
        assert_eq!(row["other_side"], crate::text::cell(&comparison.sides[findings.side].name));
        assert_eq!(row["metric"], figure.metric.name());
        assert_eq!(row["phase"], crate::text::cell(figure.phase.as_deref().unwrap_or_default()));
        assert_eq!(row["verdict"], figure.verdict.name());
        let number = |column: &str| row[column].parse::<f64>().ok();
        assert_eq!(number("ratio"), Some(figure.ratio).filter(|ratio| ratio.is_finite()));
        assert_eq!(number("base"), Some(figure.base).filter(|base| base.is_finite()));
    }
}

#[test]
fn raw_values_are_paired_by_block() {
    let comparison = compare::split();
    let text = samples_csv(&comparison);
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    let (base, other) = (&comparison.sides[0].benchmarks[2], &comparison.sides[1].benchmarks[2]);
    let of = |metric: &str, phase: &str| -> Vec<(f64, f64)> {
        let own =
            rows.iter().filter(|row| row["benchmark"] == base.id && row["metric"] == metric && row["phase"] == phase);
        own.map(|row| (row["base"].parse().unwrap(), row["other"].parse().unwrap())).collect()
    };
    let walls = of("wall", "");
    assert_eq!(walls.len(), base.runs.len());
    for (block, pair) in walls.iter().enumerate() {
        let wall = |runs: &[crate::model::Benchmark]| runs[block].wall().unwrap().as_nanos() as f64;
        assert_eq!(*pair, (wall(&base.runs), wall(&other.runs)));
    }
    // A split phase is held against the sum of its parts, and what lies outside phases is there.
    let split = of("wall", "compile ast to asm");
    assert_eq!(split.len(), base.runs.len());
    assert!(split.iter().all(|(base, other)| (other / base - 1.0).abs() < 0.3));
    assert_eq!(of("wall", crate::phase::OUTSIDE).len(), base.runs.len());
}

#[test]
fn nothing_is_lost_or_broken_in_a_narrow_terminal() {
    for (name, comparison) in samples() {
        let words = |width: Option<usize>| -> Vec<String> {
            let text = strip_ansi_escapes::strip_str(terminal(&comparison, true, width));
            text.split_whitespace().map(|word| word.trim_end_matches(';').to_owned()).collect()
        };
        let whole = words(None);
        for width in [60, 80, 100, 120, 160, 250] {
            let text = strip_ansi_escapes::strip_str(terminal(&comparison, true, Some(width)));
            // A command is to be copied, and the compiler's own words are its own.
            let prose = text.lines().filter(|line| !line.starts_with("Next") && !line.trim_start().starts_with('│'));
            for line in prose.filter(|line| line.trim().contains(' ')) {
                let longest = line.split(' ').map(|word| word.chars().count()).max().unwrap_or(0);
                let fits = line.chars().count() <= width.max(longest + 6);
                assert!(
                    fits || line.starts_with("failed") || line.starts_with("skipped") || line.starts_with("unusable"),
                    "{name} at {width}: {line}"
                );
            }
            let narrow = words(Some(width));
            for verdict in comparison.answers().flat_map(|findings| &findings.benchmarks) {
                let figures = |words: &[String]| words.iter().filter(|word| word.contains('→')).count();
                assert!(figures(&narrow) + 1 >= figures(&whole), "{name} at {width}: {}", verdict.id);
            }
        }
    }
}

#[test]
fn undecided_rows_are_shown_on_demand_and_counted() {
    let comparison = found(vec![vec![regressed(), undecided("c/d/debug")]]);
    let (some, all) = (terminal(&comparison, false, None), terminal(&comparison, true, None));
    assert!(!some.contains("c/d/debug") && some.contains("1 undecided row not shown"));
    assert!(all.contains("c/d/debug") && !all.contains("not shown") && all.contains("would have shown 2.1 %"));
}

#[test]
fn no_name_commands_the_terminal() {
    let text = terminal(&compare::compared_hostile(), true, None);
    let plain = strip_ansi_escapes::strip_str(&text);
    assert!(!plain.contains(['\u{0}', '\u{1b}', '\u{202E}', '\u{7}']));
    assert!(!text.contains("\u{1b}[31mred"));
}

#[test]
fn every_sample_has_every_format() {
    for (name, comparison) in samples() {
        keep(&format!("compare-{name}.txt"), &terminal(&comparison, true, Some(160)));
        keep(&format!("compare-{name}.md"), &markdown(&comparison));
        keep(&format!("compare-{name}.csv"), &csv(&comparison));
        if name != "hostile" {
            keep(&format!("compare-{name}-samples.csv"), &samples_csv(&comparison));
        }
    }
}
