//! Changes as texts.

use super::headline::counted;
use crate::model::{Basis, Figure, Metric, Total, Verdict};
use crate::report::format;

/// From this ratio on, "so many times" is easier to grasp than per cent.
pub(crate) const TIMES: f64 = 2.0;

/// A ratio as the change it is: `+4.2 %`.
pub(crate) fn signed(ratio: f64) -> String {
    with_unit(&signed_number(ratio, decimals(ratio, ratio, ratio)))
}

/// A figure's change with its interval and the interval's confidence: `+4.2 % [+3.1, +5.4] (99 %)`; `+4.2 % (exact)` where
/// nothing is estimated. That of an undecided figure is one `so far`.
pub(crate) fn interval(figure: &Figure) -> String {
    let bare = |ends| interval_of(figure.ratio, ends, is_exact(figure));
    if is_exact(figure) || !figure.ratio.is_finite() {
        bare(None)
    } else if figure.has_interval() {
        format!("{} ({})", bare(Some((figure.low, figure.high))), surely(figure.confidence, figure.verdict))
    } else {
        format!("{} ({} each: no interval)", bare(None), counted(figure.pairs, "run"))
    }
}

/// How sure an interval is: `99 %`, or `95 % so far` where nothing is decided.
fn surely(share: f64, verdict: Verdict) -> String {
    let so_far = if verdict == Verdict::Undecided { " so far" } else { "" };
    confidence(share) + so_far
}

/// An interval's confidence, never more than it has: `95 %`, `99.8 %`, `>99.9 %`.
pub(crate) fn confidence(share: f64) -> String {
    // As 99.8 % may be written a little below what it is.
    const SLACK: f64 = 1e-9;
    match 100.0 * share + SLACK {
        value if !(0.0..=100.1).contains(&value) => format::MISSING.into(),
        value if value >= 99.95 => ">99.9 %".into(),
        value if value >= 99.1 => format!("{:.1} %", (10.0 * value).floor() / 10.0),
        value => format!("{:.0} %", value.floor()),
    }
}

/// All benchmarks in one figure: `wall +3.2 % [+2.7, +3.7] (99 %) regressed`.
pub(crate) fn verdict_on_total(total: &Total) -> String {
    let ends = total.low.zip(total.high);
    verdict_on(total.metric, total.ratio, ends, total.confidence, total.verdict)
}

/// A figure with its verdict: `peak memory −41.0 % [−42.1, −39.8] (99 %) improved`, or what is undecided of it.
pub(crate) fn verdict_on_figure(figure: &Figure) -> String {
    if is_exact(figure) {
        return format!("{} {}", change(figure), figure.verdict.name());
    }
    let ends = figure.has_interval().then_some((figure.low, figure.high));
    verdict_on(figure.metric, figure.ratio, ends, figure.confidence, figure.verdict)
}

fn verdict_on(metric: Metric, ratio: f64, ends: Option<(f64, f64)>, share: f64, verdict: Verdict) -> String {
    let name = metric.name();
    match (verdict, ends) {
        (Verdict::Undecided, Some((low, high))) => {
            let decimals = decimals(ratio, low, high);
            let (low, high) = (signed_number(low, decimals), with_unit(&signed_number(high, decimals)));
            format!("{name} undecided, {low} to {high} so far ({})", confidence(share))
        }
        (Verdict::Undecided, None) => format!("{name} undecided, {} (no interval)", signed(ratio)),
        (_, None) => format!("{name} {} {}", signed(ratio), verdict.name()),
        (_, Some(_)) => {
            format!("{name} {} ({}) {}", interval_of(ratio, ends, false), confidence(share), verdict.name())
        }
    }
}

/// What a figure's verdict rests on: `by ranks, 27 blocks`, `by the spread of all benchmarks, 3 blocks`, `exact`.
pub(crate) fn rests_on(figure: &Figure, interleaved: bool) -> String {
    let values =
        if interleaved { counted(figure.pairs, "block") } else { format!("{} each", counted(figure.pairs, "run")) };
    match figure.basis {
        _ if is_exact(figure) => "exact".to_owned(),
        _ if !figure.has_interval() => values,
        Basis::Exact => "exact".to_owned(),
        Basis::Ranks => format!("by ranks, {values}"),
        Basis::Spread => format!("by the spread of all benchmarks, {values}"),
    }
}

/// The same of any ratio that may have an interval, without the interval's confidence.
pub(crate) fn interval_of(ratio: f64, ends: Option<(f64, f64)>, exact: bool) -> String {
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

/// The figure by name: `wall +4.2 % [+3.1, +5.4]`.
pub(crate) fn change(figure: &Figure) -> String {
    format!("{} {}", figure.metric.name(), interval(figure))
}

/// From what to what: `61.0 ms → 63.6 ms`.
pub(crate) fn transition(figure: &Figure) -> String {
    let unit = figure.metric.unit();
    format!("{} → {}", format::value(figure.base, unit), format::value(figure.other, unit))
}

/// A difference with its sign: `+2.1 ms`.
pub(crate) fn difference(value: f64, unit: crate::model::Unit) -> String {
    let text = format::value(value.abs(), unit);
    match value {
        value if value > 0.0 => format!("+{text}"),
        value if value < 0.0 => format!("−{text}"),
        _ => text,
    }
}

fn is_exact(figure: &Figure) -> bool {
    figure.p_value.is_none() && figure.confidence >= 1.0
}

/// One digit, unless that would show what is there as nothing: counted instructions differ by hundredths of a per cent.
fn decimals(ratio: f64, low: f64, high: f64) -> usize {
    let half = (high - low).abs() / 2.0;
    let size = 100.0 * (ratio - 1.0).abs().max(if half.is_finite() { half } else { 0.0 });
    match size {
        size if size >= 0.05 || size == 0.0 || !size.is_finite() => 1,
        size if size >= 0.005 => 2,
        _ => 3,
    }
}

/// A change in per cent without its unit; `–` where there is none, as of a base of 0.
fn signed_number(ratio: f64, decimals: usize) -> String {
    let value = 100.0 * (ratio - 1.0);
    if !value.is_finite() {
        return format::MISSING.into();
    }
    let digits =
        if value.abs() >= 1e6 { format!("{:.2e}", value.abs()) } else { format!("{:.decimals$}", value.abs()) };
    let nothing = digits.chars().all(|c| matches!(c, '0' | '.'));
    let sign = match value {
        _ if nothing => "",
        value if value < 0.0 => "−",
        _ => "+",
    };
    format!("{sign}{digits}")
}

fn with_unit(number: &str) -> String {
    if number == format::MISSING { number.to_owned() } else { format!("{number} %") }
}

fn times(ratio: f64) -> String {
    if ratio < 99.95 { format!("{ratio:.1}") } else { format::three_digits(ratio) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Unit;

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
    fn intervals_have_their_confidence_decided_or_not() {
        use crate::chart::sample::compare::figure;
        let of = |verdict| figure(Metric::Wall, 1e8, (0.801, 0.73, 0.88), verdict);
        assert_eq!(interval(&of(Verdict::Improved)), "−19.9 % [−27.0, −12.0] (99 %)");
        assert_eq!(verdict_on_figure(&of(Verdict::Improved)), "wall −19.9 % [−27.0, −12.0] (99 %) improved");
        let open = Figure { confidence: 0.95, ..of(Verdict::Undecided) };
        assert_eq!(interval(&open), "−19.9 % [−27.0, −12.0] (95 % so far)");
        assert_eq!(verdict_on_figure(&open), "wall undecided, −27.0 to −12.0 % so far (95 %)");
        let single = Figure { low: 0.0, high: f64::INFINITY, pairs: 1, ..open };
        assert_eq!(interval(&single), "−19.9 % (1 run each: no interval)");
        assert_eq!(verdict_on_figure(&single), "wall undecided, −19.9 % (no interval)");
        let shares = [0.95, 0.99, 0.998, 0.9713, 0.99999, 1.0, f64::NAN];
        assert_eq!(shares.map(confidence), ["95 %", "99 %", "99.8 %", "97 %", ">99.9 %", ">99.9 %", "–"]);
    }

    #[test]
    fn what_a_verdict_rests_on_is_said() {
        use crate::chart::sample::compare::figure;
        let wall = figure(Metric::Wall, 1e8, (0.801, 0.73, 0.88), Verdict::Improved);
        assert_eq!(rests_on(&Figure { pairs: 27, ..wall.clone() }, true), "by ranks, 27 blocks");
        let few = Figure { basis: Basis::Spread, pairs: 3, ..wall.clone() };
        assert_eq!(rests_on(&few, true), "by the spread of all benchmarks, 3 blocks");
        assert_eq!(rests_on(&few, false), "by the spread of all benchmarks, 3 runs each");
        let exact = Figure { basis: Basis::Exact, p_value: None, confidence: 1.0, ..wall };
        assert_eq!(rests_on(&exact, true), "exact");
    }

    #[test]
    fn differences_keep_their_unit() {
        assert_eq!(difference(2.1e6, Unit::Nanoseconds), "+2.10 ms");
        assert_eq!(difference(-2048.0, Unit::Bytes), "−2.00 KiB");
        assert_eq!(difference(0.0, Unit::Count), "0");
    }
}
