//! What to do next, as a command.

use std::path::Path;
use std::time::Duration;

use super::phrase::Phrase;
use super::row::{Class, Row};
use super::settings::thresholds;
use crate::model::{CompareSettings, Comparison, Origin, Schedule, Side, StdChoice, Unit};
use crate::report::{format, shell};

/// The suite that is read where none is named.
const DEFAULT_SUITE: &str = "fixtures";
/// More time than this nobody gives a comparison; counting instructions is then the better advice.
const LONGEST_BUDGET: Duration = Duration::from_secs(2 * 3600);
/// More benchmarks than this are not named one by one in a command.
const MOST_IDS: usize = 6;
/// Of a run's wall time, so much goes by between it and the next one.
const BETWEEN_RUNS: f64 = 1.1;

/// What a side is called.
pub(crate) fn side_name(side: &Side) -> String {
    if side.control { format!("{} (control)", side.name) } else { side.name.clone() }
}

/// The next thing to do, for whoever reads no further.
pub(crate) fn next(comparison: &Comparison, rows: &[Row]) -> Phrase {
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
        let what = match (comparison.settings.interleaved, row.class) {
            (false, _) => "measure it side by side: ",
            (true, Class::Different) => "see which files differ: ",
            _ => "see where it comes from: ",
        };
        let command =
            Words::compare(comparison, Some(row.side)).id(&row.benchmark.id).all(&["--all", "--format", "html"]);
        return Phrase::new(what).command(to_page(&command));
    }
    // More blocks of one binary against itself decide nothing.
    if comparison.different_compilers().next().is_none() {
        return Phrase::new("see what this machine does to a measurement: ").command("forc-perf doctor".to_owned());
    }
    let open: Vec<&Row> = rows.iter().filter(|row| row.open().is_some()).collect();
    if !open.is_empty() {
        return decide(comparison, rows, &open);
    }
    if let Some(row) = of(Class::Improved) {
        let command =
            Words::compare(comparison, Some(row.side)).id(&row.benchmark.id).all(&["--all", "--format", "html"]);
        return Phrase::new("see what became better: ").command(to_page(&command));
    }
    let command = Words::compare(comparison, None).all(&["--fail-on", "regression"]);
    Phrase::new("nothing to look into; to keep it so in CI: ").command(command.line())
}

/// A command that prints a page, and where the page goes.
fn to_page(command: &Words) -> String {
    command.line() + " > comparison.html"
}

/// The command of a build that failed on the other side, or on the base, for a row of one.
fn failed(comparison: &Comparison, row: &Row, on_other: bool) -> Option<Phrase> {
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
fn decide(comparison: &Comparison, rows: &[Row], open: &[&Row]) -> Phrase {
    let settings = &comparison.settings;
    let mut ids: Vec<&str> = open.iter().map(|row| row.benchmark.id.as_str()).collect();
    ids.dedup();
    let few = ids.len() <= MOST_IDS;
    let mut command = Words::compare(comparison, one_side(open));
    if few {
        command = ids.into_iter().fold(command, Words::id);
    }
    if open.iter().all(|row| row.open().is_some_and(|figure| figure.metric.unit() != Unit::Nanoseconds)) {
        let runs = settings.max_runs.saturating_mul(2).to_string();
        return Phrase::new("make more blocks: ").command(command.all(&["--max-runs", &runs]).line());
    }
    // Without patterns everything is measured again, what is decided as well.
    let measured = rows.iter().filter(|row| !few || row.open().is_some());
    let blocks = |row: &Row| -> Option<usize> {
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
    match (time, most) {
        (Some(time), Some(most)) if time <= LONGEST_BUDGET || settings.instruction_runs.is_some() => {
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
fn one_side(rows: &[&Row]) -> Option<usize> {
    let first = rows.first()?.side;
    rows.iter().all(|row| row.side == first).then_some(first)
}

/// How long a block of the base and the row's side takes, up to `width` of them at once.
fn block_seconds(row: &Row, width: usize) -> Option<f64> {
    let wall = row.benchmark.wall()?;
    let both = if width > 1 { wall.base.max(wall.other) } else { wall.base + wall.other };
    let seconds = both * BETWEEN_RUNS / 1e9;
    (seconds.is_finite() && seconds > 0.0).then_some(seconds)
}

/// A time as one gives it: whole minutes, or tens of them.
fn rounded_up(time: Duration) -> String {
    let minutes = (time.as_secs_f64() / 60.0).ceil().max(1.0);
    let minutes = if minutes > 20.0 { (minutes / 10.0).ceil() * 10.0 } else { minutes };
    format!("{minutes}m")
}

/// The command that measures the same again: same seed, same settings.
pub(crate) fn reproduction(comparison: &Comparison) -> String {
    let given = &comparison.settings.command;
    if !given.is_empty() {
        let seed = comparison.settings.seed.to_string();
        let named = given.iter().any(|word| word == "--seed" || word.starts_with("--seed="));
        let words = given.iter().filter(|word| *word != "--resume").cloned().collect();
        return if named { Words(words) } else { Words(words).all(&["--seed", &seed]) }.line();
    }
    let CompareSettings { seed, min_runs, max_runs, budget, interval, time_limit, .. } = &comparison.settings;
    let mut words = Words::compare(comparison, None);
    if comparison.sides.iter().any(|side| side.control) {
        words = words.all(&["--control"]);
    }
    if comparison.settings.counters.is_some() {
        words = words.all(&["--counters"]);
    }
    if let Some(runs) = comparison.settings.instruction_runs {
        words = words.all(&[&format!("--instructions={runs}")]);
    }
    if comparison.settings.schedule != Schedule::Turns {
        words = words.all(&["--schedule", "duet"]);
    } else if comparison.settings.interleaved {
        words = words.all(&["--schedule", "turns"]);
    }
    if comparison.settings.interleaved && comparison.settings.schedule == Schedule::Turns && !comparison.settings.pinned
    {
        words = words.all(&["--pin", "never"]);
    }
    if let Some(budget) = budget {
        words = words.all(&["--budget", &time(*budget)]);
    }
    words = words.all(&["--min-runs", &min_runs.to_string(), "--max-runs", &max_runs.to_string()]);
    for (metric, threshold) in thresholds(comparison) {
        // Rounded, lest 0.07 * 100 be told as 7.000000000000001.
        let percent = (threshold * 1e8).round() / 1e6;
        words = words.all(&["--threshold", &format!("{}={percent}", metric.word())]);
    }
    words.all(&["--interval", &time(*interval), "--time-limit", &time(*time_limit), "--seed", &seed.to_string()]).line()
}

fn time(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// How a side's compiler is named on the command line: as it was, or where its name is a report's, by where it came from.
fn compiler(side: &Side, named: bool) -> String {
    match &side.toolchain.origin {
        _ if named => side.name.clone(),
        Origin::Release(version) => version.clone(),
        Origin::Fuelup(name) => format!("+{name}"),
        // A branch has moved since, and the two reports' may be one.
        Origin::Revision(revision) if revision.tree.is_none() => revision.short(),
        Origin::Revision(revision) => revision.name.clone(),
        Origin::Path | Origin::Variable | Origin::SearchPath => side.toolchain.path.display().to_string(),
    }
}

/// A command line of `forc-perf compare` in the making.
struct Words(Vec<String>);

impl Words {
    /// With all sides, or the base and one.
    fn compare(comparison: &Comparison, side: Option<usize>) -> Self {
        let mut words = vec!["forc-perf".to_owned(), "compare".to_owned()];
        let wanted =
            |(index, one): &(usize, &Side)| !one.control && (*index == 0 || side.is_none_or(|side| side == *index));
        let interleaved = comparison.settings.interleaved;
        words.extend(comparison.sides.iter().enumerate().filter(wanted).map(|(_, side)| compiler(side, interleaved)));
        let settings = &comparison.settings;
        // Of what others have recorded, neither suite nor repository is known.
        if settings.suite != Path::new(DEFAULT_SUITE) && !settings.suite.as_os_str().is_empty() {
            words.extend(["--suite".to_owned(), settings.suite.display().to_string()]);
        }
        let revision = comparison.sides.iter().find_map(|side| match &side.toolchain.origin {
            Origin::Revision(revision) => Some(revision),
            _ => None,
        });
        if let Some(revision) = revision.filter(|revision| !revision.repository.is_empty()) {
            words.extend(["--sway".to_owned(), revision.repository.clone()]);
            if !revision.cargo_flags.is_empty() {
                // One word with the `=`: flags begin with a dash.
                words.push(format!("--cargo-flags={}", shell::line(&revision.cargo_flags)));
            }
        }
        if let StdChoice::Same(std) = &settings.std {
            let base = comparison.base().and_then(|base| base.std.as_ref()) == Some(std);
            let std = if base { "base".to_owned() } else { std.display().to_string() };
            words.extend(["--std".to_owned(), std]);
        }
        Self(words)
    }

    fn all(mut self, words: &[&str]) -> Self {
        self.0.extend(words.iter().map(|word| (*word).to_owned()));
        self
    }

    /// With only this benchmark.
    fn id(self, id: &str) -> Self {
        // An id may hold what a pattern takes for its own.
        let literal = id.contains(['*', '?', '[']);
        let id = if literal { glob::Pattern::escape(id) } else { id.to_owned() };
        self.all(&["--select", &id])
    }

    fn line(&self) -> String {
        shell::line(&self.0)
    }
}
