//! The markup of the compare page. Its scripts fill in the data of the two reports.

use maud::{Markup, html};

/// What the page holds.
pub(super) fn content() -> Markup {
    html! {
        div.compare #compare {
            noscript {
                p.banner.warning {
                    "This page needs its scripts, as any two reports can be chosen. Without them the command line says more: "
                    code { "forc-perf history diff BASE OTHER" } " takes commits, releases, dates and numbers of reports."
                }
            }
            div.pickers role="group" aria-label="The reports" hidden {
                (picker("base", "Base"))
                button.swap #swap type="button" title="Exchange the two" aria-label="Exchange the two" { "⇄" }
                (picker("other", "Other"))
            }
            datalist #reports {}
            p.message #message role="status" aria-live="polite" hidden {}
            div #result hidden {
                section aria-labelledby="judge" {
                    h2 #judge { "What it means" }
                    p { "This page compares stored medians; for a verdict run:" }
                    pre.command #command tabindex="0" aria-label="Command" {}
                    p.muted.note { "where the history is, or with " code { "--history PATH" } "." }
                    p #verdict hidden { a href="" { "The verdict on these two" } ", as this history was written." }
                    p.warning #machines hidden { "They were measured on two machines, whose times say nothing of each other." }
                }
                section aria-labelledby="medians" {
                    h2 #medians { "Medians side by side" }
                    div.tools {
                        input #filter type="search" placeholder="Filter benchmarks and phases" aria-label="Filter by words of benchmarks and phases";
                        select #metric aria-label="Only this metric" {}
                        select #of aria-label="Whole runs or phases" {
                            option value="runs" selected { "whole runs" }
                            option value="phases" { "phases" }
                            option value="" { "whole runs and phases" }
                        }
                        span.muted #shown role="status" {}
                    }
                    div.scroll tabindex="0" role="region" aria-labelledby="medians" { (table()) }
                    p.muted.note {
                        "Below each median the 95 % interval of that median (of fewer than six runs: the smallest and the largest), and "
                        "how many runs there are. The ratio is the other median over the base’s."
                    }
                }
            }
        }
    }
}

/// The chooser of one of the reports, by words of its commit.
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
        table.overview.sortable #table {
            thead {
                tr {
                    th scope="col" { "Benchmark" }
                    th scope="col" { "Of" }
                    th scope="col" { "Metric" }
                    th.number scope="col" { "Base" }
                    th.number scope="col" { "Other" }
                    th.number scope="col" { "Ratio" }
                }
            }
            tbody {}
        }
    }
}
