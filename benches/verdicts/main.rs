//! The verdicts of `forc-perf compare`, proved: how often they err, what they find, and what other tools' rules make of the
//! same data.
//!
//! `cargo bench --profile release --bench verdicts` simulates thousands of comparisons of suites of 20 benchmarks, measured adaptively as
//! forc-perf does, on machines with noise, drift, spikes and states that last, and on recorded runs of a real forc against
//! itself where there is one (`FORC_PERF_FORC`, or forc on the path). The names `alarms`, `apart` (reports measured one
//! after the other), `beside`, `few`, `equalities`, `coverage`, `power` and `rivals` select parts, `calibration` the first
//! six; `--update` writes what was measured into the book. All seeds are fixed: the simulated figures are the same
//! everywhere.
//!
//! `cargo bench --profile release --bench verdicts -- real [MINUTES]`, by name only, compares a real forc with a copy of itself over the whole
//! suite, and two short builds with themselves behind shims that burn 1, 3 and 10 % more CPU time: MINUTES at most for each
//! of the two (10). Then it compares a few small ones with themselves by instructions, where there is valgrind.
//!
//! `cargo bench --profile release --bench verdicts -- schedule [MINUTES] [quiet|loaded] [FORC [FORC]] [PROJECT...]`, by name only, holds runs in
//! turns and runs at once against each other: noise, cost and bias. A compiler or a project is a path with a `/` in it.
//! `cargo bench --profile release --bench verdicts -- ground [BLOCKS [COMPARISONS]] [FORC...]`, by name only, compares a real forc with itself
//! from files that came into memory in different ways, and with other builds of the same source that are given.

mod calibration;
mod contest;
#[path = "../support/figures.rs"]
mod figures;
mod ground;
mod machine;
mod power;
mod real;
mod recorded;
mod rivals;
mod schedule;
#[path = "../support/simulation.rs"]
mod simulation;
mod suite;
#[path = "../support/usage.rs"]
mod usage;

use std::process::ExitCode;

use figures::{Error, Figures, Page};
use machine::{MILD, Machine, SIMULATED};
use recorded::Recorded;

/// Writes a part of the report, with what was recorded.
type Section = fn(&mut Page, Option<&Recorded>);

/// What every random number of a part begins from; a suite's seed is its number added to its part's.
const SEED: u64 = 20_240_607;

/// The parts that are simulated: name, title and measurement.
const SIMULATIONS: [(&str, &str, Section); 8] = [
    ("alarms", "False alarms", calibration::false_alarms),
    ("apart", "False alarms of reports measured one after the other", calibration::one_after_the_other),
    ("beside", "False alarms beside true changes", calibration::beside_changes),
    ("few", "What is found in few blocks", calibration::few_blocks),
    ("equalities", "False equalities", calibration::false_equalities),
    ("coverage", "Intervals that hold the truth", calibration::coverage),
    ("power", "What is found, and how soon", power::measure),
    ("rivals", "Other tools' rules on the same data", contest::measure),
];

/// A name for the first six of them.
const CALIBRATION: (&str, usize) = ("calibration", 6);

/// The parts of the file, in its order.
const PARTS: &[&str] = &[
    "alarms",
    "apart",
    "beside",
    "few",
    "equalities",
    "coverage",
    "power",
    "rivals",
    "real",
    "schedule-quiet",
    "schedule-loaded",
    "ground",
];

fn main() -> ExitCode {
    if let Some(code) = real::as_shim().or_else(schedule::as_shim) {
        return code;
    }
    figures::exit(run(&figures::words()))
}

fn run(words: &[String]) -> Result<(), Error> {
    let mut figures = Figures::new("verdicts", PARTS)?;
    let has = |name: &str| words.iter().any(|word| word == name);
    if has("real") {
        let minutes = words.iter().find_map(|word| word.parse().ok()).unwrap_or(10);
        return figures.part("real", "A real forc against itself", |page| real::measure(page, minutes));
    }
    if has("schedule") {
        return schedule::measure_all(&figures, words);
    }
    if words.first().is_some_and(|word| word == "ground") {
        let title = "One compiler from files that came into memory in different ways";
        return figures.part("ground", title, |page| ground::measure(page, &words[1..]));
    }
    let names = || SIMULATIONS.iter().map(|part| part.0).chain([CALIBRATION.0, "real", "schedule", "ground"]);
    if let Some(unknown) = words.iter().find(|word| !names().any(|name| name == *word)) {
        return Err(format!("`{unknown}` is unknown; there are {}", names().collect::<Vec<_>>().join(", ")).into());
    }
    figures.with(&format!("seed {SEED}"));
    let recorded = recorded::record()?;
    match &recorded {
        Some(recorded) => figures.with(&format!("forc {}", recorded.version)),
        None => eprintln!("no forc was found: recorded runs are left out"),
    }
    for (index, (name, title, measure)) in SIMULATIONS.into_iter().enumerate() {
        if words.is_empty() || has(name) || (has(CALIBRATION.0) && index < CALIBRATION.1) {
            figures.part(name, title, |page| {
                measure(page, recorded.as_ref());
                if let Some(recorded) = &recorded {
                    page.text(&recorded.describe());
                }
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// All machines: simulated ones, and the recorded one if there is one.
fn machines(recorded: Option<&Recorded>) -> Vec<Machine<'_>> {
    SIMULATED.into_iter().chain([MILD]).chain(recorded.map(Machine::Recorded)).collect()
}

/// A seed of its own for each suite of each part.
fn seed(part: usize, suite: usize) -> u64 {
    SEED + 1_000_000 * part as u64 + suite as u64
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len().max(1) as f64;
    values.sum::<f64>() / count
}
