//! The compilers in the cache: listing them, their sizes, and removing them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use semver::Version;
use serde::{Deserialize, Serialize};

use super::build_clone;
use super::install::{binary_in, releases_folder};
use crate::os::cache;

/// The version of the file that says what a compiler was built from.
pub(super) const SCHEMA_VERSION: u32 = 1;
/// The prefix of the names of compilers built from revisions.
pub(super) const PREFIX: &str = "git-";
/// The file beside a compiler that says what it was built from.
const RECORD: &str = "toolchain.json";
/// How many digits of an id are shown.
const SHOWN_DIGITS: usize = 12;

/// What a compiler in the cache was built from, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildRecord {
    /// The version of this file's layout.
    pub schema_version: u32,
    /// The checkout's folder, or the URL, that it was first built from.
    pub repository: String,
    /// The name of the revision when it was built.
    pub name: String,
    /// The commit, or the one that a changed work tree was based on.
    pub commit: String,
    /// The id of the content.
    pub tree: String,
    /// Whether the content is not the commit's own.
    pub dirty: bool,
    /// The first line of the commit's message.
    pub subject: String,
    /// When the commit was made, RFC 3339.
    pub committed: Option<String>,
    /// Further flags of cargo.
    pub cargo_flags: Vec<String>,
    /// Variables of the environment that change what cargo builds.
    pub variables: BTreeMap<String, String>,
    /// When it was built, RFC 3339.
    pub built: String,
    /// How long that took.
    pub took: Duration,
    /// The Rust compiler's own version line, if it is known.
    pub rustc: Option<String>,
    /// Whether the std of the same content is beside it.
    pub std: bool,
    /// The name of the clone in which it was built.
    #[serde(rename = "workshop")]
    pub build_clone: String,
}

impl BuildRecord {
    /// The record in `folder`, if there is one of a version that we know.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        let record: Self = serde_json::from_slice(&fs::read(folder.join(RECORD)).ok()?).ok()?;
        (record.schema_version <= SCHEMA_VERSION).then_some(record)
    }

    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        fs::write(folder.join(RECORD), serde_json::to_vec_pretty(self)?)
    }
}

/// What a compiler in the cache is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredKind {
    /// A release.
    Release(Version),
    /// Built from a revision.
    Revision(Box<BuildRecord>),
}

/// A compiler in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// What it is.
    pub kind: StoredKind,
    /// Its folder, whose name is its name in the cache.
    pub folder: PathBuf,
    /// The binary.
    pub binary: PathBuf,
}

impl Stored {
    /// Its name in the cache: `0.72.1`, or `git-` and an id.
    pub fn name(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The beginning of its name, enough for people and for [`remove`]: `git-` and 12 digits.
    pub fn short_name(&self) -> String {
        let name = self.name();
        let (id, flags) = name.strip_prefix(PREFIX).and_then(|name| name.split_once('-')).unwrap_or((&name, ""));
        if flags.is_empty() { id.chars().take(PREFIX.len() + SHOWN_DIGITS).collect() } else { name }
    }

    /// Whether `spec` names it: a release, the beginning of an id of 4 digits or more, the name of the revision when it was
    /// built, or the name in the cache.
    fn is_named(&self, spec: &str) -> bool {
        let spec = spec.strip_prefix("rev:").unwrap_or(spec);
        match &self.kind {
            StoredKind::Release(version) => version.to_string() == spec.strip_prefix('v').unwrap_or(spec),
            StoredKind::Revision(record) => {
                let digits = spec.strip_prefix(PREFIX).unwrap_or(spec);
                let id = self.name();
                record.name == spec
                    || digits.len() >= 4 && id.strip_prefix(PREFIX).is_some_and(|id| id.starts_with(digits))
            }
        }
    }

    /// The lock that a build in the folder holds: that of its release, or of its build clone.
    fn lock(&self) -> Result<PathBuf, cache::NoCache> {
        Ok(match &self.kind {
            StoredKind::Release(version) => releases_folder()?.join(format!(".{version}.lock")),
            StoredKind::Revision(record) => build_clone::lock_path(&build_clone::all_folder()?, &record.build_clone),
        })
    }
}

/// A build clone, with the output of its builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredClone {
    /// Its folder.
    pub folder: PathBuf,
    /// The repository that it is a clone of, if that can be read.
    pub repository: Option<String>,
}

impl StoredClone {
    /// Its name in the cache.
    pub fn name(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// How many bytes the clone itself and the output of its builds take.
    pub fn sizes(&self) -> (u64, u64) {
        let target = cache::size_of(&self.folder.join("target"));
        (cache::size_of(&self.folder).saturating_sub(target), target)
    }
}

/// The compilers in the cache: releases by their versions, then revisions, the latest built last.
///
/// # Errors
/// If there is no cache folder.
pub fn toolchains() -> Result<Vec<Stored>, cache::NoCache> {
    let mut stored: Vec<Stored> = folders(&releases_folder()?)
        .filter_map(|folder| {
            let name = folder.file_name()?.to_str()?.to_owned();
            let kind = match Version::parse(&name) {
                Ok(version) => StoredKind::Release(version),
                Err(_) if name.starts_with(PREFIX) => StoredKind::Revision(Box::new(BuildRecord::read(&folder)?)),
                Err(_) => return None,
            };
            let binary = binary_in(&folder);
            binary.is_file().then_some(Stored { kind, folder, binary })
        })
        .collect();
    stored.sort_by(|a, b| match (&a.kind, &b.kind) {
        (StoredKind::Release(a), StoredKind::Release(b)) => a.cmp(b),
        (StoredKind::Revision(a), StoredKind::Revision(b)) => a.built.cmp(&b.built),
        (StoredKind::Release(_), StoredKind::Revision(_)) => std::cmp::Ordering::Less,
        (StoredKind::Revision(_), StoredKind::Release(_)) => std::cmp::Ordering::Greater,
    });
    Ok(stored)
}

/// The clones in the cache.
///
/// # Errors
/// If there is no cache folder.
pub fn clones() -> Result<Vec<StoredClone>, cache::NoCache> {
    let mut clones: Vec<_> = folders(&build_clone::all_folder()?)
        .map(|folder| StoredClone {
            repository: build_clone::Label::read(&folder).map(|label| label.repository),
            folder,
        })
        .collect();
    clones.sort_by(|a, b| a.folder.cmp(&b.folder));
    Ok(clones)
}

/// The folders in `folder` that are not links and whose names do not begin with a dot.
fn folders(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
        .map(|entry| entry.path())
}

/// What to remove.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removal {
    /// Compilers by their names.
    pub specs: Vec<String>,
    /// All compilers.
    pub all: bool,
    /// The build clones, and what interrupted builds have left.
    pub builds: bool,
}

/// Something that was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Where it was.
    pub path: PathBuf,
    /// How many bytes it took.
    pub freed: u64,
}

/// Why something was not removed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// There is no cache folder.
    #[error(transparent)]
    NoCache(#[from] cache::NoCache),
    /// Nothing in the cache has this name.
    #[error("no compiler in the cache is called `{0}`; `forc-perf toolchain list` names those that are there")]
    Unknown(String),
    /// Several compilers match this name.
    #[error("`{spec}` names more than one compiler in the cache: {}; give more of its digits", names.join(", "))]
    Ambiguous {
        /// The name.
        spec: String,
        /// The compilers that match.
        names: Vec<String>,
    },
    /// Another harness is building there.
    #[error("{} is in use by another harness, which is building; try again when it is done", .0.display())]
    InUse(PathBuf),
    /// The system reported an error.
    #[error("cannot remove {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

/// Removes what `removal` names from the cache, and reports each removed item. Only what a listing of the cache finds is
/// removed: a name is compared with that and never becomes a path.
///
/// # Errors
/// At the first item that is unknown, in use or cannot be removed; items before it are removed. All names are checked before
/// anything is removed.
pub fn remove(removal: &Removal, mut on_removed: impl FnMut(Removed)) -> Result<(), RemoveError> {
    let known = toolchains()?;
    let mut chosen: Vec<&Stored> = Vec::new();
    for spec in &removal.specs {
        let mut named: Vec<&Stored> = known.iter().filter(|stored| stored.is_named(spec)).collect();
        // Built with flags, the same commit is another compiler, whose name begins with the same text.
        if let Some(exact) = named.iter().find(|stored| stored.name() == *spec) {
            named = vec![exact];
        }
        match named.as_slice() {
            [] => return Err(RemoveError::Unknown(spec.clone())),
            [one] if chosen.contains(one) => {}
            [one] => chosen.push(one),
            several => {
                let names = several.iter().map(|stored| stored.name()).collect();
                return Err(RemoveError::Ambiguous { spec: spec.clone(), names });
            }
        }
    }
    if removal.all {
        chosen = known.iter().collect();
    }
    let releases = releases_folder()?;
    for stored in chosen {
        let log = releases.join(format!("{}.log", stored.name()));
        remove_locked(&stored.lock()?, &stored.folder, &mut on_removed)?;
        let _ = fs::remove_file(log);
    }
    if removal.builds {
        let all = build_clone::all_folder()?;
        for clone in clones()? {
            remove_locked(&build_clone::lock_path(&all, &clone.name()), &clone.folder, &mut on_removed)?;
        }
        for (folder, lock) in interrupted_installs(&releases) {
            remove_locked(&lock, &folder, &mut on_removed)?;
        }
    }
    Ok(())
}

/// The folders of interrupted builds of releases, with their locks.
fn interrupted_installs(releases: &Path) -> Vec<(PathBuf, PathBuf)> {
    let entries = fs::read_dir(releases).into_iter().flatten().filter_map(Result::ok);
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let found = folders.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let version = name.strip_prefix('.')?.strip_suffix(".build")?;
        Some((entry.path(), releases.join(format!(".{version}.lock"))))
    });
    found.collect()
}

fn remove_locked(lock: &Path, folder: &Path, on_removed: &mut impl FnMut(Removed)) -> Result<(), RemoveError> {
    let io = |source| RemoveError::Io { path: folder.to_owned(), source };
    // If the folder of a lock does not exist, the lock was never taken, so it is not held.
    let held = match cache::try_lock(lock) {
        Ok(Some(lock)) => Some(lock),
        Ok(None) => return Err(RemoveError::InUse(folder.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(io(error)),
    };
    let freed = cache::size_of(folder);
    // Renamed first, so that a partly removed folder is not taken for a complete one. The dot hides it from listings.
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let doomed = folder.with_file_name(format!(".removed-{name}"));
    build_clone::remove_folder(&doomed).map_err(io)?;
    fs::rename(folder, &doomed).map_err(io)?;
    build_clone::remove_folder(&doomed).map_err(io)?;
    drop(held);
    on_removed(Removed { path: folder.to_owned(), freed });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(name: &str, kind: StoredKind) -> Stored {
        Stored { kind, folder: Path::new("/cache/toolchains").join(name), binary: PathBuf::new() }
    }

    #[test]
    fn a_compiler_is_named_by_its_release_its_id_or_its_revision() {
        let release = stored("0.72.1", StoredKind::Release(Version::new(0, 72, 1)));
        assert!(release.is_named("0.72.1") && release.is_named("v0.72.1") && !release.is_named("0.72"));
        let record = BuildRecord {
            schema_version: 1,
            repository: "/sway".into(),
            name: "feature/x".into(),
            commit: "0123456789".repeat(4),
            tree: "a".repeat(40),
            dirty: false,
            subject: String::new(),
            committed: None,
            cargo_flags: Vec::new(),
            variables: BTreeMap::new(),
            built: String::new(),
            took: Duration::ZERO,
            rustc: None,
            std: false,
            build_clone: "sway-0".into(),
        };
        let revision = stored(&format!("git-{}", record.commit), StoredKind::Revision(Box::new(record)));
        for spec in ["0123", "git-01234", "feature/x", "rev:feature/x", "rev:0123"] {
            assert!(revision.is_named(spec), "{spec}");
        }
        for spec in ["012", "git-", "", "feature", "0124", "../0123"] {
            assert!(!revision.is_named(spec), "{spec}");
        }
    }
}
