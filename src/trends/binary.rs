//! Whether the compiler can have caused a change.

use super::{Axis, Event};
use crate::history::{History, HistoryError, ReportId};
use crate::model::Toolchain;

/// Whether every report just before an event and at it was measured with the same binary and std: then the compiler did not
/// cause the change. `false` if a binary is not known, or a script is in its place.
pub(super) fn is_same(history: &History, axis: &Axis, event: &Event) -> Result<bool, HistoryError> {
    let reports = |position: usize| axis.commits.get(position).map_or(&[][..], |commit| &commit.reports);
    let before: &[ReportId] = event.earliest.checked_sub(1).map_or(&[], reports);
    let at = reports(event.position);
    if before.is_empty() {
        return Ok(false);
    }
    let mut first = None;
    for id in before.iter().chain(at) {
        let report = history.report_without_frames(*id)?.report;
        let Toolchain { sha256, is_script, .. } = report.toolchain;
        let this = (sha256, report.settings.std);
        if is_script || this.0.is_empty() || *first.get_or_insert_with(|| this.clone()) != this {
            return Ok(false);
        }
    }
    Ok(true)
}
