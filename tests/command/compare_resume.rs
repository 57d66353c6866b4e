//! `forc-perf compare --resume`: what an interrupt leaves, and what is made of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use crate::support::{Bed, Ended, InTime, alone, eventually, shell_script, signal};
use forc_perf::model::{BenchmarkFindings, Comparison, Completion, Metric};
use forc_perf::report::file;

/// A bed with two compilers, `old/forc` and `new/forc`, and a folder of programs of its own before those of the machine.
struct Rivals {
    bed: Bed,
}

impl Rivals {
    fn new() -> Self {
        let bed = Bed::new();
        bed.compilers(&["old", "new"]);
        Self { bed }
    }

    fn words(&self, args: &[&str]) -> Vec<String> {
        let (suite, output) = (self.bed.word("suite"), self.bed.word("comparison.json"));
        // In turns: runs at once would not be counted one by one.
        let turns = ["compare", "old/forc", "new/forc", "--schedule", "turns", "--seed", "7"];
        let fixed = [&turns[..], &["--suite", &suite, "--output", &output]].concat();
        fixed.iter().chain(args).map(|word| (*word).to_owned()).collect()
    }

    fn path(&self) -> std::ffi::OsString {
        let mut path = self.bed.path("programs").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        path
    }

    /// Begins a comparison and interrupts it once the run that waits has written the file `on`.
    fn interrupt(&self, args: &[&str]) -> Ended {
        let _ = fs::remove_file(self.bed.path("on"));
        let mut command = self.bed.harness();
        command.args(self.words(args)).env("PATH", self.path()).stdout(Stdio::null()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        eventually("the run that waits is on", || self.bed.path("on").exists());
        signal(child.id(), libc::SIGINT);
        let output = child.wait_with_output().unwrap();
        Ended::of(output)
    }

    fn run(&self, args: &[&str]) -> Ended {
        let output = self.bed.harness().args(self.words(args)).env("PATH", self.path()).in_time();
        Ended::of(output)
    }

    fn comparison(&self) -> Comparison {
        file::read_comparison(&self.bed.path("comparison.json")).unwrap()
    }

    fn journal(&self) -> PathBuf {
        self.bed.path("comparison.json.journal")
    }

    /// A project that waits in its run of this number, counted over both sides and the warm-ups.
    fn waits(&self, place: &str, run: usize) {
        let (count, on) = (self.bed.word("count"), self.bed.word("on"));
        self.bed.project(place, &format!("count {count}\nspin 2\non {run} say {on}\non {run} hang\ninfo 64 8 8 1"));
    }
}

fn benchmark<'a>(comparison: &'a Comparison, id: &str) -> &'a BenchmarkFindings {
    comparison.findings[0].benchmarks.iter().find(|benchmark| benchmark.id == id).unwrap()
}

fn blocks(comparison: &Comparison) -> usize {
    comparison.sides[0].benchmarks[0].runs.len()
}

#[test]
fn a_build_that_failed_before_the_interrupt_has_failed_after_it() {
    let _alone = alone();
    let rivals = Rivals::new();
    let count = rivals.bed.word("flaky-count");
    // Once, in its second block, and never again.
    rivals.bed.project("g/flaky", &format!("count {count}\nspin 1\non 6 exit 101\ninfo 64 8 8 1"));
    rivals.waits("g/waits", 15);
    rivals.interrupt(&["--max-runs", "10"]).assert_code(130);
    assert!(benchmark(&rivals.comparison(), "g/flaky/debug").failed.is_some());
    rivals.run(&["--max-runs", "10", "--resume"]).assert_code(1);
    let comparison = rivals.comparison();
    let flaky = benchmark(&comparison, "g/flaky/debug");
    assert!(flaky.failed.is_some() && flaky.verdict.is_none(), "{flaky:?}");
    assert_eq!((flaky.pairs, benchmark(&comparison, "g/waits/debug").pairs), (1, 10));
}

#[test]
fn it_goes_on_under_the_budget_and_the_looks_that_it_was_begun_with() {
    let _alone = alone();
    let rivals = Rivals::new();
    rivals.waits("g/p", 15);
    rivals.interrupt(&["--max-runs", "12", "--min-runs", "12"]).assert_code(130);
    let interrupted = rivals.comparison();
    let ended = rivals.run(&["--max-runs", "30", "--budget", "1h", "--resume"]);
    assert!(ended.stderr.contains("started with --budget 10m and --max-runs 12"), "{}", ended.stderr);
    let comparison = rivals.comparison();
    assert_eq!((blocks(&comparison), comparison.settings.max_runs), (12, 12), "blocks beyond the last look");
    assert_eq!(comparison.settings.budget, Some(Duration::from_secs(600)));
    assert_eq!(comparison.completion, Completion::Complete);
    // All blocks are in the account of the time, whenever they were made.
    let walls = comparison.sides.iter().flat_map(|side| &side.benchmarks[0].runs).filter_map(|run| run.wall());
    assert_eq!(comparison.measuring.in_forc, walls.sum());
    assert!(comparison.measuring.wall >= interrupted.measuring.wall + Duration::from_millis(2));
}

#[test]
fn a_budget_that_was_spent_before_the_interrupt_is_not_had_again() {
    let _alone = alone();
    let rivals = Rivals::new();
    rivals.waits("g/p", 15);
    rivals.interrupt(&["--max-runs", "200"]).assert_code(130);
    let made = blocks(&rivals.comparison());
    // As if the last block had taken an hour.
    let journal = fs::read_to_string(rivals.journal()).unwrap();
    let (before, last) = journal.trim_end().rsplit_once('\n').unwrap();
    let mut last: serde_json::Value = serde_json::from_str(last).unwrap();
    last["block"]["elapsed"]["secs"] = 3600.into();
    fs::write(rivals.journal(), format!("{before}\n{last}\n")).unwrap();
    rivals.run(&["--max-runs", "200", "--resume"]);
    let comparison = rivals.comparison();
    assert_eq!(blocks(&comparison), made);
    assert!(comparison.measuring.wall >= Duration::from_secs(3600));
}

/// A valgrind that counts nothing: it says that it is on, and waits.
fn waiting_valgrind(rivals: &Rivals) {
    let on = rivals.bed.word("on");
    let text =
        format!("case \"$*\" in\n*callgrind*) echo on > {on}; exec sleep 600 ;;\n*) echo valgrind-3.19.0 ;;\nesac");
    shell_script(&rivals.bed.path("programs/valgrind"), &text);
}

#[test]
fn an_interrupt_of_the_counting_takes_nothing_from_the_blocks() {
    let _alone = alone();
    let rivals = Rivals::new();
    waiting_valgrind(&rivals);
    rivals.bed.project("g/p", "spin 5\nas new spin 30\ninfo 64 8 8 1");
    let args = ["--max-runs", "200", "--min-runs", "200", "--budget", "1s"];
    let counting: Vec<&str> = args.iter().copied().chain(["--instructions=2"]).collect();
    rivals.interrupt(&counting).assert_code(130);
    let interrupted = rivals.comparison();
    let made = blocks(&interrupted);
    assert!(made > 0 && made < 200, "{made}");
    // The only look is the one at the budget's end; before it no figure has a p-value below 1.
    let cpu = |comparison: &Comparison| benchmark(comparison, "g/p/debug").figure(Metric::Cpu).unwrap().clone();
    if made > 2 {
        assert!(cpu(&interrupted).p_value.unwrap() < 1.0, "{:?}", cpu(&interrupted));
    }
    // Gone on with, there is nothing left to do but to count.
    let resumed: Vec<&str> = args.iter().copied().chain(["--resume"]).collect();
    rivals.run(&resumed);
    let comparison = rivals.comparison();
    assert_eq!((blocks(&comparison), cpu(&comparison)), (made, cpu(&interrupted)));
    assert_eq!(comparison.measuring.wall, interrupted.measuring.wall);
    assert_eq!(comparison.completion, Completion::Complete);
}

#[test]
fn beginning_anew_throws_no_measured_run_away() {
    let _alone = alone();
    let rivals = Rivals::new();
    rivals.waits("g/p", 15);
    rivals.interrupt(&["--max-runs", "12"]).assert_code(130);
    let made = blocks(&rivals.comparison());
    let left = fs::read(rivals.journal()).unwrap();
    let anew = rivals.run(&["--max-runs", "2"]);
    let aside = rivals.bed.path("comparison.json.journal.1");
    assert!(anew.stderr.contains("--resume") && anew.stderr.contains(aside.to_str().unwrap()), "{}", anew.stderr);
    assert_eq!(fs::read(&aside).unwrap(), left);
    assert_eq!(blocks(&rivals.comparison()), 2);
    // And from there it is gone on with.
    fs::rename::<&Path, &Path>(&aside, &rivals.journal()).unwrap();
    rivals.run(&["--max-runs", "12", "--resume"]);
    assert_eq!((made, blocks(&rivals.comparison())), (6, 12));
}
