//! Reports in files: JSON with a schema version.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

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
    write_json(report.to_json(), path)
}

/// Writes a text in the same way.
///
/// # Errors
/// If the file cannot be written.
pub fn write_text(text: &str, path: &Path) -> Result<(), FileError> {
    write_bytes(text.as_bytes(), path)
}

fn write_json(json: serde_json::Result<Vec<u8>>, path: &Path) -> Result<(), FileError> {
    let json = json.map_err(|source| FileError::Write { path: path.to_owned(), source: source.into() })?;
    write_bytes(&json, path)
}

fn write_bytes(bytes: &[u8], path: &Path) -> Result<(), FileError> {
    let error = |source| FileError::Write { path: path.to_owned(), source };
    // A pipe or a device cannot be replaced by renaming a file.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return File::create(path).and_then(|mut file| file.write_all(bytes)).map_err(error);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(error)?;
    }
    let mut draft = Draft::of(path).map_err(error)?;
    draft.file().write_all(bytes).map_err(error)?;
    draft.finish().map_err(error)
}

/// Writes a comparison in the same way.
///
/// # Errors
/// If the file cannot be written.
pub fn write_comparison(comparison: &Comparison, path: &Path) -> Result<(), FileError> {
    write_json(comparison.to_json(), path)
}

/// Reads a report of this version of the layout or an earlier one.
///
/// # Errors
/// If the file cannot be read, is no report, or is a later version's.
pub fn read(path: &Path) -> Result<Report, FileError> {
    let bytes = bytes_of(path)?;
    report_of(path, &bytes, Versions::of(&bytes))
}

/// Reads a comparison of this version of the layout or an earlier one.
///
/// # Errors
/// If the file cannot be read, is no comparison, or is a later version's.
pub fn read_comparison(path: &Path) -> Result<Comparison, FileError> {
    let bytes = bytes_of(path)?;
    comparison_of(path, &bytes, Versions::of(&bytes))
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
    let bytes = bytes_of(path)?;
    match Versions::of(&bytes) {
        Ok(versions @ Versions { comparison_version: Some(_), .. }) => {
            comparison_of(path, &bytes, Ok(versions)).map(|comparison| Either::Comparison(Box::new(comparison)))
        }
        Ok(versions @ Versions { schema_version: Some(_), .. }) => {
            report_of(path, &bytes, Ok(versions)).map(|report| Either::Report(Box::new(report)))
        }
        _ => Err(FileError::Neither(path.to_owned())),
    }
}

/// What a file says of its layout.
#[derive(Deserialize)]
struct Versions {
    schema_version: Option<Value>,
    comparison_version: Option<Value>,
}

impl Versions {
    fn of(bytes: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(bytes)
    }
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, FileError> {
    fs::read(path).map_err(|source| FileError::Read { path: path.to_owned(), source })
}

fn report_of(path: &Path, bytes: &[u8], versions: serde_json::Result<Versions>) -> Result<Report, FileError> {
    let invalid = |source| FileError::Invalid { path: path.to_owned(), what: "report", source };
    // The version first, so that a newer file is reported by its version and not by a field that does not fit.
    check_version(path, versions.map_err(invalid)?.schema_version, SCHEMA_VERSION)?;
    Report::from_json(bytes).map_err(invalid)
}

fn comparison_of(path: &Path, bytes: &[u8], versions: serde_json::Result<Versions>) -> Result<Comparison, FileError> {
    let invalid = |source| FileError::Invalid { path: path.to_owned(), what: "comparison", source };
    check_version(path, versions.map_err(invalid)?.comparison_version, COMPARISON_SCHEMA_VERSION)?;
    let mut comparison = Comparison::from_json(bytes).map_err(invalid)?;
    // Files older than the verdict `same-binary` have other verdicts.
    call_same_binaries(&comparison.sides, &mut comparison.findings);
    Ok(comparison)
}

/// A file of a later version is refused. One without a version is for the reader of the whole to refuse.
fn check_version(path: &Path, found: Option<Value>, known: u32) -> Result<(), FileError> {
    match found.and_then(|version| u32::try_from(version.as_u64()?).ok()) {
        Some(found) if found > known => Err(FileError::Newer { path: path.to_owned(), found, known }),
        _ => Ok(()),
    }
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
