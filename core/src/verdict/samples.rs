//! The raw paired values behind a comparison's figures.

use crate::figures::{self, AttributionRow, Cost};
use crate::model::{Benchmark, Comparison, Figure, Findings, Metric};
use crate::phase::OUTSIDE;

/// The values of one metric of one benchmark, of whole runs or of one phase.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampled {
    pub metric: Metric,
    /// The phase; absent for whole runs.
    pub phase: Option<String>,
    /// The base's value and the other side's, a block an element, in the metric's unit.
    pub pairs: Vec<(Option<f64>, Option<f64>)>,
}

impl Sampled {
    /// The ratios of the blocks that have both values, side over base, with the blocks' numbers from 1.
    pub fn ratios(&self) -> Vec<(usize, f64)> {
        let ratio = |(index, (base, other)): (usize, &(Option<f64>, Option<f64>))| {
            let ratio = (*other)? / (*base)?;
            ratio.is_finite().then_some((index + 1, ratio))
        };
        self.pairs.iter().enumerate().filter_map(ratio).collect()
    }
}

/// The values behind the figures of one benchmark, in the figures' order; then the time outside phases. Metrics that no run
/// has, such as counted instructions, are left out.
pub fn sampled(comparison: &Comparison, findings: &Findings, index: usize) -> Vec<Sampled> {
    let runs = |side: usize| -> &[Benchmark] {
        let measured = comparison.sides.get(side).and_then(|side| side.benchmarks.get(index));
        measured.map_or(&[], |measured| &measured.runs)
    };
    let (base, other) = (runs(0), runs(findings.side));
    let Some(benchmark) = findings.benchmarks.get(index) else { return Vec::new() };
    let blocks = base.len().max(other.len());
    let rows = |runs: &[Benchmark]| -> Vec<Vec<AttributionRow>> { runs.iter().map(figures::attributed).collect() };
    let (base_rows, other_rows) = (rows(base), rows(other));
    let mut all: Vec<Sampled> = Vec::new();
    let mut add = |metric: Metric, phase: Option<String>, value: &dyn Fn(usize, bool) -> Option<f64>| {
        let pairs: Vec<_> = (0..blocks).map(|block| (value(block, false), value(block, true))).collect();
        if pairs.iter().any(|(base, other)| base.is_some() || other.is_some()) {
            all.push(Sampled { metric, phase, pairs });
        }
    };
    for figure in &benchmark.figures {
        match &figure.phase {
            None => add(figure.metric, None, &|block, on_other| {
                figures::of_run(if on_other { other } else { base }.get(block)?, figure.metric)
            }),
            Some(phase) => add(figure.metric, Some(phase.clone()), &|block, on_other| {
                of_phase(if on_other { &other_rows } else { &base_rows }.get(block)?, figure)
            }),
        }
    }
    if benchmark.phases(Metric::Wall).next().is_some() {
        add(Metric::Wall, Some(OUTSIDE.to_owned()), &|block, on_other| {
            let rows = if on_other { &other_rows } else { &base_rows }.get(block)?;
            rows.iter().find(|row| row.key.is_rest()).map(|row| row.cost.wall)
        });
    }
    all
}

/// The value of a figure's phase in one run: the phase's own, or the sum of its parts where the compiler has split it.
fn of_phase(rows: &[AttributionRow], figure: &Figure) -> Option<f64> {
    let named = |name: &str| {
        let found = rows.iter().find(|row| row.key.phase.as_deref() == Some(name) && row.key.package.is_none());
        found.map(|row| row.cost)
    };
    let parts = || figure.parts.iter().map(|part| named(part)).collect::<Option<Vec<Cost>>>();
    let cost = named(figure.phase.as_deref()?).or_else(|| parts()?.into_iter().reduce(|all, part| all.and(&part)))?;
    cost.value(figure.metric)
}
