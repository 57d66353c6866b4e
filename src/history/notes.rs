//! Users' notes on a commit or an event, and the state that commands keep from one call to the next.

use std::fmt;
use std::str::FromStr;

use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::{History, HistoryError, Result};

/// A user's note on a commit or an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Its number in its history; an export does not keep it.
    #[serde(skip)]
    pub id: i64,
    /// What it is about: the id of a commit, or the key of an event.
    pub subject: String,
    /// The kind of note.
    pub kind: NoteKind,
    /// The user's text; may be empty.
    pub text: String,
    /// When it was written, RFC 3339.
    pub time: String,
}

/// What a note means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoteKind {
    /// Seen: not reported as new again.
    Acknowledged,
    /// Intended: the new level is the right one.
    Expected,
    /// Only a text.
    Note,
}

impl NoteKind {
    /// The name used in files and on command lines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Expected => "expected",
            Self::Note => "note",
        }
    }
}

impl fmt::Display for NoteKind {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for NoteKind {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        [Self::Acknowledged, Self::Expected, Self::Note]
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| format!("`{text}` is no kind of note; expected acknowledged, expected or note"))
    }
}

impl History {
    /// Adds a note on `subject`, the id of a commit or the key of an event, with the current time. A subject can have
    /// several.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add_note(&mut self, subject: &str, kind: NoteKind, text: &str) -> Result<Note> {
        let mut note = Note {
            id: 0,
            subject: subject.to_owned(),
            kind,
            text: text.to_owned(),
            time: jiff::Timestamp::now().to_string(),
        };
        // In a transaction: outside of one, a statement that returns a row is committed when it is reset, and the error of a
        // full disk would be lost.
        note.id = self.write("write a note into", |connection, path| {
            connection
                .prepare_cached(
                    "INSERT INTO notes (subject, kind, text, time) VALUES (?, ?, ?, ?) \
                     ON CONFLICT DO UPDATE SET kind = excluded.kind RETURNING id",
                )
                .and_then(|mut insert| {
                    insert.query_row(params![note.subject, note.kind.name(), note.text, note.time], |row| row.get(0))
                })
                .map_err(HistoryError::database(path, "write a note into"))
        })?;
        Ok(note)
    }

    /// All notes, or those about `subject`, the oldest first.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn notes(&self, subject: Option<&str>) -> Result<Vec<Note>> {
        let read = || -> rusqlite::Result<Vec<Note>> {
            self.connection
                .prepare_cached(
                    "SELECT id, subject, kind, text, time FROM notes WHERE ?1 IS NULL OR subject = ?1 \
                     ORDER BY time, subject, kind, text",
                )?
                .query_map([subject], |row| {
                    let kind: String = row.get(2)?;
                    Ok(Note {
                        id: row.get(0)?,
                        subject: row.get(1)?,
                        kind: kind.parse().unwrap_or(NoteKind::Note),
                        text: row.get(3)?,
                        time: row.get(4)?,
                    })
                })?
                .collect()
        };
        read().map_err(self.error("read the notes of"))
    }

    /// Removes the note of this number. Returns whether there was one.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn remove_note(&mut self, id: i64) -> Result<bool> {
        let removed = self.connection.execute("DELETE FROM notes WHERE id = ?", [id]);
        Ok(removed.map_err(self.error("remove a note from"))? > 0)
    }

    /// The state that a command has stored under `name`.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn state(&self, name: &str) -> Result<Option<String>> {
        let value = self.connection.query_row("SELECT value FROM state WHERE name = ?", [name], |row| row.get(0));
        value.optional().map_err(self.error("read from"))
    }

    /// All states under names that begin with `prefix`, by name.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn states(&self, prefix: &str) -> Result<Vec<(String, String)>> {
        let read = || -> rusqlite::Result<Vec<(String, String)>> {
            self.connection
                .prepare_cached("SELECT name, value FROM state WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name")?
                .query_map([prefix], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        };
        read().map_err(self.error("read from"))
    }

    /// Stores `value` under `name`, replacing the previous value; `None` removes it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn set_state(&mut self, name: &str, value: Option<&str>) -> Result<()> {
        let written = match value {
            Some(value) => self.connection.execute(
                "INSERT INTO state (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                [name, value],
            ),
            None => self.connection.execute("DELETE FROM state WHERE name = ?", [name]),
        };
        written.map(drop).map_err(self.error("write to"))
    }
}
