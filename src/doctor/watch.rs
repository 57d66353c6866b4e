//! What the whole machine does during a run.

use std::path::Path;
use std::time::{Duration, Instant};

use super::stat::Times;
use super::tree::Tree;
use crate::model::Surroundings;
use crate::os::clock;

/// The state of the machine just before a run. Reading it takes at most some tenths of a millisecond, before and after
/// the run.
pub struct Watch {
    tree: Tree,
    began: Instant,
    times: Option<Times>,
    suspended: Duration,
}

impl Watch {
    /// Reads the state before the run.
    pub fn start() -> Self {
        let tree = Tree::new(Path::new("/"));
        let times = Times::read(&tree);
        Self { tree, times, suspended: clock::suspended(), began: Instant::now() }
    }

    /// What the machine has done since then; `None` if the kernel does not report it.
    pub fn end(self) -> Option<Surroundings> {
        let elapsed = self.began.elapsed();
        let did = Times::read(&self.tree)?.since(self.times?);
        let suspended = clock::suspended().saturating_sub(self.suspended);
        Some(Surroundings { elapsed, busy: did.busy, stolen: did.stolen, suspended })
    }
}
