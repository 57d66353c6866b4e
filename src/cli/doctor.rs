//! `doctor`: can this machine measure?

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::exit::Outcome;
use super::options::{SwayOptions, spec};
use super::progress::Progress;
use super::{Result, interrupt_on_signals, say, say_json};
use crate::doctor::{self, Outlook, Trial, TrialError};
use crate::forc::spec::FORC_VARIABLE;
use crate::forc::{ToolchainSpec, install, toolchain};
use crate::model::{Check, Metric, Severity, Toolchain};
use crate::os::Interrupt;
use crate::session::{DEFAULT_MAX_RUNS, SessionEvent};
use crate::text::format;

/// Options of `doctor`.
#[derive(Debug, Args)]
pub(super) struct DoctorOptions {
    /// Compiler for the A/A: a path, a release (0.72.1), a fuelup toolchain (+name) or, with --sway, a revision
    /// [default: $FORC_PERF_FORC, else forc on PATH, else a release that has been built; without a compiler there is no A/A]
    #[arg(long, value_name = "SPEC")]
    forc: Option<OsString>,

    #[command(flatten)]
    sway: SwayOptions,

    /// Duration of the A/A: one compiler builds a tiny project repeatedly
    #[arg(long, value_name = "TIME", default_value_t = Duration::from_secs(20).into())]
    duration: humantime::Duration,

    /// How the results are printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Terminal)]
    format: Format,

    /// Examine the copy of a machine's /proc and /sys in this folder
    #[arg(long, value_name = "DIR", default_value = "/", hide = true)]
    root: PathBuf,
}

/// How the results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people at a terminal
    Terminal,
    /// All details, for programs
    Json,
}

pub(super) fn doctor(options: &DoctorOptions) -> Result<Outcome> {
    let checks = doctor::examine(&options.root, doctor::LONG_WATCH);
    let trial = if options.root == Path::new("/") {
        a_a(options)?
    } else {
        Err("the examined folder is not this machine's root".to_owned())
    };
    let useless = useless(&checks, trial.as_ref().ok());
    match options.format {
        Format::Terminal => print(&checks, trial.as_ref().map_err(String::as_str), &useless),
        Format::Json => say_json(json!({
            "can_measure": useless.is_empty(),
            "useless_because": useless,
            "checks": checks,
            "trial": trial.as_ref().ok(),
            "no_trial_because": trial.as_ref().err(),
        })),
    }
    Ok(if useless.is_empty() { Outcome::Success } else { Outcome::CannotMeasure })
}

/// The result of the A/A, or why there is none.
fn a_a(options: &DoctorOptions) -> Result<std::result::Result<Trial, String>> {
    let interrupt = interrupt_on_signals()?;
    let mut progress = Progress::new();
    let toolchain = match find(options, &interrupt, &mut progress)? {
        Ok(toolchain) => toolchain,
        Err(reason) => return Ok(Err(reason)),
    };
    let text = format!("forc {} builds a tiny project for {}", toolchain.version, options.duration);
    progress.on(&SessionEvent::Note(&text));
    match doctor::trial(&toolchain, options.duration.into(), DEFAULT_MAX_RUNS, &interrupt) {
        Ok(trial) => Ok(Ok(trial)),
        Err(error @ TrialError::Interrupted) => Err(error.into()),
        Err(error) => Ok(Err(error.to_string())),
    }
}

/// The requested compiler, else one that is available, or why there is none. No compiler is built without a request.
fn find(
    options: &DoctorOptions,
    interrupt: &Interrupt,
    progress: &mut Progress,
) -> Result<std::result::Result<Toolchain, String>> {
    let locator = options.sway.locator()?;
    let asked = options.forc.as_deref().map(|text| spec(text, &locator)).transpose()?;
    let named = std::env::var_os(FORC_VARIABLE).is_some_and(|text| !text.is_empty()) || which::which("forc").is_ok();
    let spec = match (&asked, named) {
        (Some(asked), _) => Some(asked.clone()),
        (None, true) => None,
        (None, false) => match install::all_installed().unwrap_or_default().pop() {
            Some((_, path)) => Some(ToolchainSpec::Path(path)),
            None => return Ok(Err("no compiler is available; name one with --forc, or a release to build".to_owned())),
        },
    };
    let found =
        toolchain::resolve(spec.as_ref(), &locator, interrupt, |event| progress.on(&SessionEvent::Build(event)));
    progress.finish();
    match found {
        Ok(toolchain) => Ok(Ok(toolchain)),
        Err(error) if asked.is_some() || error.is_interrupt() => Err(error.into()),
        Err(error) => Ok(Err(error.to_string())),
    }
}

/// What makes measurements on this machine useless, in a few words each.
fn useless(checks: &[Check], trial: Option<&Trial>) -> Vec<String> {
    let noisy =
        trial.is_some_and(Trial::is_useless).then(|| "the A/A shows no change of CPU time below 25 %".to_owned());
    doctor::useless(checks).map(|check| format!("{}: {}", check.topic, check.value)).chain(noisy).collect()
}

fn print(checks: &[Check], trial: std::result::Result<&Trial, &str>, useless: &[String]) {
    let count = checks.iter().filter(|check| check.severity == Severity::Warning).count();
    say(match (useless, count) {
        ([], 0) => "This machine can measure.".to_owned(),
        ([], 1) => "This machine can measure, with one warning.".to_owned(),
        ([], count) => format!("This machine can measure, with {count} warnings."),
        (useless, _) => format!("This machine cannot measure ({}).", useless.join("; ")),
    });
    match trial {
        Ok(trial) => {
            say("\nThe smallest change that a comparison of ten minutes detects here, four times in five:");
            say(outlook("short builds like the tiny one", &trial.short));
            say(outlook("real programs of 6 s a build", &trial.real));
            say(basis(trial));
        }
        Err(reason) => say(format_args!("\nNo A/A of a tiny build was made: {reason}.")),
    }
    let mut ordered: Vec<&Check> = checks.iter().collect();
    ordered.sort_by_key(|check| std::cmp::Reverse(check.severity));
    let width = ordered.iter().map(|check| check.topic.chars().count()).max().unwrap_or(0);
    say("");
    for check in ordered {
        say(format_args!("{:<8} {:<width$}  {}: {}", check.severity.name(), check.topic, check.value, check.meaning));
        if let Some(advice) = &check.advice {
            say(format_args!("{:<8} {:<width$}  → {advice}", "", ""));
        }
    }
}

fn outlook(what: &str, outlook: &Outlook) -> String {
    let change = |(metric, change): &(Metric, Option<f64>)| {
        format!("{} {}", short_name(*metric), change.map_or_else(|| "none".to_owned(), format::percent))
    };
    let changes: Vec<String> = outlook.changes.iter().map(change).collect();
    format!("  of {} {what}, {} pairs each: {}", outlook.benchmarks, outlook.pairs, changes.join(", "))
}

/// What the figures are based on.
fn basis(trial: &Trial) -> String {
    let deviation =
        |(metric, deviation): &(Metric, f64)| format!("{} {}", short_name(*metric), format::percent(*deviation));
    let deviations: Vec<String> = trial.deviations.iter().map(deviation).collect();
    format!(
        "  (forc {}: {} pairs in {}, {} a build; standard deviation from pair to pair: {})",
        trial.compiler,
        trial.pairs,
        format::nanoseconds(1e9 * trial.seconds),
        format::nanoseconds(1e9 * trial.build_seconds),
        deviations.join(", ")
    )
}

fn short_name(metric: Metric) -> &'static str {
    match metric {
        Metric::Cpu => "CPU",
        Metric::PeakMemory => "memory",
        other => other.name(),
    }
}
