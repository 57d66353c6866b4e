//! Which of the compiler's functions carry which phase.
//!
//! Source: the expressions within `time_expr!` in `forc-pkg/src/pkg.rs` and `sway-core/src/lib.rs` of the Sway compiler,
//! read in its releases 0.17.0 to 0.72.1. Each expression is a call of one function that nothing else calls, and the
//! release builds of 0.71.2 and 0.72.1 have every one of them as a function of its own (none is inlined).

/// A phase and what carries it.
struct Carried {
    /// The compiler's description of the phase.
    phase: &'static str,
    /// The functions in groups: the first group of which any function was called carries the phase, by the sum of its
    /// functions. Functions of later groups may be called by those of earlier ones.
    groups: &'static [&'static [&'static str]],
}

const CARRIED: [Carried; 9] = [
    // To 0.39.
    Carried { phase: "produce `sway_core::BuildConfig`", groups: &[&["forc_pkg::pkg::sway_build_config"]] },
    // To 0.40 a function of forc's own was timed, which calls the later one.
    Carried { phase: "compile to ast", groups: &[&["forc_pkg::pkg::compile_ast"], &["sway_core::compile_to_ast"]] },
    // Since 0.40, within "compile to ast".
    Carried { phase: "parse the program to a concrete syntax tree (CST)", groups: &[&["sway_core::parse"]] },
    Carried { phase: "parse the concrete syntax tree (CST) to a typed AST", groups: &[&["sway_core::parsed_to_ast"]] },
    // To 0.71.
    Carried { phase: "compile ast to asm", groups: &[&["sway_core::ast_to_asm"]] },
    // Since 0.72, in place of it.
    Carried { phase: "compile ast to ir", groups: &[&["sway_core::ast_to_ir"]] },
    Carried { phase: "compile ir to asm", groups: &[&["sway_core::ir_to_asm"]] },
    // Since 0.34; the second group to 0.42. For each of the two virtual machines there is one.
    Carried {
        phase: "generate JSON ABI program",
        groups: &[
            &[
                "sway_core::abi_generation::fuel_abi::generate_program_abi",
                "sway_core::abi_generation::evm_abi::generate_abi_program",
            ],
            &[
                "sway_core::abi_generation::fuel_json_abi::generate_json_abi_program",
                "sway_core::abi_generation::evm_json_abi::generate_json_abi_program",
            ],
        ],
    },
    Carried { phase: "compile asm to bytecode", groups: &[&["sway_core::asm_to_bytecode"]] },
];

/// All functions that carry any phase.
pub fn functions() -> Vec<&'static str> {
    CARRIED.iter().flat_map(|carried| carried.groups).flat_map(|group| group.iter().copied()).collect()
}

/// The instructions of a phase, from those of each function that was called. `None` if none of its functions was, or if
/// the phase is unknown.
pub fn instructions(phase: &str, of: impl Fn(&str) -> Option<u64>) -> Option<u64> {
    let carried = CARRIED.iter().find(|carried| carried.phase == phase)?;
    carried.groups.iter().find_map(|group| {
        let called: Vec<u64> = group.iter().filter_map(|function| of(function)).collect();
        (!called.is_empty()).then(|| called.iter().sum())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
