//! Which benchmarks there are: what is broken is named and skipped, and the exit says so.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::support::repository::Repository;
use crate::support::{Bed, Run};
use forc_perf::model::{FailureKind, Skipped};

#[track_caller]
fn skipped<'a>(run: &'a Run, name: &str) -> &'a Skipped {
    let skipped = &run.report().skipped;
    skipped.iter().find(|skipped| skipped.name == name).unwrap_or_else(|| panic!("{name} is none of {skipped:?}"))
}

fn ids(run: &Run) -> Vec<&str> {
    run.report().benchmarks.iter().map(|benchmark| benchmark.id.as_str()).collect()
}

/// What `forc-perf list` says: its exit code, its ids, and its stderr.
fn list(bed: &Bed, args: &[&str]) -> (Option<i32>, Vec<String>, String) {
    let mut command = bed.harness();
    if !args.contains(&"--suite") {
        command.args(["list", "--suite", "suite"]).args(args);
    } else {
        command.arg("list").args(args);
    }
    let output = command.output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let ids = stdout.lines().map(|line| line.strip_suffix(": benchmark").unwrap().to_owned()).collect();
    (output.status.code(), ids, String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_link_that_leads_back_is_named_and_everything_else_is_measured() {
    let bed = Bed::new();
    bed.good_project();
    symlink(bed.path("suite"), bed.path("suite/good/loop")).unwrap();
    let run = bed.run(&[]);
    run.assert_code(1);
    assert_eq!(ids(&run), ["good/good/debug"]);
    let loops = skipped(&run, "good/loop");
    assert!(loops.broken && loops.reason.contains("leads back"), "{loops:?}");
    assert!(run.stdout.contains("good/loop"), "{}", run.stdout);
}

#[test]
fn a_folder_that_cannot_be_read_is_named_and_everything_else_is_measured() {
    let bed = Bed::new();
    bed.good_project();
    // As permissions do not bind every user, a link to nowhere stands for a folder that cannot be read.
    symlink("/no/such/folder", bed.path("suite/good/away")).unwrap();
    let run = bed.run(&[]);
    run.assert_code(1);
    let away = skipped(&run, "good/away");
    assert!(away.broken && away.reason.contains("cannot be read"), "{away:?}");
    assert_eq!(run.benchmark("good/good/debug").runs.len(), 2);
}

#[test]
fn a_linked_project_is_measured_once() {
    let bed = Bed::new();
    bed.good_project();
    symlink(bed.path("suite/good/good"), bed.path("suite/again")).unwrap();
    let (code, ids, stderr) = list(&bed, &[]);
    assert_eq!((code, ids.len()), (Some(0), 1), "{ids:?} {stderr}");
}

#[test]
fn broken_manifests_are_named_with_what_is_wrong_in_them() {
    let bed = Bed::new();
    bed.good_project();
    let cases = [
        ("toml", "[project\nname = 1", "line 1"),
        ("kind", "[something]\nx = 1", "neither [project] nor [workspace]"),
        ("misspelt", "[project]\nname = \"m\"\n[project.metadata.forc-perf]\nscenario = [\"debug\"]", "scenario"),
        (
            "scenario",
            "[project]\nname = \"s\"\n[project.metadata.forc-perf]\nscenarios = [\"fast\"]",
            "`fast` is not a scenario",
        ),
        ("none", "[project]\nname = \"n\"\n[project.metadata.forc-perf]\nscenarios = []", "scenario"),
        ("twice", "[project]\nname = \"t\"\n[project.metadata.forc-perf]\nscenarios = [\"debug\", \"debug\"]", "twice"),
        ("version", "[project]\nname = \"v\"\n[project.metadata.forc-perf]\nmin-forc = \"new\"", "min-forc"),
    ];
    for (name, manifest, _) in cases {
        bed.write(&format!("suite/bad/{name}/Forc.toml"), manifest);
    }
    fs::create_dir_all(bed.path("suite/bad/bytes")).unwrap();
    fs::write(bed.path("suite/bad/bytes/Forc.toml"), b"\xff\xfe").unwrap();
    let run = bed.run(&[]);
    run.assert_code(1);
    assert_eq!(ids(&run), ["good/good/debug"]);
    for (name, _, reason) in cases {
        let skipped = skipped(&run, &format!("bad/{name}"));
        assert!(skipped.broken && skipped.reason.contains(reason), "{skipped:?}");
        assert!(skipped.reason.contains(&format!("bad/{name}/Forc.toml")), "the file is named: {skipped:?}");
    }
    assert!(skipped(&run, "bad/bytes").broken);
    let (code, ids, stderr) = list(&bed, &[]);
    assert_eq!((code, ids.as_slice()), (Some(1), ["good/good/debug".to_owned()].as_slice()));
    assert_eq!(stderr.lines().filter(|line| line.starts_with("unusable bad/")).count(), cases.len() + 1, "{stderr}");
}

#[test]
fn a_project_whose_path_no_report_can_hold_is_named_before_it_is_measured() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let bed = Bed::new();
    bed.good_project();
    let folder = bed.path("suite/bad").join(OsStr::from_bytes(b"caf\xe9"));
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("Forc.toml"), "[project]\nname = \"c\"\nimplicit-std = false").unwrap();
    let run = bed.run(&[]);
    run.assert_code(1);
    assert_eq!(ids(&run), ["good/good/debug"]);
    assert!(run.stdout.contains("UTF-8"), "{}", run.stdout);

    // The suite's own path and the compiler's stand in the report as well.
    let mut command = bed.harness();
    command.args(["run", "--samples", "1", "--suite"]).arg(bed.path("suite/bad").join(OsStr::from_bytes(b"caf\xe9")));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&output.stderr).contains("UTF-8"));
}

#[test]
fn patterns_select_and_leave_out() {
    let bed = Bed::new();
    for place in ["apps/amm", "apps/wallet", "small/amm", "small/script"] {
        bed.project_with(
            place,
            "[project.metadata.forc-perf]\nscenarios = [\"debug\", \"release\"]",
            "package script x",
        );
    }
    let listed = |args: &[&str]| list(&bed, args).1;
    assert_eq!(listed(&[]).len(), 8);
    assert_eq!(listed(&["apps/*/debug"]), ["apps/amm/debug", "apps/wallet/debug"]);
    assert_eq!(listed(&["amm", "--exclude", "*/release"]), ["apps/amm/debug", "small/amm/debug"]);
    assert_eq!(listed(&["suite/small/*", "--exclude", "amm"]), ["small/script/debug", "small/script/release"]);
    assert_eq!(listed(&["wallet/r", "script/d"]), ["apps/wallet/release", "small/script/debug"]);
    let (code, none, stderr) = list(&bed, &["nothing-like-it"]);
    assert_eq!((code, none.len()), (Some(3), 0), "{stderr}");
    let run = bed.run(&["nothing-like-it"]);
    run.assert_code(3);
    let (code, _, stderr) = list(&bed, &["a[b"]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("`a[b` is not a valid pattern"), "{stderr}");
    // A run measures what the list lists.
    let run = bed.run(&["small/*", "--exclude", "*/release"]);
    run.assert_code(0);
    assert_eq!(ids(&run), ["small/amm/debug", "small/script/debug"]);
}

#[test]
fn scenarios_and_arguments_reach_the_compiler() {
    let bed = Bed::new();
    bed.project_with(
        "apps/a",
        "[project.metadata.forc-perf]\ndescription = \"an app\"\ntags = [\"abi\"]\nscenarios = [\"release --tests\"]\nargs = [\"--experimental-x\"]",
        "package script a",
    );
    let run = bed.run(&[]);
    run.assert_code(0);
    let benchmark = run.benchmark("apps/a/release --tests");
    let project = bed.path("suite/apps/a").canonicalize().unwrap();
    let expected =
        ["build", "--path", project.to_str().unwrap(), "--release", "--tests", "--experimental-x", "--profile"];
    assert_eq!(benchmark.command[1..], expected);
    assert_eq!(
        (benchmark.description.as_deref(), benchmark.tags.as_slice()),
        (Some("an app"), ["abi".to_owned()].as_slice())
    );
    // The command line's own scenarios take the place of the manifest's.
    let run = bed.run(&["--scenario", "debug", "--scenario", "release", "--scenario", "debug"]);
    run.assert_code(0);
    assert_eq!(ids(&run), ["apps/a/debug", "apps/a/release"]);
    let run = bed.run(&["--scenario", "fast"]);
    run.assert_code(2);
    assert!(run.stderr.contains("is not a scenario"), "{}", run.stderr);
}

#[test]
fn a_workspace_is_one_benchmark() {
    let bed = Bed::new();
    bed.write("suite/apps/ws/Forc.toml", "[workspace]\nmembers = [\"a\", \"b\"]");
    bed.write(
        "suite/apps/ws/src/script.txt",
        "need a/Forc.toml\nneed b/Forc.toml\npackage library b\npackage script a",
    );
    for member in ["a", "b"] {
        bed.write(
            &format!("suite/apps/ws/{member}/Forc.toml"),
            &format!("[project]\nname = \"{member}\"\nimplicit-std = false"),
        );
    }
    let run = bed.run(&[]);
    run.assert_code(0);
    assert_eq!(ids(&run), ["apps/ws/debug"]);
    let packages: Vec<_> =
        run.benchmark("apps/ws/debug").packages.iter().filter_map(|row| row.package.as_deref()).collect();
    assert!(packages.contains(&"a") && packages.contains(&"b"), "its members' phases are told apart: {packages:?}");
}

#[test]
fn a_project_that_needs_a_later_forc_is_skipped_without_blame() {
    let bed = Bed::new();
    bed.good_project();
    bed.project_with("new/new", "[project.metadata.forc-perf]\nmin-forc = \"0.73.0\"", "package script new");
    bed.project_with("new/now", "[project.metadata.forc-perf]\nmin-forc = \"0.72.1\"", "package script now");
    let run = bed.run(&[]);
    run.assert_code(0);
    assert_eq!(ids(&run), ["good/good/debug", "new/now/debug"]);
    let new = skipped(&run, "new/new/debug");
    assert!(!new.broken && new.reason.contains("0.73.0") && new.reason.contains("0.72.1"), "{new:?}");
    assert!(run.stdout.contains("new/new/debug"), "{}", run.stdout);
    // A nightly of that release counts as it.
    let run = bed.run_with(&[("STAND_IN_VERSION", "0.73.0+nightly.20260101")], &["new/new"]);
    run.assert_code(0);
    let run = bed.run(&["new/new"]);
    run.assert_code(3);
}

#[test]
fn tests_are_skipped_where_the_compiler_builds_none() {
    let bed = Bed::new();
    bed.project_with(
        "a/a",
        "[project.metadata.forc-perf]\nscenarios = [\"debug\", \"debug --tests\"]",
        "package script a",
    );
    let run = bed.run_with(&[("STAND_IN", "whole")], &[]);
    run.assert_code(0);
    assert_eq!(ids(&run), ["a/a/debug"]);
    assert!(!skipped(&run, "a/a/debug --tests").broken);
}

#[test]
fn a_suite_that_is_not_there_is_a_harness_error_and_an_empty_one_measures_nothing() {
    let bed = Bed::new();
    for missing in ["no-such-folder", "no-such-list.toml"] {
        let run = bed.run(&["--suite", missing]);
        run.assert_code(4);
        assert!(run.stderr.contains(missing), "{}", run.stderr);
        assert_eq!(list(&bed, &["--suite", missing]).0, Some(4));
    }
    bed.run(&[]).assert_code(3);
    assert_eq!(list(&bed, &[]).0, Some(3));
}

#[test]
fn a_std_that_is_none_is_refused_and_a_given_one_reaches_the_compiler() {
    let bed = Bed::new();
    bed.write("suite/a/a/Forc.toml", "[project]\nname = \"a\"");
    bed.write("suite/a/a/src/script.txt", "err error: no std\nexit 1");
    let run = bed.run(&["--std", "no-such-std"]);
    run.assert_code(4);
    assert!(run.stderr.contains("no-such-std") && run.stderr.contains("Forc.toml"), "{}", run.stderr);
    let run = bed.run(&[]);
    run.assert_code(3);
    assert!(run.stdout.contains("--std"), "a way out is named: {}", run.stdout);
    bed.write("std/Forc.toml", "[project]\nname = \"std\"");
    let run = bed.run(&["--std", "std"]);
    let std = bed.path("std").canonicalize().unwrap();
    assert_eq!(run.benchmark("a/a/debug").command[0], format!("FORC_IMPLICIT_STD_PATH={}", std.display()));
}

fn package_of<'a>(run: &'a Run, id: &str) -> &'a str {
    run.benchmark(id).runs[0].packages[0].package.as_deref().unwrap()
}

#[test]
fn target_projects_are_built_at_their_revision_and_fetched_once() {
    let repository = Repository::new();
    let amm =
        "path = \"apps/amm\"\nscenarios = [\"debug\", \"release\"]\ndescription = \"an exchange\"\ntags = [\"abi\"]";
    let entries = [repository.entry("old", &repository.first, amm), repository.entry("new", &repository.second, amm)];
    let run = repository.run(&entries, &["--exclude", "*/release"]);
    run.assert_code(0);
    assert_eq!(ids(&run), ["sway/new/debug", "sway/old/debug"]);
    assert_eq!((package_of(&run, "sway/old/debug"), package_of(&run, "sway/new/debug")), ("first", "second"));
    assert_eq!(run.benchmark("sway/new/debug").description.as_deref(), Some("an exchange"));
    assert_eq!(run.stderr.matches("fetching").count(), 2, "once a revision: {}", run.stderr);

    // Offline, what is cached is still there.
    fs::rename(repository.bed.path("upstream"), repository.bed.path("gone")).unwrap();
    let run = repository.run(&entries, &["--exclude", "*/release"]);
    run.assert_code(0);
    assert_eq!(package_of(&run, "sway/old/debug"), "first");
}

#[test]
fn target_projects_that_cannot_be_fetched_are_skipped_with_the_reason() {
    let repository = Repository::new();
    let path = "path = \"apps/amm\"";
    let missing = "0123456789abcdef0123456789abcdef01234567";
    let nowhere = repository.entry("nowhere", &repository.second, path).replace("upstream", "no-such-repository");
    let entries =
        [repository.entry("amm", &repository.second, path), repository.entry("wrong", missing, path), nowhere];
    let run = repository.run(&entries, &[]);
    run.assert_code(0);
    assert_eq!(ids(&run), ["sway/amm/debug"]);
    for name in ["sway/wrong", "sway/nowhere"] {
        let skipped = skipped(&run, name);
        assert!(!skipped.broken && skipped.reason.contains("cannot fetch"), "{skipped:?}");
    }
    assert!(skipped(&run, "sway/wrong").reason.contains(missing), "git's own words: {:?}", skipped(&run, "sway/wrong"));
    let left: Vec<_> = fs::read_dir(repository.bed.path("cache/target-projects"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".lock"))
        .collect();
    assert_eq!(left.len(), 1, "nothing half-fetched is kept: {left:?}");
}

#[test]
fn a_tag_or_branch_that_was_moved_is_no_revision() {
    let repository = Repository::new();
    for revision in ["main", "v1.0.0", &repository.second[..12], ""] {
        let run = repository.run(&[repository.entry("amm", revision, "path = \"apps/amm\"")], &[]);
        run.assert_code(4);
        assert!(run.stderr.contains("40 digits"), "{}", run.stderr);
    }
}

#[test]
fn target_projects_cannot_lead_out_of_their_repository() {
    let repository = Repository::new();
    repository.bed.write("outside/Forc.toml", "[project]\nname = \"outside\"\nimplicit-std = false");
    for path in ["../../outside", "/etc", "apps/../../x"] {
        let run = repository.run(&[repository.entry("amm", &repository.second, &format!("path = \"{path}\""))], &[]);
        run.assert_code(4);
        assert!(run.stderr.contains("leads out of the repository"), "{}", run.stderr);
    }
    symlink(repository.bed.path("outside"), repository.bed.path("upstream/link")).unwrap();
    let revision = repository.commit();
    let run = repository.run(&[repository.entry("amm", &revision, "path = \"link\"")], &[]);
    run.assert_code(3);
    assert!(skipped(&run, "sway/amm").reason.contains("--allow-path"), "{:?}", run.report().skipped);
    let option = repository.entry("amm", &revision, "path = \"apps/amm\"");
    let option = option.replace(&repository.bed.word("upstream"), "--upload-pack=touch pwned");
    let run = repository.run(&[option], &[]);
    run.assert_code(4);
    assert!(!repository.bed.path("pwned").exists());
}

#[test]
fn what_is_not_selected_is_not_fetched_and_what_does_not_fit_is_skipped() {
    let repository = Repository::new();
    let path = "path = \"apps/amm\"";
    let entries = [
        repository.entry("amm", &repository.second, path),
        repository.entry("later", &repository.second, &format!("{path}\nforc = \">=0.73\"")),
        repository.entry("folder", &repository.second, "path = \"no/such/folder\""),
    ];
    let run = repository.run(&entries, &["sway/later"]);
    run.assert_code(3);
    assert!(skipped(&run, "sway/later").reason.contains("0.73"));
    assert!(!run.stderr.contains("fetching"), "{}", run.stderr);
    assert!(!Path::new(&repository.bed.word("cache/target-projects")).exists());
    let run = repository.run(&entries, &["--exclude", "later"]);
    run.assert_code(1);
    let folder = skipped(&run, "sway/folder");
    assert!(folder.broken && folder.reason.contains("no/such/folder"), "{folder:?}");
}

#[test]
fn a_list_with_a_misspelt_key_is_refused() {
    let repository = Repository::new();
    let run = repository
        .run(&[repository.entry("amm", &repository.second, "path = \"apps/amm\"\nscenario = [\"debug\"]")], &[]);
    run.assert_code(4);
    assert!(run.stderr.contains("scenario") && run.stderr.contains("suite.toml"), "{}", run.stderr);
}

#[test]
fn a_list_with_two_projects_of_one_name_is_refused() {
    let repository = Repository::new();
    let entry = |revision| repository.entry("amm", revision, "path = \"apps/amm\"");
    let run = repository.run(&[entry(&repository.first), entry(&repository.second)], &[]);
    run.assert_code(4);
    assert!(run.stderr.contains("sway/amm is listed twice"), "{}", run.stderr);
}

#[test]
fn what_other_tools_leave_behind_is_not_walked() {
    let bed = Bed::new();
    bed.good_project();
    // What forc and other tools leave behind is neither walked nor copied.
    for place in ["suite/good/good/out/debug", "suite/good/good/.git/objects", "suite/target/x", "suite/.hidden"] {
        bed.write(&format!("{place}/Forc.toml"), "[broken");
    }
    let run = bed.run(&[]);
    run.assert_code(0);
    assert_eq!(ids(&run), ["good/good/debug"]);
}

#[test]
fn nothing_that_has_a_manifest_is_left_out_in_silence() {
    let bed = Bed::new();
    bed.project("g/outer", "package script outer");
    bed.project("g/outer/tests/inner", "package script inner");
    bed.project("g/target", "package script target");
    bed.write("suite/ws/Forc.toml", "[workspace]\nmembers = [\"member\"]");
    bed.project("ws/member", "");
    bed.project("ws/stray", "");
    symlink(bed.path("suite/g"), bed.path("suite/g/outer/back")).unwrap();
    let (code, ids, stderr) = list(&bed, &[]);
    assert_eq!(ids, ["g/outer/debug", "g/outer/tests/inner/debug", "suite/ws/debug"], "{stderr}");
    assert_eq!(code, Some(0), "{stderr}");
    let said: Vec<&str> = stderr.lines().collect();
    assert!(said.len() == 2 && said[0].starts_with("skipped g/target: ") && said[1].starts_with("skipped ws/stray: "));
    assert!(said[1].contains("no member of the workspace around it, ws"), "{stderr}");
    bed.run(&[]).assert_code(0).benchmark("g/outer/tests/inner/debug");
}

#[test]
fn a_suite_reads_no_further_than_its_repository_unless_it_is_let() {
    let bed = Bed::new();
    bed.project("a/a", "package script a");
    fs::create_dir(bed.path("suite/.git")).unwrap();
    bed.write("lib/Forc.toml", "[project]\nname = \"lib\"");
    bed.project_with("a/needs", "[dependencies]\nlib = { path = \"../../../lib\" }", "package script needs");
    bed.project("a/links", "package script links");
    symlink(bed.path("lib"), bed.path("suite/a/links/src/lib")).unwrap();
    symlink(bed.path("lib"), bed.path("suite/a/elsewhere")).unwrap();
    let run = bed.run(&[]);
    run.assert_code(1);
    for id in ["a/needs/debug", "a/links/debug"] {
        let failure = run.failure(id, FailureKind::Collector);
        assert!(failure.message.contains(&bed.word("lib")) && failure.message.contains("--allow-path"), "{failure:?}");
    }
    assert!(skipped(&run, "a/elsewhere").reason.contains("--allow-path"));
    let run = bed.run(&["--allow-path", &bed.word("lib"), "--exclude", "elsewhere"]);
    run.assert_code(0);
    assert_eq!(ids(&run), ["a/a/debug", "a/links/debug", "a/needs/debug"]);
}

#[test]
fn what_lies_where_nobody_looks_and_selectors_that_select_nothing_are_told() {
    let bed = Bed::new();
    bed.good_project();
    for place in ["target/deep/y", "out/z", ".dot/x", "node_modules/n"] {
        bed.project(place, "package script x");
    }
    fs::create_dir_all(bed.path("suite/folder/Forc.toml")).unwrap();
    bed.write("suite/line\nend/Forc.toml", "[project]\nname = \"x\"");
    let (_, ids, stderr) = list(&bed, &["--exclude", "nosuch", "--tag", "nosuch"]);
    assert_eq!(ids, [""; 0]);
    for word in [
        "target/deep/y",
        "out/z",
        ".dot/x",
        "node_modules/n",
        "folder: its Forc.toml is no file",
        "a line end or a tab",
    ] {
        assert!(stderr.contains(word), "{word}: {stderr}");
    }
    assert!(
        stderr.contains("no benchmark matches --exclude `nosuch`")
            && stderr.contains("no project has the tag `nosuch`")
    );
}
