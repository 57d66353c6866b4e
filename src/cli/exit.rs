use std::process::ExitCode;

use crate::model::{Completion, Report};

/// How a command ends. The numbers are stable: scripts rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 0: success.
    Success,
    /// 1: a benchmark failed, or a part of the suite could not be read; the rest was measured. In `nightly`: a benchmark
    /// failed or is missing for the first time, or the measurement did not finish.
    BenchmarkFailed,
    /// 1 as well: this machine cannot measure.
    CannotMeasure,
    /// 2: the command line is wrong.
    Usage,
    /// 3: nothing was measured at all.
    NothingMeasured,
    /// 4: the harness itself could not continue: no compiler, no suite, a full disk.
    HarnessError,
    /// 5: a comparison found a regression, or `nightly` a new one.
    Regression,
    /// 6: a comparison could not decide every benchmark, and was to fail in that case.
    Undecided,
    /// 130: interrupted; what had been measured is kept.
    Interrupted,
}

impl Outcome {
    /// The exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::BenchmarkFailed | Self::CannotMeasure => 1,
            Self::Usage => 2,
            Self::NothingMeasured => 3,
            Self::HarnessError => 4,
            Self::Regression => 5,
            Self::Undecided => 6,
            Self::Interrupted => 130,
        }
    }

    /// The outcome of a measurement with this report.
    pub fn of(report: &Report) -> Self {
        let failed = report.benchmarks.iter().any(|benchmark| !benchmark.failures.is_empty());
        let broken = report.skipped.iter().any(|skipped| skipped.broken);
        if report.completion == Completion::Interrupted {
            Self::Interrupted
        } else if !report.has_measurements() {
            Self::NothingMeasured
        } else if failed || broken {
            Self::BenchmarkFailed
        } else {
            Self::Success
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(outcome.code())
    }
}

/// The exit codes for the help.
pub const EXIT_CODES: &str = "\
Exit codes:
  0    success
  1    a benchmark failed (in a comparison: on any side), or a part of the suite could not be read; the rest was measured;
       nightly: a benchmark failed or is missing for the first time, or the measurement did not finish;
       doctor: measurements on this machine would be useless
  2    the command line is wrong
  3    nothing was measured
  4    the harness could not continue: no compiler, no suite, a full disk
  5    compare, diff, show: a regression; nightly: a new one
  6    compare, diff, show with --fail-on undecided: no regression, but a benchmark is undecided
  130  interrupted; what had been measured is kept";
