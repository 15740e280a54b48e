//! Functions of the phone's libraries that our crates declare.
//!
//! The stand-in SDK exports all of them, so that forbidden imports are reported by the check of `imports.txt` instead of the
//! linker.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Result, bail};

use crate::crates::{self, Crates};
use crate::workspace::Workspace;

/// Returns the Node-API functions that napi-sys-ohos declares, sorted.
///
/// # Errors
///
/// When the sources of the crate are missing or declare none.
pub(crate) fn node_api(workspace: &Workspace) -> Result<Vec<String>> {
    declared(workspace, "napi-sys-ohos", &["napi_", "node_api_", "uv_"])
}

/// Returns the functions of the phone's log that hilog-sys declares, sorted.
///
/// # Errors
///
/// As [`node_api`].
pub(crate) fn logging(workspace: &Workspace) -> Result<Vec<String>> {
    declared(workspace, "hilog-sys", &["OH_LOG_"])
}

fn declared(workspace: &Workspace, package: &str, prefixes: &[&str]) -> Result<Vec<String>> {
    let mut names = BTreeSet::new();
    let sources = crates::folder(Crates::read(workspace, None)?.named(package)?)?.join("src");
    for entry in fs::read_dir(sources)? {
        names.extend(functions(&fs::read_to_string(entry?.path())?, prefixes));
    }
    if names.is_empty() {
        bail!("{package} declares no function with the prefix {}", prefixes.join(" or "));
    }
    Ok(names.into_iter().collect())
}

/// Returns the names after `fn` that begin with one of the prefixes.
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

#[cfg(test)]
mod tests {
    use super::functions;

    #[test]
    fn only_functions_with_the_prefix_are_taken() {
        let source = "fn napi_wrap(env: u8);\n pub fn other(); type napi_env = u8; fn uv_run()";
        assert_eq!(functions(source, &["napi_", "uv_"]), ["napi_wrap", "uv_run"]);
    }
}
