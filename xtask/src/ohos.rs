//! `cargo xtask ohos`: the module for the phone and the emulator, and the checks on it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::abi::Abi;
use crate::imports::Symbols;
use crate::library::Library;
use crate::sdk::Sdk;
use crate::workspace::Workspace;
use crate::{declarations, digest, ohrs, prepared};

/// The module's file name, as ArkTS imports it.
pub(crate) const LIBRARY: &str = "libsocketkit.so";

/// The declarations that a build writes.
const DECLARATIONS: &str = "index.d.ts";

/// The declarations that the app compiles with.
const COMMITTED_TYPES: &str = "entry/types/libsocketkit/index.d.ts";

/// The list of what the module may import.
const IMPORTS: &str = "native/socketkit/imports.txt";

/// An app should not notice in its size that it has the module.
const LIMIT_BYTES: u64 = 900 * 1024;

/// The phone's exports, where someone keeps them beside the checkout.
const PHONE_EXPORTS: &str = "../shared/ohos-ndk-symbols";

/// Builds into `dist/` and checks what is there.
///
/// # Errors
///
/// As [`build`] and [`check`].
pub(crate) fn perform(workspace: &Workspace, update_types: bool) -> Result<()> {
    build(workspace)?;
    check(workspace, update_types)
}

/// Builds into `dist/`.
///
/// # Errors
///
/// When something that it takes cannot be had, or the module cannot be built.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let sdk = Sdk::prepare(workspace)?;
    // What is there afterwards was then made by this run, whatever status ohrs ends with.
    discard(workspace)?;
    ohrs::build(workspace, &sdk)?;
    for abi in Abi::ALL {
        library(workspace, abi)?;
    }
    declarations::sort(&workspace.dist().join(DECLARATIONS)).context("ohrs left no declarations")
}

/// Removes what an earlier build has left; packages made of it stay.
fn discard(workspace: &Workspace) -> Result<()> {
    for abi in Abi::ALL {
        prepared::remove(&workspace.dist().join(abi.folder()))?;
    }
    let declarations = workspace.dist().join(DECLARATIONS);
    if declarations.exists() {
        fs::remove_file(&declarations).with_context(|| format!("cannot remove {}", declarations.display()))?;
    }
    Ok(())
}

/// Checks what a build has left.
///
/// # Errors
///
/// When a library would not load on a phone, or the declarations are not the committed ones.
pub(crate) fn check(workspace: &Workspace, update_types: bool) -> Result<()> {
    let imported = check_libraries(workspace)?;
    check_imports(workspace, &imported)?;
    check_types(workspace, update_types)
}

/// The built module for a processor.
///
/// # Errors
///
/// When it is not there.
pub(crate) fn library(workspace: &Workspace, abi: Abi) -> Result<PathBuf> {
    let path = workspace.dist().join(abi.folder()).join(LIBRARY);
    if !path.is_file() {
        bail!("{} is not there: run `cargo xtask ohos`, and see what ohrs says", path.display());
    }
    Ok(path)
}

/// Checks each library by itself and returns what they import together.
fn check_libraries(workspace: &Workspace) -> Result<BTreeSet<String>> {
    let mut imported = BTreeSet::new();
    for abi in Abi::ALL {
        let path = library(workspace, abi)?;
        let library = Library::read(&path)?;
        library.check_needed().with_context(|| format!("in {}", path.display()))?;
        // A prebuilt standard library can look for the names in a backtrace, and is larger.
        if abi == Abi::Arm64 && !Sdk::is_given() {
            library.check_size(LIMIT_BYTES).with_context(|| format!("in {}", path.display()))?;
        }
        println!(
            "dist/{}/{LIBRARY}: {} bytes stripped, sha256 {}, needs {}",
            abi.folder(),
            library.size_bytes,
            digest::of_file(&path)?,
            library.needed.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
        );
        imported.extend(library.imports);
    }
    Ok(imported)
}

fn check_imports(workspace: &Workspace, imported: &BTreeSet<String>) -> Result<()> {
    let list = Symbols::read_list(&workspace.path(IMPORTS))?;
    let phone = phone_exports(&workspace.path(PHONE_EXPORTS))?;
    let mut findings = list.missing(imported, phone.as_ref());
    // A real SDK's unwinder and standard library may do with fewer.
    if !Sdk::is_given() {
        findings.extend(list.unused(imported));
    }
    if let Some(phone) = &phone {
        findings.extend(list.unfounded(phone));
    }
    if !findings.is_empty() {
        bail!("{IMPORTS} does not agree with the module:\n  {}", findings.join("\n  "));
    }
    println!("{IMPORTS}: {} symbols, each of them imported", list.len());
    Ok(())
}

fn phone_exports(folder: &Path) -> Result<Option<Symbols>> {
    if !folder.is_dir() {
        println!("the phone's exports are not at hand ({PHONE_EXPORTS}): not compared with {IMPORTS}");
        return Ok(None);
    }
    let symbols = Symbols::read_phone(folder)?;
    println!("comparing {IMPORTS} with {} exports of the phone", symbols.len());
    Ok(Some(symbols))
}

fn check_types(workspace: &Workspace, update: bool) -> Result<()> {
    let built = workspace.dist().join(DECLARATIONS);
    let committed = workspace.path(COMMITTED_TYPES);
    if update {
        fs::copy(&built, &committed).with_context(|| format!("cannot write {}", committed.display()))?;
        println!("{COMMITTED_TYPES}: updated");
    }
    declarations::compare(&built, &committed)?;
    println!("{COMMITTED_TYPES}: as the build declares");
    Ok(())
}
