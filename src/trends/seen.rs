//! Which events somebody was told of.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::{Axis, Event, Standing, Trends};
use crate::history::{History, HistoryError};

/// Under which name the history keeps it.
const STATE: &str = "events-told";

/// What was told, and when. It is kept in the history; `forc-perf nightly` writes it.
///
/// What was told the last time stays new until the next time: the page that is read in the morning says what the night's
/// message said, whenever it is made anew.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// When events were last told, RFC 3339; absent if they never were.
    pub told: Option<String>,
    /// Those that had been told before.
    pub before: Vec<SeenEvent>,
    /// Those that were told then, with all that had been told before and still hold.
    pub last: Vec<SeenEvent>,
}

/// An event that was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenEvent {
    /// Its key ([`Event::key`]).
    pub key: String,
    /// Whether it was for the worse.
    pub worse: bool,
}

impl Seen {
    /// What the history says. One that nobody was ever told of has nothing new: all of it is there for the first time.
    pub(super) fn read(history: &History) -> Result<Self, HistoryError> {
        let state = history.state(STATE)?;
        // What a later forc-perf may have written in another form is as if nothing was ever told.
        Ok(state.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    /// Where an event that can be any of the commits in `range` stands, if nobody has said anything of it and it holds.
    pub(super) fn standing(&self, axis: &Axis, range: RangeInclusive<usize>, worse: bool) -> Standing {
        if self.knows(axis, range, worse) { Standing::Open } else { Standing::New }
    }

    /// Whether it was told before the last time.
    fn knows(&self, axis: &Axis, mut range: RangeInclusive<usize>, worse: bool) -> bool {
        if self.told.is_none() {
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
    /// Keeps in the history that all of these events are told now. What is new is what was not told before; it stays so
    /// until this is called again.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn tell(&mut self, history: &mut History) -> Result<(), HistoryError> {
        let seen = Seen::read(history)?;
        let of = |event: &Event| SeenEvent { key: event.key.clone(), worse: event.worse };
        let mut now = Seen { told: Some(jiff::Timestamp::now().to_string()), ..Seen::default() };
        now.last = self.events.iter().map(of).collect();
        // Of the first time nothing is new: it is all there was.
        now.before = if seen.told.is_some() { seen.last } else { now.last.clone() };
        let text = serde_json::to_string(&now).unwrap_or_default();
        history.set_state(STATE, Some(&text))?;
        // All else stays as it is: what people said, and what went back, stands above what was told.
        for event in &mut self.events {
            if matches!(event.standing, Standing::New | Standing::Open) {
                event.standing = now.standing(&self.axis, event.earliest..=event.latest, event.worse);
            }
        }
        self.told = now.told;
        Ok(())
    }
}
