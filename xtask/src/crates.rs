//! The crates of the workspace, as cargo resolves them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, NodeDep, Package, PackageId};

use crate::workspace::Workspace;

/// Every crate of the lock file.
#[derive(Debug)]
pub(crate) struct Crates(Metadata);

impl Crates {
    /// Reads the crates from cargo; with `target`, only those that it needs.
    ///
    /// # Errors
    ///
    /// When cargo cannot resolve them, or the lock file is not up to date.
    pub(crate) fn read(workspace: &Workspace, target: Option<&str>) -> Result<Self> {
        let mut options = vec!["--locked".to_owned()];
        options.extend(target.map(|target| format!("--filter-platform={target}")));
        let mut command = MetadataCommand::new();
        command.manifest_path(workspace.path("Cargo.toml")).other_options(options);
        Ok(Self(command.exec().context("cargo metadata failed")?))
    }

    /// Returns a crate by name.
    ///
    /// # Errors
    ///
    /// When the workspace does not depend on it.
    pub(crate) fn named(&self, name: &str) -> Result<&Package> {
        self.0
            .packages
            .iter()
            .find(|package| package.name.as_str() == name)
            .with_context(|| format!("no dependency named {name} in the workspace"))
    }

    /// Returns the crates linked into the library or program of `root`, by name and version.
    ///
    /// Crates that are used only at build time are not included.
    ///
    /// # Errors
    ///
    /// When there is no such crate, or cargo's metadata have no dependency graph.
    pub(crate) fn linked_into(&self, root: &str) -> Result<Vec<&Package>> {
        let resolve = self.0.resolve.as_ref().context("cargo metadata has no dependency graph")?;
        let dependencies: BTreeMap<&PackageId, &[NodeDep]> =
            resolve.nodes.iter().map(|node| (&node.id, node.deps.as_slice())).collect();
        let mut reached = BTreeSet::new();
        let mut waiting = vec![&self.named(root)?.id];
        while let Some(id) = waiting.pop() {
            if !self.is_macro(id) && reached.insert(id) {
                waiting.extend(dependencies.get(id).into_iter().copied().flatten().filter_map(linked));
            }
        }
        let mut packages: Vec<&Package> =
            self.0.packages.iter().filter(|package| reached.contains(&package.id)).collect();
        packages.sort_by(|one, other| (&one.name, &one.version).cmp(&(&other.name, &other.version)));
        Ok(packages)
    }

    fn is_macro(&self, id: &PackageId) -> bool {
        let mut targets =
            self.0.packages.iter().filter(|package| package.id == *id).flat_map(|package| &package.targets);
        targets.any(cargo_metadata::Target::is_proc_macro)
    }
}

/// Returns the folder of a crate's manifest.
///
/// # Errors
///
/// When the manifest has no folder.
pub(crate) fn folder(package: &Package) -> Result<PathBuf> {
    let folder = package.manifest_path.parent().with_context(|| format!("{} has no folder", package.name))?;
    Ok(folder.as_std_path().to_owned())
}

fn linked(dependency: &NodeDep) -> Option<&PackageId> {
    let is_normal = dependency.dep_kinds.iter().any(|info| info.kind == DependencyKind::Normal);
    is_normal.then_some(&dependency.pkg)
}
