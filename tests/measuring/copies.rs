//! What is run in place of a compiler: a copy, made like that of every other one.

#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::support::{Bed, InTime, shell_script, stand_in, stand_in_as};
use forc_perf::model::{FailureKind, Metric, Verdict};
use forc_perf::report::file;

/// What the stand-in's command `binary` has told: for each path that it was called by, the first inode there and the
/// character.
fn told(log: &Path) -> BTreeMap<PathBuf, (u64, String)> {
    let mut told = BTreeMap::new();
    for line in fs::read_to_string(log).unwrap().lines() {
        let mut words = line.split(' ');
        let path = PathBuf::from(words.next().unwrap());
        let inode = words.next().unwrap().parse().unwrap();
        told.entry(path).or_insert((inode, words.next().unwrap().to_owned()));
    }
    told
}

#[test]
fn every_side_runs_from_a_file_of_its_own_at_a_path_of_the_same_length() {
    let bed = Bed::new();
    let old = stand_in_as(&bed.path("old/forc"), "old");
    let new = stand_in_as(&bed.path("a-much-longer-name/forc-of-mine"), "new");
    let log = bed.path("log");
    bed.project("g/p", &format!("binary {}\npackage script p", log.display()));
    let words = ["compare", "old/forc", "a-much-longer-name/forc-of-mine", "--control", "--suite", "suite"];
    let more = ["--output", "c.json", "--min-runs", "2", "--max-runs", "2", "--fail-on", "never"];
    bed.harness().args(words).args(more).ends_with(0);

    let told = told(&log);
    assert_eq!(told.len(), 3, "base, side and control: {told:?}");
    let lengths: Vec<usize> = told.keys().map(|path| path.as_os_str().len()).collect();
    assert!(lengths.iter().all(|length| *length == lengths[0]), "{told:?}");
    let mut inodes: Vec<u64> = told.values().map(|(inode, _)| *inode).collect();
    inodes.extend([&old, &new].map(|path| fs::metadata(path).unwrap().ino()));
    inodes.sort_unstable();
    inodes.dedup();
    assert_eq!(inodes.len(), 5, "three copies and two originals: {told:?}");
    let olds = told.values().filter(|(_, character)| character == "old").count();
    assert_eq!(olds, 2, "the control is a copy of the base: {told:?}");

    let comparison = file::read_comparison(&bed.path("c.json")).unwrap();
    for (side, path) in comparison.sides.iter().zip([&old, &new, &old]) {
        assert_eq!(side.toolchain.path, *path);
        assert_eq!(side.benchmarks[0].command[0], path.to_str().unwrap());
    }
    bed.assert_nothing_left();
}

#[test]
fn a_compiler_that_is_built_anew_or_removed_meanwhile_is_measured_to_the_end() {
    let bed = Bed::new();
    let forc = stand_in_as(&bed.path("bin/forc"), "first");
    let other = stand_in_as(&bed.path("bin/other"), "second");
    let (count, log) = (bed.word("count"), bed.path("log"));
    let script = format!(
        "count {count}\nbinary {log}\npackage script p\non 3 move {} {forc}\non 4 remove {forc}",
        other.display(),
        log = log.display(),
        forc = forc.display()
    );
    bed.project("g/p", &script);
    let run = bed.run(&["--forc", forc.to_str().unwrap(), "--samples", "5"]);
    run.assert_code(0);
    assert_eq!(run.benchmark("g/p/debug").runs.len(), 5);
    assert!(told(&log).values().all(|(_, character)| character == "first"));
}

#[test]
fn a_script_runs_where_it_is_and_that_is_told() {
    let bed = Bed::new();
    let log = bed.path("log");
    let text = format!("echo \"$0\" >> {}\nexec {} \"$@\"", log.display(), stand_in().display());
    let script = shell_script(&bed.path("bin/forc"), &text);
    bed.good_project();
    let run = bed.run(&["--forc", script.to_str().unwrap(), "--samples", "1"]);
    run.assert_code(0);
    let called = fs::read_to_string(&log).unwrap();
    assert!(called.lines().all(|line| Path::new(line) == script), "{called}");
    assert!(run.stderr.contains(script.to_str().unwrap()) && run.stderr.contains("it is a script"), "{}", run.stderr);
}

#[test]
fn messages_of_the_compiler_name_the_file_that_the_user_named() {
    let bed = Bed::new();
    let forc = stand_in_as(&bed.path("bin/forc"), "x");
    bed.project("g/p", "binary /dev/stderr\nexit 1");
    let run = bed.run(&["--forc", forc.to_str().unwrap(), "--samples", "1"]);
    run.assert_code(3);
    let failure = run.failure("g/p/debug", FailureKind::CompileError);
    assert!(failure.output.contains(forc.to_str().unwrap()), "{}", failure.output);
}

#[test]
fn what_differs_between_a_binary_and_itself_is_no_regression_of_it() {
    let bed = Bed::new();
    // After a warm-up and three runs it makes another size of the same program: not of an edited one, which is not compared.
    bed.project(
        "g/p",
        &format!("count {}\npackage script p\ninfo 640 8 8 1\nfrom 5 info 6400 8 8 1", bed.word("count")),
    );
    for output in ["old.json", "new.json"] {
        bed.run(&["--samples", "3", "--output", &bed.word(output)]).assert_code(0);
    }
    let diff = |format: &str| {
        let words =
            ["diff", "old.json", "new.json", "--output", "c.json", "--fail-on", "undecided", "--format", format];
        let output = bed.harness().args(words).ends_with(0);
        String::from_utf8(output.stdout).unwrap()
    };
    for format in ["terminal", "markdown", "html"] {
        assert!(diff(format).contains("the same binary"), "{format}");
    }
    let first = diff("terminal").lines().next().unwrap_or_default().to_owned();
    assert!(first.contains("the same binary") && first.contains("(SHA-256 "), "{first}");
    // Nothing that a program reads says otherwise; the figures are what they are.
    let comparison = file::read_comparison(&bed.path("c.json")).unwrap();
    let benchmark = &comparison.findings[0].benchmarks[0];
    let figure = benchmark.figure(Metric::BytecodeSize).unwrap();
    assert_eq!((benchmark.verdict, figure.verdict), (Some(Verdict::SameBinary), Verdict::SameBinary));
    assert!(figure.ratio > 5.0, "{figure:?}");
    for format in ["json", "csv"] {
        let text = diff(format);
        assert!(!text.contains("regressed") && !text.contains("improved"), "{format}: {text}");
    }
}
