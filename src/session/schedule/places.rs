//! Whether the sides of a block run at the same time, and on which cores.

use crate::collector::Cores;
use crate::model::Schedule;

/// The requested schedule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// All sides at the same time if there is a core for each, else in turns.
    #[default]
    Auto,
    /// One after the other.
    Turns,
    /// As many at the same time as there are cores.
    Duet,
}

/// How the sides of a block are run, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The schedule.
    pub schedule: Schedule,
    /// A note about it for the user.
    pub note: Option<String>,
}

/// Chooses for this number of sides. `cores` is `None` if the platform cannot pin a process to a core.
///
/// At the same time, every side has its own core; no two of them are hyper-threads of one core if there are enough cores. All
/// are of one kind, as drawing fast and efficient cores would only add noise. The harness's threads use the remaining
/// cores. If there are none, those of each run use that run's own core, so that they slow down only the side that they
/// watch. A control group whose quota is too small for all sides would throttle each of them at times: then the sides take
/// turns.
pub fn choose(wanted: Wanted, sides: usize, cores: Option<&Cores>) -> Choice {
    let turns = |note: Option<String>| Choice { schedule: Schedule::Turns, note };
    if wanted == Wanted::Turns {
        return turns(None);
    }
    let Some(cores) = cores else {
        return turns(Some("the sides take turns: this platform cannot give each its own core".to_owned()));
    };
    let processors_of = |kind: &[Vec<usize>]| kind.iter().map(Vec::len).sum::<usize>();
    let kinds = || cores.kinds.iter().map(Vec::as_slice);
    let enough = kinds().find(|kind| kind.len() >= sides);
    let enough = enough.or_else(|| kinds().find(|kind| processors_of(kind) >= sides));
    let alike = enough.or_else(|| kinds().max_by_key(|kind| processors_of(kind))).unwrap_or(&[]);
    let processors = processors_of(alike);
    if processors < 2 || wanted == Wanted::Auto && processors < sides {
        let kind = if cores.kinds.len() > 1 { " of one kind" } else { "" };
        let usable = if processors == 1 { "one" } else { &processors.to_string() };
        return turns(Some(format!(
            "the sides take turns: {sides} at the same time would need a core each, and this process may use {usable}{kind}"
        )));
    }
    let width = sides.min(processors);
    if wanted == Wanted::Auto && cores.quota < width {
        return turns(Some(format!(
            "the sides take turns: {sides} at the same time would need the time of {sides} processors, and the control \
             group's quota gives this process that of {}",
            cores.quota
        )));
    }
    // The last cores: the first one does most of the system's own work.
    let siblings = width > alike.len();
    let used: Vec<usize> = if siblings {
        let most = alike.iter().map(Vec::len).max().unwrap_or(0);
        let one_of_each = (0..most).flat_map(|part| alike.iter().rev().filter_map(move |core| core.get(part)));
        one_of_each.take(width).copied().collect()
    } else {
        alike.iter().rev().take(width).filter_map(|core| core.first()).copied().collect()
    };
    let spare = cores.kinds.iter().flatten().filter(|core| core.iter().all(|cpu| !used.contains(cpu)));
    let harness: Vec<usize> = spare.flatten().copied().collect();
    let mut notes = Vec::new();
    if siblings {
        notes.push(
            "there are too few cores: sides share a core as its hyper-threads, and slow each other down".to_owned(),
        );
    }
    if cores.quota < width {
        notes.push(format!(
            "the control group's quota gives this process the time of {} processors, and will throttle sides that run at \
             the same time: --schedule turns is better",
            cores.quota
        ));
    }
    let mut places = used;
    places.sort_unstable();
    let schedule = Schedule::Duet { cores: places, siblings, harness };
    Choice { schedule, note: (!notes.is_empty()).then(|| notes.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cores(kinds: &[&[&[usize]]], quota: usize) -> Cores {
        let kind = |kind: &&[&[usize]]| kind.iter().map(|core| core.to_vec()).collect();
        Cores { kinds: kinds.iter().map(kind).collect(), quota }
    }

    fn duet(choice: &Choice) -> (Vec<usize>, bool, Vec<usize>) {
        match &choice.schedule {
            Schedule::Duet { cores, siblings, harness } => (cores.clone(), *siblings, harness.clone()),
            Schedule::Turns => panic!("in turns: {:?}", choice.note),
        }
    }

    #[test]
    fn each_side_gets_a_core_and_the_harness_the_rest() {
        let two = cores(&[&[&[0], &[1]]], 2);
        let choice = choose(Wanted::Auto, 2, Some(&two));
        assert_eq!((duet(&choice), &choice.note), ((vec![0, 1], false, vec![]), &None));
        let four = cores(&[&[&[0], &[1], &[2], &[3]]], 4);
        assert_eq!(duet(&choose(Wanted::Auto, 3, Some(&four))), (vec![1, 2, 3], false, vec![0]));
    }

    #[test]
    fn siblings_are_used_only_where_there_are_too_few_cores() {
        let threads = cores(&[&[&[0, 4], &[1, 5], &[2, 6], &[3, 7]]], 8);
        // The siblings of used cores stay idle.
        assert_eq!(duet(&choose(Wanted::Auto, 3, Some(&threads))), (vec![1, 2, 3], false, vec![0, 4]));
        let one_core = cores(&[&[&[0, 1]]], 2);
        let choice = choose(Wanted::Auto, 2, Some(&one_core));
        assert_eq!(duet(&choice), (vec![0, 1], true, vec![]));
        assert!(choice.note.unwrap().contains("hyper-threads"));
    }

    #[test]
    fn too_few_cores_give_turns_and_a_note() {
        let says = |wanted, sides, cores: Option<&Cores>, said: &str| {
            let choice = choose(wanted, sides, cores);
            assert_eq!(choice.schedule, Schedule::Turns);
            let note = choice.note.unwrap();
            assert!(note.contains(said), "{note}");
        };
        let two = cores(&[&[&[0], &[1]]], 2);
        says(Wanted::Auto, 3, Some(&two), "may use 2");
        says(Wanted::Auto, 2, Some(&cores(&[&[&[5]]], 1)), "may use one");
        says(Wanted::Duet, 2, Some(&cores(&[&[&[5]]], 1)), "may use one");
        says(Wanted::Auto, 2, Some(&cores(&[&[&[0], &[1]]], 1)), "quota");
        says(Wanted::Auto, 2, Some(&cores(&[&[&[0]], &[&[1]]], 2)), "of one kind");
        says(Wanted::Duet, 2, None, "platform");
        assert_eq!(choose(Wanted::Turns, 2, Some(&two)), Choice { schedule: Schedule::Turns, note: None });
    }

    #[test]
    fn duet_runs_as_many_at_the_same_time_as_there_are_cores() {
        let two = cores(&[&[&[0], &[1]]], 2);
        assert_eq!(duet(&choose(Wanted::Duet, 3, Some(&two))), (vec![0, 1], false, vec![]));
        let short = choose(Wanted::Duet, 2, Some(&cores(&[&[&[0], &[1]]], 1)));
        assert_eq!(duet(&short).0, [0, 1]);
        assert!(short.note.unwrap().contains("quota"));
    }

    #[test]
    fn fast_and_efficient_cores_are_not_mixed() {
        let hybrid = cores(&[&[&[0, 1], &[2, 3]], &[&[4], &[5], &[6]]], 7);
        assert_eq!(duet(&choose(Wanted::Auto, 2, Some(&hybrid))), (vec![0, 2], false, vec![4, 5, 6]));
        assert_eq!(duet(&choose(Wanted::Auto, 3, Some(&hybrid))), (vec![4, 5, 6], false, vec![0, 1, 2, 3]));
        assert_eq!(duet(&choose(Wanted::Auto, 4, Some(&hybrid))).0, [0, 1, 2, 3]);
    }
}
