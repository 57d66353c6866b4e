//! `history events`.

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::{Format, FormatOption, say, table};
use crate::cli::Result;
use crate::cli::exit::Outcome;
use crate::cli::say_on_stderr;
use crate::history::History;
use crate::stats::Persistence;
use crate::trends::{Change, Commit, Event, Standing, Trends};
use crate::verdict::Sign;
use crate::words::events::{commits, summary};

/// The events to show.
#[derive(Debug, Args)]
pub(super) struct EventsOptions {
    /// Only events of benchmarks whose id contains this
    #[arg(value_name = "BENCHMARK")]
    benchmark: Option<String>,

    /// Only events of this standing; may be repeated [default: new and open]
    #[arg(long, value_enum, value_name = "STANDING")]
    standing: Vec<StandingOption>,

    /// All events of any standing
    #[arg(long, conflicts_with = "standing")]
    all: bool,

    /// Show each series that changed
    #[arg(long)]
    details: bool,

    #[command(flatten)]
    format: FormatOption,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StandingOption {
    /// Not yet reported by `forc-perf nightly`
    New,
    /// Reported, without an annotation
    Open,
    /// Acknowledged
    Acknowledged,
    /// Intended
    Expected,
    /// Reverted by a later commit
    Reverted,
}

impl StandingOption {
    const fn standing(self) -> Standing {
        match self {
            Self::New => Standing::New,
            Self::Open => Standing::Open,
            Self::Acknowledged => Standing::Acknowledged,
            Self::Expected => Standing::Expected,
            Self::Reverted => Standing::Reverted,
        }
    }
}

pub(super) fn events(history: &History, options: &EventsOptions) -> Result<Outcome> {
    let trends = Trends::of(history)?;
    if trends.axis.commits.is_empty() {
        say_on_stderr(format_args!("{} holds no report.", history.path().display()));
        return Ok(Outcome::NothingMeasured);
    }
    let standings: Vec<Standing> = match options.standing.as_slice() {
        [] => vec![Standing::New, Standing::Open],
        given => given.iter().map(|standing| standing.standing()).collect(),
    };
    let wanted = |event: &&Event| {
        let benchmark = options.benchmark.as_deref();
        (options.all || standings.contains(&event.standing))
            && benchmark.is_none_or(|part| {
                let mut ids = event.changes.iter().filter_map(|change| trends.series.get(change.series));
                ids.any(|trend| trend.series.key.benchmark.contains(part))
            })
    };
    let events: Vec<&Event> = trends.events.iter().filter(wanted).collect();
    match options.format.format {
        Format::Json => events.iter().for_each(|event| say(to_json(&trends, event))),
        Format::Table => {
            if events.is_empty() {
                let (commits, series) = (trends.axis.commits.len(), trends.series.len());
                say_on_stderr(format_args!("No such event in {series} series over {commits} commits."));
            }
            for event in events {
                print(&trends, event, options.details);
            }
        }
    }
    Ok(Outcome::Success)
}

fn print(trends: &Trends, event: &Event, details: bool) {
    let mark = Sign::of_direction(event.worse).sign;
    let commit = trends.commit(event.position);
    let date = commit.and_then(|commit| commit.date.get(..10)).unwrap_or_default();
    let subject = commit.map(|commit| crate::text::clean(&commit.subject).into_owned()).unwrap_or_default();
    say(format_args!("{mark} {}  {date}  {subject}", commits(&trends.axis, event)));
    say(format_args!("  {} ({})", summary(event), event.standing.name()));
    for note in &event.notes {
        say(format_args!("  {}: {}", note.kind, crate::text::clean(&note.text)));
    }
    if details {
        let rows = event.changes.iter().filter_map(|change| row(trends, change)).collect();
        say(table(&["  benchmark", "metric", "phase", "change", "p", "then"], 0, rows).trim_end());
    }
}

fn row(trends: &Trends, change: &Change) -> Option<Vec<String>> {
    let trend = trends.series.get(change.series)?;
    let key = &trend.series.key;
    let name = |position: usize| trends.commit(position).map_or(String::new(), |commit| commit.name.clone());
    let then = match change.point.persistence {
        Persistence::Unconfirmed => format!("seen {} times so far", change.point.points),
        Persistence::Lasting => "lasting".to_owned(),
        Persistence::Superseded { by } => format!("until {}", name(by)),
        Persistence::Reverted { by } => format!("reverted by {}", name(by)),
    };
    let p = if change.point.p_value == 0.0 { "exact".to_owned() } else { format!("{:.1e}", change.point.p_value) };
    Some(vec![
        format!("  {}", key.benchmark),
        key.metric.word(),
        trend.phase_label_at(change.point.index).unwrap_or_default(),
        crate::text::change::short(change.point.ratio),
        p,
        then,
    ])
}

/// An event for programs. Ratios are new over old; an infinite bound is null.
fn to_json(trends: &Trends, event: &Event) -> Value {
    let name = |position: usize| trends.commit(position).map(Commit::key);
    let changes = event.changes.iter().filter_map(|change| {
        let trend = trends.series.get(change.series)?;
        let point = &change.point;
        Some(json!({
            "series": trend.series, "commit": name(point.index), "before": point.before, "after": point.after,
            "ratio": point.ratio, "low": point.low, "high": point.high, "p_value": point.p_value,
            "points": point.points, "persistence": persistence(point.persistence),
        }))
    });
    json!({
        "event": event.key, "standing": event.standing, "worse": event.worse, "unconfirmed": event.unconfirmed,
        "commit": trends.commit(event.position), "after": event.earliest.checked_sub(1).and_then(name),
        "up_to": name(event.latest), "headline": event.headline, "culprit": event.contributors, "notes": event.notes,
        "sentence": summary(event), "changes": changes.collect::<Vec<_>>(),
    })
}

const fn persistence(persistence: Persistence) -> &'static str {
    match persistence {
        Persistence::Unconfirmed => "unconfirmed",
        Persistence::Lasting => "lasting",
        Persistence::Superseded { .. } => "superseded",
        Persistence::Reverted { .. } => "reverted",
    }
}
