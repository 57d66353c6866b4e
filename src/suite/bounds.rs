//! How much of the disk a project may read.
//!
//! A project's files may come from others: a fetched project, a pull request, an archive. Without bounds, what such a
//! project points at by links, path dependencies or its entry point would be copied, compiled and, in the compiler's errors,
//! published: a link `src/main.sw -> ~/.ssh/id_rsa` is enough. So a project may read only its own repository, and the
//! folders that the user names.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use etcetera::BaseStrategy;
use walkdir::WalkDir;

/// Where a repository keeps its history and other data that only git should read, such as credentials.
const GIT: &str = ".git";

/// The folders that a project may read from.
#[derive(Clone, Debug, Default)]
pub struct Bounds {
    /// Absolute, without links.
    roots: Vec<PathBuf>,
}

/// A path of a project that leads out of its bounds.
#[derive(Debug)]
pub struct Outside {
    /// The path.
    pub path: PathBuf,
    /// Where it leads.
    pub real: PathBuf,
    /// Where the project belongs.
    pub root: PathBuf,
}

impl std::error::Error for Outside {}

impl fmt::Display for Outside {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let Self { path, real, root } = self;
        if path == real {
            write!(formatter, "{}, which the project needs, is", path.display())?;
        } else {
            write!(formatter, "{} leads to {},", path.display(), real.display())?;
        }
        write!(formatter, " outside of {}; if it may be read, name its folder with --allow-path", root.display())
    }
}

impl Bounds {
    /// The bounds of what is in `folder`: the repository around it, or the folder itself if there is none. `allowed` are the
    /// folders that the user names.
    pub fn around(folder: &Path, allowed: &[PathBuf]) -> Self {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let own = repository_around(&folder).unwrap_or(folder);
        Self::within(&own, allowed)
    }

    /// The bounds of a checkout: itself, and the folders that the user names.
    pub fn within(folder: &Path, allowed: &[PathBuf]) -> Self {
        let roots = std::iter::once(folder).chain(allowed.iter().map(PathBuf::as_path));
        Self { roots: roots.filter_map(|root| root.canonicalize().ok()).collect() }
    }

    /// The bounds of a project in `folder`, which was found within these: its own repository, if it is in one, and the
    /// folders that the user names.
    pub(super) fn of_project(&self, folder: &Path) -> Self {
        match (repository_around(folder), self.roots.split_first()) {
            (Some(own), Some((root, allowed))) if own != *root => Self::within(&own, allowed),
            _ => self.clone(),
        }
    }

    /// Whether `folder`, absolute and without links, is within.
    pub(super) fn contains(&self, folder: &Path) -> bool {
        let inside = |root: &PathBuf| folder.strip_prefix(root).is_ok_and(|rest| !rest.iter().any(|part| part == GIT));
        self.roots.iter().any(inside)
    }

    /// Checks that `path` is within, with links resolved. A path that does not exist cannot be read and passes.
    ///
    /// # Errors
    /// If it is not.
    pub(super) fn check(&self, path: &Path) -> Result<(), Outside> {
        match path.canonicalize() {
            Ok(real) if !self.contains(&real) => {
                let root = self.roots.first().cloned().unwrap_or_default();
                Err(Outside { path: path.to_owned(), real, root })
            }
            _ => Ok(()),
        }
    }

    /// The same of every link below `folder`.
    ///
    /// # Errors
    /// If one leads out.
    pub(super) fn check_all(&self, folder: &Path) -> Result<(), Outside> {
        let entries = WalkDir::new(folder).into_iter().filter_map(Result::ok);
        entries.filter(|entry| entry.path_is_symlink()).try_for_each(|link| self.check(link.path()))
    }
}

/// The nearest folder that contains a repository, from this one upwards. A repository of a whole home folder does not count:
/// it would let a project read private files.
fn repository_around(folder: &Path) -> Option<PathBuf> {
    let found = folder.ancestors().find(|above| above.join(GIT).exists())?;
    let home = etcetera::choose_base_strategy().ok().and_then(|strategy| strategy.home_dir().canonicalize().ok());
    (found.parent().is_some() && home.as_deref() != Some(found)).then(|| found.to_owned())
}

/// Whether a path stays below the folder that it is relative to.
pub(super) fn stays_below(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_project_is_bound_to_its_repository_or_its_suite() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        for name in ["repository/.git", "repository/suite/p", "suite/p", "suite/clone/.git", "suite/clone/p", "lib"] {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        let reads = |suite: &str, project: &str, allowed: &[PathBuf], path: &str| {
            let bounds = Bounds::around(&folder.join(suite), allowed).of_project(&folder.join(project));
            bounds.check(&folder.join(path)).is_ok()
        };
        assert!(reads("repository/suite", "repository/suite/p", &[], "repository"));
        assert!(!reads("repository/suite", "repository/suite/p", &[], "lib"));
        assert!(!reads("repository/suite", "repository/suite/p", &[], "repository/.git"), "credentials");
        assert!(reads("suite", "suite/p", &[], "suite/clone"));
        assert!(!reads("suite", "suite/clone/p", &[], "suite/p"), "a clone has bounds of its own");
        assert!(reads("suite", "suite/clone/p", &[folder.join("lib")], "lib"));
        assert!(reads("suite", "suite/p", &[], "gone"), "what is not there is for forc to miss");
    }
}
