//! `cargo xtask ohos`: builds the module for phone and emulator, and checks it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::abi::Abi;
use crate::imports::Symbols;
use crate::library::Library;
use crate::ohrs::{self, Profile};
use crate::sdk::Sdk;
use crate::workspace::Workspace;
use crate::{declarations, digest, prepared};

/// File name of the module, as imported by ArkTS.
pub(crate) const LIBRARY: &str = "libsocketkit.so";

/// File name of the declarations of a build.
const DECLARATIONS: &str = "index.d.ts";

/// Committed declarations, which the app uses.
const COMMITTED_TYPES: &str = "entry/types/libsocketkit/index.d.ts";

/// List of allowed imports.
const IMPORTS: &str = "native/socketkit/imports.txt";

/// Size limit: the module must not noticeably increase the size of an app.
const LIMIT_BYTES: u64 = 900 * 1024;

/// Optional folder with a phone's exports, next to the checkout.
const PHONE_EXPORTS: &str = "../shared/ohos-ndk-symbols";

/// Builds into `dist/` and checks the results.
///
/// # Errors
///
/// As [`build`] and [`check`].
pub(crate) fn perform(workspace: &Workspace, update_types: bool) -> Result<()> {
    build(workspace)?;
    check(workspace, update_types)
}

/// Builds for `abis` (both if empty), without checks.
///
/// # Errors
///
/// As [`build`].
pub(crate) fn build_only(workspace: &Workspace, debug: bool, abis: &[Abi]) -> Result<()> {
    let profile = if debug { Profile::Debug } else { Profile::Release };
    build_for(workspace, profile, if abis.is_empty() { &Abi::ALL } else { abis })
}

/// Builds into `dist/` for both ABIs.
///
/// # Errors
///
/// When a tool cannot be installed, or the build fails.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    build_for(workspace, Profile::Release, &Abi::ALL)
}

/// Builds the module. Files in `dist/` with the same bytes are not touched.
fn build_for(workspace: &Workspace, profile: Profile, abis: &[Abi]) -> Result<()> {
    let sdk = Sdk::prepare(workspace, abis)?;
    let built = workspace.target().join("ohos-dist");
    // Afterwards all files are from this run, whatever the status of ohrs.
    prepared::remove(&built)?;
    ohrs::build(workspace, &sdk, profile, abis, &built)?;
    for &abi in abis {
        deliver(workspace, &sdk, profile, abi, &built.join(abi.folder()))?;
    }
    let declarations = built.join(DECLARATIONS);
    declarations::sort(&declarations).context("ohrs did not create declarations")?;
    replace(&declarations, &workspace.dist().join(DECLARATIONS))
}

/// Copies a library from `built` to its final place.
fn deliver(workspace: &Workspace, sdk: &Sdk, profile: Profile, abi: Abi, built: &Path) -> Result<()> {
    let library = built.join(LIBRARY);
    if !library.is_file() {
        bail!("ohrs did not create {}: see its output", library.display());
    }
    if profile == Profile::Debug {
        return replace(&library, &workspace.dist().join("debug").join(abi.folder()).join(LIBRARY));
    }
    let stripped = built.join("stripped");
    sdk.strip(&library, &stripped)?;
    replace(&library, &symbols(workspace, abi))?;
    replace(&stripped, &workspace.dist().join(abi.folder()).join(LIBRARY))
}

/// Path of the release build with symbols and line numbers.
fn symbols(workspace: &Workspace, abi: Abi) -> PathBuf {
    workspace.dist().join("symbols").join(abi.folder()).join(LIBRARY)
}

/// Copies a file if the bytes differ: build tools compare modification times.
fn replace(from: &Path, to: &Path) -> Result<()> {
    let bytes = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
    if fs::read(to).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    let folder = to.parent().context("a file has a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::write(to, bytes).with_context(|| format!("cannot write {}", to.display()))
}

/// Checks the results of a build.
///
/// # Errors
///
/// When a phone could not load a library, or the declarations differ from the committed ones.
pub(crate) fn check(workspace: &Workspace, update_types: bool) -> Result<()> {
    let sdk = Sdk::prepare(workspace, &Abi::ALL)?;
    let imported = check_libraries(workspace, &sdk)?;
    if Sdk::is_given() {
        println!("{IMPORTS}: skipped, because the SDK has the exports of a phone");
    } else {
        check_imports(workspace, &sdk, &imported)?;
    }
    check_types(workspace, update_types)
}

/// Returns the path of the module for an ABI.
///
/// # Errors
///
/// When it does not exist.
pub(crate) fn library(workspace: &Workspace, abi: Abi) -> Result<PathBuf> {
    let path = workspace.dist().join(abi.folder()).join(LIBRARY);
    if !path.is_file() {
        bail!("{} not found: run `cargo xtask ohos`, and see the output of ohrs", path.display());
    }
    Ok(path)
}

/// Checks each library and returns all imports.
fn check_libraries(workspace: &Workspace, sdk: &Sdk) -> Result<BTreeSet<String>> {
    let mut imported = BTreeSet::new();
    for abi in Abi::ALL {
        let path = library(workspace, abi)?;
        let library = Library::read(&path)?;
        // A prebuilt standard library contains code for symbol names in backtraces, and is larger.
        let limit_bytes = (abi == Abi::Arm64 && !sdk.has_prebuilt_std()).then_some(LIMIT_BYTES);
        library.check(limit_bytes).with_context(|| format!("in {}", path.display()))?;
        library.check_imports(&sdk.libraries(abi)).with_context(|| format!("in {}", path.display()))?;
        check_symbols(&symbols(workspace, abi), &library)?;
        println!(
            "dist/{}/{LIBRARY}: {} bytes stripped, sha256 {}, build id {}, needs {}",
            abi.folder(),
            library.size_bytes,
            digest::of_file(&path)?,
            library.build_id,
            library.needed.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
        );
        imported.extend(library.imports);
    }
    Ok(imported)
}

/// Checks that a debugger finds the symbols of a library in `path`.
fn check_symbols(path: &Path, library: &Library) -> Result<()> {
    let symbols = Library::read(path)?;
    if symbols.is_stripped || symbols.build_id != library.build_id {
        bail!("{} does not have the symbols of the build {}", path.display(), library.build_id);
    }
    Ok(())
}

fn check_imports(workspace: &Workspace, sdk: &Sdk, imported: &BTreeSet<String>) -> Result<()> {
    let list = Symbols::read_list(&workspace.path(IMPORTS))?;
    let phone = phone_exports(&workspace.path(PHONE_EXPORTS))?;
    let mut findings = list.missing(imported, sdk.has_prebuilt_std(), phone.as_ref());
    // A prebuilt standard library may import fewer or other symbols: these differ between versions of Rust.
    if !sdk.has_prebuilt_std() {
        findings.extend(list.unused(imported));
    }
    if let Some(phone) = &phone {
        findings.extend(list.unfounded(phone));
    }
    if !findings.is_empty() {
        bail!("{IMPORTS} differs from the module:\n  {}", findings.join("\n  "));
    }
    println!("{IMPORTS}: contains all {} imported symbols", imported.len());
    Ok(())
}

fn phone_exports(folder: &Path) -> Result<Option<Symbols>> {
    if !folder.is_dir() {
        println!("{IMPORTS}: not compared with exports of a phone, because {PHONE_EXPORTS} does not exist");
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
    println!("{COMMITTED_TYPES}: up to date");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn a_file_is_replaced_only_by_other_bytes() -> Result<()> {
        let folder = std::env::temp_dir().join(format!("xtask-{}-replace", std::process::id()));
        prepared::remove(&folder)?;
        fs::create_dir_all(&folder)?;
        let (from, to) = (folder.join("built"), folder.join("dist/library"));
        fs::write(&from, "one")?;
        replace(&from, &to)?;
        fs::File::options().write(true).open(&to)?.set_modified(UNIX_EPOCH)?;
        replace(&from, &to)?;
        assert_eq!(fs::metadata(&to)?.modified()?, UNIX_EPOCH);
        fs::write(&from, "two")?;
        replace(&from, &to)?;
        assert_eq!(fs::read_to_string(&to)?, "two");
        prepared::remove(&folder)
    }
}
