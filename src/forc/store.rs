//! What the cache keeps of compilers: which they are, what they take, and removing them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use semver::Version;
use serde::{Deserialize, Serialize};

use super::install::{binary_in, releases_folder};
use super::workshop;
use crate::os::cache;

/// The version of the file that says what a compiler was built from.
pub(super) const SCHEMA_VERSION: u32 = 1;
/// What the names of compilers built from revisions begin with.
pub(super) const PREFIX: &str = "git-";
/// The file beside a compiler that says what it was built from.
const RECORD: &str = "toolchain.json";
/// How many digits of an id are shown.
const SHOWN_DIGITS: usize = 12;

/// What a compiler in the cache was built from, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The version of this file's layout.
    pub schema_version: u32,
    /// The checkout's folder, or the URL, that it was first built from.
    pub repository: String,
    /// What the revision was called when it was built.
    pub name: String,
    /// The commit, or that on which a changed work tree stood.
    pub commit: String,
    /// The id of the content.
    pub tree: String,
    /// Whether the content is not the commit's own.
    pub dirty: bool,
    /// The first line of the commit's message.
    pub subject: String,
    /// When the commit was made, RFC 3339.
    pub committed: Option<String>,
    /// Flags of cargo's beside ours.
    pub cargo_flags: Vec<String>,
    /// Variables of the environment that change what cargo builds.
    pub variables: BTreeMap<String, String>,
    /// When it was built, RFC 3339.
    pub built: String,
    /// How long that took.
    pub took: Duration,
    /// The Rust compiler's own version line, if it told.
    pub rustc: Option<String>,
    /// Whether the std of the same content stands beside it.
    pub std: bool,
    /// The name of the clone in which it was built.
    pub workshop: String,
}

impl Record {
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
pub enum Kind {
    /// A release.
    Release(Version),
    /// Built from a revision.
    Revision(Box<Record>),
}

/// A compiler in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// What it is.
    pub kind: Kind,
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

    /// Whether `spec` names it: a release, the beginning of an id of 4 digits or more, what the revision was called when it was
    /// built, or the name in the cache.
    fn is_named(&self, spec: &str) -> bool {
        let spec = spec.strip_prefix("rev:").unwrap_or(spec);
        match &self.kind {
            Kind::Release(version) => version.to_string() == spec.strip_prefix('v').unwrap_or(spec),
            Kind::Revision(record) => {
                let digits = spec.strip_prefix(PREFIX).unwrap_or(spec);
                let id = self.name();
                record.name == spec
                    || digits.len() >= 4 && id.strip_prefix(PREFIX).is_some_and(|id| id.starts_with(digits))
            }
        }
    }

    /// Who uses the folder while building: the lock of its release, or of its clone.
    fn lock(&self) -> Result<PathBuf, cache::NoCache> {
        Ok(match &self.kind {
            Kind::Release(version) => releases_folder()?.join(format!(".{version}.lock")),
            Kind::Revision(record) => workshop::lock_path(&workshop::all_folder()?, &record.workshop),
        })
    }
}

/// A clone of ours, and the output of its builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredClone {
    /// Its folder.
    pub folder: PathBuf,
    /// What it is a clone of, if that can be read.
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
                Ok(version) => Kind::Release(version),
                Err(_) if name.starts_with(PREFIX) => Kind::Revision(Box::new(Record::read(&folder)?)),
                Err(_) => return None,
            };
            let binary = binary_in(&folder);
            binary.is_file().then_some(Stored { kind, folder, binary })
        })
        .collect();
    stored.sort_by(|a, b| match (&a.kind, &b.kind) {
        (Kind::Release(a), Kind::Release(b)) => a.cmp(b),
        (Kind::Revision(a), Kind::Revision(b)) => a.built.cmp(&b.built),
        (Kind::Release(_), Kind::Revision(_)) => std::cmp::Ordering::Less,
        (Kind::Revision(_), Kind::Release(_)) => std::cmp::Ordering::Greater,
    });
    Ok(stored)
}

/// The clones in the cache.
///
/// # Errors
/// If there is no cache folder.
pub fn clones() -> Result<Vec<StoredClone>, cache::NoCache> {
    let mut clones: Vec<_> = folders(&workshop::all_folder()?)
        .map(|folder| StoredClone { repository: workshop::Label::read(&folder).map(|label| label.repository), folder })
        .collect();
    clones.sort_by(|a, b| a.folder.cmp(&b.folder));
    Ok(clones)
}

/// The folders in `folder` that are no links and whose names begin with no dot.
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
    /// The clones, and what was left of builds.
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
    /// Nothing in the cache is called so.
    #[error("no compiler in the cache is called `{0}`; `forc-perf toolchain list` names those that are there")]
    Unknown(String),
    /// More than one compiler is called so.
    #[error("`{spec}` names more than one compiler in the cache: {}; give more of its digits", names.join(", "))]
    Ambiguous {
        /// The name.
        spec: String,
        /// What it may mean.
        names: Vec<String>,
    },
    /// Somebody is building there.
    #[error("{} is in use by another harness, which is building; try again when it is done", .0.display())]
    InUse(PathBuf),
    /// The system refused.
    #[error("cannot remove {}: {source}", path.display())]
    Io {
        /// What was to be removed.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Removes what `removal` names from the cache, and tells each thing that is gone. Only what is found by looking into the
/// cache is removed: a name is compared with what is there and never becomes a path.
///
/// # Errors
/// At the first thing that is unknown, in use or cannot be removed; what had been removed until then is gone. All names are
/// looked at before anything is removed.
pub fn remove(removal: &Removal, mut on_removed: impl FnMut(Removed)) -> Result<(), RemoveError> {
    let known = toolchains()?;
    let mut chosen: Vec<&Stored> = Vec::new();
    for spec in &removal.specs {
        let mut named: Vec<&Stored> = known.iter().filter(|stored| stored.is_named(spec)).collect();
        // Built with flags, the same commit is another compiler whose name only begins so.
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
        let all = workshop::all_folder()?;
        for clone in clones()? {
            remove_locked(&workshop::lock_path(&all, &clone.name()), &clone.folder, &mut on_removed)?;
        }
        for (folder, lock) in interrupted_installs(&releases) {
            remove_locked(&lock, &folder, &mut on_removed)?;
        }
    }
    Ok(())
}

/// Where releases were being built when it was interrupted, with their locks.
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
    // The file of a lock that nobody has taken yet may lack its folder: then nobody holds it.
    let held = match cache::try_lock(lock) {
        Ok(Some(lock)) => Some(lock),
        Ok(None) => return Err(RemoveError::InUse(folder.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(io(error)),
    };
    let freed = cache::size_of(folder);
    // Moved first, so that nobody takes a half for the whole. The dot keeps it from being listed.
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let doomed = folder.with_file_name(format!(".removed-{name}"));
    workshop::remove_folder(&doomed).map_err(io)?;
    fs::rename(folder, &doomed).map_err(io)?;
    workshop::remove_folder(&doomed).map_err(io)?;
    drop(held);
    on_removed(Removed { path: folder.to_owned(), freed });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(name: &str, kind: Kind) -> Stored {
        Stored { kind, folder: Path::new("/cache/toolchains").join(name), binary: PathBuf::new() }
    }

    #[test]
    fn a_compiler_is_named_by_its_release_its_id_or_its_revision() {
        let release = stored("0.72.1", Kind::Release(Version::new(0, 72, 1)));
        assert!(release.is_named("0.72.1") && release.is_named("v0.72.1") && !release.is_named("0.72"));
        let record = Record {
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
            workshop: "sway-0".into(),
        };
        let revision = stored(&format!("git-{}", record.commit), Kind::Revision(Box::new(record)));
        for spec in ["0123", "git-01234", "feature/x", "rev:feature/x", "rev:0123"] {
            assert!(revision.is_named(spec), "{spec}");
        }
        for spec in ["012", "git-", "", "feature", "0124", "../0123"] {
            assert!(!revision.is_named(spec), "{spec}");
        }
    }
}
