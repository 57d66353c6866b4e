//! The harness, measured: what it costs the compiler and how well it keeps its promises.
//!
//! `cargo bench --bench harness` prints Markdown tables of medians with 95 % intervals, and says of every figure that has a
//! goal whether it is met. `-- ROUNDS` (default 30) scales how long it takes, about 15 minutes for 30 on two processors;
//! names select sections:
//!
//! - `perturbation`: how much longer forc takes with the harness, and with other tools, than by itself;
//! - `cadence`: how punctual the frames are;
//! - `accuracy`: how far the phases are from the compiler's own;
//! - `attribution`: how much of a run's time has a name;
//! - `size`: how large a run is in a report and in the history;
//! - `efficiency`: how much of the measuring time is spent in the compiler;
//! - `pinning` (only by name): runs with processors of their own against runs without.
//!
//! With a real program at hand, it is measured beside the fixtures: `FORC_PERF_PROJECT` names its folder and
//! `FORC_PERF_STD` a copy of the std for it. The whole then takes longer.

mod figures;
mod load;
mod perturbation;
mod placement;
mod subject;
mod table;
mod way;

use std::process::ExitCode;

use forc_perf::collector::Interrupt;
use forc_perf::forc::{Locator, toolchain};

type Error = Box<dyn std::error::Error>;

/// What is measured when nothing is named.
const SECTIONS: [&str; 6] = ["perturbation", "cadence", "accuracy", "attribution", "size", "efficiency"];

/// What is measured only when it is named.
const BY_NAME: &str = "pinning";

/// Rounds unless told otherwise.
const ROUNDS: usize = 30;

fn main() -> ExitCode {
    // cargo passes `--bench`; what else there is is ours.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    if let [command, parent] = args.as_slice()
        && command == load::SPIN
    {
        load::spin(parent);
        return ExitCode::SUCCESS;
    }
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(4)
        }
    }
}

fn run(args: &[String]) -> Result<(), Error> {
    let (numbers, names): (Vec<&String>, Vec<&String>) = args.iter().partition(|arg| arg.parse::<usize>().is_ok());
    let rounds = numbers.first().and_then(|number| number.parse().ok()).unwrap_or(ROUNDS).max(1);
    if let Some(unknown) = names.iter().find(|name| !SECTIONS.contains(&name.as_str()) && **name != BY_NAME) {
        return Err(format!("there is no section `{unknown}`; there are {} and {BY_NAME}", SECTIONS.join(", ")).into());
    }
    let wanted = |section: &str| match names.as_slice() {
        [] => section != BY_NAME,
        names => names.iter().any(|name| *name == section),
    };
    let toolchain = toolchain::resolve(None, &Locator::default(), &Interrupt::new(), |event| eprintln!("{event:?}"))?;
    println!("forc {} ({})\n", toolchain.version, toolchain.path.display());
    let subjects = subject::subjects(&toolchain)?;
    if wanted("perturbation") {
        perturbation::section(&subjects, rounds)?;
    }
    if wanted(BY_NAME) {
        perturbation::pinning(&subjects, rounds)?;
    }
    if wanted("cadence") {
        figures::cadence(&subjects, rounds)?;
    }
    if wanted("accuracy") {
        figures::accuracy(&subjects, rounds)?;
    }
    if wanted("attribution") {
        figures::attribution(&subjects, rounds)?;
    }
    if wanted("size") {
        figures::size(&subjects, rounds)?;
    }
    if wanted("efficiency") { figures::efficiency(&toolchain) } else { Ok(()) }
}
