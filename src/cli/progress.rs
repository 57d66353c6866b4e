//! Progress messages for the user: on stderr, and only between runs.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::forc::{BuildEvent, build};
use crate::session::SessionEvent;
use crate::text::format;
use crate::text::plural;
use crate::text::visible_in_colour;
use crate::words::checkup;

/// How often a status line is redrawn. Each time takes a few microseconds of the measurement.
const REDRAW_INTERVAL: Duration = Duration::from_millis(200);
/// How often a status is written where no line can be redrawn.
const LOG_INTERVAL: Duration = Duration::from_secs(30);

/// Writes progress to stderr.
pub struct Progress {
    in_place: bool,
    /// Whether the cursor is on an unfinished line.
    pending: bool,
    drawn: Option<Instant>,
    plan: Option<(Instant, Duration)>,
}

impl Progress {
    /// On a terminal a status line is redrawn in place; elsewhere each status is a line.
    pub fn new() -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { in_place: std::io::stderr().is_terminal() && !dumb, pending: false, drawn: None, plan: None }
    }

    /// Shows an event.
    pub fn on(&mut self, event: &SessionEvent) {
        match event {
            SessionEvent::Build(event) => self.build(event),
            SessionEvent::Toolchain(toolchain) => {
                self.line(&format!("forc {} ({})", toolchain.version, toolchain.path.display()));
            }
            SessionEvent::Machine(machine) => checkup::brief(machine).iter().for_each(|line| self.line(line)),
            SessionEvent::Note(note) => self.line(note),
            SessionEvent::Fetch(repository) => self.line(&format!("fetching {repository}")),
            SessionEvent::Suite { selected, skipped } => {
                let skipped = if skipped.is_empty() { String::new() } else { format!(", {} left out", skipped.len()) };
                self.line(&match selected {
                    0 => format!("no benchmark is selected{skipped}; `forc-perf list` shows what there is"),
                    1 => format!("1 benchmark{skipped}; building it once to warm up"),
                    _ => format!("{selected} benchmarks{skipped}; building each once to warm up"),
                });
            }
            SessionEvent::WarmUp { id, done, of } => self.status(&format!("warm-up {done}/{of} {id}")),
            SessionEvent::Plan { runs, benchmarks, expected } => {
                self.plan = Some((Instant::now(), *expected));
                let expected = format::long_duration(*expected);
                let plural = plural(*benchmarks);
                let runs = match runs {
                    1 => "1 run".to_owned(),
                    runs => format!("{runs} runs"),
                };
                self.line(&format!("{runs} of {benchmarks} benchmark{plural}, about {expected}"));
            }
            SessionEvent::Run { id, done, of } => {
                if self.due() {
                    let left = self.left(*done, *of);
                    self.status(&format!("run {done}/{of}{left} {id}"));
                }
            }
            SessionEvent::Blocks { benchmarks, resumed, round, budget, looks } => {
                if *resumed > 0 {
                    self.line(&format!("resuming after {resumed} block{}", plural(*resumed)));
                }
                // A last look at the end of the budget may use the whole error rate, and so needs fewer runs than the first.
                let first = looks.first().map_or(0.0, |look| look.runs as f64 + look.weight.log2()).ceil() as usize;
                let fit = (budget.as_secs_f64() / round.as_secs_f64().max(1e-9)) as usize;
                if *resumed == 0 && fit < first {
                    let needed = round.mul_f64(1.1 * first as f64).as_secs().div_ceil(60).max(1);
                    self.line(&format!(
                        "about {fit} rounds fit into the budget, but a verdict needs at least {first} with this number of \
                         benchmarks: use --budget {needed}m, or fewer benchmarks"
                    ));
                }
                let looks: Vec<String> = looks.iter().map(|look| look.runs.to_string()).collect();
                self.line(&format!(
                    "{benchmarks} benchmark{} side by side, about {} per round, looks after {} rounds, {} at most",
                    plural(*benchmarks),
                    format::long_duration(*round),
                    looks.join(", "),
                    format::long_duration(*budget)
                ));
            }
            SessionEvent::Round { done, of, live, decided, left } => {
                if self.due() {
                    let left = format::long_duration(Duration::from_secs(left.as_secs()));
                    self.status(&format!("round {done}/{of}, {decided} decided, {live} undecided, {left} left"));
                }
            }
            SessionEvent::Count { id, done, of } => {
                if self.due() {
                    self.status(&format!("counting instructions {done}/{of} {id}"));
                }
            }
            SessionEvent::Warning(error) => self.line(&format!("warning: {error}")),
            SessionEvent::Failed { id, failure } => self.line(&format!("failed: {id}: {}", failure.message)),
        }
    }

    /// Ends the status line.
    pub fn finish(&mut self) {
        if std::mem::take(&mut self.pending) {
            self.write("\r\x1b[K");
        }
    }

    fn build(&mut self, event: &BuildEvent) {
        match event {
            BuildEvent::Waiting { compiler } => {
                self.line(&format!("another harness is building; waiting for it, then building {compiler}"));
            }
            BuildEvent::Fetching { repository } => self.status(&format!("fetching {repository}")),
            BuildEvent::Started { compiler, log, incremental } => {
                let duration = if *incremental { "only what has changed" } else { build::USUAL_DURATION };
                self.line(&format!("building {compiler} with cargo, once ({duration}); log: {}", log.display()));
            }
            BuildEvent::Compiling { name, count, elapsed } => {
                if self.due() {
                    let elapsed = format::long_duration(Duration::from_secs(elapsed.as_secs()));
                    self.status(&format!("building forc: {count} crates in {elapsed}, now {name}"));
                }
            }
            BuildEvent::Finished { compiler, elapsed } => {
                self.line(&format!("{compiler} built in {}", format::long_duration(*elapsed)));
            }
        }
    }

    fn left(&self, done: usize, of: usize) -> String {
        let Some((started, _)) = self.plan.filter(|_| done > 0) else { return String::new() };
        let left = started.elapsed().mul_f64((of - done) as f64 / done as f64);
        format!(", {} left", format::long_duration(Duration::from_secs(left.as_secs())))
    }

    /// Whether enough time has passed since the last status.
    fn due(&self) -> bool {
        let interval = if self.in_place { REDRAW_INTERVAL } else { LOG_INTERVAL };
        self.drawn.is_none_or(|drawn| drawn.elapsed() >= interval)
    }

    fn status(&mut self, text: &str) {
        if self.in_place {
            let width = terminal_width().unwrap_or(80).saturating_sub(1);
            let text: String = text.chars().filter(|c| !c.is_control()).take(width).collect();
            self.write(&format!("\r\x1b[K{}", visible_in_colour(&text)));
            self.pending = true;
        } else if self.due() {
            self.write(&format!("{}\n", visible_in_colour(text)));
        } else {
            return;
        }
        self.drawn = Some(Instant::now());
    }

    fn line(&mut self, text: &str) {
        self.finish();
        self.write(&format!("{}\n", visible_in_colour(text)));
        self.drawn = Some(Instant::now());
    }

    /// A closed stderr does not stop the measurement.
    fn write(&self, text: &str) {
        let mut stderr = anstream::stderr().lock();
        let _ = stderr.write_all(text.as_bytes());
        let _ = stderr.flush();
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

/// The width of the terminal at stderr or stdout, in columns; `COLUMNS` has precedence.
pub fn terminal_width() -> Option<usize> {
    if let Some(columns) = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()) {
        return Some(columns);
    }
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}
