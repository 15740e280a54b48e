//! The two ABIs of HarmonyOS, and their names in each tool.

use clap::ValueEnum;

/// An ABI, as in the `libs` folder of a HAP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Abi {
    /// Phones.
    #[value(name = "arm64-v8a")]
    Arm64,
    /// DevEco's emulator.
    #[value(name = "x86_64")]
    X86_64,
}

impl Abi {
    /// Both, in build order.
    pub(crate) const ALL: [Self; 2] = [Self::Arm64, Self::X86_64];

    /// Name of the folder in `dist/` and in a HAP.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64-v8a",
            Self::X86_64 => "x86_64",
        }
    }

    /// Name of the processor in target triples.
    pub(crate) fn machine(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64",
            Self::X86_64 => "x86_64",
        }
    }

    /// Debian's name of the architecture.
    pub(crate) fn debian(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "amd64",
        }
    }

    /// Name of the target in rustc.
    pub(crate) fn rust_target(self) -> String {
        format!("{}-unknown-linux-ohos", self.machine())
    }

    /// Name of the target in clang, and of folders of the SDK.
    pub(crate) fn clang_target(self) -> String {
        format!("{}-linux-ohos", self.machine())
    }

    /// Name of cargo's environment variable for `setting` of the target.
    pub(crate) fn cargo_variable(self, setting: &str) -> String {
        let target = self.rust_target().to_uppercase().replace('-', "_");
        format!("CARGO_TARGET_{target}_{setting}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_calls_the_target_in_capitals() {
        assert_eq!(Abi::Arm64.cargo_variable("LINKER"), "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_OHOS_LINKER");
    }
}
