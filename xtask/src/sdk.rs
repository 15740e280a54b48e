//! The OpenHarmony SDK, and a Rust toolchain with a standard library for the phone.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::abi::Abi;
use crate::command::{command, output, run};
use crate::workspace::Workspace;
use crate::{apt, clang, deveco, stand_in};

/// Makes Debian's Rust, a release, build the standard library without code for backtraces.
///
/// A stripped library has no names for backtraces, and that code is a tenth of its size.
const DEBIAN_VARIABLES: [(&str, &str); 3] = [
    ("RUSTC_BOOTSTRAP", "1"),
    ("CARGO_UNSTABLE_BUILD_STD", "std,panic_unwind"),
    ("CARGO_UNSTABLE_BUILD_STD_FEATURES", "panic-unwind,default"),
];

/// Omits source locations of panics: panics are caught, so phones do not show them.
/// The app receives the text.
const NO_LOCATIONS: &str = "-Zlocation-detail=none";

/// SHA-256 without unrolled rounds, for processors that have no instructions for it. Used by handshakes only.
const COMPACT_SHA256: &str = "--cfg=sha2_backend_soft=\"compact\"";

/// Debian's Rust, with the sources of the standard library.
pub(crate) const DEBIAN_RUST: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

/// Folder of Debian's Rust programs.
const DEBIAN_PROGRAMS: &str = "/usr/bin";

/// Oldest Rust that compiles our crates.
const MIN_RUST: &str = env!("CARGO_PKG_RUST_VERSION");

/// Keeps symbols and line numbers in release builds: for `dist/symbols`; `dist/` is stripped.
const SYMBOL_VARIABLES: [(&str, &str); 2] =
    [("CARGO_PROFILE_RELEASE_STRIP", "none"), ("CARGO_PROFILE_RELEASE_DEBUG", "line-tables-only")];

/// Separator of flags in `CARGO_ENCODED_RUSTFLAGS`.
const FLAG_SEPARATOR: &str = "\u{1f}";

/// Compiler and linker for the phone.
#[derive(Debug, Clone)]
pub(crate) struct Sdk {
    home: PathBuf,
    rust: Rust,
}

/// Source of the standard library for the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rust {
    /// Prebuilt, from rustup.
    Rustup,
    /// Built with the crates, from Debian's sources.
    Debian,
}

impl Sdk {
    /// Returns the installed SDK, otherwise creates a stand-in.
    /// With a standard library for `abis`.
    ///
    /// # Errors
    ///
    /// When `OHOS_NDK_HOME` is not an SDK, or a tool for the stand-in cannot be installed.
    pub(crate) fn prepare(workspace: &Workspace, abis: &[Abi]) -> Result<Self> {
        if let Some(home) = given_home() {
            return Self::real(home, abis);
        }
        if !cfg!(target_os = "linux") {
            bail!(
                "no OpenHarmony SDK found: install DevEco Studio 5.0.5 or newer, or set OHOS_NDK_HOME to the folder \
                 of an SDK that has `native` in it"
            );
        }
        apt::install(&clang::PACKAGES)?;
        let rust = if has_rustup_targets(abis) { Rust::Rustup } else { debian_rust()? };
        Ok(Self { home: stand_in::prepare(workspace)?, rust })
    }

    /// Returns whether a real SDK is installed.
    pub(crate) fn is_given() -> bool {
        given_home().is_some()
    }

    /// Sets the variables for SDK, Rust and the target folder `target/ohos`.
    pub(crate) fn lend(&self, workspace: &Workspace, command: &mut Command) -> Result<()> {
        command.env("OHOS_NDK_HOME", &self.home);
        command.env("CARGO_TARGET_DIR", workspace.target().join("ohos"));
        command.env("CARGO_ENCODED_RUSTFLAGS", self.flags(workspace).join(FLAG_SEPARATOR));
        command.envs(SYMBOL_VARIABLES);
        if self.rust == Rust::Debian {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let folders = std::iter::once(PathBuf::from(DEBIAN_PROGRAMS))
                .chain(std::env::split_paths(&path).filter(|folder| folder != DEBIAN_PROGRAMS));
            command.env("PATH", std::env::join_paths(folders)?);
            command.envs(DEBIAN_VARIABLES);
        }
        Ok(())
    }

    /// Returns the SDK's folder of libraries with the phone's exports, for linking.
    pub(crate) fn libraries(&self, abi: Abi) -> PathBuf {
        self.home.join("native/sysroot/usr/lib").join(abi.clang_target())
    }

    /// Returns whether the standard library is prebuilt; it then has more imports.
    pub(crate) fn has_prebuilt_std(&self) -> bool {
        self.rust == Rust::Rustup
    }

    /// Writes a copy of a library without symbols and debug information.
    ///
    /// # Errors
    ///
    /// When the SDK's program fails.
    pub(crate) fn strip(&self, from: &Path, to: &Path) -> Result<()> {
        let program = self.home.join("native/llvm/bin").join(format!("llvm-strip{}", std::env::consts::EXE_SUFFIX));
        run(command(program).args(["--strip-all", "-o"]).args([to, from]))
    }

    /// Returns a cargo command that compiles programs for `abi`.
    /// For the library, `ohrs` does the same.
    pub(crate) fn cargo(&self, workspace: &Workspace, abi: Abi) -> Result<Command> {
        let mut cargo = command("cargo");
        self.lend(workspace, &mut cargo)?;
        let native = self.home.join("native");
        let mut flags = self.flags(workspace);
        flags.push(format!("-Clink-arg=--target={}", abi.clang_target()));
        flags.push(format!("-Clink-arg=--sysroot={}", native.join("sysroot").display()));
        let libraries = native.join("llvm/lib").join(abi.clang_target());
        flags.push(format!("-Lnative={}", libraries.display()));
        cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join(FLAG_SEPARATOR));
        cargo.env(abi.cargo_variable("LINKER"), native.join("llvm/bin/clang"));
        Ok(cargo)
    }

    fn flags(&self, workspace: &Workspace) -> Vec<String> {
        let mut flags = path_flags(workspace);
        flags.push(COMPACT_SHA256.to_owned());
        if self.rust == Rust::Debian {
            flags.push(NO_LOCATIONS.to_owned());
        }
        flags
    }

    fn real(home: PathBuf, abis: &[Abi]) -> Result<Self> {
        let clang = home.join("native/llvm/bin").join(format!("clang{}", std::env::consts::EXE_SUFFIX));
        if !clang.exists() {
            bail!(
                "there is no {}: let OHOS_NDK_HOME name the folder of an SDK with its `native` part, or unset it",
                clang.display()
            );
        }
        for &abi in abis {
            add_target(abi)?;
        }
        Ok(Self { home, rust: Rust::Rustup })
    }
}

/// Returns the user's SDK.
pub(crate) fn given_home() -> Option<PathBuf> {
    std::env::var_os("OHOS_NDK_HOME").filter(|home| !home.is_empty()).map(PathBuf::from).or_else(deveco::sdk)
}

/// Returns whether rustup's standard library is installed for `abis`.
/// Installs it if Debian's Rust is missing, too.
fn has_rustup_targets(abis: &[Abi]) -> bool {
    let may_fetch = !apt::are_installed(&DEBIAN_RUST);
    abis.iter().all(|&abi| has_target(abi) || (may_fetch && add_target(abi).is_ok()))
}

fn debian_rust() -> Result<Rust> {
    apt::install(&DEBIAN_RUST)?;
    renew_debian_rust()?;
    Ok(Rust::Debian)
}

/// Upgrades Debian's Rust if it is too old for our crates.
fn renew_debian_rust() -> Result<()> {
    if is_new_enough(&debian_rust_version()?) {
        return Ok(());
    }
    apt::upgrade(&DEBIAN_RUST)?;
    let version = debian_rust_version()?;
    if is_new_enough(&version) {
        return Ok(());
    }
    bail!("Debian's {version} is older than {MIN_RUST}: add the release's security updates to apt's sources")
}

fn debian_rust_version() -> Result<String> {
    output(command(Path::new(DEBIAN_PROGRAMS).join("rustc")).arg("--version"))
}

/// Returns whether `rustc --version` prints at least [`MIN_RUST`].
fn is_new_enough(version: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> { text.split('.').map_while(|number| number.parse().ok()).collect() };
    version.split(' ').nth(1).is_some_and(|found| numbers(found) >= numbers(MIN_RUST))
}

/// Installs the target's standard library with rustup, unless it is installed.
fn add_target(abi: Abi) -> Result<()> {
    if has_target(abi) {
        return Ok(());
    }
    let target = abi.rust_target();
    run(command("rustup").args(["target", "add", &target]))
        .with_context(|| format!("Rust's standard library for {target} is missing: run `rustup target add {target}`"))
}

/// Returns whether the Rust in PATH can compile for an ABI.
pub(crate) fn has_target(abi: Abi) -> bool {
    let target = abi.rust_target();
    output(command("rustc").args(["--print", "target-libdir", "--target", &target]))
        .is_ok_and(|folder| Path::new(&folder).exists())
}

/// Returns flags that keep paths of this machine out of the library, for reproducible builds.
fn path_flags(workspace: &Workspace) -> Vec<String> {
    let registry = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let renamed = [(Some(workspace.root().to_owned()), "/socketkit"), (registry, "/cargo")];
    renamed
        .into_iter()
        .filter_map(|(path, name)| Some(format!("--remap-path-prefix={}={name}", path?.display())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::is_new_enough;

    #[test]
    fn versions_are_compared_by_number() {
        assert!(is_new_enough("rustc 1.96.0 (ac68faa20 2026-05-25)"));
        assert!(is_new_enough("rustc 1.100.0"));
        assert!(!is_new_enough("rustc 1.85.0 (4d91de4e4 2025-02-17)"));
        assert!(!is_new_enough("rustc 1.9.0"));
        assert!(!is_new_enough("no version"));
    }
}
