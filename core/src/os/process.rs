//! Runs programs that are not measured (git, cargo). On an interrupt they are ended with everything that they have
//! started.

use std::io::{self, BufRead, BufReader, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Pid;

use super::{Interrupt, signal, spawn, watchdog};

/// How often an interrupt is looked for while the program prints nothing.
const WATCH_INTERVAL: Duration = Duration::from_millis(50);

/// How long a program that was asked to end may take before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// The system's message for a full disk (`strerror(ENOSPC)`), which programs print.
pub const NO_SPACE: &str = "No space left on device";

/// The result of a program that has ended by itself.
#[derive(Debug)]
pub struct Ended {
    /// How it ended.
    pub status: ExitStatus,
    /// Its whole stdout.
    pub stdout: Vec<u8>,
}

/// Why a program could not be run to its end.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// It could not be started.
    #[error("it cannot be started: {0}")]
    Spawn(#[source] io::Error),
    /// Its output could not be read, it could not be waited for, or `on_line` failed.
    #[error("its output cannot be read: {0}")]
    Io(#[source] io::Error),
    /// The user stopped it.
    #[error("interrupted")]
    Interrupted,
}

/// Runs a program to its end. `on_line` gets each line of its stderr, with the line end, as it is printed.
///
/// The program has a session of its own. So Ctrl-C reaches the harness alone, which then ends the program and
/// everything that it started, and nothing can ask for a password on a terminal that shows progress. The program is
/// also ended when the harness is killed: otherwise cargo would still build while the next harness already changes the
/// sources.
///
/// # Errors
/// If it cannot be started or is interrupted, or `on_line` fails. A program that fails is not an error: see
/// [`Ended::status`].
pub fn run(
    command: &mut Command,
    interrupt: &Interrupt,
    mut on_line: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<Ended, ProcessError> {
    if interrupt.requested() {
        return Err(ProcessError::Interrupted);
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    watchdog::start();
    spawn::leave_terminal(command);
    let mut child = command.spawn().map_err(ProcessError::Spawn)?;
    let group = Pid::from_child(&child);
    // Asked to end, not killed: git then removes its locks.
    let registration = watchdog::register(group, "TERM");
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let ended = AtomicBool::new(false);
    let (written, read) = thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(group, &ended, interrupt));
        // Runs also if `on_line` panics: the scope waits for the watcher, and the watcher waits for this.
        let end = OnDrop(|| {
            ended.store(true, Ordering::Release);
            watcher.thread().unpark();
        });
        let written = scope.spawn(move || {
            let mut written = Vec::new();
            stdout.map_or(Ok(0), |mut stdout| stdout.read_to_end(&mut written)).map(|_| written)
        });
        let read = stderr.map_or(Ok(()), |stderr| {
            let mut reader = BufReader::new(stderr);
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line)? > 0 {
                on_line(&line)?;
                line.clear();
            }
            Ok(())
        });
        if read.is_err() {
            signal::kill_group(group);
        }
        let written = written.join().unwrap_or_else(|_| Err(io::Error::other("the reader of stdout has panicked")));
        drop(end);
        (written, read)
    });
    drop(registration);
    let status = child.wait().map_err(ProcessError::Io)?;
    if interrupt.requested() {
        return Err(ProcessError::Interrupted);
    }
    read.map_err(ProcessError::Io)?;
    Ok(Ended { status, stdout: written.map_err(ProcessError::Io)? })
}

/// Calls a function when it is dropped.
struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Waits for the end of the output or for an interrupt. On an interrupt the group is asked to end, and then killed.
fn watch(group: Pid, ended: &AtomicBool, interrupt: &Interrupt) {
    let done = || ended.load(Ordering::Acquire);
    while !done() && !interrupt.requested() {
        thread::park_timeout(WATCH_INTERVAL);
    }
    if !interrupt.requested() {
        return;
    }
    signal::terminate_group(group);
    let asked = Instant::now();
    while !done() && asked.elapsed() < GRACE {
        thread::park_timeout(WATCH_INTERVAL);
    }
    signal::kill_group(group);
}

/// Removes the variables whose names match `is_foreign` from the environment of `command`.
pub fn remove_variables(command: &mut Command, is_foreign: impl Fn(&str) -> bool) {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(&is_foreign) {
            command.env_remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::null());
        command
    }

    #[test]
    fn both_streams_are_read_to_their_ends() {
        // More than a pipe holds, on both streams: a reader of only one of them would wait for ever.
        let script = "i=0; while [ $i -lt 3000 ]; do echo 0123456789012345678901234567890123456789; \
                      echo 0123456789012345678901234567890123456789 >&2; i=$((i+1)); done; exit 3";
        let mut lines = 0;
        let ended = run(&mut shell(script), &Interrupt::new(), |line| {
            assert!(line.ends_with(b"9\n"));
            lines += 1;
            Ok(())
        });
        let ended = ended.unwrap();
        assert_eq!((ended.status.code(), ended.stdout.len(), lines), (Some(3), 3000 * 41, 3000));
    }

    #[test]
    fn a_program_that_will_not_end_is_killed_with_its_children() {
        let interrupt = Interrupt::new();
        let result = run(&mut shell("trap '' TERM; echo begun >&2; sleep 3600 & wait; sleep 3600"), &interrupt, |_| {
            interrupt.request();
            Ok(())
        });
        assert!(matches!(result, Err(ProcessError::Interrupted)), "{result:?}");
    }

    #[test]
    fn a_callback_that_fails_ends_the_program() {
        let result = run(&mut shell("echo line >&2; sleep 3600"), &Interrupt::new(), |_| Err(io::Error::other("full")));
        assert!(matches!(result, Err(ProcessError::Io(_))), "{result:?}");
    }

    #[test]
    fn nothing_is_started_after_an_interrupt() {
        let interrupt = Interrupt::new();
        interrupt.request();
        assert!(matches!(run(&mut shell("exit 0"), &interrupt, |_| Ok(())), Err(ProcessError::Interrupted)));
    }
}
