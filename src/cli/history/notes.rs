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

/// The annotation.
#[derive(Debug, Args)]
pub(super) struct AckOptions {
    /// A commit (the beginning of its id) or an event's key
    #[arg(value_name = "SUBJECT", required_unless_present_any = ["list", "remove"])]
    subject: Option<String>,

    /// The kind of annotation: it was seen (acknowledged), it is intended (expected), or just a note
    #[arg(long, value_name = "KIND", default_value_t = NoteKind::Acknowledged)]
    kind: NoteKind,

    /// Text of the annotation
    #[arg(long, short, value_name = "TEXT", default_value = "", hide_default_value = true)]
    message: String,

    /// List the annotations of this subject, or all
    #[arg(long)]
    list: bool,

    /// Remove the annotation with this number in the list
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
        say(format_args!("note {number} is removed"));
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
                    say(table(&["note", "subject", "kind", "date", "text"], 0, rows).trim_end());
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
        NoteKind::Expected => "expected",
        NoteKind::Note => "noted",
    }
}

/// The complete key that begins with `subject`: the id of a commit, the key of an event whose compiler has no known commit,
/// or the subject of an earlier annotation.
fn known(history: &History, subject: &str) -> Result<String> {
    let axis = Axis::of(&history.reports(&ReportFilter::default())?);
    let mut keys: Vec<String> = axis.commits.iter().map(|commit| commit.key().to_owned()).collect();
    keys.extend(history.notes(None)?.into_iter().map(|note| note.subject));
    keys.sort_unstable();
    keys.dedup();
    let found: Vec<&String> = keys.iter().filter(|key| key.starts_with(subject)).collect();
    match found.as_slice() {
        [key] => Ok((*key).clone()),
        [] => Err(CliError::UnknownSubject { subject: subject.to_owned(), path: history.path().to_owned() }),
        _ if keys.iter().any(|key| key == subject) => Ok(subject.to_owned()),
        several => Err(CliError::AmbiguousSubject { subject: subject.to_owned(), count: several.len() }),
    }
}
