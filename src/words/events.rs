//! Events in words: the same in the nightly message, in the terminal and on the dashboard.

use std::collections::HashMap;

use crate::model::Metric;
use crate::phase::{self, OUTSIDE};
use crate::text::change::short_interval;
use crate::text::clean;
use crate::text::format;
use crate::trends::{Axis, Controls, Event, Night, Standing, Trends, Warned};
use crate::verdict::Sign;

/// A series needs this many points before any change can be shown.
const EARLIEST: usize = 8;

/// How many names are listed before the rest are counted.
const NAMED: usize = 2;

/// What an event is, in one line: `14 benchmarks: wall +6.0 % [+5.1, +7.0], all in compile ast to ir`.
pub fn summary(event: &Event) -> String {
    let mut text = format!("{}: {}", benchmarks(event), what(event));
    if let Some(phases) = contributors(event) {
        text += &format!(", {phases}");
    }
    if event.unconfirmed {
        text += ", seen only once or twice yet";
    }
    if event.same_binary {
        text += "; the same binary before and after: the machine's";
    }
    text
}

/// The benchmarks of an event: their names, or how many they are.
pub fn benchmarks(event: &Event) -> String {
    let ids = &event.headline.benchmarks;
    match ids.len() {
        0..=NAMED => ids.iter().map(|id| clean(id).into_owned()).collect::<Vec<_>>().join(" and "),
        count => format!("{count} benchmarks"),
    }
}

/// The metric and its change with its interval.
pub fn what(event: &Event) -> String {
    let headline = &event.headline;
    let change = short_interval(headline.ratio, headline.low, headline.high);
    match &headline.phase {
        Some(phase) => {
            let phase = phase::label(phase, &headline.parts);
            format!("{} of {} {change}", headline.metric.name(), clean(&phase))
        }
        None => format!("{} {change}", headline.metric.name()),
    }
}

/// The phases that contribute to the difference.
pub fn contributors(event: &Event) -> Option<String> {
    let contributors = event.contributors.as_ref().filter(|_| event.headline.metric == Metric::Wall)?;
    if event.headline.phase.is_some() {
        return None;
    }
    // "in" only fits a phase, not the time outside phases.
    let place = |phase: &str| {
        if phase == OUTSIDE { phase.to_owned() } else { format!("in {}", clean(&contributors.label(phase))) }
    };
    Some(match contributors.main() {
        Some((phase, share)) if share >= 0.9 => format!("all {}", place(phase)),
        Some((phase, share)) => format!("{} of it {}", format::whole_percent(share), place(phase)),
        None => {
            let positive = contributors.phases.iter().filter(|(_, share)| *share > 0.0).take(NAMED);
            let names: Vec<String> =
                positive.map(|(phase, share)| format!("{} {}", format::whole_percent(*share), place(phase))).collect();
            if names.is_empty() {
                return None;
            }
            names.join(", ")
        }
    })
}

/// The commits that can be the cause: `0e567287ab`, or `0e567287ab (or one before it, after 1234567890)`.
pub fn commits(axis: &Axis, event: &Event) -> String {
    let name =
        |position: usize| axis.commits.get(position).map_or(String::new(), |commit| clean(&commit.name).into_owned());
    let mut doubts = Vec::new();
    if event.earliest < event.position {
        let after = event.earliest.checked_sub(1).map(|before| format!(", after {}", name(before))).unwrap_or_default();
        doubts.push(format!("or one before it{after}"));
    }
    if event.position < event.latest {
        doubts.push(format!("or one after it, up to {}", name(event.latest)));
    }
    let own = name(event.position);
    if doubts.is_empty() { own } else { format!("{own} ({})", doubts.join(", ")) }
}

/// What is new, in five lines at most: how the night went, then events, the worst first, then what else there is.
pub fn news(trends: &Trends) -> Vec<String> {
    const LINES: usize = 5;
    let mut lines = vec![night(trends)];
    let new: Vec<&Event> = trends.events.iter().filter(|event| event.standing == Standing::New).collect();
    let (worse, better): (Vec<&Event>, Vec<&Event>) = new.iter().copied().partition(|event| event.worse);
    // Not for a night without a run: nothing is known then.
    let measured = trends.health.last.as_ref().is_some_and(|night| night.runs > 0);
    if new.is_empty() && measured {
        lines.push(match too_early(trends) {
            Some(commits) => format!(
                "too early to tell: a change takes {EARLIEST} commits to show, and {commits} have been measured"
            ),
            None => "nothing new: no level has changed since the last time".to_owned(),
        });
    }
    // Warnings come last, and have their own line even if there are many events.
    let doubt = trends.health.last.as_ref().and_then(warned);
    let room = LINES - lines.len() - usize::from(doubt.is_some());
    // The best is last in the order of events.
    let ordered: Vec<&Event> = worse.iter().chain(better.iter().rev()).copied().collect();
    let shown = if ordered.len() <= room { ordered.len() } else { room - 1 };
    for event in &ordered[..shown] {
        let mark = Sign::of_direction(event.worse).word;
        lines.push(format!("{mark:<6}  {}  {}", commits(&trends.axis, event), summary(event)));
    }
    if shown < ordered.len() {
        let rest = &ordered[shown..];
        let worse = rest.iter().filter(|event| event.worse).count();
        lines.push(format!("and {} more: {worse} for the worse, {} for the better", rest.len(), rest.len() - worse));
    } else if shown < room {
        let open = trends.events.iter().filter(|event| event.worse && event.standing == Standing::Open).count();
        if open > 0 {
            lines.push(format!("{open} known regression{} still open", if open == 1 { " is" } else { "s are" }));
        }
    }
    lines.extend(doubt.map(|doubt| format!("warnings: {doubt}")));
    lines
}

/// The warnings about a night's figures: `other load in 3 benchmarks, wide spread in 1 benchmark`.
pub fn warned(night: &Night) -> Option<String> {
    let kinds: Vec<String> = night
        .warned
        .iter()
        .map(|Warned { kind, benchmarks }| {
            format!("{} in {benchmarks} benchmark{}", kind.name(), if *benchmarks == 1 { "" } else { "s" })
        })
        .collect();
    (!kinds.is_empty()).then(|| kinds.join(", "))
}

/// How many commits have been measured, if they are so few that nothing can be shown to have changed
/// ([`crate::stats::change_points`]).
pub fn too_early(trends: &Trends) -> Option<usize> {
    let commits = trends.axis.commits.len();
    (commits < EARLIEST).then_some(commits)
}

/// How the last night went.
pub fn night(trends: &Trends) -> String {
    let Some(night) = &trends.health.last else { return "nothing was ever measured".to_owned() };
    let date = night.created.get(..16).unwrap_or(&night.created).replace('T', " ");
    let commit = trends.commit(night.position).map_or(String::new(), |commit| format!(" of {}", clean(&commit.name)));
    if night.runs == 0 {
        return format!("NOTHING WAS MEASURED{commit} ({date} UTC): {}", failed(trends));
    }
    let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let (benchmarks, runs) = (counted(night.benchmarks, "benchmark"), counted(night.runs, "run"));
    let mut text = format!("{benchmarks}, {runs}{commit} ({date} UTC)");
    if !night.failed.is_empty() || !night.missing.is_empty() {
        text += &format!(": {}", failed(trends));
    }
    if !night.complete {
        text += "; interrupted before its end";
    }
    if let Some(controls) = &trends.health.controls {
        text += &format!("; {}", false_alarms(*controls));
    }
    text
}

/// How often controls raised false alarms: `3 false alarms among 340 control figures in 30 days`.
pub fn false_alarms(controls: Controls) -> String {
    let Controls { figures, false_alarms, .. } = controls;
    let alarms = if false_alarms == 1 { "alarm" } else { "alarms" };
    format!("{false_alarms} false {alarms} among {figures} control figures in 30 days")
}

fn failed(trends: &Trends) -> String {
    let Some(night) = &trends.health.last else { return String::new() };
    let mut kinds: HashMap<&str, usize> = HashMap::new();
    for failure in &night.failed {
        *kinds.entry(&failure.kind).or_default() += 1;
    }
    let mut kinds: Vec<(&str, usize)> = kinds.into_iter().collect();
    kinds.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mut parts: Vec<String> = Vec::new();
    if !kinds.is_empty() {
        let names: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let newly = night.newly_failed.len();
        let new = if newly > 0 { format!(", {newly} of them for the first time") } else { String::new() };
        parts.push(format!("{} failed ({}){new}", night.failed.len(), names.join(", ")));
    }
    if !night.missing.is_empty() {
        let missing = night.missing.len();
        parts.push(format!("{missing} {} missing", if missing == 1 { "is" } else { "are" }));
    }
    if parts.is_empty() { "no run succeeded".to_owned() } else { parts.join(", ") }
}
