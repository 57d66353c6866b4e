//! Two reports that were measured one after the other, as a comparison.

use std::collections::{BTreeMap, HashMap};

use super::{FALSE_CHANGE_RATE, FALSE_EQUALITY_RATE, Rules};
use crate::model::{
    COMPARISON_SCHEMA_VERSION, CompareSettings, Comparison, Completion, Failure, Measured, Measuring, Metric, Report,
    Schedule, Side, Skipped, StdChoice,
};

/// Why two reports cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportsError {
    /// They were measured on different machines.
    #[error(
        "{base} was measured on {base_machine} and {other} on {other_machine}: their times cannot be compared; measure both on \
         one machine with `forc-perf compare`, or compare them all the same with --force"
    )]
    Machine {
        /// The base's name.
        base: String,
        /// The other's.
        other: String,
        /// The base's machine.
        base_machine: String,
        /// The other's.
        other_machine: String,
    },
    /// They have no benchmark in common.
    #[error("{0} and {1} have no benchmark in common")]
    NothingInCommon(String, String),
    /// They measured different programs under the same names.
    #[error(
        "{0} and {1} have no program in common: the files of each benchmark were edited between the two; measure both \
         compilers on the same files"
    )]
    Edited(String, String),
}

/// A comparison of two reports with these names. Benchmarks that only one of them has are listed as skipped.
///
/// # Errors
/// If they have no benchmark in common, or were measured on different machines and `force` is not set.
pub fn of_reports(
    reports: [Report; 2],
    names: [String; 2],
    thresholds: &BTreeMap<Metric, f64>,
    force: bool,
) -> Result<Comparison, ReportsError> {
    let [base, other] = &reports;
    let [base_name, other_name] = names;
    let machines = (!base.environment.is_same_machine(&other.environment)).then(|| [machine(base), machine(other)]);
    match machines.clone() {
        Some([base_machine, other_machine]) if !force => {
            return Err(ReportsError::Machine { base_machine, other_machine, base: base_name, other: other_name });
        }
        _ => {}
    }
    let (of_base, of_other) = (by_id(base), by_id(other));
    let lonely = |report: &Report, against: &ById, name: &str| -> Vec<Skipped> {
        let only = report.benchmarks.iter().filter(|benchmark| !against.contains_key(benchmark.id.as_str()));
        only.map(|benchmark| alone(benchmark, name)).collect()
    };
    let mut skipped = lonely(base, &of_other, &base_name);
    skipped.extend(lonely(other, &of_base, &other_name));
    let mut ids: Vec<String> = Vec::new();
    for benchmark in &base.benchmarks {
        let Some(counterpart) = of_other.get(benchmark.id.as_str()) else { continue };
        if is_edited(benchmark, counterpart) {
            // A failing build is reported all the same: it is not about figures.
            let failed = counterpart.failures.last().map(|failure| format!("; {}", failed(failure, &other_name)));
            skipped.push(Skipped {
                name: benchmark.id.clone(),
                broken: failed.is_some(),
                reason: format!(
                    "its program is not the same in both: its files were edited{}",
                    failed.unwrap_or_default()
                ),
            });
        } else {
            ids.push(benchmark.id.clone());
        }
    }
    if ids.is_empty() {
        let edited = of_base.keys().any(|id| of_other.contains_key(id));
        return Err(if edited {
            ReportsError::Edited(base_name, other_name)
        } else {
            ReportsError::NothingInCommon(base_name, other_name)
        });
    }

    let most = |report: &Report| report.benchmarks.iter().map(|benchmark| benchmark.runs.len()).max().unwrap_or(0);
    let settings = CompareSettings {
        suite: base.settings.suite.clone(),
        interval: base.settings.interval,
        time_limit: base.settings.time_limit,
        pinned: base.settings.pinned,
        schedule: Schedule::Turns,
        schedule_note: None,
        seed: base.settings.seed,
        std: std_of(base, other),
        machines,
        interleaved: false,
        budget: None,
        min_runs: 0,
        max_runs: most(base).max(most(other)),
        looks: Vec::new(),
        false_change_rate: FALSE_CHANGE_RATE,
        false_equality_rate: FALSE_EQUALITY_RATE,
        thresholds: super::thresholds(thresholds),
        instruction_runs: None,
        command: Vec::new(),
        counters: base.settings.counters.clone(),
    };
    let completion = if reports.iter().all(|report| report.completion == Completion::Complete) {
        Completion::Complete
    } else {
        Completion::Interrupted
    };
    let measuring = reports.iter().fold(Measuring::default(), |sum, report| Measuring {
        wall: sum.wall + report.measuring.wall,
        in_forc: sum.in_forc + report.measuring.in_forc,
        collector_cpu: sum.collector_cpu + report.measuring.collector_cpu,
    });
    let [base, other] = reports;
    let (created, harness, environment) = (other.created.clone(), other.harness.clone(), other.environment.clone());
    let sides = vec![side(base, base_name, &ids), side(other, other_name, &ids)];
    let findings = super::findings(&sides, &Rules::of(&settings));
    Ok(Comparison {
        comparison_version: COMPARISON_SCHEMA_VERSION,
        created,
        harness,
        environment,
        settings,
        completion,
        measuring,
        sides,
        findings,
        skipped,
    })
}

type ById<'a> = HashMap<&'a str, &'a Measured>;

/// A report's benchmarks by their ids; of two with the same id, which only a damaged file has, the first.
pub(super) fn by_id(report: &Report) -> ById<'_> {
    report.benchmarks.iter().rev().map(|benchmark| (benchmark.id.as_str(), benchmark)).collect()
}

/// A short description of a report's machine.
fn machine(report: &Report) -> String {
    let host = report.environment.host.clone().unwrap_or_else(|| "an unnamed host".to_owned());
    let brand = report.environment.cpus.first().map(|cpu| cpu.brand.trim().to_owned()).unwrap_or_default();
    format!("{host} ({} × {brand})", report.environment.cpus.len())
}

/// A benchmark that only the report `name` has.
fn alone(benchmark: &Measured, name: &str) -> Skipped {
    let (reason, broken) = match benchmark.failures.last() {
        Some(failure) => (format!("only {name} has built it; {}", failed(failure, name)), true),
        None => (format!("only {name} has measured it"), false),
    };
    Skipped { name: benchmark.id.clone(), reason, broken }
}

fn failed(failure: &Failure, name: &str) -> String {
    format!("its build fails with {name}: {}", failure.message)
}

/// Whether the two measured different programs. Without a fingerprint on both sides they count as the same.
pub(super) fn is_edited(base: &Measured, other: &Measured) -> bool {
    base.program.as_ref().zip(other.program.as_ref()).is_some_and(|(base, other)| base != other)
}

/// The std of two reports. If both were given the same one, only compilers are compared.
fn std_of(base: &Report, other: &Report) -> StdChoice {
    match (&base.settings.std, &other.settings.std) {
        (Some(a), Some(b)) if a == b => StdChoice::Same(a.clone()),
        _ => StdChoice::Own,
    }
}

fn side(report: Report, name: String, ids: &[String]) -> Side {
    let mut by_id: BTreeMap<String, Measured> =
        report.benchmarks.into_iter().map(|benchmark| (benchmark.id.clone(), benchmark)).collect();
    Side {
        name,
        toolchain: report.toolchain,
        std: report.settings.std,
        control: false,
        benchmarks: ids.iter().filter_map(|id| by_id.remove(id)).map(in_order).collect(),
    }
}

/// Sorts the runs by time: the judge checks whether consecutive runs are correlated. If a run has no start time, the order
/// of the file stays.
fn in_order(mut measured: Measured) -> Measured {
    if measured.runs.iter().all(|run| run.start_time.is_some()) {
        measured.runs.sort_by_key(|run| run.start_time);
    }
    measured
}
