//! The medians of one report, as the compare page takes them.

use std::collections::HashMap;

use serde::{Serialize, Serializer};

use super::script::{Number, script};
use crate::history::{Level, Measure};
use crate::text::format;
use crate::text::{clean, shortened};

/// The version of the data files' layout.
pub const DATA_VERSION: u32 = 2;

/// A report. Keys are short, as there are thousands of files.
#[derive(Serialize)]
struct ReportData<'a> {
    /// The layout's version.
    #[serde(rename = "v")]
    version: u32,
    /// The report's name ([`crate::history::ReportInfo::name`]).
    id: &'a str,
    /// The metrics; figures refer to them by index.
    #[serde(rename = "m")]
    metrics: Vec<&'static str>,
    /// The phases; figures refer to them by index.
    #[serde(rename = "p")]
    phases: Vec<Name<'a>>,
    /// The benchmarks, each with its figures.
    #[serde(rename = "b")]
    benchmarks: Vec<(Name<'a>, Vec<OfFigure>)>,
}

/// The metric's index; the phase's index, or −1 for a whole run; the median in the metric's unit, and as text; the interval
/// as text, empty if it has no width; the number of runs.
type OfFigure = (usize, i64, Number, String, String, usize);

/// A text from outside, plus the text to show if that differs.
struct Name<'a>(&'a str);

impl Serialize for Name<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let clean = clean(self.0);
        let shown = shortened(&clean);
        if shown == self.0 { self.0.serialize(serializer) } else { (self.0, shown).serialize(serializer) }
    }
}

/// The data file of a report: a script of one call with nothing but data. The levels are those of
/// [`crate::history::History::levels_of`], benchmark by benchmark.
pub fn report_data(id: &str, levels: &[(Measure, Level)]) -> String {
    let (mut metrics, mut phases) = (Places::default(), Places::default());
    let mut benchmarks: Vec<(Name, Vec<OfFigure>)> = Vec::new();
    for (measure, level) in levels {
        let unit = measure.metric.unit();
        let interval = if level.low < level.high {
            format!("{} to {}", format::value(level.low, unit), format::value(level.high, unit))
        } else {
            String::new()
        };
        let figure = (
            metrics.of(measure.metric.name()),
            // There are never that many phases.
            measure.phase.as_deref().map_or(-1, |phase| i64::try_from(phases.of(phase)).unwrap_or(-1)),
            Number(level.median),
            format::value(level.median, unit),
            interval,
            level.count,
        );
        match benchmarks.last_mut().filter(|(name, _)| name.0 == measure.benchmark) {
            Some((_, figures)) => figures.push(figure),
            None => benchmarks.push((Name(&measure.benchmark), vec![figure])),
        }
    }
    let phases = phases.all.into_iter().map(Name).collect();
    script("report", &ReportData { version: DATA_VERSION, id, metrics: metrics.all, phases, benchmarks })
}

/// Texts with their indices.
#[derive(Default)]
struct Places<'a> {
    all: Vec<&'a str>,
    known: HashMap<&'a str, usize>,
}

impl<'a> Places<'a> {
    fn of(&mut self, text: &'a str) -> usize {
        *self.known.entry(text).or_insert_with(|| {
            self.all.push(text);
            self.all.len() - 1
        })
    }
}
