//! Every chart of every sample, drawn.

use super::{scatter, stacked, trend};
use crate::model::Metric;
use crate::testing::{compare, hostile, report, troubled};

/// Draws every chart of the samples, and keeps the pictures where the variable `FORC_PERF_PICTURES` says, if it does.
#[test]
fn every_sample_becomes_a_picture() {
    let temporary = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("FORC_PERF_PICTURES");
    let every_png = kept.is_some();
    let folder = kept.map_or(temporary.path().to_owned(), Into::into);
    std::fs::create_dir_all(&folder).unwrap();
    let keep = |name: &str, chart: crate::chart::Chart| {
        // An unoptimised build takes half a second for each.
        if every_png || name == "timeline-one-0" {
            let path = folder.join(format!("{name}.png"));
            chart.write_png(&path).unwrap();
            assert!(std::fs::read(&path).unwrap().starts_with(b"\x89PNG"));
        }
        let svg = chart.to_svg().unwrap();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"));
        std::fs::write(folder.join(format!("{name}.svg")), svg).unwrap();
    };
    for (name, report) in [("one", report(1)), ("twelve", report(12)), ("many", report(45)), ("hostile", hostile())] {
        let colours = crate::chart::PhaseColours::of(&report);
        keep(&format!("suite-{name}"), crate::chart::suite_phases(&report).unwrap());
        if name == "many" {
            continue;
        }
        for (index, measured) in
            report.benchmarks.iter().enumerate().filter(|(index, _)| index % 3 == 0 || name == "hostile")
        {
            if let Ok(chart) = crate::chart::timeline(measured, &colours) {
                keep(&format!("timeline-{name}-{index}"), chart);
            }
            if let Ok(chart) = crate::chart::distribution(measured, &colours) {
                keep(&format!("distribution-{name}-{index}"), chart);
            }
        }
    }
    for (name, comparison) in
        [("twelve", compare::compared(12)), ("split", compare::split()), ("hostile", compare::compared_hostile())]
    {
        let colours = crate::chart::PhaseColours::of_comparison(&comparison);
        let findings = &comparison.findings[0];
        for metric in [Metric::Wall, Metric::PeakMemory, Metric::BinarySize] {
            if let Ok(chart) = crate::chart::forest(&comparison, findings, metric) {
                keep(&format!("forest-{name}-{}", metric.name().replace(' ', "-")), chart);
            }
        }
        if let Ok(chart) = crate::chart::suite_waterfall(&comparison, findings, &colours) {
            keep(&format!("waterfall-{name}"), chart);
        }
        for index in 0..findings.benchmarks.len() {
            if let Ok(chart) = crate::chart::waterfall(&comparison, findings, index, &colours) {
                keep(&format!("waterfall-{name}-{index}"), chart);
            }
            if let Ok(chart) = crate::chart::blocks(&comparison, findings, index) {
                keep(&format!("blocks-{name}-{index}"), chart);
            }
        }
    }
    for positions in [20, 700] {
        let (one, several) = (trend::tests::sample(positions), trend::tests::machines(positions));
        keep(&format!("trend-{positions}"), crate::chart::trend(&one).unwrap());
        keep(&format!("trend-{positions}-machines"), crate::chart::trend(&several).unwrap());
        let stacked = stacked::tests::sample(positions, &stacked::tests::NAMES);
        keep(&format!("stacked-{positions}"), crate::chart::stacked_phases(&stacked).unwrap());
        let values: Vec<Option<f64>> = one.lines[0].points.iter().map(|point| Some(point.median)).collect();
        let spark = crate::chart::spark(&values, Some(positions / 4), crate::chart::StepKind::Worse);
        keep(&format!("spark-{positions}"), spark.unwrap());
    }
    for spread in [3.0, 300.0] {
        let points = scatter::tests::sample(30, spread);
        let chart = crate::chart::scatter(&points, scatter::tests::TIME, scatter::tests::SIZE);
        keep(&format!("scatter-{spread}"), chart.unwrap());
    }
    let report = troubled();
    let run = report.benchmarks[5].failures[0].run.as_deref().unwrap();
    let chart =
        crate::chart::timeline_of_run(run, "ended by a panic", &crate::chart::PhaseColours::of(&report)).unwrap();
    keep("timeline-failed", chart);
}
