//! Instructions counted under callgrind: of a program of which it is known what it does, and of a real forc.

#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::support::{self, Bed, alone, eventually, invocation, shell_script, stand_in};
use forc_perf::collector::callgrind::{self, CallgrindError, CallgrindOptions};
use forc_perf::model::{Exit, InstructionCount, Protocol};
use forc_perf::os::Interrupt;

/// Whether there is a valgrind; without one the reason is printed, as silence would read like success.
fn no_valgrind() -> bool {
    let missing = callgrind::find_valgrind().is_err();
    if missing {
        support::not_run("valgrind is not on PATH");
    }
    missing
}

fn options() -> CallgrindOptions {
    CallgrindOptions::new(Duration::from_secs(1), Protocol::Markers)
}

fn count(program: &Path, project: &Path) -> Result<InstructionCount, CallgrindError> {
    callgrind::count(&invocation(program, project), &options(), &Interrupt::new())
}

/// A program with functions of the compiler's names: one loops three times as long as the other, in two packages.
const LOOPS: &str = r#"
use std::hint::black_box;

#[inline(never)]
pub fn compile_to_ast() { work(600_000); }

#[inline(never)]
pub fn ast_to_ir() { work(200_000); }

#[inline(never)]
fn work(rounds: u64) { for round in 0..rounds { black_box(round); } }

fn main() {
    for package in ["std", "p"] {
        println!("/dyno start {package} compile to ast");
        compile_to_ast();
        println!("/dyno stop {package} compile to ast");
        println!("/dyno start {package} compile ast to ir");
        ast_to_ir();
        println!("/dyno stop {package} compile ast to ir");
        println!("/dyno start {package} compile ir to asm");
        println!("/dyno stop {package} compile ir to asm");
    }
    work(100_000);
}
"#;

fn loops(bed: &Bed) -> PathBuf {
    let (source, binary) = (bed.write("loops.rs", LOOPS), bed.path("bin/forc-loops"));
    std::fs::create_dir_all(bed.path("bin")).unwrap();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command.args(["--edition", "2024", "-O", "--crate-name", "sway_core", "-o"]).args([&binary, &source]);
    assert!(command.status().unwrap().success());
    binary
}

#[track_caller]
fn assert_near(value: u64, expected: u64, tolerance: f64) {
    assert!(value.abs_diff(expected) as f64 <= tolerance * expected as f64, "{value} is not about {expected}");
}

#[test]
fn phases_have_the_instructions_of_their_functions_over_all_packages() {
    let _alone = alone();
    if no_valgrind() {
        return;
    }
    let bed = Bed::new();
    let program = loops(&bed);
    let first = count(&program, &bed.path("suite")).unwrap();
    assert!(first.tool.starts_with("callgrind-"), "{first:?}");
    let told: Vec<_> = first.phases.iter().map(|phase| (phase.phase.as_str(), phase.depth)).collect();
    assert_eq!(told, [("compile to ast", 0), ("compile ast to ir", 0)], "a phase without its function is absent");
    let (ast, ir) = (first.phase("compile to ast").unwrap(), first.phase("compile ast to ir").unwrap());
    assert!(ast >= 1_200_000, "{ast}");
    assert_near(ast, 3 * ir, 0.001);
    assert_eq!(first.outside() + ast + ir, first.total);
    assert!(first.outside() > 100_000);
    let second = count(&program, &bed.path("suite")).unwrap();
    assert_near(second.total, first.total, 0.01);
    assert_eq!(second.phases, first.phases);
}

#[test]
fn the_compiler_behind_a_wrapper_with_helpers_is_what_is_counted() {
    let _alone = alone();
    if no_valgrind() {
        return;
    }
    let bed = Bed::new();
    let program = loops(&bed);
    let directly = count(&program, &bed.path("suite")).unwrap();
    let program = program.display();
    for (name, text) in [
        ("spawns", format!("sh -c ':'\n{program} \"$@\"\nexit $?")),
        ("becomes", format!("exec {program} \"$@\"")),
        ("forc", format!("{program} \"$@\"\nexit $?")),
    ] {
        let wrapper = shell_script(&bed.path(&format!("wrappers/{name}")), &text);
        let behind = count(&wrapper, &bed.path("suite")).unwrap();
        assert_near(behind.total, directly.total, 0.01);
        assert_eq!(behind.phases, directly.phases, "{name}");
    }
}

#[test]
fn a_compiler_without_symbols_has_a_total_and_no_phases() {
    let _alone = alone();
    if no_valgrind() {
        return;
    }
    let bed = Bed::new();
    let project = bed.project("p/p", "package script p\nalloc 8");
    let counted = count(stand_in(), &project).unwrap();
    assert!(counted.total > 100_000 && counted.phases.is_empty(), "{counted:?}");
    assert_eq!(counted.outside(), counted.total);
}

#[test]
fn a_build_that_fails_is_no_count() {
    let _alone = alone();
    if no_valgrind() {
        return;
    }
    let bed = Bed::new();
    let project = bed.project("p/p", "err warning: unused\nerr error: no such type\nexit 3");
    let error = count(stand_in(), &project).unwrap_err();
    assert!(matches!(error, CallgrindError::Failed { exit: Exit::Code(3), .. }), "{error:?}");
    assert_eq!(error.to_string(), "the build failed under callgrind (exit code 3): error: no such type");
}

#[test]
fn a_count_past_its_limit_is_ended() {
    let _alone = alone();
    if no_valgrind() {
        return;
    }
    let bed = Bed::new();
    let project = bed.project("p/p", "hang");
    let options = CallgrindOptions { time_limit: Duration::from_millis(500), ..options() };
    let error = callgrind::count(&invocation(stand_in(), &project), &options, &Interrupt::new()).unwrap_err();
    assert!(matches!(error, CallgrindError::TimeLimit(_)), "{error:?}");
}

#[test]
fn a_requested_stop_ends_a_count() {
    let _alone = alone();
    if no_valgrind() {
        return;
    }
    let bed = Bed::new();
    let on = bed.path("on");
    let project = bed.project("p/p", &format!("say {}\nhang", on.display()));
    let interrupt = Interrupt::new();
    let result = thread::scope(|scope| {
        scope.spawn(|| {
            eventually("the count is on", || on.exists());
            interrupt.request();
        });
        callgrind::count(&invocation(stand_in(), &project), &options(), &interrupt)
    });
    assert!(matches!(result, Err(CallgrindError::Interrupted)), "{result:?}");
}

/// What comes of a valgrind that does what `script` says.
fn with_valgrind(script: &str) -> CallgrindError {
    let bed = Bed::new();
    let valgrind = shell_script(&bed.path("bin/valgrind"), script);
    let options = CallgrindOptions { valgrind: Some(valgrind), ..options() };
    let program = Path::new("/opt/forc");
    callgrind::count(&invocation(program, &bed.path("suite")), &options, &Interrupt::new()).unwrap_err()
}

#[test]
fn whatever_valgrind_does_wrong_is_told_as_its_own_fault() {
    let _alone = alone();
    let cannot = with_valgrind("echo 'valgrind: failed to start tool' >&2; exit 1");
    assert_eq!(cannot.to_string(), "valgrind cannot run /opt/forc: failed to start tool; a newer valgrind may");
    // Its log stands where it is told to write it.
    let unknown = with_valgrind(
        "for arg; do case $arg in --log-file=*) log=${arg#--log-file=};; esac; done
         echo '==7== vex amd64->IR: unhandled instruction bytes: 0x62' > \"$log\"; exit 132",
    );
    assert!(unknown.to_string().contains(": vex amd64->IR: unhandled instruction bytes: 0x62;"), "{unknown}");
    let nothing = with_valgrind("exit 0");
    assert!(matches!(nothing, CallgrindError::NoCounts(_)), "{nothing:?}");
    let writes = |text: &str| {
        with_valgrind(&format!(
            "for arg; do case $arg in --callgrind-out-file=*) out=${{arg#--callgrind-out-file=}};; esac; done
             printf '{text}' > \"$out\"; exit 0"
        ))
    };
    for text in ["", "garbage", "creator: x\\nevents: Ir\\nfn=a\\n1 2\\n"] {
        let error = writes(text);
        assert!(matches!(error, CallgrindError::Format(_)), "{text}: {error:?}");
    }
    let none = CallgrindOptions { valgrind: Some("/no/such/valgrind".into()), ..options() };
    let error = callgrind::count(&invocation(Path::new("/opt/forc"), Path::new("/")), &none, &Interrupt::new());
    assert!(error.unwrap_err().to_string().contains("/no/such/valgrind"));
}
