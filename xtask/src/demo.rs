//! `cargo xtask demo`: two processes exchange messages through the module.

use std::path::Path;

use anyhow::Result;

use crate::abi::Abi;
use crate::command::run;
use crate::load::Load;
use crate::workspace::Workspace;
use crate::{host_node, ohos};

/// Starts the two processes and prints the steps.
const SCRIPT: &str = "tests/demo/main.mjs";

/// Runs the demo with the host build, or the phone build under emulation.
/// Optionally encrypted.
///
/// # Errors
///
/// When a build or a step of the demo fails.
pub(crate) fn perform(workspace: &Workspace, ohos: bool, encrypted: bool) -> Result<()> {
    let load = if ohos { Load::Ohos(Abi::Arm64) } else { Load::Host };
    // Checked before the builds, because it is quick.
    host_node::prepare()?;
    if ohos {
        ohos::build(workspace)?;
    }
    let loader = load.prepare(workspace)?;
    let mut script = loader.host_script(workspace, Path::new(SCRIPT))?;
    if encrypted {
        script.arg("--encrypted");
    }
    run(&mut script)
}
