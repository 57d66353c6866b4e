//! The values of two sides that belong together, figure by figure.

use std::collections::BTreeMap;

use super::phases::{self, Key};
use crate::figures::Cost;
use crate::model::{InstructionCount, Measured, Metric, UnmatchedPhase};
use crate::{figures, stats};

/// Phases below this share of a run on both sides get no verdict of their own. At a hundredth of the time a phase hardly
/// affects the whole, and each further figure makes all others harder to decide.
pub const LEAST_SHARE: f64 = 0.01;

/// The values of one figure on both sides. Values with the same index were measured in the same block.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The metric.
    pub metric: Metric,
    /// The phase; `None` for the whole run.
    pub phase: Option<Key>,
    /// The parts of the phase where one side has split it.
    pub parts: Vec<String>,
    /// The base's values.
    pub base: Vec<f64>,
    /// The other side's.
    pub other: Vec<f64>,
    /// Whether they were counted under callgrind, and not in the blocks.
    pub counted: bool,
}

impl Series {
    /// The values of each block.
    pub fn pairs(&self) -> Vec<(f64, f64)> {
        self.base.iter().copied().zip(self.other.iter().copied()).collect()
    }

    /// Whether there is anything to compare: events that never occurred explain nothing.
    fn has_events(&self) -> bool {
        !self.metric.is_event() || self.base.iter().chain(&self.other).any(|count| *count > 0.0)
    }

    /// Whether the values are facts, not samples: sizes that are the same in every run of a side.
    pub fn is_exact(&self) -> bool {
        let constant = |values: &[f64]| values.windows(2).all(|pair| pair[0].to_bits() == pair[1].to_bits());
        self.metric.is_size() && constant(&self.base) && constant(&self.other)
    }
}

/// What is compared of one side of a benchmark.
#[derive(Clone, Debug)]
pub struct Extract {
    /// How many runs there are.
    pub runs: usize,
    /// Values of whole runs: the compared metrics that every run has, plus the events if they were counted in every run. All
    /// phases together are included only where the wall time of a run is unknown.
    pub whole: Vec<(Metric, Vec<f64>)>,
    /// All phases together of each run, where every run has some.
    together: Option<Vec<f64>>,
    /// The phases of each run.
    pub phases: Phases,
    /// What callgrind has counted.
    pub counted: Option<Counted>,
}

impl Extract {
    /// That of a side.
    pub fn of(side: &Measured) -> Self {
        let events = Metric::events().filter(|_| side.runs.iter().all(|run| run.counters.is_some()));
        let values =
            |metric| -> Option<Vec<f64>> { side.runs.iter().map(|run| figures::of_run(run, metric)).collect() };
        let has_wall = values(Metric::Wall).is_some();
        let wanted = Metric::compared().filter(|metric| !(has_wall && *metric == Metric::PhasesWall));
        let whole = wanted.chain(events).filter_map(|metric| Some((metric, values(metric)?)));
        Self {
            runs: side.runs.len(),
            whole: if side.runs.is_empty() { Vec::new() } else { whole.collect() },
            together: values(Metric::PhasesWall),
            phases: Phases::of(side),
            counted: Counted::of(&side.instructions),
        }
    }

    /// Whether every run has this metric.
    fn has(&self, metric: Metric) -> bool {
        self.values(metric).is_some()
    }

    /// The values of a metric of whole runs; `None` if a run lacks it.
    pub fn values(&self, metric: Metric) -> Option<&[f64]> {
        if metric == Metric::PhasesWall {
            return self.together.as_deref();
        }
        self.whole.iter().find(|(own, _)| *own == metric).map(|(_, values)| values.as_slice())
    }
}

/// The callgrind counts of one side, one element for each count.
#[derive(Clone, Debug)]
pub struct Counted {
    /// Of whole builds.
    pub totals: Vec<f64>,
    /// Of the phases that the first count has, in its order; absent where a later one lacks it.
    pub phases: Vec<(Key, Vec<Option<f64>>)>,
}

impl Counted {
    fn of(counts: &[InstructionCount]) -> Option<Self> {
        let phases = counts.first()?.phases.iter().map(|phase| {
            let of = |count: &InstructionCount| count.phase(&phase.phase).map(|count| count as f64);
            ((phase.phase.clone(), phase.depth), counts.iter().map(of).collect())
        });
        Some(Self { totals: counts.iter().map(|count| count.total as f64).collect(), phases: phases.collect() })
    }

    fn keys(&self) -> Vec<Key> {
        self.phases.iter().map(|(key, _)| key.clone()).collect()
    }

    /// The sums over these phases; `None` if a count lacks one of them.
    fn sums(&self, names: &[String]) -> Option<Vec<f64>> {
        let of = |count: usize| -> Option<f64> {
            // For a name at several depths, the first one.
            let value = |name: &String| self.phases.iter().find(|(key, _)| key.0 == *name)?.1.get(count).copied()?;
            names.iter().map(value).sum()
        };
        (0..self.totals.len()).map(of).collect()
    }
}

/// All figures that two sides have of one benchmark, those of whole runs first, and the phases that only one has. A figure
/// is left out if any run lacks its value: the rest would not be the same quantity.
pub fn of(base: &Measured, other: &Measured) -> (Vec<Series>, Vec<UnmatchedPhase>) {
    paired(&Extract::of(base), &Extract::of(other))
}

fn paired(base: &Extract, other: &Extract) -> (Vec<Series>, Vec<UnmatchedPhase>) {
    let mut series: Vec<Series> = counted(base, other);
    if base.runs == 0 || other.runs == 0 {
        return (series, Vec::new());
    }
    // Callgrind's counts need no hardware counters.
    let is_counted = !series.is_empty();
    let is_wanted = |metric: Metric| !(is_counted && metric == Metric::Instructions);
    let (shared, unmatched) = phases::matched(&base.phases.order, &other.phases.order);
    let unmatched: Vec<UnmatchedPhase> = unmatched
        .into_iter()
        .filter_map(|((phase, depth), gone)| {
            let side = if gone { &base.phases } else { &other.phases };
            let walls: Vec<f64> =
                side.runs.iter().filter_map(|run| Some(run.get(&(phase.clone(), depth))?.wall)).collect();
            Some(UnmatchedPhase { wall: stats::median(&walls)?, phase, depth, gone })
        })
        .collect();
    // If a side has no wall time, all phases together replace it.
    let has_wall = base.has(Metric::Wall) && other.has(Metric::Wall);
    let whole = base.whole.iter().map(|(metric, _)| *metric).chain([Metric::PhasesWall]);
    let is_first = |metric: Metric| metric != Metric::PhasesWall || !has_wall;
    let mut metrics: Vec<Metric> = Vec::new();
    for metric in whole.filter(|metric| is_wanted(*metric) && is_first(*metric)) {
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    metrics.sort_by_key(|metric| !metric.is_wall());
    let whole: Vec<Series> = metrics
        .into_iter()
        .filter(|metric| *metric != Metric::PhasesWall || is_same_work(base, other, &unmatched))
        .filter_map(|metric| {
            let (base, other) = (base.values(metric)?.to_vec(), other.values(metric)?.to_vec());
            let series = Series { metric, phase: None, parts: Vec::new(), base, other, counted: false };
            series.has_events().then_some(series)
        })
        .collect();
    series.splice(0..0, whole);

    let (base, other) = (&base.phases, &other.phases);
    for phase in shared {
        let sums = |side: &Phases, names: &[String]| -> Option<Vec<Cost>> {
            side.runs.iter().map(|run| phases::together(run, names, phase.depth)).collect()
        };
        let (Some(a), Some(b)) = (sums(base, &phase.base), sums(other, &phase.other)) else { continue };
        let matters = |costs: &[Cost]| {
            let shares: Vec<f64> = costs.iter().map(|cost| cost.share).collect();
            stats::median(&shares).is_some_and(|share| share >= LEAST_SHARE)
        };
        if !matters(&a) && !matters(&b) {
            continue;
        }
        for metric in Metric::phases_compared().filter(|metric| is_wanted(*metric)) {
            let values = |costs: &[Cost]| -> Option<Vec<f64>> { costs.iter().map(|cost| cost.value(metric)).collect() };
            if let (Some(base), Some(other)) = (values(&a), values(&b)) {
                let phase_key = Some((phase.name.clone(), phase.depth));
                let parts = phase.parts().to_vec();
                let one = Series { metric, phase: phase_key, parts, base, other, counted: false };
                if one.has_events() {
                    series.push(one);
                }
            }
        }
    }
    // Whole runs first.
    series.sort_by_key(|series| series.phase.is_some());
    (series, unmatched)
}

/// Whether all phases together are the same work on both sides. A compiler that announces one more phase is not slower by
/// that phase. Phases below [`LEAST_SHARE`] of the whole do not matter.
fn is_same_work(base: &Extract, other: &Extract, unmatched: &[UnmatchedPhase]) -> bool {
    [(base, true), (other, false)].into_iter().all(|(side, gone)| {
        let own = unmatched.iter().filter(|phase| phase.depth == 0 && phase.gone == gone);
        let lonely: f64 = own.map(|phase| phase.wall).sum();
        let whole = side.values(Metric::PhasesWall).and_then(stats::median).unwrap_or_default();
        lonely <= LEAST_SHARE * whole
    })
}

/// What callgrind has counted on both sides: of whole builds, then of the phases whose functions are known.
fn counted(base: &Extract, other: &Extract) -> Vec<Series> {
    let (Some(a), Some(b)) = (&base.counted, &other.counted) else { return Vec::new() };
    let metric = Metric::Instructions;
    let (base, other) = (a.totals.clone(), b.totals.clone());
    let mut series = vec![Series { metric, phase: None, parts: Vec::new(), base, other, counted: true }];
    for phase in phases::matched(&a.keys(), &b.keys()).0 {
        let (Some(base), Some(other)) = (a.sums(&phase.base), b.sums(&phase.other)) else { continue };
        if !matters(&base, a) && !matters(&other, b) {
            continue;
        }
        let parts = phase.parts().to_vec();
        series.push(Series { metric, phase: Some((phase.name, phase.depth)), parts, base, other, counted: true });
    }
    series
}

fn matters(counts: &[f64], counted: &Counted) -> bool {
    let total = counted.totals.first().copied().unwrap_or_default();
    stats::median(counts).is_some_and(|count| count >= LEAST_SHARE * total)
}

/// The phases of one side's runs.
#[derive(Clone, Debug)]
pub struct Phases {
    /// In the order of the first run, followed by phases that only later runs have.
    pub order: Vec<Key>,
    /// What each run has of them.
    pub runs: Vec<BTreeMap<Key, Cost>>,
}

impl Phases {
    fn of(measured: &Measured) -> Self {
        let mut order: Vec<Key> = Vec::new();
        let mut runs = Vec::with_capacity(measured.runs.len());
        for run in &measured.runs {
            let costs = phases::costs(run);
            for (key, _) in &costs {
                if !order.contains(key) {
                    order.push(key.clone());
                }
            }
            runs.push(costs.into_iter().collect());
        }
        Self { order, runs }
    }
}
