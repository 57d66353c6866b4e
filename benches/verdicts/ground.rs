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

use crate::figures::{Error, Page};

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
pub fn measure(page: &mut Page, words: &[String]) -> Result<(), Error> {
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
    let given = |path: &Path| format!("given: {}", path.file_name().unwrap_or_default().to_string_lossy());
    files.extend(rebuilt.map(|path| (given(&path), path)));

    in_place(page, &files, rounds)?;
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
    page.heading("Compared by copies");
    page.text(&format!(
        "forc {} from {} files, {} comparisons of {rounds} blocks of the {} benchmarks of `{SELECTED}`. Of the first: the median \
         over the benchmarks of the ratio of medians [least, most], of all pairs of files.",
        toolchain.version,
        files.len(),
        made.len(),
        per_side(comparison)
    ));
    page.head(&[&["file", "against"], &METRICS.map(Metric::name)[..]].concat());
    for (left, (name, _)) in files.iter().enumerate() {
        for (right, (other, _)) in files.iter().enumerate().take(left) {
            let ratios = METRICS.map(|metric| ratio(comparison, left, right, metric));
            page.row(&[&[name.clone(), other.clone()], &ratios[..]].concat());
        }
    }
    page.text("Verdicts of each against the original. The goal is that nothing is called changed.");
    page.head(&["file", "comparisons with a false alarm", "figures called changed, phases too"]);
    let mut alarming = 0;
    for (index, (name, _)) in files[1..].iter().enumerate() {
        let findings = || made.iter().filter_map(|comparison| comparison.findings.get(index));
        let figures = || findings().flat_map(|findings| &findings.benchmarks).flat_map(|benchmark| &benchmark.figures);
        let with_alarm = findings().filter(|findings| is_alarm(findings)).count();
        alarming += with_alarm;
        page.row(&[
            name.clone(),
            format!("{with_alarm} of {}", findings().count()),
            format!("{} of {}", figures().filter(|figure| figure.verdict.is_change()).count(), figures().count()),
        ]);
    }
    page.row(&["all".to_owned(), alarming.to_string(), String::new()]);
    Ok(())
}

/// Whether anything is called changed.
fn is_alarm(findings: &Findings) -> bool {
    let together = findings.together().any(|total| total.verdict.is_change());
    together || findings.benchmarks.iter().flat_map(|one| &one.figures).any(|figure| figure.verdict.is_change())
}

/// Runs the files themselves in turns, as no comparison does any more: what there is to be removed.
fn in_place(page: &mut Page, files: &[(String, PathBuf)], rounds: usize) -> Result<(), Error> {
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
    page.text(&format!(
        "Each file run itself, as no comparison does: medians of {rounds} interleaved builds of `{IN_PLACE}`, as ratios to the \
         original."
    ));
    page.head(&["file", "minor faults", "peak memory", "CPU"]);
    for (file, (name, _)) in files.iter().enumerate() {
        let ratios = [0, 1, 2].map(|figure| format!("{:.4}", median(file, figure) / median(0, figure)));
        page.row(&[std::slice::from_ref(name), &ratios[..]].concat());
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
    let ratios: Vec<f64> = (0..per_side(comparison))
        .filter_map(|index| Some(median(side, index)? / median(base, index)?))
        .filter(|ratio| ratio.is_finite())
        .collect();
    stats::estimate(&ratios).map_or("–".to_owned(), |it| format!("{:.4} [{:.4}, {:.4}]", it.median, it.min, it.max))
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
        SessionEvent::Failed { id, failure } => eprintln!("{id}: {}", failure.message),
        SessionEvent::Note(note) if number == 0 => eprintln!("note: {note}"),
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
