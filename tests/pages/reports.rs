//! The pages of a report and of a comparison, as a reader has them: in a real browser, small and large, light and dark,
//! printed, without scripts, and with names that somebody chose to do harm.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::browser::{Browser, Page, Theme};
use crate::support::{Bed, InTime, stand_in_as};
use forc_perf::model::{Comparison, FailedSides, OutputFinding, Report};
use forc_perf::report::{comparison, file, html};

/// A phone and a desk.
const WINDOWS: [(&str, u32, u32); 2] = [("phone", 390, 844), ("desk", 1440, 900)];

/// What A4 leaves between its margins.
const PAPER: (u32, u32) = (718, 1043);

const NAMES: [&str; 6] = [
    "<script>alert('x')</script>/\"&amp;/debug",
    "a\u{0}b\u{1b}[31mred\u{202E}/x\ny/debug",
    "مشروع/טוקן/תרחיש",
    "長い名前/日本語のプロジェクト/デバッグ",
    "</td></table></details><img src=x onerror=alert(1)>/' onmouseover='alert(2)/debug",
    "javascript:alert(3)/--x:url(http://example.invalid/)/\u{200B}\u{FEFF}",
];

/// Projects enough for a filter, with phases, packages, tests and failures.
fn lay_suite(bed: &Bed) {
    for (index, name) in
        ["amm", "escrow", "lottery", "merkle", "multisig", "nft", "oracle", "order-book", "vault"].iter().enumerate()
    {
        let more = format!(
            "package library std\npackage script {name}\nalloc {}\nas new spin {}\nunless new info 640 320 200 9\nas new info {} 320 200 9",
            8 * (index + 1),
            if index == 3 { 40 } else { 0 },
            if index % 3 == 0 { 640 } else { 600 + 10 * index },
        );
        let manifest = format!(
            "[project.metadata.forc-perf]\ndescription = \"What a {name} loads, in one line.\"\ntags = [\"apps\", \"std\"]\n"
        );
        bed.project_with(&format!("apps/{name}"), &manifest, &more);
    }
    bed.project(
        "apps/broken",
        "err error: Unknown variable \\`x\\` in a long line that tells where: src/main.sw:12:3\nexit 1",
    );
    bed.write("suite/apps/unreadable/Forc.toml", "[project\n");
}

static REPORT: LazyLock<Report> = LazyLock::new(|| {
    let bed = Bed::new();
    lay_suite(&bed);
    bed.run(&["--samples", "3", "--interval", "1ms"]).report().clone()
});

static COMPARISON: LazyLock<Comparison> = LazyLock::new(|| {
    let bed = Bed::new();
    lay_suite(&bed);
    for name in ["old", "new"] {
        stand_in_as(&bed.path(&format!("{name}/forc")), name);
    }
    let (suite, output) = (bed.word("suite"), bed.word("comparison.json"));
    let words =
        ["compare", "old/forc", "new/forc", "--suite", &suite, "--output", &output, "--max-runs", "4", "--control"];
    let ran = bed.harness().args(words).args(["--pin", "never"]).in_time();
    file::read_comparison(&bed.path("comparison.json"))
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&ran.stderr)))
});

/// The report with everything in it called something that could break a page.
fn hostile_report() -> Report {
    let mut report = REPORT.clone();
    let long = "x".repeat(10_000);
    for (index, benchmark) in report.benchmarks.iter_mut().enumerate() {
        let name = NAMES.get(index).copied().unwrap_or(&long).to_owned();
        benchmark.id = format!("{name}{}", if index > NAMES.len() { "y" } else { "" });
        benchmark.description = Some(name.clone());
        benchmark.tags = vec![name.clone(), String::new()];
        benchmark.command.push(format!("it's {name}"));
        for run in &mut benchmark.runs {
            run.notes.push(name.clone());
            run.phases.iter_mut().step_by(2).for_each(|phase| phase.name = name.clone());
            run.packages.iter_mut().for_each(|package| package.package = Some(name.clone()));
        }
        for row in benchmark.phases.iter_mut().chain(&mut benchmark.packages) {
            row.phase = row.phase.is_some().then(|| name.clone());
            row.package = row.package.is_some().then(|| name.clone());
        }
        for failure in &mut benchmark.failures {
            failure.message = name.clone();
            failure.output = format!("{name}\n{long}");
        }
    }
    report.environment.host = Some(NAMES[4].to_owned());
    report.toolchain.version = NAMES[0].to_owned();
    for skipped in &mut report.skipped {
        (skipped.name, skipped.reason) = (NAMES[4].to_owned(), long.clone());
    }
    report
}

/// The comparison likewise.
fn hostile_comparison() -> Comparison {
    let mut comparison = COMPARISON.clone();
    let long = "x".repeat(10_000);
    let name = |index: usize| NAMES.get(index).copied().unwrap_or(&long).to_owned();
    for side in &mut comparison.sides {
        for (index, benchmark) in side.benchmarks.iter_mut().enumerate() {
            benchmark.id =
                format!("{}{}", name(index), if index > NAMES.len() { index.to_string() } else { String::new() });
            benchmark.description = Some(name(index));
            benchmark.command.push(format!("it's {}", name(index)));
        }
    }
    let failure = comparison.sides[0].benchmarks.iter().find_map(|benchmark| benchmark.failures.first()).cloned();
    let ids: Vec<_> = comparison.sides[0].benchmarks.iter().map(|benchmark| benchmark.id.clone()).collect();
    for findings in &mut comparison.findings {
        for (index, (benchmark, id)) in findings.benchmarks.iter_mut().zip(&ids).enumerate() {
            benchmark.id = id.clone();
            benchmark.output = OutputFinding::Different(vec![name(index), long.clone()]);
            for figure in benchmark.figures.iter_mut().filter(|figure| figure.phase.is_some()).step_by(2) {
                figure.phase = Some(name(index));
                figure.parts = vec![name(index), long.clone()];
            }
            if let Some(failure) = failure.clone().filter(|_| index == 4) {
                let other = forc_perf::model::Failure { message: name(4), output: long.clone(), ..failure };
                benchmark.failed = Some(FailedSides { base: None, other: Some(Box::new(other)) });
            }
        }
    }
    for (side, name) in comparison.sides.iter_mut().zip([NAMES[0], NAMES[4], &long]) {
        side.name = name.to_owned();
        side.toolchain.version = name.to_owned();
        side.toolchain.path = name.into();
    }
    comparison.environment.host = Some(NAMES[4].to_owned());
    comparison
}

/// The pages, with their names for screenshots.
fn pages() -> [(&'static str, String); 4] {
    [
        ("report", html::index(&REPORT)),
        ("comparison", comparison::html(&COMPARISON)),
        ("report-hostile", html::index(&hostile_report())),
        ("comparison-hostile", comparison::html(&hostile_comparison())),
    ]
}

fn write(bed: &Bed, text: &str) -> PathBuf {
    bed.write("page.html", text)
}

/// Whether everybody can use a page, on a small and on a large window, and in both themes.
///
/// Names change nothing about colours: with hostile ones each window is looked at in one theme.
fn assert_good(browser: &Browser, path: &Path, name: &str) {
    let page = browser.page();
    for (window, width, height) in WINDOWS {
        page.viewport(width, height);
        page.open(path);
        page.keep_picture(&format!("{name}-{window}"));
        page.assert_fits();
        page.unfold();
        page.assert_fits();
        // Each benchmark has the same parts; to look at those of two takes less than half the time.
        page.eval("document.querySelectorAll('details.benchmark').forEach((e, n) => { e.open = n < 2; })");
        for (theme, of_window) in [(Theme::Light, "desk"), (Theme::Dark, "phone")] {
            if window != of_window && name.ends_with("hostile") {
                continue;
            }
            page.theme(theme);
            if window == of_window {
                page.keep_picture(&format!("{name}-{window}-{theme:?}").to_lowercase());
            }
            page.assert_accessible();
        }
        page.theme(Theme::Light);
        page.assert_quiet();
    }
    let load = page.load();
    assert_eq!(load.requests.len(), 1, "it needs nothing but itself: {:?}", load.requests);
}

#[test]
fn everybody_can_use_the_page_of_a_report() {
    let Some(browser) = Browser::start() else { return };
    let bed = Bed::new();
    assert_good(&browser, &write(&bed, &html::index(&REPORT)), "report");
}

#[test]
fn everybody_can_use_the_page_of_a_comparison() {
    let Some(browser) = Browser::start() else { return };
    let bed = Bed::new();
    assert_good(&browser, &write(&bed, &comparison::html(&COMPARISON)), "comparison");
}

#[test]
fn names_in_a_report_do_nothing() {
    let Some(browser) = Browser::start() else { return };
    let bed = Bed::new();
    assert_good(&browser, &write(&bed, &html::index(&hostile_report())), "report-hostile");
}

#[test]
fn names_in_a_comparison_do_nothing() {
    let Some(browser) = Browser::start() else { return };
    let bed = Bed::new();
    assert_good(&browser, &write(&bed, &comparison::html(&hostile_comparison())), "comparison-hostile");
}

#[test]
fn on_paper_nothing_is_cut_off_or_folded_away() {
    let Some(browser) = Browser::start() else { return };
    let bed = Bed::new();
    let page = browser.page();
    page.viewport(PAPER.0, PAPER.1);
    page.theme(Theme::Dark);
    page.print(true);
    for (name, text) in pages() {
        page.open(&write(&bed, &text));
        page.pdf(name);
        page.assert_fits();
        let cut = page.eval(
            "[...document.querySelectorAll('body *')]
                .filter((e) => /auto|scroll|hidden/.test(getComputedStyle(e).overflow) && e.checkVisibility())
                .filter((e) => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)
                .filter((e) => !e.matches('.part, svg'))
                .map((e) => `${e.cloneNode().outerHTML.slice(0, 100)}: ${e.scrollWidth} × ${e.scrollHeight}`)",
        );
        assert_eq!(cut, serde_json::json!([]), "{name}: more than is printed");
        // Controls are left out of a head that comes again on the next page.
        let heads = page.eval(
            "[...document.querySelectorAll('th button')].every((e) => getComputedStyle(e).display === 'contents')",
        );
        assert_eq!(heads, true, "{name}");
        let folded = page.eval(
            "[...document.querySelectorAll('details:not(.values) > :not(summary, .values)')].filter((e) => !e.checkVisibility())
                .map((e) => e.cloneNode().outerHTML.slice(0, 100))",
        );
        assert_eq!(folded, serde_json::json!([]), "{name}: paper cannot be clicked");
        assert_eq!(page.style("body", "color"), "rgb(31, 35, 40)", "{name}: ink is dark, whatever the screen is");
    }
}

#[test]
fn without_scripts_all_is_said_and_nothing_is_offered_that_does_nothing() {
    let Some(browser) = Browser::start() else { return };
    let bed = Bed::new();
    let (with, without) = (browser.page(), browser.page());
    without.javascript(false);
    for (name, text) in pages() {
        let path = write(&bed, &text);
        for page in [&with, &without] {
            page.viewport(390, 844);
            page.open(&path);
        }
        assert!(with.count("th button") > 0, "{name}");
        assert_eq!(without.count("th button, .tools"), 0, "{name}");
        assert_eq!(without.text("main"), with.text("main"), "{name}");
        without.assert_fits();
        // A link to a section that is folded opens it.
        let link = "main table th a[href^='#b']";
        let target = without.attribute(link, "href").unwrap();
        without.click(link);
        assert!(without.is_visible(&target), "{name}: {target}");
    }
}

/// The names in the main table, from above.
fn rows(page: &Page) -> Vec<String> {
    page.texts("#overview tbody th a[href^='#b-']")
}

#[test]
fn a_report_is_sorted_and_filtered() {
    let Some(browser) = Browser::start() else { return };
    let bed = Bed::new();
    let page = browser.open(&write(&bed, &html::index(&REPORT)));
    let by_wall = rows(&page);
    assert_eq!(by_wall.len(), 9);
    let sort = |page: &Page, column: usize| {
        page.click(&format!("#overview th:nth-child({column}) button"));
        page.attribute(&format!("#overview th:nth-child({column})"), "aria-sort")
    };
    assert_eq!(sort(&page, 1).as_deref(), Some("ascending"));
    let mut by_name = by_wall.clone();
    by_name.sort();
    assert_eq!(rows(&page), by_name);
    assert_eq!(sort(&page, 1).as_deref(), Some("descending"));
    assert_eq!(rows(&page), by_name.iter().rev().cloned().collect::<Vec<_>>());
    assert_eq!(sort(&page, 2).as_deref(), Some("descending"));
    assert_eq!(rows(&page), by_wall);
    assert_eq!(page.count("#overview [aria-sort]"), 1);
    // By keys as well.
    page.focus("#overview th:nth-child(2) button");
    page.press("Enter");
    assert_eq!(rows(&page), by_wall.iter().rev().cloned().collect::<Vec<_>>());

    page.click(".tools input");
    page.type_text("MERkle apps");
    assert_eq!(rows(&page), ["apps/merkle/debug"]);
    assert_eq!(page.texts("details.benchmark h3"), ["apps/merkle/debug"]);
    page.press("Control+a");
    page.press("Delete");
    assert_eq!(rows(&page).len(), 9);
    page.keep_picture("report-sorted");

    // A link leads to a section, which opens.
    page.click("#overview tbody tr:nth-child(4) th a");
    assert_eq!(page.count("details.benchmark[open]"), 1);
    let section = page.rect("details.benchmark[open] .body");
    assert!(section.y >= 0.0 && section.y < 900.0, "{section:?}");
    page.keep_picture("report-linked");
}

#[test]
fn a_comparison_is_sorted_and_filtered() {
    let Some(browser) = Browser::start() else { return };
    let bed = Bed::new();
    let page = browser.open(&write(&bed, &comparison::html(&COMPARISON)));
    let table = ".side table.sortable";
    let names = || page.texts(&format!("{table} tbody th[scope=row] a"));
    assert_eq!(names().len(), 10);
    page.click(&format!("{table} th:nth-child(2) button"));
    assert_eq!(page.attribute(&format!("{table} th:nth-child(2)"), "aria-sort").as_deref(), Some("ascending"));
    let sorted = names();
    assert!(sorted.is_sorted(), "{sorted:?}");
    page.click(".side .tools input");
    page.type_text("vault");
    assert_eq!(names(), ["apps/vault/debug"]);
    page.keep_picture("comparison-filtered");
}

#[test]
fn a_report_is_read_by_keys_alone() {
    let Some(browser) = Browser::start() else { return };
    let bed = Bed::new();
    let page = browser.open(&write(&bed, &html::index(&REPORT)));
    page.press("Tab");
    assert_eq!(page.focused(), "a.skip");
    assert!(page.rect("a.skip").x >= 0.0, "it is seen as soon as it has the focus");
    page.press("Enter");
    assert!(page.url().ends_with("#content"));
    page.focus("details.benchmark summary");
    page.press("Enter");
    assert_eq!(page.count("details.benchmark[open]"), 1);
}

#[test]
fn a_long_report_opens_at_once() {
    let Some(browser) = Browser::start() else { return };
    let bed = Bed::new();
    let mut report = REPORT.clone();
    let measured: Vec<_> = report.benchmarks.iter().filter(|benchmark| !benchmark.runs.is_empty()).cloned().collect();
    report.benchmarks = (0..60)
        .map(|index| {
            let mut benchmark = measured[index % measured.len()].clone();
            benchmark.id = format!("group-{}/project-{index}/debug", index % 5);
            benchmark
        })
        .collect();
    let page = browser.open(&write(&bed, &html::index(&report)));
    let load = page.load();
    assert!(load.size() < 6_000_000, "{} bytes", load.size());
    // A fifth of a second on a quiet machine.
    assert!(load.loaded.as_secs() < 10, "{load:?}");
}
