//! Reads callgrind's files.
//!
//! Source: [the format's description](https://valgrind.org/docs/manual/cl-format.html). A file is a list of functions
//! (`fn=`), each with lines of its own cost and, after a `calls=` line, of the inclusive cost of calls. For a function
//! that does not call itself, the sum of both is the inclusive cost. For a recursive one, callgrind separates the
//! outermost level from the deeper ones (`f` from `f'2`, with `--separate-recs=2`), and the outermost has the whole
//! cost.
//!
//! A compiler's file has 5 to 50 MB, so it is read as a stream, and only the requested functions are kept.

use std::collections::HashMap;
use std::io::{self, BufRead};

/// The content of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The program that wrote it, with its version.
    pub creator: String,
    /// The command line.
    pub command: String,
    /// All instructions.
    pub total: u64,
    /// The inclusive instructions of each requested function, in the order of the request; `None` if it was never
    /// called.
    pub inclusive: Vec<Option<u64>>,
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// Reading failed.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// It is not in callgrind's format.
    #[error("line {line} is not in callgrind's format: `{text}`")]
    Line {
        /// The line's number, from 1.
        line: usize,
        /// Its beginning.
        text: String,
    },
    /// It is incomplete.
    #[error("it has no total: it is incomplete")]
    NoTotal,
    /// It counts something else.
    #[error("it does not count instructions (Ir)")]
    NoInstructions,
}

/// Reads a file for the inclusive instructions of `functions`, by their paths such as `sway_core::compile_to_ast`.
///
/// # Errors
/// If it cannot be read, or is not callgrind's.
pub fn read(mut file: impl BufRead, functions: &[&str]) -> Result<Profile, FormatError> {
    let mut reader = Reader {
        functions,
        profile: Profile {
            creator: String::new(),
            command: String::new(),
            total: 0,
            inclusive: vec![None; functions.len()],
        },
        totals: None,
        summaries: None,
        positions: 1,
        event: None,
        names: HashMap::new(),
        function: None,
        callee: None,
        call: false,
    };
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        if file.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        number += 1;
        let text = line.trim_ascii();
        reader.line(text).ok_or_else(|| FormatError::Line {
            line: number,
            text: String::from_utf8_lossy(text).chars().take(80).collect(),
        })?;
    }
    if reader.event.is_none() && reader.profile.creator.is_empty() {
        return Err(FormatError::NoTotal);
    }
    reader.event.ok_or(FormatError::NoInstructions)?;
    reader.profile.total = reader.totals.or(reader.summaries).ok_or(FormatError::NoTotal)?;
    Ok(reader.profile)
}

struct Reader<'a> {
    functions: &'a [&'a str],
    profile: Profile,
    /// The sums over the parts of the file: `totals` ends a part, `summary` begins it.
    totals: Option<u64>,
    summaries: Option<u64>,
    /// How many numbers at the beginning of a cost line are positions in the program.
    positions: usize,
    /// The index of the instructions after them.
    event: Option<usize>,
    /// The requested function for each number, if it is one (`fn=(12) name`, then `fn=(12)`).
    names: HashMap<u64, Option<usize>>,
    function: Option<usize>,
    callee: Option<usize>,
    /// Whether the next cost is that of a call.
    call: bool,
}

impl Reader<'_> {
    /// Parses one line; `None` if it is invalid.
    fn line(&mut self, line: &[u8]) -> Option<()> {
        match line.first() {
            None | Some(b'#') => Some(()),
            Some(b'0'..=b'9' | b'+' | b'-' | b'*') => self.cost(line),
            Some(_) => {
                let key_end = line.iter().position(|byte| *byte == b'=' || *byte == b':')?;
                let (key, value) = (&line[..key_end], line[key_end + 1..].trim_ascii_start());
                if line[key_end] == b':' { self.header(key, value) } else { self.entry(key, value) }
            }
        }
    }

    fn header(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        let words = || value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        match key {
            b"creator" => self.profile.creator = String::from_utf8_lossy(value).into_owned(),
            b"cmd" => self.profile.command = String::from_utf8_lossy(value).into_owned(),
            b"positions" => self.positions = words().count(),
            b"events" => self.event = words().position(|word| word == b"Ir"),
            b"totals" => *self.totals.get_or_insert(0) += self.total(value)?,
            b"summary" => *self.summaries.get_or_insert(0) += self.total(value)?,
            _ => {}
        }
        Some(())
    }

    /// The instructions in a line of costs without positions.
    fn total(&self, value: &[u8]) -> Option<u64> {
        let mut words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        words.nth(self.event.unwrap_or(0)).map_or(Some(0), number)
    }

    fn entry(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        match key {
            b"fn" => self.function = self.name(value)?,
            b"cfn" => self.callee = self.name(value)?,
            b"calls" => self.call = true,
            // Files, objects and jumps have no cost.
            _ => {}
        }
        Some(())
    }

    /// The requested function with this name, if there is one.
    fn name(&mut self, value: &[u8]) -> Option<Option<usize>> {
        let find = |name: &[u8]| self.functions.iter().position(|function| is_function(name, function));
        let Some(rest) = value.strip_prefix(b"(") else { return Some(find(value)) };
        // A name may itself begin with a parenthesis, which then contains no number.
        let Some((id, name)) = rest.iter().position(|byte| *byte == b')').map(|end| (&rest[..end], &rest[end + 1..]))
        else {
            return Some(find(value));
        };
        let Some(id) = number(id) else { return Some(find(value)) };
        let name = name.trim_ascii();
        if name.is_empty() {
            return self.names.get(&id).copied();
        }
        let found = find(name);
        self.names.insert(id, found);
        Some(found)
    }

    fn cost(&mut self, line: &[u8]) -> Option<()> {
        let of_call = std::mem::take(&mut self.call);
        let callee = if of_call { self.callee.take() } else { None };
        let Some(function) = self.function else { return Some(()) };
        // The cost of a function's calls of itself is already in its own lines.
        if of_call && callee == Some(function) {
            return Some(());
        }
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        // Trailing costs of 0 are left out.
        let cost = words.nth(self.positions + self.event.unwrap_or(0)).map_or(Some(0), number)?;
        let inclusive = self.profile.inclusive.get_mut(function)?.get_or_insert(0);
        *inclusive = inclusive.saturating_add(cost);
        Some(())
    }
}

/// Whether a symbol is the function, with or without a suffix from the compiler or the linker.
fn is_function(name: &[u8], function: &str) -> bool {
    let Some(rest) = name.strip_prefix(function.as_bytes()) else { return false };
    let is_hash = |rest: &[u8]| {
        rest.strip_prefix(b"::h").is_some_and(|hash| hash.len() == 16 && hash.iter().all(u8::is_ascii_hexdigit))
    };
    rest.is_empty() || is_hash(rest) || rest.starts_with(b".llvm.") || rest.starts_with(b" (.llvm.")
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "# callgrind format\nversion: 1\ncreator: callgrind-3.19.0\npid: 7\ncmd:  /bin/forc build\npart: 1\n\n\
                        desc: I1 cache: \npositions: line\nevents: Ir\nsummary: 1000\n\n";

    fn parse(text: &str, functions: &[&str]) -> Result<Profile, FormatError> {
        read(text.as_bytes(), functions)
    }

    fn inclusive(body: &str, functions: &[&str]) -> Vec<Option<u64>> {
        parse(&format!("{HEAD}{body}\ntotals: 1000\n"), functions).unwrap().inclusive
    }

    #[test]
    fn the_head_and_the_total_are_read() {
        let profile = parse(&format!("{HEAD}fn=main\n1 1000\n\ntotals: 1000\n"), &[]).unwrap();
        assert_eq!(profile.creator, "callgrind-3.19.0");
        assert_eq!(profile.command, "/bin/forc build");
        assert_eq!(profile.total, 1000);
    }

    #[test]
    fn a_functions_cost_is_its_own_and_that_of_its_calls_wherever_the_lines_are() {
        let body = "ob=/bin/forc\nfl=a.rs\nfn=a::f\n10 5\ncfi=b.rs\ncfn=a::g\ncalls=3 20\n11 40\n12 2\nfi=c.rs\n1 3\nfe=a.rs\n13 1\n\
                    \nfl=b.rs\nfn=a::g\n20 40\n\nob=/lib/libc.so\nfn=a::f\n1 100\n\nfn=a::f_more\n1 7\n";
        assert_eq!(inclusive(body, &["a::f", "a::g", "a::h"]), [Some(151), Some(40), None]);
    }

    #[test]
    fn names_may_be_numbers_defined_at_their_first_use() {
        let body = "fl=(1) a.rs\nfn=(3) main\n1 1\ncfn=(7) a::f\ncalls=1 2\n2 30\n\nfn=(7)\n4 10\ncfn=(9) a::g\ncalls=1 1\n5 20\n\
                    \nfn=(9)\n6 20\n";
        assert_eq!(inclusive(body, &["a::f", "a::g"]), [Some(30), Some(20)]);
        let unknown = parse(&format!("{HEAD}fn=(4)\n1 1\ntotals: 1\n"), &["a::f"]);
        assert!(matches!(unknown, Err(FormatError::Line { line: 13, .. })), "{unknown:?}");
    }

    #[test]
    fn positions_may_be_relative_and_several() {
        let text = "creator: callgrind\npositions: instr line\nevents: Dr Ir Dw\n\nfn=a::f\n0x40 10 1 5 2\n+3 +1 1 6\n+0 * 9\n* -4 0 7 1\n\
                    cfn=a::g\ncalls=1 0x99 3\n* * 1 30 1\n\ntotals: 12 48 4\n";
        let profile = parse(text, &["a::f"]).unwrap();
        assert_eq!((profile.total, &profile.inclusive[..]), (48, &[Some(48)][..]));
    }

    #[test]
    fn a_function_that_calls_itself_is_not_counted_twice() {
        // Separated by callgrind: the outermost level has the whole cost.
        let apart = "fn=a::f\n1 10\ncfn=a::f'2\ncalls=1 1\n2 90\n\nfn=a::f'2\n1 60\ncfn=a::f'2\ncalls=5 1\n2 80\ncfn=a::g\ncalls=1 1\n3 30\n";
        assert_eq!(inclusive(apart, &["a::f"]), [Some(100)]);
        let together = "fn=a::f\n1 70\ncfn=a::f\ncalls=5 1\n2 90\ncfn=a::g\ncalls=1 1\n3 30\n";
        assert_eq!(inclusive(together, &["a::f"]), [Some(100)]);
    }

    #[test]
    fn functions_that_call_each_other_in_a_circle_are_not_counted_twice() {
        let body = "fn=a::f\n1 10\ncfn=a::g\ncalls=1 1\n2 90\n\nfn=a::g\n1 20\ncfn=a::f'2\ncalls=1 1\n2 70\n\
                    \nfn=a::f'2\n1 30\ncfn=a::g'2\ncalls=1 1\n2 60\n\nfn=a::g'2\n1 40\ncfn=a::f'2\ncalls=1 1\n2 40\n";
        assert_eq!(inclusive(body, &["a::f", "a::g"]), [Some(100), Some(90)]);
    }

    #[test]
    fn suffixes_do_not_hide_a_function() {
        for name in ["a::f", "a::f::h0123456789abcdef", "a::f.llvm.123", "a::f (.llvm.123)"] {
            assert_eq!(inclusive(&format!("fn={name}\n1 4\n"), &["a::f"]), [Some(4)], "{name}");
        }
        for name in ["a::f::{{closure}}", "a::f::h", "a::f2", "b::a::f", "a::f'2", "<a::f as X>::y"] {
            assert_eq!(inclusive(&format!("fn={name}\n1 4\n"), &["a::f"]), [None], "{name}");
        }
    }

    #[test]
    fn a_name_in_parentheses_is_a_name() {
        assert_eq!(inclusive("fn=(below main)\n1 4\nfn=a::f\n1 2\n", &["a::f"]), [Some(2)]);
    }

    #[test]
    fn an_incomplete_or_invalid_file_is_an_error() {
        assert!(matches!(parse("", &[]), Err(FormatError::NoTotal)));
        let head = HEAD.replace("summary: 1000\n", "");
        assert!(matches!(parse(&head, &[]), Err(FormatError::NoTotal)));
        let other = HEAD.replace("Ir", "Bc");
        assert!(matches!(parse(&other, &[]), Err(FormatError::NoInstructions)));
        assert!(matches!(parse("hello\n", &[]), Err(FormatError::Line { line: 1, .. })));
        let broken = parse(&format!("{HEAD}fn=a::f\n12 x\n"), &["a::f"]);
        assert!(matches!(broken, Err(FormatError::Line { line: 14, .. })), "{broken:?}");
        let bytes = read(&b"creator: x\nevents: Ir\nfn=\xff\xfe\n1 1\ntotals: 1\n"[..], &["a::f"]).unwrap();
        assert_eq!(bytes.inclusive, [None]);
    }
}
