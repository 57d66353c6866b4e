//! Every generation of forc is measured by the best that it tells, and whatever a log may hold is kept and shown.

use crate::support::{self, Bed, Run};
use forc_perf::model::{BenchmarkPhase, Exit, FailureKind, Protocol};

const CST: &str = "parse the program to a concrete syntax tree (CST)";
const TYPED: &str = "parse the concrete syntax tree (CST) to a typed AST";

/// The phases of one package as forc 0.72.1 tells them, in order, with their depths.
const PHASES: [(&str, u32); 7] = [
    ("compile to ast", 0),
    (CST, 1),
    (TYPED, 1),
    ("compile ast to ir", 0),
    ("compile ir to asm", 0),
    ("generate JSON ABI program", 0),
    ("compile asm to bytecode", 0),
];

/// A library and a script that needs it, measured with this generation of the stand-in.
fn measured_with(generation: &str) -> Run {
    let bed = Bed::new();
    // Patient, so that every line is read before the next phase begins, and the last one while the process still runs.
    bed.project("apps/a", "patient\npackage library dep\npackage script a");
    let run = bed.run_with(&[("STAND_IN", generation)], &["--samples", "2"]);
    run.assert_code(0);
    run
}

fn phases(run: &Run) -> &[BenchmarkPhase] {
    &run.benchmark("apps/a/debug").runs[0].phases
}

/// The phases of both packages as a compiler's run tells them.
fn told(run: &Run) -> Vec<(Option<&str>, &str, u32)> {
    phases(run).iter().map(|p| (p.package.as_deref(), p.name.as_str(), p.depth)).collect()
}

fn expected() -> Vec<(Option<&'static str>, &'static str, u32)> {
    [Some("dep"), Some("a")].iter().flat_map(|package| PHASES.map(|(name, depth)| (*package, name, depth))).collect()
}

#[track_caller]
fn assert_phases_of_both_packages(run: &Run) {
    assert_eq!(told(run), expected());
    for phase in phases(run) {
        assert!(phase.start_time.unwrap() <= phase.end_time.unwrap(), "{phase:?}");
    }
}

#[track_caller]
fn assert_capabilities(run: &Run, protocol: Protocol, metrics_file: bool, tests: bool) {
    let capabilities = &run.report().toolchain.capabilities;
    assert_eq!((capabilities.protocol, capabilities.metrics_file, capabilities.tests), (protocol, metrics_file, tests));
    assert!(capabilities.release);
    for run in &run.benchmark("apps/a/debug").runs {
        assert_eq!(run.protocol, protocol);
        assert_eq!(run.notes, Vec::<String>::new());
    }
}

#[test]
fn markers_tell_phases_packages_costs_and_sizes() {
    let run = measured_with("");
    assert_capabilities(&run, Protocol::Markers, true, true);
    assert_phases_of_both_packages(&run);
    for phase in phases(&run) {
        let cost = phase.cost.expect("the counters are read at the markers");
        assert!(cost.cpu_time.is_some() && cost.memory_start > Some(0) && cost.memory_end > Some(0), "{phase:?}");
    }
    let packages = &run.benchmark("apps/a/debug").runs[0].packages;
    assert_eq!(packages.len(), 2);
    for (package, name) in packages.iter().zip(["dep", "a"]) {
        assert_eq!(package.package.as_deref(), Some(name));
        assert_eq!(package.binary_size(), Some(104));
        assert_eq!(package.data_section.unwrap().entries, Some(2));
    }
    assert!(run.benchmark("apps/a/debug").command.contains(&"--profile".to_owned()));
}

#[test]
fn markers_of_unreleased_builds_tell_the_same() {
    let run = measured_with("forc-perf");
    assert_capabilities(&run, Protocol::Markers, true, true);
    assert_phases_of_both_packages(&run);
    assert_eq!(run.benchmark("apps/a/debug").runs[0].packages[1].binary_size(), Some(104));
}

#[test]
fn the_first_markers_take_their_package_from_the_line_before() {
    let run = measured_with("forc-perf-bare");
    assert_capabilities(&run, Protocol::Markers, true, true);
    assert_phases_of_both_packages(&run);
    let packages = &run.benchmark("apps/a/debug").runs[0].packages;
    let sizes: Vec<_> = packages.iter().map(|package| (package.package.as_deref(), package.bytecode_size)).collect();
    assert_eq!(sizes, [(Some("dep"), Some(64)), (Some("a"), Some(64))]);
}

#[test]
fn time_phases_tell_the_same_phases_and_the_last_packages_size() {
    let run = measured_with("time-phases");
    assert_capabilities(&run, Protocol::TimePhases, true, true);
    assert_phases_of_both_packages(&run);
    let packages = &run.benchmark("apps/a/debug").runs[0].packages;
    assert_eq!(packages.len(), 1, "the file holds the last package alone");
    assert_eq!((packages[0].package.as_deref(), packages[0].bytecode_size), (Some("a"), Some(64)));
    let command = &run.benchmark("apps/a/debug").command;
    assert!(!command.contains(&"--profile".to_owned()), "the two never stand together: {command:?}");
}

#[test]
fn a_compiler_that_tells_nothing_is_measured_as_a_whole() {
    let run = measured_with("whole");
    assert_capabilities(&run, Protocol::WholeProcess, false, false);
    let benchmark = run.benchmark("apps/a/debug");
    assert!(benchmark.runs[0].phases.is_empty() && benchmark.runs[0].packages.is_empty());
    let [row] = benchmark.phases.as_slice() else { panic!("{:?}", benchmark.phases) };
    assert_eq!(row.phase, None);
    assert!((row.share - 1.0).abs() < 1e-9, "all of the time is outside phases");
    assert!(benchmark.runs[0].accounting.is_some());
}

#[test]
fn a_compiler_that_cannot_build_the_little_project_is_believed_its_help() {
    let bed = Bed::new();
    bed.project("apps/a", "package script a");
    let run = bed.run_with(&[("STAND_IN", "broken")], &[]);
    run.assert_code(3);
    assert_eq!(run.report().toolchain.capabilities.protocol, Protocol::Markers);
    assert!(run.failure("apps/a/debug", FailureKind::CompileError).message.contains("this compiler is broken"));
}

#[test]
fn the_metrics_of_an_earlier_package_or_run_are_never_taken_for_this_one() {
    let bed = Bed::new();
    let count = bed.word("count");
    // As forc does: the file is written after every package, so a failed target leaves the dependency's.
    bed.project(
        "apps/fails",
        "package library dep\nstart fails compile to ast\nstop fails compile to ast\nerr error: no\nexit 1",
    );
    bed.project(
        "apps/a",
        &format!("count {count}\nstart a compile to ast\nstop a compile to ast\non 1 info 9999 0 0 0"),
    );
    let run = bed.run_with(&[("STAND_IN", "time-phases")], &[]);
    run.assert_code(1);
    let failure = run.failure("apps/fails/debug", FailureKind::CompileError);
    assert!(failure.run.as_ref().unwrap().packages.is_empty(), "{failure:?}");
    for run in &run.benchmark("apps/a/debug").runs {
        assert!(run.packages.iter().all(|package| package.bytecode_size.is_none()), "the warm-up's size: {run:?}");
        assert!(run.notes.iter().any(|note| note.contains("metrics file")), "{:?}", run.notes);
    }
}

#[test]
fn a_phase_and_a_field_never_heard_of_are_kept_and_shown() {
    let bed = Bed::new();
    bed.project(
        "apps/a",
        "patient\nstart a borrow check\nspin 20\nstop a borrow check\n\
         print /dyno info {\"bytecode_size\":10,\"gas\":{\"x\":[1,null]},\"data_section\":{\"size\":6,\"used\":6,\"sections\":2,\"value_pairs\":[{\"value\":{\"Tensor\":[[1]]}}]}}\n\
         print /dyno celebrate a\n\
         package script b",
    );
    let run = bed.run(&[]);
    run.assert_code(0);
    let measured = &run.benchmark("apps/a/debug").runs[0];
    assert_eq!(measured.phases[0].name, "borrow check");
    assert_eq!(measured.packages[0].binary_size(), Some(16));
    assert_eq!(measured.packages[0].data_section.unwrap().entries, Some(1));
    assert!(run.stdout.contains("borrow check"), "{}", run.stdout);
}

#[test]
fn a_missing_stop_and_a_stop_without_start_are_noted_and_spoil_nothing_else() {
    let bed = Bed::new();
    bed.project(
        "apps/a",
        "stop a never begun\n\
         start a compile to ast\nstart a lost\nspin 2\nstop a compile to ast\n\
         start a compile ast to ir\nspin 2\nstop a compile ast to ir\n\
         start a open for ever",
    );
    let run = bed.run(&[]);
    run.assert_code(0);
    for run in &run.benchmark("apps/a/debug").runs {
        let known: Vec<_> = run.phases.iter().filter(|p| p.end_time.is_some()).map(|p| p.name.as_str()).collect();
        assert_eq!(known, ["compile to ast", "compile ast to ir"]);
        let unknown: Vec<_> = run.phases.iter().filter(|p| p.end_time.is_none()).map(|p| p.name.as_str()).collect();
        assert_eq!(unknown, ["lost", "open for ever"]);
        for word in ["`never begun`", "`lost`", "`open for ever`"] {
            assert_eq!(run.notes.iter().filter(|note| note.contains(word)).count(), 1, "{:?}", run.notes);
        }
    }
    assert_shares_are_whole(&run, "apps/a/debug");
}

#[test]
fn a_package_that_is_compiled_twice_counts_twice_in_time_and_once_in_size() {
    let bed = Bed::new();
    bed.project("apps/a", "package contract a\npackage contract a");
    let run = bed.run(&[]);
    run.assert_code(0);
    let benchmark = run.benchmark("apps/a/debug");
    let passes: Vec<_> = benchmark.runs[0].phases.iter().map(|phase| phase.pass).collect();
    assert_eq!(passes, [[0; 7], [1; 7]].concat());
    let size = benchmark.metrics.iter().find(|m| m.metric == forc_perf::model::Metric::BinarySize).unwrap();
    assert!((size.estimate.median - 104.0).abs() < 1e-9);
    assert_shares_are_whole(&run, "apps/a/debug");
}

#[test]
fn interleaved_packages_keep_their_own_phases_and_sizes() {
    let bed = Bed::new();
    bed.project(
        "apps/a",
        "start a compile to ast\nspin 2\nstart b compile to ast\nspin 2\nstop a compile to ast\ninfo 100 0 0 0\n\
         spin 2\nstop b compile to ast\ninfo 200 0 0 0",
    );
    let run = bed.run(&[]);
    run.assert_code(0);
    let measured = &run.benchmark("apps/a/debug").runs[0];
    let told: Vec<_> = measured.phases.iter().map(|p| (p.package.as_deref().unwrap(), p.depth)).collect();
    assert_eq!(told, [("a", 0), ("b", 0)], "one package's phases are not nested in another's");
    let sizes: Vec<_> =
        measured.packages.iter().map(|p| (p.package.as_deref().unwrap(), p.bytecode_size.unwrap())).collect();
    assert_eq!(sizes, [("a", 100), ("b", 200)]);
    assert_shares_are_whole(&run, "apps/a/debug");
}

/// All time stands in a named row, over all packages and package by package.
#[track_caller]
fn assert_shares_are_whole(run: &Run, id: &str) {
    let benchmark = run.benchmark(id);
    for rows in [&benchmark.phases, &benchmark.packages] {
        let sum: f64 = rows.iter().filter(|row| row.depth == 0).map(|row| row.share).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{sum}: {rows:?}");
    }
}

#[test]
fn markers_are_read_however_their_writes_are_cut() {
    let bed = Bed::new();
    bed.project(
        "apps/a",
        "write /dy\nsleep 5\nwrite no start a comp\nsleep 5\nwrite ile to ast\\n/dyno stop a compile to ast\\n/dyn\nsleep 5\n\
         write o info {\"bytecode_si\nsleep 5\nwrite ze\":7}\\n/dyno start a compile ast to ir\\n/dyno stop a compile ast to ir\\n",
    );
    let run = bed.run(&[]);
    run.assert_code(0);
    for run in &run.benchmark("apps/a/debug").runs {
        let told: Vec<_> = run.phases.iter().map(|p| (p.name.as_str(), p.end_time.is_some())).collect();
        assert_eq!(told, [("compile to ast", true), ("compile ast to ir", true)]);
        assert_eq!(run.packages[0].bytecode_size, Some(7));
        assert!(run.notes.is_empty(), "{:?}", run.notes);
    }
}

#[test]
fn an_info_line_that_is_no_json_is_noted() {
    let bed = Bed::new();
    bed.project("apps/a", "package script a\nprint /dyno info {\"bytecode_size\":\\xff}\nprint /dyno info nothing");
    let run = bed.run(&[]);
    run.assert_code(0);
    for run in &run.benchmark("apps/a/debug").runs {
        assert_eq!(run.packages.len(), 1);
        assert_eq!(run.notes.iter().filter(|note| note.contains("info marker")).count(), 2, "{:?}", run.notes);
    }
}

#[test]
fn a_binary_that_is_no_forc_is_refused_with_what_it_said() {
    let bed = Bed::new();
    bed.good_project();
    let run = bed.run_with(&[("STAND_IN", "no-forc")], &[]);
    run.assert_code(4);
    assert!(run.stderr.contains("is not a forc") && run.stderr.contains("GNU coreutils 9.4"), "{}", run.stderr);

    let mute = support::shell_script(&bed.path("bin/mute"), "exit 7");
    let run = bed.run(&["--forc", mute.to_str().unwrap()]);
    run.assert_code(4);
    assert!(run.stderr.contains("is not a forc") && run.stderr.contains("code 7"), "{}", run.stderr);

    let text = bed.write("bin/text", "just a text");
    let run = bed.run(&["--forc", text.to_str().unwrap()]);
    run.assert_code(4);
    assert!(run.stderr.contains("cannot start"), "{}", run.stderr);
    assert!(!bed.path("report.json").exists());
}

#[test]
fn the_toolchain_is_in_the_report_with_version_hash_path_and_origin() {
    use sha2::{Digest, Sha256};
    let bed = Bed::new();
    bed.good_project();
    let run = bed.run_with(&[("STAND_IN_VERSION", "0.73.0-rc.1+nightly.20260101")], &[]);
    run.assert_code(0);
    let toolchain = &run.report().toolchain;
    assert_eq!(toolchain.version, "0.73.0-rc.1+nightly.20260101");
    let hash: String =
        Sha256::digest(std::fs::read(support::stand_in()).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(toolchain.sha256, hash);
    assert_eq!(toolchain.path, support::stand_in());
    assert_eq!(toolchain.origin, forc_perf::model::Origin::Variable);
}

#[test]
fn what_the_first_failed_run_says_of_its_exit_is_kept() {
    let bed = Bed::new();
    bed.good_project();
    bed.project("bad/bad", "exit 42");
    let run = bed.run(&[]);
    run.assert_code(1);
    let failure = run.failure("bad/bad/debug", FailureKind::CompileError);
    assert_eq!(failure.exit, Some(Exit::Code(42)));
    assert!(failure.message.contains("exit code 42"), "{}", failure.message);
}
