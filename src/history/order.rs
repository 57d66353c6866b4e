//! The order of the compiler's commits.
//!
//! Commits that a checkout knows have their position in its topological order; the others are placed between them by time.
//! For this, every commit has an instant that never runs backwards along the positions: a commit with a wrong clock does not
//! come before its parents.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::{History, HistoryError, Result};
use crate::os::git::{GitError, Repository};

/// What a checkout knew of the commits of a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ordered {
    /// How many it knew.
    pub known: usize,
    /// The ids of those that it did not know, which are placed by their time.
    pub unknown: Vec<String>,
}

/// What git knows about a commit.
struct CommitPlace {
    position: i64,
    time: String,
    subject: String,
}

impl History {
    /// Reads the order of all commits from a checkout, and the dates that were not known. Positions from another checkout
    /// are dropped: two orders cannot be combined.
    ///
    /// # Errors
    /// If git cannot read the checkout, or the history not be written. Also if the checkout would lose more than it adds: a
    /// shallow one that lacks a commit with a position, or any that lacks more than half of these.
    pub fn order_by(&mut self, checkout: &Repository) -> Result<Ordered> {
        let failed = |source| HistoryError::Order { folder: checkout.folder().to_owned(), source };
        let places = places(checkout).map_err(failed)?;
        let tags = tags(checkout).map_err(failed)?;
        let is_shallow = is_shallow(checkout).map_err(failed)?;
        self.write("order the commits of", |connection, path| {
            let error = || HistoryError::database(path, "order the commits of");
            let placed = placed(connection).map_err(error())?;
            let lost = placed.iter().filter(|name| place_of(name, &places, &tags).is_none()).count();
            if lost > 0 && (is_shallow || 2 * lost > placed.len()) {
                let hint = if is_shallow {
                    "it is a shallow clone: `git fetch --unshallow` completes it"
                } else {
                    "give the checkout that the others are of"
                };
                let folder = checkout.folder().to_owned();
                return Err(HistoryError::Poorer { folder, placed: placed.len(), lost, hint });
            }
            order(connection, &places, &tags).map_err(error())
        })
    }
}

/// The place of what the history calls `name`: a commit, or a release by its tag.
fn place_of<'a>(
    name: &str,
    places: &'a HashMap<String, CommitPlace>,
    tags: &HashMap<String, String>,
) -> Option<&'a CommitPlace> {
    places.get(tags.get(name).map_or(name, String::as_str))
}

/// The names of the commits that have a position.
fn placed(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut query = connection.prepare("SELECT name FROM commits WHERE position IS NOT NULL")?;
    query.query_map([], |row| row.get(0))?.collect()
}

/// Whether a checkout ends before the first commit.
pub(super) fn is_shallow(checkout: &Repository) -> std::result::Result<bool, GitError> {
    let said = checkout.git(["rev-parse", "--is-shallow-repository"])?;
    Ok(said.starts_with(b"true"))
}

fn order(
    connection: &Connection,
    places: &HashMap<String, CommitPlace>,
    tags: &HashMap<String, String>,
) -> rusqlite::Result<Ordered> {
    let names: Vec<(i64, String)> = connection
        .prepare("SELECT id, name FROM commits ORDER BY name")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut ordered = Ordered::default();
    let mut forget = connection.prepare("UPDATE commits SET position = NULL, instant = ? WHERE id = ?")?;
    let mut place = connection.prepare(
        "UPDATE commits SET position = ?, time = coalesce(time, ?), \
         subject = CASE WHEN subject = '' THEN ? ELSE subject END WHERE id = ?",
    )?;
    let mut times = connection.prepare("SELECT time FROM commits WHERE id = ?")?;
    for (id, name) in names {
        match place_of(&name, places, tags) {
            Some(found) => {
                ordered.known += 1;
                place.execute(params![found.position, found.time, found.subject, id])?;
            }
            None => {
                let time: Option<String> = times.query_row([id], |row| row.get(0))?;
                forget.execute(params![time.as_deref().and_then(milliseconds), id])?;
                ordered.unknown.push(name);
            }
        }
    }
    settle(connection)?;
    Ok(ordered)
}

/// Gives all commits that have a position an instant that never runs backwards along the positions.
pub(super) fn settle(connection: &Connection) -> rusqlite::Result<()> {
    let placed: Vec<(i64, Option<String>)> = connection
        .prepare_cached("SELECT id, time FROM commits WHERE position IS NOT NULL ORDER BY position, name")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut update = connection.prepare_cached("UPDATE commits SET instant = ? WHERE id = ?")?;
    let mut latest = None;
    for (id, time) in placed {
        latest = latest.max(time.as_deref().and_then(milliseconds));
        update.execute(params![latest, id])?;
    }
    Ok(())
}

/// All commits that any branch or tag of the checkout reaches, each before its children.
fn places(checkout: &Repository) -> std::result::Result<HashMap<String, CommitPlace>, GitError> {
    let said = checkout.git([
        "log",
        "--topo-order",
        "--reverse",
        "--no-show-signature",
        "--format=%H%x00%cI%x00%s",
        "--all",
        "HEAD",
        "--",
    ])?;
    let said = String::from_utf8_lossy(&said);
    let place = |(position, line): (usize, &str)| {
        let mut fields = line.splitn(3, '\0').map(str::to_owned);
        let (id, time, subject) = (fields.next()?, fields.next()?, fields.next()?);
        Some((id, CommitPlace { position: i64::try_from(position).ok()?, time, subject }))
    };
    Ok(said.lines().enumerate().filter_map(place).collect())
}

/// The commits of the tags.
fn tags(checkout: &Repository) -> std::result::Result<HashMap<String, String>, GitError> {
    let format = "--format=%(refname:strip=2) %(objectname) %(*objectname)";
    let said = checkout.git(["for-each-ref", format, "refs/tags"])?;
    let said = String::from_utf8_lossy(&said);
    let tag = |line: &str| {
        let mut fields = line.split(' ').filter(|field| !field.is_empty());
        let name = fields.next()?.to_owned();
        // For an annotated tag, which is an object of its own, the commit's id comes last.
        Some((name, fields.next_back()?.to_owned()))
    };
    Ok(said.lines().filter_map(tag).collect())
}

/// A time (RFC 3339) in milliseconds since 1970.
pub(super) fn milliseconds(time: &str) -> Option<i64> {
    time.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}
