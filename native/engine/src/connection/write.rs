//! The ways of writing to a connection's socket.

use std::io::{self, IoSlice};
use std::net::TcpStream;

use socket2::SockRef;

use crate::counts::count_system_call;

/// A peer that is gone must give an error, never a SIGPIPE in somebody else's process.
const SEND_FLAGS: i32 = libc::MSG_NOSIGNAL;

/// Sends as much of `parts`, in order, as the kernel takes now; nothing when it takes none.
pub(super) fn send(stream: &TcpStream, parts: [&[u8]; 3]) -> io::Result<usize> {
    let [head, data, tail] = parts;
    let slices = parts.map(IoSlice::new);
    let call = || match (head.is_empty(), tail.is_empty()) {
        (true, true) => SockRef::from(stream).send_with_flags(data, SEND_FLAGS).map_err(not_yet),
        _ => SockRef::from(stream).send_vectored_with_flags(&slices, SEND_FLAGS).map_err(not_yet),
    };
    if parts.iter().all(|part| part.is_empty()) {
        return Ok(0);
    }
    loop {
        count_system_call();
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(0),
            sent => return sent,
        }
    }
}

/// Sends as much of `slices`, in order, as the kernel takes now.
pub(super) fn send_vectored(stream: &TcpStream, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    count_system_call();
    SockRef::from(stream).send_vectored_with_flags(slices, SEND_FLAGS).map_err(not_yet)
}

/// With TCP Fast Open the first send connects.
///
/// When it cannot take bytes along after all, they go out once it has.
fn not_yet(error: io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(libc::EINPROGRESS) => io::ErrorKind::WouldBlock.into(),
        _ => error,
    }
}
