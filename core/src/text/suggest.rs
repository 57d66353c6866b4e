//! Suggestions for a name that does not exist.

/// The most names that are suggested.
const SUGGESTIONS: usize = 3;
/// The least similarity (Jaro and Winkler, 0 to 1) of a suggestion.
const LIKENESS: f64 = 0.8;
/// How much less similar than the best a suggestion may be.
const LEAD: f64 = 0.05;

/// The names most similar to `wanted`, the best first, each in backticks. A name is also compared by its ends and parts: a
/// remote's branch by the branch, a benchmark by its project.
pub fn close<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut close: Vec<(f64, &str)> = names
        .map(|name| {
            let ends = std::iter::once(name).chain(name.match_indices('/').map(|(at, _)| &name[at + 1..]));
            let parts = ends.chain(name.split('/'));
            let likeness = parts.map(|part| strsim::jaro_winkler(wanted, part)).fold(0.0, f64::max);
            (likeness, name)
        })
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .collect();
    close.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    // Names much less similar than the best are unlikely.
    let best = close.first().map_or(1.0, |(likeness, _)| *likeness);
    close.retain(|(likeness, _)| best - likeness < LEAD);
    close.into_iter().take(SUGGESTIONS).map(|(_, name)| format!("`{name}`")).collect()
}

/// `; did you mean X or Y?`, or nothing.
pub fn hint<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> String {
    match close(wanted, names).as_slice() {
        [] => String::new(),
        close => format!("; did you mean {}?", close.join(" or ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_benchmark_is_like_its_project() {
        let ids = ["small/script/debug", "small/contract/debug", "phases/storage/debug"];
        assert_eq!(hint("scirpt", ids.into_iter()), "; did you mean `small/script/debug`?");
        assert_eq!(hint("small/contarct", ids.into_iter()), "; did you mean `small/contract/debug`?");
        assert_eq!(hint("nonsense", ids.into_iter()), "");
    }
}
