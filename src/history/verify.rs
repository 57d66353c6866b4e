//! Checking a history for damage.

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::order::milliseconds;
use super::record::{ReportColumns, failures, pack, points, programs, std_text};
use super::{FailureInfo, History, HistoryError, Kept, MachineClass, ReportId, Result, samples, std_choice};
use crate::stats;
use crate::text::hex;

/// A problem of a history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The report that it concerns, if any.
    pub report: Option<ReportId>,
    /// A message that describes it.
    pub what: String,
}

/// The result of a verification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// How many reports were read.
    pub reports: usize,
    /// How many points were compared with them.
    pub points: usize,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// A point in comparable form: the bits of its figures, its samples, and the program of its series.
type Facts = (i64, [u64; 3], Option<u64>, Vec<u8>, Option<String>);
type Key = (String, String, Option<String>, Option<String>, MachineClass, String);

impl History {
    /// Has SQLite check the file, reads every report, compares it with its digest, and compares what is derived from it (its
    /// line in the list, its points and its failures) with its content. The commits' order and the users' notes are in no
    /// report, so they cannot be checked.
    ///
    /// # Errors
    /// If the file cannot be read at all. Damage is not an error here, but a problem in the result.
    pub fn verify(&self) -> Result<Verified> {
        let mut verified = Verified::default();
        let rows = |sql: &str, column: usize| -> rusqlite::Result<Vec<String>> {
            self.connection.prepare(sql)?.query_map([], |row| row.get(column))?.collect()
        };
        let read = self.error("check");
        match rows("PRAGMA integrity_check", 0) {
            Ok(said) => {
                let wrong = said.into_iter().filter(|line| line != "ok");
                verified.problems.extend(wrong.map(|what| Problem { report: None, what }));
            }
            Err(error) => return Err(read(error)),
        }
        let mut check = |sql: &str, what: &str| -> rusqlite::Result<()> {
            let count: i64 = self.connection.query_row(sql, [], |row| row.get(0))?;
            if count > 0 {
                verified.problems.push(Problem { report: None, what: format!("{count} {what}") });
            }
            Ok(())
        };
        check("SELECT count(*) FROM pragma_foreign_key_check", "rows refer to something that is not there")
            .and_then(|()| {
                check(
                    "SELECT count(*) FROM points WHERE report NOT IN (SELECT id FROM reports) \
                     OR series NOT IN (SELECT id FROM series)",
                    "points belong to no report or no series",
                )
            })
            .and_then(|()| {
                check(
                    "SELECT count(*) FROM reports r LEFT JOIN contents k ON k.report = r.id \
                     WHERE k.report IS NULL OR (k.frames IS NOT NULL) <> r.has_frames",
                    "reports have no content, or other frames than they say",
                )
            })
            .map_err(self.error("check"))?;
        for report in self.ids()? {
            verified.reports += 1;
            match self.verify_report(report) {
                Ok(points) => verified.points += points,
                Err(what) => verified.problems.push(Problem { report: Some(report), what }),
            }
        }
        Ok(verified)
    }

    /// The numbers of all reports.
    pub(super) fn ids(&self) -> Result<Vec<ReportId>> {
        let read = || -> rusqlite::Result<Vec<ReportId>> {
            self.connection
                .prepare_cached("SELECT id FROM reports ORDER BY instant, digest")?
                .query_map([], |row| Ok(ReportId(row.get(0)?)))?
                .collect()
        };
        read().map_err(self.error("read the reports of"))
    }

    /// How many points the report has, or its problem.
    fn verify_report(&self, id: ReportId) -> std::result::Result<usize, String> {
        let (body, body_digest): (Vec<u8>, Vec<u8>) = self
            .connection
            .query_row("SELECT body, body_digest FROM contents WHERE report = ?", [id.0], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .map_err(|error| error.to_string())?;
        let body = zstd::decode_all(&body[..]).map_err(|error| error.to_string())?;
        if Sha256::digest(&body)[..] != body_digest[..] {
            return Err("its content is not what was recorded".to_owned());
        }
        let kept = self.report(id).map_err(|error| match error {
            HistoryError::Damaged { what, .. } => what,
            error => error.to_string(),
        })?;
        let packed = pack(&kept.report, &kept.provenance).map_err(|error| error.to_string())?;
        // Without its frames the whole cannot be compared with its digest.
        if kept.info.has_frames && hex(&packed.digest) != kept.info.digest {
            return Err("its content, or that of its frames, is not what was recorded".to_owned());
        }
        let expected: BTreeMap<Key, Facts> = {
            let machine = MachineClass::of(&kept.report.environment);
            let std = std_text(&std_choice(&kept.report));
            let programs = programs(&kept.report);
            let mut expected = BTreeMap::new();
            for (benchmark, values) in points(&kept.report, &kept.provenance) {
                let Some(estimate) = stats::estimate(&values.values) else { continue };
                let key = (
                    benchmark.to_owned(),
                    values.metric.word(),
                    values.phase,
                    values.package,
                    machine.clone(),
                    std.clone(),
                );
                let figures = [estimate.median, estimate.low, estimate.high].map(f64::to_bits);
                let count = super::record::integer(estimate.count);
                let program = programs.get(benchmark).map(|program| (*program).to_owned());
                let samples = samples::pack(&values.values);
                let facts = (count, figures, estimate.spread.map(f64::to_bits), samples, program);
                // As in recording, the first of two with the same name.
                expected.entry(key).or_insert(facts);
            }
            expected
        };
        let mut found = self.facts(id).map_err(|error| error.to_string())?;
        for (key, facts) in &mut found {
            // A report that does not say its program is assumed to be of a known one.
            if expected.get(key).is_some_and(|expected| expected.4.is_none()) {
                facts.4 = None;
            }
        }
        if found == expected {
            self.verify_columns(&kept)?;
            Ok(found.len())
        } else {
            let wrong = expected.iter().filter(|(key, facts)| found.get(*key) != Some(*facts)).count();
            let more = found.keys().filter(|key| !expected.contains_key(*key)).count();
            Err(format!("{} of its points are not what it says", wrong + more))
        }
    }

    /// Compares the report's line in the list, and its stored failures, with its content.
    fn verify_columns(&self, kept: &Kept) -> std::result::Result<(), String> {
        let Kept { info, report, .. } = kept;
        let said = ReportColumns::of(report);
        let (instant, std, complete): (i64, String, i64) = self
            .connection
            .query_row("SELECT instant, std, complete FROM reports WHERE id = ?", [info.id.0], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .map_err(|error| error.to_string())?;
        for (what, differs) in [
            ("when it was measured", info.created != report.created || milliseconds(&report.created) != Some(instant)),
            ("its compiler's version", info.version != report.toolchain.version),
            ("its machine", info.machine != MachineClass::of(&report.environment)),
            ("its std", std != std_text(&std_choice(report))),
            ("whether it is complete", complete != i64::from(said.complete)),
            (
                "how many benchmarks, runs and failures it has",
                [info.benchmarks, info.runs, info.failures] != [said.benchmarks, said.runs, said.failures],
            ),
        ] {
            if differs {
                return Err(format!("the list of reports does not say of it what it says itself: {what}"));
            }
        }
        let listed = self.failures(info.id).map_err(|error| error.to_string())?;
        let reported: Vec<FailureInfo> = failures(report)
            .map(|(benchmark, failure)| FailureInfo {
                benchmark: benchmark.id.clone(),
                kind: failure.kind.name().to_owned(),
                phase: failure.phase.clone(),
                message: failure.message.clone(),
            })
            .collect();
        if listed == reported {
            Ok(())
        } else {
            Err("the list of failures does not say of it what it says itself".to_owned())
        }
    }

    fn facts(&self, id: ReportId) -> rusqlite::Result<BTreeMap<Key, Facts>> {
        self.connection
            .prepare_cached(
                "SELECT s.benchmark, s.metric, s.phase, s.package, m.class, s.std, p.count, p.median, p.low, p.high, \
                 p.spread, p.samples, s.program FROM series s JOIN machines m ON m.id = s.machine \
                 JOIN points p ON p.series = s.id AND p.report = ?",
            )?
            .query_map([id.0], |row| {
                let machine = super::read::machine_of(&row.get::<_, String>(4)?);
                let key = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, machine, row.get(5)?);
                let figure = |column: usize| row.get::<_, f64>(column).map(f64::to_bits);
                let spread: Option<f64> = row.get(10)?;
                let figures = [figure(7)?, figure(8)?, figure(9)?];
                Ok((key, (row.get(6)?, figures, spread.map(f64::to_bits), row.get(11)?, row.get(12)?)))
            })?
            .collect()
    }
}
