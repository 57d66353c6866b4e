//! What the whole machine does while one run is on.

use std::path::Path;
use std::time::{Duration, Instant};

use super::stat::Times;
use super::tree::Tree;
use crate::model::Surroundings;
use crate::os::clock;

/// The machine just before a run. Reading it takes some tenths of a millisecond at most, before the run and after it.
pub struct Watch {
    tree: Tree,
    began: Instant,
    times: Option<Times>,
    suspended: Duration,
}

impl Watch {
    /// Reads what there is before the run.
    pub fn start() -> Self {
        let tree = Tree::new(Path::new("/"));
        let times = Times::read(&tree);
        Self { tree, times, suspended: clock::suspended(), began: Instant::now() }
    }

    /// What the machine did since; `None` where it does not tell.
    pub fn end(self) -> Option<Surroundings> {
        let elapsed = self.began.elapsed();
        let did = Times::read(&self.tree)?.since(self.times?);
        let suspended = clock::suspended().saturating_sub(self.suspended);
        Some(Surroundings { elapsed, busy: did.busy, stolen: did.stolen, suspended })
    }
}
