//! The share of each phase in every benchmark, as a Markdown table: used in the fixtures' README.

use std::fmt::Write;
use std::path::Path;

use super::file::{self, FileError};
use crate::figures;
use crate::model::{Measured, Metric, PhaseSummary, Report};
use crate::phase::OUTSIDE;
use crate::text::clean;
use crate::text::format;

/// The lines that enclose the table in a file.
const BEGIN: &str = "<!-- shares: begin -->";
const END: &str = "<!-- shares: end -->";

/// Why the table could not be put into a file.
#[derive(Debug, thiserror::Error)]
pub enum SharesError {
    /// The file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file has no such lines.
    #[error("{} has no lines `{BEGIN}` and `{END}` to put the table between", .0.display())]
    NoPlace(std::path::PathBuf),
}

/// The table: a row for each benchmark and a column for each phase. Top-level phases come first, the heaviest first; then
/// the time outside phases; then, in italics, the phases within others.
pub fn table(report: &Report) -> String {
    let measured: Vec<&Measured> = report.benchmarks.iter().filter(|benchmark| !benchmark.runs.is_empty()).collect();
    let phases = columns(report);
    let parts = parts(&measured);
    let mut text = String::from("| benchmark | wall |");
    for phase in &phases {
        let _ = write!(text, " {} |", escaped(phase.unwrap_or(OUTSIDE)));
    }
    for part in &parts {
        let _ = write!(text, " *{}* |", escaped(part));
    }
    text.push_str("\n|---|--:|");
    text.push_str(&"--:|".repeat(phases.len() + parts.len()));
    text.push('\n');
    for benchmark in measured {
        let wall = benchmark.estimate(Metric::Wall);
        let wall = wall.map_or_else(|| format::MISSING.to_owned(), |wall| format::nanoseconds(wall.median));
        let _ = write!(text, "| {} | {wall} |", escaped(&benchmark.id));
        let top: Vec<&PhaseSummary> = benchmark.phases.iter().filter(|row| row.depth == 0).collect();
        let heaviest = top.iter().map(|row| row.share).fold(0.0, f64::max);
        for phase in &phases {
            let cell = match top.iter().find(|row| row.phase.as_deref() == *phase) {
                // The phase that dominates stands out.
                Some(row) if row.share >= heaviest => format!(" **{}** |", format::whole_percent(row.share)),
                Some(row) => format!(" {} |", format::whole_percent(row.share)),
                None => format!(" {} |", format::MISSING),
            };
            text.push_str(&cell);
        }
        for part in &parts {
            let mut rows = benchmark.phases.iter().filter(|row| row.depth > 0);
            let cell = match rows.find(|row| row.phase.as_deref() == Some(part)) {
                Some(row) => format!(" *{}* |", format::whole_percent(row.share)),
                None => format!(" {} |", format::MISSING),
            };
            text.push_str(&cell);
        }
        text.push('\n');
    }
    let _ = write!(
        text,
        "\nforc {}, {}; medians of {} runs or more.",
        report.toolchain.version,
        date(report),
        fewest_runs(report)
    );
    text
}

/// Puts the table between the two marker lines of `path`, replacing what is there.
///
/// # Errors
/// If the file has no such lines, or cannot be read or written.
pub fn update(report: &Report, path: &Path) -> Result<(), SharesError> {
    let text = std::fs::read_to_string(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    let place = text.find(BEGIN).zip(text.find(END)).filter(|(begin, end)| begin < end);
    let (begin, end) = place.ok_or_else(|| SharesError::NoPlace(path.to_owned()))?;
    let updated = format!("{}{BEGIN}\n\n{}\n\n{}", &text[..begin], table(report), &text[end..]);
    Ok(file::write_text(&updated, path)?)
}

/// The top-level phases of all benchmarks, the heaviest first and what lies outside them (`None`) last.
fn columns(report: &Report) -> Vec<Option<&str>> {
    let mut phases: Vec<Option<&str>> =
        figures::suite_phases(&report.benchmarks).into_iter().map(|(phase, _)| phase).collect();
    phases.sort_by_key(Option::is_none);
    phases
}

/// The phases within others, in the order in which the compiler comes to them.
fn parts<'a>(measured: &[&'a Measured]) -> Vec<&'a str> {
    let mut parts = Vec::new();
    for row in measured.iter().flat_map(|benchmark| &benchmark.phases).filter(|row| row.depth > 0) {
        if let Some(phase) = row.phase.as_deref()
            && !parts.contains(&phase)
        {
            parts.push(phase);
        }
    }
    parts
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in clean(text).chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            // No mention of a user.
            '@' => escaped.push_str("&#64;"),
            '|' | '`' | '*' | '[' | ']' | '\\' => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    escaped
}

fn date(report: &Report) -> &str {
    report.created.split('T').next().unwrap_or_default()
}

fn fewest_runs(report: &Report) -> usize {
    report.benchmarks.iter().map(|benchmark| benchmark.runs.len()).filter(|runs| *runs > 0).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn the_table_has_a_row_a_benchmark_and_marks_what_dominates() {
        let report = testing::report(3);
        let table = table(&report);
        let rows: Vec<&str> = table.lines().filter(|line| line.starts_with('|')).collect();
        assert_eq!(rows.len(), 2 + 3);
        let columns = rows[0].matches('|').count();
        assert!(rows.iter().all(|row| row.matches('|').count() == columns), "{table}");
        assert!(rows[2..].iter().all(|row| row.contains("**")));
        let parts = rows[0].split("outside phases |").nth(1).unwrap();
        assert!(parts.contains("*parse the program to a concrete syntax tree (CST)*"), "{parts}");
        assert!(rows[2].ends_with(" %* |"), "{}", rows[2]);
    }

    #[test]
    fn a_file_keeps_everything_around_the_table() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("README.md");
        std::fs::write(&path, format!("# Title\n{BEGIN}\nold\n{END}\nrest\n")).unwrap();
        let report = testing::report(1);
        update(&report, &path).unwrap();
        update(&report, &path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# Title\n") && text.ends_with(&format!("{END}\nrest\n")) && !text.contains("old"));
        std::fs::write(&path, "nothing").unwrap();
        assert!(matches!(update(&report, &path), Err(SharesError::NoPlace(_))));
    }
}
