//! `history export`.

use std::io::{BufWriter, IsTerminal, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::find_report;
use super::show::WhichSeries;
use crate::cli::error::CliError;
use crate::cli::exit::Outcome;
use crate::cli::{Result, out};
use crate::history::{History, HistoryError, export};
use crate::os::draft::Draft;
use crate::report::file::FileError;

/// What to export, and in which format.
#[derive(Debug, Args)]
pub(super) struct ExportOptions {
    /// The output format
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Form::Jsonl)]
    format: Form,

    /// The report, for formats that hold one: its number or name, a commit, a release, a date, `latest` or `latest~N`
    #[arg(long, value_name = "REPORT", default_value = "latest")]
    report: String,

    #[command(flatten)]
    which: WhichSeries,

    /// Write to this file, completely or not at all [default: stdout]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The formats of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// The whole history, without loss: `history import` reads it
    Jsonl,
    /// The points of the series, one per row
    Csv,
    /// A report, for `bencher run --adapter json`
    Bencher,
    /// A report, for github-action-benchmark with `tool: customSmallerIsBetter`
    Github,
    /// A report, for Prometheus and other readers of OpenMetrics
    Openmetrics,
}

pub(super) fn export(history: &History, options: &ExportOptions) -> Result<Outcome> {
    let Some(path) = &options.output else {
        if std::io::stdout().is_terminal() {
            // A terminal gets only harmless characters. Nobody reads more on one than fits into memory.
            let mut text = Vec::new();
            write(history, options, &mut text)?;
            out::print(&String::from_utf8_lossy(&text));
            return Ok(Outcome::Success);
        }
        let mut stdout = BufWriter::new(std::io::stdout().lock());
        return match write(history, options, &mut stdout) {
            // A reader that has seen enough has closed the pipe: not an error.
            Err(CliError::Export(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(Outcome::Success),
            done => done.map(|()| Outcome::Success),
        };
    };
    let failed = |source| FileError::Write { path: path.clone(), source };
    let mut draft = Draft::of(path).map_err(failed)?;
    let mut writer = BufWriter::new(draft.file());
    write(history, options, &mut writer)?;
    writer.flush().map_err(failed)?;
    drop(writer);
    draft.finish().map_err(failed)?;
    Ok(Outcome::Success)
}

/// A failed write keeps its kind, so that a closed pipe is recognised.
fn of_history(error: HistoryError) -> CliError {
    match error {
        HistoryError::Export(error) => CliError::Export(error),
        error => error.into(),
    }
}

fn of_csv(error: export::CsvError) -> CliError {
    match error {
        export::CsvError::History(error) => of_history(error),
        // csv's own conversion loses the kind of the error.
        export::CsvError::Write(error) => {
            let text = error.to_string();
            CliError::Export(match error.into_kind() {
                csv::ErrorKind::Io(error) => error,
                _ => std::io::Error::other(text),
            })
        }
    }
}

fn write(history: &History, options: &ExportOptions, to: &mut dyn Write) -> Result<()> {
    let report = || -> Result<_> { Ok(history.report(find_report(history, &options.report)?)?.report) };
    match options.format {
        Form::Jsonl => return history.export(to).map_err(of_history),
        Form::Csv => return export::csv(history, &options.which.find(history)?, to).map_err(of_csv),
        Form::Bencher => writeln!(to, "{:#}", export::bencher(&report()?)),
        Form::Github => writeln!(to, "{:#}", export::github(&report()?)),
        Form::Openmetrics => to.write_all(export::openmetrics(&report()?).as_bytes()),
    }
    .and_then(|()| to.flush())
    .map_err(CliError::Export)
}
