//! What DevEco Studio, or its command-line tools alone, bring along.

use std::env;
use std::path::{Path, PathBuf};

/// The folder of the SDK that is called `OHOS_NDK_HOME` elsewhere, below the folder `sdk` of an installation.
const SDK: &str = "default/openharmony";

/// DevEco's builder, as a program of this system.
const HVIGORW: &str = if cfg!(windows) { "hvigorw.bat" } else { "hvigorw" };

/// The OpenHarmony SDK that `DEVECO_SDK_HOME` names, or that of an installation where it is usually put.
pub(crate) fn sdk() -> Option<PathBuf> {
    let named = variable("DEVECO_SDK_HOME").into_iter();
    named
        .chain(installations().into_iter().map(|folder| folder.join("sdk")))
        .map(|folder| folder.join(SDK))
        .find(|folder| folder.join("native").is_dir())
}

/// The builder, from the search path or an installation.
pub(crate) fn hvigorw() -> Option<PathBuf> {
    let inside = ["tools/hvigor/bin", "bin"].map(|folder| Path::new(folder).join(HVIGORW));
    let installed = installations().into_iter().flat_map(|folder| inside.clone().map(|program| folder.join(program)));
    on_path(HVIGORW).into_iter().chain(installed).find(|program| program.is_file())
}

/// Folders of DevEco Studio, and of the command-line tools whose programs are in the search path.
fn installations() -> Vec<PathBuf> {
    let beside_sdk = variable("DEVECO_SDK_HOME").and_then(|sdk| sdk.parent().map(Path::to_owned));
    let around_program = on_path(HVIGORW).and_then(|program| program.ancestors().nth(2).map(Path::to_owned));
    let windows = variable("ProgramFiles").map(|folder| folder.join("Huawei").join("DevEco Studio"));
    let macos = cfg!(target_os = "macos").then(|| PathBuf::from("/Applications/DevEco-Studio.app/Contents"));
    [beside_sdk, around_program, windows, macos].into_iter().flatten().collect()
}

/// The first program of that name in the folders of `PATH`.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}
