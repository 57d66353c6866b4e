//! Pages of a whole history.

use super::*;
use crate::figures;
use crate::history::Provenance;
use crate::history::testing::{commit, empty, of_commit, report, with_failure};

/// The pages of a history, by name.
fn page(history: &History, name: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let trends = Trends::of(history).unwrap();
    write(history, &trends, folder.path(), &Options::default()).unwrap();
    std::fs::read_to_string(folder.path().join(name)).unwrap()
}

fn id(day: u32) -> String {
    format!("{day:040}")
}

fn of(day: u32) -> Provenance {
    of_commit(commit(&id(day), Some(&format!("2026-01-{day:02}T00:00:00Z"))))
}

#[test]
fn commits_are_a_table_the_latest_first() {
    let (_folder, mut history) = empty();
    for day in 1..=3 {
        history.record(&report(day, &[100]), &of(day)).unwrap();
    }
    history.record(&with_failure(report(4, &[])), &of(4)).unwrap();
    let page = page(&history, "commits.html");
    let rows: Vec<&str> = page.split("<tr").skip(2).collect();
    assert_eq!(rows.len(), 4);
    assert!(
        rows[0].contains("2026-01-04") && rows[0].contains("nothing") && rows[0].contains("<b class=\"bad\">1</b>")
    );
    assert!(rows[0].contains("<td>–</td>"), "{}", rows[0]);
    assert!(rows[3].contains("2026-01-01") && rows[3].contains(&format!("subject of {}", id(1))));
    assert!(rows[3].contains("100 %") && rows[3].contains("href=\"runs/"));
}

#[test]
fn pages_of_an_empty_history_say_so() {
    let (_folder, history) = empty();
    for name in ["commits.html", "scatter.html"] {
        assert!(page(&history, name).contains("Nothing was measured"), "{name}");
    }
}

#[test]
fn what_is_far_off_the_others_is_told() {
    let (_folder, mut history) = empty();
    let mut night = report(1, &[100]);
    let template = night.benchmarks[0].clone();
    night.benchmarks = (0..8)
        .map(|index| {
            let mut measured = template.clone();
            measured.id = format!("group-{}/project-{index}/debug", index % 2);
            let size = if index == 7 { 10 } else { 1000 + 10 * index };
            measured.runs[0].packages[0].bytecode_size = Some(size);
            if index == 6 {
                measured.runs[0].packages.clear();
            }
            figures::complete(&mut measured);
            measured
        })
        .collect();
    history.record(&night, &of(1)).unwrap();
    let page = page(&history, "scatter.html");
    let (_, far) = page.split_once("Far off the others:").unwrap();
    let far = far.split("</ul>").next().unwrap();
    assert!(far.contains("project-7") && far.contains("10.0 µs per byte") && far.matches("<li>").count() == 1, "{far}");
    // Of the one whose size nobody knows there is no point and no ratio.
    let row = page.split("<tr").find(|row| row.contains("project-6")).unwrap();
    assert_eq!(row.matches('–').count(), 2, "{row}");
    assert!(page.contains("7 benchmarks") && !page.contains(" style="));
}

#[test]
fn hostile_names_are_only_names_everywhere() {
    let (_folder, mut history) = empty();
    let mut night = report(1, &[100]);
    let evil = "\"><script>alert('x')</script>/<img src=x onerror=alert(1)>\u{202E}/debug";
    night.benchmarks[0].id = evil.to_owned();
    night.toolchain.version = evil.to_owned();
    figures::complete(&mut night.benchmarks[0]);
    let mut commit = commit(evil, Some("2026-01-01T00:00:00Z"));
    commit.subject = evil.to_owned();
    history.record(&night, &of_commit(commit)).unwrap();
    for name in ["commits.html", "scatter.html", "index.html"] {
        let page = page(&history, name);
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script>alert"), "{name}");
        assert!(!page.contains("<img") && !page.contains('\u{202E}'), "{name}");
    }
}
