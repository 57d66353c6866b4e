//! The frame of all pages.

use maud::{DOCTYPE, Markup, html};

use super::Pages;
use crate::text::clean;

/// What a page may do: load the folder's own scripts, styles and pictures.
pub(super) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                                 base-uri 'none'; form-action 'none'";

/// A page.
pub(super) struct Frame<'a> {
    /// The window's title.
    pub(super) title: &'a str,
    /// The page's place in the navigation.
    pub(super) place: Place,
    /// Its depth below the dashboard's folder: 0 or 1.
    pub(super) depth: usize,
    /// Additional scripts, from the dashboard's folder.
    pub(super) scripts: &'a [&'a str],
}

/// The places in the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// What is new.
    Front,
    /// All events.
    Events,
    /// All commits.
    Commits,
    /// All benchmarks in a plane of two metrics.
    Scatter,
    /// Any two reports beside each other.
    Compare,
    /// None of them: a page reached through links.
    Elsewhere,
}

impl Frame<'_> {
    /// The page around this header and content.
    pub(super) fn around(&self, pages: &Pages, header: &Markup, content: &Markup) -> String {
        self.titled(&pages.options.title, header, content)
    }

    /// The same of a dashboard of this title.
    pub(super) fn titled(&self, dashboard: &str, header: &Markup, content: &Markup) -> String {
        let root = "../".repeat(self.depth);
        let here = |place| (self.place == place).then_some("page");
        let markup = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="referrer" content="no-referrer";
                    title { (clean(self.title)) " – " (clean(dashboard)) }
                    link rel="icon" href="data:,";
                    link rel="stylesheet" href={ (root) "assets/style.css" };
                }
                body data-root=(root) {
                    a.skip href="#content" { "Skip to the content" }
                    nav aria-label="Pages" {
                        a.home href={ (root) "index.html" } aria-current=[here(Place::Front)] { (clean(dashboard)) }
                        a href={ (root) "events.html" } aria-current=[here(Place::Events)] { "Events" }
                        a href={ (root) "index.html#benchmarks" } { "Benchmarks" }
                        a href={ (root) "commits.html" } aria-current=[here(Place::Commits)] { "Commits" }
                        a href={ (root) "scatter.html" } aria-current=[here(Place::Scatter)] { "Scatter" }
                        a href={ (root) "compare.html" } aria-current=[here(Place::Compare)] { "Side by side" }
                    }
                    (header)
                    main id="content" { (content) }
                    footer {
                        p.muted { "forc-perf " (env!("CARGO_PKG_VERSION")) }
                    }
                    script src={ (root) "assets/site.js" } {}
                    @for script in self.scripts { script src={ (root) (script) } {} }
                }
            }
        };
        markup.into_string()
    }
}
