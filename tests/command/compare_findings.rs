//! What `forc-perf compare` makes of findings that could be misread.

use crate::support::{Bed, InTime, not_run, stand_in_as};
use forc_perf::collector;
use forc_perf::model::{Comparison, Metric, Verdict};
use forc_perf::report::file;

/// Compares `old/forc` with `new/forc` on the bed's suite, three runs a side: too few to tell anything of a time.
fn compare(bed: &Bed, code: i32, args: &[&str]) -> (Comparison, String) {
    for name in ["old", "new"] {
        if !bed.path(&format!("{name}/forc")).exists() {
            stand_in_as(&bed.path(&format!("{name}/forc")), name);
        }
    }
    let (suite, output) = (bed.word("suite"), bed.word("comparison.json"));
    let fixed = ["compare", "old/forc", "new/forc", "--suite", &suite, "--output", &output, "--max-runs", "3"];
    let output = bed.harness().args(fixed).args(args).ends_with(code);
    let stdout = String::from_utf8(output.stdout).unwrap();
    (file::read_comparison(&bed.path("comparison.json")).unwrap(), stdout)
}

#[test]
fn a_smaller_binary_says_nothing_of_the_time_that_it_took() {
    let bed = Bed::new();
    bed.project("g/p", "spin 1\nunless new info 72 8 8 1\nas new info 64 8 8 1");
    let (comparison, stdout) = compare(&bed, 6, &["--fail-on", "undecided"]);
    let benchmark = &comparison.findings[0].benchmarks[0];
    assert_eq!(benchmark.verdict, Some(Verdict::Improved));
    assert_eq!(benchmark.figure(Metric::Wall).unwrap().verdict, Verdict::Undecided);
    assert_eq!(benchmark.figure(Metric::BytecodeSize).unwrap().ratio, 64.0 / 72.0);
    assert!(stdout.contains("nothing regressed for certain") && stdout.contains("undecided)"), "{stdout}");
    // A regression is still all that fails a comparison that was asked for no more.
    compare(&bed, 0, &["--fail-on", "regression"]);
}

#[test]
fn counters_show_what_the_kernel_counts() {
    if !collector::counters_available().software {
        return not_run("the kernel counts no events here");
    }
    let bed = Bed::new();
    // Patient: of a process that is gone when a marker is read, there are no counters. And some memory on both sides: of no
    // faults at all, as a build on one core may have, there is no ratio.
    bed.project("g/p", "patient\nstart p parse\nspin 2\nalloc 1\nas new alloc 8\nstop p parse\ninfo 64 8 8 1");
    let (comparison, stdout) = compare(&bed, 0, &["--counters", "--fail-on", "never"]);
    let benchmark = &comparison.findings[0].benchmarks[0];
    let faults = benchmark.figure(Metric::MinorFaults).unwrap();
    // 8 MiB more are at least 4 pages of 2 MiB, on whatever machine.
    assert!(faults.other >= faults.base + 4.0, "{faults:?}");
    let parse = benchmark.phases(Metric::MinorFaults).find(|figure| figure.phase.as_deref() == Some("parse")).unwrap();
    assert!(parse.other > parse.base, "{parse:?}");
    assert!(stdout.contains("faults, switches and migrations"), "{stdout}");
    // Without being asked for, none of it.
    let (plain, stdout) = compare(&bed, 0, &["--fail-on", "never"]);
    assert!(plain.findings[0].benchmarks[0].figure(Metric::MinorFaults).is_none());
    assert!(!stdout.contains("migrations"), "{stdout}");
}
