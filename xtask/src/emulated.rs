//! Tests that run on the builds for HarmonyOS in every run.
//! A file for each difference from the host build. `cargo xtask test --whole` runs all files on them.

use crate::abi::Abi;
use crate::load::Load;

/// Test files, each with the tested difference.
/// The C library (musl), the architecture, or the Node build.
pub(crate) const FILES: [(&str, &str); 15] = [
    ("tests/codes.test.mjs", "musl: errno values and their texts"),
    ("tests/connect.test.mjs", "architecture: polling of a pending connect and its error"),
    ("tests/encoding.test.mjs", "Node: strings, from and to bytes"),
    ("tests/exhaustion.test.mjs", "musl: failures when no descriptor is left"),
    ("tests/framing.test.mjs", "architecture: vector instructions that search for delimiters"),
    ("tests/framing-vectors.test.mjs", "architecture: byte order, checksums"),
    ("tests/large.test.mjs", "musl: its allocator, with large messages"),
    ("tests/lifetime.test.mjs", "musl: exit of processes and threads"),
    ("tests/localhost.test.mjs", "musl: name resolution"),
    ("tests/nonsense.test.mjs", "Node: arbitrary values and objects as arguments"),
    ("tests/options.test.mjs", "architecture: numeric values of socket options"),
    ("tests/stream.test.mjs", "architecture: layout of `epoll_event`"),
    ("tests/views.test.mjs", "Node: ArrayBuffers and their views"),
    ("tests/wire-vectors.test.mjs", "architecture: byte order, hashing"),
    ("tests/worker.test.mjs", "musl: several environments, thread-local storage"),
];

/// Test programs of the engine that use the kernel and the C library.
pub(crate) const ENGINE: [&str; 4] = ["behaviour", "options", "out_of_descriptors", "out_of_threads"];

/// Returns whether only a whole run has a test file on a load.
///
/// The emulator build differs from the phone build only in the processor, which is that of this machine. So each run has only its demo.
pub(crate) fn is_for_whole_run(load: Load, file: &str) -> bool {
    match load {
        Load::Ohos(Abi::Arm64) => !is_chosen(file),
        Load::Ohos(Abi::X86_64) => true,
        Load::Host | Load::Unoptimized | Load::PhoneLike => false,
    }
}

fn is_chosen(file: &str) -> bool {
    FILES.iter().any(|(chosen, _)| *chosen == file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::javascript;
    use crate::workspace::Workspace;

    #[test]
    fn what_is_chosen_is_there_and_is_not_everything() -> anyhow::Result<()> {
        let files = javascript::files(&Workspace::current(), javascript::EVERY_LOAD)?;
        for (chosen, _) in FILES {
            assert!(files.iter().any(|file| file == chosen), "{chosen}");
        }
        assert!(files.iter().any(|file| !is_chosen(file)));
        Ok(())
    }

    #[test]
    fn the_document_names_what_is_chosen() -> anyhow::Result<()> {
        let document = std::fs::read_to_string(Workspace::current().path("docs/testing.md"))?;
        for (file, reason) in FILES {
            let name = file.trim_start_matches("tests/").trim_end_matches(".test.mjs");
            assert!(document.contains(&format!("| `{name}` | {reason} |")), "{file}: {reason}");
        }
        Ok(())
    }
}
