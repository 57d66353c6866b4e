//! From the values of two sides to figures with verdicts: which figures form a family, and which decide.

use std::collections::BTreeMap;

use super::series::{self, Series};
use super::{Rules, offset, threshold};
use crate::figures;
use crate::metric::Levels;
use crate::model::{Figure, Findings, MOST_RUNS, Measured, Metric, Side, Total, UnmatchedPhase, call_same_binaries};
use crate::stats::{self, Judgement, Noise, Sample, Values};

/// If only changes above this factor could have been shown, nothing could have been shown.
const UNDETECTABLE: f64 = 10.0;

/// The floor of instructions counted under callgrind.
const COUNTED_FLOOR: f64 = 2e-5;

/// The size of a huge page, in bytes.
const HUGE_PAGE: f64 = (2 << 20) as f64;

/// The findings of every side against the first.
///
/// The deciding figures of all of them are one family. The control's figures are a family of their own with a spread of
/// their own; otherwise the control would change what it controls.
pub fn findings(sides: &[Side], rules: &Rules) -> Vec<Findings> {
    let Some((base, others)) = sides.split_first() else { return Vec::new() };
    let mut all: Vec<Findings> = others
        .iter()
        .enumerate()
        .map(|(index, _)| Findings { side: index + 1, benchmarks: Vec::new(), totals: Vec::new() })
        .collect();
    for control in [false, true] {
        let answers: Vec<usize> = (0..others.len()).filter(|index| others[*index].control == control).collect();
        let compared: Vec<Compared> =
            answers.iter().flat_map(|index| Compared::all(*index, base, &others[*index])).collect();
        let totals: Vec<Together> = answers.iter().flat_map(|index| Together::all(*index, &compared)).collect();
        let judgements = judge(&compared, &totals, rules);
        let mut judgements = judgements.into_iter();
        for one in &compared {
            let figures: Vec<Figure> =
                one.series.iter().filter_map(|series| figure(series, &judgements.next()?, rules)).collect();
            let benchmark = super::benchmark(one.base, one.other, figures, one.unmatched.clone());
            all[one.side].benchmarks.push(benchmark);
        }
        for (together, judgement) in totals.iter().zip(judgements) {
            all[together.side].totals.extend(together.total(&judgement, rules));
        }
    }
    call_same_binaries(sides, &mut all);
    all
}

/// One benchmark of two sides.
struct Compared<'a> {
    /// The index of the side among those other than the base.
    side: usize,
    base: &'a Measured,
    other: &'a Measured,
    series: Vec<Series>,
    pairs: Vec<Vec<(f64, f64)>>,
    unmatched: Vec<UnmatchedPhase>,
}

impl<'a> Compared<'a> {
    fn all(side: usize, base: &'a Side, other: &'a Side) -> impl Iterator<Item = Self> {
        base.benchmarks.iter().zip(&other.benchmarks).map(move |(base, other)| {
            let (series, unmatched) = series::of(base, other);
            let pairs = series.iter().map(Series::pairs).collect();
            Self { side, base, other, series, pairs, unmatched }
        })
    }
}

/// A metric over all benchmarks of one side.
struct Together {
    side: usize,
    metric: Metric,
    phase: Option<String>,
    /// The figures of which it is the mean, in the list of all.
    members: Vec<usize>,
}

impl Together {
    /// All metrics of a side with two benchmarks or more; with one, they would repeat its figures.
    fn all(side: usize, compared: &[Compared]) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        let figures = compared.iter().flat_map(|one| one.series.iter().map(move |series| (one, series)));
        // Values measured before a build failed do not count.
        let sound = |one: &Compared| one.base.failures.is_empty() && one.other.failures.is_empty();
        for (index, (_, series)) in figures.enumerate().filter(|(_, (one, _))| one.side == side && sound(one)) {
            let phase = match &series.phase {
                // Of phases it is the wall time, at the top level.
                None if series.metric.spec().of_suite => None,
                Some((phase, 0)) if series.metric == Metric::Wall => Some(phase.clone()),
                _ => continue,
            };
            match all.iter_mut().find(|known| known.metric == series.metric && known.phase == phase) {
                Some(known) => known.members.push(index),
                None => all.push(Self { side, metric: series.metric, phase, members: vec![index] }),
            }
        }
        all.retain(|together| together.members.len() > 1);
        all
    }

    /// `None` if no benchmark has a ratio.
    fn total(&self, judgement: &Judgement, rules: &Rules) -> Option<Total> {
        let finite = |limit: f64| Some(limit).filter(|limit| limit.is_finite() && *limit > 0.0);
        judgement.ratio.is_finite().then(|| Total {
            metric: self.metric,
            phase: self.phase.clone(),
            ratio: judgement.ratio,
            low: finite(judgement.low),
            high: finite(judgement.high),
            confidence: judgement.confidence,
            threshold: threshold(self.metric, rules),
            p_value: judgement.p_value,
            verdict: judgement.verdict,
            benchmarks: self.members.len(),
        })
    }
}

/// The judgements of all figures, benchmark after benchmark, then of the means.
fn judge(compared: &[Compared], totals: &[Together], rules: &Rules) -> Vec<Judgement> {
    let mut pools = Pools::default();
    let mut samples: Vec<Sample> = Vec::new();
    for (group, one) in compared.iter().enumerate() {
        for (series, pairs) in one.series.iter().zip(&one.pairs) {
            samples.push(Sample {
                values: if rules.interleaved || series.counted {
                    Values::Pairs(pairs)
                } else {
                    Values::Sides(&series.base, &series.other)
                },
                noise: noise(series),
                floor: floor(series),
                step: step(series),
                offset: offset(series),
                threshold: threshold(series.metric, rules),
                pool: pools.of(series, one.base),
                group,
                role: role(series.metric, series.phase.is_some()),
            });
        }
    }
    samples.extend(totals.iter().map(|together| Sample {
        values: Values::Mean(&together.members),
        noise: Noise::Drifting,
        floor: 0.0,
        step: 0.0,
        offset: 0.0,
        threshold: threshold(together.metric, rules),
        pool: pools.count(),
        group: compared.len() + together.side,
        role: role(together.metric, together.phase.is_some()),
    }));
    let rates = stats::Rules { q_change: rules.false_change_rate, q_equal: rules.false_equality_rate };
    stats::judge(&samples, &rules.looks, &rates)
}

/// The purpose of a figure.
fn role(metric: Metric, is_phase: bool) -> stats::Role {
    match metric {
        _ if metric.is_event() => stats::Role::Accompanies,
        _ if is_phase || !metric.decides() => stats::Role::Explains,
        _ => stats::Role::Decides,
    }
}

/// How a figure varies.
fn noise(series: &Series) -> Noise {
    match series.metric {
        _ if series.is_exact() => Noise::Exact,
        _ if series.counted => Noise::Counted,
        metric if metric.spec().steady => Noise::Steady,
        _ => Noise::Drifting,
    }
}

/// The least accepted standard deviation of a value's logarithm.
fn floor(series: &Series) -> f64 {
    if series.counted { COUNTED_FLOOR } else { series.metric.spec().floor }
}

/// The possible difference of logarithms between two levels of the figure.
fn step(series: &Series) -> f64 {
    let least = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
    match series.metric.spec().levels {
        Levels::One => 0.0,
        Levels::HugePages => (2.0 * HUGE_PAGE / least(&series.base).min(least(&series.other)).max(1.0)).ln_1p(),
        Levels::Logarithm(difference) => difference,
    }
}

/// The pool of figures with a common spread: those of one metric, of whole runs or of phases, with similar lengths. A
/// disturbance of a 10 ms build is a small part of a 5 s build.
#[derive(Default)]
struct Pools(BTreeMap<(Metric, bool, bool, usize), usize>);

impl Pools {
    /// Upper ends of the classes of length, in nanoseconds.
    const CLASSES: [f64; 3] = [5e6, 5e7, 1e9];

    fn of(&mut self, series: &Series, base: &Measured) -> usize {
        let median = |values: &[f64]| stats::median(values).unwrap_or_default();
        let length = if series.phase.is_some() && series.metric == Metric::Wall {
            median(&series.base)
        } else {
            let walls: Vec<f64> = base.runs.iter().filter_map(|run| figures::of_run(run, Metric::Wall)).collect();
            median(&walls)
        };
        let class = Self::CLASSES.iter().position(|end| length < *end).unwrap_or(Self::CLASSES.len());
        let key = (series.metric, series.phase.is_some(), series.counted, class);
        let next = self.0.len();
        *self.0.entry(key).or_insert(next)
    }

    fn count(&self) -> usize {
        self.0.len()
    }
}

/// The figure; `None` if no pair of values has a ratio, for instance if a phase is shorter than the clock's resolution.
fn figure(series: &Series, judgement: &Judgement, rules: &Rules) -> Option<Figure> {
    if !judgement.ratio.is_finite() {
        return None;
    }
    let median = |values: &[f64]| stats::median(values).unwrap_or_default();
    let (phase, depth) = series.phase.clone().map_or((None, 0), |(phase, depth)| (Some(phase), depth));
    Some(Figure {
        metric: series.metric,
        phase,
        depth,
        parts: series.parts.clone(),
        base: median(&series.base),
        other: median(&series.other),
        ratio: judgement.ratio,
        low: judgement.low,
        high: judgement.high,
        confidence: judgement.confidence,
        threshold: threshold(series.metric, rules),
        p_value: judgement.p_value,
        verdict: judgement.verdict,
        basis: judgement.basis,
        pairs: judgement.runs,
        detectable: judgement.detectable.map(|ratio| ratio - 1.0).filter(|change| *change < UNDETECTABLE),
        more_runs: judgement.more_runs.filter(|runs| *runs <= MOST_RUNS),
    })
}

/// One series as it is judged by itself.
#[cfg(test)]
pub fn alone(series: &Series, rules: &Rules) -> Option<Figure> {
    let pairs = series.pairs();
    let sample = Sample {
        values: Values::Pairs(&pairs),
        noise: noise(series),
        floor: floor(series),
        step: step(series),
        offset: offset(series),
        threshold: threshold(series.metric, rules),
        pool: 0,
        group: 0,
        role: stats::Role::Decides,
    };
    figure(series, stats::judge(&[sample], &rules.looks, &stats::Rules::default()).first()?, rules)
}
