//! What all Markdown has in common, and a report as Markdown.

use std::fmt::Write;

use crate::model::{Completion, Measured, Metric, Report};
use crate::text::format;
use crate::text::{clean, shortened};

/// The invisible first line of every comment. A workflow uses it to find its own comment among others by the same bot.
pub(super) const MARKER: &str = "<!-- forc-perf -->";

/// How many lines of a compiler's output are shown.
const SHOWN_OUTPUT_LINES: usize = 20;

/// The metrics that have a column.
const COLUMNS: [Metric; 4] = [Metric::Wall, Metric::Cpu, Metric::PeakMemory, Metric::BinarySize];

/// The report as Markdown: a table of what was measured, and what failed.
pub fn report(report: &Report) -> String {
    let mut text = format!("{MARKER}\n### forc-perf: forc {}\n\n", code(&clean(&report.toolchain.version)));
    if report.completion == Completion::Interrupted {
        text += "The measurement was ended early; this is what had been measured until then.\n\n";
    }
    let measured: Vec<&Measured> = report.benchmarks.iter().filter(|benchmark| !benchmark.runs.is_empty()).collect();
    if measured.is_empty() {
        text += "Nothing was measured.\n\n";
    } else {
        let names: Vec<&str> = COLUMNS.iter().map(|metric| metric.name()).collect();
        let _ =
            writeln!(text, "| benchmark | runs | {} |\n|---|---:|{}", names.join(" | "), "---:|".repeat(names.len()));
        for benchmark in measured {
            let cell = |metric: &Metric| match benchmark.estimate(*metric) {
                Some(estimate) => {
                    let value = format::value(estimate.median, metric.unit());
                    match format::half_interval(estimate).filter(|_| estimate.high > estimate.low) {
                        Some(half) => format!("{value} {half}"),
                        None => value,
                    }
                }
                None => format::MISSING.to_owned(),
            };
            let cells: Vec<String> = COLUMNS.iter().map(cell).collect();
            let _ = writeln!(text, "| {} | {} | {} |", name(&benchmark.id), benchmark.runs.len(), cells.join(" | "));
        }
        text += "\nMedian ± half its interval.\n\n";
    }
    for benchmark in &report.benchmarks {
        for failure in &benchmark.failures {
            let lines: Vec<&str> = failure.output.lines().filter(|line| !line.trim().is_empty()).collect();
            let shown = &lines[lines.len().saturating_sub(SHOWN_OUTPUT_LINES)..];
            let _ =
                writeln!(text, "**failed** {}: {}\n", name(&benchmark.id), code(&shortened(&clean(&failure.message))));
            if !shown.is_empty() {
                text += &block(shown);
                text.push('\n');
            }
        }
    }
    for skipped in &report.skipped {
        let word = if skipped.broken { "unusable" } else { "skipped" };
        let _ = writeln!(text, "- {word} {}: {}", name(&skipped.name), code(&shortened(&clean(&skipped.reason))));
    }
    text
}

/// A name from outside in a table's cell.
fn name(text: &str) -> String {
    code(&shortened(&clean(text))).replace('|', "\\|")
}

/// A text from outside as a code span: nothing in it is markup, a mention or a link. The fence is longer than any in the
/// text, but never longer than 80, which is the limit of cmark and so of GitHub.
pub(super) fn code(text: &str) -> String {
    const LONGEST_RUN: usize = 8;
    if text.trim().is_empty() {
        return "` `".to_owned();
    }
    let run = |text: &str| text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let text = if run(text) > LONGEST_RUN { text.replace('`', "\u{2CB}") } else { text.to_owned() };
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Lines from outside as a code block.
pub(super) fn block(lines: &[&str]) -> String {
    let longest = lines.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let body: Vec<String> = lines.iter().map(|line| clean(line).chars().take(2_000).collect()).collect();
    format!("{fence}text\n{}\n{fence}\n", body.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn a_name_of_any_number_of_backticks_is_one_code_span() {
        assert_eq!(code("a`b"), "``a`b``");
        for count in [79, 80, 81, 500] {
            let span = code(&format!("{}@everyone", "`".repeat(count)));
            assert!(span.starts_with("`ˋ") && span.ends_with("@everyone`") && span.matches('`').count() == 2, "{span}");
        }
    }
}
