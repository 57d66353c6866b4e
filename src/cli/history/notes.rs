//! `history ack`.

use clap::Args;
use serde_json::json;

use super::{Format, FormatOption, say, table};
use crate::cli::Result;
use crate::cli::error::CliError;
use crate::cli::exit::Outcome;
use crate::cli::say_json;
use crate::history::{History, HistoryError, NoteKind, ReportFilter};
use crate::trends::Axis;

/// What to say of what.
#[derive(Debug, Args)]
pub(super) struct AckOptions {
    /// A commit (the beginning of its id) or an event's key
    #[arg(value_name = "SUBJECT", required_unless_present_any = ["list", "remove"])]
    subject: Option<String>,

    /// What is meant: that it was seen (acknowledged), that it is as it should be (expected), or just a note
    #[arg(long, value_name = "KIND", default_value_t = NoteKind::Acknowledged)]
    kind: NoteKind,

    /// In your own words
    #[arg(long, short, value_name = "TEXT", default_value = "", hide_default_value = true)]
    message: String,

    /// List what was said, of this subject or of all
    #[arg(long)]
    list: bool,

    /// Take back what has this number in the list
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["subject", "list"])]
    remove: Option<i64>,

    #[command(flatten)]
    format: FormatOption,
}

pub(super) fn ack(mut history: History, options: &AckOptions) -> Result<Outcome> {
    if let Some(number) = options.remove {
        if !history.remove_note(number)? {
            let path = history.path().to_owned();
            return Err(HistoryError::NoSuch { what: "note", number, path }.into());
        }
        say(format_args!("note {number} is taken back"));
        return Ok(Outcome::Success);
    }
    let subject = options.subject.as_deref().map(|subject| known(&history, subject)).transpose()?;
    if options.list {
        let notes = history.notes(subject.as_deref())?;
        match options.format.format {
            Format::Json => notes.iter().for_each(|note| say_json(json!({"id": note.id, "note": note}))),
            Format::Table => {
                let row = |note: &crate::history::Note| {
                    let time = note.time.get(..10).unwrap_or(&note.time).to_owned();
                    vec![note.id.to_string(), note.subject.clone(), note.kind.to_string(), time, note.text.clone()]
                };
                if !notes.is_empty() {
                    let rows = notes.iter().map(row).collect();
                    say(table(&["note", "subject", "kind", "said", "text"], 0, rows).trim_end());
                }
            }
        }
        return Ok(Outcome::Success);
    }
    let subject = subject.unwrap_or_default();
    let note = history.add_note(&subject, options.kind, &options.message)?;
    match options.format.format {
        Format::Json => say_json(json!({"id": note.id, "note": note})),
        Format::Table => say(format_args!("{} is {} (note {})", note.subject, spoken(note.kind), note.id)),
    }
    Ok(Outcome::Success)
}

const fn spoken(kind: NoteKind) -> &'static str {
    match kind {
        NoteKind::Acknowledged => "acknowledged",
        NoteKind::Expected => "expected to be as it is",
        NoteKind::Note => "noted",
    }
}

/// The whole key that a subject is the beginning of: the id of a commit, what an event is called whose compiler tells of no
/// commit, or what something was said of before.
fn known(history: &History, subject: &str) -> Result<String> {
    let axis = Axis::of(&history.reports(&ReportFilter::default())?);
    let mut keys: Vec<String> = axis.commits.iter().map(|commit| commit.key().to_owned()).collect();
    keys.extend(history.notes(None)?.into_iter().map(|note| note.subject));
    keys.sort_unstable();
    keys.dedup();
    let begun: Vec<&String> = keys.iter().filter(|key| key.starts_with(subject)).collect();
    match begun.as_slice() {
        [key] => Ok((*key).clone()),
        [] => Err(CliError::UnknownSubject { subject: subject.to_owned(), path: history.path().to_owned() }),
        _ if keys.iter().any(|key| key == subject) => Ok(subject.to_owned()),
        several => Err(CliError::AmbiguousSubject { subject: subject.to_owned(), count: several.len() }),
    }
}
