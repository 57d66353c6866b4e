//! Files that are whole or not there: written under another name beside their place, and moved there at the end.
//!
//! A process that is killed leaves its drafts behind. Each is locked while it is written, so that the next process that
//! writes into the same folder can tell those that were left, and removes them.

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::NamedTempFile;

use super::lock;

/// How the names of drafts begin.
const PREFIX: &str = ".forc-perf-";

/// A file that is going to be at a certain place.
#[derive(Debug)]
pub struct Draft {
    file: NamedTempFile,
    place: PathBuf,
}

impl Draft {
    /// A draft of the file at `place`, in the same folder. It is as readable as the file that it takes the place of, or as
    /// any new file of the user's.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn of(place: &Path) -> io::Result<Self> {
        let folder = place.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        remove_left_once(folder);
        let mode = fs::metadata(place).map_or(0o666, |file| file.mode() & 0o777);
        let mut builder = tempfile::Builder::new();
        // The umask applies, too.
        builder.prefix(PREFIX).permissions(Permissions::from_mode(mode));
        // On a file system without locks, abandoned drafts are not recognized, and stay.
        let (file, _locked) = lock::create(&builder, folder)?;
        Ok(Self { file, place: place.to_owned() })
    }

    /// The file as it is so far.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Where it stands until it is moved.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Moves it to its place.
    ///
    /// # Errors
    /// If it cannot be moved; it is gone then.
    pub fn finish(self) -> io::Result<()> {
        self.file.persist(&self.place).map(drop).map_err(|failed| failed.error)
    }
}

/// Removes what killed processes have left in this folder, the first time that this one writes there.
fn remove_left_once(folder: &Path) {
    static SEEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let is_new = SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned());
    if is_new {
        remove_left(folder);
    }
}

fn remove_left(folder: &Path) {
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
    fn a_file_is_whole_or_as_it_was() {
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
    fn what_a_killed_process_left_goes_and_what_is_being_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("report.json");
        let open = Draft::of(&place).unwrap();
        let (file, left) = Draft::of(&place).unwrap().file.keep().unwrap();
        // Not only dropped: a process that another test forks right now may hold it for a moment.
        file.unlock().unwrap();
        fs::create_dir(folder.path().join(".forc-perf-folder")).unwrap();
        remove_left(folder.path());
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
        assert_eq!(mode(&place), mode(&ordinary), "as the umask has it");
        fs::set_permissions(&place, Permissions::from_mode(0o600)).unwrap();
        Draft::of(&place).unwrap().finish().unwrap();
        assert_eq!(mode(&place), 0o600);
    }
}
