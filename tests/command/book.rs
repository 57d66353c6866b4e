//! The commands of the README, the book and the other documents.
//!
//! In a block of the kind `console` each line that begins with `$ ` is a command. It is run, by a shell, in a folder with a
//! small suite, releases, a checkout of a compiler, reports and a history, all made with the stand-in compiler. In a block of
//! the kind `console,network` or `console,long` it is only read: the command and its options have to exist.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Bed, Ended, InTime, not_run, shell_script, stand_in, stand_in_as};

/// What the shell of a command ends with, where it is given.
const SHELL_WORDS: [&str; 5] = [">", ">>", "<", "|", "&&"];

/// A cargo that is not cargo: its compiler is the stand-in, with the commit's own words as its character.
const CARGO: &str = "mkdir -p \"$CARGO_TARGET_DIR/release\"\n\
     cp \"$STAND_IN_BINARY\" \"$CARGO_TARGET_DIR/release/forc\"\n\
     printf '\\nCHARACTER revision %s' \"$(cat forc/revision)\" >> \"$CARGO_TARGET_DIR/release/forc\"\n\
     printf '{\"reason\":\"compiler-artifact\",\"target\":{\"kind\":[\"bin\"],\"name\":\"forc\"},\"executable\":\"%s\"}\\n' \
     \"$CARGO_TARGET_DIR/release/forc\"";

/// The command, with few runs where its line does not say how many. The document's own words stay as they are.
const FORC_PERF: &str = "given() { case \" $words \" in *\" $1 \"*) return 0 ;; esac; return 1; }\n\
     words=$*\n\
     case \"$1\" in\n\
     run | nightly) given --samples || given --quick || given --no-run || set -- \"$@\" --samples 2 ;;\n\
     backfill) given --samples || set -- \"$@\" --samples 2 ;;\n\
     compare) given --max-runs || set -- \"$@\" --max-runs 3 ;;\n\
     doctor) given --duration || set -- \"$@\" --duration 1s ;;\n\
     esac";

/// A block of code in a document.
struct Block {
    /// The document's path, and the number of the block's first line.
    place: String,
    /// The words behind the fence, such as `console,long`.
    kind: Vec<String>,
    lines: Vec<String>,
}

impl Block {
    fn is(&self, kind: &str) -> bool {
        self.kind.iter().any(|word| word == kind)
    }

    /// Whether its commands need what a test has not.
    fn is_only_read(&self) -> bool {
        self.is("network") || self.is("long")
    }

    fn commands(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().filter_map(|line| line.strip_prefix("$ "))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The documents, in the order in which somebody reads them.
fn documents() -> Vec<PathBuf> {
    let book = root().join("docs/book/src");
    let summary = fs::read_to_string(book.join("SUMMARY.md")).unwrap();
    let chapters = summary.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(path, _)| book.join(path));
    let beside = ["ARCHITECTURE.md", "CONTRIBUTING.md", "fixtures/README.md", "target-projects/README.md"];
    let beside = beside.map(|path| root().join(path));
    [root().join("README.md")].into_iter().chain(chapters).chain(beside).collect()
}

fn blocks(document: &Path) -> Vec<Block> {
    let text = fs::read_to_string(document).unwrap_or_else(|error| panic!("{}: {error}", document.display()));
    let name = document.strip_prefix(root()).unwrap().display().to_string();
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (number, line) in text.lines().enumerate() {
        let fence = line.trim_start().strip_prefix("```");
        match (&mut open, fence) {
            (None, Some(kind)) => {
                let place = format!("{name}:{}", number + 2);
                // rustdoc takes a block of no kind for Rust.
                assert!(!kind.is_empty(), "{place}: the block has no kind");
                let kind = kind.split(',').map(|word| word.trim().to_owned()).collect();
                open = Some(Block { place, kind, lines: Vec::new() });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.lines.push(line.to_owned()),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{name}: the last block has no end");
    blocks
}

/// What is wrong with a command as it is written, if anything.
fn fault(command: &str) -> Option<String> {
    let words = shlex::split(command)?;
    let end = words.iter().position(|word| SHELL_WORDS.contains(&word.as_str())).unwrap_or(words.len());
    let words: Vec<&str> = words[..end].iter().map(String::as_str).collect();
    match words.as_slice() {
        ["forc-perf", ..] => refused(forc_perf::cli::command(), &words),
        ["forc", "perf", rest @ ..] => refused(forc_perf::cli::command(), &[&["forc-perf"], rest].concat()),
        ["cargo", "bench", rest @ ..] => bench_fault(rest),
        ["cargo", "test", rest @ ..] => {
            let target = rest.iter().skip_while(|word| **word != "--test").nth(1);
            target.filter(|name| !has_target("test", name)).map(|name| format!("there is no test target `{name}`"))
        }
        ["cargo", "build" | "clippy" | "doc" | "fmt" | "install", ..] | ["bash" | "git" | "mdbook", ..] => None,
        _ => Some("no program that a document may name; see `fault` in tests/command/book.rs".to_owned()),
    }
}

fn bench_fault(words: &[&str]) -> Option<String> {
    let (cargos, ours) = match words.iter().position(|word| *word == "--") {
        Some(at) => (&words[..at], &words[at + 1..]),
        None => (words, &[][..]),
    };
    match cargos {
        // The main job, or the bench target of another repository.
        [] | ["--bench", "sway"] => refused(forc_perf::bench::command(), &[&["cargo bench --"], ours].concat()),
        // The benches of forc-perf itself, which refuse a program that is not optimised.
        ["--profile", "release", "--bench", name] => {
            (!has_target("bench", name)).then(|| format!("there is no bench `{name}`"))
        }
        _ => Some(format!("{cargos:?} are no options of `cargo bench` that a document may give")),
    }
}

/// Whether cargo knows this test or bench, by its entry in the manifest or by where it lies.
fn has_target(kind: &str, name: &str) -> bool {
    let manifest: toml::Table = fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let entries = manifest.get(kind).and_then(toml::Value::as_array).into_iter().flatten();
    let folder = root().join(if kind == "test" { "tests" } else { "benches" });
    entries.into_iter().any(|entry| entry.get("name").and_then(toml::Value::as_str) == Some(name))
        || folder.join(format!("{name}.rs")).is_file()
        || folder.join(name).join("main.rs").is_file()
}

/// Why a command line is not understood.
fn refused(command: clap::Command, words: &[&str]) -> Option<String> {
    use clap::error::ErrorKind;
    let error = command.try_get_matches_from(words).err()?;
    (!matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)).then(|| error.to_string())
}

/// The folder that the commands are run in.
struct Desk {
    bed: Bed,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { bed: Bed::new() };
        let tagged = "[project.metadata.forc-perf]\ndescription = \"d\"\ntags = [\"phase\"]\nscenarios = [\"debug\", \"release\"]";
        for (place, manifest) in [
            ("work/fixtures/apps/exchange", ""),
            ("work/fixtures/phases/registers", tagged),
            ("work/fixtures/small/script", ""),
            ("my-contracts/contracts/vault", ""),
        ] {
            let name = place.rsplit('/').next().unwrap();
            let manifest = format!(
                "[project]\nname = \"{name}\"\nentry = \"main.sw\"\nlicense = \"x\"\nimplicit-std = false\n{manifest}\n"
            );
            desk.bed.write(&format!("{place}/Forc.toml"), &manifest);
            desk.bed.write(&format!("{place}/src/main.sw"), "library;\n");
            desk.bed.write(&format!("{place}/src/script.txt"), &format!("package script {name}\n"));
        }
        fs::copy(root().join("fixtures/README.md"), desk.bed.path("work/fixtures/README.md")).unwrap();
        for release in ["0.71.2", "0.72.0", "0.72.1"] {
            let binary = desk.bed.path(&format!("cache/toolchains/{release}/bin/forc"));
            stand_in_as(&binary, &format!("version={release}"));
        }
        stand_in_as(&desk.bed.path("work/forc-old"), "old");
        stand_in_as(&desk.bed.path("work/forc-new"), "new");
        shell_script(&desk.bed.path("bin/cargo"), CARGO);
        let program = Path::new(env!("CARGO_BIN_EXE_forc-perf")).display().to_string();
        shell_script(&desk.bed.path("bin/forc-perf"), &format!("{FORC_PERF}\nexec '{program}' \"$@\""));
        // forc finds its plugins by their names.
        shell_script(&desk.bed.path("bin/forc"), "[ \"$1\" = perf ] && shift && exec forc-perf \"$@\"");
        desk.sway();
        for setup in [
            "forc-perf run --forc 0.72.0 --record --output monday.json",
            "forc-perf run --forc 0.72.1 --record --output tuesday.json",
            "forc-perf run --forc 0.72.1",
            "forc-perf compare ./forc-old ./forc-new",
        ] {
            desk.run(setup).assert_code(0);
        }
        desk
    }

    /// A repository of a compiler, and a clone of it, with some history, a tag and branches.
    fn sway(&self) {
        for (path, text) in [
            ("Cargo.toml", "[workspace]\nmembers = [\"forc\"]\n"),
            ("forc/Cargo.toml", "[package]\nname = \"forc\"\nversion = \"0.72.1\"\nedition = \"2021\"\n"),
            ("forc/src/main.rs", "fn main() {}\n"),
            ("sway-lib-std/Forc.toml", "[project]\nname = \"std\"\n"),
            ("sway-lib-std/src/lib.sw", "library;\n"),
        ] {
            self.bed.write(&format!("upstream/{path}"), text);
        }
        let commit = "git add --all && git commit --quiet --message";
        let mut script = String::from("set -e; cd ../upstream; git init --quiet --initial-branch=master\n");
        for number in 0..6 {
            script += &format!("echo {number} > forc/revision; {commit} 'Revision {number}'\n");
            if number == 0 {
                script += "git tag v0.70.0\n";
            }
        }
        script += "git clone --quiet . ../sway; cd ../sway\n";
        for branch in ["my-branch", "a", "b", "c"] {
            script +=
                &format!("git checkout --quiet -b {branch} master; echo {branch} > forc/revision; {commit} {branch}\n");
        }
        script += "git checkout --quiet master; echo changed > forc/revision\n";
        self.run(&script).assert_code(0);
    }

    /// Has a shell do it.
    fn run(&self, script: &str) -> Ended {
        let path = format!("{}:{}", self.bed.word("bin"), std::env::var("PATH").unwrap_or_default());
        let mut command = self.bed.command(Path::new("/bin/sh"));
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "A").env(format!("GIT_{who}_EMAIL"), "a@example.org");
        }
        command
            .args(["-c", script])
            .current_dir(self.bed.path("work"))
            .env("PATH", path)
            .env("CARGO", self.bed.path("bin/cargo"))
            .env("STAND_IN_BINARY", stand_in())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        Ended::of(command.in_time())
    }
}

/// The exit codes that say that a command has done its work. A comparison of compilers that are alike can be wrong, rarely,
/// and a busy machine cannot measure.
fn good_codes(command: &str) -> &'static [i32] {
    let has = |word: &str| command.split_whitespace().any(|own| own == word);
    if has("doctor") {
        &[0, 1]
    } else if ["compare", "diff", "show", "nightly"].iter().any(|word| has(word)) {
        &[0, 5]
    } else {
        &[0]
    }
}

#[test]
fn every_command_of_the_documents_exists() {
    let mut faults = Vec::new();
    let mut count = 0;
    for block in documents().iter().flat_map(|document| blocks(document)).filter(|block| block.is("console")) {
        for command in block.commands() {
            count += 1;
            if let Some(fault) = fault(command) {
                faults.push(format!("{}: {command}\n{fault}", block.place));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count > 50, "only {count} commands were found: are they still in blocks of the kind `console`?");
}

#[test]
fn every_command_of_the_documents_that_needs_no_network_works() {
    let desk = Desk::new();
    let mut faults = Vec::new();
    // What stands in two chapters is run once.
    let mut done = HashSet::new();
    for block in documents().iter().flat_map(|document| blocks(document)) {
        if block.is("console") && !block.is_only_read() {
            for command in block.commands().filter(|command| done.insert(shlex::split(command))) {
                let ended = desk.run(command);
                if !ended.code.is_some_and(|code| good_codes(command).contains(&code)) {
                    let Ended { code, stdout, stderr } = ended;
                    faults.push(format!("{}: {command}\nended with {code:?}\n{stdout}{stderr}", block.place));
                }
            }
        }
        if block.is("python") {
            fs::write(desk.bed.path("work/block.py"), block.lines.join("\n")).unwrap();
            let ended = desk.run("command -v python3 > /dev/null || exit 127; python3 block.py");
            match ended.code {
                Some(0) => {}
                Some(127) => not_run("there is no python3"),
                _ => faults.push(format!("{}: {}", block.place, ended.stderr)),
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_a_report_says_is_read_in_three_lines_of_python() {
    let document = root().join("docs/book/src/file-formats.md");
    let block = blocks(&document).into_iter().find(|block| block.is("python")).expect("a block of Python");
    assert!(block.lines.len() <= 3, "{}", block.lines.join("\n"));
    let bed = Bed::new();
    bed.good_project();
    let run = bed.run(&["--output", "target/forc-perf/report.json"]);
    run.assert_code(0);
    let script = [&block.lines.join("\n"), "\nprint(json.dumps(wall))\n"].concat();
    let Ok(output) = Command::new("python3").arg("-c").arg(script).current_dir(bed.path("")).output() else {
        return not_run("there is no python3");
    };
    let Ended { stdout, .. } = Ended::of(output).assert_code(0);
    let wall: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    let times = wall["good/good/debug"].as_array().unwrap_or_else(|| panic!("{wall}"));
    assert!(times.len() == 2 && times.iter().all(|time| time.as_f64().is_some_and(|time| time > 0.0)), "{wall}");
}

#[test]
fn the_readme_is_short_and_leads_to_every_chapter() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.lines().count() <= 150, "the README has {} lines", readme.lines().count());
    let book = root().join("docs/book/src");
    for chapter in documents().iter().filter_map(|document| document.strip_prefix(&book).ok()) {
        let link = format!("(docs/book/src/{})", chapter.display());
        assert!(readme.contains(&link), "the README has no link to {}", chapter.display());
    }
}

#[test]
fn every_page_of_the_book_is_a_chapter() {
    let chapters = documents();
    for entry in fs::read_dir(root().join("docs/book/src")).unwrap() {
        let path = entry.unwrap().path();
        let is_page = path.extension().is_some_and(|extension| extension == "md") && !path.ends_with("SUMMARY.md");
        assert!(!is_page || chapters.contains(&path), "SUMMARY.md does not name {}", path.display());
    }
}
