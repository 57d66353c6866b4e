//! The programs of Criterion's baselines.
//!
//! Criterion identifies a benchmark only by its name, and would report an edited one as regressed. Therefore a file beside
//! its own records which program each baseline of a benchmark has measured.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use criterion::Criterion;

use crate::model::Measured;
use crate::report::file;

/// The file, in Criterion's folder of a benchmark.
const FILE: &str = "forc-perf-programs.json";
/// Criterion's name for the baseline of the previous run.
const LAST: &str = "base";

/// The baseline that Criterion compares with, and whether it saves it again.
pub(super) struct Baseline {
    pub(super) name: String,
    saves: bool,
}

impl Baseline {
    /// Read from the command line of this process, which [`super::CriterionOptions::to_args`] has written.
    pub(super) fn of_command_line() -> Self {
        let value = |flag: &str| std::env::args().find_map(|arg| Some(arg.strip_prefix(flag)?.to_owned()));
        let kept = value("--baseline=").or_else(|| value("--baseline-lenient="));
        let discards = std::env::args().any(|arg| arg == "--discard-baseline");
        let saves = kept.is_none() && !discards;
        Self { name: kept.or_else(|| value("--save-baseline=")).unwrap_or_else(|| LAST.to_owned()), saves }
    }
}

/// The programs of one benchmark's baselines.
pub(super) struct Programs {
    folder: PathBuf,
    by_baseline: BTreeMap<String, String>,
}

impl Programs {
    /// The programs of the benchmark in this folder of Criterion.
    pub(super) fn open(folder: &Path) -> Self {
        let known = fs::read(folder.join(FILE)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self { folder: folder.to_owned(), by_baseline: known.unwrap_or_default() }
    }

    /// Whether this baseline has another program than `measured`.
    pub(super) fn is_edited(&self, baseline: &str, measured: &Measured) -> bool {
        let known = self.by_baseline.get(baseline).zip(measured.program.as_ref());
        known.is_some_and(|(before, now)| before != now)
    }

    /// A Criterion that does not compare with results from before the edit. Baselines that it would replace are removed; one
    /// that it would only compare with stays.
    pub(super) fn start_again(&self, baseline: &Baseline, criterion: Criterion) -> Criterion {
        if !baseline.saves {
            return criterion.retain_baseline(format!("{}-of-this-program", baseline.name), false);
        }
        let series = fs::read_dir(&self.folder).into_iter().flatten().filter_map(Result::ok);
        for series in series.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
            let _ = fs::remove_dir_all(series.path().join(&baseline.name));
        }
        criterion
    }

    /// Records that the baselines that were just saved have the program of `measured`.
    pub(super) fn keep(mut self, baseline: &Baseline, measured: &Measured) {
        let Some(program) = measured.program.as_ref().filter(|_| baseline.saves) else { return };
        self.by_baseline.insert(baseline.name.clone(), program.clone());
        // If the file cannot be written, a later edit is not noticed.
        let text = serde_json::to_string(&self.by_baseline).unwrap_or_default();
        let _ = file::write_text(&text, &self.folder.join(FILE));
    }
}
