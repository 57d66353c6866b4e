//! Names for files and links, made of benchmarks' ids.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use super::hex;

/// A unique short name for each id, in order, of lower-case letters, digits and hyphens. An id keeps its name from report to
/// report, unless another id leads to the same name: then both get a hash of the whole id, as does an id that is too long.
pub fn slugs<'a>(ids: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let ids: Vec<&str> = ids.into_iter().collect();
    let names: Vec<Slug> = ids.iter().map(|id| slug(id)).collect();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for name in &names {
        *counts.entry(name.text.as_str()).or_default() += 1;
    }
    let is_ambiguous = |name: &Slug| name.is_cut || counts.get(name.text.as_str()).is_some_and(|count| *count > 1);
    let mut taken = HashSet::new();
    let unique = |(id, name): (&&str, &Slug)| {
        let hash = hex(&Sha256::digest(id.as_bytes()));
        let name =
            if is_ambiguous(name) { format!("{}-{}", name.text, &hash[..HASH_DIGITS]) } else { name.text.clone() };
        // The same id twice, or the name of one that ends as another's hash.
        let mut candidate = name.clone();
        let mut number = 2;
        while !taken.insert(candidate.clone()) {
            candidate = format!("{name}-{number}");
            number += 1;
        }
        candidate
    };
    ids.iter().zip(&names).map(unique).collect()
}

/// This many digits of a hash distinguish the ids of one suite.
const HASH_DIGITS: usize = 8;
/// How long a name is at most, without the hash.
const LONGEST: usize = 80;

struct Slug {
    text: String,
    is_cut: bool,
}

fn slug(id: &str) -> Slug {
    let mut name = String::new();
    let mut is_cut = false;
    for c in id.chars() {
        if name.len() == LONGEST {
            is_cut = true;
            break;
        }
        if c.is_ascii_alphanumeric() {
            name.push(c.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    let text = name.trim_end_matches('-');
    Slug { text: if text.is_empty() { "benchmark".into() } else { text.into() }, is_cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_plain_and_different() {
        let ids =
            ["backend/registers/debug --tests", "Backend/registers/debug/tests", "<script>\"", "長い", "名前", "../.."];
        let names = slugs(ids);
        assert_eq!(names[2], "script");
        for (name, start) in names.iter().zip(["backend-registers-debug-tests-", "backend-", "script", "benchmark-"]) {
            assert!(name.starts_with(start), "{names:?}");
        }
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), ids.len(), "{names:?}");
        // The order does not matter, so links stay valid.
        assert_eq!(slugs([ids[1], ids[0]])[1], names[0]);
        let long = "x".repeat(10_000);
        let (one, other) = (format!("{long}1"), format!("{long}2"));
        let cut = slugs([one.as_str()]);
        assert_ne!(cut, slugs([other.as_str()]));
        assert!(cut[0].len() == LONGEST + 1 + HASH_DIGITS);
    }
}
