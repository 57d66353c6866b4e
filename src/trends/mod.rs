//! Since when: the changes in a history, by the compiler's commits.
//!
//! [`Trends::of`] puts all series of a history on one axis of commits, finds where their levels changed, and groups the
//! changes that one commit explains into [`Event`]s: "commit abc: 14 benchmarks +6 %, all in `compile ast to ir`". The
//! nightly message, the dashboard and `history events` show these and compute nothing themselves. A phase that a release has
//! split keeps its series: the sum of its parts continues it.
//!
//! The result depends only on the history.

mod axis;
mod binary;
mod contributors;
mod events;
mod health;
mod seen;
mod series;
mod splits;
#[cfg(test)]
mod tests;
mod totals;

use crate::history::{self, History, Match, ReportFilter, ReportInfo, SeriesFilter};

pub use axis::{Axis, Commit};
pub use contributors::Contributors;
pub use events::{Change, Event, Headline, Standing};
pub use health::{Controls, Health, MachineNoise, Night, Warned};
pub use seen::{Seen, SeenEvent};
pub use series::{Trend, TrendPoint};
pub use totals::{Total, totals};

/// The changes in a history, and the health of the suite.
#[derive(Clone, Debug)]
pub struct Trends {
    /// The commits.
    pub axis: Axis,
    /// All series over all packages together, by benchmark, metric, phase, machine and std.
    pub series: Vec<Trend>,
    /// The events, the worst first, improvements last.
    pub events: Vec<Event>,
    /// The health of the suite.
    pub health: Health,
    /// When events were last reported, RFC 3339; absent if they never were, and then no event is new.
    pub announced: Option<String>,
    /// Every report, in the order of the commits.
    pub reports: Vec<ReportInfo>,
}

impl Trends {
    /// The trends of a history.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn of(history: &History) -> Result<Self, history::HistoryError> {
        let reports = history.reports(&ReportFilter::default())?;
        let axis = Axis::of(&reports);
        // Without packages, which are many: a change in one is also a change in the sum.
        let filter = SeriesFilter { package: Match::Absent, ..SeriesFilter::default() };
        let mut series = Vec::new();
        for one in history.series(&filter)? {
            let points = axis.place(history.levels(one.id)?);
            if !points.is_empty() {
                series.push(Trend::new(one, points));
            }
        }
        splits::join(history, &axis, &mut series)?;
        series::detect(&mut series);
        let notes = history.notes(None)?;
        let seen = Seen::read(history)?;
        let mut events = events::events(&axis, &series, &notes, &seen);
        // Only for these, as whole reports have to be read for it.
        for event in events.iter_mut().filter(|event| matches!(event.standing, Standing::New | Standing::Open)) {
            event.same_binary = binary::is_same(history, &axis, event)?;
        }
        let health = Health::of(history, &axis, &series, &reports)?;
        Ok(Self { axis, series, events, health, announced: seen.announced, reports })
    }

    /// The commit at a position of the axis.
    pub fn commit(&self, position: usize) -> Option<&Commit> {
        self.axis.commits.get(position)
    }

    /// The ids of all benchmarks that were ever measured, by name.
    pub fn benchmarks(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.series.iter().map(|trend| trend.series.key.benchmark.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}
