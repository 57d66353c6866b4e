//! What people read, word for word: of made-up reports, so that it is the same on every machine.
//!
//! After a change that is meant: `INSTA_UPDATE=always cargo test --test hostile snapshots`, and read what `git diff` shows.

use forc_perf::figures;
use forc_perf::model::{Failure, FailureKind};
use forc_perf::report::{comparison, markdown, shares, terminal};
use forc_perf::trends::Trends;
use forc_perf::words::events;
use insta::assert_snapshot;

use crate::support::Bed;
use crate::{compared, demo, nights};

/// As wide as many terminals are.
const WIDTH: Option<usize> = Some(100);

#[test]
fn a_report() {
    let [mut report, _] = nights();
    // All kinds of rows: measured, failed, not measured.
    let failed = &mut report.benchmarks[1];
    failed.runs.clear();
    failed.failures.push(Failure {
        kind: FailureKind::Panic,
        message: "the compiler panicked: no register is left to spill".to_owned(),
        exit: None,
        phase: Some(demo::ASM.to_owned()),
        output: String::new(),
        run: None,
    });
    figures::complete(failed);
    report.benchmarks.truncate(4);
    assert_snapshot!("report_terminal", terminal::render(&report, None, WIDTH));
    assert_snapshot!("report_markdown", markdown::report(&report));
    assert_snapshot!("report_shares", shares::table(&report));
}

#[test]
fn a_diff_of_two_reports() {
    let compared = compared();
    assert_snapshot!("diff_terminal", comparison::terminal(&compared, false, WIDTH));
    assert_snapshot!("diff_markdown", comparison::markdown(&compared));
}

#[test]
fn a_comparison_in_pairs() {
    let mut compared = compared();
    // As `compare` makes it: one after the other in turns, in one session.
    compared.settings.interleaved = true;
    assert_snapshot!("comparison_terminal", comparison::terminal(&compared, true, WIDTH));
    assert_snapshot!("comparison_markdown", comparison::markdown(&compared));
}

#[test]
fn the_events_of_a_history() {
    let bed = Bed::new();
    let mut history = demo::history(&bed.path("history.sqlite"), demo::BETTER - 12..demo::BETTER + 8, |_, _| ());
    let mut trends = Trends::of(&history).unwrap();
    trends.announce(&mut history).unwrap();
    let mut text = events::night(&trends);
    for line in events::news(&trends) {
        text += &format!("\n{line}");
    }
    for event in &trends.events {
        text += &format!("\n{}\n  {}\n  {}", events::summary(event), events::benchmarks(event), events::what(event));
        text += &format!("\n  {}", events::contributors(event).unwrap_or_default());
        text += &format!("\n  {}", events::commits(&trends.axis, event));
    }
    assert_snapshot!("events", text);
}
