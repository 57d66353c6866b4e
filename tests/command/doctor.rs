//! `doctor`, its lines before a comparison and a night, and what casts doubt on runs.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::support::{Bed, eventually, is_running, run, shell_script, signal, stand_in, text_of};
use forc_perf::model::{Measured, Severity, WarningKind};
use forc_perf::report::{file, html};
use serde_json::Value;

/// An idle machine whose control group may use so much of a processor.
fn tree(bed: &Bed, quota: &str) -> String {
    bed.write("tree/proc/stat", "cpu  1000 0 500 98500 100 0 0 0 0 0\n");
    bed.write("tree/proc/loadavg", "0.02 0.10 0.05 1/200 4711\n");
    bed.write("tree/proc/self/status", "Cpus_allowed_list:\t0-3\n");
    bed.write("tree/proc/self/cgroup", "0::/\n");
    bed.write("tree/sys/fs/cgroup/cgroup.controllers", "cpu\n");
    bed.write("tree/sys/fs/cgroup/cpu.max", quota);
    bed.word("tree")
}

#[test]
fn a_machine_that_cannot_measure_is_told_by_the_exit_code_and_the_first_line() {
    let bed = Bed::new();
    let root = tree(&bed, "max 100000\n");
    let good = run(&bed, &["doctor", "--root", &root]).assert_code(0);
    assert!(good.stdout.starts_with("This machine can measure.\n"), "{}", good.stdout);
    let root = tree(&bed, "50000 100000\n");
    let bad = run(&bed, &["doctor", "--root", &root]).assert_code(1);
    let first = bad.stdout.lines().next().unwrap();
    assert_eq!(first, "This machine cannot measure (cgroup CPU limit: 0.50 of 4 processors).");
    assert!(bad.stdout.contains("CPUQuota="), "{}", bad.stdout);
    let json: Value =
        serde_json::from_str(&run(&bed, &["doctor", "--root", &root, "--format", "json"]).assert_code(1).stdout)
            .unwrap();
    assert_eq!((&json["can_measure"], &json["trial"]), (&Value::Bool(false), &Value::Null));
    let topics: Vec<&str> =
        json["checks"].as_array().unwrap().iter().map(|check| check["topic"].as_str().unwrap()).collect();
    assert!(topics.contains(&"load average") && topics.contains(&"not visible"), "{topics:?}");
}

/// `doctor` on the machine that the tests run on, of which they know nothing: it may well be busy.
fn doctor(bed: &Bed, args: &[&str]) -> Value {
    let ended = run(bed, &[&["doctor", "--format", "json", "--duration", "1s"], args].concat());
    let json: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"));
    assert_eq!(ended.code, Some(if json["can_measure"] == true { 0 } else { 1 }), "{json}");
    json
}

#[test]
fn an_a_a_says_which_change_would_show() {
    let bed = Bed::new();
    let json = doctor(&bed, &[]);
    let trial = &json["trial"];
    assert!(trial["pairs"].as_u64().unwrap() >= 5 && trial["build_seconds"].as_f64().unwrap() > 0.0, "{trial}");
    let metrics = |changes: &Value| -> Vec<String> {
        changes.as_array().unwrap().iter().map(|change| change[0].as_str().unwrap().to_owned()).collect()
    };
    // The memory of so small a process may be hidden by the harness's own.
    for part in ["short", "real"] {
        let known = metrics(&trial[part]["changes"]);
        assert!(known.contains(&"wall".to_owned()) && known.contains(&"cpu".to_owned()), "{trial}");
    }
    assert_eq!((&trial["real"]["pairs"], &trial["real"]["benchmarks"]), (&Value::from(12), &Value::from(4)));
    bed.assert_nothing_left();
    // For people the same, in a line each.
    let text = run(&bed, &["doctor", "--duration", "1s"]).stdout;
    assert!(
        text.contains("of 20 short builds") && text.contains("of 4 real programs of 6 s a build, 12 pairs each: CPU "),
        "{text}"
    );
}

#[test]
fn without_a_compiler_there_is_no_a_a_and_nothing_is_built() {
    let bed = Bed::new();
    let empty = bed.path("empty");
    fs::create_dir(&empty).unwrap();
    let mut harness = bed.harness();
    harness.env_remove("FORC_PERF_FORC").env("PATH", &empty).args(["doctor", "--format", "json"]);
    let output = harness.output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(json["no_trial_because"].as_str().unwrap().starts_with("no compiler is available"), "{json}");
    // One that was asked for must be there.
    run(&bed, &["doctor", "--forc", "./missing"]).assert_error(4, &["there is no compiler at"]);
}

#[test]
fn a_compiler_that_does_not_build_is_no_reason_to_say_nothing() {
    let bed = Bed::new();
    let stand_in = stand_in().display();
    let text = format!("case \"$*\" in *tiny*) echo 'error: no' >&2; exit 1;; esac\nexec '{stand_in}' \"$@\"");
    let broken = shell_script(&bed.path("broken/forc"), &text);
    let json = doctor(&bed, &["--forc", broken.to_str().unwrap()]);
    assert_eq!(json["no_trial_because"], "forc 0.72.1 does not build a script without std: error: no");
    assert!(!json["checks"].as_array().unwrap().is_empty());
}

#[test]
fn a_comparison_begins_with_the_machine_and_keeps_what_was_found() {
    let bed = Bed::new();
    bed.good_project();
    let forc = stand_in().to_str().unwrap();
    let words = [
        "compare",
        forc,
        forc,
        "--suite",
        &bed.word("suite"),
        "--max-runs",
        "2",
        "--output",
        "c.json",
        "--format",
        "json",
    ];
    let ended = run(&bed, &words);
    let first = ended.stderr.lines().next().unwrap();
    assert!(first.starts_with("machine: "), "{}", ended.stderr);
    let told = ended.stderr.lines().skip(1).take_while(|line| !line.starts_with("forc "));
    let told: Vec<&str> = told.collect();
    assert!(told.len() <= 4, "{told:?}");
    for line in &told {
        assert!(["note: ", "warning: ", "useless: ", "and "].iter().any(|word| line.starts_with(word)), "{line}");
        assert_eq!(ended.stderr.matches(line).count(), 1, "told twice: {line}");
    }
    // What stands on stdout is the comparison and nothing else.
    assert!(serde_json::from_str::<Value>(&ended.stdout).is_ok(), "{}", ended.stdout);
    let comparison = file::read_comparison(&bed.path("c.json")).unwrap();
    assert!(comparison.environment.checks.iter().any(|check| check.topic == "load average"));
    // A run of the suite says nothing of it.
    let run = bed.run(&[]);
    assert!(!run.stderr.contains("machine: ") && run.report().environment.checks.is_empty(), "{}", run.stderr);
}

#[test]
fn a_night_tells_programs_of_the_machine_and_keeps_its_warnings() {
    let bed = Bed::new();
    bed.project("slow/slow", "spin 20\nsleep 700\npackage script slow\n");
    let suite = bed.word("suite");
    let words = [
        "nightly",
        "--samples",
        "2",
        "--pin",
        "never",
        "--out",
        "pages",
        "--suite",
        &suite,
        "--message-format",
        "json",
    ];
    let messages = run(&bed, &words).assert_code(0).json();
    let machine = messages.iter().find(|message| message["reason"] == "machine").unwrap();
    assert!(machine["lines"].as_array().unwrap().len() <= 5 && machine["checks"].is_array());
    let news = messages.iter().find(|message| message["reason"] == "news").unwrap();
    let lines: Vec<&str> = news["lines"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    let last = lines.last().unwrap();
    assert!(lines.len() <= 5 && last.starts_with("warnings: stopped or waiting in 1 benchmark"), "{lines:?}");
    assert_eq!(news["health"]["last"]["warned"][0]["kind"], "stopped");
    let page = fs::read_to_string(bed.path("pages/index.html")).unwrap();
    assert!(page.contains("Measured with warnings: "), "the front page does not tell");
}

#[track_caller]
fn warning(measured: &Measured, kind: WarningKind) -> (usize, &str) {
    let warning = measured.warnings.iter().find(|warning| warning.kind == kind);
    let warning = warning.unwrap_or_else(|| panic!("no {kind:?} among {:?}", measured.warnings));
    (warning.runs, &warning.message)
}

#[test]
fn a_run_that_waits_is_told_and_is_no_failure() {
    let bed = Bed::new();
    // Too short a rest to have stood still, and longer than all of its work.
    bed.project("a/resting", "spin 40\nsleep 300\n");
    bed.good_project();
    let run = bed.run(&["--samples", "3", "--output", &bed.word("report.json")]);
    run.assert_code(0);
    let (runs, message) = warning(run.benchmark("a/resting/debug"), WarningKind::WallBeyondCpu);
    assert!(runs == 3 && message.contains("× CPU time in the median run") && message.contains("the disk"), "{message}");
    let shown = run.stdout.lines().find(|line| line.starts_with("warning a/resting/debug: wall time is")).unwrap();
    assert!(shown.ends_with(message), "{shown}");
    let page = html::index(run.report());
    assert!(
        page.contains("Warning, wall beyond CPU time: ") && page.contains("<dt>Warnings</dt>"),
        "the page does not tell"
    );
}

#[test]
fn a_compiler_that_was_stopped_and_continued_is_told() {
    let bed = Bed::new();
    let said = bed.path("said");
    let counter = bed.word("counted");
    // The first is the warm-up. In the third it waits for nothing but to be stopped.
    let script =
        format!("count {counter}\nspin 20\non 3 say {}\non 3 await {}\nspin 20\n", said.display(), bed.word("go"));
    bed.project("a/stopped", &script);
    let mut command = bed.harness();
    let mut harness = command.args(bed.run_words(&["--samples", "3"])).spawn().unwrap();
    eventually("the compiler says its id", || text_of(&said).trim().parse::<u32>().is_ok());
    let pid: u32 = text_of(&said).trim().parse().unwrap();
    signal(pid, libc::SIGSTOP);
    bed.write("go", "");
    thread::sleep(Duration::from_millis(900));
    assert!(is_running(pid));
    signal(pid, libc::SIGCONT);
    assert!(harness.wait().unwrap().success());
    let report = file::read(&bed.path("report.json")).unwrap();
    let (runs, message) = warning(&report.benchmarks[0], WarningKind::Stopped);
    assert!(runs >= 1 && message.contains("stopped and continued"), "{message}");
}

#[test]
fn another_load_is_told_and_kept_with_the_runs() {
    let bed = Bed::new();
    bed.project("a/working", "spin 60\n");
    let done = Arc::new(AtomicBool::new(false));
    let spinners: Vec<_> = (0..thread::available_parallelism().map_or(2, usize::from))
        .map(|_| {
            let done = Arc::clone(&done);
            thread::spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            })
        })
        .collect();
    let run = bed.run(&["--samples", "10"]);
    done.store(true, Ordering::Relaxed);
    spinners.into_iter().for_each(|spinner| spinner.join().unwrap());
    run.assert_code(0);
    let measured = run.benchmark("a/working/debug");
    assert!(warning(measured, WarningKind::OtherLoad).1.starts_with("other programs kept "));
    assert!(measured.runs.iter().all(|run| run.surroundings.is_some_and(|around| !around.elapsed.is_zero())));
}

#[test]
fn severities_are_words_in_files() {
    assert_eq!(serde_json::to_value(Severity::Useless).unwrap(), "useless");
    assert_eq!(serde_json::to_value(WarningKind::WallBeyondCpu).unwrap(), "wall-beyond-cpu");
}
