//! The nightly command and the dashboard that it writes.

mod support;

use std::fs::{self, File};
use std::time::Duration;

use forc_perf::figures;
use forc_perf::history::{CommitRef, History, Provenance, ReportFilter};
use forc_perf::model::Report;
use serde_json::Value;
use support::{Bed, Ended, run};

/// The options of a short night.
const NIGHT: [&str; 7] = ["nightly", "--samples", "2", "--pin", "never", "--out", "pages"];

fn night(bed: &Bed, args: &[&str]) -> Ended {
    let suite = bed.word("suite");
    run(bed, &[&NIGHT[..], &["--suite", &suite], args].concat())
}

fn reports(bed: &Bed) -> usize {
    let history = History::open_read_only(&bed.path(".forc-perf/history.sqlite")).unwrap();
    history.reports(&ReportFilter::default()).unwrap().len()
}

#[test]
fn a_night_is_measured_recorded_and_told_in_five_lines() {
    let bed = Bed::new();
    bed.good_project();
    let first = night(&bed, &[]).assert_code(0);
    let lines: Vec<&str> = first.stdout.lines().collect();
    assert!(lines.len() <= 6 && lines[0].starts_with("1 benchmark, 2 runs"), "{}", first.stdout);
    assert!(
        lines[1].starts_with("too early to tell") && lines.last().unwrap().starts_with("dashboard: pages/index.html")
    );
    assert_eq!(reports(&bed), 1);
    for page in ["index.html", "events.html", "benchmarks/good-good-debug.html"] {
        assert!(bed.path("pages").join(page).is_file(), "{page}");
    }

    // What fails for the first time is told; the second time it is known.
    bed.project("bad/bad", "err error: no\nexit 1");
    let failed = night(&bed, &[]).assert_code(1);
    assert!(failed.stdout.contains("1 failed (1 compile error)"), "{}", failed.stdout);
    assert!(fs::read_to_string(bed.path("pages/index.html")).unwrap().contains("bad/bad/debug"));
    let known = night(&bed, &[]).assert_code(0);
    assert!(known.stdout.contains("1 failed (1 compile error)\n"), "{}", known.stdout);
    // A benchmark that is gone is missing, and of one that fails nothing is measured.
    fs::remove_dir_all(bed.path("suite/good")).unwrap();
    let nothing = night(&bed, &[]).assert_code(3);
    assert!(nothing.stdout.starts_with("NOTHING WAS MEASURED"), "{}", nothing.stdout);
    assert!(fs::read_to_string(bed.path("pages/index.html")).unwrap().contains("Nothing was measured"));
    night(&bed, &["--fail-on", "never"]).assert_code(0);
}

#[test]
fn a_second_night_at_the_same_time_is_refused() {
    let bed = Bed::new();
    bed.good_project();
    fs::create_dir_all(bed.path(".forc-perf")).unwrap();
    let lock = bed.path(".forc-perf/history.sqlite.nightly");
    fs::write(&lock, "4711").unwrap();
    let file = File::open(&lock).unwrap();
    file.lock().unwrap();
    let refused = night(&bed, &[]).assert_code(4);
    assert!(refused.stderr.starts_with("error: another nightly is running") && refused.stderr.contains("process 4711"));
    drop(file);
    // One that was killed leaves no lock behind, whatever stands in the file.
    night(&bed, &[]).assert_code(0);
}

#[test]
fn a_night_ends_at_its_limit_and_keeps_what_it_has() {
    let bed = Bed::new();
    bed.good_project();
    let suite = bed.word("suite");
    let night = ["nightly", "--samples", "10000", "--limit", "5s", "--out", "pages", "--suite", &suite];
    let ended = run(&bed, &night).assert_code(1);
    assert!(ended.stderr.contains("The limit of 5s was reached"), "{}", ended.stderr);
    assert!(ended.stdout.contains("; interrupted before its end"), "{}", ended.stdout);
    assert_eq!(reports(&bed), 1);
    bed.assert_nothing_left();
}

/// Nights of the same benchmark, of one commit each, which took so many milliseconds.
fn record(bed: &Bed, template: &Report, nights: std::ops::Range<u64>, milliseconds: f64) {
    let mut history = History::open(&bed.path(".forc-perf/history.sqlite")).unwrap();
    for number in nights {
        let time = jiff::Timestamp::from_second(1_767_225_600 + 86_400 * number as i64).unwrap().to_string();
        let mut report = template.clone();
        report.created.clone_from(&time);
        // Another compiler every night: what changes under one and the same is the machine's.
        report.toolchain.sha256 = format!("{number:064x}");
        for measured in &mut report.benchmarks {
            for (index, run) in measured.runs.iter_mut().enumerate() {
                let mut random = fastrand::Rng::with_seed(1000 * number + index as u64);
                let noise = 1.0 + 0.02 * (random.f64() - 0.5);
                let wall = Duration::from_secs_f64(milliseconds * noise / 1000.0);
                run.end_time = run.start_time.map(|start| start.saturating_add(wall));
            }
            figures::complete(measured);
        }
        let commit = CommitRef {
            id: format!("{number:040x}"),
            time: Some(time),
            subject: format!("Commit <b>{number}</b>"),
            position: None,
        };
        history.record(&report, &Provenance { commit: Some(commit), ..Provenance::default() }).unwrap();
    }
}

#[test]
fn a_regression_fails_the_night_that_tells_it_and_no_other() {
    let bed = Bed::new();
    bed.good_project();
    let template = bed.run(&["--samples", "3"]).report().clone();
    record(&bed, &template, 0..20, 100.0);
    let look = |args: &[&str]| night(&bed, &[&["--no-run"], args].concat());
    assert!(look(&[]).assert_code(0).stdout.contains("nothing new"));
    record(&bed, &template, 20..26, 130.0);
    let told = look(&[]).assert_code(5);
    let line = told.stdout.lines().find(|line| line.starts_with("worse")).unwrap();
    assert!(line.contains("0000000000") && line.contains("good/good/debug: wall +"), "{line}");
    let page = fs::read_to_string(bed.path("pages/index.html")).unwrap();
    assert!(page.contains("data-standing=\"new\"") && page.contains("Commit &lt;b&gt;20&lt;/b&gt;"));
    let again = look(&[]).assert_code(0);
    assert!(again.stdout.contains("nothing new") && again.stdout.contains("1 known regression is still open"));

    // Programs read the same as people.
    record(&bed, &template, 26..32, 170.0);
    let messages = look(&["--message-format", "json"]).assert_code(5).stdout;
    let news: Value = serde_json::from_str(messages.lines().last().unwrap()).unwrap();
    assert_eq!((news["reason"].as_str(), news["new"].as_array().map(Vec::len)), (Some("news"), Some(1)));

    let id = format!("{:040x}", 20);
    run(&bed, &["history", "ack", &id, "--kind", "expected", "-m", "see #1"]).assert_code(0);
    let events = run(&bed, &["history", "events", "--standing", "expected"]).assert_code(0).stdout;
    assert!(events.contains("expected: see #1") && events.contains("good/good/debug: wall +"), "{events}");
    let listed = run(&bed, &["history", "events", "--all", "--format", "json"]).assert_code(0).stdout;
    let first: Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
    assert!(first["headline"]["ratio"].as_f64().unwrap() > 1.2 && first["changes"].is_array());
}

#[test]
fn the_dashboard_is_written_where_it_may_be() {
    let bed = Bed::new();
    bed.good_project();
    let missing = run(&bed, &["dashboard"]).assert_code(4);
    assert!(missing.stderr.contains("there is no history"), "{}", missing.stderr);
    bed.run(&["--record"]).assert_code(0);
    let written = run(&bed, &["dashboard", "--out", "a/b"]).assert_code(0).stdout;
    assert!(written.starts_with("dashboard: a/b/index.html"), "{written}");
    let again = run(&bed, &["dashboard", "--out", "a/b"]).assert_code(0).stdout;
    assert!(again.contains("; 0 files written, "), "{again}");
    bed.run(&["--record"]).assert_code(0);
    // Reports with frames have a folder of pictures, too.
    let is_file = |entry: &fs::DirEntry| entry.file_type().unwrap().is_file();
    let count =
        |folder: &str| fs::read_dir(bed.path(folder)).unwrap().filter(|it| is_file(it.as_ref().unwrap())).count();
    run(&bed, &["dashboard", "--out", "a/b"]).assert_code(0);
    assert_eq!((count("a/b/runs"), count("a/b/data")), (2, 3), "two reports, and the list of them");
    run(&bed, &["dashboard", "--out", "a/b", "--reports", "1", "--drawn", "0"]).assert_code(0);
    assert_eq!((count("a/b/runs"), count("a/b/data")), (1, 2), "one that is too old has no page");
    let refused = run(&bed, &["dashboard", "--out", "suite"]).assert_code(2);
    assert!(refused.stderr.contains("holds files and no dashboard"), "{}", refused.stderr);
}

#[test]
fn a_night_that_expects_a_history_begins_none() {
    let bed = Bed::new();
    bed.good_project();
    let refused = night(&bed, &["--require-history"]);
    refused.assert_error(4, &[".forc-perf/history.sqlite holds no report", "--require-history"]);
    assert!(!bed.path(".forc-perf/history.sqlite").exists() && !bed.path("pages").exists());
    night(&bed, &[]).assert_code(0);
    night(&bed, &["--require-history"]).assert_code(0);
    assert_eq!(reports(&bed), 2);
}
