//! Which compiler a spec names, and releases that are built into the cache by a cargo that is not cargo.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use crate::support::{
    self, Bed, InTime, copy_of_stand_in, eventually, shell_script, signal, stand_in, text_of, wait_for,
};
use forc_perf::model::Origin;

fn output(bed: &Bed, args: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let mut command = bed.harness();
    command.args(args).env_remove("FORC_PERF_FORC").envs(variables.iter().copied());
    let output = command.output().unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// A bed with a fake cargo: it counts its calls and does what `script` says, where `$root` is the folder to install to.
struct Workshop {
    bed: Bed,
    cargo: PathBuf,
}

/// What a cargo that succeeds does.
const BUILD: &str =
    "echo '   Compiling sway-core v0.72.1' >&2\nmkdir -p \"$root/bin\"\ncp \"$FORC\" \"$root/bin/forc\"";

impl Workshop {
    fn new(script: &str) -> Self {
        let workshop = Self { bed: Bed::new(), cargo: PathBuf::new() };
        let cargo = workshop.bed.path("fake/cargo");
        workshop.set(script);
        Self { cargo, ..workshop }
    }

    fn set(&self, script: &str) {
        let script = format!(
            "echo \"$@\" >> {calls}\nenv > {env}\npwd > {pwd}\nroot=\nfor word; do [ \"$before\" = --root ] && root=$word; before=$word; done\n\
             FORC={forc}\n{script}",
            calls = self.bed.word("calls"),
            env = self.bed.word("env"),
            pwd = self.bed.word("pwd"),
            forc = stand_in().display(),
        );
        shell_script(&self.bed.path("fake/cargo"), &script);
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.bed.harness();
        command.args(args).env_remove("FORC_PERF_FORC").env("CARGO", &self.cargo).env("PATH", "/usr/bin:/bin");
        command
    }

    fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let Output { status, stdout, stderr } = self.command(args).in_time();
        (status.code(), text(stdout), text(stderr))
    }

    fn calls(&self) -> usize {
        fs::read_to_string(self.bed.path("calls")).unwrap_or_default().lines().count()
    }

    fn binary(&self) -> PathBuf {
        self.bed.path("cache/toolchains/0.72.1/bin/forc")
    }

    /// Everything below the cache but locks and logs.
    fn kept(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.bed.path("cache/toolchains")) else { return Vec::new() };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| !name.ends_with(".lock") && !name.ends_with(".log")).collect()
    }
}

#[test]
fn a_fuelup_toolchain_is_found_by_its_name() {
    let bed = Bed::new();
    bed.good_project();
    let forc = copy_of_stand_in(&bed.path("fuelup/toolchains/nightly-2026/bin/forc"));
    let home = bed.word("fuelup");
    let run = bed.run_with(&[("FUELUP_HOME", &home)], &["--forc", "+nightly-2026"]);
    run.assert_code(0);
    assert_eq!(run.report().toolchain.origin, Origin::Fuelup("nightly-2026".to_owned()));
    assert_eq!(run.report().toolchain.path, forc);
    let (code, stdout, _) = output(&bed, &["toolchain", "path", "+nightly-2026"], &[("FUELUP_HOME", &home)]);
    assert_eq!((code, stdout.trim()), (Some(0), forc.to_str().unwrap()));

    let run = bed.run_with(&[("FUELUP_HOME", &home)], &["--forc", "+latest"]);
    run.assert_code(4);
    let expected = bed.word("fuelup/toolchains/latest/bin/forc");
    assert!(run.stderr.contains("`latest`") && run.stderr.contains(&expected), "{}", run.stderr);
    // Without the variable it is the home folder's.
    let at_home = copy_of_stand_in(&bed.path("home/.fuelup/toolchains/latest/bin/forc"));
    let (code, stdout, _) = output(&bed, &["toolchain", "path", "+latest"], &[]);
    assert_eq!((code, stdout.trim()), (Some(0), at_home.to_str().unwrap()));
}

#[test]
fn without_a_spec_the_variable_comes_before_the_search_path() {
    let bed = Bed::new();
    bed.good_project();
    let on_path = copy_of_stand_in(&bed.path("bin/forc"));
    let named = copy_of_stand_in(&bed.path("other/forc-of-mine"));
    let path = format!("{}:/usr/bin:/bin", bed.word("bin"));
    let (code, stdout, _) = output(&bed, &["toolchain", "path"], &[("PATH", &path)]);
    assert_eq!((code, stdout.trim()), (Some(0), on_path.to_str().unwrap()));
    let variables = [("PATH", path.as_str()), ("FORC_PERF_FORC", named.to_str().unwrap())];
    let (code, stdout, _) = output(&bed, &["toolchain", "path"], &variables);
    assert_eq!((code, stdout.trim()), (Some(0), named.to_str().unwrap()));
    // An empty variable is none.
    let run = bed.run_with(&[("PATH", &path), ("FORC_PERF_FORC", "")], &[]);
    run.assert_code(0);
    assert_eq!(run.report().toolchain.origin, Origin::SearchPath);
}

#[test]
fn a_relative_path_is_meant_from_the_working_folder() {
    let bed = Bed::new();
    bed.good_project();
    let forc = copy_of_stand_in(&bed.path("bin/forc"));
    let run = bed.run(&["--forc", "./bin/forc"]);
    run.assert_code(0);
    assert_eq!(run.report().toolchain.origin, Origin::Path);
    assert_eq!(run.report().toolchain.path.canonicalize().unwrap(), forc.canonicalize().unwrap());
}

#[test]
fn a_spec_that_names_nothing_is_refused_with_what_it_could_be() {
    let bed = Bed::new();
    bed.good_project();
    for wrong in ["latest", "0.72", "+", "+../x"] {
        let run = bed.run(&["--forc", wrong]);
        run.assert_code(2);
        assert!(run.stderr.contains("names no toolchain") && run.stderr.contains("0.72.1"), "{}", run.stderr);
    }
    let run = bed.run_with(&[("FORC_PERF_FORC", "latest")], &[]);
    run.assert_code(4);
    assert!(run.stderr.contains("`latest` names no toolchain"), "{}", run.stderr);
    for missing in [bed.word("no/forc"), bed.word("suite")] {
        let run = bed.run(&["--forc", &missing]);
        run.assert_code(4);
        assert!(run.stderr.contains(&format!("there is no compiler at {missing}")), "{}", run.stderr);
    }
}

#[test]
fn a_release_is_built_once_into_the_cache() {
    let workshop = Workshop::new(BUILD);
    let (code, stdout, stderr) = workshop.run(&["toolchain", "install", "0.72.1"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(stdout.trim(), workshop.binary().to_str().unwrap());
    for word in ["building forc 0.72.1", "minutes", "0.72.1.log", "forc 0.72.1 built"] {
        assert!(stderr.contains(word), "{word}: {stderr}");
    }
    let call = fs::read_to_string(workshop.bed.path("calls")).unwrap();
    assert!(call.starts_with("install forc --locked --version 0.72.1 --root "), "{call}");
    assert_eq!(workshop.kept(), ["0.72.1"], "what was only needed for building is gone");

    let (code, stdout, stderr) = workshop.run(&["toolchain", "install", "0.72.1"]);
    assert_eq!((code, stdout.trim()), (Some(0), workshop.binary().to_str().unwrap()));
    assert!(!stderr.contains("building"), "{stderr}");
    assert_eq!(workshop.calls(), 1);
    let (_, stdout, _) = workshop.run(&["toolchain", "list"]);
    assert!(stdout.starts_with("0.72.1\tbuilt\t"), "{stdout}");
}

#[test]
fn without_any_forc_the_pinned_release_is_built_and_used() {
    let workshop = Workshop::new(BUILD);
    workshop.bed.good_project();
    let words = workshop.bed.run_words(&[]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (code, _, stderr) = workshop.run(&words);
    assert_eq!(code, Some(0), "{stderr}");
    let report = forc_perf::report::file::read(&workshop.bed.path("report.json")).unwrap();
    assert_eq!(report.toolchain.origin, Origin::Release("0.72.1".to_owned()));
    assert_eq!(report.toolchain.path, workshop.binary());
}

#[test]
fn the_build_sees_nothing_of_the_project_that_asked_for_it() {
    let workshop = Workshop::new(BUILD);
    let mut command = workshop.command(&["toolchain", "install", "0.72.1"]);
    command.env("CARGO_PKG_VERSION", "9.9.9").env("CARGO_MANIFEST_DIR", "/x").env("CARGO_BIN_EXE_x", "/x");
    assert!(command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success());
    let environment = fs::read_to_string(workshop.bed.path("env")).unwrap();
    for name in ["CARGO_PKG_VERSION", "CARGO_MANIFEST_DIR", "CARGO_BIN_EXE_x"] {
        assert!(!environment.contains(name), "{name} reaches the build");
    }
    let pwd = fs::read_to_string(workshop.bed.path("pwd")).unwrap();
    assert!(pwd.contains("cache/toolchains"), "it runs in {pwd}");
}

#[test]
fn a_failed_build_shows_its_error_and_not_its_log() {
    let workshop = Workshop::new(
        "i=0; while [ $i -lt 450 ]; do echo \"   Compiling crate-$i v1.0.0\" >&2; i=$((i+1)); done\n\
         echo 'error[E0308]: mismatched types' >&2\n\
         echo '  --> src/lib.rs:7:9' >&2\n\
         echo 'error: could not compile `sway-core`' >&2\n\
         mkdir -p \"$root/bin\"; echo half > \"$root/bin/forc\"\nexit 101",
    );
    let (code, stdout, stderr) = workshop.run(&["toolchain", "install", "0.72.1"]);
    assert_eq!((code, stdout.as_str()), (Some(4), ""));
    assert!(stderr.contains("error[E0308]: mismatched types") && stderr.contains("src/lib.rs:7:9"), "{stderr}");
    assert!(stderr.lines().count() < 30, "{stderr}");
    let log = workshop.bed.path("cache/toolchains/0.72.1.log");
    assert!(stderr.contains(log.to_str().unwrap()), "{stderr}");
    assert!(fs::read_to_string(log).unwrap().contains("crate-449"), "the log has all of it");
    assert!(!workshop.binary().exists());
    assert_eq!(workshop.run(&["toolchain", "list"]).1, "", "nothing half-done is taken for a compiler");

    workshop.set(BUILD);
    assert_eq!(workshop.run(&["toolchain", "install", "0.72.1"]).0, Some(0));
    assert_eq!(fs::read(workshop.binary()).unwrap(), fs::read(stand_in()).unwrap(), "the half file is not kept");
}

#[test]
fn what_a_build_needs_is_looked_for_before_it_begins() {
    let workshop = Workshop::new(BUILD);
    let mut command = workshop.command(&["toolchain", "install", "0.72.1"]);
    command.env("PATH", workshop.bed.path("empty"));
    let output = command.in_time();
    let stderr = text(output.stderr);
    assert_eq!(output.status.code(), Some(4), "{stderr}");
    assert!(stderr.contains("needs `cc`") && stderr.contains("--forc"), "{stderr}");
    assert_eq!(workshop.calls(), 0);
}

#[test]
fn a_build_without_a_forc_is_no_success() {
    let workshop = Workshop::new("echo 'warning: nothing to do' >&2");
    let (code, stdout, stderr) = workshop.run(&["toolchain", "install", "0.72.1"]);
    assert_eq!((code, stdout.as_str()), (Some(4), ""), "{stderr}");
    assert!(stderr.contains("0.72.1") && stderr.contains("log"), "{stderr}");
}

#[test]
fn a_cargo_that_is_not_there_is_told() {
    let workshop = Workshop::new("");
    fs::remove_file(&workshop.cargo).unwrap();
    let (code, _, stderr) = workshop.run(&["toolchain", "install", "0.72.1"]);
    assert_eq!(code, Some(4));
    assert!(stderr.contains("cannot start cargo") && stderr.contains("--forc"), "{stderr}");
}

/// Installs with a cargo that is half done and then silent, and gives the harness to `end` there.
fn half_done(end: impl FnOnce(&mut std::process::Child)) -> (Workshop, Option<i32>) {
    let workshop = Workshop::new(
        "echo '   Compiling sway-core v0.72.1' >&2\nmkdir -p \"$root/bin\"; echo half > \"$root/bin/forc\"\nsleep 3600",
    );
    let mut child = workshop.command(&["toolchain", "install", "0.72.1"]);
    let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let half = workshop.bed.path("cache/toolchains/.0.72.1.build/root/bin/forc");
    eventually("the build is half done", || half.exists());
    end(&mut child);
    eventually("the harness has ended", || !support::is_running(child.id()));
    let code = child.wait().unwrap().code();
    (workshop, code)
}

#[test]
fn an_interrupted_build_ends_at_once_and_leaves_nothing_half_done() {
    let (workshop, code) = half_done(|child| signal(child.id(), libc::SIGINT));
    assert_eq!(code, Some(130));
    eventually("cargo and all that it started have ended", || workshop.bed.processes().is_empty());
    assert_eq!(workshop.run(&["toolchain", "list"]).1, "");
    workshop.set(BUILD);
    assert_eq!(workshop.run(&["toolchain", "install", "0.72.1"]).0, Some(0));
    assert_eq!(fs::read(workshop.binary()).unwrap(), fs::read(stand_in()).unwrap());
}

#[test]
fn a_killed_harness_leaves_no_compiler_half_done() {
    let (workshop, _) = half_done(|child| child.kill().unwrap());
    for left in workshop.bed.processes() {
        // SAFETY: kill has no preconditions; what is left is a `sleep` of this test, or gone already, as cargo ends with
        // its harness.
        unsafe { libc::kill(left.cast_signed(), libc::SIGKILL) };
    }
    assert_eq!(workshop.run(&["toolchain", "list"]).1, "");
    workshop.set(BUILD);
    assert_eq!(workshop.run(&["toolchain", "install", "0.72.1"]).0, Some(0));
    assert_eq!(fs::read(workshop.binary()).unwrap(), fs::read(stand_in()).unwrap());
    assert_eq!(workshop.kept(), ["0.72.1"]);
}

#[test]
fn two_harnesses_at_once_build_once() {
    let workshop = Workshop::new("");
    let go = workshop.bed.path("go");
    workshop.set(&format!("{}\n{BUILD}", wait_for(&go)));
    let said = ["stderr-1", "stderr-2"].map(|name| workshop.bed.path(name));
    let children = said.each_ref().map(|said| {
        let mut command = workshop.command(&["toolchain", "install", "0.72.1"]);
        command.stdout(Stdio::piped()).stderr(fs::File::create(said).unwrap()).spawn().unwrap()
    });
    let waiting = || said.iter().filter(|said| text_of(said).contains("another harness")).count();
    eventually("one waits for the other", || waiting() == 1);
    fs::write(go, "").unwrap();
    for output in children.map(|child| child.wait_with_output().unwrap()) {
        assert!(output.status.success(), "{:?}", said.each_ref().map(|said| text_of(said)));
        assert_eq!(text(output.stdout).trim(), workshop.binary().to_str().unwrap());
    }
    assert_eq!((workshop.calls(), waiting()), (1, 1));
}

#[test]
fn the_list_names_every_compiler_that_is_here() {
    let bed = Bed::new();
    copy_of_stand_in(&bed.path("cache/toolchains/0.71.2/bin/forc"));
    copy_of_stand_in(&bed.path("cache/toolchains/0.9.0/bin/forc"));
    bed.write("cache/toolchains/0.70.0/half", "");
    copy_of_stand_in(&bed.path("fuelup/toolchains/testnet/bin/forc"));
    copy_of_stand_in(&bed.path("bin/forc"));
    let variables = [("PATH", bed.word("bin")), ("FUELUP_HOME", bed.word("fuelup"))];
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (code, stdout, _) = output(&bed, &["toolchain", "list"], &variables);
    assert_eq!(code, Some(0));
    let lines: Vec<Vec<&str>> = stdout.lines().map(|line| line.split('\t').take(2).collect()).collect();
    let on_path = bed.word("bin/forc");
    assert_eq!(lines, [["0.9.0", "built"], ["0.71.2", "built"], ["+testnet", "fuelup"], [on_path.as_str(), "on PATH"]]);

    let nothing = Bed::new();
    let (code, stdout, stderr) = output(&nothing, &["toolchain", "list"], &[("PATH", "/no/such/folder")]);
    assert_eq!((code, stdout.as_str()), (Some(0), ""));
    assert!(stderr.contains("toolchain install"), "{stderr}");
}
