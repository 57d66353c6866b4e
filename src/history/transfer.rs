//! A whole history as text, one JSON object per line: for backups, for merging with another history, and for other programs.
//!
//! The first line is the header with the version of this form. After it come the commits by id, the reports by time and
//! digest, the controls by time, the notes by time and the state by name, so that the export of a history does not depend on
//! the order in which it was filled.

use crate::text::hex;
use std::io::{BufRead, Write};

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::content::Packed;
use super::controls;
use super::order::milliseconds;
use super::record::{insert, pack, upsert_commit};
use super::{CommitRef, Control, History, HistoryError, Note, Record, Recorded, Result, order, prune};

/// The version of the exported form. A reader accepts this one and those before it.
pub const EXPORT_VERSION: u32 = 2;

/// The result of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Transferred {
    /// How many reports were not there before.
    pub new: usize,
    /// How many were.
    pub known: usize,
    /// How many notes came with them.
    pub notes: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    /// The header: the version of this form.
    ForcPerfHistory(u32),
    Commit(CommitRef),
    Report(Box<ExportedReport>),
    Control(Control),
    Note(Note),
    State(String, String),
}

#[derive(Serialize, Deserialize)]
struct ExportedReport {
    digest: String,
    /// Whether the frames of the runs were removed; the digest still covers them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    without_frames: bool,
    #[serde(flatten)]
    record: Record,
}

impl History {
    /// Writes the whole history, one JSON object per line.
    ///
    /// # Errors
    /// If it cannot be read, or not be written to `to`.
    pub fn export(&self, to: &mut dyn Write) -> Result<()> {
        // One transaction, so that all of it is of one moment.
        let transaction = self.connection.unchecked_transaction().map_err(self.error("read"))?;
        write_line(to, &Line::ForcPerfHistory(EXPORT_VERSION))?;
        for commit in self.all_commits().map_err(self.error("read the commits of"))? {
            write_line(to, &Line::Commit(commit))?;
        }
        for id in self.ids()? {
            let mut kept = self.report(id)?;
            if let Some(commit) = &mut kept.provenance.commit {
                // It has a line of its own.
                *commit = CommitRef { id: commit.id.clone(), time: None, subject: String::new(), position: None };
            }
            write_line(
                to,
                &Line::Report(Box::new(ExportedReport {
                    digest: kept.info.digest,
                    without_frames: !kept.info.has_frames,
                    record: Record { provenance: kept.provenance, report: kept.report },
                })),
            )?;
        }
        for control in self.controls()? {
            write_line(to, &Line::Control(control))?;
        }
        for note in self.notes(None)? {
            write_line(to, &Line::Note(note))?;
        }
        for (name, value) in self.states("")? {
            write_line(to, &Line::State(name, value))?;
        }
        to.flush().map_err(HistoryError::Export)?;
        transaction.commit().map_err(self.error("read"))
    }

    fn all_commits(&self) -> rusqlite::Result<Vec<CommitRef>> {
        self.connection
            .prepare_cached("SELECT name, time, subject, position FROM commits ORDER BY name")?
            .query_map([], |row| {
                let position: Option<i64> = row.get(3)?;
                Ok(CommitRef {
                    id: row.get(0)?,
                    time: row.get(1)?,
                    subject: row.get(2)?,
                    position: position.and_then(|position| u64::try_from(position).ok()),
                })
            })?
            .collect()
    }

    /// Imports what [`History::export`] wrote, in one transaction: all of it, or nothing. Existing entries stay as they are,
    /// also states of the same name.
    ///
    /// # Errors
    /// If a line cannot be read, is a later forc-perf's, or the history cannot be written.
    pub fn import(&mut self, from: &mut dyn BufRead) -> Result<Transferred> {
        self.write("import into", |connection, path| {
            let database = || HistoryError::database(path, "import into");
            let mut done = Transferred::default();
            let mut placed = false;
            for (number, line) in (1u64..).zip(from.lines()) {
                let wrong = |reason: String| HistoryError::Line { line: number, reason };
                let line = line.map_err(|error| wrong(error.to_string()))?;
                let line: Line = serde_json::from_str(&line).map_err(|error| {
                    let first = if number == 1 { "it does not begin as an exported history does: " } else { "" };
                    wrong(format!("{first}{error}"))
                })?;
                match (number, line) {
                    (1, Line::ForcPerfHistory(found)) if found > EXPORT_VERSION => {
                        return Err(wrong(format!(
                            "it has version {found}, and this forc-perf reads up to {EXPORT_VERSION}: update forc-perf"
                        )));
                    }
                    (1, Line::ForcPerfHistory(_)) => {}
                    (1, _) => return Err(wrong("it does not begin as an exported history does".to_owned())),
                    (_, Line::ForcPerfHistory(_)) => return Err(wrong("it is a second beginning".to_owned())),
                    (_, Line::Commit(commit)) => {
                        // The positions are settled once, at the end.
                        placed |= commit.position.is_some();
                        let unplaced = CommitRef { position: None, ..commit.clone() };
                        let id = upsert_commit(connection, &unplaced).map_err(database())?;
                        if let Some(position) = commit.position {
                            place(connection, id, position).map_err(database())?;
                        }
                    }
                    (_, Line::Report(exported)) => {
                        let packed = packed(&exported).map_err(wrong)?;
                        let Record { report, provenance } = &exported.record;
                        match insert(connection, report, provenance, &packed).map_err(database())? {
                            Recorded::New(id) => {
                                done.new += 1;
                                if exported.without_frames {
                                    prune::drop_frames_of(connection, id).map_err(database())?;
                                }
                            }
                            Recorded::Known(_) => done.known += 1,
                        }
                    }
                    (_, Line::Control(control)) => {
                        if milliseconds(&control.created).is_none() {
                            return Err(wrong("the control does not say when it was measured".to_owned()));
                        }
                        controls::insert(connection, &control).map_err(database())?;
                    }
                    (_, Line::Note(note)) => {
                        done.notes += connection
                            .execute(
                                "INSERT OR IGNORE INTO notes (subject, kind, text, time) VALUES (?, ?, ?, ?)",
                                params![note.subject, note.kind.name(), note.text, note.time],
                            )
                            .map_err(database())?;
                    }
                    (_, Line::State(name, value)) => {
                        connection
                            .execute("INSERT OR IGNORE INTO state (name, value) VALUES (?, ?)", [name, value])
                            .map_err(database())?;
                    }
                }
            }
            if placed {
                order::settle(connection).map_err(database())?;
            }
            Ok(done)
        })
    }
}

fn place(connection: &Connection, id: i64, position: u64) -> rusqlite::Result<()> {
    let position = i64::try_from(position).unwrap_or(i64::MAX);
    connection.execute("UPDATE commits SET position = coalesce(position, ?) WHERE id = ?", [position, id]).map(drop)
}

/// The report as it is stored; its digest is the one that it had with its frames.
fn packed(exported: &ExportedReport) -> std::result::Result<Packed, String> {
    let mut packed = pack(&exported.record.report, &exported.record.provenance).map_err(|error| error.to_string())?;
    if exported.without_frames {
        let digest = exported.digest.as_bytes().as_chunks::<2>();
        let bytes: Option<Vec<u8>> = digest
            .0
            .iter()
            .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()))
            .collect();
        packed.digest =
            bytes.and_then(|bytes| bytes.try_into().ok()).ok_or("its digest is no SHA-256 in hexadecimal digits")?;
    } else if hex(&packed.digest) != exported.digest {
        return Err("the report is not what its digest says".to_owned());
    }
    Ok(packed)
}

fn write_line(to: &mut dyn Write, line: &Line) -> Result<()> {
    serde_json::to_writer(&mut *to, line).map_err(|error| HistoryError::Export(error.into()))?;
    to.write_all(b"\n").map_err(HistoryError::Export)
}
