//! Rules for all files.

use super::tree::{SourceFile, Tree};

/// Hosts of registries; an installation has its own configuration.
const HOSTS: [&str; 8] = [
    concat!("crates", ".io"),
    concat!("npmjs", ".org"),
    concat!("npmjs", ".com"),
    concat!("pypi", ".org"),
    concat!("python", "hosted.org"),
    concat!("debian", ".org"),
    concat!("openharmony", ".cn"),
    concat!("rust-lang", ".org/dist"),
];

/// Lock files, which contain cargo's name of the registry.
const CARGO_LOCKS: [&str; 2] = ["Cargo.lock", "fuzz/Cargo.lock"];

/// Folders of users and services.
const MACHINE_FOLDERS: [&str; 6] = ["home", "root", "work", "Users", "opt", "mnt"];

/// Files that call the system's log.
const LOGGERS: [&str; 2] = ["native/socketkit/src/node_api/hilog.rs", "entry/src/main/ets/utils/Logger.ets"];

/// Returns references to native sources in files that may only use shipped files.
pub(super) fn native_sources_outside(tree: &Tree) -> Vec<String> {
    let rooms = [tree.files("tests/", ""), tree.files("preview/", "")];
    rooms.into_iter().flatten().flat_map(|file| file.lines_with(names_native_source)).collect()
}

/// Returns host names of registries.
pub(super) fn registry_hosts(tree: &Tree) -> Vec<String> {
    let names_host = |line: &str| HOSTS.iter().any(|host| line.contains(host));
    files_but_locks(tree).flat_map(|file| file.lines_with(names_host)).collect()
}

/// Returns absolute paths of one machine.
pub(super) fn machine_paths(tree: &Tree) -> Vec<String> {
    files_but_locks(tree).flat_map(|file| file.lines_with(names_machine_path)).collect()
}

/// Returns files that log under another domain than the first one.
pub(super) fn log_domains(tree: &Tree) -> Vec<String> {
    let domains = LOGGERS.map(|path| (path, tree.text(path).and_then(log_domain)));
    let [(_, first), ..] = domains;
    let others = domains.iter().filter(|(_, domain)| domain.is_none() || *domain != first);
    others
        .map(|(path, domain)| {
            format!("{path}: the hilog domain is {}; expected {}", domain.unwrap_or("missing"), first.unwrap_or("one"))
        })
        .collect()
}

/// Returns the number in a line such as `const DOMAIN: number = 0x5353;`.
fn log_domain(text: &str) -> Option<&str> {
    let line = text.lines().find(|line| line.starts_with("const DOMAIN"))?;
    line.split_once("= ")?.1.strip_suffix(';')
}

fn files_but_locks(tree: &Tree) -> impl Iterator<Item = &SourceFile> {
    tree.files("", "").filter(|file| !CARGO_LOCKS.contains(&file.path.as_str()))
}

/// Returns whether a line names a crate's sources.
/// Folders and manifests of crates are public.
fn names_native_source(line: &str) -> bool {
    ["native/engine/src", "native/engine/tests", "native/socketkit/src", ".rs'", ".rs\""]
        .iter()
        .any(|source| line.contains(source))
}

fn names_machine_path(line: &str) -> bool {
    MACHINE_FOLDERS.iter().any(|folder| {
        let path = format!("/{folder}/");
        line.match_indices(&path).any(|(at, _)| begins_path(line.get(..at).unwrap_or_default()))
    }) || line.contains(concat!("C:", "\\"))
}

/// Returns whether a path can begin after this text.
fn begins_path(before: &str) -> bool {
    !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}' | ')' | '*' | '/' | '@' | '~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_and_preview_may_name_the_library_and_not_its_sources() {
        let good = [("tests/a.mjs", "load('libsocketkit.so')"), ("xtask/src/a.rs", "native/engine/src")];
        assert_eq!(native_sources_outside(&Tree::of(&good)), [""; 0]);
        for path in ["tests/a.mjs", "preview/checks/a.mjs"] {
            let bad = Tree::of(&[(path, "\nread('native/engine/src/lib.rs')\n")]);
            assert_eq!(native_sources_outside(&bad), [format!("{path}:2: read('native/engine/src/lib.rs')")]);
        }
    }

    #[test]
    fn a_log_without_a_domain_or_with_another_one_is_found() {
        let [module, pages] = LOGGERS;
        let native = (module, "const DOMAIN: u32 = 0x5353;\n");
        assert_eq!(log_domains(&Tree::of(&[native, (pages, "const DOMAIN: number = 0x5353;\n")])), [""; 0]);
        let found = log_domains(&Tree::of(&[native, (pages, "const DOMAIN: number = 0;\n")]));
        assert_eq!(found, [format!("{pages}: the hilog domain is 0; expected 0x5353")]);
        assert_eq!(log_domains(&Tree::of(&[])).len(), LOGGERS.len());
    }

    #[test]
    fn hosts_are_found_everywhere_but_in_cargos_lock() {
        for host in HOSTS {
            assert_eq!(registry_hosts(&Tree::of(&[("README.md", host)])).len(), 1, "{host}");
            assert_eq!(registry_hosts(&Tree::of(&[(CARGO_LOCKS[1], host)])), [""; 0], "{host}");
        }
        assert_eq!(registry_hosts(&Tree::of(&[("README.md", "the crate registry")])), [""; 0]);
    }

    #[test]
    fn paths_of_one_machine_are_found_and_parts_of_other_paths_are_not() {
        for folder in MACHINE_FOLDERS {
            let path = format!("/{folder}/me/app");
            for text in [path.clone(), format!("cd {path}"), format!("'{path}'"), format!("DIR={path}")] {
                assert_eq!(machine_paths(&Tree::of(&[("a.md", &text)])).len(), 1, "{text}");
            }
            for text in [format!("src{path}"), format!("..{path}"), format!("${{root}}{path}")] {
                assert_eq!(machine_paths(&Tree::of(&[("a.md", &text)])), [""; 0], "{text}");
            }
        }
        assert_eq!(machine_paths(&Tree::of(&[("a.md", concat!("C:", "\\app"))])).len(), 1);
    }
}
