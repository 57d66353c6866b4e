//! What a history says has happened.

use jiff::Timestamp;

use super::*;
use crate::figures;
use crate::history::testing::{commit, empty, of_commit, on, report, run, run_in_phases, with_failure};
use crate::history::{Control, MachineClass, NoteKind, Provenance};
use crate::model::{ControlOutcome, Metric, Report};
use crate::stats::Persistence;
use crate::testing::build;
use crate::words::events::{commits, contributors, news, summary};

/// Noise of about one per cent, the same every time.
fn noise(seed: u64) -> f64 {
    let mut random = fastrand::Rng::with_seed(seed);
    (0.01 * ((0..6).map(|_| random.f64()).sum::<f64>() - 3.0) * 1.4).exp()
}

fn day(night: u64) -> String {
    Timestamp::from_second(1_767_225_600 + 86_400 * night as i64).unwrap().to_string()
}

fn id(night: u64) -> String {
    format!("{night:040x}")
}

/// A night's report with these wall times in milliseconds, five runs of each benchmark.
fn night(number: u64, walls: &[(&str, f64)]) -> Report {
    let mut night = report(1, &[]);
    night.created = day(number);
    let benchmark = |(index, (id, wall)): (usize, &(&str, f64))| {
        let runs = (0..5).map(|it| run((1000.0 * wall * noise(1_000_000 * index as u64 + 100 * number + it)) as u64));
        build::benchmark(id, runs.collect())
    };
    night.benchmarks = walls.iter().enumerate().map(benchmark).collect();
    night
}

fn of(number: u64) -> Provenance {
    of_commit(commit(&id(number), Some(&day(number))))
}

/// A history of these nights, of three benchmarks of which two got slower by a fifth at `step`.
fn history(nights: impl Iterator<Item = u64>, step: u64) -> (tempfile::TempDir, History) {
    let (folder, mut history) = empty();
    for number in nights {
        record(&mut history, number, step);
    }
    (folder, history)
}

fn record(history: &mut History, number: u64, step: u64) {
    let slow = if number >= step { 1.2 } else { 1.0 };
    let walls = [("apps/amm/debug", 100.0 * slow), ("apps/dex/debug", 250.0 * slow), ("apps/fee/debug", 50.0)];
    history.record(&night(number, &walls), &of(number)).unwrap();
}

#[test]
fn a_step_of_several_benchmarks_is_one_event_with_its_phase() {
    let (_folder, history) = history(0..40, 20);
    let trends = Trends::of(&history).unwrap();
    assert_eq!((trends.axis.commits.len(), trends.benchmarks().len()), (40, 3));
    let [event] = &trends.events[..] else { panic!("{:#?}", trends.events) };
    assert_eq!((event.position, event.key.as_str(), event.worse), (20, id(20).as_str(), true));
    assert_eq!((event.headline.metric, event.headline.benchmarks.len()), (Metric::Wall, 2));
    let headline = &event.headline;
    assert!(headline.low < 1.2 && 1.2 < headline.high && headline.high / headline.low < 1.05, "{headline:?}");
    // A run of the stand-in is in its phase for seven tenths.
    let (phase, share) = event.contributors.as_ref().unwrap().main().unwrap();
    assert!(phase == "compile to ast" && (share - 0.7).abs() < 0.03, "{share}");
    assert_eq!(event.persistence(), Some(Persistence::Lasting));
    let words = summary(event);
    assert!(words.starts_with("apps/") && words.contains("wall +") && words.contains("compile to ast"), "{words}");
}

#[test]
fn nothing_happened_where_nothing_changed() {
    let (_folder, history) = history(0..60, 1000);
    let trends = Trends::of(&history).unwrap();
    assert!(trends.events.is_empty(), "{:#?}", trends.events);
}

#[test]
fn what_is_new_is_new_until_the_next_night() {
    let (_folder, mut history) = history(0..30, 15);
    let mut trends = Trends::of(&history).unwrap();
    let standings = |trends: &Trends| -> Vec<(usize, Standing)> {
        trends.events.iter().map(|event| (event.position, event.standing)).collect()
    };
    assert_eq!(standings(&trends), [(15, Standing::Open)], "no event was reported yet");
    trends.announce(&mut history).unwrap();
    assert_eq!(standings(&trends), [(15, Standing::Open)], "the first time there is nothing to compare with");
    for number in 30..40 {
        let walls = [("apps/amm/debug", 120.0), ("apps/dex/debug", 300.0), ("apps/fee/debug", 100.0)];
        history.record(&night(number, &walls), &of(number)).unwrap();
    }
    let mut trends = Trends::of(&history).unwrap();
    trends.announce(&mut history).unwrap();
    let sorted = |trends: &Trends| {
        let mut standings = standings(trends);
        standings.sort();
        standings
    };
    assert_eq!(sorted(&trends), [(15, Standing::Open), (30, Standing::New)]);
    assert_eq!(sorted(&Trends::of(&history).unwrap()), sorted(&trends), "the page says what the message said");
    assert!(trends.events.iter().any(|event| event.alerts()));
    let lines = news(&trends);
    assert!(lines.len() <= 5 && lines.iter().any(|line| line.contains("apps/fee/debug: wall ×2")), "{lines:?}");
    trends.announce(&mut history).unwrap();
    assert_eq!(sorted(&trends), [(15, Standing::Open), (30, Standing::Open)]);
}

#[test]
fn notes_take_precedence_over_what_was_reported() {
    let (_folder, mut history) = history(0..30, 15);
    let standing = |history: &History| Trends::of(history).unwrap().events[0].standing;
    let note = history.add_note(&id(15), NoteKind::Acknowledged, "seen").unwrap();
    assert_eq!(standing(&history), Standing::Acknowledged);
    history.add_note(&id(15), NoteKind::Expected, "#4711").unwrap();
    assert_eq!(standing(&history), Standing::Expected);
    assert_eq!(Trends::of(&history).unwrap().events[0].notes.len(), 2);
    history.remove_note(note.id).unwrap();
    history.add_note(&id(3), NoteKind::Acknowledged, "of another commit").unwrap();
    assert_eq!(Trends::of(&history).unwrap().events[0].notes.len(), 1);
}

#[test]
fn commits_that_were_not_measured_may_be_the_one() {
    let (folder, mut history) = history((0..60).step_by(3), 30);
    // Of the commits between, one benchmark that did not change was measured.
    for number in (0..60).filter(|number| number % 3 != 0) {
        history.record(&night(number, &[("apps/fee/debug", 50.0)]), &of(number)).unwrap();
    }
    let trends = Trends::of(&history).unwrap();
    let [event] = &trends.events[..] else { panic!("{:#?}", trends.events) };
    assert_eq!((event.earliest, event.position, event.latest), (28, 30, 30));
    let short = |number| id(number)[..10].to_owned();
    let expected = format!("{} (or one before it, after {})", short(30), short(27));
    assert_eq!(commits(&trends.axis, event), expected);
    drop(folder);
}

#[test]
fn another_machine_is_no_change_of_the_compiler() {
    let (_folder, mut history) = history(0..20, 1000);
    for number in 20..40 {
        let slower = night(number, &[("apps/amm/debug", 300.0), ("apps/dex/debug", 700.0), ("apps/fee/debug", 150.0)]);
        history.record(&on(slower, "Xeon"), &of(number)).unwrap();
    }
    let trends = Trends::of(&history).unwrap();
    assert!(trends.events.is_empty(), "{:#?}", trends.events);
    let totals = totals(&trends, Metric::Wall);
    assert_eq!(totals.len(), 2, "a course for each machine");
    for (_, totals) in totals {
        assert!(totals.iter().all(|total| (total.index - 1.0).abs() < 0.05), "{totals:?}");
    }
}

#[test]
fn a_benchmark_that_comes_or_goes_moves_no_total() {
    let (_folder, mut history) = empty();
    for number in 0..12 {
        let mut walls = vec![("apps/amm/debug", 100.0)];
        if number >= 6 {
            walls.push(("apps/dex/debug", 5000.0));
        }
        history.record(&night(number, &walls), &of(number)).unwrap();
    }
    let trends = Trends::of(&history).unwrap();
    let [(_, totals)] = &totals(&trends, Metric::Wall)[..] else { panic!() };
    assert_eq!((totals[5].benchmarks, totals[6].benchmarks, totals[7].benchmarks), (1, 1, 2));
    assert!(totals.iter().all(|total| (total.index - 1.0).abs() < 0.05), "{totals:?}");
}

#[test]
fn sizes_change_wherever_they_differ() {
    let (_folder, mut history) = empty();
    for number in 0..4 {
        let mut night = night(number, &[("apps/amm/debug", 100.0)]);
        for run in &mut night.benchmarks[0].runs {
            run.packages[0].bytecode_size = Some(if number == 2 { 1100 } else { 1000 });
        }
        figures::complete(&mut night.benchmarks[0]);
        history.record(&night, &of(number)).unwrap();
    }
    let trends = Trends::of(&history).unwrap();
    let found: Vec<(usize, bool, Standing)> =
        trends.events.iter().map(|event| (event.position, event.worse, event.standing)).collect();
    assert_eq!(found, [(2, true, Standing::Reverted), (3, false, Standing::Open)]);
    assert_eq!(summary(&trends.events[0]), "apps/amm/debug: bytecode size +10.0 %");
}

#[test]
fn several_reports_of_one_commit_are_one_point() {
    let (_folder, mut history) = empty();
    for again in 0..3 {
        let mut night = night(1, &[("apps/amm/debug", 100.0 + 10.0 * again as f64)]);
        night.created = day(10 + again);
        history.record(&night, &of(1)).unwrap();
    }
    let trends = Trends::of(&history).unwrap();
    let wall = trends.series.iter().find(|trend| trend.decides() && trend.series.key.metric == Metric::Wall).unwrap();
    let [point] = &wall.points[..] else { panic!("{:?}", wall.points) };
    assert!((point.median / 110e6 - 1.0).abs() < 0.02 && point.count == 15, "{point:?}");
    assert!(point.low < 103e6 && point.high > 117e6, "{point:?}");
}

#[test]
fn failed_and_missing_benchmarks_are_reported() {
    let (_folder, mut history) = empty();
    let walls = [("apps/amm/debug", 100.0), ("apps/dex/debug", 250.0), ("apps/fee/debug", 50.0)];
    history.record(&night(0, &walls), &of(0)).unwrap();
    let mut second = with_failure(night(1, &walls[..2]));
    second.benchmarks[0].runs.clear();
    figures::complete(&mut second.benchmarks[0]);
    history.record(&second, &of(1)).unwrap();
    let trends = Trends::of(&history).unwrap();
    let night = trends.health.last.as_ref().unwrap();
    assert_eq!((night.benchmarks, night.failed.len(), night.position), (1, 1, 1));
    assert_eq!(
        (&night.newly_failed[..], &night.missing[..]),
        (&["apps/amm/debug".to_owned()][..], &["apps/fee/debug".to_owned()][..])
    );
    let lines = news(&trends);
    assert!(lines[0].contains("1 failed (1 panic), 1 of them for the first time, 1 is missing"), "{lines:?}");
}

#[test]
fn nothing_measured_is_not_nothing_new() {
    let (_folder, mut history) = empty();
    assert_eq!(news(&Trends::of(&history).unwrap())[0], "nothing was ever measured");
    let mut failed = with_failure(night(0, &[("apps/amm/debug", 100.0)]));
    failed.benchmarks[0].runs.clear();
    figures::complete(&mut failed.benchmarks[0]);
    history.record(&failed, &of(0)).unwrap();
    let lines = news(&Trends::of(&history).unwrap());
    assert!(lines[0].starts_with("NOTHING WAS MEASURED"), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("nothing new")), "{lines:?}");
}

#[test]
fn false_alarms_of_the_last_thirty_days_on_this_machine_are_counted() {
    let (_folder, mut history) = history(1..=40, 100);
    assert!(!news(&Trends::of(&history).unwrap())[0].contains("false"), "there was no control");
    let here = MachineClass::of(&report(1, &[1]).environment);
    let elsewhere = MachineClass { processors: 512, ..here.clone() };
    let control = |night, machine: &MachineClass, figures, false_alarms| Control {
        created: day(night),
        machine: machine.clone(),
        harness: "0.1.0".to_owned(),
        outcome: ControlOutcome { figures, false_alarms, blocks: 10 },
    };
    // Of more than thirty days ago, of another machine, and two that count.
    let controls = [control(9, &here, 100, 50), control(39, &elsewhere, 100, 50)];
    history.record_controls(&controls).unwrap();
    assert_eq!(Trends::of(&history).unwrap().health.controls, None);
    history.record_controls(&[control(20, &here, 18, 1), control(40, &here, 22, 2)]).unwrap();
    let line = &news(&Trends::of(&history).unwrap())[0];
    assert!(line.ends_with("; 3 false alarms among 40 control figures in 30 days"), "{line}");
}

#[test]
fn a_change_under_one_binary_is_reported_and_no_alert() {
    let trends = |sha256: fn(u64) -> String| {
        let (_folder, mut history) = empty();
        for number in 1..=30 {
            if number == 29 {
                Trends::of(&history).unwrap().announce(&mut history).unwrap();
            }
            let walls = [("apps/amm/debug", if number < 29 { 100.0 } else { 150.0 })];
            let mut night = night(number, &walls);
            night.toolchain.sha256 = sha256(number);
            history.record(&night, &of(number)).unwrap();
        }
        Trends::of(&history).unwrap()
    };
    let same = trends(|_| "5a".to_owned());
    let event = &same.events[0];
    assert!(event.worse && event.standing == Standing::New && event.same_binary && !event.alerts());
    assert!(summary(event).ends_with("the same binary before and after: the machine's"), "{}", summary(event));
    for sha256 in [|night: u64| format!("{night:02x}"), |_: u64| String::new()] {
        let trends = trends(sha256);
        assert!(!trends.events[0].same_binary && trends.events[0].alerts(), "another one, or one that is not known");
    }
}

#[test]
fn an_edited_program_is_no_event() {
    let (_folder, mut history) = empty();
    for number in 1..=40 {
        let edited = number > 20;
        let mut night = night(number, &[("apps/amm/debug", if edited { 2_900.0 } else { 100.0 })]);
        night.benchmarks[0].program = Some(if edited { "new" } else { "old" }.to_owned());
        history.record(&night, &of(number)).unwrap();
    }
    let trends = Trends::of(&history).unwrap();
    assert!(trends.events.is_empty(), "{:?}", trends.events);
    let walls: Vec<usize> =
        trends.series.iter().filter(|trend| trend.is_run(Metric::Wall)).map(|trend| trend.points.len()).collect();
    assert_eq!(walls, [20, 20], "each program has its own");
}

/// The night at which the release that splits a phase comes.
const SPLIT: u64 = 20;

/// The phase that it splits, with what it is called after that.
const WHOLE: &str = "compile ast to asm";
const SUM: &str = "compile ast to asm (compile ast to ir + compile ir to asm)";

/// The trends of forty nights of two benchmarks. Half of a run is spent in a phase that is two phases from [`SPLIT`] on;
/// `times` are its factors: that of the first six tenths of it and that of the rest, by night.
fn with_a_split(times: impl Fn(u64) -> (f64, f64)) -> (tempfile::TempDir, History) {
    let (folder, mut history) = empty();
    for number in 0..40 {
        let mut night = night(number, &[("apps/amm/debug", 1.0), ("apps/dex/debug", 1.0)]);
        for (index, measured) in night.benchmarks.iter_mut().enumerate() {
            let run = |it: u64| {
                let (first, second) = times(number);
                let seed = 1_000_000 * index as u64 + 1000 * number + it;
                let time = |share: f64, salt: u64| (100_000.0 * share * noise(10 * seed + salt)) as u64;
                let (ast, ir, asm) = (time(0.3, 0), time(0.3 * first, 1), time(0.2 * second, 2));
                let (wall, back) =
                    (ast + ir + asm + time(0.2, 3), [("compile ast to ir", ir), ("compile ir to asm", asm)]);
                if number < SPLIT {
                    run_in_phases(wall, &[("compile to ast", ast), (WHOLE, ir + asm)])
                } else {
                    run_in_phases(wall, &[("compile to ast", ast), back[0], back[1]])
                }
            };
            measured.runs = (0..5).map(run).collect();
            figures::complete(measured);
        }
        history.record(&night, &of(number)).unwrap();
    }
    (folder, history)
}

fn of_phase<'a>(trends: &'a Trends, phase: &str) -> Vec<&'a Trend> {
    trends
        .series
        .iter()
        .filter(|trend| trend.is_phase_time() && trend.series.key.phase.as_deref() == Some(phase))
        .collect()
}

#[test]
fn a_release_that_splits_a_phase_is_no_event_and_ends_no_series() {
    let (_folder, history) = with_a_split(|_| (1.0, 1.0));
    let trends = Trends::of(&history).unwrap();
    assert!(trends.events.is_empty(), "{:#?}", trends.events);
    for whole in of_phase(&trends, WHOLE) {
        assert_eq!((whole.points.len(), whole.phase_label().as_deref()), (40, Some(SUM)));
        assert!(whole.points.iter().all(|point| (point.median / 50e6 - 1.0).abs() < 0.03 && point.count == 5));
        let summed: Vec<usize> = whole.points.iter().filter(|point| point.summed).map(|point| point.position).collect();
        assert_eq!(summed, (20..40).collect::<Vec<usize>>(), "these have layers of their own in a stack");
    }
    for part in ["compile ast to ir", "compile ir to asm"] {
        let of_part = of_phase(&trends, part);
        assert_eq!(of_part.len(), 2);
        assert!(of_part.iter().all(|trend| trend.points.len() == 20 && trend.points[0].position == 20));
    }
    assert_eq!(of_phase(&trends, WHOLE).len(), 2);
    // The history has the samples of each phase as they were measured.
    assert_eq!(history.count_points(of_phase(&trends, WHOLE)[0].series.id).unwrap(), 20);
}

#[test]
fn what_changes_after_a_split_is_found_in_the_sum_of_the_parts_and_dated() {
    let (_folder, history) = with_a_split(|night| if night < 24 { (1.0, 1.0) } else { (1.2, 1.2) });
    let trends = Trends::of(&history).unwrap();
    let [event] = &trends.events[..] else { panic!("{:#?}", trends.events) };
    assert_eq!((event.position, event.earliest, event.latest, event.worse), (24, 24, 24, true));
    assert_eq!(commits(&trends.axis, event), id(24)[..10]);
    let change = event.changes.iter().find(|change| trends.series[change.series].phase_label().as_deref() == Some(SUM));
    let point = change.unwrap().point;
    assert!((point.ratio - 1.2).abs() < 0.03 && point.low < 1.2 && 1.2 < point.high, "{point:?}");
    let found = event.contributors.as_ref().unwrap();
    assert!(found.phases.len() == 1 && (found.phases[0].1 - 1.0).abs() < 0.1, "counted once: {found:?}");
    assert_eq!(contributors(event).unwrap(), format!("all in {SUM}"));
    assert!(summary(event).starts_with("apps/") && summary(event).ends_with(SUM), "{}", summary(event));
}

#[test]
fn what_changes_with_a_split_is_found() {
    // The release makes one part so much faster that the whole run is.
    let (_folder, history) = with_a_split(|night| if night < SPLIT { (1.0, 1.0) } else { (1.0, 0.5) });
    let trends = Trends::of(&history).unwrap();
    let [event] = &trends.events[..] else { panic!("{:#?}", trends.events) };
    assert_eq!((event.position, event.worse), (20, false));
    assert_eq!(contributors(event).unwrap(), format!("all in {SUM}"), "the parts are not known before");
}

#[test]
fn a_change_of_one_part_alone_is_said_to_be_in_that_part() {
    let (_folder, history) = with_a_split(|night| if night < 30 { (1.0, 1.0) } else { (1.4, 1.0) });
    let trends = Trends::of(&history).unwrap();
    let [event] = &trends.events[..] else { panic!("{:#?}", trends.events) };
    assert_eq!((event.position, contributors(event).unwrap().as_str()), (30, "all in compile ast to ir"));
}

#[test]
fn a_split_phase_whose_run_stays_the_same_is_named_with_its_parts() {
    // What the phase takes more, the rest of the run takes less.
    let (_folder, mut history) = with_a_split(|_| (1.0, 1.0));
    for number in 40..60 {
        let mut night = night(number, &[("apps/amm/debug", 1.0)]);
        let run = |it: u64| {
            let time = |share: f64, salt: u64| (100_000.0 * share * noise(10_000 * number + 10 * it + salt)) as u64;
            let phases = [
                ("compile to ast", time(0.18, 0)),
                ("compile ast to ir", time(0.36, 1)),
                ("compile ir to asm", time(0.26, 2)),
            ];
            run_in_phases(phases.iter().map(|phase| phase.1).sum::<u64>() + time(0.2, 3), &phases)
        };
        night.benchmarks[0].runs = (0..5).map(run).collect();
        figures::complete(&mut night.benchmarks[0]);
        history.record(&night, &of(number)).unwrap();
    }
    let trends = Trends::of(&history).unwrap();
    let whole = trends.events.iter().find(|event| event.headline.phase.as_deref() == Some(WHOLE));
    let whole = whole.unwrap_or_else(|| panic!("{:#?}", trends.events));
    assert_eq!(whole.position, 40);
    assert!(summary(whole).starts_with(&format!("apps/amm/debug: wall of {SUM} +")), "{}", summary(whole));
}
