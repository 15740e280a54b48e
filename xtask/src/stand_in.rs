//! A stand-in for the SDK's `native` folder, made of Debian packages.
//! Sufficient for `ohrs build`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::abi::Abi;
use crate::clang;
use crate::digest;
use crate::link;
use crate::musl::Musl;
use crate::phone_function;
use crate::prepared;
use crate::workspace::Workspace;

/// Version of the folder; increment it when this file creates another one.
const VERSION: u32 = 1;

/// Functions for the unwinder that musl lacks.
const FORTIFY: &str = include_str!("stand_in/fortify.c");

/// Libraries that are part of musl's `libc.so`, but that linkers expect.
const EMPTY_ARCHIVES: [&str; 5] = ["m", "dl", "pthread", "rt", "util"];

/// Creates the folder once and returns it, for `OHOS_NDK_HOME`.
///
/// # Errors
///
/// When a package cannot be installed or a compiler fails.
pub(crate) fn prepare(workspace: &Workspace) -> Result<PathBuf> {
    let node_api = phone_function::node_api(workspace)?;
    let logging = phone_function::logging(workspace)?;
    let functions = format!("{node_api:?} {logging:?}");
    let key = format!("{VERSION} {}", digest::of_bytes(functions.as_bytes()));
    prepared::folder(&workspace.tool("ohos-sdk"), &key, |folder| {
        println!("creating a substitute for the SDK from packages");
        let native = folder.join("native");
        fs::create_dir_all(native.join("llvm/lib"))?;
        link::symbolic(clang::PROGRAMS, native.join("llvm/bin"))?;
        fs::create_dir_all(native.join("build/cmake"))?;
        fs::write(native.join("build/cmake/ohos.toolchain.cmake"), "")?;
        for abi in Abi::ALL {
            let musl = Musl::prepare(workspace, abi)?;
            unwinder(abi, &musl, &native)?;
            let libraries = system_libraries(abi, &musl, &native)?;
            stub(abi, &node_api, &libraries.join("libace_napi.z.so"))?;
            stub(abi, &logging, &libraries.join("libhilog_ndk.z.so"))?;
        }
        Ok(())
    })
}

fn unwinder(abi: Abi, musl: &Musl, native: &Path) -> Result<()> {
    let folder = native.join("llvm/lib").join(abi.clang_target());
    fs::create_dir_all(&folder)?;
    let archive = folder.join("libunwind.a");
    copy(&musl.unwinder(), &archive)?;
    let fortify = folder.join("fortify.o");
    clang::object(abi, FORTIFY, &fortify)?;
    clang::archive(&archive, &[&fortify])
}

/// Creates the C library and the files that linkers expect; returns their folder.
fn system_libraries(abi: Abi, musl: &Musl, native: &Path) -> Result<PathBuf> {
    let folder = native.join("sysroot/usr/lib").join(abi.clang_target());
    fs::create_dir_all(&folder)?;
    copy(&musl.loader(), &folder.join("libc.so"))?;
    for name in ["crt1.o", "Scrt1.o", "crti.o", "crtn.o"] {
        copy(&musl.start_object(name), &folder.join(name))?;
    }
    for name in ["crtbegin.o", "crtbeginS.o", "crtend.o", "crtendS.o"] {
        clang::object(abi, "", &folder.join(name))?;
    }
    for name in EMPTY_ARCHIVES {
        clang::archive(&folder.join(format!("lib{name}.a")), &[])?;
    }
    Ok(folder)
}

/// Creates a library that exports functions without code: for linking only.
fn stub(abi: Abi, functions: &[String], to: &Path) -> Result<()> {
    let source: String = functions.iter().map(|name| format!("void {name}(void) {{}}\n")).collect();
    clang::shared_library(abi, &source, to)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).map(drop).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}
