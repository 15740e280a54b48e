//! Ways to load the module in JavaScript.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, bail};

use crate::abi::Abi;
use crate::command::{command, output, run};
use crate::workspace::Workspace;
use crate::{digest, host_node, musl_node, ohos, phone_layer};

/// Prints the SHA-256 of the file that the process has mapped as the module.
const MAPPED_DIGEST: &str = include_str!("load/mapped_digest.js");

/// A built library, or the error of its build.
type Built = OnceLock<std::result::Result<PathBuf, String>>;

/// A build of the module, and the Node that loads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Load {
    /// The host build in the host Node.
    Host,
    /// The same, with a faster compilation, for `cargo xtask check`.
    Unoptimized,
    /// The host build in the host Node, with a layer that behaves as the phone's engine does.
    PhoneLike,
    /// A build for HarmonyOS in a musl Node, under emulation if necessary.
    Ohos(Abi),
}

/// A library, with the command of a Node that can load it.
#[derive(Debug)]
pub(crate) struct Loader {
    load: Load,
    library: PathBuf,
    /// Layer to load instead of the library; it loads the library.
    layer: Option<PathBuf>,
    node: Vec<String>,
}

impl Load {
    /// Loads of `cargo xtask test`, fast ones first.
    pub(crate) const ALL: [Self; 4] = [Self::Host, Self::PhoneLike, Self::Ohos(Abi::X86_64), Self::Ohos(Abi::Arm64)];

    /// Name in the tests.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Unoptimized => "unoptimized",
            Self::PhoneLike => "phone-like",
            Self::Ohos(Abi::X86_64) => "x86_64-ohos",
            Self::Ohos(Abi::Arm64) => "aarch64-ohos",
        }
    }

    /// Returns whether the load is many times slower than a phone.
    pub(crate) fn is_slow(self) -> bool {
        self == Self::Ohos(Abi::Arm64)
    }

    /// Prepares library and Node; the builds for HarmonyOS must exist.
    ///
    /// # Errors
    ///
    /// When the library does not exist or Node cannot be installed.
    pub(crate) fn prepare(self, workspace: &Workspace) -> Result<Loader> {
        let (library, node) = match self {
            Self::Host | Self::PhoneLike => (build_host(workspace)?, vec![host_node::prepare()?.to_owned()]),
            Self::Unoptimized => (build_unoptimized(workspace)?, vec![host_node::prepare()?.to_owned()]),
            Self::Ohos(abi) => (ohos::library(workspace, abi)?, musl_node::prepare(workspace, abi)?),
        };
        let layer = (self == Self::PhoneLike).then(|| phone_layer::build(workspace, &library)).transpose()?;
        Ok(Loader { load: self, library, layer, node })
    }
}

impl Loader {
    /// Returns a command that runs a script of the workspace in this Node.
    ///
    /// # Errors
    ///
    /// When the environment cannot be encoded.
    pub(crate) fn script(&self, workspace: &Workspace, script: &Path) -> Result<Command> {
        let mut node = self.node()?;
        self.describe(&mut node)?;
        node.arg(script).current_dir(workspace.root());
        Ok(node)
    }

    /// Returns a command that runs a script in the host Node.
    /// The script starts Nodes of this load.
    ///
    /// # Errors
    ///
    /// When Node is missing or too old, or the environment cannot be encoded.
    pub(crate) fn host_script(&self, workspace: &Workspace, script: &Path) -> Result<Command> {
        let mut node = command(host_node::prepare()?);
        self.describe(&mut node)?;
        node.arg(script).current_dir(workspace.root());
        Ok(node)
    }

    /// Adds environment variables that tell a script how to load the module.
    ///
    /// # Errors
    ///
    /// When the environment cannot be encoded.
    pub(crate) fn describe(&self, command: &mut Command) -> Result<()> {
        command.env("SOCKETKIT_LIBRARY", &self.library);
        command.env("SOCKETKIT_NODE", serde_json::to_string(&self.node)?);
        command.env("SOCKETKIT_LOAD", self.load.name());
        command.env("SOCKETKIT_TASKS", std::env::current_exe()?);
        command.env_remove("SOCKETKIT_LAYER");
        if let Some(layer) = &self.layer {
            command.env("SOCKETKIT_LAYER", layer);
        }
        command.env_remove("SOCKETKIT_SLOW");
        if self.load.is_slow() {
            command.env("SOCKETKIT_SLOW", "1");
        }
        Ok(())
    }

    /// Returns the SHA-256 of the library, as mapped by a Node that has loaded it.
    ///
    /// # Errors
    ///
    /// When Node has mapped another file, or one with different bytes.
    pub(crate) fn mapped_digest(&self) -> Result<String> {
        let mut node = self.node()?;
        self.describe(&mut node)?;
        let mapped = output(node.args(["-e", MAPPED_DIGEST]))?;
        let file = digest::of_file(&self.library)?;
        if mapped != file {
            bail!("Node loaded another library than {}: expected SHA-256 {file}, got {mapped}", self.library.display());
        }
        Ok(mapped)
    }

    /// Path of the library.
    pub(crate) fn library(&self) -> &Path {
        &self.library
    }

    fn node(&self) -> Result<Command> {
        let (program, arguments) = self.node.split_first().context("a Node has a program")?;
        let mut node = command(program);
        node.args(arguments);
        Ok(node)
    }
}

/// Builds the library once in this process, for the first step that needs it.
/// Each test file has a step.
fn build_host(workspace: &Workspace) -> Result<PathBuf> {
    static BUILT: Built = OnceLock::new();
    build_once(&BUILT, || compile_host(workspace, "release", &["--release"]))
}

/// As [`build_host`], with cargo's profile `dev`.
fn build_unoptimized(workspace: &Workspace) -> Result<PathBuf> {
    static BUILT: Built = OnceLock::new();
    build_once(&BUILT, || compile_host(workspace, "debug", &[]))
}

fn build_once(built: &Built, build: impl FnOnce() -> Result<PathBuf>) -> Result<PathBuf> {
    built.get_or_init(|| build().map_err(|error| format!("{error:#}"))).clone().map_err(|error| anyhow!(error))
}

fn compile_host(workspace: &Workspace, folder: &str, options: &[&str]) -> Result<PathBuf> {
    println!("building the module for this machine");
    let target = workspace.target();
    run(command("cargo")
        .args(["build", "--locked", "--package", "socketkit"])
        .args(options)
        .arg("--target-dir")
        .arg(&target)
        .current_dir(workspace.root()))?;
    let library = target.join(folder).join("libsocketkit.so");
    if !library.is_file() {
        bail!("cargo did not create {}", library.display());
    }
    Ok(library)
}
