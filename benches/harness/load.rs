//! A load of the bench's own: processes that spin.

use std::process::{Child, Command, Stdio};
use std::thread;

use crate::figures::Error;

/// The argument that makes this program such a process; the id of the one that started it follows.
pub const SPIN: &str = "spin";

/// How many processes spin for each processor of the machine.
const PER_PROCESSOR: usize = 2;

/// Processes that spin until this is dropped.
pub struct Load(Vec<Child>);

impl Load {
    /// Starts them. They may run where the calling thread may.
    pub fn start() -> Result<Self, Error> {
        let program = std::env::current_exe()?;
        let count = PER_PROCESSOR * thread::available_parallelism()?.get();
        let mut load = Self(Vec::with_capacity(count));
        for _ in 0..count {
            let mut command = Command::new(&program);
            command.args([SPIN, &std::process::id().to_string()]).stdin(Stdio::null()).stdout(Stdio::null());
            load.0.push(command.spawn()?);
        }
        Ok(load)
    }

    /// How many spin.
    pub fn processes(&self) -> usize {
        self.0.len()
    }

    /// Whether all of them are there still.
    pub fn assert_on(&mut self) -> Result<(), Error> {
        for child in &mut self.0 {
            if let Some(status) = child.try_wait()? {
                return Err(format!(
                    "a process of the load has ended ({status}): the machine is not as loaded as said"
                )
                .into());
            }
        }
        Ok(())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // One that has ended by itself cannot be killed, and need not be.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Spins for as long as the process `parent` is this one's parent: also a bench that was killed leaves nothing behind.
pub fn spin(parent: &str) {
    while std::os::unix::process::parent_id().to_string() == parent {
        for number in 0..1_000_000_u32 {
            std::hint::black_box(number);
        }
    }
}
