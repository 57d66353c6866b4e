//! `nightly`: one command for a scheduled job.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use serde_json::json;

use super::dashboard::{PageOptions, summary};
use super::error::CliError;
use super::exit::Outcome;
use super::measure::{self, Destination};
use super::options::{MeasureOptions, MessageFormat};
use super::record::{HistoryOption, RecordOptions};
use super::{DEFAULT_SUITE, Result, say, say_json, say_on_stderr};
use crate::forc::SwaySource;
use crate::history::ReportFilter;
use crate::model::Completion;
use crate::report::file::{self, FileError};
use crate::session::Config;
use crate::trends::{Standing, Trends};
use crate::words::events::{news, summary as in_words};

/// Options of `nightly`.
#[derive(Debug, Args)]
pub(super) struct NightlyOptions {
    #[command(flatten)]
    measure: MeasureOptions,

    #[command(flatten)]
    pages: PageOptions,

    #[command(flatten)]
    history: HistoryOption,

    /// Time limit for the measurement, including getting the compiler; what was measured until then is kept
    #[arg(long, value_name = "TIME", default_value_t = Duration::from_secs(6 * 3600).into())]
    limit: humantime::Duration,

    /// Measure nothing, only evaluate the history: another machine may have recorded it
    #[arg(long)]
    no_run: bool,

    /// Fail if the history is missing or empty: without this option a lost history starts again, and reports no change
    #[arg(long)]
    require_history: bool,

    /// What makes the command fail
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = FailOn::Regression)]
    fail_on: FailOn,
}

/// Checks that there is a history with a report.
fn require_history(option: &HistoryOption) -> Result<()> {
    if option.path().exists() && !option.open_read_only()?.reports(&ReportFilter::default())?.is_empty() {
        return Ok(());
    }
    Err(CliError::HistoryRequired(option.path().to_owned()))
}

/// What makes the command fail, besides an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// A new regression, confirmed or seen only once or twice so far; a benchmark that failed or is missing for the first
    /// time; or nothing was measured
    Regression,
    /// The same, but only confirmed regressions
    Confirmed,
    /// Nothing
    Never,
}

pub(super) fn nightly(options: &NightlyOptions) -> Result<Outcome> {
    let _lock = Lock::take(options.history.path())?;
    if options.require_history {
        require_history(&options.history)?;
    }
    let record = RecordOptions::always(options.history.clone());
    record.check()?;
    let began = Instant::now();
    let format = options.measure.message_format;
    let config = options.measure.config(&Config { checkup: true, ..Config::new(DEFAULT_SUITE) })?;
    let mut measured = None;
    if !options.no_run {
        let done = measure::measure_within(&config, &Destination::Nowhere, format, Some(options.limit.into()))?;
        let is_late = began.elapsed() >= *options.limit;
        if done.report.completion == Completion::Interrupted && is_late {
            say_on_stderr(format_args!("The limit of {} was reached: what had been measured is kept.", options.limit));
        }
        let recorded = record.record(std::slice::from_ref(&done.report), config.locator.sway.as_ref());
        if recorded.is_err() {
            // The night's figures are kept even if the history cannot be written.
            if let Some(place) = super::rescue("report", |path| file::write(&done.report, path)) {
                say_on_stderr(format_args!(
                    "The report is kept in {}; `forc-perf history import` reads it.",
                    place.display()
                ));
            }
        }
        let recorded = recorded?;
        if done.outcome == Outcome::Interrupted && !is_late {
            // The user ended it: the results are recorded, and the next nightly reports them.
            return Ok(Outcome::Interrupted);
        }
        if recorded.is_empty() {
            return Err(CliError::NoBenchmarkStarted);
        }
        measured = Some(done.outcome);
    } else if let Some(SwaySource::Folder(folder)) = &config.locator.sway {
        let mut history = options.history.open()?;
        if let Err(error) = super::record::order(&mut history, folder) {
            say_on_stderr(format_args!("warning: {error}"));
        }
    }
    let mut history = options.history.open()?;
    let mut trends = Trends::of(&history)?;
    // Before the pages are written, so that they mark as new what the lines below report.
    trends.announce(&mut history)?;
    let written = options.pages.write(&history, &trends);
    match format {
        MessageFormat::Human => news(&trends).into_iter().for_each(say),
        MessageFormat::Json => print_json(&trends, options.pages.out()),
    }
    let written = written?;
    if format == MessageFormat::Human {
        say(summary(&written));
    }
    Ok(outcome(&trends, options.fail_on, measured))
}

fn print_json(trends: &Trends, out: &Path) {
    let new = trends.events.iter().filter(|event| event.standing == Standing::New);
    let events: Vec<_> = new
        .map(|event| {
            json!({
                "event": event.key, "worse": event.worse, "unconfirmed": event.unconfirmed,
                "headline": event.headline, "culprit": event.contributors, "sentence": in_words(event),
                "commit": trends.commit(event.position),
            })
        })
        .collect();
    say_json(
        json!({"reason": "news", "lines": news(trends), "new": events, "health": trends.health, "dashboard": out}),
    );
}

/// How the command ends: with the most urgent result.
fn outcome(trends: &Trends, fail_on: FailOn, measured: Option<Outcome>) -> Outcome {
    if fail_on == FailOn::Never {
        return Outcome::Success;
    }
    if measured == Some(Outcome::NothingMeasured) || trends.axis.commits.is_empty() {
        return Outcome::NothingMeasured;
    }
    let alerts = trends.events.iter().filter(|event| event.alerts());
    if alerts.into_iter().any(|event| fail_on == FailOn::Regression || !event.unconfirmed) {
        return Outcome::Regression;
    }
    let worse = trends
        .health
        .last
        .as_ref()
        .is_some_and(|night| !night.newly_failed.is_empty() || !night.missing.is_empty() || !night.complete);
    if worse { Outcome::BenchmarkFailed } else { Outcome::Success }
}

/// Prevents a second nightly with the same history: two that measure at the same time disturb each other.
struct Lock {
    _file: File,
}

impl Lock {
    fn take(history: &Path) -> Result<Self> {
        let path = PathBuf::from(format!("{}.nightly", history.display()));
        let failed = |source| FileError::Write { path: path.clone(), source };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut file =
            File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                let holder: String = holder.chars().filter(char::is_ascii_digit).take(10).collect();
                return Err(CliError::NightlyRuns { holder, path });
            }
            // On a file system without locks, there is no such protection.
            Err(TryLockError::Error(_)) => {}
        }
        let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| write!(file, "{}", std::process::id()));
        Ok(Self { _file: file })
    }
}
