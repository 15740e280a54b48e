//! Rules for the app's pages.

use std::collections::BTreeSet;

use super::tree::{SourceFile, Tree};

/// Parent of the app's module folders.
const ROOMS: &str = "entry/src/main/ets/";

/// The native module, as imported by ArkTS.
const MODULE: &str = "libsocketkit.so";

/// The app's configuration, with its permissions.
const CONFIGURATION: &str = "entry/src/main/module.json5";

/// Prefix of permissions.
const PERMISSION: &str = "ohos.permission.";

/// The only allowed permission.
const INTERNET: &str = "ohos.permission.INTERNET";

/// Marks an ability that other apps can start.
const EXPORTED: &str = "\"exported\": true";

/// Abilities without a page.
const EXTENSIONS: &str = "extensionAbilities";

/// A folder, and the other folders that its files may import.
const KNOWS: [(&str, &[&str]); 8] = [
    ("constants", &[]),
    ("model", &["constants"]),
    ("utils", &["constants"]),
    ("service", &["constants", "model", "utils"]),
    ("viewmodel", &["constants", "model", "service", "utils"]),
    ("view", &["model"]),
    ("pages", &["constants", "model", "utils", "view", "viewmodel"]),
    ("entryability", &["constants", "utils"]),
];

/// Folder of tests of the module, which also import it.
const TESTS: &str = "entry/src/ohosTest/";

/// Returns files other than one service that import the module.
/// Also reports if that one does not.
pub(super) fn imports_of_the_module(tree: &Tree) -> Vec<String> {
    let importers: Vec<&SourceFile> = tree
        .files("entry/", ".ets")
        .filter(|file| !file.path.starts_with(TESTS) && imports(file).any(|(_, from)| from == MODULE))
        .collect();
    match importers.as_slice() {
        [] => vec![format!("no file below entry/ imports {MODULE}")],
        [one] if one.path.starts_with(&format!("{ROOMS}service/")) => Vec::new(),
        several => several.iter().map(|file| format!("{} imports {MODULE}", file.path)).collect(),
    }
}

/// Returns imports from a folder that the importing file's folder must not use.
pub(super) fn imports_upwards(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for file in tree.files(ROOMS, ".ets") {
        let room = file.path.strip_prefix(ROOMS).and_then(|path| path.split('/').next()).unwrap_or_default();
        let Some((_, known)) = KNOWS.iter().find(|(name, _)| *name == room) else {
            findings.push(format!("{} is in no layer; expected one of the folders in docs/architecture.md", file.path));
            continue;
        };
        for (index, from) in imports(file) {
            let other = from.strip_prefix("../").and_then(|path| path.split('/').next());
            if other.is_some_and(|other| !known.contains(&other)) {
                findings.push(file.at(index, &format!("{room} must not import {from}")));
            }
        }
    }
    findings
}

/// Returns permissions other than the allowed one; also reports if that one is missing.
pub(super) fn permissions(tree: &Tree) -> Vec<String> {
    let text = tree.text(CONFIGURATION).unwrap_or_default();
    let name = |rest: &str| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::to_owned);
    let asked: BTreeSet<String> =
        text.split(PERMISSION).skip(1).filter_map(name).map(|name| format!("{PERMISSION}{name}")).collect();
    if asked.iter().eq([INTERNET]) {
        return Vec::new();
    }
    vec![format!("{CONFIGURATION} requests {asked:?}; expected only {INTERNET}")]
}

/// Returns exported abilities other than that of the launcher.
pub(super) fn exports(tree: &Tree) -> Vec<String> {
    let text = tree.text(CONFIGURATION).unwrap_or_default();
    let exported = text.matches(EXPORTED).count();
    let mut findings = Vec::new();
    if exported != 1 {
        findings.push(format!(
            "{CONFIGURATION} exports {exported} abilities; expected only the one that the launcher starts"
        ));
    }
    findings.extend(text.contains(EXTENSIONS).then(|| format!("{CONFIGURATION} has {EXTENSIONS}; expected none")));
    findings
}

/// Returns the imports of a file with their line numbers, from 0.
fn imports(file: &SourceFile) -> impl Iterator<Item = (usize, &str)> {
    let from = |line| quoted_after(line, "from ").or_else(|| quoted_after(line, "import "));
    file.text.lines().enumerate().filter_map(move |(index, line)| Some((index, from(line)?)))
}

/// Returns the quoted text directly after `word`, in an import or at its last line.
fn quoted_after<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let starts = line.starts_with("import ") || line.starts_with("export ") || line.starts_with('}');
    let (_, rest) = line.split_once(word).filter(|_| starts)?;
    let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    rest.get(1..)?.split(quote).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: (&str, &str) =
        ("entry/src/main/ets/service/SocketService.ets", "import {\n  TCPSocket,\n} from 'libsocketkit.so';\n");

    #[test]
    fn one_service_may_import_the_module() {
        assert_eq!(imports_of_the_module(&Tree::of(&[SERVICE])), [""; 0]);
        assert_eq!(imports_of_the_module(&Tree::of(&[])).len(), 1);
        let test = ("entry/src/ohosTest/ets/test/module/Messages.test.ets", SERVICE.1);
        assert_eq!(imports_of_the_module(&Tree::of(&[SERVICE, test])), [""; 0]);
        assert_eq!(imports_of_the_module(&Tree::of(&[test])).len(), 1);
    }

    #[test]
    fn a_page_or_a_second_service_that_imports_the_module_is_found() {
        let import = "import { TCPSocket } from 'libsocketkit.so';\n";
        let page = ("entry/src/main/ets/pages/Page.ets", import);
        let second = ("entry/src/main/ets/service/Other.ets", import);
        assert_eq!(imports_of_the_module(&Tree::of(&[page])).len(), 1);
        assert_eq!(imports_of_the_module(&Tree::of(&[SERVICE, second])).len(), 2);
    }

    #[test]
    fn rooms_may_import_kits_neighbours_and_what_is_below_them() {
        let view = "import { router } from '@kit.ArkUI';\nimport { A } from './A';\nimport { B } from '../model/B';\n";
        let page = "import { V } from '../viewmodel/V';\nimport { W } from '../view/W';\n";
        let tree = Tree::of(&[("entry/src/main/ets/view/V.ets", view), ("entry/src/main/ets/pages/P.ets", page)]);
        assert_eq!(imports_upwards(&tree), [""; 0]);
    }

    #[test]
    fn an_import_from_a_room_above_or_beside_is_found() {
        for (room, from) in [
            ("view", "../viewmodel/V"),
            ("view", "../service/S"),
            ("pages", "../service/S"),
            ("model", "../service/S"),
            ("service", "../viewmodel/V"),
            ("utils", "../model/M"),
        ] {
            let (path, text) = (format!("{ROOMS}{room}/A.ets"), format!("import {{ X }} from '{from}';\n"));
            let found = imports_upwards(&Tree::of(&[(&path, &text)]));
            assert_eq!(found, [format!("{path}:1: {room} must not import {from}")]);
        }
    }

    #[test]
    fn an_import_for_its_effects_and_an_export_are_imports_too() {
        let text = "import '../service/S';\nexport { S } from \"../service/S\";\n";
        assert_eq!(imports_upwards(&Tree::of(&[("entry/src/main/ets/pages/P.ets", text)])).len(), 2);
    }

    #[test]
    fn a_file_in_an_unknown_room_is_found() {
        assert_eq!(imports_upwards(&Tree::of(&[("entry/src/main/ets/attic/A.ets", "")])).len(), 1);
    }

    #[test]
    fn another_permission_than_the_one_is_found_and_so_is_none() {
        let one = "\"name\": \"ohos.permission.INTERNET\"";
        assert_eq!(permissions(&Tree::of(&[(CONFIGURATION, one)])), [""; 0]);
        let two = format!("{one}, \"name\": \"ohos.permission.GET_WIFI_INFO\"");
        assert_eq!(permissions(&Tree::of(&[(CONFIGURATION, &two)])).len(), 1);
        assert_eq!(permissions(&Tree::of(&[(CONFIGURATION, "{}")])).len(), 1);
    }

    #[test]
    fn an_app_that_is_open_to_others_is_found() {
        assert_eq!(exports(&Tree::of(&[(CONFIGURATION, EXPORTED)])), [""; 0]);
        let two = format!("{EXPORTED}, {EXPORTED}");
        assert_eq!(exports(&Tree::of(&[(CONFIGURATION, &two)])).len(), 1);
        let extension = format!("{EXPORTED}, \"{EXTENSIONS}\": []");
        assert_eq!(exports(&Tree::of(&[(CONFIGURATION, &extension)])).len(), 1);
    }
}
