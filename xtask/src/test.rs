//! `cargo xtask test`: runs the steps and counts.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::step::{self, Session, Step};
use crate::workspace::Workspace;

/// What became of a step.
struct Outcome {
    name: String,
    took: Duration,
    error: Option<String>,
}

/// Runs all steps, or those that the filters choose: by a whole name, or by a part of it.
///
/// # Errors
///
/// When a step failed, or when a filter fits none.
pub(crate) fn run(workspace: &Workspace, filters: &[String]) -> Result<()> {
    let steps = chosen(step::all(workspace), filters)?;
    let session = Session::new(workspace.clone());
    let count = steps.len();
    let mut outcomes = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        println!("\n== {} ({} of {count})", step.name, index + 1);
        outcomes.push(outcome(step, &session));
    }
    report(&outcomes)
}

/// The names of all steps, a line for each.
///
/// # Errors
///
/// Never; it is a task like the others.
pub(crate) fn list(workspace: &Workspace) -> Result<()> {
    for step in step::all(workspace) {
        println!("{}", step.name);
    }
    Ok(())
}

fn chosen(steps: Vec<Step>, filters: &[String]) -> Result<Vec<Step>> {
    if filters.is_empty() {
        return Ok(steps);
    }
    let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
    let mut fitting = Vec::new();
    for filter in filters {
        let found = fitting_names(&names, filter);
        if found.is_empty() {
            bail!("no step has {filter:?} in its name; `cargo xtask test --list` names all");
        }
        fitting.extend(found.into_iter().map(str::to_owned));
    }
    Ok(steps.into_iter().filter(|step| fitting.contains(&step.name)).collect())
}

/// The one name that is the filter, otherwise all that contain it.
fn fitting_names<'a>(names: &[&'a str], filter: &str) -> Vec<&'a str> {
    match names.iter().find(|name| **name == filter) {
        Some(name) => vec![name],
        None => names.iter().copied().filter(|name| name.contains(filter)).collect(),
    }
}

fn outcome(step: &Step, session: &Session) -> Outcome {
    let start = Instant::now();
    let error = step.run(session).err().map(|error| format!("{error:#}"));
    let took = start.elapsed();
    match &error {
        None => println!("== {}: passed in {:.1} s", step.name, took.as_secs_f64()),
        Some(error) => println!("== {}: FAILED in {:.1} s: {error}", step.name, took.as_secs_f64()),
    }
    Outcome { name: step.name.clone(), took, error }
}

fn report(outcomes: &[Outcome]) -> Result<()> {
    println!("\n== summary");
    for outcome in outcomes {
        let word = if outcome.error.is_none() { "passed" } else { "FAILED" };
        println!("{word} {:>7.1} s  {}", outcome.took.as_secs_f64(), outcome.name);
    }
    let failures: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.error.is_some()).collect();
    for failure in &failures {
        println!("\n{}: {}", failure.name, failure.error.as_deref().unwrap_or_default());
    }
    println!("\n{} passed, {} failed", outcomes.len() - failures.len(), failures.len());
    if failures.is_empty() {
        return Ok(());
    }
    bail!("{} of {} steps failed", failures.len(), outcomes.len())
}

#[cfg(test)]
mod tests {
    use super::fitting_names;

    #[test]
    fn a_whole_name_chooses_one_step_and_a_part_chooses_all_that_have_it() {
        let names = ["ohos", "engine x86_64-ohos", "x86_64-ohos tests/close.test.mjs"];
        assert_eq!(fitting_names(&names, "ohos"), ["ohos"]);
        assert_eq!(fitting_names(&names, "x86_64-ohos"), ["engine x86_64-ohos", "x86_64-ohos tests/close.test.mjs"]);
        assert_eq!(fitting_names(&names, "close.test"), ["x86_64-ohos tests/close.test.mjs"]);
        assert_eq!(fitting_names(&names, "open"), [""; 0]);
    }
}
