//! One page: what it shows, and how it is looked at.

use std::cell::{Cell, RefCell};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};

use super::connection::{Connection, PATIENCE};
use super::record::{Record, Request};

/// What the reader's system prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Light,
    Dark,
}

/// Where an element is, in CSS pixels from the viewport's corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// What it took to load a page.
#[derive(Clone, Debug)]
pub struct Load {
    /// From the start until the document was parsed and its deferred scripts had run.
    pub ready: Duration,
    /// From the start until the load event was over.
    pub loaded: Duration,
    /// What it has fetched until now, the document first.
    pub requests: Vec<Request>,
}

impl Load {
    /// The bytes of all contents, unpacked.
    pub fn size(&self) -> u64 {
        self.requests.iter().map(|request| request.size).sum()
    }

    /// The bytes that went over the wire; 0 for files.
    pub fn transferred(&self) -> u64 {
        self.requests.iter().map(|request| request.transferred).sum()
    }
}

/// How a page is shown.
#[derive(Clone, Copy)]
struct Media {
    theme: Theme,
    print: bool,
    reduced_motion: bool,
}

pub struct Page {
    connection: Arc<Connection>,
    context: String,
    target: String,
    session: String,
    media: Cell<Media>,
    scripts: Cell<bool>,
    record: RefCell<Record>,
}

impl Page {
    pub(super) fn new(connection: &Arc<Connection>) -> Self {
        let call = |session: Option<&str>, method: &str, params: Value| {
            connection.call(session, method, &params).unwrap_or_else(|error| panic!("{error}"))
        };
        let text = |value: &Value| value.as_str().expect("a name").to_owned();
        let context = text(&call(None, "Target.createBrowserContext", json!({}))["browserContextId"]);
        let blank = json!({ "url": "about:blank", "browserContextId": context });
        let target = text(&call(None, "Target.createTarget", blank)["targetId"]);
        let attach = json!({ "targetId": target, "flatten": true });
        let session = text(&call(None, "Target.attachToTarget", attach)["sessionId"]);
        for domain in ["Page", "Runtime", "Log", "Network", "Audits", "Inspector"] {
            call(Some(&session), &format!("{domain}.enable"), json!({}));
        }
        call(Some(&session), "Page.setLifecycleEventsEnabled", json!({ "enabled": true }));
        // As if it were the only page, in front of its reader.
        call(Some(&session), "Emulation.setFocusEmulationEnabled", json!({ "enabled": true }));
        let media = Cell::new(Media { theme: Theme::Light, print: false, reduced_motion: false });
        let page = Self {
            connection: Arc::clone(connection),
            context,
            target,
            session,
            media,
            scripts: Cell::new(true),
            record: RefCell::default(),
        };
        page.viewport(1440, 900);
        page.theme(Theme::Light);
        // What an empty page has to say is of no interest.
        page.record(|record| *record = Record::default());
        page
    }

    /// Asks the browser something of this page.
    pub(super) fn try_call(&self, method: &str, params: &Value) -> Result<Value, String> {
        self.connection.call(Some(&self.session), method, params)
    }

    #[track_caller]
    pub(super) fn call(&self, method: &str, params: &Value) -> Value {
        match self.try_call(method, params) {
            Ok(answer) => answer,
            Err(error) => panic!("{error}"),
        }
    }

    /// What has happened in the page until now.
    pub(super) fn record<T>(&self, look: impl FnOnce(&mut Record) -> T) -> T {
        let mut record = self.record.borrow_mut();
        for event in self.connection.events(&self.session) {
            record.take(&event);
        }
        look(&mut record)
    }

    // How it is looked at. All of this may be said before the page is opened, and changed later.

    /// The size of the window in CSS pixels.
    #[track_caller]
    pub fn viewport(&self, width: u32, height: u32) {
        self.viewport_scaled(width, height, 1.0);
    }

    /// The same on a screen with so many pixels to a CSS pixel.
    #[track_caller]
    pub fn viewport_scaled(&self, width: u32, height: u32, scale: f64) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", &metrics);
        self.settle();
    }

    #[track_caller]
    pub fn theme(&self, theme: Theme) {
        self.show(Media { theme, ..self.media.get() });
    }

    /// As it is printed, or as it is on screen again; the paper's width is the viewport's.
    #[track_caller]
    pub fn print(&self, print: bool) {
        self.show(Media { print, ..self.media.get() });
    }

    #[track_caller]
    pub fn reduced_motion(&self, reduced_motion: bool) {
        self.show(Media { reduced_motion, ..self.media.get() });
    }

    #[track_caller]
    fn show(&self, media: Media) {
        self.media.set(media);
        let features = json!([
            { "name": "prefers-color-scheme", "value": if media.theme == Theme::Dark { "dark" } else { "light" } },
            { "name": "prefers-reduced-motion", "value": if media.reduced_motion { "reduce" } else { "no-preference" } },
        ]);
        let media = if media.print { "print" } else { "screen" };
        self.call("Emulation.setEmulatedMedia", &json!({ "media": media, "features": features }));
        self.settle();
    }

    /// Whether the page's own scripts run from the next time on that it is opened. Tests can always look into it.
    #[track_caller]
    pub fn javascript(&self, enabled: bool) {
        self.scripts.set(enabled);
        self.call("Emulation.setScriptExecutionDisabled", &json!({ "value": !enabled }));
    }

    /// What time it is for the page, RFC 3339, from the next time on that it is opened; it stays that.
    #[track_caller]
    pub fn clock(&self, now: &str) {
        let source = format!("Date.now = () => Date.parse({});", quoted(now));
        self.call("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": source }));
    }

    /// Without a network, of which this machine is a part, too.
    #[track_caller]
    pub fn offline(&self, offline: bool) {
        let network = json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.call("Network.emulateNetworkConditions", &network);
    }

    // What it shows.

    /// Opens a file, and waits until all of it is loaded.
    #[track_caller]
    pub fn open(&self, path: &Path) {
        self.open_at(path, "");
    }

    /// The same with a query or a fragment, `?…` or `#…`.
    #[track_caller]
    pub fn open_at(&self, path: &Path, rest: &str) {
        let path = fs::canonicalize(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        self.go(&format!("{}{rest}", file_url(&path)));
    }

    /// Opens an address, and waits until all of it is loaded.
    #[track_caller]
    pub fn go(&self, url: &str) {
        self.record(|record| {
            record.requests.clear();
            let origin = url.strip_prefix("http://").map(|rest| rest.split('/').next().unwrap_or(rest));
            record.origin = origin.map(|origin| format!("http://{origin}/"));
        });
        let answer = self.call("Page.navigate", &json!({ "url": url }));
        if let Some(error) = answer["errorText"].as_str() {
            panic!("{url} cannot be opened: {error}");
        }
        // A document that was there already is not loaded again for another fragment.
        if let Some(loader) = answer["loaderId"].as_str() {
            let started = Instant::now();
            while !self.record(|record| record.loaded.iter().any(|loaded| loaded == loader)) {
                assert!(started.elapsed() < PATIENCE, "{url} is not loaded after {PATIENCE:?}: {:?}", self.troubles());
                self.connection.wait_for_events(&self.session, Duration::from_secs(1));
            }
        }
        self.settle();
    }

    /// What the last opening took.
    #[track_caller]
    pub fn load(&self) -> Load {
        // The load event is over only after its handlers, which the browser does not tell.
        self.wait_for("performance.getEntriesByType('navigation')[0].loadEventEnd > 0");
        let times = self.eval(
            "(([n]) => [n.domContentLoadedEventEnd, n.loadEventEnd])(performance.getEntriesByType('navigation'))",
        );
        let duration = |index: usize| Duration::from_secs_f64(times[index].as_f64().unwrap_or(0.0).max(0.0) / 1e3);
        Load { ready: duration(0), loaded: duration(1), requests: self.requests() }
    }

    /// What it has fetched since it was opened, the document first.
    pub fn requests(&self) -> Vec<Request> {
        self.record(|record| record.requests.clone())
    }

    pub fn url(&self) -> String {
        self.eval_text("location.href")
    }

    /// The value of an expression; of a promise, what it is kept with.
    #[track_caller]
    pub fn eval(&self, expression: &str) -> Value {
        match self.try_eval(expression) {
            Ok(value) => value,
            Err(error) => panic!("{error}\n  in {}", expression.chars().take(500).collect::<String>()),
        }
    }

    fn try_eval(&self, expression: &str) -> Result<Value, String> {
        let params =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true, "userGesture": true });
        let mut answer = self.try_call("Runtime.evaluate", &params)?;
        if let Some(details) = answer.get("exceptionDetails") {
            let thrown = details["exception"]["description"].as_str().or(details["text"].as_str());
            return Err(thrown.unwrap_or("an exception").to_owned());
        }
        Ok(answer["result"]["value"].take())
    }

    #[track_caller]
    pub fn eval_text(&self, expression: &str) -> String {
        let value = self.eval(expression);
        value.as_str().unwrap_or_else(|| panic!("{expression} is no text but {value}")).to_owned()
    }

    /// Waits until an expression is true; it may fail until then.
    #[track_caller]
    pub fn wait_for(&self, expression: &str) {
        let started = Instant::now();
        loop {
            let value = self.try_eval(&format!("!!({expression})"));
            if value == Ok(Value::Bool(true)) {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "in vain for {PATIENCE:?}: {expression}: {value:?}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until what was changed has been laid out and drawn.
    #[track_caller]
    pub fn settle(&self) {
        if self.scripts.get() {
            // A page that was just left for another one has nothing to wait for.
            let _ = self.try_eval(
                "new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(() => done()));
                    setTimeout(done, 1000); })",
            );
        } else {
            self.call("Page.getLayoutMetrics", &json!({}));
        }
    }

    /// How many elements a selector finds.
    #[track_caller]
    pub fn count(&self, selector: &str) -> usize {
        self.eval(&format!("document.querySelectorAll({}).length", quoted(selector))).as_u64().unwrap_or(0) as usize
    }

    /// What an expression says of the first element that a selector finds, there called `e`.
    #[track_caller]
    pub fn of(&self, selector: &str, expression: &str) -> Value {
        self.eval(&format!(
            "((e) => {{ if (!e) throw new Error('there is no ' + {0}); return {expression}; }})(document.querySelector({0}))",
            quoted(selector)
        ))
    }

    /// The text of an element as a reader sees it.
    #[track_caller]
    pub fn text(&self, selector: &str) -> String {
        self.of(selector, "e.innerText ?? e.textContent").as_str().unwrap_or_default().trim().to_owned()
    }

    /// The texts of all elements that a selector finds and that can be seen.
    #[track_caller]
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let texts = self.eval(&format!(
            "[...document.querySelectorAll({})].filter((e) => e.checkVisibility())
                .map((e) => (e.innerText ?? e.textContent).trim())",
            quoted(selector)
        ));
        texts.as_array().into_iter().flatten().map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
    }

    #[track_caller]
    pub fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        self.of(selector, &format!("e.getAttribute({})", quoted(name))).as_str().map(str::to_owned)
    }

    /// The value of a CSS property as it came out.
    #[track_caller]
    pub fn style(&self, selector: &str, property: &str) -> String {
        let value = self.of(selector, &format!("getComputedStyle(e).getPropertyValue({})", quoted(property)));
        value.as_str().unwrap_or_default().to_owned()
    }

    #[track_caller]
    pub fn is_visible(&self, selector: &str) -> bool {
        self.of(selector, "e.checkVisibility({ visibilityProperty: true, opacityProperty: true })") == true
    }

    #[track_caller]
    pub fn rect(&self, selector: &str) -> Rect {
        let rect = self.of(selector, "(({ x, y, width, height }) => [x, y, width, height])(e.getBoundingClientRect())");
        let [x, y, width, height] = [0, 1, 2, 3].map(|index| rect[index].as_f64().unwrap_or(0.0));
        Rect { x, y, width, height }
    }

    /// Opens all `<details>`.
    #[track_caller]
    pub fn unfold(&self) {
        self.eval("document.querySelectorAll('details').forEach((e) => { e.open = true; })");
        self.settle();
    }

    /// Nothing is wider than the window: nobody has to scroll sideways. What has a scroll bar of its own may be.
    #[track_caller]
    pub fn assert_fits(&self) {
        let wide = self.eval(WIDE);
        assert!(wide.is_null(), "the page is wider than its window: {wide:#}");
    }

    // What it did besides.

    /// What it did that no page may do.
    pub fn troubles(&self) -> Vec<String> {
        // An answer comes after all that happened before it was asked for.
        let _ = self.try_call("Page.getLayoutMetrics", &json!({}));
        self.record(|record| record.troubles.clone())
    }

    /// The same, and then they are forgotten: the test expects them.
    pub fn take_troubles(&self) -> Vec<String> {
        self.troubles();
        self.record(|record| std::mem::take(&mut record.troubles))
    }

    /// It logged nothing, threw nothing, broke no policy, missed no file and asked nobody else for anything.
    #[track_caller]
    pub fn assert_quiet(&self) {
        let troubles = self.take_troubles();
        assert!(troubles.is_empty(), "the page is not quiet:\n  {}", troubles.join("\n  "));
    }

    // Pictures.

    /// What the window shows, as `target/tmp/screenshots/NAME.png`, for a test that looks at it.
    #[track_caller]
    pub fn screenshot(&self, name: &str) -> PathBuf {
        self.settle();
        self.keep(name, "png", &self.call("Page.captureScreenshot", &json!({ "format": "png" })))
    }

    /// The whole page, down to 16,000 pixels, in the folder that the variable `FORC_PERF_PICTURES` names, if it is set.
    #[track_caller]
    pub fn keep_picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("FORC_PERF_PICTURES").map(PathBuf::from) else { return };
        fs::create_dir_all(&folder).unwrap();
        self.picture(&folder.join(format!("{name}.png")), 16_000);
    }

    /// The top of the page, so many pixels of it at most, as a PNG file.
    #[track_caller]
    pub fn picture(&self, path: &Path, height: u32) {
        self.settle();
        let size = &self.call("Page.getLayoutMetrics", &json!({}))["cssContentSize"];
        let height = size["height"].as_f64().unwrap_or(1.0).clamp(1.0, f64::from(height));
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": height, "scale": 1 });
        let params = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        fs::write(path, content(&self.call("Page.captureScreenshot", &params))).unwrap();
    }

    /// The page as it is printed on A4, as `target/tmp/screenshots/NAME.pdf`.
    #[track_caller]
    pub fn pdf(&self, name: &str) -> PathBuf {
        let paper = json!({ "paperWidth": 8.27, "paperHeight": 11.69, "printBackground": false });
        self.keep(name, "pdf", &self.call("Page.printToPDF", &paper))
    }

    #[track_caller]
    fn keep(&self, name: &str, extension: &str, answer: &Value) -> PathBuf {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{name}.{extension}"));
        fs::write(&path, content(answer)).unwrap();
        path
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let troubles = if thread::panicking() { Vec::new() } else { self.take_troubles() };
        let _ = self.connection.call(None, "Target.closeTarget", &json!({ "targetId": self.target }));
        let context = json!({ "browserContextId": self.context });
        let _ = self.connection.call(None, "Target.disposeBrowserContext", &context);
        self.connection.forget(&self.session);
        assert!(troubles.is_empty(), "the page was not quiet:\n  {}", troubles.join("\n  "));
    }
}

/// The content of a picture.
fn content(answer: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(answer["data"].as_str().expect("a picture")).unwrap()
}

/// Nothing, or by how much the page is wider than its window and which elements make it so.
const WIDE: &str = "(() => {
    const width = innerWidth;
    if (document.documentElement.scrollWidth <= width) return null;
    const held = (e) => {
        for (let p = e.parentElement; p && p !== document.body; p = p.parentElement)
            if (getComputedStyle(p).overflowX !== 'visible') return true;
        return false;
    };
    const wide = [...document.body.querySelectorAll('*')]
        .filter((e) => e.getBoundingClientRect().right > width + 0.5 && !held(e))
        .map((e) => e.cloneNode().outerHTML?.slice(0, 200) ?? e.nodeName);
    return { scrollWidth: document.documentElement.scrollWidth, innerWidth: width, elements: wide.slice(-8) };
})()";

/// A text as JavaScript has it.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn file_url(path: &Path) -> String {
    let mut url = String::from("file://");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => url.push(char::from(*byte)),
            byte => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url
}
