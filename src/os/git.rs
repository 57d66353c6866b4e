//! Running git, so that neither the user's settings nor the variables of a hook change what it does.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Interrupt;
use crate::os::process::{self, ProcessError};
use crate::text::plain;

/// Why git did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// It could not be started.
    #[error("git cannot be started: {0}; install git, or add its folder to PATH")]
    Missing(#[source] io::Error),
    /// The folder that it was to be run in is not there.
    #[error("there is no folder {}", .0.display())]
    NoFolder(PathBuf),
    /// The disk is full.
    #[error("git found no space left on the disk: {0}")]
    NoSpace(String),
    /// It ended with an error; these are its last words.
    #[error("{0}")]
    Refused(String),
    /// It could not be listened to.
    #[error("git cannot be listened to: {0}")]
    Io(#[source] io::Error),
    /// The user stopped it.
    #[error("interrupted")]
    Interrupted,
}

/// Settings in place of the user's own. Nothing of ours may run hooks, sign, start services that outlive it, or leave
/// files beside an index. A folder that the user names is trusted whoever owns it: its compiler is going to be run.
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
    // A URL comes from a file: `ext::` and `fd::` would run what it says or read what is open.
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

/// Variables that say how git reaches a server, and whose settings it takes; all others of its own are removed.
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

/// What serves a repository to a fetch. A local one is served by a git that has none of the settings of the one that
/// fetches, and would refuse a folder of somebody else, or a commit that no branch names.
pub const UPLOAD_PACK: &str = "git -c 'safe.directory=*' -c uploadpack.allowAnySHA1InWant=true upload-pack";

/// A repository that git is run in.
#[derive(Clone, Debug)]
pub struct Repository<'a> {
    folder: PathBuf,
    /// Where its history is; `None` leaves it to git to look for it, in the folders above as well.
    git_dir: Option<PathBuf>,
    interrupt: &'a Interrupt,
}

impl<'a> Repository<'a> {
    /// Whatever repository there is in `folder` or around it.
    pub fn around(folder: &Path, interrupt: &'a Interrupt) -> Self {
        Self { folder: folder.to_owned(), git_dir: None, interrupt }
    }

    /// The repository whose work tree is `folder` and whose history is in `git_dir`, and no other: where that is broken, git
    /// must not go on in whatever repository may lie around it.
    pub fn at(folder: &Path, git_dir: &Path, interrupt: &'a Interrupt) -> Self {
        Self { folder: folder.to_owned(), git_dir: Some(git_dir.to_owned()), interrupt }
    }

    /// Our own repository in `folder`: see [`Repository::at`].
    pub fn own(folder: &Path, interrupt: &'a Interrupt) -> Self {
        Self::at(folder, &folder.join(".git"), interrupt)
    }

    /// Makes a repository of our own in `folder`, which is there and empty.
    ///
    /// # Errors
    /// If git cannot be started, fails or is interrupted.
    pub fn init(folder: &Path, object_format: &str, interrupt: &'a Interrupt) -> Result<Self, GitError> {
        let format = format!("--object-format={object_format}");
        // This looks for no other repository by itself.
        Self::around(folder, interrupt).git(["init", "--quiet", "--template=", "--initial-branch=none", &format])?;
        Ok(Self::own(folder, interrupt))
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A git command to be given its arguments.
    pub fn command(&self) -> Command {
        let mut command = Command::new("git");
        process::remove_variables(&mut command, |name| {
            // Settings by number (`GIT_CONFIG_COUNT`) are a build service's way to hand over credentials.
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
            // An id is to mean what it says.
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_OPTIONAL_LOCKS", "0")
            // No questions, and no waiting for ever on a dead line.
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_HTTP_LOW_SPEED_LIMIT", "1000")
            .env("GIT_HTTP_LOW_SPEED_TIME", "30");
        command
    }

    /// Runs a git command to its end; what it wrote on stdout.
    ///
    /// # Errors
    /// If it cannot be started, fails or is interrupted.
    pub fn run(&self, command: &mut Command) -> Result<Vec<u8>, GitError> {
        let mut words = Vec::new();
        let ended = process::run(command, self.interrupt, |line| {
            words.extend_from_slice(line);
            Ok(())
        });
        match ended {
            Ok(ended) if ended.status.success() => Ok(ended.stdout),
            Ok(_) => {
                let words = plain(&words);
                let last = last_words(&words);
                Err(if words.contains(process::NO_SPACE) { GitError::NoSpace(last) } else { GitError::Refused(last) })
            }
            // The system says the same of a program and of a folder that is not there.
            Err(ProcessError::Spawn(_)) if !self.folder.is_dir() => Err(GitError::NoFolder(self.folder.clone())),
            Err(ProcessError::Spawn(source)) => Err(GitError::Missing(source)),
            Err(ProcessError::Io(source)) => Err(GitError::Io(source)),
            Err(ProcessError::Interrupted) => Err(GitError::Interrupted),
        }
    }

    /// Runs git with these arguments; what it wrote on stdout.
    ///
    /// # Errors
    /// If it cannot be started, fails or is interrupted.
    pub fn git<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Result<Vec<u8>, GitError> {
        self.run(self.command().args(args))
    }
}

/// A URL as reports and messages may hold it: who may read there has no place in them.
pub(crate) fn without_credentials(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        None => url.to_owned(),
    }
}

/// What of a server that refuses stands on a line of its own, before this one.
const REMOTE_REFUSAL: &str = "fatal: Could not read from remote repository.";

/// The line that says what is wrong: the first that git marks as such, else the last one.
fn last_words(words: &str) -> String {
    let lines: Vec<&str> = words.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
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
    fn what_is_wrong_is_told_and_not_the_advice_after_it() {
        let words = "warning: x\nfatal: detected dubious ownership\nTo add an exception, call:\n\n\tgit config\n";
        assert_eq!(last_words(words), "fatal: detected dubious ownership");
        let words = format!("git@example.org: Permission denied (publickey).\n{REMOTE_REFUSAL}\n\nPlease make sure\n");
        assert!(last_words(&words).ends_with("repository. git@example.org: Permission denied (publickey)."));
        assert_eq!(last_words("a\n\nb\n\n"), "b");
        assert_eq!(last_words(""), "git said nothing");
    }
}
