//! Binding local ports: taking one over from connections that have ended, and from nothing else.
//!
//! With `SO_REUSEADDR` on both sockets, Linux lets one have the port of the other unless that one listens: the port of a
//! connection in TIME_WAIT, which is wanted, and that of a connected client, which is not. So a client also holds a
//! [`PortClaim`] while it has its port, and nobody takes a port over whose claim is held.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, SockAddr, Socket, Type};

/// Claim of a live client on its port: a Unix socket whose abstract name tells the port. The kernel frees it with the
/// process, however that ends.
#[derive(Debug)]
pub(crate) struct PortClaim {
    _socket: Socket,
}

impl PortClaim {
    /// Claims `port`.
    ///
    /// # Errors
    /// `EADDRINUSE` when another client has it, `EACCES` where the process may have no such sockets.
    fn new(port: u16) -> io::Result<Self> {
        let socket = Socket::new(Domain::UNIX, Type::DGRAM, None)?;
        socket.bind(&SockAddr::unix(format!("\0org.socketkit/tcp/{port}"))?)?;
        Ok(Self { _socket: socket })
    }
}

/// Binds a client's `socket` to `local`, and claims the port; `None`: it could not be claimed. A port whose connections
/// have ended is taken over if `takes_over`.
///
/// # Errors
/// `EADDRINUSE` when something live has the port; otherwise what the kernel said.
pub(crate) fn bind_client(socket: &Socket, local: SocketAddr, takes_over: bool) -> io::Result<Option<PortClaim>> {
    let claim = match socket.bind(&local.into()) {
        Ok(()) => {
            let bound = socket.local_addr()?.as_socket();
            bound.and_then(|bound| PortClaim::new(bound.port()).ok())
        }
        Err(error) if is_in_use(&error) && takes_over => {
            let claim = unclaimed(local.port())?;
            bind_over(socket, local)?;
            claim
        }
        Err(error) => return Err(error),
    };
    // As it is now, the kernel leaves it to who comes after this socket, also when the process is killed.
    socket.set_reuse_address(takes_over && claim.is_some())?;
    Ok(claim)
}

/// Binds another `socket` of a client to `local`, which it has bound before; `is_claimed`: and claimed.
///
/// # Errors
/// `EADDRINUSE` when something live has the port; otherwise what the kernel said.
pub(crate) fn bind_client_again(
    socket: &Socket,
    local: SocketAddr,
    takes_over: bool,
    is_claimed: bool,
) -> io::Result<()> {
    match socket.bind(&local.into()) {
        Err(error) if is_in_use(&error) && takes_over => bind_over(socket, local)?,
        result => result?,
    }
    socket.set_reuse_address(takes_over && is_claimed)
}

/// Binds a `socket` that will listen on `address`. A port whose connections have ended, or whose listener has, is taken
/// over if `takes_over`.
///
/// # Errors
/// `EADDRINUSE` when a listener or a client has the port; otherwise what the kernel said.
pub(crate) fn bind_listener(socket: &Socket, address: SocketAddr, takes_over: bool) -> io::Result<()> {
    match socket.bind(&address.into()) {
        Err(error) if is_in_use(&error) && takes_over => {
            let _claim = unclaimed(address.port())?;
            bind_over(socket, address)?;
        }
        result => result?,
    }
    socket.set_reuse_address(takes_over)
}

/// The claim on a port that no client has; `None` where there are no claims.
fn unclaimed(port: u16) -> io::Result<Option<PortClaim>> {
    match PortClaim::new(port) {
        Err(error) if is_in_use(&error) => Err(error),
        claim => Ok(claim.ok()),
    }
}

fn bind_over(socket: &Socket, local: SocketAddr) -> io::Result<()> {
    socket.set_reuse_address(true)?;
    socket.bind(&local.into())
}

fn is_in_use(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrInUse
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failure is the test's own")]

    use std::io::Read;
    use std::net::{Ipv4Addr, TcpListener, TcpStream};

    use socket2::Protocol;

    use super::*;

    fn new_socket() -> Socket {
        Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).unwrap()
    }

    /// A port of an address that no other test uses.
    fn any_port(host: u8) -> SocketAddr {
        (Ipv4Addr::new(127, 0, 77, host), 0).into()
    }

    struct Client {
        socket: Socket,
        local: SocketAddr,
        _claim: Option<PortClaim>,
    }

    impl Client {
        fn bind(local: SocketAddr) -> io::Result<Self> {
            let socket = new_socket();
            let _claim = bind_client(&socket, local, true)?;
            let local = socket.local_addr().unwrap().as_socket().unwrap();
            Ok(Self { socket, local, _claim })
        }

        fn connect(&self, listener: &TcpListener) -> TcpStream {
            self.socket.connect(&listener.local_addr().unwrap().into()).unwrap();
            listener.accept().unwrap().0
        }
    }

    /// An address from which a connection has just been closed, so that it is in TIME_WAIT.
    fn in_time_wait(host: u8) -> SocketAddr {
        let listener = TcpListener::bind(any_port(host)).unwrap();
        let client = Client::bind(any_port(host)).unwrap();
        let mut peer = client.connect(&listener);
        let local = client.local;
        drop(client);
        assert_eq!(peer.read(&mut [0]).unwrap(), 0);
        local
    }

    fn assert_in_use<T>(result: io::Result<T>) {
        assert_eq!(result.err().unwrap().kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn port_in_time_wait_is_taken_over_by_a_client_that_then_connects() {
        let local = in_time_wait(1);
        assert_in_use(new_socket().bind(&local.into()));
        let client = Client::bind(local).unwrap();
        client.connect(&TcpListener::bind(any_port(1)).unwrap());
    }

    #[test]
    fn port_in_time_wait_is_refused_without_take_over() {
        let local = in_time_wait(2);
        assert_in_use(bind_client(&new_socket(), local, false));
        assert_in_use(bind_listener(&new_socket(), local, false));
    }

    #[test]
    fn port_in_time_wait_is_taken_over_by_a_listener() {
        let local = in_time_wait(3);
        let socket = new_socket();
        bind_listener(&socket, local, true).unwrap();
        socket.listen(1).unwrap();
    }

    #[test]
    fn port_of_a_live_client_is_refused() {
        let listener = TcpListener::bind(any_port(4)).unwrap();
        let client = Client::bind(any_port(4)).unwrap();
        assert_in_use(Client::bind(client.local));
        assert_in_use(bind_listener(&new_socket(), client.local, true));
        let _peer = client.connect(&listener);
        assert_in_use(Client::bind(client.local));
        assert_in_use(bind_listener(&new_socket(), client.local, true));
    }

    #[test]
    fn port_of_a_listener_is_refused() {
        let socket = new_socket();
        bind_listener(&socket, any_port(5), true).unwrap();
        socket.listen(1).unwrap();
        let local = socket.local_addr().unwrap().as_socket().unwrap();
        assert_in_use(Client::bind(local));
    }

    #[test]
    fn client_without_a_claim_does_not_share_its_port_while_it_lives() {
        let free = Client::bind(any_port(6)).unwrap().local;
        let claim = PortClaim::new(free.port()).unwrap();
        let client = Client::bind(free).unwrap();
        assert!(!client.socket.reuse_address().unwrap());
        drop(claim);
        assert_in_use(Client::bind(free));
    }
}
