//! Simulated machines: how long the runs of a benchmark take, block after block.

use crate::recorded::Recorded;

/// What disturbs a run. Standard deviations are those of logarithms.
#[derive(Clone, Copy, Debug)]
pub struct Disturbance {
    /// Of each run's wall time, by itself. CPU time shares a third of it and has two fifths as much of its own; a
    /// phase's time is the run's with half as much again of its own. Peak memory has a twentieth of it, rounded to pages.
    pub noise: f64,
    /// By how much the machine slows down from the first to the last block: 0.25 is a quarter. As much again in all is
    /// wandered, up and down.
    pub drift: f64,
    /// The share of runs that take half as long again.
    pub spikes: f64,
    /// Of a state of the machine that lasts, with a correlation of 0.9 from run to run.
    pub lasting: f64,
}

/// Where pairs come from.
#[derive(Clone, Copy)]
pub enum Machine<'a> {
    /// A model.
    Simulated(&'static str, Disturbance),
    /// Runs of a real compiler, drawn again.
    Recorded(&'a Recorded),
}

const CALM: Disturbance = Disturbance { noise: 0.01, drift: 0.0, spikes: 0.0, lasting: 0.0 };
const NOISY: Disturbance = Disturbance { noise: 0.10, ..CALM };

/// The models, the last one with everything at once.
pub const SIMULATED: [Machine<'static>; 6] = [
    Machine::Simulated("noise 1 %", CALM),
    Machine::Simulated("noise 10 %", NOISY),
    Machine::Simulated("… and drift 25 %", Disturbance { drift: 0.25, ..NOISY }),
    Machine::Simulated("… and spikes 5 %", Disturbance { spikes: 0.05, ..NOISY }),
    Machine::Simulated("… and lasting states", Disturbance { lasting: 0.10, ..NOISY }),
    Machine::Simulated("all of it", Disturbance { drift: 0.25, spikes: 0.05, lasting: 0.10, ..NOISY }),
];
/// Everything at once, at a noise in which small changes can be found.
pub const MILD: Machine<'static> =
    Machine::Simulated("all of it, noise 2 %", Disturbance { noise: 0.02, drift: 0.25, spikes: 0.05, lasting: 0.02 });

/// Phases of a simulated run.
const PHASES: usize = 6;
/// The paired figures of a benchmark: wall time, CPU time and peak memory of the run, then wall and CPU time of each phase.
pub const PAIRED: usize = PRIMARY + 2 * PHASES;
/// The figures among them by which a benchmark is decided.
pub const PRIMARY: usize = 3;
/// The times among these, which the tables show.
pub const TIMES: usize = 2;
/// Pages of memory that a run takes, of which a peak is a whole number: 32 MiB.
const PAGES: f64 = 8192.0;

impl Machine<'_> {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Simulated(name, _) => name,
            Self::Recorded(_) => "recorded runs of forc",
        }
    }

    /// Whether what slows down a benchmark shows in this figure: in its run's and its first phase's times.
    pub fn is_slowed(figure: usize) -> bool {
        figure < TIMES || (PRIMARY..PRIMARY + 2).contains(&figure)
    }

    /// How many paired figures a benchmark has here.
    pub fn figures(&self) -> usize {
        match self {
            Self::Simulated(..) => PAIRED,
            Self::Recorded(_) => PRIMARY,
        }
    }
}

/// One benchmark on a machine: makes its blocks.
pub struct Runs<'a> {
    machine: Machine<'a>,
    random: Random,
    /// By which factor B differs, figure by figure.
    effects: Vec<f64>,
    length: usize,
    wander: f64,
    lasting: f64,
    /// What the runs made so far took together, by their wall times.
    pub took: f64,
    /// The pairs made so far, figure by figure.
    pub pairs: Vec<Vec<(f64, f64)>>,
    /// Of recorded runs: which benchmark, and where the next block is.
    pub fixture: usize,
    place: usize,
}

impl<'a> Runs<'a> {
    /// Of a measurement of at most `length` blocks. B differs by the factor `effect` in run and first phase.
    pub fn new(machine: Machine<'a>, mut random: Random, effect: f64, length: usize) -> Self {
        let lasting = match machine {
            Machine::Simulated(_, disturbance) => disturbance.lasting * random.normal(),
            Machine::Recorded(_) => 0.0,
        };
        let fixture = match machine {
            Machine::Simulated(..) => 0,
            Machine::Recorded(recorded) => random.below(recorded.fixtures.len()),
        };
        let of = |figure| if Machine::is_slowed(figure) { effect } else { 1.0 };
        let effects = (0..machine.figures()).map(of).collect();
        let pairs = vec![Vec::with_capacity(length); machine.figures()];
        Self { machine, random, effects, length, wander: 0.0, lasting, took: 0.0, pairs, fixture, place: 0 }
    }

    /// Makes blocks until there are `count`.
    pub fn extend(&mut self, count: usize) {
        while self.pairs[0].len() < count {
            let b_first = self.random.coin();
            let mut block = match self.machine {
                Machine::Simulated(_, disturbance) => [self.run(disturbance), self.run(disturbance)],
                Machine::Recorded(recorded) => self.draw(recorded),
            };
            if b_first {
                block.swap(0, 1);
            }
            for (figure, pairs) in self.pairs.iter_mut().enumerate() {
                pairs.push((block[0][figure].exp(), block[1][figure].exp() * self.effects[figure]));
            }
            self.took += self.pairs[0].last().map_or(0.0, |(a, b)| a + b);
        }
    }

    /// What a block takes, about: what a budget is reckoned by.
    pub fn expected(&self) -> f64 {
        match self.machine {
            Machine::Simulated(..) => 2.0,
            Machine::Recorded(recorded) => {
                let walls = recorded.fixtures[self.fixture].iter().map(|block| block[0][0] + block[1][0]);
                crate::mean(walls)
            }
        }
    }

    fn run(&mut self, disturbance: Disturbance) -> [f64; PAIRED] {
        let Disturbance { noise, drift, spikes, lasting } = disturbance;
        let random = &mut self.random;
        let runs = 2.0 * self.length as f64;
        let elapsed = 2.0 * self.pairs[0].len() as f64 / runs;
        self.wander += drift * random.normal() / runs.sqrt();
        self.lasting = 0.9 * self.lasting + (1.0f64 - 0.81).sqrt() * lasting * random.normal();
        let state = drift.ln_1p() * elapsed + self.wander + self.lasting;
        let spike = if random.uniform() < spikes { 1.5f64.ln() } else { 0.0 };
        let own = noise * random.normal() + spike;
        let times = [state + own, state + own / 3.0 + 0.4 * noise * random.normal()];
        let memory = (PAGES * (0.05 * noise * random.normal()).exp()).round().ln();
        std::array::from_fn(|figure| match figure {
            0..TIMES => times[figure],
            TIMES => memory,
            _ => times[(figure - PRIMARY) % 2] + 0.5 * noise * random.normal(),
        })
    }

    /// A block of two recorded runs, the one after the last, or after some ten a block from anywhere (Politis and Romano
    /// 1994: so that what lasts from block to block is kept).
    fn draw(&mut self, recorded: &Recorded) -> [[f64; PAIRED]; 2] {
        let blocks = &recorded.fixtures[self.fixture];
        if self.pairs[0].is_empty() || self.random.uniform() < 0.1 {
            self.place = self.random.below(blocks.len());
        }
        let block = blocks[self.place];
        self.place = (self.place + 1) % blocks.len();
        block.map(|run| std::array::from_fn(|figure| if figure < PRIMARY { run[figure].ln() } else { 0.0 }))
    }
}

/// Random numbers of a seed.
pub struct Random {
    source: fastrand::Rng,
    spare: Option<f64>,
}

impl Random {
    pub fn new(seed: u64) -> Self {
        Self { source: fastrand::Rng::with_seed(seed), spare: None }
    }

    /// Another stream, for one part of what this one is for.
    pub fn fork(&mut self) -> Self {
        Self { source: self.source.fork(), spare: None }
    }

    pub fn uniform(&mut self) -> f64 {
        self.source.f64()
    }

    pub fn coin(&mut self) -> bool {
        self.source.bool()
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.source.usize(..end)
    }

    /// Of the standard normal distribution (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        let (sine, cosine) = (std::f64::consts::TAU * self.uniform()).sin_cos();
        self.spare = Some(radius * sine);
        radius * cosine
    }
}
