//! The verdicts of `forc-perf compare`, proved: how often they err, what they find, and what other tools' rules make of the
//! same data.
//!
//! `cargo bench --bench verdicts` simulates thousands of comparisons of suites of 20 benchmarks, measured adaptively as
//! forc-perf does, on machines with noise, drift, spikes and states that last, and on recorded runs of a real forc against
//! itself where there is one (`FORC_PERF_FORC`, or forc on the path). The names `calibration`, `apart` (reports
//! measured one after the other), `power` and `rivals` select sections. All seeds are fixed: the simulated figures are the same everywhere.
//!
//! `cargo bench --bench verdicts -- real [MINUTES]`, by name only, compares a real forc with a copy of itself over the whole
//! suite, and two short builds with themselves behind shims that burn 1, 3 and 10 % more CPU time: MINUTES at most for each
//! of the two (10). Then it compares a few small ones with themselves by instructions, where there is valgrind.
//!
//! `cargo bench --bench verdicts -- schedule [MINUTES] [quiet|loaded] [FORC [FORC]] [PROJECT...]`, by name only, holds runs in
//! turns and runs at once against each other: noise, cost and bias. A compiler or a project is a path with a `/` in it.
//! `cargo bench --bench verdicts -- ground [BLOCKS [COMPARISONS]] [FORC...]`, by name only, compares a real forc with itself
//! from files that came into memory in different ways, and with other builds of the same source that are given.

mod calibration;
mod contest;
mod ground;
mod machine;
mod power;
mod real;
mod recorded;
mod rivals;
mod schedule;
mod suite;
#[path = "../shared/wilson.rs"]
mod wilson;

use std::process::ExitCode;
use std::time::Instant;

use machine::{MILD, Machine, SIMULATED};
use recorded::Recorded;
use wilson::share;

/// Prints a section of the report, with what was recorded.
type Section = fn(Option<&Recorded>);
type Error = Box<dyn std::error::Error>;

/// What every random number of a section begins from; a suite's seed is its number added to its section's.
const SEED: u64 = 20_240_607;

fn main() -> ExitCode {
    if let Some(code) = real::as_shim().or_else(schedule::as_shim) {
        return code;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(4)
        }
    }
}

fn run() -> Result<(), Error> {
    // cargo passes `--bench`; what else there is is ours.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let wanted = |section: &str| args.is_empty() || args.iter().any(|arg| arg == section);
    if args.iter().any(|arg| arg == "real") {
        return real::print(args.iter().find_map(|arg| arg.parse().ok()).unwrap_or(10));
    }
    if args.iter().any(|arg| arg == "schedule") {
        return schedule::print(&args);
    }
    if args.first().is_some_and(|arg| arg == "ground") {
        return ground::print(&args[1..]);
    }
    let started = Instant::now();
    println!("Seed {SEED}. Intervals in brackets are Wilson's, 95 %.\n");
    let recorded = recorded::record()?;
    if recorded.is_none() {
        println!("No forc was found: recorded runs are left out.");
    }
    println!();
    let sections: [(&str, Section); 4] = [
        ("calibration", calibration::print),
        ("apart", calibration::one_after_the_other),
        ("power", power::print),
        ("rivals", contest::print),
    ];
    for (name, print) in sections {
        if wanted(name) {
            let started = Instant::now();
            print(recorded.as_ref());
            println!("({name}: {:.0} s)\n", started.elapsed().as_secs_f64());
        }
    }
    println!("All in {:.0} s.", started.elapsed().as_secs_f64());
    Ok(())
}

/// All machines: simulated ones, and the recorded one if there is one.
fn machines(recorded: Option<&Recorded>) -> Vec<Machine<'_>> {
    SIMULATED.into_iter().chain([MILD]).chain(recorded.map(Machine::Recorded)).collect()
}

/// The results of `count` suites, on all processors.
fn each<T: Send>(count: usize, simulate: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                let simulate = &simulate;
                scope.spawn(move || (thread..count).step_by(threads).map(simulate).collect::<Vec<T>>())
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

/// A seed of its own for each suite of each part.
fn seed(part: usize, suite: usize) -> u64 {
    SEED + 1_000_000 * part as u64 + suite as u64
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len().max(1) as f64;
    values.sum::<f64>() / count
}
