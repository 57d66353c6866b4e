//! Command lines of `forc-perf` that continue a comparison.

use std::path::Path;
use std::time::Duration;

use super::settings::thresholds;
use crate::model::{CompareSettings, Comparison, Origin, Schedule, Side, StdChoice};
use crate::text::shell;

/// The default suite.
const DEFAULT_SUITE: &str = "fixtures";
/// Options with a value, and flags, that a next command keeps.
const KEPT: [&str; 5] = ["--threshold", "--schedule", "--pin", "--interval", "--time-limit"];
const KEPT_FLAGS: [&str; 2] = ["--control", "--counters"];
/// Options with a value that a next command sets itself.
const RENEWED: [&str; 4] = ["--budget", "--min-runs", "--max-runs", "--format"];

/// A side's name.
pub(crate) fn side_name(side: &Side) -> String {
    if side.control { format!("{} (control)", side.name) } else { side.name.clone() }
}

/// The values of an option on a command line, in either form.
pub(super) fn given<'a>(command: &'a [String], option: &str) -> impl Iterator<Item = &'a str> {
    command.iter().enumerate().filter_map(move |(index, word)| match joined(word, option) {
        None if word == option => command.get(index + 1).map(String::as_str),
        value => value,
    })
}

/// The value of an option in one word with it: `--budget=10m`.
fn joined<'a>(word: &'a str, option: &str) -> Option<&'a str> {
    word.strip_prefix(option)?.strip_prefix('=')
}

/// The command that measures the same again: same seed, same settings.
pub(crate) fn reproduction(comparison: &Comparison) -> String {
    let given = &comparison.settings.command;
    if !given.is_empty() {
        let seed = comparison.settings.seed.to_string();
        let named = given.iter().any(|word| word == "--seed" || word.starts_with("--seed="));
        let words = given.iter().filter(|word| *word != "--resume").cloned().collect();
        return if named { Words(words) } else { Words(words).all(&["--seed", &seed]) }.line();
    }
    let CompareSettings { seed, min_runs, max_runs, budget, interval, time_limit, .. } = &comparison.settings;
    let mut words = Words::compare(comparison, None);
    if comparison.sides.iter().any(|side| side.control) {
        words = words.all(&["--control"]);
    }
    if comparison.settings.counters.is_some() {
        words = words.all(&["--counters"]);
    }
    if let Some(runs) = comparison.settings.instruction_runs {
        words = words.all(&[&format!("--instructions={runs}")]);
    }
    if comparison.settings.schedule != Schedule::Turns {
        words = words.all(&["--schedule", "duet"]);
    } else if comparison.settings.interleaved {
        words = words.all(&["--schedule", "turns"]);
    }
    if comparison.settings.interleaved && comparison.settings.schedule == Schedule::Turns && !comparison.settings.pinned
    {
        words = words.all(&["--pin", "never"]);
    }
    if let Some(budget) = budget {
        words = words.all(&["--budget", &time(*budget)]);
    }
    words = words.all(&["--min-runs", &min_runs.to_string(), "--max-runs", &max_runs.to_string()]);
    for (metric, threshold) in thresholds(comparison) {
        // Rounded, so that 0.07 * 100 is not shown as 7.000000000000001.
        let percent = (threshold * 1e8).round() / 1e6;
        words = words.all(&["--threshold", &format!("{}={percent}", metric.word())]);
    }
    words.all(&["--interval", &time(*interval), "--time-limit", &time(*time_limit), "--seed", &seed.to_string()]).line()
}

fn time(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// How a side's compiler is named on the command line: as it was given, or by its origin if the side's name is a report's.
pub(super) fn compiler(side: &Side, named: bool) -> String {
    match &side.toolchain.origin {
        _ if named => side.name.clone(),
        Origin::Release(version) => version.clone(),
        Origin::Fuelup(name) => format!("+{name}"),
        // A branch may have moved since, and both reports may be of the same branch.
        Origin::Revision(revision) if revision.tree.is_none() => revision.short(),
        Origin::Revision(revision) => revision.name.clone(),
        Origin::Path | Origin::Variable | Origin::SearchPath => side.toolchain.path.display().to_string(),
    }
}

/// A builder of `forc-perf` command lines.
pub(super) struct Words(Vec<String>);

impl Words {
    pub(super) fn new(words: impl IntoIterator<Item = String>) -> Self {
        Self(words.into_iter().collect())
    }

    /// With all sides, or the base and one.
    pub(super) fn compare(comparison: &Comparison, side: Option<usize>) -> Self {
        let mut words = vec!["forc-perf".to_owned(), "compare".to_owned()];
        let wanted =
            |(index, one): &(usize, &Side)| !one.control && (*index == 0 || side.is_none_or(|side| side == *index));
        let interleaved = comparison.settings.interleaved;
        words.extend(comparison.sides.iter().enumerate().filter(wanted).map(|(_, side)| compiler(side, interleaved)));
        let settings = &comparison.settings;
        // The records of others have neither suite nor repository.
        if settings.suite != Path::new(DEFAULT_SUITE) && !settings.suite.as_os_str().is_empty() {
            words.extend(["--suite".to_owned(), settings.suite.display().to_string()]);
        }
        let revision = comparison.sides.iter().find_map(|side| match &side.toolchain.origin {
            Origin::Revision(revision) => Some(revision),
            _ => None,
        });
        if let Some(revision) = revision.filter(|revision| !revision.repository.is_empty()) {
            words.extend(["--sway".to_owned(), revision.repository.clone()]);
            if !revision.cargo_flags.is_empty() {
                // One word with the `=`: flags begin with a dash.
                words.push(format!("--cargo-flags={}", shell::line(&revision.cargo_flags)));
            }
        }
        if let StdChoice::Same(std) = &settings.std {
            let base = comparison.base().and_then(|base| base.std.as_ref()) == Some(std);
            let std = if base { "base".to_owned() } else { std.display().to_string() };
            words.extend(["--std".to_owned(), std]);
        }
        Self(words)
    }

    /// The given command without the options that are set again; `None` where it is unknown.
    pub(super) fn again(comparison: &Comparison) -> Option<Self> {
        let given = &comparison.settings.command;
        let words = Self(given.iter().filter(|word| *word != "--resume").cloned().collect());
        (!given.is_empty()).then(|| RENEWED.into_iter().fold(words, |words, option| words.without(option)))
    }

    /// With the settings of a command that was given.
    pub(super) fn with_given(self, command: &[String]) -> Self {
        let flags = command.iter().filter(|word| KEPT_FLAGS.contains(&word.as_str()));
        let options = KEPT
            .into_iter()
            .flat_map(|option| given(command, option).flat_map(move |value| [option.to_owned(), value.to_owned()]));
        Self(self.0.into_iter().chain(flags.cloned()).chain(options).collect())
    }

    /// Without an option that has a value.
    pub(super) fn without(self, option: &str) -> Self {
        let mut is_value = false;
        let kept = self.0.into_iter().filter(|word| {
            let is_option = word == option;
            let goes = std::mem::replace(&mut is_value, is_option) || is_option || joined(word, option).is_some();
            !goes
        });
        Self(kept.collect())
    }

    pub(super) fn all(mut self, words: &[&str]) -> Self {
        self.0.extend(words.iter().map(|word| (*word).to_owned()));
        self
    }

    /// With only this benchmark.
    pub(super) fn id(self, id: &str) -> Self {
        // An id can contain characters that are special in patterns.
        let literal = id.contains(['*', '?', '[']);
        let id = if literal { glob::Pattern::escape(id) } else { id.to_owned() };
        self.all(&["--select", &id])
    }

    pub(super) fn line(&self) -> String {
        shell::line(&self.0)
    }
}
