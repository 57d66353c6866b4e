//! No input makes the harness panic: random and half-right bytes, from a fixed seed, through everything that reads.

mod support;

use std::fs;
use std::path::Path;

use forc_perf::collector::Interrupt;
use forc_perf::forc::{ToolchainSpec, marker::Marker};
use forc_perf::forc::{info, marker};
use forc_perf::report::{file, terminal};
use forc_perf::suite::{self, Scenario, Selection};
use support::Bed;

const ROUNDS: usize = 3000;

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
    let random = &mut fastrand::Rng::with_seed(1);
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
}

#[test]
fn any_info_json_is_read_or_refused() {
    let random = &mut fastrand::Rng::with_seed(2);
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
}

#[test]
fn any_pattern_selects_or_is_refused() {
    let random = &mut fastrand::Rng::with_seed(3);
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
}

#[test]
fn any_manifest_is_a_project_or_named_as_unusable() {
    let random = &mut fastrand::Rng::with_seed(4);
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
}

#[test]
fn any_target_list_is_read_or_refused() {
    let random = &mut fastrand::Rng::with_seed(5);
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
}

#[test]
fn any_report_is_read_and_shown_or_refused() {
    let random = &mut fastrand::Rng::with_seed(6);
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
                forc_perf::summary::phases(&benchmark.runs);
                forc_perf::bench::series(benchmark);
            }
        }
    }
    assert!(read > 20, "hardly any file was read at all: {read}");
}
