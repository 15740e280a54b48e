//! Runs a program without permission for network sockets, like an app without the permission.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result};
use rustix::net::AddressFamily;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// Replaces this process by `program`.
/// Its internet sockets, and those of its children, fail with `errno`.
///
/// # Errors
///
/// When the kernel rejects the filter, or the program cannot be started. Otherwise it does not return.
pub(crate) fn run_without(errno: u32, program: &[OsString]) -> Result<()> {
    let (name, arguments) = program.split_first().context("no program is named")?;
    seccompiler::apply_filter(&filter(errno)?)?;
    Err(Command::new(name).args(arguments).exec()).with_context(|| format!("cannot start {}", name.display()))
}

fn filter(errno: u32) -> Result<BpfProgram> {
    let refused = [AddressFamily::INET, AddressFamily::INET6].map(|family| {
        let family = u64::from(family.as_raw());
        let is_asked_for = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, family)?;
        SeccompRule::new(vec![is_asked_for])
    });
    let rules = refused.into_iter().collect::<Result<Vec<_>, _>>()?;
    let (otherwise, then) = (SeccompAction::Allow, SeccompAction::Errno(errno));
    let machine = std::env::consts::ARCH.try_into()?;
    let filter = SeccompFilter::new(BTreeMap::from([(libc::SYS_socket, rules)]), otherwise, then, machine)?;
    Ok(filter.try_into()?)
}
