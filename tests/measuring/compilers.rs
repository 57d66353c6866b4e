//! Compilers that are not quite what they seem: behind proxies and wrappers, replaced, half broken.

#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::support::{self, Bed, is_running, shell_script, stand_in};
use forc_perf::model::{FailureKind, Origin, Protocol};

/// A script that becomes the stand-in, after `before`.
fn becoming(bed: &Bed, path: &str, before: &str) -> String {
    let script = shell_script(&bed.path(path), &format!("{before}\nexec {} \"$@\"", stand_in().display()));
    script.to_str().unwrap().to_owned()
}

#[test]
fn fuelups_proxy_stands_for_the_compiler_of_its_default_toolchain() {
    let bed = Bed::new();
    bed.good_project();
    // The proxy is fuelup under another name; whoever ran it would get this compiler only by its leave.
    let fuelup = shell_script(&bed.path("fuelup/bin/fuelup"), "echo proxy >&2\nexit 1");
    let proxy = bed.path("fuelup/bin/forc");
    fs::hard_link(&fuelup, &proxy).unwrap();
    support::copy_of_stand_in(&bed.path("fuelup/toolchains/beta-5/bin/forc"));
    bed.write("fuelup/settings.toml", "default_toolchain = \"beta-5\"\n");
    let run = bed.run_with(&[("FUELUP_HOME", &bed.word("fuelup"))], &["--forc", proxy.to_str().unwrap()]);
    run.assert_code(0);
    let toolchain = &run.report().toolchain;
    assert_eq!(toolchain.origin, Origin::Fuelup("beta-5".to_owned()));
    assert_eq!(toolchain.path, bed.path("fuelup/toolchains/beta-5/bin/forc"));
}

#[test]
fn the_compiler_is_found_among_the_children_of_a_wrapper() {
    let bed = Bed::new();
    bed.project("g/p", "start p work\nsleep 300\nalloc 64\nsleep 300\nstop p work\nsleep 300");
    // The first child is not the compiler, and outlives it.
    let wrapper = format!("sleep 30 & helper=$!\n{} \"$@\"\ncode=$?\nkill $helper\nexit $code", stand_in().display());
    let wrapper = shell_script(&bed.path("bin/wrapper"), &wrapper);
    let run = bed.run(&["--forc", wrapper.to_str().unwrap(), "--samples", "1", "--interval", "5ms"]);
    run.assert_code(0);
    let run = &run.benchmark("g/p/debug").runs[0];
    let cost = run.phases[0].cost.unwrap();
    assert!(cost.memory_end.unwrap() > 64 << 20, "the helper was measured: {cost:?}");
    assert!(run.frames.iter().any(|frame| frame.memory_usage > 64 << 20));
}

#[test]
fn a_compiler_that_is_replaced_in_mid_measurement_is_not_two_compilers_under_one_name() {
    let bed = Bed::new();
    let forc = becoming(&bed, "bin/forc", "true");
    let other = becoming(&bed, "bin/other", "true # and something else");
    // The warm-up is the first run; the third puts another compiler in the place of its own.
    let count = bed.word("count");
    bed.project("g/p", &format!("count {count}\npackage script p\non 3 move {other} {forc}"));
    let run = bed.run(&["--forc", &forc, "--samples", "5"]);
    run.assert_code(1);
    assert_eq!(run.benchmark("g/p/debug").runs.len(), 2);
    let failure = run.failure("g/p/debug", FailureKind::Collector);
    assert!(failure.message.contains("has changed since it was first run"), "{}", failure.message);
}

#[test]
fn a_flag_that_kills_the_compiler_is_not_used_and_that_is_told() {
    let bed = Bed::new();
    bed.good_project();
    let forc = becoming(
        &bed,
        "bin/forc",
        "for word in \"$@\"; do if [ \"$word\" = --profile ]; then echo boom >&2; exit 101; fi; done",
    );
    let run = bed.run(&["--forc", &forc]);
    run.assert_code(0);
    assert_eq!(run.report().toolchain.capabilities.protocol, Protocol::TimePhases);
    let note = &run.report().toolchain.notes[0];
    assert!(note.contains("`forc build --profile`") && note.contains("code 101"), "{note}");
    assert!(run.stderr.contains(note), "{}", run.stderr);
}

#[test]
fn a_child_that_keeps_stdout_open_for_ever_takes_nothing_of_what_the_compiler_said() {
    let bed = Bed::new();
    let count = bed.word("count");
    bed.project("odd/detaches", &format!("count {count}\npackage script detaches\non 2 detach 3600000"));
    let run = bed.run(&["--samples", "1"]);
    run.assert_code(0);
    let measured = &run.benchmark("odd/detaches/debug").runs[0];
    assert_eq!(measured.phases.len(), 7, "{:?}", measured.phases);
    assert_eq!(measured.packages[0].bytecode_size, Some(64));
    assert!(measured.notes.iter().any(|note| note.contains("stayed open")), "{:?}", measured.notes);
    for left in bed.processes() {
        let _ = Command::new("kill").args(["-9", &left.to_string()]).status();
    }
}

#[test]
fn what_the_compiler_leaves_in_its_group_does_not_work_on_into_the_next_run() {
    let bed = Bed::new();
    let id = bed.word("id");
    // It has let go of the streams, so that only its group still tells of it.
    let forc = becoming(
        &bed,
        "bin/forc",
        &format!("(exec >/dev/null 2>&1; sh -c 'echo $$ > {id}.new; mv {id}.new {id}; exec sleep 3600') &"),
    );
    bed.project("g/p", &format!("package script p\nawait {id}"));
    let run = bed.run(&["--forc", &forc, "--samples", "1"]);
    run.assert_code(0);
    let left: u32 = fs::read_to_string(&id).unwrap().trim().parse().unwrap();
    support::eventually("it has ended, too", || !is_running(left));
    bed.assert_nothing_left();
}

#[test]
fn a_full_disk_is_named_with_the_file_and_what_can_be_done() {
    let bed = Bed::new();
    bed.good_project();
    fs::write(bed.path("suite/good/good/src/big.sw"), "// ".repeat(100_000)).unwrap();
    // No file may grow beyond 64 KiB: for whoever writes one, the disk is full.
    let words = bed.run_words(&[]).iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let harness = Path::new(env!("CARGO_BIN_EXE_forc-perf"));
    let script = format!("trap '' XFSZ\nulimit -f 128\nexec {} {words}", Path::new(harness).display());
    let script = shell_script(&bed.path("limited"), &script);
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let output = bed.command(&script).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("cannot write") && said.contains("big.sw") && said.contains("TMPDIR"), "{said}");
}
