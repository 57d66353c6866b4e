//! The markup of the compare page. Everything that is of two reports, its scripts fill in.

use maud::{DOCTYPE, Markup, html};

/// The scripts of the page, in the order in which they must run. Data files are among them: what they define is all that
/// the page knows of the history.
pub const SCRIPTS: [&str; 6] =
    ["assets/data.js", "data/rules.js", "data/commits.js", "assets/judge.js", "assets/words.js", "assets/compare.js"];

/// The style sheets of the page: the one that all pages share, and its own.
pub const STYLES: [&str; 2] = ["assets/style.css", "assets/compare.css"];

/// What the page may do: run and show what lies beside it, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'";

/// The whole page, for a dashboard that has no frame of its own around its pages.
pub fn page() -> String {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Compare two reports" }
                @for style in STYLES { link rel="stylesheet" href=(style); }
            }
            body {
                a.skip href="#content" { "Skip to the comparison" }
                header { h1 { "Compare two reports" } }
                main id="content" { (content()) }
                @for script in SCRIPTS { script src=(script) {} }
            }
        }
    };
    markup.into_string()
}

/// What the page holds, to be put into a frame with [`STYLES`] in its head and [`SCRIPTS`] at its end.
pub fn content() -> Markup {
    html! {}
}
