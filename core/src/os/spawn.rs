//! What a new process does between `fork` and `exec`.

use std::os::unix::process::CommandExt;
use std::process::Command;

/// Makes the process the leader of a session of its own, and so of a group, without a terminal.
pub fn leave_terminal(command: &mut Command) {
    // SAFETY: between fork and exec only the system call `setsid` is made, which is safe there.
    unsafe { command.pre_exec(|| Ok(rustix::process::setsid().map(drop)?)) };
}
