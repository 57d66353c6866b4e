//! No input makes the harness panic or stand still: random and half-right bytes through everything that reads.
//!
//! A plain `cargo test` looks at some hundred inputs, others each time; a failure prints the `BOLERO_RANDOM_SEED` that makes it
//! again. For longer: `BOLERO_RANDOM_ITERATIONS=1000000 cargo test --release --test hostile NAME`, or guided by coverage
//! with libFuzzer: `cargo bolero test --package forc-perf-checks hostile::NAME`.

use std::fs;
use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::path::Path;

use bolero::{TypeGenerator, check};
use forc_perf::collector::callgrind;
use forc_perf::collector::info;
use forc_perf::collector::marker::{self, Marker};
use forc_perf::forc::ToolchainSpec;
use forc_perf::history::{History, SeriesFilter, import};
use forc_perf::os::Interrupt;
use forc_perf::report::{comparison, csv, file, html, terminal};
use forc_perf::session::journal::{Entry, Journal};
use forc_perf::suite::{self, Scenario, Selection};

use crate::properties::plan;
use crate::support::Bed;
use crate::{compared, demo, recorded};

/// Inputs of a target that only reads a text, and of one that reads files and shows what they hold.
const TEXTS: usize = 1000;
const FILES: usize = 100;

/// A piece of what a reader expects, with noise before it or not.
#[derive(Clone, Debug, TypeGenerator)]
struct Piece {
    noise: Option<Noise>,
    known: u8,
}

#[derive(Clone, Debug, TypeGenerator)]
enum Noise {
    Bytes(Vec<u8>),
    Letter(char),
}

fn bytes(pieces: &[Piece], known: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for piece in pieces {
        match &piece.noise {
            None => bytes.extend(known[usize::from(piece.known) % known.len()].bytes()),
            Some(Noise::Bytes(noise)) => bytes.extend(noise),
            Some(Noise::Letter(letter)) => bytes.extend(letter.to_string().bytes()),
        }
    }
    bytes
}

fn text(pieces: &[Piece], known: &[&str]) -> String {
    String::from_utf8_lossy(&bytes(pieces, known)).into_owned()
}

/// What is done to a file at a place.
#[derive(Clone, Debug, TypeGenerator)]
enum Harm {
    Truncate,
    Cut(u8),
    Insert(u8),
    /// A number becomes another: a file that can be read and says nonsense.
    Digit(u8),
    Byte(u8),
}

/// The file, spoilt in up to five places.
fn spoil(whole: &str, harms: &[(u32, Harm)]) -> Vec<u8> {
    const INSERTED: [&str; 8] = ["null", "-1", "1e308", "[]", "{}", "\"\"", "18446744073709551616", "true"];
    let mut spoilt = whole.as_bytes().to_vec();
    for (place, harm) in harms.iter().take(5) {
        let at = *place as usize % spoilt.len();
        match harm {
            Harm::Truncate => spoilt.truncate(at.max(1)),
            Harm::Cut(length) => {
                let end = (at + usize::from(*length) % 40).min(spoilt.len());
                spoilt.drain(at..end);
            }
            Harm::Insert(piece) => {
                let piece = INSERTED[usize::from(*piece) % INSERTED.len()];
                spoilt.splice(at..at, piece.bytes());
            }
            Harm::Digit(digit) => {
                if let Some(found) = spoilt[at..].iter().position(u8::is_ascii_digit) {
                    spoilt[at + found] = b'0' + digit % 10;
                }
            }
            Harm::Byte(byte) => spoilt[at] = *byte,
        }
        if spoilt.is_empty() {
            spoilt.push(b'{');
        }
    }
    spoilt
}

const MARKERS: [&str; 20] = [
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

#[test]
fn any_line_is_a_marker_or_none() {
    check!().with_iterations(TEXTS).with_type::<Vec<Piece>>().for_each(|pieces| {
        let line = bytes(pieces, &MARKERS);
        marker::classify(&line);
        if let Some(json) = marker::info_json(&line) {
            let _ = info::read_info(None, json);
        }
        if let Some(Marker::Start(label) | Marker::Stop(label)) = marker::parse(&line) {
            label.split(None);
            label.split(Some("std"));
        }
        marker::parse_debug_duration(&String::from_utf8_lossy(&line));
    });
}

const INFOS: [&str; 18] = [
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

#[test]
fn any_info_json_is_read_or_refused() {
    check!().with_iterations(TEXTS).with_type::<Vec<Piece>>().for_each(|pieces| {
        let json = bytes(pieces, &INFOS);
        let _ = info::read_info(None, json.as_slice());
        let _ = info::read_metrics_file(None, json.as_slice());
    });
}

#[test]
fn json_deeper_than_any_stack_is_refused() {
    for deep in ["[".repeat(1_000_000), "{\"data_section\":{\"value_pairs\":".to_owned() + &"[".repeat(1_000_000)] {
        assert!(info::read_info(None, deep.as_bytes()).is_err());
    }
}

const PATTERNS: [&str; 11] = ["*", "**", "?", "[", "]", "[!", "-", "/", "apps", "debug --tests", ".."];

#[test]
fn any_pattern_selects_or_is_refused() {
    check!().with_iterations(TEXTS).with_type::<(Vec<Piece>, Vec<Piece>)>().for_each(|(pattern, id)| {
        let (pattern, id) = (text(pattern, &PATTERNS), text(id, &PATTERNS));
        if let Ok(selection) = Selection::new(&[pattern.as_str()], &[id.as_str()]) {
            selection.selects("fixtures", &id);
        }
        let _ = pattern.parse::<Scenario>();
        if let Ok(spec) = pattern.parse::<ToolchainSpec>() {
            let _ = spec.to_string();
        }
    });
}

const MANIFEST: [&str; 17] = [
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

#[test]
fn any_manifest_is_a_project_or_named_as_unusable() {
    check!().with_iterations(FILES).with_type::<Vec<Vec<Piece>>>().for_each(|manifests| {
        let bed = Bed::new();
        for (number, pieces) in manifests.iter().enumerate() {
            let folder = bed.path(&format!("suite/g/p{number}"));
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("Forc.toml"), bytes(pieces, &MANIFEST)).unwrap();
        }
        let suite = suite::discover(&bed.path("suite"), &[]).unwrap();
        assert_eq!(suite.projects.len() + suite.skipped.len(), manifests.len(), "none is lost without a word");
        assert!(suite.skipped.iter().all(|skipped| skipped.broken && !skipped.reason.is_empty()));
    });
}

const TARGETS: [&str; 11] = [
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

#[test]
fn any_target_list_is_read_or_refused() {
    let bed = Bed::new();
    let path = bed.path("list.toml");
    // Nothing is wanted, so that nothing is fetched.
    let nothing = Selection::new(&["no such benchmark"], &[]).unwrap();
    check!().with_iterations(FILES).with_type::<Vec<Piece>>().for_each(|pieces| {
        fs::write(&path, bytes(pieces, &TARGETS)).unwrap();
        let _ = suite::fetch_targets(&path, Some("0.72.1"), &nothing, &[], &Interrupt::new(), |_| ());
    });
}

#[test]
fn any_report_is_read_and_shown_or_refused() {
    let bed = Bed::new();
    let path = bed.path("spoilt.json");
    let whole = serde_json::to_string_pretty(recorded()).unwrap();
    check!().with_iterations(FILES).with_type::<Vec<(u32, Harm)>>().for_each(|harms| {
        fs::write(&path, spoil(&whole, harms)).unwrap();
        if let Ok(report) = file::read(Path::new(&path)) {
            for width in [None, Some(1), Some(40), Some(120)] {
                terminal::render(&report, None, width);
            }
            html::index(&report);
            for benchmark in &report.benchmarks {
                forc_perf::figures::phases(&benchmark.runs);
                forc_perf::bench::series(benchmark);
            }
        }
        let _ = file::read_either(&path);
    });
}

/// Digits alone leave most files readable: so it is seen that what is shown above is not always nothing.
#[test]
fn a_report_with_other_digits_is_mostly_read() {
    let bed = Bed::new();
    let path = bed.path("spoilt.json");
    let whole = serde_json::to_string_pretty(recorded()).unwrap();
    let mut read = 0;
    for place in 0..60u32 {
        fs::write(&path, spoil(&whole, &[(place * 7919, Harm::Digit(1 + (place % 9) as u8))])).unwrap();
        read += usize::from(file::read(&path).is_ok());
    }
    assert!(read > 20, "hardly any file was read at all: {read}");
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
    let known = import::Known::default();
    check!().with_iterations(FILES).with_type::<Vec<(u32, Harm)>>().for_each(|harms| {
        fs::write(&path, spoil(PREDECESSORS, harms)).unwrap();
        if let Ok(form) = import::detect(&path)
            && form != import::Form::History
            && let Ok(imported) = import::read(&path, form, &known)
        {
            for record in imported.records {
                html::index(&record.report);
                csv::figures(&record.report);
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
    let list = format!("sha,committed_at,subject\n{commit},2024-05-01T00:00:00Z,x\n");
    bed.write(&format!("record/{commit}/README"), "");
    let folder = bed.path("record");
    check!().with_iterations(FILES).with_type::<[Vec<(u32, Harm)>; 2]>().for_each(|[file, commits]| {
        fs::write(folder.join(&commit).join("nft.json"), spoil(&wrapped, file)).unwrap();
        fs::write(folder.join("commits.csv"), spoil(&list, commits)).unwrap();
        let _ = import::detect(&folder).and_then(|form| import::read(&folder, form, &import::Known::default()));
    });
}

#[test]
fn any_comparison_is_read_and_shown_or_refused() {
    let bed = Bed::new();
    let whole = serde_json::to_string(&compared()).unwrap();
    let path = bed.path("spoilt.json");
    check!().with_iterations(FILES / 2).with_type::<Vec<(u32, Harm)>>().for_each(|harms| {
        fs::write(&path, spoil(&whole, harms)).unwrap();
        if let Ok(read) = file::read_comparison(&path) {
            for width in [None, Some(1), Some(40), Some(120)] {
                comparison::terminal(&read, true, width);
            }
            comparison::markdown(&read);
            comparison::csv(&read);
            comparison::samples_csv(&read);
            comparison::html(&read);
        }
        let _ = file::read_either(&path);
    });
}

/// Lines of callgrind's files.
const CALLGRIND: [&str; 20] = [
    "# callgrind format\n",
    "version: 1\n",
    "creator: callgrind-3.19.0\n",
    "cmd: forc build\n",
    "positions: line\n",
    "positions: instr line\n",
    "events: Ir\n",
    "events: Dr Ir\n",
    "summary: 1000\n",
    "totals: 1000\n",
    "fn=(1) a::b\n",
    "fn=(1)\n",
    "cfn=(2) a::c'2\n",
    "calls=1 16\n",
    "16 400\n",
    "+3 18446744073709551615\n",
    "* 7\n",
    "0x400 12 9\n",
    "jump=3 +1\n",
    "\n",
];

#[test]
fn any_callgrind_profile_is_read_or_refused() {
    check!().with_iterations(TEXTS).with_type::<Vec<Piece>>().for_each(|pieces| {
        let file = bytes(pieces, &CALLGRIND);
        if let Ok(profile) = callgrind::read_profile(file.as_slice(), &["a::b", "a::c"]) {
            assert_eq!(profile.inclusive.len(), 2);
        }
    });
}

/// A journal reads as far as its lines are whole; what is gone on with afterwards is read again.
#[test]
fn any_journal_is_resumed_or_refused() {
    let bed = Bed::new();
    let path = bed.path("journal");
    let plan = plan(&bed);
    let run = &recorded().benchmarks.iter().find(|benchmark| !benchmark.runs.is_empty()).unwrap().runs[0];
    let block = Entry::Block {
        benchmark: "a/a/debug".to_owned(),
        runs: vec![run.clone(), run.clone()],
        elapsed: std::time::Duration::from_secs(1),
    };
    let (mut journal, _) = Journal::create(&path, &plan).unwrap();
    for _ in 0..3 {
        journal.append(&block).unwrap();
    }
    drop(journal);
    let whole = fs::read_to_string(&path).unwrap();
    check!().with_iterations(FILES).with_type::<Vec<(u32, Harm)>>().for_each(|harms| {
        fs::write(&path, spoil(&whole, harms)).unwrap();
        let Ok((mut journal, _, entries)) = Journal::resume(&path, &plan) else { return };
        journal.append(&block).unwrap();
        drop(journal);
        let (_journal, _, again) = Journal::resume(&path, &plan).unwrap();
        assert_eq!(again.len(), entries.len() + 1, "what was read stays, and what was added is behind it");
        assert_eq!(again.last(), Some(&block));
    });
}

/// The samples of a history are packed; bytes that are no samples are an error, never a panic.
#[test]
fn any_packed_samples_are_read_or_refused() {
    let bed = Bed::new();
    let path = bed.path("history.sqlite");
    drop(demo::history(&path, 0..1, |_, record| record.report.benchmarks.truncate(1)));
    let spoiler = AssertUnwindSafe(rusqlite::Connection::open(&path).unwrap());
    let history = AssertUnwindSafe(History::open_read_only(&path).unwrap());
    let series = history.series(&SeriesFilter::default()).unwrap();
    check!().with_iterations(FILES).with_type::<Vec<u8>>().for_each(|samples| {
        spoiler.execute("UPDATE points SET samples = ?1", [samples]).unwrap();
        for series in series.iter().take(3) {
            let _ = history.points_with_samples(series.id);
        }
    });
}

/// An exported history: what is taken in is all of it, or nothing.
#[test]
fn any_exported_history_is_imported_or_refused() {
    let bed = Bed::new();
    let mut whole = Vec::new();
    demo::history(&bed.path("from.sqlite"), 0..2, |_, record| record.report.benchmarks.truncate(1))
        .export(&mut whole)
        .unwrap();
    whole.flush().unwrap();
    let whole = String::from_utf8(whole).unwrap();
    let mut history = AssertUnwindSafe(History::open(&bed.path("to.sqlite")).unwrap());
    check!().with_iterations(FILES / 4).with_type::<Vec<(u32, Harm)>>().for_each(|harms| {
        let before = history.reports(&Default::default()).unwrap().len();
        if history.import(&mut spoil(&whole, harms).as_slice()).is_err() {
            assert_eq!(history.reports(&Default::default()).unwrap().len(), before);
        }
    });
}
