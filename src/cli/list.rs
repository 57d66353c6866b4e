//! `list`: the benchmarks of a suite.

use super::exit::Outcome;
use super::say;
use crate::cli::say_on_stderr;
use crate::os::Interrupt;
use crate::session::{self, Config};
use crate::suite::SuiteError;

/// Prints the selected benchmarks in Criterion's form, `id: benchmark`, and the unusable projects.
///
/// # Errors
/// If the suite cannot be read.
pub fn list(config: &Config) -> Result<Outcome, SuiteError> {
    let suite = session::load_suite(config, None, &Interrupt::new(), |repository| {
        say_on_stderr(format_args!("fetching {repository}"))
    })?;
    let cases = suite.cases(&config.selection);
    cases.iter().for_each(|case| say(format_args!("{}: benchmark", case.id)));
    for message in suite.unmatched(&config.selection) {
        say_on_stderr(message);
    }
    if suite.projects.is_empty() && suite.skipped.is_empty() && suite.not_fetched.is_empty() {
        say_on_stderr(format_args!("{} holds no project: there is no Forc.toml in it", config.suite.display()));
    }
    for skipped in &suite.skipped {
        say_on_stderr(format_args!(
            "{} {}: {}",
            if skipped.broken { "unusable" } else { "skipped" },
            skipped.name,
            skipped.reason
        ));
    }
    if suite.skipped.iter().any(|skipped| skipped.broken) {
        Ok(Outcome::BenchmarkFailed)
    } else if cases.is_empty() {
        Ok(Outcome::NothingMeasured)
    } else {
        Ok(Outcome::Success)
    }
}
