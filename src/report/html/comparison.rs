//! The page of a comparison: the five lines, then a section for each side, then how it was measured.

mod answer;
mod benchmark;
mod measured;
mod side;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use maud::{Markup, html};

use super::environment;
use super::parts::{command, name};
use crate::chart::PhaseColours;
use crate::model::{Comparison, Findings};
use crate::text::slug::slugs;
use crate::text::{clean, shortened};
use crate::verdict::{BenchmarkRow, Class, rows};
use crate::words::{Phrase, Piece, Sign, created, side_name, verdict_on_row};

/// How much of a comparison is shown.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// All of it.
    Whole,
    /// Every benchmark with its figures and charts in these colours, without raw values and without how it was measured: the
    /// pages of both reports have that.
    Figures(PhaseColours),
    /// What changed and what failed, in tables.
    Changes,
}

/// A comparison and what the parts of its page share.
struct Page<'a> {
    comparison: &'a Comparison,
    part: Part,
    colours: PhaseColours,
    /// The benchmarks' names for links, in the order of the findings.
    names: Vec<String>,
    /// The link target of a benchmark's name in a text: on the side where it matters most.
    links: HashMap<&'a str, String>,
}

impl<'a> Page<'a> {
    fn of(comparison: &'a Comparison, part: Part) -> Self {
        let ids = comparison.findings.first().map_or(&[][..], |findings| &findings.benchmarks);
        let colours = match &part {
            Part::Figures(colours) => colours.clone(),
            Part::Whole | Part::Changes => PhaseColours::of_comparison(comparison),
        };
        let mut page = Self {
            comparison,
            part,
            colours,
            names: slugs(ids.iter().map(|benchmark| benchmark.id.as_str())),
            links: HashMap::new(),
        };
        if comparison.has_measurements() {
            for row in rows(comparison).iter().filter(|row| !row.benchmark.figures.is_empty()) {
                if page.shows(row) {
                    let anchor = page.anchor(row.side, row.index);
                    page.links.entry(&row.benchmark.id).or_insert(anchor);
                }
            }
        }
        page
    }

    /// All but the head of the page.
    fn content(&self) -> Markup {
        html! {
            (answer::answer(self))
            (answer::failures(self))
            @if self.comparison.has_measurements() {
                @for findings in self.comparison.answers() { (side::section(self, findings)) }
                (side::control(self))
            }
            (answer::skipped(self.comparison))
            @if matches!(self.part, Part::Whole) { (measured::section(self)) }
        }
    }

    /// Whether a row is shown.
    fn shows(&self, row: &BenchmarkRow) -> bool {
        !matches!(self.part, Part::Changes) || row.class.is_change() || row.class == Class::Failed
    }

    /// Whether there are charts.
    fn has_charts(&self) -> bool {
        !matches!(self.part, Part::Changes)
    }

    /// Where the section of a benchmark is found.
    fn anchor(&self, side: usize, index: usize) -> String {
        format!("b{side}-{}", self.names.get(index).map_or("", String::as_str))
    }

    /// A side's name.
    fn side(&self, side: usize) -> String {
        self.comparison.sides.get(side).map_or_else(|| format!("side {side}"), side_name)
    }

    /// The side's name beside the base's.
    fn versus(&self, findings: &Findings) -> Markup {
        html! { (name(&self.side(findings.side))) " against " (name(&self.side(0))) }
    }

    /// A phrase with links to its benchmarks.
    fn phrase(&self, phrase: &Phrase) -> Markup {
        html! {
            @for piece in &phrase.0 {
                @match piece {
                    Piece::Text(text) => (text),
                    Piece::Strong(text) => strong { (text) },
                    Piece::Command(_) => code { (command(&piece.plain())) },
                    Piece::Name(text) => @match self.links.get(text.as_str()) {
                        Some(anchor) => a href=(format!("#{anchor}")) { (name(text)) },
                        None => (name(text)),
                    },
                }
            }
        }
    }
}

/// The page of a comparison. It cannot fail: the page says in words if a chart cannot be drawn.
pub(crate) fn comparison(comparison: &Comparison) -> String {
    let page = Page::of(comparison, Part::Whole);
    let title = title(&page);
    let header = html! {
        header {
            h1 { (title) }
            p.muted { "Builds of Sway under several compilers; " (name(&created(comparison))) }
        }
    };
    let content = page.content();
    let colophon = environment::colophon(&comparison.harness, comparison.comparison_version);
    super::document(&title, &comparison.harness, &header, &content, &colophon)
}

/// What a page among others shows of a comparison: all but the head.
pub(crate) fn content(comparison: &Comparison, part: Part) -> Markup {
    Page::of(comparison, part).content()
}

fn title(page: &Page) -> String {
    let short = |side: usize| shortened(&clean(&page.side(side))).into_owned();
    let others: Vec<String> = page.comparison.answers().map(|findings| short(findings.side)).collect();
    match others.len() {
        1..=3 => format!("{} against {}", others.join(", "), short(0)),
        more => format!("{more} compilers against {}", short(0)),
    }
}

/// A verdict as a sign and a word, never by colour alone.
fn class(row: &BenchmarkRow) -> Markup {
    let Sign { sign, style, .. } = Sign::of_class(row.class);
    let text = verdict_on_row(row);
    let (word, behind) = text.split_at(text.find(" (").unwrap_or(text.len()));
    html! { span class=(format!("verdict {style}")) { (sign) " " (word) @if !behind.is_empty() { span.behind { (behind) } } } }
}
