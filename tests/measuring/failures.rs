//! What a compiler can do to a harness: each case with a clear message and the compiler's own last words, the other
//! benchmarks still measured, no failed build among the runs, and an exit code that tells.

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use crate::support::{self, Bed, eventually, is_running, shell_script, signal, stand_in, state_of, text_of};
use forc_perf::model::{Completion, Exit, FailureKind};
use forc_perf::report::file;

const GOOD: &str = "good/good/debug";

/// A bed with one project that fails as the script says and a good one; runs it, and checks what holds for every failure.
#[track_caller]
fn fails(script: &str, args: &[&str]) -> (Bed, support::Run) {
    let bed = Bed::new();
    bed.good_project();
    bed.project("bad/bad", script);
    let run = bed.run(args);
    run.assert_code(1);
    assert_eq!(run.benchmark(GOOD).runs.len(), 2, "the other benchmark is measured all the same");
    assert!(run.benchmark(GOOD).failures.is_empty());
    run.assert_runs_are_good();
    assert!(run.benchmark("bad/bad/debug").runs.is_empty());
    bed.assert_nothing_left();
    (bed, run)
}

#[test]
fn a_compile_error_in_the_target_is_told_in_the_compilers_words() {
    let (bed, run) = fails(
        "start bad compile to ast\n\
         err \\e[1;31merror\\e[0m: Expected type u64 but found type bool.\n\
         err  --> {project}/src/main.sw:3:5\n\
         stop bad compile to ast\n\
         err   Aborting due to 1 error.\n\
         exit 1",
        &[],
    );
    let failure = run.failure("bad/bad/debug", FailureKind::CompileError);
    assert_eq!(failure.exit, Some(Exit::Code(1)));
    assert!(failure.message.contains("Expected type u64 but found type bool."), "{}", failure.message);
    assert!(failure.output.contains("Aborting due to 1 error."), "{}", failure.output);
    assert!(!failure.output.contains('\u{1b}'), "colours are no words");
    let original = bed.path("suite/bad/bad/src/main.sw").canonicalize().unwrap();
    assert!(
        failure.output.contains(&*original.to_string_lossy()),
        "paths are those of the project: {}",
        failure.output
    );
    assert!(run.stdout.contains("Aborting due to 1 error."), "{}", run.stdout);
}

#[test]
fn a_compile_error_in_a_dependency_is_told_with_its_place() {
    let bed = Bed::new();
    bed.good_project();
    bed.project_with("lib/dep", "", "package library dep");
    bed.project_with(
        "bad/bad",
        "[dependencies]\ndep = { path = \"../../lib/dep\" }",
        "need ../../lib/dep/Forc.toml\n\
         compiling library dep\n\
         start dep compile to ast\nstop dep compile to ast\n\
         err error: this dependency is broken\n\
         err  --> {project}/../../lib/dep/src/main.sw:1:1\n\
         err Error: Failed to compile dep\n\
         exit 1",
    );
    let run = bed.run(&[]);
    run.assert_code(1);
    let failure = run.failure("bad/bad/debug", FailureKind::CompileError);
    assert!(failure.message.contains("this dependency is broken"), "{}", failure.message);
    assert!(failure.output.contains("Failed to compile dep"), "{}", failure.output);
    assert_eq!(run.benchmark("lib/dep/debug").runs.len(), 2);
    assert_eq!(run.benchmark(GOOD).runs.len(), 2);
}

#[test]
fn a_panic_in_mid_phase_is_told_with_the_phase_and_the_panics_message() {
    let (_bed, run) = fails("start bad compile ir to asm\nspin 2\npanic index out of bounds: the len is 3", &[]);
    let failure = run.failure("bad/bad/debug", FailureKind::Panic);
    assert_eq!(failure.exit, Some(Exit::Code(101)));
    assert_eq!(failure.phase.as_deref(), Some("compile ir to asm"));
    assert!(failure.message.contains("`compile ir to asm`"), "{}", failure.message);
    assert!(failure.message.contains("index out of bounds: the len is 3"), "{}", failure.message);
    let open = &failure.run.as_ref().unwrap().phases[0];
    assert!(open.start_time.is_some() && open.end_time.is_none(), "the phase never ended: {open:?}");
}

#[test]
fn a_kill_in_mid_phase_is_told_with_the_signal() {
    let (_bed, run) = fails("start bad compile to ast\nerr about to die\nabort", &[]);
    let failure = run.failure("bad/bad/debug", FailureKind::Killed);
    assert_eq!(failure.exit, Some(Exit::Signal(libc::SIGABRT)));
    assert!(
        failure.message.contains("signal 6") && failure.message.contains("`compile to ast`"),
        "{}",
        failure.message
    );
    assert!(failure.output.contains("about to die"), "{}", failure.output);
}

#[test]
fn a_hang_is_ended_with_all_its_processes() {
    let bed = Bed::new();
    bed.good_project();
    let id_file = bed.word("grandchild");
    bed.project(
        "bad/bad",
        &format!("start bad compile to ast\nerr thinking hard\ngrandchild {id_file}\nsleep 300\nhang"),
    );
    // Long enough for the others to be built and the grandchild to be there, however busy the machine.
    let run = bed.run(&["--time-limit", "8s"]);
    run.assert_code(1);
    let failure = run.failure("bad/bad/debug", FailureKind::TimeLimit);
    assert!(failure.message.contains("8s") && failure.message.contains("`compile to ast`"), "{}", failure.message);
    assert!(failure.output.contains("thinking hard"), "{}", failure.output);
    assert_eq!(run.benchmark(GOOD).runs.len(), 2);
    let grandchild = fs::read_to_string(&id_file).expect("the grandchild has lived").parse().unwrap();
    eventually("the grandchild has ended", || !is_running(grandchild));
    bed.assert_nothing_left();
}

#[test]
fn a_child_that_keeps_the_pipes_open_does_not_hold_up_the_suite() {
    let bed = Bed::new();
    bed.project("odd/leaves", &format!("count {}\npackage script leaves\non 2 leave 3600000", bed.word("count")));
    // The child stays for an hour: that the harness ends at all tells that it was not waited for.
    let run = bed.run(&["--samples", "1"]);
    run.assert_code(0);
    let notes = &run.benchmark("odd/leaves/debug").runs[0].notes;
    assert!(notes.iter().any(|note| note.contains("left behind")), "{notes:?}");
    bed.assert_nothing_left();
}

#[test]
fn a_child_out_of_reach_that_keeps_the_pipes_open_is_given_up_and_noted() {
    let bed = Bed::new();
    bed.project("odd/detaches", &format!("count {}\npackage script detaches\non 2 detach 3600000", bed.word("count")));
    let run = bed.run(&["--samples", "1"]);
    run.assert_code(0);
    let notes = &run.benchmark("odd/detaches/debug").runs[0].notes;
    assert!(notes.iter().any(|note| note.contains("stayed open")), "{notes:?}");
    for left in bed.processes() {
        signal_any(left, libc::SIGKILL);
    }
}

/// Signals a process that may be gone by now.
fn signal_any(pid: u32, signal: i32) {
    // SAFETY: kill has no preconditions.
    unsafe { libc::kill(pid.cast_signed(), signal) };
}

#[test]
fn a_failure_at_the_third_run_keeps_the_runs_before_it() {
    let bed = Bed::new();
    bed.good_project();
    let count = bed.word("count");
    bed.project(
        "bad/late",
        &format!("count {count}\npackage script late\nfrom 4 err error: out of luck\nfrom 4 exit 1"),
    );
    let run = bed.run(&["--samples", "6"]);
    run.assert_code(1);
    // The warm-up was the first of four.
    assert_eq!(run.benchmark("bad/late/debug").runs.len(), 2);
    assert!(run.failure("bad/late/debug", FailureKind::CompileError).message.contains("out of luck"));
    assert_eq!(fs::read_to_string(count).unwrap(), "4", "a benchmark that has failed is not run again");
    assert_eq!(run.benchmark(GOOD).runs.len(), 6);
    assert!(!run.benchmark("bad/late/debug").metrics.is_empty(), "what was measured has its figures");
}

#[test]
fn a_benchmark_that_never_builds_leaves_nothing_measured() {
    let bed = Bed::new();
    bed.project("bad/bad", "err error: no\nexit 1");
    let run = bed.run(&[]);
    run.assert_code(3);
    assert!(run.stdout.contains("Nothing was measured"), "{}", run.stdout);
    run.failure("bad/bad/debug", FailureKind::CompileError);
}

#[test]
fn a_refused_flag_is_told_as_such() {
    let bed = Bed::new();
    bed.good_project();
    bed.project_with("bad/bad", "[project.metadata.forc-perf]\nargs = [\"--verify-ir\"]", "package script bad");
    let run = bed.run(&[]);
    run.assert_code(1);
    let failure = run.failure("bad/bad/debug", FailureKind::Usage);
    assert!(failure.message.contains("unexpected argument '--verify-ir'"), "{}", failure.message);
}

#[test]
fn a_gigabyte_of_stderr_neither_blocks_nor_fills_the_memory() {
    let bed = Bed::new();
    let count = bed.word("count");
    // One of them is enough: the second run of the two is the measured one.
    bed.project(
        "loud/loud",
        &format!(
            "count {count}\nerr the first words\non 1 exit 0\nflood 1024\nerr \nerr error: the last words\nexit 1"
        ),
    );
    let mut command = bed.harness();
    command.args(bed.run_words(&["--samples", "1"])).stdout(Stdio::null()).stderr(Stdio::null());
    let (status, peak) = wait_with_peak(&mut command.spawn().unwrap());
    assert_eq!(status, 3);
    let report = file::read(&bed.path("report.json")).unwrap();
    let failure = &report.benchmarks[0].failures[0];
    assert!(failure.message.contains("the last words"), "{}", failure.message);
    assert!(failure.output.ends_with("the last words"));
    assert!(failure.output.len() < 100_000, "{} bytes are kept", failure.output.len());
    assert!(peak < 150 << 20, "the harness grew to {} MiB", peak >> 20);
}

#[test]
fn an_info_line_of_a_hundred_megabytes_is_read_in_bounded_memory() {
    let bed = Bed::new();
    let count = bed.word("count");
    bed.project(
        "long/long",
        &format!("count {count}\nstart long compile asm to bytecode\nstop long compile asm to bytecode\non 2 big-info 100 4321"),
    );
    let mut command = bed.harness();
    command.args(bed.run_words(&["--samples", "1"])).stdout(Stdio::null()).stderr(Stdio::null());
    let (status, peak) = wait_with_peak(&mut command.spawn().unwrap());
    assert_eq!(status, 0);
    let report = file::read(&bed.path("report.json")).unwrap();
    let package = &report.benchmarks[0].runs[0].packages[0];
    let section = package.data_section.unwrap();
    assert_eq!(
        (package.bytecode_size, section.size, section.used, section.entries),
        (Some(4321), 16, Some(9), Some(100))
    );
    assert_eq!(package.package.as_deref(), Some("long"));
    assert!(peak < 150 << 20, "the harness grew to {} MiB", peak >> 20);
}

/// Waits for a child; its exit code, and its own peak memory in bytes, as last seen. The kernel's account at the exit would not
/// do: a child starts with the peak of the process that forked it, which is this one with all of its tests.
fn wait_with_peak(child: &mut Child) -> (i32, u64) {
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak = 0;
    loop {
        let seen = fs::read_to_string(&status).unwrap_or_default();
        let line = seen.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
        peak = kilobytes.map_or(peak, |kilobytes| 1024 * kilobytes);
        if let Some(status) = child.try_wait().unwrap() {
            assert!(peak > 0, "it was never seen");
            return (status.code().unwrap(), peak);
        }
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn invalid_utf8_is_shown_as_far_as_it_is_text() {
    let (_bed, run) = fails(
        "start bad pha\\xffse\nstop bad pha\\xffse\nprint \\xc3\\x28 on stdout\nerr error: caf\\xc3\\xa9 \\xff\\xfe end\nexit 1",
        &[],
    );
    let failure = run.failure("bad/bad/debug", FailureKind::CompileError);
    assert!(failure.message.contains("café \u{fffd}\u{fffd} end"), "{}", failure.message);
    assert_eq!(failure.run.as_ref().unwrap().phases[0].name, "pha\\xffse", "the script's own text is ASCII");
    assert!(failure.output.contains("( on stdout"), "{}", failure.output);
}

#[test]
fn a_compiler_that_vanishes_between_runs_is_told_and_what_was_measured_is_kept() {
    let bed = Bed::new();
    // A script is run where it is; of a binary there is a copy.
    let forc = shell_script(&bed.path("bin/forc"), &format!("exec {} \"$@\"", stand_in().display()));
    let count = bed.word("count");
    bed.project("apps/a", &format!("count {count}\npackage script a\non 3 remove {}", forc.display()));
    let run = bed.run(&["--forc", forc.to_str().unwrap(), "--samples", "5"]);
    run.assert_code(1);
    assert_eq!(run.benchmark("apps/a/debug").runs.len(), 2);
    let failure = run.failure("apps/a/debug", FailureKind::Spawn);
    assert!(failure.message.contains("cannot start") && failure.message.contains("bin/forc"), "{}", failure.message);
    bed.assert_nothing_left();
}

#[test]
fn an_output_that_cannot_be_written_is_told_before_anything_is_measured() {
    let bed = Bed::new();
    let count = bed.word("count");
    bed.project("apps/a", &format!("count {count}\npackage script a"));
    bed.write("a-file", "");
    for output in [bed.word("a-file/report.json"), bed.word("suite"), "/proc/forc-perf/report.json".to_owned()] {
        let run = bed.run(&["--output", &output]);
        run.assert_code(4);
        assert!(
            run.stderr.contains("cannot write") && run.stderr.contains(output.split('/').nth(1).unwrap()),
            "{}",
            run.stderr
        );
    }
    assert!(!bed.path("count").exists(), "a compiler was run in vain");
    // The folder of `forc-perf run` without --output, likewise.
    bed.write("target", "a file where the folder should be");
    let mut command = bed.harness();
    let output = command.args(["run", "--suite", "suite", "--samples", "1"]).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(!bed.path("count").exists());
}

#[test]
fn a_full_disk_is_told_and_the_report_is_kept_elsewhere() {
    let bed = Bed::new();
    bed.good_project();
    let run = bed.run(&["--output", "/dev/full"]);
    run.assert_code(4);
    assert!(run.stderr.contains("cannot write /dev/full") && run.stderr.contains("No space left"), "{}", run.stderr);
    let rescued = bed.temporary_files();
    let [rescued] = rescued.as_slice() else { panic!("{rescued:?}") };
    assert!(run.stderr.contains(rescued.to_str().unwrap()), "where it is kept is said: {}", run.stderr);
    assert_eq!(file::read(rescued).unwrap().benchmarks[0].runs.len(), 2);
}

#[test]
fn a_full_temporary_folder_is_told() {
    let bed = Bed::new();
    bed.good_project();
    let run = bed.run_with(&[("TMPDIR", "/proc/no-such-folder")], &[]);
    run.assert_code(4);
    assert!(run.stderr.contains("temporary"), "{}", run.stderr);
}

/// Starts the harness on a project that says when its third build is on, interrupts it there, and waits for its end.
fn stop_in_the_third_build(bed: &Bed, stop: impl Fn(u32), args: &[&str]) -> (Option<i32>, String, String) {
    let (count, on) = (bed.word("count"), bed.word("on"));
    bed.project(
        "apps/slow",
        &format!(
            "count {count}\npackage script slow\non 3 grandchild {}\non 3 say {on}\non 3 hang",
            bed.word("grandchild")
        ),
    );
    let mut child = bed.harness();
    child.args(bed.run_words(args)).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    eventually("the third build is on", || bed.path("on").exists() && bed.path("grandchild").exists());
    stop(child.id());
    let (mut stdout, mut stderr) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    (child.wait().unwrap().code(), stdout, stderr)
}

/// `timeout` signals its child, then the child's group.
#[test]
fn a_request_that_is_delivered_twice_keeps_what_was_measured() {
    for signal_number in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let bed = Bed::new();
        let twice = |harness: u32| {
            signal(harness, signal_number);
            std::thread::sleep(std::time::Duration::from_millis(20));
            signal(harness, signal_number);
        };
        let (code, stdout, stderr) = stop_in_the_third_build(&bed, twice, &["--samples", "5"]);
        assert_eq!(code, Some(130), "{stdout}\n{stderr}");
        assert_eq!(file::read(&bed.path("report.json")).unwrap().benchmarks[0].runs.len(), 1);
        bed.assert_nothing_left();
    }
}

/// Who stops a service ends its processes one by one, the compiler before the harness.
#[test]
fn a_compiler_that_the_request_reached_first_has_not_failed() {
    let bed = Bed::new();
    let all = |harness: u32| {
        let children = fs::read_to_string(format!("/proc/{harness}/task/{harness}/children")).unwrap();
        let children: Vec<u32> = children.split_whitespace().map(|id| id.parse().unwrap()).collect();
        assert!(!children.is_empty());
        children.into_iter().for_each(|child| signal(child, libc::SIGTERM));
        std::thread::sleep(std::time::Duration::from_millis(30));
        signal(harness, libc::SIGTERM);
    };
    let (code, stdout, stderr) = stop_in_the_third_build(&bed, all, &["--samples", "5"]);
    assert_eq!(code, Some(130), "{stdout}\n{stderr}");
    let report = file::read(&bed.path("report.json")).unwrap();
    assert_eq!(report.completion, Completion::Interrupted);
    assert_eq!((report.benchmarks[0].runs.len(), report.benchmarks[0].failures.len()), (1, 0));
    bed.assert_nothing_left();
}

/// Whoever says `nohup` wants the measurement to survive the terminal.
#[test]
fn where_a_hangup_is_ignored_it_stays_so() {
    let bed = Bed::new();
    let (count, on) = (bed.word("count"), bed.word("on"));
    bed.project("apps/slow", &format!("count {count}\npackage script slow\non 2 say {on}\non 2 sleep 300"));
    let mut child = bed.harness();
    child.args(bed.run_words(&["--samples", "3"])).stdout(Stdio::null()).stderr(Stdio::null());
    // SAFETY: `signal` may be called between fork and exec.
    unsafe {
        std::os::unix::process::CommandExt::pre_exec(&mut child, || {
            libc::signal(libc::SIGHUP, libc::SIG_IGN);
            Ok(())
        });
    }
    let mut child = child.spawn().unwrap();
    eventually("the second build is on", || bed.path("on").exists());
    signal(child.id(), libc::SIGHUP);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(file::read(&bed.path("report.json")).unwrap().completion, Completion::Complete);
}

#[test]
fn an_interrupt_keeps_what_was_measured_and_leaves_no_process() {
    for signal_number in [libc::SIGINT, libc::SIGTERM] {
        let bed = Bed::new();
        let (code, stdout, stderr) =
            stop_in_the_third_build(&bed, |harness| signal(harness, signal_number), &["--samples", "5"]);
        assert_eq!(code, Some(130), "{stdout}\n{stderr}");
        assert!(stdout.contains("Interrupted"), "{stdout}");
        let report = file::read(&bed.path("report.json")).unwrap();
        assert_eq!(report.completion, Completion::Interrupted);
        assert_eq!(
            report.benchmarks[0].runs.len(),
            1,
            "the warm-up was the first build, the interrupted one the third"
        );
        assert!(report.benchmarks[0].failures.is_empty(), "an interrupt is no failure of the benchmark");
        assert!(!report.benchmarks[0].metrics.is_empty());
        bed.assert_nothing_left();
    }
}

#[test]
fn an_interrupt_before_the_first_measured_run_leaves_an_older_report_alone() {
    let bed = Bed::new();
    bed.good_project();
    bed.run(&[]).assert_code(0);
    let before = fs::read(bed.path("report.json")).unwrap();
    let on = bed.word("on");
    bed.project("apps/slow", &format!("say {on}\nhang"));
    let mut child = bed.harness();
    child.args(bed.run_words(&["slow"])).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = child.spawn().unwrap();
    eventually("the build is on", || bed.path("on").exists());
    signal(child.id(), libc::SIGINT);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(fs::read(bed.path("report.json")).unwrap(), before);
    bed.assert_nothing_left();
}

#[test]
fn an_interrupt_while_the_compiler_is_asked_what_it_can_do_is_an_interrupt() {
    let bed = Bed::new();
    bed.good_project();
    let on = bed.word("on");
    let forc = support::shell_script(&bed.path("bin/forc"), &format!("echo > {on}\nsleep 3600"));
    let mut child = bed.harness();
    child.args(bed.run_words(&["--forc", forc.to_str().unwrap()])).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = child.spawn().unwrap();
    eventually("the compiler is asked", || bed.path("on").exists());
    signal(child.id(), libc::SIGINT);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    bed.assert_nothing_left();
}

#[test]
fn two_harnesses_at_once_do_not_disturb_each_other() {
    let bed = Bed::new();
    bed.good_project();
    // In the same working folder, with the same place for report, charts and page.
    let start = || {
        let mut child = bed.harness();
        child.args(["run", "--suite", "suite", "--samples", "5", "--pin", "never"]);
        child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [start(), start()];
    for child in both {
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{stderr}");
    }
    let report = file::read(&bed.path("target/forc-perf/report.json")).unwrap();
    for benchmark in &report.benchmarks {
        assert_eq!(benchmark.runs.len(), 5);
    }
    assert!(bed.path("target/forc-perf/index.html").is_file());
    assert!(bed.path("target/forc-perf/charts/suite.svg").is_file());
    bed.assert_nothing_left();
}

#[test]
fn the_projects_folder_stays_as_it_was_after_success_failure_and_interrupt() {
    let bed = Bed::new();
    bed.good_project();
    bed.project("bad/bad", "file src/main.sw overwritten\nfile out-of-place x\nerr error: no\nexit 1");
    bed.write("suite/good/good/out/debug/good.bin", "an older build");
    let before = state_of(&bed.path("suite"));
    bed.run(&[]).assert_code(1);
    assert_eq!(state_of(&bed.path("suite")), before, "after a success and a failure");

    let bed = Bed::new();
    bed.good_project();
    // The script is laid by the interrupt's helper; the state to be kept is the one that it finds.
    let (count, on) = (bed.word("count"), bed.word("on"));
    bed.project("apps/slow", &format!("count {count}\npackage script slow\non 2 say {on}\non 2 hang"));
    let before = state_of(&bed.path("suite"));
    let mut child = bed.harness();
    child.args(bed.run_words(&[])).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = child.spawn().unwrap();
    eventually("a build is on", || bed.path("on").exists());
    signal(child.id(), libc::SIGINT);
    child.wait().unwrap();
    assert_eq!(state_of(&bed.path("suite")), before, "after an interrupt");
    // Even a harness that is killed outright, and can tidy up nothing.
    fs::remove_file(bed.path("count")).unwrap();
    fs::remove_file(bed.path("on")).unwrap();
    let mut child = bed.harness();
    child.args(bed.run_words(&[])).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = child.spawn().unwrap();
    eventually("a build is on", || bed.path("on").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(state_of(&bed.path("suite")), before, "after a kill");
    for left in bed.processes() {
        signal_any(left, libc::SIGKILL);
    }
}

#[test]
fn path_dependencies_are_built_from_copies_too() {
    let bed = Bed::new();
    bed.project("lib/dep", "package library dep");
    bed.project_with(
        "apps/a",
        "[dependencies]\ndep = { path = \"../../lib/dep\" }",
        "need ../../lib/dep/src/main.sw\nfile ../../lib/dep/src/main.sw spoilt\npackage library dep\npackage script a",
    );
    let before = state_of(&bed.path("suite"));
    let run = bed.run(&["apps/*"]);
    run.assert_code(0);
    assert_eq!(state_of(&bed.path("suite")), before);
    let names: Vec<_> =
        run.benchmark("apps/a/debug").runs[0].packages.iter().map(|package| package.package.clone()).collect();
    assert_eq!(names, [Some("dep".to_owned()), Some("a".to_owned())]);
}

#[test]
fn a_dependency_on_a_folder_that_is_no_package_copies_nothing_of_it() {
    let bed = Bed::new();
    // Above the suite lies everything, and a slip of the pen must not copy it.
    bed.write("huge/file", "x");
    bed.project_with(
        "apps/a",
        "[dependencies]\ndep = { path = \"../../../huge\" }",
        "need ../../../huge/file\npackage script a",
    );
    let run = bed.run(&[]);
    run.assert_code(3);
    assert!(run.failure("apps/a/debug", FailureKind::CompileError).message.contains("there is no"));
}

/// A project whose third build tells who it is and stays.
fn stays(bed: &Bed) -> (PathBuf, PathBuf) {
    let (compiler, grandchild) = (bed.path("compiler"), bed.path("grandchild"));
    let script = format!(
        "on 3 say {}\non 3 grandchild {}\non 3 hang\npackage script a",
        compiler.display(),
        grandchild.display()
    );
    bed.project("a/a", &format!("count {}\n{script}", bed.word("count")));
    (compiler, grandchild)
}

#[test]
fn a_killed_harness_leaves_no_process_and_the_next_one_removes_its_files() {
    let bed = Bed::new();
    let (compiler, grandchild) = stays(&bed);
    let mut harness =
        bed.harness().args(bed.run_words(&[])).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("the compiler runs", || !text_of(&compiler).is_empty() && !text_of(&grandchild).is_empty());
    harness.kill().unwrap();
    harness.wait().unwrap();
    eventually("every process has ended", || bed.processes().is_empty());
    assert!(!bed.temporary_files().is_empty(), "it had no time to clear up");
    fs::remove_dir_all(bed.path("suite/a")).unwrap();
    bed.good_project();
    bed.run(&[]).assert_code(0);
    bed.assert_nothing_left();
}

#[test]
fn the_time_that_the_harness_stood_still_is_no_compilers() {
    let bed = Bed::new();
    let building = bed.path("building");
    bed.project(
        "a/a",
        &format!(
            "count {}\nsleep 300\non 3 say {}\nsleep 300\npackage script a",
            bed.word("count"),
            building.display()
        ),
    );
    let words = bed.run_words(&["--samples", "3"]);
    let mut harness = bed.harness().args(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("the third build is on", || !text_of(&building).is_empty());
    signal(harness.id(), libc::SIGSTOP);
    let still = Duration::from_secs(20);
    thread::sleep(still);
    signal(harness.id(), libc::SIGCONT);
    assert!(harness.wait().unwrap().success());
    let report = file::read(&bed.path("report.json")).unwrap();
    let runs = &report.benchmarks[0].runs;
    assert!(runs.len() == 3 && runs.iter().all(|run| run.wall().unwrap() < still), "it is in no run");
    let noted = runs.iter().flat_map(|run| &run.notes).filter(|note| note.contains("stood still"));
    assert_eq!(noted.count(), 1, "{:?}", runs.iter().map(|run| &run.notes).collect::<Vec<_>>());
}
