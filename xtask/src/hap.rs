//! `cargo xtask hap`: both apps as HAPs, by DevEco's own builder.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::command::{command, run};
use crate::deveco;
use crate::workspace::Workspace;

/// The status that says that this machine cannot do it, and not that something is wrong with the apps.
const NOT_INSTALLED: u8 = 2;

/// The products of `build-profile.json5` that are apps of their own.
const PRODUCTS: [&str; 2] = ["server", "client"];

/// Builds both apps where DevEco's builder is; otherwise says in one line what to install.
///
/// # Errors
///
/// When the builder fails, or leaves no HAP.
pub(crate) fn perform(workspace: &Workspace) -> Result<ExitCode> {
    let Some(hvigorw) = deveco::hvigorw() else {
        eprintln!(
            "hvigorw is not installed: install DevEco Studio 5.0.5 or newer, or its command-line tools, and put their \
             `bin` folder into PATH"
        );
        return Ok(ExitCode::from(NOT_INSTALLED));
    };
    for product in PRODUCTS {
        let options = ["--mode", "module", "--no-daemon", "-p", &format!("product={product}")].map(str::to_owned);
        let module = format!("module=entry@{product}");
        run(command(&hvigorw).args(options).args(["-p", &module, "assembleHap"]).current_dir(workspace.root()))?;
        find(workspace, product)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Names what the builder has left.
fn find(workspace: &Workspace, product: &str) -> Result<()> {
    let folder = workspace.path(&format!("entry/build/{product}/outputs/{product}"));
    let entries = std::fs::read_dir(&folder).with_context(|| format!("hvigorw left no {}", folder.display()))?;
    let mut count = 0;
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "hap") {
            println!("{}", path.display());
            count += 1;
        }
    }
    if count == 0 {
        bail!("hvigorw left no HAP in {}", folder.display());
    }
    Ok(())
}
