//! Reading: reports, series and their points.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row};

use super::record::{std_of, std_text};
use super::{
    CommitRef, FailureInfo, History, HistoryError, Kept, Level, MachineClass, Match, Measure, Point, Provenance,
    ReportFilter, ReportId, ReportInfo, Result, Series, SeriesFilter, SeriesId, SeriesKey, Source, content, samples,
};
use crate::model::Metric;
use crate::text::hex;

/// In the order of the compiler's commits; reports of commits without a position are placed by time, and several reports of
/// one commit in the order of measurement.
const IN_ORDER: &str = "ORDER BY coalesce(c.instant, r.instant), coalesce(c.position, 9223372036854775807), \
                        r.instant, r.digest";

const COMMIT: &str = "c.name, c.time, c.subject, c.position";

/// The commit in four columns from `first`.
fn commit_at(row: &Row, first: usize) -> rusqlite::Result<Option<CommitRef>> {
    let Some(id) = row.get::<_, Option<String>>(first)? else { return Ok(None) };
    Ok(Some(CommitRef {
        id,
        time: row.get(first + 1)?,
        subject: row.get(first + 2)?,
        position: row.get::<_, Option<i64>>(first + 3)?.and_then(|position| u64::try_from(position).ok()),
    }))
}

fn count(row: &Row, column: usize) -> rusqlite::Result<usize> {
    Ok(usize::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}

/// A class of machines that a later forc-perf describes in another format is still one class.
pub(super) fn machine_of(text: &str) -> MachineClass {
    serde_json::from_str(text).unwrap_or_else(|_| MachineClass {
        arch: text.to_owned(),
        processor: None,
        processors: 0,
        memory_gib: 0,
        virtual_machine: None,
    })
}

impl History {
    /// The reports that `filter` wants, in the order of the compiler's commits.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn reports(&self, filter: &ReportFilter) -> Result<Vec<ReportInfo>> {
        let mut reports = self.infos(None).map_err(self.error("read the reports of"))?;
        reports.retain(|report| {
            let created = report.created.parse::<Timestamp>().ok();
            filter.commit.matches(report.commit.as_ref().map(|commit| commit.id.as_str()))
                && filter.machine.matches(Some(&report.machine.to_string()))
                && filter.version.matches(Some(&report.version))
                && filter.since.is_none_or(|since| created.is_some_and(|created| created >= since))
                && filter.until.is_none_or(|until| created.is_some_and(|created| created < until))
        });
        Ok(reports)
    }

    fn infos(&self, id: Option<ReportId>) -> rusqlite::Result<Vec<ReportInfo>> {
        let sql = format!(
            "SELECT r.id, r.digest, r.created, r.version, r.source, m.class, r.std, r.complete, r.benchmarks, r.runs, \
             r.failures, r.has_frames, {COMMIT} \
             FROM reports r JOIN machines m ON m.id = r.machine \
             LEFT JOIN commits c ON c.id = r.commit_id WHERE ?1 IS NULL OR r.id = ?1 {IN_ORDER}"
        );
        self.connection
            .prepare_cached(&sql)?
            .query_map([id.map(|id| id.0)], |row| {
                let source: String = row.get(4)?;
                Ok(ReportInfo {
                    id: ReportId(row.get(0)?),
                    digest: hex(&row.get::<_, Vec<u8>>(1)?),
                    created: row.get(2)?,
                    version: row.get(3)?,
                    source: Source::named(&source).unwrap_or_default(),
                    machine: machine_of(&row.get::<_, String>(5)?),
                    std: std_of(&row.get::<_, String>(6)?),
                    complete: row.get(7)?,
                    benchmarks: count(row, 8)?,
                    runs: count(row, 9)?,
                    failures: count(row, 10)?,
                    has_frames: row.get(11)?,
                    commit: commit_at(row, 12)?,
                })
            })?
            .collect()
    }

    /// One report, whole.
    ///
    /// # Errors
    /// If there is none of this number, or it cannot be read.
    pub fn report(&self, id: ReportId) -> Result<Kept> {
        self.kept(id, true)
    }

    /// The same without the frames of its runs, which are most of its size: for callers that need only figures.
    ///
    /// # Errors
    /// If there is none of this number, or it cannot be read.
    pub fn report_without_frames(&self, id: ReportId) -> Result<Kept> {
        self.kept(id, false)
    }

    fn kept(&self, id: ReportId, frames: bool) -> Result<Kept> {
        let info = self.infos(Some(id)).map_err(self.error("read a report from"))?.pop();
        let info =
            info.ok_or_else(|| HistoryError::NoSuch { what: "report", number: id.0, path: self.path.clone() })?;
        let (body, frames, figures): (Vec<u8>, Option<Vec<u8>>, Option<String>) = self
            .connection
            .prepare_cached("SELECT body, iif(?2, frames, NULL), figures FROM contents WHERE report = ?1")
            .and_then(|mut query| query.query_row((id.0, frames), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))))
            .map_err(self.error("read a report from"))?;
        let damaged =
            |reason: String| HistoryError::Damaged { path: self.path.clone(), what: format!("report {id}: {reason}") };
        let report = content::unpack(&body, frames.as_deref()).map_err(damaged)?;
        let figures = figures.map_or(Ok(Vec::new()), |text| serde_json::from_str(&text));
        let figures = figures.map_err(|error| damaged(error.to_string()))?;
        let provenance = Provenance { commit: info.commit.clone(), source: info.source, figures };
        Ok(Kept { info, provenance, report })
    }

    /// The failed runs of a report.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn failures(&self, report: ReportId) -> Result<Vec<FailureInfo>> {
        let read = || -> rusqlite::Result<Vec<FailureInfo>> {
            self.connection
                .prepare_cached(
                    "SELECT benchmark, kind, phase, message FROM failures WHERE report = ? ORDER BY number",
                )?
                .query_map([report.0], |row| {
                    Ok(FailureInfo {
                        benchmark: row.get(0)?,
                        kind: row.get(1)?,
                        phase: row.get(2)?,
                        message: row.get(3)?,
                    })
                })?
                .collect()
        };
        read().map_err(self.error("read a report from"))
    }

    /// The commits of which there are reports, in their order.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn commits(&self) -> Result<Vec<CommitRef>> {
        let mut commits: Vec<CommitRef> = Vec::new();
        let reports = self.infos(None).map_err(self.error("read the commits of"))?;
        for commit in reports.into_iter().filter_map(|report| report.commit) {
            if commits.last() != Some(&commit) {
                commits.push(commit);
            }
        }
        Ok(commits)
    }

    /// The series that `filter` wants, by benchmark, metric, phase, package and machine.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn series(&self, filter: &SeriesFilter) -> Result<Vec<Series>> {
        // Exact filters go into the query, as they may match few series of many.
        let exact = |wanted: &Match| match wanted {
            Match::Exact(text) => Some(text.clone()),
            _ => None,
        };
        let read = || -> rusqlite::Result<Vec<Series>> {
            self.connection
                .prepare_cached(
                    "SELECT s.id, s.benchmark, s.metric, s.phase, s.package, m.class, s.std, s.depth, s.program \
                     FROM series s JOIN machines m ON m.id = s.machine \
                     WHERE (?1 IS NULL OR s.benchmark = ?1) AND (?2 IS NULL OR s.metric = ?2) \
                     ORDER BY s.benchmark, s.metric, s.phase, s.package, m.id, s.std, s.id",
                )?
                .query_map((exact(&filter.benchmark), exact(&filter.metric)), |row| {
                    let metric: String = row.get(2)?;
                    // Metrics of a later forc-perf are not known here.
                    let Some(metric) = metric_named(&metric) else { return Ok(None) };
                    let depth: Option<i64> = row.get(7)?;
                    Ok(Some(Series {
                        id: SeriesId(row.get(0)?),
                        key: SeriesKey {
                            benchmark: row.get(1)?,
                            metric,
                            phase: row.get(3)?,
                            package: row.get(4)?,
                            machine: machine_of(&row.get::<_, String>(5)?),
                            std: std_of(&row.get::<_, String>(6)?),
                            program: row.get(8)?,
                        },
                        depth: depth.and_then(|depth| u32::try_from(depth).ok()),
                    }))
                })?
                .filter_map(std::result::Result::transpose)
                .collect()
        };
        let mut series = read().map_err(self.error("read the series of"))?;
        series.retain(|series| {
            let key = &series.key;
            filter.benchmark.matches(Some(&key.benchmark))
                && filter.metric.matches(Some(&key.metric.word()))
                && filter.phase.matches(key.phase.as_deref())
                && filter.package.matches(key.package.as_deref())
                && filter.machine.matches(Some(&key.machine.to_string()))
        });
        Ok(series)
    }

    /// The points of a series, in the order of the compiler's commits.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn points(&self, series: SeriesId) -> Result<Vec<Point>> {
        let sql = format!(
            "SELECT p.report, r.created, r.version, p.count, p.median, p.low, p.high, p.spread, {COMMIT} \
             FROM points p JOIN reports r ON r.id = p.report LEFT JOIN commits c ON c.id = r.commit_id \
             WHERE p.series = ? {IN_ORDER}"
        );
        let read = || -> rusqlite::Result<Vec<Point>> {
            self.connection.prepare_cached(&sql)?.query_map([series.0], point_of)?.collect()
        };
        read().map_err(self.error("read a series from"))
    }

    /// The same without their places, in no order: for callers that read many series and know the reports.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn levels(&self, series: SeriesId) -> Result<Vec<Level>> {
        let read = || -> rusqlite::Result<Vec<Level>> {
            self.connection
                .prepare_cached("SELECT report, count, median, low, high, spread FROM points WHERE series = ?")?
                .query_map([series.0], |row| {
                    Ok(Level {
                        report: ReportId(row.get(0)?),
                        count: count(row, 1)?,
                        median: row.get(2)?,
                        low: row.get(3)?,
                        high: row.get(4)?,
                        spread: row.get(5)?,
                    })
                })?
                .collect()
        };
        read().map_err(self.error("read a series from"))
    }

    /// The points of one report in all series over all packages together: benchmark by benchmark, whole runs first.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn levels_of(&self, report: ReportId) -> Result<Vec<(Measure, Level)>> {
        let read = || -> rusqlite::Result<Vec<(Measure, Level)>> {
            // Through the series of its machine and std, as the key of a point begins with its series.
            self.connection
                .prepare_cached(
                    "SELECT s.benchmark, s.metric, s.phase, p.count, p.median, p.low, p.high, p.spread \
                     FROM reports r CROSS JOIN series s CROSS JOIN points p \
                     WHERE r.id = ?1 AND s.machine = r.machine AND s.std = r.std AND s.package IS NULL \
                         AND p.series = s.id AND p.report = r.id \
                     ORDER BY s.benchmark, s.phase IS NOT NULL, s.id",
                )?
                .query_map([report.0], |row| {
                    let Some(metric) = metric_named(&row.get::<_, String>(1)?) else { return Ok(None) };
                    let measure = Measure { benchmark: row.get(0)?, metric, phase: row.get(2)? };
                    let level = Level {
                        report,
                        count: count(row, 3)?,
                        median: row.get(4)?,
                        low: row.get(5)?,
                        high: row.get(6)?,
                        spread: row.get(7)?,
                    };
                    Ok(Some((measure, level)))
                })?
                .filter_map(std::result::Result::transpose)
                .collect()
        };
        read().map_err(self.error("read a report from"))
    }

    /// The points of a series, each with its samples in the order of the runs.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn points_with_samples(&self, series: SeriesId) -> Result<Vec<(Point, Vec<f64>)>> {
        let sql = format!(
            "SELECT p.report, r.created, r.version, p.count, p.median, p.low, p.high, p.spread, {COMMIT}, p.samples \
             FROM points p JOIN reports r ON r.id = p.report LEFT JOIN commits c ON c.id = r.commit_id \
             WHERE p.series = ? {IN_ORDER}"
        );
        let read = || -> rusqlite::Result<Vec<(Point, Vec<u8>)>> {
            let mut query = self.connection.prepare_cached(&sql)?;
            query.query_map([series.0], |row| Ok((point_of(row)?, row.get(12)?)))?.collect()
        };
        let points = read().map_err(self.error("read a series from"))?;
        points
            .into_iter()
            .map(|(point, bytes)| {
                let values = samples::unpack(&bytes).ok_or_else(|| self.damaged_point(series, point.report))?;
                Ok((point, values))
            })
            .collect()
    }

    /// The samples of one point in the order of the runs, in the metric's unit; none if there is no such point.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn samples(&self, series: SeriesId, report: ReportId) -> Result<Vec<f64>> {
        let bytes: Option<Vec<u8>> = self
            .connection
            .prepare_cached("SELECT samples FROM points WHERE series = ? AND report = ?")
            .and_then(|mut query| query.query_row([series.0, report.0], |row| row.get(0)).optional())
            .map_err(self.error("read a series from"))?;
        match bytes {
            Some(bytes) => samples::unpack(&bytes).ok_or_else(|| self.damaged_point(series, report)),
            None => Ok(Vec::new()),
        }
    }

    /// How many points a series has.
    ///
    /// # Errors
    /// If they cannot be counted.
    pub fn count_points(&self, series: SeriesId) -> Result<usize> {
        self.connection
            .prepare_cached("SELECT count(*) FROM points WHERE series = ?")
            .and_then(|mut query| query.query_row([series.0], |row| count(row, 0)))
            .map_err(self.error("read a series from"))
    }

    /// The one series of this key, if it is there.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn find_series(&self, key: &SeriesKey) -> Result<Option<Series>> {
        let filter = SeriesFilter {
            benchmark: Match::Exact(key.benchmark.clone()),
            metric: Match::Exact(key.metric.word()),
            phase: Match::of(key.phase.as_deref()),
            package: Match::of(key.package.as_deref()),
            machine: Match::Any,
        };
        let std = std_text(&key.std);
        let found = self.series(&filter)?.into_iter();
        let is_it = |series: &Series| {
            series.key.machine == key.machine && std_text(&series.key.std) == std && series.key.program == key.program
        };
        Ok(found.into_iter().find(is_it))
    }

    fn damaged_point(&self, series: SeriesId, report: ReportId) -> HistoryError {
        let what = format!("the samples of report {report} in series {series} cannot be read");
        HistoryError::Damaged { path: self.path.clone(), what }
    }
}

fn point_of(row: &Row) -> rusqlite::Result<Point> {
    Ok(Point {
        report: ReportId(row.get(0)?),
        created: row.get(1)?,
        version: row.get(2)?,
        count: count(row, 3)?,
        median: row.get(4)?,
        low: row.get(5)?,
        high: row.get(6)?,
        spread: row.get(7)?,
        commit: commit_at(row, 8)?,
    })
}

/// The metric with this name as one word.
pub(super) fn metric_named(word: &str) -> Option<Metric> {
    serde_json::from_value(serde_json::Value::String(word.to_lowercase())).ok()
}
