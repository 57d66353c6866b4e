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

use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{Criterion, PlottingBackend, SamplingMode};

use super::replay_error::ReplayError;
use crate::model::{Benchmark, Measured};
use crate::report::file;
use crate::schedule::MIN_SAMPLES;
use crate::suite::{Selection, is_target_list};
use crate::summary;

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

/// The series of a benchmark: its wall time and its phases', each summed over all packages.
///
/// A phase that some run lacks, or whose time was ever below the clock's resolution, is left out: Criterion would take a
/// zero for the end of the benchmark. So is a series that is one same number throughout, on which its comparison panics.
pub fn series(measured: &Measured) -> Vec<Series> {
    let whole: Option<Vec<Duration>> = measured.runs.iter().map(Benchmark::wall).collect();
    let rows: Vec<_> = measured.runs.iter().filter_map(summary::attribute).collect();
    let phases = measured.phases.iter().filter_map(|phase| {
        let name = phase.phase.clone()?;
        let of_run = |rows: &Vec<summary::Row>| {
            let row = rows.iter().find(|row| row.key.phase.as_ref() == Some(&name) && row.key.depth == phase.depth)?;
            Some(Duration::from_nanos(row.wall as u64))
        };
        let samples: Option<Vec<Duration>> = rows.iter().map(of_run).collect();
        Some(Series { name: name.clone(), samples: samples? })
    });
    let whole = whole.map(|samples| Series { name: WHOLE.to_owned(), samples });
    whole
        .into_iter()
        .chain(phases)
        .filter(|series| series.samples.len() >= MIN_SAMPLES && series.samples.iter().all(|sample| !sample.is_zero()))
        .filter(|series| series.samples.windows(2).any(|pair| pair[0] != pair[1]))
        .collect()
}

/// Gives all series of the report at `path` to Criterion, which takes its own settings from the command line.
///
/// # Errors
/// If the report cannot be read or holds nothing that is selected and can be replayed, or Criterion did not take the samples
/// as they are.
pub fn replay(path: &Path, selection: &Selection) -> Result<(), ReplayError> {
    let report = file::read(path)?;
    crate::chart::register_fonts();
    let mut criterion =
        Criterion::default().nresamples(RESAMPLES).configure_from_args().plotting_backend(PlottingBackend::Plotters);
    // Patterns may name the suite's folder, as they may where benchmarks are selected to be measured.
    let suite = report.settings.suite.canonicalize().unwrap_or_else(|_| report.settings.suite.clone());
    let suite = if is_target_list(&suite) { suite.file_stem() } else { suite.file_name() };
    let suite = suite.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut replayed = 0;
    for measured in &report.benchmarks {
        let whole_benchmark = selection.selects(&suite, &measured.id);
        for series in series(measured) {
            let id = format!("{}/{}", measured.id, series.name);
            if whole_benchmark || selection.selects(&suite, &id) {
                replay_series(&mut criterion, &measured.id, &series, &id)?;
                replayed += 1;
            }
        }
    }
    if replayed == 0 {
        return Err(ReplayError::Nothing(path.to_owned()));
    }
    criterion.final_summary();
    Ok(())
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
    group.bench_function(series.name.as_str(), |bencher| {
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

/// Lets real time pass on the processor: a sleep would take longer than asked for.
fn spin(duration: Duration) {
    let started = Instant::now();
    while started.elapsed() < duration {
        std::hint::spin_loop();
    }
}
