//! A report as a person reads it in a terminal: the answer, then the table, then what needs attention.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table};

use crate::model::{Completion, Measured, Metric, PhaseSummary, Report, Verdict};
use crate::text::clean;
use crate::text::format;
use crate::text::plural;
use crate::verdict::{Change, Changes};
use crate::words::checkup;
use crate::words::{interval, transition, verdict_on_total};
use crate::{figures, stats};

/// How many changes are listed before "and more".
const SHOWN_CHANGES: usize = 8;
/// How many lines of a failed build are shown.
const SHOWN_OUTPUT_LINES: usize = 8;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const ODD: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default();

/// The report as text with colours; whoever prints it strips those that the terminal does not take. `width` is the
/// terminal's in columns, or `None` where the output is no terminal: the table is then as wide as it needs to be.
pub fn render(report: &Report, changes: Option<&Changes>, width: Option<usize>) -> String {
    let mut text = String::new();
    headline(report, &mut text);
    let measured: Vec<&Measured> = report.benchmarks.iter().filter(|benchmark| !benchmark.runs.is_empty()).collect();
    if !measured.is_empty() {
        let (table, dropped) = table(&measured, width);
        let _ = writeln!(text, "\n{table}\n");
        if !dropped.is_empty() {
            let dropped: Vec<&str> = dropped.iter().map(|column| COLUMNS[*column]).collect();
            let _ = writeln!(text, "{DIM}no room for: {}{DIM:#}", dropped.join(", "));
        }
        let wall = match confidence(&measured) {
            Some(confidence) => {
                format!("wall: median ± half its {confidence} interval; spread: interquartile range over median")
            }
            None => "a single run has neither interval nor spread".to_owned(),
        };
        let _ = writeln!(text, "{DIM}{wall}; phases: share of wall{DIM:#}");
    }
    if let Some(changes) = changes {
        text.push('\n');
        change_lines(changes, &mut text);
    }
    problems(report, &mut text);
    text
}

/// The least confidence that the walls' intervals have: less than was asked for where there are fewer than six runs. `None`
/// where no benchmark has more than one run.
fn confidence(measured: &[&Measured]) -> Option<String> {
    let estimates = measured.iter().filter_map(|benchmark| benchmark.estimate(Metric::Wall));
    let several = estimates.filter(|estimate| estimate.count > 1).map(|estimate| estimate.confidence);
    let least = several.reduce(f64::min)?.min(stats::CONFIDENCE);
    Some(format!("{:.0} %", 100.0 * least))
}

fn headline(report: &Report, text: &mut String) {
    let measured = report.benchmarks.iter().filter(|benchmark| !benchmark.runs.is_empty()).count();
    let failed = report.benchmarks.iter().filter(|benchmark| !benchmark.failures.is_empty()).count();
    let runs: usize = report.benchmarks.iter().map(|benchmark| benchmark.runs.len()).sum();
    if measured == 0 {
        let _ = writeln!(text, "{BAD}Nothing was measured{BAD:#} with forc {}.", report.toolchain.version);
    } else {
        let measuring = &report.measuring;
        let share = measuring.in_forc.as_secs_f64() / measuring.wall.as_secs_f64().max(f64::MIN_POSITIVE);
        let _ = writeln!(
            text,
            "{BOLD}forc {}{BOLD:#}: {measured} benchmark{}, {} run{} in {}, {} of it in forc",
            report.toolchain.version,
            plural(measured),
            format::count(runs as f64),
            plural(runs),
            format::long_duration(measuring.wall),
            format::percent(share),
        );
        if let Some(heaviest) = heaviest_phase(report) {
            let _ = writeln!(text, "{heaviest}");
        }
    }
    if report.completion == Completion::Interrupted {
        let _ = writeln!(text, "{BAD}Interrupted{BAD:#}: this is what had been measured until then.");
    }
    if failed > 0 {
        let _ = writeln!(text, "{BAD}{failed} benchmark{} failed{BAD:#}: see below.", plural(failed));
    }
}

/// Where the time of the whole suite went.
fn heaviest_phase(report: &Report) -> Option<String> {
    let totals = figures::suite_phases(&report.benchmarks);
    let all: f64 = totals.iter().map(|(_, total)| total).sum();
    let share = |(phase, total): &(Option<&str>, f64)| {
        format!("{} {}", phase.unwrap_or("outside phases"), format::percent(total / all))
    };
    let shares: Vec<String> = totals.iter().take(4).map(share).collect();
    (all > 0.0).then(|| format!("the suite's time: {}", shares.join(", ")))
}

/// The columns from the last to go to the first, when the terminal is narrow. The benchmark and its wall time stay.
const COLUMNS: [&str; 8] = ["benchmark", "wall", "±", "cpu", "peak memory", "size", "heaviest phases", "spread"];
const DROP_ORDER: [usize; 6] = [7, 5, 3, 4, 6, 2];

/// The table, and the columns that had no room in it.
fn table(measured: &[&Measured], width: Option<usize>) -> (String, Vec<usize>) {
    let mut order: Vec<&Measured> = measured.to_vec();
    order.sort_by(|a, b| wall(b).total_cmp(&wall(a)));
    let rows: Vec<[String; 8]> = order.iter().map(|benchmark| row(benchmark)).collect();
    let mut columns: Vec<usize> = (0..COLUMNS.len()).collect();
    let mut drop = DROP_ORDER.iter();
    let mut dropped = Vec::new();
    loop {
        let table = build(&rows, &columns);
        let widest = table.lines().map(|line| line.trim_end().chars().count()).max().unwrap_or(0);
        match (width, drop.next()) {
            (Some(width), Some(column)) if widest > width => {
                columns.retain(|kept| kept != column);
                dropped.push(*column);
            }
            (Some(width), None) if widest > width => {
                return (build_wrapped(&rows, &columns, width).trim_end().to_owned(), dropped);
            }
            _ => {
                let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
                return (lines.join("\n"), dropped);
            }
        }
    }
}

fn build(rows: &[[String; 8]], columns: &[usize]) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|column| COLUMNS[*column]));
    for row in rows {
        table.add_row(columns.iter().map(|column| row[*column].as_str()));
    }
    for (index, column) in columns.iter().enumerate() {
        if let Some(shown) = table.column_mut(index) {
            shown.set_padding((0, 2));
            let text = matches!(COLUMNS[*column], "benchmark" | "heaviest phases");
            shown.set_cell_alignment(if text { CellAlignment::Left } else { CellAlignment::Right });
        }
    }
    table
}

/// For a terminal in which not even two columns fit: long ids go on in the next line.
fn build_wrapped(rows: &[[String; 8]], columns: &[usize], width: usize) -> String {
    let mut table = build(rows, columns);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(u16::try_from(width).unwrap_or(u16::MAX));
    if let Some(column) = table.column_mut(1) {
        column.set_constraint(ColumnConstraint::ContentWidth);
    }
    table.to_string()
}

fn row(benchmark: &Measured) -> [String; 8] {
    let shown = |metric: Metric| {
        let estimate = benchmark.estimate(metric);
        estimate.map_or(format::MISSING.to_owned(), |estimate| format::value(estimate.median, metric.unit()))
    };
    let wall = benchmark.estimate(Metric::Wall);
    let size = if benchmark.estimate(Metric::BinarySize).is_some() { Metric::BinarySize } else { Metric::BytecodeSize };
    [
        clean(&benchmark.id).into_owned(),
        shown(Metric::Wall),
        wall.and_then(format::half_interval).unwrap_or_else(|| format::MISSING.to_owned()),
        shown(Metric::Cpu),
        shown(Metric::PeakMemory),
        shown(size),
        heaviest(&benchmark.phases),
        wall.and_then(|wall| wall.spread).map_or(format::MISSING.to_owned(), format::percent),
    ]
}

/// The three heaviest phases at the top level.
fn heaviest(phases: &[PhaseSummary]) -> String {
    let mut top: Vec<&PhaseSummary> = phases.iter().filter(|row| row.depth == 0).collect();
    top.sort_by(|a, b| b.share.total_cmp(&a.share));
    let shown = top.iter().take(3).map(|row| {
        let name = row.phase.as_deref().unwrap_or("outside phases");
        format!("{name} {:.0} %", 100.0 * row.share)
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn wall(benchmark: &Measured) -> f64 {
    benchmark.estimate(Metric::Wall).map_or(0.0, |estimate| estimate.median)
}

fn change_lines(changes: &Changes, text: &mut String) {
    let compiler =
        if changes.same_binary { "the same compiler".to_owned() } else { format!("forc {}", changes.old_version) };
    let since = changes.since.split('.').next().unwrap_or_default().replace('T', " ");
    let _ = write!(text, "Against the previous report ({since} UTC, {compiler}): ");
    let benchmarks = format!("{} benchmark{}", changes.compared, plural(changes.compared));
    let figures = |count: usize| format!("{count} figure{}", plural(count));
    let count = changes.changes.len() + changes.together.len();
    let _ = if changes.figures == 0 {
        writeln!(text, "not compared, as no time, memory or size is known of both.")
    } else if count == 0 && changes.unknown == changes.figures {
        writeln!(text, "too few runs for a verdict in {benchmarks}.")
    } else if count == 0 {
        let undecided = match changes.undecided {
            0 => String::new(),
            undecided => format!(", {undecided} undecided"),
        };
        writeln!(text, "no change shown in {benchmarks} ({}{undecided}).", figures(changes.figures))
    } else {
        writeln!(text, "{} of {} changed.", changes.changes.len(), figures(changes.figures))
    };
    if changes.edited > 0 {
        let verb = if changes.edited == 1 { "was" } else { "were" };
        let count = format!("{} benchmark{}", changes.edited, plural(changes.edited));
        let _ = writeln!(text, "  {count} {verb} edited since then, and cannot be compared.");
    }
    for total in &changes.together {
        let cause = if changes.same_binary { " (the machine’s doing, as the compiler is the same)" } else { "" };
        let _ = writeln!(text, "  all {} together: {}{cause}", total.benchmarks, verdict_on_total(total));
    }
    for change in changes.changes.iter().take(SHOWN_CHANGES) {
        let _ = writeln!(text, "  {}", change_line(change));
    }
    if changes.changes.len() > SHOWN_CHANGES {
        let _ = writeln!(text, "  and {} more", changes.changes.len() - SHOWN_CHANGES);
    }
    if count > 0 {
        let _ = writeln!(
            text,
            "{DIM}  The two were not measured side by side: the machine may have changed in between.{DIM:#}"
        );
    }
}

fn change_line(Change { id, figure }: &Change) -> String {
    let style = if figure.verdict == Verdict::Regressed { BAD } else { GOOD };
    let (change, verdict) = (interval(figure), figure.verdict.name());
    format!("{id}: {} {style}{change}{style:#} {verdict}, {}", figure.metric.name(), transition(figure))
}

/// Failures with the compiler's last words, then what casts doubt on the figures, then what was left out.
fn problems(report: &Report, text: &mut String) {
    for benchmark in &report.benchmarks {
        for failure in &benchmark.failures {
            let _ = writeln!(text, "\n{BAD}failed{BAD:#} {BOLD}{}{BOLD:#}: {}", clean(&benchmark.id), failure.message);
            let lines: Vec<&str> = failure.output.lines().filter(|line| !line.trim().is_empty()).collect();
            for line in &lines[lines.len().saturating_sub(SHOWN_OUTPUT_LINES)..] {
                let _ = writeln!(text, "  {DIM}│{DIM:#} {line}");
            }
        }
    }
    let warnings = checkup::warning_lines(&report.benchmarks);
    if !warnings.is_empty() {
        text.push('\n');
    }
    for warning in warnings {
        let _ = writeln!(text, "{ODD}warning{ODD:#} {warning}");
    }
    if !report.skipped.is_empty() {
        text.push('\n');
    }
    for same in report.skipped.chunk_by(|a, b| (a.broken, &a.reason) == (b.broken, &b.reason)) {
        let Some(first) = same.first() else { continue };
        let word = if first.broken { format!("{BAD}unusable{BAD:#}") } else { format!("{DIM}skipped{DIM:#}") };
        let names: Vec<&str> = same.iter().map(|skipped| skipped.name.as_str()).collect();
        let _ = writeln!(text, "{word} {}: {}", names.join(", "), first.reason);
    }
}
