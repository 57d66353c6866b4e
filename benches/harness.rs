//! The harness, measured: what it costs the compiler and how well it keeps its promises.
//!
//! `cargo bench --bench harness` prints, with intervals: how much a collected run is slower than a bare one, the
//! harness's own CPU time, how punctual its frames are, how far its phases are from the compiler's own, how much of a
//! run's time has a name, and how much of the measuring time is spent in the compiler. `-- PAIRS` sets the least number of
//! pairs (default 30); the names `perturbation`, `cadence`, `accuracy`, `attribution` and `efficiency` select figures, and
//! `pinning` compares runs with and without processors of their own.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use forc_perf::collector::{self, Interrupt, Invocation, Options, Recording, Restriction, Split};
use forc_perf::forc::marker::Marker;
use forc_perf::forc::{Locator, toolchain};
use forc_perf::model::{Benchmark, Protocol, Toolchain};
use forc_perf::session::{self, Config};
use forc_perf::suite::{Project, Selection, Stage};
use forc_perf::{stats, suite, summary};

/// How long the short one of the two fixtures takes about, on whatever machine this is.
const SHORT: Duration = Duration::from_millis(100);

/// How long the pairs of one perturbation figure may take, where more of them than asked for would fit.
const PAIRS_TIME: Duration = Duration::from_secs(60);

type Error = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(4)
        }
    }
}

fn run() -> Result<(), Error> {
    // cargo passes `--bench`; what else there is is ours.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let pairs = args.iter().find_map(|arg| arg.parse().ok()).unwrap_or(30);
    let toolchain = toolchain::resolve(None, &Locator::default(), &Interrupt::new(), |event| eprintln!("{event:?}"))?;
    println!("forc {} ({})\n", toolchain.version, toolchain.path.display());
    let subjects = subjects(&toolchain)?;
    let wanted = |part: &str| args.iter().all(|arg| arg.parse::<usize>().is_ok()) || args.iter().any(|arg| arg == part);
    if args.iter().any(|arg| arg == "pinning") {
        pinning(&subjects, pairs)?;
    }
    println!("Medians of interleaved pairs with 95 % intervals; goals in parentheses.\n");
    for subject in subjects.iter().filter(|_| wanted("perturbation")) {
        let (close, fine) = (Goal::new("1.000 ± 0.005", 0.995, 1.005), Goal::new("≤ 1.010", 0.0, 1.01));
        let (one, four) = (Goal::new("≤ 1 %", 0.0, 1.0), Goal::new("≤ 4 %", 0.0, 4.0));
        for (interval, ratio, own) in
            [(collector::DEFAULT_INTERVAL, close, one), (Duration::from_millis(1), fine, four)]
        {
            perturbation(subject, subject.enough(pairs)?, interval, ratio, own)?;
        }
    }
    println!();
    for subject in subjects.iter().filter(|_| wanted("cadence")) {
        cadence(subject, pairs)?;
    }
    println!();
    for subject in subjects.iter().filter(|_| wanted("accuracy")) {
        accuracy(subject, subject.enough(pairs)?)?;
    }
    println!();
    for subject in subjects.iter().filter(|_| wanted("attribution")) {
        attribution(subject, pairs)?;
    }
    println!();
    if wanted("efficiency") { efficiency(&toolchain) } else { Ok(()) }
}

/// What a figure should be.
#[derive(Clone, Copy)]
struct Goal {
    text: &'static str,
    low: f64,
    high: f64,
}

impl Goal {
    const fn new(text: &'static str, low: f64, high: f64) -> Self {
        Self { text, low, high }
    }

    /// What the sample shows of it: its whole interval within or without, or only its median.
    fn of(self, sample: &[f64]) -> String {
        let Some(estimate) = stats::estimate(sample) else { return format!("goal {}: no figure", self.text) };
        let within = |value: f64| value >= self.low && value <= self.high;
        let said = if within(estimate.low) && within(estimate.high) {
            "met"
        } else if estimate.low > self.high || estimate.high < self.low {
            "NOT MET"
        } else if within(estimate.median) {
            "met by the median; the interval is wider"
        } else {
            "not met by the median; the interval reaches it"
        };
        format!("goal {}: {said}", self.text)
    }
}

/// The fixture that takes about [`SHORT`] here, and the heaviest one.
fn subjects(toolchain: &Toolchain) -> Result<Vec<Subject>, Error> {
    let suite = suite::discover(fixtures())?;
    let mut timed = Vec::new();
    for project in &suite.projects {
        let subject = Subject::new(toolchain, project)?;
        let wall = subject.bare()?.0.min(subject.bare()?.0);
        timed.push((wall, subject));
    }
    timed.sort_by_key(|(wall, _)| *wall);
    let (_, heaviest) = timed.pop().ok_or("there are no fixtures")?;
    let short = timed.into_iter().min_by_key(|(wall, _)| wall.abs_diff(SHORT)).ok_or("there is one fixture only")?;
    println!("the fixture of about {SHORT:?} is {} ({:.0?}), the heaviest {}\n", short.1.name, short.0, heaviest.name);
    Ok(vec![short.1, heaviest])
}

/// A fixture, copied and ready to be built.
struct Subject {
    name: String,
    stage: Stage,
    forc: PathBuf,
    split: Option<Split>,
}

impl Subject {
    fn new(toolchain: &Toolchain, project: &Project) -> Result<Self, Error> {
        Ok(Self {
            name: format!("{}/{}", project.group, project.name),
            stage: Stage::new(&project.folder)?,
            forc: toolchain.path.clone(),
            split: Split::of_this_machine(),
        })
    }

    fn invocation(&self, flag: &str) -> Invocation {
        let args: [OsString; 4] = ["build".into(), "--path".into(), self.stage.project().into(), flag.into()];
        Invocation {
            program: self.forc.clone(),
            args: args.to_vec(),
            env: Vec::new(),
            folder: self.stage.project().to_owned(),
        }
    }

    fn options(&self, interval: Duration) -> Options {
        Options { interval: Some(interval), split: self.split.clone(), ..Options::default() }
    }

    /// As many pairs as fit into [`PAIRS_TIME`], but never fewer than asked for: the noise of a short build needs more.
    fn enough(&self, pairs: usize) -> Result<usize, Error> {
        let (wall, _) = self.bare()?;
        let fitting = PAIRS_TIME.as_secs_f64() / (2.0 * wall.as_secs_f64());
        Ok(pairs.max(fitting as usize))
    }

    /// A run with the collector on.
    fn collected(&self, options: &Options) -> Result<Recording, Error> {
        let recording = collector::collect(&self.invocation("--profile"), options, &Interrupt::new())?;
        if recording.exit.success() {
            Ok(recording)
        } else {
            Err(format!("{} failed: {}", self.name, recording.stderr).into())
        }
    }

    /// A run that nobody looks at: the same command line on the same processors, its output read by nobody. Gives wall
    /// and CPU time.
    fn bare(&self) -> Result<(Duration, Duration), Error> {
        let invocation = self.invocation("--profile");
        let mut command = Command::new(&invocation.program);
        command.args(&invocation.args).current_dir(&invocation.folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let restriction = self.split.as_ref().map(|split| (split, Restriction::to(&split.forc)));
        let before = children_cpu_time();
        let started = Instant::now();
        let mut child = command.spawn()?;
        if let Some((split, restriction)) = &restriction {
            restriction.change(&split.harness);
        }
        let status = child.wait()?;
        let wall = started.elapsed();
        if !status.success() {
            return Err(format!("{} failed", self.name).into());
        }
        Ok((wall, children_cpu_time().saturating_sub(before)))
    }
}

/// CPU time of all children that have been waited for.
fn children_cpu_time() -> Duration {
    // SAFETY: rusage is plain data, for which all zeros is a valid value, and the pointer is valid for the result.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage);
        usage
    };
    let time =
        |time: libc::timeval| Duration::new(time.tv_sec.unsigned_abs(), 1000 * time.tv_usec.unsigned_abs() as u32);
    time(usage.ru_utime) + time(usage.ru_stime)
}

/// Collected against bare, in pairs whose order alternates.
fn perturbation(
    subject: &Subject,
    pairs: usize,
    interval: Duration,
    ratio_goal: Goal,
    own_goal: Goal,
) -> Result<(), Error> {
    let options = subject.options(interval);
    subject.bare()?;
    subject.collected(&options)?;
    let (mut wall, mut cpu, mut own_share) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 0..pairs {
        let bare_first = pair % 2 == 0;
        let early = if bare_first { Some(subject.bare()?) } else { None };
        let collected = subject.collected(&options)?;
        let bare = match early {
            Some(bare) => bare,
            None => subject.bare()?,
        };
        let forc_cpu = collected.accounting.cpu_time().as_secs_f64();
        wall.push(collected.exited.duration_since(collected.started).as_secs_f64() / bare.0.as_secs_f64());
        cpu.push(forc_cpu / bare.1.as_secs_f64());
        own_share.push(100.0 * collected.cost.cpu_time.as_secs_f64() / forc_cpu);
    }
    println!("perturbation, {}, every {interval:?}, {pairs} pairs:", subject.name);
    println!("  wall, collected / bare: {} ({})", ratio(&wall), ratio_goal.of(&wall));
    println!("  user + system time, collected / bare: {} ({})", ratio(&cpu), ratio_goal.of(&cpu));
    println!("  the harness's CPU time / forc's: {} % ({})", self::interval(&own_share, 2), own_goal.of(&own_share));
    Ok(())
}

/// Frames at one millisecond: how many of those due come, and how late.
fn cadence(subject: &Subject, runs: usize) -> Result<(), Error> {
    let options = subject.options(Duration::from_millis(1));
    let (mut delivered, mut late) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let recording = subject.collected(&options)?;
        delivered.push(100.0 * recording.frames.len() as f64 / recording.cost.frames_due as f64);
        late.extend(recording.cost.lateness_p99.map(|late| late.as_secs_f64() * 1e3));
    }
    println!("cadence at 1 ms, {}, {runs} runs:", subject.name);
    let goal = Goal::new("≥ 98 %", 98.0, f64::INFINITY);
    println!("  frames delivered of those due: {} % ({})", interval(&delivered, 2), goal.of(&delivered));
    let goal = Goal::new("≤ 1 ms", 0.0, 1.0);
    println!("  99th percentile of lateness: {} ms ({})", interval(&late, 3), goal.of(&late));
    Ok(())
}

/// Phases by markers against the compiler's own `--time-phases`, in pairs whose order alternates.
fn accuracy(subject: &Subject, pairs: usize) -> Result<(), Error> {
    let options = subject.options(collector::DEFAULT_INTERVAL);
    let by_markers = || -> Result<Sums, Error> {
        let collected = as_benchmark(subject, subject.collected(&options)?);
        let mut sums = Sums::new();
        for phase in &collected.phases {
            if let Some(wall) = phase.wall() {
                *sums.entry(phase.name.clone()).or_default() += wall.as_secs_f64() * 1e3;
            }
        }
        Ok(sums)
    };
    let by_forc = || -> Result<Sums, Error> {
        let recording = collector::collect(&subject.invocation("--time-phases"), &options, &Interrupt::new())?;
        let mut sums = Sums::new();
        for event in &recording.events {
            if let collector::Said::Marker(Marker::Elapsed { phase, duration }) = &event.said {
                *sums.entry(phase.clone()).or_default() += duration.as_secs_f64() * 1e3;
            }
        }
        Ok(sums)
    };
    let mut samples: BTreeMap<String, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for pair in 0..pairs {
        let (ours, theirs) = if pair % 2 == 0 {
            let ours = by_markers()?;
            (ours, by_forc()?)
        } else {
            let theirs = by_forc()?;
            (by_markers()?, theirs)
        };
        for (name, ours) in ours {
            if let Some(theirs) = theirs.get(&name) {
                let sample = samples.entry(name).or_default();
                sample.0.push(ours);
                sample.1.push(*theirs);
            }
        }
    }
    println!("phase accuracy, {}, {pairs} pairs, by markers less forc's own figure:", subject.name);
    for (name, (ours, theirs)) in &samples {
        let differences: Vec<f64> = ours.iter().zip(theirs).map(|(ours, theirs)| ours - theirs).collect();
        let Some(theirs) = stats::median(theirs) else { continue };
        let allowed = f64::max(0.2, 0.02 * theirs);
        let goal = Goal { text: "2 % or 0.2 ms", low: -allowed, high: allowed };
        println!("  {name}: {} ms of {theirs:.3} ms ({})", interval(&differences, 3), goal.of(&differences));
    }
    Ok(())
}

/// Time in ms by phase.
type Sums = BTreeMap<String, f64>;

/// How much of the runs' wall time stands in named rows.
fn attribution(subject: &Subject, runs: usize) -> Result<(), Error> {
    let (mut all, mut in_phases) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let run = as_benchmark(subject, subject.collected(&subject.options(collector::DEFAULT_INTERVAL))?);
        let rows = summary::attribute_by_package(&run).ok_or("the run has no end")?;
        let top = rows.iter().filter(|row| row.key.depth == 0);
        all.push(100.0 * top.clone().map(|row| row.share).sum::<f64>());
        in_phases.push(100.0 * top.filter(|row| row.key.phase.is_some()).map(|row| row.share).sum::<f64>());
    }
    let goal = Goal::new("100 %", 99.999, 100.001);
    println!("attribution, {}, {runs} runs:", subject.name);
    println!("  wall time in rows: {} % ({})", interval(&all, 2), goal.of(&all));
    println!("  in phases: {} %", interval(&in_phases, 1));
    Ok(())
}

/// How many measurements of the suite its efficiency is taken from.
const SUITES: usize = 3;

/// How much of the measuring time is spent in the compiler, over the whole suite and over its smallest projects.
fn efficiency(toolchain: &Toolchain) -> Result<(), Error> {
    for selected in [&[][..], &["small/*"]] {
        let mut config = Config::new(fixtures());
        config.forc = Some(toolchain.path.display().to_string().parse()?);
        config.samples = Some(3);
        config.selection = Selection::new(selected, &[])?;
        let (mut shares, mut benchmarks) = (Vec::new(), 0);
        for _ in 0..SUITES {
            let report = session::measure(&config, &Interrupt::new(), &mut |_| ())?;
            shares.push(100.0 * report.measuring.in_forc.as_secs_f64() / report.measuring.wall.as_secs_f64());
            benchmarks = report.benchmarks.len();
        }
        let what = if selected.is_empty() { "the whole suite" } else { "small/*" };
        let goal = Goal::new("≥ 95 %", 95.0, 100.0);
        println!(
            "efficiency, {what}, {benchmarks} benchmarks, {SUITES} times: {} % of the measuring time in forc ({})",
            interval(&shares, 2),
            goal.of(&shares)
        );
    }
    Ok(())
}

/// Runs with processors of their own against runs without.
fn pinning(subjects: &[Subject], pairs: usize) -> Result<(), Error> {
    for subject in subjects {
        let pinned = subject.options(collector::DEFAULT_INTERVAL);
        let free = Options { split: None, ..pinned.clone() };
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for _ in 0..pairs {
            let wall = |recording: Recording| recording.exited.duration_since(recording.started).as_secs_f64();
            with.push(wall(subject.collected(&pinned)?));
            without.push(wall(subject.collected(&free)?));
        }
        let ratios: Vec<f64> = with.iter().zip(&without).map(|(with, without)| with / without).collect();
        let spread = |sample: &[f64]| stats::estimate(sample).and_then(|e| e.spread).unwrap_or(f64::NAN) * 100.0;
        println!(
            "pinning, {}: wall {} of unpinned; spread {:.1} % pinned, {:.1} % unpinned",
            subject.name,
            ratio(&ratios),
            spread(&with),
            spread(&without)
        );
    }
    Ok(())
}

fn as_benchmark(subject: &Subject, recording: Recording) -> Benchmark {
    collector::assemble(subject.name.clone(), subject.stage.project(), Protocol::Markers, recording)
}

fn ratio(sample: &[f64]) -> String {
    interval(sample, 4)
}

/// The median with its interval: `1.0012 [0.9987, 1.0031]`.
fn interval(sample: &[f64], digits: usize) -> String {
    stats::estimate(sample).map_or_else(
        || "no figure".to_owned(),
        |e| format!("{:.digits$} [{:.digits$}, {:.digits$}]", e.median, e.low, e.high),
    )
}

fn fixtures() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"))
}
