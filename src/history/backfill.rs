//! Which commits of the past to measure next.

/// The places in `candidates` (the newest first) in the order in which measuring them tells the most: the newest, the
/// oldest, and then always one in the middle of the largest gap between what is known; of gaps of one size the newest.
/// What is known already (`known` says so) stands in no gap and is not among them.
pub fn plan(count: usize, known: &dyn Fn(usize) -> bool) -> Vec<usize> {
    let mut is_known: Vec<bool> = (0..count).map(known).collect();
    let mut order = Vec::new();
    for end in [Some(0), count.checked_sub(1)].into_iter().flatten() {
        if is_known.get(end) == Some(&false) {
            is_known[end] = true;
            order.push(end);
        }
    }
    while let Some(next) = middle_of_largest_gap(&is_known) {
        is_known[next] = true;
        order.push(next);
    }
    order
}

fn middle_of_largest_gap(known: &[bool]) -> Option<usize> {
    let mut largest: Option<(usize, usize)> = None;
    let mut start = None;
    for (place, is_known) in known.iter().chain([&true]).enumerate() {
        match (is_known, start) {
            (false, None) => start = Some(place),
            (true, Some(from)) => {
                if largest.is_none_or(|(from, to)| place - from > to - from)
                    && largest.is_none_or(|(a, b)| b - a < place - from)
                {
                    largest = Some((from, place));
                }
                start = None;
            }
            _ => {}
        }
    }
    largest.map(|(from, to)| from + (to - from) / 2)
}
