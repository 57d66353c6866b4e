//! `toolchain`: which compilers there are.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::exit::Outcome;
use super::options::{self, SwayOptions};
use super::progress::Progress;
use super::{fail, say};
use crate::cli::tell;
use crate::forc::store::{self, Removal, RemoveError, Stored, StoredKind};
use crate::forc::{Locator, ToolchainSpec, fuelup, source, spec, toolchain};
use crate::os::Interrupt;
use crate::os::cache;
use crate::session::Event;
use crate::text::format;

/// What to do with toolchains.
#[derive(Debug, Subcommand)]
pub enum ToolchainCommand {
    /// List the compilers that are here (built releases and revisions, fuelup's toolchains, the forc on PATH), and the
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
        /// A branch, tag or commit, or '.' for the work tree as it is
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

/// Which compilers to remove.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct RemoveOptions {
    /// A release (0.72.1), a revision as it was called when it was built, or the beginning of its id
    #[arg(value_name = "SPEC", conflicts_with = "all")]
    spec: Vec<String>,

    /// All compilers in the cache
    #[arg(long)]
    all: bool,

    /// The clones in which revisions are built, and what builds have left
    #[arg(long)]
    builds: bool,
}

/// Does it.
pub fn run(command: &ToolchainCommand) -> ExitCode {
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

fn locate_named(text: Option<&OsString>, sway: &SwayOptions) -> ExitCode {
    let read = sway.locator().and_then(|locator| {
        let spec = text.map(|text| options::spec(text, &locator)).transpose()?;
        Ok((locator, spec))
    });
    match read {
        Ok((locator, spec)) => locate(spec.as_ref(), &locator),
        Err(error) => fail(Outcome::Usage, &error.to_string()),
    }
}

fn locate(spec: Option<&ToolchainSpec>, locator: &Locator) -> ExitCode {
    let interrupt = Interrupt::new();
    #[cfg(unix)]
    if let Err(error) = interrupt.on_signals() {
        return fail(Outcome::HarnessError, &format!("cannot watch for Ctrl-C: {error}"));
    }
    let mut progress = Progress::new();
    let located = toolchain::locate(spec, locator, &interrupt, |event| progress.on(&Event::Build(event)));
    progress.finish();
    match located {
        Ok((path, _)) => {
            say(path.display());
            ExitCode::SUCCESS
        }
        Err(error) if error.is_interrupt() => fail(Outcome::Interrupted, &error.to_string()),
        Err(error) => fail(Outcome::HarnessError, &error.to_string()),
    }
}

fn list() -> ExitCode {
    let (stored, clones) = match store::toolchains().and_then(|stored| Ok((stored, store::clones()?))) {
        Ok(both) => both,
        Err(error) => return fail(Outcome::HarnessError, &error.to_string()),
    };
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
        tell(format_args!(
            "No compiler is here yet; `forc-perf toolchain install {}` builds one.",
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
    ExitCode::SUCCESS
}

/// Name, kind, size of the binary and of the whole folder, path, and what it was built from.
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

fn remove(options: &RemoveOptions) -> ExitCode {
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
    match removed {
        Ok(()) => {
            if count == 0 {
                tell(format_args!("Nothing of that is in the cache."));
            }
            ExitCode::SUCCESS
        }
        Err(error @ (RemoveError::Unknown(_) | RemoveError::Ambiguous { .. })) => {
            fail(Outcome::Usage, &error.to_string())
        }
        Err(error) => fail(Outcome::HarnessError, &error.to_string()),
    }
}

fn bytes(size: u64) -> String {
    format::bytes(size as f64)
}
