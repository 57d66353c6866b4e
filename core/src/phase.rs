//! The one table of the compiler's phases. A phase that is not in it still works everywhere and gets a colour of its own;
//! only its nesting, its parts and its functions are unknown.
//!
//! Source: the calls of `time_expr!` in `forc-pkg/src/pkg.rs` and `sway-core/src/lib.rs` of the Sway compiler, read in its
//! releases 0.17.0 to 0.72.1. Each of them times a call of one function that is called nowhere else. In the release builds
//! of 0.71.2 and 0.72.1 none of these functions is inlined.

/// Shown instead of a phase's name for the time outside all phases.
pub const OUTSIDE: &str = "outside phases";

/// Shown instead of a phase's name for the run as a whole.
pub const WHOLE_RUN: &str = "whole run";

/// A phase of the compiler's releases.
#[derive(Clone, Copy, Debug)]
pub struct Phase {
    /// The compiler's description, as in the markers.
    pub name: &'static str,
    /// Its name in the files that the compiler writes (`--metrics-outfile`), and in its public performance record.
    pub snake_name: Option<&'static str>,
    /// The phase that contains it, by name.
    pub within: Option<&'static str>,
    /// The phases that replace it in later releases. Their sum can be compared with it.
    pub parts: &'static [&'static str],
    /// The compiler's functions that run in it, in groups. The first group with a called function counts, as the sum of its
    /// functions. Functions of later groups may be called by those of earlier ones.
    pub functions: &'static [&'static [&'static str]],
    /// Its colour in every chart (red, green, blue); absent for a phase too short to need one. The hues are from the
    /// colour-blind safe sets of Okabe and Ito and of Paul Tol, and differ in lightness too. The two phases within `compile
    /// to ast` have lighter tones of its blue.
    pub colour: Option<(u8, u8, u8)>,
}

/// The defaults of a row.
const PHASE: Phase = Phase { name: "", snake_name: None, within: None, parts: &[], functions: &[], colour: None };

/// The table.
pub const PHASES: [Phase; 9] = [
    // To 0.39.
    Phase { name: "produce `sway_core::BuildConfig`", functions: &[&["forc_pkg::pkg::sway_build_config"]], ..PHASE },
    // Up to 0.40 a function of forc was timed; it calls the later one.
    Phase {
        name: TO_AST,
        snake_name: Some("compile_to_ast"),
        functions: &[&["forc_pkg::pkg::compile_ast"], &["sway_core::compile_to_ast"]],
        colour: Some((0x00, 0x72, 0xB2)),
        ..PHASE
    },
    // Since 0.40.
    Phase {
        name: "parse the program to a concrete syntax tree (CST)",
        snake_name: Some("parse_cst"),
        within: Some(TO_AST),
        functions: &[&["sway_core::parse"]],
        colour: Some((0x8C, 0xD0, 0xF5)),
        ..PHASE
    },
    Phase {
        name: "parse the concrete syntax tree (CST) to a typed AST",
        snake_name: Some("parse_ast"),
        within: Some(TO_AST),
        functions: &[&["sway_core::parsed_to_ast"]],
        colour: Some((0x3D, 0x9B, 0xDC)),
        ..PHASE
    },
    Phase {
        name: "compile ast to ir",
        snake_name: Some("compile_ast_to_ir"),
        functions: &[&["sway_core::ast_to_ir"]],
        colour: Some((0xE6, 0x9F, 0x00)),
        ..PHASE
    },
    Phase {
        name: "compile ir to asm",
        snake_name: Some("compile_ir_to_asm"),
        functions: &[&["sway_core::ir_to_asm"]],
        colour: Some((0x00, 0x9E, 0x73)),
        ..PHASE
    },
    // Up to 0.71; two phases since.
    Phase {
        name: "compile ast to asm",
        snake_name: Some("compile_ast_to_asm"),
        parts: &["compile ast to ir", "compile ir to asm"],
        functions: &[&["sway_core::ast_to_asm"]],
        colour: Some((0xD5, 0x5E, 0x00)),
        ..PHASE
    },
    // Since 0.34; the second group up to 0.42. Each group has one function for each of the two virtual machines.
    Phase {
        name: "generate JSON ABI program",
        snake_name: Some("generate_json_abi"),
        functions: &[
            &[
                "sway_core::abi_generation::fuel_abi::generate_program_abi",
                "sway_core::abi_generation::evm_abi::generate_abi_program",
            ],
            &[
                "sway_core::abi_generation::fuel_json_abi::generate_json_abi_program",
                "sway_core::abi_generation::evm_json_abi::generate_json_abi_program",
            ],
        ],
        colour: Some((0xCC, 0x79, 0xA7)),
        ..PHASE
    },
    Phase {
        name: "compile asm to bytecode",
        snake_name: Some("compile_asm_to_bytecode"),
        functions: &[&["sway_core::asm_to_bytecode"]],
        colour: Some((0xB8, 0x42, 0x86)),
        ..PHASE
    },
];

/// The phase that contains others.
const TO_AST: &str = "compile to ast";

/// The phase with this name or snake-case name; `None` if it is not in the table.
pub fn known(name: &str) -> Option<&'static Phase> {
    PHASES.iter().find(|phase| phase.name == name || phase.snake_name == Some(name))
}

/// Whether the phase `outer` contains `inner` in all releases that have both. All parsing is part of one phase, however it
/// was worded.
pub fn contains(outer: &str, inner: &str) -> bool {
    let is_part = || known(inner).is_some_and(|inner| inner.within == Some(outer));
    is_part() || (outer == TO_AST && inner.starts_with("parse "))
}

/// Whether the phase is known to contain no other, in all releases that have it.
pub fn contains_none(name: &str) -> bool {
    known(name).is_some_and(|phase| PHASES.iter().all(|inner| inner.within != Some(phase.name)))
}

/// The phases that a later release has split: the whole and its parts.
pub fn splits() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    PHASES.iter().filter(|phase| !phase.parts.is_empty()).map(|phase| (phase.name, phase.parts))
}

/// A phase's label: its name, with its parts where a compiler has split it.
pub fn label(name: &str, parts: &[String]) -> String {
    if parts.is_empty() { name.to_owned() } else { format!("{name} ({})", parts.join(" + ")) }
}

/// The instructions of a phase, from the instructions of each called function. `None` if none of its functions was called,
/// or if the phase is unknown.
pub fn instructions(name: &str, of: impl Fn(&str) -> Option<u64>) -> Option<u64> {
    let phase = PHASES.iter().find(|phase| phase.name == name)?;
    phase.functions.iter().find_map(|group| {
        let called: Vec<u64> = group.iter().filter_map(|function| of(function)).collect();
        (!called.is_empty()).then(|| called.iter().sum())
    })
}

/// The functions of all phases.
pub fn functions() -> Vec<&'static str> {
    PHASES.iter().flat_map(|phase| phase.functions).flat_map(|group| group.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_the_table_are_of_the_table() {
        for phase in &PHASES {
            let names = phase.within.iter().chain(phase.parts);
            assert!(names.clone().all(|name| known(name).is_some()), "{phase:?}");
            assert_eq!(known(phase.name).map(|known| known.name), Some(phase.name));
        }
    }

    #[test]
    fn a_phase_is_what_carries_it_and_absent_without() {
        let of = |known: &'static [(&'static str, u64)]| {
            move |name: &str| known.iter().find(|(function, _)| *function == name).map(|(_, count)| *count)
        };
        let released = of(&[("sway_core::compile_to_ast", 70), ("sway_core::ast_to_ir", 30)]);
        assert_eq!(instructions("compile to ast", released), Some(70));
        assert_eq!(instructions("compile ast to ir", released), Some(30));
        assert_eq!(instructions("compile ast to asm", released), None);
        assert_eq!(instructions("borrow check", released), None);
        // The older function calls the newer one: they are not added up.
        let old = of(&[("sway_core::compile_to_ast", 70), ("forc_pkg::pkg::compile_ast", 75)]);
        assert_eq!(instructions("compile to ast", old), Some(75));
        let both = of(&[
            ("sway_core::abi_generation::fuel_abi::generate_program_abi", 5),
            ("sway_core::abi_generation::evm_abi::generate_abi_program", 6),
        ]);
        assert_eq!(instructions("generate JSON ABI program", both), Some(11));
    }

    #[test]
    fn no_function_carries_two_phases() {
        let mut functions = functions();
        let count = functions.len();
        functions.sort_unstable();
        functions.dedup();
        assert_eq!(functions.len(), count);
    }
}
