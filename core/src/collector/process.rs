//! Waiting for a process and ending it.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::model::{Accounting, Exit};
use crate::os::watchdog::{self, Registration};
use crate::os::{signal, usage};

/// A running process and its group, shared by the threads of a run.
#[derive(Debug)]
pub struct Control {
    pid: Pid,
    exited: AtomicBool,
    /// Whether the process has been waited for: its id may then belong to another process. Held while a signal is sent.
    reaped: Mutex<bool>,
}

impl Control {
    /// Control of a child that leads a process group.
    pub fn new(child: &Child) -> Self {
        Self { pid: Pid::from_child(child), exited: AtomicBool::new(false), reaped: Mutex::new(false) }
    }

    /// Has the group ended if the harness is killed. To be dropped before the process is reaped: afterwards the id may
    /// belong to another process.
    pub fn register(&self) -> Registration {
        watchdog::register(self.pid, "KILL")
    }

    /// Whether the process has exited.
    pub fn exited(&self) -> bool {
        self.exited.load(Ordering::Acquire)
    }

    /// Ends the whole process group, unless the process has been waited for.
    pub fn kill(&self) {
        let reaped = self.reaped.lock().unwrap_or_else(PoisonError::into_inner);
        if !*reaped {
            signal::kill_group(self.pid);
        }
    }

    /// Blocks until the process has exited, without reaping it: its group can still be signalled.
    ///
    /// # Errors
    /// If the process is no child of this one.
    pub fn wait_for_exit(&self) -> io::Result<()> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let waited = rustix::io::retry_on_intr(|| waitid(WaitId::Pid(self.pid), options));
        self.exited.store(true, Ordering::Release);
        waited.map(drop).map_err(io::Error::from)
    }

    /// Reaps the exited process and returns how it ended, with the kernel's account of it.
    ///
    /// # Errors
    /// If the process is no child of this one.
    pub fn reap(&self) -> io::Result<(Exit, Accounting)> {
        let mut reaped = self.reaped.lock().unwrap_or_else(PoisonError::into_inner);
        let (status, accounting) = usage::reap(self.pid)?;
        *reaped = true;
        let exit = match (status.code(), status.signal()) {
            (Some(code), _) => Exit::Code(code),
            (None, signal) => Exit::Signal(signal.unwrap_or(0)),
        };
        Ok((exit, accounting))
    }
}
