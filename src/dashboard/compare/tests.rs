use serde_json::Value;

use super::*;
use crate::chart::sample;
use crate::history::{CommitRef, Figure, MachineClass, Provenance, ReportId, ReportInfo, Source};
use crate::model::{Metric, OutputFile, StdChoice};

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
            subject: "</script>".to_owned(),
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

#[test]
fn a_report_has_a_name_that_is_a_file_and_no_path() {
    let digest = "89abcdef".repeat(8);
    let id = |commit| report_id(&info(commit, &digest));
    assert_eq!(id(Some("0a1b2c3d4e5f60718293a4b5c6d7e8f901234567")), "0a1b2c3d4e-89abcdef");
    assert_eq!(id(Some("v0.72.1")), "v0.72.1-89abcdef");
    assert_eq!(id(None), "report-89abcdef");
    for hostile in ["../../etc", "v../\"><script>", "..", "é長", ""] {
        let id = id(Some(hostile));
        assert!(id.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c)) && !id.starts_with('.'), "{id}");
    }
}

#[test]
fn data_cannot_end_its_script_nor_break_a_line_of_it() {
    let mut report = sample::report(3);
    report.benchmarks[0].id = "</script><!--\u{2028}\"\\".to_owned();
    let script = report_data("r", &report, &Provenance::default());
    assert!(!script.contains('<') && !script.contains('\u{2028}') && script.lines().count() == 1);
    assert_eq!(given(&script, "report")["b"][0]["i"], "</script><!--\u{2028}\"\\");
    let list = commits_data(&[info(Some("v1"), "ab")]);
    assert!(!list.contains('<'));
    assert_eq!(given(&list, "commits")["subject"][0], "</script>");
}

#[test]
fn samples_are_as_short_as_they_can_be() {
    let text = |values: &[Option<f64>]| serde_json::to_string(&script::Samples::of(values.iter().copied())).unwrap();
    assert_eq!(text(&[Some(28.0), Some(28.0), Some(28.0)]), "28");
    assert_eq!(text(&[Some(1.0), Some(2.5), None]), "[1,2.5,null]");
    assert_eq!(text(&[None, None]), "[null,null]");
    assert_eq!(text(&[]), "[]");
}

#[test]
fn figures_that_a_report_has_no_place_for_are_among_those_of_whole_runs() {
    let mut report = sample::report(4);
    let own = report.benchmarks.iter_mut().find(|benchmark| benchmark.runs.len() >= 2).unwrap();
    own.runs.truncate(2);
    own.runs.iter_mut().for_each(|run| run.accounting = None);
    let benchmark = own.id.clone();
    let figure = |values: Vec<f64>| Figure { benchmark: benchmark.clone(), metric: Metric::PeakMemory, values };
    let peaks = |values: Vec<f64>| {
        let provenance = Provenance { figures: vec![figure(values)], ..Provenance::default() };
        let data = given(&report_data("r", &report, &provenance), "report");
        let place = data["q"].as_array().unwrap().iter().position(|metric| metric == "peak-memory").unwrap();
        let own = data["b"].as_array().unwrap().iter().find(|one| one["i"] == *benchmark).unwrap().clone();
        own["w"].as_array().unwrap().iter().find(|row| row[0] == place).map(|row| row[1].clone())
    };
    // In pages.
    assert_eq!(peaks(vec![4096.0, 8192.0]), Some(serde_json::json!([1, 2])));
    assert_eq!(peaks(vec![4097.0, 8192.0]), Some(serde_json::json!([4097, 8192])));
    assert_eq!(peaks(vec![4096.0, 4096.0]), Some(serde_json::json!(4096)));
    // A value for each run, or none.
    assert_eq!(peaks(vec![4096.0]), None);
}

#[test]
fn of_two_outputs_of_one_name_the_last_counts() {
    let mut report = sample::report(1);
    let file = |path: &str, hash: &str| OutputFile { path: path.into(), size: 1, sha256: hash.into() };
    report.benchmarks[0].outputs = vec![file("b", "1"), file("a", "2"), file("b", "3")];
    let data = given(&report_data("r", &report, &Provenance::default()), "report");
    assert_eq!(data["b"][0]["o"], serde_json::json!([["a", "2"], ["b", "3"]]));
}

#[test]
fn the_page_has_nothing_inline_and_its_scripts_put_texts_in_as_texts() {
    let page = super::page::content().into_string();
    assert!(page.contains("<noscript>") && !page.contains("<script") && !page.contains("<style"));
    assert!(!page.contains(" style=") && !page.contains("javascript:") && !page.contains(" onclick"));
    for file in SCRIPTS.iter().filter_map(|path| path.strip_prefix("assets/")) {
        assert!(ASSETS.iter().any(|(name, _)| *name == file), "{file}");
    }
    for (name, content) in ASSETS {
        for forbidden in
            ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(", "XMLHttp"]
        {
            assert!(!content.contains(forbidden), "{forbidden} in {name}");
        }
    }
}
