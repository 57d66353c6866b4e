//! Texts from outside, made harmless for terminals, pages and spreadsheets.

pub mod change;
pub mod format;
pub mod shell;
pub mod slug;
pub mod suggest;

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a character must not be in a text: it is invalid in XML, or changes the direction of writing. White space is
/// allowed.
pub fn is_unfit(c: char) -> bool {
    matches!(c,
        '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{FFFE}' | '\u{FFFF}')
        || (c.is_control() && !c.is_whitespace())
}

/// The text without characters that are invalid in XML or affect the text around it: control characters, line ends, and
/// invisible marks that change the direction of writing. Each becomes a visible `\u{FFFD}`, and each white space character a
/// space.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| is_unfit(c) || (c.is_whitespace() && c != ' ')) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.chars()
            .map(|c| {
                if c.is_whitespace() {
                    ' '
                } else if is_unfit(c) {
                    '\u{FFFD}'
                } else {
                    c
                }
            })
            .collect(),
    )
}

/// The most characters of a name in texts and tables.
const LONGEST_NAME: usize = 160;

/// The name, shortened in its middle if it is too long for a line.
pub fn shortened(text: &str) -> Cow<'_, str> {
    let length = text.chars().count();
    if length <= LONGEST_NAME {
        return Cow::Borrowed(text);
    }
    let half = LONGEST_NAME / 2;
    let head: String = text.chars().take(half).collect();
    let tail: String = text.chars().skip(length - half).collect();
    Cow::Owned(format!("{head}…{tail}"))
}

/// A count with its noun: `1 run`, `2 runs`.
pub fn counted(count: usize, what: &str) -> String {
    format!("{} {what}{}", format::count(count as f64), plural(count))
}

/// The plural ending for a count.
pub fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// A digest as text.
pub fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes as text, without terminal control sequences.
pub fn plain(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&strip_ansi_escapes::strip(bytes)).into_owned()
}

/// Whether a terminal would act on a character: control characters, line ends other than ours, and marks that change the
/// direction of writing.
fn is_obeyed(c: char) -> bool {
    is_unfit(c) || (c.is_control() && c != '\n' && c != '\t') || matches!(c, '\u{2028}' | '\u{2029}')
}

/// The text for a terminal: characters that it would act on become a visible `\u{FFFD}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.contains(is_obeyed) { Cow::Owned(text.replace(is_obeyed, "\u{FFFD}")) } else { Cow::Borrowed(text) }
}

/// The same for a text with our own colours: those stay, all other sequences do not.
pub fn visible_in_colour(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(is_obeyed) {
        let (before, from) = rest.split_at(at);
        shown.push_str(before);
        let length = colour(from);
        if length > 0 {
            shown.push_str(&from[..length]);
            rest = &from[length..];
        } else {
            shown.push('\u{FFFD}');
            rest = from.get(from.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default();
        }
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

/// The length in bytes of a sequence at the start of a text that sets a colour or a weight (SGR, ECMA-48 8.3.117); 0 if
/// there is none.
fn colour(text: &str) -> usize {
    let Some(parameters) = text.strip_prefix("\u{1b}[") else { return 0 };
    let end = parameters.find(|c: char| !c.is_ascii_digit() && c != ';' && c != ':');
    end.filter(|end| parameters[*end..].starts_with('m')).map_or(0, |end| end + "\u{1b}[m".len())
}

/// JSON without characters that a terminal would act on: they can only be inside strings, and are escaped there.
pub fn visible_json(json: &str) -> Cow<'_, str> {
    if !json.contains(is_obeyed) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        if is_obeyed(c) {
            // All of them are in the basic plane. Writing to a String cannot fail.
            let _ = write!(shown, "\\u{:04x}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// A text as a CSV cell that a spreadsheet does not read as a formula (OWASP, *CSV Injection*), and a terminal does not act
/// on.
pub fn cell(text: &str) -> Cow<'_, str> {
    let shown = visible(text);
    // A replaced control character may have hidden the character after it.
    let first = shown.trim_start_matches('\u{FFFD}');
    if first.starts_with(['=', '+', '-', '@', '\t', '\r']) { Cow::Owned(format!("'{shown}")) } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_nothing_of_it() {
        assert_eq!(
            visible("a\u{1b}[2Jb\u{7}\u{202e}c\u{9b}d\re\tf\n"),
            "a\u{FFFD}[2Jb\u{FFFD}\u{FFFD}c\u{FFFD}d\u{FFFD}e\tf\n"
        );
        assert!(matches!(visible("plain שלום\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn colours_of_our_own_stay_and_nothing_else_does() {
        let text = "\u{1b}[1;31mred\u{1b}[0m \u{1b}[2J\u{1b}]0;title\u{7} \u{1b}[31\u{1b}[m\u{1b}";
        assert_eq!(
            visible_in_colour(text),
            "\u{1b}[1;31mred\u{1b}[0m \u{FFFD}[2J\u{FFFD}]0;title\u{FFFD} \u{FFFD}[31\u{1b}[m\u{FFFD}"
        );
    }

    #[test]
    fn json_says_the_same_and_is_obeyed_in_nothing() {
        let text = "a\u{1b}\u{202e}b\u{7f}\u{9b}\u{2028}é";
        let json = serde_json::json!({ "x": text }).to_string();
        let shown = visible_json(&json);
        assert!(!shown.contains(is_obeyed), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap()["x"], text);
    }

    #[test]
    fn no_cell_is_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"] {
            assert_eq!(cell(formula), format!("'{formula}"));
        }
        assert!(matches!(cell("apps/amm"), Cow::Borrowed(_)));
    }

    #[test]
    fn what_disturbs_is_replaced() {
        assert_eq!(clean("a\u{0}b\u{1b}[1m\u{202E}c\nd\te"), "a\u{FFFD}b\u{FFFD}[1m\u{FFFD}c d e");
        assert!(matches!(clean("plain שלום"), Cow::Borrowed(_)));
    }
}
