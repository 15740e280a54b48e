//! A server's acknowledged connection, and the peer that comes back to it.

use std::net::Shutdown;
use std::time::Duration;

use socket_engine::{
    CloseReason, Connection, ConnectionEvent, OperationId, Protocol, SendProgress, ServerOptions, SocketOptions,
};

use crate::events::{Events, Told};
use crate::pair::{
    CLOSE, Listening, OVERFLOW_BYTES, assert_closed, assert_reset_while_closing, assert_silent, completed, socket,
    started,
};
use crate::peer::{dial, pattern, write_and_end};
use crate::wire_peer::{BYE, CHALLENGE, DATA, HELLO, PROOF, Session, WELCOME, WirePeer, acknowledged, opening};

struct Fixture {
    listening: Listening,
    connection: Connection,
    events: Events,
    peer: WirePeer,
    session: Session,
}

fn listening(return_timeout: Duration) -> Listening {
    listening_as(return_timeout, acknowledged())
}

fn listening_as(return_timeout: Duration, protocol: Protocol) -> Listening {
    Listening::with(ServerOptions { protocol, return_timeout, ..ServerOptions::default() })
}

impl Fixture {
    fn new() -> Self {
        Self::with(Duration::from_secs(3_600))
    }

    fn with(return_timeout: Duration) -> Self {
        Self::of(listening(return_timeout))
    }

    /// One that stays open when its peer has ended its side.
    fn half_open() -> Self {
        let protocol = Protocol { allow_half_open: true, ..acknowledged() };
        Self::of(listening_as(Duration::from_secs(3_600), protocol))
    }

    fn of(listening: Listening) -> Self {
        let (peer, resumed, session) = WirePeer::enter(listening.address, Session::default());
        assert!(!resumed && session.received == 0 && session.id != [0; 16]);
        let (connection, events) = started(listening.accepted());
        Self { listening, connection, events, peer, session }
    }

    fn send(&self, data: &[u8], operation_id: u64) {
        assert_eq!(self.connection.send(data, OperationId(operation_id)), Ok(SendProgress::Queued));
    }

    /// The peer comes back, having received so many messages; returns how many the server has.
    fn come_back(&mut self, received: u64) -> u64 {
        let asked = Session { received, ..self.session };
        let (peer, resumed, session) = WirePeer::enter(self.listening.address, asked);
        assert_eq!((resumed, session.id), (true, self.session.id));
        self.peer = peer;
        session.received
    }

    fn assert_reconnects(&self) {
        let reconnecting = expect!(self.events, ConnectionEvent::Reconnecting(reconnecting) => reconnecting);
        assert_eq!((reconnecting.attempt, reconnecting.delay), (0, Duration::from_secs(3_600)));
        assert_eq!(reconnecting.error.errno, libc::ECONNRESET);
        expect!(self.events, ConnectionEvent::Connected(_));
    }

    fn assert_message(&self, wanted: &[u8]) {
        let message = expect!(self.events, ConnectionEvent::Message(message) => message);
        assert_eq!(&message[..], wanted);
    }

    fn lose_peer(&mut self) {
        let elsewhere = listening(Duration::ZERO);
        let other = WirePeer::enter(elsewhere.address, Session::default()).0;
        std::mem::replace(&mut self.peer, other).cut();
    }
}

#[test]
fn a_send_is_finished_when_the_peer_has_the_message_and_not_before() {
    let mut this = Fixture::new();
    this.send(b"one", 1);
    this.send(b"two", 2);
    this.peer.assert_hears(DATA, b"one");
    this.peer.assert_hears(DATA, b"two");
    assert_silent(&this.events);
    this.peer.acknowledge(1);
    assert_eq!(completed(&this.events, OperationId(1)), Ok(()));
    assert_silent(&this.events);
    this.peer.acknowledge(2);
    assert_eq!(completed(&this.events, OperationId(2)), Ok(()));
    this.events.assert_drained();
    assert_eq!(this.connection.queued_bytes(), 0);
}

#[test]
fn what_was_received_is_acknowledged_by_its_number_in_the_session() {
    let mut this = Fixture::new();
    for count in 1..=3 {
        this.peer.say(DATA, b"x");
        this.assert_message(b"x");
        this.peer.assert_hears_count(count);
    }
}

#[test]
fn after_a_cut_only_what_the_peer_has_not_received_is_sent_again_in_order() {
    let mut this = Fixture::new();
    for (operation_id, data) in [(1, b"a"), (2, b"b"), (3, b"c")] {
        this.send(data, operation_id);
        this.peer.assert_hears(DATA, data);
    }
    this.lose_peer();
    assert_eq!(this.come_back(1), 0);
    this.assert_reconnects();
    assert_eq!(completed(&this.events, OperationId(1)), Ok(()));
    this.send(b"d", 4);
    for data in [b"b", b"c", b"d"] {
        this.peer.assert_hears(DATA, data);
    }
    this.peer.acknowledge(4);
    for operation_id in 2..=4 {
        assert_eq!(completed(&this.events, OperationId(operation_id)), Ok(()));
    }
}

#[test]
fn a_message_whose_acknowledgement_was_lost_is_not_delivered_again() {
    let mut this = Fixture::new();
    this.peer.say(DATA, b"a");
    this.assert_message(b"a");
    this.lose_peer();
    assert_eq!(this.come_back(0), 1, "the server has it");
    this.assert_reconnects();
    this.peer.say(DATA, b"b");
    this.assert_message(b"b");
    this.peer.assert_hears_count(2);
}

#[test]
fn a_message_that_the_cut_left_unfinished_does_not_count() {
    let mut this = Fixture::new();
    write_and_end(&this.peer.stream, &[0, 0, 0, 5, DATA, b'h', b'a']);
    assert_eq!(this.come_back(0), 0);
    this.assert_reconnects();
    this.peer.say(DATA, b"half");
    this.assert_message(b"half");
    this.peer.assert_hears_count(1);
}

#[test]
fn a_link_is_replaced_before_its_loss_was_seen() {
    let mut this = Fixture::new();
    this.send(b"a", 1);
    this.peer.assert_hears(DATA, b"a");
    let first = std::mem::replace(&mut this.peer, WirePeer::enter(this.listening.address, Session::default()).0);
    assert_eq!(this.come_back(0), 0);
    this.assert_reconnects();
    first.stream.set_nonblocking(false).unwrap();
    first.assert_hears_end();
    this.peer.assert_hears(DATA, b"a");
    this.peer.acknowledge(1);
    assert_eq!(completed(&this.events, OperationId(1)), Ok(()));
    drop(first);
}

#[test]
fn every_link_of_a_connection_has_its_options() {
    let mut this = Fixture::new();
    let server_options = SocketOptions { keep_alive: Some(true), ..SocketOptions::default() };
    this.listening.server.set_options(server_options).unwrap();
    let own_options = SocketOptions { out_of_band_inline: Some(true), ..SocketOptions::default() };
    this.connection.set_options(&own_options).unwrap();
    this.lose_peer();
    this.come_back(0);
    this.assert_reconnects();
    let socket = socket(this.connection.descriptor());
    assert!(socket.tcp_nodelay().unwrap(), "small messages leave at once");
    assert!(socket.keepalive().unwrap() && socket.out_of_band_inline().unwrap());
}

#[test]
fn a_client_can_resume_a_connection_that_was_not_started() {
    let listening = listening(Duration::from_secs(3_600));
    let (first, _, session) = WirePeer::enter(listening.address, Session::default());
    let pending = listening.accepted();
    first.cut();
    let address = listening.address;
    let back = std::thread::spawn(move || WirePeer::enter(address, session));
    let (connection, events) = started(pending);
    let (mut peer, resumed, _) = back.join().unwrap();
    assert!(resumed);
    assert!(matches!(events.next("Reconnecting"), Told::Event(ConnectionEvent::Reconnecting(_))));
    expect!(events, ConnectionEvent::Connected(_));
    connection.send(b"a", OperationId(1)).unwrap();
    peer.assert_hears(DATA, b"a");
}

#[test]
fn the_session_of_a_connection_that_is_dropped_unstarted_is_gone() {
    let listening = listening(Duration::from_secs(3_600));
    let (_first, _, session) = WirePeer::enter(listening.address, Session::default());
    drop(listening.accepted());
    let (_second, resumed, other) = WirePeer::enter(listening.address, session);
    assert!(!resumed && other.id != session.id);
    listening.accepted();
}

#[test]
fn a_client_that_resumes_a_closing_connection_gets_a_new_one() {
    let this = Fixture::new();
    this.send(&pattern(0, OVERFLOW_BYTES), 1);
    this.connection.close(Some(CLOSE)).unwrap();
    let (_second, resumed, other) = WirePeer::enter(this.listening.address, this.session);
    assert!(!resumed && other.id != this.session.id);
    this.listening.accepted();
    drop(this.peer);
    assert_eq!(completed(&this.events, OperationId(1)), Err(libc::ECONNRESET));
    assert_reset_while_closing(&this.events);
}

#[test]
fn a_connection_whose_peer_does_not_come_back_in_time_ends() {
    let this = Fixture::with(Duration::from_millis(50));
    this.send(b"a", 1);
    this.peer.cut();
    expect!(this.events, ConnectionEvent::Reconnecting(_));
    assert_eq!(completed(&this.events, OperationId(1)), Err(libc::ETIMEDOUT));
    assert_eq!(expect!(this.events, ConnectionEvent::Failed(error) => error.errno), libc::ETIMEDOUT);
    assert_eq!(expect!(this.events, ConnectionEvent::Closed(reason) => reason), CloseReason::Timeout);
    let (_second, resumed, _) = WirePeer::enter(this.listening.address, this.session);
    assert!(!resumed, "its session is gone");
}

#[test]
fn a_client_in_its_handshake_at_the_return_timeout_resumes() {
    const AWAY: Duration = Duration::from_millis(50);
    let mut this = Fixture::with(AWAY);
    let mut late = WirePeer { stream: dial(this.listening.address) };
    late.say(HELLO, &opening());
    assert_eq!(late.next().0, CHALLENGE);
    this.lose_peer();
    expect!(this.events, ConnectionEvent::Reconnecting(_));
    // Another session's wait, which began later, is over.
    let mut other = Fixture::with(AWAY);
    other.lose_peer();
    expect!(other.events, ConnectionEvent::Reconnecting(_));
    expect!(other.events, ConnectionEvent::Failed(_));
    late.say(PROOF, &this.session.fields());
    assert_eq!(late.next().0, WELCOME);
    expect!(this.events, ConnectionEvent::Connected(_));
}

#[test]
fn closing_does_not_wait_for_a_peer_that_is_away() {
    let mut this = Fixture::new();
    this.send(b"a", 1);
    this.lose_peer();
    expect!(this.events, ConnectionEvent::Reconnecting(_));
    this.connection.close(Some(CLOSE)).unwrap();
    assert_eq!(completed(&this.events, OperationId(1)), Err(libc::ECONNABORTED));
    assert_closed(&this.events, CloseReason::Local);
    assert!(!this.listening.server.state().is_connected);
}

#[test]
fn a_peer_that_sends_bye_ends_the_connection_and_gets_the_answer() {
    let mut this = Fixture::new();
    this.peer.say(DATA, b"question");
    this.peer.say(BYE, &[]);
    this.assert_message(b"question");
    expect!(this.events, ConnectionEvent::Ended);
    this.send(b"answer", 1);
    this.connection.finish();
    this.peer.assert_hears_count(1);
    this.peer.assert_hears(DATA, b"answer");
    this.peer.assert_hears(BYE, &[]);
    this.peer.assert_hears_end();
    assert_silent(&this.events);
    this.peer.acknowledge(1);
    assert_eq!(completed(&this.events, OperationId(1)), Ok(()));
    assert_eq!(expect!(this.events, ConnectionEvent::Closed(reason) => reason), CloseReason::Remote);
}

#[test]
fn a_half_closed_peer_that_is_cut_gets_the_messages_when_it_returns() {
    for is_reset in [true, false] {
        let mut this = Fixture::half_open();
        this.peer.say(BYE, &[]);
        expect!(this.events, ConnectionEvent::Ended);
        this.send(b"answer", 1);
        this.peer.assert_hears(DATA, b"answer");
        if is_reset {
            this.lose_peer();
        } else {
            this.peer.stream.shutdown(Shutdown::Both).unwrap();
        }
        assert_eq!(this.come_back(0), 0);
        this.assert_reconnects();
        this.peer.say(BYE, &[]);
        this.peer.assert_hears(DATA, b"answer");
        this.peer.acknowledge(1);
        assert_eq!(completed(&this.events, OperationId(1)), Ok(()));
        this.events.assert_drained();
        this.connection.close(Some(CLOSE)).unwrap();
        this.peer.assert_hears(BYE, &[]);
        assert_closed(&this.events, CloseReason::Remote);
    }
}

#[test]
fn ending_after_a_half_closed_peer_waits_for_it_on_every_link() {
    let mut this = Fixture::half_open();
    this.peer.say(BYE, &[]);
    expect!(this.events, ConnectionEvent::Ended);
    this.send(b"owed", 1);
    this.peer.assert_hears(DATA, b"owed");
    this.connection.end(OperationId(2)).unwrap();
    this.connection.finish();
    assert_eq!(completed(&this.events, OperationId(2)), Ok(()));
    for is_reset in [true, false, true] {
        if is_reset {
            this.lose_peer();
        } else {
            this.peer.stream.shutdown(Shutdown::Both).unwrap();
        }
        assert_eq!(this.come_back(0), 0);
        this.assert_reconnects();
        this.peer.say(BYE, &[]);
        this.peer.assert_hears(DATA, b"owed");
        this.peer.assert_hears(BYE, &[]);
        assert!(this.connection.is_open());
    }
    this.peer.acknowledge(1);
    assert_eq!(completed(&this.events, OperationId(1)), Ok(()));
    this.events.assert_drained();
    this.peer.assert_hears_end();
    assert_eq!(expect!(this.events, ConnectionEvent::Closed(reason) => reason), CloseReason::Remote);
}

#[test]
fn ending_while_a_half_closed_peer_is_away_fails_when_it_does_not_return() {
    let protocol = Protocol { allow_half_open: true, ..acknowledged() };
    let mut this = Fixture::of(listening_as(Duration::from_millis(50), protocol));
    this.peer.say(BYE, &[]);
    expect!(this.events, ConnectionEvent::Ended);
    this.send(b"owed", 1);
    this.peer.assert_hears(DATA, b"owed");
    this.lose_peer();
    expect!(this.events, ConnectionEvent::Reconnecting(_));
    this.connection.end(OperationId(2)).unwrap();
    this.connection.finish();
    assert_eq!(completed(&this.events, OperationId(1)), Err(libc::ETIMEDOUT));
    assert_eq!(completed(&this.events, OperationId(2)), Err(libc::ETIMEDOUT));
    assert_eq!(expect!(this.events, ConnectionEvent::Failed(error) => error.errno), libc::ETIMEDOUT);
    assert_eq!(expect!(this.events, ConnectionEvent::Closed(reason) => reason), CloseReason::Timeout);
}

#[test]
fn closing_and_aborting_do_not_wait_for_a_half_closed_peer() {
    for aborts in [true, false] {
        let mut this = Fixture::half_open();
        this.peer.say(BYE, &[]);
        expect!(this.events, ConnectionEvent::Ended);
        this.send(b"owed", 1);
        this.connection.end(OperationId(2)).unwrap();
        this.connection.finish();
        assert_eq!(completed(&this.events, OperationId(2)), Ok(()));
        this.peer.assert_hears(DATA, b"owed");
        this.peer.assert_hears(BYE, &[]);
        this.peer.assert_hears_end();
        if aborts {
            this.connection.abort(CLOSE).unwrap();
            assert_eq!(completed(&this.events, OperationId(1)), Err(libc::ECONNABORTED));
            assert_closed(&this.events, CloseReason::Remote);
        } else {
            this.connection.close(Some(CLOSE)).unwrap();
            this.peer.cut();
            assert_eq!(completed(&this.events, OperationId(1)), Err(libc::ECONNRESET));
            assert_reset_while_closing(&this.events);
        }
    }
}

#[test]
fn closing_after_a_half_closed_peer_is_cut_fails_where_messages_are_not_acknowledged() {
    for closes in [true, false] {
        let mut this = if closes { Fixture::half_open() } else { Fixture::new() };
        this.peer.say(BYE, &[]);
        expect!(this.events, ConnectionEvent::Ended);
        this.send(b"answer", 1);
        if closes {
            this.connection.close(Some(CLOSE)).unwrap();
        } else {
            this.connection.finish();
        }
        this.peer.assert_hears(DATA, b"answer");
        this.peer.assert_hears(BYE, &[]);
        this.peer.assert_hears_end();
        this.peer.cut();
        assert_eq!(completed(&this.events, OperationId(1)), Err(libc::ECONNRESET));
        if closes {
            assert_reset_while_closing(&this.events);
        } else {
            let error = expect!(this.events, ConnectionEvent::Failed(error) => error);
            assert_eq!(error.errno, libc::ECONNRESET);
            assert_eq!(expect!(this.events, ConnectionEvent::Closed(reason) => reason), CloseReason::Reset);
        }
    }
}

#[test]
fn a_closing_connection_whose_peer_is_cut_fails_what_was_not_acknowledged() {
    let mut this = Fixture::new();
    this.send(b"a", 1);
    this.connection.close(Some(CLOSE)).unwrap();
    this.peer.assert_hears(DATA, b"a");
    this.peer.assert_hears(BYE, &[]);
    this.peer.assert_hears_end();
    this.peer.cut();
    assert_eq!(completed(&this.events, OperationId(1)), Err(libc::ECONNRESET));
    assert_reset_while_closing(&this.events);
}

/// Often, because the task of the connection has to see the cut first.
#[test]
fn closing_at_the_moment_of_a_cut_fails_where_messages_are_not_acknowledged() {
    for _ in 0..400 {
        let mut this = Fixture::new();
        this.send(b"a", 1);
        this.peer.assert_hears(DATA, b"a");
        this.connection.close(Some(CLOSE)).unwrap();
        this.peer.cut();
        assert!(completed(&this.events, OperationId(1)).is_err());
        assert_reset_while_closing(&this.events);
    }
}

#[test]
fn aborting_at_the_moment_of_a_cut_succeeds() {
    for _ in 0..400 {
        let mut this = Fixture::new();
        this.send(b"a", 1);
        this.peer.assert_hears(DATA, b"a");
        this.connection.abort(CLOSE).unwrap();
        this.peer.cut();
        assert_eq!(completed(&this.events, OperationId(1)), Err(libc::ECONNABORTED));
        assert_closed(&this.events, CloseReason::Local);
    }
}

#[test]
fn closing_at_the_moment_of_a_cut_succeeds_where_all_messages_are_acknowledged() {
    for _ in 0..400 {
        let mut this = Fixture::new();
        this.send(b"a", 1);
        this.peer.assert_hears(DATA, b"a");
        this.peer.acknowledge(1);
        assert_eq!(completed(&this.events, OperationId(1)), Ok(()));
        this.events.assert_drained();
        this.connection.close(Some(CLOSE)).unwrap();
        this.peer.cut();
        assert_closed(&this.events, CloseReason::Local);
    }
}

#[test]
fn whatever_cannot_be_ends_the_connection() {
    let too_high = |peer: &mut WirePeer| peer.acknowledge(1);
    let second_bye = |peer: &mut WirePeer| {
        peer.say(BYE, &[]);
        peer.say(BYE, &[]);
    };
    let greeting = |peer: &mut WirePeer| peer.say(HELLO, &opening());
    let unknown = |peer: &mut WirePeer| peer.say(0x77, &[]);
    let says: [fn(&mut WirePeer); 4] = [too_high, second_bye, greeting, unknown];
    for say in says {
        let mut this = Fixture::new();
        say(&mut this.peer);
        let event = match this.events.next("Failed") {
            Told::Event(ConnectionEvent::Ended) => this.events.next("Failed"),
            event => event,
        };
        assert!(matches!(event, Told::Event(ConnectionEvent::Failed(error)) if error.errno == libc::EPROTO));
        assert_eq!(expect!(this.events, ConnectionEvent::Closed(reason) => reason), CloseReason::Protocol);
        let (_second, resumed, _) = WirePeer::enter(this.listening.address, this.session);
        assert!(!resumed, "such a connection does not go on");
    }
}

#[test]
fn what_is_not_acknowledged_counts_against_the_limit() {
    let mut protocol = acknowledged();
    protocol.send_queue_limit_bytes = Some(1_000);
    let listening = Listening::with(ServerOptions { protocol, ..ServerOptions::default() });
    let (mut peer, ..) = WirePeer::enter(listening.address, Session::default());
    let (connection, events) = started(listening.accepted());
    connection.send(&[0; 600], OperationId(1)).unwrap();
    peer.assert_hears(DATA, &[0; 600]);
    assert_eq!(connection.send(&[0; 600], OperationId(2)).unwrap_err().errno, libc::ENOBUFS);
    peer.acknowledge(1);
    assert_eq!(completed(&events, OperationId(1)), Ok(()));
    connection.send(&[0; 600], OperationId(3)).unwrap();
}
