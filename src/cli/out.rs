//! All that commands print.
//!
//! Names, messages and paths come from anywhere, and what a terminal would obey in them is made visible here, in one place.
//!
//! A reader that has seen enough and is gone is no error, and ends nothing: what was measured is still to be kept. Anything
//! else that keeps the output from being written, such as a full disk, leaves half of it behind: it is kept here until the
//! command has done the rest of its work, and then makes it fail.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::OnceLock;

use super::exit::Outcome;
use super::progress::terminal_width;
use crate::text;

/// The first error of all.
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

/// Prints a text whose colours go where they are understood.
pub(crate) fn print_coloured(coloured: &str) {
    keep(anstream::stdout().lock().write_all(text::visible_in_colour(coloured).as_bytes()));
}

/// Prints a document for another program, as it is, or as far as it is harmless where a person looks at it.
pub(crate) fn print_document(document: &str) {
    if io::stdout().is_terminal() { print(document) } else { keep(io::stdout().lock().write_all(document.as_bytes())) }
}

/// Tells a person something on stderr, a line. One that is gone is no reason to stop.
pub(crate) fn tell(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{}", text::visible(&line.to_string()));
}

/// Keeps what went wrong with printing.
pub(crate) fn keep(written: io::Result<()>) {
    if let Err(error) = written
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        // The first one is the cause.
        let _ = FAILED.set(error);
    }
}

/// The width of the terminal that stdout is, in columns; `None` where it is none.
pub(crate) fn width() -> Option<usize> {
    if io::stdout().is_terminal() { terminal_width() } else { None }
}

/// How a command ends that would end with `code`, if all that it printed was written.
pub(crate) fn finished(code: ExitCode) -> ExitCode {
    // What is still in the buffer would be written at the exit, where nobody asks whether it could.
    keep(io::stdout().lock().flush());
    match FAILED.get() {
        None => code,
        Some(error) => {
            super::fail(Outcome::HarnessError, format_args!("the output could not be written completely: {error}"))
        }
    }
}
