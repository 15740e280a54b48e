//! The project's tasks: `cargo xtask <task>` does the same on a desk and in CI.

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

/// The project's tasks. Everything they download or build goes below target/ and dist/.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Show two processes talking through the module; needs only cargo and Node
    Demo {
        /// Use the phone's library, under emulation
        #[arg(long)]
        ohos: bool,
        /// Encrypt the connection with a pairing key
        #[arg(long)]
        encrypted: bool,
    },
    /// Run both apps in a browser, with their real pages and the real module
    Preview {
        /// Port on this machine; a free one unless given
        #[arg(long, default_value_t = 0)]
        port: u16,
    },
    /// Build dist/ for HarmonyOS with `ohrs build` and check that a phone would load it
    ///
    /// Uses the SDK that OHOS_NDK_HOME names and rustup's targets; without it a stand-in made of
    /// Debian packages.
    Ohos {
        /// Take the declarations of the build over into entry/types
        #[arg(long)]
        update_types: bool,
        /// Build and check nothing, as the build of an app does
        #[arg(long, conflicts_with = "update_types")]
        no_check: bool,
        /// Build dist/debug, to be stepped through in a debugger
        #[arg(long, requires = "no_check")]
        debug: bool,
        /// Build for this processor alone; may be repeated
        #[arg(long = "abi", requires = "no_check")]
        abis: Vec<Abi>,
    },
    /// Build both apps with DevEco's hvigorw; status 2 where it is not installed
    Hap {
        /// For phones alone, obfuscated, and packed for AppGallery as well
        #[arg(long)]
        release: bool,
        /// Build the native module for this processor alone; may be repeated
        #[arg(long = "abi", conflicts_with = "release")]
        abis: Vec<Abi>,
    },
    /// Say what this machine has, what it misses, and how to get that
    Doctor,
    /// Write NOTICE anew: the licences of what is linked into the module
    Notice,
    /// Pack the module into dist/socketkit.har, for other apps to install
    Package,
    /// Check in two minutes what most changes break; downloads what cargo and npm do, and nothing else
    Check,
    /// Install what the tests need, run them all and count
    Test {
        /// Run only the steps of these names, or with these texts in their names, such as `lint`,
        /// `aarch64-ohos` or `close.test.mjs`
        filters: Vec<String>,
        /// Also run what takes long and shows little more: all tests on both builds for HarmonyOS
        #[arg(long)]
        whole: bool,
        /// Name the steps, each with how long it took when it last passed here, and run none
        #[arg(long)]
        list: bool,
        /// Test the libraries for HarmonyOS that are in dist/, instead of building them
        #[arg(long)]
        built: bool,
    },
    /// Let fuzzers say to the engine what a hostile peer might say, and call the module as no app would
    Fuzz {
        /// Those of these names; all unless given. `surface` is the one that calls the module
        targets: Vec<String>,
        /// How long each of them runs
        #[arg(long, default_value_t = 60)]
        seconds: u32,
        /// Take what they found over into the corpus
        #[arg(long)]
        keep: bool,
        /// How many calls `surface` makes
        #[arg(long, default_value_t = 1_000_000)]
        calls: u32,
    },
    /// Use everything at once, with faults, for minutes: nothing may be lost, and nothing grow
    Soak {
        /// How long
        #[arg(long, default_value_t = 10)]
        minutes: u32,
    },
    /// Measure the module beside Node's net, the engine alone, and a bare epoll loop
    #[command(disable_help_flag = true)]
    Bench {
        /// What is measured, and how; `--help` tells
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Run the engine's tests under AddressSanitizer and the module's in Node under valgrind; both look for leaks as well
    Sanitize,
    /// Ask whether faults of dependencies have become known; CI does so every week
    Advisories,
    /// Check the invariants of docs/invariants.md on the tracked files
    Tidy,
    /// Reset the TCP connections of a process; the preview does so with an app that it stops
    #[cfg(target_os = "linux")]
    #[command(hide = true)]
    ResetConnections {
        /// The process
        pid: i32,
    },
    /// Run a program that the kernel gives no socket of the network; the tests of permissions do so
    #[cfg(target_os = "linux")]
    #[command(hide = true)]
    WithoutNetwork {
        /// The error number that it gets
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

/// Refuses, before anything is built, what cannot work on another system.
fn check_system(task: &Task, is_linux: bool) -> Result<()> {
    let is_for_all =
        matches!(task, Task::Ohos { .. } | Task::Hap { .. } | Task::Doctor | Task::Notice | Task::Package | Task::Tidy);
    if is_linux || is_for_all {
        return Ok(());
    }
    bail!("this task is for Linux; on other systems there are ohos, package, hap, notice, tidy and doctor")
}

/// The fuzzers of the engine, and behind them that of the module.
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
