//! How often the harness reported a change where there was none: what comparisons found between a compiler and a second copy
//! of it.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::order::milliseconds;
use super::record::{integer, machine_id};
use super::{History, HistoryError, MachineClass, Result};
use crate::model::{Comparison, ControlOutcome};

/// The result of a control, with where and when it was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// When the comparison began, RFC 3339.
    pub created: String,
    /// The machine.
    pub machine: MachineClass,
    /// The version of the harness.
    pub harness: String,
    /// The result.
    #[serde(flatten)]
    pub outcome: ControlOutcome,
}

impl Control {
    /// The control of a comparison; `None` if it had none, or none of its figures was judged.
    pub fn of(comparison: &Comparison) -> Option<Self> {
        let outcome = comparison.control_outcome().filter(|outcome| outcome.figures > 0)?;
        Some(Self {
            created: comparison.created.clone(),
            machine: MachineClass::of(&comparison.environment),
            harness: comparison.harness.version.clone(),
            outcome,
        })
    }
}

impl History {
    /// Stores the results of controls. One that is already stored stays as it is.
    ///
    /// # Errors
    /// If one has no time, or they cannot be written.
    pub fn record_controls(&mut self, controls: &[Control]) -> Result<()> {
        self.write("record a control in", |connection, path| {
            for control in controls {
                if milliseconds(&control.created).is_none() {
                    let reason = "it does not say when it was measured".to_owned();
                    return Err(HistoryError::Report { created: control.created.clone(), reason });
                }
                insert(connection, control).map_err(HistoryError::database(path, "record a control in"))?;
            }
            Ok(())
        })
    }

    /// The results of all controls, the oldest first.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn controls(&self) -> Result<Vec<Control>> {
        let read = || -> rusqlite::Result<Vec<Control>> {
            self.connection
                .prepare_cached(
                    "SELECT created, class, harness, figures, false_alarms, blocks FROM controls \
                     JOIN machines ON machines.id = machine \
                     ORDER BY controls.instant, created, class, harness, figures, false_alarms, blocks",
                )?
                .query_map([], |row| {
                    let class: String = row.get(1)?;
                    let count = |index| row.get(index).map(|count: i64| usize::try_from(count).unwrap_or(0));
                    Ok(Control {
                        created: row.get(0)?,
                        machine: serde_json::from_str(&class).map_err(|error| {
                            rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, error.into())
                        })?,
                        harness: row.get(2)?,
                        outcome: ControlOutcome { figures: count(3)?, false_alarms: count(4)?, blocks: count(5)? },
                    })
                })?
                .collect()
        };
        read().map_err(self.error("read the controls of"))
    }
}

pub(super) fn insert(connection: &Connection, control: &Control) -> rusqlite::Result<()> {
    let machine = machine_id(connection, &control.machine)?;
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO controls (created, instant, machine, harness, figures, false_alarms, blocks) \
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            control.created,
            milliseconds(&control.created).unwrap_or_default(),
            machine,
            control.harness,
            integer(control.outcome.figures),
            integer(control.outcome.false_alarms),
            integer(control.outcome.blocks),
        ])
        .map(drop)
}
