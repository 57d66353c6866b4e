//! What two compilers' runs of the same benchmarks say of one another: from runs to figures, from figures to verdicts.
//!
//! Pure functions of what was measured; the session asks at every look who is decided, and at the end for the findings
//! that every format shows. How a verdict comes about is told in [`crate::stats::judge_family`].

mod phases;
mod reports;
mod series;
#[cfg(test)]
mod tests;
mod total;

use std::collections::BTreeMap;

use crate::model::{
    Benchmark, BenchmarkFindings, CompareSettings, FailedSides, Figure, Findings, Look, Measured, Metric,
    OutputFinding, Side, UnmatchedPhase, Verdict,
};
use crate::stats::{self, Judgement, Kind, Looks, Noise, Sample};
pub(crate) use phases::SPLITS;
pub use reports::{ReportsError, of_reports};
use series::Series;
pub(crate) use series::{EXPLAINING, Extract, LEAST_SHARE, METRICS, OF_PHASES};
pub(crate) use total::{CONFIDENCE as TOTAL_CONFIDENCE, METRICS as TOTAL_METRICS, Z as TOTAL_Z};

/// The share of false ones that is accepted among the figures called regressed or improved.
pub const FALSE_CHANGE_RATE: f64 = 0.01;
/// The share of false ones that is accepted among the figures called equal.
pub const FALSE_EQUALITY_RATE: f64 = 0.05;

/// A change that could just have been shown, but is so large, says that nothing could have been shown.
pub(crate) const UNTOLD_CHANGE: f64 = 10.0;
/// So many runs more say that it cannot be decided.
pub(crate) const UNTOLD_RUNS: usize = 1_000_000;

/// How to decide.
#[derive(Clone, Debug)]
pub struct Rules {
    looks: Looks,
    false_change_rate: f64,
    false_equality_rate: f64,
    thresholds: BTreeMap<Metric, f64>,
    interleaved: bool,
}

impl Rules {
    /// The rules that a comparison was begun with.
    pub fn of(settings: &CompareSettings) -> Self {
        Self {
            looks: Looks::new(settings.looks.iter().map(|look| (look.runs, look.weight))),
            false_change_rate: settings.false_change_rate,
            false_equality_rate: settings.false_equality_rate,
            thresholds: settings.thresholds.clone(),
            interleaved: settings.interleaved,
        }
    }

    /// The same when no more than these `rounds` of blocks will come, for a reason that is not in the data: the last look
    /// is then made at what there is, with all of the accepted error that the looks before it have left.
    pub fn ended_after(self, rounds: usize) -> Self {
        Self { looks: self.looks.ended_at(rounds), ..self }
    }
}

/// The looks of a comparison of so many figures.
pub fn declare_looks(figures: usize, min_runs: usize, max_runs: usize) -> Vec<Look> {
    let looks = stats::declare_looks(figures.max(1), FALSE_CHANGE_RATE, min_runs, max_runs);
    looks.at().iter().zip(looks.weights()).map(|(runs, weight)| Look { runs: *runs, weight: *weight }).collect()
}

/// How many figures a run of a benchmark will have a verdict on.
pub fn figures_of(run: &Benchmark) -> usize {
    series::count(run)
}

/// The change that would matter in each metric that is compared, as a fraction: the defaults, with `given` in their place.
pub fn thresholds(given: &BTreeMap<Metric, f64>) -> BTreeMap<Metric, f64> {
    let mut thresholds: BTreeMap<Metric, f64> =
        series::METRICS.into_iter().map(|metric| (metric, default_threshold(metric))).collect();
    thresholds.extend(given);
    thresholds
}

/// The metrics of whole runs that vary from run to run, and so need a threshold.
pub fn noisy_metrics() -> impl Iterator<Item = Metric> {
    series::METRICS.into_iter().filter(|metric| !is_size(*metric))
}

/// The names of the metrics that are compared, as one writes them on a command line: `peak-memory`.
pub fn metric_names() -> Vec<String> {
    series::METRICS.into_iter().map(Metric::word).collect()
}

/// The metric of one of [`metric_names`].
pub fn metric_called(name: &str) -> Option<Metric> {
    series::METRICS.into_iter().find(|metric| metric.word() == name.trim())
}

/// Whether a metric is the size of something that is written: a fact, not a sample.
pub(crate) fn is_size(metric: Metric) -> bool {
    matches!(metric, Metric::BytecodeSize | Metric::DataSectionSize | Metric::BinarySize)
}

/// What matters unless told otherwise. One per cent of time or memory is what a day's work may win or lose; counts of
/// instructions are steady enough to show a fifth of that; a file's size is the same in every build, and any change of it
/// was made by the compiler; what the disk does, and which events the kernel counts, is mostly the machine's affair.
pub(crate) fn default_threshold(metric: Metric) -> f64 {
    match metric {
        _ if is_size(metric) => 0.0,
        Metric::DiskRead | Metric::DiskWritten => 0.05,
        _ if series::EXPLAINING.contains(&metric) => 0.05,
        Metric::Instructions => 0.002,
        _ => 0.01,
    }
}

/// Whether more blocks could still change the verdict on a benchmark: not when it is known to have regressed, nor when
/// every deciding figure has its verdict.
pub fn is_decided(findings: &BenchmarkFindings) -> bool {
    let deciding = || findings.figures.iter().filter(|figure| figure.decides());
    let regressed = deciding().any(|figure| figure.verdict == Verdict::Regressed);
    let open = deciding().any(|figure| figure.verdict == Verdict::Undecided);
    regressed || deciding().next().is_some() && !open
}

/// What every side but the first was found to be against the first.
///
/// The figures of all of them are one family, in which the share of false findings is kept; those of the control are a
/// family of their own, with a noise of counts of their own, or the control would change what it controls.
pub fn findings(sides: &[Side], rules: &Rules) -> Vec<Findings> {
    let Some((base, others)) = sides.split_first() else { return Vec::new() };
    let mut all: Vec<Findings> = others
        .iter()
        .enumerate()
        .map(|(index, _)| Findings { side: index + 1, benchmarks: Vec::new(), totals: Vec::new() })
        .collect();
    let rates = stats::Rules { q_change: rules.false_change_rate, q_equal: rules.false_equality_rate };
    for control in [false, true] {
        let answers: Vec<usize> = (0..others.len()).filter(|index| others[*index].control == control).collect();
        let counted = answers.iter().map(|index| &others[*index]).chain([base]);
        let noise = series::noise_of_counts(counted.flat_map(|side| &side.benchmarks));
        let pairs = answers.iter().flat_map(|index| {
            base.benchmarks.iter().zip(&others[*index].benchmarks).map(|(base, other)| (*index, base, other))
        });
        let extracted: Vec<_> = pairs
            .map(|(index, base, other)| {
                let (series, unmatched) = series::of(base, other);
                (index, base, other, series, unmatched)
            })
            .collect();
        let pairs: Vec<Vec<(f64, f64)>> =
            extracted.iter().flat_map(|(.., series, _)| series.iter().map(Series::pairs)).collect();
        // What only explains is a family of its own: it may be false as often, and makes nothing else harder to decide.
        let mut families: [Vec<Sample>; 2] = [Vec::new(), Vec::new()];
        for (series, pairs) in extracted.iter().flat_map(|(.., series, _)| series).zip(&pairs) {
            families[usize::from(series.explains())].push(sample(series, pairs, rules, noise));
        }
        let mut judgements = families.map(|samples| stats::judge_family(&samples, &rules.looks, &rates).into_iter());
        for (index, base, other, series, unmatched) in &extracted {
            let figures: Vec<Figure> = series
                .iter()
                .filter_map(|series| figure(series, &judgements[usize::from(series.explains())].next()?, rules))
                .collect();
            all[*index].benchmarks.push(benchmark(base, other, figures, unmatched.clone()));
        }
    }
    for findings in &mut all {
        findings.totals = total::totals(base, &others[findings.side - 1], rules.interleaved);
    }
    all
}

fn sample<'a>(
    series: &'a Series,
    pairs: &'a [(f64, f64)],
    rules: &Rules,
    (whole, phase): (Noise, Noise),
) -> Sample<'a> {
    let kind = if series.is_exact() {
        Kind::Exact
    } else if series.counted {
        Kind::Noisy(if series.phase.is_some() { phase } else { whole })
    } else if rules.interleaved {
        Kind::Paired
    } else {
        Kind::Unpaired(&series.base, &series.other)
    };
    Sample { pairs, offset: offset(series), threshold: threshold(series.metric, rules), kind }
}

fn threshold(metric: Metric, rules: &Rules) -> f64 {
    rules.thresholds.get(&metric).copied().unwrap_or_else(|| default_threshold(metric))
}

/// What is added to both values before their ratio is taken, in the metric's unit. Nothing to what is never zero. To what
/// the disk did, one page: from nothing to a page is no infinite change. To events that may not occur, one. To a size, one byte where one of them is nothing;
/// elsewhere the ratio of two sizes is the very quotient that whoever reads both computes.
fn offset(series: &Series) -> f64 {
    let is_nothing = || series.base.iter().chain(&series.other).any(|size| *size == 0.0);
    if is_size(series.metric) && is_nothing() { 1.0 } else { offset_of(series.metric) }
}

/// The part of it that a metric always has.
pub(crate) fn offset_of(metric: Metric) -> f64 {
    match metric {
        Metric::DiskRead | Metric::DiskWritten => 4096.0,
        metric if series::EXPLAINING.contains(&metric) => 1.0,
        _ => 0.0,
    }
}

/// The figure; `None` if no pair of values has a ratio, as where a phase is so short that no clock saw it.
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
        pairs: judgement.runs,
        detectable: judgement.detectable.map(|ratio| ratio - 1.0).filter(|change| *change < UNTOLD_CHANGE),
        more_runs: judgement.more_runs.filter(|runs| *runs < UNTOLD_RUNS),
    })
}

fn benchmark(
    base: &Measured,
    other: &Measured,
    figures: Vec<Figure>,
    unmatched: Vec<UnmatchedPhase>,
) -> BenchmarkFindings {
    let last = |side: &Measured| side.failures.last().cloned().map(Box::new);
    let failed = FailedSides { base: last(base), other: last(other) };
    let failed = (failed.base.is_some() || failed.other.is_some()).then_some(failed);
    BenchmarkFindings {
        id: base.id.clone(),
        // What does not build has no verdict, whatever was measured before it failed.
        verdict: if failed.is_some() { None } else { verdict(&figures) },
        failed,
        output: output(base, other),
        pairs: base.runs.len().min(other.runs.len()),
        figures,
        unmatched,
    }
}

/// A benchmark's verdict: that of the worst of its deciding figures, but equal only if all of them are.
fn verdict(figures: &[Figure]) -> Option<Verdict> {
    let verdicts: Vec<Verdict> =
        figures.iter().filter(|figure| figure.decides()).map(|figure| figure.verdict).collect();
    let any = |verdict| verdicts.contains(&verdict).then_some(verdict);
    any(Verdict::Regressed)
        .or_else(|| any(Verdict::Improved))
        .or_else(|| any(Verdict::Undecided))
        .or_else(|| any(Verdict::Equal))
}

fn output(base: &Measured, other: &Measured) -> OutputFinding {
    if base.outputs.is_empty() || other.outputs.is_empty() {
        return OutputFinding::Unknown;
    }
    let by_path = |side: &Measured| -> BTreeMap<String, String> {
        side.outputs.iter().map(|file| (file.path.clone(), file.sha256.clone())).collect()
    };
    let (base, other) = (by_path(base), by_path(other));
    let mut paths: Vec<&String> = base.keys().chain(other.keys()).collect();
    paths.sort();
    paths.dedup();
    let different: Vec<String> =
        paths.into_iter().filter(|path| base.get(*path) != other.get(*path)).cloned().collect();
    if different.is_empty() { OutputFinding::Same } else { OutputFinding::Different(different) }
}
