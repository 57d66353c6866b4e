//! What is said of the part of a run that carries a change.

use super::phrase::Phrase;
use crate::model::{Metric, Unit};
use crate::phase::OUTSIDE;
use crate::text::change::difference;
use crate::text::format;
use crate::verdict::{Carrier, sums_up};

/// In a sentence.
pub(crate) fn sentence(carrier: &Carrier, metric: Metric) -> Phrase {
    let unit = metric.unit();
    match carrier {
        Carrier::Phase { name, difference: own, share, child, .. } => {
            let sentence = Phrase::default().name(name).text(" carries ").strong(part(*share)).text(format!(
                " of it ({}{})",
                difference(*own, unit),
                if *share > 1.005 { ", others give some back" } else { "" }
            ));
            match child {
                Some((child, part)) => sentence
                    .text(", most of that in ")
                    .name(child)
                    .text(format!(" ({})", format::whole_percent(part.min(1.0)))),
                None => sentence,
            }
        }
        Carrier::Outside { difference: own, share } => Phrase::new("no phase: ")
            .strong(part(*share))
            .text(format!(" of it ({}) lies outside the phases that the compilers tell of", difference(*own, unit))),
        Carrier::Peak { name, base, other } => Phrase::default().name(name).text(format!(
            ": its own peak went from {} to {}, the first that moved so far",
            format::value(*base, unit),
            format::value(*other, unit)
        )),
        Carrier::Untold if unit == Unit::Bytes && sums_up(metric) => {
            Phrase::new(format!("none: {} is a figure of the whole run alone", metric.name()))
        }
        Carrier::Untold => Phrase::new(format!("unknown: {} was not told by phase", metric.name())),
        Carrier::Unknown => Phrase::new("unknown: no phase moved the way that the whole did"),
    }
}

/// In a table's cell.
pub(crate) fn short(carrier: &Carrier) -> Phrase {
    match carrier {
        Carrier::Phase { phase, share, .. } if is_all(*share) => Phrase::new("all in ").name(phase),
        Carrier::Outside { share, .. } if is_all(*share) => Phrase::new(format!("all {OUTSIDE}")),
        Carrier::Phase { phase, share, .. } => Phrase::default().name(phase).text(format!(" {}", part(*share))),
        Carrier::Outside { share, .. } => Phrase::new(format!("{OUTSIDE} {}", part(*share))),
        Carrier::Peak { name, .. } => Phrase::new("peak in ").name(name),
        Carrier::Untold | Carrier::Unknown => Phrase::default(),
    }
}

/// A share of a difference. Where phases cancel, more than all is said, and no number that nobody could use.
fn part(share: f64) -> String {
    if is_all(share) { "all".into() } else { format::whole_percent(share) }
}

fn is_all(share: f64) -> bool {
    share > 1.005
}
