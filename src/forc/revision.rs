//! Building a revision of the compiler into the cache.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::build::{BuildError, BuildEvent};
use super::build_clone::{self, BuildClone};
use super::cargo;
use super::install::{binary_in, releases_folder};
use super::revision_error::RevisionError;
use super::source::{self, Checkout, Commit, SourceError, SwaySource, WORK_TREE, WorkTree};
use super::store::{self, BuildRecord};
use crate::model::Revision;
use crate::os::Interrupt;
use crate::os::cache;
use crate::os::git::{GitError, Repository};
use crate::suite;

/// The cargo package that is the compiler, and its binary.
const PACKAGE: &str = "forc";
/// The folder of the std in the compiler's repository.
pub(super) const STD: &str = "sway-lib-std";

/// How many digits of an id are shown.
const SHOWN_DIGITS: usize = 10;

/// Variables of the environment that change the binary built from the same sources.
const BUILD_VARIABLES: [&str; 4] =
    ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS", "CARGO_PROFILE_RELEASE_"];

/// Options of a build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildSettings {
    /// Further flags for `cargo build`.
    pub cargo_flags: Vec<String>,
}

impl BuildSettings {
    /// Variables of the environment that change what cargo builds.
    fn variables() -> BTreeMap<String, String> {
        let changes = |name: &str| BUILD_VARIABLES.iter().any(|known| name.starts_with(known));
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        let variables = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
        variables.filter(|(name, value)| changes(name) && !value.is_empty()).collect()
    }

    /// A suffix that distinguishes builds of the same sources: empty for one without flags, else `-` and a hash.
    fn suffix(&self, variables: &BTreeMap<String, String>) -> String {
        if self.cargo_flags.is_empty() && variables.is_empty() {
            return String::new();
        }
        let mut hasher = Sha256::new();
        for flag in &self.cargo_flags {
            hasher.update(flag);
            hasher.update([0]);
        }
        for (name, value) in variables {
            hasher.update(format!("{name}={value}\0"));
        }
        hasher.finalize().iter().take(6).fold("-".to_owned(), |suffix, byte| format!("{suffix}{byte:02x}"))
    }
}

/// The compiler of a revision: from the cache, or built into it.
///
/// `name` is a branch, tag, commit, or anything else that git resolves to one commit; `.` is the work tree as it is. A compiler is stored by its commit, that of a changed work tree by its content, so that the same sources are built once. Every source has one build clone with one target folder for cargo, in which its revisions are built one after the other under a lock: a further revision compiles only what differs. A finished compiler is moved to its place in one step.
///
/// # Errors
/// If there is no such revision, or it cannot be fetched or built, or the user stops it.
pub fn build(
    source: &SwaySource,
    name: &str,
    settings: &BuildSettings,
    interrupt: &Interrupt,
    mut on_event: impl FnMut(BuildEvent),
) -> Result<(PathBuf, Revision), RevisionError> {
    let on_event = &mut on_event;
    let job =
        Job { repository: repository_name(source), name, settings, variables: BuildSettings::variables(), interrupt };
    match source {
        SwaySource::Folder(folder) => {
            let checkout = Checkout::open(folder, interrupt)?;
            let wanted = Wanted::in_checkout(&checkout, name)?;
            if let Some(built) = job.built(&wanted)? {
                return Ok(built);
            }
            let compiler = job.compiler(&wanted);
            let build_clone = BuildClone::enter(&checkout.key(), &job.repository, &compiler, interrupt, on_event)?;
            if let Some(built) = job.built(&wanted)? {
                return Ok(built);
            }
            on_event(BuildEvent::Fetching { repository: job.repository.clone() });
            let origin = checkout.origin()?;
            let done = build_clone.in_clone(&checkout.object_format, &origin, interrupt, |clone| {
                let head = &wanted.commit().id;
                let git = || SourceError::git(format!("fetch {} from {}", short(head), job.repository));
                if !build_clone::has_commit(clone, head).map_err(git())? {
                    build_clone::fetch_commit(clone, checkout.fetch_from(), head).map_err(git())?;
                }
                match &wanted {
                    Wanted::Commit(_) => job.check_out(clone, head),
                    Wanted::WorkTree(tree) => job.check_out(clone, &tree.keep_in(clone)?),
                }
            });
            done.map_err(|error| error.with_space_of(&compiler, &build_clone.clone_folder()))?;
            job.build(&build_clone, &wanted, on_event)
        }
        SwaySource::Url(url) => {
            if name == WORK_TREE {
                return Err(SourceError::NoWorkTree(job.repository).into());
            }
            // A whole id is unambiguous, so the cache can be searched for it before the repository.
            if is_whole_id(name)
                && let Some(built) = job.built_as(&job.folder_of(name)?, None)
            {
                return Ok(built);
            }
            let compiler = format!("forc at {name}");
            let build_clone =
                BuildClone::enter(&source::key_of_url(url), &job.repository, &compiler, interrupt, on_event)?;
            on_event(BuildEvent::Fetching { repository: job.repository.clone() });
            let done = build_clone.in_clone("sha1", url, interrupt, |clone| {
                let git = || SourceError::git(format!("fetch {}", job.repository));
                build_clone::fetch_all(clone, url).map_err(git())?;
                if is_whole_id(name) && !build_clone::has_commit(clone, name).map_err(git())? {
                    // A commit that no branch reaches, a server may provide or refuse; if it refuses, the revision is
                    // unknown.
                    match clone.git(["fetch", "--quiet", "--no-tags", "--", url, name]) {
                        Ok(_) | Err(GitError::Refused(_)) => {}
                        Err(error) => return Err(git()(error).into()),
                    }
                }
                Ok(())
            });
            let clone = Repository::own(&build_clone.clone_folder(), interrupt);
            done.map_err(|error| error.with_space_of(&compiler, clone.folder()))?;
            let wanted = Wanted::Commit(resolve_fetched(&clone, &job.repository, name)?);
            if let Some(built) = job.built(&wanted)? {
                return Ok(built);
            }
            job.check_out(&clone, &wanted.commit().id)
                .map_err(|error| error.with_space_of(&compiler, clone.folder()))?;
            job.build(&build_clone, &wanted, on_event)
        }
    }
}

/// The source as reports and messages name it: a folder by its whole path.
fn repository_name(source: &SwaySource) -> String {
    match source {
        SwaySource::Folder(folder) => folder.canonicalize().unwrap_or_else(|_| folder.clone()).display().to_string(),
        SwaySource::Url(_) => source.to_string(),
    }
}

/// What `name` means in a clone whose branches are those of `origin`: the HEAD of the clone itself is only the last build's.
fn resolve_fetched(clone: &Repository, repository: &str, name: &str) -> Result<Commit, SourceError> {
    let digits = name.bytes().take_while(u8::is_ascii_hexdigit).count();
    let rest = &name[digits..];
    let looks_like_id = digits >= 4 && (rest.is_empty() || rest.starts_with(['~', '^']));
    let bare = (looks_like_id || name.starts_with("refs/") || name.starts_with(":/")).then(|| name.to_owned());
    let meanings = [Some(format!("refs/remotes/origin/{name}")), Some(format!("refs/tags/{name}")), bare];
    let mut words = String::new();
    for meaning in meanings.into_iter().flatten() {
        match source::rev_parse(clone, &meaning) {
            Ok(id) => {
                return Commit::read(clone, &id).map_err(SourceError::git(format!("read the commit {id}")));
            }
            Err(GitError::Refused(said)) => words = said,
            Err(error) => return Err(SourceError::git(format!("look for `{name}` in {repository}"))(error)),
        }
    }
    let names = ["for-each-ref", "--format=%(refname:lstrip=3)", "refs/remotes/origin"];
    let branches = clone.git(names).unwrap_or_default();
    let tags = clone.git(["tag", "--list"]).unwrap_or_default();
    let names = format!("{}\n{}", String::from_utf8_lossy(&branches), String::from_utf8_lossy(&tags));
    Err(SourceError::unknown(repository.to_owned(), name, &words, names.lines()))
}

fn is_whole_id(name: &str) -> bool {
    name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn short(id: &str) -> &str {
    id.get(..SHOWN_DIGITS).unwrap_or(id)
}

/// What is to be built.
enum Wanted {
    Commit(Commit),
    /// A work tree that differs from its commit.
    WorkTree(WorkTree),
}

impl Wanted {
    fn in_checkout(checkout: &Checkout, name: &str) -> Result<Self, SourceError> {
        if name != WORK_TREE {
            return Ok(Self::Commit(checkout.resolve(name)?));
        }
        let tree = checkout.work_tree()?;
        Ok(if tree.is_clean() { Self::Commit(tree.head) } else { Self::WorkTree(tree) })
    }

    /// Its commit, or the one that the changed work tree is based on.
    fn commit(&self) -> &Commit {
        match self {
            Self::Commit(commit) => commit,
            Self::WorkTree(tree) => &tree.head,
        }
    }

    /// The id that it is stored by.
    fn content_id(&self) -> &str {
        match self {
            Self::Commit(commit) => &commit.id,
            Self::WorkTree(tree) => &tree.tree,
        }
    }
}

/// A requested revision.
struct Job<'a> {
    repository: String,
    name: &'a str,
    settings: &'a BuildSettings,
    variables: BTreeMap<String, String>,
    interrupt: &'a Interrupt,
}

impl Job<'_> {
    /// The compiler's name in messages to the user.
    fn compiler(&self, wanted: &Wanted) -> String {
        match wanted {
            Wanted::Commit(commit) if is_whole_id(self.name) => format!("forc at {}", short(&commit.id)),
            Wanted::Commit(commit) if self.name == WORK_TREE => format!("forc at {}", short(&commit.id)),
            Wanted::Commit(commit) => format!("forc at {} ({})", self.name, short(&commit.id)),
            Wanted::WorkTree(tree) => format!("forc of the changed work tree ({})", short(&tree.tree)),
        }
    }

    /// Where the compiler of this content is stored.
    fn folder_of(&self, content_id: &str) -> Result<PathBuf, cache::NoCache> {
        Ok(releases_folder()?.join(format!("{}{content_id}{}", store::PREFIX, self.settings.suffix(&self.variables))))
    }

    /// The compiler, if it is in the cache.
    fn built(&self, wanted: &Wanted) -> Result<Option<(PathBuf, Revision)>, cache::NoCache> {
        Ok(self.built_as(&self.folder_of(wanted.content_id())?, Some(wanted)))
    }

    /// The compiler in `folder`, if it is complete. For a changed work tree, the commit that it is based on now counts, as
    /// the same content may have been built on another one.
    fn built_as(&self, folder: &Path, wanted: Option<&Wanted>) -> Option<(PathBuf, Revision)> {
        let record = BuildRecord::read(folder)?;
        let binary = binary_in(folder);
        let std = folder.join(STD);
        let whole = binary.is_file() && (!record.std || std.join(suite::MANIFEST).is_file());
        whole.then(|| {
            let (commit, subject, committed) = match wanted.map(Wanted::commit) {
                Some(commit) => (commit.id.clone(), commit.subject.clone(), commit.committed.clone()),
                None => (record.commit, record.subject, record.committed),
            };
            let revision = Revision {
                repository: self.repository.clone(),
                name: self.name.to_owned(),
                commit,
                tree: record.dirty.then_some(record.tree),
                subject,
                committed,
                cargo_flags: record.cargo_flags,
                std: record.std.then_some(std),
            };
            (binary, revision)
        })
    }

    fn check_out(&self, clone: &Repository, id: &str) -> Result<(), RevisionError> {
        let action = format!("check out {} of {} in {}", short(id), self.repository, clone.folder().display());
        Ok(build_clone::check_out(clone, id).map_err(SourceError::git(action))?)
    }

    /// Builds what is checked out in the build clone, and moves it to its place.
    fn build(
        &self,
        build_clone: &BuildClone,
        wanted: &Wanted,
        on_event: &mut dyn FnMut(BuildEvent),
    ) -> Result<(PathBuf, Revision), RevisionError> {
        let compiler = self.compiler(wanted);
        let (sources, target) = (build_clone.clone_folder(), build_clone.target());
        let folder = self.folder_of(wanted.content_id())?;
        let kept = releases_folder()?;
        fs::create_dir_all(&kept).map_err(|source| BuildError::io(&compiler, &kept, source))?;
        let no_package = || BuildError::NoPackage { compiler: compiler.clone(), repository: self.repository.clone() };
        // Without a manifest, cargo would look in the folders above.
        if !sources.join("Cargo.toml").is_file() {
            return Err(no_package().into());
        }
        let locked = fs::read_to_string(sources.join("Cargo.lock")).unwrap_or_default();
        let builds_openssl = locked.contains("name = \"openssl-src\"");
        let openssl = cargo::OPENSSL_TOOLS.into_iter().filter(|_| builds_openssl);
        cargo::require(&compiler, [cargo::CC].into_iter().chain(openssl))?;

        let log = folder.with_file_name(format!("{}.log", name_of(&folder)));
        let incremental = target.is_dir();
        let started = Instant::now();
        on_event(BuildEvent::Started { compiler: compiler.clone(), log: log.clone(), incremental });
        let mut command = cargo::command(cargo::Rust::Sources, &sources, &target);
        command.args(["build", "--package", PACKAGE, "--message-format=json-render-diagnostics"]);
        if !self.settings.cargo_flags.iter().any(|flag| chooses_profile(flag)) {
            command.arg("--release");
        }
        command.args(&self.settings.cargo_flags);
        let messages = match cargo::run(&mut command, &compiler, &log, self.interrupt, on_event) {
            Err(BuildError::Failed { error, .. }) if error.contains("did not match any packages") => {
                return Err(no_package().into());
            }
            done => done?,
        };
        let Some(executable) = executable(&messages) else {
            return Err(BuildError::NoBinary { compiler, log }.into());
        };
        let rustc = cargo::rustc_version(&sources, self.interrupt);
        let took = started.elapsed();
        self.keep(build_clone, wanted, &executable, &folder, took, rustc)
            .map_err(|source| BuildError::io(&compiler, &folder, source))?;
        on_event(BuildEvent::Finished { compiler: compiler.clone(), elapsed: started.elapsed() });
        let gone = || BuildError::io(&compiler, &folder, io::Error::from(io::ErrorKind::NotFound));
        Ok(self.built_as(&folder, Some(wanted)).ok_or_else(gone)?)
    }

    /// Puts the toolchain together and moves it to `folder`.
    fn keep(
        &self,
        build_clone: &BuildClone,
        wanted: &Wanted,
        executable: &Path,
        folder: &Path,
        took: Duration,
        rustc: Option<String>,
    ) -> io::Result<()> {
        let fresh = build_clone.fresh_folder()?;
        let binary = binary_in(&fresh);
        fs::create_dir_all(binary.parent().unwrap_or(&fresh))?;
        fs::copy(executable, &binary)?;
        let std = build_clone.clone_folder().join(STD);
        let has_std = std.join(suite::MANIFEST).is_file();
        if has_std {
            copy_folder(&std, &fresh.join(STD))?;
        }
        let commit = wanted.commit();
        let dirty = matches!(wanted, Wanted::WorkTree(_));
        let record = BuildRecord {
            schema_version: store::SCHEMA_VERSION,
            repository: self.repository.clone(),
            name: self.name.to_owned(),
            commit: commit.id.clone(),
            tree: if dirty { wanted.content_id().to_owned() } else { commit.tree.clone() },
            dirty,
            subject: commit.subject.clone(),
            committed: commit.committed.clone(),
            cargo_flags: self.settings.cargo_flags.clone(),
            variables: self.variables.clone(),
            built: jiff::Timestamp::now().to_string(),
            took,
            rustc,
            std: has_std,
            build_clone: build_clone.key.clone(),
        };
        record.write(&fresh)?;
        // A folder that is there is incomplete: a complete one would not have been built again.
        build_clone::remove_folder(folder)?;
        fs::rename(&fresh, folder)
    }
}

fn name_of(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether a flag of cargo selects a profile, which our `--release` would contradict.
fn chooses_profile(flag: &str) -> bool {
    ["--release", "-r", "--profile"].contains(&flag) || flag.starts_with("--profile=")
}

/// The compiler's path according to cargo: it depends on profile and target.
fn executable(messages: &[u8]) -> Option<PathBuf> {
    let messages = messages.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    messages
        .filter(|message: &serde_json::Value| {
            let target = &message["target"];
            let is_binary = target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "bin"));
            message["reason"] == "compiler-artifact" && target["name"] == PACKAGE && is_binary
        })
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .next_back()
}

/// Copies a folder, links as links.
fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry?;
        let Ok(below) = entry.path().strip_prefix(from) else { continue };
        let target = if below == OsStr::new("") { to.to_owned() } else { to.join(below) };
        if entry.file_type().is_dir() {
            fs::create_dir_all(&target)?;
        } else if entry.file_type().is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path())?, &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_flags_are_another_compiler() {
        let suffix = |flags: &[&str], variables: &[(&str, &str)]| {
            let settings = BuildSettings { cargo_flags: flags.iter().map(|flag| (*flag).to_owned()).collect() };
            settings.suffix(&variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        };
        assert_eq!(suffix(&[], &[]), "");
        let all = [
            suffix(&["--features", "a"], &[]),
            suffix(&["--features a"], &[]),
            suffix(&[], &[("RUSTFLAGS", "-Copt-level=1")]),
            suffix(&["--locked"], &[]),
        ];
        for (index, one) in all.iter().enumerate() {
            assert!(one.starts_with('-') && one.len() == 13, "{one}");
            assert!(!all[..index].contains(one), "{all:?}");
        }
    }

    #[test]
    fn the_compiler_is_where_cargo_says() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"forc"},"executable":null}"#,
            "\nnoise\n",
            r#"{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"forc"},"executable":"/t/fast/forc"}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"forc-fmt"},"executable":"/t/fast/forc-fmt"}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        assert_eq!(executable(messages.as_bytes()), Some("/t/fast/forc".into()));
        assert_eq!(executable(b""), None);
    }
}
