//! Runs git so that neither the user's settings nor the variables of a hook change what it does.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Interrupt;
use crate::os::process::{self, ProcessError};
use crate::text::plain;

/// Why a git command failed.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// It could not be started.
    #[error("git cannot be started: {0}; install git, or add its folder to PATH")]
    Missing(#[source] io::Error),
    /// The working folder does not exist.
    #[error("there is no folder {}", .0.display())]
    NoFolder(PathBuf),
    /// The disk is full.
    #[error("git found no space left on the disk: {0}")]
    NoSpace(String),
    /// It ended with an error; this is its message.
    #[error("{0}")]
    Refused(String),
    /// Its output could not be read.
    #[error("the output of git cannot be read: {0}")]
    Io(#[source] io::Error),
    /// The user stopped it.
    #[error("interrupted")]
    Interrupted,
}

/// Settings that override the user's. Our commands must not run hooks, sign, start services that outlive them, or leave
/// files next to an index. A folder that the user names is trusted, whoever owns it: its compiler is going to be run.
const SETTINGS: [&str; 19] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.splitIndex=false",
    "core.safecrlf=false",
    "add.ignoreErrors=false",
    "commit.gpgSign=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.version=2",
    // A URL may come from a file: `ext::` would run a command, and `fd::` would read an open file.
    "protocol.allow=never",
    "protocol.file.allow=always",
    "protocol.git.allow=always",
    "protocol.http.allow=always",
    "protocol.https.allow=always",
    "protocol.ssh.allow=always",
    "safe.directory=*",
    "safe.bareRepository=all",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
];

/// Variables that set how git reaches a server, and which settings it reads. All its other variables are removed.
const KEPT_VARIABLES: [&str; 12] = [
    "GIT_SSH",
    "GIT_ASKPASS",
    "GIT_PROXY",
    "GIT_SSL_",
    "GIT_HTTP_",
    "GIT_CURL_",
    "GIT_TRACE",
    "GIT_EXEC_PATH",
    "GIT_ALLOW_PROTOCOL",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
];

/// The command that serves a repository to a fetch. The git that serves a local repository does not get the settings of the
/// git that fetches. Without these, it would refuse a folder of another user, or a commit that no branch names.
pub const UPLOAD_PACK: &str = "git -c 'safe.directory=*' -c uploadpack.allowAnySHA1InWant=true upload-pack";

/// A repository in which git is run.
#[derive(Clone, Debug)]
pub struct Repository<'a> {
    folder: PathBuf,
    /// Where its history is. With `None`, git looks for it, also in the folders above.
    git_dir: Option<PathBuf>,
    interrupt: &'a Interrupt,
}

impl<'a> Repository<'a> {
    /// The repository in `folder`, or else the nearest one above it.
    pub fn around(folder: &Path, interrupt: &'a Interrupt) -> Self {
        Self { folder: folder.to_owned(), git_dir: None, interrupt }
    }

    /// The repository with the work tree `folder` and its history in `git_dir`, and no other: if it is broken, git must
    /// not use a repository around it.
    pub fn at(folder: &Path, git_dir: &Path, interrupt: &'a Interrupt) -> Self {
        Self { folder: folder.to_owned(), git_dir: Some(git_dir.to_owned()), interrupt }
    }

    /// Our own repository in `folder`: see [`Repository::at`].
    pub fn own(folder: &Path, interrupt: &'a Interrupt) -> Self {
        Self::at(folder, &folder.join(".git"), interrupt)
    }

    /// Makes a repository of our own in `folder`, which must exist and be empty.
    ///
    /// # Errors
    /// If git cannot be started, fails or is interrupted.
    pub fn init(folder: &Path, object_format: &str, interrupt: &'a Interrupt) -> Result<Self, GitError> {
        let format = format!("--object-format={object_format}");
        // `git init` does not look for another repository.
        Self::around(folder, interrupt).git(["init", "--quiet", "--template=", "--initial-branch=none", &format])?;
        Ok(Self::own(folder, interrupt))
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A git command without its arguments.
    pub fn command(&self) -> Command {
        let mut command = Command::new("git");
        process::remove_variables(&mut command, |name| {
            // Build services pass credentials as numbered settings (`GIT_CONFIG_COUNT`).
            let settings = ["GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"];
            name.starts_with("GIT_") && !KEPT_VARIABLES.iter().chain(&settings).any(|kept| name.starts_with(kept))
        });
        if let Some(git_dir) = &self.git_dir {
            command.arg("--git-dir").arg(git_dir);
        }
        command
            .args(SETTINGS.iter().flat_map(|setting| ["-c", setting]))
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .env("LC_ALL", "C")
            // No replacement objects: an id means the object with that hash.
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_OPTIONAL_LOCKS", "0")
            // No questions, and no endless wait for a connection that is dead.
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_HTTP_LOW_SPEED_LIMIT", "1000")
            .env("GIT_HTTP_LOW_SPEED_TIME", "30");
        command
    }

    /// Runs a git command to its end and returns its stdout.
    ///
    /// # Errors
    /// If it cannot be started, fails or is interrupted.
    pub fn run(&self, command: &mut Command) -> Result<Vec<u8>, GitError> {
        let mut output = Vec::new();
        let ended = process::run(command, self.interrupt, |line| {
            output.extend_from_slice(line);
            Ok(())
        });
        match ended {
            Ok(ended) if ended.status.success() => Ok(ended.stdout),
            Ok(_) => {
                let output = plain(&output);
                let line = error_line(&output);
                Err(if output.contains(process::NO_SPACE) { GitError::NoSpace(line) } else { GitError::Refused(line) })
            }
            // The system reports the same error for a missing program and for a missing folder.
            Err(ProcessError::Spawn(_)) if !self.folder.is_dir() => Err(GitError::NoFolder(self.folder.clone())),
            Err(ProcessError::Spawn(source)) => Err(GitError::Missing(source)),
            Err(ProcessError::Io(source)) => Err(GitError::Io(source)),
            Err(ProcessError::Interrupted) => Err(GitError::Interrupted),
        }
    }

    /// Runs git with these arguments and returns its stdout.
    ///
    /// # Errors
    /// If it cannot be started, fails or is interrupted.
    pub fn git<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Result<Vec<u8>, GitError> {
        self.run(self.command().args(args))
    }
}

/// A URL without its credentials, for reports and messages.
pub fn without_credentials(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        None => url.to_owned(),
    }
}

/// When a server refuses, its reason is on the line before this one.
const REMOTE_REFUSAL: &str = "fatal: Could not read from remote repository.";

/// The line with the error: the first one that git marks as such, else the last one.
fn error_line(output: &str) -> String {
    let lines: Vec<&str> = output.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let marked = lines.iter().position(|line| line.starts_with("fatal:") || line.starts_with("error:"));
    match marked {
        Some(at) if at > 0 && lines[at] == REMOTE_REFUSAL => format!("{} {}", lines[at], lines[at - 1]),
        Some(at) => lines[at].to_owned(),
        None => lines.last().copied().unwrap_or("git said nothing").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_reported_and_not_the_advice_after_it() {
        let output = "warning: x\nfatal: detected dubious ownership\nTo add an exception, call:\n\n\tgit config\n";
        assert_eq!(error_line(output), "fatal: detected dubious ownership");
        let output = format!("git@example.org: Permission denied (publickey).\n{REMOTE_REFUSAL}\n\nPlease make sure\n");
        assert!(error_line(&output).ends_with("repository. git@example.org: Permission denied (publickey)."));
        assert_eq!(error_line("a\n\nb\n\n"), "b");
        assert_eq!(error_line(""), "git said nothing");
    }
}
