//! The output of all commands.
//!
//! Names, messages and paths may come from any source. Characters in them that would control a terminal are made visible
//! here, in one place.
//!
//! A closed pipe is not an error and ends nothing: the results still have to be saved. After any other error, such as a full
//! disk, the output is incomplete. The error is kept here until the command has done the rest of its work, and then makes
//! it fail.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::OnceLock;

use super::exit::Outcome;
use super::progress::terminal_width;
use crate::text;

/// The first error.
static FAILED: OnceLock<io::Error> = OnceLock::new();

/// Prints a line.
pub(crate) fn say(line: impl Display) {
    keep(writeln!(io::stdout().lock(), "{}", text::visible(&line.to_string())));
}

/// Prints a line of JSON.
pub(crate) fn say_json(value: impl Display) {
    keep(writeln!(io::stdout().lock(), "{}", text::visible_json(&value.to_string())));
}

/// Prints a table.
pub(crate) fn print(table: &str) {
    keep(io::stdout().lock().write_all(text::visible(table).as_bytes()));
}

/// Prints a text, with its colours if the terminal supports them.
pub(crate) fn print_coloured(coloured: &str) {
    keep(anstream::stdout().lock().write_all(text::visible_in_colour(coloured).as_bytes()));
}

/// Prints a document for another program: unchanged, but on a terminal only with harmless characters.
pub(crate) fn print_document(document: &str) {
    if io::stdout().is_terminal() { print(document) } else { keep(io::stdout().lock().write_all(document.as_bytes())) }
}

/// Prints a line on stderr for the user. A closed stderr is ignored.
pub(crate) fn say_on_stderr(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{}", text::visible(&line.to_string()));
}

/// Keeps the first error of printing.
pub(crate) fn keep(written: io::Result<()>) {
    if let Err(error) = written
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        // The first one is the cause.
        let _ = FAILED.set(error);
    }
}

/// The width of the terminal at stdout, in columns; `None` if stdout is not a terminal.
pub(crate) fn width() -> Option<usize> {
    if io::stdout().is_terminal() { terminal_width() } else { None }
}

/// The exit code of a command: `code`, or that of a failure if its output could not be written.
pub(crate) fn finished(code: ExitCode) -> ExitCode {
    // The rest of the buffer would be written at the exit, where an error is not noticed.
    keep(io::stdout().lock().flush());
    match FAILED.get() {
        None => code,
        Some(error) => {
            super::fail(Outcome::HarnessError, format_args!("the output could not be written completely: {error}"))
        }
    }
}
