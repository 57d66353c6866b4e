//! A repository of target projects.

use std::process::Command;

use super::{Bed, Run};

/// Somebody else's repository: two commits, the script of the second says more.
pub struct Repository {
    pub bed: Bed,
    pub first: String,
    pub second: String,
}

impl Repository {
    pub fn new() -> Self {
        let bed = Bed::new();
        let repository = Self { bed, first: String::new(), second: String::new() };
        repository.bed.write("upstream/apps/amm/Forc.toml", "[project]\nname = \"amm\"\nimplicit-std = false");
        repository.bed.write("upstream/apps/amm/src/script.txt", "package script first");
        repository.git(&["init", "--quiet", "--initial-branch", "main"]);
        repository.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
        let first = repository.commit();
        repository.bed.write("upstream/apps/amm/src/script.txt", "package script second");
        let second = repository.commit();
        Self { first, second, ..repository }
    }

    pub fn git(&self, args: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@t"])
            .args(args)
            .current_dir(self.bed.path("upstream"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub fn commit(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "x"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// A project of a list of target projects.
    pub fn entry(&self, name: &str, revision: &str, rest: &str) -> String {
        let repository = self.bed.word("upstream");
        format!(
            "[[project]]\ngroup = \"sway\"\nname = \"{name}\"\nrepository = \"{repository}\"\nrevision = \"{revision}\"\n{rest}\n"
        )
    }

    pub fn list(&self, entries: &[String]) -> String {
        self.bed.write("target/suite.toml", &entries.concat());
        self.bed.word("target/suite.toml")
    }

    pub fn run(&self, entries: &[String], args: &[&str]) -> Run {
        let list = self.list(entries);
        self.bed.run(&[&["--suite", &list], args].concat())
    }
}
