use super::warning_kinds;
use super::*;
use crate::model::{BenchmarkFrame, SerdeInstant, Surroundings};
use crate::testing::build;

const INTERVAL: Duration = Duration::from_millis(20);

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn at(milliseconds: u64) -> SerdeInstant {
    build::at(ms(milliseconds))
}

fn frame(milliseconds: u64, cpu_usage: f32) -> BenchmarkFrame {
    build::frame(ms(milliseconds), cpu_usage, 1)
}

/// A run with these times, and frames at the interval in which it is busy.
fn run(wall: u64, cpu: u64) -> Benchmark {
    Benchmark {
        accounting: Some(Accounting { user_time: ms(cpu), involuntary_switches: 3, ..Accounting::default() }),
        frames: (1..wall.div_ceil(20)).map(|number| frame(20 * number, 100.0)).collect::<Vec<_>>().into(),
        ..build::run(ms(wall))
    }
}

fn measured(runs: Vec<Benchmark>) -> Measured {
    build::benchmark("g/p/debug", runs)
}

fn warnings(runs: Vec<Benchmark>) -> Vec<RunWarning> {
    let mut benchmarks = [measured(runs)];
    warn(&mut benchmarks, INTERVAL, 2);
    benchmarks[0].warnings.clone()
}

#[track_caller]
fn only(runs: Vec<Benchmark>, kind: WarningKind) -> RunWarning {
    let warnings = warnings(runs);
    assert_eq!(warnings.iter().map(|warning| warning.kind).collect::<Vec<_>>(), [kind], "{warnings:?}");
    warnings[0].clone()
}

#[test]
fn good_runs_have_no_warning() {
    assert_eq!(warnings((0..10).map(|number| run(1000 + number, 990)).collect()), []);
    assert_eq!(warnings(Vec::new()), []);
    // Of a compiler on several threads CPU time is the longer one.
    assert_eq!(warnings(vec![run(500, 900); 6]), []);
    // A few milliseconds are the start of a process.
    assert_eq!(warnings(vec![run(14, 6); 6]), []);
}

#[test]
fn wall_far_beyond_cpu_in_the_median_run_is_told_with_both() {
    let warning = only(vec![run(427, 256); 5], WarningKind::WallBeyondCpu);
    assert!(
        warning.message.starts_with("wall time is 1.67 × CPU time in the median run (427 ms wall, 256 ms CPU)"),
        "{warning:?}"
    );
    assert!(
        warning.message.contains("read nothing from the disk; a processor was taken from it 3 times"),
        "{warning:?}"
    );
    assert_eq!(warning.runs, 5);
}

#[test]
fn the_disk_may_be_why() {
    let mut reading = run(427, 256);
    reading.accounting.as_mut().unwrap().blocks_read = 4096;
    let warning = only(vec![reading; 5], WarningKind::WallBeyondCpu);
    assert!(warning.message.ends_with("it read 2.00 MiB from the disk, which may be why"), "{warning:?}");
}

#[test]
fn single_runs_far_beyond_the_others_are_counted() {
    let mut runs = vec![run(300, 290); 18];
    runs.extend([run(427, 256), run(380, 256)]);
    let warning = only(runs, WarningKind::WallBeyondCpu);
    assert_eq!(warning.runs, 2);
    assert!(
        warning
            .message
            .starts_with("in 2 of 20 runs wall time went far beyond CPU time (in the worst, 427 ms wall, 256 ms CPU)"),
        "{warning:?}"
    );
}

#[test]
fn a_wide_spread_is_told_by_itself_and_beside_the_others() {
    let spread = |half: u64| (0..9).map(|number| run(1000 + half * number / 4, 1000 + half * number / 4)).collect();
    let warning = only(spread(150), WarningKind::WideSpread);
    assert!(warning.degree > 0.10 && warning.message.contains("of their median (CPU time by"), "{warning:?}");
    assert_eq!(warnings(spread(40)), []);
    // Four per cent are many where the others have a tenth of one.
    let mut suite: Vec<Measured> = (0..4).map(|_| measured(spread(1))).chain([measured(spread(90))]).collect();
    warn(&mut suite, INTERVAL, 2);
    let warned: Vec<usize> = suite.iter().map(|measured| measured.warnings.len()).collect();
    assert_eq!(warned, [0, 0, 0, 0, 1]);
    assert!(suite[4].warnings[0].message.contains("the suite’s benchmarks by"), "{:?}", suite[4].warnings);
}

#[test]
fn a_run_in_which_the_compiler_did_nothing_has_stood_still() {
    // From 200 to 1,000 ms without CPU time, while frames go on.
    let mut idle = run(1200, 400);
    for frame in idle.frames.iter_mut().filter(|frame| frame.timestamp > at(200) && frame.timestamp <= at(1000)) {
        frame.cpu_usage = 0.0;
    }
    // The same run in another suite is far beyond its CPU time, but that is told once.
    let mut runs = vec![run(400, 390); 4];
    runs.insert(2, idle.clone());
    let warning = only(runs, WarningKind::Stopped);
    assert!((warning.degree - 0.8).abs() < 1e-9 && warning.runs == 1, "{warning:?}");
    assert!(
        warning.message.starts_with("in 1 of 5 runs for 800 ms the compiler did nothing: it was stopped"),
        "{warning:?}"
    );
    // What reads from the disk does something, and then its time is told.
    idle.frames.iter_mut().for_each(|frame| frame.disk_read_bytes = 4096);
    only(vec![run(400, 390), idle, run(400, 390)], WarningKind::WallBeyondCpu);
}

#[test]
fn frames_without_cpu_times_are_no_standstill() {
    let mut blind = run(1200, 1190);
    blind.frames.iter_mut().for_each(|frame| frame.cpu_usage = 0.0);
    assert_eq!(warnings(vec![blind; 3]), []);
}

#[test]
fn a_harness_that_could_not_look_is_told() {
    let mut late = run(2000, 1980);
    late.frames.retain(|frame| frame.timestamp < at(300) || frame.timestamp > at(1500));
    let warning = only(vec![late], WarningKind::Stopped);
    assert!(warning.message.starts_with("in its only run for 1.24 s no frame was taken"), "{warning:?}");
    // It was stopped until long after the compiler's end.
    let mut stopped = run(2000, 300);
    stopped.frames.retain(|frame| frame.timestamp < at(300));
    assert_eq!(only(vec![stopped], WarningKind::Stopped).degree, 1.72);
    // Behind a wrapper the compiler's frames end before the run; but it works.
    let mut wrapped = run(2000, 1990);
    wrapped.frames.retain(|frame| frame.timestamp < at(300));
    assert_eq!(warnings(vec![wrapped]), []);
    // Frames that are a second apart are not late.
    let mut rare = run(3000, 2990);
    rare.frames.retain(|frame| frame.timestamp.since_epoch().as_millis().is_multiple_of(1000));
    let mut benchmarks = [measured(vec![rare])];
    warn(&mut benchmarks, Duration::from_secs(1), 2);
    assert_eq!(benchmarks[0].warnings, []);
}

#[test]
fn a_machine_that_slept_is_told() {
    let slept = Surroundings { elapsed: ms(400), suspended: Duration::from_secs(60), ..Surroundings::default() };
    let sleeper = Benchmark { surroundings: Some(slept), ..run(400, 390) };
    let warning = only(vec![run(400, 390), sleeper], WarningKind::Stopped);
    assert_eq!(warning.message, "in 1 of 2 runs the machine was suspended for 60.0 s");
}

/// Runs of 400 ms beside which the machine did so much more, and was taken away so long.
fn beside(others: u64, stolen: u64, count: usize) -> Vec<Benchmark> {
    let template = run(400, 390);
    let ours = ms(390) + template.collector.cpu_time;
    let around =
        Surroundings { elapsed: ms(400), busy: ours + ms(others), stolen: ms(stolen), suspended: Duration::ZERO };
    vec![Benchmark { surroundings: Some(around), ..template }; count]
}

#[test]
fn other_load_is_what_the_machine_did_beyond_forc_and_the_harness() {
    assert_eq!(warnings(beside(40, 0, 5)), []);
    let warning = only(beside(200, 0, 5), WarningKind::OtherLoad);
    assert_eq!(warning.message, "other programs kept 0.50 of 2 processors busy while it ran");
    assert!((warning.degree - 0.5).abs() < 1e-9);
    // On a large machine half a processor is little; of a single short run the ticks say nothing.
    let mut benchmarks = [measured(beside(200, 0, 5))];
    warn(&mut benchmarks, INTERVAL, 64);
    assert_eq!(benchmarks[0].warnings, []);
    let short = beside(200, 0, 1).into_iter().map(|mut run| {
        run.surroundings.as_mut().unwrap().busy = ms(390) + run.collector.cpu_time + ms(90);
        run
    });
    assert_eq!(warnings(short.collect()), []);
}

#[test]
fn ticks_that_are_too_few_in_one_run_and_too_many_in_the_next_cancel_out() {
    let runs = beside(0, 0, 20).into_iter().enumerate().map(|(number, mut run)| {
        let around = run.surroundings.as_mut().unwrap();
        around.busy = if number % 2 == 0 { around.busy + ms(200) } else { around.busy - ms(200) };
        run
    });
    assert_eq!(warnings(runs.collect()), []);
}

#[test]
fn stolen_time_is_told_as_a_share_of_all_processors() {
    assert_eq!(warnings(beside(0, 2, 20)), []);
    let warning = only(beside(0, 40, 5), WarningKind::StolenTime);
    assert_eq!(warning.message, "the hypervisor gave 5.0 % of the processors’ time to other guests while it ran");
}

#[test]
fn times_that_are_no_times_warn_of_nothing() {
    let mut odd = run(400, 0);
    odd.surroundings = Some(Surroundings {
        elapsed: Duration::ZERO,
        busy: Duration::MAX,
        stolen: Duration::MAX,
        suspended: Duration::ZERO,
    });
    let mut without = run(400, 390);
    (without.start_time, without.accounting) = (None, None);
    for runs in [vec![odd], vec![without]] {
        assert!(warnings(runs).iter().all(|warning| warning.degree.is_finite()));
    }
}

#[test]
fn a_kind_that_many_have_is_one_line_with_the_worst() {
    let mut suite: Vec<Measured> = (1..=6).map(|number| measured(beside(100 * number, 0, 5))).collect();
    for (number, measured) in suite.iter_mut().enumerate() {
        measured.id = format!("g/p{number}/debug");
    }
    suite.push(measured(vec![run(427, 256); 5]));
    warn(&mut suite, INTERVAL, 2);
    assert_eq!(warning_kinds(&suite), [(WarningKind::OtherLoad, 6), (WarningKind::WallBeyondCpu, 1)]);
}
