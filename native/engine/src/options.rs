//! Socket options, and sockets with the options that all sockets have.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::io::Interest;

use crate::error::{NetworkForbidden, Operation, SocketError};
use crate::limits::LISTEN_BACKLOG_CONNECTIONS;
use crate::port::{self, PortClaim};
use crate::runtime;

/// Maximum of `TCP_KEEPIDLE` and `TCP_KEEPINTVL` on Linux.
const KEEP_ALIVE_MAX_SECONDS: u32 = 32_767;

/// Maximum of `TCP_KEEPCNT` on Linux.
const KEEP_ALIVE_MAX_COUNT: u32 = 127;

/// Longest linger time that is safe at any clock rate of the kernel.
/// Longer ones overflow, even to 0.
const LINGER_MAX_SECONDS: u64 = 1_000_000;

/// Socket options to set; `None` leaves an option unchanged.
///
/// Values outside of the kernel's range are clamped.
///
/// ```
/// use std::sync::Arc;
/// use socket_engine::{Server, ServerOptions, SocketOptions};
/// # use socket_engine::{EventSink, OperationId, ServerEvent, SocketError};
/// # struct Ignore;
/// # impl EventSink<ServerEvent> for Ignore {
/// #     fn post(&self, _: ServerEvent) {}
/// #     fn complete(&self, _: OperationId, _: Result<(), SocketError>) {}
/// # }
///
/// let server = Server::new(Arc::new(Ignore), ServerOptions::default());
/// server.listen(([127, 0, 0, 1], 0).into())?;
// Applies to open and to later connections.
/// server.set_options(SocketOptions { keep_alive: Some(true), ..SocketOptions::default() })?;
/// # Ok::<(), SocketError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SocketOptions {
    /// `SO_KEEPALIVE`
    pub keep_alive: Option<bool>,
    /// `TCP_KEEPIDLE` in milliseconds: idle time before the first probe.
    /// The kernel counts whole seconds, 1 to 32,767; fractions are rounded up.
    pub keep_alive_idle_ms: Option<i32>,
    /// `TCP_KEEPINTVL` in milliseconds: time between two probes; rounded likewise.
    pub keep_alive_interval_ms: Option<i32>,
    /// `TCP_KEEPCNT`: number of unanswered probes that ends the connection, 1 to 127.
    pub keep_alive_count: Option<i32>,
    /// `SO_OOBINLINE`
    pub out_of_band_inline: Option<bool>,
    /// `TCP_NODELAY`; default on.
    pub no_delay: Option<bool>,
    /// `SO_LINGER`: the outer `None` leaves it unchanged, the inner one switches it off.
    /// The kernel counts whole seconds; fractions are rounded up.
    pub linger: Option<Option<Duration>>,
    /// `SO_RCVBUF` in bytes, as for setsockopt.
    /// The kernel doubles the value, and clamps it to its limits.
    pub receive_buffer_bytes: Option<i32>,
    /// `SO_SNDBUF` in bytes, likewise.
    pub send_buffer_bytes: Option<i32>,
    /// `SO_REUSEADDR`; takes effect at the next bind.
    pub reuse_address: Option<bool>,
    /// `SO_RCVTIMEO` and `SO_SNDTIMEO` in milliseconds; 0: none.
    /// For negative values, a single socket fails with `EDOM`, a server ignores them, as the system socket API does.
    pub timeout_ms: Option<i32>,
    /// `TCP_FASTOPEN_CONNECT` of a client; takes effect with its next socket.
    pub fast_open: Option<bool>,
}

impl SocketOptions {
    /// Returns these options, overridden by those of `newer`.
    pub(crate) fn merged(self, newer: Self) -> Self {
        Self {
            keep_alive: newer.keep_alive.or(self.keep_alive),
            keep_alive_idle_ms: newer.keep_alive_idle_ms.or(self.keep_alive_idle_ms),
            keep_alive_interval_ms: newer.keep_alive_interval_ms.or(self.keep_alive_interval_ms),
            keep_alive_count: newer.keep_alive_count.or(self.keep_alive_count),
            out_of_band_inline: newer.out_of_band_inline.or(self.out_of_band_inline),
            no_delay: newer.no_delay.or(self.no_delay),
            linger: newer.linger.or(self.linger),
            receive_buffer_bytes: newer.receive_buffer_bytes.or(self.receive_buffer_bytes),
            send_buffer_bytes: newer.send_buffer_bytes.or(self.send_buffer_bytes),
            reuse_address: newer.reuse_address.or(self.reuse_address),
            timeout_ms: newer.timeout_ms.or(self.timeout_ms),
            fast_open: newer.fast_open.or(self.fast_open),
        }
    }

    /// Returns whether a keep-alive option is set.
    pub(crate) fn changes_keep_alive(&self) -> bool {
        let details = [self.keep_alive_idle_ms, self.keep_alive_interval_ms, self.keep_alive_count];
        self.keep_alive.is_some() || details.iter().any(Option::is_some)
    }

    /// Sets the options on `socket`.
    pub(crate) fn apply(&self, socket: &SockRef<'_>) -> io::Result<()> {
        apply(self.keep_alive, |on| socket.set_keepalive(on))?;
        self.apply_keep_alive_details(socket)?;
        apply(self.out_of_band_inline, |on| socket.set_out_of_band_inline(on))?;
        apply(self.no_delay, |on| socket.set_tcp_nodelay(on))?;
        apply(self.linger, |time| socket.set_linger(time.map(whole_seconds)))?;
        // The library passes the number to the kernel as a C int; negative values mean the maximum.
        apply(self.receive_buffer_bytes, |bytes| socket.set_recv_buffer_size(bytes as usize))?;
        apply(self.send_buffer_bytes, |bytes| socket.set_send_buffer_size(bytes as usize))?;
        apply(self.reuse_address, |on| socket.set_reuse_address(on))?;
        apply(self.timeout_ms.and_then(|milliseconds| u64::try_from(milliseconds).ok()), |milliseconds| {
            let time = (milliseconds > 0).then(|| Duration::from_millis(milliseconds));
            socket.set_read_timeout(time)?;
            socket.set_write_timeout(time)
        })
    }

    /// Sets the options on `socket` of a client, before it is connected.
    pub(crate) fn apply_unconnected(&self, socket: &Socket) -> io::Result<()> {
        self.apply(&SockRef::from(socket))?;
        apply(self.fast_open, |on| Ok(setsockopt(socket, sockopt::TcpFastOpenConnect, &on)?))
    }

    /// Unlike socket2's function, this does not switch keep-alive on.
    fn apply_keep_alive_details(&self, socket: &Socket) -> io::Result<()> {
        let seconds = |milliseconds: i32| within(milliseconds, 1_000, KEEP_ALIVE_MAX_SECONDS);
        apply(self.keep_alive_idle_ms, |ms| Ok(setsockopt(socket, sockopt::TcpKeepIdle, &seconds(ms))?))?;
        apply(self.keep_alive_interval_ms, |ms| Ok(setsockopt(socket, sockopt::TcpKeepInterval, &seconds(ms))?))?;
        let count = self.keep_alive_count.map(|count| within(count, 1, KEEP_ALIVE_MAX_COUNT));
        apply(count, |count| Ok(setsockopt(socket, sockopt::TcpKeepCount, &count)?))
    }

    /// Returns whether ports of ended connections are reused.
    fn takes_ports_over(&self) -> bool {
        self.reuse_address.unwrap_or(true)
    }

    /// Returns these options for a bound socket whose port is not claimed.
    /// With `SO_REUSEADDR` others could bind the port, too.
    pub(crate) fn without_reuse_address(self) -> Self {
        Self { reuse_address: None, ..self }
    }

    /// Checks for options that are invalid for a single socket.
    pub(crate) fn check(&self) -> io::Result<()> {
        match self.timeout_ms {
            Some(milliseconds) if milliseconds < 0 => Err(io::Error::from_raw_os_error(libc::EDOM)),
            _ => Ok(()),
        }
    }
}

fn apply<T>(value: Option<T>, set: impl FnOnce(T) -> io::Result<()>) -> io::Result<()> {
    value.map_or(Ok(()), set)
}

fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs().min(LINGER_MAX_SECONDS) + u64::from(time.subsec_nanos() > 0))
}

/// Divides `number` by `units`, rounded up, clamped to 1 to `maximum`.
fn within(number: i32, units: u32, maximum: u32) -> u32 {
    u32::try_from(number).unwrap_or(0).div_ceil(units).clamp(1, maximum)
}

/// Creates a listening socket on `address`.
///
/// Reuses a port of connections in TIME_WAIT, unless the options exclude it, but never a port in use.
pub(crate) fn listening_socket(address: SocketAddr, options: &SocketOptions) -> io::Result<TcpListener> {
    let socket = new_socket(address)?;
    port::bind_listener(&socket, address, options.takes_ports_over())?;
    socket.listen(LISTEN_BACKLOG_CONNECTIONS)?;
    Ok(socket.into())
}

/// Creates a client socket with its first binding to `local`, and the claim on its port.
///
/// Reuses a port of connections in TIME_WAIT, unless the options exclude it, but never a port in use.
pub(crate) fn bound_socket(local: SocketAddr, options: &SocketOptions) -> io::Result<(Socket, Option<PortClaim>)> {
    let socket = unbound_socket(local, &options.without_reuse_address())?;
    let claim = port::bind_client(&socket, local, options.takes_ports_over())?;
    Ok((socket, claim))
}

/// As [`bound_socket`], for an address that the client has bound before, with `claim`.
pub(crate) fn bound_socket_again(local: SocketAddr, options: &SocketOptions, claim: &PortClaim) -> io::Result<Socket> {
    let socket = unbound_socket(local, &options.without_reuse_address())?;
    port::bind_client_again(&socket, local, Some(claim))?;
    Ok(socket)
}

/// Creates a client socket whose local address the kernel chooses when it connects to `peer`.
///
/// Small messages are sent at once: `TCP_NODELAY` is on unless the options switch it off.
pub(crate) fn unbound_socket(peer: SocketAddr, options: &SocketOptions) -> io::Result<Socket> {
    let socket = new_socket(peer)?;
    socket.set_tcp_nodelay(true)?;
    options.apply_unconnected(&socket)?;
    Ok(socket)
}

/// Connects `socket`, which is non-blocking.
///
/// # Cancel safety
/// After cancelling, the kernel continues to connect until the socket is disconnected or closed.
pub(crate) async fn connect(socket: &Socket, peer: SocketAddr) -> io::Result<()> {
    let begun = socket.connect(&peer.into()).map_err(|error| match error.raw_os_error() {
        Some(libc::ENETUNREACH) if lacks_interface(peer) => io::Error::from_raw_os_error(libc::EINVAL),
        _ => error,
    });
    match begun {
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
        result => return result,
    }
    let connecting = runtime::register(socket.as_fd(), Interest::WRITABLE)?;
    let _ = connecting.writable().await?;
    socket.take_error()?.map_or(Ok(()), Err)
}

/// Undoes a failed or pending connect of `socket`.
pub(crate) fn disconnect(socket: &Socket) -> io::Result<()> {
    rustix::net::connect_unspec(socket)?;
    // Discards the error of the connect.
    let _ = socket.take_error()?;
    Ok(())
}

/// Returns whether the scope of `address` names no interface; bind then fails.
fn lacks_interface(address: SocketAddr) -> bool {
    let SocketAddr::V6(scoped) = address else { return false };
    let bound = new_socket(address).and_then(|socket| socket.bind(&SocketAddr::V6(scoped).into()));
    scoped.scope_id() != 0 && bound.is_err_and(|error| error.raw_os_error() == Some(libc::ENODEV))
}

/// Sets the options of all connections, and then `options`.
pub(crate) fn prepare(socket: &SockRef<'_>, options: &SocketOptions) -> io::Result<()> {
    socket.set_tcp_nodelay(true)?;
    options.apply(socket)
}

/// Whether this process has had a socket, which means that it may use the network.
static IS_ALLOWED: AtomicBool = AtomicBool::new(false);

/// Checks that this process may use the network: opens a test socket if it has had none yet.
///
/// # Errors
/// An error that [is forbidden](SocketError::is_forbidden) when the kernel refuses a socket.
pub fn check_network() -> Result<(), SocketError> {
    if IS_ALLOWED.load(Ordering::Relaxed) {
        return Ok(());
    }
    match new_socket((Ipv4Addr::LOCALHOST, 0).into()) {
        Err(error) => {
            let error = SocketError::from_io(Operation::Open, None, &error);
            if error.is_forbidden { Err(error) } else { Ok(()) }
        }
        Ok(_) => Ok(()),
    }
}

fn new_socket(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP)).map_err(no_socket)?;
    IS_ALLOWED.store(true, Ordering::Relaxed);
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// The kernel refuses every socket to a process that may not use the network.
fn no_socket(error: io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(errno @ (libc::EPERM | libc::EACCES)) => io::Error::other(NetworkForbidden(errno)),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failure is the test's own")]

    use super::*;

    fn applied(options: SocketOptions) -> Socket {
        let socket = new_socket(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        prepare(&SockRef::from(&socket), &options).unwrap();
        socket
    }

    #[test]
    fn small_messages_are_sent_at_once_by_default() {
        assert!(applied(SocketOptions::default()).tcp_nodelay().unwrap());
        assert!(!applied(SocketOptions { no_delay: Some(false), ..Default::default() }).tcp_nodelay().unwrap());
    }

    #[test]
    fn the_kernel_has_every_option() {
        for on in [true, false] {
            let options = SocketOptions {
                keep_alive: Some(on),
                out_of_band_inline: Some(on),
                reuse_address: Some(on),
                ..Default::default()
            };
            let socket = applied(options);
            assert_eq!(socket.keepalive().unwrap(), on);
            assert_eq!(socket.out_of_band_inline().unwrap(), on);
            assert_eq!(socket.reuse_address().unwrap(), on);
        }
        let (receive_buffer_bytes, send_buffer_bytes) = (Some(10_000), Some(20_000));
        let socket = applied(SocketOptions { receive_buffer_bytes, send_buffer_bytes, ..Default::default() });
        assert_eq!((socket.recv_buffer_size().unwrap(), socket.send_buffer_size().unwrap()), (20_000, 40_000));
    }

    #[test]
    fn lingering_counts_whole_seconds_and_can_be_switched_off() {
        let lingering =
            |linger| applied(SocketOptions { linger: Some(linger), ..Default::default() }).linger().unwrap();
        let milliseconds = |count| Some(Duration::from_millis(count));
        assert_eq!(lingering(milliseconds(0)), milliseconds(0));
        assert_eq!(lingering(milliseconds(1)), milliseconds(1_000));
        assert_eq!(lingering(milliseconds(65_536)), milliseconds(66_000));
        assert_eq!(lingering(Some(Duration::MAX)), Some(Duration::from_secs(LINGER_MAX_SECONDS + 1)));
        assert_eq!(lingering(None), None);
    }

    #[test]
    fn a_time_out_holds_for_both_directions_and_zero_means_none() {
        let timeouts = |milliseconds| {
            let socket = applied(SocketOptions { timeout_ms: Some(milliseconds), ..Default::default() });
            [socket.read_timeout().unwrap(), socket.write_timeout().unwrap()]
        };
        // Multiples of a clock tick of the kernel, at any clock rate.
        assert_eq!(timeouts(2_000), [Some(Duration::from_secs(2)); 2]);
        assert_eq!(timeouts(0), [None; 2]);
        assert_eq!(timeouts(-1), [None; 2]);
    }

    #[test]
    fn a_negative_size_is_the_largest_that_the_kernel_gives() {
        let size = |receive_buffer_bytes| {
            applied(SocketOptions { receive_buffer_bytes, ..Default::default() }).recv_buffer_size().unwrap()
        };
        assert_eq!(size(Some(-1)), size(Some(i32::MAX)));
    }

    #[test]
    fn keep_alive_counts_whole_seconds_within_the_limits_of_the_kernel() {
        let details = |milliseconds, count| {
            let socket = applied(SocketOptions {
                keep_alive_idle_ms: Some(milliseconds),
                keep_alive_interval_ms: Some(milliseconds),
                keep_alive_count: Some(count),
                ..Default::default()
            });
            assert!(!socket.keepalive().unwrap(), "details alone switch nothing on");
            let idle = socket.tcp_keepalive_time().unwrap().as_secs();
            assert_eq!(socket.tcp_keepalive_interval().unwrap().as_secs(), idle);
            (idle, socket.tcp_keepalive_retries().unwrap())
        };
        assert_eq!(details(7_000, 3), (7, 3));
        assert_eq!(details(7_001, 127), (8, 127));
        assert_eq!(details(1, 1), (1, 1));
        assert_eq!(details(0, 0), (1, 1));
        assert_eq!(details(-1, -1), (1, 1));
        assert_eq!(details(i32::MIN, i32::MIN), (1, 1));
        assert_eq!(details(i32::MAX, i32::MAX), (32_767, 127));
    }

    #[test]
    fn newer_options_win_and_others_stay() {
        let old = SocketOptions { keep_alive: Some(true), no_delay: Some(true), ..Default::default() };
        let new = SocketOptions { keep_alive: Some(false), timeout_ms: Some(0), ..Default::default() };
        let merged = old.merged(new);
        assert_eq!((merged.keep_alive, merged.no_delay, merged.timeout_ms), (Some(false), Some(true), Some(0)));
    }
}
