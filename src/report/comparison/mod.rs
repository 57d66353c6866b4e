//! The formats of a [`Comparison`].

mod csv;
mod markdown;
mod terminal;
#[cfg(test)]
mod tests;

use crate::model::Comparison;

/// The comparison as text with colours; the caller strips those that the terminal does not support. `width` is the
/// terminal's in columns, or `None` where the output is no terminal. With `all`, undecided benchmarks have their rows too.
pub fn terminal(comparison: &Comparison, all: bool, width: Option<usize>) -> String {
    terminal::render(comparison, all, width)
}

/// The comparison as a comment on a pull request: what changed, with everything else folded away below. It always fits into
/// a GitHub comment; rows that do not fit are counted.
pub fn markdown(comparison: &Comparison) -> String {
    markdown::render(comparison)
}

/// All figures as CSV (RFC 4180), a row a figure, with a heading. Missing values are empty fields.
pub fn csv(comparison: &Comparison) -> String {
    csv::figures(comparison)
}

/// The raw values behind the figures as CSV, a row for each block, metric and phase, with a heading: what the base and the
/// other side had in it, in the metric's unit. A value that one side lacks is an empty field.
pub fn samples_csv(comparison: &Comparison) -> String {
    csv::samples(comparison)
}

/// The comparison as one self-contained HTML page.
pub fn html(comparison: &Comparison) -> String {
    super::html::comparison(comparison)
}
