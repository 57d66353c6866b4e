//! Private temporary folders. Those of a killed process are removed by the next process.
//!
//! All of them are in one folder of the user, `forc-perf-<user id>`, in the system's temporary folder. No other user
//! may enter it: a copy in it is as private as its original, and no other user can occupy a name. Each temporary folder
//! has a lock next to it, `<name>.lock`, which is made before the folder and removed after it. So a folder whose lock
//! no process holds was left by a process that was killed.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Once;

use super::lock;

/// The prefix of the name of the user's folder; the user's id follows.
const PREFIX: &str = "forc-perf-";
/// The extension of the lock files.
const LOCK: &str = "lock";
/// Only the user may enter the folder.
const PRIVATE: u32 = 0o700;

/// A temporary folder. It is removed when this is dropped, or by the next process if this one is killed.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    /// Held while the folder is in use.
    _lock: File,
}

/// Why there is no temporary folder.
#[derive(Debug, thiserror::Error)]
pub enum ScratchError {
    /// A folder or file could not be made.
    #[error("cannot write to the temporary folder {}: {source}; TMPDIR may name another folder", path.display())]
    Write {
        /// The folder or file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The path of the user's folder is occupied.
    #[error(
        "{} is no folder of this user alone, so nothing is written there; remove it, or let TMPDIR name another folder",
        .0.display()
    )]
    Foreign(PathBuf),
}

fn write_error(path: &Path) -> impl FnOnce(io::Error) -> ScratchError {
    move |source| ScratchError::Write { path: path.to_owned(), source }
}

impl From<ScratchError> for io::Error {
    fn from(error: ScratchError) -> Self {
        Self::other(error)
    }
}

impl Scratch {
    /// A new folder. The first call in a process removes what killed processes have left.
    ///
    /// # Errors
    /// If it cannot be made or locked.
    pub fn new() -> Result<Self, ScratchError> {
        static LEFT: Once = Once::new();
        let parent = users_folder(&std::env::temp_dir())?;
        LEFT.call_once(|| remove_abandoned(&parent));
        Self::new_in(&parent)
    }

    fn new_in(parent: &Path) -> Result<Self, ScratchError> {
        let (lock_path, lock) = new_lock(parent).map_err(write_error(parent))?;
        let path = lock_path.with_extension("");
        if let Err(error) = private_folder().create(&path) {
            let _ = fs::remove_file(&lock_path);
            return Err(write_error(&path)(error));
        }
        Ok(Self { path, _lock: lock })
    }

    /// The path of the folder. It is absolute, and as long as that of any other scratch folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

/// Removes a folder and then its lock. If the folder cannot be removed completely, the lock stays, so that the next
/// process tries again.
fn remove(folder: &Path) {
    let removed = fs::remove_dir_all(folder);
    if removed.is_ok() || removed.is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        let _ = fs::remove_file(folder.with_extension(LOCK));
    }
}

fn private_folder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.mode(PRIVATE);
    builder
}

/// The user's folder in `temporary`. It is made if it does not exist.
fn users_folder(temporary: &Path) -> Result<PathBuf, ScratchError> {
    let temporary = std::path::absolute(temporary).map_err(write_error(temporary))?;
    let user = rustix::process::geteuid().as_raw();
    let folder = temporary.join(format!("{PREFIX}{user}"));
    match private_folder().create(&folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(write_error(&temporary)(error)),
        _ => {}
    }
    // Of a link, not of its target: another user could use a link to have us write elsewhere.
    let metadata = fs::symlink_metadata(&folder).map_err(write_error(&folder))?;
    if !metadata.is_dir() || metadata.uid() != user {
        return Err(ScratchError::Foreign(folder));
    }
    if metadata.permissions().mode() & 0o777 != PRIVATE {
        fs::set_permissions(&folder, Permissions::from_mode(PRIVATE)).map_err(write_error(&folder))?;
    }
    Ok(folder)
}

/// A new lock file, locked.
fn new_lock(parent: &Path) -> io::Result<(PathBuf, File)> {
    let suffix = format!(".{LOCK}");
    let (file, locked) = lock::create(tempfile::Builder::new().prefix("").suffix(&suffix), parent)?;
    locked?;
    let (file, path) = file.keep()?;
    Ok((path, file))
}

/// Removes the folders of processes that were killed.
fn remove_abandoned(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        if path.extension().is_none_or(|extension| extension != LOCK) {
            continue;
        }
        if let Some(_lock) = lock::try_abandoned(&path) {
            remove(&path.with_extension(""));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parent() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let parent = users_folder(folder.path()).unwrap();
        (folder, parent)
    }

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    /// A folder as a killed process leaves it: the system releases its lock.
    fn left(parent: &Path) -> PathBuf {
        let scratch = std::mem::ManuallyDrop::new(Scratch::new_in(parent).unwrap());
        scratch._lock.unlock().unwrap();
        fs::write(scratch.path().join("content"), "left").unwrap();
        scratch.path().to_owned()
    }

    #[test]
    fn only_folders_that_nobody_uses_are_removed() {
        let (_folder, parent) = parent();
        let used = Scratch::new_in(&parent).unwrap();
        let left = left(&parent);
        remove_abandoned(&parent);
        assert!(used.path().is_dir() && !left.exists());
        drop(used);
        assert_eq!(names(&parent), [""; 0], "with their locks");
    }

    #[test]
    fn what_cannot_be_removed_keeps_its_lock_for_the_next_to_try_again() {
        let (_folder, parent) = parent();
        let left = left(&parent);
        // A file in the folder's place, which is not removed as a folder is.
        fs::remove_dir_all(&left).unwrap();
        fs::write(&left, "").unwrap();
        remove_abandoned(&parent);
        assert!(left.exists() && left.with_extension(LOCK).exists());
        fs::remove_file(&left).unwrap();
        remove_abandoned(&parent);
        assert_eq!(names(&parent), [""; 0]);
    }

    #[test]
    fn a_lock_that_is_none_neither_hangs_us_nor_leads_elsewhere() {
        let (folder, parent) = parent();
        let victim = folder.path().join("victim");
        fs::create_dir(&victim).unwrap();
        fs::write(folder.path().join("victim.lock"), "").unwrap();
        std::os::unix::fs::symlink(folder.path().join("victim.lock"), parent.join("a.lock")).unwrap();
        std::os::unix::fs::symlink(&victim, parent.join("a")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, parent.join("b.lock"), 0o600.into()).unwrap();
        remove_abandoned(&parent);
        assert!(victim.is_dir());
    }

    #[test]
    fn the_users_folder_is_private_and_nobody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let parent = users_folder(folder.path()).unwrap();
        assert_eq!(mode(&parent), PRIVATE);
        fs::set_permissions(&parent, Permissions::from_mode(0o755)).unwrap();
        assert_eq!(mode(&users_folder(folder.path()).unwrap()), PRIVATE);
        assert_eq!(mode(Scratch::new_in(&parent).unwrap().path()), PRIVATE);
        fs::remove_dir(&parent).unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), &parent).unwrap();
        let error = users_folder(folder.path()).unwrap_err();
        assert!(matches!(error, ScratchError::Foreign(ref path) if *path == parent), "{error}");
    }
}
