//! What is said of made-up comparisons, word for word.

use crate::model::{
    BenchmarkFindings, Comparison, Completion, Measured, Metric, Origin, OutputFinding, Revision, RunWarning, Total,
    Verdict, WarningKind,
};
use crate::testing::build;
use crate::testing::compare::{
    MS, equal, failed, figure, finding, found, improved, improved_in_part, only_size, regressed, regressed_together,
    undecided,
};
use crate::words::checkup::warning_lines;
use crate::words::{Line, Tone, headline};

/// The lines with their labels.
fn texts(lines: &[Line]) -> Vec<String> {
    lines.iter().map(|line| format!("{}: {}", line.label, line.phrase.plain())).collect()
}

fn lines(comparison: &Comparison) -> Vec<String> {
    texts(&headline(comparison).lines)
}

fn facts(comparison: &Comparison) -> Vec<String> {
    texts(&headline(comparison).facts)
}

#[test]
fn five_lines_of_a_regression() {
    let comparison = found(vec![vec![equal("a/b/debug"), improved(), regressed(), undecided("c/d/debug")]]);
    assert_eq!(
        lines(&comparison),
        [
            "Verdict: 0.72.1 against 0.71.2 on 4 benchmarks (5 figures): 1 regressed, 1 improved, 1 equal, 1 undecided",
            "Worst: ir/inlining/release: wall +4.2 % [+3.1, +5.4] (99 %), 61.0 ms → 63.6 ms; same output",
            "Phase: compile ir to asm accounts for 86 % of it (+2.20 ms), most of that in allocate registers (91 %)",
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
            "Phase: compile ir to asm accounts for 86 % of it (+2.20 ms), most of that in allocate registers (91 %)",
            "Also: x/y/debug failed to build with 0.72.1; x/z/debug failed to build on the base alone; \
             different output of 1 benchmark (ir/inlining/release)",
            "Next: see the build fail: forc build --path x/y/debug",
        ]
    );
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
    let comparison = found(vec![vec![improved_in_part(), improved()]]);
    let texts = lines(&comparison);
    assert!(texts[0].contains("2 improved (1 with undecided figures), 0 equal"), "{}", texts[0]);
    assert!(
        texts[1].starts_with("Worst: nothing regressed for certain; best is m/p/debug: peak memory −37.0 %")
            && texts[1].contains("; wall undecided, −11.8 to +38.0 % so far (99 %)"),
        "{}",
        texts[1]
    );
    assert!(texts[4].starts_with("Next: measure for") && texts[4].contains("--select m/p/debug"), "{}", texts[4]);
    assert!(facts(&comparison)[0].ends_with("not enough for every verdict of 1 benchmark"), "{:?}", facts(&comparison));
    assert!(headline(&comparison).lines[0].tone == Tone::Warning);

    // The same where the output differs, which is texts first.
    let mut other = improved_in_part();
    other.output = OutputFinding::Different(vec!["out/debug/p.bin".into()]);
    let comparison = found(vec![vec![other]]);
    assert!(facts(&comparison)[0].starts_with("Budget:"), "{:?}", facts(&comparison));

    // What has regressed is not measured further, whatever else is undecided.
    let mut worse = improved_in_part();
    worse.verdict = Some(Verdict::Regressed);
    worse.figures[1].verdict = Verdict::Regressed;
    let comparison = found(vec![vec![worse]]);
    assert!(!facts(&comparison)[0].starts_with("Budget:"), "{:?}", facts(&comparison));
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
    let comparison = regressed_together();
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
}

#[test]
fn equality_of_a_size_alone_is_no_equality() {
    let alone = found(vec![vec![only_size(1.0, Verdict::Equal)]]);
    assert!(!headline(&alone).measured);
    assert_eq!(
        lines(&alone)[..2],
        [
            "Verdict: Nothing can be compared of 0.71.2 and 0.72.1: no time, memory or instructions of 1 benchmark on both \
             sides, whatever their sizes are",
            "Worst: changes can neither be shown nor excluded",
        ]
    );
    let beside = found(vec![vec![only_size(1.0, Verdict::Equal), equal("a/b/debug")]]);
    assert_eq!(
        lines(&beside)[0],
        "Verdict: 0.72.1 against 0.71.2 on 2 benchmarks (2 figures): 0 regressed, 0 improved, 1 equal, 1 not compared"
    );
    // A size that changed is a change.
    let grown = found(vec![vec![only_size(1.125, Verdict::Regressed)]]);
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
    let texts = facts(&comparison);
    let events = texts.iter().find(|fact| fact.starts_with("Events:")).unwrap();
    assert_eq!(
        events,
        "Events: 1 of 2 figures of faults, switches and migrations changed, which decide nothing: \
         a/b/debug minor faults +50.0 % [+48.5, +51.5] (99 %)"
    );
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
            "Worst: changes can neither be shown nor excluded",
            "Phase: nothing is known of any phase",
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
fn what_phases_do_not_explain_is_outside() {
    let mut one = regressed();
    one.figures.truncate(3);
    let comparison = found(vec![vec![one]]);
    assert_eq!(
        lines(&comparison)[2],
        "Phase: no phase: 92 % of it (+2.36 ms) lies outside the phases that the compilers announce"
    );
    let mut one = regressed();
    one.figures.truncate(2);
    assert!(lines(&found(vec![vec![one]]))[2].starts_with("Phase: unknown"));
}

#[test]
fn a_kind_of_warning_that_many_have_is_one_line_with_the_worst() {
    let with = |id: &str, kind: WarningKind, degree: f64| Measured {
        warnings: vec![RunWarning { kind, message: format!("{degree} of it"), degree, runs: 1 }],
        ..build::benchmark(id, Vec::new())
    };
    let mut suite: Vec<Measured> =
        (0..6).map(|number| with(&format!("g/p{number}/debug"), WarningKind::OtherLoad, f64::from(number))).collect();
    suite.push(with("g/p6/debug", WarningKind::WallBeyondCpu, 1.0));
    let lines: Vec<String> = warning_lines(&suite).iter().map(ToString::to_string).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0], "other load in 6 benchmarks, most in g/p5/debug: 5 of it", "{lines:?}");
    let few = warning_lines(&suite[..2]);
    assert_eq!(few.len(), 2);
    assert!(few[0].to_string().starts_with("g/p1/debug: "), "the worst first: {few:?}");
}
