//! Sending signals, and how this process handles them.

use rustix::process::{Pid, Signal, kill_process_group};

/// Asks all processes of a group to end. The group's leader must be a child that has not been waited for: afterwards
/// its id may belong to another process.
pub fn terminate_group(leader: Pid) {
    send(leader, Signal::TERM);
}

/// Ends all processes of a group; see [`terminate_group`].
pub fn kill_group(leader: Pid) {
    send(leader, Signal::KILL);
}

fn send(leader: Pid, signal: Signal) {
    // It fails only if no process of the group is left.
    let _ = kill_process_group(leader, signal);
}

/// Whether this process was started with the signal ignored.
pub fn is_ignored(signal: libc::c_int) -> bool {
    // SAFETY: sigaction is plain data, for which all zeros is a valid value.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: nothing is set, and `action` is a valid place for the result.
    let known = unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut action) } == 0;
    known && action.sa_sigaction == libc::SIG_IGN
}
