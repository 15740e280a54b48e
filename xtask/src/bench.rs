//! `cargo xtask bench`: the module beside Node's `net`, the engine alone, and a bare epoll loop.

use std::path::PathBuf;

use anyhow::Result;

use crate::command::{command, run};
use crate::host_node;
use crate::load::Load;
use crate::workspace::Workspace;

/// What is measured, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Measure only what has one of these texts in its name
    filters: Vec<String>,
    /// Prove that everything works, within two minutes; the figures mean nothing
    #[arg(long)]
    quick: bool,
    /// Name the workloads and measure none
    #[arg(long)]
    list: bool,
    /// How often each is measured; five times unless given
    #[arg(long)]
    repetitions: Option<usize>,
    /// Where all values go, from the top of the checkout
    #[arg(long, default_value = "target/bench.json")]
    json: PathBuf,
}

impl Options {
    /// What CI runs.
    pub(crate) fn quick() -> Self {
        Self {
            filters: Vec::new(),
            quick: true,
            list: false,
            repetitions: None,
            json: "target/bench-quick.json".into(),
        }
    }

    fn words(&self) -> Vec<String> {
        let mut words = vec!["--json".to_owned(), self.json.display().to_string()];
        words.extend(self.repetitions.iter().flat_map(|count| ["--repetitions".to_owned(), count.to_string()]));
        words.extend(self.quick.then(|| "--quick".to_owned()));
        words.extend(self.list.then(|| "--list".to_owned()));
        words.extend(self.filters.iter().cloned());
        words
    }
}

/// Builds what takes part, and measures.
///
/// # Errors
///
/// When something cannot be built, a server fails, or a byte is lost, altered or out of order; never for a time.
pub(crate) fn perform(workspace: &Workspace, options: &Options) -> Result<()> {
    host_node::prepare()?;
    let loader = Load::Host.prepare(workspace)?;
    let profile = if options.quick { "dev" } else { "release" };
    let mut cargo = command("cargo");
    cargo.args(["build", "--locked", "--package", "bench", "--profile", profile, "--target-dir"]);
    run(cargo.arg(workspace.target()).current_dir(workspace.root()))?;
    let folder = if options.quick { "debug" } else { "release" };
    let mut bench = command(workspace.target().join(folder).join("bench"));
    loader.describe(&mut bench)?;
    run(bench.args(options.words()).current_dir(workspace.root()))
}
