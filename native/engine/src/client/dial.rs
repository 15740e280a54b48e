//! Connects a socket to one of the addresses of a host: RFC 8305 ("Happy Eyeballs").

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::local_endpoint::LocalEndpoint;
use super::resolver::Resolver;
use crate::address::{Host, NetAddress};
use crate::error::{Operation, SocketError};
use crate::limits;

/// A connected stream and the address of its peer.
type Dialled = (TcpStream, SocketAddr);

/// Resolves `host` and connects to the first of its addresses that answers.
///
/// # Cancel safety
/// A cancelled connect closes its sockets.
pub(super) async fn dial(endpoint: LocalEndpoint, host: &Host) -> Result<Dialled, SocketError> {
    let peers = match host {
        Host::Address(address) => vec![*address],
        Host::Name(name) => look_up(name).await?,
    };
    dial_any(endpoint, peers).await
}

/// Connects to the first of `peers` that answers. The error is that of the last one to fail.
pub(super) async fn dial_any(endpoint: LocalEndpoint, peers: Vec<SocketAddr>) -> Result<Dialled, SocketError> {
    let peers = in_order(&endpoint, peers);
    // A local port allows one attempt at a time.
    if endpoint.bound.is_some() || peers.len() < 2 {
        dial_in_turn(endpoint, peers).await
    } else {
        race(endpoint, peers).await
    }
}

async fn dial_in_turn(endpoint: LocalEndpoint, peers: Vec<SocketAddr>) -> Result<Dialled, SocketError> {
    let mut last = no_address();
    for peer in peers {
        match dial_one(endpoint.clone(), peer).await {
            Ok(dialled) => return Ok(dialled),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Starts the next attempt when the previous one has failed, or after a delay.
async fn race(endpoint: LocalEndpoint, peers: Vec<SocketAddr>) -> Result<Dialled, SocketError> {
    let mut peers = peers.into_iter();
    let mut attempts = JoinSet::new();
    let mut last = no_address();
    loop {
        match peers.next() {
            Some(peer) => drop(attempts.spawn(dial_one(endpoint.clone(), peer))),
            None if attempts.is_empty() => return Err(last),
            None => {}
        }
        tokio::select! {
            Some(done) = attempts.join_next() => match done {
                Ok(Ok(dialled)) => return Ok(dialled),
                Ok(Err(error)) => last = error,
                // A panic, which was reported already.
                Err(_) => {}
            },
            () = sleep(limits::NEXT_ADDRESS_DELAY), if peers.len() > 0 => {}
        }
    }
}

fn no_address() -> SocketError {
    SocketError::new(Operation::Connect, None, libc::EADDRNOTAVAIL)
}

/// Returns the addresses that the local endpoint can reach, alternating families.
///
/// A family without a route costs one attempt.
fn in_order(endpoint: &LocalEndpoint, peers: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let Some(first) = peers.first().copied() else { return peers };
    if let Some(local) = endpoint.local() {
        let (fitting, others): (Vec<_>, Vec<_>) = peers.into_iter().partition(|peer| peer.is_ipv4() == local.is_ipv4());
        // If none fits, the kernel's error gives the reason.
        return if fitting.is_empty() { others } else { fitting };
    }
    let (preferred, others): (Vec<_>, Vec<_>) = peers.into_iter().partition(|peer| peer.is_ipv4() == first.is_ipv4());
    let (mut preferred, mut others) = (preferred.into_iter(), others.into_iter());
    let turns = std::iter::from_fn(|| {
        let turn = [preferred.next(), others.next()];
        turn.iter().any(Option::is_some).then_some(turn)
    });
    turns.flatten().flatten().collect()
}

async fn dial_one(endpoint: LocalEndpoint, peer: SocketAddr) -> Result<Dialled, SocketError> {
    let failed = |error: io::Error| SocketError::from_io(Operation::Connect, peer, &error);
    let stream = endpoint.connect(peer).await.map_err(failed)?;
    if !endpoint.has_chosen_port() && is_its_own_peer(&stream, peer) {
        // Reset, because a FIN would leave the port in TIME_WAIT.
        let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
        return Err(SocketError::new(Operation::Connect, peer, libc::ECONNREFUSED));
    }
    // The kernel connects 0.0.0.0 to this machine. With TCP Fast Open there is no peer before the first byte.
    let peer = stream.peer_addr().unwrap_or(peer);
    Ok((stream, peer))
}

/// Returns whether the socket is connected to itself, or will be with TCP Fast Open.
///
/// This happens if the port has no listener and the kernel chooses it as the local port.
fn is_its_own_peer(stream: &TcpStream, target: SocketAddr) -> bool {
    let Ok(local) = stream.local_addr() else { return false };
    match stream.peer_addr() {
        Ok(peer) => local == peer,
        // The kernel connects 0.0.0.0 to this machine.
        Err(_) if target.ip().is_unspecified() => local.ip().is_loopback() && local.port() == target.port(),
        Err(_) => local == target,
    }
}

/// Returns the addresses of `name` in the requested families.
///
/// `localhost` always has both loopback addresses.
async fn look_up(name: &NetAddress) -> Result<Vec<SocketAddr>, SocketError> {
    if name.is_localhost() {
        return Ok(vec![(Ipv4Addr::LOCALHOST, name.port).into(), (Ipv6Addr::LOCALHOST, name.port).into()]);
    }
    let failed = |errno| SocketError::new(Operation::Connect, None, errno);
    let found = Resolver::system().look_up(&name.address).await.map_err(failed)?;
    let fitting = found.iter().filter(|address| name.admits(address.ip()));
    let peers: Vec<SocketAddr> = fitting.map(|address| with_port(*address, name.port)).collect();
    if peers.is_empty() { Err(failed(libc::EADDRNOTAVAIL)) } else { Ok(peers) }
}

fn with_port(mut address: SocketAddr, port: u16) -> SocketAddr {
    address.set_port(port);
    address
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use std::sync::Arc;

    use socket2::Socket;
    use tokio::net::TcpListener;
    use tokio::time::Instant;

    use super::*;
    use crate::client::bound::Bound;
    use crate::options::{SocketOptions, bound_socket};

    fn endpoint(local: Option<SocketAddr>) -> LocalEndpoint {
        let options = SocketOptions::default();
        LocalEndpoint { bound: local.map(|local| Arc::new(Bound::new(local, &options).unwrap())), options }
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    /// Returns a bound port without a listener.
    fn deaf(at: &str) -> (Socket, SocketAddr) {
        let (socket, _) = bound_socket(address(at), &SocketOptions::default()).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        (socket, address)
    }

    /// Returns a port with a full backlog: the kernel drops further SYNs.
    async fn silent() -> (Socket, TcpStream, SocketAddr) {
        let (socket, address) = deaf("127.0.0.1:0");
        socket.listen(0).unwrap();
        let taken = TcpStream::connect(address).await.unwrap();
        (socket, taken, address)
    }

    #[test]
    fn address_families_alternate_and_a_bound_client_uses_its_own() {
        let all = ["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"].map(address).to_vec();
        let sorted = |local: Option<&str>, peers: &[SocketAddr]| {
            in_order(&endpoint(local.map(address)), peers.to_vec())
                .iter()
                .map(|peer| peer.ip().to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(sorted(None, &all), ["::1", "1.1.1.1", "::2", "2.2.2.2", "::3"]);
        assert_eq!(sorted(None, &all[3..]), ["1.1.1.1", "2.2.2.2"]);
        assert_eq!(sorted(Some("127.0.0.1:0"), &all), ["1.1.1.1", "2.2.2.2"]);
        assert_eq!(sorted(Some("127.0.0.1:0"), &all[..3]), ["::1", "::2", "::3"]);
        assert_eq!(sorted(None, &[]), [""; 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn connects_to_the_first_address_that_does_not_refuse_without_delay() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = listener.local_addr().unwrap();
        let ((_one, first), (_two, second)) = (deaf("127.0.0.1:0"), deaf("[::1]:0"));
        let start = Instant::now();
        let (_stream, peer) = dial_any(endpoint(None), vec![first, second, here]).await.unwrap();
        assert_eq!((peer, start.elapsed()), (here, Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn unanswered_address_delays_the_next_one_briefly() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = listener.local_addr().unwrap();
        let (_socket, _taken, silent) = silent().await;
        let start = Instant::now();
        let (_stream, peer) = dial_any(endpoint(None), vec![silent, silent, here]).await.unwrap();
        assert_eq!(peer, here);
        assert_eq!(start.elapsed().as_millis() / 10, 2 * limits::NEXT_ADDRESS_DELAY.as_millis() / 10);
    }

    #[tokio::test]
    async fn unconnected_socket_bound_to_the_target_would_connect_to_itself() {
        for (at, any) in [("127.0.0.1:0", "0.0.0.0:0"), ("[::1]:0", "[::]:0")] {
            // As with TCP Fast Open, which sends no SYN before the first byte.
            let (socket, local) = deaf(at);
            socket.set_nonblocking(true).unwrap();
            let stream = TcpStream::from_std(socket.into()).unwrap();
            let (same, next) = (local.port(), local.port() ^ 1);
            for (expected, target) in [
                (true, local),
                (true, with_port(address(any), same)),
                (false, with_port(local, next)),
                (false, with_port(address(any), next)),
                (false, with_port(address("192.0.2.1:0"), same)),
            ] {
                assert_eq!(is_its_own_peer(&stream, target), expected, "{local} and {target}");
            }
        }
    }

    #[tokio::test]
    async fn connect_that_all_addresses_refuse_fails_with_the_last_error() {
        let ((_one, first), (_two, second)) = (deaf("127.0.0.1:0"), deaf("127.0.0.1:0"));
        let error = dial_any(endpoint(None), vec![first, second]).await.unwrap_err();
        assert_eq!((error.address, error.errno), (Some(second), libc::ECONNREFUSED));
    }

    #[tokio::test]
    async fn bound_client_tries_addresses_in_turn_from_its_port() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = listener.local_addr().unwrap();
        let (_one, refusing) = deaf("127.0.0.1:0");
        let bound = endpoint(Some(address("127.0.0.1:0")));
        let local = bound.local().unwrap();
        let (stream, peer) = dial_any(bound, vec![refusing, address("[::1]:1"), here]).await.unwrap();
        assert_eq!((stream.local_addr().unwrap(), peer), (local, here));
    }
}
