//! Reads the compiler's stdout, with a timestamp for each read.

use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::sync::{Mutex, PoisonError};

use tempfile::SpooledTempFile;

use super::counters::Counters;
use super::tail::Tail;
use crate::collector::marker::{self, LineKind, Marker};
use crate::model::SerdeInstant;

/// How much of a line is kept, in bytes, unless it is an info line. Package and phase names are far shorter.
const LINE_LIMIT: usize = 64 * 1024;
/// How much of an info line is kept in memory, in bytes. A longer one goes through a temporary file, so that the
/// harness stays small: the kernel counts a spawner's own peak into that of its children.
const INFO_IN_MEMORY: usize = 256 * 1024;
/// How much is kept of the beginning and of the end of each output stream, in bytes.
pub const KEPT_OUTPUT: usize = 32 * 1024;

/// How much is read at once at most, in bytes: the usual size of a pipe.
pub const READ_SIZE: usize = 64 * 1024;

/// A marker of the compiler, with the time at which it was read.
#[derive(Debug)]
pub struct OutputEvent {
    /// When the line was read.
    pub at: SerdeInstant,
    /// The process's counters right after that, for the markers of phases.
    pub counters: Option<Counters>,
    /// The content of the line.
    pub said: Said,
}

/// The content of a marker line.
#[derive(Debug)]
pub enum Said {
    /// A marker.
    Marker(Marker),
    /// The JSON of an info marker, to be read from its beginning; `None` if it could not be stored (a full disk).
    Info(Option<SpooledTempFile>),
}

/// What was read of the compiler's stdout.
#[derive(Debug)]
pub struct Output {
    /// The markers, in order.
    pub events: Vec<OutputEvent>,
    /// The beginning and the end of all other lines.
    pub tail: Tail,
}

/// Reads `stream` to its end into `output`, from which what has been read so far can be taken at any time. `probe`
/// returns the counters at the markers. It may have none when the first bytes arrive.
pub fn read_to_end(mut stream: impl Read, output: &Mutex<Output>, mut probe: impl FnMut() -> Option<Counters>) {
    let mut splitter = Splitter::default();
    let mut buffer = vec![0; READ_SIZE];
    let locked = || output.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let length = match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            // A pipe that cannot be read is treated like one that has ended.
            Err(_) => break,
        };
        let at = SerdeInstant::now();
        splitter.push(&buffer[..length], at, &mut locked(), &mut probe);
    }
    splitter.finish(&mut locked());
}

impl Default for Output {
    fn default() -> Self {
        Self { events: Vec::with_capacity(64), tail: Tail::new(KEPT_OUTPUT) }
    }
}

/// Splits a stream into lines, however it is split into reads.
#[derive(Default)]
struct Splitter {
    line: Vec<u8>,
    info: Option<Info>,
}

/// An info line that is being read.
struct Info {
    file: SpooledTempFile,
    failed: bool,
}

impl Splitter {
    fn push(
        &mut self,
        mut bytes: &[u8],
        at: SerdeInstant,
        output: &mut Output,
        probe: &mut impl FnMut() -> Option<Counters>,
    ) {
        // All markers that arrived together share one reading of the counters: none of them is closer to it.
        let mut counters: Option<Option<Counters>> = None;
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            self.extend(&bytes[..end]);
            bytes = &bytes[end + 1..];
            self.end_line(at, output, || *counters.get_or_insert_with(&mut *probe));
        }
        self.extend(bytes);
    }

    fn extend(&mut self, bytes: &[u8]) {
        if let Some(info) = &mut self.info {
            info.failed |= info.file.write_all(bytes).is_err();
            return;
        }
        let room = LINE_LIMIT - self.line.len();
        if bytes.len() <= room {
            self.line.extend_from_slice(bytes);
            return;
        }
        let (held, rest) = bytes.split_at(room);
        self.line.extend_from_slice(held);
        if let Some(json) = marker::info_json(&self.line) {
            let mut file = SpooledTempFile::new(INFO_IN_MEMORY);
            let failed = file.write_all(json).is_err() || file.write_all(rest).is_err();
            self.info = Some(Info { file, failed });
        }
        // The rest of any other line of this length is not a marker, and is dropped.
    }

    fn end_line(&mut self, at: SerdeInstant, output: &mut Output, counters: impl FnOnce() -> Option<Counters>) {
        if let Some(mut info) = self.info.take() {
            let ok = !info.failed && info.file.seek(SeekFrom::Start(0)).is_ok();
            output.events.push(OutputEvent { at, counters: None, said: Said::Info(ok.then_some(info.file)) });
            self.line.clear();
            return;
        }
        match marker::classify(&self.line) {
            LineKind::Info => {
                let mut file = SpooledTempFile::new(INFO_IN_MEMORY);
                let json = marker::info_json(&self.line).unwrap_or_default();
                let ok = file.write_all(json).is_ok() && file.seek(SeekFrom::Start(0)).is_ok();
                output.events.push(OutputEvent { at, counters: None, said: Said::Info(ok.then_some(file)) });
            }
            kind => match marker::parse(&self.line) {
                Some(marker) => {
                    let counters = if kind == LineKind::Phase { counters() } else { None };
                    output.events.push(OutputEvent { at, counters, said: Said::Marker(marker) });
                }
                None => {
                    self.line.push(b'\n');
                    output.tail.push(&self.line);
                }
            },
        }
        self.line.clear();
    }

    /// A last line without a line end counts as a line, unless it is an info line, which is then incomplete.
    fn finish(mut self, output: &mut Output) {
        if self.info.is_none() && !self.line.is_empty() && marker::classify(&self.line) != LineKind::Info {
            self.end_line(SerdeInstant::now(), output, || None);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    /// A reader that returns a text in pieces of some bytes.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let length = self.0.len().min(self.1).min(buffer.len());
            buffer[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    fn output_of(stream: impl Read, probe: impl FnMut() -> Option<Counters>) -> Output {
        let output = Mutex::default();
        read_to_end(stream, &output, probe);
        output.into_inner().unwrap()
    }

    fn read(text: &[u8], step: usize) -> (Vec<String>, String) {
        let output = output_of(Pieces(text, step), || None);
        let events = output.events.into_iter().map(|event| match event.said {
            Said::Marker(marker) => format!("{marker:?}"),
            Said::Info(file) => {
                let mut json = String::new();
                file.unwrap().read_to_string(&mut json).unwrap();
                if json.len() > 100 { json.len().to_string() } else { json }
            }
        });
        (events.collect(), output.tail.text())
    }

    #[test]
    fn lines_are_the_same_however_the_writes_are_split() {
        let text = b"  Compiling script s (s)\n/dyno start s parse\n/dyno stop s parse\r\n/dyno info {\"bytecode_size\":1}\nBye";
        let whole = read(text, usize::MAX);
        assert_eq!(whole.0.len(), 4);
        assert_eq!(whole.0[3], "{\"bytecode_size\":1}");
        assert_eq!(whole.1, "Bye\n");
        for step in 1..20 {
            assert_eq!(read(text, step), whole);
        }
    }

    #[test]
    fn a_long_info_line_is_complete_and_a_long_other_line_is_not_kept() {
        let mut text = b"/dyno info ".to_vec();
        text.extend(std::iter::repeat_n(b'7', 3_000_000));
        text.push(b'\n');
        text.extend(std::iter::repeat_n(b'x', 3_000_000));
        text.extend(b"\n/dyno start a b\n");
        for step in [1021, 70_000] {
            let (events, tail) = read(&text, step);
            assert_eq!(events.len(), 2);
            assert_eq!(events[0], "3000000");
            assert!(tail.len() < 2 * KEPT_OUTPUT + 100);
        }
    }

    #[test]
    fn an_incomplete_info_line_is_ignored() {
        assert_eq!(read(b"/dyno info {\"bytecode_size\":1", 7), (vec![], String::new()));
    }

    #[test]
    fn counters_are_read_once_for_markers_that_arrive_together() {
        let mut reads = 0;
        let output = output_of(&b"/dyno start a b\n/dyno start a c\nnoise\n/dyno info {}\n"[..], || {
            reads += 1;
            Some(Counters::default())
        });
        assert_eq!(reads, 1);
        assert_eq!(output.events.iter().filter(|event| event.counters.is_some()).count(), 2);
    }
}
