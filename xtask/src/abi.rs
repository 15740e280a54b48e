//! The two processors that HarmonyOS runs on, and their names in every tool.

use clap::ValueEnum;

/// A processor with its calling convention, as the HAP's `libs` folder tells them apart.
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
    /// Both, in the order in which they are built.
    pub(crate) const ALL: [Self; 2] = [Self::Arm64, Self::X86_64];

    /// The folder's name in `dist/` and in a HAP.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64-v8a",
            Self::X86_64 => "x86_64",
        }
    }

    /// The processor's name in target triples.
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

    /// rustc's name of the target.
    pub(crate) fn rust_target(self) -> String {
        format!("{}-unknown-linux-ohos", self.machine())
    }

    /// clang's name of the target, which also names folders of the SDK.
    pub(crate) fn clang_target(self) -> String {
        format!("{}-linux-ohos", self.machine())
    }

    /// The name by which cargo's environment variables call the target.
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
