//! What the verdicts find, and how soon.

use forc_perf::stats::{self, Rules, Verdict};

use crate::figures::Page;
use crate::machine::{MILD, Machine, SIMULATED};
use crate::recorded::Recorded;
use crate::simulation::each;
use crate::suite::{BENCHMARKS, INSTRUCTIONS_THRESHOLD, MAX_RUNS, Suite, THRESHOLD, Truth, Until, looks};
use crate::{mean, seed};

const SUITES: usize = 200;
/// True slowdowns.
pub const EFFECTS: [f64; 5] = [1.005, 1.01, 1.02, 1.05, 1.10];

/// The machines on which power is shown.
pub fn machines(recorded: Option<&Recorded>) -> Vec<Machine<'_>> {
    let simulated = [SIMULATED[0], MILD, SIMULATED[1], SIMULATED[10]];
    simulated.into_iter().chain(recorded.map(Machine::Recorded)).collect()
}

pub fn measure(page: &mut Page, recorded: Option<&Recorded>) {
    let rules = Rules::default();
    page.text(&format!(
        "Share of changed benchmarks that are found, with up to {MAX_RUNS} blocks. *Wall*, *CPU* and *instructions* (3 runs): \
         what each would find if it alone decided. *Found*: by any figure of the blocks, measured as `compare` does, with the \
         median number of blocks until then, and the mean over all benchmarks. A change within the threshold, {} % of times \
         and {} % of instructions, is rightly called equal.",
        100.0 * THRESHOLD,
        100.0 * INSTRUCTIONS_THRESHOLD
    ));
    page.head(&[
        "machine",
        "changed",
        "by",
        "wall",
        "CPU",
        "instructions",
        "found",
        "blocks until then",
        "blocks of all benchmarks",
    ]);
    for (part, machine) in machines(recorded).into_iter().enumerate() {
        let looks = looks(MAX_RUNS);
        for changed in [1, BENCHMARKS] {
            for effect in EFFECTS {
                let truth = Truth::slower(BENCHMARKS, changed, effect);
                let suites = each(if changed == 1 { SUITES } else { SUITES / 5 }, |suite| {
                    let compare = |until| {
                        let suite = Suite::new(machine, truth, seed(40 + part, suite), MAX_RUNS);
                        suite.compare(&looks, &rules, f64::INFINITY, until)
                    };
                    let (each, own) = (compare(Until::EveryFigure), compare(Until::Verdict));
                    let found = |verdict: Verdict| f64::from(u8::from(verdict == Verdict::Regressed));
                    let figures: Vec<[f64; 5]> = (0..changed)
                        .map(|it| {
                            [
                                found(each.wall(it)),
                                found(each.cpu(it)),
                                found(each.instructions(it)),
                                f64::from(u8::from(own.regressed(it))),
                                own.runs(it) as f64,
                            ]
                        })
                        .collect();
                    (figures, mean((0..BENCHMARKS).map(|benchmark| own.runs(benchmark) as f64)))
                });
                let all: Vec<[f64; 5]> = suites.iter().flat_map(|suite| suite.0.iter().copied()).collect();
                let percent = |figure: usize| format!("{:.1} %", 100.0 * mean(all.iter().map(|it| it[figure])));
                let runs: Vec<f64> = all.iter().map(|it| it[4]).collect();
                page.row(&[
                    machine.name().to_owned(),
                    format!("{changed} of {BENCHMARKS}"),
                    format!("{:.1} %", 100.0 * (effect - 1.0)),
                    percent(0),
                    percent(1),
                    percent(2),
                    percent(3),
                    stats::median(&runs).map_or("–".to_owned(), |runs| runs.to_string()),
                    format!("{:.1}", mean(suites.iter().map(|suite| suite.1))),
                ]);
            }
        }
    }
}
