//! The history at scale: ten years of nightly runs of 60 benchmarks, 12 metrics and 10 runs each.
//!
//! `cargo bench --profile release --bench history` generates them in a folder of its own and measures how long it takes to record one more
//! report and to read a series, how large the file is, and how long its dashboard takes, at first and after one more night.
//! `-- phases` gives the runs phases of two packages as well, as real ones have, which are three times as many series;
//! `-- levels` measures what zstd's levels make of a report; a number is a number of nights; `--update` writes what was
//! measured into the book.

#[path = "support/figures.rs"]
mod figures;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use forc_perf::dashboard::{self, Options};
use forc_perf::history::{CommitRef, History, Match, Provenance, Record, ReportFilter, SeriesFilter};
use forc_perf::model::{
    Accounting, Benchmark, BenchmarkFrame, BenchmarkPhase, Capabilities, CollectorCost, Completion, Cpu, Environment,
    Exit, Harness, Measured, Measuring, Origin, PackageOutput, PhaseCost, Protocol, Report, SCHEMA_VERSION,
    SerdeFrames, SerdeInstant, Settings, Toolchain,
};
use forc_perf::stats;
use forc_perf::trends::Trends;

use figures::{Error, Figures, Page};

const NIGHTS: usize = 3650;
const BENCHMARKS: usize = 60;
const RUNS: usize = 10;

/// The parts of the file, in its order; the first is measured when none is named.
const PARTS: &[&str] = &["years", "phases", "levels"];

/// How many reports are recorded in one transaction while the years are filled in.
const BATCH: usize = 50;

fn main() -> ExitCode {
    figures::exit(run(&figures::words()))
}

fn run(words: &[String]) -> Result<(), Error> {
    let (numbers, names): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.parse::<usize>().is_ok());
    if let Some(unknown) = names.iter().find(|name| !PARTS.contains(&name.as_str())) {
        return Err(format!("`{unknown}` is unknown; there are {} and a number of nights", PARTS.join(", ")).into());
    }
    let nights = numbers.first().and_then(|number| number.parse().ok()).unwrap_or(NIGHTS);
    let wanted = |part: &str| if names.is_empty() { part == PARTS[0] } else { names.iter().any(|name| *name == part) };
    let mut figures = Figures::new("history", PARTS)?;
    figures.with(&format!("SQLite {}", rusqlite::version()));
    if wanted("years") {
        figures.part("years", "A history of ten years", |page| years(page, nights, false))?;
    }
    if wanted("phases") {
        figures.part("phases", "The same with phases", |page| years(page, nights, true))?;
    }
    if wanted("levels") {
        let report = Years { random: fastrand::Rng::with_seed(1), phases: true }.night(0).report;
        figures.part("levels", "What zstd's levels make of a report", |page| levels(page, &report))?;
    }
    Ok(())
}

/// A figure that has a goal, as a row.
struct Row<'a> {
    what: &'a str,
    unit: &'a str,
    digits: usize,
    /// What the greatest value may be.
    goal: Option<f64>,
}

impl Row<'_> {
    fn add(&self, page: &mut Page, sample: &[f64]) {
        let Some(estimate) = stats::estimate(sample) else { return };
        let Self { what, unit, digits, goal } = self;
        let number = |value: f64| format!("{value:.digits$} {unit}");
        let most =
            if estimate.count > 1 { format!("{} of {}", number(estimate.max), estimate.count) } else { String::new() };
        let met = |goal: &f64| if estimate.max <= *goal { "met" } else { "NOT MET" };
        let goal = goal.as_ref().map_or(String::new(), |goal| format!("≤ {goal} {unit}: {}", met(goal)));
        page.row(&[(*what).to_owned(), number(estimate.median), most, goal]);
    }
}

fn years(page: &mut Page, nights: usize, phases: bool) -> Result<(), Error> {
    let mut years = Years { random: fastrand::Rng::with_seed(1), phases };
    let folder = tempfile::Builder::new().prefix("history-bench-").tempdir()?;
    let path = folder.path().join("history.sqlite");
    let mut history = History::open(&path)?;
    let started = Instant::now();
    let mut night = 0;
    while night < nights {
        let batch = (nights - night).min(BATCH);
        history.record_all((night..night + batch).map(|night| years.night(night)).collect::<Vec<_>>())?;
        night += batch;
        if night % 500 < BATCH {
            eprintln!("{night} nights in {:.0?}", started.elapsed());
        }
    }
    drop(history);
    let generated = started.elapsed();
    let record = record_times(&path, &mut years, nights)?;
    let history = History::open_read_only(&path)?;
    let series = history.series(&SeriesFilter::default())?;
    let points: usize = series.iter().take(20).map(|series| history.count_points(series.id)).sum::<Result<_, _>>()?;
    let samples = points * series.len() / 20 * RUNS;
    drop(history);
    page.text(&format!(
        "{nights} nights of {BENCHMARKS} benchmarks, {RUNS} runs each: {} series, {:.1} million samples, generated and \
         recorded in {generated:.0?}, {BATCH} reports in a transaction. The slowest counts for a goal.",
        series.len(),
        samples as f64 / 1e6
    ));
    page.head(&["figure", "median", "at most", "goal"]);
    let (cold, warm) = query_times(&path, series.len())?;
    let ms = |what, goal| Row { what, unit: "ms", digits: 1, goal };
    ms("record one more report", Some(500.0)).add(page, &record);
    ms("read a series, the history just opened", Some(50.0)).add(page, &cold);
    ms("read a series", Some(50.0)).add(page, &warm);
    let started = Instant::now();
    History::open_read_only(&path)?.reports(&ReportFilter::default())?;
    ms("list all reports", None).add(page, &[1e3 * started.elapsed().as_secs_f64()]);
    let size = std::fs::metadata(&path)?.len() as f64 / 1e9;
    Row { what: "size of the file", unit: "GB", digits: 2, goal: Some(2.0) }.add(page, &[size]);
    let night = nights + 20;
    dashboard_times(page, &path, &folder.path().join("pages"), years.night(night))
}

/// The pages of all of it, and once more after one new night.
fn dashboard_times(page: &mut Page, path: &Path, pages: &Path, night: Record) -> Result<(), Error> {
    page.heading("Its dashboard");
    page.head(&[
        "",
        "events",
        "time to find them",
        "time with the pages",
        "size",
        "files written",
        "files kept as they were",
    ]);
    let mut write = |what: &str| -> Result<(), Error> {
        let started = Instant::now();
        let history = History::open_read_only(path)?;
        let trends = Trends::of(&history)?;
        let found = started.elapsed();
        let written = dashboard::write(&history, &trends, pages, &Options::default())?;
        page.row(&[
            what.to_owned(),
            trends.events.len().to_string(),
            format!("{found:.1?}"),
            format!("{:.1?}", started.elapsed()),
            format!("{:.1} MB", written.size as f64 / 1e6),
            written.written.to_string(),
            written.kept.to_string(),
        ]);
        Ok(())
    };
    write("at first")?;
    History::open(path)?.record(&night.report, &night.provenance)?;
    write("after one more night")?;
    page.head(&["", "files", "size", "goal"]);
    for folder in ["verdicts", "data", "runs"] {
        let sizes = std::fs::read_dir(pages.join(folder))?
            .map(|entry| -> std::io::Result<u64> { Ok(entry?.metadata()?.len()) })
            .collect::<std::io::Result<Vec<u64>>>()?;
        let size = format!("{:.1} MB", sizes.iter().sum::<u64>() as f64 / 1e6);
        page.row(&[format!("`{folder}`"), sizes.len().to_string(), size, String::new()]);
    }
    let first = ["index.html", "assets/style.css", "assets/site.js", "assets/trend.js"];
    let size: u64 = first.iter().map(|file| std::fs::metadata(pages.join(file)).map_or(0, |it| it.len())).sum();
    let met = if size <= 300_000 { "met" } else { "NOT MET" };
    page.row(&[
        "the first page with all that it loads".to_owned(),
        first.len().to_string(),
        format!("{:.0} kB", size as f64 / 1e3),
        format!("≤ 300 kB: {met}"),
    ]);
    Ok(())
}

/// In ms.
fn record_times(path: &Path, years: &mut Years, nights: usize) -> Result<Vec<f64>, Error> {
    let mut times = Vec::new();
    for night in nights..nights + 20 {
        let Record { report, provenance } = years.night(night);
        // As a command does it: opened, written, closed.
        let started = Instant::now();
        let mut history = History::open(path)?;
        history.record(&report, &provenance)?;
        drop(history);
        times.push(1e3 * started.elapsed().as_secs_f64());
    }
    Ok(times)
}

/// In ms: each with a history just opened, and with an open one.
fn query_times(path: &Path, series: usize) -> Result<(Vec<f64>, Vec<f64>), Error> {
    let mut random = fastrand::Rng::with_seed(2);
    let mut cold = Vec::new();
    for _ in 0..20 {
        let number = random.usize(0..series);
        let history = History::open_read_only(path)?;
        let filter = SeriesFilter { benchmark: Match::Exact(id(number % BENCHMARKS)), ..SeriesFilter::default() };
        let id = history.series(&filter)?.get(number / BENCHMARKS).ok_or("a series is missing")?.id;
        let started = Instant::now();
        let points = history.points_with_samples(id)?;
        cold.push(1e3 * started.elapsed().as_secs_f64());
        assert!(points.len() > 1, "a series of the whole time");
    }
    let history = History::open_read_only(path)?;
    let all = history.series(&SeriesFilter::default())?;
    let mut warm = Vec::new();
    for _ in 0..200 {
        let started = Instant::now();
        history.points_with_samples(all[random.usize(0..all.len())].id)?;
        warm.push(1e3 * started.elapsed().as_secs_f64());
    }
    Ok((cold, warm))
}

fn levels(page: &mut Page, report: &Report) -> Result<(), Error> {
    let mut body = report.clone();
    let frames: Vec<SerdeFrames> =
        body.benchmarks.iter_mut().flat_map(|b| &mut b.runs).map(|run| std::mem::take(&mut run.frames)).collect();
    page.text("A report of one night, without its frames and the frames by themselves.");
    page.head(&["", "JSON", "level", "packed", "time"]);
    for (what, json) in [("without frames", serde_json::to_vec(&body)?), ("frames", serde_json::to_vec(&frames)?)] {
        for level in [1, 3, 6, 9, 12, 15, 19] {
            let started = Instant::now();
            let packed = zstd::bulk::compress(&json, level)?;
            let took = started.elapsed();
            let size = |bytes: &[u8]| format!("{:.1} kB", bytes.len() as f64 / 1e3);
            let cells = [what.to_owned(), size(&json), level.to_string(), size(&packed), format!("{took:.1?}")];
            page.row(&cells);
        }
    }
    Ok(())
}

/// What is generated.
struct Years {
    random: fastrand::Rng,
    phases: bool,
}

fn id(benchmark: usize) -> String {
    format!("group{}/project{benchmark}/debug", benchmark % 4)
}

impl Years {
    /// The report of a night, and the commit of that night.
    fn night(&mut self, night: usize) -> Record {
        let time = jiff::Timestamp::from_second(1_500_000_000 + 86_400 * night as i64).unwrap_or_default();
        let commit = CommitRef {
            id: format!("{night:040x}"),
            time: Some(time.to_string()),
            subject: format!("Commit {night}: something that takes some words to tell (#{night})"),
            position: None,
        };
        let benchmarks = (0..BENCHMARKS).map(|benchmark| self.benchmark(benchmark)).collect();
        let report = report(time.to_string(), benchmarks);
        Record { provenance: Provenance { commit: Some(commit), ..Provenance::default() }, report }
    }

    fn benchmark(&mut self, number: usize) -> Measured {
        let id = id(number);
        // From 10 ms to 1.5 s, as those of the fixtures.
        let typical = 1e7 * 150f64.powf(number as f64 / BENCHMARKS as f64);
        let runs = (0..RUNS).map(|_| self.run(&id, typical)).collect();
        let mut measured = Measured {
            group: format!("group{}", number % 4),
            project: format!("project{number}"),
            scenario: "debug".to_owned(),
            description: Some("What this project loads, in a line.".to_owned()),
            tags: vec!["nightly".to_owned()],
            program: None,
            command: ["/cache/forc", "build", "--path", "/suite/project"].map(str::to_owned).to_vec(),
            id,
            runs,
            outputs: Vec::new(),
            failures: Vec::new(),
            warnings: Vec::new(),
            instructions: Vec::new(),
            metrics: Vec::new(),
            phases: Vec::new(),
            packages: Vec::new(),
        };
        forc_perf::figures::complete(&mut measured);
        measured
    }

    /// Around `value` with the noise and the tail of wall times.
    fn noisy(&mut self, value: f64) -> u64 {
        let tail = if self.random.u8(..20) == 0 { 1.3 } else { 1.0 };
        (value * tail * (1.0 + 0.05 * self.random.f64() * self.random.f64())) as u64
    }

    fn run(&mut self, id: &str, typical: f64) -> Benchmark {
        let wall = self.noisy(typical);
        let start = Duration::from_nanos(self.random.u64(0..1_000_000_000_000));
        let at = |after: u64| SerdeInstant::from_epoch(start + Duration::from_nanos(after));
        let frames = (1..=wall / 20_000_000).map(|number| BenchmarkFrame {
            timestamp: at(number * 20_000_000 + self.random.u64(..100_000)),
            cpu_usage: 95.0 + 5.0 * self.random.f32(),
            memory_usage: (20 << 20) + 4096 * self.random.u64(..1000) * number,
            virtual_memory_usage: (120 << 20) + 4096 * self.random.u64(..1000) * number,
            disk_total_written_bytes: 4096 * number,
            disk_written_bytes: 4096,
            disk_total_read_bytes: 0,
            disk_read_bytes: 0,
        });
        let frames = SerdeFrames(frames.collect());
        let cpu = self.noisy(0.97 * wall as f64);
        let accounting = Accounting {
            user_time: Duration::from_micros(cpu / 1100),
            system_time: Duration::from_micros(cpu / 11_000),
            peak_memory: Some((80 << 20) + 4096 * self.random.u64(..100)),
            minor_faults: 20_000 + self.random.u64(..50),
            major_faults: 0,
            voluntary_switches: 10 + self.random.u64(..5),
            involuntary_switches: self.random.u64(..20),
            blocks_read: 0,
            blocks_written: 80,
        };
        let mut phases = Vec::new();
        if self.phases {
            let mut clock = wall / 20;
            for package in ["std", "project"] {
                for (name, depth, share) in [
                    ("compile to ast", 0, 0.2),
                    ("parse the program to a concrete syntax tree (CST)", 1, 0.02),
                    ("parse the concrete syntax tree (CST) to a typed AST", 1, 0.17),
                    ("compile ast to ir", 0, 0.15),
                    ("compile ir to asm", 0, 0.08),
                    ("generate JSON ABI program", 0, 0.01),
                    ("compile asm to bytecode", 0, 0.01),
                ] {
                    let took = self.noisy(share * typical);
                    let start = clock - if depth == 1 { self.noisy(share * typical) } else { 0 };
                    phases.push(BenchmarkPhase {
                        wall_ns: None,
                        cpu_ns: None,
                        name: name.to_owned(),
                        start_time: Some(at(start)),
                        end_time: Some(at(start + took)),
                        package: Some(package.to_owned()),
                        depth,
                        pass: 0,
                        cost: Some(PhaseCost {
                            cpu_time: Some(Duration::from_nanos(self.noisy(took as f64))),
                            memory_start: Some(self.random.u64(..80 << 20)),
                            memory_end: Some(self.random.u64(..80 << 20)),
                            memory_peak: Some(self.random.u64(..80 << 20)),
                            disk_written_bytes: Some(0),
                            disk_read_bytes: Some(0),
                            counters: None,
                        }),
                    });
                    if depth == 0 {
                        clock += took;
                    }
                }
            }
        }
        Benchmark {
            wall_ns: None,
            cpu_ns: None,
            name: id.to_owned(),
            path: PathBuf::from("/suite/project"),
            start_time: Some(at(0)),
            end_time: Some(at(wall)),
            phases,
            frames,
            packages: vec![PackageOutput {
                package: Some("project".to_owned()),
                bytecode_size: Some(25_248),
                ..PackageOutput::default()
            }],
            exit: Some(Exit::Code(0)),
            accounting: Some(accounting),
            counters: None,
            protocol: Protocol::Markers,
            collector: CollectorCost::default(),
            surroundings: None,
            notes: Vec::new(),
        }
    }
}

fn report(created: String, benchmarks: Vec<Measured>) -> Report {
    let cpu = |number: usize| Cpu { name: format!("cpu{number}"), brand: "EPYC".to_owned(), frequency_mhz: 2596 };
    Report {
        schema_version: SCHEMA_VERSION,
        created,
        harness: Harness { name: "forc-perf".to_owned(), version: "0.1.0".to_owned() },
        environment: Environment {
            host: Some("runner".to_owned()),
            os: None,
            kernel: None,
            arch: "x86_64".to_owned(),
            cpus: (0..2).map(cpu).collect(),
            physical_cores: Some(2),
            governor: None,
            total_memory: 24 << 30,
            available_memory: 20 << 30,
            load: None,
            virtual_machine: Some(true),
            checks: Vec::new(),
        },
        toolchain: Toolchain {
            version: "0.72.1".to_owned(),
            path: PathBuf::from("/cache/forc"),
            sha256: "0".repeat(64),
            is_script: false,
            origin: Origin::Path,
            capabilities: Capabilities { protocol: Protocol::Markers, metrics_file: true, release: true, tests: true },
            notes: Vec::new(),
        },
        settings: Settings {
            suite: PathBuf::from("fixtures"),
            interval: Duration::from_millis(20),
            time_limit: Duration::from_secs(600),
            samples: Some(RUNS),
            pinned: true,
            seed: 1,
            std: None,
            counters: None,
        },
        completion: Completion::Complete,
        measuring: Measuring::default(),
        benchmarks,
        skipped: Vec::new(),
    }
}
