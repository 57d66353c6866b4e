//! A real forc against itself: as it is, behind a shim that burns a known share of CPU time more, and by its instructions.

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use forc_perf::forc::{Locator, ToolchainSpec, toolchain};
use forc_perf::model::{BenchmarkFindings, Comparison, Figure, Findings, Metric, Verdict};
use forc_perf::os::Interrupt;
use forc_perf::session::schedule::Wanted;
use forc_perf::session::{self, CompareConfig, Config, SessionEvent, StdOption};
use forc_perf::suite::Selection;

use crate::Error;

/// How much more the shims burn, in thousandths. The first is the base, so that what a shim itself costs is on both sides.
const BURNS: [u32; 4] = [0, 10, 30, 100];

/// Few and short builds, some ten and some hundred milliseconds long, so that there is time for hundreds of blocks: what a
/// change of 1 % takes.
const SHIMMED: [&str; 2] = ["small/library/debug", "phases/assembly/debug"];

/// How many blocks a shimmed benchmark may have.
const SHIMMED_RUNS: usize = 2000;

/// Builds that are short enough for callgrind, which takes 40 to 90 times as long.
const COUNTED: [&str; 5] = [
    "small/script/debug",
    "small/library/debug",
    "small/predicate/debug",
    "small/operators/debug",
    "phases/assembly/debug",
];
/// How often each is counted on each side.
const COUNTS: usize = 3;

/// Names the forc that a shim runs.
const SHIMMED_FORC: &str = "FORC_PERF_SHIMMED";

/// Compares, `minutes` long at most for each of the first two parts; then counts.
pub fn print(minutes: u64) -> Result<(), Error> {
    let toolchain = toolchain::resolve(None, &Locator::default(), &Interrupt::new(), |_| ())?;
    let budget = Duration::from_secs(60 * minutes);
    let folder = tempfile::tempdir()?;

    println!("A real forc against itself ({}), the whole suite, {minutes} minutes at most", toolchain.version);
    let copy = folder.path().join("copy").join("forc");
    fs::create_dir_all(folder.path().join("copy"))?;
    fs::copy(&toolchain.path, &copy)?;
    let same = [toolchain.path.as_path(), &copy];
    let comparison = compare(&same, &[], budget, session::DEFAULT_MAX_RUNS, None)?;
    for findings in comparison.answers() {
        print_same(findings);
    }

    println!("\nBehind a shim that burns CPU time, {minutes} minutes at most");
    let shims = BURNS.map(|burn| shim(folder.path(), burn));
    let shims: Vec<PathBuf> = shims.into_iter().collect::<Result<_, _>>()?;
    // SAFETY: no other thread runs that could read the environment at the same time.
    unsafe { std::env::set_var(SHIMMED_FORC, &toolchain.path) };
    let paths: Vec<&Path> = shims.iter().map(PathBuf::as_path).collect();
    let comparison = compare(&paths, &SHIMMED, budget, SHIMMED_RUNS, None)?;
    println!("{:>6}  {:<24} {:>5}  {:<48} {:<48}", "burnt", "benchmark", "runs", "cpu", "wall");
    for (findings, burn) in comparison.answers().zip(&BURNS[1..]) {
        let truth = 1.0 + f64::from(*burn) / 1000.0;
        for benchmark in &findings.benchmarks {
            println!(
                "{:>4} %  {:<24} {:>5}  {:<48} {:<48}",
                f64::from(*burn) / 10.0,
                benchmark.id,
                benchmark.pairs,
                shown(benchmark, Metric::Cpu, Some(truth)),
                // What CPU time is of wall time nobody knows, so neither what it should be.
                shown(benchmark, Metric::Wall, None)
            );
        }
        let cpu: Vec<&Figure> = findings.benchmarks.iter().filter_map(|one| one.figure(Metric::Cpu)).collect();
        let found = cpu.iter().filter(|figure| figure.verdict == Verdict::Regressed).count();
        let covering = cpu.iter().filter(|figure| covers(figure, truth)).count();
        let of = cpu.len();
        println!(
            "{:>4} %  cpu time: found {found} of {of}; {covering} of {of} intervals cover the truth",
            f64::from(*burn) / 10.0
        );
    }

    println!("\nAgainst itself by instructions under callgrind, {COUNTS} counts a side");
    let started = Instant::now();
    // The fewest blocks that there can be: times are not what this is about.
    match compare(&same, &COUNTED, budget, 2, Some(COUNTS)) {
        Ok(comparison) => {
            comparison.answers().for_each(print_instructions);
            println!("  in {:.0} s, blocks and warm-ups included", started.elapsed().as_secs_f64());
        }
        Err(error) => println!("  left out: {error}"),
    }
    Ok(())
}

/// What instruction counts of one compiler against itself came to: whole runs, then phases.
fn print_instructions(findings: &Findings) {
    for phases in [false, true] {
        let figures: Vec<&Figure> = findings
            .benchmarks
            .iter()
            .flat_map(|benchmark| &benchmark.figures)
            .filter(|figure| figure.metric == Metric::Instructions && figure.phase.is_some() == phases)
            .collect();
        let with = |verdict| figures.iter().filter(|figure| figure.verdict == verdict).count();
        let most = figures.iter().map(|figure| (figure.ratio - 1.0).abs()).fold(0.0, f64::max);
        println!(
            "  {:<12} {} of {} shown equal within ±{:.1} %, {} regressed, {} improved, {} undecided; largest difference {:.3} %",
            if phases { "phases" } else { "whole builds" },
            with(Verdict::Equal),
            figures.len(),
            figures.first().map_or(0.0, |figure| 100.0 * figure.threshold),
            with(Verdict::Regressed),
            with(Verdict::Improved),
            with(Verdict::Undecided),
            100.0 * most
        );
    }
}

fn compare(
    forcs: &[&Path],
    select: &[&str],
    budget: Duration,
    max_runs: usize,
    instructions: Option<usize>,
) -> Result<Comparison, Error> {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
    let config = CompareConfig {
        measure: Config {
            selection: Selection::new(select, &[])?,
            pin: false,
            seed: Some(crate::SEED),
            ..Config::new(fixtures)
        },
        sides: forcs.iter().map(|path| (path.display().to_string(), ToolchainSpec::Path(path.to_path_buf()))).collect(),
        std: StdOption::Own,
        schedule: Wanted::Auto,
        control: false,
        budget,
        min_runs: session::DEFAULT_MIN_RUNS.min(max_runs),
        max_runs,
        thresholds: std::collections::BTreeMap::new(),
        instructions,
        counted: Selection::default(),
        command: Vec::new(),
        journal: None,
        resume: false,
    };
    let comparison = session::compare(&config, &Interrupt::new(), &mut |event| {
        if let SessionEvent::Failed { id, failure } = event {
            println!("{id}: {}", failure.message);
        }
    })?;
    let looks: Vec<String> = comparison.settings.looks.iter().map(|look| look.runs.to_string()).collect();
    println!(
        "(looks after {} blocks, measured for {:.0} s)",
        looks.join(", "),
        comparison.measuring.wall.as_secs_f64()
    );
    Ok(comparison)
}

fn print_same(findings: &Findings) {
    let count = findings.benchmarks.len();
    for verdict in [Verdict::Regressed, Verdict::Improved, Verdict::Equal, Verdict::Undecided] {
        println!("  {:>3} of {count} benchmarks {}", findings.count(verdict), verdict.name());
    }
    let figures = || findings.benchmarks.iter().flat_map(|benchmark| &benchmark.figures);
    for metric in [Metric::Wall, Metric::Cpu, Metric::PeakMemory, Metric::BytecodeSize] {
        let of: Vec<_> = figures().filter(|figure| figure.metric == metric && figure.phase.is_none()).collect();
        let with = |verdict| of.iter().filter(|figure| figure.verdict == verdict).count();
        let mut detectable: Vec<f64> = of.iter().filter_map(|figure| figure.detectable).collect();
        detectable.sort_by(f64::total_cmp);
        let median = detectable.get(detectable.len() / 2).map_or(String::new(), |change| {
            format!("; of the undecided, half could have shown a change of {:.1} %", 100.0 * change)
        });
        println!(
            "  {:<14} {:>3} equal, {} changed, {:>3} undecided{median}",
            metric.name(),
            with(Verdict::Equal),
            with(Verdict::Regressed) + with(Verdict::Improved),
            with(Verdict::Undecided)
        );
    }
    let changed = figures().filter(|figure| matches!(figure.verdict, Verdict::Regressed | Verdict::Improved)).count();
    let runs: usize = findings.benchmarks.iter().map(|benchmark| 2 * benchmark.pairs).sum();
    println!("  {changed} of {} figures, phases too, called changed: false alarms; {runs} runs", figures().count());
}

fn covers(figure: &Figure, truth: f64) -> bool {
    figure.low <= truth && truth <= figure.high
}

/// A figure, its verdict, and whether its interval covers the truth, where that is known.
fn shown(benchmark: &BenchmarkFindings, metric: Metric, truth: Option<f64>) -> String {
    let Some(figure) = benchmark.figure(metric) else { return "–".to_owned() };
    let percent = |ratio: f64| 100.0 * (ratio - 1.0);
    let covers = match truth {
        Some(truth) if covers(figure, truth) => "covers",
        Some(_) => "MISSES",
        None => "",
    };
    format!(
        "{:+.1} % [{:+.1}, {:+.1}] {} {covers}",
        percent(figure.ratio),
        percent(figure.low),
        percent(figure.high),
        figure.verdict.name()
    )
}

/// What stands behind the end of this program where it is a shim, before the thousandths that it burns: a shim is copied
/// before it is run, and knows itself by nothing but its content.
const SHIM: &[u8] = b"\nSHIM BURNS ";

/// This very program with an end that makes it a shim.
fn shim(folder: &Path, burn: u32) -> Result<PathBuf, Error> {
    let place = folder.join(format!("shim-{burn}"));
    fs::create_dir_all(&place)?;
    let path = place.join("forc");
    fs::copy(std::env::current_exe()?, &path)?;
    let mut file = fs::OpenOptions::new().append(true).open(&path)?;
    file.write_all(SHIM)?;
    write!(file, "{burn}")?;
    Ok(path)
}

/// If this program is a shim: runs forc with the same words, burns as much more CPU time as the end of its file says, and
/// ends as forc did.
pub fn as_shim() -> Option<ExitCode> {
    let mut file = fs::File::open(std::env::current_exe().ok()?).ok()?;
    file.seek(SeekFrom::End(-32)).ok()?;
    let mut end = Vec::new();
    file.read_to_end(&mut end).ok()?;
    let at = end.windows(SHIM.len()).position(|part| part == SHIM)?;
    let burn: f64 = std::str::from_utf8(&end[at + SHIM.len()..]).ok()?.parse().ok()?;
    let forc = std::env::var_os(SHIMMED_FORC)?;
    let status = Command::new(forc).args(std::env::args_os().skip(1)).status().ok()?;
    // Of all that the harness will see, this shim's own start included: else the share burnt of a short build would be
    // less than it is called.
    let before = cpu_time(libc::RUSAGE_SELF);
    let due = (cpu_time(libc::RUSAGE_CHILDREN) + before).mul_f64(burn / 1000.0);
    while cpu_time(libc::RUSAGE_SELF).saturating_sub(before) < due {
        std::hint::spin_loop();
    }
    Some(ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)))
}

/// User and system time of this process or of its children.
fn cpu_time(who: libc::c_int) -> Duration {
    // SAFETY: all zeros are a valid rusage, and getrusage fills it in.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(who, &raw mut usage);
        usage
    };
    let time = |time: libc::timeval| {
        Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), 1000 * u32::try_from(time.tv_usec).unwrap_or(0))
    };
    time(usage.ru_utime) + time(usage.ru_stime)
}
