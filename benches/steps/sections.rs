//! The sections of the report.

use std::time::Instant;

use forc_perf::stats::{ChangeRules, Persistence, change_points, detectable};

use crate::otava::{self, P_VALUES};
use crate::series::{Noise, SIGMA, Series};
use crate::{Error, SEED, each, percent, share};

type Section = fn() -> Result<(), Error>;

pub const ALL: [(&str, Section); 7] = [
    ("alarms", alarms),
    ("recall", recall),
    ("plateaus", plateaus),
    ("nights", nights),
    ("detectable", smallest),
    ("intervals", intervals),
    ("time", time),
];

const LENGTHS: [usize; 6] = [8, 30, 60, 100, 300, 1000];
/// Series of each noise and length.
const UNCHANGED: usize = 1000;
/// Those of them, 30 to 300 long, that Otava judges.
const JUDGED: usize = 100;
const STEPPED: usize = 200;
/// Points of the series with steps.
const LENGTH: usize = 200;

fn seed(part: usize, series: usize) -> u64 {
    SEED + 1_000_000 * part as u64 + series as u64
}

fn unchanged(noise: Noise, kind: usize, length: usize, count: usize) -> Vec<Series> {
    each(count, |index| Series::new(noise, length, &[], seed(10 * kind, 2000 * length + index)))
}

fn alarms() -> Result<(), Error> {
    println!("FALSE ALARMS: series without any change that show one, of {UNCHANGED} of each noise and length.");
    println!("Goal: at most 1 % of each. \"Provisional\": those whose end shows one that is not confirmed.\n");
    let lengths: String = LENGTHS.iter().map(|length| format!("{:>8}", format!("n={length}"))).collect();
    println!("{:<20}{lengths}   {:<22} {:<22} Otava as it is (30 to 300 long)", "noise", "all", "provisional");
    for (kind, noise) in Noise::ALL.into_iter().enumerate() {
        let mut cells = String::new();
        let (mut alarms, mut provisional) = (0, 0);
        for length in LENGTHS {
            let series = unchanged(noise, kind, length, UNCHANGED);
            let found = each(UNCHANGED, |index| {
                let points = change_points(&series[index].points, &ChangeRules::default()).points;
                let is_open = |it: &&_| matches!(it, Persistence::Unconfirmed);
                let open = points.iter().map(|point| point.persistence).filter(|it| is_open(&it)).count();
                (points.len() > open, open > 0)
            });
            let here = found.iter().filter(|it| it.0).count();
            alarms += here;
            provisional += found.iter().filter(|it| it.1).count();
            cells += &format!("{:>8}", format!("{:.1} %", percent(here, UNCHANGED)));
        }
        let all = UNCHANGED * LENGTHS.len();
        let rival = match otava_alarms(noise, kind)? {
            Some(hits) => share(hits[0], JUDGED * 4),
            None => "-".to_owned(),
        };
        println!("{:<20}{cells}   {:<22} {:<22} {rival}", noise.name(), share(alarms, all), share(provisional, all));
    }
    Ok(())
}

/// How many unchanged series of this noise Otava finds changed, at each of its p-values.
fn otava_alarms(noise: Noise, kind: usize) -> Result<Option<Vec<usize>>, Error> {
    let series: Vec<Series> = LENGTHS[1..5].iter().flat_map(|length| unchanged(noise, kind, *length, JUDGED)).collect();
    let found = otava::judge(&series.iter().collect::<Vec<_>>(), &P_VALUES)?;
    Ok(found.map(|found| {
        (0..P_VALUES.len()).map(|level| found.iter().filter(|one| !one[level].is_empty()).count()).collect()
    }))
}

/// The largest p-value at which Otava raises at most 1 % of false alarms; the smallest tried if there is none.
fn fair_level(noise: Noise, kind: usize) -> Result<Option<usize>, Error> {
    let alarms = otava_alarms(noise, kind)?;
    Ok(alarms.map(|hits| {
        let fair = hits.iter().position(|hits| *hits * 100 <= JUDGED * 4);
        fair.unwrap_or(P_VALUES.len() - 1)
    }))
}

fn recall() -> Result<(), Error> {
    println!(
        "RECALL / PRECISION: {STEPPED} series of {LENGTH} points with 1 to 5 steps, at least 10 points apart, within ±2"
    );
    println!(
        "points. Columns: forc-perf | Otava as it is | Otava with the p-value that makes at most 1 % of false alarms.\n"
    );
    contest(&[1.0, 1.5, 2.0, 3.0, 5.0, 10.0], |noise, size, seed| Series::stepped(noise, LENGTH, size, 10, seed))
}

fn plateaus() -> Result<(), Error> {
    println!(
        "SHORT PLATEAUS, of 5 and of 10 standard deviations: {STEPPED} series of 100 points that leave their level for"
    );
    println!("so many points (the columns) and come back. Recall / precision as above.");
    for size in [5.0, 10.0] {
        println!("\n{size} standard deviations");
        contest(&[3.0, 4.0, 5.0, 8.0], |noise, points, seed| {
            Series::new(noise, 100, &[(50, size), (50 + points as usize, -size)], seed)
        })?;
    }
    Ok(())
}

fn contest(columns: &[f64], make: impl Fn(Noise, f64, u64) -> Series + Sync) -> Result<(), Error> {
    let header: String = columns.iter().map(|size| format!("{size:>27}")).collect();
    println!("{:<20}{header}   fair p", "noise");
    for (kind, noise) in Noise::ALL.into_iter().enumerate() {
        let level = fair_level(noise, kind)?;
        let mut cells = String::new();
        for (column, size) in columns.iter().enumerate() {
            let series = each(STEPPED, |index| make(noise, *size, seed(500 + 10 * kind, 1000 * column + index)));
            let ours = each(STEPPED, |index| series[index].confirmed().iter().map(|it| it.index).collect::<Vec<_>>());
            let mut cell = rates(&series, &ours);
            if let Some(level) = level {
                let p_values = [P_VALUES[0], P_VALUES[level]];
                if let Some(found) = otava::judge(&series.iter().collect::<Vec<_>>(), &p_values)? {
                    for at in 0..2 {
                        let theirs: Vec<Vec<usize>> = found.iter().map(|one| one[at].clone()).collect();
                        cell += &format!(" | {}", rates(&series, &theirs));
                    }
                }
            }
            cells += &format!("{cell:>27}");
        }
        println!(
            "{:<20}{cells}   {}",
            noise.name(),
            level.map_or("-".to_owned(), |at| format!("{:.0e}", P_VALUES[at]))
        );
    }
    Ok(())
}

/// Recall and precision in per cent.
fn rates(series: &[Series], found: &[Vec<usize>]) -> String {
    let (mut hits, mut wrong, mut steps) = (0, 0, 0);
    for (one, found) in series.iter().zip(found) {
        let score = one.score(found);
        hits += score.0;
        wrong += score.1;
        steps += one.steps.len();
    }
    if hits + wrong == 0 {
        return format!("{:.0}/-", percent(hits, steps));
    }
    format!("{:.0}/{:.0}", percent(hits, steps), percent(hits, hits + wrong))
}

fn nights() -> Result<(), Error> {
    const COUNT: usize = 300;
    println!(
        "NIGHTS until a step after 60 points is seen, provisional or confirmed / confirmed, in % of {COUNT} series.\n"
    );
    let header: String = (1..=8).map(|night| format!("{:>11}", format!("night {night}"))).collect();
    println!("{:<20} {:>6}{header}", "noise", "step");
    for (kind, noise) in Noise::ALL.into_iter().enumerate().filter(|it| it.1 != Noise::Ticks) {
        for size in [5.0, 10.0, 20.0] {
            let cells: String = (1..=8)
                .map(|night| {
                    let found = each(COUNT, |index| {
                        let series = Series::new(noise, 60 + night, &[(60, size)], seed(1000 + 10 * kind, index));
                        let points = change_points(&series.points, &ChangeRules::default()).points;
                        let near = points.iter().filter(|point| point.index.abs_diff(60) <= 2);
                        let states: Vec<bool> =
                            near.map(|point| point.persistence != Persistence::Unconfirmed).collect();
                        (!states.is_empty(), states.contains(&true))
                    });
                    let seen = found.iter().filter(|it| it.0).count();
                    let sure = found.iter().filter(|it| it.1).count();
                    format!("{:>11}", format!("{:.0} / {:.0}", percent(seen, COUNT), percent(sure, COUNT)))
                })
                .collect();
            println!("{:<20} {:>6}{cells}", noise.name(), format!("{size} σ"));
        }
    }
    Ok(())
}

fn smallest() -> Result<(), Error> {
    const COUNT: usize = 400;
    const SIDES: [(usize, usize); 9] =
        [(4, 4), (15, 15), (50, 50), (200, 200), (500, 500), (100, 3), (100, 5), (100, 10), (100, 30)];
    println!(
        "DETECTABLE: the smallest step found nine times out of ten, foretold of each series by its noise as it is"
    );
    println!("estimated without the step; and how often it is found once it is there.\n");
    println!("{:<14} {:>14} {:>6} {:>14} {:>8}   found", "noise", "points before", "after", "median step", "none");
    for (kind, noise) in [Noise::LogNormal, Noise::Correlated(3), Noise::Correlated(5)].into_iter().enumerate() {
        for (place, (before, after)) in SIDES.into_iter().enumerate() {
            let length = before + after;
            let all = each(COUNT, |index| {
                let seed = seed(2000 + 100 * kind + place, index);
                let calm = change_points(&Series::new(noise, length, &[], seed).points, &ChangeRules::default());
                let size = detectable(calm.noise?, length, before, after, &ChangeRules::default())?.ln() / SIGMA;
                let series = Series::new(noise, length, &[(before, size)], seed);
                Some((size, !series.confirmed().is_empty()))
            });
            let mut foretold: Vec<(f64, bool)> = all.into_iter().flatten().collect();
            foretold.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            let hits = foretold.iter().filter(|it| it.1).count();
            let median = foretold.get(foretold.len() / 2).map_or("-".to_owned(), |it| format!("{:.2} σ", it.0));
            println!(
                "{:<14} {before:>14} {after:>6} {median:>14} {:>6} %   {}",
                noise.name(),
                percent(COUNT - foretold.len(), COUNT).round(),
                if foretold.is_empty() { "-".to_owned() } else { share(hits, foretold.len()) }
            );
        }
    }
    Ok(())
}

fn intervals() -> Result<(), Error> {
    println!(
        "INTERVALS, of the changes that are found: that of the ratio (95 %) and that of the place hold the true one.\n"
    );
    println!("{:<20} {:>8} {:>8}   {:<24} {:<24} commits", "noise", "step", "found", "ratio", "place");
    for (kind, noise) in Noise::ALL.into_iter().enumerate().filter(|it| it.1 != Noise::Ticks) {
        for size in [2.0, 5.0] {
            let all = each(300, |index| {
                let series = Series::new(noise, 120, &[(60, size)], seed(3000 + 10 * kind, index));
                let found = series.confirmed();
                let near = found.iter().filter(|it| it.earliest <= 70 && it.latest >= 50);
                near.map(|it| {
                    let truth = (size * SIGMA).exp();
                    let has_place = it.earliest <= 60 && 60 <= it.latest;
                    (it.low <= truth && truth <= it.high, has_place, it.latest - it.earliest + 1)
                })
                .next()
            });
            let found: Vec<_> = all.into_iter().flatten().collect();
            let widths = found.iter().map(|it| it.2).sum::<usize>();
            println!(
                "{:<20} {:>8} {:>8}   {:<24} {:<24} {:.1}",
                noise.name(),
                format!("{size} σ"),
                found.len(),
                share(found.iter().filter(|it| it.0).count(), found.len()),
                share(found.iter().filter(|it| it.1).count(), found.len()),
                widths as f64 / found.len().max(1) as f64
            );
        }
    }
    Ok(())
}

fn time() -> Result<(), Error> {
    println!("TIME of 3,000 points with 12 and with 200 steps, the least and the most of 20.\n");
    for noise in [Noise::LogNormal, Noise::Outliers, Noise::Correlated(5)] {
        for steps in [12, 200] {
            let mut took: Vec<f64> = (0..20)
                .map(|index| {
                    let apart = 3000 / (steps + 1);
                    let places: Vec<(usize, f64)> =
                        (1..=steps).map(|step| (step * apart, if step % 3 == 0 { -8.0 } else { 5.0 })).collect();
                    let series = Series::new(noise, 3000, &places, seed(4000, index));
                    let started = Instant::now();
                    std::hint::black_box(change_points(&series.points, &ChangeRules::default()));
                    1000.0 * started.elapsed().as_secs_f64()
                })
                .collect();
            took.sort_unstable_by(f64::total_cmp);
            println!("{:<20} {steps:>4} steps: {:.1} to {:.1} ms", noise.name(), took[0], took[took.len() - 1]);
        }
    }
    Ok(())
}
