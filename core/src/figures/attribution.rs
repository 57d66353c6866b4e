//! All of a run's time, in named rows.
//!
//! Every instant of a run belongs to exactly one top-level row: the top-level phase that is running, or "outside". If
//! several run at once, as in a compiler that builds packages in parallel, the one that started last counts. So the
//! top-level rows of a run always sum to its wall time.

use std::collections::{BinaryHeap, HashMap};

use super::of_phase;
use crate::metric::OfPhases;
use crate::model::{Benchmark, BenchmarkPhase, Metric, SerdeInstant};

/// A row of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributionRow {
    /// What the row is about.
    pub key: AttributionKey,
    /// What it took.
    pub cost: Cost,
}

/// The cost of a phase, or of several phases together, in one run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Wall time in nanoseconds.
    pub wall: f64,
    /// Share of the run's wall time, 0 to 1.
    pub share: f64,
    /// The values of the other metrics, at each metric's index.
    others: [Option<f64>; Metric::ALL.len()],
}

impl Cost {
    /// Wall time without other values.
    fn of_time(wall: f64) -> Self {
        Self { wall, share: 0.0, others: [None; Metric::ALL.len()] }
    }

    /// Of a phase with this part of the run's wall time.
    fn of(phase: &BenchmarkPhase, wall: f64) -> Self {
        let mut cost = Self::of_time(wall);
        for metric in Metric::of_phases() {
            cost.others[metric as usize] = of_phase(phase, metric);
        }
        cost
    }

    /// One metric in its unit; absent where it was not read, or is not measured by phase.
    pub fn value(&self, metric: Metric) -> Option<f64> {
        if metric == Metric::Wall { Some(self.wall) } else { self.others[metric as usize] }
    }

    /// Both together. What one of them lacks is absent.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.wall += other.wall;
        self.share += other.share;
        for metric in Metric::of_phases() {
            let (a, b) = (self.others[metric as usize], other.others[metric as usize]);
            self.others[metric as usize] = a.zip(b).map(|(a, b)| match metric.spec().of_phases {
                OfPhases::Max => a.max(b),
                OfPhases::Sum | OfPhases::Unknown => a + b,
            });
        }
        self
    }
}

/// What a row is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AttributionKey {
    /// The package; absent in rows over all packages, and for the time that belongs to none.
    pub package: Option<String>,
    /// The phase; absent for the time outside phases.
    pub phase: Option<String>,
    /// How many phases contain it.
    pub depth: u32,
}

impl AttributionKey {
    /// Whether this is the time that belongs to no phase of any package.
    pub fn is_rest(&self) -> bool {
        self.phase.is_none() && self.package.is_none()
    }
}

/// The rows over all packages: phases of the same name and depth are summed. `None` if the run's ends are unknown.
pub fn attribute(run: &Benchmark) -> Option<Vec<AttributionRow>> {
    rows(run, |_| None)
}

/// The rows package by package; between the phases of one package lies that package's own time outside phases.
pub fn attribute_by_package(run: &Benchmark) -> Option<Vec<AttributionRow>> {
    rows(run, |phase| phase.package.clone())
}

/// The rows over all packages as far as they are known. If the ends of the run are unknown, the rows are its phases with the
/// lengths that the compiler gave, and their shares of all phases together; the time outside phases is then unknown.
pub fn attributed(run: &Benchmark) -> Vec<AttributionRow> {
    attribute(run).unwrap_or_else(|| announced(run, |_| None))
}

/// The same package by package.
pub fn attributed_by_package(run: &Benchmark) -> Vec<AttributionRow> {
    attribute_by_package(run).unwrap_or_else(|| announced(run, |phase| phase.package.clone()))
}

fn rows(run: &Benchmark, package: impl Fn(&BenchmarkPhase) -> Option<String>) -> Option<Vec<AttributionRow>> {
    let wall = run.wall()?.as_nanos() as f64;
    // A top-level phase's wall time is what the sweep below gives it.
    let mut table = of_phases(run, &package, |phase, own| if phase.depth == 0 { 0.0 } else { own });
    for (owner, duration) in sweep(run)? {
        let key = match owner {
            Owner::Phase(index) => {
                let phase = run.phases.get(index)?;
                AttributionKey { package: package(phase), phase: Some(phase.name.clone()), depth: 0 }
            }
            Owner::Between(index) => AttributionKey { package: package(run.phases.get(index)?), phase: None, depth: 0 },
            Owner::Nobody => AttributionKey { package: None, phase: None, depth: 0 },
        };
        match table.get(&key) {
            Some(row) => row.cost.wall += duration,
            None => table.add(AttributionRow { key, cost: Cost::of_time(duration) }),
        }
    }
    let mut rows = table.rows;
    share(&mut rows, wall);
    Some(group_by_package(rows))
}

fn announced(run: &Benchmark, package: impl Fn(&BenchmarkPhase) -> Option<String>) -> Vec<AttributionRow> {
    let mut rows = of_phases(run, &package, |_, own| own).rows;
    let all = rows.iter().filter(|row| row.key.depth == 0).map(|row| row.cost.wall).sum();
    share(&mut rows, all);
    rows
}

/// Rows in the order of their first appearance, found by their keys.
#[derive(Default)]
struct Table {
    rows: Vec<AttributionRow>,
    places: HashMap<AttributionKey, usize>,
}

impl Table {
    fn get(&mut self, key: &AttributionKey) -> Option<&mut AttributionRow> {
        self.rows.get_mut(*self.places.get(key)?)
    }

    fn add(&mut self, row: AttributionRow) {
        self.places.insert(row.key.clone(), self.rows.len());
        self.rows.push(row);
    }
}

/// A row for each phase that has a length, those of one name, depth and package summed; `wall` says what of a phase's own
/// wall time its row gets.
fn of_phases(
    run: &Benchmark,
    package: impl Fn(&BenchmarkPhase) -> Option<String>,
    wall: impl Fn(&BenchmarkPhase, f64) -> f64,
) -> Table {
    let mut table = Table::default();
    for phase in &run.phases {
        let Some(duration) = phase.wall() else { continue };
        let key = AttributionKey { package: package(phase), phase: Some(phase.name.clone()), depth: phase.depth };
        let cost = Cost::of(phase, wall(phase, duration.as_nanos() as f64));
        match table.get(&key) {
            Some(row) => row.cost = row.cost.and(&cost),
            None => table.add(AttributionRow { key, cost }),
        }
    }
    table
}

fn share(rows: &mut [AttributionRow], all: f64) {
    for row in rows {
        row.cost.share = if all > 0.0 { row.cost.wall / all } else { 0.0 };
    }
}

/// Keeps the order of first appearance, but the rows of one package together and the rest of the run last.
fn group_by_package(rows: Vec<AttributionRow>) -> Vec<AttributionRow> {
    let mut packages: HashMap<Option<String>, usize> = HashMap::new();
    for row in &rows {
        let next = packages.len();
        packages.entry(row.key.package.clone()).or_insert(next);
    }
    let mut rows: Vec<AttributionRow> = rows;
    rows.sort_by_key(|row| {
        let package = packages.get(&row.key.package);
        // The time outside phases comes last: a package's after its phases, the run's after all packages.
        (row.key.is_rest(), package, row.key.phase.is_none())
    });
    rows
}

/// The owner of an interval of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    /// The top-level phase with this index.
    Phase(usize),
    /// The package of the phase with this index, between two of its phases.
    Between(usize),
    /// Nobody's.
    Nobody,
}

/// Cuts the run at the ends of its top-level phases. Gives each piece's owner and its length in nanoseconds.
fn sweep(run: &Benchmark) -> Option<Vec<(Owner, f64)>> {
    let start = run.start_time?;
    // A file may say that a run ended before it began.
    let end = run.end_time?.max(start);
    let phases: Vec<(usize, SerdeInstant, SerdeInstant)> = run
        .phases
        .iter()
        .enumerate()
        .filter(|(_, phase)| phase.depth == 0)
        .filter_map(|(index, phase)| {
            Some((index, phase.start_time?.clamp(start, end), phase.end_time?.clamp(start, end)))
        })
        .collect();
    let mut cuts: Vec<SerdeInstant> =
        phases.iter().flat_map(|(_, from, to)| [*from, *to]).chain([start, end]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let by = |key: fn(&(usize, SerdeInstant, SerdeInstant)) -> (SerdeInstant, usize)| {
        let mut sorted = phases.clone();
        sorted.sort_unstable_by_key(key);
        sorted
    };
    let (by_start, by_end) = (by(|(index, start, _)| (*start, *index)), by(|(index, _, end)| (*end, *index)));
    let (mut begun, mut over) = (0, 0);
    // Phases that have started and may still run, the last one to start on top.
    let mut on: BinaryHeap<(SerdeInstant, usize, SerdeInstant)> = BinaryHeap::new();
    // Call it in the order of the pieces.
    let mut owner = |from: SerdeInstant| {
        while let Some((index, start, end)) = by_start.get(begun).filter(|(_, start, _)| *start <= from) {
            on.push((*start, *index, *end));
            begun += 1;
        }
        while on.peek().is_some_and(|(_, _, end)| *end <= from) {
            on.pop();
        }
        while by_end.get(over).is_some_and(|(_, _, end)| *end <= from) {
            over += 1;
        }
        if let Some((_, index, _)) = on.peek() {
            return Owner::Phase(*index);
        }
        // Between the last phase that ended and the next that begins, if they are one compilation of one package's.
        match (over.checked_sub(1).and_then(|last| by_end.get(last)), by_start.get(begun)) {
            (Some((before, ..)), Some((after, ..))) => {
                let (earlier, later) = (&run.phases[*before], &run.phases[*after]);
                let same = earlier.package.is_some() && earlier.package == later.package && earlier.pass == later.pass;
                if same { Owner::Between(*before) } else { Owner::Nobody }
            }
            _ => Owner::Nobody,
        }
    };
    let pieces = cuts.windows(2).filter_map(|pair| match pair {
        [from, to] => Some((owner(*from), to.duration_since(*from).as_nanos() as f64)),
        _ => None,
    });
    Some(pieces.collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::build;

    fn at(ms: u64) -> SerdeInstant {
        build::at(Duration::from_millis(ms))
    }

    /// A run from 0 to 100 ms with phases `package name depth start end`.
    fn run(phases: &[(&str, &str, u32, u64, u64)]) -> Benchmark {
        let ms = Duration::from_millis;
        let phases = phases
            .iter()
            .map(|(package, name, depth, start, end)| build::phase(package, name, *depth, ms(*start), ms(*end)));
        Benchmark { phases: phases.collect(), ..build::run(ms(100)) }
    }

    fn table(rows: Option<Vec<AttributionRow>>) -> Vec<(String, String, u32, u64)> {
        let text = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        rows.unwrap()
            .into_iter()
            .map(|row| (text(row.key.package), text(row.key.phase), row.key.depth, (row.cost.wall / 1e6) as u64))
            .collect()
    }

    fn row(package: &str, phase: &str, depth: u32, ms: u64) -> (String, String, u32, u64) {
        (package.to_owned(), phase.to_owned(), depth, ms)
    }

    #[test]
    fn phases_of_all_packages_and_the_rest_are_the_whole() {
        let run = run(&[
            ("std", "ast", 0, 10, 40),
            ("std", "cst", 1, 10, 20),
            ("s", "ast", 0, 50, 60),
            ("s", "ir", 0, 65, 80),
        ]);
        assert_eq!(
            table(attribute(&run)),
            [row("-", "ast", 0, 40), row("-", "cst", 1, 10), row("-", "ir", 0, 15), row("-", "-", 0, 45)]
        );
        assert_eq!(
            table(attribute_by_package(&run)),
            [
                row("std", "ast", 0, 30),
                row("std", "cst", 1, 10),
                row("s", "ast", 0, 10),
                row("s", "ir", 0, 15),
                row("s", "-", 0, 5),
                row("-", "-", 0, 40)
            ]
        );
    }

    #[test]
    fn top_level_rows_sum_to_the_wall_time_even_where_packages_overlap() {
        let run = run(&[("a", "ast", 0, 0, 50), ("b", "ast", 0, 30, 70), ("a", "ir", 0, 60, 90)]);
        for rows in [attribute(&run).unwrap(), attribute_by_package(&run).unwrap()] {
            let top: Vec<_> = rows.iter().filter(|row| row.key.depth == 0).collect();
            assert!((top.iter().map(|row| row.cost.wall).sum::<f64>() - 100e6).abs() < 1.0, "{rows:?}");
            assert!((top.iter().map(|row| row.cost.share).sum::<f64>() - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_run_without_phases_is_all_outside() {
        assert_eq!(table(attribute(&run(&[]))), [row("-", "-", 0, 100)]);
        let mut dead = run(&[]);
        dead.end_time = None;
        assert_eq!(attribute(&dead), None);
    }

    #[test]
    fn a_phase_without_end_takes_no_time_from_the_rest() {
        let mut run = run(&[("a", "ast", 0, 10, 20), ("a", "ir", 0, 30, 40)]);
        run.phases[1].end_time = None;
        assert_eq!(table(attribute(&run)), [row("-", "ast", 0, 10), row("-", "-", 0, 90)]);
    }

    #[test]
    fn rows_of_many_phases_sum_to_the_run_and_are_made_in_a_moment() {
        let count = 40_000_u64;
        let names: Vec<(String, String)> =
            (0..count).map(|index| (format!("package {}", index / 100), format!("phase {index}"))).collect();
        let phases: Vec<(&str, &str, u32, u64, u64)> = (0..)
            .zip(&names)
            .map(|(index, (package, phase))| (package.as_str(), phase.as_str(), 0, 2 * index, 2 * index + 1))
            .collect();
        let run = Benchmark { end_time: Some(at(2 * count)), ..run(&phases) };
        let rows = attribute_by_package(&run).unwrap();
        assert_eq!(rows.len() as u64, count + count / 100 + 1);
        let sum: f64 = rows.iter().map(|row| row.cost.wall).sum();
        assert_eq!(sum, run.wall().unwrap().as_nanos() as f64);
        assert_eq!(crate::figures::packages(&[run.clone(), run]).len(), rows.len());
    }
}
