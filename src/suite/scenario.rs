use std::fmt;
use std::str::FromStr;

use super::flags::{self, FlagError};

/// How a project is built: `debug` or `release`, and further flags of `forc build`, such as `debug --tests`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scenario {
    profile: Profile,
    flags: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Profile {
    Debug,
    Release,
}

/// The problem of a list of scenarios as a whole, if there is one: it is empty, or contains one twice, which would be two
/// benchmarks with one id.
pub(super) fn fault_of(scenarios: &[Scenario]) -> Option<String> {
    if scenarios.is_empty() {
        return Some("`scenarios` is empty, so nothing would be built".to_owned());
    }
    let twice = scenarios.iter().enumerate().find(|(index, scenario)| scenarios[..*index].contains(scenario));
    twice.map(|(_, scenario)| format!("the scenario `{scenario}` is listed twice"))
}

/// Why a text is not a scenario.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// It has another form.
    #[error(
        "`{0}` is not a scenario: expected `debug` or `release`, then flags of `forc build`, such as `debug --tests`"
    )]
    Form(String),
    /// It has a flag that is not allowed.
    #[error("scenario `{scenario}`: {source}")]
    Flag {
        /// The text.
        scenario: String,
        /// The flag.
        source: FlagError,
    },
}

impl Scenario {
    /// The scenario of a project that names none.
    pub const fn debug() -> Self {
        Self { profile: Profile::Debug, flags: Vec::new() }
    }

    /// The scenario that a file names: only with flags that a file may give.
    ///
    /// # Errors
    /// If it names none, or another flag.
    pub fn from_file(text: &str) -> Result<Self, ScenarioError> {
        Self::read(text, flags::check)
    }

    fn read(text: &str, check: fn(&[String]) -> Result<(), FlagError>) -> Result<Self, ScenarioError> {
        let form = || ScenarioError::Form(text.to_owned());
        let mut words = text.split_whitespace();
        let profile = match words.next() {
            Some("debug") => Profile::Debug,
            Some("release") => Profile::Release,
            _ => return Err(form()),
        };
        let flags: Vec<String> = words.map(str::to_owned).collect();
        // If the first word is not a flag, it is a typo: `debug tests`.
        if flags.first().is_some_and(|flag| !flag.starts_with('-')) {
            return Err(form());
        }
        check(&flags).map_err(|source| ScenarioError::Flag { scenario: text.to_owned(), source })?;
        Ok(Self { profile, flags })
    }

    /// The arguments of `forc build` for it.
    pub fn args(&self) -> impl Iterator<Item = &str> {
        let profile = match self.profile {
            Profile::Debug => None,
            Profile::Release => Some("--release"),
        };
        profile.into_iter().chain(self.flags.iter().map(String::as_str))
    }

    /// Whether it is an optimised build.
    pub fn release(&self) -> bool {
        self.profile == Profile::Release
    }

    /// Whether the project's tests are built, too.
    pub fn tests(&self) -> bool {
        self.flags.iter().any(|flag| flag == "--tests")
    }
}

impl FromStr for Scenario {
    type Err = ScenarioError;

    /// The scenario that the user types.
    fn from_str(text: &str) -> Result<Self, ScenarioError> {
        Self::read(text, flags::check_typed)
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self.profile {
            Profile::Debug => "debug",
            Profile::Release => "release",
        })?;
        self.flags.iter().try_for_each(|flag| write!(formatter, " {flag}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_is_a_profile_and_flags() {
        let scenario: Scenario = "release   --tests".parse().unwrap();
        assert_eq!(scenario.to_string(), "release --tests");
        assert_eq!(scenario.args().collect::<Vec<_>>(), ["--release", "--tests"]);
        assert!(scenario.tests());
        assert_eq!(Scenario::debug().args().count(), 0);
    }

    #[test]
    fn anything_else_is_refused() {
        for wrong in ["", "fast", "debug tests", "--release"] {
            assert!(wrong.parse::<Scenario>().is_err(), "{wrong}");
        }
    }
}
