//! The data of a trend for the dashboard's script (`src/dashboard/assets/trend.js`).
//!
//! A page holds its commits once, as columns; a figure holds its own values and where the plot is in its picture. All of it
//! is JSON in elements that browsers do not run.

use serde_json::{Value, json};

use super::super::marker::look;
use super::super::palette::hex;
use super::super::render::DENSITY;
use super::draw::breaks;
use super::{Trend, TrendLine, TrendPoint};
use crate::chart::ChartError;
use crate::model::Unit;
use crate::text::change::signed;
use crate::text::clean;

/// A commit of the axis, as a reader sees it.
#[derive(Clone, Debug, Default)]
pub struct CommitRow {
    /// Its full or short name in hexadecimal digits; shortened to seven.
    pub sha: String,
    /// The first line of its message; shortened.
    pub subject: String,
    /// Its day, `2024-02-29`.
    pub date: String,
    /// The release that it is; empty for none.
    pub version: String,
    /// What the comparison page knows its report by; `None` without a report.
    pub link: Option<String>,
}

/// The most characters of a subject.
const LONGEST_SUBJECT: usize = 120;
/// Of a commit's name: as many digits as git shows.
const SHORT: usize = 7;
/// The precision of times, relative to the longest.
const PRECISION: f64 = 1e6;

/// The commits of a page, one for every position, as columns: `{"sha": […], "subject": […], "date": […], "version": […],
/// "link": […]}`. It belongs into `<script type="application/json" id="commits">`, through [`inert_json`].
pub fn commits_data(commits: &[CommitRow]) -> Value {
    let column = |of: &dyn Fn(&CommitRow) -> Value| commits.iter().map(of).collect::<Vec<_>>();
    let start = |text: &str, most: usize| clean(text).chars().take(most).collect::<String>();
    json!({
        "sha": column(&|commit| start(&commit.sha, SHORT).into()),
        "subject": column(&|commit| start(&commit.subject, LONGEST_SUBJECT).into()),
        "date": column(&|commit| start(&commit.date, 10).into()),
        "version": column(&|commit| start(&commit.version, 40).into()),
        "link": column(&|commit| commit.link.clone().map_or(Value::Null, Value::from)),
    })
}

/// JSON that can stand in a `<script>` element: nothing in it can end the element or begin another.
pub fn inert_json(value: &Value) -> String {
    let escapes =
        [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")];
    escapes.into_iter().fold(value.to_string(), |text, (from, to)| text.replace(from, to))
}

impl Trend {
    /// The values and where the plot is in the picture, for the script.
    ///
    /// `m` are the medians in `scale` base units, `c` the changes against the median before as text, `l` and `h` how far the interval reaches below and above them; the two are
    /// absent where no value has one. `plot` is in units of the picture's `viewBox`, but for `low` and `high`, the ends of
    /// the value axis in base units.
    ///
    /// # Errors
    /// If there is no value.
    pub fn data(&self) -> Result<Value, ChartError> {
        let trend = self.fitted();
        let layout = trend.layout()?;
        let largest = trend.lines.iter().flat_map(|line| &line.points).map(|point| point.median.abs());
        let scale = match trend.unit {
            // Counts are exact.
            Unit::Bytes | Unit::Count => 1.0,
            Unit::Nanoseconds => 10f64.powf((largest.fold(1.0, f64::max) / PRECISION).log10().ceil().max(0.0)),
        };
        let lines = trend.lines.iter().enumerate().map(|(index, line)| line.data(index, scale));
        let levels = trend.levels.iter().map(|level| json!([level.from, level.to, whole(level.value)]));
        let steps = trend.steps.iter().map(|step| {
            let ratio = (step.ratio * 1e5).round() / 1e5;
            json!([step.position, ratio, step.kind.name(), hex(step.kind.colour()), signed(step.ratio)])
        });
        let releases = trend.releases.iter().map(|(position, name)| json!([position, clean(name)]));
        let pixel = |at: f64| whole(at * DENSITY);
        Ok(json!({
            "metric": clean(&trend.metric),
            "unit": match trend.unit { Unit::Nanoseconds => "ns", Unit::Bytes => "B", Unit::Count => "" },
            "positions": trend.positions,
            "scale": whole(scale),
            "lines": lines.collect::<Vec<_>>(),
            "levels": levels.collect::<Vec<_>>(),
            "steps": steps.collect::<Vec<_>>(),
            "breaks": breaks(&trend).into_iter().map(|(at, line)| json!([at, clean(&line.name)])).collect::<Vec<_>>(),
            "releases": releases.collect::<Vec<_>>(),
            "plot": {
                "left": pixel(layout.left), "right": pixel(layout.right), "top": pixel(layout.top),
                "bottom": pixel(layout.bottom), "releases": pixel(layout.releases), "low": layout.range.low, "high": layout.range.high,
            },
        }))
    }
}

impl TrendLine {
    fn data(&self, index: usize, scale: f64) -> Value {
        let column = |of: &dyn Fn(&TrendPoint) -> f64| -> Vec<Value> {
            self.points.iter().map(|point| whole(of(point) / scale)).collect()
        };
        // Of the first there is none.
        let changes = self.points.windows(2).map(|pair| match pair[1].median / pair[0].median {
            ratio if ratio.is_finite() && ratio > 0.0 => signed(ratio),
            _ => String::new(),
        });
        let ends = |point: &TrendPoint| point.interval().unwrap_or((point.median, point.median));
        let look = look(index);
        let mut data = json!({
            "name": clean(&self.name),
            "colour": hex(look.rgb),
            "marker": look.marker.name(),
            "hollow": look.hollow,
            "p": self.points.iter().map(|point| point.position).collect::<Vec<_>>(),
            "m": column(&|point| point.median),
            "c": std::iter::once(String::new()).chain(changes).collect::<Vec<_>>(),
        });
        if self.points.iter().any(|point| point.interval().is_some()) {
            data["l"] = column(&|point| point.median - ends(point).0).into();
            data["h"] = column(&|point| ends(point).1 - point.median).into();
        }
        data
    }
}

/// A number; whole numbers are written without a fraction.
fn whole(value: f64) -> Value {
    let value = value.round();
    if value.abs() < 9e15 { Value::from(value as i64) } else { Value::from(value) }
}
