//! Commands as typed in a shell.

use std::fmt::Write;

/// A command line that a POSIX shell splits into exactly these words (`bash` and `zsh` if words have control characters).
pub fn line<S: AsRef<str>>(words: &[S]) -> String {
    words.iter().map(|word| quoted(word.as_ref())).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if !word.chars().any(hidden) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut text = String::from("$'");
    for c in word.chars() {
        // Writing to a string cannot fail.
        let _ = match c {
            '\'' | '\\' => write!(text, "\\{c}"),
            c if hidden(c) && (c as u32) < 0x80 => write!(text, "\\x{:02x}", c as u32),
            c if hidden(c) => write!(text, "\\u{:04x}", c as u32),
            c => write!(text, "{c}"),
        };
    }
    text.push('\'');
    text
}

/// Whether a character is invisible or changes the direction of writing.
fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_needs_it_is_quoted() {
        assert_eq!(line(&["forc", "build", "--path", "fixtures/a", "--std=x"]), "forc build --path fixtures/a --std=x");
        assert_eq!(line(&["a b", "it's", "", "$HOME", "<b>"]), r"'a b' 'it'\''s' '' '$HOME' '<b>'");
        assert_eq!(line(&["a\u{1b}'b\n\u{202E}"]), r"$'a\x1b\'b\x0a\u202e'");
        assert_eq!(line::<&str>(&[]), "");
    }
}
