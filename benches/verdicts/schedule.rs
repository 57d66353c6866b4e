//! In turns or at once: what each schedule's noise is, what an interval costs by it, and whether it is biased.
//!
//! A round makes one block by every schedule, in an order drawn for the round, so that all have the same machine. Blocks are
//! made by the collector alone, with frames and markers on as in `compare`, and with copies of compiler and project that are
//! made alike for every place.
//!
//! The other side is forc with some work more, always the same amount: whatever runs beside it may slow it down, as it may
//! slow down forc. How much longer that is nobody needs to know beforehand: runs in turns are made alone, so that their ratio
//! is the truth that runs at once are held against, block by block in the same rounds.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::hint::black_box;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode};
use std::time::{Duration, Instant};

use forc_perf::collector::{CollectError, Cores, Invocation, Options, Recording, Split, collect, collect_together};
use forc_perf::forc::{Locator, ToolchainSpec, toolchain};
use forc_perf::model::{SamplerKind, Schedule};
use forc_perf::os::Interrupt;
use forc_perf::session::schedule::{Wanted, choose};
use forc_perf::stats;
use forc_perf::suite::{Bounds, Stage};

use crate::figures::{Error, Figures, Page};

/// Projects of some 50 and some 500 ms.
const PROJECTS: [&str; 2] = ["phases/registers", "apps/token"];
/// How long all takes unless told otherwise, in minutes.
const DEFAULT_MINUTES: u64 = 20;
/// The fewest rounds of a case, however long they take.
const FEWEST: usize = 5;
/// What a shim's copy ends with, before what it is to do.
const MARK: &str = "\nforc-perf bench shim:";
/// Names the forc that a shim runs.
const SHIMMED: &str = "FORC_PERF_SCHEDULE_SHIMMED";
/// Makes this program one that does nothing but work.
const SPINNER: &str = "FORC_PERF_SCHEDULE_SPINNER";
/// What a shim streams through: more than a processor keeps to itself.
const BUFFER: usize = 64 << 20;

/// What the other side does more than forc. All of it is a fixed amount of work, whatever time it takes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Extra {
    /// Steps of arithmetic, after forc.
    steps: u64,
    /// Passes through [`BUFFER`], before forc: while the base is at work, too.
    passes: u64,
    /// Builds more, after the first.
    builds: u64,
}

/// What is compared.
struct Case {
    name: String,
    /// The two compilers, by their places: a copy for each lane.
    forcs: [PathBuf; 2],
}

/// How the two runs of a block are made.
struct Plan {
    name: &'static str,
    /// For each lane, whose processors are whose; in turns there is one.
    lanes: Vec<Options>,
}

/// What one schedule gave of one case: a value a block.
#[derive(Default)]
struct Blocks {
    /// By metric, the logarithms of the ratios, the other side over the base.
    ratios: BTreeMap<&'static str, Vec<f64>>,
    seconds: Vec<f64>,
    /// How long after the first run the last one was started, in microseconds.
    offsets: Vec<f64>,
}

/// Measures on a quiet machine, on a loaded one, or on both.
pub fn measure_all(figures: &Figures, words: &[String]) -> Result<(), Error> {
    let minutes: u64 = words.iter().find_map(|word| word.parse().ok()).unwrap_or(DEFAULT_MINUTES);
    let paths: Vec<PathBuf> = words.iter().filter(|word| word.contains('/')).map(PathBuf::from).collect();
    let (projects, forcs): (Vec<PathBuf>, Vec<PathBuf>) = paths.into_iter().partition(|path| path.is_dir());
    let spec = forcs.first().map(|forc| Ok::<_, Error>(ToolchainSpec::Path(forc.canonicalize()?))).transpose()?;
    let forc =
        toolchain::resolve(spec.as_ref(), &Locator::default(), &Interrupt::new(), |event| eprintln!("{event:?}"))?;
    // SAFETY: no other thread runs that could read the environment at the same time.
    unsafe { std::env::set_var(SHIMMED, &forc.path) };
    let fixtures = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"));
    let projects = if projects.is_empty() { PROJECTS.map(|name| fixtures.join(name)).to_vec() } else { projects };
    let parts = [
        ("quiet", "schedule-quiet", "In turns or at the same time, on a quiet machine"),
        ("loaded", "schedule-loaded", "In turns or at the same time, beside a process that spins"),
    ];
    let has = |load: &str| words.iter().any(|word| word == load);
    let parts: Vec<_> = parts.iter().filter(|part| has(part.0) || !parts.iter().any(|other| has(other.0))).collect();
    let time = Duration::from_secs(60 * minutes) / u32::try_from(parts.len())?;
    for (load, name, title) in parts {
        figures.part(name, title, |page| {
            page.text(&format!(
                "The base is forc {}; the other side is the base with a fixed amount of work more.",
                forc.version
            ));
            measure(page, &projects, forcs.get(1).map(PathBuf::as_path), *load == "loaded", time)
        })?;
    }
    Ok(())
}

/// Measures for about `time`, and writes a table for each project.
fn measure(
    page: &mut Page,
    projects: &[PathBuf],
    second: Option<&Path>,
    loaded: bool,
    time: Duration,
) -> Result<(), Error> {
    let plans = plans(page)?;
    page.text(
        "*sd*: 1.4826 × the median distance of a block's log ratio from the median, in per cent. *Cost*: sd² of wall time × \
         seconds of a block: what an interval of a given width costs. *Bias*: the median of a block's log ratio less that of \
         the blocks in turns in the same round (the mean of free and pinned) [95 %], in per cent.",
    );
    let places = tempfile::tempdir()?;
    for project in projects {
        let subject = Subject::new(project, plans.iter().map(|plan| plan.lanes.len()).max().unwrap_or(1))?;
        page.heading(&format!("`{}`", subject.name));
        let cases = cases(page, &subject, places.path(), second, &plans[0])?;
        let _spinner = loaded.then(Spinner::start).transpose()?;
        let share = time / u32::try_from(projects.len() * cases.len())?;
        page.head(&[
            "other side",
            "schedule",
            "blocks",
            "a block",
            "wall ratio",
            "sd",
            "cost",
            "bias",
            "CPU ratio",
            "sd",
            "bias",
            "peak memory sd",
            "minor faults sd",
            "start offset",
        ]);
        for case in &cases {
            rounds(page, &subject, case, &plans, share)?;
        }
    }
    Ok(())
}

/// In turns, free and pinned; at once, with the harness's threads on each run's own core and wherever the system likes.
fn plans(page: &mut Page) -> Result<Vec<Plan>, Error> {
    let options = |split| Options { split, ..Options::default() };
    let all = Cores::of_this_process().ok_or("this platform cannot give a process a core of its own")?;
    let choice = choose(Wanted::Auto, 2, Some(&all));
    if let Some(note) = &choice.note {
        page.text(&format!("Note: {note}."));
    }
    let Schedule::Duet { cores, siblings, harness } = choice.schedule else {
        return Err("there is no core for each of two sides".into());
    };
    page.text(&format!(
        "Cores of the two sides at the same time: {cores:?}, {}; spare cores: {harness:?}.",
        if siblings { "two threads of one core" } else { "no threads of one core" }
    ));
    let anywhere: Vec<usize> = all.kinds.iter().flatten().flatten().copied().collect();
    let duet = |harness: &dyn Fn(usize) -> Vec<usize>| {
        cores.iter().map(|core| options(Some(Split { forc: vec![*core], harness: harness(*core) }))).collect()
    };
    let mut plans = vec![
        Plan { name: "in turns, free", lanes: vec![options(None)] },
        Plan { name: "in turns, pinned", lanes: vec![options(Split::of_this_machine())] },
        Plan { name: "at the same time", lanes: duet(&|core| vec![core]) },
        Plan { name: "at the same time, threads free", lanes: duet(&|_| anywhere.clone()) },
    ];
    if !harness.is_empty() {
        plans.push(Plan { name: "at the same time, threads on spare cores", lanes: duet(&|_| harness.clone()) });
    }
    Ok(plans)
}

/// A project, copied for each lane.
struct Subject {
    name: String,
    stages: Vec<Stage>,
}

impl Subject {
    fn new(project: &Path, lanes: usize) -> Result<Self, Error> {
        let name = project.components().rev().take(2).map(|part| part.as_os_str().to_string_lossy().into_owned());
        let name: Vec<String> = name.collect();
        let stages =
            (0..lanes).map(|_| Stage::new(project, &Bounds::within(Path::new("/"), &[]))).collect::<Result<_, _>>()?;
        Ok(Self { name: name.into_iter().rev().collect::<Vec<_>>().join("/"), stages })
    }

    fn invocation(&self, forc: &Path, lane: usize, padding: usize) -> Invocation {
        let project = self.stages[lane].project();
        Invocation {
            program: forc.to_owned(),
            args: vec!["build".into(), "--path".into(), project.into(), "--profile".into()],
            env: vec![(forc_perf::collector::PADDING_VARIABLE.into(), "x".repeat(padding).into())],
            folder: project.to_owned(),
        }
    }
}

/// The other sides: copies of this program with different words at their ends, or a second compiler.
fn cases(
    page: &mut Page,
    subject: &Subject,
    folder: &Path,
    second: Option<&Path>,
    plan: &Plan,
) -> Result<Vec<Case>, Error> {
    let base = shim(folder, Extra::default())?;
    let mut walls = Vec::new();
    for _ in 0..4 {
        let run = collect(&subject.invocation(&base, 0, 0), &plan.lanes[0], &Interrupt::new())?;
        walls.push(checked(Ok(run))?.1.as_secs_f64());
    }
    let build = stats::median(&walls[1..]).ok_or("no build could be timed")?;
    let (step, pass) = (time_of(|| arithmetic(10_000_000)) / 1e7, time_of(|| stream(2)) / 2.0);
    let steps = |share: f64| Extra { steps: (share * build / step) as u64, ..Extra::default() };
    // A pass is the smallest piece: a short build may get more than was meant, and the ratio in turns tells how much.
    let passes = Extra { passes: ((0.3 * build / pass).round() as u64).max(1), ..Extra::default() };
    let twice = Extra { builds: 1, ..Extra::default() };
    page.text(&format!(
        "A build takes {:.0} ms; a pass through {} MiB of memory takes {:.1} ms.",
        1e3 * build,
        BUFFER >> 20,
        1e3 * pass
    ));
    let mut cases = Vec::new();
    for (name, extra) in [
        ("the same", Extra::default()),
        ("5 % longer", steps(0.05)),
        ("30 % longer", steps(0.3)),
        ("twice as long", twice),
        ("more memory traffic", passes),
    ] {
        cases.push(Case { name: name.to_owned(), forcs: [base.clone(), shim(folder, extra)?] });
    }
    if let (Some(second), Some(first)) = (second, std::env::var_os(SHIMMED)) {
        let forcs = [PathBuf::from(first), second.canonicalize()?];
        cases.push(Case { name: "the second compiler".to_owned(), forcs });
    }
    Ok(cases)
}

fn time_of(work: impl Fn()) -> f64 {
    let once = || {
        let started = Instant::now();
        work();
        started.elapsed().as_secs_f64()
    };
    once().min(once()).min(once())
}

/// Makes rounds for as long as `share` lasts, and writes a row for each schedule.
fn rounds(page: &mut Page, subject: &Subject, case: &Case, plans: &[Plan], share: Duration) -> Result<(), Error> {
    let mut random = fastrand::Rng::with_seed(crate::SEED);
    let mut all: Vec<Blocks> = plans.iter().map(|_| Blocks::default()).collect();
    let started = Instant::now();
    // One more than are kept: the first is a warm-up.
    for round in 0_usize.. {
        if round > FEWEST && started.elapsed() >= share {
            break;
        }
        let mut order: Vec<usize> = (0..plans.len()).collect();
        random.shuffle(&mut order);
        for plan in order {
            let block = block(subject, case, &plans[plan], &mut random)?;
            if round > 0 {
                all[plan].push(block);
            }
        }
    }
    let (free, pinned) = (&all[0], &all[1]);
    for (plan, blocks) in plans.iter().zip(&all) {
        let bias = |metric: &str| {
            let turns = free.ratios[metric].iter().zip(&pinned.ratios[metric]).map(|(a, b)| f64::midpoint(*a, *b));
            let differences: Vec<f64> =
                blocks.ratios[metric].iter().zip(turns).map(|(own, turns)| own - turns).collect();
            let estimate = stats::estimate(&differences);
            estimate.map_or("–".to_owned(), |it| {
                format!("{:+.2} [{:+.2}, {:+.2}]", 100.0 * it.median, 100.0 * it.low, 100.0 * it.high)
            })
        };
        let ratio = |metric: &str| stats::median(&blocks.ratios[metric]).map_or(f64::NAN, f64::exp);
        let sd = |metric: &str| 100.0 * robust_sd(&blocks.ratios[metric]);
        let seconds = stats::median(&blocks.seconds).unwrap_or(f64::NAN);
        let offset = format!("{:.0} µs", stats::median(&blocks.offsets).unwrap_or(f64::NAN));
        page.row(&[
            case.name.clone(),
            plan.name.to_owned(),
            blocks.seconds.len().to_string(),
            format!("{seconds:.3} s"),
            format!("{:.4}", ratio("wall")),
            format!("{:.2}", sd("wall")),
            format!("{:.3}", sd("wall").powi(2) * seconds),
            bias("wall"),
            format!("{:.4}", ratio("cpu")),
            format!("{:.2}", sd("cpu")),
            bias("cpu"),
            format!("{:.3}", sd("memory")),
            format!("{:.3}", sd("faults")),
            if plan.lanes.len() > 1 { offset } else { "–".to_owned() },
        ]);
    }
    Ok(())
}

impl Blocks {
    fn push(&mut self, block: ([Recording; 2], Duration)) {
        let ([base, other], length) = block;
        let value = |run: &Recording, metric: &str| match metric {
            "wall" => run.exited.duration_since(run.started).as_secs_f64(),
            "cpu" => run.accounting.cpu_time().as_secs_f64(),
            "memory" => run.accounting.peak_memory.unwrap_or(1) as f64,
            _ => run.accounting.minor_faults as f64,
        };
        for metric in ["wall", "cpu", "memory", "faults"] {
            let ratio = (value(&other, metric) / value(&base, metric)).ln();
            self.ratios.entry(metric).or_default().push(ratio);
        }
        self.seconds.push(length.as_secs_f64());
        let (first, last) = (base.started.min(other.started), base.started.max(other.started));
        self.offsets.push(last.duration_since(first).as_secs_f64() * 1e6);
    }
}

/// One run of either compiler, in places that are drawn.
fn block(
    subject: &Subject,
    case: &Case,
    plan: &Plan,
    random: &mut fastrand::Rng,
) -> Result<([Recording; 2], Duration), Error> {
    let interrupt = Interrupt::new();
    let mut order = [0, 1];
    random.shuffle(&mut order);
    let lanes = plan.lanes.len();
    let runs: Vec<(Invocation, &Options)> = order
        .iter()
        .enumerate()
        .map(|(place, side)| {
            let lane = place % lanes;
            (subject.invocation(&case.forcs[*side], lane, random.usize(..4096)), &plan.lanes[lane])
        })
        .collect();
    let started = Instant::now();
    let made = if lanes > 1 {
        collect_together(&runs, &interrupt)
    } else {
        runs.iter().map(|(run, options)| collect(run, options, &interrupt)).collect()
    };
    let length = started.elapsed();
    let mut sides: [Option<Recording>; 2] = [None, None];
    for (side, run) in order.into_iter().zip(made) {
        sides[side] = Some(checked(run)?.0);
    }
    match sides {
        [Some(base), Some(other)] => Ok(([base, other], length)),
        _ => Err("a run is missing".into()),
    }
}

/// A run that went well, with its wall time.
fn checked(run: Result<Recording, CollectError>) -> Result<(Recording, Duration), Error> {
    let run = run?;
    if !run.exit.success() {
        return Err(format!("a build failed: {}{}", run.stdout, run.stderr).into());
    }
    debug_assert_eq!(run.cost.sampler, SamplerKind::Proc);
    let wall = run.exited.duration_since(run.started);
    Ok((run, wall))
}

/// 1.4826 times the median of the distances from the median: of normal noise, its standard deviation.
fn robust_sd(values: &[f64]) -> f64 {
    let Some(middle) = stats::median(values) else { return f64::NAN };
    let distances: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    1.4826 * stats::median(&distances).unwrap_or(f64::NAN)
}

/// A copy of this program that says at its end what it is to do more than forc. Copies are all made alike, and differ in
/// nothing but that: no name of a file or of a folder says it, so that they may be copied on.
fn shim(folder: &Path, extra: Extra) -> Result<PathBuf, Error> {
    let place = tempfile::Builder::new().prefix("side-").tempdir_in(folder)?.keep();
    let path = place.join("forc");
    fs::write(&path, fs::read(std::env::current_exe()?)?)?;
    let mut file = OpenOptions::new().append(true).open(&path)?;
    // Of one length, so that the files are, too.
    write!(file, "{MARK}{:>20}{:>20}{:>20}", extra.steps, extra.passes, extra.builds)?;
    file.sync_all()?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    Ok(path)
}

/// What the end of this program's own file says.
fn own_extra() -> Option<Extra> {
    use std::io::{Read, Seek, SeekFrom};
    let length = MARK.len() + 60;
    let mut file = fs::File::open(std::env::current_exe().ok()?).ok()?;
    file.seek(SeekFrom::End(-i64::try_from(length).ok()?)).ok()?;
    let mut end = String::new();
    file.read_to_string(&mut end).ok()?;
    let mut numbers = end.strip_prefix(MARK)?.split_whitespace().map(str::parse);
    let mut number = || numbers.next()?.ok();
    Some(Extra { steps: number()?, passes: number()?, builds: number()? })
}

/// If this program is a shim: runs forc with the same words, does what more there is to do, and ends as forc did. If it is
/// the load: works until it is ended.
pub fn as_shim() -> Option<ExitCode> {
    if std::env::var_os(SPINNER).is_some() {
        loop {
            arithmetic(1 << 30);
        }
    }
    let forc = std::env::var_os(SHIMMED)?;
    let extra = own_extra()?;
    if extra.passes > 0 {
        stream(extra.passes);
    }
    let mut code = 0;
    for _ in 0..=extra.builds {
        let status = Command::new(&forc).args(std::env::args_os().skip(1)).status().ok()?;
        code = status.code().unwrap_or(1);
    }
    arithmetic(extra.steps);
    Some(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

fn arithmetic(steps: u64) {
    let mut value = black_box(1_u64);
    for _ in 0..steps {
        value = black_box(value.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    }
    black_box(value);
}

fn stream(passes: u64) {
    let mut buffer = vec![1_u64; BUFFER / size_of::<u64>()];
    for pass in 0..passes {
        buffer.iter_mut().for_each(|word| *word = word.wrapping_add(pass));
        black_box(&mut buffer);
    }
}

/// A process that works as long as this lives.
struct Spinner(Child);

impl Spinner {
    fn start() -> Result<Self, Error> {
        Ok(Self(Command::new(std::env::current_exe()?).env(SPINNER, "1").spawn()?))
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
