use std::borrow::Cow;

use crate::text::{clean, shortened};

/// Longer commands are shortened.
const LONGEST_COMMAND: usize = 1_000;

/// A text in pieces, so that each format can mark names and commands in its own way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phrase(pub Vec<Piece>);

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Our own words.
    Text(String),
    /// Our own words, emphasised.
    Strong(String),
    /// A name from outside: it can be any text.
    Name(String),
    /// A command line, quoted for a shell.
    Command(String),
}

impl Phrase {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self::default().text(text)
    }

    pub(crate) fn text(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.0.push(Piece::Text(text));
        }
        self
    }

    pub(crate) fn strong(mut self, text: impl Into<String>) -> Self {
        self.0.push(Piece::Strong(text.into()));
        self
    }

    pub(crate) fn name(mut self, name: impl Into<String>) -> Self {
        self.0.push(Piece::Name(name.into()));
        self
    }

    pub(crate) fn command(mut self, command: impl Into<String>) -> Self {
        self.0.push(Piece::Command(command.into()));
        self
    }

    pub(crate) fn then(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Several phrases as one, `between` any two of them.
    pub(crate) fn joined(phrases: impl IntoIterator<Item = Self>, between: &str) -> Self {
        phrases.into_iter().filter(|phrase| !phrase.0.is_empty()).fold(Self::default(), |all, phrase| {
            let parted = if all.0.is_empty() { all } else { all.text(between) };
            parted.then(phrase)
        })
    }

    /// Plain text on one line, with names cleaned and shortened.
    pub fn plain(&self) -> String {
        self.0.iter().map(Piece::plain).collect()
    }
}

impl Piece {
    /// The piece as plain text.
    pub fn plain(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) | Self::Strong(text) => Cow::Borrowed(text),
            Self::Name(name) => Cow::Owned(shortened(&clean(name)).into_owned()),
            // Shell quoting leaves nothing harmful, except its length.
            Self::Command(command) if command.chars().count() <= LONGEST_COMMAND => Cow::Borrowed(command),
            Self::Command(command) => shortened(command),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_harmless_and_short() {
        let phrase = Phrase::new("in ").name("a\u{1b}[31m\nb").text(", ").name("x".repeat(10_000));
        let plain = phrase.plain();
        assert!(plain.starts_with("in a\u{FFFD}[31m b, xxx") && plain.chars().count() < 200 && plain.contains('…'));
    }

    #[test]
    fn joining_leaves_out_what_is_empty() {
        let parts = [Phrase::new("a"), Phrase::default(), Phrase::new("b")];
        assert_eq!(Phrase::joined(parts, "; ").plain(), "a; b");
    }
}
