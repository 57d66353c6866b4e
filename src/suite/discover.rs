//! Which benchmarks there are.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::manifest::{Heed, MANIFEST, Manifest, ManifestKind};
use super::packages::packages;
use super::{Bounds, Project, Suite, scenario};
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
    /// The list of target projects is broken.
    #[error("{} is not a list of target projects: {message}", path.display())]
    Targets {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

/// Walks `root` for projects. A workspace is one project, which is built as a whole: that is how its owners build it, its
/// members share the compilation of dependencies, and the phases of each member are distinguished by their package. A
/// package below another one is a project like any other.
///
/// `allowed` are the folders that projects may read beside their own repositories: see [`Bounds`]. What cannot be walked or read, and anything else that has a manifest and is not a project of the suite, is in [`Suite::skipped`].
///
/// # Errors
/// If `root` itself cannot be read.
pub fn discover(root: &Path, allowed: &[PathBuf]) -> Result<Suite, SuiteError> {
    let error = |source| SuiteError::Read { path: root.to_owned(), source };
    let real_root = root.canonicalize().map_err(error)?;
    std::fs::read_dir(&real_root).map_err(error)?;
    let mut discovery = Discovery {
        suite: Suite { name: file_name(&real_root), ..Suite::default() },
        bounds: Bounds::around(&real_root, allowed),
        root: real_root,
        seen: BTreeSet::new(),
        package: None,
        workspaces: Vec::new(),
    };
    discovery.walk();
    Ok(discovery.suite)
}

/// A suite that is being read.
struct Discovery {
    suite: Suite,
    root: PathBuf,
    bounds: Bounds,
    /// The projects' folders: the same may be reached through several links.
    seen: BTreeSet<PathBuf>,
    /// The outermost project that is being walked.
    package: Option<PathBuf>,
    /// Each workspace, and the packages that are built with it.
    workspaces: Vec<(PathBuf, BTreeSet<PathBuf>)>,
}

impl Discovery {
    fn walk(&mut self) {
        let mut walk = WalkDir::new(&self.root).follow_links(true).sort_by_file_name().into_iter();
        while let Some(entry) = walk.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.fails(&error);
                    continue;
                }
            };
            if entry.file_type().is_dir() && !self.enters(&entry) {
                walk.skip_current_dir();
            }
        }
    }

    fn skip(&mut self, path: &Path, reason: String, broken: bool) {
        self.suite.skipped.push(Skipped { name: relative(path, &self.root), reason, broken });
    }

    fn is_in_package(&self, path: &Path) -> bool {
        self.package.as_ref().is_some_and(|package| path.starts_with(package) && path != package)
    }

    fn fails(&mut self, error: &walkdir::Error) {
        let path = error.path().unwrap_or(&self.root).to_owned();
        // Problems inside a package, outside other packages, are found when it is copied.
        if self.is_in_package(&path) {
            return;
        }
        let reason = match error.loop_ancestor() {
            Some(ancestor) => format!("a link that leads back to {}", ancestor.display()),
            None => format!("cannot be read: {}", plain_reason(error)),
        };
        self.skip(&path, reason, true);
    }

    /// Looks at a folder, and returns whether to walk it.
    fn enters(&mut self, entry: &DirEntry) -> bool {
        let path = entry.path();
        let is_package = path.join(MANIFEST).is_file();
        if entry.depth() > 0 && is_left_out(entry) {
            let name = entry.file_name().to_string_lossy().into_owned();
            for package in packages_in(path) {
                self.skip(&package, format!("folders with a name like `{name}` are not looked into"), false);
            }
            return false;
        }
        if !is_package && path.join(MANIFEST).symlink_metadata().is_ok() && !self.is_in_package(path) {
            self.skip(path, format!("its {MANIFEST} is no file that can be read"), true);
        }
        if entry.path_is_symlink() {
            // Links inside a package are checked when it is copied.
            if self.is_in_package(path) {
                return false;
            }
            if let Err(outside) = self.bounds.check(path) {
                self.skip(path, outside.to_string(), true);
                return false;
            }
        }
        if is_package {
            self.find(path);
        }
        true
    }

    /// Adds the package at `path` to the suite, or records why not.
    fn find(&mut self, path: &Path) {
        let Ok(folder) = path.canonicalize() else { return };
        if !self.seen.insert(folder.clone()) {
            return;
        }
        if let Some((workspace, packages)) = self.workspaces.iter().find(|(workspace, _)| folder.starts_with(workspace))
        {
            if !packages.contains(&folder) {
                let workspace = relative(workspace, &self.root);
                let workspace = if workspace.is_empty() { ".".to_owned() } else { workspace };
                self.skip(path, format!("is no member of the workspace around it, {workspace}, and not built"), false);
            }
            return;
        }
        if !self.is_in_package(path) {
            self.package = Some(path.to_owned());
        }
        let (group, name) = place(path, &self.root);
        let bounds = self.bounds.of_project(&folder);
        match Project::read(folder, group, name, bounds, Heed::Metadata) {
            Ok(project) => {
                if project.manifest.kind == ManifestKind::Workspace {
                    self.workspaces.push((project.folder.clone(), packages(&project.folder, &project.bounds).0));
                }
                match self.suite.projects.iter().find(|other| other.has_name_of(&project)) {
                    None => self.suite.projects.push(project),
                    Some(other) => {
                        let other = other.folder.display();
                        self.skip(path, format!("has the id of the project in {other}: rename one of them"), true);
                    }
                }
            }
            Err(reason) => self.skip(path, reason, true),
        }
    }
}

impl Project {
    /// Whether the benchmarks of both would have the same ids.
    fn has_name_of(&self, other: &Self) -> bool {
        (&self.group, &self.name) == (&other.group, &other.name)
    }

    /// Reads the project in `folder`, which belongs to `group` under `name` and may read what is within `bounds`.
    ///
    /// # Errors
    /// If its manifest is broken, or is a link that leads out of the bounds; the message says how.
    pub fn read(folder: PathBuf, group: String, name: String, bounds: Bounds, heed: Heed) -> Result<Self, String> {
        if folder.to_str().is_none() {
            return Err("its path is not UTF-8, and no report could hold it".to_owned());
        }
        if folder.to_string_lossy().contains(|c: char| c.is_whitespace() && c != ' ') {
            return Err(
                "its path has a line end or a tab in it, and no list could show it; rename the folder".to_owned()
            );
        }
        // Before it is read: messages about a broken manifest quote its line.
        bounds.check(&folder.join(MANIFEST)).map_err(|outside| outside.to_string())?;
        let manifest = Manifest::read(&folder, heed).map_err(|error| error.to_string())?;
        let scenarios =
            manifest.metadata.scenarios().map_err(|error| format!("{}: {error}", folder.join(MANIFEST).display()))?;
        if let Some(fault) = scenario::fault_of(&scenarios) {
            return Err(format!("{}: {fault}", folder.join(MANIFEST).display()));
        }
        Ok(Self { folder, group, name, scenarios, manifest, std: None, bounds })
    }
}

/// The packages in a folder that is not walked, down to the depth at which they usually are.
fn packages_in(folder: &Path) -> Vec<PathBuf> {
    const DEEPEST: usize = 4;
    let found = WalkDir::new(folder).max_depth(DEEPEST).sort_by_file_name().into_iter().filter_map(Result::ok);
    let manifests = found.filter(|entry| entry.file_name() == MANIFEST && entry.file_type().is_file());
    manifests.filter_map(|manifest| Some(manifest.path().parent()?.to_owned())).collect()
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

/// The system's reason without the path, which is shown beside it.
fn plain_reason(error: &walkdir::Error) -> String {
    error.io_error().map_or_else(|| error.to_string(), ToString::to_string)
}
