//! Cases of the module's tests that also run on a phone.

use super::tree::{SourceFile, Tree};

/// Folder of the cases in ArkTS.
const ON_PHONE: &str = "entry/src/ohosTest/ets/test/module/";

/// Folder of all cases, in JavaScript.
const ALL: &str = "tests/";

const ARKTS: &str = ".test.ets";
const JAVASCRIPT: &str = ".test.mjs";

/// Document that lists the files that do not run on a phone, with reasons.
const DOCUMENT: &str = "docs/testing.md";

/// Returns cases for phones that `tests` lacks, and undocumented test files without cases.
pub(super) fn strays(tree: &Tree) -> Vec<String> {
    let on_phone: Vec<(String, &SourceFile)> =
        tree.files(ON_PHONE, ARKTS).filter_map(|file| Some((counterpart(&file.path)?, file))).collect();
    let document = tree.text(DOCUMENT).unwrap_or_default();
    let mut findings = Vec::new();
    for (path, file) in &on_phone {
        let known = cases(tree.text(path).unwrap_or_default());
        let strangers = cases(&file.text).into_iter().filter(|case| !known.contains(case));
        findings.extend(strangers.map(|case| format!("{}: {path} has no case {case:?}", file.path)));
    }
    for file in tree.files(ALL, JAVASCRIPT) {
        let name = file.path.strip_prefix(ALL).and_then(|path| path.strip_suffix(JAVASCRIPT)).unwrap_or("/");
        let is_listed = document.contains(&format!("`{name}`")) || on_phone.iter().any(|(path, _)| *path == file.path);
        if !name.contains('/') && !is_listed {
            findings.push(format!("{}: {DOCUMENT} does not list it as a file without a case for phones", file.path));
        }
    }
    findings
}

/// Returns the file in `tests`: `half-close.test.mjs` for `HalfClose.test.ets`.
fn counterpart(path: &str) -> Option<String> {
    let name = path.strip_prefix(ON_PHONE)?;
    let words = name.strip_suffix(ARKTS)?;
    let mut kebab = String::new();
    for letter in words.chars() {
        if letter.is_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.extend(letter.to_lowercase());
    }
    Some(format!("{ALL}{kebab}{JAVASCRIPT}"))
}

/// Returns the names of a file's cases; placeholders are ignored.
fn cases(text: &str) -> Vec<String> {
    text.split("behaviour(").skip(1).filter_map(name).collect()
}

/// Returns the quoted text at the start of a call.
fn name(call: &str) -> Option<String> {
    let call = call.trim_start();
    let quote = call.chars().next().filter(|quote| matches!(quote, '\'' | '"' | '`'))?;
    let name = call.get(1..)?.split(quote).next()?;
    let mut parts = name.split("${");
    let mut plain = parts.next()?.to_owned();
    for part in parts {
        plain.push('…');
        plain.push_str(part.split_once('}').map_or("", |(_, rest)| rest));
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST: (&str, &str) = ("tests/half-close.test.mjs", "behaviour('one', x);\n  behaviour(`a ${name} ends`, x);");
    const PHONE: &str = "entry/src/ohosTest/ets/test/module/HalfClose.test.ets";

    #[test]
    fn a_case_has_the_name_that_it_has_in_the_file_of_the_same_name() {
        let text = "behaviour(\n  `a ${carrier.name} ends`, x);\nbehaviour('one', x);";
        assert_eq!(strays(&Tree::of(&[TEST, (PHONE, text)])), [""; 0]);
        let found = strays(&Tree::of(&[TEST, (PHONE, "behaviour('two', x);")]));
        assert_eq!(found, [format!("{PHONE}: {} has no case \"two\"", TEST.0)]);
    }

    #[test]
    fn a_file_that_runs_on_no_phone_is_in_the_document() {
        assert_eq!(strays(&Tree::of(&[TEST])).len(), 1);
        assert_eq!(strays(&Tree::of(&[TEST, (DOCUMENT, "`half-close`: why")])), [""; 0]);
    }
}
