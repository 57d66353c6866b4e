//! What changed since an earlier report, by the same judge as every comparison.

use std::collections::BTreeMap;

use serde::Serialize;

use super::reports::{by_id, is_edited};
use super::{ReportsError, of_reports};
use crate::model::{BenchmarkFindings, Figure, Findings, Measured, Report, Total, Verdict};

/// The differences shown between an older report and a newer one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changes {
    /// When the older report was measured.
    pub since: String,
    /// The older report's compiler.
    pub old_version: String,
    /// Whether both were measured with the same binary. If so, the compiler is not what changed.
    pub same_binary: bool,
    /// How many benchmarks were edited since then, and so are not compared.
    pub edited: usize,
    /// What changed of all benchmarks together.
    pub together: Vec<Total>,
    /// The deciding figures that changed, the worst and largest first. Sizes are exact: any change of theirs is among them.
    pub changes: Vec<Change>,
    /// How many benchmarks can be compared: in a time, memory or instructions, or in a size.
    pub compared: usize,
    /// How many figures were judged.
    pub figures: usize,
    /// How many of these are undecided.
    pub undecided: usize,
    /// How many of the undecided have too few runs for an interval.
    pub unknown: usize,
}

/// One figure of one benchmark that was shown to have changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The benchmark.
    pub id: String,
    /// What changed.
    pub figure: Figure,
}

/// What changed from `old` to `new`, as `forc-perf diff` finds it by default. The reports were measured at different times,
/// so the machine can also cause a change.
///
/// # Errors
/// If the reports cannot be compared: they are of different machines, or have no benchmark in common.
pub fn changes(old: &Report, new: &Report) -> Result<Changes, ReportsError> {
    let names = [old, new].map(|report| report.created.clone());
    let comparison = of_reports([old.clone(), new.clone()], names, &BTreeMap::new(), false)?;
    let answers = || comparison.answers().flat_map(|findings| &findings.benchmarks);
    let compared: Vec<&BenchmarkFindings> = answers().filter(|one| one.pairs > 0).collect();
    if compared.is_empty() {
        let [old, new] = [old, new].map(|report| report.created.clone());
        return Err(ReportsError::NothingInCommon(old, new));
    }
    // A failed benchmark has no verdict, so no changes.
    let judged = || compared.iter().filter(|one| one.failed.is_none());
    let deciding = || judged().flat_map(|one| one.deciding().map(|figure| (one.id.as_str(), figure)));
    let mut changes: Vec<Change> = deciding()
        .filter(|(_, figure)| figure.verdict.differs())
        .map(|(id, figure)| Change { id: id.to_owned(), figure: figure.clone() })
        .collect();
    let size = |change: &Change| change.figure.ratio.ln().abs();
    let is_better = |change: &Change| change.figure.ratio < 1.0;
    changes.sort_by(|a, b| is_better(a).cmp(&is_better(b)).then(size(b).total_cmp(&size(a))));
    let undecided = || deciding().filter(|(_, figure)| figure.verdict == Verdict::Undecided);
    let together = comparison.answers().flat_map(Findings::together).filter(|total| total.verdict.differs());
    let of_new = by_id(new);
    let edited = |old: &&Measured| of_new.get(old.id.as_str()).is_some_and(|new| is_edited(old, new));
    Ok(Changes {
        edited: old.benchmarks.iter().filter(edited).count(),
        since: old.created.clone(),
        old_version: old.toolchain.version.clone(),
        same_binary: !old.toolchain.sha256.is_empty() && old.toolchain.sha256 == new.toolchain.sha256,
        together: together.cloned().collect(),
        changes,
        compared: judged().filter(|one| one.deciding().next().is_some()).count(),
        figures: deciding().count(),
        undecided: undecided().count(),
        unknown: undecided().filter(|(_, figure)| !figure.has_interval()).count(),
    })
}
