//! All figures of a small report in one table with a column for each benchmark. The compiler's public record has hundreds of
//! reports with little data each.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::classes::{depth_class, share_class};
use super::parts::{Page, brief, linked, name, outside_text, phase};
use crate::model::{Measured, Metric, PhaseSummary, Unit};
use crate::text::format;

/// The common start and end of all columns' ids, in whole parts, which is shown once.
struct Common<'a> {
    begin: &'a str,
    end: &'a str,
}

impl<'a> Common<'a> {
    fn of(columns: &[(usize, &'a Measured)]) -> Self {
        let ids: Vec<&str> = columns.iter().map(|(_, one)| one.id.as_str()).collect();
        let none = Self { begin: "", end: "" };
        let Some((first, others)) = ids.split_first().filter(|(_, others)| !others.is_empty()) else { return none };
        let begin = first.find('/').and_then(|slash| first.get(..=slash)).unwrap_or_default();
        let end = first.rfind('/').and_then(|slash| first.get(slash..)).unwrap_or_default();
        // A part of every id has to remain.
        let holds = |text: &str| text.len() > begin.len() + end.len();
        let is_begin = ids.iter().all(|id| id.starts_with(begin) && holds(id));
        let is_end = others.iter().all(|id| id.ends_with(end)) && ids.iter().all(|id| holds(id));
        Self { begin: if is_begin { begin } else { "" }, end: if is_end { end } else { "" } }
    }

    /// What is left of an id.
    fn short<'b>(&self, id: &'b str) -> &'b str {
        id.strip_prefix(self.begin).and_then(|id| id.strip_suffix(self.end)).unwrap_or(id)
    }
}

/// A table with more columns is unreadable.
const MOST: usize = 12;

/// Whether one table can show everything: somebody else recorded the report, and it has nothing that only sections show.
pub(super) fn holds_all(page: &Page) -> bool {
    let measured = page.by_wall();
    let fits = |measured: &Measured| {
        let names = measured.packages.iter().map(|row| row.package.as_deref()).filter(Option::is_some);
        let one_package = names.collect::<std::collections::BTreeSet<_>>().len() <= 1;
        let plain = |row: &PhaseSummary| row.cpu.is_none() && row.peak_memory.is_none() && row.instructions.is_none();
        let sized = measured.runs.iter().flat_map(|run| &run.packages).all(|package| package.data_section.is_none());
        one_package && sized && measured.command.is_empty() && measured.phases.iter().all(plain)
    };
    page.recorder.is_some()
        && !page.pictures.are_drawn()
        && measured.len() <= MOST
        && measured.iter().all(|(_, measured)| fits(measured))
}

pub(super) fn section(page: &Page) -> Markup {
    let columns: Vec<(usize, &Measured)> = page.by_wall();
    let mut metrics: Vec<Metric> =
        columns.iter().flat_map(|(_, one)| &one.metrics).map(|summary| summary.metric).collect();
    metrics.sort_unstable();
    metrics.dedup();
    let common = Common::of(&columns);
    html! {
        section aria-labelledby="each" {
            h2 #each { "Figures" }
            @if !common.begin.is_empty() || !common.end.is_empty() {
                p.muted.note { "Benchmarks are called " code { (name(&format!("{}…{}", common.begin, common.end))) } "; the slowest is first." }
            }
            div.scroll tabindex="0" role="group" aria-labelledby="each" {
                table.matrix {
                    thead {
                        tr {
                            th scope="col" {}
                            @for (index, one) in &columns { th.number scope="col" id=(page.anchor(*index)) { (linked(page, &one.id, common.short(&one.id))) } }
                        }
                    }
                    tbody {
                        (row("runs", columns.iter().map(|(_, one)| html! { (one.runs.len()) })))
                        @for metric in metrics {
                            (row(metric.name(), columns.iter().map(|(_, one)| match one.estimate(metric) {
                                Some(estimate) => brief(estimate, metric.unit()),
                                None => html! { (format::MISSING) },
                            })))
                        }
                        @for (field, values) in said(&columns) {
                            (row(&field, values.into_iter().map(|value| html! { (name(value.as_deref().unwrap_or(format::MISSING))) })))
                        }
                    }
                    tbody { @for (phase, depth) in phases(&columns) { (phase_row(page, &columns, phase, depth)) } }
                }
            }
            (notes(&columns, &common))
        }
    }
}

fn row(label: &str, cells: impl Iterator<Item = Markup>) -> Markup {
    html! { tr { th scope="row" { (name(label)) } @for cell in cells { td { (cell) } } } }
}

/// The compiler's other data on a package in the last run: a field, with one value for each column.
fn said(columns: &[(usize, &Measured)]) -> BTreeMap<String, Vec<Option<String>>> {
    let mut fields: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
    for (column, (_, one)) in columns.iter().enumerate() {
        for package in one.runs.last().iter().flat_map(|run| &run.packages) {
            for (field, value) in &package.other {
                let values = fields.entry(field.replace('_', " ")).or_insert_with(|| vec![None; columns.len()]);
                if let Some(cell) = values.get_mut(column) {
                    *cell = Some(value.to_string());
                }
            }
        }
    }
    fields
}

/// The phases of all columns with their depths, in an order that is each column's own.
fn phases<'a>(columns: &[(usize, &'a Measured)]) -> Vec<(Option<&'a str>, u32)> {
    let mut all: Vec<(Option<&str>, u32)> = Vec::new();
    for (_, one) in columns {
        let mut at = 0;
        for row in &one.phases {
            let key = (row.phase.as_deref(), row.depth);
            match all.iter().position(|known| *known == key) {
                Some(known) => at = known + 1,
                None => {
                    all.insert(at.min(all.len()), key);
                    at += 1;
                }
            }
        }
    }
    // The time outside phases comes last in every column.
    all.sort_by_key(|(phase, _)| phase.is_none());
    all
}

fn phase_row(page: &Page, columns: &[(usize, &Measured)], of: Option<&str>, depth: u32) -> Markup {
    html! {
        tr {
            th class={ "in " (depth_class(depth)) } scope="row" { (phase(page, of)) }
            @for (_, one) in columns {
                @match one.phases.iter().find(|row| row.phase.as_deref() == of && row.depth == depth) {
                    Some(row) if row.share.is_finite() => td class={ "share " (share_class(row.share)) } {
                        (brief(&row.wall, Unit::Nanoseconds)) " " small { (format::percent(row.share)) }
                    },
                    Some(row) => td { (brief(&row.wall, Unit::Nanoseconds)) },
                    None => td { (format::MISSING) },
                }
            }
        }
    }
}

/// The notes about the runs, with the benchmarks if it is not all of them.
fn notes(columns: &[(usize, &Measured)], common: &Common) -> Markup {
    let mut notes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (_, one) in columns {
        for note in one.runs.iter().flat_map(|run| &run.notes) {
            let of = notes.entry(note).or_default();
            if of.last() != Some(&one.id.as_str()) {
                of.push(&one.id);
            }
        }
    }
    html! {
        @if !notes.is_empty() {
            ul.notes {
                @for (note, of) in notes {
                    li {
                        (outside_text(note))
                        @let others: Vec<&str> = columns.iter().map(|(_, one)| one.id.as_str()).filter(|id| !of.contains(id)).collect();
                        @if !others.is_empty() {
                            @let (but, few) = if others.len() < of.len() { ("all but ", &others) } else { ("", &of) };
                            span.muted {
                                " (" (but) @for (index, id) in few.iter().enumerate() { @if index > 0 { ", " } (name(common.short(id))) } ")"
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn common(ids: &[&str]) -> Vec<String> {
        let mut report = testing::report(ids.len());
        report.benchmarks.iter_mut().zip(ids).for_each(|(measured, id)| (*id).clone_into(&mut measured.id));
        let columns: Vec<(usize, &Measured)> = report.benchmarks.iter().enumerate().collect();
        let common = Common::of(&columns);
        ids.iter().map(|id| common.short(id).to_owned()).collect()
    }

    #[test]
    fn what_all_have_in_common_is_left_out() {
        assert_eq!(common(&["record/std/debug", "record/nft/debug"]), ["std", "nft"]);
        assert_eq!(common(&["record/std/debug", "record/nft/release"]), ["std/debug", "nft/release"]);
        assert_eq!(common(&["a/std/debug", "b/nft/debug"]), ["a/std", "b/nft"]);
        assert_eq!(common(&["a/b", "a/c"]), ["a/b", "a/c"]);
        assert_eq!(common(&["record/std/debug"]), ["record/std/debug"]);
        assert_eq!(common(&["", "/"]), ["", "/"]);
    }
}
