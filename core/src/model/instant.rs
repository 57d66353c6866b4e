use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// The instant that every [`SerdeInstant`] of this process is relative to: taken once, at the first use.
static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A monotonic instant, relative to the one epoch of the program that took it.
///
/// Serialised as `{"secs": …, "nanos": …}` since that epoch. Instants of one report can be subtracted from each other;
/// instants of two reports cannot, as each program has an epoch of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct SerdeInstant(Duration);

impl SerdeInstant {
    /// The present instant.
    pub fn now() -> Self {
        // The epoch is evaluated first: the very first instant is then zero, never negative.
        let epoch = *EPOCH;
        Self(Instant::now().saturating_duration_since(epoch))
    }

    /// The instant that lies `elapsed` after the epoch.
    pub const fn from_epoch(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// Time from the epoch to this instant.
    pub const fn since_epoch(self) -> Duration {
        self.0
    }

    /// Time from `earlier` to this instant; zero if `earlier` is the later of the two.
    pub fn duration_since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// This instant plus `duration`.
    pub fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }

    /// This instant minus `duration`, but never before the epoch.
    pub fn saturating_sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration))
    }
}

impl From<Instant> for SerdeInstant {
    fn from(instant: Instant) -> Self {
        Self(instant.saturating_duration_since(*EPOCH))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_serialised_as_seconds_and_nanoseconds() {
        let instant = SerdeInstant::from_epoch(Duration::new(3, 289_065_254));
        let json = serde_json::to_string(&instant).unwrap();
        assert_eq!(json, r#"{"secs":3,"nanos":289065254}"#);
        assert_eq!(serde_json::from_str::<SerdeInstant>(&json).unwrap(), instant);
    }

    #[test]
    fn never_runs_backwards() {
        let first = SerdeInstant::now();
        let second = SerdeInstant::now();
        assert!(second >= first);
        assert_eq!(first.duration_since(second), Duration::ZERO);
        assert_eq!(
            SerdeInstant::from_epoch(Duration::ZERO).saturating_sub(Duration::from_secs(1)).since_epoch(),
            Duration::ZERO
        );
    }
}
