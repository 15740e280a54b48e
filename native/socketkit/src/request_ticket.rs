//! The tickets of a request: one for sending it, one for its answer.

use socket_engine::Ticket;

/// Set in the ticket with which a request is sent, and not in that which waits for its answer.
const SENDING: u64 = 1 << 63;

/// The ticket with which the request is sent whose answer `ticket` waits for.
pub fn sending(ticket: Ticket) -> Ticket {
    Ticket(ticket.0 | SENDING)
}

/// The ticket that waits for the answer, where `ticket` is that with which a request is sent.
pub fn answered_by(ticket: Ticket) -> Option<Ticket> {
    (ticket.0 & SENDING != 0).then_some(Ticket(ticket.0 & !SENDING))
}
