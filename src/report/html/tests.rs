use std::time::Duration;

use super::*;
use crate::model::{Completion, Measuring, SerdeInstant};
use crate::testing;
use crate::testing::page::{assert_links, assert_self_contained, keep};

/// The page, kept where the variable `FORC_PERF_PICTURES` says, if it does.
fn page(name: &str, report: &Report) -> String {
    let page = index(report);
    keep(&format!("{name}.html"), &page);
    page
}

#[test]
fn says_everything_about_a_good_report() {
    let report = testing::report(12);
    let page = page("page", &report);
    for measured in &report.benchmarks {
        assert!(page.contains(&measured.id), "{}", measured.id);
        assert!(page.contains(measured.description.as_deref().unwrap()));
    }
    for text in [crate::phase::OUTSIDE, "whole run", "Heaviest phase", "Of it inside forc", "100 %", "0.72.1"] {
        assert!(page.contains(text), "{text}");
    }
    assert!(
        !page.contains("Nothing was measured") && !page.contains("Interrupted.") && !page.contains("id=\"failures\"")
    );
}

#[test]
fn failures_come_before_figures() {
    let page = page("page-troubled", &testing::troubled());
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}"));
    assert!(at("id=\"failures\"") < at("id=\"skipped\"") && at("id=\"skipped\"") < at("id=\"overview\""));
    assert!(page.contains("Could not find symbol") && page.contains("<summary>The run until then</summary>"));
    assert!(page.contains("it needs the network"));
}

#[test]
fn nothing_measured_looks_like_nothing_else() {
    let page = page("page-nothing", &testing::nothing());
    assert!(page.contains("<h2>Nothing was measured</h2>"));
    assert!(!page.contains("id=\"overview\"") && !page.contains("id=\"suite\""));
    assert!(page.contains("Could not find symbol"));
    let mut empty = testing::nothing();
    empty.benchmarks.clear();
    empty.skipped.clear();
    assert!(index(&empty).contains("Nothing was measured"));
}

#[test]
fn hostile_names_are_only_names() {
    let report = testing::hostile();
    assert_eq!(report.completion, Completion::Interrupted);
    let page = page("page-hostile", &report);
    assert!(page.contains("Interrupted."));
    assert!(!page.contains("<script>alert") && page.contains("&lt;script&gt;alert"));
    assert!(!page.contains(['\u{0}', '\u{1b}', '\u{202E}', '\u{7}']));
    // No attribute of it ends early either.
    assert_eq!(page.matches("<script>").count(), 1);
    // A page that allows no styles but its own loses nothing.
    assert!(!page.contains(" style="));
}

#[test]
fn is_self_contained() {
    assert_self_contained(&index(&testing::report(2)));
}

#[test]
fn links_lead_somewhere_and_ids_are_unique() {
    for report in [testing::report(12), testing::troubled(), testing::hostile(), testing::nothing()] {
        assert_links(&index(&report));
    }
}

#[test]
fn sixty_benchmarks_stay_a_page() {
    let page = page("page-sixty", &testing::report(60));
    assert!(page.len() < 6_000_000, "{}", page.len());
}

/// A value that a file could contain.
fn extreme(random: &mut fastrand::Rng) -> f64 {
    let values =
        [0.0, -0.0, 1.0, -1.0, 0.5, 1e-300, 1e300, f64::MAX, f64::MIN, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    *random.choice(&values).unwrap()
}

#[test]
fn no_figure_makes_it_panic() {
    let mut random = fastrand::Rng::with_seed(11);
    for _ in 0..12 {
        let mut report = testing::report(3);
        let longest = [Duration::ZERO, Duration::from_nanos(1), Duration::from_secs(1 << 40), Duration::MAX];
        let instant = |random: &mut fastrand::Rng| {
            random.bool().then(|| SerdeInstant::from_epoch(*random.choice(&longest).unwrap()))
        };
        for measured in &mut report.benchmarks {
            let rows = measured.phases.iter_mut().chain(&mut measured.packages);
            for row in rows {
                row.share = extreme(&mut random);
                row.depth = random.u32(..);
                row.wall.median = extreme(&mut random);
                row.wall.low = extreme(&mut random);
                row.wall.high = extreme(&mut random);
            }
            for metric in &mut measured.metrics {
                metric.estimate.median = extreme(&mut random);
                metric.estimate.high = extreme(&mut random);
                metric.estimate.spread = Some(extreme(&mut random));
            }
            measured.runs.truncate(3);
            for run in &mut measured.runs {
                (run.start_time, run.end_time) = (instant(&mut random), instant(&mut random));
                run.accounting.as_mut().unwrap().user_time = Duration::MAX;
                run.collector.frames_due = u64::MAX;
                for phase in &mut run.phases {
                    (phase.start_time, phase.end_time) = (instant(&mut random), instant(&mut random));
                    phase.depth = random.u32(..);
                }
                for frame in run.frames.iter_mut() {
                    frame.cpu_usage = extreme(&mut random) as f32;
                    frame.memory_usage = random.u64(..);
                    frame.disk_total_read_bytes = u64::MAX;
                }
            }
        }
        report.measuring = Measuring { wall: Duration::MAX, in_forc: Duration::MAX, collector_cpu: Duration::MAX };
        let page = index(&report);
        let nan = page.find("NaN").map(|at| &page[at.saturating_sub(200)..at + 50]);
        assert!(page.len() < 1_000_000 && nan.is_none(), "{} {nan:?}", page.len());
    }
}
