//! `cargo xtask check`: the short check. It downloads only through cargo and npm.

use anyhow::Result;

use crate::load::Load;
use crate::step::{self, Step};
use crate::test;
use crate::workspace::Workspace;

/// Steps of `cargo xtask test`, by full name.
const STEPS: [&str; 4] = ["format", "tidy", "lint", "engine host"];

/// The step that runs alone.
const ALONE: &str = "engine host";

/// Test files that together call every part of the module, and each take a few seconds.
const FILES: [&str; 12] = [
    "tests/acknowledge.test.mjs",
    "tests/admission.test.mjs",
    "tests/close.test.mjs",
    "tests/compat.test.mjs",
    "tests/connect.test.mjs",
    "tests/framing.test.mjs",
    "tests/half-close.test.mjs",
    "tests/listeners.test.mjs",
    "tests/options.test.mjs",
    "tests/reconnect.test.mjs",
    "tests/send.test.mjs",
    "tests/six-steps.test.mjs",
];

/// Runs the steps and prints a summary.
///
/// # Errors
///
/// When a step failed.
pub(crate) fn perform(workspace: &Workspace) -> Result<()> {
    test::perform(workspace, &steps(workspace))
}

/// Returns the steps. All but the engine's tests, which measure times, share the machine.
///
/// The compiler and Node rarely wait for each other.
fn steps(workspace: &Workspace) -> Vec<Step> {
    let all = step::all(workspace);
    let mut steps: Vec<Step> = all.into_iter().filter(|step| STEPS.contains(&step.name.as_str())).collect();
    steps.push(step::page_types());
    steps.extend(FILES.map(|file| step::of_file(Load::Unoptimized, file)));
    steps.into_iter().map(share).collect()
}

fn share(step: Step) -> Step {
    let shares = step.name != ALONE;
    step.sharing_machine(shares)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_runs_beside_the_tests_that_compare_times() {
        let alone = |step: &Step| !step.shares_machine;
        let names: Vec<String> = steps(&Workspace::current()).into_iter().filter(alone).map(|step| step.name).collect();
        assert_eq!(names, [ALONE]);
    }

    #[test]
    fn each_name_is_that_of_a_step_or_of_a_file() {
        let workspace = Workspace::current();
        assert_eq!(steps(&workspace).len(), STEPS.len() + 1 + FILES.len());
        for file in FILES {
            assert!(workspace.path(file).is_file(), "{file}");
        }
    }
}
