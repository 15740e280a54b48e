//! `cargo xtask doctor`: lists installed and missing tools, and which tasks are ready.

use crate::abi::Abi;
use crate::command::{command, output};
use crate::workspace::Workspace;
use crate::{apt, clang, deveco, host_node, musl_node, pages, peers, preview, sdk};

/// Tasks that need the same tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Preview,
    PhoneBuild,
    Package,
    Hap,
    Test,
}

use Purpose::{Hap, Package, PhoneBuild, Preview, Test};

/// Purposes whose tasks run on Linux.
const ON_LINUX: [Purpose; 5] = [Preview, PhoneBuild, Package, Hap, Test];

/// Purposes whose tasks run on other systems.
const ELSEWHERE: [Purpose; 3] = [PhoneBuild, Package, Hap];

impl Purpose {
    fn label(self) -> &'static str {
        match self {
            Preview => "preview and check",
            PhoneBuild => "phone build",
            Package => "package",
            Hap => "hap",
            Test => "test",
        }
    }
}

/// A tool that a task needs.
struct Item {
    name: String,
    purposes: &'static [Purpose],
    /// The tool that was found, or the command that installs it.
    state: Result<String, String>,
}

/// Prints a line for each tool and for each purpose.
/// A missing tool is not an error: few users need all tools.
pub(crate) fn perform(workspace: &Workspace) {
    let items = items(workspace);
    let width = items.iter().map(|item| item.name.len()).max().unwrap_or_default();
    for Item { name, purposes, state } in &items {
        match state {
            Ok(found) => println!("ok       {name:width$}  {found}"),
            Err(remedy) => println!("missing  {name:width$}  for {}; {remedy}", labels(purposes)),
        }
    }
    println!();
    let purposes: &[Purpose] = if cfg!(target_os = "linux") { &ON_LINUX } else { &ELSEWHERE };
    for &purpose in purposes {
        println!("{}: {}", purpose.label(), readiness(purpose, &items));
    }
}

fn labels(purposes: &[Purpose]) -> String {
    purposes.iter().map(|purpose| purpose.label()).collect::<Vec<_>>().join(", ")
}

fn readiness(purpose: Purpose, items: &[Item]) -> String {
    let is_missing = |item: &&Item| item.state.is_err() && item.purposes.contains(&purpose);
    let missing: Vec<&str> = items.iter().filter(is_missing).map(|item| item.name.as_str()).collect();
    if missing.is_empty() { "ready".to_owned() } else { format!("not ready, missing {}", missing.join(", ")) }
}

fn items(workspace: &Workspace) -> Vec<Item> {
    let is_linux = cfg!(target_os = "linux");
    let mut items = programs(workspace);
    items.extend(phone_tools(is_linux));
    if is_linux {
        items.extend(debian_packages());
    }
    items
}

fn programs(workspace: &Workspace) -> Vec<Item> {
    let node = host_node::prepare().map(found_on_path).map_err(|error| format!("{error:#}"));
    vec![
        program("cargo", &ON_LINUX, "install Rust with rustup"),
        program("git", &[Preview, Test], "install git"),
        Item { name: "node".to_owned(), purposes: &[Preview, Package, Test], state: node },
        program(pages::NPM, &[Preview, Package, Test], "it comes with Node"),
        installed_packages(workspace),
    ]
}

/// On Linux, Debian packages replace a missing SDK, except for DevEco's builder.
fn phone_tools(is_linux: bool) -> Vec<Item> {
    let needs_sdk = !is_linux || sdk::given_home().is_some();
    let purposes: &[Purpose] = if needs_sdk { &ON_LINUX[1..] } else { &[Hap] };
    let mut items = vec![item(
        "OpenHarmony SDK",
        purposes,
        sdk::given_home().map(|home| home.display().to_string()),
        "install DevEco Studio 5.0.5, or set OHOS_NDK_HOME to the folder of an SDK",
    )];
    items.extend(Abi::ALL.map(|abi| target(abi, purposes)));
    items.push(item(
        "hvigorw",
        &[Hap],
        deveco::hvigorw().map(|program| program.display().to_string()),
        "install DevEco Studio 5.0.5 or its command-line tools, and put their `bin` folder into PATH",
    ));
    items
}

fn debian_packages() -> [Item; 5] {
    let has_sdk = sdk::given_home().is_some();
    let has_targets = Abi::ALL.into_iter().all(sdk::has_target);
    let for_phone = |is_enough: bool| -> &[Purpose] { if is_enough { &[Test] } else { &[PhoneBuild, Package, Test] } };
    [
        system_packages("compilers", for_phone(has_sdk), &clang::PACKAGES),
        system_packages("Debian's Rust", for_phone(has_sdk || has_targets), &sdk::DEBIAN_RUST),
        system_packages("emulator", &[Test], &[musl_node::EMULATOR_PACKAGE]),
        system_packages("browser", &[Test], &[preview::BROWSER_PACKAGE]),
        system_packages("peers", &[Test], &peers::PACKAGES),
    ]
}

fn item(name: &str, purposes: &'static [Purpose], found: Option<String>, remedy: &str) -> Item {
    Item { name: name.to_owned(), purposes, state: found.ok_or_else(|| remedy.to_owned()) }
}

fn program(name: &str, purposes: &'static [Purpose], remedy: &str) -> Item {
    item(name, purposes, output(command(name).arg("--version")).ok(), remedy)
}

fn found_on_path(program: &str) -> String {
    output(command(program).arg("--version")).unwrap_or_default()
}

fn target(abi: Abi, purposes: &'static [Purpose]) -> Item {
    let name = format!("Rust for {}", abi.folder());
    let target = abi.rust_target();
    let found = sdk::has_target(abi).then(|| target.clone());
    item(&name, purposes, found, &format!("run `rustup target add {target}`"))
}

/// Always `Ok`: tasks that need the packages install them.
fn installed_packages(workspace: &Workspace) -> Item {
    let folder = workspace.path("preview/node_modules");
    let state = if folder.is_dir() {
        folder.display().to_string()
    } else {
        "installed by the first task that needs them".to_owned()
    };
    item("npm packages", &[Preview, Package, Test], Some(state), "")
}

fn system_packages(name: &str, purposes: &'static [Purpose], packages: &[&str]) -> Item {
    let remedy = format!("run `apt-get install {}`", packages.join(" "));
    item(name, purposes, apt::are_installed(packages).then(|| packages.join(" ")), &remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_is_ready_although_a_tool_of_another_purpose_is_missing() {
        let items = [
            item("node", &[Preview, Test], Some("v24.1.0".to_owned()), ""),
            item("compilers", &[PhoneBuild, Test], None, "run `apt-get install clang`"),
            item("browser", &[Test], None, "run `apt-get install chromium`"),
        ];
        assert_eq!(readiness(Preview, &items), "ready");
        assert_eq!(readiness(PhoneBuild, &items), "not ready, missing compilers");
        assert_eq!(readiness(Test, &items), "not ready, missing compilers, browser");
    }

    #[test]
    fn without_linux_the_phone_build_needs_the_sdk() {
        let sdk = phone_tools(false).swap_remove(0);
        assert!(sdk.purposes.contains(&PhoneBuild), "{}", labels(sdk.purposes));
    }
}
