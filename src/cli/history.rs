//! `history`: the recorded reports.

mod diff;
mod events;
mod import;
mod notes;
mod show;
mod transfer;

use clap::{Args, Subcommand, ValueEnum};
use comfy_table::{CellAlignment, Table};
use jiff::Timestamp;
use jiff::civil::Date;

use super::Result;
use super::error::CliError;
use super::exit::Outcome;
use super::record::HistoryOption;
use super::{say_json, say_on_stderr};
use crate::history::{self, History, Match, NameError, Prune, ReportFilter, ReportId};
use crate::text::format;
use crate::text::plural;

/// Options of `history`.
#[derive(Debug, Args)]
pub struct HistoryOptions {
    #[command(flatten)]
    history: HistoryOption,

    #[command(subcommand)]
    command: HistoryCommand,
}

#[derive(Debug, Subcommand)]
enum HistoryCommand {
    /// List the reports, in the order of the compiler's commits
    List(show::ListOptions),
    /// Show one report
    Show(show::ShowOptions),
    /// List series, or show the points of series, in the order of the compiler's commits
    Series(show::SeriesOptions),
    /// Compare two of its reports, as `diff` compares two files
    Diff(diff::DiffOptions),
    /// List the commits since which figures have changed, the worst first
    Events(events::EventsOptions),
    /// Write everything as JSON Lines, or a report or series in the format of another tool
    Export(transfer::ExportOptions),
    /// Import reports, exported histories, files of dyno and of the first forc-perf, and the compiler's performance record
    Import(import::ImportOptions),
    /// Read the order of the compiler's commits from a checkout
    Order {
        /// Checkout of the Sway compiler
        #[arg(long, value_name = "DIR", env = crate::forc::source::SWAY_VARIABLE)]
        sway: std::path::PathBuf,
    },
    /// Delete old reports, or only their frames
    Prune(PruneOptions),
    /// Check the file, all reports and all points
    Verify {
        #[command(flatten)]
        format: FormatOption,
    },
    /// Annotate a commit or an event: acknowledged, expected, or a note
    Ack(notes::AckOptions),
}

#[derive(Debug, Args)]
struct PruneOptions {
    /// Only reports older than this age, such as 2y or 90d, or measured before this date
    #[arg(long, value_name = "AGE|DATE", value_parser = moment)]
    older_than: Timestamp,

    /// How many points every series keeps, regardless of age
    #[arg(long, value_name = "N", default_value_t = 30)]
    keep: u32,

    /// Delete only the frames of the runs, which take most of the space: reports, points and samples stay
    #[arg(long)]
    only_frames: bool,
}

/// The output format.
#[derive(Clone, Copy, Debug, Args)]
struct FormatOption {
    /// A table for people, or one JSON object per line for programs
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One JSON object per line
    Json,
}

/// Runs the command.
pub fn run(options: &HistoryOptions) -> Result<Outcome> {
    let history = &options.history;
    match &options.command {
        HistoryCommand::List(list) => show::list(&history.open_read_only()?, list),
        HistoryCommand::Show(shown) => show::show(&history.open_read_only()?, shown),
        HistoryCommand::Series(series) => show::series(&history.open_read_only()?, series),
        HistoryCommand::Diff(options) => diff::diff(&history.open_read_only()?, options),
        HistoryCommand::Events(events) => events::events(&history.open_read_only()?, events),
        HistoryCommand::Export(export) => transfer::export(&history.open_read_only()?, export),
        HistoryCommand::Import(import) => import::import(history, import),
        HistoryCommand::Order { sway } => order(&mut existing(history)?, sway),
        HistoryCommand::Prune(prune) => self::prune(&mut existing(history)?, prune),
        HistoryCommand::Verify { format } => verify(&history.open_read_only()?, format.format),
        HistoryCommand::Ack(ack) => notes::ack(existing(history)?, ack),
    }
}

/// Opens an existing history for writing.
fn existing(history: &HistoryOption) -> Result<History> {
    history.open_read_only()?;
    history.open()
}

fn order(history: &mut History, sway: &std::path::Path) -> Result<Outcome> {
    let ordered = super::record::order(history, sway)?;
    say(format_args!("{} of {} commits have a position", ordered.known, ordered.known + ordered.unknown.len()));
    for unknown in &ordered.unknown {
        say_on_stderr(format_args!(
            "{} is not a commit or tag of {}: its time gives its position",
            unknown,
            sway.display()
        ));
    }
    Ok(Outcome::Success)
}

fn prune(history: &mut History, options: &PruneOptions) -> Result<Outcome> {
    let prune = Prune { before: options.older_than, keep: options.keep as usize, only_frames: options.only_frames };
    let pruned = history.prune(&prune)?;
    let reports = pruned.reports;
    let what = if options.only_frames { "the frames of " } else { "" };
    let points = if options.only_frames { String::new() } else { format!(" with {} points", pruned.points) };
    let freed = format::bytes(pruned.freed as f64);
    say(format_args!("removed {what}{reports} report{}{points}; the file is {freed} smaller", plural(reports)));
    Ok(Outcome::Success)
}

fn verify(history: &History, format: Format) -> Result<Outcome> {
    let verified = history.verify()?;
    match format {
        Format::Json => say_json(serde_json::json!(verified)),
        Format::Table => {
            for problem in &verified.problems {
                let report = problem.report.map(|report| format!("report {report}: ")).unwrap_or_default();
                say(format_args!("{report}{}", problem.what));
            }
        }
    }
    let (reports, points, problems) = (verified.reports, verified.points, verified.problems.len());
    if problems > 0 {
        return Err(CliError::HistoryProblems { path: history.path().to_owned(), count: problems });
    }
    if format == Format::Table {
        say(format_args!("{reports} report{} and {points} points are as they were recorded", plural(reports)));
    }
    Ok(Outcome::Success)
}

/// The report with this name: see [`history::named`] for the forms of names.
fn find_report(history: &History, name: &str) -> Result<ReportId> {
    let known = history.reports(&ReportFilter::default())?;
    // A name that no report has is an error already.
    Ok(history::named(&known, name)?.last().ok_or(NameError::Empty)?.id)
}

/// A filter by an optional text.
fn matching(text: Option<&str>) -> Result<Match> {
    Ok(text.map_or(Ok(Match::Any), Match::read)?)
}

/// A time given as an age, a date (the start of that day, UTC), or in RFC 3339.
fn moment(text: &str) -> std::result::Result<Timestamp, String> {
    let ago = || {
        let age: humantime::Duration = text.parse().ok()?;
        Timestamp::now().checked_sub(jiff::SignedDuration::try_from(*age).ok()?).ok()
    };
    let day = || text.parse::<Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|day| day.timestamp());
    text.parse().ok().or_else(day).or_else(ago).ok_or_else(|| {
        format!("`{text}` is not a time; write for instance 90d, 2y, 2026-01-31 or 2026-01-31T18:00:00Z")
    })
}

/// A table without lines, as wide as necessary; the last `right` columns are numbers.
fn table(header: &[&str], right: usize, rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(header);
    table.add_rows(rows);
    let count = header.len();
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if index + right >= count {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

fn say(line: impl std::fmt::Display) {
    super::say(line);
}
