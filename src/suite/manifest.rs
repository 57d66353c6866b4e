//! The content of a `Forc.toml` that forc-perf needs.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::bounds::stays_below;
use super::{Scenario, flags};

/// The manifest's file name.
pub const MANIFEST: &str = "Forc.toml";

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not TOML, or not a manifest.
    #[error("{} is not a usable Forc.toml: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

/// A `Forc.toml`.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Whether it is a package's or a workspace's.
    pub kind: ManifestKind,
    /// The folders of path dependencies and workspace members, relative to the manifest's folder or absolute.
    pub paths: Vec<PathBuf>,
    /// The folders of path dependencies in `[patch]`. forc resolves those of a workspace from its members' folders.
    pub patches: Vec<PathBuf>,
    /// The repositories of its git dependencies that are not on a server, as the manifest names them: forc reads them from
    /// the disk.
    pub local_repositories: Vec<PathBuf>,
    /// Whether it, or any of its members, uses the public std that forc adds by default.
    pub implicit_std: bool,
    /// The table `[project.metadata.forc-perf]` or `[workspace.metadata.forc-perf]`; the default where it is ignored.
    pub metadata: Metadata,
}

/// What a manifest describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManifestKind {
    /// One package.
    Package,
    /// Several packages that are built together.
    Workspace,
}

/// Whether the metadata for forc-perf in a manifest is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heed {
    /// It is used: the project belongs to the user's suite.
    Metadata,
    /// It is ignored: the owner of a fetched project or a dependency does not decide how it is measured here.
    Nothing,
}

/// The metadata for forc-perf in a manifest.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Metadata {
    /// One line on what the project stresses in the compiler.
    pub description: Option<String>,
    /// How it is built; `debug` alone if absent.
    scenarios: Option<Vec<String>>,
    /// Words for selecting it.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The oldest forc that builds it.
    pub min_forc: Option<semver::Version>,
    /// Further arguments of `forc build` in every scenario: flags that change what is compiled.
    #[serde(default)]
    pub args: Vec<String>,
}

impl Metadata {
    /// The scenarios, `debug` alone if none is named.
    ///
    /// # Errors
    /// If one of them is not a scenario, or has a flag that a file may not give; the message says which.
    pub fn scenarios(&self) -> Result<Vec<Scenario>, super::ScenarioError> {
        match &self.scenarios {
            None => Ok(vec![Scenario::debug()]),
            Some(texts) => texts.iter().map(|text| Scenario::from_file(text)).collect(),
        }
    }
}

impl Manifest {
    /// Reads the manifest in `folder`.
    ///
    /// # Errors
    /// If it cannot be read or is broken.
    pub fn read(folder: &Path, heed: Heed) -> Result<Self, ManifestError> {
        let path = folder.join(MANIFEST);
        let text = fs::read_to_string(&path).map_err(|source| ManifestError::Read { path: path.clone(), source })?;
        let mut manifest = Self::parse(&text, heed).map_err(|message| ManifestError::Invalid { path, message })?;
        if manifest.kind == ManifestKind::Workspace {
            // forc reports broken members.
            let takes_std = |member: &PathBuf| {
                Self::read(&folder.join(member), Heed::Nothing).is_ok_and(|member| member.implicit_std)
            };
            manifest.implicit_std = manifest.paths.iter().any(takes_std);
        }
        Ok(manifest)
    }

    fn parse(text: &str, heed: Heed) -> Result<Self, String> {
        // The library's own message shows the line; its first line says what is wrong.
        let raw: Raw = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        let paths_of = |table: &BTreeMap<String, Dependency>| -> Vec<PathBuf> {
            table.values().filter_map(Dependency::path).collect()
        };
        let mut paths = [paths_of(&raw.dependencies), paths_of(&raw.contract_dependencies)].concat();
        let patches = raw.patch.values().flat_map(paths_of).collect();
        let tables = [&raw.dependencies, &raw.contract_dependencies].into_iter().chain(raw.patch.values());
        let local_repositories =
            tables.flat_map(|table| table.values().filter_map(Dependency::local_repository)).collect();
        let (kind, implicit_std, metadata) = match (raw.project, raw.workspace) {
            (Some(project), None) => {
                // A dependency called std replaces the implicit one.
                let own_std = raw.dependencies.contains_key("std") || raw.dependencies.contains_key("core");
                let implicit = project.implicit_std.unwrap_or(true) && !own_std && project.name != "std";
                if let Some(entry) = project.entry.filter(|entry| !stays_below(entry)) {
                    return Err(format!("its entry `{}` leads out of its folder `src`", entry.display()));
                }
                (ManifestKind::Package, implicit, project.metadata)
            }
            (None, Some(workspace)) => {
                paths.extend(workspace.members);
                (ManifestKind::Workspace, false, workspace.metadata)
            }
            (Some(_), Some(_)) => return Err("it has both [project] and [workspace]".to_owned()),
            (None, None) => return Err("it has neither [project] nor [workspace]".to_owned()),
        };
        let metadata = match metadata.and_then(|metadata| metadata.forc_perf).filter(|_| heed == Heed::Metadata) {
            Some(table) => table
                .try_into::<Metadata>()
                .map_err(|error| format!("[*.metadata.forc-perf]: {}", error.to_string().trim_end()))?,
            None => Metadata::default(),
        };
        flags::check(&metadata.args).map_err(|flag| format!("[*.metadata.forc-perf] args: {flag}"))?;
        Ok(Self { kind, paths, patches, local_repositories, implicit_std, metadata })
    }
}

/// A manifest's bytes without the metadata that only forc-perf reads: a benchmark with another description is the same
/// program. Bytes that are not TOML stay as they are.
pub(super) fn for_compilers(bytes: Vec<u8>) -> Vec<u8> {
    let manifest = std::str::from_utf8(&bytes).ok().and_then(|text| text.parse::<toml::Table>().ok());
    let Some(mut manifest) = manifest else { return bytes };
    for kind in ["project", "workspace"] {
        let tools =
            manifest.get_mut(kind).and_then(|kind| kind.get_mut("metadata")).and_then(toml::Value::as_table_mut);
        if let Some(tools) = tools
            && let Some(own) = tools.remove("forc-perf")
            // These reach the compiler.
            && let Some(args) = own.get("args")
        {
            tools.insert("forc-perf".to_owned(), args.clone());
        }
    }
    manifest.to_string().into_bytes()
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Raw {
    project: Option<Project>,
    workspace: Option<Workspace>,
    #[serde(default)]
    dependencies: BTreeMap<String, Dependency>,
    #[serde(default)]
    contract_dependencies: BTreeMap<String, Dependency>,
    #[serde(default)]
    patch: BTreeMap<String, BTreeMap<String, Dependency>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Project {
    name: String,
    entry: Option<PathBuf>,
    implicit_std: Option<bool>,
    metadata: Option<ToolTables>,
}

#[derive(Deserialize)]
struct Workspace {
    members: Vec<PathBuf>,
    metadata: Option<ToolTables>,
}

#[derive(Deserialize)]
struct ToolTables {
    #[serde(rename = "forc-perf")]
    forc_perf: Option<toml::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Dependency {
    Detailed(DetailedDependency),
    /// A version, as a text.
    Other(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
struct DetailedDependency {
    path: Option<PathBuf>,
    git: Option<String>,
}

impl Dependency {
    fn path(&self) -> Option<PathBuf> {
        match self {
            Self::Detailed(detailed) => detailed.path.clone(),
            Self::Other(_) => None,
        }
    }

    /// The folder of a repository that is not on a server.
    fn local_repository(&self) -> Option<PathBuf> {
        let Self::Detailed(DetailedDependency { git: Some(url), .. }) = self else { return None };
        let of_server = ["https://", "http://", "ssh://", "git://"].iter().any(|scheme| url.starts_with(scheme));
        // `user@host:path`, the form for ssh.
        let of_ssh = url.split_once(':').is_some_and(|(host, _)| host.contains('@') && !host.contains('/'));
        (!of_server && !of_ssh).then(|| PathBuf::from(url.strip_prefix("file://").unwrap_or(url)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Manifest, String> {
        Manifest::parse(text, Heed::Metadata)
    }

    #[test]
    fn a_package_tells_its_paths_and_its_metadata() {
        let manifest = Manifest::parse(
            r#"
            [project]
            name = "amm"
            entry = "main.sw"
            implicit-std = false
            [project.metadata.other-tool]
            x = 1
            [project.metadata.forc-perf]
            description = "an exchange"
            scenarios = ["debug", "release --tests"]
            min-forc = "0.71.2"
            [dependencies]
            std = { path = "../../std" }
            sha = "1.0"
            lib = { git = "g", branch = "b" }
            [contract-dependencies]
            c = { path = "../c", salt = "0x0" }
            [patch.registry]
            x = { path = "/x" }
            "#,
            Heed::Metadata,
        )
        .unwrap();
        assert_eq!(manifest.kind, ManifestKind::Package);
        assert!(!manifest.implicit_std);
        assert_eq!(manifest.paths, [Path::new("../../std"), Path::new("../c")]);
        assert_eq!(manifest.patches, [Path::new("/x")]);
        let scenarios = manifest.metadata.scenarios().unwrap();
        assert_eq!(scenarios.iter().map(ToString::to_string).collect::<Vec<_>>(), ["debug", "release --tests"]);
        assert_eq!(manifest.metadata.min_forc, Some(semver::Version::new(0, 71, 2)));
    }

    #[test]
    fn the_std_is_implicit_unless_said_otherwise() {
        assert!(parse("[project]\nname = \"a\"").unwrap().implicit_std);
        assert!(!parse("[project]\nname = \"std\"").unwrap().implicit_std);
        assert!(!parse("[project]\nname = \"a\"\n[dependencies]\nstd = { path = \"s\" }").unwrap().implicit_std);
    }

    #[test]
    fn a_workspace_tells_its_members() {
        let manifest = parse("[workspace]\nmembers = [\"a\", \"b\"]").unwrap();
        assert_eq!((manifest.kind, manifest.paths.len()), (ManifestKind::Workspace, 2));
    }

    #[test]
    fn what_is_broken_is_said() {
        assert!(parse("[project").unwrap_err().contains("line 1"));
        assert!(parse("x = 1").unwrap_err().contains("neither"));
        let misspelt = "[project]\nname = \"a\"\n[project.metadata.forc-perf]\nscenario = [\"debug\"]";
        assert!(parse(misspelt).unwrap_err().contains("scenario"));
    }

    #[test]
    fn an_entry_leads_nowhere_else() {
        for entry in ["/etc/passwd", "../../id_rsa", "a/../../../b"] {
            let error = parse(&format!("[project]\nname = \"a\"\nentry = \"{entry}\"")).unwrap_err();
            assert!(error.contains(entry), "{error}");
        }
        assert!(parse("[project]\nname = \"a\"\nentry = \"deeper/main.sw\"").is_ok());
    }

    #[test]
    fn what_a_file_has_forc_do_writes_nothing_and_what_a_strangers_file_says_is_not_heeded() {
        let wants = |args: &str| format!("[project]\nname = \"a\"\n[project.metadata.forc-perf]\n{args}");
        let harmful = wants("args = [\"--output-bin\", \"/home/u/.bashrc\"]");
        assert!(parse(&harmful).unwrap_err().contains("`--output-bin`"));
        let scenarios = parse(&wants("scenarios = [\"debug --output-hexfile x\"]")).unwrap().metadata.scenarios();
        assert!(scenarios.unwrap_err().to_string().contains("`--output-hexfile`"));
        for strangers in [harmful, wants("no-such-key = 1")] {
            assert!(Manifest::parse(&strangers, Heed::Nothing).unwrap().metadata.args.is_empty());
        }
    }
}
