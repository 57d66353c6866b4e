//! Removing old reports or their frames.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::params;

use super::record::integer;
use super::{History, HistoryError, ReportId, Result};

/// What is removed: reports that were measured before `before`, except those that are among the last `keep` points of any of
/// their series. So series that are no longer measured keep their last points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prune {
    /// Only reports that were measured before this.
    pub before: Timestamp,
    /// How many points every series keeps, however old they are.
    pub keep: usize,
    /// Only the frames: reports, points and samples stay, but the timelines of their runs are lost. Frames are most of a
    /// report's size.
    pub only_frames: bool,
}

/// What was removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// How many reports were removed, or lost their frames.
    pub reports: usize,
    /// How many points were removed.
    pub points: usize,
    /// By how many bytes the file is smaller.
    pub freed: u64,
}

impl History {
    /// Removes what `prune` selects, and frees the disk space. For that the file is rewritten, which temporarily needs as
    /// much space again.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn prune(&mut self, prune: &Prune) -> Result<Pruned> {
        let before = std::fs::metadata(&self.path).map_or(0, |file| file.len());
        let mut pruned = self.write("prune", |connection, path| {
            let error = || HistoryError::database(path, "prune");
            let old: BTreeSet<ReportId> = prunable(connection, prune).map_err(error())?;
            let done = if prune.only_frames { drop_frames(connection, &old) } else { drop_reports(connection, &old) };
            done.map_err(error())
        })?;
        if pruned.reports > 0 {
            let done = self.connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
            done.map_err(self.error("give back the space of"))?;
        }
        let after = std::fs::metadata(&self.path).map_or(0, |file| file.len());
        pruned.freed = before.saturating_sub(after);
        Ok(pruned)
    }
}

fn prunable(connection: &rusqlite::Connection, prune: &Prune) -> rusqlite::Result<BTreeSet<ReportId>> {
    let reports = |sql: &str, value: i64| -> rusqlite::Result<BTreeSet<ReportId>> {
        connection.prepare(sql)?.query_map([value], |row| Ok(ReportId(row.get(0)?)))?.collect()
    };
    let mut old = reports("SELECT id FROM reports WHERE instant < ?", prune.before.as_millisecond())?;
    if prune.keep > 0 && !old.is_empty() {
        let last = reports(
            "SELECT DISTINCT report FROM ( \
                 SELECT p.report, row_number() OVER ( \
                     PARTITION BY p.series ORDER BY coalesce(c.instant, r.instant) DESC, \
                     coalesce(c.position, 9223372036854775807) DESC, r.instant DESC, r.digest DESC) AS age \
                 FROM points p JOIN reports r ON r.id = p.report LEFT JOIN commits c ON c.id = r.commit_id) \
             WHERE age <= ?",
            integer(prune.keep),
        )?;
        old.retain(|report| !last.contains(report));
    }
    Ok(old)
}

fn drop_frames(connection: &rusqlite::Connection, old: &BTreeSet<ReportId>) -> rusqlite::Result<Pruned> {
    let mut pruned = Pruned::default();
    for report in old {
        pruned.reports += drop_frames_of(connection, *report)?;
    }
    Ok(pruned)
}

/// Removes the frames of a report; returns 1 if it had any.
pub(super) fn drop_frames_of(connection: &rusqlite::Connection, report: ReportId) -> rusqlite::Result<usize> {
    connection.prepare_cached("UPDATE reports SET has_frames = 0 WHERE id = ? AND has_frames")?.execute([report.0])?;
    connection
        .prepare_cached("UPDATE contents SET frames = NULL WHERE report = ? AND frames IS NOT NULL")?
        .execute([report.0])
}

fn drop_reports(connection: &rusqlite::Connection, old: &BTreeSet<ReportId>) -> rusqlite::Result<Pruned> {
    let mut pruned = Pruned::default();
    let series: Vec<i64> = connection
        .prepare("SELECT id FROM series")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    // A point is found by its series; going through all points for each report would take longer.
    let mut drop_point = connection.prepare("DELETE FROM points WHERE series = ? AND report = ?")?;
    let mut drop_report = connection.prepare("DELETE FROM reports WHERE id = ?")?;
    for report in old {
        for series in &series {
            pruned.points += drop_point.execute(params![series, report.0])?;
        }
        pruned.reports += drop_report.execute([report.0])?;
    }
    connection.execute_batch(
        "DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM points WHERE points.series = series.id); \
         DELETE FROM commits WHERE NOT EXISTS (SELECT 1 FROM reports WHERE reports.commit_id = commits.id); \
         DELETE FROM machines WHERE NOT EXISTS (SELECT 1 FROM reports WHERE reports.machine = machines.id)",
    )?;
    Ok(pruned)
}
