//! The allowed dependencies between the modules, as in ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// The modules from the lowest to the highest, each with those that it may use. A new arrow is added here, if it leads down.
const MAY_USE: [(&str, &[&str]); 21] = [
    ("metric", &[]),
    ("phase", &[]),
    ("model", &["metric"]),
    ("text", &["metric", "model"]),
    ("stats", &["model"]),
    ("os", &["model", "text"]),
    ("figures", &["metric", "model", "phase", "stats", "text"]),
    ("verdict", &["figures", "metric", "model", "phase", "stats"]),
    ("collector", &["model", "os", "phase", "text"]),
    ("suite", &["model", "os", "text"]),
    ("forc", &["collector", "model", "os", "suite", "text"]),
    ("doctor", &["collector", "figures", "forc", "model", "os", "stats", "suite", "text"]),
    ("session", &["collector", "doctor", "figures", "forc", "model", "os", "suite", "verdict"]),
    ("history", &["figures", "model", "os", "phase", "stats", "text"]),
    ("trends", &["figures", "history", "model", "phase", "stats"]),
    ("words", &["model", "phase", "text", "trends", "verdict"]),
    ("chart", &["figures", "model", "phase", "stats", "text", "verdict"]),
    ("report", &["chart", "figures", "model", "os", "phase", "stats", "text", "verdict", "words"]),
    (
        "dashboard",
        &["chart", "figures", "history", "model", "phase", "report", "stats", "text", "trends", "verdict", "words"],
    ),
    (
        "cli",
        &[
            "collector",
            "dashboard",
            "doctor",
            "forc",
            "history",
            "model",
            "os",
            "report",
            "session",
            "stats",
            "suite",
            "text",
            "trends",
            "verdict",
            "words",
        ],
    ),
    ("bench", &["chart", "cli", "figures", "forc", "model", "report", "session", "suite", "text"]),
];

/// A line of a file that uses another module of the crate.
struct Use {
    /// The module that the line stands in, and the one that it uses.
    from: String,
    to: String,
    line: String,
}

/// The Rust files of both packages, each with its package's source folder.
fn files() -> impl Iterator<Item = (PathBuf, PathBuf)> {
    ["src", "core/src"].into_iter().flat_map(|folder| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let files = WalkDir::new(&source).sort_by_file_name().into_iter().map(|entry| entry.unwrap().into_path());
        let files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|name| name == "rs")).collect();
        files.into_iter().map(move |path| (source.clone(), path))
    })
}

/// All uses of other modules, tests left out: these may use whatever they need.
fn uses() -> Vec<Use> {
    let mut uses = Vec::new();
    for (source, path) in files() {
        let relative = path.strip_prefix(&source).unwrap().to_string_lossy().into_owned();
        if relative.contains("test") {
            continue;
        }
        let from = relative.split(['/', '.']).next().unwrap().to_owned();
        if ["lib", "main"].contains(&from.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        // What follows is of tests alone, and stands at the end of a file.
        let text = text.split("#[cfg(test)]\nmod ").next().unwrap();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for to in named(line) {
                let line = format!("{}:{}: {}", path.display(), index + 1, line.trim());
                uses.push(Use { from: from.clone(), to: to.to_owned(), line });
            }
        }
    }
    uses
}

/// The modules that a line names by `crate::`, also as `use crate::{a, b}`.
fn named(line: &str) -> Vec<&str> {
    line.match_indices("crate::")
        .flat_map(|(at, found)| {
            let rest = &line[at + found.len()..];
            let list = rest.strip_prefix('{').and_then(|rest| rest.split('}').next());
            list.unwrap_or(rest).split(if list.is_some() { ',' } else { '\n' })
        })
        .map(|name| name.trim().split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default())
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn every_arrow_between_modules_leads_down() {
    let may_use: BTreeMap<&str, &[&str]> = MAY_USE.into_iter().collect();
    let place = |module: &str| MAY_USE.iter().position(|(name, _)| *name == module);
    for (module, below) in MAY_USE {
        for used in below {
            assert!(place(used) < place(module), "{module} may not use {used}, which stands above it");
        }
    }
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    for Use { from, to, line } in uses() {
        if from == to || place(&to).is_none() {
            continue;
        }
        let allowed = may_use.get(from.as_str()).unwrap_or_else(|| panic!("{from} is in no row of the table"));
        assert!(allowed.contains(&to.as_str()), "an arrow that is not drawn, from {from} to {to}:\n{line}");
        seen.insert((from, to));
    }
    for (module, below) in MAY_USE {
        for used in below {
            let arrow = (module.to_owned(), (*used).to_owned());
            assert!(seen.contains(&arrow), "nothing uses the arrow from {module} to {used}: take it out");
        }
    }
}

#[test]
fn no_two_files_beside_each_other_use_each_other() {
    let mut uses: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for (_, path) in files() {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if name.contains("test") || name == "mod" {
            continue;
        }
        let folder = path.parent().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]\nmod ").next().unwrap();
        let siblings = text.lines().filter_map(|line| line.trim().strip_prefix("use super::")).map(|rest| {
            rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default().to_owned()
        });
        uses.insert((folder, name), siblings.collect());
    }
    // Depth first: from each file along its siblings, back to itself.
    for (folder, start) in uses.keys() {
        let mut seen = BTreeSet::new();
        let mut open = vec![start.clone()];
        while let Some(file) = open.pop() {
            let Some(next) = uses.get(&(folder.clone(), file)) else { continue };
            assert!(!next.contains(start), "{folder}/{start}.rs is in a circle of files");
            open.extend(next.iter().filter(|next| seen.insert((*next).clone())).cloned());
        }
    }
}
