//! Which phases of two compilers are the same thing.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::model::{Benchmark, EventCounts};
use crate::summary::{self, Row};

/// Phases that one release announces as one and a later one in parts. Their sum is what can be compared.
///
/// `compile ast to asm` became two phases in forc 0.72.1; the compiler's performance record knows them by the same names
/// in snake case.
pub const SPLITS: [(&str, &[&str]); 1] = [("compile ast to asm", &["compile ast to ir", "compile ir to asm"])];

/// A phase that is compared: by its name and depth, with what each of the two compilers calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The name that it is shown by.
    pub name: String,
    /// How many phases contain it.
    pub depth: u32,
    /// What it is made of on the base.
    pub base: Vec<String>,
    /// What it is made of on the other side.
    pub other: Vec<String>,
}

impl Shared {
    /// The parts of the side that has split it; none where neither has.
    pub fn parts(&self) -> &[String] {
        [&self.base, &self.other].into_iter().find(|names| names.len() > 1).map_or(&[], Vec::as_slice)
    }
}

/// A phase by its name and depth.
pub type Key = (String, u32);

/// A figure of one run by phase: wall and CPU time in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Wall time.
    pub wall: f64,
    /// Its share of the run's wall time, 0 to 1.
    pub share: f64,
    /// CPU time, where it could be read.
    pub cpu: Option<f64>,
    /// Instructions, where the machine counted them.
    pub instructions: Option<f64>,
    /// Events of the kernel's, where they were counted.
    pub events: Events,
}

/// How often what happened in a phase that the kernel counts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Events {
    /// Page faults in user mode.
    pub page_faults: Option<f64>,
    /// Context switches, both kinds.
    pub context_switches: Option<f64>,
    /// Moves of a thread to another processor.
    pub cpu_migrations: Option<f64>,
}

impl Events {
    const NONE: Self = Self { page_faults: Some(0.0), context_switches: Some(0.0), cpu_migrations: Some(0.0) };

    fn of(counts: Option<EventCounts>) -> Self {
        let count = |of: fn(&EventCounts) -> Option<u64>| counts.as_ref().and_then(of).map(|count| count as f64);
        Self {
            page_faults: count(|counts| counts.page_faults),
            context_switches: count(|counts| counts.context_switches),
            cpu_migrations: count(|counts| counts.cpu_migrations),
        }
    }

    /// Both together; what one of them lacks is absent.
    fn and(self, other: Self) -> Self {
        let sum = |a: Option<f64>, b: Option<f64>| a.zip(b).map(|(a, b)| a + b);
        Self {
            page_faults: sum(self.page_faults, other.page_faults),
            context_switches: sum(self.context_switches, other.context_switches),
            cpu_migrations: sum(self.cpu_migrations, other.cpu_migrations),
        }
    }
}

/// What the phases of a run cost, and their order; the time outside phases is none.
pub fn costs(run: &Benchmark) -> Vec<(Key, Cost)> {
    let mut events_of: HashMap<(&str, u32), Events> = HashMap::new();
    for own in run.phases.iter().filter(|own| own.wall().is_some()) {
        let events = events_of.entry((&own.name, own.depth)).or_insert(Events::NONE);
        *events = events.and(Events::of(own.cost.and_then(|cost| cost.counters)));
    }
    let rows = summary::told(run);
    let cost = |row: Row| {
        let phase = row.key.phase?;
        let events = events_of.get(&(phase.as_str(), row.key.depth)).copied().unwrap_or(Events::NONE);
        let cost = Cost { wall: row.wall, share: row.share, cpu: row.cpu, instructions: row.instructions, events };
        Some(((phase, row.key.depth), cost))
    };
    rows.into_iter().filter_map(cost).collect()
}

/// The sum over `names`; `None` if one of them is missing.
pub fn sum(costs: &BTreeMap<Key, Cost>, names: &[String], depth: u32) -> Option<Cost> {
    let none = Cost { cpu: Some(0.0), instructions: Some(0.0), events: Events::NONE, ..Cost::default() };
    names.iter().try_fold(none, |sum, name| {
        let cost = costs.get(&(name.clone(), depth))?;
        Some(Cost {
            wall: sum.wall + cost.wall,
            share: sum.share + cost.share,
            cpu: sum.cpu.zip(cost.cpu).map(|(a, b)| a + b),
            instructions: sum.instructions.zip(cost.instructions).map(|(a, b)| a + b),
            events: sum.events.and(cost.events),
        })
    })
}

/// What both sides have, in the base's order, and what only one has: `true` for what is gone, `false` for what is new.
pub fn matched(base: &[Key], other: &[Key]) -> (Vec<Shared>, Vec<(Key, bool)>) {
    let mut shared: Vec<Shared> = Vec::new();
    let (on_base, on_other): (HashSet<&Key>, HashSet<&Key>) = (base.iter().collect(), other.iter().collect());
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    for (name, depth) in base {
        let one = vec![name.clone()];
        if on_other.contains(&(name.clone(), *depth)) {
            shared.push(Shared { name: name.clone(), depth: *depth, base: one.clone(), other: one });
            continue;
        }
        let has = |side: &HashSet<&Key>, names: &[&str]| {
            names.iter().all(|name| side.contains(&((*name).to_owned(), *depth)))
        };
        for (whole, parts) in SPLITS {
            if name == whole && has(&on_other, parts) {
                shared.push(Shared { name: name.clone(), depth: *depth, base: one.clone(), other: owned(parts) });
            } else if parts.first() == Some(&name.as_str()) && has(&on_base, parts) && has(&on_other, &[whole]) {
                shared.push(Shared {
                    name: whole.to_owned(),
                    depth: *depth,
                    base: owned(parts),
                    other: owned(&[whole]),
                });
            }
        }
    }
    let used = |names: fn(&Shared) -> &Vec<String>| -> HashSet<Key> {
        shared.iter().flat_map(|shared| names(shared).iter().map(|name| (name.clone(), shared.depth))).collect()
    };
    let (used_of_base, used_of_other) = (used(|shared| &shared.base), used(|shared| &shared.other));
    let gone = base.iter().filter(|key| !used_of_base.contains(key)).map(|key| (key.clone(), true));
    let new = other.iter().filter(|key| !used_of_other.contains(key)).map(|key| (key.clone(), false));
    let unmatched = gone.chain(new).collect();
    (shared, unmatched)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[&str]) -> Vec<Key> {
        names.iter().map(|name| ((*name).to_owned(), 0)).collect()
    }

    #[test]
    fn a_split_phase_is_compared_by_its_sum_in_either_direction() {
        let (old, new) = (
            keys(&["ast", "compile ast to asm", "abi"]),
            keys(&["ast", "compile ast to ir", "compile ir to asm", "abi"]),
        );
        for (base, other) in [(&old, &new), (&new, &old)] {
            let (shared, unmatched) = matched(base, other);
            let names: Vec<&str> = shared.iter().map(|shared| shared.name.as_str()).collect();
            assert_eq!(names, ["ast", "compile ast to asm", "abi"]);
            assert_eq!(shared[1].parts(), ["compile ast to ir", "compile ir to asm"]);
            assert!(shared[0].parts().is_empty() && unmatched.is_empty());
        }
    }

    #[test]
    fn what_only_one_has_is_new_or_gone() {
        let (shared, unmatched) = matched(&keys(&["a", "compile ast to asm"]), &keys(&["a", "compile ast to ir"]));
        assert_eq!(shared.len(), 1);
        let (ir, asm) = (("compile ast to ir".to_owned(), 0), ("compile ast to asm".to_owned(), 0));
        assert_eq!(unmatched, [(asm, true), (ir, false)]);
    }

    #[test]
    fn one_name_at_two_depths_is_two_phases() {
        let base = vec![("a".to_owned(), 0), ("a".to_owned(), 1)];
        let (shared, unmatched) = matched(&base, &base[..1]);
        assert_eq!((shared.len(), unmatched), (1, vec![(("a".to_owned(), 1), true)]));
    }

    #[test]
    fn a_sum_with_a_missing_part_is_none() {
        let cost = |wall| Cost { wall, share: 0.1, cpu: Some(1.0), ..Cost::default() };
        let costs = BTreeMap::from([(("a".to_owned(), 0), cost(2.0)), (("b".to_owned(), 0), cost(3.0))]);
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            sum(&costs, &names(&["a", "b"]), 0),
            Some(Cost { wall: 5.0, share: 0.2, cpu: Some(2.0), ..Cost::default() })
        );
        assert_eq!(sum(&costs, &names(&["a", "c"]), 0), None);
    }
}
