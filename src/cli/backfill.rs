//! `backfill`: past commits that have not been measured yet.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;

use super::error::CliError;
use super::exit::Outcome;
use super::options::{OptionsError, SharedOptions};
use super::progress::Progress;
use super::record::HistoryOption;
use super::{DEFAULT_SUITE, Result, interrupt_on_signals, say, say_on_stderr};
use crate::forc::source::{Checkout, Commit};
use crate::forc::{SwaySource, ToolchainSpec};
use crate::history::{self, History, MachineClass, Provenance, ReportFilter};
use crate::model::{Completion, Report};
use crate::os::Interrupt;
use crate::os::environment;
use crate::session::schedule;
use crate::session::{self, Config, SessionError};
use crate::text::format;

/// The prefix of the names under which the history keeps why a commit cannot be measured.
const SKIPPED: &str = "backfill/skipped/";

/// Options of `backfill`.
#[derive(Clone, Debug, Args)]
pub struct BackfillOptions {
    /// Benchmarks to measure: a part of an id (group/project/scenario), or a glob such as 'apps/*'
    #[arg(value_name = "SELECT")]
    select: Vec<String>,

    #[command(flatten)]
    shared: SharedOptions,

    /// The oldest commit to measure
    #[arg(long, value_name = "REV")]
    since: String,

    /// The newest commit to measure
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    until: String,

    /// Measure every Nth commit between the two
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    every: u32,

    /// Time limit for all commits: none is started that, judging by the earlier ones, would exceed it
    #[arg(long, value_name = "TIME")]
    budget: Option<humantime::Duration>,

    /// Time for the runs of one commit, if their number is not given
    #[arg(long, value_name = "TIME", default_value_t = schedule::DEFAULT_BUDGET.into())]
    run_budget: humantime::Duration,

    /// Runs of each benchmark [default: 10 to 50, as many as fit into the run budget]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    samples: Option<u32>,

    /// One std for all commits, for the projects that use the public one [default: each commit's own]
    #[arg(long, value_name = "DIR", env = "FORC_IMPLICIT_STD_PATH")]
    std: Option<PathBuf>,

    /// Retry the commits that could not be measured before
    #[arg(long)]
    retry: bool,

    /// Only list the commits that would be measured, in that order
    #[arg(long)]
    list: bool,

    #[command(flatten)]
    history: HistoryOption,
}

impl BackfillOptions {
    fn config(&self) -> std::result::Result<Config, OptionsError> {
        let config = self.shared.config(&self.select, self.std.as_ref(), &Config::new(DEFAULT_SUITE))?;
        Ok(Config {
            std: self.std.clone(),
            samples: self.samples.map(|samples| samples as usize),
            budget: self.run_budget.into(),
            ..config
        })
    }
}

/// The results so far.
#[derive(Default)]
struct Tally {
    measured: usize,
    failed: usize,
    took: Duration,
}

/// Measures the commits that are missing.
pub fn backfill(options: &BackfillOptions) -> Result<Outcome> {
    let started = Instant::now();
    let config = options.config()?;
    let Some(SwaySource::Folder(folder)) = config.locator.sway.clone() else {
        return Err(OptionsError::NoCheckout.into());
    };
    let interrupt = interrupt_on_signals()?;
    let checkout = Checkout::open(&folder, &interrupt)?;
    let mut line = checkout.line_of_commits(&options.since, &options.until)?;
    let all = line.len();
    let mut place = 0;
    line.retain(|_| {
        place += 1;
        (place - 1) % options.every as usize == 0 || place == all
    });
    let mut history = options.history.open()?;
    let plan = missing(&history, &line, options.retry)?;
    say_on_stderr(format_args!("{} of {all} commits are selected, {} of them are missing", line.len(), plan.len()));
    if options.list {
        for commit in plan {
            say(format_args!(
                "{} {} {}",
                commit.id,
                commit.committed.as_deref().unwrap_or(format::MISSING),
                commit.subject
            ));
        }
        return Ok(Outcome::Success);
    }
    let mut tally = Tally::default();
    let wanted = plan.len();
    for commit in plan {
        if interrupt.requested() || !fits(options, started.elapsed(), &tally) {
            break;
        }
        let commit_started = Instant::now();
        say_on_stderr(format_args!("{} {}", commit.id.get(..10).unwrap_or(&commit.id), commit.subject));
        if let Some(reason) = measure(&config, commit, &mut history, &interrupt)? {
            tally.failed += 1;
            say_on_stderr(format_args!("skipped: {reason}"));
            history.set_state(&format!("{SKIPPED}{}", commit.id), Some(&reason))?;
        } else if !interrupt.requested() {
            tally.measured += 1;
        }
        tally.took += commit_started.elapsed();
    }
    // With an interrupt of its own: the one that ended the measuring must not keep the reports from being put in order.
    if let Err(error) = super::record::order(&mut history, &folder) {
        say_on_stderr(format_args!("warning: {error}"));
    }
    let left = wanted - tally.measured - tally.failed;
    say(format_args!(
        "{} measured and recorded in {}, {} skipped, {left} left",
        tally.measured,
        options.history.path().display(),
        tally.failed
    ));
    if interrupt.requested() || left > 0 {
        say_on_stderr(format_args!("the same command resumes where this one stopped"));
    }
    Ok(if interrupt.requested() {
        Outcome::Interrupted
    } else if tally.failed > 0 {
        Outcome::BenchmarkFailed
    } else if tally.measured == 0 && wanted > 0 {
        Outcome::NothingMeasured
    } else {
        Outcome::Success
    })
}

/// The commits of `line` that were not measured on this machine, the most informative first.
fn missing<'a>(history: &History, line: &'a [Commit], retry: bool) -> Result<Vec<&'a Commit>> {
    let machine = MachineClass::of(&environment::observe());
    let reports = history.reports(&ReportFilter::default())?;
    let recorded = reports.into_iter().filter(|report| report.machine == machine && report.complete);
    let mut known: BTreeSet<String> = recorded.filter_map(|report| Some(report.commit?.id)).collect();
    if !retry {
        let skipped = history.states(SKIPPED)?;
        known.extend(skipped.into_iter().filter_map(|(name, _)| name.strip_prefix(SKIPPED).map(str::to_owned)));
    }
    let order = history::backfill::plan(line.len(), &|place| known.contains(&line[place].id));
    Ok(order.into_iter().filter_map(|place| line.get(place)).collect())
}

/// Whether there is time for one more commit, if it takes as long as those before it took on average.
fn fits(options: &BackfillOptions, elapsed: Duration, tally: &Tally) -> bool {
    let Some(budget) = options.budget else { return true };
    let done = u32::try_from(tally.measured + tally.failed).unwrap_or(u32::MAX);
    let expected = if done == 0 { Duration::ZERO } else { tally.took / done };
    elapsed + expected <= *budget
}

/// Measures one commit and records it. Returns the reason if the commit itself cannot be measured.
fn measure(config: &Config, commit: &Commit, history: &mut History, interrupt: &Interrupt) -> Result<Option<String>> {
    let config = Config { forc: Some(ToolchainSpec::Revision(commit.id.clone())), ..config.clone() };
    let mut progress = Progress::new();
    let result = session::measure(&config, interrupt, &mut |event| progress.on(&event));
    progress.finish();
    let report: Report = match result {
        Ok(report) => report,
        Err(SessionError::Toolchain(error)) if error.is_interrupt() => return Ok(None),
        Err(SessionError::Toolchain(error)) => return Ok(Some(error.to_string())),
        Err(error) => return Err(error.into()),
    };
    if report.completion == Completion::Interrupted {
        // The commit is measured again, completely.
        return Ok(None);
    }
    if report.benchmarks.is_empty() {
        return Err(CliError::NoBenchmark);
    }
    history.record(&report, &Provenance::of(&report))?;
    let failed = || report.benchmarks.iter().find_map(|benchmark| benchmark.failures.first());
    Ok(match failed() {
        Some(failure) if !report.has_measurements() => {
            Some(format!("no benchmark could be built: {}", failure.message))
        }
        _ => None,
    })
}
