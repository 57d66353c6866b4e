//! Changes of many series at one commit are one event.

use super::ChangePoint;

/// A change point and the series that it is of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeriesChange {
    /// Which series: a number that means something to the caller only.
    pub series: usize,
    /// How much a change of this series counts; 1 for any other's equal.
    pub weight: f64,
    /// The change. Indices of all series must be positions on one common axis of commits.
    pub change: ChangePoint,
}

/// Changes that one commit can explain.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The position at which most of the evidence lies.
    pub position: usize,
    /// The first position that all of the changes allow.
    pub earliest: usize,
    /// The last position that all of the changes allow.
    pub latest: usize,
    /// The changes, as indices of what was given, the worst first.
    pub members: Vec<usize>,
    /// The weighted sum of the logarithms of the ratios: above 0 if it got slower in all.
    pub total: f64,
}

/// Groups changes into events, the worst first.
pub fn group_steps(_changes: &[SeriesChange]) -> Vec<Event> {
    Vec::new()
}
