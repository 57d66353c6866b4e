//! The version and abilities of a binary, found by running it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::collector::marker::Marker;
use crate::collector::{self, CollectError, Invocation, Options, Recording, Said};
use crate::model::{Capabilities, Exit, Origin, Protocol, Toolchain};
use crate::os::Interrupt;
use crate::os::scratch::{Scratch, ScratchError};

/// A forc that has not answered by then is considered hung.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// Why a binary is not accepted as a forc.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The file cannot be read.
    #[error("cannot read the compiler {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// It cannot be run.
    #[error(transparent)]
    Run(#[from] CollectError),
    /// It does not answer as a forc does.
    #[error("{} is not a forc: `forc --version` should print `forc 0.x.y`, but {answer}", path.display())]
    NoForc {
        /// The file.
        path: PathBuf,
        /// What it did instead.
        answer: String,
    },
    /// The small test project could not be written.
    #[error("cannot make a temporary project to try the compiler on: {0}")]
    Temporary(#[source] io::Error),
    /// There is no temporary folder to try it in.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// The user stopped it.
    #[error("interrupted")]
    Interrupted,
}

/// Asks the binary at `path` for its version, and finds its abilities on a small test project.
///
/// # Errors
/// If the file is not a forc, or cannot be run.
pub fn probe(path: &Path, origin: Origin, interrupt: &Interrupt) -> Result<Toolchain, ProbeError> {
    let path = std::path::absolute(path).map_err(|source| ProbeError::Read { path: path.to_owned(), source })?;
    let sha256 = sha256(&path).map_err(|source| ProbeError::Read { path: path.clone(), source })?;
    let is_script = is_script(&path).map_err(|source| ProbeError::Read { path: path.clone(), source })?;
    let scratch = Scratch::new()?;
    let project = scratch.path().join("probe");
    write_project(&project).map_err(ProbeError::Temporary)?;
    let asker = Asker { forc: &path, folder: scratch.path(), interrupt };

    let version =
        version(&asker.ask(&["--version"])?).map_err(|answer| ProbeError::NoForc { path: path.clone(), answer })?;
    let help = asker.ask(&["build", "--help"])?.stdout;
    let offers = |flag: &str| help.split(|c: char| c.is_whitespace() || c == ',' || c == '=').any(|word| word == flag);
    let (protocol, notes) = protocol(&asker, &project, &offers)?;
    let capabilities = Capabilities {
        protocol,
        metrics_file: offers("--metrics-outfile"),
        release: offers("--release"),
        tests: offers("--tests"),
    };
    Ok(Toolchain { version, path, sha256, is_script, origin, capabilities, notes })
}

/// The version that the binary at `path` reports.
///
/// # Errors
/// If it cannot be run, or does not answer as a forc does.
pub fn version_of(path: &Path, interrupt: &Interrupt) -> Result<String, ProbeError> {
    let scratch = Scratch::new()?;
    let answer = Asker { forc: path, folder: scratch.path(), interrupt }.ask(&["--version"])?;
    version(&answer).map_err(|answer| ProbeError::NoForc { path: path.to_owned(), answer })
}

struct Asker<'a> {
    forc: &'a Path,
    folder: &'a Path,
    interrupt: &'a Interrupt,
}

impl Asker<'_> {
    fn ask(&self, args: &[&str]) -> Result<Recording, ProbeError> {
        let invocation = Invocation {
            program: self.forc.to_owned(),
            args: args.iter().map(Into::into).collect(),
            env: Vec::new(),
            folder: self.folder.to_owned(),
        };
        let options = Options { interval: None, time_limit: ANSWER_LIMIT, ..Options::default() };
        let recording = collector::collect(&invocation, &options, self.interrupt)?;
        if self.interrupt.requested() {
            return Err(ProbeError::Interrupted);
        }
        Ok(recording)
    }
}

/// The best protocol that the binary really supports. A flag may exist and mean something else, so each is tried; the help
/// text decides only if the test project does not build at all. A compiler that crashes or hangs with a flag does not
/// support it, which gets a note: its phases may be missing for a reason that can be fixed.
fn protocol(
    asker: &Asker,
    project: &Path,
    offers: &impl Fn(&str) -> bool,
) -> Result<(Protocol, Vec<String>), ProbeError> {
    let project = project.to_string_lossy();
    let mut notes = Vec::new();
    for (flag, protocol) in [("--profile", Protocol::Markers), ("--time-phases", Protocol::TimePhases)] {
        if !offers(flag) {
            continue;
        }
        let trial = asker.ask(&["build", "--path", &project, flag])?;
        let speaks = trial.events.iter().any(|event| {
            matches!(
                (protocol, &event.said),
                (Protocol::Markers, Said::Marker(Marker::Start(_)))
                    | (Protocol::TimePhases, Said::Marker(Marker::Elapsed { .. }))
            )
        });
        let ended = match (trial.ended, trial.exit) {
            (Some(_), _) => Some(format!("had not ended after {} seconds", ANSWER_LIMIT.as_secs())),
            (None, Exit::Code(0 | 1)) => None,
            (None, Exit::Code(code)) => Some(format!("exited with code {code}")),
            (None, Exit::Signal(signal)) => Some(format!("was ended by signal {signal}")),
        };
        match ended {
            Some(how) => notes.push(format!("`forc build {flag}` of an empty library {how}, so {flag} is not used")),
            None if speaks || trial.exit == Exit::Code(1) => return Ok((protocol, notes)),
            None => notes.push(format!("`forc build {flag}` reports no phases, so {flag} is not used")),
        }
    }
    Ok((Protocol::WholeProcess, notes))
}

/// The version from `forc 0.72.1`, or what was answered instead.
fn version(answer: &Recording) -> Result<String, String> {
    let first = answer.stdout.lines().next().unwrap_or_default();
    let version = first.strip_prefix("forc ").map(str::trim);
    match version {
        Some(version) if answer.exit.success() && semver::Version::parse(version).is_ok() => Ok(version.to_owned()),
        _ if answer.ended.is_some() => Err(format!("it had not answered after {} seconds", ANSWER_LIMIT.as_secs())),
        _ if !first.is_empty() => Err(format!("it printed `{}`", first.chars().take(80).collect::<String>())),
        _ => match answer.exit {
            Exit::Code(code) => Err(format!("it printed nothing and exited with code {code}")),
            Exit::Signal(signal) => Err(format!("it was ended by signal {signal}")),
        },
    }
}

fn is_script(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(File::open(path)?, 2), &mut start)?;
    Ok(start == b"#!")
}

fn sha256(path: &Path) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = io::Read::read(&mut file, &mut buffer)?;
        if length == 0 {
            break;
        }
        hasher.update(&buffer[..length]);
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The smallest project that every forc builds: a library without std.
fn write_project(project: &Path) -> io::Result<()> {
    fs::create_dir_all(project.join("src"))?;
    let manifest = "[project]\nname = \"probe\"\nauthors = [\"forc-perf\"]\nentry = \"lib.sw\"\n\
                    license = \"Apache-2.0\"\nimplicit-std = false\n";
    fs::write(project.join("Forc.toml"), manifest)?;
    fs::write(project.join("src/lib.sw"), "library;\n\npub fn zero() -> u64 {\n    0\n}\n")
}
