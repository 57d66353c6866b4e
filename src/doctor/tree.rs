//! The files of `/proc` and `/sys`, below a given root.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The kernel's files that are read here are far shorter than this.
const LONGEST: u64 = 1024 * 1024;

/// A tree with `proc` and `sys` in it.
pub struct Tree {
    root: PathBuf,
}

impl Tree {
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Whether this is the machine that the harness runs on, and not a tree that was copied or made up.
    pub fn is_this_machine(&self) -> bool {
        self.root == Path::new("/")
    }

    /// The content of a file, without white space around it; `None` if it does not exist or cannot be read.
    pub fn text(&self, path: &str) -> Option<String> {
        let file = File::open(self.root.join(path)).ok()?;
        // Reading a pipe could block for ever.
        file.metadata().ok().filter(std::fs::Metadata::is_file)?;
        let mut bytes = Vec::new();
        file.take(LONGEST).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).trim().to_owned())
    }

    /// The number in a file.
    pub fn number(&self, path: &str) -> Option<u64> {
        self.text(path)?.parse().ok()
    }

    /// The value after `name` in a file of lines `name: value`.
    pub fn field(&self, path: &str, name: &str) -> Option<String> {
        let text = self.text(path)?;
        let mut fields = text.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(field, _)| field.trim() == name).map(|(_, value)| value.trim().to_owned())
    }
}

/// The numbers of a list as the kernel writes it: `0-3,8,10-11`. What is not a number or a range is left out.
pub fn numbers(list: &str) -> Vec<usize> {
    /// More processors than any kernel supports.
    const MOST: usize = 65_536;
    let range = |part: &str| -> Option<std::ops::RangeInclusive<usize>> {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        (first <= last && last < MOST).then_some(first..=last)
    };
    list.split(',').filter_map(range).flatten().take(MOST).collect()
}
