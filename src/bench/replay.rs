//! Recorded samples through Criterion.
//!
//! Criterion measures one number at a time, and a compiler's run yields many that belong together. So the runs are made
//! first, under this harness's own schedule, and then each series (the whole run's wall time, and each phase's) is given
//! to Criterion as a benchmark whose routine returns the recorded samples, one a call, to the nanosecond.
//!
//! It works on these mechanics of Criterion 0.8: the warm-up calls the routine until the *real* time that the calls took
//! exceeds `warm_up_time`, so a call that spins for a millisecond is the only one; with a mean of about a millisecond and
//! `Flat` sampling, `measurement_time = 2 ms × n` has it ask for n samples of two iterations each (or another number, if
//! the spinning thread was preempted), and it divides what it gets by the iterations.

use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{Criterion, PlottingBackend, SamplingMode};
use sha2::{Digest, Sha256};

use super::programs::{Baseline, Programs};
use super::replay_error::ReplayError;
use crate::cli::tell;
use crate::figures;
use crate::model::{Benchmark, Measured};
use crate::report::file;
use crate::session::schedule::MIN_SAMPLES;
use crate::suite::{Selection, is_target_list};
use crate::text::hex;

/// Real time that the one warm-up call takes, and what Criterion then believes an iteration to take.
const WARM_UP: Duration = Duration::from_millis(1);
/// Resamples of the bootstrap. Criterion's own default of 100,000 would take hours for hundreds of series; with 10,000 the
/// analysis took 0.5 s of CPU time a series, with 2,000 it takes 0.1 s, and the ends of a 95 % interval still rest on 50
/// resamples each.
const RESAMPLES: usize = 2_000;

/// One series of samples for Criterion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// `wall` for the whole run, else the phase's name.
    pub name: String,
    /// One sample a run, in the order of the runs.
    pub samples: Vec<Duration>,
}

/// The name of the series of whole runs.
pub const WHOLE: &str = "wall";

/// The shortest time that Criterion can be given: it takes a zero for the end of the benchmark.
const SHORTEST: Duration = Duration::from_nanos(1);

/// The series of a benchmark: its wall time and its phases', each summed over all packages.
///
/// Which series there are depends on the benchmark alone and not on the luck of a run, as Criterion compares each with its
/// like of the run before: a run that lacks a phase, or whose clock saw no time pass in it, counts with a nanosecond. A series
/// that is one same number throughout, on which Criterion's comparison panics, ends on a nanosecond more.
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

/// Gives all series of the report at `path` to Criterion, which takes its own settings from the command line.
///
/// A series on which Criterion panics is told, and the others are still given to it. A benchmark whose program was edited
/// since its baseline was saved is not compared with that.
///
/// # Errors
/// If the report cannot be read or holds nothing that is selected and can be replayed, or Criterion panicked or did not
/// take the samples as they are.
pub fn replay(path: &Path, selection: &Selection) -> Result<(), ReplayError> {
    let report = file::read(path)?;
    crate::chart::register_fonts();
    let new =
        || Criterion::default().nresamples(RESAMPLES).configure_from_args().plotting_backend(PlottingBackend::Plotters);
    let mut criterion = new();
    let baseline = Baseline::of_command_line();
    // Patterns may name the suite's folder, as they may where benchmarks are selected to be measured.
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
            tell(format_args!(
                "{}: the files were edited since the baseline `{}`: not compared with it",
                measured.id, baseline.name
            ));
            // Kept as the first of its program, not compared.
            apart = Some(programs.begin_anew(&baseline, new()));
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
            // More calls than samples are told below; until then any number will do.
            let sample = series.samples.get(calls - 2).copied().unwrap_or(WARM_UP);
            sample.saturating_mul(u32::try_from(iterations).unwrap_or(u32::MAX))
        });
    });
    group.finish();
    // No call: not selected, or a baseline was loaded. One: Criterion only tested that the benchmark runs.
    if matches!(calls, 0 | 1) || calls == count + 1 {
        return Ok(());
    }
    Err(ReplayError::Mechanics { id: id.to_owned(), calls, expected: count + 1 })
}

/// How much of a name Criterion makes a folder's name of, in bytes; the rest it cuts off.
const LONGEST_NAME: usize = 64;
/// So many hexadecimal digits of a hash tell names apart that begin alike.
const HASH_DIGITS: usize = 12;

/// A name that Criterion keeps whole: two that differ have two folders, and so two baselines.
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

/// The folder that Criterion keeps a group in.
fn directory(group: &str) -> String {
    group.replace(['?', '"', '/', '\\', '*', '<', '>', ':', '|', '^'], "_")
}

/// Lets real time pass on the processor: a sleep would take longer than asked for.
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
    fn names_that_begin_alike_stay_apart_and_short_ones_stay_as_they_are() {
        assert_eq!(shortened("apps/amm/debug --tests"), "apps/amm/debug --tests");
        let long = "a".repeat(64);
        let [one, other] = ["x", "y"].map(|end| shortened(&format!("{long}{end}")));
        assert_ne!(one, other);
        assert!(one.len() == LONGEST_NAME && one.starts_with("aaaa"), "{one}");
        assert_eq!(shortened(&long), long);
        assert!(shortened(&"é".repeat(40)).len() <= LONGEST_NAME);
    }
}
