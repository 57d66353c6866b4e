//! Zoomed charts, which the dashboard's script lays out: they hold what Rust draws and writes of the same commits.

use std::fs;

use crate::browser::{Browser, Page};
use forc_perf::chart::{CommitRow, Trend, TrendLine, TrendPoint, commits_data, inert_json, trend};
use forc_perf::model::Unit;
use forc_perf::text::{change, format};

/// The ticks of the value axis of each chart.
const AXES: &str = "[...document.querySelectorAll('figure.trend > .chart > svg')].map((svg) =>
    [...svg.querySelectorAll('g:not(.cursor) text')].filter((e) => e.getAttribute('text-anchor') === 'end')
    .map((e) => e.textContent).sort().join(' '))";

fn of(values: &[f64], unit: Unit) -> Trend {
    let points = values.iter().enumerate().map(|(position, value)| TrendPoint::exact(position, *value));
    Trend {
        name: "g/p/debug".to_owned(),
        metric: "wall".to_owned(),
        unit,
        positions: values.len(),
        lines: vec![TrendLine { name: "a machine".to_owned(), points: points.collect() }],
        levels: Vec::new(),
        steps: Vec::new(),
        releases: Vec::new(),
        ticks: Vec::new(),
    }
}

/// Opens a page with these trends over the same commits, as the dashboard has them.
fn open(browser: &Browser, trends: &[Trend]) -> (tempfile::TempDir, Page) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let commit = |position: usize| CommitRow {
        sha: format!("{position:07}"),
        date: format!("2026-01-{:02}", position % 28 + 1),
        ..CommitRow::default()
    };
    let commits: Vec<CommitRow> = (0..trends[0].positions).map(commit).collect();
    let figures = trends.iter().enumerate().map(|(index, shown)| {
        let (svg, data) = (trend(shown).unwrap().to_inline_svg().unwrap(), inert_json(&shown.data().unwrap()));
        format!(
            "<figure class=trend id=figure{index}><div class=chart>{svg}</div>\
             <script type=application/json>{data}</script></figure>"
        )
    });
    let page = format!(
        "<!DOCTYPE html><title>zoom</title><meta charset=utf-8>\
         <script type=application/json id=commits>{}</script><div data-trend-tools></div>{}<script>{}</script>",
        inert_json(&commits_data(&commits)),
        figures.collect::<String>(),
        include_str!("../../src/dashboard/assets/trend.js")
    );
    let path = folder.path().join("zoom.html");
    fs::write(&path, page).unwrap();
    let page = browser.open(&path);
    (folder, page)
}

/// Values from a nanosecond to half an hour, from a byte to many gigabytes, around the bounds of each unit.
fn magnitudes() -> Vec<f64> {
    let mut values: Vec<f64> =
        (0..13).flat_map(|power| [1.0, 1.23456, 9.99, 9.996].map(|start| start * 10f64.powi(power))).collect();
    values.extend((0..4).flat_map(|power| [0.5, 0.9994, 0.9996, 1.0].map(|start| start * 1024f64.powi(power))));
    values.iter().map(|value| value.round().max(1.0)).collect()
}

#[test]
fn a_value_is_read_as_everywhere_else() {
    let Some(browser) = Browser::start() else { return };
    let mut values = magnitudes();
    values.sort_by(f64::total_cmp);
    // A chart's times have the precision of its longest: each has values of about one magnitude.
    let charts: Vec<(Vec<f64>, Unit)> = [Unit::Nanoseconds, Unit::Bytes, Unit::Count]
        .into_iter()
        .flat_map(|unit| values.chunks(6).map(move |values| (values.to_vec(), unit)))
        .filter(|(values, _)| values.len() == 6)
        .collect();
    let trends: Vec<Trend> = charts.iter().map(|(values, unit)| of(values, *unit)).collect();
    let (_folder, page) = open(&browser, &trends);
    for (index, (values, unit)) in charts.iter().enumerate() {
        page.focus(&format!("#figure{index} .chart"));
        page.press("Home");
        for value in values {
            let text = page.text(&format!("#figure{index} .readout strong"));
            assert_eq!(text, format::value(*value, *unit), "{value} of {values:?}");
            page.press("ArrowRight");
        }
    }
}

#[test]
fn a_change_is_read_as_everywhere_else() {
    let Some(browser) = Browser::start() else { return };
    let (_folder, page) = open(&browser, &[of(&[1e9, 1.0001e9, 4e9, 0.5e9], Unit::Nanoseconds)]);
    page.focus("figure.trend .chart");
    page.press("Home");
    for ratio in [1.0001, 4.0 / 1.0001, 0.125] {
        page.press("ArrowRight");
        let text = page.text("figure.trend .readout");
        let wanted = format!("{} on the one before", change::signed(ratio));
        assert!(text.contains(&wanted), "{wanted}: {text}");
    }
}

#[test]
fn a_zoomed_axis_is_the_one_that_is_drawn_of_the_same_commits() {
    let Some(browser) = Browser::start() else { return };
    let mut random = fastrand::Rng::with_seed(3);
    let mut charts: Vec<(Vec<f64>, Unit)> = Vec::new();
    for unit in [Unit::Nanoseconds, Unit::Bytes, Unit::Count] {
        for size in [7.0, 900.0, 999.7, 5e4, 3e6, 4e9, 2e11] {
            for spread in [0.001, 0.1, 0.9] {
                let noise = |_| (size * (1.0 + spread * (random.f64() - 0.5))).round();
                let mut values: Vec<f64> = (0..60).map(noise).collect();
                values[25] *= 9.0;
                charts.push((values, unit));
            }
        }
    }
    let trends = |range: std::ops::Range<usize>| -> Vec<Trend> {
        charts.iter().map(|(values, unit)| of(&values[range.clone()], *unit)).collect()
    };
    let (_folder, zoomed) = open(&browser, &trends(0..60));
    zoomed.eval("location.hash = 'range=0000010..0000039'");
    zoomed.settle();
    let (_folder, drawn) = open(&browser, &trends(10..40));
    let (zoomed, drawn) = (zoomed.eval(AXES), drawn.eval(AXES));
    for (index, (values, unit)) in charts.iter().enumerate() {
        assert_eq!(zoomed[index], drawn[index], "{unit:?} around {}", values[0]);
    }
}
