//! What is borrowed or locked while the binding calls Node-API.
//!
//! Such a call can run JavaScript, and on the phone the finalizer of any object, which borrow the same. Found are calls in the
//! statement of a guard, and in the block in which a guard has a name; not those that a function makes which is called there.

use super::rust::indentation;
use super::tree::{SourceFile, Tree};

/// Where the rule holds.
const BINDING: &str = "native/socketkit/src/";

/// Calls thread-safe functions under its lock, which run nothing on this thread.
const EXEMPT: &str = "native/socketkit/src/node_api/doorbell.rs";

/// What makes a guard.
const GUARDS: [&str; 5] = [".borrow()", ".borrow_mut()", ".with_borrow(", ".with_borrow_mut(", "lock(&"];

/// Names without which nothing calls Node-API, directly or not.
const CALLS: [&str; 11] = [
    "env",
    "node_api",
    "sys",
    "emit",
    "emit_value",
    "emit_error",
    "owner",
    "report",
    "finish_with",
    "announce",
    "deliver",
];

/// Calls of Node-API while something is borrowed or locked.
pub(super) fn held_across_calls(tree: &Tree) -> Vec<String> {
    tree.files(BINDING, ".rs").filter(|file| file.path != EXEMPT).flat_map(of_file).collect()
}

fn of_file(file: &SourceFile) -> Vec<String> {
    let lines: Vec<&str> = file.text.lines().collect();
    let mut findings = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let code = code_of(line);
        let Some(place) = GUARDS.iter().filter_map(|guard| code.find(guard)).min() else { continue };
        if calls_node_api(code.get(place..).unwrap_or_default()) {
            findings.push(file.at(index, line));
        }
        let following = lines.iter().enumerate().skip(index + 1).map(|(index, line)| (index, *line));
        let held = held_lines(following, line).filter(|(_, line)| calls_node_api(code_of(line)));
        findings.extend(held.map(|(index, line)| file.at(index, line)));
    }
    findings
}

/// Of the lines that follow that of a guard, those where it is held.
fn held_lines<'a>(
    following: impl Iterator<Item = (usize, &'a str)>,
    head: &str,
) -> impl Iterator<Item = (usize, &'a str)> {
    let (code, depth) = (code_of(head), indentation(head));
    let end = name_of(code).map(|name| format!("drop({name})"));
    // The head of a block, or a statement that goes on. An `if` or `while` without `let` is done with its condition.
    let goes_on = code.trim_end().ends_with(['{', '(', '|']) && !is_plain_condition(code);
    following.take_while(move |(_, line)| {
        let is_deeper = line.trim().is_empty() || indentation(line) > depth;
        match &end {
            Some(end) => (is_deeper || indentation(line) == depth) && !line.contains(end),
            None => goes_on && is_deeper,
        }
    })
}

/// The name of a guard that a statement gives one.
fn name_of(code: &str) -> Option<&str> {
    let (name, value) = code.trim().strip_prefix("let ")?.split_once('=')?;
    let is_guard =
        value.ends_with(".borrow();") || value.ends_with(".borrow_mut();") || value.trim().starts_with("lock(&");
    let is_whole = value.matches(')').count() == value.matches('(').count() && value.ends_with(");");
    let is_method_of_guard = value.trim().starts_with("lock(&") && value.contains(").");
    (is_guard && is_whole && !is_method_of_guard).then(|| name.trim().trim_start_matches("mut ").trim())
}

fn is_plain_condition(code: &str) -> bool {
    let code = code.trim().trim_start_matches("} else ");
    (code.starts_with("if ") || code.starts_with("while ")) && !code.contains(" let ") || code.ends_with("else {")
}

fn calls_node_api(code: &str) -> bool {
    // A handle is compared with this, and nothing called.
    let code = code.replace("env.raw()", "");
    code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| CALLS.contains(&word))
}

fn code_of(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<String> {
        held_across_calls(&Tree::of(&[("native/socketkit/src/a.rs", text)]))
    }

    #[test]
    fn a_call_in_the_statement_of_a_guard_is_found() {
        assert_eq!(findings("    f(&mut part.borrow_mut(), env);\n").len(), 1);
        assert_eq!(findings("    CALLS.with_borrow(|calls| calls.finish(&self.env));\n").len(), 1);
        assert_eq!(findings("    let env = self.calls.borrow_mut().len();\n"), [""; 0]);
    }

    #[test]
    fn a_call_while_a_guard_has_a_name_is_found() {
        let held = "fn a() {\n    let mut calls = self.calls.borrow_mut();\n    calls.clear();\n    emitter.emit(Close, []);\n}\n";
        assert_eq!(findings(held), ["native/socketkit/src/a.rs:4: emitter.emit(Close, []);"]);
        let locked = "fn a() {\n    let ready = lock(&self.ready);\n    node_api::call();\n}\n";
        assert_eq!(findings(locked).len(), 1);
    }

    #[test]
    fn a_call_after_the_end_of_a_guard_is_none_of_these() {
        let dropped = "fn a() {\n    let ready = lock(&self.ready);\n    drop(ready);\n    node_api::call();\n}\n";
        assert_eq!(findings(dropped), [""; 0]);
        let block = "fn a() {\n    {\n        let b = b.borrow();\n    }\n    node_api::call();\n}\n";
        assert_eq!(findings(block), [""; 0]);
        let value =
            "fn a() {\n    let call = self.calls.borrow_mut().remove(&ticket);\n    call.finish(&self.env);\n}\n";
        assert_eq!(findings(value), [""; 0]);
        let condition = "fn a() {\n    if self.open.borrow().is_none() {\n        node_api::call();\n    }\n}\n";
        assert_eq!(findings(condition), [""; 0]);
        let else_block = "let Some(a) = b.borrow_mut().pop() else {\n    return node_api::call();\n};\n";
        assert_eq!(findings(else_block), [""; 0]);
    }

    #[test]
    fn a_call_in_a_block_whose_head_borrows_is_found() {
        let heads =
            ["if let Some(a) = &*b.borrow() {", "for a in b.borrow().parts() {", "match b.borrow_mut().pop() {"];
        for head in heads {
            assert_eq!(findings(&format!("    {head}\n        a.b(env)?;\n    }}\n    c(env);\n")).len(), 1, "{head}");
        }
        let closure = "    A.with_borrow_mut(|a| {\n        a.b(env)\n    });\n";
        assert_eq!(findings(closure).len(), 1);
    }

    #[test]
    fn a_handle_may_be_compared_and_the_doorbell_may_call_under_its_lock() {
        assert_eq!(findings("    A.with_borrow(|a| a.find(|a| a.handle == env.raw()));\n"), [""; 0]);
        assert_eq!(held_across_calls(&Tree::of(&[(EXEMPT, "    f(lock(&self.functions), env);\n")])), [""; 0]);
    }
}
