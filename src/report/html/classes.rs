//! The styles of figures as classes: style attributes would need a content security policy that allows any inline style.

use std::fmt::Write;

use crate::chart::PhaseColours;

/// Deeper phases are not indented further.
const DEEPEST: u32 = 8;

/// The style sheet of all classes that depend on a figure: colours of phases, depths of rows, and shares in whole per cent.
pub(crate) fn classes() -> String {
    let mut css = PhaseColours::classes();
    // Writing to a string cannot fail.
    for depth in 0..=DEEPEST {
        let _ = write!(css, ".d{depth}{{--depth:{depth}}}");
    }
    for share in 0..=100 {
        let _ = write!(css, ".w{share}{{--share-width:{share}}}");
    }
    css
}

/// The class of a row of this depth.
pub(crate) fn depth_class(depth: u32) -> String {
    format!("d{}", depth.min(DEEPEST))
}

/// The class of a bar that shows a share.
pub(crate) fn share_class(share: f64) -> String {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    format!("w{:.0}", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::Swatch;

    #[test]
    fn every_class_has_a_style() {
        let css = classes();
        for depth in [0, 8, 9, u32::MAX] {
            assert!(css.contains(&format!(".{}{{", depth_class(depth))));
        }
        for share in [0.0, 0.004, 0.005, 0.5, 1.0, 7.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(css.contains(&format!(".{}{{", share_class(share))), "{share}");
        }
        let swatch = Swatch { rgb: (0x00, 0x72, 0xB2), hatched: true };
        assert_eq!(swatch.class(), "c0072B2 hatched");
        assert!(css.contains(".c0072B2{--c:#0072B2}"));
    }
}
