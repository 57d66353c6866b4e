//! What is recorded, and what is found again.

use std::fs;

use super::testing::{BENCHMARK, commit, empty, of_commit, on, report, with_failure};
use super::*;
use crate::model::{ControlOutcome, Metric, StdChoice};
use crate::phase::OUTSIDE;

fn series_of(history: &History, metric: Metric, phase: Option<&str>) -> Vec<Series> {
    let filter = SeriesFilter {
        metric: Match::Exact(metric.word()),
        phase: Match::of(phase),
        package: Match::Absent,
        ..SeriesFilter::default()
    };
    history.series(&filter).unwrap()
}

/// The median wall times in the order of the series.
fn walls(history: &History) -> Vec<f64> {
    let [series] = &series_of(history, Metric::Wall, None)[..] else { panic!("one series") };
    history.points(series.id).unwrap().iter().map(|point| point.median).collect()
}

#[test]
fn a_report_comes_back_whole() {
    let (_folder, mut history) = empty();
    let report = with_failure(report(1, &[100, 110, 130]));
    let provenance = of_commit(commit("abc", Some("2025-12-31T00:00:00+02:00")));
    let id = history.record(&report, &provenance).unwrap().id();
    let kept = history.report(id).unwrap();
    assert_eq!((&kept.report, &kept.provenance), (&report, &provenance));
    assert_eq!((kept.info.benchmarks, kept.info.runs, kept.info.failures), (1, 3, 1));
    let [failure] = &history.failures(id).unwrap()[..] else { panic!("one failure") };
    assert_eq!((failure.benchmark.as_str(), failure.kind.as_str()), (BENCHMARK, "panic"));
    assert!(matches!(history.report(ReportId(7)), Err(HistoryError::NoSuch { number: 7, .. })));
}

#[test]
fn what_could_not_be_read_again_is_not_recorded() {
    let (_folder, mut history) = empty();
    let mut broken = report(1, &[100, 110, 130]);
    broken.benchmarks[0].runs[0].frames[0].cpu_usage = f32::NAN;
    let error = history.record(&broken, &Provenance::default()).unwrap_err();
    assert!(error.to_string().contains("not a number"), "{error}");
    assert_eq!(history.reports(&ReportFilter::default()).unwrap(), []);
}

#[test]
fn the_same_report_twice_is_one() {
    let (_folder, mut history) = empty();
    let one = report(1, &[100]);
    let first = history.record(&one, &Provenance::default()).unwrap();
    assert_eq!(history.record(&one, &Provenance::default()).unwrap(), Recorded::Known(first.id()));
    assert!(history.record(&report(1, &[101]), &Provenance::default()).unwrap().is_new());
    assert_eq!(history.reports(&ReportFilter::default()).unwrap().len(), 2);
}

#[test]
fn series_have_all_figures_and_never_mix() {
    let (_folder, mut history) = empty();
    history.record(&report(1, &[100, 110, 130]), &Provenance::default()).unwrap();
    history.record(&on(report(2, &[200]), "Xeon"), &Provenance::default()).unwrap();
    let mut other_std = report(3, &[300]);
    other_std.settings.std = Some("/std".into());
    history.record(&other_std, &Provenance::default()).unwrap();
    assert_eq!(series_of(&history, Metric::Wall, None).len(), 3, "two machines, and one of them with two stds");
    let [series, ..] = &series_of(&history, Metric::Wall, None)[..] else { panic!() };
    assert_eq!(series.key.std, StdChoice::Own);
    let [point] = &history.points(series.id).unwrap()[..] else { panic!("one point") };
    assert_eq!((point.count, point.median, point.low, point.high), (3, 110_000.0, 100_000.0, 130_000.0));
    assert_eq!(history.samples(series.id, point.report).unwrap(), [100_000.0, 110_000.0, 130_000.0]);
    let samples = history.points_with_samples(series.id).unwrap();
    assert_eq!(samples, [(point.clone(), vec![100_000.0, 110_000.0, 130_000.0])]);

    // Phases, with the time outside them: together the whole of each run.
    let [phase, ..] = &series_of(&history, Metric::Wall, Some("compile to ast"))[..] else { panic!() };
    let [outside, ..] = &series_of(&history, Metric::Wall, Some(OUTSIDE))[..] else { panic!() };
    assert_eq!((phase.depth, outside.depth), (Some(0), Some(0)));
    let of = |series: &Series| history.samples(series.id, point.report).unwrap();
    let sums: Vec<f64> = of(phase).iter().zip(of(outside)).map(|(a, b)| a + b).collect();
    assert_eq!(sums, [100_000.0, 110_000.0, 130_000.0]);
    assert_eq!(series_of(&history, Metric::Wall, Some("parse"))[0].depth, Some(1));
    for metric in [Metric::Cpu, Metric::PeakMemory, Metric::BytecodeSize, Metric::MinorFaults] {
        assert_eq!(series_of(&history, metric, None).len(), 3, "{metric:?}");
    }
    let of_package = SeriesFilter { package: Match::Exact("amm".to_owned()), ..SeriesFilter::default() };
    assert_eq!(history.series(&of_package).unwrap().len(), 6, "two phases on each");
    assert_eq!(history.find_series(&phase.key).unwrap().as_ref(), Some(phase));
}

#[test]
fn an_edited_program_has_series_of_its_own() {
    let (_folder, mut history) = empty();
    let mut record = |day, wall, program: Option<&str>| {
        let mut report = report(day, &[wall]);
        report.benchmarks[0].program = program.map(str::to_owned);
        history.record(&report, &Provenance::default()).unwrap();
    };
    // One of before programs were known, and then two programs.
    for (day, wall, program) in
        [(1, 100, None), (2, 101, Some("a")), (3, 900, Some("b")), (4, 102, Some("a")), (5, 103, None)]
    {
        record(day, wall, program);
    }
    let series = series_of(&history, Metric::Wall, None);
    let programs: Vec<Option<&str>> = series.iter().map(|series| series.key.program.as_deref()).collect();
    assert_eq!(programs, [Some("a"), Some("b")]);
    let medians = |series: &Series| -> Vec<f64> {
        history.points(series.id).unwrap().iter().map(|point| point.median / 1e3).collect()
    };
    assert_eq!(medians(&series[0]), [100.0, 101.0, 102.0, 103.0], "what does not tell is of the first that is known");
    assert_eq!(medians(&series[1]), [900.0]);
    assert_eq!(history.find_series(&series[1].key).unwrap().as_ref(), Some(&series[1]));
    assert_eq!(history.verify().unwrap().problems, []);
    history.connection.execute("UPDATE series SET program = 'c' WHERE program = 'b'", []).unwrap();
    assert_eq!(history.verify().unwrap().problems.len(), 1);
}

#[test]
fn verifying_covers_what_the_lists_say() {
    for (change, word) in [
        ("UPDATE reports SET created = '2020-01-01T00:00:00Z'", "when it was measured"),
        ("UPDATE reports SET instant = 7", "when it was measured"),
        ("UPDATE reports SET version = '9.9.9'", "version"),
        ("UPDATE reports SET std = 'same:/x'", "std"),
        ("UPDATE reports SET complete = 1 - complete", "complete"),
        ("UPDATE reports SET runs = runs + 1", "how many"),
        ("UPDATE reports SET failures = 0", "how many"),
        ("UPDATE machines SET class = replace(class, 'x86_64', 'arm')", "points"),
        ("UPDATE failures SET message = 'another'", "list of failures"),
    ] {
        let (_folder, mut history) = empty();
        history.record(&with_failure(report(1, &[100])), &Provenance::default()).unwrap();
        assert_eq!(history.verify().unwrap().problems, []);
        assert_eq!(history.connection.execute(change, []).unwrap(), 1, "{change}");
        let problems = history.verify().unwrap().problems;
        assert!(problems.len() == 1 && problems[0].what.contains(word), "{change}: {problems:?}");
    }
}

#[test]
fn failed_builds_are_no_points() {
    let (_folder, mut history) = empty();
    let mut failed = with_failure(report(1, &[]));
    failed.benchmarks[0].runs.clear();
    let id = history.record(&failed, &Provenance::default()).unwrap().id();
    assert!(history.series(&SeriesFilter::default()).unwrap().is_empty());
    assert_eq!(history.failures(id).unwrap().len(), 1);
}

#[test]
fn points_stand_in_the_order_of_the_commits_not_of_the_measuring() {
    let (_folder, mut history) = empty();
    let mut record = |day, wall, commit| history.record(&report(day, &[wall]), &commit).unwrap();
    record(10, 3, of_commit(commit("c3", Some("2025-03-01T00:00:00Z"))));
    record(11, 1, of_commit(commit("c1", Some("2025-01-01T00:00:00Z"))));
    // In another time zone it only looks later.
    record(12, 2, of_commit(commit("c2", Some("2025-03-01T05:00:00+09:00"))));
    record(13, 9, Provenance::default());
    record(14, 8, of_commit(commit("undated", None)));
    record(15, 4, of_commit(commit("c3", Some("2025-03-01T00:00:00Z"))));
    assert_eq!(walls(&history), [1e3, 2e3, 3e3, 4e3, 9e3, 8e3]);
    let ids: Vec<String> = history.commits().unwrap().into_iter().map(|commit| commit.id).collect();
    assert_eq!(ids, ["c1", "c2", "c3", "undated"]);
}

#[test]
fn positions_stand_above_dates() {
    let (_folder, mut history) = empty();
    let at = |id, time, position| CommitRef { position: Some(position), ..commit(id, Some(time)) };
    let mut record = |day, wall, commit| history.record(&report(day, &[wall]), &of_commit(commit)).unwrap();
    // The second commit's clock was years ahead, the third's years behind.
    record(1, 3, at("c3", "1999-01-01T00:00:00Z", 2));
    record(2, 1, at("c1", "2025-01-01T00:00:00Z", 0));
    record(3, 2, at("c2", "2025-06-01T00:00:00Z", 1));
    record(4, 4, at("c4", "2025-07-01T00:00:00Z", 3));
    // No checkout knows this one; its date puts it between the others.
    record(5, 9, commit("other", Some("2025-06-15T00:00:00Z")));
    assert_eq!(walls(&history), [1e3, 2e3, 3e3, 9e3, 4e3]);
}

#[test]
fn common_commits_tell_how_two_machines_compare() {
    let (_folder, mut history) = empty();
    for (day, id, old, new) in
        [(1, "a", 100, Some(80)), (2, "b", 200, Some(150)), (3, "c", 300, None), (4, "d", 100, Some(90))]
    {
        let provenance = of_commit(commit(id, Some(&format!("2025-01-{day:02}T00:00:00Z"))));
        history.record(&report(day, &[old]), &provenance).unwrap();
        if let Some(new) = new {
            history.record(&on(report(day + 10, &[new]), "Xeon"), &provenance).unwrap();
        }
    }
    let key = series_of(&history, Metric::Wall, None)[0].key.measure();
    let [calibration] = &history.calibration(&key).unwrap()[..] else { panic!("one pair of machines") };
    assert_eq!(calibration.commits, ["a", "b", "d"]);
    assert!((calibration.ratio - 0.8).abs() < 1e-12, "the median of 0.8, 0.75 and 0.9: {}", calibration.ratio);
    assert_eq!(calibration.old.processor.as_deref(), Some("EPYC"));
}

#[test]
fn reports_are_found_by_commit_machine_and_time() {
    let (_folder, mut history) = empty();
    for day in 1..=4 {
        let provenance = of_commit(commit(&format!("c{day}"), None));
        let measured = report(day, &[1]);
        history.record(&if day == 4 { on(measured, "Xeon") } else { measured }, &provenance).unwrap();
    }
    let count = |filter: ReportFilter| history.reports(&filter).unwrap().len();
    let glob = |text| Match::read(text).unwrap();
    assert_eq!(count(ReportFilter { commit: glob("c[12]"), ..ReportFilter::default() }), 2);
    assert_eq!(count(ReportFilter { machine: glob("Xeon"), ..ReportFilter::default() }), 1);
    let time = |text: &str| Some(text.parse().unwrap());
    let since = time("2026-01-02T00:00:00Z");
    assert_eq!(count(ReportFilter { since, until: time("2026-01-04T03:00:00Z"), ..ReportFilter::default() }), 2);
    assert!(Match::read("a[").is_err());
}

#[test]
fn notes_and_state_are_kept_and_taken_back() {
    let (folder, mut history) = empty();
    let note = history.add_note("abc", NoteKind::Expected, "the new inliner").unwrap();
    history.add_note("event/1", NoteKind::Acknowledged, "").unwrap();
    assert_eq!(history.notes(Some("abc")).unwrap(), std::slice::from_ref(&note));
    assert_eq!(history.notes(None).unwrap().len(), 2);
    assert!(history.remove_note(note.id).unwrap() && !history.remove_note(note.id).unwrap());
    history.set_state("nightly/last", Some("1")).unwrap();
    history.set_state("nightly/last", Some("2")).unwrap();
    history.set_state("other", Some("x")).unwrap();
    let again = History::open_read_only(&folder.path().join("new/history.sqlite")).unwrap();
    assert_eq!(again.state("nightly/last").unwrap().as_deref(), Some("2"));
    assert_eq!(again.states("nightly/").unwrap().len(), 1);
    history.set_state("nightly/last", None).unwrap();
    assert_eq!(again.state("nightly/last").unwrap(), None);
}

#[test]
fn an_exported_history_comes_back_identical() {
    let (_folder, mut history) = empty();
    let provenance = of_commit(CommitRef { position: Some(3), ..commit("abc", Some("2025-01-01T00:00:00Z")) });
    history.record(&with_failure(report(2, &[100, 120])), &provenance).unwrap();
    let figure = ExtraFigure { benchmark: BENCHMARK.to_owned(), metric: Metric::Cycles, values: vec![0.1, 7.0] };
    let foreign = Provenance { source: Source::Dyno, figures: vec![figure], commit: None };
    history.record(&report(1, &[90, 91]), &foreign).unwrap();
    history.add_note("abc", NoteKind::Note, "a \"note\"\nof two lines").unwrap();
    history.set_state("x", Some("y")).unwrap();
    let controls = [control("2026-01-05T00:00:00Z", 2), control("2026-01-04T00:00:00Z", 0)];
    history.record_controls(&controls).unwrap();
    history.record_controls(&controls).unwrap();
    let prune = Prune { before: "2026-01-02T00:00:00Z".parse().unwrap(), keep: 0, only_frames: true };
    assert_eq!(history.prune(&prune).unwrap().reports, 1);
    let export = |history: &History| {
        let mut bytes = Vec::new();
        history.export(&mut bytes).unwrap();
        bytes
    };
    let bytes = export(&history);
    assert_eq!(bytes, export(&history));
    let (_other_folder, mut other) = empty();
    assert_eq!(other.import(&mut &bytes[..]).unwrap(), Transferred { new: 2, known: 0, notes: 1 });
    assert_eq!(export(&other), bytes);
    assert_eq!(other.import(&mut &bytes[..]).unwrap(), Transferred { new: 0, known: 2, notes: 0 });
    assert_eq!(export(&other), bytes);
    assert_eq!(other.verify().unwrap().problems, []);
    let ids = |history: &History| -> Vec<_> {
        history.reports(&ReportFilter::default()).unwrap().into_iter().map(|r| r.digest).collect()
    };
    assert_eq!(ids(&other), ids(&history));
    let [later, earlier] = controls;
    assert_eq!(other.controls().unwrap(), [earlier, later], "each once, the oldest first");
}

fn control(created: &str, false_alarms: usize) -> Control {
    Control {
        created: created.to_owned(),
        machine: MachineClass::of(&report(1, &[1]).environment),
        harness: "0.1.0".to_owned(),
        outcome: ControlOutcome { figures: 18, false_alarms, blocks: 40 },
    }
}

#[test]
fn a_control_without_a_time_is_refused_and_an_export_of_before_there_were_any_is_read() {
    let (_folder, mut history) = empty();
    assert!(history.record_controls(&[control("2026-01-05T00:00:00Z", 0), control("yesterday", 0)]).is_err());
    assert_eq!(history.controls().unwrap(), [], "all or none");
    history.record(&report(1, &[1]), &Provenance::default()).unwrap();
    let mut bytes = Vec::new();
    history.export(&mut bytes).unwrap();
    let first = String::from_utf8(bytes).unwrap().replace("\"forc-perf-history\":2", "\"forc-perf-history\":1");
    let (_other_folder, mut other) = empty();
    assert_eq!(other.import(&mut first.as_bytes()).unwrap().new, 1);
}

#[test]
fn an_export_that_is_none_is_refused_and_leaves_nothing() {
    let (_folder, mut history) = empty();
    history.record(&report(1, &[1]), &Provenance::default()).unwrap();
    let mut bytes = Vec::new();
    history.export(&mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (_other_folder, mut other) = empty();
    for (wrong, expected) in [
        (text.replace("\"forc-perf-history\":2", "\"forc-perf-history\":3"), "update forc-perf"),
        (text.lines().skip(1).map(|line| format!("{line}\n")).collect(), "does not begin"),
        (text.replace("\"minor_faults\":1234", "\"minor_faults\":1"), "not what its digest says"),
        (format!("{text}x"), "line 3"),
        (text.clone() + text.lines().next().unwrap(), "second beginning"),
    ] {
        let error = other.import(&mut wrong.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(other.reports(&ReportFilter::default()).unwrap().is_empty());
    }
}

#[test]
fn pruning_keeps_the_end_of_every_series() {
    let (_folder, mut history) = empty();
    for day in 1..=9 {
        history.record(&report(day, &[u64::from(day)]), &Provenance::default()).unwrap();
    }
    let mut rare = report(10, &[1]);
    rare.created = "2025-01-01T00:00:00Z".to_owned();
    rare.benchmarks[0].id = "apps/rare/debug".to_owned();
    history.record(&rare, &Provenance::default()).unwrap();
    let before = "2026-01-09T00:00:00Z".parse().unwrap();
    let frames = history.prune(&Prune { before, keep: 3, only_frames: true }).unwrap();
    assert_eq!((frames.reports, frames.points), (6, 0));
    let reports = history.reports(&ReportFilter::default()).unwrap();
    assert_eq!(reports.iter().filter(|report| report.has_frames).count(), 4);
    assert_eq!(history.verify().unwrap().problems, [], "without frames it is still whole");
    let gone = history.prune(&Prune { before, keep: 3, only_frames: false }).unwrap();
    assert_eq!(gone.reports, 6);
    assert_eq!(history.reports(&ReportFilter::default()).unwrap().len(), 4, "the last three, and the rare one");
    assert_eq!(history.verify().unwrap().problems, []);
}

#[test]
fn what_was_changed_behind_its_back_is_seen() {
    let (_folder, mut history) = empty();
    history.record(&report(1, &[1, 2]), &Provenance::default()).unwrap();
    let id = history.record(&report(2, &[3]), &Provenance::default()).unwrap().id();
    let verified = history.verify().unwrap();
    assert_eq!((verified.reports, verified.problems.len()), (2, 0));
    assert!(verified.points > 10);
    for (change, what) in [
        ("UPDATE points SET median = median + 1 WHERE report = 2 AND series = 1", "1 of its points"),
        (
            "UPDATE contents SET body = (SELECT body FROM contents WHERE report = 1) WHERE report = 2",
            "not what was recorded",
        ),
        ("UPDATE contents SET frames = x'00' WHERE report = 2", "report 2:"),
    ] {
        history.connection.execute_batch(&format!("SAVEPOINT s; {change}")).unwrap();
        let problems = history.verify().unwrap().problems;
        assert!(
            problems.iter().any(|problem| problem.report == Some(id) && problem.what.contains(what)),
            "{problems:?}"
        );
        history.connection.execute_batch("ROLLBACK TO s; RELEASE s").unwrap();
    }
    history.connection.execute_batch("INSERT INTO points VALUES (99, 99, 1, 1, 1, 1, 0, x'00')").unwrap();
    assert!(history.verify().unwrap().problems[0].what.contains("no report or no series"));
}

#[test]
fn older_schemas_move_forward_and_leave_a_copy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.sqlite");
    let mut history = History::open(&path).unwrap();
    history.record(&report(1, &[1]), &Provenance::default()).unwrap();
    drop(history);
    let known = schema::STEPS.len();
    let with = |step| schema::STEPS.into_iter().chain([step]).collect::<Vec<_>>();
    let later = History::open_with(&path, &with("ALTER TABLE reports ADD COLUMN more TEXT;")).unwrap();
    assert_eq!(later.reports(&ReportFilter::default()).unwrap().len(), 1);
    later.connection.execute("UPDATE reports SET more = 'x'", []).unwrap();
    drop(later);
    let backup = folder.path().join(format!("history.sqlite.v{known}.backup"));
    assert_eq!(History::open_read_only(&backup).unwrap().reports(&ReportFilter::default()).unwrap().len(), 1);
    // And now this one is the older program.
    for opened in [History::open(&path), History::open_read_only(&path)] {
        let error = opened.unwrap_err().to_string();
        let expected =
            format!("has schema version {}, and this forc-perf reads up to {known}: update forc-perf", known + 1);
        assert!(error.ends_with(&expected), "{error}");
    }
    // A step that fails changes nothing.
    let mut broken = with("ALTER TABLE reports ADD COLUMN more TEXT;");
    broken.push("CREATE TABLE half (a); no SQL");
    let before = fs::read(&path).unwrap();
    assert!(History::open_with(&path, &broken).is_err());
    assert_eq!(fs::read(&path).unwrap(), before);
    broken.pop();
    assert!(History::open_with(&path, &broken).is_ok());
}

#[test]
fn a_history_of_the_first_schema_has_all_it_had() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.sqlite");
    let mut history = History::open(&path).unwrap();
    let ids: Vec<_> =
        (1..=2).map(|day| history.record(&report(day, &[7]), &Provenance::default()).unwrap().id()).collect();
    // As the first schema was.
    let back = "UPDATE contents SET frames = NULL WHERE report = 1; ALTER TABLE reports DROP COLUMN has_frames; \
                DROP TABLE controls; DROP INDEX series_by_key; ALTER TABLE series DROP COLUMN program; \
                CREATE UNIQUE INDEX series_by_key \
                ON series (benchmark, metric, coalesce(phase, x'00'), coalesce(package, x'00'), machine, std); \
                PRAGMA user_version = 1";
    history.connection.execute_batch(back).unwrap();
    drop(history);
    // Read without being changed, and then brought up to date.
    for history in [History::open_read_only(&path).unwrap(), History::open(&path).unwrap()] {
        let frames: Vec<bool> =
            history.reports(&ReportFilter::default()).unwrap().iter().map(|report| report.has_frames).collect();
        assert_eq!(frames, [false, true]);
        assert_eq!(history.report(ids[1]).unwrap().report, report(2, &[7]));
        assert_eq!(history.verify().unwrap().problems, []);
    }
    assert!(folder.path().join("history.sqlite.v1.backup").is_file());
}

#[test]
fn other_files_are_not_taken_for_histories() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    fs::write(
        file("text"),
        "this is no database, but a text that is long enough to be looked at by SQLite\n".repeat(20),
    )
    .unwrap();
    Connection::open(file("other")).unwrap().execute_batch("CREATE TABLE x (y); PRAGMA user_version = 1").unwrap();
    for name in ["text", "other"] {
        for opened in [History::open(&file(name)), History::open_read_only(&file(name))] {
            let error = opened.unwrap_err();
            assert!(matches!(error, HistoryError::NoHistory { .. }), "{name}: {error:?}");
        }
    }
    assert!(matches!(History::open_read_only(&file("none")), Err(HistoryError::Missing(_))));
    fs::write(file("empty"), "").unwrap();
    History::open(&file("empty")).unwrap();
    assert!(matches!(History::open(folder.path()), Err(HistoryError::Database { .. })));
}

/// An error at the end of the transaction, as on a full disk, is reported.
#[test]
fn a_note_that_could_not_be_kept_is_an_error() {
    let (_folder, mut history) = empty();
    // What a statement may leave to the end of its transaction, SQLite lets fail there.
    history
        .connection
        .execute_batch(
            "CREATE TABLE parents (id INTEGER PRIMARY KEY);
             CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED);
             CREATE TRIGGER at_the_end AFTER INSERT ON notes BEGIN INSERT INTO children VALUES (7); END;",
        )
        .unwrap();
    let error = history.add_note("abc", NoteKind::Acknowledged, "").unwrap_err();
    assert!(matches!(error, HistoryError::Database { .. }), "{error:?}");
    assert_eq!(history.notes(None).unwrap(), []);
}

#[test]
fn a_history_that_nothing_may_be_written_beside_is_read_in_a_copy() {
    let (folder, mut history) = empty();
    history.record(&report(1, &[7]), &Provenance::default()).unwrap();
    let path = folder.path().join("new/history.sqlite");
    assert!(
        fs::metadata(folder.path().join("new/history.sqlite-wal")).unwrap().len() > 0,
        "not in the file itself yet"
    );
    let (copy, _) = History::open_copied(&path).unwrap();
    assert_eq!(copy.reports(&ReportFilter::default()).unwrap().len(), 1, "the log is read, too");
    assert_eq!((copy.verify().unwrap().problems, copy.path()), (vec![], path.as_path()));
}
