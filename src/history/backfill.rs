//! Which commits of the past to measure next.

/// The places of `count` candidates, which are in the order of their history, sorted so that each measurement adds as much
/// information as possible: the first, the last, and then always the middle of the longest gap between measured ones; of
/// gaps of equal length the first. Candidates that are `known` already bound the gaps and are not in the result.
pub fn plan(count: usize, known: &dyn Fn(usize) -> bool) -> Vec<usize> {
    let mut is_known: Vec<bool> = (0..count).map(known).collect();
    let mut order = Vec::new();
    let mut take = |place: Option<usize>, is_known: &mut Vec<bool>| match place {
        Some(place) if is_known.get(place) == Some(&false) => {
            is_known[place] = true;
            order.push(place);
        }
        _ => {}
    };
    take(Some(0), &mut is_known);
    take(count.checked_sub(1), &mut is_known);
    while let Some(place) = middle_of_longest_gap(&is_known) {
        take(Some(place), &mut is_known);
    }
    order
}

fn middle_of_longest_gap(known: &[bool]) -> Option<usize> {
    let mut place = 0;
    let mut longest = (0, 0);
    for gap in known.split(|known| *known) {
        if gap.len() > longest.1 {
            longest = (place, gap.len());
        }
        place += gap.len() + 1;
    }
    (longest.1 > 0).then(|| longest.0 + longest.1 / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_come_first_and_then_the_middle_of_the_longest_gap() {
        assert_eq!(plan(9, &|_| false), [0, 8, 4, 2, 6, 1, 3, 5, 7]);
        assert_eq!(plan(0, &|_| false), [0usize; 0]);
        assert_eq!(plan(1, &|_| false), [0]);
        assert_eq!(plan(2, &|_| false), [0, 1]);
    }

    #[test]
    fn what_is_known_bounds_the_gaps_and_is_not_measured_again() {
        assert_eq!(plan(9, &|place| [0, 4, 8].contains(&place)), [2, 6, 1, 3, 5, 7]);
        assert_eq!(plan(3, &|_| true), [0usize; 0]);
        // Resuming after an interrupt follows the rest of the same plan.
        let whole = plan(100, &|_| false);
        for done in [1, 7, 50] {
            assert_eq!(plan(100, &|place| whole[..done].contains(&place)), whole[done..]);
        }
    }
}
