//! `toolchain`: the compilers on this machine.

use std::ffi::OsString;
use std::path::Path;

use clap::{Args, Subcommand};

use super::exit::Outcome;
use super::options::{self, SwayOptions};
use super::progress::Progress;
use super::{Result, interrupt_on_signals, say, say_on_stderr};
use crate::forc::store::{self, Removal, Stored, StoredKind};
use crate::forc::{Locator, ToolchainSpec, fuelup, source, spec, toolchain};
use crate::os::cache;
use crate::session::SessionEvent;
use crate::text::format;

/// What to do with toolchains.
#[derive(Debug, Subcommand)]
pub enum ToolchainCommand {
    /// List the compilers on this machine (built releases and revisions, fuelup's toolchains, the forc on PATH), and the
    /// clones in which revisions are built
    List,
    /// Build a release into the cache, if it is not there
    Install {
        /// The release, such as 0.72.1
        #[arg(value_name = "RELEASE")]
        release: semver::Version,
    },
    /// Build a revision of the compiler into the cache, if it is not there
    Build {
        /// A branch, tag or commit, or '.' for the current work tree
        #[arg(value_name = "REV")]
        revision: String,

        #[command(flatten)]
        sway: SwayOptions,
    },
    /// Print the path of a compiler; without SPEC, of the one that would be used
    Path {
        /// A path, a release (0.72.1), a fuelup toolchain (+name) or, with --sway, a revision
        #[arg(value_name = "SPEC")]
        spec: Option<OsString>,

        #[command(flatten)]
        sway: SwayOptions,
    },
    /// Remove compilers from the cache
    Remove(RemoveOptions),
}

/// The compilers to remove.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct RemoveOptions {
    /// A release (0.72.1), a revision by the name with which it was built, or the beginning of its id
    #[arg(value_name = "SPEC", conflicts_with = "all")]
    spec: Vec<String>,

    /// All compilers in the cache
    #[arg(long)]
    all: bool,

    /// The clones in which revisions are built, and leftovers of builds
    #[arg(long)]
    builds: bool,
}

/// Runs the command.
pub fn run(command: &ToolchainCommand) -> Result<Outcome> {
    match command {
        ToolchainCommand::List => list(),
        ToolchainCommand::Install { release } => {
            locate(Some(&ToolchainSpec::Release(release.clone())), &Locator::default())
        }
        ToolchainCommand::Build { revision, sway } => {
            let name = revision.strip_prefix(spec::REVISION_PREFIX).unwrap_or(revision);
            locate_named(Some(&OsString::from(format!("{}{name}", spec::REVISION_PREFIX))), sway)
        }
        ToolchainCommand::Path { spec, sway } => locate_named(spec.as_ref(), sway),
        ToolchainCommand::Remove(options) => remove(options),
    }
}

fn locate_named(text: Option<&OsString>, sway: &SwayOptions) -> Result<Outcome> {
    let locator = sway.locator()?;
    let spec = text.map(|text| options::spec(text, &locator)).transpose()?;
    locate(spec.as_ref(), &locator)
}

fn locate(spec: Option<&ToolchainSpec>, locator: &Locator) -> Result<Outcome> {
    let interrupt = interrupt_on_signals()?;
    let mut progress = Progress::new();
    let located = toolchain::locate(spec, locator, &interrupt, |event| progress.on(&SessionEvent::Build(event)));
    progress.finish();
    let (path, _) = located?;
    say(path.display());
    Ok(Outcome::Success)
}

fn list() -> Result<Outcome> {
    let (stored, clones) = (store::toolchains()?, store::clones()?);
    let mut lines: Vec<[String; 6]> = stored.iter().map(stored_line).collect();
    let elsewhere = |spec: String, kind: &str, path: &Path| {
        let size = std::fs::metadata(path).map_or_else(|_| format::MISSING.to_owned(), |file| bytes(file.len()));
        [spec, kind.to_owned(), size, format::MISSING.to_owned(), path.display().to_string(), String::new()]
    };
    lines.extend(fuelup::toolchains().iter().map(|(name, path)| elsewhere(format!("+{name}"), "fuelup", path)));
    if let Ok(path) = which::which("forc") {
        lines.push(elsewhere(path.display().to_string(), "on PATH", &path));
    }
    if lines.is_empty() {
        say_on_stderr(format_args!(
            "There is no compiler yet; `forc-perf toolchain install {}` builds one.",
            spec::PINNED_RELEASE
        ));
    }
    lines.extend(clones.iter().map(|clone| {
        let (own, target) = clone.sizes();
        let of = clone.repository.clone().unwrap_or_default();
        let folder = clone.folder.display().to_string();
        [clone.name(), "clone".to_owned(), bytes(own), format!("{} of builds", bytes(target)), folder, of]
    }));
    for line in lines {
        say(line.map(|field| field.replace(['\t', '\n'], " ")).join("\t").trim_end());
    }
    Ok(Outcome::Success)
}

/// Name, kind, size of the binary and of the whole folder, path, and source.
fn stored_line(stored: &Stored) -> [String; 6] {
    let size = std::fs::metadata(&stored.binary).map_or_else(|_| format::MISSING.to_owned(), |file| bytes(file.len()));
    let (name, kind, from) = match &stored.kind {
        StoredKind::Release(version) => (version.to_string(), "built", String::new()),
        StoredKind::Revision(record) => {
            let flags = if record.cargo_flags.is_empty() {
                String::new()
            } else {
                format!(" [{}]", record.cargo_flags.join(" "))
            };
            let age = format::age(&record.built, jiff::Timestamp::now());
            let name = match (record.dirty, record.name.as_str()) {
                (true, _) => "changed work tree on ".to_owned(),
                (false, source::WORK_TREE) => String::new(),
                (false, name) => format!("{name} "),
            };
            let commit = record.commit.get(..10).unwrap_or(&record.commit);
            let from = format!("{name}{commit} {}{flags}, built {age}", record.subject);
            (stored.short_name(), if record.dirty { "work tree" } else { "revision" }, from)
        }
    };
    let whole = bytes(cache::size_of(&stored.folder));
    [name, kind.to_owned(), size, whole, stored.binary.display().to_string(), from]
}

fn remove(options: &RemoveOptions) -> Result<Outcome> {
    let removal = Removal { specs: options.spec.clone(), all: options.all, builds: options.builds };
    let (mut count, mut freed) = (0, 0);
    let removed = store::remove(&removal, |removed| {
        count += 1;
        freed += removed.freed;
        say(format_args!("removed {} ({})", removed.path.display(), bytes(removed.freed)));
    });
    if count > 0 {
        say(format_args!("freed {}", bytes(freed)));
    }
    removed?;
    if count == 0 {
        say_on_stderr("Nothing to remove is in the cache.");
    }
    Ok(Outcome::Success)
}

fn bytes(size: u64) -> String {
    format::bytes(size as f64)
}
