//! The three panels: CPU, resident memory, disk.

use super::{Clock, LEFT, RIGHT, TICK};
use crate::chart::axis::{Scale, Ticks, byte_ticks, decimate, percent_ticks};
use crate::chart::palette::{INK, LINE, MUTED};
use crate::chart::scene::{Align, Chart, Style};
use crate::model::{Accounting, Benchmark, BenchmarkFrame, SerdeInstant};
use crate::text::format;

const HEADING: Style = Style::bold(11.0, INK);
const REMARK: Style = Style::new(11.0, MUTED);
/// Above a panel, for its heading.
const HEAD: f64 = 26.0;
/// Up to this many frames, each is marked by a dot.
const FEW: usize = 60;
/// The unit of the kernel's disk accounting, in bytes.
const BLOCK: u64 = 512;
/// The colours of the two disk lines, apart from each other in lightness too. Neither is a phase's.
const WRITTEN: (u8, u8, u8) = INK;
const READ: (u8, u8, u8) = MUTED;

/// Draws the panels from `top` down, and returns their bottom.
pub(super) fn panels(chart: &mut Chart, run: &Benchmark, clock: &Clock, top: f64) -> f64 {
    let top = cpu(chart, run, clock, top);
    let top = memory(chart, run, clock, top);
    disk(chart, run, clock, top)
}

fn cpu(chart: &mut Chart, run: &Benchmark, clock: &Clock, top: f64) -> f64 {
    let frames: Vec<&BenchmarkFrame> = run.frames.iter().filter(|frame| frame.cpu_usage.is_finite()).collect();
    let mean = mean_cpu(run, clock);
    let highest = frames.iter().map(|frame| f64::from(frame.cpu_usage)).fold(mean.unwrap_or(0.0), f64::max);
    // One busy core is the usual ceiling, so it is always on the axis; the room above keeps the line off the heading.
    let high = (highest * 1.05).max(110.0);
    let panel = Panel::new(top, 96.0, high);
    let ticks = percent_ticks(0.0, high, if high > 250.0 { 4 } else { 3 });
    panel.draw(chart, "CPU, % of one core", &ticks);
    if let Some(mean) = mean {
        panel.remark(chart, &format!("mean of the run {}", format::whole_percent(mean / 100.0)));
    }
    if frames.is_empty() {
        // Too short for a frame, but the kernel's accounting covers the whole run.
        match mean {
            Some(mean) => panel.line(chart, &[(LEFT, panel.scale.at(mean)), (RIGHT, panel.scale.at(mean))], INK),
            None => panel.note(chart, "no frames"),
        }
        return panel.bottom;
    }
    // A frame covers the time since the frame before it.
    let mut points = Vec::with_capacity(2 * frames.len());
    let mut before = LEFT;
    for frame in &frames {
        let (x, y) = (clock.at(frame.timestamp), panel.scale.at(f64::from(frame.cpu_usage)));
        points.extend([(before, y), (x, y)]);
        before = x;
    }
    panel.line(chart, &points, INK);
    panel.bottom
}

/// CPU use over the whole run by the kernel's accounting, in per cent of one core.
fn mean_cpu(run: &Benchmark, clock: &Clock) -> Option<f64> {
    let accounting = run.accounting.as_ref()?;
    let cpu = accounting.user_time.saturating_add(accounting.system_time).as_nanos() as f64;
    (clock.long > 0.0).then(|| cpu / clock.long * 100.0)
}

fn memory(chart: &mut Chart, run: &Benchmark, clock: &Clock, top: f64) -> f64 {
    let seen = memory_seen(run);
    let highest = seen.iter().map(|(_, memory)| *memory).max().unwrap_or(0) as f64;
    let panel = Panel::new(top, 96.0, (highest * 1.1).max(1.0));
    let ticks = byte_ticks(highest * 1.1, 3);
    panel.draw(chart, &format!("Resident memory, {}", ticks.unit), &ticks);
    if seen.is_empty() {
        panel.note(chart, "no frames");
        return panel.bottom;
    }
    let peak = run.accounting.and_then(|accounting| accounting.peak_memory).map_or(highest, |peak| peak as f64);
    panel.remark(chart, &format!("peak {}", format::bytes(peak)));
    let points = seen.iter().map(|(at, memory)| (clock.at(*at), panel.scale.at(*memory as f64))).collect();
    panel.series(chart, points, INK);
    panel.bottom
}

/// The resident memory in frames and at phase markers. A run of 15 ms may have a single frame, but it has a dozen markers.
fn memory_seen(run: &Benchmark) -> Vec<(SerdeInstant, u64)> {
    let markers =
        run.phases.iter().filter_map(|phase| phase.cost.map(|cost| (phase, cost))).flat_map(|(phase, cost)| {
            [phase.start_time.zip(cost.memory_start), phase.end_time.zip(cost.memory_end)].into_iter().flatten()
        });
    let mut seen: Vec<_> =
        run.frames.iter().map(|frame| (frame.timestamp, frame.memory_usage)).chain(markers).collect();
    seen.sort_unstable();
    seen
}

fn disk(chart: &mut Chart, run: &Benchmark, clock: &Clock, top: f64) -> f64 {
    // The kernel's accounting at exit includes what happened after the last frame, such as writing the artifacts of a short
    // build.
    let account =
        |blocks: fn(&Accounting) -> u64| run.accounting.as_ref().map_or(0, |a| blocks(a).saturating_mul(BLOCK));
    let frames = |bytes: fn(&BenchmarkFrame) -> u64| run.frames.iter().map(bytes).max().unwrap_or(0);
    let written = frames(|frame| frame.disk_total_written_bytes).max(account(|a| a.blocks_written));
    let read = frames(|frame| frame.disk_total_read_bytes).max(account(|a| a.blocks_read));
    let highest = written.max(read) as f64;
    // A run too short for a frame has no counters, only the kernel's accounting.
    let readable = run.collector.disk_readable || run.frames.is_empty();
    let flat = !readable || highest == 0.0;
    let panel = Panel::new(top, if flat { 34.0 } else { 72.0 }, (highest * 1.15).max(1.0));
    if flat {
        // An unreadable value is not zero.
        let zero = if readable { "0" } else { "" };
        panel.draw(chart, "Disk", &Ticks { values: vec![0.0], labels: vec![zero.into()], unit: "B" });
        let note = match (readable, run.frames.is_empty() && run.accounting.is_none()) {
            (false, _) => "the counters of this machine were not readable",
            (true, true) => "no frames",
            (true, false) => "nothing was read or written",
        };
        panel.note(chart, note);
        return panel.bottom;
    }
    let ticks = byte_ticks(highest * 1.15, 2);
    panel.draw(chart, &format!("Disk since the start, {}", ticks.unit), &ticks);
    let mut right = RIGHT;
    for (name, total, rgb) in [("read", read, READ), ("written", written, WRITTEN)] {
        let text = format!("{name} {}", format::bytes(total as f64));
        chart.text(right, panel.top - 12.0, &text, REMARK, Align::Right);
        right -= REMARK.width(&text) + 6.0;
        key(chart, right, panel.top - 12.0, rgb, name == "read");
        right -= 18.0 + 16.0;
    }
    if read > 0 {
        panel.dashed(chart, panel.totals(run, clock, read, |frame| frame.disk_total_read_bytes));
    }
    if written > 0 {
        panel.series(chart, panel.totals(run, clock, written, |frame| frame.disk_total_written_bytes), WRITTEN);
    }
    panel.bottom
}

/// A short piece of line that ends at `right`, as the panel draws it.
fn key(chart: &mut Chart, right: f64, middle: f64, rgb: (u8, u8, u8), dashed: bool) {
    if dashed {
        chart.rect((right - 18.0, middle - 0.75), (7.0, 1.5), rgb);
        chart.rect((right - 7.0, middle - 0.75), (7.0, 1.5), rgb);
    } else {
        chart.rect((right - 18.0, middle - 0.75), (18.0, 1.5), rgb);
    }
}

/// One panel: its height on the page, and the scale of its values.
struct Panel {
    top: f64,
    bottom: f64,
    scale: Scale,
}

impl Panel {
    fn new(top: f64, height: f64, high: f64) -> Self {
        let (top, bottom) = (top + HEAD, top + HEAD + height);
        Self { top, bottom, scale: Scale::new(0.0, high, bottom, top) }
    }

    fn draw(&self, chart: &mut Chart, heading: &str, ticks: &Ticks) {
        chart.text(LEFT + 6.0, self.top - 12.0, heading, HEADING, Align::Left);
        for (value, label) in ticks.values.iter().zip(&ticks.labels) {
            let y = self.scale.at(*value);
            chart.rule((LEFT, y), (RIGHT, y), LINE);
            chart.text(LEFT - 8.0, y, label, TICK, Align::Right);
        }
    }

    /// A figure at the right of the heading.
    fn remark(&self, chart: &mut Chart, text: &str) {
        chart.text(RIGHT, self.top - 12.0, text, REMARK, Align::Right);
    }

    /// A text in place of the line.
    fn note(&self, chart: &mut Chart, text: &str) {
        chart.text(LEFT + 6.0, f64::midpoint(self.top, self.bottom), text, REMARK, Align::Left);
    }

    /// A counter's course over the frames. It began with the process, at zero, and ended with it, at `total`.
    fn totals(
        &self,
        run: &Benchmark,
        clock: &Clock,
        total: u64,
        value: impl Fn(&BenchmarkFrame) -> u64,
    ) -> Vec<(f64, f64)> {
        let point = |frame: &BenchmarkFrame| (clock.at(frame.timestamp), self.scale.at(value(frame) as f64));
        let end = (RIGHT, self.scale.at(total as f64));
        [(LEFT, self.bottom)].into_iter().chain(run.frames.iter().map(point)).chain([end]).collect()
    }

    /// A line, and if there are few enough a dot for each point.
    fn series(&self, chart: &mut Chart, points: Vec<(f64, f64)>, rgb: (u8, u8, u8)) {
        self.line(chart, &points, rgb);
        if points.len() <= FEW {
            points.iter().for_each(|(x, y)| chart.dot(*x, *y, 2.0, rgb));
        }
    }

    fn line(&self, chart: &mut Chart, points: &[(f64, f64)], rgb: (u8, u8, u8)) {
        chart.path(decimate(points, 2.0), 1.5, rgb);
    }

    /// The line in dashes: every other stretch of a few pixels.
    fn dashed(&self, chart: &mut Chart, points: Vec<(f64, f64)>) {
        for piece in dashes(&decimate(&points, 2.0), 7.0, 4.0) {
            chart.path(piece, 1.5, READ);
        }
    }
}

/// Cuts a line into dashes of `long` pixels with gaps of `gap` between them.
fn dashes(points: &[(f64, f64)], long: f64, gap: f64) -> Vec<Vec<(f64, f64)>> {
    let mut pieces = Vec::new();
    let (mut on, mut left) = (true, long);
    let mut piece: Vec<(f64, f64)> = points.first().copied().into_iter().collect();
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let distance = (to.0 - from.0).hypot(to.1 - from.1);
            if distance <= left {
                left -= distance;
                if on {
                    piece.push(to);
                }
                break;
            }
            let part = left / distance;
            from = (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
            if on {
                piece.push(from);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![from];
            }
            (on, left) = (!on, if on { gap } else { long });
        }
    }
    if on && piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_follow_the_line_with_gaps() {
        let pieces = dashes(&[(0.0, 0.0), (10.0, 0.0), (10.0, 12.0)], 7.0, 4.0);
        assert_eq!(pieces, [vec![(0.0, 0.0), (7.0, 0.0)], vec![(10.0, 1.0), (10.0, 8.0)]]);
        assert!(dashes(&[], 7.0, 4.0).is_empty());
        assert!(dashes(&[(1.0, 1.0)], 7.0, 4.0).is_empty());
    }
}
