//! The tracked files, as text.

use anyhow::{Context, Result};

use crate::command::{command, output};
use crate::workspace::Workspace;

/// A file that git tracks.
#[derive(Debug)]
pub(super) struct SourceFile {
    /// From the top, with `/`.
    pub(super) path: String,
    /// As it is in the working tree.
    pub(super) text: String,
}

/// All tracked files that are text.
#[derive(Debug)]
pub(super) struct Tree(Vec<SourceFile>);

impl Tree {
    /// Reads them from the checkout.
    ///
    /// # Errors
    ///
    /// When this is no git checkout.
    pub(super) fn tracked(workspace: &Workspace) -> Result<Self> {
        let paths = output(command("git").args(["ls-files", "-z"]).current_dir(workspace.root()))
            .context("only a git checkout can be checked")?;
        let read = |path: &str| {
            // A file that is not text, or deleted and not yet committed, has nothing to check.
            let text = std::fs::read_to_string(workspace.path(path)).ok()?;
            Some(SourceFile { path: path.to_owned(), text })
        };
        Ok(Self(paths.split('\0').filter(|path| !path.is_empty()).filter_map(read).collect()))
    }

    /// A tree of given paths and texts.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| SourceFile { path: (*path).to_owned(), text: (*text).to_owned() };
        Self(files.iter().map(file).collect())
    }

    /// The files below a folder whose names end in `suffix`.
    pub(super) fn files<'a>(&'a self, folder: &'a str, suffix: &'a str) -> impl Iterator<Item = &'a SourceFile> {
        self.0.iter().filter(move |file| file.path.starts_with(folder) && file.path.ends_with(suffix))
    }

    /// A file's text.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.0.iter().find(|file| file.path == path).map(|file| file.text.as_str())
    }
}

impl SourceFile {
    /// A message for each line that fits, with its number.
    pub(super) fn lines_with(&self, fits: impl Fn(&str) -> bool) -> Vec<String> {
        let lines = self.text.lines().enumerate();
        lines.filter(|(_, line)| fits(line)).map(|(index, line)| self.at(index, line)).collect()
    }

    /// A message that names a line, counted from 0.
    pub(super) fn at(&self, index: usize, line: &str) -> String {
        format!("{}:{}: {}", self.path, index + 1, line.trim())
    }
}
