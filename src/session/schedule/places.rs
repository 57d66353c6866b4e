//! Whether the sides of a block run at the same time, and where.

use crate::collector::Cores;
use crate::model::Schedule;

/// What the user asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// All sides at once where there is a core for each, else in turns.
    #[default]
    Auto,
    /// One after the other.
    Turns,
    /// As many at once as there are cores.
    Duet,
}

/// How the sides of a block are to be run, and why not otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// How.
    pub schedule: Schedule,
    /// What a person should know of it, in a sentence.
    pub note: Option<String>,
}

/// Chooses for this number of sides; `cores` is `None` where the platform cannot give a process a core.
///
/// At once, every side has a core of its own, no two of them parts of one as long as there are enough; all are of one kind,
/// as the draw of a fast and of a thrifty core would be nothing but noise. The harness's threads are on what is left; where
/// nothing is, those of each run are on that run's own core. So what they take is taken from the side that they watch, and
/// never from the other. A control group whose quota does not give every side its core would stop both in turn: then the
/// sides take turns.
pub fn choose(wanted: Wanted, sides: usize, cores: Option<&Cores>) -> Choice {
    let turns = |note: Option<String>| Choice { schedule: Schedule::Turns, note };
    if wanted == Wanted::Turns {
        return turns(None);
    }
    let Some(cores) = cores else {
        return turns(Some("the sides take turns: this platform cannot give each a core of its own".to_owned()));
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
            "the sides take turns: {sides} at once would need a core each, and this process may use {usable}{kind}"
        )));
    }
    let width = sides.min(processors);
    if wanted == Wanted::Auto && cores.quota < width {
        return turns(Some(format!(
            "the sides take turns: {sides} at once would need the time of {sides} processors, and the control group's \
             quota gives this process that of {}",
            cores.quota
        )));
    }
    // The last ones: the first has more of the system's own work than any other.
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
            "sides share a core as its hyper-threads, and slow each other down: there are too few cores".to_owned(),
        );
    }
    if cores.quota < width {
        notes.push(format!(
            "the control group's quota gives this process the time of {}, and will stop sides that run at once: better \
             take turns",
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
    fn a_core_each_and_the_rest_is_the_harness_s() {
        let two = cores(&[&[&[0], &[1]]], 2);
        let choice = choose(Wanted::Auto, 2, Some(&two));
        assert_eq!((duet(&choice), &choice.note), ((vec![0, 1], false, vec![]), &None));
        let four = cores(&[&[&[0], &[1], &[2], &[3]]], 4);
        assert_eq!(duet(&choose(Wanted::Auto, 3, Some(&four))), (vec![1, 2, 3], false, vec![0]));
    }

    #[test]
    fn siblings_are_used_only_where_there_are_too_few_cores() {
        let threads = cores(&[&[&[0, 4], &[1, 5], &[2, 6], &[3, 7]]], 8);
        // The siblings of what is used stay idle.
        assert_eq!(duet(&choose(Wanted::Auto, 3, Some(&threads))), (vec![1, 2, 3], false, vec![0, 4]));
        let one_core = cores(&[&[&[0, 1]]], 2);
        let choice = choose(Wanted::Auto, 2, Some(&one_core));
        assert_eq!(duet(&choice), (vec![0, 1], true, vec![]));
        assert!(choice.note.unwrap().contains("hyper-threads"));
    }

    #[test]
    fn too_few_cores_make_turns_and_a_sentence() {
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
    fn who_asks_for_it_gets_as_many_at_once_as_there_are_cores() {
        let two = cores(&[&[&[0], &[1]]], 2);
        assert_eq!(duet(&choose(Wanted::Duet, 3, Some(&two))), (vec![0, 1], false, vec![]));
        let short = choose(Wanted::Duet, 2, Some(&cores(&[&[&[0], &[1]]], 1)));
        assert_eq!(duet(&short).0, [0, 1]);
        assert!(short.note.unwrap().contains("quota"));
    }

    #[test]
    fn a_fast_and_a_thrifty_core_are_never_drawn_against_each_other() {
        let hybrid = cores(&[&[&[0, 1], &[2, 3]], &[&[4], &[5], &[6]]], 7);
        assert_eq!(duet(&choose(Wanted::Auto, 2, Some(&hybrid))), (vec![0, 2], false, vec![4, 5, 6]));
        assert_eq!(duet(&choose(Wanted::Auto, 3, Some(&hybrid))), (vec![4, 5, 6], false, vec![0, 1, 2, 3]));
        assert_eq!(duet(&choose(Wanted::Auto, 4, Some(&hybrid))).0, [0, 1, 2, 3]);
    }
}
