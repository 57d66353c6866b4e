//! The benchmarks of a comparison in the order in which they matter: worst first.

use crate::model::{BenchmarkFindings, Comparison, Figure, Findings, Metric, OutputFinding, Scope, Verdict};

/// Wall time stands for a benchmark unless another of its figures changed at more than so many times its size.
pub(crate) const CLEARLY_MORE: f64 = 2.0;

/// So many metrics have a column of their own in a table without asking which of them matter.
const FEW_METRICS: usize = 6;

/// What there is to say of a benchmark on a side, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// It could not be built: no ratio says that.
    Failed,
    /// A figure became worse.
    Regressed,
    /// Nothing became worse, but the compilers made different things of it.
    Different,
    /// A figure became better.
    Improved,
    /// A figure became worse or better, but both compilers are one binary: the change is the machine's.
    SameBinary,
    /// There is nothing to hold against each other, without a failure: it was not reached.
    Unmeasured,
    /// It was measured on both sides, but no cost of it can be compared; a size may be the same.
    Uncompared,
    /// The data cannot tell.
    Undecided,
    /// Shown not to have changed by what would matter.
    Equal,
}

impl Class {
    /// Whether something became different, if only its output.
    pub(crate) fn is_change(self) -> bool {
        matches!(self, Self::Regressed | Self::Different | Self::Improved)
    }

    /// Whether it is said without being asked for.
    pub(crate) fn is_decided(self) -> bool {
        !matches!(self, Self::Undecided)
    }
}

/// One benchmark on one side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    /// The side, as an index into the comparison's.
    pub(crate) side: usize,
    /// The benchmark's place among the findings, which is its place on every side.
    pub(crate) index: usize,
    pub(crate) benchmark: &'a BenchmarkFindings,
    pub(crate) class: Class,
    /// The figure that stands for it; absent where nothing was measured.
    pub(crate) lead: Option<&'a Figure>,
}

impl<'a> Row<'a> {
    /// The figure that stands for what is undecided of it: wall time if that is, else the first that is. None of what is
    /// known to have regressed or failed.
    pub(crate) fn open(&self) -> Option<&'a Figure> {
        let open = || self.benchmark.undecided();
        let wall = || open().find(|figure| figure.metric.is_wall());
        if self.benchmark.is_open() { wall().or_else(|| open().next()) } else { None }
    }

    /// Whether the figure that stands for it changed, so that phases may say where.
    pub(crate) fn has_change(&self) -> bool {
        self.lead.is_some_and(|lead| lead.verdict.is_change())
    }
}

/// The rows of all sides but the control, worst first.
pub(crate) fn rows(comparison: &Comparison) -> Vec<Row<'_>> {
    sorted(comparison.answers().flat_map(rows_in_order).collect())
}

/// The rows of one side, worst first.
pub(crate) fn rows_of(findings: &Findings) -> Vec<Row<'_>> {
    sorted(rows_in_order(findings).collect())
}

fn rows_in_order(findings: &Findings) -> impl Iterator<Item = Row<'_>> {
    findings.benchmarks.iter().enumerate().map(|(index, benchmark)| Row {
        side: findings.side,
        index,
        benchmark,
        class: class(benchmark),
        lead: lead(benchmark),
    })
}

fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by(|a, b| {
        let by_size = || weight(b).total_cmp(&weight(a));
        let failed_on = |row: &Row| {
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

/// What a row is sorted by within its class.
fn weight(row: &Row) -> f64 {
    let Some(lead) = row.lead else { return 0.0 };
    let value = match row.class {
        // As bad as it may be.
        Class::Undecided => lead.high,
        Class::Equal => lead.ratio,
        _ => size(lead),
    };
    if value.is_nan() { 0.0 } else { value }
}

/// The size of a change, the same for twice as much and for half as much.
pub(crate) fn size(figure: &Figure) -> f64 {
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

/// The class of a benchmark whatever became of its output.
pub(crate) fn class_by_figures(benchmark: &BenchmarkFindings) -> Class {
    match benchmark.verdict {
        _ if benchmark.failed.is_some() => Class::Failed,
        Some(Verdict::Regressed) => Class::Regressed,
        Some(Verdict::Improved) => Class::Improved,
        Some(Verdict::SameBinary) => Class::SameBinary,
        Some(Verdict::Undecided) => Class::Undecided,
        // A file from before may say so of what has no more than a size.
        Some(Verdict::Equal) if benchmark.scope() == Scope::Costs => Class::Equal,
        _ if benchmark.pairs > 0 || !benchmark.figures.is_empty() => Class::Uncompared,
        _ => Class::Unmeasured,
    }
}

/// The figure that stands for a benchmark: of those that have its verdict wall time, unless another one changed by far
/// more, else the one that changed most.
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

/// The metrics that have a figure of whole runs anywhere, in the order in which they come.
pub(crate) fn primary_metrics(comparison: &Comparison) -> Vec<Metric> {
    let mut metrics = Vec::new();
    let figures = comparison.answers().flat_map(|findings| &findings.benchmarks).flat_map(|one| &one.figures);
    for figure in figures.filter(|figure| figure.decides()) {
        if !metrics.contains(&figure.metric) {
            metrics.push(figure.metric);
        }
    }
    metrics
}

/// Those of them that have a column in a table: all if they are few, else the ones that are always looked at and those in
/// which anything changed.
pub(crate) fn table_metrics(comparison: &Comparison) -> Vec<Metric> {
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

/// The metric that a benchmark's verdict is told by.
pub(crate) fn lead_metric(benchmark: &BenchmarkFindings) -> Option<Metric> {
    lead(benchmark).map(|figure| figure.metric)
}

/// A verdict's place among others, worst first, and what is decided before what is not.
pub(crate) fn rank(verdict: Verdict) -> usize {
    match verdict {
        Verdict::Regressed => 0,
        Verdict::Improved => 1,
        Verdict::SameBinary => 2,
        Verdict::Undecided => 3,
        Verdict::Equal => 4,
    }
}
