//! What is borrowed or locked while the binding calls Node-API.
//!
//! Such a call can run JavaScript, and on the phone the finalizer of any object, which borrow the same. Found are calls in the
//! statement of a guard, and in the block in which a guard has a name; of what runs there, methods of `self` that are given the
//! guard, and the function's own closures, which may call anything. Other functions that are called there are not looked into.

use super::rust::indentation;
use super::tree::{SourceFile, Tree};

/// Where the rule holds.
const BINDING: &str = "native/socketkit/src/";

/// Calls thread-safe functions under its lock, which run nothing on this thread.
const EXEMPT: &str = "native/socketkit/src/node_api/doorbell.rs";

/// What makes a guard.
const GUARDS: [&str; 5] = [".borrow()", ".borrow_mut()", ".with_borrow(", ".with_borrow_mut(", "lock(&"];

/// Names without which nothing calls Node-API, directly or not. `set` and `take` are missing: cells have them too.
const CALLS: [&str; 17] = [
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
    "throw",
    "keep_owner",
    "keep_process",
    "set_named_property",
    "set_c_named_property",
    "delete_named_property",
];

/// Sets a property, and not a cell.
const SETS_PROPERTY: &str = ".set(\"";

/// Calls of Node-API while something is borrowed or locked.
pub(super) fn held_across_calls(tree: &Tree) -> Vec<String> {
    tree.files(BINDING, ".rs").filter(|file| file.path != EXEMPT).flat_map(of_file).collect()
}

fn of_file(file: &SourceFile) -> Vec<String> {
    let lines = joined_lines(&file.text);
    let mut findings = Vec::new();
    let mut closures = Vec::new();
    for (place, (index, code)) in lines.iter().enumerate() {
        if code.contains("fn ") {
            closures = closure_parameters(code);
        }
        let Some(guard) = GUARDS.iter().filter_map(|guard| code.find(guard)).min() else { continue };
        let (before, after) = code.split_at(guard);
        if calls_node_api(after) || names_any(after, &closures) || is_argument_of_method(before) {
            findings.push(file.at(*index, code));
        }
        let held = held_lines(lines.iter().skip(place + 1), code)
            .filter(|(_, code)| calls_node_api(code) || names_any(code, &closures));
        findings.extend(held.map(|(index, code)| file.at(*index, code)));
    }
    findings
}

/// The lines with code in them, each with its index. Those that go on with the one before are joined to it.
fn joined_lines(text: &str) -> Vec<(usize, String)> {
    let mut joined: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let code = code_of(line).trim_end();
        let added = code.trim_start();
        match joined.last_mut() {
            _ if added.is_empty() => {}
            Some((_, head)) if head.ends_with('=') || is_brace_of(added, head) => {
                head.push(' ');
                head.push_str(added);
            }
            Some((_, head)) if added.starts_with('.') && !added.starts_with("..") => head.push_str(added),
            _ => joined.push((index, code.to_owned())),
        }
    }
    joined
}

/// Whether `line` is the brace that opens the block of a `head` of several lines.
fn is_brace_of(line: &str, head: &str) -> bool {
    line == "{" && !head.ends_with([';', ',', '{', '}'])
}

/// Of the lines that follow that of a guard, those where it is held.
fn held_lines<'a>(
    following: impl Iterator<Item = &'a (usize, String)>,
    head: &str,
) -> impl Iterator<Item = &'a (usize, String)> {
    let depth = indentation(head);
    let end = name_of(head).map(|name| format!("drop({name})"));
    // The head of a block, or a statement that goes on. An `if` or `while` without `let` is done with its condition.
    let goes_on = head.ends_with(['{', '(', '|']) && !is_plain_condition(head);
    following.take_while(move |(_, code)| {
        let is_deeper = indentation(code) > depth;
        match &end {
            Some(end) => (is_deeper || indentation(code) == depth) && !code.contains(end),
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

/// The names of the closures that a function is given.
fn closure_parameters(signature: &str) -> Vec<&str> {
    let parameters = signature.split([',', '(']);
    parameters.filter_map(|part| part.split_once(": impl Fn")).map(|(name, _)| name.trim()).collect()
}

/// Whether what follows `before` stands in the parentheses of a method of `self`.
fn is_argument_of_method(before: &str) -> bool {
    let mut closed = 0;
    for (index, letter) in before.char_indices().rev() {
        match letter {
            ')' => closed += 1,
            '(' if closed > 0 => closed -= 1,
            '(' => {
                let callee = before.get(..index).unwrap_or_default();
                let name = callee.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
                return callee.strip_suffix(name).is_some_and(|object| object.ends_with("self."));
            }
            _ => {}
        }
    }
    false
}

fn names_any(code: &str, names: &[&str]) -> bool {
    words(code).any(|word| names.contains(&word))
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_')
}

fn calls_node_api(code: &str) -> bool {
    // A handle is compared with this, and nothing called.
    let code = code.replace("env.raw()", "");
    code.contains(SETS_PROPERTY) || names_any(&code, &CALLS)
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
    fn a_call_by_each_name_is_found() {
        let calls = [
            "info.set_c_named_property(c\"error\", b)?;",
            "info.set_named_property(name, b)?;",
            "info.delete_named_property(name)?;",
            "info.set(\"code\", code)?;",
            "self.holder.keep_owner(true)?;",
            "doorbell.keep_process(true)?;",
            "refusal.throw();",
        ];
        for call in calls {
            let text = format!("fn a() {{\n    let b = self.b.borrow();\n    {call}\n}}\n");
            assert_eq!(findings(&text), [format!("native/socketkit/src/a.rs:3: {call}")]);
        }
        let cells = "fn a() {\n    let b = b.borrow();\n    self.c.set(b.len());\n    self.d.take();\n}\n";
        assert_eq!(findings(cells), [""; 0]);
    }

    #[test]
    fn a_call_under_a_guard_whose_statement_has_several_lines_is_found() {
        let chain =
            "fn a() {\n    let b = self\n        .b\n        // The first.\n        .borrow();\n    c(env);\n}\n";
        assert_eq!(findings(chain), ["native/socketkit/src/a.rs:6: c(env);"]);
        let value = "fn a() {\n    let mut b =\n        lock(&self.b);\n    c(env);\n}\n";
        assert_eq!(findings(value), ["native/socketkit/src/a.rs:4: c(env);"]);
        let head = "    if let Some(a) = self\n        .b\n        .borrow()\n        .first()\n    {\n        a.c(env);\n    }\n";
        assert_eq!(findings(head), ["native/socketkit/src/a.rs:6: a.c(env);"]);
        let closure = "    self.b\n        .borrow()\n        .iter()\n        .for_each(|a| {\n            a.c(env);\n        });\n";
        assert_eq!(findings(closure), ["native/socketkit/src/a.rs:5: a.c(env);"]);
        let argument = "    self.b\n        .borrow_mut()\n        .push(f(env));\n";
        assert_eq!(findings(argument).len(), 1);
    }

    #[test]
    fn a_call_after_a_statement_of_several_lines_is_none_of_these() {
        let value = "fn a() {\n    let b = self\n        .b\n        .borrow_mut()\n        .pop();\n    c(env);\n}\n";
        assert_eq!(findings(value), [""; 0]);
        let block = "fn a() {\n    b.borrow_mut().pop();\n    {\n        c(env);\n    }\n}\n";
        assert_eq!(findings(block), [""; 0]);
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
    fn a_method_that_is_given_a_guard_is_found() {
        let broadcast = "    return self.complete_part(&mut broadcast.borrow_mut(), result.is_ok());\n";
        assert_eq!(findings(broadcast).len(), 1);
        assert_eq!(findings("    self.complete_part(f(1), lock(&self.part));\n").len(), 1);
        let others = "    take(&mut all.borrow_mut(), id);\n    self.a.borrow().get(id);\n    self.a(f(1)).borrow();\n";
        assert_eq!(findings(others), [""; 0]);
    }

    #[test]
    fn a_closure_that_runs_while_something_is_borrowed_is_found() {
        let scratch = "fn a<T>(make: impl FnOnce(&[u8]) -> T) -> T {\n    SCRATCH.with_borrow_mut(|scratch| {\n        make(scratch)\n    })\n}\n";
        assert_eq!(findings(scratch), ["native/socketkit/src/a.rs:3: make(scratch)"]);
        assert_eq!(findings("fn a(make: impl Fn()) {\n    A.with_borrow(|a| make(a));\n}\n").len(), 1);
        let later = "fn a(make: impl Fn()) {\n    let a = A.with_borrow(|a| a.len());\n    make(a);\n}\n";
        assert_eq!(findings(later), [""; 0]);
        let next = "fn a(make: impl Fn()) {\n}\nfn b() {\n    A.with_borrow(|a| a.make());\n}\n";
        assert_eq!(findings(next), [""; 0]);
    }

    #[test]
    fn the_record_of_a_message_that_borrowed_its_peer_is_found() {
        let record = "    if let Some(peer) = &*self.peer.borrow() {\n        info.set_c_named_property(c\"remoteInfo\", peer.info(env)?)?;\n    }\n";
        assert_eq!(findings(record).len(), 1);
    }

    #[test]
    fn a_handle_may_be_compared_and_the_doorbell_may_call_under_its_lock() {
        assert_eq!(findings("    A.with_borrow(|a| a.find(|a| a.handle == env.raw()));\n"), [""; 0]);
        assert_eq!(held_across_calls(&Tree::of(&[(EXEMPT, "    f(lock(&self.functions), env);\n")])), [""; 0]);
    }
}
