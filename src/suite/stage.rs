//! A copy of a project to build in, so that the project's own folder stays as it is.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};
use walkdir::{DirEntry, WalkDir};

use crate::model::OutputFile;
use crate::os::scratch::{Scratch, ScratchError};
use crate::text::hex;

use super::bounds::{Bounds, Outside};
use super::manifest::{self, MANIFEST};
use super::packages::packages;

/// Folders beside a manifest that hold no source: forc's output, other tools' output, histories. Deeper down they may be
/// modules.
const LEFT_OUT: [&str; 4] = ["out", "target", "node_modules", ".git"];

/// The dependencies that forc has resolved for a project.
const LOCK: &str = "Forc.lock";

/// The beginning of the names of files with debug symbols.
const DEBUG_SYMBOLS: &str = "debug_symbols.";

/// A project's folder and all that it depends on by path, copied to where forc may write.
///
/// forc writes `Forc.lock` beside the manifest and its output below it, even if a build fails, and the harness may be killed
/// before it can clean up. So forc never sees the project itself. Everything is below the stage's root at its full original
/// path, so that relative paths between packages stay valid.
#[derive(Debug)]
pub struct Stage {
    root: Scratch,
    project: PathBuf,
    fingerprint: String,
}

/// Why a project could not be copied.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// Something of it cannot be read.
    #[error("cannot read {} to build a copy of the project: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something of it leads out of its bounds.
    #[error(transparent)]
    Outside(#[from] Outside),
    /// There is nowhere to copy it to.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// The copy cannot be written.
    #[error(
        "cannot write {}, where a copy of the project is built: {source}; TMPDIR may name another folder", path.display()
    )]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn read_error(path: &Path) -> impl FnOnce(io::Error) -> StageError {
    move |source| StageError::Read { path: path.to_owned(), source }
}

fn write_error(path: &Path) -> impl FnOnce(io::Error) -> StageError {
    move |source| StageError::Write { path: path.to_owned(), source }
}

impl Stage {
    /// Copies the project in `folder`, which may read what is within `bounds`.
    ///
    /// # Errors
    /// If a file cannot be read or written, or a link or a path dependency leads out of the bounds.
    pub fn new(folder: &Path, bounds: &Bounds) -> Result<Self, StageError> {
        let folder = folder.canonicalize().map_err(read_error(folder))?;
        let root = Scratch::new()?;
        // The temporary folder itself may be reached through a link, which forc would resolve.
        let base = root.path().canonicalize().map_err(read_error(root.path()))?;
        let (packages, outside) = packages(&folder, bounds);
        outside.map_or(Ok(()), Err)?;
        for package in &packages {
            copy_folder(package, &below(&base, package), &LEFT_OUT, bounds)?;
        }
        // Relative to the folder that contains them all: the location on the disk does not make another program.
        let all = below(&base, &common(&packages));
        let fingerprint = fingerprint(&all).map_err(read_error(&all))?;
        Ok(Self { project: below(&base, &folder), root, fingerprint })
    }

    /// SHA-256 of what was copied, names and contents: 64 hexadecimal digits, the same as long as nothing changes that a
    /// compiler reads. Texts for people and the metadata for forc-perf are left out, except its arguments.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Identifies the program that was built: the fingerprint, and the commits and releases that forc has resolved for the
    /// dependencies that it fetches, once it has built the project. Without the std, which comes with the compiler.
    pub fn program(&self) -> String {
        let above = self.project.ancestors().take_while(|above| above.starts_with(self.root.path()));
        let lock = above.map(|above| above.join(LOCK)).find_map(|lock| fs::read_to_string(lock).ok());
        let fetched = lock.map(|lock| fetched(&lock)).unwrap_or_default();
        if fetched.is_empty() {
            return self.fingerprint.clone();
        }
        hex(&Sha256::digest(format!("{}\n{}", self.fingerprint, fetched.join("\n"))))
    }

    /// Removes what builds have written, below the project's folder.
    pub fn clear_outputs(&self) {
        for folder in self.output_folders() {
            let _ = fs::remove_dir_all(folder);
        }
    }

    /// The files that a build wrote: bytecode, ABI, storage slots, roots. In the order of their paths, which are relative
    /// to the project's folder. Files that cannot be read are left out, and so are debug symbols, which are not deployed.
    pub fn outputs(&self) -> Vec<OutputFile> {
        let files = self.output_folders().into_iter().flat_map(|folder| WalkDir::new(folder).sort_by_file_name());
        let mut outputs: Vec<OutputFile> = files
            .filter_map(|entry| {
                let entry = entry.ok().filter(|entry| entry.file_type().is_file())?;
                if entry.file_name().to_string_lossy().starts_with(DEBUG_SYMBOLS) {
                    return None;
                }
                let content = fs::read(entry.path()).ok()?;
                let path = entry.path().strip_prefix(&self.project).ok()?.to_str()?.to_owned();
                Some(OutputFile { path, size: content.len() as u64, sha256: hex(&Sha256::digest(&content)) })
            })
            .collect();
        outputs.sort_by(|a, b| a.path.cmp(&b.path));
        outputs
    }

    /// The folders `out` of the project and of the packages in it.
    fn output_folders(&self) -> Vec<PathBuf> {
        let mut folders = Vec::new();
        let mut walk = WalkDir::new(&self.project).into_iter();
        while let Some(entry) = walk.next() {
            let Ok(entry) = entry else { continue };
            let beside_manifest = || entry.path().with_file_name(MANIFEST).is_file();
            if entry.file_type().is_dir() && entry.file_name() == "out" && beside_manifest() {
                folders.push(entry.into_path());
                walk.skip_current_dir();
            }
        }
        folders
    }

    /// The copy of the project's folder.
    pub fn project(&self) -> &Path {
        &self.project
    }

    /// A folder beside the copies, for files of ours.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// A text of the compiler with the copies' paths turned back into those of the originals.
    pub fn restore_paths(&self, text: &str) -> String {
        let base = self.root.path().canonicalize().unwrap_or_else(|_| self.root.path().to_owned());
        text.replace(&*base.to_string_lossy(), "")
    }
}

/// The packages of a `Forc.lock` that forc fetches, each with where from and at which commit, sorted.
fn fetched(lock: &str) -> Vec<String> {
    #[derive(Deserialize)]
    struct Lock {
        #[serde(default)]
        package: Vec<Locked>,
    }
    #[derive(Deserialize)]
    struct Locked {
        name: String,
        source: Option<String>,
    }
    let Ok(lock) = toml::from_str::<Lock>(lock) else { return Vec::new() };
    let is_fetched = |source: &String| !source.starts_with("path+") && source != "member" && source != "root";
    let mut fetched: Vec<String> = lock
        .package
        .into_iter()
        .filter(|package| package.name != "std" && package.name != "core")
        .filter_map(|package| Some(format!("{} {}", package.name, package.source.filter(is_fetched)?)))
        .collect();
    fetched.sort();
    fetched
}

/// The nearest folder that holds all of these.
fn common(folders: &BTreeSet<PathBuf>) -> PathBuf {
    let first = folders.first().map(PathBuf::as_path).unwrap_or(Path::new("/"));
    let holds_all = |above: &&Path| folders.iter().all(|folder| folder.starts_with(above));
    first.ancestors().find(holds_all).unwrap_or(first).to_owned()
}

/// SHA-256 of a folder's files, names and contents, in the order of their paths.
fn fingerprint(folder: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    let is_hidden = |entry: &DirEntry| entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with('.');
    for entry in WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(|entry| !is_hidden(entry)) {
        let entry = entry?;
        if entry.file_type().is_file() && !is_for_people(&entry) {
            let name = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            let mut content = fs::read(entry.path())?;
            if entry.file_name() == MANIFEST {
                content = manifest::for_compilers(content);
            }
            // Lengths between the parts: bytes that move from one to the next must change the hash.
            for part in [name.as_os_str().as_encoded_bytes(), &content] {
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part);
            }
        }
    }
    Ok(hex(&hash.finalize()))
}

/// Whether a file is not for compilers: a README, a licence, settings of an editor or of git.
fn is_for_people(file: &DirEntry) -> bool {
    let name = file.file_name().to_string_lossy().to_lowercase();
    let is_about = ["readme", "license", "licence", "changelog"].iter().any(|about| name.starts_with(about));
    name.starts_with('.') || name.ends_with(".md") || name.ends_with('~') || is_about
}

/// The place of an absolute path below `root`.
fn below(root: &Path, path: &Path) -> PathBuf {
    let parts = path.components().filter(|part| matches!(part, Component::Normal(_)));
    parts.fold(root.to_owned(), |at, part| at.join(part))
}

fn copy_folder(from: &Path, to: &Path, left_out: &[&str], bounds: &Bounds) -> Result<(), StageError> {
    fs::create_dir_all(to).map_err(write_error(to))?;
    for entry in fs::read_dir(from).map_err(read_error(from))? {
        let entry = entry.map_err(read_error(from))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if left_out.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        // Links are followed, as forc reads through them.
        let Ok(metadata) = fs::metadata(&path) else { continue };
        let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
        if is_link {
            bounds.check(&path)?;
        }
        if metadata.is_file() {
            // Opened first: the error of a copy does not say which of the two files failed.
            let mut source = File::open(&path).map_err(read_error(&path))?;
            let mut copy = File::create(&target).map_err(write_error(&target))?;
            io::copy(&mut source, &mut copy).map_err(write_error(&target))?;
        } else if metadata.is_dir() {
            let another_package = path.join(MANIFEST).is_file();
            let real = path.canonicalize().map_err(read_error(&path))?;
            let link_back = is_link && from.starts_with(real);
            if !another_package && !link_back {
                copy_folder(&path, &target, &[], bounds)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(folder: &Path) -> Bounds {
        Bounds::within(folder, &[])
    }

    fn write(path: PathBuf, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn what_a_project_needs_by_path_comes_along_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        write(at("ws/Forc.toml"), "[workspace]\nmembers = [\"a\", \"b\"]");
        write(at("ws/a/Forc.toml"), "[project]\nname = \"a\"\n[dependencies]\nlib = { path = \"../../lib\" }");
        write(at("ws/a/src/main.sw"), "script;");
        write(at("ws/a/out/debug/a.bin"), "old");
        write(at("ws/a/src/out/module.sw"), "library;");
        write(at("ws/b/Forc.toml"), "[project]\nname = \"b\"");
        write(at("lib/Forc.toml"), "[project]\nname = \"lib\"\n[dependencies]\na = { path = \"../ws/a\" }");
        write(at("other/Forc.toml"), "[project]\nname = \"other\"");
        let stage = Stage::new(&at("ws/a"), &within(folder.path())).unwrap();
        let copy = stage.project();
        assert_eq!(fs::read_to_string(copy.join("src/main.sw")).unwrap(), "script;");
        assert!(copy.join("../../lib/Forc.toml").is_file(), "a path dependency");
        assert!(copy.join("../b/Forc.toml").is_file() && copy.join("../Forc.toml").is_file(), "its workspace");
        assert!(copy.join("src/out/module.sw").is_file(), "a module that is called as forc's output");
        stage.clear_outputs();
        assert!(copy.join("src/out/module.sw").is_file(), "it is no output");
        assert!(!copy.join("out").exists() && !copy.join("../../other").exists());
    }

    #[test]
    fn messages_speak_of_the_original() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path().join("Forc.toml"), "[project]\nname = \"a\"");
        let stage = Stage::new(folder.path(), &within(folder.path())).unwrap();
        let text = format!("error: {}/src/main.sw:1", stage.project().display());
        let original = folder.path().canonicalize().unwrap();
        assert_eq!(stage.restore_paths(&text), format!("error: {}/src/main.sw:1", original.display()));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone");
        let error = Stage::new(&gone, &within(folder.path())).unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot read {}", gone.display())), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_folder_above_is_not_followed_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path().join("Forc.toml"), "[project]\nname = \"a\"");
        std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
        Stage::new(folder.path(), &within(folder.path())).unwrap();
    }

    #[test]
    fn what_leads_out_of_the_bounds_is_not_copied() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        write(at("secret/id_rsa"), "KEY");
        write(at("secret/Forc.toml"), "[project]\nname = \"secret\"");
        write(at("repository/.git/config"), "token");
        let outside = |prepare: &dyn Fn(&Path)| {
            let project = at("repository/p");
            let _ = fs::remove_dir_all(&project);
            write(project.join("Forc.toml"), "[project]\nname = \"p\"");
            fs::create_dir_all(project.join("src")).unwrap();
            prepare(&project);
            let stage = Stage::new(&project, &Bounds::around(&project, &[]));
            matches!(stage, Err(StageError::Outside(_)))
        };
        let link = |to: &'static str, from: &'static str| {
            move |project: &Path| std::os::unix::fs::symlink(to, project.join(from)).unwrap()
        };
        assert!(!outside(&|_| ()));
        assert!(outside(&link("../../../secret/id_rsa", "src/main.sw")));
        assert!(outside(&link("../../secret", "extra")));
        assert!(outside(&link("../.git", "history")), "credentials of the repository");
        assert!(!outside(&link("../../../secret/gone", "src/main.sw")), "nothing is there to be read");
        let needs = |path: &'static str| {
            move |project: &Path| {
                let text = format!("[project]\nname = \"p\"\n[dependencies]\ns = {{ path = \"{path}\" }}");
                write(project.join("Forc.toml"), &text);
            }
        };
        assert!(outside(&needs("../../secret")));
        let takes = |url: String| {
            move |project: &Path| {
                let text =
                    format!("[project]\nname = \"p\"\n[dependencies]\ns = {{ git = \"{url}\", branch = \"b\" }}");
                write(project.join("Forc.toml"), &text);
            }
        };
        assert!(outside(&takes(format!("file://{}", at("secret").display()))), "a repository on this disk");
        assert!(outside(&takes("../../secret".to_owned())));
        assert!(
            !outside(&takes("https://example.org/secret".to_owned()))
                && !outside(&takes("git@example.org:x".to_owned()))
        );
        assert!(outside(&|project| {
            std::os::unix::fs::symlink("../../secret", project.join("near")).unwrap();
            needs("near")(project);
        }));
    }

    #[test]
    fn a_workspaces_patch_is_found_from_its_members_folders() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        let patch = "[patch.'https://example.org/lib']\nlib = { path = \"../../lib\" }";
        write(at("deep/ws/Forc.toml"), &format!("[workspace]\nmembers = [\"a\"]\n{patch}"));
        write(at("deep/ws/a/Forc.toml"), "[project]\nname = \"a\"");
        write(at("deep/lib/Forc.toml"), "[project]\nname = \"lib\"");
        let stage = Stage::new(&at("deep/ws"), &within(folder.path())).unwrap();
        assert!(stage.project().join("a/../../lib/Forc.toml").is_file());
    }

    #[test]
    fn a_fingerprint_tells_what_a_compiler_reads() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        let manifest = |about: &str| format!("[project]\nname = \"a\"\n[project.metadata.forc-perf]\n{about}");
        write(at("Forc.toml"), &manifest("description = \"x\""));
        write(at("src/main.sw"), "script;");
        let fingerprint = || Stage::new(folder.path(), &within(folder.path())).unwrap().fingerprint().to_owned();
        let first = fingerprint();
        let elsewhere = tempfile::tempdir().unwrap();
        let moved = elsewhere.path().join("deeper/down");
        write(moved.join("Forc.toml"), &manifest("description = \"x\""));
        write(moved.join("src/main.sw"), "script;");
        let stage = Stage::new(&moved, &within(elsewhere.path())).unwrap();
        assert_eq!(stage.fingerprint(), first, "wherever it lies");
        write(at("README.md"), "what it is");
        write(at(".gitignore"), "out");
        write(at("Forc.toml"), &manifest("description = \"y\"\ntags = [\"z\"]"));
        assert_eq!(fingerprint(), first, "it is the same program");
        let mut known = vec![first];
        for (path, text) in [
            ("src/main.sw", "script; fn main() {}"),
            ("src/other.sw", "library;"),
            ("Forc.lock", "[[package]]"),
            ("Forc.toml", &manifest("args = [\"--experimental-x\"]")),
            ("Forc.toml", "[project]\nname = \"b\""),
        ] {
            write(at(path), text);
            let fingerprint = fingerprint();
            assert!(!known.contains(&fingerprint), "{path}");
            known.push(fingerprint);
        }
    }

    #[test]
    fn a_dependency_that_moves_makes_another_program_and_the_compilers_std_does_not() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path().join("Forc.toml"), "[project]\nname = \"a\"");
        let stage = Stage::new(folder.path(), &within(folder.path())).unwrap();
        let with = |std: &str, lib: &str| {
            let lock = format!(
                "[[package]]\nname = \"a\"\nsource = \"member\"\n[[package]]\nname = \"near\"\nsource = \"path+from-root-1\"\n\
                 [[package]]\nname = \"std\"\nsource = \"git+https://example.org/sway#{std}\"\n\
                 [[package]]\nname = \"lib\"\nsource = \"git+https://example.org/lib?branch=master#{lib}\"\n"
            );
            write(stage.project().join("Forc.lock"), &lock);
            stage.program()
        };
        assert_eq!(stage.program(), stage.fingerprint(), "not built yet");
        assert_eq!(with("1", "1"), with("2", "1"));
        assert_ne!(with("1", "1"), with("1", "2"));
    }
}
