//! All benchmarks of a side together, metric by metric and phase by phase.

use super::change::verdict_on_total;
use super::phrase::Phrase;
use crate::model::{Findings, Metric, Total, Verdict};
use crate::phase::WHOLE_RUN;
use crate::text::change::{confidence, interval_of};
use crate::verdict::rank;

/// One metric of all benchmarks together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Together<'a> {
    pub(crate) total: &'a Total,
    /// What it is of: `whole run`, or the phase.
    pub(crate) of: &'a str,
    /// The change with its interval: `+3.2 % [+2.7, +3.7] (99 %)`.
    pub(crate) change: String,
}

/// All of them in order, those of whole runs before those of phases.
pub(crate) fn together(findings: &Findings) -> Vec<Together<'_>> {
    let mut totals: Vec<&Total> = findings.totals.iter().filter(|total| total.is_reported()).collect();
    totals.sort_by_key(|total| total.phase.is_some());
    let line = |total| Together { total, of: phase_of(total), change: change(total) };
    totals.into_iter().map(line).collect()
}

fn phase_of(total: &Total) -> &str {
    total.phase.as_deref().unwrap_or(WHOLE_RUN)
}

fn change(total: &Total) -> String {
    let so_far = if total.verdict == Verdict::Undecided { " so far" } else { "" };
    match total.low.zip(total.high) {
        Some(ends) => {
            format!("{} ({}{so_far})", interval_of(total.ratio, Some(ends), false), confidence(total.confidence))
        }
        None => format!("{} (no interval)", interval_of(total.ratio, None, false)),
    }
}

/// The phase that changed most over all benchmarks, where the suite as a whole changed: `compile ast to ir of all together:
/// wall −4.1 % [−5.0, −3.2] (99 %) improved`.
pub(super) fn phase_of_all(findings: &Findings) -> Option<Phrase> {
    let worst =
        findings.together().filter(|total| total.verdict.is_change()).min_by_key(|total| rank(total.verdict))?;
    let of_phases = findings.totals.iter().filter(|total| total.is_reported() && total.verdict == worst.verdict);
    let size = |total: &Total| total.ratio.ln().abs();
    let most = of_phases
        .filter(|total| total.phase.is_some() && total.metric == Metric::Wall)
        .max_by(|a, b| size(a).total_cmp(&size(b)))?;
    Some(Phrase::default().name(phase_of(most)).text(" of all together: ").strong(verdict_on_total(most)))
}
