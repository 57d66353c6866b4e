//! `forc-perf compare`, `diff` and `show`, with stand-ins whose differences are known.

use std::fs;
use std::path::PathBuf;

use crate::support::{self, Bed, InTime, alone, eventually, signal, stand_in_as, state_of};
use forc_perf::model::{
    Benchmark, BenchmarkFindings, Comparison, Completion, Figure, Findings, Metric, OutputFinding, StdChoice, Verdict,
};
use forc_perf::report::file;

/// A bed with two compilers, `old/forc` and `new/forc`; the scripts' `as new …` lines are the difference.
struct Rivals {
    bed: Bed,
}

/// How a comparison ended.
struct Compared {
    code: Option<i32>,
    stdout: String,
    stderr: String,
    comparison: Option<Comparison>,
}

impl Rivals {
    fn new() -> Self {
        let bed = Bed::new();
        bed.compilers(&["old", "new"]);
        Self { bed }
    }

    /// The stand-in with this character.
    fn compiler(&self, name: &str, character: &str) -> PathBuf {
        stand_in_as(&self.bed.path(&format!("{name}/forc")), character)
    }

    fn words(&self, args: &[&str]) -> Vec<String> {
        let mut words = vec!["compare".to_owned()];
        let mut default = |flag: &str, value: &str| {
            if !args.contains(&flag) {
                words.extend([flag.to_owned(), value.to_owned()]);
            }
        };
        default("--suite", &self.bed.word("suite"));
        default("--output", &self.bed.word("comparison.json"));
        default("--pin", "never");
        default("--seed", "7");
        // More than any of this takes on a busy machine: what ends a comparison is what is known, not how long it took.
        default("--budget", "10m");
        default("--max-runs", "25");
        words.extend(args.iter().map(|arg| (*arg).to_owned()));
        words
    }

    fn compare(&self, args: &[&str]) -> Compared {
        let mut all = vec!["old/forc", "new/forc"];
        all.extend(args);
        self.run(&self.words(&all))
    }

    fn run(&self, words: &[String]) -> Compared {
        let output = self.bed.harness().args(words).in_time();
        Compared {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            comparison: file::read_comparison(&self.bed.path("comparison.json")).ok(),
        }
    }
}

impl Compared {
    #[track_caller]
    fn assert_code(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    fn comparison(&self) -> &Comparison {
        self.comparison.as_ref().unwrap_or_else(|| panic!("no comparison\n{}\n{}", self.stdout, self.stderr))
    }

    #[track_caller]
    fn findings(&self) -> &Findings {
        self.comparison().answers().next().unwrap()
    }

    #[track_caller]
    fn benchmark(&self, id: &str) -> &BenchmarkFindings {
        let benchmarks = &self.findings().benchmarks;
        benchmarks.iter().find(|benchmark| benchmark.id == id).unwrap_or_else(|| panic!("no {id} in {benchmarks:?}"))
    }

    #[track_caller]
    fn figure(&self, id: &str, metric: Metric) -> &Figure {
        self.benchmark(id).figure(metric).unwrap_or_else(|| panic!("no {metric:?} of {id}"))
    }

    #[track_caller]
    fn phase(&self, id: &str, metric: Metric, phase: &str) -> &Figure {
        let mut phases = self.benchmark(id).phases(metric);
        phases.find(|figure| figure.phase.as_deref() == Some(phase)).unwrap_or_else(|| panic!("no {phase} of {id}"))
    }
}

/// A build with thirty milliseconds of work that has almost three times as much in the new compiler, all of it in one phase.
const SLOWER: &str = "patient\nstart p parse\nspin 15\nstop p parse\n\
                      start p check\nspin 15\nas new spin 50\nstop p check\ninfo 64 8 8 1";

/// The middle of these values.
fn median(mut values: Vec<u128>) -> f64 {
    values.sort_unstable();
    (values[(values.len() - 1) / 2] + values[values.len() / 2]) as f64 / 2.0
}

#[test]
fn a_slower_compiler_is_found_with_the_phase_that_carries_it() {
    let _alone = alone();
    let rivals = Rivals::new();
    rivals.bed.project("g/slower", SLOWER);
    // One look at all that there will be: a comparison ends with the first figure that is known to have regressed, whatever
    // is known of the others by then.
    let compared = rivals.compare(&["--min-runs", "25", "--max-runs", "25"]);
    compared.assert_code(5);
    let benchmark = compared.benchmark("g/slower/debug");
    assert_eq!((benchmark.verdict, benchmark.pairs), (Some(Verdict::Regressed), 25));
    // The work is counted in CPU time, which a busy machine hardly stretches: 30 ms against 80, and a little for the rest.
    let cpu = compared.figure("g/slower/debug", Metric::Cpu);
    assert_eq!(cpu.verdict, Verdict::Regressed);
    assert!(cpu.low > 1.0 && cpu.low <= cpu.ratio && cpu.ratio <= cpu.high, "{cpu:?}");
    assert!(cpu.ratio > 1.5 && cpu.ratio < 4.0, "{cpu:?}");
    assert!(cpu.p_value.unwrap() <= compared.comparison().settings.false_change_rate, "{cpu:?}");
    let of = |phase| compared.phase("g/slower/debug", Metric::Cpu, phase);
    let (check, parse) = (of("check"), of("parse"));
    assert!(check.ratio > parse.ratio && check.verdict == Verdict::Regressed, "{check:?} {parse:?}");
    // What the clock says may be anything on such a machine, but not without its interval.
    let wall = compared.figure("g/slower/debug", Metric::Wall);
    assert!(wall.low <= wall.ratio && wall.ratio <= wall.high, "{wall:?}");
    assert_eq!(compared.figure("g/slower/debug", Metric::BytecodeSize).verdict, Verdict::Equal);
    assert_eq!(benchmark.output, OutputFinding::Same);
    let first: Vec<&str> = compared.stdout.lines().take(5).collect();
    assert!(first.iter().any(|line| line.contains("1 regressed")), "{}", compared.stdout);
    assert!(first.iter().any(|line| line.contains("check")), "{}", compared.stdout);
}

#[test]
fn turned_round_it_is_found_to_be_faster() {
    let _alone = alone();
    let rivals = Rivals::new();
    rivals.bed.project("g/slower", SLOWER);
    // Memory is the same on both sides and is to be called so: what varies at random may seem worse now and then.
    let compared = rivals.run(&rivals.words(&["new/forc", "old/forc", "--threshold", "peak-memory=50%"]));
    compared.assert_code(0);
    assert_eq!(compared.benchmark("g/slower/debug").verdict, Some(Verdict::Improved));
}

#[test]
fn a_decided_benchmark_stops_and_blocks_are_whole() {
    let _alone = alone();
    let rivals = Rivals::new();
    // Memory decides by itself, so that nothing here rests on the clock.
    rivals.bed.project("g/heavy", "alloc 64\nas new alloc 64\nspin 2\nas new spin 30\ninfo 64 8 8 1");
    let compared = rivals.compare(&["--max-runs", "60", "--schedule", "turns"]);
    let comparison = compared.comparison();
    let [base, other] = comparison.sides.as_slice() else { panic!("{} sides", comparison.sides.len()) };
    let pairs = compared.benchmark("g/heavy/debug").pairs;
    assert_eq!((base.benchmarks[0].runs.len(), other.benchmarks[0].runs.len()), (pairs, pairs));
    let looks: Vec<usize> = comparison.settings.looks.iter().map(|look| look.runs).collect();
    assert!(looks.contains(&pairs) && pairs < 60, "{pairs} pairs, looks {looks:?}");
    assert!((comparison.settings.looks.iter().map(|look| look.weight).sum::<f64>() - 1.0).abs() < 1e-9);
    assert_eq!(compared.figure("g/heavy/debug", Metric::PeakMemory).verdict, Verdict::Regressed);
    assert_eq!(compared.code, Some(5));
    // In turns: neither side has all of its runs before the other, nor always the first of a block.
    let starts = |side: usize| comparison.sides[side].benchmarks[0].runs.iter().map(|run| run.start_time.unwrap());
    let first = starts(0).zip(starts(1)).filter(|(a, b)| a < b).count();
    assert!(first > 0 && first < pairs, "{first} of {pairs}");
    let blocks: Vec<_> = starts(0).zip(starts(1)).map(|(a, b)| (a.min(b), a.max(b))).collect();
    assert!(blocks.windows(2).all(|pair| pair[0].1 < pair[1].0), "blocks overlap");
}

#[test]
fn sizes_are_compared_exactly_and_other_output_is_a_finding_of_its_own() {
    let _alone = alone();
    let rivals = Rivals::new();
    rivals.bed.project("g/bigger", "spin 1\nunless new info 64 8 8 1\nas new info 72 8 8 1");
    rivals.bed.project("g/other", "spin 1\nas new file out/debug/other-abi.json {}\ninfo 64 8 8 1");
    let compared = rivals.compare(&["--max-runs", "12", "--format", "csv"]);
    compared.assert_code(5);
    let size = compared.figure("g/bigger/debug", Metric::BytecodeSize);
    assert_eq!((size.base, size.other, size.verdict, size.p_value), (64.0, 72.0, Verdict::Regressed, None));
    let OutputFinding::Different(files) = &compared.benchmark("g/other/debug").output else {
        panic!("{:?}", compared.benchmark("g/other/debug").output)
    };
    assert_eq!(files, &["out/debug/other-abi.json"]);
    assert_eq!(compared.benchmark("g/bigger/debug").output, OutputFinding::Same);
    let mut csv = compared.stdout.lines();
    let columns = csv.next().unwrap().split(',').count();
    assert!(columns > 8 && csv.count() > 10, "{}", compared.stdout);
}

#[test]
fn a_build_that_fails_on_one_side_comes_first_and_is_no_ratio() {
    let _alone = alone();
    let rivals = Rivals::new();
    rivals.bed.project("g/breaks", "spin 2\nas new err error: cannot find value\nas new exit 1");
    rivals.bed.project("g/fine", "spin 2\ninfo 64 8 8 1");
    let compared = rivals.compare(&["--max-runs", "6"]);
    compared.assert_code(1);
    let benchmark = compared.benchmark("g/breaks/debug");
    assert_eq!((benchmark.verdict, benchmark.pairs, benchmark.figures.len()), (None, 0, 0));
    let failed = benchmark.failed.as_ref().unwrap();
    assert!(failed.base.is_none() && failed.other.as_ref().unwrap().output.contains("cannot find value"));
    let first: Vec<&str> = compared.stdout.lines().take(5).collect();
    assert!(first[0].contains("1 failed to build"), "{}", compared.stdout);
    assert!(first.iter().any(|line| line.contains("g/breaks/debug")), "{}", compared.stdout);
    assert_eq!(compared.benchmark("g/fine/debug").pairs, 6);
}

#[test]
fn a_build_that_begins_to_fail_later_is_no_ratio_either() {
    let _alone = alone();
    let rivals = Rivals::new();
    let count = rivals.bed.word("count");
    rivals.bed.project("g/late", &format!("as new count {count}\nspin 2\nas new from 5 exit 101"));
    let compared = rivals.compare(&["--max-runs", "10"]);
    compared.assert_code(1);
    let benchmark = compared.benchmark("g/late/debug");
    assert!(benchmark.failed.is_some() && benchmark.verdict.is_none());
    let [base, other] = compared.comparison().sides.as_slice() else { panic!() };
    assert_eq!(base.benchmarks[0].runs.len(), other.benchmarks[0].runs.len(), "an unpaired run is kept");
}

#[test]
fn what_fails_everywhere_measures_nothing_and_looks_like_it() {
    let _alone = alone();
    let rivals = Rivals::new();
    rivals.bed.project("g/broken", "exit 1");
    let compared = rivals.compare(&[]);
    compared.assert_code(1);
    assert!(!compared.comparison().has_measurements());
    assert!(
        !compared.stdout.contains("no regression") && !compared.stdout.contains("0 regressed"),
        "{}",
        compared.stdout
    );
    // And where nothing is selected, nothing was measured.
    let none = rivals.compare(&["--select", "no-such-thing"]);
    none.assert_code(3);
    assert!(none.stdout.to_lowercase().contains("nothing was measured"), "{}", none.stdout);
}

#[test]
fn a_split_phase_is_compared_by_its_sum() {
    let _alone = alone();
    let rivals = Rivals::new();
    let old =
        "patient\nunless new start p compile ast to asm\nunless new spin 45\nunless new stop p compile ast to asm\n";
    let new = "as new start p compile ast to ir\nas new spin 25\nas new stop p compile ast to ir\n\
               as new start p compile ir to asm\nas new spin 20\nas new stop p compile ir to asm\n\
               as new start p a new one\nas new spin 10\nas new stop p a new one\n";
    rivals.bed.project("g/split", &[old, new, "info 64 8 8 1"].concat());
    let compared = rivals.compare(&["--max-runs", "12"]);
    let sum = compared.phase("g/split/debug", Metric::Wall, "compile ast to asm");
    assert_eq!(sum.parts, ["compile ast to ir", "compile ir to asm"]);
    let walls = |side: usize, names: &[&str]| {
        let runs = &compared.comparison().sides[side].benchmarks[0].runs;
        let of = |run: &Benchmark| {
            let phases = run.phases.iter().filter(|phase| names.contains(&phase.name.as_str()));
            phases.map(|phase| phase.wall().unwrap().as_nanos()).sum::<u128>()
        };
        median(runs.iter().map(of).collect())
    };
    let (whole, ir, asm) = ("compile ast to asm", "compile ast to ir", "compile ir to asm");
    assert!((sum.base - walls(0, &[whole])).abs() < 1.0, "{sum:?}");
    assert!((sum.other - walls(1, &[ir, asm])).abs() < 1.0, "{sum:?}");
    assert!(sum.other > walls(1, &[ir]) && sum.other > walls(1, &[asm]), "{sum:?}");
    assert!(sum.low <= sum.ratio && sum.ratio <= sum.high, "{sum:?}");
    let [new] = compared.benchmark("g/split/debug").unmatched.as_slice() else { panic!() };
    assert_eq!((new.phase.as_str(), new.gone), ("a new one", false));
}

#[test]
fn the_control_shows_what_the_harness_would_have_found_in_nothing() {
    let _alone = alone();
    let rivals = Rivals::new();
    rivals.bed.project("g/slower", SLOWER);
    let compared = rivals.compare(&["--control", "--max-runs", "20"]);
    let comparison = compared.comparison();
    let control = comparison.control().unwrap();
    assert_eq!((comparison.sides.len(), control.benchmarks[0].pairs), (3, compared.findings().benchmarks[0].pairs));
    assert_eq!(comparison.sides[2].toolchain.sha256, comparison.sides[0].toolchain.sha256);
    // That it has no verdict cannot be promised of any single measurement; that it is not the answer can.
    let cpu = control.benchmarks[0].figure(Metric::Cpu).unwrap();
    let answer = compared.figure("g/slower/debug", Metric::Cpu);
    assert!(cpu.ratio < answer.ratio, "{cpu:?} {answer:?}");
    assert!(compared.stdout.contains("Control"), "{}", compared.stdout);
}

#[test]
fn several_sides_share_the_blocks() {
    let _alone = alone();
    let rivals = Rivals::new();
    rivals.compiler("third", "new third");
    rivals.bed.project("g/p", "spin 3\nas third spin 20\ninfo 64 8 8 1");
    let compared = rivals.run(&rivals.words(&["old/forc", "new/forc", "third/forc", "g/*", "--max-runs", "20"]));
    let comparison = compared.comparison();
    let names: Vec<&str> = comparison.sides.iter().map(|side| side.name.as_str()).collect();
    assert_eq!(names, ["old/forc", "new/forc", "third/forc"]);
    let [second, third] = comparison.findings.as_slice() else { panic!() };
    let cpu = |findings: &Findings| findings.benchmarks[0].figure(Metric::Cpu).unwrap().ratio;
    assert!(cpu(second) < cpu(third), "{} and {}", cpu(second), cpu(third));
    assert_eq!(third.benchmarks[0].verdict, Some(Verdict::Regressed));
    compared.assert_code(5);
}

#[test]
fn the_budget_is_kept_and_what_was_measured_has_its_say() {
    let _alone = alone();
    let rivals = Rivals::new();
    rivals.bed.project("g/p", "sleep 20\ninfo 64 8 8 1");
    let compared = rivals.compare(&["--budget", "700ms", "--max-runs", "1000", "--schedule", "turns"]);
    let pairs = compared.benchmark("g/p/debug").pairs;
    // No block takes less than two of its sleeps.
    assert!(pairs > 0 && pairs <= 700 / 40 + 1, "{pairs}");
    assert_eq!(compared.comparison().completion, Completion::Complete);
    assert!(!rivals.bed.path("comparison.json.journal").exists());
}

#[test]
fn an_interrupted_comparison_goes_on_and_loses_no_run() {
    let _alone = alone();
    let rivals = Rivals::new();
    let count = rivals.bed.word("count");
    // After a warm-up of either and seven blocks comes a run that waits to be interrupted.
    let on = rivals.bed.word("on");
    rivals.bed.project("g/p", &format!("count {count}\nspin 3\non 17 say {on}\non 17 hang\ninfo 64 8 8 1"));
    // In turns: at once, the runs would not be counted one by one. `compare_duet` has the other.
    let turns = ["old/forc", "new/forc", "--schedule", "turns", "--max-runs", "16", "--min-runs", "16"];
    let words = rivals.words(&turns);
    let journal = rivals.bed.path("comparison.json.journal");
    let blocks = || fs::read_to_string(&journal).map_or(0, |text| text.lines().count().saturating_sub(1));

    let mut child = rivals.bed.harness();
    let mut child =
        child.args(&words).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    eventually("the run that waits is on", || rivals.bed.path("on").exists());
    signal(child.id(), libc::SIGINT);
    child.wait().unwrap();
    let kept = blocks();
    assert_eq!(kept, 7);
    let interrupted = file::read_comparison(&rivals.bed.path("comparison.json")).unwrap();
    assert_eq!(interrupted.completion, Completion::Interrupted);
    assert_eq!(interrupted.sides[0].benchmarks[0].runs.len(), kept);

    // As a power cut would leave it.
    let mut torn = fs::read(&journal).unwrap();
    torn.extend(b"{\"benchmark\":\"g/p/debug\",\"runs\":[{\"na");
    fs::write(&journal, torn).unwrap();
    let mut again = words.clone();
    again.push("--resume".to_owned());
    let compared = rivals.run(&again);
    assert_eq!(compared.comparison().completion, Completion::Complete, "{}", compared.stderr);
    let runs = &compared.comparison().sides[0].benchmarks[0].runs;
    assert_eq!(runs.len(), 16);
    assert_eq!(runs[..kept], interrupted.sides[0].benchmarks[0].runs[..], "measured runs were lost");
    assert_eq!(compared.comparison().settings.seed, interrupted.settings.seed);
    assert!(!journal.exists(), "what is complete needs no journal");

    // There is nothing left to go on with.
    let nothing = rivals.run(&again);
    nothing.assert_code(4);
    assert!(nothing.stderr.contains("--resume"), "{}", nothing.stderr);
}

#[test]
fn a_comparison_is_not_gone_on_with_by_another_compiler() {
    let _alone = alone();
    let rivals = Rivals::new();
    let (count, on) = (rivals.bed.word("count"), rivals.bed.word("on"));
    // After a warm-up of either and a block comes a run that never ends: the comparison is on as long as it is let be.
    rivals.bed.project("g/p", &format!("count {count}\non 5 say {on}\non 5 hang\nspin 5\ninfo 64 8 8 1"));
    let words = rivals.words(&["old/forc", "new/forc", "--schedule", "turns", "--max-runs", "10"]);
    let journal = rivals.bed.path("comparison.json.journal");
    let mut child = rivals.bed.harness().args(&words).stdout(std::process::Stdio::null()).spawn().unwrap();
    eventually("the run that never ends is on", || rivals.bed.path("on").exists());
    assert_eq!(fs::read_to_string(&journal).unwrap().lines().count(), 2, "a block is measured");

    // A second one at the same time keeps its hands off.
    let second = rivals.run(&words);
    second.assert_code(4);
    assert!(second.stderr.contains("another comparison"), "{}", second.stderr);
    // Nor does it measure elsewhere without a word.
    let elsewhere = rivals.bed.word("elsewhere.json");
    let beside = rivals.run(&rivals.words(&["old/forc", "new/forc", "--output", &elsewhere, "--max-runs", "2"]));
    beside.assert_code(0);
    assert!(beside.stderr.contains("another forc-perf is measuring"), "{}", beside.stderr);

    signal(child.id(), libc::SIGINT);
    child.wait().unwrap();
    fs::remove_file(rivals.bed.path("new/forc")).unwrap();
    support::shell_script(&rivals.bed.path("new/forc"), &format!("exec {} \"$@\"", support::stand_in().display()));
    let mut again = words;
    again.push("--resume".to_owned());
    let compared = rivals.run(&again);
    compared.assert_code(4);
    assert!(compared.stderr.contains("the compiler new/forc has changed"), "{}", compared.stderr);
}

#[test]
fn the_projects_stay_as_they_are() {
    let _alone = alone();
    let rivals = Rivals::new();
    let project = rivals.bed.project("g/p", "spin 1\ninfo 64 8 8 1");
    let before = state_of(&project);
    rivals.compare(&["--max-runs", "3"]);
    assert_eq!(state_of(&project), before);
    rivals.bed.assert_nothing_left();
}

#[test]
fn every_side_takes_the_std_that_it_was_told_to() {
    let _alone = alone();
    let rivals = Rivals::new();
    rivals.bed.project("g/p", "spin 1");
    rivals.bed.write("my-std/Forc.toml", "[project]\nname = \"std\"\n");
    let std = rivals.bed.word("my-std");
    let compared = rivals.compare(&["--max-runs", "3", "--std", &std]);
    assert_eq!(compared.comparison().settings.std, StdChoice::Same(std.clone().into()));
    assert!(compared.comparison().sides.iter().all(|side| side.std.as_deref() == Some(std.as_ref())));
    // The base has none to lend.
    let none = rivals.compare(&["--std", "base"]);
    none.assert_code(4);
    assert!(none.stderr.contains("--std DIR"), "{}", none.stderr);
}

#[test]
fn wrong_words_are_told_apart_from_wrong_compilers() {
    let _alone = alone();
    let rivals = Rivals::new();
    rivals.bed.project("g/p", "spin 1");
    for (words, said) in [
        (vec!["compare"], "BASE"),
        (vec!["compare", "old/forc"], "2"),
        (vec!["compare", "old/forc", "0.72"], "0.72"),
        (vec!["compare", "old/forc", "new/forc", "--threshold", "wall=x"], "wall"),
        (vec!["compare", "old/forc", "new/forc", "--min-runs", "9", "--max-runs", "3"], "--min-runs"),
        (vec!["compare", "old/forc", "new/forc", "--budget", "soon"], "soon"),
    ] {
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        let compared = rivals.run(&words);
        compared.assert_code(2);
        assert!(compared.stderr.contains(said), "{words:?}: {}", compared.stderr);
    }
    let gone = rivals.run(&rivals.words(&["old/forc", "./gone/forc"]));
    gone.assert_code(4);
    assert!(gone.stderr.contains("./gone/forc"), "{}", gone.stderr);
}

#[test]
fn undecided_fails_only_where_it_is_asked_to() {
    let _alone = alone();
    let rivals = Rivals::new();
    rivals.bed.project("g/p", "spin 1\ninfo 64 8 8 1");
    // Three runs decide nothing.
    rivals.compare(&["--max-runs", "3"]).assert_code(0);
    let compared = rivals.compare(&["--max-runs", "3", "--fail-on", "undecided"]);
    compared.assert_code(6);
    assert_eq!(compared.benchmark("g/p/debug").verdict, Some(Verdict::Undecided));
    rivals.bed.project("g/bigger", "unless new info 64 8 8 1\nas new info 72 8 8 1");
    rivals.compare(&["--max-runs", "3", "--fail-on", "never"]).assert_code(0);
}

#[test]
fn what_was_kept_is_shown_in_every_format() {
    let _alone = alone();
    let rivals = Rivals::new();
    rivals.bed.project("g/bigger", "spin 1\nunless new info 64 8 8 1\nas new info 72 8 8 1");
    let compared = rivals.compare(&["--max-runs", "4"]);
    compared.assert_code(5);
    let kept = rivals.bed.word("comparison.json");
    let shown = |format: &str| {
        let output = rivals.bed.harness().args(["show", &kept, "--format", format]).ends_with(5);
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(shown("terminal"), compared.stdout);
    assert!(shown("markdown").contains("<details>"));
    assert!(shown("html").starts_with("<!DOCTYPE html>"));
    let json: Comparison = serde_json::from_str(&shown("json")).unwrap();
    assert_eq!(&json, compared.comparison());
    assert!(shown("csv").lines().count() > 3);
    // Three pairs of every figure at least: then the size has decided.
    assert!(
        shown("samples-csv").lines().filter(|line| line.contains("g/bigger/debug") && line.contains("wall")).count()
            >= 3
    );
}

#[test]
fn two_reports_are_held_against_each_other_with_what_that_costs() {
    let _alone = alone();
    let rivals = Rivals::new();
    rivals.bed.project("g/p", "spin 3\nas new spin 20\ninfo 64 8 8 1");
    for name in ["old", "new"] {
        let forc = rivals.bed.word(&format!("{name}/forc"));
        let output = rivals.bed.word(&format!("{name}.json"));
        let run = rivals.bed.run(&["--forc", &forc, "--output", &output, "--samples", "12"]);
        run.assert_code(0);
    }
    let diff = |args: &[&str]| {
        let output = rivals.bed.harness().arg("diff").args(args).in_time();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, stdout, _) = diff(&["old.json", "new.json", "--output", "comparison.json"]);
    assert_eq!(code, Some(5), "{stdout}");
    assert!(stdout.contains("Not interleaved"), "{stdout}");
    let comparison = file::read_comparison(&rivals.bed.path("comparison.json")).unwrap();
    assert!(!comparison.settings.interleaved);
    assert_eq!(comparison.findings[0].benchmarks[0].verdict, Some(Verdict::Regressed));
    let (code, stdout, _) = diff(&["old.json", "old.json"]);
    assert_eq!(code, Some(0), "{stdout}");

    // Another machine.
    let elsewhere = fs::read_to_string(rivals.bed.path("new.json")).unwrap();
    let mut report: serde_json::Value = serde_json::from_str(&elsewhere).unwrap();
    report["environment"]["host"] = "elsewhere".into();
    rivals.bed.write("elsewhere.json", &report.to_string());
    let (code, _, stderr) = diff(&["old.json", "elsewhere.json"]);
    assert!(code == Some(4) && stderr.contains("elsewhere") && stderr.contains("--force"), "{stderr}");
    assert_eq!(diff(&["old.json", "elsewhere.json", "--force"]).0, Some(5));

    // What is no report.
    rivals.bed.write("x.json", "{}");
    let (code, _, stderr) = diff(&["old.json", "x.json"]);
    assert!(code == Some(4) && stderr.contains("x.json is no report"), "{stderr}");
}
