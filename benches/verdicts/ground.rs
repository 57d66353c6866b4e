//! One real forc from files that came into memory in different ways, compared with one another.
//!
//! Every file is held against the original by `session::compare`, as a user would. The files end in a few bytes of their own: a
//! compiler of the same content would be no comparison.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use forc_perf::collector::{self, Invocation, MIN_INTERVAL, Options};
use forc_perf::forc::{Locator, ToolchainSpec, toolchain};
use forc_perf::model::{Comparison, Findings, Metric};
use forc_perf::os::Interrupt;
use forc_perf::session::schedule::Wanted;
use forc_perf::session::{self, CompareConfig, Config, SessionEvent, StdOption};
use forc_perf::stats;
use forc_perf::suite::Selection;

use crate::Error;

/// The short builds, in which a few faults are much.
const SELECTED: &str = "small/*";

/// The one that files are run on themselves.
const IN_PLACE: &str = "small/script";

/// Blocks of each benchmark, and comparisons, unless told otherwise.
const ROUNDS: usize = 8;
const COMPARISONS: usize = 5;

const METRICS: [Metric; 4] = [Metric::MinorFaults, Metric::PeakMemory, Metric::Cpu, Metric::Wall];

/// Ways for a file to come into memory.
const WAYS: [(&str, Way); 6] = [
    ("copied at once", |from, to| write(from, to, 128 << 10, false)),
    ("written in odd pieces", |from, to| write(from, to, 1337, false)),
    ("written a MiB at a time", |from, to| write(from, to, 1 << 20, false)),
    ("evicted, read through", |from, to| evicted(from, to, libc::POSIX_FADV_NORMAL)),
    ("evicted, read in pages", |from, to| evicted(from, to, libc::POSIX_FADV_RANDOM)),
    ("hard link", |from, to| {
        let beside = to.with_file_name("linked");
        write(from, &beside, 128 << 10, false)?;
        Ok(fs::hard_link(beside, to)?)
    }),
];

type Way = fn(&Path, &Path) -> Result<(), Error>;

/// Compares, so many times with so many blocks of each benchmark, and with these other builds of the same source besides.
/// Ctrl-C ends it with the table of the comparisons that are complete.
pub fn print(words: &[String]) -> Result<(), Error> {
    let mut numbers = words.iter().filter_map(|word| word.parse().ok());
    let (rounds, comparisons) = (numbers.next().unwrap_or(ROUNDS), numbers.next().unwrap_or(COMPARISONS));
    let rebuilt = words.iter().map(PathBuf::from).filter(|path| path.is_file());
    let toolchain = toolchain::resolve(None, &Locator::default(), &Interrupt::new(), |_| ())?;
    let folder = tempfile::tempdir()?;
    let elsewhere = tempfile::tempdir_in("/dev/shm").ok();
    let mut files = vec![("original".to_owned(), toolchain.path.clone())];
    for (index, (name, way)) in WAYS.iter().enumerate() {
        let path = folder.path().join(format!("{index}")).join("forc");
        lay(&toolchain.path, &path, *way)?;
        files.push(((*name).to_owned(), path));
    }
    if let Some(elsewhere) = &elsewhere {
        let path = elsewhere.path().join("forc");
        lay(&toolchain.path, &path, WAYS[0].1)?;
        files.push(("another file system".to_owned(), path));
    }
    files.extend(rebuilt.map(|path| (format!("given: {}", path.display()), path)));

    println!("Each file run itself, {rounds} builds of {IN_PLACE}, against the original");
    in_place(&files, rounds)?;
    println!(
        "\nforc {} from {} files, {comparisons} comparisons of {rounds} blocks of {SELECTED}",
        toolchain.version,
        files.len()
    );
    let interrupt = Interrupt::new();
    interrupt.on_signals()?;
    let mut made = Vec::with_capacity(comparisons);
    for number in 0..comparisons {
        let comparison = compare(&files, rounds, number as u64, &interrupt)?;
        // An interrupted one has fewer blocks than are said; those before it count.
        if interrupt.requested() {
            break;
        }
        let alarms = comparison.findings.iter().filter(|findings| is_alarm(findings)).count();
        eprintln!("{} of {comparisons}: {alarms} false alarms", number + 1);
        made.push(comparison);
    }
    let Some(comparison) = made.first() else { return Ok(()) };
    println!(
        "Of the first: ratios of all pairs: the median over the benchmarks of the ratio of medians [least, most]."
    );
    println!("{:<26} {:<26} {}", "", "against", METRICS.map(|metric| format!("{:<24}", metric.name())).join(" "));
    for (left, (name, _)) in files.iter().enumerate() {
        for (right, (other, _)) in files.iter().enumerate().take(left) {
            let ratios = METRICS.map(|metric| format!("{:<24}", ratio(comparison, left, right, metric)));
            println!("{name:<26} {other:<26} {}", ratios.join(" "));
        }
    }
    println!("Verdicts of each against the original, of {} benchmarks; the goal is 0 changed.", per_side(comparison));
    let mut alarming = 0;
    for (index, (name, _)) in files[1..].iter().enumerate() {
        let findings = || made.iter().filter_map(|comparison| comparison.findings.get(index));
        let figures = || findings().flat_map(|findings| &findings.benchmarks).flat_map(|benchmark| &benchmark.figures);
        let with_alarm = findings().filter(|findings| is_alarm(findings)).count();
        alarming += with_alarm;
        println!(
            "{name:<26} {with_alarm} of {} comparisons with a false alarm; {} of {} figures, phases too",
            findings().count(),
            figures().filter(|figure| figure.verdict.is_change()).count(),
            figures().count()
        );
    }
    println!("{alarming} comparisons with a false alarm in all");
    Ok(())
}

/// Whether anything is called changed.
fn is_alarm(findings: &Findings) -> bool {
    let together = findings.together().any(|total| total.verdict.is_change());
    together || findings.benchmarks.iter().flat_map(|one| &one.figures).any(|figure| figure.verdict.is_change())
}

/// Runs the files themselves in turns, as no comparison does any more: what there is to be removed.
fn in_place(files: &[(String, PathBuf)], rounds: usize) -> Result<(), Error> {
    let folder = tempfile::tempdir()?;
    let fixture = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures")).join(IN_PLACE);
    fs::create_dir_all(folder.path().join("src"))?;
    for name in ["Forc.toml", "src/main.sw"] {
        fs::copy(fixture.join(name), folder.path().join(name))?;
    }
    let mut runs = vec![Vec::new(); files.len()];
    let mut random = fastrand::Rng::with_seed(crate::SEED);
    let mut order: Vec<usize> = (0..files.len()).collect();
    for _ in 0..rounds {
        random.shuffle(&mut order);
        for file in &order {
            let invocation = Invocation {
                program: files[*file].1.clone(),
                args: ["build", "--path", "."].map(Into::into).to_vec(),
                env: Vec::new(),
                folder: folder.path().to_owned(),
            };
            // The peak of so small a program is seen in frames alone: the kernel counts the harness's own into it.
            let options = Options { interval: Some(MIN_INTERVAL), ..Options::default() };
            let account = collector::collect(&invocation, &options, &Interrupt::new())?.accounting;
            let cpu = (account.user_time + account.system_time).as_secs_f64();
            runs[*file].push([account.minor_faults as f64, account.peak_memory.unwrap_or(0) as f64, cpu]);
        }
    }
    let median = |file: usize, figure: usize| {
        let values: Vec<f64> = runs[file].iter().map(|run: &[f64; 3]| run[figure]).collect();
        stats::median(&values).unwrap_or(f64::NAN)
    };
    println!("{:<26} {:>8} {:>12} {:>8}", "", "faults", "peak memory", "cpu");
    for (file, (name, _)) in files.iter().enumerate() {
        let [faults, memory, cpu] = [0, 1, 2].map(|figure| median(file, figure) / median(0, figure));
        println!("{name:<26} {faults:>8.4} {memory:>12.4} {cpu:>8.4}");
    }
    Ok(())
}

fn per_side(comparison: &Comparison) -> usize {
    comparison.findings.first().map_or(0, |findings| findings.benchmarks.len())
}

/// The ratio of two sides' medians over the benchmarks, with the least and the most.
fn ratio(comparison: &Comparison, side: usize, base: usize, metric: Metric) -> String {
    let median = |side: usize, index: usize| {
        let metrics = &comparison.sides.get(side)?.benchmarks.get(index)?.metrics;
        metrics.iter().find(|summary| summary.metric == metric).map(|summary| summary.estimate.median)
    };
    let mut ratios: Vec<f64> = (0..per_side(comparison))
        .filter_map(|index| Some(median(side, index)? / median(base, index)?))
        .filter(|ratio| ratio.is_finite())
        .collect();
    ratios.sort_by(f64::total_cmp);
    match (stats::median(&ratios), ratios.first(), ratios.last()) {
        (Some(median), Some(least), Some(most)) => format!("{median:.4} [{least:.4}, {most:.4}]"),
        _ => "–".to_owned(),
    }
}

fn compare(
    files: &[(String, PathBuf)],
    rounds: usize,
    number: u64,
    interrupt: &Interrupt,
) -> Result<Comparison, Error> {
    let config = CompareConfig {
        measure: Config {
            selection: Selection::new(&[SELECTED], &[])?,
            pin: false,
            seed: Some(crate::SEED + number),
            ..Config::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"))
        },
        sides: files.iter().map(|(name, path)| (name.clone(), ToolchainSpec::Path(path.clone()))).collect(),
        std: StdOption::Own,
        control: false,
        schedule: Wanted::Auto,
        budget: Duration::from_secs(3600),
        min_runs: rounds,
        max_runs: rounds,
        thresholds: std::collections::BTreeMap::new(),
        instructions: None,
        counted: Selection::default(),
        command: Vec::new(),
        journal: None,
        resume: false,
    };
    Ok(session::compare(&config, interrupt, &mut |event| match event {
        SessionEvent::Failed { id, failure } => println!("{id}: {}", failure.message),
        SessionEvent::Note(note) if number == 0 => println!("note: {note}"),
        _ => {}
    })?)
}

/// Makes a file of the compiler in this way, with an end of its own.
fn lay(from: &Path, to: &Path, way: Way) -> Result<(), Error> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    way(from, to)
}

/// Writes the compiler and the name of its file behind it, in pieces of this length; waits for the disk where `sync` says so.
fn write(from: &Path, to: &Path, piece: usize, sync: bool) -> Result<(), Error> {
    let mut source = File::open(from)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o755);
    let mut target = options.open(to)?;
    let mut buffer = vec![0; piece];
    loop {
        let length = source.read(&mut buffer)?;
        if length == 0 {
            break;
        }
        target.write_all(&buffer[..length])?;
    }
    writeln!(target, "\n{}", to.display())?;
    if sync {
        target.sync_all()?;
    }
    Ok(())
}

/// Writes the compiler, drops it from memory, and reads it with this advice.
fn evicted(from: &Path, to: &Path, advice: libc::c_int) -> Result<(), Error> {
    write(from, to, 1 << 20, true)?;
    let mut file = File::open(to)?;
    for advice in [libc::POSIX_FADV_DONTNEED, advice] {
        // SAFETY: the descriptor is open, and the call touches no memory of ours.
        unsafe { libc::posix_fadvise(std::os::fd::AsRawFd::as_raw_fd(&file), 0, 0, advice) };
    }
    let mut buffer = vec![0; 64 << 10];
    while file.read(&mut buffer)? > 0 {}
    Ok(())
}
