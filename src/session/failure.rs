//! Failures of runs, described for the user.

use crate::collector::{Ended, Recording};
use crate::model::{Benchmark, Exit, Failure, FailureKind};

/// How much of the end of the compiler's output a failure keeps, in bytes.
const OUTPUT_LIMIT: usize = 16 * 1024;

/// The exit code of a Rust program that panicked.
const PANIC_CODE: i32 = 101;
/// The exit code of a command line that was refused.
const USAGE_CODE: i32 = 2;

/// The kind of failure of a finished run, or `None` if it succeeded.
pub fn kind_of(recording: &Recording) -> Option<FailureKind> {
    match (recording.ended, recording.exit) {
        (Some(Ended::TimeLimit), _) => Some(FailureKind::TimeLimit),
        (Some(Ended::Interrupted), _) => Some(FailureKind::Interrupted),
        (None, Exit::Code(0)) => None,
        (None, Exit::Code(PANIC_CODE)) => Some(FailureKind::Panic),
        (None, Exit::Code(USAGE_CODE)) => Some(FailureKind::Usage),
        (None, Exit::Code(_)) => Some(FailureKind::CompileError),
        (None, Exit::Signal(_)) => Some(FailureKind::Killed),
    }
}

/// The failure of a run, with the end of the compiler's output.
pub fn describe(kind: FailureKind, run: Benchmark, output: &str, time_limit: std::time::Duration) -> Failure {
    let open = run.phases.iter().rfind(|phase| phase.end_time.is_none());
    let phase = open.map(|phase| phase.name.clone());
    let place = phase.as_ref().map(|phase| format!(" inside `{phase}`")).unwrap_or_default();
    let message = match (kind, run.exit) {
        (FailureKind::TimeLimit, _) => {
            format!("exceeded the time limit of {time_limit:?}{place}, and was stopped with all its processes")
        }
        (FailureKind::Panic, _) => format!("the compiler panicked{place}{}", said(panic_message(output))),
        (FailureKind::Killed, Some(Exit::Signal(signal))) => {
            let hint = if signal == 9 { "; signal 9 often means that the system ran out of memory" } else { "" };
            format!("the compiler was killed by signal {signal}{place}{hint}")
        }
        (FailureKind::Usage, _) => format!("forc refused its command line{}", said(first_error(output))),
        (_, Some(Exit::Code(code))) => format!("the build failed with exit code {code}{}", said(first_error(output))),
        _ => "the build failed".to_owned(),
    };
    Failure { kind, message, exit: run.exit, phase, output: end_of(output), run: Some(Box::new(run)) }
}

/// A failure without a run.
pub fn without_run(kind: FailureKind, message: String) -> Failure {
    Failure { kind, message, exit: None, phase: None, output: String::new(), run: None }
}

fn said(words: Option<impl std::fmt::Display>) -> String {
    words.map(|words| format!(": {words}")).unwrap_or_default()
}

/// The compiler's first error, in one line.
///
/// forc's command line prints `error: message` in one line. Its compiler prints `error`, the place after `-->`, some source,
/// and the message after the carets below it, in that line and the next ones.
fn first_error(output: &str) -> Option<String> {
    let mut lines = output.lines().map(str::trim).skip_while(|line| !line.starts_with("error"));
    let line = lines.next()?;
    if !line.trim_start_matches("error").trim_start_matches(':').trim().is_empty() {
        return Some(line.to_owned());
    }
    let block: Vec<&str> = lines.take_while(|line| *line != "____").filter(|line| !line.is_empty()).collect();
    let place = block.iter().find_map(|line| line.strip_prefix("-->")).map(str::trim);
    let what = block.iter().find_map(|line| {
        let (_, text) = line.split_once('^')?;
        let text = text.trim_start_matches('^').trim();
        (line.starts_with('|') && !text.is_empty()).then_some(text)
    });
    match (what, place) {
        (Some(what), Some(place)) => Some(format!("{} ({place})", what.trim_end_matches('.'))),
        _ => block.first().map(|line| (*line).to_owned()),
    }
}

/// The message of a Rust panic: the line after `panicked at`, or that line itself in older compilers.
fn panic_message(output: &str) -> Option<&str> {
    let mut lines = output.lines();
    let line = lines.find(|line| line.contains("panicked at"))?;
    lines.next().filter(|next| !next.trim().is_empty() && !next.starts_with("note:")).or(Some(line)).map(str::trim)
}

fn end_of(output: &str) -> String {
    let mut start = output.len().saturating_sub(OUTPUT_LIMIT);
    while !output.is_char_boundary(start) {
        start += 1;
    }
    output[start..].trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_is_found_in_every_format() {
        let first_error = |text| first_error(text).unwrap_or_default();
        assert_eq!(first_error("warning: x\nerror: unknown flag\nmore"), "error: unknown flag");
        assert_eq!(first_error("  error\n --> a.sw:1\n"), "--> a.sw:1");
        // As forc 0.72.1 prints it, without its colours.
        let real = "warning\n --> /p/src/main.sw:3:9\n  |\n3 |     let x: u64 = true;\n  |         - This is never used.\n____\n\n\
            error\n --> /p/src/main.sw:3:18\n  |\n1 | script;\n3 |     let x: u64 = true ^ y;\n  |                  ^^^^ Mismatched types.\n\
            expected: u64\nfound:    bool.\n4 | }\n  |\n____\n\n  Aborting due to 1 error.\nerror: Failed to compile p";
        assert_eq!(first_error(real), "Mismatched types (/p/src/main.sw:3:18)");
        assert_eq!(first_error("all is well"), "");
    }

    #[test]
    fn the_message_of_a_panic_is_found_for_old_and_new_compilers() {
        let new = "thread 'main' panicked at src/x.rs:1:1:\nindex out of bounds\nnote: run with";
        assert_eq!(panic_message(new), Some("index out of bounds"));
        let old = "thread 'main' panicked at 'no entry', src/x.rs:1:1\nnote: run with";
        assert_eq!(panic_message(old), Some("thread 'main' panicked at 'no entry', src/x.rs:1:1"));
    }

    #[test]
    fn the_output_is_cut_between_characters() {
        let long = "é".repeat(OUTPUT_LIMIT);
        assert!(end_of(&long).len() <= OUTPUT_LIMIT);
    }
}
