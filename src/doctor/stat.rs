//! The processors' times, from `/proc/stat`.

use std::time::Duration;

use super::tree::Tree;

/// The times of all processors together since the machine was started, or between two readings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Work of any kind.
    pub busy: Duration,
    /// Idle, or waiting for the disk.
    pub idle: Duration,
    /// There was work, but the hypervisor ran another guest.
    pub stolen: Duration,
}

impl Times {
    /// The times now; `None` if the kernel does not report them.
    pub fn read(tree: &Tree) -> Option<Self> {
        Self::parse(&tree.text("proc/stat")?, ticks_per_second())
    }

    /// The first line: `cpu  user nice system idle iowait irq softirq steal …`, in ticks. User and nice include
    /// the guests' time. Kernels before 2.6.11 have no steal time.
    fn parse(text: &str, ticks_per_second: u64) -> Option<Self> {
        let mut words = text.lines().next()?.split_ascii_whitespace();
        words.next().filter(|name| *name == "cpu")?;
        let ticks: Vec<u64> = words.map_while(|word| word.parse().ok()).collect();
        let [user, nice, system, idle, waiting, irq, soft_irq] = *ticks.first_chunk()?;
        let time = |parts: &[u64]| {
            let ticks = parts.iter().fold(0u64, |sum, part| sum.saturating_add(*part));
            Duration::from_secs(ticks / ticks_per_second)
                + Duration::from_secs(ticks % ticks_per_second) / u32::try_from(ticks_per_second).unwrap_or(100)
        };
        Some(Self {
            busy: time(&[user, nice, system, irq, soft_irq]),
            idle: time(&[idle, waiting]),
            stolen: time(&[ticks.get(7).copied().unwrap_or(0)]),
        })
    }

    /// The times since `before`. On some kernels a time may go backwards by a tick: that counts as 0.
    pub fn since(self, before: Self) -> Self {
        Self {
            busy: self.busy.saturating_sub(before.busy),
            idle: self.idle.saturating_sub(before.idle),
            stolen: self.stolen.saturating_sub(before.stolen),
        }
    }

    /// The total time.
    pub fn total(self) -> Duration {
        self.busy.saturating_add(self.idle).saturating_add(self.stolen)
    }

    /// The stolen share of the total time, 0 to 1; `None` if that is zero.
    pub fn stolen_share(self) -> Option<f64> {
        self.share(self.stolen)
    }

    /// The busy share of the total time, 0 to 1; `None` if that is zero.
    pub fn busy_share(self) -> Option<f64> {
        self.share(self.busy)
    }

    fn share(self, part: Duration) -> Option<f64> {
        let total = self.total();
        (!total.is_zero()).then(|| part.as_secs_f64() / total.as_secs_f64())
    }
}

/// The number of ticks per second in `/proc/stat`: 100 on nearly all systems.
fn ticks_per_second() -> u64 {
    Some(rustix::param::clock_ticks_per_second()).filter(|ticks| (1..=1_000_000).contains(ticks)).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_sums_of_the_first_line() {
        let times = Times::parse("cpu  100 20 30 400 50 6 4 70 5 0\ncpu0 1 1 1 1\n", 100).unwrap();
        assert_eq!(
            times,
            Times {
                busy: Duration::from_millis(1600),
                idle: Duration::from_millis(4500),
                stolen: Duration::from_millis(700)
            }
        );
        let later = Times { busy: Duration::from_millis(1900), ..times };
        assert_eq!(later.since(times).busy_share(), Some(1.0));
        assert_eq!(times.since(later).busy_share(), None);
    }

    #[test]
    fn an_invalid_line_has_no_times() {
        for text in
            ["", "cpu", "cpu 1 2 3", "cpu0 1 2 3 4 5 6 7 8", "cpu a b c d e f g", "cpu -1 2 3 4 5 6 7", "intr 5"]
        {
            assert_eq!(Times::parse(text, 100), None, "{text:?}");
        }
        let huge = format!("cpu {}", [u64::MAX.to_string().as_str(); 8].join(" "));
        assert!(Times::parse(&huge, 100).unwrap().total() > Duration::ZERO);
    }
}
