//! The README and the book: their commands work.

mod support;

#[path = "command/book.rs"]
mod book;
