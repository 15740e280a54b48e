//! The steps of `cargo xtask test`.

use std::sync::OnceLock;

use anyhow::{Result, anyhow};

use crate::abi::Abi;
use crate::command::{command, run, succeeds};
use crate::load::Load;
use crate::workspace::Workspace;
use crate::{
    apt, attacks, bench, clang, deny, emulated, engine, fuzz, javascript, musl_node, notice, ohos, package, pages,
    peers, preview, sdk, spelling, tidy, typed_build, wheel,
};

/// Duration of each fuzzer.
const FUZZING_S: u32 = 20;

type Work = Box<dyn Fn(&Session) -> Result<()> + Send + Sync>;

/// A step, selected by name.
pub(crate) struct Step {
    /// Unique name.
    pub(crate) name: String,
    /// Whether it may run at the same time as others of this kind.
    pub(crate) shares_machine: bool,
    /// Resource that it needs exclusively nevertheless.
    pub(crate) claim: Option<Claim>,
    /// Whether only whole runs include it.
    pub(crate) is_for_whole_run: bool,
    work: Work,
}

/// A resource that exists once on a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// The folder of builds for HarmonyOS.
    Dist,
    /// The port of the preview's server app.
    PreviewPort,
}

/// Shared state of the steps of one run.
pub(crate) struct Session {
    workspace: Workspace,
    is_whole: bool,
    ohos: OnceLock<std::result::Result<(), String>>,
}

impl Session {
    /// Creates a session. `whole` runs everything; `built` uses existing builds for HarmonyOS.
    pub(crate) fn new(workspace: Workspace, whole: bool, built: bool) -> Self {
        Self { workspace, is_whole: whole, ohos: if built { OnceLock::from(Ok(())) } else { OnceLock::new() } }
    }

    /// The tested checkout.
    pub(crate) fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// Builds for HarmonyOS once in this run, for the first step that needs it.
    /// The steps check the results.
    fn build_ohos(&self) -> Result<()> {
        let build = || ohos::build(&self.workspace).map_err(|error| format!("{error:#}"));
        self.ohos.get_or_init(build).clone().map_err(|error| anyhow!(error))
    }

    fn prepare(&self, load: Load) -> Result<()> {
        match load {
            Load::Host | Load::PhoneLike | Load::Unoptimized => Ok(()),
            Load::Ohos(_) => self.build_ohos(),
        }
    }
}

impl Step {
    /// Creates a step that runs alone.
    pub(crate) fn new(name: impl Into<String>, work: impl Fn(&Session) -> Result<()> + Send + Sync + 'static) -> Self {
        Self { name: name.into(), shares_machine: false, claim: None, is_for_whole_run: false, work: Box::new(work) }
    }

    /// Marks a step whose time limits allow other steps in parallel, without exclusive resources.
    pub(crate) fn sharing_machine(self, shares_machine: bool) -> Self {
        Self { shares_machine, ..self }
    }

    /// Sets the exclusive resource of the step.
    pub(crate) fn claiming(self, claim: Claim) -> Self {
        Self { shares_machine: true, claim: Some(claim), ..self }
    }

    /// Marks a slow step that adds little to the others.
    fn for_whole_run(self, is_for_whole_run: bool) -> Self {
        Self { is_for_whole_run, ..self }
    }

    /// Runs the step.
    ///
    /// # Errors
    ///
    /// The reason of its failure.
    pub(crate) fn run(&self, session: &Session) -> Result<()> {
        (self.work)(session)
    }
}

/// Returns all steps in order: quick ones first, emulation last.
pub(crate) fn all(workspace: &Workspace) -> Vec<Step> {
    let mut steps = vec![
        Step::new("packages", |_| install_packages()),
        Step::new("format", |session| cargo(session, &["fmt", "--all", "--check"])),
        Step::new("tidy", |session| tidy::check(&session.workspace)),
        Step::new("spelling", |session| spelling::check(&session.workspace)),
        Step::new("notice", |session| notice::check(&session.workspace)),
        Step::new("lint", lint),
        Step::new("documentation", documentation),
        Step::new("dependencies", |session| deny::check(&session.workspace)),
        Step::new("xtask", |session| cargo(session, &["test", "--locked", "--package", "xtask"])),
        Step::new("engine host", |session| engine::test_on_host(&session.workspace)),
        Step::new("attacks", |session| attacks::perform(&session.workspace)).for_whole_run(true),
        Step::new("races", |session| cargo(session, &["test", "--locked", "--package", "races"])),
        Step::new("fuzz", |session| fuzz::perform(&session.workspace, &[], FUZZING_S, false)),
    ];
    // The browser often waits and compilers do not, so they run in parallel.
    steps.extend(preview_steps(workspace));
    steps.extend([
        Step::new("pages", |session| pages::check(&session.workspace)).sharing_machine(true),
        Step::new("preview", |session| preview::test_units(&session.workspace)).sharing_machine(true),
        Step::new("ohrs", |session| typed_build::check(&session.workspace)).claiming(Claim::Dist),
        Step::new("ohos", |session| {
            session.build_ohos()?;
            ohos::check(&session.workspace, false)
        })
        .claiming(Claim::Dist),
        Step::new("package", |session| {
            session.build_ohos()?;
            package::pack(&session.workspace)?;
            package::check(&session.workspace)
        })
        .claiming(Claim::Dist),
    ]);
    steps.push(Step::new("hypium", |session| preview::test_hypium(&session.workspace)));
    steps.push(Step::new("coverage", |session| preview::report_coverage(&session.workspace)));
    steps.extend(engine_steps_on_ohos());
    let mut files = Vec::new();
    for load in Load::ALL {
        steps.push(digest_step(load));
        files.extend(file_steps(workspace, load));
    }
    files.extend(folder_steps(workspace, Load::Unoptimized, javascript::COUNTED_ONLY));
    // Steps that share the machine are adjacent, so that the next starts when one ends.
    let (sharing, alone): (Vec<Step>, Vec<Step>) = files.into_iter().partition(|step| step.shares_machine);
    steps.extend(sharing);
    steps.extend(alone);
    steps.push(Step::new("peers", |session| peers::test(&session.workspace)));
    let measure = |session: &Session| bench::perform(&session.workspace, &bench::quick());
    steps.push(Step::new("bench", measure));
    steps
}

/// Returns the step that checks the types of the pages with the compiler only.
pub(crate) fn page_types() -> Step {
    Step::new("page types", |session| pages::check_types(&session.workspace))
}

/// Returns the step of a test file on a load without a build for HarmonyOS.
pub(crate) fn of_file(load: Load, file: &'static str) -> Step {
    Step::new(format!("{} {file}", load.name()), move |session| javascript::run_on(&session.workspace, load, file))
}

/// Returns the steps of engine tests on musl.
/// Some for the phone, in a whole run all on both ABIs.
fn engine_steps_on_ohos() -> Vec<Step> {
    let step = |abi| {
        let work = move |session: &Session| {
            let programs: &[&str] = if session.is_whole { &[] } else { &emulated::ENGINE };
            engine::test_on_ohos(&session.workspace, abi, programs)
        };
        Step::new(format!("engine {}", Load::Ohos(abi).name()), work)
    };
    vec![step(Abi::X86_64).for_whole_run(true), step(Abi::Arm64)]
}

/// Returns the step that checks that the tested bytes are the shipped bytes.
fn digest_step(load: Load) -> Step {
    Step::new(format!("{} bytes", load.name()), move |session| {
        session.prepare(load)?;
        let loader = load.prepare(&session.workspace)?;
        let digest = loader.mapped_digest()?;
        println!("{}: sha256 {digest}, on disk and in the Node under test", loader.library().display());
        Ok(())
    })
}

fn file_steps(workspace: &Workspace, load: Load) -> Vec<Step> {
    let mut steps = folder_steps(workspace, load, javascript::EVERY_LOAD);
    match load {
        Load::Unoptimized => {}
        Load::Host => steps.extend(folder_steps(workspace, load, javascript::HOST_ONLY)),
        Load::PhoneLike => steps.extend(folder_steps(workspace, load, javascript::PHONE_LIKE_ONLY)),
        Load::Ohos(_) => {
            let name = format!("{} {}", load.name(), javascript::DEMO);
            steps.push(Step::new(name, move |session| {
                session.prepare(load)?;
                javascript::run_beside(&session.workspace, load, javascript::DEMO)
            }));
        }
    }
    steps
}

/// Returns a step for each browser test file.
fn preview_steps(workspace: &Workspace) -> Vec<Step> {
    let test = |session: &Session, file: &str| preview::test_in_browser(&session.workspace, file);
    let steps = steps_of(workspace, "browser", preview::BROWSER_TESTS, test);
    steps.into_iter().map(|step| step.claiming(Claim::PreviewPort)).collect()
}

fn folder_steps(workspace: &Workspace, load: Load, folder: &'static str) -> Vec<Step> {
    let files = javascript::files(workspace, folder).unwrap_or_default();
    let steps = steps_of(workspace, load.name(), folder, move |session, file| {
        session.prepare(load)?;
        javascript::run_on(&session.workspace, load, file)
    });
    let mark = |(step, file): (Step, &String)| {
        let shares = load.is_slow() || !javascript::needs_machine(file);
        step.sharing_machine(shares).for_whole_run(emulated::is_for_whole_run(load, file))
    };
    if files.is_empty() { steps } else { steps.into_iter().zip(&files).map(mark).collect() }
}

/// Returns a step for each test file; a failing one if there are none.
fn steps_of(
    workspace: &Workspace,
    prefix: &str,
    folder: &'static str,
    test: impl Fn(&Session, &str) -> Result<()> + Copy + Send + Sync + 'static,
) -> Vec<Step> {
    let Ok(files) = javascript::files(workspace, folder) else {
        let name = format!("{prefix} {folder}");
        let fail = move |session: &Session| javascript::files(&session.workspace, folder).map(drop);
        return vec![Step::new(name, fail)];
    };
    let step = |file: String| Step::new(format!("{prefix} {file}"), move |session| test(session, &file));
    files.into_iter().map(step).collect()
}

/// Installs all packages in one call, so that apt reads its lists once.
fn install_packages() -> Result<()> {
    let mut packages = [sdk::DEBIAN_RUST.as_slice(), clang::PACKAGES.as_slice()].concat();
    packages.extend([musl_node::EMULATOR_PACKAGE, preview::BROWSER_PACKAGE, fuzz::COMPILER_PACKAGE]);
    packages.push(javascript::NETWORK_PACKAGE);
    packages.extend(peers::PACKAGES);
    if !wheel::has_pip() {
        packages.push(wheel::PIP_PACKAGE);
    }
    apt::install(&packages)
}

fn lint(session: &Session) -> Result<()> {
    if !succeeds(command("cargo").args(["clippy", "--version"])) {
        run(command("rustup").args(["component", "add", "clippy", "rustfmt"]))?;
    }
    let options = ["clippy", "--workspace", "--lib", "--bins", "--tests", "--locked"];
    cargo(session, &[options.as_slice(), &["--", "-D", "warnings"]].concat())
}

/// Builds the documentation of items: links must be valid, code blocks closed.
fn documentation(session: &Session) -> Result<()> {
    let mut cargo = command("cargo");
    cargo.args(["doc", "--workspace", "--no-deps", "--locked"]).env("RUSTDOCFLAGS", "-D warnings");
    run(cargo.current_dir(session.workspace.root()))
}

fn cargo(session: &Session, arguments: &[&str]) -> Result<()> {
    run(command("cargo").args(arguments).current_dir(session.workspace.root()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_already_is_not_built_again() {
        let session = Session::new(Workspace::current(), false, true);
        assert!(session.ohos.get().is_some());
        assert!(Session::new(Workspace::current(), false, false).ohos.get().is_none());
    }
}
