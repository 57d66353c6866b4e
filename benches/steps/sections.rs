//! The parts of the report.

use std::time::Instant;

use forc_perf::stats::{self, ChangeRules, Persistence, change_points, detectable};

use crate::SEED;
use crate::figures::{Error, Page};
use crate::otava::{self, P_VALUES};
use crate::series::{Noise, SIGMA, Series};
use crate::simulation::{each, percent, share};

type Section = fn(&mut Page) -> Result<(), Error>;

/// Name, title and measurement of each.
pub const ALL: [(&str, &str, Section); 7] = [
    ("alarms", "False alarms", alarms),
    ("recall", "Steps that are found, and changes that are true", recall),
    ("plateaus", "Levels that are held for a few points", plateaus),
    ("nights", "Nights until a step is seen", nights),
    ("detectable", "The smallest step that can be found", smallest),
    ("intervals", "Intervals", intervals),
    ("time", "Time", time),
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

fn alarms(page: &mut Page) -> Result<(), Error> {
    page.text(&format!(
        "Series without any change that show one: per cent of {UNCHANGED} series of each noise and length (the columns), \
         and of all lengths with an interval of 95 %. Goal: at most 1 %. *Unconfirmed*: per cent of all series whose end \
         shows a change that is not confirmed yet. *Otava*: as it is, on {} series of 30 to 300 points.",
        JUDGED * 4
    ));
    let lengths = LENGTHS.map(|length| length.to_string());
    page.head(&[&["noise".to_owned()], &lengths[..], &["all", "unconfirmed", "Otava"].map(str::to_owned)].concat());
    for (kind, noise) in Noise::ALL.into_iter().enumerate() {
        let mut cells = vec![noise.name()];
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
            cells.push(format!("{:.1}", percent(here, UNCHANGED)));
        }
        let all = UNCHANGED * LENGTHS.len();
        let rival = otava_alarms(noise, kind)?;
        cells.extend([share(alarms, all), share(provisional, all)]);
        cells.push(rival.map_or("–".to_owned(), |hits| share(hits[0], JUDGED * 4)));
        page.row(&cells);
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

fn recall(page: &mut Page) -> Result<(), Error> {
    page.text(&format!(
        "{STEPPED} series of {LENGTH} points with 1 to 5 steps, at least 10 points apart. Found / true: per cent of the steps \
         that are found within 2 points, and of the changes found that are such a step."
    ));
    let sizes = [1.0, 1.5, 2.0, 3.0, 5.0, 10.0].map(|size| (size, format!("{size} σ")));
    contest(page, "step", &sizes, |noise, size, seed| Series::stepped(noise, LENGTH, size, 10, seed))
}

fn plateaus(page: &mut Page) -> Result<(), Error> {
    page.text(&format!(
        "{STEPPED} series of 100 points that leave their level for a few points and come back. Found / true as above."
    ));
    for size in [5.0, 10.0] {
        page.heading(&format!("{size} standard deviations"));
        let lengths = [3.0, 4.0, 5.0, 8.0].map(|points| (points, format!("{points}")));
        contest(page, "points", &lengths, |noise, points, seed| {
            Series::new(noise, 100, &[(50, size), (50 + points as usize, -size)], seed)
        })?;
    }
    Ok(())
}

/// A table of what forc-perf and Otava find in series that `make` makes, by noise and case.
fn contest(
    page: &mut Page,
    what: &str,
    cases: &[(f64, String)],
    make: impl Fn(Noise, f64, u64) -> Series + Sync,
) -> Result<(), Error> {
    page.head(&[
        "noise",
        what,
        "forc-perf, found / true",
        "Otava",
        "Otava, held to 1 % of false alarms",
        "its p-value then",
    ]);
    for (kind, noise) in Noise::ALL.into_iter().enumerate() {
        let level = fair_level(noise, kind)?;
        for (column, (case, name)) in cases.iter().enumerate() {
            let series = each(STEPPED, |index| make(noise, *case, seed(500 + 10 * kind, 1000 * column + index)));
            let ours = each(STEPPED, |index| series[index].confirmed().iter().map(|it| it.index).collect::<Vec<_>>());
            let mut theirs = ["–"; 3].map(str::to_owned);
            if let Some(level) = level
                && let Some(found) = otava::judge(&series.iter().collect::<Vec<_>>(), &[P_VALUES[0], P_VALUES[level]])?
            {
                for (at, cell) in theirs.iter_mut().take(2).enumerate() {
                    let found: Vec<Vec<usize>> = found.iter().map(|one| one[at].clone()).collect();
                    *cell = rates(&series, &found);
                }
                theirs[2] = format!("{:.0e}", P_VALUES[level]);
            }
            page.row(&[&[noise.name(), name.clone(), rates(&series, &ours)], &theirs[..]].concat());
        }
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
        return format!("{:.0} / –", percent(hits, steps));
    }
    format!("{:.0} / {:.0} %", percent(hits, steps), percent(hits, hits + wrong))
}

fn nights(page: &mut Page) -> Result<(), Error> {
    const COUNT: usize = 300;
    page.text(&format!(
        "Per cent of {COUNT} series in which a step after 60 points is seen, confirmed or not / confirmed, by the number of \
         nights since."
    ));
    let nights: Vec<String> = (1..=8).map(|night| format!("night {night}")).collect();
    page.head(&[&["noise".to_owned(), "step".to_owned()], &nights[..]].concat());
    for (kind, noise) in Noise::ALL.into_iter().enumerate().filter(|it| it.1 != Noise::Ticks) {
        for size in [5.0, 10.0, 20.0] {
            let mut cells = vec![noise.name(), format!("{size} σ")];
            for night in 1..=8 {
                let found = each(COUNT, |index| {
                    let series = Series::new(noise, 60 + night, &[(60, size)], seed(1000 + 10 * kind, index));
                    let points = change_points(&series.points, &ChangeRules::default()).points;
                    let near = points.iter().filter(|point| point.index.abs_diff(60) <= 2);
                    let states: Vec<bool> = near.map(|point| point.persistence != Persistence::Unconfirmed).collect();
                    (!states.is_empty(), states.contains(&true))
                });
                let seen = found.iter().filter(|it| it.0).count();
                let sure = found.iter().filter(|it| it.1).count();
                cells.push(format!("{:.0} / {:.0}", percent(seen, COUNT), percent(sure, COUNT)));
            }
            page.row(&cells);
        }
    }
    Ok(())
}

fn smallest(page: &mut Page) -> Result<(), Error> {
    const COUNT: usize = 400;
    const SIDES: [(usize, usize); 9] =
        [(4, 4), (15, 15), (50, 50), (200, 200), (500, 500), (100, 3), (100, 5), (100, 10), (100, 30)];
    page.text(
        "The smallest step that is found nine times out of ten, predicted for each series from its noise before there was a \
         step; and how often that step is then found.",
    );
    page.head(&[
        "noise",
        "points before",
        "after",
        "median of the predicted step",
        "nothing predicted",
        "found [95 %]",
    ]);
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
            let predicted: Vec<(f64, bool)> = all.into_iter().flatten().collect();
            let hits = predicted.iter().filter(|it| it.1).count();
            let sizes: Vec<f64> = predicted.iter().map(|it| it.0).collect();
            page.row(&[
                noise.name(),
                before.to_string(),
                after.to_string(),
                stats::median(&sizes).map_or("–".to_owned(), |size| format!("{size:.2} σ")),
                format!("{:.0} %", percent(COUNT - predicted.len(), COUNT)),
                if predicted.is_empty() { "–".to_owned() } else { share(hits, predicted.len()) },
            ]);
        }
    }
    Ok(())
}

fn intervals(page: &mut Page) -> Result<(), Error> {
    const COUNT: usize = 300;
    page.text(&format!(
        "Of the changes that are found in {COUNT} series with one step: how often the interval of the ratio (95 %) and the \
         commits named hold the true ones [95 %]."
    ));
    page.head(&["noise", "step", "found", "ratio", "place", "commits named, mean"]);
    for (kind, noise) in Noise::ALL.into_iter().enumerate().filter(|it| it.1 != Noise::Ticks) {
        for size in [2.0, 5.0] {
            let all = each(COUNT, |index| {
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
            page.row(&[
                noise.name(),
                format!("{size} σ"),
                found.len().to_string(),
                share(found.iter().filter(|it| it.0).count(), found.len()),
                share(found.iter().filter(|it| it.1).count(), found.len()),
                format!("{:.1}", widths as f64 / found.len().max(1) as f64),
            ]);
        }
    }
    Ok(())
}

fn time(page: &mut Page) -> Result<(), Error> {
    const COUNT: usize = 20;
    page.text(&format!("Of 3,000 points, ms: the median of {COUNT} series, the least and the most."));
    page.head(&["noise", "steps", "median", "least", "most"]);
    for noise in [Noise::LogNormal, Noise::Outliers, Noise::Correlated(5)] {
        for steps in [12, 200] {
            let took: Vec<f64> = (0..COUNT)
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
            let Some(took) = stats::estimate(&took) else { continue };
            let figures = [took.median, took.min, took.max].map(|time| format!("{time:.1}"));
            page.row(&[&[noise.name(), steps.to_string()], &figures[..]].concat());
        }
    }
    Ok(())
}
