//! The project's tasks: `cargo xtask <task>` works in the same way locally and in CI.

mod abi;
mod apt;
mod attacks;
mod bench;
mod check;
mod clang;
mod command;
#[cfg(target_os = "linux")]
mod connections;
mod crates;
mod declarations;
mod demo;
mod deny;
mod deveco;
mod digest;
mod doctor;
mod durations;
mod emulated;
mod engine;
mod excerpt;
mod fuzz;
mod hap;
mod host_node;
mod imports;
mod javascript;
mod library;
mod link;
mod load;
mod long;
mod musl;
mod musl_node;
mod notice;
mod ohos;
mod ohrs;
mod package;
mod pages;
mod peers;
#[cfg(target_os = "linux")]
mod permission;
mod phone_function;
mod phone_layer;
mod prepared;
mod preview;
mod progress;
mod python;
mod sanitize;
mod sdk;
mod spelling;
mod stand_in;
mod step;
mod test;
mod tidy;
mod typed_build;
mod valgrind;
mod wheel;
mod workspace;

#[cfg(target_os = "linux")]
use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};

use crate::abi::Abi;
use crate::workspace::Workspace;

/// Runs the project's tasks. Downloads and builds go to target/ and dist/.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run two processes that exchange messages through the module; needs only cargo and Node
    Demo {
        /// Use the library for phones, in an emulator
        #[arg(long)]
        ohos: bool,
        /// Encrypt the connection with a pairing key
        #[arg(long)]
        encrypted: bool,
    },
    /// Run both apps in a browser, from their .ets files and with the module
    Preview {
        /// Local port; 0 chooses a free one
        #[arg(long, default_value_t = 0)]
        port: u16,
    },
    /// Build dist/ for HarmonyOS with `ohrs build`, and check that a phone can load it
    ///
    /// Uses the SDK in OHOS_NDK_HOME and rustup's targets; without an SDK it uses a substitute made of
    /// Debian packages.
    Ohos {
        /// Copy the declarations of the build to entry/types
        #[arg(long)]
        update_types: bool,
        /// Build without the checks, as the build of an app does
        #[arg(long, conflicts_with = "update_types")]
        no_check: bool,
        /// Build dist/debug, for a debugger
        #[arg(long, requires = "no_check")]
        debug: bool,
        /// Build for this ABI only; can be repeated
        #[arg(long = "abi", requires = "no_check")]
        abis: Vec<Abi>,
    },
    /// Build both apps with DevEco's hvigorw; exits with status 2 if it is not installed
    Hap {
        /// Build for phones only, obfuscated, and pack for AppGallery too
        #[arg(long)]
        release: bool,
        /// Build the native module for this ABI only; can be repeated
        #[arg(long = "abi", conflicts_with = "release")]
        abis: Vec<Abi>,
    },
    /// List the tools that this machine has or lacks, and how to install them
    Doctor,
    /// Update NOTICE: the licences of the crates that are linked into the module
    Notice,
    /// Pack the module into dist/socketkit.har for other apps
    Package,
    /// Run the short check; downloads only through cargo and npm
    Check,
    /// Install the tools that the tests need, and run the tests and static checks
    Test {
        /// Run only steps whose names equal or contain these texts, such as `lint`,
        /// `aarch64-ohos` or `close.test.mjs`
        filters: Vec<String>,
        /// Also run all tests on both builds for HarmonyOS, which takes long
        #[arg(long)]
        whole: bool,
        /// List the steps and the time that each took when it last passed, without running them
        #[arg(long)]
        list: bool,
        /// Test the libraries for HarmonyOS in dist/ without building them
        #[arg(long)]
        built: bool,
    },
    /// Fuzz the decoders of the engine and the API of the module
    Fuzz {
        /// Names of fuzzers, by default all; `surface` calls the API of the module
        targets: Vec<String>,
        /// Seconds for each fuzzer of the engine
        #[arg(long, default_value_t = 60)]
        seconds: u32,
        /// Add new inputs to the corpus
        #[arg(long)]
        keep: bool,
        /// Number of calls of `surface`
        #[arg(long, default_value_t = 1_000_000)]
        calls: u32,
    },
    /// Run a stress test with injected faults; fails on data loss or memory growth
    Soak {
        /// Duration in minutes
        #[arg(long, default_value_t = 10)]
        minutes: u32,
    },
    /// Benchmark the module against Node's net, the engine alone, and a plain epoll loop
    #[command(disable_help_flag = true)]
    Bench {
        /// Arguments of the benchmark; `--help` lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Run tests of the engine with AddressSanitizer and of the module with valgrind, with leak checks
    Sanitize,
    /// Check dependencies for known vulnerabilities; CI does so every week
    Advisories,
    /// Check the tracked files against docs/invariants.md
    Tidy,
    /// Reset the TCP connections of a process; used by the preview
    #[cfg(target_os = "linux")]
    #[command(hide = true)]
    ResetConnections {
        /// Process id
        pid: i32,
    },
    /// Run a program without permission for network sockets; used by tests
    #[cfg(target_os = "linux")]
    #[command(hide = true)]
    WithoutNetwork {
        /// Error number of its socket calls
        errno: u32,
        /// The program and its arguments
        #[arg(trailing_var_arg = true, required = true)]
        program: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    match perform(Arguments::parse().task) {
        Ok(status) => status,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<ExitCode> {
    check_system(&task, cfg!(target_os = "linux"))?;
    let workspace = Workspace::current();
    let done = match task {
        Task::Hap { release, abis } => return hap::perform(&workspace, release, &abis),
        Task::Doctor => {
            doctor::perform(&workspace);
            Ok(())
        }
        Task::Demo { ohos, encrypted } => demo::perform(&workspace, ohos, encrypted),
        Task::Ohos { no_check: true, debug, abis, .. } => ohos::build_only(&workspace, debug, &abis),
        Task::Ohos { update_types, .. } => ohos::perform(&workspace, update_types),
        Task::Notice => notice::update(&workspace),
        Task::Package => package::perform(&workspace),
        Task::Check => check::perform(&workspace),
        Task::Test { list: true, whole, .. } => test::list(&workspace, whole),
        Task::Test { filters, whole, built, .. } => test::run(&workspace, &filters, whole, built),
        Task::Fuzz { targets, seconds, keep, calls } => fuzz(&workspace, targets, seconds, keep, calls),
        Task::Soak { minutes } => long::soak(&workspace, minutes),
        Task::Bench { arguments } => bench::perform(&workspace, &arguments),
        Task::Sanitize => sanitize::perform(&workspace),
        Task::Advisories => deny::check_advisories(&workspace),
        Task::Tidy => tidy::check(&workspace),
        Task::Preview { port } => preview::perform(&workspace, port),
        #[cfg(target_os = "linux")]
        Task::ResetConnections { pid } => connections::reset(pid).map(|count| println!("{count} reset")),
        #[cfg(target_os = "linux")]
        Task::WithoutNetwork { errno, program } => permission::run_without(errno, &program),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// Rejects a task that does not work on this system, before anything is built.
fn check_system(task: &Task, is_linux: bool) -> Result<()> {
    let is_for_all =
        matches!(task, Task::Ohos { .. } | Task::Hap { .. } | Task::Doctor | Task::Notice | Task::Package | Task::Tidy);
    if is_linux || is_for_all {
        return Ok(());
    }
    bail!("this task runs on Linux only; expected one of ohos, package, hap, notice, tidy, doctor")
}

/// Runs the fuzzers of the engine, then that of the module.
fn fuzz(workspace: &Workspace, mut targets: Vec<String>, seconds: u32, keep: bool, calls: u32) -> Result<()> {
    let all = targets.is_empty();
    let count = targets.len();
    targets.retain(|name| name != long::SURFACE_NAME);
    if all || !targets.is_empty() {
        fuzz::perform(workspace, &targets, seconds, keep)?;
    }
    if all || targets.len() < count { long::fuzz_surface(workspace, calls) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_builds_for_the_phone_is_for_every_system_and_what_runs_the_module_for_linux() {
        let ohos = Task::Ohos { update_types: false, no_check: false, debug: false, abis: Vec::new() };
        for task in [ohos, Task::Package, Task::Hap { release: false, abis: Vec::new() }, Task::Doctor] {
            assert!(check_system(&task, false).is_ok(), "{task:?}");
        }
        for task in [Task::Preview { port: 0 }, Task::Demo { ohos: false, encrypted: false }, Task::Sanitize] {
            let error = check_system(&task, false).map_err(|error| error.to_string());
            assert!(error.is_err_and(|text| text.lines().count() == 1 && text.contains("Linux")), "{task:?}");
            assert!(check_system(&task, true).is_ok(), "{task:?}");
        }
    }
}
