//! `cargo xtask fuzz`: libFuzzer on the engine's decoders.
//!
//! What `cargo fuzz` does without a sanitizer, which is all that a stable compiler can: the engine is safe code, and
//! what it must not do panics.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use anyhow::{Context, Result, bail};

use crate::apt;
use crate::command::{check, command, output, run, succeeds};
use crate::progress;
use crate::workspace::Workspace;

/// The crate of the fuzzers, which is no member of the workspace: its flags are for it alone.
const MANIFEST: &str = "fuzz/Cargo.toml";

/// What earlier runs have found, a folder for each target.
const CORPUS: &str = "fuzz/corpus";

/// The fuzzers, each with the function of `socket_engine::fuzzing` that bears its name.
pub(crate) const TARGETS: [&str; 7] = ["frames", "handshake", "keyed", "layouts", "proxy", "records", "text"];

/// System package with the compiler of libFuzzer, which is written in C++.
pub(crate) const COMPILER_PACKAGE: &str = "g++";

/// Fuzzers that run side by side: CI has two processors.
const JOBS: usize = 2;

/// Has the compiler count what runs, and tell what is compared.
const FLAGS: [&str; 6] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg=fuzzing",
];

/// Longest input. Two of the longest frames that a handshake has, and many of the frames that come after it.
const INPUT_MAX_BYTES: usize = 4096;

/// Longest that one input may take.
const INPUT_TIMEOUT_S: u32 = 10;

/// Lines of a failed fuzzer's output that are shown: its panic, its stack and its input.
const SHOWN_LINES: usize = 60;

/// A fuzzer that runs.
struct Running {
    command: Command,
    child: Child,
    log: PathBuf,
    target: String,
}

/// Runs the fuzzers that `chosen` names, all if it is empty, for `seconds` each. With `keep`, what they found that the
/// corpus does not have goes into it.
///
/// # Errors
///
/// When there is no such fuzzer, it cannot be built, or it has found something: an input that makes the engine panic,
/// hang, or take too much memory is then in `target/fuzz`.
pub(crate) fn perform(workspace: &Workspace, chosen: &[String], seconds: u32, keep: bool) -> Result<()> {
    if let Some(unknown) = chosen.iter().find(|name| !TARGETS.contains(&name.as_str())) {
        bail!("no fuzzer named {unknown:?}; expected one of {}", TARGETS.join(", "));
    }
    let targets: Vec<&str> =
        TARGETS.into_iter().filter(|name| chosen.is_empty() || chosen.iter().any(|chosen| chosen == name)).collect();
    let programs = build(workspace)?;
    for pair in targets.chunks(JOBS) {
        let running: Vec<Running> =
            pair.iter().map(|target| start(workspace, &programs, target, seconds)).collect::<Result<_>>()?;
        // All are waited for before the first failure is told.
        let ended: Vec<Result<()>> = running.into_iter().map(finish).collect();
        ended.into_iter().collect::<Result<()>>()?;
    }
    if keep { targets.iter().try_for_each(|target| merge(workspace, &programs, target)) } else { Ok(()) }
}

/// The folder of the fuzzers' programs.
fn build(workspace: &Workspace) -> Result<PathBuf> {
    if !succeeds(command("c++").arg("--version")) {
        apt::install(&[COMPILER_PACKAGE])?;
    }
    // Named, so that the flags do not reach build scripts.
    let host = output(command("rustc").args(["--print", "host-tuple"]))?;
    let mut cargo = command("cargo");
    cargo.args(["build", "--release", "--locked", "--manifest-path", MANIFEST, "--target", &host]);
    cargo.arg("--target-dir").arg(folder(workspace)).env("RUSTFLAGS", FLAGS.join(" "));
    run(cargo.current_dir(workspace.root()))?;
    Ok(folder(workspace).join(host).join("release"))
}

fn start(workspace: &Workspace, programs: &Path, target: &str, seconds: u32) -> Result<Running> {
    let folder = folder(workspace);
    let found = folder.join("found").join(target);
    fs::create_dir_all(&found)?;
    let log = folder.join(format!("{target}.log"));
    println!("fuzzing {target} for {seconds} s");
    let mut command = command(programs.join(target));
    command.arg(&found).arg(workspace.path(CORPUS).join(target));
    command.arg(format!("-max_total_time={seconds}")).arg(format!("-max_len={INPUT_MAX_BYTES}"));
    command.arg(format!("-timeout={INPUT_TIMEOUT_S}")).arg("-print_final_stats=1");
    command.arg(format!("-artifact_prefix={}/{target}-", folder.display()));
    let output = File::create(&log)?;
    command.stdout(output.try_clone()?).stderr(output);
    let child = command.spawn().with_context(|| format!("cannot start the fuzzer {target}"))?;
    Ok(Running { command, child, log, target: target.to_owned() })
}

fn finish(mut running: Running) -> Result<()> {
    let status = progress::during(&format!("fuzzing {}", running.target), || running.child.wait())?;
    let log = fs::read_to_string(&running.log)?;
    let Err(error) = check(&running.command, status) else {
        let lines = log.lines().filter(|line| line.contains("DONE") || line.starts_with("Done"));
        lines.for_each(|line| progress::say(&format!("{}: {line}", running.target)));
        return Ok(());
    };
    let skipped = log.lines().count().saturating_sub(SHOWN_LINES);
    log.lines().skip(skipped).for_each(|line| progress::say(&format!("{}: {line}", running.target)));
    Err(error)
}

/// Takes the smallest inputs that together reach everything over into the corpus, and nothing else.
fn merge(workspace: &Workspace, programs: &Path, target: &str) -> Result<()> {
    let corpus = workspace.path(CORPUS).join(target);
    let found = folder(workspace).join("found").join(target);
    let merged = folder(workspace).join("merged");
    crate::prepared::remove(&merged)?;
    fs::create_dir_all(&merged)?;
    run(command(programs.join(target)).arg("-set_cover_merge=1").args([&merged, &corpus, &found]))?;
    crate::prepared::remove(&corpus)?;
    fs::create_dir_all(&corpus)?;
    for entry in fs::read_dir(&merged)? {
        let entry = entry?;
        fs::copy(entry.path(), corpus.join(entry.file_name()))?;
    }
    Ok(())
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target().join("fuzz")
}
