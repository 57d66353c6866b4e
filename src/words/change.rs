//! Changes as texts.

use crate::model::{Basis, Figure, Metric, Total, Verdict};
use crate::text::change::{confidence, decimals, interval_of, signed, signed_number, with_unit};
use crate::text::counted;
use crate::text::format;

/// A figure's change with its interval and the interval's confidence: `+4.2 % [+3.1, +5.4] (99 %)`; `+4.2 % (exact)` where
/// nothing is estimated. For an undecided figure the confidence says `so far`.
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

/// All benchmarks in one figure: `wall +3.2 % [+2.7, +3.7] (99 %) regressed`.
pub(crate) fn verdict_on_total(total: &Total) -> String {
    let ends = total.low.zip(total.high);
    verdict_on(total.metric, total.ratio, ends, total.confidence, total.verdict)
}

/// A figure with its verdict: `peak memory −41.0 % [−42.1, −39.8] (99 %) improved`, or its undecided range.
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

/// What a figure's verdict is based on: `by ranks, 27 blocks`, `by the spread of all benchmarks, 3 blocks`, `exact`.
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

/// The figure by name: `wall +4.2 % [+3.1, +5.4]`.
pub(crate) fn change(figure: &Figure) -> String {
    format!("{} {}", figure.metric.name(), interval(figure))
}

/// Both medians: `61.0 ms → 63.6 ms`.
pub(crate) fn transition(figure: &Figure) -> String {
    let unit = figure.metric.unit();
    format!("{} → {}", format::value(figure.base, unit), format::value(figure.other, unit))
}

fn is_exact(figure: &Figure) -> bool {
    figure.p_value.is_none() && figure.confidence >= 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_have_their_confidence_decided_or_not() {
        use crate::testing::compare::figure;
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
        use crate::testing::compare::figure;
        let wall = figure(Metric::Wall, 1e8, (0.801, 0.73, 0.88), Verdict::Improved);
        assert_eq!(rests_on(&Figure { pairs: 27, ..wall.clone() }, true), "by ranks, 27 blocks");
        let few = Figure { basis: Basis::Spread, pairs: 3, ..wall.clone() };
        assert_eq!(rests_on(&few, true), "by the spread of all benchmarks, 3 blocks");
        assert_eq!(rests_on(&few, false), "by the spread of all benchmarks, 3 runs each");
        let exact = Figure { basis: Basis::Exact, p_value: None, confidence: 1.0, ..wall };
        assert_eq!(rests_on(&exact, true), "exact");
    }
}
