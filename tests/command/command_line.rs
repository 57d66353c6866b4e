//! The command as people and programs use it: what it prints, where, and how it ends.

use std::fs;
use std::io::Read;
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::{Command, Stdio};

use crate::support::{Bed, InTime, run};
use forc_perf::collector::counters_available;
use forc_perf::report::{file, terminal};
use serde_json::Value;

fn output(bed: &Bed, args: &[&str]) -> (Option<i32>, String, String) {
    let output = bed.harness().args(args).in_time();
    (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn the_list_is_in_criterions_form() {
    let bed = Bed::new();
    bed.good_project();
    bed.project("apps/amm", "package script amm");
    let (code, stdout, stderr) = output(&bed, &["list", "--suite", "suite"]);
    assert_eq!(
        (code, stdout.as_str(), stderr.as_str()),
        (Some(0), "apps/amm/debug: benchmark\ngood/good/debug: benchmark\n", "")
    );
}

#[test]
fn completions_are_there_for_the_usual_shells() {
    let bed = Bed::new();
    for shell in ["bash", "zsh", "fish"] {
        let (code, stdout, _) = output(&bed, &["completions", shell]);
        assert_eq!(code, Some(0));
        for word in ["forc-perf", "toolchain", "message-format"] {
            assert!(stdout.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn help_tells_the_commands_and_the_exit_codes() {
    let bed = Bed::new();
    let (code, stdout, _) = output(&bed, &["--help"]);
    assert_eq!(code, Some(0));
    for word in ["run", "list", "toolchain", "completions", "130", "nothing was measured"] {
        assert!(stdout.contains(word), "{word}: {stdout}");
    }
    let (code, stdout, _) = output(&bed, &["run", "--help"]);
    assert_eq!(code, Some(0));
    for flag in ["--suite", "--forc", "--samples", "--interval", "--output", "--exclude", "--message-format"] {
        assert!(stdout.contains(flag), "{flag}: {stdout}");
    }
    let (code, stdout, _) = output(&bed, &["--version"]);
    assert_eq!((code, stdout.trim()), (Some(0), concat!("forc-perf ", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn what_is_counted_is_said_once_and_kept() {
    let bed = Bed::new();
    bed.project("a/a", "package script a\nsleep 20");
    let run = bed.run(&["--counters"]);
    run.assert_code(0);
    let sentence = counters_available().describe();
    assert_eq!(run.stderr.matches(&sentence).count(), 1, "{}", run.stderr);
    let report = run.report.unwrap();
    assert_eq!(report.settings.counters.as_deref(), Some(sentence.as_str()));
    let counted = report.benchmarks[0].runs.iter().all(|run| run.counters.is_some());
    assert_eq!(counted, counters_available().software || counters_available().hardware);

    let run = bed.run(&[]);
    assert!(!run.stderr.contains(&sentence), "{}", run.stderr);
    assert_eq!(run.report.unwrap().settings.counters, None);
}

#[test]
fn a_wrong_command_line_is_refused_before_anything_is_run() {
    let bed = Bed::new();
    let count = bed.word("count");
    bed.project("a/a", &format!("count {count}\npackage script a"));
    for args in [
        &["--no-such-flag"][..],
        &["--samples", "0"],
        &["--samples", "-1"],
        &["--samples", "1000000000"],
        &["--interval", "1us"],
        &["--interval", "fast"],
        &["--time-limit", "1 parsec"],
        &["--quick", "--samples", "7"],
        &["--message-format", "xml"],
        &["--pin", "tail"],
        &["a[b"],
    ] {
        let run = bed.run(args);
        run.assert_code(2);
        assert!(run.stderr.starts_with("error: ") && run.stdout.is_empty(), "{args:?}: {}", run.stderr);
    }
    assert_eq!(output(&bed, &["no-such-command"]).0, Some(2));
    assert_eq!(output(&bed, &[]).0, Some(2));
    assert!(!bed.path("count").exists());
}

#[test]
fn every_line_for_programs_is_json_and_tells_the_whole_story() {
    let bed = Bed::new();
    bed.good_project();
    bed.project("bad/bad", "err \\e[31merror: no\\e[0m\nexit 1");
    bed.write("suite/broken/x/Forc.toml", "[");
    let run = bed.run(&["--message-format", "json", "--samples", "3"]);
    run.assert_code(1);
    let messages: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let reasons: Vec<&str> = messages.iter().map(|message| message["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["toolchain", "suite", "benchmark-failed", "plan", "benchmark", "benchmark", "finished"]);
    assert_eq!(messages[0]["toolchain"]["version"], "0.72.1");
    assert_eq!(messages[1]["skipped"][0]["name"], "broken/x");
    assert_eq!((&messages[2]["id"], &messages[2]["kind"]), (&"bad/bad/debug".into(), &"compile-error".into()));
    assert_eq!((&messages[5]["id"], &messages[5]["runs"]), (&"good/good/debug".into(), &3.into()));
    assert_eq!((&messages[6]["outcome"], &messages[6]["interrupted"]), (&1.into(), &false.into()));
    assert_eq!(messages[6]["report"], bed.word("report.json"));
    // Also where nothing comes of it.
    let run = bed.run(&["--message-format", "json", "bad"]);
    run.assert_code(3);
    run.stdout.lines().for_each(|line| drop(serde_json::from_str::<Value>(line).unwrap()));
}

#[test]
fn pipes_get_no_escape_codes() {
    let bed = Bed::new();
    bed.good_project();
    bed.project("bad/bad", "err \\e[31merror: \\e[1mno\\e[0m\nexit 1");
    let run = bed.run(&[]);
    run.assert_code(1);
    assert!(!run.stdout.contains('\u{1b}') && !run.stderr.contains('\u{1b}') && !run.stderr.contains('\r'));
    assert!(run.stdout.contains("│ error: no"), "{}", run.stdout);
}

#[test]
fn the_table_tells_what_a_person_wants_to_know() {
    let bed = Bed::new();
    // Patient, so that its phases are never read at one moment and seem to take no time.
    bed.project("good/good", "patient\npackage script good");
    let run = bed.run(&["--samples", "5"]);
    run.assert_code(0);
    for word in
        ["forc 0.72.1", "1 benchmark, 5 runs", "wall", "cpu", "peak memory", "104 B", "spread", "compile to ast"]
    {
        assert!(run.stdout.contains(word), "{word}: {}", run.stdout);
    }
    assert!(run.stdout.contains(&format!("report: {}", bed.word("report.json"))), "{}", run.stdout);
}

#[test]
fn without_an_output_report_charts_and_page_are_in_the_target_folder() {
    let bed = Bed::new();
    // Long enough for frames to be drawn.
    bed.project("good/good", "patient\npackage script good\nsleep 300");
    let (code, stdout, stderr) = output(&bed, &["run", "--suite", "suite", "--samples", "2", "--pin", "never"]);
    assert_eq!(code, Some(0), "{stderr}");
    let folder = bed.path("target/forc-perf");
    assert_eq!(file::read(&folder.join("report.json")).unwrap().benchmarks[0].runs.len(), 2);
    let page = fs::read_to_string(folder.join("index.html")).unwrap();
    assert!(page.contains("good/good/debug"));
    let charts: Vec<_> = fs::read_dir(folder.join("charts")).unwrap().map(|entry| entry.unwrap()).collect();
    for (start, end) in [("suite", ".svg"), ("suite", ".png"), ("good", "timeline.svg"), ("good", "timeline.png")] {
        let is_it = |name: &str| name.starts_with(start) && name.ends_with(end);
        let chart = charts.iter().find(|entry| is_it(entry.file_name().to_str().unwrap()));
        assert!(chart.is_some_and(|entry| entry.metadata().unwrap().len() > 500), "{start}…{end}: {charts:?}");
    }
    assert!(stdout.contains("index.html"), "{stdout}");
}

#[test]
fn an_output_file_is_all_that_is_written() {
    let bed = Bed::new();
    bed.good_project();
    let before: Vec<_> = fs::read_dir(bed.path(".")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    bed.run(&["--output", "deep/er/r.json"]).assert_code(0);
    assert_eq!(file::read(&bed.path("deep/er/r.json")).unwrap().benchmarks.len(), 1);
    let after: Vec<_> = fs::read_dir(bed.path(".")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(after.len(), before.len() + 1, "{after:?}");
    assert_eq!(fs::read_dir(bed.path("deep/er")).unwrap().count(), 1, "no temporary file is left");
}

#[test]
fn a_pipe_can_be_the_output() {
    let bed = Bed::new();
    bed.good_project();
    // The report goes into the same pipe as the table, which is of no use but must not hang: a harness that looked there
    // for the previous report would wait for itself.
    let run = bed.run(&["--output", "/dev/stdout"]);
    run.assert_code(0);
    assert!(run.stdout.contains("\"schema_version\":"), "{}", run.stdout);
}

#[test]
fn a_reader_that_has_seen_enough_breaks_nothing() {
    let bed = Bed::new();
    bed.good_project();
    let run = bed.run_words(&[]);
    let json = bed.run_words(&["--message-format", "json"]);
    for (args, report) in [
        (run, true),
        (json, true),
        (vec!["schema".to_owned()], false),
        (vec!["completions".to_owned(), "bash".to_owned()], false),
        (vec!["toolchain".to_owned(), "path".to_owned()], false),
        (vec!["list".to_owned(), "--suite".to_owned(), "suite".to_owned()], false),
    ] {
        let mut child = bed.harness();
        let mut child = child.args(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let status = child.wait().unwrap();
        assert!(!stderr.contains("panicked"), "{args:?}: {stderr}");
        assert_eq!(status.code(), Some(0), "{args:?}: {stderr}");
        if report {
            assert!(file::read(&bed.path("report.json")).is_ok(), "the report is kept all the same");
            fs::remove_file(bed.path("report.json")).unwrap();
        }
    }
}

/// What commands print, by their words.
const PRINTING: [&[&str]; 15] = [
    &["list", "--suite", "suite"],
    &["schema"],
    &["schema", "comparison"],
    &["completions", "bash"],
    &["shares", "report.json"],
    &["show", "c.json", "--format", "json"],
    &["show", "c.json", "--format", "markdown"],
    &["show", "c.json", "--format", "html"],
    &["show", "c.json"],
    &["diff", "report.json", "report.json", "--format", "csv"],
    &["history", "list"],
    &["history", "series", "--samples"],
    &["history", "export"],
    &["history", "export", "--format", "csv"],
    &["run", "--suite", "suite", "--samples", "3", "--output", "again.json", "--message-format", "json"],
];

fn with_something_to_print() -> Bed {
    let bed = Bed::new();
    bed.good_project();
    bed.run(&["--samples", "3"]).assert_code(0);
    for words in [
        &["history", "import", "report.json"][..],
        &["diff", "report.json", "report.json", "--output", "c.json", "--force"],
    ] {
        assert_eq!(output(&bed, words).0, Some(0), "{words:?}");
    }
    bed
}

#[test]
fn half_of_an_output_is_a_failure() {
    let bed = with_something_to_print();
    for words in PRINTING {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let ended = bed.harness().args(words).stdout(full).stderr(Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(4), "{words:?}: {stderr}");
        assert!(stderr.contains("written") && stderr.contains("No space left on device"), "{words:?}: {stderr}");
    }
    assert!(bed.path("again.json").is_file(), "what was measured is kept all the same");
}

#[test]
fn a_reader_that_is_gone_is_no_failure() {
    let bed = with_something_to_print();
    for words in PRINTING {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ended = bed.harness().args(words).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{words:?}: {}", String::from_utf8_lossy(&ended.stderr));
    }
}

/// What a command prints to a terminal so many columns wide.
fn on_a_terminal(mut command: Command, columns: u16) -> String {
    let (mut ours, mut theirs) = (0, 0);
    let size = libc::winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: all places are valid; name and settings may be absent.
    let result = unsafe {
        libc::openpty(&raw mut ours, &raw mut theirs, std::ptr::null_mut(), std::ptr::null(), &raw const size)
    };
    assert_eq!(result, 0);
    // SAFETY: both were just opened and belong to nobody else.
    let (ours, theirs) = unsafe { (OwnedFd::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs)) };
    command.stdout(theirs.try_clone().unwrap()).stderr(theirs).env("TERM", "xterm-256color");
    let mut child = command.spawn().unwrap();
    drop(command);
    let mut text = Vec::new();
    let mut ours = fs::File::from(ours);
    let mut buffer = [0; 4096];
    // A terminal whose other side is closed gives an error rather than an end.
    while let Ok(length) = ours.read(&mut buffer)
        && length > 0
    {
        text.extend_from_slice(&buffer[..length]);
    }
    child.wait().unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn a_terminal_gets_colours_and_a_table_that_fits_and_no_colours_where_they_are_not_wanted() {
    let bed = Bed::new();
    bed.good_project();
    bed.project("with-a-long-name/and-another-quite-long-one", "package script x");
    let command = || {
        let mut command = bed.harness();
        command.args(bed.run_words(&["--quick"])).env_remove("CI");
        command
    };
    let coloured = on_a_terminal(command(), 60);
    assert!(coloured.contains("\u{1b}[1m"), "{coloured}");
    let table = |text: &str| -> Vec<String> {
        let text = String::from_utf8(strip_ansi_escapes::strip(text)).unwrap();
        let lines = text.lines().skip_while(|line| !line.starts_with("benchmark"));
        lines.take_while(|line| !line.trim().is_empty()).map(str::to_owned).collect()
    };
    let lines = table(&coloured);
    assert!(lines.len() >= 3 && lines.iter().all(|line| line.chars().count() <= 60), "{lines:#?}");
    let mut plain = command();
    plain.env("NO_COLOR", "1");
    let plain = on_a_terminal(plain, 200);
    // What moves the cursor in the progress line is no colour.
    assert!(!plain.replace("\u{1b}[K", "").contains('\u{1b}'), "{plain:?}");
    assert!(table(&plain)[0].contains("spread"), "a wide terminal has room for every column: {plain}");
}

#[test]
fn a_table_for_a_narrow_terminal_is_narrow() {
    let bed = Bed::new();
    bed.project("a-group-with-a-long-name/a-project-with-a-very-long-name-indeed", "package script x");
    bed.good_project();
    let run = bed.run(&[]);
    run.assert_code(0);
    for width in [20, 40, 60, 80] {
        let text = terminal::render(run.report(), None, Some(width));
        let text = String::from_utf8(strip_ansi_escapes::strip(&text)).unwrap();
        let table: Vec<&str> = text
            .lines()
            .skip_while(|line| !line.starts_with("benchmark"))
            .take_while(|line| !line.is_empty())
            .collect();
        assert!(table.len() >= 3, "{text}");
        for line in &table {
            assert!(line.trim_end().chars().count() <= width, "{width} columns: {line:?}");
        }
        assert!(table[0].contains("wall"), "the wall time is always there: {text}");
    }
}

#[test]
fn quick_is_three_runs_and_the_budget_sets_their_number_else() {
    let bed = Bed::new();
    bed.project("a/a", "sleep 20");
    let run = bed.run(&["--quick"]);
    run.assert_code(0);
    assert_eq!(run.benchmark("a/a/debug").runs.len(), 3);
    let mut command = bed.harness();
    command.args(["run", "--suite", "suite", "--output", "report.json", "--pin", "never", "--budget", "1ms"]);
    assert!(command.in_time().status.success());
    assert_eq!(
        file::read(&bed.path("report.json")).unwrap().benchmarks[0].runs.len(),
        10,
        "never below Criterion's least"
    );
}

#[test]
fn bash_completes_options_and_subcommands() {
    let bed = Bed::new();
    let script = run(&bed, &["completions", "bash"]).assert_code(0).stdout;
    bed.write("completions", &script);
    let complete = |words: &[&str]| -> Vec<String> {
        let text = r#"source "$1"; shift
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
            $(complete -p forc-perf | sed 's/.*-F \([^ ]*\).*/\1/') forc-perf "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            printf '%s\n' "${COMPREPLY[@]}""#;
        let output =
            Command::new("bash").args(["-c", text, "bash"]).arg(bed.path("completions")).args(words).output().unwrap();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).filter(|line| !line.is_empty()).collect()
    };
    assert_eq!(complete(&["forc-perf", "nigh"]), ["nightly"]);
    assert_eq!(complete(&["forc-perf", "run", "--samp"]), ["--samples"]);
    assert_eq!(complete(&["forc-perf", "compare", "a", "b", "--sched"]), ["--schedule"]);
    assert_eq!(complete(&["forc-perf", "compare", "--schedule", "d"]), ["duet"]);
    assert_eq!(complete(&["forc-perf", "history", "seri"]), ["series"]);
    assert!(complete(&["forc-perf", "history", "series", "--me"]).contains(&"--metric".to_owned()));
}

#[test]
fn a_name_that_is_none_is_told_with_what_may_have_been_meant() {
    let bed = Bed::new();
    bed.good_project();
    bed.project("apps/amm", "package script amm");
    let suite = bed.word("suite");
    let listed = run(&bed, &["list", "--suite", &suite, "amn"]).assert_code(3);
    assert_eq!(listed.stderr, "no benchmark matches `amn`; did you mean `apps/amm/debug`?\n");
    let typo = bed.run(&["apps/amm", "goood"]);
    assert_eq!(typo.assert_code(0).report().benchmarks.len(), 1);
    assert!(typo.stderr.contains("no benchmark matches `goood`; did you mean `good/good/debug`?"), "{}", typo.stderr);
    let none = bed.run(&["nonsense"]);
    assert!(none.assert_code(3).stderr.contains("no benchmark matches `nonsense`\n"), "{}", none.stderr);
    assert!(!none.stderr.contains("--list"), "`run` has no such option: {}", none.stderr);
    fs::create_dir(bed.path("empty")).unwrap();
    let empty = run(&bed, &["list", "--suite", "empty"]).assert_code(3);
    assert_eq!(empty.stderr, "empty holds no project: there is no Forc.toml in it\n");
}

#[test]
fn a_single_run_is_told_as_one() {
    let bed = Bed::new();
    bed.good_project();
    let shown = bed.run(&["--samples", "1"]);
    let shown = &shown.assert_code(0).stdout;
    assert!(
        shown.contains("1 benchmark, 1 run in") && shown.contains("a single run has neither interval nor spread"),
        "{shown}"
    );
    assert!(!shown.contains("0 %  interval") && !shown.contains("1 runs"), "{shown}");
}

#[test]
fn colours_are_as_asked_for() {
    let bed = Bed::new();
    bed.good_project();
    bed.run(&[]).assert_code(0);
    let coloured =
        |args: &[&str]| run(&bed, &[&["show", "report.json"], args].concat()).assert_code(0).stdout.contains('\u{1b}');
    assert!(!coloured(&[]), "into a pipe");
    assert!(coloured(&["--color", "always"]));
    assert!(!coloured(&["--color", "never"]));
}

#[test]
fn a_report_is_shown_in_every_form() {
    let bed = Bed::new();
    bed.good_project();
    bed.project("bad/bad", "err error: no\nexit 1");
    let measured = bed.run(&["--samples", "3"]);
    measured.assert_code(1);
    let show = |format: &str| run(&bed, &["show", "report.json", "--format", format]).assert_code(1).stdout;
    let table = show("terminal");
    assert!(table.contains("good/good/debug") && table.contains("bad/bad/debug"), "{table}");
    let markdown = show("markdown");
    assert!(markdown.starts_with("<!-- forc-perf -->\n") && markdown.contains("| `good/good/debug` |"), "{markdown}");
    assert!(markdown.contains("`bad/bad/debug`") && markdown.contains("error: no"), "{markdown}");
    let figures = show("csv");
    let mut lines = figures.lines();
    assert_eq!(lines.next(), Some("benchmark,phase,depth,metric,unit,runs,median,low,high,confidence,spread"));
    assert!(lines.any(|line| line.starts_with("good/good/debug,,,wall,ns,3,")), "{figures}");
    assert!(figures.lines().any(|line| line.starts_with("good/good/debug,compile to ast,0,wall,ns,3,")), "{figures}");
    let samples = show("samples-csv");
    assert_eq!(samples.lines().next(), Some("benchmark,run,phase,metric,unit,value"));
    let walls = samples.lines().filter(|line| line.starts_with("good/good/debug,") && line.contains(",,wall,ns,"));
    assert_eq!(walls.count(), 3, "{samples}");
    assert!(show("html").contains("<!DOCTYPE html>"));
    let json: Value = serde_json::from_str(&show("json")).unwrap();
    let good = json["benchmarks"].as_array().unwrap().iter().find(|one| one["id"] == "good/good/debug").unwrap();
    let run_of = &good["runs"][0];
    let time =
        |name: &str| run_of[name]["secs"].as_u64().unwrap() * 1_000_000_000 + run_of[name]["nanos"].as_u64().unwrap();
    assert_eq!(
        run_of["wall_ns"].as_u64(),
        Some(time("end_time") - time("start_time")),
        "a plain number beside the pairs"
    );
    assert!(
        run_of["cpu_ns"].is_u64() && run_of["phases"][0]["wall_ns"].is_u64() && run_of["phases"][0]["cpu_ns"].is_u64()
    );
    // What is neither is told as such.
    bed.write("other.json", "{\"x\": 1}");
    run(&bed, &["show", "other.json"])
        .assert_error(4, &["other.json is neither a report nor a comparison of forc-perf"]);
}

#[test]
fn a_build_that_only_one_report_has_and_two_machines_are_told() {
    let bed = Bed::new();
    bed.good_project();
    bed.run(&["--output", "a.json"]).assert_code(0);
    bed.project("bad/bad", "err error: no such thing\nexit 1");
    bed.run(&["--output", "b.json"]).assert_code(1);
    let diff = run(&bed, &["diff", "a.json", "b.json"]).assert_code(1).stdout;
    assert!(!diff.contains("every build succeeded"), "{diff}");
    assert!(diff.contains("bad/bad/debug") && diff.contains("its build fails with b.json"), "{diff}");

    let mut elsewhere: Value = serde_json::from_str(&fs::read_to_string(bed.path("a.json")).unwrap()).unwrap();
    elsewhere["environment"]["host"] = "elsewhere".into();
    bed.write("elsewhere.json", &elsewhere.to_string());
    let refused = run(&bed, &["diff", "a.json", "elsewhere.json"]).assert_code(4);
    assert!(refused.stderr.contains("--force"), "{}", refused.stderr);
    let forced =
        run(&bed, &["diff", "a.json", "elsewhere.json", "--force", "--output", "c.json"]).assert_code(0).stdout;
    assert!(forced.contains("Two machines") && forced.contains("elsewhere"), "{forced}");
    let kept = file::read_comparison(&bed.path("c.json")).unwrap();
    assert!(kept.settings.machines.unwrap()[1].starts_with("elsewhere"), "the result itself says so");
    let markdown = run(&bed, &["show", "c.json", "--format", "markdown"]).assert_code(0).stdout;
    assert!(markdown.contains("Two machines"), "{markdown}");
}
