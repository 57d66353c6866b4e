//! The ways to measure a run that are held against each other.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use forc_perf::collector::{self, Invocation, Options};
use forc_perf::os::Interrupt;

use crate::figures::Error;
use crate::placement::Processors;
use crate::usage::cpu_time;

/// A way to run forc once and to learn how long it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// Spawned and waited for (`posix_spawn` and `wait`, as the standard library does), its output to nobody.
    Bare,
    /// The same once more: the least difference that can be seen.
    BareAgain,
    /// By the collector, with frames at this interval.
    Collected(Duration),
    /// As forc-perf's predecessor did it: a loop that asks for the exit and for lines of output without ever sleeping.
    Polling,
    /// `hyperfine`, at this path.
    Hyperfine(PathBuf),
    /// `perf stat`, at this path.
    PerfStat(PathBuf),
    /// `/usr/bin/time`, at this path.
    Time(PathBuf),
}

/// What one run told.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// Wall time of forc, as the one who measured it tells it, in seconds.
    pub wall: f64,
    /// CPU time of forc, the same.
    pub cpu: f64,
    /// CPU time of the one who measured it, in seconds; absent where what it tells of forc's is too coarse to know.
    pub own_cpu: Option<f64>,
    /// From the call to its return, in seconds: what a run costs the one who waits.
    pub whole: f64,
}

/// The intervals between frames that are compared.
const INTERVALS: [u64; 3] = [20, 5, 1];

/// All ways that this machine has, and the names of those that it has not.
pub fn all() -> (Vec<Way>, Vec<&'static str>) {
    let mut ways = vec![Way::Bare, Way::BareAgain];
    ways.extend(INTERVALS.map(|ms| Way::Collected(Duration::from_millis(ms))));
    ways.push(Way::Polling);
    let mut absent = Vec::new();
    for name in ["hyperfine", "perf", "time"] {
        match which::which(name) {
            Ok(path) => ways.push(match name {
                "hyperfine" => Way::Hyperfine(path),
                "perf" => Way::PerfStat(path),
                _ => Way::Time(path),
            }),
            Err(_) => absent.push(name),
        }
    }
    (ways, absent)
}

impl Way {
    /// The words for it.
    pub fn name(&self) -> String {
        match self {
            Self::Bare => "bare".to_owned(),
            Self::BareAgain => "a second bare run (the floor)".to_owned(),
            Self::Collected(interval) => format!("**forc-perf**, a frame every {interval:?}"),
            Self::Polling => "a loop that polls".to_owned(),
            Self::Hyperfine(_) => "`hyperfine -N`".to_owned(),
            Self::PerfStat(_) => "`perf stat`".to_owned(),
            Self::Time(_) => "`time` (tells 10 ms steps)".to_owned(),
        }
    }

    /// Runs `invocation` once on `processors`.
    pub fn run(&self, invocation: &Invocation, processors: &Processors) -> Result<Told, Error> {
        match self {
            Self::Bare | Self::BareAgain => bare(invocation, processors),
            Self::Collected(interval) => collected(invocation, *interval, processors),
            Self::Polling => polling(invocation, processors),
            Self::Hyperfine(tool) => hyperfine(tool, invocation, processors),
            Self::PerfStat(tool) => perf_stat(tool, invocation, processors),
            Self::Time(tool) => time(tool, invocation, processors),
        }
    }
}

fn bare(invocation: &Invocation, processors: &Processors) -> Result<Told, Error> {
    let mut command = Command::new(&invocation.program);
    command.args(&invocation.args);
    let (wall, cpu) = waited(command, invocation, processors)?;
    Ok(Told { wall, cpu, own_cpu: None, whole: wall })
}

fn collected(invocation: &Invocation, interval: Duration, processors: &Processors) -> Result<Told, Error> {
    let options = Options { interval: Some(interval), split: processors.split(), ..Options::default() };
    // One set for all is the thread's, from which the collector's own threads inherit it.
    let _restriction = options.split.is_none().then(|| processors.for_spawning());
    let called = Instant::now();
    let recording = collector::collect(invocation, &options, &Interrupt::new())?;
    let whole = called.elapsed().as_secs_f64();
    if !recording.exit.success() {
        return Err(failed(invocation, &recording.stderr));
    }
    Ok(Told {
        wall: recording.exited.duration_since(recording.started).as_secs_f64(),
        cpu: recording.accounting.cpu_time().as_secs_f64(),
        own_cpu: Some(recording.cost.cpu_time.as_secs_f64()),
        whole,
    })
}

/// The lines go to a channel from a thread that reads them; the loop asks the channel and the process in turn.
fn polling(invocation: &Invocation, processors: &Processors) -> Result<Told, Error> {
    let mut command = Command::new(&invocation.program);
    command.args(&invocation.args).envs(invocation.env.iter().cloned()).current_dir(&invocation.folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let restriction = processors.for_spawning();
    let (forc_before, own_before) = (cpu_time(libc::RUSAGE_CHILDREN), cpu_time(libc::RUSAGE_SELF));
    let started = Instant::now();
    let mut child = command.spawn()?;
    restriction.change(&processors.harness);
    let stdout = child.stdout.take().ok_or("the pipe is gone")?;
    let (sender, lines) = mpsc::channel();
    let reader = thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send((Instant::now(), line)).is_err() {
                break;
            }
        }
    });
    let mut seen = Vec::new();
    let status = loop {
        seen.extend(lines.try_recv());
        if let Some(status) = child.try_wait()? {
            break status;
        }
    };
    let wall = started.elapsed().as_secs_f64();
    reader.join().map_err(|_| "the reader has panicked")?;
    seen.extend(lines);
    std::hint::black_box(seen);
    succeeded(status, invocation)?;
    Ok(Told {
        wall,
        cpu: (cpu_time(libc::RUSAGE_CHILDREN) - forc_before).as_secs_f64(),
        own_cpu: Some((cpu_time(libc::RUSAGE_SELF) - own_before).as_secs_f64()),
        whole: started.elapsed().as_secs_f64(),
    })
}

fn hyperfine(tool: &Path, invocation: &Invocation, processors: &Processors) -> Result<Told, Error> {
    let words = std::iter::once(invocation.program.as_os_str()).chain(invocation.args.iter().map(AsRef::as_ref));
    let words: Vec<&str> = words.map(|word| word.to_str().ok_or("a path is not UTF-8")).collect::<Result<_, _>>()?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("result.json");
    let mut command = Command::new(tool);
    // Without a shell, and without a progress bar that is drawn while the command runs.
    command.args(["--shell=none", "--runs", "1", "--warmup", "0", "--style", "none", "--export-json"]).arg(&file);
    command.arg(shlex::try_join(words)?);
    let (whole, total) = waited(command, invocation, processors)?;
    let told: serde_json::Value = serde_json::from_slice(&fs::read(&file)?)?;
    let number = |name: &str| {
        told["results"][0][name].as_f64().ok_or_else(|| format!("hyperfine's result has no number `{name}`"))
    };
    let cpu = number("user")? + number("system")?;
    Ok(Told { wall: number("mean")?, cpu, own_cpu: Some(total - cpu), whole })
}

fn perf_stat(tool: &Path, invocation: &Invocation, processors: &Processors) -> Result<Told, Error> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("result.txt");
    let mut command = Command::new(tool);
    command.args(["stat", "--output"]).arg(&file).arg("--").arg(&invocation.program).args(&invocation.args);
    command.env("LC_ALL", "C");
    let (whole, total) = waited(command, invocation, processors)?;
    let text = fs::read_to_string(&file)?;
    let seconds = |what: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_suffix(what));
        line.and_then(|line| line.trim().parse::<f64>().ok()).ok_or_else(|| format!("perf stat tells no `{what}`"))
    };
    let cpu = seconds("seconds user")? + seconds("seconds sys")?;
    Ok(Told { wall: seconds("seconds time elapsed")?, cpu, own_cpu: Some(total - cpu), whole })
}

fn time(tool: &Path, invocation: &Invocation, processors: &Processors) -> Result<Told, Error> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("result.txt");
    let mut command = Command::new(tool);
    command.args(["-f", "%e %U %S", "-o"]).arg(&file).arg(&invocation.program).args(&invocation.args);
    let (whole, _) = waited(command, invocation, processors)?;
    let text = fs::read_to_string(&file)?;
    let numbers: Vec<f64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    let [wall, user, system] = numbers[..] else { return Err(format!("time told `{text}`").into()) };
    Ok(Told { wall, cpu: user + system, own_cpu: None, whole })
}

/// Runs a command to its end, with nobody listening: wall time, and CPU time with all that it waited for itself, in seconds.
fn waited(mut command: Command, invocation: &Invocation, processors: &Processors) -> Result<(f64, f64), Error> {
    command.envs(invocation.env.iter().cloned()).current_dir(&invocation.folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let restriction = processors.for_spawning();
    let before = cpu_time(libc::RUSAGE_CHILDREN);
    let started = Instant::now();
    let mut child = command.spawn()?;
    restriction.change(&processors.harness);
    let status = child.wait()?;
    let wall = started.elapsed().as_secs_f64();
    succeeded(status, invocation)?;
    Ok((wall, (cpu_time(libc::RUSAGE_CHILDREN) - before).as_secs_f64()))
}

fn succeeded(status: ExitStatus, invocation: &Invocation) -> Result<(), Error> {
    if status.success() { Ok(()) } else { Err(failed(invocation, &status.to_string())) }
}

fn failed(invocation: &Invocation, how: &str) -> Error {
    format!("{} {:?} failed: {how}", invocation.program.display(), invocation.args).into()
}
