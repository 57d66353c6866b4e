//! The dashboard of a history, as a reader has it: in a real browser, small and large, light and dark, printed, without
//! scripts, and with names that somebody chose to do harm.

use crate::demo;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::browser::{Browser, Page, Server, Theme};
use forc_perf::dashboard::{self, Options};
use forc_perf::figures;
use forc_perf::history::{History, NoteKind, Record, ReportInfo};
use forc_perf::model::{Failure, FailureKind, Metric};
use forc_perf::trends::{Standing, Trend, Trends};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A phone and a desk.
const WINDOWS: [(&str, u32, u32); 2] = [("phone", 390, 844), ("desk", 1440, 900)];

/// What A4 leaves between its margins.
const PAPER: (u32, u32) = (718, 1043);

/// The benchmark whose page is looked at.
const BENCHMARK: &str = "apps/multisig/debug";

/// A dashboard that was written.
struct Dashboard {
    folder: PathBuf,
    history: PathBuf,
    trends: Trends,
}

impl Dashboard {
    fn of(history: &History, folder: PathBuf) -> Self {
        let trends = Trends::of(history).unwrap();
        dashboard::write(history, &trends, &folder, &Options::default()).unwrap();
        Self { folder, history: history.path().to_owned(), trends }
    }

    fn page(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The page of a benchmark, as the first page calls it.
    fn benchmark(&self, id: &str) -> PathBuf {
        self.page(&format!("benchmarks/{}.html", id.replace(['/', '_'], "-")))
    }

    /// All pages, from the dashboard's folder.
    fn names(&self) -> Vec<String> {
        files(&self.folder).into_iter().filter(|name| name.ends_with(".html")).collect()
    }

    /// One page of each kind.
    fn kinds(&self) -> Vec<(&'static str, PathBuf)> {
        vec![
            ("front", self.page("index.html")),
            ("events", self.page("events.html")),
            ("benchmark", self.benchmark(BENCHMARK)),
            ("run", self.page(&format!("runs/{}.html", self.report(self.trends.axis.commits.len() - 1)))),
            ("commits", self.page("commits.html")),
            ("scatter", self.page("scatter.html")),
            ("compare", self.page("compare.html")),
            ("verdict", self.verdicts(demo::NEW - 1, demo::NEW)),
        ]
    }

    /// What files and links call the last report of the commit at a position.
    fn report(&self, position: usize) -> String {
        let report = self.trends.axis.commits[position].reports.last().unwrap();
        self.trends.reports.iter().find(|info| info.id == *report).unwrap().name()
    }

    /// The page of verdicts on the reports of two nights.
    fn verdicts(&self, base: u64, other: u64) -> PathBuf {
        self.page(&format!("verdicts/{}_{}.html", self.report(base as usize), self.report(other as usize)))
    }
}

/// All files below a folder.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            found.extend(files(&entry.path()).into_iter().map(|below| format!("{name}/{below}")));
        } else {
            found.insert(name);
        }
    }
    found
}

/// The dashboard of the demo, made once for all tests.
static DEMO: LazyLock<Dashboard> = LazyLock::new(|| {
    // Nothing that is static is ever dropped: it has its place, and is made anew each time.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dashboard");
    fs::create_dir_all(&folder).unwrap();
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    for name in ["history", "pages"] {
        let _ = fs::remove_dir_all(folder.join(name));
    }
    let history = demo::make(&folder.join("history/history.sqlite"));
    // Held until this process ends.
    std::mem::forget(lock);
    Dashboard::of(&history, folder.join("pages"))
});

/// The dashboard of a history of a test's own.
fn dashboard_of(make: impl FnOnce(&Path) -> History) -> (TempDir, Dashboard) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let history = make(&folder.path().join("history.sqlite"));
    let dashboard = Dashboard::of(&history, folder.path().join("pages"));
    (folder, dashboard)
}

/// Names that are no names.
fn hostile(index: usize) -> String {
    const NAMES: [&str; 9] = [
        "<script>window.__pwned=1</script>/\"&amp;&#60;/debug",
        "\"'><img src=x onerror=window.__pwned=1>/x/debug",
        "</script></title></style><script>window.__pwned=1</script>]]>/x/debug",
        "a\u{202E}gnp.exe/x\ny\r\tz\u{0}\u{1b}[31m/debug",
        "__proto__",
        "constructor/prototype/toString",
        "javascript:window.__pwned=1/../../../../etc/passwd/%2e%2e%2f",
        "مشروع/טוקן/長い名前\u{200B}\u{FEFF}",
        "--><svg onload=window.__pwned=1>/' onmouseover='window.__pwned=1/`${window.__pwned=1}`",
    ];
    NAMES.get(index % 10).map_or_else(|| "x".repeat(10_000), |name| (*name).to_owned())
}

/// A history in which everything that somebody may choose is chosen to do harm, with events, failures and notes.
fn hostile_history(path: &Path) -> History {
    let last = demo::ACKNOWLEDGED + 8;
    let mut history = demo::history(path, demo::EXPECTED - 12..last, |night, Record { report, provenance }| {
        for (index, measured) in report.benchmarks.iter_mut().enumerate() {
            measured.id = hostile(index);
            measured.description = Some(hostile(index + 1));
            measured.tags = vec![hostile(index), hostile(index + 2), String::new()];
            measured.command = vec!["forc".to_owned(), hostile(index)];
            for run in &mut measured.runs {
                run.name.clone_from(&measured.id);
                run.notes.push(hostile(index));
                for phase in &mut run.phases {
                    let number = phase.name.len();
                    phase.name = hostile(number);
                    phase.package = phase.package.as_ref().map(|package| hostile(package.len()));
                }
            }
            if night + 1 == last && index < 4 {
                measured.failures.push(Failure {
                    kind: FailureKind::Panic,
                    message: hostile(index),
                    exit: None,
                    phase: Some(hostile(index)),
                    output: hostile(index),
                    run: None,
                });
                measured.runs.clear();
            }
            figures::complete(measured);
        }
        if night + 1 == last {
            report.benchmarks.pop();
        }
        report.toolchain.version = hostile(night as usize);
        report.environment.host = Some(hostile(2));
        report.environment.cpus.iter_mut().for_each(|cpu| cpu.brand = hostile(1));
        let commit = provenance.commit.as_mut().unwrap();
        commit.subject = hostile(night as usize);
        if night % 5 == 0 {
            commit.id = format!("{}{night}", hostile(night as usize / 5));
        }
    });
    for index in 0..10 {
        history.add_note(&demo::id(demo::ACKNOWLEDGED), NoteKind::Note, &hostile(index)).unwrap();
    }
    history.add_note(&demo::id(demo::EXPECTED), NoteKind::Expected, &hostile(2)).unwrap();
    history
}

/// A history whose last night measured nothing: every build failed.
fn failed_history(path: &Path) -> History {
    demo::history(path, 0..6, |night, Record { report, .. }| {
        for measured in report.benchmarks.iter_mut().filter(|_| night == 5) {
            measured.runs.clear();
            figures::complete(measured);
            measured.failures.push(Failure {
                kind: FailureKind::Spawn,
                message: "the compiler could not be started".to_owned(),
                exit: None,
                phase: None,
                output: String::new(),
                run: None,
            });
        }
    })
}

/// Opens a page and waits for what it reads when it is there, as the compare page does.
#[track_caller]
fn open(page: &Page, path: &Path, rest: &str) {
    page.open_at(path, rest);
    page.wait_for("!document.getElementById('message')?.textContent.startsWith('Reading')");
    page.settle();
}

// How it looks.

/// Whether everybody can use a page, on a small and on a large window. `both`: in each in both themes.
fn assert_good(browser: &Browser, path: &Path, name: &str, both: bool) {
    let page = browser.page();
    for (window, width, height) in WINDOWS {
        page.viewport(width, height);
        open(&page, path, "");
        page.assert_fits();
        for (theme, of_window) in [(Theme::Light, "desk"), (Theme::Dark, "phone")] {
            if !both && window != of_window {
                continue;
            }
            page.theme(theme);
            page.keep_picture(&format!("dashboard-{name}-{window}-{theme:?}").to_lowercase());
            page.unfold();
            page.assert_fits();
            page.assert_accessible();
            page.eval("document.querySelectorAll('details').forEach((e) => { e.open = false; })");
        }
        page.theme(Theme::Light);
        page.assert_quiet();
    }
}

#[test]
fn everybody_can_use_every_kind_of_page() {
    let Some(browser) = Browser::start() else { return };
    for (name, path) in DEMO.kinds() {
        assert_good(&browser, &path, name, ["front", "events", "compare"].contains(&name));
    }
}

#[test]
fn an_empty_history_has_pages_that_say_so() {
    let Some(browser) = Browser::start() else { return };
    let (_folder, dashboard) = dashboard_of(|path| History::open(path).unwrap());
    for name in dashboard.names() {
        assert_good(&browser, &dashboard.page(&name), &format!("empty-{}", name.replace('/', "-")), false);
    }
    let page = browser.open(&dashboard.page("index.html"));
    assert!(page.text("main [role=alert]").contains("Nothing was measured"));
    assert_eq!(page.count("main .calm, main figure"), 0, "nothing is well where nothing was measured");
    assert_links(&dashboard);
}

#[test]
fn nothing_measured_looks_different_from_nothing_new() {
    let Some(browser) = Browser::start() else { return };
    let (_failed, failed) = dashboard_of(failed_history);
    assert_good(&browser, &failed.page("index.html"), "failed", false);
    let page = browser.open(&failed.page("index.html"));
    let alert = page.text("main [role=alert]");
    assert!(alert.contains("Nothing was measured") && alert.contains("No run of the last report succeeded"), "{alert}");
    let first = page.eval_text("document.querySelector('main').firstElementChild.getAttribute('role')");
    assert_eq!(first, "alert", "it stands before all else");
    assert_eq!(page.text(".tile:nth-child(2) strong"), "10");
    assert_eq!(page.count(".tile.bad-tile"), 2, "what was measured, and what failed");
    assert_links(&failed);

    let told = |nights: u64| {
        move |path: &Path| {
            let mut history = demo::history(path, 0..nights, |_, _| ());
            Trends::of(&history).unwrap().announce(&mut history).unwrap();
            history
        }
    };
    let (_young, young) = dashboard_of(told(3));
    let page = browser.open(&young.page("index.html"));
    assert!(page.text("main .calm").starts_with("Too early to tell."), "{}", page.text("main .calm"));
    let (_quiet, quiet) = dashboard_of(told(10));
    let page = browser.open(&quiet.page("index.html"));
    assert_eq!(page.count("[role=alert], .bad-tile, .nothing"), 0);
    let calm = page.text("main .calm");
    assert!(calm.starts_with("Nothing new. At the last night, 20"), "{calm}");
    assert!(calm.contains("over 10 commits"), "{calm}");
}

/// Names do nothing, wherever they stand.
#[test]
fn names_do_nothing() {
    let Some(browser) = Browser::start() else { return };
    let (_folder, dashboard) = dashboard_of(hostile_history);
    assert!(dashboard.trends.events.len() >= 2, "{:#?}", dashboard.trends.events);
    assert_eq!(dashboard.trends.benchmarks().len(), 10);
    let page = browser.page();
    let mut looked_at = BTreeMap::new();
    for (index, name) in dashboard.names().into_iter().enumerate() {
        let path = dashboard.page(&name);
        open(&page, &path, "");
        assert_eq!(page.eval("window.__pwned ?? null"), Value::Null, "{name}");
        // Hovering and pointing at all charts shows names, too.
        for figure in 1..=page.count("figure.trend").min(3) {
            page.eval(&format!("document.querySelectorAll('figure.trend .chart')[{}].focus()", figure - 1));
            page.press("End");
            page.press("Enter");
            page.press("Home");
            page.press("Enter");
        }
        let bad = page.eval(
            "[...document.querySelectorAll('*')].filter((e) => /^(img|iframe|object|embed|base|style)$/i.test(e.localName)
                || e.localName === 'script' && !/^assets\\/|^\\.\\.\\/assets\\/|^(\\.\\.\\/)?data\\//.test(e.getAttribute('src') ?? 'assets/')
                || e.localName === 'script' && !e.src && e.type !== 'application/json'
                || [...e.attributes].some((a) => /^on/i.test(a.name) || /^\\s*javascript:/i.test(a.value) && /^(href|src|action|xlink:href)$/i.test(a.name)))
                .map((e) => e.cloneNode().outerHTML.slice(0, 200))",
        );
        assert_eq!(bad, json!([]), "{name}");
        assert_eq!(page.eval("window.__pwned ?? null"), Value::Null, "{name}");
        assert_eq!(page.eval("({}).polluted === undefined && !('script' in Object.prototype)"), true);
        page.assert_quiet();
        // Of each kind of page one is looked at closely.
        let kind = name.split_once('/').map_or(name.as_str(), |(kind, _)| kind);
        let seen = looked_at.entry(kind.to_owned()).or_insert(0);
        *seen += 1;
        if *seen == 1 {
            assert_good(&browser, &path, &format!("hostile-{index}"), false);
        }
    }
    assert_links(&dashboard);
}

#[test]
fn on_paper_nothing_is_cut_off_or_offered() {
    let Some(browser) = Browser::start() else { return };
    let page = browser.page();
    page.viewport(PAPER.0, PAPER.1);
    page.theme(Theme::Dark);
    page.print(true);
    for (name, path) in DEMO.kinds() {
        open(&page, &path, "");
        page.pdf(&format!("dashboard-{name}"));
        page.assert_fits();
        let cut = page.eval(
            "[...document.querySelectorAll('body *')]
                .filter((e) => /auto|scroll|hidden/.test(getComputedStyle(e).overflow) && e.checkVisibility())
                .filter((e) => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)
                .filter((e) => !e.matches('.part, svg'))
                .map((e) => `${e.cloneNode().outerHTML.slice(0, 100)}: ${e.scrollWidth} × ${e.scrollHeight}`)",
        );
        assert_eq!(cut, json!([]), "{name}: more than is printed");
        assert_eq!(page.texts("nav, input, select, main button:not(th button)"), Vec::<String>::new(), "{name}");
        let folded = page.eval(
            "[...document.querySelectorAll('details > :not(summary)')].filter((e) => !e.checkVisibility())
                .map((e) => e.cloneNode().outerHTML.slice(0, 100))",
        );
        assert_eq!(folded, json!([]), "{name}: paper cannot be clicked");
        assert_eq!(page.style("body", "color"), "rgb(31, 35, 40)", "{name}: ink is dark, whatever the screen is");
    }
}

#[test]
fn without_scripts_all_is_said_and_nothing_is_offered_that_does_nothing() {
    let Some(browser) = Browser::start() else { return };
    let (with, without) = (browser.page(), browser.page());
    without.javascript(false);
    // All that the scripts add has a place of its own, but for the age of the last measurement.
    let said = "main :is(h2, h3, td, th, dd, li, article > *, p:not(.readout, .compare)), figure svg text";
    for (name, path) in DEMO.kinds().into_iter().filter(|(name, _)| *name != "compare") {
        for page in [&with, &without] {
            page.viewport(390, 844);
            page.open(&path);
        }
        assert_eq!(without.texts(said), with.texts(said), "{name}");
        assert!(without.texts(said).len() > 20, "{name}");
        assert_eq!(without.count("main button, main input, main select, .readout"), 0, "{name}");
        without.assert_fits();
    }
    // Any two of thousands are only chosen in a browser that may do so.
    without.open(&DEMO.page("compare.html"));
    assert!(without.text("main").contains("forc-perf history diff BASE OTHER"), "{}", without.text("main"));
    assert_eq!(without.texts("main button, main input"), Vec::<String>::new());
}

#[test]
fn who_wants_no_motion_has_none() {
    let Some(browser) = Browser::start() else { return };
    let page = browser.page();
    page.reduced_motion(true);
    for (name, path) in DEMO.kinds() {
        page.open(&path);
        page.eval("document.querySelector('figure.trend .chart, a').focus()");
        let moving = page.eval(
            "document.getAnimations().length + [...document.querySelectorAll('*')].filter((e) =>
                ((s) => s.scrollBehavior === 'smooth' || parseFloat(s.transitionDuration) > 0.01)(getComputedStyle(e))).length",
        );
        assert_eq!(moving, 0, "{name}");
    }
}

// What belongs together.

/// The values of all attributes of this name in a page.
fn attributes<'a>(text: &'a str, name: &str) -> impl Iterator<Item = String> + 'a {
    let start = format!(" {name}=\"");
    text.split(&start.clone())
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap_or_default())
        .map(|value| value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"))
        .collect::<Vec<_>>()
        .into_iter()
}

/// All links of all pages lead to something that is there, in the dashboard itself; and each page can be come to.
#[track_caller]
fn assert_links(dashboard: &Dashboard) {
    let there = files(&dashboard.folder);
    let pages: BTreeMap<&String, String> = there
        .iter()
        .filter(|name| name.ends_with(".html"))
        .map(|name| (name, fs::read_to_string(dashboard.page(name)).unwrap()))
        .collect();
    let ids: BTreeMap<&String, BTreeSet<String>> =
        pages.iter().map(|(name, text)| (*name, attributes(text, "id").collect())).collect();
    let mut reached: BTreeSet<String> = BTreeSet::from(["index.html".to_owned()]);
    let mut wrong = Vec::new();
    for (name, text) in &pages {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        for link in attributes(text, "href").chain(attributes(text, "src")).filter(|link| link != "data:,") {
            let (path, fragment) = link.split_once('#').map_or((link.as_str(), ""), |(path, rest)| (path, rest));
            let target = match (path, path.strip_prefix("../")) {
                ("", _) => (*name).clone(),
                (_, Some(rest)) if !folder.is_empty() => rest.to_owned(),
                (path, _) if folder.is_empty() => path.to_owned(),
                (path, _) => format!("{folder}/{path}"),
            };
            let Some(known) = there.get(&target) else {
                wrong.push(format!("{name}: {link}"));
                continue;
            };
            reached.insert(target.clone());
            // The compare page's own: which reports.
            let reports =
                fragment.split('&').filter_map(|part| part.strip_prefix("base=").or(part.strip_prefix("other=")));
            for report in reports.filter(|report| !there.contains(&format!("data/{report}.js"))) {
                wrong.push(format!("{name}: there is no data of {report}"));
            }
            let is_place = !fragment.is_empty() && !fragment.contains('=');
            if is_place && ids.get(known).is_some_and(|ids| !ids.contains(fragment)) {
                wrong.push(format!("{name}: nothing is called {fragment} in {target}"));
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{} links lead nowhere:\n  {}", wrong.len(), wrong[..wrong.len().min(20)].join("\n  "));
    let alone: Vec<_> = pages.keys().filter(|name| !reached.contains(**name)).collect();
    assert!(alone.is_empty(), "nothing leads to {alone:?}");
}

#[test]
fn all_links_lead_to_something() {
    assert_links(&DEMO);
}

#[test]
fn links_to_reports_of_long_ago_are_left_out() {
    let history = History::open_read_only(&DEMO.history).unwrap();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let options = Options { reports: 10, ..Options::default() };
    dashboard::write(&history, &DEMO.trends, folder.path(), &options).unwrap();
    let trends = DEMO.trends.clone();
    let few = Dashboard { folder: folder.path().to_owned(), history: DEMO.history.clone(), trends };
    assert_eq!(few.names().iter().filter(|name| name.starts_with("runs/")).count(), 10);
    assert_links(&few);
}

#[test]
fn a_page_asks_for_nothing_but_the_dashboards_own_files() {
    let Some(browser) = Browser::start() else { return };
    let server = Server::of(&DEMO.folder);
    let there = files(&DEMO.folder);
    let page = browser.page();
    for (name, path) in DEMO.kinds() {
        let path = path.strip_prefix(&DEMO.folder).unwrap().to_str().unwrap();
        page.go(&server.url(path));
        let root = server.url("");
        for request in page.requests() {
            let asked = request.url.strip_prefix(&root).map(str::to_owned);
            let is_own = asked.is_some_and(|asked| there.contains(&asked)) || request.url.starts_with("data:");
            assert!(is_own, "{name}: {}", request.url);
        }
        page.assert_quiet();
    }
}

#[test]
fn the_first_screen_is_small() {
    let Some(browser) = Browser::start() else { return };
    let server = Server::of(&DEMO.folder);
    let page = browser.page();
    page.go(&server.url("index.html"));
    let load = page.load();
    eprintln!(
        "the first screen: {} bytes in {} requests, loaded in {:?}",
        load.size(),
        load.requests.len(),
        load.loaded
    );
    assert!(load.size() <= 300_000, "{} bytes: {:#?}", load.size(), load.requests);
}

// What it tells.

/// The demo's events are what was put into it; only so the pages below can be right.
#[test]
fn the_demo_holds_its_events() {
    let standing = |night: u64| match night {
        demo::EXPECTED => Standing::Expected,
        demo::ACKNOWLEDGED => Standing::Acknowledged,
        demo::TAKEN_BACK => Standing::Reverted,
        demo::NEW => Standing::New,
        _ => Standing::Open,
    };
    let mut found: Vec<(u64, Standing)> =
        DEMO.trends.events.iter().map(|event| (event.position as u64, event.standing)).collect();
    found.sort();
    let expected: Vec<_> = demo::EVENTS.iter().map(|event| (event.night, standing(event.night))).collect();
    let mut expected = expected;
    expected.sort();
    assert_eq!(found, expected);
    let releases: Vec<_> = DEMO.trends.axis.commits.iter().filter_map(|commit| commit.release.as_deref()).collect();
    assert_eq!(releases, ["v0.70.0", "v0.71.0", "v0.72.0"]);
}

#[test]
fn the_front_page_says_what_is_new_and_how_the_suite_fares() {
    let Some(browser) = Browser::start() else { return };
    let page = browser.open(&DEMO.page("index.html"));
    assert_eq!(page.count("[role=alert]"), 0);
    let new = page.texts("section[aria-labelledby=new] article");
    let [card] = &new[..] else { panic!("{new:#?}") };
    for wanted in ["▲ worse", "4 benchmarks", "Spill registers by their next use", &demo::short(demo::NEW), demo::ASM]
    {
        assert!(card.contains(wanted), "{wanted}: {card}");
    }
    let open = page.texts("section[aria-labelledby=open] article");
    assert!(open.len() == 1 && open[0].contains("peak memory +11.0 %"), "{open:#?}");
    assert!(!open.iter().any(|card| card.contains("▼ better")), "what got better is not open");
    let tiles = page.texts(".tile strong");
    assert_eq!(tiles[..3], ["8", "1", "1"]);
    let health = page.text("section[aria-labelledby=health]");
    for wanted in [demo::FAILED, demo::MISSING, "panic", "new", demo::ASM, "no register is left to spill"] {
        assert!(health.contains(wanted), "{wanted}: {health}");
    }
    let measured = page.text("#measured");
    assert!(measured.contains(&demo::short(demo::NIGHTS - 1)), "{measured}");
    assert!(measured.contains(&demo::subject(demo::NIGHTS - 1)), "{measured}");
}

#[test]
fn the_age_of_the_last_night_is_told_and_an_old_one_is_a_warning() {
    let Some(browser) = Browser::start() else { return };
    let last = demo::BEGIN + demo::DAY * (demo::NIGHTS as i64 - 1);
    for (later, expected, is_old) in [
        (600, "– less than an hour ago", false),
        (5 * 3600, "– 5 h ago", false),
        (35 * 3600, "– 35 h ago", false),
        (40 * 3600, "– 40 h ago: no night since", true),
        (5 * demo::DAY, "– 5 days ago: no night since", true),
    ] {
        let page = browser.page();
        page.clock(&demo::rfc3339(last + later));
        page.open(&DEMO.page("index.html"));
        assert!(page.text("#measured").ends_with(expected), "{}", page.text("#measured"));
        assert_eq!(page.count("#measured .old") == 1, is_old, "{expected}");
    }
}

// What one can do with it.

/// The texts of the benchmarks in the front page's table, from above.
fn rows(page: &Page) -> Vec<String> {
    page.texts("table.overview tbody th a")
}

fn search(page: &Page) -> String {
    page.of("input[type=search]", "e.value").as_str().unwrap().to_owned()
}

/// Loads the page again, by its present address.
#[track_caller]
fn reload(page: &Page) {
    page.eval("window.__before = true; location.reload()");
    page.wait_for("!window.__before && document.readyState === 'complete'");
    page.settle();
}

/// Chooses an option of a list as a reader does it: by its first letters.
#[track_caller]
fn choose(page: &Page, label: &str, value: &str) {
    let select = format!("select[aria-label='Only this {label}']");
    page.focus(&select);
    page.type_text(value);
    page.press("Enter");
    assert_eq!(page.of(&select, "e.value"), value);
}

#[test]
fn benchmarks_are_searched_and_filtered_and_the_address_knows_it() {
    let Some(browser) = Browser::start() else { return };
    let page = browser.open(&DEMO.page("index.html"));
    assert_eq!(rows(&page).len(), 10);
    // A slash goes to the field, and is a letter in it.
    page.press("/");
    assert_eq!(page.of("input[type=search]", "e === document.activeElement"), true);
    assert_eq!(search(&page), "");
    page.type_text("MULTI apps/");
    assert_eq!(search(&page), "MULTI apps/");
    assert_eq!(rows(&page), ["apps/multisig/debug"]);
    assert!(page.text(".filters [aria-live]").contains("1 of 10"), "{}", page.text(".filters"));
    reload(&page);
    assert_eq!(rows(&page), ["apps/multisig/debug"]);
    assert_eq!(search(&page), "MULTI apps/");
    page.focus("input[type=search]");
    page.press("Control+a");
    page.press("Delete");
    assert_eq!(rows(&page).len(), 10);
    assert!(!page.url().contains('?'), "{}", page.url());

    choose(&page, "tag", "types");
    assert_eq!(rows(&page), ["phases/generics/debug", "phases/matches/debug"]);
    page.open_at(&DEMO.page("index.html"), "?tag=types&benchmarks=gener");
    assert_eq!(rows(&page), ["phases/generics/debug"]);
    // What nobody has is no filter.
    page.open_at(&DEMO.page("index.html"), "?tag=nonsense");
    assert_eq!(rows(&page).len(), 10);
}

#[test]
fn events_are_filtered_by_direction_phase_and_tag() {
    let Some(browser) = Browser::start() else { return };
    let page = browser.open(&DEMO.page("events.html"));
    let shown = |page: &Page| page.texts("article.event .subject");
    assert_eq!(shown(&page).len(), 8);
    choose(&page, "direction", "better");
    let better = shown(&page);
    assert_eq!(better.len(), 3, "{better:?}");
    assert!(!page.texts("main h2").iter().any(|head| head.starts_with("new")), "a heading of nothing");
    let address = page.url();
    assert!(address.contains("direction=better"), "{address}");
    reload(&page);
    assert_eq!(shown(&page), better);
    choose(&page, "tag", "asm");
    assert!(page.url().contains("tag=asm") && page.url().contains("direction=better"), "{}", page.url());
    page.open_at(&DEMO.page("events.html"), &format!("?phase={}", demo::BYTECODE.replace(' ', "%20")));
    let subjects = shown(&page);
    assert!(subjects.len() == 1 && subjects[0].starts_with("Encode configurables"), "{subjects:?}");
    page.open_at(&DEMO.page("events.html"), "?events=spans%20diagnostics");
    assert_eq!(shown(&page).len(), 1);
}

#[test]
fn benchmarks_are_sorted_by_every_figure() {
    let Some(browser) = Browser::start() else { return };
    let page = browser.open(&DEMO.page("index.html"));
    let mut by_name = rows(&page);
    assert!(by_name.is_sorted());
    let mut by_wall: Vec<(f64, String)> = DEMO
        .trends
        .series
        .iter()
        .filter(|trend| trend.series.key.metric == Metric::Wall && trend.series.key.phase.is_none())
        .filter(|trend| trend.series.key.machine.arch == "x86_64")
        .map(|trend| (trend.points.last().unwrap().median, trend.series.key.benchmark.clone()))
        .collect();
    by_wall.sort_by(|a, b| b.0.total_cmp(&a.0));
    let by_wall: Vec<String> = by_wall.into_iter().map(|(_, id)| id).collect();
    let sort = |column: usize| {
        page.click(&format!("table.overview th:nth-child({column}) button"));
        page.attribute(&format!("table.overview th:nth-child({column})"), "aria-sort").unwrap()
    };
    assert_eq!((sort(2).as_str(), rows(&page)), ("descending", by_wall.clone()));
    let backwards: Vec<String> = by_wall.iter().rev().cloned().collect();
    assert_eq!((sort(2).as_str(), rows(&page)), ("ascending", backwards));
    assert_eq!(page.count("table.overview [aria-sort]"), 1);
    for column in [4, 5, 6] {
        assert_eq!(sort(column), "descending");
        let values = page.eval(&format!(
            "[...document.querySelectorAll('table.overview tbody td:nth-child({column})')].map((e) => Number(e.dataset.value))"
        ));
        let values: Vec<f64> = values.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
        assert!(values.is_sorted_by(|a, b| a >= b), "{column}: {values:?}");
        assert!(values.first() > values.last(), "{column}: {values:?}");
    }
    by_name.reverse();
    assert_eq!(sort(1), "ascending");
    assert_eq!((sort(1).as_str(), rows(&page)), ("descending", by_name));
}

#[test]
fn a_link_to_an_event_leads_to_it() {
    let Some(browser) = Browser::start() else { return };
    let page = browser.open(&DEMO.benchmark(BENCHMARK));
    let links =
        page.eval("[...document.querySelectorAll('table.events a[href*=\"#e-\"]')].map((e) => e.getAttribute('href'))");
    let links: Vec<String> = serde_json::from_value(links).unwrap();
    assert_eq!(links.len(), 6, "{links:?}");
    let wanted = format!("../events.html#e-{}-worse", &demo::id(demo::ACKNOWLEDGED)[..12]);
    assert!(links.contains(&wanted), "{links:?}");
    page.click(&format!("a[href='{wanted}']"));
    page.wait_for("location.pathname.endsWith('events.html') && document.readyState === 'complete'");
    page.settle();
    assert_eq!(page.count("article:target"), 1);
    assert!(page.text("article:target").contains("Purify functions"));
    let place = page.rect("article:target");
    assert!(place.y >= 0.0 && place.y < 700.0, "{place:?}");
    assert!(page.text("article:target").contains("the pass is to be made lazy"), "what was said of it is there");
}

/// The series of whole runs' wall time on the first machine.
fn wall(id: &str) -> &'static Trend {
    let is_it = |trend: &&Trend| {
        let key = &trend.series.key;
        key.benchmark == id && key.metric == Metric::Wall && key.phase.is_none() && key.machine.arch == "x86_64"
    };
    DEMO.trends.series.iter().find(is_it).unwrap()
}

/// The first chart of a benchmark's page, which is of its wall time.
const CHART: &str = "figure.trend svg";

/// Where a position stands in the first chart, as shares of its picture.
fn place(page: &Page, position: f64) -> (f64, f64) {
    let place = page.eval(&format!(
        "(() => {{
            const figure = document.querySelector('figure.trend');
            const {{ plot, positions }} = JSON.parse(figure.querySelector('script').textContent);
            const box = figure.querySelector('svg').viewBox.baseVal;
            const x = plot.left + ({position} + 0.5) / positions * (plot.right - plot.left);
            return [x / box.width, (plot.top + plot.bottom) / 2 / box.height];
        }})()"
    ));
    (place[0].as_f64().unwrap(), place[1].as_f64().unwrap())
}

fn readout(page: &Page) -> String {
    page.text("figure.trend .readout")
}

/// Nanoseconds as a person reads them, to three digits.
fn duration(nanoseconds: f64) -> String {
    let (value, unit) = if nanoseconds < 0.9995e9 { (nanoseconds / 1e6, "ms") } else { (nanoseconds / 1e9, "s") };
    let digits = if value >= 99.95 {
        0
    } else if value >= 9.995 {
        1
    } else {
        2
    };
    format!("{value:.digits$} {unit}")
}

/// That the readout tells of this night's commit, with the value that the history has.
#[track_caller]
fn assert_reads(page: &Page, night: u64) {
    let text = readout(page);
    let point = wall(BENCHMARK).at(night as usize).unwrap();
    let value = duration(point.median);
    for wanted in [&value, &demo::id(night)[..7], demo::subject(night).as_str(), &demo::committed(night)[..10]] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
}

#[test]
fn charts_are_read_off_by_mouse_and_by_keys() {
    let Some(browser) = Browser::start() else { return };
    let page = browser.open(&DEMO.benchmark(BENCHMARK));
    for night in [0, 33, 77, 149] {
        let (x, y) = place(&page, night as f64);
        page.hover_on(CHART, x, y);
        assert_reads(&page, night);
    }
    page.focus("figure.trend .chart");
    page.press("End");
    assert_reads(&page, 149);
    page.press("ArrowLeft");
    assert_reads(&page, 148);
    page.press("Shift+ArrowLeft");
    assert_reads(&page, 138);
    page.press("Home");
    assert_reads(&page, 0);
    page.press("ArrowLeft");
    assert_reads(&page, 0);
    page.press("ArrowRight");
    assert_reads(&page, 1);
    // On a phone, too.
    page.viewport(390, 844);
    let (x, y) = place(&page, 40.0);
    page.hover_on(CHART, x, y);
    assert_reads(&page, 40);
}

/// What links call the last report of a night's commit.
fn report_name(night: u64) -> String {
    DEMO.report(night as usize)
}

#[test]
fn two_picked_commits_are_compared_the_older_one_first() {
    let Some(browser) = Browser::start() else { return };
    let page = browser.open(&DEMO.benchmark(BENCHMARK));
    let click = |night: u64| {
        let (x, y) = place(&page, night as f64);
        page.click_on(CHART, x, y);
    };
    click(90);
    assert!(page.text("figure.trend .compare").contains(&demo::id(90)[..7]));
    assert_eq!(page.count("figure.trend .compare a"), 0);
    click(20);
    let link = |base, other| format!("../compare.html#base={}&other={}", report_name(base), report_name(other));
    assert_eq!(page.attribute("figure.trend .compare a", "href"), Some(link(20, 90)));
    click(30);
    assert_eq!(page.attribute("figure.trend .compare a", "href"), Some(link(20, 30)), "the last two count");
    page.click("figure.trend .compare button");
    assert_eq!(page.count("figure.trend .compare"), 0);
    // By keys.
    page.focus("figure.trend .chart");
    page.press("Home");
    page.press("Enter");
    page.press("End");
    page.press("Enter");
    assert_eq!(page.attribute("figure.trend .compare a", "href"), Some(link(0, 149)));
    // The front page stands a folder higher.
    page.open(&DEMO.page("index.html"));
    page.focus("figure.trend .chart");
    for key in ["End", "Enter", "ArrowLeft", "Enter"] {
        page.press(key);
    }
    assert_eq!(page.attribute(".compare a", "href"), Some(link(148, 149)[3..].to_owned()));
}

#[test]
fn charts_are_zoomed_by_buttons_drags_dates_and_the_address() {
    let Some(browser) = Browser::start() else { return };
    let page = browser.open(&DEMO.benchmark(BENCHMARK));
    let dates = |page: &Page| {
        let dates = page.eval("[...document.querySelectorAll('.trend-tools input')].map((e) => e.value)");
        (dates[0].as_str().unwrap().to_owned(), dates[1].as_str().unwrap().to_owned())
    };
    let day = |night: u64| demo::committed(night)[..10].to_owned();
    let ends = |first: u64, last: u64| (day(first), day(last));
    assert_eq!(dates(&page), ends(0, 149));
    let button = |text: &str| {
        page.eval(&format!("[...document.querySelectorAll('.trend-tools button')].find((e) => e.textContent === '{text}').id = 'wanted'"));
        page.click("#wanted");
        page.eval("document.getElementById('wanted').removeAttribute('id')");
    };
    button("30 days");
    assert!(page.url().ends_with("#range=30d"), "{}", page.url());
    assert_eq!(dates(&page), ends(119, 149));
    assert_eq!(page.texts(".trend-tools [aria-pressed=true]"), ["30 days"]);
    // What is shown is only that: the first commit by keys is the first in sight.
    page.focus("figure.trend .chart");
    page.press("Home");
    assert_reads(&page, 119);
    button("All");
    assert_eq!(dates(&page), ends(0, 149));
    let (from, y) = place(&page, 50.0);
    let (to, _) = place(&page, 100.0);
    page.drag_on(CHART, (from, y), (to, y));
    assert_eq!(dates(&page), ends(50, 100));
    assert!(page.url().ends_with(&format!("#range={}..{}", &demo::id(50)[..7], &demo::id(100)[..7])), "{}", page.url());
    // A zoom is a step that can be gone back, and an address that can be sent.
    let address = page.url().split('#').nth(1).unwrap().to_owned();
    page.eval("history.back()");
    page.wait_for("location.hash === '#range=all'");
    page.settle();
    assert_eq!(dates(&page), ends(0, 149));
    page.open_at(&DEMO.page("index.html"), &format!("#{address}"));
    assert_eq!(dates(&page), ends(50, 100));
    page.assert_fits();
    page.open_at(&DEMO.page("index.html"), &format!("#range={}..", day(140)));
    assert_eq!(dates(&page), ends(140, 149));
    // A large count stands at its line's end as its axis tells it, in sight and when zoomed.
    let newest = |page: &Page| page.texts("figure[aria-label^='instructions'] text[font-weight=bold]");
    let zoomed = newest(&page);
    page.open(&DEMO.page("events.html"));
    page.open(&DEMO.page("index.html"));
    assert_eq!(newest(&page), zoomed);
    assert!(zoomed.len() == 1 && zoomed[0].len() == 4 && zoomed[0].parse::<f64>().is_ok(), "{zoomed:?}");
    // Nonsense is the whole.
    for nonsense in ["#range=zz..yy", "#range=", "#range=__proto__..constructor", "#%", "#range=9999999999d"] {
        page.open(&DEMO.page("events.html"));
        page.open_at(&DEMO.page("index.html"), nonsense);
        assert_eq!(dates(&page), ends(0, 149), "{nonsense}");
    }
}

// Verdicts and any two reports.

#[test]
fn verdicts_are_made_here_and_led_to_from_where_one_asks_for_them() {
    let Some(browser) = Browser::start() else { return };
    let page = browser.page();
    // From the card of an event: the nights on both sides of it.
    page.open(&DEMO.page("index.html"));
    page.click("section[aria-labelledby=new] a[href^='verdicts/']");
    page.wait_for("location.pathname.includes('/verdicts/') && document.readyState === 'complete'");
    assert!(page.url().ends_with(DEMO.verdicts(demo::NEW - 1, demo::NEW).file_name().unwrap().to_str().unwrap()));
    let answer = page.text("dl.answer");
    assert!(answer.contains("4 regressed") && answer.contains(demo::ASM), "{answer}");
    assert_eq!(page.count("script:not([src$='assets/site.js'])"), 0);
    // From there to the medians of the same two, and to the reports.
    page.click("header a[href*='compare.html']");
    page.wait_for("!document.getElementById('result')?.hidden");
    let hash = format!("#base={}&other={}", report_name(demo::NEW - 1), report_name(demo::NEW));
    assert!(page.url().ends_with(&hash), "{}", page.url());
    page.click("#verdict a");
    page.wait_for("location.pathname.includes('/verdicts/') && document.readyState === 'complete'");
    page.click("header a[href*='runs/']");
    page.wait_for("location.pathname.includes('/runs/') && document.readyState === 'complete'");
    // A report is held against the one before it and against the last release.
    let links =
        page.eval("[...document.querySelectorAll('header a[href*=verdicts]')].map((e) => e.getAttribute('href'))");
    // Of the release's commit there are two reports, one of each machine.
    let of_first = |night: u64| {
        let is_it = |info: &&ReportInfo| {
            info.machine.arch == "x86_64" && info.commit.as_ref().is_some_and(|commit| commit.id == demo::id(night))
        };
        DEMO.trends.reports.iter().find(is_it).unwrap().name()
    };
    let expected =
        [demo::NEW - 1, 121].map(|base| format!("../verdicts/{}_{}.html", of_first(base), of_first(demo::NEW)));
    assert_eq!(links, json!(expected));
    // The first screen leads to what the last night says; a benchmark of it failed.
    page.open(&DEMO.page("index.html"));
    page.click("#measured a[href^='verdicts/']");
    page.wait_for("location.pathname.includes('/verdicts/') && document.readyState === 'complete'");
    assert!(page.text("main").contains(demo::FAILED));
    page.assert_quiet();
    // Those of long ago tell what changed, and nothing of the rest.
    let before = [demo::BETTER - 1, demo::BETTER].map(report_name).join("_");
    page.open(&DEMO.page(&format!("verdicts/{before}.html")));
    assert_eq!(page.count("main svg"), 0);
    page.assert_fits();
    page.assert_accessible();
}

#[test]
fn any_two_reports_are_put_side_by_side() {
    let Some(browser) = Browser::start() else { return };
    let page = browser.page();
    let hash = |base, other| format!("#base={}&other={}", report_name(base), report_name(other));
    let is_at = |base, other| {
        page.wait_for(&format!(
            "location.hash === '{}' && !document.getElementById('result').hidden",
            hash(base, other)
        ));
    };
    open(&page, &DEMO.page("compare.html"), &hash(demo::BETTER - 2, demo::BETTER + 2));
    is_at(demo::BETTER - 2, demo::BETTER + 2);
    page.click("#swap");
    is_at(demo::BETTER + 2, demo::BETTER - 2);
    // By typing the begin of a commit, or words of its subject.
    for (field, text) in [("#base", demo::short(demo::SIZE - 1)), ("#other", "constants across blocks".to_owned())] {
        page.focus(field);
        page.press("Control+a");
        page.type_text(&text);
        page.press("Enter");
    }
    is_at(demo::SIZE - 1, demo::SIZE);
    // Each choice is a step that can be gone back.
    page.eval("history.back()");
    is_at(demo::SIZE - 1, demo::BETTER - 2);
    // By itself, the last night beside the one before it.
    page.open(&DEMO.page("events.html"));
    open(&page, &DEMO.page("compare.html"), "");
    is_at(demo::NIGHTS - 2, demo::NIGHTS - 1);
    assert!(page.text("#table").contains(demo::MISSING), "what only one of them has is there, too");
    // Machines may be put side by side; that they are two is said.
    let second = DEMO.trends.reports.iter().find(|info| info.machine.arch == "aarch64").map(ReportInfo::name).unwrap();
    page.open(&DEMO.page("events.html"));
    open(&page, &DEMO.page("compare.html"), &format!("#base={second}&other={}", report_name(130)));
    page.wait_for("!document.getElementById('result').hidden");
    assert!(page.is_visible("#machines") && page.text("#command").ends_with(" --force"));
    page.assert_quiet();
}

// Pictures of the book.

/// Writes them: `cargo test --test pages -- --ignored pictures`.
#[test]
#[ignore = "it writes docs/book/src/pictures again"]
fn pictures() {
    let browser = Browser::start().expect("a Chromium");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/book/src/pictures");
    fs::create_dir_all(&folder).unwrap();
    let compared = format!("#base={}&other={}", report_name(demo::NEW - 1), report_name(demo::NEW + 1));
    for (name, path) in DEMO.kinds() {
        for theme in [Theme::Light, Theme::Dark] {
            if theme == Theme::Dark && name != "front" {
                continue;
            }
            let page = browser.page();
            page.clock(&demo::rfc3339(demo::BEGIN + demo::DAY * (demo::NIGHTS as i64 - 1) + 4 * 3600));
            page.viewport(1300, 900);
            page.theme(theme);
            open(&page, &path, if name == "compare" { &compared } else { "" });
            let name = if theme == Theme::Dark { format!("{name}-dark") } else { name.to_owned() };
            let picture = folder.join(format!("{name}.png"));
            page.picture(
                &picture,
                match name.as_str() {
                    "front" | "front-dark" | "benchmark" => 1450,
                    "verdict" => 950,
                    _ => 1050,
                },
            );
            let size = fs::metadata(&picture).unwrap().len();
            eprintln!("{}: {size} bytes", picture.display());
            assert!(size <= 250_000, "{}: {size} bytes", picture.display());
        }
    }
}
