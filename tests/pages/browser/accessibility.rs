//! Whether everybody can read and use a page.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::page::Page;
use super::required;
use crate::support::not_run;

/// What every page is checked for in any case; it gives a list of what is wrong.
const CHECKS: &str = include_str!("checks.js");

/// Where `.ci/run` puts axe-core, below the package.
const AXE: &str = "target/tools/axe.min.js";

/// What must have a name that is not only seen, as the browser calls it.
const NAMED: [&str; 22] = [
    "button",
    "checkbox",
    "combobox",
    "DisclosureTriangle",
    "figure",
    "group",
    "image",
    "img",
    "link",
    "listbox",
    "menuitem",
    "option",
    "radio",
    "region",
    "searchbox",
    "slider",
    "spinbutton",
    "switch",
    "tab",
    "tabpanel",
    "textbox",
    "RootWebArea",
];

impl Page {
    /// Nothing in what the page shows now keeps anybody from reading or using it: our own checks find nothing, and axe-core,
    /// where there is one, no violation of WCAG 2.1 A or AA.
    #[track_caller]
    pub fn assert_accessible(&self) {
        let mut wrong = self.nameless();
        let checks = self.eval(CHECKS);
        wrong.extend(checks.as_array().into_iter().flatten().map(|line| line.as_str().unwrap_or_default().to_owned()));
        match axe() {
            Some(axe) => wrong.extend(self.violations(axe)),
            None => not_run_without_axe(),
        }
        assert!(wrong.is_empty(), "not everybody can use this page:\n  {}", wrong.join("\n  "));
    }

    /// What the browser tells a screen reader of an element: its role and its name.
    #[track_caller]
    pub fn accessible(&self, selector: &str) -> (String, String) {
        let object = json!({ "expression": format!("document.querySelector({})", super::page::quoted(selector)) });
        let object = self.call("Runtime.evaluate", &object);
        let Some(id) = object["result"]["objectId"].as_str() else { panic!("there is no {selector}") };
        let tree = self.call("Accessibility.getPartialAXTree", &json!({ "objectId": id, "fetchRelatives": false }));
        let text = |value: &Value| value["value"].as_str().unwrap_or_default().to_owned();
        (text(&tree["nodes"][0]["role"]), text(&tree["nodes"][0]["name"]))
    }

    /// The controls and pictures of which a screen reader could say nothing, by the browser's own account.
    #[track_caller]
    fn nameless(&self) -> Vec<String> {
        let tree = self.call("Accessibility.getFullAXTree", &json!({}));
        let nodes = tree["nodes"].as_array().into_iter().flatten();
        let nameless = nodes.filter(|node| {
            let role = node["role"]["value"].as_str().unwrap_or_default();
            let name = node["name"]["value"].as_str().unwrap_or_default();
            node["ignored"] != true && NAMED.contains(&role) && name.trim().is_empty()
        });
        nameless.filter_map(|node| self.without_a_name(node)).collect()
    }

    #[track_caller]
    fn without_a_name(&self, node: &Value) -> Option<String> {
        let role = node["role"]["value"].as_str().unwrap_or_default();
        let described =
            self.try_call("DOM.describeNode", &json!({ "backendNodeId": node["backendDOMNodeId"].as_u64()? }));
        let described = described.ok()?;
        let tag = described["node"]["localName"].as_str().unwrap_or_default().to_owned();
        // What groups only by its looks is no group that needs a name.
        if role == "group" && matches!(tag.as_str(), "details" | "optgroup" | "g") {
            return None;
        }
        let attributes = described["node"]["attributes"].as_array().into_iter().flatten();
        let attributes: Vec<_> = attributes.filter_map(Value::as_str).take(8).collect();
        Some(format!("a {role} without a name: <{tag} {}>", attributes.join(" ")))
    }

    #[track_caller]
    fn violations(&self, axe: &str) -> Vec<String> {
        // Not by a script element: the page's own content security policy would rightly forbid it.
        if self.eval("typeof axe") != "object" {
            self.eval(&format!("{axe};undefined"));
        }
        let found = self.eval(
            // Not with style sheets fetched once more, which the page's policy would rightly forbid.
            // Rows of a table are alike, and each takes long.
            "axe.run({ include: [['html']], exclude: [['tbody > tr:nth-child(n+13)']] }, { preload: false, resultTypes: ['violations'],
                runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] } })
            .then(({ violations }) => violations.flatMap(({ id, help, nodes }) => nodes.slice(0, 5).map((node) =>
                `axe, ${id}: ${help}: ${node.target} ${node.html.slice(0, 200)} ${node.failureSummary.replace(/\\s+/g, ' ')}`)))",
        );
        found.as_array().into_iter().flatten().map(|line| line.as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// The text of axe-core, where it is.
fn axe() -> Option<&'static str> {
    static AXE_TEXT: OnceLock<Option<String>> = OnceLock::new();
    let read = || {
        let chosen = env::var_os("FORC_PERF_AXE").filter(|chosen| !chosen.is_empty()).map(PathBuf::from);
        let path = chosen.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(AXE));
        fs::read_to_string(path).ok()
    };
    AXE_TEXT.get_or_init(read).as_deref()
}

fn not_run_without_axe() {
    static ONCE: OnceLock<()> = OnceLock::new();
    let reason = format!("there is no axe-core, neither {AXE} nor FORC_PERF_AXE; only our own checks were made");
    assert!(!required(), "{reason}");
    ONCE.get_or_init(|| not_run(&reason));
}
