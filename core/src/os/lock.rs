//! Files that are locked while they are in use, so that other processes recognize those that a killed process has left.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use tempfile::{Builder, NamedTempFile};

/// A new file in `folder`, named by `builder`, and the result of locking it: there are file systems without locks.
///
/// # Errors
/// If the file cannot be made.
pub fn create(builder: &Builder, folder: &Path) -> io::Result<(NamedTempFile, io::Result<()>)> {
    use std::os::unix::fs::MetadataExt;
    loop {
        let file = builder.tempfile_in(folder)?;
        let locked = file.as_file().lock();
        // Before it was locked, another process may have taken it for an abandoned one and removed it.
        if file.as_file().metadata()?.nlink() > 0 {
            return Ok((file, locked));
        }
    }
}

/// Takes the lock of a file that no process holds; `None` if one does, or if there is no such file. To be held until
/// the file is removed: [`create`] waits for the lock, and then sees that its file has no name any more.
pub fn try_abandoned(path: &Path) -> Option<File> {
    // A link is not followed, and a pipe is not waited for.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::io::retry_on_intr(|| rustix::fs::open(path, flags, Mode::empty())).ok()?);
    let is_free = file.metadata().is_ok_and(|file| file.is_file()) && file.try_lock().is_ok();
    is_free.then_some(file)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn a_lock_is_free_when_nobody_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let (file, locked) = create(&Builder::new(), folder.path()).unwrap();
        locked.unwrap();
        assert!(try_abandoned(file.path()).is_none(), "its maker holds it");
        // Not only dropped: a process that another test is forking may hold the file open for a moment.
        file.as_file().unlock().unwrap();
        let _removing = try_abandoned(file.path()).unwrap();
        assert!(try_abandoned(file.path()).is_none(), "whoever removes it holds it");
    }

    #[test]
    fn a_file_is_not_removed_between_its_making_and_its_locking() {
        let folder = tempfile::tempdir().unwrap();
        let done = AtomicBool::new(false);
        let files = thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    for entry in fs::read_dir(folder.path()).unwrap().filter_map(Result::ok) {
                        if let Some(_lock) = try_abandoned(&entry.path()) {
                            fs::remove_file(entry.path()).unwrap();
                        }
                    }
                }
            });
            let files: Vec<NamedTempFile> =
                (0..500).map(|_| create(&Builder::new(), folder.path()).unwrap().0).collect();
            done.store(true, Ordering::Relaxed);
            files
        });
        assert!(files.iter().all(|file| file.path().exists()));
    }
}
