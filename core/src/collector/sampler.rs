//! The thread that takes the frames and ends a run on its time limit or on an interrupt.

use std::thread;
use std::time::{Duration, Instant};

use super::counters::{Counters, Detail};
use super::process::Control;
use crate::model::{BenchmarkFrame, SerdeFrames, SerdeInstant};
use crate::os::Interrupt;

/// The longest sleep of the thread between two checks for a stop request.
const CONTROL_INTERVAL: Duration = Duration::from_millis(50);

/// The shortest interval between two readings of CPU time: see [`super::procfs`] for the cost. Frames in between get
/// the mean use between the two readings.
const CPU_INTERVAL: Duration = Duration::from_millis(20);

/// If a sleep of this thread takes so much longer than requested, the harness stood still: it was stopped (Ctrl-Z, a
/// debugger, a frozen container). A busy machine does not keep the thread waiting so long.
const STANDSTILL: Duration = Duration::from_millis(500);

/// Why a run was ended by the harness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It exceeded its time limit.
    TimeLimit,
    /// The user asked for it.
    Interrupted,
}

/// The result of the thread.
#[derive(Debug, Default)]
pub struct Sampled {
    /// The frames.
    pub frames: SerdeFrames,
    /// The delay of each of them.
    pub lateness: Vec<Duration>,
    /// The highest resident memory in a frame, in bytes.
    pub peak_resident: Option<u64>,
    /// Whether the disk counters could be read in every frame.
    pub disk_readable: bool,
    /// For how long the harness stood still, if it did.
    pub stood_still: Duration,
    /// Why the process was ended, if it was.
    pub ended: Option<Ended>,
}

/// Takes a frame by `read` every `interval` until the process has exited. Without an interval, it only checks the time
/// limit and the interrupt.
///
/// Deadlines are absolute, so that the work of one frame does not delay the next. Missed deadlines are left out, and
/// not made up for in a burst.
pub fn sample(
    read: impl Fn(Detail) -> Option<Counters>,
    interval: Option<Duration>,
    control: &Control,
    started: Instant,
    time_limit: Duration,
    interrupt: &Interrupt,
) -> Sampled {
    be_punctual();
    let mut sampled = Sampled { disk_readable: true, ..Sampled::default() };
    let mut totals = Totals::new(SerdeInstant::from(started));
    let mut deadline = interval.and_then(|interval| started.checked_add(interval));
    let mut limit = started.checked_add(time_limit);
    while !control.exited() {
        let now = Instant::now();
        if sampled.ended.is_none() {
            sampled.ended = if limit.is_some_and(|limit| now >= limit) {
                Some(Ended::TimeLimit)
            } else if interrupt.requested() {
                Some(Ended::Interrupted)
            } else {
                None
            };
            if sampled.ended.is_some() {
                control.kill();
            }
        }
        let until_frame = deadline.map_or(CONTROL_INTERVAL, |deadline| deadline.saturating_duration_since(now));
        if !until_frame.is_zero() {
            // The waiting thread unparks this one at the exit, so that a sleeping sampler never delays the end of a
            // run.
            let planned = until_frame.min(CONTROL_INTERVAL);
            thread::park_timeout(planned);
            let overslept = now.elapsed().saturating_sub(planned);
            if overslept >= STANDSTILL {
                sampled.stood_still += overslept;
                // The time limit is for the compiler alone.
                limit = limit.and_then(|limit| limit.checked_add(overslept));
            }
            continue;
        }
        let (Some(interval), Some(due)) = (interval, deadline) else { continue };
        let detail = if totals.cpu_is_due(interval) { Detail::Cpu } else { Detail::Memory };
        if let Some(counters) = read(detail) {
            sampled.peak_resident = sampled.peak_resident.max(counters.resident);
            sampled.disk_readable &= counters.has_disk();
            sampled.lateness.push(now - due);
            totals.add_frame(&counters, &mut sampled.frames);
        }
        let missed = Instant::now().saturating_duration_since(due).as_nanos() / interval.as_nanos().max(1);
        deadline = due.checked_add(interval.saturating_mul(u32::try_from(missed + 1).unwrap_or(u32::MAX)));
    }
    sampled
}

/// Has the kernel wake this thread at the requested time, and not up to 50 µs later to save a wake-up.
fn be_punctual() {
    #[cfg(target_os = "linux")]
    // A refusal leaves the thread as it is.
    let _ = rustix::thread::set_current_timer_slack(Some(std::num::NonZeroU64::MIN));
}

/// The totals at earlier frames, for the differences in the next.
struct Totals {
    read: u64,
    written: u64,
    /// The time of the last reading of CPU time, its value, and the number of frames then.
    cpu_at: SerdeInstant,
    cpu_time: Duration,
    cpu_frames: usize,
    /// The latest known use, in per cent of a core.
    cpu_usage: f32,
}

impl Totals {
    /// The totals of a process that has just been started.
    fn new(at: SerdeInstant) -> Self {
        Self { read: 0, written: 0, cpu_at: at, cpu_time: Duration::ZERO, cpu_frames: 0, cpu_usage: 0.0 }
    }

    /// Whether CPU time is to be read in the next frame: in the first one, and then when the interval has passed, or
    /// has almost passed, as frames do not come to the nanosecond.
    fn cpu_is_due(&self, interval: Duration) -> bool {
        let passed = SerdeInstant::now().duration_since(self.cpu_at);
        self.cpu_frames == 0 || passed + interval / 2 >= CPU_INTERVAL
    }

    fn add_frame(&mut self, counters: &Counters, frames: &mut SerdeFrames) {
        let timestamp = SerdeInstant::now();
        let read = counters.disk_read.unwrap_or(self.read);
        let written = counters.disk_written.unwrap_or(self.written);
        frames.push(BenchmarkFrame {
            timestamp,
            cpu_usage: self.cpu_usage,
            memory_usage: counters.resident.unwrap_or(0),
            virtual_memory_usage: counters.virtual_size.unwrap_or(0),
            disk_total_written_bytes: written,
            disk_written_bytes: written.saturating_sub(self.written),
            disk_total_read_bytes: read,
            disk_read_bytes: read.saturating_sub(self.read),
        });
        (self.read, self.written) = (read, written);
        if let Some(cpu_time) = counters.cpu_time {
            self.add_cpu_time(timestamp, cpu_time, frames);
        }
    }

    /// Sets the use of the frames since the last reading to the mean between the two readings.
    fn add_cpu_time(&mut self, at: SerdeInstant, cpu_time: Duration, frames: &mut SerdeFrames) {
        let elapsed = at.duration_since(self.cpu_at).as_secs_f64();
        let busy = cpu_time.saturating_sub(self.cpu_time).as_secs_f64();
        self.cpu_usage = if elapsed > 0.0 { (100.0 * busy / elapsed) as f32 } else { 0.0 };
        for frame in &mut frames[self.cpu_frames..] {
            frame.cpu_usage = self.cpu_usage;
        }
        (self.cpu_at, self.cpu_time, self.cpu_frames) = (at, cpu_time, frames.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> SerdeInstant {
        SerdeInstant::from_epoch(Duration::from_millis(ms))
    }

    #[test]
    fn frames_between_two_readings_of_cpu_time_have_the_mean_of_their_stretch() {
        let mut totals = Totals::new(at(0));
        let mut frames = SerdeFrames::default();
        totals.add_frame(&Counters::default(), &mut frames);
        totals.add_cpu_time(at(10), Duration::from_millis(10), &mut frames);
        totals.add_frame(&Counters::default(), &mut frames);
        totals.add_frame(&Counters::default(), &mut frames);
        totals.add_cpu_time(at(30), Duration::from_millis(15), &mut frames);
        let usage: Vec<f32> = frames.iter().map(|frame| frame.cpu_usage).collect();
        assert_eq!(usage, [100.0, 25.0, 25.0]);
    }

    #[test]
    fn disk_bytes_are_differences_and_totals() {
        let counters = |written| Counters { disk_written: Some(written), disk_read: Some(0), ..Counters::default() };
        let mut totals = Totals::new(at(0));
        let mut frames = SerdeFrames::default();
        totals.add_frame(&counters(100), &mut frames);
        totals.add_frame(&counters(350), &mut frames);
        assert_eq!((frames[1].disk_written_bytes, frames[1].disk_total_written_bytes), (250, 350));
    }
}
