//! Running cargo to build a forc: its environment, its log, its progress and its errors.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::build::{BuildError, BuildEvent};
use crate::os::Interrupt;
use crate::os::process::{self, ProcessError};
use crate::text::plain;

/// The linker of Rust's programs, and of the C in forc's dependencies.
pub const CC: (&str, &str) = ("cc", "its dependencies contain C");
/// What building OpenSSL from source needs.
pub const OPENSSL_TOOLS: [(&str, &str); 2] =
    [("make", "its OpenSSL is built from source"), ("perl", "its OpenSSL is built from source")];

/// How many lines of a failed build are shown.
const SHOWN_ERROR_LINES: usize = 12;

/// Looks for the programs that a build needs: better now than after minutes of compiling.
///
/// # Errors
/// If one is not on `PATH`.
pub fn require(
    compiler: &str,
    tools: impl IntoIterator<Item = (&'static str, &'static str)>,
) -> Result<(), BuildError> {
    match tools.into_iter().find(|(tool, _)| which::which(tool).is_err()) {
        Some((tool, reason)) => Err(BuildError::MissingTool { compiler: compiler.to_owned(), tool, reason }),
        None => Ok(()),
    }
}

/// Which Rust toolchain builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rust {
    /// The one of the harness's environment.
    Harness,
    /// The one that the sources request in their `rust-toolchain.toml`, if rustup is installed.
    Sources,
}

/// A cargo that is run in `folder` and builds into `target`.
pub fn command(rust: Rust, folder: &Path, target: &Path) -> Command {
    let mut command = Command::new(program(rust));
    process::remove_variables(&mut command, |name| {
        // Variables that cargo sets for a bench must not reach the build scripts of another package.
        let of_a_package = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
        of_a_package.iter().any(|prefix| name.starts_with(prefix))
            || ["OUT_DIR", "CARGO_BUILD_TARGET_DIR"].contains(&name)
    });
    if rust == Rust::Sources {
        // Set by rustup during a `cargo bench`, they would take precedence over the sources' own file.
        command.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
    }
    command
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_TERM_PROGRESS_WHEN", "never")
        .env("CARGO_TERM_QUIET", "false")
        .current_dir(folder)
        .stdin(Stdio::null());
    command
}

/// The cargo that `CARGO` names, else the one on `PATH`.
fn program(rust: Rust) -> OsString {
    let name = || OsString::from("cargo");
    let Some(cargo) = std::env::var_os("CARGO").filter(|cargo| !cargo.is_empty()) else { return name() };
    // Within `cargo bench` the variable names the cargo of the toolchain that runs the bench, bypassing rustup, so that the
    // sources' file would be ignored.
    let past_rustup = std::env::var_os("RUSTUP_TOOLCHAIN")
        .is_some_and(|toolchain| Path::new(&cargo).ends_with(PathBuf::from(toolchain).join("bin").join("cargo")));
    if rust == Rust::Sources && past_rustup && which::which("cargo").is_ok() { name() } else { cargo }
}

/// Runs cargo until the build ends, writes all its output to the file at `log`, and reports each crate. Returns what it
/// wrote to stdout.
///
/// # Errors
/// If cargo cannot be started, fails or is interrupted, or the log cannot be written.
pub fn run(
    command: &mut Command,
    compiler: &str,
    log: &Path,
    interrupt: &Interrupt,
    on_event: &mut dyn FnMut(BuildEvent),
) -> Result<Vec<u8>, BuildError> {
    let started = Instant::now();
    let mut file = File::create(log).map_err(|source| BuildError::io(compiler, log, source))?;
    let mut count = 0;
    let ended = process::run(command, interrupt, |line| {
        file.write_all(line)?;
        if let Some(name) = String::from_utf8_lossy(line).trim_start().strip_prefix("Compiling ") {
            count += 1;
            on_event(BuildEvent::Compiling { name: name.trim().to_owned(), count, elapsed: started.elapsed() });
        }
        Ok(())
    });
    match ended {
        Ok(ended) if ended.status.success() => Ok(ended.stdout),
        Ok(_) => {
            let text = fs::read(log).map(|log| plain(&log)).unwrap_or_default();
            if text.contains(process::NO_SPACE) {
                let target =
                    command.get_envs().find(|(name, _)| *name == "CARGO_TARGET_DIR").and_then(|(_, value)| value);
                return Err(BuildError::no_space(compiler, target.map_or(log, Path::new)));
            }
            Err(BuildError::Failed { compiler: compiler.to_owned(), error: first_error(&text), log: log.to_owned() })
        }
        Err(ProcessError::Spawn(source)) => Err(BuildError::NoCargo { compiler: compiler.to_owned(), source }),
        Err(ProcessError::Io(source)) => Err(BuildError::io(compiler, log, source)),
        Err(ProcessError::Interrupted) => Err(BuildError::Interrupted { compiler: compiler.to_owned() }),
    }
}

/// The version line of the Rust compiler that builds the sources in `folder`, such as `rustc 1.95.0 (…)`.
pub fn rustc_version(folder: &Path, interrupt: &Interrupt) -> Option<String> {
    let rustc = std::env::var_os("RUSTC").filter(|rustc| !rustc.is_empty()).unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command.arg("--version").current_dir(folder).stdin(Stdio::null()).env_remove("RUSTUP_TOOLCHAIN");
    let ended = process::run(&mut command, interrupt, |_| Ok(())).ok()?;
    let line = plain(&ended.stdout);
    ended.status.success().then(|| line.trim().to_owned()).filter(|line| !line.is_empty())
}

/// The first error of a cargo log with what follows it, or else the log's end.
fn first_error(log: &str) -> String {
    let lines: Vec<&str> = log.lines().filter(|line| !line.trim().is_empty()).collect();
    let first = lines
        .iter()
        .position(|line| line.starts_with("error"))
        .unwrap_or(lines.len().saturating_sub(SHOWN_ERROR_LINES));
    let last = lines.len().min(first + SHOWN_ERROR_LINES);
    lines[first..last].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_is_shown_and_not_the_compiling_lines() {
        let mut log = "   Compiling a v1\n".repeat(450);
        log.push_str(
            "error: failed to run custom build command for `x`\n\nCaused by:\n  no cc\nwarning: build failed\n",
        );
        let error = first_error(&log);
        assert!(error.starts_with("error: failed to run custom build command"));
        assert!(error.contains("no cc") && error.lines().count() <= SHOWN_ERROR_LINES);
    }

    #[test]
    fn a_log_without_an_error_line_shows_its_end() {
        assert_eq!(first_error("a\nb\n"), "a\nb");
        assert_eq!(first_error(""), "");
    }
}
