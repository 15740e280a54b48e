//! Raw sockets for the other side. Each of their calls fails when it takes longer than the deadline.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

use crate::events::DEADLINE;

/// Receive buffer of a peer that is going to stall. Small beside what the tests send; the kernel's own choice may be
/// larger than all of it.
const STALLING_RECEIVE_BUFFER_BYTES: usize = 256 * 1024;

/// Where the kernel chooses the port.
pub(crate) const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// An address that nobody else uses, so that a port of it that is free for a moment stays so; the kernel chooses the port.
pub(crate) fn own_address() -> SocketAddr {
    static NUMBER: AtomicU8 = AtomicU8::new(1);
    let [.., process_high, process_low] = std::process::id().to_be_bytes();
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    // From 127.128.0.0 on, where nothing else is.
    SocketAddr::new(Ipv4Addr::new(127, process_high | 0x80, process_low, number).into(), 0)
}

/// An address of a network that is reserved for documentation, so of no machine.
pub(crate) const OTHER_MACHINE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 0);

/// Connects to `address`.
pub(crate) fn dial(address: SocketAddr) -> TcpStream {
    dial_with(new_socket(), address)
}

/// Connects to `address` with room for few bytes, so that a sender soon has to wait.
pub(crate) fn dial_stalling(address: SocketAddr) -> TcpStream {
    let socket = new_socket();
    socket.set_recv_buffer_size(STALLING_RECEIVE_BUFFER_BYTES).unwrap();
    dial_with(socket, address)
}

fn dial_with(socket: Socket, address: SocketAddr) -> TcpStream {
    socket.connect_timeout(&address.into(), DEADLINE).unwrap();
    with_deadline(socket.into())
}

/// A new TCP socket without any option.
pub(crate) fn new_socket() -> Socket {
    Socket::new(Domain::IPV4, Type::STREAM, None).unwrap()
}

/// A socket that holds a port on which nobody listens.
pub(crate) fn deaf_socket() -> (Socket, SocketAddr) {
    let socket = new_socket();
    socket.bind(&ANY_PORT.into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    (socket, address)
}

/// Listens on a port of the kernel's choice.
pub(crate) fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    SockRef::from(&listener).set_read_timeout(Some(DEADLINE)).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// A listener that answers nobody any more: its backlog is full.
pub(crate) struct FullListener {
    pub(crate) address: SocketAddr,
    _listener: Socket,
    _waiting: TcpStream,
}

impl FullListener {
    pub(crate) fn new() -> Self {
        let (listener, address) = deaf_socket();
        // A backlog of none still has room for one.
        listener.listen(0).unwrap();
        Self { address, _waiting: dial(address), _listener: listener }
    }
}

/// Listens on a port of the kernel's choice; its connections have room for few bytes.
pub(crate) fn listen_stalling() -> (TcpListener, SocketAddr) {
    let (listener, address) = listen();
    SockRef::from(&listener).set_recv_buffer_size(STALLING_RECEIVE_BUFFER_BYTES).unwrap();
    (listener, address)
}

/// Takes one connection.
pub(crate) fn accept(listener: &TcpListener) -> TcpStream {
    let (peer, _) = listener.accept().expect("nobody connected in time");
    with_deadline(peer)
}

fn with_deadline(peer: TcpStream) -> TcpStream {
    peer.set_read_timeout(Some(DEADLINE)).unwrap();
    peer.set_write_timeout(Some(DEADLINE)).unwrap();
    peer
}

/// Writes everything and says FIN; the peer can still read.
pub(crate) fn write_and_end(mut peer: &TcpStream, data: &[u8]) {
    peer.write_all(data).expect("nobody reads");
    peer.shutdown(Shutdown::Write).unwrap();
}

/// Reads exactly `size_bytes`.
pub(crate) fn read_bytes(mut peer: &TcpStream, size_bytes: usize) -> Vec<u8> {
    let mut data = vec![0; size_bytes];
    peer.read_exact(&mut data).expect("the peer did not get every byte");
    data
}

/// Reads up to the FIN.
pub(crate) fn read_to_end(mut peer: &TcpStream) -> Vec<u8> {
    let mut data = Vec::new();
    peer.read_to_end(&mut data).expect("the peer got no FIN after the data");
    data
}

/// Whether a FIN arrives, with nothing before it, in at most `limit`.
pub(crate) fn ends_within(mut peer: &TcpStream, limit: Duration) -> bool {
    peer.set_read_timeout(Some(limit)).unwrap();
    matches!(peer.read(&mut [0]), Ok(0))
}

/// Ends the connection with a RST.
pub(crate) fn reset(peer: TcpStream) {
    SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
    drop(peer);
}

/// Waits for the other side to reset or end the connection, whatever it sent before.
pub(crate) fn wait_for_end(mut peer: &TcpStream) {
    let mut scratch = [0; 4096];
    loop {
        match peer.read(&mut scratch) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                panic!("the connection never ended")
            }
            Err(_) => return,
        }
    }
}

/// Numbers in a row, which start elsewhere for each `seed`: bytes that are missing, doubled or swapped show.
pub(crate) fn pattern(seed: u32, size_bytes: usize) -> Vec<u8> {
    let mut data = Vec::with_capacity(size_bytes + 4);
    let mut number = seed.wrapping_mul(0x9E37_79B9);
    while data.len() < size_bytes {
        data.extend_from_slice(&number.to_le_bytes());
        number = number.wrapping_add(1);
    }
    data.truncate(size_bytes);
    data
}

/// Compares without printing megabytes.
pub(crate) fn assert_same_bytes(got: &[u8], wanted: &[u8]) {
    assert_eq!(got.len(), wanted.len(), "number of bytes");
    assert!(got == wanted, "other bytes, or in another order");
}
