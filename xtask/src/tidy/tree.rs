//! The tracked files, as text.

use std::collections::BTreeSet;

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

/// All tracked files.
#[derive(Debug)]
pub(super) struct Tree {
    /// Those that are text.
    files: Vec<SourceFile>,
    /// Those, all others, and the folders that they are in.
    paths: BTreeSet<String>,
}

impl Tree {
    /// Reads them from the checkout.
    ///
    /// # Errors
    ///
    /// When this is no git checkout.
    pub(super) fn tracked(workspace: &Workspace) -> Result<Self> {
        let paths = output(command("git").args(["ls-files", "-z"]).current_dir(workspace.root()))
            .context("cannot list tracked files: not a git checkout")?;
        let read = |path: &str| {
            // A file that is not text, or deleted and not yet committed, has nothing to check.
            let text = std::fs::read_to_string(workspace.path(path)).ok()?;
            Some(SourceFile { path: path.to_owned(), text })
        };
        let paths: Vec<&str> = paths.split('\0').filter(|path| !path.is_empty()).collect();
        Ok(Self::new(paths.iter().copied().filter_map(read).collect(), &paths))
    }

    /// A tree of given paths and texts.
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

    /// The files below a folder whose names end in `suffix`.
    pub(super) fn files<'a>(&'a self, folder: &'a str, suffix: &'a str) -> impl Iterator<Item = &'a SourceFile> {
        self.files.iter().filter(move |file| file.path.starts_with(folder) && file.path.ends_with(suffix))
    }

    /// Whether there is a file or folder of that path.
    pub(super) fn has(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// Whether there is a file or folder whose path begins so.
    pub(super) fn begins(&self, path: &str) -> bool {
        self.paths.range(path.to_owned()..).next().is_some_and(|next| next.starts_with(path))
    }

    /// A file's text.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.path == path).map(|file| file.text.as_str())
    }
}

impl SourceFile {
    /// A message for each line that fits, with its number.
    pub(super) fn lines_with(&self, fits: impl Fn(&str) -> bool) -> Vec<String> {
        let lines = self.text.lines().enumerate();
        lines.filter(|(_, line)| fits(line)).map(|(index, line)| self.at(index, line)).collect()
    }

    /// A message for each of the words of its lines that fits, with the line's number.
    pub(super) fn lines_with_word<'a>(
        &'a self,
        words: impl Fn(&'a str) -> Vec<&'a str>,
        fits: impl Fn(&str) -> bool,
    ) -> Vec<String> {
        let lines = self.text.lines().enumerate();
        let words = lines.flat_map(|(index, line)| words(line).into_iter().map(move |word| (index, word)));
        words.filter(|(_, word)| fits(word)).map(|(index, word)| self.at(index, word)).collect()
    }

    /// A message that names a line, counted from 0.
    pub(super) fn at(&self, index: usize, line: &str) -> String {
        format!("{}:{}: {}", self.path, index + 1, line.trim())
    }
}
