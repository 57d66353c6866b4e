//! The lines by which a compiler reports its phases.
//!
//! Source: the Sway compiler's `forc build --profile`, whose lines on stdout are `/dyno start {package} {description}`,
//! `/dyno stop {package} {description}` and `/dyno info {json}`; unreleased builds of late 2024 wrote `/forc-perf`
//! instead of `/dyno`, the first of them without a package and with `/forc-perf size {bytes}`. `--time-phases` writes
//! `  Time elapsed to {description}: {Duration:?}` after each phase instead.

use std::time::Duration;

/// A line about phases or packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Marker {
    /// A phase begins.
    Start(PhaseLabel),
    /// A phase ends.
    Stop(PhaseLabel),
    /// A phase has just ended, with its duration (`--time-phases`).
    Elapsed {
        /// The phase's description.
        phase: String,
        /// Its duration.
        duration: Duration,
    },
    /// The compilation of a package begins.
    Compiling {
        /// The package's name.
        package: String,
    },
    /// The size of the binary, in bytes.
    Size(u64),
}

/// A phase and its package in one string, as in the marker.
///
/// Whether the first word is a package depends on the log so far (see [`PhaseLabel::split`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseLabel {
    text: String,
    may_lack_package: bool,
}

impl PhaseLabel {
    /// The package and the description.
    ///
    /// Package names contain no space, so the first word is the package. The first version of the protocol had no
    /// package: there the first word is a package only if it is `current`, the package whose compilation began last.
    pub fn split<'a>(&'a self, current: Option<&'a str>) -> (Option<&'a str>, &'a str) {
        match self.text.split_once(' ') {
            Some((first, _)) if self.may_lack_package && Some(first) != current => (current, &self.text),
            Some((package, phase)) => (Some(package), phase),
            None => (current, &self.text),
        }
    }
}

/// The kind of a line according to its first bytes, so that a reader knows how to treat the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// A start or stop marker: worth reading the counters for.
    Phase,
    /// An info marker, which may be very long.
    Info,
    /// Anything else.
    Other,
}

const PREFIXES: [&[u8]; 2] = [b"/dyno ", b"/forc-perf "];

/// The kind of a line, by its first bytes (24 are enough).
pub fn classify(line: &[u8]) -> LineKind {
    for prefix in PREFIXES {
        if let Some(rest) = line.strip_prefix(prefix) {
            if rest.starts_with(b"start ") || rest.starts_with(b"stop ") {
                return LineKind::Phase;
            }
            if rest.starts_with(b"info ") {
                return LineKind::Info;
            }
        }
    }
    LineKind::Other
}

/// The JSON of an info line.
pub fn info_json(line: &[u8]) -> Option<&[u8]> {
    PREFIXES.iter().find_map(|prefix| line.strip_prefix(*prefix)?.strip_prefix(b"info "))
}

/// Parses a whole line, without its line end. `None` if it is not a marker, or an info line (see [`info_json`]).
pub fn parse(line: &[u8]) -> Option<Marker> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.first() == Some(&b'/') {
        return parse_profile(line);
    }
    let plain = strip_ansi_escapes::strip(line);
    let text = String::from_utf8_lossy(&plain);
    let text = text.trim();
    if let Some(rest) = text.strip_prefix("Time elapsed to ") {
        let (phase, duration) = rest.rsplit_once(": ")?;
        return Some(Marker::Elapsed { phase: phase.to_owned(), duration: parse_debug_duration(duration)? });
    }
    // `Compiling <kind> <name> (<source>)`
    let mut words = text.strip_prefix("Compiling ")?.split_whitespace();
    let _kind = words.next()?;
    Some(Marker::Compiling { package: words.next()?.to_owned() })
}

fn parse_profile(line: &[u8]) -> Option<Marker> {
    let text = String::from_utf8_lossy(line);
    let (rest, may_lack_package) = match text.strip_prefix("/dyno ") {
        Some(rest) => (rest, false),
        None => (text.strip_prefix("/forc-perf ")?, true),
    };
    let label = |text: &str| PhaseLabel { text: text.trim_end().to_owned(), may_lack_package };
    if let Some(rest) = rest.strip_prefix("start ") {
        Some(Marker::Start(label(rest)))
    } else if let Some(rest) = rest.strip_prefix("stop ") {
        Some(Marker::Stop(label(rest)))
    } else {
        rest.strip_prefix("size ")?.trim().parse().ok().map(Marker::Size)
    }
}

/// Parses a `Duration` as printed by `{:?}`: a decimal number and one of `ns`, `µs`, `ms`, `s`.
pub fn parse_debug_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let unit = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(unit);
    let nanoseconds_per_unit: u64 = match unit {
        "ns" => 1,
        "µs" | "μs" | "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        _ => return None,
    };
    // The integer part and the fraction separately: a floating-point number would lose the last nanosecond.
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: u64 = whole.parse().ok()?;
    let mut nanoseconds = whole.checked_mul(nanoseconds_per_unit)?;
    let mut place = nanoseconds_per_unit;
    for digit in fraction.bytes() {
        place /= 10;
        nanoseconds = nanoseconds.checked_add(u64::from(digit.checked_sub(b'0').filter(|d| *d < 10)?) * place)?;
    }
    Some(Duration::from_nanos(nanoseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str, current: Option<&str>) -> (Option<String>, String) {
        match parse(line.as_bytes()) {
            Some(Marker::Start(label) | Marker::Stop(label)) => {
                let (package, phase) = label.split(current);
                (package.map(str::to_owned), phase.to_owned())
            }
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn reads_the_three_generations_of_markers() {
        let released = split("/dyno start std compile to ast", None);
        assert_eq!(released, (Some("std".into()), "compile to ast".into()));
        let with_package = split("/forc-perf stop amm compile ast to asm", Some("amm"));
        assert_eq!(with_package, (Some("amm".into()), "compile ast to asm".into()));
        let without_package = split("/forc-perf start compile ast to asm", Some("amm"));
        assert_eq!(without_package, (Some("amm".into()), "compile ast to asm".into()));
        assert_eq!(split("/forc-perf start compile ast to asm", None).0, None);
        assert_eq!(parse(b"/forc-perf size 5400"), Some(Marker::Size(5400)));
    }

    #[test]
    fn an_unknown_phase_is_a_phase() {
        assert_eq!(split("/dyno start p borrow check", None), (Some("p".into()), "borrow check".into()));
        assert_eq!(split("/dyno start lonely", None), (None, "lonely".into()));
    }

    #[test]
    fn invalid_utf8_is_kept_as_replacement_characters() {
        let Some(Marker::Start(label)) = parse(b"/dyno start p \xff\xfe") else { panic!() };
        assert_eq!(label.split(None), (Some("p"), "\u{fffd}\u{fffd}"));
    }

    #[test]
    fn reads_time_phases_and_the_package_they_belong_to() {
        assert_eq!(
            parse("  Time elapsed to compile to ast: 1.234567ms".as_bytes()),
            Some(Marker::Elapsed { phase: "compile to ast".into(), duration: Duration::from_nanos(1_234_567) })
        );
        assert_eq!(
            parse(b"   \x1b[1;32mCompiling\x1b[0m contract amm (amm)"),
            Some(Marker::Compiling { package: "amm".into() })
        );
        assert_eq!(parse(b"   Finished debug"), None);
        assert_eq!(parse(b"/dyno"), None);
    }

    #[test]
    fn durations_are_read_back_to_the_nanosecond() {
        for duration in [0, 1, 999, 1_000, 12_345, 999_999_999, 1_000_000_000, 83_123_456_789] {
            let duration = Duration::from_nanos(duration);
            assert_eq!(parse_debug_duration(&format!("{duration:?}")), Some(duration));
        }
        assert_eq!(parse_debug_duration("fast"), None);
        assert_eq!(parse_debug_duration("1.5h"), None);
        assert_eq!(parse_debug_duration("99999999999999999999s"), None);
    }

    #[test]
    fn the_first_bytes_give_the_kind() {
        assert_eq!(classify(b"/dyno start a b"), LineKind::Phase);
        assert_eq!(classify(b"/forc-perf stop a"), LineKind::Phase);
        assert_eq!(classify(b"/dyno info {"), LineKind::Info);
        assert_eq!(classify(b"warning: /dyno start"), LineKind::Other);
        assert_eq!(info_json(b"/dyno info {}"), Some(&b"{}"[..]));
    }
}
