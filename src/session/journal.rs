//! The journal of a comparison: its blocks on disk, so that it can be resumed even after a power cut.
//!
//! A file of JSON lines: first the plan, then one line per block. An incomplete last line is ignored when the file is read,
//! and overwritten when the comparison is resumed. Each line is synced to the disk before the next block starts
//! (`fdatasync(2)`), and the name of the file when it is created: both between two blocks, while nothing is timed.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Benchmark, Failure, InstructionCount, Look, Schedule};

/// The version of the journals that this harness writes.
const VERSION: u32 = 3;

/// The plan of a comparison, as far as a later one must agree with it to resume it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The suite.
    pub suite: PathBuf,
    /// The sides: name, SHA-256 of the compiler, std.
    pub sides: Vec<(String, String, Option<PathBuf>)>,
    /// Whether the sides of a block run at the same time; absent in journals from before this option.
    #[serde(default)]
    pub schedule: Schedule,
    /// Seed of everything random.
    pub seed: u64,
    /// The declared looks. No block is made after the last.
    pub looks: Vec<Look>,
    /// Time for all blocks together, including those after it is resumed; absent in version 1, which did not keep it.
    #[serde(default)]
    pub budget: Option<Duration>,
    /// By benchmark, the SHA-256 of all files of its project.
    pub fingerprints: BTreeMap<String, String>,
}

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// One run of a benchmark on every side.
    Block {
        /// The benchmark.
        benchmark: String,
        /// Its runs, in the order of the sides.
        runs: Vec<Benchmark>,
        /// The time of all blocks up to the end of this one.
        #[serde(default)]
        elapsed: Duration,
    },
    /// A build that failed, in a block or before the first: its benchmark is not built again.
    Failure {
        /// The benchmark.
        benchmark: String,
        /// The side.
        side: usize,
        /// What went wrong.
        failure: Box<Failure>,
    },
    /// All blocks were made: everything was decided, or the budget or the most runs were reached.
    Ended {
        /// After how many rounds the data is examined for the last time; absent if everything was decided.
        rounds: Option<usize>,
        /// The time of all blocks.
        elapsed: Duration,
    },
    /// One count of a benchmark's instructions on one side.
    Count {
        /// The benchmark.
        benchmark: String,
        /// The side.
        side: usize,
        /// The count.
        count: InstructionCount,
    },
}

impl Entry {
    fn fits(&self, sides: usize) -> bool {
        match self {
            Self::Block { runs, .. } => runs.len() == sides,
            Self::Count { side, .. } | Self::Failure { side, .. } => *side < sides,
            Self::Ended { .. } => true,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Header {
    journal_version: u32,
    plan: Plan,
}

/// Why a journal cannot be written or resumed.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It cannot be written.
    #[error("cannot write {}: {source}; it holds what was measured until now", path.display())]
    Write {
        /// The journal.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It cannot be read.
    #[error("cannot read {}: {source}; there may be no interrupted comparison to resume: omit --resume", path.display())]
    Read {
        /// The journal.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not a journal.
    #[error("{} is not the journal of a comparison ({reason}); omit --resume to start a new one", path.display())]
    Invalid {
        /// The journal.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Another comparison is writing to it.
    #[error("another comparison is writing to {}; wait for it, or use another --output for this one", .0.display())]
    Busy(PathBuf),
    /// It was started with other settings.
    #[error("the comparison in {} cannot be resumed: {difference}; omit --resume to start a new one", path.display())]
    Differs {
        /// The journal.
        path: PathBuf,
        /// What differs, in words.
        difference: String,
    },
}

/// A journal that is being written.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Drop for Journal {
    fn drop(&mut self) {
        // Closing it is not enough: between fork and exec, a child process holds a copy of the file.
        let _ = self.file.unlock();
    }
}

impl Journal {
    /// Creates a journal. An existing one with results is kept under another name, which is returned.
    ///
    /// # Errors
    /// If it cannot be written, or another process writes to it.
    pub fn create(path: &Path, plan: &Plan) -> Result<(Self, Option<PathBuf>), JournalError> {
        let failed = |source| JournalError::Write { path: path.to_owned(), source };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut journal = Self::open(path, true)?;
        let kept =
            if journal.holds_something().map_err(failed)? { Some(keep_aside(path).map_err(failed)?) } else { None };
        journal.file.set_len(0).and_then(|()| journal.file.rewind()).map_err(failed)?;
        journal.line(&Header { journal_version: VERSION, plan: plan.clone() })?;
        sync_folder_of(path).map_err(failed)?;
        Ok((journal, kept))
    }

    /// Whether the file holds more than a plan.
    fn holds_something(&mut self) -> io::Result<bool> {
        let mut reader = BufReader::new(&mut self.file);
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(false);
        }
        let more = !reader.fill_buf()?.is_empty();
        Ok(more || serde_json::from_slice::<Header>(&line).is_err())
    }

    /// Checks that there is a journal: before the warm-ups, not after them.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn check(path: &Path) -> Result<(), JournalError> {
        File::open(path).map(drop).map_err(|source| JournalError::Read { path: path.to_owned(), source })
    }

    /// Opens a journal to resume it. Returns its plan and its entries.
    ///
    /// # Errors
    /// If it cannot be read, another process writes to it, or its plan differs.
    pub fn resume(path: &Path, plan: &Plan) -> Result<(Self, Plan, Vec<Entry>), JournalError> {
        let invalid = |reason: String| JournalError::Invalid { path: path.to_owned(), reason };
        let failed = |source| JournalError::Read { path: path.to_owned(), source };
        let mut journal = Self::open(path, false)?;
        let mut reader = BufReader::new(&mut journal.file);
        let mut line = Vec::new();
        let mut good = reader.read_until(b'\n', &mut line).map_err(failed)? as u64;
        let header: Header = serde_json::from_slice(&line).map_err(|error| invalid(error.to_string()))?;
        if header.journal_version > VERSION {
            return Err(invalid(format!(
                "it has version {}, and this forc-perf reads up to {VERSION}",
                header.journal_version
            )));
        }
        if let Some(difference) = difference(&header.plan, plan) {
            return Err(JournalError::Differs { path: path.to_owned(), difference });
        }
        let mut entries = Vec::new();
        loop {
            line.clear();
            let read = reader.by_ref().read_until(b'\n', &mut line).map_err(failed)?;
            let whole = line.ends_with(b"\n");
            match serde_json::from_slice::<Entry>(&line) {
                Ok(entry) if whole && entry.fits(plan.sides.len()) => entries.push(entry),
                _ => break,
            }
            good += read as u64;
        }
        journal
            .file
            .set_len(good)
            .and_then(|()| journal.file.seek(SeekFrom::End(0)))
            .map_err(|source| JournalError::Write { path: path.to_owned(), source })?;
        Ok((journal, header.plan, entries))
    }

    /// Appends an entry.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn append(&mut self, entry: &Entry) -> Result<(), JournalError> {
        self.line(entry)
    }

    fn open(path: &Path, create: bool) -> Result<Self, JournalError> {
        let error = |source| match create {
            true => JournalError::Write { path: path.to_owned(), source },
            false => JournalError::Read { path: path.to_owned(), source },
        };
        let file =
            OpenOptions::new().read(true).write(true).create(create).truncate(false).open(path).map_err(error)?;
        // The system releases the lock when its holder ends, however it ends.
        match file.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), file }),
            Err(fs::TryLockError::WouldBlock) => Err(JournalError::Busy(path.to_owned())),
            Err(fs::TryLockError::Error(source)) => Err(error(source)),
        }
    }

    /// In one write, so that other processes read complete lines and at most one incomplete one; then synced to the disk.
    fn line(&mut self, content: &impl Serialize) -> Result<(), JournalError> {
        let failed = |source| JournalError::Write { path: self.path.clone(), source };
        let mut line = serde_json::to_vec(content).map_err(|error| failed(error.into()))?;
        line.push(b'\n');
        let written = self.file.write_all(&line).and_then(|()| self.file.sync_data());
        written.map_err(|source| JournalError::Write { path: self.path.clone(), source })
    }
}

/// Copies a journal to a free name beside it, and returns that name. It is not moved, because the lock of this process
/// belongs to the file: another process would find a file without a lock under the old name.
fn keep_aside(path: &Path) -> io::Result<PathBuf> {
    let mut number = 1;
    loop {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        let aside = PathBuf::from(name);
        match OpenOptions::new().write(true).create_new(true).open(&aside) {
            Ok(mut copy) => {
                io::copy(&mut File::open(path)?, &mut copy)?;
                copy.sync_all()?;
                return Ok(aside);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Syncs the name of a new file to the disk, which syncing the file alone does not do (`fsync(2)`). A file system that
/// cannot sync a folder is left to its own ordering.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        result => result,
    }
}

/// Why a comparison with the plan `begun` cannot be resumed with the plan `now`, for the user.
fn difference(begun: &Plan, now: &Plan) -> Option<String> {
    if begun.suite != now.suite {
        return Some(format!("it was started with the suite {}", begun.suite.display()));
    }
    if begun.sides.len() != now.sides.len() {
        return Some(format!("it was started with {} sides, not {}", begun.sides.len(), now.sides.len()));
    }
    match (&begun.schedule, &now.schedule) {
        (Schedule::Turns, Schedule::Duet { .. }) => {
            return Some("it was started with the sides in turns; add --schedule turns".to_owned());
        }
        (Schedule::Duet { .. }, Schedule::Turns) => {
            return Some(
                "it was started with the sides at the same time; provide as many cores as then, and omit --schedule turns"
                    .to_owned(),
            );
        }
        (Schedule::Turns, Schedule::Turns) | (Schedule::Duet { .. }, Schedule::Duet { .. }) => {}
    }
    for ((old_name, old_hash, old_std), (name, hash, std)) in begun.sides.iter().zip(&now.sides) {
        if old_hash != hash {
            return Some(if old_name == name {
                format!("the compiler {name} has changed since")
            } else {
                format!("it was started with {old_name} in the place of {name}")
            });
        }
        if old_std != std {
            return Some(format!("it was started with another std for {name}"));
        }
    }
    let changed = now.fingerprints.iter().find(|(id, now)| begun.fingerprints.get(*id).is_some_and(|old| old != *now));
    changed.map(|(id, _)| format!("the project of {id} has changed since"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan {
            suite: "s".into(),
            sides: vec![("a".into(), "1".into(), None), ("b".into(), "2".into(), None)],
            schedule: Schedule::Turns,
            seed: 7,
            looks: vec![Look { runs: 10, weight: 1.0 }],
            budget: Some(Duration::from_secs(60)),
            fingerprints: BTreeMap::from([("g/p/debug".to_owned(), "f".to_owned())]),
        }
    }

    #[test]
    fn an_incomplete_line_is_ignored_and_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub/journal");
        let mut journal = Journal::create(&path, &plan()).unwrap().0;
        journal.append(&Entry::Block { benchmark: "x".into(), runs: Vec::new(), elapsed: Duration::ZERO }).unwrap();
        drop(journal);
        let empty_sides = Plan { sides: Vec::new(), ..plan() };
        assert!(matches!(Journal::resume(&path, &empty_sides), Err(JournalError::Differs { .. })));
        let whole = fs::read(&path).unwrap();
        fs::write(&path, [&whole[..], b"{\"block\":{\"benchmark\":\"y\",\"ru"].concat()).unwrap();
        // A block with another number of sides is invalid, so both lines are dropped.
        let (journal, kept, blocks) = Journal::resume(&path, &plan()).unwrap();
        assert_eq!((kept, blocks.len()), (plan(), 0));
        drop(journal);
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 1);
    }

    #[test]
    fn the_difference_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        drop(Journal::create(&path, &plan()).unwrap());
        let mut other = plan();
        other.sides[1].1 = "3".into();
        let error = Journal::resume(&path, &other).unwrap_err().to_string();
        assert!(error.contains("the compiler b has changed since"), "{error}");
        let mut other = plan();
        other.fingerprints.insert("g/p/debug".into(), "else".into());
        let error = Journal::resume(&path, &other).unwrap_err().to_string();
        assert!(error.contains("the project of g/p/debug has changed"), "{error}");
        let duet = Schedule::Duet { cores: vec![0, 1], siblings: false, harness: Vec::new() };
        let error = Journal::resume(&path, &Plan { schedule: duet, ..plan() }).unwrap_err().to_string();
        assert!(error.contains("add --schedule turns"), "{error}");
        // Another seed and other looks do not matter: those of the journal are used.
        let other = Plan { seed: 8, looks: Vec::new(), ..plan() };
        assert_eq!(Journal::resume(&path, &other).unwrap().1.seed, 7);
    }

    #[test]
    fn results_are_kept_aside_when_a_new_comparison_starts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        assert_eq!(Journal::create(&path, &plan()).unwrap().1, None);
        // A plan alone is not a result.
        let (mut journal, kept) = Journal::create(&path, &plan()).unwrap();
        assert_eq!(kept, None);
        let ended = Entry::Ended { rounds: Some(3), elapsed: Duration::from_secs(5) };
        journal.append(&ended).unwrap();
        drop(journal);
        let before = fs::read(&path).unwrap();
        let (mut journal, first) = Journal::create(&path, &plan()).unwrap();
        let first = first.unwrap();
        assert_eq!(fs::read(&first).unwrap(), before);
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 1);
        // A second one does not replace the first.
        journal.append(&ended).unwrap();
        drop(journal);
        let second = Journal::create(&path, &plan()).unwrap().1.unwrap();
        assert!(second != first && fs::read(&first).unwrap() == before);
        // Moved back, it can be resumed.
        fs::rename(&first, &path).unwrap();
        assert_eq!(Journal::resume(&path, &plan()).unwrap().2, [ended]);
        // A file that is not a journal is not deleted either.
        fs::write(&path, "a diary\n").unwrap();
        assert!(Journal::create(&path, &plan()).unwrap().1.is_some());
    }

    #[test]
    fn a_journal_of_the_first_version_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut plan_text = serde_json::to_value(plan()).unwrap();
        plan_text.as_object_mut().unwrap().retain(|name, _| name != "budget" && name != "schedule");
        let header = serde_json::json!({ "journal_version": 1, "plan": plan_text });
        fs::write(&path, format!("{header}\n{{\"block\":{{\"benchmark\":\"x\",\"runs\":[]}}}}\n")).unwrap();
        let error = Journal::resume(&path, &Plan { sides: Vec::new(), ..plan() });
        assert!(matches!(error, Err(JournalError::Differs { .. })));
        let (_, kept, _) = Journal::resume(&path, &plan()).unwrap();
        assert_eq!(kept, Plan { budget: None, ..plan() });
    }

    #[test]
    fn two_comparisons_do_not_share_a_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let _first = Journal::create(&path, &plan()).unwrap();
        assert!(matches!(Journal::create(&path, &plan()), Err(JournalError::Busy(_))));
        assert!(matches!(Journal::resume(&path, &plan()), Err(JournalError::Busy(_))));
    }

    #[test]
    fn other_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        assert!(matches!(Journal::resume(&path, &plan()), Err(JournalError::Read { .. })));
        fs::write(&path, "{}\n").unwrap();
        assert!(matches!(Journal::resume(&path, &plan()), Err(JournalError::Invalid { .. })));
    }
}
