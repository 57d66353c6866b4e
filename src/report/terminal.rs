//! A report as a person reads it in a terminal: the answer, then the table, then what needs attention.

use std::fmt::Write;

use comfy_table::{ColumnConstraint, ContentArrangement};

use super::style::{BAD, BOLD, DIM, WARNING, failed_build, left_out, lines_of, plain_name, style, table, widest};
use crate::model::{Completion, Measured, Metric, PhaseSummary, Report};
use crate::phase::OUTSIDE;
use crate::text::change;
use crate::text::clean;
use crate::text::counted;
use crate::text::format;
use crate::verdict::{Change, Changes};
use crate::words::checkup;
use crate::words::{Sign, interval, transition, verdict_on_total};
use crate::{figures, stats};

/// How many changes are listed before "and more".
const SHOWN_CHANGES: usize = 8;

/// The report as text with colours; the caller strips those that the terminal does not support. `width` is the terminal's in
/// columns, or `None` where the output is no terminal: the table is then as wide as it needs to be.
pub fn render(report: &Report, changes: Option<&Changes>, width: Option<usize>) -> String {
    let mut text = String::new();
    headline(report, &mut text);
    let measured: Vec<&Measured> = report.benchmarks.iter().filter(|benchmark| !benchmark.runs.is_empty()).collect();
    if !measured.is_empty() {
        let (table, dropped) = fitted(&measured, width);
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

/// The lowest confidence among the intervals of wall times. It is below the requested one with fewer than six runs. `None`
/// if no benchmark has more than one run.
fn confidence(measured: &[&Measured]) -> Option<String> {
    let estimates = measured.iter().filter_map(|benchmark| benchmark.estimate(Metric::Wall));
    let several = estimates.filter(|estimate| estimate.count > 1).map(|estimate| estimate.confidence);
    let least = several.reduce(f64::min)?.min(stats::CONFIDENCE);
    Some(change::confidence(least))
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
            "{BOLD}forc {}{BOLD:#}: {}, {} in {}, {} of it in forc",
            report.toolchain.version,
            counted(measured, "benchmark"),
            counted(runs, "run"),
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
        let _ = writeln!(text, "{BAD}{} failed{BAD:#}: see below.", counted(failed, "benchmark"));
    }
}

/// Where the time of the whole suite went.
fn heaviest_phase(report: &Report) -> Option<String> {
    let totals = figures::suite_phases(&report.benchmarks);
    let all: f64 = totals.iter().map(|(_, total)| total).sum();
    let share =
        |(phase, total): &(Option<&str>, f64)| format!("{} {}", phase.unwrap_or(OUTSIDE), format::percent(total / all));
    let shares: Vec<String> = totals.iter().take(4).map(share).collect();
    (all > 0.0).then(|| format!("the suite's time: {}", shares.join(", ")))
}

/// The order in which columns are dropped in a narrow terminal. The benchmark and its wall time stay.
const COLUMNS: [&str; 8] = ["benchmark", "wall", "±", "cpu", "peak memory", "size", "heaviest phases", "spread"];
const DROP_ORDER: [usize; 6] = [7, 5, 3, 4, 6, 2];

/// The table, and the columns that were dropped.
fn fitted(measured: &[&Measured], width: Option<usize>) -> (String, Vec<usize>) {
    let mut order: Vec<&Measured> = measured.to_vec();
    order.sort_by(|a, b| wall(b).total_cmp(&wall(a)));
    let rows: Vec<[String; 8]> = order.iter().map(|benchmark| row(benchmark)).collect();
    let mut columns: Vec<usize> = (0..COLUMNS.len()).collect();
    let mut drop = DROP_ORDER.iter();
    let mut dropped = Vec::new();
    loop {
        let lines = lines_of(&build(&rows, &columns));
        let widest = widest(&lines);
        match (width, drop.next()) {
            (Some(width), Some(column)) if widest > width => {
                columns.retain(|kept| kept != column);
                dropped.push(*column);
            }
            (Some(width), None) if widest > width => {
                return (build_wrapped(&rows, &columns, width).trim_end().to_owned(), dropped);
            }
            _ => return (lines.join("\n"), dropped),
        }
    }
}

fn build(rows: &[[String; 8]], columns: &[usize]) -> comfy_table::Table {
    table(&COLUMNS, rows, columns, |heading| !matches!(heading, "benchmark" | "heaviest phases"))
}

/// For a terminal too narrow for two columns: long ids continue on the next line.
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
    let shown = top
        .iter()
        .take(3)
        .map(|row| format!("{} {}", row.phase.as_deref().unwrap_or(OUTSIDE), format::whole_percent(row.share)));
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
    let benchmarks = counted(changes.compared, "benchmark");
    let figures = |count: usize| counted(count, "figure");
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
        let count = counted(changes.edited, "benchmark");
        let _ = writeln!(text, "  {count} {verb} edited since then, and cannot be compared.");
    }
    for total in &changes.together {
        let cause = if changes.same_binary { " (caused by the machine, as the compiler is the same)" } else { "" };
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
    let style = style(Sign::of(figure.verdict).tone);
    let (change, verdict) = (interval(figure), figure.verdict.name());
    format!("{id}: {} {style}{change}{style:#} {verdict}, {}", figure.metric.name(), transition(figure))
}

/// Failures with the end of the compiler's output, then warnings, then what was left out.
fn problems(report: &Report, text: &mut String) {
    for benchmark in &report.benchmarks {
        for failure in &benchmark.failures {
            let what = format!("{BOLD}{}{BOLD:#}", plain_name(&benchmark.id));
            failed_build(&what, &failure.message, &failure.output, text);
        }
    }
    let warnings = checkup::warning_lines(&report.benchmarks);
    if !warnings.is_empty() {
        text.push('\n');
    }
    for warning in warnings {
        let _ = writeln!(text, "{WARNING}warning{WARNING:#} {warning}");
    }
    left_out(&report.skipped, text);
}
