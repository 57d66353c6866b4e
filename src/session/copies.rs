//! Copies of the compilers, all made in the same way. The harness runs these instead of the originals.
//!
//! The cost of a program depends on how its file got into memory. Linux keeps a file in pieces (folios) whose sizes
//! depend on how it was written or read, and maps a whole piece at once, or 64 KiB of it. One forc 0.72.1 with 12 to 20 ms
//! of CPU time per build, on a file system with large folios (ext4, Linux 6.18), medians of 100 interleaved builds each:
//!
//! | how the file got into memory | faults | peak, MB | CPU time against the first row |
//! |---|---|---|---|
//! | written, 64 KiB at a time, 5 copies | 890–891 | 23.9–24.0 | ± 0.6 % among themselves |
//! | the same, 128 KiB at a time, 5 copies | 832–834 | 25.2–25.3 | −3 % |
//! | the same, 1 MiB at a time, 5 copies | 842–872 | 28.4–28.5 | −10 % |
//! | evicted, and read front to back, 5 copies | 872–878 | 24.1–24.2 | −4 %, differing by 3 % |
//! | evicted, and read in pages; a memory file; `/dev/shm` | 974–978 | 22.8 | +17 to +29 %, depending on the memory it got |
//!
//! Therefore every compiler is copied into one folder by the same calls, in pieces of 64 KiB. The system finds free memory
//! for pieces of that size even when memory is in use, it maps that much at one fault, and their place in memory had no
//! visible effect. Reading a file again, for which the system chooses the sizes, gave less equal files.
//!
//! On a file system that keeps files only in pages, the place in memory has an effect. Therefore the copies are made again
//! from time to time, in random order ([`Copies::renew`]): the effect is then noise in every figure, and does not favour one
//! compiler.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::forc::probe;
use crate::model::Toolchain;
use crate::os::Interrupt;
use crate::os::scratch::Scratch;

/// How much is written at a time.
const PIECE: usize = 64 * 1024;

/// The least age at which copies are made again. To write and sync two forcs takes 0.1 to 0.5 s.
const LIFETIME: Duration = Duration::from_secs(20);

/// Copies are used at least this many times as long as it takes to make them, so that a slow disk does not dominate.
const USE: u32 = 20;

/// The compiler of a copy: its path, and whether it is the control, which gets its own copy.
type Key = (PathBuf, bool);

/// The copies of the compilers of one measurement. They are removed at its end.
#[derive(Debug)]
pub struct Copies {
    /// Their folder; `None` if there is none.
    folder: Option<Scratch>,
    programs: BTreeMap<Key, Program>,
    made: Instant,
    /// How long it took to make them.
    cost: Duration,
    random: fastrand::Rng,
}

/// What is run for a compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// Its copy, which no other program uses.
    Copy(PathBuf),
    /// The compiler itself, if it cannot be copied.
    Itself,
}

impl Copies {
    /// No copies yet. `seed` determines the order in which they are made.
    pub fn new(seed: u64) -> Self {
        Self {
            folder: None,
            programs: BTreeMap::new(),
            made: Instant::now(),
            cost: Duration::ZERO,
            // Another stream than for the order of the runs and for the padding.
            random: fastrand::Rng::with_seed(seed.rotate_left(32)),
        }
    }

    /// Copies these compilers; `true` marks the control. Returns a note for the user about each compiler that runs from its
    /// original place, with the reason.
    pub fn make<'a>(
        &mut self,
        compilers: impl IntoIterator<Item = (&'a Toolchain, bool)>,
        interrupt: &Interrupt,
    ) -> Vec<String> {
        let began = Instant::now();
        let mut known = BTreeSet::new();
        let compilers: Vec<(&Toolchain, bool)> =
            compilers.into_iter().filter(|(toolchain, control)| known.insert((&toolchain.path, *control))).collect();
        let mut notes = Vec::new();
        match Scratch::new() {
            Ok(folder) => self.folder = Some(folder),
            Err(error) => notes.push(in_place("the compilers", &error.to_string())),
        }
        // Each side keeps its path; only the order of writing is random.
        let places: Vec<PathBuf> = (0..compilers.len()).filter_map(|index| self.place(index)).collect();
        let mut order: Vec<usize> = (0..places.len()).collect();
        self.random.shuffle(&mut order);
        for index in order {
            let (toolchain, control) = compilers[index];
            let script = || "it is a script, which may need other files beside it".to_owned();
            let copied = if toolchain.is_script { Err(script()) } else { copy(&toolchain.path, &places[index]) };
            let copied = copied.and_then(|()| answers_alike(toolchain, &places[index], interrupt));
            let program = match copied {
                Ok(()) => Program::Copy(places[index].clone()),
                Err(reason) => {
                    let _ = fs::remove_file(&places[index]);
                    // The note for the base is enough.
                    if !control {
                        notes.push(in_place(&toolchain.path.display().to_string(), &reason));
                    }
                    Program::Itself
                }
            };
            self.programs.insert((toolchain.path.clone(), control), program);
        }
        self.made = Instant::now();
        self.cost = began.elapsed();
        notes
    }

    /// The path of the copy with this number. All of these paths have the same length.
    fn place(&self, index: usize) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.path().join(format!("{index:03}")).join("forc"))
    }

    /// The program to run for the compiler at `path`.
    pub fn program(&self, path: &Path, control: bool) -> Program {
        self.programs.get(&(path.to_owned(), control)).cloned().unwrap_or(Program::Itself)
    }

    /// Makes the copies again if they are old, in random order. If one cannot be made, the existing ones stay.
    pub fn renew(&mut self) {
        if self.made.elapsed() >= LIFETIME.max(USE * self.cost) {
            self.renew_now();
        }
    }

    fn renew_now(&mut self) {
        let began = Instant::now();
        let mut copies: Vec<PathBuf> = self
            .programs
            .values()
            .filter_map(|program| match program {
                Program::Copy(path) => Some(path.clone()),
                Program::Itself => None,
            })
            .collect();
        self.random.shuffle(&mut copies);
        // All new ones before any old one is removed: otherwise each would get the memory that its predecessor just freed.
        let drafts: Vec<(PathBuf, PathBuf)> =
            copies.into_iter().map(|path| (path.with_file_name("next"), path)).collect();
        if drafts.iter().all(|(draft, path)| copy(path, draft).is_ok()) {
            for (draft, path) in &drafts {
                let _ = fs::rename(draft, path);
            }
        }
        for (draft, _) in &drafts {
            let _ = fs::remove_file(draft);
        }
        self.made = Instant::now();
        self.cost = began.elapsed();
    }

    /// The output of a compiler with the paths of the copies replaced by those of the originals.
    pub fn restore_paths(&self, text: &str) -> String {
        self.programs.iter().fold(text.to_owned(), |text, ((path, _), program)| match program {
            Program::Copy(copy) => text.replace(&*copy.to_string_lossy(), &path.to_string_lossy()),
            Program::Itself => text,
        })
    }
}

fn in_place(what: &str, reason: &str) -> String {
    format!(
        "{what} cannot be run from a copy made like the others: {reason}; how its file got into memory may affect the \
         figures, most of all those of short builds"
    )
}

fn cannot_write(path: &Path, error: &io::Error) -> String {
    format!("{} cannot be written ({error}; TMPDIR may name another folder)", path.display())
}

/// Copies the program at `from` to `to`. The error says why it cannot be run from there.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let read = |error: io::Error| format!("{} cannot be read ({error})", from.display());
    let write = |error: io::Error| cannot_write(to, &error);
    let mut source = File::open(from).map_err(read)?;
    let mut piece = vec![0; PIECE];
    let mut length = fill(&mut source, &mut piece).map_err(read)?;
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(write)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o700);
    let mut target = options.open(to).map_err(write)?;
    while length > 0 {
        target.write_all(&piece[..length]).map_err(write)?;
        length = fill(&mut source, &mut piece).map_err(read)?;
    }
    // Now, not during a run.
    target.sync_all().map_err(write)
}

/// Fills the buffer, or reads until the end: the size of a piece must not depend on how much a single read returns.
fn fill(source: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(length) => filled += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Checks that a copy reports the same version as the compiler. It does not if the program needs files beside it, or if the
/// file system does not allow execution.
fn answers_alike(toolchain: &Toolchain, copy: &Path, interrupt: &Interrupt) -> Result<(), String> {
    match probe::version_of(copy, interrupt) {
        Ok(version) if version == toolchain.version => Ok(()),
        // Nothing will be measured.
        _ if interrupt.requested() => Ok(()),
        Ok(version) => Err(format!("the copy reports forc {version} instead of {}", toolchain.version)),
        Err(error) => Err(format!("the copy does not work ({error})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn toolchain(path: PathBuf, version: &str) -> Toolchain {
        Toolchain { path, version: version.to_owned(), ..testing::report(1).toolchain }
    }

    /// Tests only the copying: the content is not a program.
    fn copied(from: &Path, to: &Path) -> Vec<u8> {
        copy(from, to).unwrap();
        fs::read(to).unwrap()
    }

    #[test]
    fn a_copy_equals_the_original_for_every_length() {
        let folder = tempfile::tempdir().unwrap();
        for length in [1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 7] {
            let content: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
            let from = folder.path().join(format!("{length}"));
            fs::write(&from, &content).unwrap();
            assert_eq!(copied(&from, &folder.path().join(format!("{length}-copy/forc"))), content);
        }
    }

    #[test]
    fn a_program_that_does_not_work_as_a_copy_runs_from_its_place_with_a_note() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("forc");
        fs::write(&path, "\u{7f}ELF, but no program").unwrap();
        let toolchain = toolchain(path.clone(), "0.72.1");
        let mut copies = Copies::new(1);
        let notes = copies.make([(&toolchain, false), (&toolchain, true)], &Interrupt::new());
        assert_eq!(copies.program(&path, false), Program::Itself);
        assert!(notes.len() == 1 && notes[0].contains(&*path.to_string_lossy()), "{notes:?}");
        assert_eq!(copies.program(Path::new("/unknown"), false), Program::Itself);
    }

    #[cfg(unix)]
    #[test]
    fn renewed_copies_are_new_files_with_the_same_content_and_paths() {
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir().unwrap();
        let original = folder.path().join("original");
        fs::write(&original, "a compiler").unwrap();
        let mut copies = Copies::new(1);
        copies.folder = Some(Scratch::new().unwrap());
        for index in 0..2 {
            let place = copies.place(index).unwrap();
            copy(&original, &place).unwrap();
            copies.programs.insert((original.clone(), index == 1), Program::Copy(place));
        }
        let places: Vec<PathBuf> = (0..2).map(|index| copies.place(index).unwrap()).collect();
        let files = || places.iter().map(|place| fs::metadata(place).unwrap().ino()).collect::<Vec<_>>();
        let before = files();
        // The copies are made from the copies: the original may have been rebuilt meanwhile.
        fs::write(&original, "another compiler").unwrap();
        copies.renew();
        assert_eq!(files(), before, "they are not old");
        copies.renew_now();
        let after = files();
        assert!(before.iter().all(|file| !after.contains(file)), "{before:?} {after:?}");
        for place in &places {
            assert_eq!(fs::read_to_string(place).unwrap(), "a compiler");
            assert_eq!(fs::read_dir(place.parent().unwrap()).unwrap().count(), 1);
        }
        assert_eq!(places[0].as_os_str().len(), places[1].as_os_str().len());
        let text = format!("error in {}", places[1].display());
        assert_eq!(copies.restore_paths(&text), format!("error in {}", original.display()));
        drop(copies);
        assert!(!places[0].exists());
    }
}
