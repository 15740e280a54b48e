//! Sending on connections and clients.

use std::rc::Rc;

use napi_ohos::Result;
use napi_ohos::bindgen_prelude::Unknown;
use socket_engine::limits::GATHER_BYTES;
use socket_engine::{Message, OperationId, SendProgress};

use crate::call::{self, CallState, CallValue, Method, call};
use crate::convert::{self, Argument};
use crate::cork::{Cork, Gathered};
use crate::delivery::Delivery;
use crate::delivery_handler::{DeliveryHandler, Sent};
use crate::environment::{Corked, Environment};
use crate::error;
use crate::node_api;

/// An object that sends.
pub trait Sender: DeliveryHandler + 'static {
    /// The JavaScript methods.
    const SEND: Method;
    const REQUEST: Method;

    /// Returns its delivery.
    fn delivery(&self) -> &Delivery;
    /// Returns its gathered sends.
    fn cork(&self) -> &Cork;
    /// Sends at once.
    fn send_now(&self, message: &Message<'_>, operation_id: OperationId) -> Sent;
    /// Gathers a message until [`Sender::flush`].
    fn gather(&self, message: &Message<'_>, operation_id: OperationId) -> Sent;
    /// Writes the gathered messages; returns true if the kernel has all of them.
    fn flush(&self) -> bool;
}

/// Sends at once, after the gathered messages.
pub fn send_alone(sender: &impl Sender, data: &[u8], operation_id: OperationId) -> Sent {
    if !sender.cork().is_empty() {
        sender.write();
    }
    sender.send_now(&Message::new(data), operation_id)
}

/// `send(options, callback)` of `sender`.
pub fn send<'env, S: Sender>(
    sender: &'env Rc<S>,
    options: &Argument<'_>,
    callback: Argument<'_>,
) -> Result<Unknown<'env>> {
    let promise = call(sender.emitter(), S::SEND, callback, &|operation_id| {
        let sent = convert::with_send_options(options, |data| send_message(sender, &Message::new(data), operation_id))?;
        Ok(sent.map(|progress| match progress {
            SendProgress::Sent => CallState::Done(CallValue::Nothing),
            SendProgress::Queued => CallState::Awaited,
            SendProgress::Gathered => CallState::Gathered(sender.cork()),
        }))
    });
    sender.emitter().environment().await_flush();
    promise
}

/// Sends a part of a broadcast. Call [`Environment::await_flush`] afterwards.
pub fn send_part<S: Sender>(sender: &Rc<S>, message: &Message<'_>, part: OperationId) -> Sent {
    let sent = send_message(sender, message, part);
    if sent == Ok(SendProgress::Gathered) {
        sender.cork().add(Gathered { operation_id: part, deferred: None });
    }
    sent
}

/// Sends a message: the first of a burst at once, later ones when the burst ends.
/// Gathered messages must be added to the cork.
fn send_message<S: Sender>(sender: &Rc<S>, message: &Message<'_>, operation_id: OperationId) -> Sent {
    let (cork, environment) = (sender.cork(), sender.emitter().environment());
    let is_large = message.len() >= GATHER_BYTES && cork.is_empty();
    if is_large || cork.lets_through(environment.burst()) {
        cork.begin(environment.begin_burst());
        return sender.send_now(message, operation_id);
    }
    let was_empty = cork.is_empty();
    let sent = sender.gather(message, operation_id);
    if was_empty && sent == Ok(SendProgress::Gathered) {
        environment.add_corked(sender.clone());
    }
    sent
}

impl<S: Sender> Corked for S {
    fn write(&self) {
        if self.flush() {
            self.delivery().requests().into_iter().for_each(|requests| requests.take_written(self.emitter()));
            return self.cork().set_written();
        }
        for Gathered { operation_id, deferred } in self.cork().take_unwritten() {
            let Some(deferred) = deferred else { continue };
            if let Err(error) = call::await_deferred(self.emitter(), S::SEND, operation_id, deferred) {
                error::report("the result of a send cannot be awaited", &error);
            }
        }
    }

    fn settle(&self, environment: &Environment) {
        for Gathered { operation_id, deferred } in self.cork().take_written() {
            let env = environment.env();
            let settled = match deferred {
                Some(deferred) => node_api::undefined(env).and_then(|nothing| deferred.resolve(env, &nothing)),
                None => {
                    environment.complete(operation_id, Ok(()));
                    Ok(())
                }
            };
            if let Err(error) = settled {
                error::report("failed to settle the promise of a send", &error);
            }
        }
    }
}
