//! Change points, proved: how often they are false, which steps they find and when, and what Apache Otava makes of the
//! same series.
//!
//! `cargo bench --profile release --bench steps` generates thousands of series of known noise and known steps. Otava is tried where
//! `python3` has it (`pip install apache-otava`): as it is, and with the largest p-value at which it raises at most 1 % of
//! false alarms on this very noise, which no user could know. The names `alarms`, `recall`, `plateaus`, `nights`,
//! `detectable`, `intervals` and `time` select parts; `--update` writes what was measured into the book. All seeds are
//! fixed: but for the times, the figures are the same everywhere.

#[path = "support/figures.rs"]
mod figures;
#[path = "steps/otava.rs"]
mod otava;
#[path = "steps/sections.rs"]
mod sections;
#[path = "steps/series.rs"]
mod series;
#[path = "support/simulation.rs"]
mod simulation;

use std::process::ExitCode;

use figures::{Error, Figures};

/// What every random number of a part begins from.
const SEED: u64 = 20_240_710;

/// The parts of the file, in its order.
const PARTS: &[&str] = &["alarms", "recall", "plateaus", "nights", "detectable", "intervals", "time"];

fn main() -> ExitCode {
    figures::exit(run(&figures::words()))
}

fn run(names: &[String]) -> Result<(), Error> {
    if let Some(unknown) = names.iter().find(|name| !PARTS.contains(&name.as_str())) {
        return Err(format!("`{unknown}` is unknown; there are {}", PARTS.join(", ")).into());
    }
    let mut figures = Figures::new("steps", PARTS)?;
    match otava::version() {
        Ok(version) => figures.with(&format!("Apache Otava {version}")),
        Err(error) => eprintln!("Apache Otava is left out: {error}"),
    }
    figures.with(&format!("seed {SEED}"));
    for (name, title, measure) in sections::ALL {
        if names.is_empty() || names.iter().any(|wanted| wanted == name) {
            figures.part(name, title, measure)?;
        }
    }
    Ok(())
}
