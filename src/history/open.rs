//! Opening a history: creating it, recognizing other files, migrating an older one.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::schema::{APPLICATION_ID, STEPS};
use super::{History, HistoryError, Result};
use crate::os::draft::Draft;
use crate::os::scratch::Scratch;

/// How long one process waits for another one's transaction. A transaction takes a fraction of a second; an import of years
/// some seconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(60);

/// Memory for pages, in KiB: the points of one report are on pages spread over all series, and a transaction that writes
/// several reports should find these pages in memory.
const CACHE_KIB: i64 = 64 * 1024;

/// How often copying is tried while another process writes to the history.
const MOST_COPIES: usize = 5;

impl History {
    /// Opens the history at `path`, creates it if it does not exist, and migrates an older one: a copy of the old one is
    /// then left beside it, under its name and `.v1.backup` (with its version).
    ///
    /// # Errors
    /// If the file cannot be opened or created, is not a history, or was written by a later forc-perf.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_with(path, &STEPS)
    }

    /// Opens the history at `path` without ever changing it.
    ///
    /// # Errors
    /// If there is none, it cannot be read, is a later forc-perf's, or is an earlier one's that was never opened for writing
    /// since.
    pub fn open_read_only(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Err(HistoryError::Missing(path.to_owned()));
        }
        let (history, version) = match Self::open_in_place(path) {
            // Even to read, SQLite writes files beside the history: a log shared by its readers, and the recovery after a
            // killed process. Where it may not, a copy is read.
            Err(HistoryError::ReadOnly(_) | HistoryError::Database { .. }) => Self::open_copied(path)?,
            done => done?,
        };
        let known = STEPS.len() as i64;
        if version == known {
            return Ok(history);
        }
        // An older one is read from a migrated copy, as the file itself must not be changed.
        let mut copy = Connection::open_in_memory().map_err(history.error("copy the history"))?;
        copy_into(&history.connection, &mut copy).map_err(history.error("copy the history"))?;
        let mut history = Self { connection: copy, path: path.to_owned(), _copy: None };
        history.migrate(version, &STEPS)?;
        Ok(history)
    }

    fn open_in_place(path: &Path) -> Result<(Self, i64)> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(path, flags).map_err(HistoryError::database(path, "open the history"))?;
        let history = Self { connection, path: path.to_owned(), _copy: None };
        history.configure().map_err(history.error("open the history"))?;
        let version = history.version()?;
        Ok((history, version))
    }

    /// Opens a copy of the file and of what SQLite keeps beside it.
    pub(super) fn open_copied(path: &Path) -> Result<(Self, i64)> {
        let error = |source| HistoryError::File { action: "copy, to read it,", path: path.to_owned(), source };
        let copy = Scratch::new().map_err(|wrong| error(wrong.into()))?;
        let place = copy.path().join("history.sqlite");
        let beside = |path: &Path, ending: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        let endings = ["", "-wal", "-journal"];
        let state = || {
            endings.map(|ending| fs::metadata(beside(path, ending)).ok().map(|file| (file.len(), file.modified().ok())))
        };
        for _ in 0..MOST_COPIES {
            let before = state();
            for ending in endings {
                let (from, to) = (beside(path, ending), beside(&place, ending));
                let _ = fs::remove_file(&to);
                match fs::read(&from).and_then(|bytes| fs::write(&to, bytes)) {
                    Err(wrong) if !ending.is_empty() && wrong.kind() == io::ErrorKind::NotFound => {}
                    done => done.map_err(error)?,
                }
            }
            // If the files changed meanwhile, the copy may mix two states.
            if before == state() {
                let connection =
                    Connection::open(&place).map_err(HistoryError::database(path, "open a copy of the history"))?;
                let history = Self { connection, path: path.to_owned(), _copy: Some(copy) };
                history.configure().map_err(history.error("open a copy of the history"))?;
                let version = history.version()?;
                return Ok((history, version));
            }
        }
        Err(HistoryError::Busy(path.to_owned()))
    }

    pub(super) fn open_with(path: &Path, steps: &[&str]) -> Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("")) {
            fs::create_dir_all(folder).map_err(|source| HistoryError::File {
                action: "make the folder",
                path: folder.to_owned(),
                source,
            })?;
        }
        let connection = Connection::open(path).map_err(HistoryError::database(path, "open the history"))?;
        let mut history = Self { connection, path: path.to_owned(), _copy: None };
        history.configure().map_err(history.error("open the history"))?;
        let version = history.version_up_to(steps.len() as i64)?;
        // With a write-ahead log, readers do not wait for a writer. The setting is stored in the file; if the file is busy
        // because another process is just setting it, that is fine too.
        if let Err(error) = history.connection.pragma_update(None, "journal_mode", "WAL")
            && !is_busy(&error)
        {
            return Err(history.error("open the history")(error));
        }
        if version < steps.len() as i64 {
            if version > 0 {
                history.back_up(version)?;
            }
            history.migrate(version, steps)?;
        }
        Ok(history)
    }

    fn configure(&self) -> rusqlite::Result<()> {
        self.connection.busy_timeout(BUSY_TIMEOUT)?;
        self.connection.pragma_update(None, "foreign_keys", true)?;
        // Each transaction is flushed to the disk: a power cut loses at most the report that is being written.
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        self.connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        self.connection.set_prepared_statement_cache_capacity(64);
        Ok(())
    }

    fn version(&self) -> Result<i64> {
        self.version_up_to(STEPS.len() as i64)
    }

    /// The schema version; 0 of a file without content.
    fn version_up_to(&self, known: i64) -> Result<i64> {
        let no_history = |reason: &str| HistoryError::NoHistory { path: self.path.clone(), reason: reason.to_owned() };
        let (application, found, tables) = self.marks().map_err(self.error("read the history"))?;
        if application != APPLICATION_ID {
            let is_empty = application == 0 && found == 0 && tables == 0;
            return if is_empty { Ok(0) } else { Err(no_history("it is a database of another program")) };
        }
        if found > known {
            return Err(HistoryError::Newer { path: self.path.clone(), found, known });
        }
        if found < 1 { Err(no_history("it has no schema version")) } else { Ok(found) }
    }

    /// What identifies a history: its application id, its schema version, and how many tables it has. Read in one
    /// transaction, as another process may be creating them.
    fn marks(&self) -> rusqlite::Result<(i64, i64, i64)> {
        let transaction = self.connection.unchecked_transaction()?;
        let read = |sql: &str| transaction.query_row(sql, [], |row| row.get(0));
        let tables = read("SELECT count(*) FROM sqlite_schema")?;
        let marks = (read("PRAGMA application_id")?, read("PRAGMA user_version")?, tables);
        transaction.finish()?;
        Ok(marks)
    }

    /// Leaves a copy of the file beside it.
    fn back_up(&self, version: i64) -> Result<()> {
        let path = backup_path(&self.path, version);
        let error = |source| HistoryError::File { action: "keep a copy of the history in", path: path.clone(), source };
        // Written under another name first, so that an incomplete copy is never taken for a backup.
        let draft = Draft::of(&path).map_err(error)?;
        let copied = Connection::open(draft.path()).and_then(|mut copy| copy_into(&self.connection, &mut copy));
        copied.map_err(self.error("copy the history"))?;
        draft.finish().map_err(error)
    }

    /// Brings the schema up to date in one transaction.
    fn migrate(&mut self, version: i64, steps: &[&str]) -> Result<()> {
        let path = self.path.clone();
        let error = |source| HistoryError::database(&path, "bring the schema up to date of")(source);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(error)?;
        // Another process may have done it in the meantime.
        let found: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(error)?;
        if found == version {
            for step in steps.iter().skip(usize::try_from(version).unwrap_or(0)) {
                transaction.execute_batch(step).map_err(error)?;
            }
            transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(error)?;
            transaction.pragma_update(None, "user_version", steps.len() as i64).map_err(error)?;
        }
        transaction.commit().map_err(error)
    }
}

/// The path of the backup of a history of this version.
fn backup_path(path: &Path, version: i64) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".v{version}.backup"));
    name.into()
}

fn copy_into(from: &Connection, to: &mut Connection) -> rusqlite::Result<()> {
    // An incomplete copy is thrown away, so it needs no rollback journal.
    to.pragma_update(None, "journal_mode", "OFF")?;
    // In pieces without pauses: a write by another process restarts the copy.
    Backup::new(from, to)?.run_to_completion(4096, Duration::ZERO, None)
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked))
}
