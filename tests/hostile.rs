//! No input makes the harness panic or stand still: random and half-right bytes through everything that reads.
//!
//! From fixed seeds, for a moment. `FUZZ_SECONDS=3600 cargo test --release --test hostile` goes on for so long with each target, from
//! seeds that it prints where one finds something.

mod support;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use forc_perf::collector::info;
use forc_perf::collector::marker::{self, Marker};
use forc_perf::forc::ToolchainSpec;
use forc_perf::history::import;
use forc_perf::os::Interrupt;
use forc_perf::report::{file, terminal};
use forc_perf::suite::{self, Scenario, Selection};
use support::Bed;

const ROUNDS: usize = 3000;

/// Has `target` take random input from this seed; for `FUZZ_SECONDS`, where that is set, from one seed after the other.
fn fuzz(seed: u64, target: impl Fn(&mut fastrand::Rng)) {
    let seconds = std::env::var("FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let deadline = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut seeds = (seed..).step_by(1000);
    let mut done = 0;
    loop {
        let Some(seed) = seeds.next() else { return };
        let said = Said(seed);
        target(&mut fastrand::Rng::with_seed(seed));
        std::mem::forget(said);
        done += 1;
        if deadline.is_none_or(|deadline| Instant::now() >= deadline) {
            break;
        }
    }
    println!("{done} seeds");
}

/// Says of which seed a panic was.
struct Said(u64);

impl Drop for Said {
    fn drop(&mut self) {
        eprintln!("found with seed {}", self.0);
    }
}

/// Pieces of what a reader expects, mixed with noise.
fn bytes(random: &mut fastrand::Rng, pieces: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..random.usize(..12) {
        match random.u8(..4) {
            0 => bytes.extend((0..random.usize(..20)).map(|_| random.u8(..))),
            1 => bytes.extend(random.char(..).to_string().bytes()),
            _ => bytes.extend(random.choice(pieces).unwrap_or(&"").bytes()),
        }
    }
    bytes
}

fn text(random: &mut fastrand::Rng, pieces: &[&str]) -> String {
    String::from_utf8_lossy(&bytes(random, pieces)).into_owned()
}

#[test]
fn any_line_is_a_marker_or_none() {
    fuzz(1, |random| {
        let pieces = [
            "/dyno ",
            "/forc-perf ",
            "start ",
            "stop ",
            "info ",
            "size ",
            "std ",
            "compile to ast",
            " ",
            "  Time elapsed to ",
            ": ",
            "1.5ms",
            "18446744073709551615",
            "s",
            "µs",
            ".",
            "Compiling ",
            "\u{1b}[1m",
            "\r",
            "\0",
        ];
        for _ in 0..ROUNDS {
            let line = bytes(random, &pieces);
            marker::classify(&line);
            if let Some(json) = marker::info_json(&line) {
                let _ = info::read_info(None, json);
            }
            if let Some(Marker::Start(label) | Marker::Stop(label)) = marker::parse(&line) {
                label.split(None);
                label.split(Some("std"));
            }
            marker::parse_debug_duration(&String::from_utf8_lossy(&line));
        }
    });
}

#[test]
fn any_info_json_is_read_or_refused() {
    fuzz(2, |random| {
        let pieces = [
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"bytecode_size\":",
            "\"data_section\":",
            "\"size\":",
            "\"value_pairs\":",
            "1",
            "-1",
            "1e400",
            "null",
            "\"",
            "{\"Byte\":1}",
            "\\u0000",
            "\\uD800",
        ];
        for _ in 0..ROUNDS {
            let json = bytes(random, &pieces);
            let _ = info::read_info(None, json.as_slice());
            let _ = info::read_metrics_file(None, json.as_slice());
        }
        // Deeper than any parser's stack.
        for deep in ["[".repeat(1_000_000), "{\"data_section\":{\"value_pairs\":".to_owned() + &"[".repeat(1_000_000)] {
            assert!(info::read_info(None, deep.as_bytes()).is_err());
        }
    });
}

#[test]
fn any_pattern_selects_or_is_refused() {
    fuzz(3, |random| {
        let pieces = ["*", "**", "?", "[", "]", "[!", "-", "/", "apps", "debug --tests", ".."];
        for _ in 0..ROUNDS {
            let (pattern, id) = (text(random, &pieces), text(random, &pieces));
            if let Ok(selection) = Selection::new(&[pattern.as_str()], &[id.as_str()]) {
                selection.selects("fixtures", &id);
            }
            let _ = pattern.parse::<Scenario>();
            if let Ok(spec) = pattern.parse::<ToolchainSpec>() {
                let _ = spec.to_string();
            }
        }
    });
}

#[test]
fn any_manifest_is_a_project_or_named_as_unusable() {
    fuzz(4, |random| {
        let pieces = [
            "[project]\n",
            "[workspace]\n",
            "name = \"x\"\n",
            "members = [\"a\", \"..\"]\n",
            "members = 1\n",
            "implicit-std = false\n",
            "[project.metadata.forc-perf]\n",
            "scenarios = [\"debug\"]\n",
            "tags = [1]\n",
            "min-forc = \"0.1\"\n",
            "[dependencies]\n",
            "a = { path = \"/\" }\n",
            "a = 1\n",
            "\n",
            "=",
            "[[project]]\n",
            "# ",
        ];
        let bed = Bed::new();
        for round in 0..200 {
            let folder = bed.path(&format!("suite/g/p{round}"));
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("Forc.toml"), bytes(random, &pieces)).unwrap();
        }
        let suite = suite::discover(&bed.path("suite"), &[]).unwrap();
        assert_eq!(suite.projects.len() + suite.skipped.len(), 200, "none is lost without a word");
        assert!(suite.skipped.iter().all(|skipped| skipped.broken && !skipped.reason.is_empty()));
    });
}

#[test]
fn any_target_list_is_read_or_refused() {
    fuzz(5, |random| {
        let pieces = [
            "[[project]]\n",
            "group = \"g\"\n",
            "name = \"n\"\n",
            "repository = \"/no/such\"\n",
            "path = \"..\"\n",
            "path = \"a\"\n",
            "revision = \"0123456789012345678901234567890123456789\"\n",
            "forc = \"*\"\n",
            "scenarios = []\n",
            "x = 1\n",
            "\n",
        ];
        let bed = Bed::new();
        for _ in 0..300 {
            let path = bed.path("list.toml");
            fs::write(&path, bytes(random, &pieces)).unwrap();
            // Nothing is wanted, so that nothing is fetched.
            let nothing = Selection::new(&["no such benchmark"], &[]).unwrap();
            let _ = suite::fetch_targets(&path, Some("0.72.1"), &nothing, &[], &Interrupt::new(), |_| ());
        }
    });
}

#[test]
fn any_report_is_read_and_shown_or_refused() {
    fuzz(6, |random| {
        let bed = Bed::new();
        bed.good_project();
        bed.project("bad/bad", "err error: no\nexit 1");
        bed.run(&["--samples", "2"]).assert_code(1);
        let whole = fs::read_to_string(bed.path("report.json")).unwrap();
        let path = bed.path("spoilt.json");
        let mut read = 0;
        for _ in 0..300 {
            let mut spoilt = whole.clone().into_bytes();
            for _ in 0..random.usize(1..4) {
                let at = random.usize(..spoilt.len());
                match random.u8(..3) {
                    // A number becomes another: files that can be read and say nonsense.
                    0 | 1 => {
                        if let Some(digit) = spoilt[at..].iter().position(u8::is_ascii_digit) {
                            spoilt[at + digit] = b'0' + random.u8(1..10);
                        }
                    }
                    _ => spoilt[at] = random.u8(..),
                }
            }
            fs::write(&path, &spoilt).unwrap();
            if let Ok(report) = file::read(Path::new(&path)) {
                read += 1;
                for width in [None, Some(1), Some(40), Some(120)] {
                    terminal::render(&report, None, width);
                }
                forc_perf::report::html::index(&report);
                for benchmark in &report.benchmarks {
                    forc_perf::figures::phases(&benchmark.runs);
                    forc_perf::bench::series(benchmark);
                }
            }
        }
        assert!(read > 20, "hardly any file was read at all: {read}");
    });
}

/// A file of somebody else's, spoilt here and there.
fn spoil(random: &mut fastrand::Rng, whole: &str) -> Vec<u8> {
    let mut spoilt = whole.as_bytes().to_vec();
    for _ in 0..random.usize(1..6) {
        let at = random.usize(..spoilt.len());
        match random.u8(..5) {
            0 => {
                spoilt.truncate(at.max(1));
            }
            1 => {
                let end = (at + random.usize(..40)).min(spoilt.len());
                spoilt.drain(at..end);
            }
            2 => {
                let piece = [&b"null"[..], b"-1", b"1e308", b"[]", b"{}", b"\"\"", b"18446744073709551616", b"true"];
                let piece = *random.choice(&piece).unwrap_or(&&b""[..]);
                spoilt.splice(at..at, piece.iter().copied());
            }
            3 => {
                if let Some(digit) = spoilt[at..].iter().position(u8::is_ascii_digit) {
                    spoilt[at + digit] = b'0' + random.u8(..10);
                }
            }
            _ => spoilt[at] = random.u8(..),
        }
        if spoilt.is_empty() {
            spoilt.push(b'{');
        }
    }
    spoilt
}

const PREDECESSORS: &str = r#"{"total_time":{"secs":5,"nanos":1},"system_specs":{"cpus":[{"name":"cpu0","brand":"EPYC","frequency":1}],
    "physical_core_count":1,"total_memory":8589934592,"load_average":{"one":1.0,"five":1.0,"fifteen":1.0},"host_name":"r"},
    "benchmarks":[{"name":"p","path":"/p","start_time":{"secs":0,"nanos":1},"end_time":{"secs":5,"nanos":2},"phases":[
    {"name":"std compile to ast","start_time":{"secs":0,"nanos":3},"end_time":{"secs":3,"nanos":4}}],"frames":[{"timestamp":
    {"secs":0,"nanos":5},"cpu_usage":1.0,"memory_usage":6,"virtual_memory_usage":7,"disk_total_written_bytes":0,
    "disk_written_bytes":0,"disk_total_read_bytes":0,"disk_read_bytes":0}],"asm_information":{"bytecode_size":9,"data_section":
    {"size":1,"used":1,"value_pairs":[]}}}],"forc_version":"0.71.2","benchmarks_datetime":"2026-01-23_02:17:57"}"#;

#[test]
fn any_predecessors_file_is_imported_or_refused() {
    let bed = Bed::new();
    let path = bed.path("file.json");
    fuzz(7, |random| {
        let known = import::Known::default();
        for _ in 0..60 {
            fs::write(&path, spoil(random, PREDECESSORS)).unwrap();
            if let Ok(form) = import::detect(&path)
                && form != import::Form::History
                && let Ok(imported) = import::read(&path, form, &known)
            {
                for record in imported.records {
                    forc_perf::report::html::index(&record.report);
                    forc_perf::report::csv::figures(&record.report);
                }
            }
        }
    });
}

#[test]
fn any_performance_record_is_imported_or_refused() {
    let bed = Bed::new();
    let commit = "a".repeat(40);
    let wrapped = format!(
        r#"{{"phases":{{"bytecode_size":28,"metrics":[{{"phase":"compile_to_ast","elapsed":2.0,"memory_usage":1}}]}},
        "elapsed":"4.0","cpu_usage":"99%","memory":"393156KB","build_type":"debug","sway_git_revision":"{commit}"}}"#
    );
    bed.write(&format!("record/{commit}/README"), "");
    let folder = bed.path("record");
    fuzz(8, |random| {
        for _ in 0..60 {
            fs::write(folder.join(&commit).join("nft.json"), spoil(random, &wrapped)).unwrap();
            let list = format!("sha,committed_at,subject\n{commit},2024-05-01T00:00:00Z,x\n");
            fs::write(folder.join("commits.csv"), spoil(random, &list)).unwrap();
            let _ = import::detect(&folder).and_then(|form| import::read(&folder, form, &import::Known::default()));
        }
    });
}

#[test]
fn any_comparison_is_read_and_shown_or_refused() {
    let bed = Bed::new();
    bed.good_project();
    bed.run(&["--samples", "3"]).assert_code(0);
    fs::copy(bed.path("report.json"), bed.path("other.json")).unwrap();
    let compared = support::run(&bed, &["diff", "report.json", "other.json", "--output", "comparison.json"]);
    compared.assert_code(0);
    let whole = fs::read_to_string(bed.path("comparison.json")).unwrap();
    let path = bed.path("spoilt.json");
    fuzz(9, |random| {
        for _ in 0..60 {
            fs::write(&path, spoil(random, &whole)).unwrap();
            if let Ok(comparison) = file::read_comparison(&path) {
                use forc_perf::report::comparison;
                for width in [None, Some(1), Some(40), Some(120)] {
                    comparison::terminal(&comparison, true, width);
                }
                comparison::markdown(&comparison);
                comparison::csv(&comparison);
                comparison::samples_csv(&comparison);
                comparison::html(&comparison);
            }
            let _ = file::read_either(&path);
        }
    });
}
