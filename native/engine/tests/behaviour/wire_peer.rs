//! A raw peer of a typed stream with acknowledgement, which says every frame by itself, as `docs/wire.md` has it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use socket_engine::{Framing, Protocol};

use crate::peer::{accept, dial, read_to_end, reset};

pub(crate) const DATA: u8 = 0x00;
pub(crate) const ACKNOWLEDGE: u8 = 0x03;
pub(crate) const BYE: u8 = 0x04;
pub(crate) const HELLO: u8 = 0x10;
pub(crate) const CHALLENGE: u8 = 0x11;
pub(crate) const PROOF: u8 = 0x12;
pub(crate) const WELCOME: u8 = 0x13;
pub(crate) const REFUSED: u8 = 0x14;

const MAX_MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// A session, and how many messages one side has received in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) id: [u8; 16],
    pub(crate) received: u64,
}

impl Session {
    pub(crate) fn fields(self) -> Vec<u8> {
        [&self.id[..], &self.received.to_be_bytes()].concat()
    }

    fn parse(fields: &[u8]) -> Self {
        let (id, received) = fields.split_at(16);
        Self { id: id.try_into().unwrap(), received: u64::from_be_bytes(received.try_into().unwrap()) }
    }
}

pub(crate) struct WirePeer {
    pub(crate) stream: TcpStream,
}

/// What the engine speaks with such a peer.
pub(crate) fn acknowledged() -> Protocol {
    Protocol { acknowledge: true, ..framed() }
}

/// Lengths and messages, and nothing else.
pub(crate) fn framed() -> Protocol {
    Protocol { framing: Framing::length(4, false, MAX_MESSAGE_BYTES).ok(), ..Protocol::default() }
}

/// Version 1 with acknowledgement, without a heartbeat; a nonce.
pub(crate) fn opening() -> Vec<u8> {
    [&[1, 2, 0, 0, 0, 0][..], &[7; 32]].concat()
}

impl WirePeer {
    /// Enters a server, coming back to `asked`. Returns whether that goes on, and the session that was entered.
    pub(crate) fn enter(address: SocketAddr, asked: Session) -> (Self, bool, Session) {
        let mut this = Self { stream: dial(address) };
        this.say(HELLO, &opening());
        assert_eq!(this.next().0, CHALLENGE);
        this.say(PROOF, &asked.fields());
        let (kind, fields) = this.next();
        assert_eq!(kind, WELCOME);
        (this, fields[0] == 1, Session::parse(&fields[1..]))
    }

    /// Takes a client and hears which session it comes back to.
    pub(crate) fn greet(listener: &TcpListener) -> (Self, Session) {
        let mut this = Self { stream: accept(listener) };
        assert_eq!(this.next().0, HELLO);
        this.say(CHALLENGE, &opening());
        let (kind, fields) = this.next();
        assert_eq!(kind, PROOF);
        (this, Session::parse(&fields))
    }

    pub(crate) fn welcome(&mut self, resumed: bool, session: Session) {
        self.say(WELCOME, &[&[u8::from(resumed)][..], &session.fields()].concat());
    }

    pub(crate) fn say(&mut self, kind: u8, fields: &[u8]) {
        let length = u32::try_from(1 + fields.len()).unwrap();
        let frame = [&length.to_be_bytes()[..], &[kind], fields].concat();
        self.stream.write_all(&frame).unwrap();
    }

    pub(crate) fn next(&mut self) -> (u8, Vec<u8>) {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).expect("no frame came");
        let mut body = vec![0; u32::from_be_bytes(length) as usize];
        self.stream.read_exact(&mut body).expect("half a frame came");
        (body[0], body.split_off(1))
    }

    pub(crate) fn assert_hears(&mut self, kind: u8, fields: &[u8]) {
        assert_eq!(self.next(), (kind, fields.to_vec()));
    }

    pub(crate) fn assert_hears_count(&mut self, count: u64) {
        self.assert_hears(ACKNOWLEDGE, &count.to_be_bytes());
    }

    pub(crate) fn acknowledge(&mut self, count: u64) {
        self.say(ACKNOWLEDGE, &count.to_be_bytes());
    }

    /// Nothing comes before the end of the stream.
    pub(crate) fn assert_hears_end(&self) {
        assert_eq!(read_to_end(&self.stream), b"");
    }

    pub(crate) fn cut(self) {
        reset(self.stream);
    }
}
