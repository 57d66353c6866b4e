//! Which phases of two compilers correspond.

use std::collections::{BTreeMap, HashSet};

use crate::figures::{self, AttributionRow, Cost};
use crate::model::Benchmark;
use crate::phase::splits;

/// A compared phase, by name and depth, with its names in both compilers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The displayed name.
    pub name: String,
    /// How many phases contain it.
    pub depth: u32,
    /// What it is made of on the base.
    pub base: Vec<String>,
    /// What it is made of on the other side.
    pub other: Vec<String>,
}

impl Shared {
    /// The parts on the side that has split it; empty if neither has.
    pub fn parts(&self) -> &[String] {
        [&self.base, &self.other].into_iter().find(|names| names.len() > 1).map_or(&[], Vec::as_slice)
    }
}

/// A phase by its name and depth.
pub type Key = (String, u32);

/// What the phases of a run cost, and their order; the time outside phases is none.
pub fn costs(run: &Benchmark) -> Vec<(Key, Cost)> {
    let cost = |row: AttributionRow| Some(((row.key.phase?, row.key.depth), row.cost));
    figures::attributed(run).into_iter().filter_map(cost).collect()
}

/// All of `names` together; `None` if one of them is missing.
pub fn together(costs: &BTreeMap<Key, Cost>, names: &[String], depth: u32) -> Option<Cost> {
    let found: Option<Vec<&Cost>> = names.iter().map(|name| costs.get(&(name.clone(), depth))).collect();
    found?.into_iter().copied().reduce(|all, cost| all.and(&cost))
}

/// The phases that both sides have, in the base's order, and those that only one has: `true` for phases only of the base,
/// `false` for new ones.
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
        for (whole, parts) in splits() {
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
}
