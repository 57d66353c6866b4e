//! `forc-perf compare --schedule`: the sides of a block at the same time, each on a core of its own.

#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::support::{self, Bed, Ended, eventually, not_run, signal};
use forc_perf::model::{Comparison, Completion, FailureKind, Schedule};
use forc_perf::report::file;

/// A bed with three compilers, `old/forc`, `new/forc` and `third/forc`.
struct Rivals {
    bed: Bed,
}

impl Rivals {
    fn new() -> Self {
        let bed = Bed::new();
        let names = ["old", "new", "third"];
        bed.compilers(&names);
        for name in names {
            bed.write(&format!("{name}/character"), name);
        }
        Self { bed }
    }

    /// The command that compares these words, on so many of the machine's processors as are given, where any are.
    fn command(&self, words: &[&str], processors: Option<Vec<usize>>) -> Command {
        let (suite, output) = (self.bed.word("suite"), self.bed.word("comparison.json"));
        let mut command = self.bed.harness();
        command.args(["compare", "--suite", &suite, "--output", &output, "--seed", "7", "--budget", "10m"]).args(words);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(processors) = processors {
            // SAFETY: the child only makes a system call on memory of its own before it becomes another program.
            unsafe { command.pre_exec(move || restrict(&processors)) };
        }
        command
    }

    fn run(&self, words: &[&str], processors: Option<Vec<usize>>) -> Ended {
        let output = self.command(words, processors).output().unwrap();
        Ended::of(output)
    }

    fn comparison(&self) -> Comparison {
        file::read_comparison(&self.bed.path("comparison.json")).unwrap()
    }

    fn journal(&self) -> PathBuf {
        self.bed.path("comparison.json.journal")
    }

    /// Where the runs were made, as the stand-in's `place` wrote it into `places`.
    fn places(&self) -> Vec<Place> {
        let text = fs::read_to_string(self.bed.path("places")).unwrap();
        let place = |line: &str| {
            let words: Vec<&str> = line.split(' ').collect();
            Place { side: words[0].to_owned(), processors: words[1].to_owned(), folder: words[2].to_owned() }
        };
        text.lines().map(place).collect()
    }
}

#[derive(Debug)]
struct Place {
    side: String,
    processors: String,
    folder: String,
}

/// The processors of this test.
fn allowed() -> Vec<usize> {
    // SAFETY: a cpu_set_t is a plain bit field, for which all zeros is the empty set, and the pointer is valid.
    let set = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        assert_eq!(libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set), 0);
        set
    };
    // SAFETY: every index is below the set's capacity.
    (0..libc::CPU_SETSIZE as usize).filter(|cpu| unsafe { libc::CPU_ISSET(*cpu, &set) }).collect()
}

fn restrict(processors: &[usize]) -> std::io::Result<()> {
    // SAFETY: as above; the indices come from `allowed`.
    let result = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        processors.iter().for_each(|cpu| libc::CPU_SET(*cpu, &mut set));
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set)
    };
    if result == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

/// Two processors of this machine; `None`, and a word on it, where there are not so many.
fn two_processors() -> Option<Vec<usize>> {
    let allowed = allowed();
    if allowed.len() < 2 {
        not_run("this machine has one processor");
        return None;
    }
    Some(allowed[..2].to_vec())
}

/// By block, the first and the last moment of each side's run, in nanoseconds.
fn spans(comparison: &Comparison) -> Vec<Vec<(u128, u128)>> {
    let sides = comparison.sides.iter().map(|side| &side.benchmarks[0].runs);
    let blocks = comparison.sides[0].benchmarks[0].runs.len();
    let at = |instant: Option<forc_perf::model::SerdeInstant>| instant.unwrap().since_epoch().as_nanos();
    (0..blocks)
        .map(|block| sides.clone().map(|runs| (at(runs[block].start_time), at(runs[block].end_time))).collect())
        .collect()
}

#[test]
fn both_sides_run_at_once_each_on_a_core_and_in_a_folder_that_were_drawn() {
    let Some(processors) = two_processors() else { return };
    let rivals = Rivals::new();
    let places = rivals.bed.word("places");
    rivals.bed.project("g/p", &format!("place {places}\nsleep 100\ninfo 64 8 8 1"));
    let blocks = "16";
    let words = ["old/forc", "new/forc", "--schedule", "duet", "--min-runs", blocks, "--max-runs", blocks];
    let ended = rivals.run(&[&words[..], &["--all"]].concat(), Some(processors.clone()));
    let comparison = rivals.comparison();
    let Schedule::Duet { cores, harness, .. } = &comparison.settings.schedule else {
        panic!("{:?}", comparison.settings.schedule)
    };
    assert_eq!((cores, harness.len(), comparison.settings.pinned), (&processors, 0, false));
    for block in spans(&comparison) {
        let (last_start, first_end) = (block.iter().map(|run| run.0).max(), block.iter().map(|run| run.1).min());
        assert!(last_start < first_end, "one after the other: {block:?}");
    }
    let places = rivals.places();
    // Each side's warm-up is in both places; then come the blocks, one whole before the next.
    let (warm, blocks) = places.split_at(4);
    assert!(warm[..2].iter().all(|place| place.side == "old") && warm[2..].iter().all(|place| place.side == "new"));
    assert_eq!(blocks.len(), 32);
    let mut of_old: BTreeMap<&str, usize> = BTreeMap::new();
    for block in blocks.chunks(2) {
        let [a, b] = block else { panic!() };
        assert_ne!((&a.side, &a.processors, &a.folder), (&b.side, &b.processors, &b.folder));
        assert!(a.side != b.side && a.processors != b.processors && a.folder != b.folder, "{a:?} {b:?}");
        assert_eq!(a.folder.len(), b.folder.len());
        *of_old.entry(if a.side == "old" { &a.processors } else { &b.processors }).or_default() += 1;
    }
    // With a fair coin, fewer than two of sixteen would be one in two thousand; with this seed it is always the same.
    assert!(of_old.len() == 2 && of_old.values().all(|count| *count >= 2), "{of_old:?}");
    // A folder is a core's, and no side's.
    let pairs: std::collections::BTreeSet<_> = places.iter().map(|place| (&place.processors, &place.folder)).collect();
    assert_eq!(pairs.len(), 2, "{pairs:?}");
    rivals.bed.assert_nothing_left();
    // It is said how it was measured.
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let markdown = support::run(&rivals.bed, &["show", &rivals.bed.word("comparison.json"), "--format", "markdown"]);
    let said = "both sides at once, a core each, cores drawn per block";
    assert!(markdown.stdout.contains(said), "{}", markdown.stdout);
}

#[test]
fn what_goes_into_the_history_had_the_machine_to_itself() {
    let Some(processors) = two_processors() else { return };
    let rivals = Rivals::new();
    rivals.bed.project("g/p", "spin 5\ninfo 64 8 8 1");
    let words = ["old/forc", "new/forc", "--min-runs", "2", "--max-runs", "2"];
    let run = |more: &[&str]| rivals.run(&[&words[..], more].concat(), Some(processors.clone()));
    let both = run(&["--schedule", "duet", "--record"]);
    assert_eq!(both.code, Some(2), "{}", both.stderr);
    assert!(both.stderr.contains("--record") && both.stderr.contains("--schedule duet"), "{}", both.stderr);
    assert_eq!(run(&["--record"]).code, Some(0));
    assert_eq!(rivals.comparison().settings.schedule, Schedule::Turns);
    assert_eq!(run(&[]).code, Some(0));
    assert_ne!(rivals.comparison().settings.schedule, Schedule::Turns);
    let imported = support::run(&rivals.bed, &["history", "import", &rivals.bed.word("comparison.json")]);
    assert_eq!(imported.code, Some(4), "{}", imported.stderr);
    assert!(imported.stderr.contains("ran at the same time"), "{}", imported.stderr);
}

#[test]
fn a_failure_on_one_side_discards_the_block_and_is_that_side_s() {
    let Some(_) = two_processors() else { return };
    let rivals = Rivals::new();
    let count = rivals.bed.word("count");
    // Warm-ups count at the same time, and may count one as two.
    rivals.bed.project("g/late", &format!("as new count {count}\nsleep 5\nas new from 5 exit 101\ninfo 64 8 8 1"));
    rivals.bed.project("g/fine", "sleep 1\ninfo 64 8 8 1");
    let ended = rivals.run(&["old/forc", "new/forc", "--schedule", "duet", "--max-runs", "10"], None);
    ended.assert_code(1);
    let comparison = rivals.comparison();
    let of = |id: &str| comparison.findings[0].benchmarks.iter().find(|one| one.id == id).unwrap();
    let failed = of("g/late/debug").failed.as_ref().unwrap();
    assert!(failed.base.is_none() && failed.other.is_some(), "{failed:?}");
    let index = comparison.sides[0].benchmarks.iter().position(|one| one.id == "g/late/debug").unwrap();
    let runs: Vec<usize> = comparison.sides.iter().map(|side| side.benchmarks[index].runs.len()).collect();
    assert!(runs[0] == runs[1] && (1..=4).contains(&runs[0]), "{runs:?}");
    assert_eq!(of("g/fine/debug").pairs, 10);
    rivals.bed.assert_nothing_left();
}

#[test]
fn a_side_that_hangs_is_ended_at_its_limit() {
    let Some(_) = two_processors() else { return };
    let rivals = Rivals::new();
    let count = rivals.bed.word("count");
    rivals.bed.project("g/hangs", &format!("as new count {count}\nas new from 5 hang\ninfo 64 8 8 1"));
    let words = ["old/forc", "new/forc", "--schedule", "duet", "--max-runs", "10", "--time-limit", "10s"];
    rivals.run(&words, None).assert_code(1);
    let comparison = rivals.comparison();
    let failures: Vec<usize> = comparison.sides.iter().map(|side| side.benchmarks[0].failures.len()).collect();
    assert_eq!(failures, [0, 1]);
    assert_eq!(comparison.sides[1].benchmarks[0].failures[0].kind, FailureKind::TimeLimit);
    rivals.bed.assert_nothing_left();
}

#[test]
fn an_interrupt_ends_both_and_the_comparison_goes_on_as_it_began() {
    let Some(_) = two_processors() else { return };
    let rivals = Rivals::new();
    let [count, other_count, on] = ["count", "other-count", "on"].map(|name| rivals.bed.word(name));
    let wait = format!("as new on 8 say {on}\nas new on 8 hang\n");
    rivals
        .bed
        .project("g/p", &format!("as new count {count}\nas old count {other_count}\nsleep 3\n{wait}info 64 8 8 1"));
    let words = ["old/forc", "new/forc", "--schedule", "duet", "--min-runs", "12", "--max-runs", "12"];
    let child = rivals.command(&words, None).spawn().unwrap();
    eventually("the run that waits is on", || rivals.bed.path("on").exists());
    signal(child.id(), libc::SIGINT);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    rivals.bed.assert_nothing_left();
    let interrupted = rivals.comparison();
    let kept = interrupted.sides[0].benchmarks[0].runs.len();
    assert!((4..=6).contains(&kept), "{kept}");
    assert_eq!(interrupted.sides[1].benchmarks[0].runs.len(), kept, "a block that is not whole was kept");
    assert!(interrupted.sides.iter().all(|side| side.benchmarks[0].failures.is_empty()));

    // Never half in turns and half at once.
    let turns = ["old/forc", "new/forc", "--schedule", "turns", "--max-runs", "12", "--resume"];
    let other = rivals.run(&turns, None).assert_code(4);
    assert!(other.stderr.contains("omit --schedule turns"), "{}", other.stderr);
    assert!(rivals.journal().exists());
    rivals.run(&[&words[..], &["--resume"]].concat(), None).assert_code(0);
    let comparison = rivals.comparison();
    assert_eq!(comparison.completion, Completion::Complete);
    for (side, before) in comparison.sides.iter().zip(&interrupted.sides) {
        let runs = &side.benchmarks[0].runs;
        assert_eq!(runs.len(), 12);
        assert_eq!(runs[..kept], before.benchmarks[0].runs[..], "measured runs were lost");
    }
    assert_eq!(comparison.settings.schedule, interrupted.settings.schedule);
}

#[test]
fn one_core_takes_turns_and_says_so() {
    let rivals = Rivals::new();
    rivals.bed.project("g/p", "sleep 2\ninfo 64 8 8 1");
    let one = vec![allowed()[0]];
    for wanted in ["auto", "duet"] {
        let words = ["old/forc", "new/forc", "--schedule", wanted, "--max-runs", "4"];
        let ended = rivals.run(&words, Some(one.clone())).assert_code(0);
        let comparison = rivals.comparison();
        assert_eq!(comparison.settings.schedule, Schedule::Turns);
        assert!(ended.stderr.contains("the sides take turns"), "{}", ended.stderr);
        assert!(comparison.settings.schedule_note.unwrap().contains("may use one"));
    }
    let comparison = rivals.comparison();
    for block in spans(&comparison) {
        assert!(block[0].1 <= block[1].0 || block[1].1 <= block[0].0, "at once: {block:?}");
    }
}

#[test]
fn more_sides_than_cores_take_turns_or_go_in_waves() {
    let Some(processors) = two_processors() else { return };
    let rivals = Rivals::new();
    rivals.bed.project("g/p", "sleep 100\ninfo 64 8 8 1");
    let sides = ["old/forc", "new/forc", "third/forc", "--max-runs", "6", "--min-runs", "6", "--schedule"];
    rivals.run(&[&sides[..], &["auto"]].concat(), Some(processors.clone())).assert_code(0);
    assert_eq!(rivals.comparison().settings.schedule, Schedule::Turns);
    // The control is a side like any other.
    rivals.run(&["old/forc", "new/forc", "--control", "--max-runs", "2"], Some(processors.clone())).assert_code(0);
    assert_eq!(rivals.comparison().settings.schedule, Schedule::Turns);

    rivals.run(&[&sides[..], &["duet"]].concat(), Some(processors)).assert_code(0);
    let comparison = rivals.comparison();
    let mut alone = [0; 3];
    for block in spans(&comparison) {
        let overlap = |a: usize, b: usize| block[a].0.max(block[b].0) < block[a].1.min(block[b].1);
        let at_once: Vec<(usize, usize)> =
            [(0, 1), (0, 2), (1, 2)].into_iter().filter(|(a, b)| overlap(*a, *b)).collect();
        let [(a, b)] = at_once.as_slice() else { panic!("not two and one: {block:?}") };
        let last = 3 - a - b;
        assert!(block[last].0 >= block[*a].1.max(block[*b].1), "the short wave is the last: {block:?}");
        alone[last] += 1;
    }
    assert!(alone.iter().all(|count| *count < 6), "one side is always alone: {alone:?}");
}
