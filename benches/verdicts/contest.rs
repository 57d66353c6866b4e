//! Other tools' rules on the same data.

use forc_perf::stats::{Rules, Verdict};

use crate::figures::Page;
use crate::machine::{Machine, PAIRED, PRIMARY, Random, Runs, TIMES};
use crate::power::{self, EFFECTS};
use crate::recorded::Recorded;
use crate::rivals::{Known, Prior, Rival, history};
use crate::simulation::{each, share};
use crate::suite::{BENCHMARKS, MAX_RUNS, Suite, Truth, Until, is_change, looks};
use crate::{mean, seed};

/// Suites without change, on which thresholds are set.
const NULL_SUITES: usize = 1000;
/// Of them, those on which the rules' own settings are tried.
const OWN_SUITES: usize = 200;
const POWER_SUITES: usize = 300;
/// Blocks of each benchmark: few, as long builds have them, and many.
const BLOCKS: [usize; 3] = [5, 12, MAX_RUNS];
/// Earlier measurements that rustc-perf knows of a benchmark.
const HISTORY: usize = 31;

pub fn measure(page: &mut Page, recorded: Option<&Recorded>) {
    let rules = Rules::default();
    page.text(&format!(
        "One of {BENCHMARKS} benchmarks is slower: share of such changes found, by wall / CPU time. Every rule is given as many \
         runs a side, interleaved in pairs as only forc-perf makes them, of every benchmark. *At 1 %*: with the threshold on \
         its statistic at which 1 % of {NULL_SUITES} unchanged suites on the same machine have a false alarm in any figure. No \
         user could know that threshold; forc-perf holds its rate without it. *As it is*: with the tool's own settings."
    ));
    for (part, machine) in power::machines(recorded).into_iter().enumerate() {
        for (index, blocks) in BLOCKS.into_iter().enumerate() {
            contest(page, machine, blocks, 10 * part + index, &rules);
        }
    }
}

fn contest(page: &mut Page, machine: Machine, blocks: usize, part: usize, rules: &Rules) {
    let bank = Bank::new(machine, blocks, seed(6000 + part, 0));
    let null = each(NULL_SUITES, |suite| {
        let mut random = Random::new(!seed(7000 + part, suite));
        let mut greatest = [f64::NEG_INFINITY; Rival::ALL.len()];
        let mut alarms = [false; Rival::ALL.len()];
        let truth = Truth::nothing(BENCHMARKS);
        let mut benchmarks = Suite::new(machine, truth, seed(7000 + part, suite), blocks).benchmarks;
        let priors = measured(&mut benchmarks, blocks);
        for runs in benchmarks {
            let minima = bank.draw(runs.fixture, &mut random);
            // Of times alone: some rules divide by a spread, and peaks of memory may have none.
            let times = |figure: &usize| *figure < TIMES || *figure >= PRIMARY;
            for (figure, pairs) in runs.pairs.iter().enumerate().filter(|(figure, _)| times(figure)) {
                let known = known(&minima, figure, &priors);
                for (index, rival) in Rival::ALL.into_iter().enumerate() {
                    greatest[index] = greatest[index].max(rival.statistic(pairs, &known));
                    if suite < OWN_SUITES && figure < TIMES && !alarms[index] {
                        alarms[index] = rival.finds(pairs, &known, &mut random);
                    }
                }
            }
        }
        (greatest, alarms)
    });
    let thresholds: Vec<f64> = (0..Rival::ALL.len())
        .map(|index| {
            let mut greatest: Vec<f64> = null.iter().map(|suite| suite.0[index]).collect();
            greatest.sort_unstable_by(f64::total_cmp);
            greatest[NULL_SUITES - 1 - NULL_SUITES / 100]
        })
        .collect();

    let looks = looks(blocks);
    // Of each effect: found by forc-perf, its runs, found by each rival at its own settings and at 1 %, as wall and cpu.
    let found: Vec<_> = EFFECTS
        .into_iter()
        .map(|effect| {
            let truth = Truth::slower(BENCHMARKS, 1, effect);
            each(POWER_SUITES, |suite| {
                let mut random = Random::new(!seed(8000 + part, suite));
                let mut outcome = Suite::new(machine, truth, seed(8000 + part, suite), blocks).compare(
                    &looks,
                    rules,
                    f64::INFINITY,
                    Until::EveryFigure,
                );
                let ours =
                    [outcome.wall(0), outcome.cpu(0)].map(|verdict| (is_change(verdict), verdict == Verdict::Equal));
                let runs = mean((0..BENCHMARKS).map(|benchmark| outcome.runs(benchmark) as f64));
                let priors = measured(&mut outcome.suite.benchmarks, blocks);
                let changed = &outcome.suite.benchmarks[0];
                let minima = bank.draw(changed.fixture, &mut random);
                let theirs = Rival::ALL.map(|rival| {
                    let index = Rival::ALL.iter().position(|it| *it == rival).unwrap_or(0);
                    std::array::from_fn::<_, TIMES, _>(|figure| {
                        let pairs = &changed.pairs[figure];
                        let known = known(&minima, figure, &priors);
                        let own = rival.finds(pairs, &known, &mut random);
                        (own, rival.statistic(pairs, &known) > thresholds[index])
                    })
                });
                (ours, runs, theirs)
            })
        })
        .collect();

    page.heading(&format!("{}, {blocks} blocks", machine.name()));
    let effects = EFFECTS.map(|effect| format!("+{:.1} %", 100.0 * (effect - 1.0)));
    page.head(&[&["rule".to_owned(), "suites with a false alarm [95 %]".to_owned()], &effects[..]].concat());
    let mut row = |name: &str, alarms: &str, cells: Vec<[f64; 2]>| {
        let cells = cells.iter().map(|[wall, cpu]| format!("{:.0} / {:.0} %", 100.0 * wall, 100.0 * cpu));
        page.row(&[name.to_owned(), alarms.to_owned()].into_iter().chain(cells).collect::<Vec<_>>());
    };
    let rate = |hits: &dyn Fn(usize) -> bool| mean((0..POWER_SUITES).map(|suite| f64::from(u8::from(hits(suite)))));
    let cells = |hit: &dyn Fn(usize, usize, usize) -> bool| -> Vec<[f64; 2]> {
        (0..EFFECTS.len()).map(|effect| [0, 1].map(|figure| rate(&|suite| hit(effect, suite, figure)))).collect()
    };
    row("forc-perf", "≤ 1 %, by design", cells(&|effect, suite, figure| found[effect][suite].0[figure].0));
    row("forc-perf: called equal", "", cells(&|effect, suite, figure| found[effect][suite].0[figure].1));
    for (index, rival) in Rival::ALL.into_iter().enumerate() {
        if rival != Rival::AsvFine {
            let name = format!("{} at 1 %", rival.name().split(',').next().unwrap_or_default());
            row(&name, "1 %, set", cells(&|effect, suite, figure| found[effect][suite].2[index][figure].1));
        }
    }
    for (index, rival) in Rival::ALL.into_iter().enumerate().skip(1) {
        let alarms = null[..OWN_SUITES].iter().filter(|suite| suite.1[index]).count();
        let name = format!("{} as it is", rival.name());
        row(&name, &share(alarms, OWN_SUITES), cells(&|effect, suite, figure| found[effect][suite].2[index][figure].0));
    }
    let runs = found.iter().map(|suites| format!("{:.0}", mean(suites.iter().map(|suite| suite.1))));
    let head = ["forc-perf: mean runs a side", ""].map(str::to_owned);
    page.row(&head.into_iter().chain(runs).collect::<Vec<_>>());
}

/// Makes all blocks, and gives by figure what the spreads of all benchmarks tell.
fn measured(benchmarks: &mut [Runs], blocks: usize) -> Vec<Prior> {
    benchmarks.iter_mut().for_each(|runs| runs.extend(blocks));
    let figures = benchmarks.first().map_or(0, |runs| runs.pairs.len());
    (0..figures).map(|figure| Prior::of(benchmarks.iter().map(|runs| runs.pairs[figure].as_slice()))).collect()
}

fn known(minima: &[&Vec<f64>], figure: usize, priors: &[Prior]) -> Known {
    Known { history: history(&minima.iter().map(|minima| minima[figure]).collect::<Vec<_>>()), prior: priors[figure] }
}

/// Minima of measurements of one unchanged compiler, of which histories are drawn.
struct Bank {
    /// By fixture, then by measurement, then by figure.
    minima: Vec<Vec<Vec<f64>>>,
}

impl Bank {
    fn new(machine: Machine, blocks: usize, seed: u64) -> Self {
        const MEASUREMENTS: usize = 400;
        let fixtures = match machine {
            Machine::Simulated(..) => 1,
            Machine::Recorded(recorded) => recorded.fixtures.len(),
        };
        let mut random = Random::new(seed);
        let minima = (0..fixtures)
            .map(|fixture| {
                (0..MEASUREMENTS)
                    .map(|_| {
                        let mut runs = Runs::new(machine, random.fork(), [1.0; PAIRED], blocks);
                        runs.fixture = fixture;
                        runs.extend(blocks);
                        let least =
                            |pairs: &Vec<(f64, f64)>| pairs.iter().map(|pair| pair.0).fold(f64::INFINITY, f64::min);
                        runs.pairs.iter().map(least).collect()
                    })
                    .collect()
            })
            .collect();
        Self { minima }
    }

    fn draw(&self, fixture: usize, random: &mut Random) -> Vec<&Vec<f64>> {
        let all = &self.minima[fixture];
        (0..HISTORY).map(|_| &all[random.below(all.len())]).collect()
    }
}
