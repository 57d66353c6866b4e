//! The page that puts two reports side by side: it shows what is stored, says nothing of what that means, and names the
//! command that does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use crate::browser::{Browser, Page, Theme};
use crate::demo::{self, Machine};
use crate::support::{Bed, run};
use forc_perf::dashboard::{self, Options};
use forc_perf::history::{History, Level, Measure, Record, ReportFilter, ReportInfo};
use forc_perf::trends::Trends;
use serde_json::{Value, json};

/// The nights of the history here.
const FIRST: u64 = demo::NEW - 3;
const LAST: u64 = demo::NEW + 1;

/// Words of a judge, which the page must not have.
const JUDGED: [&str; 22] = [
    "regress",
    "improve",
    "equal",
    "undecided",
    "changed",
    "faster",
    "slower",
    "better",
    "worse",
    "signific",
    "confiden",
    "same output",
    "▲",
    "▼",
    "≠",
    "threshold",
    "p-value",
    "noise",
    "outlier",
    "gain",
    "loss",
    "alarm",
];

/// A history, its dashboard and its reports in the order of their commits.
struct Site {
    bed: Bed,
    history: History,
    reports: Vec<ReportInfo>,
}

impl Site {
    fn new() -> Self {
        let bed = Bed::new();
        let mut history = demo::history(&bed.path(".forc-perf/history.sqlite"), FIRST..LAST + 1, |night, record| {
            if night == LAST {
                // A benchmark that only one side has.
                record.report.benchmarks.pop();
            }
        });
        let report = demo::report(LAST, LAST, Machine::Second);
        history.record_all([Record { report, provenance: demo::provenance(LAST) }]).unwrap();
        let site = Self { reports: history.reports(&ReportFilter::default()).unwrap(), bed, history };
        site.write();
        site
    }

    fn write(&self) {
        let trends = Trends::of(&self.history).unwrap();
        dashboard::write(&self.history, &trends, &self.bed.path("pages"), &Options::default()).unwrap();
    }

    fn page(&self) -> PathBuf {
        self.bed.path("pages/compare.html")
    }

    /// The report of a night.
    fn of(&self, night: u64, machine: Machine) -> &ReportInfo {
        let arch = if machine == Machine::First { "x86_64" } else { "aarch64" };
        let is_it =
            |info: &&ReportInfo| info.commit.as_ref().unwrap().id == demo::id(night) && info.machine.arch == arch;
        self.reports.iter().find(is_it).unwrap()
    }

    fn open(&self, page: &Page, [base, other]: [&ReportInfo; 2]) {
        page.open(&self.bed.path("pages/events.html"));
        page.open_at(&self.page(), &format!("#base={}&other={}", base.name(), other.name()));
        page.wait_for("!document.getElementById('result').hidden");
    }

    fn levels(&self, report: &ReportInfo) -> BTreeMap<(String, String, String), Level> {
        let key = |measure: Measure| {
            let phase = measure.phase.unwrap_or_else(|| "whole run".to_owned());
            (measure.benchmark, phase, measure.metric.name().to_owned())
        };
        let levels = self.history.levels_of(report.id).unwrap();
        levels.into_iter().map(|(measure, level)| (key(measure), level)).collect()
    }
}

/// The figures of all rows, hidden ones too: what each is of, the medians, the ratio, and the runs as they are told.
fn rows(page: &Page) -> BTreeMap<(String, String, String), Vec<Value>> {
    let rows = page.eval(
        "[...document.querySelectorAll('#table tbody tr')].map((row) => [...row.cells].map((cell, at) =>
            at < 3 ? cell.textContent : cell.dataset.value === '' ? null : Number(cell.dataset.value)))",
    );
    let rows: Vec<Vec<Value>> = serde_json::from_value(rows).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let count = rows.len();
    let rows: BTreeMap<_, _> =
        rows.into_iter().map(|row| ((text(&row[0]), text(&row[1]), text(&row[2])), row[3..].to_vec())).collect();
    assert_eq!(rows.len(), count, "each figure has one row");
    rows
}

#[test]
fn what_is_shown_is_what_is_stored() {
    let Some(browser) = Browser::start() else { return };
    let site = Site::new();
    let page = browser.page();
    let pair = [site.of(demo::NEW, Machine::First), site.of(LAST, Machine::First)];
    site.open(&page, pair);
    let [bases, others] = pair.map(|report| site.levels(report));
    let shown = rows(&page);
    let keys: BTreeSet<_> = bases.keys().chain(others.keys()).cloned().collect();
    assert_eq!(shown.keys().cloned().collect::<BTreeSet<_>>(), keys);
    assert!(keys.len() > 150 && others.len() < bases.len(), "{} {}", keys.len(), others.len());
    for (key, row) in &shown {
        let (base, other) = (bases.get(key).map(|level| level.median), others.get(key).map(|level| level.median));
        let ratio = base.filter(|base| *base > 0.0).zip(other).map(|(base, other)| other / base);
        let row: Vec<Option<f64>> = row.iter().map(Value::as_f64).collect();
        assert_eq!(row, [base, other, ratio], "{key:?}");
    }
    // What is read of it: three digits, the interval, the runs.
    let key = ("apps/exchange/debug".to_owned(), "whole run".to_owned(), "wall".to_owned());
    let row = "[...document.querySelectorAll('#table tbody tr')].find((row) => row.textContent.startsWith('apps/exchange/debugwhole runwall'))";
    let cell = |at: usize| page.eval_text(&format!("{row}.cells[{at}].textContent"));
    let milliseconds = |value: f64| format!("{:.0} ms", value / 1e6);
    let level = &bases[&key];
    let expected = format!(
        "{}{} to {}, {} runs",
        milliseconds(level.median),
        milliseconds(level.low),
        milliseconds(level.high),
        level.count
    );
    assert_eq!(cell(3), expected);
    assert_eq!(cell(5), format!("{:.3}", others[&key].median / level.median));
    page.assert_quiet();
}

#[test]
fn it_judges_nothing() {
    let Some(browser) = Browser::start() else { return };
    let site = Site::new();
    let page = browser.page();
    for night in [demo::NEW - 1, LAST] {
        site.open(&page, [site.of(FIRST, Machine::First), site.of(night, Machine::First)]);
        let told = page.eval_text(
            "document.querySelector('main').textContent + document.querySelector('header').textContent + document.title
                + [...document.querySelectorAll('main *')].flatMap((e) => [e.title ?? '', e.ariaLabel ?? '']).join(' ')",
        );
        let told = told.to_lowercase();
        for word in JUDGED {
            assert!(!told.contains(word), "{word}: {told}");
        }
        // Nor by a colour: a larger figure looks as a smaller one does.
        let colours = page.eval(
            "[...new Set([...document.querySelectorAll('#table tbody td.number')].map((e) => getComputedStyle(e).color))].length",
        );
        assert_eq!(colours, 1);
        let classes =
            page.eval("[...new Set([...document.querySelectorAll('#table tbody *')].map((e) => e.className))].sort()");
        assert_eq!(classes, json!(["", "ends", "number"]));
    }
}

#[test]
fn its_command_gives_the_verdict() {
    let Some(browser) = Browser::start() else { return };
    let site = Site::new();
    let page = browser.page();
    let command = |pair: [&ReportInfo; 2]| {
        site.open(&page, pair);
        let command = page.text("#command");
        let words: Vec<&str> = command.split(' ').collect();
        assert_eq!(words[0], "forc-perf");
        (command.clone(), run(&site.bed, &words[1..]))
    };
    let pair = [demo::NEW - 1, demo::NEW].map(|night| site.of(night, Machine::First));
    let (text, ended) = command(pair);
    assert_eq!(text, format!("forc-perf history diff {} {}", pair[0].name(), pair[1].name()));
    assert!(page.text("#result").contains("This page compares stored medians; for a verdict run:"));
    assert!(ended.assert_code(5).stdout.contains("4 regressed"));
    // These two have a page of verdicts, which says the same.
    assert!(page.is_visible("#verdict"));
    page.click("#verdict a");
    page.wait_for("location.pathname.includes('/verdicts/') && document.readyState === 'complete'");
    assert!(page.text("main").contains("4 regressed"), "{}", page.text("main"));
    assert_eq!(page.text("#command + pre"), text);
    page.assert_quiet();

    // Any two have none; nor has what was measured on two machines, which is said.
    let (_, ended) = command([site.of(FIRST, Machine::First), site.of(LAST, Machine::First)]);
    assert!(!page.is_visible("#verdict") && !page.is_visible("#machines"));
    assert!(ended.stdout.contains(&demo::short(LAST)), "{}", ended.stdout);
    let (text, ended) = command([site.of(LAST, Machine::First), site.of(LAST, Machine::Second)]);
    assert!(text.ends_with(" --force") && page.is_visible("#machines"), "{text}");
    assert!(ended.stdout.contains("Not interleaved") && ended.stderr.contains("two hosts"), "{}", ended.stderr);
}

/// The names in the rows that are seen.
fn seen(page: &Page) -> Vec<String> {
    page.texts("#table tbody tr:not([hidden]) th")
}

#[test]
fn it_is_filtered_sorted_and_chosen_by_keys() {
    let Some(browser) = Browser::start() else { return };
    let site = Site::new();
    let page = browser.page();
    let pair = [site.of(FIRST, Machine::First), site.of(demo::NEW, Machine::First)];
    site.open(&page, pair);
    // At first, the wall time of whole runs.
    assert_eq!(page.eval("document.getElementById('metric').value"), "wall");
    assert_eq!(seen(&page).len(), 10);
    page.focus("#filter");
    page.type_text("apps MULTI");
    assert_eq!(seen(&page), ["apps/multisig/debug"]);
    let choose = |id: &str, value: &str| {
        page.eval(&format!(
            "{{ const e = document.getElementById('{id}'); e.value = '{value}'; e.dispatchEvent(new Event('input')); }}"
        ));
    };
    choose("of", "phases");
    let phases = page.texts("#table tbody tr:not([hidden]) td:nth-child(2)");
    assert!(phases.len() >= 6 && phases.contains(&demo::ASM.to_owned()), "{phases:?}");
    page.press("Control+a");
    page.type_text("ir to asm");
    assert_eq!(seen(&page).len(), 10, "a phase is found by its name, too");
    choose("of", "runs");
    choose("metric", "");
    page.press("Control+a");
    page.press("Delete");
    assert!(seen(&page).len() > 50 && page.text("#shown").contains(" of "), "{}", page.text("#shown"));
    choose("metric", "peak memory");
    assert_eq!(seen(&page).len(), 10);
    // Sorted by a key: the largest ratio first.
    page.focus("#table th:nth-child(6) button");
    page.press("Enter");
    assert_eq!(page.attribute("#table th:nth-child(6)", "aria-sort").as_deref(), Some("descending"));
    let ratios: Vec<f64> = serde_json::from_value(page.eval(
        "[...document.querySelectorAll('#table tbody tr:not([hidden]) td:last-child')].map((e) => Number(e.textContent))",
    ))
    .unwrap();
    assert!(ratios.windows(2).all(|pair| pair[0] >= pair[1]) && ratios.len() == 10, "{ratios:?}");

    // Another report is chosen by the begin of its commit, or by steps; the metric stays.
    let is_at = |base: u64, other: u64| {
        let [base, other] = [base, other].map(|night| site.of(night, Machine::First).name());
        page.wait_for(&format!(
            "location.hash === '#base={base}&other={other}' && !document.getElementById('result').hidden"
        ));
    };
    page.focus("#other");
    page.press("Control+a");
    page.type_text(&demo::short(demo::NEW - 1));
    page.press("Enter");
    is_at(FIRST, demo::NEW - 1);
    page.focus("button[data-of=other][data-step='-1']");
    page.press("Enter");
    is_at(FIRST, demo::NEW - 2);
    page.click("#swap");
    is_at(demo::NEW - 2, FIRST);
    assert_eq!(page.eval("document.getElementById('metric').value"), "peak memory");
    assert_eq!(seen(&page).len(), 10);
    // Each choice is a step that can be gone back.
    page.eval("history.go(-3)");
    is_at(FIRST, demo::NEW);
}

#[test]
fn everybody_can_use_it() {
    let Some(browser) = Browser::start() else { return };
    let site = Site::new();
    let page = browser.page();
    for (window, width, height) in [("phone", 390, 844), ("desk", 1440, 900)] {
        page.viewport(width, height);
        site.open(&page, [site.of(FIRST, Machine::First), site.of(LAST, Machine::Second)]);
        for theme in [Theme::Light, Theme::Dark] {
            page.theme(theme);
            page.keep_picture(&format!("compare-{window}-{theme:?}").to_lowercase());
            page.assert_fits();
            page.assert_accessible();
        }
        page.theme(Theme::Light);
    }
    page.assert_quiet();
    let without = browser.page();
    without.javascript(false);
    without.open(&site.page());
    assert!(without.text("main").contains("forc-perf history diff BASE OTHER"), "{}", without.text("main"));
    assert_eq!(without.texts("main button, main input, main select"), Vec::<String>::new());
}

#[test]
fn what_is_missing_is_said() {
    let Some(browser) = Browser::start() else { return };
    let site = Site::new();
    let page = browser.page();
    page.open_at(&site.page(), "#base=nonsense&other=__proto__");
    assert!(!page.is_visible("#result"));
    assert_eq!(page.text("#message"), "Choose two reports.");
    page.assert_quiet();
    let base = site.of(FIRST, Machine::First).name();
    fs::remove_file(site.bed.path(&format!("pages/data/{base}.js"))).unwrap();
    page.open(&site.bed.path("pages/events.html"));
    page.open_at(&site.page(), &format!("#base={base}&other={base}"));
    page.wait_for("document.getElementById('message').textContent.includes('cannot be read')");
    page.take_troubles();
    fs::remove_file(site.bed.path("pages/data/commits.js")).unwrap();
    page.open(&site.bed.path("pages/events.html"));
    page.open(&site.page());
    assert!(page.text("#message").contains("data/commits.js is missing"), "{}", page.text("#message"));
    page.take_troubles();
    let bed = Bed::new();
    let history = History::open(&bed.path("history.sqlite")).unwrap();
    let trends = Trends::of(&history).unwrap();
    dashboard::write(&history, &trends, &bed.path("pages"), &Options::default()).unwrap();
    page.open(&bed.path("pages/compare.html"));
    assert_eq!(page.text("#message"), "The history holds no report yet.");
    page.assert_quiet();
}
