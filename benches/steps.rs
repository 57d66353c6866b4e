//! Change points, proved: how often they are false, which steps they find and when, and what Apache Otava makes of the
//! same series.
//!
//! `cargo bench --bench steps` generates thousands of series of known noise and known steps. Otava is tried where
//! `python3` has it (`pip install apache-otava`): as it is, and with the largest p-value at which it raises at most 1 % of
//! false alarms on this very noise, which no user could know. The names `alarms`, `recall`, `plateaus`, `nights`,
//! `detectable`, `intervals` and `time` select sections. All seeds are fixed: the figures are the same everywhere.

#[path = "steps/otava.rs"]
mod otava;
#[path = "steps/sections.rs"]
mod sections;
#[path = "steps/series.rs"]
mod series;
#[path = "shared/wilson.rs"]
mod wilson;

use std::process::ExitCode;
use std::time::Instant;

use wilson::share;

type Error = Box<dyn std::error::Error>;

/// What every random number of a section begins from.
const SEED: u64 = 20_240_710;

fn main() -> ExitCode {
    // cargo passes `--bench`; what else there is is ours.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let wanted = |section: &str| args.is_empty() || args.iter().any(|arg| arg == section);
    let started = Instant::now();
    println!("Seed {SEED}. Intervals in brackets are Wilson's, 95 %.");
    match otava::version() {
        Ok(version) => println!("Apache Otava {version} judges the same series."),
        Err(error) => println!("Apache Otava is left out: {error}."),
    }
    for (name, print) in sections::ALL {
        if wanted(name) {
            let started = Instant::now();
            println!();
            if let Err(error) = print() {
                eprintln!("error: {name}: {error}");
                return ExitCode::FAILURE;
            }
            println!("({name}: {:.0} s)", started.elapsed().as_secs_f64());
        }
    }
    println!("\nAll in {:.0} s.", started.elapsed().as_secs_f64());
    ExitCode::SUCCESS
}

/// The results of `count` series, on all processors.
fn each<T: Send>(count: usize, simulate: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(count.max(1));
    let mut all: Vec<Option<T>> = std::iter::repeat_with(|| None).take(count).collect();
    let share = count.div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        for (part, results) in all.chunks_mut(share).enumerate() {
            let simulate = &simulate;
            scope.spawn(move || {
                for (index, result) in results.iter_mut().enumerate() {
                    *result = Some(simulate(part * share + index));
                }
            });
        }
    });
    all.into_iter().flatten().collect()
}

fn percent(hits: usize, of: usize) -> f64 {
    100.0 * hits as f64 / of.max(1) as f64
}
