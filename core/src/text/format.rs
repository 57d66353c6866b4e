//! Figures for readers: three significant digits, a space, a unit.
//!
//! Everything that prints a figure uses this module, so that a value looks the same in the terminal, in charts and on pages.

use std::time::Duration;

use crate::model::{Estimate, Unit};

/// Shown where there is no figure.
pub const MISSING: &str = "–";

const TIME_UNITS: [(&str, f64); 4] = [("ns", 1.0), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)];
const BYTE_UNITS: [(&str, f64); 4] = [("B", 1.0), ("KiB", 1024.0), ("MiB", 1_048_576.0), ("GiB", 1_073_741_824.0)];

/// The best unit for a time in nanoseconds: its name, and its length in nanoseconds.
pub fn time_unit(nanoseconds: f64) -> (&'static str, f64) {
    unit_of(nanoseconds, &TIME_UNITS)
}

/// The best unit for a size in bytes: its name, and its size in bytes.
pub fn byte_unit(bytes: f64) -> (&'static str, f64) {
    unit_of(bytes, &BYTE_UNITS)
}

/// A time given in nanoseconds: `12.3 ms`.
pub fn nanoseconds(value: f64) -> String {
    in_units(value, &TIME_UNITS)
}

/// A time: `12.3 ms`.
pub fn duration(value: Duration) -> String {
    nanoseconds(value.as_nanos() as f64)
}

/// A long time in words: `12.3 s`, `3 min 41 s`, `2 h 5 min`.
pub fn long_duration(value: Duration) -> String {
    let seconds = value.as_secs_f64().round() as u64;
    match seconds {
        0..60 => duration(value),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// How long ago a time (RFC 3339) was, roughly: `just now`, `5 min ago`, `3 h ago`, `12 d ago`.
pub fn age(time: &str, now: jiff::Timestamp) -> String {
    let Ok(time) = time.parse::<jiff::Timestamp>() else { return "at an unknown time".to_owned() };
    match now.duration_since(time).as_secs() {
        ..60 => "just now".to_owned(),
        seconds @ 60..3600 => format!("{} min ago", seconds / 60),
        seconds @ 3600..86_400 => format!("{} h ago", seconds / 3600),
        seconds => format!("{} d ago", seconds / 86_400),
    }
}

/// A size in bytes: `28.4 MiB`.
pub fn bytes(value: f64) -> String {
    in_units(value, &BYTE_UNITS)
}

/// A fraction as per cent: `62.1 %`. A small value is `<0.1 %`, never `0 %`.
pub fn percent(fraction: f64) -> String {
    let value = fraction * 100.0;
    match value.abs() {
        size if !size.is_finite() => MISSING.into(),
        0.0 => "0 %".into(),
        size if size < 0.05 => "<0.1 %".into(),
        size if size < 99.95 => format!("{value:.1} %"),
        size if size >= 1e9 => format!("{value:.2e} %"),
        _ => format!("{value:.0} %"),
    }
}

/// A fraction as whole per cent, where another digit would be noise: `62 %`.
pub fn whole_percent(fraction: f64) -> String {
    match fraction * 100.0 {
        value if !value.is_finite() => MISSING.into(),
        value if value != 0.0 && value.abs() < 0.5 => "<1 %".into(),
        value if value.abs() >= 1e9 => format!("{value:.2e} %"),
        value if value < 0.0 => format!("−{:.0} %", -value),
        value => format!("{value:.0} %"),
    }
}

/// A count with thousands separators: `12,345`.
pub fn count(value: f64) -> String {
    if !value.is_finite() {
        return MISSING.into();
    }
    if value.abs() >= 1e18 {
        return format!("{value:.2e}");
    }
    let digits = format!("{:.0}", value.abs());
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    if value <= -0.5 {
        text.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A value in one of the model's units.
pub fn value(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Nanoseconds => nanoseconds(value),
        Unit::Bytes => bytes(value),
        Unit::Count => count(value),
    }
}

/// Half the width of an estimate's interval relative to its median: `±0.4 %`. Absent for a single value, which has no
/// interval.
pub fn half_interval(estimate: &Estimate) -> Option<String> {
    half_width(estimate.count, estimate.median, estimate.low, estimate.high)
}

/// The same of a median of `count` values with this interval.
pub fn half_width(count: usize, median: f64, low: f64, high: f64) -> Option<String> {
    let relative = (high - low) / 2.0 / median;
    (count > 1 && relative.is_finite()).then(|| plus_minus(relative))
}

/// A fraction to either side: `±0.4 %`.
pub fn plus_minus(fraction: f64) -> String {
    format!("±{}", percent(fraction.abs()))
}

/// A number with three significant digits: `0.123`, `12.3`, `123`, `1234`.
pub fn three_digits(value: f64) -> String {
    let decimals = match value.abs() {
        // Not a real measurement, but a file can contain it.
        size if size >= 1e9 => return format!("{value:.2e}"),
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        _ => 2,
    };
    format!("{value:.decimals$}")
}

/// The largest unit that the printed value reaches: 999.6 µs is printed as 1.00 ms.
fn unit_of(value: f64, units: &[(&'static str, f64); 4]) -> (&'static str, f64) {
    let size = value.abs();
    let mut best = units[0];
    for (index, unit) in units.iter().enumerate().skip(1) {
        // The smallest unit is printed as a whole number, the others round at three digits.
        let step = unit.1 / units[index - 1].1;
        if size / units[index - 1].1 >= step - 0.5 {
            best = *unit;
        }
    }
    best
}

fn in_units(value: f64, units: &[(&'static str, f64); 4]) -> String {
    if !value.is_finite() {
        return MISSING.into();
    }
    let (name, size) = unit_of(value, units);
    if size == 1.0 { format!("{value:.0} {name}") } else { format!("{} {name}", three_digits(value / size)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_and_carry_over() {
        let cases = [
            (0.0, "0 ns"),
            (999.4, "999 ns"),
            (999.6, "1.00 µs"),
            (12_345.0, "12.3 µs"),
            (999_600.0, "1.00 ms"),
            (12_345_678.0, "12.3 ms"),
            (99_960_000.0, "100 ms"),
            (999_499_999.0, "999 ms"),
            (1_234_567_890.0, "1.23 s"),
            (98_765_432_100.0, "98.8 s"),
            (4_321e9, "4321 s"),
            (1e300, "1.00e291 s"),
            (f64::NAN, MISSING),
            (f64::INFINITY, MISSING),
        ];
        for (value, text) in cases {
            assert_eq!(nanoseconds(value), text);
        }
    }

    #[test]
    fn sizes_are_binary() {
        let cases = [
            (0.0, "0 B"),
            (64.0, "64 B"),
            (1023.0, "1023 B"),
            (1024.0, "1.00 KiB"),
            (1023.6 * 1024.0, "1.00 MiB"),
            (29_779_558.0, "28.4 MiB"),
            (1.6 * 1_073_741_824.0, "1.60 GiB"),
        ];
        for (value, text) in cases {
            assert_eq!(bytes(value), text);
        }
    }

    #[test]
    fn shares_and_counts() {
        let cases = [(0.0, "0 %"), (0.0001, "<0.1 %"), (0.6214, "62.1 %"), (0.9997, "100 %"), (f64::NAN, MISSING)];
        for (value, text) in cases {
            assert_eq!(percent(value), text);
        }
        assert_eq!([0.6214, 0.001, 0.0, -0.251].map(whole_percent), ["62 %", "<1 %", "0 %", "−25 %"]);
        assert_eq!(count(0.0), "0");
        assert_eq!(count(999.0), "999");
        assert_eq!(count(1_234_567.2), "1,234,567");
        assert_eq!(count(-1234.0), "-1,234");
        assert_eq!(count(f64::NAN), MISSING);
    }

    #[test]
    fn long_times_are_said_in_minutes() {
        assert_eq!(long_duration(Duration::from_millis(1500)), "1.50 s");
        assert_eq!(long_duration(Duration::from_secs(221)), "3 min 41 s");
        assert_eq!(long_duration(Duration::from_secs(7_500)), "2 h 5 min");
    }

    #[test]
    fn ages_are_said_roughly() {
        let now: jiff::Timestamp = "2026-07-02T12:00:00Z".parse().unwrap();
        for (time, said) in [
            ("2026-07-02T11:59:30Z", "just now"),
            ("2026-07-02T12:30:00Z", "just now"),
            ("2026-07-02T11:50:00Z", "10 min ago"),
            ("2026-07-02T09:01:00Z", "2 h ago"),
            ("2026-06-20T12:00:00+02:00", "12 d ago"),
            ("soon", "at an unknown time"),
        ] {
            assert_eq!(age(time, now), said);
        }
    }

    #[test]
    fn one_value_has_no_interval() {
        let mut estimate = Estimate {
            count: 9,
            median: 10.0,
            low: 9.9,
            high: 10.1,
            confidence: 0.96,
            min: 9.0,
            max: 11.0,
            spread: None,
        };
        assert_eq!(half_interval(&estimate).as_deref(), Some("±1.0 %"));
        estimate.count = 1;
        assert_eq!(half_interval(&estimate), None);
        estimate = Estimate { count: 9, median: 0.0, low: 0.0, high: 0.0, ..estimate };
        assert_eq!(half_interval(&estimate), None);
    }
}
