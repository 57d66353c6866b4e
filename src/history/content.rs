//! A whole report in two blobs: the report itself, and the frames of its runs, which are most of its size and can be
//! dropped.

use serde_json::Error;
use sha2::{Digest, Sha256};

use super::{ExtraFigure, Provenance};
use crate::model::{Benchmark, Report, SerdeFrames};

/// The compression level. For a report of the fixtures, a higher level saves a few per cent and takes several times as long;
/// `cargo bench --profile release --bench history -- levels` measures it.
pub(super) const LEVEL: i32 = 9;

/// What identifies a report: SHA-256 of its whole content.
pub(super) type Digest256 = [u8; 32];

/// A report as it is stored.
pub(super) struct Packed {
    pub digest: Digest256,
    pub body: Vec<u8>,
    pub body_digest: Digest256,
    pub frames: Vec<u8>,
    pub figures: Option<String>,
}

/// Packs a report, and the figures of its benchmarks that a report has no field for.
pub(super) fn pack(report: &Report, provenance: &Provenance) -> Result<Packed, String> {
    pack_at(report, &provenance.figures, LEVEL)
}

pub(super) fn pack_at(report: &Report, figures: &[ExtraFigure], level: i32) -> Result<Packed, String> {
    let json = |error: Error| error.to_string();
    let mut body = report.clone();
    let frames: Vec<SerdeFrames> = runs(&mut body).map(|run| std::mem::take(&mut run.frames)).collect();
    let body = body.to_json().map_err(json)?;
    let frames = SerdeFrames::all_to_json(&frames).map_err(json)?;
    // JSON cannot represent NaN or infinity: a report with one would be stored, but could not be read again.
    let unreadable = |error: Error| format!("it holds a figure that is not a number ({error})");
    Report::from_json(&body).map_err(unreadable)?;
    SerdeFrames::all_from_json(&frames).map_err(unreadable)?;
    let figures = if figures.is_empty() { None } else { Some(serde_json::to_string(&figures).map_err(json)?) };
    let mut digest = Sha256::new();
    // No JSON holds a zero byte.
    for part in [&body, &[0][..], &frames, &[0], figures.as_deref().unwrap_or_default().as_bytes()] {
        digest.update(part);
    }
    let pack = |bytes: &[u8]| zstd::bulk::compress(bytes, level).map_err(|error| error.to_string());
    Ok(Packed {
        digest: digest.finalize().into(),
        body_digest: Sha256::digest(&body).into(),
        body: pack(&body)?,
        frames: pack(&frames)?,
        figures,
    })
}

/// The report of these blobs, without frames where those were pruned.
pub(super) fn unpack(body: &[u8], frames: Option<&[u8]>) -> Result<Report, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let body = zstd::decode_all(body).map_err(|error| text(&error))?;
    let mut report = Report::from_json(&body).map_err(|error| text(&error))?;
    if let Some(frames) = frames {
        let frames = zstd::decode_all(frames).map_err(|error| text(&error))?;
        let frames = SerdeFrames::all_from_json(&frames).map_err(|error| text(&error))?;
        let mut of_runs = frames.into_iter();
        for run in runs(&mut report) {
            run.frames = of_runs.next().ok_or("a run's frames are missing")?;
        }
        if of_runs.next().is_some() {
            return Err("there are frames of no run".to_owned());
        }
    }
    Ok(report)
}

/// All runs that a report holds, the failed ones too, in the order in which their frames are kept.
fn runs(report: &mut Report) -> impl Iterator<Item = &mut Benchmark> {
    report.benchmarks.iter_mut().flat_map(|benchmark| {
        let failed = benchmark.failures.iter_mut().filter_map(|failure| failure.run.as_deref_mut());
        benchmark.runs.iter_mut().chain(failed)
    })
}
