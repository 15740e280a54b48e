//! `cargo xtask fuzz`: libFuzzer on the engine's decoders.
//!
//! Does what `cargo fuzz` does without a sanitizer, because stable compilers have none: the engine is safe code, and its faults
//! are panics.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use anyhow::{Context, Result, bail};

use crate::apt;
use crate::command::{check, command, output, run, succeeds};
use crate::excerpt::say;
use crate::progress;
use crate::workspace::Workspace;

/// Crate of the fuzzers. Not a member of the workspace, because its flags apply to it only.
const MANIFEST: &str = "fuzz/Cargo.toml";

/// Findings of earlier runs, with a folder for each target.
const CORPUS: &str = "fuzz/corpus";

/// The fuzzers, each with a function of the same name in `socket_engine::fuzzing`.
pub(crate) const TARGETS: [&str; 7] = ["frames", "handshake", "keyed", "layouts", "proxy", "records", "text"];

/// System package with the C++ compiler for libFuzzer.
pub(crate) const COMPILER_PACKAGE: &str = "g++";

/// Number of parallel fuzzers: CI has two processors.
const JOBS: usize = 2;

/// Makes the compiler insert counters of executed code, and hooks for comparisons.
const FLAGS: [&str; 6] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg=fuzzing",
];

/// Longest input. Holds two of the longest handshake frames, and many later frames.
const INPUT_MAX_BYTES: usize = 4096;

/// Time limit for one input.
const INPUT_TIMEOUT_S: u32 = 10;

/// Number of shown lines of a failed fuzzer: its panic, its stack and its input.
const SHOWN_LINES: usize = 60;

/// A running fuzzer.
struct Running {
    command: Command,
    child: Child,
    log: PathBuf,
    target: String,
}

/// Runs the fuzzers in `chosen` (all if empty) for `seconds` each.
///
/// With `keep`, adds new inputs to the corpus.
///
/// # Errors
///
/// When there is no such fuzzer, it cannot be built, or it has found an input that makes the engine panic,
/// hang, or take too much memory; the input is then in `target/fuzz`.
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
        // Waits for all before it reports the first failure.
        let ended: Vec<Result<()>> = running.into_iter().map(finish).collect();
        ended.into_iter().collect::<Result<()>>()?;
    }
    if keep { targets.iter().try_for_each(|target| merge(workspace, &programs, target)) } else { Ok(()) }
}

/// Builds the fuzzers, and returns the folder of the programs.
fn build(workspace: &Workspace) -> Result<PathBuf> {
    if !succeeds(command("c++").arg("--version")) {
        apt::install(&[COMPILER_PACKAGE])?;
    }
    // Explicit target, so that the flags do not affect build scripts.
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
        lines.for_each(|line| say(&format!("{}: {line}", running.target)));
        return Ok(());
    };
    let skipped = log.lines().count().saturating_sub(SHOWN_LINES);
    log.lines().skip(skipped).for_each(|line| say(&format!("{}: {line}", running.target)));
    Err(error)
}

/// Adds only the smallest inputs that together cover all code to the corpus.
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
