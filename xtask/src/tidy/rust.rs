//! Rules for native code.

use super::tree::{SourceFile, Tree};

/// Root of the engine, which denies unsafe code.
const ENGINE_ROOT: &str = "native/engine/src/lib.rs";

/// The only folder with unsafe code.
const NODE_API: &str = "native/socketkit/src/node_api/";

/// The only module of the engine with unsafe code: no crate has a safe call for its option.
const TCP_INFO: &str = "native/engine/src/tcp_info.rs";

/// The only file that assigns JavaScript error codes.
const CODE_TABLE: &str = "native/socketkit/src/error.rs";

/// Bases of the error codes.
const CODE_BASES: [&str; 2] = ["2301", "2303"];

/// Code that deliberately ends the process or unwinds.
const PANICS: [&str; 6] = [".unwrap()", ".expect(", "panic!(", "unreachable!(", "todo!(", "unimplemented!("];

/// Returns mentions of Node-API in the engine; also reports a missing engine.
pub(super) fn engine_knows_javascript(tree: &Tree) -> Vec<String> {
    let Some(manifest) = tree.files("native/engine/Cargo.toml", "").next() else {
        return vec!["native/engine/Cargo.toml is missing".to_owned()];
    };
    std::iter::once(manifest)
        .chain(tree.files("native/engine/", ".rs"))
        .flat_map(|file| file.lines_with(|line| line.to_lowercase().contains("napi")))
        .collect()
}

/// Returns forbidden unsafe code; also reports an engine that does not deny it.
pub(super) fn unsafe_outside_node_api(tree: &Tree) -> Vec<String> {
    let mut findings: Vec<String> = tree
        .files("native/", ".rs")
        .filter(|file| !file.path.starts_with(NODE_API) && file.path != TCP_INFO)
        .flat_map(|file| lines_of_code(file, |line| has_word(line, "unsafe")))
        .collect();
    if !tree.text(ENGINE_ROOT).is_some_and(|text| text.contains("#![deny(unsafe_code)]")) {
        findings.push(format!("{ENGINE_ROOT} does not deny unsafe code"));
    }
    findings
}

/// Returns async functions and blocks: napi-ohos would run them with unsound code of its own.
pub(super) fn async_in_binding(tree: &Tree) -> Vec<String> {
    tree.files("native/socketkit/src/", ".rs")
        .flat_map(|file| lines_of_code(file, |line| has_word(line, "async")))
        .collect()
}

/// Returns calls that panic, outside of tests.
pub(super) fn panics(tree: &Tree) -> Vec<String> {
    tree.files("native/", ".rs")
        .filter(|file| file.path.contains("/src/") && !is_tests(&file.path))
        .flat_map(|file| lines_of_code(file, |line| PANICS.iter().any(|call| line.contains(call))))
        .collect()
}

fn is_tests(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

/// Returns error codes outside of their table.
pub(super) fn codes_outside_table(tree: &Tree) -> Vec<String> {
    let names_code = |line: &str| {
        let digits = line.replace('_', "");
        CODE_BASES.iter().any(|base| digits.contains(base))
    };
    tree.files("native/", ".rs")
        .filter(|file| file.path.contains("/src/") && file.path != CODE_TABLE)
        .flat_map(|file| lines_of_code(file, names_code))
        .collect()
}

/// Returns a message for each matching line, without comments and test code.
fn lines_of_code(file: &SourceFile, fits: impl Fn(&str) -> bool) -> Vec<String> {
    let mut findings = Vec::new();
    let mut lines = file.text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            skip_item(&mut lines, indentation(line));
        } else if fits(line.split("//").next().unwrap_or_default()) {
            findings.push(file.at(index, line));
        }
    }
    findings
}

/// Skips an item formatted by rustfmt: its last line has the indentation of its first.
fn skip_item<'a>(lines: &mut impl Iterator<Item = (usize, &'a str)>, indentation_of_item: usize) {
    for (_, line) in lines {
        let ends = line.ends_with('}') || line.ends_with(';');
        if indentation(line) == indentation_of_item && ends {
            return;
        }
    }
}

/// Returns the number of characters before the first visible one.
pub(super) fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|found| found == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENIES: (&str, &str) = (ENGINE_ROOT, "#![deny(unsafe_code)]\n");

    #[test]
    fn an_engine_that_depends_on_or_mentions_node_api_is_found() {
        let manifest = ("native/engine/Cargo.toml", "[dependencies]\ntokio = \"1\"\n");
        let good = Tree::of(&[manifest, ("native/engine/src/a.rs", "// knows no JavaScript\n")]);
        assert_eq!(engine_knows_javascript(&good), [""; 0]);
        let bad = Tree::of(&[("native/engine/Cargo.toml", "[dependencies]\nnapi-ohos = \"1\"\n")]);
        assert_eq!(engine_knows_javascript(&bad), ["native/engine/Cargo.toml:2: napi-ohos = \"1\""]);
        let bad = Tree::of(&[manifest, ("native/engine/src/a.rs", "use napi_ohos::Env;\n")]);
        assert_eq!(engine_knows_javascript(&bad).len(), 1);
    }

    #[test]
    fn unsafe_code_is_found_outside_node_api_and_not_inside_or_in_comments() {
        let inside = ("native/socketkit/src/node_api/value.rs", "unsafe { call() }\n");
        let comment = ("native/socketkit/src/lib.rs", "//! All unsafe code is elsewhere\n");
        let asking = (TCP_INFO, "unsafe { libc::getsockopt() }\n");
        assert_eq!(unsafe_outside_node_api(&Tree::of(&[DENIES, inside, comment, asking])), [""; 0]);
        let outside = ("native/socketkit/src/lib.rs", "let a = 1;\nlet b = unsafe { call() };\n");
        let found = unsafe_outside_node_api(&Tree::of(&[DENIES, outside]));
        assert_eq!(found, ["native/socketkit/src/lib.rs:2: let b = unsafe { call() };"]);
    }

    #[test]
    fn an_engine_that_does_not_deny_unsafe_code_is_found() {
        let found = unsafe_outside_node_api(&Tree::of(&[(ENGINE_ROOT, "mod server;\n")]));
        assert_eq!(found, ["native/engine/src/lib.rs does not deny unsafe code"]);
    }

    #[test]
    fn an_async_function_of_the_binding_is_found_and_one_of_the_engine_is_not() {
        let function = "#[napi]\npub async fn send() {}\n";
        let found = async_in_binding(&Tree::of(&[("native/socketkit/src/a.rs", function)]));
        assert_eq!(found, ["native/socketkit/src/a.rs:2: pub async fn send() {}"]);
        assert_eq!(async_in_binding(&Tree::of(&[("native/engine/src/a.rs", function)])), [""; 0]);
    }

    #[test]
    fn a_code_outside_the_table_is_found_but_not_in_comments() {
        let table = (CODE_TABLE, "let base = 2_301_000;\n");
        let comment = ("native/socketkit/src/types.rs", "/// 2301000 plus the errno\n");
        assert_eq!(codes_outside_table(&Tree::of(&[table, comment])), [""; 0]);
        let found = codes_outside_table(&Tree::of(&[("native/engine/src/a.rs", "let code = 2_303_198;\n")]));
        assert_eq!(found, ["native/engine/src/a.rs:1: let code = 2_303_198;"]);
    }

    #[test]
    fn panics_are_found_but_not_in_tests_or_comments() {
        let good = "/// Never calls panic!()\nfn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() {\n        \
                    c.unwrap();\n    }\n}\n";
        assert_eq!(panics(&Tree::of(&[("native/engine/src/a.rs", good)])), [""; 0]);
        for tests in ["native/engine/tests/a.rs", "native/engine/src/a/tests.rs", "native/engine/src/a/tests/b.rs"] {
            assert_eq!(panics(&Tree::of(&[(tests, "a.unwrap();\n")])), [""; 0]);
        }
        for call in PANICS {
            let after_tests = format!("#[cfg(test)]\nmod tests {{\n}}\n\nfn a() {{\n    x{call};\n}}\n");
            assert_eq!(panics(&Tree::of(&[("native/engine/src/a.rs", &after_tests)])).len(), 1, "{call}");
        }
    }

    #[test]
    fn what_follows_a_test_only_item_in_an_impl_is_code_again() {
        let text = "impl A {\n    #[cfg(test)]\n    fn a() {\n        b.unwrap();\n    }\n\n    fn c() {\n        \
                    d.unwrap();\n    }\n}\n#[cfg(test)]\nmod tests;\ne.unwrap();\n";
        let found = panics(&Tree::of(&[("native/engine/src/a.rs", text)]));
        assert_eq!(found, ["native/engine/src/a.rs:8: d.unwrap();", "native/engine/src/a.rs:13: e.unwrap();"]);
    }
}
