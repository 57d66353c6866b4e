//! What the terminal's formats have in common: colours, tables, failed builds and what was left out.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use comfy_table::{CellAlignment, ContentArrangement, Table};

use crate::model::Skipped;
use crate::text::clean;
use crate::words::{Piece, Tone};

/// How many lines of a failed build are shown.
const SHOWN_OUTPUT_LINES: usize = 8;

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(super) const WARNING: Style = AnsiColor::Yellow.on_default();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const COMMAND: Style = AnsiColor::Cyan.on_default();

/// The colour of a tone.
pub(super) const fn style(tone: Tone) -> Style {
    match tone {
        Tone::Bad => BAD,
        Tone::Warning => WARNING,
        Tone::Good => GOOD,
        Tone::Plain => Style::new(),
        Tone::Faint => DIM,
    }
}

/// A table without lines, of some columns of the rows. `is_right` says which headings have their column on the right.
pub(super) fn table<const N: usize>(
    headings: &[&str; N],
    rows: &[[String; N]],
    columns: &[usize],
    is_right: impl Fn(&str) -> bool,
) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|column| headings[*column]));
    for row in rows {
        table.add_row(columns.iter().map(|column| row[*column].as_str()));
    }
    for (index, column) in columns.iter().enumerate() {
        if let Some(shown) = table.column_mut(index) {
            shown.set_padding((0, 2));
            let right = is_right(headings[*column]);
            shown.set_cell_alignment(if right { CellAlignment::Right } else { CellAlignment::Left });
        }
    }
    table
}

/// The table's lines without the spaces at their ends.
pub(super) fn lines_of(table: &Table) -> Vec<String> {
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// The width of the longest line.
pub(super) fn widest(lines: &[String]) -> usize {
    lines.iter().map(|line| line.chars().count()).max().unwrap_or(0)
}

/// A failed build: `what` failed and why, then the end of the compiler's output.
pub(super) fn failed_build(what: &str, message: &str, output: &str, text: &mut String) {
    let _ = writeln!(text, "\n{BAD}failed{BAD:#} {what}: {}", clean(message));
    let lines: Vec<&str> = output.lines().filter(|line| !line.trim().is_empty()).collect();
    for line in &lines[lines.len().saturating_sub(SHOWN_OUTPUT_LINES)..] {
        let _ = writeln!(text, "  {DIM}│{DIM:#} {}", clean(line));
    }
}

/// What was left out, with one line for those that follow each other with the same reason.
pub(super) fn left_out(skipped: &[Skipped], text: &mut String) {
    if !skipped.is_empty() {
        text.push('\n');
    }
    for same in skipped.chunk_by(|a, b| (a.broken, &a.reason) == (b.broken, &b.reason)) {
        let Some(first) = same.first() else { continue };
        let word = if first.broken { format!("{BAD}unusable{BAD:#}") } else { format!("{DIM}skipped{DIM:#}") };
        let names: Vec<String> = same.iter().map(|skipped| plain_name(&skipped.name)).collect();
        let _ = writeln!(text, "{word} {}: {}", names.join(", "), clean(&first.reason));
    }
}

/// A name from outside, made harmless and not endless.
pub(super) fn plain_name(name: &str) -> String {
    Piece::Name(name.to_owned()).plain().into_owned()
}
