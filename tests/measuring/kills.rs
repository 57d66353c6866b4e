//! A kill at any moment of any command leaves whole files, no process, and nothing that the next command does not clear away.
//!
//! `KILLS=500 cargo test --release --test measuring kills` kills so many times; without the variable a few.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{self, Bed, copy_of_stand_in, eventually, run};
use forc_perf::report::file;

/// Kills without the variable.
const FEW: usize = 18;

/// The commands that take long enough to be killed, each with the words that follow it.
fn commands(bed: &Bed) -> Vec<Vec<String>> {
    let suite = bed.word("suite");
    let other = bed.word("other/forc");
    let run = ["run", "--suite", &suite, "--samples", "4", "--pin", "never", "--output", "report.json", "--record"];
    let compare = [
        "compare",
        "--suite",
        &suite,
        "--max-runs",
        "4",
        "--output",
        "comparison.json",
        support::stand_in().to_str().unwrap(),
        &other,
    ];
    let nightly = ["nightly", "--suite", &suite, "--samples", "2", "--pin", "never", "--out", "pages"];
    let all: [&[&str]; 9] = [
        &run,
        &compare,
        &nightly,
        &["dashboard", "--out", "pages"],
        &["history", "import", "kept.json", "record.json"],
        &["history", "export", "--output", "export.jsonl"],
        &["history", "ack", "0.72.1", "-m", "seen"],
        &["doctor", "--duration", "1s"],
        &["list", "--suite", &suite],
    ];
    all.into_iter().map(|words| words.iter().map(|word| (*word).to_owned()).collect()).collect()
}

#[test]
fn a_kill_at_any_moment_leaves_whole_files_and_no_process() {
    let kills = std::env::var("KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(FEW);
    let bed = Bed::new();
    for name in ["a/a", "a/b"] {
        bed.project(name, &format!("sleep 20\ngrandchild {}\npackage script x", bed.word("grandchild")));
    }
    // A grandchild stays for an hour unless it is ended; `grandchild` is for a run that is killed, so that it goes with its group.
    copy_of_stand_in(&bed.path("other/forc"));
    bed.run(&["--record"]).assert_code(0);
    for name in ["kept.json", "record.json"] {
        std::fs::copy(bed.path("report.json"), bed.path(name)).unwrap();
    }
    let commands = commands(&bed);
    let mut random = fastrand::Rng::with_seed(7);
    let mut counts: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    // How long each takes if it is left alone.
    let mut lives: BTreeMap<String, Duration> = BTreeMap::new();
    for words in &commands {
        let began = Instant::now();
        run(&bed, &words.iter().map(String::as_str).collect::<Vec<_>>());
        lives.insert(words.join(" "), began.elapsed());
    }
    for number in 0..kills {
        let words = &commands[number % commands.len()];
        let mut command = bed.harness();
        command.args(words).stdout(Stdio::null()).stderr(Stdio::null());
        let began = Instant::now();
        let mut child = command.spawn().unwrap();
        // Anywhere in its life.
        let until = lives[&words.join(" ")].mul_f64(random.f64());
        while began.elapsed() < until && child.try_wait().unwrap().is_none() {
            thread::sleep(Duration::from_millis(1));
        }
        let ended = child.try_wait().unwrap().is_some();
        let _ = child.kill();
        child.wait().unwrap();
        counts.entry(words[..words.len().min(2)].join(" ")).or_default()[usize::from(ended)] += 1;
        eventually("every process has ended", || bed.processes().is_empty());
        for report in ["report.json", "kept.json"] {
            assert!(file::read(&bed.path(report)).is_ok(), "{words:?}: {report} is whole");
        }
        let comparison = bed.path("comparison.json");
        assert!(!comparison.exists() || file::read_comparison(&comparison).is_ok(), "{words:?}");
        assert_no_half(&bed.path("export.jsonl"));
        if number % 10 == 9 {
            run(&bed, &["history", "verify"]).assert_code(0);
        }
    }
    for (command, [killed, ended]) in &counts {
        println!("{command}: killed {killed} times, and {ended} times too late");
    }
    assert!(
        counts.values().map(|[killed, _]| killed).sum::<usize>() * 2 > kills,
        "most were killed in time: {counts:?}"
    );
    // The next ones clear away what was left.
    run(&bed, &["history", "verify"]).assert_code(0);
    bed.run(&["--record"]).assert_code(0);
    for words in [&["dashboard", "--out", "pages"][..], &["history", "export", "--output", "export.jsonl"]] {
        run(&bed, words).assert_code(0);
    }
    bed.assert_nothing_left();
    for folder in ["", ".forc-perf", "pages"] {
        let entries = std::fs::read_dir(bed.path(folder)).unwrap().map(|entry| entry.unwrap().file_name());
        let drafts: Vec<_> = entries.filter(|name| name.to_string_lossy().starts_with(".forc-perf-")).collect();
        assert!(drafts.is_empty(), "{folder}: {drafts:?}");
    }
}

/// An exported history is whole or not there.
fn assert_no_half(path: &Path) {
    let text = support::text_of(path);
    assert!(text.is_empty() || text.ends_with("}\n"), "half of {}", path.display());
}
