//! `cargo xtask demo`: two processes exchange messages through the module.

use std::path::Path;

use anyhow::Result;

use crate::abi::Abi;
use crate::command::run;
use crate::load::Load;
use crate::workspace::Workspace;
use crate::{host_node, ohos};

/// Starts the two processes and tells the steps.
const SCRIPT: &str = "tests/demo/main.mjs";

/// Runs the demo with the build for this machine, or with the phone's under emulation; on an encrypted connection if wanted.
///
/// # Errors
///
/// When something cannot be built or a step of the demo does not happen.
pub(crate) fn perform(workspace: &Workspace, ohos: bool, encrypted: bool) -> Result<()> {
    let load = if ohos { Load::Ohos(Abi::Arm64) } else { Load::Host };
    // Before the builds, because its absence is found quickly.
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
