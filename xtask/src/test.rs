//! `cargo xtask test`: runs the steps and prints a summary.

use std::panic::resume_unwind;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::durations::Durations;
use crate::excerpt::{self, say};
use crate::step::{self, Claim, Session, Step};
use crate::workspace::Workspace;

/// Maximum number of parallel steps.
const LANES: usize = 2;

/// Result of a step.
struct Outcome {
    name: String,
    took: Duration,
    error: Option<String>,
    /// Lines of its output to repeat if it failed.
    lines: Vec<String>,
}

/// Runs the steps that the filters select: by full name, or by a part of it.
///
/// A `whole` run has additional steps. Builds for HarmonyOS unless `built` is set.
///
/// # Errors
///
/// When a step failed, or a filter matches none.
pub(crate) fn run(workspace: &Workspace, filters: &[String], whole: bool, built: bool) -> Result<()> {
    perform_in(&Session::new(workspace.clone(), whole, built), &chosen(steps(workspace, whole), filters)?)
}

/// Runs the given steps.
///
/// # Errors
///
/// When a step failed.
pub(crate) fn perform(workspace: &Workspace, steps: &[Step]) -> Result<()> {
    perform_in(&Session::new(workspace.clone(), false, false), steps)
}

fn perform_in(session: &Session, steps: &[Step]) -> Result<()> {
    let start = Instant::now();
    let mut outcomes = Vec::new();
    for group in steps.chunk_by(|one, next| one.shares_machine && next.shares_machine) {
        println!("\n== {}", heading(outcomes.len() + 1, group.len(), steps.len()));
        outcomes.extend(outcomes_of(group, session));
    }
    note(session.workspace(), &outcomes)?;
    report(&outcomes, start.elapsed())
}

/// Returns which of all steps a group has.
fn heading(first: usize, count: usize, all: usize) -> String {
    match count {
        1 => format!("step {first} of {all}"),
        _ => format!("steps {first} to {} of {all}, {LANES} at a time", first + count - 1),
    }
}

fn note(workspace: &Workspace, outcomes: &[Outcome]) -> Result<()> {
    let mut durations = Durations::read(workspace);
    let passed = outcomes.iter().filter(|outcome| outcome.error.is_none());
    passed.for_each(|outcome| durations.set(&outcome.name, outcome.took));
    durations.write(workspace)
}

/// Waiting steps of a group, and the resources that running steps use.
struct Queue<'steps> {
    waiting: Vec<(usize, &'steps Step)>,
    claims: Vec<Claim>,
}

impl<'steps> Queue<'steps> {
    fn new(group: &'steps [Step]) -> Self {
        Self { waiting: group.iter().enumerate().collect(), claims: Vec::new() }
    }

    /// Returns the next step that may run now.
    /// If none may, the lane that uses the resource runs the rest.
    fn take(&mut self) -> Option<(usize, &'steps Step)> {
        let is_free = |(_, step): &(usize, &Step)| step.claim.is_none_or(|claim| !self.claims.contains(&claim));
        let place = self.waiting.iter().position(is_free)?;
        let (index, step) = self.waiting.remove(place);
        self.claims.extend(step.claim);
        Some((index, step))
    }

    fn end(&mut self, step: &Step) {
        self.claims.retain(|claim| Some(*claim) != step.claim);
    }
}

/// Runs the steps of a group in order, as many at a time as there are lanes.
fn outcomes_of(group: &[Step], session: &Session) -> Vec<Outcome> {
    let queue = Mutex::new(Queue::new(group));
    let lane = || -> Vec<(usize, Outcome)> {
        let mut outcomes = Vec::new();
        while let Some((index, step)) = queue.lock().ok().and_then(|mut queue| queue.take()) {
            outcomes.push((index, outcome(step, session)));
            if let Ok(mut queue) = queue.lock() {
                queue.end(step);
            }
        }
        outcomes
    };
    let mut outcomes: Vec<(usize, Outcome)> = thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES.min(group.len())).map(|_| scope.spawn(lane)).collect();
        lanes.into_iter().flat_map(|lane| lane.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    outcomes.sort_by_key(|(index, _)| *index);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

/// Prints the names of the steps, with their last duration in this checkout.
///
/// # Errors
///
/// Never; the type matches the other tasks.
pub(crate) fn list(workspace: &Workspace, whole: bool) -> Result<()> {
    let durations = Durations::read(workspace);
    steps(workspace, whole).iter().for_each(|step| println!("{}", durations.line(&step.name)));
    Ok(())
}

fn steps(workspace: &Workspace, whole: bool) -> Vec<Step> {
    step::all(workspace).into_iter().filter(|step| whole || !step.is_for_whole_run).collect()
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
            bail!("no step matches {filter:?}; `cargo xtask test --whole --list` lists all");
        }
        fitting.extend(found.into_iter().map(str::to_owned));
    }
    Ok(steps.into_iter().filter(|step| fitting.contains(&step.name)).collect())
}

/// Returns the name that equals the filter, otherwise all that contain it.
fn fitting_names<'a>(names: &[&'a str], filter: &str) -> Vec<&'a str> {
    match names.iter().find(|name| **name == filter) {
        Some(name) => vec![name],
        None => names.iter().copied().filter(|name| name.contains(filter)).collect(),
    }
}

fn outcome(step: &Step, session: &Session) -> Outcome {
    say(&format!("== {}", step.name));
    let start = Instant::now();
    let (result, lines) = excerpt::of(|| step.run(session));
    let error = result.err().map(|error| format!("{error:#}"));
    let took = start.elapsed();
    match &error {
        None => say(&format!("== {}: passed in {:.1} s", step.name, took.as_secs_f64())),
        Some(error) => say(&format!("== {}: FAILED in {:.1} s: {error}", step.name, took.as_secs_f64())),
    }
    Outcome { name: step.name.clone(), took, error, lines }
}

fn report(outcomes: &[Outcome], took: Duration) -> Result<()> {
    println!("\n== summary");
    for outcome in outcomes {
        let word = if outcome.error.is_none() { "passed" } else { "FAILED" };
        println!("{word} {:>7.1} s  {}", outcome.took.as_secs_f64(), outcome.name);
    }
    let failures: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.error.is_some()).collect();
    for failure in &failures {
        println!("\n{}: {}", failure.name, failure.error.as_deref().unwrap_or_default());
        failure.lines.iter().for_each(|line| println!("  | {line}"));
    }
    let passed = outcomes.len() - failures.len();
    println!("\n{passed} passed, {} failed, in {:.1} minutes", failures.len(), took.as_secs_f64() / 60.0);
    let Some(first) = failures.first() else {
        return Ok(());
    };
    bail!(
        "{} of {} steps failed; `cargo xtask test {:?}` runs the first of them again",
        failures.len(),
        outcomes.len(),
        first.name
    )
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use anyhow::anyhow;

    use super::*;

    #[test]
    fn steps_that_share_the_machine_run_at_a_time_and_are_reported_in_their_order() {
        let (to_two, from_one) = channel();
        let (to_one, from_two) = channel();
        let steps = [meeting("one", to_two, from_two), meeting("two", to_one, from_one)];
        let outcomes = outcomes_of(&steps, &Session::new(Workspace::current(), false, false));
        let names: Vec<&str> = outcomes.iter().map(|outcome| outcome.name.as_str()).collect();
        assert_eq!(names, ["one", "two"]);
        assert!(outcomes.iter().all(|outcome| outcome.error.is_none()));
    }

    /// Returns a step that passes only while the other one runs.
    fn meeting(name: &str, tell: Sender<()>, hear: Receiver<()>) -> Step {
        let hear = Mutex::new(hear);
        Step::new(name, move |_| {
            tell.send(())?;
            let hear = hear.lock().map_err(|_| anyhow!("poisoned"))?;
            Ok(hear.recv_timeout(Duration::from_secs(10))?)
        })
    }

    #[test]
    fn heading_names_the_steps_of_a_group() {
        assert_eq!(heading(4, 1, 17), "step 4 of 17");
        assert_eq!(heading(5, 13, 17), "steps 5 to 17 of 17, 2 at a time");
    }

    #[test]
    fn steps_with_the_same_claim_never_run_at_a_time() {
        let claimed = |name| Step::new(name, |_| Ok(())).claiming(Claim::Dist);
        let group = [claimed("one"), claimed("two"), Step::new("three", |_| Ok(()))];
        let mut queue = Queue::new(&group);
        let take = |queue: &mut Queue| queue.take().map(|(index, _)| index);
        assert_eq!([take(&mut queue), take(&mut queue), take(&mut queue)], [Some(0), Some(2), None]);
        queue.end(&group[2]);
        assert_eq!(take(&mut queue), None);
        queue.end(&group[0]);
        assert_eq!([take(&mut queue), take(&mut queue)], [Some(1), None]);
    }

    /// Returns the filters in a line `steps:` of the workflow; those with a space are quoted.
    fn filters(line: &str) -> Vec<&str> {
        let line = line.trim_matches('\'');
        let parts = line.split('"').enumerate();
        parts
            .flat_map(|(index, part)| if index % 2 == 1 { vec![part] } else { part.split_whitespace().collect() })
            .collect()
    }

    #[test]
    fn each_step_is_in_a_job_of_the_workflow() -> Result<()> {
        let workspace = Workspace::current();
        let workflow = std::fs::read_to_string(workspace.path(".github/workflows/ci.yml"))?;
        let steps = steps(&workspace, false);
        // Each job installs packages itself.
        let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).filter(|name| *name != "packages").collect();
        let mut covered = Vec::new();
        for filter in workflow.lines().filter_map(|line| line.trim().strip_prefix("steps: ")).flat_map(filters) {
            let found = fitting_names(&names, filter);
            assert!(!found.is_empty(), "no step has {filter:?} in its name");
            covered.extend(found);
        }
        let missing: Vec<&&str> = names.iter().filter(|name| !covered.contains(name)).collect();
        assert!(missing.is_empty(), "in no job of ci.yml: {missing:?}");
        Ok(())
    }

    #[test]
    fn the_oldest_rust_of_the_workflow_is_that_of_the_crates() -> Result<()> {
        let workflow = std::fs::read_to_string(Workspace::current().path(".github/workflows/ci.yml"))?;
        let oldest = env!("CARGO_PKG_RUST_VERSION");
        assert!(workflow.contains(&format!("container: rust:{oldest}-bookworm")), "{oldest}");
        Ok(())
    }

    #[test]
    fn a_whole_name_chooses_one_step_and_a_part_chooses_all_that_have_it() {
        let names = ["ohos", "engine x86_64-ohos", "x86_64-ohos tests/close.test.mjs"];
        assert_eq!(fitting_names(&names, "ohos"), ["ohos"]);
        assert_eq!(fitting_names(&names, "x86_64-ohos"), ["engine x86_64-ohos", "x86_64-ohos tests/close.test.mjs"]);
        assert_eq!(fitting_names(&names, "close.test"), ["x86_64-ohos tests/close.test.mjs"]);
        assert_eq!(fitting_names(&names, "open"), [""; 0]);
    }
}
