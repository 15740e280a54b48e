//! `NOTICE`: licences of the crates linked into the module, in the root and in the apps.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, bail};
use cargo_metadata::Package;

use crate::abi::Abi;
use crate::crates::{self, Crates};
use crate::workspace::Workspace;

/// The committed file.
const FILE: &str = "NOTICE";

/// The project's own licence, which some crates have, too.
const OWN_LICENCE: &str = "LICENSE";

/// Folder of both files in the apps, which show them.
const RAW_FILES: &str = "entry/src/main/resources/rawfile";

/// The crate of the shipped library.
const ROOT: &str = "socketkit";

/// Accepted licences of crates, in order of preference.
const ACCEPTED: [&str; 5] = ["MIT", "Apache-2.0", "ISC", "BSD-3-Clause", "Zlib"];

/// File names of licences in crates with a single licence.
const PLAIN_NAMES: [&str; 3] = ["LICENSE", "LICENSE.md", "LICENSE.txt"];

const INTRODUCTION: &str = "\
socketkit is licensed under the Apache License 2.0, which LICENSE holds.

Its library is linked with parts of the Rust standard library (MIT or Apache-2.0, The Rust Project Developers), with
LLVM's libunwind (Apache-2.0 with LLVM exceptions), and with the crates below. Where a crate gives a choice of licences,
the one named here was chosen.
";

/// Licence text for crates with MIT and no licence file.
const MIT: &str = include_str!("notice/mit.txt");

/// Text for crates with Apache-2.0 and no licence file.
const APACHE: &str = "The Apache License 2.0, as in LICENSE.";

/// Writes the files.
///
/// # Errors
///
/// When cargo cannot list the crates, or a crate has no accepted licence.
pub(crate) fn update(workspace: &Workspace) -> Result<()> {
    for (file, text) in files(workspace)? {
        fs::write(workspace.path(&file), text).with_context(|| format!("cannot write {file}"))?;
    }
    Ok(())
}

/// Checks that the committed files equal those of [`update`].
///
/// # Errors
///
/// When one differs; and as [`update`].
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    for (file, text) in files(workspace)? {
        if !fs::read_to_string(workspace.path(&file)).is_ok_and(|committed| committed == text) {
            bail!("{file} is out of date with the crates or {OWN_LICENCE}: run `cargo xtask notice`");
        }
    }
    Ok(())
}

/// Returns paths and contents of the files.
fn files(workspace: &Workspace) -> Result<[(String, String); 3]> {
    let own = fs::read_to_string(workspace.path(OWN_LICENCE)).with_context(|| format!("cannot read {OWN_LICENCE}"))?;
    let notice = text(workspace)?;
    Ok([
        (FILE.to_owned(), notice.clone()),
        (format!("{RAW_FILES}/{FILE}"), notice),
        (format!("{RAW_FILES}/{OWN_LICENCE}"), own),
    ])
}

fn text(workspace: &Workspace) -> Result<String> {
    let crates = Crates::read(workspace, Some(&Abi::Arm64.rust_target()))?;
    let mut by_text: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in crates.linked_into(ROOT)?.into_iter().filter(|package| package.source.is_some()) {
        let licence = chosen(package)?;
        let line = format!("{} {} ({licence})", package.name, package.version);
        by_text.entry(licence_text(package, licence)?).or_default().push(line);
    }
    let mut sections: Vec<(Vec<String>, String)> = by_text.into_iter().map(|(text, names)| (names, text)).collect();
    sections.sort();
    let sections =
        sections.iter().map(|(names, text)| format!("\n{}\n\n{}\n\n{text}\n", "-".repeat(78), names.join("\n")));
    Ok(INTRODUCTION.to_owned() + &sections.collect::<String>())
}

/// Returns the preferred licence of a crate; checks that all are accepted if it requires all.
fn chosen(package: &Package) -> Result<&'static str> {
    let expression = package.license.as_deref().unwrap_or_default();
    let words: Vec<&str> = expression.split([' ', '/', '(', ')']).collect();
    let is_choice = !words.contains(&"AND");
    ACCEPTED
        .into_iter()
        .find(|licence| is_choice && words.contains(licence))
        .with_context(|| format!("licence {expression:?} of {} is not in the list of accepted licences", package.name))
}

/// Returns the text of the crate's own licence file, with normalised whitespace.
fn licence_text(package: &Package, licence: &str) -> Result<String> {
    let folder = crates::folder(package)?;
    let own = format!("LICENSE-{}", licence.trim_end_matches("-2.0").to_uppercase());
    let mut names = std::iter::once(own.as_str()).chain(PLAIN_NAMES);
    let file = names.find_map(|name| fs::read_to_string(folder.join(name)).ok());
    match (file, licence) {
        (Some(text), _) => Ok(tidied(&text)),
        (None, "MIT") => Ok(tidied(&MIT.replace("<authors>", &package.authors.join(", ")))),
        (None, "Apache-2.0") if package.authors.is_empty() => Ok(APACHE.to_owned()),
        (None, "Apache-2.0") => Ok(format!("{APACHE} Authors: {}", package.authors.join(", "))),
        (None, _) => bail!("{} has no file with its licence {licence}", package.name),
    }
}

fn tidied(text: &str) -> String {
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_matches('\n').to_owned()
}
