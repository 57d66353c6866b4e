//! What is said of the part of a run that contributes most to a change.

use super::phrase::Phrase;
use crate::model::{Metric, Unit};
use crate::phase::OUTSIDE;
use crate::text::change::difference;
use crate::text::format;
use crate::verdict::{Contributor, sums_up};

/// In the lines and on pages.
pub(crate) fn explain(contributor: &Contributor, metric: Metric) -> Phrase {
    let unit = metric.unit();
    match contributor {
        Contributor::Phase { name, difference: own, share, child, .. } => {
            let phrase = Phrase::default().name(name).text(" accounts for ").strong(part(*share)).text(format!(
                " of it ({}{})",
                difference(*own, unit),
                if *share > 1.005 { ", others give some back" } else { "" }
            ));
            match child {
                Some((child, part)) => phrase
                    .text(", most of that in ")
                    .name(child)
                    .text(format!(" ({})", format::whole_percent(part.min(1.0)))),
                None => phrase,
            }
        }
        Contributor::Outside { difference: own, share } => Phrase::new("no phase: ")
            .strong(part(*share))
            .text(format!(" of it ({}) lies outside the phases that the compilers announce", difference(*own, unit))),
        Contributor::Peak { name, base, other } => Phrase::default().name(name).text(format!(
            ": its own peak went from {} to {}, the first that moved so far",
            format::value(*base, unit),
            format::value(*other, unit)
        )),
        Contributor::NotByPhase if unit == Unit::Bytes && sums_up(metric) => {
            Phrase::new(format!("none: {} is a figure of the whole run alone", metric.name()))
        }
        Contributor::NotByPhase => Phrase::new(format!("unknown: {} was not measured by phase", metric.name())),
        Contributor::Unknown => Phrase::new("unknown: no phase moved the way that the whole did"),
    }
}

/// In a table's cell.
pub(crate) fn short(contributor: &Contributor) -> Phrase {
    match contributor {
        Contributor::Phase { phase, share, .. } if is_all(*share) => Phrase::new("all in ").name(phase),
        Contributor::Outside { share, .. } if is_all(*share) => Phrase::new(format!("all {OUTSIDE}")),
        Contributor::Phase { phase, share, .. } => Phrase::default().name(phase).text(format!(" {}", part(*share))),
        Contributor::Outside { share, .. } => Phrase::new(format!("{OUTSIDE} {}", part(*share))),
        Contributor::Peak { name, .. } => Phrase::new("peak in ").name(name),
        Contributor::NotByPhase | Contributor::Unknown => Phrase::default(),
    }
}

/// A share of a difference. Above 100 %, where phases cancel, the number is useless, so it says "all".
fn part(share: f64) -> String {
    if is_all(share) { "all".into() } else { format::whole_percent(share) }
}

fn is_all(share: f64) -> bool {
    share > 1.005
}
