use super::comparison;
use crate::model::{Comparison, Measuring};
use crate::testing::compare;
use crate::testing::page::{assert_links, assert_self_contained, keep};

/// The page, kept where the variable `FORC_PERF_PICTURES` says, if it does.
fn page(name: &str, of: &Comparison) -> String {
    let page = comparison(of);
    keep(&format!("{name}.html"), &page);
    page
}

#[test]
fn says_everything_about_a_comparison() {
    let sample = compare::compared(12);
    let page = page("compared", &sample);
    for one in &sample.findings[0].benchmarks {
        assert!(page.contains(&one.id), "{}", one.id);
    }
    for text in [
        "3 failed to build",
        "Could not find symbol",
        "other output",
        "out/debug/sample.bin",
        "the rest, outside phases",
        "--seed</span> 42",
        &sample.sides[1].toolchain.sha256,
        "wall base (ns)",
        "would have shown",
    ] {
        assert!(page.contains(text), "{text}");
    }
    // The answer, then what failed, then the figures, then how.
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}"));
    let order = ["<dl class=\"answer\"", "id=\"failures\"", "id=\"side-1\"", "id=\"how\""].map(at);
    assert!(order.is_sorted(), "{order:?}");
}

#[test]
fn every_side_has_its_section_and_the_control_its_own() {
    let sample = compare::several();
    let page = page("compared-several", &sample);
    for side in ["id=\"side-1\"", "id=\"side-2\"", "id=\"side-3\"", "id=\"control\""] {
        assert!(page.contains(side), "{side}");
    }
    assert!(!page.contains("id=\"side-4\"") && page.contains("0 false alarms"));
}

#[test]
fn a_split_phase_is_told_with_its_parts() {
    let page = page("compared-split", &compare::split());
    assert!(page.contains("compile ast to asm (compile ast to ir + compile ir to asm)"));
    assert!(page.contains("write the ABI (new)") && page.contains("Phases that only one compiler has"));
}

#[test]
fn nothing_measured_looks_like_nothing_else() {
    let page = page("compared-nothing", &compare::compared_nothing());
    assert!(page.contains("<h2>Nothing was measured</h2>") && page.contains("id=\"failures\""));
    assert!(!page.contains("id=\"side-1\"") && !page.contains("0 regressed") && !page.contains("= equal"));
}

#[test]
fn hostile_names_are_only_names() {
    let page = page("compared-hostile", &compare::compared_hostile());
    assert!(!page.contains("<script>alert") && page.contains("&lt;script&gt;alert"));
    assert!(!page.contains(['\u{0}', '\u{1b}', '\u{202E}', '\u{7}']));
    assert_eq!(page.matches("<script>").count(), 1);
    assert!(!page.contains("NaN") && !page.contains("inf%"));
    assert!(page.len() < 6_000_000, "{}", page.len());
}

#[test]
fn is_self_contained_and_well_formed() {
    for sample in [compare::compared(6), compare::compared_hostile(), compare::compared_nothing()] {
        assert_self_contained(&comparison(&sample));
    }
}

#[test]
fn links_lead_somewhere_and_ids_are_unique() {
    for sample in [compare::compared(12), compare::several(), compare::compared_hostile(), compare::compared_nothing()]
    {
        assert_links(&comparison(&sample));
    }
}

#[test]
fn two_hundred_benchmarks_stay_a_page() {
    let mut sample = compare::compared(200);
    sample.measuring = Measuring::default();
    let page = page("compared-many", &sample);
    assert!(page.len() < 8_000_000, "{}", page.len());
}
