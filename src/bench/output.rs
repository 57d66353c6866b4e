//! Filters for Criterion's output.

use super::replay::WHOLE;

/// Whether a line of Criterion's stderr is about the progress of its measurement, which is over already.
pub fn is_progress(line: &str) -> bool {
    ["Benchmarking ", "Warning: Unable to complete ", "Gnuplot not found"].iter().any(|start| line.starts_with(start))
}

/// Keeps the results of whole runs and drops those of phases: there are hundreds, which are also in the table, the files and
/// the pages.
#[derive(Debug, Default)]
pub struct WholeRunsOnly {
    keeping: bool,
}

impl WholeRunsOnly {
    /// Whether a line of Criterion's stdout is shown. A result begins with its id at the start of a line. Indented and empty
    /// lines, and lines about outliers, belong to the last result.
    pub fn keeps(&mut self, line: &str) -> bool {
        let belongs_to_last =
            line.trim().is_empty() || line.starts_with(char::is_whitespace) || line.starts_with("Found ");
        if !belongs_to_last {
            // Criterion's own lines are `ID    time: …`, those in the format of `bencher` are `test ID ... bench: …`.
            let id = line.strip_prefix("test ").and_then(|line| line.split(" ... ").next());
            let id = id.unwrap_or_else(|| line.split("  ").next().unwrap_or(line).trim_end());
            self.keeping = id.ends_with(&format!("/{WHOLE}")) || !id.contains('/');
        }
        self.keeping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_phases_are_dropped_with_all_their_lines() {
        let output = "apps/amm/debug/wall     time:   [1 ms 2 ms 3 ms]\n                 change: [-1 % 0 % 1 %]\n\
            Found 1 outliers\n  1 (10.00%) high mild\n\napps/amm/debug/compile ast to ir\n       time: [1 ms 2 ms 3 ms]\n\
            Found 2 outliers\n\napps/b/release/wall\n       time: [1 ms 2 ms 3 ms]\n";
        let mut filter = WholeRunsOnly::default();
        let kept: Vec<&str> = output.lines().filter(|line| filter.keeps(line)).collect();
        assert_eq!(kept.len(), 7, "{kept:?}");
        assert!(kept.iter().all(|line| !line.contains("ast to ir")));
        assert!(kept[5].starts_with("apps/b/release/wall"));
    }

    #[test]
    fn the_format_of_bencher_is_understood() {
        let mut filter = WholeRunsOnly::default();
        assert!(filter.keeps("test apps/b/debug --tests/wall ... bench:     2000000 ns/iter (+/- 100)"));
        assert!(!filter.keeps("test apps/b/debug --tests/compile ast to ir ... bench:     2000 ns/iter (+/- 1)"));
    }

    #[test]
    fn errors_of_criterion_are_not_progress() {
        assert!(is_progress("Benchmarking a/b: Warming up for 1.0000 ns"));
        assert!(!is_progress("thread 'main' panicked at"));
    }
}
