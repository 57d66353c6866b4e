//! The user's cache folder: it holds built compilers and fetched projects.

use std::env;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use etcetera::BaseStrategy;

use crate::os::Interrupt;

/// The variable that names another cache folder than the platform's default (`~/.cache/forc-perf` on Linux).
pub const CACHE_VARIABLE: &str = "FORC_PERF_CACHE";

/// How often a lock that another process holds is tried again.
const LOCK_INTERVAL: Duration = Duration::from_millis(100);

/// There is no cache folder.
#[derive(Debug, thiserror::Error)]
#[error("no home folder is known, so compilers cannot be kept; set {CACHE_VARIABLE} to a folder")]
pub struct NoCache;

/// Why a lock could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Its file cannot be made, or the file system does not support locks.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The user interrupted the wait.
    #[error("interrupted")]
    Interrupted,
}

/// The path of the cache folder, which may not exist yet. It is absolute, unless there is no working folder.
///
/// # Errors
/// If neither the variable nor a home folder is set.
pub fn folder() -> Result<PathBuf, NoCache> {
    if let Some(folder) = env::var_os(CACHE_VARIABLE).filter(|folder| !folder.is_empty()) {
        // Programs that run in other folders are given paths in the cache.
        return Ok(std::path::absolute(&folder).unwrap_or_else(|_| PathBuf::from(folder)));
    }
    etcetera::choose_base_strategy().map(|strategy| strategy.cache_dir().join("forc-perf")).map_err(|_| NoCache)
}

/// Takes the lock of the file at `path`, and makes the file if it does not exist. The system releases the lock when the
/// returned file is dropped or the process ends, in whatever way. `on_wait` is called once if another process holds it.
///
/// # Errors
/// If the file cannot be made, or `interrupt` is requested while another process holds the lock.
pub fn lock(path: &Path, interrupt: &Interrupt, on_wait: impl FnOnce()) -> Result<File, LockError> {
    let mut on_wait = Some(on_wait);
    loop {
        if let Some(lock) = try_lock(path)? {
            return Ok(lock);
        }
        if let Some(on_wait) = on_wait.take() {
            on_wait();
        }
        if interrupt.requested() {
            return Err(LockError::Interrupted);
        }
        thread::sleep(LOCK_INTERVAL);
    }
}

/// Like [`lock`], but without waiting: `None` if another process holds the lock.
///
/// # Errors
/// If the file cannot be made, or the file system does not support locks.
pub fn try_lock(path: &Path) -> io::Result<Option<File>> {
    let file = File::create(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// How many bytes a user may still write to the file system of `folder`, if it reports that.
pub fn free_space(folder: &Path) -> Option<u64> {
    let space = rustix::fs::statvfs(folder).ok()?;
    Some(space.f_bavail.saturating_mul(space.f_frsize))
}

/// The size in bytes of the files below `path`. Links are not followed, and what cannot be read counts as 0.
pub fn size_of(path: &Path) -> u64 {
    let entries = walkdir::WalkDir::new(path).into_iter().filter_map(Result::ok);
    entries.filter_map(|entry| entry.metadata().ok()).filter(|metadata| metadata.is_file()).map(|file| file.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_by_one_and_waiting_for_it_can_be_interrupted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = lock(&path, &Interrupt::new(), || panic!("nobody holds it")).unwrap();
        assert!(try_lock(&path).unwrap().is_none());
        let interrupt = Interrupt::new();
        let waiting = lock(&path, &interrupt.clone(), || interrupt.request());
        assert!(matches!(waiting, Err(LockError::Interrupted)), "{waiting:?}");
        // Not only dropped: a process that another test is forking may hold the file open for a moment.
        held.unlock().unwrap();
        assert!(try_lock(&path).unwrap().is_some());
    }

    #[test]
    fn a_file_system_reports_its_free_space() {
        assert!(free_space(Path::new("/")).is_some());
        assert_eq!(free_space(Path::new("/no/such/folder")), None);
    }
}
