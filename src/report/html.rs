//! A report or a comparison as one HTML page: the answer first, then a section for each benchmark, then how it was measured.
//!
//! The page is self-contained: styles, pictures and a small script are inside it, and its content security policy forbids
//! fetching anything. Without the script only sorting and filtering are missing.

mod benchmark;
mod classes;
mod comparison;
mod environment;
mod matrix;
mod overview;
pub(crate) mod parts;
pub(crate) mod pictures;
mod summary;
#[cfg(test)]
mod tests;

use base64::prelude::{BASE64_STANDARD, Engine};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

pub(crate) use self::classes::classes;
pub(super) use self::comparison::comparison;
pub(crate) use self::comparison::{Part, content as comparison_content};
use self::parts::Page;
pub(crate) use self::pictures::Pictures;
use crate::chart::{page_css, suite_phases};
use crate::model::{Harness, Report};
use crate::text::clean;

const STYLE: &str = include_str!("html/style.css");
pub(crate) const SCRIPT: &str = include_str!("html/script.js");

/// The page of a report.
///
/// It cannot fail: the page says in words if a chart cannot be drawn, and has the figures anyway.
pub fn index(report: &Report) -> String {
    let page = Page::of(report);
    document(
        &summary::title(report),
        &report.harness,
        &summary::header(report),
        &content(&page),
        &environment::colophon(&report.harness, report.schema_version),
    )
}

/// A page of its own around a content: what it looks like, what it may do, and its frame.
fn document(title: &str, harness: &Harness, header: &Markup, content: &Markup, colophon: &Markup) -> String {
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        BASE64_STANDARD.encode(Sha256::digest(SCRIPT))
    );
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(clean(&format!("{} {}", harness.name, harness.version)));
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(page_css())) (PreEscaped(classes())) }
            }
            body {
                a.skip href="#content" { "Skip to the figures" }
                (header)
                main id="content" { (content) }
                footer { (colophon) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    markup.into_string()
}

/// All but the head of the page.
pub(crate) fn content(page: &Page) -> Markup {
    html! {
        (summary::answer(page))
        (summary::failures(page))
        (summary::skipped(page.report))
        @if page.report.has_measurements() {
            // For others' records the sections say the same.
            @if page.recorder.is_none() {
                section aria-labelledby="benchmarks" {
                    h2 #benchmarks { "Benchmarks" }
                    (overview::table(page))
                }
            }
            @if page.pictures.are_drawn() {
                section aria-labelledby="suite" {
                    h2 #suite { "All benchmarks at a glance" }
                    (page.pictures.show("suite", || suite_phases(page.report)))
                }
            }
            @if matrix::holds_all(page) { (matrix::section(page)) } @else {
                section.details aria-labelledby="each" {
                    h2 #each { "Each benchmark" }
                    @for (index, measured) in page.by_wall() {
                        (benchmark::section(page, index, measured))
                    }
                }
            }
        }
        (environment::section(page))
    }
}
