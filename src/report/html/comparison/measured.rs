//! How it was measured, and with what.

use maud::{Markup, html};

use super::Page;
use crate::model::{Measuring, Side};
use crate::report::html::environment::{list, machine_facts, protocol};
use crate::report::html::parts::share;
use crate::report::html::parts::{command, name};
use crate::text::format;
use crate::words::{origin, reproduction, settings_facts, side_name};

pub(super) fn section(page: &Page) -> Markup {
    let comparison = page.comparison;
    html! {
        section aria-labelledby="how" {
            h2 #how { "How it was measured" }
            h3 { "The compilers" }
            div.sides { @for (index, side) in comparison.sides.iter().enumerate() { (compiler(page, index, side)) } }
            div.columns {
                div {
                    h3 { "Settings" }
                    dl.facts {
                        @for (what, value) in settings_facts(comparison) { dt { (what) } dd { (page.phrase(&value)) } }
                    }
                }
                (machine_facts(&comparison.environment))
                (list("Cost of measuring", &cost(&comparison.measuring)))
            }
            h3 { "The same again" }
            pre.command tabindex="0" { (command(&reproduction(comparison))) }
        }
    }
}

fn compiler(page: &Page, index: usize, side: &Side) -> Markup {
    let toolchain = &side.toolchain;
    html! {
        div {
            h3 { (name(&side_name(side))) @if index == 0 { " " span.muted { "the base" } } }
            dl.facts {
                dt { "Version" } dd { (name(&toolchain.version)) }
                dt { "Binary" } dd { (name(&toolchain.path.display().to_string())) }
                dt { "SHA-256" } dd { (name(&toolchain.sha256)) }
                dt { "From" } dd { (page.phrase(&origin(side))) }
                dt { "Phases by" } dd { (protocol(toolchain.capabilities.protocol)) }
                dt { "std" } dd { @if let Some(std) = &side.std { (name(&std.display().to_string())) } @else { "found by forc itself" } }
            }
        }
    }
}

fn cost(measuring: &Measuring) -> [(&'static str, Option<String>); 3] {
    [
        ("Measured for", Some(format::long_duration(measuring.wall))),
        ("Of it inside forc", share(measuring.in_forc, measuring.wall).map(format::percent)),
        ("Harness CPU / time in forc", share(measuring.collector_cpu, measuring.in_forc).map(format::percent)),
    ]
}
