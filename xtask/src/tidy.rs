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

use crate::excerpt::say;
use crate::workspace::Workspace;
use tree::Tree;

/// Document with a row for each invariant: id, statement, reason, check.
const DOCUMENT: &str = "docs/invariants.md";

/// A check of an invariant on the tracked files.
struct Rule {
    /// Id of the invariant in the document.
    id: &'static str,
    /// Returns a message for each violation.
    findings: fn(&Tree) -> Vec<String>,
}

const RULES: [Rule; 18] = [
    Rule { id: "I1", findings: rust::engine_knows_javascript },
    Rule { id: "I2", findings: rust::unsafe_outside_node_api },
    Rule { id: "I3", findings: arkts::imports_of_the_module },
    Rule { id: "I4", findings: arkts::imports_upwards },
    Rule { id: "I5", findings: arkts::permissions },
    Rule { id: "I6", findings: repository::native_sources_outside },
    Rule { id: "I7", findings: repository::registry_hosts },
    Rule { id: "I8", findings: repository::machine_paths },
    Rule { id: "I9", findings: rust::async_in_binding },
    Rule { id: "I10", findings: rust::panics },
    Rule { id: "I11", findings: rust::codes_outside_table },
    Rule { id: "I32", findings: documents::missing },
    Rule { id: "I34", findings: arkts::exports },
    Rule { id: "I38", findings: cases::strays },
    Rule { id: "I39", findings: marks::unnumbered },
    Rule { id: "I40", findings: guards::held_across_calls },
    Rule { id: "I41", findings: repository::log_domains },
    Rule { id: "I42", findings: circles::circles },
];

/// Checks all rules, and prints each invariant in the words of the document.
///
/// # Errors
///
/// When an invariant is violated or not documented; all violations have been printed.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let tree = Tree::tracked(workspace)?;
    let mut count = 0;
    for Rule { id, findings } in &RULES {
        let invariant = invariant(&tree, id);
        let findings = findings(&tree);
        match (&invariant, findings.is_empty()) {
            (Some(invariant), true) => println!("{id:<3} holds: {invariant}"),
            // `say`, because the summary of a failed step repeats it.
            (Some(invariant), false) => say(&format!("{id:<3} is violated: {invariant}")),
            (None, _) => say(&format!("{id:<3} has no row in {DOCUMENT}")),
        }
        findings.iter().for_each(|finding| say(&format!("      {finding}")));
        count += findings.len() + usize::from(invariant.is_none());
    }
    marks::report(&tree).iter().for_each(|line| println!("{line}"));
    match count {
        0 => Ok(()),
        count => bail!("{count} findings; {DOCUMENT} explains the rules"),
    }
}

/// Returns the statement of an invariant, as documented.
fn invariant<'a>(tree: &'a Tree, id: &str) -> Option<&'a str> {
    let row = format!("| {id} | ");
    let mut rows = tree.text(DOCUMENT)?.lines().filter_map(|line| line.strip_prefix(&row));
    rows.next()?.split(" | ").next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invariant_is_the_statement_in_the_row_of_its_id() {
        let text = "| id | invariant | reason | check |\n| I10 | Ten. | a | b |\n| I1 | One `a`. And b. | I2 | I3 |\n";
        let tree = Tree::of(&[(DOCUMENT, text)]);
        assert_eq!(["I1", "I10", "I2"].map(|id| invariant(&tree, id)), [Some("One `a`. And b."), Some("Ten."), None]);
        assert_eq!(invariant(&Tree::of(&[]), "I1"), None);
    }

    #[test]
    fn tree_without_the_checked_files_violates_the_rules() {
        let empty = Tree::of(&[]);
        let broken: Vec<&str> =
            RULES.iter().filter(|rule| !(rule.findings)(&empty).is_empty()).map(|rule| rule.id).collect();
        assert_eq!(broken, ["I1", "I2", "I3", "I5", "I32", "I34", "I41"]);
    }
}
