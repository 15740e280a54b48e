//! `cargo xtask tidy`: checks the invariants of `docs/invariants.md`.

mod arkts;
mod cases;
mod circles;
mod documents;
mod guards;
mod marks;
mod repository;
mod rust;
mod tree;

use anyhow::{Result, bail};

use crate::progress::say;
use crate::workspace::Workspace;
use tree::Tree;

/// Document that explains each invariant by its id.
const DOCUMENT: &str = "docs/invariants.md";

/// An invariant of the tracked files.
struct Rule {
    /// Id in the document.
    id: &'static str,
    /// Description.
    name: &'static str,
    /// Returns a message for each violation.
    findings: fn(&Tree) -> Vec<String>,
}

const RULES: [Rule; 20] = [
    Rule { id: "I1", name: "the engine knows nothing of JavaScript", findings: rust::engine_knows_javascript },
    Rule { id: "I2", name: "unsafe code is in node_api and tcp_info only", findings: rust::unsafe_outside_node_api },
    Rule { id: "I3", name: "one service alone imports the module", findings: arkts::imports_of_the_module },
    Rule { id: "I4", name: "rooms of the app know only those below them", findings: arkts::imports_upwards },
    Rule { id: "I5", name: "the app asks for one permission", findings: arkts::permissions },
    Rule { id: "I6", name: "preview and tests know only what ships", findings: repository::native_sources_outside },
    Rule { id: "I7", name: "no host of a registry is named", findings: repository::registry_hosts },
    Rule { id: "I8", name: "no path of one machine is named", findings: repository::machine_paths },
    Rule { id: "I9", name: "no function of the binding is async", findings: rust::async_in_binding },
    Rule { id: "I10", name: "native code does not panic on purpose", findings: rust::panics },
    Rule { id: "I11", name: "errors get their codes in one table", findings: rust::codes_outside_table },
    Rule { id: "I32", name: "what documents refer to is there", findings: documents::dead_references },
    Rule { id: "I32", name: "the overview has every task", findings: documents::untold_tasks },
    Rule { id: "I32", name: "tests that documents promise are there", findings: documents::untested_promises },
    Rule { id: "I34", name: "the app exports the launcher's ability alone", findings: arkts::exports },
    Rule { id: "I38", name: "what runs on a phone are cases of tests", findings: cases::strays },
    Rule { id: "I39", name: "a test that waits for a fault names it", findings: marks::unnumbered },
    Rule {
        id: "I40",
        name: "nothing is borrowed or locked while Node-API is called",
        findings: guards::held_across_calls,
    },
    Rule { id: "I41", name: "module and pages log under one domain", findings: repository::log_domains },
    Rule { id: "I42", name: "modules of the native crates do not import each other", findings: circles::circles },
];

/// Checks all rules, and that each is documented.
///
/// # Errors
///
/// When a rule is violated; all violations have been printed.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let tree = Tree::tracked(workspace)?;
    let mut count = 0;
    for rule in &RULES {
        let findings = (rule.findings)(&tree);
        println!("{:<3} {}: {}", rule.id, rule.name, verdict(&findings));
        findings.iter().for_each(|finding| say(&format!("      {finding}")));
        count += findings.len();
    }
    marks::report(&tree).iter().for_each(|line| println!("{line}"));
    let undocumented = undocumented(tree.text(DOCUMENT).unwrap_or_default());
    for id in &undocumented {
        say(&format!("{id}: {DOCUMENT} does not mention it"));
    }
    match count + undocumented.len() {
        0 => Ok(()),
        count => bail!("{count} findings; {DOCUMENT} explains the rules"),
    }
}

fn verdict(findings: &[String]) -> String {
    if findings.is_empty() { "holds".to_owned() } else { format!("broken {} times", findings.len()) }
}

/// Returns the ids that are not in the text.
fn undocumented(text: &str) -> Vec<&'static str> {
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
    RULES.iter().map(|rule| rule.id).filter(|id| !words.contains(id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_looked_for_as_words() {
        let text = "| I1 | …| **I2**, I3-I9: I4 I5 I6 I7 I8";
        assert_eq!(undocumented(text), ["I10", "I11", "I32", "I32", "I32", "I34", "I38", "I39", "I40", "I41", "I42"]);
        assert_eq!(undocumented("I10").len(), RULES.len() - 1);
    }

    #[test]
    fn a_tree_without_the_rooms_is_not_taken_for_a_tidy_one() {
        let empty = Tree::of(&[]);
        let broken: Vec<&str> =
            RULES.iter().filter(|rule| !(rule.findings)(&empty).is_empty()).map(|rule| rule.id).collect();
        assert_eq!(broken, ["I1", "I2", "I3", "I5", "I32", "I34", "I41"]);
    }
}
