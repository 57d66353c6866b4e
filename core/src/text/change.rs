//! Changes as texts: a ratio in per cent with its sign, with an interval, and differences.

use super::format;
use crate::metric::Unit;

/// From this ratio on, a factor is easier to read than per cent.
pub const TIMES: f64 = 2.0;

/// A ratio as a change: `+4.2 %`.
pub fn signed(ratio: f64) -> String {
    with_unit(&signed_number(ratio, decimals(ratio, ratio, ratio)))
}

/// An interval's confidence, rounded down: `95 %`, `99.8 %`, `>99.9 %`.
pub fn confidence(share: f64) -> String {
    // 99.8 % may be stored as slightly less.
    const SLACK: f64 = 1e-9;
    match 100.0 * share + SLACK {
        value if !(0.0..=100.1).contains(&value) => format::MISSING.into(),
        value if value >= 99.95 => ">99.9 %".into(),
        value if value >= 99.1 => format!("{:.1} %", (10.0 * value).floor() / 10.0),
        value => format!("{:.0} %", value.floor()),
    }
}

/// A ratio as a change, with its interval if it has one, without the interval's confidence.
pub fn interval_of(ratio: f64, ends: Option<(f64, f64)>, exact: bool) -> String {
    let (low, high) = ends.unwrap_or((f64::NAN, f64::NAN));
    let decimals = decimals(ratio, low, high);
    let mut text = String::new();
    if ratio.is_finite() && ratio >= TIMES {
        text = format!("×{}, ", times(ratio));
    }
    text += &with_unit(&signed_number(ratio, decimals));
    if exact {
        text += " (exact)";
    } else if low.is_finite() && high.is_finite() {
        text += &format!(" [{}, {}]", signed_number(low, decimals), signed_number(high, decimals));
    } else if ratio.is_finite() && ends.is_some() {
        text += " (no interval)";
    }
    text
}

/// A change in few characters: `+6.1 %`, from [`TIMES`] on `×2.40`: without the per cent beside it, it needs its digits.
pub fn short(ratio: f64) -> String {
    short_interval(ratio, f64::NAN, f64::NAN)
}

/// The same with its interval, if that has two different ends: `+6.1 % [+5.1, +7.0]`, `×2.40 [×2.20, ×2.60]`.
pub fn short_interval(ratio: f64, low: f64, high: f64) -> String {
    let in_times = ratio.is_finite() && ratio >= TIMES;
    let decimals = decimals(ratio, low, high);
    let number = |ratio: f64| {
        if in_times { format!("×{}", format::three_digits(ratio)) } else { signed_number(ratio, decimals) }
    };
    let text = if in_times { number(ratio) } else { with_unit(&number(ratio)) };
    if !(ratio.is_finite() && low > 0.0 && low.is_finite() && high.is_finite()) {
        return text;
    }
    let (low, high) = (number(low), number(high));
    if low == high { text } else { format!("{text} [{low}, {high}]") }
}

/// A difference with its sign: `+2.1 ms`.
pub fn difference(value: f64, unit: Unit) -> String {
    format!("{}{}", sign(value), format::value(value.abs(), unit))
}

/// The sign in front of the absolute value.
pub fn sign(value: f64) -> &'static str {
    match value {
        value if value > 0.0 => "+",
        value if value < 0.0 => "−",
        _ => "",
    }
}

/// One digit, or more if that would show a change as 0: counted instructions differ by hundredths of a per cent.
pub fn decimals(ratio: f64, low: f64, high: f64) -> usize {
    let half = (high - low).abs() / 2.0;
    let size = 100.0 * (ratio - 1.0).abs().max(if half.is_finite() { half } else { 0.0 });
    match size {
        size if size >= 0.05 || size == 0.0 || !size.is_finite() => 1,
        size if size >= 0.005 => 2,
        _ => 3,
    }
}

/// A change in per cent without its unit; `–` where there is none, for instance if the base is 0.
pub fn signed_number(ratio: f64, decimals: usize) -> String {
    let value = 100.0 * (ratio - 1.0);
    if !value.is_finite() {
        return format::MISSING.into();
    }
    let digits =
        if value.abs() >= 1e6 { format!("{:.2e}", value.abs()) } else { format!("{:.decimals$}", value.abs()) };
    let is_zero = digits.chars().all(|c| matches!(c, '0' | '.'));
    if is_zero { digits } else { format!("{}{digits}", sign(value)) }
}

/// A number of per cent with its unit; a missing one has none.
pub fn with_unit(number: &str) -> String {
    if number == format::MISSING { number.to_owned() } else { format!("{number} %") }
}

fn times(ratio: f64) -> String {
    if ratio < 99.95 { format!("{ratio:.1}") } else { format::three_digits(ratio) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_have_a_sign_and_a_digit() {
        let cases = [
            (1.042, "+4.2 %"),
            (0.958, "−4.2 %"),
            (1.0, "0.0 %"),
            (1.0004, "+0.04 %"),
            (0.99998, "−0.002 %"),
            (1.000_000_1, "0.000 %"),
            (2.4, "+140.0 %"),
            (0.0, "−100.0 %"),
            (1e9, "+1.00e11 %"),
            (f64::NAN, "–"),
            (f64::INFINITY, "–"),
        ];
        for (ratio, text) in cases {
            assert_eq!(signed(ratio), text);
        }
    }

    #[test]
    fn intervals_share_the_digits_of_their_ratio() {
        assert_eq!(interval_of(1.042, Some((1.031, 1.054)), false), "+4.2 % [+3.1, +5.4]");
        assert_eq!(interval_of(1.003, Some((0.989, 1.018)), false), "+0.3 % [−1.1, +1.8]");
        assert_eq!(interval_of(1.0004, Some((1.0002, 1.0006)), false), "+0.04 % [+0.02, +0.06]");
        assert_eq!(interval_of(2.4, Some((2.2, 2.6)), false), "×2.4, +140.0 % [+120.0, +160.0]");
        assert_eq!(interval_of(1.042, Some((0.0, f64::INFINITY)), false), "+4.2 % (no interval)");
        assert_eq!(interval_of(1.042, None, false), "+4.2 %");
        assert_eq!(interval_of(1.042, None, true), "+4.2 % (exact)");
        assert_eq!(interval_of(f64::INFINITY, Some((f64::NAN, 1.0)), false), "–");
    }

    #[test]
    fn short_changes_are_times_from_the_double_on() {
        assert_eq!([1.061, 2.4, 0.4, 150.4, f64::NAN].map(short), ["+6.1 %", "×2.40", "−60.0 %", "×150", "–"]);
        assert_eq!(short_interval(1.061, 1.051, 1.07), "+6.1 % [+5.1, +7.0]");
        assert_eq!(short_interval(2.4, 1.9, 2.6), "×2.40 [×1.90, ×2.60]");
        assert_eq!(short_interval(1.0004, 1.0002, 1.0006), "+0.04 % [+0.02, +0.06]");
        assert_eq!(short_interval(1.061, 1.061, 1.061), "+6.1 %");
        assert_eq!(short_interval(1.061, 0.0, f64::INFINITY), "+6.1 %");
    }

    #[test]
    fn differences_keep_their_unit() {
        assert_eq!(difference(2.1e6, Unit::Nanoseconds), "+2.10 ms");
        assert_eq!(difference(-2048.0, Unit::Bytes), "−2.00 KiB");
        assert_eq!(difference(0.0, Unit::Count), "0");
    }
}
