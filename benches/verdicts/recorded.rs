//! Runs of a real forc against itself, to draw simulated measurements from.

use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

use forc_perf::collector::{self, Invocation, Options, Split};
use forc_perf::forc::{Locator, ToolchainSpec, toolchain};
use forc_perf::os::Interrupt;
use forc_perf::stats;
use forc_perf::suite::{Bounds, Heed, Project, Stage};

use crate::figures::Error;
use crate::machine::PRIMARY;

/// Light fixtures of some 10 to 200 ms.
const FIXTURES: [(&str, &str); 6] = [
    ("small", "script"),
    ("small", "contract"),
    ("small", "library"),
    ("phases", "assembly"),
    ("phases", "parsing"),
    ("phases", "loops"),
];
/// Blocks of two runs of each, if there is the time.
const BLOCKS: usize = 60;
const TIME: Duration = Duration::from_secs(50);

/// What was recorded: of each fixture blocks of two runs in a row, each with its wall and CPU time in seconds and its peak
/// memory in bytes.
pub struct Recorded {
    /// Of the compiler.
    pub version: String,
    pub fixtures: Vec<Vec<[[f64; PRIMARY]; 2]>>,
}

/// Records with the compiler that is found without building one; `None` if there is none.
pub fn record() -> Result<Option<Recorded>, Error> {
    let Some(given) = std::env::var_os("FORC_PERF_FORC").or_else(installed) else { return Ok(None) };
    let spec = ToolchainSpec::from_os(&given, false)?;
    let toolchain = toolchain::resolve(Some(&spec), &Locator::default(), &Interrupt::new(), |_| ())?;
    let options = Options { split: Split::of_this_machine(), ..Options::default() };
    let mut stages = Vec::new();
    for (group, name) in FIXTURES {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures")).join(group).join(name);
        let bounds = Bounds::around(&folder, &[]);
        let project = Project::read(folder, group.to_owned(), name.to_owned(), bounds, Heed::Metadata)?;
        stages.push(Stage::new(&project.folder, &project.bounds)?);
    }
    let run = |stage: &Stage| -> Result<[f64; PRIMARY], Error> {
        let args: [OsString; 3] = ["build".into(), "--path".into(), stage.project().into()];
        let invocation = Invocation {
            program: toolchain.path.clone(),
            args: args.to_vec(),
            env: Vec::new(),
            folder: stage.project().to_owned(),
        };
        let recording = collector::collect(&invocation, &options, &Interrupt::new())?;
        if !recording.exit.success() {
            return Err(format!("{} failed: {}", stage.project().display(), recording.stderr).into());
        }
        let wall = recording.exited.duration_since(recording.started);
        let memory = recording.accounting.peak_memory.ok_or("the kernel gave no peak of memory")?;
        Ok([wall.as_secs_f64(), recording.accounting.cpu_time().as_secs_f64(), memory as f64])
    };
    for stage in &stages {
        run(stage)?;
    }
    let mut fixtures = vec![Vec::with_capacity(BLOCKS); stages.len()];
    let started = Instant::now();
    // All fixtures in turn, as forc-perf does. At least ten blocks, however slow the machine.
    for block in 0..BLOCKS {
        if block >= 10 && started.elapsed() > TIME {
            break;
        }
        for (stage, blocks) in stages.iter().zip(&mut fixtures) {
            blocks.push([run(stage)?, run(stage)?]);
        }
    }
    Ok(Some(Recorded { version: toolchain.version, fixtures }))
}

impl Recorded {
    /// What was recorded, in a sentence.
    pub fn describe(&self) -> String {
        // Of each fixture: the median wall time, its spread in all, and half the differences within a block.
        let of_fixture = |blocks: &Vec<[[f64; PRIMARY]; 2]>| {
            let all: Vec<f64> = blocks.iter().flatten().map(|run| run[0]).collect();
            let within: Vec<f64> = blocks.iter().map(|[a, b]| (b[0] / a[0]).ln().abs()).collect();
            let estimate = stats::estimate(&all)?;
            Some([1e3 * estimate.median, 100.0 * estimate.spread?, 100.0 * stats::median(&within)?])
        };
        let all: Vec<[f64; 3]> = self.fixtures.iter().filter_map(of_fixture).collect();
        let range = |figure: usize| {
            let values = || all.iter().map(|fixture| fixture[figure]);
            let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
            format!("{least:.0} to {most:.0}")
        };
        format!(
            "*Recorded runs*: forc {} against itself, {} blocks of {} fixtures of {} ms, drawn again with their order. Their wall \
             times differ by {} % in all (interquartile range) and by {} % within a block (median).",
            self.version,
            self.fixtures.first().map_or(0, Vec::len),
            self.fixtures.len(),
            range(0),
            range(1),
            range(2)
        )
    }
}

fn installed() -> Option<OsString> {
    which::which("forc").ok().map(Into::into)
}
