//! Comparison of compilers: blocks of one run of each, at the same time or in turns, until everything is decided.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::journal::{Entry, Journal, JournalError, Plan};
use super::runner::{Compiler, RunError, Runner};
use super::schedule::{self, Wanted};
use super::{Config, SessionError, SessionEvent, applicable, check_std, check_utf8, load_suite, mark_machine, observe};
use crate::collector::callgrind::{self, CallgrindError};
use crate::collector::{self, Cores, Split};
use crate::figures;
use crate::forc::{ToolchainSpec, toolchain};
use crate::model::{
    Benchmark, COMPARISON_SCHEMA_VERSION, CompareSettings, Comparison, Completion, Failure, Harness, Look, Measured,
    Measuring, Metric, Schedule, SerdeInstant, Side, Skipped, StdChoice, Toolchain,
};
use crate::os::Interrupt;
use crate::suite::{Case, Selection, Suite};
use crate::verdict::{self, Rules};

/// The default of the fewest blocks of a benchmark.
pub const DEFAULT_MIN_RUNS: usize = 3;
/// The default of the most blocks of a benchmark.
pub const DEFAULT_MAX_RUNS: usize = 200;
/// The default time for all blocks together.
pub const DEFAULT_BUDGET: Duration = Duration::from_secs(600);

/// What to compare, and how.
#[derive(Clone, Debug)]
pub struct CompareConfig {
    /// Suite, selection, frames and limits. Its compiler, std, number of samples and budget are not used.
    pub measure: Config,
    /// The compilers by the names that the user gave them; the first is the base.
    pub sides: Vec<(String, ToolchainSpec)>,
    /// The std that they build with.
    pub std: StdOption,
    /// Whether the sides of a block run at the same time. If they do, each has its core, and `measure.pin` has no effect.
    pub schedule: Wanted,
    /// Whether the base is measured twice, which shows how often the harness raises a false alarm.
    pub control: bool,
    /// Time for all blocks together; a resumed comparison has the rest of its original budget.
    pub budget: Duration,
    /// The fewest blocks of a benchmark before anything is decided.
    pub min_runs: usize,
    /// The most blocks of a benchmark; a resumed comparison keeps its original number.
    pub max_runs: usize,
    /// By metric, the smallest change that matters, as a fraction, if it is not the metric's default.
    pub thresholds: BTreeMap<Metric, f64>,
    /// How often the instructions of each benchmark are counted under callgrind on each side, after the blocks; `None` for
    /// never.
    pub instructions: Option<usize>,
    /// The measured benchmarks whose instructions are counted.
    pub counted: Selection,
    /// The command line, for the comparison; empty if there was none.
    pub command: Vec<String>,
    /// The file to which every block is written as soon as it is measured.
    pub journal: Option<PathBuf>,
    /// Whether to resume from the journal.
    pub resume: bool,
}

/// The std that the sides build with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StdOption {
    /// Each with its own, if it has one.
    Own,
    /// All with the base's.
    Base,
    /// All with this one.
    Folder(PathBuf),
}

/// A benchmark that is being measured on all sides.
struct Slot<'a> {
    case: Case<'a>,
    stage: usize,
    /// Its index among the benchmarks of each side.
    index: usize,
    /// The wall time of the warm-up on each side.
    walls: Vec<Duration>,
    /// Whether it is still measured: neither failed nor decided.
    live: bool,
}

/// Measures according to `config` and decides every figure that can be decided.
///
/// A benchmark that fails on a side is not run again, and the failure is a finding. An interrupt stops the current run, and
/// the comparison holds the verdicts that the blocks until then allow.
///
/// # Errors
/// If a compiler or the suite is missing, or the journal cannot be written or belongs to another comparison.
pub fn compare(
    config: &CompareConfig,
    interrupt: &Interrupt,
    on_event: &mut dyn FnMut(SessionEvent),
) -> Result<Comparison, SessionError> {
    let created = jiff::Timestamp::now();
    let environment = observe(config.measure.checkup, on_event);
    if config.instructions.is_some() {
        // Fails now, not after the blocks.
        callgrind::find_valgrind()?;
    }
    if let (true, Some(path)) = (config.resume, &config.journal) {
        Journal::check(path)?;
    }
    let counters = config.measure.counters.then(|| collector::counters_available().describe());
    if let Some(counters) = &counters {
        on_event(SessionEvent::Note(counters));
    }
    let mut sides = Vec::with_capacity(config.sides.len() + 1);
    for (name, spec) in &config.sides {
        let toolchain = toolchain::resolve(Some(spec), &config.measure.locator, interrupt, |event| {
            on_event(SessionEvent::Build(event))
        })?;
        on_event(SessionEvent::Toolchain(&toolchain));
        toolchain.notes.iter().for_each(|note| on_event(SessionEvent::Note(note)));
        sides.push(Side { name: name.clone(), toolchain, std: None, control: false, benchmarks: Vec::new() });
    }
    let std = choose_std(config, &mut sides)?;
    if let Some(base) = sides.first().filter(|_| config.control) {
        sides.push(Side { control: true, ..base.clone() });
    }
    let Some(base) = sides.first() else { return Err(SessionError::NoSides) };
    let of_sides = sides.iter().flat_map(|side| [Some(&side.toolchain.path), side.std.as_ref()]);
    check_utf8(of_sides.chain([Some(&config.measure.suite)]))?;

    let version = base.toolchain.version.clone();
    let mut suite =
        load_suite(&config.measure, Some(&version), interrupt, |repository| on_event(SessionEvent::Fetch(repository)))?;
    for note in suite.unmatched(&config.measure.selection) {
        on_event(SessionEvent::Note(&note));
    }
    let mut skipped = std::mem::take(&mut suite.skipped);
    let cases = cases(&suite, &config.measure, &sides, &mut skipped);
    on_event(SessionEvent::Suite { selected: cases.len(), skipped: &skipped });

    let _mark = mark_machine(on_event);
    let choice = schedule::choose(config.schedule, sides.len(), Cores::of_this_process().as_ref());
    if let Some(note) = &choice.note {
        on_event(SessionEvent::Note(note));
    }
    let lanes = lanes(&choice.schedule, config.measure.pin);
    let plan = Plan {
        suite: config.measure.suite.clone(),
        sides: sides.iter().map(|side| (side.name.clone(), side.toolchain.sha256.clone(), side.std.clone())).collect(),
        schedule: choice.schedule.clone(),
        seed: config.measure.seed.unwrap_or_else(|| fastrand::u64(..)),
        looks: Vec::new(),
        budget: Some(config.budget),
        fingerprints: BTreeMap::new(),
    };
    let settings = CompareSettings {
        suite: config.measure.suite.clone(),
        interval: config.measure.interval,
        time_limit: config.measure.time_limit,
        pinned: lanes.iter().all(|lane| lane.as_ref().is_some_and(Split::is_apart)),
        schedule: choice.schedule,
        schedule_note: choice.note,
        seed: plan.seed,
        std,
        machines: None,
        interleaved: true,
        budget: Some(config.budget),
        min_runs: config.min_runs,
        max_runs: config.max_runs,
        looks: Vec::new(),
        false_change_rate: verdict::FALSE_CHANGE_RATE,
        false_equality_rate: verdict::FALSE_EQUALITY_RATE,
        thresholds: verdict::thresholds(&config.thresholds),
        instruction_runs: config.instructions,
        counters,
        command: config.command.clone(),
    };
    let mut comparison = Comparison {
        comparison_version: COMPARISON_SCHEMA_VERSION,
        created: created.to_string(),
        harness: Harness { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        environment,
        settings,
        completion: Completion::Complete,
        measuring: Measuring::default(),
        sides,
        findings: Vec::new(),
        skipped,
    };
    let mut session = Session {
        config,
        interrupt,
        on_event,
        width: lanes.len(),
        runner: Runner::new(&config.measure, lanes, interrupt, plan.seed),
        slots: Vec::with_capacity(cases.len()),
        journal: None,
        budget: config.budget,
        max_runs: config.max_runs,
        before: Duration::ZERO,
        started: Instant::now(),
        ended: None,
    };
    session.copy_compilers(&comparison.sides);
    session.warm_up(cases, &mut comparison);
    session.open_journal(plan, &mut comparison)?;
    if session.ended.is_none() {
        session.run_blocks(&mut comparison);
    }
    if let Some(runs) = config.instructions {
        session.count_instructions(&mut comparison, runs);
    }
    if interrupt.requested() {
        comparison.completion = Completion::Interrupted;
    }
    for measured in comparison.sides.iter_mut().flat_map(|side| &mut side.benchmarks) {
        figures::complete(measured);
    }
    for side in &mut comparison.sides {
        figures::warn(&mut side.benchmarks, config.measure.interval, comparison.environment.cpus.len());
    }
    comparison.findings = verdict::findings(&comparison.sides, &session.rules(&comparison));
    Ok(comparison)
}

/// The processors of forc and of the harness in each lane.
fn lanes(schedule: &Schedule, pin: bool) -> Vec<Option<Split>> {
    match schedule {
        Schedule::Turns => vec![pin.then(Split::of_this_machine).flatten()],
        Schedule::Duet { cores, harness, .. } => {
            let lane = |core: &usize| {
                let forc = vec![*core];
                let harness = if harness.is_empty() { forc.clone() } else { harness.clone() };
                Some(Split { forc, harness })
            };
            cores.iter().map(lane).collect()
        }
    }
}

/// Sets the std of every side, and returns the choice for the report.
fn choose_std(config: &CompareConfig, sides: &mut [Side]) -> Result<StdChoice, SessionError> {
    let own = |toolchain: &Toolchain| toolchain.origin.std().map(Path::to_owned);
    let (choice, same) = match &config.std {
        StdOption::Folder(folder) => (StdChoice::Same(folder.clone()), Some(folder.clone())),
        StdOption::Base => match sides.first().and_then(|base| own(&base.toolchain)) {
            Some(std) => (StdChoice::Same(std.clone()), Some(std)),
            None => return Err(SessionError::BaseHasNoStd),
        },
        StdOption::Own => (StdChoice::Own, None),
    };
    for side in sides {
        side.std = same.clone().or_else(|| own(&side.toolchain));
        if let Some(std) = &side.std {
            check_std(std)?;
        }
    }
    Ok(choice)
}

/// The benchmarks that every side can build. The others are skipped with a reason.
fn cases<'a>(suite: &'a Suite, config: &Config, sides: &[Side], skipped: &mut Vec<Skipped>) -> Vec<Case<'a>> {
    let mut cases = suite.cases(&config.selection);
    for side in sides {
        let (fit, inapplicable) = applicable(cases, &side.toolchain);
        skipped.extend(inapplicable);
        cases = fit;
    }
    cases
}

struct Session<'a, 'e> {
    config: &'a CompareConfig,
    interrupt: &'a Interrupt,
    on_event: &'e mut dyn FnMut(SessionEvent),
    runner: Runner<'a>,
    /// How many sides run at the same time, at most.
    width: usize,
    slots: Vec<Slot<'a>>,
    journal: Option<Journal>,
    budget: Duration,
    max_runs: usize,
    /// How long the blocks took that were made before this comparison was resumed.
    before: Duration,
    /// When the blocks started or were resumed.
    started: Instant,
    ended: Option<Ended>,
}

/// The blocks ended by themselves, without an interrupt.
#[derive(Clone, Copy)]
struct Ended {
    /// After how many rounds the data is examined for the last time; `None` if everything was decided.
    rounds: Option<usize>,
}

impl<'a> Session<'a, '_> {
    /// Copies the compilers, and sends a note for each that cannot be copied.
    fn copy_compilers(&mut self, sides: &[Side]) {
        for note in self.runner.copy_compilers(sides.iter().map(|side| (&side.toolchain, side.control))) {
            (self.on_event)(SessionEvent::Note(&note));
        }
    }

    /// Builds every benchmark once on every side, to find failures, the artifacts and the expected time.
    ///
    /// If sides will run at the same time, each builds in all lanes at once, so that the first block finds every lane warm.
    /// The artifacts are read from the first lane, which is the same for all sides.
    fn warm_up(&mut self, cases: Vec<Case<'a>>, comparison: &mut Comparison) {
        let of = cases.len();
        for (index, case) in cases.into_iter().enumerate() {
            if self.interrupt.requested() {
                break;
            }
            let stage = self.runner.stage_for(case.project);
            let mut slot = Slot { case, stage, index, walls: Vec::new(), live: true };
            let mut warmed: Vec<Measured> = Vec::with_capacity(comparison.sides.len());
            for side in &comparison.sides {
                let compiler = compiler_of(side);
                let mut measured = self.runner.describe(&slot.case, stage, &compiler);
                self.runner.clear_outputs(stage);
                let everywhere = vec![compiler; self.width];
                let runs = self.runner.run_together(&slot.case, stage, &everywhere);
                // The first failure is enough: all lanes ran the same compiler.
                let run = runs.into_iter().reduce(|first, other| match (first, other) {
                    (Ok(run), Ok(_)) => Ok(run),
                    (Err(error), _) | (_, Err(error)) => Err(error),
                });
                match run.unwrap_or(Err(RunError::Interrupted)) {
                    Ok(run) => {
                        slot.walls.push(run.wall().unwrap_or_default());
                        measured.outputs = self.runner.outputs(stage);
                        measured.program = self.runner.program_of(stage);
                    }
                    Err(RunError::Interrupted) => return,
                    Err(RunError::Failed(failure)) => {
                        (self.on_event)(SessionEvent::Failed { id: &slot.case.id, failure: &failure });
                        measured.failures.push(*failure);
                        slot.live = false;
                    }
                }
                warmed.push(measured);
            }
            for (side, measured) in comparison.sides.iter_mut().zip(warmed) {
                side.benchmarks.push(measured);
            }
            (self.on_event)(SessionEvent::WarmUp { id: &slot.case.id, done: index + 1, of });
            self.slots.push(slot);
        }
    }

    /// A limit of the rounds that the budget allows, so that no error rate is spent on looks that are never made. Benchmarks
    /// that are decided early leave their time to the others; therefore the limit is three times the expected number.
    fn most_rounds(&self) -> usize {
        let live = self.slots.iter().filter(|slot| slot.live);
        let round: Duration = live.map(|slot| schedule::block_length(&slot.walls, self.width)).sum();
        let rounds = 3.0 * self.budget.as_secs_f64() / round.as_secs_f64();
        if rounds.is_finite() { (rounds.ceil() as usize).max(self.config.min_runs).max(1) } else { usize::MAX }
    }

    /// Declares the looks, or takes those of the comparison that is resumed, with all of its blocks.
    fn open_journal(&mut self, mut plan: Plan, comparison: &mut Comparison) -> Result<(), JournalError> {
        self.max_runs = self.config.max_runs.min(self.most_rounds());
        comparison.settings.max_runs = self.max_runs;
        plan.looks = verdict::declare_looks(self.config.min_runs, self.max_runs);
        for slot in &self.slots {
            plan.fingerprints.insert(slot.case.id.clone(), self.runner.fingerprint(slot.stage).unwrap_or_default());
        }
        // Those of the warm-ups just made. A resumed journal may hold the same failures already.
        let failures = self.failures(comparison);
        let mut known: BTreeSet<(String, usize)> = BTreeSet::new();
        match &self.config.journal {
            Some(path) if self.config.resume => {
                let (journal, kept, entries) = Journal::resume(path, &plan)?;
                self.journal = Some(journal);
                self.keep_to(&kept, comparison);
                let kept_ids: BTreeSet<String> = kept.fingerprints.into_keys().collect();
                plan.seed = kept.seed;
                plan.looks = kept.looks;
                // New runs get other paddings than the existing ones.
                self.runner.reseed(plan.seed.wrapping_add(entries.len() as u64));
                // Benchmarks that the journal does not know have yet to be measured.
                let all_known = self.slots.iter().all(|slot| kept_ids.contains(&slot.case.id));
                for entry in entries.into_iter().filter(|entry| all_known || !matches!(entry, Entry::Ended { .. })) {
                    if let Entry::Failure { benchmark, side, .. } = &entry {
                        known.insert((benchmark.clone(), *side));
                    }
                    self.replay(entry, comparison);
                }
            }
            Some(path) => {
                let (journal, aside) = Journal::create(path, &plan)?;
                self.journal = Some(journal);
                if let Some(aside) = aside {
                    (self.on_event)(SessionEvent::Note(&format!(
                        "there was an interrupted comparison, which --resume would have resumed; its runs are kept in {}",
                        aside.display()
                    )));
                }
            }
            None => {}
        }
        for (benchmark, side, failure) in failures {
            if !known.contains(&(benchmark.clone(), side)) {
                self.keep(&Entry::Failure { benchmark, side, failure });
            }
        }
        comparison.settings.seed = plan.seed;
        comparison.settings.looks = plan.looks;
        Ok(())
    }

    /// The failures so far: the benchmark, the side, and the failure.
    fn failures(&self, comparison: &Comparison) -> Vec<(String, usize, Box<Failure>)> {
        let mut failures = Vec::new();
        for slot in &self.slots {
            for (side, measured) in comparison.sides.iter().map(|side| &side.benchmarks[slot.index]).enumerate() {
                let own = measured.failures.iter();
                failures.extend(own.map(|failure| (slot.case.id.clone(), side, Box::new(failure.clone()))));
            }
        }
        failures
    }

    /// Keeps the original plan of a resumed comparison: to choose the last look after seeing the data until the interrupt
    /// would bias the verdicts.
    fn keep_to(&mut self, kept: &Plan, comparison: &mut Comparison) {
        let original = (kept.budget.unwrap_or(self.budget), kept.looks.last().map_or(self.max_runs, |look| look.runs));
        // The default number of rounds depends on the times of the warm-ups, which differ a little: no note for that.
        if original.0 != self.budget || original.1 > self.config.max_runs {
            let text = format!(
                "the comparison was started with --budget {} and --max-runs {}, and keeps these values",
                humantime::format_duration(original.0),
                original.1
            );
            (self.on_event)(SessionEvent::Note(&text));
        }
        (self.budget, self.max_runs) = original;
        comparison.settings.budget = Some(self.budget);
        comparison.settings.max_runs = self.max_runs;
    }

    /// Takes over an entry of an interrupted comparison. Benchmarks that are no longer selected are left out.
    fn replay(&mut self, entry: Entry, comparison: &mut Comparison) {
        let slot = |slots: &mut Vec<Slot<'a>>, id: &str| slots.iter().position(|slot| slot.case.id == *id);
        match entry {
            Entry::Block { benchmark, runs, elapsed } => {
                self.before = elapsed;
                if let Some(slot) = slot(&mut self.slots, &benchmark) {
                    push_block(comparison, self.slots[slot].index, runs);
                }
            }
            Entry::Count { benchmark, side, count } => {
                if let Some(slot) = slot(&mut self.slots, &benchmark) {
                    comparison.sides[side].benchmarks[self.slots[slot].index].instructions.push(count);
                }
            }
            Entry::Failure { benchmark, side, failure } => {
                if let Some(slot) = slot(&mut self.slots, &benchmark) {
                    let slot = &mut self.slots[slot];
                    slot.live = false;
                    comparison.sides[side].benchmarks[slot.index].failures.push(*failure);
                }
            }
            Entry::Ended { rounds, elapsed } => {
                self.before = elapsed;
                self.ended = Some(Ended { rounds });
            }
        }
        comparison.measuring.wall = self.before;
    }

    /// How long the blocks have taken, including those made before this comparison was resumed.
    fn elapsed(&self) -> Duration {
        self.before + self.started.elapsed()
    }

    /// Makes rounds of one block of every undecided benchmark, until all are decided or the budget is spent.
    fn run_blocks(&mut self, comparison: &mut Comparison) {
        let looks: Vec<Look> = comparison.settings.looks.clone();
        // A resumed comparison has its blocks already, of some benchmarks perhaps one more than of others.
        let live = self.slots.iter().filter(|slot| slot.live);
        let first = live.map(|slot| blocks_of(comparison, slot)).min().unwrap_or(0);
        let live = self.slots.iter().filter(|slot| slot.live);
        let expected: Duration = live.map(|slot| schedule::block_length(&slot.walls, self.width)).sum();
        (self.on_event)(SessionEvent::Blocks {
            benchmarks: self.slots.iter().filter(|slot| slot.live).count(),
            resumed: comparison.sides.first().map_or(0, |side| side.benchmarks.iter().map(|it| it.runs.len()).sum()),
            round: expected,
            budget: self.budget.saturating_sub(self.before),
            looks: &looks,
        });
        self.started = Instant::now();
        if first > 0 {
            self.look(comparison);
        }
        if self.run_rounds(first, comparison) {
            let live = self.slots.iter().filter(|slot| slot.live);
            let rounds = live.map(|slot| blocks_of(comparison, slot)).min();
            self.ended = Some(Ended { rounds });
            let elapsed = comparison.measuring.wall;
            self.keep(&Entry::Ended { rounds, elapsed });
        }
    }

    /// Makes the rounds from `first` on. Returns whether they ended without an interrupt.
    fn run_rounds(&mut self, first: usize, comparison: &mut Comparison) -> bool {
        let looks: Vec<Look> = comparison.settings.looks.clone();
        for round in first..self.max_runs {
            if self.interrupt.requested() {
                return false;
            }
            let live: Vec<usize> = (0..self.slots.len())
                .filter(|slot| self.slots[*slot].live && blocks_of(comparison, &self.slots[*slot]) <= round)
                .collect();
            if !self.slots.iter().any(|slot| slot.live) {
                break;
            }
            self.runner.renew_copies();
            for block in schedule::round(&live, comparison.sides.len(), comparison.settings.seed, round) {
                if self.interrupt.requested() {
                    return false;
                }
                if self.elapsed() >= self.budget {
                    return true;
                }
                self.run_block(&block, comparison);
                comparison.measuring.wall = self.elapsed();
            }
            if self.interrupt.requested() {
                return false;
            }
            if looks.iter().any(|look| look.runs == round + 1) {
                self.look(comparison);
            }
            let left = self.budget.saturating_sub(self.elapsed());
            (self.on_event)(SessionEvent::Round {
                done: round + 1,
                of: self.max_runs,
                live: self.slots.iter().filter(|slot| slot.live).count(),
                decided: self.slots.iter().filter(|slot| !slot.live).count(),
                left,
            });
        }
        !self.interrupt.requested()
    }

    /// Makes one run on every side, in the lanes of the block. An incomplete block is not kept.
    fn run_block(&mut self, block: &schedule::Block, comparison: &mut Comparison) {
        let (index, benchmark) = {
            let slot = &self.slots[block.benchmark];
            (slot.index, slot.case.id.clone())
        };
        let mut runs: Vec<Option<Benchmark>> = vec![None; comparison.sides.len()];
        for wave in block.waves(self.width) {
            let compilers: Vec<Compiler> = wave.iter().map(|side| compiler_of(&comparison.sides[*side])).collect();
            let slot = &self.slots[block.benchmark];
            let made = self.runner.run_together(&slot.case, slot.stage, &compilers);
            let mut whole = true;
            for (side, run) in wave.iter().zip(made) {
                match run {
                    Ok(run) => runs[*side] = Some(run),
                    Err(RunError::Interrupted) => whole = false,
                    Err(RunError::Failed(failure)) => {
                        whole = false;
                        (self.on_event)(SessionEvent::Failed { id: &benchmark, failure: &failure });
                        self.slots[block.benchmark].live = false;
                        let entry =
                            Entry::Failure { benchmark: benchmark.clone(), side: *side, failure: failure.clone() };
                        self.keep(&entry);
                        comparison.sides[*side].benchmarks[index].failures.push(*failure);
                    }
                }
            }
            if !whole {
                return;
            }
        }
        let runs: Vec<Benchmark> = runs.into_iter().flatten().collect();
        let entry = Entry::Block { benchmark, runs, elapsed: self.elapsed() };
        self.keep(&entry);
        if let Entry::Block { runs, .. } = entry {
            push_block(comparison, index, runs);
        }
    }

    /// Appends to the journal.
    fn keep(&mut self, entry: &Entry) {
        if let Some(Err(error)) = self.journal.as_mut().map(|journal| journal.append(entry)) {
            // The results are in memory, so verdicts are still possible. Only resuming is not.
            (self.on_event)(SessionEvent::Warning(&error));
            self.journal = None;
        }
    }

    /// Counts the instructions of every benchmark that builds, `runs` times on every side, round after round.
    fn count_instructions(&mut self, comparison: &mut Comparison, runs: usize) {
        let builds = |comparison: &Comparison, slot: &Slot| {
            comparison.sides.iter().all(|side| side.benchmarks[slot.index].failures.is_empty())
        };
        let suite = self.config.measure.suite.file_name().map(|name| name.to_string_lossy().into_owned());
        let wanted = |slot: &Slot| self.config.counted.selects(suite.as_deref().unwrap_or_default(), &slot.case.id);
        let countable = |slot: &usize| wanted(&self.slots[*slot]) && builds(comparison, &self.slots[*slot]);
        let mut live: Vec<usize> = (0..self.slots.len()).filter(countable).collect();
        let of = live.len() * runs * comparison.sides.len();
        let mut done = 0;
        for round in 0..runs {
            for block in schedule::round(&live, comparison.sides.len(), comparison.settings.seed, round) {
                for side in block.order {
                    let slot = &self.slots[block.benchmark];
                    let (index, id) = (slot.index, slot.case.id.clone());
                    done += 1;
                    if self.interrupt.requested() {
                        return;
                    }
                    if comparison.sides[side].benchmarks[index].instructions.len() > round
                        || !live.contains(&block.benchmark)
                    {
                        continue;
                    }
                    (self.on_event)(SessionEvent::Count { id: &id, done, of });
                    let expected = slot.walls.iter().sum::<Duration>().div_f64(comparison.sides.len() as f64);
                    let compiler = compiler_of(&comparison.sides[side]);
                    match self.runner.count(&slot.case, slot.stage, &compiler, expected) {
                        Ok(count) => {
                            self.keep(&Entry::Count { benchmark: id, side, count: count.clone() });
                            comparison.sides[side].benchmarks[index].instructions.push(count);
                        }
                        Err(CallgrindError::Interrupted) => return,
                        Err(error) => {
                            // Its times stay valid; the counts of only some sides would be useless.
                            (self.on_event)(SessionEvent::Warning(&error));
                            live.retain(|slot| *slot != block.benchmark);
                            for side in &mut comparison.sides {
                                side.benchmarks[index].instructions.clear();
                            }
                        }
                    }
                }
            }
        }
    }

    /// How to decide at the end. If the blocks ended by themselves, there is a last look, even if the counting after them was
    /// interrupted. After an interrupt of the blocks there is none, as it would be missing when they are resumed.
    fn rules(&self, comparison: &Comparison) -> Rules {
        let rules = Rules::of(&comparison.settings);
        match self.ended.and_then(|ended| ended.rounds) {
            Some(rounds) => rules.ended_after(rounds),
            None => rules,
        }
    }

    /// Stops measuring the benchmarks that are decided on every side.
    fn look(&mut self, comparison: &Comparison) {
        let findings = verdict::findings(&comparison.sides, &Rules::of(&comparison.settings));
        for slot in self.slots.iter_mut().filter(|slot| slot.live) {
            slot.live = findings
                .iter()
                .filter(|findings| !comparison.sides[findings.side].control)
                .any(|findings| !verdict::is_decided(&findings.benchmarks[slot.index]));
        }
    }
}

fn compiler_of(side: &Side) -> Compiler<'_> {
    Compiler { toolchain: &side.toolchain, std: side.std.as_deref(), control: side.control }
}

/// How many blocks of a benchmark there are.
fn blocks_of(comparison: &Comparison, slot: &Slot) -> usize {
    comparison.sides.first().map_or(0, |side| side.benchmarks[slot.index].runs.len())
}

fn push_block(comparison: &mut Comparison, index: usize, runs: Vec<Benchmark>) {
    comparison.measuring.in_forc += covered(&runs);
    for (side, run) in comparison.sides.iter_mut().zip(runs) {
        comparison.measuring.collector_cpu += run.collector.cpu_time;
        side.benchmarks[index].runs.push(run);
    }
}

/// The time during which at least one of these ran.
fn covered(runs: &[Benchmark]) -> Duration {
    let mut spans: Vec<(SerdeInstant, SerdeInstant)> =
        runs.iter().filter_map(|run| Some((run.start_time?, run.end_time?))).collect();
    spans.sort_unstable();
    let mut covered = Duration::ZERO;
    let mut until: Option<SerdeInstant> = None;
    for (start, end) in spans {
        let from = until.map_or(start, |until| until.max(start));
        covered += end.duration_since(from.min(end));
        until = Some(until.map_or(end, |until| until.max(end)));
    }
    covered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn runs_at_the_same_time_count_once_in_the_time_in_forc() {
        let run = |from: u64, to: u64| {
            let at = |ms| Some(SerdeInstant::from_epoch(Duration::from_millis(ms)));
            let sample = testing::report(1).benchmarks[0].runs[0].clone();
            Benchmark { start_time: at(from), end_time: at(to), ..sample }
        };
        let of = |spans: &[(u64, u64)]| {
            covered(&spans.iter().map(|(from, to)| run(*from, *to)).collect::<Vec<_>>()).as_millis()
        };
        assert_eq!(of(&[(10, 20), (30, 45)]), 25);
        assert_eq!(of(&[(10, 50), (11, 20), (40, 60)]), 50);
        assert_eq!(of(&[]), 0);
    }
}
