//! Legends: a swatch and a name each, in as many rows as they need.

use super::palette::{INK, MUTED, Swatch};
use super::scene::{Align, Chart, Style};
use super::text::shorten;

const ROW: f64 = 20.0;
const CHIP: f64 = 11.0;
/// Between a swatch and its name.
const SPACE: f64 = 6.0;
/// Between two entries.
const GAP: f64 = 18.0;
const NAME: Style = Style::new(12.0, INK);
const REST: Style = Style::new(12.0, MUTED);
/// The most entries; more are not readable.
const MOST: usize = 24;

/// What one colour means.
pub(super) struct Entry {
    pub(super) name: String,
    /// A figure after the name; empty if there is none.
    pub(super) detail: String,
    pub(super) swatch: Swatch,
}

/// Draws a legend from `(left, top)` in the given width, and returns its height.
pub(super) fn legend(chart: &mut Chart, (left, top): (f64, f64), width: f64, entries: &[Entry]) -> f64 {
    let (mut x, mut y) = (left, top);
    // Moves to the next place with this much room, and returns it.
    let mut place = |room: f64| {
        if x > left && x + room > left + width {
            (x, y) = (left, y + ROW);
        }
        let at = (x, y);
        x += room + GAP;
        at
    };
    let mut bottom = top;
    for Entry { name, detail, swatch } in entries.iter().take(MOST) {
        // One text for both, because the width of a name depends on the reader's font.
        let detail = if detail.is_empty() { String::new() } else { format!(" · {detail}") };
        let name = shorten(name, NAME.size, false, width - CHIP - SPACE - NAME.width(&detail));
        let text = name + &detail;
        let (x, y) = place(CHIP + SPACE + NAME.width(&text));
        chart.bar((x, y + (ROW - CHIP) / 2.0), (CHIP, CHIP), *swatch);
        chart.text(x + CHIP + SPACE, y + ROW / 2.0, text, NAME, Align::Left);
        bottom = y + ROW;
    }
    if entries.len() > MOST {
        let more = format!("and {} more", entries.len() - MOST);
        let (x, y) = place(REST.width(&more));
        chart.text(x, y + ROW / 2.0, more, REST, Align::Left);
        bottom = y + ROW;
    }
    bottom - top
}
