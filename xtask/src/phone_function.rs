//! The functions of the phone's own libraries that our crates declare.
//!
//! The stand-in SDK exports all of them, so that what must not be imported is named by the check of
//! `imports.txt` and not by a linker.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::{command, output};
use crate::workspace::Workspace;

/// Node-API, as napi-sys-ohos declares it, sorted.
///
/// # Errors
///
/// When the crate's sources cannot be found or declare none.
pub(crate) fn node_api(workspace: &Workspace) -> Result<Vec<String>> {
    declared(workspace, "napi-sys-ohos", &["napi_", "node_api_", "uv_"])
}

/// The phone's log, as hilog-sys declares it, sorted.
///
/// # Errors
///
/// As [`node_api`].
pub(crate) fn logging(workspace: &Workspace) -> Result<Vec<String>> {
    declared(workspace, "hilog-sys", &["OH_LOG_"])
}

fn declared(workspace: &Workspace, package: &str, prefixes: &[&str]) -> Result<Vec<String>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(sources(workspace, package)?)? {
        names.extend(functions(&fs::read_to_string(entry?.path())?, prefixes));
    }
    if names.is_empty() {
        bail!("{package} declares no function that begins with {}", prefixes.join(" or "));
    }
    Ok(names.into_iter().collect())
}

/// The names after `fn` that begin with one of the prefixes.
fn functions<'a>(source: &'a str, prefixes: &[&str]) -> Vec<String> {
    let name = |text: &'a str| text.split(|c: char| !c.is_alphanumeric() && c != '_').next();
    source
        .split("fn ")
        .skip(1)
        .filter_map(name)
        .filter(|name| prefixes.iter().any(|prefix| name.starts_with(prefix)))
        .map(str::to_owned)
        .collect()
}

/// The `src` folder of a package that the workspace depends on.
fn sources(workspace: &Workspace, package: &str) -> Result<PathBuf> {
    let metadata = output(
        command("cargo")
            .args(["metadata", "--format-version=1", "--locked", "--manifest-path"])
            .arg(workspace.path("Cargo.toml")),
    )?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    metadata
        .get("packages")
        .and_then(|packages| packages.as_array())
        .and_then(|packages| packages.iter().find(|entry| entry.get("name") == Some(&package.into())))
        .and_then(|entry| entry.get("manifest_path")?.as_str())
        .and_then(|manifest| Path::new(manifest).parent())
        .map(|folder| folder.join("src"))
        .with_context(|| format!("the workspace does not depend on {package}"))
}

#[cfg(test)]
mod tests {
    use super::functions;

    #[test]
    fn only_functions_with_the_prefix_are_taken() {
        let source = "fn napi_wrap(env: u8);\n pub fn other(); type napi_env = u8; fn uv_run()";
        assert_eq!(functions(source, &["napi_", "uv_"]), ["napi_wrap", "uv_run"]);
    }
}
