use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long signals after the first one are taken for the same request. `timeout` signals its child and then its whole
/// group; a closing terminal and a service manager signal each of many processes.
#[cfg(unix)]
const ONE_REQUEST: Duration = Duration::from_secs(1);

/// A request to stop. Any thread may make it, and every run obeys it. The commands make it on Ctrl-C.
///
/// Clones share the request.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// A request that has not been made yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Requests the stop.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the stop has been requested.
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Whether the stop is requested within `time`. A signal to a whole group reaches its processes one after the
    /// other.
    pub fn requested_within(&self, time: Duration) -> bool {
        let begun = Instant::now();
        while !self.requested() && begun.elapsed() < time {
            thread::sleep(Duration::from_millis(5));
        }
        self.requested()
    }

    /// Requests the stop on Ctrl-C, on termination and when the terminal is closed. A signal that comes a second or
    /// more after the first one ends the program at once with code 130. Under `nohup`, the closing of the terminal
    /// stays ignored.
    ///
    /// # Errors
    /// If the operating system refuses the handlers or the thread that waits for signals.
    #[cfg(unix)]
    pub fn on_signals(&self) -> std::io::Result<()> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let mut signals = vec![SIGINT, SIGTERM];
        if !super::signal::is_ignored(SIGHUP) {
            signals.push(SIGHUP);
        }
        let mut signals = signal_hook::iterator::Signals::new(signals)?;
        let interrupt = self.clone();
        let wait = move || {
            let mut first = None;
            for _ in signals.forever() {
                interrupt.request();
                if first.get_or_insert_with(Instant::now).elapsed() >= ONE_REQUEST {
                    signal_hook::low_level::exit(130);
                }
            }
        };
        thread::Builder::new().name("signals".to_owned()).spawn(wait).map(drop)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Child, Command, Stdio};

    use rustix::process::{Pid, Signal, kill_process};

    use super::*;

    /// Set in the process that is signalled, which runs this test as well.
    const SIGNALLED: &str = "FORC_PERF_TEST_SIGNALLED";

    /// Starts the process, and returns when it handles signals.
    fn start(test: &str) -> (Child, BufReader<std::process::ChildStdout>) {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let name = format!("os::interrupt::tests::{test}");
        command.args([&name, "--exact", "--nocapture"]).env(SIGNALLED, "1").stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        wait_for(&mut stdout, "ready");
        (child, stdout)
    }

    fn wait_for(stdout: &mut impl BufRead, word: &str) {
        let mut line = String::new();
        while !line.contains(word) {
            line.clear();
            assert!(stdout.read_line(&mut line).unwrap() > 0, "it ended before `{word}`");
        }
    }

    fn signal(child: &Child, signal: Signal) {
        kill_process(Pid::from_child(child), signal).unwrap();
    }

    /// A process that does not end by itself after the first request.
    fn be_signalled() {
        let interrupt = Interrupt::new();
        interrupt.on_signals().unwrap();
        println!("ready");
        while !interrupt.requested() {
            thread::sleep(Duration::from_millis(5));
        }
        println!("requested");
        loop {
            thread::sleep(Duration::from_secs(60));
        }
    }

    #[test]
    fn one_request_delivered_several_times_is_one_and_a_later_signal_ends_at_once() {
        if std::env::var_os(SIGNALLED).is_some() {
            be_signalled();
        }
        for number in [Signal::INT, Signal::TERM, Signal::HUP] {
            let (mut child, mut stdout) =
                start("one_request_delivered_several_times_is_one_and_a_later_signal_ends_at_once");
            for _ in 0..3 {
                signal(&child, number);
            }
            wait_for(&mut stdout, "requested");
            thread::sleep(Duration::from_millis(200));
            assert!(child.try_wait().unwrap().is_none(), "{number:?}: ended by the same request");
            thread::sleep(ONE_REQUEST);
            signal(&child, number);
            assert_eq!(child.wait().unwrap().code(), Some(130), "{number:?}");
        }
    }
}
