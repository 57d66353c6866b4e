//! How it was measured, and with what.

use std::time::Duration;

use jiff::Timestamp;
use maud::{Markup, html};

use super::parts::{Page, name, outside_text, share};
use crate::model::{Check, Environment, Harness, Origin, Protocol, Report, Severity};
use crate::text::clean;
use crate::text::format;

/// When it was measured.
pub(super) fn created(report: &Report) -> Markup {
    match report.created.parse::<Timestamp>() {
        Ok(time) => html! { time datetime=(time) { (time.strftime("%Y-%m-%d %H:%M UTC")) } },
        Err(_) => outside_text(&report.created),
    }
}

/// The compiler, in a few words.
pub(super) fn toolchain(report: &Report) -> Markup {
    let origin = match &report.toolchain.origin {
        Origin::Path => "given by its path".into(),
        Origin::Variable => "named by FORC_PERF_FORC".into(),
        Origin::SearchPath => "found on PATH".into(),
        Origin::Fuelup(name) => format!("fuelup’s {name}"),
        Origin::Release(version) => format!("the release {version}, built by forc-perf"),
        Origin::Revision(revision) => format!("{}, built by forc-perf", revision.describe()),
    };
    html! { "forc " (outside_text(&report.toolchain.version)) " (" (outside_text(&origin)) ")" }
}

/// The machine, in a few words.
pub(super) fn machine(report: &Report) -> Markup {
    let environment = &report.environment;
    let host = environment.host.as_deref().unwrap_or("this machine");
    html! { (name(host)) ", " (outside_text(&processors(environment))) @if let Some(os) = &environment.os { ", " (outside_text(os)) } }
}

/// `2 × Some Processor`, a kind after the other.
fn processors(environment: &Environment) -> String {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for cpu in &environment.cpus {
        let brand = cpu.brand.trim();
        match kinds.iter_mut().find(|(kind, _)| *kind == brand) {
            Some((_, count)) => *count += 1,
            None => kinds.push((brand, 1)),
        }
    }
    if kinds.is_empty() {
        return environment.arch.clone();
    }
    let word = |(brand, count): &(&str, usize)| {
        let brand = if brand.is_empty() { "processor" } else { brand };
        format!("{count} × {brand}")
    };
    kinds.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// The machine, fact by fact.
pub(super) fn machine_facts(environment: &Environment) -> Markup {
    let load = environment.load.map(|load| format!("{:.2}, {:.2}, {:.2}", load.one, load.five, load.fifteen));
    let memory = (environment.total_memory > 0).then(|| {
        format!(
            "{}, {} of it free at the start",
            format::bytes(environment.total_memory as f64),
            format::bytes(environment.available_memory as f64)
        )
    });
    let facts = [
        ("Host", environment.host.clone()),
        ("System", environment.os.clone()),
        ("Kernel", environment.kernel.clone()),
        ("Architecture", Some(environment.arch.clone())),
        ("Processors", Some(processors(environment))),
        ("Physical cores", environment.physical_cores.map(|cores| cores.to_string())),
        ("Governor", environment.governor.clone()),
        ("Virtual machine", environment.virtual_machine.map(yes_or_no)),
        ("Memory", memory),
        ("Load at the start", load),
    ];
    html! { (list("Machine", &facts)) (checks(environment)) }
}

/// What the checks before the measurement found, with the meaning of each problem.
fn checks(environment: &Environment) -> Markup {
    let described = |check: &Check| match check.severity {
        Severity::Fine | Severity::Note => check.value.clone(),
        severity => format!("{} ({}): {}", check.value, severity.name(), check.meaning),
    };
    let facts: Vec<(&str, Option<String>)> =
        environment.checks.iter().map(|check| (check.topic.as_str(), Some(described(check)))).collect();
    html! { @if !facts.is_empty() { (list("Before it was measured", &facts)) } }
}

pub(super) fn section(page: &Page) -> Markup {
    let report = page.report;
    if let Some(recorder) = page.recorder {
        return recorded(report, recorder);
    }
    let settings = &report.settings;
    let protocol = protocol(report.toolchain.capabilities.protocol);
    let revision = match &report.toolchain.origin {
        Origin::Revision(revision) => Some(revision),
        _ => None,
    };
    let compiler = [
        ("Version", Some(report.toolchain.version.clone())),
        ("Binary", Some(report.toolchain.path.display().to_string())),
        ("Commit", revision.map(|revision| format!("{} {}", revision.commit, revision.subject))),
        ("Work tree", revision.and_then(|revision| revision.tree.clone())),
        ("Repository", revision.map(|revision| revision.repository.clone())),
        ("Cargo flags", revision.map(|revision| revision.cargo_flags.join(" ")).filter(|flags| !flags.is_empty())),
        ("SHA-256", Some(report.toolchain.sha256.clone())),
        ("Phases by", Some(protocol.to_owned())),
        ("Standard library", settings.std.as_ref().map(|std| std.display().to_string())),
    ];
    let how = [
        ("Suite", Some(settings.suite.display().to_string())),
        ("Runs a benchmark", Some(settings.samples.map_or("by its length".into(), |samples| samples.to_string()))),
        ("Frame every", Some(format::duration(settings.interval))),
        ("Time limit of a run", Some(format::duration(settings.time_limit))),
        ("forc and harness on separate processors", Some(yes_or_no(settings.pinned))),
        ("Seed", Some(settings.seed.to_string())),
    ];
    html! {
        section aria-labelledby="how" {
            h2 #how { "How it was measured" }
            div.columns {
                (machine_facts(&report.environment))
                (list("Compiler", &compiler))
                (list("Settings", &how))
                (list("Cost of measuring", &cost(report)))
            }
        }
    }
}

/// The same for others' records, as far as it is known.
fn recorded(report: &Report, recorder: &str) -> Markup {
    let environment = &report.environment;
    let is_known = !environment.cpus.is_empty() || environment.total_memory > 0;
    html! {
        section aria-labelledby="how" {
            h2 #how { "How it was measured" }
            p { "By " (recorder) ", with unknown settings" @if !is_known { ", on an unknown machine" } "." }
            @if !report.toolchain.notes.is_empty() {
                ul.notes { @for note in &report.toolchain.notes { li { (outside_text(note)) } } }
            }
            @if is_known { (machine_facts(environment)) }
        }
    }
}

/// How a compiler announces its phases.
pub(super) fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Markers => "markers (build --profile)",
        Protocol::TimePhases => "phase times (build --time-phases)",
        Protocol::WholeProcess => "none, only the whole process",
    }
}

/// What the harness itself cost.
fn cost(report: &Report) -> [(&'static str, Option<String>); 5] {
    let measuring = &report.measuring;
    let runs = || report.benchmarks.iter().flat_map(|measured| &measured.runs);
    // Saturating: the figures may come from any file.
    let forc = runs().filter_map(|run| run.accounting).fold(Duration::ZERO, |sum, accounting| {
        sum.saturating_add(accounting.user_time).saturating_add(accounting.system_time)
    });
    let due = runs().fold(0_u64, |due, run| due.saturating_add(run.collector.frames_due));
    let taken: usize = runs().map(|run| run.frames.len()).sum();
    let lateness = runs().filter_map(|run| run.collector.lateness_p99).max();
    let taken = (due > 0).then(|| format!("{} of {}", format::count(taken as f64), format::count(due as f64)));
    [
        ("Measured for", Some(format::long_duration(measuring.wall))),
        ("Of it inside forc", share(measuring.in_forc, measuring.wall).map(format::percent)),
        ("Harness CPU / forc CPU", share(measuring.collector_cpu, forc).map(format::percent)),
        ("Frames taken / due", taken),
        ("Frames late by at most (p99)", lateness.map(format::duration)),
    ]
}

/// A list of facts; what is not known is left out.
pub(super) fn list(title: &str, facts: &[(&str, Option<String>)]) -> Markup {
    html! {
        div {
            h3 { (title) }
            dl.facts {
                @for (what, value) in facts {
                    @if let Some(value) = value.as_ref().filter(|value| !value.trim().is_empty()) { dt { (clean(what)) } dd { (clean(value)) } }
                }
            }
        }
    }
}

/// The last line.
pub(super) fn colophon(harness: &Harness, version: u32) -> Markup {
    html! {
        p.muted { (outside_text(&harness.name)) " " (outside_text(&harness.version)) ", layout " (version) }
    }
}

fn yes_or_no(answer: bool) -> String {
    if answer { "yes" } else { "no" }.into()
}
