//! Checks and warnings in few lines.

use std::fmt;

use crate::model::{Check, Environment, Measured, RunWarning, Severity, WarningKind};
use crate::text::clean;

/// The most lines shown before a measurement.
const LINES: usize = 5;
/// The most notes among them.
const NOTES: usize = 2;
/// How many benchmarks are named for each kind of warning before they are counted.
const NAMED: usize = 3;

/// The machine in a line, then what is wrong with it, the worst first, then the first notes: five lines at most.
pub fn brief(environment: &Environment) -> Vec<String> {
    let checks = &environment.checks;
    let of = |severity| checks.iter().filter(move |check| check.severity == severity);
    let wrong: Vec<&Check> = of(Severity::Useless).chain(of(Severity::Warning)).collect();
    let mut lines = vec![machine(environment)];
    let room = LINES - 1;
    let shown = if wrong.len() > room { room - 1 } else { wrong.len() };
    lines.extend(wrong.iter().take(shown).map(|check| line(check)));
    if shown < wrong.len() {
        lines.push(format!("and {} more warnings: `forc-perf doctor` has them all", wrong.len() - shown));
    } else {
        let notes = NOTES.min(LINES - lines.len());
        lines.extend(of(Severity::Note).take(notes).map(line));
    }
    lines
}

/// `warning: load now 1.20 of 2 busy: other programs …; end what else runs`.
fn line(check: &Check) -> String {
    let advice = check.advice.as_ref().map(|advice| format!("; {advice}")).unwrap_or_default();
    format!("{}: {} {}: {}{advice}", check.severity.name(), check.topic, check.value, check.meaning)
}

/// The machine itself: its processors and memory.
fn machine(environment: &Environment) -> String {
    let value = |topic: &str| {
        let check = environment.checks.iter().find(|check| check.topic == topic);
        check.map(|check| check.value.clone())
    };
    let brand = environment.cpus.first().map(|cpu| cpu.brand.trim().to_owned()).filter(|brand| !brand.is_empty());
    let processors = value("processors").or_else(|| Some(format!("{} processors", environment.cpus.len())));
    let memory = value("free memory").map(|free| format!("{free} free"));
    let parts: Vec<String> = [brand, processors, memory].into_iter().flatten().collect();
    format!("machine: {}", parts.join(", "))
}

/// A warning line with the name as a separate part, because each format marks names in its own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WarningLine {
    /// The text before the name; can be empty.
    pub before: String,
    /// The benchmark's id.
    pub id: String,
    /// The warning.
    pub message: String,
}

impl fmt::Display for WarningLine {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{}{}: {}", self.before, clean(&self.id), clean(&self.message))
    }
}

/// The warnings of some benchmarks, a line each; of a kind that many have, one line with the worst.
pub fn warning_lines<'a>(benchmarks: impl IntoIterator<Item = &'a Measured>) -> Vec<WarningLine> {
    let all: Vec<(&str, &RunWarning)> = benchmarks
        .into_iter()
        .flat_map(|measured| measured.warnings.iter().map(|warning| (measured.id.as_str(), warning)))
        .collect();
    let line = |before: String, (id, warning): &(&str, &RunWarning)| WarningLine {
        before,
        id: (*id).to_owned(),
        message: warning.message.clone(),
    };
    let mut lines = Vec::new();
    for kind in WarningKind::ALL {
        let mut own: Vec<_> = all.iter().filter(|(_, warning)| warning.kind == kind).collect();
        own.sort_by(|a, b| b.1.degree.total_cmp(&a.1.degree));
        if own.len() <= NAMED {
            lines.extend(own.into_iter().map(|one| line(String::new(), one)));
        } else if let Some(worst) = own.first() {
            lines.push(line(format!("{} in {} benchmarks, most in ", kind.name(), own.len()), worst));
        }
    }
    lines
}
