use std::time::Duration;

use super::events::EventReading;

/// The counters of a process at one moment. What could not be read is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// CPU time of all its threads since it began; only read on request.
    pub cpu_time: Option<Duration>,
    /// Resident memory in bytes.
    pub resident: Option<u64>,
    /// Virtual memory in bytes.
    pub virtual_size: Option<u64>,
    /// The highest resident memory since it began, in bytes; only read on request.
    pub peak_resident: Option<u64>,
    /// Bytes read from the disk for it.
    pub disk_read: Option<u64>,
    /// Bytes written to the disk for it.
    pub disk_written: Option<u64>,
    /// The event counters; only read on request.
    pub events: Option<EventReading>,
}

impl Counters {
    /// Whether both disk counters could be read.
    pub fn has_disk(&self) -> bool {
        self.disk_read.is_some() && self.disk_written.is_some()
    }
}

/// How much to read. Each step costs several times as much as the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Memory and disk.
    Memory,
    /// Those and CPU time.
    Cpu,
    /// Those, the peak of the resident memory and the event counters: everything, for the markers.
    Marker,
}

/// Reads the counters of one running process.
pub trait Probe: Send {
    /// The counters now, or `None` if the process has ended.
    fn read(&mut self, detail: Detail) -> Option<Counters>;
}
