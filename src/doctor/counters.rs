//! The processor's own counters.

use super::check as finding;
use crate::collector::CountersAvailable;
use crate::model::{Check, Severity};

/// Whether the processor can count instructions, and if not, why.
pub fn check(available: &CountersAvailable) -> Check {
    let topic = "hardware counters";
    let reason = available.reason.clone();
    if available.hardware {
        let meaning = reason.unwrap_or_else(|| "instructions can be counted in every run (`--counters`)".to_owned());
        return finding(topic, "available", Severity::Fine, meaning);
    }
    let meaning = reason.unwrap_or_else(|| "the kernel offers none".to_owned());
    finding(topic, "none", Severity::Note, meaning)
}
