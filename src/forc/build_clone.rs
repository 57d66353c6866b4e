//! The harness's own clone of the compiler's repository, in which revisions are built one after the other.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::build::{BuildError, BuildEvent};
use super::revision_error::RevisionError;
use super::source::SourceError;
use crate::os::Interrupt;
use crate::os::cache;
use crate::os::git::{self, GitError, Repository};

/// The version of the file that names the source of a build clone.
const SCHEMA_VERSION: u32 = 1;
/// That file, beside the clone.
const LABEL: &str = "source.json";

/// The source of a build clone.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Label {
    schema_version: u32,
    /// The checkout's folder, or the URL.
    pub(super) repository: String,
}

impl Label {
    /// The label of the build clone in `folder`, if it can be read.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.join(LABEL)).ok()?).ok()
    }
}

/// Where the cache keeps its build clones.
///
/// # Errors
/// If there is no cache folder.
pub(super) fn all_folder() -> Result<PathBuf, cache::NoCache> {
    Ok(cache::folder()?.join("sway"))
}

/// The lock of the build clone of this name: beside its folder, so that it stays when the build clone is removed.
pub(super) fn lock_path(all: &Path, key: &str) -> PathBuf {
    all.join(format!(".{key}.lock"))
}

/// A clone and the output of its builds, locked. One work tree serves all revisions, one after the other: files that two of
/// them share keep their times, and cargo compiles only what differs.
#[derive(Debug)]
pub(super) struct BuildClone {
    pub(super) key: String,
    folder: PathBuf,
    repository: String,
    /// Held while the build clone is in use.
    _lock: File,
}

impl BuildClone {
    /// Locks the build clone `key` of `repository`, creates it if it does not exist, and waits while another process uses
    /// it.
    pub(super) fn enter(
        key: &str,
        repository: &str,
        compiler: &str,
        interrupt: &Interrupt,
        on_event: &mut dyn FnMut(BuildEvent),
    ) -> Result<Self, BuildError> {
        let all = all_folder()?;
        let folder = all.join(key);
        fs::create_dir_all(&all).map_err(|source| BuildError::io(compiler, &all, source))?;
        let lock = lock_path(&all, key);
        let lock = cache::lock(&lock, interrupt, || on_event(BuildEvent::Waiting { compiler: compiler.to_owned() }))
            .map_err(|error| BuildError::lock(compiler, &lock, error))?;
        fs::create_dir_all(&folder).map_err(|source| BuildError::io(compiler, &folder, source))?;
        let build_clone = Self { key: key.to_owned(), repository: repository.to_owned(), folder, _lock: lock };
        if Label::read(&build_clone.folder).is_none_or(|label| label.repository != repository) {
            let label = Label { schema_version: SCHEMA_VERSION, repository: repository.to_owned() };
            let path = build_clone.folder.join(LABEL);
            let written =
                serde_json::to_vec_pretty(&label).map_err(io::Error::from).and_then(|json| fs::write(&path, json));
            written.map_err(|source| BuildError::io(compiler, &path, source))?;
        }
        Ok(build_clone)
    }

    /// The clone, which is its own work tree.
    pub(super) fn clone_folder(&self) -> PathBuf {
        self.folder.join("repository")
    }

    /// Where cargo builds to.
    pub(super) fn target(&self) -> PathBuf {
        self.folder.join("target")
    }

    /// An empty folder in which a toolchain can be put together before it is moved to its place.
    pub(super) fn fresh_folder(&self) -> io::Result<PathBuf> {
        let fresh = self.folder.join("fresh");
        remove_folder(&fresh)?;
        fs::create_dir(&fresh)?;
        Ok(fresh)
    }

    /// Does `work` in the clone. If there is none, or the work fails in it, it is done in a new clone, which replaces the
    /// old one if the work succeeds there.
    pub(super) fn in_clone<T>(
        &self,
        object_format: &str,
        origin: &str,
        interrupt: &Interrupt,
        work: impl Fn(&Repository) -> Result<T, RevisionError>,
    ) -> Result<T, RevisionError> {
        let clone = self.clone_folder();
        if clone.join(".git").is_dir() {
            remove_stale_locks(&clone.join(".git"));
            match work(&Repository::own(&clone, interrupt)) {
                Err(error) if !error.is_interrupt() && error.is_about_clone() => {}
                done => return done,
            }
        }
        let new = self.folder.join("repository.new");
        let io = |source| SourceError::Io { action: format!("make a clone of {}", self.repository), source };
        remove_folder(&new).map_err(io)?;
        fs::create_dir(&new).map_err(io)?;
        let git = || SourceError::git(format!("make a clone of {} in {}", self.repository, self.folder.display()));
        let fresh = Repository::init(&new, object_format, interrupt).map_err(git())?;
        // The base of relative URLs of submodules.
        fresh.git(["config", "remote.origin.url", origin]).map_err(git())?;
        let done = work(&fresh);
        if done.is_err() {
            // It cannot be resumed. If it cannot be removed either, the error of the work is the one to report.
            let _ = remove_folder(&new);
        }
        let done = done?;
        remove_folder(&clone).map_err(io)?;
        fs::rename(&new, &clone).map_err(io)?;
        Ok(done)
    }
}

/// Removes a folder with its content, if it exists.
pub(super) fn remove_folder(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes the locks of a git that was killed. No other process uses the clone, as the build clone is locked.
fn remove_stale_locks(git: &Path) {
    for entry in fs::read_dir(git).into_iter().flatten().filter_map(Result::ok) {
        if entry.path().extension() == Some(OsStr::new("lock")) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether `clone` has the commit `id`.
pub(super) fn has_commit(clone: &Repository, id: &str) -> Result<bool, GitError> {
    match clone.git(["cat-file", "-e", &format!("{id}^{{commit}}")]) {
        Ok(_) => Ok(true),
        Err(GitError::Refused(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Fetches only the commit `id` from a repository on this machine into `clone`.
pub(super) fn fetch_commit(clone: &Repository, from: &Path, id: &str) -> Result<(), GitError> {
    let mut command = clone.command();
    command
        .args(["fetch", "--quiet", "--no-tags", "--depth=1", "--upload-pack", git::UPLOAD_PACK, "--"])
        .arg(from)
        .arg(id);
    clone.run(&mut command).map(drop)
}

/// Fetches all branches and tags of `url` into `clone`; its branches become those of `origin`.
pub(super) fn fetch_all(clone: &Repository, url: &str) -> Result<(), GitError> {
    let references =
        ["+HEAD:refs/remotes/origin/HEAD", "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"];
    let fetch = ["fetch", "--quiet", "--no-tags", "--prune", "--force", "--", url];
    clone.git(fetch.iter().chain(&references)).map(drop)
}

/// Makes the work tree of `clone` exactly the commit `id`. Files that do not change keep their times.
pub(super) fn check_out(clone: &Repository, id: &str) -> Result<(), GitError> {
    let git = |args: &[&str]| clone.git(["-c", "core.autocrlf=false"].iter().chain(args)).map(drop);
    git(&["checkout", "--quiet", "--force", "--detach", id])?;
    if clone.folder().join(".gitmodules").is_file() {
        git(&["submodule", "--quiet", "update", "--init", "--recursive", "--force"])?;
    }
    git(&["clean", "--quiet", "-ffdx"])
}
