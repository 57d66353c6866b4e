//! The smallest reports that a test needs. Whatever a test does not give is empty.

use std::time::Duration;

use crate::figures;
use crate::model::*;

/// An instant after the epoch.
pub fn at(time: Duration) -> SerdeInstant {
    SerdeInstant::from_epoch(time)
}

/// A run of this length that starts at the epoch.
pub fn run(wall: Duration) -> Benchmark {
    Benchmark {
        name: "g/p/debug".into(),
        path: "/p".into(),
        start_time: Some(at(Duration::ZERO)),
        end_time: Some(at(wall)),
        ..Benchmark::default()
    }
}

/// A phase of a package from one time after the epoch to another.
pub fn phase(package: &str, name: &str, depth: u32, start: Duration, end: Duration) -> BenchmarkPhase {
    BenchmarkPhase {
        name: name.into(),
        package: Some(package.into()),
        depth,
        start_time: Some(at(start)),
        end_time: Some(at(end)),
        ..BenchmarkPhase::default()
    }
}

/// A frame of a process with this much memory, in bytes.
pub fn frame(time: Duration, cpu_usage: f32, memory: u64) -> BenchmarkFrame {
    BenchmarkFrame {
        timestamp: at(time),
        cpu_usage,
        memory_usage: memory,
        virtual_memory_usage: 2 * memory,
        ..BenchmarkFrame::default()
    }
}

/// A benchmark of these runs with its figures; `id` is `group/project/scenario`.
pub fn benchmark(id: &str, runs: Vec<Benchmark>) -> Measured {
    let mut parts = id.splitn(3, '/').map(str::to_owned);
    let mut part = || parts.next().unwrap_or_default();
    let (group, project, scenario) = (part(), part(), part());
    let mut measured = Measured { id: id.into(), group, project, scenario, runs, ..Measured::default() };
    figures::complete(&mut measured);
    measured
}
