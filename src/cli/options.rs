//! The options that several commands share: what to measure, and how.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::collector::{DEFAULT_INTERVAL, DEFAULT_TIME_LIMIT, MIN_INTERVAL};
use crate::forc::revision::BuildSettings;
use crate::forc::source::{SWAY_VARIABLE, SourceError};
use crate::forc::spec::SpecError;
use crate::forc::{Locator, SwaySource, ToolchainSpec};
use crate::model::MOST_RUNS;
use crate::session::Config;
use crate::session::schedule;
use crate::suite::{Scenario, SelectError, Selection};

/// Options of `list`.
#[derive(Clone, Debug, Args)]
pub struct ListOptions {
    /// Benchmarks to list: a part of an id (group/project/scenario), or a glob such as 'apps/*' or '*/release'
    #[arg(value_name = "SELECT")]
    pub select: Vec<String>,

    #[command(flatten)]
    pub suite: SuiteOptions,

    /// Compiler, as for `run`; a list does not depend on it
    #[arg(long, value_name = "SPEC")]
    pub forc: Option<OsString>,

    #[command(flatten)]
    pub sway: SwayOptions,
}

/// The options of every command that measures: `cargo bench`, `run`, `nightly`, `compare` and `backfill`.
///
/// Each has a counterpart in [`Config`], which [`SharedOptions::config`] sets: a new option is a field here, a field there,
/// and a line between the two.
#[derive(Clone, Debug, Args)]
pub struct SharedOptions {
    #[command(flatten)]
    pub suite: SuiteOptions,

    #[command(flatten)]
    pub sway: SwayOptions,

    /// Time between two frames, 1ms or more
    #[arg(long, value_name = "TIME", value_parser = interval, default_value_t = DEFAULT_INTERVAL.into())]
    pub interval: humantime::Duration,

    /// Time after which a run is stopped as hung
    #[arg(long, value_name = "TIME", default_value_t = DEFAULT_TIME_LIMIT.into())]
    pub time_limit: humantime::Duration,

    /// Keep forc and the harness on different processors
    #[arg(long, value_enum, default_value_t = Pin::Auto)]
    pub pin: Pin,

    /// Count instructions, cycles, branches and cache misses (where the processor allows it), and page faults, context
    /// switches and migrations, of each run and each phase
    #[arg(long)]
    pub counters: bool,
}

/// The projects, and how they are built.
#[derive(Clone, Debug, Args)]
pub struct SuiteOptions {
    /// Benchmarks to leave out: a part of an id, or a glob
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<String>,

    /// Only projects with this tag; may be repeated for any of several
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,

    /// Folder of Sway projects, or a list of target projects (a .toml file) [default: fixtures]
    #[arg(long, value_name = "DIR", env = "FORC_PERF_SUITE")]
    pub suite: Option<PathBuf>,

    /// Build every project in this way instead of as its manifest says: debug, release, 'debug --tests'; may be repeated
    #[arg(long, value_name = "SCENARIO")]
    pub scenario: Vec<Scenario>,

    /// Folder that projects may read through links and path dependencies, besides their own repository and the folders of
    /// --std and --sway; may be repeated
    #[arg(long, value_name = "DIR")]
    pub allow_path: Vec<PathBuf>,
}

/// Where revisions of the compiler come from, and how they are built.
#[derive(Clone, Debug, Default, Args)]
pub struct SwayOptions {
    /// Checkout of the Sway compiler, or the URL of its repository: a compiler may then be a branch, tag or commit of it, or
    /// '.' for its current work tree. The checkout itself is not changed
    #[arg(long, value_name = "DIR|URL", env = SWAY_VARIABLE)]
    pub sway: Option<OsString>,

    /// Flags for the `cargo build` of a revision, with shell quoting
    #[arg(long, value_name = "FLAGS", env = "FORC_PERF_CARGO_FLAGS", allow_hyphen_values = true)]
    pub cargo_flags: Option<String>,
}

/// Why the options cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    /// A pattern is malformed.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// A compiler's name is malformed.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// A revision is named, but no repository.
    #[error(transparent)]
    NoSource(#[from] SourceError),
    /// The flags for cargo end within quotes.
    #[error("--cargo-flags `{0}` ends within quotes or after a backslash")]
    CargoFlags(String),
    /// One compiler cannot be compared with itself.
    #[error(
        "compare needs two compilers: the base, then one or more sides; for instance `forc-perf compare 0.71.2 0.72.1`"
    )]
    OneSide,
    /// More runs are needed before a decision than may be made.
    #[error("--min-runs {min} is more than --max-runs {max}")]
    MinRuns {
        /// The fewest runs.
        min: usize,
        /// The most runs.
        max: usize,
    },
    /// The history keeps no times of builds that ran beside others.
    #[error(
        "--record needs builds that have the machine to themselves, and --schedule duet runs two at the same time: use only \
         one of the two options"
    )]
    RecordDuet,
    /// The commits to measure are read from a checkout.
    #[error("the commits are read from a checkout: give its folder with --sway DIR")]
    NoCheckout,
}

impl SwayOptions {
    /// The repository and flags. Empty values count as absent.
    ///
    /// # Errors
    /// If the flags for cargo are malformed.
    pub fn locator(&self) -> Result<Locator, OptionsError> {
        let sway = self.sway.clone().filter(|sway| !sway.is_empty()).map(SwaySource::from);
        let flags = self.cargo_flags.as_deref().unwrap_or_default();
        let cargo_flags = shlex::split(flags).ok_or_else(|| OptionsError::CargoFlags(flags.to_owned()))?;
        Ok(Locator { sway, settings: BuildSettings { cargo_flags } })
    }
}

/// Reads the name of a compiler, and checks that a revision has a repository.
///
/// # Errors
/// If it names no compiler.
pub fn spec(text: &OsStr, locator: &Locator) -> Result<ToolchainSpec, OptionsError> {
    match locator.parse(text)? {
        ToolchainSpec::Revision(name) if locator.sway.is_none() => Err(SourceError::NoSource(name).into()),
        spec => Ok(spec),
    }
}

/// Options of `cargo bench`, `run` and `nightly`: one compiler.
#[derive(Clone, Debug, Args)]
pub struct MeasureOptions {
    /// Benchmarks to measure: a part of an id (group/project/scenario), or a glob such as 'apps/*' or '*/release'
    #[arg(value_name = "SELECT")]
    pub select: Vec<String>,

    /// Compiler: a path, a release (0.72.1), a fuelup toolchain (+name) or, with --sway, a revision (my-branch, HEAD~3, '.')
    /// [default: $FORC_PERF_FORC, else forc on PATH, else the pinned release, built if it is not there]
    #[arg(long, value_name = "SPEC")]
    pub forc: Option<OsString>,

    #[command(flatten)]
    pub shared: SharedOptions,

    /// Local copy of the public std, for the projects that use it [default: the one of the compiler's revision, if any]
    #[arg(long, value_name = "DIR", env = "FORC_IMPLICIT_STD_PATH")]
    pub std: Option<PathBuf>,

    /// Runs of each benchmark [default: 10 to 50, as many as fit into the budget]
    #[arg(long, value_name = "N", alias = "sample-size", value_parser = clap::value_parser!(u32).range(1..=MOST_RUNS as i64))]
    pub samples: Option<u32>,

    /// Time for all runs together, if their number is not given
    #[arg(long, value_name = "TIME", default_value_t = schedule::DEFAULT_BUDGET.into())]
    pub budget: humantime::Duration,

    /// Quick look: 3 runs of each benchmark, no Criterion statistics
    #[arg(long, conflicts_with = "samples")]
    pub quick: bool,

    /// Seed of the order of the runs [default: a new one each time; the report holds it]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// How results are printed: a table for people, or one JSON object per line for programs
    #[arg(long, value_enum, value_name = "FORMAT", visible_alias = "format", default_value_t = MessageFormat::Human)]
    pub message_format: MessageFormat,
}

/// Whether forc and the harness run on different processors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Pin {
    /// If there are two processors or more
    Auto,
    /// Never
    Never,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MessageFormat {
    /// A table for people
    #[value(alias = "table")]
    Human,
    /// One JSON object per line, for programs
    Json,
}

/// When colours are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal that supports them, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Colour {
    /// Applies to everything that is printed from now on.
    pub fn choose(self) {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

/// Runs of each benchmark in a quick look.
pub const QUICK_SAMPLES: usize = 3;

fn interval(text: &str) -> Result<humantime::Duration, String> {
    let interval: humantime::Duration = text.parse().map_err(|error: humantime::DurationError| error.to_string())?;
    if *interval < MIN_INTERVAL {
        return Err(format!(
            "the shortest interval is {MIN_INTERVAL:?}: reading the process more often would slow it down"
        ));
    }
    Ok(interval)
}

impl SuiteOptions {
    /// The benchmarks that match `select`, or all.
    ///
    /// # Errors
    /// If a pattern is malformed.
    pub fn selection(&self, select: &[String]) -> Result<Selection, SelectError> {
        Ok(Selection::new(select, &self.exclude)?.with_tags(self.tag.clone()))
    }

    /// The folders that projects may read besides their own repositories: those that the user names.
    pub fn allowed(&self, locator: &Locator, std: Option<&PathBuf>) -> Vec<PathBuf> {
        let sway = match &locator.sway {
            Some(SwaySource::Folder(folder)) => Some(folder),
            _ => None,
        };
        self.allow_path.iter().chain(sway).chain(std).cloned().collect()
    }
}

impl SharedOptions {
    /// The settings that these options give: the benchmarks that match `select`, and the paths that a project may read,
    /// among them `std`. What they leave open is taken from `defaults`.
    ///
    /// # Errors
    /// If a pattern or the flags for cargo are malformed.
    pub fn config(&self, select: &[String], std: Option<&PathBuf>, defaults: &Config) -> Result<Config, OptionsError> {
        let mut locator = self.sway.locator()?;
        locator.sway = locator.sway.or_else(|| defaults.locator.sway.clone());
        if self.sway.cargo_flags.is_none() {
            locator.settings = defaults.locator.settings.clone();
        }
        Ok(Config {
            suite: self.suite.suite.clone().unwrap_or_else(|| defaults.suite.clone()),
            selection: self.suite.selection(select)?,
            scenarios: self.suite.scenario.clone(),
            allowed: self.suite.allowed(&locator, std),
            locator,
            interval: self.interval.into(),
            time_limit: self.time_limit.into(),
            pin: self.pin == Pin::Auto,
            counters: self.counters,
            ..defaults.clone()
        })
    }
}

impl MeasureOptions {
    /// The settings that these options give. What they leave open is taken from `defaults`.
    ///
    /// # Errors
    /// If a pattern or the flags for cargo are malformed, or `--forc` names no compiler.
    pub fn config(&self, defaults: &Config) -> Result<Config, OptionsError> {
        let std = self.std.clone().or_else(|| defaults.std.clone());
        let config = self.shared.config(&self.select, std.as_ref(), defaults)?;
        let forc = self.forc.as_deref().map(|text| spec(text, &config.locator)).transpose()?;
        let samples = if self.quick { Some(QUICK_SAMPLES) } else { self.samples.map(|samples| samples as usize) };
        Ok(Config {
            forc: forc.or_else(|| defaults.forc.clone()),
            std,
            samples: samples.or(defaults.samples),
            budget: self.budget.into(),
            seed: self.seed,
            ..config
        })
    }
}
