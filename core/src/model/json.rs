//! Reports and comparisons from JSON and to it, in one place: compiled once, and with the core's optimisation.

use serde_json::Result;

use super::{Comparison, Report, SerdeFrames};

impl Report {
    /// The report that this JSON holds.
    ///
    /// # Errors
    /// If it is not one of this version of the layout, or of an earlier one.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        serde_json::from_slice(json)
    }

    /// The report as JSON, on one line.
    ///
    /// # Errors
    /// None that is known: all keys are texts.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self)
    }
}

impl Comparison {
    /// The comparison that this JSON holds.
    ///
    /// # Errors
    /// If it is not one of this version of the layout, or of an earlier one.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        serde_json::from_slice(json)
    }

    /// The comparison as JSON, on one line.
    ///
    /// # Errors
    /// None that is known: all keys are texts.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self)
    }
}

impl SerdeFrames {
    /// The frames of several runs from their JSON.
    ///
    /// # Errors
    /// If it is not an array of frames.
    pub fn all_from_json(json: &[u8]) -> Result<Vec<Self>> {
        serde_json::from_slice(json)
    }

    /// The frames of several runs as JSON, on one line.
    ///
    /// # Errors
    /// None that is known.
    pub fn all_to_json(frames: &[Self]) -> Result<Vec<u8>> {
        serde_json::to_vec(frames)
    }
}
