//! The history through the command: what is recorded, imported, listed and written out, by several processes at once and
//! whatever ends them.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{self, Bed, Ended, InTime, copy_of_stand_in, eventually, run, shell_script, signal, stand_in};
use forc_perf::history::{History, Match, ReportFilter, SeriesFilter};
use forc_perf::report::file;
use serde_json::{Value, json};

fn history(bed: &Bed, args: &[&str]) -> Ended {
    run(bed, &[&["history"], args].concat())
}

fn open(bed: &Bed) -> History {
    History::open_read_only(&bed.path(".forc-perf/history.sqlite")).unwrap()
}

fn count(bed: &Bed) -> usize {
    open(bed).reports(&ReportFilter::default()).unwrap().len()
}

#[test]
fn what_is_measured_is_recorded_listed_and_shown() {
    let bed = Bed::new();
    bed.good_project();
    bed.project("bad/bad", "err \\e[31merror: no\\e[0m\nexit 1");
    history(&bed, &["list"]).assert_error(4, &["there is no history at .forc-perf/history.sqlite", "--record"]);
    let first = bed.run(&["--record"]);
    assert!(first.assert_code(1).stdout.contains("history: .forc-perf/history.sqlite (report 1)"), "{}", first.stdout);
    let second = bed.run(&["--record", "--message-format", "json", "good"]);
    let messages: Vec<Value> =
        second.assert_code(0).stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let recorded = messages.iter().find(|message| message["reason"] == "recorded").unwrap();
    assert_eq!((&recorded["report"], &recorded["new"]), (&json!(2), &json!(true)));
    assert_eq!(messages.last().unwrap()["reason"], "finished");
    // Without being asked nothing is recorded.
    bed.run(&["good"]).assert_code(0);

    let listed = history(&bed, &["list"]).assert_code(0);
    assert_eq!(listed.stdout.lines().count(), 3, "a header and two reports: {}", listed.stdout);
    let listed = history(&bed, &["list", "--format", "json"]).assert_code(0).json();
    assert_eq!((&listed[0]["failures"], &listed[1]["failures"]), (&json!(1), &json!(0)));
    history(&bed, &["list", "--until", "2020-01-01"]).assert_code(3);

    let shown = history(&bed, &["show", "1"]).assert_code(0).stdout;
    for word in ["report 1 of", "good/good/debug", "bad/bad/debug", "compile to ast"] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    let whole = history(&bed, &["show", "1", "--format", "report"]).assert_code(0).stdout;
    assert_eq!(serde_json::from_str::<forc_perf::model::Report>(&whole).unwrap(), *first.report());
    let facts = &history(&bed, &["show", "latest", "--format", "json"]).assert_code(0).json()[0];
    assert_eq!(facts["report"]["id"], 2);
    history(&bed, &["show", "9"]).assert_error(2, &["no report is called `9`"]);

    let series = history(&bed, &["series", "good", "--metric", "wall", "--phase", "none"]).assert_code(0).stdout;
    assert_eq!(series.lines().count(), 2, "{series}");
    let points = history(&bed, &["series", "good/*", "--metric", "wall", "--phase", "none", "--samples"]);
    let points = points.assert_code(0).json();
    assert_eq!(points.len(), 2);
    let walls: Vec<f64> =
        first.benchmark("good/good/debug").runs.iter().map(|run| run.wall().unwrap().as_nanos() as f64).collect();
    assert_eq!(points[0]["samples"], json!(walls));
    assert!(
        history(&bed, &["series", "good", "--points"])
            .assert_code(0)
            .stdout
            .contains("good/good/debug wall, compile to ast")
    );
    history(&bed, &["series", "bad"]).assert_code(3);
    history(&bed, &["series", "a["]).assert_error(2, &["`a[` is not a valid pattern"]);
    assert!(history(&bed, &["verify"]).assert_code(0).stdout.contains("2 reports and "));
}

#[test]
fn another_place_may_be_named() {
    let bed = Bed::new();
    bed.good_project();
    bed.run(&["--record", "--history", "elsewhere/h"]).assert_code(0);
    assert!(bed.path("elsewhere/h").is_file() && !bed.path(".forc-perf").exists());
    assert_eq!(history(&bed, &["list", "--history", "elsewhere/h"]).assert_code(0).stdout.lines().count(), 2);
    bed.run_with(&[("FORC_PERF_HISTORY", "by variable")], &["--record"]).assert_code(0);
    assert!(bed.path("by variable").is_file());
    // A history that cannot be written is found out before anything is measured.
    bed.write("file", "");
    let run = bed.run(&["--record", "--history", "file/h"]);
    run.assert_code(4);
    assert!(run.stdout.is_empty() && run.stderr.contains("cannot make the folder file"), "{}", run.stderr);
}

#[test]
fn the_same_report_twice_is_one() {
    let bed = Bed::new();
    bed.good_project();
    bed.run(&["--record"]).assert_code(0);
    let again = history(&bed, &["import", "report.json"]).assert_code(0).stdout;
    assert!(again.contains("0 reports recorded, 1 already known"), "{again}");
    assert_eq!(count(&bed), 1);
}

#[test]
fn the_sides_of_a_comparison_are_reports() {
    let bed = Bed::new();
    bed.good_project();
    for side in ["old", "new"] {
        copy_of_stand_in(&bed.path(&format!("{side}/forc")));
    }
    let words = ["compare", "old/forc", "new/forc", "--suite", "suite", "--output", "c.json", "--max-runs", "2"];
    let words =
        [&words[..], &["--min-runs", "2", "--pin", "never", "--control", "--record", "--fail-on", "never"]].concat();
    let ended = run(&bed, &words).assert_code(0);
    assert!(ended.stderr.contains("(report 1, 2)"), "{}", ended.stderr);
    let reports = open(&bed).reports(&ReportFilter::default()).unwrap();
    assert_eq!(reports.len(), 2, "the control is the base once more");
    let again = history(&bed, &["import", "c.json"]).assert_code(0).stdout;
    assert!(again.contains("0 reports recorded, 2 already known"), "{again}");
}

/// Reports of one measurement on other days.
fn reports(bed: &Bed, count: usize) -> Vec<String> {
    bed.good_project();
    let run = bed.run(&[]);
    let mut report = run.assert_code(0).report().clone();
    let name = |number: usize| {
        report.created = format!("2026-01-01T00:{:02}:{:02}Z", number / 60, number % 60);
        let path = bed.path(&format!("reports/{number}.json"));
        file::write(&report, &path).unwrap();
        path.to_str().unwrap().to_owned()
    };
    (0..count).map(name).collect()
}

#[test]
fn several_processes_record_at_once() {
    let bed = Bed::new();
    let files = reports(&bed, 24);
    // All of them find no history, and one makes it.
    let children: Vec<_> = files
        .chunks(4)
        .map(|files| {
            let mut command = bed.harness();
            command.args(["history", "import"]).args(files).stdout(Stdio::null()).stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    for child in children {
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
    assert_eq!(count(&bed), 24);
    history(&bed, &["verify"]).assert_code(0);
}

#[test]
fn a_kill_at_any_moment_loses_at_most_the_report_in_hand() {
    let bed = Bed::new();
    let files = reports(&bed, 60);
    history(&bed, &["import", &files[0]]).assert_code(0);
    let mut random = fastrand::Rng::with_seed(5);
    let mut killed_within = 0;
    let mut before = 1;
    for _ in 0..12 {
        let mut command = bed.harness();
        command.args(["history", "import"]).args(&files).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(random.u64(5..400)));
        signal(child.id(), libc::SIGKILL);
        child.wait().unwrap();
        let after = count(&bed);
        assert!(after >= before, "what was recorded stays: {after} after {before}");
        killed_within += usize::from(after > before && after < files.len());
        before = after;
        history(&bed, &["verify"]).assert_code(0);
    }
    history(&bed, &[&["import"], &files.iter().map(String::as_str).collect::<Vec<_>>()[..]].concat()).assert_code(0);
    assert_eq!(count(&bed), 60);
    if killed_within == 0 {
        support::not_run("no import was killed while it was writing");
    }
}

#[test]
fn files_that_are_no_history_are_told_in_a_sentence() {
    let bed = Bed::new();
    let files = reports(&bed, 3);
    history(&bed, &["import", &files[0]]).assert_code(0);
    let path = bed.path(".forc-perf/history.sqlite");
    let database = rusqlite::Connection::open(&path).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    for args in [&["list"][..], &["verify"], &["import", &files[1]], &["ack", "x"]] {
        history(&bed, args)
            .assert_error(4, &["has schema version 99, and this forc-perf reads up to ", ": update forc-perf"]);
    }
    let run = bed.run(&["--record"]);
    run.assert_code(4);
    assert!(run.stdout.is_empty(), "before anything is measured: {}", run.stdout);

    let text = bed.write("text", &"no database, but a text\n".repeat(100));
    let text = text.to_str().unwrap();
    for args in [&["list"][..], &["import", &files[1]]] {
        let args = [args, &["--history", text]].concat();
        history(&bed, &args).assert_error(4, &["text is not a history of forc-perf"]);
    }
    assert_eq!(fs::read_to_string(text).unwrap().lines().count(), 100, "and left as it was");
}

#[test]
fn a_damaged_file_is_seen() {
    let bed = Bed::new();
    let files = reports(&bed, 8);
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    history(&bed, &[&["import"], &files[..]].concat()).assert_code(0);
    let path = bed.path(".forc-perf/history.sqlite");
    // All of it into the one file.
    rusqlite::Connection::open(&path).unwrap().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let whole = fs::read(&path).unwrap();
    let mut random = fastrand::Rng::with_seed(9);
    for _ in 0..12 {
        let mut damaged = whole.clone();
        // So much that the head of a page is hit: what is left free within one may hold anything.
        let place = random.usize(100..whole.len() - 5000);
        damaged[place..place + 5000].iter_mut().for_each(|byte| *byte = random.u8(..));
        for end in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{end}", path.display()));
        }
        fs::write(&path, &damaged).unwrap();
        let ended = history(&bed, &["verify"]);
        let ended = ended.assert_code(4);
        assert!(ended.stderr.starts_with("error: ") && !ended.stderr.contains("panicked"), "{}", ended.stderr);
        // Nothing else panics at it either.
        for args in [&["list"][..], &["show", "latest"], &["series", "good", "--points"], &["export"]] {
            let ended = history(&bed, args);
            assert!(matches!(ended.code, Some(0 | 2 | 3 | 4)) && !ended.stderr.contains("panicked"), "{ended:?}");
        }
    }
}

#[test]
fn an_export_comes_back_identical() {
    let bed = Bed::new();
    let files = reports(&bed, 3);
    history(&bed, &["import", &files[2], &files[0], &files[1]]).assert_code(0);
    history(&bed, &["ack", "0.72", "--kind", "expected", "-m", "as it should be"]).assert_code(0);
    history(&bed, &["prune", "--older-than", "2026-01-01T00:00:01Z", "--keep", "1", "--only-frames"]).assert_code(0);
    let once = history(&bed, &["export"]).assert_code(0).stdout;
    assert_eq!(history(&bed, &["export", "--output", "out.jsonl"]).assert_code(0).stdout, "");
    assert_eq!(fs::read_to_string(bed.path("out.jsonl")).unwrap(), once);
    let header: Value = serde_json::from_str(once.lines().next().unwrap()).unwrap();
    assert_eq!(header, json!({"forc-perf-history": 2}));
    let imported = history(&bed, &["import", "out.jsonl", "--history", "other"]).assert_code(0).stdout;
    assert!(imported.contains("3 reports recorded, 1 note"), "{imported}");
    assert_eq!(history(&bed, &["export", "--history", "other"]).assert_code(0).stdout, once);
    history(&bed, &["verify", "--history", "other"]).assert_code(0);
    // A line that was cut off: nothing of the file is taken in.
    bed.write("cut.jsonl", &once[..once.len() - 30]);
    history(&bed, &["import", "cut.jsonl", "--history", "third"])
        .assert_error(4, &["cut.jsonl: line 5 of the exported"]);
    assert_eq!(history(&bed, &["list", "--history", "third"]).assert_code(3).stdout, "");
}

#[test]
fn what_others_read_is_as_they_specify() {
    let bed = Bed::new();
    // Of more memory than the harness itself ever had, so that its peak is known.
    bed.project(
        "go\"od/good",
        "alloc 64\npackage script good\nstart good a \\\\ \"phase\"\nstop good a \\\\ \"phase\"",
    );
    bed.run(&["--record", "--samples", "3"]).assert_code(0);
    let export = |format: &str| history(&bed, &["export", "--format", format]).assert_code(0).stdout;

    let bencher: Value = serde_json::from_str(&export("bencher")).unwrap();
    // Benchmarks, of each its measures, of each a value and perhaps its limits.
    for measures in bencher.as_object().unwrap().values() {
        for measure in measures.as_object().unwrap().values() {
            let of = |name: &str| measure.get(name).is_none_or(Value::is_number);
            assert!(measure["value"].is_number() && of("lower_value") && of("upper_value"), "{bencher}");
        }
    }
    let id = "go\"od/good/debug";
    let wall = &bencher[id]["wall"];
    assert!(
        wall["lower_value"].as_f64() <= wall["value"].as_f64()
            && wall["value"].as_f64() <= wall["upper_value"].as_f64()
    );
    assert!(bencher[format!("{id}/compile to ast")]["wall"]["value"].is_number(), "{bencher}");

    let github: Value = serde_json::from_str(&export("github")).unwrap();
    for row in github.as_array().unwrap() {
        assert!(row["name"].is_string() && row["unit"].is_string() && row["value"].is_number(), "{row}");
        assert!(row["range"].is_string() && row["extra"].is_string(), "{row}");
    }
    let names: Vec<_> = github.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    let unique: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(unique.len(), names.len(), "a chart a name");

    let text = export("openmetrics");
    assert!(text.ends_with("# EOF\n") && !text.contains('\r'));
    let mut families: Vec<&str> = Vec::new();
    for line in text.lines().filter(|line| *line != "# EOF") {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(kind == "gauge" && !families.contains(&name), "{line}");
            families.push(name);
        } else if let Some(rest) = line.strip_prefix("# UNIT ") {
            let (name, unit) = rest.split_once(' ').unwrap();
            assert!(families.last() == Some(&name) && name.ends_with(&format!("_{unit}")), "{line}");
        } else if !line.starts_with("# HELP ") {
            let (name, rest) = line.split_once('{').unwrap();
            assert_eq!(families.last(), Some(&name), "families are not mixed");
            let (labels, value) = rest.rsplit_once("} ").unwrap();
            assert!(labels.contains(r#"benchmark="go\"od/good/debug""#), "{line}");
            assert!(value.split(' ').all(|number| number.parse::<f64>().is_ok()), "{line}");
        }
    }
    assert!(families.contains(&"forc_perf_wall_seconds") && families.contains(&"forc_perf_peak_memory_high_bytes"));

    let rows = history(&bed, &["export", "--format", "csv", "--metric", "wall"]).assert_code(0).stdout;
    let mut reader = csv::Reader::from_reader(rows.as_bytes());
    assert_eq!(reader.headers().unwrap().get(0), Some("benchmark"));
    let rows: Vec<_> = reader.records().map(|row| row.unwrap()).collect();
    assert!(rows.len() > 3 && rows.iter().all(|row| &row[0] == id && &row[1] == "wall" && &row[2] == "ns"));
}

#[test]
fn what_is_said_of_commits_and_events_is_kept() {
    let bed = Bed::new();
    let files = reports(&bed, 2);
    history(&bed, &["import", &files[0], "--commit", "abcdef0123"]).assert_code(0);
    let said = history(&bed, &["ack", "abcd", "--kind", "expected", "-m", "inliner"]).assert_code(0).stdout;
    assert!(said.contains("abcdef0123 is expected (note 1)"), "the whole id: {said}");
    // Of a compiler that tells of no commit.
    history(&bed, &["import", &files[1]]).assert_code(0);
    let said = history(&bed, &["ack", "0.72.1 of 20"]).assert_code(0).stdout;
    assert!(said.contains("0.72.1 of 2026-") && said.contains("is acknowledged (note 2)"), "{said}");
    let listed = history(&bed, &["ack", "--list"]).assert_code(0).stdout;
    assert!(listed.contains("inliner") && listed.contains("0.72.1 of 2026-"), "{listed}");
    history(&bed, &["ack", "zzz"]).assert_error(2, &["`zzz` is neither a commit nor an event", "history events --all"]);
    assert_eq!(history(&bed, &["ack", "--list"]).assert_code(0).stdout, listed, "nothing was said of it");
    let one = history(&bed, &["ack", "abc", "--list", "--format", "json"]).assert_code(0).json();
    assert_eq!((one.len(), &one[0]["note"]["kind"]), (1, &json!("expected")));
    history(&bed, &["ack", "--remove", "1"]).assert_code(0);
    history(&bed, &["ack", "--remove", "1"]).assert_error(2, &["there is no note 1"]);
    history(&bed, &["ack"]).assert_code(2);
    history(&bed, &["ack", "x", "--kind", "liked"]).assert_code(2);
}

/// A wrapped file of the compiler's performance record, of a build that succeeded.
fn wrapped(commit: &str, elapsed: &str, typing: f64, more: Value) -> String {
    let mut phases = json!({"bytecode_size": 28, "metrics": [
        {"phase": "compile_to_ast", "elapsed": typing, "memory_usage": 2_817_069_056_u64},
        {"phase": "compile_ast_to_asm", "elapsed": 0.025, "memory_usage": 2_817_069_056_u64},
        {"phase": "a_new_phase", "elapsed": 6e-7, "memory_usage": 2_817_069_056_u64}]});
    phases.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({
        "phases": phases, "elapsed": elapsed, "cpu_usage": "99%", "memory": "393156KB", "build_type": "debug",
        "sway_apps_revision": "a".repeat(40), "sway_libs_revision": "b".repeat(40), "sway_git_revision": commit
    })
    .to_string()
}

/// A bare file, of a build that failed.
fn bare(typing: f64, more: Value) -> String {
    let mut file = json!({"bytecode_size": 28, "metrics": [
        {"phase": "parse_cst", "elapsed": typing / 20.0, "memory_usage": 7},
        {"phase": "parse_ast", "elapsed": typing * 0.9, "memory_usage": 7},
        {"phase": "compile_to_ast", "elapsed": typing, "memory_usage": 7}]});
    file.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    file.to_string()
}

#[test]
fn the_public_record_is_read_in_all_of_its_layouts() {
    let bed = Bed::new();
    let [one, two] = ["1".repeat(40), "2".repeat(40)];
    bed.write(
        "record/commits.csv",
        &format!("sha,committed_at,subject\n{two},2023-05-30T07:40:13+10:00,\"Second, (#2)\"\n{one},2023-05-29T21:01:01+10:00,First\n"),
    );
    let file = |commit: &str, name: &str, text: &str| drop(bed.write(&format!("record/{commit}/{name}.json"), text));
    file(&one, "fixed_point", &wrapped(&one, "8.70", 2.25, json!({})));
    file(&one, "nft", &bare(5.9, json!({})));
    file(&one, "string", &bare(6.1, json!({"reused_modules": 0})));
    // Neither its own nor std's: what a smaller dependency took.
    file(&one, "storage_string", &bare(0.16, json!({})));
    file(&two, "fixed_point", &wrapped(&two, "9.70", 2.5, json!({"reused_modules": 3})));
    file(&two, "nft", &bare(6.0, json!({"reused_programs": 0})));
    // Another commit's, no JSON, and no benchmark at all.
    file(&two, "merkle", &wrapped(&one, "9.70", 2.5, json!({})));
    file(&two, "cut", "{\"phases\":");
    bed.write(&format!("record/{two}/README.md"), "no benchmark");
    bed.write(&format!("record/{}/nft.json", "3".repeat(40)), &bare(1.0, json!({})));

    let imported = &history(&bed, &["import", "record", "--format", "json"]).assert_code(0).json()[0];
    assert_eq!(imported["imported"]["new"], 2);
    let notices: Vec<(&str, &str)> = imported["notices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|notice| {
            (notice["file"].as_str().unwrap().rsplit('/').next().unwrap(), notice["treatment"].as_str().unwrap())
        })
        .collect();
    let count = |treatment: &str| notices.iter().filter(|notice| notice.1 == treatment).count();
    assert_eq!((count("recorded-as-std"), count("refused")), (3, 4), "{notices:?}");
    for refused in ["storage_string.json", "merkle.json", "cut.json", &"3".repeat(40)] {
        assert!(notices.contains(&(refused, "refused")), "{refused}: {notices:?}");
    }

    let history_of = open(&bed);
    let points = |benchmark: &str, metric: &str, phase: Option<&str>| -> Vec<(usize, f64)> {
        let filter = SeriesFilter {
            benchmark: Match::Exact(benchmark.to_owned()),
            metric: Match::Exact(metric.to_owned()),
            phase: Match::of(phase),
            package: Match::Absent,
            ..SeriesFilter::default()
        };
        let series = history_of.series(&filter).unwrap();
        let points = series.iter().flat_map(|series| history_of.points(series.id).unwrap());
        points.map(|point| (point.count, point.median)).collect()
    };
    // In the order of the commits, which is not that of the list.
    assert_eq!(points("public-record/fixed_point/debug", "wall", None), [(1, 8.70e9), (1, 9.70e9)]);
    assert_eq!(points("public-record/fixed_point/debug", "wall", Some("compile to ast")), [(1, 2.25e9), (1, 2.5e9)]);
    assert_eq!(points("public-record/fixed_point/debug", "wall", Some("a_new_phase")).len(), 2, "phases are data");
    assert_eq!(points("public-record/fixed_point/debug", "peak-memory", None), [(1, 402_591_744.0); 2]);
    assert_eq!(points("public-record/fixed_point/debug", "bytecode-size", None), [(1, 28.0); 2]);
    assert_eq!(points("public-record/std/debug", "wall", Some("compile to ast")), [(2, 6.0e9), (1, 6.0e9)]);
    let parsing = "parse the concrete syntax tree (CST) to a typed AST";
    assert_eq!(points("public-record/std/debug", "wall", Some(parsing)).len(), 2);
    // A build that failed has no result, and the host's memory is nobody's.
    assert!(points("public-record/std/debug", "wall", None).is_empty());
    for failed in ["nft", "string", "storage_string"] {
        let filter = SeriesFilter { benchmark: Match::read(failed).unwrap(), ..SeriesFilter::default() };
        assert!(history_of.series(&filter).unwrap().is_empty(), "{failed}");
    }
    let reports = history_of.reports(&ReportFilter::default()).unwrap();
    let commit = reports[0].commit.as_ref().unwrap();
    assert_eq!((commit.id.as_str(), commit.subject.as_str()), (one.as_str(), "First"));
    assert_eq!(history_of.failures(reports[0].id).unwrap().len(), 3);
    drop(history_of);

    let again = history(&bed, &["import", "record"]).assert_code(0).stdout;
    for line in ["0 reports recorded, 2 already known", "3 files recorded as std's", "1 file refused: its build failed"]
    {
        assert!(again.contains(line), "{line}: {again}");
    }
    history(&bed, &["verify"]).assert_code(0);
    bed.write("record/commits.csv", &format!("sha,committed_at,subject\n{one},yesterday,x\n"));
    history(&bed, &["import", "record"]).assert_error(4, &["commits.csv looks like", "the date of"]);
}

/// The phases and frames of a run as the predecessors laid them out.
fn predecessors_run(name: &str) -> Value {
    let at = |ms: u64| json!({"secs": ms / 1000, "nanos": ms % 1000 * 1_000_000});
    let phase = |name: &str, start, end| json!({"name": name, "start_time": at(start), "end_time": at(end)});
    let frame = |time, memory: u64| {
        json!({
            "timestamp": at(time), "relative_timestamp": at(time), "cpu_usage": 99.5, "memory_usage": memory,
            "virtual_memory_usage": 9, "disk_total_written_bytes": 0, "disk_written_bytes": 0, "disk_total_read_bytes": 0,
            "disk_read_bytes": 0
        })
    };
    json!({
        "name": name, "path": "/home/user/p", "start_time": at(0), "end_time": at(5000),
        "phases": [
            phase("std compile to ast", 100, 3000), phase("std parse the tree", 100, 300),
            phase("p compile to ast", 3100, 4000), phase("p compile ast to asm", 4000, 4900)
        ],
        "frames": [frame(10, 1000), frame(4000, 5000), frame(4990, 3000)]
    })
}

#[test]
fn the_predecessors_files_are_read() {
    let bed = Bed::new();
    let mut run_of_dyno = predecessors_run("p");
    run_of_dyno["asm_information"] = json!({"bytecode_size": 25_248, "data_section":
        {"size": 512, "used": 505, "value_pairs": [{"name": "x", "padding": {}, "value": {"ByteArray": [1, 2]}}]}});
    run_of_dyno["hyperfine"] = Value::Null;
    let dyno = json!({
        "total_time": {"secs": 5, "nanos": 1},
        "system_specs": {
            "cpus": [{"name": "cpu0", "vendor_id": "x", "brand": "AMD EPYC", "frequency": 2596}], "physical_core_count": 1,
            "total_memory": 8_589_934_592_u64, "load_average": {"one": 1.0, "five": 1.0, "fifteen": 1.0}, "host_name": "runner"
        },
        "benchmarks": [run_of_dyno], "forc_version": "0.71.2", "compiler_hash": "33C8", "benchmarks_datetime": "2026-01-23_02:17:57"
    });
    bed.write("dyno.json", &dyno.to_string());
    bed.write("first.json", &json!([predecessors_run("p"), predecessors_run("p"), predecessors_run("q")]).to_string());
    bed.write("single.json", &predecessors_run("r").to_string());
    history(&bed, &["import", "dyno.json", "first.json"]).assert_code(0);
    history(&bed, &["import", "single.json", "--time", "2026-02-01", "--commit", "abc"]).assert_code(0);
    let reports = history(&bed, &["list", "--format", "json"]).assert_code(0).json();
    let dyno = reports.iter().find(|report| report["source"] == "dyno").unwrap();
    assert_eq!((&dyno["created"], &dyno["version"]), (&json!("2026-01-23T02:17:57Z"), &json!("0.71.2")));
    assert_eq!((&dyno["machine"]["memory_gib"], &dyno["machine"]["processor"]), (&json!(8), &json!("AMD EPYC")));
    let single = reports.iter().find(|report| report["commit"]["id"] == "abc").unwrap();
    assert_eq!((&single["created"], &single["source"]), (&json!("2026-02-01T00:00:00Z"), &json!("first-forc-perf")));

    let points = |args: &[&str]| history(&bed, &[&["series", "--samples"], args].concat()).assert_code(0).json();
    let of_dyno = points(&["dyno/p", "--metric", "wall", "--phase", "compile to ast", "--package", "none"]);
    assert_eq!(of_dyno[0]["samples"], json!([3.8e9]), "std's and the project's");
    let of_std = points(&["dyno/p", "--metric", "wall", "--phase", "compile to ast", "--package", "std"]);
    assert_eq!(of_std[0]["samples"], json!([2.9e9]));
    let inner = points(&["dyno/p", "--metric", "wall", "--phase", "parse the tree", "--package", "std"]);
    assert_eq!(inner[0]["series"]["depth"], 1);
    let value = |metric: &str| points(&["dyno/p", "--metric", metric, "--phase", "none"])[0]["samples"].clone();
    assert_eq!(
        (value("peak-memory"), value("bytecode-size"), value("binary-size")),
        (json!([5000.0]), json!([25_248.0]), json!([25_760.0]))
    );
    let first = points(&["first-forc-perf/p", "--metric", "wall", "--phase", "none"]);
    assert_eq!(first[0]["samples"], json!([5e9, 5e9]), "two runs of one name");
    history(&bed, &["verify"]).assert_code(0);

    for (name, text) in [("empty", ""), ("object", "{}"), ("list", "[]"), ("number", "7"), ("text", "no JSON")] {
        bed.write(name, text);
        history(&bed, &["import", name]).assert_error(4, &[&format!("{name} is nothing that can be imported")]);
    }
    history(&bed, &["import", "suite"]).assert_error(4, &["suite is nothing that can be imported"]);
    history(&bed, &["import", "none"]).assert_error(4, &["cannot read none"]);
    bed.write("later", "{\"schema_version\": 99}");
    history(&bed, &["import", "later"]).assert_error(4, &["later has schema version 99", "update forc-perf"]);
    bed.write("odd", "{\"schema_version\": 1}");
    history(&bed, &["import", "odd"]).assert_error(4, &["odd looks like a report of forc-perf, but"]);
}

/// A checkout of a compiler whose every commit builds to the stand-in, unless its one file says `broken`.
struct Sway {
    bed: Bed,
    commits: Vec<String>,
}

const BUILD: &str = "if grep -q broken forc/state; then echo 'error: it does not compile' >&2; exit 101; fi\n\
     mkdir -p \"$CARGO_TARGET_DIR/release\"\n\
     echo '   Compiling forc v0.72.1' >&2\n\
     cp \"$STAND\" \"$CARGO_TARGET_DIR/release/forc\"\n\
     printf '{\"reason\":\"compiler-artifact\",\"target\":{\"kind\":[\"bin\"],\"name\":\"forc\"},\"executable\":\"%s\"}\\n' \
     \"$CARGO_TARGET_DIR/release/forc\"";

impl Sway {
    fn new(states: &[&str]) -> Self {
        let mut sway = Self { bed: Bed::new(), commits: Vec::new() };
        sway.bed.good_project();
        sway.bed.write("sway/Cargo.toml", "[workspace]\nmembers = [\"forc\"]\n");
        sway.bed
            .write("sway/forc/Cargo.toml", "[package]\nname = \"forc\"\nversion = \"0.72.1\"\nedition = \"2021\"\n");
        sway.bed.write("sway/sway-lib-std/Forc.toml", "[project]\nname = \"std\"\n");
        sway.git(0, &["init", "--quiet", "--initial-branch=master"]);
        for (day, state) in states.iter().enumerate() {
            sway.bed.write("sway/forc/state", &format!("{day} {state}"));
            sway.git(day, &["add", "--all"]);
            sway.git(day, &["commit", "--quiet", "-m", &format!("State {day}")]);
            let id = sway.git(day, &["rev-parse", "HEAD"]);
            sway.commits.push(id);
        }
        sway
    }

    fn git(&self, day: usize, args: &[&str]) -> String {
        let mut command = self.bed.command(Path::new("git"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
            command.env_remove(name);
        }
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "A").env(format!("GIT_{who}_EMAIL"), "a@example.org");
            // The clocks ran backwards.
            command.env(format!("GIT_{who}_DATE"), format!("2026-01-{:02}T00:00:00Z", 28 - day));
        }
        let folder = self.bed.path("sway");
        let output = command.env("GIT_CONFIG_NOSYSTEM", "1").args(args).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn backfill(&self, args: &[&str]) -> Ended {
        Ended::of(self.backfill_command(args).in_time())
    }

    fn backfill_command(&self, args: &[&str]) -> Command {
        let mut command: Command = self.bed.harness();
        let cargo = shell_script(&self.bed.path("fake/cargo"), BUILD);
        let suite = self.bed.word("suite");
        command
            .args(["backfill", "--sway", "sway", "--suite", &suite, "--samples", "2", "--pin", "never"])
            .args(args)
            .env_remove("FORC_PERF_FORC")
            .env("CARGO", cargo)
            .env("STAND", stand_in());
        command
    }

    /// The measured commits in the order of the history, by their place in that of git.
    fn measured(&self) -> Vec<usize> {
        let commits = open(&self.bed).commits().unwrap();
        commits.iter().map(|commit| self.commits.iter().position(|id| *id == commit.id).unwrap()).collect()
    }
}

#[test]
fn gaps_are_filled_the_most_informative_first_and_once() {
    let sway = Sway::new(&["", "", "", "", "", "broken", ""]);
    let first = sway.commits[0].as_str();
    let list = |args: &[&str]| -> Vec<usize> {
        let listed = sway.backfill(&[&["--since", first, "--list"], args].concat()).assert_code(0).stdout;
        let id = |line: &str| line.split(' ').next().unwrap().to_owned();
        listed.lines().map(|line| sway.commits.iter().position(|commit| *commit == id(line)).unwrap()).collect()
    };
    assert_eq!(list(&[]), [6, 0, 3, 4, 1, 5, 2]);
    assert_eq!(list(&["--every", "4"]), [6, 0, 2]);
    // No time is left after the first.
    let ended = sway.backfill(&["--since", first, "--every", "4", "--budget", "1ms"]);
    assert!(ended.assert_code(3).stdout.starts_with("0 measured"));
    let ended = sway.backfill(&["--since", first, "--every", "4"]).assert_code(0);
    assert!(ended.stdout.starts_with("3 measured and recorded"), "{}", ended.stdout);
    assert_eq!(sway.measured(), [0, 2, 6], "as git has them, whatever their clocks say");
    assert_eq!(list(&[]), [4, 5, 3, 1], "the rest");
    let ended = sway.backfill(&["--since", first]).assert_code(1);
    assert!(ended.stdout.starts_with("3 measured") && ended.stderr.contains("skipped: "), "{ended:?}");
    assert_eq!(sway.measured(), [0, 1, 2, 3, 4, 6]);
    assert_eq!(list(&[]), [0usize; 0], "what cannot be built is not tried again");
    assert_eq!(list(&["--retry"]), [5]);
    let reason = open(&sway.bed).state(&format!("backfill/skipped/{}", sway.commits[5])).unwrap().unwrap();
    assert!(reason.contains("it does not compile") || reason.contains("cargo"), "{reason}");
    assert_eq!(sway.backfill(&["--since", first]).assert_code(0).stdout.split(' ').next(), Some("0"));

    sway.backfill(&["--since", "nonsense"]).assert_error(4, &["knows no revision `nonsense`"]);
    sway.backfill(&["--since", "HEAD", "--until", first]).assert_error(4, &["HEAD did not lead to"]);
}

#[test]
fn a_checkout_tells_the_order_of_commits_and_releases() {
    let sway = Sway::new(&["", "", ""]);
    sway.git(1, &["tag", "-a", "-m", "annotated", "v0.72.1", &sway.commits[1]]);
    let files = reports(&sway.bed, 4);
    for (file, commit) in files.iter().zip([&sway.commits[2], &sway.commits[0], "v0.72.1", "unknown"]) {
        history(&sway.bed, &["import", file, "--commit", commit]).assert_code(0);
    }
    let ended = history(&sway.bed, &["order", "--sway", "sway"]).assert_code(0);
    assert!(
        ended.stdout.starts_with("3 of 4 commits") && ended.stderr.starts_with("unknown is not a commit"),
        "{ended:?}"
    );
    let commits = open(&sway.bed).commits().unwrap();
    let ids: Vec<&str> = commits.iter().map(|commit| commit.id.as_str()).collect();
    assert_eq!(
        ids[1..],
        [&sway.commits[0], "v0.72.1", &sway.commits[2]],
        "the unknown one stands where its time puts it"
    );
    assert_eq!((commits[3].subject.as_str(), commits[3].position), ("State 2", Some(2)));
    let listed =
        history(&sway.bed, &["list", "--commit", &sway.commits[0][..8], "--format", "json"]).assert_code(0).json();
    assert_eq!(listed.len(), 1);
    history(&sway.bed, &["import", &files[0], "--commit", "master", "--sway", "sway"]).assert_code(0);
    history(&sway.bed, &["order", "--sway", "suite"]).assert_code(4);
}

/// A record of these commits as it is published: a folder each, taken in one by one by a repository of its own.
fn published_record(bed: &Bed, commits: &[&str]) {
    let git = |day: usize, args: &[&str]| {
        let date = format!("2024-05-{:02}T12:00:00+00:00", day + 1);
        let output = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@t"])
            .args(args)
            .current_dir(bed.path("published"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_COMMITTER_DATE", &date)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    bed.write("published/README.md", "what it is");
    git(0, &["init", "--quiet"]);
    for (day, commit) in commits.iter().enumerate() {
        let phases = json!({"bytecode_size": 28, "metrics": [
            {"phase": "compile_to_ast", "elapsed": 2.0 + day as f64, "memory_usage": 1},
            {"phase": "compile_ast_to_asm", "elapsed": 0.5, "memory_usage": 1}
        ]});
        let file = json!({"phases": phases, "elapsed": format!("{}.0", 4 + day), "cpu_usage": "99%", "memory": "393156KB",
            "build_type": "debug", "sway_git_revision": commit});
        bed.write(&format!("published/{commit}/nft.json"), &file.to_string());
        git(day, &["add", "--all"]);
        git(day, &["commit", "--quiet", "--message", "Updated benchmark data"]);
    }
}

#[test]
fn the_performance_record_is_read_as_it_is_published() {
    let bed = Bed::new();
    // In the order of their ids they would stand the other way round.
    let commits = ["ccc", "bbb", "aaa"].map(|id| id.repeat(14)[..40].to_owned());
    let names: Vec<&str> = commits.iter().map(String::as_str).collect();
    published_record(&bed, &names);
    let told = history(&bed, &["import", "published"]).assert_code(0).stdout;
    assert!(told.contains("3 reports recorded") && told.lines().count() == 1, "{told}");
    let order = || -> Vec<(String, String)> {
        let reports = history(&bed, &["list", "--format", "json"]).assert_code(0).json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        reports.iter().map(|report| (text(&report["commit"]["id"]), text(&report["created"]))).collect()
    };
    let expected = |commit: usize, day: usize| (commits[commit].clone(), format!("2024-05-{day:02}T12:00:00Z"));
    assert_eq!(order(), [expected(0, 1), expected(1, 2), expected(2, 3)], "as the record's own history tells");

    // A copy without that history has no order, and says so.
    fs::remove_dir_all(bed.path(".forc-perf")).unwrap();
    fs::remove_dir_all(bed.path("published/.git")).unwrap();
    fs::write(bed.path("published/.git"), "gitdir: /nowhere").unwrap();
    let told = history(&bed, &["import", "published"]).assert_code(0).stdout;
    assert!(
        told.contains("no git repository shows when each commit was measured") && told.contains("--sway"),
        "{told}"
    );
    assert_eq!(order().len(), 3);
}

#[test]
fn a_shallow_checkout_takes_no_place_away() {
    let sway = Sway::new(&["one", "two", "three"]);
    let bed = &sway.bed;
    bed.write("single.json", &predecessors_run("r").to_string());
    for (day, commit) in sway.commits.iter().enumerate() {
        let time = format!("2026-02-0{}", day + 1);
        history(bed, &["import", "single.json", "--time", &time, "--commit", commit]).assert_code(0);
    }
    history(bed, &["order", "--sway", "sway"]).assert_code(0);
    let positions = || -> Vec<Value> {
        let reports = history(bed, &["list", "--format", "json"]).assert_code(0).json();
        reports.iter().map(|report| report["commit"]["position"].clone()).collect()
    };
    let before = positions();
    assert!(before.iter().all(Value::is_number), "{before:?}");
    let url = format!("file://{}", bed.word("sway"));
    let clone = Command::new("git").args(["clone", "--quiet", "--depth", "1", &url]).arg(bed.path("shallow")).status();
    assert!(clone.unwrap().success());
    history(bed, &["order", "--sway", "shallow"])
        .assert_error(4, &["knows 1 of the 3 commits", "stays as it was", "git fetch --unshallow"]);
    assert_eq!(positions(), before);
}

#[test]
fn predecessors_files_are_believed_only_as_far_as_they_make_sense() {
    let bed = Bed::new();
    let mut run = predecessors_run("p");
    // 2 microseconds with all phases outside of them.
    run["start_time"] = json!({"secs": 100, "nanos": 0});
    run["end_time"] = json!({"secs": 100, "nanos": 2000});
    bed.write("outside.json", &run.to_string());
    // Stamps of the clock, and a machine.
    let mut run = predecessors_run("q");
    let clock = 1_700_000_000_u64;
    let shift = |value: &mut Value| value["secs"] = json!(value["secs"].as_u64().unwrap() + clock);
    shift(&mut run["start_time"]);
    shift(&mut run["end_time"]);
    for phase in run["phases"].as_array_mut().unwrap() {
        shift(&mut phase["start_time"]);
        shift(&mut phase["end_time"]);
    }
    let machine =
        json!({"cpus": [{"name": "cpu0", "brand": "Xeon", "frequency": 1}], "total_memory": 8_589_934_592_u64});
    bed.write("clock.json", &json!({"benchmarks": [run], "system_specs": machine}).to_string());
    history(&bed, &["import", "outside.json", "clock.json"]).assert_code(0);
    let wall = |name: &str| history(&bed, &["series", "--samples", name, "--metric", "wall", "--phase", "none"]).json();
    assert!(wall("first-forc-perf/p").is_empty(), "no build took 2 microseconds");
    let phases = history(&bed, &["series", "--samples", "first-forc-perf/p", "--metric", "wall"]).json();
    assert!(!phases.is_empty(), "its phases are known all the same");
    assert_eq!(wall("first-forc-perf/q")[0]["samples"], json!([5e9]));
    let reports = history(&bed, &["list", "--format", "json"]).assert_code(0).json();
    let of_clock =
        reports.iter().find(|report| report["machine"]["processor"] == "Xeon").expect("the machine is known");
    assert_eq!(of_clock["created"], "2023-11-14T22:13:20Z");
}

#[test]
fn a_backfill_that_is_stopped_keeps_what_it_has_measured_and_resumes() {
    for request in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let sway = Sway::new(&["one", "two", "three"]);
        let bed = &sway.bed;
        // The first commit takes a warm-up and two runs; in the second one's second build the request comes, and once more.
        let script =
            format!("count {}\non 5 say {}\non 5 hang\npackage script good", bed.word("count"), bed.word("on"));
        bed.write("suite/good/good/src/script.txt", &script);
        let first = sway.commits[0].as_str();
        let mut command = sway.backfill_command(&["--since", first]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        eventually("the second commit is measured", || bed.path("on").exists());
        signal(child.id(), request);
        signal(child.id(), request);
        Ended::of(child.wait_with_output().unwrap()).assert_code(130);
        assert_eq!(sway.measured().len(), 1, "signal {request}");
        bed.assert_nothing_left();
        sway.backfill(&["--since", first]).assert_code(0);
        assert_eq!(sway.measured(), [0, 1, 2]);
    }
}
