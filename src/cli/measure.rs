//! A measurement and its output: the report, the charts, the page, the table. Shared by `cargo bench`, `run` and `nightly`.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::error::CliError;
use super::exit::Outcome;
use super::options::MessageFormat;
use super::progress::Progress;
use super::{interrupt_on_signals, out, say, say_json, say_on_stderr};
use crate::model::{Completion, Measured, Report};
use crate::os::Interrupt;
use crate::report::{file, page, terminal};
use crate::session::schedule::MIN_SAMPLES;
use crate::session::{self, Config, SessionEvent};
use crate::verdict::{self, Changes, ReportsError};
use crate::words::checkup;

/// Where results are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// `report.json`, the charts and `index.html` in this folder.
    Folder(PathBuf),
    /// The report alone in this file.
    File(PathBuf),
    /// Nowhere: only the table is shown.
    Nowhere,
}

impl Destination {
    /// The path of the report.
    pub fn report(&self) -> Option<PathBuf> {
        match self {
            Self::Folder(folder) => Some(folder.join("report.json")),
            Self::File(file) => Some(file.clone()),
            Self::Nowhere => None,
        }
    }
}

/// A finished measurement.
#[derive(Debug)]
pub struct Done {
    /// How it went.
    pub outcome: Outcome,
    /// The report.
    pub report: Report,
    /// Where it was written, if it was.
    pub report_path: Option<PathBuf>,
    /// When the compiler was found and the suite read.
    pub began: Instant,
    /// What changed since the previous full report at that place, or the latest one; `None` if there is none.
    pub changes: Option<Result<Changes, ReportsError>>,
}

/// Measures according to `config` and writes the report to `destination`: also after an interrupt, and to the temporary
/// folder if the destination is full.
///
/// # Errors
/// If there is no compiler, no suite, or nowhere to write to.
pub fn measure(config: &Config, destination: &Destination, format: MessageFormat) -> Result<Done, CliError> {
    measure_within(config, destination, format, None)
}

/// As [`measure`], but interrupted after `limit`, including the time to get the compiler. The report holds what was measured
/// until then.
///
/// # Errors
/// As [`measure`].
pub fn measure_within(
    config: &Config,
    destination: &Destination,
    format: MessageFormat,
    limit: Option<Duration>,
) -> Result<Done, CliError> {
    match destination {
        Destination::Folder(folder) => file::check_writable(folder)?,
        Destination::File(path) => file::check_file_writable(path)?,
        Destination::Nowhere => {}
    }
    let interrupt = interrupt_on_signals()?;
    let _limit = limit.map(|limit| Limit::new(limit, interrupt.clone()));
    let mut progress = Progress::new();
    let mut began = Instant::now();
    let result = session::measure(config, &interrupt, &mut |event| {
        if matches!(event, SessionEvent::Suite { .. }) {
            began = Instant::now();
        }
        if format == MessageFormat::Json {
            print_json(&event);
        }
        progress.on(&event);
    });
    progress.finish();
    let report = result?;
    // Read before the new report replaces it, but not before the measurement: the kernel counts the harness's own peak
    // memory into the peak of every process that it spawns.
    let latest = destination.report().and_then(|path| read_if_there(&path));
    let changes = changes(destination, latest.as_ref(), &report);
    let report_path = match destination.report() {
        Some(path) if keeps(&report, latest.as_ref()) => {
            match super::save(&path, "report", |path| file::write(&report, path)) {
                Ok(path) => {
                    if let Destination::Folder(folder) = destination
                        && is_full(config, &report)
                    {
                        keep_as_full(&path, &folder.join(FULL_REPORT));
                    }
                    Some(path)
                }
                Err(error) => {
                    // The figures are printed even if the file cannot be written.
                    print_figures(&report, changes.as_ref(), format);
                    return Err(error.into());
                }
            }
        }
        Some(path) => {
            say_on_stderr(format_args!("Nothing was measured; {} is unchanged.", path.display()));
            None
        }
        None => None,
    };
    Ok(Done { outcome: Outcome::of(&report), report, report_path, began, changes })
}

/// The time limit of a measurement. It ends when it is dropped.
struct Limit {
    done: mpsc::Sender<()>,
}

impl Limit {
    fn new(limit: Duration, interrupt: Interrupt) -> Self {
        let (done, ended) = mpsc::channel::<()>();
        // It sleeps until the limit or the end of the measurement, and takes no processor time from the compiler.
        std::thread::spawn(move || {
            if ended.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout) {
                interrupt.request();
            }
        });
        Self { done }
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        let _ = self.done.send(());
    }
}

/// The last report of the whole suite, beside the latest one. Without it, after a run of a single benchmark, the next run of
/// the suite could be compared with that one alone.
pub const FULL_REPORT: &str = "full.json";

/// The report at `path`; `None` if it cannot be read. A pipe is not read, as it could block forever.
fn read_if_there(path: &Path) -> Option<Report> {
    path.is_file().then(|| file::read(path).ok()).flatten()
}

/// What changed since the last full report, or since the latest one if no full one has a benchmark in common.
fn changes(
    destination: &Destination,
    latest: Option<&Report>,
    report: &Report,
) -> Option<Result<Changes, ReportsError>> {
    let full = match destination {
        Destination::Folder(folder) => read_if_there(&folder.join(FULL_REPORT)),
        Destination::File(_) | Destination::Nowhere => None,
    };
    let since = |previous: &Report| verdict::changes(previous, report);
    match full.as_ref().map(since) {
        Some(Ok(changes)) => Some(Ok(changes)),
        _ => latest.map(since),
    }
}

/// Whether the whole suite was measured, with enough runs for statistics.
fn is_full(config: &Config, report: &Report) -> bool {
    let mut measured = report.benchmarks.iter().filter(|benchmark| !benchmark.runs.is_empty());
    config.selection.is_everything()
        && config.scenarios.is_empty()
        && report.completion == Completion::Complete
        && measured.all(|benchmark| benchmark.runs.len() >= MIN_SAMPLES)
}

/// Links the report to a second name. Reports are replaced and never written in place, so the file does not change under
/// that name. On a file system without links, comparisons use the latest report.
fn keep_as_full(report: &Path, full: &Path) {
    let _ = std::fs::remove_file(full);
    let _ = std::fs::hard_link(report, full);
}

/// Prints the results (the table, or one message per benchmark), draws the charts and the page, and prints their paths.
///
/// # Errors
/// If the charts or the page cannot be drawn or written.
pub fn show(done: &Done, destination: &Destination, format: MessageFormat) -> Result<(), CliError> {
    print_figures(&done.report, done.changes.as_ref(), format);
    let page = match destination {
        Destination::Folder(folder) if done.report_path.is_some() => Some(page::write(&done.report, folder)?),
        _ => None,
    };
    print_finished(done, page.as_deref(), format);
    Ok(())
}

/// Prints the table, or one message per benchmark.
fn print_figures(report: &Report, changes: Option<&Result<Changes, ReportsError>>, format: MessageFormat) {
    match format {
        MessageFormat::Human => print_human(report, changes),
        MessageFormat::Json => {
            for benchmark in &report.benchmarks {
                print_line(&benchmark_json(benchmark));
            }
            if let Some(Ok(changes)) = changes {
                print_line(&json!({"reason": "changes", "changes": changes}));
            }
        }
    }
}

/// Whether the report is written: one without a run must not replace one with runs.
fn keeps(report: &Report, previous: Option<&Report>) -> bool {
    report.has_measurements() || previous.is_none_or(|previous| !previous.has_measurements())
}

fn print_human(report: &Report, changes: Option<&Result<Changes, ReportsError>>) {
    let text = terminal::render(report, changes.and_then(|changes| changes.as_ref().ok()), out::width());
    out::print_coloured(&text);
    if let Some(Err(ReportsError::Machine { .. })) = changes {
        say("\nThe previous report was measured on another machine: the two are not compared.");
    }
}

/// Prints the event as a line of JSON, if programs can use it.
fn print_json(event: &SessionEvent) {
    let message = match event {
        SessionEvent::Toolchain(toolchain) => json!({"reason": "toolchain", "toolchain": toolchain}),
        SessionEvent::Machine(machine) => {
            json!({"reason": "machine", "lines": checkup::brief(machine), "checks": machine.checks})
        }
        SessionEvent::Note(note) => json!({"reason": "note", "message": note}),
        SessionEvent::Suite { selected, skipped } => {
            json!({"reason": "suite", "selected": selected, "skipped": skipped})
        }
        SessionEvent::Plan { runs, benchmarks, expected } => json!({
            "reason": "plan", "runs": runs, "benchmarks": benchmarks, "expected_seconds": expected.as_secs_f64()
        }),
        SessionEvent::Failed { id, failure } => json!({
            "reason": "benchmark-failed", "id": id, "kind": failure.kind, "message": failure.message, "output": failure.output
        }),
        // Not during the measurement; the report has all runs.
        SessionEvent::Build(_) | SessionEvent::Fetch(_) | SessionEvent::WarmUp { .. } | SessionEvent::Run { .. } => {
            return;
        }
        // Only comparisons have these, and no JSON messages.
        SessionEvent::Blocks { .. }
        | SessionEvent::Round { .. }
        | SessionEvent::Count { .. }
        | SessionEvent::Warning(_) => return,
    };
    print_line(&message);
}

fn benchmark_json(benchmark: &Measured) -> serde_json::Value {
    json!({
        "reason": "benchmark", "id": benchmark.id, "runs": benchmark.runs.len(), "failures": benchmark.failures.len(),
        "metrics": benchmark.metrics, "phases": benchmark.phases
    })
}

/// Prints one message.
fn print_line(message: &serde_json::Value) {
    say_json(message);
}

/// The last message: the paths of the output.
fn print_finished(done: &Done, page: Option<&Path>, format: MessageFormat) {
    match format {
        MessageFormat::Json => print_line(&json!({
            "reason": "finished", "outcome": done.outcome.code(), "report": done.report_path, "page": page,
            "interrupted": done.report.completion == Completion::Interrupted
        })),
        MessageFormat::Human => {
            if let Some(path) = &done.report_path {
                say(format_args!("\nreport: {}", path.display()));
            }
            if let Some(page) = page {
                say(format_args!("page:   {}", page.display()));
            }
        }
    }
}
