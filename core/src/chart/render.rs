//! From marks to files, through plotters.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::prelude::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBAColor, RGBColor, ShapeStyle, TextStyle};

use super::ChartError;
use super::font::{LINE_PER_EM, register_fonts, style};
use super::palette::{SURFACE, themed_css};
use super::scene::{Align, Chart, HEADING, Mark, Paint};
use crate::text::clean;

/// Backend pixels a CSS pixel. Backends draw at whole pixels, so two make the bars of an SVG half a pixel exact, and a
/// PNG sharp.
pub(super) const DENSITY: f64 = 2.0;

/// A PNG of more pixels than this is drawn at half the density: it would take hundreds of megabytes.
const LARGEST_PNG: f64 = 40e6;

/// How a backend wants to be drawn on.
#[derive(Clone, Copy)]
struct Canvas {
    /// Its pixels a CSS pixel.
    density: f64,
    /// How far down, in ems, it must move a text to centre it at the given height.
    nudge: f64,
    /// Whether the heading is drawn, or cut off.
    heading: bool,
    /// Whether a line has to be cut at its corners. plotters' own strokes shoot out of the picture where a line turns back
    /// sharply, as that of a CPU does.
    cut: bool,
}

const SVG: Canvas = Canvas { density: DENSITY, nudge: 0.0, heading: true, cut: false };
const INLINE: Canvas = Canvas { heading: false, ..SVG };
const PNG: Canvas = Canvas { nudge: 0.11, cut: true, ..SVG };

type AreaError<DB> = DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>;

impl Chart {
    /// The picture as an SVG file of its own, which follows the reader's choice of dark or light.
    pub fn to_svg(&self) -> Result<String, ChartError> {
        let css = themed_css("svg");
        let background = format!("<rect width=\"100%\" height=\"100%\" fill=\"{}\"/>", super::palette::hex(SURFACE));
        self.svg(SVG, &format!("<style>{css}</style>{background}"))
    }

    /// The picture as an element of a page, whose style sheet holds [`page_css`](super::page_css). The heading is left to
    /// the page.
    pub fn to_inline_svg(&self) -> Result<String, ChartError> {
        self.svg(INLINE, "")
    }

    /// Writes the picture to a PNG file, on white; the path should end in `.png`.
    pub fn write_png(&self, path: &Path) -> Result<(), ChartError> {
        register_fonts();
        let large = self.width * self.height * DENSITY * DENSITY > LARGEST_PNG;
        let canvas = if large { Canvas { density: 1.0, ..PNG } } else { PNG };
        let (width, height) = self.pixels(canvas.density);
        let mut pixels = vec![0; 3 * width as usize * height as usize];
        let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
        let heading = self.heading();
        let marks = heading.iter().chain(&self.marks);
        let drawn = area.fill(&RGBColor(255, 255, 255)).and_then(|()| draw(&area, canvas, marks));
        drawn.and_then(|()| area.present()).map_err(ChartError::drawing)?;
        drop(area);
        encode(path, (width, height), &pixels).map_err(ChartError::drawing)
    }

    fn svg(&self, canvas: Canvas, head: &str) -> Result<String, ChartError> {
        register_fonts();
        let heading = self.heading().filter(|_| canvas.heading);
        let marks: Vec<&Mark> = heading.iter().chain(&self.marks).collect();
        let grouping = |mark: &Mark| matches!(mark, Mark::Open { .. } | Mark::Close);
        let mut body = String::new();
        for piece in marks.chunk_by(|a, b| !grouping(a) && !grouping(b)) {
            match piece[0] {
                Mark::Open { class } => body += &format!("<g class=\"{class}\">"),
                Mark::Close => body += "</g>",
                _ => body += &self.fragment(canvas, piece)?,
            }
        }
        let top = if canvas.heading { 0.0 } else { HEADING };
        let ((width, height), (wide, high)) = (self.pixels(1.0), self.pixels(DENSITY));
        let (height, high) = (f64::from(height) - top, f64::from(high) - top * DENSITY);
        Ok(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 {} {wide} {high}\"><title>{}</title>{head}{body}</svg>",
            top * DENSITY,
            escape(&self.title),
        ))
    }

    /// Marks as SVG elements.
    fn fragment(&self, canvas: Canvas, marks: &[&Mark]) -> Result<String, ChartError> {
        let mut text = String::new();
        let area = SVGBackend::with_string(&mut text, self.pixels(DENSITY)).into_drawing_area();
        draw(&area, canvas, marks.iter().copied()).and_then(|()| area.present()).map_err(ChartError::drawing)?;
        drop(area);
        // plotters' own tag knows neither a title nor the density.
        let body = text.split_once('>').map_or("", |(_, body)| body);
        Ok(tidy(body.trim_end().trim_end_matches("</svg>")))
    }

    fn pixels(&self, density: f64) -> (u32, u32) {
        ((self.width * density).round().max(1.0) as u32, (self.height * density).round().max(1.0) as u32)
    }
}

/// Writes pixels of three bytes each to a PNG file.
///
/// plotters would do it through `image`, which is built with decoders of several formats for this one call.
fn encode(path: &Path, (width, height): (u32, u32), pixels: &[u8]) -> Result<(), png::EncodingError> {
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(path)?), width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()
}

/// The one drawing function, for every backend.
fn draw<'a, DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    canvas: Canvas,
    marks: impl IntoIterator<Item = &'a Mark>,
) -> Result<(), AreaError<DB>> {
    let density = canvas.density;
    let pixel = |(x, y): (f64, f64)| ((x * density).round() as i32, (y * density).round() as i32);
    for mark in marks {
        match mark {
            Mark::Rect { x, y, width, height, paint } => {
                let (left, top) = pixel((*x, *y));
                let (right, bottom) = pixel((x + width, y + height));
                // Even the smallest mark must be visible.
                let corners = [(left, top), (right.max(left + 1), bottom.max(top + 1))];
                area.draw(&Rectangle::new(corners, colour(*paint).filled()))?;
            }
            Mark::Path { points, width, paint } => {
                let stroke = ((width * density).round() as u32).max(1);
                let points: Vec<_> = points.iter().copied().map(pixel).collect();
                let style = ShapeStyle::from(colour(*paint)).stroke_width(stroke);
                for piece in points.windows(if canvas.cut { 2 } else { points.len().max(1) }) {
                    area.draw(&PathElement::new(piece.to_vec(), style))?;
                }
            }
            Mark::Polygon { points, paint } => {
                let points: Vec<_> = points.iter().copied().map(pixel).collect();
                area.draw(&Polygon::new(points, colour(*paint).filled()))?;
            }
            Mark::Dot { x, y, radius, paint } => {
                let radius = ((radius * density).round() as i32).max(1);
                area.draw(&Circle::new(pixel((*x, *y)), radius, colour(*paint).filled()))?;
            }
            Mark::Text { x, y, text, style: look, align } => {
                let anchor = match align {
                    Align::Left => HPos::Left,
                    Align::Centre => HPos::Center,
                    Align::Right => HPos::Right,
                };
                let (red, green, blue) = look.rgb;
                let font = ("sans-serif", look.size * density * LINE_PER_EM, style(look.bold));
                let ink = RGBColor(red, green, blue);
                let face = TextStyle::from(font).color(&ink);
                area.draw_text(
                    &clean(text),
                    &face.pos(Pos::new(anchor, VPos::Center)),
                    pixel((*x, y + canvas.nudge * look.size)),
                )?;
            }
            Mark::Open { .. } | Mark::Close => {}
        }
    }
    Ok(())
}

fn colour(Paint { rgb: (red, green, blue), alpha }: Paint) -> RGBAColor {
    RGBColor(red, green, blue).mix(alpha)
}

/// Removes what is redundant: defaults that plotters writes, the font of the style sheet, line ends. A text's own quotation
/// marks are escaped, so none of this matches inside one.
fn tidy(svg: &str) -> String {
    svg.replace(" opacity=\"1\"", "")
        .replace(" stroke=\"none\" stroke-width=\"1\"", "")
        .replace(" stroke=\"none\"", "")
        .replace(" font-family=\"sans-serif\"", "")
        .replace(" \"/>", "\"/>")
        .replace('\n', "")
}

fn escape(text: &str) -> String {
    clean(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{page_css, suite_phases};
    use crate::testing;

    /// Every opened element is closed, and attributes are quoted: enough of XML for what is written here.
    #[track_caller]
    fn assert_well_formed(svg: &str) {
        let mut open = Vec::new();
        for tag in svg.split('<').skip(1) {
            let (tag, _) = tag.split_once('>').expect("a tag has an end");
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name));
            } else if !tag.ends_with('/') {
                open.push(tag.split(' ').next().unwrap());
            }
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        }
        assert!(open.is_empty());
        assert!(!svg.chars().any(char::is_control));
    }

    #[test]
    fn hostile_names_leave_the_svg_whole() {
        let chart = suite_phases(&testing::hostile()).unwrap();
        let (alone, inline) = (chart.to_svg().unwrap(), chart.to_inline_svg().unwrap());
        assert_well_formed(&alone);
        assert_well_formed(&inline);
        assert!(alone.contains("role=\"img\"") && alone.contains("<title>") && !alone.contains("<script"));
    }

    #[test]
    fn inline_pictures_leave_style_and_heading_to_the_page() {
        let chart = suite_phases(&testing::report(2)).unwrap();
        let (alone, inline) = (chart.to_svg().unwrap(), chart.to_inline_svg().unwrap());
        assert!(alone.contains("<style>") && alone.contains("Where the time goes</text>"));
        assert!(
            !inline.contains("<style>") && !inline.contains("Where the time goes</text>") && !inline.contains(" id=")
        );
    }

    #[test]
    fn every_neutral_has_a_dark_counterpart() {
        let svg = suite_phases(&testing::report(2)).unwrap().to_svg().unwrap();
        for rgb in ["#1F2328", "#59636E", "#D0D7DE"] {
            assert!(svg.contains(&format!(" fill=\"{rgb}\"")) && svg.contains(&format!("svg [fill=\"{rgb}\"]{{")));
            assert!(page_css().contains(&format!(".chart [fill=\"{rgb}\"]{{")));
        }
    }

    #[test]
    fn a_png_that_cannot_be_written_is_an_error() {
        let chart = suite_phases(&testing::report(1)).unwrap();
        let error = chart.write_png(Path::new("/nonexistent/folder/chart.png")).unwrap_err();
        assert!(matches!(error, ChartError::Drawing(_)));
    }
}
