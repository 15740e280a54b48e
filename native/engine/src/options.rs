//! Making sockets with the options that every socket of this kit has.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::limits::LISTEN_BACKLOG_CONNECTIONS;

/// A listening socket on `address`. Takes a port over from connections in TIME_WAIT, but never one that is in use.
/// Needs the runtime's context.
pub(crate) fn listening_socket(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = new_socket(address)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(LISTEN_BACKLOG_CONNECTIONS)?;
    TcpListener::from_std(socket.into())
}

/// A client socket bound to `local`.
pub(crate) fn bound_socket(local: SocketAddr) -> io::Result<Socket> {
    let socket = new_socket(local)?;
    socket.bind(&local.into())?;
    Ok(socket)
}

/// A client socket that the kernel gives a local address when it connects to `peer`.
pub(crate) fn unbound_socket(peer: SocketAddr) -> io::Result<Socket> {
    new_socket(peer)
}

/// Connects `socket`. Dropping the future closes it.
pub(crate) async fn connect(socket: Socket, peer: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpSocket::from_std_stream(socket.into()).connect(peer).await?;
    prepare(&stream)?;
    Ok(stream)
}

/// Sets what every connection has. Small messages leave at once: `TCP_NODELAY` is on.
pub(crate) fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)
}

fn new_socket(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}
