use std::fs;
use std::path::Path;

use jiff::Timestamp;

use crate::dashboard::{Options, Written, write};
use crate::history::testing::{commit, empty, of_commit, report, with_failure};
use crate::history::{ExtraFigure, History, Provenance, Prune, Source};
use crate::model::{Metric, Report};
use crate::testing;
use crate::trends::Trends;

fn dashboard(history: &History, folder: &Path) -> Written {
    let trends = Trends::of(history).unwrap();
    write(history, &trends, folder, &Options { drawn: 2, ..Options::default() }).unwrap()
}

/// The pages of reports and their pictures, by name.
fn files(folder: &Path) -> Vec<(String, String)> {
    let all = walkdir::WalkDir::new(folder.join("runs")).sort_by_file_name().into_iter().map(Result::unwrap);
    let files = all.filter(|entry| entry.file_type().is_file());
    files
        .map(|entry| {
            let name = entry.path().strip_prefix(folder).unwrap().display().to_string();
            (name, fs::read_to_string(entry.path()).unwrap())
        })
        .collect()
}

/// The only page of a history of this report alone.
fn page_of(report: &Report, provenance: &Provenance) -> String {
    let (folder, mut history) = empty();
    history.record(report, provenance).unwrap();
    dashboard(&history, &folder.path().join("out"));
    files(&folder.path().join("out")).into_iter().find(|(name, _)| name.ends_with(".html")).unwrap().1
}

fn pages(files: &[(String, String)]) -> usize {
    files.iter().filter(|(name, _)| name.ends_with(".html")).count()
}

#[test]
fn says_everything_about_a_report() {
    let mut report = testing::report(3);
    report.benchmarks[0].command = vec!["forc".to_owned(), "build".to_owned(), "--path".to_owned(), "it's".to_owned()];
    let page = page_of(&report, &of_commit(commit("0123456789abcdef", Some("2026-01-02T00:00:00Z"))));
    for text in [
        "subject of 0123456789abcdef",
        "2026-01-02",
        "whole run",
        "Phases by package",
        "outside phases",
        "Peak memory",
        "How it was measured",
        "Reproduce it",
        r"'it'\''s'",
        "loading=\"lazy\"",
        "Its course over the commits",
        "compare.html#other=",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains(" style=") && !page.contains("<script>") && !page.contains("<style"));
}

#[test]
fn pictures_are_of_the_latest_reports_and_of_frames_that_are_there() {
    let (folder, mut history) = empty();
    let out = folder.path().join("out");
    for day in 1..=4 {
        history.record(&report(day, &[100, 110, 120]), &of_commit(commit(&format!("{day:040}"), None))).unwrap();
    }
    let first = dashboard(&history, &out);
    assert_eq!((pages(&files(&out)), first.kept), (4, 0));
    let drawn = |files: &[(String, String)]| files.iter().filter(|(name, _)| name.ends_with("-timeline.svg")).count();
    assert_eq!(drawn(&files(&out)), 2);
    // Every picture that a page shows is there, and none besides.
    for (name, page) in files(&out).iter().filter(|(name, _)| name.ends_with(".html")) {
        let shown: Vec<&str> = page.split("<img src=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert!(shown.iter().all(|picture| out.join("runs").join(picture).exists()), "{name}: {shown:?}");
        let own = name.trim_end_matches(".html");
        let there = files(&out).iter().filter(|(other, _)| other.starts_with(&format!("{own}/"))).count();
        assert_eq!(there, shown.len(), "{name}");
    }
    // Nothing is made anew, and of a report more what it pushes out of the latest.
    let again = dashboard(&history, &out);
    assert_eq!((again.written, again.removed), (0, 0));
    let before = files(&out);
    history.record(&report(5, &[100, 110, 120]), &of_commit(commit(&format!("{:040}", 5), None))).unwrap();
    dashboard(&history, &out);
    let after = files(&out);
    assert_eq!((pages(&after), drawn(&after)), (5, 2));
    let same = before.iter().filter(|file| after.contains(file)).count();
    assert_eq!(before.len() - same, 1 + 3, "one page and its pictures");
    // A picture that somebody removed is drawn again, with its page.
    let picture = after.iter().find(|(name, _)| name.ends_with(".svg")).unwrap();
    fs::remove_file(out.join(&picture.0)).unwrap();
    dashboard(&history, &out);
    assert_eq!(files(&out), after);
}

#[test]
fn a_pruned_report_has_no_timeline() {
    let (folder, mut history) = empty();
    let out = folder.path().join("out");
    history.record(&report(1, &[100, 110]), &Provenance::default()).unwrap();
    dashboard(&history, &out);
    assert!(files(&out).len() > 1);
    let before: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(history.prune(&Prune { before, keep: 0, only_frames: true }).unwrap().reports, 1);
    dashboard(&history, &out);
    let files = files(&out);
    assert_eq!(files.len(), 1, "{files:?}");
    assert!(!files[0].1.contains("<img") && files[0].1.contains("compile to ast"));
}

#[test]
fn failures_are_told_with_the_compilers_words() {
    let mut failed = with_failure(report(1, &[100]));
    failed.benchmarks[0].failures[0].output = "error: <b>no such symbol</b>".to_owned();
    let page = page_of(&failed, &Provenance::default());
    for text in ["it panicked", "exit code 101", "compile ir to asm", "error: &lt;b&gt;no such symbol", "failure-0.svg"]
    {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn nothing_measured_is_said_loudly() {
    let page = page_of(&testing::nothing(), &Provenance::default());
    assert!(page.contains("<h2>Nothing was measured</h2>") && page.contains("Could not find symbol"));
    assert!(!page.contains("<h2 id=\"each\">"));
}

#[test]
fn hostile_names_are_only_names() {
    let mut hostile = testing::hostile();
    // No file holds what is no number.
    for measured in &mut hostile.benchmarks {
        let frames = measured.runs.iter_mut().flat_map(|run| run.frames.iter_mut());
        frames.filter(|frame| !frame.cpu_usage.is_finite()).for_each(|frame| frame.cpu_usage = 0.0);
        for row in measured.phases.iter_mut().filter(|row| !row.share.is_finite() || !row.wall.median.is_finite()) {
            (row.share, row.wall.median) = (-2.0, 1e300);
        }
    }
    let mut commit = commit("\"><script>alert('x')</script>", None);
    commit.subject = "</h1><img src=x onerror=alert(1)>\u{202E}".to_owned();
    for source in [Source::ForcPerf, Source::PublicRecord] {
        let provenance = Provenance { commit: Some(commit.clone()), source, ..Provenance::default() };
        let page = page_of(&hostile, &provenance);
        assert!(!page.contains("<script>alert") && page.contains("&lt;script&gt;alert"));
        assert!(!page.contains("<img src=x") && !page.contains(['\u{0}', '\u{1b}', '\u{202E}', '\u{7}']));
        assert!(!page.contains(" style="));
    }
}

/// What the compiler's public record says: a run without ends, or with them and nothing else.
fn recorded() -> (Report, Provenance) {
    let mut report = report(1, &[100]);
    report.environment.cpus.clear();
    report.environment.total_memory = 0;
    let with_wall = report.benchmarks[0].clone();
    for measured in &mut report.benchmarks {
        measured.id = "public-record/std/debug".to_owned();
        measured.runs[0].start_time = None;
        measured.runs[0].end_time = None;
        measured.runs[0].accounting = None;
        measured.runs[0].notes = vec!["laid end to end".to_owned()];
        crate::figures::complete(measured);
    }
    report.benchmarks.push(with_wall);
    for run in report.benchmarks.iter_mut().flat_map(|measured| &mut measured.runs) {
        run.frames.clear();
        run.accounting = None;
    }
    let mut failed = report.benchmarks[0].clone();
    failed.runs.clear();
    failed.metrics.clear();
    failed.failures = with_failure(report.clone()).benchmarks[0].failures.clone();
    failed.failures.iter_mut().for_each(|failure| failure.run = None);
    for id in ["public-record/a/debug", "public-record/b/debug"] {
        report.benchmarks.push(crate::model::Measured { id: id.to_owned(), ..failed.clone() });
    }
    report.benchmarks.iter_mut().for_each(crate::figures::complete);
    report.benchmarks.sort_by(|a, b| a.id.cmp(&b.id));
    let figures = vec![ExtraFigure {
        benchmark: "public-record/std/debug".to_owned(),
        metric: Metric::PeakMemory,
        values: vec![1024.0],
    }];
    (report, Provenance { source: Source::PublicRecord, figures, ..Provenance::default() })
}

#[test]
fn what_others_recorded_is_one_table_in_which_missing_is_missing() {
    let (report, provenance) = recorded();
    let page = page_of(&report, &provenance);
    let table = page.split("<table class=\"matrix\">").nth(1).expect("one table").split("</table>").next().unwrap();
    let row = |label: &str| -> Vec<String> {
        let row = table.split("<tr>").find(|row| row.contains(&format!("<bdi>{label}</bdi>"))).expect("a row");
        let cells = row.split("<td").skip(1).map(|cell| cell.split_once('>').unwrap().1.split("</td>").next().unwrap());
        cells.map(str::to_owned).collect()
    };
    // The one that has a wall time comes first.
    assert_eq!(row("wall"), ["100 µs", "–"]);
    assert_eq!(row("peak memory"), ["–", "1.00 KiB"]);
    assert_eq!(row("compile to ast"), ["70.0 µs <small>70.0 %</small>", "70.0 µs"]);
    assert_eq!(row("outside phases"), ["30.0 µs <small>30.0 %</small>", "–"]);
    assert!(page.contains("2 benchmarks") && page.contains("failed alike") && page.contains("public-record/b/debug"));
    assert!(page.contains("laid end to end") && page.contains("on an unknown machine"));
    for wrong in ["0 ns", "built by forc-perf", "Frame every", "By its length"] {
        assert!(!page.contains(wrong), "{wrong}");
    }
}
