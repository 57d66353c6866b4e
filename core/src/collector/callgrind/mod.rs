//! Counts the instructions of a build under `valgrind --tool=callgrind`: for machines without hardware counters, and
//! for figures that do not depend on other load.
//!
//! The count covers the compiler's threads in user mode. It differs from run to run only by what the compiler itself
//! does differently: Rust's hash maps get new seeds. The rest is fixed: the layout of the addresses, which valgrind
//! chooses, and the environment's padding. Five counts of one build of 1.5 s had a standard deviation of 0.006 %, of
//! one of 0.1 s 0.04 %. Phases of at least a million instructions had the same, except parsing with up to 0.3 %. Phases
//! of some ten thousand instructions may differ by half.
//!
//! A compiler behind wrapper scripts is found by its name: every process is counted separately
//! (`--trace-children=yes`). Of those named forc or forc-something, the one with the most instructions is taken; if
//! there is none, the one with the most instructions of all.

mod profile;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use profile::{FormatError, Profile, read as read_profile};

use super::{CollectError, Ended, Invocation, Options, PADDING_VARIABLE, Recording, assemble, best_sampler, collect};
use crate::model::{BenchmarkPhase, Exit, InstructionCount, PhaseInstructions, Protocol};
use crate::os::Interrupt;
use crate::os::scratch::Scratch;
use crate::phase;

/// The time limit under callgrind as a multiple of the time without it, in addition to [`TIME_LIMIT_BASE`]: a build
/// takes 20 to 90 times as long, and more on a busy machine.
pub const TIME_LIMIT_FACTOR: u32 = 200;
/// The time that any build may take under callgrind, however short it is without it: valgrind translates all code
/// before it runs, which takes 3 s for a build of 10 ms.
pub const TIME_LIMIT_BASE: Duration = Duration::from_secs(120);

/// How to count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallgrindOptions {
    /// The valgrind to use; `None` for the one on `PATH`.
    pub valgrind: Option<PathBuf>,
    /// After how long the build is ended as hung.
    pub time_limit: Duration,
    /// How the compiler, with the invocation's arguments, reports its phases. Only reported phases are looked for.
    pub protocol: Protocol,
}

impl CallgrindOptions {
    /// Options for a build that takes `expected` without callgrind, as measured in a warm-up.
    pub fn new(expected: Duration, protocol: Protocol) -> Self {
        let time_limit = expected.saturating_mul(TIME_LIMIT_FACTOR).saturating_add(TIME_LIMIT_BASE);
        Self { valgrind: None, time_limit, protocol }
    }
}

/// Why no instructions could be counted.
#[derive(Debug, thiserror::Error)]
pub enum CallgrindError {
    /// There is no valgrind.
    #[error("valgrind is not on PATH: counting instructions needs it; install your system's package `valgrind`")]
    NotInstalled,
    /// The build could not be started or waited for.
    #[error(transparent)]
    Collect(#[from] CollectError),
    /// A temporary folder for the counts could not be made or read.
    #[error("cannot keep callgrind's counts in the temporary folder: {0}")]
    Folder(#[source] io::Error),
    /// Valgrind cannot run this binary.
    #[error("valgrind cannot run {}: {message}; a newer valgrind may", program.display())]
    CannotRun {
        /// The binary.
        program: PathBuf,
        /// Valgrind's message.
        message: String,
    },
    /// The build failed.
    #[error("the build failed under callgrind ({}): {}", ended(*exit), error_line(output))]
    Failed {
        /// How it ended.
        exit: Exit,
        /// The beginning and the end of its stdout, then of its stderr.
        output: String,
    },
    /// The build took too long.
    #[error("the build ran past {0:?} under callgrind, and was ended with all its processes")]
    TimeLimit(Duration),
    /// The user stopped it.
    #[error("interrupted")]
    Interrupted,
    /// Callgrind's file cannot be read.
    #[error("callgrind's file cannot be read: {0}")]
    Format(#[from] FormatError),
    /// Callgrind wrote nothing.
    #[error("callgrind wrote no counts of {}: was it ended by itself?", .0.display())]
    NoCounts(PathBuf),
}

impl CallgrindError {
    /// The same error with the path that the user knows, if a copy of the file was run.
    pub fn naming(self, path: &Path) -> Self {
        match self {
            Self::CannotRun { message, .. } => Self::CannotRun { program: path.to_owned(), message },
            Self::NoCounts(_) => Self::NoCounts(path.to_owned()),
            error => error,
        }
    }
}

fn ended(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("exit code {code}"),
        Exit::Signal(signal) => format!("signal {signal}"),
    }
}

/// The line with the error: the first one that is marked as such, or else the last line.
fn error_line(output: &str) -> &str {
    let mut lines = output.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.clone().find(|line| line.starts_with("error")).or_else(|| lines.next_back()).unwrap_or("it printed nothing")
}

/// The valgrind on `PATH`.
///
/// # Errors
/// [`CallgrindError::NotInstalled`] if there is none.
pub fn find_valgrind() -> Result<PathBuf, CallgrindError> {
    which::which("valgrind").map_err(|_| CallgrindError::NotInstalled)
}

/// Counts the instructions of one build.
///
/// The invocation is run unchanged, except for its padding variable. It reports its phases if its arguments request
/// that. It takes 20 to 90 times as long as without callgrind, at least 3 s, and writes its usual output. The time
/// limit and the interrupt end it with all its processes.
///
/// # Errors
/// If there is no valgrind, or if the build does not succeed under it.
pub fn count(
    invocation: &Invocation,
    options: &CallgrindOptions,
    interrupt: &Interrupt,
) -> Result<InstructionCount, CallgrindError> {
    let valgrind = options.valgrind.clone().map_or_else(find_valgrind, Ok)?;
    let folder = Scratch::new().map_err(|error| CallgrindError::Folder(error.into()))?;
    let under_callgrind = Invocation {
        program: valgrind,
        args: arguments(folder.path(), invocation),
        env: environment(invocation),
        folder: invocation.folder.clone(),
    };
    let plain = Options {
        interval: None,
        time_limit: options.time_limit,
        sampler: best_sampler(),
        split: None,
        counters: false,
    };
    let recording = collect(&under_callgrind, &plain, interrupt)?;
    check(&recording, invocation, options, folder.path())?;
    let profile = compilers_profile(folder.path(), invocation)?;
    let took = recording.exited.duration_since(recording.started);
    let run = assemble(String::new(), &invocation.folder, options.protocol, recording);
    Ok(InstructionCount { phases: of_phases(&run.phases, &profile), tool: profile.creator, total: profile.total, took })
}

/// Valgrind's arguments. Everything that the count depends on is set, as the user's settings may differ.
fn arguments(folder: &Path, invocation: &Invocation) -> Vec<OsString> {
    let file = |option: &str, name: &str| {
        let mut text = OsString::from(option);
        // A per cent sign begins a variable.
        let folder: Vec<u8> = folder
            .as_os_str()
            .as_bytes()
            .iter()
            .flat_map(|byte| if *byte == b'%' { vec![b'%'; 2] } else { vec![*byte] })
            .collect();
        text.push(OsString::from_vec(folder));
        text.push(name);
        text
    };
    let mut args: Vec<OsString> = [
        "--tool=callgrind",
        "--quiet",
        "--vgdb=no",
        "--trace-children=yes",
        "--demangle=yes",
        "--cache-sim=no",
        "--branch-sim=no",
        "--collect-atstart=yes",
        "--instr-atstart=yes",
        "--collect-jumps=no",
        "--collect-systime=no",
        "--collect-bus=no",
        "--dump-instr=no",
        "--dump-line=no",
        "--separate-threads=no",
        "--separate-callers=0",
        "--separate-recs=2",
        "--combine-dumps=no",
    ]
    .map(OsString::from)
    .to_vec();
    args.push(file("--callgrind-out-file=", &format!("/{COUNTS}%p")));
    args.push(file("--log-file=", &format!("/{LOG}%p")));
    args.push(invocation.program.clone().into());
    args.extend(invocation.args.iter().cloned());
    args
}

const COUNTS: &str = "callgrind.out.";
const LOG: &str = "valgrind.log.";

/// The build's own variables, with fixed values for those that would move its stack or change valgrind's settings.
fn environment(invocation: &Invocation) -> Vec<(OsString, OsString)> {
    let fixed = [(PADDING_VARIABLE.into(), OsString::new()), ("VALGRIND_OPTS".into(), OsString::new())];
    let own = invocation.env.iter().filter(|(name, _)| name != PADDING_VARIABLE).cloned();
    own.chain(fixed).collect()
}

/// Checks that the build succeeded.
fn check(
    recording: &Recording,
    invocation: &Invocation,
    options: &CallgrindOptions,
    folder: &Path,
) -> Result<(), CallgrindError> {
    match recording.ended {
        Some(Ended::TimeLimit) => return Err(CallgrindError::TimeLimit(options.time_limit)),
        Some(Ended::Interrupted) => return Err(CallgrindError::Interrupted),
        None if recording.exit.success() => return Ok(()),
        None => {}
    }
    // Before valgrind has a log, its own messages are on stderr.
    let logs = files(folder, LOG).unwrap_or_default();
    let logs = logs.iter().filter_map(|path| fs::read(path).ok());
    let log: String = logs.map(|log| String::from_utf8_lossy(&log).into_owned()).collect();
    let on_stderr = recording.stderr.lines().find(|line| line.starts_with("valgrind: "));
    let in_log = log.lines().find(|line| CANNOT_RUN.iter().any(|message| line.contains(message)));
    if let Some(line) = on_stderr.or(in_log) {
        // Without the process's number at its beginning.
        let message = line.trim_start_matches("valgrind:").rsplit("== ").next().unwrap_or(line).trim().to_owned();
        return Err(CallgrindError::CannotRun { program: invocation.program.clone(), message });
    }
    let output = format!("{}\n{}", recording.stdout, recording.stderr).trim().to_owned();
    Err(CallgrindError::Failed { exit: recording.exit, output })
}

/// Messages about valgrind's own failures: an unknown instruction, or a failed check of its own.
const CANNOT_RUN: [&str; 3] = ["unhandled instruction", "Assertion '", "the 'impossible' happened"];

fn files(folder: &Path, prefix: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().as_bytes().starts_with(prefix.as_bytes()) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// The profile of the compiler, among those of all processes.
fn compilers_profile(folder: &Path, invocation: &Invocation) -> Result<Profile, CallgrindError> {
    let functions = phase::functions();
    let mut best: Option<(bool, Profile)> = None;
    let mut unreadable = None;
    for path in files(folder, COUNTS).map_err(CallgrindError::Folder)? {
        let file = File::open(&path).map_err(CallgrindError::Folder)?;
        // A helper that was killed, or that executed another program, may have left an empty or incomplete file.
        let profile = match profile::read(BufReader::with_capacity(1 << 16, file), &functions) {
            Ok(profile) => profile,
            Err(error) => {
                unreadable = Some(error);
                continue;
            }
        };
        let is_forc = is_forc(&profile.command, &invocation.program);
        if best.as_ref().is_none_or(|(was_forc, best)| (is_forc, profile.total) > (*was_forc, best.total)) {
            best = Some((is_forc, profile));
        }
    }
    match (best, unreadable) {
        (Some((_, profile)), _) => Ok(profile),
        (None, Some(error)) => Err(error.into()),
        (None, None) => Err(CallgrindError::NoCounts(invocation.program.clone())),
    }
}

/// Whether this is the command line of a forc. A space in it may be part of a path or its end.
fn is_forc(command: &str, program: &Path) -> bool {
    let path = match program.to_str() {
        Some(program) if command.starts_with(program) => program,
        _ => command.split(' ').next().unwrap_or(command),
    };
    Path::new(path).file_name().is_some_and(|name| name.to_string_lossy().starts_with("forc"))
}

/// The instructions of the phases that the compiler announced.
fn of_phases(announced: &[BenchmarkPhase], profile: &Profile) -> Vec<PhaseInstructions> {
    let functions = phase::functions();
    let of = |name: &str| {
        let place = functions.iter().position(|function| *function == name)?;
        profile.inclusive.get(place).copied().flatten()
    };
    let mut found: Vec<PhaseInstructions> = Vec::new();
    for phase in announced {
        if found.iter().all(|known| known.phase != phase.name)
            && let Some(instructions) = phase::instructions(&phase.name, of)
        {
            found.push(PhaseInstructions { phase: phase.name.clone(), depth: phase.depth, instructions });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forc_is_recognized_by_its_command_line() {
        let wrapper = Path::new("/opt/my tools/wrapper");
        assert!(is_forc("/usr/bin/forc build --path /a", wrapper));
        assert!(is_forc("/opt/forc-0.72.1 build", wrapper));
        assert!(!is_forc("/opt/my tools/wrapper build forc", wrapper));
        assert!(!is_forc("/usr/bin/git clone forc", wrapper));
        assert!(is_forc("/opt/my tools/forc build", Path::new("/opt/my tools/forc")));
        assert!(!is_forc("", wrapper));
    }

    #[test]
    fn the_line_of_the_error_is_found() {
        assert_eq!(error_line("Building\nerror: no such thing\n  hint\n"), "error: no such thing");
        assert_eq!(error_line("one\ntwo\n\n"), "two");
        assert_eq!(error_line("\n"), "it printed nothing");
    }

    #[test]
    fn the_padding_is_fixed_and_the_folders_name_is_escaped() {
        let invocation = Invocation {
            program: "/bin/forc".into(),
            args: vec!["build".into()],
            env: vec![(PADDING_VARIABLE.into(), "xxx".into()), ("A".into(), "b".into())],
            folder: "/".into(),
        };
        let env = environment(&invocation);
        assert_eq!(env.iter().filter(|(name, _)| name == PADDING_VARIABLE).count(), 1);
        assert!(env.contains(&(PADDING_VARIABLE.into(), OsString::new())) && env.contains(&("A".into(), "b".into())));
        let args = arguments(Path::new("/tmp/50%"), &invocation);
        assert!(args.contains(&"--callgrind-out-file=/tmp/50%%/callgrind.out.%p".into()), "{args:?}");
        assert_eq!(args[args.len() - 2..], [OsString::from("/bin/forc"), "build".into()]);
    }
}
