//! What holds of every input: of parsers, of statistics, of the journal and of the history.

use std::time::Duration;

use forc_perf::collector::marker::{self, LineKind, Marker};
use forc_perf::forc::ToolchainSpec;
use forc_perf::history::{Provenance, SeriesFilter};
use forc_perf::model::{Failure, FailureKind, Metric, Schedule};
use forc_perf::session::journal::{Entry, Journal, Plan};
use forc_perf::stats;
use forc_perf::suite::Scenario;
use proptest::prelude::*;

use crate::demo;
use crate::support::Bed;

/// Values as they are measured: positive, over many orders of magnitude, some of them equal.
fn sample(most: usize) -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![1e-3..1e12f64, (1u32..20).prop_map(f64::from)];
    prop::collection::vec(value, 1..most)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    // Parsers.

    #[test]
    fn a_duration_is_read_as_it_was_printed(seconds in 0..100_000_000u64, nanoseconds in 0..1_000_000_000u32) {
        let duration = Duration::new(seconds, nanoseconds);
        prop_assert_eq!(marker::parse_debug_duration(&format!("{duration:?}")), Some(duration));
    }

    #[test]
    fn a_marker_has_its_package_and_phase(package in "[a-z][a-z0-9_-]{0,20}", phase in "[a-zA-Z()]+( [a-zA-Z()]+){0,6}", end in "\r?") {
        for (word, is_start) in [("start", true), ("stop", false)] {
            let line = format!("/dyno {word} {package} {phase}{end}");
            prop_assert_eq!(marker::classify(line.as_bytes()), LineKind::Phase);
            let label = match marker::parse(line.as_bytes()) {
                Some(Marker::Start(label)) if is_start => label,
                Some(Marker::Stop(label)) if !is_start => label,
                other => panic!("{other:?}"),
            };
            prop_assert_eq!(label.split(Some("other")), (Some(package.as_str()), phase.as_str()));
        }
    }

    #[test]
    fn what_is_no_marker_is_none(line in "[^/].{0,80}") {
        prop_assert_eq!(marker::classify(line.as_bytes()), LineKind::Other);
        prop_assert_eq!(marker::info_json(line.as_bytes()), None);
    }

    #[test]
    fn a_toolchain_is_named_as_it_is_printed(text in prop_oneof![
        "\\+[a-z0-9.-]{1,12}", "rev:[a-z0-9/.]{1,12}", "/[a-z/]{1,12}", "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}"]) {
        for with_revisions in [false, true] {
            if let Ok(spec) = ToolchainSpec::parse(&text, with_revisions) {
                prop_assert_eq!(ToolchainSpec::parse(&spec.to_string(), with_revisions), Ok(spec));
            }
        }
    }

    #[test]
    fn a_scenario_is_named_as_it_is_printed(profile in "debug|release", flags in prop::collection::vec("--tests|--experimental-[a-z]{1,8}", 0..3)) {
        let text = std::iter::once(profile).chain(flags).collect::<Vec<_>>().join("  ");
        if let Ok(scenario) = text.parse::<Scenario>() {
            prop_assert_eq!(scenario.to_string().parse::<Scenario>(), Ok(scenario));
        }
    }

    // Statistics.

    #[test]
    fn an_estimate_lies_in_its_interval_and_does_not_depend_on_the_order(values in sample(60), seed in any::<u64>()) {
        let estimate = stats::estimate(&values).unwrap();
        prop_assert!(estimate.min <= estimate.low && estimate.low <= estimate.median);
        prop_assert!(estimate.median <= estimate.high && estimate.high <= estimate.max);
        prop_assert!(0.0 < estimate.confidence || values.len() == 1);
        prop_assert!(estimate.confidence <= 1.0 && (values.len() < 6 || estimate.confidence >= stats::CONFIDENCE));
        let mut shuffled = values.clone();
        fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
        prop_assert_eq!(stats::estimate(&shuffled), Some(estimate));
        prop_assert_eq!(stats::median(&values), stats::estimate(&values).map(|estimate| estimate.median));
    }

    #[test]
    fn an_estimate_is_scaled_with_its_values(values in sample(40), exponent in -20..20i32) {
        // By a power of two, so that nothing is rounded.
        let factor = 2f64.powi(exponent);
        let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
        let (of, scaled) = (stats::estimate(&values).unwrap(), stats::estimate(&scaled).unwrap());
        prop_assert_eq!((of.median * factor, of.low * factor, of.high * factor), (scaled.median, scaled.low, scaled.high));
        prop_assert_eq!(of.spread.is_some(), scaled.spread.is_some());
        prop_assert!(close(of.spread.unwrap_or(0.0), scaled.spread.unwrap_or(0.0)));
    }

    #[test]
    fn what_is_no_number_is_no_sample(values in sample(10), at in any::<prop::sample::Index>(), bad in prop::sample::select(vec![f64::NAN, f64::INFINITY])) {
        let mut values = values;
        let at = at.index(values.len());
        values[at] = bad;
        prop_assert_eq!(stats::estimate(&values), None);
        prop_assert_eq!(stats::median(&values), None);
    }

    /// Holm never rejects more than testing each alone would, and the step-up procedure never less than Holm at one level.
    #[test]
    fn corrections_for_many_tests_stand_in_their_order(p_values in prop::collection::vec(0.0..1.0f64, 0..40), level in 0.001..0.2f64) {
        let (holm, step_up) = (stats::holm(&p_values, level), stats::step_up(&p_values, level));
        let alone = p_values.iter().filter(|p_value| **p_value <= level).count();
        prop_assert!(holm.rejected <= step_up.rejected && step_up.rejected <= alone, "{holm:?} {step_up:?} {alone}");
        prop_assert_eq!((holm.tests, step_up.tests), (p_values.len(), p_values.len()));
        prop_assert!(holm.level <= level && step_up.level <= level * (1.0 + 1e-12));
        // Stricter never finds more.
        prop_assert!(stats::holm(&p_values, level / 2.0).rejected <= holm.rejected);
        prop_assert!(stats::step_up(&p_values, level / 2.0).rejected <= step_up.rejected);
    }
}

pub(crate) fn plan(bed: &Bed) -> Plan {
    Plan {
        suite: bed.path("suite"),
        sides: vec![("old".to_owned(), "00".to_owned(), None), ("new".to_owned(), "11".to_owned(), None)],
        schedule: Schedule::Turns,
        seed: 7,
        looks: Vec::new(),
        budget: None,
        fingerprints: [("a/a/debug".to_owned(), "22".to_owned())].into(),
    }
}

fn entry() -> impl Strategy<Value = Entry> {
    let time = || (0..100_000u64, 0..1_000_000_000u32).prop_map(|(seconds, rest)| Duration::new(seconds, rest));
    let failure = |(message, output): (String, String)| Failure {
        kind: FailureKind::Panic,
        message,
        exit: None,
        phase: None,
        output,
        run: None,
    };
    prop_oneof![
        ("\\PC{0,20}", 0..2usize, (".{0,40}", "(?s).{0,80}").prop_map(failure))
            .prop_map(|(benchmark, side, failure)| { Entry::Failure { benchmark, side, failure: Box::new(failure) } }),
        (prop::option::of(0..1000usize), time()).prop_map(|(rounds, elapsed)| Entry::Ended { rounds, elapsed }),
        ("\\PC{0,20}", time()).prop_map(|(benchmark, elapsed)| {
            let run = demo::report(0, 0, demo::Machine::First).benchmarks[0].runs[0].clone();
            Entry::Block { benchmark, runs: vec![run.clone(), run], elapsed }
        }),
    ]
}

proptest! {
    // Files are written and synced to the disk.
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// A power cut at any byte loses the line that was being written, and nothing before it.
    #[test]
    fn a_journal_that_is_cut_anywhere_keeps_its_whole_lines(entries in prop::collection::vec(entry(), 0..5), cut in any::<prop::sample::Index>()) {
        let bed = Bed::new();
        let (path, plan) = (bed.path("journal"), plan(&bed));
        let (mut journal, _) = Journal::create(&path, &plan).unwrap();
        for entry in &entries {
            journal.append(entry).unwrap();
        }
        drop(journal);
        let (_, read_plan, read) = Journal::resume(&path, &plan).unwrap();
        prop_assert_eq!((&read_plan, &read), (&plan, &entries));

        let whole = std::fs::read(&path).unwrap();
        let header = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        let at = header + cut.index(whole.len() - header + 1);
        std::fs::write(&path, &whole[..at]).unwrap();
        let lines = whole[header..at].iter().filter(|byte| **byte == b'\n').count();
        let (_, _, read) = Journal::resume(&path, &plan).unwrap();
        prop_assert_eq!(&read, &entries[..lines]);
    }

    /// Samples are packed in the history: what comes back is what went in, to the last bit.
    #[test]
    fn a_history_gives_back_every_sample(nanoseconds in prop::collection::vec(1..u64::from(u32::MAX), 1..12)) {
        let bed = Bed::new();
        let mut report = demo::report(0, 0, demo::Machine::First);
        report.benchmarks.truncate(1);
        let measured = &mut report.benchmarks[0];
        let run = measured.runs[0].clone();
        measured.runs = nanoseconds
            .iter()
            .map(|nanoseconds| {
                let mut run = run.clone();
                let start = run.start_time.unwrap();
                run.end_time = Some(start.saturating_add(Duration::from_nanos(*nanoseconds)));
                run
            })
            .collect();
        forc_perf::figures::complete(measured);
        let path = bed.path("history.sqlite");
        let mut history = forc_perf::history::History::open(&path).unwrap();
        history.record(&report, &Provenance::of(&report)).unwrap();
        let series = history.series(&SeriesFilter::default()).unwrap();
        let is_wall = |series: &&forc_perf::history::Series| series.key.metric == Metric::Wall && series.key.phase.is_none();
        let wall = series.iter().find(is_wall).unwrap();
        let (point, samples) = history.points_with_samples(wall.id).unwrap().remove(0);
        let expected: Vec<f64> = nanoseconds.iter().map(|nanoseconds| *nanoseconds as f64).collect();
        prop_assert_eq!(point.count, expected.len());
        prop_assert_eq!(samples, expected);
    }
}
