//! Building a forc, a release or a revision: progress events and errors.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::os::cache::{self, CACHE_VARIABLE};

/// How long a build from scratch usually takes: 0.72.1 took 12 minutes on an otherwise idle 2-core machine.
pub const USUAL_DURATION: &str = "about 12 minutes on 2 cores";

/// What happens while a compiler is being built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildEvent {
    /// Another harness is building the same compiler, or another one from the same repository; this one waits.
    Waiting {
        /// The compiler, such as `forc 0.72.1` or `forc at my-branch (0123456789)`.
        compiler: String,
    },
    /// Commits are being fetched.
    Fetching {
        /// The repository: a folder or a URL.
        repository: String,
    },
    /// The build begins.
    Started {
        /// The compiler.
        compiler: String,
        /// The log with all output of cargo.
        log: PathBuf,
        /// Whether the output of an earlier build exists, so that only what changed is compiled.
        incremental: bool,
    },
    /// One more crate is being compiled.
    Compiling {
        /// The crate.
        name: String,
        /// How many have been started so far, including this one.
        count: usize,
        /// Time since the build began.
        elapsed: Duration,
    },
    /// The compiler is built.
    Finished {
        /// The compiler.
        compiler: String,
        /// How long it took.
        elapsed: Duration,
    },
}

/// Why a compiler could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// There is no cache folder.
    #[error(transparent)]
    NoCache(#[from] cache::NoCache),
    /// A file or folder in the cache could not be created or moved.
    #[error("cannot build {compiler} into {}: {source}", path.display())]
    Io {
        /// The compiler.
        compiler: String,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The disk is full.
    #[error(
        "building {compiler} filled the disk of {}{}; make room there (`forc-perf toolchain remove --builds` frees what \
         builds have left), or set {CACHE_VARIABLE} to a folder on another disk",
        folder.display(), free_words(*.free)
    )]
    NoSpace {
        /// The compiler.
        compiler: String,
        /// The folder that was written to.
        folder: PathBuf,
        /// The free space there now, in bytes, if it is known.
        free: Option<u64>,
    },
    /// Cargo could not be started.
    #[error("cannot start cargo to build {compiler}: {source}; install Rust, or give a forc with --forc PATH")]
    NoCargo {
        /// The compiler.
        compiler: String,
        /// The system's error.
        source: io::Error,
    },
    /// A program that the build needs is missing.
    #[error(
        "building {compiler} needs `{tool}`, which is not on PATH ({reason}); install it, or give a forc with --forc PATH"
    )]
    MissingTool {
        /// The compiler.
        compiler: String,
        /// The program.
        tool: &'static str,
        /// Why it is needed.
        reason: &'static str,
    },
    /// Cargo ended with an error.
    #[error("building {compiler} failed:\n{error}\nthe whole log is in {}", log.display())]
    Failed {
        /// The compiler.
        compiler: String,
        /// The first error of the log.
        error: String,
        /// The whole log.
        log: PathBuf,
    },
    /// Cargo reported no error but built no forc.
    #[error("building {compiler} ended without an error and without a forc; the whole log is in {}", log.display())]
    NoBinary {
        /// The compiler.
        compiler: String,
        /// The whole log.
        log: PathBuf,
    },
    /// The sources contain no compiler.
    #[error(
        "{compiler} cannot be built: {repository} has no cargo package `forc` there; --sway takes a checkout of the Sway compiler"
    )]
    NoPackage {
        /// The compiler.
        compiler: String,
        /// The repository.
        repository: String,
    },
    /// The user stopped it.
    #[error("building {compiler} was interrupted; what was compiled is kept, and the next build resumes from there")]
    Interrupted {
        /// The compiler.
        compiler: String,
    },
}

impl BuildError {
    /// The error if `path` could not be created, written or moved for `compiler`.
    pub fn io(compiler: &str, path: &Path, source: io::Error) -> Self {
        let compiler = compiler.to_owned();
        if source.kind() == io::ErrorKind::StorageFull {
            return Self::no_space(&compiler, path);
        }
        Self::Io { compiler, path: path.to_owned(), source }
    }

    /// The disk of `folder` is full.
    pub fn no_space(compiler: &str, folder: &Path) -> Self {
        // The path itself may not exist.
        let free = folder.ancestors().find_map(cache::free_space);
        Self::NoSpace { compiler: compiler.to_owned(), folder: folder.to_owned(), free }
    }

    /// The error if the lock at `path` could not be taken.
    pub fn lock(compiler: &str, path: &Path, error: cache::LockError) -> Self {
        match error {
            cache::LockError::Io(source) => Self::io(compiler, path, source),
            cache::LockError::Interrupted => Self::Interrupted { compiler: compiler.to_owned() },
        }
    }
}

fn free_words(free: Option<u64>) -> String {
    free.map(|free| format!(" ({} MiB are free there now)", free >> 20)).unwrap_or_default()
}
