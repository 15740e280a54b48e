//! Marks of tests for open faults: `todo` in JavaScript, `#[ignore]` in Rust.

use super::tree::{SourceFile, Tree};

const JAVASCRIPT: &str = ".test.mjs";
const RUST: &str = ".rs";

/// Prefix of a mark in JavaScript; the fault follows.
const JAVASCRIPT_MARK: &str = "todo: '";

/// Prefix of a mark in Rust.
const RUST_MARK: &str = "#[ignore = \"";

/// Prefix of a fault's number.
const FAULT: &str = "fault ";

/// A test of an open fault.
#[derive(Debug, PartialEq, Eq)]
struct Mark {
    fault: u32,
    /// File and line.
    place: String,
}

/// Returns marks without a fault number.
pub(super) fn unnumbered(tree: &Tree) -> Vec<String> {
    marked(tree).into_iter().filter_map(Result::err).collect()
}

/// Returns the number of marked tests, and a line for each, sorted by fault.
pub(super) fn report(tree: &Tree) -> Vec<String> {
    let mut marks: Vec<Mark> = marked(tree).into_iter().filter_map(Result::ok).collect();
    marks.sort_by_key(|mark| mark.fault);
    let mut lines = vec![format!("{} tests of open faults", marks.len())];
    lines.extend(marks.into_iter().map(|mark| mark.place));
    lines
}

/// Returns all marks; those without a fault are errors with their position.
fn marked(tree: &Tree) -> Vec<Result<Mark, String>> {
    let javascript = tree.files("", JAVASCRIPT).flat_map(|file| marks_of(file, is_javascript_mark, JAVASCRIPT_MARK));
    let rust = tree.files("", RUST).flat_map(|file| marks_of(file, is_rust_mark, RUST_MARK));
    javascript.chain(rust).collect()
}

fn marks_of(file: &SourceFile, is_mark: fn(&str) -> bool, start: &str) -> Vec<Result<Mark, String>> {
    let lines = file.text.lines().enumerate().filter(|(_, line)| is_mark(line));
    lines.map(|(index, line)| mark(line, start, file.at(index, line))).collect()
}

/// Parses the mark of a line: `fault`, a number, a colon, and a description.
fn mark(line: &str, start: &str, place: String) -> Result<Mark, String> {
    let named = line.split_once(start).and_then(|(_, reason)| reason.strip_prefix(FAULT)?.split_once(": "));
    match named.and_then(|(number, _)| number.parse().ok()) {
        Some(fault) => Ok(Mark { fault, place }),
        None => Err(format!("{place}: write {start}{FAULT}N: …")),
    }
}

fn is_javascript_mark(line: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric()).any(|word| word == "todo")
}

/// Returns whether it is an attribute, possibly a conditional one.
fn is_rust_mark(line: &str) -> bool {
    let line = line.trim_start();
    let words = || line.split(|c: char| !c.is_alphanumeric() && c != '_');
    line.starts_with("#[ignore") || (line.starts_with("#[cfg_attr") && words().any(|word| word == "ignore"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: [(&str, &str); 2] = [
        ("native/engine/tests/a.rs", "#[tokio::test]\n#[ignore = \"fault 46: the queue is lost\"]\nasync fn a() {}"),
        ("tests/a.test.mjs", "behaviour('a', body, { todo: 'fault 2: no code' });"),
    ];

    #[test]
    fn marks_are_counted_and_listed_by_their_faults() {
        let marks: Vec<Mark> = OPEN.iter().rev().flat_map(|file| marked(&Tree::of(&[*file]))).flatten().collect();
        let places = marks.into_iter().map(|mark| mark.place);
        let head = std::iter::once("2 tests of open faults".to_owned());
        assert_eq!(report(&Tree::of(&OPEN)), head.chain(places).collect::<Vec<_>>());
        assert_eq!(unnumbered(&Tree::of(&OPEN)), [""; 0]);
    }

    #[test]
    fn a_mark_without_a_number_is_refused() {
        for line in ["{ todo: true }", "{ todo: 'later' }", "{ todo: 'fault x: y' }", "test.todo('fault 2: a', body)"] {
            assert_eq!(unnumbered(&Tree::of(&[("tests/a.test.mjs", line)])).len(), 1, "{line}");
        }
        for line in ["#[ignore]", "  #[ignore = \"slow\"]", "#[ignore = \"fault 3\"]", "#[cfg_attr(unix, ignore)]"] {
            assert_eq!(unnumbered(&Tree::of(&[("native/a.rs", line)])).len(), 1, "{line}");
        }
    }

    #[test]
    fn what_only_looks_like_a_mark_is_none() {
        let other =
            [("tests/a.test.mjs", "const todos = 1;"), ("a.rs", "// #[ignore]\n#[cfg_attr(test, allow(dead))]")];
        assert_eq!(report(&Tree::of(&other)).len(), 1);
        assert_eq!(unnumbered(&Tree::of(&other)), [""; 0]);
    }
}
