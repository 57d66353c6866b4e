//! The cheapest partition of a series into levels.
//!
//! The cost is Σ ρ(z) + β per change, with z the deviation from the level in standard deviations and ρ the biweight loss
//! min(z², K²), of which Fearnhead and Rigaill (2019) show that it alone among the usual losses distinguishes any outlier,
//! however large, from a short segment: a segment is worth its two changes only if it has more than 2β/K² points, whereas a
//! convex loss grows with the outlier and at some point adds a segment.
//!
//! Their recursion over functions of the level is made here over a list of levels: the values themselves, thinned to a
//! quarter of a standard deviation. A level between two of the list costs up to 1/64 more per point, the
//! recursion needs no convex loss to be exact for those on it, and it takes as many steps as points times levels.

/// Levels per standard deviation.
const GRID: f64 = 4.0;
/// The deviation from which on a point costs no more.
pub const CAP: f64 = 3.5;
/// The penalty of a change is this often ln n. It only proposes: with 2, three points may make a segment in series of up
/// to 9,000.
const PENALTY: f64 = 2.0;

/// Where segments begin, the first one left out.
///
/// Of logarithms with their standard deviations, as many and above 0.
pub fn partition(values: &[f64], deviations: &[f64]) -> Vec<usize> {
    let penalty = PENALTY * (values.len().max(2) as f64).ln();
    let levels = levels(values, deviations);
    // Of each level: what the points so far cost if the last of them has it, and where its segment began.
    let mut states = vec![(f64::INFINITY, 0_usize); levels.len()];
    // The best cost so far; the first segment is no change.
    let mut best = -penalty;
    let mut origins = Vec::with_capacity(values.len());
    for (index, (value, deviation)) in values.iter().zip(deviations).enumerate() {
        let anew = best + penalty;
        let mut least = (f64::INFINITY, 0);
        for (state, level) in states.iter_mut().zip(&levels) {
            if anew < state.0 {
                *state = (anew, index);
            }
            let deviate = (value - level) / deviation;
            state.0 += f64::min(deviate * deviate, CAP * CAP);
            if state.0 < least.0 {
                least = *state;
            }
        }
        best = least.0;
        origins.push(least.1);
    }
    let mut cuts = Vec::new();
    let mut end = values.len();
    while let Some(origin) = end.checked_sub(1).and_then(|last| origins.get(last)).copied().filter(|origin| *origin > 0)
    {
        cuts.push(origin);
        end = origin;
    }
    cuts.reverse();
    cuts
}

/// The values, thinned to a quarter of the least standard deviation.
fn levels(values: &[f64], deviations: &[f64]) -> Vec<f64> {
    let step = deviations.iter().copied().fold(f64::INFINITY, f64::min) / GRID;
    let mut levels = values.to_vec();
    levels.sort_unstable_by(f64::total_cmp);
    levels.dedup_by(|next, kept| *next - *kept < step);
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(levels: &[(usize, f64)]) -> Vec<f64> {
        let noise = [0.3, -0.5, 0.1, 0.6, -0.2, -0.4, 0.5];
        let all = levels.iter().flat_map(|(count, level)| std::iter::repeat_n(*level, *count));
        all.enumerate().map(|(index, level)| level + noise[index % 7]).collect()
    }

    fn cuts(values: &[f64]) -> Vec<usize> {
        partition(values, &vec![1.0; values.len()])
    }

    #[test]
    fn segments_begin_where_levels_change() {
        assert_eq!(cuts(&steps(&[(30, 0.0), (20, 6.0), (5, 0.0), (30, -8.0)])), [30, 50, 55]);
        assert_eq!(cuts(&steps(&[(80, 0.0)])), [0_usize; 0]);
        assert_eq!(cuts(&[]), [0_usize; 0]);
        assert_eq!(cuts(&[4.0]), [0_usize; 0]);
    }

    #[test]
    fn three_points_make_a_segment_and_two_of_any_size_do_not() {
        assert_eq!(cuts(&steps(&[(40, 0.0), (3, 9.0), (40, 0.0)])), [40, 43]);
        assert_eq!(cuts(&steps(&[(200, 0.0), (1, 9e9), (100, 0.0)])), [0_usize; 0]);
    }
}
