//! The ways in which JavaScript loads the module.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, bail};

use crate::abi::Abi;
use crate::command::{command, output, run};
use crate::workspace::Workspace;
use crate::{digest, host_node, musl_node, ohos, phone_layer};

/// Prints the SHA-256 of the file that a process has mapped as the module.
const MAPPED_DIGEST: &str = include_str!("load/mapped_digest.js");

/// A library, or the error of its build.
type Built = OnceLock<std::result::Result<PathBuf, String>>;

/// A build of the module and the Node that loads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Load {
    /// The build for this machine, in the machine's own Node.
    Host,
    /// The same, compiled in seconds: for `cargo xtask check`.
    Unoptimized,
    /// The build for this machine and its Node, with a layer between them that answers as the phone's engine does where the two differ.
    PhoneLike,
    /// A build for HarmonyOS, in a Node for musl, emulated where it has to be.
    Ohos(Abi),
}

/// A library with the words that start a Node which can load it.
#[derive(Debug)]
pub(crate) struct Loader {
    load: Load,
    library: PathBuf,
    /// What JavaScript loads in place of the library, which it brings along.
    layer: Option<PathBuf>,
    node: Vec<String>,
}

impl Load {
    /// Those of `cargo xtask test`, the fast ones first.
    pub(crate) const ALL: [Self; 4] = [Self::Host, Self::PhoneLike, Self::Ohos(Abi::X86_64), Self::Ohos(Abi::Arm64)];

    /// As the tests know it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Unoptimized => "unoptimized",
            Self::PhoneLike => "phone-like",
            Self::Ohos(Abi::X86_64) => "x86_64-ohos",
            Self::Ohos(Abi::Arm64) => "aarch64-ohos",
        }
    }

    /// Whether everything takes many times longer than on a phone.
    pub(crate) fn is_slow(self) -> bool {
        self == Self::Ohos(Abi::Arm64)
    }

    /// Finds or makes what it takes; the builds for HarmonyOS have to be there.
    ///
    /// # Errors
    ///
    /// When the library is not there or Node cannot be had.
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
    /// A Node that runs a script of the workspace.
    ///
    /// # Errors
    ///
    /// When the environment cannot be expressed.
    pub(crate) fn script(&self, workspace: &Workspace, script: &Path) -> Result<Command> {
        let mut node = self.node()?;
        self.describe(&mut node)?;
        node.arg(script).current_dir(workspace.root());
        Ok(node)
    }

    /// The machine's own Node, with a script that starts Nodes of this load.
    ///
    /// # Errors
    ///
    /// When there is no suitable Node, or the environment cannot be expressed.
    pub(crate) fn host_script(&self, workspace: &Workspace, script: &Path) -> Result<Command> {
        let mut node = command(host_node::prepare()?);
        self.describe(&mut node)?;
        node.arg(script).current_dir(workspace.root());
        Ok(node)
    }

    /// Tells a script, in whatever Node, how to load the module.
    ///
    /// # Errors
    ///
    /// When the environment cannot be expressed.
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

    /// The SHA-256 of the library, which a Node that loaded it reads from the file in its memory.
    ///
    /// # Errors
    ///
    /// When Node mapped another file than this library, or one with other bytes.
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

    /// The library, by its path.
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

/// Builds when a step first needs it, and never again in this process: a step for each file of tests asks for it.
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
