//! Runs at the same time: each with its own account, frames, markers and end.

#![cfg(target_os = "linux")]

use std::path::Path;
use std::time::Duration;

use crate::support::{self, Bed, alone, eventually, is_running, stand_in, text_of};
use forc_perf::collector::{self, CollectError, Ended, Invocation, Options, Recording, collect_together};
use forc_perf::model::{Exit, Protocol};
use forc_perf::os::Interrupt;

const MIB: u64 = 1024 * 1024;

fn options() -> Options {
    Options { interval: Some(Duration::from_millis(5)), ..Options::default() }
}

fn invocation(bed: &Bed, name: &str, script: &str) -> Invocation {
    let project = bed.project(&format!("p/{name}"), script);
    support::invocation(stand_in(), &project)
}

fn together(runs: &[Invocation], options: &Options, interrupt: &Interrupt) -> Vec<Result<Recording, CollectError>> {
    let runs: Vec<(Invocation, &Options)> = runs.iter().map(|run| (run.clone(), options)).collect();
    collect_together(&runs, interrupt)
}

#[test]
fn every_run_has_an_account_of_its_own() {
    let _alone = alone();
    let bed = Bed::new();
    let light = "patient\nstart p light\nsleep 600\nstop p light\nprint light";
    let heavy = "patient\nstart p heavy\nalloc 128\nspin 300\nstop p heavy\nprint heavy\nexit 7";
    let runs = [invocation(&bed, "light", light), invocation(&bed, "heavy", heavy)];
    let mut made = together(&runs, &options(), &Interrupt::new()).into_iter().map(Result::unwrap);
    let (light, heavy) = (made.next().unwrap(), made.next().unwrap());
    assert_eq!((light.exit, heavy.exit), (Exit::Code(0), Exit::Code(7)));
    assert!(light.started.max(heavy.started) < light.exited.min(heavy.exited), "one after the other");
    let (own, other) = (light.accounting.cpu_time(), heavy.accounting.cpu_time());
    assert!(own < Duration::from_millis(150) && other >= Duration::from_millis(300), "{own:?} {other:?}");
    let peaks = (light.accounting.peak_memory.unwrap(), heavy.accounting.peak_memory.unwrap());
    assert!(peaks.0 < 100 * MIB && peaks.1 >= 128 * MIB, "{peaks:?}");
    assert!(heavy.accounting.minor_faults > light.accounting.minor_faults + 10_000);
    let in_frames = |run: &Recording| run.frames.iter().map(|frame| frame.memory_usage).max().unwrap();
    assert!(in_frames(&light) < 100 * MIB && in_frames(&heavy) >= 128 * MIB);
    assert!(light.stdout.contains("light") && !light.stdout.contains("heavy"), "{}", light.stdout);
    for (run, phase) in [(light, "light"), (heavy, "heavy")] {
        let run = collector::assemble("p/p/debug".to_owned(), Path::new("/p/p"), Protocol::Markers, run);
        let names: Vec<&str> = run.phases.iter().map(|phase| phase.name.as_str()).collect();
        assert_eq!(names, [phase]);
    }
}

#[test]
fn one_that_cannot_be_started_holds_up_no_other() {
    let _alone = alone();
    let bed = Bed::new();
    let good = invocation(&bed, "good", "package script good");
    let gone = Invocation { program: "/no/such/forc".into(), ..good.clone() };
    let made = together(&[gone, good], &options(), &Interrupt::new());
    let [gone, good] = made.as_slice() else { panic!() };
    assert!(matches!(gone, Err(CollectError::Spawn { .. })), "{gone:?}");
    assert_eq!(good.as_ref().unwrap().exit, Exit::Code(0));
}

#[test]
fn an_interrupt_and_a_time_limit_end_all() {
    let _alone = alone();
    let bed = Bed::new();
    let names = ["a", "b", "c"];
    let hangs = names.map(|name| invocation(&bed, name, &format!("say {}\nhang", bed.word(name))));
    let limit = Options { time_limit: Duration::from_secs(5), ..options() };
    for run in together(&hangs, &limit, &Interrupt::new()) {
        assert_eq!(run.unwrap().ended, Some(Ended::TimeLimit));
    }
    names.iter().for_each(|name| std::fs::remove_file(bed.path(name)).unwrap());
    let interrupt = Interrupt::new();
    let made = std::thread::scope(|scope| {
        let runs = scope.spawn(|| together(&hangs, &options(), &interrupt));
        eventually("all are on", || names.iter().all(|name| bed.path(name).exists()));
        interrupt.request();
        runs.join().unwrap()
    });
    assert!(made.into_iter().all(|run| run.unwrap().ended == Some(Ended::Interrupted)));
    for name in names {
        let pid = text_of(&bed.path(name)).trim().parse().unwrap();
        eventually("it is gone", || !is_running(pid));
    }
}

#[test]
fn none_at_all_is_no_run() {
    let _alone = alone();
    assert!(together(&[], &options(), &Interrupt::new()).is_empty());
}
