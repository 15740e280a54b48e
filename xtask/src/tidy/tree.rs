//! Tracked files, as text.

use std::collections::BTreeSet;

use anyhow::{Context, Result};

use crate::command::{command, output};
use crate::workspace::Workspace;

/// A tracked file.
#[derive(Debug)]
pub(super) struct SourceFile {
    /// Path from the root, with `/`.
    pub(super) path: String,
    /// Content in the working tree.
    pub(super) text: String,
}

/// All tracked files.
#[derive(Debug)]
pub(super) struct Tree {
    /// Text files.
    files: Vec<SourceFile>,
    /// Paths of all files, and of their folders.
    paths: BTreeSet<String>,
}

impl Tree {
    /// Reads the files of the checkout.
    ///
    /// # Errors
    ///
    /// When this is not a git checkout.
    pub(super) fn tracked(workspace: &Workspace) -> Result<Self> {
        let paths = output(command("git").args(["ls-files", "-z"]).current_dir(workspace.root()))
            .context("cannot list tracked files: not a git checkout")?;
        let read = |path: &str| {
            // Binary or deleted files need no check.
            let text = std::fs::read_to_string(workspace.path(path)).ok()?;
            Some(SourceFile { path: path.to_owned(), text })
        };
        let paths: Vec<&str> = paths.split('\0').filter(|path| !path.is_empty()).collect();
        Ok(Self::new(paths.iter().copied().filter_map(read).collect(), &paths))
    }

    /// Creates a tree of given paths and texts.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| SourceFile { path: (*path).to_owned(), text: (*text).to_owned() };
        let paths: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
        Self::new(files.iter().map(file).collect(), &paths)
    }

    fn new(files: Vec<SourceFile>, paths: &[&str]) -> Self {
        let folders = |path: &str| -> Vec<String> {
            path.match_indices('/').filter_map(|(end, _)| path.get(..end)).map(str::to_owned).collect()
        };
        let mut all: BTreeSet<String> = paths.iter().copied().flat_map(folders).collect();
        all.extend(paths.iter().map(|path| (*path).to_owned()));
        Self { files, paths: all }
    }

    /// Returns the files below a folder whose names end with `suffix`.
    pub(super) fn files<'a>(&'a self, folder: &'a str, suffix: &'a str) -> impl Iterator<Item = &'a SourceFile> {
        self.files.iter().filter(move |file| file.path.starts_with(folder) && file.path.ends_with(suffix))
    }

    /// Returns whether the file or folder exists.
    pub(super) fn has(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// Returns whether a file or folder has this path prefix.
    pub(super) fn begins(&self, path: &str) -> bool {
        self.paths.range(path.to_owned()..).next().is_some_and(|next| next.starts_with(path))
    }

    /// Returns a file's text.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.path == path).map(|file| file.text.as_str())
    }
}

impl SourceFile {
    /// Returns a message for each matching line, with its number.
    pub(super) fn lines_with(&self, fits: impl Fn(&str) -> bool) -> Vec<String> {
        let lines = self.text.lines().enumerate();
        lines.filter(|(_, line)| fits(line)).map(|(index, line)| self.at(index, line)).collect()
    }

    /// Returns a message for each matching word, with the line number.
    pub(super) fn lines_with_word<'a>(
        &'a self,
        words: impl Fn(&'a str) -> Vec<&'a str>,
        fits: impl Fn(&str) -> bool,
    ) -> Vec<String> {
        let lines = self.text.lines().enumerate();
        let words = lines.flat_map(|(index, line)| words(line).into_iter().map(move |word| (index, word)));
        words.filter(|(_, word)| fits(word)).map(|(index, word)| self.at(index, word)).collect()
    }

    /// Returns a message for a line, counted from 0.
    pub(super) fn at(&self, index: usize, line: &str) -> String {
        format!("{}:{}: {}", self.path, index + 1, line.trim())
    }
}
