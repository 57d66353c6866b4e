//! Ends the programs that the harness has started if the harness itself is killed.
//!
//! The watchdog is a shell. It waits for the end of a pipe that only the harness holds open, and then signals the
//! groups listed in a file without a name, which the two share. The harness writes a group there after it has started
//! it, and removes it before it reaps the group's leader. The shell is not even woken by that: the only cost in
//! measured time is one `pwrite`. The system's own way, `PR_SET_PDEATHSIG`, ends one process and not a group, exists on
//! Linux only, and needs a slower `fork`.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rustix::process::{Pid, RawPid};

/// Waits for the end of stdin; then each line of the file on stdout is a signal and a group.
const SCRIPT: &str =
    r#"exec 3<&1 1>/dev/null; read -r line; while read -r signal group; do kill "-$signal" "-$group"; done <&3"#;

/// A group that the watchdog ends if this process is killed before this is dropped.
#[derive(Debug)]
pub struct Registration {
    group: Pid,
}

/// The shell and the list that it works through.
struct Watchdog {
    groups: BTreeMap<RawPid, &'static str>,
    list: File,
    /// The length of the file.
    length: usize,
    /// The shell waits for its end.
    _alive: ChildStdin,
}

/// The watchdog of this process; `None` if there is no shell or no temporary file. A killed harness then leaves its
/// programs behind.
fn watchdog() -> Option<MutexGuard<'static, Watchdog>> {
    static WATCHDOG: OnceLock<Option<Mutex<Watchdog>>> = OnceLock::new();
    let watchdog = WATCHDOG.get_or_init(|| {
        let list = tempfile::tempfile().ok()?;
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(list.try_clone().ok()?).stderr(Stdio::null());
        // A group of its own: a signal that ends the harness's group must not end the watchdog.
        let mut shell = command.process_group(0).current_dir("/").spawn().ok()?;
        let alive = shell.stdin.take()?;
        Some(Mutex::new(Watchdog { groups: BTreeMap::new(), list, length: 0, _alive: alive }))
    });
    watchdog.as_ref().map(|watchdog| watchdog.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Starts the watchdog, so that [`register`] has nothing to start.
pub fn start() {
    watchdog();
}

/// Has the group of `leader` ended by `signal`, a name as `kill` knows it, if the harness is killed.
pub fn register(leader: Pid, signal: &'static str) -> Registration {
    change(|groups| groups.insert(leader.as_raw_pid(), signal));
    Registration { group: leader }
}

impl Drop for Registration {
    fn drop(&mut self) {
        change(|groups| groups.remove(&self.group.as_raw_pid()));
    }
}

fn change(change: impl FnOnce(&mut BTreeMap<RawPid, &'static str>) -> Option<&'static str>) {
    let Some(mut watchdog) = watchdog() else { return };
    change(&mut watchdog.groups);
    let mut list: String = watchdog.groups.iter().map(|(group, signal)| format!("{signal} {group}\n")).collect();
    // Never shorter: no old text may remain behind the new one, and the file must change in one call.
    list.extend(std::iter::repeat_n('\n', watchdog.length.saturating_sub(list.len())));
    watchdog.length = list.len();
    // If this fails, a killed harness leaves its programs behind.
    let _ = watchdog.list.write_all_at(list.as_bytes(), 0);
}
