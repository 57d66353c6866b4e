//! The markup of the compare page. Everything that is of two reports, its scripts fill in.

use maud::{Markup, html};

/// What the page holds.
pub(super) fn content() -> Markup {
    html! {
        div.compare #compare {
            noscript {
                p.banner.warning {
                    "This page needs its scripts: any two reports can be chosen, so that the comparison is made here, in the browser. \
                     Without them, the command line says the same: " code { "forc-perf diff base.json other.json" } "."
                }
            }
            div.pickers role="group" aria-label="The reports" hidden {
                (picker("base", "Base"))
                button.swap #swap type="button" title="Exchange the two" aria-label="Exchange the two" { "⇄" }
                (picker("other", "Held against it"))
            }
            datalist #reports {}
            p.message #message role="status" aria-live="polite" hidden {}
            button.force #force type="button" hidden { "Compare them all the same" }
            div #result hidden {
                div aria-live="polite" aria-atomic="true" { dl.answer #answer {} }
                dl.conditions #facts {}
                section aria-labelledby="benchmarks" {
                    h2 #benchmarks { "Benchmarks" }
                    div.tools {
                        input #filter type="search" placeholder="Filter benchmarks" aria-label="Filter benchmarks by words of their names";
                        div.verdicts #verdicts role="group" aria-label="Verdicts that are shown" {}
                        span.muted #shown role="status" {}
                    }
                    div.scroll tabindex="0" role="region" aria-labelledby="benchmarks" { (table()) }
                    p.muted.note {
                        "A change is the ratio of the two samples by Hodges and Lehmann’s estimate, with the interval that belongs to its \
                         verdict; sizes are compared exactly. ▲ regressed, ▼ improved, = shown equal, ? undecided. In the pictures the \
                         line is no change and the band what would not matter."
                    }
                }
                section aria-labelledby="each" {
                    h2 #each { "Each benchmark" }
                    div #details {}
                }
                section #skipped aria-labelledby="left-out" hidden {
                    h2 #left-out { "Left out" }
                    ul {}
                }
                section aria-labelledby="again" {
                    h2 #again { "Measured in turns" }
                    p #why-again {
                        "Two reports are two nights of a machine. What the compiler did is told from what the machine did by running both \
                         in turns:"
                    }
                    pre.command #command tabindex="0" {}
                }
            }
        }
    }
}

/// Where one of the reports is chosen, by words of its commit.
fn picker(id: &str, label: &str) -> Markup {
    let is = format!("{id}-is");
    html! {
        div.picker {
            label for=(id) { (label) }
            div.field {
                input id=(id) type="text" list="reports" autocomplete="off" spellcheck="false" aria-describedby=(is)
                    placeholder="commit, date or words of the subject";
                button type="button" data-step="-1" data-of=(id) title="The report before" aria-label=(format!("{label}: the report before")) { "‹" }
                button type="button" data-step="1" data-of=(id) title="The report after" aria-label=(format!("{label}: the report after")) { "›" }
            }
            p.muted id=(is) {}
        }
    }
}

fn table() -> Markup {
    html! {
        table.overview #table {
            thead {
                tr {
                    @for (key, title, number) in COLUMNS {
                        th scope="col" class=[number.then_some("number")] aria-label=[title.is_empty().then_some("In a picture")] {
                            @match key {
                                Some(key) => button type="button" data-sort=(key) { (title) },
                                None => (title),
                            }
                        }
                    }
                }
            }
            tbody {}
        }
    }
}

/// The table's columns: what they are sorted by, their titles, and whether they hold numbers.
const COLUMNS: [(Option<&str>, &str, bool); 8] = [
    (Some("verdict"), "Verdict", false),
    (Some("id"), "Benchmark", false),
    (Some("metric"), "Metric", false),
    (Some("change"), "Change", true),
    (None, "", false),
    (Some("base"), "Base → other", true),
    (None, "Because", false),
    (None, "Also", false),
];
