//! Which projects there are, and how each is built.

mod bounds;
mod discover;
mod flags;
mod manifest;
mod packages;
mod scenario;
mod select;
mod stage;
mod target;
mod wanted;

use std::path::{Path, PathBuf};

pub use bounds::{Bounds, Outside};
pub use discover::{SuiteError, discover};
pub use flags::FlagError;
pub use manifest::{Heed, MANIFEST, Manifest, ManifestError, ManifestKind, Metadata};
pub use scenario::{Scenario, ScenarioError};
pub use select::{SelectError, Selection};
pub use stage::{Stage, StageError};
pub use target::fetch_targets;
pub(crate) use wanted::other_forc;

use crate::model::Skipped;
use crate::text::suggest;

/// The projects below a folder, or those that a list of target projects names.
#[derive(Clone, Debug, Default)]
pub struct Suite {
    /// The suite's name: its folder's.
    pub name: String,
    /// The projects, in the order of their folders.
    pub projects: Vec<Project>,
    /// What could not be read, and why.
    pub skipped: Vec<Skipped>,
    /// The ids of the benchmarks of a list of target projects that were not wanted, and so not fetched.
    pub not_fetched: Vec<String>,
}

/// A folder with a `Forc.toml`.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder, absolute and without links.
    pub folder: PathBuf,
    /// The folder that holds it, relative to the suite.
    pub group: String,
    /// Its own folder's name.
    pub name: String,
    /// How it is built.
    pub scenarios: Vec<Scenario>,
    /// Its manifest.
    pub manifest: Manifest,
    /// The folders that it may read.
    pub bounds: Bounds,
    /// The std that it is built with, if it needs a certain one.
    pub std: Option<PathBuf>,
}

/// A project built in one way.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// `group/project/scenario`.
    pub id: String,
    /// The project.
    pub project: &'a Project,
    /// How it is built.
    pub scenario: &'a Scenario,
}

impl Suite {
    /// The benchmarks that `selection` selects, in the order of their ids.
    pub fn cases(&self, selection: &Selection) -> Vec<Case<'_>> {
        let mut cases: Vec<_> = self
            .projects
            .iter()
            .filter(|project| selection.selects_tags(&project.manifest.metadata.tags))
            .flat_map(|project| project.scenarios.iter().map(move |scenario| (project, scenario)))
            .map(|(project, scenario)| Case { id: project.id(scenario), project, scenario })
            .filter(|case| selection.selects_any_of(&self.name, &case.id))
            .collect();
        cases.sort_by(|a, b| a.id.cmp(&b.id));
        cases
    }

    /// A message for each pattern of `selection` that selects nothing here: see [`Selection::unmatched`].
    pub fn unmatched(&self, selection: &Selection) -> Vec<String> {
        let ids: Vec<String> = self
            .projects
            .iter()
            .flat_map(|project| project.scenarios.iter().map(|scenario| project.id(scenario)))
            .chain(self.not_fetched.iter().cloned())
            // Skipped projects have a message of their own.
            .chain(self.skipped.iter().map(|skipped| skipped.name.clone()))
            .collect();
        let known: Vec<&str> =
            self.projects.iter().flat_map(|project| &project.manifest.metadata.tags).map(String::as_str).collect();
        // A project that was not fetched may have it.
        let is_idle = |tag: &&String| self.not_fetched.is_empty() && !known.contains(&tag.as_str());
        let tags = selection.tags().iter().filter(is_idle);
        let mut messages: Vec<String> = tags
            .map(|tag| format!("no project has the tag `{tag}`{}", suggest::hint(tag, known.iter().copied())))
            .collect();
        messages.extend(selection.unmatched(&self.name, ids.iter().map(String::as_str)));
        messages
    }

    /// Builds every project in these ways, whatever its manifest says.
    pub fn set_scenarios(&mut self, scenarios: &[Scenario]) {
        let mut once: Vec<Scenario> = Vec::new();
        for scenario in scenarios {
            if !once.contains(scenario) {
                once.push(scenario.clone());
            }
        }
        for project in &mut self.projects {
            project.scenarios.clone_from(&once);
        }
    }
}

impl Project {
    /// The id of the benchmark that builds this project as `scenario` says.
    pub fn id(&self, scenario: &Scenario) -> String {
        format!("{}/{}/{scenario}", self.group, self.name)
    }
}

/// Whether `path` is a list of target projects rather than a folder.
pub fn is_target_list(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "toml")
}
