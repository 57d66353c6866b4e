//! The axis of commits: one place for each, in their order, with dates below and releases above.

use super::axis::Scale;
use super::palette::{LINE, MUTED};
use super::scene::{Align, Chart, Style};
use super::text::shorten;

pub(super) const TICK: Style = Style::new(11.0, MUTED);
/// The height of the dates below a plot.
pub(super) const DATES: f64 = 22.0;
/// The height of the releases above a plot.
pub(super) const RELEASES: f64 = 26.0;
/// Between two labels on a line.
const GAP: f64 = 8.0;
/// No label is wider.
const WIDEST: f64 = 160.0;

/// The positions of commits in a plot.
#[derive(Clone, Copy, Debug)]
pub(super) struct CommitAxis {
    scale: Scale,
    left: f64,
    right: f64,
    positions: usize,
}

impl CommitAxis {
    /// An axis of this many commits, from one pixel to another.
    pub(super) fn new(positions: usize, left: f64, right: f64) -> Self {
        let scale = Scale::new(-0.5, positions.max(1) as f64 - 0.5, left, right);
        Self { scale, left, right, positions }
    }

    /// The pixel of a commit's middle.
    pub(super) fn at(&self, position: usize) -> f64 {
        self.scale.at(position as f64)
    }

    /// The pixel between a commit and the one before it.
    pub(super) fn before(&self, position: usize) -> f64 {
        self.scale.at(position as f64 - 0.5)
    }

    /// Dates below a plot that ends at `bottom`; what would touch is left out.
    pub(super) fn dates(&self, chart: &mut Chart, bottom: f64, ticks: &[(usize, String)]) {
        let mut row = LabelRow::new(0.0, chart.width);
        for (position, label) in ticks.iter().filter(|(position, _)| *position < self.positions) {
            let label = shorten(label, TICK.size, false, WIDEST);
            let x = self.at(*position);
            if let Some(middle) = row.place(x, TICK.width(&label)) {
                chart.rule((x, bottom), (x, bottom + 4.0), LINE);
                chart.text(middle, bottom + 13.0, label, TICK, Align::Centre);
            }
        }
    }

    /// Releases above a plot, on the line `bottom`: a small mark each, and a name for as many as there is room for, the
    /// newest first.
    pub(super) fn releases(&self, chart: &mut Chart, bottom: f64, releases: &[(usize, String)]) {
        let mut row = LabelRow::new(self.left, self.right);
        for (position, label) in releases.iter().rev().filter(|(position, _)| *position < self.positions) {
            let label = shorten(label, TICK.size, false, WIDEST);
            let x = self.at(*position);
            let place = row.place(x, TICK.width(&label));
            chart.rule((x, bottom - 5.0), (x, bottom), if place.is_some() { MUTED } else { LINE });
            if let Some(middle) = place {
                chart.text(middle, bottom - 13.0, label, TICK, Align::Centre);
            }
        }
    }
}

/// A line of labels that must not touch each other.
pub(super) struct LabelRow {
    left: f64,
    right: f64,
    taken: Vec<(f64, f64)>,
}

impl LabelRow {
    pub(super) fn new(left: f64, right: f64) -> Self {
        Self { left, right, taken: Vec::new() }
    }

    /// Takes the place for a label around `middle`, moved inwards at the ends of the line, and returns its middle; `None` if
    /// there is no room.
    pub(super) fn place(&mut self, middle: f64, width: f64) -> Option<f64> {
        let middle = middle.min(self.right - width / 2.0).max(self.left + width / 2.0);
        let (from, to) = (middle - width / 2.0, middle + width / 2.0);
        let free = self.taken.iter().all(|taken| to + GAP <= taken.0 || taken.1 + GAP <= from);
        (free && to <= self.right + 0.5).then(|| {
            self.taken.push((from, to));
            middle
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_a_row_never_touch() {
        let mut row = LabelRow::new(0.0, 100.0);
        assert_eq!(row.place(0.0, 20.0), Some(10.0));
        assert_eq!(row.place(30.0, 20.0), None);
        assert_eq!(row.place(40.0, 20.0), Some(40.0));
        assert_eq!(row.place(99.0, 20.0), Some(90.0));
        assert_eq!(row.place(70.0, 200.0), None);
    }
}
