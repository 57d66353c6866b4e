use super::*;
use crate::model::SerdeFrames;
use crate::testing;

fn colours() -> PhaseColours {
    PhaseColours::of(&testing::report(3))
}

#[test]
fn is_tidy_from_few_frames_to_thousands() {
    let report = testing::report(12);
    for measured in &report.benchmarks {
        timeline(measured, &colours()).unwrap().assert_tidy();
    }
    for measured in &testing::hostile().benchmarks {
        if let Ok(chart) = timeline(measured, &colours()) {
            chart.assert_tidy();
        }
    }
}

#[test]
fn stays_small_with_many_frames() {
    let report = testing::report(12);
    let longest = report.benchmarks.iter().max_by_key(|measured| measured.runs[0].frames.len()).unwrap();
    assert!(longest.runs[0].frames.len() > 3000);
    let svg = timeline(longest, &colours()).unwrap().to_svg().unwrap();
    assert!(svg.len() < 60_000, "{}", svg.len());
}

#[test]
fn a_run_without_frames_or_phases_is_drawn() {
    let mut measured = testing::report(1).benchmarks.remove(0);
    for run in &mut measured.runs {
        run.frames = SerdeFrames::default();
    }
    timeline(&measured, &colours()).unwrap().assert_tidy();
    for run in &mut measured.runs {
        run.phases.clear();
    }
    timeline(&measured, &colours()).unwrap().assert_tidy();
    for run in &mut measured.runs {
        (run.start_time, run.end_time) = (None, None);
    }
    assert!(matches!(timeline(&measured, &colours()), Err(ChartError::Empty(_))));
    measured.runs.clear();
    assert!(matches!(timeline(&measured, &colours()), Err(ChartError::Empty(_))));
}

#[test]
fn an_instant_run_and_unreadable_counters_are_drawn() {
    let mut measured = testing::report(1).benchmarks.remove(0);
    measured.runs.truncate(1);
    let run = &mut measured.runs[0];
    run.end_time = run.start_time;
    run.collector.disk_readable = false;
    run.frames.iter_mut().for_each(|frame| frame.cpu_usage = f32::NAN);
    let chart = timeline(&measured, &colours()).unwrap();
    chart.assert_tidy();
    assert!(chart.text_boxes().iter().any(|text| text.4.contains("not readable")));
}

#[test]
fn a_phase_without_end_reaches_the_end_of_the_run() {
    let mut run = testing::report(1).benchmarks.remove(0).runs.remove(0);
    run.phases.truncate(1);
    run.phases[0].end_time = None;
    let chart = timeline_of_run(&run, "a panic", &colours()).unwrap();
    chart.assert_tidy();
    assert!(chart.text_boxes().iter().any(|text| text.4.contains("never ended")));
}

#[test]
fn packages_are_named_when_there_are_several() {
    let report = testing::report(12);
    let several = report
        .benchmarks
        .iter()
        .find(|measured| measured.runs[0].phases.iter().any(|phase| phase.package.as_deref() == Some("std")));
    let chart = timeline(several.unwrap(), &colours()).unwrap();
    assert!(chart.text_boxes().iter().any(|text| text.4 == "std"));
}
