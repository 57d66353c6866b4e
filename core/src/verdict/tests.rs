use super::series::Series;
use super::*;
use crate::model::{
    Completion, EventCounts, Failure, FailureKind, Figure, Findings, InstructionCount, OutputFile, Report, Side,
    StdChoice,
};
use crate::testing;
use crate::testing::compare::{
    MS, RECORDED_PHASES, equal, failed, figure, found, improved, of_recorded, recorded, regressed, side, undecided,
};

fn rules() -> Rules {
    Rules {
        looks: Looks::new([(24, 1.0)]),
        false_change_rate: FALSE_CHANGE_RATE,
        false_equality_rate: FALSE_EQUALITY_RATE,
        thresholds: thresholds(&BTreeMap::new()),
        interleaved: true,
    }
}

#[test]
fn a_side_against_itself_is_shown_equal() {
    let sides = [side("a", 1.0), side("b", 1.0)];
    let [found] = findings(&sides, &rules()).try_into().unwrap();
    let measured: Vec<_> = found.benchmarks.iter().filter(|benchmark| benchmark.pairs > 0).collect();
    assert!(!measured.is_empty());
    for benchmark in measured {
        assert!(benchmark.figures.iter().all(|figure| figure.verdict == Verdict::Equal && figure.ratio == 1.0));
    }
    assert!(found.totals.iter().all(|total| (total.ratio - 1.0).abs() < 1e-12));
}

#[test]
fn what_takes_longer_has_regressed_by_as_much_and_the_other_way_round() {
    for (paces, verdict) in [([1.0, 1.2], Verdict::Regressed), ([1.2, 1.0], Verdict::Improved)] {
        let sides = paces.map(|pace| side("x", pace));
        let found = &findings(&sides, &rules())[0];
        let truth = paces[1] / paces[0];
        for benchmark in found.benchmarks.iter().filter(|benchmark| benchmark.pairs > 0) {
            assert_eq!(benchmark.verdict, Some(verdict), "{}", benchmark.id);
            let wall = benchmark.figure(Metric::Wall).unwrap();
            assert!((wall.ratio / truth - 1.0).abs() < 1e-6 && wall.low <= truth * 1.000_001, "{wall:?}");
            assert!(benchmark.phases(Metric::Wall).all(|figure| figure.verdict == verdict));
            // CPU time was left as it was.
            assert!(benchmark.figure(Metric::Cpu).is_none_or(|cpu| cpu.verdict == Verdict::Equal));
        }
        assert!((found.totals[0].ratio / truth - 1.0).abs() < 1e-6);
    }
}

#[test]
fn a_control_does_not_change_what_it_controls() {
    let (base, other) = (side("a", 1.0), side("b", 1.05));
    let control = Side { control: true, ..base.clone() };
    let without = findings(&[base.clone(), other.clone()], &rules());
    let with = findings(&[base, other, control], &rules());
    assert_eq!(with[0], without[0]);
    assert_eq!(with[1].count(Verdict::Regressed), 0);
}

/// A side on which every run and phase has these events.
fn with_events(mut side: Side, page_faults: u64, switches: u64) -> Side {
    for run in side.benchmarks.iter_mut().flat_map(|benchmark| &mut benchmark.runs) {
        let counts = EventCounts {
            page_faults: Some(page_faults),
            context_switches: Some(switches),
            cpu_migrations: Some(0),
            ..EventCounts::default()
        };
        run.counters = Some(counts);
        if let Some(accounting) = &mut run.accounting {
            accounting.minor_faults = page_faults;
            (accounting.major_faults, accounting.voluntary_switches, accounting.involuntary_switches) =
                (0, switches, 0);
        }
        for phase in &mut run.phases {
            phase.cost.get_or_insert_default().counters = Some(counts);
        }
    }
    side
}

#[test]
fn counted_events_explain_and_decide_nothing() {
    let (base, other) = (side("a", 1.0), side("b", 1.05));
    let without = findings(&[base.clone(), other.clone()], &rules());
    let with = findings(&[with_events(base, 1000, 0), with_events(other, 1500, 3)], &rules());
    for (plain, found) in without[0].benchmarks.iter().zip(&with[0].benchmarks).filter(|(plain, _)| plain.pairs > 0) {
        let faults = found.figure(Metric::MinorFaults).unwrap();
        assert_eq!(faults.verdict, Verdict::Regressed);
        assert!((faults.ratio / 1.5 - 1.0).abs() < 0.001 && (faults.base, faults.other) == (1000.0, 1500.0));
        assert!(found.phases(Metric::MinorFaults).count() > 0);
        // From none to some is a change, though no ratio of the two is finite; of what never occurred nothing is said.
        assert_eq!(found.figure(Metric::ContextSwitches).unwrap().verdict, Verdict::Regressed);
        assert!(found.figure(Metric::MajorFaults).is_none() && found.figure(Metric::CpuMigrations).is_none());
        // All other figures are as they were, to the last digit.
        let others: Vec<&Figure> = found.figures.iter().filter(|figure| !figure.metric.is_event()).collect();
        assert_eq!(others, plain.figures.iter().collect::<Vec<_>>());
        assert_eq!(found.verdict, plain.verdict);
    }
}

#[test]
fn what_the_control_counts_is_no_noise_of_the_others() {
    let counted = |mut side: Side, totals: [u64; 3]| {
        for benchmark in &mut side.benchmarks {
            benchmark.instructions = totals
                .iter()
                .map(|total| InstructionCount {
                    tool: "callgrind".into(),
                    total: *total,
                    phases: Vec::new(),
                    took: std::time::Duration::from_secs(1),
                })
                .collect();
        }
        side
    };
    let base = counted(side("a", 1.0), [1_000_000, 1_000_100, 999_900]);
    let other = counted(side("b", 1.0), [1_010_000, 1_010_100, 1_009_900]);
    let wild = counted(Side { control: true, ..base.clone() }, [500_000, 1_000_000, 2_000_000]);
    let without = findings(&[base.clone(), other.clone()], &rules());
    let with = findings(&[base, other, wild], &rules());
    assert_eq!(with[0], without[0]);
    let instructions = |benchmark: &BenchmarkFindings| benchmark.figure(Metric::Instructions).map(|it| it.verdict);
    assert!(with[0].benchmarks.iter().filter_map(instructions).all(|verdict| verdict == Verdict::Regressed));
}

#[test]
fn a_benchmark_that_failed_has_no_verdict_and_no_part_in_the_total() {
    let (base, mut other) = (side("a", 1.0), side("b", 1.2));
    let failure = Failure {
        kind: FailureKind::CompileError,
        message: "the build failed".into(),
        exit: None,
        phase: None,
        output: String::new(),
        run: None,
    };
    let measured = other.benchmarks.iter().position(|benchmark| !benchmark.runs.is_empty()).unwrap();
    other.benchmarks[measured].failures.push(failure);
    let all = findings(&[base.clone(), side("b", 1.2)], &rules())[0].totals[0].benchmarks;
    let found = &findings(&[base, other], &rules())[0];
    let benchmark = &found.benchmarks[measured];
    assert_eq!(benchmark.verdict, None);
    assert!(benchmark.failed.as_ref().is_some_and(|failed| failed.base.is_none() && failed.other.is_some()));
    assert_eq!(found.totals[0].benchmarks, all - 1);
}

#[test]
fn a_ratio_of_sizes_is_their_quotient() {
    let of = |base: f64, other: f64| {
        let (metric, phase) = (Metric::BytecodeSize, None);
        let series =
            Series { metric, phase, parts: Vec::new(), base: vec![base; 3], other: vec![other; 3], counted: false };
        judge::alone(&series, &rules()).unwrap()
    };
    for (base, other) in [(64.0, 72.0), (104.0, 96.0), (72.0, 64.0)] {
        let figure = of(base, other);
        assert_eq!((figure.ratio, figure.low, figure.high), (other / base, other / base, other / base));
    }
    // From nothing to something is finite, and a regression.
    let from_nothing = of(0.0, 8.0);
    assert_eq!((from_nothing.ratio, from_nothing.verdict), (9.0, Verdict::Regressed));
    assert_eq!(of(0.0, 0.0).verdict, Verdict::Equal);
}

#[test]
fn outputs_differ_by_content_and_by_name() {
    let file = |path: &str, hash: &str| OutputFile { path: path.into(), size: 1, sha256: hash.into() };
    let with = |outputs: Vec<OutputFile>| Measured { outputs, ..testing::report(1).benchmarks.remove(0) };
    let (a, b, c) = (file("a.bin", "1"), file("a.bin", "2"), file("c.json", "1"));
    assert_eq!(output(&with(vec![a.clone()]), &with(vec![a.clone()])), OutputFinding::Same);
    let different = |files: &[&str]| OutputFinding::Different(files.iter().map(|file| (*file).to_owned()).collect());
    assert_eq!(output(&with(vec![a.clone()]), &with(vec![b])), different(&["a.bin"]));
    assert_eq!(output(&with(vec![a.clone()]), &with(vec![a.clone(), c])), different(&["c.json"]));
    assert_eq!(output(&with(vec![a]), &with(Vec::new())), OutputFinding::Unknown);
}

#[test]
fn a_benchmark_is_decided_when_more_blocks_could_not_change_its_verdict() {
    let found = &findings(&[side("a", 1.0), side("b", 1.2)], &rules())[0];
    let mut benchmark = found.benchmarks.iter().find(|benchmark| benchmark.pairs > 0).unwrap().clone();
    let set = |benchmark: &mut BenchmarkFindings, wall, cpu| {
        for figure in &mut benchmark.figures {
            figure.verdict = match (figure.metric, &figure.phase) {
                (Metric::Wall, None) => wall,
                (Metric::Cpu, None) => cpu,
                // What explains decides nothing.
                (_, Some(_)) => Verdict::Undecided,
                _ => Verdict::Equal,
            };
        }
    };
    for (wall, cpu, decided) in [
        (Verdict::Equal, Verdict::Equal, true),
        (Verdict::Equal, Verdict::Undecided, false),
        (Verdict::Regressed, Verdict::Undecided, true),
        // It may yet turn out to have regressed.
        (Verdict::Improved, Verdict::Undecided, false),
    ] {
        set(&mut benchmark, wall, cpu);
        assert_eq!(is_decided(&benchmark), decided, "{wall:?} {cpu:?}");
    }
    benchmark.figures.clear();
    assert!(!is_decided(&benchmark));
}

#[test]
fn two_reports_become_a_comparison_of_what_both_have() {
    let (mut base, other) = (testing::report(12), testing::report(12));
    let gone = base.benchmarks.remove(0).id;
    let names = || ["a.json".to_owned(), "b.json".to_owned()];
    let comparison = of_reports([base.clone(), other.clone()], names(), &BTreeMap::new(), false).unwrap();
    assert!(!comparison.settings.interleaved && comparison.settings.std == StdChoice::Own);
    assert_eq!(comparison.completion, Completion::Complete);
    assert!(comparison.sides.iter().all(|side| side.benchmarks.iter().all(|benchmark| benchmark.id != gone)));
    assert!(comparison.skipped.iter().any(|skipped| skipped.name == gone && skipped.reason.contains("b.json")));
    assert_eq!(comparison.findings[0].count(Verdict::Regressed), 0);

    let mut elsewhere = other.clone();
    elsewhere.environment.host = Some("elsewhere".into());
    let refused = of_reports([base.clone(), elsewhere.clone()], names(), &BTreeMap::new(), false);
    assert!(matches!(refused, Err(ReportsError::Machine { .. })));
    assert!(of_reports([base.clone(), elsewhere], names(), &BTreeMap::new(), true).is_ok());
    // Given one and the same std, they are compilers alone that are compared.
    let with = |mut report: Report, std: &str| {
        report.settings.std = Some(std.into());
        report
    };
    for (a, b, expected) in [("s", "s", StdChoice::Same("s".into())), ("s", "t", StdChoice::Own)] {
        let pair = [with(base.clone(), a), with(other.clone(), b)];
        assert_eq!(of_reports(pair, names(), &BTreeMap::new(), false).unwrap().settings.std, expected);
    }
    base.benchmarks.clear();
    let nothing = of_reports([base, other], names(), &BTreeMap::new(), false);
    assert!(matches!(nothing, Err(ReportsError::NothingInCommon(..))));
}

#[test]
fn what_was_edited_is_another_program_and_not_compared() {
    let names = || ["a".to_owned(), "b".to_owned()];
    let programs = |report: &mut Report, program: Option<&str>| {
        report.benchmarks.iter_mut().for_each(|benchmark| benchmark.program = program.map(str::to_owned));
    };
    let (mut base, mut other) = (testing::report(12), testing::report(12));
    programs(&mut base, Some("one"));
    let all = of_reports([base.clone(), other.clone()], names(), &BTreeMap::new(), false).unwrap();
    assert!(all.skipped.is_empty(), "of the other nothing is known");
    programs(&mut other, Some("one"));
    other.benchmarks[0].program = Some("two".to_owned());
    let id = other.benchmarks[0].id.clone();
    let some = of_reports([base.clone(), other.clone()], names(), &BTreeMap::new(), false).unwrap();
    assert!(some.findings[0].benchmarks.iter().all(|benchmark| benchmark.id != id));
    assert!(some.skipped[0].name == id && some.skipped[0].reason.contains("edited") && !some.skipped[0].broken);
    assert_eq!(changes(&base, &other).unwrap().edited, 1);
    programs(&mut other, Some("two"));
    let none = of_reports([base, other], names(), &BTreeMap::new(), false);
    assert!(matches!(none, Err(ReportsError::Edited(..))));
}

#[test]
fn a_build_that_only_one_report_has_and_that_fails_is_told() {
    let (base, mut other) = (testing::report(12), testing::report(12));
    let mut failed = other.benchmarks[0].clone();
    failed.id = "new/new/debug".to_owned();
    failed.runs.clear();
    failed.failures = vec![Failure {
        kind: FailureKind::CompileError,
        message: "no such thing".to_owned(),
        exit: None,
        phase: None,
        output: String::new(),
        run: None,
    }];
    other.benchmarks.push(failed);
    let comparison = of_reports([base, other], ["a".into(), "b".into()], &BTreeMap::new(), false).unwrap();
    let [skipped] = &comparison.skipped[..] else { panic!("{:?}", comparison.skipped) };
    assert!(skipped.broken && skipped.reason.contains("fails with b: no such thing"), "{skipped:?}");
}

#[test]
fn phases_together_stand_for_a_wall_time_that_was_not_recorded() {
    let of = |pace: f64, runs: usize| -> Vec<[f64; 3]> {
        let noise = |run: usize| 1.0 + 0.002 * ((run * 7) % 11) as f64;
        (0..runs).map(|run| [4_000.0, 3_900.0, 2_500.0].map(|wall| wall * pace * noise(run))).collect()
    };
    let comparison = of_recorded(recorded(&of(1.0, 12), RECORDED_PHASES), recorded(&of(0.62, 12), RECORDED_PHASES));
    let found = &comparison.findings[0].benchmarks[0];
    let figure = found.figure(Metric::PhasesWall).unwrap();
    assert!((figure.base / 10_500e6 - 1.0).abs() < 0.02 && (figure.ratio - 0.62).abs() < 0.01, "{figure:?}");
    assert_eq!((figure.verdict, found.verdict), (Verdict::Improved, Some(Verdict::Improved)));
    assert!(figure.decides() && found.figure(Metric::Wall).is_none());
    assert_eq!(found.phases(Metric::Wall).count(), 3);
    // What is told of the wall time holds for what stands in its place.
    let thresholds = thresholds(&BTreeMap::from([(Metric::Wall, 0.07)]));
    assert_eq!(thresholds[&Metric::PhasesWall], 0.07);

    // One run on either side says how much, and no more.
    let comparison = of_recorded(recorded(&of(1.0, 1), RECORDED_PHASES), recorded(&of(0.62, 1), RECORDED_PHASES));
    let found = &comparison.findings[0].benchmarks[0];
    assert_eq!(found.verdict, Some(Verdict::Undecided));
}

#[test]
fn phases_together_are_no_figure_where_one_side_tells_of_more() {
    let runs = vec![[4_000.0, 3_900.0, 2_500.0]; 12];
    let other = ["compile to ast", "compile ast to ir", "optimise"];
    let comparison = of_recorded(recorded(&runs, RECORDED_PHASES), recorded(&runs, other));
    let found = &comparison.findings[0].benchmarks[0];
    assert!(found.figure(Metric::PhasesWall).is_none());
    assert_eq!((found.verdict, found.unmatched.len()), (None, 2));
    assert!(found.is_open() && !comparison.has_measurements());
}

#[test]
fn what_changed_since_a_report_is_found_by_the_same_judge() {
    let like = |pace: f64| Report { benchmarks: side("x", pace).benchmarks, ..testing::report(1) };
    let (old, new) = (like(1.0), like(1.2));
    let found = changes(&old, &new).unwrap();
    let diff = of_reports([old.clone(), new.clone()], ["a".into(), "b".into()], &BTreeMap::new(), false).unwrap();
    let of_diff = diff.findings[0].benchmarks.iter().flat_map(BenchmarkFindings::deciding);
    let of_diff: Vec<&Figure> = of_diff.filter(|figure| figure.verdict.differs()).collect();
    assert!(!of_diff.is_empty() && found.changes.len() == of_diff.len());
    assert!(found.changes.iter().all(|change| of_diff.contains(&&change.figure)));
    assert!(found.same_binary && found.figures >= found.changes.len());
    assert!(changes(&old, &old).unwrap().changes.is_empty());
    let mut elsewhere = old.clone();
    elsewhere.environment.host = Some("elsewhere".into());
    assert!(matches!(changes(&elsewhere, &new), Err(ReportsError::Machine { .. })));
}

#[test]
fn what_no_clock_saw_has_no_figure_and_what_is_written_can_be_read() {
    let (mut base, mut other) = (side("a", 1.0), side("b", 1.2));
    for run in [&mut base, &mut other].into_iter().flat_map(|side| &mut side.benchmarks).flat_map(|it| &mut it.runs) {
        // All the time of the run, and none of the processor's: whoever waits for a disk.
        for cost in run.phases.iter_mut().filter_map(|phase| phase.cost.as_mut()) {
            cost.cpu_time = Some(std::time::Duration::ZERO);
        }
    }
    let found = findings(&[base, other], &rules());
    for benchmark in &found[0].benchmarks {
        assert!(benchmark.phases(Metric::Wall).count() > 0 || benchmark.pairs == 0);
        assert_eq!(benchmark.phases(Metric::Cpu).count(), 0, "{}", benchmark.id);
    }
    // Before the first look, too, where intervals are infinite.
    let early = Rules { looks: Looks::new([(1000, 1.0)]), ..rules() };
    for found in [found, findings(&[side("a", 1.0), side("b", 1.2)], &early)] {
        let written = serde_json::to_string(&found).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Findings>>(&written).unwrap(), found);
    }
}

#[test]
fn the_worst_is_first() {
    let mut different = equal("e/e/debug");
    different.output = OutputFinding::Different(vec!["out/debug/e.bin".into()]);
    let mut worse = regressed();
    worse.id = "z/z/debug".into();
    worse.figures[0].ratio = 1.3;
    let mut peak = regressed();
    peak.id = "p/p/debug".into();
    peak.figures.push(figure(Metric::PeakMemory, 1e8, (1.2, 1.1, 1.3), Verdict::Regressed));
    let all = vec![
        equal("a/a/debug"),
        undecided("b/b/debug"),
        improved(),
        different,
        regressed(),
        failed("f/f/debug", true, false),
        worse,
        peak,
        failed("g/g/debug", false, true),
    ];
    let comparison = found(vec![all]);
    let order: Vec<String> =
        rows(&comparison).iter().map(|row| format!("{:?} {}", row.class, row.benchmark.id)).collect();
    assert_eq!(
        order,
        [
            "Failed g/g/debug",
            "Failed f/f/debug",
            "Regressed z/z/debug",
            "Regressed p/p/debug",
            "Regressed ir/inlining/release",
            "Different e/e/debug",
            "Improved backend/registers/debug",
            "Undecided b/b/debug",
            "Equal a/a/debug",
        ]
    );
    // Wall time stands for a benchmark unless something else changed by far more.
    let lead =
        |id: &str| rows(&comparison).into_iter().find(|row| row.benchmark.id == id).unwrap().lead.unwrap().metric;
    assert_eq!((lead("ir/inlining/release"), lead("p/p/debug")), (Metric::Wall, Metric::PeakMemory));
}

#[test]
fn a_breakdown_sums_to_the_other_side() {
    let mut one = regressed();
    one.figures[2].parts = vec!["parse".into(), "type".into()];
    one.unmatched = vec![
        UnmatchedPhase { phase: "optimise".into(), depth: 0, gone: false, wall: 0.7 * MS },
        UnmatchedPhase { phase: "lint".into(), depth: 0, gone: true, wall: 0.4 * MS },
        UnmatchedPhase { phase: "within".into(), depth: 1, gone: true, wall: 9.0 * MS },
    ];
    let breakdown = breakdown(&one, Metric::Wall).unwrap();
    let labels: Vec<&str> = breakdown.steps.iter().map(|step| &*step.label).collect();
    assert_eq!(labels, ["compile to ast (parse + type)", "compile ir to asm", "optimise (new)", "lint (gone)"]);
    let steps: f64 = breakdown.steps.iter().map(|step| step.difference).sum();
    assert!((breakdown.base + steps + breakdown.rest - breakdown.other).abs() < 1.0);
    assert!((breakdown.rest - (2.562 - 0.2 - 2.2 - 0.7 + 0.4) * MS).abs() < 1.0, "{}", breakdown.rest);
}
