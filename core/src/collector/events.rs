//! The kernel's event counters (`perf_event_open(2)`): instructions, cycles, branches, cache references, page faults,
//! switches.
//!
//! The counters are opened, disabled, on the thread that spawns the compiler. The spawned process inherits them, and
//! they are enabled at `exec` (`inherit` and `enable_on_exec`, as `perf stat` does). So they count the compiler with
//! all its threads and children from its first instruction to its exit, and nothing of the harness. They hold the sum
//! even after the compiler has ended. At a marker all of them are read, and each reading interrupts the processor that
//! runs the compiler: in a virtual machine that took 15 µs per counter.
//!
//! The counters are those that `kernel.perf_event_paranoid` = 2, the kernel's default, allows every user: hardware
//! events and page faults in user mode only. Context switches and migrations happen in the kernel. They are counted if
//! the kernel may be observed, and are absent otherwise.

use std::time::Duration;

use rustix::io::Errno;

use crate::model::EventCounts;

/// How many kinds of events there are.
const KINDS: usize = 9;

/// A kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Instructions,
    Cycles,
    Branches,
    BranchMisses,
    CacheReferences,
    CacheMisses,
    PageFaults,
    ContextSwitches,
    CpuMigrations,
}

impl Kind {
    /// All of them, each at the index of its reading.
    const ALL: [Self; KINDS] = [
        Self::Instructions,
        Self::Cycles,
        Self::Branches,
        Self::BranchMisses,
        Self::CacheReferences,
        Self::CacheMisses,
        Self::PageFaults,
        Self::ContextSwitches,
        Self::CpuMigrations,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Instructions => "instructions",
            Self::Cycles => "cycles",
            Self::Branches => "branches",
            Self::BranchMisses => "branch misses",
            Self::CacheReferences => "cache references",
            Self::CacheMisses => "cache misses",
            Self::PageFaults => "page faults",
            Self::ContextSwitches => "context switches",
            Self::CpuMigrations => "CPU migrations",
        }
    }
}

/// One counter at one point in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Reading {
    /// Events counted.
    count: u64,
    /// For how long the counter was enabled.
    enabled: Duration,
    /// For how long it counted. This is less if the processor has fewer counters than were requested, so that they take
    /// turns, or if it has two kinds of cores, and the kernel counts on one of them.
    running: Duration,
}

impl Reading {
    fn since(self, before: Self) -> Self {
        Self {
            count: self.count.saturating_sub(before.count),
            enabled: self.enabled.saturating_sub(before.enabled),
            running: self.running.saturating_sub(before.running),
        }
    }

    /// The estimated number of events, at the rate of those counted; `None` if the counter never had its turn.
    fn scaled(self) -> Option<u64> {
        if self.running >= self.enabled {
            return Some(self.count);
        }
        if self.running.is_zero() {
            return None;
        }
        // Exact below 2^53 events, which take weeks.
        Some((self.count as f64 * (self.enabled.as_secs_f64() / self.running.as_secs_f64())).round() as u64)
    }

    /// The share of its time that the counter ran, 0 to 1.
    fn share(self) -> f64 {
        if self.enabled.is_zero() { 1.0 } else { self.running.as_secs_f64() / self.enabled.as_secs_f64() }
    }
}

/// The event counters of a process at one point in time. What could not be counted is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventReading([Option<Reading>; KINDS]);

impl EventReading {
    /// The counts since `before`, scaled if counters took turns.
    pub fn since(&self, before: &Self) -> EventCounts {
        self.counts(|kind| {
            let (before, after) = (before.0[kind as usize]?, self.0[kind as usize]?);
            after.since(before).scaled()
        })
    }

    /// The total counts, scaled if counters took turns.
    pub fn total(&self) -> EventCounts {
        self.counts(|kind| self.0[kind as usize]?.scaled())
    }

    fn counts(&self, count: impl Fn(Kind) -> Option<u64>) -> EventCounts {
        EventCounts {
            instructions: count(Kind::Instructions),
            cycles: count(Kind::Cycles),
            branches: count(Kind::Branches),
            branch_misses: count(Kind::BranchMisses),
            cache_references: count(Kind::CacheReferences),
            cache_misses: count(Kind::CacheMisses),
            page_faults: count(Kind::PageFaults),
            context_switches: count(Kind::ContextSwitches),
            cpu_migrations: count(Kind::CpuMigrations),
        }
    }

    /// A note about the counters that took turns, if any did: their figures are estimates.
    pub fn note(&self) -> Option<String> {
        let shared: Vec<String> = Kind::ALL
            .into_iter()
            .zip(self.0)
            .filter_map(|(kind, reading)| Some((kind, reading?.share())))
            // A counter starts and stops with its process, and may miss a short time at both ends.
            .filter(|(_, share)| *share < 0.999)
            .map(|(kind, share)| format!("{} {:.0} %", kind.name(), 100.0 * share))
            .collect();
        if shared.is_empty() {
            return None;
        }
        let shared = shared.join(", ");
        Some(format!(
            "counters that took turns, or that not all cores have, counted for a part of the run and are scaled: {shared}"
        ))
    }
}

/// Which events can be counted on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountersAvailable {
    /// Whether events of the processor can be counted: instructions, cycles, branches, cache references.
    pub hardware: bool,
    /// Whether any events of the kernel can be counted: page faults, context switches, migrations.
    pub software: bool,
    /// What cannot be counted and why, as a sentence for the user; absent if everything can be counted.
    pub reason: Option<String>,
}

impl CountersAvailable {
    /// What is counted here, as a sentence for the user.
    pub fn describe(&self) -> String {
        self.reason.clone().unwrap_or_else(|| {
            "instructions, cycles, branches, cache references and page faults are counted in user mode, and context \
             switches and migrations"
                .to_owned()
        })
    }
}

/// Finds out which events can be counted on this machine, by opening a counter for each.
pub fn counters_available() -> CountersAvailable {
    #[cfg(target_os = "linux")]
    {
        let errors = Kind::ALL
            .map(|kind| linux::open(kind).err().map(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO)));
        let paranoid = std::fs::read_to_string("/proc/sys/kernel/perf_event_paranoid").ok();
        explain(&errors, paranoid.as_deref().map(str::trim))
    }
    #[cfg(not(target_os = "linux"))]
    CountersAvailable {
        hardware: false,
        software: false,
        reason: Some(format!("events are counted on Linux only; {INSTEAD}")),
    }
}

/// What to do without hardware counters.
const INSTEAD: &str = "`forc-perf compare --instructions` counts instructions under callgrind";

/// Explains the errors of opening each counter (`None` for one that could be opened), with the kernel's setting.
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "the errors are Linux's"))]
fn explain(errors: &[Option<Errno>; KINDS], paranoid: Option<&str>) -> CountersAvailable {
    let refused = |kind: Kind| errors[kind as usize];
    let counted = |kind: &Kind| refused(*kind).is_none();
    let (software, hardware): (Vec<Kind>, Vec<Kind>) = Kind::ALL
        .into_iter()
        .partition(|kind| matches!(kind, Kind::PageFaults | Kind::ContextSwitches | Kind::CpuMigrations));
    let (soft_counted, soft_refused): (Vec<Kind>, Vec<Kind>) = software.into_iter().partition(counted);
    let (hard_counted, hard_refused): (Vec<Kind>, Vec<Kind>) = hardware.into_iter().partition(counted);
    let forbidden = |error: Errno| error == Errno::ACCESS || error == Errno::PERM;
    let setting = match paranoid {
        Some(level) => format!("kernel.perf_event_paranoid is {level}"),
        None => "a container or a security module may forbid it".to_owned(),
    };
    let only = match (soft_counted.is_empty(), soft_refused.is_empty()) {
        (true, _) => "nothing is counted".to_owned(),
        (false, true) => format!("only {} are counted", names(&soft_counted)),
        (false, false) => {
            format!("only {} are counted, not {} ({setting}; 1 allows it)", names(&soft_counted), names(&soft_refused))
        }
    };
    let reason = match refused(Kind::Instructions) {
        Some(error) if hard_counted.is_empty() && forbidden(error) => Some(format!(
            "the kernel does not let the hardware counters be read ({setting}; `sysctl kernel.perf_event_paranoid=2` \
             allows it, unless a container forbids it); {only}; {INSTEAD}"
        )),
        Some(Errno::NOSYS) if hard_counted.is_empty() => {
            Some(format!("this kernel was built without event counters; {only}; {INSTEAD}"))
        }
        Some(error) if hard_counted.is_empty() => {
            let code = match error {
                Errno::NOENT => "ENOENT".to_owned(),
                Errno::OPNOTSUPP => "EOPNOTSUPP".to_owned(),
                Errno::NODEV => "ENODEV".to_owned(),
                other => std::io::Error::from(other).to_string(),
            };
            Some(format!(
                "this machine has no hardware counters (the kernel says {code}: usual in virtual machines); {only}; {INSTEAD}"
            ))
        }
        _ if !hard_refused.is_empty() => {
            let instead = if counted(&Kind::Instructions) { String::new() } else { format!("; {INSTEAD}") };
            Some(format!("this machine has no counters of {}{instead}", names(&hard_refused)))
        }
        _ if !soft_refused.is_empty() => {
            Some(format!("the kernel does not let {} be counted ({setting}; 1 allows it)", names(&soft_refused)))
        }
        _ => None,
    };
    CountersAvailable { hardware: !hard_counted.is_empty(), software: !soft_counted.is_empty(), reason }
}

/// The names of the kinds as a list in a sentence.
fn names(kinds: &[Kind]) -> String {
    match kinds.split_last() {
        Some((last, [])) => last.name().to_owned(),
        Some((last, rest)) => {
            format!("{} and {}", rest.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", "), last.name())
        }
        None => String::new(),
    }
}

/// The open counters of one run.
#[derive(Debug)]
pub struct EventCounters {
    #[cfg(target_os = "linux")]
    open: [Option<perf_event::Counter>; KINDS],
}

impl EventCounters {
    /// Opens the available counters for what this thread is going to spawn.
    pub fn open() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            open: Kind::ALL.map(|kind| linux::open(kind).ok()),
        }
    }

    /// The counters now, summed over all processes that have inherited them.
    pub fn read(&mut self) -> EventReading {
        #[cfg(target_os = "linux")]
        return EventReading(self.open.each_mut().map(|counter| linux::read(counter.as_mut()?)));
        #[cfg(not(target_os = "linux"))]
        EventReading::default()
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;

    use perf_event::events::{Hardware, Software};
    use perf_event::{Builder, Counter};

    use super::{Kind, Reading};

    /// Opens a counter on this thread that is disabled here and enabled in what the thread spawns.
    pub fn open(kind: Kind) -> io::Result<Counter> {
        crate::collector::procfs::keep_counters_on();
        // Switches and migrations happen in the kernel: in user mode, their counts would be 0.
        let in_kernel = matches!(kind, Kind::ContextSwitches | Kind::CpuMigrations);
        let mut builder = match kind {
            Kind::Instructions => Builder::new(Hardware::INSTRUCTIONS),
            Kind::Cycles => Builder::new(Hardware::CPU_CYCLES),
            Kind::Branches => Builder::new(Hardware::BRANCH_INSTRUCTIONS),
            Kind::BranchMisses => Builder::new(Hardware::BRANCH_MISSES),
            Kind::CacheReferences => Builder::new(Hardware::CACHE_REFERENCES),
            Kind::CacheMisses => Builder::new(Hardware::CACHE_MISSES),
            Kind::PageFaults => Builder::new(Software::PAGE_FAULTS),
            Kind::ContextSwitches => Builder::new(Software::CONTEXT_SWITCHES),
            Kind::CpuMigrations => Builder::new(Software::CPU_MIGRATIONS),
        };
        builder.observe_self().any_cpu().inherit(true).enabled(false).enable_on_exec(true).exclude_kernel(!in_kernel);
        builder.build()
    }

    pub fn read(counter: &mut Counter) -> Option<Reading> {
        let data = counter.read_full().ok()?;
        Some(Reading { count: data.count(), enabled: data.time_enabled()?, running: data.time_running()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(count: u64, enabled: u64, running: u64) -> Reading {
        Reading { count, enabled: Duration::from_millis(enabled), running: Duration::from_millis(running) }
    }

    fn of(kinds: &[(Kind, Reading)]) -> EventReading {
        let mut all = EventReading::default();
        for (kind, reading) in kinds {
            all.0[*kind as usize] = Some(*reading);
        }
        all
    }

    #[test]
    fn each_kind_is_at_its_own_index() {
        for (place, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, place);
        }
    }

    #[test]
    fn a_difference_is_scaled_by_the_turns_within_it() {
        let before = of(&[(Kind::Cycles, reading(1_000, 10, 10)), (Kind::Branches, reading(100, 10, 5))]);
        let after = of(&[(Kind::Cycles, reading(5_000, 30, 30)), (Kind::Branches, reading(400, 30, 10))]);
        let counts = after.since(&before);
        assert_eq!((counts.cycles, counts.branches, counts.instructions), (Some(4_000), Some(1_200), None));
        assert_eq!(after.total().branches, Some(1_200));
    }

    #[test]
    fn a_counter_that_never_had_its_turn_has_no_count() {
        let before = of(&[(Kind::CacheMisses, reading(7, 10, 2))]);
        let after = of(&[(Kind::CacheMisses, reading(7, 20, 2))]);
        assert_eq!(after.since(&before).cache_misses, None);
        assert_eq!(of(&[(Kind::CacheMisses, reading(0, 0, 0))]).total().cache_misses, Some(0));
    }

    #[test]
    fn counters_that_took_turns_are_noted() {
        let whole = (Kind::Cycles, reading(1, 10, 10));
        assert_eq!(of(&[whole]).note(), None);
        let note = of(&[whole, (Kind::CacheMisses, reading(1, 10, 4))]).note().unwrap();
        assert!(note.contains("cache misses 40 %") && !note.contains("cycles"), "{note}");
    }

    /// The errors of a machine: `hardware` for the hardware counters, none for page faults, `switches` for switches.
    fn errors(hardware: Option<Errno>, switches: Option<Errno>) -> [Option<Errno>; KINDS] {
        Kind::ALL.map(|kind| match kind {
            Kind::PageFaults => None,
            Kind::ContextSwitches | Kind::CpuMigrations => switches,
            _ => hardware,
        })
    }

    #[test]
    fn what_is_missing_is_reported_with_its_cause() {
        let virtual_machine = explain(&errors(Some(Errno::NOENT), None), Some("2"));
        assert!(!virtual_machine.hardware && virtual_machine.software);
        assert_eq!(
            virtual_machine.reason.unwrap(),
            "this machine has no hardware counters (the kernel says ENOENT: usual in virtual machines); only page faults, \
             context switches and CPU migrations are counted; `forc-perf compare --instructions` counts instructions under callgrind"
        );
        let forbidden = explain(&errors(Some(Errno::ACCESS), Some(Errno::ACCESS)), Some("3")).reason.unwrap();
        assert!(forbidden.contains("kernel.perf_event_paranoid is 3"), "{forbidden}");
        assert!(
            forbidden.contains("only page faults are counted, not context switches and CPU migrations"),
            "{forbidden}"
        );
        let user_only = explain(&errors(None, Some(Errno::ACCESS)), Some("2"));
        assert!(user_only.hardware);
        assert!(user_only.reason.unwrap().contains("context switches and CPU migrations be counted"));
        assert_eq!(explain(&errors(None, None), Some("1")).reason, None);
        let nothing = explain(&[Some(Errno::PERM); KINDS], None);
        assert!(!nothing.software && nothing.reason.unwrap().contains("nothing is counted"));
    }

    #[test]
    fn a_processor_may_lack_one_counter_alone() {
        let mut errors = errors(None, None);
        errors[Kind::CacheMisses as usize] = Some(Errno::NOENT);
        let available = explain(&errors, Some("1"));
        assert!(available.hardware);
        assert_eq!(available.reason.unwrap(), "this machine has no counters of cache misses");
    }
}
