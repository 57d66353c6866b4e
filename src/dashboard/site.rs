//! The folder of a dashboard: which files stay, change, or are removed.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::DashboardError;
use crate::report::file::{self, FileError};
use crate::text::hex;

/// The list of written files. A folder with this file is a dashboard's.
const MANIFEST: &str = "forc-perf-dashboard.json";

/// The layout of the list.
const VERSION: u32 = 1;

/// A dashboard that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Written {
    /// The first page.
    pub index: PathBuf,
    /// How many files are new or have changed.
    pub written: usize,
    /// How many stayed as they were.
    pub kept: usize,
    /// How many were removed.
    pub removed: usize,
    /// How large all of them are together, in bytes.
    pub size: u64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Manifest {
    version: u32,
    files: BTreeMap<String, Entry>,
}

impl Manifest {
    /// Without names that no dashboard writes: a manipulated list could lead out of the folder.
    fn only_own(mut self) -> Self {
        self.files.retain(|name, _| {
            let mut parts = Path::new(name).components();
            parts.clone().next().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
        });
        self
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// SHA-256 of its content, or of its inputs.
    made_of: String,
    /// In bytes.
    size: u64,
}

/// A dashboard that is being written.
pub(super) struct Site {
    folder: PathBuf,
    old: Manifest,
    new: Manifest,
    written: usize,
    /// The version of the program that makes the pages.
    program: String,
    /// The lock, held while the folder is written to.
    _lock: fs::File,
}

impl Site {
    pub(super) fn open(folder: &Path) -> Result<Self, DashboardError> {
        let failed = |source| FileError::Write { path: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        let lock = fs::File::open(folder).map_err(failed)?;
        // Where folders cannot be locked, there is no lock.
        let _ = lock.lock();
        let old = match fs::read(folder.join(MANIFEST)) {
            // If the list cannot be read, everything is written again.
            Ok(bytes) => serde_json::from_slice::<Manifest>(&bytes)
                .ok()
                .filter(|manifest| manifest.version == VERSION)
                .map(Manifest::only_own)
                .unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if fs::read_dir(folder).map_err(failed)?.next().is_some() {
                    return Err(DashboardError::NotOurs(folder.to_owned()));
                }
                Manifest::default()
            }
            Err(source) => return Err(FileError::Read { path: folder.join(MANIFEST), source }.into()),
        };
        let site = Self {
            folder: folder.to_owned(),
            old,
            new: Manifest { version: VERSION, files: BTreeMap::new() },
            written: 0,
            program: program(),
            _lock: lock,
        };
        // An interrupted first dashboard is recognised as one too.
        site.keep_manifest(&site.old)?;
        Ok(site)
    }

    /// Writes `content` to the file of this name, if it differs.
    pub(super) fn put(&mut self, name: &str, content: &str) -> Result<(), DashboardError> {
        self.put_as(name, &digest(content.as_bytes()), content)
    }

    /// Writes what `make` makes to the file of this name. `make` is not called if the file was made of the same before.
    /// `made_of` must include all inputs except the program itself.
    pub(super) fn put_made(
        &mut self,
        name: &str,
        made_of: &str,
        make: impl FnOnce() -> Result<String, DashboardError>,
    ) -> Result<(), DashboardError> {
        let made_of = self.made_by_program(made_of);
        if self.is_there(name, &made_of) {
            return Ok(());
        }
        let content = make()?;
        self.put_as(name, &made_of, &content)
    }

    /// Keeps a page that was made of the same before, and the files in the folder of its name. Returns whether all of them
    /// exist; if not, they must be written again.
    pub(super) fn keeps(&mut self, page: &str, made_of: &str) -> bool {
        let made_of = self.made_by_program(made_of);
        let folder = format!("{}/", page.trim_end_matches(".html"));
        let beside = self.old.files.range(folder.clone()..).map(|(name, _)| name);
        let beside: Vec<String> = beside.take_while(|name| name.starts_with(&folder)).cloned().collect();
        std::iter::once(page.to_owned()).chain(beside).all(|name| self.is_there(&name, &made_of))
    }

    /// The digest of a page's inputs and of this program.
    fn made_by_program(&self, made_of: &str) -> String {
        digest(format!("{}\n{made_of}", self.program).as_bytes())
    }

    fn is_there(&mut self, name: &str, made_of: &str) -> bool {
        let Some(entry) = self.old.files.get(name).filter(|entry| entry.made_of == made_of) else { return false };
        // Truncated or removed files are made again.
        let size = fs::metadata(self.folder.join(name)).map(|metadata| metadata.len()).ok();
        let is_whole = size == Some(entry.size);
        if is_whole {
            self.new.files.insert(name.to_owned(), entry.clone());
        }
        is_whole
    }

    fn put_as(&mut self, name: &str, made_of: &str, content: &str) -> Result<(), DashboardError> {
        if self.is_there(name, made_of) {
            return Ok(());
        }
        let path = self.folder.join(name);
        if let Some(link) = self.link_above(&path) {
            let source = std::io::Error::other("it is a link, and a dashboard's folders are its own; remove it");
            return Err(FileError::Write { path: link, source }.into());
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|source| FileError::Write { path: parent.to_owned(), source })?;
        }
        file::write_text(content, &path)?;
        self.written += 1;
        let entry = Entry { made_of: made_of.to_owned(), size: content.len() as u64 };
        self.new.files.insert(name.to_owned(), entry);
        Ok(())
    }

    /// Removes files that are no longer part of it.
    pub(super) fn finish(self) -> Result<Written, DashboardError> {
        let gone: Vec<&String> = self.old.files.keys().filter(|name| !self.new.files.contains_key(*name)).collect();
        for name in &gone {
            let path = self.folder.join(name);
            if self.link_above(&path).is_some() {
                continue;
            }
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(DashboardError::Remove { path, source: error });
                }
                _ => {}
            }
            // Removes empty folders; this fails for others.
            if let Some(parent) = path.parent().filter(|parent| *parent != self.folder) {
                let _ = fs::remove_dir(parent);
            }
        }
        self.keep_manifest(&self.new)?;
        Ok(Written {
            index: self.folder.join("index.html"),
            written: self.written,
            kept: self.new.files.len() - self.written,
            removed: gone.len(),
            size: self.new.files.values().map(|entry| entry.size).sum(),
        })
    }

    /// The first folder on the way to `path` that is a link, which leads out of the dashboard's folder.
    fn link_above(&self, path: &Path) -> Option<PathBuf> {
        let between = path.ancestors().skip(1).take_while(|above| *above != self.folder);
        between.filter(|above| above.is_symlink()).last().map(Path::to_owned)
    }

    fn keep_manifest(&self, manifest: &Manifest) -> Result<(), DashboardError> {
        let text = serde_json::to_string(manifest).unwrap_or_default();
        Ok(file::write_text(&text, &self.folder.join(MANIFEST))?)
    }
}

/// SHA-256 in hexadecimal digits.
pub(super) fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Identifies this build of the program: version, size and build time.
fn program() -> String {
    let metadata = std::env::current_exe().and_then(fs::metadata).ok();
    let built = metadata.as_ref().and_then(|metadata| metadata.modified().ok());
    let built = built.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok()).unwrap_or_default();
    let size = metadata.map_or(0, |metadata| metadata.len());
    format!("{} {} {size}", env!("CARGO_PKG_VERSION"), built.as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(folder: &Path, names: &[(&str, &str)]) -> Written {
        let mut site = Site::open(folder).unwrap();
        for (name, content) in names {
            site.put(name, content).unwrap();
        }
        site.put_made("made", "of this", || Ok("made".to_owned())).unwrap();
        site.finish().unwrap()
    }

    #[test]
    fn only_what_changed_is_written_and_what_is_gone_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new");
        let first = site(&path, &[("index.html", "a"), ("b/c.html", "c")]);
        assert_eq!((first.written, first.kept, first.removed, first.size), (3, 0, 0, 6));
        fs::write(path.join("CNAME"), "somebody's own").unwrap();
        let again = site(&path, &[("index.html", "a"), ("b/c.html", "c")]);
        assert_eq!((again.written, again.kept, again.removed), (0, 3, 0));
        let changed = site(&path, &[("index.html", "other")]);
        assert_eq!((changed.written, changed.kept, changed.removed), (1, 1, 1));
        assert!(!path.join("b").exists() && path.join("CNAME").exists());
        assert_eq!(fs::read_to_string(path.join("index.html")).unwrap(), "other");
    }

    #[test]
    fn what_was_damaged_is_written_again() {
        let folder = tempfile::tempdir().unwrap();
        site(folder.path(), &[("index.html", "whole")]);
        fs::write(folder.path().join("index.html"), "half").unwrap();
        fs::remove_file(folder.path().join("made")).unwrap();
        assert_eq!(site(folder.path(), &[("index.html", "whole")]).written, 2);
        fs::write(folder.path().join(MANIFEST), "nonsense").unwrap();
        assert_eq!(site(folder.path(), &[("index.html", "whole")]).written, 2);
    }

    #[test]
    fn a_folder_of_something_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.tex"), "").unwrap();
        assert!(matches!(Site::open(folder.path()), Err(DashboardError::NotOurs(_))));
    }

    #[test]
    fn a_list_that_leads_out_of_the_folder_does_nothing_there() {
        let folder = tempfile::tempdir().unwrap();
        let pages = folder.path().join("pages");
        let victim = folder.path().join("victim.txt");
        fs::write(&victim, "mine").unwrap();
        let elsewhere = folder.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join("index.txt"), "mine").unwrap();
        site(&pages, &[("a", "a")]);
        std::os::unix::fs::symlink(&elsewhere, pages.join("runs")).unwrap();
        let absolute = victim.to_str().unwrap().to_owned();
        let entry = |name: &str| (name.to_owned(), Entry { made_of: String::new(), size: 4 });
        let names = ["../victim.txt", absolute.as_str(), "runs/index.txt", ".", ""];
        let manifest = Manifest { version: VERSION, files: names.into_iter().map(entry).collect() };
        fs::write(pages.join(MANIFEST), serde_json::to_string(&manifest).unwrap()).unwrap();
        site(&pages, &[("a", "a")]);
        assert!(victim.exists() && elsewhere.join("index.txt").exists());
        let mut site = Site::open(&pages).unwrap();
        assert!(site.put("runs/new.html", "x").is_err());
        assert!(!elsewhere.join("new.html").exists());
    }
}
