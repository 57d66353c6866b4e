//! Which phase of a run contributes most to a difference.

use crate::model::{BenchmarkFindings, Figure, Findings, Metric, Unit};
use crate::phase::{self, OUTSIDE, WHOLE_RUN};

/// A child with at least this share of its parent's difference is named with the parent.
pub const MOST_OF_IT: f64 = 0.5;

/// The first phase whose peak moved by at least this part of the largest move is where the difference began.
const MOST_OF_THE_PEAK: f64 = 0.8;

/// A difference by phase: the base, what each top-level phase adds or removes, and the rest. They sum to the other side.
#[derive(Clone, Debug, PartialEq)]
pub struct Breakdown<'a> {
    /// Of what.
    pub metric: Metric,
    /// The base's median, in the metric's unit.
    pub base: f64,
    /// The other side's median.
    pub other: f64,
    /// The top-level phases, in the compiler's order.
    pub steps: Vec<Step<'a>>,
    /// What the phases do not explain: time outside phases, and the gap between the sum of medians and the median of the
    /// whole.
    pub rest: f64,
}

/// One top-level phase's part of a difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Step<'a> {
    /// The phase's own name, which determines its colour.
    pub phase: &'a str,
    /// Its label: with its parts where one compiler has split it, and marked if only one compiler has it.
    pub label: String,
    /// Other minus base, in the metric's unit.
    pub difference: f64,
}

impl Breakdown<'_> {
    /// The whole difference, other minus base.
    pub fn difference(&self) -> f64 {
        self.other - self.base
    }
}

/// Whether the figures of phases sum to that of the run. All do but peak memory, which is reached in one phase.
pub fn sums_up(metric: Metric) -> bool {
    metric != Metric::PeakMemory
}

/// The difference of one metric of one benchmark by top-level phase; absent where the metric has no figures of phases, or
/// where phases do not sum up.
pub fn breakdown(benchmark: &BenchmarkFindings, metric: Metric) -> Option<Breakdown<'_>> {
    // Where the run's wall time is unknown, the sum of its phases replaces it.
    let whole = if metric.is_wall() { benchmark.wall() } else { benchmark.figure(metric) };
    let whole = whole.filter(|whole| whole.base.is_finite() && whole.other.is_finite())?;
    let metric = if metric.is_wall() { Metric::Wall } else { metric };
    let mut steps: Vec<Step> = top_level(benchmark, metric)
        .map(|figure| Step {
            phase: figure.phase.as_deref().unwrap_or(OUTSIDE),
            label: label(figure),
            difference: figure.other - figure.base,
        })
        .filter(|step| step.difference.is_finite())
        .collect();
    if metric == Metric::Wall {
        let unmatched = benchmark.unmatched.iter().filter(|phase| phase.depth == 0 && phase.wall.is_finite());
        steps.extend(unmatched.map(|phase| Step {
            phase: &phase.phase,
            label: format!("{} ({})", phase.phase, if phase.gone { "gone" } else { "new" }),
            difference: if phase.gone { -phase.wall } else { phase.wall },
        }));
    }
    (sums_up(metric) && !steps.is_empty()).then(|| with_rest(metric, whole.base, whole.other, steps))
}

/// The wall time of one build of each benchmark by top-level phase, all benchmarks together.
pub fn suite_breakdown(findings: &Findings) -> Option<Breakdown<'_>> {
    let (mut base, mut other) = (0.0, 0.0);
    let mut steps: Vec<Step> = Vec::new();
    for one in findings.benchmarks.iter().filter_map(|benchmark| breakdown(benchmark, Metric::Wall)) {
        base += one.base;
        other += one.other;
        for step in one.steps {
            match steps.iter_mut().find(|known| known.phase == step.phase) {
                // Usually the parts are the same everywhere. Where they differ, the phase's own name still fits.
                Some(known) => {
                    known.difference += step.difference;
                    if known.label != step.label {
                        step.phase.clone_into(&mut known.label);
                    }
                }
                None => steps.push(step),
            }
        }
    }
    (!steps.is_empty()).then(|| with_rest(Metric::Wall, base, other, steps))
}

fn with_rest(metric: Metric, base: f64, other: f64, steps: Vec<Step<'_>>) -> Breakdown<'_> {
    let explained: f64 = steps.iter().map(|step| step.difference).sum();
    Breakdown { metric, base, other, rest: other - base - explained, steps }
}

fn top_level(benchmark: &BenchmarkFindings, metric: Metric) -> impl Iterator<Item = &Figure> {
    benchmark.phases(metric).filter(|figure| figure.depth == 0)
}

/// A phase's label, with its parts where one compiler has split it.
pub fn label(figure: &Figure) -> String {
    phase::label(figure.phase.as_deref().unwrap_or(WHOLE_RUN), &figure.parts)
}

/// What contributes most to a change.
#[derive(Clone, Debug, PartialEq)]
pub enum Contributor {
    /// The top-level phase with the largest share.
    Phase {
        /// Its own name.
        phase: String,
        /// Its label, with its parts where one compiler has split it.
        name: String,
        /// Its difference, in the metric's unit.
        difference: f64,
        /// Its share of the whole difference; above 1 where other phases changed the other way.
        share: f64,
        /// The phase within it that contributes most, with its share of the parent's difference.
        child: Option<(String, f64)>,
    },
    /// The time outside phases, with its share of the whole difference.
    Outside {
        /// In the metric's unit.
        difference: f64,
        /// Above 1 where phases changed the other way.
        share: f64,
    },
    /// For a peak: the first phase whose own peak moved about as far as the largest move, with both values.
    Peak {
        /// The phase's label.
        name: String,
        /// Its own peak on the base's side, in bytes.
        base: f64,
        /// And on the other side.
        other: f64,
    },
    /// The metric was not measured by phase.
    NotByPhase,
    /// Neither a phase nor the time outside phases changed in the direction of the whole.
    Unknown,
}

/// What contributes most to the change of a figure of a whole run: by the figures of the same metric by phase. For a time
/// without such figures, by those of the wall time, if it changed in the same direction.
pub fn contributor(benchmark: &BenchmarkFindings, figure: &Figure) -> Contributor {
    if !sums_up(figure.metric) {
        return peak(benchmark, figure);
    }
    let rise = figure.other - figure.base;
    let is_time = figure.metric.unit() == Unit::Nanoseconds;
    let same_way = |wall: &Breakdown| is_time && wall.difference() * rise > 0.0;
    let by_time = || breakdown(benchmark, Metric::Wall).filter(same_way);
    let Some(whole) = breakdown(benchmark, figure.metric).or_else(by_time) else { return Contributor::NotByPhase };
    let all = whole.difference();
    if all == 0.0 || !all.is_finite() {
        return Contributor::Unknown;
    }
    let largest = whole.steps.iter().max_by(|a, b| (a.difference / all).total_cmp(&(b.difference / all)));
    match largest {
        Some(step) if step.difference / all > (whole.rest / all).max(0.0) => Contributor::Phase {
            phase: step.phase.to_owned(),
            name: step.label.clone(),
            difference: step.difference,
            share: step.difference / all,
            child: child(benchmark, whole.metric, step),
        },
        _ if whole.rest / all > 0.0 => Contributor::Outside { difference: whole.rest, share: whole.rest / all },
        _ => Contributor::Unknown,
    }
}

/// The phase within a top-level phase that contributes most of its difference.
fn child(benchmark: &BenchmarkFindings, metric: Metric, parent: &Step) -> Option<(String, f64)> {
    let within = benchmark
        .phases(metric)
        .skip_while(|figure| figure.depth != 0 || figure.phase.as_deref() != Some(parent.phase))
        .skip(1)
        .take_while(|figure| figure.depth > 0);
    within
        .filter(|figure| figure.depth == 1)
        .map(|figure| (label(figure), (figure.other - figure.base) / parent.difference))
        .filter(|(_, share)| share.is_finite() && *share >= MOST_OF_IT)
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

fn peak(benchmark: &BenchmarkFindings, whole: &Figure) -> Contributor {
    let direction = whole.other - whole.base;
    let grown = |figure: &&Figure| (figure.other - figure.base) * direction > 0.0;
    if top_level(benchmark, whole.metric).next().is_none() {
        return Contributor::NotByPhase;
    }
    let moved = |figure: &Figure| (figure.other - figure.base).abs();
    let most = top_level(benchmark, whole.metric).filter(grown).map(moved).fold(0.0, f64::max);
    // Memory that a phase keeps also raises the peaks of later phases, so the first phase that moved as far is the origin.
    top_level(benchmark, whole.metric).filter(grown).find(|figure| moved(figure) >= MOST_OF_THE_PEAK * most).map_or(
        Contributor::Unknown,
        |figure| Contributor::Peak { name: label(figure), base: figure.base, other: figure.other },
    )
}
