//! A build's instructions, counted under `valgrind --tool=callgrind`: where there are no hardware counters, or where a
//! figure is wanted that does not depend on what else the machine does.
//!
//! The count is that of the compiler's threads in user mode. It is the same from run to run but for what the compiler
//! itself does differently each time: Rust's hash maps draw their seeds anew. Everything else is held still here: the
//! layout of the addresses, which valgrind chooses, and the environment's padding. Five counts of one build of 1.5 s had a
//! standard deviation of 0.006 %, of one of 0.1 s 0.04 %; so did their phases of a million instructions and more, but for
//! parsing, which had up to 0.3 %. Phases of some ten thousand instructions may differ by half.
//!
//! A compiler behind wrapper scripts is found by its name: every process is counted by itself
//! (`--trace-children=yes`), and of those called forc, or forc-something, the one with the most instructions is taken; of
//! nobody's called so, the one with the most instructions of all.

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

/// How many times as long as by itself a build may take under callgrind before it is taken to hang, beside the
/// [`TIME_LIMIT_BASE`]: it takes 20 to 90 times as long, and more on a machine that has other work.
pub const TIME_LIMIT_FACTOR: u32 = 200;
/// How long any build may take under callgrind, however short it is by itself: valgrind translates every piece of code
/// before it runs it, and of a build of 10 ms that alone takes 3 s.
pub const TIME_LIMIT_BASE: Duration = Duration::from_secs(120);

/// How to count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallgrindOptions {
    /// The valgrind to use; `None` for the one on `PATH`.
    pub valgrind: Option<PathBuf>,
    /// After how long the build is ended as hung.
    pub time_limit: Duration,
    /// How the compiler, called by the invocation's arguments, tells its phases. Only those that it tells are looked for.
    pub protocol: Protocol,
}

impl CallgrindOptions {
    /// Options for a build that takes `expected` by itself, such as a warm-up has shown.
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
    /// A temporary folder for the counts could not be had or read.
    #[error("cannot keep callgrind's counts in the temporary folder: {0}")]
    Folder(#[source] io::Error),
    /// Valgrind cannot run this binary.
    #[error("valgrind cannot run {}: {words}; a newer valgrind may", program.display())]
    CannotRun {
        /// The binary.
        program: PathBuf,
        /// What valgrind said.
        words: String,
    },
    /// The build failed.
    #[error("the build failed under callgrind ({}): {}", ended(*exit), last_words(output))]
    Failed {
        /// How it ended.
        exit: Exit,
        /// Both ends of what it printed on stdout, then on stderr.
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
    /// The same of the file that the user knows, where a copy of it was run.
    pub(crate) fn naming(self, path: &Path) -> Self {
        match self {
            Self::CannotRun { words, .. } => Self::CannotRun { program: path.to_owned(), words },
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

/// The line that says most: the first error, or else the last line of all.
fn last_words(output: &str) -> &str {
    let mut lines = output.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.clone().find(|line| line.starts_with("error")).or_else(|| lines.next_back()).unwrap_or("it said nothing")
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
/// The invocation is run as it is, but for its padding variable: it tells its phases if its arguments say so. It takes
/// 20 to 90 times as long as by itself, 3 s at least, and writes what it always writes. The limit and the request to stop end it with
/// all its processes.
///
/// # Errors
/// If there is no valgrind, or if the build does not come to its end under it.
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

/// Valgrind's arguments. All that the count rests on is said, as a user's settings may say otherwise.
fn arguments(folder: &Path, invocation: &Invocation) -> Vec<OsString> {
    let file = |option: &str, name: &str| {
        let mut text = OsString::from(option);
        // Valgrind reads a per cent sign as the beginning of a variable.
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

/// The build's own variables, with what would move its stack or change valgrind's settings held still.
fn environment(invocation: &Invocation) -> Vec<(OsString, OsString)> {
    let fixed = [(PADDING_VARIABLE.into(), OsString::new()), ("VALGRIND_OPTS".into(), OsString::new())];
    let own = invocation.env.iter().filter(|(name, _)| name != PADDING_VARIABLE).cloned();
    own.chain(fixed).collect()
}

/// Whether the build came to its end.
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
    // Of valgrind's own words some come before it has a log, on stderr.
    let logs = files(folder, LOG).unwrap_or_default();
    let logs = logs.iter().filter_map(|path| fs::read(path).ok());
    let said: String = logs.map(|log| String::from_utf8_lossy(&log).into_owned()).collect();
    let own_words = recording.stderr.lines().find(|line| line.starts_with("valgrind: "));
    let in_log = said.lines().find(|line| CANNOT_RUN.iter().any(|words| line.contains(words)));
    if let Some(words) = own_words.or(in_log) {
        // Without the process's number before them.
        let words = words.trim_start_matches("valgrind:").rsplit("== ").next().unwrap_or(words).trim().to_owned();
        return Err(CallgrindError::CannotRun { program: invocation.program.clone(), words });
    }
    let output = format!("{}\n{}", recording.stdout, recording.stderr).trim().to_owned();
    Err(CallgrindError::Failed { exit: recording.exit, output })
}

/// What valgrind says where the fault is its own: an instruction that it does not know, or a check of its own that failed.
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

/// The counts of the compiler, among those of all processes.
fn compilers_profile(folder: &Path, invocation: &Invocation) -> Result<Profile, CallgrindError> {
    let functions = phase::functions();
    let mut best: Option<(bool, Profile)> = None;
    let mut unreadable = None;
    for path in files(folder, COUNTS).map_err(CallgrindError::Folder)? {
        let file = File::open(&path).map_err(CallgrindError::Folder)?;
        // A helper that was ended, or that became another program, may have left an empty or a broken file.
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

/// Whether the command line, in which nothing tells a space in a path from the end of it, is that of a forc.
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
    fn a_forc_is_told_by_its_command_line() {
        let wrapper = Path::new("/opt/my tools/wrapper");
        assert!(is_forc("/usr/bin/forc build --path /a", wrapper));
        assert!(is_forc("/opt/forc-0.72.1 build", wrapper));
        assert!(!is_forc("/opt/my tools/wrapper build forc", wrapper));
        assert!(!is_forc("/usr/bin/git clone forc", wrapper));
        assert!(is_forc("/opt/my tools/forc build", Path::new("/opt/my tools/forc")));
        assert!(!is_forc("", wrapper));
    }

    #[test]
    fn the_last_words_are_the_error() {
        assert_eq!(last_words("Building\nerror: no such thing\n  hint\n"), "error: no such thing");
        assert_eq!(last_words("one\ntwo\n\n"), "two");
        assert_eq!(last_words("\n"), "it said nothing");
    }

    #[test]
    fn the_padding_is_fixed_and_the_folders_name_is_taken_as_it_is() {
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
