//! How much longer forc takes when it is measured: by the collector and by other tools, held against a bare run.
//!
//! All ways to measure take turns in random order within each round, and every figure is a ratio to the bare run of the
//! same round: what the machine does from minute to minute reaches all of them alike. A tool's figure of forc's time is the
//! one that the tool itself tells; what a run takes with all that the tool does stands in the last column.

use std::fs;
use std::time::{Duration, Instant};

use forc_perf::collector::{Options, allowed};
use forc_perf::{collector, stats};

use crate::figures::{Error, Page};
use crate::goal::{Goal, interval};
use crate::load::Load;
use crate::placement::{Placement, Probe, Processors, assert_own};
use crate::subject::{Subject, options};
use crate::way::{self, Told, Way};

/// How long a table may take for each of the rounds that are asked for: a short program gets more rounds than a long one.
const TIME_A_ROUND: Duration = Duration::from_millis(1500);

/// The fewest rounds whose range is an interval of 95 %.
const FEWEST_ROUNDS: usize = 6;

/// A program that takes longer than this is measured in the first placement only.
const LONG: Duration = Duration::from_secs(2);

/// The placements on a quiet machine, and those under a load.
const QUIET: &[Placement] = &[Placement::Apart, Placement::Free, Placement::OneCore];
const LOADED: &[Placement] = &[Placement::Apart, Placement::Free];

/// The tables of the quiet machine.
pub fn quiet(page: &mut Page, subjects: &[Subject], rounds: usize) -> Result<(), Error> {
    tables(page, subjects, QUIET, rounds, None)
}

/// The tables of a machine with a load of the bench's own.
pub fn loaded(page: &mut Page, subjects: &[Subject], rounds: usize) -> Result<(), Error> {
    let mut load = Load::start()?;
    page.text(&format!("{} processes of the bench's own spin beside it.", load.processes()));
    tables(page, subjects, LOADED, rounds, Some(&mut load))
}

fn tables(
    page: &mut Page,
    subjects: &[Subject],
    placements: &[Placement],
    rounds: usize,
    mut load: Option<&mut Load>,
) -> Result<(), Error> {
    let (ways, absent) = way::all();
    page.text(
        "Medians [95 %] of ratios to the bare run of the same round; all tools in random order within each round.",
    );
    if !absent.is_empty() {
        page.text(&format!("Not installed here, and so not measured: {}.", absent.join(", ")));
    }
    if let Err(error) = Placement::Apart.processors() {
        page.text(&format!("Nothing is measured with forc and harness apart: {error}."));
    }
    let time = TIME_A_ROUND.saturating_mul(u32::try_from(rounds)?);
    let possible = placements.iter().filter_map(|placement| Some((*placement, placement.processors().ok()?)));
    let possible: Vec<(Placement, Processors)> = possible.collect();
    for subject in subjects {
        let kept = if subject.wall > LONG { 1 } else { possible.len() };
        for (placement, processors) in possible.iter().take(kept) {
            let at_work = load_average();
            let told = measure(subject, processors, &ways, time, load.as_deref_mut())?;
            page.heading(&format!(
                "`{}` ({:.0?}), {}: {} rounds, load {at_work} before",
                subject.name,
                subject.wall,
                placement.name(),
                told.first().map_or(0, Vec::len),
            ));
            table(page, &told, &ways, *placement, load.is_some());
        }
    }
    Ok(())
}

/// What every way tells in every round, until the time is over.
fn measure(
    subject: &Subject,
    processors: &Processors,
    ways: &[Way],
    time: Duration,
    mut load: Option<&mut Load>,
) -> Result<Vec<Vec<Told>>, Error> {
    let (probe, invocation) = (Probe::new()?, subject.invocation("--profile"));
    let own = allowed().ok_or("this platform does not tell where a thread may run")?;
    let mut told: Vec<Vec<Told>> = vec![Vec::new(); ways.len()];
    let mut order: Vec<usize> = (0..ways.len()).collect();
    let mut started = None;
    loop {
        fastrand::shuffle(&mut order);
        for index in &order {
            let way = &ways[*index];
            let name = way.name();
            if let Some(load) = &mut load {
                load.assert_on()?;
            }
            // The harness's threads are looked at once, in the round that does not count: they need time to get to their
            // places, and what puts them there is the same in all rounds.
            let patient = started.is_none() && matches!(way, Way::Collected(_));
            assert_own(&own, &format!("before {name}"))?;
            way.run(&probe.invocation(patient), processors)?;
            probe.check(&name, processors, patient)?;
            let run = way.run(&invocation, processors)?;
            assert_own(&own, &format!("after {name}"))?;
            if started.is_some() {
                told[*index].push(run);
            }
        }
        let started = *started.get_or_insert_with(Instant::now);
        if told[0].len() >= FEWEST_ROUNDS && started.elapsed() >= time {
            return Ok(told);
        }
    }
}

/// The processes at work over the last minute.
fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

fn table(page: &mut Page, told: &[Vec<Told>], ways: &[Way], placement: Placement, loaded: bool) {
    let columns = [
        "measured by",
        "forc's wall / bare",
        "forc's CPU / bare",
        "own CPU / forc's, %",
        "whole call / bare",
        "goal of wall",
        "goal of own CPU",
    ];
    page.head(&columns);
    let Some((bare, others)) = told.split_first() else { return };
    for (way, told) in ways[1..].iter().zip(others) {
        let ratios = |figure: fn(&Told) -> f64| -> Vec<f64> {
            told.iter().zip(bare).map(|(told, bare)| figure(told) / figure(bare)).collect()
        };
        let own: Vec<f64> = told.iter().filter_map(|told| Some(100.0 * told.own_cpu? / told.cpu)).collect();
        let (wall, no_goal) = (ratios(|told| told.wall), || "–".to_owned());
        let (wall_goal, own_goal) = goals(way, placement, loaded);
        page.row(&[
            way.name(),
            interval(&wall, 4),
            interval(&ratios(|told| told.cpu), 4),
            interval(&own, 2),
            interval(&ratios(|told| told.whole), 3),
            wall_goal.map_or_else(no_goal, |goal| goal.of(&wall)),
            own_goal.map_or_else(no_goal, |goal| goal.of(&own)),
        ]);
    }
}

/// What forc-perf promises of the ratio of wall times, and of its own CPU time.
///
/// A frame that has to be taken on forc's own processor takes about 35 µs of it; under a load the harness's processor is
/// nobody's own.
fn goals(way: &Way, placement: Placement, loaded: bool) -> (Option<Goal>, Option<Goal>) {
    let Way::Collected(interval) = way else { return (None, None) };
    let wall = match (placement, loaded) {
        (Placement::Apart | Placement::Free, false) => Some(Goal::new("1.000 ± 0.005", 0.995, 1.005)),
        (Placement::Apart | Placement::Free, true) => Some(Goal::new("1.00 ± 0.02", 0.98, 1.02)),
        (Placement::OneCore, _) if *interval >= collector::DEFAULT_INTERVAL => Some(Goal::new("≤ 1.01", 0.0, 1.01)),
        (Placement::OneCore, _) => None,
    };
    let own = match interval.as_millis() {
        20.. => Some(Goal::new("≤ 1 %", 0.0, 1.0)),
        5.. => None,
        _ => Some(Goal::new("≤ 4 %", 0.0, 4.0)),
    };
    (wall, own)
}

/// Runs with processors of their own against runs without, in rounds whose order is drawn.
pub fn pinning(page: &mut Page, subjects: &[Subject], rounds: usize) -> Result<(), Error> {
    page.text(&format!("{rounds} pairs of runs, with a processor for forc alone and with none, in random order."));
    page.head(&["program", "wall, apart / free", "spread apart, %", "spread free, %"]);
    for subject in subjects {
        let apart = options(collector::DEFAULT_INTERVAL);
        if apart.split.is_none() {
            return Err("one processor cannot be split".into());
        }
        let free = Options { split: None, ..apart.clone() };
        let wall = |options: &Options| -> Result<f64, Error> {
            let recording = subject.collected("--profile", options)?;
            Ok(recording.exited.duration_since(recording.started).as_secs_f64())
        };
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            if fastrand::bool() {
                with.push(wall(&apart)?);
                without.push(wall(&free)?);
            } else {
                without.push(wall(&free)?);
                with.push(wall(&apart)?);
            }
        }
        let ratios: Vec<f64> = with.iter().zip(&without).map(|(with, without)| with / without).collect();
        let spread = |sample: &[f64]| stats::estimate(sample).and_then(|e| e.spread).unwrap_or(f64::NAN) * 100.0;
        page.row(&[
            subject.name.clone(),
            interval(&ratios, 4),
            format!("{:.1}", spread(&with)),
            format!("{:.1}", spread(&without)),
        ]);
    }
    Ok(())
}
