//! Compiles small C files for the phone's processors.

use std::path::Path;

use anyhow::{Context, Result};

use crate::abi::Abi;
use crate::command::{command, run};

/// System packages with the compiler, the linker and the tools for archives.
pub(crate) const PACKAGES: [&str; 3] = ["clang-19", "lld-19", "llvm-19"];

/// Folder of the programs in those packages.
pub(crate) const PROGRAMS: &str = "/usr/lib/llvm-19/bin";

/// Compiles C source to an object.
///
/// # Errors
///
/// When the compiler fails.
pub(crate) fn object(abi: Abi, source: &str, to: &Path) -> Result<()> {
    compile(abi, source, &["-c"], to)
}

/// Compiles C source to a shared library without dependencies, named after its file.
///
/// # Errors
///
/// When the compiler or the linker fails.
pub(crate) fn shared_library(abi: Abi, source: &str, to: &Path) -> Result<()> {
    let name = to.file_name().context("a library has a file name")?.to_string_lossy();
    let soname = format!("-Wl,-soname,{name}");
    compile(abi, source, &["-shared", "-nostdlib", "-fuse-ld=lld", &soname], to)
}

/// Adds objects to an archive, which is created if necessary.
///
/// # Errors
///
/// When the archiver fails.
pub(crate) fn archive(archive: &Path, objects: &[&Path]) -> Result<()> {
    let archiver = Path::new(PROGRAMS).join("llvm-ar");
    run(command(archiver).arg("rcs").arg(archive).args(objects))
}

fn compile(abi: Abi, source: &str, options: &[&str], to: &Path) -> Result<()> {
    let file = to.with_extension("c");
    std::fs::write(&file, source)?;
    run(command(Path::new(PROGRAMS).join("clang"))
        .arg(format!("--target={}", abi.clang_target()))
        .args(["-ffreestanding", "-O2", "-fPIC"])
        .args(options)
        .arg(&file)
        .arg("-o")
        .arg(to))?;
    std::fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))
}
