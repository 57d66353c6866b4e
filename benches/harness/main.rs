//! The harness, measured: what it costs the compiler and how well it keeps its promises.
//!
//! `cargo bench --profile release --bench harness` prints Markdown tables of medians with 95 % intervals, and says of every figure that has a
//! goal whether it is met. `-- ROUNDS` (default 30) scales how long it takes, about 15 minutes for 30 on two processors;
//! `--update` writes what was measured into the book. Names select parts:
//!
//! - `perturbation`: how much longer forc takes with the harness, and with other tools, than by itself;
//! - `cadence`: how punctual the frames are;
//! - `accuracy`: how far the phases are from the compiler's own;
//! - `attribution`: how much of a run's time has a name;
//! - `size`: how large a run is in a report and in the history;
//! - `efficiency`: how much of the measuring time is spent in the compiler;
//! - `pinning` (only by name): runs with processors of their own against runs without.
//!
//! `quiet` and `loaded` select the machine that perturbation is measured on; `short`, `heaviest` and `real` select
//! programs. So `-- 100 perturbation short quiet` is many rounds of what needs them most. The book gets whole parts:
//! `--update` measures all programs.
//!
//! With a real program at hand, it is measured beside the fixtures: `FORC_PERF_PROJECT` names its folder and
//! `FORC_PERF_STD` a copy of the std for it. The whole then takes longer.

#[path = "../support/figures.rs"]
mod figures;
#[path = "../support/goal.rs"]
mod goal;
mod load;
mod perturbation;
mod placement;
mod promises;
mod subject;
#[path = "../support/usage.rs"]
mod usage;
mod way;

use std::process::ExitCode;

use figures::{Error, Figures, UPDATE};
use forc_perf::forc::{Locator, toolchain};
use forc_perf::os::Interrupt;

/// What is measured when nothing is named.
const SECTIONS: [&str; 6] = ["perturbation", "cadence", "accuracy", "attribution", "size", "efficiency"];

/// What is measured only when it is named.
const BY_NAME: &str = "pinning";

/// The parts of the file, in its order.
const PARTS: &[&str] = &[
    "perturbation-quiet",
    "perturbation-loaded",
    "cadence",
    "accuracy",
    "attribution",
    "size",
    "efficiency",
    "pinning",
];

/// The programs, in the order of [`subject::subjects`].
const PROGRAMS: [&str; 3] = ["short", "heaviest", "real"];

/// The machines on which perturbation is measured.
const MACHINES: [&str; 2] = ["quiet", "loaded"];

/// Rounds unless told otherwise.
const ROUNDS: usize = 30;

fn main() -> ExitCode {
    let words = figures::words();
    if let [command, parent] = words.as_slice()
        && command == load::SPIN
    {
        load::spin(parent);
        return ExitCode::SUCCESS;
    }
    figures::exit(run(&words))
}

fn run(words: &[String]) -> Result<(), Error> {
    let (numbers, names): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.parse::<usize>().is_ok());
    let rounds = numbers.first().and_then(|number| number.parse().ok()).unwrap_or(ROUNDS).max(1);
    let known: Vec<&str> = [&SECTIONS[..], &[BY_NAME], &PROGRAMS, &MACHINES].concat();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("`{unknown}` is unknown; there are {}", known.join(", ")).into());
    }
    let mut figures = Figures::new("harness", PARTS)?;
    if let Some(program) = names.iter().find(|name| PROGRAMS.contains(&name.as_str()))
        && std::env::args().any(|word| word == UPDATE)
    {
        return Err(format!("{UPDATE} would lose the other programs' figures: leave out `{program}`").into());
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
    figures.with(&format!("forc {}", toolchain.version));
    let subjects = subject::subjects(&toolchain)?;
    let subjects = PROGRAMS.iter().zip(subjects).filter(|(name, _)| chosen(&PROGRAMS, name));
    let subjects: Vec<subject::Subject> = subjects.map(|(_, subject)| subject).collect();
    if wanted("perturbation") {
        // The quiet machine first, as a load is not forgotten at once.
        if chosen(&MACHINES, "quiet") {
            let title = "What measuring costs the compiler, on a quiet machine";
            figures.part("perturbation-quiet", title, |page| perturbation::quiet(page, &subjects, rounds))?;
        }
        if chosen(&MACHINES, "loaded") {
            let title = "What measuring costs the compiler, on a loaded machine";
            figures.part("perturbation-loaded", title, |page| perturbation::loaded(page, &subjects, rounds))?;
        }
    }
    if wanted(BY_NAME) {
        figures.part(BY_NAME, "Processors of their own", |page| perturbation::pinning(page, &subjects, rounds))?;
    }
    if wanted("cadence") {
        figures.part("cadence", "Frames on time", |page| promises::cadence(page, &subjects, rounds))?;
    }
    if wanted("accuracy") {
        let title = "Phases by markers, less forc's own figure";
        figures.part("accuracy", title, |page| promises::accuracy(page, &subjects, rounds))?;
    }
    if wanted("attribution") {
        let title = "Wall time in named rows";
        figures.part("attribution", title, |page| promises::attribution(page, &subjects, rounds))?;
    }
    if wanted("size") {
        figures.part("size", "Size of a run", |page| promises::size(page, &subjects, rounds))?;
    }
    if wanted("efficiency") {
        let title = "Measuring time spent in forc";
        figures.part("efficiency", title, |page| promises::efficiency(page, &toolchain))?;
    }
    Ok(())
}
