use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::dashboard::{Options, Written, write};
use crate::history::testing::{commit, empty, of_commit, report};
use crate::history::{History, Provenance, ReportFilter, ReportInfo};
use crate::model::Report;
use crate::trends::Trends;

const RELEASE: &str = "Bump to v0.72.0";

fn dashboard(history: &History, folder: &Path) -> Written {
    let options = Options { drawn: 2, ..Options::default() };
    write(history, &Trends::of(history).unwrap(), folder, &options).unwrap()
}

/// The pages of verdicts, by name.
fn pages(folder: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(folder.join("verdicts")) else { return BTreeMap::new() };
    let page =
        |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap());
    entries.map(|entry| page(entry.unwrap())).collect()
}

fn of(day: u32) -> Provenance {
    let mut commit = commit(&format!("{day:040}"), Some(&format!("2026-01-{day:02}T00:00:00Z")));
    if day == 2 {
        commit.subject = RELEASE.to_owned();
    }
    of_commit(commit)
}

/// The night of a day, on a machine of so many processors more.
fn night(day: u32, more: usize, walls: &[u64]) -> Report {
    let mut report = report(day, walls);
    let cpu = crate::model::Cpu { name: "cpu".to_owned(), brand: "other".to_owned(), frequency_mhz: 1 };
    report.environment.cpus.extend(vec![cpu; more]);
    report
}

/// Names of the reports in the order of their commits.
fn names(history: &History) -> Vec<String> {
    history.reports(&ReportFilter::default()).unwrap().iter().map(ReportInfo::name).collect()
}

#[test]
fn a_report_is_held_against_the_one_before_it_and_the_last_release() {
    let (folder, mut history) = empty();
    let out = folder.path().join("out");
    for day in 1..=5 {
        history.record(&night(day, 0, &[100, 110, 120]), &of(day)).unwrap();
    }
    // Another machine has measured two of these commits.
    for day in [3, 5] {
        history.record(&night(day, 1, &[100, 110, 120]), &of(day)).unwrap();
    }
    dashboard(&history, &out);
    let all = history.reports(&ReportFilter::default()).unwrap();
    let usual = all.iter().map(|info| info.machine.processors).min().unwrap();
    let name = |day: u32, more: bool| {
        let is_it = |info: &&ReportInfo| {
            info.commit.as_ref().is_some_and(|commit| commit.id == format!("{day:040}"))
                && (info.machine.processors > usual) == more
        };
        all.iter().find(is_it).unwrap().name()
    };
    let pair =
        |base: (u32, bool), other: (u32, bool)| format!("{}_{}.html", name(base.0, base.1), name(other.0, other.1));
    let mut expected: Vec<String> = [(1, 2), (2, 3), (3, 4), (4, 5), (2, 4), (2, 5)]
        .map(|(base, other)| pair((base, false), (other, false)))
        .to_vec();
    expected.push(pair((3, true), (5, true)));
    expected.sort();
    let pages = pages(&out);
    assert_eq!(pages.keys().cloned().collect::<Vec<_>>(), expected);
    // Each says what of what, and how to have it again.
    let page = &pages[&pair((2, false), (5, false))];
    let command = format!("forc-perf history diff {} {}", name(2, false), name(5, false));
    for text in ["0000000000 of", "against", RELEASE, &command, "side by side"] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains(" style=") && !page.contains("<style") && !page.contains("<script>"));
    // Its report's page leads to it.
    let run = fs::read_to_string(out.join(format!("runs/{}.html", name(5, false)))).unwrap();
    for page in [pair((4, false), (5, false)), pair((2, false), (5, false))] {
        assert!(run.contains(&format!("href=\"../verdicts/{page}\"")), "{page}");
    }
}

#[test]
fn a_night_adds_its_own_pages_and_leaves_the_others() {
    let (folder, mut history) = empty();
    let out = folder.path().join("out");
    for day in 1..=5 {
        history.record(&night(day, 0, &[100, 110, 120]), &of(day)).unwrap();
    }
    dashboard(&history, &out);
    let before = pages(&out);
    assert_eq!(before.len(), 6);
    assert_eq!((dashboard(&history, &out).written, &pages(&out)), (0, &before));
    history.record(&night(6, 0, &[100, 110, 120]), &of(6)).unwrap();
    dashboard(&history, &out);
    let after = pages(&out);
    assert_eq!(after.len(), 8);
    let changed: Vec<&String> = before.keys().filter(|name| after.get(*name) != before.get(*name)).collect();
    let last = &names(&history)[3];
    assert!(
        changed.iter().all(|name| name.ends_with(&format!("_{last}.html"))),
        "what is no longer among the latest: {changed:?}"
    );
    // A page that somebody cut short is made again, the same.
    let name = after.keys().next().unwrap();
    fs::write(out.join("verdicts").join(name), "cut").unwrap();
    assert_eq!(dashboard(&history, &out).written, 1);
    assert_eq!(pages(&out), after);
}

#[test]
fn a_commit_measured_between_two_others_comes_between_them() {
    let (folder, mut history) = empty();
    let out = folder.path().join("out");
    for day in [1, 4] {
        history.record(&night(day, 0, &[100, 110, 120]), &of(day)).unwrap();
    }
    dashboard(&history, &out);
    assert_eq!(pages(&out).len(), 1);
    history.record(&night(3, 0, &[100, 110, 120]), &of(3)).unwrap();
    dashboard(&history, &out);
    let all = names(&history);
    let expected = [(0, 1), (1, 2)].map(|(base, other)| format!("{}_{}.html", all[base], all[other]));
    assert!(expected.iter().all(|name| pages(&out).contains_key(name)) && pages(&out).len() == 2);
    let run = fs::read_to_string(out.join(format!("runs/{}.html", all[2]))).unwrap();
    assert!(run.contains(&expected[1]));
}

#[test]
fn several_reports_of_one_commit_are_held_against_the_commit_before() {
    let (folder, mut history) = empty();
    let out = folder.path().join("out");
    for (day, walls) in [(1, [100, 110]), (2, [100, 110]), (2, [101, 111])] {
        history.record(&night(day, 0, &walls), &of(day)).unwrap();
    }
    dashboard(&history, &out);
    let all = names(&history);
    let pages: Vec<String> = pages(&out).into_keys().collect();
    let mut expected = [1, 2].map(|other| format!("{}_{}.html", all[0], all[other]));
    expected.sort();
    assert_eq!(pages, expected);
}

#[test]
fn what_cannot_be_compared_says_so() {
    let (folder, mut history) = empty();
    let out = folder.path().join("out");
    let mut other = night(2, 0, &[100, 110]);
    other.benchmarks[0].id = "apps/other/debug".to_owned();
    history.record(&night(1, 0, &[100, 110]), &of(1)).unwrap();
    history.record(&other, &of(2)).unwrap();
    dashboard(&history, &out);
    let page = pages(&out).into_values().next().unwrap();
    assert!(page.contains("Nothing to compare") && page.contains("have no benchmark in common"));
}
