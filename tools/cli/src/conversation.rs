//! Sends typed lines to the peer until one side ends.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, sync_channel};
use std::thread;

use anyhow::{Result, anyhow};
use socket_engine::{PeerFault, RejectReason, SendProgress, SocketError};

use crate::event::Event;
use crate::peer::{CONNECT, END, Peer, SEND};
use crate::printer::Printer;

/// Sends typed lines, one message at a time.
pub(crate) struct Conversation<'a> {
    printer: &'a Printer,
    events: Receiver<Event>,
    /// Requests the next line.
    next_line: SyncSender<()>,
}

impl<'a> Conversation<'a> {
    pub(crate) fn new(printer: &'a Arc<Printer>, sender: Sender<Event>, events: Receiver<Event>) -> Self {
        let (next_line, wanted) = sync_channel(1);
        let lines = printer.lines;
        // In a thread of its own, because reading standard input cannot be cancelled when the peer closes.
        thread::spawn(move || while wanted.recv().is_ok() && sender.send(Event::Line(lines.read())).is_ok() {});
        let conversation = Self { printer, events, next_line };
        if matches!(printer.peer(), Peer::Connection(_)) {
            conversation.want_line();
        }
        conversation
    }

    /// Runs until the connection is closed.
    ///
    /// # Errors
    ///
    /// The error of the connection, standard input or standard output.
    pub(crate) fn hold(self) -> Result<()> {
        loop {
            match self.events.recv()? {
                Event::Line(line) => self.take_line(line?)?,
                Event::Connected(peer) => eprintln!("connected to {peer}"),
                Event::Completed(END, result) => result.map_err(explained)?,
                Event::Completed(CONNECT | SEND, result) => {
                    result.map_err(explained)?;
                    self.want_line();
                }
                Event::Output(error) => return Err(error.into()),
                Event::Failed(error) => return Err(explained(error)),
                Event::Closed => return Ok(()),
                Event::Completed(..) | Event::Accepted | Event::Rejected(..) => {}
            }
        }
    }

    fn take_line(&self, line: Option<String>) -> Result<()> {
        let Some(line) = line else { return Ok(self.printer.peer().end()?) };
        let message = match self.printer.lines.decode(line) {
            Ok(message) => message,
            Err(error) => {
                self.reject(&error);
                return Ok(());
            }
        };
        match self.printer.peer().send(&message) {
            Ok(SendProgress::Sent) => self.want_line(),
            // Its result requests the next line.
            Ok(SendProgress::Queued | SendProgress::Gathered) => {}
            Err(error) => self.reject(&error),
        }
        Ok(())
    }

    /// Prints why a line was not sent. If the connection is closed, an event follows.
    fn reject(&self, error: &dyn std::fmt::Display) {
        eprintln!("not sent: {error:#}");
        self.want_line();
    }

    fn want_line(&self) {
        // One pending request is enough.
        let _ = self.next_line.try_send(());
    }
}

/// Returns the error, and the result of the handshake.
pub(crate) fn explained(error: SocketError) -> anyhow::Error {
    let fault = match error.peer {
        None | Some(PeerFault::OldVersion) => return error.into(),
        Some(PeerFault::Key) => "the peer has another key",
        Some(PeerFault::Protocol) => "the peer has other settings",
        Some(PeerFault::Limit) => "the peer has as many connections as it takes",
    };
    anyhow!("{error}: {fault}")
}

/// Returns the reason of a rejection.
pub(crate) fn reason_text(reason: RejectReason) -> &'static str {
    match reason {
        RejectReason::Key => "it has another key",
        RejectReason::Limit => "there is a connection already",
        RejectReason::Timeout => "its handshake took too long",
        RejectReason::Protocol => "it has other settings",
    }
}
