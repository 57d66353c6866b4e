//! Since when: what a history says of the compiler's commits.
//!
//! [`Trends::of`] puts all series of a history on one axis of commits, finds where their levels changed, and gathers the
//! changes that one commit explains into [`Event`]s: "commit abc: 14 benchmarks +6 %, all in `compile ast to ir`". The
//! nightly message, the dashboard and `history events` show these and compute nothing of their own.
//!
//! A function of the history alone: the same history has the same trends.

mod axis;
mod binary;
mod culprit;
mod events;
mod health;
mod seen;
mod series;
#[cfg(test)]
mod tests;
mod totals;

use crate::history::{self, History, Match, ReportFilter, ReportInfo, SeriesFilter};

pub use axis::{Axis, Commit};
pub use culprit::Culprit;
pub use events::{Change, Event, Headline, Standing};
pub use health::{Controls, Health, MachineNoise, Night, Warned};
pub use seen::{Seen, SeenEvent};
pub use series::{Trend, TrendPoint};
pub use totals::{Total, totals};

/// What changed since when, and how the suite fares.
#[derive(Clone, Debug)]
pub struct Trends {
    /// The commits.
    pub axis: Axis,
    /// All series over all packages together, by benchmark, metric, phase, machine and std.
    pub series: Vec<Trend>,
    /// What happened, the worst first; what got better last.
    pub events: Vec<Event>,
    /// How the suite fares.
    pub health: Health,
    /// When somebody was told of events for the last time, RFC 3339; absent if nobody ever was, and nothing is new then.
    pub told: Option<String>,
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
        // Of packages there are many, and what changes in one changes in the sum.
        let filter = SeriesFilter { package: Match::Absent, ..SeriesFilter::default() };
        let mut trends = Vec::new();
        for series in history.series(&filter)? {
            let points = axis.place(history.levels(series.id)?);
            if !points.is_empty() {
                trends.push((series, points));
            }
        }
        let series = series::detect(trends);
        let notes = history.notes(None)?;
        let seen = Seen::read(history)?;
        let mut events = events::events(&axis, &series, &notes, &seen);
        // Of these alone, as whole reports have to be read for it.
        for event in events.iter_mut().filter(|event| matches!(event.standing, Standing::New | Standing::Open)) {
            event.same_binary = binary::is_same(history, &axis, event)?;
        }
        let health = Health::of(history, &axis, &series, &reports)?;
        Ok(Self { axis, series, events, health, told: seen.told, reports })
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
