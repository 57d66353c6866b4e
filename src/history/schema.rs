//! The tables, version by version.

/// Marks SQLite files as ours (`PRAGMA application_id`): "fpHi".
pub(super) const APPLICATION_ID: i64 = 0x6670_4869;

/// The migrations from one version of the schema to the next; the version is the number of migrations that a file has had. A
/// released migration is never changed: further changes become a migration of their own.
pub(super) const STEPS: [&str; 4] = [VERSION_1, VERSION_2, VERSION_3, VERSION_4];

/// Times are stored twice: as the given text, and in milliseconds since 1970 for sorting.
///
/// Blobs have a table of their own, so that going through the reports does not read past them. A point's key is its series
/// and its report, in this order and without a row id: so the points of a series are stored together.
const VERSION_1: &str = "
CREATE TABLE machines (
    id INTEGER PRIMARY KEY,
    class TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE commits (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    time TEXT,
    subject TEXT NOT NULL,
    position INTEGER,
    -- When it counts as made: its time, but never before that of a commit that precedes it in a checkout.
    instant INTEGER
) STRICT;

CREATE TABLE reports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest BLOB NOT NULL UNIQUE,
    created TEXT NOT NULL,
    instant INTEGER NOT NULL,
    commit_id INTEGER REFERENCES commits (id),
    machine INTEGER NOT NULL REFERENCES machines (id),
    std TEXT NOT NULL,
    version TEXT NOT NULL,
    source TEXT NOT NULL,
    complete INTEGER NOT NULL,
    benchmarks INTEGER NOT NULL,
    runs INTEGER NOT NULL,
    failures INTEGER NOT NULL
) STRICT;
CREATE INDEX reports_by_commit ON reports (commit_id);

CREATE TABLE contents (
    report INTEGER PRIMARY KEY REFERENCES reports (id) ON DELETE CASCADE,
    body BLOB NOT NULL,
    body_digest BLOB NOT NULL,
    -- The frames of all runs; absent where they were pruned.
    frames BLOB,
    figures TEXT
) STRICT;

CREATE TABLE failures (
    report INTEGER NOT NULL REFERENCES reports (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    benchmark TEXT NOT NULL,
    kind TEXT NOT NULL,
    phase TEXT,
    message TEXT NOT NULL,
    PRIMARY KEY (report, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    benchmark TEXT NOT NULL,
    metric TEXT NOT NULL,
    phase TEXT,
    package TEXT,
    machine INTEGER NOT NULL REFERENCES machines (id),
    std TEXT NOT NULL,
    depth INTEGER
) STRICT;
-- NULL is different from NULL in an index, but no phase is the same as no phase. No text equals a blob.
CREATE UNIQUE INDEX series_by_key
    ON series (benchmark, metric, coalesce(phase, x'00'), coalesce(package, x'00'), machine, std);

CREATE TABLE points (
    series INTEGER NOT NULL,
    report INTEGER NOT NULL,
    count INTEGER NOT NULL,
    median REAL NOT NULL,
    low REAL NOT NULL,
    high REAL NOT NULL,
    spread REAL,
    samples BLOB NOT NULL,
    PRIMARY KEY (series, report)
) STRICT, WITHOUT ROWID;

CREATE TABLE notes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    time TEXT NOT NULL,
    UNIQUE (subject, kind, text, time)
) STRICT;

CREATE TABLE state (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

/// Whether a report's contents have frames, stored with the report: to read it from the contents, SQLite has to read past
/// their blobs, which made a list of ten years take forty times as long.
const VERSION_2: &str = "
ALTER TABLE reports ADD COLUMN has_frames INTEGER NOT NULL DEFAULT 1;
UPDATE reports SET has_frames = 0 WHERE id IN (SELECT report FROM contents WHERE frames IS NULL);
";

/// The results of controls. The counts are part of the key, so that a control that is imported twice is stored once.
const VERSION_3: &str = "
CREATE TABLE controls (
    id INTEGER PRIMARY KEY,
    created TEXT NOT NULL,
    instant INTEGER NOT NULL,
    machine INTEGER NOT NULL REFERENCES machines (id),
    harness TEXT NOT NULL,
    figures INTEGER NOT NULL,
    false_alarms INTEGER NOT NULL,
    blocks INTEGER NOT NULL,
    UNIQUE (created, machine, harness, figures, false_alarms, blocks)
) STRICT;
";

/// Which program a series measures: an edited program is another one. NULL where reports do not say.
const VERSION_4: &str = "
ALTER TABLE series ADD COLUMN program TEXT;
DROP INDEX series_by_key;
CREATE UNIQUE INDEX series_by_key ON series
    (benchmark, metric, coalesce(phase, x'00'), coalesce(package, x'00'), machine, std, coalesce(program, x'00'));
";
