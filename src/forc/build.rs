//! What building a forc means, be it a release or a revision: what is told while it goes on, and what can go wrong.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::os::cache::{self, CACHE_VARIABLE};

/// How long a build from nothing usually takes: 0.72.1 took 12 minutes on a 2-core machine that did nothing else.
pub const USUAL_DURATION: &str = "about 12 minutes on 2 cores";

/// What happens while a compiler is being built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildEvent {
    /// Another harness is building the same compiler, or another one from the same repository; this one waits for it.
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
        /// Where all that cargo says is written to.
        log: PathBuf,
        /// Whether there is the output of an earlier build, so that only what changed is compiled.
        incremental: bool,
    },
    /// One more crate is being compiled.
    Compiling {
        /// The crate.
        name: String,
        /// How many have been begun until now, this one too.
        count: usize,
        /// Time since the build began.
        elapsed: Duration,
    },
    /// The compiler is there.
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
    /// Something in the cache folder could not be made or moved.
    #[error("cannot build {compiler} into {}: {source}", path.display())]
    Io {
        /// The compiler.
        compiler: String,
        /// The file or folder at hand.
        path: PathBuf,
        /// What the system said.
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
        /// What is free there now, in bytes, if it is known.
        free: Option<u64>,
    },
    /// Cargo could not be started.
    #[error("cannot start cargo to build {compiler}: {source}; install Rust, or give a forc with --forc PATH")]
    NoCargo {
        /// The compiler.
        compiler: String,
        /// What the system said.
        source: io::Error,
    },
    /// A program that the build needs is not there.
    #[error(
        "building {compiler} needs `{tool}`, which is not on PATH ({reason}); install it, or give a forc with --forc PATH"
    )]
    MissingTool {
        /// The compiler.
        compiler: String,
        /// The program.
        tool: &'static str,
        /// What it is needed for.
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
    /// Cargo saw no error and made no forc.
    #[error("building {compiler} ended without an error and without a forc; the whole log is in {}", log.display())]
    NoBinary {
        /// The compiler.
        compiler: String,
        /// The whole log.
        log: PathBuf,
    },
    /// The sources hold no compiler.
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
    #[error("building {compiler} was interrupted; what was compiled is kept, and the next build goes on from there")]
    Interrupted {
        /// The compiler.
        compiler: String,
    },
}

impl BuildError {
    /// What is wrong where `path` could not be made, written or moved for `compiler`.
    pub fn io(compiler: &str, path: &Path, source: io::Error) -> Self {
        let compiler = compiler.to_owned();
        if source.kind() == io::ErrorKind::StorageFull {
            return Self::no_space(&compiler, path);
        }
        Self::Io { compiler, path: path.to_owned(), source }
    }

    /// The disk of `folder` is full.
    pub fn no_space(compiler: &str, folder: &Path) -> Self {
        // The path itself may never have come to be.
        let free = folder.ancestors().find_map(cache::free_space);
        Self::NoSpace { compiler: compiler.to_owned(), folder: folder.to_owned(), free }
    }

    /// What is wrong where the lock at `path` could not be had.
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
