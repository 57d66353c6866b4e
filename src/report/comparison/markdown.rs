//! A comparison as a comment on a pull request.

use std::fmt::Write;

use crate::model::{Comparison, Figure, Findings, OutputFinding, Verdict};
use crate::report::markdown::{MARKER, block, code};
use crate::text::format;
use crate::text::{clean, shortened};
use crate::verdict::{BenchmarkRow, Class, label, rows};
use crate::words::verdict_on_row;
use crate::words::{
    Line, Phrase, Piece, Sign, also, headline, interval, origin, output, reason, reproduction, rests_on,
    settings_facts as facts, side_name, together, transition, what_a_change_is,
};

/// GitHub's comments have 65,536 characters; some room is left for text around this one.
const LONGEST: usize = 60_000;
/// Rows of the table that is not folded away.
const SHOWN_ROWS: usize = 20;
/// How many lines of a compiler's output are shown.
const SHOWN_OUTPUT_LINES: usize = 20;

pub(super) fn render(comparison: &Comparison) -> String {
    let headline = headline(comparison);
    let rows = rows(comparison);
    let mut text = format!("{MARKER}\n### forc-perf: ");
    text += &title(comparison, headline.measured, &rows);
    text += "\n\n";
    lines(&headline.lines, &mut text);
    text.push('\n');
    let notable: Vec<&BenchmarkRow> =
        rows.iter().filter(|row| headline.measured && row.class <= Class::Uncompared).collect();
    if !notable.is_empty() {
        text += &table(comparison, &notable);
        text.push('\n');
    }
    lines(&headline.facts, &mut text);
    text.push('\n');
    let sections = [
        ("Failed builds", failures(comparison)),
        ("How it was measured, and how to reproduce it", measured(comparison)),
        ("All benchmarks", if headline.measured { all(comparison, &rows) } else { Vec::new() }),
        ("All benchmarks together", if headline.measured { all_together(comparison) } else { Vec::new() }),
        ("Files that differ", outputs(comparison, &rows)),
        ("Phases of what changed", phases(comparison, &rows)),
        ("All figures of whole runs", figures(comparison, &rows)),
        ("Left out", skipped(comparison)),
    ];
    for (title, body) in sections {
        fold(title, &body, &mut text);
    }
    text
}

/// The result in a few words.
fn title(comparison: &Comparison, measured: bool, rows: &[BenchmarkRow]) -> String {
    if !measured {
        let uncompared = rows.iter().any(|row| row.class == Class::Uncompared);
        return if uncompared { "nothing can be compared" } else { "nothing was measured" }.into();
    }
    let kinds = [
        (Class::Failed, "builds failed"),
        (Class::Regressed, "regressed"),
        (Class::Different, "different output"),
        (Class::Improved, "improved"),
        (Class::SameBinary, "the same binary"),
    ];
    let any = |class: Class| rows.iter().any(|row| row.class == class);
    let mut words: Vec<&str> = kinds.into_iter().filter(|(class, _)| any(*class)).map(|(_, word)| word).collect();
    let open = rows.iter().any(|row| row.benchmark.is_open());
    // All benchmarks together can show a change that no single one shows.
    let totals = || comparison.answers().flat_map(Findings::together);
    for (verdict, class, word) in [
        (Verdict::Improved, Class::Improved, "improved together"),
        (Verdict::Regressed, Class::Regressed, "regressed together"),
    ] {
        if !any(class) && totals().any(|total| total.verdict == verdict) {
            words.insert(0, word);
        }
    }
    match words[..] {
        [] if open || !any(Class::Equal) => return "undecided".into(),
        [] => return "no change that would matter".into(),
        // "improved" alone would suggest that nothing else can have changed.
        _ if open => words.push("some undecided"),
        _ => {}
    }
    words.join(", ")
}

/// A folded section with as many of its blocks as there is room for. The first block is the head of a table.
fn fold(title: &str, blocks: &[String], text: &mut String) {
    const AROUND: usize = 200;
    if blocks.is_empty() {
        return;
    }
    let mut room = LONGEST.saturating_sub(text.chars().count() + AROUND);
    let mut body = String::new();
    let mut shown = 0;
    for block in blocks {
        let length = block.chars().count();
        if length > room {
            break;
        }
        room -= length;
        body += block;
        shown += 1;
    }
    if shown > 0 {
        let _ = write!(text, "<details><summary>{title}</summary>\n\n{}\n\n", body.trim_end());
        if shown < blocks.len() {
            let _ = write!(text, "… and {} more; a comment has no room for them.\n\n", blocks.len() - shown);
        }
        text.push_str("</details>\n");
    }
}

fn lines(lines: &[Line], text: &mut String) {
    for line in lines {
        let sign = line.tone.emoji();
        let between = if sign.is_empty() { "" } else { " " };
        let _ = writeln!(text, "- **{}** {sign}{between}{}", line.label, inline(&line.phrase));
    }
}

/// A phrase on one line.
fn inline(phrase: &Phrase) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Strong(text) => format!("**{text}**"),
        Piece::Name(_) | Piece::Command(_) => code(&piece.plain()),
    };
    phrase.0.iter().map(piece).collect()
}

/// A phrase in a table's cell.
fn cell(phrase: &Phrase) -> String {
    inline(phrase).replace('|', "\\|")
}

fn name(name: &str) -> String {
    code(&Piece::Name(name.to_owned()).plain())
}

/// What changed, a row each.
fn table(comparison: &Comparison, rows: &[&BenchmarkRow]) -> String {
    let several = comparison.answers().count() > 1;
    let mut text = heading(several);
    for row in rows.iter().take(SHOWN_ROWS) {
        text += &line(comparison, row, several);
    }
    if rows.len() > SHOWN_ROWS {
        let _ = writeln!(text, "\n… and {} more, below.", rows.len() - SHOWN_ROWS);
    }
    text
}

fn heading(several: bool) -> String {
    let side = if several { " side |" } else { "" };
    let rule = if several { "---|" } else { "" };
    format!(
        "| | benchmark |{side} change | base → other | because | also | output |\n|---|---|{rule}---|---|---|---|---|\n"
    )
}

/// The column of the side, where there are several.
fn side_cell(comparison: &Comparison, row: &BenchmarkRow, several: bool) -> String {
    if !several {
        return String::new();
    }
    let name = comparison.sides.get(row.side).map_or_else(String::new, side_name);
    format!(" {} |", cell(&Phrase::default().name(name)))
}

fn line(comparison: &Comparison, row: &BenchmarkRow, several: bool) -> String {
    let side = side_cell(comparison, row, several);
    let change = row.lead.map_or_else(String::new, |lead| format!("{} **{}**", lead.metric.name(), interval(lead)));
    format!(
        "| {} | {} |{side} {change} | {} | {} | {} | {} |\n",
        verdict(row),
        cell(&Phrase::default().name(&row.benchmark.id)),
        row.lead.map_or_else(String::new, transition),
        cell(&reason(comparison, row)),
        also(row),
        output(row.benchmark),
    )
}

fn verdict(row: &BenchmarkRow) -> String {
    format!("{} {}", Sign::of_class(row.class).emoji, verdict_on_row(row))
}

/// Every benchmark, worst first.
fn all(comparison: &Comparison, rows: &[BenchmarkRow]) -> Vec<String> {
    let several = comparison.answers().count() > 1;
    let mut blocks = vec![heading(several)];
    blocks.extend(rows.iter().map(|row| line(comparison, row, several)));
    blocks
}

/// All benchmarks of a side together, by metric and phase.
fn all_together(comparison: &Comparison) -> Vec<String> {
    let mut blocks = Vec::new();
    let several = comparison.answers().count() > 1;
    for findings in comparison.answers() {
        let lines = together(findings);
        if lines.is_empty() {
            continue;
        }
        let mut text = String::new();
        if several {
            text = format!("with {}\n\n", name(&comparison.side(findings).map_or_else(String::new, side_name)));
        }
        text += "| of | metric | change | verdict | benchmarks |\n|---|---|---|---|--:|\n";
        for line in lines {
            let of = cell(&Phrase::default().name(line.of));
            let (metric, verdict) = (line.total.metric.name(), line.total.verdict.name());
            let _ = writeln!(text, "| {of} | {metric} | {} | {verdict} | {} |", line.change, line.total.benchmarks);
        }
        text.push('\n');
        blocks.push(text);
    }
    if !blocks.is_empty() {
        blocks.push(format!(
            "A change is {}; of all together, the geometric mean of the benchmarks’ ratios.\n",
            what_a_change_is(comparison)
        ));
    }
    blocks
}

fn failures(comparison: &Comparison) -> Vec<String> {
    let mut blocks = Vec::new();
    for findings in comparison.answers() {
        for one in &findings.benchmarks {
            let Some(failed) = &one.failed else { continue };
            for (side, failure) in [(comparison.side(findings), &failed.other), (comparison.base(), &failed.base)] {
                let (Some(side), Some(failure)) = (side, failure) else { continue };
                let lines: Vec<&str> = failure.output.lines().filter(|line| !line.trim().is_empty()).collect();
                let last = &lines[lines.len().saturating_sub(SHOWN_OUTPUT_LINES)..];
                let mut text =
                    format!("{} with {}: {}\n\n", name(&one.id), name(&side.name), code(&short(&failure.message)));
                if !last.is_empty() {
                    text += &block(last);
                    text.push('\n');
                }
                if !blocks.contains(&text) {
                    blocks.push(text);
                }
            }
        }
    }
    blocks
}

fn short(text: &str) -> String {
    shortened(&clean(text)).into_owned()
}

fn outputs(comparison: &Comparison, rows: &[BenchmarkRow]) -> Vec<String> {
    let different = rows.iter().filter_map(|row| match &row.benchmark.output {
        OutputFinding::Different(files) => Some((row, files)),
        _ => None,
    });
    different
        .map(|(row, files)| {
            let side = comparison.sides.get(row.side).map_or_else(String::new, side_name);
            let files: Vec<String> = files.iter().take(20).map(|file| name(file)).collect();
            format!("- {} with {}: {}\n", name(&row.benchmark.id), name(&side), files.join(", "))
        })
        .collect()
}

/// The phases of the benchmarks that changed.
fn phases(comparison: &Comparison, rows: &[BenchmarkRow]) -> Vec<String> {
    let mut blocks = Vec::new();
    for row in rows.iter().filter(|row| row.has_change()) {
        let phases: Vec<&Figure> = row.lead.map_or_else(Vec::new, |lead| row.benchmark.phases(lead.metric).collect());
        if phases.is_empty() {
            continue;
        }
        let mut text = format!("{}{}\n\n", name(&row.benchmark.id), on_side(comparison, row));
        text += "| phase | change | base → other | verdict |\n|---|---|---|---|\n";
        for phase in phases {
            let indent = "&nbsp;&nbsp;".repeat(phase.depth.min(8) as usize);
            let label = cell(&Phrase::default().name(label(phase)));
            let _ = writeln!(
                text,
                "| {indent}{label} | {} | {} | {} |",
                interval(phase),
                transition(phase),
                phase.verdict.name()
            );
        }
        text.push('\n');
        blocks.push(text);
    }
    blocks
}

fn on_side(comparison: &Comparison, row: &BenchmarkRow) -> String {
    if comparison.answers().count() < 2 {
        return String::new();
    }
    format!(" with {}", name(&comparison.sides.get(row.side).map_or_else(String::new, side_name)))
}

/// All figures of whole runs, a row each.
fn figures(comparison: &Comparison, rows: &[BenchmarkRow]) -> Vec<String> {
    let several = comparison.answers().count() > 1;
    let (side, rule) = if several { (" side |", "---|") } else { ("", "") };
    let mut blocks = vec![format!(
        "| benchmark |{side} metric | change | base → other | verdict | rests on | would have shown |\n|---|{rule}---|---|---|---|---|--:|\n"
    )];
    for row in rows {
        for figure in row.benchmark.figures.iter().filter(|figure| figure.phase.is_none()) {
            let side = side_cell(comparison, row, several);
            blocks.push(format!(
                "| {} |{side} {} | {} | {} | {} | {} | {} |\n",
                cell(&Phrase::default().name(&row.benchmark.id)),
                figure.metric.name(),
                interval(figure),
                transition(figure),
                figure.verdict.name(),
                rests_on(figure, comparison.settings.interleaved),
                figure.detectable.map_or_else(|| format::MISSING.to_owned(), format::percent),
            ));
        }
    }
    if blocks.len() == 1 {
        return Vec::new();
    }
    blocks
}

/// The settings, the sides, the machine, and the command that repeats the comparison.
fn measured(comparison: &Comparison) -> Vec<String> {
    let mut text = String::from("| side | forc | binary | SHA-256 |\n|---|---|---|---|\n");
    for side in &comparison.sides {
        let toolchain = &side.toolchain;
        let table_name = |text: &str| cell(&Phrase::default().name(text));
        let _ = writeln!(
            text,
            "| {} | {} | {} ({}) | {} |",
            table_name(&side_name(side)),
            table_name(&toolchain.version),
            table_name(&toolchain.path.display().to_string()),
            cell(&origin(side)),
            table_name(&toolchain.sha256),
        );
    }
    text.push('\n');
    for (what, value) in facts(comparison) {
        let _ = writeln!(text, "- {what}: {}", inline(&value));
    }
    let environment = &comparison.environment;
    let mut machine = Phrase::default().name(environment.host.as_deref().unwrap_or("this machine"));
    let processors = environment.cpus.first().map(|cpu| format!("{} × {}", environment.cpus.len(), cpu.brand.trim()));
    for part in [processors, environment.os.clone(), environment.kernel.clone()].into_iter().flatten() {
        machine = machine.text(", ").name(part);
    }
    let _ = writeln!(text, "- Machine: {}", inline(&machine));
    let again = reproduction(comparison);
    let _ = write!(text, "\nThe same again:\n\n{}\n", block(&[&again]));
    vec![text]
}

fn skipped(comparison: &Comparison) -> Vec<String> {
    let word = |broken: bool| if broken { "unusable" } else { "skipped" };
    let line = |skipped: &crate::model::Skipped| {
        format!("- {} {}: {}\n", word(skipped.broken), name(&skipped.name), code(&short(&skipped.reason)))
    };
    comparison.skipped.iter().map(line).collect()
}
