use std::collections::VecDeque;

use crate::text::plain;

/// Keeps the beginning and the end of a stream, and drops the middle.
///
/// A failing build may print gigabytes. The user needs its first error and its last lines.
#[derive(Clone, Debug, Default)]
pub struct Tail {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    dropped: u64,
    limit: usize,
}

impl Tail {
    /// Keeps at most `limit` bytes of the beginning and of the end.
    pub fn new(limit: usize) -> Self {
        Self { head: Vec::new(), tail: VecDeque::new(), dropped: 0, limit }
    }

    /// Adds the next bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        let to_head = bytes.len().min(self.limit - self.head.len());
        let (first, rest) = bytes.split_at(to_head);
        self.head.extend_from_slice(first);
        // Of a piece that is longer than the limit, only the end can be kept.
        let (skipped, rest) = rest.split_at(rest.len().saturating_sub(self.limit));
        self.dropped += skipped.len() as u64;
        let excess = (self.tail.len() + rest.len()).saturating_sub(self.limit);
        self.dropped += excess as u64;
        self.tail.drain(..excess);
        self.tail.extend(rest);
    }

    /// The kept text without colours and other terminal control sequences. A line says how many bytes were dropped.
    pub fn text(&self) -> String {
        let (front, back) = self.tail.as_slices();
        if self.dropped == 0 {
            return plain(&[self.head.as_slice(), front, back].concat());
        }
        format!("{}\n[… {} bytes left out …]\n{}", plain(&self.head), self.dropped, plain(&[front, back].concat()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_both_ends_however_the_stream_is_cut() {
        let stream: Vec<u8> = (0..10_000u32).map(|i| b'a' + (i % 26) as u8).collect();
        let mut whole = Tail::new(10);
        whole.push(&stream);
        let mut bytewise = Tail::new(10);
        stream.iter().for_each(|byte| bytewise.push(&[*byte]));
        assert_eq!(whole.text(), bytewise.text());
        assert_eq!(whole.text(), "abcdefghij\n[… 9980 bytes left out …]\nghijklmnop");
    }

    #[test]
    fn a_short_stream_is_kept_whole_and_plain() {
        let mut tail = Tail::new(16);
        tail.push(b"\x1b[31merror\x1b[0m: ");
        tail.push(b"no \xff");
        assert_eq!(tail.text(), "error: no \u{fffd}");
    }
}
