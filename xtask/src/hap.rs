//! `cargo xtask hap`: both apps as HAPs, with DevEco's build tool.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::abi::Abi;
use crate::command::{command, run};
use crate::deveco;
use crate::workspace::Workspace;

/// Status for a missing tool, as opposed to a failed build.
const NOT_INSTALLED: u8 = 2;

/// Products of `build-profile.json5` that are apps.
const PRODUCTS: [&str; 2] = ["server", "client"];

/// Builds both apps with DevEco's build tool, or prints in one line what to install.
///
/// A release is for phones only, and is also packed for AppGallery; without `abis` the build tool chooses the ABIs.
///
/// # Errors
///
/// When the build tool fails, or creates no HAP or APP.
pub(crate) fn perform(workspace: &Workspace, is_release: bool, abis: &[Abi]) -> Result<ExitCode> {
    let Some(hvigorw) = deveco::hvigorw() else {
        eprintln!(
            "hvigorw is not installed: install DevEco Studio 5.0.5 or newer, or its command-line tools, and put their \
             `bin` folder into PATH"
        );
        return Ok(ExitCode::from(NOT_INSTALLED));
    };
    let build = |words: &[String]| run(command(&hvigorw).args(words).current_dir(workspace.root()));
    for product in PRODUCTS {
        build(&hap_words(product, is_release, abis))?;
        find(&workspace.path(&format!("entry/build/{product}/outputs/{product}")), "hap")?;
        if is_release {
            build(&app_words(product))?;
            find(&workspace.path(&format!("build/outputs/{product}")), "app")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns the arguments of `hvigorw` to build an app as a HAP.
fn hap_words(product: &str, is_release: bool, abis: &[Abi]) -> Vec<String> {
    let module = format!("module=entry@{product}");
    let mut words = words("module", product, is_release);
    words.extend(["-p", &module].map(str::to_owned));
    if !abis.is_empty() {
        let names: Vec<&str> = abis.iter().map(|abi| abi.folder()).collect();
        words.extend(["-p".to_owned(), format!("nativeAbis={}", names.join(","))]);
    }
    words.push("assembleHap".to_owned());
    words
}

/// Returns the arguments of `hvigorw` to pack an app for AppGallery.
fn app_words(product: &str) -> Vec<String> {
    let mut words = words("project", product, true);
    words.push("assembleApp".to_owned());
    words
}

fn words(mode: &str, product: &str, is_release: bool) -> Vec<String> {
    let product = format!("product={product}");
    let build_mode = if is_release { "buildMode=release" } else { "buildMode=debug" };
    ["--mode", mode, "--no-daemon", "-p", &product, "-p", build_mode].map(str::to_owned).to_vec()
}

/// Prints the files that the build tool has created.
fn find(folder: &Path, extension: &str) -> Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("hvigorw did not create {}", folder.display()))?;
    let mut count = 0;
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension) {
            println!("{}", path.display());
            count += 1;
        }
    }
    if count == 0 {
        bail!("hvigorw created no .{extension} in {}", folder.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_debug_build_is_of_the_processors_that_are_asked_for() {
        let line = "--mode module --no-daemon -p product=client -p buildMode=debug -p module=entry@client";
        assert_eq!(hap_words("client", false, &[]).join(" "), format!("{line} assembleHap"));
        let both = hap_words("client", false, &Abi::ALL).join(" ");
        assert_eq!(both, format!("{line} -p nativeAbis=arm64-v8a,x86_64 assembleHap"));
    }

    #[test]
    fn a_release_is_built_and_packed_in_release_mode() {
        assert!(hap_words("server", true, &[]).contains(&"buildMode=release".to_owned()));
        let line = "--mode project --no-daemon -p product=server -p buildMode=release assembleApp";
        assert_eq!(app_words("server").join(" "), line);
    }
}
