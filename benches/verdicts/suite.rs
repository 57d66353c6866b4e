//! Simulated comparisons of whole suites, as forc-perf makes them.

use forc_perf::stats::{
    Evidence, Judgement, Kind, Looks, Noise, Rules, Sample, Verdict, declare_looks, judge_family, pooled_noise,
    verdicts,
};

use crate::machine::{Machine, PRIMARY, Random, Runs};

/// Benchmarks in a suite.
pub const BENCHMARKS: usize = 20;
/// Blocks of a benchmark, where power is shown and rivals are held against.
const MIN_RUNS: usize = 10;
pub const MAX_RUNS: usize = 100;
/// The changes that do not matter, of times and of instruction counts.
pub const THRESHOLD: f64 = 0.01;
const INSTRUCTIONS_THRESHOLD: f64 = 0.002;
/// Runs a side in which instructions are counted, and how far apart they lie; benchmarks differ by a third of it.
const COUNTED_RUNS: usize = 3;
const COUNTED_NOISE: f64 = 3e-4;

/// What is true of a suite.
#[derive(Clone, Copy, Debug)]
pub struct Truth {
    /// The factor by which a changed benchmark is slower.
    pub effect: f64,
    /// How many benchmarks are.
    pub changed: usize,
}

impl Truth {
    pub const NO_CHANGE: Self = Self { effect: 1.0, changed: 0 };

    pub fn of(&self, benchmark: usize) -> f64 {
        if benchmark < self.changed { self.effect } else { 1.0 }
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
    noise: Noise,
    figures: usize,
    max_runs: usize,
}

impl<'a> Suite<'a> {
    pub fn new(machine: Machine<'a>, truth: Truth, seed: u64, max_runs: usize) -> Self {
        let mut random = Random::new(seed);
        let benchmarks: Vec<Runs> =
            (0..BENCHMARKS).map(|index| Runs::new(machine, random.fork(), truth.of(index), max_runs)).collect();
        let counts: Vec<Vec<(f64, f64)>> = (0..BENCHMARKS)
            .map(|index| {
                let noise = COUNTED_NOISE * (0.33 * random.normal()).exp();
                let mut count = |effect: f64| 1e9 * effect * (noise * random.normal()).exp();
                (0..COUNTED_RUNS).map(|_| (count(1.0), count(truth.of(index)))).collect()
            })
            .collect();
        let sides = |pairs: &Vec<(f64, f64)>| -> [Vec<f64>; 2] {
            [pairs.iter().map(|pair| pair.0).collect(), pairs.iter().map(|pair| pair.1).collect()]
        };
        let noise = pooled_noise(&counts.iter().flat_map(sides).collect::<Vec<_>>());
        Self { benchmarks, counts, noise, figures: machine.figures(), max_runs }
    }

    /// Figures of a benchmark: the paired ones, then instructions.
    fn stride(&self) -> usize {
        self.figures + 1
    }

    fn sample(&self, benchmark: usize, figure: usize) -> Sample<'_> {
        match self.benchmarks[benchmark].pairs.get(figure) {
            Some(pairs) => Sample { pairs, offset: 0.0, threshold: THRESHOLD, kind: Kind::Paired },
            None => Sample {
                pairs: &self.counts[benchmark],
                offset: 0.0,
                threshold: INSTRUCTIONS_THRESHOLD,
                kind: Kind::Noisy(self.noise),
            },
        }
    }

    /// Whether a change of a benchmark shows in this figure: in its run, its first phase and its instructions.
    pub fn is_affected(&self, figure: usize) -> bool {
        Machine::is_slowed(figure) || figure == self.figures
    }

    /// What all blocks of all benchmarks would take, about.
    pub fn whole(&self) -> f64 {
        self.benchmarks.iter().map(|runs| runs.expected() * self.max_runs as f64).sum()
    }

    /// Measures as `forc-perf compare` does: round after round a block of each benchmark that is not decided, looking at
    /// all of them where looks were declared, until all are decided, the most runs are made, or the blocks have taken
    /// `budget`; then, if any is undecided still, once more with the error that is left. Instructions are counted after
    /// the blocks, and are there at the end alone.
    pub fn compare(mut self, looks: &Looks, rules: &Rules, budget: f64, until: Until) -> Outcome<'a> {
        let mut evidence: Vec<Evidence> = (0..BENCHMARKS * self.figures)
            .map(|index| Evidence::of(&self.sample(index / self.figures, index % self.figures), looks))
            .collect();
        let mut live = [true; BENCHMARKS];
        let mut took = 0.0;
        'rounds: for round in 1..=self.max_runs {
            if !live.contains(&true) {
                break;
            }
            for benchmark in (0..BENCHMARKS).filter(|benchmark| live[*benchmark]) {
                if took >= budget {
                    break 'rounds;
                }
                let runs = &mut self.benchmarks[benchmark];
                let before = runs.took;
                runs.extend(round);
                took += runs.took - before;
            }
            if looks.at().contains(&round) {
                self.update(&mut evidence, looks, &live);
                let verdict = verdicts(&evidence, rules);
                for (benchmark, live) in live.iter_mut().enumerate() {
                    let primary = &verdict[benchmark * self.figures..benchmark * self.figures + PRIMARY];
                    let regressed = until == Until::Verdict && primary.contains(&Verdict::Regressed);
                    *live = *live && !regressed && primary.contains(&Verdict::Undecided);
                }
            }
        }
        let open = (0..BENCHMARKS).filter(|benchmark| live[*benchmark]);
        let rounds = open.map(|benchmark| self.benchmarks[benchmark].pairs[0].len()).min();
        let last = rounds.map_or_else(|| looks.clone(), |rounds| looks.ended_at(rounds));
        if last != *looks {
            if looks.at().contains(&last.last()) {
                // This look was made already, and weighs more now.
                for (index, known) in evidence.iter_mut().enumerate() {
                    *known = Evidence::of(&self.sample(index / self.figures, index % self.figures), &last);
                }
            }
            self.update(&mut evidence, &last, &live);
        }
        let stride = self.stride();
        let all: Vec<Evidence> = (0..BENCHMARKS * stride)
            .map(|index| match (index / stride, index % stride) {
                (benchmark, figure) if figure < self.figures => evidence[benchmark * self.figures + figure],
                (benchmark, figure) => Evidence::of(&self.sample(benchmark, figure), &last),
            })
            .collect();
        Outcome { verdicts: verdicts(&all, rules), stride, looks: last, suite: self }
    }

    /// Adds what the blocks of the benchmarks that are still run say at these looks.
    fn update(&self, evidence: &mut [Evidence], looks: &Looks, live: &[bool; BENCHMARKS]) {
        for (index, known) in evidence.iter_mut().enumerate() {
            let (benchmark, figure) = (index / self.figures, index % self.figures);
            if live[benchmark] {
                known.update(&self.sample(benchmark, figure), looks);
            }
        }
    }
}

/// How a comparison ended.
pub struct Outcome<'a> {
    verdicts: Vec<Verdict>,
    stride: usize,
    /// The looks that were made.
    looks: Looks,
    pub suite: Suite<'a>,
}

impl Outcome<'_> {
    /// The verdicts of a benchmark: wall, CPU, phases, and instructions last.
    pub fn verdicts(&self, benchmark: usize) -> &[Verdict] {
        &self.verdicts[benchmark * self.stride..(benchmark + 1) * self.stride]
    }

    pub fn wall(&self, benchmark: usize) -> Verdict {
        self.verdicts(benchmark)[0]
    }

    pub fn cpu(&self, benchmark: usize) -> Verdict {
        self.verdicts(benchmark)[1]
    }

    pub fn instructions(&self, benchmark: usize) -> Verdict {
        self.verdicts(benchmark)[self.stride - 1]
    }

    /// Blocks measured of a benchmark.
    pub fn runs(&self, benchmark: usize) -> usize {
        self.suite.benchmarks[benchmark].pairs[0].len()
    }

    /// Whether the benchmark is said to have regressed by any figure that is measured in the blocks.
    pub fn regressed(&self, benchmark: usize) -> bool {
        self.verdicts(benchmark)[..PRIMARY].contains(&Verdict::Regressed)
    }

    /// Whether anything at all is said to have changed.
    pub fn any_change(&self) -> bool {
        self.verdicts.iter().any(|verdict| is_change(*verdict))
    }

    /// The same with intervals.
    pub fn judgements(&self, rules: &Rules) -> Vec<Judgement> {
        let samples: Vec<Sample> = (0..BENCHMARKS * self.stride)
            .map(|index| self.suite.sample(index / self.stride, index % self.stride))
            .collect();
        judge_family(&samples, &self.looks, rules)
    }
}

pub fn is_change(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Regressed | Verdict::Improved)
}

/// The looks that forc-perf would declare for a suite on this machine.
pub fn looks(machine: Machine, rules: &Rules, max_runs: usize) -> Looks {
    declare_looks(BENCHMARKS * (machine.figures() + 1), rules.q_change, MIN_RUNS, max_runs)
}
