//! Recorded samples through Criterion: all of them, in order, to the nanosecond; and the bench target's command line.
//!
//! Criterion takes its settings from the process's own command line, and libtest refuses those. So this target is its own
//! harness: started with one of two variables set it is a bench target, else it starts itself so and checks what came out.

#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::panic;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Output};
use std::time::{Duration, Instant};

use forc_perf::bench::{Bench, Series, replay, series};
use forc_perf::model::{Report, SerdeInstant};
use forc_perf::report::file;
use forc_perf::suite::Selection;
use serde_json::Value;
use support::{Bed, InTime};

/// Makes this program a bench target over the suite of this name.
const BENCH_VARIABLE: &str = "TEST_BENCH";
/// Makes this program give the report of this name to Criterion.
const REPLAY_VARIABLE: &str = "TEST_REPLAY";

const TESTS: [(&str, fn()); 17] = [
    ("every_recorded_sample_reaches_criterion_as_it_is_and_in_order", every_recorded_sample_reaches_criterion),
    ("samples_from_a_nanosecond_to_hours_reach_criterion_as_they_are", samples_from_a_nanosecond_to_hours),
    ("the_series_do_not_depend_on_the_luck_of_a_run", the_series_do_not_depend_on_the_luck_of_a_run),
    ("a_panic_of_criterions_loses_that_series_alone", a_panic_of_criterions_loses_that_series_alone),
    ("an_edited_program_is_not_compared_with_its_baseline", an_edited_program_is_not_compared_with_its_baseline),
    ("baselines_are_saved_and_compared_with", baselines_are_saved_and_compared_with),
    ("a_saved_baseline_is_loaded_without_measuring", a_saved_baseline_is_loaded_without_measuring),
    ("the_list_is_criterions_and_measures_nothing", the_list_is_criterions_and_measures_nothing),
    ("a_filter_selects_in_the_suite_and_in_criterion", a_filter_selects_in_the_suite_and_in_criterion),
    ("a_filter_that_names_the_suite_reaches_criterion_too", a_filter_that_names_the_suite_reaches_criterion_too),
    ("help_shows_both_kinds_of_options", help_shows_both_kinds_of_options),
    ("quick_is_three_runs_without_criterion", quick_is_three_runs_without_criterion),
    ("a_wrong_option_is_refused", a_wrong_option_is_refused),
    ("a_look_at_one_benchmark_does_not_hide_the_full_report", a_look_does_not_hide_the_full_report),
    ("as_a_test_every_benchmark_is_built_and_nothing_is_kept", as_a_test_nothing_is_kept),
    ("a_failed_benchmark_does_not_keep_the_others_from_criterion", a_failed_benchmark_does_not_keep_the_others),
    ("lines_for_programs_stay_json_with_criterion_about", lines_for_programs_stay_json),
];

fn main() -> ExitCode {
    if let Some(suite) = env::var_os(BENCH_VARIABLE) {
        return Bench::new(suite).main();
    }
    if let Some(report) = env::var_os(REPLAY_VARIABLE) {
        return match replay(Path::new(&report), &Selection::default()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    run_tests()
}

/// Runs the tests that the command line selects and closes as libtest does.
fn run_tests() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let exact = args.iter().any(|arg| arg == "--exact");
    let filters: Vec<&String> = args.iter().filter(|arg| !arg.starts_with('-')).collect();
    let selected = |name: &str| {
        filters.is_empty() || filters.iter().any(|filter| if exact { name == *filter } else { name.contains(*filter) })
    };
    let tests: Vec<_> = TESTS.into_iter().filter(|(name, _)| selected(name)).collect();
    if args.iter().any(|arg| arg == "--list") {
        tests.iter().for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    println!("\nrunning {} tests", tests.len());
    let started = Instant::now();
    let mut failed = 0;
    for (name, test) in &tests {
        let passed = panic::catch_unwind(test).is_ok();
        println!("test {name} ... {}", if passed { "ok" } else { "FAILED" });
        failed += usize::from(!passed);
    }
    println!(
        "\ntest result: {}. {} passed; {failed} failed; 0 ignored; 0 measured; {} filtered out; finished in {:.2}s\n",
        if failed == 0 { "ok" } else { "FAILED" },
        tests.len() - failed,
        TESTS.len() - tests.len(),
        started.elapsed().as_secs_f64(),
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(101) }
}

// The phases that must come out as series are patient: on a busy machine both markers of another may be read at one moment,
// and a series with a zero in it is left out.

/// Runs this program as a bench target over the bed's suite, as `cargo bench -- ARGS` does.
fn bench(bed: &Bed, args: &[&str]) -> Output {
    bench_as_it_is(bed, &[&["--bench", "--pin", "never", "--noplot"], args].concat())
}

fn bench_as_it_is(bed: &Bed, args: &[&str]) -> Output {
    let mut command = bed.command(&env::current_exe().unwrap());
    command.args(args).env(BENCH_VARIABLE, bed.path("suite")).env("CARGO_TARGET_DIR", bed.path("target"));
    command.in_time()
}

#[track_caller]
fn assert_code(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "{}\n{}", stdout(output), stderr(output));
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn report(bed: &Bed) -> Report {
    file::read(&bed.path("target/forc-perf/report.json")).unwrap()
}

/// What Criterion keeps under one baseline's name: by group and function, its samples in nanoseconds an iteration.
fn kept(bed: &Bed, baseline: &str) -> BTreeMap<(String, String), Vec<f64>> {
    let mut kept = BTreeMap::new();
    for entry in walkdir::WalkDir::new(bed.path("target/criterion")).into_iter().filter_map(Result::ok) {
        let folder = entry.path();
        if entry.file_name() != baseline || !folder.join("benchmark.json").is_file() {
            continue;
        }
        let read = |name: &str| -> Value { serde_json::from_slice(&fs::read(folder.join(name)).unwrap()).unwrap() };
        let (benchmark, sample) = (read("benchmark.json"), read("sample.json"));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let numbers = |name: &str| -> Vec<f64> {
            sample[name].as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
        };
        let samples =
            numbers("times").iter().zip(numbers("iters")).map(|(time, iterations)| time / iterations).collect();
        let before = kept.insert((text(&benchmark["group_id"]), text(&benchmark["function_id"])), samples);
        assert!(before.is_none(), "two folders of one benchmark: {benchmark}");
    }
    kept
}

#[track_caller]
fn assert_kept_is(kept: &BTreeMap<(String, String), Vec<f64>>, report: &Report) {
    let mut expected: BTreeMap<(String, String), Vec<Duration>> = BTreeMap::new();
    for benchmark in &report.benchmarks {
        for Series { name, samples } in series(benchmark) {
            expected.insert((benchmark.id.clone(), name), samples);
        }
    }
    assert_eq!(kept.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (id, samples) in &expected {
        assert_eq!(kept[id].len(), samples.len(), "{id:?}");
        for (kept, recorded) in kept[id].iter().zip(samples) {
            let recorded = recorded.as_nanos() as f64;
            assert!((kept - recorded).abs() < 1.0, "{id:?}: {recorded} ns became {kept} ns");
        }
    }
}

fn every_recorded_sample_reaches_criterion() {
    let bed = Bed::new();
    bed.project("apps/a", "patient\npackage library dep\npackage script a");
    bed.project_with(
        "apps/b",
        "[project.metadata.forc-perf]\nscenarios = [\"debug --tests\"]",
        "patient\nstart b one\nspin 5\nstop b one",
    );
    let output = bench(&bed, &["--samples", "12"]);
    assert_code(&output, 0);
    let kept = kept(&bed, "new");
    let report = report(&bed);
    assert_eq!(report.benchmarks[0].runs.len(), 12);
    let functions: Vec<_> = kept.keys().map(|(group, function)| (group.as_str(), function.as_str())).collect();
    for expected in [
        ("apps/a/debug", "wall"),
        ("apps/a/debug", "compile to ast"),
        ("apps/a/debug", "parse the program to a concrete syntax tree (CST)"),
        ("apps/b/debug --tests", "one"),
        ("apps/b/debug --tests", "wall"),
    ] {
        assert!(functions.contains(&expected), "{expected:?} is none of {functions:?}");
    }
    assert_kept_is(&kept, &report);
    // The samples of the whole are the runs' own wall times.
    let wall = &kept[&("apps/a/debug".to_owned(), "wall".to_owned())];
    for (kept, run) in wall.iter().zip(&report.benchmarks[0].runs) {
        assert!((kept - run.wall().unwrap().as_nanos() as f64).abs() < 1.0);
    }
}

/// A report whose only series has these samples.
fn report_of(bed: &Bed, samples: &[Duration]) -> Report {
    bed.good_project();
    let run = bed.run(&["--samples", "1"]);
    let mut report = run.report().clone();
    let runs = &mut report.benchmarks[0].runs;
    runs[0].phases.clear();
    runs[0].start_time = Some(SerdeInstant::from_epoch(Duration::from_nanos(17)));
    *runs = vec![runs[0].clone(); samples.len()];
    for (run, sample) in runs.iter_mut().zip(samples) {
        run.end_time = Some(SerdeInstant::from_epoch(Duration::from_nanos(17) + *sample));
    }
    report.benchmarks[0].phases.clear();
    report
}

fn replayed(bed: &Bed, report: &Report) -> Output {
    file::write(report, &bed.path("synthetic.json")).unwrap();
    let mut command = bed.command(&env::current_exe().unwrap());
    command.args(["--bench", "--noplot", "--nresamples=1000"]);
    command.env(REPLAY_VARIABLE, bed.path("synthetic.json")).env("CRITERION_HOME", bed.path("target/criterion"));
    command.in_time()
}

fn samples_from_a_nanosecond_to_hours() {
    let mut random = fastrand::Rng::with_seed(11);
    let widths: [(u64, u64); 4] =
        [(1, 9), (1_000_000, 1_000_400), (1, 10_000_000_000_000), (6_900_000_000, 7_100_000_000)];
    for (number, (least, most)) in widths.into_iter().enumerate() {
        let bed = Bed::new();
        let samples: Vec<Duration> =
            (0..10 + 15 * number).map(|_| Duration::from_nanos(random.u64(least..most))).collect();
        let report = report_of(&bed, &samples);
        let output = replayed(&bed, &report);
        assert_code(&output, 0);
        let kept = kept(&bed, "new");
        assert_eq!(kept.len(), 1);
        assert_kept_is(&kept, &report);
    }
}

fn the_series_do_not_depend_on_the_luck_of_a_run() {
    let same = vec![Duration::from_millis(7); 12];
    let mut zero: Vec<Duration> = (1..15).map(Duration::from_millis).collect();
    zero[3] = Duration::ZERO;
    for samples in [same, zero] {
        let bed = Bed::new();
        let report = report_of(&bed, &samples);
        for _ in 0..2 {
            // Twice, as a comparison with the run before is where a constant would make Criterion panic.
            let output = replayed(&bed, &report);
            assert_code(&output, 0);
            assert!(!stderr(&output).contains("panicked"), "{}", stderr(&output));
        }
        let kept = kept(&bed, "new");
        assert_kept_is(&kept, &report);
        let kept = kept.values().next().unwrap();
        assert!(
            kept.iter().zip(&samples).all(|(kept, given)| (kept - given.as_nanos() as f64).abs() <= 1.0),
            "to the nanosecond"
        );
    }
    let bed = Bed::new();
    let output = replayed(&bed, &report_of(&bed, &(1..10).map(Duration::from_millis).collect::<Vec<_>>()));
    assert_code(&output, 1);
    assert!(stderr(&output).contains("no selected benchmark for Criterion"), "{}", stderr(&output));
    // A phase that some runs lack is a series all the same.
    let bed = Bed::new();
    let count = bed.word("count");
    bed.project(
        "apps/a",
        &format!("count {count}\npackage script a\nfrom 6 start a rare\nfrom 6 spin 1\nfrom 6 stop a rare"),
    );
    assert_code(&bench(&bed, &["--samples", "10"]), 0);
    assert!(kept(&bed, "new").keys().any(|(_, function)| function == "rare"));
}

fn a_panic_of_criterions_loses_that_series_alone() {
    let bed = Bed::new();
    bed.project("apps/a", "patient\nstart a one\nspin 5\nstop a one");
    bed.project("apps/b", "patient\nstart b one\nspin 5\nstop b one");
    for name in ["x", "y"] {
        assert_code(&bench(&bed, &["--samples", "10", "--save-baseline", name]), 0);
    }
    fs::remove_dir_all(bed.path("target/criterion/apps_a_debug/one/x")).unwrap();
    let _ = fs::remove_dir_all(bed.path("target/criterion/apps_b_debug/one/change"));
    let output = bench(&bed, &["--load-baseline", "x", "--baseline", "y"]);
    assert_code(&output, 4);
    let said = stderr(&output);
    assert!(said.contains("error: Criterion panicked: Baseline 'x' must exist"), "{said}");
    assert!(said.contains("`apps/a/debug/one`") && !said.contains("stack backtrace"), "{said}");
    assert!(bed.path("target/criterion/apps_b_debug/one/change").is_dir(), "the other is compared");
}

fn an_edited_program_is_not_compared_with_its_baseline() {
    let bed = Bed::new();
    let project = bed.project("apps/a", "patient\nstart a one\nspin 5\nstop a one");
    assert_code(&bench(&bed, &["--samples", "10", "--save-baseline", "x"]), 0);
    assert_code(&bench(&bed, &["--samples", "10"]), 0);
    let change = bed.path("target/criterion/apps_a_debug/one/change");
    let compared = |args: &[&str]| {
        let _ = fs::remove_dir_all(&change);
        let output = bench(&bed, &[&["--samples", "10"], args].concat());
        assert_code(&output, 0);
        assert_eq!(stderr(&output).contains("were edited since the baseline"), !change.is_dir(), "{}", stderr(&output));
        change.is_dir()
    };
    assert!(compared(&[]));
    fs::write(project.join("src/script.txt"), "patient\nstart a one\nspin 60\nstop a one").unwrap();
    assert!(!compared(&[]), "of the program before");
    assert!(compared(&[]), "of this program");
    assert!(!compared(&["--baseline", "x"]));
    assert!(bed.path("target/criterion/apps_a_debug/one/x").is_dir(), "it stays");
}

fn median(samples: &[f64]) -> f64 {
    let mut samples = samples.to_vec();
    samples.sort_by(f64::total_cmp);
    f64::midpoint(samples[(samples.len() - 1) / 2], samples[samples.len() / 2])
}

fn baselines_are_saved_and_compared_with() {
    let bed = Bed::new();
    let count = bed.word("count");
    // After the warm-up and ten runs, six times as long.
    bed.project("apps/a", &format!("count {count}\npatient\nstart a one\nspin 15\nfrom 12 spin 75\nstop a one"));
    assert_code(&bench(&bed, &["--samples", "10", "--save-baseline", "before"]), 0);
    let before = kept(&bed, "before");
    assert_kept_is(&before, &report(&bed));
    let output = bench(&bed, &["--samples", "10", "--baseline", "before"]);
    assert_code(&output, 0);
    assert_eq!(kept(&bed, "before"), before, "a baseline that is compared with stays as it is");
    let change = bed.path("target/criterion").join("apps_a_debug/one/change/estimates.json");
    let change: Value = serde_json::from_slice(&fs::read(change).unwrap()).unwrap();
    let id = ("apps/a/debug".to_owned(), "one".to_owned());
    let expected = median(&kept(&bed, "new")[&id]) / median(&before[&id]) - 1.0;
    let told = change["median"]["point_estimate"].as_f64().unwrap();
    assert!((told - expected).abs() < 1e-6, "{expected}: {change}");
    let output = bench(&bed, &["--samples", "10", "--baseline", "never-saved"]);
    assert_code(&output, 2);
    assert!(stderr(&output).contains("no benchmark has a baseline `never-saved`"), "{}", stderr(&output));
}

fn a_saved_baseline_is_loaded_without_measuring() {
    let bed = Bed::new();
    let count = bed.word("count");
    bed.project("apps/a", &format!("count {count}\npatient\nstart a one\nspin 5\nstop a one"));
    for name in ["x", "y"] {
        assert_code(&bench(&bed, &["--samples", "10", "--save-baseline", name]), 0);
    }
    let built = fs::read_to_string(&count).unwrap();
    assert_code(&bench(&bed, &["--load-baseline", "x", "--baseline", "y"]), 0);
    assert_eq!(fs::read_to_string(&count).unwrap(), built);
    assert_code(&bench(&bed, &["--load-baseline", "x"]), 2);
}

fn the_list_is_criterions_and_measures_nothing() {
    let bed = Bed::new();
    let count = bed.word("count");
    bed.project("apps/a", &format!("count {count}\npackage script a"));
    bed.good_project();
    let output = bench(&bed, &["--list"]);
    assert_code(&output, 0);
    assert_eq!(stdout(&output), "apps/a/debug: benchmark\ngood/good/debug: benchmark\n");
    let output = bench(&bed, &["--list", "apps"]);
    assert_eq!(stdout(&output), "apps/a/debug: benchmark\n");
    assert!(!bed.path("count").exists() && !bed.path("target").exists());
}

fn a_filter_selects_in_the_suite_and_in_criterion() {
    let bed = Bed::new();
    bed.project("apps/a", "package script a");
    bed.good_project();
    assert_code(&bench(&bed, &["--samples", "10", "apps/*"]), 0);
    let kept = kept(&bed, "new");
    assert!(!kept.is_empty() && kept.keys().all(|(group, _)| group == "apps/a/debug"), "{:?}", kept.keys());
    assert_eq!(report(&bed).benchmarks.len(), 1);
    assert_code(&bench(&bed, &["--samples", "10", "no-such-benchmark"]), 3);
}

fn a_filter_that_names_the_suite_reaches_criterion_too() {
    let bed = Bed::new();
    bed.project("apps/a", "patient\nstart a one\nspin 5\nstop a one");
    bed.good_project();
    assert_code(&bench(&bed, &["--samples", "10", "suite/apps/*"]), 0);
    assert_kept_is(&kept(&bed, "new"), &report(&bed));
    assert!(!kept(&bed, "new").is_empty());
}

fn help_shows_both_kinds_of_options() {
    let bed = Bed::new();
    let output = bench_as_it_is(&bed, &["--help"]);
    assert_code(&output, 0);
    for word in ["--forc", "--interval", "--quick", "--save-baseline", "--baseline", "--list", "Criterion", "130"] {
        assert!(stdout(&output).contains(word), "{word}: {}", stdout(&output));
    }
}

fn quick_is_three_runs_without_criterion() {
    let bed = Bed::new();
    bed.good_project();
    assert_code(&bench(&bed, &["--quick"]), 0);
    assert_eq!(report(&bed).benchmarks[0].runs.len(), 3);
    assert!(!bed.path("target/criterion").exists());
}

fn a_wrong_option_is_refused() {
    let bed = Bed::new();
    bed.good_project();
    for args in [
        &["--no-such-option"][..],
        &["--warm-up-time", "3"],
        &["--measurement-time", "3"],
        &["--profile-time", "3"],
        &["--samples", "0"],
        &["--save-baseline", "a", "--baseline", "a"],
        &["--color", "pink"],
        // Baselines are of more runs than these.
        &["--quick", "--save-baseline", "a"],
        &["--samples", "9", "--baseline", "a"],
    ] {
        let output = bench(&bed, args);
        assert_code(&output, 2);
        assert!(stderr(&output).starts_with("error: "), "{args:?}: {}", stderr(&output));
    }
    assert!(!bed.path("target").exists());
}

fn a_look_does_not_hide_the_full_report() {
    let bed = Bed::new();
    // Patient, as the memory of so small a process is known from its markers and frames alone.
    bed.project("apps/a", "patient\npackage script a");
    let count = bed.word("count");
    // After the warm-up and ten runs it takes more memory.
    bed.project("apps/b", &format!("count {count}\npatient\nfrom 12 alloc 30\npackage script b"));
    assert_code(&bench(&bed, &["--samples", "10"]), 0);
    let full = report(&bed);
    // A quick look at one benchmark is the latest report; three runs leave its times undecided.
    let quick = bench(&bed, &["--quick", "apps/a"]);
    assert_code(&quick, 0);
    assert_eq!(report(&bed).benchmarks.len(), 1);
    assert!(stdout(&quick).contains("no change shown in 1 benchmark (5 figures, 3 undecided)"), "{}", stdout(&quick));
    assert!(stdout(&quick).contains("half its 75 % interval"), "{}", stdout(&quick));
    assert_eq!(file::read(&bed.path("target/forc-perf/full.json")).unwrap(), full);
    // What it left out is compared with the report before it.
    let slower = bench(&bed, &["--samples", "10"]);
    assert_code(&slower, 0);
    assert!(stdout(&slower).contains("apps/b/debug: peak memory ×"), "{}", stdout(&slower));
    assert_eq!(file::read(&bed.path("target/forc-perf/full.json")).unwrap(), report(&bed));
}

fn as_a_test_nothing_is_kept() {
    let bed = Bed::new();
    let count = bed.word("count");
    bed.project("apps/a", &format!("count {count}\npackage script a"));
    // Without `--bench`, as `cargo test --benches` calls.
    assert_code(&bench_as_it_is(&bed, &["--pin", "never"]), 0);
    assert_code(&bench(&bed, &["--test"]), 0);
    assert!(!bed.path("target").exists(), "nothing is kept");
    bed.project("apps/bad", "err error: no\nexit 1");
    assert_code(&bench(&bed, &["--test"]), 1);
}

fn a_failed_benchmark_does_not_keep_the_others() {
    let bed = Bed::new();
    bed.project("apps/a", "patient\nstart a one\nspin 5\nstop a one");
    bed.project("bad/bad", "err error: no\nexit 1");
    let count = bed.word("count");
    bed.project("bad/late", &format!("count {count}\npackage script late\nfrom 5 exit 1"));
    let output = bench(&bed, &["--samples", "10"]);
    assert_code(&output, 1);
    let groups: Vec<String> = kept(&bed, "new").into_keys().map(|(group, _)| group).collect();
    assert!(groups.iter().all(|group| group == "apps/a/debug"), "three runs are no sample: {groups:?}");
    assert!(!groups.is_empty());
    assert!(stdout(&output).contains("bad/bad/debug"), "{}", stdout(&output));
}

fn lines_for_programs_stay_json() {
    let bed = Bed::new();
    bed.good_project();
    let output = bench(&bed, &["--samples", "10", "--message-format", "json"]);
    assert_code(&output, 0);
    let messages: Vec<Value> = stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let last = messages.last().unwrap();
    assert_eq!(last["reason"], "finished");
    assert!(PathBuf::from(last["page"].as_str().unwrap()).is_file(), "{last}");
    assert!(!kept(&bed, "new").is_empty());
}
