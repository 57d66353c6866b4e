//! Where forc and whoever measures it run, and the proof that they do.

use std::fs;
use std::path::Path;

use forc_perf::collector::{Invocation, Restriction, Split, allowed};

use crate::figures::Error;

/// Which processors forc has, and which whoever measures it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Processors of their own, as `run` has it by default. Another tool cannot be told from what it starts: both have
    /// forc's, as `taskset` would give them.
    Apart,
    /// Wherever the system likes.
    Free,
    /// All on one processor.
    OneCore,
}

impl Placement {
    /// The words for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Apart => "forc and harness apart",
            Self::Free => "free",
            Self::OneCore => "all on one processor",
        }
    }

    /// The processors; an error where the machine has too few.
    pub fn processors(self) -> Result<Processors, Error> {
        let all = allowed().ok_or("this platform does not tell where a thread may run")?;
        let split = Split::of_this_machine();
        Ok(match (self, split) {
            (Self::Apart, Some(split)) => Processors { forc: split.forc, harness: split.harness },
            (Self::Apart, None) => return Err("one processor cannot be split".into()),
            (Self::Free, _) => Processors { forc: all.clone(), harness: all },
            (Self::OneCore, _) => {
                let first = all.first().map(|first| vec![*first]).ok_or("there is no processor")?;
                Processors { forc: first.clone(), harness: first }
            }
        })
    }
}

/// The two sets, in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Processors {
    /// Those of forc.
    pub forc: Vec<usize>,
    /// Those of whoever measures it.
    pub harness: Vec<usize>,
}

impl Processors {
    /// How the collector is told of them: two sets that differ are its own affair, one set is its caller's.
    pub fn split(&self) -> Option<Split> {
        (self.forc != self.harness).then(|| Split { forc: self.forc.clone(), harness: self.harness.clone() })
    }

    /// Restricts the calling thread to forc's, so that what it starts runs there.
    pub fn for_spawning(&self) -> Restriction {
        Restriction::to(&self.forc)
    }
}

/// A program that writes down where it may run, and where the threads may that collect it.
pub struct Probe {
    folder: tempfile::TempDir,
}

impl Probe {
    /// A probe that writes into a folder of its own.
    pub fn new() -> Result<Self, Error> {
        Ok(Self { folder: tempfile::tempdir()? })
    }

    /// The probe as something to be run; `patient` gives the threads of its parent the time to get to their places.
    pub fn invocation(&self, patient: bool) -> Invocation {
        let look = "for task in /proc/$PPID/task/*; do read -r name < $task/comm; case $name in forc-perf*) \
                    grep Cpus_allowed_list $task/status;; esac; done > threads";
        let own = "grep Cpus_allowed_list /proc/self/status > own";
        let script = if patient { format!("sleep 0.3; {look}; {own}") } else { own.to_owned() };
        Invocation {
            program: "/bin/sh".into(),
            args: vec!["-c".into(), script.into()],
            env: Vec::new(),
            folder: self.folder.path().to_owned(),
        }
    }

    /// Takes what the probe wrote, and says so where it is not what `expected` says.
    pub fn check(&self, what: &str, expected: &Processors, patient: bool) -> Result<(), Error> {
        let own = take_lists(&self.folder.path().join("own"))?;
        if own != [expected.forc.clone()] {
            return Err(wrong(what, "forc", &own, &expected.forc));
        }
        if patient {
            let threads = take_lists(&self.folder.path().join("threads"))?;
            if threads.iter().any(|thread| *thread != expected.harness) {
                return Err(wrong(what, "the harness's threads", &threads, &expected.harness));
            }
        }
        Ok(())
    }
}

/// Says so where the calling thread may not run where it should: somebody has left a restriction.
pub fn assert_own(expected: &[usize], what: &str) -> Result<(), Error> {
    match allowed() {
        Some(own) if own == expected => Ok(()),
        own => Err(wrong(what, "the bench's own thread", &own.into_iter().collect::<Vec<_>>(), expected)),
    }
}

fn wrong(what: &str, who: &str, found: &[Vec<usize>], expected: &[usize]) -> Error {
    format!(
        "{what}: {who} should be allowed on the processors {expected:?} and is on {found:?}; no figure would be true"
    )
    .into()
}

/// The processors in a file of `Cpus_allowed_list` lines, which is removed: an older one must not be taken for the next.
fn take_lists(file: &Path) -> Result<Vec<Vec<usize>>, Error> {
    let text = fs::read_to_string(file).map_err(|error| format!("the probe wrote no {}: {error}", file.display()))?;
    fs::remove_file(file)?;
    text.lines().map(|line| list(line.split_once(':').map_or("", |(_, list)| list.trim()))).collect()
}

/// The numbers of a list such as `0-2,5`.
fn list(text: &str) -> Result<Vec<usize>, Error> {
    let mut numbers = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        numbers.extend(first.parse::<usize>()?..=last.parse::<usize>()?);
    }
    Ok(numbers)
}
