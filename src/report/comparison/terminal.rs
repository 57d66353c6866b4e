//! A comparison in a terminal.

use std::fmt::Write;

use comfy_table::Table;

use crate::model::{Comparison, Failure, Verdict};
use crate::report::style::{BOLD, COMMAND, DIM, failed_build, left_out, lines_of, plain_name, style, table, widest};
use crate::text::counted;
use crate::verdict::{BenchmarkRow, rows};
use crate::words;
use crate::words::{
    Line, Phrase, Piece, Sign, Tone, also, headline, lead_change, output, reason, rests_on, together, transition,
    verdict_on_row, what_a_change_is,
};

/// How many failures are shown with the compiler's output.
const SHOWN_FAILURES: usize = 10;

pub(super) fn render(comparison: &Comparison, all: bool, width: Option<usize>) -> String {
    let headline = headline(comparison);
    let mut text = String::new();
    lines(&headline.lines, width, &mut text);
    text.push('\n');
    lines(&headline.facts, width, &mut text);
    let rows = rows(comparison);
    // Without measurements the table would look as if nothing had changed.
    let shown: Vec<&BenchmarkRow> =
        rows.iter().filter(|row| headline.measured && (all || row.class.is_decided())).collect();
    if !shown.is_empty() {
        let _ = writeln!(text, "\n{}", fitted(comparison, &shown, width));
        let legend = format!(
            "change: {}, with its interval and the interval’s confidence; base → other: medians",
            what_a_change_is(comparison)
        );
        text.push('\n');
        for line in std::iter::once(legend).chain(resting(comparison)) {
            let _ = writeln!(text, "{DIM}{}{DIM:#}", wrap(&line, width, 0));
        }
    }
    all_together(comparison, all, width, &mut text);
    let hidden = rows.len() - shown.len();
    if headline.measured && hidden > 0 {
        let _ = writeln!(text, "{DIM}{} not shown: --all shows them{DIM:#}", counted(hidden, "undecided row"));
    }
    problems(comparison, &mut text);
    text
}

/// What the verdicts are based on, with the number of figures: `verdicts: by ranks, 20 blocks: 9 figures; exact: 3 figures`.
fn resting(comparison: &Comparison) -> Option<String> {
    const SHOWN: usize = 4;
    let mut bases: Vec<(String, usize)> = Vec::new();
    let deciding = comparison.answers().flat_map(|findings| &findings.benchmarks).flat_map(|one| one.deciding());
    for figure in deciding.filter(|figure| figure.verdict != Verdict::Undecided) {
        let basis = rests_on(figure, comparison.settings.interleaved);
        match bases.iter_mut().find(|(known, _)| *known == basis) {
            Some((_, count)) => *count += 1,
            None => bases.push((basis, 1)),
        }
    }
    bases.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let more: usize = bases.iter().skip(SHOWN).map(|(_, count)| count).sum();
    let shown = bases.iter().take(SHOWN).map(|(basis, count)| format!("{}: {basis}", counted(*count, "figure")));
    let mut parts: Vec<String> = shown.collect();
    if more > 0 {
        parts.push(format!("{}: by other numbers of runs", counted(more, "figure")));
    }
    (!parts.is_empty()).then(|| format!("verdicts: {}", parts.join("; ")))
}

/// All benchmarks together, by metric and phase: everything with `--all`, else the phases that changed, because the first
/// line has the rest.
fn all_together(comparison: &Comparison, all: bool, width: Option<usize>, text: &mut String) {
    for findings in comparison.answers() {
        let mut lines = together(findings);
        lines.retain(|line| all || line.total.phase.is_some() && line.total.verdict.is_change());
        if lines.is_empty() {
            continue;
        }
        let several = comparison.answers().count() > 1;
        let side = comparison.side(findings).filter(|_| several).map(words::side_name);
        let with = side.map_or_else(String::new, |side| format!(" with {}", Piece::Name(side).plain()));
        let _ = writeln!(text, "\n{BOLD}all benchmarks together{with}{BOLD:#}");
        for line in lines {
            let of = Piece::Name(line.of.to_owned());
            let (metric, verdict) = (line.total.metric.name(), line.total.verdict.name());
            let count = counted(line.total.benchmarks, "benchmark");
            let line = format!("  {}: {metric} {} {verdict}, {count}", of.plain(), line.change);
            let _ = writeln!(text, "{}", wrap(&line, width, 4));
        }
    }
}

/// Lines with their labels in a column of their own. A line with a command is not wrapped, so that it can be copied.
fn lines(lines: &[Line], width: Option<usize>, text: &mut String) {
    let widest = lines.iter().map(|line| line.label.chars().count()).max().unwrap_or(0);
    for line in lines {
        let style = if line.tone == Tone::Plain { BOLD } else { style(line.tone) };
        let has_command = line.phrase.0.iter().any(|piece| matches!(piece, Piece::Command(_)));
        let whole = format!("{style}{:<widest$}{style:#}  {}", line.label, styled(&line.phrase));
        let _ = writeln!(text, "{}", wrap(&whole, width.filter(|_| !has_command), widest + 2));
    }
}

/// A text in lines of the terminal's width, broken between words; all but the first are indented.
fn wrap(text: &str, width: Option<usize>, indent: usize) -> String {
    let Some(width) = width else { return text.to_owned() };
    let indent = " ".repeat(if indent < width / 2 { indent } else { 0 });
    let options = textwrap::Options::new(width)
        .subsequent_indent(&indent)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        // At spaces only: ids with hyphens stay whole.
        .word_separator(textwrap::WordSeparator::AsciiSpace);
    textwrap::fill(text, options)
}

fn styled(phrase: &Phrase) -> String {
    let mut text = String::new();
    for piece in &phrase.0 {
        let plain = piece.plain();
        let _ = match piece {
            Piece::Strong(_) => write!(text, "{BOLD}{plain}{BOLD:#}"),
            Piece::Command(_) => write!(text, "{COMMAND}{plain}{COMMAND:#}"),
            Piece::Text(_) | Piece::Name(_) => write!(text, "{plain}"),
        };
    }
    text
}

/// The columns; empty ones are left out.
const COLUMNS: [&str; 8] = ["verdict", "benchmark", "side", "change", "base → other", "because", "also", "output"];
const BENCHMARK: usize = 1;

/// The maximum lengths of ids to try if a table is too wide. No column is left out: if even this is not enough, each row
/// gets lines of its own.
const SHORTER: [usize; 2] = [56, 40];

fn fitted(comparison: &Comparison, rows: &[&BenchmarkRow], width: Option<usize>) -> String {
    let mut cells: Vec<[String; 8]> = rows.iter().map(|row| cells(comparison, row)).collect();
    let several = comparison.answers().count() > 1;
    let used = |column: &usize| match COLUMNS[*column] {
        "side" => several,
        _ => cells.iter().any(|row| !row[*column].is_empty()),
    };
    let columns: Vec<usize> = (0..COLUMNS.len()).filter(used).collect();
    let whole = cells.clone();
    let mut shorter = SHORTER.iter();
    let table = loop {
        let table = lines_of(&build(&cells, &columns));
        let widest = widest(&table);
        match (width, shorter.next()) {
            (Some(width), Some(most)) if widest > width => {
                cells.iter_mut().for_each(|row| row[BENCHMARK] = middle_out(&row[BENCHMARK], *most));
            }
            (Some(width), None) if widest > width => break in_lines(&whole, &columns, width),
            _ => break table,
        }
    };
    table.iter().map(|line| coloured(line)).collect::<Vec<_>>().join("\n")
}

/// For a terminal that is too narrow for a table: each row is a line of its verdict and its benchmark, and a paragraph of the
/// rest.
fn in_lines(rows: &[[String; 8]], columns: &[usize], width: usize) -> Vec<String> {
    const HEAD: [&str; 3] = ["verdict", "benchmark", "side"];
    // Non-breaking spaces.
    const KEPT: char = '\u{a0}';
    let mut lines = Vec::new();
    for row in rows {
        let (head, rest): (Vec<usize>, Vec<usize>) =
            columns.iter().partition(|column| HEAD.contains(&COLUMNS[**column]));
        let head: Vec<&str> = head.into_iter().map(|column| row[column].as_str()).collect();
        let rest: Vec<String> = rest
            .into_iter()
            .filter(|column| !row[*column].is_empty())
            .map(|column| match COLUMNS[column] {
                "change" | "base → other" => row[column].clone(),
                name => format!("{name} {}", row[column]),
            })
            .map(|part| part.replace(" %", &format!("{KEPT}%")))
            .collect();
        lines.extend(wrap(&head.join("  "), Some(width), 2).lines().map(str::to_owned));
        let rest = wrap(&format!("    {}", rest.join("; ")), Some(width), 4).replace(KEPT, " ");
        lines.extend(rest.lines().map(str::to_owned));
    }
    lines
}

/// A long id without its middle: patterns match either end.
fn middle_out(id: &str, most: usize) -> String {
    let length = id.chars().count();
    if length <= most {
        return id.to_owned();
    }
    let tail = most / 2;
    let head: String = id.chars().take(most - tail - 1).collect();
    let end: String = id.chars().skip(length - tail).collect();
    format!("{head}…{end}")
}

/// The verdict at the beginning of a row in its colour, once the columns have their widths.
fn coloured(line: &str) -> String {
    let found = Sign::CLASSES.into_iter().find_map(|sign| {
        let text = sign.label();
        Some((line.strip_prefix(&text)?, text, style(sign.tone)))
    });
    found.map_or_else(|| line.to_owned(), |(rest, text, style)| format!("{style}{text}{style:#}{rest}"))
}

fn build(rows: &[[String; 8]], columns: &[usize]) -> Table {
    table(&COLUMNS, rows, columns, |heading| heading == "base → other")
}

fn cells(comparison: &Comparison, row: &BenchmarkRow) -> [String; 8] {
    let side = comparison.sides.get(row.side).map_or_else(String::new, words::side_name);
    let change = lead_change(row).map_or_else(String::new, |(metric, change)| format!("{} {change}", metric.name()));
    [
        format!("{} {}", Sign::of_class(row.class).sign, verdict_on_row(row)),
        plain_name(&row.benchmark.id),
        plain_name(&side),
        change,
        row.lead.map_or_else(String::new, transition),
        reason(comparison, row).plain(),
        also(row),
        output(row.benchmark).to_owned(),
    ]
}

/// Failures with the end of the compiler's output, then what was left out.
fn problems(comparison: &Comparison, text: &mut String) {
    let mut failures: Vec<(&str, &str, &Failure)> = Vec::new();
    let base = comparison.base().map_or("", |base| base.name.as_str());
    for findings in comparison.answers() {
        let side = comparison.side(findings).map_or("", |side| side.name.as_str());
        for one in &findings.benchmarks {
            let Some(failed) = &one.failed else { continue };
            let both = [(side, &failed.other), (base, &failed.base)];
            let on_sides = both.into_iter().filter_map(|(side, failure)| Some((&*one.id, side, failure.as_deref()?)));
            for failure in on_sides {
                // The base's failure is found once for each side.
                if !failures.contains(&failure) {
                    failures.push(failure);
                }
            }
        }
    }
    for (id, side, failure) in failures.iter().take(SHOWN_FAILURES) {
        let what = format!("{BOLD}{}{BOLD:#} with {}", plain_name(id), plain_name(side));
        failed_build(&what, &failure.message, &failure.output, text);
    }
    if failures.len() > SHOWN_FAILURES {
        let _ = writeln!(text, "\nand {} more", counted(failures.len() - SHOWN_FAILURES, "failed build"));
    }
    left_out(&comparison.skipped, text);
}
