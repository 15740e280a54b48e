//! Messages over a stream that knows none.

use std::io::Write;

use socket_engine::{
    CloseReason, Connection, ConnectionEvent, Framing, FramingOptionsError, OperationId, Protocol, SendProgress,
    ServerOptions,
};

use crate::events::Events;
use crate::pair::{Listening, assert_silent, errno, started};
use crate::peer::{dial, pattern, read_bytes, write_and_end};

struct Fixture {
    connection: Connection,
    events: Events,
    peer: std::net::TcpStream,
}

impl Fixture {
    fn new(framing: Result<Framing, FramingOptionsError>) -> Self {
        let protocol = Protocol { framing: framing.ok(), ..Protocol::default() };
        let listening = Listening::with(ServerOptions { protocol, ..ServerOptions::default() });
        let peer = dial(listening.address);
        let (connection, events) = started(listening.accepted());
        Self { connection, events, peer }
    }

    fn assert_message(&self, wanted: &[u8]) {
        let message = expect!(self.events, ConnectionEvent::Message(message) => message);
        assert!(message == wanted, "{} bytes came", message.len());
    }

    fn assert_fails(&self, errno: i32) {
        assert_eq!(expect!(self.events, ConnectionEvent::Failed(error) => error.errno), errno);
        assert_eq!(expect!(self.events, ConnectionEvent::Closed(reason) => reason), CloseReason::Protocol);
        assert!(!self.connection.is_open());
    }
}

fn length(max_message_bytes: usize) -> Result<Framing, FramingOptionsError> {
    Framing::length(2, true, max_message_bytes)
}

fn lines(max_message_bytes: usize) -> Result<Framing, FramingOptionsError> {
    Framing::delimiter((&b"\r\n"[..]).into(), max_message_bytes)
}

#[test]
fn messages_are_whole_however_the_stream_cuts_them() {
    for (framing, stream) in [(length(100), &b"\x03\x00abc\x00\x00\x01\x00d"[..]), (lines(100), b"abc\r\n\r\nd\r\n")] {
        let mut this = Fixture::new(framing);
        for byte in stream {
            this.peer.write_all(&[*byte]).unwrap();
        }
        this.peer.write_all(&stream.repeat(2)).unwrap();
        for _ in 0..3 {
            this.assert_message(b"abc");
            this.assert_message(b"");
            this.assert_message(b"d");
        }
        assert_silent(&this.events);
    }
}

#[test]
fn a_sent_message_gets_its_frame_and_nothing_else() {
    for (framing, wanted) in [(length(100), &b"\x03\x00abc\x00\x00"[..]), (lines(100), b"abc\r\n\r\n")] {
        let this = Fixture::new(framing);
        this.connection.send(b"abc", OperationId(1)).unwrap();
        this.connection.send(b"", OperationId(2)).unwrap();
        assert_eq!(read_bytes(&this.peer, wanted.len()), wanted);
    }
}

#[test]
fn a_message_that_is_too_long_is_refused_and_sends_nothing() {
    for framing in [length(3), lines(3)] {
        let this = Fixture::new(framing);
        assert_eq!(errno(this.connection.send(b"four", OperationId(1))), libc::EMSGSIZE);
        assert_eq!(this.connection.queued_bytes(), 0);
        assert_eq!(this.connection.send(b"ok", OperationId(2)), Ok(SendProgress::Sent));
        read_bytes(&this.peer, 4);
    }
}

#[test]
fn a_message_with_the_delimiter_in_it_is_refused() {
    let this = Fixture::new(lines(100));
    assert_eq!(errno(this.connection.send(b"a\r\nb", OperationId(1))), libc::EINVAL);
}

#[test]
fn what_came_before_a_message_that_is_too_long_is_delivered_and_then_the_connection_fails() {
    for (framing, stream) in [(length(3), &b"\x01\x00a\x04\x00"[..]), (lines(3), b"a\r\n12345")] {
        let mut this = Fixture::new(framing);
        this.peer.write_all(stream).unwrap();
        this.assert_message(b"a");
        this.assert_fails(libc::EMSGSIZE);
    }
}

#[test]
fn a_stream_that_ends_between_two_messages_has_ended_and_one_that_ends_within_one_fails() {
    let ended = Fixture::new(length(100));
    write_and_end(&ended.peer, b"\x01\x00a");
    ended.assert_message(b"a");
    expect!(ended.events, ConnectionEvent::Ended);
    let cut = Fixture::new(length(100));
    write_and_end(&cut.peer, b"\x01\x00a\x02");
    cut.assert_message(b"a");
    cut.assert_fails(libc::EPROTO);
}

#[test]
fn a_message_larger_than_what_may_wait_for_the_consumer_arrives() {
    let this = Fixture::new(Framing::length(4, false, 4 * 1024 * 1024));
    let data = pattern(1, 4 * 1024 * 1024);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            (&this.peer).write_all(&(data.len() as u32).to_be_bytes()).unwrap();
            (&this.peer).write_all(&data).unwrap();
            (&this.peer).write_all(&[0, 0, 0, 1, b'x']).unwrap();
        });
        this.assert_message(&data);
    });
    this.connection.consume(data.len());
    this.assert_message(b"x");
}
