use base64::prelude::{BASE64_STANDARD, Engine};
use sha2::{Digest, Sha256};

use super::comparison;
use crate::model::{Comparison, Measuring};
use crate::report::html::SCRIPT;
use crate::testing::compare;

/// The page, kept where the variable `FORC_PERF_PICTURES` says, if it does.
fn page(name: &str, of: &Comparison) -> String {
    let page = comparison(of);
    if let Some(folder) = std::env::var_os("FORC_PERF_PICTURES") {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.html")), &page).unwrap();
    }
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
        let page = comparison(&sample);
        let hash = BASE64_STANDARD.encode(Sha256::digest(SCRIPT));
        let policy = format!("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'");
        assert!(page.contains(&policy) || page.contains(&policy.replace('\'', "&#39;")));
        for forbidden in [" src=", "@import", "url(", "<link", "<iframe", " onclick="] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        assert_well_formed(&page);
    }
}

/// Every element of the body that is opened is closed, in order.
fn assert_well_formed(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    let (_, body) = page.split_once("<body>").unwrap();
    let (body, _) = body.split_once("<script>").unwrap();
    for tag in body.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag has an end");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(tag.split(' ').next().unwrap());
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn links_lead_somewhere_and_ids_are_unique() {
    for sample in [compare::compared(12), compare::several(), compare::compared_hostile(), compare::compared_nothing()]
    {
        let page = comparison(&sample);
        let values = |key: &str| -> Vec<String> {
            page.split(key).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
        };
        let mut ids = values(" id=\"");
        for link in values("href=\"#") {
            assert!(ids.contains(&link), "#{link}");
        }
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}

#[test]
fn two_hundred_benchmarks_stay_a_page() {
    let mut sample = compare::compared(200);
    sample.measuring = Measuring::default();
    let page = page("compared-many", &sample);
    assert!(page.len() < 8_000_000, "{}", page.len());
}
