//! An A/A comparison of a tiny build: the smallest change that would be detected on this machine.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::collector::{self, CollectError, Invocation, Options, PADDING_VARIABLE};
use crate::figures;
use crate::forc::command;
use crate::model::{Benchmark, Metric, Toolchain};
use crate::os::Interrupt;
use crate::os::scratch::{Scratch, ScratchError};
use crate::stats;
use crate::suite::Scenario;

/// The project that is built: a script that does nothing, without std.
const MANIFEST: &str = include_str!("project/Forc.toml");
const SOURCE: &str = include_str!("project/src/main.sw");

/// The minimum number of pairs, however long they take, and the maximum.
const FEWEST_PAIRS: usize = 5;
const MOST_PAIRS: usize = 2000;

/// The time after which a build of the tiny project is ended as hung.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// The assumed duration of a measurement.
const MEASUREMENT: Duration = Duration::from_secs(600);
/// The number of short builds that share it, or of real programs with builds of this duration.
const SHORT_BUILDS: usize = 20;
const REAL_PROGRAMS: usize = 4;
const REAL_BUILD: Duration = Duration::from_secs(6);
/// The number of figures, and the probability that any of them is wrong.
const FIGURES: f64 = 60.0;
const LEVEL: f64 = 0.01;
/// The probability that a change is detected.
const POWER: f64 = 0.8;

/// A larger change of CPU time is visible without a harness: a machine that detects no smaller one is useless.
const USELESS_CHANGE: f64 = 0.25;

/// The metrics of the trial.
const METRICS: [Metric; 3] = [Metric::Cpu, Metric::PeakMemory, Metric::Wall];

/// The result of an A/A comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trial {
    /// The compiler's version.
    pub compiler: String,
    /// The number of pairs of builds.
    pub pairs: usize,
    /// Their total duration, in seconds.
    pub seconds: f64,
    /// The median wall time of a build, in seconds.
    pub build_seconds: f64,
    /// By metric, the robust standard deviation of the logarithm of a pair's ratio.
    pub deviations: Vec<(Metric, f64)>,
    /// What would be detected in ten minutes for many short builds like this one.
    pub short: Outlook,
    /// What would be detected in ten minutes for a few real programs, if their pairs differ as much as these.
    pub real: Outlook,
}

/// The smallest changes that a measurement of ten minutes would detect with a probability of 80 %.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outlook {
    /// The number of benchmarks that share the time.
    pub benchmarks: usize,
    /// The resulting number of pairs of each.
    pub pairs: usize,
    /// By metric, the change as a fraction; absent if there are too few pairs to detect any.
    pub changes: Vec<(Metric, Option<f64>)>,
}

impl Trial {
    /// Whether not even a large change would be detected.
    pub fn is_useless(&self) -> bool {
        let cpu = self.short.changes.iter().find(|(metric, _)| *metric == Metric::Cpu);
        cpu.is_some_and(|(_, change)| change.is_none_or(|change| change > USELESS_CHANGE))
    }
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The tiny project cannot be written.
    #[error("cannot write a tiny project to {}: {source}; TMPDIR may name another folder", path.display())]
    Write {
        /// Its path.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// There is no temporary folder.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// The compiler cannot be run.
    #[error(transparent)]
    Collect(#[from] CollectError),
    /// The compiler does not build it.
    #[error("forc {version} does not build a script without std: {message}")]
    Failed {
        /// The compiler's version.
        version: String,
        /// The last line of its output.
        message: String,
    },
    /// The user stopped it.
    #[error("interrupted")]
    Interrupted,
}

/// The smallest change of a median ratio that `pairs` pairs detect with a probability of 80 %, as a fraction, if the
/// logarithms of the pairs' ratios have this standard deviation and a figure may be wrong with the probability `level`;
/// `None` for fewer than two pairs, or for an invalid deviation or level.
///
/// It is `exp((t(1 − level/2) + t(0.8)) · deviation / √pairs) − 1` with the quantiles of Student's t with `pairs − 1`
/// degrees of freedom: what a paired t-test of the logarithms would detect.
pub fn smallest_change(deviation: f64, pairs: usize, level: f64) -> Option<f64> {
    if pairs < 2 || !deviation.is_finite() || deviation < 0.0 || !(level > 0.0 && level < 1.0) {
        return None;
    }
    let student = StudentsT::new(0.0, 1.0, (pairs - 1) as f64).ok()?;
    let quantiles = student.inverse_cdf(1.0 - level / 2.0) + student.inverse_cdf(POWER);
    let change = (quantiles * deviation / (pairs as f64).sqrt()).exp_m1();
    change.is_finite().then_some(change)
}

/// Builds a tiny project with one compiler in pairs for about `duration`, and computes which change would be detected.
///
/// A benchmark is assumed to have at most `most_pairs` pairs, as in a comparison.
///
/// # Errors
/// If the project cannot be written or built, or the user stops it.
pub fn trial(
    toolchain: &Toolchain,
    duration: Duration,
    most_pairs: usize,
    interrupt: &Interrupt,
) -> Result<Trial, TrialError> {
    let folder = Scratch::new()?;
    let project = folder.path().join("tiny");
    write_project(&project).map_err(|source| TrialError::Write { path: project.clone(), source })?;
    let builder = Builder { toolchain, project: &project, metrics_file: folder.path().join("metrics.json"), interrupt };
    let mut random = fastrand::Rng::new();
    // The first build reads the compiler from the disk.
    builder.build(&mut random)?;
    let began = Instant::now();
    let mut pairs = Vec::new();
    while pairs.len() < MOST_PAIRS && (pairs.len() < FEWEST_PAIRS || began.elapsed() < duration) {
        pairs.push([builder.build(&mut random)?, builder.build(&mut random)?]);
    }
    let elapsed = began.elapsed();
    let walls: Vec<f64> = pairs.iter().flatten().filter_map(|run| figures::of_run(run, Metric::Wall)).collect();
    let build = stats::median(&walls).unwrap_or_default() / 1e9;
    Ok(conclude(toolchain.version.clone(), &pairs, elapsed, build, most_pairs))
}

fn conclude(compiler: String, pairs: &[[Benchmark; 2]], elapsed: Duration, build: f64, most: usize) -> Trial {
    let deviations: Vec<(Metric, f64)> =
        METRICS.into_iter().filter_map(|metric| Some((metric, deviation(pairs, metric)?))).collect();
    // Includes the time between builds, as a measurement spends that, too.
    let pair = elapsed.as_secs_f64() / pairs.len().max(1) as f64;
    let outlook = |benchmarks: usize, pair: f64| {
        let fit = MEASUREMENT.as_secs_f64() / (benchmarks as f64 * pair.max(1e-6));
        let pairs = (fit as usize).min(most);
        // A difference below the threshold is not reported as a change, however precise it is.
        let change = |(metric, deviation): &(Metric, f64)| {
            let shown = smallest_change(*deviation, pairs, LEVEL / FIGURES);
            (*metric, shown.map(|change| change.max(metric.spec().threshold)))
        };
        Outlook { benchmarks, pairs, changes: deviations.iter().map(change).collect() }
    };
    Trial {
        compiler,
        pairs: pairs.len(),
        seconds: elapsed.as_secs_f64(),
        build_seconds: build,
        short: outlook(SHORT_BUILDS, pair),
        real: outlook(REAL_PROGRAMS, 2.0 * REAL_BUILD.as_secs_f64()),
        deviations,
    }
}

/// The robust standard deviation of the logarithms of the pairs' ratios: 1.4826 times the median distance from the
/// median, which single outliers hardly affect. `None` if a run lacks the metric.
fn deviation(pairs: &[[Benchmark; 2]], metric: Metric) -> Option<f64> {
    let log_ratio = |[a, b]: &[Benchmark; 2]| {
        let ratio = figures::of_run(b, metric)? / figures::of_run(a, metric)?;
        Some(ratio.ln()).filter(|log| log.is_finite())
    };
    let logs: Vec<f64> = pairs.iter().map(log_ratio).collect::<Option<_>>()?;
    let median = stats::median(&logs)?;
    let distances: Vec<f64> = logs.iter().map(|log| (log - median).abs()).collect();
    Some(1.4826 * stats::median(&distances)?)
}

fn write_project(project: &Path) -> io::Result<()> {
    fs::create_dir_all(project.join("src"))?;
    fs::write(project.join("Forc.toml"), MANIFEST)?;
    fs::write(project.join("src/main.sw"), SOURCE)
}

struct Builder<'a> {
    toolchain: &'a Toolchain,
    project: &'a Path,
    metrics_file: PathBuf,
    interrupt: &'a Interrupt,
}

impl Builder<'_> {
    fn build(&self, random: &mut fastrand::Rng) -> Result<Benchmark, TrialError> {
        let padding: OsString = "x".repeat(random.usize(..4096)).into();
        let invocation = Invocation {
            program: self.toolchain.path.clone(),
            args: command::build_args(self.toolchain, self.project, &Scenario::debug(), &[], &self.metrics_file),
            env: vec![(PADDING_VARIABLE.into(), padding)],
            folder: self.project.to_owned(),
        };
        let options = Options { time_limit: TIME_LIMIT, ..Options::default() };
        let recording = collector::collect(&invocation, &options, self.interrupt)?;
        if self.interrupt.requested() {
            return Err(TrialError::Interrupted);
        }
        if recording.ended.is_some() || !recording.exit.success() {
            let output = format!("{}\n{}", recording.stdout, recording.stderr);
            let last = output.lines().map(str::trim).rfind(|line| !line.is_empty());
            let message = last.unwrap_or("it printed nothing").chars().take(200).collect();
            return Err(TrialError::Failed { version: self.toolchain.version.clone(), message });
        }
        Ok(collector::assemble("tiny".to_owned(), self.project, self.toolchain.capabilities.protocol, recording))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(change: Option<f64>, expected: f64) {
        let change = change.unwrap();
        // With very many degrees of freedom, the quantiles of `statrs` are exact to about 0.1 %.
        assert!((change / expected - 1.0).abs() < 2e-3, "{change} is not {expected}");
    }

    #[test]
    fn the_smallest_change_is_that_of_a_paired_t_test() {
        // t of 9 degrees of freedom: 2.262157 at 0.975, 0.883404 at 0.8. Tables of Student's t.
        close(smallest_change(0.02, 10, 0.05), ((2.262_157 + 0.883_404) * 0.02 / 10f64.sqrt()).exp_m1());
        // t of 4: 4.604095 at 0.995, 0.940965 at 0.8.
        close(smallest_change(0.1, 5, 0.01), ((4.604_095 + 0.940_965) * 0.1 / 5f64.sqrt()).exp_m1());
        // With very many, those of the normal distribution: 2.575829 and 0.841621.
        close(smallest_change(0.05, 1_000_000, 0.01), f64::exp_m1((2.575_829 + 0.841_621) * 0.05 / 1000.0));
    }

    #[test]
    fn more_pairs_and_less_noise_detect_smaller_changes() {
        let change = |deviation, pairs| smallest_change(deviation, pairs, LEVEL / FIGURES).unwrap();
        assert!(change(0.02, 12) > change(0.02, 74) && change(0.02, 74) > change(0.01, 74));
        assert_eq!(change(0.0, 12), 0.0);
    }

    #[test]
    fn an_invalid_sample_detects_nothing() {
        for (deviation, pairs, level) in [
            (0.1, 0, 0.01),
            (0.1, 1, 0.01),
            (f64::NAN, 9, 0.01),
            (-1.0, 9, 0.01),
            (0.1, 9, 0.0),
            (0.1, 9, 1.0),
            (1e9, 9, 0.01),
        ] {
            assert_eq!(smallest_change(deviation, pairs, level), None, "{deviation} {pairs} {level}");
        }
    }

    #[test]
    fn the_real_programs_have_the_pairs_that_fit() {
        let run = crate::testing::report(1).benchmarks[0].runs[0].clone();
        let pairs = vec![[run.clone(), run]; 10];
        let trial = conclude("0.72.1".to_owned(), &pairs, Duration::from_secs(1), 0.05, 200);
        // 600 s / (4 × 12 s), and 600 s / (20 × 0.1 s), limited to the 200 of a comparison.
        assert_eq!((trial.real.pairs, trial.short.pairs), (12, 200));
        assert!(trial.deviations.iter().all(|(_, deviation)| *deviation == 0.0) && !trial.is_useless());
    }

    #[test]
    fn an_outlier_does_not_change_the_deviation() {
        let template = crate::testing::report(1).benchmarks[0].runs[0].clone();
        let lasting = |seconds: f64| {
            let mut run = template.clone();
            run.end_time = run.start_time.map(|start| start.saturating_add(Duration::from_secs_f64(seconds)));
            run
        };
        // Ratios of 1.01 and 1/1.01 in turns.
        let mut pairs: Vec<[Benchmark; 2]> = (0..20)
            .map(|number| if number % 2 == 0 { [lasting(1.0), lasting(1.01)] } else { [lasting(1.01), lasting(1.0)] })
            .collect();
        let calm = deviation(&pairs, Metric::Wall).unwrap();
        assert!((calm / (1.4826 * 1.01f64.ln()) - 1.0).abs() < 1e-6, "{calm}");
        pairs[0] = [lasting(1.0), lasting(9.0)];
        let with_outlier = deviation(&pairs, Metric::Wall).unwrap();
        assert!((with_outlier / calm - 1.0).abs() < 0.1, "{with_outlier} {calm}");
    }
}
