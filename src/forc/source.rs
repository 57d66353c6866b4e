//! The sources of the compiler's revisions: a checkout of the user, or a repository's URL.
//!
//! A checkout is only read. Git gets a copy of its index and a folder of our own for new objects, so that not even the time
//! of a file in the checkout changes.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::os::Interrupt;
use crate::os::git::{GitError, Repository, without_credentials};
use crate::os::scratch::Scratch;
use crate::text::suggest::close;

/// Names the source of revisions; takes what `--sway` takes.
pub const SWAY_VARIABLE: &str = "FORC_PERF_SWAY";

/// The user's name for the work tree as it is.
pub const WORK_TREE: &str = ".";

/// A repository of the compiler, as the user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SwaySource {
    /// A checkout, one of its work trees, or a bare repository.
    Folder(PathBuf),
    /// Any other URL or path that git can fetch from.
    Url(String),
}

impl From<OsString> for SwaySource {
    fn from(text: OsString) -> Self {
        match text.to_str() {
            Some(url) if is_url(url) && !Path::new(url).exists() => Self::Url(url.to_owned()),
            _ => Self::Folder(PathBuf::from(text)),
        }
    }
}

/// `scheme://…`, or `host:path` as ssh takes it.
fn is_url(text: &str) -> bool {
    let before_path = text.split('/').next().unwrap_or_default();
    text.contains("://") || before_path.split_once(':').is_some_and(|(host, _)| !host.is_empty())
}

impl fmt::Display for SwaySource {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.display().fmt(formatter),
            Self::Url(url) => without_credentials(url).fmt(formatter),
        }
    }
}

/// Why a revision could not be found or fetched.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The user named no source.
    #[error(
        "`{0}` is a revision of the compiler, and no repository of it is named: give a checkout or a URL with --sway \
         (or {SWAY_VARIABLE})"
    )]
    NoSource(String),
    /// There is no such folder.
    #[error("there is no folder {}; --sway takes a checkout of the Sway compiler, or the URL of its repository", .0.display())]
    NoFolder(PathBuf),
    /// The folder is not a git repository.
    #[error("{} is not a git repository; --sway takes a checkout of the Sway compiler, or the URL of its repository", .0.display())]
    NoRepository(PathBuf),
    /// The folder is inside a repository.
    #[error("{} is inside the git repository {}; give that with --sway", folder.display(), repository.display())]
    Inside {
        /// The folder that was given.
        folder: PathBuf,
        /// The repository around it.
        repository: PathBuf,
    },
    /// There is no work tree that `.` could mean.
    #[error("{0} has no work tree that `.` could mean; name a branch, tag or commit")]
    NoWorkTree(String),
    /// The repository knows no such revision.
    #[error("{repository} knows no revision `{revision}`{hint}")]
    Unknown {
        /// The repository.
        repository: String,
        /// The given name.
        revision: String,
        /// What to do, or similar names, with the punctuation before it.
        hint: String,
    },
    /// Git failed.
    #[error("cannot {action}: {source}")]
    Git {
        /// The action that failed.
        action: String,
        /// Git's error.
        source: GitError,
    },
    /// A file could not be read or written.
    #[error("cannot {action}: {source}")]
    Io {
        /// The action that failed.
        action: String,
        /// The system's error.
        source: io::Error,
    },
}

impl SourceError {
    /// Whether the user stopped it.
    pub fn is_interrupt(&self) -> bool {
        matches!(self, Self::Git { source: GitError::Interrupted, .. })
    }

    pub(super) fn git(action: impl Into<String>) -> impl FnOnce(GitError) -> Self {
        |source| Self::Git { action: action.into(), source }
    }

    pub(super) fn io(action: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        |source| Self::Io { action: action.into(), source }
    }
}

/// A commit with its description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its whole id.
    pub id: String,
    /// The id of its tree.
    pub tree: String,
    /// The first line of its message.
    pub subject: String,
    /// When it was made, RFC 3339, if it says so.
    pub committed: Option<String>,
}

impl Commit {
    /// Reads the commit `id` from `repository`.
    pub(super) fn read(repository: &Repository, id: &str) -> Result<Self, GitError> {
        let said = repository.git(["log", "-1", "--no-show-signature", "--format=%H%n%T%n%cI%n%s", id, "--"])?;
        let said = String::from_utf8_lossy(&said);
        let mut lines = said.lines();
        let mut next = || lines.next().unwrap_or_default().to_owned();
        let (id, tree, committed, subject) = (next(), next(), next(), next());
        Ok(Self { id, tree, subject, committed: Some(committed).filter(|time| !time.is_empty()) })
    }
}

/// The user's repository.
#[derive(Debug)]
pub struct Checkout<'a> {
    repository: Repository<'a>,
    /// The top of the work tree, or of a bare repository.
    folder: PathBuf,
    /// Where all of its work trees have their objects and branches: it identifies the repository.
    common: PathBuf,
    bare: bool,
    /// `sha1` or `sha256`.
    pub(super) object_format: String,
}

impl<'a> Checkout<'a> {
    /// Looks at the repository in `folder`.
    ///
    /// # Errors
    /// If there is none, or no git.
    pub fn open(folder: &Path, interrupt: &'a Interrupt) -> Result<Self, SourceError> {
        let given = folder;
        let folder = folder.canonicalize().ok().filter(|folder| folder.is_dir());
        let folder = folder.ok_or_else(|| SourceError::NoFolder(given.to_owned()))?;
        let action = || format!("read the git repository {}", folder.display());
        let found = Repository::around(&folder, interrupt);
        let ask = |what: &str| found.git(["rev-parse", "--path-format=absolute", what]).map(line);
        let common = match ask("--git-common-dir") {
            Ok(common) => PathBuf::from(common),
            Err(GitError::Refused(words)) if words.contains("not a git repository") => {
                return Err(SourceError::NoRepository(given.to_owned()));
            }
            Err(source) => return Err(SourceError::Git { action: action(), source }),
        };
        let top = match ask("--show-toplevel") {
            Ok(top) => Some(PathBuf::from(top)),
            // A bare repository, or the folder `.git` itself.
            Err(GitError::Refused(_)) => None,
            Err(source) => return Err(SourceError::Git { action: action(), source }),
        };
        let bare = top.is_none();
        let around = top.unwrap_or_else(|| common.clone());
        if around.canonicalize().is_ok_and(|around| around != folder) {
            return Err(SourceError::Inside { folder: given.to_owned(), repository: around });
        }
        let object_format = ask("--show-object-format").map_err(SourceError::git(action()))?;
        let object_format = object_format.to_string_lossy().into_owned();
        let git_dir = ask("--absolute-git-dir").map_err(SourceError::git(action()))?;
        let repository = Repository::at(&folder, Path::new(&git_dir), interrupt);
        let common = common.canonicalize().unwrap_or(common);
        Ok(Self { repository, folder, common, bare, object_format })
    }

    /// The repository, for running git in it.
    pub fn repository(&self) -> &Repository<'a> {
        &self.repository
    }

    /// Where it can be fetched from, independent of the work tree that was named.
    pub fn fetch_from(&self) -> &Path {
        &self.common
    }

    /// Where it was itself cloned from, or else its own folder.
    ///
    /// # Errors
    /// If git cannot be run.
    pub(super) fn origin(&self) -> Result<String, SourceError> {
        match self.repository.git(["config", "--get", "remote.origin.url"]) {
            Ok(origin) => Ok(line(origin).to_string_lossy().into_owned()),
            Err(GitError::Refused(_)) => Ok(self.common.display().to_string()),
            Err(source) => Err(SourceError::Git { action: format!("read {}", self.folder.display()), source }),
        }
    }

    /// The commit that `revision` names.
    ///
    /// # Errors
    /// If it names none.
    pub fn resolve(&self, revision: &str) -> Result<Commit, SourceError> {
        let id = rev_parse(&self.repository, revision).map_err(|error| match error {
            GitError::Refused(words) => self.unknown(revision, &words),
            source => {
                SourceError::Git { action: format!("look for `{revision}` in {}", self.folder.display()), source }
            }
        })?;
        Commit::read(&self.repository, &id).map_err(SourceError::git(format!("read the commit {id}")))
    }

    fn unknown(&self, revision: &str, words: &str) -> SourceError {
        let format = "--format=%(refname:short)";
        let names = self.repository.git(["for-each-ref", format, "refs/heads", "refs/tags", "refs/remotes"]);
        let names = names.unwrap_or_default();
        let names = String::from_utf8_lossy(&names);
        SourceError::unknown(self.folder.display().to_string(), revision, words, names.lines())
    }

    /// The work tree as it is, with all changes and new files that are not ignored.
    ///
    /// # Errors
    /// If there is no work tree or no commit, or a file cannot be read.
    pub fn work_tree(&self) -> Result<WorkTree, SourceError> {
        if self.bare {
            return Err(SourceError::NoWorkTree(self.folder.display().to_string()));
        }
        let head = self.resolve("HEAD")?;
        let action = || format!("read the work tree {}", self.folder.display());
        let scratch = Scratch::new().map_err(io::Error::from).map_err(SourceError::io(action()))?;
        let path_of = |name: &str| -> Result<PathBuf, SourceError> {
            let args = ["rev-parse", "--path-format=absolute", "--git-path", name];
            self.repository.git(args).map(|path| line(path).into()).map_err(SourceError::git(action()))
        };
        let (index, objects) = (scratch.path().join("index"), scratch.path().join("objects"));
        fs::create_dir(&objects).map_err(SourceError::io(action()))?;
        copy_index(&path_of("index")?, &index).map_err(SourceError::io(action()))?;
        let tree = WorkTree { users: path_of("objects")?, head, tree: String::new(), scratch };
        let add = |with_users_objects: bool| {
            let mut command = self.repository.command();
            command.args(["add", "--all"]).env("GIT_INDEX_FILE", &index).env("GIT_OBJECT_DIRECTORY", &objects);
            if with_users_objects {
                command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", quoted(&tree.users));
            }
            self.repository.run(&mut command)
        };
        // If git finds an existing object that it would write, it updates the time of that file, even if it is the user's.
        // So it gets access to the user's objects only if it needs them, as with a sparse index.
        match add(false) {
            Err(GitError::Refused(_)) => add(true),
            done => done,
        }
        .map_err(SourceError::git(action()))?;
        let mut command = self.repository.command();
        command
            .args(["write-tree", "--missing-ok"])
            .env("GIT_INDEX_FILE", &index)
            .env("GIT_OBJECT_DIRECTORY", &objects);
        let id = self.repository.run(&mut command).map_err(SourceError::git(action()))?;
        Ok(WorkTree { tree: line(id).to_string_lossy().into_owned(), ..tree })
    }
}

impl SourceError {
    /// The error that `repository` does not know `revision`, with similar `names` that it knows.
    pub(super) fn unknown<'a>(
        repository: String,
        revision: &str,
        words: &str,
        names: impl Iterator<Item = &'a str>,
    ) -> Self {
        let hint = if words.contains("ambiguous") {
            ", as several ids begin with it; give more of its digits".to_owned()
        } else {
            match close(revision, names).as_slice() {
                [] => "; it has to be one of its branches, tags or commits, fetched into it".to_owned(),
                close => format!("; did you mean {}?", close.join(" or ")),
            }
        };
        Self::Unknown { repository, revision: revision.to_owned(), hint }
    }
}

/// The content of a work tree, which is not in the user's repository.
#[derive(Debug)]
pub struct WorkTree {
    /// The commit that it is based on.
    pub head: Commit,
    /// The id of its content.
    pub tree: String,
    /// The user's objects.
    users: PathBuf,
    /// The objects that are new.
    scratch: Scratch,
}

impl WorkTree {
    /// Whether it is the same as its commit.
    pub fn is_clean(&self) -> bool {
        self.tree == self.head.tree
    }

    /// Adds it to the repository `clone`, which has the commit that it is based on, as a commit, and returns that commit's
    /// id.
    pub(super) fn keep_in(&self, clone: &Repository) -> Result<String, SourceError> {
        let action = || format!("copy the work tree into {}", clone.folder().display());
        let prepare = |mut command: std::process::Command| {
            command
                .env("GIT_OBJECT_DIRECTORY", self.scratch.path().join("objects"))
                .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", quoted(&self.users));
            command
        };
        let mut commit = prepare(clone.command());
        commit.args(["commit-tree", "-p", &self.head.id, "-m", "The work tree as it was", &self.tree]);
        for who in ["AUTHOR", "COMMITTER"] {
            // The same content is the same commit.
            commit
                .env(format!("GIT_{who}_NAME"), "forc-perf")
                .env(format!("GIT_{who}_EMAIL"), "forc-perf@localhost")
                .env(format!("GIT_{who}_DATE"), "2000-01-01T00:00:00Z");
        }
        let id = clone.run(&mut commit).map_err(SourceError::git(action()))?;
        let id = line(id).to_string_lossy().into_owned();
        let wanted = self.scratch.path().join("wanted");
        fs::write(&wanted, format!("{id}\n^{}\n", self.head.id)).map_err(SourceError::io(action()))?;
        let wanted = fs::File::open(&wanted).map_err(SourceError::io(action()))?;
        let mut pack = prepare(clone.command());
        pack.args(["pack-objects", "--quiet", "--revs"])
            .arg(clone.folder().join(".git/objects/pack/pack"))
            .stdin(wanted);
        clone.run(&mut pack).map_err(SourceError::git(action()))?;
        Ok(id)
    }
}

/// A copy of an index with the time of the original, from which git knows which files may have changed since.
fn copy_index(index: &Path, copy: &Path) -> io::Result<()> {
    let metadata = match fs::metadata(index) {
        Ok(metadata) => metadata,
        // A repository to which nothing was ever added.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    fs::copy(index, copy)?;
    fs::File::options().write(true).open(copy)?.set_modified(metadata.modified()?)
}

/// The id of the commit that `revision` names in `repository`.
pub(super) fn rev_parse(repository: &Repository, revision: &str) -> Result<String, GitError> {
    let verify = |revision: &str| -> Result<String, GitError> {
        let id = repository.git(["rev-parse", "--verify", "--end-of-options", revision])?;
        Ok(line(id).to_string_lossy().into_owned())
    };
    // In two steps, as in `:/text` everything that follows belongs to the text.
    let id = verify(revision)?;
    verify(&format!("{id}^{{commit}}"))
}

/// A path for a list of paths, in which git takes a colon for a separator (`GIT_ALTERNATE_OBJECT_DIRECTORIES`).
fn quoted(path: &Path) -> OsString {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let mut quoted = vec![b'"'];
    for byte in path.as_os_str().as_bytes() {
        if matches!(byte, b'"' | b'\\') {
            quoted.push(b'\\');
        }
        quoted.push(*byte);
    }
    quoted.push(b'"');
    OsString::from_vec(quoted)
}

/// What git printed, without the end of its line.
pub(super) fn line(mut said: Vec<u8>) -> OsString {
    use std::os::unix::ffi::OsStringExt;
    if said.last() == Some(&b'\n') {
        said.pop();
    }
    OsString::from_vec(said)
}

/// The name of the build clone of a source: readable, and unique to this source.
pub(super) fn key(readable: &str, identity: &OsStr) -> String {
    use std::os::unix::ffi::OsStrExt;
    let readable: String = readable
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' })
        .take(40)
        .collect();
    let readable = readable.trim_matches(['-', '.']);
    let readable = if readable.is_empty() { "sway" } else { readable };
    let hash = Sha256::digest(identity.as_bytes());
    let hash: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("{readable}-{hash}")
}

impl Checkout<'_> {
    /// The name of its build clone.
    pub(super) fn key(&self) -> String {
        let named = if self.common.file_name() == Some(OsStr::new(".git")) { self.common.parent() } else { None };
        let name = named.unwrap_or(&self.common).file_name().unwrap_or_default().to_string_lossy();
        key(name.trim_end_matches(".git"), self.common.as_os_str())
    }
}

/// The name of the build clone of a URL.
pub(super) fn key_of_url(url: &str) -> String {
    let name = url.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
    key(name.trim_end_matches(".git"), OsStr::new(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_and_folders_are_told_apart() {
        let source = |text: &str| SwaySource::from(OsString::from(text));
        for url in ["https://example.org/sway", "ssh://git@example.org/sway.git", "git@example.org:sway", "file:///x"] {
            assert_eq!(source(url), SwaySource::Url(url.to_owned()));
        }
        for folder in ["../sway", "/opt/sway", "sway", ".", "./a:b", ""] {
            assert_eq!(source(folder), SwaySource::Folder(folder.into()));
        }
    }

    #[test]
    fn credentials_are_not_shown() {
        for (url, shown) in [
            ("https://me:secret@example.org/a@b.git", "https://example.org/a@b.git"),
            ("https://token@example.org", "https://example.org"),
            ("https://example.org/sway", "https://example.org/sway"),
            ("git@example.org:sway", "git@example.org:sway"),
        ] {
            assert_eq!(SwaySource::Url(url.to_owned()).to_string(), shown);
        }
    }

    #[test]
    fn names_like_the_one_asked_for_are_found() {
        let names = ["master", "origin/feature/new-parser", "feature/old-parser", "v0.71.2"];
        assert_eq!(close("mastr", names.into_iter()), ["`master`"]);
        assert_eq!(close("feature/new-parser", names.into_iter())[0], "`origin/feature/new-parser`");
        assert!(close("0123456", names.into_iter()).is_empty());
    }

    #[test]
    fn clones_have_readable_names_of_their_own() {
        let a = key_of_url("https://example.org/fuel/sway.git");
        assert!(a.starts_with("sway-") && a.len() == "sway-".len() + 12, "{a}");
        assert_ne!(a, key_of_url("https://example.com/fuel/sway.git"));
        assert!(key("../..", OsStr::new("x")).starts_with("sway-"));
    }
}
