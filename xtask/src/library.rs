//! Checks of a shared library: imports, build id, symbols and size.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};
use object::elf::{DT_NEEDED, FileHeader64};
use object::read::elf::{Dyn as _, ElfFile64, FileHeader as _};
use object::{Endianness, Object as _, ObjectSymbol as _};

/// The requirements of a library.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Library {
    /// Names of the libraries that it needs.
    pub(crate) needed: BTreeSet<String>,
    /// Names of the symbols that it imports from them.
    pub(crate) imports: BTreeSet<String>,
    /// Build id that connects it to its symbols, in hexadecimal; empty if it has none.
    pub(crate) build_id: String,
    /// Whether it has no symbols and line numbers.
    pub(crate) is_stripped: bool,
    /// File size.
    pub(crate) size_bytes: u64,
}

/// Libraries that the module may need: Node-API, the log and the C library.
const ALLOWED: [&str; 3] = ["libace_napi.z.so", "libc.so", "libhilog_ndk.z.so"];

impl Library {
    /// Reads an ELF file.
    ///
    /// # Errors
    ///
    /// When the file does not exist or is not a 64-bit ELF file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let data = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&data).with_context(|| format!("in {}", path.display()))
    }

    fn parse(data: &[u8]) -> Result<Self> {
        let file = ElfFile64::<Endianness>::parse(data)?;
        let imports = file
            .dynamic_symbols()
            .filter(|symbol| symbol.is_undefined() && !symbol.is_weak())
            .map(|symbol| Ok(symbol.name()?.to_owned()))
            .filter(|name| !matches!(name, Ok(name) if name.is_empty()))
            .collect::<Result<_>>()?;
        let build_id = file.build_id()?.unwrap_or_default().iter().map(|byte| format!("{byte:02x}")).collect();
        let is_stripped = file.symbol_table().is_none() && file.section_by_name(".debug_line").is_none();
        Ok(Self { needed: needed(data)?, imports, build_id, is_stripped, size_bytes: data.len() as u64 })
    }

    /// Checks everything but the imports.
    ///
    /// # Errors
    ///
    /// When the library is not stripped, has no build id, needs a library that the phone lacks, or is larger than
    /// `limit_bytes`.
    pub(crate) fn check(&self, limit_bytes: Option<u64>) -> Result<()> {
        if !self.is_stripped {
            bail!("it is not stripped");
        }
        if self.build_id.is_empty() {
            bail!("it has no build id, which connects it with its symbols");
        }
        self.check_needed()?;
        limit_bytes.map_or(Ok(()), |limit_bytes| self.check_size(limit_bytes))
    }

    /// Checks that the needed libraries in `folder` export all imported symbols.
    ///
    /// # Errors
    ///
    /// Names each missing symbol.
    pub(crate) fn check_imports(&self, folder: &Path) -> Result<()> {
        let mut exported = BTreeSet::new();
        for name in &self.needed {
            exported.extend(exports(&folder.join(name))?);
        }
        let missing: Vec<&str> = self.imports.difference(&exported).map(String::as_str).collect();
        if missing.is_empty() {
            return Ok(());
        }
        bail!("no library in {} exports these imports: {}", folder.display(), missing.join(", "))
    }

    /// # Errors
    ///
    /// Names each needed library that is not allowed.
    fn check_needed(&self) -> Result<()> {
        let foreign: Vec<&str> =
            self.needed.iter().map(String::as_str).filter(|name| !ALLOWED.contains(name)).collect();
        if foreign.is_empty() {
            return Ok(());
        }
        bail!("unexpected libraries {}; allowed are {}", foreign.join(", "), ALLOWED.join(", "))
    }

    /// # Errors
    ///
    /// When the file is larger than `limit_bytes`.
    fn check_size(&self, limit_bytes: u64) -> Result<()> {
        if self.size_bytes > limit_bytes {
            bail!("size {} bytes exceeds the limit of {limit_bytes} bytes", self.size_bytes);
        }
        Ok(())
    }
}

/// Returns the symbols that a library exports.
fn exports(path: &Path) -> Result<BTreeSet<String>> {
    let data = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let file = ElfFile64::<Endianness>::parse(data.as_slice()).with_context(|| format!("in {}", path.display()))?;
    let defined = file.dynamic_symbols().filter(|symbol| !symbol.is_undefined());
    defined.map(|symbol| Ok(symbol.name()?.to_owned())).collect()
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
        assert!(error.is_err_and(|error| error.to_string().starts_with("unexpected libraries libz.so;")));
    }

    #[test]
    fn a_library_of_more_than_the_limit_is_refused() {
        let library = Library { size_bytes: 900, ..Library::default() };
        assert!(library.check_size(900).is_ok());
        let error = library.check_size(899);
        assert!(error.is_err_and(|error| error.to_string().starts_with("size 900 bytes exceeds")));
    }

    #[test]
    fn a_library_with_symbols_or_without_a_build_id_is_refused() {
        let good = Library { is_stripped: true, build_id: "00ff".to_owned(), ..Library::default() };
        assert!(good.check(None).is_ok());
        let unstripped = Library { is_stripped: false, build_id: "00ff".to_owned(), ..Library::default() };
        assert!(unstripped.check(None).is_err_and(|error| error.to_string() == "it is not stripped"));
        let nameless = Library { is_stripped: true, ..Library::default() };
        assert!(nameless.check(None).is_err_and(|error| error.to_string().starts_with("it has no build id")));
    }

    /// Imports of the SDK's unwinder and the prebuilt standard libraries of Rust 1.89 and 1.98.
    ///
    /// The C libraries of phones and of Linux export all of them.
    const PREBUILT_STD: [&str; 18] = [
        "fprintf", "fstat", "fstat64", "fwrite", "getcwd", "getpid", "lseek", "lseek64", "mmap", "munmap", "open",
        "open64", "readlink", "realpath", "snprintf", "stat", "stat64", "write",
    ];

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn imports_are_looked_for_in_the_libraries_that_are_loaded() -> Result<()> {
        let maps = std::fs::read_to_string("/proc/self/maps")?;
        let libc = maps.lines().find_map(|line| line.split_whitespace().find(|word| word.ends_with("/libc.so.6")));
        let libc = Path::new(libc.context("this process has a C library")?);
        let folder = libc.parent().context("a file has a folder")?;
        let importing = |name: &str| Library {
            imports: PREBUILT_STD.into_iter().chain([name]).map(str::to_owned).collect(),
            ..needing(&["libc.so.6"])
        };
        importing("malloc").check_imports(folder)?;
        let error = importing("napi_wrap").check_imports(folder);
        assert!(error.is_err_and(|error| error.to_string().ends_with("imports: napi_wrap")));
        assert!(needing(&["libnone.so"]).check_imports(folder).is_err());
        Ok(())
    }

    #[test]
    fn what_is_not_elf_is_refused() {
        assert!(Library::parse(b"not a library").is_err());
    }
}
