//! The command `forc-perf`, also as `forc perf`: one file per subcommand.

pub mod backfill;
pub mod compare;
mod dashboard;
mod doctor;
pub mod error;
pub mod exit;
pub mod history;
pub mod list;
pub mod measure;
mod nightly;
pub mod options;
pub(crate) mod out;
mod progress;
pub mod record;
mod toolchain;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::model::{COMPARISON_SCHEMA, REPORT_SCHEMA};
use crate::os::Interrupt;
use crate::report::file::FileError;
use crate::report::{file, shares};
use crate::session::Config;
use error::CliError;
use exit::{EXIT_CODES, Outcome};
use measure::Destination;
use options::{Colour, ListOptions, MeasureOptions, MessageFormat};
pub(crate) use out::{say, say_json, say_on_stderr};
use record::RecordOptions;

/// The default suite and the default places of results.
const DEFAULT_SUITE: &str = "fixtures";
const DEFAULT_FOLDER: &str = "target/forc-perf";
const DEFAULT_REPORT: &str = "target/forc-perf/report.json";
const DEFAULT_DASHBOARD: &str = "target/forc-perf/dashboard";
const DEFAULT_COMPARISON: &str = "target/forc-perf/compare/comparison.json";

/// The benchmark harness for the Sway compiler
#[derive(Debug, Parser)]
#[command(name = "forc-perf", version, after_help = EXIT_CODES, max_term_width = 120)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// Colours
    #[arg(long, value_enum, value_name = "WHEN", global = true, default_value_t = Colour::Auto)]
    color: Colour,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build the selected projects repeatedly, and report where time and memory go
    Run(Box<RunOptions>),
    /// Compare compilers side by side: regressed, improved, equal or undecided
    Compare(Box<compare::CompareOptions>),
    /// Compare two reports that were measured one after the other
    Diff(compare::DiffOptions),
    /// Show a saved report or comparison, in any format
    Show {
        /// The report or the comparison
        #[arg(default_value = DEFAULT_COMPARISON)]
        file: PathBuf,
        #[command(flatten)]
        show: compare::ShowOptions,
    },
    /// Check whether this machine can measure, and how small a change it can detect
    Doctor(doctor::DoctorOptions),
    /// List the benchmarks of a suite
    List(ListOptions),
    /// Show, import, export and prune the recorded reports
    History(Box<history::HistoryOptions>),
    /// Measure, record, find what has changed since when, write the dashboard, and print the news in five lines
    Nightly(Box<nightly::NightlyOptions>),
    /// Write the history as static pages
    Dashboard(dashboard::DashboardOptions),
    /// Build and measure past commits that are missing in the history, the most informative first
    Backfill(Box<backfill::BackfillOptions>),
    /// Print each phase's share in every benchmark of a report, as a Markdown table
    Shares {
        /// The report
        #[arg(default_value = DEFAULT_REPORT)]
        report: PathBuf,
        /// Write the table into this file, between `<!-- shares: begin -->` and `<!-- shares: end -->`
        #[arg(long, value_name = "FILE")]
        update: Option<PathBuf>,
    },
    /// Show, build and find compilers
    #[command(subcommand)]
    Toolchain(toolchain::ToolchainCommand),
    /// Print the JSON Schema of a file that forc-perf writes
    Schema {
        /// The file
        #[arg(value_enum, default_value_t = SchemaOf::Report)]
        of: SchemaOf,
    },
    /// Print shell completions
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// The files that forc-perf writes.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum SchemaOf {
    /// A report, of `run` or `cargo bench`
    Report,
    /// A comparison, of `compare` or `diff`
    Comparison,
}

#[derive(Debug, clap::Args)]
struct RunOptions {
    #[command(flatten)]
    measure: MeasureOptions,

    /// Write the report to this file, and nothing else [default: report, charts and page in target/forc-perf]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    record: RecordOptions,
}

/// The command `forc-perf` with all its subcommands and options.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Reads the command line and runs the command.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { Outcome::Usage.into() } else { ExitCode::SUCCESS };
        }
    };
    cli.color.choose();
    out::finished(run_command(&cli.command))
}

fn run_command(command: &Command) -> ExitCode {
    let done = match command {
        Command::Run(options) => run(options),
        Command::Compare(options) => compare::compare(options),
        Command::Diff(options) => compare::diff(options),
        Command::Show { file, show } => compare::show(file, show),
        Command::Doctor(options) => doctor::doctor(options),
        Command::List(options) => list_command(options),
        Command::History(options) => history::run(options),
        Command::Nightly(options) => nightly::nightly(options),
        Command::Dashboard(options) => dashboard::dashboard(options),
        Command::Backfill(options) => backfill::backfill(options),
        Command::Shares { report, update } => shares_command(report, update.as_deref()),
        Command::Toolchain(command) => toolchain::run(command),
        Command::Schema { of } => {
            out::print_document(match of {
                SchemaOf::Report => REPORT_SCHEMA,
                SchemaOf::Comparison => COMPARISON_SCHEMA,
            });
            return ExitCode::SUCCESS;
        }
        Command::Completions { shell } => {
            // Into memory first: the generator panics if its output is closed.
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "forc-perf", &mut script);
            // For bash, clap_complete 4.6.11 uses two different names for a command with a hyphen: one to look it up, one
            // to define its completions.
            let script = String::from_utf8_lossy(&script).replace("forc__subcmd__perf", "forc__perf");
            out::print_document(&script);
            return ExitCode::SUCCESS;
        }
    };
    match done {
        Ok(outcome) => outcome.into(),
        Err(error) => fail(error.outcome(), error),
    }
}

type Result<T> = std::result::Result<T, CliError>;

fn run(options: &RunOptions) -> Result<Outcome> {
    let config = options.measure.config(&Config::new(DEFAULT_SUITE))?;
    let destination = match &options.output {
        Some(file) => Destination::File(file.clone()),
        None => Destination::Folder(PathBuf::from(DEFAULT_FOLDER)),
    };
    let format = options.measure.message_format;
    options.record.check()?;
    let done = measure::measure(&config, &destination, format)?;
    let recorded = options.record.record(std::slice::from_ref(&done.report), config.locator.sway.as_ref());
    if let (MessageFormat::Json, Ok([recorded])) = (format, recorded.as_deref()) {
        let message = serde_json::json!({
            "reason": "recorded", "history": options.record.path(), "report": recorded.id(), "new": recorded.is_new()
        });
        say(message);
    }
    // The figures are shown even if they could not be recorded.
    measure::show(&done, &destination, format)?;
    let summary = options.record.summary(&recorded?);
    if let (MessageFormat::Human, Some(summary)) = (format, summary) {
        say(summary);
    }
    Ok(done.outcome)
}

fn list_command(options: &ListOptions) -> Result<Outcome> {
    let mut config = Config::new(options.suite.suite.clone().unwrap_or_else(|| DEFAULT_SUITE.into()));
    config.selection = options.suite.selection(&options.select)?;
    config.scenarios.clone_from(&options.suite.scenario);
    Ok(list::list(&config)?)
}

fn shares_command(report: &Path, update: Option<&Path>) -> Result<Outcome> {
    let report = file::read(report)?;
    if !report.has_measurements() {
        return Err(CliError::NoRun);
    }
    match update {
        Some(path) => shares::update(&report, path)?,
        None => say(shares::table(&report)),
    }
    Ok(Outcome::Success)
}

/// Has `write` write a file to `path`, or else to the temporary folder, so that a full disk loses no measurement. There,
/// `what` is a part of its name.
///
/// # Errors
/// If `path` could not be written. The file may then be in the temporary folder, and a message has said so.
pub(crate) fn save(
    path: &Path,
    what: &str,
    write: impl Fn(&Path) -> std::result::Result<(), FileError>,
) -> std::result::Result<PathBuf, FileError> {
    let Err(error) = write(path) else { return Ok(path.to_owned()) };
    let place = rescue(what, write).ok_or_else(|| FileError::Write {
        path: path.to_owned(),
        source: std::io::Error::other(format!("{error}; it cannot be written to the temporary folder either")),
    })?;
    say_on_stderr(format_args!("error: {error}; the {what} is kept in {}", place.display()));
    Err(error)
}

/// Has `write` write a file with a random name to the temporary folder: other users could create a guessable name there
/// first. `None` if that fails too.
pub(crate) fn rescue(what: &str, write: impl Fn(&Path) -> std::result::Result<(), FileError>) -> Option<PathBuf> {
    let place = tempfile::Builder::new().prefix(&format!("forc-perf-{what}-")).suffix(".json").tempfile().ok()?;
    let place = place.into_temp_path();
    write(&place).ok()?;
    place.keep().ok()
}

/// An interrupt that Ctrl-C requests.
pub(crate) fn interrupt_on_signals() -> Result<Interrupt> {
    let interrupt = Interrupt::new();
    #[cfg(unix)]
    interrupt.on_signals().map_err(CliError::Signals)?;
    Ok(interrupt)
}

/// Prints an error. All commands print it in this form.
pub(crate) fn fail(outcome: Outcome, message: impl std::fmt::Display) -> ExitCode {
    say_on_stderr(format_args!("error: {message}"));
    outcome.into()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
