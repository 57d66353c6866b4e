//! The five lines of a comparison, and the facts needed to judge them.

use super::change::{change, transition, verdict_on_figure, verdict_on_total};
use super::checkup;
use super::commands::side_name;
use super::contributor::explain;
use super::next::next;
use super::phrase::Phrase;
use super::row::{output, undecided, verdicts_on};
use super::together::phase_of_all;
use crate::model::{
    BenchmarkFindings, Comparison, Completion, ControlOutcome, Figure, Findings, OutputFinding, Side, StdChoice, Total,
    Verdict,
};
use crate::text::counted;
use crate::text::format;
use crate::verdict::Tone;
use crate::verdict::primary_metrics;
use crate::verdict::{BenchmarkRow, Class, class_by_figures, contributor, rank, rows, size};

/// The summary of a comparison, with the same words in every format.
#[derive(Clone, Debug, PartialEq)]
pub struct Headline {
    /// Whether anything was measured on two sides. If not, the lines say only that.
    pub measured: bool,
    /// How many benchmarks have which verdict, for each side but the base and the control.
    pub counts: Vec<Counts>,
    /// Five lines: the verdicts, the worst benchmark, the phase that contributes most to it, what else matters, and what to
    /// do next. With several sides each has its own line of verdicts.
    pub lines: Vec<Line>,
    /// The facts needed to judge them: which std, whether anything was interrupted, how the sides were run.
    pub facts: Vec<Line>,
}

/// A labelled line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The label, one word.
    pub label: &'static str,
    /// How good or bad the news is.
    pub tone: Tone,
    /// The sentence.
    pub phrase: Phrase,
}

/// How many benchmarks there are of each kind on one side. Each counts once, except those with a different output: they
/// count there and at their verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The side, as an index into the comparison's.
    pub side: usize,
    /// The number of benchmarks.
    pub benchmarks: usize,
    /// Could not be built on a side.
    pub failed: usize,
    /// How many figures the verdicts are based on.
    pub figures: usize,
    /// Became worse in a figure.
    pub regressed: usize,
    /// Became better in a figure.
    pub improved: usize,
    /// Differ, though both compilers are the same binary.
    pub same_binary: usize,
    /// Became better in one figure and worse in another; counted as both.
    pub both: usize,
    /// Became better and not worse, but a deciding figure is undecided, so they may also have become worse.
    pub improved_in_part: usize,
    /// Shown equal.
    pub equal: usize,
    /// Undecided.
    pub undecided: usize,
    /// Have no cost that can be compared.
    pub uncompared: usize,
    /// Were not reached.
    pub unmeasured: usize,
    /// Have a different output.
    pub different: usize,
}

impl Counts {
    pub(crate) fn of(findings: &Findings) -> Self {
        let benchmarks = &findings.benchmarks;
        let has = |one: &BenchmarkFindings, verdict| one.failed.is_none() && one.has(verdict);
        let count = |is: &dyn Fn(&BenchmarkFindings) -> bool| benchmarks.iter().filter(|one| is(one)).count();
        // A different output is a class of rows, but not a verdict of figures.
        let figures = |wanted: Class| count(&|one| class_by_figures(one) == wanted);
        Self {
            side: findings.side,
            benchmarks: benchmarks.len(),
            failed: benchmarks.iter().filter(|one| one.failed.is_some()).count(),
            figures: findings.deciding(),
            regressed: count(&|one| has(one, Verdict::Regressed)),
            improved: count(&|one| has(one, Verdict::Improved)),
            same_binary: figures(Class::SameBinary),
            both: count(&|one| has(one, Verdict::Regressed) && has(one, Verdict::Improved)),
            improved_in_part: benchmarks
                .iter()
                .filter(|one| one.verdict == Some(Verdict::Improved) && one.is_open())
                .count(),
            equal: figures(Class::Equal),
            undecided: figures(Class::Undecided),
            uncompared: figures(Class::Uncompared),
            unmeasured: figures(Class::Unmeasured),
            different: benchmarks.iter().filter(|one| matches!(one.output, OutputFinding::Different(_))).count(),
        }
    }

    /// The counts in words, problems first. "0 regressed" is always shown, because it is what readers look for.
    pub(crate) fn phrase(&self) -> Phrase {
        let mut parts = Vec::new();
        let mut add = |count: usize, word: &str, always: bool| {
            let text = format!("{count} {word}");
            match count {
                0 if always => parts.push(Phrase::new(text)),
                0 => {}
                _ => parts.push(Phrase::default().strong(text)),
            }
        };
        add(self.failed, "failed to build", false);
        add(self.regressed, "regressed", true);
        // If it is all of them, the number is left out.
        let among = |count: usize, what: &str| match count {
            0 => None,
            _ if count == self.improved => Some(what.to_owned()),
            _ => Some(format!("{count} {what}")),
        };
        let notes = [among(self.both, "also regressed"), among(self.improved_in_part, "with undecided figures")];
        let notes = notes.into_iter().flatten().collect::<Vec<_>>().join(", ");
        let improved = if notes.is_empty() { "improved".to_owned() } else { format!("improved ({notes})") };
        add(self.improved, &improved, true);
        add(self.equal, "equal", true);
        add(self.undecided, "undecided", false);
        add(self.uncompared, "not compared", false);
        add(self.unmeasured, "not measured", false);
        Phrase::joined(parts, ", ")
    }

    fn tone(&self) -> Tone {
        match self {
            Self { failed, regressed, .. } if failed + regressed > 0 => Tone::Bad,
            Self { undecided, uncompared, unmeasured, different, improved_in_part, .. }
                if undecided + uncompared + unmeasured + different + improved_in_part > 0 =>
            {
                Tone::Warning
            }
            Self { improved: 1.., .. } => Tone::Good,
            _ => Tone::Plain,
        }
    }
}

/// Shown when the suite as a whole regressed, but no single benchmark is known to have.
const TOGETHER_ALONE: &str = "no benchmark by itself, but all of them together regressed";

/// The caveat for sides that did not run in turns.
pub(crate) const NOT_INTERLEAVED: &str = "the sides were measured one after the other, not in turns: what the machine did in between cannot be told from what the \
     compiler did, and one compiler’s figures differ by 3 % from night to night";
/// What is compared if the sides were not all given the same std.
pub(crate) const STD_OWN: &str =
    "each compiler with its own, or the one it finds: compiler and std together are compared";

/// The five lines of a comparison and the facts needed to judge them.
pub fn headline(comparison: &Comparison) -> Headline {
    let rows = rows(comparison);
    let counts: Vec<Counts> = comparison.answers().map(Counts::of).collect();
    let measured = comparison.has_measurements();
    let mut lines: Vec<Line> = Vec::new();
    if measured {
        lines
            .extend(comparison.answers().zip(&counts).map(|(findings, counts)| verdicts(comparison, findings, counts)));
        lines.push(worst(comparison, &rows));
        lines.push(phase(comparison, &rows));
    } else {
        lines.push(nothing(comparison));
        lines.push(plain("Worst", Phrase::new("changes can neither be shown nor excluded")));
        lines.push(plain("Phase", Phrase::new("nothing is known of any phase")));
    }
    lines.push(also(comparison, &rows, measured));
    lines.push(plain("Next", next(comparison, &rows)));
    Headline { measured, counts, lines, facts: facts(comparison, &rows) }
}

fn plain(label: &'static str, phrase: Phrase) -> Line {
    Line { label, tone: Tone::Plain, phrase }
}

fn name_of(comparison: &Comparison, side: usize) -> Phrase {
    Phrase::default().name(comparison.sides.get(side).map_or_else(|| format!("side {side}"), side_name))
}

/// The side, if there are several.
fn with(comparison: &Comparison, side: usize) -> Phrase {
    if comparison.answers().count() > 1 {
        Phrase::new(" with ").then(name_of(comparison, side))
    } else {
        Phrase::default()
    }
}

fn verdicts(comparison: &Comparison, findings: &Findings, counts: &Counts) -> Line {
    if comparison.is_same_binary(findings) {
        return same_as_base(comparison, counts);
    }
    let benchmarks =
        format!(" on {} ({}): ", counted(counts.benchmarks, "benchmark"), counted(counts.figures, "figure"));
    let mut phrase = name_of(comparison, counts.side).text(" against ").then(name_of(comparison, 0)).text(benchmarks);
    let together = together(findings);
    if !together.0.is_empty() {
        phrase = phrase.then(together).text("; ");
    }
    phrase = phrase.then(counts.phrase());
    if comparison.completion == Completion::Interrupted {
        phrase = phrase.text("; ").strong("interrupted");
    }
    let tone = if findings.has_regressed() { Tone::Bad } else { counts.tone() };
    Line { label: "Verdict", tone, phrase }
}

/// The verdict on the suite as a whole, figure by figure, what changed first; of a single benchmark, its own figures.
fn together(findings: &Findings) -> Phrase {
    let mut totals: Vec<&Total> = findings.together().collect();
    totals.sort_by_key(|total| rank(total.verdict));
    let (begin, verdicts) = match (&findings.benchmarks[..], totals.first()) {
        ([one], _) if one.failed.is_none() => (String::new(), verdicts_on(one)),
        (_, Some(first)) => {
            // Not every benchmark has every metric.
            let all = |total: &Total| {
                if total.benchmarks == first.benchmarks { String::new() } else { format!(" (of {})", total.benchmarks) }
            };
            let described = totals.iter().map(|total| (total.verdict, verdict_on_total(total) + &all(total)));
            (format!("all {} together: ", first.benchmarks), described.collect())
        }
        _ => return Phrase::default(),
    };
    let piece = |(verdict, text): (Verdict, String)| {
        if verdict.is_change() { Phrase::default().strong(text) } else { Phrase::new(text) }
    };
    let all = Phrase::joined(verdicts.into_iter().map(piece), ", ");
    if all.0.is_empty() { all } else { Phrase::new(begin).then(all) }
}

/// The verdict line of a side with the same binary as the base: no change comes from the compiler.
fn same_as_base(comparison: &Comparison, counts: &Counts) -> Line {
    let digest = comparison.base().map_or("", |base| &base.toolchain.sha256);
    let digest: String = digest.chars().take(12).collect();
    // A project may have changed between the two measurements.
    let whose = if comparison.settings.interleaved { "the machine’s" } else { "the machine’s or the projects’" };
    let mut phrase = name_of(comparison, counts.side)
        .text(" and ")
        .then(name_of(comparison, 0))
        .text(" are ")
        .strong("the same binary")
        .text(format!(" (SHA-256 {digest}…): whatever differs is {whose}; "))
        .text(format!(
            "{} of {} differ",
            format::count(counts.same_binary as f64),
            counted(counts.benchmarks, "benchmark")
        ));
    if counts.failed > 0 {
        phrase = phrase.text("; ").strong(format!("{} failed to build", counts.failed));
    }
    if comparison.completion == Completion::Interrupted {
        phrase = phrase.text("; ").strong("interrupted");
    }
    let tone = if counts.failed > 0 { Tone::Bad } else { Tone::Warning };
    Line { label: "Verdict", tone, phrase }
}

fn nothing(comparison: &Comparison) -> Line {
    let sides = comparison.sides.iter().filter(|side| !side.control).map(|side| Phrase::default().name(&side.name));
    let sides = Phrase::joined(sides, " and ");
    let uncompared: usize = comparison.answers().map(|findings| Counts::of(findings).uncompared).sum();
    let what = if uncompared > 0 { "Nothing can be compared" } else { "Nothing was measured" };
    let phrase = Phrase::default().strong(what);
    let phrase = if sides.0.is_empty() { phrase } else { phrase.text(" of ").then(sides) };
    let phrase = match uncompared {
        0 => phrase,
        _ => phrase.text(format!(
            ": no time, memory or instructions of {} on both sides, whatever their sizes are",
            counted(uncompared, "benchmark")
        )),
    };
    let phrase = match comparison.completion {
        Completion::Interrupted => phrase.text("; it was ").strong("interrupted"),
        Completion::Complete => phrase,
    };
    Line { label: "Verdict", tone: Tone::Bad, phrase }
}

fn worst(comparison: &Comparison, rows: &[BenchmarkRow]) -> Line {
    let of = |class: Class| rows.iter().find(|row| row.class == class);
    let described = |row: &BenchmarkRow| {
        let name = Phrase::default().name(&row.benchmark.id).then(with(comparison, row.side));
        match row.lead {
            Some(lead) => name.text(": ").strong(change(lead)).text(format!(", {}", transition(lead))),
            None => name,
        }
    };
    let of_output = |row: &BenchmarkRow| match output(row.benchmark) {
        "" => String::new(),
        output => format!("; {output} output"),
    };
    let undecided_row = rows.iter().find(|row| row.benchmark.verdict == Some(Verdict::Undecided));
    let certain = !rows.iter().any(|row| row.benchmark.is_open());
    let together = comparison.different_compilers().any(Findings::has_regressed);
    let (tone, phrase) = if let Some(row) = of(Class::Regressed) {
        (Tone::Bad, described(row).text(of_output(row)))
    } else if let Some(row) = best(rows) {
        let (tone, none) = match certain {
            _ if together => (Tone::Bad, TOGETHER_ALONE),
            true => (Tone::Good, "nothing regressed"),
            false => (Tone::Warning, "nothing regressed for certain"),
        };
        let phrase = Phrase::new(none).text("; best is ").then(described(row));
        (tone, phrase.text(open_beside(row)).text(of_output(row)))
    } else if let Some(row) = of(Class::SameBinary) {
        let phrase = Phrase::new("none, as one binary cannot be worse than itself; the largest difference is ");
        (Tone::Warning, phrase.then(described(row)))
    } else if let Some(row) = undecided_row {
        let undecided = row.lead.map_or_else(Phrase::default, |lead| Phrase::new("; ").then(undecided(lead)));
        let (tone, none) =
            if together { (Tone::Bad, TOGETHER_ALONE) } else { (Tone::Warning, "nothing regressed for certain") };
        (tone, Phrase::new(none).text("; undecided is ").then(described(row)).then(undecided))
    } else if rows.iter().any(|row| row.benchmark.verdict == Some(Verdict::Equal)) {
        let matter = thresholds(comparison);
        if together {
            return Line { label: "Worst", tone: Tone::Bad, phrase: Phrase::new(TOGETHER_ALONE) };
        }
        (Tone::Plain, Phrase::new(format!("none: nothing that was measured changed by what would matter{matter}")))
    } else {
        (Tone::Warning, Phrase::new("unknown: no figure has a verdict"))
    };
    Line { label: "Worst", tone, phrase }
}

/// The undecided figures of a benchmark that improved: `; wall undecided, −27.0 to −12.0 % so far (95 %)`.
fn open_beside(row: &BenchmarkRow) -> String {
    row.open().map_or_else(String::new, |open| format!("; {}", verdict_on_figure(open)))
}

/// ` (wall 1.0 %, peak memory 2.0 %)`.
fn thresholds(comparison: &Comparison) -> String {
    let metrics = primary_metrics(comparison);
    let all = comparison.settings.thresholds.iter().filter(|(metric, _)| metrics.contains(metric));
    let all: Vec<String> =
        all.map(|(metric, threshold)| format!("{} {}", metric.name(), format::percent(*threshold))).collect();
    if all.is_empty() { String::new() } else { format!(" ({})", all.join(", ")) }
}

/// The row that improved most, regardless of its output.
fn best<'r, 'a>(rows: &'r [BenchmarkRow<'a>]) -> Option<&'r BenchmarkRow<'a>> {
    let improved =
        rows.iter().filter(|row| row.class != Class::Failed && row.benchmark.verdict == Some(Verdict::Improved));
    improved.max_by(|a, b| a.lead.map_or(0.0, size).total_cmp(&b.lead.map_or(0.0, size)))
}

/// The phase behind the change that the line above is about.
fn phase(comparison: &Comparison, rows: &[BenchmarkRow]) -> Line {
    let row = rows.iter().find(|row| row.class == Class::Regressed).or_else(|| best(rows));
    let phrase = match row.and_then(|row| Some((row, row.lead?))) {
        Some((row, lead)) => explain(&contributor(row.benchmark, lead), lead.metric),
        None => comparison
            .different_compilers()
            .find_map(phase_of_all)
            .unwrap_or_else(|| Phrase::new("none, as no change was shown")),
    };
    plain("Phase", phrase)
}

/// What else matters, the most urgent first.
fn also(comparison: &Comparison, rows: &[BenchmarkRow], measured: bool) -> Line {
    let mut parts = failures(comparison, rows);
    let mut tone = if parts.is_empty() { Tone::Plain } else { Tone::Bad };
    let broken = comparison.skipped.iter().filter(|skipped| skipped.broken).count();
    if broken > 0 {
        parts.push(Phrase::default().strong(format!("{} unusable", counted(broken, "project"))));
    }
    let different = distinct(rows, |row| matches!(row.benchmark.output, OutputFinding::Different(_)));
    if let Some(first) = different.first() {
        let count = format!("different output of {}", counted(different.len(), "benchmark"));
        let which = if different.len() == 1 { " (" } else { " (first " };
        parts.push(Phrase::default().strong(count).text(which).name(&first.benchmark.id).text(")"));
    }
    if tone == Tone::Plain && !parts.is_empty() {
        tone = Tone::Warning;
    }
    if !measured {
        let skipped = comparison.skipped.len() - broken;
        if skipped > 0 {
            parts.push(Phrase::new(format!("{} left out", counted(skipped, "benchmark"))));
        }
        if parts.is_empty() {
            parts.push(Phrase::new("no benchmark was selected, or none was reached"));
        }
        return Line { label: "Also", tone, phrase: Phrase::joined(parts, "; ") };
    }
    if let Some(best) = best(rows).filter(|_| rows.iter().any(|row| row.class == Class::Regressed)) {
        let what = best.lead.map_or_else(String::new, |lead| format!(" {}", change(lead)));
        parts.push(Phrase::new("best ").name(&best.benchmark.id).then(with(comparison, best.side)).text(what));
    }
    if parts.is_empty() {
        let known = rows.iter().all(|row| row.benchmark.output == OutputFinding::Same);
        let outputs =
            if known { "every build succeeded, and all outputs are the same" } else { "every build succeeded" };
        parts.push(Phrase::new(outputs));
    }
    let left_out = comparison.skipped.len() - broken;
    if left_out > 0 {
        parts.push(Phrase::new(format!("{} left out", counted(left_out, "benchmark"))));
    }
    Line { label: "Also", tone, phrase: Phrase::joined(parts, "; ") }
}

/// The first such row of each benchmark: what holds on several sides is reported once.
fn distinct<'r, 'a>(rows: &'r [BenchmarkRow<'a>], is: impl Fn(&BenchmarkRow) -> bool) -> Vec<&'r BenchmarkRow<'a>> {
    let mut found: Vec<&BenchmarkRow> = Vec::new();
    for row in rows.iter().filter(|row| is(row)) {
        if !found.iter().any(|other| other.index == row.index) {
            found.push(row);
        }
    }
    found
}

/// Failed builds: first those that fail only on another side, then those that fail everywhere, then those that fail only on
/// the base.
fn failures(comparison: &Comparison, rows: &[BenchmarkRow]) -> Vec<Phrase> {
    let failed = |base: bool, other: bool| {
        let on = |row: &BenchmarkRow| row.benchmark.failed.as_ref().map(|f| (f.base.is_some(), f.other.is_some()));
        distinct(rows, |row| on(row) == Some((base, other)))
    };
    let described = |rows: &[&BenchmarkRow], how: &str, with: &dyn Fn(&BenchmarkRow) -> Phrase| match rows {
        [] => Phrase::default(),
        [row] => Phrase::default().name(&row.benchmark.id).text(" ").strong(how).then(with(row)),
        [first, ..] => Phrase::default()
            .strong(format!("{} {how}", counted(rows.len(), "benchmark")))
            .text(", the first ")
            .name(&first.benchmark.id)
            .then(with(first)),
    };
    let parts = [
        described(&failed(false, true), "failed to build", &|row| {
            Phrase::new(" with ").then(name_of(comparison, row.side))
        }),
        described(&failed(true, true), "failed to build on both sides", &|_| Phrase::default()),
        described(&failed(true, false), "failed to build on the base alone", &|_| Phrase::default()),
    ];
    parts.into_iter().filter(|phrase| !phrase.0.is_empty()).collect()
}

/// The facts needed to judge the lines.
fn facts(comparison: &Comparison, rows: &[BenchmarkRow]) -> Vec<Line> {
    let settings = &comparison.settings;
    let mut facts = Vec::new();
    if comparison.completion == Completion::Interrupted {
        let phrase = Phrase::new("the measurement was ended early; this is what had been measured until then");
        facts.push(Line { label: "Interrupted", tone: Tone::Bad, phrase });
    }
    let measured = comparison.has_measurements();
    if !settings.interleaved && measured {
        let phrase = Phrase::new(NOT_INTERLEAVED);
        facts.push(Line { label: "Not interleaved", tone: Tone::Warning, phrase });
    }
    if let Some([base, other]) = &settings.machines {
        let phrase = Phrase::default().name(base).text(" and ").name(other);
        let phrase = phrase.text(": every change may be the machines’, and not the compiler’s");
        facts.push(Line { label: "Two machines", tone: Tone::Warning, phrase });
    }
    facts.extend(budget(comparison, rows));
    facts.extend(same_binary(comparison));
    if measured {
        facts.extend(control(comparison));
        facts.extend(events(comparison));
        facts.extend(disturbances(comparison));
    }
    let std = match &settings.std {
        StdChoice::Own => Phrase::new(STD_OWN),
        StdChoice::Same(path) => {
            Phrase::new("the same for all: the compilers alone are compared, with ").name(path.display().to_string())
        }
    };
    facts.push(plain("std", std));
    facts
}

/// Whether the budget ended the comparison before the maximum of blocks, with figures undecided.
fn budget(comparison: &Comparison, rows: &[BenchmarkRow]) -> Option<Line> {
    let settings = &comparison.settings;
    let budget = settings.budget.filter(|_| comparison.completion == Completion::Complete)?;
    let open = rows.iter().filter(|row| row.benchmark.is_open() && row.benchmark.pairs < settings.max_runs).count();
    (open > 0).then(|| {
        let text = format!(
            "the blocks had {} together, which was not enough for every verdict of {}",
            format::long_duration(budget),
            counted(open, "benchmark")
        );
        Line { label: "Budget", tone: Tone::Warning, phrase: Phrase::new(text) }
    })
}

/// Sides with the same binary as the base: any difference comes from the machine or the std.
fn same_binary(comparison: &Comparison) -> Option<Line> {
    let base = comparison.base()?;
    // The records of others have no binary.
    let is_same = |side: &&Side| !side.control && side.toolchain.sha256 == base.toolchain.sha256;
    let known = !base.toolchain.sha256.is_empty();
    let same = comparison.sides.iter().skip(1).filter(|side| known && is_same(side));
    let names = Phrase::joined(same.map(|side| Phrase::default().name(&side.name)), ", ");
    (!names.0.is_empty()).then(|| Line {
        label: "Same binary",
        tone: Tone::Warning,
        phrase: names.text(" is the very binary that ").name(&base.name).text(" is: no change is the compiler’s"),
    })
}

/// The warnings about the runs, the most serious first, each with the benchmark where it is worst.
fn disturbances(comparison: &Comparison) -> Option<Line> {
    const SHOWN: usize = 3;
    // A file can contain any text. Our own messages have only these characters; everything else is treated as a name.
    let is_plain = |c: char| c.is_alphanumeric() || " .,;:%()×−-’/+".contains(c);
    let mut found: Vec<Phrase> = Vec::new();
    for side in &comparison.sides {
        for line in checkup::warning_lines(&side.benchmarks) {
            let phrase =
                Phrase::default().name(side_name(side)).text(format!(": {}", line.before)).name(&line.id).text(": ");
            let is_ours = line.message.chars().all(is_plain);
            found.push(if is_ours { phrase.text(line.message) } else { phrase.name(line.message) });
        }
    }
    let more = found.len().saturating_sub(SHOWN);
    let mut phrase = Phrase::joined(found.into_iter().take(SHOWN), "; ");
    if more > 0 {
        phrase = phrase.text(format!("; and {more} more"));
    }
    (!phrase.0.is_empty()).then_some(Line { label: "Disturbed", tone: Tone::Warning, phrase })
}

/// The result of the control: the base against itself.
fn control(comparison: &Comparison) -> Option<Line> {
    let ControlOutcome { figures: all, false_alarms: alarms, .. } = comparison.control_outcome()?;
    let figures = counted(all, "figure");
    let (tone, text) = match (all, alarms) {
        (0, _) => (Tone::Warning, "the base against itself was not measured".to_owned()),
        (_, 0) => (Tone::Plain, format!("none of {figures} of the base against itself changed, as it should be")),
        _ => {
            let text = format!(
                "{alarms} of {figures} of the base against itself changed: false alarms, and as many may be above"
            );
            (Tone::Warning, text)
        }
    };
    Some(Line { label: "Control", tone, phrase: Phrase::new(text) })
}

/// The changes of kernel events, the largest first.
fn events(comparison: &Comparison) -> Option<Line> {
    const SHOWN: usize = 3;
    let mut figures: Vec<(&str, &Figure)> = comparison
        .answers()
        .flat_map(|findings| &findings.benchmarks)
        .flat_map(|one| one.figures.iter().map(|figure| (one.id.as_str(), figure)))
        .filter(|(_, figure)| figure.phase.is_none() && figure.metric.is_event())
        .collect();
    let all = figures.len();
    figures.retain(|(_, figure)| matches!(figure.verdict, Verdict::Regressed | Verdict::Improved));
    figures.sort_by(|a, b| size(b.1).total_cmp(&size(a.1)));
    let begin = format!(
        "{} of {} of faults, switches and migrations changed, which decide nothing",
        figures.len(),
        counted(all, "figure")
    );
    let phrase = figures.iter().take(SHOWN).enumerate().fold(Phrase::new(begin), |phrase, (index, (id, figure))| {
        phrase.text(if index == 0 { ": " } else { "; " }).name(*id).text(format!(" {}", change(figure)))
    });
    (all > 0).then(|| plain("Events", phrase))
}
