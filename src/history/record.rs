//! Appending reports.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use serde::{Deserialize, Serialize};

use super::content::{self, Packed};
use super::order::{self, milliseconds};
use super::{CommitRef, History, HistoryError, MachineClass, Provenance, ReportId, Result, samples};
use crate::figures::{self, Values};
use crate::model::{Failure, Measured, Report, StdChoice};
use crate::stats;

/// A report to be stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Where it comes from.
    #[serde(flatten)]
    pub provenance: Provenance,
    /// What was measured.
    pub report: Report,
}

/// The result of recording a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It was stored under this number.
    New(ReportId),
    /// The same report was stored already, under this number.
    Known(ReportId),
}

impl Recorded {
    /// The report's number.
    pub const fn id(self) -> ReportId {
        match self {
            Self::New(id) | Self::Known(id) => id,
        }
    }

    /// Whether it was not there before.
    pub const fn is_new(self) -> bool {
        matches!(self, Self::New(_))
    }
}

/// Which std a report's benchmarks were built with: the compiler's own (or the one that it finds by itself), or a given one
/// that is the same for all compilers.
pub fn std_choice(report: &Report) -> StdChoice {
    match &report.settings.std {
        Some(std) if report.toolchain.origin.std() != Some(std) => StdChoice::Same(std.clone()),
        _ => StdChoice::Own,
    }
}

impl History {
    /// Stores a report: the whole of it, and its figures as points of their series, in one transaction. A report that is
    /// stored already stays as it is. Failed builds are not points; they are stored as the report's failures.
    ///
    /// # Errors
    /// If the report has no time, or cannot be written.
    pub fn record(&mut self, report: &Report, provenance: &Provenance) -> Result<Recorded> {
        let packed = pack(report, provenance)?;
        self.write("record a report in", |connection, path| {
            insert(connection, report, provenance, &packed).map_err(HistoryError::database(path, "record a report in"))
        })
    }

    /// Stores several reports in one transaction: all of them, or none.
    ///
    /// # Errors
    /// If a report has no time, or cannot be written.
    pub fn record_all(&mut self, records: impl IntoIterator<Item = Record>) -> Result<Vec<Recorded>> {
        self.write("record reports in", |connection, path| {
            records
                .into_iter()
                .map(|Record { report, provenance }| {
                    let packed = pack(&report, &provenance)?;
                    insert(connection, &report, &provenance, &packed)
                        .map_err(HistoryError::database(path, "record reports in"))
                })
                .collect()
        })
    }

    /// Does `work` in one exclusive write transaction.
    pub(super) fn write<T>(
        &mut self,
        action: &'static str,
        work: impl FnOnce(&Connection, &std::path::Path) -> Result<T>,
    ) -> Result<T> {
        let path = self.path.clone();
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(HistoryError::database(&path, action))?;
        let done = work(&transaction, &path)?;
        transaction.commit().map_err(HistoryError::database(&path, action))?;
        Ok(done)
    }
}

/// The report as it is stored. Packed outside of any transaction, as packing takes longer than writing.
pub(super) fn pack(report: &Report, provenance: &Provenance) -> Result<Packed> {
    let error = |reason| HistoryError::Report { created: report.created.clone(), reason };
    if milliseconds(&report.created).is_none() {
        return Err(error("it does not say when it was measured".to_owned()));
    }
    content::pack(report, provenance).map_err(error)
}

/// Writes one report.
pub(super) fn insert(
    connection: &Connection,
    report: &Report,
    provenance: &Provenance,
    packed: &Packed,
) -> rusqlite::Result<Recorded> {
    let known: Option<i64> = connection
        .prepare_cached("SELECT id FROM reports WHERE digest = ?")?
        .query_row([&packed.digest[..]], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(Recorded::Known(ReportId(id)));
    }
    let commit = provenance.commit.as_ref().map(|commit| upsert_commit(connection, commit)).transpose()?;
    let machine = machine_id(connection, &MachineClass::of(&report.environment))?;
    let std = std_text(&std_choice(report));
    let columns = ReportColumns::of(report);
    connection
        .prepare_cached(
            "INSERT INTO reports (digest, created, instant, commit_id, machine, std, version, source, complete, benchmarks, \
             runs, failures, has_frames) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
        )?
        .execute(params![
            &packed.digest[..],
            report.created,
            milliseconds(&report.created).unwrap_or_default(),
            commit,
            machine,
            std,
            report.toolchain.version,
            provenance.source.name(),
            columns.complete,
            integer(columns.benchmarks),
            integer(columns.runs),
            integer(columns.failures),
        ])?;
    let id = connection.last_insert_rowid();
    connection
        .prepare_cached("INSERT INTO contents (report, body, body_digest, frames, figures) VALUES (?, ?, ?, ?, ?)")?
        .execute(params![id, packed.body, &packed.body_digest[..], packed.frames, packed.figures])?;
    let mut insert_failure = connection.prepare_cached(
        "INSERT INTO failures (report, number, benchmark, kind, phase, message) VALUES (?, ?, ?, ?, ?, ?)",
    )?;
    for (number, (benchmark, failure)) in failures(report).enumerate() {
        let kind = failure.kind.name();
        insert_failure.execute(params![id, integer(number), benchmark.id, kind, failure.phase, failure.message])?;
    }
    let mut insert_point = connection.prepare_cached(
        "INSERT OR IGNORE INTO points (series, report, count, median, low, high, spread, samples) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    let programs = programs(report);
    for (benchmark, values) in points(report, provenance) {
        let Some(estimate) = stats::estimate(&values.values) else { continue };
        let of = SeriesScope { benchmark, program: programs.get(benchmark).copied(), machine, std: &std };
        let series = series_id(connection, &values, &of)?;
        insert_point.execute(params![
            series,
            id,
            integer(estimate.count),
            estimate.median,
            estimate.low,
            estimate.high,
            estimate.spread,
            samples::pack(&values.values),
        ])?;
    }
    Ok(Recorded::New(ReportId(id)))
}

/// What the list of reports shows of one, besides its place.
pub(super) struct ReportColumns {
    pub complete: bool,
    pub benchmarks: usize,
    pub runs: usize,
    pub failures: usize,
}

impl ReportColumns {
    pub(super) fn of(report: &Report) -> Self {
        Self {
            complete: report.completion == crate::model::Completion::Complete,
            benchmarks: report.benchmarks.iter().filter(|benchmark| !benchmark.runs.is_empty()).count(),
            runs: report.benchmarks.iter().map(|benchmark| benchmark.runs.len()).sum(),
            failures: failures(report).count(),
        }
    }
}

/// The failures of a report, in the order in which they are numbered, with their benchmarks.
pub(super) fn failures(report: &Report) -> impl Iterator<Item = (&Measured, &Failure)> {
    report.benchmarks.iter().flat_map(|benchmark| benchmark.failures.iter().map(move |failure| (benchmark, failure)))
}

/// The values of a benchmark that are stored as points: by phase only for the metrics that the history stores by phase.
pub(super) fn kept(benchmark: &Measured) -> impl Iterator<Item = Values> {
    let is_kept = |values: &Values| values.phase.is_none() || values.metric.spec().phases_kept;
    figures::values(benchmark).into_iter().filter(is_kept)
}

/// The values of all points of a report, with their benchmarks' ids.
pub(super) fn points<'a>(
    report: &'a Report,
    provenance: &'a Provenance,
) -> impl Iterator<Item = (&'a str, Values)> + 'a {
    let own = report
        .benchmarks
        .iter()
        .flat_map(|benchmark| kept(benchmark).map(move |values| (benchmark.id.as_str(), values)));
    let beside = provenance.figures.iter().map(|figure| {
        let values = figure.values.clone();
        let values = Values { metric: figure.metric, phase: None, package: None, depth: None, values };
        (figure.benchmark.as_str(), values)
    });
    own.chain(beside)
}

pub(super) fn upsert_commit(connection: &Connection, commit: &CommitRef) -> rusqlite::Result<i64> {
    let id = connection
        .prepare_cached(
            "INSERT INTO commits (name, time, subject, position, instant) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (name) DO UPDATE SET \
                 instant = CASE WHEN time IS NULL THEN coalesce(excluded.instant, instant) ELSE instant END, \
                 time = coalesce(time, excluded.time), \
                 subject = CASE WHEN subject = '' THEN excluded.subject ELSE subject END, \
                 position = coalesce(excluded.position, position) \
             RETURNING id",
        )?
        .query_row(
            params![
                commit.id,
                commit.time,
                commit.subject,
                commit.position.and_then(|position| i64::try_from(position).ok()),
                commit.time.as_deref().and_then(milliseconds),
            ],
            |row| row.get(0),
        )?;
    if commit.position.is_some() {
        order::settle(connection)?;
    }
    Ok(id)
}

pub(super) fn machine_id(connection: &Connection, class: &MachineClass) -> rusqlite::Result<i64> {
    let class = serde_json::to_string(class).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    connection
        .prepare_cached(
            "INSERT INTO machines (class) VALUES (?) ON CONFLICT (class) DO UPDATE SET class = excluded.class RETURNING id",
        )?
        .query_row([class], |row| row.get(0))
}

/// The number of a series, which is created if it is new.
///
/// A report that does not say which program it has measured is assumed to have measured the first known one; and the first
/// report that says so is assumed to have measured the same program as the reports before it.
fn series_id(connection: &Connection, values: &Values, of: &SeriesScope) -> rusqlite::Result<i64> {
    let SeriesScope { benchmark, program, machine, std } = *of;
    let known = connection
        .prepare_cached(
            "SELECT id, program FROM series WHERE benchmark = ? AND metric = ? \
             AND coalesce(phase, x'00') = coalesce(?, x'00') AND coalesce(package, x'00') = coalesce(?, x'00') \
             AND machine = ? AND std = ? ORDER BY id",
        )?
        .query_map(params![benchmark, values.metric.word(), values.phase, values.package, machine, std], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<rusqlite::Result<Vec<(i64, Option<String>)>>>()?;
    if let Some((id, _)) = known.iter().find(|(_, of)| of.as_deref() == program) {
        return Ok(*id);
    }
    match (program, known.first()) {
        (None, Some((id, _))) => return Ok(*id),
        (Some(program), Some((id, None))) => {
            connection.prepare_cached("UPDATE series SET program = ? WHERE id = ?")?.execute(params![program, id])?;
            return Ok(*id);
        }
        _ => {}
    }
    connection
        .prepare_cached(
            "INSERT INTO series (benchmark, metric, phase, package, machine, std, depth, program) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            benchmark,
            values.metric.word(),
            values.phase,
            values.package,
            machine,
            std,
            values.depth.map(i64::from),
            program,
        ])?;
    Ok(connection.last_insert_rowid())
}

/// The properties of a report that determine its series.
#[derive(Clone, Copy)]
struct SeriesScope<'a> {
    benchmark: &'a str,
    program: Option<&'a str>,
    machine: i64,
    std: &'a str,
}

/// The program that each benchmark of a report has measured, where it says so.
pub(super) fn programs(report: &Report) -> HashMap<&str, &str> {
    let benchmarks = report.benchmarks.iter();
    benchmarks.filter_map(|benchmark| Some((benchmark.id.as_str(), benchmark.program.as_deref()?))).collect()
}

/// SQLite's integers are signed; no count here exceeds them.
pub(super) fn integer(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

const OWN: &str = "own";
const SAME: &str = "same:";

/// A choice of std as a text for queries.
pub(super) fn std_text(choice: &StdChoice) -> String {
    match choice {
        StdChoice::Own => OWN.to_owned(),
        StdChoice::Same(path) => format!("{SAME}{}", path.display()),
    }
}

/// The choice of this text.
pub(super) fn std_of(text: &str) -> StdChoice {
    text.strip_prefix(SAME).map_or(StdChoice::Own, |path| StdChoice::Same(path.into()))
}
