//! Names for files and links, made of benchmarks' ids.

use std::collections::HashSet;

/// A name for each id, in their order: short, of lower-case letters, digits and hyphens alone, and none twice. An id keeps
/// its name from report to report unless another one comes to the same.
pub(crate) fn slugs<'a>(ids: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut taken = HashSet::new();
    let unique = |id: &str| {
        let name = slug(id);
        let mut candidate = name.clone();
        let mut number = 2;
        while !taken.insert(candidate.clone()) {
            candidate = format!("{name}-{number}");
            number += 1;
        }
        candidate
    };
    ids.into_iter().map(unique).collect()
}

fn slug(id: &str) -> String {
    const LONGEST: usize = 80;
    let mut name = String::new();
    for c in id.chars() {
        if c.is_ascii_alphanumeric() {
            name.push(c.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
        if name.len() == LONGEST {
            break;
        }
    }
    let name = name.trim_end_matches('-');
    if name.is_empty() { "benchmark".into() } else { name.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_plain_and_different() {
        let ids =
            ["backend/registers/debug --tests", "Backend/registers/debug/tests", "<script>\"", "長い", "名前", "../.."];
        let names = [
            "backend-registers-debug-tests",
            "backend-registers-debug-tests-2",
            "script",
            "benchmark",
            "benchmark-2",
            "benchmark-3",
        ];
        assert_eq!(slugs(ids), names);
        assert_eq!(slugs([&*"x".repeat(10_000)])[0].len(), 80);
    }
}
