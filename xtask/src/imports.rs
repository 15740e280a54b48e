//! `native/socketkit/imports.txt`: the symbols that the module may import on a phone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Newest allowed API level of imported functions.
const MAX_API_LEVEL: u32 = 12;

/// Level of functions from before levels were recorded.
const OLDEST_API_LEVEL: u32 = 10;

/// Source of a symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    library: String,
    api_level: u32,
}

/// Line in the list before the symbols that a prebuilt standard library may import.
const PREBUILT_STD: &str = "# With a prebuilt standard library:";

/// Symbols by name.
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    /// Symbols that the module imports.
    by_name: BTreeMap<String, Vec<Origin>>,
    /// Further allowed symbols with a prebuilt standard library.
    of_prebuilt_std: BTreeMap<String, Vec<Origin>>,
}

impl Symbols {
    /// Reads the committed list: sorted lines `symbol library api-level`, `#` for comments.
    ///
    /// The same format follows for [`PREBUILT_STD`].
    ///
    /// # Errors
    ///
    /// Names the line that is invalid, out of order, or newer than API 12.
    pub(crate) fn read_list(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse_list(&text).with_context(|| format!("in {}", path.display()))
    }

    /// Reads the exports of a phone.
    /// A folder with a table of symbols and levels for each library.
    ///
    /// # Errors
    ///
    /// When a table cannot be read.
    pub(crate) fn read_phone(folder: &Path) -> Result<Self> {
        let mut symbols = Self::default();
        for (table, library) in [
            ("libace_napi.tsv", "libace_napi.z.so"),
            ("libc.tsv", "libc.so"),
            ("libhilog_ndk.tsv", "libhilog_ndk.z.so"),
        ] {
            let path = folder.join(table);
            let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            symbols.add_table(&text, library);
        }
        Ok(symbols)
    }

    fn parse_list(text: &str) -> Result<Self> {
        let (own, of_prebuilt_std) = text.split_once(PREBUILT_STD).unwrap_or((text, ""));
        let of_prebuilt_std = Self::parse_section(of_prebuilt_std)?.by_name;
        Ok(Self { of_prebuilt_std, ..Self::parse_section(own)? })
    }

    fn parse_section(text: &str) -> Result<Self> {
        let mut symbols = Self::default();
        let mut previous = "";
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let mut words = line.split(' ');
            let (Some(name), Some(library), Some(level), None) =
                (words.next(), words.next(), words.next(), words.next())
            else {
                bail!("invalid line {line:?}; expected `symbol library api-level`");
            };
            if name <= previous {
                bail!("not sorted or duplicate: {name} after {previous}");
            }
            let api_level: u32 = level.parse().with_context(|| format!("invalid API level in {line:?}"))?;
            if api_level > MAX_API_LEVEL {
                bail!("{name} needs API {api_level}, newer than {MAX_API_LEVEL}");
            }
            symbols.add(name, library, api_level);
            previous = name;
        }
        Ok(symbols)
    }

    /// A level that is not a number, such as that of a beta, counts as newer than all others.
    fn add_table(&mut self, text: &str, library: &str) {
        for line in text.lines().skip(1) {
            let (name, level) = line.split_once('\t').unwrap_or((line, ""));
            let api_level = match level.trim() {
                "" => OLDEST_API_LEVEL,
                level => level.parse().unwrap_or(u32::MAX),
            };
            self.add(name, library, api_level);
        }
    }

    fn add(&mut self, name: &str, library: &str, api_level: u32) {
        let origin = Origin { library: library.to_owned(), api_level };
        self.by_name.entry(name.to_owned()).or_default().push(origin);
    }

    /// Returns a message for each symbol of `imported` that is not in this list.
    pub(crate) fn missing(
        &self,
        imported: &BTreeSet<String>,
        has_prebuilt_std: bool,
        phone: Option<&Self>,
    ) -> Vec<String> {
        imported
            .iter()
            .filter(|name| !self.by_name.contains_key(*name))
            .filter(|name| !has_prebuilt_std || !self.of_prebuilt_std.contains_key(*name))
            .map(|name| format!("{name} is imported but not listed{}", advice(name, phone)))
            .collect()
    }

    /// Returns a message for each symbol of this list that is not in `imported`.
    pub(crate) fn unused(&self, imported: &BTreeSet<String>) -> Vec<String> {
        self.by_name
            .keys()
            .filter(|name| !imported.contains(*name))
            .map(|name| format!("{name} is listed but not imported: remove the line"))
            .collect()
    }

    /// Returns a message for each line of this list that contradicts the exports of a phone.
    pub(crate) fn unfounded(&self, phone: &Self) -> Vec<String> {
        let mut messages = Vec::new();
        for (name, origins) in self.by_name.iter().chain(&self.of_prebuilt_std) {
            let exported = phone.by_name.get(name).map_or(&[][..], Vec::as_slice);
            for origin in origins.iter().filter(|origin| !exported.contains(origin)) {
                messages.push(format!(
                    "{name} is listed as {} {}{}",
                    origin.library,
                    origin.api_level,
                    advice(name, Some(phone))
                ));
            }
        }
        messages
    }

    /// Returns the number of symbols.
    pub(crate) fn len(&self) -> usize {
        self.by_name.len()
    }
}

/// Returns what the exports of a phone say about a symbol.
fn advice(name: &str, phone: Option<&Symbols>) -> String {
    let Some(phone) = phone else {
        return String::new();
    };
    match phone.by_name.get(name).and_then(|origins| origins.first()) {
        None => "; the phone has no such symbol".to_owned(),
        Some(origin) if origin.api_level > MAX_API_LEVEL => {
            "; the phone has it only since a level that is too new".to_owned()
        }
        Some(origin) => format!("; the line would be: {name} {} {}", origin.library, origin.api_level),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "# comment\nmalloc libc.so 10\nnapi_wrap libace_napi.z.so 10\n";

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn phone() -> Symbols {
        let mut phone = Symbols::default();
        phone.add_table("symbol\tsince_api\nmalloc\t\nnew_one\t13\nbeta\t26.1.0\n", "libc.so");
        phone.add_table("symbol\tsince_api\nnapi_wrap\t\nnapi_ok\t12\n", "libace_napi.z.so");
        phone
    }

    #[test]
    fn a_list_that_is_exact_has_no_findings() -> Result<()> {
        let list = Symbols::parse_list(LIST)?;
        let imported = set(&["malloc", "napi_wrap"]);
        assert_eq!(list.missing(&imported, false, None), [""; 0]);
        assert_eq!(list.unused(&imported), [""; 0]);
        assert_eq!(list.unfounded(&phone()), [""; 0]);
        Ok(())
    }

    #[test]
    fn an_import_that_is_not_listed_is_found_with_the_line_to_add() -> Result<()> {
        let list = Symbols::parse_list(LIST)?;
        let found = list.missing(&set(&["malloc", "napi_ok", "new_one", "nowhere"]), false, Some(&phone()));
        assert_eq!(
            found,
            [
                "napi_ok is imported but not listed; the line would be: napi_ok libace_napi.z.so 12",
                "new_one is imported but not listed; the phone has it only since a level that is too new",
                "nowhere is imported but not listed; the phone has no such symbol",
            ]
        );
        Ok(())
    }

    #[test]
    fn what_prebuilt_standard_libraries_import_is_listed_for_them() -> Result<()> {
        let list = Symbols::parse_list(include_str!("../../native/socketkit/imports.txt"))?;
        // From modules built by Rust 1.89 and Rust 1.98 with the SDK.
        let v1_89 = "fprintf fstat64 fwrite getcwd getpid lseek64 mmap munmap open64 readlink realpath snprintf stat64";
        let v1_98 = "fprintf fstat fwrite getcwd getpid lseek mmap munmap readlink realpath snprintf stat";
        // The standard library that is built with the module also imports these.
        let common = set(&["getcwd", "munmap"]);
        assert_eq!(list.missing(&common, false, None), [""; 0]);
        for names in [v1_89, v1_98] {
            let imported = set(&names.split(' ').collect::<Vec<_>>());
            assert_eq!(list.missing(&imported, true, None), [""; 0]);
            assert_eq!(list.missing(&imported, false, None).len(), imported.len() - common.len());
        }
        assert_eq!(list.missing(&set(&["dlopen"]), true, None).len(), 1);
        Ok(())
    }

    #[test]
    fn a_listed_symbol_that_nothing_imports_is_found() -> Result<()> {
        let found = Symbols::parse_list(LIST)?.unused(&set(&["malloc"]));
        assert_eq!(found, ["napi_wrap is listed but not imported: remove the line"]);
        Ok(())
    }

    #[test]
    fn a_line_with_another_library_level_or_symbol_than_the_phone_is_found() -> Result<()> {
        for line in ["malloc libace_napi.z.so 10", "napi_ok libace_napi.z.so 10", "none libc.so 10"] {
            assert_eq!(Symbols::parse_list(line)?.unfounded(&phone()).len(), 1, "{line}");
        }
        Ok(())
    }

    #[test]
    fn malformed_unsorted_repeated_and_too_new_lines_are_refused() {
        for text in ["malloc libc.so", "b libc.so 10\na libc.so 10", "a l 1\na l 1", "a l 13", "a l x"] {
            assert!(Symbols::parse_list(text).is_err(), "{text}");
        }
    }
}
