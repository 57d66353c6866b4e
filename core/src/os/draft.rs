//! Files that are either complete or absent: written under another name in the same folder, and renamed at the end.
//!
//! A killed process leaves its drafts behind. A draft is locked while it is written, so the next process that writes
//! into the same folder recognizes abandoned drafts and removes them.

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::NamedTempFile;

use super::lock;

/// The prefix of the names of drafts.
const PREFIX: &str = ".forc-perf-";

/// A file that is being written and has not got its final name yet.
#[derive(Debug)]
pub struct Draft {
    file: NamedTempFile,
    place: PathBuf,
}

impl Draft {
    /// A draft of the file at `place`, in the same folder. It has the permissions of the file that it replaces, or
    /// those of any new file of the user.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn of(place: &Path) -> io::Result<Self> {
        let folder = place.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        remove_abandoned_once(folder);
        let mode = fs::metadata(place).map_or(0o666, |file| file.mode() & 0o777);
        let mut builder = tempfile::Builder::new();
        // The umask applies, too.
        builder.prefix(PREFIX).permissions(Permissions::from_mode(mode));
        // On a file system without locks, abandoned drafts are not recognized, and stay.
        let (file, _locked) = lock::create(&builder, folder)?;
        Ok(Self { file, place: place.to_owned() })
    }

    /// The file, to be written.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Its path until it is renamed.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Gives it its final name.
    ///
    /// # Errors
    /// If it cannot be renamed. The draft is removed then.
    pub fn finish(self) -> io::Result<()> {
        self.file.persist(&self.place).map(drop).map_err(|failed| failed.error)
    }
}

/// Removes what killed processes have left in this folder, the first time that this process writes there.
fn remove_abandoned_once(folder: &Path) {
    static SEEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let is_new = SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned());
    if is_new {
        remove_abandoned(folder);
    }
}

fn remove_abandoned(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        if entry.file_name().to_string_lossy().starts_with(PREFIX)
            && let Some(_lock) = lock::try_abandoned(&entry.path())
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn count(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn a_file_is_complete_or_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("report.json");
        fs::write(&place, "old").unwrap();
        let mut draft = Draft::of(&place).unwrap();
        draft.file().write_all(b"ne").unwrap();
        drop(draft);
        assert_eq!((fs::read_to_string(&place).unwrap().as_str(), count(folder.path())), ("old", 1));
        let mut draft = Draft::of(&place).unwrap();
        draft.file().write_all(b"new").unwrap();
        draft.finish().unwrap();
        assert_eq!((fs::read_to_string(&place).unwrap().as_str(), count(folder.path())), ("new", 1));
    }

    #[test]
    fn abandoned_drafts_are_removed_and_those_being_written_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("report.json");
        let open = Draft::of(&place).unwrap();
        let (file, left) = Draft::of(&place).unwrap().file.keep().unwrap();
        // Not only dropped: a process that another test is forking may hold it for a moment.
        file.unlock().unwrap();
        fs::create_dir(folder.path().join(".forc-perf-folder")).unwrap();
        remove_abandoned(folder.path());
        assert!(open.path().exists() && !left.exists());
        assert_eq!(count(folder.path()), 2);
    }

    #[test]
    fn a_file_that_was_private_stays_so() {
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        let (place, ordinary) = (folder.path().join("report.json"), folder.path().join("ordinary"));
        fs::write(&ordinary, "").unwrap();
        Draft::of(&place).unwrap().finish().unwrap();
        assert_eq!(mode(&place), mode(&ordinary), "as the umask sets it");
        fs::set_permissions(&place, Permissions::from_mode(0o600)).unwrap();
        Draft::of(&place).unwrap().finish().unwrap();
        assert_eq!(mode(&place), 0o600);
    }
}
