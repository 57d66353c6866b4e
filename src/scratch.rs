//! Temporary folders that outlive no harness for long: what a killed one has left is removed by the next.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// How the names of these folders begin.
const PREFIX: &str = "forc-perf-";
/// The file in a folder that is locked as long as it is in use.
const LOCK: &str = ".lock";

/// A temporary folder that is removed when it is dropped, or, where the process is killed first, by [`remove_left`] of
/// another one.
#[derive(Debug)]
pub struct Scratch {
    root: TempDir,
    /// Held for as long as the folder is in use.
    _lock: File,
}

/// The folder or file that could not be made, and what the system said.
#[derive(Debug)]
pub struct ScratchError {
    /// The folder or file.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl Scratch {
    /// A new folder in the system's temporary folder.
    ///
    /// # Errors
    /// If it cannot be made or marked as being in use.
    pub fn new() -> Result<Self, ScratchError> {
        let temporary = std::env::temp_dir();
        let root = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&temporary);
        let root = root.map_err(|source| ScratchError { path: temporary, source })?;
        let lock = lock(root.path());
        let lock = lock.map_err(|source| ScratchError { path: root.path().to_owned(), source })?;
        Ok(Self { root, _lock: lock })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.root.path()
    }
}

/// A lock on the folder `root`, which appears there locked: nobody ever sees it free.
fn lock(root: &Path) -> io::Result<File> {
    let (draft, place) = (root.join(".lock-draft"), root.join(LOCK));
    let lock = File::create(&draft)?;
    lock.lock()?;
    fs::rename(draft, place)?;
    Ok(lock)
}

/// Removes the folders that harnesses have left behind which were killed. What cannot be removed is somebody else's.
pub fn remove_left() {
    let Ok(entries) = fs::read_dir(std::env::temp_dir()) else { return };
    for entry in entries.filter_map(Result::ok) {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let lock = File::open(entry.path().join(LOCK));
        if lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_that_nobody_uses_are_removed() {
        let used = Scratch::new().unwrap();
        let Scratch { root, _lock } = Scratch::new().unwrap();
        let left = root.path().to_owned();
        // As the system does with the files of a process that is killed.
        drop(_lock);
        let _ = root.keep();
        remove_left();
        assert!(used.path().is_dir() && !left.exists());
    }
}
