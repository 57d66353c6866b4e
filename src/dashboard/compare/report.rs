//! The figures of one report, as the compare page takes them.

use serde::Serialize;

use super::script::{Samples, script};
use crate::chart::text::clean;
use crate::compare::{EXPLAINING, Extract, METRICS, OF_PHASES};
use crate::history::{CommitRef, Figure, MachineClass, Provenance, ReportInfo};
use crate::model::{Completion, Environment, Measured, Metric, Origin, Report};

/// The version of the data files' layout. The page refuses any other.
pub const DATA_VERSION: u32 = 1;

/// Of a failure's message, so many characters are told.
const LONGEST_MESSAGE: usize = 240;
/// Of a hash, so many digits are told: of a thousand files, no two come to the same by chance.
const HASH: usize = 16;
/// Of a report's digest, so many digits are in its name.
const DIGEST: usize = 8;

/// What a report's data file and links to it are called: its commit, and what tells it from other reports of that, such
/// as `0a1b2c3d4e-89abcdef`. The same report has the same name in every history.
pub fn report_id(info: &ReportInfo) -> String {
    let what = info.commit.as_ref().map_or("report", |commit| commit.short());
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    let what: String = what.chars().take(40).map(plain).collect();
    // A name that begins with a dot would be hidden.
    let what = what.trim_start_matches('.');
    format!("{what}-{}", info.digest.get(..DIGEST).unwrap_or(&info.digest))
}

/// A report. Keys are short, as there are thousands of files.
#[derive(Serialize)]
struct Data {
    /// The layout's version.
    v: u32,
    /// The report's [`report_id`].
    id: String,
    /// What it is called: its commit, short, or the compiler's version.
    n: String,
    /// The commit's whole id.
    c: Option<String>,
    /// The commit's subject.
    s: String,
    /// When the commit was made.
    t: Option<String>,
    /// How a command line names the compiler, and the repository that it is in; absent where it was given by a path.
    k: Option<String>,
    /// The address of the compiler's repository, where it is one that others can reach.
    g: Option<String>,
    /// When it was measured.
    d: String,
    /// The version that the compiler claims.
    w: String,
    /// The digest of its binary, in part; empty where it is not known.
    f: String,
    /// Who measured.
    o: &'static str,
    /// The machine, in words.
    m: String,
    /// The host's name; with the processors it is what tells machines apart.
    h: Option<String>,
    /// The processors: models in their order, with how many there are of each in a row.
    u: Vec<(String, usize)>,
    /// The std that was given.
    l: Option<String>,
    /// Whether all that was asked for was measured.
    z: bool,
    /// The metrics, which the benchmarks name by their places here.
    q: Vec<Metric>,
    /// The phases and how many contain each, which the benchmarks name by their places here.
    p: Vec<(String, u32)>,
    /// The benchmarks.
    b: Vec<OfBenchmark>,
}

/// A benchmark of a report.
#[derive(Serialize)]
struct OfBenchmark {
    /// Its id.
    i: String,
    /// How many runs it has.
    r: usize,
    /// The last failure: its kind, its message, and the phase that was open.
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<(&'static str, String, Option<String>)>,
    /// The files that were written, each with the begin of its hash; by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    o: Vec<(String, String)>,
    /// Figures of whole runs: the metric's place, samples, and what these are multiples of, where it is not 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    w: Vec<OfMetric>,
    /// Figures of phases in the compiler's order: the phase's place, and samples of each of the metrics that phases have, in
    /// their order; null for what not every run has, but of the wall time, which says which runs have the phase.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    p: Vec<Vec<Column>>,
    /// Counted instructions.
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<OfCounts>,
}

/// A figure of whole runs.
#[derive(Serialize)]
#[serde(untagged)]
enum OfMetric {
    Plain(usize, Samples),
    /// Pages, blocks or ticks, of which the samples are whole numbers.
    In(usize, Samples, u16),
}

impl OfMetric {
    fn of(place: usize, values: &[f64]) -> Self {
        let varies = values.windows(2).any(|pair| pair[0].to_bits() != pair[1].to_bits());
        let unit = UNITS.into_iter().find(|unit| values.iter().all(|value| value % f64::from(*unit) == 0.0));
        match unit.filter(|_| varies) {
            Some(unit) => {
                let values: Vec<f64> = values.iter().map(|value| value / f64::from(unit)).collect();
                Self::In(place, Samples::all(&values), unit)
            }
            None => Self::Plain(place, Samples::all(values)),
        }
    }
}

/// What a machine counts memory, time and the disk in.
const UNITS: [u16; 3] = [4096, 1000, 512];

/// What callgrind has counted of a benchmark.
#[derive(Serialize)]
struct OfCounts {
    /// How often it was counted.
    r: usize,
    /// Of whole builds.
    t: Samples,
    /// Of phases: the phase's place, and samples.
    p: Vec<(usize, Samples)>,
}

/// An element of a phase's row.
#[derive(Serialize)]
#[serde(untagged)]
enum Column {
    /// The phase's place.
    Place(usize),
    /// What not every run has.
    Absent,
    /// A metric.
    Samples(Samples),
}

/// The data file of a report: a script of one call with nothing but data.
///
/// What was measured of whole runs that a report has no place for, as imported records have it, is among the figures.
pub fn report_data(id: &str, report: &Report, provenance: &Provenance) -> String {
    let mut phases: Vec<(String, u32)> = Vec::new();
    let all_metrics: Vec<Metric> = METRICS.into_iter().chain(EXPLAINING).collect();
    let benchmarks = report
        .benchmarks
        .iter()
        .map(|measured| benchmark(measured, &provenance.figures, &all_metrics, &mut phases))
        .collect();
    let commit = provenance.commit.as_ref();
    let (compiler, repository) = compiler(report, commit);
    let data = Data {
        v: DATA_VERSION,
        id: id.to_owned(),
        n: commit.map_or_else(|| report.toolchain.version.clone(), |commit| commit.short().to_owned()),
        c: commit.map(|commit| commit.id.clone()),
        s: commit.map_or_else(String::new, |commit| commit.subject.clone()),
        t: commit.and_then(|commit| commit.time.clone()),
        k: compiler,
        g: repository,
        d: report.created.clone(),
        w: report.toolchain.version.clone(),
        f: begin(&report.toolchain.sha256, HASH),
        o: provenance.source.name(),
        m: MachineClass::of(&report.environment).to_string(),
        h: report.environment.host.clone(),
        u: processors(&report.environment),
        l: report.settings.std.as_ref().map(|std| std.display().to_string()),
        z: report.completion == Completion::Complete,
        q: all_metrics,
        p: Vec::new(),
        b: benchmarks,
    };
    script("report", &Data { p: phases, ..data })
}

fn benchmark(
    measured: &Measured,
    figures: &[Figure],
    all_metrics: &[Metric],
    phases: &mut Vec<(String, u32)>,
) -> OfBenchmark {
    let extract = Extract::of(measured);
    let mut place = |phase: &(String, u32)| {
        phases.iter().position(|known| known == phase).unwrap_or_else(|| {
            phases.push(phase.clone());
            phases.len() - 1
        })
    };
    let recorded = |metric: Metric| {
        let own = figures.iter().find(|figure| figure.benchmark == measured.id && figure.metric == metric)?;
        (own.values.len() == extract.runs && extract.runs > 0).then_some(own.values.as_slice())
    };
    let whole = all_metrics.iter().enumerate().filter_map(|(index, metric)| {
        Some(OfMetric::of(index, extract.values(*metric).or_else(|| recorded(*metric))?))
    });
    let of_phases = extract.phases.order.iter().map(|phase| {
        let mut row = vec![Column::Place(place(phase))];
        let costs = || extract.phases.runs.iter().map(|run| run.get(phase));
        row.extend(OF_PHASES.into_iter().map(|(metric, of)| {
            let values: Vec<Option<f64>> = costs().map(|cost| cost.and_then(of)).collect();
            if metric == Metric::Wall || values.iter().all(Option::is_some) {
                Column::Samples(Samples::of(values))
            } else {
                Column::Absent
            }
        }));
        while matches!(row.last(), Some(Column::Absent)) {
            row.pop();
        }
        row
    });
    let of_phases: Vec<Vec<Column>> = of_phases.collect();
    let counted = extract.counted.as_ref().map(|counted| OfCounts {
        r: counted.totals.len(),
        t: Samples::all(&counted.totals),
        p: counted.phases.iter().map(|(phase, counts)| (place(phase), Samples::of(counts.iter().copied()))).collect(),
    });
    let mut outputs: Vec<(String, String)> =
        measured.outputs.iter().map(|file| (file.path.clone(), begin(&file.sha256, HASH))).collect();
    // Of two of one name the last counts.
    outputs.sort_by(|a, b| a.0.cmp(&b.0));
    outputs.reverse();
    outputs.dedup_by(|a, b| a.0 == b.0);
    outputs.reverse();
    OfBenchmark {
        i: measured.id.clone(),
        r: extract.runs,
        x: measured.failures.last().map(|failure| {
            (failure.kind.name(), clean(&begin(&failure.message, LONGEST_MESSAGE)).into_owned(), failure.phase.clone())
        }),
        o: outputs,
        w: whole.collect(),
        p: of_phases,
        n: counted,
    }
}

fn begin(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// The processors' models in their order, each with how many there are of it in a row.
fn processors(environment: &Environment) -> Vec<(String, usize)> {
    environment
        .cpus
        .chunk_by(|a, b| a.brand == b.brand)
        .filter_map(|same| Some((same.first()?.brand.clone(), same.len())))
        .collect()
}

/// How a command line names the compiler, and the address of its repository.
fn compiler(report: &Report, commit: Option<&CommitRef>) -> (Option<String>, Option<String>) {
    match &report.toolchain.origin {
        Origin::Release(version) => (Some(version.clone()), None),
        Origin::Fuelup(name) => (Some(format!("+{name}")), None),
        // A work tree that was changed is on nobody else's machine.
        Origin::Revision(revision) if revision.tree.is_some() => (None, None),
        Origin::Revision(revision) => {
            let address = Some(&revision.repository).filter(|repository| repository.contains("://"));
            (Some(revision.commit.clone()), address.cloned())
        }
        // Whoever recorded it may have known better.
        Origin::Path | Origin::Variable | Origin::SearchPath => {
            let named = |commit: &CommitRef| match commit.id.strip_prefix('v') {
                Some(version) => version.to_owned(),
                None => commit.id.clone(),
            };
            (commit.map(named), None)
        }
    }
}
