//! A real Chromium for the tests of pages.
//!
//! ```ignore
//! let Some(browser) = Browser::start() else { return };
//! let page = browser.page();
//! page.viewport(390, 844);
//! page.theme(Theme::Dark);
//! page.open(&path);
//! page.click("th button");
//! assert_eq!(page.text("h1"), "…");
//! page.assert_fits();
//! page.assert_accessible();
//! page.keep_picture("report-phone-dark");
//! ```
//!
//! A page that logs, throws, breaks its content security policy, misses a file or asks anybody else for anything fails its
//! test when it is dropped, unless the test took these troubles off it. Everything else fails where it is called.
//!
//! The browser is spoken to over two pipes: no port to find, nobody else can join in, and it ends with the test's process,
//! however that ends.

#![allow(dead_code, unused_imports, reason = "each test target uses its own part")]

mod accessibility;
mod connection;
mod input;
mod page;
mod record;
mod server;

use std::env;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use serde_json::json;

use self::connection::Connection;
pub use self::page::{Load, Page, Rect, Theme};
pub use self::record::Request;
pub use self::server::Server;
use crate::support::not_run;

/// A Chromium that several tests share: it is started with the first, and ended with the last.
pub struct Browser {
    connection: Arc<Connection>,
}

impl Browser {
    /// The browser, or none where there is no Chromium, which is said on stderr; where `FORC_PERF_REQUIRE_BROWSER` is set
    /// that fails instead.
    pub fn start() -> Option<Self> {
        static SHARED: Mutex<Weak<Connection>> = Mutex::new(Weak::new());
        let Some(program) = program() else {
            let reason = "there is no Chromium: neither FORC_PERF_CHROMIUM nor chromium-headless-shell, chromium, chromium-browser or google-chrome";
            assert!(!required(), "{reason}");
            not_run(reason);
            return None;
        };
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        // One that crashed is of no use to the next test.
        if let Some(connection) = shared.upgrade().filter(|connection| connection.is_alive()) {
            return Some(Self { connection });
        }
        let connection = Connection::start(&program).unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let connection = Arc::new(connection);
        *shared = Arc::downgrade(&connection);
        Some(Self { connection })
    }

    /// An empty page of its own: it shares no storage with other pages.
    pub fn page(&self) -> Page {
        Page::new(&self.connection)
    }

    /// A page of 1440 × 900 that shows a file.
    #[track_caller]
    pub fn open(&self, path: &std::path::Path) -> Page {
        let page = self.page();
        page.open(path);
        page
    }

    /// What the browser calls itself.
    pub fn version(&self) -> String {
        let version = self.connection.call(None, "Browser.getVersion", &json!({})).unwrap();
        version["product"].as_str().unwrap_or_default().to_owned()
    }
}

/// Whether a test that cannot look at its page must fail.
fn required() -> bool {
    env::var_os("FORC_PERF_REQUIRE_BROWSER").is_some_and(|value| !value.is_empty() && value != "0")
}

fn program() -> Option<PathBuf> {
    if let Some(chosen) = env::var_os("FORC_PERF_CHROMIUM").filter(|chosen| !chosen.is_empty()) {
        let found = which::which(&chosen);
        return Some(found.unwrap_or_else(|error| panic!("FORC_PERF_CHROMIUM={}: {error}", chosen.display())));
    }
    ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
        .iter()
        .find_map(|name| which::which(name).ok())
}
