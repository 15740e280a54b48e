//! Resets the TCP connections of another process, as a phone may do when it suspends an app.

use std::fs;
use std::os::fd::{OwnedFd, RawFd};

use anyhow::{Context, Result};
use rustix::net::{AddressFamily, SocketType, connect_unspec, getpeername, sockopt};
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

/// Resets every TCP connection of a process and returns their number.
///
/// Listening sockets and descriptors stay: the process detects the reset when it uses them.
///
/// # Errors
///
/// When there is no such process, or this user may not access it.
pub(crate) fn reset(pid: i32) -> Result<usize> {
    let process = Pid::from_raw(pid).context("a process has a positive number")?;
    let handle = pidfd_open(process, PidfdFlags::empty()).with_context(|| format!("no process with id {pid}"))?;
    let mut count = 0;
    for descriptor in descriptors(pid)? {
        let copy = pidfd_getfd(&handle, descriptor, PidfdGetfdFlags::empty())
            .with_context(|| format!("cannot read descriptors of process {pid}"))?;
        if is_tcp_connection(&copy) {
            connect_unspec(&copy).context("cannot reset a connection")?;
            count += 1;
        }
    }
    Ok(count)
}

/// Returns copies of the socket descriptors of a process.
fn descriptors(pid: i32) -> Result<Vec<RawFd>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(format!("/proc/{pid}/fd"))? {
        let entry = entry?;
        let is_socket = fs::read_link(entry.path()).is_ok_and(|target| target.to_string_lossy().starts_with("socket:"));
        if let (true, Ok(descriptor)) = (is_socket, entry.file_name().to_string_lossy().parse()) {
            found.push(descriptor);
        }
    }
    Ok(found)
}

fn is_tcp_connection(socket: &OwnedFd) -> bool {
    let is_internet = |family| family == AddressFamily::INET || family == AddressFamily::INET6;
    sockopt::socket_type(socket).is_ok_and(|kind| kind == SocketType::STREAM)
        && sockopt::socket_domain(socket).is_ok_and(is_internet)
        && getpeername(socket).is_ok()
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read};
    use std::net::{TcpListener, TcpStream};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn the_other_end_sees_a_reset_and_the_listener_stays() -> Result<()> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let connection = TcpStream::connect(listener.local_addr()?)?;
        let (mut peer, _) = listener.accept()?;
        // The child has the connection as standard input.
        let mut child = Command::new("sleep").arg("60").stdin(Stdio::from(OwnedFd::from(connection))).spawn()?;

        let count = reset(i32::try_from(child.id())?);

        child.kill()?;
        child.wait()?;
        assert_eq!(count?, 1);
        let error = peer.read(&mut [0]).map_err(|error| error.kind());
        assert_eq!(error, Err(ErrorKind::ConnectionReset));
        TcpStream::connect(listener.local_addr()?)?;
        Ok(())
    }

    #[test]
    fn a_process_that_is_not_there_is_named() {
        let error = reset(i32::MAX).map_err(|error| error.to_string());
        assert!(error.is_err_and(|text| text.contains(&i32::MAX.to_string())));
    }
}
