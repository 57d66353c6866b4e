//! What to do next, as a command.

use std::time::Duration;

use super::commands::{Words, compiler, given};
use super::phrase::Phrase;
use crate::model::{Comparison, MOST_RUNS, Unit};
use crate::text::{format, shell};
use crate::verdict::{BenchmarkRow, Class};

/// If a comparison needs more time than this, the advice is to count instructions.
const LONGEST_BUDGET: Duration = Duration::from_secs(2 * 3600);
/// More benchmarks than this are not named one by one in a command.
const MOST_IDS: usize = 6;
/// With fewer pairs it is unknown how many more are needed.
const TOO_FEW: usize = 5;
/// Where a page goes.
const PAGE: &str = " > comparison.html";
/// The budget for repeating a comparison that ended before anything was decided.
const BUDGET: &str = "10m";
/// The time between two runs, as a share of a run's wall time.
const BETWEEN_RUNS: f64 = 1.1;

/// The next thing to do.
pub(crate) fn next(comparison: &Comparison, rows: &[BenchmarkRow]) -> Phrase {
    if let Some(phrase) = rows.iter().find_map(|row| failed(comparison, row, true)) {
        return phrase;
    }
    if !comparison.has_measurements() {
        if let Some(phrase) = rows.iter().find_map(|row| failed(comparison, row, false)) {
            return phrase;
        }
        return Phrase::new("see what there is to measure: ").command(shell::line(&["forc-perf", "list"]));
    }
    let of = |class: Class| rows.iter().find(|row| row.class == class);
    if let Some(row) = of(Class::Regressed).or_else(|| of(Class::Different)) {
        return match (comparison.settings.interleaved, row.class) {
            (false, _) => side_by_side(comparison, row),
            (true, Class::Different) => Phrase::new("see which files differ: ").command(shown(comparison)),
            _ => Phrase::new("see where it comes from: ").command(shown(comparison)),
        };
    }
    // More blocks of one binary against itself would decide nothing.
    if comparison.different_compilers().next().is_none() {
        return Phrase::new("see what this machine does to a measurement: ").command("forc-perf doctor".to_owned());
    }
    let open: Vec<&BenchmarkRow> = rows.iter().filter(|row| row.open().is_some()).collect();
    if !open.is_empty() {
        return decide(comparison, rows, &open);
    }
    if let Some(row) = of(Class::Improved) {
        return match comparison.settings.interleaved {
            true => Phrase::new("see what became better: ").command(shown(comparison)),
            false => side_by_side(comparison, row),
        };
    }
    let command = Words::compare(comparison, None).all(&["--fail-on", "regression"]);
    Phrase::new("nothing to look into; to keep it so in CI: ").command(command.line())
}

/// The command that shows all of what was measured as a page, and where the page goes.
fn shown(comparison: &Comparison) -> String {
    let command = &comparison.settings.command;
    let kept = given(command, "--output").last();
    let words = ["forc-perf", "show"].into_iter().chain(kept).map(str::to_owned);
    Words::new(words).all(&["--all", "--format", "html"]).line() + PAGE
}

/// The comparison that would decide what two reports, measured one after the other, only suggest.
fn side_by_side(comparison: &Comparison, row: &BenchmarkRow) -> Phrase {
    let names = [0, row.side].map(|side| comparison.sides.get(side).map(|side| compiler(side, false)));
    match names {
        // One was built over the other.
        [Some(base), Some(other)] if base == other => {
            Phrase::new("measure a copy of each compiler side by side; both reports call theirs ").name(base)
        }
        _ => {
            let words = Words::compare(comparison, Some(row.side)).id(&row.benchmark.id);
            Phrase::new("measure it side by side: ").command(words.all(&["--all", "--format", "html"]).line() + PAGE)
        }
    }
}

/// The command of a build that failed on the other side, or on the base, for a row of one.
fn failed(comparison: &Comparison, row: &BenchmarkRow, on_other: bool) -> Option<Phrase> {
    let failed = row.benchmark.failed.as_ref()?;
    if on_other {
        failed.other.as_ref()?
    } else {
        failed.base.as_ref()?
    };
    let side = comparison.sides.get(if on_other { row.side } else { 0 })?;
    let measured = side.benchmarks.get(row.index).filter(|measured| !measured.command.is_empty())?;
    Some(Phrase::new("see the build fail: ").command(shell::line(&measured.command)))
}

/// How to get a verdict where there was none.
fn decide(comparison: &Comparison, rows: &[BenchmarkRow], open: &[&BenchmarkRow]) -> Phrase {
    let settings = &comparison.settings;
    let mut ids: Vec<&str> = open.iter().map(|row| row.benchmark.id.as_str()).collect();
    ids.dedup();
    let few = ids.len() <= MOST_IDS;
    let mut command = match Words::again(comparison) {
        Some(command) if !few => command,
        _ => {
            let command = Words::compare(comparison, one_side(open)).with_given(&settings.command);
            if few { ids.into_iter().fold(command, Words::id) } else { command }
        }
    };
    if open.iter().all(|row| row.open().is_some_and(|figure| figure.metric.unit() != Unit::Nanoseconds)) {
        let runs = settings.max_runs.saturating_mul(2).min(MOST_RUNS).to_string();
        return Phrase::new("make more blocks: ").command(command.all(&["--max-runs", &runs]).line());
    }
    // Without patterns everything is measured again, what is decided as well.
    let measured = rows.iter().filter(|row| !few || row.open().is_some());
    let blocks = |row: &BenchmarkRow| -> Option<usize> {
        let more = match row.open() {
            Some(figure) => figure.more_runs?,
            None => 0,
        };
        Some(row.benchmark.pairs.saturating_add(more))
    };
    let most = open.iter().map(|row| blocks(row)).collect::<Option<Vec<usize>>>();
    let most = most.and_then(|blocks| blocks.into_iter().max());
    let time: f64 =
        measured.filter_map(|row| Some(blocks(row)? as f64 * block_seconds(row, settings.schedule.width())?)).sum();
    let time = Duration::try_from_secs_f64(time).ok().filter(|time| *time > Duration::ZERO);
    if most.is_none() && settings.interleaved {
        let figures = || open.iter().filter_map(|row| row.open());
        if figures().all(|figure| figure.threshold <= 0.0) {
            let why = "say which change would matter, as nothing is shown to be equal to the last bit: ";
            return Phrase::new(why).command(command.without("--threshold").all(&["--threshold", "1%"]).line());
        }
        if figures().any(|figure| figure.pairs < TOO_FEW) {
            return Phrase::new("measure longer: ").command(command.all(&["--budget", BUDGET]).line());
        }
    }
    match (time, most) {
        (Some(time), Some(most))
            if most <= MOST_RUNS && time <= LONGEST_BUDGET || settings.instruction_runs.is_some() =>
        {
            command = command.all(&["--budget", &rounded_up(time)]);
            if most > settings.max_runs {
                command = command.all(&["--max-runs", &most.to_string()]);
            }
            Phrase::new(format!("measure for about {}: ", format::long_duration(time))).command(command.line())
        }
        _ if settings.instruction_runs.is_none() => {
            let why = "times are too noisy here; count instructions instead: ";
            Phrase::new(why).command(command.all(&["--instructions"]).line())
        }
        _ => Phrase::new("measure on a quieter machine: ").command(command.line()),
    }
}

/// The side, if all rows are of one.
fn one_side(rows: &[&BenchmarkRow]) -> Option<usize> {
    let first = rows.first()?.side;
    rows.iter().all(|row| row.side == first).then_some(first)
}

/// How long a block of the base and the row's side takes, up to `width` of them at once.
fn block_seconds(row: &BenchmarkRow, width: usize) -> Option<f64> {
    let wall = row.benchmark.wall()?;
    let both = if width > 1 { wall.base.max(wall.other) } else { wall.base + wall.other };
    let seconds = both * BETWEEN_RUNS / 1e9;
    (seconds.is_finite() && seconds > 0.0).then_some(seconds)
}

/// A time for a command line: whole minutes, or tens of them.
fn rounded_up(time: Duration) -> String {
    let minutes = (time.as_secs_f64() / 60.0).ceil().max(1.0);
    let minutes = if minutes > 20.0 { (minutes / 10.0).ceil() * 10.0 } else { minutes };
    format!("{minutes}m")
}
