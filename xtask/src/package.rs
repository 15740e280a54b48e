//! `cargo xtask package`: packs the module as a HAR for other apps.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::abi::Abi;
use crate::command::{command, run, run_with_spinner};
use crate::workspace::Workspace;
use crate::{digest, host_node, ohos, ohrs, pages, prepared};

/// Name of the archive; `ohrs` adds `.har`.
const NAME: &str = "socketkit";

/// Files in the archive besides the libraries, with their sources in the checkout.
const FILES: [(&str, &str); 11] = [
    ("CHANGELOG.md", "CHANGELOG.md"),
    ("LICENSE", "LICENSE"),
    ("NOTICE", "NOTICE"),
    ("README.md", "package/README.md"),
    ("consumer-rules.txt", "package/consumer-rules.txt"),
    ("index.ets", "package/index.ets"),
    // Build tools look for a HAR's rules under this name.
    ("obfuscation.txt", "package/consumer-rules.txt"),
    ("oh-package.json5", "package/oh-package.json5"),
    ("src/main/module.json5", "package/src/main/module.json5"),
    ("types/libsocketkit/index.d.ts", "entry/types/libsocketkit/index.d.ts"),
    ("types/libsocketkit/oh-package.json5", "entry/types/libsocketkit/oh-package.json5"),
];

/// Checks the sources of the package, and apps that use it.
const CHECK_SCRIPT: &str = "preview/check-package.mjs";

/// Builds the module and packs it.
///
/// # Errors
///
/// As [`ohos::build`], [`ohos::check`], [`pack`] and [`check`].
pub(crate) fn perform(workspace: &Workspace) -> Result<()> {
    ohos::build(workspace)?;
    ohos::check(workspace, false)?;
    pack(workspace)?;
    check(workspace)
}

/// Packs the build in `dist/`.
///
/// # Errors
///
/// When a file is missing, or `ohrs` creates no archive.
pub(crate) fn pack(workspace: &Workspace) -> Result<()> {
    let folder = workspace.target().join("package");
    let packed = folder.join(format!("{NAME}.har"));
    prepared::remove(&folder)?;
    for (name, source) in contents(workspace)? {
        copy(&source, &folder.join("package").join(name))?;
    }
    ohrs::artifact(workspace, &folder, NAME)?;
    if !packed.is_file() {
        bail!("ohrs did not create {}: see its output", packed.display());
    }
    copy(&packed, &archive(workspace))
}

/// Unpacks the archive and compares it with its sources.
/// Then compiles the apps and examples that use it.
///
/// # Errors
///
/// When files are missing, superfluous or different, or something does not compile.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let archive = archive(workspace);
    let folder = workspace.target().join("package/unpacked");
    fs::create_dir_all(&folder)?;
    run(command("tar").arg("-xzf").arg(&archive).arg("-C").arg(&folder))?;
    let folder = folder.join("package");
    let findings = differences(&contents(workspace)?, &folder)?;
    if !findings.is_empty() {
        bail!("{} differs from its sources:\n  {}", archive.display(), findings.join("\n  "));
    }
    println!("{}: sha256 {}", archive.display(), digest::of_file(&archive)?);
    pages::install(workspace)?;
    let mut node = command(host_node::prepare()?);
    run_with_spinner(
        "compiling what uses the package",
        node.arg(workspace.path(CHECK_SCRIPT)).arg(&archive).arg(&folder),
    )
}

fn archive(workspace: &Workspace) -> PathBuf {
    workspace.dist().join(format!("{NAME}.har"))
}

/// Returns the archive's files by name, with `/`, each with its source.
fn contents(workspace: &Workspace) -> Result<Vec<(String, PathBuf)>> {
    let mut contents: Vec<(String, PathBuf)> =
        FILES.iter().map(|(name, source)| ((*name).to_owned(), workspace.path(source))).collect();
    for abi in Abi::ALL {
        let name = format!("libs/{}/{}", abi.folder(), ohos::LIBRARY);
        contents.push((name, ohos::library(workspace, abi)?));
    }
    Ok(contents)
}

/// Returns a message for each file in which a folder differs from `contents`.
fn differences(contents: &[(String, PathBuf)], folder: &Path) -> Result<Vec<String>> {
    let mut left = files(folder, "")?;
    let mut findings = Vec::new();
    for (name, source) in contents {
        if !left.remove(name) {
            findings.push(format!("{name} is missing"));
        } else if fs::read(source)? != fs::read(folder.join(name))? {
            findings.push(format!("{name} is not {}", source.display()));
        }
    }
    findings.extend(left.into_iter().map(|name| format!("{name} does not belong there")));
    Ok(findings)
}

/// Returns all files below a folder by relative path, with `/`.
fn files(folder: &Path, prefix: &str) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            names.extend(files(&entry.path(), &format!("{name}/"))?);
        } else {
            names.insert(name);
        }
    }
    Ok(names)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let parent = to.parent().context("a file of the package has a folder")?;
    fs::create_dir_all(parent)?;
    fs::copy(from, to).map(drop).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_too_many_or_other_is_named() -> Result<()> {
        let root = std::env::temp_dir().join(format!("xtask-{}-package", std::process::id()));
        let made_from = root.join("made-from");
        let folder = root.join("package");
        for (name, text) in
            [("made-from", "1"), ("package/same", "1"), ("package/libs/other", "2"), ("package/more", "1")]
        {
            let path = root.join(name);
            fs::create_dir_all(path.parent().context("below the root")?)?;
            fs::write(path, text)?;
        }
        let contents = ["same", "libs/other", "gone"].map(|name| (name.to_owned(), made_from.clone()));
        let found = differences(&contents, &folder)?;
        let other = format!("libs/other is not {}", made_from.display());
        assert_eq!(found, [other.as_str(), "gone is missing", "more does not belong there"]);
        prepared::remove(&root)
    }
}
