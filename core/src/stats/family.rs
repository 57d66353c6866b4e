//! Many figures at once: which ones are called changed or equal, and which ones explain a change.
//!
//! Twenty benchmarks of three deciding figures are sixty tests; at 1 % each, every second comparison would "find" a change
//! where there is none. Three procedures, each for its purpose:
//!
//! - **A verdict that fails a CI build** must not depend on the other figures. [`holm`] bounds the chance of *any* false
//!   change by its level, whichever other figures truly changed and however the tests depend on each other (Holm 1979). The
//!   step-up procedure does not: four benchmarks that truly changed loosen the level for those that did not, and so do
//!   changes that are shown but too small to be reported.
//! - **Equality** has a bounded false discovery rate by [`step_up`] (Benjamini and Hochberg 1995).
//! - **Explaining figures** (phases, events) are tested only within benchmarks that were shown to have changed, each
//!   benchmark a family of its own at the rate q times the share of the benchmarks that were chosen, so that the choice does
//!   not loosen it (Yekutieli 2008; Benjamini and Bogomolov, *J. R. Stat. Soc. B* 76 (2014), theorem 1).

/// The result of a procedure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rejections {
    /// How many hypotheses.
    pub rejected: usize,
    /// Those whose p-value is at most this; 0 when none is rejected.
    pub level: f64,
    /// The level that the next one would have had to reach.
    pub next: f64,
    /// How many there were.
    pub tests: usize,
}

/// The step-down procedure of Holm on these p-values: the chance of any false rejection is at most `level`.
pub fn holm(p_values: &[f64], level: f64) -> Rejections {
    let sorted = sorted(p_values);
    let tests = sorted.len();
    let at = |rejected: usize| level / (tests - rejected.min(tests.saturating_sub(1))).max(1) as f64;
    let rejected =
        sorted.iter().enumerate().position(|(rank, p_value)| p_value.is_nan() || *p_value > at(rank)).unwrap_or(tests);
    let reached = if rejected == 0 { 0.0 } else { at(rejected - 1) };
    Rejections { rejected, level: reached, next: at(rejected), tests }
}

/// The step-up procedure of Benjamini and Hochberg on these p-values at the false discovery rate `q`.
pub fn step_up(p_values: &[f64], q: f64) -> Rejections {
    let sorted = sorted(p_values);
    let tests = sorted.len();
    let level = |rank: usize| rank as f64 * q / tests.max(1) as f64;
    let rejected = sorted
        .iter()
        .enumerate()
        .rposition(|(index, p_value)| *p_value <= level(index + 1))
        .map_or(0, |index| index + 1);
    Rejections { rejected, level: level(rejected), next: level((rejected + 1).min(tests.max(1))), tests }
}

fn sorted(p_values: &[f64]) -> Vec<f64> {
    let mut sorted = p_values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_paper() {
        // Benjamini and Hochberg 1995, § 4.1: myocardial infarction, fifteen p-values, of which four are rejected.
        let p_values = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
            0.7590, 1.0,
        ];
        let found = step_up(&p_values, 0.05);
        assert_eq!(found.rejected, 4);
        assert!((found.level - 4.0 * 0.05 / 15.0).abs() < 1e-15 && (found.next - 5.0 * 0.05 / 15.0).abs() < 1e-15);
        // The same paper's comparison with a family-wise procedure (there Hochberg's and Bonferroni's): three.
        let strict = holm(&p_values, 0.05);
        assert_eq!(strict.rejected, 3);
        assert!((strict.level - 0.05 / 13.0).abs() < 1e-15 && (strict.next - 0.05 / 12.0).abs() < 1e-15);
    }

    #[test]
    fn it_steps_up_and_not_down() {
        // 0.03 and 0.04 are above their own levels but are rejected because of 0.045 at rank 4.
        assert_eq!(step_up(&[0.045, 0.03, 0.04, 0.02], 0.05).rejected, 4);
        assert_eq!(step_up(&[0.9, 0.4], 0.05), Rejections { rejected: 0, level: 0.0, next: 0.025, tests: 2 });
        assert_eq!(step_up(&[], 0.05).rejected, 0);
        assert_eq!(step_up(&[0.0, f64::NAN, f64::INFINITY], 0.05).rejected, 1);
    }

    #[test]
    fn holm_stops_at_the_first_that_is_not_rejected() {
        // 0.02 would be below the level of the third, but the second is not rejected.
        assert_eq!(holm(&[0.001, 0.03, 0.031, 0.032], 0.05).rejected, 1);
        assert_eq!(holm(&[0.001, 0.01, 0.02, 0.04], 0.05).rejected, 4);
        assert_eq!(holm(&[0.9], 0.05), Rejections { rejected: 0, level: 0.0, next: 0.05, tests: 1 });
        assert_eq!(holm(&[], 0.05), Rejections { rejected: 0, level: 0.0, next: 0.05, tests: 0 });
        assert_eq!(holm(&[f64::NAN], 0.05).rejected, 0);
    }
}
