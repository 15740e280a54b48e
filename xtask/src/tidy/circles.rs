//! Circular imports between modules of the native crates.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{SourceFile, Tree};

/// Sources of each crate.
const CRATES: [&str; 2] = ["native/engine/src/", "native/socketkit/src/"];

/// Imports of a module from the same crate: module paths, such as `connection::state`.
/// The root is empty.
type Graph = BTreeMap<String, BTreeSet<String>>;

/// Returns a message for each circle.
pub(super) fn circles(tree: &Tree) -> Vec<String> {
    CRATES.iter().flat_map(|folder| circles_of(tree, folder)).collect()
}

fn circles_of(tree: &Tree, folder: &str) -> Vec<String> {
    let graph = graph(tree, folder);
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        graph.keys().map(|module| (module.as_str(), reachable(&graph, module))).collect();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (module, others) in &reached {
        let circle: Vec<&str> = others
            .iter()
            .copied()
            .filter(|other| reached.get(other).is_some_and(|back| back.contains(module)))
            .collect();
        if circle.len() > 1 && seen.insert(circle.clone()) {
            found.push(format!("{folder}: modules import each other in a circle: {}", circle.join(", ")));
        }
    }
    found
}

/// Returns the modules reachable from `start`, including `start` if it is in a circle.
fn reachable<'a>(graph: &'a Graph, start: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut waiting = vec![start];
    while let Some(module) = waiting.pop() {
        for next in graph.get(module).into_iter().flatten() {
            if reached.insert(next.as_str()) {
                waiting.push(next);
            }
        }
    }
    reached
}

fn graph(tree: &Tree, folder: &str) -> Graph {
    let sources: BTreeMap<String, &SourceFile> = tree
        .files(folder, ".rs")
        .filter(|file| !file.path.contains("/tests"))
        .map(|file| (module_of(&file.path, folder), file))
        .collect();
    let modules: BTreeSet<&str> = sources.keys().map(String::as_str).collect();
    let imports = |module: &str, file: &SourceFile| -> BTreeSet<String> {
        let paths = paths_of(&code_of(&file.text));
        paths.iter().filter_map(|path| target(module, path, &modules)).filter(|target| target != module).collect()
    };
    sources.iter().map(|(module, file)| (module.clone(), imports(module, file))).collect()
}

/// Returns the module path, `connection::state` for `connection/state.rs`.
/// Empty for `lib.rs`.
fn module_of(path: &str, folder: &str) -> String {
    let name = path.strip_prefix(folder).unwrap_or(path).trim_end_matches(".rs");
    let name = name.strip_suffix("/mod").unwrap_or(name);
    if name == "lib" { String::new() } else { name.replace('/', "::") }
}

/// Removes comments, and test code, which is last in a file or a declaration.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let line = line.split("//").next().unwrap_or_default();
        if line.trim_start().starts_with("#[cfg(") && line.contains("test") {
            match lines.next() {
                Some(next) if next.starts_with("mod ") && next.ends_with('{') => break,
                _ => continue,
            }
        }
        code.push_str(line);
        code.push('\n');
    }
    code
}

/// Returns every path that the code imports or uses, split into segments.
fn paths_of(code: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let mut rest = String::new();
    for statement in code.split_inclusive(';') {
        match import_in(statement) {
            Some(import) => expand("", import, &mut paths),
            None => rest.push_str(statement),
        }
    }
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let written = rest.split(|c| !is_name(c)).filter(|word| word.starts_with("crate::") || word.starts_with("super::"));
    paths.extend(written.map(segments));
    paths
}

/// Returns the import of a `use` statement, at the end of the text before its semicolon.
fn import_in(statement: &str) -> Option<&str> {
    let start = statement.rfind("use ").filter(|start| {
        let before = statement.get(..*start).unwrap_or_default();
        before.lines().last().is_none_or(|line| line.trim().is_empty() || line.trim_start().starts_with("pub"))
    })?;
    statement.get(start + 4..).map(|import| import.trim_end_matches(';').trim())
}

/// Expands the braces of an import.
fn expand(prefix: &str, import: &str, paths: &mut Vec<Vec<String>>) {
    let import = import.trim();
    let Some((before, inside)) = import.split_once('{') else {
        return paths.push(segments(&format!("{prefix}{import}")));
    };
    let inside = inside.rsplit_once('}').map_or(inside, |(inside, _)| inside);
    let (mut depth, mut start) = (0, 0);
    for (place, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand(&format!("{prefix}{before}"), inside.get(start..place).unwrap_or_default(), paths);
                start = place + 1;
            }
            _ => {}
        }
    }
    expand(&format!("{prefix}{before}"), inside.get(start..).unwrap_or_default(), paths);
}

fn segments(path: &str) -> Vec<String> {
    let path = path.split(" as ").next().unwrap_or_default();
    path.split("::").map(|segment| segment.trim().to_owned()).filter(|segment| !segment.is_empty()).collect()
}

/// Returns the module that `path` names or has an item of; `None` for other crates.
fn target(module: &str, path: &[String], modules: &BTreeSet<&str>) -> Option<String> {
    let own = || -> Vec<&str> { module.split("::").filter(|segment| !segment.is_empty()).collect() };
    let (mut place, mut rest) = match path.first()?.as_str() {
        "crate" => (Vec::new(), path.get(1..)?),
        "self" => (own(), path.get(1..)?),
        "super" => (own(), path),
        first => {
            let child = if module.is_empty() { first.to_owned() } else { format!("{module}::{first}") };
            if !modules.contains(child.as_str()) {
                return None;
            }
            (own(), path)
        }
    };
    while rest.first().is_some_and(|segment| segment == "super") {
        place.pop();
        rest = rest.get(1..)?;
    }
    for segment in rest {
        let mut next = place.clone();
        next.push(segment);
        if !modules.contains(next.join("::").as_str()) {
            break;
        }
        place = next;
    }
    let found = place.join("::");
    // Only other crates import re-exports of the root.
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "native/engine/src/";

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<(String, &str)> = files.iter().map(|(path, text)| (format!("{ROOT}{path}"), *text)).collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        circles_of(&Tree::of(&files), ROOT)
    }

    #[test]
    fn modules_that_import_downwards_are_no_circle() {
        let a = ("a.rs", "mod c;\nuse crate::b::B;\npub use c::C;\n");
        assert_eq!(
            found(&[a, ("b.rs", "use std::io;\n"), ("a/c.rs", "use super::super::b::{self, B as D};\n")]),
            [""; 0]
        );
    }

    #[test]
    fn circle_of_imports_is_found_once() {
        let files = [
            ("a.rs", "use std::{io, fmt};\n\nuse crate::{\n    b::{B, D},\n    e,\n};\n"),
            ("b.rs", "fn b() {\n    crate::c::d();\n}\n"),
            ("c.rs", "pub(super) use super::a::A;\n"),
            ("e.rs", ""),
        ];
        assert_eq!(found(&files), ["native/engine/src/: modules import each other in a circle: a, b, c"]);
    }

    #[test]
    fn parent_and_child_that_import_each_other_are_a_circle() {
        let files = [("a.rs", "mod b;\npub(crate) use b::B;\n"), ("a/b.rs", "use super::A;\n")];
        assert_eq!(found(&files), ["native/engine/src/: modules import each other in a circle: a, a::b"]);
    }

    #[test]
    fn imports_of_fuzz_targets_count() {
        let files = [
            ("a.rs", "#[cfg(any(fuzzing, test))]\npub(crate) mod fuzzing;\n"),
            ("a/fuzzing.rs", "mod b;\npub use b::b;\n"),
            ("a/fuzzing/b.rs", "use super::choose;\n"),
        ];
        let circle = "native/engine/src/: modules import each other in a circle: a::fuzzing, a::fuzzing::b";
        assert_eq!(found(&files), [circle]);
    }

    #[test]
    fn imports_of_tests_and_comments_do_not_count() {
        let files = [
            ("a.rs", "use crate::b::B;\n"),
            (
                "b.rs",
                "// use crate::a::A;\n#[cfg(test)]\nuse crate::a::A;\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}\n",
            ),
            ("b/tests.rs", "use crate::a::A;\n"),
        ];
        assert_eq!(found(&files), [""; 0]);
    }
}
