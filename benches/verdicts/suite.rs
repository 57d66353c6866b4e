//! Simulated comparisons of whole suites, as forc-perf makes them.

use forc_perf::stats::{
    Evidence, Judgement, Kind, Looks, Noise, Rules, Sample, Verdict, declare_looks, judge_family, pooled_noise,
    verdicts,
};

use crate::machine::{Machine, PRIMARY, Random, Runs};

/// Benchmarks in a suite.
pub const BENCHMARKS: usize = 20;
/// Blocks of a benchmark.
pub const MIN_RUNS: usize = 10;
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

/// A suite as it is measured: times block by block, instructions at the beginning.
pub struct Suite<'a> {
    pub benchmarks: Vec<Runs<'a>>,
    counts: Vec<Vec<(f64, f64)>>,
    noise: Noise,
    figures: usize,
}

impl<'a> Suite<'a> {
    pub fn new(machine: Machine<'a>, truth: Truth, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let benchmarks: Vec<Runs> =
            (0..BENCHMARKS).map(|index| Runs::new(machine, random.fork(), truth.of(index), MAX_RUNS)).collect();
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
        Self { benchmarks, counts, noise, figures: machine.figures() }
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
        figure < PRIMARY + 2 || figure == self.figures
    }

    /// Measures: all benchmarks up to the first look, and from look to look those whose run is not decided.
    pub fn compare(mut self, looks: &Looks, rules: &Rules) -> Outcome<'a> {
        let stride = self.stride();
        let mut evidence: Vec<Option<Evidence>> = vec![None; BENCHMARKS * stride];
        let mut open = [true; BENCHMARKS];
        let mut verdict = Vec::new();
        for at in looks.at() {
            for benchmark in (0..BENCHMARKS).filter(|benchmark| open[*benchmark]) {
                self.benchmarks[benchmark].extend(*at);
                for figure in 0..stride {
                    let sample = self.sample(benchmark, figure);
                    let known = evidence[benchmark * stride + figure].take();
                    let mut known = known.unwrap_or_else(|| Evidence::of(&sample, looks));
                    known.update(&sample, looks);
                    evidence[benchmark * stride + figure] = Some(known);
                }
            }
            let all: Vec<Evidence> = evidence.iter().flatten().copied().collect();
            verdict = verdicts(&all, rules);
            for (benchmark, open) in open.iter_mut().enumerate() {
                let primary = &verdict[benchmark * stride..benchmark * stride + PRIMARY];
                *open = *open && primary.contains(&Verdict::Undecided);
            }
        }
        Outcome { verdicts: verdict, stride, suite: self }
    }
}

/// How a comparison ended.
pub struct Outcome<'a> {
    verdicts: Vec<Verdict>,
    stride: usize,
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

    /// Whether anything at all is said to have changed.
    pub fn any_change(&self) -> bool {
        self.verdicts.iter().any(|verdict| is_change(*verdict))
    }

    /// The same with intervals.
    pub fn judgements(&self, looks: &Looks, rules: &Rules) -> Vec<Judgement> {
        let samples: Vec<Sample> = (0..BENCHMARKS * self.stride)
            .map(|index| self.suite.sample(index / self.stride, index % self.stride))
            .collect();
        judge_family(&samples, looks, rules)
    }
}

pub fn is_change(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Regressed | Verdict::Improved)
}

/// The looks that forc-perf would declare for a suite on this machine.
pub fn looks(machine: Machine, rules: &Rules) -> Looks {
    declare_looks(BENCHMARKS * (machine.figures() + 1), rules.q_change, MIN_RUNS, MAX_RUNS)
}
