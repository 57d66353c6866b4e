//! Colours: the same phase has the same colour in every chart and on the page.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::model::{Comparison, Measured, Report};
use crate::phase::{self, PHASES};

/// A colour, red, green, blue.
pub type Rgb = (u8, u8, u8);

// The neutral colours are roles: a chart is drawn in the light ones, and a style sheet replaces each by its dark counterpart
// (see `themed_css`). No phase has these values, so a selector on the value finds the role.
pub(super) const SURFACE: Rgb = (0xFE, 0xFE, 0xFE);
pub(super) const INK: Rgb = (0x1F, 0x23, 0x28);
pub(super) const MUTED: Rgb = (0x59, 0x63, 0x6E);
pub(super) const LINE: Rgb = (0xD0, 0xD7, 0xDE);
pub(super) const TRACK: Rgb = (0xEE, 0xF1, 0xF4);
/// Time outside all phases.
pub(super) const OUTSIDE: Rgb = (0x9A, 0xA1, 0xA9);
// Text on a coloured bar keeps its colour, as the bar does.
pub(super) const ON_DARK: Rgb = (0xFF, 0xFF, 0xFF);
pub(super) const ON_LIGHT: Rgb = (0x11, 0x11, 0x11);

/// The roles and their colours in the dark.
const DARK: [(Rgb, &str); 5] =
    [(SURFACE, "#0f1318"), (INK, "#e8ecf1"), (MUTED, "#a3adb8"), (LINE, "#343b44"), (TRACK, "#1d232a")];

/// The colours of unknown phases, in this order; after these, the same again, hatched.
const SPARE: [Rgb; 6] = [
    (0x99, 0x99, 0x33),
    (0x44, 0xAA, 0x99),
    (0xCC, 0x66, 0x77),
    (0xDD, 0xCC, 0x77),
    (0x8F, 0x7F, 0xD8),
    (0xB0, 0x7D, 0x48),
];

/// How a phase is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swatch {
    /// The colour, red, green, blue.
    pub rgb: (u8, u8, u8),
    /// Whether it is hatched, because the colours had run out.
    pub hatched: bool,
}

impl Swatch {
    const OUTSIDE: Self = Self { rgb: OUTSIDE, hatched: false };

    /// The colour as CSS writes it, `#RRGGBB`.
    pub fn css(&self) -> String {
        hex(self.rgb)
    }

    /// The classes of an element of a page that has it, see [`PhaseColours::classes`].
    pub fn class(&self) -> String {
        let (red, green, blue) = self.rgb;
        format!("c{red:02X}{green:02X}{blue:02X}{}", if self.hatched { " hatched" } else { "" })
    }

    /// The colour of a text on this one.
    pub(super) fn on(&self) -> Rgb {
        let light = luminance(self.rgb);
        // The larger of the two contrasts, as WCAG computes them.
        if 1.05 / (light + 0.05) > (light + 0.05) / (luminance(ON_LIGHT) + 0.05) { ON_DARK } else { ON_LIGHT }
    }
}

/// Which phase has which colour, in all charts of one report.
#[derive(Clone, Debug, Default)]
pub struct PhaseColours {
    unknown: BTreeMap<String, usize>,
}

impl PhaseColours {
    /// Assigns colours for all phases of a report: known ones have theirs, the others share out the rest in the order of
    /// their names.
    pub fn of(report: &Report) -> Self {
        Self::of_benchmarks(&report.benchmarks, BTreeSet::new())
    }

    /// The same for all phases of a comparison, whatever side has them.
    pub fn of_comparison(comparison: &Comparison) -> Self {
        let findings = comparison.findings.iter().flat_map(|findings| &findings.benchmarks);
        let figures = findings.clone().flat_map(|one| &one.figures).filter_map(|figure| figure.phase.as_deref());
        let unmatched = findings.flat_map(|one| &one.unmatched).map(|phase| phase.phase.as_str());
        let benchmarks = comparison.sides.iter().flat_map(|side| &side.benchmarks);
        Self::of_benchmarks(benchmarks, figures.chain(unmatched).collect())
    }

    /// The same for phases of which only the names are known.
    pub fn of_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self::of_benchmarks(&[], names.into_iter().collect())
    }

    /// A style for each colour that a phase can have: an element of the class `c0072B2` has it as `--c`. A page whose policy
    /// forbids styles in its elements needs these.
    pub fn classes() -> String {
        let all = colours_of_known().chain(SPARE).chain([OUTSIDE]);
        all.fold(String::new(), |mut css, rgb| {
            let hex = hex(rgb);
            // Writing to a string cannot fail.
            let _ = write!(css, ".c{}{{--c:{hex}}}", hex.trim_start_matches('#'));
            css
        })
    }

    fn of_benchmarks<'a>(benchmarks: impl IntoIterator<Item = &'a Measured>, mut names: BTreeSet<&'a str>) -> Self {
        for benchmark in benchmarks {
            let rows = benchmark.phases.iter().chain(&benchmark.packages);
            names.extend(rows.filter_map(|row| row.phase.as_deref()));
            let failed = benchmark.failures.iter().filter_map(|failure| failure.run.as_deref());
            let runs = benchmark.runs.iter().chain(failed);
            names.extend(runs.flat_map(|run| &run.phases).map(|phase| phase.name.as_str()));
        }
        let unknown = names.into_iter().filter(|name| known(name).is_none());
        Self { unknown: unknown.enumerate().map(|(index, name)| (name.to_owned(), index)).collect() }
    }

    /// How a phase is painted; `None` is the time outside all phases.
    pub fn swatch(&self, phase: Option<&str>) -> Swatch {
        let Some(phase) = phase else { return Swatch::OUTSIDE };
        if let Some(rgb) = known(phase) {
            return Swatch { rgb, hatched: false };
        }
        // A name from another report also gets a fixed colour.
        let index = self.unknown.get(phase).copied().unwrap_or_else(|| phase.bytes().map(usize::from).sum());
        Swatch { rgb: SPARE[index % SPARE.len()], hatched: index / SPARE.len() % 2 == 1 }
    }
}

fn known(phase: &str) -> Option<Rgb> {
    phase::known(phase)?.colour
}

fn colours_of_known() -> impl Iterator<Item = Rgb> {
    PHASES.iter().filter_map(|phase| phase.colour)
}

/// A colour as plotters' SVG writes it, which the selectors below rely on.
pub(super) fn hex((red, green, blue): Rgb) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

/// The style sheet that turns a chart's neutrals dark, its selectors beginning with `scope`.
pub fn themed_css(scope: &str) -> String {
    let mut css = format!(
        "{scope} text{{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",\"DejaVu Sans\",sans-serif;\
         font-variant-numeric:tabular-nums}}{scope} polyline{{stroke-linejoin:round}}@media screen and (prefers-color-scheme:dark){{"
    );
    for (light, dark) in DARK {
        let light = hex(light);
        // Writing to a string cannot fail.
        let _ = write!(css, "{scope} [fill=\"{light}\"]{{fill:{dark}}}{scope} [stroke=\"{light}\"]{{stroke:{dark}}}");
    }
    css.push('}');
    css
}

/// Relative luminance as WCAG 2 defines it.
fn luminance((red, green, blue): Rgb) -> f64 {
    let linear = |channel: u8| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn contrast(a: Rgb, b: Rgb) -> f64 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        a.max(b) / a.min(b)
    }

    #[test]
    fn every_name_of_a_known_phase_has_the_same_colour() {
        let colours = PhaseColours::of(&testing::report(3));
        for phase in PHASES {
            let Some((rgb, short)) = phase.colour.zip(phase.snake_name) else { continue };
            assert_eq!(colours.swatch(Some(phase.name)), Swatch { rgb, hatched: false });
            assert_eq!(colours.swatch(Some(short)), colours.swatch(Some(phase.name)));
        }
        assert_eq!(colours.swatch(None).rgb, OUTSIDE);
    }

    #[test]
    fn unknown_phases_differ_from_each_other_and_from_known_ones() {
        let colours = PhaseColours::of(&testing::hostile());
        let mut seen = Vec::new();
        for name in colours.unknown.keys().take(2 * SPARE.len()) {
            let swatch = colours.swatch(Some(name));
            assert!(!seen.contains(&swatch) && colours_of_known().all(|rgb| rgb != swatch.rgb));
            seen.push(swatch);
        }
        assert!(seen.len() > SPARE.len());
        assert_eq!(PhaseColours::default().swatch(Some("new")), PhaseColours::default().swatch(Some("new")));
    }

    #[test]
    fn text_on_every_colour_can_be_read() {
        for rgb in colours_of_known().chain(SPARE).chain([OUTSIDE]) {
            let on = Swatch { rgb, hatched: false }.on();
            assert!(contrast(rgb, on) >= 4.5, "{rgb:?} {}", contrast(rgb, on));
        }
        assert!(contrast(INK, SURFACE) >= 7.0 && contrast(MUTED, SURFACE) >= 4.5);
    }

    #[test]
    fn no_phase_has_a_neutral_colour() {
        for (role, _) in DARK {
            assert!(colours_of_known().chain(SPARE).all(|rgb| rgb != role));
            assert!(role != ON_DARK && role != ON_LIGHT && role != OUTSIDE);
        }
    }
}
