//! Which events were reported before.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::{Axis, Event, Standing, Trends};
use crate::history::{History, HistoryError};

/// The name of this state in the history.
const STATE: &str = "events-told";

/// The events that were reported, and when. Stored in the history; `forc-perf nightly` writes it.
///
/// What was reported the last time stays new until the next time: so the dashboard agrees with the nightly message, even if
/// it is made again later.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// When events were last reported, RFC 3339; absent if they never were.
    #[serde(rename = "told")]
    pub announced: Option<String>,
    /// The events that had been reported before that.
    pub before: Vec<SeenEvent>,
    /// The events that were reported then, with all earlier ones that still hold.
    pub last: Vec<SeenEvent>,
}

/// An event that was reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenEvent {
    /// Its key ([`Event::key`]).
    pub key: String,
    /// Whether it was a regression.
    pub worse: bool,
}

impl Seen {
    /// Reads it from the history. If events were never reported, none is new: all of them are there for the first time.
    pub(super) fn read(history: &History) -> Result<Self, HistoryError> {
        let state = history.state(STATE)?;
        // Another format, of a later forc-perf, counts as if events were never reported.
        Ok(state.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    /// The standing of an event that can be at any of the commits in `range`, if it has no note and was not reverted.
    pub(super) fn standing(&self, axis: &Axis, range: RangeInclusive<usize>, worse: bool) -> Standing {
        if self.knows(axis, range, worse) { Standing::Open } else { Standing::New }
    }

    /// Whether it was reported before the last time.
    fn knows(&self, axis: &Axis, mut range: RangeInclusive<usize>, worse: bool) -> bool {
        if self.announced.is_none() {
            return true;
        }
        range.any(|position| {
            axis.commits
                .get(position)
                .is_some_and(|commit| self.before.iter().any(|event| event.worse == worse && event.key == commit.key()))
        })
    }
}

impl Trends {
    /// Stores in the history that all of these events are reported now. New are those that were not reported before; they
    /// stay new until this is called again.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn announce(&mut self, history: &mut History) -> Result<(), HistoryError> {
        let seen = Seen::read(history)?;
        let of = |event: &Event| SeenEvent { key: event.key.clone(), worse: event.worse };
        let mut now = Seen { announced: Some(jiff::Timestamp::now().to_string()), ..Seen::default() };
        now.last = self.events.iter().map(of).collect();
        // The first time, no event is new.
        now.before = if seen.announced.is_some() { seen.last } else { now.last.clone() };
        let text = serde_json::to_string(&now).unwrap_or_default();
        history.set_state(STATE, Some(&text))?;
        // Other standings stay: notes and reverts take precedence.
        for event in &mut self.events {
            if matches!(event.standing, Standing::New | Standing::Open) {
                event.standing = now.standing(&self.axis, event.earliest..=event.latest, event.worse);
            }
        }
        self.announced = now.announced;
        Ok(())
    }
}
