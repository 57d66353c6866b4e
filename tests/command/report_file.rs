//! The report: its names, its schema, and that nothing is lost on the way to the disk and back.

use std::collections::BTreeSet;
use std::fs;

use crate::support::{Bed, InTime, Run};
use forc_perf::model::{COMPARISON_SCHEMA, Estimate, REPORT_SCHEMA, Report, SCHEMA_VERSION};
use forc_perf::report::file::{self, FileError};
use serde_json::Value;

/// A real report: a good benchmark, a failed one, something skipped.
fn recorded(bed: &Bed) -> Report {
    // Long enough for frames on any machine.
    bed.project("good/good", "package script good\nsleep 300");
    bed.project("bad/late", &format!("count {}\npackage script late\nfrom 3 panic no luck", bed.word("count")));
    bed.project_with("new/new", "[project.metadata.forc-perf]\nmin-forc = \"9.9.9\"", "package script new");
    let run = bed.run(&["--interval", "1ms", "--samples", "3"]);
    run.assert_code(1);
    run.report().clone()
}

fn json_of(bed: &Bed) -> Value {
    serde_json::from_slice(&fs::read(bed.path("report.json")).unwrap()).unwrap()
}

#[test]
fn a_report_that_is_read_back_has_lost_nothing() {
    let bed = Bed::new();
    let mut report = recorded(&bed);
    let copy = bed.path("copies/copy.json");
    // Numbers whose shortest decimal form is as long as they get.
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..20 {
        for summary in report.benchmarks.iter_mut().flat_map(|benchmark| &mut benchmark.metrics) {
            let Estimate { median, low, high, spread, .. } = &mut summary.estimate;
            [*median, *low, *high] = [random.f64() * 1e9, random.f64() * 1e-9, 1e15 * random.f64()];
            *spread = Some(random.f64());
        }
        for run in report.benchmarks.iter_mut().flat_map(|benchmark| &mut benchmark.runs) {
            run.frames.iter_mut().for_each(|frame| frame.cpu_usage = random.f32() * 200.0);
        }
        file::write(&report, &copy).unwrap();
        assert!(file::read(&copy).unwrap() == report, "a figure has changed on the way");
    }
}

#[test]
fn the_names_are_those_of_the_seed() {
    let bed = Bed::new();
    recorded(&bed);
    let json = json_of(&bed);
    let run = &json["benchmarks"][1]["runs"][0];
    assert_eq!(run["name"], "good/good/debug");
    assert_eq!(run["path"], bed.path("suite/good/good").canonicalize().unwrap().to_str().unwrap());
    let instant = |value: &Value| {
        let fields: Vec<_> =
            value.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value.is_u64())).collect();
        assert_eq!(BTreeSet::from_iter(fields), BTreeSet::from([("nanos", true), ("secs", true)]), "{value}");
    };
    instant(&run["start_time"]);
    instant(&run["end_time"]);
    let phase = &run["phases"][0];
    assert_eq!(phase["name"], "compile to ast");
    instant(&phase["start_time"]);
    instant(&phase["end_time"]);
    let frame = &run["frames"][0];
    instant(&frame["timestamp"]);
    assert!(frame["cpu_usage"].is_number());
    let names: BTreeSet<_> = frame.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "timestamp",
        "cpu_usage",
        "memory_usage",
        "virtual_memory_usage",
        "disk_total_written_bytes",
        "disk_written_bytes",
        "disk_total_read_bytes",
        "disk_read_bytes",
    ];
    assert_eq!(names, BTreeSet::from(expected), "a frame holds these and nothing else");
    for name in ["name", "path", "start_time", "end_time", "phases", "frames"] {
        assert!(run.as_object().unwrap().contains_key(name), "{name}");
    }
    // A phase that the compiler did not live to end.
    let failed = &json["benchmarks"][0]["failures"][0];
    assert_eq!(failed["kind"], "panic");
    assert_eq!(json["schema_version"], SCHEMA_VERSION);
}

#[test]
fn the_command_prints_the_schemas_that_files_are_held_against() {
    let bed = Bed::new();
    for (args, schema) in [
        (&["schema"][..], REPORT_SCHEMA),
        (&["schema", "report"], REPORT_SCHEMA),
        (&["schema", "comparison"], COMPARISON_SCHEMA),
    ] {
        let output = bed.harness().args(args).in_time();
        assert!(output.status.success());
        assert_eq!(String::from_utf8(output.stdout).unwrap(), schema);
    }
}

#[test]
fn a_report_of_a_later_forc_perf_is_refused_in_words() {
    let bed = Bed::new();
    let path =
        bed.write("later.json", &format!("{{\"schema_version\": {}, \"benchmarks\": \"other\"}}", SCHEMA_VERSION + 1));
    let error = file::read(&path).unwrap_err();
    assert!(matches!(error, FileError::Newer { found, .. } if found == SCHEMA_VERSION + 1), "{error}");
    assert!(error.to_string().contains("update forc-perf") && error.to_string().contains("later.json"), "{error}");
}

#[test]
fn a_file_that_is_no_whole_report_is_refused_in_words() {
    let bed = Bed::new();
    recorded(&bed);
    let whole = fs::read(bed.path("report.json")).unwrap();
    let cut = bed.path("cut.json");
    for length in [0, 1, whole.len() / 2, whole.len() - 1] {
        fs::write(&cut, &whole[..length]).unwrap();
        let error = file::read(&cut).unwrap_err().to_string();
        assert!(error.contains("cut.json is no report of forc-perf"), "{error}");
    }
    let error = file::read(&bed.path("missing.json")).unwrap_err().to_string();
    assert!(error.starts_with("cannot read ") && error.contains("missing.json"), "{error}");
}

#[test]
fn whatever_stands_in_the_reports_place_does_not_break_a_run() {
    let bed = Bed::new();
    bed.good_project();
    let later = format!("{{\"schema_version\": {}}}", SCHEMA_VERSION + 1);
    for older in ["", "{\"schema_version\": 1", "[]", "{\"schema_version\": 0}", &later] {
        bed.write("report.json", older);
        bed.run(&[]).assert_code(0);
        assert_eq!(file::read(&bed.path("report.json")).unwrap().benchmarks.len(), 1, "after {older:?}");
    }
}

#[test]
fn a_report_of_the_first_layout_is_still_read() {
    // What stands beside the seed's own fields may be missing in a file; those fields may not.
    let bed = Bed::new();
    recorded(&bed);
    let mut json = json_of(&bed);
    for benchmark in json["benchmarks"].as_array_mut().unwrap() {
        let fields = benchmark.as_object_mut().unwrap();
        let _ = ["metrics", "phases", "packages", "failures", "tags", "description"].map(|name| fields.remove(name));
        for run in benchmark["runs"].as_array_mut().unwrap() {
            let fields = run.as_object_mut().unwrap();
            let _ =
                ["packages", "exit", "accounting", "protocol", "collector", "notes"].map(|name| fields.remove(name));
            for phase in run["phases"].as_array_mut().unwrap() {
                let fields = phase.as_object_mut().unwrap();
                let _ = ["package", "depth", "pass", "cost"].map(|name| fields.remove(name));
            }
        }
    }
    json.as_object_mut().unwrap().remove("skipped");
    bed.write("report.json", &json.to_string());
    let read = file::read(&bed.path("report.json")).unwrap();
    assert_eq!(read.benchmarks[1].runs.len(), 3);
    // And a run that is compared with it is none the worse.
    bed.run(&["good"]).assert_code(0);
}

#[test]
fn a_second_report_is_compared_with_the_first() {
    let bed = Bed::new();
    // Patient, as the memory of so small a process is known from its markers and frames alone.
    // After a warm-up and ten runs it takes more of everything: the same program, which is compared.
    let count = bed.word("count");
    let script = "patient\nfrom 12 alloc 30\npackage script a\nfrom 12 sleep 100";
    bed.project("apps/a", &format!("count {count}\n{script}"));
    let first = bed.run(&["--samples", "10"]);
    first.assert_code(0);
    assert!(!first.stdout.contains("Against the previous report"), "{}", first.stdout);
    let second = bed.run(&["--samples", "10"]);
    second.assert_code(0);
    assert!(second.stdout.contains("Against the previous report"), "{}", second.stdout);
    assert!(second.stdout.contains("apps/a/debug: peak memory ×"), "{}", second.stdout);
    // What the clock says may drown in the noise of a busy machine, but for that the two have to overlap.
    let walls = |run: &Run| -> Vec<f64> {
        run.benchmark("apps/a/debug").runs.iter().map(|run| run.wall().unwrap().as_secs_f64()).collect()
    };
    let longest = walls(&first).into_iter().fold(0.0, f64::max);
    if walls(&second).into_iter().all(|wall| wall > 1.05 * longest) {
        assert!(second.stdout.contains("apps/a/debug: wall "), "{}", second.stdout);
    }

    // On another machine such a change says nothing.
    let mut report = file::read(&bed.path("report.json")).unwrap();
    report.environment.host = Some("another".to_owned());
    file::write(&report, &bed.path("report.json")).unwrap();
    let third = bed.run(&["--samples", "2"]);
    third.assert_code(0);
    assert!(third.stdout.contains("another machine"), "{}", third.stdout);
}

#[test]
fn a_run_that_measured_nothing_does_not_take_a_reports_place() {
    let bed = Bed::new();
    let project = bed.project("apps/a", "package script a");
    bed.run(&[]).assert_code(0);
    let before = fs::read(bed.path("report.json")).unwrap();
    fs::write(project.join("src/script.txt"), "err error: no\nexit 1").unwrap();
    let run = bed.run(&[]);
    run.assert_code(3);
    assert!(run.stderr.contains("is unchanged"), "{}", run.stderr);
    assert_eq!(fs::read(bed.path("report.json")).unwrap(), before);
}

#[test]
fn the_report_tells_what_was_measured_on_and_how() {
    let bed = Bed::new();
    bed.good_project();
    let run = bed.run(&["--seed", "42", "--interval", "20ms", "--time-limit", "1m"]);
    run.assert_code(0);
    let report = run.report();
    assert_eq!(report.harness.name, "forc-perf");
    assert_eq!(report.harness.version, env!("CARGO_PKG_VERSION"));
    assert_eq!((report.settings.seed, report.settings.samples, report.settings.pinned), (42, Some(2), false));
    assert_eq!(report.settings.interval.as_millis(), 20);
    assert_eq!(report.settings.time_limit.as_secs(), 60);
    assert!(!report.environment.cpus.is_empty() && report.environment.total_memory > 0);
    assert!(report.measuring.in_forc <= report.measuring.wall);
    assert!(report.created.ends_with('Z') && report.created.contains('T'), "{}", report.created);
}
