use serde_json::{Value, json};

use super::*;
use crate::history::{CommitRef, Level, MachineClass, Measure, ReportId, ReportInfo, Source};
use crate::model::{Metric, StdChoice};

/// What a data file's call is made with.
fn given(script: &str, call: &str) -> Value {
    let json = script.strip_prefix(&format!("forcPerf.{call}(")).and_then(|rest| rest.strip_suffix(");\n"));
    serde_json::from_str(json.unwrap()).unwrap()
}

fn info(commit: Option<&str>, digest: &str) -> ReportInfo {
    ReportInfo {
        id: ReportId(1),
        digest: digest.to_owned(),
        created: "2026-11-24T10:00:00Z".to_owned(),
        commit: commit.map(|id| CommitRef {
            id: id.to_owned(),
            time: None,
            subject: "</script>\u{202E}".to_owned(),
            position: None,
        }),
        version: "0.72.1".to_owned(),
        source: Source::ForcPerf,
        machine: MachineClass {
            arch: "x86_64".into(),
            processor: None,
            processors: 2,
            memory_gib: 8,
            virtual_machine: None,
        },
        std: StdChoice::Own,
        complete: true,
        benchmarks: 3,
        runs: 30,
        failures: 0,
        has_frames: true,
    }
}

fn level(benchmark: &str, metric: Metric, phase: Option<&str>, values: [f64; 3]) -> (Measure, Level) {
    let [low, median, high] = values;
    let measure = Measure { benchmark: benchmark.to_owned(), metric, phase: phase.map(str::to_owned) };
    (measure, Level { report: ReportId(1), count: 10, median, low, high, spread: None })
}

#[test]
fn data_cannot_end_its_script_nor_break_a_line_of_it() {
    let evil = "</script><!--\u{2028}\"\\\u{202E}";
    let script = report_data("r", &[level(evil, Metric::Wall, Some(evil), [1.0, 2.0, 3.0])]);
    assert!(!script.contains('<') && !script.contains('\u{2028}') && script.lines().count() == 1);
    // A text that cannot be shown as it is is there in both forms.
    let figure = &given(&script, "report")["b"][0][0];
    assert_eq!(figure[0], evil);
    assert!(!figure[1].as_str().unwrap().contains('\u{202E}'), "{figure}");
    let list = commits_data(&[&info(Some("v1"), "ab")], []);
    assert!(!list.contains('<'));
    assert_eq!(given(&list, "commits")["subject"][0], "</script>\u{FFFD}");
}

#[test]
fn figures_are_told_as_they_are_kept_and_as_they_are_read() {
    let levels = [
        level("a/b/debug", Metric::Wall, None, [81_900_000.0, 82_345_678.5, 83_000_000.0]),
        level("a/b/debug", Metric::Wall, Some("compile to ast"), [1500.0, 1500.0, 1500.0]),
        level("c/d/debug", Metric::BytecodeSize, None, [104.0, 104.0, 104.0]),
    ];
    let data = given(&report_data("r", &levels), "report");
    assert_eq!(data["m"], json!(["wall", "bytecode size"]));
    assert_eq!(data["p"], json!(["compile to ast"]));
    assert_eq!(
        data["b"],
        json!([
            [
                "a/b/debug",
                [[0, -1, 82_345_678.5, "82.3 ms", "81.9 ms to 83.0 ms", 10], [0, 0, 1500, "1.50 µs", "", 10]]
            ],
            ["c/d/debug", [[1, -1, 104, "104 B", "", 10]]]
        ])
    );
}

#[test]
fn pairs_with_verdicts_are_told_by_their_places() {
    let all = [info(Some("v1"), &"ab".repeat(32)), info(Some("v2"), &"cd".repeat(32))];
    let [first, second] = all.each_ref().map(ReportInfo::name);
    let pairs = [[first.as_str(), second.as_str()], ["of-long-ago", second.as_str()]];
    let list = given(&commits_data(&all.each_ref(), pairs), "commits");
    assert_eq!(list["id"], json!([first, second]));
    assert_eq!(list["verdicts"], json!([[0, 1]]));
}

#[test]
fn the_page_has_nothing_inline_and_its_scripts_put_texts_in_as_texts() {
    let page = super::page::content().into_string();
    assert!(page.contains("<noscript>") && !page.contains("<script") && !page.contains("<style"));
    assert!(!page.contains(" style=") && !page.contains("javascript:") && !page.contains(" onclick"));
    for file in SCRIPTS.iter().filter_map(|path| path.strip_prefix("assets/")) {
        assert!(ASSETS.iter().any(|(name, _)| *name == file), "{file}");
    }
    let lines: usize = ASSETS.iter().map(|(_, content)| content.lines().count()).sum();
    assert!(lines < 250, "{lines} lines of script: the browser shows, and computes nothing");
    for (name, content) in ASSETS {
        for forbidden in
            ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(", "XMLHttp"]
        {
            assert!(!content.contains(forbidden), "{forbidden} in {name}");
        }
    }
}
