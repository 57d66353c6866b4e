//! The benchmarks of a comparison, worst first.

use crate::model::{BenchmarkFindings, Comparison, Figure, Findings, Metric, OutputFinding, Scope, Verdict};

/// Wall time represents a benchmark unless another figure changed by more than this multiple.
pub const CLEARLY_MORE: f64 = 2.0;

/// Up to this many metrics all have a column in a table.
const FEW_METRICS: usize = 6;

/// The result of a benchmark on a side, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// It could not be built, so there is no ratio.
    Failed,
    /// A figure became worse.
    Regressed,
    /// Nothing became worse, but the outputs of the compilers differ.
    Different,
    /// A figure became better.
    Improved,
    /// A figure became worse or better, but both compilers are the same binary: the machine caused the change.
    SameBinary,
    /// It was not reached: nothing to compare, and no failure.
    Unmeasured,
    /// It was measured on both sides, but no cost can be compared. A size may be the same.
    Uncompared,
    /// The data do not suffice.
    Undecided,
    /// Shown not to have changed by the threshold.
    Equal,
}

impl Class {
    /// Whether anything changed, even if only the output.
    pub fn is_change(self) -> bool {
        matches!(self, Self::Regressed | Self::Different | Self::Improved)
    }

    /// Whether it is shown by default.
    pub fn is_decided(self) -> bool {
        !matches!(self, Self::Undecided)
    }
}

/// One benchmark on one side.
#[derive(Clone, Copy, Debug)]
pub struct BenchmarkRow<'a> {
    /// The side, as an index into the comparison's.
    pub side: usize,
    /// The benchmark's index in the findings and on every side.
    pub index: usize,
    /// What was found of it.
    pub benchmark: &'a BenchmarkFindings,
    /// Where it stands in the order.
    pub class: Class,
    /// The figure that represents it; absent where nothing was measured.
    pub lead: Option<&'a Figure>,
}

impl<'a> BenchmarkRow<'a> {
    /// The figure that represents what is undecided: wall time if it is undecided, else the first undecided figure. `None`
    /// if the benchmark regressed or failed.
    pub fn open(&self) -> Option<&'a Figure> {
        let open = || self.benchmark.undecided();
        let wall = || open().find(|figure| figure.metric.is_wall());
        if self.benchmark.is_open() { wall().or_else(|| open().next()) } else { None }
    }

    /// Whether the figure that represents it changed, so that phases can explain it.
    pub fn has_change(&self) -> bool {
        self.lead.is_some_and(|lead| lead.verdict.is_change())
    }
}

/// The rows of all sides but the control, worst first.
pub fn rows(comparison: &Comparison) -> Vec<BenchmarkRow<'_>> {
    sorted(comparison.answers().flat_map(rows_in_order).collect())
}

/// The rows of one side, worst first.
pub fn rows_of(findings: &Findings) -> Vec<BenchmarkRow<'_>> {
    sorted(rows_in_order(findings).collect())
}

fn rows_in_order(findings: &Findings) -> impl Iterator<Item = BenchmarkRow<'_>> {
    findings.benchmarks.iter().enumerate().map(|(index, benchmark)| BenchmarkRow {
        side: findings.side,
        index,
        benchmark,
        class: class(benchmark),
        lead: lead(benchmark),
    })
}

fn sorted(mut rows: Vec<BenchmarkRow>) -> Vec<BenchmarkRow> {
    rows.sort_by(|a, b| {
        let by_size = || weight(b).total_cmp(&weight(a));
        let failed_on = |row: &BenchmarkRow| {
            row.benchmark.failed.as_ref().map_or(0, |failed| match (&failed.base, &failed.other) {
                (None, _) => 0,
                (Some(_), Some(_)) => 1,
                (Some(_), None) => 2,
            })
        };
        a.class
            .cmp(&b.class)
            .then(failed_on(a).cmp(&failed_on(b)))
            .then_with(by_size)
            .then_with(|| a.benchmark.id.cmp(&b.benchmark.id))
            .then(a.side.cmp(&b.side))
    });
    rows
}

/// The sort key within a class.
fn weight(row: &BenchmarkRow) -> f64 {
    let Some(lead) = row.lead else { return 0.0 };
    let value = match row.class {
        // The worst that the data allow.
        Class::Undecided => lead.high,
        Class::Equal => lead.ratio,
        _ => size(lead),
    };
    if value.is_nan() { 0.0 } else { value }
}

/// The size of a change, the same for twice as much and for half as much.
pub fn size(figure: &Figure) -> f64 {
    let size = figure.ratio.ln().abs();
    if size.is_nan() { 0.0 } else { size }
}

fn class(benchmark: &BenchmarkFindings) -> Class {
    let different = matches!(benchmark.output, OutputFinding::Different(_));
    match class_by_figures(benchmark) {
        class @ (Class::Failed | Class::Regressed) => class,
        _ if different => Class::Different,
        class => class,
    }
}

/// The class of a benchmark regardless of its output.
pub fn class_by_figures(benchmark: &BenchmarkFindings) -> Class {
    match benchmark.verdict {
        _ if benchmark.failed.is_some() => Class::Failed,
        Some(Verdict::Regressed) => Class::Regressed,
        Some(Verdict::Improved) => Class::Improved,
        Some(Verdict::SameBinary) => Class::SameBinary,
        Some(Verdict::Undecided) => Class::Undecided,
        // Older files have this verdict for benchmarks with sizes only.
        Some(Verdict::Equal) if benchmark.scope() == Scope::Costs => Class::Equal,
        _ if benchmark.pairs > 0 || !benchmark.figures.is_empty() => Class::Uncompared,
        _ => Class::Unmeasured,
    }
}

/// The figure that represents a benchmark. Among those with the benchmark's verdict: wall time, unless another one changed
/// far more, else the one that changed most.
fn lead(benchmark: &BenchmarkFindings) -> Option<&Figure> {
    let verdict = benchmark.verdict?;
    let deciding = || benchmark.deciding().filter(move |figure| figure.verdict == verdict);
    let wall = deciding().find(|figure| figure.metric.is_wall());
    if matches!(verdict, Verdict::Equal | Verdict::Undecided) {
        return wall.or_else(|| deciding().next());
    }
    let most = deciding().max_by(|a, b| size(a).total_cmp(&size(b)));
    wall.filter(|wall| most.is_none_or(|most| size(most) <= CLEARLY_MORE * size(wall))).or(most)
}

/// The metrics with a figure of whole runs in any benchmark, in order of appearance.
pub fn primary_metrics(comparison: &Comparison) -> Vec<Metric> {
    let mut metrics = Vec::new();
    let figures = comparison.answers().flat_map(|findings| &findings.benchmarks).flat_map(|one| &one.figures);
    for figure in figures.filter(|figure| figure.decides()) {
        if !metrics.contains(&figure.metric) {
            metrics.push(figure.metric);
        }
    }
    metrics
}

/// The metrics with a column in a table: all if they are few, else the main ones and those in which anything changed.
pub fn table_metrics(comparison: &Comparison) -> Vec<Metric> {
    let mut metrics = primary_metrics(comparison);
    if metrics.len() > FEW_METRICS {
        let figures = || comparison.answers().flat_map(|findings| &findings.benchmarks).flat_map(|one| &one.figures);
        let changed = |metric: Metric| {
            let own = figures().filter(|figure| figure.decides() && figure.metric == metric);
            own.into_iter().any(|figure| matches!(figure.verdict, Verdict::Regressed | Verdict::Improved))
        };
        let always = |metric: Metric| {
            metric.is_wall() || matches!(metric, Metric::Cpu | Metric::PeakMemory | Metric::Instructions)
        };
        metrics.retain(|metric| always(*metric) || changed(*metric));
        metrics.truncate(FEW_METRICS + 2);
    }
    metrics
}

/// The metric that represents a benchmark's verdict.
pub fn lead_metric(benchmark: &BenchmarkFindings) -> Option<Metric> {
    lead(benchmark).map(|figure| figure.metric)
}

/// A verdict's rank, worst first, decided ones before undecided.
pub fn rank(verdict: Verdict) -> usize {
    match verdict {
        Verdict::Regressed => 0,
        Verdict::Improved => 1,
        Verdict::SameBinary => 2,
        Verdict::Undecided => 3,
        Verdict::Equal => 4,
    }
}
