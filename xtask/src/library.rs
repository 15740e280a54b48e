//! A shared library as the phone's loader sees it.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};
use object::elf::{DT_NEEDED, FileHeader64};
use object::read::elf::{Dyn as _, ElfFile64, FileHeader as _};
use object::{Endianness, Object as _, ObjectSymbol as _};

/// What a library asks of the phone.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Library {
    /// Names of the libraries that are loaded with it.
    pub(crate) needed: BTreeSet<String>,
    /// Names of the symbols that those have to export.
    pub(crate) imports: BTreeSet<String>,
    /// The file's size.
    pub(crate) size_bytes: u64,
}

/// All that the module may load: Node-API, the log and the C library.
const ALLOWED: [&str; 3] = ["libace_napi.z.so", "libc.so", "libhilog_ndk.z.so"];

impl Library {
    /// Reads an ELF file.
    ///
    /// # Errors
    ///
    /// When the file is not there, is not a 64-bit ELF file, or still holds debugging symbols.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let data = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&data).with_context(|| format!("in {}", path.display()))
    }

    fn parse(data: &[u8]) -> Result<Self> {
        let file = ElfFile64::<Endianness>::parse(data)?;
        if file.symbol_table().is_some() {
            bail!("the library is not stripped");
        }
        let imports = file
            .dynamic_symbols()
            .filter(|symbol| symbol.is_undefined() && !symbol.is_weak())
            .map(|symbol| Ok(symbol.name()?.to_owned()))
            .filter(|name| !matches!(name, Ok(name) if name.is_empty()))
            .collect::<Result<_>>()?;
        Ok(Self { needed: needed(data)?, imports, size_bytes: data.len() as u64 })
    }

    /// # Errors
    ///
    /// Names each library that the phone does not have for us.
    pub(crate) fn check_needed(&self) -> Result<()> {
        let foreign: Vec<&str> =
            self.needed.iter().map(String::as_str).filter(|name| !ALLOWED.contains(name)).collect();
        if foreign.is_empty() {
            return Ok(());
        }
        bail!("it needs {}; allowed are only {}", foreign.join(", "), ALLOWED.join(", "))
    }

    /// # Errors
    ///
    /// When the file is larger than `limit_bytes`.
    pub(crate) fn check_size(&self, limit_bytes: u64) -> Result<()> {
        if self.size_bytes > limit_bytes {
            bail!("it has {} bytes; no more than {limit_bytes} are allowed", self.size_bytes);
        }
        Ok(())
    }
}

fn needed(data: &[u8]) -> Result<BTreeSet<String>> {
    let header = FileHeader64::<Endianness>::parse(data)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, data)?;
    let Some((entries, link)) = sections.dynamic(endian, data)? else {
        bail!("it has no dynamic section");
    };
    let strings = sections.strings(endian, data, link)?;
    let mut names = BTreeSet::new();
    for entry in entries.iter().filter(|entry| entry.tag(endian) == DT_NEEDED) {
        let name = entry.string(endian, strings)?;
        names.insert(String::from_utf8_lossy(name).into_owned());
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needing(names: &[&str]) -> Library {
        Library { needed: names.iter().map(|name| (*name).to_owned()).collect(), ..Library::default() }
    }

    #[test]
    fn another_library_than_the_allowed_ones_is_named() {
        assert!(needing(&ALLOWED).check_needed().is_ok());
        let error = needing(&["libc.so", "libz.so"]).check_needed();
        assert!(error.is_err_and(|error| error.to_string().starts_with("it needs libz.so;")));
    }

    #[test]
    fn a_library_of_more_than_the_limit_is_refused() {
        let library = Library { size_bytes: 900, ..Library::default() };
        assert!(library.check_size(900).is_ok());
        let error = library.check_size(899);
        assert!(error.is_err_and(|error| error.to_string().starts_with("it has 900 bytes;")));
    }

    #[test]
    fn what_is_not_elf_is_refused() {
        assert!(Library::parse(b"not a library").is_err());
    }
}
