//! Shapes that distinguish lines, groups and kinds of change, in addition to colours.

use super::palette::{MUTED, OUTSIDE, Rgb, SURFACE};
use super::scene::{Chart, Paint};
use crate::verdict::Sign;

/// The shape of a line's points. Triangles are reserved: they mean worse, better, or beyond the axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    Disc,
    Square,
    Cross,
    Diamond,
}

/// How a line or a group looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) rgb: Rgb,
    pub(super) marker: Marker,
    /// Whether its markers are outlines only.
    pub(super) hollow: bool,
}

/// The colours of lines and groups, Okabe and Ito's first, without the orange that means worse; the second four have the
/// shapes of the first ones, but hollow.
const COLOURS: [Rgb; 8] = [
    (0x00, 0x72, 0xB2),
    (0xCC, 0x79, 0xA7),
    (0x00, 0x9E, 0x73),
    (0x99, 0x99, 0x33),
    (0x8F, 0x7F, 0xD8),
    (0xB0, 0x7D, 0x48),
    (0x3D, 0x9B, 0xDC),
    (0xCC, 0x66, 0x77),
];

/// How the lines or groups of a chart look, in order; after [`LOOKS`] the same again.
pub(super) fn look(index: usize) -> Look {
    let markers = [Marker::Disc, Marker::Square, Marker::Cross, Marker::Diamond];
    let hollow = index / markers.len() % 2 == 1;
    Look { rgb: COLOURS[index % LOOKS], marker: markers[index % markers.len()], hollow }
}

/// How many looks there are.
pub(super) const LOOKS: usize = COLOURS.len();

impl Look {
    pub(super) fn draw(self, chart: &mut Chart, at: (f64, f64), radius: f64) {
        self.marker.draw(chart, at, radius, self.rgb);
        if self.hollow {
            self.marker.draw(chart, at, 0.55 * radius, SURFACE);
        }
    }
}

impl Marker {
    /// The name that the dashboard's script knows it by.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Disc => "disc",
            Self::Square => "square",
            Self::Cross => "cross",
            Self::Diamond => "diamond",
        }
    }

    /// Draws it around a point; all of them look equally large at the same radius.
    fn draw(self, chart: &mut Chart, (x, y): (f64, f64), radius: f64, paint: impl Into<Paint>) {
        let r = radius;
        match self {
            Self::Disc => chart.dot(x, y, r, paint),
            Self::Square => chart.rect((x - 0.9 * r, y - 0.9 * r), (1.8 * r, 1.8 * r), paint),
            Self::Cross => {
                let (near, far) = (0.45 * r, 1.3 * r);
                let quarter = [(near, -far), (near, -near), (far, -near)];
                let turned = [(1.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (-1.0, 1.0)].into_iter().enumerate();
                let corners = turned.flat_map(|(turn, (sx, sy))| {
                    let mut corners = quarter.map(|(dx, dy)| (x + sx * dx, y + sy * dy));
                    if turn % 2 == 1 {
                        corners.reverse();
                    }
                    corners
                });
                chart.polygon(corners.collect(), paint);
            }
            Self::Diamond => {
                chart.polygon(vec![(x - 1.3 * r, y), (x, y - 1.3 * r), (x + 1.3 * r, y), (x, y + 1.3 * r)], paint);
            }
        }
    }
}

/// The kind of a step of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StepKind {
    /// A change for the worse.
    Worse,
    /// A change for the better.
    Better,
    /// An expected change.
    Expected,
    /// Too few values came after it to be sure of it.
    Unconfirmed,
}

impl StepKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Worse, Self::Better, Self::Expected, Self::Unconfirmed];

    /// The name that the dashboard's script knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Worse => Sign::of_direction(true).word,
            Self::Better => Sign::of_direction(false).word,
            Self::Expected => "expected",
            Self::Unconfirmed => "unconfirmed",
        }
    }

    /// What it is called in a legend.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Unconfirmed => "not confirmed yet",
            _ => self.name(),
        }
    }

    pub(super) fn colour(self) -> Rgb {
        match self {
            Self::Worse => Sign::of_direction(true).colour,
            Self::Better => Sign::of_direction(false).colour,
            Self::Expected => MUTED,
            Self::Unconfirmed => OUTSIDE,
        }
    }

    /// Draws its shape, as verdicts have them: up for worse, down for better, a ring for no answer; a diamond for an
    /// expected change.
    pub(super) fn draw(self, chart: &mut Chart, (x, y): (f64, f64)) {
        let colour = self.colour();
        match self {
            Self::Worse => chart.polygon(vec![(x - 4.5, y + 3.5), (x + 4.5, y + 3.5), (x, y - 4.5)], colour),
            Self::Better => chart.polygon(vec![(x - 4.5, y - 3.5), (x + 4.5, y - 3.5), (x, y + 4.5)], colour),
            Self::Expected => Marker::Diamond.draw(chart, (x, y), 3.5, colour),
            Self::Unconfirmed => {
                chart.dot(x, y, 4.0, colour);
                chart.dot(x, y, 2.5, SURFACE);
            }
        }
    }
}
