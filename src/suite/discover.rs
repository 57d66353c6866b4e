//! Which benchmarks there are.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::manifest::{MANIFEST, Manifest};
use super::{Project, Suite, scenario};
use crate::model::Skipped;

/// Folders that hold no projects of the suite.
const NOT_WALKED: [&str; 3] = ["out", "target", "node_modules"];

/// Why there is no suite.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// The folder cannot be read.
    #[error("cannot read the suite {}: {source}", path.display())]
    Read {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file of target projects is broken.
    #[error("{} is no list of target projects: {message}", path.display())]
    Targets {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

/// Walks `root` for projects. A workspace is one project, which is built whole: that is how its owners build it, its
/// members share their dependencies' compilation, and the phases of each member are told apart by their package.
///
/// What cannot be walked or read is in [`Suite::skipped`].
///
/// # Errors
/// If `root` itself cannot be read.
pub fn discover(root: &Path) -> Result<Suite, SuiteError> {
    let error = |source| SuiteError::Read { path: root.to_owned(), source };
    let real_root = root.canonicalize().map_err(error)?;
    std::fs::read_dir(&real_root).map_err(error)?;
    let mut suite = Suite { name: file_name(&real_root), ..Suite::default() };
    let mut seen = BTreeSet::new();
    let mut walk = WalkDir::new(&real_root).follow_links(true).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().unwrap_or(&real_root);
                let reason = match error.loop_ancestor() {
                    Some(ancestor) => format!("a link that leads back to {}", ancestor.display()),
                    None => format!("cannot be read: {}", plain_reason(&error)),
                };
                suite.skipped.push(Skipped { name: relative(path, &real_root), reason, broken: true });
                continue;
            }
        };
        if !entry.file_type().is_dir() {
            continue;
        }
        if entry.depth() > 0 && is_left_out(&entry) {
            walk.skip_current_dir();
            continue;
        }
        if !entry.path().join(MANIFEST).is_file() {
            continue;
        }
        walk.skip_current_dir();
        // The same project may be reached through several links.
        let Ok(folder) = entry.path().canonicalize() else { continue };
        if !seen.insert(folder.clone()) {
            continue;
        }
        let (group, name) = place(entry.path(), &real_root);
        match Project::read(folder, group, name) {
            Ok(project) => match suite.projects.iter().find(|other| other.has_name_of(&project)) {
                None => suite.projects.push(project),
                Some(other) => {
                    let reason = format!("has the id of the project in {}: rename one of them", other.folder.display());
                    suite.skipped.push(Skipped { name: relative(entry.path(), &real_root), reason, broken: true });
                }
            },
            Err(reason) => {
                suite.skipped.push(Skipped { name: relative(entry.path(), &real_root), reason, broken: true });
            }
        }
    }
    Ok(suite)
}

impl Project {
    /// Whether the benchmarks of both would have the same ids.
    fn has_name_of(&self, other: &Self) -> bool {
        (&self.group, &self.name) == (&other.group, &other.name)
    }

    /// Reads the project in `folder`, which belongs to `group` under `name`.
    ///
    /// # Errors
    /// If its manifest is broken; the sentence says how.
    pub fn read(folder: PathBuf, group: String, name: String) -> Result<Self, String> {
        if folder.to_str().is_none() {
            return Err("its path is not UTF-8, and no report could hold it".to_owned());
        }
        let manifest = Manifest::read(&folder).map_err(|error| error.to_string())?;
        let scenarios =
            manifest.metadata.scenarios().map_err(|error| format!("{}: {error}", folder.join(MANIFEST).display()))?;
        if let Some(fault) = scenario::fault_of(&scenarios) {
            return Err(format!("{}: {fault}", folder.join(MANIFEST).display()));
        }
        Ok(Self { folder, group, name, scenarios, manifest, std: None })
    }
}

fn is_left_out(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    name.starts_with('.') || NOT_WALKED.contains(&&*name)
}

/// A project's group and name: the folder that holds it, relative to the suite, and its own. A project directly in the
/// suite's folder belongs to the group of that folder's name, and so on upwards for the suite's folder itself.
fn place(folder: &Path, root: &Path) -> (String, String) {
    let group = match folder.parent().map(|parent| (parent, parent.strip_prefix(root))) {
        Some((_, Ok(relative))) if relative != Path::new("") => relative.to_string_lossy().replace('\\', "/"),
        Some((parent, _)) => file_name(parent),
        None => "root".to_owned(),
    };
    (group, file_name(folder))
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| "root".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn relative(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

/// The system's reason without the path, which stands beside it.
fn plain_reason(error: &walkdir::Error) -> String {
    error.io_error().map_or_else(|| error.to_string(), ToString::to_string)
}
