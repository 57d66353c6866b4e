//! The first forc-perf's files: a run, or a list of runs, without machine, compiler or time.

use std::path::Path;

use serde_json::Value;

use super::runs::{self, RawRun};
use super::{ImportError, Known, dyno, read_json};
use crate::history::{Provenance, Record, Source};

const WHAT: &str = "a file of the first forc-perf";

/// Whether this is one: a run, a list of runs, or an object that contains such a list.
pub(super) fn is_one(value: &Value) -> bool {
    let is_run = |value: &Value| ["name", "phases", "frames"].iter().all(|name| value.get(name).is_some());
    list(value).is_some_and(|list| !list.is_empty() && list.iter().all(is_run)) || is_run(value)
}

fn list(value: &Value) -> Option<&Vec<Value>> {
    value.as_array().or_else(|| value.get("benchmarks")?.as_array())
}

pub(super) fn read(path: &Path, known: &Known) -> Result<Record, ImportError> {
    let value: Value = read_json(path, WHAT)?;
    let machine = value.get("system_specs").cloned().and_then(dyno::machine_of).unwrap_or_else(runs::unknown_machine);
    let runs = match list(&value) {
        Some(list) => Value::Array(list.clone()),
        None => Value::Array(vec![value]),
    };
    let runs: Vec<RawRun> = serde_json::from_value(runs).map_err(|error| ImportError::Invalid {
        path: path.to_owned(),
        what: WHAT,
        reason: error.to_string(),
    })?;
    let (created, note) = runs::time(&runs, path, known, None)?;
    let mut report = runs::report("forc-perf", "first", created.to_string(), machine);
    report.toolchain.notes.extend(note);
    let (benchmarks, figures) = runs::benchmarks("first-forc-perf", runs);
    report.benchmarks = benchmarks;
    Ok(Record {
        provenance: Provenance { commit: known.commit.clone(), source: Source::FirstForcPerf, figures },
        report,
    })
}
