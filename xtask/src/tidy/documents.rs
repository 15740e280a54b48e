//! Rules for documents.

use std::collections::BTreeSet;

use clap::CommandFactory as _;

use super::tree::{SourceFile, Tree};

/// Folders of build results: documents may name files in them.
const MADE: [&str; 6] = ["dist", "target", "entry/libs", "entry/build", "preview/node_modules", "oh_modules"];

/// Document with a row for each task.
const OVERVIEW: &str = "docs/tasks.md";

/// Scripts of `npm run`.
const SCRIPTS: &str = "preview/package.json";

/// Returns dead references, tasks without a row, and references to tests that do not exist.
pub(super) fn missing(tree: &Tree) -> Vec<String> {
    [dead_references(tree), undocumented_tasks(tree), missing_tests(tree)].concat()
}

/// Returns references to things that do not exist.
fn dead_references(tree: &Tree) -> Vec<String> {
    let tasks: BTreeSet<String> =
        crate::Arguments::command().get_subcommands().map(|task| task.get_name().to_owned()).collect();
    let mut findings = Vec::new();
    for file in tree.files("", ".md") {
        findings.extend(file.lines_with_word(links, |link| !leads_somewhere(tree, file, link)));
        findings.extend(file.lines_with_word(code, |code| !is_there(tree, file, code)));
        findings.extend(file.lines_with_word(|line| words_after(line, "cargo xtask "), |task| !tasks.contains(task)));
        findings.extend(file.lines_with_word(|line| words_after(line, "npm run "), |name| !is_script(tree, name)));
    }
    findings
}

/// Returns the tasks without a row in the overview.
fn undocumented_tasks(tree: &Tree) -> Vec<String> {
    let text = tree.text(OVERVIEW).unwrap_or_default();
    let has_row = |task: &str| text.lines().any(|line| words_after(line, "| `cargo xtask ").first() == Some(&task));
    let command = crate::Arguments::command();
    let tasks = command.get_subcommands().filter(|task| !task.is_hide_set()).map(clap::Command::get_name);
    tasks.filter(|task| !has_row(task)).map(|task| format!("{OVERVIEW} has no row for `cargo xtask {task}`")).collect()
}

/// Returns rows that refer to a test, as "`file`: "its name"", that the file does not have.
fn missing_tests(tree: &Tree) -> Vec<String> {
    let has_test = |promise: &str| {
        let (file, name) = promise.split_once("`: \"").unwrap_or_default();
        tree.text(file).is_some_and(|text| text.contains(name))
    };
    tree.files("docs/", ".md").flat_map(|file| file.lines_with_word(promises, |promise| !has_test(promise))).collect()
}

/// Returns the files and names of tests in a line.
fn promises(line: &str) -> Vec<&str> {
    let promise = line.strip_suffix("\" |").and_then(|row| row.rsplit_once("| `")).map(|(_, promise)| promise);
    promise.filter(|promise| promise.contains("`: \"")).into_iter().collect()
}

/// Returns the targets of Markdown links in a line.
fn links(line: &str) -> Vec<&str> {
    line.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect()
}

/// Returns the text in single backticks, up to the first space.
fn code(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).filter_map(|text| text.split(' ').next()).collect()
}

/// Returns the word after each mention of a command, except options and placeholders.
fn words_after<'a>(line: &'a str, command: &str) -> Vec<&'a str> {
    let word = |rest: &'a str| rest.split(|c: char| !c.is_alphanumeric() && c != '-').next();
    line.split(command).skip(1).filter_map(word).filter(|word| word.starts_with(char::is_alphanumeric)).collect()
}

/// Returns whether the target of a link exists; links to websites are not checked.
fn leads_somewhere(tree: &Tree, file: &SourceFile, link: &str) -> bool {
    if link.contains("://") {
        return true;
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() { file.path.clone() } else { resolved(&file.path, path) };
    tree.has(&target) && (anchor.is_empty() || tree.text(&target).is_some_and(|text| has_heading(text, anchor)))
}

/// Resolves a path relative to a file.
fn resolved(from: &str, path: &str) -> String {
    let mut folders: Vec<&str> = from.split('/').collect();
    folders.pop();
    for part in path.split('/').filter(|part| !matches!(*part, "." | "")) {
        if part == ".." {
            folders.pop();
        } else {
            folders.push(part);
        }
    }
    folders.join("/")
}

/// Returns whether a heading has this anchor, by GitHub's rules.
fn has_heading(text: &str, anchor: &str) -> bool {
    text.lines().filter(|line| line.starts_with('#')).any(|line| slug(line.trim_start_matches('#').trim()) == anchor)
}

fn slug(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
}

/// Returns whether a text that looks like a path exists, from the root or the document.
/// It may be a prefix of a file name.
fn is_there(tree: &Tree, file: &SourceFile, code: &str) -> bool {
    let path = code.split([':', ',', '#']).next().unwrap_or_default().trim_end_matches('/');
    let is_placeholder = path.contains(['<', '*', '{', '…', '$', '|', '\'', '"', '(', '~']);
    let is_made = MADE.iter().any(|folder| path == *folder || path.starts_with(&format!("{folder}/")));
    let first = path.split_once('/').map(|(first, _)| first);
    let is_path = first.is_some_and(|first| tree.has(first)) && !is_placeholder && !is_made;
    !is_path || tree.begins(path) || tree.begins(&resolved(&file.path, path))
}

fn is_script(tree: &Tree, name: &str) -> bool {
    tree.text(SCRIPTS).is_some_and(|text| text.contains(&format!("\"{name}\": \"node")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: (&str, &str) = ("preview/package.json", "\"scripts\": { \"check\": \"node check.mjs\" }");

    fn found(text: &str) -> Vec<String> {
        let files = [SCRIPT, ("docs/a.md", text), ("docs/b.md", "# What it is, in short\n"), ("xtask/src/c.rs", "")];
        dead_references(&Tree::of(&files))
    }

    #[test]
    fn what_is_there_may_be_referred_to() {
        for text in [
            "[b](b.md) [b](../docs/b.md#what-it-is-in-short) [own](#title) [net](https://a.example/b)\n# Title",
            "`xtask/src/c.rs` `xtask/src` `docs/b` `docs/b.md:1` `dist/x.so` `target/tools` `docs/<name>.md` `a/b`",
            "`cargo xtask test tidy` `cargo xtask <task>` `cargo xtask --help` `npm run check`",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn what_is_not_there_is_found_with_its_line() {
        for text in
            ["[c](c.md)", "[b](b.md#long)", "[own](#b)", "`xtask/src/d.rs`", "`cargo xtask fly`", "`npm run fly`"]
        {
            assert_eq!(found(&format!("\n{text}")), [format!("docs/a.md:2: {}", reference(text))], "{text}");
        }
    }

    #[test]
    fn a_task_without_a_row_is_found_and_a_hidden_one_needs_none() {
        let rows =
            |tasks: &[&str]| tasks.iter().map(|task| format!("| `cargo xtask {task}` | it |\n")).collect::<String>();
        let command = crate::Arguments::command();
        let is_shown = |task: &&clap::Command| !task.is_hide_set();
        let tasks: Vec<&str> = command.get_subcommands().filter(is_shown).map(clap::Command::get_name).collect();
        assert_eq!(undocumented_tasks(&Tree::of(&[(OVERVIEW, &rows(&tasks))])), [""; 0]);
        let rest = rows(tasks.get(1..).unwrap_or_default());
        assert_eq!(
            undocumented_tasks(&Tree::of(&[(OVERVIEW, &rest)])),
            ["docs/tasks.md has no row for `cargo xtask demo`"]
        );
    }

    #[test]
    fn reference_to_a_missing_test_is_found() {
        let found = |name: &str| {
            let row = format!("| no | `tests/a.test.mjs`: \"{name}\" |");
            missing_tests(&Tree::of(&[("docs/a.md", &row), ("tests/a.test.mjs", "behaviour('it holds', f)")]))
        };
        assert_eq!(found("it holds"), [""; 0]);
        assert_eq!(found("it broke"), ["docs/a.md:1: tests/a.test.mjs`: \"it broke"]);
    }

    /// Returns the part of a line that a finding shows.
    fn reference(text: &str) -> &str {
        let inside = links(text).into_iter().chain(code(text)).next().unwrap_or_default();
        if text.contains("fly") { "fly" } else { inside }
    }
}
