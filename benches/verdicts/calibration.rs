//! How often the verdicts are wrong.

use forc_perf::stats::{Looks, Rules, Verdict};

use crate::machine::{MILD, Machine, Random, SIMULATED};
use crate::recorded::Recorded;
use crate::suite::{BENCHMARKS, Outcome, Suite, THRESHOLD, Truth, Until, is_change, looks};
use crate::{each, machines, mean, seed, share};

/// Suites in which nothing changed: on machines with one disturbance, and on those with all at once or recorded.
const SUITES: [usize; 2] = [5_000, 10_000];
/// Suites in which something did.
const CHANGED_SUITES: usize = 1000;
/// Blocks of a benchmark at most: as many as `forc-perf compare` makes unless told otherwise.
const MAX_RUNS: usize = 200;
/// The share of suites with a false alarm that is accepted.
const GOAL: f64 = 0.01;
/// Budgets, as shares of what all blocks would take: from one that ends before the first look to one that ends nothing.
const BUDGETS: (f64, f64) = (0.05, 1.3);

/// A comparison with a budget drawn for it, so that ends fall before, between and after all looks.
fn compared<'a>(suite: Suite<'a>, looks: &Looks, rules: &Rules, seed: u64) -> Outcome<'a> {
    let share = BUDGETS.0 + (BUDGETS.1 - BUDGETS.0) * Random::new(!seed).uniform();
    let budget = share * suite.whole();
    suite.compare(looks, rules, budget, Until::Verdict)
}

pub fn print(recorded: Option<&Recorded>) {
    let rules = Rules::default();
    println!(
        "CALIBRATION: suites of {BENCHMARKS} benchmarks each, up to {MAX_RUNS} blocks, budgets of {} to {} of what these take;",
        BUDGETS.0, BUDGETS.1
    );
    println!("all looks at all figures included, the last of which takes what error the budget's end has left\n");
    println!("Nothing changed. Goal: a false alarm in at most {} % of suites.", 100.0 * GOAL);
    println!(
        "{:<24} {:>8} {:>25} {:>8} {:>10} {:>10} {:>10}",
        "machine", "suites", "with a false alarm", "goal", "runs/side", "equal", "undecided"
    );
    for (part, machine) in machines(recorded).into_iter().enumerate() {
        let looks = looks(machine, &rules, MAX_RUNS);
        let count = SUITES[usize::from(part + 1 >= SIMULATED.len())];
        let suites = each(count, |suite| {
            let seed = seed(part, suite);
            let outcome = compared(Suite::new(machine, Truth::NO_CHANGE, seed, MAX_RUNS), &looks, &rules, seed);
            let runs = mean((0..BENCHMARKS).map(|benchmark| outcome.runs(benchmark) as f64));
            (outcome.any_change(), runs, walls(&outcome, Verdict::Equal), walls(&outcome, Verdict::Undecided))
        });
        let alarms = suites.iter().filter(|suite| suite.0).count();
        println!(
            "{:<24} {count:>8} {:>25} {:>8} {:>10.1} {:>8.1} % {:>8.1} %",
            machine.name(),
            share(alarms, count),
            if alarms as f64 <= GOAL * count as f64 { "met" } else { "NOT MET" },
            mean(suites.iter().map(|suite| suite.1)),
            100.0 * mean(suites.iter().map(|suite| suite.2)),
            100.0 * mean(suites.iter().map(|suite| suite.3)),
        );
    }
    println!(
        "(equal, undecided: of wall times, threshold {} %; looks {:?})\n",
        100.0 * THRESHOLD,
        looks(MILD, &rules, MAX_RUNS).at()
    );
    false_equalities(&rules);
    intervals(&rules);
}

fn walls(outcome: &Outcome, verdict: Verdict) -> f64 {
    mean((0..BENCHMARKS).map(|benchmark| f64::from(u8::from(outcome.wall(benchmark) == verdict))))
}

/// Those on which equality can be shown at all.
const FINE: [Machine<'static>; 2] = [SIMULATED[0], MILD];

fn false_equalities(rules: &Rules) {
    println!(
        "Slower by 1.5 times the threshold. Goal: of what is called equal, at most {} % false (expected share).",
        100.0 * rules.q_equal
    );
    println!("{:<24} {:>12} {:>24} {:>18}", "machine", "changed", "suites with a false one", "mean false share");
    for (part, machine) in FINE.into_iter().enumerate() {
        let looks = looks(machine, rules, MAX_RUNS);
        for changed in [BENCHMARKS, BENCHMARKS / 2] {
            let truth = Truth { effect: 1.0 + 1.5 * THRESHOLD, changed };
            let suites = each(CHANGED_SUITES, |suite| {
                let seed = seed(20 + part, suite);
                let outcome = compared(Suite::new(machine, truth, seed, MAX_RUNS), &looks, rules, seed);
                let mut equal = [0, 0];
                for benchmark in 0..BENCHMARKS {
                    let is_changed = benchmark < truth.changed;
                    for (figure, verdict) in outcome.verdicts(benchmark).iter().enumerate() {
                        let is_false = is_changed && outcome.suite.is_affected(figure);
                        equal[usize::from(is_false)] += usize::from(*verdict == Verdict::Equal);
                    }
                }
                (equal[1] > 0, equal[1] as f64 / (equal[0] + equal[1]).max(1) as f64)
            });
            println!(
                "{:<24} {:>12} {:>24} {:>16.2} %",
                machine.name(),
                format!("{changed} of {BENCHMARKS}"),
                share(suites.iter().filter(|suite| suite.0).count(), CHANGED_SUITES),
                100.0 * mean(suites.iter().map(|suite| suite.1)),
            );
        }
    }
    println!();
}

fn intervals(rules: &Rules) {
    const SUITES: usize = 300;
    println!("Half of the benchmarks slower by 3 %. Goal: of the intervals of changes, at most 1 % without the truth.");
    println!("{:<24} {:>22} {:>22} {:>22}", "machine", "intervals of changes", "without the truth", "mean share");
    for (part, machine) in FINE.into_iter().enumerate() {
        let looks = looks(machine, rules, MAX_RUNS);
        let truth = Truth { effect: 1.03, changed: BENCHMARKS / 2 };
        let suites = each(SUITES, |suite| {
            let seed = seed(30 + part, suite);
            let outcome = compared(Suite::new(machine, truth, seed, MAX_RUNS), &looks, rules, seed);
            let judgements = outcome.judgements(rules);
            let stride = judgements.len() / BENCHMARKS;
            let (mut changes, mut wrong) = (0, 0);
            for (index, judgement) in judgements.iter().enumerate().filter(|(_, it)| is_change(it.verdict)) {
                let (benchmark, figure) = (index / stride, index % stride);
                let ratio = if outcome.suite.is_affected(figure) { truth.of(benchmark) } else { 1.0 };
                changes += 1;
                wrong += usize::from(!(judgement.low..=judgement.high).contains(&ratio));
            }
            (changes, wrong)
        });
        println!(
            "{:<24} {:>22} {:>22} {:>20.3} %",
            machine.name(),
            suites.iter().map(|suite| suite.0).sum::<usize>(),
            suites.iter().map(|suite| suite.1).sum::<usize>(),
            100.0 * mean(suites.iter().map(|suite| suite.1 as f64 / suite.0.max(1) as f64)),
        );
    }
}
