//! Recorded samples through Criterion.
//!
//! Criterion measures one number at a time, but a run of the compiler gives many that belong together. Therefore the runs are
//! made first, with this harness's own schedule. Then each series (the wall time of the whole run, and of each phase) is
//! given to Criterion as a benchmark whose routine returns the recorded samples, one per call, to the nanosecond.
//!
//! This relies on the following behaviour of Criterion 0.8. The warm-up calls the routine until the *real* time of the calls
//! exceeds `warm_up_time`, so a call that spins for a millisecond is the only one. With a mean of about a millisecond and
//! `Flat` sampling, `measurement_time = 2 ms × n` makes it request n samples of two iterations each (or another number, if
//! the spinning thread was preempted), and it divides the result by the iterations.

use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{Criterion, PlottingBackend, SamplingMode};
use sha2::{Digest, Sha256};

use super::programs::{Baseline, Programs};
use super::replay_error::ReplayError;
use crate::cli::say_on_stderr;
use crate::figures;
use crate::model::{Benchmark, Measured};
use crate::report::file;
use crate::session::schedule::MIN_SAMPLES;
use crate::suite::{Selection, is_target_list};
use crate::text::hex;

/// Real time of the single warm-up call, from which Criterion estimates the time of an iteration.
const WARM_UP: Duration = Duration::from_millis(1);
/// Resamples of the bootstrap. Criterion's own default of 100,000 would take hours for hundreds of series; with 10,000 the
/// analysis took 0.5 s of CPU time per series, with 2,000 it takes 0.1 s, and each bound of a 95 % interval still has 50
/// resamples beyond it.
const RESAMPLES: usize = 2_000;

/// One series of samples for Criterion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// `wall` for the whole run, else the name of the phase.
    pub name: String,
    /// One sample per run, in the order of the runs.
    pub samples: Vec<Duration>,
}

/// The name of the series of whole runs.
pub const WHOLE: &str = "wall";

/// The shortest time that Criterion accepts: it takes a zero as the end of the benchmark.
const SHORTEST: Duration = Duration::from_nanos(1);

/// The series of a benchmark: its wall time and those of its phases, each summed over all packages.
///
/// The set of series depends only on the benchmark, not on single runs, as Criterion compares each with the same one of the
/// previous measurement: a run without a phase, or with a time of zero for it, counts as one nanosecond. Criterion's comparison
/// panics on a constant series, so the last sample of one gets an extra nanosecond.
pub fn series(measured: &Measured) -> Vec<Series> {
    let whole: Option<Vec<Duration>> = measured.runs.iter().map(Benchmark::wall).collect();
    let rows: Vec<_> = measured.runs.iter().filter_map(figures::attribute).collect();
    let phases = measured.phases.iter().filter_map(|phase| {
        let name = phase.phase.clone()?;
        let is_it =
            |row: &&figures::AttributionRow| row.key.phase.as_ref() == Some(&name) && row.key.depth == phase.depth;
        let of_run = |rows: &Vec<figures::AttributionRow>| {
            rows.iter().find(is_it).map_or(Duration::ZERO, |row| Duration::from_nanos(row.cost.wall as u64))
        };
        Some(Series { samples: rows.iter().map(of_run).collect(), name: name.clone() })
    });
    let whole = whole.map(|samples| Series { name: WHOLE.to_owned(), samples });
    let all = whole.into_iter().chain(phases).filter(|series| series.samples.len() >= MIN_SAMPLES);
    all.map(|Series { name, mut samples }| {
        samples.iter_mut().for_each(|sample| *sample = (*sample).max(SHORTEST));
        let is_constant = samples.windows(2).all(|pair| pair[0] == pair[1]);
        if let Some(last) = samples.last_mut().filter(|_| is_constant) {
            *last += SHORTEST;
        }
        Series { name, samples }
    })
    .collect()
}

/// Gives all series of the report at `path` to Criterion, which reads its own settings from the command line.
///
/// If Criterion panics on a series, the others are still given to it. A benchmark whose program was edited since its baseline
/// was saved is not compared with that baseline.
///
/// # Errors
/// If the report cannot be read, no selected benchmark can be replayed, or Criterion panicked or changed the samples.
pub fn replay(path: &Path, selection: &Selection) -> Result<(), ReplayError> {
    let report = file::read(path)?;
    crate::chart::register_fonts();
    let new =
        || Criterion::default().nresamples(RESAMPLES).configure_from_args().plotting_backend(PlottingBackend::Plotters);
    let mut criterion = new();
    let baseline = Baseline::of_command_line();
    // As in a measurement, patterns may name the folder of the suite.
    let suite = report.settings.suite.canonicalize().unwrap_or_else(|_| report.settings.suite.clone());
    let suite = if is_target_list(&suite) { suite.file_stem() } else { suite.file_name() };
    let suite = suite.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (mut replayed, mut failed) = (0, None);
    for measured in &report.benchmarks {
        let whole_benchmark = selection.selects(&suite, &measured.id);
        let is_selected =
            |series: &Series| whole_benchmark || selection.selects(&suite, &format!("{}/{}", measured.id, series.name));
        let selected: Vec<Series> = series(measured).into_iter().filter(is_selected).collect();
        if selected.is_empty() {
            continue;
        }
        let group = shortened(&measured.id);
        let programs = Programs::open(&super::criterion_folder().join(directory(&group)));
        let mut apart = None;
        if programs.is_edited(&baseline.name, measured) {
            say_on_stderr(format_args!(
                "{}: the files were edited since the baseline `{}`: not compared with it",
                measured.id, baseline.name
            ));
            // Saved as the first results of its program, without a comparison.
            apart = Some(programs.start_again(&baseline, new()));
        }
        let criterion = apart.as_mut().unwrap_or(&mut criterion);
        for series in selected {
            let id = format!("{}/{}", measured.id, series.name);
            replayed += 1;
            match panic::catch_unwind(AssertUnwindSafe(|| replay_series(criterion, &group, &series, &id))) {
                Ok(Ok(())) => {}
                Ok(Err(error)) => failed = Some(error),
                Err(_) => failed = Some(ReplayError::Panicked(id)),
            }
        }
        programs.keep(&baseline, measured);
    }
    if replayed == 0 {
        return Err(ReplayError::Nothing(path.to_owned()));
    }
    criterion.final_summary();
    failed.map_or(Ok(()), Err)
}

fn replay_series(criterion: &mut Criterion, group: &str, series: &Series, id: &str) -> Result<(), ReplayError> {
    let count = series.samples.len();
    let mut calls = 0;
    let mut group = criterion.benchmark_group(group);
    group
        .sampling_mode(SamplingMode::Flat)
        .sample_size(count)
        .warm_up_time(Duration::from_nanos(1))
        .measurement_time(2 * WARM_UP * u32::try_from(count).unwrap_or(u32::MAX));
    group.bench_function(shortened(&series.name), |bencher| {
        bencher.iter_custom(|iterations| {
            calls += 1;
            if calls == 1 {
                spin(WARM_UP);
                return WARM_UP;
            }
            // Too many calls are reported below; until then any number will do.
            let sample = series.samples.get(calls - 2).copied().unwrap_or(WARM_UP);
            sample.saturating_mul(u32::try_from(iterations).unwrap_or(u32::MAX))
        });
    });
    group.finish();
    // No call: not selected, or a baseline was loaded. One call: Criterion only tested that the benchmark runs.
    if matches!(calls, 0 | 1) || calls == count + 1 {
        return Ok(());
    }
    Err(ReplayError::Mechanics { id: id.to_owned(), calls, expected: count + 1 })
}

/// Criterion cuts names of folders after this many bytes.
const LONGEST_NAME: usize = 64;
/// Hexadecimal digits of the hash that distinguishes names with the same beginning.
const HASH_DIGITS: usize = 12;

/// A name that Criterion does not cut, so that different names have different folders and baselines.
fn shortened(name: &str) -> String {
    if name.len() <= LONGEST_NAME {
        return name.to_owned();
    }
    let mut end = LONGEST_NAME - HASH_DIGITS - 1;
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let hash = hex(&Sha256::digest(name.as_bytes()));
    format!("{}-{}", &name[..end], &hash[..HASH_DIGITS])
}

/// The name of the folder of a group, by the rules of Criterion.
fn directory(group: &str) -> String {
    group.replace(['?', '"', '/', '\\', '*', '<', '>', ':', '|', '^'], "_")
}

/// Waits without giving up the processor: a sleep would take longer than requested.
fn spin(duration: Duration) {
    let started = Instant::now();
    while started.elapsed() < duration {
        std::hint::spin_loop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_stay_distinct_and_short_ones_unchanged() {
        assert_eq!(shortened("apps/amm/debug --tests"), "apps/amm/debug --tests");
        let long = "a".repeat(64);
        let [one, other] = ["x", "y"].map(|end| shortened(&format!("{long}{end}")));
        assert_ne!(one, other);
        assert!(one.len() == LONGEST_NAME && one.starts_with("aaaa"), "{one}");
        assert_eq!(shortened(&long), long);
        assert!(shortened(&"é".repeat(40)).len() <= LONGEST_NAME);
    }
}
