//! Names from outside, made fit for a picture.

use super::font::text_width;
use crate::text::clean;

/// The most characters that any picture has room for.
const LONGEST: usize = 400;

/// The text at no more than `room`, shortened in its middle by an ellipsis if need be: both ends of a path or id matter.
/// Empty if not even a few characters fit.
pub(super) fn shorten(text: &str, size: f64, bold: bool, room: f64) -> String {
    let text = clean(text);
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= LONGEST && text_width(&text, size, bold) <= room {
        return text.into_owned();
    }
    let cut = |kept: usize| -> String {
        let head = kept.div_ceil(2);
        let tail = kept - head;
        let start: String = chars[..head].iter().collect();
        let end: String = chars[chars.len() - tail..].iter().collect();
        format!("{}…{}", start.trim_end(), end.trim_start())
    };
    // The most characters that still fit, found by halving.
    let (mut fits, mut too_many) = (0, chars.len().min(LONGEST));
    while too_many - fits > 1 {
        let middle = fits.midpoint(too_many);
        if text_width(&cut(middle), size, bold) <= room { fits = middle } else { too_many = middle }
    }
    if fits < 3 { String::new() } else { cut(fits) }
}

/// The text in at most two lines of no more than `room` each, broken between words where that is possible.
pub(super) fn two_lines(text: &str, size: f64, bold: bool, room: f64) -> Vec<String> {
    let text = clean(text);
    if text.chars().count() > LONGEST || text_width(&text, size, bold) <= room {
        return vec![shorten(&text, size, bold, room)];
    }
    let breaks: Vec<usize> = text.match_indices(' ').map(|(at, _)| at).collect();
    let first = breaks.into_iter().rev().find(|&at| at > 0 && text_width(&text[..at], size, bold) <= room);
    match first {
        Some(at) => vec![text[..at].to_owned(), shorten(text[at..].trim_start(), size, bold, room)],
        None => vec![shorten(&text, size, bold, room)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_left_alone() {
        assert_eq!(shorten("compile to ast", 12.0, false, 500.0), "compile to ast");
        assert_eq!(two_lines("compile to ast", 12.0, false, 500.0), ["compile to ast"]);
    }

    #[test]
    fn long_texts_lose_their_middle() {
        let id = "target/sway-applications-automated-market-maker/release --tests";
        let short = shorten(id, 12.0, false, 200.0);
        assert!(short.starts_with("target/") && short.ends_with("--tests") && short.contains('…'), "{short}");
        assert!(text_width(&short, 12.0, false) <= 200.0);
        let endless = shorten(&"x".repeat(10_000), 12.0, false, 200.0);
        assert!(text_width(&endless, 12.0, false) <= 200.0 && endless.contains('…'));
        assert_eq!(shorten("compile to ast", 12.0, false, 5.0), "");
        assert_eq!(shorten("compile to ast", 12.0, false, -5.0), "");
        assert_eq!(shorten("", 12.0, false, 5.0), "");
    }

    #[test]
    fn two_lines_break_between_words() {
        let lines = two_lines("parse the program to a concrete syntax tree (CST)", 12.0, false, 200.0);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines.join(" "), "parse the program to a concrete syntax tree (CST)");
        assert_eq!(two_lines(&"y".repeat(300), 12.0, false, 100.0).len(), 1);
    }
}
