//! System packages of this machine, and packages of other Debian releases and architectures.

use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, bail};

use crate::command::{command, output, run, run_with_spinner, succeeds};

/// Serialises installations of parallel steps, because apt cannot run twice at a time.
static INSTALLING: Mutex<()> = Mutex::new(());

/// Installs the named system packages that are missing.
///
/// # Errors
///
/// When there is no apt, when this user may not install, or when apt fails. If rights are
/// missing, the message is the command to run.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    let turn = take_turn();
    let missing: Vec<&str> = packages.iter().copied().filter(|name| !is_installed(name)).collect();
    if missing.is_empty() { Ok(()) } else { upgrade_in(turn, &missing) }
}

/// Installs the newest version of the named system packages.
///
/// # Errors
///
/// As [`install`].
pub(crate) fn upgrade(packages: &[&str]) -> Result<()> {
    upgrade_in(take_turn(), packages)
}

fn take_turn() -> MutexGuard<'static, ()> {
    INSTALLING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn upgrade_in(_turn: MutexGuard<'_, ()>, packages: &[&str]) -> Result<()> {
    if !succeeds(command("apt-get").arg("--version")) {
        bail!("cannot install packages: apt-get not found; install {}", packages.join(" "));
    }
    println!("installing system packages: {}", packages.join(" "));
    let Some(prefix) = administrator() else {
        bail!(
            "system packages are missing or too old and only root can install them; run:\n  \
             apt-get update && apt-get install --no-install-recommends {}",
            packages.join(" ")
        );
    };
    run(apt_get(&prefix).arg("update"))?;
    run(apt_get(&prefix).args(["install", "--yes", "--no-install-recommends"]).args(packages))
        .context("cannot install system packages of Debian 12")
}

/// Downloads and unpacks packages of `suite` for `architecture`, without installing them.
///
/// Downloads are kept in `state` until all are unpacked, so that an interrupted run can be resumed.
///
/// # Errors
///
/// When the machine's apt names no Debian mirror, or when a download fails.
pub(crate) fn unpack(suite: &str, architecture: &str, packages: &[&str], state: &Path, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(state.join("lists/partial"))?;
    std::fs::create_dir_all(state.join("cache/archives/partial"))?;
    let keys = "/usr/share/keyrings/debian-archive-keyring.gpg";
    let line = format!("deb [signed-by={keys}] {} {suite} main\n", mirror()?);
    std::fs::write(state.join("sources.list"), line)?;
    println!("fetching {} ({suite}, {architecture})", packages.join(" "));
    run_with_spinner(
        "reading the lists of packages",
        private_apt_get(state, architecture).args(["--quiet", "update"]),
    )?;
    let mut download = private_apt_get(state, architecture);
    run_with_spinner("downloading", download.args(["--quiet", "download"]).args(packages).current_dir(state))?;
    for entry in std::fs::read_dir(state)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            run(command("dpkg-deb").arg("-x").arg(path).arg(folder))?;
        }
    }
    crate::prepared::remove(state)
}

/// Returns whether all of the system packages are installed.
pub(crate) fn are_installed(packages: &[&str]) -> bool {
    packages.iter().all(|name| is_installed(name))
}

fn is_installed(package: &str) -> bool {
    output(command("dpkg-query").args(["-W", "-f", "${db:Status-Status}", package]))
        .is_ok_and(|status| status == "installed")
}

/// Returns the prefix of a command that needs root, such as `sudo`.
/// `None` if this user cannot run it.
fn administrator() -> Option<Vec<&'static str>> {
    if output(command("id").arg("-u")).is_ok_and(|id| id == "0") {
        return Some(Vec::new());
    }
    succeeds(command("sudo").args(["-n", "true"])).then(|| vec!["sudo", "-n"])
}

fn apt_get(prefix: &[&str]) -> Command {
    let mut words = prefix.iter().chain(&["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    let mut command = command(words.next().copied().unwrap_or("env"));
    command.args(words);
    command
}

/// Returns the URL of this machine's Debian mirror.
fn mirror() -> Result<String> {
    let format = "$(ORIGIN) $(LABEL) $(REPO_URI)";
    let targets = output(command("apt-get").args(["indextargets", "--format", format]))?;
    main_mirror(&targets).context("no Debian mirror in apt's lists: run `apt-get update` as root")
}

fn main_mirror(targets: &str) -> Option<String> {
    targets.lines().find_map(|line| line.strip_prefix("Debian Debian ")).map(str::to_owned)
}

/// Returns an `apt-get` with its own lists, cache and sources, for one architecture.
fn private_apt_get(state: &Path, architecture: &str) -> Command {
    let mut apt = command("apt-get");
    let folders = [("Dir::Etc::SourceList", "sources.list"), ("Dir::State::Lists", "lists"), ("Dir::Cache", "cache")];
    for (option, name) in folders {
        apt.arg("-o").arg(format!("{option}={}", state.join(name).display()));
    }
    for option in [
        "Dir::Etc::SourceParts=/dev/null".to_owned(),
        "Dir::State::Status=/dev/null".to_owned(),
        "APT::Sandbox::User=".to_owned(),
        "Acquire::Languages=none".to_owned(),
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false".to_owned(),
        format!("APT::Architecture={architecture}"),
        format!("APT::Architectures={architecture}"),
    ] {
        apt.args(["-o", &option]);
    }
    apt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_that_of_the_release_and_not_of_security_updates_or_others() {
        let targets = "Debian Debian-Security mirror://security/\n\
                       Other Other mirror://other/\n\
                       Debian Debian mirror://main/\n";
        assert_eq!(main_mirror(targets).as_deref(), Some("mirror://main/"));
        assert_eq!(main_mirror("Other Other mirror://other/\n"), None);
    }

    #[test]
    fn without_rights_of_its_own_apt_runs_through_sudo() {
        let line = crate::command::line(&apt_get(&["sudo", "-n"]));
        assert!(line.starts_with("sudo -n env "), "{line}");
    }
}
