//! Makes a [`Benchmark`] of a recording: its markers become a tree of phases with their costs.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use super::{Counters, OutputEvent, Recording, Said};
use crate::collector::info;
use crate::collector::marker::{Marker, PhaseLabel};
use crate::model::{
    Benchmark, BenchmarkFrame, BenchmarkPhase, EventCounts, PackageOutput, PhaseCost, Protocol, SerdeInstant,
};
use crate::phase;

/// How many notes a run keeps. A log that is wrong throughout gives the same note many times.
const NOTE_LIMIT: usize = 20;

/// Makes a run of the recording. `name` is the benchmark's id, `path` its project's folder, and `protocol` how this
/// compiler reports its phases. The exit says whether the run succeeded: the caller has to check it.
pub fn assemble(name: String, path: &Path, protocol: Protocol, recording: Recording) -> Benchmark {
    let mut builder = Builder { frames: &recording.frames, completed: recording.exit.success(), ..Builder::default() };
    for event in recording.events {
        builder.event(event);
    }
    let (phases, packages, notes) = builder.finish();
    let mut notes: Vec<String> = recording.notes.into_iter().chain(notes).collect();
    let excess = notes.len().saturating_sub(NOTE_LIMIT);
    notes.truncate(NOTE_LIMIT);
    if excess > 0 {
        notes.push(format!("and {excess} more"));
    }
    let mut run = Benchmark {
        wall_ns: None,
        cpu_ns: None,
        name,
        path: path.to_owned(),
        start_time: Some(recording.started),
        end_time: Some(recording.exited),
        phases,
        packages,
        exit: Some(recording.exit),
        accounting: Some(recording.accounting),
        counters: recording.counters,
        protocol,
        collector: recording.cost,
        surroundings: None,
        notes,
        frames: recording.frames,
    };
    fill_in_nanoseconds(&mut run);
    run
}

/// Fills in the times that the report also has as plain numbers.
fn fill_in_nanoseconds(run: &mut Benchmark) {
    let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    run.wall_ns = run.wall().map(nanoseconds);
    run.cpu_ns = run.accounting.map(|accounting| nanoseconds(accounting.cpu_time()));
    for phase in &mut run.phases {
        phase.wall_ns = phase.wall().map(nanoseconds);
        phase.cpu_ns = phase.cost.and_then(|cost| cost.cpu_time).map(nanoseconds);
    }
}

/// How many phases of one package may be open at once. forc nests them three deep; a log that opens more lacks stop
/// markers.
const DEPTH_LIMIT: usize = 64;

/// How many phases of a run are kept. A workspace of a hundred packages has about ten thousand.
const PHASE_LIMIT: usize = 200_000;

#[derive(Default)]
struct Builder<'a> {
    frames: &'a [BenchmarkFrame],
    /// Whether the compiler succeeded: a phase that is then still open lacks its stop marker.
    completed: bool,
    phases: Vec<Open>,
    /// The open phases of each package, innermost last, as indices into `phases`.
    stacks: HashMap<Option<String>, Vec<usize>>,
    /// The compilations of each package, counted by its first top-level phase.
    passes: HashMap<Option<String>, Pass>,
    packages: Vec<PackageOutput>,
    current_package: Option<String>,
    /// The package of the last phase marker.
    last_package: Option<String>,
    /// Whether only the ends of phases were reported, so that their nesting has to be derived from their times.
    ends_alone: bool,
    /// How many phases there were beyond [`PHASE_LIMIT`].
    left_out: usize,
    notes: Vec<String>,
}

/// A phase that is being assembled.
struct Open {
    phase: BenchmarkPhase,
    at_start: Option<Counters>,
}

/// The current compilation of a package.
#[derive(Default)]
struct Pass {
    number: u32,
    /// The first phase of the package's compilation: when it appears again, the next compilation begins.
    first_phase: Option<String>,
}

impl Builder<'_> {
    fn event(&mut self, event: OutputEvent) {
        let opens = matches!(event.said, Said::Marker(Marker::Start(_) | Marker::Elapsed { .. }));
        if opens && self.phases.len() >= PHASE_LIMIT {
            self.left_out += 1;
            return;
        }
        match event.said {
            Said::Marker(Marker::Start(label)) => self.start(&label, event.at, event.counters),
            Said::Marker(Marker::Stop(label)) => self.stop(&label, event.at, event.counters),
            Said::Marker(Marker::Elapsed { phase, duration }) => self.elapsed(phase, event.at, duration),
            Said::Marker(Marker::Compiling { package }) => self.current_package = Some(package),
            Said::Marker(Marker::Size(size)) => self.packages.push(PackageOutput {
                package: self.current_package.clone(),
                bytecode_size: Some(size),
                ..PackageOutput::default()
            }),
            Said::Info(json) => self.info(json),
        }
    }

    fn start(&mut self, label: &PhaseLabel, at: SerdeInstant, counters: Option<Counters>) {
        let (package, name) = self.split(label);
        self.last_package.clone_from(&package);
        let stack = self.stacks.entry(package.clone()).or_default();
        if stack.len() >= DEPTH_LIMIT {
            let lost = &self.phases[stack.pop().unwrap_or_default()].phase;
            self.notes.push(never_stopped(lost));
        }
        let depth = stack.len();
        stack.push(self.phases.len());
        let pass =
            if depth == 0 { self.pass_of(&package, &name) } else { self.passes.get(&package).map_or(0, |p| p.number) };
        self.phases.push(Open {
            phase: BenchmarkPhase {
                wall_ns: None,
                cpu_ns: None,
                name,
                start_time: Some(at),
                end_time: None,
                package,
                depth: u32::try_from(depth).unwrap_or(u32::MAX),
                pass,
                cost: None,
            },
            at_start: counters,
        });
    }

    fn stop(&mut self, label: &PhaseLabel, at: SerdeInstant, counters: Option<Counters>) {
        let (package, name) = self.split(label);
        self.last_package.clone_from(&package);
        let stack = self.stacks.entry(package.clone()).or_default();
        let Some(position) = stack.iter().rposition(|index| self.phases[*index].phase.name == name) else {
            self.notes.push(format!("{} has a stop marker and no start marker", describe(package.as_deref(), &name)));
            return;
        };
        let mut ended = stack.drain(position..);
        let index = ended.next();
        // A phase that is still open inside one that ends lacks its stop marker: its end is unknown.
        for lost in ended {
            self.notes.push(never_stopped(&self.phases[lost].phase));
        }
        if let Some(open) = index.and_then(|index| self.phases.get_mut(index)) {
            open.phase.end_time = Some(at);
            open.phase.cost = cost(open.at_start, counters, open.phase.start_time, at, self.frames);
        }
    }

    /// A phase of which only the end and the duration are known.
    fn elapsed(&mut self, name: String, at: SerdeInstant, duration: Duration) {
        let package = self.current_package.clone();
        self.ends_alone = true;
        let pass = self.pass_of(&package, &name);
        self.phases.push(Open {
            phase: BenchmarkPhase {
                wall_ns: None,
                cpu_ns: None,
                name,
                start_time: Some(at.saturating_sub(duration)),
                end_time: Some(at),
                package,
                depth: 0,
                pass,
                cost: None,
            },
            at_start: None,
        });
    }

    fn info(&mut self, json: Option<impl Read>) {
        let package = self.last_package.clone().or_else(|| self.current_package.clone());
        let Some(json) = json else {
            self.notes.push("an info marker was too long to be stored: the temporary folder is full".to_owned());
            return;
        };
        match info::read_info(package, std::io::BufReader::new(json)) {
            Ok(output) => self.packages.push(output),
            Err(error) => self.notes.push(format!("an info marker could not be read: {error}")),
        }
    }

    fn split(&self, label: &PhaseLabel) -> (Option<String>, String) {
        let (package, name) = label.split(self.current_package.as_deref());
        (package.map(str::to_owned), name.to_owned())
    }

    fn pass_of(&mut self, package: &Option<String>, name: &str) -> u32 {
        let pass = self.passes.entry(package.clone()).or_default();
        match &pass.first_phase {
            None => pass.first_phase = Some(name.to_owned()),
            Some(first) if first == name => pass.number += 1,
            Some(_) => {}
        }
        pass.number
    }

    fn finish(mut self) -> (Vec<BenchmarkPhase>, Vec<PackageOutput>, Vec<String>) {
        let mut noted: HashSet<String> = self.notes.iter().cloned().collect();
        for Open { phase, .. } in &self.phases {
            let lost_inside = self.stacks.get(&phase.package).is_some_and(|stack| !stack.is_empty());
            if phase.end_time.is_none() && lost_inside {
                let note = never_stopped(phase);
                if noted.insert(note.clone()) {
                    self.notes.push(note);
                }
            }
        }
        if self.left_out > 0 {
            // At the front: there may be more notes than are kept.
            self.notes.insert(0, format!("{} phases beyond the first {PHASE_LIMIT} are left out", self.left_out));
        }
        let mut phases: Vec<_> = self.phases.into_iter().map(|open| open.phase).collect();
        if self.completed {
            lift_out_of_unended(&mut phases);
        }
        if self.ends_alone {
            phases = nest_by_ends(phases);
        }
        (phases, self.packages, self.notes)
    }
}

/// Moves what follows a phase without a stop marker out of that phase. It is open to the end, so everything that its
/// package compiled afterwards would be a part of it, and the time of those phases would not count for any top-level
/// phase.
fn lift_out_of_unended(phases: &mut [BenchmarkPhase]) {
    let mut passes: HashMap<(Option<String>, u32), Vec<&mut BenchmarkPhase>> = HashMap::new();
    for phase in phases {
        passes.entry((phase.package.clone(), phase.pass)).or_default().push(phase);
    }
    for phases in passes.values_mut() {
        for outer in 0..phases.len() {
            let (before, after) = phases.split_at_mut(outer + 1);
            let Some(outer) = before.last().filter(|phase| phase.end_time.is_none()) else { continue };
            for phase in after.iter_mut().take_while(|phase| phase.depth > outer.depth) {
                if !phase::contains(&outer.name, &phase.name) {
                    phase.depth -= 1;
                }
            }
        }
    }
}

/// The note about a phase that began and has no stop marker.
fn never_stopped(phase: &BenchmarkPhase) -> String {
    format!("{} has no stop marker", describe(phase.package.as_deref(), &phase.name))
}

/// The longest time that is assumed between a line's printing and its reading. Waking the reader takes a fraction of
/// it.
const READING_LAG: Duration = Duration::from_millis(1);

/// Makes a tree of phases of which only the ends and the durations are known (`--time-phases`), each before those that
/// it contains.
///
/// The phases come in the order of their ends, so the contents of a phase are right before it. An end is the time at
/// which its line was read. So a phase that seems to start slightly before the one that contains it is moved to the
/// start of that.
///
/// Markers do not need this: they come in the order of the starts, also if several were read at the same time.
fn nest_by_ends(phases: Vec<BenchmarkPhase>) -> Vec<BenchmarkPhase> {
    let mut roots: Vec<usize> = Vec::new();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); phases.len()];
    for outer in 0..phases.len() {
        while let Some(inner) = roots.pop_if(|inner| contains(&phases[outer], &phases[*inner])) {
            children[outer].push(inner);
        }
        roots.push(outer);
    }
    let mut phases: Vec<Option<BenchmarkPhase>> = phases.into_iter().map(Some).collect();
    let mut ordered = Vec::with_capacity(phases.len());
    // The phases to visit, the next one last. Children were found from the last to the first.
    let mut open: Vec<(usize, u32, Option<SerdeInstant>)> =
        roots.into_iter().rev().map(|root| (root, 0, None)).collect();
    while let Some((index, depth, earliest)) = open.pop() {
        let Some(mut phase) = phases[index].take() else { continue };
        let too_early =
            earliest.zip(phase.start_time).map_or(Duration::ZERO, |(earliest, start)| earliest.duration_since(start));
        phase.start_time = phase.start_time.map(|start| start.saturating_add(too_early));
        phase.end_time = phase.end_time.map(|end| end.saturating_add(too_early));
        phase.depth = depth;
        open.extend(children[index].iter().map(|child| (*child, depth.saturating_add(1), phase.start_time)));
        ordered.push(phase);
    }
    ordered
}

/// Whether `inner`, which ended first, lies within `outer`.
fn contains(outer: &BenchmarkPhase, inner: &BenchmarkPhase) -> bool {
    if outer.package != inner.package || outer.pass != inner.pass {
        return false;
    }
    // The inner phases of a small program are too short to be recognized by their times.
    if phase::contains(&outer.name, &inner.name) {
        return true;
    }
    if phase::contains_none(&outer.name) {
        return false;
    }
    let within = match (outer.start_time, inner.start_time, inner.end_time) {
        (Some(outer), Some(start), Some(end)) => {
            start.saturating_add(READING_LAG) >= outer && end.duration_since(outer) > READING_LAG
        }
        _ => false,
    };
    within && outer.wall() >= inner.wall()
}

fn describe(package: Option<&str>, phase: &str) -> String {
    match package {
        Some(package) => format!("phase `{phase}` of package `{package}`"),
        None => format!("phase `{phase}`"),
    }
}

fn cost(
    at_start: Option<Counters>,
    at_stop: Option<Counters>,
    start: Option<SerdeInstant>,
    stop: SerdeInstant,
    frames: &[BenchmarkFrame],
) -> Option<PhaseCost> {
    let (before, after) = (at_start?, at_stop?);
    let difference = |before: Option<u64>, after: Option<u64>| Some(after?.saturating_sub(before?));
    let in_frames = start.and_then(|start| {
        let first = frames.partition_point(|frame| frame.timestamp < start);
        let last = frames.partition_point(|frame| frame.timestamp <= stop);
        frames.get(first..last)?.iter().map(|frame| frame.memory_usage).max()
    });
    // If the peak of the whole process rose between the markers, it was reached between them.
    let raised = match (before.peak_resident, after.peak_resident) {
        (Some(before), Some(after)) if after > before => Some(after),
        _ => None,
    };
    let counters = before.events.zip(after.events).map(|(before, after)| after.since(&before));
    Some(PhaseCost {
        cpu_time: before.cpu_time.zip(after.cpu_time).map(|(before, after)| after.saturating_sub(before)),
        memory_start: before.resident,
        memory_end: after.resident,
        memory_peak: [raised, in_frames, before.resident, after.resident].into_iter().flatten().max(),
        disk_written_bytes: difference(before.disk_written, after.disk_written),
        disk_read_bytes: difference(before.disk_read, after.disk_read),
        counters: counters.filter(|counts| *counts != EventCounts::default()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collector::marker;

    /// Phases from lines of `milliseconds text`.
    fn phases(log: &str) -> (Vec<BenchmarkPhase>, Vec<String>) {
        phases_of(log, Builder::default())
    }

    fn phases_of(log: &str, mut builder: Builder) -> (Vec<BenchmarkPhase>, Vec<String>) {
        for line in log.lines() {
            let (at, text) = line.trim().split_once(' ').unwrap();
            let at = SerdeInstant::from_epoch(Duration::from_millis(at.parse().unwrap()));
            let said = Said::Marker(marker::parse(text.as_bytes()).unwrap());
            builder.event(OutputEvent { at, counters: None, said });
        }
        let (phases, _, notes) = builder.finish();
        (phases, notes)
    }

    fn tree(log: &str) -> Vec<String> {
        tree_of(phases(log).0)
    }

    fn tree_of(phases: Vec<BenchmarkPhase>) -> Vec<String> {
        let show = |phase: BenchmarkPhase| {
            let wall = phase.wall().map_or("?".to_owned(), |wall| wall.as_millis().to_string());
            let package = phase.package.as_deref().unwrap_or("-").to_owned();
            format!("{}{package}.{} {} {wall}", " ".repeat(phase.depth as usize), phase.pass, phase.name)
        };
        phases.into_iter().map(show).collect()
    }

    #[test]
    fn nested_phases_are_a_tree() {
        let log = "0 /dyno start p ast\n1 /dyno start p cst\n3 /dyno stop p cst\n3 /dyno start p types
            9 /dyno stop p types\n10 /dyno stop p ast\n11 /dyno start p ir\n13 /dyno stop p ir";
        assert_eq!(tree(log), ["p.0 ast 10", " p.0 cst 2", " p.0 types 6", "p.0 ir 2"]);
        assert!(phases(log).1.is_empty());
    }

    #[test]
    fn a_package_compiled_twice_has_two_passes() {
        let log = "0 /dyno start p ast\n1 /dyno stop p ast\n1 /dyno start p ir\n2 /dyno stop p ir
            3 /dyno start p ast\n4 /dyno stop p ast\n4 /dyno start p ir\n6 /dyno stop p ir";
        assert_eq!(tree(log), ["p.0 ast 1", "p.0 ir 1", "p.1 ast 1", "p.1 ir 2"]);
    }

    #[test]
    fn interleaved_packages_do_not_nest_in_each_other() {
        let log = "0 /dyno start a ast\n1 /dyno start b ast\n2 /dyno stop a ast\n5 /dyno stop b ast";
        assert_eq!(tree(log), ["a.0 ast 2", "b.0 ast 4"]);
    }

    #[test]
    fn phases_that_were_read_at_one_moment_keep_their_order_and_do_not_nest() {
        let log = "0 /dyno start p a\n0 /dyno stop p a\n0 /dyno start p b\n9 /dyno stop p b";
        assert_eq!(tree(log), ["p.0 a 0", "p.0 b 9"]);
    }

    #[test]
    fn a_missing_stop_leaves_the_end_open_and_is_noted() {
        let log = "0 /dyno start p ast\n1 /dyno start p cst\n4 /dyno stop p ast\n5 /dyno start p ir";
        let (phases, notes) = phases(log);
        assert_eq!(phases[0].wall(), Some(Duration::from_millis(4)));
        assert_eq!((phases[1].name.as_str(), phases[1].end_time), ("cst", None));
        assert_eq!((phases[2].name.as_str(), phases[2].end_time), ("ir", None));
        assert_eq!(
            notes,
            ["phase `cst` of package `p` has no stop marker", "phase `ir` of package `p` has no stop marker"]
        );
    }

    #[test]
    fn what_follows_a_missing_stop_is_not_part_of_its_phase() {
        let log = "0 /dyno start p compile to ast\n1 /dyno start p parse the CST\n4 /dyno stop p parse the CST
            5 /dyno start p ir\n6 /dyno start p fold\n7 /dyno stop p fold\n9 /dyno stop p ir\n9 /dyno start p asm\n11 /dyno stop p asm";
        let completed = Builder { completed: true, ..Builder::default() };
        assert_eq!(
            tree_of(phases_of(log, completed).0),
            ["p.0 compile to ast ?", " p.0 parse the CST 3", "p.0 ir 4", " p.0 fold 1", "p.0 asm 2"]
        );
        // If the compiler died, it is not known what it was doing.
        assert_eq!(tree(log)[2], " p.0 ir 4");
    }

    #[test]
    fn a_stop_without_start_is_noted_and_nothing_else() {
        let (phases, notes) = phases("0 /dyno stop p ast\n1 /dyno start p ir\n2 /dyno stop p ir");
        assert_eq!(phases.len(), 1);
        assert_eq!(notes, ["phase `ast` of package `p` has a stop marker and no start marker"]);
    }

    #[test]
    fn time_phases_nest_by_containment_and_belong_to_the_package_being_compiled() {
        let log =
            "0 Compiling library dep (dep)\n2   Time elapsed to parse cst: 2ms\n5   Time elapsed to parse ast: 3ms
            5   Time elapsed to compile to ast: 5ms\n6 Compiling script s (s)\n8   Time elapsed to parse cst: 1ms
            8   Time elapsed to compile to ast: 2ms\n9   Time elapsed to compile ast to asm: 1ms";
        assert_eq!(
            tree(log),
            [
                "dep.0 compile to ast 5",
                " dep.0 parse cst 2",
                " dep.0 parse ast 3",
                "s.0 compile to ast 2",
                " s.0 parse cst 1",
                "s.0 compile ast to asm 1"
            ]
        );
    }

    #[test]
    fn time_phases_nest_though_their_lines_are_read_late() {
        // The outer one is read 1 ms late, so it seems to begin after its contents. Then two are read at the same time.
        let log = "0 Compiling script s (s)\n2 Time elapsed to parse cst: 2ms\n5 Time elapsed to parse ast: 3ms
            6 Time elapsed to compile to ast: 5ms\n9 Time elapsed to generate abi: 2µs
            9 Time elapsed to compile to bytecode: 7µs";
        let expected = [
            "s.0 compile to ast 5",
            " s.0 parse cst 2",
            " s.0 parse ast 3",
            "s.0 generate abi 0",
            "s.0 compile to bytecode 0",
        ];
        assert_eq!(tree(log), expected);
        let (phases, _) = phases(log);
        assert!(phases.windows(2).take(2).all(|pair| pair[0].start_time <= pair[1].start_time), "{phases:?}");
    }

    #[test]
    fn phases_of_releases_lie_side_by_side_however_late_their_lines_are_read() {
        // The first one is read 3 ms late.
        let log = "0 Compiling script s (s)\n5 Time elapsed to compile ast to ir: 2ms\n12 Time elapsed to compile ir to asm: 10ms";
        assert_eq!(tree(log), ["s.0 compile ast to ir 2", "s.0 compile ir to asm 10"]);
        // An unknown phase is nested only if it lies within another.
        let log = "0 Compiling script s (s)\n15 Time elapsed to fold: 12ms\n22 Time elapsed to inline: 13ms";
        assert_eq!(tree(log), ["s.0 fold 12", "s.0 inline 13"]);
    }

    #[test]
    fn an_unknown_phase_that_lasted_nests_by_its_time() {
        let log = "0 Compiling script s (s)\n20 Time elapsed to inline: 12ms\n31 Time elapsed to fold: 10ms
            31 Time elapsed to optimise: 24ms";
        assert_eq!(tree(log), ["s.0 optimise 24", " s.0 inline 12", " s.0 fold 10"]);
    }

    #[test]
    fn a_cost_is_the_difference_of_the_counters_and_the_peak_between_them() {
        let counters = |cpu: u64, resident, peak| Counters {
            cpu_time: Some(Duration::from_millis(cpu)),
            resident: Some(resident),
            peak_resident: Some(peak),
            disk_read: None,
            ..Counters::default()
        };
        let at = |ms| SerdeInstant::from_epoch(Duration::from_millis(ms));
        let frame = |ms, memory_usage| BenchmarkFrame {
            timestamp: at(ms),
            cpu_usage: 0.0,
            memory_usage,
            virtual_memory_usage: 0,
            disk_total_written_bytes: 0,
            disk_written_bytes: 0,
            disk_total_read_bytes: 0,
            disk_read_bytes: 0,
        };
        let frames = [frame(1, 900), frame(5, 60), frame(20, 800)];
        let raised = cost(Some(counters(3, 50, 70)), Some(counters(9, 40, 90)), Some(at(2)), at(10), &frames).unwrap();
        assert_eq!(raised.cpu_time, Some(Duration::from_millis(6)));
        assert_eq!((raised.memory_peak, raised.disk_read_bytes), (Some(90), None));
        let held = cost(Some(counters(3, 50, 70)), Some(counters(9, 40, 70)), Some(at(2)), at(10), &frames).unwrap();
        assert_eq!(held.memory_peak, Some(60));
    }

    #[test]
    fn a_log_without_any_stop_is_read_quickly() {
        let mut builder = Builder { completed: true, ..Builder::default() };
        let count = PHASE_LIMIT + 5;
        for at in 0..count {
            let marker = marker::parse(format!("/dyno start package phase-{at}").as_bytes()).unwrap();
            let at = SerdeInstant::from_epoch(Duration::from_millis(at as u64));
            builder.event(OutputEvent { at, counters: None, said: Said::Marker(marker) });
        }
        let (phases, _, notes) = builder.finish();
        assert_eq!((phases.len(), notes.len()), (PHASE_LIMIT, PHASE_LIMIT + 1));
        assert_eq!(notes[0], "5 phases beyond the first 200000 are left out");
        assert!(phases.iter().all(|phase| phase.depth == 0), "none contains what came after it");
    }
}
