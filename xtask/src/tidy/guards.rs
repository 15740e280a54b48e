//! Borrows and locks that are held during calls of Node-API.
//!
//! Such a call can run JavaScript, and on phones the finalizer of any object, which borrow the same data. Found are calls in the
//! statement of a guard, and in the block of a named guard, alone or in a tuple; also methods of `self` that take the guard, and
//! the function's own closures, which may call anything.
//!
//! Not checked are other functions called there, guards in a struct, in an `Option` or returned by a function, Node-API handles that a
//! closure receives under another name than `env`, and statements that rustfmt does not format.

use super::rust::indentation;
use super::tree::{SourceFile, Tree};

/// Folder that the rule applies to.
const BINDING: &str = "native/socketkit/src/";

/// Calls thread-safe functions under its lock; they run no code on this thread.
const EXEMPT: &str = "native/socketkit/src/node_api/js_waker.rs";

/// Expressions that create a guard.
const GUARDS: [&str; 9] = [
    ".borrow()",
    ".borrow_mut()",
    ".try_borrow()",
    ".try_borrow_mut()",
    ".with_borrow(",
    ".with_borrow_mut(",
    "RefCell::borrow(",
    "RefCell::borrow_mut(",
    "lock(&",
];

/// Methods that return a guard.
const METHODS: [&str; 4] = [".borrow()", ".borrow_mut()", ".try_borrow()", ".try_borrow_mut()"];

/// Functions that return a guard.
const FUNCTIONS: [&str; 5] = ["lock(&", "RefCell::borrow(", "RefCell::borrow_mut(", "Ref::map(", "RefMut::map("];

/// Names of calls that lead to Node-API.
/// `set` and `take` are missing, because cells also have them.
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

/// Calls for which a name is not enough.
/// Setting a property instead of a cell, creating an object.
const PHRASES: [&str; 3] = [".set(\"", "Object::new(", "Reference::new("];

/// Returns calls of Node-API while a guard is held.
pub(super) fn held_across_calls(tree: &Tree) -> Vec<String> {
    tree.files(BINDING, ".rs").filter(|file| file.path != EXEMPT).flat_map(of_file).collect()
}

fn of_file(file: &SourceFile) -> Vec<String> {
    let lines = joined_lines(&file.text);
    let mut findings = Vec::new();
    let mut callers = Vec::new();
    let mut in_signature = false;
    for (place, (index, code)) in lines.iter().enumerate() {
        if code.contains("fn ") {
            callers.clear();
            in_signature = true;
        }
        if in_signature {
            callers.extend(calling_parameters(code));
            in_signature = !code.ends_with(['{', '}', ';']);
        }
        callers.extend(bindings(code).into_iter().filter(|(_, value)| value.ends_with(".env()")).map(|(name, _)| name));
        // These are always found.
        callers.retain(|name| !CALLS.contains(name));
        let Some(guard) = GUARDS.iter().filter_map(|guard| code.find(guard)).min() else { continue };
        let (before, after) = code.split_at(guard);
        if calls_node_api(after) || names_any(after, &callers) || is_argument_of_method(before) {
            findings.push(file.at(*index, code));
        }
        let held = held_lines(lines.iter().skip(place + 1), code)
            .filter(|(_, code)| calls_node_api(code) || names_any(code, &callers));
        findings.extend(held.map(|(index, code)| file.at(*index, code)));
    }
    findings
}

/// Returns the lines of code with their indexes; continuation lines are joined.
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

/// Returns whether `line` is the opening brace of a multi-line `head`.
fn is_brace_of(line: &str, head: &str) -> bool {
    line == "{" && !head.ends_with([';', ',', '{', '}'])
}

/// Returns the lines after a guard in which it is held.
fn held_lines<'a>(
    following: impl Iterator<Item = &'a (usize, String)>,
    head: &str,
) -> impl Iterator<Item = &'a (usize, String)> {
    let depth = indentation(head);
    let end = name_of(head).map(|name| format!("drop({name})"));
    // The head of a block, or a continued statement. An `if` or `while` without `let` drops the guard after its condition.
    let goes_on = head.ends_with(['{', '(', '|']) && !is_plain_condition(head);
    // In the block of `let … else`, there is no guard.
    let fails = head.ends_with(" else {");
    following.skip_while(move |(_, code)| fails && indentation(code) > depth).take_while(move |(_, code)| {
        let is_deeper = indentation(code) > depth;
        match &end {
            Some(end) => (is_deeper || indentation(code) == depth) && !code.contains(end),
            None => goes_on && is_deeper,
        }
    })
}

/// Returns the name that a statement gives to a guard; for several, the whole pattern.
fn name_of(code: &str) -> Option<&str> {
    let bindings = bindings(code);
    let mut names = bindings.iter().filter(|(_, value)| is_guard(value)).map(|(name, _)| *name);
    let name = names.next()?;
    match names.next() {
        None => Some(name),
        Some(_) => code.trim().strip_prefix("let ")?.split(" = ").next(),
    }
}

/// Returns the names of a `let`, each with its value.
fn bindings(code: &str) -> Vec<(&str, &str)> {
    let Some((pattern, value)) = code.trim().strip_prefix("let ").and_then(|code| code.split_once(" = ")) else {
        return Vec::new();
    };
    let value = value.split(" else {").next().unwrap_or_default().trim_end_matches(';');
    parts(pattern).into_iter().map(bare_name).zip(parts(value)).collect()
}

/// Returns the parts of a tuple, or the whole text.
fn parts(text: &str) -> Vec<&str> {
    if !text.starts_with('(') || closing(text) != Some(text.len() - 1) {
        return vec![text];
    }
    let inner = text.get(1..text.len() - 1).unwrap_or_default();
    let mut depth = 0;
    let is_between = |letter| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        letter == ',' && depth == 0
    };
    inner.split(is_between).map(str::trim).collect()
}

/// Returns the name in a pattern.
fn bare_name(pattern: &str) -> &str {
    let pattern = pattern.split(':').next().unwrap_or_default().trim();
    pattern.trim_start_matches("Ok(").trim_end_matches(')').trim_start_matches("mut ")
}

/// Returns whether a value is a guard, and not a value read through one.
fn is_guard(value: &str) -> bool {
    let is_method = METHODS.iter().any(|method| value.ends_with(method));
    let is_function = FUNCTIONS.iter().any(|function| value.starts_with(function));
    // An unclosed call continues with a closure.
    is_method || is_function && closing(value).is_none_or(|end| end == value.len() - 1)
}

/// Returns the position of the parenthesis that closes the first one of `text`.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    text.char_indices().find_map(|(index, letter)| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        (letter == ')' && depth == 0).then_some(index)
    })
}

fn is_plain_condition(code: &str) -> bool {
    let code = code.trim().trim_start_matches("} else ");
    (code.starts_with("if ") || code.starts_with("while ")) && !code.contains(" let ") || code.ends_with("else {")
}

/// Returns the parameters of a signature line that are closures or Node-API handles.
fn calling_parameters(line: &str) -> impl Iterator<Item = &str> {
    let parameters = line.split([',', '(']).filter_map(|part| part.split_once(": "));
    parameters.filter(|(_, kind)| kind.starts_with("impl Fn") || is_handle(kind)).map(|(name, _)| name.trim())
}

/// Returns whether a type is `Env` or a reference to it.
fn is_handle(kind: &str) -> bool {
    let mut names = kind.trim_start_matches('&').split(' ').skip_while(|name| name.starts_with('\''));
    names.next().is_some_and(|name| words(name).next() == Some("Env"))
}

/// Returns whether the text after `before` is an argument of a method of `self`.
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
    // Compares handles, without a call.
    let code = code.replace("env.raw()", "");
    PHRASES.iter().any(|phrase| code.contains(phrase)) || names_any(&code, &CALLS)
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
            "self.store.keep_owner(true)?;",
            "waker.keep_process(true)?;",
            "error.throw();",
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
            "fn a() {\n    let call = self.calls.borrow_mut().remove(&operation_id);\n    call.finish(&self.env);\n}\n";
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

    #[test]
    fn a_call_while_a_guard_that_was_tried_for_is_held_is_found() {
        let tried = "fn a() {\n    let Ok(mut b) = self.b.try_borrow_mut() else {\n        return c(env);\n    };\n    c(env);\n}\n";
        assert_eq!(findings(tried), ["native/socketkit/src/a.rs:5: c(env);"]);
        let one_line = "fn a() {\n    let Ok(b) = self.b.try_borrow() else { return };\n    c(env);\n}\n";
        assert_eq!(findings(one_line), ["native/socketkit/src/a.rs:3: c(env);"]);
        let head = "    if let Ok(b) = self.b.try_borrow() {\n        c(env);\n    }\n    c(env);\n";
        assert_eq!(findings(head), ["native/socketkit/src/a.rs:2: c(env);"]);
        let dropped = "fn a() {\n    let Ok(b) = self.b.try_borrow() else { return };\n    drop(b);\n    c(env);\n}\n";
        assert_eq!(findings(dropped), [""; 0]);
        let value = "fn a() {\n    let Some(b) = self.b.borrow_mut().pop() else { return };\n    c(env);\n}\n";
        assert_eq!(findings(value), [""; 0]);
    }

    #[test]
    fn a_call_while_a_guard_by_a_path_or_a_part_of_one_is_held_is_found() {
        for guard in [
            "RefCell::borrow(&self.b)",
            "RefCell::borrow_mut(&self.b)",
            "Ref::map(self.b.borrow(), |b| &b.c)",
            "RefMut::map(self.b.borrow_mut(), |b| &mut b.c)",
        ] {
            let text = format!("fn a() {{\n    let b = {guard};\n    c(env);\n}}\n");
            assert_eq!(findings(&text), ["native/socketkit/src/a.rs:3: c(env);"], "{guard}");
        }
        let block = "fn a() {\n    let b = Ref::map(self.b.borrow(), |b| {\n        &b.c\n    });\n    c(env);\n}\n";
        assert_eq!(findings(block), ["native/socketkit/src/a.rs:5: c(env);"]);
        let value = "fn a() {\n    let b = RefCell::borrow(&self.b).len();\n    c(env);\n}\n";
        assert_eq!(findings(value), [""; 0]);
    }

    #[test]
    fn a_call_while_a_guard_in_a_tuple_is_held_is_found() {
        let tuple = "fn a() {\n    let (mut b, c) = (self.b.borrow_mut(), f(1, 2));\n    d(env);\n}\n";
        assert_eq!(findings(tuple), ["native/socketkit/src/a.rs:3: d(env);"]);
        let dropped = "fn a() {\n    let (c, b) = (f(1, 2), self.b.borrow());\n    drop(b);\n    d(env);\n}\n";
        assert_eq!(findings(dropped), [""; 0]);
        let one_of_two =
            "fn a() {\n    let (b, c) = (self.b.borrow(), self.c.borrow());\n    drop(b);\n    d(env);\n}\n";
        assert_eq!(findings(one_of_two), ["native/socketkit/src/a.rs:4: d(env);"]);
        let values = "fn a() {\n    let (b, c) = (self.b.borrow().len(), 3);\n    d(env);\n}\n";
        assert_eq!(findings(values), [""; 0]);
    }

    #[test]
    fn a_call_by_a_handle_of_another_name_is_found() {
        let object = "fn a() {\n    let b = self.b.borrow();\n    Object::new(e);\n}\n";
        assert_eq!(findings(object), ["native/socketkit/src/a.rs:3: Object::new(e);"]);
        for signature in ["fn a(e: &Env) {", "fn a<'a>(b: u8, e: &'a Env) {", "fn a(\n    b: u8,\n    e: Env,\n) {"] {
            let text = format!("{signature}\n    let b = self.b.borrow();\n    c(e);\n}}\n");
            assert_eq!(findings(&text).len(), 1, "{signature}");
        }
        let named = "fn a() {\n    let e = self.emitter.env();\n    let b = self.b.borrow();\n    c(e);\n}\n";
        assert_eq!(findings(named), ["native/socketkit/src/a.rs:4: c(e);"]);
        let next = "fn a(e: &Env) {\n}\nfn b(e: u8) {\n    let b = self.b.borrow();\n    c(e);\n}\n";
        assert_eq!(findings(next), [""; 0]);
        let lines = "fn a(\n    make: impl Fn(),\n) {\n    A.with_borrow(|a| make(a));\n}\n";
        assert_eq!(findings(lines).len(), 1);
    }
}
