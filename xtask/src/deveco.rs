//! Tools of DevEco Studio and of its command-line tools.

use std::env;
use std::path::{Path, PathBuf};

/// Path of the SDK (elsewhere `OHOS_NDK_HOME`) in the folder `sdk` of an installation.
const SDK: &str = "default/openharmony";

/// DevEco's build tool on this system.
const HVIGORW: &str = if cfg!(windows) { "hvigorw.bat" } else { "hvigorw" };

/// Folders of the build tool in DevEco Studio, and in the command-line tools.
const PROGRAM_FOLDERS: [&str; 2] = ["tools/hvigor/bin", "bin"];

/// Returns the OpenHarmony SDK of `DEVECO_SDK_HOME`, or of a default installation.
pub(crate) fn sdk() -> Option<PathBuf> {
    let installed = installations().into_iter().map(|folder| folder.join("sdk"));
    sdk_in(variable("DEVECO_SDK_HOME").into_iter().chain(installed))
}

/// Returns the build tool, from PATH or an installation.
pub(crate) fn hvigorw() -> Option<PathBuf> {
    on_path().or_else(|| hvigorw_in(installations()))
}

/// Returns the first OpenHarmony SDK in folders named `sdk`.
fn sdk_in(folders: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    folders.into_iter().map(|folder| folder.join(SDK)).find(|sdk| sdk.join("native").is_dir())
}

/// Returns the first build tool of the installations.
fn hvigorw_in(installations: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    let programs = |folder: PathBuf| PROGRAM_FOLDERS.map(|inside| folder.join(inside).join(HVIGORW));
    installations.into_iter().flat_map(programs).find(|program| program.is_file())
}

/// Returns folders of DevEco Studio, and of command-line tools in PATH.
fn installations() -> Vec<PathBuf> {
    let beside_sdk = variable("DEVECO_SDK_HOME").and_then(|sdk| sdk.parent().map(Path::to_owned));
    let around_program = on_path().as_deref().and_then(installation_of);
    let windows = variable("ProgramFiles").map(|folder| folder.join("Huawei").join("DevEco Studio"));
    let macos = cfg!(target_os = "macos").then(|| PathBuf::from("/Applications/DevEco-Studio.app/Contents"));
    [beside_sdk, around_program, windows, macos].into_iter().flatten().collect()
}

/// Returns the installation of a build tool.
fn installation_of(hvigorw: &Path) -> Option<PathBuf> {
    let folder = hvigorw.parent()?;
    let inside = PROGRAM_FOLDERS.into_iter().find(|inside| folder.ends_with(inside))?;
    folder.ancestors().nth(Path::new(inside).components().count()).map(Path::to_owned)
}

fn on_path() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(HVIGORW)).find(|program| program.is_file())
}

fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use anyhow::Result;

    use super::*;
    use crate::prepared;

    #[test]
    fn the_sdk_and_the_builder_are_found_in_the_studio_and_in_the_command_line_tools() -> Result<()> {
        let root = env::temp_dir().join(format!("xtask-{}-deveco", std::process::id()));
        for (name, programs) in [("studio", "tools/hvigor/bin"), ("tools", "bin")] {
            let installation = root.join(name);
            let program = installation.join(programs).join(HVIGORW);
            fs::create_dir_all(installation.join("sdk").join(SDK).join("native"))?;
            fs::create_dir_all(installation.join(programs))?;
            fs::write(&program, "")?;
            let candidates = || [root.join("nothing"), installation.clone()];
            assert_eq!(hvigorw_in(candidates()), Some(program.clone()));
            assert_eq!(installation_of(&program), Some(installation.clone()));
            let sdks = candidates().map(|folder| folder.join("sdk"));
            assert_eq!(sdk_in(sdks), Some(installation.join("sdk").join(SDK)));
        }
        assert_eq!(sdk_in([root.join("nothing")]), None);
        assert_eq!(hvigorw_in([root.join("nothing")]), None);
        prepared::remove(&root)
    }
}
