//! `compare`, `diff` and `show`: several compilers, two reports, a saved file.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::error::CliError;
use super::exit::Outcome;
use super::options::{OptionsError, SharedOptions, spec};
use super::progress::Progress;
use super::record::RecordOptions;
use super::{DEFAULT_SUITE, Result, interrupt_on_signals, out, say_on_stderr};
use crate::history::import;
use crate::model::{BenchmarkFindings, Comparison, Completion, Findings, MOST_RUNS, Metric, Report};
use crate::os::git::without_credentials;
use crate::report::file::Either;
use crate::report::{comparison, csv, file, html, markdown, page, terminal};
use crate::session::schedule::Wanted;
use crate::session::{self, CompareConfig, Config, DEFAULT_MAX_RUNS, DEFAULT_MIN_RUNS, StdOption};
use crate::suite::Selection;
use crate::text::visible_json;
use crate::verdict;

/// The default place of a comparison.
const DEFAULT_FOLDER: &str = "target/forc-perf/compare";
const DEFAULT_FILE: &str = "comparison.json";

/// Here `--pin` has no effect on sides that run at the same time.
const PIN_HELP: &str = "Where the sides take turns, keep forc and the harness on different processors. Sides that run at the \
                        same time have a core each in any case";

/// Options of `compare`.
#[derive(Clone, Debug, Args)]
#[command(mut_arg("pin", |pin| pin.help(PIN_HELP)))]
pub struct CompareOptions {
    /// The base, then the compilers to compare with it: each a path, a release (0.72.1), a fuelup toolchain (+name) or, with
    /// --sway, a revision (my-branch, HEAD~3, '.'). After the second, a word with `*`, `?` or `[` is a pattern of benchmarks
    #[arg(value_name = "BASE SIDE... [PATTERN...]", required = true, num_args = 1..)]
    pub words: Vec<String>,

    /// Benchmarks to measure: a part of an id (group/project/scenario), or a glob such as 'apps/*'
    #[arg(long, value_name = "PATTERN")]
    pub select: Vec<String>,

    #[command(flatten)]
    pub shared: SharedOptions,

    /// The std for projects that use the public one: `own` for each compiler's own, `base` for the base's on all sides, or
    /// a folder with a copy for all sides
    #[arg(long, value_name = "own|base|DIR", default_value = "own", env = "FORC_IMPLICIT_STD_PATH")]
    pub std: PathBuf,

    /// Time for all blocks together, without the warm-ups before them and the counting of instructions after them
    #[arg(long, value_name = "TIME", default_value_t = session::DEFAULT_BUDGET.into())]
    pub budget: humantime::Duration,

    /// Runs of each benchmark and side before anything is decided [default: 3, or --max-runs if that is less]
    #[arg(long, value_name = "N", value_parser = runs)]
    pub min_runs: Option<usize>,

    /// Maximum runs of each benchmark and side
    #[arg(long, value_name = "N", default_value_t = DEFAULT_MAX_RUNS, value_parser = runs)]
    pub max_runs: usize,

    /// The smallest change that matters: `1%` for times and memory, or `wall=2%` for one metric; may be repeated
    #[arg(long, value_name = "[METRIC=]PERCENT", value_parser = threshold)]
    pub threshold: Vec<Threshold>,

    /// Whether the runs of a block take place at the same time: `duet` on one core each, drawn at random for each block;
    /// `turns` one after the other; `auto` at the same time if there is a core for each side, including the control, but
    /// in turns with --record, as the history keeps times of builds that have the machine to themselves
    #[arg(long, value_enum, value_name = "HOW", default_value_t = ScheduleOption::Auto)]
    pub schedule: ScheduleOption,

    /// Measure the base twice, and print which differences are found between the two
    #[arg(long)]
    pub control: bool,

    /// Count instructions under valgrind, N times on each side: 40 to 90 times slower, but steadier than times
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "3",
          value_parser = clap::value_parser!(u16).range(2..=100))]
    pub instructions: Option<u16>,

    /// Count the instructions of only these benchmarks; may be repeated [default: all that are measured]
    #[arg(long, value_name = "PATTERN", requires = "instructions")]
    pub instructions_of: Vec<String>,

    /// Seed of the order of the runs [default: a new one each time; the comparison holds it]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Resume the interrupted comparison
    #[arg(long)]
    pub resume: bool,

    /// Write the comparison to this file, and nothing else
    /// [default: comparison, charts and page in target/forc-perf/compare]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    #[command(flatten)]
    pub record: RecordOptions,

    #[command(flatten)]
    pub show: ShowOptions,
}

/// How a comparison is shown, and which results make the command fail.
#[derive(Clone, Debug, Args)]
pub struct ShowOptions {
    /// How the comparison is printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Terminal)]
    pub format: Format,

    /// Show undecided results as well
    #[arg(long)]
    pub all: bool,

    /// Which results give an exit code other than 0: a regression (5), or also an undecided benchmark (6)
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = FailOn::Regression)]
    pub fail_on: FailOn,
}

/// Options of `diff`.
#[derive(Clone, Debug, Args)]
pub struct DiffOptions {
    /// The base's report
    pub base: PathBuf,
    /// The report to compare with it
    pub other: PathBuf,

    #[command(flatten)]
    pub pair: PairOptions,
}

/// How two reports are compared, from files or from a history.
#[derive(Clone, Debug, Args)]
pub struct PairOptions {
    /// Compare reports of different machines as well
    #[arg(long)]
    pub force: bool,

    /// The smallest change that matters: `1%` for times and memory, or `wall=2%` for one metric; may be repeated
    #[arg(long, value_name = "[METRIC=]PERCENT", value_parser = threshold)]
    pub threshold: Vec<Threshold>,

    /// Write the comparison to this file
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    #[command(flatten)]
    pub show: ShowOptions,
}

/// How a comparison is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people at a terminal
    Terminal,
    /// For a comment on a pull request
    Markdown,
    /// All details, for programs
    Json,
    /// One self-contained page
    Html,
    /// One row per figure, for spreadsheets
    Csv,
    /// One row per pair of measured values
    SamplesCsv,
}

/// Whether the sides of a block run at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScheduleOption {
    /// At the same time if there is a core for each
    Auto,
    /// One after the other
    Turns,
    /// At the same time, as many as there are cores
    Duet,
}

impl From<ScheduleOption> for Wanted {
    fn from(option: ScheduleOption) -> Self {
        match option {
            ScheduleOption::Auto => Self::Auto,
            ScheduleOption::Turns => Self::Turns,
            ScheduleOption::Duet => Self::Duet,
        }
    }
}

/// Which results give an exit code other than 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum FailOn {
    /// None
    Never,
    /// A regression
    Regression,
    /// A regression, or a benchmark that was not reached or has an undecided figure among those that decide its verdict
    Undecided,
}

/// The smallest change that matters, in one metric or in all that have no exact values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    metric: Option<Metric>,
    fraction: f64,
}

fn runs(text: &str) -> std::result::Result<usize, String> {
    match text.parse() {
        Ok(runs @ 2..=MOST_RUNS) => Ok(runs),
        _ => Err(format!("expected a number from 2 to {MOST_RUNS}")),
    }
}

fn threshold(text: &str) -> std::result::Result<Threshold, String> {
    let (metric, percent) = match text.split_once('=') {
        Some((name, percent)) => {
            let metric = Metric::compared_called(name).ok_or_else(|| {
                format!("`{name}` is not a compared metric; expected one of {}", verdict::metric_names().join(", "))
            })?;
            (Some(metric), percent)
        }
        None => (None, text),
    };
    let value: f64 = percent
        .trim()
        .trim_end_matches('%')
        .trim()
        .parse()
        .map_err(|_| format!("`{percent}` is not a percentage; write for instance 2% or wall=0.5%"))?;
    if !(0.0..=1000.0).contains(&value) {
        return Err(format!("{value} % is not a threshold; expected 0 % to 1000 %"));
    }
    Ok(Threshold { metric, fraction: value / 100.0 })
}

fn thresholds(given: &[Threshold]) -> BTreeMap<Metric, f64> {
    let mut thresholds = BTreeMap::new();
    // A threshold for one metric overrides one for all, in any order.
    for threshold in given.iter().filter(|threshold| threshold.metric.is_none()) {
        thresholds.extend(verdict::noisy_metrics().map(|metric| (metric, threshold.fraction)));
    }
    thresholds.extend(given.iter().filter_map(|threshold| Some((threshold.metric?, threshold.fraction))));
    thresholds
}

impl CompareOptions {
    /// The compilers and the patterns among the words.
    fn sides_and_patterns(&self) -> (Vec<&str>, Vec<String>) {
        let mut sides = Vec::new();
        let mut patterns = self.select.clone();
        for word in &self.words {
            if sides.len() >= 2 && word.contains(['*', '?', '[']) {
                patterns.push(word.clone());
            } else {
                sides.push(word.as_str());
            }
        }
        (sides, patterns)
    }

    fn config(&self) -> std::result::Result<CompareConfig, OptionsError> {
        let (names, patterns) = self.sides_and_patterns();
        // Not left to the parser: it counts the words of each place where they stand, and options may stand between them.
        if names.len() < 2 {
            return Err(OptionsError::OneSide);
        }
        let std = match self.std.to_str() {
            Some("own") => StdOption::Own,
            Some("base") => StdOption::Base,
            _ => StdOption::Folder(self.std.clone()),
        };
        let folder = if let StdOption::Folder(folder) = &std { Some(folder) } else { None };
        let defaults = Config { checkup: true, seed: self.seed, ..Config::new(DEFAULT_SUITE) };
        let measure = self.shared.config(&patterns, folder, &defaults)?;
        let sides = names.into_iter().map(|name| Ok((name.to_owned(), spec(OsStr::new(name), &measure.locator)?)));
        let sides = sides.collect::<std::result::Result<Vec<_>, OptionsError>>()?;
        let min_runs = self.min_runs.unwrap_or_else(|| DEFAULT_MIN_RUNS.min(self.max_runs));
        if min_runs > self.max_runs {
            return Err(OptionsError::MinRuns { min: min_runs, max: self.max_runs });
        }
        let schedule = match (self.schedule, self.record.is_asked_for()) {
            (ScheduleOption::Duet, true) => {
                return Err(OptionsError::RecordDuet);
            }
            (ScheduleOption::Auto, true) => Wanted::Turns,
            (schedule, _) => schedule.into(),
        };
        Ok(CompareConfig {
            measure,
            sides,
            std,
            schedule,
            control: self.control,
            budget: self.budget.into(),
            min_runs,
            max_runs: self.max_runs,
            thresholds: thresholds(&self.threshold),
            instructions: self.instructions.map(usize::from),
            counted: Selection::new(&self.instructions_of, &[])?,
            command: command_line(),
            journal: Some(self.journal()),
            resume: self.resume,
        })
    }

    fn file(&self) -> PathBuf {
        self.output.clone().unwrap_or_else(|| Path::new(DEFAULT_FOLDER).join(DEFAULT_FILE))
    }

    /// The file beside the comparison from which it can be resumed.
    fn journal(&self) -> PathBuf {
        let mut name = self.file().into_os_string();
        name.push(".journal");
        name.into()
    }
}

/// The command line as it was typed, without the folder of the program.
fn command_line() -> Vec<String> {
    let typed = std::env::args_os().skip(1).map(|word| without_credentials(&word.to_string_lossy()));
    std::iter::once("forc-perf".to_owned()).chain(typed).collect()
}

/// Compares compilers.
pub fn compare(options: &CompareOptions) -> Result<Outcome> {
    let config = options.config()?;
    let path = options.file();
    file::check_file_writable(&path)?;
    options.record.check()?;
    let interrupt = interrupt_on_signals()?;
    let mut progress = Progress::new();
    let result = session::compare(&config, &interrupt, &mut |event| progress.on(&event));
    progress.finish();
    let comparison = result?;
    let kept = super::save(&path, "comparison", |path| file::write_comparison(&comparison, path));
    let recorded = options.record.record(&import::reports_of(&comparison), config.measure.locator.sway.as_ref());
    // The verdicts are printed even if they could not be written or recorded.
    let printed = print(&comparison, &options.show);
    kept?;
    printed?;
    let recorded = recorded?;
    options.record.record_control(&comparison)?;
    let interrupted = comparison.completion == Completion::Interrupted;
    if !interrupted {
        let _ = std::fs::remove_file(options.journal());
    }
    let drawn = match &options.output {
        None if comparison.has_measurements() => Some(page::write_comparison(&comparison, Path::new(DEFAULT_FOLDER))?),
        _ => None,
    };
    // To stderr: stdout may hold JSON or Markdown.
    let mut lines = vec![format!("comparison: {}", path.display())];
    lines.extend(drawn.map(|page| format!("page:       {}", page.display())));
    lines.extend(options.record.summary(&recorded));
    if interrupted {
        lines.push("the same command with --resume resumes where this one was interrupted".to_owned());
    }
    say_on_stderr(format_args!("{}", lines.join("\n")));
    Ok(outcome(&comparison, options.show.fail_on))
}

/// Compares two reports.
pub fn diff(options: &DiffOptions) -> Result<Outcome> {
    let base = file::read(&options.base)?;
    let other = file::read(&options.other)?;
    let names = [&options.base, &options.other].map(|path| path.display().to_string());
    judge([base, other], names, &options.pair)
}

/// Compares two reports with these names, and prints the result.
pub(super) fn judge(reports: [Report; 2], names: [String; 2], options: &PairOptions) -> Result<Outcome> {
    let comparison = verdict::of_reports(reports, names, &thresholds(&options.threshold), options.force)?;
    if let Some(path) = &options.output {
        super::save(path, "comparison", |path| file::write_comparison(&comparison, path))?;
    }
    print(&comparison, &options.show)?;
    Ok(outcome(&comparison, options.show.fail_on))
}

/// Shows a saved report or comparison.
pub fn show(path: &Path, options: &ShowOptions) -> Result<Outcome> {
    match file::read_either(path)? {
        Either::Comparison(comparison) => {
            print(&*comparison, options)?;
            Ok(outcome(&comparison, options.fail_on))
        }
        Either::Report(report) => {
            print(&*report, options)?;
            Ok(Outcome::of(&report))
        }
    }
}

/// What can be printed in every [`Format`].
trait Printable: serde::Serialize {
    /// Its name in messages.
    const NAME: &'static str;
    fn terminal(&self, all: bool) -> String;
    fn markdown(&self) -> String;
    fn html(&self) -> String;
    fn csv(&self) -> String;
    fn samples_csv(&self) -> String;
}

impl Printable for Report {
    const NAME: &'static str = "report";

    fn terminal(&self, _all: bool) -> String {
        terminal::render(self, None, out::width())
    }

    fn markdown(&self) -> String {
        markdown::report(self)
    }

    fn html(&self) -> String {
        html::index(self)
    }

    fn csv(&self) -> String {
        csv::figures(self)
    }

    fn samples_csv(&self) -> String {
        csv::samples(self)
    }
}

impl Printable for Comparison {
    const NAME: &'static str = "comparison";

    fn terminal(&self, all: bool) -> String {
        comparison::terminal(self, all, out::width())
    }

    fn markdown(&self) -> String {
        comparison::markdown(self)
    }

    fn html(&self) -> String {
        comparison::html(self)
    }

    fn csv(&self) -> String {
        comparison::csv(self)
    }

    fn samples_csv(&self) -> String {
        comparison::samples_csv(self)
    }
}

fn print<T: Printable>(shown: &T, options: &ShowOptions) -> Result<()> {
    let text = match options.format {
        Format::Terminal => {
            out::print_coloured(&shown.terminal(options.all));
            return Ok(());
        }
        Format::Markdown => shown.markdown(),
        Format::Json => {
            let text = serde_json::to_string_pretty(shown);
            let text = text.map_err(|source| CliError::Json { what: T::NAME, source })?;
            visible_json(&text).into_owned() + "\n"
        }
        Format::Html => shown.html(),
        Format::Csv => shown.csv(),
        Format::SamplesCsv => shown.samples_csv(),
    };
    out::print_document(&text);
    Ok(())
}

/// How a command ends after it has shown this comparison.
fn outcome(comparison: &Comparison, fail_on: FailOn) -> Outcome {
    let answers = || comparison.answers().flat_map(|findings| &findings.benchmarks);
    // A difference between a binary and itself comes from the machine, and must not fail a build.
    let compilers = || comparison.different_compilers();
    let failed = answers().any(|benchmark| benchmark.failed.is_some());
    let broken = comparison.skipped.iter().any(|skipped| skipped.broken);
    if comparison.completion == Completion::Interrupted {
        Outcome::Interrupted
    } else if failed {
        Outcome::BenchmarkFailed
    } else if !comparison.has_measurements() {
        Outcome::NothingMeasured
    } else if fail_on >= FailOn::Regression && compilers().any(Findings::has_regressed) {
        Outcome::Regression
    } else if broken {
        Outcome::BenchmarkFailed
    } else if fail_on >= FailOn::Undecided && compilers().flat_map(|it| &it.benchmarks).any(BenchmarkFindings::is_open)
    {
        Outcome::Undecided
    } else {
        Outcome::Success
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Verdict;
    use crate::testing::compare::{figure, finding, found};

    #[test]
    fn sides_and_patterns_may_stand_before_and_after_options() {
        let words = |line: &str| {
            let Ok(cli) = <Parser as clap::Parser>::try_parse_from(line.split(' ')) else { return None };
            let Parser { options } = cli;
            let (sides, patterns) = options.sides_and_patterns();
            Some((sides.join(" "), patterns.join(" "), matches!(options.config(), Err(OptionsError::OneSide))))
        };
        let expected = |sides: &str, patterns: &str, alone| Some((sides.to_owned(), patterns.to_owned(), alone));
        assert_eq!(words("compare a b --counters apps/*"), expected("a b", "apps/*", false));
        assert_eq!(words("compare a --counters b c"), expected("a b c", "", false));
        assert_eq!(words("compare a --counters"), expected("a", "", true));
        assert_eq!(words("compare --counters"), None);
    }

    #[derive(clap::Parser)]
    struct Parser {
        #[command(flatten)]
        options: CompareOptions,
    }

    #[test]
    fn an_improvement_beside_an_undecided_figure_fails_if_undecided_ones_are_to_fail() {
        let wall = |verdict| figure(Metric::Wall, 1e8, (1.085, 0.882, 1.38), verdict);
        let memory = |verdict| figure(Metric::PeakMemory, 1e8, (0.63, 0.62, 0.64), verdict);
        let ended = |fail_on, verdict, figures| {
            let finding = finding("g/p/debug", verdict, figures);
            outcome(&found(vec![vec![finding]]), fail_on)
        };
        let part = || vec![wall(Verdict::Undecided), memory(Verdict::Improved)];
        assert_eq!(ended(FailOn::Undecided, Verdict::Improved, part()), Outcome::Undecided);
        assert_eq!(ended(FailOn::Regression, Verdict::Improved, part()), Outcome::Success);
        let whole = vec![wall(Verdict::Equal), memory(Verdict::Improved)];
        assert_eq!(ended(FailOn::Undecided, Verdict::Improved, whole), Outcome::Success);
        // A metric that only explains does not count.
        let disk = vec![figure(Metric::DiskRead, 1e6, (1.5, 0.5, 2.5), Verdict::Undecided), wall(Verdict::Equal)];
        assert_eq!(ended(FailOn::Undecided, Verdict::Equal, disk), Outcome::Success);
        // A benchmark that was not reached beside one that was.
        let mut unreached = finding("g/q/debug", Verdict::Equal, Vec::new());
        unreached.verdict = None;
        let fine = finding("g/p/debug", Verdict::Equal, vec![wall(Verdict::Equal)]);
        let both = found(vec![vec![fine, unreached]]);
        assert_eq!(outcome(&both, FailOn::Undecided), Outcome::Undecided);
        assert_eq!(outcome(&both, FailOn::Regression), Outcome::Success);
    }

    #[test]
    fn the_same_size_alone_is_nothing_measured_and_all_together_may_regress() {
        let size = || vec![figure(Metric::BytecodeSize, 1e4, (1.0, 1.0, 1.0), Verdict::Equal)];
        let mut alone = finding("g/p/debug", Verdict::Equal, size());
        alone.verdict = BenchmarkFindings::verdict_of(&alone.figures);
        assert_eq!(outcome(&found(vec![vec![alone]]), FailOn::Regression), Outcome::NothingMeasured);
        let wall = || vec![figure(Metric::Wall, 1e8, (1.03, 0.99, 1.07), Verdict::Undecided)];
        let all = ["g/p/debug", "g/q/debug"].map(|id| finding(id, Verdict::Undecided, wall()));
        let mut together = found(vec![all.to_vec()]);
        assert_eq!(outcome(&together, FailOn::Regression), Outcome::Success);
        together.findings[0].totals = vec![crate::model::Total {
            metric: Metric::Wall,
            phase: None,
            ratio: 1.03,
            low: Some(1.02),
            high: Some(1.04),
            confidence: 0.99,
            threshold: 0.01,
            p_value: None,
            verdict: Verdict::Regressed,
            benchmarks: 2,
        }];
        assert_eq!(outcome(&together, FailOn::Regression), Outcome::Regression);
        assert_eq!(outcome(&together, FailOn::Never), Outcome::Success);
    }

    #[test]
    fn a_binary_compared_with_itself_fails_no_build() {
        let wall = figure(Metric::Wall, 1e8, (1.4, 1.3, 1.5), Verdict::Regressed);
        let finding = || finding("g/p/debug", Verdict::Regressed, vec![wall.clone()]);
        let mut comparison = found(vec![vec![finding()], vec![finding()]]);
        assert_eq!(outcome(&comparison, FailOn::Undecided), Outcome::Regression);
        let of_base = comparison.sides[0].toolchain.sha256.clone();
        comparison.sides[1].toolchain.sha256.clone_from(&of_base);
        assert_eq!(outcome(&comparison, FailOn::Undecided), Outcome::Regression, "of the other side");
        comparison.sides[2].toolchain.sha256 = of_base;
        assert_eq!(outcome(&comparison, FailOn::Undecided), Outcome::Success);
        comparison.sides[2].std = Some("/another/std".into());
        assert_eq!(outcome(&comparison, FailOn::Undecided), Outcome::Regression, "with another std");
        comparison.sides[2].std = None;
        comparison.sides[2].toolchain.is_script = true;
        assert_eq!(outcome(&comparison, FailOn::Undecided), Outcome::Regression, "what it runs is not known");
    }

    #[test]
    fn thresholds_are_per_cent_of_one_metric_or_of_all() {
        assert_eq!(threshold("2%"), Ok(Threshold { metric: None, fraction: 0.02 }));
        assert_eq!(threshold("wall=0.5 %"), Ok(Threshold { metric: Some(Metric::Wall), fraction: 0.005 }));
        assert_eq!(threshold("peak-memory=3"), Ok(Threshold { metric: Some(Metric::PeakMemory), fraction: 0.03 }));
        for wrong in ["", "x", "wall", "wall=", "walls=1%", "-1%", "nan", "inf%"] {
            assert!(threshold(wrong).is_err(), "{wrong}");
        }
        let both = thresholds(&[threshold("wall=5%").unwrap(), threshold("2%").unwrap()]);
        assert_eq!((both[&Metric::Wall], both[&Metric::Cpu]), (0.05, 0.02));
        assert_eq!(both.get(&Metric::BytecodeSize), None, "a file's size is exact, and any change of it is one");
    }
}
