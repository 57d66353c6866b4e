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
use forc_perf::stats;
use forc_perf::suite::Selection;

use crate::figures::{Error, Page};
use crate::usage::cpu_time;

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
pub fn measure(page: &mut Page, minutes: u64) -> Result<(), Error> {
    let toolchain = toolchain::resolve(None, &Locator::default(), &Interrupt::new(), |_| ())?;
    let budget = Duration::from_secs(60 * minutes);
    let folder = tempfile::tempdir()?;

    let copy = folder.path().join("copy").join("forc");
    fs::create_dir_all(folder.path().join("copy"))?;
    fs::copy(&toolchain.path, &copy)?;
    let same = [toolchain.path.as_path(), &copy];
    let comparison = compare(&same, &[], budget, session::DEFAULT_MAX_RUNS, None)?;
    page.text(&format!(
        "forc {} against a copy of itself, the whole suite, {minutes} minutes at most: {}. Every change is a false alarm.",
        toolchain.version,
        effort(&comparison)
    ));
    comparison.answers().for_each(|findings| same_figures(page, findings));

    let shims = BURNS.map(|burn| shim(folder.path(), burn));
    let shims: Vec<PathBuf> = shims.into_iter().collect::<Result<_, _>>()?;
    // SAFETY: no other thread runs that could read the environment at the same time.
    unsafe { std::env::set_var(SHIMMED_FORC, &toolchain.path) };
    let paths: Vec<&Path> = shims.iter().map(PathBuf::as_path).collect();
    let comparison = compare(&paths, &SHIMMED, budget, SHIMMED_RUNS, None)?;
    page.heading("Behind a shim that burns CPU time");
    page.text(&format!(
        "{minutes} minutes at most: {}. *Holds*: the interval holds the true change.",
        effort(&comparison)
    ));
    page.head(&["burnt", "benchmark", "runs a side", "CPU [interval]", "wall [interval]"]);
    for (findings, burn) in comparison.answers().zip(&BURNS[1..]) {
        let truth = 1.0 + f64::from(*burn) / 1000.0;
        for benchmark in &findings.benchmarks {
            page.row(&[
                format!("{} %", f64::from(*burn) / 10.0),
                format!("`{}`", benchmark.id),
                benchmark.pairs.to_string(),
                shown(benchmark, Metric::Cpu, Some(truth)),
                // What CPU time is of wall time nobody knows, so neither what it should be.
                shown(benchmark, Metric::Wall, None),
            ]);
        }
    }

    page.heading("By instructions");
    let started = Instant::now();
    // The fewest blocks that there can be: times are not what this is about.
    match compare(&same, &COUNTED, budget, 2, Some(COUNTS)) {
        Ok(comparison) => {
            page.text(&format!(
                "Against itself under callgrind, {COUNTS} counts a side, in {:.0} s with blocks and warm-ups.",
                started.elapsed().as_secs_f64()
            ));
            comparison.answers().for_each(|findings| instructions(page, findings));
        }
        Err(error) => page.text(&format!("Left out: {error}.")),
    }
    Ok(())
}

/// What a comparison took.
fn effort(comparison: &Comparison) -> String {
    let looks: Vec<String> = comparison.settings.looks.iter().map(|look| look.runs.to_string()).collect();
    let wall = comparison.measuring.wall.as_secs_f64();
    format!("looks after {} blocks, measured for {wall:.0} s", looks.join(", "))
}

/// What instruction counts of one compiler against itself came to: whole runs, then phases.
fn instructions(page: &mut Page, findings: &Findings) {
    page.head(&["figures", "of", "equal within", "equal", "regressed", "improved", "undecided", "largest difference"]);
    for phases in [false, true] {
        let figures: Vec<&Figure> = findings
            .benchmarks
            .iter()
            .flat_map(|benchmark| &benchmark.figures)
            .filter(|figure| figure.metric == Metric::Instructions && figure.phase.is_some() == phases)
            .collect();
        let most = figures.iter().map(|figure| (figure.ratio - 1.0).abs()).fold(0.0, f64::max);
        let mut cells = vec![
            if phases { "phases" } else { "whole builds" }.to_owned(),
            figures.len().to_string(),
            figures.first().map_or("–".to_owned(), |figure| format!("±{:.1} %", 100.0 * figure.threshold)),
        ];
        cells.extend(VERDICTS.map(|verdict| figures.iter().filter(|it| it.verdict == verdict).count().to_string()));
        cells.push(format!("{:.3} %", 100.0 * most));
        page.row(&cells);
    }
}

/// In the order of the tables' columns.
const VERDICTS: [Verdict; 4] = [Verdict::Equal, Verdict::Regressed, Verdict::Improved, Verdict::Undecided];

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
            eprintln!("{id}: {}", failure.message);
        }
    })?;
    Ok(comparison)
}

/// What was found of a compiler against itself.
fn same_figures(page: &mut Page, findings: &Findings) {
    page.head(&["figures", "of", "equal", "regressed", "improved", "undecided", "half of the undecided could show"]);
    let mut row = |what: &str, of: usize, counts: [usize; 4], detectable: String| {
        let cells = [&[what.to_owned(), of.to_string()], &counts.map(|count| count.to_string())[..], &[detectable]];
        page.row(&cells.concat());
    };
    let benchmarks = VERDICTS.map(|verdict| findings.count(verdict));
    row("benchmarks", findings.benchmarks.len(), benchmarks, String::new());
    let figures = || findings.benchmarks.iter().flat_map(|benchmark| &benchmark.figures);
    let counts = |of: &[&Figure]| VERDICTS.map(|verdict| of.iter().filter(|it| it.verdict == verdict).count());
    for metric in [Metric::Wall, Metric::Cpu, Metric::PeakMemory, Metric::BytecodeSize] {
        let of: Vec<&Figure> = figures().filter(|it| it.metric == metric && it.phase.is_none()).collect();
        let detectable: Vec<f64> = of.iter().filter_map(|figure| figure.detectable).collect();
        let median = stats::median(&detectable).map_or(String::new(), |change| format!("{:.1} %", 100.0 * change));
        row(metric.name(), of.len(), counts(&of), median);
    }
    let all: Vec<&Figure> = figures().collect();
    row("all, phases too", all.len(), counts(&all), String::new());
    let runs: usize = findings.benchmarks.iter().map(|benchmark| 2 * benchmark.pairs).sum();
    page.text(&format!("{runs} runs."));
}

fn covers(figure: &Figure, truth: f64) -> bool {
    figure.low <= truth && truth <= figure.high
}

/// A figure, its verdict, and whether its interval covers the truth, where that is known.
fn shown(benchmark: &BenchmarkFindings, metric: Metric, truth: Option<f64>) -> String {
    let Some(figure) = benchmark.figure(metric) else { return "–".to_owned() };
    let percent = |ratio: f64| 100.0 * (ratio - 1.0);
    let covers = match truth {
        Some(truth) if covers(figure, truth) => ", holds",
        Some(_) => ", MISSES",
        None => "",
    };
    format!(
        "{:+.1} % [{:+.1}, {:+.1}] {}{covers}",
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
