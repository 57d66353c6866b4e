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
//! `short`, `heaviest` and `real` select programs; `quiet` and `loaded` the machine that perturbation is measured on. So `-- 100
//! perturbation short quiet` is many rounds of what needs them most.
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

use forc_perf::forc::{Locator, toolchain};
use forc_perf::os::Interrupt;

type Error = Box<dyn std::error::Error>;

/// What is measured when nothing is named.
const SECTIONS: [&str; 6] = ["perturbation", "cadence", "accuracy", "attribution", "size", "efficiency"];

/// What is measured only when it is named.
const BY_NAME: &str = "pinning";

/// The programs, in the order of [`subject::subjects`].
const PROGRAMS: [&str; 3] = ["short", "heaviest", "real"];

/// The machines on which perturbation is measured.
pub const MACHINES: [&str; 2] = ["quiet", "loaded"];

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
    let known: Vec<&str> = [&SECTIONS[..], &[BY_NAME], &PROGRAMS, &MACHINES].concat();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("`{unknown}` is unknown; there are {}", known.join(", ")).into());
    }
    // Of each kind of names all that are given, or all there are.
    let chosen = |all: &[&str], name: &str| {
        let given = |name: &str| names.iter().any(|given| *given == name);
        given(name) || !all.iter().any(|one| given(one))
    };
    let sections = [&SECTIONS[..], &[BY_NAME]].concat();
    let by_name = names.iter().any(|name| *name == BY_NAME);
    let wanted = |section: &str| chosen(&sections, section) && (section != BY_NAME || by_name);
    let toolchain = toolchain::resolve(None, &Locator::default(), &Interrupt::new(), |event| eprintln!("{event:?}"))?;
    println!("forc {} ({})\n", toolchain.version, toolchain.path.display());
    let subjects = subject::subjects(&toolchain)?;
    let subjects = PROGRAMS.iter().zip(subjects).filter(|(name, _)| chosen(&PROGRAMS, name));
    let subjects: Vec<subject::Subject> = subjects.map(|(_, subject)| subject).collect();
    if wanted("perturbation") {
        perturbation::section(&subjects, rounds, MACHINES.map(|machine| chosen(&MACHINES, machine)))?;
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
