//! False discoveries among many figures at once.
//!
//! Twenty benchmarks of sixteen metrics are 320 tests; at 1 % each, three of them would "find" a change where there is
//! none. Benjamini and Hochberg (1995) bound the expected share of false ones among all that are found. With nothing
//! changed, any finding is false, so that the same bound is the chance of a single false alarm in the whole suite. The
//! bound holds for independent tests and for those that depend positively (Benjamini and Yekutieli 2001), as the metrics
//! of one benchmark do; their general correction by Σ 1/i would cost a factor of six for dependence that is not there.

/// What the step-up procedure rejects.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepUp {
    /// How many hypotheses.
    pub rejected: usize,
    /// Those whose p-value is at most this: R·q/m, and 0 when none is rejected.
    pub level: f64,
    /// What the next one would have had to fall to: (R + 1)·q/m, and no more than q.
    pub next: f64,
}

/// The step-up procedure of Benjamini and Hochberg on these p-values at the false discovery rate `q`.
pub fn step_up(p_values: &[f64], q: f64) -> StepUp {
    let mut sorted = p_values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let tests = sorted.len().max(1) as f64;
    let level = |rank: usize| rank as f64 * q / tests;
    let rejected = sorted
        .iter()
        .enumerate()
        .rposition(|(index, p_value)| *p_value <= level(index + 1))
        .map_or(0, |index| index + 1);
    StepUp { rejected, level: level(rejected), next: level((rejected + 1).min(sorted.len().max(1))) }
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
    }

    #[test]
    fn it_steps_up_and_not_down() {
        // 0.03 and 0.04 are above their own levels but are carried by 0.045 at rank 4.
        assert_eq!(step_up(&[0.045, 0.03, 0.04, 0.02], 0.05).rejected, 4);
        assert_eq!(step_up(&[0.9, 0.4], 0.05), StepUp { rejected: 0, level: 0.0, next: 0.025 });
        assert_eq!(step_up(&[], 0.05).rejected, 0);
        assert_eq!(step_up(&[0.0, f64::NAN, f64::INFINITY], 0.05).rejected, 1);
    }
}
