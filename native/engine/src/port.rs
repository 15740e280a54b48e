//! Binds local ports: reuses those of ended connections only.
//!
//! With `SO_REUSEADDR` on both sockets, Linux lets one bind the port of the other unless the other listens. This covers the port of a
//! connection in TIME_WAIT, which is wanted, and that of a connected client, which is not. The kernel copies the option to TIME_WAIT
//! when the socket is closed, also when the process is killed, so a live client must have it. While the client lives, its
//! [`PortClaim`] keeps others off the port.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::sync::Mutex;

use socket2::{Domain, Protocol, Socket, Type};

use crate::sync::lock;

/// Held while a claim has `SO_REUSEADDR`: its port is not guarded meanwhile.
static BINDING: Mutex<()> = Mutex::new(());

/// Claim of a live client on its port.
///
/// A second socket, bound to the same address without `SO_REUSEADDR` and never connected, which listens for a moment and accepts
/// nothing. No other socket can bind the address until it is closed, and it leaves no TIME_WAIT behind. The kernel closes it when the
/// process ends, for whatever reason.
#[derive(Debug)]
pub(crate) struct PortClaim {
    socket: Socket,
}

impl PortClaim {
    /// Claims the port of `bound`, which has `SO_REUSEADDR`.
    ///
    /// # Errors
    /// `EADDRINUSE` when another process claims the port; otherwise the kernel's error: `EMFILE`, …
    fn new(bound: &Socket) -> io::Result<Self> {
        let claim = Self::open(bound)?;
        claim.guard()?;
        Ok(claim)
    }

    /// Creates a claim that does not guard the port yet.
    fn open(bound: &Socket) -> io::Result<Self> {
        let local = bound.local_addr()?;
        let socket = Socket::new(Domain::from(i32::from(local.family())), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        socket.bind(&local)?;
        Ok(Self { socket })
    }

    /// Guards the port against all other sockets.
    ///
    /// Of sockets that share a port, only one can start to listen: this decides between processes that bind it at the same time.
    ///
    /// # Errors
    /// `EADDRINUSE` when another process claims the port; otherwise the kernel's error.
    fn guard(&self) -> io::Result<()> {
        let listening = self.socket.listen(0);
        self.socket.set_reuse_address(false)?;
        listening?;
        // Stops listening; the socket stays bound.
        self.socket.shutdown(Shutdown::Read)
    }

    /// Binds another `socket` of the client to the claimed address.
    ///
    /// # Errors
    /// `EINVAL` when it is bound, `EADDRINUSE` when another process claims the port; otherwise the kernel's error.
    fn bind_beside(&self, socket: &Socket) -> io::Result<()> {
        let _alone = lock(&BINDING);
        socket.set_reuse_address(true)?;
        self.socket.set_reuse_address(true)?;
        let bound = self.socket.local_addr().and_then(|local| socket.bind(&local));
        let guarded = self.guard();
        bound.and(guarded)
    }
}

/// Binds a client's `socket` to `local`, and claims the port.
///
/// Returns `None` if the port could not be claimed, or need not be because the socket does not allow reuse. With `takes_over`, a port of
/// ended connections is reused.
///
/// # Errors
/// `EADDRINUSE` when a live socket has the port, also when another process has bound or claimed it meanwhile; otherwise the kernel's
/// error.
pub(crate) fn bind_client(socket: &Socket, local: SocketAddr, takes_over: bool) -> io::Result<Option<PortClaim>> {
    let _alone = lock(&BINDING);
    bind(socket, local, takes_over)?;
    if !takes_over {
        return Ok(None);
    }
    socket.set_reuse_address(true)?;
    let claim = claim(socket)?;
    socket.set_reuse_address(claim.is_some())?;
    Ok(claim)
}

/// Claims the port of `bound`; returns `None` if there is no descriptor for it.
///
/// # Errors
/// `EADDRINUSE` when a client of another process, which bound the port at the same time, has claimed it.
fn claim(bound: &Socket) -> io::Result<Option<PortClaim>> {
    match PortClaim::new(bound) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(error),
        claim => Ok(claim.ok()),
    }
}

/// Binds another `socket` of a client to `local`, which it has bound before, with `claim`.
///
/// # Errors
/// `EADDRINUSE` when a live socket has the port; `EINVAL` when the socket is bound; otherwise the kernel's error.
pub(crate) fn bind_client_again(socket: &Socket, local: SocketAddr, claim: Option<&PortClaim>) -> io::Result<()> {
    match claim {
        Some(claim) => claim.bind_beside(socket),
        None => {
            socket.bind(&local.into())?;
            socket.set_reuse_address(false)
        }
    }
}

/// Binds a `socket` that will listen on `address`.
///
/// With `takes_over`, a port of ended connections or of an ended listener is reused.
///
/// # Errors
/// `EADDRINUSE` when a listener or a client has the port; otherwise the kernel's error.
pub(crate) fn bind_listener(socket: &Socket, address: SocketAddr, takes_over: bool) -> io::Result<()> {
    let _alone = lock(&BINDING);
    bind(socket, address, takes_over)?;
    socket.set_reuse_address(takes_over)
}

/// Binds without `SO_REUSEADDR` first.
/// The kernel skips its checks of a port that was first bound with it.
fn bind(socket: &Socket, local: SocketAddr, takes_over: bool) -> io::Result<()> {
    match socket.bind(&local.into()) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && takes_over => {
            socket.set_reuse_address(true)?;
            socket.bind(&local.into())
        }
        result => result,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failure is the test's own")]

    use std::io::Read;
    use std::net::{Ipv4Addr, TcpListener, TcpStream};

    use super::*;

    fn new_socket() -> Socket {
        Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).unwrap()
    }

    /// Returns a port of an address that no other test uses.
    fn any_port(host: u8) -> SocketAddr {
        (Ipv4Addr::new(127, 0, 77, host), 0).into()
    }

    struct Client {
        socket: Socket,
        local: SocketAddr,
        claim: Option<PortClaim>,
    }

    impl Client {
        fn bind(local: SocketAddr) -> io::Result<Self> {
            let socket = new_socket();
            let claim = bind_client(&socket, local, true)?;
            let local = socket.local_addr().unwrap().as_socket().unwrap();
            Ok(Self { socket, local, claim })
        }

        fn connect(&self, listener: &TcpListener) -> TcpStream {
            self.socket.connect(&listener.local_addr().unwrap().into()).unwrap();
            listener.accept().unwrap().0
        }
    }

    /// Returns an address with a connection in TIME_WAIT.
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
    fn port_that_two_processes_bind_at_once_is_claimed_by_one() {
        let local = in_time_wait(11);
        let [first, second] = [new_socket(), new_socket()];
        for socket in [&first, &second] {
            socket.set_reuse_address(true).unwrap();
            socket.bind(&local.into()).unwrap();
        }
        let claims = [&first, &second].map(|socket| PortClaim::open(socket).unwrap());
        claims[0].guard().unwrap();
        assert_in_use(claims[1].guard());
        assert_in_use(claim(&second));
    }

    #[test]
    fn port_that_another_process_claims_while_a_client_binds_again_stays_that_of_one() {
        let client = Client::bind(any_port(12)).unwrap();
        let claim = client.claim.as_ref().unwrap();
        claim.socket.set_reuse_address(true).unwrap();
        let other = new_socket();
        other.set_reuse_address(true).unwrap();
        other.bind(&client.local.into()).unwrap();
        let _other_claim = PortClaim::new(&other).unwrap();
        assert_in_use(claim.guard());
    }

    #[test]
    fn claim_accepts_no_connection() {
        let client = Client::bind(any_port(13)).unwrap();
        assert_eq!(TcpStream::connect(client.local).unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
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
        let socket = new_socket();
        let local = any_port(6);
        assert!(bind_client(&socket, local, false).unwrap().is_none());
        assert!(!socket.reuse_address().unwrap());
        assert_in_use(Client::bind(socket.local_addr().unwrap().as_socket().unwrap()));
    }

    #[test]
    fn clients_at_different_addresses_have_the_same_port_and_the_unspecified_address_conflicts_with_both() {
        let first = Client::bind(any_port(7)).unwrap();
        let port = first.local.port();
        let second = Client::bind((Ipv4Addr::new(127, 0, 77, 8), port).into()).unwrap();
        assert_eq!(second.local.port(), port);
        assert_in_use(Client::bind((Ipv4Addr::UNSPECIFIED, port).into()));
        assert_in_use(bind_listener(&new_socket(), (Ipv4Addr::UNSPECIFIED, port).into(), true));
    }

    #[test]
    fn client_that_has_ended_keeps_nothing_of_its_claim() {
        let listener = TcpListener::bind(any_port(9)).unwrap();
        let client = Client::bind(any_port(9)).unwrap();
        let _peer = client.connect(&listener);
        let local = client.local;
        drop(client);
        // The peer has not closed: the port is in FIN_WAIT.
        assert_in_use(new_socket().bind(&local.into()));
        Client::bind(local).unwrap();
    }

    #[test]
    fn client_binds_another_socket_beside_its_claim_and_nobody_else_does() {
        let listener = TcpListener::bind(any_port(10)).unwrap();
        let mut client = Client::bind(any_port(10)).unwrap();
        let _peer = client.connect(&listener);
        let next = new_socket();
        bind_client_again(&next, client.local, client.claim.as_ref()).unwrap();
        client.socket = next;
        assert_in_use(Client::bind(client.local));
        client.connect(&TcpListener::bind(any_port(10)).unwrap());
        assert_in_use(Client::bind(client.local));
    }
}
