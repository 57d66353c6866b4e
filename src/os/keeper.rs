//! What ends the programs that the harness has started when the harness itself is killed and can end nothing any more.
//!
//! A shell waits for the end of a pipe that only the harness holds open, and then signals the groups that stand in a file
//! without a name, which the two share. The harness writes a group there when it has started it and takes it out before it
//! reaps its leader: then the shell is not even woken, and nothing of it is in any measured time but one `pwrite`. The
//! system's own way, `PR_SET_PDEATHSIG`, ends one process and not a group, is Linux's, and needs a slower `fork`.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// Waits for the end of stdin; then each line of the file on stdout is a signal and a group.
const SCRIPT: &str =
    r#"exec 3<&1 1>/dev/null; read -r line; while read -r signal group; do kill "-$signal" "-$group"; done <&3"#;

/// A group that is ended if this process is killed before it is dropped.
#[derive(Debug)]
pub struct Kept {
    group: libc::pid_t,
}

/// The shell and what it is to do.
struct Keeper {
    groups: BTreeMap<libc::pid_t, &'static str>,
    orders: File,
    /// How long the file is.
    length: usize,
    /// Its end is what the shell waits for.
    _alive: ChildStdin,
}

/// The keeper of this process; `None` where there is no shell or no temporary file, and kills leave programs behind.
fn keeper() -> Option<MutexGuard<'static, Keeper>> {
    static KEEPER: OnceLock<Option<Mutex<Keeper>>> = OnceLock::new();
    let keeper = KEEPER.get_or_init(|| {
        let orders = tempfile::tempfile().ok()?;
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(orders.try_clone().ok()?).stderr(Stdio::null());
        // What ends the harness's group is not to end this.
        let mut shell = command.process_group(0).current_dir("/").spawn().ok()?;
        let alive = shell.stdin.take()?;
        Some(Mutex::new(Keeper { groups: BTreeMap::new(), orders, length: 0, _alive: alive }))
    });
    keeper.as_ref().map(|keeper| keeper.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Gets ready, so that nothing has to be started when there is a group to keep.
pub fn prepare() {
    keeper();
}

/// Has this group ended by `signal`, a name as `kill` knows it, if the harness is killed.
pub fn keep(leader: u32, signal: &'static str) -> Kept {
    let group = leader.cast_signed();
    change(|groups| groups.insert(group, signal));
    Kept { group }
}

impl Drop for Kept {
    fn drop(&mut self) {
        change(|groups| groups.remove(&self.group));
    }
}

fn change(change: impl FnOnce(&mut BTreeMap<libc::pid_t, &'static str>) -> Option<&'static str>) {
    let Some(mut keeper) = keeper() else { return };
    change(&mut keeper.groups);
    let mut orders: String = keeper.groups.iter().map(|(group, signal)| format!("{signal} {group}\n")).collect();
    // Never shorter: the old text must not show behind the new one, and the file changes in one call.
    orders.extend(std::iter::repeat_n('\n', keeper.length.saturating_sub(orders.len())));
    keeper.length = orders.len();
    // Without it the groups outlive a kill, as they did before there was a keeper.
    let _ = keeper.orders.write_all_at(orders.as_bytes(), 0);
}
