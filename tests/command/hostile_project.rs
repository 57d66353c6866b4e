//! A stranger's project cannot read, write or run anything but what compiling it takes.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::support::repository::Repository;
use crate::support::{self, Bed, Run};

const SECRET: &str = "-----BEGIN SECRET KEY-----";

/// A repository whose project the stand-in builds, and a secret beside it.
fn repository() -> Repository {
    let repository = Repository::new();
    repository.bed.write("home/.ssh/id_rsa", SECRET);
    repository.bed.write("home/.ssh/Forc.toml", &format!("[project]\nname = \"ssh\"\n{SECRET}"));
    repository
}

/// Measures what `prepare` has made of the project, with `rest` in the list.
fn measure(repository: &Repository, prepare: impl FnOnce(&Path), rest: &str) -> Run {
    prepare(&repository.bed.path("upstream/apps/amm"));
    let revision = repository.commit();
    repository.run(&[repository.entry("amm", &revision, &format!("path = \"apps/amm\"\n{rest}"))], &[])
}

/// Neither built nor shown: the secret is nowhere, and a person learns what was refused and why.
#[track_caller]
fn assert_refused(repository: &Repository, run: &Run, words: &[&str]) {
    let report = fs::read_to_string(repository.bed.path("report.json")).unwrap_or_default();
    for text in [&run.stdout, &run.stderr, &report] {
        assert!(!text.contains(SECRET), "{text}");
    }
    assert!(matches!(run.code, Some(1 | 3 | 4)), "{:?}\n{}\n{}", run.code, run.stdout, run.stderr);
    let all = format!("{}{}{report}", run.stdout, run.stderr);
    for word in words {
        assert!(all.contains(word), "{word}: {all}");
    }
}

/// The stand-in, asked to, prints what its source says, as a compiler does with a line that it cannot read.
fn prints_its_source(project: &Path) {
    fs::write(project.join("src/script.txt"), "package script amm").unwrap();
}

#[test]
fn links_lead_nowhere_else() {
    for (place, target) in [
        ("src/main.sw", ".ssh/id_rsa"),
        ("src/script.txt", ".ssh/id_rsa"),
        ("extra", ".ssh"),
        ("Forc.toml", ".ssh/Forc.toml"),
        ("Forc.lock", ".ssh/id_rsa"),
    ] {
        let repository = repository();
        let target = repository.bed.path("home").join(target);
        let run = measure(
            &repository,
            |project| {
                prints_its_source(project);
                let _ = fs::remove_file(project.join(place));
                symlink(&target, project.join(place)).unwrap();
            },
            "",
        );
        assert_refused(&repository, &run, &[&target.to_string_lossy(), "outside of"]);
    }
}

#[test]
fn dependencies_and_entries_lead_nowhere_else() {
    for (manifest, word) in [
        ("[dependencies]\nssh = { path = \"{home}/.ssh\" }", "outside of"),
        ("[contract-dependencies]\nssh = { path = \"../../../home/.ssh\" }", "amm"),
        ("[patch.x]\nssh = { path = \"{home}/.ssh\" }", "outside of"),
    ] {
        let repository = repository();
        let manifest = manifest.replace("{home}", &repository.bed.word("home"));
        let text = format!("[project]\nname = \"amm\"\nimplicit-std = false\n{manifest}");
        let run = measure(&repository, |project| fs::write(project.join("Forc.toml"), text).unwrap(), "");
        if word == "outside of" {
            assert_refused(&repository, &run, &[".ssh", word]);
        }
        assert!(!run.stdout.contains(SECRET) && !run.stderr.contains(SECRET));
    }
    let repository = repository();
    let text = "[project]\nname = \"amm\"\nentry = \"../../../../../../../../../../../../home/.ssh/id_rsa\"";
    let run = measure(&repository, |project| fs::write(project.join("Forc.toml"), text).unwrap(), "");
    assert_refused(&repository, &run, &["leads out of its folder"]);
}

#[test]
fn the_std_of_a_repository_is_all_in_it() {
    let repository = repository();
    let target = repository.bed.path("home/.ssh/id_rsa");
    let std = repository.bed.path("upstream/std");
    fs::create_dir_all(std.join("src")).unwrap();
    fs::write(std.join("Forc.toml"), "[project]\nname = \"std\"").unwrap();
    symlink(&target, std.join("src/lib.sw")).unwrap();
    let manifest = "[project]\nname = \"amm\"";
    let run = measure(&repository, |project| fs::write(project.join("Forc.toml"), manifest).unwrap(), "std = \"std\"");
    assert_refused(&repository, &run, &["lib.sw", "outside of"]);
}

#[test]
fn what_a_fetched_manifest_says_of_measuring_is_not_heeded() {
    let repository = repository();
    let victim = repository.bed.write("home/.bashrc", "mine");
    let text = format!(
        "[project]\nname = \"amm\"\nimplicit-std = false\n[project.metadata.forc-perf]\nscenarios = [\"release\"]\n\
         args = [\"--output-bin\", \"{}\"]\nmin-forc = \"99.0.0\"",
        victim.display()
    );
    let run = measure(&repository, |project| fs::write(project.join("Forc.toml"), text).unwrap(), "");
    run.assert_code(0);
    let command = run.benchmark("sway/amm/debug").command.join(" ");
    assert!(!command.contains("--output-bin") && !command.contains("--release"), "{command}");
    assert_eq!(fs::read_to_string(victim).unwrap(), "mine");
}

#[test]
fn the_suites_own_files_give_only_harmless_flags() {
    let bed = Bed::new();
    bed.good_project();
    let metadata = |line: &str| format!("[project.metadata.forc-perf]\n{line}");
    bed.project_with("a/args", &metadata("args = [\"--output-bin\", \"x\"]"), "package script a");
    bed.project_with("a/scenario", &metadata("scenarios = [\"debug --output-bin x\"]"), "package script a");
    let run = bed.run(&[]);
    run.assert_code(1);
    assert_eq!(run.report().benchmarks.len(), 1);
    for skipped in &run.report().skipped {
        assert!(
            skipped.broken && skipped.reason.contains("a file may not give the flag `--output-bin`"),
            "{skipped:?}"
        );
    }
    assert_eq!(run.report().skipped.len(), 2);
    let run = bed.run(&["--scenario", "debug --output-directory x"]);
    run.assert_code(2);
    assert!(run.stderr.contains("`--output-directory` is set by forc-perf itself"), "{}", run.stderr);
}

#[test]
fn git_runs_no_helper_that_a_list_names_and_credentials_are_not_told() {
    let bed = Bed::new();
    let entry = |repository: &str| {
        format!(
            "[[project]]\ngroup = \"g\"\nname = \"n\"\nrepository = \"{repository}\"\npath = \".\"\n\
             revision = \"0123456789012345678901234567890123456789\"\n"
        )
    };
    let pwned = bed.path("pwned");
    for (repository, word) in
        [(format!("ext::touch {}", pwned.display()), "ext"), ("fd::0/x".to_owned(), "fd"), ("x::y".to_owned(), "x")]
    {
        let list = bed.write("list.toml", &entry(&repository));
        let run = bed.run(&["--suite", list.to_str().unwrap()]);
        run.assert_code(3);
        let reason = &run.report().skipped[0].reason;
        assert!(reason.contains(&format!("transport '{word}' not allowed")), "{reason}");
    }
    assert!(!pwned.exists());
    let list = bed.write("list.toml", &entry("https://me:geheim@127.0.0.1:1/x"));
    let run = bed.run(&["--suite", list.to_str().unwrap()]);
    run.assert_code(3);
    let report = fs::read_to_string(bed.path("report.json")).unwrap();
    assert!(run.stderr.contains("127.0.0.1:1/x"), "{}", run.stderr);
    for text in [&run.stdout, &run.stderr, &report] {
        assert!(!text.contains("geheim"), "{text}");
    }
}

#[test]
fn copies_are_as_private_as_what_they_are_of() {
    let bed = Bed::new();
    let project = bed.project("a/a", &format!("package script a\nfile {} {{project}}", bed.word("where")));
    fs::set_permissions(project.join("src/main.sw"), fs::Permissions::from_mode(0o600)).unwrap();
    bed.run(&["--samples", "1"]).assert_code(0);
    let copy = fs::read_to_string(bed.path("where")).unwrap();
    assert!(Path::new(copy.trim()).starts_with(bed.scratch()), "{copy}");
    let mode = fs::metadata(bed.scratch()).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o700, "nobody else enters");
    fs::remove_dir_all(bed.scratch()).unwrap();
    symlink(bed.path("home"), bed.scratch()).unwrap();
    let run = bed.run(&["--samples", "1"]);
    run.assert_code(4);
    assert!(run.stderr.contains("is no folder of this user alone"), "{}", run.stderr);
    assert_eq!(fs::read_dir(bed.path("home")).unwrap().count(), 0);
}

/// Names and messages with what a terminal would obey: an escape sequence, a bell, a mark that turns the writing.
const OBEYED: &str = "x\u{1b}[2J\u{7}\u{202e}y";

#[test]
fn nothing_that_is_printed_is_obeyed_by_a_terminal() {
    let bed = Bed::new();
    let project = |folder: &str, script: &str| {
        bed.write(&format!("suite/g/{folder}/Forc.toml"), "[project]\nname = \"p\"\nimplicit-std = false");
        bed.write(&format!("suite/g/{folder}/src/script.txt"), script);
    };
    project(OBEYED, &format!("start p {OBEYED}\nspin 1\nstop p {OBEYED}\npackage script p"));
    project(&format!("bad{OBEYED}"), &format!("err error: {OBEYED}\nexit 1"));
    bed.write(&format!("suite/g/broken{OBEYED}/Forc.toml"), "[");
    bed.run(&["--record"]).assert_code(1);
    let report = bed.word("report.json");
    let suite = bed.word("suite");
    let ack = format!("text {OBEYED}");
    for args in [
        &["run", "--suite", &suite, "--samples", "2", "--pin", "never", "--output", "again.json"][..],
        &[
            "run",
            "--suite",
            &suite,
            "--samples",
            "2",
            "--pin",
            "never",
            "--output",
            "again.json",
            "--message-format",
            "json",
        ],
        &["list", "--suite", &suite],
        &["diff", &report, "again.json"],
        &["shares", &report],
        &["history", "list"],
        &["history", "show", "1"],
        &["history", "show", "1", "--format", "json"],
        &["history", "series"],
        &["history", "series", "--points"],
        &["history", "series", "--points", "--format", "json"],
        &["history", "events"],
        &["history", "ack", "0.72.1", "-m", &ack],
        &["history", "show", OBEYED],
        &["run", "--suite", OBEYED],
        &["nightly", "--suite", &suite, "--samples", "2", "--pin", "never", "--out", "pages"],
    ] {
        let ended = support::run(&bed, args);
        for text in [&ended.stdout, &ended.stderr] {
            let obeyed = text.chars().find(|c| (c.is_control() && *c != '\n' && *c != '\t') || *c == '\u{202e}');
            assert_eq!(obeyed, None, "{args:?}: {text}");
        }
    }
}

#[test]
fn a_warning_of_a_hostile_name_is_no_markup() {
    let bed = Bed::new();
    bed.good_project();
    bed.run(&["--samples", "3"]).assert_code(0);
    let mut report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(bed.path("report.json")).unwrap()).unwrap();
    let hostile = "g/p\n<!--@everyone**/debug";
    report["benchmarks"][0]["id"] = hostile.into();
    report["benchmarks"][0]["warnings"] =
        serde_json::json!([{"kind": "other-load", "message": "<img src=x> @you", "runs": 1, "degree": 2.0}]);
    bed.write("hostile.json", &report.to_string());
    let markdown = support::run(&bed, &["diff", "hostile.json", "hostile.json", "--format", "markdown"]).stdout;
    assert!(markdown.contains("Disturbed"), "{markdown}");
    for line in markdown.lines() {
        // Outside of code spans nothing of it stands.
        let plain: String = line.split('`').step_by(2).collect();
        assert!(!plain.contains("<!--@") && !plain.contains("<img") && !plain.contains("@you"), "{line}");
        assert!(!line.starts_with("<!--@"), "{line}");
    }
    let shares = support::run(&bed, &["shares", "hostile.json"]).assert_code(0).stdout;
    assert!(!shares.contains("<!--") && !shares.contains("@everyone"), "{shares}");
}
