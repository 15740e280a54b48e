//! Tickets of a request: one for sending it, one for its answer.

use socket_engine::Ticket;

/// Bit of the ticket for sending; not set in the ticket for the answer.
const SENDING: u64 = 1 << 63;

/// Returns the ticket for sending the request whose answer has `ticket`.
pub fn sending(ticket: Ticket) -> Ticket {
    Ticket(ticket.0 | SENDING)
}

/// Returns the ticket for the answer if `ticket` is that of sending a request.
pub fn answered_by(ticket: Ticket) -> Option<Ticket> {
    (ticket.0 & SENDING != 0).then_some(Ticket(ticket.0 & !SENDING))
}
