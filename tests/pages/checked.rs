//! The tests of pages see what they are there to see: each page here has one thing wrong with it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use crate::browser::{Browser, Page, Server, Theme};
use crate::support::Bed;

/// A page with this head and body that has nothing else wrong with it.
fn page(bed: &Bed, head: &str, body: &str) -> PathBuf {
    let text = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>A page</title>
        <meta name=\"viewport\" content=\"width=device-width\">{head}</head><body><main><h1>A page</h1>{body}</main></body></html>"
    );
    bed.write("site/page.html", &text)
}

/// What a page with this body does that it may not.
fn troubles(browser: &Browser, head: &str, body: &str) -> Vec<String> {
    let bed = Bed::new();
    browser.open(&page(&bed, head, body)).take_troubles()
}

/// What an assertion says that must fail.
#[track_caller]
fn complaint(assertion: impl FnOnce()) -> String {
    let thrown = catch_unwind(AssertUnwindSafe(assertion)).expect_err("the page passes");
    thrown.downcast_ref::<String>().expect("a message").clone()
}

#[track_caller]
fn assert_one(troubles: &[String], piece: &str) {
    assert!(!troubles.is_empty() && troubles.iter().any(|trouble| trouble.contains(piece)), "{piece}: {troubles:#?}");
}

#[test]
fn nothing_that_a_page_does_wrong_is_missed() {
    let Some(browser) = Browser::start() else { return };
    assert_eq!(troubles(&browser, "", "<p>Well.</p>"), Vec::<String>::new());
    assert_one(&troubles(&browser, "", "<script>console.log('so', 1)</script>"), "console.log: so 1");
    assert_one(&troubles(&browser, "", "<script>nothing.there()</script>"), "ReferenceError");
    assert_one(&troubles(&browser, "", "<script>Promise.reject(new Error('late'))</script>"), "late");
    assert_one(&troubles(&browser, "", "<script>alert('me')</script>"), "dialog: me");
    assert_one(&troubles(&browser, "", "<img src=\"missing.png\" alt=\"\">"), "missing.png");
    assert_one(&troubles(&browser, "", "<img src=\"http://example.invalid/x.png\" alt=\"\">"), "somebody else");
    let policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\">";
    assert_one(&troubles(&browser, policy, "<script>1</script>"), "content security policy");
    assert_one(&troubles(&browser, policy, "<p style=\"color: red\">Red.</p>"), "style-src");
    // Whoever does not look at them fails at the end.
    let bed = Bed::new();
    let path = page(&bed, "", "<script>console.warn('unseen')</script>");
    assert!(complaint(|| drop(browser.open(&path))).contains("unseen"));
}

#[test]
fn nobody_is_left_out_unnoticed() {
    let Some(browser) = Browser::start() else { return };
    let wrong = |head: &str, body: &str| {
        let bed = Bed::new();
        let page = browser.open(&page(&bed, head, body));
        complaint(|| page.assert_accessible())
    };
    let has = |complaint: String, piece: &str| assert!(complaint.contains(piece), "{piece}: {complaint}");
    has(wrong("", "<button></button>"), "a button without a name");
    has(wrong("", "<input>"), "a textbox without a name");
    has(wrong("", "<svg width=\"9\" height=\"9\"><rect width=\"9\" height=\"9\"/></svg>"), "an SVG without role=img");
    has(wrong("", "<h3>Deep</h3>"), "h3 after h1");
    has(wrong("", "<p style=\"color: #999\">Pale.</p>"), "contrast 2.8");
    has(wrong("", "<p style=\"opacity: .4\">Pale.</p>"), "contrast");
    has(wrong("", "<a href=\"#nowhere\">Nowhere</a>"), "a link to nothing");
    has(wrong("", "<p id=\"a\"></p><p id=\"a\"></p>"), "two elements are called a");
    let picture = "<svg role=\"img\" width=\"90\" height=\"20\"><title>A</title><rect width=\"90\" height=\"20\"/>
        <text y=\"15\" fill=\"#333\">Dark</text></svg>";
    has(wrong("", picture), "contrast 1.");
    let bed = Bed::new();
    browser.open(&page(&bed, "", "<p>Well.</p><button>Go</button>")).assert_accessible();
}

#[test]
fn a_reader_is_played_with_mouse_and_keys() {
    let Some(browser) = Browser::start() else { return };
    let bed = Bed::new();
    let body = "<div style=\"height: 3000px\"></div>
        <button onclick=\"said.textContent += ' clicked'\">Go</button> <input id=\"word\" aria-label=\"Word\">
        <div id=\"field\" style=\"width: 200px; height: 100px; background: #eee\"></div><p id=\"said\"></p>
        <script>let down;
        field.onmousedown = (e) => { down = e.offsetX; };
        field.onmouseup = (e) => { said.textContent += ` dragged ${Math.round(e.offsetX - down)}`; };
        word.onkeydown = (e) => { if (e.key === 'Enter') said.textContent += ` ${word.value}`; };</script>";
    let page = browser.open(&page(&bed, "", body));
    page.click("button");
    page.drag_on("#field", (0.25, 0.5), (0.75, 0.5));
    page.press("Shift+Tab");
    page.focus("button");
    page.press("Tab");
    assert_eq!(page.focused(), "input#word");
    page.type_text("Ab c1");
    page.press("Enter");
    assert_eq!(page.text("#said"), "clicked dragged 100 Ab c1");
    page.hover("button");
    assert_eq!(page.of("button", "e.matches(':hover')"), true);
    page.eval("document.body.insertAdjacentHTML('beforeend', '<div style=\"position:fixed;inset:0\"></div>')");
    assert!(complaint(|| page.click("button")).contains("is behind <div"));
}

/// The words that the page's own style and script set.
fn words(page: &Page) -> String {
    let content = page.eval_text("getComputedStyle(document.querySelector('h1'), '::after').content");
    format!("{content} {}", page.text("#said"))
}

#[test]
fn a_page_is_seen_as_its_reader_sees_it() {
    let Some(browser) = Browser::start() else { return };
    let bed = Bed::new();
    let head = "<style>h1::after { content: 'light' } @media (prefers-color-scheme: dark) { h1::after { content: 'dark' } }
        @media print { h1::after { content: 'print' } } @media (prefers-reduced-motion) { h1::after { content: 'still' } }
        @media (max-width: 400px) { h1::after { content: 'narrow' } }</style>";
    let path = page(&bed, head, "<p id=\"said\">still</p><script>said.textContent = innerWidth</script>");
    let page = browser.page();
    page.viewport(800, 600);
    page.open(&path);
    assert_eq!(words(&page), "\"light\" 800");
    page.theme(Theme::Dark);
    assert_eq!(words(&page), "\"dark\" 800");
    page.print(true);
    assert_eq!(words(&page), "\"print\" 800");
    page.print(false);
    page.reduced_motion(true);
    assert_eq!(words(&page), "\"still\" 800");
    page.viewport(400, 600);
    assert_eq!(words(&page), "\"narrow\" 800");
    page.javascript(false);
    page.open(&path);
    assert_eq!(words(&page), "\"narrow\" still");
    page.assert_fits();
    page.eval("document.querySelector('p').style.width = '500px'");
    assert!(complaint(|| page.assert_fits()).contains("<p id="));
    let picture = std::fs::read(page.screenshot("checks")).unwrap();
    assert!(picture.starts_with(b"\x89PNG"));
}

#[test]
fn what_a_page_fetches_is_counted() {
    let Some(browser) = Browser::start() else { return };
    let bed = Bed::new();
    bed.write("site/data.json", &format!("\"{}\"", "x".repeat(5000)));
    let body = "<p id=\"said\"></p><script>fetch('data.json').then((r) => r.text()).then((t) => { said.textContent = t.length; })
        .catch(() => { said.textContent = 'no'; })</script>";
    let path = page(&bed, "", body);
    let server = Server::of(&bed.path("site"));
    let page = browser.page();
    page.go(&server.url("page.html?a=b#c"));
    page.wait_for("said.textContent === '5002'");
    let load = page.load();
    assert!(load.ready > std::time::Duration::ZERO && load.ready <= load.loaded, "{load:?}");
    assert_eq!(load.requests.len(), 2, "{load:?}");
    assert_eq!(load.requests[1].size, 5002);
    assert!(load.transferred() > load.size());
    page.assert_quiet();
    page.offline(true);
    page.eval("fetch('data.json').catch(() => { said.textContent = 'offline'; })");
    page.wait_for("said.textContent === 'offline'");
    assert_one(&page.take_troubles(), "INTERNET_DISCONNECTED");
    // A file needs no network.
    page.open(&path);
    let size = std::fs::metadata(&path).unwrap().len();
    assert_eq!(page.load().requests[0].size, size);
    page.take_troubles();
}
