//! What the verdicts in the browser must not know otherwise than those of the command line.

use serde::Serialize;

use super::report::DATA_VERSION;
use super::script::script;
use crate::compare::{self, FALSE_CHANGE_RATE, FALSE_EQUALITY_RATE};
use crate::model::{Metric, Unit, Verdict};
use crate::report::comparison::{CLEARLY_MORE, Class, MOST_OF_IT, MOST_OTHERS, NOT_INTERLEAVED, STD_OWN, TIMES};
use crate::{stats, summary};

/// The constants of a comparison.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rules {
    /// The version of the data files' layout.
    v: u32,
    /// The share of false ones among what is called changed.
    false_change_rate: f64,
    /// The share of false ones among what is called equal.
    false_equality_rate: f64,
    /// The metrics that are compared, those that only explain last.
    metrics: Vec<OfMetric>,
    /// The metrics that phases have, in the order of a data file's columns.
    phase_metrics: Vec<Metric>,
    /// The share of a run below which a phase has no verdict.
    least_share: f64,
    /// Phases that one release announces as one and a later one in parts.
    splits: Vec<(&'static str, Vec<&'static str>)>,
    /// The totals over all benchmarks.
    totals: Totals,
    /// The most values of a side for which ranks are enumerated.
    most_ranked_exactly: usize,
    /// The fewest values of a side that have an interval in a total.
    fewest_shifted: usize,
    /// The least noise of counts that is believed.
    least_noise: f64,
    /// How probable a change is to be found that is called detectable, as a normal quantile.
    z_power: f64,
    /// The level from which a standard error is taken, and its normal quantile.
    error_level: (f64, f64),
    /// A detectable change so large is not told.
    untold_change: f64,
    /// So many more runs are not told.
    untold_runs: usize,
    /// The fewest runs of a side that can show a change of a time.
    fewest_runs: usize,
    /// How things are said.
    words: Words,
}

#[derive(Serialize)]
struct OfMetric {
    /// The name that it has in files.
    id: Metric,
    /// The name for people.
    name: &'static str,
    unit: Unit,
    /// Whether a benchmark's verdict rests on it.
    decides: bool,
    /// Whether it only explains, in a family of its own.
    explains: bool,
    /// Whether it is a size, and exact where it never varies.
    size: bool,
    /// The change that would matter.
    threshold: f64,
    /// Added to its values before their ratio is taken.
    offset: f64,
}

#[derive(Serialize)]
struct Totals {
    metrics: [Metric; 3],
    confidence: f64,
    z: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Words {
    /// Kinds of rows, worst first: name, sign, class of the style sheet.
    classes: Vec<(&'static str, &'static str, &'static str)>,
    /// Verdicts of figures, worst first: name, sign, class of the style sheet.
    verdicts: Vec<(&'static str, &'static str, &'static str)>,
    /// From this ratio on a change is told as so many times.
    times: f64,
    /// Wall time stands for a benchmark unless another figure changed by so many times as much.
    clearly_more: f64,
    /// So many further changes are told in a row.
    most_others: usize,
    /// A phase within another that has this part of its difference is named.
    most_of_it: f64,
    not_interleaved: &'static str,
    std_own: &'static str,
}

/// The data file of the constants.
pub fn rules_data() -> String {
    let explaining = compare::EXPLAINING;
    let metrics = compare::METRICS.into_iter().chain(explaining).map(|metric| OfMetric {
        id: metric,
        name: metric.name(),
        unit: metric.unit(),
        decides: metric.decides(),
        explains: explaining.contains(&metric),
        size: compare::is_size(metric),
        threshold: compare::default_threshold(metric),
        offset: compare::offset_of(metric),
    });
    let rules = Rules {
        v: DATA_VERSION,
        false_change_rate: FALSE_CHANGE_RATE,
        false_equality_rate: FALSE_EQUALITY_RATE,
        metrics: metrics.collect(),
        phase_metrics: compare::OF_PHASES.into_iter().map(|(metric, _)| metric).collect(),
        least_share: compare::LEAST_SHARE,
        splits: compare::SPLITS.into_iter().map(|(whole, parts)| (whole, parts.to_vec())).collect(),
        totals: Totals { metrics: compare::TOTAL_METRICS, confidence: compare::TOTAL_CONFIDENCE, z: compare::TOTAL_Z },
        most_ranked_exactly: stats::MOST_RANKED_EXACTLY,
        fewest_shifted: stats::FEWEST_SHIFTED,
        least_noise: stats::LEAST_NOISE,
        z_power: stats::Z_POWER,
        error_level: stats::ERROR_LEVEL,
        untold_change: compare::UNTOLD_CHANGE,
        untold_runs: compare::UNTOLD_RUNS,
        fewest_runs: summary::FEWEST_RUNS,
        words: Words {
            classes: CLASSES.into_iter().map(|(class, sign, style)| (class.name(), sign, style)).collect(),
            verdicts: VERDICTS.into_iter().map(|(verdict, sign, style)| (verdict.name(), sign, style)).collect(),
            times: TIMES,
            clearly_more: CLEARLY_MORE,
            most_others: MOST_OTHERS,
            most_of_it: MOST_OF_IT,
            not_interleaved: NOT_INTERLEAVED,
            std_own: STD_OWN,
        },
    };
    script("rules", &rules)
}

const CLASSES: [(Class, &str, &str); 7] = [
    (Class::Failed, "✗", "failed-word"),
    (Class::Regressed, "▲", "regressed"),
    (Class::Different, "≠", "different"),
    (Class::Improved, "▼", "improved"),
    (Class::Unmeasured, "–", "undecided"),
    (Class::Undecided, "?", "undecided"),
    (Class::Equal, "=", "equal"),
];

const VERDICTS: [(Verdict, &str, &str); 4] = [
    (Verdict::Regressed, "▲", "regressed"),
    (Verdict::Improved, "▼", "improved"),
    (Verdict::Undecided, "?", "undecided"),
    (Verdict::Equal, "=", "equal"),
];
