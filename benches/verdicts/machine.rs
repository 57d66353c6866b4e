//! Simulated machines: how long the runs of a benchmark take, block after block.

use crate::recorded::Recorded;

/// What disturbs a run. Standard deviations are those of logarithms.
#[derive(Clone, Copy, Debug)]
pub struct Disturbance {
    /// Of each run's wall time, by itself. CPU time shares a third of it and has two fifths as much of its own; a
    /// phase's time is the run's with half as much again of its own. Peak memory has a twentieth of it, rounded to pages.
    pub noise: f64,
    /// By how much benchmarks differ in their noise: the standard deviation of its logarithm.
    pub unequal: f64,
    /// By how much the machine slows down from the first to the last block: 0.25 is a quarter. As much again in all is
    /// wandered, up and down.
    pub drift: f64,
    /// The share of runs that take half as long again.
    pub spikes: f64,
    /// Of a state of the machine that lasts, with a correlation of 0.9 from run to run.
    pub lasting: f64,
    /// Whether the noise has the tails of Student's t with three degrees of freedom.
    pub tails: bool,
    /// The distance of a second level, on which every second run of times, memory and instructions is, each by itself; of
    /// instructions a hundredth of it. Benchmarks have from nothing to all of it.
    pub levels: f64,
    /// The share of benchmarks whose peak memory is a huge page, 2 MiB, more in every second run. Where there are any, programs
    /// are small.
    pub heap: f64,
    /// To what share times are rounded, so that many are the same.
    pub rounded: f64,
}

/// Where pairs come from.
#[derive(Clone, Copy)]
pub enum Machine<'a> {
    /// A model.
    Simulated(&'static str, Disturbance),
    /// Runs of a real compiler, drawn again.
    Recorded(&'a Recorded),
}

/// Noise of 1 % and nothing else.
pub const CALM: Disturbance = Disturbance {
    noise: 0.01,
    unequal: 0.0,
    drift: 0.0,
    spikes: 0.0,
    lasting: 0.0,
    tails: false,
    levels: 0.0,
    heap: 0.0,
    rounded: 0.0,
};
const NOISY: Disturbance = Disturbance { noise: 0.10, ..CALM };

/// The models, the last two with everything at once.
pub const SIMULATED: [Machine<'static>; 12] = [
    Machine::Simulated("noise 1 %", CALM),
    Machine::Simulated("noise 10 %", NOISY),
    Machine::Simulated("1 %, benchmarks unequal", Disturbance { unequal: 0.7, ..CALM }),
    Machine::Simulated("10 % and drift 25 %", Disturbance { drift: 0.25, ..NOISY }),
    Machine::Simulated("2 % and spikes 5 %", Disturbance { noise: 0.02, spikes: 0.05, ..CALM }),
    Machine::Simulated("10 % and spikes 5 %", Disturbance { spikes: 0.05, ..NOISY }),
    Machine::Simulated("10 %, states that last", Disturbance { lasting: 0.10, ..NOISY }),
    Machine::Simulated("3 %, heavy tails t(3)", Disturbance { noise: 0.03, tails: true, ..CALM }),
    Machine::Simulated("1 %, two levels", Disturbance { levels: 0.3, ..CALM }),
    Machine::Simulated("1 %, some heaps uneven", Disturbance { heap: 0.1, ..CALM }),
    Machine::Simulated("1 %, ties", Disturbance { rounded: 0.02, ..CALM }),
    Machine::Simulated(
        "all of it, noise 10 %",
        Disturbance { unequal: 0.3, drift: 0.25, spikes: 0.05, lasting: 0.1, ..NOISY },
    ),
];
/// All disturbances, with a noise that lets small changes be seen.
pub const MILD: Machine<'static> = Machine::Simulated(
    "all of it, noise 2 %",
    Disturbance { noise: 0.02, unequal: 0.3, drift: 0.25, spikes: 0.05, lasting: 0.02, ..CALM },
);

/// Figures with a time: wall and CPU, in this order.
pub const TIMES: usize = 2;
/// Figures that decide: the times, and peak memory.
pub const PRIMARY: usize = 3;
/// Figures measured in pairs: the deciding ones, then wall and CPU time of two phases.
pub const PAIRED: usize = 7;
/// Pages of memory: of a program of some seconds, 722 MiB, and of a small one, 24 MiB.
const PAGES: f64 = 185_000.0;
const SMALL_PAGES: f64 = 6_000.0;
/// A huge page.
const HUGE_PAGE: f64 = 512.0;

impl<'a> Machine<'a> {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Simulated(name, _) => name,
            Self::Recorded(_) => "recorded runs of forc",
        }
    }

    /// Figures that are measured in pairs: recorded runs have no phases.
    pub fn figures(&self) -> usize {
        match self {
            Self::Simulated(..) => PAIRED,
            Self::Recorded(_) => PRIMARY,
        }
    }

    fn pages(&self) -> f64 {
        match self {
            Self::Simulated(_, disturbance) if disturbance.heap > 0.0 => SMALL_PAGES,
            _ => PAGES,
        }
    }

    /// What a second level of memory may make, as forc-perf takes it: two huge pages, as a difference of logarithms.
    pub fn memory_step(&self) -> f64 {
        (2.0 * HUGE_PAGE / self.pages()).ln_1p()
    }

    /// Whether a slower benchmark is slower in this figure: in its times, and in those of its first phase.
    pub fn is_slowed(figure: usize) -> bool {
        figure < TIMES || (PRIMARY..PRIMARY + 2).contains(&figure)
    }

    /// The logarithms of the counts of instructions of one run.
    pub fn instructions(&self, random: &mut Random, unequal: f64) -> f64 {
        let levels = match self {
            Self::Simulated(_, disturbance) => disturbance.levels / 100.0 * unequal,
            Self::Recorded(_) => 0.0,
        };
        let level = if random.coin() { levels } else { 0.0 };
        3e-4 * (0.33 * (2.0 * unequal - 1.0)).exp() * random.normal() + level
    }
}

/// The runs of one benchmark.
pub struct Runs<'a> {
    machine: Machine<'a>,
    random: Random,
    /// The machine's: of benchmarks that are measured together, one.
    pub mood: Random,
    /// By figure, the factor by which B has more.
    effects: [f64; PAIRED],
    /// Pairs of a figure an element: (a, b) of each block.
    pub pairs: Vec<Vec<(f64, f64)>>,
    /// What the blocks took.
    pub took: f64,
    length: usize,
    wander: f64,
    lasting: f64,
    /// By which factor this benchmark is noisier than others, and which share of the levels' distance it has.
    pub unequal: (f64, f64),
    pub fixture: usize,
    place: usize,
}

impl<'a> Runs<'a> {
    /// Those of a machine that slows down over `length` blocks.
    pub fn new(machine: Machine<'a>, mut random: Random, effects: [f64; PAIRED], length: usize) -> Self {
        let unequal = match machine {
            Machine::Simulated(_, disturbance) => ((disturbance.unequal * random.normal()).exp(), random.uniform()),
            Machine::Recorded(_) => (1.0, 0.0),
        };
        let fixture = match machine {
            Machine::Simulated(..) => 0,
            Machine::Recorded(recorded) => random.below(recorded.fixtures.len()),
        };
        let pairs = vec![Vec::with_capacity(length.min(64)); machine.figures()];
        let mood = random.fork();
        Self {
            machine,
            random,
            mood,
            effects,
            pairs,
            took: 0.0,
            length,
            wander: 0.0,
            lasting: 0.0,
            unequal,
            fixture,
            place: 0,
        }
    }

    /// Measures until there are so many blocks.
    pub fn extend(&mut self, blocks: usize) {
        while self.pairs[0].len() < blocks {
            // Which side comes first, or on which core, is drawn.
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
        let Disturbance { drift, spikes, lasting, .. } = disturbance;
        let noise = disturbance.noise * self.unequal.0;
        let random = &mut self.random;
        let runs = 2.0 * self.length as f64;
        let elapsed = 2.0 * self.pairs[0].len() as f64 / runs;
        self.wander += drift * self.mood.normal() / runs.sqrt();
        self.lasting = 0.9 * self.lasting + (1.0f64 - 0.81).sqrt() * lasting * self.mood.normal();
        let state = drift.ln_1p() * elapsed + self.wander + self.lasting;
        let spike = if random.uniform() < spikes { 1.5f64.ln() } else { 0.0 };
        let level = |random: &mut Random, share: f64| {
            if random.coin() { disturbance.levels * share * self.unequal.1 } else { 0.0 }
        };
        let slow = level(random, 1.0);
        let more = level(random, 0.1);
        let heavy = if disturbance.tails {
            let squares: f64 = (0..3).map(|_| random.normal().powi(2)).sum();
            (3.0 / squares.max(1e-9)).sqrt()
        } else {
            1.0
        };
        let own = noise * heavy * random.normal() + spike + slow;
        let round = |time: f64| {
            let step = disturbance.rounded;
            if step > 0.0 { ((time.exp() / step).round() * step).ln() } else { time }
        };
        let times = [state + own, state + slow + (own - slow) / 3.0 + 0.4 * noise * random.normal()].map(round);
        let heap = if self.unequal.1 < disturbance.heap && random.coin() { HUGE_PAGE } else { 0.0 };
        let memory = (self.machine.pages() * (0.05 * noise * random.normal() + more).exp() + heap).round().ln();
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

    /// The same stream from here on.
    pub fn again(&self) -> Self {
        Self { source: self.source.clone(), spare: self.spare }
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
