//! What a [`Report`](crate::model::Report) and a [`Comparison`](crate::model::Comparison) look like in each format. Nothing
//! here starts a compiler or computes a figure.

pub mod comparison;
pub mod csv;
pub mod file;
pub mod html;
pub mod markdown;
pub mod page;
pub mod shares;
mod style;
pub mod terminal;
