//! forc-perf as a bench target: the main of a `benches/*.rs` with `harness = false`.
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use forc_perf::bench::Bench;
//!
//! fn main() -> ExitCode {
//!     Bench::new(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/sway-projects")).main()
//! }
//! ```

mod criterion_args;
mod error;
mod output;
mod programs;
mod replay;
mod replay_error;

use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use clap::{CommandFactory, FromArgMatches, Parser};

pub use replay::{Series, WHOLE, replay, series};
pub use replay_error::ReplayError;

use crate::cli::error::CliError;
use crate::cli::exit::{EXIT_CODES, Outcome};
use crate::cli::measure::{self, Destination};
use crate::cli::options::{MeasureOptions, MessageFormat};
use crate::cli::{fail, list, say, say_on_stderr};
use crate::forc::ToolchainSpec;
use crate::session::Config;
use crate::session::schedule::MIN_SAMPLES;
use crate::suite::Selection;
use crate::text::format;
use criterion_args::CriterionOptions;
use error::BenchError;

/// Makes a process started by [`Bench::main`] replay this report instead of measuring.
const REPLAY_VARIABLE: &str = "FORC_PERF_REPLAY";
/// The patterns that select benchmarks of it, as a JSON array of two arrays.
const REPLAY_SELECT_VARIABLE: &str = "FORC_PERF_REPLAY_SELECT";

/// A bench target for one suite.
#[derive(Clone, Debug)]
pub struct Bench {
    config: Config,
}

/// Options of the bench target.
#[derive(Debug, Parser)]
#[command(
    name = "cargo bench --",
    about = "Compile Sway projects with forc, and report where time and memory go",
    after_help = EXIT_CODES,
    disable_version_flag = true
)]
struct BenchOptions {
    #[command(flatten)]
    measure: MeasureOptions,

    /// List the benchmarks instead of measuring
    #[arg(long)]
    list: bool,

    /// Build each benchmark once and keep nothing, to check that all of them build
    #[arg(long)]
    test: bool,

    #[command(flatten)]
    criterion: CriterionOptions,

    /// Set by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

/// The command line of a bench target, for those who check what documents say of it.
pub fn command() -> clap::Command {
    BenchOptions::command()
}

impl Bench {
    /// A bench of the projects in `suite`: a folder, or a list of target projects.
    pub fn new(suite: impl Into<PathBuf>) -> Self {
        Self { config: Config::new(suite) }
    }

    /// Uses this compiler unless `--forc` names another.
    #[must_use]
    pub fn forc(mut self, spec: ToolchainSpec) -> Self {
        self.config.forc = Some(spec);
        self
    }

    /// Uses this copy of the public std unless `--std` names another.
    #[must_use]
    pub fn std(mut self, folder: impl Into<PathBuf>) -> Self {
        self.config.std = Some(folder.into());
        self
    }

    /// Makes this many runs of each benchmark unless `--samples` says otherwise. Criterion needs at least ten.
    #[must_use]
    pub fn samples(mut self, samples: usize) -> Self {
        self.config.samples = Some(samples);
        self
    }

    /// Reads the command line, measures, gives the samples to Criterion, draws the charts and prints the table.
    pub fn main(self) -> ExitCode {
        if let Some(path) = std::env::var_os(REPLAY_VARIABLE) {
            return replay_main(&PathBuf::from(path));
        }
        let matches = command().try_get_matches();
        let options = match matches.and_then(|matches| BenchOptions::from_arg_matches(&matches)) {
            Ok(options) => options,
            Err(error) => {
                let _ = error.print();
                let usage = error.use_stderr();
                if !usage {
                    criterion_args::print_note();
                }
                return if usage { Outcome::Usage.into() } else { ExitCode::SUCCESS };
            }
        };
        options.criterion.color.choose();
        self.run(&options).unwrap_or_else(|error| fail(error.outcome(), error))
    }

    fn run(&self, options: &BenchOptions) -> Result<ExitCode, BenchError> {
        let mut config = options.measure.config(&self.config).map_err(CliError::from)?;
        if options.list {
            return Ok(list::list(&config).map_err(CliError::from)?.into());
        }
        let folder = target_folder().join("forc-perf");
        let report_path = folder.join("report.json");
        if let Some(option) = options.criterion.names_a_baseline()
            && let Some(samples) = config.samples.filter(|samples| *samples < MIN_SAMPLES)
        {
            return Err(BenchError::TooFewRuns { option, samples });
        }
        options.criterion.check_baseline(&criterion_folder())?;
        let selection = (&options.measure.select, &options.measure.shared.suite.exclude);
        if options.criterion.loads_baseline() {
            // The latest report may hold only some benchmarks, but all of them have baselines.
            let full = folder.join(measure::FULL_REPORT);
            let report = if full.is_file() { &full } else { &report_path };
            return Ok(self.start_replay(report, selection, options).into());
        }
        // `cargo test --benches` does not pass `--bench`.
        let test = options.test || !options.bench;
        if test {
            config.samples = Some(1);
        }
        let destination = if test { Destination::Nowhere } else { Destination::Folder(folder.clone()) };
        let format = options.measure.message_format;
        let done = measure::measure(&config, &destination, format)?;
        let with_criterion = done.report_path.is_some()
            && done.outcome != Outcome::Interrupted
            && done.report.benchmarks.iter().any(|benchmark| !series(benchmark).is_empty());
        let replayed =
            if with_criterion { self.start_replay(&report_path, selection, options) } else { Outcome::Success };
        // The table comes last, so that it stays on the screen.
        measure::show(&done, &destination, format)?;
        if format == MessageFormat::Human && with_criterion && !options.criterion.noplot {
            let page = criterion_folder().join("report/index.html");
            say(format_args!("Criterion's pages: {}", page.display()));
        }
        if format == MessageFormat::Human {
            let all = format::long_duration(done.began.elapsed());
            say(format_args!("total time, including warm-ups, statistics and charts: {all}"));
        }
        let outcome = if done.outcome == Outcome::Success { replayed } else { done.outcome };
        Ok(outcome.into())
    }

    /// Starts this program again to give the report to Criterion, which reads the command line of its process.
    fn start_replay(&self, report: &Path, selection: (&Vec<String>, &Vec<String>), options: &BenchOptions) -> Outcome {
        let run = || -> std::io::Result<bool> {
            let mut criterion = Command::new(std::env::current_exe()?)
                .args(options.criterion.to_args(std::io::stdout().is_terminal()))
                .env(REPLAY_VARIABLE, report)
                .env(REPLAY_SELECT_VARIABLE, serde_json::to_string(&selection)?)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()?;
            let stderr = criterion.stderr.take().map(|stderr| std::thread::spawn(move || pass_errors(stderr)));
            if let Some(stdout) = criterion.stdout.take() {
                // Messages for programs must be the only output on stdout.
                let shown = options.measure.message_format == MessageFormat::Human;
                pass_results(stdout, shown, options.criterion.verbose)?;
            }
            if let Some(stderr) = stderr {
                // The thread only prints, and has no error to report.
                let _ = stderr.join();
            }
            Ok(criterion.wait()?.success())
        };
        match run() {
            Ok(true) => Outcome::Success,
            Ok(false) => {
                say_on_stderr(format_args!(
                    "error: Criterion did not accept the samples; the report itself is complete: {}",
                    report.display()
                ));
                Outcome::HarnessError
            }
            Err(error) => {
                say_on_stderr(format_args!("error: cannot start Criterion on {}: {error}", report.display()));
                Outcome::HarnessError
            }
        }
    }
}

/// Passes on Criterion's stderr, without its progress messages.
fn pass_errors(stderr: impl Read) {
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        if !output::is_progress(&line) && !line.trim().is_empty() {
            say_on_stderr(format_args!("{line}"));
        }
    }
}

/// Passes on Criterion's results: those of whole runs, or all if `all` is set.
fn pass_results(stdout: impl Read, shown: bool, all: bool) -> std::io::Result<()> {
    let mut filter = output::WholeRunsOnly::default();
    let mut out = anstream::stdout().lock();
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        let plain = crate::text::plain(line.as_bytes());
        // If our stdout is closed, Criterion still has to finish, so its pipe stays open.
        if (filter.keeps(&plain) || all) && shown {
            let _ = writeln!(out, "{line}");
        }
    }
    Ok(())
}

fn replay_main(report: &Path) -> ExitCode {
    let patterns: (Vec<String>, Vec<String>) = std::env::var(REPLAY_SELECT_VARIABLE)
        .ok()
        .and_then(|json| serde_json::from_str(&json).ok())
        .unwrap_or_default();
    // A panic of Criterion is printed in one line, and the next series follows.
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("without a message");
        say_on_stderr(format_args!("error: Criterion panicked: {}", message.lines().next().unwrap_or_default()));
    }));
    let result = Selection::new(&patterns.0, &patterns.1).map_err(ReplayError::from);
    match result.and_then(|selection| replay(report, &selection)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(Outcome::HarnessError, error),
    }
}

/// Criterion's folder, found in the same way as Criterion does.
fn criterion_folder() -> PathBuf {
    std::env::var_os("CRITERION_HOME").map_or_else(|| target_folder().join("criterion"), PathBuf::from)
}

/// Cargo's target folder: the bench itself is in `<target>/release/deps`.
fn target_folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("CARGO_TARGET_DIR") {
        return PathBuf::from(folder);
    }
    let from_exe = std::env::current_exe().ok().and_then(|exe| {
        let target = exe.parent()?.parent()?.parent()?;
        target.join("CACHEDIR.TAG").is_file().then(|| target.to_owned())
    });
    from_exe.unwrap_or_else(|| PathBuf::from("target"))
}
