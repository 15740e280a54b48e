//! Attack on two links.
//! Changes, drops, repeats, reorders, reflects and mixes bytes at random.
//!
//! No plaintext is visible, no changed or foreign data is delivered, and each side ends with all messages or a clear error.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::*;
use crate::connection::tests::EncryptedFrames;
use crate::error::PeerFault;
use crate::framing::{Framing, FramingError};
use crate::handshake::{self, HandshakeError, HandshakeParams, Session, SessionId};
use crate::wire::{Frame, Kind};

/// Manipulations of one run, unless `ATTACKS` sets another number.
const MANIPULATIONS: u64 = 1_000;

/// Plaintext that must not be visible in transit. Each is too long to occur by chance.
///
/// Part of each message, the settings (heartbeat and acknowledgement, the interval, lengths of two bytes, little-endian), and the session.
const SECRET: &[u8] = b"plain text of a message";
const HEARTBEAT_MS: u32 = 0x05e7_1e57;
const SETTINGS: [u8; 6] = [3, 0x05, 0xe7, 0x1e, 0x57, 0x82];
const SESSION: [u8; 16] = *b"name of session!";

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// Number of messages that each side sends before it closes.
const MESSAGES: usize = 3;

/// Pseudo-random numbers with a seed.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 33) as usize % limit
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| (self.next() >> 40) as u8).collect()
    }
}

/// Bytes that one side has sent, and bytes for it to read.
#[derive(Default)]
struct Ends {
    sent: Vec<u8>,
    given: VecDeque<u8>,
    is_cut: bool,
}

#[derive(Clone, Default)]
struct Pipe(Rc<RefCell<Ends>>);

impl AsyncRead for Pipe {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut ends = self.0.borrow_mut();
        if ends.given.is_empty() && !ends.is_cut {
            return Poll::Pending;
        }
        let count = to.remaining().min(ends.given.len());
        to.put_slice(&ends.given.drain(..count).collect::<Vec<u8>>());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.0.borrow_mut().sent.extend_from_slice(data);
        Poll::Ready(Ok(data.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Messages that one side has received.
#[derive(Debug, Default)]
struct Heard {
    has_entered: bool,
    messages: Vec<Vec<u8>>,
    has_ended: bool,
    /// Its error; `None` if it has received everything.
    error: Option<Fault>,
}

#[derive(Debug)]
enum Fault {
    Handshake(HandshakeError),
    Record(FramingError),
    /// End of the stream without a close frame.
    Cut,
}

impl Fault {
    /// Returns whether the error blames the link or its data.
    ///
    /// An attacker must not be able to fake other framing, a connection limit or socket errors of the peer.
    fn is_clear(&self) -> bool {
        match self {
            Self::Handshake(error) => match error.peer_fault() {
                Ok(fault) => fault != PeerFault::Limit,
                Err(errno) => errno == libc::ECONNRESET,
            },
            Self::Record(error) => *error == FramingError::Forged,
            Self::Cut => true,
        }
    }
}

fn framing() -> Framing {
    Framing::length(2, true, 1000).unwrap()
}

fn keyed_params() -> HandshakeParams {
    HandshakeParams {
        heartbeat: Some(Duration::from_millis(HEARTBEAT_MS.into())),
        acknowledge: true,
        key: Key::from_bytes(&[7; 16]).ok().map(Arc::new),
    }
}

/// Returns the messages that side `name` sends.
fn said(name: u64) -> Vec<Vec<u8>> {
    (0..MESSAGES).map(|number| [SECRET, &name.to_be_bytes(), &[number as u8]].concat()).collect()
}

async fn client(mut pipe: Pipe, name: u64) -> Heard {
    let session = Session { id: SessionId(SESSION), received: 1 };
    match handshake::connect(&mut pipe, &framing(), &keyed_params(), Some(session)).await {
        Ok((_, ciphers)) => talk(pipe, ciphers.unwrap(), name).await,
        Err(error) => refused(error),
    }
}

fn refused(error: HandshakeError) -> Heard {
    Heard { error: Some(Fault::Handshake(error)), ..Heard::default() }
}

async fn server(mut pipe: Pipe, name: u64) -> Heard {
    let client_hello = match handshake::accept(&mut pipe, &framing(), &keyed_params(), || {}).await {
        Ok(client_hello) => client_hello,
        Err(error) => return refused(error),
    };
    assert_eq!(client_hello.resumes.map(|session| session.id), Some(SessionId(SESSION)));
    let session = Session { id: SessionId(SESSION), received: 2 };
    match client_hello.finish(&mut pipe, session, true).await {
        Ok(ciphers) => talk(pipe, ciphers.unwrap(), name).await,
        Err(error) => refused(error),
    }
}

/// Sends all messages, and receives until the end.
async fn talk(mut pipe: Pipe, LinkCiphers { mut sealer, opener }: LinkCiphers, name: u64) -> Heard {
    let mut record = Vec::new();
    for message in said(name) {
        let frame = framing().control_frame(Kind::Data, &message);
        sealer.seal([&frame[..]], &mut record).unwrap();
        pipe.write_all(&record).await.unwrap();
    }
    sealer.seal([&framing().control_frame(Kind::Bye, &[])[..]], &mut record).unwrap();
    pipe.write_all(&record).await.unwrap();
    let mut heard = Heard { has_entered: true, ..Heard::default() };
    let mut frames = EncryptedFrames::new(&framing(), opener);
    let mut buffer = [0; 256];
    loop {
        let count = pipe.read(&mut buffer).await.unwrap();
        let (frames, error) = frames.take(buffer[..count].to_vec().into());
        for frame in frames {
            match frame {
                Frame::Data(data) => heard.messages.push(data.to_vec()),
                Frame::Bye => heard.has_ended = true,
                other => panic!("{other:?} was never said"),
            }
        }
        heard.error = error.map(Fault::Record);
        if count == 0 && !heard.has_ended {
            heard.error = Some(Fault::Cut);
        }
        if count == 0 || heard.error.is_some() {
            return heard;
        }
    }
}

/// Relays bytes between the sides: 0 and 2 are clients, 1 and 3 their servers.
struct Attacker<'a> {
    chance: &'a mut Chance,
    pipes: [Pipe; 4],
    /// Bytes seen in this and earlier runs.
    seen: &'a mut VecDeque<Vec<u8>>,
    held: Vec<(usize, Vec<u8>)>,
    manipulations: u64,
    is_honest: bool,
}

impl Attacker<'_> {
    /// Relays everything that was sent since the last call; returns false if that is nothing.
    fn carry(&mut self) -> bool {
        let mut has_carried = false;
        for side in 0..4 {
            let sent = std::mem::take(&mut self.pipes[side].0.borrow_mut().sent);
            for piece in pieces(&sent) {
                assert_hidden(&piece);
                has_carried = true;
                self.treat(side, piece);
            }
        }
        if !has_carried && let Some((to, piece)) = self.held.pop() {
            self.give(to, &piece);
            return true;
        }
        has_carried
    }

    fn give(&mut self, to: usize, bytes: &[u8]) {
        self.pipes[to].0.borrow_mut().given.extend(bytes);
    }

    fn treat(&mut self, from: usize, mut piece: Vec<u8>) {
        let to = from ^ 1;
        self.seen.push_back(piece.clone());
        if self.seen.len() > 100 {
            self.seen.pop_front();
        }
        if self.is_honest || self.chance.below(8) > 0 {
            return self.give(to, &piece);
        }
        self.manipulations += 1;
        let place = self.chance.below(piece.len());
        match self.chance.below(12) {
            0 => piece[place] ^= 1 << self.chance.below(8),
            1 => piece.clear(),
            2 => piece = [&piece[..], &piece].concat(),
            3 => return self.give(from, &piece),
            4 => return self.give(from ^ 3, &piece),
            5 => return self.held.push((to, piece)),
            6 => drop(piece.splice(place..place, self.chance.bytes(3))),
            7 => piece.truncate(place),
            8 => piece = self.seen[self.chance.below(self.seen.len())].clone(),
            9 => piece = downgraded(from, self.chance),
            10 => return self.pipes.iter().for_each(|pipe| pipe.0.borrow_mut().is_cut = true),
            _ => piece = self.chance.bytes(place + 1),
        }
        self.give(to, &piece);
    }
}

/// Returns what a side of version 1, or a refusing server, would send instead of side `from`.
fn downgraded(from: usize, chance: &mut Chance) -> Vec<u8> {
    let fields = [&[1, 3 | (chance.below(2) as u8) << 2, 0, 0, 0, 9][..], &chance.bytes(32)].concat();
    let refused = [1 + chance.below(3) as u8];
    let frame = match (chance.below(2), from % 2) {
        (0, 0) => framing().control_frame(Kind::Hello, &fields),
        (0, _) => framing().control_frame(Kind::Challenge, &fields),
        _ => framing().control_frame(Kind::Refused, &refused),
    };
    frame.to_vec()
}

/// Splits `sent` into records as far as possible.
fn pieces(mut sent: &[u8]) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    while !sent.is_empty() {
        let length = record_length(sent).ok().flatten().map_or(sent.len(), |length| LENGTH_BYTES + length);
        let (piece, rest) = sent.split_at(length.min(sent.len()));
        pieces.push(piece.to_vec());
        sent = rest;
    }
    pieces
}

fn assert_hidden(piece: &[u8]) {
    for secret in [&SECRET[..8], &SETTINGS, &SESSION[..8]] {
        assert!(!piece.windows(secret.len()).any(|bytes| bytes == secret), "{piece:x?} shows {secret:x?}");
    }
}

/// Performs one run; returns the number of manipulations, and the results of the four sides.
fn run(chance: &mut Chance, seen: &mut VecDeque<Vec<u8>>, names: [u64; 4], is_honest: bool) -> (u64, [Heard; 4]) {
    let pipes: [Pipe; 4] = Default::default();
    let mut sides: [Pin<Box<dyn Future<Output = Heard>>>; 4] = [
        Box::pin(client(pipes[0].clone(), names[0])),
        Box::pin(server(pipes[1].clone(), names[1])),
        Box::pin(client(pipes[2].clone(), names[2])),
        Box::pin(server(pipes[3].clone(), names[3])),
    ];
    let mut heard: [Option<Heard>; 4] = Default::default();
    let mut attacker = Attacker { chance, pipes, seen, held: Vec::new(), manipulations: 0, is_honest };
    let mut has_ended = false;
    loop {
        for (side, heard) in sides.iter_mut().zip(&mut heard).filter(|(_, heard)| heard.is_none()) {
            if let Poll::Ready(result) = pin!(side).poll(&mut Context::from_waker(Waker::noop())) {
                *heard = Some(result);
            }
        }
        if attacker.carry() {
            continue;
        }
        if has_ended {
            break;
        }
        has_ended = true;
        attacker.pipes.iter().for_each(|pipe| pipe.0.borrow_mut().is_cut = true);
    }
    (attacker.manipulations, heard.map(|heard| heard.expect("a side waits behind the end of its stream")))
}

/// Checks the four results.
///
/// Each side has received a prefix of the messages of one other side, which has received from no third side; no end of the stream
/// was forged; all other results are clear errors.
fn check(names: [u64; 4], heard: &[Heard; 4]) {
    for (side, ours) in heard.iter().enumerate() {
        assert!(ours.error.as_ref().is_none_or(Fault::is_clear), "{ours:?}");
        assert!(ours.error.is_some() || (ours.has_entered && ours.has_ended), "{ours:?} ended without a word");
        if ours.messages.is_empty() && !ours.has_ended {
            continue;
        }
        let is_heard = |peer: &usize| peer % 2 != side % 2 && said(names[*peer]).starts_with(&ours.messages);
        let peer = (0..4).find(|peer| is_heard(peer) && heard[*peer].has_entered);
        let peer = peer.expect("what nobody has said was heard");
        assert!(said(names[side]).starts_with(&heard[peer].messages), "two sides were taken for one");
        assert!(!ours.has_ended || ours.messages.len() == MESSAGES, "an end was heard that was not said");
    }
}

#[test]
fn two_links_without_an_attacker_receive_everything() {
    let (_, heard) = run(&mut Chance(1), &mut VecDeque::new(), [0, 1, 2, 3], true);
    for (side, heard) in heard.iter().enumerate() {
        assert_eq!((&heard.messages, heard.has_ended), (&said((side ^ 1) as u64), true));
    }
}

#[test]
fn an_attacker_cannot_have_modified_data_delivered() {
    let count = std::env::var("ATTACKS").map_or(MANIPULATIONS, |count| count.parse().unwrap());
    let (mut chance, mut seen, mut manipulations, mut names) = (Chance(SEED), VecDeque::new(), 0, 0);
    while manipulations < count {
        let these = [names, names + 1, names + 2, names + 3];
        names += 4;
        let (more, heard) = run(&mut chance, &mut seen, these, false);
        check(these, &heard);
        manipulations += more;
    }
}
