//! How often the verdicts are wrong, and what they find in few blocks.

use forc_perf::stats::{Rules, Sample, Values, Verdict, judge};

use crate::figures::Page;
use crate::machine::{CALM, Disturbance, MILD, Machine, PAIRED, PRIMARY, Random, Runs, SIMULATED, TIMES};
use crate::recorded::Recorded;
use crate::simulation::{each, percent, share};
use crate::suite::{Outcome, Suite, THRESHOLD, Truth, Until, is_change, looks, sample};
use crate::{machines, mean, seed};

/// Suites of so many benchmarks, up to so many blocks of each, and how many such suites.
const SIZES: [(usize, usize, usize); 10] = [
    (4, 3, 4000),
    (4, 5, 4000),
    (4, 12, 4000),
    (4, 200, 500),
    (20, 3, 2000),
    (20, 8, 2000),
    (20, 20, 1000),
    (20, 50, 400),
    (60, 5, 1000),
    (60, 12, 500),
];
/// The share of suites with a false alarm that is accepted.
const GOAL: f64 = 0.01;
/// Budgets, as shares of what all blocks would take.
const BUDGETS: (f64, f64) = (0.3, 1.3);

/// A comparison with a budget drawn for it, so that ends fall before, between and after all looks.
fn compared<'a>(suite: Suite<'a>, max_runs: usize, rules: &Rules, seed: u64) -> Outcome<'a> {
    let share = BUDGETS.0 + (BUDGETS.1 - BUDGETS.0) * Random::new(!seed).uniform();
    let budget = share * suite.whole();
    suite.compare(&looks(max_runs), rules, budget, Until::Verdict)
}

/// How many of `count` suites have a false alarm.
fn alarms(machine: Machine, truth: Truth, max_runs: usize, count: usize, part: usize, rules: &Rules) -> usize {
    let suites = each(count, |suite| {
        let seed = seed(part, suite);
        compared(Suite::new(machine, truth, seed, max_runs), max_runs, rules, seed).false_change(&truth)
    });
    suites.into_iter().filter(|alarm| *alarm).count()
}

pub fn false_alarms(page: &mut Page, recorded: Option<&Recorded>) {
    let rules = Rules::default();
    page.text(&format!(
        "Nothing changed: per cent of suites in which any figure is called changed, with all looks, and budgets that end \
         anywhere. Goal: at most {} %. Columns: benchmarks / blocks at most; the last one with an interval of 95 %.",
        100.0 * GOAL
    ));
    let sizes = SIZES.map(|(benchmarks, most, _)| format!("{benchmarks}/{most}"));
    page.head(&[&["machine".to_owned()], &sizes[..], &["all".to_owned()]].concat());
    for (part, machine) in machines(recorded).into_iter().enumerate() {
        let mut cells = vec![machine.name().to_owned()];
        let (mut sum, mut of) = (0, 0);
        for (index, (benchmarks, most, count)) in SIZES.into_iter().enumerate() {
            let found = alarms(machine, Truth::nothing(benchmarks), most, count, 100 + part * 20 + index, &rules);
            sum += found;
            of += count;
            cells.push(format!("{:.2}", percent(found, count)));
        }
        cells.push(share(sum, of));
        page.row(&cells);
    }
}

/// Machines whose runs resemble the ones before them, by the correlation of a benchmark's neighbouring wall times.
const RESEMBLING: [Machine<'static>; 3] = [
    Machine::Simulated("correlation 0.3", Disturbance { noise: 0.02, lasting: 0.0154, ..ALONE }),
    Machine::Simulated("correlation 0.7", Disturbance { noise: 0.02, lasting: 0.0504, ..ALONE }),
    Machine::Simulated("correlation 0.8", Disturbance { noise: 0.003, lasting: 0.05, ..ALONE }),
];
/// Benchmarks that differ in their noise.
const ALONE: Disturbance = Disturbance { unequal: 0.3, ..CALM };

/// Two reports of one compiler, each measured by itself, as `diff` gets them.
pub fn one_after_the_other(page: &mut Page, recorded: Option<&Recorded>) {
    let rules = Rules::default();
    const SUITES: usize = 1000;
    const SIZES: [(usize, usize); 6] = [(1, 5), (1, 10), (8, 5), (8, 20), (40, 10), (40, 50)];
    page.text(&format!(
        "Two reports of one compiler, as `diff` judges them: per cent of {SUITES} suites with a false alarm. Goal: at most \
         {} %. Columns: benchmarks / runs a side.",
        100.0 * GOAL
    ));
    let sizes = SIZES.map(|(benchmarks, runs)| format!("{benchmarks}/{runs}"));
    page.head(&[&["machine".to_owned()], &sizes[..], &["all".to_owned()]].concat());
    for (part, machine) in machines(recorded).into_iter().chain(RESEMBLING).enumerate() {
        let (mut cells, mut sum) = (vec![machine.name().to_owned()], 0);
        for (index, (benchmarks, runs)) in SIZES.into_iter().enumerate() {
            let alarms = each(SUITES, |suite| {
                alarm_apart(machine, benchmarks, runs, seed(2000 + part * 10 + index, suite), &rules)
            });
            let found = alarms.into_iter().filter(|alarm| *alarm).count();
            sum += found;
            cells.push(format!("{:.2}", percent(found, SUITES)));
        }
        cells.push(share(sum, SUITES * SIZES.len()));
        page.row(&cells);
    }
}

/// Whether any figure of two reports of the same is called changed.
fn alarm_apart(machine: Machine, benchmarks: usize, runs: usize, seed: u64, rules: &Rules) -> bool {
    let mut random = Random::new(seed);
    // By benchmark and figure, both sides' values.
    let mut values: Vec<[Vec<f64>; 2]> = Vec::new();
    // Rounds of all benchmarks: what slows the machine slows all of them, on this side.
    let moods = [0, 1].map(|_| random.fork());
    for _ in 0..benchmarks {
        let mut sides = [0, 1].map(|_| Runs::new(machine, random.fork(), [1.0; PAIRED], runs));
        sides.iter_mut().zip(&moods).for_each(|(side, mood)| side.mood = mood.again());
        // The same benchmark on both sides.
        (sides[1].fixture, sides[1].unequal) = (sides[0].fixture, sides[0].unequal);
        sides.iter_mut().for_each(|side| side.extend(runs));
        for figure in 0..PRIMARY {
            values.push([0, 1].map(|side| sides[side].pairs[figure].iter().map(|pair| pair.0).collect()));
        }
    }
    let samples: Vec<Sample> = values
        .iter()
        .enumerate()
        .map(|(index, [a, b])| sample(machine, Values::Sides(a, b), index % PRIMARY, index / PRIMARY))
        .collect();
    judge(&samples, &looks(runs), rules).iter().any(|it| is_change(it.verdict))
}

/// What truly changed must not loosen the level of what did not, nor what changed by less than matters.
pub fn beside_changes(page: &mut Page, _: Option<&Recorded>) {
    let rules = &Rules::default();
    const SUITES: usize = 2000;
    page.text(&format!(
        "Suites of 8 and of 40 benchmarks, 20 blocks, noise of 2 % with spikes: suites in which a figure that did not change \
         is called changed. Goal: at most {} %.",
        100.0 * GOAL
    ));
    page.head(&["what is true", "false alarms [95 %]"]);
    let mut below = Truth::nothing(8);
    below.changed = 8;
    below.effects[TIMES] = 1.003;
    below.instructions = 1.001;
    let better = Truth::slower(8, 4, 0.9);
    let large = |truth: Truth| Truth { benchmarks: 40, changed: truth.changed * 5, ..truth };
    let cases = [
        ("half are 10 % better, of 8", better),
        ("half are 10 % better, of 40", large(better)),
        ("all have memory +0.3 %, instructions +0.1 %, of 8", below),
        ("all have memory +0.3 %, instructions +0.1 %, of 40", large(below)),
    ];
    for (part, (name, truth)) in cases.into_iter().enumerate() {
        let found = alarms(SIMULATED[4], truth, 20, SUITES / (truth.benchmarks / 8), 400 + part, rules);
        page.row(&[name.to_owned(), share(found, SUITES / (truth.benchmarks / 8))]);
    }
}

/// What a person would see in a few runs.
pub fn few_blocks(page: &mut Page, recorded: Option<&Recorded>) {
    let rules = &Rules::default();
    const SUITES: usize = 400;
    page.text("Per cent of changed benchmarks whose figure is called changed, and of suites whose mean is.");
    page.head(&["change", "blocks", "benchmark", "suite"]);
    let memory = |benchmarks: usize| {
        let mut effects = [1.0; PAIRED];
        effects[TIMES] = 1.01;
        Truth { benchmarks, changed: 1, effects, instructions: 1.0 }
    };
    let quiet = SIMULATED[0];
    let mut cases = vec![
        ("memory +1 %, spread 0.05 %, 1 of 4", quiet, memory(4), 3, TIMES),
        ("memory +1 %, spread 0.05 %, 1 of 20", quiet, memory(20), 3, TIMES),
        ("CPU −14 %, noise 2 % with spikes, 4 of 4", SIMULATED[4], Truth::slower(4, 4, 0.86), 5, 1),
        ("CPU −14 %, all of it and noise 2 %, 4 of 4", MILD, Truth::slower(4, 4, 0.86), 5, 1),
        ("CPU +5 %, noise 1 %, 1 of 20", quiet, Truth::slower(20, 1, 1.05), 12, 1),
        ("CPU +5 %, all of it and noise 2 %, 1 of 20", MILD, Truth::slower(20, 1, 1.05), 12, 1),
        ("CPU +2 %, noise 1 %, 1 of 20", quiet, Truth::slower(20, 1, 1.02), 40, 1),
        ("CPU +2 %, all of it and noise 2 %, 1 of 20", MILD, Truth::slower(20, 1, 1.02), 40, 1),
    ];
    if let Some(recorded) = recorded {
        let recorded = Machine::Recorded(recorded);
        cases.extend([
            ("CPU −14 %, recorded runs, 4 of 4", recorded, Truth::slower(4, 4, 0.86), 5, 1),
            ("CPU +5 %, recorded runs, 1 of 20", recorded, Truth::slower(20, 1, 1.05), 12, 1),
            ("CPU +5 %, recorded runs, 20 of 20", recorded, Truth::slower(20, 20, 1.05), 12, 1),
            ("CPU +2 %, recorded runs, 1 of 20", recorded, Truth::slower(20, 1, 1.02), 40, 1),
            ("CPU +2 %, recorded runs, 20 of 20", recorded, Truth::slower(20, 20, 1.02), 40, 1),
        ]);
    }
    for (part, (name, machine, truth, blocks, figure)) in cases.into_iter().enumerate() {
        let suites = each(SUITES, |suite| {
            let seed = seed(500 + part, suite);
            let suite = Suite::new(machine, truth, seed, blocks);
            let outcome = suite.compare(&looks(blocks), rules, f64::INFINITY, Until::EveryFigure);
            let found = (0..truth.changed).filter(|it| is_change(outcome.verdicts(*it)[figure])).count();
            (found as f64 / truth.changed as f64, f64::from(u8::from(is_change(outcome.together()[figure]))))
        });
        page.row(&[
            name.to_owned(),
            blocks.to_string(),
            format!("{:.1} %", 100.0 * mean(suites.iter().map(|it| it.0))),
            format!("{:.1} %", 100.0 * mean(suites.iter().map(|it| it.1))),
        ]);
    }
}

/// Those on which equality can be shown at all.
const FINE: [Machine<'static>; 2] = [SIMULATED[0], MILD];

pub fn false_equalities(page: &mut Page, _: Option<&Recorded>) {
    let rules = &Rules::default();
    const SUITES: usize = 300;
    page.text(&format!(
        "Half of 20 benchmarks slower by 1.5 times the threshold: of the figures that are called equal, the share that is \
         not. Goal: at most {} %.",
        100.0 * rules.q_equal
    ));
    page.head(&["machine", "false equalities"]);
    for (part, machine) in FINE.into_iter().enumerate() {
        let truth = Truth::slower(20, 10, 1.0 + 1.5 * THRESHOLD);
        let shares = each(SUITES, |suite| {
            let seed = seed(600 + part, suite);
            let outcome = compared(Suite::new(machine, truth, seed, 50), 50, rules, seed);
            let (figures, mut equal) = (outcome.suite.stride() - 1, [0, 0]);
            for benchmark in 0..truth.benchmarks {
                for (figure, verdict) in outcome.verdicts(benchmark).iter().enumerate() {
                    let is_false = truth.of(benchmark, figure, figures) != 1.0;
                    equal[usize::from(is_false)] += usize::from(*verdict == Verdict::Equal);
                }
            }
            equal[1] as f64 / (equal[0] + equal[1]).max(1) as f64
        });
        page.row(&[machine.name().to_owned(), format!("{:.2} %", 100.0 * mean(shares.iter().copied()))]);
    }
}

pub fn coverage(page: &mut Page, _: Option<&Recorded>) {
    let rules = &Rules::default();
    const SUITES: usize = 150;
    page.text(
        "Half of 20 benchmarks slower by 3 %: intervals that hold the true ratio, by verdict, of how many. Nominal: 95 % or \
         more.",
    );
    page.head(&["machine", "blocks", "changed", "equal", "undecided"]);
    for (part, machine) in [SIMULATED[0], SIMULATED[2], SIMULATED[4], SIMULATED[7], MILD].into_iter().enumerate() {
        for most in [3, 5, 8, 12, 20, 50] {
            let truth = Truth::slower(20, 10, 1.03);
            let suites = each(SUITES, |suite| {
                let seed = seed(700 + part * 10, suite * 100 + most);
                let outcome = compared(Suite::new(machine, truth, seed, most), most, rules, seed);
                let stride = outcome.suite.stride();
                let mut counts = [[0_usize; 2]; 3];
                for (index, it) in outcome.judgements(rules).iter().take(20 * stride).enumerate() {
                    let ratio = truth.of(index / stride, index % stride, stride - 1);
                    let kind = match it.verdict {
                        Verdict::Equal => 1,
                        Verdict::Undecided => 2,
                        Verdict::Regressed | Verdict::Improved | Verdict::SameBinary => 0,
                    };
                    counts[kind][0] += 1;
                    counts[kind][1] += usize::from((it.low..=it.high).contains(&ratio));
                }
                counts
            });
            let cell = |kind: usize| {
                let sum = |of: usize| suites.iter().map(|suite| suite[kind][of]).sum::<usize>();
                if sum(0) == 0 { "–".to_owned() } else { format!("{:.1} % of {}", percent(sum(1), sum(0)), sum(0)) }
            };
            page.row(&[machine.name().to_owned(), most.to_string(), cell(0), cell(1), cell(2)]);
        }
    }
}
