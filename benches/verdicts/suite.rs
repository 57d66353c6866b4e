//! Simulated comparisons of whole suites, as forc-perf makes them.

use forc_perf::stats::{Case, Judgement, Looks, Noise, Role, Rules, Sample, Values, Verdict, declare_looks, judge};

use crate::machine::{Machine, PAIRED, PRIMARY, Random, Runs, TIMES};

/// Benchmarks in a suite, and blocks of each, where power is shown and rivals are held against.
pub const BENCHMARKS: usize = 20;
pub const MAX_RUNS: usize = 100;
/// The changes that do not matter, of times and memory, and of instruction counts.
pub const THRESHOLD: f64 = 0.01;
pub const INSTRUCTIONS_THRESHOLD: f64 = 0.002;
/// What forc-perf takes a second level of instructions to make.
const INSTRUCTIONS_STEP: f64 = 0.005;
/// Runs a side in which instructions are counted.
const COUNTED_RUNS: usize = 3;
/// The least spreads that forc-perf believes, of times, memory and instructions.
const FLOORS: [f64; 3] = [0.003, 0.0002, 0.00002];

/// What is true of a suite: of benchmark `n`, by which factor B has more of each figure.
#[derive(Clone, Copy)]
pub struct Truth {
    pub benchmarks: usize,
    /// How many have changed.
    pub changed: usize,
    /// Their factors, by figure that is measured in pairs.
    pub effects: [f64; PAIRED],
    /// That of instructions.
    pub instructions: f64,
}

impl Truth {
    pub const fn nothing(benchmarks: usize) -> Self {
        Self { benchmarks, changed: 0, effects: [1.0; PAIRED], instructions: 1.0 }
    }

    /// So many benchmarks slower by this factor, in their times and their first phase.
    pub fn slower(benchmarks: usize, changed: usize, effect: f64) -> Self {
        let effects = std::array::from_fn(|figure| if Machine::is_slowed(figure) { effect } else { 1.0 });
        Self { benchmarks, changed, effects, instructions: effect }
    }

    /// The factor of a benchmark's figure, instructions last.
    pub fn of(&self, benchmark: usize, figure: usize, figures: usize) -> f64 {
        match benchmark < self.changed {
            false => 1.0,
            true if figure < figures => self.effects[figure],
            true => self.instructions,
        }
    }
}

/// When a benchmark is measured no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Its verdict cannot change any more, as `forc-perf compare` does: a figure regressed, or none is undecided.
    Verdict,
    /// None of its deciding figures is undecided: what each of them could find by itself.
    EveryFigure,
}

/// A suite as it is measured: times block by block, instructions at the beginning.
pub struct Suite<'a> {
    pub benchmarks: Vec<Runs<'a>>,
    counts: Vec<Vec<(f64, f64)>>,
    /// By metric, which figures the mean over the suite is made of.
    members: [Vec<usize>; PRIMARY],
    figures: usize,
    max_runs: usize,
    machine: Machine<'a>,
}

impl<'a> Suite<'a> {
    pub fn new(machine: Machine<'a>, truth: Truth, seed: u64, max_runs: usize) -> Self {
        let mut random = Random::new(seed);
        let figures = machine.figures();
        let benchmarks: Vec<Runs> = (0..truth.benchmarks)
            .map(|index| {
                let effects = if index < truth.changed { truth.effects } else { [1.0; PAIRED] };
                Runs::new(machine, random.fork(), effects, max_runs)
            })
            .collect();
        let counts: Vec<Vec<(f64, f64)>> = (0..truth.benchmarks)
            .map(|index| {
                let unequal = random.uniform();
                let effect = truth.of(index, figures, figures);
                let mut count = |effect: f64| 1e9 * effect * machine.instructions(&mut random, unequal).exp();
                (0..COUNTED_RUNS).map(|_| (count(1.0), count(effect))).collect()
            })
            .collect();
        let stride = figures + 1;
        let members = std::array::from_fn(|figure| (0..truth.benchmarks).map(|one| one * stride + figure).collect());
        Self { benchmarks, counts, members, figures, max_runs, machine }
    }

    /// Figures of a benchmark: the paired ones, then instructions.
    pub fn stride(&self) -> usize {
        self.figures + 1
    }

    /// All figures, benchmark after benchmark, then the means over the suite.
    fn samples(&self) -> Vec<Sample<'_>> {
        let (stride, count) = (self.stride(), self.benchmarks.len());
        let of_benchmarks = (0..count * stride).map(|index| {
            let (benchmark, figure) = (index / stride, index % stride);
            match self.benchmarks[benchmark].pairs.get(figure) {
                Some(pairs) => sample(self.machine, Values::Pairs(pairs), figure, benchmark),
                None => Sample {
                    values: Values::Pairs(&self.counts[benchmark]),
                    noise: Noise::Counted,
                    floor: FLOORS[2],
                    step: INSTRUCTIONS_STEP,
                    offset: 0.0,
                    threshold: INSTRUCTIONS_THRESHOLD,
                    pool: PAIRED,
                    group: benchmark,
                    role: Role::Decides,
                },
            }
        });
        let of_suite = self.members.iter().map(|members| Sample {
            values: Values::Mean(members),
            noise: Noise::Drifting,
            floor: 0.0,
            step: 0.0,
            offset: 0.0,
            threshold: THRESHOLD,
            pool: PAIRED + 1,
            group: count,
            role: Role::Decides,
        });
        of_benchmarks.chain(of_suite).collect()
    }

    /// What all blocks of all benchmarks would take, about.
    pub fn whole(&self) -> f64 {
        self.benchmarks.iter().map(|runs| runs.expected() * self.max_runs as f64).sum()
    }

    /// Measures as `forc-perf compare` does: round after round a block of each benchmark that is not decided, looking at
    /// all of them where looks were declared, until all are decided, the most runs are made, or the blocks have taken
    /// `budget`; then, if any is undecided still, once more with the error that is left. (Instructions are counted after
    /// the blocks, and are there at the end alone; here they are there from the beginning, which is the same to the
    /// others.)
    pub fn compare(mut self, looks: &Looks, rules: &Rules, budget: f64, until: Until) -> Outcome<'a> {
        let count = self.benchmarks.len();
        let (stride, figures) = (self.stride(), count * self.stride() + PRIMARY);
        let mut case = Case::new(figures);
        let mut live = vec![true; count];
        let mut took = 0.0;
        'rounds: for round in 1..=self.max_runs {
            if !live.contains(&true) {
                break;
            }
            for benchmark in (0..count).filter(|benchmark| live[*benchmark]) {
                if took >= budget {
                    break 'rounds;
                }
                let runs = &mut self.benchmarks[benchmark];
                let before = runs.took;
                runs.extend(round);
                took += runs.took - before;
            }
            if looks.at().contains(&round) {
                let samples = self.samples();
                case.update(&samples, looks);
                let verdict = case.verdicts(&samples, rules);
                for (benchmark, live) in live.iter_mut().enumerate() {
                    let primary = &verdict[benchmark * stride..benchmark * stride + PRIMARY];
                    let regressed = until == Until::Verdict && primary.contains(&Verdict::Regressed);
                    *live = *live && !regressed && primary.contains(&Verdict::Undecided);
                }
            }
        }
        let open = (0..count).filter(|benchmark| live[*benchmark]);
        let rounds = open.map(|benchmark| self.benchmarks[benchmark].pairs[0].len()).min();
        let last = rounds.map_or_else(|| looks.clone(), |rounds| looks.ended_at(rounds));
        let samples = self.samples();
        if last != *looks {
            // A look that was made already may weigh more now.
            case = Case::new(figures);
        }
        case.update(&samples, &last);
        let verdicts = case.verdicts(&samples, rules);
        Outcome { verdicts, looks: last, suite: self }
    }
}

/// How a comparison ended.
pub struct Outcome<'a> {
    /// In the order of the samples.
    pub verdicts: Vec<Verdict>,
    /// The looks that were made.
    looks: Looks,
    pub suite: Suite<'a>,
}

impl Outcome<'_> {
    /// The verdicts of a benchmark: wall, CPU, memory, phases, and instructions last.
    pub fn verdicts(&self, benchmark: usize) -> &[Verdict] {
        let stride = self.suite.stride();
        &self.verdicts[benchmark * stride..(benchmark + 1) * stride]
    }

    pub fn wall(&self, benchmark: usize) -> Verdict {
        self.verdicts(benchmark)[0]
    }

    pub fn cpu(&self, benchmark: usize) -> Verdict {
        self.verdicts(benchmark)[1]
    }

    pub fn instructions(&self, benchmark: usize) -> Verdict {
        self.verdicts(benchmark)[self.suite.stride() - 1]
    }

    /// Of wall, CPU and memory over the whole suite.
    pub fn together(&self) -> &[Verdict] {
        &self.verdicts[self.verdicts.len() - PRIMARY..]
    }

    /// Blocks measured of a benchmark.
    pub fn runs(&self, benchmark: usize) -> usize {
        self.suite.benchmarks[benchmark].pairs[0].len()
    }

    /// Whether the benchmark is said to have regressed by any figure that is measured in the blocks.
    pub fn regressed(&self, benchmark: usize) -> bool {
        self.verdicts(benchmark)[..PRIMARY].contains(&Verdict::Regressed)
    }

    /// Whether a figure is said to have changed that has not: not slower by `truth`, nor a mean over what is.
    pub fn false_change(&self, truth: &Truth) -> bool {
        let (stride, figures) = (self.suite.stride(), self.suite.figures);
        self.verdicts.iter().enumerate().filter(|(_, verdict)| is_change(**verdict)).any(|(index, _)| {
            let (benchmark, figure) = (index / stride, index % stride);
            if benchmark < truth.benchmarks {
                truth.of(benchmark, figure, figures) == 1.0
            } else {
                truth.changed == 0 || truth.effects[index - truth.benchmarks * stride] == 1.0
            }
        })
    }

    /// The same with intervals.
    pub fn judgements(&self, rules: &Rules) -> Vec<Judgement> {
        judge(&self.suite.samples(), &self.looks, rules)
    }
}

pub fn is_change(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Regressed | Verdict::Improved)
}

/// A benchmark's figure that is measured by the run: a time or memory.
pub fn sample<'a>(machine: Machine, values: Values<'a>, figure: usize, benchmark: usize) -> Sample<'a> {
    Sample {
        values,
        noise: if figure == TIMES { Noise::Steady } else { Noise::Drifting },
        floor: if figure == TIMES { FLOORS[1] } else { FLOORS[0] },
        step: if figure == TIMES { machine.memory_step() } else { 0.0 },
        offset: 0.0,
        threshold: THRESHOLD,
        pool: if figure < PRIMARY { figure } else { PRIMARY + (figure - PRIMARY) % 2 },
        group: benchmark,
        role: if figure < PRIMARY { Role::Decides } else { Role::Explains },
    }
}

/// The looks that forc-perf would declare for so many blocks.
pub fn looks(max_runs: usize) -> Looks {
    declare_looks(3, max_runs)
}
