//! The text of a row of a comparison.

use super::change::{interval, verdict_on_figure};
use super::commands::side_name;
use super::contributor::{explain, short};
use super::phrase::Phrase;
use crate::model::{BenchmarkFindings, Comparison, Figure, Metric, OutputFinding, Scope, Verdict};
use crate::text::change::signed;
use crate::text::counted;
use crate::text::format;
use crate::verdict::Sign;
use crate::verdict::{BenchmarkRow, Class, contributor, rank, size};

/// How many further changes a row lists.
pub(crate) const MOST_OTHERS: usize = 3;
/// The class in words, with the number of figures behind it, and what else is undecided or improved: `equal (3 figures)`,
/// `improved (1 of 3 figures; wall undecided)`.
pub(crate) fn verdict_on_row(row: &BenchmarkRow) -> String {
    let name = Sign::of_class(row.class).word;
    let all = row.benchmark.deciding().count();
    let with = |verdict: Verdict| row.benchmark.deciding().filter(move |figure| figure.verdict == verdict);
    let behind = match row.class {
        Class::Failed | Class::Unmeasured => return name.to_owned(),
        Class::Uncompared => return format!("{name} ({})", uncompared(row.benchmark)),
        Class::Regressed => with(Verdict::Regressed).count(),
        Class::Improved => with(Verdict::Improved).count(),
        Class::SameBinary => {
            let changed = row.benchmark.deciding().filter(|figure| figure.verdict == Verdict::SameBinary).count();
            return format!("{name} ({changed} of {} differ)", counted(all, "figure"));
        }
        Class::Undecided => with(Verdict::Undecided).count(),
        Class::Different | Class::Equal => all,
    };
    let figures = counted(all, "figure");
    let mut text = if behind == all { figures } else { format!("{behind} of {figures}") };
    let mut beside = |word: &str, figures: Vec<&Figure>| match figures[..] {
        [] => {}
        [one] => text += &format!("; {} {word}", one.metric.name()),
        _ => text += &format!("; {} {word}", figures.len()),
    };
    if matches!(row.class, Class::Regressed | Class::Different) {
        beside("improved", with(Verdict::Improved).collect());
    }
    if row.class.is_change() && row.benchmark.is_open() {
        beside("undecided", with(Verdict::Undecided).collect());
    }
    format!("{name} ({text})")
}

/// What is known of a benchmark without comparable costs.
fn uncompared(benchmark: &BenchmarkFindings) -> &'static str {
    match benchmark.scope() {
        Scope::Sizes => "same size",
        Scope::Nothing | Scope::Costs => "nothing in common",
    }
}

/// The other figures of whole runs that changed, the largest first: `cpu +4.0 %, peak memory −2.1 %`.
pub(crate) fn also(row: &BenchmarkRow) -> String {
    let changed = |figure: &&Figure| {
        figure.decides()
            && matches!(figure.verdict, Verdict::Regressed | Verdict::Improved)
            && row.lead.is_none_or(|lead| lead.metric != figure.metric)
    };
    let mut others: Vec<&Figure> = row.benchmark.figures.iter().filter(changed).collect();
    others.sort_by(|a, b| a.verdict.cmp(&b.verdict).then(size(b).total_cmp(&size(a))));
    let shown =
        others.iter().take(MOST_OTHERS).map(|figure| format!("{} {}", figure.metric.name(), signed(figure.ratio)));
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if others.len() > MOST_OTHERS {
        text += &format!(", and {} more", others.len() - MOST_OTHERS);
    }
    text
}

/// Whether the outputs are the same, in one word; empty where unknown.
pub(crate) fn output(benchmark: &BenchmarkFindings) -> &'static str {
    match &benchmark.output {
        OutputFinding::Unknown => "",
        OutputFinding::Same => "same",
        OutputFinding::Different(_) => "different",
    }
}

/// The reason of a row's verdict: the phase behind a change, the detectable change of undecided data, or the side that
/// failed.
pub(crate) fn reason(comparison: &Comparison, row: &BenchmarkRow) -> Phrase {
    if let Some(failed) = &row.benchmark.failed {
        let on = |side: Option<usize>, failure: &crate::model::Failure| {
            let name = side.and_then(|side| comparison.sides.get(side)).map_or_else(String::new, side_name);
            Phrase::new(format!("{} with ", failure.kind.name())).name(name)
        };
        let base = failed.base.as_deref().map(|failure| on(Some(0), failure));
        let other = failed.other.as_deref().map(|failure| on(Some(row.side), failure));
        return Phrase::joined([base, other].into_iter().flatten(), ", ");
    }
    if let (Class::Different, OutputFinding::Different(files)) = (row.class, &row.benchmark.output) {
        return differing(files);
    }
    match row.class {
        Class::Uncompared if row.benchmark.scope() == Scope::Sizes => {
            return Phrase::new("same size, nothing else compared");
        }
        Class::Uncompared => return Phrase::new("no time, memory or instructions on both sides"),
        _ => {}
    }
    let Some(lead) = row.lead else { return Phrase::new("no run on both sides") };
    match lead.verdict {
        Verdict::Regressed | Verdict::Improved | Verdict::SameBinary => short(&contributor(row.benchmark, lead)),
        Verdict::Undecided => undecided(lead),
        Verdict::Equal => Phrase::new(format!("within {}", format::plus_minus(lead.threshold))),
    }
}

/// The same at more length.
pub(crate) fn explanation(comparison: &Comparison, row: &BenchmarkRow) -> Phrase {
    match row.lead.filter(|lead| matches!(lead.verdict, Verdict::Regressed | Verdict::Improved)) {
        Some(lead) if row.class != Class::Failed => explain(&contributor(row.benchmark, lead), lead.metric),
        _ => reason(comparison, row),
    }
}

/// Which files differ.
fn differing(files: &[String]) -> Phrase {
    let Some(first) = files.first() else { return Phrase::new("its files differ") };
    let more = if files.len() > 1 { format!(" and {} more differ", files.len() - 1) } else { " differs".into() };
    Phrase::default().name(first).text(more)
}

/// The change that undecided data would have shown, and how many more blocks decide.
pub(crate) fn undecided(figure: &Figure) -> Phrase {
    let detectable = figure.detectable.filter(|fraction| fraction.is_finite());
    let shows = detectable.map(|fraction| Phrase::new(format!("would have shown {}", format::percent(fraction))));
    let more = figure.more_runs.map(|runs| {
        let decide = if runs == 1 { "block decides" } else { "blocks decide" };
        Phrase::new(format!("about {} more {decide}", format::count(runs as f64)))
    });
    let both = Phrase::joined([shows, more].into_iter().flatten(), "; ");
    if both.0.is_empty() { Phrase::new("too few runs for a verdict") } else { both }
}

/// The deciding figures of a benchmark with their verdicts, what changed first; sizes only if they changed.
pub(crate) fn verdicts_on(benchmark: &BenchmarkFindings) -> Vec<(Verdict, String)> {
    let is_shown =
        |figure: &&Figure| figure.ratio.is_finite() && (!figure.metric.is_size() || figure.verdict.is_change());
    let mut figures: Vec<&Figure> = benchmark.deciding().filter(is_shown).collect();
    figures.sort_by_key(|figure| rank(figure.verdict));
    figures.into_iter().map(|figure| (figure.verdict, verdict_on_figure(figure))).collect()
}

/// The change of the row's lead figure, with its metric; `None` where there is none.
pub(crate) fn lead_change(row: &BenchmarkRow) -> Option<(Metric, String)> {
    row.lead.map(|lead| (lead.metric, interval(lead)))
}
