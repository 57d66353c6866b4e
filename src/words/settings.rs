//! How a comparison was measured.

use std::collections::BTreeSet;

use super::phrase::Phrase;
use crate::model::{Comparison, Metric, Origin, Schedule, Side};
use crate::text::counted;
use crate::text::format;

/// When it was measured: `2026-11-23 06:14 UTC`, or the text of the file if that is not a time.
pub(crate) fn created(comparison: &Comparison) -> String {
    let time = comparison.created.parse::<jiff::Timestamp>();
    time.map_or_else(|_| comparison.created.clone(), |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

/// The thresholds of the metrics that have figures.
pub(crate) fn thresholds(comparison: &Comparison) -> Vec<(Metric, f64)> {
    let figures = comparison.findings.iter().flat_map(|findings| &findings.benchmarks).flat_map(|one| &one.figures);
    let measured: BTreeSet<Metric> = figures.map(|figure| figure.metric).collect();
    let all = comparison.settings.thresholds.iter();
    all.filter(|(metric, _)| measured.contains(metric)).map(|(metric, fraction)| (*metric, *fraction)).collect()
}

/// The definition of "change".
pub(crate) fn what_a_change_is(comparison: &Comparison) -> &'static str {
    if comparison.settings.interleaved {
        "the ratio of typical runs: the middle of the blocks’ ratios"
    } else {
        "the ratio of typical runs of the two reports, which were measured one after the other"
    }
}

/// Where a side's compiler came from.
pub(crate) fn origin(side: &Side) -> Phrase {
    match &side.toolchain.origin {
        Origin::Path => Phrase::new("given by its path"),
        Origin::Variable => Phrase::new("named by FORC_PERF_FORC"),
        Origin::SearchPath => Phrase::new("found on PATH"),
        Origin::Fuelup(name) => Phrase::new("fuelup’s ").name(name),
        Origin::Release(version) => Phrase::new("the release ").name(version),
        Origin::Revision(revision) => {
            Phrase::new("the revision ").name(revision.describe()).text(" of ").name(&revision.repository)
        }
    }
}

/// The order in which the runs of the sides were made.
fn order(comparison: &Comparison) -> String {
    let Comparison { settings, sides, .. } = comparison;
    if !settings.interleaved {
        return "one after the other".to_owned();
    }
    let mut text = match &settings.schedule {
        Schedule::Turns => "in turns, a run each a block".to_owned(),
        Schedule::Duet { cores, .. } => {
            let at_once = match (sides.len(), cores.len()) {
                (2, 2..) => "both sides at once".to_owned(),
                (all, cores) if all <= cores => format!("all {all} sides at once"),
                (_, cores) => format!("{cores} sides at once and then the others"),
            };
            let list: Vec<String> = cores.iter().map(ToString::to_string).collect();
            format!("{at_once}, a core each, cores drawn per block ({})", list.join(", "))
        }
    };
    if let Some(note) = &settings.schedule_note {
        text += &format!("; {note}");
    }
    text
}

/// How it was measured, a fact each.
pub(crate) fn facts(comparison: &Comparison) -> Vec<(&'static str, Phrase)> {
    let Comparison { settings, measuring, .. } = comparison;
    let order = order(comparison);
    let looks = settings.looks.iter().take(40);
    let looks: Vec<String> = looks.map(|look| format!("{} ({})", look.runs, format::percent(look.weight))).collect();
    let looks = if looks.is_empty() {
        String::new()
    } else {
        let end = if settings.budget.is_some() {
            "; or, where the budget ends it sooner, then, with all that is left"
        } else {
            ""
        };
        format!("after this many blocks (with this share of the accepted error): {}{end}", looks.join(", "))
    };
    let thresholds: Vec<String> = thresholds(comparison)
        .into_iter()
        .map(|(metric, fraction)| format!("{} {}", metric.name(), format::percent(fraction)))
        .collect();
    let text = |text: String| Phrase::new(text);
    let mut facts = vec![
        ("Suite", Phrase::default().name(settings.suite.display().to_string())),
        ("Order of the sides", text(format!("{order}; seed {}", settings.seed))),
        (
            "Blocks of a benchmark",
            text(format!(
                "{} to {}{}",
                settings.min_runs,
                settings.max_runs,
                settings
                    .budget
                    .map_or_else(String::new, |budget| format!(", {} for all", format::long_duration(budget)))
            )),
        ),
        ("Looks at the data", text(looks)),
        (
            "Accepted",
            text(format!(
                "a chance of {} that any figure is falsely called changed; {} false ones among those called equal",
                format::percent(settings.false_change_rate),
                format::percent(settings.false_equality_rate)
            )),
        ),
        ("Changes that would matter", text(thresholds.join(", "))),
        ("Frame every", text(format::duration(settings.interval))),
        ("Time limit of a run", text(format::duration(settings.time_limit))),
        ("forc and harness on separate processors", text(if settings.pinned { "yes" } else { "no" }.to_owned())),
        (
            "Measured",
            Phrase::default()
                .name(created(comparison))
                .text(format!(", for {}", format::long_duration(measuring.wall))),
        ),
    ];
    if let Some(runs) = settings.instruction_runs {
        facts.push(("Counted under callgrind", text(format!("{} on each side", counted(runs, "run")))));
    }
    if let Some(counters) = &settings.counters {
        facts.push(("Event counters", Phrase::default().name(counters)));
    }
    let harness = &comparison.harness;
    facts.push(("Harness", Phrase::default().name(format!("{} {}", harness.name, harness.version))));
    facts.retain(|(_, phrase)| !phrase.0.is_empty());
    facts
}
