//! Frames, phase costs and accounts, held against a process of which it is known what it does.
//!
//! The machine is shared: work is counted in CPU time, and the process rests at each marker until the harness has read it
//! (`patient` and `rest` in the stand-in's scripts). What is asked of the machine is no more than that a thread which takes
//! frames gets to one within some hundred milliseconds.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::support::{self, Bed, PATIENCE, alone, eventually, is_asleep, shell_script, stand_in};
use forc_perf::collector::{
    self, CountersAvailable, Detail, Ended, Invocation, Options, Probe, ProcProbe, Recording, Restriction, Split,
    SysinfoProbe, counters_available,
};
use forc_perf::model::{Benchmark, BenchmarkFrame, BenchmarkPhase, Exit, Protocol, SamplerKind};
use forc_perf::os::Interrupt;

const MIB: f64 = 1024.0 * 1024.0;

fn options(interval_ms: u64) -> Options {
    Options { interval: Some(Duration::from_millis(interval_ms)), ..Options::default() }
}

/// What the stand-in, behind `program`, does in the project of a bed.
fn invocation(bed: &Bed, program: &Path, script: &str) -> Invocation {
    let project = bed.project("p/p", script);
    support::invocation(program, &project)
}

fn record(program: &Path, script: &str, options: &Options) -> Recording {
    let bed = Bed::new();
    collector::collect(&invocation(&bed, program, script), options, &Interrupt::new()).unwrap()
}

fn assembled(recording: Recording) -> Benchmark {
    assert_eq!(recording.exit, Exit::Code(0), "{}", recording.stderr);
    collector::assemble("p/p/debug".to_owned(), Path::new("/p/p"), Protocol::Markers, recording)
}

fn collect(script: &str, options: &Options) -> Benchmark {
    assembled(record(stand_in(), script, options))
}

fn phase<'a>(run: &'a Benchmark, name: &str) -> &'a BenchmarkPhase {
    run.phases.iter().find(|phase| phase.name == name).unwrap_or_else(|| panic!("no phase {name}"))
}

fn frames_within<'a>(run: &'a Benchmark, phase: &BenchmarkPhase) -> Vec<&'a BenchmarkFrame> {
    let (start, end) = (phase.start_time.unwrap(), phase.end_time.unwrap());
    // A frame's use of the processor is that since the frame before, so the first one tells of what was before.
    run.frames.iter().filter(|frame| frame.timestamp >= start && frame.timestamp <= end).skip(1).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    assert!(!values.is_empty(), "no frames");
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The CPU time that the frames within a phase tell, in seconds: each its use since the frame before.
///
/// A single frame's use of the processor may be anything on a busy machine; the sum is the work that was done.
fn cpu_in_frames(run: &Benchmark, name: &str) -> f64 {
    let (start, end) = (phase(run, name).start_time.unwrap(), phase(run, name).end_time.unwrap());
    let pairs = run.frames.windows(2).filter(|pair| pair[0].timestamp >= start && pair[1].timestamp <= end);
    let used = pairs.map(|pair| {
        f64::from(pair[1].cpu_usage) / 100.0 * pair[1].timestamp.duration_since(pair[0].timestamp).as_secs_f64()
    });
    used.sum()
}

/// Frames come now and then, so there is time for one before and after the work of each phase; and the process lives on
/// until its last marker is read: of one that is gone there are no counters.
const WORK: &str = "patient\n\
                    start p spin\nsleep 100\nspin 400\nsleep 200\nstop p spin\n\
                    start p sleep\nsleep 400\nstop p sleep\n\
                    start p alloc\nalloc 64\nsleep 200\nstop p alloc\n\
                    start p hold\nsleep 400\nstop p hold";

#[track_caller]
fn assert_frames_tell_the_work(run: &Benchmark) {
    let (spinning, sleeping) = (cpu_in_frames(run, "spin"), cpu_in_frames(run, "sleep"));
    assert!((0.3..0.5).contains(&spinning), "400 ms of work show as {spinning} s");
    assert!(sleeping < 0.1, "a sleeping phase shows as {sleeping} s");
    let memory = |name| median(frames_within(run, phase(run, name)).iter().map(|f| f.memory_usage as f64).collect());
    let risen = (memory("hold") - memory("sleep")) / MIB;
    assert!((risen - 64.0).abs() < 2.0, "64 MiB were allocated, {risen} show");
    let virtual_memory =
        |name| median(frames_within(run, phase(run, name)).iter().map(|f| f.virtual_memory_usage as f64).collect());
    let risen = (virtual_memory("hold") - virtual_memory("sleep")) / MIB;
    assert!((risen - 64.0).abs() < 2.0, "64 MiB of virtual memory were taken, {risen} show");
}

#[test]
fn frames_tell_what_the_process_did() {
    let _alone = alone();
    let run = collect(WORK, &options(5));
    assert_frames_tell_the_work(&run);
}

#[test]
fn the_portable_sampler_tells_the_same() {
    let _alone = alone();
    // Its CPU time advances in ticks of 10 ms, so a shorter interval would show bursts.
    let run = collect(WORK, &Options { sampler: SamplerKind::Sysinfo, ..options(20) });
    assert_eq!(run.collector.sampler, SamplerKind::Sysinfo);
    assert_frames_tell_the_work(&run);
}

#[test]
fn phases_cost_what_they_did() {
    let _alone = alone();
    // No frame at all falls into the run: the costs are those read at the markers.
    let run = collect(WORK, &options(60_000));
    assert!(run.frames.is_empty());
    let cost = |name: &str| phase(&run, name).cost.unwrap();
    // Work is done by CPU time, so that this much of it is there on any machine.
    let cpu = |name: &str| cost(name).cpu_time.unwrap().as_secs_f64();
    assert!((0.35..0.6).contains(&cpu("spin")), "400 ms of work show as {} s", cpu("spin"));
    assert!(cpu("sleep") < 0.05, "a sleeping phase shows as {} s", cpu("sleep"));
    let share = cpu("spin") / phase(&run, "spin").wall().unwrap().as_secs_f64();
    assert!(share < 1.1, "one thread is on the processor {share} of its time");
    let alloc = cost("alloc");
    let risen = (alloc.memory_end.unwrap() - alloc.memory_start.unwrap()) as f64 / MIB;
    assert!((risen - 64.0).abs() < 2.0, "{risen}");
    assert!(alloc.memory_peak >= alloc.memory_end);
    let held = cost("hold").memory_peak.unwrap() as f64 / MIB;
    assert!((64.0..70.0).contains(&held), "{held}");
    assert!(cost("spin").memory_peak.unwrap() < 64 << 20, "a phase's peak is not that of a later one");
}

#[test]
fn the_account_is_the_processs_own() {
    let _alone = alone();
    // A harness that was large once: the kernel counts its peak into the child's.
    drop(std::hint::black_box(vec![1u8; 300 << 20]));
    // What lies below that peak is known from frames and markers: the process rests until its last marker is read.
    let run = collect("patient\nstart p work\nalloc 100\nspin 200\nstop p work", &options(5));
    let account = run.accounting.unwrap();
    let peak = account.peak_memory.unwrap() as f64 / MIB;
    assert!((100.0..106.0).contains(&peak), "100 MiB were allocated, the peak is {peak}");
    // The work, and what touching the memory takes.
    let cpu = account.cpu_time().as_secs_f64();
    assert!(cpu > 0.19 && cpu < run.wall().unwrap().as_secs_f64(), "{cpu}");

    let small = collect("patient\nstart p work\nspin 10\nstop p work", &options(5)).accounting.unwrap();
    let peak = small.peak_memory.unwrap() as f64 / MIB;
    assert!(peak < 10.0, "a small process has the peak {peak}");
    // One fault a page, of 4 KiB to 2 MiB.
    assert!(account.minor_faults >= small.minor_faults + 30, "{account:?} and {small:?}");
}

#[test]
fn a_peak_between_two_frames_is_in_the_account() {
    let _alone = alone();
    let bed = Bed::new();
    let mut invocation = invocation(&bed, stand_in(), "alloc 400");
    invocation.args.retain(|arg| arg != "--profile");
    let run = assembled(collector::collect(&invocation, &options(60_000), &Interrupt::new()).unwrap());
    let peak = run.accounting.unwrap().peak_memory.map(|peak| peak as f64 / MIB);
    // Where other tests have made this process larger than that, the figure must be missing rather than wrong.
    assert!(peak.is_none_or(|peak| (400.0..410.0).contains(&peak)), "{peak:?}");
}

#[test]
fn frames_come_at_the_interval_and_in_order() {
    let _alone = alone();
    for interval in [1, 10, 100] {
        let run = collect("sleep 600", &options(interval));
        let (start, end) = (run.start_time.unwrap(), run.end_time.unwrap());
        let due = run.wall().unwrap().as_nanos() / Duration::from_millis(interval).as_nanos();
        assert_eq!(u128::from(run.collector.frames_due), due);
        // How many of those due come is measured by the harness bench; never does one come before it is due.
        for (number, frame) in (1..).zip(run.frames.iter()) {
            let at = frame.timestamp.duration_since(start);
            assert!(at >= Duration::from_millis(interval) * number, "{interval} ms: frame {number} after {at:?}");
        }
        assert!(run.frames.windows(2).all(|pair| pair[0].timestamp < pair[1].timestamp));
        // Read before the exit, the last one may be stamped after it.
        assert!(run.frames.iter().rev().skip(1).all(|frame| frame.timestamp <= end));
        // Most of them may be missing, but fewer than one in 100 ms would be those of another interval.
        let of_the_longest = run.wall().unwrap().as_millis() / 100;
        let enough = if interval < 100 { run.frames.len() as u128 > of_the_longest } else { !run.frames.is_empty() };
        assert!(enough, "{interval} ms: {} frames in {:?}", run.frames.len(), run.wall());
    }
}

#[test]
fn what_frames_say_of_the_disk_adds_up() {
    let _alone = alone();
    let writes = "file out.txt x\nsleep 50\n".repeat(8);
    let run = collect(&writes, &options(5));
    assert!(run.collector.disk_readable);
    for column in [
        |frame: &BenchmarkFrame| (frame.disk_written_bytes, frame.disk_total_written_bytes),
        |frame: &BenchmarkFrame| (frame.disk_read_bytes, frame.disk_total_read_bytes),
    ] {
        let total: u64 = run.frames.iter().map(|frame| column(frame).0).sum();
        assert_eq!(total, column(run.frames.last().unwrap()).1);
    }
}

/// Options that have the event counters read, and what of them there is here.
fn counting(interval_ms: u64) -> (Options, CountersAvailable) {
    (Options { counters: true, ..options(interval_ms) }, counters_available())
}

#[test]
fn events_are_counted_over_the_run_and_phase_by_phase() {
    let _alone = alone();
    let (options, available) = counting(60_000);
    if !available.software {
        support::not_run(&available.describe());
        return;
    }
    // Touching a MiB takes 256 page faults of 4 KiB; a whole huge page takes one, and fewer small ones. The first rest, whose
    // own code has to be loaded, is no part of a phase.
    let run = collect(
        "patient\nrest\nstart p sleep\nsleep 100\nstop p sleep\nstart p alloc\nalloc 64\nsleep 1\nstop p alloc\n\
         start p spin\nspin 200\nstop p spin",
        &options,
    );
    let (counts, account) = (run.counters.unwrap(), run.accounting.unwrap());
    let of = |name: &str| phase(&run, name).cost.unwrap().counters.unwrap();
    let (faults, in_account) = (counts.page_faults.unwrap(), account.minor_faults + account.major_faults);
    // The kernel's own faults on behalf of the process are in the account alone, and so is what precedes `exec`.
    assert!(faults <= in_account && 2 * faults > in_account, "{faults} of {in_account}");
    let touching = of("alloc").page_faults.unwrap();
    assert!(touching >= 32 && touching > 10 * of("sleep").page_faults.unwrap(), "{touching}");
    if let Some(switches) = counts.context_switches {
        let in_account = account.voluntary_switches + account.involuntary_switches;
        assert!(switches > 0 && switches.abs_diff(in_account) <= 10 + in_account / 2, "{switches} and {in_account}");
        // At the least into the sleep.
        assert!(of("alloc").context_switches >= Some(1));
        assert!(counts.cpu_migrations.is_some_and(|migrations| migrations <= switches + 1), "{counts:?}");
    }
    assert_eq!(counts.instructions.is_some(), available.hardware, "{available:?}");
    if let (Some(all), Some(spinning)) = (counts.instructions, of("spin").instructions) {
        assert!(spinning > 1_000_000 && spinning < all, "{spinning} of {all}");
        assert!(of("sleep").instructions.unwrap() < spinning / 10);
    }
}

#[test]
fn the_compilers_children_are_counted_with_it_also_behind_a_wrapper() {
    let _alone = alone();
    let (options, available) = counting(60_000);
    if !available.software {
        support::not_run(&available.describe());
        return;
    }
    let bed = Bed::new();
    let script =
        shell_script(&bed.path("bin/wrapper"), &format!("{} \"$@\"\ncode=$?\nexit $code", stand_in().display()));
    let run = assembled(record(&script, "patient\nstart p alloc\nalloc 64\nstop p alloc", &options));
    let in_account = run.accounting.unwrap().minor_faults;
    let (whole, phase) = (run.counters.unwrap().page_faults.unwrap(), phase(&run, "alloc").cost.unwrap());
    assert!(2 * whole > in_account, "{whole} of {in_account}");
    assert!(phase.counters.unwrap().page_faults.unwrap() >= 32);
}

#[test]
fn the_portable_sampler_has_the_event_counters_too() {
    let _alone = alone();
    let (options, available) = counting(60_000);
    if !available.software {
        support::not_run(&available.describe());
        return;
    }
    let options = Options { sampler: SamplerKind::Sysinfo, ..options };
    let run = collect("patient\nstart p alloc\nalloc 64\nstop p alloc", &options);
    assert!(phase(&run, "alloc").cost.unwrap().counters.unwrap().page_faults.unwrap() >= 32);
}

#[test]
fn no_events_are_counted_unless_asked_for() {
    let _alone = alone();
    let run = collect("patient\nstart p alloc\nsleep 20\nstop p alloc", &options(60_000));
    assert_eq!(run.counters, None);
    assert_eq!(phase(&run, "alloc").cost.unwrap().counters, None);
    let json = serde_json::to_string(&run).unwrap();
    assert!(!json.contains("counters"), "what is absent is not written: {json}");
}

#[test]
fn without_an_interval_nothing_is_read_of_the_process() {
    let _alone = alone();
    let run = collect("package script p", &Options { interval: None, ..Options::default() });
    assert!(run.frames.is_empty());
    assert_eq!(run.phases.len(), 7);
    assert!(run.phases.iter().all(|phase| phase.cost.is_none()));
}

#[test]
fn both_samplers_read_the_same_figures_of_one_process() {
    let _alone = alone();
    let bed = Bed::new();
    let ready = bed.path("ready");
    let script = format!("alloc 48\nspin 100\nfile a.txt text\nsay {}\nhang", ready.display());
    let invocation = invocation(&bed, stand_in(), &script);
    let mut child = Command::new(&invocation.program).args(&invocation.args).stdout(Stdio::null()).spawn().unwrap();
    eventually("the child has done its work", || ready.exists());
    // It rests from here on, so two readings one after the other are of one moment.
    eventually("the child is at rest", || is_asleep(child.id()));
    let (mut proc, mut sysinfo) = (ProcProbe::new(child.id()), SysinfoProbe::new(child.id()));
    for detail in [Detail::Cpu, Detail::Marker] {
        let (ours, theirs) = (proc.read(detail).unwrap(), sysinfo.read(detail).unwrap());
        assert!(ours.resident > Some(48 << 20));
        assert_eq!(ours.resident, theirs.resident);
        assert_eq!(ours.virtual_size, theirs.virtual_size);
        assert_eq!(ours.disk_read, theirs.disk_read);
        assert_eq!(ours.disk_written, theirs.disk_written);
        // Ticks of 10 ms for user and for system time, each cut off.
        let (ours, theirs) = (ours.cpu_time.unwrap(), theirs.cpu_time.unwrap());
        assert!(ours.abs_diff(theirs) <= Duration::from_millis(21), "{ours:?} and {theirs:?}");
        assert!(ours > Duration::from_millis(95));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(proc.read(Detail::Cpu), None, "a process that is gone has no figures");
    assert_eq!(sysinfo.read(Detail::Cpu), None);
}

/// The memory that shows in the frames of a run behind a wrapper.
fn behind(wrapper: &str) -> Benchmark {
    let bed = Bed::new();
    let script = shell_script(&bed.path("bin/wrapper"), &wrapper.replace("FORC", stand_in().to_str().unwrap()));
    assembled(record(&script, "patient\nstart p work\nalloc 64\nspin 150\nsleep 200\nstop p work", &options(5)))
}

#[track_caller]
fn assert_the_compiler_is_measured(run: &Benchmark) {
    let peak = run.frames.iter().map(|frame| frame.memory_usage).max().unwrap() as f64 / MIB;
    assert!((64.0..70.0).contains(&peak), "frames show {peak} MiB");
    let cost = phase(run, "work").cost.unwrap();
    let risen = (cost.memory_end.unwrap() - cost.memory_start.unwrap()) as f64 / MIB;
    assert!((risen - 64.0).abs() < 2.0, "{cost:?}");
    // What is not the compiler sleeps all along.
    let cpu = cost.cpu_time.unwrap();
    assert!(cpu > Duration::from_millis(140), "{cpu:?}");
    let peak = run.accounting.unwrap().peak_memory.unwrap() as f64 / MIB;
    assert!((64.0..70.0).contains(&peak), "{peak}");
}

#[test]
fn the_compiler_behind_a_wrapper_script_is_what_is_measured() {
    let _alone = alone();
    assert_the_compiler_is_measured(&behind("FORC \"$@\"\ncode=$?\nexit $code"));
}

#[test]
fn the_compiler_behind_a_script_that_becomes_it_is_what_is_measured() {
    let _alone = alone();
    assert_the_compiler_is_measured(&behind("exec FORC \"$@\""));
}

#[test]
fn the_compiler_behind_a_script_with_helpers_of_its_own_is_what_is_measured() {
    let _alone = alone();
    assert_the_compiler_is_measured(&behind(
        "sleep 0.03\nsh -c 'FORC \"$@\"; exit $?' sh \"$@\"\ncode=$?\nsleep 0.03\nexit $code",
    ));
}

#[test]
fn a_helper_of_the_compiler_is_not_taken_for_it() {
    let _alone = alone();
    // As git would be: it sleeps in the background while the compiler works, and is ended when that is gone.
    let run = collect("patient\nstart p work\nhelper sleep 3600\nalloc 64\nspin 100\nstop p work", &options(5));
    let last = phase(&run, "work").cost.unwrap();
    assert!(last.memory_end.unwrap() as f64 / MIB > 60.0, "{last:?}");
}

#[test]
fn a_run_past_its_limit_is_ended_and_what_it_said_is_kept() {
    let _alone = alone();
    // Long enough to speak before, however busy the machine.
    let limit = Duration::from_secs(3);
    let limited = Options { time_limit: limit, ..options(10) };
    let recording = record(stand_in(), "print last words\nstart p work\nhang", &limited);
    assert_eq!(recording.ended, Some(Ended::TimeLimit));
    assert_eq!(recording.exit, Exit::Signal(libc::SIGKILL));
    assert!(recording.stdout.contains("last words"));
    let wall = recording.exited.duration_since(recording.started);
    assert!(wall >= limit && wall < PATIENCE, "{wall:?}");
    let run = collector::assemble("p".to_owned(), Path::new("/p"), Protocol::Markers, recording);
    assert_eq!(phase(&run, "work").end_time, None);
}

#[test]
fn a_requested_stop_ends_the_run() {
    let _alone = alone();
    let bed = Bed::new();
    let on = bed.path("on");
    let invocation = invocation(&bed, stand_in(), &format!("say {}\nhang", on.display()));
    let interrupt = Interrupt::new();
    let recording = thread::scope(|scope| {
        scope.spawn(|| {
            eventually("the run is on", || on.exists());
            interrupt.request();
        });
        collector::collect(&invocation, &options(10), &interrupt).unwrap()
    });
    assert_eq!(recording.ended, Some(Ended::Interrupted));
}

/// The processors that a thread or process may run on, as the kernel lists them.
fn allowed(who: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{who}/status")).unwrap();
    status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap().trim().to_owned()
}

/// The processors of this process's threads that read and take frames, by the threads' names.
fn allowed_of_the_harness() -> Vec<(String, String)> {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let threads = threads.filter_map(|thread| {
        let thread = thread.unwrap().file_name().into_string().unwrap();
        let name = fs::read_to_string(format!("/proc/self/task/{thread}/comm")).ok()?;
        name.starts_with("forc-perf").then(|| (name.trim().to_owned(), allowed(&format!("self/task/{thread}"))))
    });
    threads.collect()
}

#[test]
fn forc_and_the_harness_are_kept_apart() {
    let _alone = alone();
    let Some(split) = Split::of_this_machine() else {
        support::not_run("one processor cannot be split");
        return;
    };
    let bed = Bed::new();
    let on = bed.path("on");
    let invocation = invocation(&bed, stand_in(), &format!("say {}\nhang", on.display()));
    let options = Options { split: Some(split.clone()), ..options(10) };
    let interrupt = Interrupt::new();
    let (forc, harness) = thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            eventually("the run is on", || on.exists());
            let forc = allowed(&fs::read_to_string(&on).unwrap());
            let own = split.harness[0].to_string();
            eventually("the harness's threads are on their processor", || {
                let harness = allowed_of_the_harness();
                harness.len() == 3 && harness.iter().all(|(_, processors)| *processors == own)
            });
            interrupt.request();
            (forc, own)
        });
        collector::collect(&invocation, &options, &interrupt).unwrap();
        watcher.join().unwrap()
    });
    let first = split.forc[0].to_string();
    assert!(forc.starts_with(&first) && !forc.ends_with(&harness), "forc ran on {forc}, the harness on {harness}");
}

/// Collects in a thread that may run on `processors` before, and asserts that it may do so afterwards.
fn assert_processors_are_kept(processors: &[usize], split: &Split) {
    let restriction = Restriction::to(processors);
    let before = allowed("thread-self");
    let bed = Bed::new();
    let options = Options { split: Some(split.clone()), ..options(10) };
    let run = |script: &str, options: &Options, interrupt: &Interrupt| {
        collector::collect(&invocation(&bed, stand_in(), script), options, interrupt).unwrap().ended
    };

    assert_eq!(run("print done", &options, &Interrupt::new()), None);
    assert_eq!(allowed("thread-self"), before, "after a run that ended well");

    let limited = Options { time_limit: Duration::from_millis(50), ..options.clone() };
    assert_eq!(run("hang", &limited, &Interrupt::new()), Some(Ended::TimeLimit));
    assert_eq!(allowed("thread-self"), before, "after the time limit");

    let interrupt = Interrupt::new();
    interrupt.request();
    assert_eq!(run("hang", &options, &interrupt), Some(Ended::Interrupted));
    assert_eq!(allowed("thread-self"), before, "after an interrupt");

    let nothing = Invocation { program: "/no/such/forc".into(), ..invocation(&bed, stand_in(), "hang") };
    collector::collect(&nothing, &options, &Interrupt::new()).unwrap_err();
    assert_eq!(allowed("thread-self"), before, "after a compiler that could not be started");

    assert_eq!(Split::of_this_machine().as_ref(), Some(split), "what the machine has is not what this thread may use");
    drop(restriction);
}

#[test]
fn a_thread_that_collects_keeps_its_processors() {
    let _alone = alone();
    let Some(split) = Split::of_this_machine() else {
        support::not_run("one processor cannot be split");
        return;
    };
    // In a thread of its own: whatever stayed of a restriction must not reach other tests.
    let tested = thread::spawn(move || {
        let all: Vec<usize> = split.forc.iter().chain(&split.harness).copied().collect();
        for processors in [&all, &split.forc, &split.harness] {
            assert_processors_are_kept(processors, &split);
        }
    });
    tested.join().unwrap();
}
