//! `index.d.ts`: the module's declarations for ArkTS.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Sorts the declarations of `ohrs`, and declares enums as the module exports them.
///
/// `ohrs` lists classes in the order of a hash table, and declares enums as `const`, without a run-time value.
///
/// # Errors
///
/// When the file cannot be read or written.
pub(crate) fn sort(path: &Path) -> Result<()> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    fs::write(path, sorted(&text)).with_context(|| format!("cannot write {}", path.display()))
}

/// # Errors
///
/// When the committed declarations differ from the build; the message has the first difference, and
/// the command that updates them.
pub(crate) fn compare(built: &Path, committed: &Path) -> Result<()> {
    let new = fs::read_to_string(built)?;
    let old = fs::read_to_string(committed).unwrap_or_default();
    let Some(line) = first_difference(&old, &new) else {
        return Ok(());
    };
    bail!(
        "{} is not what the build declares, from line {line} on: compare it with {}, \
         and run `cargo xtask ohos --update-types` if the change is meant",
        committed.display(),
        built.display()
    )
}

/// Returns the number of the first line in which the texts differ.
fn first_difference(old: &str, new: &str) -> Option<usize> {
    if old == new {
        return None;
    }
    let same = old.lines().zip(new.lines()).take_while(|(old, new)| old == new).count();
    Some(same + 1)
}

/// Keeps the header and other declarations, and sorts the classes by name.
fn sorted(text: &str) -> String {
    let mut blocks = blocks(&text.replace("export declare const enum ", "export declare enum "));
    let mut classes: Vec<String> = blocks.extract_if(.., |block| class_name(block).is_some()).collect();
    classes.sort_by(|one, other| class_name(one).cmp(&class_name(other)));
    blocks.extend(classes);
    blocks.join("\n\n") + "\n"
}

/// Splits the text at blank lines before declarations.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    for part in text.trim_end().split("\n\n") {
        match blocks.last_mut() {
            Some(last) if !part.starts_with("export ") && !part.starts_with("/*") => {
                last.push_str("\n\n");
                last.push_str(part);
            }
            _ => blocks.push(part.to_owned()),
        }
    }
    blocks
}

fn class_name(block: &str) -> Option<&str> {
    let line = block.lines().find_map(|line| line.strip_prefix("export declare class "))?;
    line.split(' ').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "/* header */\n\nexport interface A {\n  a: B\n}\n\n\
        /** B. */\nexport declare class B {\n  b(): void\n\n  c(): void\n}\nexport type Bee = B\n\n\
        export declare class A1 {\n  constructor()\n}\n";

    #[test]
    fn classes_come_last_by_name_and_keep_all_that_is_theirs() {
        let expected = "/* header */\n\nexport interface A {\n  a: B\n}\n\n\
            export declare class A1 {\n  constructor()\n}\n\n\
            /** B. */\nexport declare class B {\n  b(): void\n\n  c(): void\n}\nexport type Bee = B\n";
        assert_eq!(sorted(TEXT), expected);
        assert_eq!(sorted(expected), expected);
    }

    #[test]
    fn enums_are_those_that_the_module_exports() {
        assert_eq!(sorted("export declare const enum E {\n  A = 0\n}\n"), "export declare enum E {\n  A = 0\n}\n");
    }

    #[test]
    fn the_first_line_that_differs_is_named() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some(2));
    }
}
