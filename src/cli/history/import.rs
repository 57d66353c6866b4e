//! `history import`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::{Format, FormatOption, moment, say};
use crate::cli::Result;
use crate::cli::error::CliError;
use crate::cli::exit::Outcome;
use crate::cli::record::{self, HistoryOption};
use crate::cli::say_json;
use crate::forc::source::{Checkout, SWAY_VARIABLE};
use crate::history::import::{self, Form, Known, Notice, Treatment};
use crate::history::{CommitRef, History, Transferred};
use crate::os::Interrupt;
use crate::report::file::FileError;
use crate::text::plural;

/// The files to import.
#[derive(Debug, Args)]
pub(super) struct ImportOptions {
    /// Reports, comparisons, exported histories, files of dyno or of the first forc-perf, or the folder of the compiler's
    /// performance record
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,

    /// The compiler's commit (with --sway also a branch or tag), if the file does not contain it
    #[arg(long, value_name = "REV")]
    commit: Option<String>,

    /// When it was measured, if the file does not contain it [default: when the file was last changed]
    #[arg(long, value_name = "AGE|DATE", value_parser = moment)]
    time: Option<Timestamp>,

    /// Checkout of the Sway compiler, to read the order of the commits from
    #[arg(long, value_name = "DIR", env = SWAY_VARIABLE)]
    sway: Option<PathBuf>,

    #[command(flatten)]
    format: FormatOption,
}

pub(super) fn import(history: &HistoryOption, options: &ImportOptions) -> Result<Outcome> {
    let sway = options.sway.as_deref().filter(|folder| *folder != Path::new(""));
    let known = Known { commit: commit(options.commit.as_deref(), sway)?, time: options.time };
    let mut history = history.open()?;
    let mut taken = 0;
    for path in &options.paths {
        let form = import::detect(path)?;
        let (done, notices, remarks) = if form == Form::History {
            (import_history(&mut history, path)?, Vec::new(), Vec::new())
        } else {
            let imported = import::read(path, form, &known)?;
            let recorded = history.record_all(imported.records)?;
            history.record_controls(&imported.controls)?;
            let new = recorded.iter().filter(|recorded| recorded.is_new()).count();
            (Transferred { new, known: recorded.len() - new, notes: 0 }, imported.notices, imported.remarks)
        };
        taken += done.new + done.known + done.notes;
        match options.format.format {
            Format::Json => {
                say_json(json!({"path": path, "imported": done, "notices": notices, "remarks": remarks}));
            }
            Format::Table => {
                show_done(path, done, &notices);
                remarks.iter().for_each(|remark| say(format_args!("  {remark}")));
            }
        }
    }
    if let Some(folder) = sway {
        record::order(&mut history, folder)?;
    }
    Ok(if taken == 0 { Outcome::NothingMeasured } else { Outcome::Success })
}

fn commit(name: Option<&str>, sway: Option<&Path>) -> Result<Option<CommitRef>> {
    let Some(name) = name else { return Ok(None) };
    let Some(folder) = sway else {
        return Ok(Some(CommitRef { id: name.to_owned(), time: None, subject: String::new(), position: None }));
    };
    let interrupt = Interrupt::new();
    let commit = Checkout::open(folder, &interrupt)?.resolve(name)?;
    Ok(Some(CommitRef { id: commit.id, time: commit.committed, subject: commit.subject, position: None }))
}

fn import_history(history: &mut History, path: &Path) -> Result<Transferred> {
    let file = File::open(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    let imported = history.import(&mut BufReader::new(file));
    imported.map_err(|error| CliError::ImportHistory { path: path.to_owned(), source: Box::new(error) })
}

fn show_done(path: &Path, done: Transferred, notices: &[Notice]) {
    let Transferred { new, known, notes } = done;
    let mut text = format!("{}: {new} report{} recorded", path.display(), plural(new));
    if known > 0 {
        text.push_str(&format!(", {known} already known"));
    }
    if notes > 0 {
        text.push_str(&format!(", {notes} note{}", plural(notes)));
    }
    say(text);
    // Files with the same reason are summarised; --format json lists every file.
    let mut by_reason: BTreeMap<(Treatment, &str), Vec<&Path>> = BTreeMap::new();
    for notice in notices {
        by_reason.entry((notice.treatment, &notice.reason)).or_default().push(&notice.file);
    }
    for ((treatment, reason), files) in by_reason {
        let treatment = match treatment {
            Treatment::RecordedAsStd => "recorded as std's",
            Treatment::Refused => "refused",
        };
        let first = files.first().map(|file| file.display().to_string()).unwrap_or_default();
        let more = if files.len() > 1 { format!(" (the first: {first})") } else { format!(" ({first})") };
        say(format_args!("  {} file{} {treatment}: {reason}{more}", files.len(), plural(files.len())));
    }
}
