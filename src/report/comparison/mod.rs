//! What a [`Comparison`] looks like to its readers.
//!
//! What is worth saying is found once: the rows and their order in `row`, the phase behind a change in `carrier`, the texts
//! of figures in `change`, the five lines in [`headline()`]. The formats only lay that out.

mod carrier;
mod change;
mod csv;
mod headline;
mod markdown;
mod next;
mod phrase;
mod row;
mod samples;
mod settings;
mod terminal;
#[cfg(test)]
mod tests;
mod together;
mod words;

use crate::model::Comparison;

pub(crate) use carrier::{Breakdown, breakdown, label, suite_breakdown};
pub(crate) use change::{change, difference, interval, interval_of, rests_on, signed, transition, verdict_on_total};
pub use headline::{Counts, Headline, Line, Tone, headline};
pub use phrase::{Phrase, Piece};
pub(crate) use row::{
    Class, Row, explanation, lead_metric, primary_metrics, rank, reason, rows, rows_of, size, table_metrics,
};
pub(crate) use samples::sampled;
pub(crate) use settings::{created, facts as settings_facts, origin, what_a_change_is};
pub(crate) use together::{Together, together};
pub(crate) use words::{reproduction, side_name};

/// The comparison as text with colours; whoever prints it strips those that the terminal does not take. `width` is the
/// terminal's in columns, or `None` where the output is no terminal. With `all`, undecided benchmarks have their rows too.
pub fn terminal(comparison: &Comparison, all: bool, width: Option<usize>) -> String {
    terminal::render(comparison, all, width)
}

/// The comparison as a comment on a pull request: what changed, with everything else folded away below. It always fits
/// into a comment of GitHub's; rows that do not are counted.
pub fn markdown(comparison: &Comparison) -> String {
    markdown::render(comparison)
}

/// All figures as CSV (RFC 4180), a row a figure, with a heading. What is absent is an empty field.
pub fn csv(comparison: &Comparison) -> String {
    csv::figures(comparison)
}

/// The raw values behind the figures as CSV, a row for each block, metric and phase, with a heading: what the base and the
/// other side had in it, in the metric's unit. What only one of the two has is an empty field on the other.
pub fn samples_csv(comparison: &Comparison) -> String {
    csv::samples(comparison)
}

/// The comparison as one HTML page that needs nothing but itself.
pub fn html(comparison: &Comparison) -> String {
    super::html::comparison(comparison)
}
