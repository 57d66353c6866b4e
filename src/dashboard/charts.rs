//! Charts over the commits, with their data for the script.

use std::ops::Range;

use maud::{Markup, PreEscaped, html};

use super::Pages;
use super::parts::chart_of;
use crate::chart::{self, ChartError, StepKind};
use crate::model::{Metric, Unit};
use crate::phase::OUTSIDE;
use crate::stats::Persistence;
use crate::text::clean;
use crate::trends::{Standing, Trend};

/// Labels on the axis of commits.
const TICKS: usize = 8;

/// The commits that a page's charts show: all of them, or only the last ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window(Range<usize>);

impl Window {
    /// All commits.
    pub(super) fn all(pages: &Pages) -> Self {
        Self(0..pages.trends.axis.commits.len())
    }

    /// The last `many`.
    pub(super) fn last(pages: &Pages, many: usize) -> Self {
        let end = pages.trends.axis.commits.len();
        Self(end.saturating_sub(many)..end)
    }

    /// Their number.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The index of an axis position among them.
    fn place(&self, position: usize) -> Option<usize> {
        self.0.contains(&position).then(|| position - self.0.start)
    }

    /// The commits, for the script: once on a page, for all of its charts.
    pub(super) fn commits(&self, pages: &Pages) -> Markup {
        let rows: Vec<chart::CommitRow> = pages.trends.axis.commits[self.0.clone()]
            .iter()
            .map(|commit| chart::CommitRow {
                sha: commit.name.clone(),
                subject: commit.subject.clone(),
                date: commit.date.clone(),
                version: commit.release.clone().unwrap_or_default(),
                link: commit.reports.last().and_then(|report| Some(pages.names.report(*report)?.to_owned())),
            })
            .collect();
        let data = chart::inert_json(&chart::commits_data(&rows));
        html! { script type="application/json" id="commits" { (PreEscaped(data)) } }
    }

    /// Where releases begin.
    fn releases(&self, pages: &Pages) -> Vec<(usize, String)> {
        let commits = pages.trends.axis.commits.iter().enumerate();
        commits.filter_map(|(position, commit)| Some((self.place(position)?, commit.release.clone()?))).collect()
    }

    /// Dates along the axis.
    fn ticks(&self, pages: &Pages) -> Vec<(usize, String)> {
        let step = (self.len().saturating_sub(1) as f64 / (TICKS - 1) as f64).max(1.0);
        let mut ticks: Vec<(usize, String)> = Vec::new();
        for tick in 0..TICKS {
            let place = (tick as f64 * step).round() as usize;
            if let Some(commit) = pages.trends.commit(self.0.start + place).filter(|_| place < self.len())
                && ticks.last().is_none_or(|last| last.0 < place)
            {
                ticks.push((place, commit.date.get(..10).unwrap_or(&commit.date).to_owned()));
            }
        }
        ticks
    }
}

/// What a chart is of.
pub(super) struct Subject<'a> {
    /// A benchmark's id.
    pub(super) name: &'a str,
    /// A metric's name, or a phase.
    pub(super) metric: &'a str,
    /// The unit of its values.
    pub(super) unit: Unit,
}

/// A metric over the commits of a window. `own` are the series with their numbers, whose levels and changes are shown, if
/// the window is all commits.
pub(super) fn trend_chart(
    pages: &Pages,
    window: &Window,
    subject: &Subject,
    lines: Vec<chart::TrendLine>,
    own: &[(usize, &Trend)],
) -> Markup {
    let lines = lines.into_iter().map(|line| {
        let shown =
            |point: chart::TrendPoint| Some(chart::TrendPoint { position: window.place(point.position)?, ..point });
        chart::TrendLine { points: line.points.into_iter().filter_map(shown).collect(), name: line.name }
    });
    let trend = chart::Trend {
        name: subject.name.to_owned(),
        metric: subject.metric.to_owned(),
        unit: subject.unit,
        positions: window.len(),
        lines: lines.collect(),
        levels: own
            .iter()
            .flat_map(|(_, trend)| trend.levels())
            .map(|(from, to, value)| chart::Level { from, to: to.saturating_sub(1), value })
            .collect(),
        steps: own.iter().flat_map(|(index, trend)| steps(pages, *index, trend)).collect(),
        releases: window.releases(pages),
        ticks: window.ticks(pages),
    };
    figure(&trend).unwrap_or_else(|error| chart_of(Err(error)))
}

/// A trend with its picture, and its data for the script.
///
/// # Errors
/// If there is no value.
fn figure(trend: &chart::Trend) -> Result<Markup, ChartError> {
    let (svg, data) = (chart::trend(trend)?.to_inline_svg()?, chart::inert_json(&trend.data()?));
    Ok(html! {
        figure.trend aria-label={ (clean(&trend.metric)) " of " (clean(&trend.name)) } {
            div.chart { (PreEscaped(svg)) }
            script type="application/json" { (PreEscaped(data)) }
        }
    })
}

/// The changes of a series, with their kinds.
fn steps(pages: &Pages, index: usize, trend: &Trend) -> Vec<chart::Step> {
    let expected = |position: usize| {
        pages.trends.events.iter().any(|event| {
            event.standing == Standing::Expected
                && event.changes.iter().any(|change| change.series == index && change.point.index == position)
        })
    };
    trend
        .changes
        .iter()
        .map(|change| {
            let kind = match change.persistence {
                Persistence::Unconfirmed => StepKind::Unconfirmed,
                _ if expected(change.index) => StepKind::Expected,
                _ if change.ratio > 1.0 => StepKind::Worse,
                _ => StepKind::Better,
            };
            chart::Step { position: change.index, ratio: change.ratio, kind }
        })
        .collect()
}

/// The phases stacked, on the machine that measured last.
pub(super) fn stacked(pages: &Pages, id: &str, phases: &[(usize, &Trend)]) -> Markup {
    let Some(main) = main_trend(pages, id) else { return html! {} };
    let mut layers: Vec<(&str, &Trend)> = phases
        .iter()
        .map(|(_, trend)| *trend)
        .filter(|trend| trend.belongs_with(main) && trend.is_top_level())
        .filter_map(|trend| Some((trend.series.key.phase.as_deref()?, trend)))
        .collect();
    // The longest at the bottom; the time outside phases on top.
    let own = |trend: &Trend| trend.points.iter().rev().find(|point| !point.summed).map_or(0.0, |point| point.median);
    layers.sort_by(|a, b| (a.0 == OUTSIDE).cmp(&(b.0 == OUTSIDE)).then(own(b.1).total_cmp(&own(a.1))));
    let window = Window::all(pages);
    let positions = window.len();
    let part = |(phase, trend): (&str, &Trend)| {
        let mut values = vec![None; positions];
        // The parts of a phase have layers of their own.
        for point in trend.points.iter().filter(|point| !point.summed) {
            if let Some(value) = values.get_mut(point.position) {
                *value = Some(point.median);
            }
        }
        chart::Part { phase: (phase != OUTSIDE).then(|| phase.to_owned()), values }
    };
    let stacked = chart::Stacked {
        name: id.to_owned(),
        metric: Metric::Wall.name().to_owned(),
        unit: Unit::Nanoseconds,
        positions,
        parts: layers.into_iter().map(part).collect(),
        colours: pages.names.colours.clone(),
        releases: window.releases(pages),
        ticks: window.ticks(pages),
    };
    chart_of(chart::stacked_phases(&stacked))
}

/// The series that represents a benchmark: its wall time, or else its longest phase, on the machine that measured it last.
pub(super) fn main_trend<'a>(pages: &'a Pages, id: &str) -> Option<&'a Trend> {
    // At one commit, the program that was measured last.
    let last = |trend: &Trend| trend.points.last().map(|point| (point.position, point.report));
    let value = |trend: &Trend| trend.points.last().map_or(0.0, |point| point.median);
    let own = || pages.trends.series.iter().filter(|trend| trend.series.key.benchmark == id);
    let walls = own().filter(|trend| trend.is_run(Metric::Wall));
    let phases = own().filter(|trend| trend.is_phase_time());
    walls
        .max_by_key(|trend| last(trend))
        .or_else(|| phases.max_by(|a, b| last(a).cmp(&last(b)).then(value(a).total_cmp(&value(b)))))
        .or_else(|| own().max_by_key(|trend| last(trend)))
}

#[cfg(test)]
mod tests {
    use super::super::assets::TREND_SCRIPT;
    use super::*;

    /// A trend of many lines, all of them called `name`.
    fn named(name: &str) -> chart::Trend {
        let line = || chart::TrendLine { name: name.to_owned(), points: vec![chart::TrendPoint::exact(0, 1.0)] };
        chart::Trend {
            name: name.to_owned(),
            metric: name.to_owned(),
            unit: Unit::Nanoseconds,
            positions: 1,
            lines: (0..20).map(|_| line()).collect(),
            levels: Vec::new(),
            steps: Vec::new(),
            releases: vec![(0, name.to_owned())],
            ticks: vec![(0, name.to_owned())],
        }
    }

    #[test]
    fn hostile_texts_are_inert() {
        let name = "</script><script>alert(1)</script>\u{202E}\"'&\u{0}".repeat(9);
        let figure = figure(&named(&name)).unwrap().into_string();
        assert_eq!(figure.matches("<script").count(), 1);
        assert_eq!(figure.matches("</script").count(), 1);
        assert!(!figure.contains("alert(1)<") && !figure.contains("style=") && !figure.contains('\u{202E}'));
    }

    #[test]
    fn the_script_knows_all_shapes_and_kinds() {
        let data = named("x").data().unwrap();
        let markers = data["lines"].as_array().unwrap().iter().map(|line| line["marker"].as_str().unwrap());
        for name in markers.chain(StepKind::ALL.map(StepKind::name)) {
            assert!(TREND_SCRIPT.contains(&format!("{name}: ")), "{name}");
        }
        assert!(!TREND_SCRIPT.contains("innerHTML"));
    }
}
