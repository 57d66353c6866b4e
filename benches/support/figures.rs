//! The figures that the benches measure: printed as Markdown, and kept in a file of the book when `--update` is given.
//!
//! A bench has parts. Each of them takes minutes, so they are measured one by one, and each stands in the file with the
//! date, the commit, the machine and the command that it was measured with. A part that is measured replaces its
//! predecessor at once; the others stay as they are. A chapter includes the whole file, or one part by its anchor:
//! `{{#include figures/harness.md:cadence}}`.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use forc_perf::os::Interrupt;
use forc_perf::os::environment;
use forc_perf::os::git::Repository;

/// Whatever ends a bench.
pub type Error = Box<dyn std::error::Error>;

/// Where the book has the files, from the root of the package.
const FOLDER: &str = "docs/book/src/figures";
/// What starts a bench of this name.
const COMMAND: &str = "cargo bench --profile release --bench";
/// The option that has the file written.
pub const UPDATE: &str = "--update";
/// The lines around a part, as mdBook wants them for an include.
const BEGIN: &str = "<!-- ANCHOR: ";
const END: &str = "<!-- ANCHOR_END: ";
const CLOSE: &str = " -->";

/// The words that a bench was started with, without what cargo and [`UPDATE`] add.
pub fn words() -> Vec<String> {
    std::env::args().skip(1).filter(|word| word != "--bench" && word != UPDATE).collect()
}

/// The exit code of a bench that ended like this; an error is written to stderr.
pub fn exit(ended: Result<(), Error>) -> ExitCode {
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(4)
        }
    }
}

/// The figures of one bench.
pub struct Figures {
    bench: &'static str,
    /// The names of the parts, in the order of the file.
    parts: &'static [&'static str],
    /// The file to be written, if it is to be.
    file: Option<PathBuf>,
    /// What was measured with, beside the machine.
    with: String,
    /// Whether the tree had no other changes when the bench began: the files themselves are written between two parts.
    commit: String,
}

impl Figures {
    /// Those of the bench of this name. A program that is not optimised is an error, and with `--update` a file that cannot
    /// be kept, now rather than after minutes of measuring.
    pub fn new(bench: &'static str, parts: &'static [&'static str]) -> Result<Self, Error> {
        // The bench profile, which is for a quick start of `cargo bench`, sets this for forc-perf.
        if cfg!(debug_assertions) {
            return Err(format!("{bench} measures the optimised program: {COMMAND} {bench}").into());
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let update = std::env::args().any(|word| word == UPDATE);
        let file = update.then(|| root.join(FOLDER).join(format!("{bench}.md")));
        let figures = Self { bench, parts, file, with: String::new(), commit: commit(root) };
        if let Some(file) = &figures.file {
            read(file)?;
        }
        Ok(figures)
    }

    /// Names a tool that the figures depend on.
    pub fn with(&mut self, tool: &str) {
        self.with = format!("{}, {tool}", self.with);
    }

    /// Measures a part: `measure` writes it to the page. It is in the file as soon as it is complete; a part that ended
    /// with an error leaves the file as it was.
    pub fn part(
        &self,
        name: &'static str,
        title: &str,
        measure: impl FnOnce(&mut Page) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if !self.parts.contains(&name) {
            return Err(format!("`{name}` is no part of {}", self.bench).into());
        }
        let started = Instant::now();
        let mut page = Page::default();
        page.line(&format!("### {title}"));
        page.text(&format!(
            "*{} at {} on {}{}, by `{}`.*",
            jiff::Timestamp::now().strftime("%Y-%m-%d"),
            self.commit,
            machine(),
            self.with,
            self.command()
        ));
        measure(&mut page).map_err(|error| format!("{name}: {error}"))?;
        println!();
        eprintln!("{name}: {:.0} s", started.elapsed().as_secs_f64());
        match &self.file {
            Some(file) => self.write(file, name, page.markdown),
            None => Ok(()),
        }
    }

    /// How this bench was started. A path is a matter of this machine: only its last part is told.
    fn command(&self) -> String {
        let mut command = format!("{COMMAND} {}", self.bench);
        for (index, word) in words().iter().enumerate() {
            let path = Path::new(word);
            let word = match path.file_name() {
                Some(name) if path.exists() => name.to_string_lossy().into_owned(),
                _ => word.clone(),
            };
            command.push_str(if index == 0 { " -- " } else { " " });
            command.push_str(&word);
        }
        command
    }

    fn write(&self, file: &Path, name: &str, markdown: String) -> Result<(), Error> {
        let mut parts = read(file)?;
        parts.insert(name.to_owned(), markdown);
        let mut text = format!(
            "<!-- Written by `{COMMAND} {} -- {UPDATE}`; what is written here by hand is lost. -->\n",
            self.bench
        );
        let mut missing = Vec::new();
        for part in self.parts {
            match parts.remove(*part) {
                Some(markdown) => {
                    // A comment right below a table could be taken for one of its rows.
                    let markdown = markdown.trim_end();
                    text.push_str(&format!("\n{BEGIN}{part}{CLOSE}\n{markdown}\n\n{END}{part}{CLOSE}\n"));
                }
                None => missing.push(*part),
            }
        }
        let folder = file.parent().ok_or("the file has no folder")?;
        fs::create_dir_all(folder)?;
        // In one step, so that a bench that is stopped leaves a whole file.
        let mut new = tempfile::Builder::new().prefix(".figures-").tempfile_in(folder)?;
        new.write_all(text.as_bytes())?;
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        fs::set_permissions(new.path(), permissions)?;
        new.persist(file)?;
        eprintln!("{name} is in {}", file.display());
        if !missing.is_empty() {
            eprintln!("not in it yet: {}", missing.join(", "));
        }
        for dropped in parts.keys() {
            eprintln!("`{dropped}`, which the bench measures no more, has been removed from it");
        }
        Ok(())
    }
}

/// The parts of a file that is there; none of one that is not.
fn read(file: &Path) -> Result<BTreeMap<String, String>, Error> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(format!("{}: {error}", file.display()).into()),
    };
    parse(&text).map_err(|error| format!("{}: {error}", file.display()).into())
}

fn parse(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut parts = BTreeMap::new();
    let mut open: Option<(String, String)> = None;
    for (number, line) in text.lines().enumerate() {
        let name = |mark: &str| line.strip_prefix(mark)?.strip_suffix(CLOSE).map(str::to_owned);
        match (&mut open, name(BEGIN), name(END)) {
            (None, Some(name), _) => open = Some((name, String::new())),
            (Some((own, markdown)), _, Some(name)) if *own == name => {
                parts.insert(name, std::mem::take(markdown));
                open = None;
            }
            (Some((_, markdown)), None, None) => {
                markdown.push_str(line);
                markdown.push('\n');
            }
            (None, None, None) if line.is_empty() || (number == 0 && line.starts_with("<!-- Written by ")) => {}
            _ => return Err(format!("line {} is in no part, and would be lost; remove it first", number + 1)),
        }
    }
    match open {
        Some((name, _)) => Err(format!("the part `{name}` has no end")),
        None => Ok(parts),
    }
}

/// The commit that is measured, and whether anything beside the figures' own files differs from it.
fn commit(root: &Path) -> String {
    let interrupt = Interrupt::new();
    let repository = Repository::around(root, &interrupt);
    let Ok(id) = repository.git(["rev-parse", "--short=10", "HEAD"]) else { return "no commit".to_owned() };
    let others = format!(":(exclude,top){FOLDER}");
    let changes = repository.git(["status", "--porcelain", "--", ":/", &others]);
    let mark = if changes.is_ok_and(|changes| changes.is_empty()) { "" } else { " with changes" };
    format!("commit {}{mark}", String::from_utf8_lossy(&id).trim())
}

/// What the machine is, in a few words.
fn machine() -> String {
    let machine = environment::observe();
    let brand = machine.cpus.first().map(|cpu| cpu.brand.clone()).filter(|brand| !brand.is_empty());
    let mut words = vec![brand.unwrap_or(machine.arch)];
    words.push(format!("{} logical processors", machine.cpus.len()));
    words.push(format!("{:.0} GiB", machine.total_memory as f64 / f64::from(1 << 30)));
    words.extend(machine.kernel.map(|kernel| format!("Linux {kernel}")));
    if machine.virtual_machine == Some(true) {
        words.push("virtual".to_owned());
    }
    words.extend(machine.load.map(|load| format!("load {:.1} before", load.one)));
    words.join(", ")
}

/// A part as it is written: printed at once, and kept.
#[derive(Default)]
pub struct Page {
    markdown: String,
}

impl Page {
    /// A line.
    fn line(&mut self, line: &str) {
        println!("{line}");
        self.markdown.push_str(line);
        self.markdown.push('\n');
    }

    /// A paragraph.
    pub fn text(&mut self, text: &str) {
        self.line("");
        self.line(text);
    }

    /// A heading within the part.
    pub fn heading(&mut self, title: &str) {
        self.text(&format!("#### {title}"));
    }

    /// The head of a table; its rows follow.
    pub fn head(&mut self, columns: &[impl AsRef<str>]) {
        self.line("");
        self.row(columns);
        self.line(&format!("|{}", "---|".repeat(columns.len())));
    }

    /// A row of a table.
    pub fn row(&mut self, cells: &[impl AsRef<str>]) {
        let cells: Vec<String> = cells.iter().map(|cell| cell.as_ref().replace('|', "\\|")).collect();
        self.line(&format!("| {} |", cells.join(" | ")));
    }
}
