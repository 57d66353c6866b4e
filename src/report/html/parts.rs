//! Pieces that several parts of the page use.

use maud::{Markup, html};

use super::pictures::{Picture, Pictures};
use std::time::Duration;

use crate::chart::PhaseColours;
use crate::figures::median_wall;
use crate::model::{Estimate, Measured, Report, Unit};
use crate::phase::OUTSIDE;
use crate::text::counted;
use crate::text::format;
use crate::text::slug::slugs;
use crate::text::{clean, shortened};

/// How many characters of a compiler's output are shown.
const LONGEST_OUTPUT: usize = 20_000;

/// Longer words of a command line may wrap.
const LONGEST_FLAG: usize = 30;

/// Gives the page of a benchmark by its id, as a link of this page; absent where it has none.
pub(crate) type Course<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// A report and what its parts share.
pub(crate) struct Page<'a> {
    pub(super) report: &'a Report,
    pub(super) colours: PhaseColours,
    /// Where its charts are.
    pub(super) pictures: Pictures,
    /// Who recorded it, if not this harness. Such a report has less data.
    pub(super) recorder: Option<&'a str>,
    /// Gives a benchmark's own page, if there is one.
    pub(super) course: Option<&'a Course<'a>>,
    /// Where each benchmark's section is found, in the order of the report.
    anchors: Vec<String>,
}

impl<'a> Page<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        Self::with(report, PhaseColours::of(report), Pictures::Inline)
    }

    pub(crate) fn with(report: &'a Report, colours: PhaseColours, pictures: Pictures) -> Self {
        let names = slugs(report.benchmarks.iter().map(|measured| measured.id.as_str()));
        // Distinct from the ids of the page's own parts.
        let anchors = names.into_iter().map(|name| format!("b-{name}")).collect();
        Self { report, colours, pictures, recorder: None, course: None, anchors }
    }

    /// For a report that somebody else recorded.
    pub(crate) fn recorded_by(self, recorder: Option<&'a str>) -> Self {
        Self { recorder, ..self }
    }

    /// For a page on a site where each benchmark has its own page.
    pub(crate) fn beside(self, course: &'a Course<'a>) -> Self {
        Self { course: Some(course), ..self }
    }

    /// The pictures that belong into files.
    pub(crate) fn into_pictures(self) -> Vec<Picture> {
        self.pictures.drawn()
    }

    /// A figure in a table; shorter on a page without pictures, which has many of them.
    pub(super) fn figure(&self, value: &Estimate, unit: Unit) -> Markup {
        if self.pictures.are_drawn() { estimate(value, unit) } else { brief(value, unit) }
    }

    pub(super) fn anchor(&self, index: usize) -> &str {
        self.anchors.get(index).map_or("", String::as_str)
    }

    /// The name that a benchmark's files have.
    pub(super) fn slug(&self, index: usize) -> &str {
        self.anchor(index).trim_start_matches("b-")
    }

    /// The benchmarks that were measured, with their places in the report, the longest first.
    pub(super) fn by_wall(&self) -> Vec<(usize, &'a Measured)> {
        let all = self.report.benchmarks.iter().enumerate();
        let mut measured: Vec<_> = all.filter(|(_, measured)| !measured.runs.is_empty()).collect();
        let wall = |measured: &Measured| median_wall(measured).unwrap_or(0.0);
        measured.sort_by(|a, b| wall(b.1).total_cmp(&wall(a.1)).then_with(|| a.1.id.cmp(&b.1.id)));
        measured
    }
}

/// A name from outside, isolated: its direction of writing does not affect the page.
pub(crate) fn name(text: &str) -> Markup {
    let clean = clean(text);
    let shown = shortened(&clean);
    html! { bdi title=[(shown.len() < clean.len()).then(|| clean.chars().take(2_000).collect::<String>())] { (shown) } }
}

/// A benchmark by a text, which leads to its page among others.
pub(super) fn linked(page: &Page, id: &str, text: &str) -> Markup {
    match page.course.and_then(|course| course(id)) {
        Some(course) => html! { a href=(course) { (name(text)) } },
        None => name(text),
    }
}

/// A text from outside.
pub(crate) fn outside_text(text: &str) -> Markup {
    html! { bdi { (clean(text).chars().take(2_000).collect::<String>()) } }
}

/// The end of a compiler's output, where the error is.
pub(super) fn output(text: &str) -> Markup {
    let length = text.chars().count();
    let end: String = text.chars().skip(length.saturating_sub(LONGEST_OUTPUT)).collect();
    let lines: Vec<_> = end.lines().map(clean).collect();
    html! { pre tabindex="0" { @if length > LONGEST_OUTPUT { "…\n" } (lines.join("\n")) } }
}

/// A command line. It wraps, but not inside flags: `-` and `-profile` on two lines would be misread.
pub(super) fn command(line: &str) -> Markup {
    let is_flag = |word: &str| word.starts_with('-') && word.len() <= LONGEST_FLAG;
    html! {
        @for (index, word) in line.split(' ').enumerate() {
            @if index > 0 { " " }
            @if is_flag(word) { span.flag { (word) } } @else { (word) }
        }
    }
}

/// A phase with its colour; `None` is the time outside all phases.
pub(super) fn phase(page: &Page, phase: Option<&str>) -> Markup {
    html! { (chip(page, phase)) (name(phase.unwrap_or(OUTSIDE))) }
}

/// A phase's colour.
pub(super) fn chip(page: &Page, phase: Option<&str>) -> Markup {
    let swatch = page.colours.swatch(phase);
    html! { i class={ "chip " (swatch.class()) } {} }
}

/// An estimate's median and half interval; the interval itself is its title.
pub(super) fn estimate(estimate: &Estimate, unit: Unit) -> Markup {
    let half = format::half_interval(estimate);
    html! {
        @if let Some(half) = half {
            span.figure title=(interval(estimate, unit)) { (format::value(estimate.median, unit)) } " " span.half { (half) }
        } @else { (format::value(estimate.median, unit)) }
    }
}

/// The same without the interval itself as its title.
pub(super) fn brief(estimate: &Estimate, unit: Unit) -> Markup {
    html! {
        (format::value(estimate.median, unit))
        @if let Some(half) = format::half_interval(estimate) { " " span.half { (half) } }
    }
}

/// An interval in words.
pub(super) fn interval(estimate: &Estimate, unit: Unit) -> String {
    let (low, high) = (format::value(estimate.low, unit), format::value(estimate.high, unit));
    format!("{low} to {high} at {} confidence, {}", format::percent(estimate.confidence), runs(estimate.count))
}

/// `1 run`, `2 runs`.
pub(super) fn runs(count: usize) -> String {
    counted(count, "run")
}

/// A share of a time, absent when there was no time.
pub(in crate::report) fn share(part: Duration, whole: Duration) -> Option<f64> {
    (whole > Duration::ZERO).then(|| part.as_secs_f64() / whole.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_power() {
        assert_eq!(name("<b>\u{202E}").into_string(), "<bdi>&lt;b&gt;\u{FFFD}</bdi>");
        assert!(name(&"x".repeat(10_000)).into_string().len() < 2_500);
    }

    #[test]
    fn flags_stay_whole() {
        let line = command("forc build  --path '/a -b' --profile").into_string();
        assert_eq!(
            line,
            "forc build  <span class=\"flag\">--path</span> '/a <span class=\"flag\">-b'</span> <span class=\"flag\">--profile</span>"
        );
        assert!(!command(&format!("-{}", "x".repeat(100))).into_string().contains("flag"));
    }

    #[test]
    fn of_long_output_the_end_is_kept() {
        let text = format!("{}the error", "x\n".repeat(20_000));
        let page = output(&text).into_string();
        assert!(page.len() < 21_000 && page.contains("the error") && page.contains('…'));
    }
}
