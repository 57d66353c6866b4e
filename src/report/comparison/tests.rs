use std::collections::BTreeMap;

use super::*;
use crate::model::{BenchmarkFindings, Metric, OutputFinding, Report, Total, Verdict};
use crate::testing;
use crate::testing::compare::{
    self, equal, failed, figure, found, improved, improved_in_part, only_size, regressed, regressed_together, undecided,
};
use crate::testing::page::keep;
use crate::verdict::{Changes, changes};

fn samples() -> [(&'static str, Comparison); 5] {
    [
        ("two", compare::compared(12)),
        ("several", compare::several()),
        ("split", compare::split()),
        ("nothing", compare::compared_nothing()),
        ("hostile", compare::compared_hostile()),
    ]
}

#[test]
fn a_failure_has_no_ratio() {
    let comparison = found(vec![vec![regressed(), failed("x/y/debug", false, true)]]);
    let text = terminal(&comparison, true, None);
    let row = text.lines().find(|line| line.contains("✗ failed")).unwrap();
    assert!(row.contains("compile error with 0.72.1") && !row.contains("wall"), "{row}");
}

#[test]
fn a_row_says_what_is_beside_its_verdict() {
    let plain = |comparison: &Comparison| strip_ansi_escapes::strip_str(terminal(comparison, false, None));
    let comparison = found(vec![vec![improved_in_part(), improved()]]);
    for text in [plain(&comparison), markdown(&comparison)] {
        assert!(text.contains("improved (1 of 2 figures; wall undecided)"), "{text}");
    }
    assert!(markdown(&comparison).contains("### forc-perf: improved, some undecided\n"));
    let different = OutputFinding::Different(vec!["out/debug/p.bin".into()]);
    let text = plain(&found(vec![vec![BenchmarkFindings { output: different, ..improved_in_part() }]]));
    assert!(text.contains("other output (2 figures; peak memory improved; wall undecided)"), "{text}");
    let mut mixed = regressed();
    mixed.figures.push(figure(Metric::PeakMemory, 1e8, (0.59, 0.588, 0.592), Verdict::Improved));
    let text = plain(&found(vec![vec![mixed, improved()]]));
    assert!(text.contains("▲ regressed (2 of 3 figures; peak memory improved)"), "{text}");
    assert!(text.contains("verdicts: 4 figures: by ranks, 20 blocks"), "{text}");
    let mut worse = improved_in_part();
    worse.verdict = Some(Verdict::Regressed);
    worse.figures[1].verdict = Verdict::Regressed;
    let text = plain(&found(vec![vec![worse]]));
    assert!(text.contains("▲ regressed (1 of 2 figures)"), "{text}");
    let text = plain(&found(vec![vec![only_size(1.0, Verdict::Equal), equal("a/b/debug")]]));
    assert!(text.contains("– not compared (same size)") && text.contains("same size, nothing else compared"), "{text}");
    assert!(text.contains("= equal (1 figure)"), "{text}");
}

#[test]
fn all_benchmarks_together_are_in_every_format() {
    let comparison = regressed_together();
    let text = markdown(&comparison);
    assert!(text.contains("### forc-perf: regressed together, improved together, some undecided\n"), "{text}");
    let row = "| `compile ast to ir` | wall | +4.1 % [+3.0, +5.2] (99 %) | regressed | 2 |";
    assert!(text.contains(row) && text.contains("the middle of the blocks’ ratios"), "{text}");
    let text = strip_ansi_escapes::strip_str(terminal(&comparison, true, None));
    let row = "compile ast to ir: wall +4.1 % [+3.0, +5.2] (99 %) regressed, 2 benchmarks";
    assert!(
        text.contains(row) && text.contains("whole run: cpu +0.4 % [−0.4, +1.2] (95 % so far) undecided"),
        "{text}"
    );
    assert!(html(&comparison).contains("All benchmarks together"));
}

#[test]
fn nothing_to_compare_looks_like_nothing_else() {
    let alone = found(vec![vec![only_size(1.0, Verdict::Equal)]]);
    assert!(markdown(&alone).contains("### forc-perf: nothing can be compared\n"));
    assert!(html(&alone).contains("<h2>Nothing can be compared</h2>"));
    let comparison = found(vec![vec![failed("x/y/debug", true, true)]]);
    for text in [terminal(&comparison, true, None), markdown(&comparison)] {
        assert!(
            text.contains("Nothing was measured") && !text.contains("0 regressed") && !text.contains("= equal"),
            "{text}"
        );
    }
}

#[test]
fn no_format_calls_one_binary_worse_than_itself() {
    let mut comparison = found(vec![vec![regressed()]]);
    comparison.sides[1].toolchain.sha256 = comparison.sides[0].toolchain.sha256.clone();
    crate::model::call_same_binaries(&comparison.sides, &mut comparison.findings);
    let formats = [markdown(&comparison), csv(&comparison), html(&comparison), terminal(&comparison, true, None)];
    for text in formats.iter().chain([&serde_json::to_string(&comparison.findings).unwrap()]) {
        assert!(text.contains("same binary") || text.contains("same-binary"), "{text}");
        assert!(
            !text.contains("regressed (") && !text.contains("\"regressed\"") && !text.contains(",regressed,"),
            "{text}"
        );
    }
}

#[test]
fn a_comment_on_a_pull_request() {
    let comparison = found(vec![vec![equal("a/b/debug"), regressed()]]);
    let text = markdown(&comparison);
    let (head, folded) = text.split_once("<details>").unwrap();
    assert_eq!(
        head,
        "<!-- forc-perf -->
### forc-perf: regressed

- **Verdict** ❌ `0.72.1` against `0.71.2` on 2 benchmarks (3 figures): **1 regressed**, 0 improved, **1 equal**
- **Worst** ❌ `ir/inlining/release`: **wall +4.2 % [+3.1, +5.4] (99 %)**, 61.0 ms → 63.6 ms; same output
- **Phase** `compile ir to asm` accounts for **86 %** of it (+2.20 ms), most of that in `allocate registers` (91 %)
- **Also** every build succeeded, and all outputs are the same
- **Next** see where it comes from: `forc-perf show --all --format html > comparison.html`

| | benchmark | change | base → other | because | also | output |
|---|---|---|---|---|---|---|
| 🔺 regressed (2 figures) | `ir/inlining/release` | wall **+4.2 % [+3.1, +5.4] (99 %)** | 61.0 ms → 63.6 ms | `compile ir to asm` 86 % | cpu +4.5 % | same |

- **std** each compiler with its own, or the one it finds: compiler and std together are compared

"
    );
    assert!(
        folded.contains("--seed 42\n```") && folded.contains("| `a/b/debug` | wall | +0.1 % [−0.4, +0.6] (99 %) |")
    );
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
}

#[test]
fn a_comment_has_room_for_everything_that_matters() {
    for comparison in [compare::compared(200), compare::compared_hostile()] {
        let text = markdown(&comparison);
        assert!(text.chars().count() < 65_536, "{}", text.chars().count());
        let inert = outside_of_code(&text);
        assert_eq!(inert.matches("<details>").count(), inert.matches("</details>").count());
        for forbidden in ["<script", "@team", "[x](", "HYPERLINK", "\u{1b}", "\u{202E}", "\u{0}"] {
            assert!(!inert.contains(forbidden), "{forbidden}");
        }
        assert!(text.lines().all(|line| line.chars().count() < 5_000));
    }
}

/// A Markdown text without its code spans and blocks, as CommonMark finds them.
fn outside_of_code(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let fence = line.chars().take_while(|c| *c == '`').count();
        if fence >= 3 && line.ends_with("text") {
            assert!(lines.any(|line| line == "`".repeat(fence)), "a block ends");
            continue;
        }
        let mut rest = line;
        while let Some(at) = rest.find('`') {
            kept += &rest[..at];
            let fence = rest[at..].chars().take_while(|c| *c == '`').count();
            let body = &rest[at + fence..];
            let mut from = 0;
            // The closing fence has exactly as many.
            let end = loop {
                let start = from + body[from..].find('`').expect("a span ends on its line");
                let length = body[start..].chars().take_while(|c| *c == '`').count();
                if length == fence {
                    break start;
                }
                from = start + length;
            };
            rest = &body[end + fence..];
        }
        kept += rest;
        kept.push('\n');
    }
    kept
}

#[test]
fn tables_keep_their_columns() {
    for (_, comparison) in samples() {
        let text = markdown(&comparison);
        let cells = |line: &str| line.replace("\\|", "").matches('|').count();
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            if line.starts_with("| ") {
                let columns = cells(line);
                while let Some(row) = lines.next_if(|row| row.starts_with('|')) {
                    assert_eq!(cells(row), columns, "{row}");
                }
            }
        }
    }
}

#[test]
fn csv_is_read_back() {
    let comparison = compare::compared_hostile();
    let text = csv(&comparison);
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    let figures: Vec<_> = comparison
        .findings
        .iter()
        .flat_map(|findings| {
            findings
                .benchmarks
                .iter()
                .flat_map(move |one| one.figures.iter().map(move |figure| (findings, one, figure)))
        })
        .collect();
    let (together, rows): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row["benchmark"] == "all together");
    let totals: Vec<&Total> =
        comparison.findings.iter().flat_map(|findings| &findings.totals).filter(|total| total.is_reported()).collect();
    assert!(!totals.is_empty() && together.len() == totals.len());
    for (row, total) in together.iter().zip(totals) {
        assert_eq!((&row["metric"], &row["verdict"]), (&total.metric.name().into(), &total.verdict.name().into()));
        assert_eq!((&row["ratio"], &row["base"]), (&total.ratio.to_string(), &String::new()));
    }
    assert_eq!(rows.len(), figures.len());
    for (row, (findings, one, figure)) in rows.iter().zip(figures) {
        assert_eq!(row["benchmark"], crate::text::cell(&one.id));
        assert_eq!(row["other_side"], crate::text::cell(&comparison.sides[findings.side].name));
        assert_eq!(row["metric"], figure.metric.name());
        assert_eq!(row["phase"], crate::text::cell(figure.phase.as_deref().unwrap_or_default()));
        assert_eq!(row["verdict"], figure.verdict.name());
        let number = |column: &str| row[column].parse::<f64>().ok();
        assert_eq!(number("ratio"), Some(figure.ratio).filter(|ratio| ratio.is_finite()));
        assert_eq!(number("base"), Some(figure.base).filter(|base| base.is_finite()));
    }
}

#[test]
fn raw_values_are_paired_by_block() {
    let comparison = compare::split();
    let text = samples_csv(&comparison);
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    let (base, other) = (&comparison.sides[0].benchmarks[2], &comparison.sides[1].benchmarks[2]);
    let of = |metric: &str, phase: &str| -> Vec<(f64, f64)> {
        let own =
            rows.iter().filter(|row| row["benchmark"] == base.id && row["metric"] == metric && row["phase"] == phase);
        own.map(|row| (row["base"].parse().unwrap(), row["other"].parse().unwrap())).collect()
    };
    let walls = of("wall", "");
    assert_eq!(walls.len(), base.runs.len());
    for (block, pair) in walls.iter().enumerate() {
        let wall = |runs: &[crate::model::Benchmark]| runs[block].wall().unwrap().as_nanos() as f64;
        assert_eq!(*pair, (wall(&base.runs), wall(&other.runs)));
    }
    // A split phase is held against the sum of its parts, and what lies outside phases is there.
    let split = of("wall", "compile ast to asm");
    assert_eq!(split.len(), base.runs.len());
    assert!(split.iter().all(|(base, other)| (other / base - 1.0).abs() < 0.3));
    assert_eq!(of("wall", crate::phase::OUTSIDE).len(), base.runs.len());
}

#[test]
fn nothing_is_lost_or_broken_in_a_narrow_terminal() {
    for (name, comparison) in samples() {
        let words = |width: Option<usize>| -> Vec<String> {
            let text = strip_ansi_escapes::strip_str(terminal(&comparison, true, width));
            text.split_whitespace().map(|word| word.trim_end_matches(';').to_owned()).collect()
        };
        let whole = words(None);
        for width in [60, 80, 100, 120, 160, 250] {
            let text = strip_ansi_escapes::strip_str(terminal(&comparison, true, Some(width)));
            // A command is to be copied, and the compiler's own words are its own.
            let prose = text.lines().filter(|line| !line.starts_with("Next") && !line.trim_start().starts_with('│'));
            for line in prose.filter(|line| line.trim().contains(' ')) {
                let longest = line.split(' ').map(|word| word.chars().count()).max().unwrap_or(0);
                let fits = line.chars().count() <= width.max(longest + 6);
                assert!(
                    fits || line.starts_with("failed") || line.starts_with("skipped") || line.starts_with("unusable"),
                    "{name} at {width}: {line}"
                );
            }
            let narrow = words(Some(width));
            for verdict in comparison.answers().flat_map(|findings| &findings.benchmarks) {
                let figures = |words: &[String]| words.iter().filter(|word| word.contains('→')).count();
                assert!(figures(&narrow) + 1 >= figures(&whole), "{name} at {width}: {}", verdict.id);
            }
        }
    }
}

#[test]
fn undecided_rows_are_shown_on_demand_and_counted() {
    let comparison = found(vec![vec![regressed(), undecided("c/d/debug")]]);
    let (some, all) = (terminal(&comparison, false, None), terminal(&comparison, true, None));
    assert!(!some.contains("c/d/debug") && some.contains("1 undecided row not shown"));
    assert!(all.contains("c/d/debug") && !all.contains("not shown") && all.contains("would have shown 2.1 %"));
}

#[test]
fn no_name_commands_the_terminal() {
    let text = terminal(&compare::compared_hostile(), true, None);
    let plain = strip_ansi_escapes::strip_str(&text);
    assert!(!plain.contains(['\u{0}', '\u{1b}', '\u{202E}', '\u{7}']));
    assert!(!text.contains("\u{1b}[31mred"));
}

#[test]
fn every_sample_has_every_format() {
    for (name, comparison) in samples() {
        keep(&format!("compare-{name}.txt"), &terminal(&comparison, true, Some(160)));
        keep(&format!("compare-{name}.md"), &markdown(&comparison));
        keep(&format!("compare-{name}.csv"), &csv(&comparison));
        if name != "hostile" {
            keep(&format!("compare-{name}-samples.csv"), &samples_csv(&comparison));
        }
    }
}

#[test]
fn phases_together_are_shown_where_no_wall_time_was_recorded() {
    let of = |pace: f64, runs: usize| -> Vec<[f64; 3]> {
        let noise = |run: usize| 1.0 + 0.002 * ((run * 7) % 11) as f64;
        (0..runs).map(|run| [4_000.0, 3_900.0, 2_500.0].map(|wall| wall * pace * noise(run))).collect()
    };
    let text = |runs: usize| {
        let sides = [1.0, 0.62].map(|pace| compare::recorded(&of(pace, runs), compare::RECORDED_PHASES));
        let [base, other] = sides;
        strip_ansi_escapes::strip_str(terminal(&compare::of_recorded(base, other), true, None))
    };
    let many = text(12);
    assert!(many.contains("all phases together −38.0 % ["), "{many}");
    assert!(many.contains("compile to ast accounts for 38 % of it (−1.53 s)"), "{many}");
    assert!(many.contains("▼ improved (1 of "), "{many}");
    let one = text(1);
    assert!(one.contains("all phases together −38.0 % (1 run each: no interval)"), "{one}");
    assert!(one.contains("too few runs for a verdict") && !one.contains("= equal"), "{one}");
    assert!(one.contains("0 equal, 1 undecided"), "{one}");
}

#[test]
fn what_changed_since_the_previous_report_is_said_below_a_report() {
    let like = |pace: f64| Report { benchmarks: compare::side("x", pace).benchmarks, ..testing::report(1) };
    let (old, new) = (like(1.0), like(1.2));
    let render = |report: &Report, found: &Changes| {
        strip_ansi_escapes::strip_str(crate::report::terminal::render(report, Some(found), None))
    };
    let found = changes(&old, &new).unwrap();
    let text = render(&new, &found);
    let count = format!("): {} of {} figures changed.\n", found.changes.len(), found.figures);
    assert!(text.contains("Against the previous report (") && text.contains(&count), "{text}");
    assert!(text.contains(": wall +20.0 % [") && text.contains(" same binary, "), "{text}");
    assert!(text.contains("The two were not measured side by side"), "{text}");
    let nothing = changes(&old, &old).unwrap();
    let text = render(&old, &nothing);
    assert!(text.contains(&format!("no change shown in {} benchmarks (", nothing.compared)), "{text}");
    // One run of each says nothing, and says so.
    let single = |mut report: Report| {
        report.benchmarks.iter_mut().for_each(|benchmark| benchmark.runs.truncate(1));
        for run in report.benchmarks.iter_mut().flat_map(|benchmark| &mut benchmark.runs) {
            run.packages.clear();
        }
        report
    };
    let (old, new) = (single(old), single(new));
    let text = render(&new, &changes(&old, &new).unwrap());
    assert!(text.contains("too few runs for a verdict in "), "{text}");
}
