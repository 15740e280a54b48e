//! `cargo xtask doctor`: lists installed and missing tools, and how to install them.

use crate::abi::Abi;
use crate::command::{command, output};
use crate::workspace::Workspace;
use crate::{apt, clang, deveco, host_node, musl_node, pages, peers, preview, sdk};

/// A tool that a task needs.
struct Item {
    name: String,
    needed_for: &'static str,
    /// What is there, or the command that gets it.
    state: Result<String, String>,
}

/// Prints a line for each thing. That something is missing is no failure: few need everything.
pub(crate) fn perform(workspace: &Workspace) {
    let items = items(workspace);
    let width = items.iter().map(|item| item.name.len()).max().unwrap_or_default();
    for Item { name, needed_for, state } in &items {
        match state {
            Ok(found) => println!("ok       {name:width$}  {found}"),
            Err(remedy) => println!("missing  {name:width$}  for {needed_for}; {remedy}"),
        }
    }
    let missing = items.iter().filter(|item| item.state.is_err()).count();
    println!("{} of {} found", items.len() - missing, items.len());
}

fn items(workspace: &Workspace) -> Vec<Item> {
    let mut items = vec![
        program("cargo", "everything", "install Rust with rustup"),
        program("git", "tidy and test", "install git"),
        Item {
            name: "node".to_owned(),
            needed_for: "preview, demo, package and test",
            state: host_node::prepare().map(found_on_path).map_err(|error| format!("{error:#}")),
        },
        program(pages::NPM, "preview, package and test", "it comes with Node"),
        installed_packages(workspace),
        item(
            "OpenHarmony SDK",
            "ohos and package; on Linux a stand-in is made of packages",
            sdk::given_home().map(|home| home.display().to_string()),
            "install DevEco Studio 5.0.5, or let OHOS_NDK_HOME name an SDK's folder",
        ),
    ];
    items.extend(Abi::ALL.map(target));
    items.push(item(
        "hvigorw",
        "hap",
        deveco::hvigorw().map(|program| program.display().to_string()),
        "install DevEco Studio 5.0.5 or its command-line tools, and put their `bin` folder into PATH",
    ));
    if cfg!(target_os = "linux") {
        items.push(system_packages("compilers", "ohos without an SDK, and test", &clang::PACKAGES));
        items.push(system_packages("Debian's Rust", "ohos without rustup's targets, and test", &sdk::DEBIAN_RUST));
        items.push(system_packages("emulator", "demo --ohos and test", &[musl_node::EMULATOR_PACKAGE]));
        items.push(system_packages("browser", "test", &[preview::BROWSER_PACKAGE]));
        items.push(system_packages("peers", "test", &peers::PACKAGES));
    }
    items
}

fn item(name: &str, needed_for: &'static str, found: Option<String>, remedy: &str) -> Item {
    Item { name: name.to_owned(), needed_for, state: found.ok_or_else(|| remedy.to_owned()) }
}

fn program(name: &str, needed_for: &'static str, remedy: &str) -> Item {
    item(name, needed_for, output(command(name).arg("--version")).ok(), remedy)
}

fn found_on_path(program: &str) -> String {
    output(command(program).arg("--version")).unwrap_or_default()
}

fn target(abi: Abi) -> Item {
    let name = format!("Rust for {}", abi.folder());
    let target = abi.rust_target();
    let found = sdk::has_target(abi).then(|| target.clone());
    item(&name, "ohos with an SDK", found, &format!("run `rustup target add {target}`"))
}

fn installed_packages(workspace: &Workspace) -> Item {
    let folder = workspace.path("preview/node_modules");
    let found = folder.is_dir().then(|| folder.display().to_string());
    item("npm packages", "preview, package and test", found, "each of these installs them")
}

fn system_packages(name: &str, needed_for: &'static str, packages: &[&str]) -> Item {
    let remedy = format!("run `apt-get install {}`", packages.join(" "));
    item(name, needed_for, apt::are_installed(packages).then(|| packages.join(" ")), &remedy)
}
