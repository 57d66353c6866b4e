//! `history list`, `show` and `series`.

use std::collections::{BTreeMap, BTreeSet};

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde_json::json;

use super::{Format, FormatOption, find_report, matching, moment, say, table};
use crate::cli::error::CliError;
use crate::cli::exit::Outcome;
use crate::cli::{Result, out, say_json, say_on_stderr};
use crate::history::{CommitRef, History, Match, Point, ReportFilter, Series, SeriesFilter, SeriesKey};
use crate::model::StdChoice;
use crate::report::terminal;
use crate::text::{clean, format, plural};

/// The reports to list.
#[derive(Debug, Args)]
pub(super) struct ListOptions {
    /// Reports of this commit or release: the beginning of its id, or a pattern
    #[arg(long, value_name = "ID")]
    commit: Option<String>,

    /// Reports of machines whose description contains this, or matches this pattern
    #[arg(long, value_name = "TEXT")]
    machine: Option<String>,

    /// Reports of compilers whose version contains this, or matches this pattern
    #[arg(long, value_name = "VERSION")]
    forc: Option<String>,

    /// Measured at this time or later: 90d, 2026-01-31
    #[arg(long, value_name = "AGE|DATE", value_parser = moment)]
    since: Option<Timestamp>,

    /// Measured before this time
    #[arg(long, value_name = "AGE|DATE", value_parser = moment)]
    until: Option<Timestamp>,

    #[command(flatten)]
    format: FormatOption,
}

/// The report to show.
#[derive(Debug, Args)]
pub(super) struct ShowOptions {
    /// The report: its number or name, a commit, a release, a date, `latest` or `latest~N`
    #[arg(value_name = "REPORT", default_value = "latest")]
    report: String,

    /// How the report is printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ShowFormat::Table)]
    format: ShowFormat,
}

/// How a report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ShowFormat {
    /// For people
    Table,
    /// Its origin and its figures, without its runs
    Json,
    /// The whole report, as `run` writes it
    Report,
}

/// The series to show.
#[derive(Debug, Args)]
pub(super) struct SeriesOptions {
    #[command(flatten)]
    pub(super) which: WhichSeries,

    /// Show their points
    #[arg(long)]
    points: bool,

    /// Show the points with all samples, as JSON
    #[arg(long, conflicts_with = "points")]
    samples: bool,

    /// Show how machines compare that have measured the same commits
    #[arg(long, conflicts_with_all = ["points", "samples"])]
    calibration: bool,

    #[command(flatten)]
    format: FormatOption,
}

/// The series to show.
#[derive(Debug, Args)]
pub(super) struct WhichSeries {
    /// Series of benchmarks whose id contains this, or matches this pattern
    #[arg(value_name = "BENCHMARK")]
    benchmark: Option<String>,

    /// Series of this metric, such as wall or peak-memory; or a pattern
    #[arg(long, value_name = "METRIC")]
    metric: Option<String>,

    /// Series of phases whose description contains this, or matches this pattern; `none` for whole runs
    #[arg(long, value_name = "PHASE")]
    phase: Option<String>,

    /// Series of packages whose name contains this, or matches this pattern; `none` for all packages together
    #[arg(long, value_name = "PACKAGE")]
    package: Option<String>,

    /// Series of machines whose description contains this, or matches this pattern
    #[arg(long, value_name = "TEXT")]
    machine: Option<String>,
}

impl WhichSeries {
    /// These series of `history`.
    pub(super) fn find(&self, history: &History) -> Result<Vec<Series>> {
        let or_none = |text: Option<&str>| match text {
            Some("none") => Ok(Match::Absent),
            text => matching(text),
        };
        let metric = match self.metric.as_deref() {
            // `cpu` is a metric, and a part of another one.
            Some(word) if !word.contains(['*', '?', '[']) => Match::Exact(word.to_owned()),
            text => matching(text)?,
        };
        let filter = SeriesFilter {
            benchmark: matching(self.benchmark.as_deref())?,
            metric,
            phase: or_none(self.phase.as_deref())?,
            package: or_none(self.package.as_deref())?,
            machine: matching(self.machine.as_deref())?,
        };
        Ok(history.series(&filter)?)
    }
}

/// Ids begin with what a user knows of them.
fn commit_matching(text: Option<&str>) -> Result<Match> {
    match text {
        Some(text) if !text.contains(['*', '?', '[']) => matching(Some(&format!("{text}*"))),
        text => matching(text),
    }
}

pub(super) fn list(history: &History, options: &ListOptions) -> Result<Outcome> {
    let filter = ReportFilter {
        commit: commit_matching(options.commit.as_deref())?,
        machine: matching(options.machine.as_deref())?,
        version: matching(options.forc.as_deref())?,
        since: options.since,
        until: options.until,
    };
    let reports = history.reports(&filter)?;
    if options.format.format == Format::Json {
        reports.iter().for_each(|report| say_json(json!(report)));
    } else if !reports.is_empty() {
        let rows = reports.iter().map(|report| {
            let mut what = report.source.name().to_owned();
            if !report.complete {
                what.push_str(", interrupted");
            }
            vec![
                report.id.to_string(),
                report.created.get(..16).unwrap_or(&report.created).replace('T', " "),
                commit(report.commit.as_ref()),
                report.version.clone(),
                report.machine.to_string(),
                what,
                report.benchmarks.to_string(),
                report.runs.to_string(),
                report.failures.to_string(),
            ]
        });
        let header = ["report", "measured", "commit", "forc", "machine", "by", "benchmarks", "runs", "failed"];
        out::print(&table(&header, 3, rows.collect()));
    }
    if reports.is_empty() {
        say_on_stderr(format_args!("No report of {} matches.", history.path().display()));
        return Ok(Outcome::NothingMeasured);
    }
    Ok(Outcome::Success)
}

pub(super) fn show(history: &History, options: &ShowOptions) -> Result<Outcome> {
    let id = find_report(history, &options.report)?;
    let kept = history.report(id)?;
    match options.format {
        ShowFormat::Report => match serde_json::to_string(&kept.report) {
            Ok(text) => say(text),
            Err(source) => return Err(CliError::ReportJson { id, source }),
        },
        ShowFormat::Json => {
            let report = &kept.report;
            let benchmarks = report.benchmarks.iter().map(|benchmark| {
                json!({
                    "id": benchmark.id, "runs": benchmark.runs.len(), "failures": benchmark.failures.len(),
                    "metrics": benchmark.metrics, "phases": benchmark.phases
                })
            });
            say_json(json!({
                "report": kept.info, "toolchain": report.toolchain, "environment": report.environment,
                "settings": report.settings, "benchmarks": benchmarks.collect::<Vec<_>>(),
                "failures": history.failures(id)?, "figures": kept.provenance.figures,
            }));
        }
        ShowFormat::Table => {
            let info = &kept.info;
            say(format_args!(
                "report {id} of {}, measured {} by {}",
                history.path().display(),
                info.created,
                info.source.name()
            ));
            say(format_args!("machine: {}", info.machine));
            if let Some(commit) = &info.commit {
                let time = commit.time.as_deref().map(|time| format!(" of {time}")).unwrap_or_default();
                say(format_args!("commit:  {}{time} {}", commit.id, clean(&commit.subject)));
            }
            if let StdChoice::Same(std) = &info.std {
                say(format_args!("std:     {}", std.display()));
            }
            if !info.has_frames {
                say("frames:  pruned");
            }
            say("");
            out::print_coloured(&terminal::render(&kept.report, None, out::width()));
        }
    }
    Ok(Outcome::Success)
}

pub(super) fn series(history: &History, options: &SeriesOptions) -> Result<Outcome> {
    let found = options.which.find(history)?;
    if found.is_empty() {
        say_on_stderr(format_args!("No series of {} matches.", history.path().display()));
        return Ok(Outcome::NothingMeasured);
    }
    let as_json = options.format.format == Format::Json;
    if options.samples {
        for series in &found {
            for (point, samples) in history.points_with_samples(series.id)? {
                say_json(json!({"series": series, "point": point, "samples": samples}));
            }
        }
    } else if options.points && as_json {
        for series in &found {
            for point in history.points(series.id)? {
                say_json(json!({"series": series, "point": point}));
            }
        }
    } else if options.points {
        for (index, series) in found.iter().enumerate() {
            if index > 0 {
                say("");
            }
            say(title(series));
            let points = history.points(series.id)?;
            out::print(&table(
                &["report", "commit", "measured", "median", "low", "high", "spread", "runs"],
                5,
                rows(series, &points),
            ));
        }
    } else if options.calibration {
        calibration(history, &found, as_json)?;
    } else if as_json {
        found.iter().for_each(|series| say_json(json!(series)));
    } else {
        let mut rows = Vec::new();
        // The program is only shown for benchmarks that were edited: it distinguishes their series.
        let mut first: BTreeMap<&str, &Option<String>> = BTreeMap::new();
        let mut edited: BTreeSet<&str> = BTreeSet::new();
        for SeriesKey { benchmark, program, .. } in found.iter().map(|series| &series.key) {
            if *first.entry(benchmark).or_insert(program) != program {
                edited.insert(benchmark);
            }
        }
        for series in &found {
            let points = history.points(series.id)?;
            let last = points.last().map(|point| format::value(point.median, series.key.metric.unit()));
            let key = &series.key;
            let program = key.program.as_deref().filter(|_| edited.contains(&*key.benchmark)).map(short_program);
            rows.push(vec![
                key.benchmark.clone(),
                key.metric.word(),
                clean(key.phase.as_deref().unwrap_or_default()).into_owned(),
                clean(key.package.as_deref().unwrap_or_default()).into_owned(),
                program.unwrap_or_default(),
                key.machine.to_string(),
                points.len().to_string(),
                last.unwrap_or_default(),
            ]);
        }
        let header = ["benchmark", "metric", "phase", "package", "program", "machine", "points", "latest"];
        if !edited.is_empty() {
            out::print(&table(&header, 2, rows));
        } else {
            rows.iter_mut().for_each(|row| drop(row.remove(4)));
            out::print(&table(&header.into_iter().filter(|name| *name != "program").collect::<Vec<_>>(), 2, rows));
        }
    }
    Ok(Outcome::Success)
}

fn calibration(history: &History, found: &[Series], as_json: bool) -> Result<()> {
    let mut measures: Vec<_> = found.iter().map(|series| series.key.measure()).collect();
    measures.dedup();
    let mut rows = Vec::new();
    for measure in measures {
        for calibration in history.calibration(&measure)? {
            if as_json {
                say_json(json!({"measure": measure, "calibration": calibration}));
                continue;
            }
            let commits = calibration.commits.len();
            rows.push(vec![
                measure.benchmark.clone(),
                measure.metric.word(),
                clean(measure.phase.as_deref().unwrap_or_default()).into_owned(),
                clean(measure.package.as_deref().unwrap_or_default()).into_owned(),
                calibration.old.to_string(),
                calibration.new.to_string(),
                format!("×{:.3}", calibration.ratio),
                format!("{commits} commit{}", plural(commits)),
            ]);
        }
    }
    if !as_json && rows.is_empty() {
        say_on_stderr(format_args!(
            "No commit was measured on two machines; `forc-perf backfill` can measure an old one here."
        ));
    } else if !as_json {
        let header = ["benchmark", "metric", "phase", "package", "from", "to", "ratio", "by"];
        out::print(&table(&header, 2, rows));
    }
    Ok(())
}

/// A series in one line.
fn title(series: &Series) -> String {
    let key = &series.key;
    let mut title = format!("{} {}", key.benchmark, key.metric.name());
    for part in [&key.phase, &key.package].into_iter().flatten() {
        title.push_str(", ");
        title.push_str(&clean(part));
    }
    if let Some(program) = &key.program {
        title.push_str(&format!(", program {}", short_program(program)));
    }
    format!("{title}, on {}", key.machine)
}

/// The beginning of a program's fingerprint: enough to distinguish it from others.
fn short_program(program: &str) -> String {
    clean(program.get(..8).unwrap_or(program)).into_owned()
}

fn rows(series: &Series, points: &[Point]) -> Vec<Vec<String>> {
    let unit = series.key.metric.unit();
    let row = |point: &Point| {
        vec![
            point.report.to_string(),
            commit(point.commit.as_ref()),
            point.created.get(..10).unwrap_or(&point.created).to_owned(),
            format::value(point.median, unit),
            format::value(point.low, unit),
            format::value(point.high, unit),
            point.spread.map(format::percent).unwrap_or_default(),
            point.count.to_string(),
        ]
    };
    points.iter().map(row).collect()
}

/// A commit in a few words.
fn commit(commit: Option<&CommitRef>) -> String {
    let Some(commit) = commit else { return format::MISSING.to_owned() };
    let subject: String = clean(&commit.subject).chars().take(40).collect();
    format!("{} {subject}", commit.short()).trim_end().to_owned()
}
