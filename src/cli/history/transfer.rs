//! `history export`.

use std::io::{BufWriter, IsTerminal, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::find_report;
use super::show::WhichSeries;
use crate::cli::exit::Outcome;
use crate::cli::record::harness;
use crate::cli::{Result, out};
use crate::history::{History, HistoryError, export};
use crate::os::draft::Draft;

/// What to write, and how.
#[derive(Debug, Args)]
pub(super) struct ExportOptions {
    /// In which form
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Form::Jsonl)]
    format: Form,

    /// The report for the forms that hold one: its number or name, a commit, a release, a date, `latest` or `latest~N`
    #[arg(long, value_name = "REPORT", default_value = "latest")]
    report: String,

    #[command(flatten)]
    which: WhichSeries,

    /// Write to this file, whole or not at all [default: stdout]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The forms that a history can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// All of it, without loss: `history import` reads it
    Jsonl,
    /// The points of the series, a row each
    Csv,
    /// A report, for `bencher run --adapter json`
    Bencher,
    /// A report, for github-action-benchmark with `tool: customSmallerIsBetter`
    Github,
    /// A report, for Prometheus and what else reads OpenMetrics
    Openmetrics,
}

pub(super) fn export(history: &History, options: &ExportOptions) -> Result<Outcome> {
    let Some(path) = &options.output else {
        if std::io::stdout().is_terminal() {
            // For a person, and so harmless; nobody looks at more of it than fits into memory.
            let mut text = Vec::new();
            write(history, options, &mut text).map_err(Failed::told)?;
            out::print(&String::from_utf8_lossy(&text));
            return Ok(Outcome::Success);
        }
        let mut stdout = BufWriter::new(std::io::stdout().lock());
        return match write(history, options, &mut stdout) {
            // A reader that has seen enough and is gone is no error.
            Err(Failed::Write(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(Outcome::Success),
            done => done.map(|()| Outcome::Success).map_err(Failed::told),
        };
    };
    let failed =
        |error: &dyn std::fmt::Display| (Outcome::HarnessError, format!("cannot write {}: {error}", path.display()));
    let mut draft = Draft::of(path).map_err(|error| failed(&error))?;
    let mut writer = BufWriter::new(draft.file());
    write(history, options, &mut writer).map_err(Failed::told)?;
    writer.flush().map_err(|error| failed(&error))?;
    drop(writer);
    draft.finish().map_err(|error| failed(&error))?;
    Ok(Outcome::Success)
}

/// Why something could not be exported.
enum Failed {
    Write(std::io::Error),
    Told(Outcome, String),
}

impl Failed {
    fn told(self) -> (Outcome, String) {
        match self {
            Self::Write(error) => (Outcome::HarnessError, format!("the export cannot be written: {error}")),
            Self::Told(outcome, message) => (outcome, message),
        }
    }
}

impl From<HistoryError> for Failed {
    fn from(error: HistoryError) -> Self {
        match error {
            HistoryError::Export(error) => Self::Write(error),
            error => {
                let (outcome, message) = harness(error);
                Self::Told(outcome, message)
            }
        }
    }
}

impl From<(Outcome, String)> for Failed {
    fn from((outcome, message): (Outcome, String)) -> Self {
        Self::Told(outcome, message)
    }
}

impl From<export::CsvError> for Failed {
    fn from(error: export::CsvError) -> Self {
        match error {
            export::CsvError::History(error) => error.into(),
            // csv's own conversion hides what kind of error it was.
            export::CsvError::Write(error) => {
                let text = error.to_string();
                Self::Write(match error.into_kind() {
                    csv::ErrorKind::Io(error) => error,
                    _ => std::io::Error::other(text),
                })
            }
        }
    }
}

fn write(history: &History, options: &ExportOptions, to: &mut dyn Write) -> std::result::Result<(), Failed> {
    let report =
        || -> std::result::Result<_, Failed> { Ok(history.report(find_report(history, &options.report)?)?.report) };
    match options.format {
        Form::Jsonl => return Ok(history.export(to)?),
        Form::Csv => return Ok(export::csv(history, &options.which.find(history)?, to)?),
        Form::Bencher => writeln!(to, "{:#}", export::bencher(&report()?)),
        Form::Github => writeln!(to, "{:#}", export::github(&report()?)),
        Form::Openmetrics => to.write_all(export::openmetrics(&report()?).as_bytes()),
    }
    .and_then(|()| to.flush())
    .map_err(Failed::Write)
}
