//! From figures and verdicts to pieces of text, the same for every format.
//!
//! Every text is made in one place: a row's in `row`, the phase behind a change in `contributor`, the texts of figures in
//! `change`, signs and colours in `sign`, the five lines in [`headline()`]. The formats only lay them out.

mod change;
pub(crate) mod checkup;
mod commands;
mod contributor;
pub mod events;
mod headline;
mod next;
mod phrase;
mod row;
mod settings;
#[cfg(test)]
mod tests;
mod together;

pub(crate) use crate::verdict::Sign;
pub use crate::verdict::Tone;
pub(crate) use change::{change, interval, rests_on, transition, verdict_on_total};
pub(crate) use commands::{reproduction, side_name};
pub use headline::{Counts, Headline, Line, headline};
pub use phrase::{Phrase, Piece};
pub(crate) use row::{also, explanation, lead_change, output, reason, verdict_on_row};
pub(crate) use settings::{created, facts as settings_facts, origin, what_a_change_is};
pub(crate) use together::{Together, together};
