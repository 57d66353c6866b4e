//! A chart as a list of marks in a plane of CSS pixels.
//!
//! The charts only lay out; one function, [`Chart::draw`], passes the marks to a backend of plotters. So SVG and PNG cannot
//! differ, and a test can find overlapping texts without rendering.

use super::font::text_width;
use super::palette::{INK, Rgb, Swatch};
use super::text::shorten;

/// Between the edge of a picture and what is in it.
pub(super) const MARGIN: f64 = 16.0;
/// The height of the heading, which a page has above the picture already and so leaves out.
pub(super) const HEADING: f64 = 28.0;
pub(super) const HEADING_STYLE: Style = Style::bold(15.0, INK);

/// Which end of a text its position is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Centre,
    Right,
}

/// A colour and how opaque it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Paint {
    pub(super) rgb: Rgb,
    pub(super) alpha: f64,
}

impl Paint {
    pub(super) fn faint(rgb: Rgb, alpha: f64) -> Self {
        Self { rgb, alpha }
    }
}

impl From<Rgb> for Paint {
    fn from(rgb: Rgb) -> Self {
        Self { rgb, alpha: 1.0 }
    }
}

/// Something to draw.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mark {
    /// A filled rectangle.
    Rect { x: f64, y: f64, width: f64, height: f64, paint: Paint },
    /// A line through points.
    Path { points: Vec<(f64, f64)>, width: f64, paint: Paint },
    /// A filled polygon.
    Polygon { points: Vec<(f64, f64)>, paint: Paint },
    /// A filled circle.
    Dot { x: f64, y: f64, radius: f64, paint: Paint },
    /// A text, its middle at the height of `y`.
    Text { x: f64, y: f64, text: String, style: Style, align: Align },
    /// What follows, to the matching [`Mark::Close`], is one element of this class in an SVG, so that a page's script finds
    /// it. It is invisible.
    Open { class: &'static str },
    /// The end of what [`Mark::Open`] began.
    Close,
}

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Style {
    /// Its em in pixels.
    pub(super) size: f64,
    pub(super) bold: bool,
    pub(super) rgb: Rgb,
}

impl Style {
    pub(super) const fn new(size: f64, rgb: Rgb) -> Self {
        Self { size, bold: false, rgb }
    }

    pub(super) const fn bold(size: f64, rgb: Rgb) -> Self {
        Self { size, bold: true, rgb }
    }

    /// The width of a text in this style.
    pub(super) fn width(&self, text: &str) -> f64 {
        text_width(text, self.size, self.bold)
    }
}

/// A picture, laid out and ready to be written as SVG or PNG.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    pub(super) title: String,
    pub(super) heading: String,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) marks: Vec<Mark>,
}

impl Chart {
    /// An empty picture, [`HEADING`] of its height taken by a heading. `title` is its description for screen readers.
    pub(super) fn new(title: String, heading: &str, width: f64) -> Self {
        let look = HEADING_STYLE;
        let heading = shorten(heading, look.size, look.bold, width - 2.0 * MARGIN);
        Self { title, heading, width, height: HEADING, marks: Vec::new() }
    }

    /// The picture's description for screen readers.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Width and height in CSS pixels.
    pub fn size(&self) -> (f64, f64) {
        (self.width, self.height)
    }

    /// The heading's mark; absent without one.
    pub(super) fn heading(&self) -> Option<Mark> {
        let text = self.heading.clone();
        let mark = Mark::Text { x: MARGIN, y: 18.0, text, style: HEADING_STYLE, align: Align::Left };
        (!self.heading.trim().is_empty()).then_some(mark)
    }

    pub(super) fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), paint: impl Into<Paint>) {
        if width > 0.0 && height > 0.0 {
            self.marks.push(Mark::Rect { x, y, width, height, paint: paint.into() });
        }
    }

    pub(super) fn path(&mut self, points: Vec<(f64, f64)>, width: f64, paint: impl Into<Paint>) {
        if points.len() > 1 {
            self.marks.push(Mark::Path { points, width, paint: paint.into() });
        }
    }

    /// A thin straight line: a rectangle, so that it is sharp.
    pub(super) fn rule(&mut self, from: (f64, f64), to: (f64, f64), rgb: Rgb) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        if dx.abs() > dy.abs() {
            self.rect((from.0, from.1 - 0.5), (dx, 1.0), rgb);
        } else {
            self.rect((from.0 - 0.5, from.1), (1.0, dy), rgb);
        }
    }

    pub(super) fn polygon(&mut self, points: Vec<(f64, f64)>, paint: impl Into<Paint>) {
        self.marks.push(Mark::Polygon { points, paint: paint.into() });
    }

    pub(super) fn dot(&mut self, x: f64, y: f64, radius: f64, paint: impl Into<Paint>) {
        self.marks.push(Mark::Dot { x, y, radius, paint: paint.into() });
    }

    pub(super) fn text(&mut self, x: f64, y: f64, text: impl Into<String>, style: Style, align: Align) {
        let text = text.into();
        if !text.trim().is_empty() {
            self.marks.push(Mark::Text { x, y, text, style, align });
        }
    }

    /// Draws what belongs together, as one element of the class.
    pub(super) fn group(&mut self, class: &'static str, draw: impl FnOnce(&mut Self)) {
        self.marks.push(Mark::Open { class });
        draw(self);
        self.marks.push(Mark::Close);
    }

    /// A bar in a phase's colour, hatched if the phase's is.
    pub(super) fn bar(&mut self, at: (f64, f64), size: (f64, f64), swatch: Swatch) {
        self.rect(at, size, swatch.rgb);
        if swatch.hatched {
            self.hatch(at, size, Paint::faint(swatch.on(), 0.55), 5.0);
        }
    }

    /// Diagonal lines over a rectangle, `step` pixels apart.
    pub(super) fn hatch(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), paint: Paint, step: f64) {
        // A limit on the number of lines.
        let lines = (((width + height) / step) as usize).min(400);
        for line in 1..=lines {
            let reach = line as f64 * step;
            let from = (x + (reach - height).max(0.0), y + reach.min(height));
            let to = (x + reach.min(width), y + (reach - width).max(0.0));
            self.path(vec![from, to], 1.0, paint);
        }
    }

    /// Boxes of all texts, `(left, top, right, bottom)`.
    #[cfg(test)]
    pub(super) fn text_boxes(&self) -> Vec<(f64, f64, f64, f64, &str)> {
        let boxes = self.marks.iter().filter_map(|mark| match mark {
            Mark::Text { x, y, text, style, align } => {
                let width = style.width(text);
                let left = match align {
                    Align::Left => *x,
                    Align::Centre => x - width / 2.0,
                    Align::Right => x - width,
                };
                Some((left, y - style.size / 2.0, left + width, y + style.size / 2.0, text.as_str()))
            }
            _ => None,
        });
        boxes.collect()
    }

    /// Fails if a text leaves the picture or overlaps another one.
    #[cfg(test)]
    #[track_caller]
    pub(super) fn assert_tidy(&self) {
        let boxes = self.text_boxes();
        for (i, a) in boxes.iter().enumerate() {
            let inside = a.0 >= -0.5 && a.1 >= -0.5 && a.2 <= self.width + 0.5 && a.3 <= self.height + 0.5;
            assert!(inside, "{a:?} leaves {:?}", self.size());
            for b in &boxes[i + 1..] {
                let apart = a.2 <= b.0 + 0.5 || b.2 <= a.0 + 0.5 || a.3 <= b.1 + 0.5 || b.3 <= a.1 + 0.5;
                assert!(apart, "{a:?} overlaps {b:?}");
            }
        }
    }
}
