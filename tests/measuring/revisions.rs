//! Compilers built from revisions of a checkout: real git repositories, a real cargo where the build itself is what matters,
//! and one that is not cargo where it is not.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{
    self, Bed, Ended, InTime, eventually, shell_script, signal, stand_in, state_of, text_of, wait_for,
};
use forc_perf::model::Origin;

/// What a cargo that is not cargo does: its compiler prints the revision that stands in the sources.
const BUILD: &str = "revision=$(sed -n 's/.*REVISION: &str = \"\\(.*\\)\".*/\\1/p' forc/src/main.rs)\n\
     mkdir -p \"$CARGO_TARGET_DIR/release\"\n\
     echo '   Compiling forc v0.72.1' >&2\n\
     printf '#!/bin/sh\\necho %s\\n' \"$revision\" > \"$CARGO_TARGET_DIR/release/forc\"\n\
     chmod +x \"$CARGO_TARGET_DIR/release/forc\"\n\
     printf '{\"reason\":\"compiler-artifact\",\"target\":{\"kind\":[\"bin\"],\"name\":\"forc\"},\"executable\":\"%s\"}\\n' \
     \"$CARGO_TARGET_DIR/release/forc\"";

/// What the tests here ask of a command that ended.
trait Build {
    fn binary(&self) -> PathBuf;
    fn assert_revision(&self, revision: &str) -> &Self;
    fn has_built(&self) -> bool;
    fn assert_failed(&self, code: i32, words: &[&str]);
}

impl Build for Ended {
    /// The path that a command which found a compiler has printed.
    #[track_caller]
    fn binary(&self) -> PathBuf {
        assert_eq!(self.code, Some(0), "{self:?}");
        PathBuf::from(self.stdout.trim_end())
    }

    /// The compiler that was asked for says of which revision it is.
    #[track_caller]
    fn assert_revision(&self, revision: &str) -> &Self {
        let said = Command::new(self.binary()).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), revision);
        self
    }

    fn has_built(&self) -> bool {
        self.stderr.contains("built in")
    }

    /// It failed as the harness does, with all of these words, after whatever it said of the build.
    #[track_caller]
    fn assert_failed(&self, code: i32, words: &[&str]) {
        assert_eq!((self.code, self.stdout.as_str()), (Some(code), ""), "{self:?}");
        for word in words {
            assert!(self.stderr.contains(word), "`{word}` is not in: {}", self.stderr);
        }
    }
}

/// A bed with a checkout of a compiler that prints its revision.
struct Sway {
    bed: Bed,
}

impl Sway {
    /// One commit, `one`, on the branch `master`.
    fn new() -> Self {
        let sway = Self { bed: Bed::new() };
        sway.write("Cargo.toml", "[workspace]\nmembers = [\"forc\", \"sway-core\"]\nresolver = \"2\"\n");
        let package = |name: &str, more: &str| {
            format!("[package]\nname = \"{name}\"\nversion = \"0.72.1\"\nedition = \"2021\"\n{more}")
        };
        sway.write("forc/Cargo.toml", &package("forc", "[dependencies]\nsway-core = { path = \"../sway-core\" }\n"));
        sway.write("sway-core/Cargo.toml", &package("sway-core", ""));
        sway.write("sway-core/src/lib.rs", "pub fn say(text: &str) { println!(\"{text}\"); }\n");
        sway.write("sway-lib-std/Forc.toml", "[project]\nname = \"std\"\n");
        sway.write("sway-lib-std/src/lib.sw", "library;\n");
        sway.write(".gitignore", "ignored\n");
        sway.git(&["init", "--quiet", "--initial-branch=master"]);
        sway.commit("one");
        sway
    }

    fn folder(&self) -> PathBuf {
        self.bed.path("sway")
    }

    fn write(&self, path: &str, text: &str) {
        self.bed.write(&format!("sway/{path}"), text);
    }

    fn set_revision(&self, revision: &str) {
        let main =
            format!("const REVISION: &str = \"{revision}\";\n\nfn main() {{\n    sway_core::say(REVISION);\n}}\n");
        self.write("forc/src/main.rs", &main);
    }

    /// Commits all that there is as this revision; the commit's id.
    fn commit(&self, revision: &str) -> String {
        self.set_revision(revision);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "-m", &format!("The revision {revision}")]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn git(&self, args: &[&str]) -> String {
        self.git_in(&self.folder(), args)
    }

    fn git_in(&self, folder: &Path, args: &[&str]) -> String {
        let mut command = self.bed.command(Path::new("git"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
            command.env_remove(name);
        }
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "A").env(format!("GIT_{who}_EMAIL"), "a@example.org");
            command.env(format!("GIT_{who}_DATE"), "2026-01-02T03:04:05Z");
        }
        let output = command.env("GIT_CONFIG_NOSYSTEM", "1").args(args).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The harness with the real cargo, which finds its Rust although it has another home.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.bed.harness();
        let home = std::env::home_dir().unwrap();
        for (variable, folder) in [("RUSTUP_HOME", ".rustup"), ("CARGO_HOME", ".cargo")] {
            if std::env::var_os(variable).is_none() && home.join(folder).is_dir() {
                command.env(variable, home.join(folder));
            }
        }
        command
            .args(args)
            .env_remove("FORC_PERF_FORC")
            .env("CARGO_NET_OFFLINE", "true")
            .env("FORC_PERF_SWAY", self.folder());
        command
    }

    /// The harness with a cargo that is not cargo: it counts its calls and does what `script` says.
    fn fake_command(&self, script: &str, args: &[&str]) -> Command {
        let script = format!(
            "echo \"$@\" >> {calls}\nenv > {env}\n{script}",
            calls = self.bed.word("calls"),
            env = self.bed.word("env")
        );
        let cargo = shell_script(&self.bed.path("fake/cargo"), &script);
        let mut command = self.command(args);
        command.env("CARGO", cargo);
        command
    }

    fn run(&self, mut command: Command) -> Ended {
        Ended::of(command.in_time())
    }

    /// Builds with the real cargo; the checkout stays as it is, to the last byte and time.
    #[track_caller]
    fn build(&self, revision: &str) -> Ended {
        self.untouched(|| self.run(self.command(&["toolchain", "build", "--", revision])))
    }

    /// Builds with the other one.
    #[track_caller]
    fn fake_build(&self, revision: &str) -> Ended {
        self.untouched(|| self.run(self.fake_command(BUILD, &["toolchain", "build", "--", revision])))
    }

    #[track_caller]
    fn untouched(&self, act: impl FnOnce() -> Ended) -> Ended {
        let before = state_of(&self.folder());
        let ended = act();
        let after = state_of(&self.folder());
        let changed: Vec<_> = before.iter().filter(|file| !after.contains(file)).map(|file| &file.0).collect();
        let added: Vec<_> = after.iter().filter(|file| !before.contains(file)).map(|file| &file.0).collect();
        assert!(changed.is_empty() && added.is_empty(), "changed: {changed:?}, added: {added:?}");
        ended
    }

    fn calls(&self) -> usize {
        fs::read_to_string(self.bed.path("calls")).unwrap_or_default().lines().count()
    }

    /// The one clone.
    fn clone_folder(&self) -> PathBuf {
        let entries = fs::read_dir(self.bed.path("cache/sway")).unwrap().map(|entry| entry.unwrap().path());
        let clones: Vec<_> = entries.filter(|path| path.is_dir()).collect();
        let [clone] = clones.as_slice() else { panic!("{clones:?}") };
        clone.clone()
    }

    /// The names of the compilers in the cache, of whatever stands there as one.
    fn kept(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.bed.path("cache/toolchains")) else { return Vec::new() };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut kept: Vec<_> = names.filter(|name| !name.ends_with(".lock") && !name.ends_with(".log")).collect();
        kept.sort();
        kept
    }
}

#[test]
fn every_way_to_name_a_commit_builds_it_once() {
    let sway = Sway::new();
    let one = sway.git(&["rev-parse", "HEAD"]);
    sway.git(&["tag", "-a", "-m", "annotated", "v0.71.2"]);
    let two = sway.commit("two");
    let built = sway.build("master");
    built.assert_revision("two");
    assert!(built.has_built());
    assert_eq!(built.binary(), sway.bed.path(&format!("cache/toolchains/git-{two}/bin/forc")));
    assert!(sway.bed.path(&format!("cache/toolchains/git-{two}/sway-lib-std/src/lib.sw")).is_file(), "its std");
    let record = fs::read_to_string(sway.bed.path(&format!("cache/toolchains/git-{two}/toolchain.json"))).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    assert_eq!(record["schema_version"], 1);
    assert_eq!((&record["name"], &record["subject"]), (&"master".into(), &"The revision two".into()));
    assert_eq!((&record["commit"], &record["dirty"]), (&two.as_str().into(), &false.into()));
    assert!(record["rustc"].as_str().unwrap().starts_with("rustc 1."), "{record}");

    let again = sway.build("v0.71.2");
    assert!(again.assert_revision("one").has_built() && again.stderr.contains("only what has changed"), "{again:?}");
    let log = fs::read_to_string(sway.bed.path(&format!("cache/toolchains/git-{one}.log"))).unwrap();
    assert!(log.contains("Compiling forc ") && !log.contains("Compiling sway-core"), "not incremental: {log}");

    sway.git(&["update-ref", "refs/heads/feature/new-parser", &one]);
    sway.git(&["update-ref", "refs/heads/-x", &one]);
    sway.git(&["update-ref", "refs/heads/Zweig/über", &one]);
    for (name, revision) in [
        ("HEAD", "two"),
        ("HEAD~1", "one"),
        (&one[..7], "one"),
        (two.as_str(), "two"),
        ("feature/new-parser", "one"),
        ("rev:feature/new-parser", "one"),
        ("-x", "one"),
        ("Zweig/über", "one"),
        ("master@{0}", "two"),
        (":/The revision one", "one"),
        ("HEAD^{/revision one}", "one"),
        (".", "two"),
    ] {
        let ended = sway.build(name);
        assert!(!ended.assert_revision(revision).has_built(), "{name}: {ended:?}");
    }
    assert_eq!(sway.kept().len(), 2);
}

#[test]
fn a_work_tree_is_built_as_it_is_and_kept_by_its_content() {
    let sway = Sway::new();
    let commit = sway.git(&["rev-parse", "HEAD"]);
    let main = fs::read_to_string(sway.folder().join("forc/src/main.rs")).unwrap();
    sway.write(
        "forc/src/main.rs",
        &main.replace("fn main", "mod new;\n\nfn main").replace("(REVISION)", "(new::NAME)"),
    );
    sway.write("forc/src/new.rs", "pub const NAME: &str = include_str!(\"name\");\n");
    sway.write("forc/src/name", "first");
    sway.write("ignored", "x");
    let first = sway.build(".");
    assert!(first.assert_revision("first").has_built());
    assert!(first.stderr.contains("changed work tree"), "{first:?}");
    assert!(!first.binary().to_string_lossy().contains(&commit));
    assert!(!sway.clone_folder().join("repository/ignored").exists());
    assert!(!sway.build(".").assert_revision("first").has_built(), "the same content");

    // Staged is one thing, and what stands in the work tree another; and a file that is gone is gone.
    // All of it in one moment, so that nothing but the index's own time tells git to look into the file again.
    let moment = std::time::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    let set_time = |path: &str| {
        File::options().append(true).open(sway.folder().join(path)).unwrap().set_modified(moment).unwrap();
    };
    sway.git(&["config", "core.trustctime", "false"]);
    sway.write("forc/src/name", "staged");
    set_time("forc/src/name");
    sway.git(&["add", "forc/src/name"]);
    set_time(".git/index");
    sway.write("forc/src/name", "second");
    set_time("forc/src/name");
    fs::remove_file(sway.folder().join("sway-lib-std/Forc.toml")).unwrap();
    let second = sway.build(".");
    assert!(second.assert_revision("second").has_built(), "other content");
    let std = |ended: &Ended| ended.binary().parent().unwrap().with_file_name("sway-lib-std");
    assert!(std(&first).is_dir() && !std(&second).exists());
    assert_eq!(sway.kept().len(), 2);

    sway.git(&["stash", "--quiet", "--include-untracked"]);
    let clean = sway.build(".");
    assert!(clean.assert_revision("one").has_built());
    assert!(clean.binary().to_string_lossy().contains(&format!("git-{commit}/")), "a clean one is its commit");
    assert!(!sway.build("master").has_built());
}

#[test]
fn a_second_work_tree_has_a_content_of_its_own_and_shares_the_clone() {
    let sway = Sway::new();
    sway.fake_build("master").assert_revision("one");
    let other = sway.bed.path("other work tree");
    sway.git(&["worktree", "add", "--quiet", "-b", "other", other.to_str().unwrap()]);
    let main = other.join("forc/src/main.rs");
    fs::write(&main, fs::read_to_string(&main).unwrap().replace("one", "other")).unwrap();
    let state = state_of(&other);
    let ended = sway.untouched(|| {
        let args = ["toolchain", "build", ".", "--sway", other.to_str().unwrap()];
        sway.run(sway.fake_command(BUILD, &args))
    });
    assert!(ended.assert_revision("other").has_built());
    assert_eq!(state_of(&other), state);
    sway.fake_build(".").assert_revision("one");
    sway.clone_folder();
}

#[test]
fn a_bare_repository_has_revisions_and_no_work_tree() {
    let sway = Sway::new();
    let bare = sway.bed.path("bare.git");
    sway.git(&["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    let build = |revision| {
        let state = state_of(&bare);
        let args = ["toolchain", "build", revision, "--sway", bare.to_str().unwrap()];
        let ended = sway.run(sway.fake_command(BUILD, &args));
        assert_eq!(state_of(&bare), state);
        ended
    };
    build("master").assert_revision("one");
    build(".").assert_failed(4, &["bare.git", "no work tree", "name a branch"]);
}

#[test]
fn settings_hooks_and_variables_of_the_user_change_nothing() {
    let sway = Sway::new();
    let marker = sway.bed.path("a hook ran");
    for place in ["sway/.git/hooks", "hooks", "template/hooks"] {
        for hook in ["post-checkout", "reference-transaction", "post-index-change", "pre-commit"] {
            shell_script(&sway.bed.path(place).join(hook), &format!("touch '{}'; exit 1", marker.display()));
        }
    }
    let config = format!(
        "[core]\nautocrlf = true\nhooksPath = {}\nsplitIndex = true\nuntrackedCache = true\n[commit]\ngpgSign = true\n\
         [init]\ntemplateDir = {}\n[protocol]\nversion = 0\n[safe]\nbareRepository = explicit\n[user]\nuseConfigOnly = true\n",
        sway.bed.word("hooks"),
        sway.bed.word("template")
    );
    sway.bed.write("home/.gitconfig", &config);
    sway.write("forc/src/new.rs", "\n");
    sway.set_revision("changed");
    let ended = sway.untouched(|| {
        let mut command = sway.fake_command(BUILD, &["toolchain", "build", "."]);
        // As git sets them for a hook, and as `cargo bench` is run by rustup.
        command.env("GIT_DIR", "/no/such").env("GIT_INDEX_FILE", "/no/such/index").env("GIT_WORK_TREE", "/");
        command
            .env("GIT_OBJECT_DIRECTORY", "/no/such")
            .env("GIT_AUTHOR_DATE", "not a date")
            .env("LC_ALL", "de_DE.UTF-8");
        command.env("RUSTUP_TOOLCHAIN", "no-such").env("CARGO_PKG_VERSION", "9").env("CARGO_BUILD_TARGET_DIR", "/no");
        sway.run(command)
    });
    ended.assert_revision("changed");
    assert!(!marker.exists(), "a hook ran");
    let sources = fs::read(sway.clone_folder().join("repository/forc/src/main.rs")).unwrap();
    assert!(!sources.contains(&b'\r'), "line ends are those of the commit");
    let environment = fs::read_to_string(sway.bed.path("env")).unwrap();
    for name in ["RUSTUP_TOOLCHAIN=", "CARGO_PKG_VERSION=", "CARGO_BUILD_TARGET_DIR="] {
        assert!(!environment.contains(name), "{name} reaches the build");
    }
}

#[test]
fn a_checkout_of_somebody_else_can_be_built() {
    let sway = Sway::new();
    let status = Command::new("chown").args(["-R", "12345:12345"]).arg(sway.folder()).stderr(Stdio::null()).status();
    if !status.is_ok_and(|status| status.success()) {
        return support::not_run("only root can give a folder away");
    }
    sway.fake_build("master").assert_revision("one");
    fs::write(sway.folder().join("new"), "").unwrap();
    sway.fake_build(".").assert_revision("one");
    sway.fake_build("other").assert_failed(4, &["knows no revision `other`"]);
}

#[test]
fn submodules_come_along() {
    let sway = Sway::new();
    sway.bed.write("home/.gitconfig", "[protocol \"file\"]\nallow = always\n");
    let module = sway.bed.path("module");
    fs::create_dir(&module).unwrap();
    sway.git_in(&module, &["init", "--quiet"]);
    fs::write(module.join("file"), "text").unwrap();
    sway.git_in(&module, &["add", "file"]);
    sway.git_in(&module, &["commit", "--quiet", "-m", "module"]);
    sway.git(&["submodule", "--quiet", "add", module.to_str().unwrap(), "vendored"]);
    sway.commit("with module");
    sway.fake_build("master").assert_revision("with module");
    assert!(sway.clone_folder().join("repository/vendored/file").is_file());
    sway.fake_build("HEAD~1").assert_revision("one");
    assert!(!sway.clone_folder().join("repository/vendored").exists(), "what is no part of the commit is gone");
}

#[test]
fn a_url_is_cloned_and_its_branches_are_those_that_count() {
    let sway = Sway::new();
    let one = sway.git(&["rev-parse", "HEAD"]);
    sway.git(&["tag", "v1"]);
    sway.git(&["checkout", "--quiet", "-b", "feature/x"]);
    sway.commit("two");
    let url = format!("file://{}", sway.folder().display());
    let build = |revision: &str| {
        sway.untouched(|| sway.run(sway.fake_command(BUILD, &["toolchain", "build", revision, "--sway", &url])))
    };
    for (name, revision) in
        [("feature/x", "two"), ("HEAD", "two"), ("HEAD~1", "one"), ("master", "one"), ("v1", "one"), (&one[..8], "one")]
    {
        build(name).assert_revision(revision);
    }
    assert_eq!(sway.calls(), 2);
    let three = sway.commit("three");
    assert!(build("feature/x").assert_revision("three").has_built(), "the branch has moved on");
    build("featre/x").assert_failed(4, &["knows no revision `featre/x`", "did you mean `feature/x`"]);
    build(".").assert_failed(4, &["no work tree", "name a branch"]);

    let origin = sway.folder();
    fs::rename(&origin, sway.bed.path("away")).unwrap();
    let offline = sway.run(sway.fake_command(BUILD, &["toolchain", "build", &three, "--sway", &url]));
    offline.assert_revision("three");
    let offline = sway.run(sway.fake_command(BUILD, &["toolchain", "build", "feature/x", "--sway", &url]));
    offline.assert_failed(4, &["cannot fetch", &url]);
    fs::rename(sway.bed.path("away"), &origin).unwrap();
    assert!(!build("feature/x").has_built(), "a failed fetch has cost nothing");
}

#[test]
fn what_names_no_revision_is_told_with_what_to_do() {
    let sway = Sway::new();
    sway.git(&["branch", "feature/new-parser"]);
    let unknown = sway.fake_build("new-parsr");
    unknown.assert_failed(4, &["knows no revision `new-parsr`", "did you mean `feature/new-parser`?"]);
    sway.fake_build("0123456789").assert_failed(4, &["knows no revision `0123456789`", "fetched into it"]);

    let with = |args: &[&str]| sway.run(sway.fake_command(BUILD, args));
    let nowhere = sway.bed.word("nowhere");
    with(&["toolchain", "build", "x", "--sway", &nowhere])
        .assert_failed(4, &["there is no folder", &nowhere, "--sway"]);
    let plain = tempfile::tempdir().unwrap();
    let plain = plain.path().to_str().unwrap();
    with(&["toolchain", "build", "x", "--sway", plain]).assert_failed(4, &["is not a git repository", plain]);
    let inside = sway.bed.word("sway/forc");
    with(&["toolchain", "build", "x", "--sway", &inside])
        .assert_failed(4, &["is inside the git repository", &sway.bed.word("sway"), "--sway"]);

    let mut command = sway.fake_command(BUILD, &["toolchain", "build", "master"]);
    command.env_remove("FORC_PERF_SWAY");
    sway.run(command).assert_failed(2, &["`master` is a revision", "--sway"]);
    for (words, code, said) in [
        (["run", "--forc", "my-branch"], 2, "--sway"),
        (["run", "--forc", "rev:x"], 2, "--sway"),
        (["run", "--forc", "feature/x"], 4, "--sway"),
    ] {
        let mut command = sway.fake_command(BUILD, &words);
        command.env("FORC_PERF_SWAY", "").env("FORC_PERF_SUITE", sway.bed.path("suite"));
        sway.run(command).assert_failed(code, &[said]);
    }
    assert_eq!(sway.calls(), 0);
}

#[test]
fn without_git_that_is_what_is_told() {
    let sway = Sway::new();
    let mut command = sway.fake_command(BUILD, &["toolchain", "build", "master"]);
    command.env("PATH", sway.bed.path("empty"));
    sway.run(command).assert_failed(4, &["git cannot be started", "install git"]);
}

#[test]
fn sources_without_a_compiler_are_told() {
    let sway = Sway::new();
    sway.write("Cargo.toml", "[workspace]\nmembers = [\"sway-core\"]\nresolver = \"2\"\n");
    sway.commit("no forc");
    sway.build("master").assert_failed(4, &["no cargo package `forc`", "--sway"]);
    fs::remove_file(sway.folder().join("Cargo.toml")).unwrap();
    sway.commit("no cargo");
    sway.build("master").assert_failed(4, &["no cargo package `forc`", "--sway"]);
}

#[test]
fn a_build_that_fails_shows_the_compilers_error_and_costs_nothing_later() {
    let sway = Sway::new();
    let one = sway.git(&["rev-parse", "HEAD"]);
    sway.write("sway-core/src/lib.rs", "pub fn say(text: &str) -> u64 { text }\n");
    let broken = sway.commit("broken");
    let ended = sway.build("master");
    let log = sway.bed.path(&format!("cache/toolchains/git-{broken}.log"));
    ended.assert_failed(
        4,
        &["building forc at master", "error[E0308]: mismatched types", "lib.rs:1", log.to_str().unwrap()],
    );
    assert!(log.is_file() && sway.kept().is_empty());
    sway.build(&one).assert_revision("one");
}

#[test]
fn two_at_once_build_once_and_two_revisions_one_after_the_other() {
    let sway = Sway::new();
    sway.commit("two");
    let (busy, go) = (sway.bed.word("busy"), sway.bed.path("go"));
    // Two in the same work tree at once would see each other's folder.
    let script = format!("mkdir {busy} || exit 7\n{}\n{BUILD}\nrmdir {busy}", wait_for(&go));
    // All of them before the first is started, whose cargo must not be written anew while it runs.
    let commands =
        ["master", "HEAD", "HEAD~1"].map(|name| (name, sway.fake_command(&script, &["toolchain", "build", name])));
    let said = |name: &str| sway.bed.path(&format!("stderr-{name}"));
    let children = commands.map(|(name, mut command)| {
        let stderr = File::create(said(name)).unwrap();
        (name, command.stdout(Stdio::piped()).stderr(stderr).spawn().unwrap())
    });
    let waiting =
        || ["master", "HEAD", "HEAD~1"].iter().filter(|name| text_of(&said(name)).contains("another harness")).count();
    eventually("two wait for the third", || waiting() == 2);
    fs::write(go, "").unwrap();
    let ended = children.map(|(name, child)| {
        let ended = Ended::of(child.wait_with_output().unwrap());
        Ended { stderr: text_of(&said(name)), ..ended }
    });
    for (ended, revision) in ended.iter().zip(["two", "two", "one"]) {
        ended.assert_revision(revision);
    }
    assert_eq!((sway.calls(), waiting()), (2, 2));
}

#[test]
fn waiting_for_another_harness_can_be_interrupted() {
    let sway = Sway::new();
    sway.fake_build("master");
    let two = sway.commit("two");
    let name = sway.clone_folder().file_name().unwrap().to_str().unwrap().to_owned();
    let lock = File::create(sway.bed.path(&format!("cache/sway/.{name}.lock"))).unwrap();
    lock.lock().unwrap();
    let mut command = sway.fake_command(BUILD, &["toolchain", "build", &two]);
    let stderr = sway.bed.path("stderr");
    let mut child = command.stdout(Stdio::null()).stderr(File::create(&stderr).unwrap()).spawn().unwrap();
    eventually("it waits", || fs::read_to_string(&stderr).unwrap().contains("waiting for it"));
    signal(child.id(), libc::SIGINT);
    eventually("the harness has ended", || !support::is_running(child.id()));
    assert_eq!(child.wait().unwrap().code(), Some(130));
    lock.unlock().unwrap();
    sway.fake_build(&two).assert_revision("two");
}

/// Builds with a cargo that is half done and then silent, and gives the harness to `end` there.
fn half_done(end: impl FnOnce(u32)) -> (Sway, Option<i32>) {
    let sway = Sway::new();
    let script = format!("{BUILD}\ntouch {}\nsleep 3600", sway.bed.word("half"));
    let mut command = sway.fake_command(&script, &["toolchain", "build", "master"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("the build is half done", || sway.bed.path("half").exists());
    end(child.id());
    eventually("the harness has ended", || !support::is_running(child.id()));
    (sway, child.wait().unwrap().code())
}

/// `timeout`, a service manager and a terminal that is closed all signal the process and then its group.
#[test]
fn an_interrupted_build_ends_at_once_and_leaves_nothing_half_done() {
    for request in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let (sway, code) = half_done(|harness| {
            signal(harness, request);
            signal(harness, request);
        });
        assert_eq!(code, Some(130), "signal {request}");
        sway.bed.assert_nothing_left();
        assert!(sway.kept().is_empty(), "{:?}", sway.kept());
        sway.fake_build("master").assert_revision("one");
    }
}

#[test]
fn a_killed_harness_takes_its_cargo_along() {
    let (sway, _) = half_done(|harness| signal(harness, libc::SIGKILL));
    assert!(sway.kept().is_empty(), "{:?}", sway.kept());
    // The lock is free although nobody gave it back, and all that cargo had started is gone with it.
    eventually("every process has ended", || sway.bed.processes().is_empty());
    sway.fake_build("master").assert_revision("one");
}

#[test]
fn a_broken_or_vanished_clone_is_made_anew() {
    let sway = Sway::new();
    sway.fake_build("master").assert_revision("one");
    // Where our clone is no repository any more, git would take the next one around it for it.
    let around = sway.bed.path("");
    sway.git_in(&around, &["init", "--quiet"]);
    sway.git_in(&around, &["commit", "--quiet", "--allow-empty", "-m", "around"]);
    let state = state_of(&around.join(".git"));
    let clone = sway.clone_folder();
    let damages: [(&str, &dyn Fn()); 6] = [
        ("the whole clone", &|| fs::remove_dir_all(&clone).unwrap()),
        ("the repository", &|| fs::remove_dir_all(clone.join("repository")).unwrap()),
        ("its head", &|| fs::remove_file(clone.join("repository/.git/HEAD")).unwrap()),
        ("its objects", &|| fs::remove_dir_all(clone.join("repository/.git/objects/pack")).unwrap()),
        ("its index", &|| fs::write(clone.join("repository/.git/index"), "no index").unwrap()),
        ("a lock of a git that was killed", &|| fs::write(clone.join("repository/.git/index.lock"), "").unwrap()),
    ];
    for (number, (what, damage)) in damages.iter().enumerate() {
        damage();
        let revision = format!("after damage {number}");
        sway.commit(&revision);
        let ended = sway.fake_build("master");
        assert_eq!(ended.code, Some(0), "{what}: {ended:?}");
        ended.assert_revision(&revision);
        assert_eq!(state_of(&around.join(".git")), state, "{what}: the repository around the cache was changed");
        // What somebody has changed or left there is no part of the next build.
        fs::write(clone.join("repository/forc/src/main.rs"), "").unwrap();
        fs::write(clone.join("repository/stray"), "").unwrap();
    }
    sway.commit("at last");
    sway.fake_build("master").assert_revision("at last");
    assert!(!clone.join("repository/stray").exists());

    // And a compiler of which something is missing is built again.
    let binary = sway.fake_build("master").binary();
    for gone in [binary.clone(), binary.parent().unwrap().with_file_name("toolchain.json")] {
        fs::remove_file(gone).unwrap();
        assert!(sway.fake_build("master").assert_revision("at last").has_built());
    }
}

#[test]
fn a_full_disk_is_told_as_such() {
    let sway = Sway::new();
    let script = "echo 'error: could not compile `sway-core`' >&2\n\
                  echo 'error: failed to write /x: No space left on device (os error 28)' >&2\nexit 101";
    let ended = sway.run(sway.fake_command(script, &["toolchain", "build", "master"]));
    let target = sway.clone_folder().join("target");
    ended.assert_failed(
        4,
        &["filled the disk of", target.to_str().unwrap(), "MiB are free", "toolchain remove", "FORC_PERF_CACHE"],
    );
    assert!(sway.kept().is_empty());

    // Git may be the one that finds it full.
    sway.commit("two");
    let git = which::which("git").unwrap();
    let script = format!(
        "case \" $* \" in *' fetch '*) echo 'fatal: write error: No space left on device' >&2; exit 128;; esac\nexec {} \"$@\"",
        git.display()
    );
    shell_script(&sway.bed.path("fake/git"), &script);
    let mut command = sway.fake_command(BUILD, &["toolchain", "build", "master"]);
    command.env("PATH", format!("{}:{}", sway.bed.word("fake"), std::env::var("PATH").unwrap()));
    let clone = sway.clone_folder();
    sway.run(command).assert_failed(4, &["filled the disk of", clone.to_str().unwrap(), "MiB are free"]);
    assert!(!clone.join("repository.new").exists(), "what failed is not left on a full disk");
}

#[test]
fn a_cargo_that_makes_no_compiler_is_no_success() {
    let sway = Sway::new();
    let ended = sway.run(sway.fake_command("exit 0", &["toolchain", "build", "master"]));
    ended.assert_failed(4, &["without a forc", ".log"]);
    let mut command = sway.command(&["toolchain", "build", "master"]);
    command.env("CARGO", sway.bed.path("no/cargo"));
    sway.run(command).assert_failed(4, &["cannot start cargo", "install Rust"]);
}

#[test]
fn flags_for_cargo_make_another_compiler() {
    let sway = Sway::new();
    let commit = sway.git(&["rev-parse", "HEAD"]);
    sway.fake_build("master").assert_revision("one");
    let flags = ["toolchain", "build", "master", "--cargo-flags", "--profile dev --config 'a = \"b c\"'"];
    let built = sway.run(sway.fake_command(BUILD, &flags));
    assert!(built.assert_revision("one").has_built());
    let calls = fs::read_to_string(sway.bed.path("calls")).unwrap();
    let calls: Vec<&str> = calls.lines().collect();
    assert!(calls[0].starts_with("build --package forc ") && calls[0].ends_with(" --release"), "{calls:?}");
    assert!(calls[1].ends_with("--profile dev --config a = \"b c\"") && !calls[1].contains("--release"), "{calls:?}");
    assert!(!sway.run(sway.fake_command(BUILD, &flags)).has_built());
    let mut command = sway.fake_command(BUILD, &["toolchain", "build", "master"]);
    command.env("RUSTFLAGS", "-Ctarget-cpu=native");
    assert!(sway.run(command).has_built(), "so do variables that cargo obeys");
    assert_eq!(sway.kept().len(), 3);
    sway.run(sway.fake_command(BUILD, &["toolchain", "build", "master", "--cargo-flags", "'a"]))
        .assert_failed(2, &["quotes"]);

    // The plain one can be named although the names of the others begin so.
    let removed = sway.run(sway.fake_command(BUILD, &["toolchain", "remove", "master"]));
    removed.assert_failed(2, &["more than one"]);
    let removed = sway.run(sway.fake_command(BUILD, &["toolchain", "remove", &format!("git-{commit}")]));
    assert_eq!((removed.code, sway.kept().len()), (Some(0), 2));
}

#[test]
fn what_is_kept_is_listed_and_removed() {
    let sway = Sway::new();
    sway.fake_build("master");
    let two = sway.commit("two");
    sway.fake_build("master");
    sway.set_revision("changed");
    sway.fake_build(".");
    sway.bed.write("cache/toolchains/0.9.0/bin/forc", "x");
    sway.bed.write("cache/elsewhere", "x");
    let manage = |args: &[&str]| {
        let mut command = sway.command(args);
        command.env("PATH", "/no/such").env("FUELUP_HOME", "/no/such");
        sway.run(command)
    };
    let listed = manage(&["toolchain", "list"]);
    let lines: Vec<Vec<&str>> = listed.stdout.lines().map(|line| line.split('\t').collect()).collect();
    let kinds: Vec<_> = lines.iter().map(|line| line[1]).collect();
    assert_eq!(kinds, ["built", "revision", "revision", "work tree", "clone"], "{listed:?}");
    assert_eq!(lines[2][0], format!("git-{}", &two[..12]));
    assert!(lines[2][2].ends_with(" B") && lines[2][3].ends_with("B"), "{lines:?}");
    for word in ["master", &two[..10], "The revision two"] {
        assert!(lines[2][5].contains(word), "{lines:?}");
    }
    let age = lines[2][5].split_once("built ").unwrap().1;
    assert!(age.starts_with("just now") || age.contains(" ago"), "{lines:?}");
    assert!(lines[3][5].contains("changed work tree") && lines[4][5] == sway.bed.word("sway"), "{lines:?}");

    manage(&["toolchain", "remove", "../../sway"]).assert_failed(2, &["`../../sway`", "toolchain list"]);
    manage(&["toolchain", "remove"]).assert_failed(2, &["--all"]);
    let removed = manage(&["toolchain", "remove", &two[..6], "0.9.0"]);
    assert_eq!(removed.code, Some(0), "{removed:?}");
    assert!(removed.stdout.contains(&format!("git-{two}")) && removed.stdout.contains("\nfreed "), "{removed:?}");
    assert_eq!(sway.kept().len(), 2);

    let clone = sway.clone_folder();
    let lock =
        File::create(sway.bed.path(&format!("cache/sway/.{}.lock", clone.file_name().unwrap().display()))).unwrap();
    lock.lock().unwrap();
    manage(&["toolchain", "remove", "--all"]).assert_failed(4, &["in use", "try again"]);
    manage(&["toolchain", "remove", "--builds"]).assert_failed(4, &["in use", clone.to_str().unwrap()]);
    // Dropped, it would stay locked as long as a fork of another test's thread has not become another program.
    lock.unlock().unwrap();
    assert_eq!(sway.kept().len(), 2);

    let removed = manage(&["toolchain", "remove", "--all", "--builds"]);
    assert_eq!(removed.code, Some(0), "{removed:?}");
    assert!(sway.kept().is_empty() && !clone.exists());
    assert!(sway.bed.path("cache/elsewhere").exists() && sway.folder().join("Cargo.toml").exists());
    let again = manage(&["toolchain", "remove", "--all", "--builds"]);
    assert_eq!((again.code, again.stdout.as_str()), (Some(0), ""), "{again:?}");
    sway.fake_build("master").assert_revision("two");
}

#[test]
fn a_revision_is_measured_with_the_std_that_came_with_it() {
    let sway = Sway::new();
    let commit = sway.commit("two");
    sway.bed.good_project();
    let script = format!(
        "{BUILD}\nrm -f \"$CARGO_TARGET_DIR/release/forc\"\ncp {} \"$CARGO_TARGET_DIR/release/forc\"",
        stand_in().display()
    );
    let words = sway.bed.run_words(&["--forc", "master"]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let measure = |more: &[&str]| {
        let ended = sway.untouched(|| sway.run(sway.fake_command(&script, &[&words, more].concat())));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        forc_perf::report::file::read(&sway.bed.path("report.json")).unwrap()
    };
    let report = measure(&[]);
    let std = sway.bed.path(&format!("cache/toolchains/git-{commit}/sway-lib-std"));
    assert_eq!(report.settings.std.as_deref(), Some(std.as_path()));
    let Origin::Revision(revision) = &report.toolchain.origin else { panic!("{:?}", report.toolchain.origin) };
    assert_eq!((revision.name.as_str(), &revision.commit, &revision.tree), ("master", &commit, &None));
    assert_eq!((revision.subject.as_str(), revision.std.as_ref()), ("The revision two", Some(&std)));
    assert_eq!(revision.committed.as_deref(), Some("2026-01-02T03:04:05Z"));

    let variable = sway.untouched(|| {
        let mut command = sway.fake_command(&script, &["toolchain", "path"]);
        command.env("FORC_PERF_FORC", "HEAD");
        sway.run(command)
    });
    assert_eq!(variable.binary(), report.toolchain.path, "the variable may name a revision, too");

    let own = sway.bed.path("own-std");
    sway.bed.write("own-std/Forc.toml", "[project]\nname = \"std\"\n");
    assert_eq!(measure(&["--std", own.to_str().unwrap()]).settings.std, Some(own));
}

#[test]
fn two_revisions_are_compared_each_with_its_own_std() {
    let sway = Sway::new();
    let compiler = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stand-in/forc.rs")).unwrap();
    let commit = |name: &str, compiler: &str| {
        sway.write("forc/src/main.rs", compiler);
        // The stand-in speaks the Rust of this project.
        let manifest = fs::read_to_string(sway.folder().join("forc/Cargo.toml")).unwrap().replace("2021", "2024");
        sway.write("forc/Cargo.toml", &manifest);
        sway.git(&["add", "--all"]);
        sway.git(&["commit", "--quiet", "-m", name]);
        sway.git(&["rev-parse", "HEAD"])
    };
    let base = commit("as it was", &compiler);
    sway.git(&["checkout", "--quiet", "-b", "feature/bigger"]);
    let changed = compiler.replace("[0x24; 64]", "[0x25; 72]");
    assert_ne!(changed, compiler);
    commit("other bytecode", &changed);
    // And a change that is not committed.
    sway.write("forc/src/main.rs", &changed.replace("[0x25; 72]", "[0x26; 80]"));
    sway.bed.good_project();
    let (suite, output) = (sway.bed.word("suite"), sway.bed.word("comparison.json"));
    let words = ["compare", "master", "feature/bigger", ".", "--suite", &suite, "--output", &output, "--max-runs", "3"];
    let ended = sway.untouched(|| sway.run(sway.command(&words)));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let comparison = forc_perf::report::file::read_comparison(Path::new(&output)).unwrap();
    let revisions: Vec<_> = comparison
        .sides
        .iter()
        .map(|side| match &side.toolchain.origin {
            Origin::Revision(revision) => {
                assert_eq!(
                    (&side.std, side.std.is_some()),
                    (&revision.std, true),
                    "each side has the std of its revision"
                );
                revision.clone()
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(revisions[0].commit, base);
    assert_eq!((revisions[1].name.as_str(), revisions[2].tree.is_some()), ("feature/bigger", true));
    for findings in &comparison.findings {
        let forc_perf::model::OutputFinding::Different(files) = &findings.benchmarks[0].output else {
            panic!("{:?}", findings.benchmarks[0].output)
        };
        assert_eq!(files, &["out/debug/good.bin"]);
    }
    assert!(ended.stdout.contains("different output"), "{}", ended.stdout);
}
