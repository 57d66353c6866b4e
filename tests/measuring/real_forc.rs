//! A real forc, where there is one: what it tells is what stands in the report.
//!
//! Taken is the one of `FORC_PERF_FORC`, else the forc on `PATH`, else the newest release in the cache.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{self, Bed, InTime, Run, alone, state_of};
use forc_perf::collector::Invocation;
use forc_perf::collector::callgrind::{self, CallgrindOptions};
use forc_perf::forc::{Locator, ToolchainSpec, command, install, toolchain};
use forc_perf::model::{Exit, FailureKind, Metric, Protocol};
use forc_perf::os::Interrupt;
use forc_perf::suite::{self, Bounds, Scenario, Stage};

/// The forc that tests are made with; without one the reason is printed, as silence would read like success.
fn forc() -> Option<PathBuf> {
    let named = std::env::var_os("FORC_PERF_FORC").filter(|text| !text.is_empty());
    let found = match named {
        Some(text) => match ToolchainSpec::from_os(&text, false).expect("FORC_PERF_FORC names a toolchain") {
            ToolchainSpec::Release(version) => install::installed(&version).ok().flatten(),
            spec => {
                let (path, _) =
                    toolchain::locate(Some(&spec), &Locator::default(), &forc_perf::os::Interrupt::new(), |_| ())
                        .unwrap();
                Some(path)
            }
        },
        None => which::which("forc").ok().or_else(|| Some(install::all_installed().ok()?.pop()?.1)),
    };
    if found.is_none() {
        support::not_run("no forc is here; FORC_PERF_FORC=PATH names one");
    }
    found
}

/// Measures projects of the fixtures, which need no network.
fn measure(bed: &Bed, forc: &Path, args: &[&str]) -> Run {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    bed.run(
        &[&["--suite", fixtures.to_str().unwrap(), "--forc", forc.to_str().unwrap(), "--samples", "3"], args].concat(),
    )
}

#[test]
fn real_phases_come_in_their_order_and_sizes_are_those_that_forc_prints() {
    let Some(forc) = forc() else { return };
    let bed = Bed::new();
    let small = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/small");
    let before = state_of(&small);
    let run = measure(&bed, &forc, &["small/script/debug", "small/predicate/debug"]);
    run.assert_code(0);
    assert_eq!(run.report().benchmarks.len(), 2);
    assert_eq!(state_of(&small), before, "the fixtures stay as they are");
    for benchmark in &run.report().benchmarks {
        let id = &benchmark.id;
        assert_eq!(benchmark.runs.len(), 3);
        for run in &benchmark.runs {
            assert_eq!((run.exit, run.notes.len()), (Some(Exit::Code(0)), 0), "{id}: {:?}", run.notes);
            let account = run.accounting.unwrap();
            assert!(account.cpu_time() > std::time::Duration::ZERO, "{account:?}");
            match account.peak_memory {
                Some(peak) => assert!(peak > 5 << 20, "{account:?}"),
                // The kernel counts a spawner's peak into its children's. Below that, a peak is known from what was read while
                // forc lived, and a busy machine may have read all of it later.
                None => {
                    support::not_run("forc has used less memory than the test itself, and was gone when it was read")
                }
            }
            if run.protocol != Protocol::Markers {
                continue;
            }
            // The target is compiled last; before it come its dependencies, with the same phases.
            let target = run.phases.last().unwrap().package.clone();
            let phases: Vec<_> = run.phases.iter().filter(|phase| phase.package == target).collect();
            assert_eq!(phases[0].name, "compile to ast");
            let of = |depth| phases.iter().filter(move |phase| phase.depth == depth).map(|phase| phase.name.as_str());
            let inner: Vec<_> = of(1).collect();
            assert!(inner[0].contains("(CST)") && inner[1].contains("typed AST"), "{inner:?}");
            let outer: Vec<_> = of(0).collect();
            assert_eq!(outer.last(), Some(&"compile asm to bytecode"), "{outer:?}");
            for pair in run.phases.windows(2) {
                assert!(pair[0].start_time <= pair[1].start_time, "phases stand in the order of their starts");
            }
            for phase in phases.iter().filter(|phase| phase.depth == 1) {
                let within = phases[0].start_time <= phase.start_time && phase.end_time <= phases[0].end_time;
                assert!(within, "{} lies within {}", phase.name, phases[0].name);
            }
        }
        let share: f64 = benchmark.phases.iter().filter(|row| row.depth == 0).map(|row| row.share).sum();
        assert!((share - 1.0).abs() < 1e-9, "{id}: {share}");
    }
    // What forc itself says of the size: `target(s) [64 B]`, in bytes as long as it is small.
    let Some(size) = forcs_own_size(&bed, &forc) else { return };
    let benchmark = run.benchmark("small/script/debug");
    let packages = &benchmark.runs[0].packages;
    assert_eq!(packages.last().unwrap().binary_size(), Some(size), "{packages:?}");
    assert!(benchmark.metrics.iter().any(|metric| metric.metric == Metric::BinarySize));
}

/// The size that forc prints for the script, in bytes; `None` where it prints it in a larger unit.
fn forcs_own_size(bed: &Bed, forc: &Path) -> Option<u64> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let stage = Stage::new(&fixtures.join("small/script"), &Bounds::around(&fixtures, &[])).unwrap();
    let output = bed.command(forc).args(["build", "--path"]).arg(stage.project()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let stdout = String::from_utf8(strip_ansi_escapes::strip(&output.stdout)).unwrap();
    let line = stdout.lines().find(|line| line.contains("Finished"))?;
    // Such as `Finished debug [unoptimized + fuel] target(s) [64 B] in 0.01s`.
    line.rsplit_once('[')?.1.split_once(" B]")?.0.parse().ok()
}

#[test]
fn a_real_compile_error_is_told_in_forcs_own_words() {
    let Some(forc) = forc() else { return };
    let bed = Bed::new();
    bed.write("suite/bad/bad/Forc.toml", "[project]\nname = \"bad\"\nauthors = [\"x\"]\nentry = \"main.sw\"\nlicense = \"Apache-2.0\"\nimplicit-std = false\n");
    bed.write("suite/bad/bad/src/main.sw", "script;\n\nfn main() {\n    let x: u64 = no_such_name;\n}\n");
    bed.write("suite/ok/ok/Forc.toml", "[project]\nname = \"ok\"\nauthors = [\"x\"]\nentry = \"main.sw\"\nlicense = \"Apache-2.0\"\nimplicit-std = false\n");
    bed.write("suite/ok/ok/src/main.sw", "script;\n\nfn main() {\n}\n");
    let before = state_of(&bed.path("suite"));
    let run = bed.run(&["--forc", forc.to_str().unwrap()]);
    run.assert_code(1);
    let failure = run.failure("bad/bad/debug", FailureKind::CompileError);
    assert!(failure.output.contains("no_such_name"), "{}", failure.output);
    assert!(failure.message.len() > "the build failed with exit code 1: ".len(), "{}", failure.message);
    let source = bed.path("suite/bad/bad/src/main.sw");
    assert!(failure.output.contains(source.to_str().unwrap()), "the project's own path: {}", failure.output);
    assert_eq!(run.benchmark("ok/ok/debug").runs.len(), 2);
    assert_eq!(state_of(&bed.path("suite")), before);
}

#[test]
fn a_real_forc_is_recognised() {
    let Some(forc) = forc() else { return };
    let bed = Bed::new();
    let output = Command::new(&forc).arg("--version").output().unwrap();
    let version = String::from_utf8(output.stdout).unwrap();
    let spec = ToolchainSpec::Path(forc);
    let toolchain =
        toolchain::resolve(Some(&spec), &Locator::default(), &forc_perf::os::Interrupt::new(), |_| ()).unwrap();
    assert_eq!(format!("forc {}", toolchain.version), version.trim());
    assert!(toolchain.capabilities.release && toolchain.capabilities.metrics_file);
    bed.assert_nothing_left();
}

#[test]
fn every_phase_of_a_real_forc_has_its_instructions() {
    let _alone = alone();
    let Some(forc) = forc() else { return };
    if callgrind::find_valgrind().is_err() {
        support::not_run("valgrind is not on PATH");
        return;
    }
    let bed = Bed::new();
    let run = measure(&bed, &forc, &["small/script/debug"]);
    let toolchain = &run.report().toolchain;
    if toolchain.capabilities.protocol == Protocol::WholeProcess {
        support::not_run("this forc tells no phases");
        return;
    }
    let suite = suite::discover(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"), &[]).unwrap();
    let project = suite.projects.iter().find(|project| project.folder.ends_with("small/script")).unwrap();
    let stage = Stage::new(&project.folder, &project.bounds).unwrap();
    let args = command::build_args(toolchain, stage.project(), &Scenario::debug(), &[], &bed.path("metrics.json"));
    let invocation =
        Invocation { program: toolchain.path.clone(), args, env: Vec::new(), folder: stage.project().to_owned() };
    let options = CallgrindOptions::new(std::time::Duration::from_secs(1), toolchain.capabilities.protocol);
    let counted = callgrind::count(&invocation, &options, &Interrupt::new()).unwrap();
    let told: BTreeSet<&str> =
        run.report().benchmarks[0].runs[0].phases.iter().map(|phase| phase.name.as_str()).collect();
    let found: BTreeSet<&str> = counted.phases.iter().map(|phase| phase.phase.as_str()).collect();
    assert_eq!(found, told, "each phase that forc tells is carried by a function that is found");
    let of = |depth| counted.phases.iter().filter(move |phase| phase.depth == depth).map(|phase| phase.instructions);
    assert!(of(0).chain(of(1)).all(|instructions| instructions > 1_000), "{counted:?}");
    assert!(of(0).sum::<u64>() < counted.total && counted.outside() > 1_000_000, "{counted:?}");
    assert!(of(1).sum::<u64>() < counted.phase("compile to ast").unwrap(), "{counted:?}");
}

#[test]
fn a_real_forc_is_no_worse_than_itself_and_its_instructions_show_that() {
    let Some(forc) = forc() else { return };
    let bed = Bed::new();
    let forc = forc.to_str().unwrap();
    let mut words = vec!["compare", forc, forc, "--select", "small/library/debug", "--max-runs", "4", "--seed", "1"];
    // Counts vary by less than this: they are to be called equal, as what varies at random may seem worse now and then.
    words.extend(["--threshold", "instructions=1%"]);
    words.extend(["--output", "comparison.json", "--suite", concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures")]);
    let counted = callgrind::find_valgrind().is_ok();
    if counted {
        words.push("--instructions=2");
    }
    let output = bed.harness().args(&words).in_time();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    let comparison = forc_perf::report::file::read_comparison(&bed.path("comparison.json")).unwrap();
    let [benchmark] = comparison.findings[0].benchmarks.as_slice() else { panic!("one benchmark was asked for") };
    assert_eq!((&benchmark.output, benchmark.pairs), (&forc_perf::model::OutputFinding::Same, 4));
    assert_eq!(benchmark.figure(Metric::BytecodeSize).map(|size| size.ratio), Some(1.0));
    if counted {
        let Some(instructions) = benchmark.figure(Metric::Instructions) else {
            // A valgrind that does not know this processor: times stand, and it is said.
            assert!(text(&output.stderr).contains("warning: "), "{}", text(&output.stderr));
            return;
        };
        assert!((instructions.ratio - 1.0).abs() < 0.005 && instructions.base > 1e6, "{instructions:?}");
        assert!(benchmark.phases(Metric::Instructions).count() > 1);
    }
}
