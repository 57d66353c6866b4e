//! What the tests share: the stand-in compiler, and a bed to lay a suite in and run the harness on it.

#![allow(dead_code, reason = "each test target uses its own part")]

pub mod repository;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use forc_perf::collector::Invocation;
use forc_perf::model::{Failure, FailureKind, Measured, Report};
use forc_perf::report::file;
use tempfile::TempDir;

/// After this long anything that a test waits for is taken to hang: far longer than any of it takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// The stand-in compiler's source.
const STAND_IN: &str = include_str!("../stand-in/forc.rs");

/// One measurement at a time: two tests of a target that measure at once would be each other's noise, and what is asked of
/// the whole process (its threads, its peak of memory) would be asked of both.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Running a program that may not hang.
pub trait InTime {
    /// Its output, as of [`Command::output`]. It is killed when it takes too long.
    fn in_time(&mut self) -> Output;

    /// Its output. It has to exit with this code.
    #[track_caller]
    fn ends_with(&mut self, code: i32) -> Output {
        let output = self.in_time();
        let [stdout, stderr] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
        assert_eq!(output.status.code(), Some(code), "{stdout}{stderr}");
        output
    }
}

impl InTime for Command {
    fn in_time(&mut self) -> Output {
        self.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = self.spawn().unwrap();
        let pid = child.id();
        let (ended, end) = mpsc::channel::<()>();
        thread::spawn(move || {
            if end.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                signal(pid, libc::SIGKILL);
            }
        });
        let output = child.wait_with_output().unwrap();
        drop(ended);
        output
    }
}

/// A build of a project as the harness starts it.
pub fn invocation(program: &Path, project: &Path) -> Invocation {
    Invocation {
        program: program.to_owned(),
        args: vec!["build".into(), "--path".into(), project.into(), "--profile".into()],
        env: Vec::new(),
        folder: project.to_owned(),
    }
}

/// The stand-in compiler, built when its source is newer than what is there.
///
/// Test targets may run side by side, so one builds while the others wait for its lock.
pub fn stand_in() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stand-in");
        fs::create_dir_all(&folder).unwrap();
        let lock = File::create(folder.join("lock")).unwrap();
        lock.lock().unwrap();
        // Called forc, as the collector tells a compiler from its wrapper by this name.
        let (binary, built_from) = (folder.join("forc"), folder.join("built-from.rs"));
        if !binary.is_file() || text_of(&built_from) != STAND_IN {
            let (fresh, source) = (folder.join("fresh"), folder.join("source.rs"));
            fs::write(&source, STAND_IN).unwrap();
            let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
            let status = Command::new(rustc)
                .args(["--edition", "2024", "-O", "-C", "strip=symbols", "-o"])
                .args([&fresh, &source])
                .status()
                .expect("rustc can be started");
            assert!(status.success(), "the stand-in compiler does not compile");
            // Moved, never written in place: another process may be running the old one.
            fs::rename(&fresh, &binary).unwrap();
            fs::rename(&source, &built_from).unwrap();
        }
        binary
    })
}

/// A copy of the stand-in that a test may take away.
pub fn copy_of_stand_in(to: &Path) -> PathBuf {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    // A hard link where it can be: a file that was just written may be busy while another thread forks.
    if fs::hard_link(stand_in(), to).is_err() {
        fs::copy(stand_in(), to).unwrap();
    }
    to.to_owned()
}

/// The stand-in with a character: another compiler, by its content too.
pub fn stand_in_as(to: &Path, character: &str) -> PathBuf {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    // By another process, for the reason given in `shell_script`.
    let text = r#"cp "$1" "$2" && printf '\nCHARACTER %s' "$3" >> "$2""#;
    let status = Command::new("/bin/sh").args(["-c", text, "sh"]).args([stand_in(), to]).arg(character).status();
    assert!(status.unwrap().success(), "{} cannot be written", to.display());
    to.to_owned()
}

/// Writes an executable shell script.
pub fn shell_script(path: &Path, text: &str) -> PathBuf {
    use std::io::Write;
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    // By another process: whatever this one forks meanwhile, in another test's thread, would hold the file open for writing
    // until it becomes another program, and a file that is open for writing cannot be executed.
    let mut writer = Command::new("/bin/sh")
        .args(["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh"])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    write!(writer.stdin.take().unwrap(), "#!/bin/sh\n{text}\n").unwrap();
    assert!(writer.wait().unwrap().success(), "{} cannot be written", path.display());
    path.to_owned()
}

/// The line of a script that waits until a file is there, or the folder that it was to be in is gone with its test.
pub fn wait_for(file: &Path) -> String {
    let folder = file.parent().unwrap();
    format!("while [ -d '{}' ] && [ ! -e '{}' ]; do sleep 0.05; done", folder.display(), file.display())
}

/// A folder of a test's own: a suite, a cache, a temporary folder and a place to write to.
pub struct Bed {
    folder: TempDir,
}

impl Bed {
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("bed-").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        for name in ["suite", "cache", "tmp", "home"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A path as a word for a script or a command line.
    pub fn word(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Writes a file below the bed.
    pub fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// A project of the suite that the stand-in builds as `script` says.
    pub fn project(&self, place: &str, script: &str) -> PathBuf {
        self.project_with(place, "", script)
    }

    /// The same with more in its manifest.
    pub fn project_with(&self, place: &str, manifest: &str, script: &str) -> PathBuf {
        let name = place.rsplit('/').next().unwrap();
        let manifest = format!(
            "[project]\nname = \"{name}\"\nentry = \"main.sw\"\nlicense = \"Apache-2.0\"\nimplicit-std = false\n{manifest}\n"
        );
        self.write(&format!("suite/{place}/Forc.toml"), &manifest);
        self.write(&format!("suite/{place}/src/main.sw"), "library;\n");
        self.write(&format!("suite/{place}/src/script.txt"), script);
        self.path(&format!("suite/{place}"))
    }

    /// A project that always builds: the others' failures must not keep it from being measured.
    pub fn good_project(&self) {
        self.project("good/good", "package script good\n");
    }

    /// Compilers to be compared: `NAME/forc` for each of these names, which is its character, too. Scripts' `as NAME …`
    /// lines are the difference.
    pub fn compilers(&self, names: &[&str]) {
        for name in names {
            stand_in_as(&self.path(&format!("{name}/forc")), name);
        }
    }

    /// The harness, knowing nothing but the bed: no settings, compilers or caches of the machine.
    pub fn harness(&self) -> Command {
        // Set by cargo for the tests of the package that has the program, only.
        let Some(binary) = option_env!("CARGO_BIN_EXE_forc-perf") else {
            panic!("only forc-perf's own tests have its binary")
        };
        self.command(Path::new(binary))
    }

    /// A program in the bed's folder, with the environment of one that knows nothing but the bed.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let foreign = ["FORC_", "STAND_IN", "FUELUP_", "CRITERION_", "CARGO_TARGET_DIR", "NO_COLOR", "COLUMNS"];
            if foreign.iter().any(|foreign| text.starts_with(foreign)) {
                command.env_remove(&name);
            }
        }
        command
            .env("FORC_PERF_FORC", stand_in())
            .env("FORC_PERF_CACHE", self.path("cache"))
            .env("TMPDIR", self.path("tmp"))
            .env("HOME", self.path("home"))
            .current_dir(self.folder.path());
        command
    }

    /// The words of `forc-perf run` over the suite with two samples, unless `args` say otherwise.
    pub fn run_words(&self, args: &[&str]) -> Vec<String> {
        let mut words = vec!["run".to_owned()];
        let mut default = |flag: &str, value: &str| {
            let given = args.contains(&flag) || flag == "--samples" && args.contains(&"--quick");
            if !given {
                words.extend([flag.to_owned(), value.to_owned()]);
            }
        };
        default("--suite", &self.word("suite"));
        default("--output", &self.word("report.json"));
        default("--samples", "2");
        // Test targets share the machine; all on one processor would only wait for each other.
        default("--pin", "never");
        words.extend(args.iter().map(|arg| (*arg).to_owned()));
        words
    }

    /// Runs `forc-perf run`.
    pub fn run(&self, args: &[&str]) -> Run {
        self.run_with(&[], args)
    }

    /// Runs `forc-perf run` with these variables set.
    pub fn run_with(&self, variables: &[(&str, &str)], args: &[&str]) -> Run {
        let mut command = self.harness();
        command.args(self.run_words(args)).envs(variables.iter().copied());
        let output = command.in_time();
        Run {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            report: file::read(&self.path("report.json")).ok(),
        }
    }

    /// The processes that live on with this bed's environment, the harness's own among them.
    pub fn processes(&self) -> Vec<u32> {
        let mark = self.word("tmp").into_bytes();
        let entries = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
        entries
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|pid| *pid != std::process::id())
            .filter(|pid: &u32| {
                let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
                environment.windows(mark.len()).any(|window| window == mark)
            })
            .collect()
    }

    /// No process and no temporary file of the harness is left.
    #[track_caller]
    pub fn assert_nothing_left(&self) {
        eventually("every process has ended", || self.processes().is_empty());
        let left = self.temporary_files();
        assert!(left.is_empty(), "temporary files are left: {left:?}");
    }

    /// What there is in the temporary folder, but for the user's own folder itself.
    pub fn temporary_files(&self) -> Vec<PathBuf> {
        let all = fs::read_dir(self.path("tmp")).unwrap().map(|entry| entry.unwrap().path());
        let (own, mut files): (Vec<_>, Vec<_>) = all.partition(|path| *path == self.scratch());
        files.extend(own.iter().flat_map(|own| fs::read_dir(own).unwrap().map(|entry| entry.unwrap().path())));
        files
    }

    /// The folder that the harness keeps all its temporary folders in.
    pub fn scratch(&self) -> PathBuf {
        // SAFETY: geteuid has no preconditions.
        self.path(&format!("tmp/forc-perf-{}", unsafe { libc::geteuid() }))
    }
}

/// How a run of the harness went.
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub report: Option<Report>,
}

impl Run {
    #[track_caller]
    pub fn report(&self) -> &Report {
        self.report.as_ref().unwrap_or_else(|| panic!("no report\n{}\n{}", self.stdout, self.stderr))
    }

    #[track_caller]
    pub fn assert_code(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn benchmark(&self, id: &str) -> &Measured {
        let benchmarks = &self.report().benchmarks;
        let known: Vec<_> = benchmarks.iter().map(|benchmark| &benchmark.id).collect();
        benchmarks.iter().find(|benchmark| benchmark.id == id).unwrap_or_else(|| panic!("{id} is none of {known:?}"))
    }

    /// The one failure of a benchmark, which has to be of this kind, to be told in the output with its message, and to
    /// be no run; all runs there are must be good ones.
    #[track_caller]
    pub fn failure(&self, id: &str, kind: FailureKind) -> &Failure {
        let benchmark = self.benchmark(id);
        let [failure] = benchmark.failures.as_slice() else { panic!("{} failures of {id}", benchmark.failures.len()) };
        assert_eq!(failure.kind, kind, "{failure:?}");
        assert!(
            self.stdout.contains(&failure.message),
            "the message is not shown: {}\n{}",
            failure.message,
            self.stdout
        );
        self.assert_runs_are_good();
        failure
    }

    /// No failed build is among the runs of any benchmark.
    #[track_caller]
    pub fn assert_runs_are_good(&self) {
        for run in self.report().benchmarks.iter().flat_map(|benchmark| &benchmark.runs) {
            assert_eq!(run.exit, Some(forc_perf::model::Exit::Code(0)), "{}", run.name);
        }
    }
}

/// What stands in a file, as far as it is written.
pub fn text_of(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

/// Waits until something is so.
#[track_caller]
pub fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "in vain for {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a process is there and has not exited.
pub fn is_running(pid: u32) -> bool {
    state_of_process(pid).is_some_and(|state| state != 'Z' && state != 'X')
}

/// Whether a process waits for something, and uses no processor.
pub fn is_asleep(pid: u32) -> bool {
    state_of_process(pid) == Some('S')
}

/// A process's state as the kernel calls it.
fn state_of_process(pid: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit(')').next()?.trim().chars().next()
}

/// Says that a test could not do its work. Straight to stderr: libtest keeps to itself what a passing test prints.
pub fn not_run(reason: &str) {
    use std::io::Write;
    let name = thread::current().name().unwrap_or_default().to_owned();
    let _ = writeln!(std::io::stderr(), "not run: {name}: {reason}");
}

/// Sends a signal.
pub fn signal(pid: u32, signal: i32) {
    // SAFETY: kill has no preconditions; the process is a child of the caller that has not been waited for.
    let result = unsafe { libc::kill(pid.cast_signed(), signal) };
    assert_eq!(result, 0, "process {pid} cannot be signalled");
}

/// Everything about a folder that a build might change: names, kinds, contents, times of change.
pub fn state_of(folder: &Path) -> Vec<(PathBuf, Vec<u8>, std::time::SystemTime)> {
    let mut state = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.unwrap();
        let metadata = entry.metadata().unwrap();
        let content = if metadata.is_file() { fs::read(entry.path()).unwrap() } else { Vec::new() };
        state.push((entry.path().to_owned(), content, metadata.modified().unwrap()));
    }
    state
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    pub fn of(output: std::process::Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    #[track_caller]
    pub fn assert_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// It failed with one sentence that has these words.
    #[track_caller]
    pub fn assert_error(self, code: i32, words: &[&str]) {
        let ended = self.assert_code(code);
        assert!(ended.stderr.starts_with("error: ") && ended.stderr.lines().count() == 1, "{}", ended.stderr);
        for word in words {
            assert!(ended.stderr.contains(word), "{word}: {}", ended.stderr);
        }
    }

    pub fn json(&self) -> Vec<serde_json::Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Runs `forc-perf` with these words in a bed.
pub fn run(bed: &Bed, args: &[&str]) -> Ended {
    Ended::of(bed.harness().args(args).in_time())
}
