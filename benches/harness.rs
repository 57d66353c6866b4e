//! The harness, measured: what it costs the compiler and how well it keeps its promises.
//!
//! `cargo bench --bench harness` prints, with intervals: how much a collected run is slower than a bare one, the
//! harness's own CPU time, how punctual its frames are, how far its phases are from the compiler's own, how much of a
//! run's time has a name, and how much of the measuring time is spent in the compiler. `-- PAIRS` sets the least number of
//! pairs (default 30); the names `perturbation`, `cadence`, `accuracy`, `attribution` and `efficiency` select figures, and
//! `pinning` compares runs with and without processors of their own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use forc_perf::collector::{self, Interrupt, Invocation, Options, Recording, Split, restrict_this_thread};
use forc_perf::forc::marker::Marker;
use forc_perf::forc::{Locator, toolchain};
use forc_perf::model::{Benchmark, Protocol, Toolchain};
use forc_perf::session::{self, Config};
use forc_perf::suite::{Project, Selection, Stage};
use forc_perf::{stats, summary};

/// The fixture of about 100 ms, and the heaviest one.
const FIXTURES: [(&str, &str); 2] = [("phases", "assembly"), ("apps", "multisig")];

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
    let subjects: Vec<Subject> =
        FIXTURES.into_iter().map(|(group, name)| Subject::new(&toolchain, group, name)).collect::<Result<_, _>>()?;
    let wanted = |part: &str| args.iter().all(|arg| arg.parse::<usize>().is_ok()) || args.iter().any(|arg| arg == part);
    if args.iter().any(|arg| arg == "pinning") {
        pinning(&subjects, pairs)?;
    }
    println!("Medians of interleaved pairs with 95 % intervals; goals in parentheses.\n");
    for subject in subjects.iter().filter(|_| wanted("perturbation")) {
        for (interval, wall_goal, cpu_goal) in
            [(collector::DEFAULT_INTERVAL, "1.000 ± 0.005", "≤ 1 %"), (Duration::from_millis(1), "≤ 1.010", "≤ 4 %")]
        {
            perturbation(subject, subject.enough(pairs)?, interval, wall_goal, cpu_goal)?;
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
        attribution(subject)?;
    }
    println!();
    if wanted("efficiency") { efficiency(&toolchain) } else { Ok(()) }
}

/// A fixture, copied and ready to be built.
struct Subject {
    name: String,
    stage: Stage,
    forc: PathBuf,
    split: Option<Split>,
}

impl Subject {
    fn new(toolchain: &Toolchain, group: &str, name: &str) -> Result<Self, Error> {
        let folder = fixtures().join(group).join(name);
        let project = Project::read(folder, group.to_owned(), name.to_owned())?;
        Ok(Self {
            name: format!("{group}/{name}"),
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
        if let Some(split) = &self.split {
            restrict_this_thread(&split.forc);
        }
        let before = children_cpu_time();
        let started = Instant::now();
        let mut child = command.spawn()?;
        if let Some(split) = &self.split {
            restrict_this_thread(&split.harness);
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
    wall_goal: &str,
    cpu_goal: &str,
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
        own_share.push(collected.cost.cpu_time.as_secs_f64() / forc_cpu);
    }
    println!(
        "perturbation, {}, {interval:?}, {pairs} pairs: wall {} ({wall_goal}), user+system {}, harness's CPU {} of forc's ({cpu_goal})",
        subject.name,
        ratio(&wall),
        ratio(&cpu),
        percent(&own_share),
    );
    Ok(())
}

/// Frames at one millisecond: how many of those due come, and how late.
fn cadence(subject: &Subject, runs: usize) -> Result<(), Error> {
    let options = subject.options(Duration::from_millis(1));
    let (mut delivered, mut late) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let recording = subject.collected(&options)?;
        delivered.push(recording.frames.len() as f64 / recording.cost.frames_due as f64);
        late.extend(recording.cost.lateness_p99.map(|late| late.as_secs_f64() * 1e3));
    }
    println!(
        "cadence at 1 ms, {}: {} of the frames due (≥ 98 %), 99th percentile of lateness {} ms (≤ 1 ms)",
        subject.name,
        percent(&delivered),
        interval(&late, 3),
    );
    Ok(())
}

/// Phases by markers against the compiler's own `--time-phases`, interleaved.
fn accuracy(subject: &Subject, runs: usize) -> Result<(), Error> {
    let options = subject.options(collector::DEFAULT_INTERVAL);
    let mut ours: Vec<(String, Vec<f64>)> = Vec::new();
    let mut theirs: Vec<(String, Vec<f64>)> = Vec::new();
    for _ in 0..runs {
        let collected = as_benchmark(subject, subject.collected(&options)?);
        let mut sums: Vec<(String, f64)> = Vec::new();
        for phase in &collected.phases {
            if let Some(wall) = phase.wall() {
                add(&mut sums, &phase.name, wall.as_secs_f64());
            }
        }
        keep(&mut ours, sums);
        let recording = collector::collect(&subject.invocation("--time-phases"), &options, &Interrupt::new())?;
        let mut sums = Vec::new();
        for event in &recording.events {
            if let collector::Said::Marker(Marker::Elapsed { phase, duration }) = &event.said {
                add(&mut sums, phase, duration.as_secs_f64());
            }
        }
        keep(&mut theirs, sums);
    }
    println!("phase accuracy, {} (within 2 % or 0.2 ms of forc's own figure):", subject.name);
    for (name, sample) in &ours {
        let Some((_, own)) = theirs.iter().find(|(phase, _)| phase == name) else { continue };
        let (Some(ours), Some(theirs)) = (stats::median(sample), stats::median(own)) else { continue };
        let difference = ours - theirs;
        let met = difference.abs() <= 0.0002 || difference.abs() <= 0.02 * theirs;
        println!(
            "  {name}: {:.3} ms, forc says {:.3} ms, {:+.3} ms = {:+.1} %{}",
            ours * 1e3,
            theirs * 1e3,
            difference * 1e3,
            100.0 * difference / theirs,
            if met { "" } else { "  NOT MET" }
        );
    }
    Ok(())
}

/// How much of a run's wall time stands in named rows.
fn attribution(subject: &Subject) -> Result<(), Error> {
    let run = as_benchmark(subject, subject.collected(&subject.options(collector::DEFAULT_INTERVAL))?);
    let rows = summary::attribute_by_package(&run).ok_or("the run has no end")?;
    let top = rows.iter().filter(|row| row.key.depth == 0);
    let (named, rest): (Vec<_>, Vec<_>) = top.partition(|row| row.key.phase.is_some());
    let sum = |rows: &[&summary::Row]| 100.0 * rows.iter().map(|row| row.share).sum::<f64>();
    println!(
        "attribution, {}: {:.2} % of the wall time in rows (100 %): {:.1} % in phases, {:.1} % outside phases",
        subject.name,
        sum(&named) + sum(&rest),
        sum(&named),
        sum(&rest)
    );
    Ok(())
}

/// How much of the measuring time is spent in the compiler, over the whole suite.
fn efficiency(toolchain: &Toolchain) -> Result<(), Error> {
    let mut config = Config::new(fixtures());
    config.forc = Some(toolchain.path.display().to_string().parse()?);
    config.samples = Some(3);
    let report = session::measure(&config, &Interrupt::new(), &mut |_| ())?;
    let share = report.measuring.in_forc.as_secs_f64() / report.measuring.wall.as_secs_f64();
    println!(
        "efficiency, {} benchmarks: {:.2} % of the measuring time in forc (≥ 95 %)",
        report.benchmarks.len(),
        100.0 * share
    );
    let mut small = config;
    small.selection = Selection::new(&["small/*"], &[])?;
    let report = session::measure(&small, &Interrupt::new(), &mut |_| ())?;
    let share = report.measuring.in_forc.as_secs_f64() / report.measuring.wall.as_secs_f64();
    println!("efficiency, the {} smallest: {:.2} %", report.benchmarks.len(), 100.0 * share);
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

fn add(sums: &mut Vec<(String, f64)>, name: &str, value: f64) {
    match sums.iter_mut().find(|(known, _)| known == name) {
        Some((_, sum)) => *sum += value,
        None => sums.push((name.to_owned(), value)),
    }
}

fn keep(samples: &mut Vec<(String, Vec<f64>)>, sums: Vec<(String, f64)>) {
    for (name, sum) in sums {
        match samples.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sample)) => sample.push(sum),
            None => samples.push((name, vec![sum])),
        }
    }
}

fn ratio(sample: &[f64]) -> String {
    interval(sample, 4)
}

fn percent(sample: &[f64]) -> String {
    let scaled: Vec<f64> = sample.iter().map(|value| value * 100.0).collect();
    format!("{} %", interval(&scaled, 2))
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
