//! The font of the charts, and how wide a text is in it.

use std::sync::Once;

use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};

/// What plotters divides a font's size by to get its em: its sizes are line heights.
pub(super) const LINE_PER_EM: f64 = 1.24;

/// Registers the embedded font under `sans-serif`, in every style, once a process.
///
/// plotters finds no fonts by itself as it is built here, so everything in this process that draws with plotters, such as
/// Criterion's plots, depends on this as well. It is called by everything in this module that measures or draws text.
pub fn register_fonts() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        let faces = [
            (FontStyle::Normal, dejavu::sans::regular()),
            (FontStyle::Bold, dejavu::sans::bold()),
            (FontStyle::Italic, dejavu::sans::oblique()),
            (FontStyle::Oblique, dejavu::sans::oblique()),
        ];
        for (style, bytes) in faces {
            // If the font cannot be read, drawing fails with a typed error.
            let _ = register_font("sans-serif", style, bytes);
        }
    });
}

pub(super) fn style(bold: bool) -> FontStyle {
    if bold { FontStyle::Bold } else { FontStyle::Normal }
}

/// The width of a text whose em is `size`, in the same unit.
///
/// The face is a wide one, so that the text fits as well in the sans-serif face that a browser takes instead. Scripts that
/// the face lacks are counted at a full em a character.
pub(super) fn text_width(text: &str, size: f64, bold: bool) -> f64 {
    register_fonts();
    // Layout is in whole pixels, which does not matter at a hundred pixels an em.
    const PRECISE: f64 = 100.0;
    let face = FontDesc::new(FontFamily::SansSerif, PRECISE * LINE_PER_EM, style(bold));
    let measured = match face.layout_box(text) {
        Ok(((left, _), (right, _))) => f64::from(right - left) / PRECISE,
        Err(_) => 0.65 * text.chars().count() as f64,
    };
    let wide = text.chars().filter(|&c| is_wide(c)).count();
    (measured + 0.4 * wide as f64) * size
}

/// Whether a character takes a whole em in most faces: East Asian scripts and pictographs, roughly.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11FF}' | '\u{2E80}'..='\u{D7FF}' | '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE6F}'
        | '\u{FF00}'..='\u{FFEF}' | '\u{1F000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_grows_with_the_text_and_its_size() {
        let narrow = text_width("compile", 12.0, false);
        assert!(narrow > 30.0 && narrow < 70.0, "{narrow}");
        assert!(text_width("compile to ast", 12.0, false) > narrow);
        assert!(text_width("compile", 24.0, false) > 1.9 * narrow);
        assert!(text_width("compile", 12.0, true) > narrow);
        assert_eq!(text_width("", 12.0, false), 0.0);
    }
}
