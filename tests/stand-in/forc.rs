//! A stand-in for forc 0.72.1, for what a real compiler does too rarely to be tested with: it dies, hangs, floods and
//! lies on demand. Only std, so that `rustc` alone builds it; see `tests/support`.
//!
//! `build --path DIR` does what `DIR/src/script.txt` says, a command a line, or compiles like forc if there is none:
//!
//! | command | effect |
//! |---|---|
//! | `print TEXT`, `write TEXT` | a line on stdout; a piece of a line, written at once |
//! | `err TEXT` | a line on stderr |
//! | `compiling KIND NAME` | forc's own line before a package |
//! | `start PACKAGE PHASE`, `stop PACKAGE PHASE` | the two ends of a phase, as the generation and the flags tell it |
//! | `info BYTECODE DATA USED ENTRIES` | a package's sizes, likewise |
//! | `big-info MIB BYTECODE` | an info line so many MiB long |
//! | `package KIND NAME` | all phases of a small package, and its sizes |
//! | `pace N` | the packages from here on take so many times their usual time |
//! | `spin MS` | work for so much CPU time, however long the machine takes to grant it |
//! | `sleep MS`, `alloc MIB`, `flood MIB` | idle, hold memory, fill stderr |
//! | `rest` | idle until the harness has read all that was printed and sleeps again, whenever that is |
//! | `patient` | a rest after each end of a phase from here on: each is read alone, before anything else happens |
//! | `file PATH TEXT`, `remove PATH`, `need PATH` | write, delete or demand a file; relative to the project |
//! | `move FROM TO`, `await FILE` | put a file in the place of another; wait until one is there |
//! | `leave MS`, `detach MS` | a child that keeps the pipes open, in this process group or in one of its own |
//! | `grandchild FILE` | a child's child that stays for an hour and writes its process id to the file |
//! | `helper PROGRAM ARGUMENT` | a child of another name that is not waited for |
//! | `say FILE` | writes this process's id to the file |
//! | `place FILE` | a line more in the file: the character, the processors it may run on, the project's folder |
//! | `panic TEXT`, `abort`, `exit N`, `hang` | the ends |
//! | `count FILE` | counts this run in the file |
//! | `on N COMMAND`, `from N COMMAND` | only in the run of this number, or from it on |
//! | `as WORD COMMAND`, `unless WORD COMMAND` | only if this binary's character has the word, or has not |
//! | `binary FILE` | appends to the file what was run: by which path, which inode, and its character |
//!
//! In every TEXT `\n`, `\e`, `\\` and `\xNN` are escapes, and `{project}` is the project's folder.
//!
//! `STAND_IN` names another generation: `forc-perf`, `forc-perf-bare`, `time-phases`, `whole`, `no-forc`, `broken`.
//! `STAND_IN_VERSION` is the version it claims, unless its character has a word `version=…`.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio, abort, exit};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What a generation of forc can do.
struct Generation {
    /// The word of its markers, where `--profile` gives any.
    marker: Option<&'static str>,
    /// Whether its markers name the package.
    packages: bool,
    time_phases: bool,
    metrics: bool,
    tests: bool,
}

fn generation() -> Generation {
    let plain = Generation { marker: None, packages: true, time_phases: true, metrics: true, tests: true };
    match std::env::var("STAND_IN").as_deref() {
        Ok("forc-perf") => Generation { marker: Some("/forc-perf"), ..plain },
        Ok("forc-perf-bare") => Generation { marker: Some("/forc-perf"), packages: false, ..plain },
        Ok("time-phases") => plain,
        Ok("whole") => Generation { time_phases: false, metrics: false, tests: false, ..plain },
        _ => Generation { marker: Some("/dyno"), ..plain },
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let kind = std::env::var("STAND_IN").unwrap_or_default();
    match words.as_slice() {
        ["stay", ms] => sleep(Duration::from_millis(ms.parse().unwrap())),
        ["chain", file] => {
            child().args(["settle", file]).spawn().unwrap().wait().unwrap();
        }
        ["settle", file] => {
            write_id(Path::new(file));
            sleep(Duration::from_secs(3600));
        }
        ["--version"] if kind == "no-forc" => println!("GNU coreutils 9.4"),
        ["--version"] => {
            let words = character();
            let own = words.iter().find_map(|word| word.strip_prefix("version=")).map(str::to_owned);
            let version = own.or_else(|| std::env::var("STAND_IN_VERSION").ok());
            println!("forc {}", version.unwrap_or_else(|| "0.72.1".to_owned()));
        }
        ["build", "--help"] => help(),
        ["build", rest @ ..] => build(rest),
        _ => refuse(words.first().copied().unwrap_or("nothing")),
    }
}

/// Between the program and its character, at the end of its file.
const CHARACTER: &[u8] = b"\nCHARACTER ";

/// What makes this copy of the stand-in another compiler than the next one: words behind the end of the program, which go
/// with its file wherever that is copied.
fn character() -> Vec<String> {
    let mut file = fs::File::open(std::env::current_exe().unwrap()).unwrap();
    let length = file.metadata().unwrap().len();
    file.seek(SeekFrom::Start(length.saturating_sub(256))).unwrap();
    let mut end = Vec::new();
    file.read_to_end(&mut end).unwrap();
    let Some(at) = end.windows(CHARACTER.len()).rposition(|part| part == CHARACTER) else { return Vec::new() };
    let words = String::from_utf8_lossy(&end[at + CHARACTER.len()..]).into_owned();
    words.split_whitespace().map(str::to_owned).collect()
}

fn help() {
    let generation = generation();
    println!("Compile the current or target project.\n\nUsage: forc build [OPTIONS]\n\nOptions:");
    println!(
        "  -p, --path <PATH>\n          Path to the project.\n      --release\n          Use the release build profile."
    );
    if generation.tests {
        println!("      --tests\n          Also build all tests within the project.");
    }
    if generation.marker.is_some() {
        println!("      --profile\n          Profile the build process.");
    }
    if generation.time_phases {
        println!("      --time-phases\n          Output the time elapsed over each part of the compilation process.");
    }
    if generation.metrics {
        println!(
            "      --metrics-outfile <METRICS_OUTFILE>\n          Output compilation metrics into the specified file."
        );
    }
}

fn refuse(word: &str) -> ! {
    eprintln!("\x1b[1m\x1b[31merror:\x1b[0m unexpected argument '{word}' found\n\nFor more information, try '--help'.");
    exit(2);
}

/// How the phases are told.
#[derive(Clone, Copy, PartialEq)]
enum Telling {
    Markers,
    Elapsed,
    Not,
}

struct Build {
    project: PathBuf,
    generation: Generation,
    telling: Telling,
    metrics_file: Option<PathBuf>,
    /// Phases that are on, for `--time-phases`.
    open: Vec<(String, Instant)>,
    phases: Vec<(String, Duration)>,
    hoard: Vec<Vec<u8>>,
    run: u64,
    pace: u64,
    patient: bool,
}

fn build(args: &[&str]) {
    let generation = generation();
    let (mut project, mut metrics_file, mut telling) = (None, None, Telling::Not);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match *arg {
            "--path" => project = args.next().map(PathBuf::from),
            "--release" => {}
            "--tests" if generation.tests => {}
            "--profile" if generation.marker.is_some() => telling = Telling::Markers,
            // As in forc, the markers silence the other two.
            "--time-phases" if generation.time_phases => {
                telling = if telling == Telling::Markers { telling } else { Telling::Elapsed };
            }
            "--metrics-outfile" if generation.metrics => metrics_file = args.next().map(PathBuf::from),
            // Whatever a project's own arguments are: seen on stdout.
            other if other.starts_with("--experimental") => println!("with {other}"),
            other => refuse(other),
        }
    }
    let project = project.unwrap_or_else(|| PathBuf::from("."));
    let name = project.file_name().map_or_else(|| "unnamed".to_owned(), |name| name.to_string_lossy().into_owned());
    let script = fs::read(project.join("src/script.txt")).map(|text| String::from_utf8(text).unwrap());
    let script = script.unwrap_or_else(|_| format!("package library {name}\n"));
    fs::write(project.join("Forc.lock"), format!("[[package]]\nname = \"{name}\"\n")).unwrap();
    println!("  \x1b[1;32m  Building\x1b[0m {}", project.display());
    let mut build = Build {
        project,
        generation,
        telling,
        metrics_file,
        open: Vec::new(),
        phases: Vec::new(),
        hoard: Vec::new(),
        run: 0,
        pace: 1,
        patient: false,
    };
    if std::env::var("STAND_IN").as_deref() == Ok("broken") {
        build.step("err error: this compiler is broken");
        exit(1);
    }
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        build.step(line);
    }
    let out = build.project.join("out/debug");
    fs::create_dir_all(&out).unwrap();
    fs::write(out.join(format!("{name}.bin")), [0x24; 64]).unwrap();
    println!("  \x1b[1;32m  Finished\x1b[0m debug [unoptimized + fuel] target(s) [64 B] in 0.01s");
}

impl Build {
    fn step(&mut self, line: &str) {
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        let number =
            || rest.split(' ').next().unwrap().parse::<u64>().unwrap_or_else(|_| panic!("no number in `{line}`"));
        let milliseconds = || Duration::from_millis(number());
        match command {
            "print" => self.stdout(&[rest, "\\n"].concat()),
            "write" => self.stdout(rest),
            "err" => io::stderr().write_all(&self.text(&[rest, "\\n"].concat())).unwrap(),
            "compiling" => {
                let (kind, name) = rest.split_once(' ').unwrap();
                println!("  \x1b[1;32m Compiling\x1b[0m {kind} {name} ({})", self.project.display());
            }
            "start" => self.start(rest),
            "stop" => self.stop(rest),
            "info" => {
                let numbers: Vec<u64> = rest.split(' ').map(|number| number.parse().unwrap()).collect();
                self.info(numbers[0], numbers[1], numbers[2], numbers[3]);
            }
            "big-info" => {
                let (size, bytecode) = rest.split_once(' ').unwrap();
                self.big_info(size.parse().unwrap(), bytecode.parse().unwrap());
            }
            "package" => self.package(rest),
            "pace" => self.pace = number(),
            "patient" => self.patient = true,
            "rest" => await_the_harness(),
            "helper" => {
                let (program, argument) = rest.split_once(' ').unwrap();
                drop(Command::new(program).arg(argument).stdin(Stdio::null()).spawn().unwrap());
            }
            "spin" => spin(milliseconds()),
            "sleep" => sleep(milliseconds()),
            // Not zero, or the pages would not be there.
            "alloc" => self.hoard.push(vec![1; number() as usize * 1024 * 1024]),
            "flood" => {
                let block = [b"warning: unused variable, and much more to say about it\n".as_slice(); 1170].concat();
                let mut left = number() * 1024 * 1024;
                let mut stderr = io::stderr();
                while left > 0 {
                    let length = block.len().min(left as usize);
                    stderr.write_all(&block[..length]).unwrap();
                    left -= length as u64;
                }
            }
            "file" => {
                let (path, text) = rest.split_once(' ').unwrap_or((rest, ""));
                let path = self.project.join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, self.text(text)).unwrap();
            }
            "move" => {
                let (from, to) = rest.split_once(' ').unwrap();
                fs::rename(from, to).unwrap();
            }
            "await" => {
                while !Path::new(rest).exists() {
                    sleep(Duration::from_millis(5));
                }
            }
            "remove" => fs::remove_file(self.project.join(rest)).unwrap(),
            "need" => {
                if !self.project.join(rest).exists() {
                    self.step(&format!("err error: there is no {rest}"));
                    exit(1);
                }
            }
            "leave" => drop(child().args(["stay", rest]).spawn().unwrap()),
            "detach" => drop(child().args(["stay", rest]).process_group(0).spawn().unwrap()),
            "grandchild" => drop(child().args(["chain", rest]).spawn().unwrap()),
            "say" => write_id(Path::new(rest)),
            "place" => {
                let line = format!("{} {} {}\n", character().join("+"), processors(), self.project.display());
                fs::OpenOptions::new().create(true).append(true).open(rest).unwrap().write_all(line.as_bytes()).unwrap();
            }
            "binary" => {
                let called = std::env::args().next().unwrap();
                let file = fs::metadata(std::env::current_exe().unwrap()).unwrap().ino();
                let mut log = fs::File::options().create(true).append(true).open(rest).unwrap();
                writeln!(log, "{called} {file} {}", character().join(",")).unwrap();
            }
            "panic" => panic!("{}", String::from_utf8_lossy(&self.text(rest))),
            "abort" => abort(),
            "exit" => exit(i32::try_from(number()).unwrap()),
            "hang" => sleep(Duration::from_secs(3600)),
            "count" => {
                // Two stand-ins of one block may count at the same moment.
                let mut file =
                    fs::File::options().read(true).write(true).create(true).truncate(false).open(rest).unwrap();
                file.lock().unwrap();
                let mut counted = String::new();
                file.read_to_string(&mut counted).unwrap();
                self.run = counted.parse().unwrap_or(0) + 1;
                file.rewind().unwrap();
                write!(file, "{}", self.run).unwrap();
            }
            "on" | "from" => {
                let (_, conditional) = rest.split_once(' ').unwrap();
                let due = if command == "on" { self.run == number() } else { self.run >= number() };
                if due {
                    self.step(conditional);
                }
            }
            "as" | "unless" => {
                let (word, conditional) = rest.split_once(' ').unwrap();
                if character().iter().any(|own| own == word) == (command == "as") {
                    self.step(conditional);
                }
            }
            _ => panic!("the script says `{line}`, which is no command"),
        }
    }

    /// A small package as forc 0.72.1 compiles it.
    fn package(&mut self, kind_and_name: &str) {
        let (_, name) = kind_and_name.split_once(' ').unwrap();
        self.step(&format!("compiling {kind_and_name}"));
        let both = |build: &mut Self, phase: &str, ms: u64| {
            build.start(&format!("{name} {phase}"));
            build.step(&format!("spin {}", ms * build.pace));
            build.stop(&format!("{name} {phase}"));
        };
        self.start(&format!("{name} compile to ast"));
        both(self, "parse the program to a concrete syntax tree (CST)", 1);
        both(self, "parse the concrete syntax tree (CST) to a typed AST", 2);
        self.stop(&format!("{name} compile to ast"));
        both(self, "compile ast to ir", 2);
        both(self, "compile ir to asm", 1);
        both(self, "generate JSON ABI program", 0);
        both(self, "compile asm to bytecode", 0);
        self.info(64, 40, 33, 2);
    }

    fn start(&mut self, label: &str) {
        let (_, phase) = label.split_once(' ').unwrap();
        match self.telling {
            Telling::Markers => self.marker("start", label),
            _ => self.open.push((phase.to_owned(), Instant::now())),
        }
        self.rest_if_patient();
    }

    fn stop(&mut self, label: &str) {
        let (_, phase) = label.split_once(' ').unwrap();
        if self.telling == Telling::Markers {
            self.marker("stop", label);
        } else if let Some(position) = self.open.iter().rposition(|(open, _)| open == phase) {
            let elapsed = self.open.remove(position).1.elapsed();
            if self.telling == Telling::Elapsed {
                println!("  Time elapsed to {phase}: {elapsed:?}");
            }
            self.phases.push((phase.to_owned(), elapsed));
        }
        self.rest_if_patient();
    }

    fn rest_if_patient(&self) {
        if self.patient {
            await_the_harness();
        }
    }

    fn marker(&self, word: &str, label: &str) {
        let shown = if self.generation.packages { label } else { label.split_once(' ').unwrap().1 };
        println!("{} {word} {shown}", self.generation.marker.unwrap());
    }

    fn info(&mut self, bytecode: u64, data: u64, used: u64, entries: u64) {
        let phases: Vec<String> = std::mem::take(&mut self.phases)
            .into_iter()
            .map(|(phase, elapsed)| {
                let elapsed = elapsed.as_secs_f64();
                format!("{{\"phase\":\"{phase}\",\"elapsed\":{elapsed},\"memory_usage\":8000000000}}")
            })
            .collect();
        if self.telling == Telling::Markers && !self.generation.packages {
            println!("/forc-perf size {bytecode}");
        } else if self.telling == Telling::Markers {
            let entry = "{\"value\":{\"Word\":7},\"padding\":{\"Right\":{\"target_size\":8}},\"name\":null}";
            let entries = vec![entry; entries as usize].join(",");
            println!(
                "{} info {{\"bytecode_size\":{bytecode},\"data_section\":{{\"size\":{data},\"used\":{used},\"value_pairs\":[{entries}]}}}}",
                self.generation.marker.unwrap()
            );
        }
        if let Some(file) = &self.metrics_file {
            let phases = if self.telling == Telling::Elapsed { phases.join(",") } else { String::new() };
            let json =
                format!("{{\"bytecode_size\":{bytecode},\"compilation_phases\":[{phases}],\"reused_programs\":0}}");
            fs::write(file, json).unwrap();
        }
    }

    fn big_info(&self, mib: usize, bytecode: u64) {
        let mut stdout = io::stdout().lock();
        write!(
            stdout,
            "/dyno info {{\"bytecode_size\":{bytecode},\"data_section\":{{\"size\":16,\"used\":9,\"value_pairs\":["
        )
        .unwrap();
        let entry = format!(
            "{{\"value\":{{\"ByteArray\":\"{}\"}},\"padding\":null,\"name\":null}}",
            "7".repeat(1024 * 1024 - 100)
        );
        for number in 0..mib {
            if number > 0 {
                stdout.write_all(b",").unwrap();
            }
            stdout.write_all(entry.as_bytes()).unwrap();
        }
        stdout.write_all(b"]}}\n").unwrap();
    }

    fn stdout(&self, text: &str) {
        let mut stdout = io::stdout().lock();
        stdout.write_all(&self.text(text)).unwrap();
        stdout.flush().unwrap();
    }

    fn text(&self, text: &str) -> Vec<u8> {
        let text = text.replace("{project}", &self.project.to_string_lossy());
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            if byte != b'\\' {
                bytes.push(byte);
                continue;
            }
            bytes.push(match rest.next() {
                Some(b'n') => b'\n',
                Some(b'e') => 0x1b,
                Some(b'x') => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                other => other.unwrap_or(b'\\'),
            });
        }
        bytes
    }
}

/// Idles until the harness has read all that was printed and has done with it.
///
/// Nothing is left in the pipe then, and the harness's threads of this run all sleep: the one that reads in its next read.
/// They are looked at twice, as one that waits for another sleeps too, while that one works. Where none of this can be
/// seen, time has to do.
fn await_the_harness() {
    if !cfg!(target_os = "linux") {
        return sleep(Duration::from_millis(300));
    }
    // For a quarter of an hour at the most, in case that nobody reads at all.
    for attempt in 0..60_000u32 {
        sleep(Duration::from_millis(1 << attempt.min(4)));
        if unread() == 0 && harness_sleeps() && harness_sleeps() {
            return;
        }
    }
    panic!("nobody reads what was printed");
}

/// How many bytes of stdout are not read yet.
fn unread() -> i32 {
    unsafe extern "C" {
        fn ioctl(fd: i32, request: std::ffi::c_ulong, ...) -> i32;
    }
    // FIONREAD of Linux, which both ends of a pipe answer.
    const REQUEST: std::ffi::c_ulong = 0x541B;
    let mut length = 0i32;
    // SAFETY: `length` is a valid place for the result.
    assert_eq!(unsafe { ioctl(1, REQUEST, &raw mut length) }, 0, "stdout is no pipe");
    length
}

/// Whether the harness's threads of this run sleep. The harness is the next ancestor that has any, as wrappers may stand
/// in between; its other threads are not its own in a test that runs it as a library.
fn harness_sleeps() -> bool {
    let mut process = std::os::unix::process::parent_id();
    while process > 1 {
        let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
        let states: Vec<String> = threads
            .filter_map(|thread| fs::read_to_string(thread.path().join("stat")).ok())
            .filter(|stat| stat.split_once('(').is_some_and(|(_, name)| name.starts_with("forc-perf ")))
            .filter_map(|stat| Some(stat.rsplit_once(')')?.1.split_whitespace().next()?.to_owned()))
            .collect();
        if !states.is_empty() {
            return states.iter().all(|state| state == "S");
        }
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        process = parent.unwrap_or(0);
    }
    false
}

/// The processors that this process may run on, as the kernel lists them.
fn processors() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    list.map_or_else(|| "unknown".to_owned(), |list| list.trim().to_owned())
}

/// Works for so much CPU time of this thread: by the wall clock, a busy machine would have it work less.
fn spin(time: Duration) {
    let end = cpu_time() + time;
    while cpu_time() < end {
        for _ in 0..100 {
            std::hint::spin_loop();
        }
    }
}

/// CPU time of this thread.
fn cpu_time() -> Duration {
    #[repr(C)]
    struct Time {
        seconds: i64,
        nanoseconds: i64,
    }
    unsafe extern "C" {
        fn clock_gettime(clock: i32, time: *mut Time) -> i32;
    }
    // CLOCK_THREAD_CPUTIME_ID
    const CLOCK: i32 = if cfg!(target_vendor = "apple") { 16 } else { 3 };
    let mut time = Time { seconds: 0, nanoseconds: 0 };
    // SAFETY: `time` is a valid place for the result, laid out as the C library's `timespec` of 64-bit systems.
    assert_eq!(unsafe { clock_gettime(CLOCK, &raw mut time) }, 0, "there is no clock of this thread");
    Duration::new(time.seconds.unsigned_abs(), u32::try_from(time.nanoseconds).unwrap())
}

/// This program again.
fn child() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.stdin(Stdio::null());
    command
}

/// Writes this process's id, whole or not at all.
fn write_id(file: &Path) {
    let temporary = file.with_extension("tmp");
    fs::write(&temporary, std::process::id().to_string()).unwrap();
    fs::rename(temporary, file).unwrap();
}
