//! Compile time against bytecode size of every benchmark.

use maud::{Markup, html};

use super::Pages;
use super::charts::main_trend;
use super::frame::{Frame, Place};
use super::parts::{benchmark_link, commit_link};
use crate::chart::{Chart, ChartError, ScatterAxis, ScatterPoint, scatter};
use crate::model::{Metric, Unit};
use crate::report::html::parts::name;
use crate::stats;
use crate::text::clean;
use crate::text::counted;
use crate::text::format;
use crate::trends::Trend;

/// A benchmark this many robust standard deviations from the others is named in words.
const FAR: f64 = 3.0;

/// With fewer benchmarks there are no outliers.
const FEWEST: usize = 5;

/// A benchmark and its latest figures on the machine that has measured it last.
struct ScatterRow<'a> {
    id: &'a str,
    group: &'a str,
    /// In nanoseconds.
    wall: Option<f64>,
    /// In bytes.
    size: Option<f64>,
    /// Where on the axis of commits the figures are from.
    position: Option<usize>,
}

impl ScatterRow<'_> {
    /// Nanoseconds a byte.
    fn cost(&self) -> Option<f64> {
        let cost = self.wall? / self.size?;
        (cost.is_finite() && cost > 0.0).then_some(cost)
    }
}

pub(super) fn page(pages: &Pages) -> String {
    let rows = rows(pages);
    let header = html! {
        header {
            h1 { "Compile time against bytecode size" }
            p.muted { "The latest figures of " (counted(rows.len(), "benchmark")) ", each of the machine that has measured it last." }
        }
    };
    let content = html! {
        @if rows.is_empty() {
            section.nothing role="alert" {
                h2 { "Nothing was measured" }
                p { "The history holds no report. " code { "forc-perf run --record" } " adds one." }
            }
        } @else {
            section aria-label="Chart" { (chart(&rows)) (far_off(pages, &rows)) }
            section aria-labelledby="figures" {
                h2 #figures { "The same figures" }
                (table(pages, &rows))
            }
        }
    };
    let frame = Frame { title: "Scatter", place: Place::Scatter, depth: 0, scripts: &[] };
    frame.around(pages, &header, &content)
}

fn rows<'a>(pages: &'a Pages) -> Vec<ScatterRow<'a>> {
    pages.trends.benchmarks().into_iter().map(|id| row(pages, id)).collect()
}

fn row<'a>(pages: &'a Pages, id: &'a str) -> ScatterRow<'a> {
    let group = id.split('/').next().unwrap_or(id);
    let main = main_trend(pages, id);
    let latest = |metric: Metric| {
        let of = |trend: &&Trend| {
            trend.series.key.metric == metric
                && trend.series.key.phase.is_none()
                && main.is_some_and(|main| trend.belongs_with(main))
        };
        pages.trends.series.iter().find(of).and_then(|trend| trend.points.last())
    };
    let (wall, size) = (latest(Metric::Wall), latest(Metric::BytecodeSize));
    // From two commits they would be figures of two compilers.
    let together = wall.zip(size).is_none_or(|(wall, size)| wall.position == size.position);
    ScatterRow {
        id,
        group,
        wall: wall.map(|point| point.median),
        size: size.filter(|_| together).map(|point| point.median),
        position: wall.or(size).map(|point| point.position),
    }
}

fn chart(rows: &[ScatterRow]) -> Markup {
    let points: Vec<ScatterPoint> = rows
        .iter()
        .filter_map(|row| {
            let (x, y) = row.size.zip(row.wall)?;
            Some(ScatterPoint { name: row.id.to_owned(), x, y, group: row.group.to_owned() })
        })
        .collect();
    let x = ScatterAxis { name: "bytecode size", unit: Unit::Bytes };
    let y = ScatterAxis { name: "wall time", unit: Unit::Nanoseconds };
    let chart: Result<Chart, ChartError> = scatter(&points, x, y);
    super::parts::chart_of(chart)
}

/// The benchmarks that take far more or far less time per byte than the others, in words.
fn far_off(pages: &Pages, rows: &[ScatterRow]) -> Markup {
    let costs: Vec<(&ScatterRow, f64)> = rows.iter().filter_map(|row| Some((row, row.cost()?.ln()))).collect();
    let values: Vec<f64> = costs.iter().map(|(_, cost)| *cost).collect();
    let Some(middle) = stats::median(&values) else { return html! {} };
    let distances: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    // The median distance of normal values is 0.6745 standard deviations.
    let sigma = stats::median(&distances).unwrap_or(0.0) / 0.6745;
    let mut far: Vec<(&ScatterRow, f64)> = costs
        .iter()
        .map(|(row, cost)| (*row, cost - middle))
        .filter(|(_, distance)| sigma > 0.0 && distance.abs() > FAR * sigma)
        .collect();
    far.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    html! {
        p { "Half of the benchmarks take more than " strong { (per_byte(middle.exp())) } " of bytecode, half less." }
        @if costs.len() < FEWEST {
            p.muted.note { "Too few benchmarks to find outliers." }
        } @else if far.is_empty() {
            p.calm { "None lies far off the others." }
        } @else {
            p { "Far off the others:" }
            ul {
                @for (row, distance) in far {
                    li {
                        (benchmark_link(pages, row.id, "")) ", with " (per_byte((middle + distance).exp())) ": ×"
                        (format::three_digits(distance.exp())) " the median"
                    }
                }
            }
        }
    }
}

fn per_byte(cost: f64) -> String {
    format!("{} per byte", format::nanoseconds(cost))
}

fn table(pages: &Pages, rows: &[ScatterRow]) -> Markup {
    let figure = |value: Option<f64>, unit: Unit| {
        html! { (value.map_or(format::MISSING.to_owned(), |value| format::value(value, unit))) }
    };
    html! {
        div.scroll tabindex="0" role="group" aria-labelledby="figures" {
            table.overview.sortable.filterable data-what="benchmarks" {
                thead {
                    tr {
                        th scope="col" { "Benchmark" }
                        th scope="col" { "Group" }
                        th.number scope="col" { "Wall" }
                        th.number scope="col" { "Bytecode" }
                        th.number scope="col" { "Wall per byte" }
                        th scope="col" { "Commit" }
                    }
                }
                tbody {
                    @for row in rows {
                        tr data-tags=(clean(row.group).replace('\n', " ")) {
                            th scope="row" { (benchmark_link(pages, row.id, "")) }
                            td data-label="Group" { (name(row.group)) }
                            td.number data-label="Wall" data-value=[row.wall] { (figure(row.wall, Unit::Nanoseconds)) }
                            td.number data-label="Bytecode" data-value=[row.size] { (figure(row.size, Unit::Bytes)) }
                            td.number data-label="Wall per byte" data-value=[row.cost()] {
                                (row.cost().map_or(format::MISSING.to_owned(), format::nanoseconds))
                            }
                            td data-label="Commit" data-value=[row.position] {
                                @if let Some(commit) = row.position.and_then(|position| pages.trends.commit(position)) { (commit_link(pages, commit, "")) }
                            }
                        }
                    }
                }
            }
        }
    }
}
