//! Projects of others, pinned by revision and fetched when they are selected.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::bounds::stays_below;
use super::{Bounds, Heed, Project, Scenario, Selection, Suite, SuiteError};
use crate::model::Skipped;
use crate::os::Interrupt;
use crate::os::cache::{self, LockError};
use crate::os::git::{Repository, without_credentials};
use crate::text::plain;

/// The file's layout.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    project: Vec<Target>,
}

/// One pinned project.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Target {
    group: String,
    name: String,
    /// Any URL or path that git can fetch from.
    repository: String,
    /// The whole commit id.
    revision: String,
    /// The project's folder in the repository.
    path: PathBuf,
    description: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    scenarios: Option<Vec<String>>,
    /// The releases of forc that build it.
    forc: Option<semver::VersionReq>,
    /// The folder of the std in the repository; absent if the project uses the one that forc adds, or none.
    std: Option<PathBuf>,
}

/// Reads the list of target projects at `path` and fetches those of which `selection` selects a benchmark, into the cache.
/// `forc` is the compiler's version, if it is known. `allowed` are the folders that projects may read beside their own
/// repositories. The metadata for forc-perf in a project's own manifest is ignored. `on_fetch` is called with each
/// repository before it is fetched.
///
/// What cannot be fetched, or needs another forc, is in [`Suite::skipped`] with the reason.
///
/// # Errors
/// If the list cannot be read.
pub fn fetch_targets(
    path: &Path,
    forc: Option<&str>,
    selection: &Selection,
    allowed: &[PathBuf],
    interrupt: &Interrupt,
    mut on_fetch: impl FnMut(&str),
) -> Result<Suite, SuiteError> {
    let text = fs::read_to_string(path).map_err(|source| SuiteError::Read { path: path.to_owned(), source })?;
    let broken = |message: String| SuiteError::Targets { path: path.to_owned(), message };
    let list: List = toml::from_str(&text).map_err(|error| broken(error.to_string()))?;
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let mut suite = Suite { name, ..Suite::default() };
    let forc = forc.and_then(|version| semver::Version::parse(version).ok());
    let mut checkouts: BTreeMap<(String, String), Result<PathBuf, String>> = BTreeMap::new();
    let mut known = BTreeSet::new();
    for target in list.project {
        target.check().map_err(broken)?;
        let scenarios = target.scenarios().map_err(broken)?;
        let id = format!("{}/{}", target.group, target.name);
        if !known.insert(id.clone()) {
            return Err(broken(format!("the project {id} is listed twice")));
        }
        let selected = |scenario: &Scenario| selection.selects_any_of(&suite.name, &format!("{id}/{scenario}"));
        if !selection.selects_tags(&target.tags) || !scenarios.iter().any(selected) {
            suite.not_fetched.extend(scenarios.iter().map(|scenario| format!("{id}/{scenario}")));
            continue;
        }
        let skip = |reason: String, broken| Skipped { name: id.clone(), reason, broken };
        if let (Some(range), Some(forc)) = (&target.forc, &forc)
            && !range.matches(&semver::Version::new(forc.major, forc.minor, forc.patch))
        {
            suite.skipped.push(skip(format!("needs forc {range}, this is {forc}"), false));
            continue;
        }
        let key = (target.repository.clone(), target.revision.clone());
        let checkout = checkouts.entry(key).or_insert_with(|| {
            checkout(&target.repository, &target.revision, interrupt, || on_fetch(&target.shown_repository()))
        });
        match checkout {
            Ok(checkout) => match target.project(checkout, scenarios, allowed) {
                Ok(project) => suite.projects.push(project),
                Err(reason) => suite.skipped.push(skip(reason, true)),
            },
            Err(reason) => suite.skipped.push(skip(reason.clone(), false)),
        }
    }
    Ok(suite)
}

impl Target {
    /// The repository as reports and messages may name it.
    fn shown_repository(&self) -> String {
        without_credentials(&self.repository)
    }

    fn check(&self) -> Result<(), String> {
        let id = format!("{}/{}", self.group, self.name);
        let whole = self.revision.len() == 40 && self.revision.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !whole {
            return Err(format!(
                "the revision of {id} must be a whole commit id of 40 digits, and is `{}`",
                self.revision
            ));
        }
        if self.repository.starts_with('-') {
            return Err(format!(
                "the repository of {id} is `{}`, which git would take for an option",
                self.shown_repository()
            ));
        }
        for path in [Some(&self.path), self.std.as_ref()].into_iter().flatten() {
            if !stays_below(path) {
                return Err(format!("the path `{}` of {id} leads out of the repository", path.display()));
            }
        }
        Ok(())
    }

    fn scenarios(&self) -> Result<Vec<Scenario>, String> {
        let Some(texts) = &self.scenarios else { return Ok(vec![Scenario::debug()]) };
        let scenarios: Result<Vec<Scenario>, super::ScenarioError> =
            texts.iter().map(|text| Scenario::from_file(text)).collect();
        let scenarios = scenarios.map_err(|error| error.to_string())?;
        let fault = super::scenario::fault_of(&scenarios);
        fault.map_or(Ok(scenarios), |fault| Err(format!("{}/{}: {fault}", self.group, self.name)))
    }

    fn project(&self, checkout: &Path, scenarios: Vec<Scenario>, allowed: &[PathBuf]) -> Result<Project, String> {
        let bounds = Bounds::within(checkout, allowed);
        // The path itself stays in the repository, but a link in it may lead out.
        let inside = |path: &Path| -> Result<PathBuf, String> {
            let folder = checkout.join(path);
            bounds.check(&folder).map_err(|outside| outside.to_string())?;
            folder.canonicalize().map_err(|error| {
                format!("{} has no folder {} at {}: {error}", self.shown_repository(), path.display(), self.revision)
            })
        };
        let folder = inside(&self.path)?;
        let std = self.std.as_deref().map(inside).transpose()?;
        // forc reads it in place, so its links are not checked by copying it.
        if let Some(std) = &std {
            bounds.check_all(std).map_err(|outside| outside.to_string())?;
        }
        let mut project = Project::read(folder, self.group.clone(), self.name.clone(), bounds, Heed::Nothing)?;
        project.scenarios = scenarios;
        project.std = std;
        project.manifest.metadata.description.clone_from(&self.description);
        project.manifest.metadata.tags.clone_from(&self.tags);
        Ok(project)
    }
}

/// The work tree of one revision of a repository, from the cache or fetched into it: a shallow fetch, checked out beside its
/// final place and moved there once the revision is verified.
fn checkout(
    repository: &str,
    revision: &str,
    interrupt: &Interrupt,
    on_fetch: impl FnOnce(),
) -> Result<PathBuf, String> {
    let cache_folder = cache::folder().map_err(|error| error.to_string())?.join("target-projects");
    let key =
        Sha256::digest(repository.as_bytes()).iter().take(6).map(|byte| format!("{byte:02x}")).collect::<String>();
    let name = format!("{key}-{revision}");
    let folder = cache_folder.join(&name);
    if folder.is_dir() {
        return Ok(folder);
    }
    let shown = without_credentials(repository);
    let io = |error: io::Error| format!("cannot keep {shown} in {}: {error}", cache_folder.display());
    fs::create_dir_all(&cache_folder).map_err(io)?;
    let _lock =
        cache::lock(&cache_folder.join(format!(".{name}.lock")), interrupt, || ()).map_err(|error| match error {
            LockError::Io(error) => io(error),
            LockError::Interrupted => error.to_string(),
        })?;
    if folder.is_dir() {
        return Ok(folder);
    }
    on_fetch();
    let fetched = tempfile::Builder::new().prefix(".fetch-").tempdir_in(&cache_folder).map_err(io)?;
    let clone = Repository::init(fetched.path(), "sha1", interrupt).map_err(|error| error.to_string())?;
    let git = |args: &[&str]| clone.git(args).map(|said| plain(&said)).map_err(|error| error.to_string());
    git(&["fetch", "--quiet", "--depth", "1", "--no-tags", "--", repository, revision])
        .map_err(|reason| format!("cannot fetch {shown}: {reason}"))?;
    // The user's settings must not change what the compiler reads.
    git(&["-c", "core.autocrlf=false", "checkout", "--quiet", "--detach", "FETCH_HEAD"])?;
    let head = git(&["rev-parse", "HEAD"])?;
    if head.trim() != revision.to_ascii_lowercase() {
        return Err(format!("{shown} gave {} for {revision}", head.trim()));
    }
    fs::rename(fetched.keep(), &folder).map_err(io)?;
    Ok(folder)
}
