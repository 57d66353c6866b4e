//! Warnings about runs, from what was recorded of them.

use std::time::Duration;

use crate::model::{Accounting, Benchmark, Measured, Metric, RunWarning, WarningKind};
use crate::stats;
use crate::text::format;

/// Other programs count as other load if they keep this many processors busy.
pub const OTHERS_PROCESSORS: f64 = 0.25;
/// They count as other load if they keep this share of the machine's processors busy, too.
pub const OTHERS_SHARE: f64 = 0.05;
/// The share of the processors' time that a hypervisor may give to other guests without a warning.
pub const STOLEN_WARNING: f64 = 0.01;
/// From this ratio on wall time is far beyond CPU time. forc works on one thread, so the two are nearly the same.
const WALL_OVER_CPU: f64 = 1.25;
/// What starting a process and reading its pipes may take on a busy machine without a warning.
const WALL_GRACE: Duration = Duration::from_millis(10);
/// The longest time without progress in a run.
const STANDSTILL: Duration = Duration::from_millis(500);
/// A sleep of the machine that is shorter is the time between the readings of two clocks.
const SUSPENDED: Duration = Duration::from_millis(100);
/// A process below this CPU use, in per cent of a core, is idle.
const IDLE: f32 = 2.0;
/// A spread (interquartile range over median) that is wide by itself, and one that is wide if it is also far above the
/// suite's.
const WIDE: f64 = 0.10;
const WIDE_AMONG_OTHERS: f64 = 0.03;
/// A spread is wide from this multiple of the suite's median spread on.
const TIMES_THE_SUITES: f64 = 3.0;
/// The fewest runs for a spread, and the fewest benchmarks for a suite's spread.
const FEWEST_RUNS: usize = 5;
const FEWEST_BENCHMARKS: usize = 4;
/// Shorter times, which are counted in ticks of ten milliseconds, are too coarse.
const LEAST_TICKED: Duration = Duration::from_millis(100);

/// Adds the warnings to each benchmark. Its metrics must be filled in.
///
/// `interval` is the time between two frames, and `processors` how many the machine has.
pub fn warn(benchmarks: &mut [Measured], interval: Duration, processors: usize) {
    let spreads: Vec<f64> = benchmarks.iter().filter_map(|measured| spread(measured, Metric::Wall)).collect();
    let usual = (spreads.len() >= FEWEST_BENCHMARKS).then(|| stats::median(&spreads)).flatten();
    for measured in benchmarks {
        let (still, stopped) = stopped(&measured.runs, interval);
        let found = [
            stopped,
            other_load(&measured.runs, processors),
            stolen_time(&measured.runs, processors),
            wall_beyond_cpu(&measured.runs, &still),
            wide_spread(measured, usual),
        ];
        measured.warnings = found.into_iter().flatten().collect();
    }
}

/// The kinds of warnings, the most serious first, each with the number of benchmarks that have it.
pub fn warning_kinds<'a>(benchmarks: impl IntoIterator<Item = &'a Measured>) -> Vec<(WarningKind, usize)> {
    let warnings: Vec<&RunWarning> = benchmarks.into_iter().flat_map(|measured| &measured.warnings).collect();
    let count = |kind| (kind, warnings.iter().filter(|warning| warning.kind == kind).count());
    WarningKind::ALL.map(count).into_iter().filter(|(_, count)| *count > 0).collect()
}

/// `in 2 of 20 runs`, with the right words for one and for all.
fn in_runs(count: usize, of: usize) -> String {
    match (count, of) {
        (1, 1) => "in its only run".to_owned(),
        (count, of) if count == of => format!("in all of its {of} runs"),
        (count, of) => format!("in {count} of {of} runs"),
    }
}

/// Why nothing happened for a while.
#[derive(Clone, Copy)]
enum Still {
    /// The compiler did nothing, though it could have.
    Idle,
    /// The harness could not look.
    Unseen,
    /// The machine slept.
    Suspended,
}

/// For each run whether it stood still, and the warning about those that did.
fn stopped(runs: &[Benchmark], interval: Duration) -> (Vec<bool>, Option<RunWarning>) {
    let found: Vec<Option<(Still, Duration)>> = runs.iter().map(|run| standstill(run, interval)).collect();
    let still = found.iter().map(Option::is_some).collect();
    let count = found.iter().flatten().count();
    let longest = found.into_iter().flatten().max_by_key(|(_, duration)| *duration);
    let warning = longest.map(|(kind, longest)| {
        let time = format::duration(longest);
        let what = match kind {
            Still::Suspended => format!("the machine was suspended for {time}"),
            Still::Unseen => {
                format!("for {time} no frame was taken: the harness was stopped and continued, or got no processor")
            }
            Still::Idle => format!(
                "for {time} the compiler did nothing: it was stopped and continued, or it waited, for a lock or the network say"
            ),
        };
        let longest_of = if count > 1 { ", in the longest case" } else { "" };
        let message = format!("{}{longest_of} {what}", in_runs(count, runs.len()));
        RunWarning { kind: WarningKind::Stopped, message, runs: count, degree: longest.as_secs_f64() }
    });
    (still, warning)
}

/// The longest time in which nothing happened, if that is too long.
fn standstill(run: &Benchmark, interval: Duration) -> Option<(Still, Duration)> {
    let suspended = run.surroundings.map(|surroundings| surroundings.suspended).filter(|time| *time >= SUSPENDED);
    if let Some(suspended) = suspended {
        return Some((Still::Suspended, suspended));
    }
    let (start, end, frames) = (run.start_time?, run.end_time?, &run.frames);
    // Without frames nothing can be found: they were off, or the run was too short.
    let last = frames.last()?.timestamp;
    let unused = run.wall()?.saturating_sub(run.accounting.as_ref().map(Accounting::cpu_time)?);
    let mut unseen = Duration::ZERO;
    let mut idle = Duration::ZERO;
    let mut idle_since = None;
    let mut before = start;
    for frame in frames.iter() {
        let passed = frame.timestamp.duration_since(before);
        unseen = unseen.max(passed);
        let works = frame.cpu_usage >= IDLE || frame.disk_read_bytes > 0 || frame.disk_written_bytes > 0;
        if works {
            idle_since = None;
        } else {
            let since = *idle_since.get_or_insert(before);
            idle = idle.max(frame.timestamp.duration_since(since));
        }
        before = frame.timestamp;
    }
    // After the last frame a wrapper may have continued without its compiler.
    let after = end.duration_since(last);
    if unused >= after / 2 {
        unseen = unseen.max(after);
    }
    let long = STANDSTILL + 2 * interval;
    // Where CPU time cannot be read, every frame looks idle; but then the account has the time.
    let idle = (idle >= long && unused >= idle / 2).then_some((Still::Idle, idle));
    let unseen = (unseen >= long).then_some((Still::Unseen, unseen));
    idle.into_iter().chain(unseen).max_by_key(|(_, duration)| *duration)
}

/// Sums over the runs that have both their own account and the machine's.
struct Sums {
    runs: usize,
    elapsed: f64,
    busy: f64,
    stolen: f64,
    /// What the compiler and the harness used of it.
    ours: f64,
}

impl Sums {
    fn of(runs: &[Benchmark]) -> Self {
        let mut sums = Self { runs: 0, elapsed: 0.0, busy: 0.0, stolen: 0.0, ours: 0.0 };
        for run in runs {
            let Some((around, accounting)) = run.surroundings.zip(run.accounting) else { continue };
            sums.runs += 1;
            sums.elapsed += around.elapsed.as_secs_f64();
            sums.busy += around.busy.as_secs_f64();
            sums.stolen += around.stolen.as_secs_f64();
            sums.ours += accounting.user_time.as_secs_f64()
                + accounting.system_time.as_secs_f64()
                + run.collector.cpu_time.as_secs_f64();
        }
        sums
    }
}

/// Whether other programs worked while the benchmark ran. The kernel's ticks are longer than many runs, so only the sum over
/// all runs is meaningful.
fn other_load(runs: &[Benchmark], processors: usize) -> Option<RunWarning> {
    let sums = Sums::of(runs);
    let others = sums.busy - sums.ours;
    let busy = others / sums.elapsed;
    let share = busy / processors.max(1) as f64;
    // A file can contain anything; NaN is not load.
    let is_much = busy.is_finite() && busy >= OTHERS_PROCESSORS && share >= OTHERS_SHARE;
    if others < LEAST_TICKED.as_secs_f64() || !is_much {
        return None;
    }
    let message = format!("other programs kept {busy:.2} of {processors} processors busy while it ran");
    Some(RunWarning { kind: WarningKind::OtherLoad, message, runs: sums.runs, degree: busy })
}

/// Whether the hypervisor ran other guests while the benchmark ran.
fn stolen_time(runs: &[Benchmark], processors: usize) -> Option<RunWarning> {
    let sums = Sums::of(runs);
    let share = sums.stolen / (sums.elapsed * processors.max(1) as f64);
    if sums.stolen < LEAST_TICKED.as_secs_f64() || !share.is_finite() || share < STOLEN_WARNING {
        return None;
    }
    let message =
        format!("the hypervisor gave {} of the processors’ time to other guests while it ran", format::percent(share));
    Some(RunWarning { kind: WarningKind::StolenTime, message, runs: sums.runs, degree: share })
}

/// A run's two times, and what may have come between them.
#[derive(Clone, Copy)]
struct Apart {
    wall: Duration,
    cpu: Duration,
    accounting: Accounting,
}

impl Apart {
    fn of(run: &Benchmark) -> Option<Self> {
        let accounting = run.accounting?;
        let (wall, cpu) = (run.wall()?, accounting.cpu_time());
        (!cpu.is_zero()).then_some(Self { wall, cpu, accounting })
    }

    fn ratio(&self) -> f64 {
        self.wall.as_secs_f64() / self.cpu.as_secs_f64()
    }

    fn is_far(&self) -> bool {
        self.ratio() > WALL_OVER_CPU && self.wall.saturating_sub(self.cpu) > WALL_GRACE
    }

    /// `427 ms and 256 ms`, and the likely cause.
    fn describe(&self) -> (String, String) {
        let read = self.accounting.blocks_read.saturating_mul(512);
        let cause = if read > 0 {
            format!("it read {} from the disk, which may be why", format::bytes(read as f64))
        } else {
            match self.accounting.involuntary_switches {
                0 => "it read nothing from the disk, and no processor was taken from it: it waited".to_owned(),
                1 => "it read nothing from the disk; a processor was taken from it once".to_owned(),
                times => format!("it read nothing from the disk; a processor was taken from it {times} times"),
            }
        };
        (format!("{} wall, {} CPU", format::duration(self.wall), format::duration(self.cpu)), cause)
    }
}

/// Whether wall time is far beyond CPU time in the median run, or in single runs and not in the others. Runs that stood
/// still already have their own warning.
fn wall_beyond_cpu(runs: &[Benchmark], still: &[bool]) -> Option<RunWarning> {
    let moving = runs.iter().zip(still).filter(|(_, still)| !**still);
    let mut apart: Vec<Apart> = moving.filter_map(|(run, _)| Apart::of(run)).collect();
    apart.sort_by(|a, b| a.ratio().total_cmp(&b.ratio()));
    let median = *apart.get(apart.len().checked_sub(1)? / 2)?;
    let worst = *apart.last()?;
    let warning = |count: usize, message: String| {
        Some(RunWarning { kind: WarningKind::WallBeyondCpu, message, runs: count, degree: worst.ratio() })
    };
    if median.is_far() {
        let (times, cause) = median.describe();
        let count = apart.iter().filter(|run| run.is_far()).count();
        let message = format!("wall time is {:.2} × CPU time in the median run ({times}): {cause}", median.ratio());
        return warning(count, message);
    }
    let odd = |run: &&Apart| run.is_far() && run.ratio() > WALL_OVER_CPU * median.ratio();
    let count = apart.iter().filter(odd).count();
    if count == 0 {
        return None;
    }
    let (times, cause) = worst.describe();
    let which = if count == 1 { "" } else { "in the worst, " };
    warning(
        count,
        format!("{} wall time went far beyond CPU time ({which}{times}): {cause}", in_runs(count, runs.len())),
    )
}

/// The spread of a metric, of enough runs.
fn spread(measured: &Measured, metric: Metric) -> Option<f64> {
    measured.estimate(metric).filter(|estimate| estimate.count >= FEWEST_RUNS)?.spread
}

/// Whether the wall times differ widely, by themselves or beside the rest of the suite (`usual`).
fn wide_spread(measured: &Measured, usual: Option<f64>) -> Option<RunWarning> {
    let wall = spread(measured, Metric::Wall)?;
    let beside = usual.filter(|usual| wall > WIDE_AMONG_OTHERS && wall > TIMES_THE_SUITES * usual);
    if wall <= WIDE && beside.is_none() {
        return None;
    }
    let cpu = spread(measured, Metric::Cpu).map(|cpu| format!(" (CPU time by {})", format::percent(cpu)));
    let others = usual.map(|usual| format!("; the suite’s benchmarks by {} in the median", format::percent(usual)));
    let message = format!(
        "the middle half of its wall times differ by {} of their median{}{}",
        format::percent(wall),
        cpu.unwrap_or_default(),
        others.unwrap_or_default()
    );
    Some(RunWarning { kind: WarningKind::WideSpread, message, runs: measured.runs.len(), degree: wall })
}

#[cfg(test)]
#[path = "warnings_tests.rs"]
mod tests;
