//! `history diff`: two reports of a history, named as people name them, judged as two files are.

use std::fs;

use crate::demo::{self, Machine};
use crate::support::{Bed, Ended, run};
use forc_perf::history::{History, Record, ReportFilter};
use serde_json::Value;

/// The first of the nights here; the regression of [`demo::NEW`] is among them.
const FIRST: u64 = demo::NEW - 3;
/// The night that measured a release.
const RELEASE: u64 = FIRST + 1;

fn history(bed: &Bed) -> History {
    let path = bed.path(".forc-perf/history.sqlite");
    let mut history = demo::history(&path, FIRST..demo::NEW + 2, |night, record| {
        if night == RELEASE {
            record.provenance.commit.as_mut().unwrap().id = "v0.72.3".to_owned();
        }
    });
    // The other machine has measured the first and the last but one.
    let second = [FIRST, demo::NEW].map(|night| Record {
        report: demo::report(night, night, Machine::Second),
        provenance: demo::provenance(night),
    });
    history.record_all(second).unwrap();
    history
}

fn diff(bed: &Bed, args: &[&str]) -> Ended {
    run(bed, &[&["history", "diff"], args].concat())
}

/// What was found, and of which two compilers.
fn found(bed: &Bed, args: &[&str]) -> (Vec<String>, Value) {
    let ended = diff(bed, &[args, &["--format", "json", "--fail-on", "never"]].concat()).assert_code(0);
    let comparison: Value = serde_json::from_str(&ended.stdout).unwrap();
    let names = comparison["sides"].as_array().unwrap().iter().map(|side| side["name"].as_str().unwrap().to_owned());
    (names.collect(), comparison["findings"].clone())
}

#[test]
fn reports_are_named_in_every_way_and_judged_as_files_are() {
    let bed = Bed::new();
    let history = history(&bed);
    let (base, other) = (demo::id(demo::NEW - 1), demo::id(demo::NEW));
    let (names, findings) = found(&bed, &[&base[..8], &other[..8]]);
    assert_eq!(names, [&base[..10], &other[..10]]);

    // The same of two files.
    let all = history.reports(&ReportFilter::default()).unwrap();
    let of = |id: &str| {
        let is_it = |info: &&forc_perf::history::ReportInfo| {
            info.commit.as_ref().unwrap().id == id && info.machine.arch == "x86_64"
        };
        all.iter().find(is_it).unwrap()
    };
    let infos = [of(&base), of(&other)];
    for (info, file) in infos.iter().zip(["base.json", "other.json"]) {
        let shown = run(&bed, &["history", "show", &info.id.to_string(), "--format", "report"]).assert_code(0);
        fs::write(bed.path(file), shown.stdout).unwrap();
    }
    let files =
        run(&bed, &["diff", "base.json", "other.json", "--format", "json", "--fail-on", "never"]).assert_code(0);
    let files: Value = serde_json::from_str(&files.stdout).unwrap();
    assert!(findings == files["findings"]);
    assert!(findings.to_string().contains("\"regressed\""), "{findings}");

    // By numbers, names, dates and places; on the machine that both were measured on.
    let numbers = infos.map(|info| info.id.to_string());
    let by_name = infos.map(|info| info.name());
    let day = |night: u64| demo::committed(night)[..10].to_owned();
    let dates = [day(demo::NEW - 1), day(demo::NEW)];
    for pair in [&numbers, &by_name, &dates] {
        let (others, same) = found(&bed, &[&pair[0], &pair[1]]);
        assert!(others == names && same == findings, "{pair:?}: {others:?}");
    }
    assert!(found(&bed, &["latest~2", "latest~1"]) == (names, findings));
    assert_eq!(found(&bed, &["0.72.3", "latest"]).0, ["v0.72.3".to_owned(), demo::short(demo::NEW + 1)]);
    assert_eq!(found(&bed, &[&demo::id(FIRST)[..7], "latest~1"]).0, [demo::short(FIRST), demo::short(demo::NEW)]);
    // Two reports of one commit are told apart.
    let again = found(&bed, &[&numbers[1], &numbers[1]]).0;
    assert_eq!(again[0], by_name[1], "{again:?}");
}

#[test]
fn it_ends_and_prints_as_diff_does() {
    let bed = Bed::new();
    history(&bed);
    let (base, other) = (demo::short(demo::NEW - 1), demo::short(demo::NEW));
    let ended = diff(&bed, &[&base, &other]).assert_code(5);
    assert!(ended.stdout.contains("4 regressed") && ended.stdout.contains(demo::ASM), "{}", ended.stdout);
    diff(&bed, &[&base, &other, "--fail-on", "never"]).assert_code(0);
    // What would matter is for the user to say.
    diff(&bed, &[&base, &other, "--threshold", "200%"]).assert_code(0);
    // Of some benchmarks alone.
    diff(&bed, &[&base, &other, "small/*"]).assert_code(0);
    let some = diff(&bed, &[&base, &other, "exchange", "vault", "--format", "csv"]).assert_code(5).stdout;
    assert!(some.contains("apps/exchange/debug") && !some.contains("apps/multisig/debug"), "{some}");
    diff(&bed, &[&base, &other, "nonsense"]).assert_error(2, &["no benchmark of", "is called `nonsense`"]);
    diff(&bed, &[&base, &other, "a["]).assert_error(2, &["`a[` is not a valid pattern"]);
    // It is kept, and shown again.
    diff(&bed, &[&base, &other, "--output", "kept.json", "--format", "html"]).assert_code(5);
    assert!(run(&bed, &["show", "kept.json"]).assert_code(5).stdout.contains("4 regressed"));
}

#[test]
fn what_means_nothing_or_too_much_is_told_in_a_sentence() {
    let bed = Bed::new();
    history(&bed);
    let id = demo::short(demo::NEW);
    diff(&bed, &["nonsense", &id]).assert_error(2, &["no report is called `nonsense`", &demo::short(demo::NEW + 1)]);
    diff(&bed, &["0.72.0", &id]).assert_error(2, &["`0.72.0` means several commits", &demo::short(FIRST)]);
    diff(&bed, &["latest~99", &id]).assert_error(2, &["`latest~99` goes back too far: 4 reports came before"]);
    diff(&bed, &["2001-01-01", &id]).assert_error(2, &["no report is as old as 2001-01-01", &demo::short(FIRST)]);
    // One machine's times say nothing of another's.
    let machines = [diff(&bed, &["1", "6"]), diff(&bed, &["1", "6", "--force", "--fail-on", "never"])];
    let [refused, forced] = machines;
    refused.assert_error(4, &["Ampere Altra", "EPYC", "--force"]);
    forced.assert_code(0);
    let empty = Bed::new();
    diff(&empty, &["latest~1", "latest"]).assert_error(4, &["there is no history at"]);
    History::open(&empty.path(".forc-perf/history.sqlite")).unwrap();
    diff(&empty, &["latest~1", "latest"]).assert_error(2, &["the history holds no report"]);
}
