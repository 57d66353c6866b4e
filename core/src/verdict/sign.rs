//! How verdicts look: the one table of their signs, words, tones and colours, for every format.

use super::Class;
use crate::model::Verdict;

/// How good or bad the news is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something is worse, or failed.
    Bad,
    /// Something that weakens a statement.
    Warning,
    /// Something is better.
    Good,
    /// Neither.
    Plain,
    /// Nothing to act on yet.
    Faint,
}

impl Tone {
    /// The tone in Markdown, which has no colours; empty where there is nothing to point out.
    pub const fn emoji(self) -> &'static str {
        match self {
            Self::Bad => "❌",
            Self::Warning => "⚠️",
            Self::Good => "✅",
            Self::Plain | Self::Faint => "",
        }
    }

    /// The class of the style sheet.
    pub const fn style(self) -> Option<&'static str> {
        match self {
            Self::Bad => Some("tone-bad"),
            Self::Warning => Some("tone-warning"),
            Self::Good => Some("tone-good"),
            Self::Plain | Self::Faint => None,
        }
    }
}

/// How a verdict looks. Sign and word say everything: colours do not reach everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sign {
    /// One character: `▲`.
    pub sign: &'static str,
    /// The sign in Markdown, which has no colours.
    pub emoji: &'static str,
    /// `regressed`.
    pub word: &'static str,
    /// The colour in a terminal.
    pub tone: Tone,
    /// The class of the style sheet.
    pub style: &'static str,
    /// The colour in charts (red, green, blue), of Okabe and Ito's set for the colour-blind; the style sheet has the same.
    pub colour: (u8, u8, u8),
}

/// The colour of what is neither better nor worse nor equal.
const GREY: (u8, u8, u8) = (0x9A, 0xA1, 0xA9);

const REGRESSED: Sign = Sign {
    sign: "▲",
    emoji: "🔺",
    word: Verdict::Regressed.name(),
    tone: Tone::Bad,
    style: "regressed",
    colour: (0xD5, 0x5E, 0x00),
};

const IMPROVED: Sign = Sign {
    sign: "▼",
    emoji: "🔽",
    word: Verdict::Improved.name(),
    tone: Tone::Good,
    style: "improved",
    colour: (0x00, 0x72, 0xB2),
};

const EQUAL: Sign = Sign {
    sign: "=",
    emoji: "=",
    word: Verdict::Equal.name(),
    tone: Tone::Plain,
    style: "equal",
    colour: (0x00, 0x9E, 0x73),
};

const UNDECIDED: Sign = Sign {
    sign: "?",
    emoji: "?",
    word: Verdict::Undecided.name(),
    tone: Tone::Faint,
    style: "undecided",
    colour: GREY,
};

const SAME_BINARY: Sign =
    Sign { sign: "~", emoji: "~", word: Verdict::SameBinary.name(), tone: Tone::Warning, ..UNDECIDED };

const FAILED: Sign = Sign { sign: "✗", emoji: "❌", word: "failed", style: "failed-word", ..REGRESSED };

const DIFFERENT: Sign =
    Sign { sign: "≠", emoji: "≠", word: "other output", tone: Tone::Warning, style: "different", colour: GREY };

const UNMEASURED: Sign = Sign { sign: "–", emoji: "–", word: "not measured", tone: Tone::Warning, ..UNDECIDED };

const UNCOMPARED: Sign = Sign { word: "not compared", ..UNMEASURED };

impl Sign {
    /// Of every class of benchmarks.
    pub const CLASSES: [Self; 9] =
        [FAILED, REGRESSED, DIFFERENT, IMPROVED, SAME_BINARY, UNMEASURED, UNCOMPARED, UNDECIDED, EQUAL];

    /// Of a figure's verdict.
    pub const fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Regressed => REGRESSED,
            Verdict::Improved => IMPROVED,
            Verdict::Equal => EQUAL,
            Verdict::SameBinary => SAME_BINARY,
            Verdict::Undecided => UNDECIDED,
        }
    }

    /// Of a benchmark.
    pub const fn of_class(class: Class) -> Self {
        match class {
            Class::Failed => FAILED,
            Class::Regressed => REGRESSED,
            Class::Different => DIFFERENT,
            Class::Improved => IMPROVED,
            Class::SameBinary => SAME_BINARY,
            Class::Unmeasured => UNMEASURED,
            Class::Uncompared => UNCOMPARED,
            Class::Undecided => UNDECIDED,
            Class::Equal => EQUAL,
        }
    }

    /// Of a change between two commits.
    pub const fn of_direction(worse: bool) -> Self {
        if worse { Self { word: "worse", ..REGRESSED } } else { Self { word: "better", ..IMPROVED } }
    }

    /// Sign and word: `▲ regressed`.
    pub fn label(self) -> String {
        format!("{} {}", self.sign, self.word)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn classes_differ_in_their_words() {
        let words: BTreeSet<&str> = Sign::CLASSES.iter().map(|sign| sign.word).collect();
        assert_eq!(words.len(), Sign::CLASSES.len());
    }
}
