//! The promises beside perturbation: punctual frames, true phases, a name for all of the time, small reports, little time
//! beside the compiler's.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use forc_perf::collector::marker::Marker;
use forc_perf::collector::{self, MIN_INTERVAL, Said};
use forc_perf::model::Toolchain;
use forc_perf::os::Interrupt;
use forc_perf::session::{self, Config};
use forc_perf::suite::Selection;
use forc_perf::{figures, stats};

use crate::figures::{Error, Page};
use crate::goal::{Goal, interval};
use crate::subject::{Subject, fixtures_folder, options};

/// How long the pairs of one program may take for each of the rounds that are asked for, where more pairs would fit.
const TIME_A_ROUND: Duration = Duration::from_secs(1);

/// Frames at the shortest interval: how many of those due come, and how late.
pub fn cadence(page: &mut Page, subjects: &[Subject], runs: usize) -> Result<(), Error> {
    page.text(&format!(
        "A frame every {MIN_INTERVAL:?}, the shortest interval that there is; {runs} runs of each program."
    ));
    page.head(&["program", "figure", "median [95 %]", "goal"]);
    for subject in subjects {
        let (mut delivered, mut late) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            let recording = subject.collected("--profile", &options(MIN_INTERVAL))?;
            delivered.push(100.0 * recording.frames.len() as f64 / recording.cost.frames_due as f64);
            late.extend(recording.cost.lateness_p99.map(|late| late.as_secs_f64() * 1e3));
        }
        let (all, punctual) = (Goal::new("≥ 98 %", 98.0, f64::INFINITY), Goal::new("≤ 1 ms", 0.0, 1.0));
        let mut figure = |what: &str, sample: &[f64], digits, goal: Goal| {
            let cells = [subject.name.clone(), what.to_owned(), interval(sample, digits), goal.of(sample)];
            page.row(&cells);
        };
        figure("frames delivered of those due, %", &delivered, 2, all);
        figure("99th percentile of lateness, ms", &late, 3, punctual);
    }
    Ok(())
}

/// Time in ms by phase.
type Sums = BTreeMap<String, f64>;

/// Phases by markers against the compiler's own `--time-phases`, in pairs whose order is drawn.
pub fn accuracy(page: &mut Page, subjects: &[Subject], rounds: usize) -> Result<(), Error> {
    page.text(
        "Each pair is a run with markers and a run with forc's own `--time-phases`, in random order. A difference above 0 \
         is longer by markers.",
    );
    page.head(&["program", "phase", "pairs", "difference, ms [95 %]", "by forc, ms", "goal"]);
    for subject in subjects {
        let time = TIME_A_ROUND.saturating_mul(u32::try_from(rounds)?);
        let started = Instant::now();
        let mut samples: BTreeMap<String, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
        let mut pairs = 0;
        while pairs < rounds || started.elapsed() < time {
            let (ours, theirs) = if fastrand::bool() {
                let ours = by_markers(subject)?;
                (ours, by_forc(subject)?)
            } else {
                let theirs = by_forc(subject)?;
                (by_markers(subject)?, theirs)
            };
            for (name, ours) in ours {
                if let Some(theirs) = theirs.get(&name) {
                    let sample = samples.entry(name).or_default();
                    sample.0.push(ours);
                    sample.1.push(*theirs);
                }
            }
            pairs += 1;
        }
        for (name, (ours, theirs)) in &samples {
            let differences: Vec<f64> = ours.iter().zip(theirs).map(|(ours, theirs)| ours - theirs).collect();
            let Some(theirs) = stats::median(theirs) else { continue };
            let allowed = f64::max(0.2, 0.02 * theirs);
            let goal = Goal::new("2 % or 0.2 ms", -allowed, allowed);
            page.row(&[
                subject.name.clone(),
                name.clone(),
                pairs.to_string(),
                interval(&differences, 3),
                format!("{theirs:.3}"),
                goal.of(&differences),
            ]);
        }
    }
    Ok(())
}

fn by_markers(subject: &Subject) -> Result<Sums, Error> {
    let mut sums = Sums::new();
    for phase in &subject.run(&options(collector::DEFAULT_INTERVAL))?.phases {
        if let Some(wall) = phase.wall() {
            *sums.entry(phase.name.clone()).or_default() += wall.as_secs_f64() * 1e3;
        }
    }
    Ok(sums)
}

fn by_forc(subject: &Subject) -> Result<Sums, Error> {
    let mut sums = Sums::new();
    for event in &subject.collected("--time-phases", &options(collector::DEFAULT_INTERVAL))?.events {
        if let Said::Marker(Marker::Elapsed { phase, duration }) = &event.said {
            *sums.entry(phase.clone()).or_default() += duration.as_secs_f64() * 1e3;
        }
    }
    Ok(sums)
}

/// How much of the runs' wall time stands in named rows.
pub fn attribution(page: &mut Page, subjects: &[Subject], runs: usize) -> Result<(), Error> {
    page.text(&format!("{runs} runs of each program."));
    page.head(&["program", "wall time in rows, % [95 %]", "in phases, % [95 %]", "goal of rows"]);
    for subject in subjects {
        let (mut all, mut in_phases) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            let run = subject.run(&options(collector::DEFAULT_INTERVAL))?;
            let rows = figures::attribute_by_package(&run).ok_or("the run has no end")?;
            let top = rows.iter().filter(|row| row.key.depth == 0);
            all.push(100.0 * top.clone().map(|row| row.cost.share).sum::<f64>());
            in_phases.push(100.0 * top.filter(|row| row.key.phase.is_some()).map(|row| row.cost.share).sum::<f64>());
        }
        let goal = Goal::new("100 %", 99.999, 100.001);
        let cells = [interval(&all, 2), interval(&in_phases, 1), goal.of(&all)];
        page.row(&[[subject.name.clone()].as_slice(), &cells].concat());
    }
    Ok(())
}

/// The intervals whose frames are weighed.
const WEIGHED: [u64; 4] = [1, 5, 20, 100];

/// The level at which runs are packed to be weighed: zstd's own default.
const LEVEL: i32 = 3;

/// What a run weighs in a report, as JSON, and packed, by the interval between its frames.
pub fn size(page: &mut Page, subjects: &[Subject], rounds: usize) -> Result<(), Error> {
    let runs = rounds.div_ceil(5);
    page.text(&format!("Medians of {runs} runs, by the interval between two frames."));
    page.head(&["program", "interval", "frames", "JSON, kB", "of it frames, kB", "bytes a frame", "packed (zstd), kB"]);
    for subject in subjects {
        for interval in WEIGHED.map(Duration::from_millis) {
            let (mut frames, mut whole, mut of_frames, mut packed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
            for _ in 0..runs {
                let run = subject.run(&options(interval))?;
                let json = serde_json::to_vec(&run)?;
                frames.push(run.frames.len() as f64);
                of_frames.push(serde_json::to_vec(&run.frames)?.len() as f64 / 1e3);
                packed.push(zstd::bulk::compress(&json, LEVEL)?.len() as f64 / 1e3);
                whole.push(json.len() as f64 / 1e3);
            }
            let median = |sample: &[f64]| stats::median(sample).unwrap_or_default();
            let each = if median(&frames) > 0.0 { 1e3 * median(&of_frames) / median(&frames) } else { 0.0 };
            page.row(&[
                subject.name.clone(),
                format!("{interval:?}"),
                format!("{:.0}", median(&frames)),
                format!("{:.1}", median(&whole)),
                format!("{:.1}", median(&of_frames)),
                format!("{each:.0}"),
                format!("{:.1}", median(&packed)),
            ]);
        }
    }
    Ok(())
}

/// How many measurements of the suite its efficiency is taken from.
const SUITES: usize = 3;

/// How much of the measuring time is spent in the compiler, over the whole suite and over its smallest projects.
pub fn efficiency(page: &mut Page, toolchain: &Toolchain) -> Result<(), Error> {
    page.text(&format!(
        "Of the time from the first run to the last; {SUITES} measurements of the fixtures, 3 samples of each."
    ));
    page.head(&["suite", "benchmarks", "% [range]", "goal"]);
    for selected in [&[][..], &["small/*"]] {
        let mut config = Config::new(fixtures_folder());
        config.forc = Some(toolchain.path.display().to_string().parse()?);
        config.samples = Some(3);
        config.selection = Selection::new(selected, &[])?;
        let (mut shares, mut benchmarks) = (Vec::new(), 0);
        for _ in 0..SUITES {
            let report = session::measure(&config, &Interrupt::new(), &mut |_| ())?;
            shares.push(100.0 * report.measuring.in_forc.as_secs_f64() / report.measuring.wall.as_secs_f64());
            benchmarks = report.benchmarks.len();
        }
        let what = if selected.is_empty() { "all of it" } else { "small/*" };
        let goal = Goal::new("≥ 95 %", 95.0, 100.0);
        page.row(&[what.to_owned(), benchmarks.to_string(), interval(&shares, 2), goal.of(&shares)]);
    }
    Ok(())
}
