//! Reports in files: JSON with a schema version.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::model::{COMPARISON_SCHEMA_VERSION, Comparison, Report, SCHEMA_VERSION, call_same_binaries};
use crate::os::draft::Draft;

/// Why a report could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file or its folder cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is no report, or no comparison.
    #[error("{} is no {what} of forc-perf: {source}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What it should be.
        what: &'static str,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// It is neither.
    #[error("{} is neither a report nor a comparison of forc-perf", .0.display())]
    Neither(PathBuf),
    /// It is a report or a comparison of a later forc-perf.
    #[error("{} has schema version {found}, and this forc-perf reads up to {known}: update forc-perf", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The latest version that can be read.
        known: u32,
    },
}

/// Writes a report atomically: an older one stays until the new one is complete.
///
/// # Errors
/// If the file cannot be written.
pub fn write(report: &Report, path: &Path) -> Result<(), FileError> {
    write_with(path, |file| serde_json::to_writer(file, report).map_err(io::Error::from))
}

/// Writes a text in the same way.
///
/// # Errors
/// If the file cannot be written.
pub fn write_text(text: &str, path: &Path) -> Result<(), FileError> {
    write_with(path, |file| file.write_all(text.as_bytes()))
}

fn write_with(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), FileError> {
    let error = |source| FileError::Write { path: path.to_owned(), source };
    // A pipe or a device cannot be replaced by renaming a file.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        let mut file = BufWriter::new(File::create(path).map_err(error)?);
        return content(&mut file).and_then(|()| file.flush()).map_err(error);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(error)?;
    }
    let mut draft = Draft::of(path).map_err(error)?;
    let mut file = BufWriter::new(draft.file());
    content(&mut file).and_then(|()| file.flush()).map_err(error)?;
    drop(file);
    draft.finish().map_err(error)
}

/// Writes a comparison in the same way.
///
/// # Errors
/// If the file cannot be written.
pub fn write_comparison(comparison: &Comparison, path: &Path) -> Result<(), FileError> {
    write_with(path, |file| serde_json::to_writer(file, comparison).map_err(io::Error::from))
}

/// Reads a report of this version of the layout or an earlier one.
///
/// # Errors
/// If the file cannot be read, is no report, or is a later version's.
pub fn read(path: &Path) -> Result<Report, FileError> {
    #[derive(Deserialize)]
    struct Version {
        schema_version: u32,
    }
    read_versioned(path, "report", SCHEMA_VERSION, |version: &Version| version.schema_version)
}

/// Reads a comparison of this version of the layout or an earlier one.
///
/// # Errors
/// If the file cannot be read, is no comparison, or is a later version's.
pub fn read_comparison(path: &Path) -> Result<Comparison, FileError> {
    #[derive(Deserialize)]
    struct Version {
        comparison_version: u32,
    }
    let read = |version: &Version| version.comparison_version;
    let mut comparison: Comparison = read_versioned(path, "comparison", COMPARISON_SCHEMA_VERSION, read)?;
    // Files older than the verdict `same-binary` have other verdicts.
    call_same_binaries(&comparison.sides, &mut comparison.findings);
    Ok(comparison)
}

/// A report or a comparison.
#[derive(Debug)]
pub enum Either {
    /// A report.
    Report(Box<Report>),
    /// A comparison.
    Comparison(Box<Comparison>),
}

/// Reads whichever of the two the file is.
///
/// # Errors
/// If the file cannot be read, is neither, or is a later version's.
pub fn read_either(path: &Path) -> Result<Either, FileError> {
    #[derive(Deserialize)]
    struct Versions {
        schema_version: Option<serde::de::IgnoredAny>,
        comparison_version: Option<serde::de::IgnoredAny>,
    }
    let file = File::open(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    let neither = || FileError::Neither(path.to_owned());
    let versions: Versions = serde_json::from_reader(BufReader::new(file)).map_err(|_| neither())?;
    match (versions.comparison_version, versions.schema_version) {
        (Some(_), _) => read_comparison(path).map(|comparison| Either::Comparison(Box::new(comparison))),
        (None, Some(_)) => read(path).map(|report| Either::Report(Box::new(report))),
        (None, None) => Err(neither()),
    }
}

fn read_versioned<T: DeserializeOwned, V: DeserializeOwned>(
    path: &Path,
    what: &'static str,
    known: u32,
    version: fn(&V) -> u32,
) -> Result<T, FileError> {
    let open =
        || File::open(path).map(BufReader::new).map_err(|source| FileError::Read { path: path.to_owned(), source });
    let invalid = |source| FileError::Invalid { path: path.to_owned(), what, source };
    // The version first, so that a newer file is reported by its version and not by a field that does not fit.
    let found = version(&serde_json::from_reader(open()?).map_err(invalid)?);
    if found > known {
        return Err(FileError::Newer { path: path.to_owned(), found, known });
    }
    serde_json::from_reader(open()?).map_err(invalid)
}

/// Checks that the file can be written, before an hour of measuring instead of after it.
///
/// # Errors
/// If it cannot.
pub fn check_file_writable(path: &Path) -> Result<(), FileError> {
    if path.is_dir() {
        let source = io::Error::from(io::ErrorKind::IsADirectory);
        return Err(FileError::Write { path: path.to_owned(), source });
    }
    if path.exists() && !path.is_file() {
        return Ok(());
    }
    check_writable(path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new(".")))
}

/// Checks that a file can be written in the folder, before an hour of measuring instead of after it.
///
/// # Errors
/// If it cannot.
pub fn check_writable(folder: &Path) -> Result<(), FileError> {
    let error = |source| FileError::Write { path: folder.to_owned(), source };
    fs::create_dir_all(folder).map_err(error)?;
    Draft::of(&folder.join("draft")).map(drop).map_err(error)
}

/// The JSON Schema of a report, generated from the types.
pub fn schema() -> serde_json::Value {
    with_id(schemars::schema_for!(Report).to_value(), "report", SCHEMA_VERSION)
}

/// The schema under a name that says which layout it is of (RFC 8141).
fn with_id(mut schema: serde_json::Value, what: &str, version: u32) -> serde_json::Value {
    if let Some(object) = schema.as_object_mut() {
        object.insert("$id".to_owned(), format!("urn:forc-perf:schema:{what}:{version}").into());
    }
    schema
}

/// The JSON Schema of a comparison, generated from the types.
pub fn comparison_schema() -> serde_json::Value {
    with_id(schemars::schema_for!(Comparison).to_value(), "comparison", COMPARISON_SCHEMA_VERSION)
}
