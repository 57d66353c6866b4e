use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The instructions of one build, counted by running it on callgrind's simulated processor: slow, and steady to a few
/// hundredths of a per cent, independent of the machine's load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct InstructionCount {
    /// The tool that counted, with its version, such as `callgrind-3.19.0`. Counts of different versions may differ a
    /// little.
    pub tool: String,
    /// Instructions executed in user mode by all threads of the compiler, from its start to its exit. Its children are not
    /// included.
    pub total: u64,
    /// The phases whose functions were found in the compiler, in the order in which it announced them first.
    pub phases: Vec<PhaseInstructions>,
    /// Wall time of the build under callgrind, which is not a measure of the compiler.
    pub took: Duration,
}

impl InstructionCount {
    /// The instructions of a phase, by the compiler's description of it; absent if unknown.
    pub fn phase(&self, name: &str) -> Option<u64> {
        self.phases.iter().find(|phase| phase.phase == name).map(|phase| phase.instructions)
    }

    /// The instructions outside all known phases. With those at depth 0 they sum to the total.
    pub fn outside(&self) -> u64 {
        let inside = self.phases.iter().filter(|phase| phase.depth == 0).map(|phase| phase.instructions).sum();
        self.total.saturating_sub(inside)
    }
}

/// The instructions of one phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PhaseInstructions {
    /// The compiler's own description of the phase.
    pub phase: String,
    /// How many phases contain it; 0 for a top-level phase.
    pub depth: u32,
    /// Instructions executed in it over all packages and passes, with those of the phases that it contains.
    pub instructions: u64,
}
