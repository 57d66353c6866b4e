//! Groups changes of many series at one commit into one event.

use super::ChangePoint;

/// A change point, and the series that it is of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeriesChange {
    /// The series, as a number of the caller.
    pub series: usize,
    /// How much a change of this series counts, 0 or more; 1 for each if all are alike.
    pub weight: f64,
    /// The change. Its indices are positions on one axis of commits that is common to all series.
    pub change: ChangePoint,
}

/// Changes that one commit can explain.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The most common position of the changes, by weight; the first of several.
    pub position: usize,
    /// The first position that all of the changes allow.
    pub earliest: usize,
    /// The last position that all of the changes allow.
    pub latest: usize,
    /// The changes, as indices into what was given: the greatest weighted change first.
    pub members: Vec<usize>,
    /// The weighted sum of the logarithms of the ratios: above 0 if it is for the worse on the whole.
    pub total: f64,
    /// The same with absolute values: how much changed in either direction.
    pub size: f64,
}

/// Groups changes into events: regressions first, the largest first, then improvements, the smallest first.
///
/// As few events as can explain all changes. In the order of their last possible positions, each change that no event so far
/// explains begins a new one at its last possible position, and every change that allows this position joins it. Each of
/// these first changes needs an event of its own, so fewer are impossible (the classical interval stabbing). A change whose
/// own position lies nearer to another event that it allows then moves to that one. A series has at most one change in an
/// event: its others, which are changes of their own, begin or join further ones.
///
/// Deterministic: the order of the given changes does not matter.
pub fn group_steps(changes: &[SeriesChange]) -> Vec<Event> {
    let mut order: Vec<usize> = (0..changes.len()).collect();
    order.sort_by(|a, b| {
        let key = |index: usize| {
            let SeriesChange { series, change, .. } = &changes[index];
            (change.latest.max(change.index), change.index, change.earliest, *series)
        };
        key(*a).cmp(&key(*b))
    });
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for index in &order {
        match nearest(changes, &groups, *index) {
            Some((group, _)) => groups[group].push(*index),
            None => groups.push(vec![*index]),
        }
    }
    // Events that began later than a change that they explain better.
    for index in order {
        let Some(home) = groups.iter().position(|group| group.contains(&index)) else { continue };
        let distance = centre(changes, &groups[home]).abs_diff(changes[index].change.index);
        if let Some((group, nearer)) = nearest(changes, &groups, index)
            && nearer < distance
        {
            groups[home].retain(|member| *member != index);
            groups[group].push(index);
        }
    }
    let occupied = groups.into_iter().filter(|group| !group.is_empty());
    let mut events: Vec<Event> = occupied.map(|group| event(changes, group)).collect();
    events.sort_by(|a, b| b.total.total_cmp(&a.total).then(a.position.cmp(&b.position)));
    events
}

/// Of the groups that this change may join, the one whose position is nearest to its own, and how near.
fn nearest(changes: &[SeriesChange], groups: &[Vec<usize>], index: usize) -> Option<(usize, usize)> {
    let own = changes[index].change.index;
    groups
        .iter()
        .enumerate()
        .filter(|(_, group)| !group.is_empty() && fits(changes, group, index))
        .map(|(number, group)| (number, centre(changes, group).abs_diff(own)))
        .min_by_key(|it| it.1)
}

/// The positions that a change allows.
fn range(change: &ChangePoint) -> (usize, usize) {
    (change.earliest.min(change.index), change.latest.max(change.index))
}

/// The positions that all of these changes allow; the first is greater than the last if there is none.
fn common(changes: &[SeriesChange], group: &[usize]) -> (usize, usize) {
    group
        .iter()
        .map(|index| range(&changes[*index].change))
        .fold((0, usize::MAX), |all, one| (all.0.max(one.0), all.1.min(one.1)))
}

fn fits(changes: &[SeriesChange], group: &[usize], index: usize) -> bool {
    let (all, one) = (common(changes, group), range(&changes[index].change));
    let is_other = |member: &usize| changes[*member].series != changes[index].series;
    all.0.max(one.0) <= all.1.min(one.1) && group.iter().all(is_other)
}

/// The position of most of the weight.
fn centre(changes: &[SeriesChange], group: &[usize]) -> usize {
    let weight = |position: usize| {
        let there = group.iter().filter(|index| changes[**index].change.index == position);
        there.map(|index| changes[*index].weight).sum::<f64>()
    };
    let mut positions: Vec<usize> = group.iter().map(|index| changes[*index].change.index).collect();
    positions.sort_unstable();
    positions.dedup();
    // The first of those that weigh most.
    let heaviest = positions.iter().copied().rev().max_by(|a, b| weight(*a).total_cmp(&weight(*b)));
    heaviest.unwrap_or(0)
}

fn event(changes: &[SeriesChange], mut members: Vec<usize>) -> Event {
    let (earliest, latest) = common(changes, &members);
    let moved = |index: usize| changes[index].weight * changes[index].change.ratio.ln();
    members.sort_by(|a, b| {
        let by_size = moved(*b).abs().total_cmp(&moved(*a).abs());
        by_size.then(changes[*a].series.cmp(&changes[*b].series)).then(a.cmp(b))
    });
    Event {
        position: centre(changes, &members).clamp(earliest, latest),
        earliest,
        latest,
        total: members.iter().map(|index| moved(*index)).sum(),
        size: members.iter().map(|index| moved(*index).abs()).sum(),
        members,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::change_points::Persistence;

    fn change(series: usize, (earliest, index, latest): (usize, usize, usize), ratio: f64) -> SeriesChange {
        let change = ChangePoint {
            index,
            earliest,
            latest,
            before: 1.0,
            after: ratio,
            ratio,
            low: ratio,
            high: ratio,
            p_value: 0.001,
            points: 9,
            persistence: Persistence::Lasting,
        };
        SeriesChange { series, weight: 1.0, change }
    }

    fn members(changes: &[SeriesChange]) -> Vec<Vec<usize>> {
        group_steps(changes).into_iter().map(|event| event.members).collect()
    }

    #[test]
    fn overlapping_ranges_are_one_event_and_the_worst_is_first() {
        let changes = [
            change(0, (50, 50, 50), 1.06),
            change(1, (49, 51, 53), 1.10),
            change(2, (48, 50, 50), 1.02),
            change(0, (80, 80, 81), 1.50),
            change(1, (79, 80, 80), 0.50),
            change(3, (10, 10, 12), 1.30),
        ];
        let events = group_steps(&changes);
        let found: Vec<(usize, usize, usize)> =
            events.iter().map(|event| (event.position, event.earliest, event.latest)).collect();
        assert_eq!(found, [(10, 10, 12), (50, 50, 50), (80, 80, 80)]);
        assert_eq!(members(&changes), [vec![5], vec![1, 0, 2], vec![4, 3]]);
        assert!((events[1].total - (1.06_f64 * 1.10 * 1.02).ln()).abs() < 1e-12);
        assert!((events[2].total - 0.75_f64.ln()).abs() < 1e-12 && (events[2].size - 3.0_f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn a_chain_of_overlaps_is_not_one_event() {
        // The first and the last have no commit in common.
        let changes = [change(0, (1, 2, 5), 1.1), change(1, (4, 5, 9), 1.1), change(2, (8, 9, 12), 1.1)];
        let events = group_steps(&changes);
        assert_eq!(events.len(), 2);
        for event in &events {
            assert!(event.earliest <= event.position && event.position <= event.latest);
        }
    }

    #[test]
    fn an_uncertain_change_goes_to_the_event_that_is_nearest() {
        let changes = [
            change(0, (100, 100, 100), 1.2),
            change(1, (100, 138, 140), 1.2),
            change(2, (139, 139, 141), 1.2),
            change(3, (139, 139, 141), 1.2),
        ];
        assert_eq!(members(&changes), [vec![1, 2, 3], vec![0]]);
    }

    #[test]
    fn two_changes_of_one_series_are_two_events() {
        let changes = [change(0, (10, 11, 14), 1.1), change(0, (12, 13, 16), 1.1), change(1, (13, 13, 13), 1.1)];
        assert_eq!(members(&changes), [vec![1, 2], vec![0]]);
    }

    #[test]
    fn order_does_not_matter_and_weights_do() {
        let mut changes: Vec<SeriesChange> = (0..12)
            .map(|i| change(i, (10 * (i % 3), 10 * (i % 3) + i % 2, 10 * (i % 3) + 4), 1.0 + 0.01 * i as f64))
            .collect();
        let series = |changes: &[SeriesChange]| -> Vec<(usize, Vec<usize>)> {
            let of = |event: Event| event.members.iter().map(|member| changes[*member].series).collect();
            group_steps(changes).into_iter().map(|event| (event.position, of(event))).collect()
        };
        let expected = series(&changes);
        assert_eq!(expected.len(), 3);
        changes.reverse();
        changes.swap(2, 7);
        assert_eq!(series(&changes), expected);

        let mut weighted = [change(0, (1, 1, 1), 1.1), change(1, (5, 5, 5), 1.05)];
        weighted[1].weight = 10.0;
        assert_eq!(members(&weighted), [[1], [0]]);
        assert_eq!(group_steps(&[]), []);
    }
}
