//! The values behind the figures: one a run, of each metric of the whole run and of each phase.

use std::collections::HashMap;

use crate::model::{Measured, Metric};
use crate::phase::OUTSIDE;

use super::attribution::{AttributionKey, AttributionRow, attributed, attributed_by_package};
use super::of_run;

/// The values of one metric of a benchmark, in the metric's unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    /// What was measured.
    pub metric: Metric,
    /// The phase, or [`OUTSIDE`]; absent for whole runs.
    pub phase: Option<String>,
    /// The package; absent for whole runs and for a phase over all packages.
    pub package: Option<String>,
    /// How many phases contain the phase; absent for whole runs.
    pub depth: Option<u32>,
    /// A value a run, in the order of the runs; of a phase, a value each run that has it.
    pub values: Vec<f64>,
}

/// All values of a benchmark's runs. As in their estimates, a metric is left out if any run (any that has the phase) lacks
/// it.
///
/// Instructions counted under callgrind are not included: that tool's counts differ a little from the processor's own.
pub fn values(measured: &Measured) -> Vec<Values> {
    let mut all = values_over_all(measured);
    // Rows without a package are already among those over all packages.
    let by_package: Vec<Vec<AttributionRow>> = measured.runs.iter().map(attributed_by_package).collect();
    of_rows(&by_package, &mut all, |key| key.package.is_some());
    all
}

/// Those of whole runs and of phases over all packages.
pub fn values_over_all(measured: &Measured) -> Vec<Values> {
    let runs = &measured.runs;
    if runs.is_empty() {
        return Vec::new();
    }
    let mut all: Vec<Values> = Metric::reported()
        .filter_map(|metric| {
            let values: Vec<f64> = runs.iter().map(|run| of_run(run, metric)).collect::<Option<_>>()?;
            Some(Values { metric, phase: None, package: None, depth: None, values })
        })
        .collect();
    let over_all: Vec<Vec<AttributionRow>> = runs.iter().map(attributed).collect();
    of_rows(&over_all, &mut all, |_| true);
    all
}

fn of_rows(rows: &[Vec<AttributionRow>], all: &mut Vec<Values>, wanted: impl Fn(&AttributionKey) -> bool) {
    let mut places: HashMap<(&Option<String>, &Option<String>), usize> = HashMap::new();
    let mut groups: Vec<(&AttributionKey, Vec<&AttributionRow>)> = Vec::new();
    for row in rows.iter().flatten().filter(|row| wanted(&row.key)) {
        let place = *places.entry((&row.key.phase, &row.key.package)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((key, found)) if **key == row.key => found.push(row),
            // A phase that appears at two depths is the outer one.
            Some(_) => {}
            None => groups.push((&row.key, vec![row])),
        }
    }
    for (key, found) in groups {
        for metric in Metric::of_phases() {
            if let Some(values) = found.iter().map(|row| row.cost.value(metric)).collect::<Option<Vec<f64>>>() {
                let phase = Some(key.phase.clone().unwrap_or_else(|| OUTSIDE.to_owned()));
                all.push(Values { metric, phase, package: key.package.clone(), depth: Some(key.depth), values });
            }
        }
    }
}
