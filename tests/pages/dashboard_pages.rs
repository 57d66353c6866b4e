//! Pages of the dashboard as a reader has them: in a real browser, on a phone and on a desk, light and dark, with names
//! that somebody chose to do harm.

use std::path::{Path, PathBuf};

use crate::browser::{Browser, Theme};
use crate::support::Bed;
use forc_perf::dashboard::{self, Options};
use forc_perf::figures;
use forc_perf::history::{CommitRef, History, Provenance, Source};
use forc_perf::model::Report;
use forc_perf::trends::Trends;

/// A phone and a desk.
const WINDOWS: [(u32, u32); 2] = [(390, 844), (1300, 900)];

const EVIL: &str = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>\u{202E}";

fn measured(bed: &Bed) -> Report {
    bed.project_with(
        "apps/amm",
        "[project.metadata.forc-perf]\ndescription = \"What it loads.\"\n",
        "package library std\npackage script amm\nalloc 8\nas new info 640 320 200 9\n",
    );
    bed.project("apps/escrow", "");
    bed.project("apps/broken", "err error: Unknown variable \\`x\\`: src/main.sw:12:3\nexit 1");
    bed.run(&["--samples", "3", "--interval", "1ms"]).report().clone()
}

/// The same report as the compiler's CI would have recorded it, of one run and without commands.
fn recorded(report: &Report) -> Report {
    let mut report = report.clone();
    for measured in &mut report.benchmarks {
        measured.runs.truncate(1);
        measured.command.clear();
        for run in &mut measured.runs {
            run.accounting = None;
            run.frames.clear();
            run.phases.iter_mut().for_each(|phase| (phase.cost, phase.package) = (None, Some("amm".to_owned())));
            run.packages.iter_mut().for_each(|package| package.data_section = None);
        }
        figures::complete(measured);
    }
    report
}

fn provenance(number: usize, subject: &str, source: Source) -> Provenance {
    let commit = CommitRef {
        id: format!("{number:040}"),
        time: Some(format!("2026-01-0{number}T00:00:00Z")),
        subject: subject.to_owned(),
        position: None,
    };
    Provenance { commit: Some(commit), source, figures: Vec::new() }
}

/// A dashboard of three reports: one of this harness, one of others', and one whose names are hostile.
fn dashboard(bed: &Bed) -> PathBuf {
    let report = measured(bed);
    let mut history = History::open(&bed.path("history.sqlite")).unwrap();
    history.record(&report, &provenance(1, "The first", Source::ForcPerf)).unwrap();
    let mut other = recorded(&report);
    other.created = "2026-01-02T00:00:00Z".to_owned();
    history.record(&other, &provenance(2, "The second", Source::PublicRecord)).unwrap();
    let mut hostile = report;
    hostile.created = "2026-01-03T00:00:00Z".to_owned();
    for measured in &mut hostile.benchmarks {
        measured.id = format!("{EVIL}/{}", measured.id);
        measured.failures.iter_mut().for_each(|failure| failure.message = EVIL.to_owned());
        for phase in measured.runs.iter_mut().flat_map(|run| &mut run.phases) {
            phase.name = format!("{EVIL} {}", phase.name);
        }
        figures::complete(measured);
    }
    history.record(&hostile, &provenance(3, EVIL, Source::ForcPerf)).unwrap();
    let folder = bed.path("dashboard");
    dashboard::write(&history, &Trends::of(&history).unwrap(), &folder, &Options::default()).unwrap();
    folder
}

fn runs(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.join("runs")).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "html")).collect()
}

#[test]
fn everybody_can_use_the_pages_of_reports_and_commits() {
    let Some(browser) = Browser::start() else { return };
    let bed = Bed::new();
    let folder = dashboard(&bed);
    let runs = runs(&folder);
    assert_eq!(runs.len(), 3);
    let pages = ["commits.html", "scatter.html"].map(|name| folder.join(name)).into_iter().chain(runs);
    let page = browser.page();
    let (mut pictures, mut tables) = (0, 0);
    for path in pages {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        for (width, height) in WINDOWS {
            page.viewport(width, height);
            page.open(&path);
            page.assert_fits();
            page.unfold();
            page.assert_fits();
            for theme in [Theme::Light, Theme::Dark] {
                page.theme(theme);
                page.keep_picture(&format!("{name}-{width}-{theme:?}").to_lowercase());
                page.assert_accessible();
            }
            page.theme(Theme::Light);
        }
        pictures += page.count("img[loading=lazy]");
        tables += page.count("table.matrix");
        // Pictures that are only fetched once they are seen are there, too.
        page.eval("document.querySelectorAll('img').forEach((e) => { e.loading = 'eager'; })");
        page.wait_for("[...document.images].every((e) => e.complete && e.naturalWidth > 0)");
        page.assert_quiet();
    }
    assert!(pictures >= 8 && tables == 1, "{pictures} {tables}");
}

#[test]
fn commits_are_searched_and_sorted() {
    let Some(browser) = Browser::start() else { return };
    let bed = Bed::new();
    let folder = dashboard(&bed);
    let page = browser.page();
    page.viewport(1300, 900);
    page.open(&folder.join("commits.html"));
    let subjects = || {
        page.eval_text("[...document.querySelectorAll('tbody tr')].filter((e) => e.checkVisibility()).map((e) => e.cells[1].textContent).join(' ')")
    };
    assert_eq!(subjects(), "2026-01-03 2026-01-02 2026-01-01");
    page.click("th:nth-child(2) button");
    assert_eq!(subjects(), "2026-01-01 2026-01-02 2026-01-03");
    page.focus("input[type=search]");
    page.type_text("second");
    assert_eq!(subjects(), "2026-01-02");
}
