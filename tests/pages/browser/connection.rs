//! One browser process, and the Chrome DevTools Protocol spoken over its two pipes: JSON texts, each ended by a zero byte.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// No answer takes so long, even on a machine that does many other things.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// What Chromium is told besides where its profile is: to stay alone, to leave nothing out for tabs that nobody sees, and
/// to draw the same everywhere. `--no-sandbox`, as it cannot have its sandbox as root or in most containers; it sees
/// nothing here but our own pages.
const FLAGS: [&str; 24] = [
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-renderer-backgrounding",
    "--disable-sync",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--lang=en-US",
    "--mute-audio",
    // Whatever it may want from the network: names of hosts lead nowhere, except to this machine.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

pub(super) struct Connection {
    child: Mutex<Child>,
    /// Closing it ends the browser.
    writer: Arc<Mutex<Option<ChildStdin>>>,
    next: AtomicU64,
    shared: Arc<Shared>,
    profile: TempDir,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    answers: HashMap<u64, Value>,
    /// What happened in each page and was not looked at yet.
    events: HashMap<String, Vec<Event>>,
    /// The pages that are no more.
    lost: HashSet<String>,
    ended: bool,
}

pub(super) struct Event {
    pub(super) method: String,
    pub(super) params: Value,
}

impl Connection {
    pub(super) fn start(program: &Path) -> Result<Self, String> {
        // Where paths are short: it makes sockets there.
        let profile = tempfile::Builder::new().prefix("forc-perf-browser-").tempdir().map_err(|e| e.to_string())?;
        let folder = |name: &str| profile.path().join(name);
        for name in ["data", "tmp", "home"] {
            fs::create_dir(folder(name)).map_err(|e| e.to_string())?;
        }
        let log = File::create(folder("stderr")).map_err(|e| e.to_string())?;
        // The shell puts the pipes where Chromium looks for them.
        let mut child = Command::new("/bin/sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null", "sh"])
            .arg(program)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", folder("data").display()))
            .env("HOME", folder("home"))
            .env("TMPDIR", folder("tmp"))
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_CACHE_HOME")
            .env_remove("DISPLAY")
            .env("DBUS_SESSION_BUS_ADDRESS", "disabled:")
            // One that could be killed with all of its children.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(|error| error.to_string())?;
        let stdout = child.stdout.take().expect("it is a pipe");
        let writer = Arc::new(Mutex::new(child.stdin.take()));
        let shared = Arc::new(Shared::default());
        {
            let (writer, shared) = (Arc::clone(&writer), Arc::clone(&shared));
            thread::spawn(move || shared.listen(BufReader::new(stdout), &writer));
        }
        let connection = Self { child: Mutex::new(child), writer, next: AtomicU64::new(1), shared, profile };
        let answer = connection.call(None, "Browser.getVersion", &json!({}));
        answer.map_err(|error| format!("{error}\n{}", connection.last_words()))?;
        Ok(connection)
    }

    pub(super) fn is_alive(&self) -> bool {
        !self.shared.lock().ended
    }

    /// The end of what the browser complained of.
    fn last_words(&self) -> String {
        let text = fs::read(self.profile.path().join("stderr")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// Asks the browser, or one of its pages, and waits for the answer.
    pub(super) fn call(&self, session: Option<&str>, method: &str, params: &Value) -> Result<Value, String> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        send(&self.writer, &message).map_err(|error| format!("{method}: {error}"))?;
        let answer = self.shared.wait(PATIENCE, |state| {
            if let Some(answer) = state.answers.remove(&id) {
                return Some(Ok(answer));
            }
            let reason = if state.ended { "the browser ended" } else { "the page crashed" };
            let lost = session.is_some_and(|session| state.lost.contains(session));
            (state.ended || lost).then_some(Err(reason))
        });
        match answer {
            None => Err(format!("{method}: no answer for {PATIENCE:?}")),
            Some(Err(reason)) => Err(format!("{method}: {reason}")),
            Some(Ok(mut answer)) => match answer["error"]["message"].as_str() {
                Some(error) => Err(format!("{method}: {error}")),
                None => Ok(answer["result"].take()),
            },
        }
    }

    /// What has happened in a page since the last time.
    pub(super) fn events(&self, session: &str) -> Vec<Event> {
        self.shared.lock().events.get_mut(session).map(std::mem::take).unwrap_or_default()
    }

    /// Waits until something happens in a page, or for this long.
    pub(super) fn wait_for_events(&self, session: &str, patience: Duration) {
        self.shared.wait(patience, |state| {
            let some = state.events.get(session).is_some_and(|events| !events.is_empty());
            (some || state.ended || state.lost.contains(session)).then_some(())
        });
    }

    /// Nobody wants to know of this page any more.
    pub(super) fn forget(&self, session: &str) {
        let mut state = self.shared.lock();
        state.events.remove(session);
        state.lost.remove(session);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Without its pipe it ends by itself, and then takes its children along.
        drop(self.writer.lock().unwrap_or_else(PoisonError::into_inner).take());
        let child = self.child.get_mut().unwrap_or_else(PoisonError::into_inner);
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(10) {
            if !matches!(child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        // SAFETY: kill has no preconditions; the group is the child's, which has not been waited for.
        unsafe { libc::kill(-child.id().cast_signed(), libc::SIGKILL) };
        let _ = child.wait();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is something in the state, or for so long.
    fn wait<T>(&self, patience: Duration, mut found: impl FnMut(&mut State) -> Option<T>) -> Option<T> {
        let started = Instant::now();
        let mut state = self.lock();
        loop {
            if let Some(found) = found(&mut state) {
                return Some(found);
            }
            let left = patience.checked_sub(started.elapsed())?;
            (state, _) = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes what the browser says, until it says no more.
    fn listen(&self, mut stdout: impl BufRead, writer: &Mutex<Option<ChildStdin>>) {
        let mut bytes = Vec::new();
        while stdout.read_until(0, &mut bytes).is_ok_and(|count| count > 0) {
            bytes.pop();
            if let Ok(message) = serde_json::from_slice(&bytes) {
                self.take(message, writer);
            }
            bytes.clear();
        }
        self.lock().ended = true;
        self.changed.notify_all();
    }

    fn take(&self, mut message: Value, writer: &Mutex<Option<ChildStdin>>) {
        let mut state = self.lock();
        if let Some(id) = message["id"].as_u64() {
            state.answers.insert(id, message);
        } else if let (Some(session), Some(method)) = (message["sessionId"].as_str(), message["method"].as_str()) {
            let (session, method) = (session.to_owned(), method.to_owned());
            match method.as_str() {
                "Inspector.targetCrashed" => {
                    state.lost.insert(session.clone());
                }
                // The page stands still until somebody answers. Nobody waits for the answer to this, so it is not kept.
                "Page.javascriptDialogOpening" => {
                    let answer = json!({ "id": 0, "sessionId": session, "method": "Page.handleJavaScriptDialog",
                        "params": { "accept": false } });
                    let _ = send(writer, &answer);
                }
                _ => {}
            }
            let event = Event { method, params: message["params"].take() };
            state.events.entry(session).or_default().push(event);
        }
        drop(state);
        self.changed.notify_all();
    }
}

fn send(writer: &Mutex<Option<ChildStdin>>, message: &Value) -> Result<(), String> {
    let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(pipe) = writer.as_mut() else { return Err("the browser was ended".to_owned()) };
    let mut text = message.to_string().into_bytes();
    text.push(0);
    pipe.write_all(&text).map_err(|error| error.to_string())
}
