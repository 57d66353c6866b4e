//! What every page has to hold, whatever it is of.

use std::fs;
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine};
use sha2::{Digest, Sha256};

use crate::report::html::SCRIPT;

/// Keeps a text in the folder that the variable `FORC_PERF_PICTURES` names, if it is set.
pub(crate) fn keep(name: &str, text: &str) {
    if let Some(folder) = std::env::var_os("FORC_PERF_PICTURES") {
        fs::create_dir_all(&folder).unwrap();
        fs::write(Path::new(&folder).join(name), text).unwrap();
    }
}

/// The page loads nothing, runs no script but its own, and its body is well formed.
#[track_caller]
pub(crate) fn assert_self_contained(page: &str) {
    let hash = BASE64_STANDARD.encode(Sha256::digest(SCRIPT));
    let policy = format!("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'");
    assert!(page.contains(&policy) || page.contains(&policy.replace('\'', "&#39;")));
    for forbidden in [" src=", "@import", "url(", "<link", "<iframe", " onclick=", "https://"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert_well_formed(page);
}

/// Every element of the body that is opened is closed, in order.
#[track_caller]
fn assert_well_formed(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    let (_, body) = page.split_once("<body>").unwrap();
    let (body, _) = body.split_once("<script>").unwrap();
    for tag in body.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag has an end");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') && !["meta", "br", "hr", "input"].contains(&tag.split(' ').next().unwrap()) {
            open.push(tag.split(' ').next().unwrap());
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

/// Links within the page lead somewhere, and no id is there twice.
#[track_caller]
pub(crate) fn assert_links(page: &str) {
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
